// Hashes by which similar texts are found: SimHash and MinHash over n-grams of characters or shingles of words.
import { columnOf } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { bytesReader, isPlainString, isUnsigned, mapNumbers, stringType, textOf, uint64 } from './stringRows.ts'

const category = 'Hash'

/** What a hash is taken of: bytes [start, end) of a text. */
type Piece = readonly [start: number, end: number]

interface Variant {
  readonly suffix: '' | 'CaseInsensitive' | 'UTF8' | 'CaseInsensitiveUTF8'
  readonly kind: 'ngram' | 'wordShingle'
}

/** Remainders of CRC-32C, bits reversed. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

/** CRC-32C of the pieces one behind the other, without its final inversion. None gives all 64 bits set. */
function hashOf(text: Uint8Array, pieces: readonly Piece[], fold: boolean): bigint {
  let value = 0xffffffff
  let isEmpty = true
  for (const [start, end] of pieces)
    for (let i = start; i < end; i++) {
      isEmpty = false
      value = remainders[(value ^ (fold ? text[i] | 0x20 : text[i])) & 255] ^ (value >>> 8)
    }
  return isEmpty ? 0xffff_ffff_ffff_ffffn : BigInt(value >>> 0)
}

/** A shingle's hash, and the bytes from its first to its last word. */
type Visit = (hash: bigint, piece: Piece) => void

/** Every n-gram; a text that is shorter is one as a whole. */
function eachNgram(text: Uint8Array, size: number, fold: boolean, isUtf8: boolean, visit: Visit): void {
  const starts: number[] = []
  for (let i = 0; i < text.length; i++) if (!isUtf8 || (text[i] & 0xc0) !== 0x80 || i === 0) starts.push(i)
  starts.push(text.length)
  const count = starts.length - 1
  if (count < size) visit(hashOf(text, [[0, text.length]], fold), [0, text.length])
  // In UTF-8 the first one does not count.
  for (let i = isUtf8 ? 1 : 0; i + size <= count; i++) {
    const piece: Piece = [starts[i], starts[i + size]]
    visit(hashOf(text, [piece], fold), piece)
  }
}

const isWordByte = (byte: number): boolean =>
  byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)

/** Words that are shorter do not count. */
const wordSizeMin = 4

function wordsOf(text: Uint8Array): Piece[] {
  const words: Piece[] = []
  for (let i = 0; i < text.length; ) {
    while (i < text.length && !isWordByte(text[i])) i++
    const start = i
    while (i < text.length && isWordByte(text[i])) i++
    if (i - start >= wordSizeMin) words.push([start, i])
  }
  return words
}

/** Every run of so many words; a text of fewer is one run. */
function eachShingle(text: Uint8Array, size: number, fold: boolean, visit: Visit): void {
  const words = wordsOf(text)
  for (let i = 0; i === 0 || i + size <= words.length; i++) {
    const run = words.slice(i, i + size)
    if (run.length > 0) visit(hashOf(text, run, fold), [run[0][0], run[run.length - 1][1]])
  }
}

function eachPiece({ kind, suffix }: Variant, text: Uint8Array, size: number, visit: Visit): void {
  const fold = suffix.startsWith('CaseInsensitive')
  if (kind === 'ngram') eachNgram(text, size, fold, suffix.endsWith('UTF8'), visit)
  else eachShingle(text, size, fold, visit)
}

/** Bit i is set where more of the hashes have it than have it not. */
function simHash(variant: Variant, text: Uint8Array, size: number): bigint {
  const { length } = text
  const hashes: bigint[] = []
  eachPiece(variant, text, size, hash => hashes.push(hash))
  if (hashes.length === 0 || (hashes.length === 1 && length === 0)) return hashes[0] ?? 0n
  const counts = new Int32Array(32)
  for (const hash of hashes) {
    const low = Number(hash)
    for (let bit = 0; bit < 32; bit++) counts[bit] += (low / 2 ** bit) & 1 ? 1 : -1
  }
  let result = 0
  for (let bit = 0; bit < 32; bit++) if (counts[bit] > 0) result += 2 ** bit
  return BigInt(result)
}

const factor = 0x9ddfea08eb382d69n
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)

/** CityHash's way to make one hash of two. */
function combine(u: bigint, v: bigint): bigint {
  let a = wrap((u ^ v) * factor)
  a ^= a >> 47n
  let b = wrap((v ^ a) * factor)
  b ^= b >> 47n
  return wrap(b * factor)
}

type Found = readonly [hash: bigint, piece: Piece]

/** The so many smallest hashes, from the largest of them, and the largest, from the smallest of them. */
function extremes(variant: Variant, text: Uint8Array, size: number, count: number): [Found[], Found[]] {
  const found = new Map<bigint, Piece>()
  eachPiece(variant, text, size, (hash, piece) => {
    if (!found.has(hash)) found.set(hash, piece)
  })
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1))
  return [sorted.slice(0, count).reverse(), sorted.slice(-count)]
}

const sizeMax = 25

/** A shingle's size or the number of hashes. */
function small(argument: ArgumentInfo | undefined, name: string, otherwise: number): number {
  if (argument === undefined) return otherwise
  if (!isUnsigned(argument.type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `The ${name} must be an unsigned integer, it is ${argument.type.name}`,
    )
  if (argument.constant === undefined) throw new DBError('ILLEGAL_COLUMN', `The ${name} must be constant`)
  const value = Number(argument.constant)
  if (value < 1 || value > sizeMax)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `The ${name} must be from 1 to ${sizeMax}, it is ${value}`)
  return value
}

