import { packedRows } from '../../columns/transfer.ts'

interface Block {
  readonly packed: ArrayBuffer
  readonly rows: number
}

/** ENGINE = Memory: packed chunks in the memory of the thread that owns the catalog. Gone when the process ends. */
export class MemoryTable {
  #blocks: readonly Block[] = []

  /** What a reader sees: later changes make a new list. */
  snapshot(): readonly ArrayBuffer[] {
    return this.#blocks.map(({ packed }) => packed)
  }

  /** The chunks of one INSERT, seen together. */
  append(chunks: readonly ArrayBuffer[]): void {
    this.#blocks = [...this.#blocks, ...asBlocks(chunks)]
  }

  /** All rows anew: TRUNCATE and mutations. */
  replace(chunks: readonly ArrayBuffer[]): void {
    this.#blocks = asBlocks(chunks)
  }

  get rows(): number {
    return this.#blocks.reduce((sum, { rows }) => sum + rows, 0)
  }

  get bytes(): number {
    return this.#blocks.reduce((sum, { packed }) => sum + packed.byteLength, 0)
  }
}

const asBlocks = (chunks: readonly ArrayBuffer[]): Block[] =>
  chunks.map(packed => ({ packed, rows: packedRows(packed) })).filter(({ rows }) => rows > 0)
