// Compressed frames: what .bin files, compressed marks and checksums.txt are made of.
//
//   16 bytes CityHash128 of all that follows | u8 method | u32 size from the method on | u32 decompressed size | payload
import { decompress as fzstdDecompress } from 'fzstd'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import type { Codec } from '../../platform.ts'
import type { StreamRange } from './marks.ts'
import { decodeSpecial, isSpecial } from './specialCodecs.ts'

export const frameHeaderBytes = 25
const hashBytes = 16
/** Sizes above this are nonsense, not data. */
const sizeMax = 0x40000000

export const methods = { NONE: 0x02, LZ4: 0x82, ZSTD: 0x90 } as const

/** A codec of the kind that is written: `LZ4`, `NONE`, `ZSTD(3)`. */
export interface WriteCodec {
  readonly method: keyof typeof methods
  readonly level: number
}

/** Codecs that prepare values for another one. Parts may go without them: each frame says how it was made. */
const preparing = /^(Delta|DoubleDelta|Gorilla|T64|FPC|GCD|ALP)$/i

/** `LZ4`, `NONE`, `ZSTD`, `ZSTD(level)`, also within `CODEC(...)` and behind codecs that prepare values for them. */
export function parseCodec(text: string): WriteCodec {
  const list = text.trim().replace(/^CODEC\((.*)\)$/is, '$1')
  let written: WriteCodec = { method: 'LZ4', level: 0 }
  for (const codec of list.split(/,(?![^(]*\))/)) {
    const match = /^\s*(\w+)\s*(?:\(([^)]*)\))?\s*$/.exec(codec)
    const name = match?.[1].toUpperCase()
    if (name === 'NONE' || name === 'ZSTD') written = { method: name, level: Number(match![2] ?? 0) || 1 }
    else if (name === 'LZ4' || name === 'LZ4HC' || name === 'DEFAULT') written = { method: 'LZ4', level: 0 }
    else if (!name || !preparing.test(name))
      throw new DBError('NOT_IMPLEMENTED', `Codec ${text} cannot be written: LZ4, NONE and ZSTD can`)
  }
  return written
}

/** Encodes and decodes frames with one core's kernels. */
export class FrameCodec {
  #table = 0
  #zstdState = 0

  constructor(
    readonly memory: Memory,
    /** Native zstd; without, reading goes through JavaScript and writing through a kernel. */
    readonly zstd: Codec | undefined = undefined,
    /** Compare each frame's hash before it is decompressed. */
    public verify = true,
  ) {}

  /** Sizes of the whole frames from source on; one that is cut off by the end is not counted. */
  measure(source: number, size: number): { bytes: number; frames: number; used: number } {
    const { data } = this.memory
    let at = 0
    let bytes = 0
    let frames = 0
    while (at + frameHeaderBytes <= size) {
      const compressed = data.getUint32(source + at + 17, true)
      const decompressed = data.getUint32(source + at + 21, true)
      checkSizes(compressed, decompressed)
      if (at + hashBytes + compressed > size) break
      at += hashBytes + compressed
      bytes += decompressed
      frames++
    }
    return { bytes, frames, used: at }
  }

  /** Decodes the whole frame at source into target; gives both sizes. Up to 64 bytes behind target's end are overwritten. */
  decode(source: number, target: number, verify = true): { consumed: number; produced: number } {
    const { memory } = this
    const method = memory.u8[source + 16]
    const compressed = memory.data.getUint32(source + 17, true)
    const decompressed = memory.data.getUint32(source + 21, true)
    checkSizes(compressed, decompressed)
    if (this.verify && verify) this.#verify(source, compressed)
    this.payload(method, source + frameHeaderBytes, compressed - 9, target, decompressed)
    return { consumed: hashBytes + compressed, produced: decompressed }
  }

