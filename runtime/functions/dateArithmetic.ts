// Adding to dates and times, and the distance between them.
import type { Column } from '../columns/column.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type } from '../types/date.ts'
import { type IntervalUnit, IntervalType, intervalUnits } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { TimeZone } from '../types/timeZone.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { datesCategory, type RelativeUnit, relativeNumbers, zoneArgument, zoneRule } from './dateParts.ts'
import { unitNamed } from './dateStarts.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { addInterval, addIntervalResult, int64 } from './intervals.ts'
import { isNumber } from './numericTypes.ts'
import { convertTime, isTime, localSeconds, zoneOf } from './timeColumns.ts'

const isTimeOrText = (type: DataType): boolean => isTime(type) || type.kind === 'String'
const Int64 = parseType('Int64')

/** Text is read as a DateTime64(3). */
const timeType = (type: DataType): DataType => (type.kind === 'String' ? new DateTime64Type(3) : type)

function timeColumn(column: Column, arena: Arena): FixedColumn {
  const full = column.full(arena)
  return fixedOf(full instanceof StringColumn ? castColumn(full, new DateTime64Type(3), arena) : full)
}

function amountsOf(column: Column, isNegative: boolean, rows: number, arena: Arena): number {
  const amounts = asInt64(column, arena)
  const out = arena.allocate(rows * 8)
  const { kernels } = arena.memory
  if (isNegative) kernels.negateI64(amounts, out, rows)
  else kernels.addConstI64(amounts, int64(0, arena), out, rows)
  return out
}

const add = (verb: 'add' | 'subtract', unit: IntervalUnit): FunctionDefinition =>
  defineFunction({
    name: `${verb}${unit}s`,
    about: `${verb === 'add' ? 'Adds' : 'Subtracts'} a number of ${unit.toLowerCase()}s.`,
    category: datesCategory,
    arguments: [
      { name: 'time', accepts: isTimeOrText },
      { name: 'count', accepts: isNumber },
    ],
    returns: ([time]) => addIntervalResult(timeType(time.type), unit),
    run: ([time, count], { type, rows, arena }) =>
      addInterval(timeColumn(time, arena), amountsOf(count, verb === 'subtract', rows, arena), unit, type, arena),
  })

/** date_add(unit, n, time), and date_add(time, INTERVAL n unit). */
const dateAdd = (name: string, aliases: readonly string[], isNegative: boolean, example: [string, string]) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about: `${isNegative ? 'Subtracts an interval from' : 'Adds an interval to'} a date or time.`,
    category: datesCategory,
    arguments: [{ name: 'unitOrTime' }, { name: 'countOrInterval' }, { name: 'time', optional: true }],
    constants: 'keep',
    returns: args => {
      const { time, unit } = addends(
        name,
        args.map(({ type, constant }) => ({ type, constant })),
      )
      return addIntervalResult(timeType(args[time].type), unit)
    },
    run: (args, { type, rows, arena, arguments: infos }) => {
      const { time, count, unit } = addends(name, infos)
      const amounts = amountsOf(args[count].full(arena), isNegative, rows, arena)
      return addInterval(timeColumn(args[time], arena), amounts, unit, type, arena)
    },
    examples: [example],
  })

function addends(
  name: string,
  args: readonly { type: DataType; constant?: unknown }[],
): { time: number; count: number; unit: IntervalUnit } {
  if (args.length === 3) {
    const unit = unitNamed(args[0].constant)
    if (unit) return { time: 2, count: 1, unit }
  } else {
    const at = args.findIndex(({ type }) => type instanceof IntervalType)
    if (at >= 0) return { time: 1 - at, count: at, unit: (args[at].type as IntervalType).unit }
  }
  throw new DBError('BAD_ARGUMENTS', `Function ${name} takes (unit, count, time) or (time, interval)`)
}

const fractions: Partial<Record<IntervalUnit, number>> = { Millisecond: 3, Microsecond: 6, Nanosecond: 9 }

/** Ticks of 10^-digits seconds, i64[rows]. */
function ticksOf(column: FixedColumn, digits: number, arena: Arena): number {
  return convertTime(column, new DateTime64Type(digits), arena).pointer
}

/** How many limits of the unit lie between a and b, i64[rows]. */
function difference(
  a: FixedColumn,
  b: FixedColumn,
  unit: IntervalUnit,
  zone: TimeZone | null,
  arena: Arena,
): FixedColumn {
  const { rows } = a
  const out = newFixed(Int64, rows, arena)
  const digits = fractions[unit]
  const zoned = (column: FixedColumn) => zone ?? zoneOf(column.type)
  const [x, y] =
    digits === undefined
      ? [a, b].map(column => relativeNumbers(column, unit.toLowerCase() as RelativeUnit, zoned(column), arena))
      : [a, b].map(column => ticksOf(column, digits, arena))
  if (unit === 'Week') for (const numbers of [x, y]) weeksTowardsZero(numbers, rows, arena)
  arena.memory.kernels.subtractI64(y, x, out.pointer, rows)
  return out
}

