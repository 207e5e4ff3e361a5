// Times as text by a pattern, and Unix time as text.
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import type { TimeZone } from '../types/timeZone.ts'
import { asInt64 } from './castColumn.ts'
import { dateTimeIn } from './conversion.ts'
import { datesCategory as category, monthNames, weekdayNames, zoneArgument, zoneRule } from './dateParts.ts'
import { fixedOf } from './fixedColumns.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isNumber } from './numericTypes.ts'
import { textColumn } from './textColumns.ts'
import { fromUtcSeconds, isTime, utcSeconds } from './timeColumns.ts'

const String_ = parseType('String')
const pad = (value: number, width = 2): string => String(value).padStart(width, '0')

/** A moment taken apart on a zone's clock. */
interface Moment {
  readonly date: Date
  /** Seconds since the epoch as the clock shows them. */
  readonly local: number
  readonly offset: number
  /** Digits of the second's fraction. */
  readonly fraction: string
}

const dayOfYear = ({ date }: Moment): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86400000) + 1

function isoWeek({ date }: Moment): { year: number; week: number } {
  const day = Math.floor(date.getTime() / 86400000)
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3
  const year = new Date(thursday * 86400000).getUTCFullYear()
  return { year, week: Math.floor((thursday - Date.UTC(year, 0, 1) / 86400000) / 7) + 1 }
}

const hour12 = ({ date }: Moment): number => date.getUTCHours() % 12 || 12

function zoneText({ offset }: Moment): string {
  const minutes = Math.abs(Math.trunc(offset / 60))
  return `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}${pad(minutes % 60)}`
}

const mysql: Record<string, (moment: Moment) => string> = {
  a: ({ date }) => weekdayNames[(date.getUTCDay() + 6) % 7].slice(0, 3),
  b: ({ date }) => monthNames[date.getUTCMonth()].slice(0, 3),
  c: ({ date }) => pad(date.getUTCMonth() + 1),
  C: ({ date }) => pad(Math.floor(date.getUTCFullYear() / 100)),
  d: ({ date }) => pad(date.getUTCDate()),
  D: ({ date }) => `${pad(date.getUTCMonth() + 1)}/${pad(date.getUTCDate())}/${pad(date.getUTCFullYear() % 100)}`,
  e: ({ date }) => String(date.getUTCDate()),
  f: ({ fraction }) => fraction || '000000',
  F: ({ date }) => `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`,
  g: moment => pad(isoWeek(moment).year % 100),
  G: moment => pad(isoWeek(moment).year, 4),
  h: moment => pad(hour12(moment)),
  H: ({ date }) => pad(date.getUTCHours()),
  i: ({ date }) => pad(date.getUTCMinutes()),
  I: moment => pad(hour12(moment)),
  j: moment => pad(dayOfYear(moment), 3),
  k: ({ date }) => pad(date.getUTCHours()),
  l: moment => pad(hour12(moment)),
  m: ({ date }) => pad(date.getUTCMonth() + 1),
  M: ({ date }) => monthNames[date.getUTCMonth()],
  n: () => '\n',
  p: ({ date }) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  Q: ({ date }) => String(Math.floor(date.getUTCMonth() / 3) + 1),
  r: moment =>
    `${pad(hour12(moment))}:${pad(moment.date.getUTCMinutes())} ${moment.date.getUTCHours() < 12 ? 'AM' : 'PM'}`,
  R: ({ date }) => `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`,
  s: ({ date }) => pad(date.getUTCSeconds()),
  S: ({ date }) => pad(date.getUTCSeconds()),
  t: () => '\t',
  T: ({ date }) => `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`,
  u: ({ date }) => String(((date.getUTCDay() + 6) % 7) + 1),
  V: moment => pad(isoWeek(moment).week),
  w: ({ date }) => String(date.getUTCDay()),
  W: ({ date }) => weekdayNames[(date.getUTCDay() + 6) % 7],
  y: ({ date }) => pad(date.getUTCFullYear() % 100),
  Y: ({ date }) => pad(date.getUTCFullYear(), 4),
  z: zoneText,
  '%': () => '%',
}

