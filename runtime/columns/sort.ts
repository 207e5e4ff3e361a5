// Rows in the order of columns. Columns become sort keys: u64 numbers (assembly/sort/keys.ts) or strings, whose order is the wanted one of
// the values.
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { ArrayColumn } from './array.ts'
import type { Column } from './column.ts'
import { ConstColumn } from './const.ts'
import { FixedColumn } from './fixed.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'

export interface SortDirection {
  readonly descending?: boolean
  /** Where NULL and NaN go, in either direction. Default: last. */
  readonly nullsFirst?: boolean
}

/** Rows in the order of some columns. */
export interface SortedRows {
  /** Pointer to u32[rows], row numbers. */
  readonly order: number
  /** Pointer to u8[rows]: 1 where, in the order, a row begins that differs from the one before. */
  readonly runs: number
  /** No two rows are equal. */
  readonly distinct: boolean
}

/**
 * Sorts rows by columns, first to last: stable, as ClickHouse orders values. NULL and NaN come last, whatever the direction, unless told
 * otherwise. Nothing is moved: the result is row numbers.
 */
export function sortRows(
  columns: readonly Column[],
  directions: readonly SortDirection[],
  rows: number,
  arena: Arena,
): SortedRows {
  return sort(columns, directions, rows, arena, true)
}

/** As sortRows, where only the order is wanted: u32[rows]. */
export function sortOrder(
  columns: readonly Column[],
  directions: readonly SortDirection[],
  rows: number,
  arena: Arena,
): number {
  return sort(columns, directions, rows, arena, false).order
}

function sort(
  columns: readonly Column[],
  directions: readonly SortDirection[],
  rows: number,
  arena: Arena,
  wantsRuns: boolean,
): SortedRows {
  for (const column of columns) assert(column.rows === rows, 'columns to sort by have as many rows')
  const { kernels } = arena.memory
  const order = arena.allocate(rows * 4)
  kernels.fillRange(0, 1, rows, order)
  const runs = arena.allocateZeroed(rows)
  if (rows > 0) arena.memory.u8[runs] = 1
  let shared = Math.max(rows - 1, 0)
  const keys = sortKeys(columns, directions, arena)
  for (const [i, key] of keys.entries()) {
    if (shared === 0) break
    refine(key, i === 0, order, runs, rows, arena)
    if (wantsRuns || i < keys.length - 1) shared = mark(key, order, runs, rows, arena)
  }
  return { order, runs, distinct: shared === 0 }
}

/** Sorts inside the runs that are left. */
function refine(key: SortKey, first: boolean, order: number, runs: number, rows: number, arena: Arena): void {
  const { kernels } = arena.memory
  let status: number
  if (key.kind === 'strings') {
    const { offsets, bytes } = key.column
    status = kernels.sortRefineStrings(arena.address, offsets, bytes, order, runs, rows, key.descending ? 1 : 0)
  } else if (first) status = kernels.sortByKeys(arena.address, key.pointer, order, rows)
  else status = kernels.sortRefine(arena.address, key.pointer, order, runs, rows)
  if (status < 0) arena.fail()
}

/** Starts runs where the key differs; gives how many rows are still equal to the one before. */
function mark(key: SortKey, order: number, runs: number, rows: number, arena: Arena): number {
  const { kernels } = arena.memory
  if (key.kind === 'strings') return kernels.markStringRuns(key.column.offsets, key.column.bytes, order, runs, rows)
  return kernels.markRuns(key.pointer, order, runs, rows)
}

/** u32[rows]: 0 for the least row, equal numbers for equal rows, no gaps. */
export function rankRows(
  columns: readonly Column[],
  directions: readonly SortDirection[],
  rows: number,
  arena: Arena,
): number {
  const { order, runs } = sortRows(columns, directions, rows, arena)
  const ranks = arena.allocate(rows * 4)
  arena.memory.kernels.runRanks(order, runs, rows, ranks)
  return ranks
}

/** One step of comparing rows: by numbers below 2^bits, or by strings. */
export type SortKey =
  | { readonly kind: 'numbers'; readonly pointer: number; readonly bits: number }
  | { readonly kind: 'strings'; readonly column: StringColumn; readonly descending: boolean }

