// Text to columns, a column at a time: spans in, values out. What is nested is cut into the spans of its elements first.
import { DBError, type ErrorName } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import type { DecimalType } from '../types/decimal.ts'
import { EnumType } from '../types/enum.ts'
import { TimeZone } from '../types/timeZone.ts'
import { ArrayColumn } from './array.ts'
import { parseBestEffort } from './bestEffort.ts'
import { columnOf, place } from './build.ts'
import type { Column } from './column.ts'
import { FixedColumn } from './fixed.ts'
import { checkTextSize } from './joinText.ts'
import { NullableColumn } from './nullable.ts'
import { packColumn } from './pack.ts'
import { newSpans, type Spans, sliceSpans, spansOfStrings, spanText } from './spans.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'
import { zoneTable } from './zoneTable.ts'

/**
 * raw: the span is the value's text, as CAST from String takes it. escaped: with TabSeparated's escapes. csv: as splitCsv leaves fields
 * (inside their quotes). quoted: as inside arrays and in Values. json: a JSON value, strings with their quotes.
 */
export type ParseStyle = 'raw' | 'escaped' | 'csv' | 'quoted' | 'json'

export interface ParseOptions {
  /** For DateTime and DateTime64 whose types state none. */
  readonly zone: TimeZone
  /** Dates and times in any common form, not only YYYY-MM-DD hh:mm:ss. */
  readonly bestEffort: boolean
  /** NULL at the top level of raw, escaped and csv; null when nothing means it. */
  readonly nullText: string | null
  /** false: no field has escapes (escaped), no quote is doubled (csv). */
  readonly hasEscapes: boolean
  /** NULL inside arrays of what is not Nullable gives the default. Else it is an error. */
  readonly nullAsDefault: boolean
  /** csv: an empty field without quotes is NULL where the type is Nullable. */
  readonly emptyAsNull: boolean
  /** u8[rows] or 0: 1 where nothing was given; such a span is empty, and gets the type's default. */
  readonly omitted: number
  /** u8[rows], zeroed: a row that cannot be read gets 1 here and the type's default, instead of an error. Not for nested types. */
  readonly bad: number
}

export const defaultParseOptions: ParseOptions = {
  zone: TimeZone.get('UTC'),
  bestEffort: false,
  nullText: '\\N',
  hasEscapes: true,
  nullAsDefault: true,
  emptyAsNull: false,
  omitted: 0,
  bad: 0,
}

/** A field that is not like its type. */
export class FieldError extends DBError {
  constructor(
    name: ErrorName,
    message: string,
    /** Among the spans. */
    readonly row: number,
    /** The field as it stands in the input. */
    readonly text: string,
    readonly type: DataType,
  ) {
    super(name, message)
  }
}

/** Reads every span. An empty span gives the type's zero, where the format calls for no error. Changes the spans. */
export function parseSpans(
  type: DataType,
  spans: Spans,
  style: ParseStyle,
  arena: Arena,
  options: ParseOptions = defaultParseOptions,
): Column {
  return new Parser(style, arena, options).parse(type, spans, options.omitted)
}

const textKinds = new Set(['String', 'AggregateFunction', 'FixedString', 'Enum8', 'Enum16'])

class Parser {
  constructor(
    readonly style: ParseStyle,
    readonly arena: Arena,
    readonly options: ParseOptions,
  ) {}

  /** absent: u8[rows] or 0, 1 where the span is empty because nothing was given. */
  parse(type: DataType, spans: Spans, absent = 0): Column {
    const { arena } = this
    if (type instanceof NullableType) {
      const nulls = arena.allocate(spans.rows)
      this.takeNulls(spans, nulls)
      return new NullableColumn(nulls, this.parse(type.inner, spans, nulls), type)
    }
    if (type instanceof LowCardinalityType) return packColumn(this.parse(type.inner, spans, absent), arena, type)
    if (textKinds.has(type.kind)) return this.#text(type, spans, absent)
    if (type instanceof ArrayType || type instanceof MapType || type instanceof TupleType) {
      const text = this.#unescaped(spans)
      if (type instanceof ArrayType) return this.#array(type, text)
      return type instanceof MapType ? this.#map(type, text) : this.#tuple(type, text)
    }
    if (type.width === 0) throw new DBError('NOT_IMPLEMENTED', `Values of type ${type.name} cannot be read from text`)
    const quote = this.style === 'json' ? 34 : this.style === 'quoted' ? 39 : 0
    if (quote) arena.memory.kernels.trimQuotes(spans.starts, spans.ends, spans.base, spans.rows, quote, 1)
    return this.#fixed(type, spans)
  }

