// The rows of a result as they came over the wire: bytes of TabSeparatedWithNamesAndTypes and where in them each row begins.
// Nothing is decoded before it is looked at, so a million rows cost their bytes and four more each, and every value stays what the
// server wrote: integers of 256 bits as well as dates in its time zone.
export interface Column {
  readonly name: string
  readonly type: string
}

/** null is NULL. */
export type Cell = string | null

interface Block {
  readonly firstRow: number
  readonly bytes: Uint8Array
  /** u32[rows + 1] */
  readonly starts: Uint32Array
}

const newline = 10
const tab = 9
const decoder = new TextDecoder()

export class RowStore {
  #columns: Column[] = []
  #names: string[] | null = null
  #blocks: Block[] = []
  #rest: Uint8Array = new Uint8Array(0)
  #rows = 0
  #size = 0
  #lastBlock = 0
  /** Bytes came that were not taken. */
  overflowed = false

  constructor(
    readonly rowsMax: number,
    readonly sizeMax: number,
  ) {}

  get columns(): readonly Column[] {
    return this.#columns
  }

  get rows(): number {
    return this.#rows
  }

  /** Bytes that are held. */
  get size(): number {
    return this.#size
  }

  get full(): boolean {
    return this.#rows >= this.rowsMax || this.#size >= this.sizeMax
  }

  /** The bytes after the last newline, up to a length: where an exception that broke the answer off is told. */
  tail(length: number): string {
    const pieces = [this.#rest]
    let size = this.#rest.length
    for (let i = this.#blocks.length - 1; i >= 0 && size < length; i--) {
      pieces.unshift(this.#blocks[i].bytes)
      size += this.#blocks[i].bytes.length
    }
    return decoder.decode(joined(pieces).subarray(Math.max(0, size - length)))
  }

  add(piece: Uint8Array): void {
    if (this.full) {
      this.overflowed ||= piece.length > 0
      return
    }
    const end = piece.lastIndexOf(newline) + 1
    if (end === 0) {
      this.#rest = joined([this.#rest, piece])
      return
    }
    let bytes = this.#rest.length > 0 ? joined([this.#rest, piece.subarray(0, end)]) : piece.subarray(0, end)
    this.#rest = piece.slice(end)
    if (!this.#names) {
      const [names, after] = lineOf(bytes)
      this.#names = names
      bytes = bytes.subarray(after)
      if (bytes.length === 0) return
    }
    if (this.#columns.length === 0) {
      const [types, after] = lineOf(bytes)
      this.#columns = this.#names.map((name, at) => ({ name, type: types[at] ?? '' }))
      bytes = bytes.subarray(after)
      if (bytes.length === 0) return
    }
    this.#index(bytes)
  }

  /** Forgets rows from one on: what was taken for a row was the text of an exception. */
  cut(rows: number): void {
    if (rows >= this.#rows) return
    this.#rows = Math.max(0, rows)
    while (this.#blocks.length > 0 && this.#blocks[this.#blocks.length - 1].firstRow >= this.#rows) this.#blocks.pop()
  }

  /** lengthMax: bytes of each cell that are enough, for cells that are only glanced at. */
  row(index: number, lengthMax = Number.POSITIVE_INFINITY): Cell[] {
    const { bytes, starts, firstRow } = this.#blockOf(index)
    const at = index - firstRow
    const end = starts[at + 1] - 1
    const cells: Cell[] = []
    let from = starts[at]
    for (let column = 1; column < this.#columns.length; column++) {
      const to = bytes.indexOf(tab, from)
      if (to < 0 || to > end) break
      cells.push(cellOf(bytes, from, Math.min(to, from + lengthMax)))
      from = to + 1
    }
    cells.push(cellOf(bytes, from, Math.min(end, from + lengthMax)))
    return cells
  }

  cell(index: number, column: number): Cell {
    const { bytes, starts, firstRow } = this.#blockOf(index)
    const at = index - firstRow
    const end = starts[at + 1] - 1
    let from = starts[at]
    for (let i = 0; i < column; i++) {
      from = bytes.indexOf(tab, from) + 1
      if (from === 0 || from > end) return null
    }
    const to = column === this.#columns.length - 1 ? end : bytes.indexOf(tab, from)
    return cellOf(bytes, from, to < 0 || to > end ? end : to)
  }

  #index(bytes: Uint8Array): void {
    let starts = new Uint32Array(Math.max(16, bytes.length >> 4))
    let rows = 0
    const room = this.rowsMax - this.#rows
    for (let at = 0; at < bytes.length && rows < room; ) {
      at = bytes.indexOf(newline, at) + 1
      rows++
      if (rows >= starts.length) {
        const larger = new Uint32Array(starts.length * 2)
        larger.set(starts)
        starts = larger
      }
      starts[rows] = at
    }
    if (starts[rows] < bytes.length) this.overflowed = true
    if (rows === 0) return
    this.#blocks.push({
      firstRow: this.#rows,
      bytes: bytes.subarray(0, starts[rows]),
      starts: starts.slice(0, rows + 1),
    })
    this.#rows += rows
    this.#size += starts[rows] + rows * 4
  }

  /** Looks near the last one first: rows are read in runs. */
  #blockOf(row: number): Block {
    const blocks = this.#blocks
    for (let at = this.#lastBlock; at < this.#lastBlock + 2 && at < blocks.length; at++)
      if (row >= blocks[at].firstRow && (at + 1 === blocks.length || row < blocks[at + 1].firstRow)) {
        this.#lastBlock = at
        return blocks[at]
      }
    let low = 0
    let high = blocks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (blocks[middle].firstRow <= row) low = middle
      else high = middle - 1
    }
    this.#lastBlock = low
    return blocks[low]
  }
}

const lineOf = (bytes: Uint8Array): [cells: string[], after: number] => {
  const end = bytes.indexOf(newline)
  const text = decoder.decode(bytes.subarray(0, end < 0 ? bytes.length : end))
  return [text.split('\t').map(unescaped), end < 0 ? bytes.length : end + 1]
}

function cellOf(bytes: Uint8Array, from: number, to: number): Cell {
  if (to - from === 2 && bytes[from] === 92 && bytes[from + 1] === 78) return null
  if (to - from < 24) {
    // Short ASCII is most of what there is, and the decoder's call costs more than this.
    let text = ''
    let at = from
    for (; at < to; at++) {
      const byte = bytes[at]
      if (byte >= 128 || byte === 92) break
      text += String.fromCharCode(byte)
    }
    if (at === to) return text
  }
  return unescaped(decoder.decode(bytes.subarray(from, to)))
}

const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0' }
const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\([\s\S])/g, (_, letter) => escapes[letter] ?? letter) : text

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
