// Rounding dates and times down: toStartOfMonth, toStartOfInterval, date_trunc, ...
import type { Column } from '../columns/column.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { IntervalType, type IntervalUnit, intervalUnits } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { TimeZone } from '../types/timeZone.ts'
import { datesCategory, zoneArgument, zoneRule } from './dateParts.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { wrapSeconds } from './intervals.ts'
import {
  convertTime,
  daysOf,
  fromDays,
  fromLocal,
  fromUtcSeconds,
  isDateKind,
  isTime,
  localSeconds,
  utcSeconds,
} from './timeColumns.ts'

const isInstant = (type: DataType): boolean => isTime(type) && !isDateKind(type)
const DateOnly = parseType('Date')

/** A DateTime in the zone of a type, or in the one that the call names. */
function dateTimeOf(type: DataType, zone: TimeZone, isNamed: boolean): DataType {
  if (isNamed) return new DateTimeType(zone.name)
  if (type instanceof DateTimeType || type instanceof DateTime64Type) return new DateTimeType(type.zoneName, type.zone)
  return new DateTimeType(null, zone)
}

type DayKernel = (days: number, out: number, rows: number, arena: Arena) => void

/** To the first day of something longer than a day: a Date. */
const toDay = (
  name: string,
  about: string,
  kernel: DayKernel,
  example?: [string, string],
  aliases: readonly string[] = [],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, zoneRule],
    returns: () => DateOnly,
    run: ([date], { rows, arena, arguments: args }) => {
      const column = fixedOf(date)
      const out = arena.allocate(rows * 4)
      kernel(daysOf(column, zoneArgument(args, 1, column.type), arena), out, rows, arena)
      return fromDays(out, DateOnly, rows, arena)
    },
    examples: example ? [example] : undefined,
  })

const months =
  (count: number): DayKernel =>
  (days, out, rows, arena) =>
    arena.memory.kernels.startOfMonths(days, count, 1900, out, rows)

const weekStart = (name: string, about: string, isLast: boolean, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, { name: 'mode', constant: true, optional: true }, zoneRule],
    returns: () => DateOnly,
    run: ([date], { rows, arena, arguments: args }) => {
      const column = fixedOf(date)
      const firstDay = (Number(args[1]?.constant ?? 0) & 1) === 1 ? 0 : 6
      const out = arena.allocate(rows * 4)
      const { kernels, i32 } = arena.memory
      kernels.startOfWeeks(daysOf(column, zoneArgument(args, 2, column.type), arena), 1, firstDay, out, rows)
      if (isLast) for (let row = 0; row < rows; row++) i32[out / 4 + row] += 6
      return fromDays(out, DateOnly, rows, arena)
    },
    examples: [example],
  })

const toStartOfDay = defineFunction({
  name: 'toStartOfDay',
  about: "The day's first second.",
  category: datesCategory,
  arguments: [{ name: 'date', accepts: isTime }, zoneRule],
  returns: args => dateTimeOf(args[0].type, zoneArgument(args, 1, args[0].type), typeof args[1]?.constant === 'string'),
  run: ([date], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(date)
    return fromDays(daysOf(column, zoneArgument(args, 1, column.type), arena), type, rows, arena)
  },
  examples: [["SELECT toStartOfDay(toDateTime('2020-01-01 10:11:12'))", '2020-01-01 00:00:00']],
})

/** UTC seconds rounded down to a period on the zone's clock. */
function floorOnClock(column: FixedColumn, period: number, zone: TimeZone, arena: Arena): number {
  const { rows } = column
  const { kernels } = arena.memory
  const local = localSeconds(column, zone, arena)
  const floored = arena.allocate(rows * 8)
  kernels.floorToPeriod(local, period, floored, rows)
  // What was taken off on the clock is taken off the moment too: in an hour that comes twice the second stays the second.
  kernels.subtractI64(local, floored, floored, rows)
  const out = arena.allocate(rows * 8)
  kernels.subtractI64(utcSeconds(column, zone, arena), floored, out, rows)
  return out
}

