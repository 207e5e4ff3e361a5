// Words for people and for what watches a server: asked for by four bytes on a connection, answered with text in the formats of
// ZooKeeper 3.8, as tools read them.
import type { Connection } from './connection.ts'
import type { KeeperServer } from './keeperServer.ts'

/** What tools take us for; the number has to be one that they know. */
const version = '3.8.0-granary, built on 2026-11-21 12:00 UTC'

const words: Readonly<Record<string, (server: KeeperServer) => string>> = {
  ruok: () => 'imok',
  isro: () => 'rw',
  stat: server => `Zookeeper version: ${version}\nClients:\n${clients(server, briefly)}\n${totals(server)}`,
  srvr: server => `Zookeeper version: ${version}\n${totals(server)}`,
  cons: server => `${clients(server, fully)}\n`,
  mntr: server =>
    measures(server)
      .map(([name, value]) => `zk_${name}\t${value}\n`)
      .join(''),
  conf: settings,
  envi: environment,
  wchs: ({ keeper: { watches } }) =>
    `${watches.ownerCount} connections watching ${watches.pathCount} paths\nTotal watches:${watches.count}\n`,
  dump,
  crst(server) {
    for (const { statistics } of server.connections) statistics.reset()
    return 'Connection stats reset.\n'
  },
  srst({ statistics }) {
    statistics.reset()
    return 'Server stats reset.\n'
  },
}

export const isWord = (text: string): boolean => Object.hasOwn(words, text)

export const fourLetterWord = (server: KeeperServer, word: string): string => words[word](server)

function clients({ connections }: KeeperServer, line: (connection: Connection) => string): string {
  return [...connections]
    .map(connection => ` ${addressOf(connection)}[${connection.session ? 1 : 0}](${line(connection)})\n`)
    .join('')
}

const addressOf = ({ remote, socket }: Connection): string => `/${remote}:${socket.remotePort ?? 0}`

function briefly({ outstanding, statistics: { received, sent } }: Connection): string {
  return `queued=${outstanding},recved=${received},sent=${sent}`
}

function fully(connection: Connection): string {
  const { session, statistics } = connection
  if (!session) return briefly(connection)
  const { operation, establishedMs, timeoutMs, xid, zxid, answeredMs, lastLatencyMs, latency } = statistics
  const fields = {
    sid: hex(session.id),
    lop: operation,
    est: establishedMs,
    to: timeoutMs,
    lcxid: hex(xid >>> 0),
    lzxid: hex(zxid),
    lresp: Math.round(answeredMs),
    llat: Math.round(lastLatencyMs),
    minlat: latency.minMs,
    avglat: Math.round(latency.averageMs),
    maxlat: latency.maxMs,
  }
  return [briefly(connection), ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(',')
}

function totals(server: KeeperServer): string {
  const { latency, received, sent } = server.statistics
  const { state } = server.keeper
  return `Latency min/avg/max: ${latency.minMs}/${decimal(latency.averageMs)}/${latency.maxMs}
Received: ${received}
Sent: ${sent}
Connections: ${server.connections.size}
Outstanding: ${outstanding(server)}
Zxid: ${hex(state.zxid)}
Mode: standalone
Node count: ${state.nodes.size}
`
}

function measures(server: KeeperServer): [string, string | number][] {
  const { keeper, statistics, connections } = server
  const { state, watches } = keeper
  const { latency } = statistics
  return [
    ['version', version],
    ['server_state', 'standalone'],
    ['ephemerals_count', state.ephemeralCount],
    ['num_alive_connections', connections.size],
    ['avg_latency', decimal(latency.averageMs)],
    ['min_latency', latency.minMs],
    ['max_latency', latency.maxMs],
    ['outstanding_requests', outstanding(server)],
    ['znode_count', state.nodes.size],
    ['global_sessions', state.sessions.size],
    ['local_sessions', 0],
    ['packets_sent', statistics.sent],
    ['packets_received', statistics.received],
    ['response_bytes', statistics.sentBytes],
    ['bytes_received_count', statistics.receivedBytes],
    ['watch_count', watches.count],
    ['approximate_data_size', state.bytes],
    ['connection_rejected', statistics.refused],
    ['uptime', Math.round(keeper.platform.clock.monotonic() - server.startedMs)],
  ]
}

function settings(server: KeeperServer): string {
  const { keeper } = server
  return `clientPort=${server.port}
secureClientPort=-1
dataDir=${server.directory}
dataDirSize=0
dataLogDir=${server.directory}
dataLogSize=0
tickTime=${keeper.tickMs}
maxClientCnxns=${server.connectionsMax}
minSessionTimeout=${keeper.sessionTimeoutMsMin}
maxSessionTimeout=${keeper.sessionTimeoutMsMax}
clientPortListenBacklog=-1
serverId=0
`
}

function environment({ keeper: { platform } }: KeeperServer): string {
  return `Environment:
zookeeper.version=${version}
host.name=${platform.hostName}
runtime.name=${platform.name}
`
}

function dump({ keeper: { state }, connections }: KeeperServer): string {
  const owners = [...state.sessions.values()].filter(({ ephemerals }) => ephemerals.size > 0)
  const sessions = [...state.sessions.keys()].map(id => `\t${hex(id)}\n`)
  const held = owners.map(({ id, ephemerals }) => `${hex(id)}:\n${[...ephemerals].map(path => `\t${path}\n`).join('')}`)
  const open = [...connections].map(
    connection => `\tip: ${addressOf(connection)} sessionId: ${hex(connection.session?.id ?? 0)}\n`,
  )
  return `SessionTracker dump:
Session Sets (${sessions.length}):
${sessions.join('')}ephemeral nodes dump:
Sessions with Ephemerals (${owners.length}):
${held.join('')}Connections dump:
Connections Sets (${open.length}):
${open.join('')}`
}

const outstanding = ({ connections }: KeeperServer): number =>
  [...connections].reduce((sum, connection) => sum + connection.outstanding, 0)

const hex = (value: number | bigint): string => `0x${value.toString(16)}`

/** As Java prints a number that has four decimals at most: 0.0, 5.5, 0.1234. */
function decimal(value: number): string {
  const text = String(Math.round(value * 10_000) / 10_000)
  return text.includes('.') ? text : `${text}.0`
}
