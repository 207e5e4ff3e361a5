// Times from text by a pattern of MySQL's letters or of Joda's.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { NullableType } from '../types/compound.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { TimeZone } from '../types/timeZone.ts'
import type { Value } from '../types/value.ts'
import { monthNames, weekdayNames, zoneRule } from './dateParts.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isPlainString } from './stringRows.ts'

/** What a text says of a time, so far. */
interface Fields {
  year?: number
  century?: number
  month?: number
  day?: number
  dayOfYear?: number
  weekYear?: number
  week?: number
  /** 1 is Monday. */
  weekday?: number
  hour?: number
  /** 1 to 12. */
  halfHour?: number
  isAfternoon?: boolean
  isBeforeChrist?: boolean
  minute?: number
  second?: number
  micros?: number
  /** Seconds east of UTC. */
  offset?: number
  zone?: TimeZone
}

type NumberField = Exclude<keyof Fields, 'isAfternoon' | 'isBeforeChrist' | 'zone'>

/** Reads at a place; gives the place behind, or -1. */
type Step = (text: string, at: number, fields: Fields) => number

const literal =
  (expected: string): Step =>
  (text, at) =>
    text.startsWith(expected, at) ? at + expected.length : -1

/** least to most digits, within limits. */
const number =
  (field: NumberField, least: number, most: number, low: number, high: number, padding = false): Step =>
  (text, start, fields) => {
    let at = start
    while (padding && text[at] === ' ' && at - start < most - 1) at++
    const from = at
    while (at < text.length && at - start < most && text[at] >= '0' && text[at] <= '9') at++
    if (at - from < (padding ? 1 : least)) return -1
    const value = Number(text.slice(from, at))
    if (value < low || value > high) return -1
    fields[field] = value
    return at
  }

/** One of some names, by as much of each as counts; in any case of letters. */
const named =
  (names: readonly string[], set: (fields: Fields, index: number) => void): Step =>
  (text, at, fields) => {
    const index = names.findIndex(name => text.slice(at, at + name.length).toLowerCase() === name.toLowerCase())
    if (index < 0) return -1
    set(fields, index)
    return at + names[index].length
  }

const short = (names: readonly string[]): string[] => names.map(name => name.slice(0, 3))
const setMonth = (fields: Fields, index: number): void => {
  fields.month = index + 1
}
const setWeekday = (fields: Fields, index: number): void => {
  fields.weekday = index + 1
}
const halfOfDay = named(['AM', 'PM'], (fields, index) => {
  fields.isAfternoon = index === 1
})

/** The first that reads. */
const either =
  (...steps: readonly Step[]): Step =>
  (text, at, fields) => {
    for (const step of steps) {
      const end = step(text, at, fields)
      if (end >= 0) return end
    }
    return -1
  }

const twoDigitYear: Step = (text, at, fields) => {
  const end = number('year', 2, 2, 0, 99)(text, at, fields)
  if (end >= 0) fields.year! += fields.year! < 70 ? 2000 : 1900
  return end
}

const offset: Step = (text, at, fields) => {
  const match = /^([+-])(\d{2}):?(\d{2})/.exec(text.slice(at, at + 6))
  if (!match) return -1
  fields.offset = (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 3600 + Number(match[3]) * 60)
  return at + match[0].length
}

const zoneName: Step = (text, at, fields) => {
  const match = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*/.exec(text.slice(at))
  if (!match) return -1
  try {
    fields.zone = TimeZone.get(match[0])
  } catch {
    // No such zone: the text does not fit the pattern.
    return -1
  }
  return at + match[0].length
}

const fraction =
  (most: number): Step =>
  (text, start, fields) => {
    let at = start
    while (at < text.length && at - start < most && text[at] >= '0' && text[at] <= '9') at++
    if (at === start) return -1
    fields.micros = Number(text.slice(start, at).padEnd(6, '0').slice(0, 6))
    return at
  }

