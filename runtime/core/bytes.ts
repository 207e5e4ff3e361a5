import { assert } from './assert.ts'
import { DBError } from './errors.ts'
import { decodeText, encodeText } from './text.ts'

/** Reads little-endian values from bytes that are all there. Running out: CANNOT_READ_ALL_DATA. */
export class ByteReader {
  readonly #view: DataView

  constructor(
    readonly bytes: Uint8Array,
    public position = 0,
    readonly end = bytes.length,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.end - this.position
  }

  /** Moves on by size bytes and gives where they start. */
  take(size: number): number {
    if (size < 0 || size > this.left)
      throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${size} bytes wanted, ${this.left} left`)
    const at = this.position
    this.position += size
    return at
  }

  u8 = (): number => this.#view.getUint8(this.take(1))
  i8 = (): number => this.#view.getInt8(this.take(1))
  u16 = (): number => this.#view.getUint16(this.take(2), true)
  i16 = (): number => this.#view.getInt16(this.take(2), true)
  u32 = (): number => this.#view.getUint32(this.take(4), true)
  i32 = (): number => this.#view.getInt32(this.take(4), true)
  u64 = (): bigint => this.#view.getBigUint64(this.take(8), true)
  i64 = (): bigint => this.#view.getBigInt64(this.take(8), true)
  f32 = (): number => this.#view.getFloat32(this.take(4), true)
  f64 = (): number => this.#view.getFloat64(this.take(8), true)

  /** An unsigned integer of any width in bytes. */
  unsigned(width: number): bigint {
    let value = 0n
    const at = this.take(width)
    for (let i = width - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[at + i])
    return value
  }

  signed(width: number): bigint {
    return BigInt.asIntN(width * 8, this.unsigned(width))
  }

  /** A size or count as LEB128. Above 2^53 it is no count that anybody means: INCORRECT_DATA. */
  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 9; i++) {
      const byte = this.u8()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 128
    }
    throw new DBError('INCORRECT_DATA', 'A variable-length number is too large')
  }

  /** A full 64-bit LEB128. */
  varint64(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.u8()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw new DBError('INCORRECT_DATA', 'A variable-length number is too large')
  }

  raw(size: number): Uint8Array {
    const at = this.take(size)
    return this.bytes.subarray(at, at + size)
  }

  /** Length as varint, then bytes. */
  text(): string {
    return decodeText(this.raw(this.varint()))
  }
}

/** Shorter text is coded here: a call of the runtime's coder costs more than some dozen bytes. */
const shortText = 64

/** Collects little-endian values. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  length = 0

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #room(size: number): number {
    const at = this.length
    const needed = at + size
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    this.length = needed
    return at
  }

  u8(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }
  u16(value: number): void {
    const at = this.#room(2)
    this.#view.setUint16(at, value, true)
  }
  u32(value: number): void {
    const at = this.#room(4)
    this.#view.setUint32(at, value, true)
  }
  i32(value: number): void {
    const at = this.#room(4)
    this.#view.setInt32(at, value, true)
  }
  u64(value: bigint): void {
    const at = this.#room(8)
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), true)
  }
  f32(value: number): void {
    const at = this.#room(4)
    this.#view.setFloat32(at, value, true)
  }
  f64(value: number): void {
    const at = this.#room(8)
    this.#view.setFloat64(at, value, true)
  }

  /** An integer of any width in bytes, two's complement. */
  integer(value: bigint, width: number): void {
    const at = this.#room(width)
    let rest = BigInt.asUintN(width * 8, value)
    for (let i = 0; i < width; i++) {
      this.#bytes[at + i] = Number(rest & 255n)
      rest >>= 8n
    }
  }

  varint(value: number): void {
    assert(value >= 0 && Number.isSafeInteger(value), 'a varint is a size or a count')
    let rest = value
    while (rest >= 128) {
      this.u8((rest % 128) | 128)
      rest = Math.floor(rest / 128)
    }
    this.u8(rest)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
  }

  text(text: string): void {
    if (text.length <= shortText && this.#wroteAscii(text)) return
    const bytes = encodeText(text)
    this.varint(bytes.length)
    this.raw(bytes)
  }

  /** Whether the short text was ASCII, and is written. */
  #wroteAscii(text: string): boolean {
    const { length } = text
    const at = this.#room(length + 1)
    const bytes = this.#bytes
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0x80) {
        this.length = at
        return false
      }
      bytes[at + 1 + i] = unit
    }
    bytes[at] = length
    return true
  }

  /** What was written; shares memory with the writer, so take it when done. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }
}

/** All pieces, one behind the other; a single piece as it is. */
export function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}
