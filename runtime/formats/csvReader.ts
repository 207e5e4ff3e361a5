import { place } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Header } from './delimited.ts'
import type { Omitted, ReadResult, Schema } from './format.ts'
import { checkTypes, identity, mapNames, nothingRead } from './mapping.ts'
import { flatColumns } from './rows.ts'
import type { FormatOptions } from './settings.ts'
import { type Cut, looksLikeHeader, newCut, RowError, readSplitState, TextReader } from './textReader.ts'

const tooFew = 1
const badField = 3
/** A longer first line is no header. */
const headerBytesMax = 1 << 16
const backslash = 0x5c

/** CSV, with or without names and types. */
export class CsvReader extends TextReader {
  constructor(
    schema: Schema,
    options: FormatOptions,
    memory: Memory,
    readonly header: Header,
  ) {
    super(spreads(options) ? flatColumns(schema) : schema, options, memory)
    this.#whole = schema
  }

  /** With tuples in columns of their own, as they are written by default; what is read is put together again. */
  readonly #whole: Schema

  override read(pointer: number, size: number, isLast: boolean, arena: Arena): ReadResult {
    const result = super.read(pointer, size, isLast, arena)
    if (result.chunk === null || this.#whole.length === this.schema.length) return result
    const { columns, rows } = result.chunk
    const flat = columns.map((column, i) => ({ column, omitted: result.omitted[i] }))
    const together = this.#whole.map(({ type }) => takeColumn(type, flat, rows, arena))
    return {
      consumed: result.consumed,
      chunk: new Chunk(
        together.map(({ column }) => column),
        rows,
      ),
      omitted: together.map(({ omitted }) => omitted),
    }
  }

  protected override readHeader(pointer: number, size: number, isLast: boolean): number | null {
    const { settings } = this.options
    const bytes = this.memory.bytes(pointer, size)
    let at = 0
    for (let i = 0; i < settings.input_format_csv_skip_first_lines; i++) {
      const end = bytes.indexOf(10, at)
      if (end < 0) return isLast ? size : null
      at = end + 1
    }
    if (size === 0) return at
    if (this.header === 'none') return settings.input_format_csv_detect_header ? this.#detected(bytes, at, isLast) : at
    const names = parseCsvLine(this.memory.text(pointer + at, size - at), settings.format_csv_delimiter, isLast)
    if (names === null) return null
    this.mapping = settings.input_format_with_names_use_header
      ? mapNames(
          names.fields.flatMap(name => this.#leaves(name) ?? [name]),
          this.schema,
          this.options,
        )
      : identity(this.schema)
    at += encodeText(names.text).length
    if (this.header === 'names') return at
    const types = parseCsvLine(this.memory.text(pointer + at, size - at), settings.format_csv_delimiter, isLast)
    if (types === null) return null
    const given = types.fields.flatMap((type, i) => {
      const leaves = this.#leaves(names.fields[i] ?? '')
      return leaves ? leaves.map(leaf => this.schema.find(({ name }) => name === leaf)!.type.name) : [type]
    })
    if (settings.input_format_with_types_use_header) checkTypes(given, this.mapping, this.schema)
    return at + encodeText(types.text).length
  }

  /** The fields behind the name of a whole tuple; null for other names. */
  #leaves(name: string): string[] | null {
    const column = this.#whole.find(other => other.name === name)
    if (!column || !(column.type instanceof TupleType) || this.schema.some(other => other.name === name)) return null
    return flatColumns([column]).map(leaf => leaf.name)
  }

  /** Where the rows start when the first line may be names. */
  #detected(bytes: Uint8Array, at: number, isLast: boolean): number | null {
    const feed = bytes.indexOf(10, at)
    if (feed < 0 && !isLast) return bytes.length - at > headerBytesMax ? at : null
    const end = feed < 0 ? bytes.length : feed + 1
    if (end - at > headerBytesMax) return at
    const line = parseCsvLine(decodeText(bytes.slice(at, end)), this.options.settings.format_csv_delimiter, true)
    if (line === null || !looksLikeHeader(line.fields, this.schema)) return at
    const names = line.fields.flatMap(name => this.#leaves(name) ?? [name])
    this.mapping = mapNames(names, this.schema, this.options)
    return end
  }

  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { kernels } = this.memory
    const { settings } = this.options
    const columns = this.mapping.length
    const bound = Math.min(rowsMax, kernels.countLineFeeds(pointer, size) + 1)
    const { fields, stride, flags } = newCut(columns, bound, pointer, arena)
    const state = this.memory.scratch()
    const quotes = (settings.format_csv_allow_double_quotes ? 1 : 0) | (settings.format_csv_allow_single_quotes ? 2 : 0)
    kernels.splitCsv(
      pointer,
      size,
      isLast ? 1 : 0,
      settings.format_csv_delimiter.charCodeAt(0),
      quotes,
      columns,
      fields.starts,
      fields.ends,
      stride,
      bound,
      flags,
      state,
    )
    const { rows, consumed, error, fields: found } = readSplitState(this.memory, state)
    if (rows === 0) {
      if (error === badField)
        throw new RowError(
          0,
          new DBError('CANNOT_PARSE_INPUT_ASSERTION_FAILED', `Cannot parse CSV field ${found}: (at row ?)\n`),
        )
      if (error) throw this.countError(0, error !== tooFew, found, 'Delimiter')
      return nothingRead(consumed)
    }
    const cut: Cut = { fields, stride, flags, rows, consumed }
    const nullText = settings.format_csv_null_representation
    const nullBytes = encodeText(nullText)
    const nullAt = place(arena, nullBytes)
    const mayHaveNulls = !nullText.startsWith('\\') || this.memory.bytes(pointer, consumed).includes(backslash)
    const emptyAsDefault = settings.input_format_csv_empty_as_default
    return this.assembleFields(cut, arena, (field, placeOf, spans) => {
      const { type } = this.schema[placeOf]
      const hasEscapes = (this.memory.u8[flags + field] & 2) !== 0
      let mask = 0
      const nulls = arena.allocate(rows)
      const wanted = mayHaveNulls && settings.input_format_null_as_default ? nullBytes.length : -1
      const isNullable = type instanceof NullableType || type.isNullable
      const { starts, ends, base } = spans
      if (!isNullable || emptyAsDefault) {
        const nullSize = isNullable ? -1 : wanted
        if (kernels.takeCsvNulls(starts, ends, base, rows, nullAt, nullSize, emptyAsDefault ? 1 : 0, nulls) > 0)
          mask = nulls
      }
      const told = { hasEscapes, nullText, emptyAsNull: emptyAsDefault }
      return { column: this.parseColumn(type, spans, 'csv', told, mask, arena), omitted: mask || null }
    })
  }

