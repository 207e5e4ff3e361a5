// Columns of some granules, decoded from the bytes of their streams.
import type { Column } from '../../columns/column.ts'
import { columnOf, concatColumns } from '../../columns/build.ts'
import { assert } from '../../core/assert.ts'
import { releaseBytes } from '../../core/buffers.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import type { DataType } from '../../types/dataType.ts'
import { parseType } from '../../types/parseType.ts'
import { ColumnDecoder, dictionaryPrefixes, type StreamBytes, type StreamSource } from './columnDecoder.ts'
import type { FrameCodec } from './frames.ts'
import { endOfShared, rangeOf, type StreamMarks, type StreamRange } from './marks.ts'
import { type PartInfo, rowsOfMarks } from './part.ts'

/** Marks of each file, one list for each stream in it. */
export type PartMarks = ReadonlyMap<string, readonly StreamMarks[]>

/** What is read of a stream's file: a compact part's whole granules, a dictionary's until it ends. */
export function rangeInFile(part: PartInfo, file: string, marks: PartMarks, from: number, to: number): StreamRange {
  const [first] = marks.get(file) ?? []
  assert(first !== undefined, 'marks are loaded before they are used')
  return rangeOf(first, from, file.endsWith('.dict') ? endOfShared(first, to) : to, part.streams[file])
}

/** What a part's reader gives: memory, files, and what of them was checked. */
export interface GranuleSource {
  readonly memory: Memory
  readonly codec: FrameCodec
  /** The file of a stream, without extension, or null when the part has none. */
  streamFile(part: PartInfo, stream: string): string | null
  /** Reads at once. */
  readRange(part: PartInfo, file: string, start: number, target: Uint8Array): void
  /** Offsets of frames whose hashes were compared. */
  checkedFrames(part: PartInfo, file: string, fetched?: Uint8Array): Set<number>
}

/** Some granules of a part. Reads what was fetched before, or at once from the disk. */
export class GranuleReader {
  readonly #granuleRows: number[] = []

  constructor(
    readonly parts: GranuleSource,
    readonly part: PartInfo,
    readonly from: number,
    readonly to: number,
    readonly marks: PartMarks,
    /** Held, until the end. */
    readonly fetched: ReadonlyMap<string, Uint8Array>,
  ) {
    for (let mark = from; mark < to; mark++) this.#granuleRows.push(rowsOfMarks(part, mark, mark + 1))
  }

  /** Nothing more is read. */
  end(): void {
    for (const bytes of this.fetched.values()) releaseBytes(bytes)
  }

  range(file: string): StreamRange {
    return rangeInFile(this.part, file, this.marks, this.from, this.to)
  }

