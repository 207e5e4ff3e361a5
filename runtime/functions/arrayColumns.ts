// What functions over arrays share: their types, bounds and new arrays of old elements.
import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { plainType } from './bind.ts'
import { areComparable } from './compareColumns.ts'

export const isArray = (type: DataType): boolean => type instanceof ArrayType

export const elementOf = (type: DataType): DataType => (type as ArrayType).element

/** The first element's number and the number behind the last one, of each row. */
export const bounds = (column: ArrayColumn): Uint32Array =>
  column.memory.u32.slice(column.offsets / 4, column.offsets / 4 + column.rows + 1)

/** An array column from elements taken by number, and how many each row gets. */
export function arrayOf(
  elements: Column,
  picks: readonly number[],
  offsets: readonly number[],
  type: DataType,
  arena: Arena,
): ArrayColumn {
  const numbers = placeU32(arena, picks)
  return new ArrayColumn(
    placeU32(arena, offsets),
    elements.gather(numbers, picks.length, arena),
    offsets.length - 1,
    type,
  )
}

/** Row by row: which elements, by number in the nested column, the result has. */
export function rearrange(
  column: ArrayColumn,
  type: DataType,
  arena: Arena,
  pick: (start: number, end: number, row: number, push: (element: number) => void) => void,
): ArrayColumn {
  const starts = bounds(column)
  const picks: number[] = []
  const offsets = [0]
  for (let row = 0; row < column.rows; row++) {
    pick(starts[row], starts[row + 1], row, element => picks.push(element))
    offsets.push(picks.length)
  }
  return arrayOf(column.elements, picks, offsets, type, arena)
}

export function checkElement(name: string, given: DataType, value: DataType): void {
  const element = elementOf(given)
  if (element.kind === 'Nothing' || plainType(element).kind === 'Nothing' || plainType(value).kind === 'Nothing') return
  if (!areComparable(plainType(element), plainType(value)))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Types of array and second argument of function ${name} must be comparable: ${given.name} and ${value.name}`,
    )
}

/** A key that is equal for values that are. */
export const keyOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'bigint'
      ? `${part}n`
      : Object.is(part, -0)
        ? 0
        : typeof part === 'number' && !Number.isFinite(part)
          ? String(part)
          : part,
  )

export const forEachIn = (start: number, end: number, push: (element: number) => void): void => {
  for (let at = start; at < end; at++) push(at)
}

/** Whole numbers by row; null for NULL. */
export function numbersOf(column: Column, arena: Arena): (row: number) => number | null {
  const full = column.full(arena)
  return row => {
    const value = full.valueAt(row)
    return value === null ? null : Number(value)
  }
}

/** Array(T) of Array(Nullable(T)). */
export function withoutNulls(type: DataType): DataType {
  const element = elementOf(type)
  return element instanceof NullableType ? new ArrayType(element.inner) : type
}
