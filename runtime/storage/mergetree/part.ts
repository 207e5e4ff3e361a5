// What is known of a part without reading its columns. Plain data: made where parts are loaded or written, posted to who reads.
import { assert } from '../../core/assert.ts'
import type { Value } from '../../types/value.ts'
import type { PartName } from './partName.ts'

export interface PartColumn {
  readonly name: string
  /** As columns.txt has it, which may differ from the table's type of today. */
  readonly type: string
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly marksBytes: number
}

/** How granules are found in the streams. */
export interface MarksForm {
  readonly extension: '.mrk' | '.mrk2' | '.mrk3' | '.mrk4' | '.cmrk' | '.cmrk2' | '.cmrk3' | '.cmrk4'
  readonly compressed: boolean
  /** Granules; a final mark is not counted. */
  readonly count: number
  readonly hasFinal: boolean
}

export interface PartBounds {
  readonly column: string
  readonly min: Value
  readonly max: Value
}

export interface PartInfo extends PartName {
  /** Never the same for two parts, also when one stands where the other stood: the key of every cache. */
  readonly id: string
  readonly name: string
  /** Directory on the table's disk. */
  readonly path: string
  readonly rows: number
  readonly bytesOnDisk: number
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number
  readonly kind: 'wide' | 'compact'
  /** In columns.txt's order, those that have data. `_row_exists` among them: rows with 0 are deleted. */
  readonly columns: readonly PartColumn[]
  readonly marks: MarksForm
  /** Rows of each granule but the last; or, where they differ, the first row of each and behind them the rows of the part. */
  readonly granules: number | Float64Array
  /** Streams and the bytes of their .bin. */
  readonly streams: Readonly<Record<string, number>>
  /** Lengths of strings have a stream of their own. */
  readonly stringSizes: boolean
  /** Compact parts: each column's substreams in the order of its marks; null where only columns have marks (.mrk3). */
  readonly substreams: readonly (readonly string[])[] | null
  /** Sparse offsets among the streams, where only columns have marks; elsewhere they are seen by their streams. */
  readonly sparse: readonly string[]
  readonly primaryIndex: 'plain' | 'compressed' | null
  readonly partitionValues: readonly Value[]
  readonly bounds: readonly PartBounds[]
  /** Sizes of the files beside the streams' data, where they are known: who reads need not ask for them. */
  readonly fileSizes?: {
    /** primary.idx or primary.cidx; 0 where there is none. */
    readonly primaryIndex: number
    /** Marks, by the names of streams. */
    readonly marks: Readonly<Record<string, number>>
    /** Hashes of the pieces of the part's granary.index, where it has that (packedIndex.ts). */
    readonly packedHashes?: string
  }
}

/** The first row of a granule, the part's rows for the one behind the last. */
export function rowOfMark(part: PartInfo, mark: number): number {
  assert(mark >= 0 && mark <= part.marks.count, 'a mark is one of its part')
  if (typeof part.granules === 'number') return Math.min(mark * part.granules, part.rows)
  return part.granules[mark]
}

export const rowsOfMarks = (part: PartInfo, markFrom: number, markTo: number): number =>
  rowOfMark(part, markTo) - rowOfMark(part, markFrom)

/** The granule that holds a row. */
export function markOfRow(part: PartInfo, row: number): number {
  if (typeof part.granules === 'number') return Math.floor(row / part.granules)
  let low = 0
  let high = part.marks.count
  while (low < high) {
    const middle = (low + high) >> 1
    if (part.granules[middle + 1] <= row) low = middle + 1
    else high = middle
  }
  return low
}

/** Marks of one segment: what is decoded and kept together, 65,536 rows at the usual granularity. */
export function segmentMarks(part: PartInfo): number {
  const rows = typeof part.granules === 'number' ? part.granules : part.rows / Math.max(part.marks.count, 1)
  return Math.max(1, Math.floor(65536 / Math.max(rows, 1)))
}

export interface MarkRange {
  readonly from: number
  readonly to: number
}

/** Mark ranges cut where segments end: each can be given to PartReader.chunk. */
export function cutAtSegments(part: PartInfo, ranges: readonly MarkRange[]): MarkRange[] {
  const size = segmentMarks(part)
  const cut: MarkRange[] = []
  for (const { from, to } of ranges)
    for (let start = from; start < to; ) {
      const end = Math.min(to, (Math.floor(start / size) + 1) * size)
      cut.push({ from: start, to: end })
      start = end
    }
  return cut
}
