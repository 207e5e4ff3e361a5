// Digests of one string, and HMAC, which runs one of them under a key.
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { parseType } from '../types/parseType.ts'
import { newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { bytesReader, isString, singleText, StringsBuilder, stringsOf } from './stringRows.ts'

const category = 'Hash'

/** 1 KiB for the hashes that go block by block. */
export const scratch = (arena: Arena): number => arena.allocate(1024)

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

const sha1: Digest = ({ offsets, bytes }, rows, out, arena) =>
  arena.memory.kernels.sha1Strings(offsets, bytes, rows, out, scratch(arena))
const md5: Digest = ({ offsets, bytes }, rows, out, arena) =>
  arena.memory.kernels.md5Strings(offsets, bytes, rows, out, scratch(arena))

/** What HMAC can run: digest, its size and the size of its blocks. */
const underKeys: Record<string, { run: Digest; size: number; block: number }> = {
  md5: { run: md5, size: 16, block: 64 },
  sha1: { run: sha1, size: 20, block: 64 },
  sha224: { run: sha256(1, 28), size: 28, block: 64 },
  sha256: { run: sha256(0, 32), size: 32, block: 64 },
  sha384: { run: sha512(1, 48), size: 48, block: 128 },
  sha512: { run: sha512(0, 64), size: 64, block: 128 },
}

const hmac = defineFunction({
  name: 'HMAC',
  caseInsensitive: true,
  about: 'The keyed digest (RFC 2104) of a message, by the digest that is named.',
  category,
  arguments: [
    { name: 'mode', accepts: isString },
    { name: 'message', accepts: isString },
    { name: 'key', accepts: isString },
  ],
  constants: 'keep',
  returns: () => parseType('String'),
  run: ([mode, message, key], { rows, arena }) => {
    const name = singleText(mode)
    if (name === undefined) throw new DBError('ILLEGAL_COLUMN', 'The mode of HMAC must be a constant')
    const digestOf = underKeys[name.toLowerCase()]
    if (!digestOf) throw new DBError('BAD_ARGUMENTS', `HMAC does not know the digest ${name}`)
    const { run, size, block } = digestOf
    const { memory } = arena
    /** Digests of what is built, one a row. */
    const digests = (builder: StringsBuilder): Uint8Array => {
      const out = arena.allocate(builder.rows * size)
      const { rows: count } = builder
      run(builder.finish(arena), count, out, arena)
      return memory.copyOut(out, count * size)
    }
    const keyAt = bytesReader(key, arena)
    const keys = Array.from({ length: rows }, (_, row) => keyAt(row).slice())
    const padded = keys.map(bytes => {
      const filled = new Uint8Array(block)
      if (bytes.length > block) {
        const long = new StringsBuilder()
        long.bytes(bytes)
        long.end()
        filled.set(digests(long))
      } else filled.set(bytes)
      return filled
    })
    const messageAt = bytesReader(message, arena)
    const inner = new StringsBuilder()
    for (let row = 0; row < rows; row++) {
      inner.bytes(padded[row].map(byte => byte ^ 0x36))
      inner.bytes(messageAt(row))
      inner.end()
    }
    const first = digests(inner)
    const outer = new StringsBuilder()
    for (let row = 0; row < rows; row++) {
      outer.bytes(padded[row].map(byte => byte ^ 0x5c))
      outer.bytes(first, row * size, (row + 1) * size)
      outer.end()
    }
    const second = digests(outer)
    const result = new StringsBuilder()
    for (let row = 0; row < rows; row++) {
      result.bytes(second, row * size, (row + 1) * size)
      result.end()
    }
    return result.finish(arena)
  },
  examples: [
    [
      "SELECT hex(HMAC('sha256', 'what do ya want for nothing?', 'Jefe'))",
      '5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843',
    ],
  ],
})

export const digests: readonly FunctionDefinition[] = [
  digest(
    'MD4',
    16,
    'The MD4 digest.',
    ({ offsets, bytes }, rows, out, arena) =>
      arena.memory.kernels.md4Strings(offsets, bytes, rows, out, scratch(arena)),
    'A448017AAF21D8525FC10AE87AA6729D',
  ),
  digest('MD5', 16, 'The MD5 digest.', md5, '900150983CD24FB0D6963F7D28E17F72'),
  digest('SHA1', 20, 'The SHA-1 digest.', sha1, 'A9993E364706816ABA3E25717850C26C9CD0D89D'),
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
  digest(
    'RIPEMD160',
    20,
    'The RIPEMD-160 digest.',
    ({ offsets, bytes }, rows, out, arena) =>
      arena.memory.kernels.ripemd160Strings(offsets, bytes, rows, out, scratch(arena)),
    '8EB208F7E05D987A9B044A8E98C6B087F15A0BFC',
  ),
  digest(
    'keccak256',
    32,
    'The Keccak-256 digest.',
    ({ offsets, bytes }, rows, out, arena) =>
      arena.memory.kernels.keccak256Strings(offsets, bytes, rows, out, scratch(arena)),
    '4E03657AEA45A94FC7D47BA826C8D667C0D1E6E33A64A036EC44F58FA12D6C45',
  ),
  hmac,
]