const mysql: Record<string, Step> = {
  a: named(short(weekdayNames), setWeekday),
  b: named(short(monthNames), setMonth),
  c: number('month', 1, 2, 1, 12),
  C: number('century', 2, 2, 19, 21),
  d: number('day', 2, 2, 1, 31),
  e: either(number('day', 2, 2, 1, 31, true), number('day', 1, 1, 1, 9)),
  f: fraction(6),
  G: number('weekYear', 4, 4, 1970, 2106),
  h: number('halfHour', 2, 2, 1, 12),
  H: number('hour', 2, 2, 0, 23),
  i: number('minute', 2, 2, 0, 59),
  I: number('halfHour', 2, 2, 1, 12),
  j: number('dayOfYear', 3, 3, 1, 366),
  k: either(number('hour', 1, 2, 0, 23), number('hour', 1, 2, 0, 23, true)),
  l: either(number('halfHour', 1, 2, 1, 12), number('halfHour', 1, 2, 1, 12, true)),
  m: number('month', 2, 2, 1, 12),
  M: named(monthNames, setMonth),
  n: literal('\n'),
  p: halfOfDay,
  s: number('second', 2, 2, 0, 59),
  S: number('second', 2, 2, 0, 59),
  t: literal('\t'),
  u: number('weekday', 1, 1, 1, 7),
  V: number('week', 2, 2, 1, 53),
  w: (text, at, fields) => {
    const end = number('weekday', 1, 1, 0, 6)(text, at, fields)
    if (end >= 0 && fields.weekday === 0) fields.weekday = 7
    return end
  },
  W: named(weekdayNames, setWeekday),
  y: twoDigitYear,
  Y: number('year', 4, 4, 0, 9999),
  z: offset,
  '%': literal('%'),
}

/** Letters that stand for several. */
const mysqlGroups: Record<string, string> = { D: '%m/%d/%y', F: '%Y-%m-%d', r: '%h:%i %p', R: '%H:%i', T: '%H:%i:%s' }

interface Pattern {
  readonly steps: readonly Step[]
  /** Digits of the fraction that the pattern asks for. */
  readonly digits: number
}

function parseMysql(pattern: string): Pattern {
  const steps: Step[] = []
  for (let at = 0; at < pattern.length; at++) {
    if (pattern[at] !== '%') {
      steps.push(literal(pattern[at]))
      continue
    }
    const letter = pattern[++at]
    if (letter === undefined) throw new DBError('BAD_ARGUMENTS', `Trailing '%' in format '${pattern}'`)
    const group = mysqlGroups[letter]
    if (group) steps.push(...parseMysql(group).steps)
    else if (mysql[letter]) steps.push(mysql[letter])
    else if (['Q', 'U', 'v', 'x', 'X', 'g'].includes(letter))
      throw new DBError('NOT_IMPLEMENTED', `format is not supported for %${letter}`)
    else throw new DBError('BAD_ARGUMENTS', `Incorrect syntax '${pattern}', symbol is not supported '%${letter}'`)
  }
  return { steps, digits: 6 }
}

/** A number of at least so many digits; of exactly so many where another one follows. */
function jodaNumber(letter: string, width: number, isTight: boolean): Step | null {
  const most = isTight ? width : Math.max(width, letter === 'y' || letter === 'Y' || letter === 'x' ? 4 : 2)
  const of = (field: NumberField, low: number, high: number, digits = most) =>
    number(field, 1, Math.max(digits, width), low, high)
  switch (letter) {
    case 'C':
      return of('century', 19, 21)
    case 'y':
    case 'Y':
      return width === 2 ? twoDigitYear : of('year', 0, 9999)
    case 'x':
      return of('weekYear', 1970, 2106)
    case 'w':
      return of('week', 1, 53)
    case 'e':
      return of('weekday', 1, 7, 1)
    case 'D':
      return of('dayOfYear', 1, 366, 3)
    case 'd':
      return of('day', 1, 31)
    case 'M':
      return width <= 2 ? of('month', 1, 12) : named(width === 3 ? short(monthNames) : monthNames, setMonth)
    case 'H':
      return of('hour', 0, 23)
    case 'k':
      return of('hour', 1, 24)
    case 'h':
      return of('halfHour', 1, 12)
    case 'K':
      return (text, at, fields) => {
        const end = of('halfHour', 0, 11)(text, at, fields)
        if (end >= 0 && fields.halfHour === 0) fields.halfHour = 12
        return end
      }
    case 'm':
      return of('minute', 0, 59)
    case 's':
      return of('second', 0, 59)
    default:
      return null
  }
}

