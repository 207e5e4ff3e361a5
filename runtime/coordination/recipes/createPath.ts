import type { CreateOptions, Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { parentOf } from '../path.ts'
import type { RecipePlatform } from './backOff.ts'
import { createIfMissing } from './createIfMissing.ts'
import { type RetryOptions, retry } from './retry.ts'

/** Somebody who deletes the folders as fast as they are made. */
const roundsMax = 20

/**
 * Makes a node and every folder above it that is missing, all empty. Afterwards there was the node, at some moment since the call. May be
 * called by many at once. With a chroot, '/' is the chroot's own node; what is above that has to be there.
 */
export async function createPath(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: Pick<CreateOptions, 'acl'> & { readonly retry?: RetryOptions } = {},
): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      await createIfMissing(platform, session, path, '', options)
      return
    } catch (error) {
      // Who may not create in the parent is told so even where the node is there.
      if (isCoordinationError(error, 'NoAuth') && (await retry(platform, () => session.exists(path), options.retry)))
        return
      if (!isCoordinationError(error, 'NoNode') || path === '/' || round === roundsMax) throw error
      // A chroot may be missing as well: the root of a session without one is always there.
      await createPath(platform, session, parentOf(path), options)
    }
  }
}
