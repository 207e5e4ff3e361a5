// ClickHouse's HTTP over node:http, on Node, Deno and Bun. What Deno.serve and Bun.serve cannot do is what users of ClickHouse need: a
// URL of up to 1 MiB (Deno.serve: 64 KiB, Bun.serve: 16 KiB; drivers put the text and the parameters of a query there), the target as it
// came in (both hand out a parsed URL), HTTP/1.0, and progress in header lines while a query runs (both send headers with the answer
// only). They are no faster here: an empty answer takes 0.14 to 0.26 ms either way. A program that has such a server anyway hands a
// database's fetch to it: Deno.serve(database.fetch), Bun.serve({ fetch: database.fetch, idleTimeout: 0 }).
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
} from './listen.ts'
import { HttpSink } from './httpSink.ts'
import { readPage } from './page.ts'

export type { HttpServer, ListenOptions } from './listen.ts'

const idleCheckMs = 50

interface Environment {
  incoming: IncomingMessage
  outgoing: ServerResponse
}

export async function listen(engine: Engine, platform: Platform, options: ListenOptions = {}): Promise<HttpServer> {
  const app = createApp(engine, {
    platform,
    displayName: options.displayName,
    page: options.page === null ? undefined : (options.page ?? readPage()),
    connection(environment) {
      const { incoming, outgoing } = environment as Environment
      return {
        address: plainAddress(incoming.socket.remoteAddress ?? ''),
        target: incoming.url,
        sink: new HttpSink(outgoing),
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
    // HTTP/1.0 needs no Host.
    getRequestListener(app.fetch, { overrideGlobalObjects: false, hostname: 'localhost' }),
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
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    // A connection is idle, and would be kept for the next request, when its last query has been answered.
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(idle)
      resolve()
    })
    server.closeIdleConnections()
  })
}
