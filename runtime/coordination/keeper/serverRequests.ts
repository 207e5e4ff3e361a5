// What a server is asked besides what the sessions of this process ask.
import type { Holder, Keeper, KeeperSession } from '../embedded/keeper.ts'
import type { Identity } from '../embedded/rights.ts'
import { descendants, failure } from '../embedded/state.ts'
import type { WatchTable } from '../embedded/watches.ts'
import type { ServerResult as Answer } from '../zookeeper/answerRecords.ts'
import type { ServerRequest } from '../zookeeper/requestRecords.ts'

/** number: of an error that only the wire has. */
export type ServerResult = Answer | { readonly kind: 'number'; readonly error: number }

/** ZooKeeper's number for: there is no such watch. */
const noWatcherError = -121
/** Data and names that the answer to one multiRead may bring. */
export const readBytesMax = 64 << 20
/** About what a name takes in an answer that waits. */
export const nameBytes = 32

/** Of what changes nothing. At once: the session's changes before it are done. owner: of the watches. */
export function answerRead(
  keeper: Keeper,
  session: KeeperSession,
  owner: Holder,
  request: ServerRequest,
  identities: readonly Identity[],
): ServerResult {
  const { state } = keeper
  switch (request.kind) {
    case 'get':
    case 'exists':
    case 'children':
    case 'getAcl':
    case 'check':
    case 'sync':
      return session.read(request, identities, owner)
    case 'ping':
      return { kind: 'done' }
    // Events of what has changed go before the answer.
    case 'setWatches':
      return session.watchAgain(Number(request.relativeZxid), request)
    case 'removeWatches':
      return removeWatches(keeper, owner, request) ? { kind: 'done' } : { kind: 'number', error: noWatcherError }
    case 'multiRead': {
      let bytes = 0
      const results = request.requests.map(({ kind, path }) => {
        if (bytes > readBytesMax) return failure('QuotaExceeded')
        const result = kind === 'get' ? state.get(path, identities) : state.children(path, identities)
        if (result.kind === 'data') bytes += result.data.length
        else if (result.kind === 'children') bytes += result.names.length * nameBytes
        return result
      })
      return { kind: 'multiRead', results }
    }
    case 'ephemerals': {
      const paths = [...(state.sessions.get(session.id)?.ephemerals ?? [])]
      return { kind: 'ephemerals', paths: paths.filter(path => path.startsWith(request.prefix)) }
    }
    case 'descendants': {
      const own = state.children(request.path, identities)
      if (own.kind === 'error') return own
      let count = 0
      for (const _ of descendants(state, request.path)) count++
      return { kind: 'descendants', count }
    }
    case 'whoAmI': {
      const users = identities.map(({ scheme, id }) => ({
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
function removeWatches(
  { watches }: Keeper,
  owner: Holder,
  { path, watched, isCheck }: Extract<ServerRequest, { kind: 'removeWatches' }>,
): boolean {
  const tables: readonly WatchTable[] = watched === 'any' ? ['data', 'child'] : [watched]
  let found = false
  for (const table of tables)
    if (isCheck ? watches.has(table, path, owner) : watches.remove(table, path, owner)) found = true
  return found
}
