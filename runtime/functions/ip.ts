// IP addresses: numbers and text, ranges of a prefix, and which range an address is in.
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseIPv4, parseIPv6 } from '../types/ip.ts'
import { parseType } from '../types/parseType.ts'
import { nullableOf } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  isPlainString,
  isString,
  mapNumbers,
  mapTexts,
  numberReader,
  stringsOf,
  textReader,
  uint8,
} from './stringRows.ts'
import { parseColumn, printColumn } from './textColumns.ts'

const category = 'IP Address'
const String_ = parseType('String')
const UInt32 = parseType('UInt32')
const IPv4 = parseType('IPv4')
const IPv6 = parseType('IPv6')
const FixedString16 = parseType('FixedString(16)')

const isSmallUnsigned = ({ kind }: DataType): boolean => kind === 'UInt8' || kind === 'UInt16' || kind === 'UInt32'
const isIPv4OrNumber = (type: DataType): boolean => type.kind === 'IPv4' || isSmallUnsigned(type)
const isIPv6OrBytes = (type: DataType): boolean => type.kind === 'IPv6' || type.name === 'FixedString(16)'

/** Numbers as addresses of four bytes. */
function asIPv4(column: Column, arena: Arena): FixedColumn {
  const fixed = fixedOf(column.full(arena))
  return (fixed.type.kind === 'IPv4' ? fixed : fixedOf(castColumn(fixed, UInt32, arena))).as(IPv4)
}

const asIPv6 = (column: Column): FixedColumn => fixedOf(column).as(IPv6)

/** StringToNum with its -OrDefault and -OrNull forms. */
function parsing(name: string, type: DataType, plain: DataType, accepts: (type: DataType) => boolean) {
  return (['', 'OrDefault', 'OrNull'] as const).map(form =>
    defineFunction({
      name: `${name}${form}`,
      aliases: form === '' ? [name === 'IPv4StringToNum' ? 'INET_ATON' : 'INET6_ATON'] : [],
      caseInsensitive: form === '',
      about: `The address that a text is, as ${plain.name}.`,
      category,
      arguments: [{ name: 'text', accepts }],
      returns: () => (form === 'OrNull' ? nullableOf(plain) : plain),
      run: ([text], { arena, nulls, rows }) => {
        const failures = form === '' ? 0 : arena.allocateZeroed(rows)
        const strings = stringsOf(text, arena)
        const parsed = fixedOf(parseColumn(strings, type, { arena, nulls, failures, isAccurate: false })).as(plain)
        return form === 'OrNull' ? new NullableColumn(failures, parsed) : parsed
      },
    }),
  )
}

const ipv4NumToString = defineFunction({
  name: 'IPv4NumToString',
  aliases: ['INET_NTOA'],
  caseInsensitive: true,
  about: 'A number as an IPv4 address.',
  category,
  arguments: [{ name: 'number', accepts: isIPv4OrNumber }],
  returns: () => String_,
  run: ([number], { arena }) => printColumn(asIPv4(number, arena), arena),
  examples: [['SELECT IPv4NumToString(3232235521)', '192.168.0.1']],
})

const ipv4NumToStringClassC = defineFunction({
  name: 'IPv4NumToStringClassC',
  about: 'A number as an IPv4 address with xxx for the last byte.',
  category,
  arguments: [{ name: 'number', accepts: isIPv4OrNumber }],
  returns: () => String_,
  run: ([number], { arena, rows }) => {
    const { pointer } = asIPv4(number, arena)
    const { u32 } = arena.memory
    const masked = Array.from({ length: rows }, (_, row) => IPv4.print((u32[pointer / 4 + row] & 0xffffff00) >>> 0))
    return mapTexts(arena, rows, row => `${masked[row].slice(0, -1)}xxx`)
  },
  examples: [['SELECT IPv4NumToStringClassC(3232235521)', '192.168.0.xxx']],
})

