import { DBError } from '../../core/errors.ts'
import type { Platform } from '../../platform.ts'
import type { Disk, DiskEntry, DiskLock, FileWriter, OpenFile, ReadOptions } from '../disk.ts'

/** One directory of a disk, seen under another name: a table that has the root of a disk has a name to lie under. */
export class MountedDisk implements Disk {
  readonly can: Disk['can']
  readonly readSync?: (path: string, start: number, target: Uint8Array) => number
  readonly openSync?: (path: string) => OpenFile
  readonly readAll?: (path: string) => Promise<Uint8Array | null>
  readonly refresh?: () => Promise<void>
  readonly lock?: (platform: Platform) => Promise<DiskLock>

  constructor(
    readonly disk: Disk,
    readonly name: string,
    /** '' is the disk's root. */
    readonly directory: string,
  ) {
    this.can = disk.can
    const { readSync, openSync, readAll, refresh, lock } = disk
    if (readSync) this.readSync = (path, start, target) => readSync.call(disk, this.#at(path), start, target)
    if (openSync) this.openSync = path => openSync.call(disk, this.#at(path))
    if (readAll) this.readAll = path => readAll.call(disk, this.#at(path))
    if (refresh) this.refresh = () => refresh.call(disk)
    if (lock) this.lock = platform => lock.call(disk, platform)
  }

  #at(path: string): string {
    if (path === this.name) return this.directory
    if (!path.startsWith(`${this.name}/`))
      throw new DBError('NOT_IMPLEMENTED', `${path} is outside of the table's own disk`)
    const rest = path.slice(this.name.length + 1)
    return this.directory === '' ? rest : `${this.directory}/${rest}`
  }

  // Not at once where a path is outside: callers wait for an error.
  read = async (path: string, start: number, end: number, options?: ReadOptions): Promise<Uint8Array> =>
    this.disk.read(this.#at(path), start, end, options)
  size = async (path: string): Promise<number | null> => this.disk.size(this.#at(path))
  list = async (path: string): Promise<DiskEntry[]> => this.disk.list(this.#at(path))
  put = async (path: string, bytes: Uint8Array, options?: { ifAbsent?: boolean }): Promise<void> =>
    this.disk.put(this.#at(path), bytes, options)
  create = async (path: string): Promise<FileWriter> => this.disk.create(this.#at(path))
  commit = async (from: string, to: string): Promise<void> => this.disk.commit(this.#at(from), this.#at(to))
  sync = async (path: string): Promise<void> => this.disk.sync(this.#at(path))
  move = async (from: string, to: string): Promise<void> => this.disk.move(this.#at(from), this.#at(to))
  link = async (from: string, to: string): Promise<void> => this.disk.link(this.#at(from), this.#at(to))
  freeBytes = (): Promise<number | null> => this.disk.freeBytes()

  async remove(path: string, options?: { durable?: boolean }): Promise<void> {
    const at = this.#at(path)
    if (at !== '') return this.disk.remove(at, options)
    for (const { name } of await this.disk.list(''))
      if (!name.startsWith('__granary')) await this.disk.remove(name, options)
  }
}
