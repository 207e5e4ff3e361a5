import { assert } from '../../core/assert.ts'

const leftOut = 0x80

/** The source of each merged row, a byte each with a bit for those left out (assembly/storage/merge.ts), and where groups start. */
export class SourceList {
  readonly #bytes: Uint8Array[] = []
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

  add(bytes: Uint8Array): void {
    this.#bytes.push(bytes)
    if (this.withGroups) this.#starts.push(new Uint8Array(bytes.length))
    this.#positions.push(this.rows + bytes.length)
  }

  /** Changes happen near the end, where the merge is. */
  #block(position: number): number {
    assert(position >= 0 && position < this.rows, 'a position is one of the list')
    let block = this.#bytes.length - 1
    while (this.#positions[block] > position) block--
    return block
  }

  keep(position: number): void {
    const block = this.#block(position)
    this.#bytes[block][position - this.#positions[block]] &= ~leftOut
  }

  leaveOut(position: number): void {
    const block = this.#block(position)
    this.#bytes[block][position - this.#positions[block]] |= leftOut
  }

  startGroup(position: number): void {
    if (!this.withGroups) return
    const block = this.#block(position)
    this.#starts[block][position - this.#positions[block]] = 1
  }

  /** Leaves out whole groups, by their numbers in order. */
  dropGroups(dropped: (group: number) => boolean): void {
    let group = -1
    for (const [block, bytes] of this.#bytes.entries())
      for (let row = 0; row < bytes.length; row++) {
        if (this.#starts[block][row]) group++
        if (bytes[row] < leftOut && dropped(group)) bytes[row] |= leftOut
      }
  }

  /** The list in pieces of exactly `kept` rows that stay (the last one has the rest), so that granules end with pieces. */
  *pieces(kept: number): Generator<Uint8Array> {
    let waiting: Uint8Array[] = []
    let have = 0
    for (const bytes of this.#bytes) {
      let start = 0
      for (let row = 0; row < bytes.length; row++) {
        if (bytes[row] >= leftOut || ++have < kept) continue
        waiting.push(bytes.subarray(start, row + 1))
        yield joined(waiting)
        waiting = []
        have = 0
        start = row + 1
      }
      if (start < bytes.length) waiting.push(bytes.subarray(start))
    }
    if (waiting.length > 0) yield joined(waiting)
  }

  /** The list in pieces of about `rows` rows that end with a group. */
  groupPieces(rows: number): { list: Uint8Array; starts: Uint8Array }[] {
    const pieces: { list: Uint8Array; starts: Uint8Array }[] = []
    let lists: Uint8Array[] = []
    let starts: Uint8Array[] = []
    let have = 0
    const end = (): void => {
      if (have > 0) pieces.push({ list: joined(lists), starts: joined(starts) })
      lists = []
      starts = []
      have = 0
    }
    for (const [block, bytes] of this.#bytes.entries()) {
      let from = 0
      for (let row = 0; row < bytes.length; row++) {
        if (!this.#starts[block][row] || have + row - from < rows) continue
        lists.push(bytes.subarray(from, row))
        starts.push(this.#starts[block].subarray(from, row))
        have += row - from
        end()
        from = row
      }
      lists.push(bytes.subarray(from))
      starts.push(this.#starts[block].subarray(from))
      have += bytes.length - from
    }
    end()
    return pieces
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
