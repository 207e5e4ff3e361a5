import { DBError } from '../core/errors.ts'
import { csvFormats } from './csv.ts'
import type { FormatDefinition } from './format.ts'
import { jsonFormats } from './json.ts'
import { markdownFormat } from './markdown.ts'
import { nativeFormats } from './native.ts'
import { nullFormat } from './null.ts'
import { parquetFormat } from './parquetFormat.ts'
import { prettyFormats } from './pretty.ts'
import { rawFormats } from './raw.ts'
import { regexpFormat } from './regexp.ts'
import { rowBinaryFormats } from './rowBinary.ts'
import { sqlInsertFormat } from './sqlInsert.ts'
import { templateFormat } from './template.ts'
import { tsvFormats } from './tsv.ts'
import { valuesFormat } from './values.ts'
import { verticalFormat } from './vertical.ts'
import { xmlFormat } from './xml.ts'

/** Every format, one line each. */
export const formats: readonly FormatDefinition[] = [
  ...tsvFormats,
  ...csvFormats,
  ...jsonFormats,
  valuesFormat,
  sqlInsertFormat,
  xmlFormat,
  ...prettyFormats,
  verticalFormat,
  markdownFormat,
  ...rowBinaryFormats,
  ...nativeFormats,
  parquetFormat,
  ...rawFormats,
  templateFormat,
  regexpFormat,
  nullFormat,
]

const byName = new Map<string, FormatDefinition>()
for (const format of formats)
  for (const name of [format.name, ...(format.aliases ?? [])]) {
    byName.set(name, format)
    const lower = name.toLowerCase()
    if (!byName.has(lower)) byName.set(lower, format)
  }

/** Names as ClickHouse spells them; any case is accepted. UNKNOWN_FORMAT. */
export function findFormat(name: string): FormatDefinition {
  const format = byName.get(name) ?? byName.get(name.toLowerCase())
  if (!format) throw new DBError('UNKNOWN_FORMAT', `Unknown format ${name}`)
  return format
}

/** A format that can be read. FORMAT_IS_NOT_SUITABLE_FOR_INPUT. */
export function findInputFormat(name: string): FormatDefinition {
  const format = findFormat(name)
  if (!format.reader && !format.randomAccess)
    throw new DBError('FORMAT_IS_NOT_SUITABLE_FOR_INPUT', `Format ${name} is not suitable for input`)
  return format
}

/** A format that can be written. FORMAT_IS_NOT_SUITABLE_FOR_OUTPUT. */
export function findOutputFormat(name: string): FormatDefinition & Required<Pick<FormatDefinition, 'writer'>> {
  const format = findFormat(name)
  if (!format.writer)
    throw new DBError('FORMAT_IS_NOT_SUITABLE_FOR_OUTPUT', `Format ${name} is not suitable for output`)
  return format as FormatDefinition & Required<Pick<FormatDefinition, 'writer'>>
}
