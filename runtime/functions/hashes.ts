// Hashes of values of any type.
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import type { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { TupleType } from '../types/compound.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { scratch } from './digests.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import {
  combine32,
  combine64,
  combineByHashing,
  combineCity,
  evenOffsets,
  type Hash,
  hashAll,
  ofBytes,
  type StringKernel,
} from './hashing.ts'
import { splitNulls } from './selectColumns.ts'
import { isInteger } from './numericTypes.ts'
import { isPlainString, isString, stringsOf } from './stringRows.ts'

const category = 'Hash'
const Int32 = parseType('Int32')
const Int64 = parseType('Int64')
const UInt32 = parseType('UInt32')
const UInt64 = parseType('UInt64')
const UInt128 = parseType('UInt128')
const FixedString16 = parseType('FixedString(16)')

/** The kernels that take only strings and give one hash each. */
const plain =
  (name: `${string}Strings`): StringKernel =>
  (offsets, bytes, rows, out, { memory }) =>
    kernelNamed(memory.kernels, name)(offsets, bytes, rows, out)

const city = ofBytes(UInt64, plain('cityHash64Strings'), combineCity, true)
/** From 512 bytes on FarmHash is another algorithm on processors with SSE 4.1, which is what others' answers come from. */
const farmSizeMax = 511
const farmKernel: StringKernel = (offsets, bytes, rows, out, { memory }) => {
  const { u32, kernels } = memory
  for (let row = 0; row < rows; row++)
    if (u32[offsets / 4 + row + 1] - u32[offsets / 4 + row] > farmSizeMax)
      throw new DBError('NOT_IMPLEMENTED', `farmHash64 takes strings of up to ${farmSizeMax} bytes`)
  kernels.farmHash64Strings(offsets, bytes, rows, out)
}
const farm = ofBytes(UInt64, farmKernel, combineCity, true)
const fingerprint = ofBytes(
  UInt64,
  plain('farmFingerprint64Strings'),
  (sum, next, rows, { memory }) => memory.kernels.hashCombineFingerprint(sum, next, rows),
  true,
)
const metro = ofBytes(UInt64, plain('metroHash64Strings'), combineCity, true)
const wy = ofBytes(UInt64, plain('wyHash64Strings'), combineCity)
const xxh3 = ofBytes(
  UInt64,
  (offsets, bytes, rows, out, arena) =>
    arena.memory.kernels.xxh3U64Strings(offsets, bytes, rows, out, arena.allocate(64)),
  combineCity,
)
const wideXxh3: StringKernel = (offsets, bytes, rows, out, arena) =>
  arena.memory.kernels.xxh3U128Strings(offsets, bytes, rows, out, arena.allocate(64))
const xxh3Wide = ofBytes(UInt128, wideXxh3, combineByHashing(16, wideXxh3))

const sip: Hash = {
  ...ofBytes(UInt64, plain('sipHash64Strings'), (sum, next, rows, arena) =>
    arena.memory.kernels.sipHashCombine64(sum, next, rows, arena.allocate(16)),
  ),
  empty: emptyOf(plain('sipHash64Strings'), 8),
}

/** The hash of an empty string in each row, in the low 64 bits where it is wider. */
function emptyOf(run: StringKernel, width: number): (rows: number, arena: Arena) => number {
  return (rows, arena) => {
    const out = arena.allocate(rows * width)
    run(arena.allocateZeroed((rows + 1) * 4), 0, rows, out, arena)
    return out
  }
}

/** SipHash under the key of two u64 at `key`. */
function keyedSip(kind: '64Keyed' | '128Keyed' | '128Reference', key: (arena: Arena) => number): Hash {
  const type = kind === '64Keyed' ? UInt64 : FixedString16
  const run: StringKernel = (offsets, bytes, rows, out, arena) =>
    kernelNamed(arena.memory.kernels, `sipHash${kind}Strings`)(offsets, bytes, rows, key(arena), out)
  return { ...ofBytes(type, run, combineByHashing(type.width, run)), empty: emptyOf(run, type.width) }
}
const noKey = (arena: Arena): number => arena.allocateZeroed(16)

const murmur2U32 = (seed: number): Hash =>
  ofBytes(
    UInt32,
    (offsets, bytes, rows, out, { memory }) => memory.kernels.murmurHash2U32Strings(offsets, bytes, rows, seed, out),
    combine32,
  )
const murmur2U64 = (seed: number): Hash =>
  ofBytes(
    UInt64,
    (offsets, bytes, rows, out, { memory }) => memory.kernels.murmurHash2U64Strings(offsets, bytes, rows, seed, out),
    combine64,
  )
const murmur3U32 = ofBytes(UInt32, plain('murmurHash3U32Strings'), combine32)
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
const xxHash32 = ofBytes(UInt32, plain('xxHash32Strings'), combine32)
const xxHash64 = ofBytes(
  UInt64,
  (offsets, bytes, rows, out, { memory }) => memory.kernels.xxHash64Strings(offsets, bytes, rows, 0, out),
  combine64,
)

/** The seed and the missing sign are Kafka's. */
const kafkaKernel: StringKernel = (offsets, bytes, rows, out, { memory }) => {
  memory.kernels.murmurHash2U32Strings(offsets, bytes, rows, 0x9747b28c, out)
  for (let row = 0; row < rows; row++) memory.u32[out / 4 + row] &= 0x7fffffff
}
const kafka = ofBytes(UInt32, kafkaKernel, combine32)

/** The first eight bytes of MD5, the first of them the highest. */
function halfMd5(offsets: number, bytes: number, rows: number, out: number, arena: Arena): void {
  const digests = arena.allocate(rows * 16)
  arena.memory.kernels.md5Strings(offsets, bytes, rows, digests, scratch(arena))
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < 8; i++) u8[out + row * 8 + i] = u8[digests + row * 16 + 7 - i]
}
const half: Hash = ofBytes(UInt64, halfMd5, combineByHashing(8, halfMd5))
const murmur3Wide = ofBytes(
  FixedString16,
  plain('murmurHash3U128Strings'),
  combineByHashing(16, plain('murmurHash3U128Strings')),
)

