import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bindAggregate } from '../../runtime/aggregates/bind.ts'
import { columnOf } from '../../runtime/columns/build.ts'
import { FixedColumn } from '../../runtime/columns/fixed.ts'
import { Arena, Budget } from '../../runtime/core/memory.ts'
import { GroupStates } from '../../runtime/exec/groupStates.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import { newMemory } from '../harness.ts'

const memory = newMemory()
const type = parseType('UInt64')
const chunkRows = 50_000

/** Adds rows from..to with key n % distinct and value n. */
function fill(states: GroupStates, from: number, to: number, distinct: number, scratch: Arena): void {
  for (let start = from; start < to; start += chunkRows) {
    const rows = Math.min(chunkRows, to - start)
    const keys = scratch.allocate(rows * 8)
    const values = scratch.allocate(rows * 8)
    for (let i = 0; i < rows; i++) {
      memory.u64[keys / 8 + i] = BigInt((start + i) % distinct)
      memory.u64[values / 8 + i] = BigInt(start + i)
    }
    const value = new FixedColumn(type, memory, values, rows)
    states.add([new FixedColumn(type, memory, keys, rows)], [value, value], rows)
    scratch.reset()
  }
}

function check(states: GroupStates, total: number, distinct: number, scratch: Arena): void {
  const seen = new Uint8Array(distinct)
  for (const { keys, results, rows } of states.results(scratch)) {
    const [key, count, sum, least] = [keys[0], ...results].map(column => (column as FixedColumn).pointer / 8)
    for (let i = 0; i < rows; i++) {
      const k = Number(memory.u64[key + i])
      assert.equal(seen[k], 0)
      seen[k] = 1
      const n = Math.floor((total - 1 - k) / distinct) + 1
      assert.equal(Number(memory.u64[count + i]), n)
      assert.equal(Number(memory.u64[sum + i]), n * k + (distinct * n * (n - 1)) / 2)
      assert.equal(Number(memory.u64[least + i]), k)
    }
  }
  assert.equal(seen.indexOf(0), -1)
}

const create = (arena: Arena, keys = ['UInt64']) =>
  new GroupStates(arena, keys.map(parseType), [
    bindAggregate('count', []),
    bindAggregate('sum', [type]),
    bindAggregate('min', [type]),
  ])

describe('groups in one table and in partitions', () => {
  for (const [total, distinct] of [
    [100_000, 10],
    [700_000, 200_003],
  ])
    test(`${distinct} groups of ${total} rows`, () => {
      const arena = new Arena(memory)
      const scratch = new Arena(memory)
      const states = create(arena)
      fill(states, 0, total, distinct, scratch)
      check(states, total, distinct, scratch)
      const whole = bindAggregate('count', []).create(arena)
      whole.ensure(2)
      states.mergeInto([whole], 0)
      assert.equal(whole.result(0, 1, scratch).valueAt(0), BigInt(total))
      arena.destroy()
      scratch.destroy()
    })

  for (const [mine, theirs] of [
    [100_000, 600_000],
    [600_000, 100_000],
    [350_000, 350_000],
    [1000, 1000],
  ])
    test(`threads of ${mine} and ${theirs} rows merge`, () => {
      const scratch = new Arena(memory)
      const distinct = 170_001
      const [arena, other] = [new Arena(memory), new Arena(memory)]
      const [a, b] = [create(arena), create(other)]
      const groups = Math.min(distinct, mine + theirs)
      fill(a, 0, mine, distinct, scratch)
      fill(b, mine, mine + theirs, distinct, scratch)
      for (const partial of b.write()) a.read(partial)
      other.destroy()
      check(a, mine + theirs, groups === distinct ? distinct : mine + theirs, scratch)
      arena.destroy()
      scratch.destroy()
    })

  test('everything goes back with the arena', () => {
    const budget = new Budget(memory, 0)
    const arena = new Arena(memory, budget)
    const scratch = new Arena(memory)
    fill(create(arena), 0, 400_000, 200_003, scratch)
    assert.ok(budget.used > 0)
    arena.destroy()
    assert.equal(budget.used, 0)
    scratch.destroy()
  })

  test('a memory limit is an error', () => {
    const budget = new Budget(memory, 6_000_000)
    const arena = new Arena(memory, budget)
    const scratch = new Arena(memory)
    assert.throws(() => fill(create(arena), 0, 900_000, 800_003, scratch), { code: 241 })
    arena.destroy()
    scratch.destroy()
  })

  test('without keys there is one group', () => {
    const arena = new Arena(memory)
    const states = new GroupStates(arena, [], [bindAggregate('count', []), bindAggregate('min', [type])])
    const column = columnOf(type, [5n, 3n], arena)
    states.add([], [column], 2)
    const other = new GroupStates(arena, [], [bindAggregate('count', []), bindAggregate('min', [type])])
    other.add([], [column], 2)
    for (const partial of other.write()) states.read(partial)
    const results = [...states.results(new Arena(memory))].map(({ results }) => results.map(each => each.valueAt(0)))
    assert.deepEqual(results, [[4n, 3n]])
  })
})
