import fs from 'node:fs'
import { isIP } from 'node:net'
import type { CoordinationOptions } from '../../../runtime/coordination/openCoordinator.ts'
import type { UserOptions } from '../../../runtime/engine/contract.ts'
import type { LogLevel } from '../../../runtime/platform.ts'
import type { StoreOptions } from '../../../runtime/storage/storeOptions.ts'

/** What the configuration file may hold; options of the command line go before it. */
export interface ServerConfig {
  path: string
  host: string
  httpPort: number
  /** By name. */
  users: Record<string, Omit<UserOptions, 'name'>>
  maxThreads?: number
  maxServerMemoryUsage?: number
  settings?: Record<string, string>
  displayName?: string
  logLevel?: LogLevel
  /** Access to object stores: {"s3": {"endpoint": ..., "region": ..., "accessKeyId": ..., "secretAccessKey": ...}} */
  stores?: StoreOptions
  /** ZooKeeper: {"servers": "host:port,host:port", ...} */
  coordination?: CoordinationOptions
  /** Time that queries have to finish when the server is told to stop. */
  stopTimeoutSeconds: number
}

export const defaultConfig: ServerConfig = {
  path: './data',
  host: '127.0.0.1',
  httpPort: 8123,
  users: { default: { password: '' } },
  stopTimeoutSeconds: 10,
}

/** An error of who started the program, told without a stack. */
export class UsageError extends Error {}

const kinds: Readonly<Record<keyof ServerConfig, 'string' | 'number' | 'object'>> = {
  path: 'string',
  host: 'string',
  httpPort: 'number',
  users: 'object',
  maxThreads: 'number',
  maxServerMemoryUsage: 'number',
  settings: 'object',
  displayName: 'string',
  logLevel: 'string',
  stores: 'object',
  coordination: 'object',
  stopTimeoutSeconds: 'number',
}

export function readConfig(file: string): Partial<ServerConfig> {
  let config: Record<string, unknown>
  try {
    config = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`Cannot read the configuration ${file}: ${(error as Error).message}`)
  }
  for (const [name, value] of Object.entries(config)) {
    const kind = kinds[name as keyof ServerConfig]
    if (!kind) throw new UsageError(`${file}: unknown name "${name}"; known are ${Object.keys(kinds).join(', ')}`)
    if (typeof value !== kind || value === null) throw new UsageError(`${file}: "${name}" must be a ${kind}`)
  }
  return config as Partial<ServerConfig>
}

/** A server that others can reach has no user without a password. */
export function checkExposure({ host, users }: Pick<ServerConfig, 'host' | 'users'>): void {
  if (isLoopback(host)) return
  const open = Object.entries(users).filter(([, user]) => !user.password)
  if (open.length === 0) return
  throw new UsageError(
    `Refusing to listen on ${host}, where others can reach it, while user ${open.map(([name]) => `"${name}"`).join(', ')} has no password.
Set one: GRANARY_PASSWORD=... granary server --host ${host}
or in the file given with --config: {"users": {"default": {"password": "..."}}}`,
  )
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}
