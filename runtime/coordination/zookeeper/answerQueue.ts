import { assert } from '../../core/assert.ts'
import type { Request, Result } from '../requests.ts'

/** A request that is not answered yet. */
export interface Waiting {
  /** null: the end of the session. */
  readonly request: Request | null
  /** null: told already that it waited too long; its answer is only counted. */
  settle: ((result: Result) => void) | null
  /** On the monotonic clock. */
  readonly deadline: number
  /** What it counts for in the bytes that wait. */
  readonly size: number
  /** As it was sent; 0: not yet. */
  xid: number
}

/** First in, first out. Counts the bytes that wait. */
export class AnswerQueue {
  #all: (Waiting | undefined)[] = []
  #head = 0
  /** Who waited too long is told so; up to here all are. */
  #untold = 0
  #size = 0

  get length(): number {
    return this.#all.length - this.#head
  }

  get size(): number {
    return this.#size
  }

  get first(): Waiting | undefined {
    return this.#all[this.#head]
  }

  push(waiting: Waiting): void {
    this.#all.push(waiting)
    this.#size += waiting.size
  }

  shift(): Waiting {
    const first = this.#all[this.#head]
    assert(first !== undefined, 'the queue is not empty')
    this.#all[this.#head++] = undefined
    this.#size -= first.size
    if (this.#head > 1024 && this.#head * 2 > this.#all.length) {
      this.#all = this.#all.slice(this.#head)
      this.#untold = Math.max(0, this.#untold - this.#head)
      this.#head = 0
    }
    return first
  }

  /** Empties the queue. */
  takeAll(): Waiting[] {
    const all = this.#all.slice(this.#head) as Waiting[]
    this.#all = []
    this.#head = 0
    this.#untold = 0
    this.#size = 0
    return all
  }

  /** When the first of those who still wait has waited long enough; all wait equally long. null: nobody waits. */
  get deadline(): number | null {
    this.#untold = Math.max(this.#untold, this.#head)
    while (this.#all[this.#untold]?.settle === null) this.#untold++
    return this.#all[this.#untold]?.deadline ?? null
  }

  /** Takes out those who have waited long enough. */
  *expired(now: number): Generator<Waiting> {
    for (let first = this.first; first && first.deadline <= now; first = this.first) yield this.shift()
  }

  /** Tells those who have waited long enough. They keep their places. */
  tell(now: number, result: Result): void {
    for (;;) {
      const { deadline } = this
      if (deadline === null || deadline > now) return
      tell(this.#all[this.#untold]!, result)
    }
  }
}

export function tell(waiting: Waiting, result: Result): void {
  const { settle } = waiting
  waiting.settle = null
  settle?.(result)
}
