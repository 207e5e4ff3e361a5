import { assert } from '../core/assert.ts'
import type { Platform } from '../platform.ts'
import type { Disk, FileWriter } from '../storage/disk.ts'

/** Where queries keep their temporary files on the data disk. Removed when an engine starts: nobody owns what is there then. */
export const temporaryDirectory = 'tmp'

/**
 * The files of one query in a directory of their own, for what it cannot keep in memory. The threads of a query share the directory: the
 * one that leads removes it at the end, the others only take back their own files, when they fail.
 */
export class TemporaryFiles {
  #disk: Disk | null = null
  readonly #paths: string[] = []
  readonly #directory: string
  #isShared = false

  constructor(
    readonly platform: Platform,
    /** Of Platform.openDisk. */
    readonly location: string,
    /** A file name that no other query of this disk has. */
    query: string,
    /** 0 for the thread that leads, a number of its own for each that helps. */
    readonly thread: number,
  ) {
    this.#directory = `${temporaryDirectory}/${query}`
  }

  async #open(): Promise<Disk> {
    this.#disk ??= await this.platform.openDisk(this.location)
    return this.#disk
  }

  async create(): Promise<TemporaryWriter> {
    const disk = await this.#open()
    const path = `${this.#directory}/${this.thread}-${this.#paths.length}.bin`
    this.#paths.push(path)
    return new TemporaryWriter(path, await disk.create(path))
  }

  async read(path: string, { start, size }: FileRange): Promise<Uint8Array> {
    const bytes = await (await this.#open()).read(path, start, start + size)
    assert(bytes.length === size, 'a temporary file has what was written to it')
    return bytes
  }

  async remove(path: string): Promise<void> {
    await (await this.#open()).remove(path)
  }

  /** Helpers write files too: they are removed with those of this thread. */
  share(): void {
    this.#isShared = true
  }

  /** When the query ends in this thread. */
  async end(hasFailed: boolean): Promise<void> {
    if (this.#paths.length === 0 && !this.#isShared) return
    if (this.thread === 0) await this.remove(this.#directory)
    else if (hasFailed) for (const path of this.#paths) await this.remove(path)
  }
}

export interface FileRange {
  readonly start: number
  readonly size: number
}

export class TemporaryWriter {
  #size = 0

  constructor(
    readonly path: string,
    readonly file: FileWriter,
  ) {}

  /** Where the bytes lie now. */
  async write(bytes: Uint8Array): Promise<FileRange> {
    const range = { start: this.#size, size: bytes.length }
    await this.file.write(bytes)
    this.#size += bytes.length
    return range
  }

  async close(): Promise<void> {
    await this.file.close({ sync: false })
  }
}
