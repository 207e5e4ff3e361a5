// Compressed bytes that were fetched, for queries to come. Where requests share nothing that is on its way, each query has a fetcher of
// its own, and this is what they have in common: bytes that are there.
import { holdBytes, releaseBytes } from '../../core/buffers.ts'
import { LruCache } from '../lruCache.ts'
import { type ByteRange, firstBehind } from './planRequests.ts'

export interface KeptPiece extends ByteRange {
  readonly file: string
  readonly bytes: Uint8Array
}

export class KeptBytes {
  readonly #pieces: LruCache<KeptPiece>
  /** Of each file, in its order, not overlapping. */
  readonly #files = new Map<string, KeptPiece[]>()

  constructor(bytesMax: number) {
    this.#pieces = new LruCache<KeptPiece>(bytesMax, piece => this.#leave(piece))
  }

  /** Those that have bytes of [start, end). */
  overlapping(file: string, start: number, end: number): KeptPiece[] {
    const pieces = this.#files.get(file) ?? []
    const found: KeptPiece[] = []
    for (let i = firstBehind(pieces, start); i < pieces.length && pieces[i].start < end; i++) found.push(pieces[i])
    for (const piece of found) this.#pieces.get(keyOf(piece))
    return found
  }

  /** Not when some of its bytes are there already, nor when it would push out most of the others. */
  add(piece: KeptPiece): void {
    const { file, start, end, bytes } = piece
    if (bytes.length * 2 > this.#pieces.limit || this.overlapping(file, start, end).length > 0) return
    let pieces = this.#files.get(file)
    if (!pieces) {
      pieces = []
      this.#files.set(file, pieces)
    }
    pieces.splice(firstBehind(pieces, start), 0, piece)
    holdBytes(bytes)
    // The buffer is what is kept, also where the bytes are a part of it.
    this.#pieces.set(keyOf(piece), piece, bytes.buffer.byteLength)
  }

  forget(prefix: string): void {
    this.#pieces.deleteWhere(key => key.startsWith(prefix))
  }

  #leave(piece: KeptPiece): void {
    const pieces = this.#files.get(piece.file)
    const at = pieces?.indexOf(piece) ?? -1
    if (!pieces || at < 0) return
    pieces.splice(at, 1)
    if (pieces.length === 0) this.#files.delete(piece.file)
    releaseBytes(piece.bytes)
  }
}

const keyOf = ({ file, start }: KeptPiece): string => `${file}\n${start}`
