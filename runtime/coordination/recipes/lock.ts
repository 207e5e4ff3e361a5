import type { CreateOptions, Session } from '../coordinator.ts'
import { orAborted, type RecipePlatform } from './backOff.ts'
import { Place, type PlaceOptions, queueIn } from './place.ts'
import { Tenure } from './tenure.ts'

export interface LockOptions extends Pick<CreateOptions, 'acl'> {
  /** Of the node: who has it, for people to read. */
  readonly data?: Uint8Array | string
  readonly signal?: AbortSignal
}

/** A lock that is held: see Tenure for isHeld, lost, check(), guard and fence. */
export type HeldLock = Tenure

/**
 * Waits for the lock at `path` (a folder, made where it is missing) and takes it: first come, first served. The nodes are named as kazoo's Lock
 * names its own, so both may wait for the same one. Over lost connections; rejects when the session ends, or with the signal's reason: then it
 * is not held, and the place in the queue is given up in the background.
 *
 * Two never have it by the servers' account; by their own they may, for a moment, where clocks go wrong: `fence` and `guard` are for that.
 */
export async function lock(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: LockOptions = {},
): Promise<HeldLock> {
  const { signal } = options
  for (;;) {
    signal?.throwIfAborted()
    const place = await Place.take(platform, session, path, placeOptions(options))
    try {
      const held = (await place.first(signal)) && (await Tenure.begin(platform, session, place, signal))
      if (held) return held
    } catch (error) {
      leave(place)
      throw error
    }
    // Somebody has removed the node: to the end of the queue.
    leave(place)
  }
}

/** Takes the lock if it is free, or gets free in `waitMs` (default: 0). null: another has it. */
export async function tryLock(
  platform: RecipePlatform,
  session: Session,
  path: string,
  { waitMs = 0, ...options }: LockOptions & { readonly waitMs?: number } = {},
): Promise<HeldLock | null> {
  if (waitMs > 0) return lockIn(platform, session, path, options, waitMs)
  const { signal } = options
  if ((await queueIn(platform, session, path, prefix, signal)).length > 0) return null
  const place = await Place.take(platform, session, path, placeOptions(options))
  try {
    const held = (await place.isFirst(signal)) ? await Tenure.begin(platform, session, place, signal) : null
    if (!held) await orAborted(place.leave(), signal)
    return held
  } catch (error) {
    leave(place)
    throw error
  }
}

/** Runs while the lock is held, and gives it up whatever comes of it. `held.lost` and `held.check()` are for `run` to look at. */
export async function withLock<T>(
  platform: RecipePlatform,
  session: Session,
  path: string,
  run: (held: HeldLock) => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const held = await lock(platform, session, path, options)
  try {
    return await run(held)
  } finally {
    await held.end()
  }
}

const prefix = '__lock__'

function placeOptions({ acl, data, signal }: LockOptions): PlaceOptions {
  return { prefix, foundBy: 'guid', acl, data, signal }
}

async function lockIn(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: LockOptions,
  waitMs: number,
): Promise<HeldLock | null> {
  const { signal } = options
  const either = new AbortController()
  const abort = () => either.abort(signal?.reason)
  if (signal?.aborted) abort()
  signal?.addEventListener('abort', abort, { once: true })
  let isLate = false
  const cancel = platform.clock.after(waitMs, () => {
    isLate = true
    either.abort(new Error('late'))
  })
  try {
    return await lock(platform, session, path, { ...options, signal: either.signal })
  } catch (error) {
    if (isLate && error === either.signal.reason) return null
    throw error
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}

/** In the background, until the node is gone or the session is over. */
function leave(place: Place): void {
  place.leave().catch(() => {})
}
