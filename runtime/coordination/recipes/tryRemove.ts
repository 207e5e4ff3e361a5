import type { Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import type { RecipePlatform } from './backOff.ts'
import { type RetryOptions, retry } from './retry.ts'

/**
 * Deletes a node if it is there. Afterwards there was none, at some moment since the call. Tells whether this call deleted it; where an answer
 * was lost, false may also stand for a node that this call deleted. Rejects with NotEmpty and, where a version is stated, BadVersion.
 */
export async function tryRemove(
  platform: RecipePlatform,
  session: Session,
  path: string,
  { version = -1, retry: options }: { readonly version?: number; readonly retry?: RetryOptions } = {},
): Promise<boolean> {
  return retry(
    platform,
    async () => {
      try {
        await session.delete(path, version)
        return true
      } catch (error) {
        if (isCoordinationError(error, 'NoNode')) return false
        throw error
      }
    },
    options,
  )
}