/** UTC seconds rounded down to a period that starts anew each midnight; hours that the clock skips do not count. */
function floorFromMidnight(column: FixedColumn, period: number, zone: TimeZone, arena: Arena): number {
  const { rows } = column
  const { kernels } = arena.memory
  const days = arena.allocate(rows * 8)
  kernels.floorToPeriod(localSeconds(column, zone, arena), 86400, days, rows)
  const midnight = fromLocal(days, zone, rows, arena)
  const out = arena.allocate(rows * 8)
  kernels.subtractI64(utcSeconds(column, zone, arena), midnight, out, rows)
  kernels.floorToPeriod(out, period, out, rows)
  kernels.addI64(out, midnight, out, rows)
  return out
}

/** Before 1970 what is not at a period's start goes up to the next, as division towards zero has it. */
function upBeforeEpoch(floored: number, seconds: number, period: number, rows: number, arena: Arena): void {
  const { i64 } = arena.memory
  for (let row = 0; row < rows; row++) {
    const start = i64[floored / 8 + row]
    if (start < 0n && start !== i64[seconds / 8 + row]) i64[floored / 8 + row] = start + BigInt(period)
  }
}

const toPeriod = (name: string, seconds: number, about: string, aliases: readonly string[] = []) =>
  defineFunction({
    name,
    aliases,
    about,
    category: datesCategory,
    arguments: [{ name: 'time', accepts: isInstant }, zoneRule],
    returns: args =>
      dateTimeOf(args[0].type, zoneArgument(args, 1, args[0].type), typeof args[1]?.constant === 'string'),
    run: ([time], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(time)
      const zone = zoneArgument(args, 1, column.type)
      const floored = floorOnClock(column, seconds, zone, arena)
      upBeforeEpoch(floored, utcSeconds(column, zone, arena), seconds, rows, arena)
      return fromUtcSeconds(wrapSeconds(floored, rows, arena), type, rows, arena)
    },
  })

/** Down to a fraction of a second, or to the second: a DateTime64. */
const toFraction = (name: string, digits: number, about: string) =>
  defineFunction({
    name,
    about,
    category: datesCategory,
    arguments: [{ name: 'time', accepts: type => type instanceof DateTime64Type }, zoneRule],
    returns: ([time, zone]) => {
      const type = fractionType(time.type, digits)
      return typeof zone?.constant === 'string' ? new DateTime64Type(type.scale, zone.constant) : type
    },
    run: ([time], { type, arena }) => floorFraction(fixedOf(time), type as DateTime64Type, digits, 1, arena),
  })

function fractionType(type: DataType, digits: number): DateTime64Type {
  if (type instanceof DateTime64Type) return new DateTime64Type(Math.max(type.scale, digits), type.zoneName, type.zone)
  const zone = type instanceof DateTimeType ? type : new DateTimeType()
  return new DateTime64Type(digits, zone.zoneName, zone.zone)
}

function floorFraction(
  column: FixedColumn,
  type: DateTime64Type,
  digits: number,
  count: number,
  arena: Arena,
): FixedColumn {
  const ticks = convertTime(column, type, arena)
  const out = newFixed(type, column.rows, arena)
  arena.memory.kernels.floorToPeriod(ticks.pointer, count * 10 ** (type.scale - digits), out.pointer, column.rows)
  return out
}

const digitsOf: Partial<Record<IntervalUnit, number>> = { Millisecond: 3, Microsecond: 6, Nanosecond: 9 }
const secondsOf: Partial<Record<IntervalUnit, number>> = { Second: 1, Minute: 60, Hour: 3600 }
const monthsOf: Partial<Record<IntervalUnit, number>> = { Month: 1, Quarter: 3, Year: 12 }

