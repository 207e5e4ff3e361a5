// ALTER TABLE ... DELETE and UPDATE: a part with its rows or values changed, written beside the old one.
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { assert } from '../../core/assert.ts'
import { Arena } from '../../core/memory.ts'
import { linkDirectory } from '../linkDirectory.ts'
import { type FileChecksum, readChecksums } from './checksums.ts'
import { columnOfTable } from './definition.ts'
import { readFile } from './loadPart.ts'
import { MergedRows } from './mergedRows.ts'
import { type MergeTarget, writeIndex } from './mergeParts.ts'
import type { PartInfo } from './part.ts'
import { PartWriter } from './partWriter.ts'
import { SourceList } from './sourceList.ts'
import { streamsOf } from './streams.ts'
import { parseType } from '../../types/parseType.ts'

type Lookup = (name: string) => Column

export interface PartMutation {
  /** Columns that the functions below look at. */
  readonly reads: readonly string[]
  /** Which rows stay: u8[rows] of 1 and 0. Absent, or null for some rows: all of them. */
  keep?(column: Lookup, rows: number, arena: Arena): number | null
  /** New values of columns that are in no key, for all rows: the old ones where nothing changes. */
  readonly updates: ReadonlyMap<string, (column: Lookup, rows: number, arena: Arena) => Column>
}

/** Writes the changed part to a directory; it has no name yet. */
export async function mutatePart(
  part: PartInfo,
  path: string,
  mutation: PartMutation,
  target: MergeTarget,
): Promise<PartInfo> {
  const { definition, disk, codec } = target
  const merge = new MergedRows([part], target)
  const writer = new PartWriter(disk, codec, path, definition)
  try {
    const { list, dropped } = await rowsThatStay(part, mutation, merge)
    if (dropped === 0 && mutation.updates.size === 0) {
      await linkDirectory(disk, part.path, path)
      writer.release()
      return { ...part, path, modifiedMs: target.now() }
    }
    const adopted = dropped === 0 ? await adoptable(part, mutation, target) : null
    for (const column of definition.columns) {
      const update = mutation.updates.get(column.name)
      if (update) await writer.column(column.name, updated(column.name, update))
      else if (part.columns.some(({ name }) => name === column.name)) {
        const files = adopted?.get(column.name)
        if (files) await writer.adopt(part, column.name, files)
        else await writer.column(column.name, merge.pieces(column, list))
      }
    }
    if (definition.primaryKeyLength > 0) await writeIndex(merge, writer, list)
    const { partitionValues, bounds } = part
    return await writer.finish({ partitionValues, bounds, nowMs: target.now() })

    async function* updated(
      name: string,
      update: (column: Lookup, rows: number, arena: Arena) => Column,
    ): AsyncGenerator<Column> {
      const names = [...new Set([name, ...mutation.reads])]
      const columns = names.map(one => columnOfTable(definition, one))
      for await (const values of merge.gathered(columns, list.pieces(merge.rowsOfPieces))) {
        const arena = new Arena(codec.memory)
        try {
          yield update(one => values[names.indexOf(one)], values[0].rows, arena)
        } finally {
          arena.destroy()
        }
      }
    }
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
}

/** Rows that are deleted already go as well. */
async function rowsThatStay(
  part: PartInfo,
  mutation: PartMutation,
  merge: MergedRows,
): Promise<{ list: SourceList; dropped: number }> {
  const list = new SourceList(false)
  list.add(new Uint16Array(part.rows))
  const deleted = part.columns.some(({ name }) => name === '_row_exists')
  if (!mutation.keep && !deleted) return { list, dropped: 0 }
  const { definition, reader } = merge.environment
  const columns = mutation.reads.map(name => columnOfTable(definition, name))
  if (deleted) columns.push({ name: '_row_exists', type: 'UInt8' })
  const pieces = [...list.pieces(merge.rowsOfPieces)]
  let position = 0
  let dropped = 0
  let at = 0
  for await (const values of merge.gathered(columns, pieces)) {
    const arena = new Arena(reader.memory)
    try {
      const rows = pieces[at++].length
      const exists = deleted ? values[columns.length - 1] : null
      const alive = exists instanceof FixedColumn ? exists.pointer : 0
      const mask = mutation.keep?.(name => values[mutation.reads.indexOf(name)], rows, arena) ?? 0
      const { u8 } = reader.memory
      for (let row = 0; row < rows; row++) {
        if ((mask === 0 || u8[mask + row]) && (alive === 0 || u8[alive + row])) continue
        list.leaveOut(position + row)
        dropped++
      }
      position += rows
    } finally {
      arena.destroy()
    }
  }
  assert(position === part.rows, 'every row of the part is looked at')
  return { list, dropped }
}

/** Files of the columns that stay as they are, where the part has the form that the writer gives to parts. */
async function adoptable(
  part: PartInfo,
  mutation: PartMutation,
  { disk, codec, definition }: MergeTarget,
): Promise<Map<string, Map<string, FileChecksum>> | null> {
  const { extension } = part.marks
  const listed = await disk.size(`${part.path}/checksums.txt`)
  if (part.kind !== 'wide' || extension !== '.mrk' || part.stringSizes || listed === null) return null
  const checksums = readChecksums(await readFile(disk, `${part.path}/checksums.txt`), codec)
  const adopted = new Map<string, Map<string, FileChecksum>>()
  for (const { name, type } of definition.columns) {
    const column = part.columns.find(column => column.name === name)
    if (column?.type !== type || mutation.updates.has(name)) continue
    const files = new Map<string, FileChecksum>()
    for (const stream of streamsOf(name, parseType(type)))
      for (const file of [`${stream}.bin`, `${stream}.mrk`]) {
        const checksum = checksums.get(file)
        if (checksum) files.set(file, checksum)
      }
    const isSparse = [...checksums.keys()].some(file => file.endsWith('.sparse.idx.bin'))
    if (!isSparse && files.size === streamsOf(name, parseType(type)).length * 2) adopted.set(name, files)
  }
  return adopted
}
