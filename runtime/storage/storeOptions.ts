import type { Platform } from '../platform.ts'
import type { Disk } from './disk.ts'
import { opensHere, openUrlDisk } from './openUrlDisk.ts'
import type { RequestLimits } from './stores/httpRequests.ts'
import type { S3Options } from './stores/s3Location.ts'

/** For all object stores that an engine opens, as far as a location does not state its own. Plain data, posted to workers. */
export interface StoreOptions {
  /** For locations `s3://bucket/prefix`. What is missing is taken from the environment. */
  readonly s3?: S3Options
  readonly requests?: RequestLimits
  /** Below which directory tables may have local disks of their own; `/`: anywhere. Default: `disks/` of the data directory. */
  readonly localDisks?: string
  /** Disks of tables are only read, whatever their statements say. */
  readonly readonly?: boolean
  /** How long a server that writes to an object store may be silent before another one takes its place. Default: 30 seconds. */
  readonly leaseMs?: number
}

/** The platform with options for the object stores that are opened through it. */
export function withStoreOptions(platform: Platform, storeOptions: StoreOptions): Platform {
  const disks = new Map<string, Promise<Disk>>()
  const wrapped: Platform = {
    ...platform,
    storeOptions,
    openDisk: location => (opensHere(location) ? openUrlDisk(wrapped, location, disks) : platform.openDisk(location)),
  }
  return wrapped
}
