import { isIPv4 } from 'node:net'
import type { Engine } from '../../runtime/engine/contract.ts'
import type { Platform } from '../../runtime/platform.ts'
import type { PageFile } from '../../runtime/server/pageAsset.ts'

export interface ListenOptions {
  host?: string
  /** 0: any that is free. */
  port?: number
  displayName?: string
  keepAliveTimeoutSeconds?: number
  /** The SQL console of / and /play; by default the one that was built, null for none. */
  page?: PageFile | null
}

export interface HttpServer {
  readonly url: string
  readonly port: number
  /** Takes no new connection; those that are answering may finish, until the time is up. */
  stop(graceMs: number): Promise<void>
}

/** Each runtime's server has this face. */
export type Listen = (engine: Engine, platform: Platform, options?: ListenOptions) => Promise<HttpServer>

export const defaultHost = '127.0.0.1'
export const defaultPort = 8123
export const defaultKeepAliveSeconds = 30

/** Longest request line and headers together. */
export const headerSizeMax = (1 << 20) + 65536

export const urlOf = (host: string, port: number): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`

/** An IPv4 address that came in over IPv6 is an IPv4 address. */
export function plainAddress(address: string): string {
  const mapped = address.replace(/^::ffff:/i, '')
  return isIPv4(mapped) ? mapped : address
}
