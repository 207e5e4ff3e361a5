import { type CoordinationError, isCoordinationError } from '../errors.ts'
import { type BackOff, backOffMs, orAborted, pause, type RecipePlatform } from './backOff.ts'

export interface RetryOptions extends BackOff {
  /** In all, the first one too. Default: 10. */
  readonly attempts?: number
  /** No attempt is begun later than so long after the first. Default: 60 seconds. */
  readonly timeMs?: number
  /** Default: what the connection was at fault for (isRetriable). */
  readonly mayRetry?: (error: CoordinationError) => boolean
  readonly signal?: AbortSignal
}

/** For what has to come to an end: it does when the session ends. */
export const untilSessionEnds = { attempts: Number.POSITIVE_INFINITY, timeMs: Number.POSITIVE_INFINITY } as const

/**
 * Runs a request again after the connection was lost. Only for what does no harm when done twice: reads, sync, a set whose version is
 * not asked for, what counts NodeExists or NoNode as success. For the others: createIfMissing, setVersion, multiOnce, Place, or
 * `mayRetry: isUnsent`.
 *
 * Rejects with the last attempt's error, and with the signal's reason as soon as it is aborted; a request that is under way then may yet be
 * done.
 */
export async function retry<T>(
  platform: RecipePlatform,
  run: () => Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const { attempts = 10, timeMs = 60_000, mayRetry = isRetriable, signal } = options
  const start = platform.clock.monotonic()
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    try {
      return await orAborted(run(), signal)
    } catch (error) {
      if (!isCoordinationError(error) || !mayRetry(error) || attempt >= attempts) throw error
      const delayMs = backOffMs(platform, attempt, options)
      if (platform.clock.monotonic() - start + delayMs > timeMs) throw error
      await pause(platform, delayMs, signal)
    }
  }
}

/** It was not sent: whatever it was, it may be sent again. */
export function isUnsent(error: CoordinationError): boolean {
  return error.isRetriable && error.isUnsent
}

function isRetriable(error: CoordinationError): boolean {
  return error.isRetriable
}
