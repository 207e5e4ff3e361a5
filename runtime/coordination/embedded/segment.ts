// A file of the log: a header and frames, each of which went to the disk in one sync.
//
//   header: magic 8 | salt u32 | first zxid f64 | CRC u32
//   frame:  payload size u32 | transactions u32 | first zxid f64 | time f64 | payload CRC u32 | CRC u32 | payload
//
// Zeros may follow, which frames to come have their room in.
//
// All CRCs begin with the salt, which nobody outside knows: bytes that a client stores are never taken for a frame. A frame is written
// when the one before it is durable. So what a crash tears is the last one, and bytes that are no frame with a frame behind them are
// damage.
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { encodeText } from '../../core/text.ts'
import { crc32 } from './crc32.ts'
import { readTransaction, writeTransaction } from './transactionCodec.ts'
import type { Transaction } from './transactions.ts'

const magic = encodeText('GRNKLOG1')
export const segmentHeaderBytes = 24
export const frameHeaderBytes = 32
/** A writer that has become larger is not kept. */
const keptBytesMax = 4 << 20

export interface SegmentHeader {
  readonly salt: number
  /** Of its first transaction: those that older files have from this number on do not count. */
  readonly zxid: number
}

export function segmentHeader({ salt, zxid }: SegmentHeader): Uint8Array {
  const writer = new ByteWriter(segmentHeaderBytes)
  writer.raw(magic)
  writer.u32(salt)
  writer.f64(zxid)
  writer.u32(crc32(writer.bytes()))
  return writer.bytes()
}

/** null: it was never written whole. */
export function readSegmentHeader(bytes: Uint8Array, name: string): SegmentHeader | null {
  if (bytes.length < segmentHeaderBytes) return null
  const reader = new ByteReader(bytes)
  const found = reader.raw(magic.length)
  const salt = reader.u32()
  const zxid = reader.f64()
  if (reader.u32() !== crc32(bytes, 0, segmentHeaderBytes - 4)) return null
  if (found.some((byte, at) => byte !== magic[at]))
    throw new DBError('UNKNOWN_FORMAT_VERSION', `${name} was written by another version`)
  return { salt, zxid }
}

/** Writes frames, again and again into the same memory. */
export class FrameWriter {
  #writer = new ByteWriter(64 << 10)

  /** Valid until the next call. */
  frame(salt: number, zxid: number, timeMs: number, transactions: readonly Transaction[]): Uint8Array {
    if (this.#writer.bytes().length > keptBytesMax) this.#writer = new ByteWriter(64 << 10)
    const writer = this.#writer
    writer.length = 0
    for (let i = 0; i < frameHeaderBytes; i += 8) writer.f64(0)
    for (const transaction of transactions) writeTransaction(writer, transaction)
    const bytes = writer.bytes()
    const header = new DataView(bytes.buffer, bytes.byteOffset, frameHeaderBytes)
    header.setUint32(0, bytes.length - frameHeaderBytes, true)
    header.setUint32(4, transactions.length, true)
    header.setFloat64(8, zxid, true)
    header.setFloat64(16, timeMs, true)
    header.setUint32(24, crc32(bytes, frameHeaderBytes, bytes.length, salt), true)
    header.setUint32(28, crc32(bytes, 0, frameHeaderBytes - 4, salt), true)
    return bytes
  }
}

export interface Frame {
  readonly zxid: number
  readonly timeMs: number
  readonly count: number
  transactions(): Generator<Transaction>
}

export interface SegmentEnd {
  /** Bytes of whole frames, the header included. */
  readonly size: number
  /** What comes behind them: nothing, or zeros; a frame that was torn; or whole frames behind one that is not. */
  readonly rest: 'nothing' | 'torn' | 'damaged'
}

/** Gives the frames up to the first that is not whole, and then what is behind. */
export function* readFrames(bytes: Uint8Array, { salt }: SegmentHeader): Generator<Frame, SegmentEnd> {
  let at = segmentHeaderBytes
  const written = behindZeros(bytes)
  while (at < written) {
    const end = frameEnd(bytes, at, salt)
    if (end === null) return { size: at, rest: hasFrame(bytes, at + 1, salt) ? 'damaged' : 'torn' }
    yield frameAt(bytes, at, end)
    at = end
  }
  return { size: at, rest: 'nothing' }
}

function frameAt(bytes: Uint8Array, at: number, end: number): Frame {
  const reader = new ByteReader(bytes, at + 4, end)
  const count = reader.u32()
  const zxid = reader.f64()
  const timeMs = reader.f64()
  reader.position = at + frameHeaderBytes
  return {
    zxid,
    timeMs,
    count,
    *transactions() {
      for (let left = count; left > 0; left--) yield readTransaction(reader)
    },
  }
}

/** null: there is no whole frame. */
function frameEnd(bytes: Uint8Array, at: number, salt: number): number | null {
  if (at + frameHeaderBytes > bytes.length) return null
  const header = new DataView(bytes.buffer, bytes.byteOffset + at, frameHeaderBytes)
  const size = header.getUint32(0, true)
  const end = at + frameHeaderBytes + size
  // Every frame has a transaction, at least; zeros are none.
  if (size === 0 || end > bytes.length) return null
  if (header.getUint32(28, true) !== crc32(bytes, at, at + frameHeaderBytes - 4, salt)) return null
  return header.getUint32(24, true) === crc32(bytes, at + frameHeaderBytes, end, salt) ? end : null
}

function hasFrame(bytes: Uint8Array, from: number, salt: number): boolean {
  // A frame does not begin with four zeros: of a run of them, the last three may be its beginning.
  let zeros = 0
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] === 0) {
      zeros++
      continue
    }
    for (let start = at - Math.min(zeros, 3); start <= at; start++)
      if (frameEnd(bytes, start, salt) !== null) return true
    zeros = 0
  }
  return false
}

/** Where the bytes end, but for zeros. */
function behindZeros(bytes: Uint8Array): number {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  return end
}
