// A directory tree over an object store, in the layout that ClickHouse calls plain_rewritable:
//
//   __root/<file>                 files of the root
//   __meta/<dir>/prefix.path      one object a directory; content: its logical path, `data/db/t/all_1_1_0/`
//   <dir>/<file>                  its files
//   __granary/moves/<name>        ours: a move of several directories that is not over
//
// A directory moves when its prefix.path is written anew: one PUT, so MergeTree commits parts as it does on a local disk.
// Files appear whole when they are closed; hard links are copies.
//
// Each thread has an instance of its own. What it knows of the directories is read again when a path is not found, or an object
// that should be there is gone. So readers see what others made, at no cost while nothing changes. Only one thread moves
// directories (the one that keeps the tables), others make new ones and read.
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import type { Platform } from '../../platform.ts'
import type { Disk, DiskEntry, DiskLock, FileWriter, ReadOptions } from '../disk.ts'
import { Lease } from '../lease.ts'
import type { ObjectStore, StoredObject } from '../objectStore.ts'
import { type Directory, DirectoryMap, directoryName, parsePrefixPath, printPrefixPath } from './directoryMap.ts'
import { checked } from './memory.ts'

export interface RewritableDiskOptions {
  /** Milliseconds that never go back. Without, every list() reads the directories again. */
  readonly now?: () => number
  /** How old, in milliseconds, the known directories may be for list(). Default: 1000. */
  readonly listAgeMs?: number
  readonly readonly?: boolean
  /** Locks are held by a lease of this length. Without: no other machine reaches the store. */
  readonly leaseMs?: number
  /** Of Platform: nothing that is on its way is shared. */
  readonly isolatesRequests?: boolean
}

/** A listing of the directories that is under way. */
interface Listing {
  readonly number: number
  /** What this instance changed meanwhile: by directory name, null for what is gone. */
  readonly changed: Map<string, Directory | null>
}

const root = '__root'
const meta = '__meta/'
const moves = '__granary/moves/'
const fetchesMax = 24
const namesMax = 16
/** Files on their way at once. */
const uploadsMax = 16

const metaKey = (name: string): string => `${meta}${name}/prefix.path`

function split(path: string): { parent: string; name: string } {
  const slash = path.lastIndexOf('/')
  return { parent: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) }
}

export class RewritableDisk implements Disk {
  readonly can: Disk['can']
  #map = new DirectoryMap()
  #isLoaded = false
  /** A write failed that may have happened. */
  #isDoubted = false
  /** When the directories that are known were listed. */
  #listedMs = Number.NEGATIVE_INFINITY
  #running: Promise<void> | null = null
  #queued: Promise<void> | null = null
  readonly #listings = new Set<Listing>()
  /** Of the newest listing that was begun. */
  #listingNumber = 0
  readonly #making = new Map<string, Promise<Directory>>()
  #moves = 0
  /** Files that were closed and are still on their way, by path. */
  readonly #uploads = new Map<string, Promise<void>>()
  #lease: Lease | null = null

  constructor(
    readonly store: ObjectStore,
    readonly options: RewritableDiskOptions = {},
  ) {
    this.can = { rename: true, append: false, sync: true, write: store.can.write && !options.readonly }
  }

  // --- What directories there are ---

