// Columns from text, and text from columns: by kernels where there are some, value by value elsewhere.
import { columnOf, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { defaultPrintOptions, printColumn as printRaw, type PrintOptions } from '../columns/print.ts'
import { StringColumn } from '../columns/string.ts'
import { zoneTable } from '../columns/zoneTable.ts'
import { DBError, type ErrorName } from '../core/errors.ts'
import { type Kernels, kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType, parseDays } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { EnumType } from '../types/enum.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { FixedStringType } from '../types/string.ts'
import type { Value } from '../types/value.ts'
import { type CastContext, failRow } from './castContext.ts'
import { newFixed } from './fixedColumns.ts'

/** Text to values of a type that is not Nullable. */
export function parseColumn(column: StringColumn, to: DataType, context: CastContext): Column {
  const { arena } = context
  const { rows } = column
  const { kernels } = arena.memory
  if (to instanceof IntegerType && (context.failures !== 0 || context.isAccurate))
    return parseInRange(column, to, context)
  if (to instanceof IntegerType || to instanceof FloatType) {
    const wide = to instanceof IntegerType && to.bits > 64
    const signed = Number(to instanceof IntegerType && to.isSigned)
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      wide
        ? kernels.parseWide(starts, ends, column.bytes, count, to.width / 8, signed, out)
        : kernelNamed(kernels, `parse${to.physical}`)(starts, ends, column.bytes, count, out),
    )
  }
  if (to.kind === 'Date' || to.kind === 'Date32')
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      kernelNamed(kernels, `parse${to.kind}`)(starts, ends, column.bytes, count, out),
    )
  if (to instanceof DateTimeType) {
    const { transitions, offsets, count: spans } = zoneTable(arena.memory, to.zone)
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      kernels.parseDateTime(starts, ends, column.bytes, count, transitions, offsets, spans, out),
    )
  }
  if (to instanceof DateTime64Type) {
    const { transitions, offsets, count: spans } = zoneTable(arena.memory, to.zone)
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      kernels.parseDateTime64(starts, ends, column.bytes, count, transitions, offsets, spans, to.scale, out),
    )
  }
  if (to.kind === 'Bool')
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      kernels.parseBool(starts, ends, column.bytes, count, out),
    )
  if (to instanceof FixedStringType)
    return parseSpans(column, to, context, false, (starts, ends, count, out) =>
      kernels.copySpansFixed(starts, ends, column.bytes, count, to.width, out),
    )
  const direct = directParser(to, kernels)
  if (direct)
    return parseSpans(column, to, context, true, (starts, ends, count, out) =>
      direct(starts, ends, column.bytes, count, out),
    )
  const values: Value[] = []
  for (let row = 0; row < rows; row++) values.push(parseOne(column.valueAt(row) as string, to, row, context))
  return columnOf(to, values, arena)
}

type DirectParser = (starts: number, ends: number, bytes: number, rows: number, out: number) => number

function directParser(to: DataType, kernels: Kernels): DirectParser | null {
  if (to.kind === 'UUID') return kernels.parseUuid
  if (to.kind === 'IPv4') return kernels.parseIpv4
  if (to.kind === 'IPv6') return kernels.parseIpv6
  if (!(to instanceof DecimalType)) return null
  const { width, precision, scale } = to
  return (starts, ends, bytes, rows, out) =>
    kernels.parseDecimal(starts, ends, bytes, rows, width, precision, scale, out)
}

/** One value, with the default for one that fails. */
function parseOne(text: string, to: DataType, row: number, context: CastContext): Value {
  try {
    if (text === '' && to.kind !== 'String') throw tooShort(to)
    return to.parse(text)
  } catch (error) {
    if (!(error instanceof DBError)) throw error
    failRow(context, row, () => error)
    return to.default
  }
}

