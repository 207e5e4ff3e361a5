import { DBError } from '../core/errors.ts'
import type { Platform } from '../platform.ts'
import type { Coordinator, Credentials, SessionOptions } from './coordinator.ts'
import { chrootOf, parseConnectString } from './zookeeper/connectString.ts'
import { zooKeeper } from './zookeeper/zooKeeper.ts'

/** Which coordinator a server uses, and how: `coordination` in the configuration. */
export interface CoordinationOptions {
  /** ZooKeeper's servers, or what speaks its protocol: `host:port,host:port`; a path behind them counts as chroot. */
  readonly servers: string
  /** All paths are below it. */
  readonly chroot?: string
  /** Default: 30000. */
  readonly sessionTimeoutMs?: number
  /** Default: 10000. */
  readonly operationTimeoutMs?: number
  /**
   * typescript: Granary's own, wherever there are sockets. native: the package `zookeeper`, on Node where it is installed; it has no
   * multi. auto (default): typescript.
   */
  readonly client?: 'auto' | 'typescript' | 'native'
  /** true: with the runtime's own certificates. */
  readonly tls?: boolean | { readonly ca?: string }
  readonly auth?: readonly Credentials[]
}

const clients = ['auto', 'typescript', 'native']
const timeoutMaxMs = 0x7fff_ffff

/** Throws BAD_ARGUMENTS on what cannot be meant; nothing is connected. */
export function checkCoordination(options: CoordinationOptions): void {
  const wrong = (what: string) => new DBError('BAD_ARGUMENTS', `Wrong configuration of coordination: ${what}`)
  const known = ['servers', 'chroot', 'sessionTimeoutMs', 'operationTimeoutMs', 'client', 'tls', 'auth']
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined) throw wrong(`unknown name "${unknown}"; known are ${known.join(', ')}`)
  if (typeof options.servers !== 'string') throw wrong('"servers" must be a string such as host:port,host:port')
  chrootOf(parseConnectString(options.servers).chroot, options.chroot)
  for (const name of ['sessionTimeoutMs', 'operationTimeoutMs'] as const) {
    const value = options[name]
    if (value !== undefined && !(Number.isInteger(value) && value > 0 && value <= timeoutMaxMs))
      throw wrong(`"${name}" must be a whole number of milliseconds`)
  }
  if (options.client !== undefined && !clients.includes(options.client))
    throw wrong(`"client" is ${JSON.stringify(options.client)}, where there are ${clients.join(', ')}`)
  const { auth = [] } = options
  const isAuth =
    Array.isArray(auth) && auth.every(one => typeof one?.scheme === 'string' && typeof one.credentials === 'string')
  if (!isAuth) throw wrong('"auth" must be a list of {"scheme": "digest", "credentials": "user:password"}')
}

/** What the options ask for, on this platform. Nothing is connected before a session is opened. */
export function openCoordinator(platform: Platform, options: CoordinationOptions): Coordinator {
  checkCoordination(options)
  const { servers, client = 'auto', tls } = options
  if (client === 'native') {
    if (!platform.nativeZooKeeper)
      throw new DBError(
        'NO_ZOOKEEPER',
        `coordination.client is 'native', which ${platform.name} does not have; 'typescript' runs wherever there are sockets`,
      )
    if (tls) throw new DBError('NO_ZOOKEEPER', "coordination.client is 'native', which has no TLS; 'typescript' has")
    return platform.nativeZooKeeper({ servers })
  }
  if (!platform.connect)
    throw new DBError('NO_ZOOKEEPER', `There are no sockets on ${platform.name} to reach ZooKeeper with`)
  const ca = typeof tls === 'object' ? tls.ca : undefined
  return zooKeeper(platform, { servers, tls: Boolean(tls), ca })
}

export function sessionOptionsOf(options: CoordinationOptions): SessionOptions {
  const { chroot, sessionTimeoutMs, operationTimeoutMs, auth } = options
  return { chroot, timeoutMs: sessionTimeoutMs, operationTimeoutMs, auth }
}
