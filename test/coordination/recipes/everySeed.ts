import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inWorld, type Net } from './net.ts'

const environment = globalThis.process?.env ?? {}

/** SEEDS=1000 SEED=1 in the environment: so many, from that one on. */
export function everySeed(
  name: string,
  scenario: (net: Net) => Promise<void>,
  { seeds = 8, injects = [] }: { seeds?: number; injects?: readonly string[] } = {},
): void {
  const first = Number(environment.SEED ?? 1)
  const count = Number(environment.SEEDS ?? seeds)
  test(name, async () => {
    const injected = new Map<string, number>()
    for (let seed = first; seed < first + count; seed++) {
      try {
        await inWorld(seed, async net => {
          await scenario(net)
          assert.deepEqual(net.errors, [])
          for (const [kind, times] of net.injected) injected.set(kind, (injected.get(kind) ?? 0) + times)
        })
      } catch (error) {
        throw new Error(`SEED=${seed} SEEDS=1: ${error instanceof Error ? error.stack : String(error)}`, {
          cause: error,
        })
      }
    }
    for (const kind of injects) assert((injected.get(kind) ?? 0) > 0 || count < seeds, `${kind} was injected`)
  })
}
