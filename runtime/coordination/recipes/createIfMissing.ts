import type { CreateOptions, Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import type { RecipePlatform } from './backOff.ts'
import { type RetryOptions, retry } from './retry.ts'

/**
 * Makes a node unless there is one. Afterwards there was one, at some moment since the call. Tells whether this call made it; where an
 * answer was lost, false may also stand for a node that this call made. Not for sequential nodes.
 */
export async function createIfMissing(
  platform: RecipePlatform,
  session: Session,
  path: string,
  data: Uint8Array | string = '',
  options: Omit<CreateOptions, 'isSequential'> & { readonly retry?: RetryOptions } = {},
): Promise<boolean> {
  return retry(
    platform,
    async () => {
      try {
        await session.create(path, data, { ...options, isSequential: false })
        return true
      } catch (error) {
        if (isCoordinationError(error, 'NodeExists')) return false
        throw error
      }
    },
    options.retry,
  )
}

/**
 * Makes an ephemeral node of this session. true: there is one, and it ends with this session, whether an answer was lost or not. false:
 * another session has one there; it goes when that session ends.
 */
export async function createEphemeral(
  platform: RecipePlatform,
  session: Session,
  path: string,
  data: Uint8Array | string = '',
  options: Pick<CreateOptions, 'acl'> & { readonly retry?: RetryOptions } = {},
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    if (await createIfMissing(platform, session, path, data, { ...options, isEphemeral: true })) return true
    const stat = await retry(platform, () => session.exists(path), options.retry)
    if (stat) return stat.ephemeralOwner === session.id
    // Gone meanwhile. With a bound: another may come and go for ever.
    if (attempt === 100) return false
  }
}
