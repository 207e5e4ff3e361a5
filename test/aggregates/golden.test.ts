// Aggregate functions against ClickHouse's answers (golden.json, of the same data), run whole, by groups, in two parts that are merged, and
// with states that were written and read.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BoundAggregate, GroupedAggregate } from '../../runtime/aggregates/aggregate.ts'
import { bindAggregate } from '../../runtime/aggregates/bind.ts'
import { columnOf } from '../../runtime/columns/build.ts'
import type { Column } from '../../runtime/columns/column.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory } from '../harness.ts'
import golden from './golden.json'

const memory = newMemory('core.debug')
const rows = 1000
const groups = 7

const wrapI32 = (value: bigint): number => Number(BigInt.asIntN(32, value))

/** The columns of the table that golden.json was made from. */
const columns: Record<string, [type: string, value: (n: number) => Value]> = {
  n: ['UInt64', n => BigInt(n)],
  u8: ['UInt8', n => (n * 7) % 256],
  i16: ['Int16', n => ((n * 37) % 2000) - 1000],
  i32: ['Int32', n => wrapI32(((BigInt(n) * 2654435761n) % 4294967296n) - 2147483648n)],
  u64: ['UInt64', n => BigInt(n) * BigInt(n) * 12345678901n],
  i64: ['Int64', n => BigInt(n) * 1234567890123n * (n % 2 ? -1n : 1n)],
  f64: ['Float64', n => n / 8 - 50],
  f32: ['Float32', n => (n % 100) / 4],
  s: ['String', n => String((n * 31) % 97)],
  ni: ['Nullable(Int32)', n => (n % 5 === 0 ? null : (n * 3) % 101)],
  ns: ['Nullable(String)', n => (n % 7 === 3 ? null : `x${n % 13}`)],
  d32: ['Decimal(9, 2)', n => BigInt(n % 1000)],
  d64: ['Decimal(18, 3)', n => BigInt(n * 125)],
  d128: ['Decimal(38, 4)', n => BigInt(n) * 10000n],
  dt: ['Date', n => 17000 + (n % 50)],
  arr: ['Array(UInt8)', n => Array.from({ length: n % 4 }, (_, i) => i)],
  lc: ['LowCardinality(String)', n => String(n % 11)],
  c: ['UInt8', n => (n % 3 === 0 ? 1 : 0)],
  nc: ['Nullable(UInt8)', n => (n % 4 === 0 ? null : n % 3 === 0 ? 1 : 0)],
  tup: ['Tuple(UInt8, String)', n => [n % 5, String(n % 3)]],
  u128: ['UInt128', n => BigInt(n) * 1000000007n],
  fn: ['Float64', n => (n % 6 === 0 ? Number.NaN : (n % 10) - 4.5)],
  never: ['UInt8', () => 0],
  k2: ['Array(UInt8)', n => [n % 5, 9]],
  v2: ['Array(Int64)', n => [BigInt(n % 3), BigInt(-n)]],
}

interface Answers {
  type: string
  whole: string
  groups: string[]
  none: string
}

function parse(call: string): { name: string; parameters: Value[]; args: string[] } {
  const match = /^(\w+)(?:\(([^()]*)\))?\(([^()]*)\)$/.exec(call)
  assert.ok(match, call)
  const split = (text: string | undefined) => (text ? text.split(',').map(part => part.trim()) : [])
  return { name: match[1], parameters: split(match[2]).map(Number), args: split(match[3]) }
}

const arena = new Arena(memory)
const ids = arena.allocate(rows * 4)
for (let n = 0; n < rows; n++) memory.u32[ids / 4 + n] = n % groups
const reversed = arena.allocate(rows * 4)
for (let n = 0; n < rows; n++) memory.u32[reversed / 4 + n] = groups - 1 - (n % groups)
const turn = arena.allocate(groups * 4)
for (let g = 0; g < groups; g++) memory.u32[turn / 4 + g] = groups - 1 - g

const built = new Map<string, Column>()
function columnFor(name: string): Column {
  let column = built.get(name)
  if (!column) {
    const [type, value] = columns[name]
    column = columnOf(
      parseType(type),
      Array.from({ length: rows }, (_, n) => value(n)),
      arena,
    )
    built.set(name, column)
  }
  return column
}

function feed(aggregate: GroupedAggregate, groupsAt: number, args: Column[], from: number, to: number): void {
  for (let start = from; start < to; start += 300) {
    const count = Math.min(300, to - start)
    aggregate.ensure(groupsAt === 0 ? 1 : groups)
    aggregate.add(
      groupsAt === 0 ? 0 : groupsAt + start * 4,
      args.map(arg => arg.slice(start, count)),
      count,
    )
  }
}

function texts(bound: BoundAggregate, aggregate: GroupedAggregate, count: number): string[] {
  const column = aggregate.result(0, count, arena)
  assert.equal(column.rows, count)
  assert.equal(column.type.name, bound.type.name)
  return Array.from({ length: count }, (_, i) => bound.type.print(column.valueAt(i)))
}

/** Sums of floats depend on their order in the last digits. */
function same(actual: string[], expected: string[], call: string): void {
  assert.equal(actual.length, expected.length)
  actual.forEach((text, i) => {
    const wanted = expected[i] === 'ᴺᵁᴸᴸ' ? '\\N' : expected[i]
    if (text === wanted) return
    const numbers = (from: string) => from.split(/[[\],() ]+/).map(Number)
    const [a, b] = [numbers(text), numbers(wanted)]
    const near =
      a.length === b.length && a.every((x, at) => Math.abs(x - b[at]) <= Math.abs(b[at]) * 1e-9 || Object.is(x, b[at]))
    assert.ok(near, `${call}: got ${text}, ClickHouse says ${wanted}`)
  })
}

describe('aggregate functions answer as ClickHouse does', () => {
  for (const [call, answers] of Object.entries(golden as Record<string, Answers>))
    test(call, () => {
      const { name, parameters, args } = parse(call)
      const given = args.map(columnFor)
      const bound = bindAggregate(
        name,
        given.map(column => column.type),
        parameters,
      )
      assert.equal(bound.type.name, parseType(answers.type).name)
      const create = () => bound.create(new Arena(memory))

      const none = create()
      none.ensure(1)
      same(texts(bound, none, 1), [answers.none], `${call} of nothing`)

      const whole = create()
      feed(whole, 0, given, 0, rows)
      same(texts(bound, whole, 1), [answers.whole], call)

      const grouped = create()
      feed(grouped, ids, given, 0, rows)
      same(texts(bound, grouped, groups), answers.groups, `${call} by groups`)

      const first = create()
      const second = create()
      feed(first, ids, given, 0, 600)
      feed(second, reversed, given, 600, rows)
      first.merge(second, turn, groups)
      same(texts(bound, first, groups), answers.groups, `${call} merged`)

      const empty = create()
      empty.ensure(groups)
      first.merge(empty, 0, groups)
      const read = create()
      read.ensure(groups)
      read.read(first.write(groups), turn, groups)
      same(texts(bound, read, groups).reverse(), answers.groups, `${call} read back`)
    })
})
