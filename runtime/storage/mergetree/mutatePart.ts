// A part with rows or columns changed, written beside the old one: what stays as it is keeps its files.
import type { Column } from '../../columns/column.ts'
import { parseType } from '../../types/parseType.ts'
import { linkDirectory } from '../linkDirectory.ts'
import { type FileChecksum, readChecksums } from './checksums.ts'
import type { MergeTreeDefinition, StoredColumn } from './definition.ts'
import { readFile } from './loadPart.ts'
import { MergedRows, rowExists } from './mergedRows.ts'
import { type MergeTarget, writeIndex } from './mergeParts.ts'
import type { PartInfo } from './part.ts'
import { PartWriter } from './partWriter.ts'
import { SourceList } from './sourceList.ts'
import { streamsOf } from './streams.ts'

export interface PartChange {
  /** Rows that go: u8[rows], 1 for each of them. Absent: none. */
  readonly gone?: Uint8Array | null
  /** Rows that were deleted before, by their mask, go too. Rows only go together with them. */
  readonly appliesMask?: boolean
  /** New values for all rows, from the old ones; `_row_exists` among them. */
  readonly updates?: ReadonlyMap<string, (old: AsyncIterable<Column>) => AsyncIterable<Column>>
  /** Columns that are made anew by their expressions. */
  readonly made?: ReadonlySet<string>
  /** Columns whose files go. */
  readonly dropped?: ReadonlySet<string>
  /** The part's names of columns that have others in the table: new to old. */
  readonly renamed?: ReadonlyMap<string, string>
}

/** Writes the changed part to a directory; it has no name yet. The table's definition is that of after the change. */
export async function mutatePart(
  given: PartInfo,
  path: string,
  change: PartChange,
  target: MergeTarget,
): Promise<PartInfo> {
  const { disk, codec } = target
  const { gone = null, updates = new Map(), made = new Set<string>(), dropped = new Set<string>() } = change
  const renamed = change.renamed ?? new Map<string, string>()
  // Columns that go or are made anew are as if the part had never had them.
  const part = {
    ...given,
    columns: given.columns.filter(({ name }) => !dropped.has(name) && !made.has(name)),
  }
  const isMasked = part.columns.some(({ name }) => name === rowExists.name)
  const isCut = gone !== null || (isMasked && change.appliesMask === true)
  const wanted = columnsAfter(part, change, target.definition, isMasked && !isCut)
  const definition: MergeTreeDefinition = { ...target.definition, columns: wanted.map(({ column }) => column) }
  // Reading is under the old names.
  const oldNames = target.definition.columns.map(column => ({
    ...column,
    name: renamed.get(column.name) ?? column.name,
  }))
  const merge = new MergedRows([part], { ...target, definition: { ...target.definition, columns: oldNames } })
  const adopted = isCut ? null : await adoptable(part, wanted, definition, target)
  const retyped = wanted.some(({ column, stored }) => {
    const found = part.columns.find(({ name }) => name === stored)
    return found !== undefined && found.type !== column.type
  })
  if (
    !isCut &&
    !retyped &&
    updates.size + made.size + renamed.size === 0 &&
    part.columns.length === given.columns.length
  ) {
    await linkDirectory(disk, part.path, path)
    return { ...part, path, modifiedMs: target.now() }
  }
  const writer = new PartWriter(disk, codec, path, definition)
  try {
    const list = new SourceList(false)
    list.add(new Uint16Array(part.rows))
    if (isCut) await leaveOut(list, gone, isMasked, merge)
    for (const { column, stored } of wanted) {
      const update = updates.get(column.name)
      const source = column.name === rowExists.name ? rowExists : { ...column, name: stored }
      const files = update ? undefined : adopted?.get(column.name)
      if (files) await writer.adopt(part, column.name, files, stored)
      else if (update) await writer.column(column.name, update(merge.pieces(source, list)))
      else await writer.column(column.name, merge.pieces(source, list))
    }
    if (definition.primaryKeyLength > 0) await writeIndex(merge, writer, list)
    const { partitionValues, bounds } = part
    return await writer.finish({ partitionValues, bounds, nowMs: target.now() })
  } catch (error) {
    await writer.abort().catch(() => {})
    throw error
  }
}

/** The columns that the new part has, and how the old one calls them. */
function columnsAfter(
  part: PartInfo,
  { updates, made, renamed }: PartChange,
  definition: MergeTreeDefinition,
  keepsMask: boolean,
): { column: StoredColumn; stored: string }[] {
  const columns = definition.columns.flatMap(column => {
    const stored = renamed?.get(column.name) ?? column.name
    const has = part.columns.some(({ name }) => name === stored) && !isTaken(stored, column.name, renamed)
    return has || updates?.has(column.name) || made?.has(column.name) ? [{ column, stored }] : []
  })
  if (keepsMask || updates?.has(rowExists.name)) columns.push({ column: rowExists, stored: rowExists.name })
  return columns
}

/** Whether the part's column of that name is now another one. */
const isTaken = (stored: string, name: string, renamed: ReadonlyMap<string, string> | undefined): boolean =>
  renamed !== undefined && [...renamed].some(([to, from]) => from === stored && to !== name)

/** Rows that are deleted already go as well. */
async function leaveOut(
  list: SourceList,
  gone: Uint8Array | null,
  isMasked: boolean,
  merge: MergedRows,
): Promise<void> {
  if (gone) for (let row = 0; row < gone.length; row++) if (gone[row]) list.leaveOut(row)
  if (!isMasked) return
  const whole = new SourceList(false)
  whole.add(new Uint16Array(list.rows))
  let position = 0
  for await (const [exists] of merge.gathered([rowExists], whole.pieces(merge.rowsOfPieces))) {
    for (let row = 0; row < exists.rows; row++) if (Number(exists.valueAt(row)) === 0) list.leaveOut(position + row)
    position += exists.rows
  }
}

/** Files of the columns that stay as they are, where the part has the form that the writer gives to parts. */
async function adoptable(
  part: PartInfo,
  wanted: readonly { readonly column: StoredColumn; readonly stored: string }[],
  definition: MergeTreeDefinition,
  { disk, codec }: MergeTarget,
): Promise<Map<string, Map<string, FileChecksum>> | null> {
  const { extension } = part.marks
  const listed = await disk.size(`${part.path}/checksums.txt`)
  if (part.kind !== 'wide' || extension !== '.mrk' || part.stringSizes || listed === null) return null
  if (part.granules !== definition.settings.indexGranularity) return null
  const checksums = readChecksums(await readFile(disk, `${part.path}/checksums.txt`), codec)
  if ([...checksums.keys()].some(file => file.endsWith('.sparse.idx.bin'))) return null
  const adopted = new Map<string, Map<string, FileChecksum>>()
  for (const { column, stored } of wanted) {
    if (part.columns.find(({ name }) => name === stored)?.type !== column.type) continue
    const streams = streamsOf(stored, parseType(column.type))
    const files = new Map<string, FileChecksum>()
    for (const stream of streams)
      for (const file of [`${stream}.bin`, `${stream}.mrk`]) {
        const checksum = checksums.get(file)
        if (checksum) files.set(file, checksum)
      }
    if (files.size === streams.length * 2) adopted.set(column.name, files)
  }
  return adopted
}
