import { Hono } from 'hono'
import { toDBError } from '../core/errors.ts'
import type { Memory } from '../core/memory.ts'
import type { Engine } from '../engine/contract.ts'
import type { Platform } from '../platform.ts'
import { helpText } from './help.ts'
import { printMetrics } from './metrics.ts'
import { type PageFile, pageHandler, wantsPage } from './pageAsset.ts'
import { answerQuery } from './queryHandler.ts'
import { HeadSink, type ResponseSink, StreamSink } from './responseSink.ts'
import { ServerContext } from './serverContext.ts'
import { describeError } from './status.ts'

export interface AppOptions {
  readonly platform: Platform
  /** X-ClickHouse-Server-Display-Name; by default the host's name. */
  readonly displayName?: string
  /** The SQL console that browsers get at / and /play; absent: there is none. */
  readonly page?: PageFile
  /** What the runtime's server knows about a request, from what it hands to fetch; null for a request that came over no wire. */
  connection?(environment: unknown): Connection | null
  /** A query that runs: where a runtime gives up requests whose client has gone, it is to wait for this. */
  running?(query: Promise<void>, environment: unknown): void
  /** The core that compresses answers. By default one of the server's own, made when first asked for. */
  readonly memory?: Memory
  /** Bytes that an answer with wait_end_of_query may hold back. Default: 512 MiB. */
  readonly heldBytesMax?: number
}

export interface Connection {
  /** The peer's IP address. */
  readonly address: string
  /** The headers are those of the connection: a POST must say how long it is. Default: true. */
  readonly hasWireHeaders?: boolean
  /** The request's target as it came in, one character a byte. Absent: taken from the Request. */
  readonly target?: string
  /** A sink that writes to the connection, and the response that says so; absent: a Response with a stream. */
  readonly sink?: ResponseSink
  readonly alreadySent?: Response
}

const plain = { 'Content-Type': 'text/plain; charset=UTF-8' }
const targetSizeMax = 1 << 20
const preflight = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers':
    'origin, x-requested-with, x-clickhouse-format, x-clickhouse-user, x-clickhouse-key, x-clickhouse-database, content-type, Authorization',
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
  'Access-Control-Max-Age': '86400',
}

/** ClickHouse's HTTP interface in front of an engine. */
export function createApp(engine: Engine, options: AppOptions): Hono {
  const { platform } = options
  const context = new ServerContext(engine, platform, options)
  const app = new Hono()
  const ok = () => new Response('Ok.\n', { headers: { 'Content-Type': 'text/html; charset=UTF-8' } })

  app.on(['GET', 'POST'], '/ping', ok)

  app.get('/replicas_status', async c => {
    const verbose = c.req.query('verbose') !== undefined
    const replicas = (await engine.replicasStatus?.()) ?? []
    const late = replicas.some(replica => replica.tooFarBehind)
    const lines = replicas
      .filter(replica => verbose || replica.tooFarBehind)
      .map(
        replica =>
          `${replica.database}.${replica.table}:\tAbsolute delay: ${replica.absoluteDelaySeconds}. Relative delay: ${replica.relativeDelaySeconds}.\n`,
      )
    return new Response(lines.length > 0 ? lines.join('') : 'Ok.\n', { status: late ? 503 : 200, headers: plain })
  })

  app.get('/metrics', async () => {
    const text = printMetrics((await engine.metrics?.()) ?? [])
    return new Response(text, { headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=UTF-8' } })
  })

  const page = options.page ? pageHandler(options.page) : null
  if (page) app.get('/play', c => page(c.req.raw))

  app.all('/', async c => {
    const request = c.req.raw
    const { method } = request
    if (method === 'OPTIONS') return new Response(null, { status: 204, headers: preflight })
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
      return new Response(null, { status: 501, headers: { Connection: 'Close' } })
    const connection = options.connection?.(c.env) ?? null
    const target = connection?.target ?? request.url
    if (target.length > targetSizeMax)
      return new Response(`The request's URL is longer than ${targetSizeMax} bytes: send the query in the body\n`, {
        status: 400,
        headers: plain,
      })
    if (method !== 'POST' && !target.includes('?')) return page && wantsPage(request) ? page(request) : ok()
    const sink = connection?.sink ?? (method === 'HEAD' ? new HeadSink() : new StreamSink())
    const done = answerQuery(context, {
      request,
      target,
      address: connection?.address ?? '',
      hasWireHeaders: connection?.hasWireHeaders ?? connection !== null,
      sink,
    }).catch(error => {
      // It tells the client of every failure by itself; what escapes is a mistake of ours.
      platform.log('error', describeError(toDBError(error), engine.version))
    })
    options.running?.(done, c.env)
    if (sink instanceof StreamSink || sink instanceof HeadSink) return sink.response
    return done.then(() => connection!.alreadySent!)
  })

  app.all('*', c => {
    const { pathname, origin } = new URL(c.req.url)
    return new Response(helpText(pathname, origin), { status: 404, headers: { ...plain, Connection: 'Close' } })
  })

  app.onError(error => {
    platform.log('error', String(error))
    return new Response(describeError(toDBError(error), engine.version), { status: 500, headers: plain })
  })
  return app
}