const ipv6NumToString = defineFunction({
  name: 'IPv6NumToString',
  aliases: ['INET6_NTOA'],
  caseInsensitive: true,
  about: 'Sixteen bytes as an IPv6 address.',
  category,
  arguments: [{ name: 'bytes', accepts: isIPv6OrBytes }],
  returns: () => String_,
  run: ([bytes], { arena }) => printColumn(asIPv6(bytes), arena),
  examples: [["SELECT IPv6NumToString(toFixedString(unhex('2A0206B8000000000000000000000011'), 16))", '2a02:6b8::11']],
})

const ipv4ToIPv6 = defineFunction({
  name: 'IPv4ToIPv6',
  about: 'The IPv6 address that stands for an IPv4 one, as sixteen bytes.',
  category,
  arguments: [{ name: 'number', accepts: ({ kind }) => kind === 'IPv4' || kind === 'UInt32' }],
  returns: () => FixedString16,
  run: ([number], { arena }) => fixedOf(castColumn(asIPv4(number, arena), IPv6, arena)).as(FixedString16),
  examples: [["SELECT IPv6NumToString(IPv4ToIPv6(IPv4StringToNum('192.168.0.1')))", '::ffff:192.168.0.1']],
})

const cutIPv6 = defineFunction({
  name: 'cutIPv6',
  about:
    'The text of an IPv6 address with its last bytes zeroed, more or fewer of them where it stands for an IPv4 one.',
  category,
  arguments: [
    { name: 'address', accepts: isIPv6OrBytes },
    { name: 'bytesToCutForIPv6', accepts: type => type.kind === 'UInt8' },
    { name: 'bytesToCutForIPv4', accepts: type => type.kind === 'UInt8' },
  ],
  constants: 'keep',
  returns: () => String_,
  run: ([address, cut6, cut4], { arena, rows }) => {
    const given = asIPv6(address.full(arena))
    const cuts = [numberReader(cut6), numberReader(cut4)]
    const out = newFixed(IPv6, rows, arena)
    const { u8 } = arena.memory
    u8.copyWithin(out.pointer, given.pointer, given.pointer + rows * 16)
    for (let row = 0; row < rows; row++) {
      const at = out.pointer + row * 16
      const isMapped = u8[at + 10] === 255 && u8[at + 11] === 255 && u8.subarray(at, at + 10).every(byte => byte === 0)
      const count = cuts[Number(isMapped)](row)
      if (count > 16)
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function cutIPv6 cuts at most 16 bytes, asked for ${count}`)
      u8.fill(0, at + 16 - count, at + 16)
    }
    return printColumn(out, arena)
  },
  examples: [["SELECT cutIPv6(toIPv6('2001:db8::cafe:f00d'), 2, 0)", '2001:db8::cafe:0']],
})

/** The first and last address of the range that a prefix of so many bits makes. */
const cidrToRange = (type: DataType, accepts: (type: DataType) => boolean, example: [string, string]) => {
  const name = `${type.name}CIDRToRange`
  const ends = new TupleType([type, type])
  return defineFunction({
    name,
    about: 'The first and the last address of the range that an address and a prefix length make.',
    category,
    arguments: [
      { name: 'address', accepts },
      { name: 'prefix', accepts: ({ kind }) => kind === 'UInt8' },
    ],
    constants: 'keep',
    returns: () => ends,
    run: ([address, prefix], { arena, rows }) => {
      const { width } = type
      const whole = address.full(arena)
      const given = width === 4 ? asIPv4(whole, arena) : asIPv6(whole)
      const bits = numberReader(prefix)
      const [low, high] = [newFixed(type, rows, arena), newFixed(type, rows, arena)]
      const { u8 } = arena.memory
      for (let row = 0; row < rows; row++)
        for (let i = 0; i < width; i++) {
          // IPv4 lies in memory from its last byte, IPv6 from its first.
          const at = row * width + (width === 4 ? 3 - i : i)
          const kept = Math.min(Math.max(bits(row) - i * 8, 0), 8)
          const mask = (0xff00 >> kept) & 0xff
          u8[low.pointer + at] = u8[given.pointer + at] & mask
          u8[high.pointer + at] = u8[given.pointer + at] | (~mask & 0xff)
        }
      return new TupleColumn(arena.memory, [low, high], rows, ends)
    },
    examples: [example],
  })
}

/** -(row + 1) of the parser means that the text is no address. */
const isAddress = (name: string, kernel: 'parseIpv4' | 'parseIpv6', width: number, example: [string, string]) =>
  defineFunction({
    name,
    about: 'Whether a text is an address of this kind.',
    category,
    arguments: [{ name: 'text', accepts: isPlainString }],
    returns: () => uint8,
    run: ([text], { arena, rows }) => {
      const strings = stringsOf(text, arena)
      const { offsets, bytes } = strings
      const out = newFixed(uint8, rows, arena)
      const one = arena.allocate(width)
      const { u8, u32, kernels } = arena.memory
      const mayBe = (row: number): boolean => {
        const [start, end] = [u32[offsets / 4 + row], u32[offsets / 4 + row + 1]]
        // The parser of IPv6 takes IPv4 as well.
        return end > start && (width === 4 || u8.subarray(bytes + start, bytes + end).includes(58))
      }
      for (let row = 0; row < rows; row++) {
        const at = offsets + row * 4
        u8[out.pointer + row] = Number(mayBe(row) && kernels[kernel](at, at + 4, bytes, 1, one) >= 0)
      }
      return out
    },
    examples: [example],
  })

interface Address {
  readonly bits: 32 | 128
  readonly value: bigint
}

function addressOf(text: string): Address | null {
  const ipv4 = parseIPv4(text)
  if (ipv4 !== null) return { bits: 32, value: BigInt(ipv4) }
  const ipv6 = parseIPv6(text)
  return ipv6 === null ? null : { bits: 128, value: ipv6 }
}

function prefixOf(text: string): Address & { readonly length: number } {
  const slash = text.indexOf('/')
  if (slash < 0) throw new DBError('CANNOT_PARSE_TEXT', `The text does not contain '/': ${text}`)
  const address = addressOf(text.slice(0, slash))
  if (address === null)
    throw new DBError('CANNOT_PARSE_TEXT', `Neither IPv4 nor IPv6 address: '${text.slice(0, slash)}'`)
  const digits = text.slice(slash + 1)
  const length = /^\d{1,3}$/.test(digits) ? Number(digits) : Number.POSITIVE_INFINITY
  if (length > address.bits) throw new DBError('CANNOT_PARSE_TEXT', `The CIDR has a malformed prefix bits: ${text}`)
  return { ...address, length }
}

/** Texts are read once where they repeat from row to row. */
function remember<T>(read: (text: string) => T): (text: string) => T {
  let last: { text: string; value: T } | undefined
  return text => {
    if (last?.text !== text) last = { text, value: read(text) }
    return last.value
  }
}

function addressReader(column: Column, { arena, nulls }: Call): (row: number) => Address {
  const { type } = column
  if (type.kind === 'IPv4') return row => ({ bits: 32, value: BigInt(column.valueAt(row) as number) })
  if (type.kind === 'IPv6') return row => ({ bits: 128, value: column.valueAt(row) as bigint })
  const read = textReader(column, arena)
  const { u8 } = arena.memory
  return row => {
    const address = addressOf(read(row))
    if (address !== null) return address
    if (nulls !== 0 && u8[nulls + row]) return { bits: 32, value: 0n }
    throw new DBError('CANNOT_PARSE_TEXT', `Neither IPv4 nor IPv6 address: '${read(row)}'`)
  }
}

const isIPAddressInRange = defineFunction({
  name: 'isIPAddressInRange',
  about: 'Whether an address is in the range of a prefix, given as address/bits.',
  category,
  arguments: [
    { name: 'address', accepts: type => isPlainString(type) || type.kind === 'IPv4' || type.kind === 'IPv6' },
    { name: 'prefix', accepts: isString },
  ],
  constants: 'keep',
  returns: () => uint8,
  run: ([address, prefix], call) => {
    const { arena, rows } = call
    const addressAt = addressReader(address instanceof ConstColumn ? address.full(arena) : address, call)
    const prefixText = textReader(prefix, arena)
    const readPrefix = remember(prefixOf)
    const isIn = Array.from({ length: rows }, (_, row) => {
      const { bits, value } = addressAt(row)
      const range = readPrefix(prefixText(row))
      const free = BigInt(bits - range.length)
      // An IPv4 address is looked for among those that IPv6 maps.
      if (bits === 32 && range.bits === 128)
        return ((0xffffn << 32n) | value) >> BigInt(128 - range.length) === range.value >> BigInt(128 - range.length)
      return bits === range.bits && value >> free === range.value >> free
    })
    return mapNumbers(uint8, arena, rows, row => Number(isIn[row]))
  },
  examples: [["SELECT isIPAddressInRange('127.0.0.1', '127.0.0.0/8')", '1']],
})

/** Six bytes as 01:02:03:04:05:06; 0 for what is none. */
const macPattern =
  /^([0-9a-fA-F]{2}).([0-9a-fA-F]{2}).([0-9a-fA-F]{2}).([0-9a-fA-F]{2}).([0-9a-fA-F]{2}).([0-9a-fA-F]{2})$/s
const ouiPattern = /^([0-9a-fA-F]{2}).([0-9a-fA-F]{2}).([0-9a-fA-F]{2})/s

const macReader = (name: string, pattern: RegExp, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category: 'Other',
    arguments: [{ name: 's', accepts: isString }],
    returns: () => parseType('UInt64'),
    run: ([s], { arena, rows }) => {
      const read = textReader(s, arena)
      const values = Array.from({ length: rows }, (_, row) => {
        const match = pattern.exec(read(row))
        return match ? BigInt(`0x${match.slice(1).join('')}`) : 0n
      })
      return mapNumbers(parseType('UInt64'), arena, rows, row => values[row])
    },
    examples: [example],
  })

const macNumToString = defineFunction({
  name: 'MACNumToString',
  about: 'A number as a MAC address.',
  category: 'Other',
  arguments: [{ name: 'number', accepts: ({ kind }) => kind === 'UInt64' }],
  returns: () => String_,
  run: ([number], { arena, rows }) =>
    mapTexts(arena, rows, row =>
      ((number.valueAt(row) as bigint) & 0xffff_ffff_ffffn)
        .toString(16)
        .toUpperCase()
        .padStart(12, '0')
        .replace(/..(?=.)/g, '$&:'),
    ),
  examples: [['SELECT MACNumToString(149809441867716)', '88:40:3A:91:07:C4']],
})

export const ip: readonly FunctionDefinition[] = [
  ...parsing('IPv4StringToNum', IPv4, UInt32, isPlainString),
  ...parsing('IPv6StringToNum', IPv6, FixedString16, isString),
  ipv4NumToString,
  ipv4NumToStringClassC,
  ipv6NumToString,
  ipv4ToIPv6,
  cutIPv6,
  cidrToRange(IPv4, type => isIPv4OrNumber(type), [
    "SELECT IPv4CIDRToRange(toIPv4('192.168.5.2'), 16)",
    "('192.168.0.0','192.168.255.255')",
  ]),
  cidrToRange(IPv6, isIPv6OrBytes, [
    "SELECT IPv6CIDRToRange(toIPv6('2001:db8::1'), 32)",
    "('2001:db8::','2001:db8:ffff:ffff:ffff:ffff:ffff:ffff')",
  ]),
  isAddress('isIPv4String', 'parseIpv4', 4, ["SELECT isIPv4String('127.0.0.1')", '1']),
  isAddress('isIPv6String', 'parseIpv6', 16, ["SELECT isIPv6String('::1')", '1']),
  isIPAddressInRange,
  macReader('MACStringToNum', macPattern, 'The number that a MAC address is.', [
    "SELECT MACStringToNum('01:02:03:04:05:06')",
    '1108152157446',
  ]),
  macReader('MACStringToOUI', ouiPattern, 'The first three bytes of a MAC address as a number.', [
    "SELECT MACStringToOUI('01:02:03:04:05:06')",
    '66051',
  ]),
  macNumToString,
]
