// Sizes as people write them: 1.5 KiB, 3 MB.
import { DBError } from '../core/errors.ts'
import { NullableType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import type { FunctionDefinition } from './function.ts'
import { defineRowwise } from './rowwise.ts'

const UInt64 = parseType('UInt64')
const sizes = new Map<string, number>([
  ['b', 1],
  ...['k', 'm', 'g', 't', 'p', 'e'].flatMap((letter, i): [string, number][] => [
    [`${letter}ib`, 1024 ** (i + 1)],
    [`${letter}b`, 1000 ** (i + 1)],
  ]),
])

function parseSize(text: string): bigint {
  const match = /^(\s*)(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(text)
  if (!match) {
    if (/^\s*-?\d/.test(text))
      throw new DBError('BAD_ARGUMENTS', `Invalid expression for function parseReadableSize: ${text}`)
    throw new DBError(
      'CANNOT_PARSE_NUMBER',
      `Invalid expression for function parseReadableSize: no number in ${JSON.stringify(text)}`,
    )
  }
  const unit = sizes.get(match[3].toLowerCase())
  if (unit === undefined || match[1] !== '')
    throw new DBError(
      'CANNOT_PARSE_TEXT',
      `Invalid expression for function parseReadableSize: unknown unit in ${JSON.stringify(text)}`,
    )
  const bytes = Math.ceil(Number(match[2]) * unit)
  if (!(bytes < 2 ** 64)) throw new DBError('BAD_ARGUMENTS', `The size ${text} does not fit in 64 bits`)
  return BigInt(bytes)
}

const parsing = (suffix: '' | 'OrNull' | 'OrZero', example: [string, string]): FunctionDefinition =>
  defineRowwise({
    name: `parseReadableSize${suffix}`,
    about: `The bytes that a readable size means${suffix === 'OrNull' ? ', NULL where it is none' : suffix === 'OrZero' ? ', 0 where it is none' : ''}.`,
    category: 'Other',
    arguments: [{ name: 'size', accepts: type => type.kind === 'String' }],
    returns: suffix === 'OrNull' ? new NullableType(UInt64) : UInt64,
    row: ([text]) => {
      try {
        return parseSize(text as string)
      } catch (error) {
        if (suffix === '') throw error
        return suffix === 'OrNull' ? null : 0n
      }
    },
    example,
  })

export const readableSizes: readonly FunctionDefinition[] = [
  parsing('', ["SELECT parseReadableSize('5.314 KiB')", '5442']),
  parsing('OrNull', ["SELECT parseReadableSizeOrNull('invalid')", '\\N']),
  parsing('OrZero', ["SELECT parseReadableSizeOrZero('invalid')", '0']),
]
