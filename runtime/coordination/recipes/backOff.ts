import type { Platform } from '../../platform.ts'

/** What the recipes take of a platform. */
export type RecipePlatform = Pick<Platform, 'clock' | 'random' | 'randomBytes'>

export interface BackOff {
  /** Before the second attempt; doubled for each one after it. Default: 50. */
  readonly delayMs?: number
  /** Default: 5 seconds. */
  readonly delayMsMax?: number
}

/** The pause after so many attempts that failed (1: the first one): somewhere in the upper half, so that many do not come back at once. */
export function backOffMs(platform: RecipePlatform, attempts: number, options: BackOff = {}): number {
  const { delayMs = 50, delayMsMax = 5_000 } = options
  const full = Math.min(delayMsMax, delayMs * 2 ** Math.min(attempts - 1, 30))
  return full * (0.5 + platform.random() / 2)
}

/** Rejects with the signal's reason when it is aborted before. */
export async function pause(platform: RecipePlatform, ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await orAborted(platform.clock.wait(ms), signal)
}

/** What the promise gives, or the signal's reason as soon as it is aborted; what the promise stands for goes on. */
export function orAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const done = () => signal.removeEventListener('abort', abort)
    promise.then(
      value => {
        done()
        resolve(value)
      },
      error => {
        done()
        reject(error)
      },
    )
  })
}
