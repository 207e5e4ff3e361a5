// encrypt(), decrypt() and their MySQL twins: AES by kernels, text by text.
import { ConstColumn } from '../columns/const.ts'
import type { Column } from '../columns/column.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { NullableType } from '../types/compound.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { bytesReader, isString, singleText, StringsBuilder, stringType } from './stringRows.ts'

const category = 'Encryption'

type Chain = 'ecb' | 'cbc' | 'ofb' | 'cfb8' | 'ctr' | 'gcm'

interface Mode {
  readonly name: string
  readonly chain: Chain
  readonly keySize: number
}

const blockSize = 16
const tagSize = 16

function modeOf(column: Column, isMySql: boolean): Mode {
  const name = column instanceof ConstColumn || column.rows === 1 ? singleText(column) : undefined
  if (name === undefined) throw new DBError('ILLEGAL_COLUMN', 'The encryption mode must be constant')
  const match = /^aes-(128|192|256)-(ecb|cbc|ofb|cfb8|ctr|gcm)$/.exec(name)
  if (!match) throw new DBError('BAD_ARGUMENTS', `Invalid mode: ${name}`)
  const chain = match[2] as Chain
  if (isMySql && (chain === 'gcm' || chain === 'ctr')) throw new DBError('BAD_ARGUMENTS', 'Unsupported cipher mode')
  return { name, chain, keySize: Number(match[1]) / 8 }
}

/** A longer key is folded by exclusive or, as MySQL does. */
function fitKey(key: Uint8Array, { keySize }: Mode, isMySql: boolean): Uint8Array {
  if (key.length === keySize) return key
  if (!isMySql || key.length < keySize)
    throw new DBError('BAD_ARGUMENTS', `Invalid key size: ${key.length} expected ${keySize}`)
  const folded = key.slice(0, keySize)
  for (let i = keySize; i < key.length; i++) folded[i % keySize] ^= key[i]
  return folded
}

/** None is all zeros, but in GCM. */
function fitIv(iv: Uint8Array | null, { name, chain }: Mode, isMySql: boolean): Uint8Array {
  const given = iv ?? new Uint8Array()
  if (chain === 'gcm') {
    if (given.length === 0) throw new DBError('BAD_ARGUMENTS', 'Invalid IV size 0 != expected size 12')
    return given
  }
  if (chain === 'ecb') {
    if (given.length > 0 && !isMySql) throw new DBError('BAD_ARGUMENTS', `${name} does not support IV`)
    return given
  }
  if (given.length === 0) return new Uint8Array(blockSize)
  if (given.length !== blockSize && !(isMySql && given.length > blockSize))
    throw new DBError('BAD_ARGUMENTS', `Invalid IV size: ${given.length} expected ${blockSize}`)
  return given.subarray(0, blockSize)
}

class WrongData extends Error {}

/** One cipher's memory: the key's schedule and room for a text of the size asked for. */
class Cipher {
  readonly #schedule: number
  readonly #iv: number
  readonly #tag: number
  readonly #scratch: number
  #room = { input: 0, out: 0, aad: 0, size: -1 }
  #key = ''

  constructor(
    readonly arena: Arena,
    readonly mode: Mode,
    readonly decrypts: boolean,
  ) {
    const { kernels } = arena.memory
    this.#schedule = arena.allocate(kernels.aesScheduleBytes())
    this.#iv = arena.allocate(32)
    this.#tag = arena.allocate(tagSize)
    this.#scratch = arena.allocate(96)
  }

