import type { Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { type BackOff, backOffMs, pause, type RecipePlatform } from './backOff.ts'
import type { KeptSession } from './keptSession.ts'

export interface WatchOptions extends BackOff {
  /** Errors of reading that are tried again (a lost connection is none), and what the callback threw. */
  readonly onError?: (error: unknown) => void
  readonly signal?: AbortSignal
}

/** Something that is watched until it is stopped. */
export interface Watching {
  /** The callback is not called any more; one that runs is not waited for. */
  stop(): void
  /** Resolves when it is over: stopped, or the session has ended (of a KeptSession: no more are opened). */
  readonly ended: Promise<void>
}

/** What is read and watched of one session. */
export interface Reader<T> {
  /** Reads what has changed and leaves the watches. Not called while it runs. */
  read(): Promise<T>
  /** Takes the watches away. */
  forget(): void
}

/**
 * Reads, tells, and reads again when something has changed: one after the other, so that what changes while the callback runs is told at once in
 * the next. In a new session all is read anew.
 *
 * readerOf: changed() is to be called by its watchers.
 */
export function reloading<T>(
  platform: RecipePlatform,
  source: Session | KeptSession,
  readerOf: (session: Session, changed: () => void) => Reader<T>,
  callback: (value: T) => unknown,
  options: WatchOptions,
): Watching {
  const stopping = new AbortController()
  const { signal } = options
  const stop = () => stopping.abort()
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  const report = (error: unknown) => {
    try {
      options.onError?.(error)
    } catch {
      // One who cannot bear to be told.
    }
  }

  const run = async () => {
    // Of a session that is kept, the next one is waited for.
    while (!stopping.signal.aborted) {
      const session = 'current' in source ? await source.session(stopping.signal) : source
      await follow(session)
      if (!('current' in source)) return
    }
  }

  /** Until the session ends. */
  const follow = async (session: Session) => {
    let isChanged = true
    let wake = () => {}
    const changed = () => {
      isChanged = true
      wake()
    }
    const over = () => wake()
    const reader = readerOf(session, changed)
    const stopListening = session.onState(over)
    stopping.signal.addEventListener('abort', over)
    let failures = 0
    let isSynced = false
    try {
      while (!stopping.signal.aborted && isAlive(session)) {
        if (!isChanged) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
          continue
        }
        isChanged = false
        try {
          // A server that lags behind must not show what is older than what the last session has shown.
          if (!isSynced) await session.sync('/')
          isSynced = true
          const value = await reader.read()
          failures = 0
          if (!stopping.signal.aborted) await tell(value)
        } catch (error) {
          if (isOver(error)) return
          isChanged = true
          failures++
          if (!isCoordinationError(error) || !error.isRetriable) report(error)
          await pause(platform, backOffMs(platform, failures, options), stopping.signal)
        }
      }
    } finally {
      stopping.signal.removeEventListener('abort', over)
      stopListening()
      reader.forget()
    }
  }

  const tell = async (value: T) => {
    try {
      await callback(value)
    } catch (error) {
      report(error)
    }
  }

  const ended = run()
    .catch(error => {
      if (!stopping.signal.aborted) report(error)
    })
    .finally(() => signal?.removeEventListener('abort', stop))
  return { stop, ended }
}

function isAlive(session: Session): boolean {
  return session.state === 'connecting' || session.state === 'connected'
}

function isOver(error: unknown): boolean {
  return isCoordinationError(error, 'SessionExpired', 'Closed', 'AuthFailed')
}
