import type { Arena } from '../core/memory.ts'

/** Zeroed cells, one for each key of a table that grows. */
export class GrowingCells {
  #pointer = 0
  #capacity = 0

  constructor(
    readonly arena: Arena,
    /** Bytes of a cell. */
    readonly width: number,
  ) {}

  /** Where they lie, now at least so many. */
  atLeast(count: number): number {
    if (count <= this.#capacity && this.#pointer !== 0) return this.#pointer
    const capacity = Math.max(count, this.#capacity * 2, 1024)
    const grown = this.arena.allocateZeroed(capacity * this.width)
    if (this.#pointer !== 0) {
      const { u8 } = this.arena.memory
      u8.copyWithin(grown, this.#pointer, this.#pointer + this.#capacity * this.width)
      this.arena.free(this.#pointer)
    }
    this.#pointer = grown
    this.#capacity = capacity
    return grown
  }
}
