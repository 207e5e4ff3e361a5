// Groups on disk: their keys and states, each partition by itself, so that at the end only one partition at a time has to be in memory.
import type { GroupStates, PartialPart } from './groupStates.ts'
import type { FileRange, TemporaryFiles } from './temporaryFiles.ts'

/** A file of groups. Plain data: another thread of the query can read it too. */
export interface SpilledGroups {
  readonly path: string
  /** For each partition. */
  readonly parts: readonly SpilledPart[]
}

interface SpilledPart {
  readonly groups: number
  readonly keys: readonly FileRange[]
  readonly states: readonly FileRange[]
}

/** Writes all groups, in as many partitions as there may be. */
export async function writeGroups(files: TemporaryFiles, states: GroupStates): Promise<SpilledGroups> {
  states.spread()
  const file = await files.create()
  const parts: SpilledPart[] = []
  try {
    for (const part of states.writeParts()) {
      const ranges = { groups: part.groups, keys: [] as FileRange[], states: [] as FileRange[] }
      for (const keys of part.keys) ranges.keys.push(await file.write(new Uint8Array(keys)))
      for (const bytes of part.states) ranges.states.push(await file.write(bytes))
      parts.push(ranges)
    }
  } finally {
    await file.close()
  }
  return { path: file.path, parts }
}

/** One partition of what writeGroups wrote. */
export async function readGroups(
  files: TemporaryFiles,
  { path, parts }: SpilledGroups,
  partition: number,
): Promise<PartialPart> {
  const { groups, keys, states } = parts[partition]
  const read = (ranges: readonly FileRange[]) => Promise.all(ranges.map(range => files.read(path, range)))
  return { groups, keys: await read(keys), states: await read(states) }
}
