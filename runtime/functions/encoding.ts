import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isNumber } from './numericTypes.ts'
import {
  bytesReader,
  integer,
  isString,
  mapBytes,
  mapNumbers,
  mapTexts,
  numberReader,
  type StringsBuilder,
  stringType,
  text,
  textReader,
} from './stringRows.ts'

const category = 'Encoding'
const int32 = parseType('Int32')
const uint32 = parseType('UInt32')
const uint64 = parseType('UInt64')

/** Bytes of a packed value in the order in which hex and bin print them: whole numbers from the highest, others as they lie. */
function eachValue(
  column: Column,
  write: (bytes: Uint8Array, out: StringsBuilder, isNumber: boolean) => void,
  { arena, rows }: Call,
): Column {
  const full = column instanceof ConstColumn ? column.full(arena) : column
  if (!(full instanceof FixedColumn) || full.type.kind === 'FixedString')
    return mapBytes(column, arena, rows, (bytes, out) => write(bytes, out, false))
  const { type, pointer, memory } = full
  const { width } = type
  const isWhole = !['Float32', 'Float64', 'Decimal', 'UUID', 'IPv6'].includes(type.kind)
  const texts = mapTexts(arena, rows, () => '')
  return mapBytes(texts, arena, rows, (_empty, out, row) => {
    const bytes = memory.u8.slice(pointer + row * width, pointer + (row + 1) * width)
    if (type.kind === 'UUID') {
      bytes.subarray(0, 8).reverse()
      bytes.subarray(8).reverse()
    } else if (isWhole) bytes.reverse()
    write(bytes, out, isWhole)
  })
}

const digits = encodeText('0123456789ABCDEF')

function writeHex(bytes: Uint8Array, out: StringsBuilder, isWhole: boolean): void {
  let start = 0
  // A number has no leading zeros, but one byte at least.
  if (isWhole) while (start < bytes.length - 1 && bytes[start] === 0) start++
  for (let i = start; i < bytes.length; i++) {
    out.byte(digits[bytes[i] >> 4])
    out.byte(digits[bytes[i] & 15])
  }
}

function writeBin(bytes: Uint8Array, out: StringsBuilder, isWhole: boolean): void {
  let start = 0
  if (isWhole) while (start < bytes.length - 1 && bytes[start] === 0) start++
  for (let i = start; i < bytes.length; i++) for (let bit = 7; bit >= 0; bit--) out.byte(48 + ((bytes[i] >> bit) & 1))
}

const isPrintable = (type: DataType): boolean =>
  type.kind === 'String' || type.kind === 'AggregateFunction' || type.width > 0

const hexDigit = (byte: number): number => {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : 255
}

/** Two digits a byte; an odd first digit is a byte of its own. What is no digit counts as 255. */
function writeUnhex(bytes: Uint8Array, out: StringsBuilder): void {
  let i = 0
  if (bytes.length % 2 === 1) out.byte(hexDigit(bytes[i++]))
  for (; i < bytes.length; i += 2) out.byte(hexDigit(bytes[i]) * 16 + hexDigit(bytes[i + 1]))
}

function writeUnbin(bytes: Uint8Array, out: StringsBuilder): void {
  let value = 0
  let left = bytes.length % 8 || 8
  for (const byte of bytes) {
    value = (value << 1) | Number(byte !== 48)
    if (--left > 0) continue
    out.byte(value)
    value = 0
    left = 8
  }
}

function defineBytes(
  name: string,
  about: string,
  write: (bytes: Uint8Array, out: StringsBuilder) => void,
  example: readonly [string, string],
  options: { aliases?: string[]; caseInsensitive?: boolean; category?: string } = {},
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    ...options,
    arguments: [text('s')],
    returns: () => stringType,
    run: ([s], { arena, rows }) => mapBytes(s, arena, rows, write),
    examples: [example],
  })
}

/** A code of so many bits a digit. */
interface Alphabet {
  digits: Uint8Array
  values: Int16Array
  bits: number
  /** Digits in a full group, which is filled up with `=`; 0: not filled up. */
  group: number
}

