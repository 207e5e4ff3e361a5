import type { Session, Watcher } from '../coordinator.ts'
import { isCoordinationError } from '../errors.ts'
import type { Stat } from '../requests.ts'
import type { RecipePlatform } from './backOff.ts'
import type { KeptSession } from './keptSession.ts'
import { type Reader, reloading, type Watching, type WatchOptions } from './reloading.ts'

export interface NodeSeen {
  readonly data: Uint8Array
  readonly stat: Stat
}

export interface ChildrenSeen {
  readonly names: readonly string[]
  readonly stat: Stat
}

/**
 * Calls with what a node is, and again whenever that has changed; null: there is none. Never two calls at once: one that gives a promise is waited
 * for. What changes several times meanwhile is told once, as it is then; the last change is always told. May be called again with what it
 * was called with before (after a new session, say), never with something older. Goes on over lost connections, and in the
 * next session where it is given a KeptSession.
 */
export function watchNode(
  platform: RecipePlatform,
  source: Session | KeptSession,
  path: string,
  callback: (node: NodeSeen | null) => unknown,
  options: WatchOptions = {},
): Watching {
  const readerOf = (session: Session, changed: () => void) =>
    readerWith(session, path, changed, watcher => session.get(path, watcher))
  return reloading(platform, source, readerOf, ({ seen }) => callback(seen), options)
}

/** As watchNode, with the names of the children. The children's data and what is below them is not watched. */
export function watchChildren(
  platform: RecipePlatform,
  source: Session | KeptSession,
  path: string,
  callback: (children: ChildrenSeen | null) => unknown,
  options: WatchOptions = {},
): Watching {
  const readerOf = (session: Session, changed: () => void) =>
    readerWith(session, path, changed, watcher => session.children(path, watcher))
  return reloading(platform, source, readerOf, ({ seen }) => callback(seen), options)
}

function readerWith<T>(
  session: Session,
  path: string,
  changed: () => void,
  ask: (watcher: Watcher) => Promise<T>,
): Reader<{ readonly seen: T | null }> {
  const watcher: Watcher = () => changed()
  return {
    async read() {
      for (;;) {
        try {
          return { seen: await ask(watcher) }
        } catch (error) {
          if (!isCoordinationError(error, 'NoNode')) throw error
        }
        // Made in between: it is read again.
        if ((await session.exists(path, watcher)) === null) return { seen: null }
      }
    },
    forget: () => session.forget(watcher),
  }
}
