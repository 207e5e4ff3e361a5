import { assert } from '../../core/assert.ts'

export const leftOut = 0x8000

/** The source of each merged row, 16 bits each with one for those left out (assembly/storage/merge.ts), and where groups start. */
export class SourceList {
  readonly #sources: Uint16Array[] = []
  /** Beside them: 1 where a group starts. */
  readonly #starts: Uint8Array[] = []
  /** Position of the first row of each block, and behind them the rows of all. */
  readonly #positions = [0]

  constructor(
    /** Whether groups are asked for. */
    readonly withGroups: boolean,
  ) {}

  get rows(): number {
    return this.#positions[this.#positions.length - 1]
  }

  add(sources: Uint16Array): void {
    this.#sources.push(sources)
    if (this.withGroups) this.#starts.push(new Uint8Array(sources.length))
    this.#positions.push(this.rows + sources.length)
  }

  /** Changes happen near the end, where the merge is. */
  #block(position: number): number {
    assert(position >= 0 && position < this.rows, 'a position is one of the list')
    let block = this.#sources.length - 1
    while (this.#positions[block] > position) block--
    return block
  }

  keep(position: number): void {
    const block = this.#block(position)
    this.#sources[block][position - this.#positions[block]] &= ~leftOut
  }

  leaveOut(position: number): void {
    const block = this.#block(position)
    this.#sources[block][position - this.#positions[block]] |= leftOut
  }

  startGroup(position: number): void {
    if (!this.withGroups) return
    const block = this.#block(position)
    this.#starts[block][position - this.#positions[block]] = 1
  }

  /** Leaves out whole groups, by their numbers in order. */
  dropGroups(dropped: (group: number) => boolean): void {
    let group = -1
    for (const [block, sources] of this.#sources.entries())
      for (let row = 0; row < sources.length; row++) {
        if (this.#starts[block][row]) group++
        if (sources[row] < leftOut && dropped(group)) sources[row] |= leftOut
      }
  }

  /** The list in pieces of exactly `kept` rows that stay (the last one has the rest), so that granules end with pieces. */
  *pieces(kept: number): Generator<Uint16Array> {
    let waiting: Uint16Array[] = []
    let have = 0
    for (const sources of this.#sources) {
      let start = 0
      for (let row = 0; row < sources.length; row++) {
        if (sources[row] >= leftOut || ++have < kept) continue
        waiting.push(sources.subarray(start, row + 1))
        yield joined(waiting)
        waiting = []
        have = 0
        start = row + 1
      }
      if (start < sources.length) waiting.push(sources.subarray(start))
    }
    if (waiting.length > 0) yield joined(waiting)
  }

  /** How many rows of a piece stay. */
  keptIn(piece: Uint16Array): number {
    return piece.reduce((count, source) => count + (source < leftOut ? 1 : 0), 0)
  }

  /** The list in pieces of about `rows` rows that end with a group. */
  groupPieces(rows: number): { list: Uint16Array; starts: Uint8Array }[] {
    const pieces: { list: Uint16Array; starts: Uint8Array }[] = []
    let lists: Uint16Array[] = []
    let starts: Uint8Array[] = []
    let have = 0
    const end = (): void => {
      if (have > 0) pieces.push({ list: joined(lists), starts: joined(starts) })
      lists = []
      starts = []
      have = 0
    }
    for (const [block, sources] of this.#sources.entries()) {
      let from = 0
      for (let row = 0; row < sources.length; row++) {
        if (!this.#starts[block][row] || have + row - from < rows) continue
        lists.push(sources.subarray(from, row))
        starts.push(this.#starts[block].subarray(from, row))
        have += row - from
        end()
        from = row
      }
      lists.push(sources.subarray(from))
      starts.push(this.#starts[block].subarray(from))
      have += sources.length - from
    }
    end()
    return pieces
  }
}

function joined<T extends Uint8Array | Uint16Array>(pieces: readonly T[]): T {
  const [first] = pieces
  if (pieces.length === 1) return first
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const whole = (first instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size)) as T
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