function alphabet(characters: string, bits: number, group: number): Alphabet {
  const values = new Int16Array(256).fill(-1)
  const codes = encodeText(characters)
  codes.forEach((code, value) => {
    values[code] = value
  })
  return { digits: codes, values, bits, group }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const base64 = alphabet(`${letters}${letters.toLowerCase()}0123456789+/`, 6, 4)
const base64Url = alphabet(`${letters}${letters.toLowerCase()}0123456789-_`, 6, 0)
const base32 = alphabet(`${letters}234567`, 5, 8)
// Small letters are read as well.
for (let i = 0; i < 26; i++) base32.values[97 + i] = i

function encodeBits(bytes: Uint8Array, out: StringsBuilder, { digits: codes, bits, group }: Alphabet): void {
  let value = 0
  let have = 0
  let written = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff
    have += 8
    while (have >= bits) {
      have -= bits
      out.byte(codes[(value >> have) & (codes.length - 1)])
      written++
    }
  }
  if (have > 0) {
    out.byte(codes[(value << (bits - have)) & (codes.length - 1)])
    written++
  }
  if (group > 0) while (written++ % group !== 0) out.byte(0x3d)
}

const withoutSpaces = (bytes: Uint8Array): Uint8Array => bytes.filter(byte => byte !== 32 && (byte < 9 || byte > 13))

/** null for what is none. */
function decodeBits(bytes: Uint8Array, { values, bits, group }: Alphabet): Uint8Array | null {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0x3d) end--
  if (bytes.length - end > (group === 8 ? 6 : 2)) return null
  if (group > 0 && bytes.length % group !== 0) return null
  if (group === 0 && bytes.length !== end && bytes.length % 4 !== 0) return null
  const decoded = new Uint8Array((end * bits) >> 3)
  let value = 0
  let have = 0
  let at = 0
  for (let i = 0; i < end; i++) {
    const digit = values[bytes[i]]
    if (digit < 0) return null
    value = ((value << bits) | digit) & 0xffff
    have += bits
    if (have >= 8) {
      have -= 8
      decoded[at++] = (value >> have) & 255
    }
  }
  return have >= bits ? null : decoded
}

const base58Digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'

function encodeBase58(bytes: Uint8Array): string {
  let zeros = 0
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++
  const figures: number[] = []
  for (let i = zeros; i < bytes.length; i++) {
    let carry = bytes[i]
    for (let j = 0; j < figures.length; j++) {
      carry += figures[j] << 8
      figures[j] = carry % 58
      carry = Math.floor(carry / 58)
    }
    for (; carry > 0; carry = Math.floor(carry / 58)) figures.push(carry % 58)
  }
  return (
    '1'.repeat(zeros) +
    figures
      .reverse()
      .map(figure => base58Digits[figure])
      .join('')
  )
}

function decodeBase58(bytes: Uint8Array): Uint8Array | null {
  let zeros = 0
  while (zeros < bytes.length && bytes[zeros] === 0x31) zeros++
  const result: number[] = []
  for (let i = zeros; i < bytes.length; i++) {
    let carry = base58Digits.indexOf(String.fromCharCode(bytes[i]))
    if (carry < 0) return null
    for (let j = 0; j < result.length; j++) {
      carry += result[j] * 58
      result[j] = carry & 255
      carry >>= 8
    }
    for (; carry > 0; carry >>= 8) result.push(carry & 255)
  }
  return Uint8Array.from([...new Array(zeros).fill(0), ...result.reverse()])
}

/** Decoding that fails for what is no code, and its twin that gives an empty string. */
function defineDecodes(
  name: string,
  aliases: string[],
  decode: (bytes: Uint8Array) => Uint8Array | null,
  example: readonly [string, string],
): FunctionDefinition[] {
  const decodeOrFail = (bytes: Uint8Array, out: StringsBuilder) => {
    const decoded = decode(bytes)
    if (!decoded) throw new DBError('INCORRECT_DATA', `Failed to ${name} input`)
    out.bytes(decoded)
  }
  const tryName = `try${name[0].toUpperCase()}${name.slice(1)}`
  const [sql, answer] = example
  return [
    defineBytes(name, `The inverse of ${name.replace('Decode', 'Encode')}.`, decodeOrFail, example, {
      aliases,
      caseInsensitive: aliases.length > 0,
      category: 'String',
    }),
    defineBytes(
      tryName,
      `As ${name}, with an empty string for what cannot be decoded.`,
      (bytes, out) => out.bytes(decode(bytes) ?? new Uint8Array()),
      [sql.replace(name, tryName), answer],
      { category: 'String' },
    ),
  ]
}

