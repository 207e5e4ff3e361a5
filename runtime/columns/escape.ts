import type { Arena } from '../core/memory.ts'
import { checkTextSize, joinText } from './joinText.ts'
import { StringColumn } from './string.ts'

/** How a string is written: as it is, with TSV's escapes, or between quotes with the escapes that belong to them. */
export type Escaping = 'raw' | 'escaped' | 'quoted' | 'csv' | 'json' | 'jsonSlash' | 'xml'

/** The strings with quotes and escapes. Shares memory with the column where nothing changes. */
export function escapeStrings(column: StringColumn, escaping: Escaping, arena: Arena): StringColumn {
  if (escaping === 'raw') return column
  const { memory, rows, textSize } = column
  const { kernels } = memory
  const first = column.bytes + memory.u32[column.offsets / 4]
  const slash = escaping === 'jsonSlash' ? 1 : 0
  const extra =
    escaping === 'escaped'
      ? kernels.escapeTsvExtra(first, textSize)
      : escaping === 'quoted'
        ? kernels.escapeQuotedExtra(first, textSize)
        : escaping === 'csv'
          ? kernels.escapeCsvExtra(first, textSize)
          : escaping === 'xml'
            ? kernels.escapeXmlExtra(first, textSize)
            : kernels.escapeJsonExtra(first, textSize, slash)
  if (extra === 0) {
    if (escaping === 'escaped' || escaping === 'xml') return column
    const quote = escaping === 'quoted' ? "'" : '"'
    return joinText([column], [quote, quote], arena)
  }
  const offsets = arena.allocate((rows + 1) * 4)
  const bytes = arena.allocate(checkTextSize(textSize + extra + rows * 2))
  if (escaping === 'escaped') kernels.escapeTsv(column.offsets, column.bytes, rows, offsets, bytes)
  else if (escaping === 'quoted') kernels.escapeQuoted(column.offsets, column.bytes, rows, offsets, bytes)
  else if (escaping === 'csv') kernels.escapeCsvQuoted(column.offsets, column.bytes, rows, offsets, bytes)
  else if (escaping === 'xml') kernels.escapeXml(column.offsets, column.bytes, rows, offsets, bytes)
  else kernels.escapeJson(column.offsets, column.bytes, rows, slash, offsets, bytes)
  return new StringColumn(memory, offsets, bytes, rows)
}
