// Where a page keeps a database: three files in the origin's private file system, opened once and held. A lock tells tabs apart.
import { DBError } from '../../runtime/core/errors.ts'
import { PackedDisk } from '../../runtime/storage/disks/packed.ts'
import type { RandomFile } from '../../runtime/storage/packed/randomFile.ts'

/** Of a dedicated worker; the types of a page do not know it. */
interface SyncAccessHandle {
  getSize(): number
  read(target: Uint8Array, options: { at: number }): number
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  close(): void
}
interface FileHandle extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>
}

export interface OpfsOptions {
  /** How long to wait for another tab that has the database open, in milliseconds. */
  readonly waitMs: number
}

export interface OpenedDatabase {
  readonly disk: PackedDisk
  close(): Promise<void>
}

/** All databases lie below this folder, each in one of its own. */
const folder = 'granary'
/** A worker that has just ended may hold its files for so long. */
const handlesMs = 5000
const retryMs = 50

/** The folder of a database: its name, with what a file system might not like escaped. */
const folderName = (name: string): string => encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('*', '%2A')

const lockName = (name: string): string => `granary/opfs:${name}`

/** Of `opfs:name`. */
export function opfsName(location: string): string {
  const name = location.slice('opfs:'.length).replace(/^\/+|\/+$/g, '')
  if (name === '') throw new DBError('BAD_ARGUMENTS', 'A database in OPFS has a name: opfs:name')
  return name
}

async function databases(options: { create: boolean }): Promise<FileSystemDirectoryHandle> {
  const storage = (globalThis.navigator as Navigator | undefined)?.storage
  if (!storage?.getDirectory)
    throw new DBError(
      'NOT_IMPLEMENTED',
      'There is no OPFS here: it needs a secure context (https, or localhost) and a browser that has it. A database in memory works',
    )
  const root = await storage.getDirectory().catch(error => {
    throw new DBError('NOT_IMPLEMENTED', `This browser gives the page no storage: ${String(error)}`, { cause: error })
  })
  return root.getDirectoryHandle(folder, options)
}

export async function openOpfs(name: string, { waitMs }: OpfsOptions): Promise<OpenedDatabase> {
  const directory = await databases({ create: true })
  const release = await lock(name, waitMs)
  const opened: RandomFile[] = []
  try {
    const own = await directory.getDirectoryHandle(folderName(name), { create: true })
    const open = async (file: string) => {
      const made = new OpfsFile(await openHandle(own, file), name)
      opened.push(made)
      return made
    }
    const data = await open('data')
    const logs = [await open('log1'), await open('log2')] as const
    const disk = PackedDisk.open({ data, logs }, { now: () => Date.now(), freeBytes })
    const close = async () => {
      await disk.close().finally(release)
    }
    return { disk, close }
  } catch (error) {
    for (const file of opened) file.close()
    release()
    throw error
  }
}

/** Removes a database that nobody has open. None there is no error. */
export async function removeOpfs(name: string): Promise<void> {
  const directory = await databases({ create: true })
  const release = await lock(name, 0)
  try {
    await directory.removeEntry(folderName(name), { recursive: true })
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotFoundError') throw error
  } finally {
    release()
  }
}

/** Held until the function that it gives is called, or the worker ends. */
async function lock(name: string, waitMs: number): Promise<() => void> {
  const { locks } = navigator
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  await new Promise<void>((resolve, reject) => {
    const given = locks.request(lockName(name), { signal: AbortSignal.timeout(Math.max(waitMs, retryMs)) }, () => {
      resolve()
      return held
    })
    given.catch(cause =>
      reject(
        new DBError(
          'CANNOT_OPEN_FILE',
          `Database opfs:${name} is open in another tab or worker: one at a time can have it. Close it there, or wait for it with waitMs`,
          { cause },
        ),
      ),
    )
  })
  return release
}

async function openHandle(directory: FileSystemDirectoryHandle, name: string): Promise<SyncAccessHandle> {
  const file = (await directory.getFileHandle(name, { create: true })) as FileHandle
  if (!file.createSyncAccessHandle)
    throw new DBError(
      'NOT_IMPLEMENTED',
      'OPFS works only in a dedicated worker of a browser that has sync access handles',
    )
  for (let waited = 0; ; waited += retryMs) {
    try {
      return await file.createSyncAccessHandle()
    } catch (error) {
      // The lock is ours, so who has the file is about to end.
      const isTaken = error instanceof DOMException && error.name === 'NoModificationAllowedError'
      if (!isTaken || waited >= handlesMs) throw told(error, `opfs:${directory.name}/${name}`)
      await new Promise(resolve => setTimeout(resolve, retryMs))
    }
  }
}

/** What the origin may still store. */
async function freeBytes(): Promise<number | null> {
  const { quota, usage } = await navigator.storage.estimate()
  return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage)
}

class OpfsFile implements RandomFile {
  #size: number

  constructor(
    readonly handle: SyncAccessHandle,
    readonly database: string,
  ) {
    this.#size = handle.getSize()
  }

  get size(): number {
    return this.#size
  }

  read(start: number, target: Uint8Array): number {
    let have = 0
    while (have < target.length) {
      const read = this.handle.read(have === 0 ? target : target.subarray(have), { at: start + have })
      if (read === 0) break
      have += read
    }
    return have
  }

  write(start: number, bytes: Uint8Array): void {
    try {
      let done = 0
      while (done < bytes.length) {
        const wrote = this.handle.write(done === 0 ? bytes : bytes.subarray(done), { at: start + done })
        if (wrote === 0) throw new DOMException('nothing was written', 'QuotaExceededError')
        done += wrote
      }
    } catch (error) {
      throw told(error, `opfs:${this.database}`)
    } finally {
      this.#size = this.handle.getSize()
    }
  }

  truncate(size: number): void {
    try {
      this.handle.truncate(size)
    } catch (error) {
      throw told(error, `opfs:${this.database}`)
    } finally {
      this.#size = this.handle.getSize()
    }
  }

  flush(): void {
    this.handle.flush()
  }

  close(): void {
    this.handle.close()
  }
}

function told(error: unknown, what: string): unknown {
  if (error instanceof DOMException && error.name === 'QuotaExceededError')
    return new DBError(
      'NOT_ENOUGH_SPACE',
      `Cannot write to ${what}: the browser gives this origin no more space (navigator.storage.estimate() tells how much there is)`,
      { cause: error },
    )
  if (error instanceof DOMException)
    return new DBError('CANNOT_OPEN_FILE', `Cannot use ${what}: ${error.name}: ${error.message}`, { cause: error })
  return error
}
