// LZ4's own frame format, which `Content-Encoding: lz4` means.
//
//   magic 04 22 4d 18 | FLG | BD | [content size u64] | [dictionary id u32] | HC
//   blocks: u32 size (high bit: stored as is) | bytes | [u32 hash]      u32 0 ends | [u32 hash of the content]
// @ts-expect-error: lz4js has no types
import lz4 from 'lz4js'
import { DBError } from '../core/errors.ts'
import { Arena, type Memory } from '../core/memory.ts'
import { ByteQueue } from './byteQueue.ts'

/** Decompresses source[sourceIndex, + sourceSize) into target at targetIndex; gives the index behind the last byte. */
const { decompressBlock } = lz4 as {
  decompressBlock(
    source: Uint8Array,
    target: Uint8Array,
    sourceIndex: number,
    sourceSize: number,
    targetIndex: number,
  ): number
}

const magic = 0x184d2204
const window = 65536
/** Version 1, independent blocks, no hashes; blocks of at most 1 MiB; and the descriptor's hash byte. */
const descriptor = [0x60, 0x60, 0x51]
const writtenBlockSize = 1 << 20

export function lz4FrameWriter(memory: Memory): TransformStream<Uint8Array, Uint8Array> {
  const queue = new ByteQueue()
  return new TransformStream({
    start(controller) {
      controller.enqueue(Uint8Array.of(0x04, 0x22, 0x4d, 0x18, ...descriptor))
    },
    transform(bytes, controller) {
      queue.push(bytes)
      while (queue.size >= writtenBlockSize) controller.enqueue(writeBlock(memory, queue.take(writtenBlockSize)))
    },
    flush(controller) {
      if (queue.size > 0) controller.enqueue(writeBlock(memory, queue.take(queue.size)))
      controller.enqueue(new Uint8Array(4))
    },
  })
}

function writeBlock(memory: Memory, bytes: Uint8Array): Uint8Array {
  const arena = new Arena(memory)
  try {
    const bound = memory.kernels.lz4CompressBound(bytes.length)
    const source = arena.allocate(bytes.length)
    const target = arena.allocate(bound)
    const table = arena.allocate(65536)
    memory.copyIn(source, bytes)
    const size = memory.kernels.lz4Compress(source, bytes.length, target, bound, table)
    const stored = size >= bytes.length
    const block = new Uint8Array(4 + (stored ? bytes.length : size))
    new DataView(block.buffer).setUint32(0, stored ? (bytes.length | 0x80000000) >>> 0 : size, true)
    block.set(stored ? bytes : memory.bytes(target, size), 4)
    return block
  } finally {
    arena.destroy()
  }
}

/** Reads frames one after another, block by block. Hashes are skipped: the transport has its own. */
export function lz4FrameReader(): TransformStream<Uint8Array, Uint8Array> {
  const queue = new ByteQueue()
  let frame: FrameState | null = null
  return new TransformStream({
    transform(bytes, controller) {
      queue.push(bytes)
      for (;;) {
        if (!frame) {
          frame = readDescriptor(queue)
          if (!frame) return
        }
        const block = nextBlock(queue, frame)
        if (block === 'more') return
        if (block === 'end') frame = null
        else if (block.length > 0) controller.enqueue(block)
      }
    },
    flush() {
      if (frame || queue.size > 0)
        throw new DBError('CANNOT_READ_ALL_DATA', 'The LZ4 data of the request ends before its last block')
    },
  })
}

interface FrameState {
  readonly blockSizeMax: number
  readonly blockHashes: boolean
  readonly contentHash: boolean
  /** The last 64 KiB that came out, and behind them room for one block: a block may refer to what was before it. */
  readonly buffer: Uint8Array
  kept: number
}

function readDescriptor(queue: ByteQueue): FrameState | null {
  if (queue.size < 7) return null
  const start = queue.peek(7)
  const flags = start[4]
  const size = 7 + (flags & 8 ? 8 : 0) + (flags & 1 ? 4 : 0)
  if (queue.size < size) return null
  const view = new DataView(start.buffer, start.byteOffset, 7)
  if (view.getUint32(0, true) !== magic || flags >> 6 !== 1) throw broken('it does not begin as an LZ4 frame does')
  const blockSizeCode = (start[5] >> 4) & 7
  if (blockSizeCode < 4) throw broken(`unknown block size ${blockSizeCode}`)
  if (flags & 1) throw broken('it needs a dictionary')
  queue.take(size)
  const blockSizeMax = 1 << (8 + 2 * blockSizeCode)
  return {
    blockSizeMax,
    blockHashes: (flags & 16) !== 0,
    contentHash: (flags & 4) !== 0,
    buffer: new Uint8Array(window + blockSizeMax),
    kept: 0,
  }
}

function nextBlock(queue: ByteQueue, frame: FrameState): Uint8Array | 'more' | 'end' {
  if (queue.size < 4) return 'more'
  const head = queue.peek(4)
  const word = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true)
  if (word === 0) {
    const size = 4 + (frame.contentHash ? 4 : 0)
    if (queue.size < size) return 'more'
    queue.take(size)
    return 'end'
  }
  const stored = word >= 0x80000000
  const size = word & 0x7fffffff
  if (size > frame.blockSizeMax) throw broken(`a block of ${size} bytes is larger than its frame allows`)
  const whole = 4 + size + (frame.blockHashes ? 4 : 0)
  if (queue.size < whole) return 'more'
  const source = queue.take(whole).subarray(4, 4 + size)
  const { buffer, kept } = frame
  if (stored) buffer.set(source, kept)
  const end = stored ? kept + size : decompressBlock(source, buffer, 0, size, kept)
  if (!(end >= kept && end <= kept + frame.blockSizeMax)) throw broken('a block is corrupt')
  const result = buffer.slice(kept, end)
  frame.kept = Math.min(end, window)
  buffer.copyWithin(0, end - frame.kept, end)
  return result
}

const broken = (why: string): DBError =>
  new DBError('LZ4_DECODER_FAILED', `Cannot decompress the request's LZ4 data: ${why}`)
