import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { defineFunction } from './function.ts'
import { isNumber } from './numericTypes.ts'
import { isString, isUnsigned, mapNumbers, mapTexts, stringType, text, textReader } from './stringRows.ts'

const int8 = parseType('Int8')

interface Spec {
  flags: string
  width: number
  precision: number | null
  kind: string
}

/** Literal text and what an argument takes the place of. */
function parseSpecs(format: string): (string | Spec)[] {
  const parts: (string | Spec)[] = []
  const pattern = /%(?:(%)|([-+ #0]*)(\d*)(?:\.(\d*))?(?:hh|h|ll|l|q|j|z|t|L)?([a-zA-Z]))/g
  let at = 0
  for (const match of format.matchAll(pattern)) {
    const [whole, percent, flags, width, precision, kind] = match
    parts.push(format.slice(at, match.index))
    at = match.index + whole.length
    if (percent) parts.push('%')
    else
      parts.push({ flags, width: Number(width), precision: precision === undefined ? null : Number(precision), kind })
  }
  parts.push(format.slice(at))
  return parts
}

function printOne({ flags, width, precision, kind }: Spec, value: Value): string {
  let digits: string
  let sign = ''
  const signed = (negative: boolean) => (negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '')
  switch (kind) {
    case 'd':
    case 'i':
    case 'u': {
      const number = wholeOf(value, kind)
      sign = signed(number < 0n)
      digits = (number < 0n ? -number : number).toString().padStart(precision ?? 1, '0')
      break
    }
    case 'x':
    case 'X':
    case 'o': {
      const number = BigInt.asUintN(64, wholeOf(value, kind))
      digits = number.toString(kind === 'o' ? 8 : 16).padStart(precision ?? 1, '0')
      if (flags.includes('#') && number !== 0n) sign = kind === 'o' ? '0' : '0x'
      if (kind === 'X') [digits, sign] = [digits.toUpperCase(), sign.toUpperCase()]
      break
    }
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G': {
      if (typeof value === 'string') throw wrongKind(kind)
      const number = Number(value)
      sign = signed(number < 0 || Object.is(number, -0))
      digits = printDouble(Math.abs(number), kind.toLowerCase(), precision ?? 6)
      if (kind >= 'A' && kind <= 'Z') digits = digits.toUpperCase()
      break
    }
    case 'c':
      return pad(String.fromCharCode(Number(wholeOf(value, kind)) & 127), flags, width)
    case 's':
      if (typeof value !== 'string') throw wrongKind(kind)
      return pad(precision === null ? value : value.slice(0, precision), flags, width)
    default:
      throw new DBError('BAD_ARGUMENTS', `Bad format of printf: %${kind}`)
  }
  if (flags.includes('0') && !flags.includes('-')) digits = digits.padStart(width - sign.length, '0')
  return pad(sign + digits, flags, width)
}

const wrongKind = (kind: string): DBError =>
  new DBError('BAD_ARGUMENTS', `The argument of printf does not fit its format %${kind}`)

function wholeOf(value: Value, kind: string): bigint {
  if (typeof value === 'string' || (typeof value === 'number' && !Number.isInteger(value))) throw wrongKind(kind)
  return BigInt(value as number | bigint)
}

const pad = (value: string, flags: string, width: number): string =>
  flags.includes('-') ? value.padEnd(width) : value.padStart(width)

function printDouble(number: number, kind: string, precision: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : 'inf'
  if (kind === 'f') return number.toFixed(precision)
  const exponential = (digits: number) => number.toExponential(digits).replace(/e([+-])(\d)$/, 'e$10$2')
  if (kind === 'e') return exponential(precision)
  const significant = Math.max(precision, 1)
  const exponent = number === 0 ? 0 : Number(number.toExponential(significant - 1).split('e')[1])
  if (exponent < -4 || exponent >= significant) return exponential(significant - 1).replace(/\.?0+e/, 'e')
  const fixed = number.toFixed(Math.max(significant - 1 - exponent, 0))
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed
}

const printf = defineFunction({
  name: 'printf',
  about: "A text with the other arguments in place of %d, %s and their like, as C's printf.",
  category: 'String Replacement',
  arguments: [text('format'), { name: 'sub', accepts: type => isString(type) || isNumber(type), repeated: true }],
  constants: 'keep',
  returns: () => stringType,
  run: ([format, ...values], { arena, rows }) => {
    const read = textReader(format, arena)
    const parsed = new Map<string, (string | Spec)[]>()
    return mapTexts(arena, rows, row => {
      const source = read(row)
      const parts = parsed.get(source) ?? parseSpecs(source)
      parsed.set(source, parts)
      let next = 0
      return parts
        .map(part => {
          if (typeof part === 'string') return part
          const column: Column | undefined = values[next++]
          if (!column) throw new DBError('BAD_ARGUMENTS', 'printf has fewer arguments than its format asks for')
          return printOne(part, column.valueAt(row))
        })
        .join('')
    })
  },
  examples: [["SELECT printf('%%%s %s %d', 'Hello', 'World', 2024)", '%Hello World 2024']],
})

/** Bytes of both compared from their offsets: a string that has none there is less than one that has. */
function compareParts(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1
  return Math.sign(a.length - b.length)
}

const compareSubstrings = defineFunction({
  name: 'compareSubstrings',
  about: 'Compares parts of two strings: -1, 0 or 1.',
  category: 'String',
  arguments: [
    text('s1'),
    text('s2'),
    ...['s1_offset', 's2_offset', 'num_bytes'].map(name => ({ name, accepts: isUnsigned })),
  ],
  constants: 'keep',
  returns: () => int8,
  run: ([a, b, ...numbers], { arena, rows }) => {
    const [readA, readB] = [textReader(a, arena), textReader(b, arena)]
    return mapNumbers(int8, arena, rows, row => {
      const [startA, startB, size] = numbers.map(column => Number(column.valueAt(row)))
      const part = (value: string, start: number) => encodeText(value).subarray(start, start + size)
      return compareParts(part(readA(row), startA), part(readB(row), startB))
    })
  },
  examples: [["SELECT compareSubstrings('Saxony', 'Anglo-Saxon', 0, 6, 5)", '0']],
})

export const printing = [printf, compareSubstrings]
