import { DBError } from '../../core/errors.ts'
import type { DiskEntry, ReadOptions } from '../disk.ts'
import type { ObjectStore } from '../objectStore.ts'
import { checked } from './memory.ts'
import { ReadOnlyDisk } from './readOnly.ts'

/** Paths are keys: the layout that ClickHouse calls plain (s3_plain). Written by a copy of a directory, only read here. */
export class PlainDisk extends ReadOnlyDisk {
  constructor(readonly store: ObjectStore) {
    super()
  }

  async read(path: string, start: number, end: number, { signal }: ReadOptions = {}): Promise<Uint8Array> {
    if (start === end) return new Uint8Array(0)
    const object = await this.store.get(checked(path), { start, end, signal })
    if (!object) throw new DBError('FILE_DOESNT_EXIST', `File ${path} does not exist`)
    return object.bytes
  }

  async readAll(path: string): Promise<Uint8Array | null> {
    return (await this.store.get(checked(path)))?.bytes ?? null
  }

  async size(path: string): Promise<number | null> {
    const object = await this.store.get(checked(path), { start: 0, end: 1 })
    return object && (object.size ?? (await this.store.get(path))?.bytes.length ?? null)
  }

  async list(path: string): Promise<DiskEntry[]> {
    const prefix = checked(path) === '' ? '' : `${path}/`
    const { objects, prefixes } = await this.store.listDirectory(prefix)
    return [
      ...objects.map(({ key, size, modifiedMs }) => ({
        name: key.slice(prefix.length),
        isDirectory: false,
        size,
        modifiedMs,
      })),
      ...prefixes.map(one => ({ name: one.slice(prefix.length, -1), isDirectory: true, size: 0, modifiedMs: 0 })),
    ]
  }
}
