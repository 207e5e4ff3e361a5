// Columns as text, a column at a time: numbers by kernels, nested columns printed flat and then joined by their offsets, dictionaries
// printed once.
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType, printDays } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { EnumType } from '../types/enum.ts'
import { IntegerType } from '../types/number.ts'
import { TimeZone } from '../types/timeZone.ts'
import { ArrayColumn } from './array.ts'
import { placeU32 } from './build.ts'
import type { Column } from './column.ts'
import { ConstColumn } from './const.ts'
import { escapeStrings } from './escape.ts'
import { FixedColumn } from './fixed.ts'
import { joinArray, joinText, replaceText } from './joinText.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'
import { zoneTable } from './zoneTable.ts'

/**
 * raw: as CAST to String gives it. escaped: TabSeparated. quoted: as inside arrays, in Values and SQL. csv, json, xml: one value of
 * these.
 */
export type TextStyle = 'raw' | 'escaped' | 'quoted' | 'csv' | 'json' | 'xml'

export interface PrintOptions {
  /** For DateTime and DateTime64 whose types state none; null: the one that such a type was made with. */
  readonly zone: TimeZone | null
  /** NULL at the top level; inside arrays it is NULL, in JSON null. */
  readonly nullText: string
  readonly dateTimeFormat: 'simple' | 'iso' | 'unix_timestamp'
  readonly decimalTrailingZeros: boolean
  readonly quote64BitIntegers: boolean
  readonly quote64BitFloats: boolean
  readonly quoteDecimals: boolean
  readonly quoteDenormals: boolean
  readonly escapeSlashes: boolean
  readonly namedTuplesAsObjects: boolean
  readonly mapAsArrayOfTuples: boolean
  /** JSON of nested values over several lines, of which the first is indented by this many tabs; null for one line. */
  readonly indent: number | null
}

export const defaultPrintOptions: PrintOptions = {
  zone: TimeZone.get('UTC'),
  nullText: '\\N',
  dateTimeFormat: 'simple',
  decimalTrailingZeros: false,
  quote64BitIntegers: false,
  quote64BitFloats: false,
  quoteDecimals: false,
  quoteDenormals: false,
  escapeSlashes: true,
  namedTuplesAsObjects: true,
  mapAsArrayOfTuples: false,
  indent: null,
}

/** Prints every row. The result may share memory with the column. */
export function printColumn(
  column: Column,
  style: TextStyle,
  arena: Arena,
  options: PrintOptions = defaultPrintOptions,
): StringColumn {
  return new Printer(style, arena, options).print(column, false)
}

/** The type without Nullable and LowCardinality. */
function base(type: DataType): DataType {
  return type instanceof NullableType || type instanceof LowCardinalityType ? base(type.inner) : type
}

/** Scalars that stand between quotes wherever text does. */
const quotedKinds = new Set(['Date', 'Date32', 'DateTime', 'DateTime64', 'UUID', 'IPv4', 'IPv6'])

class Printer {
  constructor(
    readonly style: TextStyle,
    readonly arena: Arena,
    readonly options: PrintOptions,
  ) {}

  /** underNull: some rows mean nothing, and must not fail. */
  print(column: Column, underNull: boolean): StringColumn {
    const { arena } = this
    if (column instanceof ConstColumn) {
      const indices = arena.allocateZeroed(column.rows * 4)
      return this.print(column.value, underNull).gather(indices, column.rows, arena)
    }
    if (column instanceof NullableColumn)
      return replaceText(this.print(column.values, true), column.nulls, this.#nullText(), arena)
    if (column instanceof LowCardinalityColumn) {
      if (column.dictionary.rows > column.rows) return this.print(column.plain(arena), true)
      return this.print(column.dictionary, true).gather(column.indices, column.rows, arena)
    }
    if (column instanceof StringColumn) return this.#strings(column)
    if (column instanceof ArrayColumn)
      return this.#outer(column.type instanceof MapType ? this.#map(column, column.type) : this.#array(column))
    if (column instanceof TupleColumn) return this.#outer(this.#tuple(column))
    if (column instanceof FixedColumn) return this.#fixed(column, underNull)
    throw new DBError('NOT_IMPLEMENTED', `Values of type ${column.type.name} cannot be printed`)
  }

  #nullText(): string {
    if (this.style === 'json') return 'null'
    return this.style === 'quoted' ? 'NULL' : this.options.nullText
  }

