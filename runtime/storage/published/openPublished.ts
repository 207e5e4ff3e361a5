import type { Platform } from '../../platform.ts'
import type { Disk } from '../disk.ts'
import { openStore } from '../openStore.ts'
import { PublishedDisk } from './publishedDisk.ts'

/** Of the locations of sources whose files lie in an object store under their own names. */
export const publishedPrefix = 'published:'

/** The disk of a source's location. */
export async function openSourceDisk(platform: Platform, location: string): Promise<Disk> {
  if (!location.startsWith(publishedPrefix)) return platform.openDisk(location)
  const bare = location.slice(publishedPrefix.length)
  return new PublishedDisk(await openStore(platform, bare), bare)
}
