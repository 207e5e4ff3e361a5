import type { Session, Watcher } from '../coordinator.ts'
import { orAborted, type RecipePlatform } from './backOff.ts'
import { retry, untilSessionEnds } from './retry.ts'

/**
 * One wait for something to change. Reads leave its watch, as many as are needed; then it waits for the first that is told of, the session's end
 * too. No change is missed: it either is seen by the read or comes after it.
 */
export class Change {
  #tell = () => {}
  readonly #told: Promise<void>
  #isOver = false
  /** Watches that may be left. */
  #left = 0
  readonly #watcher: Watcher = () => {
    this.#left--
    this.#tell()
  }

  constructor(
    private readonly platform: RecipePlatform,
    private readonly session: Session,
    private readonly signal?: AbortSignal,
  ) {
    this.#told = new Promise(resolve => {
      this.#tell = resolve
    })
  }

  /** Over lost connections. */
  async read<T>(ask: (watcher: Watcher) => Promise<T>): Promise<T> {
    const asked = async () => {
      const seen = await ask(this.#watcher)
      this.#left++
      // Its answer has come after this was given up.
      if (this.#isOver) this.forget()
      return seen
    }
    return retry(this.platform, asked, { ...untilSessionEnds, signal: this.signal })
  }

  /** Rejects with the signal's reason. */
  async wait(): Promise<void> {
    await orAborted(this.#told, this.signal)
  }

  /** To be called in the end, whatever it was. */
  forget(): void {
    this.#isOver = true
    // A session with many watches looks through all of them.
    if (this.#left > 0) this.session.forget(this.#watcher)
  }
}
