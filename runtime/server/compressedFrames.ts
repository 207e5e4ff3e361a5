// ClickHouse's own compression over HTTP (compress=1, decompress=1): the frames of its files, one after another.
//
//   0   u64 u64  CityHash128 of everything from byte 16 to the frame's end
//   16  u8       method: 0x02 none, 0x82 LZ4, 0x90 ZSTD
//   17  u32      compressed size, counted from byte 16
//   21  u32      decompressed size
//   25  …        payload
import { decompress as zstdDecompress } from 'fzstd'
import { DBError } from '../core/errors.ts'
import { Arena, type Memory } from '../core/memory.ts'
import { zstdCompress } from '../core/zstd.ts'
import type { Codec } from '../platform.ts'
import { ByteQueue } from './byteQueue.ts'

export type FrameMethod = 'NONE' | 'LZ4' | 'ZSTD'

const methodBytes: Readonly<Record<FrameMethod, number>> = { NONE: 0x02, LZ4: 0x82, ZSTD: 0x90 }
const hashSize = 16
const headerSize = 9
/** Uncompressed bytes in a written frame. */
const frameSize = 1 << 20
const sizeMax = 0x40000000

export interface FrameOptions {
  readonly memory: Memory
  /** Absent where the runtime has none: the core's own is then used. */
  readonly zstd?: Codec
}

/** Cuts a stream into frames of 1 MiB; flush() sends what waits. */
export function frameWriter(options: FrameOptions, method: FrameMethod): TransformStream<Uint8Array, Uint8Array> {
  const queue = new ByteQueue()
  return new TransformStream({
    transform(bytes, controller) {
      queue.push(bytes)
      while (queue.size >= frameSize) controller.enqueue(writeFrame(options, method, queue.take(frameSize)))
    },
    flush(controller) {
      if (queue.size > 0) controller.enqueue(writeFrame(options, method, queue.take(queue.size)))
    },
  })
}

export function writeFrame({ memory, zstd }: FrameOptions, method: FrameMethod, bytes: Uint8Array): Uint8Array {
  const arena = new Arena(memory)
  try {
    const { kernels } = memory
    const packed = method === 'ZSTD' ? (zstd?.compress(bytes) ?? zstdCompress(memory, bytes)) : null
    const bound = packed?.length ?? (method === 'LZ4' ? kernels.lz4CompressBound(bytes.length) : bytes.length)
    const frame = arena.allocate(hashSize + headerSize + bound)
    const payload = frame + hashSize + headerSize
    let size = bound
    if (method === 'LZ4') {
      const source = arena.allocate(bytes.length)
      const table = arena.allocate(65536)
      memory.copyIn(source, bytes)
      size = kernels.lz4Compress(source, bytes.length, payload, bound, table)
    } else memory.copyIn(payload, packed ?? bytes)
    const { data } = memory
    data.setUint8(frame + hashSize, methodBytes[method])
    data.setUint32(frame + hashSize + 1, headerSize + size, true)
    data.setUint32(frame + hashSize + 5, bytes.length, true)
    kernels.cityHash128(frame + hashSize, headerSize + size, frame)
    return memory.copyOut(frame, hashSize + headerSize + size)
  } finally {
    arena.destroy()
  }
}

/** The bytes inside a stream of frames. verify: compare the hashes. */
export function frameReader(options: FrameOptions, { verify = true } = {}): TransformStream<Uint8Array, Uint8Array> {
  const queue = new ByteQueue()
  return new TransformStream({
    transform(bytes, controller) {
      queue.push(bytes)
      while (queue.size >= hashSize + headerSize) {
        const header = queue.peek(hashSize + headerSize)
        const view = new DataView(header.buffer, header.byteOffset + hashSize, headerSize)
        const compressedSize = view.getUint32(1, true)
        const decompressedSize = view.getUint32(5, true)
        if (compressedSize < headerSize || compressedSize > sizeMax || decompressedSize > sizeMax)
          throw new DBError(
            'TOO_LARGE_SIZE_COMPRESSED',
            `Sizes of a compressed frame make no sense: ${compressedSize} bytes compressed, ${decompressedSize} decompressed. Most likely the data is not in ClickHouse's compressed format`,
          )
        if (queue.size < hashSize + compressedSize) return
        const frame = queue.take(hashSize + compressedSize)
        const inside = readFrame(options, frame, decompressedSize, verify)
        if (inside.length > 0) controller.enqueue(inside)
      }
    },
    flush() {
      if (queue.size > 0)
        throw new DBError('CANNOT_READ_ALL_DATA', `The last compressed frame ends after ${queue.size} bytes`)
    },
  })
}

function readFrame(
  { memory, zstd }: FrameOptions,
  frame: Uint8Array,
  decompressedSize: number,
  verify: boolean,
): Uint8Array {
  const method = frame[hashSize]
  const payloadAt = hashSize + headerSize
  const payloadSize = frame.length - payloadAt
  const arena = new Arena(memory)
  try {
    const { kernels } = memory
    const pointer = arena.allocate(frame.length)
    memory.copyIn(pointer, frame)
    if (verify) {
      const hash = memory.scratch(16)
      kernels.cityHash128(pointer + hashSize, frame.length - hashSize, hash)
      if (memory.bytes(hash, 16).some((byte, at) => byte !== frame[at]))
        throw new DBError('CHECKSUM_DOESNT_MATCH', 'Checksum of a compressed frame does not match: corrupted data')
    }
    if (method === methodBytes.NONE) {
      if (payloadSize !== decompressedSize) throw broken()
      return frame.slice(payloadAt)
    }
    if (method === methodBytes.LZ4) {
      // A byte of LZ4 stands for 255 at most: a size beyond that is a lie, and not to be allocated.
      if (decompressedSize > payloadSize * 255) throw broken()
      const target = arena.allocate(decompressedSize)
      if (kernels.lz4Decompress(pointer + payloadAt, payloadSize, target, decompressedSize) !== decompressedSize)
        throw broken()
      return memory.copyOut(target, decompressedSize)
    }
    if (method === methodBytes.ZSTD) {
      const bytes = readZstd(frame.subarray(payloadAt), decompressedSize, zstd)
      if (bytes.length !== decompressedSize) throw broken()
      return bytes
    }
    throw new DBError('UNKNOWN_COMPRESSION_METHOD', `Unknown compression method: ${method} in a compressed frame`)
  } finally {
    arena.destroy()
  }
}

function readZstd(bytes: Uint8Array, size: number, native: Codec | undefined): Uint8Array {
  try {
    return native ? native.decompress(bytes, size) : zstdDecompress(bytes)
  } catch (error) {
    throw new DBError('CANNOT_DECOMPRESS', `Cannot decompress a frame: ${String(error)}`, { cause: error })
  }
}

const broken = (): DBError => new DBError('CANNOT_DECOMPRESS', 'Cannot decompress a frame: corrupted data')
