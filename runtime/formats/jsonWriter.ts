// JSON documents and JSON lines, as output.
import type { Chunk } from '../columns/chunk.ts'
import { jsonText } from '../columns/print.ts'
import type { Arena } from '../core/memory.ts'
import type { Header } from './delimited.ts'
import type { BlockWriter, Output, Progress, Schema, Statistics } from './format.ts'
import { joinedPieces, type PrintRow, printAll, printAsJsonStrings, pushText, RowsWriter } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { printOptions } from './textOptions.ts'

/** What stands for NULL where everything is text. */
export const nullSign = 'ᴺᵁᴸᴸ'

export interface JsonShape {
  /** Rows as arrays instead of objects. */
  readonly isCompact?: boolean
  /** Every value as a string. */
  readonly asStrings?: boolean
}

function rowPrinter(options: FormatOptions, { asStrings }: JsonShape, indent: number | null): PrintRow {
  const told = printOptions(options, nullSign)
  if (asStrings) return printAsJsonStrings(told)
  return printAll('json', { ...told, indent: options.settings.output_format_json_pretty_print ? indent : null })
}

/** One document: meta, data, totals, extremes, rows, statistics. */
class JsonWriter implements BlockWriter {
  readonly #rows: RowsWriter
  readonly #totals: RowsWriter
  #count = 0

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly shape: JsonShape,
  ) {
    this.#rows = this.#rowsAt(2)
    this.#totals = this.#rowsAt(1)
  }

  /** Rows whose brackets are indented by `tabs`. */
  #rowsAt(tabs: number): RowsWriter {
    const { schema, shape, options } = this
    const indent = '\t'.repeat(tabs)
    if (shape.isCompact) {
      const open = tabs === 2 ? '\t\t[' : '['
      return new RowsWriter(rowPrinter(options, shape, null), joinedPieces(schema.length, open, ', ', ']'), ',\n')
    }
    const names = schema.map(({ name }) => this.#text(name))
    const pieces = names.map((name, i) => `${i === 0 ? `${indent}{` : ','}\n${indent}\t${name}: `)
    return new RowsWriter(rowPrinter(options, shape, tabs + 1), [...pieces, `\n${indent}}`], ',\n')
  }

  #text(text: string): string {
    return jsonText(text, this.options.settings.output_format_json_escape_forward_slashes)
  }

  begin(out: Output): void {
    const columns = this.schema.map(
      ({ name, type }) => `\t\t{\n\t\t\t"name": ${this.#text(name)},\n\t\t\t"type": ${this.#text(type.name)}\n\t\t}`,
    )
    pushText(out, `{\n\t"meta":\n\t[\n${columns.join(',\n')}\n\t],\n\n\t"data":\n\t[\n`)
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#count += chunk.rows
    this.#rows.write(chunk, arena, out)
  }

  #closed = false

  #closeData(out: Output): void {
    if (!this.#closed) pushText(out, '\n\t]')
    this.#closed = true
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    this.#closeData(out)
    const row = this.#totals.row(chunk, arena)
    pushText(out, `,\n\n\t"totals":${this.shape.isCompact ? ' ' : '\n'}${row}`)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.#closeData(out)
    const rows = this.#rowsAt(this.shape.isCompact ? 1 : 2)
    const gap = this.shape.isCompact ? ' ' : '\n'
    const row = (i: number) => rows.row(chunk.cut(i, 1), arena)
    pushText(out, `,\n\n\t"extremes":\n\t{\n\t\t"min":${gap}${row(0)},\n\t\t"max":${gap}${row(1)}\n\t}`)
  }

  end(out: Output, { elapsedSeconds, rowsRead, bytesRead, rowsBeforeLimit }: Statistics): void {
    this.#closeData(out)
    let text = `,\n\n\t"rows": ${this.#count}`
    if (rowsBeforeLimit !== null) text += `,\n\n\t"rows_before_limit_at_least": ${rowsBeforeLimit}`
    if (this.options.settings.output_format_write_statistics)
      text += `,\n\n\t"statistics":\n\t{\n\t\t"elapsed": ${elapsedSeconds},\n\t\t"rows_read": ${rowsRead},\n\t\t"bytes_read": ${bytesRead}\n\t}`
    pushText(out, `${text}\n}\n`)
  }

  exception(message: string, out: Output): void {
    this.#closeData(out)
    pushText(out, `,\n\n\t"rows": ${this.#count},\n\n\t"exception": ${this.#text(message)}\n}\n`)
  }
}

