// Rows of one sorting key become one row (combining.ts); of SummingMergeTree, groups whose sums are all zero (or NULL) go.
import type { Column } from '../../columns/column.ts'
import type { Memory } from '../../core/memory.ts'
import { type Combined, markNonZero } from './combining.ts'
import type { MergeTreeDefinition } from './definition.ts'
import type { GroupedPiece } from './mergedRows.ts'
import type { SourceList } from './sourceList.ts'

/** One row for each group that stays: what the group's rows become. Each piece has the columns that it is made of. */
export async function* combinePieces(
  pieces: AsyncIterable<GroupedPiece>,
  combined: Combined,
  memory: Memory,
): AsyncGenerator<Column> {
  for await (const piece of pieces) yield keptOf(piece, piece.values, combined, memory)
}

export function keptOf(piece: GroupedPiece, values: readonly Column[], combined: Combined, memory: Memory): Column {
  const { kept, groups, groupCount, arena } = piece
  const indices = arena.allocate(kept.length * 4)
  const full = values.map(column => column.full(arena))
  const results = combined.run(full, groups, groupCount, arena)
  memory.u32.set(kept, indices / 4)
  return results.gather(indices, kept.length, arena)
}

/** Whether groups go of which all sums are zero. */
export function dropsZeros({ mode }: MergeTreeDefinition, combined: ReadonlyMap<string, Combined>): boolean {
  return mode.kind === 'summing' && combined.size > 0 && [...combined.values()].every(({ canBeZero }) => canBeZero)
}

/** Leaves out the groups in which every sum is zero. Each call gives the pieces of what one column is made of. */
export async function dropZeroGroups(
  list: SourceList,
  columns: readonly { readonly combined: Combined; readonly pieces: () => AsyncIterable<GroupedPiece> }[],
): Promise<void> {
  let nonZero = new Uint8Array(1024)
  for (const { combined, pieces } of columns)
    for await (const piece of pieces()) {
      const { firstGroup, groupCount, groups, arena } = piece
      if (firstGroup + groupCount > nonZero.length) {
        const larger = new Uint8Array((firstGroup + groupCount) * 2)
        larger.set(nonZero)
        nonZero = larger
      }
      const full = piece.values.map(column => column.full(arena))
      markNonZero(combined.run(full, groups, groupCount, arena), nonZero.subarray(firstGroup))
    }
  list.dropGroups(group => nonZero[group] === 0)
}
