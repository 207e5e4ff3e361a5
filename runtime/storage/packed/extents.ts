import { assert } from '../../core/assert.ts'

/** Bytes [start, start + size) of the data file. */
export interface Extent {
  readonly start: number
  readonly size: number
}

/** Extents start at multiples of this, so that what is left between them is not too small to use. */
const unit = 512
const rounded = (size: number): number => Math.ceil(size / unit) * unit

/** Which bytes of the data file are free. Past `end` all are. */
export class Extents {
  /** In the order of their starts; no two touch. */
  readonly #free: { start: number; size: number }[] = []
  #end = 0
  #freeBytes = 0

  /** used: of all files, in any order. */
  constructor(used: Iterable<Extent> = []) {
    const sorted = [...used].sort((a, b) => a.start - b.start)
    for (const { start, size } of sorted) {
      assert(start % unit === 0 && start >= this.#end, 'no two files share bytes')
      if (start > this.#end) this.#insert(this.#end, start - this.#end)
      this.#end = start + rounded(size)
    }
  }

  get end(): number {
    return this.#end
  }

  /** Below `end`. */
  get freeBytes(): number {
    return this.#freeBytes
  }

  /** One extent: the smallest that is large enough, else new bytes at the end. near: where it is best to start. */
  allocate(size: number, near = -1): Extent {
    assert(size > 0, 'an extent has bytes')
    const needed = rounded(size)
    if (near === this.#end) return this.#grow(size)
    let best = -1
    for (let i = 0; i < this.#free.length; i++) {
      const { start, size: room } = this.#free[i]
      if (room < needed) continue
      if (start === near) {
        best = i
        break
      }
      if (best < 0 || room < this.#free[best].size) best = i
    }
    return best < 0 ? this.#grow(size) : this.#take(best, size)
  }

  /** Pieces of what is free, for when there can be no more; null when that is not enough. */
  allocatePieces(size: number): Extent[] | null {
    if (this.#freeBytes < rounded(size)) return null
    const pieces: Extent[] = []
    let left = size
    while (left > 0) {
      let largest = 0
      for (let i = 1; i < this.#free.length; i++) if (this.#free[i].size > this.#free[largest].size) largest = i
      const piece = this.#take(largest, Math.min(left, this.#free[largest].size))
      pieces.push(piece)
      left -= piece.size
    }
    return pieces
  }

  free({ start, size }: Extent): void {
    this.#insert(start, rounded(size))
  }

  /** Gives up what is free at the end, if it is so much at least; whether it did. */
  trim(least: number): boolean {
    const last = this.#free.at(-1)
    if (!last || last.start + last.size !== this.#end || last.size < least) return false
    this.#free.pop()
    this.#freeBytes -= last.size
    this.#end = last.start
    return true
  }

  #grow(size: number): Extent {
    const start = this.#end
    this.#end += rounded(size)
    return { start, size }
  }

  #take(at: number, size: number): Extent {
    const hole = this.#free[at]
    const { start } = hole
    const taken = rounded(size)
    assert(taken <= hole.size, 'a hole is large enough for what is put there')
    this.#freeBytes -= taken
    if (taken === hole.size) this.#free.splice(at, 1)
    else {
      hole.start += taken
      hole.size -= taken
    }
    return { start, size }
  }

  #insert(start: number, size: number): void {
    let low = 0
    let high = this.#free.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#free[middle].start < start) low = middle + 1
      else high = middle
    }
    const before = this.#free[low - 1]
    const behind = this.#free[low]
    assert(!before || before.start + before.size <= start, 'bytes are freed once')
    assert(!behind || start + size <= behind.start, 'bytes are freed once')
    this.#freeBytes += size
    const joinsBefore = before !== undefined && before.start + before.size === start
    const joinsBehind = behind !== undefined && start + size === behind.start
    if (joinsBefore && joinsBehind) {
      before.size += size + behind.size
      this.#free.splice(low, 1)
    } else if (joinsBefore) before.size += size
    else if (joinsBehind) {
      behind.start = start
      behind.size += size
    } else this.#free.splice(low, 0, { start, size })
  }
}
