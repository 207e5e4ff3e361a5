// The simulated world: one queue of events in virtual time, whose order one seed chooses. Whatever code waits for (a timer, a disk, a
// message) is an event; between two events all that the first one set going runs until nothing but events is left to wait for.
import { Random } from './random.ts'
import { turn } from './turn.ts'

/** Whose events are held back while it is paused, and dropped when it has died. */
export interface Owner {
  readonly name: string
  readonly isDead: boolean
  readonly isPaused: boolean
  /** Takes an event that came while it was paused. */
  hold(event: Event): void
  /** Told before each of its events. */
  beforeEvent?(): void
}

export interface Event {
  atMs: number
  /** Orders events of the same time. */
  readonly priority: number
  readonly owner: Owner | null
  readonly kind: string
  readonly detail: string
  /** null: cancelled. */
  call: (() => void) | null
}

/** What must not happen has happened. */
export class Violation extends Error {
  override name = 'Violation'
}

export interface WorldLimits {
  readonly eventsMax: number
  readonly timeMsMax: number
}

const defaultLimits: WorldLimits = { eventsMax: 400_000, timeMsMax: 1_200_000 }

export class World {
  readonly random: Random
  timeMs = 0
  /** Events that have happened: simulated operations. */
  events = 0
  /** What was injected, by kind. */
  readonly injected = new Map<string, number>()
  /** Lines that tell what happened, when somebody wants to read them. */
  readonly trace: string[] | null
  readonly limits: WorldLimits
  readonly #heap: Event[] = []
  #hash = 0x811c9dc5
  #failure: Error | null = null
  #atEnd: (() => void)[] = []

  constructor(
    readonly seed: number,
    options: { trace?: boolean; limits?: Partial<WorldLimits> } = {},
  ) {
    this.random = new Random(seed, 'world')
    this.trace = options.trace ? [] : null
    this.limits = { ...defaultLimits, ...options.limits }
  }

  /** Of all that happened, in its order: two runs of one seed give the same. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, '0')
  }

  #mix(text: string): void {
    let hash = this.#hash
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    this.#hash = (hash ^ (hash >>> 15)) >>> 0
  }

  /** Something that is to be the same in every run of the seed. */
  note(text: string): void {
    this.#mix(text)
    this.trace?.push(`${this.timeMs.toFixed(3).padStart(12)}  ${text}`)
  }

  inject(kind: string): void {
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1)
    this.note(`! ${kind}`)
  }

  /** An event in ms from now. Gives what cancels it. */
  after(owner: Owner | null, ms: number, kind: string, detail: string, call: () => void): Event {
    const atMs = this.timeMs + Math.max(0, ms)
    const event = { atMs, priority: this.random.next(), owner, kind, detail, call }
    this.#push(event)
    return event
  }

  /** An event that was held back. */
  again(event: Event, atMs = this.timeMs): void {
    event.atMs = Math.max(event.atMs, atMs)
    this.#push(event)
  }

  wait(ms: number): Promise<void> {
    return new Promise(resolve => this.after(null, ms, 'wait', '', resolve))
  }

  /** Ends the run: something went wrong outside of what is waited for. */
  fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
  }

  atEnd(call: () => void): void {
    this.#atEnd.push(call)
  }

  /** Lets the world go on until `main` has settled. */
  run<T>(main: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let isOver = false
      const end = (call: () => void) => {
        if (isOver) return
        isOver = true
        this.#heap.length = 0
        for (const atEnd of this.#atEnd) atEnd()
        call()
      }
      const step = () => {
        if (isOver) return
        if (this.#failure) return end(() => reject(this.#failure))
        try {
          if (!this.#next()) return end(() => reject(new Violation('everything waits, and nothing is going to happen')))
        } catch (error) {
          return end(() => reject(error))
        }
        turn(step, this.events)
      }
      main().then(
        value => end(() => resolve(value)),
        error => end(() => reject(this.#failure ?? error)),
      )
      turn(step, 1)
    })
  }

  /** Lets the next event happen. */
  #next(): boolean {
    for (;;) {
      const event = this.#pop()
      if (!event) return false
      const { owner, call } = event
      if (call === null || owner?.isDead) continue
      if (owner?.isPaused) {
        owner.hold(event)
        continue
      }
      if (event.atMs > this.timeMs) this.timeMs = event.atMs
      owner?.beforeEvent?.()
      // It died of that, and somebody may have something to do about it.
      if (owner?.isDead) return true
      if (++this.events > this.limits.eventsMax || this.timeMs > this.limits.timeMsMax)
        throw new Violation(`no end after ${this.events} events and ${Math.round(this.timeMs)} ms`)
      this.#mix(event.kind)
      if (event.detail !== '') this.#mix(event.detail)
      this.#hash = (Math.imul(this.#hash, 31) + Math.floor(this.timeMs * 1000)) >>> 0
      this.trace?.push(
        `${this.timeMs.toFixed(3).padStart(12)}  ${owner?.name ?? '-'} ${event.kind} ${event.detail}`.trimEnd(),
      )
      event.call = null
      call()
      return true
    }
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.push(event) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(event, heap[above])) break
      heap[at] = heap[above]
      at = above
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return first
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++
      if (!isBefore(heap[below], last)) break
      heap[at] = heap[below]
      at = below
    }
    heap[at] = last
    return first
  }
}

const isBefore = (a: Event, b: Event): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.priority < b.priority)
