// Between the text of literals and names and their values.

import { decodeText, encodeText } from '../core/text.ts'

const unescaped: Record<string, string> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
  N: '',
  '\\': '\\',
  '/': '/',
  '=': '=',
  "'": "'",
  '"': '"',
  '`': '`',
}

/** The value of a quoted string or name. `quoted` has its quotes. An unknown escape, as `\%`, keeps its backslash. */
export function unquote(quoted: string): string {
  const quote = quoted[0]
  const inner = quoted.slice(1, -1)
  if (!inner.includes('\\') && !inner.includes(quote)) return inner
  let out = ''
  let bytes = false
  for (let at = 0; at < inner.length; at++) {
    const char = inner[at]
    if (char === quote) at++
    if (char !== '\\') {
      out += char
      continue
    }
    const next = inner[++at]
    if (next === 'x' && /^[0-9A-Fa-f]{2}/.test(inner.slice(at + 1, at + 3))) {
      const byte = Number.parseInt(inner.slice(at + 1, at + 3), 16)
      at += 2
      out += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)
      bytes ||= byte >= 0x80
    } else out += unescaped[next] ?? `\\${next}`
  }
  // Bytes written one by one may make up characters together.
  return bytes ? decodeText(encodeText(out)) : out
}

const escapes: Record<string, string> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\0': '\\0',
  '\\': '\\\\',
}

/** Text in single quotes, escaped as ClickHouse does it. */
export function quoteString(text: string): string {
  return `'${text.replace(/[\b\f\n\r\t\0\\']/g, char => escapes[char] ?? `\\${char}`)}'`
}

/** What ClickHouse quotes, and then what would read back as something else though ClickHouse leaves it bare. */
const quotedAlways = new Set(['ALL', 'DISTINCT', 'FROM', 'NULL', 'SELECT', 'TABLE', 'VALUES'])
for (const word of ['TRUE', 'FALSE', 'INF', 'INFINITY', 'NAN', 'NOT', 'CASE', 'INTERVAL', 'WITH'])
  quotedAlways.add(word)

/** A name, in backquotes only where it needs them. */
export function quoteName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !quotedAlways.has(name.toUpperCase())) return name
  return quoteNameAlways(name)
}

export function quoteNameAlways(name: string): string {
  return `\`${name.replace(/[\b\f\n\r\t\0\\`]/g, char => escapes[char] ?? `\\${char}`)}\``
}

const uint64Max = 2n ** 64n - 1n
const int64Min = -(2n ** 63n)

/** Integers within UInt64 and Int64 as bigint, everything else as a Float64; undefined if it overflows that. */
export function parseNumber(text: string): bigint | number | undefined {
  const negative = text[0] === '-'
  let digits = negative || text[0] === '+' ? text.slice(1) : text
  if (digits.includes('_')) digits = digits.replaceAll('_', '')
  if (/^[0-9]+$/.test(digits)) return integer(negative, digits.length < 16 ? BigInt(Number(digits)) : BigInt(digits))
  if (/^0[xX][0-9a-fA-F]+$|^0[bB][01]+$/.test(digits)) return integer(negative, BigInt(digits))
  const value = /^0[xX]/.test(digits) ? parseHexFloat(digits) : Number(digits)
  if (!Number.isFinite(value)) return undefined
  return negative ? -value : value
}

function integer(negative: boolean, magnitude: bigint): bigint | number {
  const value = negative ? -magnitude : magnitude
  return value > uint64Max || value < int64Min ? Number(value) : value
}

function parseHexFloat(text: string): number {
  const match = /^0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)(?:[pP]([+-]?[0-9]+))?$/.exec(text)
  if (!match) return Number.NaN
  const [, whole, fraction, exponent] = match
  return Number(`0x0${whole}${fraction}`) * 2 ** (Number(exponent ?? 0) - 4 * fraction.length)
}

/** A Float64 literal: it keeps a dot, so that it stays one when it is read again. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (Object.is(value, -0)) return '-0.'
  const text = String(value).replace('e+', 'e')
  return /[.e]/.test(text) ? text : `${text}.`
}

/** A literal as ClickHouse prints it. */
export function formatLiteral(value: null | boolean | bigint | number | string): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return quoteString(value)
  if (typeof value === 'number') return formatFloat(value)
  return String(value)
}
