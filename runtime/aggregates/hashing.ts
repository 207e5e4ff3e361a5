// Hashes of single values as ClickHouse's tables have them: what approximate functions and the order of sets in states depend on.
import { encodeText } from '../core/text.ts'
import type { DataType } from '../types/dataType.ts'
import { ByteWriter } from '../core/bytes.ts'
import type { Value } from '../types/value.ts'

const mask64 = (1n << 64n) - 1n

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc >>> 0
})

/** CRC-32C over bytes, without inversions. */
export function crc32c(bytes: ArrayLike<number>, seed: number): number {
  let crc = seed >>> 0
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ crcTable[(crc ^ bytes[i]) & 255]
  return crc >>> 0
}

/** Of a word of 64 bits, as tables of numbers use it. */
export function crcOfWord(word: bigint): number {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, word), true)
  return crc32c(bytes, 0xffffffff)
}

/** Mixes 64 bits: the finalizer of MurmurHash3. */
export function mixWord(word: bigint): bigint {
  let x = BigInt.asUintN(64, word)
  x ^= x >> 33n
  x = (x * 0xff51afd7ed558ccdn) & mask64
  x ^= x >> 33n
  x = (x * 0xc4ceb9fe1a85ec53n) & mask64
  return x ^ (x >> 33n)
}

/** The lower half of mixWord, as tables of numbers by default use it. */
export const mixOfWord = (word: bigint): number => Number(mixWord(word) & 0xffffffffn)

/** The bits of a value of up to 8 bytes. */
export function wordOf(value: Value, type: DataType): bigint {
  const writer = new ByteWriter(16)
  type.writeBinary(writer, value)
  let word = 0n
  for (const byte of writer.bytes().slice(0, 8).reverse()) word = (word << 8n) | BigInt(byte)
  return word
}

/** 32 bits of any value. */
export function hashValue(value: Value, type: DataType): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return crcOfWord(BigInt(value))
  if (type.width > 0 && type.width <= 8) return crcOfWord(wordOf(value, type))
  if (typeof value === 'string') return crc32c(encodeText(value), 0xffffffff)
  const writer = new ByteWriter(64)
  type.writeBinary(writer, value)
  return crc32c(writer.bytes(), 0xffffffff)
}
