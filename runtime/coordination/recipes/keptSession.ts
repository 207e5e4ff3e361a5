import type { Coordinator, Session, SessionEnd, SessionOptions } from '../coordinator.ts'
import { CoordinationError, isCoordinationError } from '../errors.ts'
import { type BackOff, backOffMs, orAborted, pause, type RecipePlatform } from './backOff.ts'

export interface KeptSessionOptions extends BackOff {
  readonly session?: Omit<SessionOptions, 'signal'>
  /**
   * Whether to try again when no session could be had: attempts that failed in a row, since when. Default: always, unless the
   * credentials were refused.
   */
  readonly mayRetry?: (failure: {
    readonly error: unknown
    readonly attempts: number
    readonly sinceMs: number
  }) => boolean
  /** Errors of opening that are tried again, and of listeners. */
  readonly onError?: (error: unknown) => void
}

/**
 * Has a session open: when one expires, a new one is opened by the caller's policy. A new session has nothing of the old one: who made
 * ephemeral nodes or left watches does so anew in onSession. Between the sessions others may have done anything.
 */
export class KeptSession {
  /** Resolves when no more sessions are opened: null after close(), else why it was given up. */
  readonly ended: Promise<unknown>
  #current: Session | null = null
  #isOver = false
  #reason: unknown = null
  readonly #listeners = new Set<(session: Session) => unknown>()
  readonly #stop = new AbortController()
  readonly #waiting = new Set<() => void>()

  constructor(
    private readonly platform: RecipePlatform,
    private readonly coordinator: Coordinator,
    private readonly options: KeptSessionOptions = {},
  ) {
    this.ended = this.#keep()
  }

  /** null: there is none at the moment, or not any more. It may be without a connection. */
  get current(): Session | null {
    const session = this.#current
    return session?.state === 'connecting' || session?.state === 'connected' ? session : null
  }

  /** The current session, or the next one. Rejects when no more are opened, or with the signal's reason. */
  async session(signal?: AbortSignal): Promise<Session> {
    for (;;) {
      const { current } = this
      if (current) return current
      if (this.#isOver) throw this.#reason ?? new CoordinationError('Closed', 'no more sessions')
      let wake = () => {}
      const woken = new Promise<void>(resolve => {
        wake = resolve
      })
      this.#waiting.add(wake)
      try {
        await orAborted(woken, signal)
      } finally {
        this.#waiting.delete(wake)
      }
    }
  }

  /** Called for the current session and each one after it. What it throws goes to onError. Gives what takes the listener away. */
  onSession(listener: (session: Session) => unknown): () => void {
    this.#listeners.add(listener)
    const { current } = this
    if (current) this.#tell(listener, current)
    return () => this.#listeners.delete(listener)
  }

  /** Ends the session. */
  async close(): Promise<void> {
    this.#stop.abort(new CoordinationError('Closed', 'no more sessions'))
    await this.ended
  }

  async #keep(): Promise<unknown> {
    const { signal } = this.#stop
    let ended: SessionEnd | null = null
    try {
      while (ended === null || ended === 'expired') {
        const session = await this.#open()
        this.#current = session
        this.#wake()
        for (const listener of [...this.#listeners]) this.#tell(listener, session)
        try {
          ended = await orAborted(session.ended, signal)
        } finally {
          this.#current = null
          if (signal.aborted) await session.close().catch(error => this.#report(error))
        }
      }
      // Closed by one who uses it, or its credentials were refused later.
      this.#reason = new CoordinationError(ended === 'closed' ? 'Closed' : 'AuthFailed', 'the session is over')
    } catch (error) {
      this.#reason = signal.aborted ? null : error
    }
    this.#isOver = true
    this.#listeners.clear()
    this.#wake()
    return this.#reason
  }

  async #open(): Promise<Session> {
    const { platform, coordinator, options } = this
    const { signal } = this.#stop
    const mayRetry = options.mayRetry ?? (({ error }) => !isCoordinationError(error, 'AuthFailed'))
    const start = platform.clock.monotonic()
    for (let attempts = 1; ; attempts++) {
      signal.throwIfAborted()
      try {
        return await coordinator.open({ ...options.session, signal })
      } catch (error) {
        signal.throwIfAborted()
        if (!mayRetry({ error, attempts, sinceMs: platform.clock.monotonic() - start })) throw error
        this.#report(error)
      }
      await pause(platform, backOffMs(platform, attempts, options), signal)
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  /** Its errors are its own, also those that come later. */
  async #tell(listener: (session: Session) => unknown, session: Session): Promise<void> {
    try {
      await listener(session)
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    try {
      this.options.onError?.(error)
    } catch {
      // One who cannot bear to be told.
    }
  }
}
