// The moment, zones, and Unix time.
import { constColumn } from '../columns/build.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { asInt64, castColumn, castInContext } from './castColumn.ts'
import { dateTime64In, dateTimeIn } from './conversion.ts'
import { datesCategory as category, zoneArgument, zoneRule } from './dateParts.ts'
import { castNumbers, fixedOf, newFixed } from './fixedColumns.ts'
import { defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { convertTime, fromDays, fromLocal, fromUtcSeconds, isDateKind, isTime, utcSeconds } from './timeColumns.ts'

const String_ = parseType('String')
const DateOnly = parseType('Date')
const isInstant = (type: DataType): boolean => isTime(type) && !isDateKind(type)

const secondOf = ({ now }: Environment): number => Math.floor(now / 1000)

/** The session's day, so many days on. */
function dayOf({ now, timeZone }: Environment, shift: number): number {
  const second = Math.floor(now / 1000)
  return Math.floor((second + TimeZone.get(timeZone).offsetAt(second)) / 86400) + shift
}

const now = defineFunction({
  name: 'now',
  aliases: ['current_timestamp', 'localtimestamp'],
  caseInsensitive: true,
  about: "The moment at which the query started; in the session's zone or the one given.",
  category,
  arguments: [zoneRule],
  returns: ([zone], environment) => dateTimeIn(zone?.constant, environment),
  run: (_, { type, rows, arena, environment }) => constColumn(type, secondOf(environment), rows, arena),
})

const now64 = defineFunction({
  name: 'now64',
  caseInsensitive: true,
  about: 'The moment at which the query started, with a fraction of so many digits (3).',
  category,
  arguments: [{ name: 'scale', constant: true, optional: true }, zoneRule],
  returns: ([scale, zone], environment) => dateTime64In(Number(scale?.constant ?? 3), zone?.constant, environment),
  run: (_, { type, rows, arena, environment }) => {
    const { scale } = type as DateTime64Type
    const micros = BigInt(Math.floor(environment.now * 1000))
    const ticks = scale >= 6 ? micros * 10n ** BigInt(scale - 6) : micros / 10n ** BigInt(6 - scale)
    return constColumn(type, ticks, rows, arena)
  },
})

const utcTimestamp = defineFunction({
  name: 'UTCTimestamp',
  aliases: ['UTC_timestamp'],
  caseInsensitive: true,
  about: 'The moment at which the query started, in UTC.',
  category,
  arguments: [],
  returns: () => new DateTimeType('UTC'),
  run: (_, { type, rows, arena, environment }) => constColumn(type, secondOf(environment), rows, arena),
})

const day = (name: string, aliases: readonly string[], shift: number, about: string): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [],
    returns: () => DateOnly,
    run: (_, { rows, arena, environment }) => constColumn(DateOnly, dayOf(environment, shift), rows, arena),
  })

const timezone = defineFunction({
  name: 'timezone',
  aliases: ['timeZone', 'serverTimezone', 'serverTimeZone'],
  about: "The session's zone.",
  category,
  arguments: [],
  returns: () => String_,
  run: (_, { rows, arena, environment }) => constColumn(String_, environment.timeZone, rows, arena),
})

const toTimezone = defineFunction({
  name: 'toTimezone',
  aliases: ['toTimeZone'],
  about: 'The same moment in another zone.',
  category,
  arguments: [
    { name: 'time', accepts: isInstant },
    { name: 'timezone', constant: true },
  ],
  returns: ([time, zone]) => {
    const name = String(zone.constant)
    return time.type instanceof DateTime64Type ? new DateTime64Type(time.type.scale, name) : new DateTimeType(name)
  },
  run: ([time], { type }) => fixedOf(time).as(type),
  examples: [["SELECT toTimezone(toDateTime('2020-01-01 00:00:00', 'UTC'), 'Asia/Tokyo')", '2020-01-01 09:00:00']],
})

const timezoneOf = defineFunction({
  name: 'timezoneOf',
  aliases: ['timeZoneOf'],
  about: 'The zone of a time.',
  category,
  arguments: [{ name: 'time', accepts: isInstant }],
  returns: () => String_,
  run: ([time], { rows, arena }) => {
    const type = time.type as DateTimeType | DateTime64Type
    return constColumn(String_, type.zone.name, rows, arena)
  },
})