/** Java's hash codes: of strings over bytes, of signed integers by their value; others are taken as bytes. */
const java: Hash = {
  type: Int32,
  of(column, rows, arena) {
    const out = arena.allocate(rows * 4)
    const { memory } = arena
    if (column instanceof StringColumn) {
      memory.kernels.javaHashStrings(column.offsets, column.bytes, rows, out)
      return out
    }
    const { type, pointer } = fixedOf(column)
    const isSmall = type instanceof IntegerType ? type.bits <= 64 : !(type instanceof FloatType)
    if (rows > 0 && isSmall && type.width <= 8 && type.physical?.startsWith('U'))
      throw new DBError('NOT_IMPLEMENTED', 'Unsigned types are not supported by javaHash')
    if (isSmall && type.physical?.startsWith('I') && type.kind !== 'Decimal' && type.width <= 8) {
      const wide = castNumbers(pointer, numberPhysical(type), 'I64', rows, arena)
      for (let row = 0; row < rows; row++) {
        const low = memory.i32[wide / 4 + row * 2]
        memory.i32[out / 4 + row] = type.width === 8 ? low ^ memory.i32[wide / 4 + row * 2 + 1] : low
      }
    } else memory.kernels.javaHashStrings(evenOffsets(rows, type.width, arena), pointer, rows, out)
    return out
  },
  combine: () => {
    throw new DBError('NOT_IMPLEMENTED', 'Java hash is not combineable for multiple arguments')
  },
}

const hashable = (type: DataType): boolean => type.kind !== 'AggregateFunction'

const manyArguments = (
  name: string,
  hash: Hash,
  about: string,
  example: [string, string],
  caseInsensitive?: boolean,
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    caseInsensitive,
    arguments: [{ name: 'x', accepts: hashable, repeated: true }],
    returns: () => hash.type,
    run: (args, { rows, arena }) => new FixedColumn(hash.type, arena.memory, hashAll(hash, args, rows, arena), rows),
    examples: [example],
  })