  protected override expectedAfter(field: number): string {
    return field === this.mapping.length - 1 ? "'\\n'" : `'${this.options.settings.format_csv_delimiter}'`
  }
}

const spreads = ({ settings }: FormatOptions): boolean =>
  settings.input_format_csv_deserialize_separate_columns_into_tuple

interface Given {
  readonly column: Column
  readonly omitted: Omitted
}

/** The next column of a type from the front of flat ones. A tuple is left out when all of it is. */
function takeColumn(type: DataType, flat: Given[], rows: number, arena: Arena): Given {
  if (!(type instanceof TupleType) || type.elements.length === 0) return flat.shift()!
  const parts = type.elements.map(element => takeColumn(element, flat, rows, arena))
  const columns = parts.map(({ column }) => column.full(arena))
  const isOmitted = parts.every(({ omitted }) => omitted === 'all')
  return { column: new TupleColumn(arena.memory, columns, rows, type), omitted: isOmitted ? 'all' : null }
}

/** The first line's fields and text, or null when its end is not there. */
export function parseCsvLine(
  text: string,
  delimiter: string,
  isLast: boolean,
): { fields: string[]; quoted: boolean[]; text: string } | null {
  const fields: string[] = []
  const quoted: boolean[] = []
  let at = 0
  while (true) {
    while (text[at] === ' ') at++
    let field = ''
    const isQuoted = text[at] === '"'
    if (isQuoted) {
      for (at++; at < text.length; at++) {
        if (text[at] === '"') {
          if (text[at + 1] !== '"') break
          at++
        }
        field += text[at]
      }
      if (at >= text.length) return null
      at++
      while (text[at] === ' ') at++
    } else {
      const start = at
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n') at++
      field = text.slice(start, at).trim()
    }
    fields.push(field)
    quoted.push(isQuoted)
    if (at < text.length && text[at] === delimiter) {
      at++
      continue
    }
    if (text[at] === '\r') at++
    if (at >= text.length && !isLast) return null
    return { fields, quoted, text: text.slice(0, at + 1) }
  }
}
