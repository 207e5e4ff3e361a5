import type { Value } from '../types/value.ts'

/** Below, equal or above: numbers by value with NaN last, text by its bytes, arrays and tuples element by element, NULL last (or first). */
export function compareKeys(a: Value, b: Value, nullsFirst = false): number {
  if (a === b) return 0
  if (a === null) return nullsFirst ? -1 : 1
  if (b === null) return nullsFirst ? 1 : -1
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compareKeys(a[i], b[i], nullsFirst)
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  if (a < b) return -1
  if (a > b) return 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}
