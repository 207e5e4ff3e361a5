// Times from text of many shapes: ISO 8601, RFC 1123, Unix time, with names of months, AM and PM, and zones.
import { columnOf } from '../columns/build.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, type DateTimeType } from '../types/date.ts'
import type { Value } from '../types/value.ts'
import { dateTime64In, dateTimeIn } from './conversion.ts'
import { monthNames, zoneRule } from './dateParts.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'

interface Parsed {
  /** As the clock shows it, or as UTC where the text says its offset. */
  readonly second: number
  readonly fraction: string
  readonly isUtc: boolean
}

const months = monthNames.map(name => name.slice(0, 3).toLowerCase())
const namedOffsets: Record<string, number> = {
  z: 0,
  utc: 0,
  gmt: 0,
  msk: 3,
  msd: 4,
  pst: -8,
  pdt: -7,
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  cet: 1,
  cest: 2,
}

/** null where the text is no time. isUs: the month stands before the day in 01/02/2020. now: for dates without a year. */
export function parseBestEffort(text: string, isUs: boolean, now: number): Parsed | null {
  const trimmed = text.trim()
  if (trimmed.endsWith(',')) return null
  const unix = /^(\d{9,10})(?:\.(\d*))?$/.exec(trimmed) ?? /^(\d{10})(\d{3}|\d{6}|\d{9})$/.exec(trimmed)
  if (unix) return { second: Number(unix[1]), fraction: unix[2] ?? '', isUtc: true }
  let rest = trimmed
  let [year, month, day]: (number | null)[] = [null, null, null]
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest)
    if (found)
      rest = (rest.slice(0, found.index) + ' ' + rest.slice(found.index + found[0].length)).trim().replace(/^,\s*/, '')
    return found
  }
  const packed = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?)?(?!\d)/.exec(rest)
  let clock: { hour: number; minute: number; second: number; fraction: string } | null = null
  if (packed) {
    ;[year, month, day] = packed.slice(1, 4).map(Number)
    if (packed[4])
      clock = { hour: Number(packed[4]), minute: Number(packed[5]), second: Number(packed[6] ?? 0), fraction: '' }
    rest = rest.slice(packed[0].length).trim()
  }
  const time = clock ? null : take(/(?:^|[T\s,])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?/)
  if (time)
    clock = { hour: Number(time[1]), minute: Number(time[2]), second: Number(time[3] ?? 0), fraction: time[4] ?? '' }
  const half = take(/(?:^|\s)([ap])\.?m\.?(?=\s|$)/i)
  if (half && clock) {
    if (clock.hour > 12) return null
    const isAfternoon = half[1].toLowerCase() === 'p'
    clock = { ...clock, hour: (clock.hour % 12) + (isAfternoon ? 12 : 0) }
  }
  let offset: number | null = null
  const zone = clock && take(/(?:^|\s)(?:(?:UTC|GMT)\s?)?([+-])(\d{2}):?(\d{2})?$/i)
  if (zone) offset = (zone[1] === '-' ? -1 : 1) * (Number(zone[2]) * 3600 + Number(zone[3] ?? 0) * 60)
  else {
    const named = take(/(?:^|\s)(Z|UTC|GMT|MSK|MSD|PST|PDT|EST|EDT|CST|CDT|MST|MDT|CET|CEST)$/i)
    if (named) offset = namedOffsets[named[1].toLowerCase()] * 3600
  }
  take(/(?:^|\s)(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,?(?=\s|$)/i)
  const dashes = year === null ? take(/^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?/) : null
  if (dashes) [year, month, day] = [Number(dashes[1]), Number(dashes[2]), Number(dashes[3] ?? 1)]
  const shown = year === null ? take(/^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)/) : null
  if (shown) {
    const [a, b] = [Number(shown[1]), Number(shown[2])]
    ;[day, month] = isUs ? [b, a] : [a, b]
    if (month > 12 && day <= 12) [day, month] = [month, day]
    year = Number(shown[3])
    if (shown[3].length === 2) year += year < 70 ? 2000 : 1900
  }
  if (month === null) {
    const named = take(/(?:^|[\s\d-])(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?,?/i)
    if (named) {
      month = months.indexOf(named[1].toLowerCase()) + 1
      const numbers = [...rest.matchAll(/\d+/g)].map(([digits]) => digits)
      rest = rest.replace(/\d+(st|nd|rd|th)?/g, '').replace(/[\s,.-]+/g, '')
      const full = numbers.find(digits => digits.length === 4)
      day = Number(numbers.find(digits => digits.length <= 2) ?? 1)
      year = full ? Number(full) : null
    }
  }
  if (rest.replace(/[\s,T]+/g, '') !== '') {
    const onlyYear = year === null && month === null ? /^(\d{4})$/.exec(rest) : null
    if (!onlyYear) return null
    year = Number(onlyYear[1])
    ;[month, day] = [1, 1]
  }
  if (month === null) return null
  if (year === null) year = new Date(now).getUTCFullYear()
  const date = new Date(Date.UTC(year, month - 1, day ?? 1))
  if (date.getUTCMonth() + 1 !== month || (clock && (clock.hour > 23 || clock.minute > 59 || clock.second > 59)))
    return null
  const seconds = date.getTime() / 1000 + (clock ? clock.hour * 3600 + clock.minute * 60 + clock.second : 0)
  return { second: seconds - (offset ?? 0), fraction: clock?.fraction ?? '', isUtc: offset !== null }
}

