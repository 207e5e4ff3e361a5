// Hashes of values. Those of several arguments, tuples and arrays combine the hashes of their parts.
import type { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger } from './numericTypes.ts'
import { splitNulls } from './selectColumns.ts'
import { isString, stringsOf } from './stringRows.ts'

const category = 'Hash'
const UInt32 = parseType('UInt32')
const UInt64 = parseType('UInt64')

interface Hash {
  /** Pointer to as many values of `type` as there are rows. */
  readonly type: DataType
  of(column: Column, rows: number, arena: Arena): number
  /** Puts the next hashes into those so far. */
  combine(sum: number, next: number, rows: number, arena: Arena): void
}

const city: Hash = {
  type: UInt64,
  of(column, rows, arena) {
    const { kernels } = arena.memory
    const out = arena.allocate(rows * 8)
    if (column instanceof StringColumn) kernels.cityHash64Strings(column.offsets, column.bytes, rows, out)
    else {
      const { type, pointer } = fixedOf(column)
      if (type.kind === 'FixedString' || type.kind === 'Decimal' || type.width > 8)
        kernels.cityHash64Fixed(pointer, type.width, rows, out)
      else {
        // Numbers hash as their bits, filled up to 64.
        const unsigned = { 1: 'U8', 2: 'U16', 4: 'U32', 8: 'U64' }[type.width]!
        kernelNamed(kernels, `intHash64${unsigned}`)(pointer, rows, out)
      }
    }
    return out
  },
  combine: (sum, next, rows, { memory }) => memory.kernels.hashCombine64(sum, next, rows),
}

const sip: Hash = {
  type: UInt64,
  of(column, rows, arena) {
    const { kernels } = arena.memory
    const out = arena.allocate(rows * 8)
    if (column instanceof StringColumn) kernels.sipHash64Strings(column.offsets, column.bytes, rows, out)
    else {
      const { type, pointer } = fixedOf(column)
      kernels.sipHash64Fixed(pointer, type.width, rows, out)
    }
    return out
  },
  combine: (sum, next, rows, arena) => arena.memory.kernels.sipHashCombine64(sum, next, rows, arena.allocate(16)),
}

/** A hash of the bytes of strings and of values of one width. */
const ofBytes = (
  type: DataType,
  run: (offsets: number, bytes: number, rows: number, out: number, arena: Arena) => void,
  combine: Hash['combine'],
): Hash => ({
  type,
  of(column, rows, arena) {
    const out = arena.allocate(rows * type.width)
    if (column instanceof StringColumn) run(column.offsets, column.bytes, rows, out, arena)
    else {
      const fixed = fixedOf(column)
      const offsets = arena.allocate((rows + 1) * 4)
      arena.memory.kernels.fillRange(0, fixed.type.width, rows + 1, offsets)
      run(offsets, fixed.pointer, rows, out, arena)
    }
    return out
  },
  combine,
})

/** intHash of the sum, xor the next. */
const combine32: Hash['combine'] = (sum, next, rows, arena) => {
  arena.memory.kernels.intHash32U32(sum, rows, sum)
  const { u32 } = arena.memory
  for (let row = 0; row < rows; row++) u32[sum / 4 + row] ^= u32[next / 4 + row]
}

const combine64: Hash['combine'] = (sum, next, rows, arena) => {
  arena.memory.kernels.intHash64U64(sum, rows, sum)
  const { u32 } = arena.memory
  for (let half = 0; half < rows * 2; half++) u32[sum / 4 + half] ^= u32[next / 4 + half]
}

/** 1 KiB for the hashes that go block by block. */
const scratch = (arena: Arena): number => arena.allocate(1024)

const murmur2U32 = ofBytes(
  UInt32,
  (offsets, bytes, rows, out, { memory }) => memory.kernels.murmurHash2U32Strings(offsets, bytes, rows, out),
  combine32,
)
const murmur2U64 = (seed: number): Hash =>
  ofBytes(
    UInt64,
    (offsets, bytes, rows, out, { memory }) => memory.kernels.murmurHash2U64Strings(offsets, bytes, rows, seed, out),
    combine64,
  )
