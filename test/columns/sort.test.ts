import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { columnOf } from '../../runtime/columns/build.ts'
import { Chunk } from '../../runtime/columns/chunk.ts'
import { RunMerger } from '../../runtime/columns/merge.ts'
import { type SortDirection, sortRows } from '../../runtime/columns/sort.ts'
import { Arena } from '../../runtime/core/memory.ts'
import { sortChunks, TopRows } from '../../runtime/exec/sortChunks.ts'
import { parseType } from '../../runtime/types/parseType.ts'
import type { Value } from '../../runtime/types/value.ts'
import { newMemory, random } from '../harness.ts'

const samples: Record<string, (next: () => number) => Value> = {
  UInt8: next => Math.floor(next() * 4),
  Int32: next => Math.floor((next() - 0.5) * 4e9),
  UInt64: next => BigInt(Math.floor(next() * 2 ** 50)) * 8191n,
  Float64: next => [Number.NaN, -0, 0, -Infinity, next(), -next()][Math.floor(next() * 6)],
  String: next => ['', 'a', 'ab', 'abcdefgh', 'abcdefghi', `abcdefgh${next()}`][Math.floor(next() * 6)],
  UUID: next => BigInt(Math.floor(next() * 9)) << BigInt(Math.floor(next() * 100)),
  Int256: next => BigInt(Math.floor(next() * 9) - 4) << BigInt(Math.floor(next() * 100)),
  'FixedString(11)': next => `x${Math.floor(next() * 99)}`.padEnd(11, '\0'),
  'Nullable(Int64)': next => (next() < 0.3 ? null : BigInt(Math.floor(next() * 10)) - 5n),
  'Nullable(String)': next => (next() < 0.3 ? null : ['', 'a', 'longer than eight'][Math.floor(next() * 3)]),
  'LowCardinality(Nullable(String))': next => (next() < 0.3 ? null : ['', 'a', 'b'][Math.floor(next() * 3)]),
  'Tuple(UInt8, String)': next => [Math.floor(next() * 2), ['', 'a'][Math.floor(next() * 2)]],
  'Array(Nullable(Int64))': next =>
    Array.from({ length: Math.floor(next() * 3) }, () => (next() < 0.2 ? null : BigInt(Math.floor(next() * 3)))),
}

/** The order of two values, by direction, NULL and NaN apart. */
function compare(a: Value, b: Value, direction: SortDirection): number {
  const missing = (value: Value) => value === null || Number.isNaN(value)
  const toward = direction.nullsFirst ? -1 : 1
  if (missing(a) || missing(b)) return missing(a) && missing(b) ? 0 : missing(a) ? toward : -toward
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compare(a[i], b[i], direction)
      if (order !== 0) return order
    }
    return (a.length - b.length) * (direction.descending ? -1 : 1)
  }
  const order = (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
  return direction.descending ? -order : order
}

const sets: string[][] = [
  ...Object.keys(samples).map(name => [name]),
  ['UInt8', 'Nullable(Int64)', 'Int32'],
  ['String', 'UInt8'],
  ['Nullable(String)', 'Float64', 'String'],
  ['UInt8', 'UInt64', 'LowCardinality(Nullable(String))'],
]
const memory = newMemory('core.debug')
const directions: SortDirection[] = [
  {},
  { descending: true },
  { nullsFirst: true },
  { descending: true, nullsFirst: true },
]

function table(names: string[], rows: number, seed: number): Value[][] {
  const next = random(seed)
  return Array.from({ length: rows }, () => names.map(name => samples[name](next)))
}

function chunkOf(names: string[], data: Value[][], arena: Arena, first = 0): Chunk {
  const columns = names.map((name, i) =>
    columnOf(
      parseType(name),
      data.map(row => row[i]),
      arena,
    ),
  )
  const numbers = columnOf(
    parseType('UInt32'),
    data.map((_, i) => first + i),
    arena,
  )
  return new Chunk([...columns, numbers], data.length)
}

/** Row numbers in order. */
function expected(data: Value[][], by: SortDirection[]): number[] {
  const order = (a: number, b: number) => {
    for (const [i, direction] of by.entries()) {
      const result = compare(data[a][i], data[b][i], direction)
      if (result !== 0) return result
    }
    return a - b
  }
  return data.map((_, i) => i).sort(order)
}

const numbersOf = (chunk: Chunk): Value[] => {
  const last = chunk.columns[chunk.columns.length - 1]
  return Array.from({ length: chunk.rows }, (_, i) => last.valueAt(i))
}

