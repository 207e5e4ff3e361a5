import { Chunk, chunkRowsMax } from '../../columns/chunk.ts'
import { Arena } from '../../core/memory.ts'
import { columnOfTable } from './definition.ts'
import { MergedRows, type MergeEnvironment } from './mergedRows.ts'
import type { PartInfo } from './part.ts'
import { dropZeroGroups, keptSums, summedColumns } from './summing.ts'

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
  if (definition.mode.kind !== 'summing') {
    if (stored.length === 0) for (const piece of list.pieces(chunkRowsMax)) yield new Chunk([], list.keptIn(piece))
    else
      for await (const piece of merge.gathered(stored, list.pieces(chunkRowsMax))) yield new Chunk(piece, piece[0].rows)
    return
  }
  const summed = summedColumns(definition)
  await dropZeroGroups(
    list,
    [...summed].map(name => () => merge.wholeGroups([columnOfTable(definition, name)], list)),
  )
  for await (const piece of merge.wholeGroups(stored, list)) {
    const arena = new Arena(reader.memory, budget)
    try {
      const firsts = arena.allocate(piece.keptRows.length * 4)
      reader.memory.u32.set(piece.keptRows, firsts / 4)
      const rows = piece.keptRows.length
      const result = piece.values.map((values, i) =>
        summed.has(columns[i]) ? keptSums(piece, values, reader.memory) : values.gather(firsts, rows, arena),
      )
      yield new Chunk(result, rows)
    } finally {
      arena.destroy()
    }
  }
}
