import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Disk, DiskEntry, FileWriter, OpenFile } from '../disk.ts'

interface StoredFile {
  bytes: Uint8Array
  modifiedMs: number
}

/** Files in this process's memory, for tests and for tables that need not outlive it. */
export class MemoryDisk implements Disk {
  readonly can = { rename: true, append: true, sync: true, write: true }
  /** By whole path. Directories exist as long as something is in them. */
  readonly files = new Map<string, StoredFile>()
  readonly readSync?: NonNullable<Disk['readSync']>
  readonly openSync?: NonNullable<Disk['openSync']>

  constructor(
    readonly now: () => number = () => 0,
    /** Without, all reads have to be waited for, as on an object store. */
    options: { sync?: boolean } = {},
  ) {
    if (options.sync === false) return
    this.readSync = (path, start, target) => {
      const bytes = this.#file(path).bytes.subarray(start, start + target.length)
      target.set(bytes)
      return bytes.length
    }
    this.openSync = path => this.#open(path)
  }

  #file(path: string): StoredFile {
    const file = this.files.get(checked(path))
    if (!file) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    return file
  }

  #open(path: string): OpenFile {
    const file = this.#file(path)
    return {
      read: (start, target) => {
        const bytes = file.bytes.subarray(start, start + target.length)
        target.set(bytes)
        return bytes.length
      },
      close: () => {},
    }
  }

  async read(path: string, start: number, end: number): Promise<Uint8Array> {
    assert(start >= 0 && start <= end, 'a read is a range')
    return this.#file(path).bytes.slice(start, end)
  }

  async size(path: string): Promise<number | null> {
    return this.files.get(checked(path))?.bytes.length ?? null
  }

  async list(path: string): Promise<DiskEntry[]> {
    const prefix = checked(path) === '' ? '' : `${path}/`
    const entries = new Map<string, DiskEntry>()
    for (const [name, { bytes, modifiedMs }] of this.files) {
      if (!name.startsWith(prefix)) continue
      const [first, ...more] = name.slice(prefix.length).split('/')
      const isDirectory = more.length > 0
      const older = entries.get(first)
      entries.set(first, {
        name: first,
        isDirectory,
        size: isDirectory ? 0 : bytes.length,
        modifiedMs: Math.max(modifiedMs, older?.modifiedMs ?? 0),
      })
    }
    return [...entries.values()]
  }

  async put(path: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<void> {
    if (options.ifAbsent && this.files.has(checked(path)))
      throw new DBError('FILE_ALREADY_EXISTS', `File ${path} already exists`)
    this.files.set(checked(path), { bytes: bytes.slice(), modifiedMs: this.now() })
  }

  async create(path: string): Promise<FileWriter> {
    const file: StoredFile = { bytes: new Uint8Array(0), modifiedMs: this.now() }
    this.files.set(checked(path), file)
    let capacity = new Uint8Array(1024)
    let size = 0
    return {
      write(bytes) {
        if (size + bytes.length > capacity.length) {
          const larger = new Uint8Array(Math.max(size + bytes.length, capacity.length * 2))
          larger.set(capacity.subarray(0, size))
          capacity = larger
        }
        capacity.set(bytes, size)
        size += bytes.length
        file.bytes = capacity.subarray(0, size)
      },
      sync: async () => {},
      close: async () => {},
      abort: async () => {
        this.files.delete(path)
      },
    }
  }

  async remove(path: string): Promise<void> {
    this.files.delete(checked(path))
    for (const name of [...this.files.keys()]) if (name.startsWith(`${path}/`)) this.files.delete(name)
  }

  async commit(from: string, to: string): Promise<void> {
    await this.move(from, to)
  }

  async sync(): Promise<void> {}

  async move(from: string, to: string): Promise<void> {
    const moved = [...this.files].filter(([name]) => name === checked(from) || name.startsWith(`${from}/`))
    if (moved.length === 0) throw new DBError('FILE_DOESNT_EXIST', `${from} does not exist`)
    const isDirectory = moved[0][0] !== from
    if (isDirectory && [...this.files.keys()].some(name => name.startsWith(`${checked(to)}/`)))
      throw new DBError('DIRECTORY_ALREADY_EXISTS', `Directory ${to} already exists`)
    for (const [name, file] of moved) {
      this.files.delete(name)
      this.files.set(to + name.slice(from.length), file)
    }
  }

  async link(from: string, to: string): Promise<void> {
    const file = this.#file(from)
    if (this.files.has(checked(to))) throw new DBError('FILE_ALREADY_EXISTS', `File ${to} already exists`)
    this.files.set(to, file)
  }

  async freeBytes(): Promise<number | null> {
    return null
  }
}

/** Paths are relative and stay inside the disk. */
export function checked(path: string): string {
  if (path !== '' && path.split('/').some(part => part === '' || part === '.' || part === '..'))
    throw new DBError('INCORRECT_FILE_NAME', `Path ${JSON.stringify(path)} leads outside of its disk`)
  return path
}