function check(name: string, args: readonly ArgumentInfo[], most: number): void {
  if (args.length === 0) throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', `Function ${name} expects a string`)
  if (args.length > most)
    throw new DBError('TOO_MANY_ARGUMENTS_FOR_FUNCTION', `Function ${name} expects no more than ${most} arguments`)
  if (!isPlainString(args[0].type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `First argument of ${name} must be String, it is ${args[0].type.name}`,
    )
}

const sizes = ([, size, count]: readonly ArgumentInfo[]) => ({
  size: small(size, 'size of shingles', 3),
  count: small(count, 'number of hashes', 6),
})

function simHashOf(variant: Variant): FunctionDefinition {
  const name = `${variant.kind}SimHash${variant.suffix}`
  return defineFunction({
    name,
    about: 'SimHash of a text: similar texts have hashes of which few bits differ.',
    category,
    arguments: [{ name: 'argument', repeated: true }],
    constants: 'keep',
    lowCardinality: 'plain',
    returns: args => {
      check(name, args, 2)
      sizes(args)
      return uint64
    },
    run: ([text], { rows, arena, arguments: args }) => {
      const { size } = sizes(args)
      const read = bytesReader(text, arena)
      const hashes = Array.from({ length: rows }, (_, row) => simHash(variant, read(row), size))
      return mapNumbers(uint64, arena, rows, row => hashes[row])
    },
  })
}

function minHashOf(variant: Variant, isArg: boolean): FunctionDefinition {
  const name = `${variant.kind}MinHash${isArg ? 'Arg' : ''}${variant.suffix}`
  return defineFunction({
    name,
    about: isArg
      ? 'The pieces of a text with the least and the greatest hashes.'
      : 'MinHash of a text: hashes of its least and of its greatest hashes.',
    category,
    arguments: [{ name: 'argument', repeated: true }],
    constants: 'keep',
    lowCardinality: 'plain',
    returns: (args): DataType => {
      check(name, args, 3)
      const { count } = sizes(args)
      const part = isArg ? new TupleType(new Array<DataType>(count).fill(stringType)) : uint64
      return new TupleType([part, part])
    },
    run: ([text], { rows, arena, type, arguments: args }) => {
      const { size, count } = sizes(args)
      const read = bytesReader(text, arena)
      const values = Array.from({ length: rows }, (_, row): Value => {
        const bytes = read(row)
        return extremes(variant, bytes, size, count).map((found): Value => {
          if (!isArg) return found.reduce((sum, [hash]) => combine(sum, hash), 0n)
          const texts = found.map(([, [start, end]]) => textOf(bytes.subarray(start, end)))
          return [...texts, ...new Array<string>(count - texts.length).fill('')]
        })
      })
      return columnOf(type, values, arena)
    },
  })
}

const suffixes = ['', 'CaseInsensitive', 'UTF8', 'CaseInsensitiveUTF8'] as const

/** Strips what may or may not stand at an address's end. */
function withoutEnd(bytes: Uint8Array): Uint8Array {
  const last = bytes[bytes.length - 1]
  return last === 0x2f || last === 0x3f || last === 0x23 ? bytes.subarray(0, -1) : bytes
}

const isBreak = (byte: number): boolean => byte === 0x2f || byte === 0x3f || byte === 0x23
const isSchemeByte = (byte: number): boolean => byte < 0x80 && isWordByte(byte)

/** The part of an address down to a level of its path: 0 is protocol and host. */
export function urlLevel(bytes: Uint8Array, level: number): Uint8Array {
  let at = 0
  while (at < bytes.length && isSchemeByte(bytes[at])) at++
  const hasHost = bytes.length - at > 3 && bytes[at] === 0x3a && bytes[at + 1] === 0x2f && bytes[at + 2] === 0x2f
  if (!hasHost) return level === 0 ? bytes : bytes.subarray(0, 0)
  at += 3
  while (at < bytes.length && !isBreak(bytes[at])) at++
  if (at < bytes.length) at++
  for (let current = 0; current < level && at < bytes.length; current++) {
    while (at < bytes.length && isBreak(bytes[at])) at++
    while (at < bytes.length && !isBreak(bytes[at])) at++
    if (at < bytes.length) at++
  }
  return bytes.subarray(0, at)
}

const urlHash = defineFunction({
  name: 'URLHash',
  about:
    'CityHash64 of an address without a slash, question mark or # at its end, or of the part of it down to a level.',
  category,
  arguments: [
    { name: 'url', accepts: isPlainString },
    { name: 'level', optional: true, constant: true },
  ],
  constants: 'keep',
  returns: () => uint64,
  run: ([url], { rows, arena, arguments: args }) => {
    const read = bytesReader(url, arena)
    const level = args[1] === undefined ? null : Number(args[1].constant)
    const { kernels } = arena.memory
    const out = arena.allocate(8)
    const parts = Array.from({ length: rows }, (_, row) =>
      withoutEnd(level === null ? read(row) : urlLevel(read(row), level)).slice(),
    )
    const room = arena.allocate(parts.reduce((most, part) => Math.max(most, part.length), 0))
    return mapNumbers(uint64, arena, rows, row => {
      arena.memory.copyIn(room, parts[row])
      kernels.cityHash64(room, parts[row].length, out)
      return arena.memory.u64[out / 8]
    })
  },
  examples: [["SELECT URLHash('https://www.clickhouse.com')", '13614512636072854701']],
})

export const stringHashes: readonly FunctionDefinition[] = [
  ...(['ngram', 'wordShingle'] as const).flatMap(kind =>
    suffixes.flatMap(suffix => [
      simHashOf({ kind, suffix }),
      minHashOf({ kind, suffix }, false),
      minHashOf({ kind, suffix }, true),
    ]),
  ),
  urlHash,
]