describe('rows by columns', () => {
  for (const names of sets)
    test(names.join(', '), () => {
      for (const rows of [0, 1, 40, 600])
        for (const [d] of directions.entries()) {
          const arena = new Arena(memory)
          const by = names.map((_, i) => directions[(d + i) % 4])
          const data = table(names, rows, rows + d)
          const chunk = chunkOf(names, data, arena)
          const { order, runs, distinct } = sortRows(chunk.columns.slice(0, -1), by, rows, arena)
          const wanted = expected(data, by)
          assert.deepEqual(Array.from(memory.u32.subarray(order / 4, order / 4 + rows)), wanted)
          let equal = 0
          for (let i = 1; i < rows; i++) {
            const differs = by.some(
              (direction, c) => compare(data[wanted[i]][c], data[wanted[i - 1]][c], direction) !== 0,
            )
            if (!differs) equal++
            assert.equal(memory.u8[runs + i] === 1, differs)
          }
          assert.equal(distinct, equal === 0)
          arena.destroy()
        }
    })
})

describe('first rows', () => {
  for (const names of sets)
    test(names.join(', '), () => {
      const arena = new Arena(memory)
      const scratch = new Arena(memory)
      for (const count of [1, 10, 1000])
        for (const direction of directions) {
          const by = names.map((_, column) => ({ column, direction }))
          const top = new TopRows(arena, count, by)
          const data = table(names, 3000, 7)
          for (let start = 0; start < 3000; start += 300) {
            top.add(chunkOf(names, data.slice(start, start + 300), scratch, start), scratch)
            scratch.reset()
          }
          const found = top.finish()
          assert.ok(found)
          assert.deepEqual(
            numbersOf(found),
            expected(
              data,
              by.map(each => each.direction),
            ).slice(0, count),
          )
          top.end()
        }
      arena.destroy()
      scratch.destroy()
    })

  test('a scan longer than the buffer', () => {
    const names = ['UInt64']
    const arena = new Arena(memory)
    const scratch = new Arena(memory)
    const top = new TopRows(arena, 5, [{ column: 0, direction: { descending: true } }])
    const data = table(names, 60_000, 7)
    for (let start = 0; start < data.length; start += 6000) {
      top.add(chunkOf(names, data.slice(start, start + 6000), scratch, start), scratch)
      scratch.reset()
    }
    assert.deepEqual(numbersOf(top.finish() as Chunk), expected(data, [{ descending: true }]).slice(0, 5))
  })

  test('chunks sort as one', () => {
    const arena = new Arena(memory)
    const data = table(['String'], 500, 3)
    const chunks = [chunkOf(['String'], data.slice(0, 200), arena), chunkOf(['String'], data.slice(200), arena, 200)]
    const sorted = sortChunks(chunks, [{ column: 0, direction: {} }], arena)
    assert.deepEqual(numbersOf(sorted), expected(data, [{}]))
  })
})

describe('merges', () => {
  for (const names of sets.filter(each => !each.some(name => name.startsWith('Array'))))
    test(names.join(', '), () => {
      const arena = new Arena(memory)
      for (const [d] of directions.entries()) {
        const by = names.map((_, i) => directions[(d + i) % 4])
        const runs = [40, 0, 130, 1].map((rows, run) => {
          const data = table(names, rows, run + d)
          return expected(data, by).map(row => data[row])
        })
        const merger = new RunMerger(arena, runs.length, names.map(parseType), by, 50)
        const fed = runs.map(() => 0)
        const base = runs.map(() => 0)
        const feed = (run: number) => {
          const piece = runs[run].slice(fed[run], fed[run] + 30)
          base[run] = fed[run]
          fed[run] += piece.length
          if (piece.length > 0) merger.feed(run, chunkOf(names, piece, arena).columns.slice(0, -1), piece.length, arena)
        }
        runs.forEach((_, run) => feed(run))
        const merged: Value[][] = []
        for (let step = merger.next(); step.count > 0; step = merger.next()) {
          for (let i = 0; i < step.count; i++) {
            const run = memory.u32[step.sources / 4 + i]
            merged.push([run, base[run] + memory.u32[step.rows / 4 + i]])
          }
          if (step.exhausted >= 0) feed(step.exhausted)
        }
        const all = runs.flatMap((rows, run) => rows.map((row, i) => ({ row, place: [run, i] as Value[] })))
        const wanted = expected(
          all.map(each => each.row),
          by,
        ).map(i => all[i].place)
        assert.deepEqual(merged, wanted)
      }
      arena.destroy()
    })
})
