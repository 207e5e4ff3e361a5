// Strings of a block as text. A decoder costs more by the call than by the byte, so many strings are decoded as one: between two of
// them lies one byte with the length of the next, which is a character of its own where the length is below 128.
import { decodeText } from '../core/text.ts'
import type { Cells } from './blockReader.ts'

type Strings = Extract<Cells, { kind: 'strings' }>

/** So much text may stay in memory for the sake of one string that is kept. */
const runBytesMax = 32768

const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

export function decodeStrings(cells: Strings, isLossless: boolean): string[] {
  const { bytes, starts, ends, rows } = cells
  const decode = isLossless ? decodeText : (piece: Uint8Array) => lenient.decode(piece)
  const values = new Array<string>(rows)
  for (let row = 0; row < rows; ) {
    const length = ends[row] - starts[row]
    if (length > 127) {
      values[row] = decode(bytes.subarray(starts[row], ends[row]))
      row++
      continue
    }
    let last = row + 1
    while (last < rows && ends[last] - starts[last] < 128 && ends[last] - starts[row] < runBytesMax) last++
    if (!decodeRun(cells, row, last, values))
      for (let i = row; i < last; i++) values[i] = decode(bytes.subarray(starts[i], ends[i]))
    row = last
  }
  return values
}

/** Rows [first, last), each shorter than 128 bytes. False where they are no UTF-8. */
function decodeRun({ bytes, starts, ends }: Strings, first: number, last: number, values: string[]): boolean {
  const base = starts[first]
  const piece = bytes.subarray(base, ends[last - 1])
  let text: string
  try {
    text = strict.decode(piece)
  } catch {
    return false
  }
  if (text.length === piece.length) {
    for (let row = first; row < last; row++) values[row] = text.slice(starts[row] - base, ends[row] - base)
    return true
  }
  let at = 0
  for (let row = first; row < last; row++) {
    const start = at
    for (let i = starts[row], end = ends[row]; i < end; i++) {
      const byte = bytes[i]
      if ((byte & 0xc0) !== 0x80) at += byte < 0xf0 ? 1 : 2
    }
    values[row] = text.slice(start, at)
    at++ // the length of the next
  }
  return true
}
