import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'

/** In place of a row number: no row, the type's default (zero bytes, empty, NULL). For LEFT JOIN. */
export const noRow = 0xffffffff

/** Which memory layout a column has. */
export type Layout = 'fixed' | 'string' | 'nullable' | 'array' | 'tuple' | 'lowCardinality' | 'const' | 'state'

/**
 * Values of one type in kernel memory. Immutable once built, so slices share bytes. The memory belongs to an arena; the column
 * holds pointers only and is valid as long as that arena keeps them.
 */
export interface Column {
  readonly layout: Layout
  readonly type: DataType
  readonly memory: Memory
  readonly rows: number

  /** Rows [start, start + length), sharing memory. */
  slice(start: number, length: number): Column
  /** Rows by number. indices: pointer to u32[count], each below rows or noRow. Copies into the arena. */
  gather(indices: number, count: number, arena: Arena): Column
  /** One value, for constants, bounds and tests: never in a loop over rows on a hot path. */
  valueAt(row: number): Value
  /** The same values without ConstColumn at the top. */
  full(arena: Arena): Column
  /** Bytes of memory that the rows take, for limits and statistics. */
  byteSize(): number
}