const emptyCodes: Partial<Record<string, ErrorName>> = {
  Date: 'CANNOT_PARSE_DATE',
  Date32: 'CANNOT_PARSE_DATE',
  DateTime: 'CANNOT_PARSE_DATETIME',
  DateTime64: 'CANNOT_PARSE_DATETIME',
  Float32: 'CANNOT_PARSE_NUMBER',
  Float64: 'CANNOT_PARSE_NUMBER',
  UUID: 'CANNOT_PARSE_UUID',
  IPv4: 'CANNOT_PARSE_IPV4',
  IPv6: 'CANNOT_PARSE_IPV6',
}

const tooShort = (to: DataType): DBError =>
  new DBError(
    emptyCodes[to.kind] ?? 'ATTEMPT_TO_READ_AFTER_EOF',
    `Attempt to read after eof: Cannot parse ${to.name} from String, because value is too short`,
  )

type ParseKernel = (starts: number, ends: number, rows: number, out: number) => number

/** A parser gives -(row + 1) of the first row that fails; after it, parsing goes on with the next. */
function parseSpans(
  column: StringColumn,
  to: DataType,
  context: CastContext,
  emptyFails: boolean,
  parse: ParseKernel,
): FixedColumn {
  const { arena } = context
  const { rows, offsets } = column
  const { memory } = arena
  const result = newFixed(to, rows, arena)
  for (let from = 0; from < rows; ) {
    const [starts, out] = [offsets + from * 4, result.pointer + from * to.width]
    const code = parse(starts, starts + 4, rows - from, out)
    if (code >= 0) break
    const row = from - code - 1
    const text = column.valueAt(row) as string
    const better = parseLeniently(text, to)
    putValue(result, row, better ?? to.default, arena)
    if (better === null) failRow(context, row, () => cannotParse(text, to))
    from = row + 1
  }
  if (!emptyFails) return result
  // Parsers take an empty field for the default; a cast does not.
  const { kernels } = memory
  for (let row = 0; (row = kernels.firstEmptySpan(offsets, offsets + 4, row, rows)) < rows; row++) {
    if (to.kind === 'Date32') putValue(result, row, to.default, arena)
    failRow(context, row, () => tooShort(to))
  }
  return result
}

function putValue(column: FixedColumn, row: number, value: Value, arena: Arena): void {
  const { width } = column.type
  const one = columnOf(column.type, [value], arena) as FixedColumn
  arena.memory.u8.copyWithin(column.pointer + row * width, one.pointer, one.pointer + width)
}

/** A date with a time behind it is a date, in casts. */
function parseLeniently(text: string, to: DataType): Value {
  if (to.kind !== 'Date' && to.kind !== 'Date32') return null
  const days = /^\d{4}-\d{1,2}-\d{1,2}[ T]\d/.test(text) ? parseDays(text.split(/[ T]/)[0]) : null
  if (days === null) return null
  return to.kind === 'Date' ? Math.min(Math.max(days, 0), 65535) : days
}

function cannotParse(text: string, to: DataType): DBError {
  if (to instanceof DecimalType || to.kind === 'UUID' || to.kind === 'IPv4' || to.kind === 'IPv6')
    return valueError(text, to)
  if (to.kind === 'Date' || to.kind === 'Date32')
    return new DBError('CANNOT_PARSE_DATE', `Cannot parse string ${quoted(text)} as ${to.name}`)
  if (to.kind.startsWith('DateTime'))
    return new DBError('CANNOT_PARSE_DATETIME', `Cannot parse string ${quoted(text)} as ${to.name}`)
  if (to.kind === 'Bool') return new DBError('CANNOT_PARSE_BOOL', `Cannot parse string ${quoted(text)} as Bool`)
  if (to instanceof FixedStringType) return new DBError('TOO_LARGE_STRING_SIZE', `String too long for type ${to.name}`)
  if (to instanceof FloatType)
    return new DBError(
      'CANNOT_PARSE_NUMBER',
      `Cannot read floating point value: Cannot parse string ${quoted(text)} as ${to.name}`,
    )
  if (to instanceof IntegerType && !to.isSigned && text.startsWith('-'))
    return new DBError(
      'CANNOT_PARSE_NUMBER',
      `Unsigned type must not contain '-' symbol: Cannot parse ${to.name} from String`,
    )
  const isSigns = to instanceof IntegerType && /^[+-]{2}/.test(text)
  return new DBError(
    isSigns ? 'CANNOT_PARSE_NUMBER' : 'CANNOT_PARSE_TEXT',
    `Cannot parse string ${quoted(text)} as ${to.name}: syntax error`,
  )
}

