import { Random } from './random.ts'
import type { Scenario } from './scenario.ts'
import { World } from './world.ts'

export interface SeedOptions {
  /** Indexes of the operations that are kept; all by default. */
  readonly keep?: readonly number[]
  readonly breach?: string | null
  readonly trace?: boolean
}

export interface SeedResult {
  readonly seed: number
  readonly hash: string
  readonly events: number
  readonly operations: number
  readonly injected: ReadonlyMap<string, number>
  readonly error: Error | null
  readonly trace: readonly string[] | null
}

export async function runSeed(scenario: Scenario, seed: number, options: SeedOptions = {}): Promise<SeedResult> {
  const world = new World(seed, { trace: options.trace })
  const all = scenario.plan(new Random(seed, `${scenario.name} plan`))
  const operations = options.keep ? options.keep.flatMap(at => (at < all.length ? [all[at]] : [])) : all
  let error: Error | null = null
  const release = catchStray(world)
  try {
    await world.run(() => scenario.run(world, operations, options.breach ?? null))
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause))
  } finally {
    release()
  }
  const { hash, events, injected, trace } = world
  return { seed, hash, events, operations: operations.length, injected, error, trace }
}

/** A rejection that nobody handles would end a process. */
function catchStray(world: World): () => void {
  const listener = (reason: unknown) => world.fail(reason)
  process.on('unhandledRejection', listener)
  return () => process.off('unhandledRejection', listener)
}

/** Fewer operations that fail, too: leaves out ever smaller runs of them, as long as it still fails. */
export async function shrink(
  scenario: Scenario,
  seed: number,
  options: SeedOptions = {},
  attemptsMax = 300,
): Promise<number[]> {
  const all = scenario.plan(new Random(seed, `${scenario.name} plan`))
  let kept = options.keep ? [...options.keep] : all.map((_, at) => at)
  let attempts = 0
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = 0; at < kept.length && attempts < attemptsMax; ) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)]
      attempts++
      const { error } = await runSeed(scenario, seed, { ...options, keep: fewer, trace: false })
      if (error) kept = fewer
      else at += size
    }
  return kept
}

/** `0-3,7`, or `none` */
export function printIndexes(indexes: readonly number[]): string {
  if (indexes.length === 0) return 'none'
  const runs: [number, number][] = []
  for (const index of indexes) {
    const last = runs[runs.length - 1]
    if (last && last[1] === index - 1) last[1] = index
    else runs.push([index, index])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

export function parseIndexes(text: string): number[] {
  if (text === 'none') return []
  return text.split(',').flatMap(run => {
    const [first, last = first] = run.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
}
