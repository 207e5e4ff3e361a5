import { Arena } from '../../core/memory.ts'
import type { Column } from '../../columns/column.ts'
import type { Disk } from '../disk.ts'
import { compareValues } from './bounds.ts'
import { columnOfTable } from './definition.ts'
import type { FrameCodec } from './frames.ts'
import { MergedRows, type MergeEnvironment } from './mergedRows.ts'
import type { PartBounds, PartInfo } from './part.ts'
import { PartWriter } from './partWriter.ts'
import type { SourceList } from './sourceList.ts'
import { combinedColumns } from './combining.ts'
import { combinePieces, dropsZeros, dropZeroGroups } from './summing.ts'

export interface MergeTarget extends MergeEnvironment {
  readonly disk: Disk
  readonly codec: FrameCodec
  now(): number
}

/** Writes the merge of parts of one partition, which are in their order, to a directory; the part has no name yet. */
export async function mergeParts(
  sources: readonly PartInfo[],
  path: string,
  environment: MergeTarget,
): Promise<PartInfo> {
  const merge = new MergedRows(sources, environment)
  const { definition, disk, codec } = environment
  const writer = new PartWriter(disk, codec, path, definition)
  try {
    const list = await merge.mergeKeys()
    const combined = combinedColumns(definition)
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
    const present = definition.columns.filter(({ name }) =>
      sources.some(part => part.rows === 0 || part.columns.some(column => column.name === name)),
    )
    for (const column of present) {
      const one = combined.get(column.name)
      const pieces = one ? combinePieces(groupsOf(one.columns), one, codec.memory) : merge.pieces(column, list)
      await writer.column(column.name, pieces)
    }
    if (definition.primaryKeyLength > 0) await writeIndex(merge, writer, list)
    return await writer.finish({
      partitionValues: sources[0].partitionValues,
      bounds: joinBounds(sources),
      nowMs: environment.now(),
    })
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
}

function joinBounds(sources: readonly PartInfo[]): PartBounds[] {
  const joined = new Map<string, PartBounds>()
  for (const { bounds } of sources)
    for (const bound of bounds) {
      const known = joined.get(bound.column)
      if (!known) joined.set(bound.column, bound)
      else
        joined.set(bound.column, {
          column: bound.column,
          min: known.min === null || compareValues(bound.min, known.min) < 0 ? bound.min : known.min,
          max: known.max === null || compareValues(bound.max, known.max) > 0 ? bound.max : known.max,
        })
    }
  return [...joined.values()]
}

/** The primary key at the first rows of granules. */
export async function writeIndex(merge: MergedRows, writer: PartWriter, list: SourceList): Promise<void> {
  const { definition, keys, reader } = merge.environment
  const { indexGranularity } = definition.settings
  const columns = definition.sortingColumns.map(name => columnOfTable(definition, name))
  let next = 0
  for await (const piece of merge.gathered(columns, list.pieces(merge.rowsOfPieces))) {
    const [{ rows }] = piece
    const arena = new Arena(reader.memory)
    try {
      const firsts: number[] = []
      for (; next < rows; next += indexGranularity) firsts.push(next)
      next -= rows
      const indices = arena.allocate(firsts.length * 4)
      reader.memory.u32.set(firsts, indices / 4)
      const picked = piece.map(column => column.gather(indices, firsts.length, arena))
      const find = (name: string): Column => picked[definition.sortingColumns.indexOf(name)]
      const key = keys.sorting(find, firsts.length, arena).slice(0, definition.primaryKeyLength)
      writer.primaryKeyAtMarks(key, firsts.length)
    } finally {
      arena.destroy()
    }
  }
}
