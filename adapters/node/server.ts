import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIPv4 } from 'node:net'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Engine } from '../../runtime/engine/contract.ts'
import type { Platform } from '../../runtime/platform.ts'
import { createApp } from '../../runtime/server/app.ts'
import { NodeSink } from './nodeSink.ts'

export interface ListenOptions {
  host?: string
  /** 0: any that is free. */
  port?: number
  displayName?: string
  keepAliveTimeoutSeconds?: number
}

export interface HttpServer {
  readonly url: string
  readonly port: number
  /** Takes no new connection; those that are answering may finish, until the time is up. */
  stop(graceMs: number): Promise<void>
}

interface Environment {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

/** Longest request line and headers together. */
const headerSizeMax = (1 << 20) + 65536

export async function listen(engine: Engine, platform: Platform, options: ListenOptions = {}): Promise<HttpServer> {
  const app = createApp(engine, {
    platform,
    displayName: options.displayName,
    connection(environment) {
      const { incoming, outgoing } = environment as Environment
      return {
        address: plainAddress(incoming.socket.remoteAddress ?? ''),
        target: incoming.url,
        sink: new NodeSink(outgoing),
        alreadySent: RESPONSE_ALREADY_SENT,
      }
    },
  })
  const keepAliveTimeoutSeconds = options.keepAliveTimeoutSeconds ?? 30
  const server = createServer(
    {
      maxHeaderSize: headerSizeMax,
      keepAliveTimeout: keepAliveTimeoutSeconds * 1000,
      // A body may take as long as it takes: an INSERT can be fed for hours.
      requestTimeout: 0,
      headersTimeout: 60_000,
      noDelay: true,
    },
    getRequestListener(app.fetch, { overrideGlobalObjects: false }),
  )
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 8123, host, resolve)
  })
  server.removeAllListeners('error')
  server.on('error', error => platform.log('error', `HTTP server: ${error.message}`))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: graceMs => stop(server, graceMs),
  }
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(() => server.closeAllConnections?.(), graceMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    server.closeIdleConnections?.()
  })
}

/** An IPv4 address that came in over IPv6 is an IPv4 address. */
function plainAddress(address: string): string {
  const mapped = address.replace(/^::ffff:/i, '')
  return isIPv4(mapped) ? mapped : address
}
