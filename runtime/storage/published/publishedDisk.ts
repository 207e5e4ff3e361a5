import { DBError } from '../../core/errors.ts'
import type { Disk, DiskEntry, FileWriter, ReadOptions } from '../disk.ts'
import type { ObjectStore } from '../objectStore.ts'

/** Files of a published table, as its manifest names them: only reads of ranges, whose sizes the manifest tells. */
export class PublishedDisk implements Disk {
  readonly can = { rename: false, append: false, sync: false, write: false }

  constructor(
    readonly store: ObjectStore,
    readonly location: string,
  ) {}

  async read(path: string, start: number, end: number, { signal }: ReadOptions = {}): Promise<Uint8Array> {
    const object = await this.store.get(path, { start, end, signal })
    if (object === null)
      throw new DBError(
        'FILE_DOESNT_EXIST',
        `File ${path} does not exist in ${this.location}: the table was published anew, or is being removed`,
      )
    if (object.bytes.length > end - start)
      throw new DBError(
        'CANNOT_READ_ALL_DATA',
        `Cannot read all data: ${object.bytes.length} bytes came for the ${end - start} asked for of ${path} in ${this.location}`,
      )
    return object.bytes
  }

  async size(path: string): Promise<number | null> {
    const object = await this.store.get(path, { start: 0, end: 1 })
    return object && (object.size ?? refuse('tells sizes'))
  }

  list = async (): Promise<DiskEntry[]> => refuse('is listed')
  put = async (): Promise<void> => refuse('is written')
  create = async (): Promise<FileWriter> => refuse('is written')
  remove = async (): Promise<void> => refuse('is written')
  commit = async (): Promise<void> => refuse('is written')
  sync = async (): Promise<void> => {}
  move = async (): Promise<void> => refuse('is written')
  link = async (): Promise<void> => refuse('is written')
  freeBytes = async (): Promise<number | null> => null
}

function refuse(what: string): never {
  throw new DBError('TABLE_IS_READ_ONLY', `A published table never ${what}`)
}
