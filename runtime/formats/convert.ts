import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { parseSpans } from '../columns/parse.ts'
import { printColumn } from '../columns/print.ts'
import { spansOfStrings } from '../columns/spans.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { type ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Omitted } from './format.ts'
import { nullsAsDefault } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { parseOptions, printOptions } from './textOptions.ts'

/** A column as the schema's type, where the input states another one: through its text. NULLs may become defaults. */
export function convertColumn(
  column: Column,
  type: DataType,
  options: FormatOptions,
  arena: Arena,
): { column: Column; omitted: Omitted } {
  if (column.type.equals(type)) return { column, omitted: null }
  if (withoutZones(column.type) === withoutZones(type)) return { column: retyped(column, type), omitted: null }
  const isNullable = type instanceof NullableType || type.isNullable
  if (column instanceof NullableColumn && !isNullable) {
    if (!options.settings.input_format_null_as_default)
      throw new DBError('CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN', `Cannot convert ${column.type.name} to ${type.name}`)
    const { column: values, omitted } = nullsAsDefault(column, arena)
    const converted = convertColumn(values, type, options, arena)
    return { column: converted.column, omitted }
  }
  const text = printColumn(column, 'escaped', arena, printOptions(options, '\\N'))
  const parsed = parseSpans(type, spansOfStrings(text, arena), 'escaped', arena, parseOptions(options))
  return { column: parsed, omitted: null }
}

/** A time's zone is only for its text: the values are the same. */
const withoutZones = (type: DataType): string =>
  type.name.replace(/DateTime\('[^']*'\)/g, 'DateTime').replace(/(DateTime64\(\d+), '[^']*'\)/g, '$1)')

/** The same memory as a type of the same layout. */
function retyped(column: Column, type: DataType): Column {
  if (column instanceof ConstColumn) return new ConstColumn(retyped(column.value, type), column.rows)
  if (column instanceof NullableColumn && type instanceof NullableType)
    return new NullableColumn(column.nulls, retyped(column.values, type.inner), type)
  if (column instanceof LowCardinalityColumn && type instanceof LowCardinalityType)
    return new LowCardinalityColumn(retyped(column.dictionary, type.inner), column.indices, column.rows, type)
  if (column instanceof ArrayColumn) {
    const element = type instanceof MapType ? type.pairs.element : (type as ArrayType).element
    return new ArrayColumn(column.offsets, retyped(column.elements, element), column.rows, type)
  }
  if (column instanceof TupleColumn && type instanceof TupleType) {
    const columns = column.columns.map((element, i) => retyped(element, type.elements[i]))
    return new TupleColumn(column.memory, columns, column.rows, type)
  }
  return column instanceof FixedColumn ? column.as(type) : column
}
