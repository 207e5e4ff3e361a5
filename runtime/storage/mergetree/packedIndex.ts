// granary.index, which publishing puts beside a part's files: the primary index and the marks of all streams, as their own files have
// them, one behind another in the order of the manifest's streams. A reader of many columns asks for a few ranges of it instead of a
// file for each column; and the manifest holds a hash of each piece, as wrong marks would only be noticed by luck, and a wrong index
// never.
import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import { LruCache } from '../lruCache.ts'
import type { PartInfo } from './part.ts'
import { type ByteRange, planRequests } from './planRequests.ts'
import { ChainedHash } from './streamWriter.ts'

export const packedIndexFile = 'granary.index'
/** What stands for the primary index where others have the name of a stream. */
export const primaryPiece = ''
/** A smaller file is fetched whole. */
const wholeBytesMax = 256 << 10
/** Hexadecimal digits of one piece's hash: the first half of what checksums.txt has. */
export const pieceHashDigits = 16
const hashedAtOnceBytes = 64 << 10

interface Piece extends ByteRange {
  readonly hash: string
}

/** Where in the file its pieces lie; null where the part has no such file. */
export function packedPieces({ fileSizes, streams }: PartInfo): { pieces: Map<string, Piece>; size: number } | null {
  if (fileSizes?.packedHashes === undefined) return null
  const { packedHashes, primaryIndex, marks } = fileSizes
  const pieces = new Map<string, Piece>()
  let size = 0
  for (const name of [primaryPiece, ...Object.keys(streams)]) {
    const start = size
    size += name === primaryPiece ? primaryIndex : (marks[name] ?? 0)
    const at = pieces.size * pieceHashDigits
    pieces.set(name, { start, end: size, hash: packedHashes.slice(at, at + pieceHashDigits) })
  }
  return { pieces, size }
}

/** The name of a piece's own file. */
export function fileOfPiece(part: PartInfo, name: string): string {
  if (name !== primaryPiece) return name + part.marks.extension
  return part.primaryIndex === 'compressed' ? 'primary.cidx' : 'primary.idx'
}

/** Of a hash as checksums.txt has it. */
export const pieceHash = (hash: Uint8Array): string =>
  Array.from(hash.subarray(0, pieceHashDigits / 2), byte => byte.toString(16).padStart(2, '0')).join('')

/** The hash of a file's bytes as checksums.txt has it. */
export function hashOfFile(bytes: Uint8Array, memory: Memory): Uint8Array {
  const arena = new Arena(memory)
  try {
    const hash = new ChainedHash(memory, arena)
    const buffer = arena.allocate(Math.min(bytes.length, hashedAtOnceBytes))
    for (let at = 0; at < bytes.length; at += hashedAtOnceBytes) {
      const some = bytes.subarray(at, at + hashedAtOnceBytes)
      memory.copyIn(buffer, some)
      hash.add(buffer, some.length)
    }
    return hash.finish()
  } finally {
    arena.destroy()
  }
}

/** Pieces of such files, checked. */
export class PackedIndexReader {
  /** Small files, whole. */
  readonly #whole: LruCache<Uint8Array>

  constructor(
    readonly memory: Memory,
    /** Exactly these bytes of a file. */
    readonly fetch: (path: string, start: number, end: number) => Promise<Uint8Array>,
    cacheBytes: number,
  ) {
    this.#whole = new LruCache(cacheBytes)
  }

  /** Bytes that come when pieces of parts are asked for; null where a part has them in files of their own. */
  bytesOf(parts: readonly PartInfo[], names: (part: PartInfo) => readonly string[]): number | null {
    let bytes = 0
    for (const part of parts) {
      const packed = packedPieces(part)
      if (!packed) return null
      const wanted = names(part).flatMap(name => packed.pieces.get(name) ?? [])
      bytes += packed.size <= wholeBytesMax ? packed.size : wanted.reduce((sum, { start, end }) => sum + end - start, 0)
    }
    return bytes
  }

  /** Pieces by name, asked for together; null where the part has them in files of their own. */
  async read(part: PartInfo, names: readonly string[]): Promise<Map<string, Uint8Array> | null> {
    const packed = packedPieces(part)
    if (!packed) return null
    const { pieces, size } = packed
    const path = part.path === '' ? packedIndexFile : `${part.path}/${packedIndexFile}`
    const wanted = names.map(name => {
      const piece = pieces.get(name)
      if (!piece) throw new DBError('NO_FILE_IN_DATA_PART', `No marks of stream ${name} in ${path}`)
      return { name, ...piece }
    })
    const whole = this.#whole.get(part.id)
    const requests = whole
      ? [{ start: 0, bytes: whole }]
      : await Promise.all(
          (size <= wholeBytesMax ? [{ start: 0, end: size }] : planRequests(wanted, []))
            .filter(({ start, end }) => end > start)
            .map(async ({ start, end }) => ({ start, bytes: await this.fetch(path, start, end) })),
        )
    const found = new Map<string, Uint8Array>()
    for (const { name, start, end, hash } of wanted) {
      const bytes = cut(requests, start, end)
      if (end > start && pieceHash(hashOfFile(bytes, this.memory)) !== hash) {
        this.#whole.delete(part.id)
        throw new DBError(
          'CHECKSUM_DOESNT_MATCH',
          `Checksum doesn't match: ${fileOfPiece(part, name)} in ${path} is not what the manifest says`,
        )
      }
      found.set(name, bytes)
    }
    if (size <= wholeBytesMax && size > 0 && !whole) this.#whole.set(part.id, requests[0].bytes, size)
    return found
  }

  forget(partId: string): void {
    this.#whole.delete(partId)
  }

  clear(): void {
    this.#whole.deleteWhere(() => true)
  }
}

/** [start, end) of what came in one piece or, where it is large, in several. */
function cut(fetched: readonly { start: number; bytes: Uint8Array }[], start: number, end: number): Uint8Array {
  const parts = fetched.filter(one => one.start < end && one.start + one.bytes.length > start)
  if (parts.length === 1) return parts[0].bytes.subarray(start - parts[0].start, end - parts[0].start)
  const whole = new Uint8Array(end - start)
  for (const { start: at, bytes } of parts) {
    const from = Math.max(start, at)
    whole.set(bytes.subarray(from - at, Math.min(end, at + bytes.length) - at), from - start)
  }
  return whole
}
