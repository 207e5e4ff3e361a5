// Records in two files that take turns: one is appended to, and when it has become long, the state that its records make is written
// into the other, which goes on from there.
//
//   magic 8 | generation u32 | snapshot's size u32 | its CRC u32 | CRC of the 20 bytes before, u32 | snapshot | record...
//   record: size u32 (0: no more) | CRC of generation, number and payload u32 | payload
//
// The header is written last, so a half-written turn has none, and the other file still counts: of two headers, the higher generation.
// A record that a crash has torn fails its CRC and ends the log: nobody was told that it was durable.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import type { RandomFile } from './randomFile.ts'

const magic = 'GRNPACK1'
const headerBytes = 24
/** The files grow in such steps. */
const stepBytes = 256 << 10
/** Kept free for small records and those that make room, when the disk is full. */
const spareBytes = 64 << 10
/** A log shorter than this is not worth a turn. */
const turnBytesMin = 1 << 20

export class RecordLog {
  #file: RandomFile
  #other: RandomFile
  #generation = 0
  /** Of the next record. */
  #number = 0
  /** Where the next record starts. */
  #end = 0
  #snapshotBytes = 0

  constructor(files: readonly [RandomFile, RandomFile]) {
    this.#file = files[0]
    this.#other = files[1]
  }

  /** Reads what there is: first the snapshot, then every whole record. false: there was never a log here. */
  open(apply: (payload: string) => void): boolean {
    const headers = [this.#file, this.#other].map(readHeader)
    const latest = (headers[0]?.generation ?? -1) >= (headers[1]?.generation ?? -1) ? 0 : 1
    const header = headers[latest]
    if (!header) return false
    if (latest === 1) [this.#file, this.#other] = [this.#other, this.#file]
    const bytes = new Uint8Array(this.#file.size)
    const have = this.#file.read(0, bytes)
    const data = new DataView(bytes.buffer)
    this.#generation = header.generation
    this.#snapshotBytes = header.size
    const snapshot = bytes.subarray(headerBytes, headerBytes + header.size)
    if (headerBytes + header.size > have || crc32(snapshot) !== header.crc)
      throw new DBError('CORRUPTED_DATA', 'The directory of the packed files is damaged')
    apply(decodeText(snapshot))
    this.#end = headerBytes + header.size
    while (this.#end + 8 <= have) {
      const size = data.getUint32(this.#end, true)
      if (size === 0 || this.#end + 8 + size > have) break
      const payload = bytes.subarray(this.#end + 8, this.#end + 8 + size)
      if (data.getUint32(this.#end + 4, true) !== this.#crc(payload)) break
      apply(decodeText(payload))
      this.#number++
      this.#end += 8 + size
    }
    return true
  }

  /** Makes room for records of so many characters, those before them that are not written yet included. NOT_ENOUGH_SPACE. */
  reserve(characters: number, options: { mayUseSpare: boolean }): void {
    const needed = this.#end + characters * 3 + 64 // as UTF-8 can take
    if (needed + (options.mayUseSpare ? 0 : spareBytes) <= this.#file.size) return
    try {
      this.#file.truncate(Math.ceil((needed + spareBytes + stepBytes) / stepBytes) * stepBytes)
    } catch (error) {
      if (!options.mayUseSpare || needed > this.#file.size) throw error
    }
  }

  /** Durable when it returns. */
  append(payload: string): void {
    const bytes = encodeText(payload)
    assert(bytes.length > 0, 'a record has bytes')
    const record = new Uint8Array(8 + bytes.length + 4) // with the size 0 of what follows
    const data = new DataView(record.buffer)
    data.setUint32(0, bytes.length, true)
    data.setUint32(4, this.#crc(bytes), true)
    record.set(bytes, 8)
    this.#file.write(this.#end, record)
    this.#file.flush()
    this.#number++
    this.#end += 8 + bytes.length
  }

  /** Whether the log is so long that a snapshot of the state is the shorter. */
  get isLong(): boolean {
    return this.#end > turnBytesMin && this.#end > 4 * this.#snapshotBytes
  }

  /** Begins anew with this state. When it throws, the old log still counts. */
  turn(state: string): void {
    const snapshot = encodeText(state)
    const generation = this.#generation + 1
    const header = new Uint8Array(headerBytes)
    const data = new DataView(header.buffer)
    header.set(encodeText(magic))
    data.setUint32(8, generation, true)
    data.setUint32(12, snapshot.length, true)
    data.setUint32(16, crc32(snapshot), true)
    data.setUint32(20, crc32(header.subarray(0, 20)), true)
    const next = this.#other
    next.truncate(0)
    next.truncate(Math.ceil((headerBytes + snapshot.length + spareBytes + stepBytes) / stepBytes) * stepBytes)
    next.write(headerBytes, snapshot)
    next.flush()
    next.write(0, header)
    next.flush()
    this.#other = this.#file
    this.#file = next
    this.#generation = generation
    this.#number = 0
    this.#snapshotBytes = snapshot.length
    this.#end = headerBytes + snapshot.length
    this.#other.truncate(0)
  }

  close(): void {
    this.#file.close()
    this.#other.close()
  }

  #crc(payload: Uint8Array): number {
    return crc32(payload, (this.#generation << 16) ^ this.#number)
  }
}

function readHeader(file: RandomFile): { generation: number; size: number; crc: number } | null {
  const bytes = new Uint8Array(headerBytes)
  if (file.read(0, bytes) < headerBytes) return null
  const data = new DataView(bytes.buffer)
  if (data.getUint32(20, true) !== crc32(bytes.subarray(0, 20))) return null
  const found = decodeText(bytes.subarray(0, 8))
  if (found !== magic)
    throw new DBError('UNKNOWN_FORMAT_VERSION', `The data were written by another version (${JSON.stringify(found)})`)
  return {
    generation: data.getUint32(8, true),
    size: data.getUint32(12, true),
    crc: data.getUint32(16, true),
  }
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

function crc32(bytes: Uint8Array, seed = 0): number {
  let value = ~seed
  for (let i = 0; i < bytes.length; i++) value = table[(value ^ bytes[i]) & 255] ^ (value >>> 8)
  return ~value >>> 0
}
