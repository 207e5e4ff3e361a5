// JSON as input: objects or arrays, a row each, alone or as the data of a document.
import { place } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import type { ParseOptions, ParseStyle } from '../columns/parse.ts'
import { textColumn } from '../columns/print.ts'
import { newSpans, type Spans, sliceSpans, spansOfStrings } from '../columns/spans.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Header } from './delimited.ts'
import type { Omitted, ReadResult, Schema } from './format.ts'
import { checkTypes, identity, mapNames, nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { type Cut, newCut, RowError, TextReader } from './textReader.ts'

// Kinds of values, as the kernel marks them.
const kind = { missing: 0, string: 1, escaped: 2, number: 3, null: 6 }
const bit = (of: number) => 1 << of
const duplicateKey = 2
/** A row takes this many bytes at least: {} or []. */
const rowBytesMin = 2
const notARow = 1
const quoteByte = 0x22
const braceByte = 0x7d

abstract class JsonReader extends TextReader {
  /** Inside of the document's data; before and behind it is skipped. */
  #phase: 'head' | 'rows' | 'done'

  constructor(
    schema: Schema,
    options: FormatOptions,
    memory: Memory,
    readonly asStrings: boolean,
    /** The rows stand in a document, as its "data". */
    readonly isDocument: boolean,
  ) {
    super(schema, options, memory)
    this.#phase = isDocument ? 'head' : 'rows'
  }

  protected override readHeader(pointer: number, size: number, isLast: boolean): number | null {
    if (!this.isDocument) return this.readLines(pointer, size, isLast)
    // A document may as well be rows without one.
    const text = this.memory.text(pointer, size)
    const match = /"data"\s*:\s*\[/.exec(text)
    if (match === null && !isLast) return null
    this.#phase = 'rows'
    if (match === null) return 0
    return encodeText(text.slice(0, match.index + match[0].length)).length
  }

  /** Names and types above the rows. */
  protected readLines(_pointer: number, _size: number, _isLast: boolean): number | null {
    return 0
  }

  /** Whether what stands where a row should is the document's rest. */
  protected endsDocument(at: number, size: number): boolean {
    if (!this.isDocument || size === 0) return false
    const byte = this.memory.u8[at]
    return byte === quoteByte || byte === braceByte || byte === 0x5d
  }

  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    if (this.#phase === 'done') return nothingRead(size)
    const result = this.readObjects(pointer, size, isLast, rowsMax, arena)
    if (result !== 'done') return result
    this.#phase = 'done'
    return nothingRead(size)
  }

  protected abstract readObjects(
    pointer: number,
    size: number,
    isLast: boolean,
    rowsMax: number,
    arena: Arena,
  ): ReadResult | 'done'

  /** One column whose spans are JSON values with their quotes. */
  protected parseValues(type: DataType, spans: Spans, style: ParseStyle, mask: number, arena: Arena): Column {
    if (!this.asStrings) return this.parseColumn(type, spans, style, {}, mask, arena)
    const { kernels } = this.memory
    const { starts, ends, base, rows } = spans
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(kernels.spansSize(starts, ends, rows))
    if (kernels.readJsonStrings(starts, ends, base, rows, offsets, bytes) < 0)
      throw new RowError(0, new DBError('INCORRECT_DATA', 'Broken JSON string'))
    const texts = spansOfStrings(new StringColumn(this.memory, offsets, bytes, rows), arena)
    const told: Partial<ParseOptions> = { nullText: 'ᴺᵁᴸᴸ' }
    return this.parseColumn(type, texts, 'raw', told, mask, arena)
  }
}

/** Objects, their keys in any order: JSONEachRow, JSON. */
export class JsonObjectReader extends JsonReader {
  protected readObjects(
    pointer: number,
    size: number,
    isLast: boolean,
    rowsMax: number,
    arena: Arena,
  ): ReadResult | 'done' {
    const { kernels } = this.memory
    const { schema, options } = this
    const columns = schema.length
    const names = textColumn(
      schema.map(({ name }) => name),
      arena,
    )
    const slots = 2 ** Math.ceil(Math.log2(columns * 2 + 2))
    const table = arena.allocate(slots * 4)
    kernels.jsonNames(names.offsets, names.bytes, columns, table, slots)
    const bound = Math.max(1, Math.min(rowsMax, this.#rowsBound(pointer, size)))
    const { fields, stride, flags } = newCut(columns, bound, pointer, arena)
    const kinds = arena.allocate(columns * stride)
    const kindsSeen = arena.allocate(columns * 4)
    const state = this.memory.scratch()
    kernels.jsonRows(
      pointer,
      size,
      isLast ? 1 : 0,
      columns,
      names.offsets,
      names.bytes,
      table,
      slots,
      fields.starts,
      fields.ends,
      kinds,
      stride,
      bound,
      kindsSeen,
      state,
    )
    const [rows, consumed, error, errorAt, unknown, keyStart, keyEnd] = this.memory.u32.subarray(
      state / 4,
      state / 4 + 7,
    )
    if (unknown > 0 && !options.settings.input_format_skip_unknown_fields)
      throw new DBError(
        'INCORRECT_DATA',
        `Unknown field found while parsing JSONEachRow format: ${this.memory.text(pointer + keyStart, keyEnd - keyStart)}`,
      )
    if (rows === 0) {
      if (error && this.endsDocument(pointer + consumed, size - consumed)) return 'done'
      if (error) throw new RowError(0, this.#broken(error, pointer, size, errorAt))
      return nothingRead(consumed)
    }
    const cut: Cut = { fields, stride, flags, rows, consumed }
    return this.assembleFields(cut, arena, (field, placeOf, spans) => {
      const { type } = schema[placeOf]
      const seen = this.memory.u32[kindsSeen / 4 + field]
      const kindsAt = kinds + field * stride
      const omitted = this.#omitted(type, spans, kindsAt, seen, arena)
      const mask = typeof omitted === 'number' ? omitted : 0
      if (omitted === 'all')
        return {
          column: this.parseColumn(type, spans, 'raw', { nullText: '' }, this.#allOf(rows, arena), arena),
          omitted,
        }
      // Spans of strings lie inside their quotes: where all values are plain strings, or all are numbers, they can be read as they are.
      const present = seen & ~bit(kind.missing) & ~bit(kind.null)
      const isPlain = !(type instanceof NullableType) && type.width + (type.kind === 'String' ? 1 : 0) > 0
      if (isPlain && !this.asStrings && (present === bit(kind.string) || present === bit(kind.number)))
        return { column: this.parseColumn(type, spans, 'raw', {}, mask, arena), omitted }
      kernels.requoteSpans(spans.starts, spans.ends, kindsAt, rows)
      return { column: this.parseValues(type, spans, 'json', mask, arena), omitted }
    })
  }

  #allOf(rows: number, arena: Arena): number {
    const mask = arena.allocate(rows)
    this.memory.u8.fill(1, mask, mask + rows)
    return mask
  }

  /** Rows that can be at most. */
  #rowsBound(pointer: number, size: number): number {
    const lines = this.memory.kernels.countLineFeeds(pointer, size) + 1
    // Objects may stand on one line as well; then rows come in more reads.
    return Math.max(lines, Math.min(1024, Math.ceil(size / rowBytesMin)))
  }

  #omitted(type: DataType, spans: Spans, kinds: number, seen: number, arena: Arena): Omitted {
    const { kernels } = this.memory
    const { rows } = spans
    if (seen === bit(kind.missing)) return 'all'
    const nullsToo = !(type instanceof NullableType || type.isNullable) && (seen & bit(kind.null)) !== 0
    if (nullsToo && !this.options.settings.input_format_null_as_default) {
      throw new DBError(
        'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
        `Cannot parse input: null cannot be read as ${type.name}`,
      )
    }
    if (!nullsToo && !(seen & bit(kind.missing))) return null
    const mask = arena.allocate(rows)
    if (nullsToo) kernels.takeJsonNulls(spans.starts, spans.ends, kinds, rows, mask)
    else kernels.markKind(kinds, rows, kind.missing, mask)
    if (!(type instanceof NullableType || type.isNullable)) return mask
    // A key that is not there is NULL until the table's DEFAULT says otherwise: null as text for the parser.
    const text = place(arena, encodeText('null'))
    kernels.fillSpansWhere(mask, spans.starts, spans.ends, rows, text - spans.base, text - spans.base + 4)
    return mask
  }

  #broken(error: number, pointer: number, size: number, at: number): DBError {
    const rest = this.memory.text(pointer + at, Math.min(10, size - at))
    if (error === duplicateKey)
      return new DBError(
        'INCORRECT_DATA',
        `Duplicate field found while parsing JSONEachRow format: ${rest}: (at row ?)\n`,
      )
    if (at >= size)
      return new DBError(
        'CANNOT_READ_ALL_DATA',
        'Unexpected end of stream while parsing JSONEachRow format: (at row ?)\n',
      )
    return new DBError(
      'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      `Cannot parse input: expected a JSON object before: ${JSON.stringify(rest)}: (at row ?)\n`,
    )
  }
}

/** Arrays, fields by place: JSONCompactEachRow, JSONCompact. */
export class JsonArrayReader extends JsonReader {
  constructor(
    schema: Schema,
    options: FormatOptions,
    memory: Memory,
    asStrings: boolean,
    isDocument: boolean,
    readonly header: Header,
  ) {
    super(schema, options, memory, asStrings, isDocument)
  }

  protected override readLines(pointer: number, size: number, isLast: boolean): number | null {
    if (this.header === 'none' || size === 0) return 0
    const wanted = this.header === 'names' ? 1 : 2
    const starts = this.memory.scratch()
    const ends = starts + 64
    const state = starts + 128
    const { kernels, u32 } = this.memory
    if (kernels.splitBracketed(pointer, size, isLast ? 1 : 0, 91, quoteByte, starts, ends, wanted, state) < wanted) {
      if (!isLast && u32[state / 4 + 2] === 0) return null
      throw new DBError('INCORRECT_DATA', 'Names (and types) are expected above the rows')
    }
    const lines = Array.from({ length: wanted }, (_, i) => {
      const start = u32[starts / 4 + i]
      return jsonTexts(this.memory.text(pointer + start, u32[ends / 4 + i] - start))
    })
    const { settings } = this.options
    this.mapping = settings.input_format_with_names_use_header
      ? mapNames(lines[0], this.schema, this.options)
      : identity(this.schema)
    if (lines[1] && settings.input_format_with_types_use_header) checkTypes(lines[1], this.mapping, this.schema)
    return u32[state / 4 + 1]
  }

  protected readObjects(
    pointer: number,
    size: number,
    isLast: boolean,
    rowsMax: number,
    arena: Arena,
  ): ReadResult | 'done' {
    const { kernels } = this.memory
    const columns = this.mapping.length
    const lines = kernels.countLineFeeds(pointer, size) + 1
    const bound = Math.max(1, Math.min(rowsMax, Math.max(lines, Math.min(1024, Math.ceil(size / rowBytesMin)))))
    const found = newSpans(bound, pointer, arena)
    const state = this.memory.scratch()
    kernels.splitBracketed(pointer, size, isLast ? 1 : 0, 91, quoteByte, found.starts, found.ends, bound, state)
    const [rows, consumed, error] = this.memory.u32.subarray(state / 4, state / 4 + 3)
    if (rows === 0) {
      if (error === notARow && this.endsDocument(pointer + consumed, size - consumed)) return 'done'
      if (error)
        throw new RowError(
          0,
          new DBError(
            error === notARow ? 'CANNOT_PARSE_INPUT_ASSERTION_FAILED' : 'CANNOT_READ_ALL_DATA',
            `Cannot parse input: expected '[' before: ${JSON.stringify(this.memory.text(pointer + consumed, Math.min(10, size - consumed)))}: (at row ?)\n`,
          ),
        )
      return nothingRead(consumed)
    }
    const { fields, stride, flags } = newCut(columns, rows, pointer, arena)
    const done = kernels.splitTuple(
      found.starts,
      found.ends,
      pointer,
      rows,
      91,
      93,
      columns,
      fields.starts,
      fields.ends,
      stride,
    )
    if (done < 0)
      throw new RowError(
        -done - 1,
        new DBError(
          'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
          `Cannot parse input: expected ${columns} values: (at row ?)\n`,
        ),
      )
    const cut: Cut = { fields, stride, flags, rows, consumed }
    return this.assembleFields(cut, arena, (_field, placeOf, spans) => {
      const { type } = this.schema[placeOf]
      let mask = 0
      if (!(type instanceof NullableType) && !type.isNullable && this.options.settings.input_format_null_as_default) {
        const nulls = arena.allocate(rows)
        const text = place(arena, encodeText('null'))
        if (kernels.takeNulls(spans.starts, spans.ends, spans.base, rows, text, 4, nulls) > 0) mask = nulls
      }
      return { column: this.parseValues(type, spans, 'json', mask, arena), omitted: mask || null }
    })
  }
}

function jsonTexts(text: string): string[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new DBError('INCORRECT_DATA', `Names above the rows are no JSON: ${text.slice(0, 100)}`, { cause })
  }
  if (!Array.isArray(value)) throw new DBError('INCORRECT_DATA', 'Names above the rows are no JSON array')
  return value.map(String)
}

/** Whole objects as strings: JSONAsString. */
export class JsonTextReader extends TextReader {
  protected readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult {
    const { kernels } = this.memory
    const bound = Math.max(1, Math.min(rowsMax, Math.ceil(size / rowBytesMin)))
    const found = newSpans(bound, pointer, arena)
    const state = this.memory.scratch()
    kernels.splitBracketed(pointer, size, isLast ? 1 : 0, 123, quoteByte, found.starts, found.ends, bound, state)
    const [rows, consumed, error] = this.memory.u32.subarray(state / 4, state / 4 + 3)
    if (rows === 0) {
      if (error) throw new RowError(0, new DBError('INCORRECT_DATA', 'A JSON object is expected: (at row ?)\n'))
      return nothingRead(consumed)
    }
    const cut: Cut = { fields: sliceSpans(found, 0, rows), stride: bound, flags: 0, rows, consumed }
    return this.assembleFields(cut, arena, (_field, placeOf, spans) => ({
      column: this.parseColumn(this.schema[placeOf].type, spans, 'raw', {}, 0, arena),
      omitted: null,
    }))
  }
}
