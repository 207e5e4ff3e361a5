import type { Clock } from '../../platform.ts'

/** One timer that is set anew only when it has to go off earlier: for deadlines that mostly move on before they are reached. */
export class Alarm {
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | null = null

  constructor(
    readonly clock: Clock,
    /** Says itself when it wants to be called next. */
    readonly call: (now: number) => void,
  ) {}

  /** Calls at that time of the monotonic clock, or before. */
  by(time: number): void {
    if (time >= this.#at) return
    this.#cancel?.()
    this.#at = time
    this.#cancel = this.clock.after(Math.max(0, Math.ceil(time - this.clock.monotonic())), () => {
      this.stop()
      this.call(this.clock.monotonic())
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = null
    this.#at = Number.POSITIVE_INFINITY
  }
}
