import { ConstColumn } from '../../columns/const.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { encodeText } from '../../core/text.ts'
import type { Memory } from '../../core/memory.ts'
import type { Value } from '../../types/value.ts'

/** Least and greatest value of a column of at least one row; NULLs only if there is nothing else. */
export function boundsOf(column: Column): { min: Value; max: Value } {
  if (column instanceof ConstColumn) return boundsOf(column.value)
  if (column instanceof FixedColumn) {
    const values = viewOf(column.memory, column)
    if (values) {
      let least = 0
      let greatest = 0
      for (let row = 1; row < values.length; row++) {
        if (values[row] < values[least]) least = row
        if (values[row] > values[greatest]) greatest = row
      }
      return { min: column.valueAt(least), max: column.valueAt(greatest) }
    }
  }
  let [min, max] = [column.valueAt(0), column.valueAt(0)]
  for (let row = 1; row < column.rows; row++) {
    const value = column.valueAt(row)
    if (compareValues(value, min) < 0 || min === null) min = value
    if (compareValues(value, max) > 0 || max === null) max = value
  }
  return { min, max }
}

function viewOf(memory: Memory, { pointer, rows, type }: FixedColumn): ArrayLike<number | bigint> | null {
  const part = <T>(view: { subarray(from: number, to: number): T }, width: number): T =>
    view.subarray(pointer / width, pointer / width + rows)
  switch (type.physical) {
    case 'U8':
      return part(memory.u8, 1)
    case 'I8':
      return part(memory.i8, 1)
    case 'U16':
      return part(memory.u16, 2)
    case 'I16':
      return part(memory.i16, 2)
    case 'U32':
      return part(memory.u32, 4)
    case 'I32':
      return part(memory.i32, 4)
    case 'U64':
      return part(memory.u64, 8)
    case 'I64':
      return part(memory.i64, 8)
    case 'F32':
      return part(memory.f32, 4)
    case 'F64':
      return part(memory.f64, 8)
    default:
      return null
  }
}

/** Order of two values of one type. NULL is less than nothing and more than nothing: it compares as equal. */
export function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return 0
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareValues(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

/** By bytes. */
function compareText(a: string, b: string): number {
  if (a === b) return 0
  const [left, right] = [encodeText(a), encodeText(b)]
  const length = Math.min(left.length, right.length)
  for (let i = 0; i < length; i++) if (left[i] !== right[i]) return left[i] - right[i]
  return left.length - right.length
}