/** What the type itself says of a text. */
function valueError(text: string, to: DataType): DBError {
  try {
    to.parse(text)
  } catch (error) {
    if (error instanceof DBError) return error
    throw error
  }
  return new DBError(emptyCodes[to.kind] ?? 'CANNOT_PARSE_TEXT', `Cannot parse string ${quoted(text)} as ${to.name}`)
}

const quoted = (text: string): string => `'${text.length > 200 ? `${text.slice(0, 200)}…` : text}'`

/** Integers that must fit: beyond the range is a failure, where plain parsing wraps. */
function parseInRange(column: StringColumn, to: IntegerType, context: CastContext): Column {
  const values: Value[] = []
  for (let row = 0; row < column.rows; row++) {
    const text = column.valueAt(row) as string
    const number = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : null
    if (number === null || number < to.min || number > to.max || (!to.isSigned && text.startsWith('-'))) {
      failRow(context, row, () => cannotParse(text, to))
      values.push(to.default)
    } else values.push(to.wrap(number))
  }
  return columnOf(to, values, context.arena)
}

/** A type's own zone decides here, not the session's. */
const printOptions: PrintOptions = { ...defaultPrintOptions, zone: null }

/** Values as toString gives them. Not for Nullable and LowCardinality columns. */
export function printColumn(column: Column, arena: Arena): StringColumn {
  if (column instanceof StringColumn) return column
  const { type } = column
  if (column instanceof FixedColumn && type instanceof EnumType) return printEnum(column, type, arena)
  if (column instanceof FixedColumn && type instanceof FixedStringType) return cutZeros(column, type.width, arena)
  return printRaw(column, 'raw', arena, printOptions)
}

/** Text values as a column. */
export function textColumn(texts: readonly string[], arena: Arena): StringColumn {
  return columnOf(stringLike, texts, arena) as StringColumn
}

const stringLike = parseType('String')

function printEnum(column: FixedColumn, type: EnumType, arena: Arena): StringColumn {
  const names = textColumn(
    type.elements.map(([name]) => name),
    arena,
  )
  const places = new Map(type.elements.map(([, number], i) => [number, i]))
  const view = type.width === 1 ? arena.memory.i8 : arena.memory.i16
  const start = column.pointer / type.width
  const indices = Array.from({ length: column.rows }, (_, row) => {
    const place = places.get(view[start + row])
    if (place === undefined)
      throw new DBError('UNKNOWN_ELEMENT_OF_ENUM', `Unexpected value ${view[start + row]} in enum ${type.name}`)
    return place
  })
  return names.gather(placeU32(arena, indices), column.rows, arena)
}

/** FixedString to String: the zero bytes at the end are padding. */
function cutZeros(column: FixedColumn, width: number, arena: Arena): StringColumn {
  const { rows, pointer } = column
  const [offsets, bytes] = [arena.allocate((rows + 1) * 4), arena.allocate(rows * width)]
  const { u8, u32 } = arena.memory
  let at = 0
  u32[offsets / 4] = 0
  for (let row = 0; row < rows; row++) {
    const start = pointer + row * width
    let end = start + width
    while (end > start && u8[end - 1] === 0) end--
    u8.copyWithin(bytes + at, start, end)
    at += end - start
    u32[offsets / 4 + row + 1] = at
  }
  return new StringColumn(arena.memory, offsets, bytes, rows)
}
