// Marks: where each granule starts in a stream.
//   .mrk, one a stream:  u64 frame's offset in .bin, u64 offset in the decompressed frame
//   .mrk2, one a stream: the same, u64 rows
//   .mrk3 (a compact part's): both offsets for each column, then u64 rows; .mrk4: for each substream of each column
// A final mark, which says where the last granule ends, has 0 rows.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'

/** Marks of one stream; without a final mark. */
export interface StreamMarks {
  readonly count: number
  /** Offset of the frame in the file. */
  readonly frames: Float64Array
  /** Offset inside the decompressed frame. */
  readonly inners: Float64Array
}

/** Marks of `streams` streams side by side; rows are null where the form has none. */
export function readMarks(
  bytes: Uint8Array,
  streams: number,
  withRows: boolean,
): { marks: StreamMarks[]; rows: Float64Array | null; hasFinal: boolean } {
  const entry = streams * 16 + (withRows ? 8 : 0)
  if (bytes.length % entry !== 0)
    throw new DBError('CORRUPTED_DATA', `Marks of ${entry} bytes do not fill a file of ${bytes.length}`)
  let count = bytes.length / entry
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let rows: Float64Array | null = null
  let hasFinal = false
  if (withRows) {
    rows = new Float64Array(count)
    for (let i = 0; i < count; i++) rows[i] = readU64(view, (i + 1) * entry - 8)
    hasFinal = count > 0 && rows[count - 1] === 0
    if (hasFinal) rows = rows.subarray(0, --count)
    if (rows.includes(0)) throw new DBError('CORRUPTED_DATA', 'A mark in the middle has no rows')
  }
  const marks = Array.from({ length: streams }, (_, stream) => {
    const frames = new Float64Array(count)
    const inners = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      frames[i] = readU64(view, i * entry + stream * 16)
      inners[i] = readU64(view, i * entry + stream * 16 + 8)
    }
    return { count, frames, inners }
  })
  return { marks, rows, hasFinal }
}

function readU64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 4294967296
}

export const marksBytes = (marks: StreamMarks): number => marks.count * 16 + 64

/** Compressed bytes to fetch for granules, and where their data lies among the decompressed ones. */
export interface StreamRange {
  /** In the file: whole frames, perhaps with more than needed behind them. */
  readonly start: number
  readonly end: number
  /** Offset of the data in the first frame. */
  readonly inner: number
  /** Where the data ends: a frame that starts here in the file, and the offset in it; null: at the end of all. */
  readonly last: { readonly frame: number; readonly inner: number } | null
}

/** Granules [from, to) of a stream of fileBytes bytes. */
export function rangeOf(marks: StreamMarks, from: number, to: number, fileBytes: number): StreamRange {
  assert(from <= to && to <= marks.count, 'a range of marks lies in its part')
  const { frames, inners, count } = marks
  if (from === count) return { start: fileBytes, end: fileBytes, inner: 0, last: null }
  const start = frames[from]
  const inner = inners[from]
  let end = fileBytes
  let last: StreamRange['last'] = null
  if (to < count) {
    last = { frame: frames[to], inner: inners[to] }
    let next = to
    if (last.inner > 0) while (next < count && frames[next] === last.frame) next++
    if (next < count) end = frames[next]
  }
  if (start > end || end > fileBytes || (last !== null && (last.frame < start || last.frame > fileBytes)))
    throw new DBError('CORRUPTED_DATA', 'Marks lead outside of their file')
  return { start, end, inner, last }
}

/** The first mark from `to` on that is not the one before `to`: granules that share a dictionary share its mark. */
export function endOfShared(marks: StreamMarks, to: number): number {
  if (to === 0) return 0
  const { frames, inners, count } = marks
  let end = to
  while (end < count && frames[end] === frames[to - 1] && inners[end] === inners[to - 1]) end++
  return end
}
