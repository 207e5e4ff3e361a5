// Which of so many buckets a key belongs to, when few keys may move as buckets are added.
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isNativeInteger, mapNumbers } from './stringRows.ts'

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)

/** Lamping and Veach's jump hash. */
function jump(key: bigint, buckets: number): number {
  let state = key
  let bucket = -1
  let next = 0
  while (next < buckets) {
    bucket = next
    state = wrap(state * 2862933555777941757n + 1n)
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(state >> 33n) + 1)))
  }
  return bucket
}

function bucketsOf(name: string, argument: ArgumentInfo, most: number): number {
  if (!isNativeInteger(argument.type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal type ${argument.type.name} of the second argument of ${name}`,
    )
  if (argument.constant === undefined)
    throw new DBError('ILLEGAL_COLUMN', `The number of buckets of ${name} must be constant`)
  const value = BigInt(argument.constant as number | bigint)
  if (value <= 0n) throw new DBError('BAD_ARGUMENTS', `The number of buckets of ${name} must be positive`)
  if (value > most)
    throw new DBError('BAD_ARGUMENTS', `The number of buckets of ${name} must not be greater than ${most}`)
  return Number(value)
}

const consistent = (
  name: string,
  aliases: readonly string[],
  type: DataType,
  most: number,
  place: (key: bigint, buckets: number) => number,
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    about: 'The bucket of a key, so that few keys move when the number of buckets grows.',
    category: 'Hash',
    arguments: [{ name: 'hash', accepts: isNativeInteger }, { name: 'buckets' }],
    constants: 'keep',
    returns: ([, buckets]) => {
      bucketsOf(name, buckets, most)
      return type
    },
    run: ([key], { rows, arena, arguments: args }) => {
      const buckets = bucketsOf(name, args[1], most)
      const full = key.full(arena)
      return mapNumbers(type, arena, rows, row => place(wrap(BigInt(full.valueAt(row) as number | bigint)), buckets))
    },
    examples: [example],
  })

export const consistentHashes: readonly FunctionDefinition[] = [
  consistent('jumpConsistentHash', [], parseType('Int32'), 2 ** 31 - 1, jump, [
    'SELECT jumpConsistentHash(256, 4)',
    '3',
  ]),
]
