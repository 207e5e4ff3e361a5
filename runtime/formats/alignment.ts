import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'

/** The type without Nullable and LowCardinality. */
export function plainType(type: DataType): DataType {
  return type instanceof NullableType || type instanceof LowCardinalityType ? plainType(type.inner) : type
}

/** Values that stand at the right side of a table's cell: numbers, dates and times. */
export const alignsRight = (type: DataType): boolean =>
  /^(U?Int|Float|Decimal|Date|Interval)/.test(plainType(type).kind)
