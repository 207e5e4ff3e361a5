// Clusters: shards that hold the parts of a table, each with replicas; and addresses as remote() takes them.
import { DBError } from '../core/errors.ts'
import type { ClusterOptions, EngineOptions } from './contract.ts'
import type { GranaryEngine } from './engine.ts'

export interface Address {
  readonly host: string
  /** null: whichever is usual. */
  readonly port: number | null
  readonly user: string
  readonly password: string
  readonly isSecure: boolean
}

export interface Shard {
  /** How large its share of inserted rows is. */
  readonly weight: number
  /** Rows go to one replica, which tells the others; else to each. */
  readonly internalReplication: boolean
  readonly replicas: readonly Address[]
}

export interface Cluster {
  readonly name: string
  readonly shards: readonly Shard[]
}

/** Shards of one replica each that are this server, as often as hosts are named. */
const local = (...hosts: string[]): ClusterOptions => ({
  shards: hosts.map(host => ({ replicas: [{ host }] })),
})

/** There without being configured, as in ClickHouse's own configuration for trying things out. */
const usualClusters: Readonly<Record<string, ClusterOptions>> = {
  default: local('localhost'),
  test_shard_localhost: local('localhost'),
  test_cluster_one_shard_two_replicas: { shards: [{ replicas: [{ host: '127.0.0.1' }, { host: '127.0.0.2' }] }] },
  test_cluster_two_shards: local('127.0.0.1', '127.0.0.2'),
  test_cluster_two_shards_localhost: local('localhost', 'localhost'),
  test_cluster_two_shards_internal_replication: {
    shards: [
      { internalReplication: true, replicas: [{ host: '127.0.0.1' }] },
      { internalReplication: true, replicas: [{ host: '127.0.0.2' }] },
    ],
  },
  test_cluster_two_replicas_different_databases: {
    shards: [{ replicas: [{ host: 'localhost' }, { host: 'localhost' }] }],
  },
  test_unavailable_shard: {
    shards: [{ replicas: [{ host: 'localhost' }] }, { replicas: [{ host: 'localhost', port: 1 }] }],
  },
}

export function allClusters({ clusters }: EngineOptions): Cluster[] {
  return Object.entries({ ...usualClusters, ...clusters }).map(([name, { shards }]) => ({
    name,
    shards: shards.map(({ weight = 1, internalReplication = false, replicas }) => ({
      weight,
      internalReplication,
      replicas: replicas.map(({ host, port = null, user = 'default', password = '', isSecure = false }) => ({
        host,
        port,
        user,
        password,
        isSecure,
      })),
    })),
  }))
}

export function clusterOf(engine: GranaryEngine, name: string): Cluster {
  const cluster = allClusters(engine.options).find(other => other.name === name)
  if (!cluster) throw new DBError('CLUSTER_DOESNT_EXIST', `Requested cluster '${name}' not found`)
  return cluster
}

/** Ports by which ClickHouse's own protocol is spoken: a server on this machine under one of them is this one. */
const nativePorts = [9000, 9440]

/** Whether the address means this server. */
export function isThisServer(engine: GranaryEngine, { host, port }: Address): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  const isLoopback = bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){1,3}$/.test(bare)
  const isHere = isLoopback || bare === engine.platform.hostName
  return isHere && (port === null || nativePorts.includes(port) || port === engine.options.httpPort)
}

/** Where another server answers HTTP. */
export function urlOf({ host, port, isSecure }: Address): string {
  const usual = isSecure ? 8443 : 8123
  const spoken = port === null || nativePorts.includes(port) ? usual : port
  return `${isSecure ? 'https' : 'http'}://${host}:${spoken}`
}

/** `a,b{1..3}|c:9000`: commas part shards, bars replicas; braces hold alternatives of either. */
export function parseAddresses(text: string, user: string, password: string, isSecure: boolean): Cluster {
  const shards = expand(text, ',').map(
    (shard): Shard => ({
      weight: 1,
      internalReplication: false,
      replicas: expand(shard, '|').map(address => parseAddress(address, user, password, isSecure)),
    }),
  )
  return { name: '', shards }
}

function parseAddress(text: string, user: string, password: string, isSecure: boolean): Address {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(text.trim()) ?? []
  if (!host || Number(port ?? 0) > 65535)
    throw new DBError('BAD_ARGUMENTS', `Incorrect address ${JSON.stringify(text)}`)
  return { host, port: port === undefined ? null : Number(port), user, password, isSecure }
}

/** More addresses than this are a mistake. */
const addressesMax = 1000

/** The alternatives that a separator parts, outside of braces and within them. */
function expand(text: string, separator: string): string[] {
  const found: string[] = []
  for (const piece of splitOutside(text, separator)) {
    const group = [...piece.matchAll(/\{([^{}]*)\}/g)].find(
      ([, inside]) => inside.includes(separator) || (separator === ',' && inside.includes('..')),
    )
    if (!group) {
      found.push(piece)
      continue
    }
    const [before, after] = [piece.slice(0, group.index), piece.slice(group.index + group[0].length)]
    for (const choice of choices(group[1], separator)) found.push(...expand(before + choice + after, separator))
    if (found.length > addressesMax) throw new DBError('BAD_ARGUMENTS', 'Too many addresses are generated')
  }
  return found
}

function choices(inside: string, separator: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(inside)
  if (!range) return inside.split(separator)
  const [first, last] = [Number(range[1]), Number(range[2])]
  if (last < first || last - first >= addressesMax)
    throw new DBError('BAD_ARGUMENTS', `Incorrect range of addresses {${inside}}`)
  const width = range[1].startsWith('0') ? range[1].length : 0
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(width, '0'))
}

function splitOutside(text: string, separator: string): string[] {
  const pieces = ['']
  let depth = 0
  for (const char of text) {
    if (char === '{') depth++
    if (char === '}') depth--
    if (char === separator && depth === 0) pieces.push('')
    else pieces[pieces.length - 1] += char
  }
  return pieces
}
