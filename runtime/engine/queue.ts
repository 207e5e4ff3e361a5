/** Items from who pushes to one who iterates. `wants` is called whenever the reader finds it empty. */
export class Queue<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #ended = false
  #error: unknown = null
  #wake: (() => void) | null = null

  constructor(readonly wants: () => void = () => {}) {}

  push(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  fail(error: unknown): void {
    this.#error ??= error
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      if (this.#error) throw this.#error
      const item = this.#items.shift()
      if (item !== undefined) {
        yield item
        continue
      }
      if (this.#ended) return
      const waiting = new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.wants()
      await waiting
      this.#wake = null
    }
  }
}
