import { assert } from '../core/assert.ts'

interface Entry<T> {
  readonly value: T
  readonly bytes: number
  pins: number
  /** Removed while pinned: ends with its last pin. */
  gone: boolean
}

/** Values by key up to a number of bytes; the longest unused go first, those in use (pinned) stay. */
export class LruCache<T> {
  readonly #entries = new Map<string, Entry<T>>()
  #bytes = 0
  hits = 0
  misses = 0

  constructor(
    public limit: number,
    readonly onEvict: (value: T) => void = () => {},
  ) {}

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#entries.size
  }

  #find(key: string): Entry<T> | undefined {
    const entry = this.#entries.get(key)
    if (!entry) {
      this.misses++
      return undefined
    }
    this.hits++
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry
  }

  get(key: string): T | undefined {
    return this.#find(key)?.value
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /** The value, which stays until release is called. */
  pin(key: string): { value: T; release: () => void } | undefined {
    const entry = this.#find(key)
    if (!entry) return undefined
    entry.pins++
    let held = true
    const release = () => {
      assert(held, 'a pin is released once')
      held = false
      entry.pins--
      if (entry.gone && entry.pins === 0) this.onEvict(entry.value)
    }
    return { value: entry.value, release }
  }

  set(key: string, value: T, bytes: number): void {
    this.delete(key)
    this.#entries.set(key, { value, bytes, pins: 0, gone: false })
    this.#bytes += bytes
    if (this.#bytes > this.limit) this.shrink(this.#bytes - this.limit, key)
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
    if (entry.pins === 0) this.onEvict(entry.value)
    else entry.gone = true
  }

  deleteWhere(test: (key: string) => boolean): void {
    for (const key of [...this.#entries.keys()]) if (test(key)) this.delete(key)
  }

  /** Gives up at least this many bytes, where so many are not in use. */
  shrink(bytes: number, keep?: string): void {
    let left = bytes
    for (const [key, entry] of this.#entries) {
      if (left <= 0) return
      if (entry.pins > 0 || key === keep) continue
      left -= entry.bytes
      this.delete(key)
    }
  }
}