function jodaStep(letter: string, width: number, isTight: boolean): Step {
  const numeric = jodaNumber(letter, width, isTight)
  if (numeric) return numeric
  switch (letter) {
    case 'G':
      return named(['BC', 'AD'], (fields, index) => {
        fields.isBeforeChrist = index === 0
      })
    case 'E':
      return either(named(weekdayNames, setWeekday), named(short(weekdayNames), setWeekday))
    case 'a':
      return halfOfDay
    case 'S':
      return fraction(width)
    case 'z':
      return zoneName
    case 'Z':
      return offset
    default:
      throw new DBError('NOT_IMPLEMENTED', `format is not supported for ${letter}`)
  }
}

function parseJoda(pattern: string): Pattern {
  const steps: Step[] = []
  let digits = 0
  for (let at = 0; at < pattern.length; ) {
    const letter = pattern[at]
    if (letter === "'") {
      if (pattern[at + 1] === "'") {
        steps.push(literal("'"))
        at += 2
        continue
      }
      const end = pattern.indexOf("'", at + 1)
      if (end < 0) throw new DBError('BAD_ARGUMENTS', `No closing single quote for literal in '${pattern}'`)
      steps.push(literal(pattern.slice(at + 1, end)))
      at = end + 1
      continue
    }
    let width = 1
    while (pattern[at + width] === letter) width++
    if (/[A-Za-z]/.test(letter)) {
      steps.push(jodaStep(letter, width, /[A-Za-z]/.test(pattern[at + width] ?? '')))
      if (letter === 'S') digits = Math.min(width, 6)
    } else steps.push(literal(letter.repeat(width)))
    at += width
  }
  return { steps, digits }
}

const dayOf = (year: number, month: number, day: number): number => {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getTime() / 86400000
}

/** Days since 1970, or null where there is no such day. */
function daysOf(fields: Fields): number | null {
  const { month, day, dayOfYear, week, weekday } = fields
  const isWeek = fields.weekYear !== undefined || week !== undefined
  if (isWeek) {
    const fourth = dayOf(fields.weekYear ?? 1970, 1, 4)
    const monday = fourth - ((((fourth + 3) % 7) + 7) % 7)
    return monday + ((week ?? 1) - 1) * 7 + (weekday ?? 1) - 1
  }
  let year = fields.year ?? (fields.century === undefined ? undefined : fields.century * 100)
  if (dayOfYear !== undefined) {
    const start = dayOf(year ?? 2000, 1, 1)
    return dayOfYear > dayOf((year ?? 2000) + 1, 1, 1) - start ? null : start + dayOfYear - 1
  }
  // A month or a day without a year is in a leap year.
  year ??= month !== undefined || day !== undefined ? 2000 : 1970
  const days = dayOf(year, month ?? 1, day ?? 1)
  return new Date(days * 86400000).getUTCMonth() + 1 === (month ?? 1) ? days : null
}