type Piece = string | ((moment: Moment) => string)

function parsePattern(pattern: string): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] !== '%') {
      pieces.push(pattern[at])
      continue
    }
    const specifier = pattern[++at]
    if (specifier === undefined) throw new DBError('BAD_ARGUMENTS', 'Trailing single % in the format string')
    const print = mysql[specifier]
    if (!print) {
      const known = ['U', 'v', 'x', 'X', 'E', 'O'].includes(specifier)
      throw new DBError(
        known ? 'NOT_IMPLEMENTED' : 'BAD_ARGUMENTS',
        `Wrong syntax '${pattern}', unexpected symbol '${specifier}' for function formatDateTime`,
      )
    }
    pieces.push(print)
  }
  return pieces
}

/** Joda's letters; how often one stands says how wide it is. */
const joda: Record<string, (moment: Moment, width: number, zone: TimeZone) => string> = {
  G: () => 'AD',
  C: ({ date }, width) => pad(Math.floor(date.getUTCFullYear() / 100), width),
  Y: jodaYear,
  y: jodaYear,
  x: (moment, width) => pad(isoWeek(moment).year, width),
  w: (moment, width) => pad(isoWeek(moment).week, width),
  e: ({ date }, width) => pad(((date.getUTCDay() + 6) % 7) + 1, width),
  E: ({ date }, width) => {
    const name = weekdayNames[(date.getUTCDay() + 6) % 7]
    return width >= 4 ? name : name.slice(0, 3)
  },
  D: (moment, width) => pad(dayOfYear(moment), width),
  M: ({ date }, width) => {
    const month = date.getUTCMonth()
    return width <= 2 ? pad(month + 1, width) : width === 3 ? monthNames[month].slice(0, 3) : monthNames[month]
  },
  d: ({ date }, width) => pad(date.getUTCDate(), width),
  a: ({ date }) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  K: ({ date }, width) => pad(date.getUTCHours() % 12, width),
  h: (moment, width) => pad(hour12(moment), width),
  H: ({ date }, width) => pad(date.getUTCHours(), width),
  k: ({ date }, width) => pad(date.getUTCHours() || 24, width),
  m: ({ date }, width) => pad(date.getUTCMinutes(), width),
  s: ({ date }, width) => pad(date.getUTCSeconds(), width),
  S: ({ fraction }, width) => fraction.padEnd(width, '0').slice(0, width),
  z: (_, __, zone) => zone.name,
}

function jodaYear({ date }: Moment, width: number): string {
  const year = date.getUTCFullYear()
  return width === 2 ? pad(year % 100) : pad(year, width)
}

function parseJoda(pattern: string, zone: TimeZone): Piece[] {
  const pieces: Piece[] = []
  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at]
    if (char === "'") {
      if (pattern[at + 1] === "'") {
        pieces.push("'")
        at += 2
        continue
      }
      const end = pattern.indexOf("'", at + 1)
      if (end < 0) throw new DBError('BAD_ARGUMENTS', `No closing single quote for literal in '${pattern}'`)
      pieces.push(pattern.slice(at + 1, end))
      at = end + 1
      continue
    }
    let width = 1
    while (pattern[at + width] === char) width++
    const print = joda[char]
    if (print) pieces.push(moment => print(moment, width, zone))
    else if (/[A-Za-z]/.test(char))
      throw new DBError('NOT_IMPLEMENTED', `format is not supported for ${char.repeat(width)}`)
    else pieces.push(char.repeat(width))
    at += width
  }
  return pieces
}

