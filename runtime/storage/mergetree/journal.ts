// Changes of a table's directory that are more than one rename, as one step: what is to be done is written down and made durable
// first, and done again after a crash.
//
//   commit_<n>.txt:   commit format version: 1     then lines: from <tab> to    directories that become visible together
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
const pattern = /^(commit|dropped)_(\d+)\.txt$/
/** A directory on its way out: half of it is never seen under its name. */
export const removedPrefix = 'delete_tmp_'

/** Moves directories of a table, all or none, also over a crash. number: one that no other journal has. */
export async function moveTogether(disk: Disk, path: string, number: number, moves: readonly Move[]): Promise<void> {
  // One rename is one step already.
  if (moves.length <= 1) {
    for (const { from, to } of moves) await disk.move(`${path}/${from}`, `${path}/${to}`)
    return
  }
  const journal = `${path}/commit_${number}.txt`
  await disk.put(
    journal,
    writeLines(
      commitTitle,
      moves.map(({ from, to }) => `${from}\t${to}`),
    ),
  )
  const done: Move[] = []
  try {
    for (const move of moves) {
      await disk.move(`${path}/${move.from}`, `${path}/${move.to}`)
      done.push(move)
    }
  } catch (error) {
    // The disk refuses, so nothing is to have happened. If it refuses this too, the next start ends what the journal says.
    for (const { from, to } of done.reverse()) await disk.move(`${path}/${to}`, `${path}/${from}`)
    await disk.remove(journal)
    throw error
  }
  await disk.remove(journal)
}

/** Makes it durable that parts are gone. Gives the file that says so, to be removed when they are. */
export async function recordDropped(
  disk: Disk,
  path: string,
  number: number,
  names: readonly string[],
): Promise<string> {
  const file = `${path}/dropped_${number}.txt`
  await disk.put(file, writeLines(droppedTitle, names))
  return file
}

export async function removePart(disk: Disk, path: string, name: string): Promise<void> {
  await disk.move(`${path}/${name}`, `${path}/${removedPrefix}${name}`)
  await disk.remove(`${path}/${removedPrefix}${name}`)
}

/** At start, before anything is loaded: ends what a crash interrupted. Gives how many journals there were. */
export async function recoverJournals(disk: Disk, path: string): Promise<number> {
  const journals = (await disk.list(path)).flatMap(({ name }) => {
    const match = pattern.exec(name)
    return match ? [{ name, kind: match[1], number: Number(match[2]) }] : []
  })
  journals.sort((a, b) => a.number - b.number)
  for (const { name, kind } of journals) {
    const [title, ...lines] = decodeText(await readFile(disk, `${path}/${name}`)).split('\n')
    if (title !== (kind === 'commit' ? commitTitle : droppedTitle))
      throw new DBError('UNKNOWN_FORMAT_VERSION', `${path}/${name} starts with ${JSON.stringify(title)}`)
    for (const line of lines.filter(line => line !== '')) {
      const [from, to] = line.split('\t')
      if ((await disk.list(`${path}/${from}`)).length === 0) continue // done before the crash
      if (kind === 'commit') await disk.move(`${path}/${from}`, `${path}/${to}`)
      else await removePart(disk, path, from)
    }
    await disk.remove(`${path}/${name}`)
  }
  return journals.length
}

const writeLines = (title: string, lines: readonly string[]): Uint8Array =>
  encodeText([title, ...lines].map(line => `${line}\n`).join(''))
