import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import type { Column } from './column.ts'

/** Rows in a chunk, at most, unless a setting or a part's granularity says otherwise. */
export const chunkRowsMax = 65536

/**
 * Columns of equal length moving through a pipeline. A chunk is valid until its source is asked for the next one: who keeps rows
 * longer copies them into an arena of its own.
 */
export class Chunk {
  constructor(
    readonly columns: readonly Column[],
    readonly rows: number,
  ) {
    for (const column of columns) assert(column.rows === rows, 'columns of a chunk have its rows')
  }

  /** Rows [start, start + length). */
  cut(start: number, length: number): Chunk {
    if (start === 0 && length === this.rows) return this
    return new Chunk(
      this.columns.map(column => column.slice(start, length)),
      length,
    )
  }

  /** Rows by number; indices: pointer to u32[count]. */
  gather(indices: number, count: number, arena: Arena): Chunk {
    return new Chunk(
      this.columns.map(column => column.gather(indices, count, arena)),
      count,
    )
  }

  /** Rows where mask (u8[rows]) is 1. The chunk itself when all are. */
  filter(mask: number, arena: Arena): Chunk {
    const [first] = this.columns
    if (!first) return this
    const indices = arena.allocate(this.rows * 4 + 64)
    const count = first.memory.kernels.maskToIndices(mask, this.rows, indices)
    return count === this.rows ? this : this.gather(indices, count, arena)
  }

  byteSize(): number {
    return this.columns.reduce((sum, column) => sum + column.byteSize(), 0)
  }
}

export type Chunks = AsyncIterable<Chunk>
