// What hash functions are made of: the hash of one value, and how those of several arguments, tuples and arrays become one.
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { splitNulls } from './selectColumns.ts'

const UInt64 = parseType('UInt64')

export interface Hash {
  readonly type: DataType
  /** Pointer to as many values of `type` as there are rows. */
  of(column: Column, rows: number, arena: Arena): number
  /** Puts the next hashes into those so far. */
  combine(sum: number, next: number, rows: number, arena: Arena): void
  /** Of no arguments; zero where it is not said. */
  empty?(rows: number, arena: Arena): number
}

/** A kernel over strings: offsets: u32[rows + 1] into bytes; out: one hash a row. */
export type StringKernel = (offsets: number, bytes: number, rows: number, out: number, arena: Arena) => void

/** Offsets of `rows` values of one width, as if they were strings. */
export function evenOffsets(rows: number, width: number, arena: Arena): number {
  const offsets = arena.allocate((rows + 1) * 4)
  arena.memory.kernels.fillRange(0, width, rows + 1, offsets)
  return offsets
}

/** A hash of the bytes of strings and of values of one width. podsAsIntegers: numbers of up to 64 bits go through intHash64. */
export function ofBytes(type: DataType, run: StringKernel, combine: Hash['combine'], podsAsIntegers = false): Hash {
  return {
    type,
    of(column, rows, arena) {
      const out = arena.allocate(rows * type.width)
      if (column instanceof StringColumn) {
        run(column.offsets, column.bytes, rows, out, arena)
        return out
      }
      const { type: given, pointer } = fixedOf(column)
      const isPod = given.kind !== 'FixedString' && given.kind !== 'Decimal' && given.width <= 8
      if (podsAsIntegers && isPod) intHash64Of(given.width, pointer, rows, out, arena.memory)
      else run(evenOffsets(rows, given.width, arena), pointer, rows, out, arena)
      return out
    },
    combine,
  }
}

/** Numbers hash as their bits, filled up to 64. */
function intHash64Of(width: number, pointer: number, rows: number, out: number, { kernels }: Memory): void {
  const unsigned = { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' }[width]!
  kernelNamed(kernels, `intHash64${unsigned}`)(pointer, rows, out)
}

/** intHash of the sum, xor the next. */
export const combine32: Hash['combine'] = (sum, next, rows, { memory }) =>
  memory.kernels.hashCombineXor32(sum, next, rows)

export const combine64: Hash['combine'] = (sum, next, rows, { memory }) =>
  memory.kernels.hashCombineXor64(sum, next, rows)

/** CityHash's way. */
export const combineCity: Hash['combine'] = (sum, next, rows, { memory }) =>
  memory.kernels.hashCombine64(sum, next, rows)

/** The hash of both hashes' bytes. */
export const combineByHashing =
  (width: number, run: StringKernel): Hash['combine'] =>
  (sum, next, rows, arena) => {
    const both = arena.allocate(rows * width * 2)
    arena.memory.kernels.interleaveValues(sum, next, width, rows, both)
    run(evenOffsets(rows, width * 2, arena), both, rows, sum, arena)
  }

/** What NULL inside of arrays and tuples hashes to, whatever the hash. */
const nullHash32 = 64596081
const nullHash64 = 14234421406067173489n

/** Adds a column to the hashes so far, where there are any. The parts of tuples and arrays are added one by one. */
function absorb(hash: Hash, column: Column, rows: number, arena: Arena, sum: number | null): number {
  if (column instanceof TupleColumn) {
    let whole = sum
    for (const part of column.columns) whole = absorb(hash, part, rows, arena, whole)
    return whole ?? arena.allocateZeroed(rows * hash.type.width)
  }
  if (column.layout === 'array') return absorbArrays(hash, column as ArrayColumn, rows, arena, sum)
  let next: number
  if (column instanceof FixedColumn || column instanceof StringColumn) next = hash.of(column, rows, arena)
  else {
    const { values, nulls } = splitNulls(column, arena)
    if (values.layout === column.layout)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Type ${column.type.name} cannot be hashed`)
    next = absorb(hash, values, rows, arena, null)
    const { u8, u32, u64 } = arena.memory
    if (nulls !== 0)
      for (let row = 0; row < rows; row++) {
        if (u8[nulls + row] === 0) continue
        if (hash.type.width === 4) u32[next / 4 + row] = nullHash32
        else {
          const at = (next + row * hash.type.width) / 8
          u64[at] = nullHash64
          if (hash.type.width === 16) u64[at + 1] = 0n
        }
      }
  }
  if (sum === null) return next
  hash.combine(sum, next, rows, arena)
  return sum
}

/** The number of elements, then each of them. */
function absorbArrays(hash: Hash, column: ArrayColumn, rows: number, arena: Arena, before: number | null): number {
  const { offsets, elements } = column.compact(arena)
  const { kernels } = arena.memory
  const { width } = hash.type
  const lengths = newFixed(UInt64, rows, arena)
  kernels.offsetsToLengthsU64(offsets, lengths.pointer, rows)
  let sum = arena.allocate(rows * width)
  if (width === 8) kernels.intHash64U64(lengths.pointer, rows, sum)
  else {
    const short = width === 4 ? sum : arena.allocate(rows * 4)
    kernels.intHash32U64(lengths.pointer, rows, short)
    if (width > 4) kernels.resizeIntegers(short, 4, 0, sum, width, rows)
  }
  if (before !== null) {
    hash.combine(before, sum, rows, arena)
    sum = before
  }
  const inner = absorb(hash, elements, elements.rows, arena, null)
  combineLists(hash, sum, inner, offsets, rows, arena)
  return sum
}

/** First every row's first element, then every second one of those that have two, and so on. */
function combineLists(hash: Hash, sum: number, inner: number, offsets: number, rows: number, arena: Arena): void {
  const { memory } = arena
  const { width } = hash.type
  const starts = memory.u32.slice(offsets / 4, offsets / 4 + rows + 1)
  let live = Array.from({ length: rows }, (_, row) => row).filter(row => starts[row + 1] > starts[row])
  const [sums, nexts] = [arena.allocate(live.length * width), arena.allocate(live.length * width)]
  for (let k = 0; live.length > 0; k++) {
    const { u8 } = memory
    live.forEach((row, i) => {
      u8.copyWithin(sums + i * width, sum + row * width, sum + (row + 1) * width)
      const next = inner + (starts[row] + k) * width
      u8.copyWithin(nexts + i * width, next, next + width)
    })
    hash.combine(sums, nexts, live.length, arena)
    live.forEach((row, i) => memory.u8.copyWithin(sum + row * width, sums + i * width, sums + (i + 1) * width))
    live = live.filter(row => starts[row] + k + 1 < starts[row + 1])
  }
}

export function hashAll(hash: Hash, columns: readonly Column[], rows: number, arena: Arena): number {
  let sum: number | null = null
  for (const column of columns) sum = absorb(hash, column, rows, arena, sum)
  return sum ?? hash.empty?.(rows, arena) ?? arena.allocateZeroed(rows * hash.type.width)
}