const ascii = defineFunction({
  name: 'ascii',
  caseInsensitive: true,
  about: "The first byte's number; 0 for an empty string.",
  category: 'String',
  arguments: [text('s')],
  returns: () => int32,
  run: ([s], { arena, rows }) => {
    const read = bytesReader(s, arena)
    const values = Array.from({ length: rows }, (_, row) => read(row)[0] ?? 0)
    return mapNumbers(int32, arena, rows, row => values[row])
  },
  examples: [["SELECT ascii('234')", '50']],
})

const char = defineFunction({
  name: 'char',
  caseInsensitive: true,
  about: 'A string of the bytes with these numbers.',
  category,
  arguments: [
    { name: 'num', accepts: isNumber },
    { name: 'num', accepts: isNumber, repeated: true },
  ],
  constants: 'keep',
  returns: () => stringType,
  run: (columns, { arena, rows }) => {
    const readers = columns.map(numberReader)
    const texts = mapTexts(arena, rows, () => '')
    return mapBytes(texts, arena, rows, (_empty, out, row) => {
      for (const read of readers) out.byte(Math.trunc(read(row)) & 255)
    })
  },
  examples: [['SELECT char(104.1, 101, 108.9, 108.9, 111)', 'hello']],
})

const conv = defineFunction({
  name: 'conv',
  caseInsensitive: true,
  about: 'A whole number written in another base, from 2 to 36.',
  category: 'String',
  arguments: [
    { name: 'number', accepts: type => isString(type) || isNumber(type) },
    integer('from_base'),
    integer('to_base'),
  ],
  constants: 'keep',
  returns: () => stringType,
  run: ([number, from, to], { arena, rows }) => {
    const [read, readFrom, readTo] = [textReader(number, arena), numberReader(from), numberReader(to)]
    return mapTexts(arena, rows, row => convert(read(row), readFrom(row), readTo(row)))
  },
  examples: [["SELECT conv('FF', 16, 10)", '255']],
})

const wordMax = 0xffff_ffff_ffff_ffffn

function convert(text: string, from: number, to: number): string {
  for (const base of [from, to])
    if (base < 2 || base > 36) throw new DBError('BAD_ARGUMENTS', `Base of conv must be from 2 to 36, it is ${base}`)
  const trimmed = text.trim()
  if (trimmed === '') throw new DBError('BAD_ARGUMENTS', 'Number for conversion is empty')
  const negative = trimmed.startsWith('-')
  let value = 0n
  for (const character of trimmed.slice(negative || trimmed.startsWith('+') ? 1 : 0)) {
    const digit = Number.parseInt(character, 36)
    if (!(digit < from)) break
    value = value * BigInt(from) + BigInt(digit)
    if (value > wordMax) {
      value = wordMax
      break
    }
  }
  return (negative ? BigInt.asUintN(64, -value) : value).toString(to).toUpperCase()
}

/** Remainders of all bytes for a polynomial with its bits reversed. */
function remainders(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let i = 0; i < 8; i++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1
    return value
  })
}

const polynomial32 = 0xedb88320
const polynomial64 = 0xc96c5795d7870f42n

function crc32(bytes: Uint8Array, table: Uint32Array, start: number): number {
  let value = start
  for (const byte of bytes) value = table[(value ^ byte) & 255] ^ (value >>> 8)
  return (value ^ start) >>> 0
}

function crc64(bytes: Uint8Array): bigint {
  let value = 0n
  for (const byte of bytes) {
    value ^= BigInt(byte)
    for (let i = 0; i < 8; i++) value = value & 1n ? (value >> 1n) ^ polynomial64 : value >> 1n
  }
  return value
}

