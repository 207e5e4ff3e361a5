// What readers of text share: headers, rows cut by a kernel, fields parsed by column, errors that name row and column.
import type { Column } from '../columns/column.ts'
import { FieldError, type ParseOptions, type ParseStyle, parseSpans } from '../columns/parse.ts'
import { newSpans, type Spans, sliceSpans, spanText } from '../columns/spans.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { EnumType } from '../types/enum.ts'
import { LowCardinalityType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { BlockReader, Omitted, ReadResult, Schema } from './format.ts'
import { assemble, defaultsWhere, identity, type Mapping, nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'
import { parseOptions } from './textOptions.ts'

/** A row that cannot be read. `row` counts from this read's first row. */
export class RowError extends Error {
  constructor(
    readonly row: number,
    readonly error: DBError,
  ) {
    super(error.message)
  }
}

/** Where a kernel has cut fields: column c of row r at [c * stride + r]. */
export interface Cut {
  readonly fields: Spans
  readonly stride: number
  readonly rows: number
  readonly consumed: number
  /** u8[columns]: what the kernel says of each column's escapes. */
  readonly flags: number
}

/** Spans for `columns` fields in rows of which there are at most `rows`. */
export function newCut(columns: number, rows: number, base: number, arena: Arena) {
  // Strides of multiples of 1,024 put all columns on the same cache lines.
  const stride = rows + (rows % 1024 === 0 ? 16 : 0)
  return { stride, fields: newSpans(columns * stride, base, arena), flags: arena.allocateZeroed(columns) }
}

export const columnSpans = ({ fields, stride, rows }: Cut, column: number): Spans =>
  sliceSpans(fields, column * stride, rows)

/** Types whose default is not the zero that an empty span gives. */
export function hasOwnDefault(type: DataType): boolean {
  if (type instanceof LowCardinalityType) return hasOwnDefault(type.inner)
  if (type instanceof NullableType) return false
  if (type instanceof TupleType) return type.elements.some(hasOwnDefault)
  return type instanceof EnumType || type.kind === 'Date32'
}

/** Bytes of a row's beginning that an error shows. */
const shownBytes = 10

/** As ClickHouse shows text in errors: control characters by name. */
export function visible(text: string): string {
  if (text === '') return '<EMPTY>'
  const names: Record<string, string> = {
    '\t': '<TAB>',
    '\n': '<LINE FEED>',
    '\r': '<CARRIAGE RETURN>',
    '\\': '<BACKSLASH>',
    '"': '<DOUBLE QUOTE>',
    "'": '<SINGLE QUOTE>',
    '\0': '<ASCII NUL>',
  }
  return `"${text.replace(/[\t\n\r\\"'\0]/g, char => names[char])}"`
}

export abstract class TextReader implements BlockReader {
  /** For each field of a row the schema's column, or -1. */
  protected mapping: Mapping
  protected readonly parsing: ParseOptions
  #rowsRead = 0
  #rowsBad = 0
  #isStart = true

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly memory: Memory,
  ) {
    this.mapping = identity(schema)
    this.parsing = parseOptions(options)
  }

  /** Reads what stands before the rows. Gives its size, or null when it is not whole yet. Called until it gives a size. */
  protected readHeader(_pointer: number, _size: number, _isLast: boolean): number | null {
    return 0
  }

  /** Reads at most rowsMax rows. Throws RowError for a row that is wrong. */
  protected abstract readRows(pointer: number, size: number, isLast: boolean, rowsMax: number, arena: Arena): ReadResult

  /** Bytes of the first row, to skip it; null when its end is not here yet. */
  protected rowSize(pointer: number, size: number, isLast: boolean): number | null {
    const end = this.memory.bytes(pointer, size).indexOf(10)
    return end >= 0 ? end + 1 : isLast ? size : null
  }

  read(pointer: number, size: number, isLast: boolean, arena: Arena): ReadResult {
    let skipped = 0
    if (this.#isStart) {
      const header = this.#readStart(pointer, size, isLast)
      if (header === null) return nothingRead()
      skipped = header
      this.#isStart = false
    }
    let rowsMax = this.options.rowsMax
    while (true) {
      try {
        const result = this.readRows(pointer + skipped, size - skipped, isLast, rowsMax, arena)
        this.#rowsRead += result.chunk?.rows ?? 0
        return { ...result, consumed: result.consumed + skipped }
      } catch (error) {
        if (!(error instanceof RowError)) throw error
        if (!this.#allows(error.row)) throw this.#located(error)
        if (error.row > 0) {
          rowsMax = error.row
          continue
        }
        const bad = this.rowSize(pointer + skipped, size - skipped, isLast)
        if (bad === null) return nothingRead(skipped)
        this.#rowsBad++
        this.#rowsRead++
        skipped += bad
        rowsMax = this.options.rowsMax
        if (skipped >= size) return nothingRead(skipped)
      }
    }
  }

  #readStart(pointer: number, size: number, isLast: boolean): number | null {
    const { u8 } = this.memory
    if (size < 3 && !isLast) return null
    const mark = size >= 3 && u8[pointer] === 0xef && u8[pointer + 1] === 0xbb && u8[pointer + 2] === 0xbf ? 3 : 0
    const header = this.readHeader(pointer + mark, size - mark, isLast)
    return header === null ? null : mark + header
  }

  /** One more bad row is within the limits that the settings give. */
  #allows(row: number): boolean {
    const { input_format_allow_errors_num: count, input_format_allow_errors_ratio: ratio } = this.options.settings
    if (count === 0 && ratio === 0) return false
    const bad = this.#rowsBad + 1
    return bad <= count || bad <= (this.#rowsRead + row + 1) * ratio
  }

  #located({ row, error }: RowError): DBError {
    return new DBError(
      error.errorName,
      error.message
        .replace(/\(at row \?\)/, `(at row ${this.#rowsRead + row + 1})`)
        .replace(/Row \?:/, `Row ${this.#rowsRead + row + 1}:`),
      { cause: error },
    )
  }

  /**
   * Parses one column. `omittedMask`: rows in which nothing was given, which get the type's default.
   */
  protected parseColumn(
    type: DataType,
    spans: Spans,
    style: ParseStyle,
    options: Partial<ParseOptions>,
    omittedMask: number,
    arena: Arena,
  ): Column {
    const column = parseSpans(type, spans, style, arena, { ...this.parsing, ...options, omitted: omittedMask })
    return omittedMask && hasOwnDefault(type) ? defaultsWhere(column, omittedMask, arena) : column
  }

  /** A chunk of the columns that the fields feed. Fails with the first row that is wrong in any column. */
  protected assembleFields(
    cut: Cut,
    arena: Arena,
    parse: (field: number, place: number, spans: Spans) => { column: Column; omitted: Omitted },
  ): ReadResult {
    const given: (Column | null)[] = this.schema.map(() => null)
    const omitted: Omitted[] = []
    let first: { field: number; error: FieldError } | null = null
    for (const [field, place] of this.mapping.entries()) {
      if (place < 0) continue
      try {
        const result = parse(field, place, columnSpans(cut, field))
        given[place] = result.column
        omitted[place] = result.omitted
      } catch (error) {
        if (!(error instanceof FieldError)) throw error
        if (first === null || error.row < first.error.row) first = { field, error }
      }
    }
    if (first) throw this.fieldError(cut, first.field, first.error, arena)
    return assemble(this.schema, given, cut.rows, cut.consumed, arena, omitted)
  }

  /** The error of a field in its row, as ClickHouse tells it. */
  protected fieldError(cut: Cut, field: number, error: FieldError, arena: Arena): RowError {
    const { row } = error
    const { u32 } = this.memory
    const start = u32[(cut.fields.starts >> 2) + field * cut.stride + row]
    const rest = this.memory.text(
      (cut.fields.base + start) >>> 0,
      Math.min(shownBytes, Math.max(error.text.length + 1, 1)),
    )
    const names = this.mapping.map(place => (place < 0 ? '(skipped)' : this.schema[place].name))
    const types = this.mapping.map(place => (place < 0 ? '' : this.schema[place].type.name))
    const nameWidth = Math.max(...names.map(name => name.length))
    const typeWidth = Math.max(...types.map(type => type.length))
    const lines = this.mapping.slice(0, field + 1).map((_, i) => {
      const name = `${names[i]},`.padEnd(nameWidth + 1)
      const type = `${types[i]},`.padEnd(typeWidth + 1)
      const what =
        i < field
          ? `parsed text: ${visible(spanText(columnSpans(cut, i), row, arena))}`
          : `ERROR: text ${visible(error.text)} is not like ${types[i]}`
      return `${`Column ${i},`.padEnd(12)}name: ${name} type: ${type} ${what}`
    })
    const message =
      error.errorName === 'CANNOT_PARSE_INPUT_ASSERTION_FAILED'
        ? `Cannot parse input: expected ${this.expectedAfter(field)} before: ${quoteBefore(rest)}`
        : error.message
    return new RowError(
      row,
      new DBError(error.errorName, `${message}: (at row ?)\n: \nRow ?:\n${lines.join('\n')}\n`, { cause: error }),
    )
  }

  /** What a field is followed by, quoted as in errors. */
  protected expectedAfter(_field: number): string {
    return "'\\n'"
  }

  /** A row of the wrong number of fields. */
  protected countError(row: number, isTooMany: boolean, fields: number, what: string): RowError {
    const columns = this.mapping.length
    const hint = isTooMany
      ? `ERROR: ${what} found where line feed is expected. It's like your file has more columns than expected.\nAnd if your file has the right number of columns, maybe it has an unescaped ${what.toLowerCase()} in a value.\n`
      : `ERROR: Line feed found where ${what.toLowerCase()} is expected. It's like your file has less columns than expected.\nAnd if your file has the right number of columns, maybe it has an unescaped backslash in value before ${what.toLowerCase()}, which causes the ${what.toLowerCase()} to be escaped.\n`
    const expected = isTooMany ? "'\\n'" : this.expectedAfter(0)
    return new RowError(
      row,
      new DBError(
        'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
        `Cannot parse input: expected ${expected} after field ${fields} of ${columns}: (at row ?)\n: \nRow ?:\n${hint}`,
      ),
    )
  }
}

function quoteBefore(text: string): string {
  const names: Record<string, string> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "\\'", '\0': '\\0' }
  return `'${text.replace(/[\t\n\r\\'\0]/g, char => names[char])}'`
}

/** A first row of nothing but column names is taken for a header, as ClickHouse does where its settings say so. */
export const looksLikeHeader = (fields: readonly string[], schema: Schema): boolean =>
  fields.length > 0 &&
  new Set(fields).size === fields.length &&
  fields.every(field => schema.some(({ name }) => name === field))

export function readSplitState(memory: Memory, state: number) {
  const [rows, consumed, error, fields, hasReturn] = memory.u32.subarray(state / 4, state / 4 + 5)
  return { rows, consumed, error, fields, hasReturn: hasReturn === 1 }
}
