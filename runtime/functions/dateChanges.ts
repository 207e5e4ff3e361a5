// One part of a date or time set to another number, and times put together of others.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { castColumn } from './castColumn.ts'
import { dateTime64In, dateTimeIn } from './conversion.ts'
import { datesCategory as category } from './dateParts.ts'
import { fixedOf } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isNativeInteger, isString, isUnsigned, textReader } from './stringRows.ts'
import { fromLocal, isDateKind, isTime, localSeconds, utcSeconds, zoneOf } from './timeColumns.ts'

const Int64 = parseType('Int64')

type Part = 'Year' | 'Month' | 'Day' | 'Hour' | 'Minute' | 'Second'
const parts: readonly Part[] = ['Year', 'Month', 'Day', 'Hour', 'Minute', 'Second']

/** First and last second, on its own clock, of what a type holds. */
function limitsOf(type: DataType): readonly [low: number, high: number] {
  if (type.kind === 'Date') return [0, 65535 * 86400]
  if (type.kind === 'DateTime') return [0, 4294967295]
  return [-62167219200, 253402300799]
}

/** The second on the clock with the part replaced; null where there is no such part. */
function replaced(local: number, part: Part, value: number): number | null {
  const date = new Date(local * 1000)
  const fields = [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
  const at = parts.indexOf(part)
  const [low, high] = [
    [0, 9999],
    [1, 12],
    [1, 31],
    [0, 23],
    [0, 59],
    [0, 59],
  ][at]
  if (!(value >= low && value <= high)) return null
  fields[at] = value
  const [year, month, day, hour, minute, second] = fields
  const moved = new Date(0)
  moved.setUTCFullYear(year, month - 1, day)
  return moved.getTime() / 1000 + hour * 3600 + minute * 60 + second
}

/** A time of a given type from seconds on its zone's clock, and the ticks behind them. */
function columnFromLocal(
  locals: readonly (number | null)[],
  ticks: (row: number) => bigint,
  type: DataType,
  arena: Arena,
): Column {
  const rows = locals.length
  const [low, high] = limitsOf(type)
  const seconds = arena.allocate(rows * 8)
  locals.forEach((local, row) => {
    arena.memory.i64[seconds / 8 + row] = BigInt(local ?? low)
  })
  const moments = isDateKind(type) ? seconds : fromLocal(seconds, zoneOf(type), rows, arena)
  const { i64 } = arena.memory
  const values = locals.map((local, row): Value => {
    // What is no time is the first moment there is, on no zone's clock.
    const second = local === null ? low : Number(i64[moments / 8 + row])
    const kept = Math.min(Math.max(second, low), high)
    if (isDateKind(type)) return Math.floor(kept / 86400)
    if (!(type instanceof DateTime64Type)) return kept
    return BigInt(kept) * 10n ** BigInt(type.scale) + (local === null ? 0n : ticks(row))
  })
  return columnOf(type, values, arena)
}

/** The fraction behind each row's second, in the ticks of a scale. */
function fractionReader(column: FixedColumn, arena: Arena): (row: number) => bigint {
  if (!(column.type instanceof DateTime64Type)) return () => 0n
  const unit = 10n ** BigInt(column.type.scale)
  return row => {
    const ticks = arena.memory.i64[column.pointer / 8 + row] % unit
    return ticks < 0n ? ticks + unit : ticks
  }
}

const change = (part: Part): FunctionDefinition =>
  defineFunction({
    name: `change${part}`,
    about: `The date or time with another ${part.toLowerCase()}.`,
    category,
    arguments: [
      { name: 'date', accepts: isTime },
      { name: 'value', accepts: isNativeInteger },
    ],
    returns: ([{ type }]) => {
      if (parts.indexOf(part) < 3 || !isDateKind(type)) return type
      return type.kind === 'Date' ? parseType('DateTime') : new DateTime64Type(3)
    },
    run: ([date, value], { type, rows, arena }) => {
      const column = fixedOf(date)
      const seconds = localSeconds(column, zoneOf(column.type), arena)
      const { i64 } = arena.memory
      const locals = Array.from({ length: rows }, (_, row) =>
        replaced(Number(i64[seconds / 8 + row]), part, Number(value.valueAt(row))),
      )
      return columnFromLocal(locals, fractionReader(column, arena), type, arena)
    },
  })

const timeDiff = defineFunction({
  name: 'timeDiff',
  aliases: ['TIMEDIFF'],
  caseInsensitive: true,
  about: 'Seconds from one date or time to another.',
  category,
  arguments: [
    { name: 'start', accepts: isTime },
    { name: 'end', accepts: isTime },
  ],
  returns: () => Int64,
  run: ([start, end], { rows, arena }) => {
    const [from, to] = [start, end].map(column => utcSeconds(fixedOf(column), zoneOf(column.type), arena))
    const out = arena.allocate(rows * 8)
    arena.memory.kernels.subtractI64(to, from, out, rows)
    return castColumnOfInt64(out, rows, arena)
  },
  examples: [["SELECT timeDiff(toDateTime('2018-01-01 22:00:00'), toDateTime('2018-01-02 23:00:00'))", '90000']],
})

function castColumnOfInt64(pointer: number, rows: number, arena: Arena): Column {
  const values = Array.from(arena.memory.i64.subarray(pointer / 8, pointer / 8 + rows))
  return columnOf(Int64, values, arena)
}

const scaleOf = (type: DataType): number =>
  type instanceof DateTime64Type || type instanceof DecimalType ? type.scale : 0

/** The starts of the slots of a size that a time and what follows it touch. */
const timeSlots = defineFunction({
  name: 'timeSlots',
  about: 'The starts of the slots (half hours, or of a size in seconds) that the seconds from a time on touch.',
  category,
  arguments: [
    { name: 'start', accepts: type => type instanceof DateTimeType || type instanceof DateTime64Type },
    { name: 'duration', accepts: type => isUnsigned(type) || type instanceof DecimalType },
    { name: 'size', optional: true, accepts: type => isNativeInteger(type) || type instanceof DecimalType },
  ],
  constants: 'keep',
  returns: ([start, duration, size]) => {
    const { type } = start
    if (type instanceof DateTimeType) {
      if (duration.type.kind !== 'UInt32')
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'The duration of timeSlots for DateTime must be UInt32')
      return new ArrayType(type)
    }
    if (!(duration.type instanceof DecimalType))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'The duration of timeSlots for DateTime64 must be Decimal')
    const { scale, zoneName, zone } = type as DateTime64Type
    const wide = Math.max(scale, scaleOf(duration.type), size ? scaleOf(size.type) : 0)
    return new ArrayType(new DateTime64Type(wide, zoneName, zone))
  },
  run: (args, { type, rows, arena }) => {
    const element = (type as ArrayType).element
    const scale = scaleOf(element)
    const [start, duration, size] = args.map(column => {
      const factor = 10n ** BigInt(scale - scaleOf(column.type))
      return (row: number) =>
        BigInt((column instanceof ConstColumn ? column.value.valueAt(0) : column.valueAt(row)) as number | bigint) *
        factor
    })
    const offsets = arena.allocate((rows + 1) * 4)
    const values: Value[] = []
    const ends = [0]
    for (let row = 0; row < rows; row++) {
      const step = size ? size(row) : 1800n * 10n ** BigInt(scale)
      if (step <= 0n) throw new DBError('ILLEGAL_COLUMN', 'The size of the slots of timeSlots must be positive')
      const from = start(row)
      for (let slot = floorDivide(from, step); slot <= floorDivide(from + duration(row), step); slot++) {
        const value = slot * step
        values.push(element instanceof DateTime64Type ? value : Number(BigInt.asUintN(32, value)))
      }
      ends.push(values.length)
    }
    const elements = columnOf(element, values, arena)
    arena.memory.u32.set(ends, offsets / 4)
    return new ArrayColumn(offsets, elements, rows, type)
  },
  examples: [
    [
      "SELECT timeSlots(toDateTime('2012-01-01 12:20:00'), toUInt32(600))",
      "['2012-01-01 12:00:00','2012-01-01 12:30:00']",
    ],
  ],
})

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** Hours, minutes and seconds, which need not be less than a day. */
const clockPattern = /^(\d+)\D(\d+)\D(\d+)(?:\.(\d+))?/

