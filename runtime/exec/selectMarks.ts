// Marks of a part whose rows a condition can be true for, found by the part's primary index.
import type { Value } from '../types/value.ts'
import { compareValues, type KeyCondition, keysOf, mayBeTrue, type Range } from './keyCondition.ts'
import { type Images, rangeThrough, withInnerKeys } from './keyImages.ts'

/** The primary index of a part: for each key expression its values at the marks' first rows. */
export interface MarkKeys {
  readonly keys: readonly string[]
  readonly descending: readonly boolean[]
  /** values[k][mark]; as many marks as the part has. */
  readonly values: readonly ArrayLike<Value>[]
  readonly marks: number
  /** The part's last row, where the index has it. */
  readonly last: readonly Value[] | null
  readonly images: Images
}

/** Ranges of marks [from, to) that can hold rows for which the condition is true. */
export function selectMarks(condition: KeyCondition, index: MarkKeys): { from: number; to: number }[] {
  if (condition.kind === 'unknown') return index.marks > 0 ? [{ from: 0, to: index.marks }] : []
  const used = withInnerKeys(keysOf(condition), index.images)
  // Expressions behind the last one that the condition names say nothing.
  let width = 0
  index.keys.forEach((key, i) => {
    if (used.has(key)) width = i + 1
  })
  if (width === 0 && condition.kind !== 'never') return index.marks > 0 ? [{ from: 0, to: index.marks }] : []
  const ranges: { from: number; to: number }[] = []
  const visit = (from: number, to: number): void => {
    if (!mayContain(condition, index, width, from, to)) return
    if (to - from > 1) {
      const middle = (from + to) >> 1
      visit(from, middle)
      visit(middle, to)
      return
    }
    const before = ranges[ranges.length - 1]
    if (before && before.to === from) ranges[ranges.length - 1] = { from: before.from, to }
    else ranges.push({ from, to })
  }
  if (index.marks > 0) visit(0, index.marks)
  return ranges
}

/** The rows of marks [from, to) lie between two keys; the space between them is taken apart into boxes of ranges. */
function mayContain(condition: KeyCondition, index: MarkKeys, width: number, from: number, to: number): boolean {
  const left = (k: number): Value => index.values[k][from]
  const right = (k: number): Value | undefined => (to < index.marks ? index.values[k][to] : index.last?.[k])
  const box = new Map<string, Range>()
  const rangeOf = rangeThrough(key => box.get(key), index.images)
  const test = () => mayBeTrue(condition, rangeOf)
  const set = (k: number, low: Value | undefined, high: Value | undefined, open: boolean) => {
    const hasNull = low === null || high === null
    if (hasNull) box.delete(index.keys[k])
    else
      box.set(
        index.keys[k],
        index.descending[k]
          ? { low: high, high: low, lowOpen: open && high !== undefined, highOpen: open && low !== undefined }
          : { low, high, lowOpen: open && low !== undefined, highOpen: open && high !== undefined },
      )
  }
  const descend = (k: number, leftBound: boolean, rightBound: boolean): boolean => {
    if (k === width || (!leftBound && !rightBound)) {
      for (let rest = k; rest < width; rest++) box.delete(index.keys[rest])
      return test()
    }
    const low = leftBound ? left(k) : undefined
    const high = rightBound ? right(k) : undefined
    if (leftBound && rightBound && low !== undefined && high !== undefined && compareValues(low, high) === 0) {
      set(k, low, low, false)
      return descend(k + 1, true, true)
    }
    if (k === width - 1) {
      set(k, low, high, false)
      return test()
    }
    // Strictly between the edges the rest is free; on an edge it is bound on that side.
    set(k, low, high, true)
    for (let rest = k + 1; rest < width; rest++) box.delete(index.keys[rest])
    if (test()) return true
    if (leftBound && low !== undefined) {
      set(k, low, low, false)
      if (descend(k + 1, true, false)) return true
    }
    if (rightBound && high !== undefined) {
      set(k, high, high, false)
      if (descend(k + 1, false, true)) return true
    }
    return false
  }
  const hasRight = to < index.marks || index.last !== null
  return descend(0, true, hasRight)
}
