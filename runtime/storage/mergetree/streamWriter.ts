import { assert } from '../../core/assert.ts'
import type { Arena, Memory } from '../../core/memory.ts'
import type { FileWriter } from '../disk.ts'
import type { FileChecksum } from './checksums.ts'
import type { FrameCodec, WriteCodec } from './frames.ts'

export interface BlockSizes {
  /** A frame of so many bytes is closed before the next mark. */
  readonly minCompressBlockSize: number
  /** A frame is closed at so many bytes, wherever that is. */
  readonly maxCompressBlockSize: number
}

const hashBytes = 16

/** Hash of a byte stream as checksums.txt has it. */
export class ChainedHash {
  readonly #state: number
  size = 0

  constructor(
    readonly memory: Memory,
    arena: Arena,
  ) {
    this.#state = arena.allocate(memory.kernels.chainedHashBytes())
    memory.kernels.chainedHashStart(this.#state)
  }

  add(pointer: number, size: number): void {
    this.memory.kernels.chainedHash(this.#state, pointer, size)
    this.size += size
  }

  finish(): Uint8Array {
    const out = this.memory.scratch(hashBytes)
    this.memory.kernels.chainedHashFinish(this.#state, out)
    return this.memory.copyOut(out, hashBytes)
  }
}

/** One .bin file: bytes gathered into frames, and where its granules start. */
export class StreamWriter {
  readonly #buffer: number
  readonly #out: number
  readonly #plain: ChainedHash
  readonly #packed: ChainedHash
  #used = 0
  /** Pairs of frame offset and offset inside. */
  readonly marks: number[] = []
  readonly #pending: Promise<void>[] = []

  constructor(
    readonly file: FileWriter,
    readonly frames: FrameCodec,
    readonly codec: WriteCodec,
    readonly sizes: BlockSizes,
    readonly arena: Arena,
  ) {
    const { memory } = frames
    this.#buffer = arena.allocate(sizes.maxCompressBlockSize)
    this.#out = arena.allocate(frames.encodeBound(sizes.maxCompressBlockSize))
    this.#plain = new ChainedHash(memory, arena)
    this.#packed = new ChainedHash(memory, arena)
  }

  /** A granule starts here. */
  mark(): void {
    if (this.#used >= this.sizes.minCompressBlockSize) this.#flush()
    this.marks.push(this.#packed.size, this.#used)
  }

  write(pointer: number, size: number): void {
    const { u8 } = this.frames.memory
    const { maxCompressBlockSize } = this.sizes
    let from = pointer
    const end = pointer + size
    while (from < end) {
      const take = Math.min(end - from, maxCompressBlockSize - this.#used)
      u8.copyWithin(this.#buffer + this.#used, from, from + take)
      this.#used += take
      from += take
      if (this.#used === maxCompressBlockSize) this.#flush()
    }
  }

  /** Bytes from outside of kernel memory. */
  writeBytes(bytes: Uint8Array): void {
    const { memory } = this.frames
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.sizes.maxCompressBlockSize - this.#used)
      memory.copyIn(this.#buffer + this.#used, piece)
      this.#used += piece.length
      at += piece.length
      if (this.#used === this.sizes.maxCompressBlockSize) this.#flush()
    }
  }

  #flush(): void {
    if (this.#used === 0) return
    const { memory } = this.frames
    this.#plain.add(this.#buffer, this.#used)
    const size = this.frames.encode(this.codec, this.#buffer, this.#used, this.#out)
    this.#packed.add(this.#out, size)
    this.#used = 0
    const written = this.file.write(memory.bytes(this.#out, size))
    if (written) this.#pending.push(written)
  }

  /** Waits until the disk has what was written. */
  async settle(): Promise<void> {
    if (this.#pending.length > 0) await Promise.all(this.#pending.splice(0))
  }

  async close(): Promise<FileChecksum> {
    this.#flush()
    await this.settle()
    await this.file.close()
    const uncompressed = { size: this.#plain.size, hash: this.#plain.finish() }
    return { size: this.#packed.size, hash: this.#packed.finish(), uncompressed }
  }

  /** Gives the buffers back. Nothing is written any more. */
  free(): void {
    assert(this.#used === 0, 'a stream is closed before its end')
    this.arena.free(this.#buffer)
    this.arena.free(this.#out)
  }
}

/** 16 bytes a mark. */
export function writeMarks(marks: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(marks.length * 8)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < marks.length; i++) {
    view.setUint32(i * 8, marks[i] % 4294967296, true)
    view.setUint32(i * 8 + 4, Math.floor(marks[i] / 4294967296), true)
  }
  return bytes
}