  /** Of the streams of a compact part. */
  get #dataMarks(): readonly StreamMarks[] {
    return this.marks.get('data') ?? []
  }

  decode(name: string, arena: Arena): Column | null {
    const { part } = this
    const index = part.columns.findIndex(column => column.name === name)
    if (index < 0) return null
    const type = parseType(part.columns[index].type)
    const scratch = new Arena(this.parts.memory, arena.budget)
    try {
      if (part.kind === 'wide') return new ColumnDecoder(this.#wide(), arena, scratch).column(name, type)
      if (this.from === this.to) return columnOf(type, [], arena)
      // A single granule's column stays where its frames are decompressed to; several are copied together.
      const target = this.#granuleRows.length === 1 ? arena : scratch
      const pieces = this.#granuleRows.map((rows, i) => {
        const source = this.#compact(index, type, this.from + i, rows, target)
        return new ColumnDecoder(source, target, scratch).column(name, type)
      })
      return concatColumns(pieces, arena)
    } catch (error) {
      throw error instanceof DBError && error.errorName !== 'MEMORY_LIMIT_EXCEEDED'
        ? error.within(`While reading column ${name} of part ${part.path}`)
        : error
    } finally {
      scratch.destroy()
    }
  }

  #wide(): StreamSource {
    const file = (stream: string): string => {
      const file = this.parts.streamFile(this.part, stream)
      if (file === null) throw new DBError('NO_FILE_IN_DATA_PART', `No file ${stream}.bin in part ${this.part.path}`)
      return file
    }
    const open = (stream: string, arena: Arena) => this.#decompress(file(stream), this.range(file(stream)), arena)
    return {
      granuleRows: this.#granuleRows,
      stringSizes: this.part.stringSizes,
      has: stream => this.parts.streamFile(this.part, stream) !== null,
      open,
      openDictionaries: open,
      used: () => {},
    }
  }

  /** One granule of a column in a compact part. */
  #compact(index: number, type: DataType, mark: number, rows: number, arena: Arena): StreamSource {
    const { part } = this
    const marks = this.#dataMarks
    const before = part.substreams?.slice(0, index).flat().length ?? index
    const names = part.substreams?.[index] ?? null
    const count = names?.length ?? 1
    const first = marks[before]
    // The column ends where the next one starts, or the next granule, or the file.
    const [next, nextMark] = before + count < marks.length ? [marks[before + count], mark] : [marks[0], mark + 1]
    const fileBytes = part.streams['data']
    const ends = nextMark < next.count
    const last = ends ? { frame: next.frames[nextMark], inner: next.inners[nextMark] } : null
    let end = fileBytes
    if (last) end = last.inner === 0 ? last.frame : this.#frameAfter(last.frame)
    const start = first.frames[mark]
    if (start > end || end > fileBytes) throw new DBError('CORRUPTED_DATA', 'Marks lead outside of their file')
    const frames: FrameTable = new Map()
    const bytes = this.#decompress('data', { start, end, inner: 0, last }, arena, frames)
    const position = (substream: number): number => {
      const { frames: offsets, inners } = marks[before + substream]
      const base = frames.get(offsets[mark])
      if (base === undefined) throw new DBError('CORRUPTED_DATA', 'A mark leads to no frame of its column')
      return base + inners[mark]
    }
    const at = (from: number, to: number): StreamBytes => ({
      pointer: bytes.pointer + from,
      size: Math.max(0, to - from),
    })
    const granuleRows = [rows]
    const { stringSizes } = part
    if (names) {
      const starts = names.map((_, i) => position(i))
      return {
        granuleRows,
        stringSizes,
        has: stream => names.includes(stream),
        open: stream => {
          const i = names.indexOf(stream)
          if (i < 0) throw new DBError('CORRUPTED_DATA', `Part has no substream ${stream}`)
          return at(starts[i], i + 1 < names.length ? starts[i + 1] : bytes.size)
        },
        openDictionaries: () => at(0, 0),
        used: () => {},
      }
    }
    // Only the column has a mark: its streams follow each other, those of dictionaries' versions first.
    let done = first.inners[mark] + dictionaryPrefixes(type) * 8
    return {
      granuleRows,
      stringSizes,
      has: stream => !stream.endsWith('.sparse.idx') || part.sparse.includes(stream),
      open: () => at(done, bytes.size),
      openDictionaries: () => at(0, 0),
      used: (_, size) => {
        done += size
      },
    }
  }

  /** The first frame of a compact part's data behind this one, as far as marks know. */
  #frameAfter(frame: number): number {
    let after = this.part.streams['data']
    for (const { frames } of this.#dataMarks)
      for (const start of frames) if (start > frame && start < after) after = start
    return after
  }

  /** Frames of a range, one behind another in the arena: no copy between the frames and what they become. */
  #decompress(file: string, range: StreamRange, arena: Arena, table?: FrameTable): StreamBytes {
    const { memory, codec } = this.parts
    const size = range.end - range.start
    if (size === 0) return { pointer: arena.allocate(0), size: 0 }
    const scratch = new Arena(memory, arena.budget)
    try {
      const source = scratch.allocate(size)
      const fetched = this.fetched.get(file)
      if (!fetched) this.parts.readRange(this.part, `${file}.bin`, range.start, memory.bytes(source, size))
      else if (fetched.length === size) memory.copyIn(source, fetched)
      else {
        const offset = range.start - this.range(file).start
        if (offset < 0 || offset + size > fetched.length)
          throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${file}.bin is too short`)
        memory.copyIn(source, fetched.subarray(offset, offset + size))
      }
      return codec.decodeRange(source, size, range, arena, table, this.parts.checkedFrames(this.part, file, fetched))
    } finally {
      scratch.destroy()
    }
  }
}

/** Where in the decompressed bytes each frame starts, by its offset in the file. */
export type FrameTable = Map<number, number>
