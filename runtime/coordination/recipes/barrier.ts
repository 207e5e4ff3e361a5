import type { Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { parentOf } from '../path.ts'
import type { RecipePlatform } from './backOff.ts'
import { Change } from './change.ts'
import { createIfMissing } from './createIfMissing.ts'
import { createPath } from './createPath.ts'
import { tryRemove } from './tryRemove.ts'

/** Whoever comes to `path` waits from now on, until it is lifted. The node stays when the session ends. */
export async function raiseBarrier(
  platform: RecipePlatform,
  session: Session,
  path: string,
  data: Uint8Array | string = '',
): Promise<void> {
  await createPath(platform, session, parentOf(path))
  await createIfMissing(platform, session, path, data)
}

/** All who wait go on. */
export async function liftBarrier(platform: RecipePlatform, session: Session, path: string): Promise<void> {
  await tryRemove(platform, session, path)
}

/**
 * Resolves when there is no barrier: at some moment since the call there was none. It may have been raised anew since. Over lost
 * connections; rejects when the session ends, or with the signal's reason.
 */
export async function waitAtBarrier(
  platform: RecipePlatform,
  session: Session,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  for (let isFirst = true; ; isFirst = false) {
    const change = new Change(platform, session, signal)
    try {
      // A server that lags behind may not know yet of one that was raised before the call.
      if (isFirst) await change.read(() => session.sync(path))
      await change.read(watcher => session.get(path, watcher))
      await change.wait()
    } catch (error) {
      if (isCoordinationError(error, 'NoNode')) return
      throw error
    } finally {
      change.forget()
    }
  }
}
