import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'
import type { ObjectStore } from './objectStore.ts'
import { DirectoryStore } from './stores/directory.ts'
import { HttpStore } from './stores/http.ts'
import { S3Store } from './stores/s3.ts'
import { parseS3Url, s3Place } from './stores/s3Location.ts'

/** The objects below a location, as they are: a local directory, a URL, or what the platform's adapter knows. */
export async function openStore(platform: Platform, location: string): Promise<ObjectStore> {
  const own = await platform.openStore?.(location)
  if (own) return own
  const { storeOptions } = platform
  if (/^s3:/i.test(location)) {
    const place = s3Place(parseS3Url(location), storeOptions?.s3 ?? {}, name => platform.environment?.(name))
    return new S3Store(platform, { ...place, limits: storeOptions?.requests })
  }
  if (/^https?:/i.test(location)) return new HttpStore(platform, location, storeOptions?.requests)
  if (/^[a-z][a-z0-9+.-]+:/i.test(location))
    throw new DBError('NOT_IMPLEMENTED', `There is no object store for ${location}`)
  return new DirectoryStore(await platform.openDisk(location))
}