function defineChecksum(
  name: string,
  about: string,
  type: DataType,
  sum: (bytes: Uint8Array) => number | bigint,
): FunctionDefinition {
  return defineFunction({
    name,
    caseInsensitive: true,
    about,
    category: 'String',
    arguments: [text('s')],
    returns: () => type,
    run: ([s], { arena, rows }) => {
      const read = bytesReader(s, arena)
      const sums = Array.from({ length: rows }, (_, row) => sum(read(row)))
      return mapNumbers(type, arena, rows, row => sums[row])
    },
  })
}

let table32: Uint32Array | undefined
const crcTable = (): Uint32Array => {
  table32 ??= remainders(polynomial32)
  return table32
}

export const encoding = [
  defineFunction({
    name: 'hex',
    caseInsensitive: true,
    about: 'A string or number in hexadecimal digits.',
    category,
    arguments: [{ name: 'arg', accepts: isPrintable }],
    returns: () => stringType,
    run: ([x], call) => eachValue(x, writeHex, call),
    examples: [['SELECT hex(255)', 'FF']],
  }),
  defineFunction({
    name: 'bin',
    caseInsensitive: true,
    about: 'A string or number in binary digits.',
    category,
    arguments: [{ name: 'arg', accepts: isPrintable }],
    returns: () => stringType,
    run: ([x], call) => eachValue(x, writeBin, call),
    examples: [['SELECT bin(14)', '00001110']],
  }),
  defineBytes('unhex', 'The bytes that hexadecimal digits stand for.', writeUnhex, ["SELECT unhex('414243')", 'ABC'], {
    caseInsensitive: true,
  }),
  defineBytes('unbin', 'The bytes that binary digits stand for.', writeUnbin, ["SELECT unbin('01000001')", 'A'], {
    caseInsensitive: true,
  }),
  defineBytes(
    'base64Encode',
    'Bytes as Base64.',
    (bytes, out) => encodeBits(bytes, out, base64),
    ["SELECT base64Encode('clickhouse')", 'Y2xpY2tob3VzZQ=='],
    { aliases: ['TO_BASE64'], caseInsensitive: true, category: 'String' },
  ),
  defineBytes(
    'base64URLEncode',
    'Bytes as Base64 with digits that URLs may hold, not filled up.',
    (bytes, out) => encodeBits(bytes, out, base64Url),
    ["SELECT base64URLEncode('a')", 'YQ'],
    { category: 'String' },
  ),
  defineBytes(
    'base32Encode',
    'Bytes as Base32.',
    (bytes, out) => encodeBits(bytes, out, base32),
    ["SELECT base32Encode('Encoded')", 'IVXGG33EMVSA===='],
    { category: 'String' },
  ),
  defineBytes(
    'base58Encode',
    'Bytes as Base58.',
    (bytes, out) => out.text(encodeBase58(bytes)),
    ["SELECT base58Encode('ClickHouse')", '4nhk8K7GHXf6zx'],
    { category: 'String' },
  ),
  ...defineDecodes('base64Decode', ['FROM_BASE64'], bytes => decodeBits(withoutSpaces(bytes), base64), [
    "SELECT base64Decode('Y2xpY2tob3VzZQ==')",
    'clickhouse',
  ]),
  ...defineDecodes('base64URLDecode', [], bytes => decodeBits(bytes, base64Url), ["SELECT base64URLDecode('YQ')", 'a']),
  ...defineDecodes('base32Decode', [], bytes => decodeBits(bytes, base32), [
    "SELECT base32Decode('IVXGG33EMVSA====')",
    'Encoded',
  ]),
  ...defineDecodes('base58Decode', [], decodeBase58, ["SELECT base58Decode('JxF12TrwUP45BMd')", 'Hello World']),
  ascii,
  char,
  conv,
  defineChecksum('CRC32', 'The CRC-32 checksum, as zip and PNG have it.', uint32, bytes =>
    crc32(bytes, crcTable(), 0xffffffff),
  ),
  defineChecksum('CRC32IEEE', 'The CRC-32 checksum with 0 at the start and no final inversion.', uint32, bytes =>
    crc32(bytes, crcTable(), 0),
  ),
  defineChecksum('CRC64', 'The CRC-64 checksum (ECMA-182).', uint64, crc64),
]
