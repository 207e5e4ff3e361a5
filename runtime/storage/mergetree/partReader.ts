import type { Column } from '../../columns/column.ts'
import { columnOf } from '../../columns/build.ts'
import { assert } from '../../core/assert.ts'
import { ByteReader } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import type { Codec } from '../../platform.ts'
import type { DataType } from '../../types/dataType.ts'
import { parseType } from '../../types/parseType.ts'
import type { Value } from '../../types/value.ts'
import type { Disk, OpenFile } from '../disk.ts'
import { LruCache } from '../lruCache.ts'
import { Fetcher, FetchQueue, type Kept, Lease, type WantedRanges } from './fetcher.ts'
import { FrameCodec } from './frames.ts'
import { GranuleReader, type PartMarks, rangeInFile } from './granuleReader.ts'
import { marksBytes, readMarks, type StreamMarks } from './marks.ts'
import { PackedIndexReader, primaryPiece } from './packedIndex.ts'
import { type PartInfo, rowsOfMarks, segmentMarks } from './part.ts'
import { type ByteRange, requestRules } from './planRequests.ts'
import { hashedStreamName, pathOf, sharedSizesOf, streamsOf } from './streams.ts'

export interface PartReaderOptions {
  readonly disk: Disk
  readonly memory: Memory
  readonly zstd?: Codec
  /** Compare the hash of every frame when it is first read. Default: true. */
  readonly verifyChecksums?: boolean
  /** Kernel memory for decoded columns. Default: 192 MiB. */
  readonly columnCacheBytes?: number
  /** Kernel memory in all, above which decoded columns are let go: queries have the first claim on it. Default: no bound. */
  readonly memoryBytesWanted?: number
  /** For marks and primary indices. Default: 128 MiB. */
  readonly marksCacheBytes?: number
  /** For requests to disks that are waited for, which all readers of a thread share. Default: its own, of 6 at once. */
  readonly queue?: FetchQueue
  /** Compressed bytes that are kept of disks that are waited for. Default: 128 MiB. */
  readonly compressedCacheBytes?: number
  /** Of Platform: nothing that is on its way is shared between queries, and what compressed bytes are kept is `kept`. */
  readonly isolatesRequests?: boolean
  readonly kept?: Kept
  /** Compressed bytes that one query has ahead of use, at most. Default: 32 MiB. */
  readonly fetchAheadBytes?: number
}

/** Granules of columns that will be read. */
export interface PlannedRead {
  readonly part: PartInfo
  readonly columns: readonly string[]
  readonly from: number
  readonly to: number
}

/** Columns of some granules, in the order asked for; null where the part has no such column. */
export interface PinnedColumns {
  readonly columns: readonly (Column | null)[]
  readonly rows: number
  /** The columns are not used any more; those in the cache may go. Call once, also when reading them failed. */
  release(): void
}

interface CachedColumn {
  readonly column: Column
  readonly arena: Arena
}

/** Files kept open. */
const openFilesMax = 256
/** Up to so many files of marks are fetched together with the primary index, before it is known which parts it leaves. */
const marksOnTrustMax = 32
/** Files of which it is known what was checked. */
const checkedFilesMax = 10_000

/** Reads parts of the tables on one disk, on one thread, into one core's memory. */
export class PartReader {
  readonly disk: Disk
  readonly memory: Memory
  readonly codec: FrameCodec
  readonly columnCache: LruCache<CachedColumn>
  readonly marksCache: LruCache<StreamMarks[]>
  readonly #files = new LruCache<OpenFile>(openFilesMax, file => file.close())
  readonly #indices: LruCache<CachedColumn[]>
  readonly #packed: PackedIndexReader
  readonly #checked = new Map<string, Set<number>>()
  readonly #checkedBytes = new WeakMap<ArrayBufferLike, Map<string, Set<number>>>()
  readonly fetcher: Fetcher
  readonly #isolates: boolean
  readonly #kept: Kept | null
  readonly fetchAheadBytes: number
  /** Marks and indices under way, by their keys. */
  readonly #loading = new Map<string, Promise<unknown>>()
  readonly #memoryBytesWanted: number
  readonly #endReserve: () => void

