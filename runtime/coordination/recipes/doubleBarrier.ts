import { decodeText } from '../../core/text.ts'
import type { Session } from '../coordinator.ts'
import { CoordinationError, isCoordinationError } from '../errors.ts'
import { joinPath } from '../path.ts'
import { orAborted, type RecipePlatform } from './backOff.ts'
import { Change } from './change.ts'
import { createEphemeral, createIfMissing } from './createIfMissing.ts'
import { createPath } from './createPath.ts'
import { guid } from './guid.ts'
import { untilSessionEnds } from './retry.ts'
import { setVersion } from './setVersion.ts'
import { tryRemove } from './tryRemove.ts'

// Several begin together and end together. Each makes an ephemeral node in the folder; when there are enough, one of them writes all their
// names into the folder's `round` node: they, and no others, are in. They leave by removing their nodes, and are out when those of the whole
// round are gone. Who comes meanwhile waits for the next round. One whose session ends has left.

const roundName = 'round'

export interface Inside {
  /** Of all who are in, this one among them. */
  readonly names: readonly string[]
  /**
   * Resolves when all of the round have left. Over lost connections; rejects when the session ends (which leaves as well), or with the signal's
   * reason: it has left then, or does in the background.
   */
  leave(signal?: AbortSignal): Promise<void>
}

/**
 * Resolves when at least `count` are in the folder (made where it is missing): all of them are in, or have been. Over lost connections;
 * rejects when the session ends, or with the signal's reason: it has left then, or does in the background, though the others may have counted it.
 */
export async function enterTogether(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  count: number,
  signal?: AbortSignal,
): Promise<Inside> {
  if (!(count >= 1)) throw new CoordinationError('BadArguments', `a barrier for ${count}`)
  const patience = { ...untilSessionEnds, signal }
  const name = guid(platform)
  const own = joinPath(folder, name)
  await createPath(platform, session, folder, { retry: patience })
  try {
    await createIfMissing(platform, session, joinPath(folder, roundName), '', { retry: patience })
    await createEphemeral(platform, session, own, '', { retry: patience })
    const names = await waitForRound(platform, session, folder, count, name, signal)
    return { names, leave: signal => leave(platform, session, folder, name, signal) }
  } catch (error) {
    tryRemove(platform, session, own, { retry: untilSessionEnds }).catch(() => {})
    throw error
  }
}

async function waitForRound(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  count: number,
  name: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const round = joinPath(folder, roundName)
  for (;;) {
    const change = new Change(platform, session, signal)
    try {
      const { data, stat } = await change.read(watcher => session.get(round, watcher))
      const inside = namesIn(data)
      if (inside.includes(name)) return inside
      const { names } = await change.read(watcher => session.children(folder, watcher))
      if (!names.includes(name)) throw new CoordinationError('NoNode', joinPath(folder, name))
      const isOver = !inside.some(one => names.includes(one))
      const waiting = names.filter(one => one !== roundName)
      if (!isOver || waiting.length < count) await change.wait()
      else await setVersion(platform, session, round, waiting.join('\n'), stat.version, { ...untilSessionEnds, signal })
    } catch (error) {
      // Another has written the round, or others have since.
      if (!isCoordinationError(error, 'BadVersion', 'ConnectionLoss')) throw error
    } finally {
      change.forget()
    }
  }
}

async function leave(
  platform: RecipePlatform,
  session: Session,
  folder: string,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  await orAborted(tryRemove(platform, session, joinPath(folder, name), { retry: untilSessionEnds }), signal)
  for (;;) {
    const change = new Change(platform, session, signal)
    try {
      const inside = namesIn((await change.read(() => session.get(joinPath(folder, roundName)))).data)
      // The next round has begun: all of this one have left.
      if (!inside.includes(name)) return
      const { names } = await change.read(watcher => session.children(folder, watcher))
      if (!inside.some(one => names.includes(one))) return
      await change.wait()
    } catch (error) {
      // All have left, and somebody has removed the folder.
      if (isCoordinationError(error, 'NoNode')) return
      throw error
    } finally {
      change.forget()
    }
  }
}

function namesIn(data: Uint8Array): readonly string[] {
  return data.length === 0 ? [] : decodeText(data).split('\n')
}