export const jsonWriter =
  (shape: JsonShape) =>
  (schema: Schema, options: FormatOptions): BlockWriter =>
    new JsonWriter(schema, options, shape)

/** A row's JSON on one line, without what goes around it. */
function lineRows(
  schema: Schema,
  options: FormatOptions,
  shape: JsonShape,
  open: string,
  close: string,
  separator = '',
): RowsWriter {
  const print = rowPrinter(options, shape, null)
  if (shape.isCompact)
    return new RowsWriter(print, joinedPieces(schema.length, `${open}[`, ', ', `]${close}`), separator)
  const slashes = options.settings.output_format_json_escape_forward_slashes
  const names = schema.map(({ name }, i) => `${i === 0 ? `${open}{` : ','}${jsonText(name, slashes)}:`)
  return new RowsWriter(print, [...names, `}${close}`], separator)
}

/** A row a line: JSONEachRow, JSONCompactEachRow and their relatives. */
class JsonLinesWriter implements BlockWriter {
  readonly #rows: RowsWriter
  readonly #isArray: boolean

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    shape: JsonShape,
    readonly header: Header,
  ) {
    this.#isArray = options.settings.output_format_json_array_of_rows && !shape.isCompact
    this.#rows = this.#isArray
      ? lineRows(schema, options, shape, '', '', ',\n')
      : lineRows(schema, options, shape, '', '\n')
  }

  begin(out: Output): void {
    const slashes = this.options.settings.output_format_json_escape_forward_slashes
    const line = (texts: string[]) => `[${texts.map(text => jsonText(text, slashes)).join(', ')}]\n`
    if (this.#isArray) pushText(out, '[\n')
    if (this.header !== 'none') pushText(out, line(this.schema.map(({ name }) => name)))
    if (this.header === 'types') pushText(out, line(this.schema.map(({ type }) => type.name)))
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#rows.write(chunk, arena, out)
  }

  end(out: Output): void {
    if (this.#isArray) pushText(out, '\n]\n')
  }

  exception(message: string, out: Output): void {
    if (this.#isArray) pushText(out, '\n]\n')
    pushText(out, `{"exception": ${jsonText(message, true)}}\n`)
  }
}

export const jsonLinesWriter =
  (shape: JsonShape, header: Header = 'none') =>
  (schema: Schema, options: FormatOptions): BlockWriter =>
    new JsonLinesWriter(schema, options, shape, header)

/** Lines that say what they are: {"meta"}, {"row"}, {"totals"}, {"progress"}, {"exception"}. */
class ProgressLinesWriter implements BlockWriter {
  readonly #rows: RowsWriter

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly shape: JsonShape,
  ) {
    this.#rows = lineRows(schema, options, shape, '{"row":', '}\n')
  }

  begin(out: Output): void {
    const slashes = this.options.settings.output_format_json_escape_forward_slashes
    const columns = this.schema.map(
      ({ name, type }) => `{"name":${jsonText(name, slashes)},"type":${jsonText(type.name, slashes)}}`,
    )
    pushText(out, `{"meta":[${columns.join(',')}]}\n`)
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    this.#rows.write(chunk, arena, out)
  }

  #named(name: string, chunk: Chunk, arena: Arena, out: Output): void {
    lineRows(this.schema, this.options, this.shape, `{"${name}":`, '}\n').write(chunk, arena, out)
  }

  totals(chunk: Chunk, arena: Arena, out: Output): void {
    this.#named('totals', chunk, arena, out)
  }

  extremes(chunk: Chunk, arena: Arena, out: Output): void {
    this.#named('min', chunk.cut(0, 1), arena, out)
    this.#named('max', chunk.cut(1, 1), arena, out)
  }

  progress({ rowsRead, bytesRead, rowsToRead, elapsedNs }: Progress, out: Output): void {
    pushText(
      out,
      `{"progress":{"read_rows":"${rowsRead}","read_bytes":"${bytesRead}","total_rows_to_read":"${rowsToRead}","elapsed_ns":"${elapsedNs}"}}\n`,
    )
  }

  end(): void {}

  exception(message: string, out: Output): void {
    pushText(out, `{"exception":${jsonText(message, true)}}\n`)
  }
}

export const progressLinesWriter =
  (shape: JsonShape) =>
  (schema: Schema, options: FormatOptions): BlockWriter =>
    new ProgressLinesWriter(schema, options, shape)