/** What rows are compared by, first to last; neighbouring narrow keys are put together. Constants decide nothing. */
export function sortKeys(columns: readonly Column[], directions: readonly SortDirection[], arena: Arena): SortKey[] {
  const keys: SortKey[] = []
  for (const [i, column] of columns.entries())
    for (const key of columnKeys(column, directions[i] ?? {}, arena)) {
      const last = keys[keys.length - 1]
      if (last?.kind === 'numbers' && key.kind === 'numbers' && last.bits + key.bits <= 64) {
        arena.memory.kernels.sortKeysAppend(last.pointer, key.pointer, column.rows, key.bits)
        keys[keys.length - 1] = { ...last, bits: last.bits + key.bits }
      } else keys.push(key)
    }
  return keys
}

/** Each column as keys of its own memory. */
export function columnKeys(column: Column, direction: SortDirection, arena: Arena): SortKey[] {
  const { memory, rows } = column
  const { kernels } = memory
  const descending = direction.descending ? 1 : 0
  const nullsFirst = direction.nullsFirst ? 1 : 0
  if (column instanceof ConstColumn) return []
  if (column instanceof NullableColumn) {
    const pointer = arena.allocate(rows * 8)
    kernels.sortKeysNulls(column.nulls, rows, pointer, nullsFirst)
    const keys = columnKeys(column.values, direction, arena).map((key): SortKey => {
      if (key.kind === 'numbers') {
        kernels.sortKeysClear(key.pointer, column.nulls, rows)
        return key
      }
      return { ...key, column: withoutNulls(key.column, column.nulls, arena) }
    })
    return [{ kind: 'numbers', pointer, bits: 1 }, ...keys]
  }
  if (column instanceof StringColumn) return [{ kind: 'strings', column, descending: descending === 1 }]
  if (column instanceof LowCardinalityColumn) {
    if (column.dictionary.rows > rows) return columnKeys(column.plain(arena), direction, arena)
    const ranks = rankRows([column.dictionary], [direction], column.dictionary.rows, arena)
    const gathered = arena.allocate(rows * 4)
    kernels.gather4(ranks, column.indices, rows, gathered)
    return [rankKeys(gathered, rows, arena)]
  }
  if (column instanceof TupleColumn) return column.columns.flatMap(element => columnKeys(element, direction, arena))
  if (column instanceof ArrayColumn) return [arrayKeys(column, direction, arena)]
  if (column instanceof FixedColumn) return fixedKeys(column, direction, arena)
  throw new DBError('ILLEGAL_COLUMN', `Values of type ${column.type.name} have no order`)
}

const numbers = (pointer: number, bits: number): SortKey => ({ kind: 'numbers', pointer, bits })

function rankKeys(ranks: number, rows: number, arena: Arena): SortKey {
  const pointer = arena.allocate(rows * 8)
  arena.memory.kernels.sortKeysU32(ranks, rows, pointer, 0)
  return numbers(pointer, 32)
}

/** Arrays compare element by element, and a shorter one comes before its continuations: as strings of their elements' ranks. */
function arrayKeys(column: ArrayColumn, direction: SortDirection, arena: Arena): SortKey {
  const { memory, rows } = column
  const { offsets, elements } = column.compact(arena)
  const descending = direction.descending ?? false
  // Descending turns the whole string around, so NULLs are put where turning brings them to their place.
  const nullsFirst = (direction.nullsFirst ?? false) !== descending
  const ranks = rankRows([elements], [{ nullsFirst }], elements.rows, arena)
  memory.kernels.swapBytesU32(ranks, elements.rows)
  const bounds = arena.allocate((rows + 1) * 4)
  const { u32 } = memory
  for (let row = 0; row <= rows; row++) u32[bounds / 4 + row] = u32[offsets / 4 + row] * 4
  return { kind: 'strings', column: new StringColumn(memory, bounds, ranks, rows), descending }
}