export function startType(type: DataType, unit: IntervalUnit, zone: TimeZone, isNamed: boolean): DataType {
  if (monthsOf[unit] || unit === 'Week') return DateOnly
  if (unit !== 'Day' && isDateKind(type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal interval kind for argument data type ${type.name}`)
  if (digitsOf[unit]) return fractionType(type, digitsOf[unit])
  return dateTimeOf(type, zone, isNamed)
}

/** Down to a multiple of count units. */
export function startOf(
  column: FixedColumn,
  unit: IntervalUnit,
  count: number,
  type: DataType,
  zone: TimeZone,
  arena: Arena,
): FixedColumn {
  const { rows } = column
  const { kernels } = arena.memory
  if (digitsOf[unit]) return floorFraction(column, type as DateTime64Type, digitsOf[unit], count, arena)
  const period = secondsOf[unit]
  if (period) {
    let floored: number
    if (unit === 'Hour') floored = floorFromMidnight(column, period * count, zone, arena)
    else {
      floored = arena.allocate(rows * 8)
      kernels.floorToPeriod(utcSeconds(column, zone, arena), period * count, floored, rows)
    }
    return fromUtcSeconds(floored, type, rows, arena)
  }
  const days = daysOf(column, zone, arena)
  const out = arena.allocate(rows * 4)
  if (unit === 'Week') kernels.startOfWeeks(days, count, 0, out, rows)
  else if (unit === 'Day') {
    const { i32 } = arena.memory
    for (let row = 0; row < rows; row++) i32[out / 4 + row] = Math.floor(i32[days / 4 + row] / count) * count
  } else kernels.startOfMonths(days, monthsOf[unit]! * count, unit === 'Year' ? 0 : 1900, out, rows)
  return fromDays(out, type, rows, arena)
}

function intervalArgument({ type, constant }: ArgumentInfo): { unit: IntervalUnit; count: number } {
  if (!(type instanceof IntervalType) || constant === undefined)
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      'Second argument of function toStartOfInterval must be a constant interval',
    )
  const count = Number(constant)
  if (count <= 0)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', 'Value for the interval of function toStartOfInterval must be positive')
  return { unit: type.unit, count }
}

const toStartOfInterval = defineFunction({
  name: 'toStartOfInterval',
  aliases: ['time_bucket', 'date_bin'],
  about: 'The start of the interval that the time is in.',
  category: datesCategory,
  arguments: [{ name: 'time', accepts: isTime }, { name: 'interval', constant: true }, zoneRule],
  constants: 'keep',
  returns: args => {
    const { unit } = intervalArgument(args[1])
    return startType(args[0].type, unit, zoneArgument(args, 2, args[0].type), typeof args[2]?.constant === 'string')
  },
  run: ([time], { type, arena, arguments: args }) => {
    const { unit, count } = intervalArgument(args[1])
    const column = fixedOf(time.full(arena))
    return startOf(column, unit, count, type, zoneArgument(args, 2, column.type), arena)
  },
  examples: [["SELECT toStartOfInterval(toDateTime('2020-01-15 10:11:12'), INTERVAL 7 MINUTE)", '2020-01-15 10:07:00']],
})

/** A unit by its name in text: 'month', 'Months', ... */
export function unitNamed(name: unknown): IntervalUnit | null {
  if (typeof name !== 'string') return null
  const lower = name.toLowerCase().replace(/(?<=.)s$/, '')
  const short: Record<string, IntervalUnit> = {
    ss: 'Second',
    s: 'Second',
    mi: 'Minute',
    n: 'Minute',
    hh: 'Hour',
    h: 'Hour',
    dd: 'Day',
    d: 'Day',
    wk: 'Week',
    ww: 'Week',
    mm: 'Month',
    m: 'Month',
    q: 'Quarter',
    qq: 'Quarter',
    yy: 'Year',
    yyyy: 'Year',
    ms: 'Millisecond',
    us: 'Microsecond',
    ns: 'Nanosecond',
  }
  return intervalUnits.find(unit => unit.toLowerCase() === lower) ?? short[name.toLowerCase()] ?? short[lower] ?? null
}

const dateTrunc = defineFunction({
  name: 'dateTrunc',
  aliases: ['date_trunc'],
  caseInsensitive: true,
  about: 'The date or time rounded down to the unit.',
  category: datesCategory,
  arguments: [{ name: 'unit', constant: true }, { name: 'time', accepts: isTime }, zoneRule],
  constants: 'keep',
  returns: args => {
    const unit = unitNamed(args[0].constant)
    if (!unit) throw new DBError('BAD_ARGUMENTS', `${args[0].constant} doesn't look like datepart name in dateTrunc`)
    const type = startType(
      args[1].type,
      unit,
      zoneArgument(args, 2, args[1].type),
      typeof args[2]?.constant === 'string',
    )
    const { type: given } = args[1]
    // Types that reach further than DateTime and Date keep that here.
    if (given.kind !== 'DateTime64' && given.kind !== 'Date32') return type
    if (type.kind === 'Date') return parseType('Date32')
    if (!(type instanceof DateTimeType)) return type
    return new DateTime64Type(0, type.zoneName, type.zone)
  },
  run: ([, time], { type, arena, arguments: args }) => {
    const column = fixedOf((time as Column).full(arena))
    return startOf(column, unitNamed(args[0].constant)!, 1, type, zoneArgument(args, 2, column.type), arena)
  },
  examples: [["SELECT date_trunc('month', toDate('2020-05-17'))", '2020-05-01']],
})

