// The parts of a table whose directory another process may be using: nothing is locked and nothing changed.
import { DBError } from '../../core/errors.ts'
import { decodeText } from '../../core/text.ts'
import type { Disk } from '../disk.ts'
import type { MergeTreeDefinition } from '../mergetree/definition.ts'
import type { FrameCodec } from '../mergetree/frames.ts'
import { journalPattern, readJournal } from '../mergetree/journal.ts'
import { loadPart, readFile } from '../mergetree/loadPart.ts'
import type { PartInfo } from '../mergetree/part.ts'
import { comparePartNames, covers, type PartName, tryParsePartName } from '../mergetree/partName.ts'

/** A listing is no snapshot: two in a row have to agree. */
const listingsMax = 20

/** Active parts in their order, as a server that started now would find them. */
export async function partsOfDirectory(
  disk: Disk,
  path: string,
  definition: MergeTreeDefinition,
  codec: FrameCodec,
): Promise<PartInfo[]> {
  const found = new Map<string, { readonly name: PartName; readonly directory: string }>()
  const add = (text: string, directory: string) => {
    const name = tryParsePartName(text)
    if (name) found.set(text, { name, directory })
  }
  const entries = await settledListing(disk, path)
  for (const { name, isDirectory } of entries) if (isDirectory) add(name, name)
  // What a journal says is done is taken as done, wherever the directories are.
  for (const { name } of entries) {
    const match = journalPattern.exec(name)
    if (!match) continue
    const lines = readJournal(await readFile(disk, `${path}/${name}`), match[1], `${path}/${name}`)
    for (const { from, to } of lines)
      if (match[1] === 'commit' && to !== undefined) {
        if (entries.some(entry => entry.name === from)) add(to, from)
      } else found.delete(from)
  }
  const all = [...found]
  const active = all.filter(
    ([text, { name }]) => !all.some(([other, larger]) => other !== text && covers(larger.name, name)),
  )
  active.sort(([, a], [, b]) => comparePartNames(a.name, b.name))
  const parts: PartInfo[] = []
  for (const [text, { name, directory }] of active) {
    const last = parts.at(-1)
    if (last && last.partitionId === name.partitionId && last.maxBlock >= name.minBlock)
      throw new DBError('CORRUPTED_DATA', `Part ${text} intersects part ${last.name} in ${path}`)
    parts.push(await loadPart(disk, `${path}/${directory}`, text, definition, codec))
  }
  return parts
}

async function settledListing(disk: Disk, path: string) {
  let last = ''
  for (let listing = 0; listing < listingsMax; listing++) {
    const entries = (await disk.list(path)).filter(({ name }) => !name.startsWith('delete_tmp_'))
    const text = entries
      .map(({ name }) => name)
      .filter(name => tryParsePartName(name) !== null || journalPattern.test(name))
      .sort()
      .join('\n')
    if (listing > 0 && text === last) return entries
    last = text
  }
  throw new DBError('TIMEOUT_EXCEEDED', `Directory ${path} changes faster than it can be read: try again`)
}

/** A mutation that waits is no change of the rows yet; its file is not looked at. Says whether the directory is a table's. */
export async function isTableDirectory(disk: Disk, path: string): Promise<boolean> {
  const version =
    (await disk.size(`${path}/format_version.txt`)) === null ? null : await readFile(disk, `${path}/format_version.txt`)
  if (version !== null && decodeText(version).trim() !== '1')
    throw new DBError(
      'NOT_IMPLEMENTED',
      `Tables of the old MergeTree(date, key, granularity) layout cannot be read: ${path}`,
    )
  return version !== null || (await disk.list(path)).length > 0
}
