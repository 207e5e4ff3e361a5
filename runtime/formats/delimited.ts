// TabSeparated, CSV and their relatives, as output.
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { printColumn, type TextStyle, textColumn } from '../columns/print.ts'
import { TupleColumn } from '../columns/tuple.ts'
import type { Arena } from '../core/memory.ts'
import type { BlockWriter, Output, Schema } from './format.ts'
import { flatColumns, joinedPieces, type PrintRow, printAll, pushText, RowsWriter } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { printOptions } from './textOptions.ts'

export type Header = 'none' | 'names' | 'types'

/** Rows of fields between delimiters, names and types above them, totals and extremes behind an empty line. */
class DelimitedWriter implements BlockWriter {
  readonly #rows: RowsWriter

  constructor(
    print: PrintRow,
    columns: number,
    delimiter: string,
    readonly lineEnd: string,
    /** Lines above the rows, with their ends. */
    readonly header: string,
  ) {
    this.#rows = new RowsWriter(print, joinedPieces(columns, '', delimiter, lineEnd))
  }

  begin(out: Output): void {
    if (this.header !== '') pushText(out, this.header)
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#rows.write(chunk, arena, out)
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    pushText(out, this.lineEnd)
    this.#rows.write(chunk, arena, out)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.totals(chunk, arena, out)
  }

  end(): void {}
}

const tsvEscapes: Record<string, string> = {
  '\b': '\\b',
  '\f': '\\f',
  '\r': '\\r',
  '\n': '\\n',
  '\t': '\\t',
  '\0': '\\0',
  "'": "\\'",
  '\\': '\\\\',
}

export const escapeTsvText = (text: string): string => text.replace(/[\b\f\r\n\t\0'\\]/g, char => tsvEscapes[char])

export const quoteCsvText = (text: string): string => `"${text.replace(/"/g, '""')}"`

function headerLines(
  schema: Schema,
  header: Header,
  escapeName: (text: string) => string,
  delimiter: string,
  lineEnd: string,
): string {
  const line = (texts: readonly string[]) => texts.map(escapeName).join(delimiter) + lineEnd
  if (header === 'none') return ''
  return line(schema.map(({ name }) => name)) + (header === 'types' ? line(schema.map(({ type }) => type.name)) : '')
}

export function tsvWriter(style: 'raw' | 'escaped', header: Header) {
  return (schema: Schema, options: FormatOptions): BlockWriter => {
    const { settings } = options
    const lineEnd = settings.output_format_tsv_crlf_end_of_line ? '\r\n' : '\n'
    const escapeName = style === 'raw' ? (text: string) => text : escapeTsvText
    const print = printAll(style, printOptions(options, settings.format_tsv_null_representation))
    const lines = headerLines(schema, header, escapeName, '\t', lineEnd)
    return new DelimitedWriter(print, schema.length, '\t', lineEnd, lines)
  }
}

export function csvWriter(header: Header) {
  return (schema: Schema, options: FormatOptions): BlockWriter => {
    const { settings } = options
    const spread = settings.output_format_csv_serialize_tuple_into_separate_columns
    const lineEnd = settings.output_format_csv_crlf_end_of_line ? '\r\n' : '\n'
    const delimiter = settings.format_csv_delimiter
    const told = printOptions(options, settings.format_csv_null_representation)
    const flat = spread ? flatColumns(schema) : schema
    const print: PrintRow = (columns, arena) =>
      (spread ? columns.flatMap(column => spreadTuple(column, arena)) : columns).map(column =>
        column instanceof TupleColumn && spread
          ? textColumn(Array<string>(column.rows).fill(''), arena)
          : printColumn(column, 'csv', arena, told),
      )
    const lines = headerLines(flat, header, quoteCsvText, delimiter, lineEnd)
    return new DelimitedWriter(print, flat.length, delimiter, lineEnd, lines)
  }
}

/** A tuple's elements as columns, all the way down; an empty tuple stays, as an empty field. */
function spreadTuple(column: Column, arena: Arena): Column[] {
  const full = column.type.kind === 'Tuple' ? column.full(arena) : column
  if (!(full instanceof TupleColumn) || full.columns.length === 0) return [full]
  return full.columns.flatMap(element => spreadTuple(element, arena))
}

/** name=value pairs. */
export function tskvWriter(schema: Schema, options: FormatOptions): BlockWriter {
  const names = schema.map(({ name }) => `${escapeTsvText(name).replace(/=/g, '\\=')}=`)
  const pieces = [...names.map((name, i) => (i === 0 ? name : `\t${name}`)), '\n']
  const { format_tsv_null_representation: nullText } = options.settings
  return new PiecesWriter(new RowsWriter(printAll('escaped', printOptions(options, nullText)), pieces))
}

/** How a value is written by the rules that settings and templates name. */
export const escapingStyles: Record<string, { style: TextStyle; escape: (text: string) => string }> = {
  Escaped: { style: 'escaped', escape: escapeTsvText },
  Raw: { style: 'raw', escape: text => text },
  CSV: { style: 'csv', escape: quoteCsvText },
  Quoted: { style: 'quoted', escape: text => `'${escapeTsvText(text)}'` },
  JSON: { style: 'json', escape: text => JSON.stringify(text) },
  XML: { style: 'xml', escape: text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;') },
}

/** CustomSeparated: every delimiter is a setting. */
export function customWriter(header: Header) {
  return (schema: Schema, options: FormatOptions): BlockWriter => {
    const { settings } = options
    const rule = escapingStyles[settings.format_custom_escaping_rule] ?? escapingStyles.Escaped
    const before = settings.format_custom_row_before_delimiter
    const after = settings.format_custom_row_after_delimiter
    const between = settings.format_custom_row_between_delimiter
    const field = settings.format_custom_field_delimiter
    const rows = new RowsWriter(
      printAll(rule.style, printOptions(options, settings.format_tsv_null_representation)),
      joinedPieces(schema.length, before, field, after),
      between,
    )
    const line = (texts: string[]) => before + texts.map(rule.escape).join(field) + after
    const lines = header === 'none' ? [] : [line(schema.map(({ name }) => name))]
    if (header === 'types') lines.push(line(schema.map(({ type }) => type.name)))
    const start = settings.format_custom_result_before_delimiter + lines.map(text => text + between).join('')
    return new PiecesWriter(rows, start, settings.format_custom_result_after_delimiter)
  }
}

/** Rows between a fixed beginning and a fixed end; no totals. */
export class PiecesWriter implements BlockWriter {
  constructor(
    readonly rows: RowsWriter,
    readonly start = '',
    readonly close = '',
  ) {}

  begin(out: Output): void {
    if (this.start !== '') pushText(out, this.start)
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.rows.write(chunk, arena, out)
  }

  end(out: Output): void {
    if (this.close !== '') pushText(out, this.close)
  }
}
