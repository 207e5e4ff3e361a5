// What a server is asked besides what the sessions of this process ask.
import type { Keeper, KeeperSession } from '../embedded/keeper.ts'
import { descendants, failure } from '../embedded/state.ts'
import type { WatchOwner, WatchTable } from '../embedded/watches.ts'
import type { Result } from '../requests.ts'
import type { ServerResult } from '../zookeeper/answerRecords.ts'
import type { ServerRequest } from '../zookeeper/requestRecords.ts'

/** ZooKeeper's number for: there is no such watch. */
export const noWatcherError = -121
/** Data that the answer to one multiRead may bring. */
const readBytesMax = 64 << 20

/** Of what changes nothing. No change of the session is under way. */
export function answerRead(keeper: Keeper, session: KeeperSession, request: ServerRequest): ServerResult {
  const { state } = keeper
  switch (request.kind) {
    case 'get':
    case 'exists':
    case 'children':
    case 'getAcl':
    case 'check':
    case 'sync': {
      let answer: Result = failure('SystemError')
      session.ask(request, result => {
        answer = result
      })
      return answer
    }
    case 'multiRead': {
      let bytes = 0
      const results = request.requests.map(({ kind, path }) => {
        if (bytes > readBytesMax) return failure('QuotaExceeded')
        const result = kind === 'get' ? state.get(path, session.identities) : state.children(path, session.identities)
        if (result.kind === 'data') bytes += result.data.length
        return result
      })
      return { kind: 'multiRead', results }
    }
    case 'ephemerals': {
      const paths = [...(state.sessions.get(session.id)?.ephemerals ?? [])]
      return { kind: 'ephemerals', paths: paths.filter(path => path.startsWith(request.prefix)) }
    }
    case 'descendants': {
      const own = state.children(request.path, session.identities)
      if (own.kind === 'error') return own
      let count = 0
      for (const _ of descendants(state, request.path)) count++
      return { kind: 'descendants', count }
    }
    case 'whoAmI': {
      const users = session.identities.map(({ scheme, id }) => ({
        scheme,
        user: scheme === 'digest' ? id.slice(0, id.indexOf(':')) : id,
      }))
      return { kind: 'whoAmI', users }
    }
    default:
      return failure('Unsupported')
  }
}

/** false: there was none. isCheck: only asks. */
export function removeWatches(
  { watches }: Keeper,
  owner: WatchOwner,
  { path, watched, isCheck }: Extract<ServerRequest, { kind: 'removeWatches' }>,
): boolean {
  const tables: readonly WatchTable[] = watched === 'any' ? ['data', 'child'] : [watched]
  let found = false
  for (const table of tables)
    if (isCheck ? watches.has(table, path, owner) : watches.remove(table, path, owner)) found = true
  return found
}
