// Elements of arrays by numbers: equal elements have the same number, so that sets of them are sets of small integers.
import { ArrayColumn } from '../columns/array.ts'
import { concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { castColumn } from './castColumn.ts'

export interface NumberedArrays {
  /** Where each row's elements start, for each array; from 0. */
  readonly starts: readonly Uint32Array[]
  /** The number of each element, for each array. */
  readonly numbers: readonly Uint32Array[]
  /** How many different elements there are in all. */
  readonly count: number
  /** The number of NULL, or -1. */
  readonly nullNumber: number
  /** The arrays with elements of their common type. */
  readonly columns: readonly ArrayColumn[]
  /** The elements of all arrays behind each other, and where those of each array start among them. */
  readonly elements: Column
  readonly bases: readonly number[]
}

/** Numbers the elements of arrays that are compared with each other. */
export function numberElements(args: readonly Column[], arena: Arena): NumberedArrays {
  const type = commonType(args.map(column => column.type))
  const columns = args.map(column => {
    const whole = castColumn(column, type, arena).full(arena) as ArrayColumn
    const { offsets, elements } = whole.compact(arena)
    return new ArrayColumn(offsets, elements, whole.rows, type)
  })
  const { u32 } = arena.memory
  const starts = columns.map(({ offsets, rows }) => u32.slice(offsets / 4, offsets / 4 + rows + 1))
  const elements = concatColumns(
    columns.map(column => column.elements),
    arena,
  )
  const bases: number[] = []
  let total = 0
  for (const column of columns) {
    bases.push(total)
    total += column.elements.rows
  }
  const { numbers: all, count } = numberValues([elements], total, arena)
  const numbers = columns.map((column, i) => all.subarray(bases[i], bases[i] + column.elements.rows))
  let nullNumber = -1
  if (elements instanceof NullableColumn) {
    const at = arena.memory.kernels.firstInMask(elements.nulls, total)
    if (at >= 0) nullNumber = all[at]
  }
  return { starts, numbers, count, nullNumber, columns, elements, bases }
}

/** A number for each row of some columns, equal for equal rows, from 0 without gaps in the order of first appearance. */
export function numberValues(
  columns: readonly Column[],
  rows: number,
  arena: Arena,
): { numbers: Uint32Array; count: number } {
  const table = new GroupTable(
    arena,
    columns.map(column => column.type),
  )
  const pointer = table.upsert(columns, rows, arena) / 4
  return { numbers: arena.memory.u32.slice(pointer, pointer + rows), count: table.size }
}
