// What a column's type means for how it is shown.

/** The type inside of Nullable and LowCardinality. */
export function bareType(type: string): string {
  for (let bare = type; ; ) {
    const match = /^(?:Nullable|LowCardinality|SimpleAggregateFunction)\((?:\w+,\s*)?(.*)\)$/s.exec(bare)
    if (!match) return bare
    bare = match[1]
  }
}

export type Kind = 'number' | 'time' | 'bool' | 'text' | 'nested'

export function kindOf(type: string): Kind {
  const bare = bareType(type)
  if (/^(U?Int\d+|Float\d+|BFloat16|Decimal)/.test(bare)) return 'number'
  if (/^Interval/.test(bare)) return 'number'
  if (/^(Date|DateTime)/.test(bare)) return 'time'
  if (bare === 'Bool') return 'bool'
  if (
    /^(Array|Map|Tuple|Nested|JSON|Object|Variant|Dynamic|Ring|Polygon|MultiPolygon|Point|LineString|MultiLineString)/.test(
      bare,
    )
  )
    return 'nested'
  return 'text'
}

export const isInteger = (type: string): boolean => /^U?Int/.test(bareType(type))
