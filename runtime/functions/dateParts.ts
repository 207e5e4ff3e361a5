// Parts of dates and times: toYear, toHour, toISOWeek, ... A time's parts are those on its zone's clock, or on that of a zone given.
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, printDays } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { asInt64 } from './castColumn.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical, zeroFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type ArgumentRule, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isNativeInteger } from './stringRows.ts'
import { textColumn } from './textColumns.ts'
import { daysOf, isDateKind, isTime, localSeconds, utcSeconds, zoneOf } from './timeColumns.ts'

export const datesCategory = 'Dates and Times'
export const zoneRule: ArgumentRule = { name: 'timezone', constant: true, optional: true }

/** The zone that a call names as its argument at `at`, or the type's own. */
export function zoneArgument(args: readonly ArgumentInfo[], at: number, type: DataType): TimeZone {
  const zone = args[at]?.constant
  return typeof zone === 'string' && zone !== '' ? TimeZone.get(zone) : zoneOf(type)
}

const isInstant = (type: DataType): boolean => isTime(type) && !isDateKind(type)

/** Parts of the day; kernel: its name before OfDays. */
const dayPart = (name: string, kernel: string, type: string, about: string, aliases: readonly string[] = []) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, zoneRule],
    returns: () => parseType(type),
    run: ([date], call) => partOfDays(fixedOf(date), kernel, call),
  })

function partOfDays(column: FixedColumn, kernel: string, { type, rows, arena, arguments: args }: Call): FixedColumn {
  const days = daysOf(column, zoneArgument(args, 1, column.type), arena)
  const out = arena.allocate(rows * 4)
  kernelNamed(arena.memory.kernels, `${kernel}OfDays`)(days, out, rows)
  return new FixedColumn(type, arena.memory, castNumbers(out, 'I32', numberPhysical(type), rows, arena), rows)
}

/** Parts of the time of day: (second mod period) / unit. */
const timePart = (name: string, period: number, unit: number, about: string, aliases: readonly string[]) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category: datesCategory,
    arguments: [{ name: 'time', accepts: isInstant }, zoneRule],
    returns: () => parseType('UInt8'),
    run: ([time], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(time)
      const seconds = localSeconds(column, zoneArgument(args, 1, column.type), arena)
      const out = newFixed(type, rows, arena)
      arena.memory.kernels.secondsPart(seconds, period, unit, out.pointer, rows)
      return out
    },
  })

/** What lies behind the second, in a unit of so many digits. */
const fractionPart = (name: string, alias: string, digits: number, example: [string, string]) =>
  defineFunction({
    name,
    aliases: [alias],
    caseInsensitive: true,
    about: `The ${name.slice(2).toLowerCase()}s behind the second.`,
    category: datesCategory,
    arguments: [{ name: 'time', accepts: isTime }, zoneRule],
    returns: () => parseType(digits === 3 ? 'UInt16' : 'UInt32'),
    run: ([time], { type, rows, arena }) => {
      const column = fixedOf(time)
      const out = zeroFixed(type, rows, arena)
      if (!(column.type instanceof DateTime64Type)) return out
      const { i64, u16, u32 } = arena.memory
      const unit = 10n ** BigInt(column.type.scale)
      for (let row = 0; row < rows; row++) {
        const fraction = ((i64[column.pointer / 8 + row] % unit) + unit) % unit
        const value = Number((fraction * 10n ** BigInt(digits)) / unit)
        if (digits === 3) u16[out.pointer / 2 + row] = value
        else u32[out.pointer / 4 + row] = value
      }
      return out
    },
    examples: [example],
  })