  #strings(column: StringColumn): StringColumn {
    const { style, arena, options } = this
    return escapeStrings(column, style === 'json' && options.escapeSlashes ? 'jsonSlash' : style, arena)
  }

  /** A printer for what lies inside a nested value. */
  #inside(): Printer {
    const { style, arena, options } = this
    if (style === 'json')
      return options.indent === null ? this : new Printer(style, arena, { ...options, indent: options.indent + 1 })
    return style === 'xml' || style === 'quoted' ? this : new Printer('quoted', arena, options)
  }

  /** A nested value's text as one field. */
  #outer(text: StringColumn): StringColumn {
    return this.style === 'csv' ? escapeStrings(text, 'csv', this.arena) : text
  }

  /** What stands between the parts of a nested JSON value: nothing, or line ends and tabs. */
  #breaks(): { inner: string; outer: string } {
    const { indent } = this.options
    if (indent === null) return { inner: '', outer: '' }
    return { inner: '\n' + '\t'.repeat(indent + 1), outer: '\n' + '\t'.repeat(indent) }
  }

  #array(column: ArrayColumn): StringColumn {
    const { arena, style } = this
    const { offsets, elements } = column.compact(arena)
    const inside = this.#inside().print(elements, false)
    const joined = (pieces: Parameters<typeof joinArray>[3]) => joinArray(inside, offsets, column.rows, pieces, arena)
    if (style === 'xml')
      return joined({
        open: '<array><elem>',
        separator: '</elem><elem>',
        close: '</elem></array>',
        empty: '<array></array>',
      })
    const isComplex = elements instanceof ArrayColumn || elements instanceof TupleColumn
    if (style !== 'json' || this.options.indent === null || !isComplex)
      return joined({ open: '[', separator: ',', close: ']' })
    const { inner, outer } = this.#breaks()
    return joined({ open: `[${inner}`, separator: `,${inner}`, close: `${outer}]`, empty: '[]' })
  }

  #tuple(column: TupleColumn): StringColumn {
    const { arena, style, options } = this
    const { names } = column.type
    const inside = this.#inside()
    const columns = column.columns.map(element => inside.print(element, false))
    const last = columns.length
    if (style === 'xml') {
      const pieces = columns.map((_, i) => (i === 0 ? '<tuple><elem>' : '</elem><elem>'))
      return this.#join(column, columns, [...pieces, last ? '</elem></tuple>' : '<tuple></tuple>'])
    }
    if (style !== 'json')
      return this.#join(column, columns, [...columns.map((_, i) => (i === 0 ? '(' : ',')), last ? ')' : '()'])
    const { inner, outer } = this.#breaks()
    const isObject = names !== null && options.namedTuplesAsObjects
    const colon = options.indent === null ? ':' : ': '
    const pieces = columns.map((_, i) => {
      const start = i === 0 ? (isObject ? '{' : '[') : ','
      return start + inner + (isObject ? jsonText(names[i], options.escapeSlashes) + colon : '')
    })
    const close = isObject ? '}' : ']'
    if (last === 0) return this.#join(column, columns, [options.indent === null ? '[]' : `[\n${outer}]`])
    return this.#join(column, columns, [...pieces, outer + close], arena)
  }

  #join(column: TupleColumn, columns: StringColumn[], pieces: string[], arena = this.arena): StringColumn {
    if (columns.length > 0) return joinText(columns, pieces, arena)
    return constText(pieces[0], column.rows, arena)
  }

  #map(column: ArrayColumn, type: MapType): StringColumn {
    const { arena, style, options } = this
    const { offsets, elements } = column.compact(arena)
    const pairs = elements as TupleColumn
    const [keys, values] = pairs.columns
    if (style === 'json' && options.mapAsArrayOfTuples) {
      const unnamed = new TupleColumn(column.memory, pairs.columns, pairs.rows, new TupleType([type.key, type.value]))
      return this.#array(new ArrayColumn(offsets, unnamed, column.rows))
    }
    const inside = this.#inside()
    const value = inside.print(values, false)
    let key = inside.print(keys, false)
    if (style === 'xml') {
      const pair = joinText([key, value], ['<elem><key>', '</key><value>', '</value></elem>'], arena)
      const pieces = { open: '<map>', separator: '', close: '</map>' }
      return joinArray(pair, offsets, column.rows, pieces, arena)
    }
    if (style === 'json' && !isJsonText(base(type.key))) key = joinText([key], ['"', '"'], arena)
    const { inner, outer } = style === 'json' ? this.#breaks() : { inner: '', outer: '' }
    const isPretty = style === 'json' && options.indent !== null
    const pair = joinText([key, value], ['', isPretty ? ': ' : ':', ''], arena)
    const pieces = { open: `{${inner}`, separator: `,${inner}`, close: `${outer}}`, empty: '{}' }
    return joinArray(pair, offsets, column.rows, pieces, arena)
  }

  #fixed(column: FixedColumn, underNull: boolean): StringColumn {
    const { arena, style } = this
    const { type, rows, memory } = column
    if (type.kind === 'FixedString') {
      const offsets = arena.allocate((rows + 1) * 4)
      memory.kernels.fillRange(0, type.width, rows + 1, offsets)
      return this.#strings(new StringColumn(memory, offsets, column.pointer, rows))
    }
    if (type instanceof EnumType) return this.#enum(column, type, underNull)
    const text = this.#plain(column)
    if (style === 'json') return this.#json(column, text)
    if (!quotedKinds.has(type.kind) || this.#isTimestamp(type)) return text
    if (style === 'csv') return joinText([text], ['"', '"'], arena)
    return style === 'quoted' ? joinText([text], ["'", "'"], arena) : text
  }

  #isTimestamp(type: DataType): boolean {
    const isTime = type instanceof DateTimeType || type instanceof DateTime64Type
    return isTime && this.options.dateTimeFormat === 'unix_timestamp'
  }

  /** JSON's quotes around what else would be no JSON, or would lose digits where numbers are doubles. */
  #json(column: FixedColumn, text: StringColumn): StringColumn {
    const { arena, options } = this
    const { type, rows } = column
    const quote = () => joinText([text], ['"', '"'], arena)
    if (quotedKinds.has(type.kind)) return quote()
    if (type instanceof IntegerType) return type.bits >= 64 && options.quote64BitIntegers ? quote() : text
    if (type.kind === 'Interval') return options.quote64BitIntegers ? quote() : text
    if (type instanceof DecimalType) return options.quoteDecimals ? quote() : text
    if (type.kind !== 'Float64' && type.kind !== 'Float32') return text
    if (type.kind === 'Float64' && options.quote64BitFloats) return quote()
    const mask = arena.allocate(rows)
    if (arena.memory.kernels.notFinite(column.pointer, type.width, rows, mask) === 0) return text
    if (!options.quoteDenormals) return replaceText(text, mask, 'null', arena)
    return this.#each(column, value => {
      const number = value as number
      return Number.isFinite(number) ? type.print(number) : `"${type.print(number)}"`
    })
  }

  #enum(column: FixedColumn, type: EnumType, underNull: boolean): StringColumn {
    const { arena } = this
    const { rows, memory } = column
    const size = 2 ** type.bits
    const table = arena.allocate(size * 4)
    memory.u32.fill(0xffffffff, table / 4, table / 4 + size)
    for (const [i, [, number]] of type.elements.entries()) memory.u32[table / 4 + (number & (size - 1))] = i
    const indices = arena.allocate(rows * 4)
    const unknown = memory.kernels.lookUpEntries(column.pointer, type.width, rows, table, indices)
    if (unknown > 0 && !underNull) throw new DBError('BAD_ARGUMENTS', `Unexpected value in enum ${type.name}`)
    const names = textColumn(
      type.elements.map(([name]) => name),
      arena,
    )
    return this.#strings(names).gather(indices, rows, arena)
  }

  /** Scalars as they are: no quotes, no escapes. */
  #plain(column: FixedColumn): StringColumn {
    const { arena, options } = this
    const { type, rows, pointer, memory } = column
    const { kernels } = memory
    const kernel = (size: number, run: (offsets: number, bytes: number) => number) => {
      const offsets = arena.allocate((rows + 1) * 4)
      const bytes = arena.allocate(rows * size)
      run(offsets, bytes)
      return new StringColumn(memory, offsets, bytes, rows)
    }
    switch (type.kind) {
      case 'UInt8':
        return kernel(3, (offsets, bytes) => kernels.printU8(pointer, rows, offsets, bytes))
      case 'UInt16':
        return kernel(5, (offsets, bytes) => kernels.printU16(pointer, rows, offsets, bytes))
      case 'UInt32':
        return kernel(10, (offsets, bytes) => kernels.printU32(pointer, rows, offsets, bytes))
      case 'UInt64':
        return kernel(20, (offsets, bytes) => kernels.printU64(pointer, rows, offsets, bytes))
      case 'Int8':
        return kernel(4, (offsets, bytes) => kernels.printI8(pointer, rows, offsets, bytes))
      case 'Int16':
        return kernel(6, (offsets, bytes) => kernels.printI16(pointer, rows, offsets, bytes))
      case 'Int32':
        return kernel(11, (offsets, bytes) => kernels.printI32(pointer, rows, offsets, bytes))
      case 'Int64':
      case 'Interval':
        return kernel(20, (offsets, bytes) => kernels.printI64(pointer, rows, offsets, bytes))
      case 'UInt128':
      case 'Int128':
      case 'UInt256':
      case 'Int256': {
        const isSigned = type.kind.startsWith('I') ? 1 : 0
        const words = type.width / 8
        return kernel(words === 2 ? 41 : 79, (offsets, bytes) =>
          kernels.printWide(pointer, words, isSigned, rows, offsets, bytes),
        )
      }
      case 'Float32':
        return kernel(24, (offsets, bytes) => kernels.printF32(pointer, rows, offsets, bytes))
      case 'Float64':
        return kernel(26, (offsets, bytes) => kernels.printF64(pointer, rows, offsets, bytes))
      case 'Bool':
        return kernel(5, (offsets, bytes) => kernels.printBool(pointer, rows, offsets, bytes))
      case 'Date':
        return kernel(10, (offsets, bytes) => kernels.printDate(pointer, rows, offsets, bytes))
      case 'Date32':
        return kernel(10, (offsets, bytes) => kernels.printDate32(pointer, rows, offsets, bytes))
      case 'DateTime': {
        if (options.dateTimeFormat !== 'simple') return this.#otherTime(column)
        const { transitions, offsets: zoneOffsets, count } = zoneTable(memory, this.#zoneOf(type as DateTimeType))
        return kernel(19, (offsets, bytes) =>
          kernels.printDateTime(pointer, rows, transitions, zoneOffsets, count, offsets, bytes),
        )
      }
      case 'DateTime64': {
        if (options.dateTimeFormat !== 'simple') return this.#otherTime(column)
        const { scale } = type as DateTime64Type
        const { transitions, offsets: zoneOffsets, count } = zoneTable(memory, this.#zoneOf(type as DateTime64Type))
        return kernel(20 + scale, (offsets, bytes) =>
          kernels.printDateTime64(pointer, rows, transitions, zoneOffsets, count, scale, offsets, bytes),
        )
      }
      case 'Decimal': {
        const { scale } = type as DecimalType
        const zeros = options.decimalTrailingZeros ? 1 : 0
        return kernel(type.width === 32 ? 80 : 42, (offsets, bytes) =>
          kernels.printDecimal(pointer, type.width, scale, zeros, rows, offsets, bytes),
        )
      }
      case 'UUID':
        return kernel(36, (offsets, bytes) => kernels.printUuid(pointer, rows, offsets, bytes))
      case 'IPv4':
        return kernel(15, (offsets, bytes) => kernels.printIpv4(pointer, rows, offsets, bytes))
      case 'IPv6':
        return kernel(39, (offsets, bytes) => kernels.printIpv6(pointer, rows, offsets, bytes))
      default:
        return this.#each(column, value => type.print(value))
    }
  }

  #zoneOf(type: DateTimeType | DateTime64Type): TimeZone {
    return type.zoneName === null ? (this.options.zone ?? type.zone) : type.zone
  }

  /** DateTime and DateTime64 as ISO 8601 in UTC, or as seconds. */
  #otherTime(column: FixedColumn): StringColumn {
    const scale = column.type instanceof DateTime64Type ? column.type.scale : 0
    const unit = 10n ** BigInt(scale)
    return this.#each(column, value => {
      const ticks = BigInt(value as number)
      if (this.options.dateTimeFormat === 'unix_timestamp') return printScaled(ticks, scale)
      const second = (ticks - (((ticks % unit) + unit) % unit)) / unit
      const date = new Date(Number(second) * 1000)
      const fraction = scale === 0 ? '' : `.${String(ticks - second * unit).padStart(scale, '0')}`
      return `${printDays(Math.floor(date.getTime() / 86400000))}T${date.toISOString().slice(-13, -5)}${fraction}Z`
    })
  }

  /** Value by value: for types that are rare in bulk. */
  #each(column: FixedColumn, print: (value: ReturnType<FixedColumn['valueAt']>) => string): StringColumn {
    return textColumn(
      Array.from({ length: column.rows }, (_, row) => print(column.valueAt(row))),
      this.arena,
    )
  }
}

