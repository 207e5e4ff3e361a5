import { DBError } from '../../core/errors.ts'
import { checkPath, joinPath, problemOf } from '../path.ts'

export interface Server {
  readonly host: string
  readonly port: number
}

export interface ConnectString {
  readonly servers: readonly Server[]
  /** '' where there is none. */
  readonly chroot: string
}

const portDefault = 2181
const serversMax = 1000

/** `host:port,host:port/chroot`; a port may be left out; IPv6 stands in brackets. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/')
  const hosts = slash < 0 ? text : text.slice(0, slash)
  const path = slash < 0 ? '' : text.slice(slash)
  const problem = path === '' ? null : problemOf(path)
  if (problem) throw wrong(text, `the path ${path} ${problem}`)
  const servers = hosts.split(',').map(host => parseServer(text, host.trim()))
  if (servers.length > serversMax) throw wrong(text, `more than ${serversMax} servers`)
  return { servers, chroot: path === '/' ? '' : path }
}

/** Of a session: that of the servers, and its own below it. */
export function chrootOf(outer: string, inner = ''): string {
  if (inner === '') return outer
  checkPath(inner)
  if (inner === '/') return outer
  return outer === '' ? inner : joinPath(outer, inner.slice(1))
}

export function showServer({ host, port }: Server): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseServer(text: string, server: string): Server {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(server)
  const host = parts?.[1] ?? parts?.[2]
  const port = Number(parts?.[3] ?? portDefault)
  if (host === undefined || port < 1 || port > 65535)
    throw wrong(text, server === '' ? 'an empty server' : `${server} is not host:port`)
  return { host, port }
}

function wrong(text: string, what: string): DBError {
  return new DBError('BAD_ARGUMENTS', `Wrong ZooKeeper servers ${JSON.stringify(text)}: ${what}`)
}
