// What a scan on a disk that is waited for asks for ahead of use.
import type { Lease } from '../storage/mergetree/fetcher.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { PartReader } from '../storage/mergetree/partReader.ts'
import type { QueryContext } from './context.ts'

/** Granules of one segment. */
export interface ScanRead {
  readonly part: PartInfo
  readonly from: number
  readonly to: number
}

/** Up to so many reads, granules and bytes the columns of all steps are fetched at once: their bytes cost less than another wait. */
const fewReadsMax = 16
const fewGranulesMax = 64
const fewBytesMax = 4 << 20
/** Segments asked for before the first is there; then always twice as many, as a scan that goes on is likely to go on. */
const firstWindow = 2
const windowMax = 1024
const cancelPollMs = 50
/** From this share of granules on the late columns are fetched for all: at most so many bytes for nothing cost less than the waits. */
const lateShareMin = 0.3

/** Columns that are fetched ahead together, and how far that has come. */
interface Lane {
  readonly columns: readonly string[]
  readonly lease: Lease
  readonly budget: number
  next: number
  window: number
}

/**
 * Each lane keeps at most half of its budget under way and half in use: a batch is asked for when there is room for a whole one, so
 * that its ranges can be joined. The columns of later steps are fetched ahead while many granules turn out to need them.
 */
export class ScanAhead {
  readonly #first: Lane
  readonly #late: Lane | null
  #reads: readonly ScanRead[] = []
  #withLate = false
  #stopWatching: () => void = () => {}

  constructor(
    context: QueryContext,
    readonly reader: PartReader,
    /** Columns of the first step, and of those behind it. */
    first: readonly string[],
    late: readonly string[],
  ) {
    const budget = late.length > 0 ? reader.fetchAheadBytes / 2 : reader.fetchAheadBytes
    const lane = (columns: readonly string[], lease: Lease): Lane => {
      return { columns, lease, budget, next: 0, window: firstWindow }
    }
    this.#first = lane(first, reader.newLease())
    this.#late = late.length > 0 ? lane(late, reader.newLease(this.#first.lease)) : null
    if (reader.isWaitedFor) this.#watch(context)
  }

  /** Ends with the scan. */
  get lease(): Lease {
    return this.#first.lease
  }

  /** A query that waits for bytes does not look whether it is to stop. */
  #watch({ platform, isCancelled }: QueryContext): void {
    const look = () => {
      if (isCancelled()) this.end()
      else this.#stopWatching = platform.clock.after(cancelPollMs, look)
    }
    look()
  }

  /** What will be read, in its order. */
  async start(reads: readonly ScanRead[]): Promise<void> {
    if (!this.reader.isWaitedFor) return
    this.#reads = reads
    const late = this.#late
    const granules = reads.reduce((sum, { from, to }) => sum + to - from, 0)
    if (!late || reads.length > fewReadsMax || granules > fewGranulesMax) return
    const columns = [...this.#first.columns, ...late.columns]
    const bytes = await this.reader.bytesOf(reads.map(read => ({ ...read, columns })))
    if (bytes > Math.min(fewBytesMax, late.budget)) return
    this.#withLate = true
    this.#first.window = reads.length
    late.window = reads.length
  }

  /** Read number i comes next; those before it are done. lateShare: of the granules read lately, how many needed the late columns. */
  async before(i: number, lateShare: number): Promise<void> {
    const lanes = this.#late ? [this.#first, this.#late] : [this.#first]
    for (const { lease } of lanes) lease.passed(i - 1)
    if (i > 0) this.#withLate = lateShare >= lateShareMin
    for (const lane of lanes) if (lane === this.#first || this.#withLate) await this.#advance(lane, i)
  }

  async #advance(lane: Lane, i: number): Promise<void> {
    const { lease, columns, budget } = lane
    const until = Math.min(this.#reads.length, i + lane.window)
    lane.window = Math.min(lane.window * 2, windowMax)
    lane.next = Math.max(lane.next, i)
    const widths = new Set(columns)
    while (lane.next < until && lease.bytes <= budget / 2) {
      let end = lane.next
      let bytes = 0
      do bytes += estimate(this.#reads[end++], widths)
      while (end < until && bytes < budget / 2)
      const batch = this.#reads.slice(lane.next, end)
      lane.next = end
      // One read that is larger than all there is room for is asked for when it is used.
      if (bytes > budget) continue
      await this.reader.fetchAhead(
        batch.map(read => ({ ...read, columns })),
        lease,
        end - 1,
      )
    }
  }

  end(): void {
    this.#stopWatching()
    this.#first.lease.end()
    this.#late?.lease.end()
  }
}

function estimate({ part, from, to }: ScanRead, columns: ReadonlySet<string>): number {
  const share = (to - from) / Math.max(1, part.marks.count)
  if (part.kind === 'compact') return (part.streams['data'] ?? 0) * share
  return share * part.columns.reduce((sum, one) => sum + (columns.has(one.name) ? one.compressedBytes : 0), 0)
}
