import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import type { Arena } from '../core/memory.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'

/** Numbers in the order in which a language puts the column's texts: equal ones for texts that it holds equal, NULL for NULL. */
export function collationRanks(column: Column, locale: string, arena: Arena): Column {
  const collator = new Intl.Collator(locale)
  const compare = (a: Value, b: Value): number => {
    if (!Array.isArray(a) || !Array.isArray(b)) return compareTexts(a, b, collator)
    for (let i = 0; i < a.length && i < b.length; i++) {
      const order = compare(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  const rows = Array.from({ length: column.rows }, (_, row) => row)
  const values = rows.map(row => column.valueAt(row))
  const distinct = [...new Map(values.map(value => [JSON.stringify(value), value])).values()]
    .filter(value => value !== null)
    .sort(compare)
  const ranks = new Map<string, number>()
  let rank = -1
  for (const [i, value] of distinct.entries()) {
    if (i === 0 || compare(distinct[i - 1], value) !== 0) rank++
    ranks.set(JSON.stringify(value), rank)
  }
  const type = parseType('Nullable(UInt32)')
  return columnOf(
    type,
    values.map(value => ranks.get(JSON.stringify(value)) ?? null),
    arena,
  )
}

/** NULL inside arrays comes last. */
function compareTexts(a: Value, b: Value, collator: Intl.Collator): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return collator.compare(String(a), String(b))
}