const timezoneOffset = defineFunction({
  name: 'timezoneOffset',
  aliases: ['timeZoneOffset'],
  about: 'Seconds that the clock of the zone is ahead of UTC.',
  category,
  arguments: [{ name: 'time', accepts: isInstant }, zoneRule],
  returns: () => parseType('Int32'),
  run: ([time], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(time)
    const zone = zoneArgument(args, 1, column.type)
    const seconds = utcSeconds(column, zone, arena)
    const out = newFixed(type, rows, arena)
    const { i64, i32 } = arena.memory
    for (let row = 0; row < rows; row++) i32[out.pointer / 4 + row] = zone.offsetAt(Number(i64[seconds / 8 + row]))
    return out
  },
  examples: [["SELECT timezoneOffset(toDateTime('2020-01-01 00:00:00', 'Asia/Tokyo'))", '32400']],
})

const toUnixTimestamp = defineFunction({
  name: 'toUnixTimestamp',
  aliases: ['UNIX_TIMESTAMP'],
  caseInsensitive: true,
  about: 'Seconds since the epoch; text is read as a time first.',
  category,
  arguments: [{ name: 'time' }, zoneRule],
  returns: ([time]) => {
    if (!isTime(time.type) && time.type.kind !== 'String')
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${time.type.name} of argument of function toUnixTimestamp`,
      )
    return parseType('UInt32')
  },
  run: ([time], { type, rows, arena, nulls, environment, arguments: args }) => {
    const read = isTime(time.type)
      ? time
      : castInContext(time, dateTimeIn(args[1]?.constant, environment), {
          arena,
          nulls,
          failures: 0,
          isAccurate: false,
        })
    const column = fixedOf(read)
    const seconds = utcSeconds(column, zoneArgument(args, 1, column.type), arena)
    return new FixedColumn(type, arena.memory, castNumbers(seconds, 'I64', 'U32', rows, arena), rows)
  },
  examples: [["SELECT toUnixTimestamp('2020-01-01 00:00:00')", '1577836800']],
})

const unixDigits = { Second: 0, Milli: 3, Micro: 6, Nano: 9 } as const

const toUnix64 = (unit: keyof typeof unixDigits): FunctionDefinition =>
  defineFunction({
    name: `toUnixTimestamp64${unit}`,
    about: `A DateTime64 as ${unit.toLowerCase()}${unit === 'Second' ? 's' : 'seconds'} since the epoch.`,
    category,
    arguments: [{ name: 'time', accepts: type => type instanceof DateTime64Type }],
    returns: () => parseType('Int64'),
    run: ([time], { type, arena }) => convertTime(fixedOf(time), new DateTime64Type(unixDigits[unit]), arena).as(type),
  })

const fromUnix64 = (unit: keyof typeof unixDigits): FunctionDefinition =>
  defineFunction({
    name: `fromUnixTimestamp64${unit}`,
    about: `${unit === 'Second' ? 'Seconds' : `${unit}seconds`} since the epoch as a DateTime64.`,
    category,
    arguments: [{ name: 'value', accepts: isNumber }, zoneRule],
    returns: ([, zone], environment) => dateTime64In(unixDigits[unit], zone?.constant, environment),
    run: ([value], { type, rows, arena }) => new FixedColumn(type, arena.memory, asInt64(value, arena), rows),
  })

/** A number of digits YYYYMMDD[hhmmss] as days and seconds of the day; what is no date is 1970-01-01. */
function splitDigits(digits: number, hasClock: boolean): { days: number; clock: number } {
  const date = hasClock ? Math.floor(digits / 1e6) : digits
  const clock = hasClock ? digits % 1e6 : 0
  const [year, month, dayOfMonth] = [Math.floor(date / 10000), Math.floor(date / 100) % 100, date % 100]
  const isDate =
    month >= 1 && month <= 12 && dayOfMonth >= 1 && dayOfMonth <= new Date(Date.UTC(year, month, 0)).getUTCDate()
  const [hour, minute, second] = [Math.floor(clock / 10000), Math.floor(clock / 100) % 100, clock % 100]
  if (!isDate) return { days: 0, clock: 0 }
  return { days: Date.UTC(year, month - 1, dayOfMonth) / 86400000, clock: hour * 3600 + minute * 60 + second }
}

const fromDigits = (
  name: string,
  hasClock: boolean,
  type: (zone: unknown, environment: Environment, scale: unknown) => DataType,
  hasScale = false,
) =>
  defineFunction({
    name,
    about: `A number of ${hasClock ? '14' : '8'} digits as a date${hasClock ? ' and time' : ''}.`,
    category,
    arguments: [
      { name: 'digits', accepts: isNumberOrDecimal },
      ...(hasScale ? [{ name: 'precision', constant: true, optional: true }] : []),
      ...(hasClock ? [zoneRule] : []),
    ],
    returns: (args, environment) =>
      hasScale
        ? type(args[2]?.constant, environment, args[1]?.constant)
        : type(args[1]?.constant, environment, undefined),
    run: ([given], { type: result, rows, arena }) => {
      const digits = asInt64(given, arena)
      const seconds = arena.allocate(rows * 8)
      const { i64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const { days, clock } = splitDigits(Number(i64[digits / 8 + row]), hasClock)
        i64[seconds / 8 + row] = BigInt(days * 86400 + clock)
      }
      const zone = isDateKind(result) ? TimeZone.get('UTC') : (result as DateTimeType).zone
      return fromUtcSeconds(fromLocal(seconds, zone, rows, arena), result, rows, arena)
    },
  })

/** Year, month, day (or the day of the year); what is no date gives 1970-01-01. */
const makeDate = (name: string, type: DataType): FunctionDefinition =>
  defineFunction({
    name,
    caseInsensitive: name === 'makeDate',
    about: 'A date of year, month and day, or of year and day of the year.',
    category,
    arguments: [
      { name: 'year', accepts: isNumber },
      { name: 'month', accepts: isNumber },
      { name: 'day', accepts: isNumber, optional: true },
    ],
    returns: () => type,
    run: (args, { rows, arena }) => {
      const [years, seconds, thirds] = args.map(column => asInt64(column, arena) / 8)
      const days = arena.allocate(rows * 4)
      const { i64, i32 } = arena.memory
      const [low, high] = type.kind === 'Date' ? [1970, 2149] : [1900, 2299]
      for (let row = 0; row < rows; row++) {
        const [year, second] = [Number(i64[years + row]), Number(i64[seconds + row])]
        const third = thirds === undefined ? null : Number(i64[thirds + row])
        i32[days / 4 + row] = dayFrom(year, second, third, low, high)
      }
      return fromDays(days, type, rows, arena)
    },
  })

function dayFrom(year: number, second: number, third: number | null, low: number, high: number): number {
  if (year < low || year > high) return 0
  const start = Date.UTC(year, 0, 1) / 86400000
  if (third === null) {
    const length = Date.UTC(year + 1, 0, 1) / 86400000 - start
    return second >= 1 && second <= length ? start + second - 1 : 0
  }
  if (second < 1 || second > 12 || third < 1 || third > 31) return 0
  return Date.UTC(year, second - 1, third) / 86400000
}

const makeDateTime = (name: string, has64: boolean): FunctionDefinition =>
  defineFunction({
    name,
    about: 'A time of year, month, day, hour, minute and second.',
    category,
    arguments: [
      ...['year', 'month', 'day', 'hour', 'minute', 'second'].map(part => ({ name: part, accepts: isNumber })),
      ...(has64
        ? [
            { name: 'fraction', accepts: isNumber, optional: true },
            { name: 'precision', constant: true, optional: true },
          ]
        : []),
      zoneRule,
    ],
    returns: (args, environment) =>
      has64
        ? dateTime64In(Number(args[7]?.constant ?? 3), args[8]?.constant, environment)
        : dateTimeIn(args[6]?.constant, environment),
    run: (args, { type, rows, arena }) => {
      const parts = args.slice(0, has64 ? 7 : 6).map(column => asInt64(column, arena) / 8)
      const local = arena.allocate(rows * 8)
      const { i64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const [year, month, dayOfMonth, hour, minute, second] = parts.map(pointer => Number(i64[pointer + row]))
        const days = dayFrom(year, month, dayOfMonth, 1900, 2299)
        i64[local / 8 + row] = BigInt(days * 86400 + hour * 3600 + minute * 60 + second)
      }
      const { zone } = type as DateTimeType | DateTime64Type
      const result = fromUtcSeconds(fromLocal(local, zone, rows, arena), type, rows, arena)
      if (has64 && parts.length > 6)
        for (let row = 0; row < rows; row++)
          arena.memory.i64[result.pointer / 8 + row] += arena.memory.i64[parts[6] + row]
      return result
    },
  })

const throughUtc = (name: string, aliases: readonly string[], toUtc: boolean): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about: toUtc
      ? 'A time read as one on the clock of the zone, as the time in UTC.'
      : 'A time in UTC as the time on the clock of the zone.',
    category,
    arguments: [
      { name: 'time', accepts: isInstant },
      { name: 'timezone', constant: true },
    ],
    returns: ([time]) =>
      time.type instanceof DateTime64Type ? new DateTime64Type(time.type.scale) : new DateTimeType(),
    run: ([time], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(time)
      const zone = TimeZone.get(String(args[1].constant))
      const seconds = castColumn(
        convertTime(column, new DateTime64Type(0), arena),
        parseType('Int64'),
        arena,
      ) as FixedColumn
      const moved = newFixed(parseType('Int64'), rows, arena)
      const { i64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const second = Number(i64[seconds.pointer / 8 + row])
        i64[moved.pointer / 8 + row] = BigInt(toUtc ? zone.fromLocal(second) : second + zone.offsetAt(second))
      }
      return fromUtcSeconds(moved.pointer, type, rows, arena)
    },
  })

const toTime = defineFunction({
  name: 'toTimeWithFixedDate',
  about: 'The time of day on 1970-01-02.',
  category,
  arguments: [{ name: 'time', accepts: isInstant }, zoneRule],
  returns: ([time]) => (time.type instanceof DateTimeType ? time.type : new DateTimeType()),
  run: ([time], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(time)
    const zone = zoneArgument(args, 1, column.type)
    const seconds = utcSeconds(column, zone, arena)
    const out = arena.allocate(rows * 8)
    const { i64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const local = Number(i64[seconds / 8 + row]) + zone.offsetAt(Number(i64[seconds / 8 + row]))
      i64[out / 8 + row] = BigInt(zone.fromLocal(local - Math.floor(local / 86400) * 86400 + 86400))
    }
    return fromUtcSeconds(out, type, rows, arena)
  },
})

export const clock: readonly FunctionDefinition[] = [
  now,
  now64,
  utcTimestamp,
  day('today', ['curdate', 'current_date'], 0, "The day at the query's start."),
  day('yesterday', [], -1, "The day before the query's start."),
  timezone,
  toTimezone,
  timezoneOf,
  timezoneOffset,
  toUnixTimestamp,
  ...(Object.keys(unixDigits) as (keyof typeof unixDigits)[]).flatMap(unit => [toUnix64(unit), fromUnix64(unit)]),
  fromDigits('YYYYMMDDToDate', false, () => DateOnly),
  fromDigits('YYYYMMDDToDate32', false, () => parseType('Date32')),
  fromDigits('YYYYMMDDhhmmssToDateTime', true, dateTimeIn),
  fromDigits(
    'YYYYMMDDhhmmssToDateTime64',
    true,
    (zone, environment, scale) => dateTime64In(Number(scale ?? 3), zone, environment),
    true,
  ),
  makeDate('makeDate', DateOnly),
  makeDate('makeDate32', parseType('Date32')),
  makeDateTime('makeDateTime', false),
  makeDateTime('makeDateTime64', true),
  throughUtc('toUTCTimestamp', ['to_utc_timestamp'], true),
  throughUtc('fromUTCTimestamp', ['from_utc_timestamp'], false),
  toTime,
]
