import { concatColumns } from '../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { isMergeable, type MergedRows, RunMerger } from '../columns/merge.ts'
import { packChunk, unpackChunk } from '../columns/transfer.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { QueryContext } from './context.ts'
import type { SortBy } from './sortChunks.ts'
import type { FileRange } from './temporaryFiles.ts'

/** Sorted rows: in a file, as packed chunks one behind another, or in memory. */
type Run = FileRun | MemoryRun

interface FileRun {
  readonly path: string
  readonly pieces: readonly FileRange[]
}

interface MemoryRun {
  readonly sorted: Chunk
  /** The rows' own. */
  readonly arena: Arena
}

/** What is in memory of a run while it is merged. */
interface Cursor {
  readonly run: Run
  readonly arena: Arena
  next: number
  chunk: Chunk | null
  /** Rows of the chunk that were given out. */
  used: number
}

/** Rows of all runs whose keys are there at once, about. */
const keyRowsMax = 1 << 21
/** So many runs are merged at once; of more, some are merged to one beforehand. */
const mergedRunsMax = 32
/** Pieces of runs are no smaller than the pages that memory comes in. */
const pieceBytesMin = 65536
const pieceBytesMax = 4 << 20

/** Sorted rows in memory and on disk, and their merge: ORDER BY of many rows, also of more than memory holds. Equal rows stay in the order in which they came. */
export class SortedRuns {
  #runs: Run[] = []
  readonly #pieceBytes: number
  /** Rows of a piece; that of the first run. */
  #pieceRows = 0
  /** Of the runs in memory. */
  bytes = 0

  constructor(
    readonly context: QueryContext,
    /** Of the sort columns, in the order of `by`. */
    readonly types: readonly DataType[],
    readonly by: readonly SortBy[],
    /** That a merge may take, about. */
    memoryBytes: number,
  ) {
    const share = memoryBytes > 0 ? Math.floor(memoryBytes / (2 * mergedRunsMax)) : pieceBytesMax
    this.#pieceBytes = Math.min(Math.max(share, pieceBytesMin), pieceBytesMax)
  }

  /** Whether rows can be merged by columns of these types. */
  static accepts(types: readonly DataType[]): boolean {
    return types.every(isMergeable)
  }

  get count(): number {
    return this.#runs.length
  }

  /** Takes sorted rows as the next run. arena: all that they lie in, given back with them. */
  add(sorted: Chunk, arena: Arena): void {
    if (this.#pieceRows === 0) {
      const bytesOfRow = Math.max(1, sorted.byteSize() / sorted.rows)
      this.#pieceRows = Math.min(Math.max(Math.floor(this.#pieceBytes / bytesOfRow), 16), chunkRowsMax)
    }
    this.bytes += sorted.byteSize()
    this.#runs.push({ sorted, arena })
  }

  /** Writes what is in memory as one run. */
  async spill(): Promise<void> {
    const kept = this.#runs.filter(run => 'sorted' in run)
    if (kept.length === 0) return
    const written = await this.#write(this.#merge(kept))
    for (const { arena } of kept) this.context.release(arena)
    this.#runs = [...this.#runs.filter(run => 'path' in run), written]
    this.bytes = 0
  }

  async #write(chunks: AsyncIterable<Chunk>): Promise<FileRun> {
    const { temporary } = this.context
    assert(temporary !== null, 'runs are written where there is a disk')
    const file = await temporary.create()
    const pieces: FileRange[] = []
    try {
      for await (const chunk of chunks) {
        await this.context.breathe()
        pieces.push(await file.write(new Uint8Array(packChunk(chunk))))
      }
    } finally {
      await file.close()
    }
    return { path: file.path, pieces }
  }

  /** All rows in order. A chunk is valid until the next one is asked for. */
  async *merge(): Chunks {
    while (this.#runs.filter(run => 'path' in run).length > mergedRunsMax) {
      await this.spill()
      const merged: Run[] = []
      for (let start = 0; start < this.#runs.length; start += mergedRunsMax) {
        const some = this.#runs.slice(start, start + mergedRunsMax)
        merged.push(some.length === 1 ? some[0] : await this.#write(this.#merge(some)))
        if (some.length > 1) for (const run of some) if ('path' in run) await this.context.temporary?.remove(run.path)
      }
      this.#runs = merged
    }
    yield* this.#merge(this.#runs)
  }

  async *#merge(runs: readonly Run[]): AsyncGenerator<Chunk> {
    const { context } = this
    const arena = context.newArena()
    const scratch = context.newArena()
    const cursors = runs.map((run): Cursor => ({ run, arena: context.newArena(), next: 0, chunk: null, used: 0 }))
    try {
      const directions = this.by.map(({ direction }) => direction)
      const memoryRows = Math.min(this.#pieceRows, Math.max(1024, Math.floor(keyRowsMax / runs.length)))
      const merger = new RunMerger(arena, runs.length, this.types, directions, this.#pieceRows)
      const feed = async (index: number): Promise<void> => {
        const cursor = cursors[index]
        cursor.arena.reset()
        cursor.chunk = null
        cursor.used = 0
        const chunk = await this.#piece(cursor, memoryRows)
        if (!chunk) return
        cursor.chunk = chunk
        const keys = this.by.map(({ column }) => chunk.columns[column])
        merger.feed(index, keys, chunk.rows, cursor.arena)
      }
      for (const index of cursors.keys()) await feed(index)
      for (;;) {
        const merged = merger.next()
        if (merged.count === 0) return
        scratch.reset()
        yield gatherMerged(cursors, merger, merged, scratch)
        if (merged.exhausted >= 0) await feed(merged.exhausted)
      }
    } finally {
      for (const cursor of cursors) context.release(cursor.arena)
      context.release(scratch)
      context.release(arena)
    }
  }

  /** The next rows of a run; memoryRows: so many of one in memory. */
  async #piece(cursor: Cursor, memoryRows: number): Promise<Chunk | null> {
    const { run } = cursor
    const piece = cursor.next++
    if ('path' in run) {
      if (piece >= run.pieces.length) return null
      return unpackChunk(await this.context.temporary!.read(run.path, run.pieces[piece]), cursor.arena)
    }
    const start = piece * memoryRows
    return start < run.sorted.rows ? run.sorted.cut(start, Math.min(memoryRows, run.sorted.rows - start)) : null
  }
}

/** The merged rows, from the rows of each run that they are made of. */
function gatherMerged(cursors: readonly Cursor[], merger: RunMerger, merged: MergedRows, arena: Arena): Chunk {
  const { memory } = arena
  const shifts = new Int32Array(cursors.length)
  const cuts: Chunk[] = []
  let rows = 0
  for (const [index, cursor] of cursors.entries()) {
    if (!cursor.chunk) continue
    const count = merger.position(index) - cursor.used
    if (count === 0) continue
    cuts.push(cursor.chunk.cut(cursor.used, count))
    shifts[index] = rows - cursor.used
    cursor.used += count
    rows += count
  }
  assert(rows === merged.count, 'merged rows are those that were taken from the runs')
  if (cuts.length === 1) return cuts[0]
  const indices = arena.allocate(rows * 4)
  const { u32 } = memory
  for (let i = 0; i < rows; i++) u32[indices / 4 + i] = u32[merged.rows / 4 + i] + shifts[u32[merged.sources / 4 + i]]
  const column = (i: number): Column =>
    concatColumns(
      cuts.map(cut => cut.columns[i].full(arena)),
      arena,
    ).gather(indices, rows, arena)
  return new Chunk(
    cuts[0].columns.map((_, i) => column(i)),
    rows,
  )
}
