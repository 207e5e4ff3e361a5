// Which ranges of a file to ask for. A request costs its round trip however little it brings, so what lies near is asked for
// together: at 30 ms a round trip, six requests at once and 25 MB/s each, 128 KiB in between are had in the time of one more request.
// A request of 4 MiB spends most of its time on bytes and not on waiting; larger ones would only hold up those behind them.

export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface RequestRules {
  /** Bytes that nobody wants but that are fetched, at most, to make one request of two. */
  readonly gapBytes: number
  /** Of one request, at most. */
  readonly requestBytes: number
}

export const requestRules: RequestRules = { gapBytes: 128 << 10, requestBytes: 4 << 20 }

/**
 * Requests that bring all of `wanted` (in any order, may overlap) that `have` does not (sorted, disjoint), in the file's order.
 * They overlap neither each other nor what is there.
 */
export function planRequests(
  wanted: readonly ByteRange[],
  have: readonly ByteRange[],
  { gapBytes, requestBytes }: RequestRules = requestRules,
): ByteRange[] {
  const joined: { start: number; end: number }[] = []
  for (const { start, end } of missing(wanted, have)) {
    const last = joined.at(-1)
    const isNear = last && start - last.end <= gapBytes && end - last.start <= requestBytes
    if (isNear && !overlapsAny(have, last.end, start)) last.end = end
    else joined.push({ start, end })
  }
  return joined.flatMap(range => cut(range, requestBytes))
}

/** What of `wanted` is in none of `have`: sorted and disjoint. */
function missing(wanted: readonly ByteRange[], have: readonly ByteRange[]): ByteRange[] {
  const sorted = wanted.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start)
  const found: { start: number; end: number }[] = []
  let done = 0
  for (const range of sorted) {
    let at = Math.max(range.start, done)
    for (let i = firstBehind(have, at); at < range.end; i++) {
      const next = have[i]
      const until = next === undefined ? range.end : Math.min(range.end, Math.max(next.start, at))
      if (until > at) {
        const last = found.at(-1)
        if (last?.end === at) last.end = until
        else found.push({ start: at, end: until })
      }
      at = next === undefined ? range.end : Math.max(until, next.end)
    }
    done = Math.max(done, range.end)
  }
  return found
}

/** Number of the first of these ranges that ends behind `at`. */
export function firstBehind(ranges: readonly ByteRange[], at: number): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle].end <= at) low = middle + 1
    else high = middle
  }
  return low
}

function overlapsAny(ranges: readonly ByteRange[], start: number, end: number): boolean {
  const next = ranges[firstBehind(ranges, start)]
  return next !== undefined && next.start < end
}

/** Pieces of about the same size. */
function cut({ start, end }: ByteRange, requestBytes: number): ByteRange[] {
  const count = Math.ceil((end - start) / requestBytes)
  const size = Math.ceil((end - start) / count)
  return Array.from({ length: count }, (_, i) => ({
    start: start + i * size,
    end: Math.min(end, start + (i + 1) * size),
  }))
}