export const dateStarts: readonly FunctionDefinition[] = [
  toDay('toStartOfYear', 'The first day of the year.', months(12)),
  toDay('toStartOfQuarter', 'The first day of the quarter.', months(3)),
  toDay('toStartOfMonth', 'The first day of the month.', months(1), [
    "SELECT toStartOfMonth(toDate('2020-05-17'))",
    '2020-05-01',
  ]),
  toDay('toMonday', 'The Monday of the week.', (days, out, rows, arena) =>
    arena.memory.kernels.startOfWeeks(days, 1, 0, out, rows),
  ),
  toDay('toStartOfISOYear', 'The first day of the ISO year, a Monday.', (days, out, rows, arena) =>
    arena.memory.kernels.startOfIsoYear(days, out, rows),
  ),
  toDay(
    'toLastDayOfMonth',
    'The last day of the month.',
    (days, out, rows, arena) => arena.memory.kernels.lastDayOfMonth(days, out, rows),
    undefined,
    ['LAST_DAY'],
  ),
  weekStart('toStartOfWeek', 'The first day of the week: a Sunday, or a Monday in odd modes.', false, [
    "SELECT toStartOfWeek(toDate('2020-01-01'), 1)",
    '2019-12-30',
  ]),
  weekStart('toLastDayOfWeek', 'The last day of the week: a Saturday, or a Sunday in odd modes.', true, [
    "SELECT toLastDayOfWeek(toDate('2020-01-01'))",
    '2020-01-04',
  ]),
  toStartOfDay,
  toPeriod('toStartOfHour', 3600, "The hour's first second."),
  toPeriod('toStartOfMinute', 60, "The minute's first second."),
  toPeriod('toStartOfFiveMinutes', 300, 'Rounded down to five minutes.', ['toStartOfFiveMinute']),
  toPeriod('toStartOfTenMinutes', 600, 'Rounded down to ten minutes.'),
  toPeriod('toStartOfFifteenMinutes', 900, 'Rounded down to a quarter of an hour.'),
  toPeriod('timeSlot', 1800, 'Rounded down to half an hour.'),
  toFraction('toStartOfSecond', 0, 'The start of the second.'),
  toFraction('toStartOfMillisecond', 3, 'The start of the millisecond.'),
  toFraction('toStartOfMicrosecond', 6, 'The start of the microsecond.'),
  toFraction('toStartOfNanosecond', 9, 'The start of the nanosecond.'),
  toStartOfInterval,
  dateTrunc,
]
