// A disk whose machine loses power, for tests. Below it lies a MemoryDisk, which is what survives.
import type { Disk, DiskEntry, FileWriter } from '../disk.ts'
import type { MemoryDisk } from './memory.ts'

/** What every call gets from the moment of the crash on. */
export class Crash extends Error {
  override name = 'Crash'
}

export interface Faults {
  /** The machine stops in this step of changing the disk, counted from 0. */
  readonly crashAtStep?: number
  /** Chance that a step fails with an error and the machine goes on. */
  readonly fail?: number
}

/**
 * Counts the steps that change something. In the step of the crash the change is made not at all, in part (a torn write, a
 * directory half removed), or wholly but without an answer; what was not made durable is torn then, too.
 */
export class FaultyDisk implements Disk {
  readonly can = { rename: true, append: true, sync: true, write: true }
  steps = 0
  crashed = false
  readonly readSync: Disk['readSync']
  readonly openSync: Disk['openSync']
  /** Written and not made durable, behind so many bytes that are. */
  readonly #loose = new Map<string, number>()

  constructor(
    readonly inner: MemoryDisk,
    readonly random: () => number,
    readonly faults: Faults,
  ) {
    this.readSync = inner.readSync
    this.openSync = inner.openSync
  }

  /** Whether this step is the last one; throws if the machine is down already or the step fails. */
  #step(): boolean {
    if (this.crashed) throw new Crash('the machine is down')
    if (this.steps++ === this.faults.crashAtStep) return true
    if (this.faults.fail && this.random() < this.faults.fail) throw new Error('the disk says no')
    return false
  }

  async #change(whole: () => Promise<void>, partly: () => Promise<void> = async () => {}): Promise<void> {
    if (!this.#step()) return whole()
    const outcome = this.random()
    if (outcome < 0.3) await whole().catch(() => {})
    else if (outcome < 0.6) await partly().catch(() => {})
    return this.#crash()
  }

  #crash(): never {
    this.crashed = true
    for (const [path, durable] of this.#loose) {
      const file = this.inner.files.get(path)
      if (!file) continue
      const fate = this.random()
      const loose = file.bytes.length - durable
      if (fate < 0.3 && durable === 0) this.inner.files.delete(path)
      else if (fate < 0.7) file.bytes = file.bytes.slice(0, durable + Math.floor(this.random() * loose))
    }
    throw new Crash('the machine lost power')
  }

  #alive(): void {
    if (this.crashed) throw new Crash('the machine is down')
  }

  async read(path: string, start: number, end: number): Promise<Uint8Array> {
    this.#alive()
    return this.inner.read(path, start, end)
  }

  async size(path: string): Promise<number | null> {
    this.#alive()
    return this.inner.size(path)
  }

  async list(path: string): Promise<DiskEntry[]> {
    this.#alive()
    return this.inner.list(path)
  }

  put(path: string, bytes: Uint8Array, options?: { ifAbsent?: boolean }): Promise<void> {
    return this.#change(() => this.inner.put(path, bytes, options))
  }

  async create(path: string): Promise<FileWriter> {
    await this.#change(async () => {})
    const writer = await this.inner.create(path)
    this.#loose.set(path, 0)
    return {
      write: bytes => {
        const size = this.inner.files.get(path)?.bytes.length
        if (size !== undefined && !this.#loose.has(path)) this.#loose.set(path, size)
        return this.#change(
          async () => writer.write(bytes),
          async () => writer.write(bytes.subarray(0, Math.floor(this.random() * bytes.length))),
        )
      },
      sync: () =>
        this.#change(async () => {
          this.#loose.set(path, this.inner.files.get(path)?.bytes.length ?? 0)
        }),
      close: async options => {
        this.#alive()
        await writer.close(options)
        if (options?.sync) this.#loose.delete(path)
      },
      abort: () => this.#change(() => writer.abort()),
    }
  }

  remove(path: string): Promise<void> {
    const some = async () => {
      for (const name of [...this.inner.files.keys()])
        if (name.startsWith(`${path}/`) && this.random() < 0.5) this.inner.files.delete(name)
    }
    return this.#change(() => this.inner.remove(path), some)
  }

  async commit(from: string, to: string): Promise<void> {
    await this.sync(from)
    await this.move(from, to)
  }

  sync(path: string): Promise<void> {
    return this.#change(async () => {
      for (const name of this.#loose.keys()) if (name.startsWith(`${path}/`)) this.#loose.delete(name)
    })
  }

  async move(from: string, to: string): Promise<void> {
    await this.#change(() => this.inner.move(from, to))
    for (const [name, durable] of [...this.#loose]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue
      this.#loose.delete(name)
      this.#loose.set(to + name.slice(from.length), durable)
    }
  }

  link(from: string, to: string): Promise<void> {
    return this.#change(() => this.inner.link(from, to))
  }

  async freeBytes(): Promise<number | null> {
    return null
  }
}