function print(time: Column, zone: TimeZone, pieces: readonly Piece[], { rows, arena }: Call): Column {
  const column = fixedOf(time)
  const seconds = utcSeconds(column, zone, arena)
  const scale = column.type instanceof DateTime64Type ? column.type.scale : 0
  const { i64 } = arena.memory
  const unit = 10n ** BigInt(scale)
  const texts = Array.from({ length: rows }, (_, row) => {
    const second = Number(i64[seconds / 8 + row])
    const offset = zone.offsetAt(second)
    const ticks = scale === 0 ? 0n : ((i64[column.pointer / 8 + row] % unit) + unit) % unit
    const fraction = scale === 0 ? '' : String(ticks).padStart(scale, '0')
    const moment = { date: new Date((second + offset) * 1000), local: second + offset, offset, fraction }
    let text = ''
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(moment)
    return text
  })
  return textColumn(texts, arena)
}

const patternRule = { name: 'format', constant: true }

const format = (
  name: string,
  aliases: readonly string[],
  parse: (pattern: string, zone: TimeZone) => Piece[],
  about: string,
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about,
    category,
    arguments: [{ name: 'time', accepts: isTime }, patternRule, zoneRule],
    returns: ([time, pattern]) => {
      parse(String(pattern.constant), zoneArgument([], 0, time.type))
      return String_
    },
    run: ([time], call) => {
      const zone = zoneArgument(call.arguments, 2, time.type)
      return print(time, zone, parse(String(call.arguments[1].constant), zone), call)
    },
    examples: [example],
  })

/** A number of seconds as a time; with a pattern, as text. */
const fromUnix = (
  name: string,
  aliases: readonly string[],
  parse: (pattern: string, zone: TimeZone) => Piece[],
  example: [string, string],
) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: 'Seconds since the epoch as a DateTime, or as text where a format is given.',
    category,
    arguments: [
      { name: 'timestamp', accepts: (type: DataType) => isNumber(type) || isTime(type) },
      { ...patternRule, optional: true },
      zoneRule,
    ],
    returns: ([time, pattern, zone], environment) => {
      if (!pattern) {
        if (isTime(time.type))
          throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function ${name} with one argument takes a number`)
        return dateTimeIn(zone?.constant, environment)
      }
      parse(String(pattern.constant), zoneArgument([], 0, time.type))
      return String_
    },
    run: ([time], call) => {
      const { rows, arena, environment, arguments: args, type } = call
      const whole: DataType = type instanceof DateTimeType ? type : dateTimeIn(args[2]?.constant, environment)
      const moment = isTime(time.type) ? fixedOf(time) : fromUtcSeconds(asInt64(time, arena), whole, rows, arena)
      if (!args[1]) return moment
      const zone = zoneArgument(args, 2, moment.type)
      return print(moment, zone, parse(String(args[1].constant), zone), call)
    },
    examples: [example],
  })

export const formattingTimes: readonly FunctionDefinition[] = [
  format(
    'formatDateTime',
    ['DATE_FORMAT'],
    parsePattern,
    "The time by a pattern of MySQL's letters: %Y-%m-%d %H:%i:%S.",
    ["SELECT formatDateTime(toDateTime('2020-01-05 13:04:05'), '%d.%m.%Y %R')", '05.01.2020 13:04'],
  ),
  format('formatDateTimeInJodaSyntax', [], parseJoda, "The time by a pattern of Joda's letters: yyyy-MM-dd HH:mm:ss.", [
    "SELECT formatDateTimeInJodaSyntax(toDateTime('2020-01-05 13:04:05'), 'yyyy-MM-dd HH:mm:ss')",
    '2020-01-05 13:04:05',
  ]),
  fromUnix('fromUnixTimestamp', ['FROM_UNIXTIME'], parsePattern, [
    "SELECT fromUnixTimestamp(1577836800, '%Y')",
    '2020',
  ]),
  fromUnix('fromUnixTimestampInJodaSyntax', [], parseJoda, [
    "SELECT fromUnixTimestampInJodaSyntax(1577836800, 'yyyy')",
    '2020',
  ]),
]
