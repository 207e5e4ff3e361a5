// ZooKeeper's encoding: big-endian integers, a byte for a boolean, strings and buffers behind their length in four bytes (-1: null),
// vectors behind their count. A record is its fields one after the other; a packet is a record behind its length.
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'

const slabSize = 64 << 10
/** A slab with less than this left is not begun anew. */
const slabRest = 1 << 10
/** Shorter text is coded here: a call of the runtime's coders costs more than some dozen bytes. */
const shortText = 48
/** When reading less: text that is put together from pieces has to be made one piece later. */
const shortTextRead = 8

/** Memory of its own costs more than small bytes do, in time and in room. The pack is small, as one of them keeps all of it. */
const packSize = 1 << 10
const packedMax = 128
let pack = new Uint8Array(packSize)
let packedAt = 0

export function malformed(what: string): DBError {
  return new DBError('KEEPER_EXCEPTION', `Malformed packet: ${what}`)
}

/** Writes packets one behind the other; take() gives what was written. */
export class JuteWriter {
  #bytes = new Uint8Array(slabSize)
  #view = new DataView(this.#bytes.buffer)
  #start = 0
  #at = 0

  /** Of what was written since take(). */
  get size(): number {
    return this.#at - this.#start
  }

  /** The bytes are the caller's: nothing writes to them again. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#start, this.#at)
    this.#start = this.#at
    if (this.#bytes.length - this.#at < slabRest) this.#begin(slabSize)
    return taken
  }

  /** Takes back what was written since `size` was that. */
  rewind(size: number): void {
    this.#at = this.#start + size
  }

  /** Begins a packet; endPacket wants what this gives. */
  beginPacket(): number {
    this.int(0)
    return this.size
  }

  endPacket(begun: number): void {
    this.#view.setInt32(this.#start + begun - 4, this.size - begun)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#at++] = value
  }

  boolean(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  int(value: number): void {
    this.#reserve(4)
    this.#view.setInt32(this.#at, value)
    this.#at += 4
  }

  long(value: bigint): void {
    this.#reserve(8)
    this.#view.setBigInt64(this.#at, value)
    this.#at += 8
  }

  /** A whole number of up to 53 bits as a long. */
  longNumber(value: number): void {
    this.#reserve(8)
    const high = Math.floor(value / 0x1_0000_0000)
    this.#view.setInt32(this.#at, high)
    this.#view.setUint32(this.#at + 4, value - high * 0x1_0000_0000)
    this.#at += 8
  }

  /** null is written as -1. */
  buffer(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1)
      return
    }
    this.#reserve(4 + value.length)
    this.#view.setInt32(this.#at, value.length)
    this.#bytes.set(value, this.#at + 4)
    this.#at += 4 + value.length
  }

  string(value: string): void {
    if (value.length > shortText || !this.#wroteAscii(value)) this.buffer(encodeText(value))
  }

  strings(values: readonly string[]): void {
    this.int(values.length)
    for (const value of values) this.string(value)
  }

  /** Whether the text was ASCII, and is written. */
  #wroteAscii(value: string): boolean {
    const { length } = value
    this.#reserve(4 + length)
    const bytes = this.#bytes
    const at = this.#at + 4
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return false
      bytes[at + i] = unit
    }
    this.#view.setInt32(this.#at, length)
    this.#at = at + length
    return true
  }

  #reserve(size: number): void {
    if (this.#bytes.length - this.#at < size) this.#begin(size)
  }

  /** A new slab with room for what was not taken yet and as much again. */
  #begin(room: number): void {
    const old = this.#bytes.subarray(this.#start, this.#at)
    this.#bytes = new Uint8Array(Math.max(slabSize, 2 * old.length, old.length + room))
    this.#view = new DataView(this.#bytes.buffer)
    this.#bytes.set(old)
    this.#start = 0
    this.#at = old.length
  }
}

/** Reads records out of bytes, and throws where there are too few of them. */
export class JuteReader {
  #bytes: Uint8Array
  #view: DataView
  #at = 0
  #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#end = bytes.length
  }

  /** Reads between these bytes from now on. */
  within(start: number, end: number): this {
    this.#at = start
    this.#end = end
    return this
  }

  get left(): number {
    return this.#end - this.#at
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  boolean(): boolean {
    return this.byte() !== 0
  }

  int(): number {
    return this.#view.getInt32(this.#skip(4))
  }

  long(): bigint {
    return this.#view.getBigInt64(this.#skip(8))
  }

  /** A long that is no id: what does not fit into 53 bits is rounded. */
  longNumber(): number {
    const at = this.#skip(8)
    return this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4)
  }

  /** A copy: what was received is not held by it. A null counts as empty. */
  buffer(): Uint8Array {
    const length = this.#length()
    const at = this.#skip(length)
    return this.#bytes.slice(at, at + length)
  }

  /** As buffer(), for bytes that stay in this process and are not changed: small ones share memory with a few others. */
  packedBuffer(): Uint8Array {
    const length = this.#length()
    const at = this.#skip(length)
    const bytes = this.#bytes
    if (length > packedMax) return bytes.slice(at, at + length)
    if (length > packSize - packedAt) {
      pack = new Uint8Array(packSize)
      packedAt = 0
    }
    const start = packedAt
    packedAt += length
    for (let i = 0; i < length; i++) pack[start + i] = bytes[at + i]!
    return pack.subarray(start, packedAt)
  }

  /** A null counts as empty. */
  string(): string {
    const length = this.#length()
    const at = this.#skip(length)
    const bytes = this.#bytes
    if (length > shortTextRead) return decodeText(bytes.subarray(at, at + length))
    let text = ''
    for (let i = at; i < at + length; i++) {
      const unit = bytes[i]!
      if (unit >= 0x80) return decodeText(bytes.subarray(at, at + length))
      text += String.fromCharCode(unit)
    }
    return text
  }

  strings(): string[] {
    const values: string[] = []
    for (let left = this.count(4); left > 0; left--) values.push(this.string())
    return values
  }

  /** Of a vector whose elements take so many bytes each, at least. */
  count(sizeMin: number): number {
    const count = this.int()
    if (count < -1 || count * sizeMin > this.left) throw malformed(`a vector of ${count} in ${this.left} bytes`)
    return count
  }

  #length(): number {
    const length = this.int()
    if (length < -1) throw malformed(`a length of ${length}`)
    return Math.max(length, 0)
  }

  #skip(size: number): number {
    const at = this.#at
    if (size > this.#end - at) throw malformed(`${size} bytes expected where ${this.#end - at} are left`)
    this.#at = at + size
    return at
  }
}