/** The strings, empty where NULL stands. */
function withoutNulls(column: StringColumn, nulls: number, arena: Arena): StringColumn {
  const { memory, rows } = column
  const sizes = arena.allocateZeroed((rows + 1) * 4)
  memory.kernels.rowSizesAdd(sizes, rows, 0, column.offsets, nulls)
  const cursors = arena.allocate(rows * 4)
  const size = memory.kernels.rowOffsets(sizes, rows, cursors)
  if (size === column.textSize) return column
  const bytes = arena.allocate(size)
  memory.kernels.copyRows(column.offsets, column.bytes, rows, sizes, bytes)
  return new StringColumn(memory, sizes, bytes, rows)
}

function fixedKeys(column: FixedColumn, direction: SortDirection, arena: Arena): SortKey[] {
  const { pointer: from, rows, type } = column
  const { kernels } = column.memory
  const descending = direction.descending ? 1 : 0
  const nullsFirst = direction.nullsFirst ? 1 : 0
  if (type.width > 8 || type.physical === 'Bytes') {
    return Array.from({ length: Math.ceil(type.width / 8) }, (_, word) => {
      const to = arena.allocate(rows * 8)
      kernels.sortKeysWord(from, rows, to, descending, type.width, word, wordOrder(type))
      return numbers(to, 64)
    })
  }
  const to = arena.allocate(rows * 8)
  const key = numbers(to, type.width * 8)
  switch (type.physical) {
    case 'U8':
      kernels.sortKeysU8(from, rows, to, descending)
      return [key]
    case 'U16':
      kernels.sortKeysU16(from, rows, to, descending)
      return [key]
    case 'U32':
      kernels.sortKeysU32(from, rows, to, descending)
      return [key]
    case 'U64':
      kernels.sortKeysU64(from, rows, to, descending)
      return [key]
    case 'I8':
      kernels.sortKeysI8(from, rows, to, descending)
      return [key]
    case 'I16':
      kernels.sortKeysI16(from, rows, to, descending)
      return [key]
    case 'I32':
      kernels.sortKeysI32(from, rows, to, descending)
      return [key]
    case 'I64':
      kernels.sortKeysI64(from, rows, to, descending)
      return [key]
    case 'F32':
      kernels.sortKeysF32(from, rows, to, descending, nullsFirst)
      return [key]
    case 'F64':
      kernels.sortKeysF64(from, rows, to, descending, nullsFirst)
      return [key]
    default:
      throw new DBError('ILLEGAL_COLUMN', `Values of type ${type.name} have no order`)
  }
}

/** How the bytes of a wide value stand: see sortKeysWord. */
function wordOrder(type: DataType): number {
  if (type.kind === 'UUID') return 3
  if (type.physical === 'Bytes') return 2
  return type.physical?.startsWith('I') ? 1 : 0
}

/**
 * u64[rows] that follow the order of a column but may be equal where values differ: the same for a value in whatever chunk it comes, so
 * that a limit found in one chunk filters the next.
 */
export function leadKeys(column: Column, direction: SortDirection, arena: Arena): number {
  const { kernels } = arena.memory
  const descending = direction.descending ? 1 : 0
  const full = column.full(arena)
  const { rows } = full
  if (full instanceof LowCardinalityColumn) {
    if (full.dictionary.rows > rows) return leadKeys(full.plain(arena), direction, arena)
    const entries = leadKeys(full.dictionary, direction, arena)
    const to = arena.allocate(rows * 8)
    kernels.gather8(entries, full.indices, rows, to)
    return to
  }
  if (full instanceof NullableColumn) {
    const keys = leadKeys(full.values, direction, arena)
    const narrow =
      full.values instanceof FixedColumn && full.values.type.width < 8 && full.values.type.physical !== 'Bytes'
    kernels.sortKeysNullBit(keys, full.nulls, rows, narrow ? 0 : 1, direction.nullsFirst ? 1 : 0)
    return keys
  }
  if (full instanceof StringColumn) {
    const to = arena.allocate(rows * 8)
    kernels.sortKeysPrefix(full.offsets, full.bytes, rows, to, descending)
    return to
  }
  if (full instanceof TupleColumn) return leadKeys(full.columns[0], direction, arena)
  if (full instanceof FixedColumn) {
    const [key] = fixedKeys(full, direction, arena)
    if (key.kind === 'numbers') return key.pointer
  }
  // Arrays: no limit excludes anything.
  return arena.allocateZeroed(rows * 8)
}
