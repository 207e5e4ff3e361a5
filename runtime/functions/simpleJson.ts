// simpleJSON*: members of JSON texts found by looking for "name": in them, without reading the rest. Nothing may stand between the
// name and its colon, and the first such name anywhere counts.
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { quoteJson } from './jsonText.ts'
import { float64, isPlainString, mapNumbers, mapTexts, stringType, textReader, uint64, uint8 } from './stringRows.ts'

const category = 'JSON'
const Int64 = parseType('Int64')

function keyOf(name: string, { type, constant }: ArgumentInfo): string {
  if (!isPlainString(type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument of function ${name}`)
  if (typeof constant !== 'string')
    throw new DBError('ILLEGAL_COLUMN', `The second argument of function ${name} must be a constant string`)
  return constant
}

/** What stands behind the name's colon; null where there is no such name. */
const behind = (json: string, needle: string): string | null => {
  const at = json.indexOf(needle)
  return at < 0 ? null : json.slice(at + needle.length)
}

const integer = (pattern: RegExp, max: bigint) => (value: string) => {
  const match = pattern.exec(value)
  if (!match) return 0n
  const number = BigInt(match[1])
  return number > max || number < -max - 1n ? 0n : number
}

const unsignedOf = integer(/^"?\+?(\d+)/, 2n ** 64n - 1n)
const signedOf = integer(/^"?\+?(-?\d+)/, 2n ** 63n - 1n)
const floatOf = (value: string): number => {
  const match = /^"?([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(value)
  return match ? Number(match[1]) : 0
}
const boolOf = (value: string): number => Number(value.startsWith('true'))

/** Up to the comma or bracket that ends the value. */
function rawOf(value: string): string {
  let depth = 0
  let isQuoted = false
  for (let i = 0; i < value.length; i++) {
    const char = value[i]
    if (char === '\\') i++
    else if (char === '"') isQuoted = !isQuoted
    else if (isQuoted) continue
    else if (char === '[' || char === '{') depth++
    else if (depth === 0 && (char === ',' || char === ']' || char === '}')) return value.slice(0, i)
    else if (char === ']' || char === '}') depth--
  }
  return value
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '0': '\0' }

/** The string at the value's start without its quotes and escapes; empty where there is none, or no end of it. */
function stringOf(value: string): string {
  if (value[0] !== '"') return ''
  let text = ''
  for (let i = 1; i < value.length; i++) {
    const char = value[i]
    if (char === '"') return text
    if (char !== '\\') {
      text += char
      continue
    }
    const next = value[++i]
    const digits = next === 'u' ? /^[0-9a-fA-F]{4}/.exec(value.slice(i + 1)) : null
    if (next === undefined || (next === 'u' && !digits)) return ''
    if (digits) {
      text += String.fromCharCode(Number.parseInt(digits[0], 16))
      i += 4
    } else text += escapes[next] ?? next
  }
  return ''
}

const simple = (
  suffix: string,
  type: DataType,
  about: string,
  value: (behind: string | null) => number | bigint | string,
  example: readonly [string, string],
): FunctionDefinition => {
  const name = `simpleJSON${suffix}`
  return defineFunction({
    name,
    aliases: [`visitParam${suffix}`],
    about,
    category,
    arguments: [{ name: 'json', accepts: isPlainString }, { name: 'field_name' }],
    constants: 'keep',
    returns: ([, key]) => {
      keyOf(name, key)
      return type
    },
    run: ([json], { rows, arena, arguments: args }) => {
      const needle = `${quoteJson(keyOf(name, args[1]))}:`
      const read = textReader(json, arena)
      const valueAt = (row: number) => value(behind(read(row), needle))
      if (type.kind === 'String') return mapTexts(arena, rows, row => String(valueAt(row)))
      return mapNumbers(type, arena, rows, row => valueAt(row) as number | bigint)
    },
    examples: [example],
  })
}

export const simpleJson: readonly FunctionDefinition[] = [
  simple('Has', uint8, 'Whether there is a member of that name.', value => Number(value !== null), [
    `SELECT simpleJSONHas('{"foo":1}', 'foo')`,
    '1',
  ]),
  simple('ExtractUInt', uint64, 'The member as UInt64; 0 for what is none.', value => unsignedOf(value ?? ''), [
    `SELECT simpleJSONExtractUInt('{"foo":"4e3"}', 'foo')`,
    '4',
  ]),
  simple('ExtractInt', Int64, 'The member as Int64; 0 for what is none.', value => signedOf(value ?? ''), [
    `SELECT simpleJSONExtractInt('{"foo":-3.4}', 'foo')`,
    '-3',
  ]),
  simple('ExtractFloat', float64, 'The member as Float64; 0 for what is none.', value => floatOf(value ?? ''), [
    `SELECT simpleJSONExtractFloat('{"foo":"-4e3"}', 'foo')`,
    '-4000',
  ]),
  simple('ExtractBool', uint8, 'Whether the member is true.', value => boolOf(value ?? ''), [
    `SELECT simpleJSONExtractBool('{"foo":true}', 'foo')`,
    '1',
  ]),
  simple('ExtractRaw', stringType, 'The member as it stands in the text.', value => rawOf(value ?? ''), [
    `SELECT simpleJSONExtractRaw('{"foo":{"a":[1,2]}}', 'foo')`,
    '{"a":[1,2]}',
  ]),
  simple('ExtractString', stringType, 'The member, a string, without its escapes.', value => stringOf(value ?? ''), [
    `SELECT simpleJSONExtractString('{"foo":"bar"}', 'foo')`,
    'bar',
  ]),
]
