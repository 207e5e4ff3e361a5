import { DBError } from '../../core/errors.ts'
import type { Disk, DiskEntry, FileWriter, ReadOptions } from '../disk.ts'

/** What disks have in common that are only read. */
export abstract class ReadOnlyDisk implements Disk {
  readonly can = { rename: false, append: false, sync: false, write: false }

  abstract read(path: string, start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  abstract readAll(path: string): Promise<Uint8Array | null>
  abstract size(path: string): Promise<number | null>
  abstract list(path: string): Promise<DiskEntry[]>

  put = async (): Promise<void> => refuse()
  create = async (): Promise<FileWriter> => refuse()
  remove = async (): Promise<void> => refuse()
  commit = async (): Promise<void> => refuse()
  sync = async (): Promise<void> => {}
  move = async (): Promise<void> => refuse()
  link = async (): Promise<void> => refuse()
  freeBytes = async (): Promise<number | null> => null
}

function refuse(): never {
  throw new DBError('TABLE_IS_PERMANENTLY_READ_ONLY', 'The disk can only be read')
}
