import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'
import type { Disk } from './disk.ts'
import { isDescribed, openDescribedDisk } from './diskDescription.ts'
import { RewritableDisk } from './disks/rewritable.ts'
import { WebDisk } from './disks/web.ts'
import { openStore } from './openStore.ts'

const url = /^([a-z][a-z0-9+.-]+):/i
const leaseMsDefault = 30_000

/** Whether a location is one of openUrlDisk's: `C:\\data` is a path. */
export const isUrl = (location: string): boolean => url.test(location)

/** Whether it is of a kind that every runtime can reach. */
export const opensHere = (location: string): boolean => /^(s3|https?|disk):/i.test(location)

/** A thread has one disk for a location: who shares it shares what is known of its directories. */
const opened = new WeakMap<Platform, Map<string, Promise<Disk>>>()

/** A disk at a URL of a kind that every runtime can reach. Adapters ask here for what is not theirs. */
export function openUrlDisk(
  platform: Platform,
  location: string,
  disks: Map<string, Promise<Disk>> = disksOf(platform),
): Promise<Disk> {
  const known = disks.get(location)
  if (known) return known
  const disk = open(platform, location, disks)
  disks.set(location, disk)
  disk.catch(() => disks.delete(location)) // told by who asked for it
  return disk
}

function disksOf(platform: Platform): Map<string, Promise<Disk>> {
  let disks = opened.get(platform)
  if (!disks) {
    disks = new Map()
    opened.set(platform, disks)
  }
  return disks
}

async function open(platform: Platform, location: string, disks: Map<string, Promise<Disk>>): Promise<Disk> {
  const leaseMs = platform.storeOptions?.leaseMs ?? leaseMsDefault
  if (isDescribed(location))
    return openDescribedDisk(platform, location, other => openUrlDisk(platform, other, disks), leaseMs)
  const scheme = url.exec(location)?.[1].toLowerCase()
  if (scheme === 's3')
    return new RewritableDisk(await openStore(platform, location), {
      now: () => platform.clock.monotonic(),
      leaseMs,
      isolatesRequests: platform.isolatesRequests,
    })
  if (scheme === 'http' || scheme === 'https') return new WebDisk(await openStore(platform, location), platform)
  throw new DBError(
    'BAD_ARGUMENTS',
    scheme === undefined
      ? `This runtime has no local files: ${location} cannot be opened`
      : `Locations of the kind ${scheme}: cannot be opened as a disk`,
  )
}
