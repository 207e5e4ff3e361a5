// Approximations of more values than they keep, where ClickHouse's answers follow from its hashes and its generator of chance.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindAggregate } from '../../runtime/aggregates/bind.ts'
import { columnOf } from '../../runtime/columns/build.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'

const memory = newMemory()
const makers: Record<string, (n: number) => Value> = { UInt64: n => BigInt(n), String: n => String(n) }

function run(name: string, types: string[], rows: number, parts = 1): Value {
  const bound = bindAggregate(name, types.map(parseType))
  const arena = new Arena(memory)
  const scratch = new Arena(memory)
  const states = Array.from({ length: parts }, () => bound.create(arena))
  for (const state of states) state.ensure(1)
  for (let start = 0; start < rows; start += 10_000) {
    const count = Math.min(10_000, rows - start)
    const numbers = Array.from({ length: count }, (_, i) => start + i)
    const columns = types.map(type => columnOf(parseType(type), numbers.map(makers[type]), scratch))
    states[(start / 10_000) % parts].add(0, columns, count)
    scratch.reset()
  }
  for (const other of states.slice(1)) states[0].merge(other, 0, 1)
  const value = states[0].result(0, 1, arena).valueAt(0)
  arena.destroy()
  scratch.destroy()
  return value
}

// SELECT uniq(number) FROM numbers(n), and so on, by ClickHouse 26.7 without optimize_injective_functions_inside_uniq.
const answers: [name: string, types: string[], rows: number, answer: Value][] = [
  ['uniq', ['UInt64'], 65536, 65536n],
  ['uniq', ['UInt64'], 65537, 65824n],
  ['uniq', ['UInt64'], 131073, 131449n],
  ['uniq', ['String'], 100_000, 100401n],
  ['uniq', ['UInt64', 'String'], 100_000, 99603n],
  ['uniqCombined', ['UInt64'], 20_000, 20005n],
  ['uniqCombined64', ['UInt64'], 100_000, 100314n],
  ['uniqHLL12', ['UInt64'], 3000, 2780n],
  ['uniqHLL12', ['UInt64'], 100_000, 101344n],
  ['uniqExact', ['UInt64'], 100_000, 100_000n],
  ['quantile', ['UInt64'], 100_000, 50501.5],
]

for (const [name, types, rows, answer] of answers)
  test(`${name} of ${rows} ${types.join(', ')}`, () => {
    assert.equal(run(name, types, rows), answer)
    // What is merged drops the same hashes; samples depend on the order.
    if (name !== 'quantile') assert.equal(run(name, types, rows, 3), answer)
    else assert.ok(Math.abs(Number(run(name, types, rows, 3)) - rows / 2) < 2000)
  })
