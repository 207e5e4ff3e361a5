// Changes of a table's directory that are more than one rename, as one step: what is to be done is written down and made durable
// first, and done again after a crash.
//
//   commit_<n>.txt:   commit format version: 1     then lines: from <tab> to    directories that become visible together
//                                                  or a name                    of a part that is gone with that
//   dropped_<n>.txt:  dropped format version: 1    then names of parts that are gone, though readers may still need their files
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import type { Disk } from '../disk.ts'
import { readFile } from './loadPart.ts'

export interface Move {
  readonly from: string
  readonly to: string
}

const commitTitle = 'commit format version: 1'
const droppedTitle = 'dropped format version: 1'
export const journalPattern = /^(commit|dropped)_(\d+)\.txt$/
/** A directory on its way out: half of it is never seen under its name. */
export const removedPrefix = 'delete_tmp_'

export interface MoveOptions {
  /** If they cannot be moved, they are removed. */
  readonly discards?: boolean
  /** Parts that are gone together with that. */
  readonly drops?: readonly string[]
  /**
   * The disk refused the moves, and refuses to have them taken back. Until that is done, which can be tried again, nothing that they name
   * may be touched: the next start ends what the journal says.
   */
  readonly onStuck?: (takeBack: () => Promise<void>) => void
}

/**
 * Moves directories of a table, all or none, also over a crash. number: one that no other journal has. Where parts are dropped, gives
 * the file that says so.
 */
export async function moveTogether(
  disk: Disk,
  path: string,
  number: number,
  moves: readonly Move[],
  { discards = false, drops = [], onStuck }: MoveOptions = {},
): Promise<string | null> {
  // One rename is one step already.
  const journal = moves.length > 1 || drops.length > 0 ? `${path}/commit_${number}.txt` : null
  let begun = 0
  const takeBack = async () => {
    if (drops.length > 0) await disk.remove(droppedFile(path, number), { durable: true })
    for (const move of moves.slice(0, begun).reverse()) await undo(disk, path, move)
    if (journal) await disk.remove(journal, { durable: true })
    if (discards) for (const { from } of moves) await disk.remove(`${path}/${from}`)
  }
  try {
    if (journal)
      await disk.put(journal, writeLines(commitTitle, [...moves.map(({ from, to }) => `${from}\t${to}`), ...drops]))
    for (const { from, to } of moves) {
      begun++
      await disk.move(`${path}/${from}`, `${path}/${to}`)
    }
    // Readers may still need the files of what is dropped: another record says from here on that it is gone.
    if (drops.length > 0) await recordDropped(disk, path, number, drops)
  } catch (error) {
    // The disk refuses, so nothing is to have happened.
    await takeBack().catch(reason => {
      if (!onStuck) throw reason
      onStuck(takeBack)
    })
    throw error
  }
  // It has happened, whatever comes of this: a journal of what is done says nothing to the next start.
  if (journal) await disk.remove(journal).catch(() => {})
  return drops.length > 0 ? droppedFile(path, number) : null
}

/** A move that failed may have happened all the same. */
async function undo(disk: Disk, path: string, { from, to }: Move): Promise<void> {
  if ((await disk.list(`${path}/${from}`)).length > 0) return
  if ((await disk.list(`${path}/${to}`)).length > 0) await disk.move(`${path}/${to}`, `${path}/${from}`)
}

const droppedFile = (path: string, number: number): string => `${path}/dropped_${number}.txt`

/** Makes it durable that parts are gone. Gives the file that says so, to be removed when they are. */
export async function recordDropped(
  disk: Disk,
  path: string,
  number: number,
  names: readonly string[],
): Promise<string> {
  const file = droppedFile(path, number)
  try {
    await disk.put(file, writeLines(droppedTitle, names))
  } catch (error) {
    // It may be there all the same, and would be believed by the next start.
    await disk.remove(file, { durable: true }).catch(() => {})
    throw error
  }
  return file
}

/** Also where an earlier attempt got half of the way, or all of it. */
export async function removePart(disk: Disk, path: string, name: string): Promise<void> {
  try {
    await disk.move(`${path}/${name}`, `${path}/${removedPrefix}${name}`)
  } catch (error) {
    if (!(error instanceof DBError && error.errorName === 'FILE_DOESNT_EXIST')) throw error
  }
  await disk.remove(`${path}/${removedPrefix}${name}`)
}

/** At start, before anything is loaded: ends what a crash interrupted. Gives how many journals there were. */
export async function recoverJournals(disk: Disk, path: string): Promise<number> {
  const journals = (await disk.list(path)).flatMap(({ name }) => {
    const match = journalPattern.exec(name)
    return match ? [{ name, kind: match[1], number: Number(match[2]) }] : []
  })
  journals.sort((a, b) => a.number - b.number)
  for (const { name, kind } of journals) {
    for (const { from, to } of readJournal(await readFile(disk, `${path}/${name}`), kind, `${path}/${name}`)) {
      if ((await disk.list(`${path}/${from}`)).length === 0) continue // done before the crash
      if (kind === 'commit' && to !== undefined) await disk.move(`${path}/${from}`, `${path}/${to}`)
      else await removePart(disk, path, from)
    }
    await disk.remove(`${path}/${name}`)
  }
  return journals.length
}

/** What a journal's lines say. */
export function readJournal(bytes: Uint8Array, kind: string, file: string): { from: string; to: string | undefined }[] {
  const [title, ...lines] = decodeText(bytes).split('\n')
  if (title !== (kind === 'commit' ? commitTitle : droppedTitle))
    throw new DBError('UNKNOWN_FORMAT_VERSION', `${file} starts with ${JSON.stringify(title)}`)
  return lines
    .filter(line => line !== '')
    .map(line => {
      const [from, to] = line.split('\t')
      return { from, to }
    })
}

const writeLines = (title: string, lines: readonly string[]): Uint8Array =>
  encodeText([title, ...lines].map(line => `${line}\n`).join(''))