/** Types whose JSON is text already. */
function isJsonText(type: DataType): boolean {
  return type.kind === 'String' || type.kind === 'FixedString' || type instanceof EnumType || quotedKinds.has(type.kind)
}

/** All digits of the fraction. */
function printScaled(value: bigint, scale: number): string {
  if (scale === 0) return String(value)
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** A string column of a few texts. */
export function textColumn(texts: readonly string[], arena: Arena): StringColumn {
  const { memory } = arena
  const offsets = new Uint32Array(texts.length + 1)
  const encoded = texts.map(encodeText)
  encoded.forEach((text, i) => {
    offsets[i + 1] = offsets[i] + text.length
  })
  const bytes = arena.allocate(offsets[texts.length])
  encoded.forEach((text, i) => memory.copyIn(bytes + offsets[i], text))
  return new StringColumn(memory, placeU32(arena, offsets), bytes, texts.length)
}

/** The same text in every row. */
function constText(text: string, rows: number, arena: Arena): StringColumn {
  return textColumn([text], arena).gather(arena.allocateZeroed(rows * 4), rows, arena)
}

/** A JSON string of one text: names and keys. */
export function jsonText(text: string, escapeSlashes: boolean): string {
  const escaped = JSON.stringify(text).replace(/[\u2028\u2029\u007f]/g, char =>
    char === '\u007f' ? char : `\\u${char.charCodeAt(0).toString(16)}`,
  )
  return escapeSlashes ? escaped.replace(/\//g, '\\/') : escaped
}
