import { concatColumns } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import { keepChunk } from '../columns/keep.ts'
import { leadKeys, type SortDirection, sortOrder } from '../columns/sort.ts'
import { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import { Arena } from '../core/memory.ts'
import type { Value } from '../types/value.ts'

/** Sort columns among a chunk's columns. */
export interface SortBy {
  readonly column: number
  readonly direction: SortDirection
}

/** All rows of chunks as one sorted chunk in `arena`. At least one chunk; their columns may be of any arena. */
export function sortChunks(chunks: readonly Chunk[], by: readonly SortBy[], arena: Arena, limit = Infinity): Chunk {
  const whole = concatChunks(chunks, arena)
  const order = orderOf(whole, by, arena)
  return whole.gather(order, Math.min(whole.rows, limit), arena)
}

/** The rows of chunks, in order, as one chunk. At least one. */
export function concatChunks(chunks: readonly Chunk[], arena: Arena): Chunk {
  assert(chunks.length > 0, 'there is something to put together')
  if (chunks.length === 1) return chunks[0]
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
  const columns = chunks[0].columns.map((_, i) =>
    concatColumns(
      chunks.map(chunk => chunk.columns[i]),
      arena,
    ),
  )
  return new Chunk(columns, rows)
}

function orderOf(chunk: Chunk, by: readonly SortBy[], arena: Arena): number {
  const columns = by.map(({ column }) => chunk.columns[column])
  const directions = by.map(({ direction }) => direction)
  return sortOrder(columns, directions, chunk.rows, arena)
}

/**
 * The first `count` rows by some columns of all chunks that it is given: ORDER BY with LIMIT. Rows that cannot be among them, by the first
 * sort column, are left out at once, so that most chunks of a long scan leave nothing behind. Ties keep the order they came in.
 */
export class TopRows {
  readonly #arenas: [Arena, Arena]
  #kept: Chunk[] = []
  #keptRows = 0
  /** Address of the key (u64) above which nothing counts; 0 before count rows are known. */
  #limit = 0
  #threshold: Value | undefined = undefined
  /** The string that it is the key of. */
  #limitText: { readonly pointer: number; readonly size: number } | null = null

  constructor(
    /** Of the query; the rows lie in arenas of their own. */
    readonly arena: Arena,
    readonly count: number,
    readonly by: readonly SortBy[],
  ) {
    assert(by.length > 0, 'rows are first by something')
    this.#arenas = [new Arena(arena.memory, arena.budget), new Arena(arena.memory, arena.budget)]
  }

  /** Takes in a chunk; what is kept of it is copied. scratch: lives until the call ends. */
  add(chunk: Chunk, scratch: Arena): void {
    if (chunk.rows === 0 || this.count === 0) return
    const indices = scratch.allocate((chunk.rows + 1) * 4)
    const rows = this.#candidates(chunk, indices, scratch)
    if (rows === 0) return
    this.#kept.push(keepChunk(chunk, indices, rows, this.#arenas[0]))
    this.#keptRows += rows
    // The first limit early: from then on the scan itself leaves rows out.
    if (this.#keptRows >= (this.#limit === 0 ? 2 * this.count : Math.max(2 * this.count, 1024))) this.#shrink()
  }

  /** The first sort column's value in the last of `count` rows: worse ones are not among the first. undefined before there is one. */
  get threshold(): Value | undefined {
    return this.#threshold
  }

  /** Lists the rows that the limit does not exclude: u32 into indices. */
  #candidates(chunk: Chunk, indices: number, scratch: Arena): number {
    const { kernels } = this.arena.memory
    if (this.#limit === 0) {
      kernels.fillRange(0, 1, chunk.rows, indices)
      return chunk.rows
    }
    const [{ column, direction }] = this.by
    const values = chunk.columns[column].full(scratch)
    if (values instanceof StringColumn && this.#limitText) {
      // The first eight bytes of addresses and the like are mostly the same: whole strings tell more.
      const { pointer, size } = this.#limitText
      const descending = direction.descending ? 1 : 0
      return kernels.stringsNotBehind(values.offsets, values.bytes, chunk.rows, pointer, size, descending, indices)
    }
    return kernels.keysNotAbove(leadKeys(values, direction, scratch), chunk.rows, this.#limit, indices)
  }

  /** The rows in order. Valid until end(). null: there was none. */
  finish(): Chunk | null {
    if (this.#kept.length === 0) return null
    this.#shrink()
    return this.#kept[0]
  }

  end(): void {
    for (const arena of this.#arenas) arena.destroy()
  }

  /** Leaves the first `count` rows, in order, in the other arena, and learns the limit from the last of them. */
  #shrink(): void {
    const [from, to] = this.#arenas
    const { memory } = this.arena
    const chunk = sortChunks(this.#kept, this.by, from, this.count)
    const indices = from.allocate(chunk.rows * 4)
    memory.kernels.fillRange(0, 1, chunk.rows, indices)
    const kept = keepChunk(chunk, indices, chunk.rows, to)
    this.#kept = [kept]
    this.#keptRows = kept.rows
    if (kept.rows === this.count) {
      const [{ column, direction }] = this.by
      const last = kept.columns[column].slice(kept.rows - 1, 1)
      const key = leadKeys(last, direction, from)
      this.#threshold = last.valueAt(0)
      this.#limit = to.allocate(8)
      memory.u64[this.#limit / 8] = memory.u64[key / 8]
      if (last instanceof StringColumn) {
        const start = memory.u32[last.offsets / 4]
        this.#limitText = { pointer: last.bytes + start, size: last.textSize }
      }
    }
    from.reset()
    this.#arenas.reverse()
  }
}
