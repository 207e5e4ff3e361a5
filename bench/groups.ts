import { bindAggregate } from '../runtime/aggregates/bind.ts'
import { Chunk } from '../runtime/columns/chunk.ts'
import { FixedColumn } from '../runtime/columns/fixed.ts'
import { sortOrder } from '../runtime/columns/sort.ts'
import { StringColumn } from '../runtime/columns/string.ts'
import { Arena } from '../runtime/core/memory.ts'
import { GroupStates } from '../runtime/exec/groupStates.ts'
import { TopRows } from '../runtime/exec/sortChunks.ts'
import { parseType } from '../runtime/types/parseType.ts'
import { newMemory, random } from '../test/harness.ts'

const filter = process.argv[2] ?? ''
const rows = 10_000_000
const chunkRows = 65_536
const memory = newMemory()
const fixed = new Arena(memory)
const u64 = parseType('UInt64')

/** Uniform over `distinct` 64-bit values without pattern. */
function values64(distinct: number): FixedColumn {
  const pointer = fixed.allocate(rows * 8)
  const to = memory.u32.subarray(pointer / 4, pointer / 4 + rows * 2)
  const next = random(distinct)
  for (let i = 0; i < rows; i++) {
    const value = Math.floor(next() * distinct)
    to[2 * i] = Math.imul(value, 0x9e3779b1)
    to[2 * i + 1] = Math.imul(value, 0x85ebca6b) ^ value
  }
  return new FixedColumn(u64, memory, pointer, rows)
}

/** Addresses of 20 to 80 bytes. */
function strings(count: number, distinct: number): StringColumn {
  const next = random(7)
  const texts = Array.from({ length: distinct }, (_, i) =>
    new TextEncoder().encode(`http://example${i % 97}.com/${'path/'.repeat(i % 11)}${i}`),
  )
  const offsets = fixed.allocate((count + 1) * 4)
  const picked = Uint32Array.from({ length: count }, () => Math.floor(next() * distinct))
  let size = 0
  picked.forEach((text, i) => {
    memory.u32[offsets / 4 + i] = size
    size += texts[text].length
  })
  memory.u32[offsets / 4 + count] = size
  const bytes = fixed.allocate(size)
  const { u8 } = memory
  let at = bytes
  for (const text of picked) {
    u8.set(texts[text], at)
    at += texts[text].length
  }
  return new StringColumn(memory, offsets, bytes, count)
}

function measure(name: string, count: number, work: (arena: Arena, scratch: Arena) => unknown): void {
  if (!name.includes(filter)) return
  const times: number[] = []
  let note: unknown
  for (let i = 0; i < 4; i++) {
    const arena = new Arena(memory)
    const scratch = new Arena(memory)
    // Processor time: other work on the machine moves it less than the clock's.
    const start = process.cpuUsage()
    note = work(arena, scratch)
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / 1000)
    arena.destroy()
    scratch.destroy()
  }
  const best = Math.min(...times)
  console.log(
    `${name.padEnd(52)} ${((best * 1e6) / count).toFixed(1).padStart(7)} ns/row ${best.toFixed(0).padStart(6)} ms  first ${times[0].toFixed(0)} ms  ${note}`,
  )
}

const count = bindAggregate('count', [])
const distinct = bindAggregate('uniqExact', [u64])
const users = values64(1_670_000)
const regions = values64(9_000)

const groupBy = (name: string, key: FixedColumn | StringColumn, aggregates = [count], args: FixedColumn[] = []) =>
  measure(name, key.rows, (arena, scratch) => {
    const states = new GroupStates(arena, [key.type], aggregates)
    for (let start = 0; start < key.rows; start += chunkRows) {
      const length = Math.min(chunkRows, key.rows - start)
      states.add(
        [key.slice(start, length)],
        args.map(arg => arg.slice(start, length)),
        length,
      )
    }
    let groups = 0
    for (const chunk of states.results(scratch)) groups += chunk.rows
    return `${groups} groups`
  })

groupBy('count by 64-bit key, 1.67M groups', users)
groupBy('count by 64-bit key, 9k groups', regions)
groupBy('count distinct users by region (9k)', regions, [distinct], [users])
groupBy(
  'sum, avg, min, max of users by region (9k)',
  regions,
  ['sum', 'avg', 'min', 'max'].map(name => bindAggregate(name, [u64])),
  [users, users, users, users],
)
measure('count distinct users', rows, arena => {
  const state = distinct.create(arena)
  state.ensure(1)
  for (let start = 0; start < rows; start += chunkRows) {
    const length = Math.min(chunkRows, rows - start)
    state.add(0, [users.slice(start, length)], length)
  }
  return state.result(0, 1, arena).valueAt(0)
})
const few = strings(2_000_000, 20_000)
const many = strings(2_000_000, 1_500_000)
groupBy('count by string, 20k groups of 2M rows', few)
groupBy('count by string, 1.1M groups of 2M rows', many)
measure('sort 2M 64-bit keys', 2_000_000, (_, scratch) =>
  sortOrder([users.slice(0, 2_000_000)], [{}], 2_000_000, scratch),
)
measure('sort 2M strings', 2_000_000, (_, scratch) => sortOrder([many], [{}], 2_000_000, scratch))
measure('first 10 of 10M 64-bit keys', rows, (arena, scratch) => {
  const top = new TopRows(arena, 10, [{ column: 0, direction: { descending: true } }])
  for (let start = 0; start < rows; start += chunkRows) {
    const length = Math.min(chunkRows, rows - start)
    top.add(new Chunk([users.slice(start, length)], length), scratch)
    scratch.reset()
  }
  top.finish()
  top.end()
})
measure('first 10 of 2M strings', 2_000_000, (arena, scratch) => {
  const top = new TopRows(arena, 10, [{ column: 0, direction: {} }])
  for (let start = 0; start < 2_000_000; start += chunkRows) {
    const length = Math.min(chunkRows, 2_000_000 - start)
    top.add(new Chunk([many.slice(start, length)], length), scratch)
    scratch.reset()
  }
  top.finish()
  top.end()
})
