// A store behind a bad network, or of a machine that stops, for tests. Below it lies a MemoryStore, which is what survives.
import { DBError } from '../../core/errors.ts'
import { Crash } from '../disks/faulty.ts'
import type { GetOptions, ObjectEntry, ObjectStore, ObjectWriter, PutOptions, StoredObject } from '../objectStore.ts'
import type { MemoryStore } from './memory.ts'

export interface StoreFaults {
  /** The machine stops in this change of the store, counted from 0. */
  readonly crashAtStep?: number
  /** Chance that a change fails, done or not: nobody knows. */
  readonly fail?: number
  /** Chance that a read fails. */
  readonly failRead?: number
}

/** Several instances may share one count of steps: the threads of one machine. */
export class FaultyStore implements ObjectStore {
  readonly can: ObjectStore['can']
  readonly state: { steps: number; crashed: boolean }
  requests = 0

  constructor(
    readonly inner: MemoryStore,
    readonly random: () => number,
    readonly faults: StoreFaults,
    shared?: FaultyStore,
  ) {
    this.can = inner.can
    this.state = shared?.state ?? { steps: 0, crashed: false }
  }

  #alive(): void {
    this.requests++
    if (this.state.crashed) throw new Crash('the machine is down')
  }

  #read(): void {
    this.#alive()
    if (this.faults.failRead && this.random() < this.faults.failRead)
      throw new DBError('NETWORK_ERROR', 'the connection broke')
  }

  async #change<T>(whole: () => Promise<T>, partly: () => Promise<unknown> = async () => {}): Promise<T> {
    this.#alive()
    if (this.state.steps++ === this.faults.crashAtStep) {
      this.state.crashed = true
      const outcome = this.random()
      if (outcome < 0.4) await whole().catch(() => {})
      else if (outcome < 0.6) await partly()
      throw new Crash('the machine lost power')
    }
    if (this.faults.fail && this.random() < this.faults.fail) {
      if (this.random() < 0.5) await whole()
      throw new DBError('NETWORK_ERROR', 'no answer came')
    }
    return whole()
  }

  async get(key: string, options?: GetOptions): Promise<StoredObject | null> {
    this.#read()
    return this.inner.get(key, options)
  }

  async getIfChanged(key: string, etag: string): Promise<StoredObject | null | 'same'> {
    this.#read()
    return this.inner.getIfChanged(key, etag)
  }

  put(key: string, bytes: Uint8Array, options?: PutOptions): Promise<{ etag: string }> {
    return this.#change(() => this.inner.put(key, bytes, options))
  }

  async create(key: string): Promise<ObjectWriter> {
    this.#alive()
    const writer = await this.inner.create(key)
    return {
      write: async bytes => {
        this.#read()
        await writer.write(bytes)
      },
      close: () => this.#change(() => writer.close()),
      abort: () => writer.abort(),
    }
  }

  async *list(prefix: string): AsyncGenerator<ObjectEntry> {
    this.#read()
    yield* this.inner.list(prefix)
  }

  async listDirectory(prefix: string): Promise<{ objects: ObjectEntry[]; prefixes: string[] }> {
    this.#read()
    return this.inner.listDirectory(prefix)
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#change(
      () => this.inner.remove(keys),
      () => this.inner.remove(keys.filter(() => this.random() < 0.5)),
    )
  }

  copy(from: string, to: string): Promise<void> {
    return this.#change(() => this.inner.copy(from, to))
  }
}