/** Weeks before 1970 are counted by a division that rounds towards zero. */
function weeksTowardsZero(numbers: number, rows: number, arena: Arena): void {
  const { i64 } = arena.memory
  for (let row = 0; row < rows; row++) if (i64[numbers / 8 + row] < 0n) i64[numbers / 8 + row] += 1n
}

const unitOf = (name: string, value: unknown): IntervalUnit => {
  const unit = unitNamed(value)
  if (!unit) throw new DBError('BAD_ARGUMENTS', `Function ${name} does not support '${value}' unit`)
  return unit
}

const dateDiff = defineFunction({
  name: 'dateDiff',
  aliases: ['date_diff', 'DATE_DIFF', 'timestampDiff', 'timestamp_diff', 'TIMESTAMP_DIFF'],
  caseInsensitive: true,
  about: 'How many limits of the unit lie between two dates or times.',
  category: datesCategory,
  arguments: [
    { name: 'unit', constant: true },
    { name: 'start', accepts: isTimeOrText },
    { name: 'end', accepts: isTimeOrText },
    zoneRule,
  ],
  returns: ([unit]) => {
    unitOf('dateDiff', unit.constant)
    return Int64
  },
  run: ([, start, end], { arena, arguments: args }) => {
    const unit = unitOf('dateDiff', args[0].constant)
    const [a, b] = [timeColumn(start, arena), timeColumn(end, arena)]
    const zone = typeof args[3]?.constant === 'string' ? zoneArgument(args, 3, a.type) : null
    return difference(a, b, unit, zone, arena)
  },
  examples: [["SELECT dateDiff('month', toDate('2020-01-31'), toDate('2020-02-01'))", '1']],
})

const age = defineFunction({
  name: 'age',
  about: 'How many whole units have passed between two dates or times.',
  category: datesCategory,
  arguments: [
    { name: 'unit', constant: true },
    { name: 'start', accepts: isTime },
    { name: 'end', accepts: isTime },
    zoneRule,
  ],
  returns: ([unit]) => {
    unitOf('age', unit.constant)
    return Int64
  },
  run: ([, start, end], { rows, arena, arguments: args }) => {
    const unit = unitOf('age', args[0].constant)
    const [a, b] = [timeColumn(start, arena), timeColumn(end, arena)]
    const digits = fractions[unit]
    if (digits !== undefined) return difference(a, b, unit, null, arena)
    // Micros are exact for all times there are; the fraction counts, as less than a second is no second.
    const isClock = unitSeconds[unit] !== undefined
    const [x, y] = [a, b].map(column => {
      const micros = ticksOf(column, 6, arena)
      const zone = zoneArgument(args, 3, column.type)
      return { micros, local: isClock ? 0 : localSeconds(column, zone, arena) }
    })
    const out = newFixed(Int64, rows, arena)
    const { i64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const [from, to] = [x, y].map(({ micros, local }) => {
        const exact = Number(i64[micros / 8 + row])
        return local === 0 ? exact / 1e6 : Number(i64[local / 8 + row]) + (((exact % 1e6) + 1e6) % 1e6) / 1e6
      })
      i64[out.pointer / 8 + row] = BigInt(wholeUnits(from, to, unit))
    }
    return out
  },
  examples: [["SELECT age('year', toDate('2020-02-29'), toDate('2021-02-28'))", '0']],
})

const unitSeconds: Partial<Record<IntervalUnit, number>> = {
  Second: 1,
  Minute: 60,
  Hour: 3600,
  Day: 86400,
  Week: 604800,
}
const unitMonths: Partial<Record<IntervalUnit, number>> = { Month: 1, Quarter: 3, Year: 12 }

function wholeUnits(from: number, to: number, unit: IntervalUnit): number {
  if (from > to) return -wholeUnits(to, from, unit) || 0
  const seconds = unitSeconds[unit]
  if (seconds) return Math.floor((to - from) / seconds)
  const [start, end] = [new Date(from * 1000), new Date(to * 1000)]
  let months = (end.getUTCFullYear() - start.getUTCFullYear()) * 12 + end.getUTCMonth() - start.getUTCMonth()
  const inMonth = (date: Date) =>
    date.getUTCDate() * 86400 + (date.getTime() / 1000 - Math.floor(date.getTime() / 86400000) * 86400)
  if (inMonth(end) < inMonth(start)) months--
  return Math.floor(months / unitMonths[unit]!)
}

export const dateArithmetic: readonly FunctionDefinition[] = [
  ...intervalUnits.flatMap(unit => [add('add', unit), add('subtract', unit)]),
  dateAdd('dateAdd', ['date_add', 'timestampAdd', 'timestamp_add', 'addDate'], false, [
    "SELECT date_add(MONTH, 1, toDate('2020-01-31'))",
    '2020-02-29',
  ]),
  dateAdd('dateSub', ['date_sub', 'timestampSub', 'timestamp_sub', 'subDate'], true, [
    "SELECT date_sub(DAY, 1, toDate('2020-01-01'))",
    '2019-12-31',
  ]),
  dateDiff,
  age,
]
