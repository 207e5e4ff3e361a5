import type { Clock } from '../../runtime/platform.ts'

const beatMs = 250
const silentMsMax = 10_000

/**
 * Of the requests whose queries run, on a runtime that may give a request up without a word: its timers end, and what it waits for
 * never comes. As long as one beats, what others have told it (that its client has gone) is also sure to be heard.
 */
export class Heartbeats {
  readonly #seenMs = new Map<object, number>()

  constructor(
    private readonly clock: Clock,
    private readonly silentMs = silentMsMax,
  ) {}

  /** In the request whose work it is. */
  watch(work: Promise<void>): void {
    const { clock } = this
    const key = {}
    let stop: () => void
    const beat = () => {
      this.#seenMs.set(key, clock.monotonic())
      stop = clock.after(beatMs, beat)
    }
    beat()
    const end = () => {
      stop()
      this.#seenMs.delete(key)
    }
    work.then(end, end)
  }

  /** Whether a request was given up. One that may only have been kept from beating gets time to do so. */
  async hasLost(): Promise<boolean> {
    if (!this.#isSilent()) return false
    await this.clock.wait(beatMs * 2)
    return this.#isSilent()
  }

  #isSilent(): boolean {
    const latest = this.clock.monotonic() - this.silentMs
    for (const seenMs of this.#seenMs.values()) if (seenMs < latest) return true
    return false
  }
}
