import type { OperationResult, Session } from '../coordinator.ts'
import { CoordinationError, isCoordinationError } from '../errors.ts'
import * as operation from '../operations.ts'
import { joinPath } from '../path.ts'
import type { Operation } from '../requests.ts'
import type { RecipePlatform } from './backOff.ts'
import { guid } from './guid.ts'
import { type RetryOptions, retry } from './retry.ts'
import { tryRemove } from './tryRemove.ts'

/**
 * A multi that is done once or not at all, over lost connections. Its first operation makes a marker: an ephemeral node with a name of its own
 * in `folder` (which has to be there). Tried again after a connection was lost, it finds the marker if it was done before.
 *
 * Gives the results; null: it was done, and the answer with its results was lost. Rejects with what multi rejects with, then surely not done;
 * with ConnectionLoss, outcome unknown, when the attempts ran out or the session ended before it could be found out.
 */
export async function multiOnce(
  platform: RecipePlatform,
  session: Session,
  operations: readonly Operation[],
  folder: string,
  options: RetryOptions = {},
): Promise<readonly OperationResult[] | null> {
  const marker = joinPath(folder, `done-${guid(platform)}`)
  const marked = [operation.create(marker, '', { isEphemeral: true }), ...operations]
  let isUnsure = false
  const attempt = async () => {
    try {
      return (await session.multi(marked)).slice(1)
    } catch (error) {
      if (!isCoordinationError(error)) throw error
      if (error.isOutcomeUnknown) isUnsure = true
      if (error.failedIndex === null) throw error
      // The marker is looked at first: any other operation that failed says that there was none.
      if (error.failedIndex === 0 && error.kind === 'NodeExists') return null
      isUnsure = false
      throw new CoordinationError(error.kind, error.detail, { failedIndex: error.failedIndex - 1 })
    }
  }
  try {
    const results = await retry(platform, attempt, options)
    // Nobody waits for it: it goes with the session at the latest.
    tryRemove(platform, session, marker).catch(() => {})
    return results
  } catch (error) {
    if (!isUnsure || !isCoordinationError(error)) throw error
    throw new CoordinationError('ConnectionLoss', `${marker}: whether it was done is not known`, { cause: error })
  }
}