type Form = '' | 'OrZero' | 'OrNull'

const bestEffort = (base: string, isUs: boolean, is64: boolean, form: Form, is32 = false): FunctionDefinition => {
  const name = `parseDateTime${is64 ? '64' : is32 ? '32' : ''}${base}${form}`
  const gives = { '': 'an error', OrZero: '1970-01-01', OrNull: 'NULL' }[form]
  return defineFunction({
    name,
    caseInsensitive: true,
    about: `Reads a time from text of many shapes${isUs ? ', the month before the day' : ''}; ${gives} where it is none.`,
    category: 'Type Conversion',
    arguments: [
      { name: 'text', accepts: type => type.kind === 'String' || type.kind === 'FixedString' },
      ...(is64 ? [{ name: 'precision', constant: true, optional: true }] : []),
      zoneRule,
    ],
    returns: (args, environment) => {
      const zone = args[is64 ? 2 : 1]?.constant
      const type: DataType = is64
        ? dateTime64In(Number(args[1]?.constant ?? 3), zone, environment)
        : dateTimeIn(zone, environment)
      return form === 'OrNull' ? new NullableType(type) : type
    },
    run: ([column], { type, rows, arena, nulls, environment }) => {
      const target = (type instanceof NullableType ? type.inner : type) as DateTimeType | DateTime64Type
      const failures = arena.allocateZeroed(rows)
      const values: Value[] = []
      const { u8 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const text = String(column.valueAt(row)).replace(/\0+$/, '')
        const parsed = parseBestEffort(text, isUs, environment.now)
        if (!parsed) {
          const isNull = nulls !== 0 && u8[nulls + row] === 1
          if (form === '' && !isNull)
            throw new DBError('CANNOT_PARSE_DATETIME', `Cannot read DateTime: cannot parse '${text}'`)
          u8[failures + row] = 1
          values.push(target.default)
          continue
        }
        const second = parsed.isUtc ? parsed.second : target.zone.fromLocal(parsed.second)
        if (target instanceof DateTime64Type) {
          const fraction = parsed.fraction.slice(0, target.scale).padEnd(target.scale, '0') || '0'
          values.push(BigInt(second) * 10n ** BigInt(target.scale) + BigInt(fraction))
        } else values.push(Math.min(Math.max(second, 0), 4294967295))
      }
      const result = columnOf(target, values, arena)
      return form === 'OrNull' ? new NullableColumn(failures, result, type as NullableType) : result
    },
  })
}

const forms: readonly Form[] = ['', 'OrZero', 'OrNull']

export const bestEffortTimes: readonly FunctionDefinition[] = forms.flatMap(form => [
  bestEffort('BestEffort', false, false, form),
  bestEffort('BestEffortUS', true, false, form),
  bestEffort('BestEffort', false, true, form),
  bestEffort('BestEffortUS', true, true, form),
  bestEffort('BestEffort', false, false, form, true),
])