/** A key of two u64: a constant, or row by row. */
const keyedHash = (name: string, kind: Parameters<typeof keyedSip>[0], about: string, example: [string, string]) => {
  const { type } = keyedSip(kind, noKey)
  return defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'key' }, { name: 'x', accepts: hashable, repeated: true }],
    constants: 'keep',
    returns: ([key]) => {
      if (!(key.type instanceof TupleType) || key.type.elements.length !== 2)
        throw new DBError('BAD_ARGUMENTS', 'The key must be of type Tuple(UInt64, UInt64)')
      for (const [i, element] of key.type.elements.entries())
        if (element.kind !== 'UInt64')
          throw new DBError('BAD_ARGUMENTS', `Element ${i + 1} of the key tuple is not of type UInt64`)
      return type
    },
    run: ([keys, ...args], { rows, arena }) => {
      const { memory } = arena
      const columns = args.map(column => column.full(arena))
      const hashUnder = (key: Column, values: readonly Column[], count: number): number => {
        const [low, high] = (key as TupleColumn).columns.map(part => fixedOf(part.full(arena)).pointer)
        const pointer = arena.allocate(16)
        memory.u64[pointer / 8] = memory.u64[low / 8]
        memory.u64[pointer / 8 + 1] = memory.u64[high / 8]
        return hashAll(
          keyedSip(kind, () => pointer),
          values,
          count,
          arena,
        )
      }
      if (keys instanceof ConstColumn) return new FixedColumn(type, memory, hashUnder(keys.value, columns, rows), rows)
      const out = newFixed(type, rows, arena)
      for (let row = 0; row < rows; row++) {
        const one = hashUnder(
          keys.slice(row, 1),
          columns.map(column => column.slice(row, 1)),
          1,
        )
        memory.u8.copyWithin(out.pointer + row * type.width, one, one + type.width)
      }
      return out
    },
    examples: [example],
  })
}

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

const javaHashUTF16LE = defineFunction({
  name: 'javaHashUTF16LE',
  about: "Java's hash of a string whose bytes are UTF-16, little-endian.",
  category,
  arguments: [{ name: 's', accepts: isString }],
  returns: () => Int32,
  run: ([s], { rows, arena, nulls }) => {
    const { offsets, bytes } = stringsOf(s, arena)
    const out = newFixed(Int32, rows, arena)
    const { u8, u32, kernels } = arena.memory
    for (let row = 0; row < rows; row++)
      if ((u32[offsets / 4 + row + 1] - u32[offsets / 4 + row]) % 2 === 1 && !(nulls !== 0 && u8[nulls + row]))
        throw new DBError('BAD_ARGUMENTS', 'Arguments of javaHashUTF16LE must hold whole units of two bytes')
    kernels.javaHashUtf16Strings(offsets, bytes, rows, out.pointer)
    return out
  },
  examples: [["SELECT javaHashUTF16LE('a\\0b\\0')", '3105']],
})

