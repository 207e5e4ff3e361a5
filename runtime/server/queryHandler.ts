// One query over HTTP, from the request's parameters to the last byte of its answer.
import { DBError, toDBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import type { Engine, ExternalTable, Progress, QueryResult } from '../engine/contract.ts'
import { noProgress } from '../engine/contract.ts'
import type { Session } from '../engine/session.ts'
import { type FrameMethod, frameReader, frameWriter } from './compressedFrames.ts'
import { chooseEncoding, decoders, encoder } from './contentEncoding.ts'
import { readCredentials } from './credentials.ts'
import { externalTablesOf, isMultipart, readMultipart } from './externalTables.ts'
import { Output } from './output.ts'
import { isOn, RequestSettings } from './requestSettings.ts'
import { type RequestParameters, sortParameters } from './requestParameters.ts'
import type { HeaderList, ResponseSink } from './responseSink.ts'
import type { ServerContext } from './serverContext.ts'
import { describeError, exceptionTail, httpStatus } from './status.ts'
import { type Parameter, parseUrlParameters } from './urlParameters.ts'

export interface HttpExchange {
  readonly request: Request
  /** Path and parameters as they came in. */
  readonly target: string
  readonly address: string
  /** Over a real connection a POST must say how long it is. */
  readonly hasWireHeaders: boolean
  readonly sink: ResponseSink
}

const exposed =
  'X-ClickHouse-Query-Id,X-ClickHouse-Summary,X-ClickHouse-Server-Display-Name,X-ClickHouse-Format,X-ClickHouse-Timezone,X-ClickHouse-Exception-Code,X-ClickHouse-Exception-Tag'
const bufferSizeMin = 1 << 20

export async function answerQuery(context: ServerContext, exchange: HttpExchange): Promise<void> {
  await new QueryExchange(context, exchange).run()
}

class QueryExchange {
  readonly #context: ServerContext
  readonly #exchange: HttpExchange
  readonly #engine: Engine
  readonly #abort = new AbortController()
  #session: Session | undefined
  #settings = new RequestSettings({})
  #reserved: ReadonlyMap<string, string> = new Map()
  #queryId: string | null = null
  #progress: Progress = noProgress
  #output: Output | null = null
  /** Of the query itself, which may go on for a moment after its client has gone. */
  #ended: Promise<void> | null = null
  #tag = ''

  constructor(context: ServerContext, exchange: HttpExchange) {
    this.#context = context
    this.#exchange = exchange
    this.#engine = context.engine
  }

  async run(): Promise<void> {
    const { sink, request } = this.#exchange
    const abort = () => this.#abort.abort(new DBError('QUERY_WAS_CANCELLED', 'The client has gone'))
    sink.gone.addEventListener('abort', abort, { once: true })
    request.signal.addEventListener('abort', abort, { once: true })
    if (sink.gone.aborted || request.signal.aborted) abort()
    try {
      await this.#query()
    } catch (error) {
      this.#abort.abort(error)
      if (sink.gone.aborted || request.signal.aborted) await this.#hangUp()
      else await this.#fail(toDBError(error))
    } finally {
      sink.gone.removeEventListener('abort', abort)
      request.signal.removeEventListener('abort', abort)
      this.#releaseSession()
      // Where a runtime keeps a request for as long as this takes, what has been cancelled needs it to end.
      await this.#ended
    }
  }

  async #query(): Promise<void> {
    const { request, target, address, hasWireHeaders } = this.#exchange
    const { headers, method } = request
    let list: Parameter[] = parseUrlParameters(target)
    let parameters = sortParameters(list)
    this.#reserved = parameters.reserved
    this.#queryId = this.#reserved.get('query_id') || headers.get('x-clickhouse-query-id') || null

    const credentials = readCredentials(headers, parameters.reserved, address)
    await this.#engine.authenticate(credentials)

    const writing = method === 'POST'
    if (writing && hasWireHeaders && !headers.has('content-length') && !headers.has('transfer-encoding'))
      throw new DBError(
        'HTTP_LENGTH_REQUIRED',
        'The Transfer-Encoding is not chunked and there is no Content-Length header for POST request: send one of them',
      )
    let body = writing ? this.#decodedBody(parameters) : null
    let externalTables: ExternalTable[] | undefined
    const contentType = headers.get('content-type')
    if (body && isMultipart(contentType)) {
      const form = await readMultipart(contentType!, body)
      list = [...list, ...form.fields]
      externalTables = externalTablesOf(form, list)
      parameters = sortParameters(
        list,
        externalTables.map(table => table.name),
      )
      this.#reserved = parameters.reserved
      body = null
    }

    this.#session = this.#acquireSession(credentials.user)
    this.#settings = new RequestSettings(parameters.settings, this.#session)
    const holds = isOn(this.#reserved.get('wait_end_of_query')) || this.#settings.flag('http_wait_end_of_query')
    const result = await this.#engine.execute({
      query: this.#reserved.get('query') ?? '',
      body,
      settings: parameters.settings,
      parameters: parameters.parameters,
      database: this.#reserved.get('database') || headers.get('x-clickhouse-database') || undefined,
      user: credentials.user,
      roles: parameters.roles.length > 0 ? parameters.roles : undefined,
      quotaKey: credentials.quotaKey || undefined,
      queryId: this.#queryId ?? undefined,
      session: this.#session,
      defaultFormat: headers.get('x-clickhouse-format') || this.#reserved.get('default_format') || undefined,
      readonly: writing ? 0 : 2,
      signal: this.#abort.signal,
      externalTables,
      client: { interface: 'http', address, userAgent: headers.get('user-agent') ?? '', httpMethod: method },
      onProgress: this.#progressListener(),
    })
    this.#queryId = result.queryId
    await this.#send(result, holds)
  }

  #decodedBody({ settings }: RequestParameters): ReadableStream<Uint8Array> | null {
    const { request } = this.#exchange
    let { body } = request as { body: ReadableStream<Uint8Array> | null }
    if (!body) return null
    body = body.pipeThrough(readAhead())
    for (const decoder of decoders(request.headers.get('content-encoding'), this.#context.platform))
      body = body.pipeThrough(decoder)
    if (!isOn(this.#reserved.get('decompress'))) return body
    const verify = !isOn(settings['http_native_compression_disable_checksumming_on_decompress'])
    return body.pipeThrough(frameReader(this.#context.frameOptions(), { verify }))
  }

  #acquireSession(user: string): Session | undefined {
    const id = this.#reserved.get('session_id')
    if (!id) return undefined
    const timeout = this.#reserved.get('session_timeout')
    if (timeout !== undefined && !/^\d{1,9}$/.test(timeout))
      throw new DBError('INVALID_SESSION_TIMEOUT', `Invalid session timeout: '${timeout}'`)
    return this.#engine.sessions.acquire(user, id, {
      timeoutSeconds: timeout === undefined ? undefined : Number(timeout),
      mustExist: isOn(this.#reserved.get('session_check')),
    })
  }

  /** Before the client can see that its query has ended: the next one may come at once. */
  #releaseSession(): void {
    const session = this.#session
    this.#session = undefined
    if (session) this.#engine.sessions.release(session, { close: isOn(this.#reserved.get('close_session')) })
  }

  async #send(result: QueryResult, holds: boolean): Promise<void> {
    const settled = () => {}
    this.#ended = result.summary.then(settled, settled)
    const { request, sink } = this.#exchange
    const { platform } = this.#context
    const settings = this.#settings
    const encoders: TransformStream<Uint8Array, Uint8Array>[] = []
    const framed = isOn(this.#reserved.get('compress'))
    if (framed) encoders.push(frameWriter(this.#context.frameOptions(), this.#frameMethod()))
    const encoding = settings.flag('enable_http_compression')
      ? chooseEncoding(request.headers.get('accept-encoding') ?? '', platform)
      : null
    if (encoding && result.body)
      encoders.push(
        encoder(encoding, platform, this.#context.memory, settings.number('http_zlib_compression_level', 3)),
      )
    this.#tag = exceptionTag(platform.randomBytes(16))
    let whole = false
    const bufferSize = Math.max(
      Number(this.#reserved.get('buffer_size')) || settings.number('http_response_buffer_size', 0),
      bufferSizeMin,
    )
    const output = new Output({
      sink,
      encoders: result.body ? encoders : [],
      // Formats that tell of progress are made to be seen at once.
      bufferSize: result.format?.endsWith('WithProgress') ? 1 : bufferSize,
      holdSizeMax: holds ? this.#context.heldBytesMax : 0,
      status: 200,
      headers: async () => [
        ...this.#commonHeaders(),
        ['Content-Type', result.contentType],
        ...(result.format ? ([['X-ClickHouse-Format', result.format]] as const) : []),
        ['X-ClickHouse-Timezone', result.timeZone],
        ...(encoding && result.body ? ([['Content-Encoding', encoding]] as const) : []),
        ['X-ClickHouse-Exception-Tag', this.#tag],
        ['X-ClickHouse-Summary', progressJson(whole ? await result.summary : this.#progress)],
      ],
    })
    this.#output = output
    if (result.body) {
      const reader = result.body.getReader()
      const stop = () => reader.cancel(this.#abort.signal.reason).catch(() => {})
      this.#abort.signal.addEventListener('abort', stop, { once: true })
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        await output.write(value)
      }
    }
    this.#abort.signal.throwIfAborted()
    await result.summary
    whole = true
    this.#releaseSession()
    await output.end()
  }

  #frameMethod(): FrameMethod {
    const method = this.#settings.text('network_compression_method', 'LZ4').toUpperCase()
    if (method === 'LZ4' || method === 'ZSTD' || method === 'NONE') return method
    if (method === 'LZ4HC') return 'LZ4'
    throw new DBError(
      'UNKNOWN_COMPRESSION_METHOD',
      `Unknown network_compression_method ${method}: it may be LZ4, LZ4HC, ZSTD or NONE`,
    )
  }

  #progressListener(): (progress: Progress) => void {
    const { sink } = this.#exchange
    const { clock } = this.#context.platform
    const wanted = sink.sendEarly !== undefined && this.#settings.flag('send_progress_in_http_headers')
    const intervalMs = this.#settings.number('http_headers_progress_interval_ms', 100)
    let sentAt = clock.monotonic()
    return progress => {
      this.#progress = progress
      if (!wanted || (this.#output && !this.#output.revocable)) return
      const now = clock.monotonic()
      if (now - sentAt < intervalMs) return
      sentAt = now
      sink.sendEarly!('X-ClickHouse-Progress', progressJson(progress))
    }
  }

  #commonHeaders(): HeaderList {
    const { displayName } = this.#context
    const crossOrigin = this.#exchange.request.headers.has('origin') && this.#settings.flag('add_http_cors_header')
    return [
      ['Access-Control-Expose-Headers', exposed],
      ['X-ClickHouse-Server-Display-Name', displayName],
      ...(crossOrigin ? ([['Access-Control-Allow-Origin', '*']] as const) : []),
      ...(this.#queryId ? ([['X-ClickHouse-Query-Id', headerText(this.#queryId)]] as const) : []),
    ]
  }

  async #fail(error: DBError): Promise<void> {
    const { sink, request } = this.#exchange
    const text = describeError(error, this.#engine.version)
    this.#releaseSession()
    this.#context.platform.log(
      httpStatus(error) >= 500 && error.errorName === 'LOGICAL_ERROR' ? 'error' : 'debug',
      text.trimEnd(),
    )
    try {
      if (this.#output && error.isInResult) {
        await this.#output.endFailed(httpStatus(error), [['X-ClickHouse-Exception-Code', String(error.code)]])
        return
      }
      if (this.#output && !this.#output.revocable) {
        await this.#output.break(exceptionTail(text, this.#tag))
        return
      }
      this.#output?.discard()
      const anonymous = !request.headers.has('authorization') && !this.#reserved.has('user')
      const asks = error.errorName === 'AUTHENTICATION_FAILED' && anonymous && !request.headers.has('x-clickhouse-user')
      sink.start(asks ? 401 : httpStatus(error), [
        ...this.#commonHeadersOrNone(),
        ['Content-Type', 'text/plain; charset=UTF-8'],
        ['X-ClickHouse-Exception-Code', String(error.code)],
        ['X-ClickHouse-Summary', progressJson(this.#progress)],
        ...(asks || error.errorName === 'REQUIRED_PASSWORD'
          ? ([['WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"']] as const)
          : []),
      ])
      await sink.write(encodeText(text))
      await sink.end()
    } catch (failure) {
      // Of the answer that tells of the first error: there is nobody left to tell.
      this.#context.platform.log('warning', `An answer could not be sent: ${String(failure)}`)
      await sink.break()
    }
  }

  /** A setting that cannot be read may be the very error. */
  #commonHeadersOrNone(): HeaderList {
    try {
      return this.#commonHeaders()
    } catch {
      this.#settings = new RequestSettings({})
      return this.#commonHeaders()
    }
  }

  async #hangUp(): Promise<void> {
    const { sink } = this.#exchange
    if (!this.#output || this.#output.revocable) sink.start(499, [])
    await sink.break()
  }
}

const readAheadSize = 8 << 20

/**
 * Takes in more than the engine has asked for: a connection that is not read does not tell that its client has gone, and the
 * query would work on for as long as there are bytes in its pipes.
 */
function readAhead(): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({}, undefined, { highWaterMark: readAheadSize, size: bytes => bytes.length })
}

function progressJson(progress: Progress): string {
  return JSON.stringify({
    read_rows: String(progress.readRows),
    read_bytes: String(progress.readBytes),
    written_rows: String(progress.writtenRows),
    written_bytes: String(progress.writtenBytes),
    total_rows_to_read: String(progress.totalRowsToRead),
    result_rows: String(progress.resultRows),
    result_bytes: String(progress.resultBytes),
    elapsed_ns: String(Math.round(progress.elapsedNs)),
    memory_usage: String(progress.memoryUsage),
  })
}

/** Sixteen lowercase letters. */
function exceptionTag(random: Uint8Array): string {
  return Array.from(random, byte => String.fromCharCode(97 + (byte % 26))).join('')
}

/** A query id may hold anything; a header may not. */
const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')
