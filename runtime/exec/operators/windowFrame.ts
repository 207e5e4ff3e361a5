// Where the partitions, peers and frames of sorted rows begin and end. All bounds are row numbers, half-open.
import type { FrameBound, WindowSpec } from '../../analyzer/typed.ts'
import type { Column } from '../../columns/column.ts'
import { DBError } from '../../core/errors.ts'
import type { Memory } from '../../core/memory.ts'
import type { Value } from '../../types/value.ts'

export interface Layout {
  readonly rows: number
  readonly spec: WindowSpec
  readonly partitionStart: Uint32Array
  readonly partitionEnd: Uint32Array
  /** Rows that ORDER BY does not tell apart. */
  readonly peerStart: Uint32Array
  readonly peerEnd: Uint32Array
  /** Counts peer groups from 0, over all partitions. */
  readonly peerNumber: Uint32Array
  /** Values of the only ORDER BY column; null where there are none or several. */
  readonly orderValues: Column | null
}

/** ranks: u32[rows], each row's partition; runs: u8[rows], 1 where a peer group begins. */
export function layoutOf(
  memory: Memory,
  ranks: number,
  runs: number,
  rows: number,
  spec: WindowSpec,
  orderValues: Column | null,
): Layout {
  const partitionStart = new Uint32Array(rows)
  const partitionEnd = new Uint32Array(rows)
  const peerStart = new Uint32Array(rows)
  const peerEnd = new Uint32Array(rows)
  const peerNumber = new Uint32Array(rows)
  const { u32, u8 } = memory
  const partition = (row: number) => u32[ranks / 4 + row]
  let peers = -1
  for (let row = 0; row < rows; row++) {
    const isNewPartition = row === 0 || partition(row) !== partition(row - 1)
    const isNewPeer = isNewPartition || u8[runs + row] === 1
    partitionStart[row] = isNewPartition ? row : partitionStart[row - 1]
    peerStart[row] = isNewPeer ? row : peerStart[row - 1]
    if (isNewPeer) peers++
    peerNumber[row] = peers
  }
  for (let row = rows - 1; row >= 0; row--) {
    const isLast = row === rows - 1
    partitionEnd[row] = isLast || partitionStart[row + 1] === row + 1 ? row + 1 : partitionEnd[row + 1]
    peerEnd[row] = isLast || peerStart[row + 1] === row + 1 ? row + 1 : peerEnd[row + 1]
  }
  return { rows, spec, partitionStart, partitionEnd, peerStart, peerEnd, peerNumber, orderValues }
}

export interface Bounds {
  readonly begins: Uint32Array
  readonly ends: Uint32Array
}

/** Each row's frame. An empty one begins where it ends. */
export function frameBounds(layout: Layout): Bounds {
  const { rows, spec } = layout
  const { unit, begin, end } = spec.frame
  if (unit === 'GROUPS') throw new DBError('NOT_IMPLEMENTED', "Window frame 'Groups' is not implemented")
  const begins = new Uint32Array(rows)
  const ends = new Uint32Array(rows)
  const bound = unit === 'ROWS' ? rowBound : rangeBound
  for (let row = 0; row < rows; row++) {
    begins[row] = bound(layout, row, begin, false)
    ends[row] = Math.max(begins[row], bound(layout, row, end, true))
  }
  return { begins, ends }
}

function rowBound(layout: Layout, row: number, { kind, offset }: FrameBound, isEnd: boolean): number {
  const low = layout.partitionStart[row]
  const high = layout.partitionEnd[row]
  const clamp = (at: number) => Math.min(high, Math.max(low, at))
  const after = isEnd ? 1 : 0
  switch (kind) {
    case 'unboundedPreceding':
      return low
    case 'unboundedFollowing':
      return high
    case 'currentRow':
      return row + after
    case 'preceding':
      return clamp(row - offset + after)
    case 'following':
      return clamp(row + offset + after)
  }
}

function rangeBound(layout: Layout, row: number, { kind, offset }: FrameBound, isEnd: boolean): number {
  const { partitionStart, partitionEnd, peerStart, peerEnd, orderValues, spec } = layout
  switch (kind) {
    case 'unboundedPreceding':
      return partitionStart[row]
    case 'unboundedFollowing':
      return partitionEnd[row]
    case 'currentRow':
      return isEnd ? peerEnd[row] : peerStart[row]
    default: {
      if (!orderValues || spec.orderBy.length !== 1)
        throw new DBError('NOT_IMPLEMENTED', 'A RANGE frame with an offset needs exactly one ORDER BY column')
      const own = orderValues.valueAt(row)
      if (own === null) return isEnd ? peerEnd[row] : peerStart[row]
      const sign = (kind === 'preceding' ? -1 : 1) * (spec.orderBy[0].descending ? -1 : 1)
      const limit = shifted(own, sign * offset)
      return searchBound(layout, row, limit, isEnd)
    }
  }
}

function shifted(value: Value, by: number): number | bigint {
  if (typeof value === 'bigint') return value + BigInt(by)
  if (typeof value === 'number') return value + by
  throw new DBError('NOT_IMPLEMENTED', 'A RANGE frame with an offset needs numbers to order by')
}

/** The first row of the partition at (for an end: behind) the limit. */
function searchBound(layout: Layout, row: number, limit: number | bigint, isEnd: boolean): number {
  const { partitionStart, partitionEnd, orderValues, spec } = layout
  const [{ descending, nullsFirst }] = spec.orderBy
  let low = partitionStart[row]
  let high = partitionEnd[row]
  while (low < high) {
    const middle = (low + high) >> 1
    const value = orderValues!.valueAt(middle) as number | bigint | null
    let isBefore: boolean
    if (value === null) isBefore = nullsFirst
    else if (descending) isBefore = isEnd ? value >= limit : value > limit
    else isBefore = isEnd ? value <= limit : value < limit
    if (isBefore) low = middle + 1
    else high = middle
  }
  return low
}