  constructor(options: PartReaderOptions) {
    this.disk = options.disk
    this.memory = options.memory
    this.codec = new FrameCodec(options.memory, options.zstd, options.verifyChecksums ?? true)
    this.columnCache = new LruCache(options.columnCacheBytes ?? 192 << 20, ({ arena }) => arena.destroy())
    this.marksCache = new LruCache(options.marksCacheBytes ?? 128 << 20)
    this.#indices = new LruCache(options.marksCacheBytes ?? 128 << 20, ([first]) => first?.arena.destroy())
    const fetchRange = (path: string, start: number, end: number) => this.#readRange(path, start, end)
    this.#packed = new PackedIndexReader(options.memory, fetchRange, (options.marksCacheBytes ?? 128 << 20) / 4)
    const queue = options.queue ?? new FetchQueue()
    this.#isolates = options.isolatesRequests ?? false
    this.#kept = options.kept ?? null
    this.fetcher = new Fetcher(options.disk, queue, options.compressedCacheBytes ?? 128 << 20, this.#kept)
    this.fetchAheadBytes = options.fetchAheadBytes ?? 32 << 20
    this.#memoryBytesWanted = options.memoryBytesWanted ?? Number.POSITIVE_INFINITY
    this.#endReserve = this.memory.addReserve(bytes => {
      const before = this.columnCache.bytes
      this.columnCache.shrink(bytes)
      return this.columnCache.bytes < before
    })
  }

  /** Reads have to be waited for: what will be read is to be told ahead. */
  get isWaitedFor(): boolean {
    return this.disk.openSync === undefined
  }

  /** For what a query asks for ahead of use; to be ended with the query. beside: another lease of the same query, for the same reads. */
  newLease(beside?: Lease): Lease {
    return new Lease(this.#fetcherOf(beside))
  }

  /**
   * Granules [markFrom, markTo), which lie in one segment (cutAtSegments), from the cache, or decoded: into the cache when most of
   * the segment is wanted, else into the arena. Columns from the cache are valid until released.
   */
  async chunk(
    part: PartInfo,
    columns: readonly string[],
    markFrom: number,
    markTo: number,
    arena: Arena,
    lease?: Lease,
  ): Promise<PinnedColumns> {
    this.columnCache.shrink(this.memory.bytesTaken - this.#memoryBytesWanted)
    const size = segmentMarks(part)
    const segment = Math.floor(markFrom / size)
    assert(markFrom < markTo && markTo <= (segment + 1) * size, 'a chunk lies in one segment of its part')
    const segmentFrom = segment * size
    const segmentTo = Math.min(segmentFrom + size, part.marks.count)
    const rows = rowsOfMarks(part, markFrom, markTo)
    const skipped = rowsOfMarks(part, segmentFrom, markFrom)

    const releases: (() => void)[] = []
    const release = () => {
      for (const one of releases.splice(0)) one()
    }
    try {
      const found = new Array<Column | null | undefined>(columns.length)
      const missing: number[] = []
      for (const [i, name] of columns.entries()) {
        const key = `${part.id}/${name}/${segment}`
        const pinned = this.columnCache.pin(key)
        if (pinned) {
          releases.push(pinned.release)
          found[i] = cut(pinned.value.column, skipped, rows)
        } else missing.push(i)
      }
      const kept = missing.filter(i => this.#isKept(part, columns[i], markFrom, markTo))
      const passing = missing.filter(i => !kept.includes(i))
      if (passing.length > 0) {
        const read = await this.readColumns(
          part,
          passing.map(i => columns[i]),
          markFrom,
          markTo,
          arena,
          lease,
        )
        for (const [k, i] of passing.entries()) found[i] = read[k]
      }
      if (kept.length > 0) {
        const names = kept.map(i => columns[i])
        const read = await this.#readSegment(part, names, segmentFrom, segmentTo, lease)
        for (const [k, i] of kept.entries()) {
          const cached = read[k]
          if (cached === null) {
            found[i] = null
            continue
          }
          const key = `${part.id}/${columns[i]}/${segment}`
          this.columnCache.set(key, cached, pagesOf(cached.column))
          const pinned = this.columnCache.pin(key)
          assert(pinned !== undefined, 'what was just put into the cache is in it')
          releases.push(pinned.release)
          found[i] = cut(cached.column, skipped, rows)
        }
      }
      return { columns: found.map(column => column ?? null), rows, release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Whether these granules are read with all of their segment, for the cache. */
  #isKept(part: PartInfo, name: string, markFrom: number, markTo: number): boolean {
    const [from, to] = segmentOf(part, markFrom)
    if ((markTo - markFrom) * 2 < to - from || this.columnCache.limit === 0) return false
    // A column that would push out everything else by itself, and itself in the end, is not kept.
    const column = part.columns.find(other => other.name === name)
    return column !== undefined && column.uncompressedBytes * 2 <= this.columnCache.limit
  }

  /** Each column in an arena of its own. When the core is full, other cached columns make room. */
  async #readSegment(
    part: PartInfo,
    columns: readonly string[],
    markFrom: number,
    markTo: number,
    lease?: Lease,
  ): Promise<(CachedColumn | null)[]> {
    return this.#reading(part, columns, markFrom, markTo, lease, source => {
      const read: (CachedColumn | null)[] = []
      try {
        for (const name of columns) read.push(this.#withRoom(() => this.#decodeApart(source, name)))
        return read
      } catch (error) {
        for (const cached of read) cached?.arena.destroy()
        throw error
      }
    })
  }

  /** A column in an arena of its own. */
  #decodeApart(source: GranuleReader, name: string): CachedColumn | null {
    const arena = new Arena(this.memory)
    try {
      const column = source.decode(name, arena)
      if (column !== null) return { column, arena }
    } catch (error) {
      arena.destroy()
      throw error
    }
    arena.destroy()
    return null
  }

  #withRoom<T>(make: () => T): T {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof DBError) || error.errorName !== 'MEMORY_LIMIT_EXCEEDED') throw error
      this.columnCache.shrink(this.columnCache.bytes / 2)
      return make()
    }
  }

  /** Granules [markFrom, markTo) of columns, decoded into the arena, whatever is cached. null: the part has no such column. */
  async readColumns(
    part: PartInfo,
    columns: readonly string[],
    markFrom: number,
    markTo: number,
    arena: Arena,
    lease?: Lease,
  ): Promise<(Column | null)[]> {
    assert(markFrom <= markTo && markTo <= part.marks.count, 'a range of marks lies in its part')
    return this.#reading(part, columns, markFrom, markTo, lease, source =>
      columns.map(name => source.decode(name, arena)),
    )
  }

  /** Decodes, with all bytes at hand, which are let go of at the end. */
  async #reading<T>(
    part: PartInfo,
    columns: readonly string[],
    markFrom: number,
    markTo: number,
    lease: Lease | undefined,
    decode: (source: GranuleReader) => T,
  ): Promise<T> {
    try {
      const source = await this.#open(part, columns, markFrom, markTo, lease)
      try {
        return decode(source)
      } finally {
        source.end()
      }
    } catch (error) {
      this.#doubt(error)
      throw error
    }
  }

  /** What came over a line may have been wrong, and not only here, and be right the next time: all of it is asked for again. */
  #doubt(error: unknown): void {
    if (!this.isWaitedFor || !(error instanceof DBError)) return
    if (/^(MEMORY_LIMIT_EXCEEDED|QUERY_WAS_CANCELLED|NOT_IMPLEMENTED)$/.test(error.errorName)) return
    this.marksCache.deleteWhere(() => true)
    this.#indices.deleteWhere(() => true)
    this.#packed.clear()
    this.fetcher.forget('')
  }

  /** The primary key's values: one row a granule (and no final one), kept until other indices need the room. */
  async primaryIndex(part: PartInfo, types: readonly DataType[]): Promise<readonly Column[]> {
    const cached = this.#indices.get(part.id)
    if (cached) return cached.map(({ column }) => column)
    if (part.primaryIndex === null || types.length === 0) return []
    return this.#once(`${part.id}/`, () => this.#loadIndex(part, types))
  }

  async #loadIndex(
    part: PartInfo,
    types: readonly DataType[],
    given?: ReadonlyMap<string, Uint8Array>,
  ): Promise<readonly Column[]> {
    const plain = part.primaryIndex === 'plain'
    const file = `${filesOf(part)}primary.${plain ? 'idx' : 'cidx'}`
    const packed = given ?? (await this.#packed.read(part, [primaryPiece]))
    const stored = packed?.get(primaryPiece) ?? (await this.#readWhole(file, part.fileSizes?.primaryIndex))
    // Not all loads are shared: another query may have been faster, and be reading its own.
    const cached = this.#indices.get(part.id)
    if (cached) return cached.map(({ column }) => column)
    const bytes = plain ? stored : this.codec.decodeAll(stored)
    const arena = new Arena(this.memory)
    try {
      const columns = readIndex(bytes, types, part, arena)
      const size = columns.reduce((sum, column) => sum + column.byteSize(), 131072)
      this.#indices.set(
        part.id,
        columns.map(column => ({ column, arena })),
        size,
      )
      return columns
    } catch (error) {
      arena.destroy()
      throw error instanceof DBError ? error.within(`Part ${part.name}: ${file}`) : error
    }
  }

  /** That of a query, whose requests end with it, where it has its own. */
  #fetcherOf(lease: Lease | undefined): Fetcher {
    if (lease) return lease.fetcher
    if (!this.#isolates) return this.fetcher
    return new Fetcher(this.disk, new FetchQueue(this.fetcher.queue.atOnceMax), 0, this.#kept)
  }

  /** One load at a time of each thing, whoever wants it. */
  #once<T>(key: string, load: () => Promise<T>): Promise<T> {
    if (this.#isolates) return load()
    const known = this.#loading.get(key)
    if (known) return known as Promise<T>
    const loading = load().finally(() => this.#loading.delete(key))
    this.#loading.set(key, loading)
    return loading
  }

  async #readWhole(path: string, known?: number): Promise<Uint8Array> {
    if (known === undefined && this.disk.readAll) {
      const read = () => this.disk.readAll!(path)
      const bytes = await (this.isWaitedFor && !this.#isolates ? this.fetcher.queue.run(read) : read())
      if (bytes === null) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${path} in data part`)
      return bytes
    }
    const size = known ?? (await this.disk.size(path))
    if (size === null) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${path} in data part`)
    return this.#readRange(path, 0, size)
  }

  async #readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    if (start === end) return new Uint8Array(0)
    const read = () => this.disk.read(path, start, end)
    const bytes = await (this.isWaitedFor && !this.#isolates ? this.fetcher.queue.run(read) : read())
    if (bytes.length !== end - start)
      throw new DBError(
        'CANNOT_READ_ALL_DATA',
        `Cannot read all data: ${path} has ${bytes.length} of the bytes from ${start} to ${end}`,
      )
    return bytes
  }

  /** Parts that are removed from the disk leave their files and memory. */
  forget(partId: string): void {
    const ofPart = (key: string) => key.startsWith(`${partId}/`)
    this.columnCache.deleteWhere(ofPart)
    this.marksCache.deleteWhere(ofPart)
    this.#files.deleteWhere(ofPart)
    this.#indices.delete(partId)
    this.#packed.forget(partId)
    for (const key of [...this.#checked.keys()]) if (ofPart(key)) this.#checked.delete(key)
    this.fetcher.forget(`${partId}/`)
  }

  /** Gives back kernel memory of cached columns. */
  shrink(bytes: number): void {
    this.columnCache.shrink(bytes)
  }

  close(): void {
    this.#endReserve()
    for (const cache of [this.columnCache, this.#indices, this.#files]) cache.deleteWhere(() => true)
    this.fetcher.clear()
  }

  /** Reads at once, from a file kept open. */
  readRange(part: PartInfo, file: string, start: number, target: Uint8Array): void {
    assert(this.disk.openSync !== undefined, 'the disk reads at once')
    const key = `${part.id}/${file}`
    let open = this.#files.get(key)
    if (!open) {
      open = this.disk.openSync(filesOf(part) + file)
      this.#files.set(key, open, 1)
    }
    if (open.read(start, target) !== target.length)
      throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${part.path}/${file} is too short`)
  }

  /** What is written anew with new hashes is compared with its old ones once more: a medium may have changed since. */
  checkAgain(parts: readonly PartInfo[]): void {
    const prefixes = parts.map(({ id }) => `${id}/`)
    for (const key of [...this.#checked.keys()])
      if (prefixes.some(prefix => key.startsWith(prefix))) this.#checked.delete(key)
  }

  /** Offsets of frames of a file whose hashes were compared: once in the life of this reader, or of the bytes that were fetched. */
  checkedFrames(part: PartInfo, file: string, fetched?: Uint8Array): Set<number> {
    const key = `${part.id}/${file}`
    if (fetched) {
      const files = this.#checkedBytes.get(fetched.buffer) ?? new Map<string, Set<number>>()
      const offsets = files.get(key) ?? new Set<number>()
      this.#checkedBytes.set(fetched.buffer, files.set(key, offsets))
      return offsets
    }
    let checked = this.#checked.get(key)
    if (!checked) {
      if (this.#checked.size >= checkedFilesMax) this.#checked.clear()
      checked = new Set()
      this.#checked.set(key, checked)
    }
    return checked
  }

  async #open(
    part: PartInfo,
    columns: readonly string[],
    markFrom: number,
    markTo: number,
    lease?: Lease,
  ): Promise<GranuleReader> {
    const marks = await this.#marksOf(part, this.#filesToRead(part, columns))
    const fetched = new Map<string, Uint8Array>()
    const fetcher = this.#fetcherOf(lease)
    if (this.isWaitedFor)
      await Promise.all(
        [...marks.keys()].map(async file => {
          const { start, end } = rangeInFile(part, file, marks, markFrom, markTo)
          const key = `${part.id}/${file}.bin`
          fetched.set(file, await fetcher.read(key, `${filesOf(part)}${file}.bin`, start, end, lease))
        }),
      )
    return new GranuleReader(this, part, markFrom, markTo, marks, fetched)
  }

  #filesToRead(part: PartInfo, columns: readonly string[]): string[] {
    return part.kind === 'compact' ? ['data'] : this.streamsOfColumns(part, columns)
  }

  /**
   * Asks for the bytes of what will be read, until `step` of the lease is passed; resolves when they are asked for. Nothing is done on
   * disks that are read at once. What is cached decoded is left out.
   */
  async fetchAhead(reads: readonly PlannedRead[], lease: Lease, step: number): Promise<void> {
    if (!this.isWaitedFor || lease.isEnded) return
    lease.fetcher.ahead([...(await this.#plan(reads)).values()], lease, step)
  }

  /** Bytes that would have to be fetched for reads. Their marks are loaded for it. */
  async bytesOf(reads: readonly PlannedRead[]): Promise<number> {
    let bytes = 0
    for (const { ranges } of (await this.#plan(reads)).values())
      for (const { start, end } of ranges) bytes += end - start
    return bytes
  }

  async #plan(reads: readonly PlannedRead[]): Promise<Map<string, WantedRanges & { ranges: ByteRange[] }>> {
    try {
      return await this.#rangesOf(reads)
    } catch (error) {
      this.#doubt(error)
      throw error
    }
  }

  async #rangesOf(reads: readonly PlannedRead[]): Promise<Map<string, WantedRanges & { ranges: ByteRange[] }>> {
    const wanted = new Map<string, WantedRanges & { ranges: ByteRange[] }>()
    const all = await Promise.all(
      reads.map(async ({ part, columns, from, to }) => {
        const left = columns.filter(name => !this.columnCache.has(`${part.id}/${name}/${segmentNumber(part, from)}`))
        const [kept, passing] = [true, false].map(is => left.filter(name => this.#isKept(part, name, from, to) === is))
        const segment = segmentOf(part, from)
        return Promise.all(
          (
            [
              [kept, ...segment],
              [passing, from, to],
            ] as const
          ).map(async ([names, start, end]) => ({
            ...{ part, start, end },
            marks: names.length === 0 ? null : await this.#marksOf(part, this.#filesToRead(part, names)),
          })),
        )
      }),
    )
    for (const { part, start, end, marks } of all.flat())
      for (const file of marks?.keys() ?? []) {
        const key = `${part.id}/${file}.bin`
        const range = rangeInFile(part, file, marks!, start, end)
        const known = wanted.get(key)
        if (known) known.ranges.push(range)
        else wanted.set(key, { file: key, path: `${filesOf(part)}${file}.bin`, ranges: [range] })
      }
    return wanted
  }

  /** Loads primary indices, and marks of columns, all at the same time. What cannot be loaded is told by who uses it. */
  async prepare(
    parts: readonly PartInfo[],
    { types, columns }: { types?: readonly DataType[]; columns?: readonly string[] },
  ): Promise<void> {
    if (!this.isWaitedFor) return
    await Promise.allSettled(
      parts.flatMap((part): Promise<unknown>[] => {
        const files = columns ? this.#filesToRead(part, columns) : []
        if (types && part.fileSizes?.packedHashes !== undefined) return [this.#preparePacked(part, types, files)]
        return [...(types ? [this.primaryIndex(part, types)] : []), this.#marksOf(part, files)]
      }),
    )
  }

  /** The index and marks with as few requests as that takes. */
  async #preparePacked(part: PartInfo, types: readonly DataType[], files: readonly string[]): Promise<void> {
    const needsIndex = part.primaryIndex !== null && types.length > 0 && !this.#indices.get(part.id)
    const missing = files.filter(file => !this.marksCache.has(`${part.id}/${file}`))
    const names = needsIndex ? [primaryPiece, ...missing] : missing
    if (names.length === 0) return
    const load = async () => {
      const bytes = await this.#packed.read(part, names)
      if (needsIndex) await this.#loadIndex(part, types, bytes ?? undefined)
      await Promise.all(missing.map(file => this.#loadMarks(part, file, bytes?.get(file))))
    }
    await this.#once(`${part.id}/packed/${names.join()}`, load)
  }

  /** Whether marks may be fetched with the primary index, before it is known which parts that leaves. */
  areMarksCheap(parts: readonly PartInfo[], columns: readonly string[]): boolean {
    if (parts.length * columns.length <= marksOnTrustMax) return true
    const bytes = this.#packed.bytesOf(parts, part => [primaryPiece, ...this.#filesToRead(part, columns)])
    return bytes !== null && parts.length <= marksOnTrustMax && bytes <= requestRules.requestBytes
  }

  /** Marks of files, which the caller keeps as long as it needs them. */
  async #marksOf(part: PartInfo, files: readonly string[]): Promise<PartMarks> {
    const marks = new Map<string, StreamMarks[]>()
    const missing: string[] = []
    for (const file of files) {
      const cached = this.marksCache.get(`${part.id}/${file}`)
      marks.set(file, cached ?? [])
      if (!cached) missing.push(file)
    }
    if (missing.length === 0) return marks
    // Of those that nobody else is loading the packed ones come together.
    const own = missing.filter(file => !this.#loading.has(`${part.id}/${file}`))
    const packed = own.length > 0 ? this.#packed.read(part, own) : null
    await Promise.all(
      missing.map(async file => {
        const load = async () => this.#loadMarks(part, file, (await packed)?.get(file))
        marks.set(file, await this.#once(`${part.id}/${file}`, load))
      }),
    )
    return marks
  }

  /** given: the file's bytes, where they are known. */
  async #loadMarks(part: PartInfo, stream: string, given?: Uint8Array): Promise<StreamMarks[]> {
    const { extension, compressed, count } = part.marks
    const file = `${filesOf(part)}${stream}${extension}`
    const known = part.fileSizes?.marks[stream]
    const bytes = compressed
      ? this.codec.decodeAll(given ?? (await this.#readWhole(file, known)))
      : (given ?? (await this.#readMarks(part, stream)))
    const streams = part.kind === 'compact' ? (part.substreams?.flat().length ?? part.columns.length) : 1
    const { marks } = readMarks(bytes, streams, !extension.endsWith('mrk'))
    if (marks.some(one => one.count !== count))
      throw new DBError('CORRUPTED_DATA', `${file} has ${marks[0]?.count} marks, ${count} are expected`)
    this.marksCache.set(
      `${part.id}/${stream}`,
      marks,
      marks.reduce((sum, one) => sum + marksBytes(one), 0),
    )
    return marks
  }

  /** Plain marks, whose size is known, are read at once where that can be: there are many small files of them. */
  async #readMarks(part: PartInfo, stream: string): Promise<Uint8Array> {
    const { extension, count } = part.marks
    const file = `${filesOf(part)}${stream}${extension}`
    if (!this.disk.readSync || part.kind === 'compact') return this.#readWhole(file, part.fileSizes?.marks[stream])
    // One byte more than there should be, to see that there is not.
    const size = extension === '.mrk' ? count * 16 : (count + (part.marks.hasFinal ? 1 : 0)) * 24
    const bytes = new Uint8Array(size + 1)
    const have = this.disk.readSync(file, 0, bytes)
    if (have !== size)
      throw new DBError('CORRUPTED_DATA', `${file} has ${have > size ? 'more' : 'fewer'} marks than its part`)
    return bytes.subarray(0, size)
  }

  /** The file of a stream, without extension, or null when the part has none. */
  streamFile(part: PartInfo, stream: string): string | null {
    if (part.streams[stream] !== undefined) return stream
    const hashed = hashedStreamName(stream, this.memory)
    return hashed !== null && part.streams[hashed] !== undefined ? hashed : null
  }

  /** Every stream of a wide part that reading these columns may open. */
  streamsOfColumns(part: PartInfo, columns: readonly string[]): string[] {
    const files = new Set<string>()
    for (const name of columns) {
      const column = part.columns.find(column => column.name === name)
      if (!column) continue
      const streams = streamsOf(name, parseType(column.type))
      // Lengths of strings and positions of sparse values stand beside the plain streams; own sizes where others share theirs.
      for (const stream of [...streams]) streams.push(`${stream}.size`, `${stream}.sparse.idx`)
      for (const stream of [...streams]) if (stream.endsWith('.null')) streams.push(`${stream.slice(0, -5)}.sparse.idx`)
      if (sharedSizesOf(pathOf(name)) !== null) streams.push(`${pathOf(name).base}.size0`)
      for (const stream of streams) {
        const file = this.streamFile(part, stream)
        if (file !== null) files.add(file)
      }
    }
    return [...files]
  }
}

/** What the names of a part's files start with. */
const filesOf = ({ path }: PartInfo): string => (path === '' ? '' : `${path}/`)

const segmentNumber = (part: PartInfo, mark: number): number => Math.floor(mark / segmentMarks(part))

/** The marks of the segment that a mark lies in. */
function segmentOf(part: PartInfo, mark: number): [from: number, to: number] {
  const size = segmentMarks(part)
  const from = segmentNumber(part, mark) * size
  return [from, Math.min(from + size, part.marks.count)]
}

const cut = (column: Column, start: number, rows: number): Column =>
  start === 0 && rows === column.rows ? column : column.slice(start, rows)

/** What a column takes in an arena of its own, roughly: whole pages. */
const pagesOf = (column: Column): number => column.byteSize() + 131072

/** Rows of the key, value by value; a final row, which stands for the last row of the part, is left away. */
function readIndex(bytes: Uint8Array, types: readonly DataType[], part: PartInfo, arena: Arena): Column[] {
  const reader = new ByteReader(bytes)
  const values: Value[][] = types.map(() => [])
  for (let mark = 0; mark < part.marks.count; mark++)
    for (const [i, type] of types.entries()) values[i].push(type.readBinary(reader))
  if (part.marks.hasFinal) for (const type of types) type.readBinary(reader)
  if (reader.left > 0) throw new DBError('EXPECTED_END_OF_FILE', 'Index has more rows than the part has marks')
  return types.map((type, i) => columnOf(type, values[i], arena))
}
