// Compressed bytes of files on disks that are waited for: asked for ahead of use, few requests at once, and kept for the next query
// as far as a limit allows.
import { assert } from '../../core/assert.ts'
import { holdBytes, ownBytes, releaseBytes } from '../../core/buffers.ts'
import { DBError } from '../../core/errors.ts'
import type { Disk } from '../disk.ts'
import type { KeptBytes } from './keptBytes.ts'
import { type ByteRange, firstBehind, planRequests } from './planRequests.ts'

/** Requests of one thread: so many at once, those that somebody waits for before those that are ahead of use. */
export class FetchQueue {
  readonly #urgent = new Set<() => void>()
  readonly #ahead = new Set<() => void>()
  #running = 0

  constructor(readonly atOnceMax = 6) {}

  /** Starts `begin` when there is room; it gives a promise for when it has ended. The result takes it from the queue again. */
  add(begin: () => Promise<void>, isUrgent: boolean): { promote(): void; drop(): void } {
    const start = () => {
      this.#running++
      void begin().finally(() => {
        this.#running--
        this.#next()
      })
    }
    const queue = isUrgent ? this.#urgent : this.#ahead
    queue.add(start)
    this.#next()
    return {
      promote: () => {
        if (this.#ahead.delete(start)) this.#urgent.add(start)
      },
      drop: () => {
        this.#urgent.delete(start)
        this.#ahead.delete(start)
      },
    }
  }

  #next(): void {
    for (const queue of [this.#urgent, this.#ahead])
      for (const start of queue) {
        if (this.#running >= this.atOnceMax) return
        queue.delete(start)
        start()
      }
  }

  /** The same for one call whose result is wanted. */
  run<T>(call: () => Promise<T>, isUrgent = true): Promise<T> {
    return new Promise((resolve, reject) => {
      this.add(() => call().then(resolve, reject), isUrgent)
    })
  }
}

/** Part of a file that was fetched, or is being. */
interface Piece extends ByteRange {
  readonly file: string
  bytes: Uint8Array | null
  readonly done: Promise<void>
  /** Gives up, when nobody wants it any more. */
  abort(): void
  promote(): void
  /** Reads that wait for it or use it now. */
  pins: number
  readonly leases: Set<Lease>
}

/** What one query has asked for ahead of use. */
export class Lease {
  /** Pieces and the last step that wants them. */
  readonly pieces = new Map<Piece, number>()
  /** Of those pieces. */
  bytes = 0
  /** Rejects when the query ends early. */
  readonly ended: Promise<never>
  #fail!: (error: DBError) => void
  isEnded = false

  constructor(readonly fetcher: Fetcher) {
    this.ended = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.ended.catch(() => {}) // mostly nobody waits
  }

  /** Steps up to this one are done. */
  passed(step: number): void {
    for (const [piece, until] of this.pieces) if (until <= step) this.fetcher.release(piece, this)
  }

  /** Nothing more is wanted: requests that are only this query's are given up. */
  end(): void {
    if (this.isEnded) return
    this.isEnded = true
    this.#fail(new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled'))
    for (const piece of [...this.pieces.keys()]) this.fetcher.release(piece, this)
  }
}

/** Ranges wanted of one file. */
export interface WantedRanges {
  /** Key of the cache. */
  readonly file: string
  readonly path: string
  readonly ranges: readonly ByteRange[]
}

/** Bytes that fetchers of one disk share, whose files have names below `prefix` there. */
export interface Kept {
  readonly bytes: KeptBytes
  readonly prefix: string
}

export class Fetcher {
  /** Of each file, in its order, not overlapping. */
  readonly #files = new Map<string, Piece[]>()
  /** Those that are there and that nobody holds, longest unused first. */
  readonly #idle = new Set<Piece>()
  #bytes = 0

  constructor(
    readonly disk: Disk,
    readonly queue: FetchQueue,
    public cacheBytes: number,
    /** Bytes of earlier fetchers, and what this one leaves to others. Without: nothing is shared. */
    readonly kept: Kept | null = null,
  ) {}

  /** Bytes kept, and under way. */
  get bytes(): number {
    return this.#bytes
  }

  /** Asks for what is not there, until `step` of the lease is passed. Gives how many bytes the lease holds more than before. */
  ahead(wanted: readonly WantedRanges[], lease: Lease, step: number): number {
    if (lease.isEnded) return 0
    const before = lease.bytes
    for (const { file, path, ranges } of wanted) {
      this.#request(file, path, ranges, false)
      for (const { start, end } of ranges)
        for (const piece of this.#overlapping(file, start, end)) {
          const until = lease.pieces.get(piece)
          if (until === undefined) lease.bytes += piece.end - piece.start
          lease.pieces.set(piece, Math.max(until ?? step, step))
          piece.leases.add(lease)
          this.#idle.delete(piece)
        }
    }
    return lease.bytes - before
  }

  release(piece: Piece, lease: Lease): void {
    if (!lease.pieces.delete(piece)) return
    lease.bytes -= piece.end - piece.start
    piece.leases.delete(lease)
    this.#settle(piece)
  }

  /** Bytes [start, end) of a file, held for the caller: releaseBytes. CANNOT_READ_ALL_DATA when it is shorter. */
  async read(file: string, path: string, start: number, end: number, lease?: Lease): Promise<Uint8Array> {
    if (end <= start) return new Uint8Array(0)
    this.#request(file, path, [{ start, end }], true)
    const pieces = this.#overlapping(file, start, end)
    for (const piece of pieces) {
      piece.pins++
      this.#idle.delete(piece)
      piece.promote()
    }
    try {
      const all = Promise.all(pieces.map(piece => piece.done))
      await (lease ? Promise.race([all, lease.ended]) : all)
      const [first] = pieces
      assert(first.bytes !== null, 'a piece whose request has ended has bytes')
      if (pieces.length === 1) {
        holdBytes(first.bytes)
        return first.bytes.subarray(start - first.start, end - first.start)
      }
      const whole = ownBytes(new Uint8Array(end - start))
      holdBytes(whole)
      for (const piece of pieces) {
        assert(piece.bytes !== null, 'a piece whose request has ended has bytes')
        const from = Math.max(start, piece.start)
        whole.set(piece.bytes.subarray(from - piece.start, Math.min(end, piece.end) - piece.start), from - start)
      }
      return whole
    } finally {
      for (const piece of pieces) {
        piece.pins--
        if (this.#files.get(piece.file)?.includes(piece)) this.#settle(piece)
        else this.#letGo(piece)
      }
    }
  }

  /** Files of a part that is gone, or not what it should be: who reads them now ends with what they were. */
  forget(prefix: string): void {
    for (const [file, pieces] of [...this.#files])
      if (file.startsWith(prefix)) for (const piece of [...pieces]) this.#drop(piece)
    this.kept?.bytes.forget(this.kept.prefix + prefix)
  }

  clear(): void {
    for (const piece of [...this.#idle]) this.#drop(piece)
  }

  #overlapping(file: string, start: number, end: number): Piece[] {
    const pieces = this.#files.get(file) ?? []
    const found: Piece[] = []
    for (let i = firstBehind(pieces, start); i < pieces.length && pieces[i].start < end; i++) found.push(pieces[i])
    return found
  }

  #request(file: string, path: string, ranges: readonly ByteRange[], isUrgent: boolean): void {
    this.#takeKept(file, ranges)
    let pieces = this.#files.get(file)
    const requests = planRequests(ranges, pieces ?? [])
    if (requests.length === 0) return
    if (!pieces) {
      pieces = []
      this.#files.set(file, pieces)
    }
    for (const range of requests)
      pieces.splice(firstBehind(pieces, range.start), 0, this.#fetch(file, path, range, isUrgent))
  }

  /** What is kept of ranges, as if it had been fetched. */
  #takeKept(file: string, ranges: readonly ByteRange[]): void {
    const { kept } = this
    if (!kept) return
    for (const range of ranges)
      for (const { start, end, bytes } of kept.bytes.overlapping(kept.prefix + file, range.start, range.end)) {
        if (this.#overlapping(file, start, end).length > 0) continue
        const done = Promise.resolve()
        const piece: Piece = { file, start, end, bytes, done, pins: 0, leases: new Set(), promote() {}, abort() {} }
        const pieces = this.#files.get(file) ?? []
        holdBytes(bytes)
        pieces.splice(firstBehind(pieces, start), 0, piece)
        this.#files.set(file, pieces)
        this.#bytes += end - start
        this.#idle.add(piece)
      }
  }

  #fetch(file: string, path: string, { start, end }: ByteRange, isUrgent: boolean): Piece {
    const controller = new AbortController()
    let resolve!: () => void
    let reject!: (error: unknown) => void
    const done = new Promise<void>((kept, broken) => {
      resolve = kept
      reject = broken
    })
    done.catch(() => {}) // who waits sees it; ahead of use nobody does
    this.#bytes += end - start
    const fail = (error: unknown) => {
      this.#drop(piece)
      reject(error)
    }
    let queued: ReturnType<FetchQueue['add']> | null = null
    const piece: Piece = {
      file,
      start,
      end,
      bytes: null,
      done,
      pins: 0,
      leases: new Set(),
      promote: () => queued?.promote(),
      abort: () => {
        queued?.drop()
        controller.abort()
        fail(new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled'))
      },
    }
    queued = this.queue.add(async () => {
      try {
        const bytes = await this.disk.read(path, start, end, { signal: controller.signal })
        if (controller.signal.aborted) return
        if (bytes.length !== end - start)
          throw new DBError(
            'CANNOT_READ_ALL_DATA',
            `Cannot read all data: ${path} has ${bytes.length} of the bytes from ${start} to ${end}`,
          )
        piece.bytes = bytes
        holdBytes(bytes)
        const { kept } = this
        kept?.bytes.add({ file: kept.prefix + file, start, end, bytes })
        resolve()
        this.#settle(piece)
      } catch (error) {
        if (!controller.signal.aborted) fail(error)
      }
    }, isUrgent)
    return piece
  }

  /** A piece that may be held by nobody any more: kept if it is there and there is room, given up if it is not there yet. */
  #settle(piece: Piece): void {
    if (piece.pins > 0 || piece.leases.size > 0 || !this.#files.get(piece.file)?.includes(piece)) return
    if (piece.bytes === null) {
      piece.abort()
      return
    }
    this.#idle.delete(piece)
    this.#idle.add(piece)
    for (const oldest of this.#idle) {
      if (this.#bytes <= this.cacheBytes) return
      this.#drop(oldest)
    }
  }

  /** Of a piece that nobody finds any more, with the last who uses it. */
  #letGo(piece: Piece): void {
    if (piece.pins > 0 || piece.bytes === null) return
    releaseBytes(piece.bytes)
    piece.bytes = null
  }

  #drop(piece: Piece): void {
    const pieces = this.#files.get(piece.file)
    const at = pieces?.indexOf(piece) ?? -1
    if (!pieces || at < 0) return
    pieces.splice(at, 1)
    if (pieces.length === 0) this.#files.delete(piece.file)
    this.#idle.delete(piece)
    this.#bytes -= piece.end - piece.start
    this.#letGo(piece)
    for (const lease of piece.leases) {
      lease.pieces.delete(piece)
      lease.bytes -= piece.end - piece.start
    }
    piece.leases.clear()
  }
}
