// Sizes, quantities and spans of time as people write them, and read from such text.
import { columnOf } from '../columns/build.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { IntervalType } from '../types/number.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { asFloat64 } from './castColumn.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { float64, isPlainString, mapNumbers, mapTexts, stringType, textReader, uint64 } from './stringRows.ts'

const category = 'Other'

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
const decimalUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
const countUnits = [
  '',
  ' thousand',
  ' million',
  ' billion',
  ' trillion',
  ' quadrillion',
  ' quintillion',
  ' sextillion',
  ' septillion',
  ' octillion',
  ' nonillion',
  ' decillion',
  ' undecillion',
  ' duodecillion',
]

function scaled(value: number, base: number, units: readonly string[], separator: string, digits: number): string {
  let unit = 0
  let rest = value
  while (Math.abs(rest) >= base && unit < units.length - 1) {
    rest /= base
    unit++
  }
  return fixedText(rest, digits) + separator + units[unit]
}

function fixedText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Math.abs(value) < 1e21) return value.toFixed(digits)
  const whole = BigInt(value).toString()
  return digits === 0 ? whole : `${whole}.${'0'.repeat(digits)}`
}

const digitsMax = 100

function precisionOf(name: string, argument: ArgumentInfo | undefined): number {
  if (argument === undefined) return 2
  if (argument.type.kind !== 'UInt8')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The precision of function ${name} must be UInt8`)
  if (argument.constant === undefined)
    throw new DBError('ILLEGAL_COLUMN', `The precision of function ${name} must be constant`)
  const digits = Number(argument.constant)
  if (digits > digitsMax)
    throw new DBError('CANNOT_PRINT_FLOAT_OR_DOUBLE_NUMBER', `Too high precision requested: more than ${digitsMax}`)
  return digits
}

const sizeText = (
  name: string,
  about: string,
  print: (value: number, digits: number) => string,
  example: readonly [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases: name === 'formatReadableSize' ? ['FORMAT_BYTES'] : [],
    caseInsensitive: name === 'formatReadableSize',
    about,
    category,
    arguments: [
      { name: 'x', accepts: isNumberOrDecimal },
      { name: 'precision', optional: true },
    ],
    constants: 'keep',
    returns: ([, precision]) => {
      if (precision?.constant !== undefined) precisionOf(name, precision)
      return stringType
    },
    run: ([x], { rows, arena, arguments: args }) => {
      const digits = precisionOf(name, args[1])
      const values = asFloat64(x, arena) / 8
      const { f64 } = arena.memory
      const texts = Array.from({ length: rows }, (_, row) => print(f64[values + row], digits))
      return mapTexts(arena, rows, row => texts[row])
    },
    examples: [example],
  })

const timeUnits = ['nanosecond', 'microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'month', 'year']
/** In nanoseconds; a month has 30.5 days, a year 365. */
const unitNanos = [1n, 1000n, 1000000n, 10n ** 9n, 60n * 10n ** 9n, 3600n * 10n ** 9n, 86400n * 10n ** 9n].concat([
  2635200n * 10n ** 9n,
  31536000n * 10n ** 9n,
])

function timeUnitOf(name: string, argument: ArgumentInfo | undefined, otherwise: number): number {
  if (argument === undefined || argument.constant === '') return otherwise
  if (argument.constant === undefined) throw new DBError('ILLEGAL_COLUMN', `Units of function ${name} must be constant`)
  const unit = timeUnits.findIndex(name => `${name}s` === argument.constant)
  if (unit < 0)
    throw new DBError('BAD_ARGUMENTS', `Unexpected value of unit argument (${argument.constant}) for function ${name}`)
  return unit
}

/** 1 hour, 2 minutes and 3 seconds. */
function spanText(seconds: number, largest: number, smallest: number): string {
  if (!Number.isFinite(seconds)) return Number.isNaN(seconds) ? 'nan' : seconds > 0 ? 'inf' : '-inf'
  const sign = seconds < 0 ? '-' : ''
  const size = Math.abs(seconds)
  // Where the largest unit alone has more digits than doubles hold.
  const inLargest = size / (Number(unitNanos[largest]) / 1e9)
  if (inLargest >= 1e15) return `${sign}${float64.print(inLargest)} ${timeUnits[largest]}s`
  const whole = Math.floor(size)
  let left = BigInt(whole) * 10n ** 9n + BigInt(Math.round((size - whole) * 1e9))
  const parts: string[] = []
  for (let unit = largest; unit >= smallest; unit--) {
    const count = left / unitNanos[unit]
    left %= unitNanos[unit]
    if (count > 0n) parts.push(`${count} ${timeUnits[unit]}${count === 1n ? '' : 's'}`)
    // Beyond what doubles hold, smaller units mean nothing.
    if (unit === timeUnits.length - 1 && count > 100000000000n) break
  }
  if (parts.length === 0) return `${sign === '-' && size >= 1 ? '-' : ''}0 ${timeUnits[smallest]}s`
  const last = parts.pop()!
  return sign + (parts.length > 0 ? `${parts.join(', ')} and ${last}` : last)
}

const isSpan = (type: DataType): boolean => isNumber(type) || type instanceof IntervalType
const intervalSeconds: Partial<Record<string, number>> = {
  Nanosecond: 1e-9,
  Microsecond: 1e-6,
  Millisecond: 1e-3,
  Second: 1,
  Minute: 60,
  Hour: 3600,
  Day: 86400,
  Week: 604800,
  Month: 2635200,
  Quarter: 3 * 2635200,
  Year: 31536000,
}

const formatReadableTimeDelta = defineFunction({
  name: 'formatReadableTimeDelta',
  about: 'A number of seconds as 3 hours, 25 minutes and 45 seconds.',
  category,
  arguments: [
    { name: 'seconds', accepts: isSpan },
    { name: 'maximum_unit', optional: true, accepts: isPlainString },
    { name: 'minimum_unit', optional: true, accepts: isPlainString },
  ],
  constants: 'keep',
  returns: () => stringType,
  run: ([x], { rows, arena, arguments: args }) => {
    const name = 'formatReadableTimeDelta'
    const largest = timeUnitOf(name, args[1], timeUnits.length - 1)
    const smallest = timeUnitOf(name, args[2], Math.min(largest, 3))
    if (smallest > largest)
      throw new DBError('BAD_ARGUMENTS', `The minimum unit of function ${name} must not be greater than the maximum`)
    const factor = x.type instanceof IntervalType ? intervalSeconds[x.type.unit]! : 1
    const full = x.full(arena)
    const values = asFloat64(
      x.type instanceof IntervalType && 'as' in full
        ? (full as typeof full & { as(type: DataType): typeof full }).as(parseType('Int64'))
        : full,
      arena,
    )
    const { f64 } = arena.memory
    const texts = Array.from({ length: rows }, (_, row) => spanText(f64[values / 8 + row] * factor, largest, smallest))
    return mapTexts(arena, rows, row => texts[row])
  },
  examples: [['SELECT formatReadableTimeDelta(12345)', '3 hours, 25 minutes and 45 seconds']],
})

const sizeFactors = new Map([
  ...binaryUnits.slice(0, 7).map((unit, i) => [unit.toLowerCase(), 1024 ** i] as const),
  ...decimalUnits.slice(0, 7).map((unit, i) => [unit.toLowerCase(), 1000 ** i] as const),
])

function parseSize(text: string, name: string): bigint {
  const fail = (code: 'CANNOT_PARSE_NUMBER' | 'CANNOT_PARSE_TEXT' | 'BAD_ARGUMENTS', what: string): DBError =>
    new DBError(code, `Invalid expression for function ${name} - ${what} ("${text}")`)
  if (/^\s/.test(text)) throw new DBError('CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'Leading whitespace is not allowed')
  const number = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|[+-]?(?:inf|nan))/i.exec(text)
  if (!number) throw fail('CANNOT_PARSE_NUMBER', 'Unable to parse readable size numeric component')
  const value = Number(number[1])
  if (!Number.isFinite(value) || value < 0) throw fail('BAD_ARGUMENTS', 'The size must be a number from 0 on')
  const unit = text.slice(number[1].length).replace(/^ +/, '')
  const factor = sizeFactors.get(unit.toLowerCase())
  if (factor === undefined) throw fail('CANNOT_PARSE_TEXT', 'Unknown readable size unit')
  const size = Math.ceil(value * factor)
  if (size >= 2 ** 64) throw fail('BAD_ARGUMENTS', 'Result is too big for output type')
  return BigInt(size)
}

const parseReadableSize = (form: '' | 'OrNull' | 'OrZero'): FunctionDefinition => {
  const name = `parseReadableSize${form}`
  return defineFunction({
    name,
    about: `Reads a size as 1.5 KiB${form === '' ? '' : form === 'OrNull' ? '; NULL for what is none' : '; 0 for what is none'}.`,
    category,
    arguments: [{ name: 'readable_size', accepts: isPlainString }],
    returns: () => (form === 'OrNull' ? parseType('Nullable(UInt64)') : uint64),
    run: ([text], { rows, arena, nulls }) => {
      const read = textReader(text, arena)
      const failures = arena.allocateZeroed(rows)
      const sizes = Array.from({ length: rows }, (_, row) => {
        try {
          return parseSize(read(row), name)
        } catch (error) {
          if (!(error instanceof DBError)) throw error
          if (form === '' && !(nulls !== 0 && arena.memory.u8[nulls + row])) throw error
          arena.memory.u8[failures + row] = 1
          return 0n
        }
      })
      const column = columnOf(uint64, sizes, arena)
      return form === 'OrNull' ? new NullableColumn(failures, column) : column
    },
    examples: [[`SELECT ${name}('1.5 KiB')`, '1536']],
  })
}

const deltaUnits: readonly (readonly [pattern: RegExp, seconds: number])[] = [
  [/^years?|^yrs?|^y/, 31536000],
  [/^months?|^mon?|^mo/, 2635200],
  [/^weeks?|^w/, 604800],
  [/^days?|^d/, 86400],
  [/^hours?|^hrs?|^hr|^h/, 3600],
  [/^minutes?|^mins?|^min|^m(?![a-z])/, 60],
  [/^milliseconds?|^millisec|^ms/, 1e-3],
  [/^microseconds?|^microsec|^[μµu]s/, 1e-6],
  [/^nanoseconds?|^nanosec|^ns/, 1e-9],
  [/^seconds?|^secs?|^sec|^s/, 1],
]

function parseDelta(text: string): number {
  const fail = (what: string): DBError =>
    new DBError('BAD_ARGUMENTS', `Invalid argument of function parseTimeDelta, ${what}, str: "${text}"`)
  let rest = text.trim()
  if (rest === '') throw fail('no valid characters')
  let sum = 0
  while (rest !== '') {
    const number = /^(\d+(?:\.\d*)?|\.\d+)\s*/.exec(rest)
    if (!number) throw fail('number not found')
    rest = rest.slice(number[0].length)
    const unit = deltaUnits
      .map(([pattern, seconds]) => ({ length: pattern.exec(rest)?.[0].length ?? 0, seconds }))
      .reduce((best, next) => (next.length > best.length ? next : best))
    if (unit.length === 0 || /^[A-Za-z]/.test(rest.slice(unit.length))) throw fail('unit not found or not known')
    sum += Number(number[1]) * unit.seconds
    rest = rest.slice(unit.length).replace(/^\s*[;+,:-]?\s*/, '')
  }
  return sum
}

const parseTimeDelta = defineFunction({
  name: 'parseTimeDelta',
  about: 'Reads a span of time as 1h 30min, in seconds.',
  category,
  arguments: [{ name: 'timestr', accepts: isPlainString, repeated: true }],
  returns: args => {
    if (args.length < 1) throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', 'Function parseTimeDelta expects a text')
    if (args.length > 1)
      throw new DBError('TOO_MANY_ARGUMENTS_FOR_FUNCTION', 'Function parseTimeDelta expects one argument')
    return float64
  },
  run: ([text], { rows, arena, nulls }) => {
    const read = textReader(text, arena)
    const sums = Array.from({ length: rows }, (_, row) =>
      nulls !== 0 && arena.memory.u8[nulls + row] ? 0 : parseDelta(read(row)),
    )
    return mapNumbers(float64, arena, rows, row => sums[row])
  },
  examples: [["SELECT parseTimeDelta('11s+22min')", '1331']],
})

export const readable: readonly FunctionDefinition[] = [
  sizeText('formatReadableSize', 'Bytes as 1.18 MiB.', (x, digits) => scaled(x, 1024, binaryUnits, ' ', digits), [
    'SELECT formatReadableSize(1234567)',
    '1.18 MiB',
  ]),
  sizeText(
    'formatReadableDecimalSize',
    'Bytes as 1.23 MB.',
    (x, digits) => scaled(x, 1000, decimalUnits, ' ', digits),
    ['SELECT formatReadableDecimalSize(1234567)', '1.23 MB'],
  ),
  sizeText(
    'formatReadableQuantity',
    'A number as 1.23 million.',
    (x, digits) => scaled(x, 1000, countUnits, '', digits),
    ['SELECT formatReadableQuantity(1234567)', '1.23 million'],
  ),
  formatReadableTimeDelta,
  parseReadableSize(''),
  parseReadableSize('OrNull'),
  parseReadableSize('OrZero'),
  parseTimeDelta,
]