  /** Marks NULLs in nulls (u8[rows]), and empties their spans. Gives how many. */
  takeNulls(spans: Spans, nulls: number): number {
    const { arena, style, options } = this
    const { kernels } = arena.memory
    const { starts, ends, base, rows } = spans
    const text = style === 'json' ? 'null' : style === 'quoted' ? 'NULL' : options.nullText
    const bytes = encodeText(text ?? '')
    const pointer = place(arena, bytes)
    if (style === 'csv')
      return kernels.takeCsvNulls(
        starts,
        ends,
        base,
        rows,
        pointer,
        text === null ? -1 : bytes.length,
        options.emptyAsNull ? 1 : 0,
        nulls,
      )
    if (text === null) {
      arena.memory.u8.fill(0, nulls, nulls + rows)
      return 0
    }
    return kernels.takeNulls(starts, ends, base, rows, pointer, bytes.length, nulls)
  }

  #fail(type: DataType, spans: Spans, row: number, name: ErrorName, message: string): never {
    throw new FieldError(name, message, row, spanText(spans, row, this.arena), type)
  }

  /** Strings, FixedStrings and enum names: escapes are resolved, then the bytes are taken. */
  #text(type: DataType, spans: Spans, absent: number): Column {
    const strings = this.#strings(spans, type)
    if (type.kind === 'String') return strings
    if (type.kind === 'AggregateFunction')
      return new StringColumn(strings.memory, strings.offsets, strings.bytes, strings.rows, type)
    const { arena } = this
    const { rows } = spans
    const { kernels } = arena.memory
    let texts: Spans = { starts: strings.offsets, ends: strings.offsets + 4, base: strings.bytes, rows }
    const out = arena.allocate(rows * type.width)
    if (type instanceof EnumType) {
      if (absent) texts = namedWhere(absent, type, strings, arena)
      this.#run(type, texts, out, (starts, ends, count, at) => {
        const names = enumNames(type, arena)
        return type.width === 1
          ? kernels.parseEnum8(
              starts,
              ends,
              texts.base,
              count,
              names.offsets,
              names.bytes,
              names.values,
              names.count,
              at,
            )
          : kernels.parseEnum16(
              starts,
              ends,
              texts.base,
              count,
              names.offsets,
              names.bytes,
              names.values,
              names.count,
              at,
            )
      })
    } else
      this.#run(type, texts, out, (starts, ends, count, at) =>
        kernels.copySpansFixed(starts, ends, texts.base, count, type.width, at),
      )
    return new FixedColumn(type, arena.memory, out, rows)
  }

  #strings(spans: Spans, type: DataType): StringColumn {
    const { arena, style, options } = this
    const { kernels } = arena.memory
    const { starts, ends, base, rows } = spans
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(checkTextSize(kernels.spansSize(starts, ends, rows)))
    const isPlain = style === 'raw' || ((style === 'escaped' || style === 'csv') && !options.hasEscapes)
    const done = isPlain
      ? kernels.copySpans(starts, ends, base, rows, offsets, bytes)
      : style === 'escaped'
        ? kernels.unescapeTsv(starts, ends, base, rows, offsets, bytes)
        : style === 'csv'
          ? kernels.unescapeCsv(starts, ends, base, rows, offsets, bytes)
          : style === 'json'
            ? kernels.readJsonStrings(starts, ends, base, rows, offsets, bytes)
            : this.#quotedStrings(spans, offsets, bytes)
    if (done < 0)
      this.#fail(
        type,
        spans,
        -done - 1,
        'CANNOT_PARSE_QUOTED_STRING',
        `Cannot parse quoted string: expected ${style === 'json' ? '"' : 'opening quote'}`,
      )
    return new StringColumn(arena.memory, offsets, bytes, rows)
  }

  /** An empty span is an empty string (under a NULL), but the kernel wants quotes: they are lent to it. */
  #quotedStrings({ starts, ends, base, rows }: Spans, offsets: number, bytes: number): number {
    const { arena } = this
    const { kernels } = arena.memory
    const quotes = place(arena, encodeText("''"))
    kernels.fillEmptySpans(starts, ends, rows, quotes - base, quotes - base + 2)
    return kernels.unescapeQuoted(starts, ends, base, rows, offsets, bytes)
  }

  /** Text of nested values without the field's own escapes. */
  #unescaped(spans: Spans): Spans {
    const { style, options, arena } = this
    if (style !== 'csv' || !options.hasEscapes) return spans
    const { kernels } = arena.memory
    const { starts, ends, base, rows } = spans
    const offsets = arena.allocate((rows + 1) * 4)
    const bytes = arena.allocate(checkTextSize(kernels.spansSize(starts, ends, rows)))
    kernels.unescapeCsv(starts, ends, base, rows, offsets, bytes)
    return spansOfStrings(new StringColumn(arena.memory, offsets, bytes, rows), arena)
  }

  /** A parser for elements. */
  #inside(): Parser {
    const style = this.style === 'json' ? 'json' : 'quoted'
    return style === this.style ? this : new Parser(style, this.arena, { ...this.options, bad: 0 })
  }

  /** Elements of nested values: NULL where the type has none is the default, if the settings allow it. */
  #element(type: DataType, spans: Spans, absent = 0): Column {
    const inside = this.#inside()
    if (this.options.nullAsDefault && !(type instanceof NullableType) && !type.isNullable)
      inside.takeNulls(spans, this.arena.allocate(spans.rows))
    return inside.parse(type, spans, absent)
  }

  #array(type: ArrayType, spans: Spans): Column {
    const { arena } = this
    const { kernels } = arena.memory
    const { starts, ends, base, rows } = spans
    const capacity = Math.floor(kernels.spansSize(starts, ends, rows) / 2) + 1
    const elements = newSpans(capacity, base, arena)
    const offsets = arena.allocate((rows + 1) * 4)
    const count = kernels.splitArray(
      starts,
      ends,
      base,
      rows,
      91,
      93,
      offsets,
      elements.starts,
      elements.ends,
      capacity,
    )
    if (count < 0) this.#fail(type, spans, -count - 1, 'CANNOT_READ_ARRAY_FROM_TEXT', 'Cannot read array from text')
    const inside = this.#inRows(type, spans, offsets, () => this.#element(type.element, sliceSpans(elements, 0, count)))
    return new ArrayColumn(offsets, inside, rows, type)
  }

  /** Runs what parses elements; an error that names an element is made to name its row. */
  #inRows(type: DataType, spans: Spans, offsets: number, parse: () => Column): Column {
    try {
      return parse()
    } catch (error) {
      if (!(error instanceof FieldError)) throw error
      const { u32 } = this.arena.memory
      let row = 0
      while (row + 1 < spans.rows && u32[offsets / 4 + row + 1] <= error.row) row++
      const isPlain = error.errorName === 'CANNOT_PARSE_INPUT_ASSERTION_FAILED' && this.style !== 'json'
      if (!isPlain || !(type instanceof ArrayType)) this.#fail(type, spans, row, error.errorName, error.message)
      return this.#fail(type, spans, row, 'CANNOT_READ_ARRAY_FROM_TEXT', 'Cannot read array from text')
    }
  }

  #map(type: MapType, spans: Spans): Column {
    const { arena } = this
    const { offsets, keys, values, count } = this.#pairs(type, spans)
    const inside = this.#inside()
    const key = this.#inRows(type, spans, offsets, () => inside.parse(type.key, sliceSpans(keys, 0, count)))
    const value = this.#inRows(type, spans, offsets, () => this.#element(type.value, sliceSpans(values, 0, count)))
    const pair = type.pairs.element as TupleType
    return new ArrayColumn(offsets, new TupleColumn(arena.memory, [key, value], count, pair), spans.rows, type)
  }

  #pairs(type: DataType, spans: Spans): { offsets: number; keys: Spans; values: Spans; count: number } {
    const { arena } = this
    const { kernels } = arena.memory
    const { starts, ends, base, rows } = spans
    const capacity = Math.floor(kernels.spansSize(starts, ends, rows) / 4) + 1
    const keys = newSpans(capacity, base, arena)
    const values = newSpans(capacity, base, arena)
    const offsets = arena.allocate((rows + 1) * 4)
    const count = kernels.splitMap(
      starts,
      ends,
      base,
      rows,
      offsets,
      keys.starts,
      keys.ends,
      values.starts,
      values.ends,
      capacity,
    )
    if (count < 0)
      this.#fail(type, spans, -count - 1, 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', "Cannot parse input: expected '{'")
    return { offsets, keys, values, count }
  }

  #tuple(type: TupleType, spans: Spans): Column {
    const { arena, style } = this
    const { memory } = arena
    const { starts, ends, base, rows } = spans
    const size = type.elements.length
    if (style === 'json' && type.names && startsWith(spans, 123, arena)) return this.#object(type, spans)
    const all = newSpans(size * rows, base, arena)
    const [open, close] = style === 'json' ? [91, 93] : [40, 41]
    const done = memory.kernels.splitTuple(starts, ends, base, rows, open, close, size, all.starts, all.ends, rows)
    if (done < 0) {
      const what = style === 'json' ? '[' : '('
      this.#fail(
        type,
        spans,
        -done - 1,
        'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
        `Cannot parse input: expected '${what}' and ${size} elements`,
      )
    }
    const columns = type.elements.map((element, i) => this.#element(element, sliceSpans(all, i * rows, rows)))
    return new TupleColumn(memory, columns, rows, type)
  }

  /** A named tuple as a JSON object: by names, in any order; missing ones get the default. */
  #object(type: TupleType, spans: Spans): Column {
    const { arena } = this
    const { memory } = arena
    const { rows, base } = spans
    const { offsets, keys, values, count } = this.#pairs(type, spans)
    memory.kernels.trimQuotes(keys.starts, keys.ends, base, count, 34, 1)
    const columns = type.elements.map((element, i) => {
      const missing = arena.allocate(rows)
      const name = encodeText(type.names![i])
      const picked = newSpans(rows, base, arena)
      memory.kernels.pickPairs(
        offsets,
        keys.starts,
        keys.ends,
        values.starts,
        values.ends,
        base,
        rows,
        place(arena, name),
        name.length,
        picked.starts,
        picked.ends,
        missing,
      )
      if (element.isNullable) {
        const { pointer, size } = memory.writeText(arena, 'null')
        const start = pointer - base
        memory.kernels.fillSpansWhere(missing, picked.starts, picked.ends, rows, start, start + size)
      }
      return this.#element(element, picked, missing)
    })
    return new TupleColumn(memory, columns, rows, type)
  }

  /** Packed values. */
  #fixed(type: DataType, spans: Spans): Column {
    const { arena, options } = this
    const { memory } = arena
    const { kernels } = memory
    const { base, rows } = spans
    const out = arena.allocate(rows * type.width)
    const run = (kernel: Kernel) => this.#run(type, spans, out, kernel)
    const zone = (own: DateTimeType | DateTime64Type) =>
      zoneTable(memory, own.zoneName === null ? options.zone : own.zone)
    switch (type.kind) {
      case 'UInt8':
        run((starts, ends, count, at) => kernels.parseU8(starts, ends, base, count, at))
        break
      case 'UInt16':
        run((starts, ends, count, at) => kernels.parseU16(starts, ends, base, count, at))
        break
      case 'UInt32':
        run((starts, ends, count, at) => kernels.parseU32(starts, ends, base, count, at))
        break
      case 'UInt64':
        run((starts, ends, count, at) => kernels.parseU64(starts, ends, base, count, at))
        break
      case 'Int8':
        run((starts, ends, count, at) => kernels.parseI8(starts, ends, base, count, at))
        break
      case 'Int16':
        run((starts, ends, count, at) => kernels.parseI16(starts, ends, base, count, at))
        break
      case 'Int32':
        run((starts, ends, count, at) => kernels.parseI32(starts, ends, base, count, at))
        break
      case 'Int64':
      case 'Interval':
        run((starts, ends, count, at) => kernels.parseI64(starts, ends, base, count, at))
        break
      case 'UInt128':
      case 'UInt256':
      case 'Int128':
      case 'Int256': {
        const isSigned = type.kind.startsWith('I') ? 1 : 0
        run((starts, ends, count, at) => kernels.parseWide(starts, ends, base, count, type.width / 8, isSigned, at))
        break
      }
      case 'Float32':
        run((starts, ends, count, at) => kernels.parseF32(starts, ends, base, count, at))
        break
      case 'Float64':
        run((starts, ends, count, at) => kernels.parseF64(starts, ends, base, count, at))
        break
      case 'Bool':
        run((starts, ends, count, at) => kernels.parseBool(starts, ends, base, count, at))
        break
      case 'Date':
        run((starts, ends, count, at) => kernels.parseDate(starts, ends, base, count, at))
        break
      case 'Date32':
        run((starts, ends, count, at) => kernels.parseDate32(starts, ends, base, count, at))
        break
      case 'DateTime': {
        const { transitions, offsets, count: spansOfZone } = zone(type as DateTimeType)
        run((starts, ends, count, at) =>
          kernels.parseDateTime(starts, ends, base, count, transitions, offsets, spansOfZone, at),
        )
        break
      }
      case 'DateTime64': {
        const { transitions, offsets, count: spansOfZone } = zone(type as DateTime64Type)
        const { scale } = type as DateTime64Type
        run((starts, ends, count, at) =>
          kernels.parseDateTime64(starts, ends, base, count, transitions, offsets, spansOfZone, scale, at),
        )
        break
      }
      case 'Decimal': {
        const { precision, scale } = type as DecimalType
        run((starts, ends, count, at) =>
          kernels.parseDecimal(starts, ends, base, count, type.width, precision, scale, at),
        )
        break
      }
      case 'UUID':
        run((starts, ends, count, at) => kernels.parseUuid(starts, ends, base, count, at))
        break
      case 'IPv4':
        run((starts, ends, count, at) => kernels.parseIpv4(starts, ends, base, count, at))
        break
      case 'IPv6':
        run((starts, ends, count, at) => kernels.parseIpv6(starts, ends, base, count, at))
        break
      case 'Nothing':
        memory.u8.fill(0, out, out + rows)
        break
      default:
        throw new DBError('NOT_IMPLEMENTED', `Values of type ${type.name} cannot be read from text`)
    }
    return new FixedColumn(type, memory, out, rows)
  }

  /** Runs a kernel that stops at a bad field; what can be read in another way is, and the kernel goes on behind it. */
  #run(type: DataType, spans: Spans, out: number, kernel: Kernel): void {
    const { starts, ends, rows } = spans
    for (let from = 0; from < rows; ) {
      const done = kernel(starts + from * 4, ends + from * 4, rows - from, out + from * type.width)
      if (done >= 0) return
      const row = from - done - 1
      this.#recover(type, spans, row, out + row * type.width)
      from = row + 1
    }
  }

  /** A field that the kernel does not take: other forms of dates, true and false as numbers. */
  #recover(type: DataType, spans: Spans, row: number, at: number): void {
    const { arena, options, style } = this
    const { memory } = arena
    const text = spanText(spans, row, arena)
    let value: Column | null = null
    if (options.bestEffort && (type instanceof DateTimeType || type instanceof DateTime64Type)) {
      const ticks = parseBestEffort(
        text,
        type.zoneName === null ? options.zone : type.zone,
        type instanceof DateTime64Type ? type.scale : 0,
      )
      if (ticks !== null) value = columnOf(type, [type instanceof DateTime64Type ? ticks : Number(ticks)], arena)
    } else if (style === 'json' && /^(true|false)$/.test(text) && /^(U?Int|Float|Decimal)/.test(type.kind))
      value = columnOf(type, [type.parse(text === 'true' ? '1' : '0')], arena)
    if (value === null && options.bad) {
      memory.u8[options.bad + row] = 1
      value = columnOf(type, [type.default], arena)
    }
    if (value === null) throw badField(type, row, text)
    const { pointer } = value as FixedColumn
    memory.u8.copyWithin(at, pointer, pointer + type.width)
  }
}