  #use(key: Uint8Array): void {
    const name = key.join()
    if (name === this.#key) return
    this.#key = name
    const pointer = this.arena.allocate(32)
    this.arena.memory.copyIn(pointer, key)
    this.arena.memory.kernels.aesExpandKey(pointer, key.length, this.#schedule)
  }

  #reserve(size: number): void {
    if (size <= this.#room.size) return
    const grown = Math.max(size, this.#room.size * 2, 256)
    const allocate = () => this.arena.allocate(grown)
    this.#room = { input: allocate(), out: allocate(), aad: allocate(), size: grown }
  }

  /** The text the other way. WrongData where a text cannot be decrypted. */
  run(text: Uint8Array, key: Uint8Array, iv: Uint8Array, aad: Uint8Array): Uint8Array {
    this.#use(key)
    const { chain } = this.mode
    return chain === 'gcm' ? this.#gcm(text, iv, aad) : this.#chained(text, iv)
  }

  #chained(text: Uint8Array, iv: Uint8Array): Uint8Array {
    const { chain } = this.mode
    const { memory } = this.arena
    const { kernels } = memory
    const isBlocks = chain === 'ecb' || chain === 'cbc'
    const input = isBlocks && !this.decrypts ? padded(text) : text
    if (isBlocks && input.length % blockSize !== 0)
      throw new WrongData(`data size ${text.length} is not a multiple of the cipher block size ${blockSize}`)
    this.#reserve(input.length)
    const { input: source, out } = this.#room
    memory.copyIn(source, input)
    memory.copyIn(this.#iv, iv)
    const size = input.length
    const way = Number(this.decrypts)
    if (chain === 'ecb') kernels.aesEcb(this.#schedule, source, size, way, out)
    else if (chain === 'cbc') kernels.aesCbc(this.#schedule, this.#iv, source, size, way, out)
    else if (chain === 'ofb') kernels.aesOfb(this.#schedule, this.#iv, source, size, out)
    else if (chain === 'cfb8') kernels.aesCfb8(this.#schedule, this.#iv, source, size, way, out)
    else kernels.aesCtr(this.#schedule, this.#iv, source, size, out)
    const result = memory.copyOut(out, size)
    return isBlocks && this.decrypts ? unpadded(result) : result
  }

  #gcm(text: Uint8Array, iv: Uint8Array, aad: Uint8Array): Uint8Array {
    const { memory } = this.arena
    if (this.decrypts && text.length < tagSize)
      throw new DBError('BAD_ARGUMENTS', 'Encrypted data is smaller than the size of additional data for AEAD mode')
    const size = this.decrypts ? text.length - tagSize : text.length
    this.#reserve(Math.max(text.length, iv.length, aad.length))
    const { input, out, aad: extra } = this.#room
    const ivAt = this.arena.allocate(iv.length)
    memory.copyIn(ivAt, iv)
    memory.copyIn(input, text.subarray(0, size))
    memory.copyIn(extra, aad)
    const way = Number(this.decrypts)
    memory.kernels.aesGcm(
      this.#schedule,
      ivAt,
      iv.length,
      extra,
      aad.length,
      input,
      size,
      way,
      out,
      this.#tag,
      this.#scratch,
    )
    const result = memory.copyOut(out, size)
    const tag = memory.copyOut(this.#tag, tagSize)
    if (!this.decrypts) {
      const whole = new Uint8Array(size + tagSize)
      whole.set(result)
      whole.set(tag, size)
      return whole
    }
    const given = text.subarray(size)
    if (tag.reduce((difference, byte, i) => difference | (byte ^ given[i]), 0) !== 0) throw new WrongData('wrong tag')
    return result
  }
}

/** PKCS#7: so many bytes of that number. */
function padded(text: Uint8Array): Uint8Array {
  const more = blockSize - (text.length % blockSize)
  const filled = new Uint8Array(text.length + more).fill(more)
  filled.set(text)
  return filled
}

function unpadded(text: Uint8Array): Uint8Array {
  const more = text[text.length - 1] ?? 0
  const fits = more >= 1 && more <= blockSize && text.subarray(-more).every(byte => byte === more)
  if (!fits) throw new WrongData('invalid PKCS#7 padding')
  return text.subarray(0, text.length - more)
}

function run(args: readonly Column[], call: Call, options: Options): Column {
  const { arena, rows, nulls } = call
  const { isMySql = false, decrypts = false, isLenient = false } = options
  const mode = modeOf(args[0], isMySql)
  const [textAt, keyAt, ivAt, aadAt] = args.slice(1).map(column => bytesReader(column, arena))
  if (args.length > 4 && mode.chain !== 'gcm') throw new DBError('BAD_ARGUMENTS', 'AAD can be only set for GCM-mode')
  const cipher = new Cipher(arena, mode, decrypts)
  const failures = arena.allocateZeroed(rows)
  const strings = new StringsBuilder()
  for (let row = 0; row < rows; row++) {
    // Copies: what readers give is borrowed until memory grows.
    const text = textAt(row).slice()
    const isNull = nulls !== 0 && arena.memory.u8[nulls + row] === 1
    if (!isNull && !(decrypts && text.length === 0)) {
      const key = fitKey(keyAt(row).slice(), mode, isMySql)
      const iv = fitIv(args.length > 3 ? ivAt(row).slice() : null, mode, isMySql).slice()
      try {
        strings.bytes(cipher.run(text, key, iv, args.length > 4 ? aadAt(row).slice() : new Uint8Array()))
      } catch (error) {
        if (!(error instanceof WrongData) && !(isLenient && error instanceof DBError)) throw error
        if (!isLenient) throw new DBError('OPENSSL_ERROR', `Cannot decrypt: ${error.message}`)
        arena.memory.u8[failures + row] = 1
      }
    }
    strings.end()
  }
  const result = strings.finish(arena)
  return isLenient ? new NullableColumn(failures, result) : result
}

interface Options {
  readonly isMySql?: boolean
  readonly decrypts?: boolean
  readonly isLenient?: boolean
}

const cipher = (name: string, about: string, options: Options, example: readonly [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'mode', accepts: isString },
      { name: options.decrypts ? 'ciphertext' : 'plaintext', accepts: isString },
      { name: 'key', accepts: isString },
      { name: 'iv', accepts: isString, optional: true },
      ...(options.isMySql ? [] : [{ name: 'aad', accepts: isString, optional: true }]),
    ],
    constants: 'keep',
    lowCardinality: 'plain',
    returns: ([mode]) => {
      if (mode.constant === undefined) throw new DBError('ILLEGAL_COLUMN', 'The encryption mode must be constant')
      return options.isLenient ? new NullableType(stringType) : stringType
    },
    run: (args, call) => run(args, call, options),
    examples: [example],
  })

const key = '1234567890123456'

export const encryption: readonly FunctionDefinition[] = [
  cipher('encrypt', 'Encrypts a text by AES, in the mode that is named.', {}, [
    `SELECT hex(encrypt('aes-128-ctr', 'abc', '${key}', '${key}'))`,
    '141EAE',
  ]),
  cipher('decrypt', 'The inverse of encrypt.', { decrypts: true }, [
    `SELECT decrypt('aes-128-ctr', unhex('141EAE'), '${key}', '${key}')`,
    'abc',
  ]),
  cipher('tryDecrypt', 'As decrypt, with NULL for what cannot be decrypted.', { decrypts: true, isLenient: true }, [
    `SELECT tryDecrypt('aes-128-cbc', 'abc', '${key}')`,
    '\\N',
  ]),
  cipher('aes_encrypt_mysql', 'Encrypts a text by AES as MySQL does: longer keys are folded.', { isMySql: true }, [
    `SELECT hex(aes_encrypt_mysql('aes-128-ecb', 'abc', '12345678901234567890'))`,
    'D33CFDC93F12E6BCD70642C39C81B64C',
  ]),
  cipher('aes_decrypt_mysql', 'The inverse of aes_encrypt_mysql.', { isMySql: true, decrypts: true }, [
    `SELECT aes_decrypt_mysql('aes-128-ecb', unhex('D33CFDC93F12E6BCD70642C39C81B64C'), '12345678901234567890')`,
    'abc',
  ]),
]