/** Microseconds since the epoch, or null where the text is no such time. */
function parseByPattern(text: string, { steps }: Pattern, zone: TimeZone): bigint | null {
  const fields: Fields = {}
  let at = 0
  for (const step of steps) {
    at = step(text, at, fields)
    if (at < 0) return null
  }
  if (at !== text.length || fields.isBeforeChrist) return null
  const days = daysOf(fields)
  if (days === null) return null
  let hour = fields.hour ?? 0
  if (fields.halfHour !== undefined) hour = (fields.halfHour % 12) + (fields.isAfternoon ? 12 : 0)
  if (hour === 24) hour = 0
  const local = days * 86400 + hour * 3600 + (fields.minute ?? 0) * 60 + (fields.second ?? 0)
  const second = fields.offset !== undefined ? local - fields.offset : (fields.zone ?? zone).fromLocal(local)
  return BigInt(second) * 1000000n + BigInt(fields.micros ?? 0)
}

type Form = '' | 'OrZero' | 'OrNull'

function patternOf(name: string, argument: ArgumentInfo | undefined, isJoda: boolean): Pattern {
  if (argument === undefined) return isJoda ? parseJoda('yyyy-MM-dd HH:mm:ss') : parseMysql('%Y-%m-%d %H:%i:%s')
  if (!isPlainString(argument.type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The format of ${name} must be String, it is ${argument.type.name}`)
  if (argument.constant === undefined) throw new DBError('ILLEGAL_COLUMN', `The format of ${name} must be constant`)
  return isJoda ? parseJoda(String(argument.constant)) : parseMysql(String(argument.constant))
}

function parsing(isJoda: boolean, is64: boolean, form: Form, aliases: readonly string[] = []): FunctionDefinition {
  const name = `parseDateTime${is64 ? '64' : ''}${isJoda ? 'InJodaSyntax' : ''}${form}`
  const typeOf = (args: readonly ArgumentInfo[], timeZone: string): DateTimeType | DateTime64Type => {
    const { digits } = patternOf(name, args[1], isJoda)
    const zone = typeof args[2]?.constant === 'string' ? args[2].constant : timeZone
    return is64 ? new DateTime64Type(digits, zone) : new DateTimeType(zone)
  }
  const gives = { '': 'an error', OrZero: '1970-01-01', OrNull: 'NULL' }[form]
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: `Reads a time by a pattern of ${isJoda ? "Joda's" : "MySQL's"} letters; ${gives} where it does not fit.`,
    category: 'Type Conversion',
    arguments: [{ name: 'time', accepts: isPlainString }, { name: 'format', optional: true }, zoneRule],
    returns: (args, environment) => {
      const type = typeOf(args, environment.timeZone)
      return form === 'OrNull' ? new NullableType(type) : type
    },
    run: ([text], { rows, arena, nulls, environment, arguments: args }): Column => {
      const type = typeOf(args, environment.timeZone)
      const pattern = patternOf(name, args[1], isJoda)
      const failures = arena.allocateZeroed(rows)
      const { u8 } = arena.memory
      const values: Value[] = []
      for (let row = 0; row < rows; row++) {
        const given = text.valueAt(row) as string
        const micros = parseByPattern(given, pattern, type.zone)
        const fits = micros !== null && (is64 || (micros >= 0n && micros < 4294967296000000n))
        if (!fits) {
          if (form === '' && !(nulls !== 0 && u8[nulls + row]))
            throw new DBError('CANNOT_PARSE_DATETIME', `Cannot parse '${given}' by the format of ${name}`)
          u8[failures + row] = 1
          values.push(type.default)
        } else if (type instanceof DateTime64Type) values.push(floorDivide(micros, 10n ** BigInt(6 - type.scale)))
        else values.push(Number(floorDivide(micros, 1000000n)))
      }
      const column = columnOf(type, values, arena)
      return form === 'OrNull' ? new NullableColumn(failures, column, new NullableType(type)) : column
    },
  })
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

export const parsingTimes: readonly FunctionDefinition[] = [false, true].flatMap(isJoda =>
  [false, true].flatMap(is64 => [
    parsing(isJoda, is64, ''),
    parsing(isJoda, is64, 'OrZero'),
    parsing(isJoda, is64, 'OrNull', isJoda || is64 ? [] : ['str_to_date']),
  ]),
)