  /** Reads the directories again: what others made or moved is seen from here on. */
  refresh(): Promise<void> {
    if (this.options.isolatesRequests) return this.#list()
    if (!this.#running) {
      this.#running = this.#list().finally(() => {
        this.#running = null
      })
      return this.#running
    }
    // The one that runs may have listed too early for who asks now.
    const again = () => {
      this.#queued = null
      return this.refresh()
    }
    this.#queued ??= this.#running.then(again, again)
    return this.#queued
  }

  async #list(): Promise<void> {
    const listedMs = this.options.now?.() ?? Number.NEGATIVE_INFINITY
    const listing: Listing = { number: ++this.#listingNumber, changed: new Map() }
    const { changed } = listing
    this.#listings.add(listing)
    try {
      const listed: { name: string; etag: string; known: Directory | undefined }[] = []
      for await (const { key, etag, size, modifiedMs } of this.store.list(meta)) {
        const name = /^__meta\/([^/]+)\/prefix\.path$/.exec(key)?.[1]
        if (name === undefined) continue
        const version = etag || `${size}-${modifiedMs}`
        const known = this.#map.named(name)
        listed.push({ name, etag: version, known: known?.etag === version ? known : undefined })
      }
      const read = new Map<string, Directory>()
      await inParallel(
        listed.filter(({ known }) => !known),
        async ({ name, etag }) => {
          const object = await this.store.get(metaKey(name))
          // Gone since it was listed: no directory.
          if (object) read.set(name, { name, etag, ...parsePrefixPath(object.bytes, metaKey(name)) })
        },
      )
      // One that was begun later has ended: it has seen what is newer.
      if (!this.#listings.has(listing)) return
      for (const other of this.#listings) if (other.number < listing.number) this.#listings.delete(other)
      const map = new DirectoryMap()
      for (const { name, known } of listed) {
        const directory = changed.has(name) ? null : (known ?? read.get(name))
        if (directory) map.set(directory)
      }
      for (const directory of changed.values()) if (directory) map.set(directory)
      this.#map = map
      this.#isLoaded = true
      this.#isDoubted = false
      this.#listedMs = listedMs
    } finally {
      this.#listings.delete(listing)
    }
  }

  async #loaded(): Promise<DirectoryMap> {
    if (this.#isDoubted) await this.refresh()
    else if (!this.#isLoaded) await (this.#running ?? this.refresh())
    return this.#map
  }

  #learn(directory: Directory): void {
    this.#map.set(directory)
    for (const { changed } of this.#listings) changed.set(directory.name, directory)
  }

  #unlearn({ name }: Directory): void {
    this.#map.delete(name)
    for (const { changed } of this.#listings) changed.set(name, null)
  }

  /** The directory of a path as another thread may just have made it: found by its name. */
  async #madeByOthers(path: string): Promise<Directory | null> {
    const name = directoryName(path, 0)
    const object = await this.store.get(metaKey(name))
    if (!object) return null
    const parsed = parsePrefixPath(object.bytes, metaKey(name))
    if (parsed.path !== path) return null
    const directory = { name, etag: object.etag, ...parsed }
    this.#learn(directory)
    return directory
  }

  async #find(path: string): Promise<Directory | null> {
    const known = (await this.#loaded()).get(path)
    if (known) return known
    const made = await this.#madeByOthers(path)
    if (made) return made
    await this.refresh()
    return this.#map.get(path)
  }

  /** The directory, made where it is not there. */
  async #ensure(path: string): Promise<Directory | null> {
    if (path === '') return null
    const known = (await this.#loaded()).get(path)
    if (known) return writable(known)
    if (this.options.isolatesRequests) return writable(await this.#make(path))
    let making = this.#making.get(path)
    if (!making) {
      making = this.#make(path).finally(() => this.#making.delete(path))
      this.#making.set(path, making)
    }
    return writable(await making)
  }

  async #make(path: string): Promise<Directory> {
    for (let attempt = 0; attempt < namesMax; attempt++) {
      const name = directoryName(path, attempt)
      const known = this.#map.named(name)
      if (known && known.path !== path) continue // moved away from here
      const key = metaKey(name)
      if (!this.store.can.conditional) {
        const taken = await this.store.get(key)
        if (taken && parsePrefixPath(taken.bytes, key).path !== path) continue
      }
      try {
        const { etag } = await this.store.put(key, printPrefixPath(path), { ifAbsent: this.store.can.conditional })
        const directory: Directory = { name, path, etag, files: null }
        this.#learn(directory)
        return directory
      } catch (error) {
        if (!(error instanceof DBError) || error.errorName !== 'FILE_ALREADY_EXISTS') throw error
        const object = await this.store.get(key)
        if (!object) continue
        const parsed = parsePrefixPath(object.bytes, key)
        const directory: Directory = { name, etag: object.etag, ...parsed }
        this.#learn(directory)
        if (parsed.path === path) return directory
      }
    }
    throw new DBError('CANNOT_CREATE_DIRECTORY', `Cannot make directory ${path}: all its names are taken`)
  }

  // --- Files ---

  /** Where a file's bytes are, null when there is no such directory or its list does not have the file. */
  async #keyOf(path: string): Promise<string | null> {
    const { parent, name } = split(checked(path))
    if (parent === '') return `${root}/${name}`
    const directory = await this.#find(parent)
    return directory && fileKey(directory, name)
  }

  /** Asks for a file's object; once more when it is gone, for a directory may have moved or come anew meanwhile. */
  async #get(path: string, start?: number, end?: number, signal?: AbortSignal): Promise<StoredObject | null> {
    await this.#uploads.get(path)
    const key = await this.#keyOf(path)
    const object = key === null ? null : await this.store.get(key, { start, end, signal })
    if (object || split(path).parent === '') return object
    if (key === null) return null
    await this.refresh()
    const directory = this.#map.get(split(path).parent)
    const again = directory && fileKey(directory, split(path).name)
    return again === null || again === key ? null : this.store.get(again, { start, end, signal })
  }

  async read(path: string, start: number, end: number, { signal }: ReadOptions = {}): Promise<Uint8Array> {
    assert(start >= 0 && start <= end, 'a read is a range')
    checked(path)
    if (start === end) return new Uint8Array(0)
    const object = await this.#get(path, start, end, signal)
    if (!object) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    return object.bytes
  }

  async readAll(path: string): Promise<Uint8Array | null> {
    return (await this.#get(path))?.bytes ?? null
  }

  async size(path: string): Promise<number | null> {
    const object = await this.#get(path, 0, 1)
    if (!object) return null
    if (object.size !== null) return object.size
    return (await this.#get(path))?.bytes.length ?? null
  }

  async list(path: string): Promise<DiskEntry[]> {
    checked(path)
    await this.sync(path)
    await this.#loaded()
    const { now, listAgeMs = 1000 } = this.options
    if (!now || now() - this.#listedMs > listAgeMs) await this.refresh()
    for (let attempt = 0; ; attempt++) {
      const entries = new Map<string, DiskEntry>()
      const directory = this.#map.get(path)
      const files = path === '' ? await this.#filesBelow(root) : directory ? await this.#filesOf(directory) : []
      // It was moved while its files were listed: those are at another place now, or gone.
      if (attempt < 2 && directory && files.length === 0) {
        await this.refresh()
        if (this.#map.get(path)?.name !== directory.name) continue
      }
      for (const entry of files) entries.set(entry.name, entry)
      for (const name of this.#map.children(path))
        entries.set(name, { name, isDirectory: true, size: 0, modifiedMs: 0 })
      return [...entries.values()]
    }
  }

  async #filesOf({ name, files }: Directory): Promise<DiskEntry[]> {
    if (!files) return this.#filesBelow(name)
    return [...files].map(([file, { size }]) => ({ name: file, isDirectory: false, size, modifiedMs: 0 }))
  }

  async #filesBelow(directory: string): Promise<DiskEntry[]> {
    const { objects } = await this.store.listDirectory(`${directory}/`)
    return objects.map(({ key, size, modifiedMs }) => ({
      name: key.slice(directory.length + 1),
      isDirectory: false,
      size,
      modifiedMs,
    }))
  }

  // --- Changes ---

  async put(path: string, bytes: Uint8Array, { ifAbsent }: { ifAbsent?: boolean } = {}): Promise<void> {
    this.#checkWritable()
    await this.store.put(await this.#newKey(path), bytes, { ifAbsent })
  }

  async create(path: string): Promise<FileWriter> {
    this.#checkWritable()
    const writer = await this.store.create(await this.#newKey(path))
    let last: Promise<void> = Promise.resolve()
    return {
      write(bytes) {
        // They may lie in kernel memory, which the caller uses again.
        const own = bytes.slice()
        last = last.then(() => writer.write(own))
        last.catch(() => {}) // told by what waits for it, and by close
        return last
      },
      // A part has many small files: their uploads go on side by side, and sync() of its directory waits for them.
      close: async ({ sync = false } = {}) => {
        await last
        const upload = writer.close().then(() => {})
        if (sync) return upload
        while (this.#uploads.size >= uploadsMax) await Promise.race(this.#uploads.values()).catch(() => {})
        this.#upload(path, upload)
      },
      abort: () => last.catch(() => {}).then(() => writer.abort()),
    }
  }

  async #newKey(path: string): Promise<string> {
    const { parent, name } = split(checked(path))
    const directory = await this.#ensure(parent)
    return `${directory?.name ?? root}/${name}`
  }

  #checkWritable(): void {
    if (!this.can.write) throw new DBError('TABLE_IS_PERMANENTLY_READ_ONLY', 'The disk can only be read')
    if (this.#lease && !this.#lease.isHeld)
      throw new DBError(
        'TABLE_IS_READ_ONLY',
        'Nothing is written to the object store: the lease on it could not be renewed, and another server may write there now',
      )
  }

  async remove(path: string): Promise<void> {
    this.#checkWritable()
    await this.sync(path).catch(() => {}) // nobody wants them any more
    const map = await this.#loaded()
    // Others may have made directories below it.
    if (map.children(checked(path)).length > 0) await this.refresh()
    if (!this.#map.has(path)) {
      const { parent, name } = split(path)
      const holder = this.#map.get(parent)
      if (parent === '' || holder)
        await this.store.remove([parent === '' ? `${root}/${name}` : `${writable(holder!).name}/${name}`])
      if (!(await this.#madeByOthers(path))) return
    }
    const directories = this.#map.below(path).map(writable)
    const keys: string[] = []
    await inParallel(directories, async ({ name }) => {
      for await (const { key } of this.store.list(`${name}/`)) keys.push(key)
    })
    if (keys.length > 0) await this.store.remove(keys)
    // Not before the files: what no directory names would stay for ever.
    if (directories.length > 0) await this.store.remove(directories.map(({ name }) => metaKey(name)))
    for (const directory of directories) this.#unlearn(directory)
  }

  async commit(from: string, to: string): Promise<void> {
    await this.move(from, to)
  }

  #upload(path: string, upload: Promise<void>): void {
    this.#uploads.set(path, upload)
    upload.then(
      () => this.#uploads.delete(path),
      () => {}, // it stays for who waits for it
    )
  }

  /** Waits for files at or below a path; what has failed is told once. */
  async sync(path: string): Promise<void> {
    const below = [...this.#uploads].filter(([file]) => path === '' || file === path || file.startsWith(`${path}/`))
    const results = await Promise.allSettled(below.map(([, upload]) => upload))
    for (const [file, upload] of below) if (this.#uploads.get(file) === upload) this.#uploads.delete(file)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async move(from: string, to: string): Promise<void> {
    this.#checkWritable()
    checked(from)
    checked(to)
    await this.sync(from)
    await this.#loaded()
    if (!this.#map.has(from)) await this.#madeByOthers(from)
    if (!this.#map.has(from)) {
      const file = await this.#keyOf(from)
      if (file !== null && (await this.store.get(file, { start: 0, end: 1 }))) {
        await this.store.copy(file, await this.#newKey(to))
        await this.store.remove([file])
        return
      }
      if (!this.#map.has(from)) throw new DBError('FILE_DOESNT_EXIST', `${from} does not exist`)
    }
    if (this.#map.has(to)) throw new DBError('DIRECTORY_ALREADY_EXISTS', `Directory ${to} already exists`)
    const directories = this.#map.below(from).map(writable)
    if (directories.length === 1) return this.#rewrite(directories[0], from, to)
    const journal = `${moves}${directoryName(`${from}/${this.#moves++}`, 0)}`
    await this.store.put(journal, encodeText(`${from}\n${to}\n`))
    // Where it fails, the next start goes on with it.
    await inParallel(directories, directory => this.#rewrite(directory, from, to))
    await this.store.remove([journal])
  }

  async #rewrite(directory: Directory, from: string, to: string): Promise<void> {
    const path = to + directory.path.slice(from.length)
    try {
      // A directory that was removed or moved meanwhile, by a server that took over, is not to come back.
      const ifMatch = this.store.can.conditional && directory.etag !== '' ? directory.etag : undefined
      const { etag } = await this.store.put(metaKey(directory.name), printPrefixPath(path), { ifMatch })
      this.#learn({ ...directory, path, etag })
    } catch (error) {
      this.#isDoubted = true
      throw error
    }
  }

  async lock(platform: Platform): Promise<DiskLock> {
    const { leaseMs } = this.options
    const lease = leaseMs && this.store.can.conditional ? await Lease.take(this.store, platform, leaseMs) : null
    this.#lease = lease
    const release = async () => {
      await lease?.release()
      if (this.#lease === lease) this.#lease = null
    }
    try {
      await this.refresh()
      await this.recover()
    } catch (error) {
      await release()
      throw error
    }
    return { release }
  }

  /** By the one that writes here: ends moves that a crash interrupted. */
  async recover(): Promise<void> {
    this.#checkWritable()
    for await (const { key } of this.store.list(moves)) {
      const object = await this.store.get(key)
      if (!object) continue
      const [from, to, end] = decodeText(object.bytes).split('\n')
      if (end !== '') throw new DBError('CORRUPTED_DATA', `Object ${key} is not the record of a move`)
      await this.refresh()
      await inParallel(this.#map.below(checked(from)).map(writable), directory =>
        this.#rewrite(directory, from, checked(to)),
      )
      await this.store.remove([key])
    }
  }

  async link(from: string, to: string): Promise<void> {
    this.#checkWritable()
    await this.#uploads.get(from)
    const source = await this.#keyOf(from)
    if (source === null) throw new DBError('FILE_DOESNT_EXIST', `File ${from} does not exist`)
    await this.store.copy(source, await this.#newKey(to))
  }

  async freeBytes(): Promise<number | null> {
    return null
  }
}

function fileKey({ name, files }: Directory, file: string): string | null {
  if (!files) return `${name}/${file}`
  return files.get(file)?.key ?? null
}

function writable(directory: Directory): Directory {
  if (directory.files)
    throw new DBError(
      'NOT_IMPLEMENTED',
      `Directory ${directory.path} lists its files, which may be those of other directories: it can only be read`,
    )
  return directory
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  const run = async () => {
    while (next < items.length) await work(items[next++])
  }
  await Promise.all(Array.from({ length: Math.min(fetchesMax, items.length) }, run))
}