const toDayOfWeek = defineFunction({
  name: 'toDayOfWeek',
  aliases: ['DAYOFWEEK'],
  caseInsensitive: true,
  about: 'The day of the week. Mode 0: Monday is 1; 1: Monday is 0; 2: Sunday is 0; 3: Sunday is 1.',
  category: datesCategory,
  arguments: [{ name: 'date', accepts: isTime }, { name: 'mode', constant: true, optional: true }, zoneRule],
  returns: () => parseType('UInt8'),
  run: ([date], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(date)
    const mode = Number(args[1]?.constant ?? 0) & 3
    const out = arena.allocate(rows * 4)
    arena.memory.kernels.dayOfWeekOfDays(daysOf(column, zoneArgument(args, 2, column.type), arena), out, rows)
    const result = newFixed(type, rows, arena)
    const { i32, u8 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const day = i32[out / 4 + row] // 1 is Monday
      u8[result.pointer + row] = mode === 0 ? day : mode === 1 ? day - 1 : mode === 2 ? day % 7 : (day % 7) + 1
    }
    return result
  },
  examples: [["SELECT toDayOfWeek(toDate('2020-01-05'))", '7']],
})

/** The week of the year as MySQL's WEEK(date, mode) counts it, and the year that the week belongs to. */
function weekOf(days: number, mode: number): { year: number; week: number } {
  const startsMonday = (mode & 1) !== 0
  const fromOne = (mode & 2) !== 0
  // Modes 1, 3, 4 and 6: week 1 has four days or more in the year. The others: it holds the first such weekday.
  const fourDays = mode === 1 || mode === 3 || mode === 4 || mode === 6
  const year = new Date(days * 86400000).getUTCFullYear()
  const weekday = (day: number) => (((day + (startsMonday ? 3 : 4)) % 7) + 7) % 7
  const firstWeek = (y: number): number => {
    const january = Date.UTC(y, 0, 1) / 86400000
    const inWeek = weekday(january)
    const daysInYear = 7 - inWeek
    return inWeek === 0 || (fourDays && daysInYear >= 4) ? january - inWeek : january + daysInYear
  }
  const start = firstWeek(year)
  if (days < start) {
    if (!fromOne) return { year: year - 1, week: 0 }
    return { year: year - 1, week: Math.floor((days - firstWeek(year - 1)) / 7) + 1 }
  }
  const next = firstWeek(year + 1)
  if (fromOne && days >= next) return { year: year + 1, week: 1 }
  return { year, week: Math.floor((days - start) / 7) + 1 }
}

const weekFunction = (
  name: string,
  aliases: readonly string[],
  about: string,
  isYearWeek: boolean,
  example: [string, string],
) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, { name: 'mode', constant: true, optional: true }, zoneRule],
    returns: () => parseType(isYearWeek ? 'UInt32' : 'UInt8'),
    run: ([date], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(date)
      const given = Number(args[1]?.constant ?? 0)
      const days = daysOf(column, zoneArgument(args, 2, column.type), arena)
      const out = newFixed(type, rows, arena)
      const { i32, u32, u8 } = arena.memory
      let [lastDay, last] = [Number.NaN, 0]
      for (let row = 0; row < rows; row++) {
        const day = i32[days / 4 + row]
        if (day !== lastDay) {
          lastDay = day
          const { year, week } =
            given >= 8 ? weekOfJanuaryFirst(day, given) : weekOf(day, isYearWeek ? given | 2 : given)
          last = isYearWeek ? year * 100 + week : week
        }
        if (isYearWeek) u32[out.pointer / 4 + row] = last
        else u8[out.pointer + row] = last
      }
      return out
    },
    examples: [example],
  })

/** Modes 8 and 9: week 1 holds January 1st. */
function weekOfJanuaryFirst(days: number, mode: number): { year: number; week: number } {
  const shift = mode === 9 ? 3 : 4
  const weekStart = (day: number) => day - ((((day + shift) % 7) + 7) % 7)
  const yearOf = (day: number) => new Date(day * 86400000).getUTCFullYear()
  const start = weekStart(days)
  const year = yearOf(start + 6)
  return { year, week: (start - weekStart(Date.UTC(year, 0, 1) / 86400000)) / 7 + 1 }
}

