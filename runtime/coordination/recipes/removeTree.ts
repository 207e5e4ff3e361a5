import type { Session } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import { joinPath } from '../path.ts'
import type { RecipePlatform } from './backOff.ts'
import { forEachAtOnce } from './forEachAtOnce.ts'
import { type RetryOptions, retry } from './retry.ts'
import { tryRemove } from './tryRemove.ts'

/** Somebody who makes nodes as fast as they are deleted. */
const roundsMax = 100
const deletesAtOnce = 128

/**
 * Deletes a node and all below it. Others may add and delete meanwhile: afterwards there was no node, at some moment since the call. What is
 * added faster than it can be deleted ends it with NotEmpty. It is no transaction: others see the tree go bit by bit, leaves first.
 */
export async function removeTree(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: { readonly retry?: RetryOptions } = {},
): Promise<void> {
  for (let round = 1; ; round++) {
    if (path !== '/' && (await isRemoved(platform, session, path, options.retry, round === roundsMax))) return
    const names = await childrenOf(platform, session, path, options.retry)
    const full: string[] = []
    await forEachAtOnce(names, deletesAtOnce, async name => {
      const child = joinPath(path, name)
      if (!(await isRemoved(platform, session, child, options.retry, false))) full.push(child)
    })
    // One after the other: what is remembered at a time are the names on one way down.
    for (const child of full) await removeTree(platform, session, child, options)
    if (path === '/' && names.length === 0) return
  }
}

/** false: it has children. */
async function isRemoved(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: RetryOptions | undefined,
  isLast: boolean,
): Promise<boolean> {
  try {
    await tryRemove(platform, session, path, { retry: options })
    return true
  } catch (error) {
    if (isCoordinationError(error, 'NotEmpty') && !isLast) return false
    throw error
  }
}

async function childrenOf(
  platform: RecipePlatform,
  session: Session,
  path: string,
  options: RetryOptions | undefined,
): Promise<readonly string[]> {
  try {
    return (await retry(platform, () => session.children(path), options)).names
  } catch (error) {
    if (isCoordinationError(error, 'NoNode')) return []
    throw error
  }
}
