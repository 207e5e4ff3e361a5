// A table's own disk, as plain data: it travels to the workers as a location, and may hold secrets, which no text shows.
import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'
import type { Disk } from './disk.ts'
import { MountedDisk } from './disks/mounted.ts'
import { PlainDisk } from './disks/plain.ts'
import { RewritableDisk } from './disks/rewritable.ts'
import { WebDisk } from './disks/web.ts'
import type { ObjectStore } from './objectStore.ts'
import { DirectoryStore } from './stores/directory.ts'
import { HttpStore } from './stores/http.ts'
import { S3Store } from './stores/s3.ts'
import { parseS3Endpoint, type S3Options, s3Place } from './stores/s3Location.ts'

export interface DiskDescription {
  /** plain, plain_rewritable and web as ClickHouse lays them out; tree: the files of a local directory as they are. */
  readonly layout: 'plain' | 'plainRewritable' | 'web' | 'tree'
  readonly store: StoreDescription
  readonly isReadOnly: boolean
  /** The table's directory on the disk; '' is the disk's root. */
  readonly root: string
}

export type StoreDescription =
  | { readonly kind: 's3'; readonly endpoint: string; readonly options: S3Options }
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'http'; readonly endpoint: string }
  /** Of a kind that the platform has: r2:BINDING/prefix. */
  | { readonly kind: 'platform'; readonly location: string }

const scheme = 'disk:'

/** The table's directory, whatever disk it is on. */
export const tableDirectory = 'table'

/** Of Platform.openDisk; holds secrets. */
export const locationOfDisk = (description: DiskDescription): string => scheme + JSON.stringify(description)

/** Tables with one of these share one disk below them, and its lock. */
export const locationOfBase = (description: DiskDescription): string => locationOfDisk({ ...description, root: '' })

export const isDescribed = (location: string): boolean => location.startsWith(scheme)

/** open: gives the disk of another location, one instance for all who ask. */
export async function openDescribedDisk(
  platform: Platform,
  location: string,
  open: (location: string) => Promise<Disk>,
  leaseMs: number,
): Promise<Disk> {
  const description: DiskDescription = JSON.parse(location.slice(scheme.length))
  if (description.root !== '') {
    const base = await open(locationOfBase(description))
    return new MountedDisk((base as MountedDisk).disk, tableDirectory, description.root)
  }
  return new MountedDisk(await openLayout(platform, description, leaseMs), tableDirectory, '')
}

async function openLayout(
  platform: Platform,
  { layout, store, isReadOnly }: DiskDescription,
  leaseMs: number,
): Promise<Disk> {
  if (layout === 'tree') {
    if (store.kind !== 'local') throw new DBError('BAD_ARGUMENTS', 'A tree of files is a local one')
    return platform.openDisk(store.path)
  }
  const objects = await openDescribedStore(platform, store)
  if (layout === 'web') return new WebDisk(objects, platform)
  if (layout === 'plain') return new PlainDisk(objects)
  const now = () => platform.clock.monotonic()
  const { isolatesRequests } = platform
  return new RewritableDisk(objects, {
    now,
    isolatesRequests,
    readonly: isReadOnly,
    ...(store.kind === 'local' ? {} : { leaseMs }),
  })
}

async function openDescribedStore(platform: Platform, store: StoreDescription): Promise<ObjectStore> {
  const limits = platform.storeOptions?.requests
  if (store.kind === 'local') return new DirectoryStore(await platform.openDisk(store.path))
  if (store.kind === 'platform') {
    const own = await platform.openStore?.(store.location)
    if (own) return own
    throw new DBError('BAD_ARGUMENTS', `This runtime has no object store for ${store.location}`)
  }
  if (store.kind === 'http') return new HttpStore(platform, store.endpoint, limits)
  const { bucket, prefix, options } = parseS3Endpoint(store.endpoint)
  const environment = (name: string) => platform.environment?.(name)
  const configured = platform.storeOptions?.s3
  const configuredEndpoint =
    configured?.endpoint ?? environment('AWS_ENDPOINT_URL_S3') ?? environment('AWS_ENDPOINT_URL')
  // Who may state an endpoint in SQL is not to have the server's own credentials sent there.
  const isTrusted =
    options.endpoint === undefined ||
    /^https:\/\/([^/]+\.)?amazonaws\.com(:443)?$/i.test(options.endpoint) ||
    (configuredEndpoint !== undefined && originOf(configuredEndpoint) === originOf(options.endpoint))
  const given = isTrusted ? { ...configured, ...options, ...store.options } : { ...options, ...store.options }
  const hasOwn = store.options.accessKeyId !== undefined
  const { accessKeyId: _, secretAccessKey: __, sessionToken: ___, ...rest } = given
  const place = s3Place(
    { bucket, prefix },
    hasOwn ? { ...rest, ...pickKeys(store.options) } : isTrusted ? given : { ...rest, anonymous: true },
    name => (/^AWS_ENDPOINT/.test(name) ? undefined : environment(name)),
  )
  return new S3Store(platform, { ...place, limits })
}

const pickKeys = ({ accessKeyId, secretAccessKey, sessionToken }: S3Options): S3Options => ({
  accessKeyId,
  secretAccessKey,
  ...(sessionToken ? { sessionToken } : {}),
})

function originOf(url: string): string {
  try {
    return new URL(url).origin
  } catch {
    return url
  }
}
