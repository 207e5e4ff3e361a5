// Which parts to merge next: a range of neighbours whose merge costs little for what it saves.
import type { MergeTreeSettings } from './definition.ts'

/** One part, as far as choosing needs to know it. */
export interface MergeCandidate {
  readonly bytes: number
  readonly ageSeconds: number
}

/** Neighbours [start, end) of one run. */
export interface SelectedRange {
  readonly run: number
  readonly start: number
  readonly end: number
}

const mib = 1048576
const sizeLow = mib
const sizeHigh = 100 * 1024 * mib
const fixedCost = 5 * mib
const base = 5
const startsMax = 1000

const unit = (x: number, low: number, high: number): number => (x <= low ? 0 : x >= high ? 1 : (x - low) / (high - low))
const lerp = (a: number, b: number, t: number): number => a + (b - a) * t

/** Whether merging a range is worth it by now: the longer it waits and the more parts there are, the sooner. */
function allowed(sum: number, largest: number, ageSeconds: number, count: number, partsInRun: number): boolean {
  const size = unit(Math.log(1 + sum), Math.log(1 + sizeLow), Math.log(1 + sizeHigh))
  const age = unit(ageSeconds, 10, lerp(3600, 30 * 86400, size))
  const parts = unit(partsInRun, 10, 50)
  const lowered = lerp(base, 2, Math.min(1, age + parts))
  return (sum + count * fixedCost) / (largest + fixedCost) >= lowered
}

/** Less is better. before: bytes of the part to the left of the range, 0 for none. */
function score(sum: number, count: number, before: number): number {
  let score = (sum + fixedCost * count) / (count - 1.9)
  if (before > 0.9 * sum) {
    const difference = Math.abs(Math.log2(sum / before))
    if (difference < 0.5) score *= lerp(0.75, 1, difference / 0.5)
  }
  return score
}

/**
 * The best range of all runs, or null when none is worth merging. A run is parts of one partition beside each other that may merge.
 * bytesMax: of all parts of a range, 0 for no limit.
 */
export function selectRange(
  runs: readonly (readonly MergeCandidate[])[],
  bytesMax: number,
  settings: Pick<MergeTreeSettings, 'maxPartsToMergeAtOnce'>,
): SelectedRange | null {
  let best: SelectedRange | null = null
  let bestScore = Number.POSITIVE_INFINITY
  for (const [run, parts] of runs.entries())
    for (let start = 0; start < parts.length - 1 && start <= startsMax; start++) {
      let sum = parts[start].bytes
      let largest = sum
      let age = parts[start].ageSeconds
      for (let end = start + 2; end <= parts.length && end - start <= settings.maxPartsToMergeAtOnce; end++) {
        const last = parts[end - 1]
        sum += last.bytes
        largest = Math.max(largest, last.bytes)
        age = Math.min(age, last.ageSeconds)
        if (bytesMax > 0 && sum > bytesMax) break
        if (!allowed(sum, largest, age, end - start, parts.length)) continue
        const found = score(sum, end - start, start > 0 ? parts[start - 1].bytes : 0)
        if (found >= bestScore) continue
        bestScore = found
        best = { run, start, end: trimmed(parts, start, end, sum) }
      }
    }
  return best
}

/** Small parts at the end wait for others of their size. */
function trimmed(parts: readonly MergeCandidate[], start: number, end: number, sum: number): number {
  let kept = end
  while (kept - start >= 3 && parts[kept - 1].bytes < 0.01 * sum) kept--
  return kept
}

/** Bytes that one merge may take in: less where few of the pool are free, and never more than half of the free disk. */
export function mergeBytesMax(
  settings: Pick<MergeTreeSettings, 'maxBytesToMergeAtMaxSpaceInPool' | 'maxBytesToMergeAtMinSpaceInPool'>,
  freeInPool: number,
  freeDiskBytes: number | null,
): number {
  const { maxBytesToMergeAtMaxSpaceInPool: high, maxBytesToMergeAtMinSpaceInPool: low } = settings
  const entriesToLower = 8
  const bySpace = freeInPool >= entriesToLower ? high : low * (high / low) ** (Math.max(freeInPool, 0) / entriesToLower)
  return Math.floor(freeDiskBytes === null ? bySpace : Math.min(bySpace, freeDiskBytes / 2))
}
