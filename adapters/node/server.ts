import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Engine } from '../../runtime/engine/contract.ts'
import type { Platform } from '../../runtime/platform.ts'
import { createApp } from '../../runtime/server/app.ts'
import {
  defaultHost,
  defaultKeepAliveSeconds,
  defaultPort,
  headerSizeMax,
  type HttpServer,
  type ListenOptions,
  plainAddress,
  urlOf,
} from '../shared/listen.ts'
import { NodeSink } from './nodeSink.ts'

export type { HttpServer, ListenOptions } from '../shared/listen.ts'

interface Environment {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

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
  const keepAliveTimeoutSeconds = options.keepAliveTimeoutSeconds ?? defaultKeepAliveSeconds
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
  const host = options.host ?? defaultHost
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? defaultPort, host, resolve)
  })
  server.removeAllListeners('error')
  server.on('error', error => platform.log('error', `HTTP server: ${error.message}`))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: urlOf(host, port),
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
