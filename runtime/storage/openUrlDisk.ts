import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'
import type { Disk } from './disk.ts'

const url = /^([a-z][a-z0-9+.-]+):/i

/** Whether a location is one of openUrlDisk's: `C:\data` is a path. */
export const isUrl = (location: string): boolean => url.test(location)

/** A disk at a URL of a kind that every runtime can reach. Adapters ask here for what is not theirs. */
export async function openUrlDisk(_platform: Platform, location: string): Promise<Disk> {
  const scheme = url.exec(location)?.[1].toLowerCase()
  throw new DBError(
    'BAD_ARGUMENTS',
    scheme === undefined
      ? `This runtime has no local files: ${location} cannot be opened`
      : `Locations of the kind ${scheme}: are not supported here`,
  )
}