const toYYYYMMDDhhmmss = defineFunction({
  name: 'toYYYYMMDDhhmmss',
  about: 'The date and time as one number of 14 digits.',
  category: datesCategory,
  arguments: [{ name: 'time', accepts: isTime }, zoneRule],
  returns: () => parseType('UInt64'),
  run: ([time], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(time)
    const zone = zoneArgument(args, 1, column.type)
    const { kernels } = arena.memory
    const date = arena.allocate(rows * 4)
    kernels.yearMonthDayOfDays(daysOf(column, zone, arena), date, rows)
    const seconds = localSeconds(column, zone, arena)
    const [hours, minutes, rest] = [3600, 60, 1].map(unit => {
      const out = arena.allocate(rows)
      kernels.secondsPart(seconds, unit === 3600 ? 86400 : unit * 60, unit, out, rows)
      return out
    })
    const result = newFixed(type, rows, arena)
    const { i32, u8, u64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const clock = (u8[hours + row] * 100 + u8[minutes + row]) * 100 + u8[rest + row]
      u64[result.pointer / 8 + row] = BigInt(i32[date / 4 + row]) * 1000000n + BigInt(clock)
    }
    return result
  },
  examples: [["SELECT toYYYYMMDDhhmmss(toDateTime('2020-01-01 01:02:03'))", '20200101010203']],
})

/** Counts of units since a fixed moment, for differences. */
const relative = (name: string, unit: RelativeUnit, type: string, about: string) =>
  defineFunction({
    name,
    about,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, zoneRule],
    returns: () => parseType(type),
    run: ([date], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(date)
      const numbers = relativeNumbers(column, unit, zoneArgument(args, 1, column.type), arena)
      return new FixedColumn(type, arena.memory, castNumbers(numbers, 'I64', numberPhysical(type), rows, arena), rows)
    },
  })

/** Years or months since 1970, of 16 bits that wrap. */
const sinceEpoch = (name: string, unit: 'year' | 'month', start: number, example: [string, string]) =>
  defineFunction({
    name,
    about: `${unit === 'year' ? 'Years' : 'Months'} since 1970.`,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: isTime }, zoneRule],
    returns: () => parseType('UInt32'),
    run: ([date], { type, rows, arena, arguments: args }) => {
      const column = fixedOf(date)
      const days = daysOf(column, zoneArgument(args, 1, column.type), arena)
      const out = newFixed(type, rows, arena)
      const { i32, u32 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const day = new Date(i32[days / 4 + row] * 86400000)
        const year = day.getUTCFullYear()
        u32[out.pointer / 4 + row] = ((unit === 'year' ? year : year * 12 + day.getUTCMonth()) - start) & 0xffff
      }
      return out
    },
    examples: [example],
  })

const daysInMonth = defineFunction({
  name: 'toDaysInMonth',
  about: "How many days the date's month has.",
  category: datesCategory,
  arguments: [{ name: 'date', accepts: isTime }, zoneRule],
  returns: () => parseType('UInt8'),
  run: ([date], { type, rows, arena, arguments: args }) => {
    const column = fixedOf(date)
    const last = arena.allocate(rows * 4)
    arena.memory.kernels.lastDayOfMonth(daysOf(column, zoneArgument(args, 1, column.type), arena), last, rows)
    const out = newFixed(type, rows, arena)
    const { i32, u8 } = arena.memory
    for (let row = 0; row < rows; row++) u8[out.pointer + row] = new Date(i32[last / 4 + row] * 86400000).getUTCDate()
    return out
  },
  examples: [["SELECT toDaysInMonth(toDate('2024-02-01'))", '29']],
})

export type RelativeUnit = 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'second'