  #verify(source: number, compressed: number): void {
    const { memory } = this
    const hash = memory.scratch(hashBytes)
    memory.kernels.cityHash128(source + hashBytes, compressed, hash)
    const { data } = memory
    for (let i = 0; i < hashBytes; i += 8)
      if (data.getBigUint64(hash + i, true) !== data.getBigUint64(source + i, true))
        throw new DBError(
          'CHECKSUM_DOESNT_MATCH',
          `Checksum doesn't match: corrupted data in a compressed frame of ${compressed} bytes`,
        )
  }

  /**
   * Decodes the frames of a range of a stream, whose bytes lie in [source, source + size), one behind another into the arena, and
   * gives where the range's data lies. table gets where each frame starts in it; checked has the offsets in the file of frames whose
   * hashes were compared before, and gets those of the others.
   */
  decodeRange(
    source: number,
    size: number,
    range: StreamRange,
    arena: Arena,
    table?: Map<number, number>,
    checked?: Set<number>,
  ): { pointer: number; size: number } {
    const { memory } = this
    const lastAt = range.last === null ? size : range.last.frame - range.start
    const lastInner = range.last?.inner ?? 0
    const frames: number[] = []
    let total = 0
    let dataEnd = -1
    for (let at = 0; at < size && (at < lastAt || (at === lastAt && lastInner > 0)); ) {
      if (at + frameHeaderBytes > size) throw cutOff()
      const compressed = memory.data.getUint32(source + at + 17, true)
      const decompressed = memory.data.getUint32(source + at + 21, true)
      checkSizes(compressed, decompressed)
      if (at + hashBytes + compressed > size) throw cutOff()
      if (at === lastAt) {
        dataEnd = total + lastInner
        if (lastInner > decompressed) throw new DBError('CORRUPTED_DATA', 'A mark leads behind the end of its frame')
      }
      table?.set(range.start + at, total)
      frames.push(at)
      at += hashBytes + compressed
      total += decompressed
    }
    if (dataEnd < 0) dataEnd = total
    if (range.inner > dataEnd) throw new DBError('CORRUPTED_DATA', 'A mark leads behind the end of its frame')
    const target = arena.allocate(total)
    let to = target
    for (const at of frames) {
      const known = checked?.has(range.start + at) ?? false
      to += this.decode(source + at, to, !known).produced
      if (!known) checked?.add(range.start + at)
    }
    assert(to === target + total, 'frames fill what was measured')
    return { pointer: target + range.inner, size: dataEnd - range.inner }
  }

  /** One method's output from its input. */
  payload(method: number, source: number, size: number, target: number, decompressed: number): void {
    const { memory } = this
    if (method === methods.LZ4) {
      if (memory.kernels.lz4Decompress(source, size, target, decompressed) !== decompressed)
        throw new DBError('CANNOT_DECOMPRESS', 'Cannot decompress: a frame holds no valid LZ4')
    } else if (method === methods.NONE) {
      if (size !== decompressed) throw new DBError('CANNOT_DECOMPRESS', 'A frame without compression changes its size')
      memory.u8.copyWithin(target, source, source + size)
    } else if (method === methods.ZSTD) {
      const bytes = memory.copyOut(source, size)
      let plain: Uint8Array
      try {
        plain = this.zstd ? this.zstd.decompress(bytes, decompressed) : fzstdDecompress(bytes)
      } catch (error) {
        throw new DBError('CANNOT_DECOMPRESS', 'Cannot decompress: a frame holds no valid ZSTD', { cause: error })
      }
      if (plain.length !== decompressed)
        throw new DBError('CANNOT_DECOMPRESS', `A frame of ${decompressed} bytes decompresses to ${plain.length}`)
      memory.copyIn(target, plain)
    } else if (isSpecial(method)) decodeSpecial(this, method, source, size, target, decompressed)
    else
      throw new DBError(
        'UNKNOWN_COMPRESSION_METHOD',
        `Unknown compression method 0x${method.toString(16).padStart(2, '0')} in a compressed frame`,
      )
  }

  /** All frames of small data, such as marks. */
  decodeAll(bytes: Uint8Array): Uint8Array {
    const arena = new Arena(this.memory)
    try {
      const source = arena.allocate(bytes.length)
      this.memory.copyIn(source, bytes)
      const { bytes: total, used } = this.measure(source, bytes.length)
      if (used !== bytes.length) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a frame is cut off')
      const target = arena.allocate(total)
      for (let from = 0, to = 0; from < bytes.length; ) {
        const { consumed, produced } = this.decode(source + from, target + to)
        from += consumed
        to += produced
      }
      return this.memory.copyOut(target, total)
    } finally {
      arena.destroy()
    }
  }

  /** Most bytes that a frame of size bytes takes, header and all. */
  encodeBound(size: number): number {
    const { kernels } = this.memory
    return frameHeaderBytes + Math.max(kernels.lz4CompressBound(size), kernels.zstdCompressBound(size))
  }

  /** Writes one frame to target, which has encodeBound(size) bytes; gives its size. Larger results of zstd fall back to NONE. */
  encode(codec: WriteCodec, source: number, size: number, target: number): number {
    const { memory } = this
    const { kernels } = memory
    const bound = this.encodeBound(size) - frameHeaderBytes
    let method = codec.method
    let payload = -1
    if (method === 'LZ4') {
      if (this.#table === 0) this.#table = memory.root.allocate(65536)
      payload = kernels.lz4Compress(source, size, target + frameHeaderBytes, bound, this.#table)
      assert(payload >= 0, 'LZ4 stays within its bound')
    } else if (method === 'ZSTD' && !this.zstd) {
      if (this.#zstdState === 0) this.#zstdState = memory.root.allocate(kernels.zstdStateSize())
      payload = kernels.zstdCompress(this.#zstdState, source, size, target + frameHeaderBytes)
    } else if (method === 'ZSTD' && this.zstd) {
      const bytes = this.zstd.compress(memory.copyOut(source, size), codec.level)
      if (bytes.length <= bound) {
        memory.copyIn(target + frameHeaderBytes, bytes)
        payload = bytes.length
      }
    }
    if (payload < 0) {
      method = 'NONE'
      payload = size
      memory.u8.copyWithin(target + frameHeaderBytes, source, source + size)
    }
    const { data } = memory
    data.setUint8(target + 16, methods[method])
    data.setUint32(target + 17, payload + 9, true)
    data.setUint32(target + 21, size, true)
    kernels.cityHash128(target + hashBytes, payload + 9, target)
    return frameHeaderBytes + payload
  }

  /** Small data as frames of 64 KiB. */
  encodeAll(bytes: Uint8Array, codec: string): Uint8Array {
    const write = parseCodec(codec)
    const arena = new Arena(this.memory)
    const pieces: Uint8Array[] = []
    try {
      const source = arena.allocate(65536)
      const target = arena.allocate(this.encodeBound(65536))
      for (let at = 0; at < bytes.length; at += 65536) {
        const piece = bytes.subarray(at, at + 65536)
        this.memory.copyIn(source, piece)
        pieces.push(this.memory.copyOut(target, this.encode(write, source, piece.length, target)))
      }
    } finally {
      arena.destroy()
    }
    const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.length
    }
    return whole
  }
}

const cutOff = (): DBError => new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a compressed frame is cut off')

function checkSizes(compressed: number, decompressed: number): void {
  if (compressed < 9 || compressed > sizeMax || decompressed > sizeMax)
    throw new DBError(
      'TOO_LARGE_SIZE_COMPRESSED',
      `A compressed frame claims ${compressed} bytes that become ${decompressed}: most likely corrupted data`,
    )
}
