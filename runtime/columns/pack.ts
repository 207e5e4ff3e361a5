import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import { concatColumns, defaultColumn } from './build.ts'
import { type Column, noRow } from './column.ts'
import { FixedColumn } from './fixed.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'

/** A column of T as LowCardinality(T): a dictionary with the default (NULL where T is Nullable) first, then the distinct values. */
export function packColumn(column: Column, arena: Arena, type?: LowCardinalityType): LowCardinalityColumn {
  const wanted = type ?? new LowCardinalityType(column.type)
  if (column instanceof LowCardinalityColumn) return column
  const full = column.full(arena)
  const nullable = full instanceof NullableColumn ? full : null
  const values = nullable ? nullable.values : full
  assert(values instanceof FixedColumn || values instanceof StringColumn, 'a dictionary is of strings or packed values')
  const { rows } = values
  const { kernels } = arena.memory
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(rows * 2, 16)))
  const table = arena.allocateZeroed(capacity * 4)
  const firstRows = arena.allocate((rows + 1) * 4)
  const numbers = arena.allocate(rows * 4)
  const count =
    values instanceof StringColumn
      ? kernels.distinctValues(values.offsets, values.bytes, 0, rows, table, capacity, firstRows, numbers)
      : kernels.distinctValues(0, values.pointer, values.type.width, rows, table, capacity, firstRows, numbers)
  arena.free(table)
  const indices = arena.allocate(rows * 4)
  if (nullable) kernels.nullsToFirst(numbers, rows, nullable.nulls, indices)
  else {
    arena.memory.u8.copyWithin(indices, numbers, numbers + rows * 4)
    kernels.addToU32(indices, rows, 1)
  }
  // The first entry is the default: for strings and numbers the missing row, which gather gives as zeros.
  const isZero =
    wanted.inner instanceof NullableType ||
    wanted.default === 0 ||
    wanted.default === 0n ||
    values instanceof StringColumn
  if (isZero) {
    const order = arena.allocate((count + 1) * 4)
    arena.memory.u32[order / 4] = noRow
    arena.memory.u8.copyWithin(order + 4, firstRows, firstRows + count * 4)
    const entries = values.gather(order, count + 1, arena)
    if (!nullable) return new LowCardinalityColumn(entries, indices, rows, wanted)
    const nulls = arena.allocateZeroed(count + 1)
    arena.memory.u8[nulls] = 1
    return new LowCardinalityColumn(new NullableColumn(nulls, entries, nullable.type), indices, rows, wanted)
  }
  const entries = concatColumns([defaultColumn(wanted.inner, 1, arena), values.gather(firstRows, count, arena)], arena)
  return new LowCardinalityColumn(entries, indices, rows, wanted)
}
