// Choosing between columns row by row.
import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import { newFixed } from './fixedColumns.ts'

/** mask ? a : b, for full columns of one type. mask: u8[rows]. */
export function selectColumns(mask: number, a: Column, b: Column, arena: Arena): Column {
  const { rows } = a
  assert(a.rows === b.rows && a.type.equals(b.type), 'columns to choose from are of one type and length')
  const { kernels } = arena.memory
  if (a instanceof FixedColumn && b instanceof FixedColumn) return selectFixed(mask, a, b, arena)
  if (a instanceof StringColumn && b instanceof StringColumn) {
    const size = kernels.selectStringsSize(mask, a.offsets, b.offsets, rows)
    if (size > 0x7fffffff) throw new DBError('TOO_LARGE_STRING_SIZE', 'Strings of one chunk are larger than 2 GiB')
    const [offsets, bytes] = [arena.allocate((rows + 1) * 4), arena.allocate(size)]
    kernels.selectStrings(mask, a.offsets, a.bytes, b.offsets, b.bytes, offsets, bytes, rows)
    return new StringColumn(arena.memory, offsets, bytes, rows)
  }
  if (a instanceof NullableColumn && b instanceof NullableColumn) {
    const nulls = arena.allocate(rows)
    kernels.selectByMask1(mask, a.nulls, b.nulls, nulls, rows)
    return new NullableColumn(nulls, selectColumns(mask, a.values, b.values, arena), a.type)
  }
  if (a instanceof TupleColumn && b instanceof TupleColumn) {
    const columns = a.columns.map((column, i) => selectColumns(mask, column, b.columns[i], arena))
    return new TupleColumn(arena.memory, columns, rows, a.type)
  }
  const indices = arena.allocate(rows * 4)
  kernels.selectIndices(mask, indices, rows)
  return concatColumns([a, b], arena).gather(indices, rows, arena)
}

/** The same for packed columns of one width. */
export function selectFixed(mask: number, a: FixedColumn, b: FixedColumn, arena: Arena): FixedColumn {
  const { kernels } = arena.memory
  const { type, rows } = b
  const { width } = type
  const out = newFixed(type, rows, arena)
  if (width === 1 || width === 2 || width === 4 || width === 8 || width === 16)
    kernelNamed(kernels, `selectByMask${width}`)(mask, a.pointer, b.pointer, out.pointer, rows)
  else kernels.selectByMaskN(mask, a.pointer, b.pointer, width, out.pointer, rows)
  return out
}

/** A column's NULLs apart from its values: a null map (0 where there is none), and the column without Nullable and LowCardinality. */
export function splitNulls(column: Column, arena: Arena): { nulls: number; values: Column } {
  if (column instanceof ConstColumn && !column.type.isNullable && !(column.value instanceof LowCardinalityColumn))
    return { nulls: 0, values: column }
  const full = column.full(arena)
  const plain = full instanceof LowCardinalityColumn ? full.plain(arena) : full
  return plain instanceof NullableColumn ? { nulls: plain.nulls, values: plain.values } : { nulls: 0, values: plain }
}

/** A null map that is there even where nothing is NULL. */
export const nullsOrZeros = (nulls: number, rows: number, arena: Arena): number => nulls || arena.allocateZeroed(rows)

/** One value for each row, not constant: what a constant is made of when every row must have its own. */
export const repeated = (column: Column, rows: number, arena: Arena): Column =>
  new ConstColumn(column, rows).full(arena)

/** A full column of NULLs. */
export function nullColumn(type: NullableColumn['type'], rows: number, arena: Arena): Column {
  return new ConstColumn(columnOf(type, [null], arena), rows).full(arena)
}
