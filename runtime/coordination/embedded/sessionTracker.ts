import type { Clock } from '../../platform.ts'

/**
 * When which session ends for want of a sign of life. Sessions lie in buckets of one tick each. Its time is this process's own: while
 * the process stood still nobody could be heard, so a tick that comes late counts as little more than one.
 */
export class SessionTracker {
  readonly #buckets = new Map<number, Set<bigint>>()
  readonly #due = new Map<bigint, number>()
  #now = 0
  #lastMs: number
  #cancel: () => void = () => {}
  /** Buckets before it are empty. */
  #next = 1

  constructor(
    readonly clock: Clock,
    readonly tickMs: number,
    readonly onExpired: (session: bigint) => void,
  ) {
    this.#lastMs = clock.monotonic()
    this.#wait()
  }

  /** A sign of life, the first one included. */
  touch(session: bigint, timeoutMs: number): void {
    const bucket = Math.floor((this.#now + timeoutMs) / this.tickMs) + 1
    const old = this.#due.get(session)
    if (old === bucket) return
    if (old !== undefined) this.#buckets.get(old)?.delete(session)
    this.#due.set(session, bucket)
    const sessions = this.#buckets.get(bucket)
    if (sessions) sessions.add(session)
    else this.#buckets.set(bucket, new Set([session]))
  }

  remove(session: bigint): void {
    const bucket = this.#due.get(session)
    if (bucket === undefined) return
    this.#buckets.get(bucket)?.delete(session)
    this.#due.delete(session)
  }

  stop(): void {
    this.#cancel()
  }

  #wait(): void {
    this.#cancel = this.clock.after(this.tickMs, () => {
      this.#wait()
      this.#tick()
    })
  }

  #tick(): void {
    const ms = this.clock.monotonic()
    this.#now += Math.min(Math.max(0, ms - this.#lastMs), this.tickMs * 1.25)
    this.#lastMs = ms
    while (this.#next * this.tickMs <= this.#now) {
      const sessions = this.#buckets.get(this.#next)
      this.#buckets.delete(this.#next++)
      for (const session of sessions ?? []) {
        this.#due.delete(session)
        this.onExpired(session)
      }
    }
  }
}