/** Whole units since a fixed moment, i64[rows], days and longer ones on the zone's calendar: differences are how many limits of the unit lie between. */
export function relativeNumbers(column: FixedColumn, unit: RelativeUnit, zone: TimeZone, arena: Arena): number {
  const { rows } = column
  const { kernels } = arena.memory
  if (unit === 'second' || unit === 'minute' || unit === 'hour') {
    const seconds = utcSeconds(column, zone, arena)
    const out = arena.allocate(rows * 8)
    kernels.floorDivI64(seconds, unit === 'second' ? 1 : unit === 'minute' ? 60 : 3600, out, rows)
    return out
  }
  const days = daysOf(column, zone, arena)
  const out = arena.allocate(rows * 4)
  if (unit === 'year') kernels.yearOfDays(days, out, rows)
  else if (unit === 'quarter') kernels.quarterNumberOfDays(days, out, rows)
  else if (unit === 'month') kernels.monthNumberOfDays(days, out, rows)
  else if (unit === 'day') return castNumbers(days, 'I32', 'I64', rows, arena)
  else {
    kernels.startOfWeeks(days, 1, 0, out, rows)
    const wide = castNumbers(out, 'I32', 'I64', rows, arena)
    // Mondays are 4 days past a multiple of 7; counted as toRelativeWeekNum does.
    kernels.floorDivI64(wide, 7, wide, rows)
    const one = arena.allocate(8)
    arena.memory.i64[one / 8] = 1n
    kernels.addConstI64(wide, one, wide, rows)
    return wide
  }
  return castNumbers(out, 'I32', 'I64', rows, arena)
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const monthName = defineFunction({
  name: 'monthName',
  caseInsensitive: true,
  about: "The month's English name.",
  category: datesCategory,
  arguments: [{ name: 'date', accepts: isTime }],
  returns: () => parseType('String'),
  run: ([date], { rows, arena }) => {
    const column = fixedOf(date)
    const out = arena.allocate(rows * 4)
    arena.memory.kernels.monthOfDays(daysOf(column, zoneOf(column.type), arena), out, rows)
    const months = Array.from(arena.memory.i32.subarray(out / 4, out / 4 + rows))
    return textColumn(
      months.map(month => monthNames[month - 1]),
      arena,
    )
  },
  examples: [["SELECT monthName(toDate('2020-01-05'))", 'January']],
})

const dateName = defineFunction({
  name: 'dateName',
  caseInsensitive: true,
  about:
    'A part of the date as text: year, quarter, month (its name), dayofyear, day, week, weekday (its name), hour, minute, second.',
  category: datesCategory,
  arguments: [{ name: 'part', constant: true }, { name: 'date', accepts: isTime }, zoneRule],
  returns: () => parseType('String'),
  run: ([, date], { rows, arena, arguments: args }) => {
    const column = fixedOf(date)
    const part = String(args[0].constant).toLowerCase()
    const seconds = localSeconds(column, zoneArgument(args, 2, column.type), arena)
    const texts: string[] = []
    for (let row = 0; row < rows; row++) texts.push(partName(part, Number(arena.memory.i64[seconds / 8 + row])))
    return textColumn(texts, arena)
  },
  examples: [["SELECT dateName('weekday', toDate('2020-01-05'))", 'Sunday']],
})

function partName(part: string, second: number): string {
  const days = Math.floor(second / 86400)
  const date = new Date(second * 1000)
  switch (part) {
    case 'year':
      return String(date.getUTCFullYear())
    case 'quarter':
      return String(Math.floor(date.getUTCMonth() / 3) + 1)
    case 'month':
      return monthNames[date.getUTCMonth()]
    case 'dayofyear':
      return String(days - Date.UTC(date.getUTCFullYear(), 0, 1) / 86400000 + 1)
    case 'day':
      return String(date.getUTCDate())
    case 'week':
      return String(weekOf(days, 3).week)
    case 'weekday':
      return weekdayNames[(date.getUTCDay() + 6) % 7]
    case 'hour':
      return String(date.getUTCHours())
    case 'minute':
      return String(date.getUTCMinutes())
    case 'second':
      return String(date.getUTCSeconds())
    default:
      throw new DBError('BAD_ARGUMENTS', `${part} is not a part of a date that dateName knows`)
  }
}

const toDaysSinceYearZero = defineFunction({
  name: 'toDaysSinceYearZero',
  aliases: ['TO_DAYS'],
  caseInsensitive: true,
  about: 'Days since 0000-01-01.',
  category: datesCategory,
  arguments: [{ name: 'date', accepts: isTime }, zoneRule],
  returns: () => parseType('UInt32'),
  run: ([date], { type, rows, arena, arguments: args }) =>
    shiftDays(fixedOf(date), 719528, zoneArgument(args, 1, date.type), type, rows, arena),
  examples: [["SELECT toDaysSinceYearZero(toDate('2020-01-01'))", '737790']],
})

function shiftDays(
  column: FixedColumn,
  by: number,
  zone: TimeZone,
  type: DataType,
  rows: number,
  arena: Arena,
): FixedColumn {
  const days = daysOf(column, zone, arena)
  const out = newFixed(type, rows, arena)
  const { i32 } = arena.memory
  for (let row = 0; row < rows; row++) i32[out.pointer / 4 + row] = i32[days / 4 + row] + by
  return out
}

/** YYYY-MM-DD as days since 1970, or null where that is no date. */
function daysOfText(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(text)
  if (!match) return null
  const [year, month, day] = match.slice(1).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day ? date.getTime() / 86400000 : null
}

const julianShift = 40587

const toModifiedJulianDay = (form: '' | 'OrNull') =>
  defineFunction({
    name: `toModifiedJulianDay${form}`,
    about: `The Modified Julian Day of a date as text, YYYY-MM-DD${form ? '; NULL for what is none' : ''}.`,
    category: datesCategory,
    arguments: [{ name: 'date', accepts: ({ kind }) => kind === 'String' || kind === 'FixedString' }],
    returns: () => parseType(form ? 'Nullable(Int32)' : 'Int32'),
    run: ([date], { rows, arena, nulls }) => {
      const out = newFixed(parseType('Int32'), rows, arena)
      const failures = arena.allocateZeroed(rows)
      const { u8, i32 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const days = daysOfText(String(date.valueAt(row)))
        const mayFail = form !== '' || (nulls !== 0 && u8[nulls + row] === 1)
        if (days === null && !mayFail)
          throw new DBError(
            /^\d{4}-\d{2}-\d{2}/.test(String(date.valueAt(row)))
              ? 'CANNOT_PARSE_DATE'
              : 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
            'Cannot parse a date of the form YYYY-MM-DD',
          )
        i32[out.pointer / 4 + row] = (days ?? 0) + julianShift
        u8[failures + row] = Number(days === null)
      }
      return form ? new NullableColumn(failures, out) : out
    },
    examples: [[`SELECT toModifiedJulianDay${form}('2020-01-01')`, '58849']],
  })

const fromModifiedJulianDay = (form: '' | 'OrNull') =>
  defineFunction({
    name: `fromModifiedJulianDay${form}`,
    about: `The date, as text, of a Modified Julian Day${form ? '; NULL where there is none' : ''}.`,
    category: datesCategory,
    arguments: [{ name: 'day', accepts: isNativeInteger }],
    returns: () => parseType(form ? 'Nullable(String)' : 'String'),
    run: ([day], { rows, arena, nulls }) => {
      const numbers = asInt64(day, arena)
      const failures = arena.allocateZeroed(rows)
      const { u8, i64 } = arena.memory
      const texts = Array.from({ length: rows }, (_, row) => {
        const days = Number(i64[numbers / 8 + row]) - julianShift
        if (days >= -719528 && days <= 2932896) return printDays(days)
        if (form === '' && !(nulls !== 0 && u8[nulls + row]))
          throw new DBError('CANNOT_FORMAT_DATETIME', 'The year of a Modified Julian Day must be from 0000 to 9999')
        u8[failures + row] = 1
        return ''
      })
      const column = textColumn(texts, arena)
      return form ? new NullableColumn(failures, column) : column
    },
    examples: [[`SELECT fromModifiedJulianDay${form}(58849)`, '2020-01-01']],
  })

/** Days since 0000-01-01 as a date. */
const fromDaysSinceYearZero = (name: string, aliases: readonly string[], type: DataType) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: 'The date that is so many days after 0000-01-01.',
    category: datesCategory,
    arguments: [{ name: 'days', accepts: isNativeInteger }],
    returns: () => type,
    run: ([days], { rows, arena, nulls }) => {
      const numbers = asInt64(days, arena)
      const out = newFixed(type, rows, arena)
      const { u8, i64, u16, i32 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const number = Number(i64[numbers / 8 + row])
        if (number < 0 && !(nulls !== 0 && u8[nulls + row]))
          throw new DBError('ARGUMENT_OUT_OF_BOUND', `Function ${name} takes no negative numbers`)
        if (type.width === 2) u16[out.pointer / 2 + row] = number - 719528
        else i32[out.pointer / 4 + row] = number - 719528
      }
      return out
    },
    examples: [[`SELECT ${name}(739136)`, '2023-09-08']],
  })