/** As Spark's xxhash64: seed 42, which NULL leaves as it is. */
const xxHash64Spark = defineFunction({
  name: 'xxHash64Spark',
  about: "Spark's xxhash64 of a string.",
  category,
  nulls: 'own',
  lowCardinality: 'plain',
  arguments: [
    {
      name: 's',
      accepts: type => isPlainString(type) || ['Nullable(String)', 'Nullable(Nothing)'].includes(type.name),
    },
  ],
  returns: () => Int64,
  run: ([s], { rows, arena }) => {
    const { values, nulls } = splitNulls(s, arena)
    const { offsets, bytes } = stringsOf(values, arena)
    const out = newFixed(Int64, rows, arena)
    const { u8, i64, kernels } = arena.memory
    kernels.xxHash64Strings(offsets, bytes, rows, 42, out.pointer)
    for (let row = 0; row < rows; row++)
      if (values.type.kind === 'Nothing' || (nulls !== 0 && u8[nulls + row])) i64[out.pointer / 8 + row] = 42n
    return out
  },
  examples: [["SELECT xxHash64Spark('ABC')", '4105715581806190027']],
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
  manyArguments('sipHash128', keyedSip('128Keyed', noKey), '128 bits of SipHash-2-4, combined over the arguments.', [
    "SELECT hex(sipHash128('a'))",
    '71315E763CCB60893893CDBB5CC3A21F',
  ]),
  manyArguments(
    'sipHash128Reference',
    keyedSip('128Reference', noKey),
    'SipHash-2-4 of 128 bits as its authors have it.',
    ["SELECT hex(sipHash128Reference('a'))", 'FFCC4E749C37A0BEE6C404890ECD7325'],
  ),
  keyedHash('sipHash64Keyed', '64Keyed', 'SipHash-2-4 under a key.', [
    "SELECT sipHash64Keyed((toUInt64(1), toUInt64(2)), 'a')",
    '5158252350249958646',
  ]),
  keyedHash('sipHash128Keyed', '128Keyed', '128 bits of SipHash-2-4 under a key.', [
    "SELECT hex(sipHash128Keyed((toUInt64(1), toUInt64(2)), 'a'))",
    '7A8AD4F2115F08188C76AC243F949D5F',
  ]),
  keyedHash('sipHash128ReferenceKeyed', '128Reference', "The authors' SipHash-2-4 of 128 bits under a key.", [
    "SELECT hex(sipHash128ReferenceKeyed((toUInt64(1), toUInt64(2)), 'a', 'b'))",
    'A5781CE66557DAA1086B07B5F38E49AF',
  ]),
  manyArguments('halfMD5', half, 'The first 64 bits of MD5, combined over the arguments.', [
    "SELECT hex(halfMD5('abc', 'cde', 'fgh'))",
    '2C9506B7374CFAF4',
  ]),
  manyArguments('murmurHash2_32', murmur2U32(0), 'MurmurHash2 of 32 bits, combined over the arguments.', [
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
  manyArguments('murmurHash3_128', murmur3Wide, 'MurmurHash3 of 128 bits, combined over the arguments.', [
    "SELECT hex(murmurHash3_128('a'))",
    '897859F6655555855A890E51483AB5E6',
  ]),
  manyArguments('kafkaMurmurHash', kafka, "MurmurHash2 of 32 bits with Kafka's seed.", [
    "SELECT kafkaMurmurHash('foobar')",
    '1357151166',
  ]),
  manyArguments('farmHash64', farm, 'FarmHash of 64 bits, combined over the arguments.', [
    "SELECT farmHash64('a')",
    '12917804110809363939',
  ]),
  manyArguments('farmFingerprint64', fingerprint, "FarmHash's fingerprint, combined over the arguments.", [
    "SELECT farmFingerprint64('a')",
    '12917804110809363939',
  ]),
  manyArguments('metroHash64', metro, 'MetroHash of 64 bits, combined over the arguments.', [
    "SELECT metroHash64('')",
    '13381918016739805347',
  ]),
  manyArguments('wyHash64', wy, 'wyhash of 64 bits, combined over the arguments.', [
    "SELECT wyHash64('ClickHouse')",
    '12336419557878201794',
  ]),
  manyArguments('xxh3', xxh3, 'XXH3 of 64 bits, combined over the arguments.', [
    "SELECT xxh3('ClickHouse')",
    '18009318874338624809',
  ]),
  manyArguments('xxh3_128', xxh3Wide, 'XXH3 of 128 bits, combined over the arguments.', [
    "SELECT hex(xxh3_128('ClickHouse'))",
    '14C27B7BEF95D36FECF5520CA2DAF030',
  ]),
  xxHash64Spark,
  manyArguments('javaHash', java, "Java's hash code.", ["SELECT javaHash('Hello, world!')", '-1880044555']),
  javaHashUTF16LE,
  hiveHash,
  intHash('intHash32', UInt32, 'A fast hash of 32 bits of a number.', ['SELECT intHash32(1)', '1343103100']),
  intHash('intHash64', UInt64, 'A fast hash of 64 bits of a number.', ['SELECT intHash64(1)', '10577349846663553072']),
]