/** Reads `count` spans to packed values at `at`. Returns a negative number, -(row + 1), for the first bad one. */
type Kernel = (starts: number, ends: number, count: number, at: number) => number

/** The strings' spans, with the name of the type's default where mask is 1. */
function namedWhere(mask: number, type: EnumType, strings: StringColumn, arena: Arena): Spans {
  const spans = spansOfStrings(strings, arena)
  const { pointer, size } = arena.memory.writeText(arena, type.print(type.default))
  const start = pointer - spans.base
  arena.memory.kernels.fillSpansWhere(mask, spans.starts, spans.ends, spans.rows, start, start + size)
  return spans
}

function enumNames(type: EnumType, arena: Arena): { offsets: number; bytes: number; values: number; count: number } {
  const count = type.elements.length
  const names = type.elements.map(([name]) => encodeText(name))
  const offsets = arena.allocate((count + 1) * 4)
  const bytes = arena.allocate(names.reduce((sum, name) => sum + name.length, 0))
  const values = arena.allocate(count * 2)
  const { memory } = arena
  let at = 0
  memory.u32[offsets / 4] = 0
  for (const [i, name] of names.entries()) {
    memory.copyIn(bytes + at, name)
    at += name.length
    memory.u32[offsets / 4 + i + 1] = at
    memory.i16[values / 2 + i] = type.elements[i][1]
  }
  return { offsets, bytes, values, count }
}