export const dateParts: readonly FunctionDefinition[] = [
  dayPart('toYear', 'year', 'UInt16', 'The year.', ['YEAR']),
  dayPart('toQuarter', 'quarter', 'UInt8', 'The quarter, 1 to 4.', ['QUARTER']),
  dayPart('toMonth', 'month', 'UInt8', 'The month, 1 to 12.', ['MONTH']),
  dayPart('toDayOfMonth', 'dayOfMonth', 'UInt8', 'The day of the month.', ['DAY', 'DAYOFMONTH']),
  dayPart('toDayOfYear', 'dayOfYear', 'UInt16', 'The day of the year.', ['DAYOFYEAR']),
  dayPart('toYYYYMM', 'yearMonth', 'UInt32', 'Year and month as one number of six digits.'),
  dayPart('toYYYYMMDD', 'yearMonthDay', 'UInt32', 'The date as one number of eight digits.'),
  dayPart('toISOYear', 'isoYear', 'UInt16', 'The year that the ISO week belongs to.'),
  dayPart('toISOWeek', 'isoWeek', 'UInt8', 'The ISO week.'),
  timePart('toHour', 86400, 3600, 'The hour.', ['HOUR']),
  timePart('toMinute', 3600, 60, 'The minute.', ['MINUTE']),
  timePart('toSecond', 60, 1, 'The second.', ['SECOND']),
  fractionPart('toMillisecond', 'MILLISECOND', 3, [
    "SELECT toMillisecond(toDateTime64('2020-01-01 00:00:00.456', 3))",
    '456',
  ]),
  fractionPart('toMicrosecond', 'MICROSECOND', 6, [
    "SELECT toMicrosecond(toDateTime64('2020-01-01 00:00:00.456', 3))",
    '456000',
  ]),
  fractionPart('toNanosecond', 'NANOSECOND', 9, [
    "SELECT toNanosecond(toDateTime64('2020-01-01 00:00:00.456', 3))",
    '456000000',
  ]),
  sinceEpoch('toYearNumSinceEpoch', 'year', 1970, ["SELECT toYearNumSinceEpoch(toDate('2024-10-01'))", '54']),
  sinceEpoch('toMonthNumSinceEpoch', 'month', 1970 * 12, ["SELECT toMonthNumSinceEpoch(toDate('2024-10-01'))", '657']),
  daysInMonth,
  toDayOfWeek,
  weekFunction('toWeek', ['WEEK'], "The week of the year, counted by MySQL's mode.", false, [
    "SELECT toWeek(toDate('2020-01-01'), 3)",
    '1',
  ]),
  weekFunction('toYearWeek', ['YEARWEEK'], 'Year and week as one number.', true, [
    "SELECT toYearWeek(toDate('2020-12-31'), 3)",
    '202053',
  ]),
  toYYYYMMDDhhmmss,
  relative('toRelativeYearNum', 'year', 'UInt16', 'The year.'),
  relative('toRelativeQuarterNum', 'quarter', 'UInt32', 'Quarters since year 0.'),
  relative('toRelativeMonthNum', 'month', 'UInt32', 'Months since year 0.'),
  relative('toRelativeWeekNum', 'week', 'UInt32', 'Weeks since the epoch.'),
  relative('toRelativeDayNum', 'day', 'UInt32', 'Days since the epoch.'),
  relative('toRelativeHourNum', 'hour', 'UInt32', 'Hours since the epoch.'),
  relative('toRelativeMinuteNum', 'minute', 'UInt32', 'Minutes since the epoch.'),
  relative('toRelativeSecondNum', 'second', 'UInt32', 'Seconds since the epoch.'),
  monthName,
  dateName,
  toDaysSinceYearZero,
  toModifiedJulianDay(''),
  toModifiedJulianDay('OrNull'),
  fromModifiedJulianDay(''),
  fromModifiedJulianDay('OrNull'),
  fromDaysSinceYearZero('fromDaysSinceYearZero', ['FROM_DAYS'], parseType('Date')),
  fromDaysSinceYearZero('fromDaysSinceYearZero32', [], parseType('Date32')),
]
