import { Chunk, chunkRowsMax } from '../../columns/chunk.ts'
import { Arena } from '../../core/memory.ts'
import { columnOfTable } from './definition.ts'
import { MergedRows, type MergeEnvironment } from './mergedRows.ts'
import type { PartInfo } from './part.ts'
import { combinedColumns } from './combining.ts'
import { dropsZeros, dropZeroGroups, keptOf } from './summing.ts'

/**
 * SELECT ... FINAL: the rows that would be left if all parts were merged now, in the order of the sorting key. A chunk is valid until
 * the next is asked for. With environment.ranges only granules in which the sorting key is looked for need to be read.
 */
export async function* finalChunks(
  parts: readonly PartInfo[],
  columns: readonly string[],
  environment: MergeEnvironment,
): AsyncGenerator<Chunk> {
  if (parts.length === 0) return
  const { definition, reader, budget } = environment
  const merge = new MergedRows(parts, { ...environment, isFinal: true })
  const list = await merge.mergeKeys()
  const stored = columns.map(name => columnOfTable(definition, name))
  const combined = combinedColumns(definition)
  if (combined.size === 0) {
    if (stored.length === 0) for (const piece of list.pieces(chunkRowsMax)) yield new Chunk([], list.keptIn(piece))
    else
      for await (const piece of merge.gathered(stored, list.pieces(chunkRowsMax))) yield new Chunk(piece, piece[0].rows)
    return
  }
  const groupsOf = (names: readonly string[]) =>
    merge.wholeGroups(
      names.map(name => columnOfTable(definition, name)),
      list,
    )
  if (dropsZeros(definition, combined))
    await dropZeroGroups(
      list,
      [...combined.values()].map(one => ({ combined: one, pieces: () => groupsOf(one.columns) })),
    )
  // What a column is made of has to be read too.
  const read = [...new Set([...columns, ...columns.flatMap(name => combined.get(name)?.columns ?? [])])]
  for await (const piece of groupsOf(read)) {
    const arena = new Arena(reader.memory, budget)
    try {
      const firsts = arena.allocate(piece.keptRows.length * 4)
      reader.memory.u32.set(piece.keptRows, firsts / 4)
      const rows = piece.keptRows.length
      const valuesOf = (name: string) => piece.values[read.indexOf(name)]
      const result = columns.map(name => {
        const one = combined.get(name)
        if (!one) return valuesOf(name).full(arena).gather(firsts, rows, arena)
        return keptOf(piece, one.columns.map(valuesOf), one, reader.memory)
      })
      yield new Chunk(result, rows)
    } finally {
      arena.destroy()
    }
  }
}