const murmur3U32 = ofBytes(
  UInt32,
  (offsets, bytes, rows, out, { memory }) => memory.kernels.murmurHash3U32Strings(offsets, bytes, rows, out),
  combine32,
)
/** The two halves of the 128 bits, one xor the other. */
const murmur3U64 = ofBytes(
  UInt64,
  (offsets, bytes, rows, out, arena) => {
    const wide = arena.allocate(rows * 16)
    arena.memory.kernels.murmurHash3U128Strings(offsets, bytes, rows, wide)
    const { u32 } = arena.memory
    for (let row = 0; row < rows; row++)
      for (const half of [0, 1])
        u32[out / 4 + row * 2 + half] = u32[wide / 4 + row * 4 + half] ^ u32[wide / 4 + row * 4 + 2 + half]
  },
  combine64,
)
const xxHash32 = ofBytes(
  UInt32,
  (offsets, bytes, rows, out, { memory }) => memory.kernels.xxHash32Strings(offsets, bytes, rows, out),
  combine32,
)
const xxHash64 = ofBytes(
  UInt64,
  (offsets, bytes, rows, out, { memory }) => memory.kernels.xxHash64Strings(offsets, bytes, rows, out),
  combine64,
)

/** The first eight bytes of MD5, the first of them the highest. */
function halfMd5(offsets: number, bytes: number, rows: number, out: number, arena: Arena): void {
  const digests = arena.allocate(rows * 16)
  arena.memory.kernels.md5Strings(offsets, bytes, rows, digests, scratch(arena))
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < 8; i++) u8[out + row * 8 + i] = u8[digests + row * 16 + 7 - i]
}
/** Combined as the hash of both. */
const half: Hash = ofBytes(UInt64, halfMd5, (sum, next, rows, arena) => {
  const both = arena.allocate(rows * 16)
  const { u32, kernels } = arena.memory
  for (let row = 0; row < rows; row++) {
    u32.copyWithin(both / 4 + row * 4, sum / 4 + row * 2, sum / 4 + row * 2 + 2)
    u32.copyWithin(both / 4 + row * 4 + 2, next / 4 + row * 2, next / 4 + row * 2 + 2)
  }
  const offsets = arena.allocate((rows + 1) * 4)
  kernels.fillRange(0, 16, rows + 1, offsets)
  halfMd5(offsets, both, rows, sum, arena)
})

/** What NULL inside of arrays and tuples hashes to, whatever the hash. */
const nullHash32 = 64596081
const nullHash64 = 14234421406067173489n