const timestamp = defineFunction({
  name: 'timestamp',
  caseInsensitive: true,
  about: 'Text as a DateTime64(6), with a time of day added where one is given.',
  category,
  arguments: [
    { name: 'expr', accepts: isString },
    { name: 'time', accepts: isString, optional: true },
  ],
  returns: (_, environment) => dateTime64In(6, undefined, environment),
  run: ([expr, time], { type, rows, arena }) => {
    const start = fixedOf(castColumn(expr, type, arena))
    if (!time) return start
    const read = textReader(time, arena)
    const values = Array.from({ length: rows }, (_, row): Value => {
      const match = clockPattern.exec(read(row))
      if (!match) throw new DBError('CANNOT_PARSE_DATETIME', `Cannot parse a time of day from '${read(row)}'`)
      const [hours, minutes, seconds] = match.slice(1, 4).map(Number)
      const micros = BigInt((match[4] ?? '').slice(0, 6).padEnd(6, '0'))
      const ticks = start.valueAt(row) as bigint
      return ticks + BigInt(hours * 3600 + minutes * 60 + seconds) * 1000000n + micros
    })
    return columnOf(type, values, arena)
  },
  examples: [["SELECT timestamp('2023-12-31 12:00:00', '12:00:00.11')", '2024-01-01 00:00:00.110000']],
})

const localtime = defineFunction({
  name: 'localtime',
  caseInsensitive: true,
  about: 'The moment at which the query started.',
  category,
  arguments: [],
  returns: (_, environment) => dateTimeIn(undefined, environment),
  run: (_, { type, rows, arena, environment }) =>
    new ConstColumn(columnOf(type, [Math.floor(environment.now / 1000)], arena), rows),
})

export const dateChanges: readonly FunctionDefinition[] = [
  ...parts.map(change),
  timeDiff,
  timeSlots,
  timestamp,
  localtime,
]
