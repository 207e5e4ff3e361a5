import type { Column } from '../columns/column.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { parseSpans } from '../columns/parse.ts'
import { printColumn } from '../columns/print.ts'
import { spansOfStrings } from '../columns/spans.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { NullableType } from '../types/compound.ts'
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
  if (column.type.name === type.name) return { column, omitted: null }
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
