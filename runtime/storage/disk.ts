import type { Platform } from '../platform.ts'

/**
 * The only door to stored bytes, in the weakest language that file systems and object stores share. Paths are relative, with `/`,
 * without `.` or `..`. What a disk lacks is flagged in `can`, and the code above asks the flag.
 */
export interface Disk {
  readonly can: {
    /** write, sync, rename and hard links exist; a directory is committed by rename. */
    readonly rename: boolean
    readonly append: boolean
    /** Bytes can be made durable. */
    readonly sync: boolean
    readonly write: boolean
  }

  /** Bytes [start, end). Past the end of the file: fewer bytes come. FILE_DOESNT_EXIST. */
  read(path: string, start: number, end: number, options?: ReadOptions): Promise<Uint8Array>
  /** The same at once where the disk can (local files): straight into memory, returning how many bytes came. Absent elsewhere. */
  readSync?(path: string, start: number, target: Uint8Array): number
  /** Opens a file for many such reads. Present where readSync is. */
  openSync?(path: string): OpenFile
  /** A whole file, null when there is none. Present where that is less work than size and read. */
  readAll?(path: string): Promise<Uint8Array | null>
  /** What other threads made is seen by list from here on. Present where list may be behind. */
  refresh?(): Promise<void>
  /** Size in bytes, or null when there is no such file. */
  size(path: string): Promise<number | null>
  /** Names directly below a directory; none where it does not exist. */
  list(path: string): Promise<DiskEntry[]>
  /** One object, whole, durable when it returns. ifAbsent: FILE_ALREADY_EXISTS when it is there. */
  put(path: string, bytes: Uint8Array, options?: { ifAbsent?: boolean }): Promise<void>
  /** A file that is written piece by piece; see commit. */
  create(path: string): Promise<FileWriter>
  /**
   * A file or a whole directory; nothing there is no error. durable: it does not come back when the power goes; without, some of it may
   * (where can.sync).
   */
  remove(path: string, options?: { durable?: boolean }): Promise<void>
  /** What was written under the directory `from` becomes visible as `to`, whole, and durable when it returns. */
  commit(from: string, to: string): Promise<void>
  /** Makes a directory with all that lies below it durable (where can.sync; nothing elsewhere). */
  sync(path: string): Promise<void>
  /** Moves a file or directory inside the disk, durable when it returns (where can.rename). */
  move(from: string, to: string): Promise<void>
  /** The same bytes under a second name, without copying where it can be helped. */
  link(from: string, to: string): Promise<void>
  /** Bytes that can still be written, or null when nobody knows. */
  freeBytes(): Promise<number | null>
  /**
   * Makes the whole disk this process's own, against others that would write to it: CANNOT_OPEN_FILE. Ends what a crash interrupted,
   * where the disk knows of that. Absent: nobody can tell.
   */
  lock?(platform: Platform): Promise<DiskLock>
}

/** Ends with the process at the latest, however that ends. */
export interface DiskLock {
  release(): Promise<void>
}

export interface ReadOptions {
  /** Aborted when nobody wants the bytes any more: disks that are waited for give up then, where they can. */
  readonly signal?: AbortSignal
}

/** A file that is read at once. */
export interface OpenFile {
  /** Bytes from start into target; returns how many came. */
  read(start: number, target: Uint8Array): number
  close(): void
}

export interface DiskEntry {
  readonly name: string
  readonly isDirectory: boolean
  readonly size: number
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number
}

/** Writes happen in order; the bytes given are used before the call returns (they may lie in kernel memory). */
export interface FileWriter {
  write(bytes: Uint8Array): void | Promise<void>
  /** Makes what was written so far durable; the file goes on. Its name needs sync() of the directory. Absent where the disk cannot. */
  sync?(): Promise<void>
  /**
   * Makes the file so many bytes longer than what was written, by zeros that later writes replace: syncing a file that keeps its length is
   * quicker. They are written really, and durable with the next sync; so zeros may be what a file ends with after a crash. Where there is
   * no room it fails, and what was reserved before may be gone, too; the file goes on. Nothing is to be written meanwhile. close() cuts off
   * what is left. Absent where it gains nothing.
   */
  reserve?(bytes: number): Promise<void>
  /** Makes what was written durable (where the disk can) and ends the file. */
  close(options?: { sync?: boolean }): Promise<void>
  /** Ends and removes the file. */
  abort(): Promise<void>
}

/** Names of files that put() of a local disk had not finished when the machine stopped. */
export const isHalfPut = (name: string): boolean => /\.tmp_\d+_\d+$/.test(name)