/** Adds a column to the hashes so far, where there are any. The parts of tuples and arrays are added one by one. */
function absorb(hash: Hash, column: Column, rows: number, arena: Arena, sum: number | null): number {
  if (column instanceof TupleColumn) {
    let whole = sum
    for (const part of column.columns) whole = absorb(hash, part, rows, arena, whole)
    return whole ?? arena.allocateZeroed(rows * hash.type.width)
  }
  if (column.layout === 'array') return absorbArrays(hash, column as ArrayColumn, rows, arena, sum)
  let next: number
  if (column instanceof FixedColumn || column instanceof StringColumn) next = hash.of(column, rows, arena)
  else {
    const { values, nulls } = splitNulls(column, arena)
    if (values.layout === column.layout)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Type ${column.type.name} cannot be hashed`)
    next = absorb(hash, values, rows, arena, null)
    const { u8, u32, u64 } = arena.memory
    if (nulls !== 0)
      for (let row = 0; row < rows; row++) {
        if (u8[nulls + row] === 0) continue
        if (hash.type.width === 4) u32[next / 4 + row] = nullHash32
        else u64[next / 8 + row] = nullHash64
      }
  }
  if (sum === null) return next
  hash.combine(sum, next, rows, arena)
  return sum
}

/** The number of elements, then each of them. */
function absorbArrays(hash: Hash, column: ArrayColumn, rows: number, arena: Arena, before: number | null): number {
  const { offsets, elements } = column.compact(arena)
  const { kernels } = arena.memory
  const { width } = hash.type
  const lengths = newFixed(UInt64, rows, arena)
  kernels.offsetsToLengthsU64(offsets, lengths.pointer, rows)
  let sum = arena.allocate(rows * width)
  if (width === 4) kernels.intHash32U64(lengths.pointer, rows, sum)
  else kernels.intHash64U64(lengths.pointer, rows, sum)
  if (before !== null) {
    hash.combine(before, sum, rows, arena)
    sum = before
  }
  const inner = absorb(hash, elements, elements.rows, arena, null)
  const { u32 } = arena.memory
  const starts = u32.slice(offsets / 4, offsets / 4 + rows + 1)
  for (let row = 0; row < rows; row++)
    for (let at = starts[row]; at < starts[row + 1]; at++) hash.combine(sum + row * width, inner + at * width, 1, arena)
  return sum
}

function hashAll(hash: Hash, columns: readonly Column[], rows: number, arena: Arena): number {
  let sum: number | null = null
  for (const column of columns) sum = absorb(hash, column, rows, arena, sum)
  return sum ?? arena.allocateZeroed(rows * hash.type.width)
}

const hashable = (type: DataType): boolean => type.kind !== 'AggregateFunction'

const manyArguments = (name: string, hash: Hash, about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'x', accepts: hashable },
      { name: 'more', accepts: hashable, repeated: true },
    ],
    returns: () => hash.type,
    run: (args, { rows, arena }) => new FixedColumn(hash.type, arena.memory, hashAll(hash, args, rows, arena), rows),
    examples: [example],
  })

const intHash = (name: 'intHash32' | 'intHash64', type: DataType, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      {
        name: 'x',
        accepts: type => (isInteger(type) && type.width <= 8) || ['Date', 'DateTime', 'IPv4'].includes(type.kind),
      },
    ],
    returns: () => type,
    run: ([x], { rows, arena }) => {
      const column = fixedOf(x)
      const physical = numberPhysical(column.type)
      const out = newFixed(type, rows, arena)
      const wide = castNumbers(column.pointer, physical, physical[0] === 'I' ? 'I64' : 'U64', rows, arena)
      kernelNamed(arena.memory.kernels, `${name}U64`)(wide, rows, out.pointer)
      return out
    },
    examples: [example],
  })

const sipHash128 = defineFunction({
  name: 'sipHash128',
  about: '128 bits of SipHash-2-4 over the bytes of one value.',
  category,
  arguments: [{ name: 'x', accepts: type => type.width > 0 || type.kind === 'String' }],
  returns: () => parseType('FixedString(16)'),
  run: ([x], { type, rows, arena }) => {
    const { kernels } = arena.memory
    const out = newFixed(type, rows, arena)
    if (x instanceof StringColumn) kernels.sipHash128Strings(x.offsets, x.bytes, rows, out.pointer)
    else kernels.sipHash128Fixed(fixedOf(x).pointer, x.type.width, rows, out.pointer)
    return out
  },
  examples: [["SELECT hex(sipHash128('a'))", '71315E763CCB60893893CDBB5CC3A21F']],
})

type Digest = (strings: StringColumn, rows: number, out: number, arena: Arena) => void

/** A digest of one string. */
const digest = (name: string, size: number, about: string, run: Digest, example: string): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 's', accepts: isString }],
    returns: () => parseType(`FixedString(${size})`),
    run: ([s], { type, rows, arena }) => {
      const strings = stringsOf(s, arena)
      const out = newFixed(type, rows, arena)
      run(strings, rows, out.pointer, arena)
      return out
    },
    examples: [[`SELECT hex(${name}('abc'))`, example]],
  })

const sha256 =
  (variant: number, size: number): Digest =>
  ({ offsets, bytes }, rows, out, arena) =>
    arena.memory.kernels.sha256Strings(offsets, bytes, rows, variant, size, out, scratch(arena))
const sha512 =
  (variant: number, size: number): Digest =>
  ({ offsets, bytes }, rows, out, arena) =>
    arena.memory.kernels.sha512Strings(offsets, bytes, rows, variant, size, out, scratch(arena))

const Int32 = parseType('Int32')

const hiveHash = defineFunction({
  name: 'hiveHash',
  about: "Hive's hash: that of Java without its sign.",
  category,
  arguments: [{ name: 's', accepts: isString }],
  returns: () => Int32,
  run: ([s], { rows, arena }) => {
    const { offsets, bytes } = stringsOf(s, arena)
    const out = newFixed(Int32, rows, arena)
    arena.memory.kernels.javaHashStrings(offsets, bytes, rows, out.pointer)
    const { i32 } = arena.memory
    for (let row = 0; row < rows; row++) i32[out.pointer / 4 + row] &= 0x7fffffff
    return out
  },
  examples: [["SELECT hiveHash('Hello, world!')", '267439093']],
})

export const hashes: readonly FunctionDefinition[] = [
  manyArguments('cityHash64', city, 'CityHash64 (v1.0.2), combined over the arguments.', [
    "SELECT cityHash64('a')",
    '2603192927274642682',
  ]),
  manyArguments('sipHash64', sip, 'SipHash-2-4, combined over the arguments.', [
    "SELECT sipHash64('a')",
    '10863254463029944905',
  ]),
  sipHash128,
  manyArguments('halfMD5', half, 'The first 64 bits of MD5, combined over the arguments.', [
    "SELECT hex(halfMD5('abc', 'cde', 'fgh'))",
    '2C9506B7374CFAF4',
  ]),
  manyArguments('murmurHash2_32', murmur2U32, 'MurmurHash2 of 32 bits, combined over the arguments.', [
    "SELECT murmurHash2_32('ABCabc', 'mple', 10)",
    '4019193291',
  ]),
  manyArguments('murmurHash2_64', murmur2U64(0), 'MurmurHash2 of 64 bits, combined over the arguments.', [
    "SELECT murmurHash2_64('a')",
    '510903276987443985',
  ]),
  manyArguments('gccMurmurHash', murmur2U64(0xc70f6907), 'MurmurHash2 of 64 bits with the seed that GCC uses.', [
    'SELECT gccMurmurHash(1, 16, 3)',
    '10702901977792729567',
  ]),
  manyArguments('murmurHash3_32', murmur3U32, 'MurmurHash3 of 32 bits, combined over the arguments.', [
    "SELECT murmurHash3_32('a')",
    '1009084850',
  ]),
  manyArguments('murmurHash3_64', murmur3U64, 'MurmurHash3 of 64 bits, combined over the arguments.', [
    "SELECT murmurHash3_64('a')",
    '7196874446409822675',
  ]),
  manyArguments('xxHash32', xxHash32, 'xxHash of 32 bits, combined over the arguments.', [
    "SELECT xxHash32('a')",
    '1426945110',
  ]),
  manyArguments('xxHash64', xxHash64, 'xxHash of 64 bits, combined over the arguments.', [
    "SELECT xxHash64('a')",
    '15154266338359012955',
  ]),
  hiveHash,
  digest(
    'MD5',
    16,
    'The MD5 digest.',
    ({ offsets, bytes }, rows, out, arena) =>
      arena.memory.kernels.md5Strings(offsets, bytes, rows, out, scratch(arena)),
    '900150983CD24FB0D6963F7D28E17F72',
  ),
  digest(
    'SHA1',
    20,
    'The SHA-1 digest.',
    ({ offsets, bytes }, rows, out, arena) =>
      arena.memory.kernels.sha1Strings(offsets, bytes, rows, out, scratch(arena)),
    'A9993E364706816ABA3E25717850C26C9CD0D89D',
  ),
  digest(
    'SHA224',
    28,
    'The SHA-224 digest.',
    sha256(1, 28),
    '23097D223405D8228642A477BDA255B32AADBCE4BDA0B3F7E36C9DA7',
  ),
  digest(
    'SHA256',
    32,
    'The SHA-256 digest.',
    sha256(0, 32),
    'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD',
  ),
  digest(
    'SHA384',
    48,
    'The SHA-384 digest.',
    sha512(1, 48),
    'CB00753F45A35E8BB5A03D699AC65007272C32AB0EDED1631A8B605A43FF5BED8086072BA1E7CC2358BAECA134C825A7',
  ),
  digest(
    'SHA512',
    64,
    'The SHA-512 digest.',
    sha512(0, 64),
    'DDAF35A193617ABACC417349AE20413112E6FA4E89A97EA20A9EEEE64B55D39A2192992A274FC1A836BA3C23A3FEEBBD454D4423643CE80E2A9AC94FA54CA49F',
  ),
  digest(
    'SHA512_256',
    32,
    'The SHA-512/256 digest.',
    sha512(2, 32),
    '53048E2681941EF99B2E29B76B4C7DABE4C2D0C634FC6D46E0E2F13107E7AF23',
  ),
  intHash('intHash32', UInt32, 'A fast hash of 32 bits of a number.', ['SELECT intHash32(1)', '1343103100']),
  intHash('intHash64', UInt64, 'A fast hash of 64 bits of a number.', ['SELECT intHash64(1)', '10577349846663553072']),
]