const codes: Partial<Record<DataType['kind'], [ErrorName, string]>> = {
  Date: ['CANNOT_PARSE_DATE', 'Cannot parse date'],
  Date32: ['CANNOT_PARSE_DATE', 'Cannot parse date'],
  DateTime: ['CANNOT_PARSE_DATETIME', 'Cannot parse DateTime'],
  DateTime64: ['CANNOT_PARSE_DATETIME', 'Cannot parse DateTime64'],
  Float32: ['CANNOT_PARSE_NUMBER', 'Cannot read floating point value here'],
  Float64: ['CANNOT_PARSE_NUMBER', 'Cannot read floating point value here'],
  UUID: ['CANNOT_PARSE_UUID', 'Cannot parse UUID'],
  IPv4: ['CANNOT_PARSE_IPV4', 'Cannot parse IPv4'],
  IPv6: ['CANNOT_PARSE_IPV6', 'Cannot parse IPv6'],
  Bool: ['CANNOT_PARSE_BOOL', 'Cannot parse boolean value'],
  Enum8: ['UNKNOWN_ELEMENT_OF_ENUM', 'Unknown element of enum'],
  Enum16: ['UNKNOWN_ELEMENT_OF_ENUM', 'Unknown element of enum'],
  FixedString: ['TOO_LARGE_STRING_SIZE', 'Too large value for FixedString'],
  Decimal: ['ARGUMENT_OUT_OF_BOUND', 'Cannot read decimal value'],
}

/** Whether the first span that is not empty starts with a byte. */
function startsWith({ starts, ends, base, rows }: Spans, byte: number, arena: Arena): boolean {
  const { u8, u32 } = arena.memory
  for (let row = 0; row < rows; row++) {
    const start = u32[starts / 4 + row]
    if (u32[ends / 4 + row] > start) return u8[(base + start) >>> 0] === byte
  }
  return false
}

function badField(type: DataType, row: number, text: string): FieldError {
  const [name, what] = codes[type.kind] ?? ['CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'Cannot parse input']
  return new FieldError(name, what, row, text, type)
}
