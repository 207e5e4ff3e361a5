import type { Session } from '../coordinator.ts'
import { CoordinationError, isCoordinationError } from '../errors.ts'
import { bytesOf } from '../operations.ts'
import type { Stat } from '../requests.ts'
import type { RecipePlatform } from './backOff.ts'
import { type RetryOptions, retry } from './retry.ts'

/**
 * Compare and set, over lost connections: tried again, and where an earlier attempt may have been done, what is there tells whether it was.
 * It was done: the next version has these data. (Another who set the same bytes looks the same: put something of your own into them where that
 * matters.) Rejects with what set rejects with, then surely not done; with ConnectionLoss, outcome unknown, when the attempts ran out, the
 * session ended, or others have set or deleted the node since.
 */
export async function setVersion(
  platform: RecipePlatform,
  session: Session,
  path: string,
  data: Uint8Array | string,
  version: number,
  options: RetryOptions = {},
): Promise<Stat> {
  if (version < 0) throw new CoordinationError('BadArguments', 'setVersion needs a version')
  const bytes = bytesOf(data)
  let isUnsure = false
  const attempt = async () => {
    try {
      return await session.set(path, bytes, version)
    } catch (error) {
      if (isCoordinationError(error) && error.isOutcomeUnknown) isUnsure = true
      if (!isUnsure || !isCoordinationError(error, 'BadVersion')) throw error
      const found = await session.get(path)
      // Wraps as versions do.
      if (found.stat.version === ((version + 1) | 0)) {
        if (isEqual(found.data, bytes)) return found.stat
        isUnsure = false
      }
      throw error
    }
  }
  try {
    return await retry(platform, attempt, options)
  } catch (error) {
    if (!isUnsure || !isCoordinationError(error)) throw error
    throw new CoordinationError('ConnectionLoss', `${path}: whether it was set is not known`, { cause: error })
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
