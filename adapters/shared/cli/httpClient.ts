import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { noProgress, type Progress } from '../../../runtime/engine/contract.ts'

export interface ClientOptions {
  url: string
  user: string
  password: string
  database?: string
  settings: Record<string, string>
}

export interface ClientRequest {
  query: string
  /** INSERT data from elsewhere, behind the query. */
  input?: Readable
  format?: string
  sessionId?: string
  queryId?: string
  signal?: AbortSignal
  onProgress?(progress: Progress): void
  /** Settles when there is room for more. */
  onData(bytes: Uint8Array): void | Promise<void>
}

export interface ClientResult {
  format: string | null
  progress: Progress
}

/** An error that the server told, or that kept it from being asked (code 210). */
export class QueryError extends Error {
  constructor(
    message: string,
    readonly code: number,
  ) {
    super(message)
  }
}

/** Bytes that are kept back while a result may still turn out to be broken off: longer than any exception block. */
const tailSize = 16384 + 64

/** Runs one query on a server and hands out its output as it comes. */
export function runOverHttp(options: ClientOptions, request: ClientRequest): Promise<ClientResult> {
  const url = new URL(options.url)
  const { searchParams } = url
  for (const [name, value] of Object.entries(options.settings)) searchParams.set(name, value)
  if (options.database) searchParams.set('database', options.database)
  if (request.sessionId) searchParams.set('session_id', request.sessionId)
  if (request.queryId) searchParams.set('query_id', request.queryId)
  if (request.format) searchParams.set('default_format', request.format)
  if (request.onProgress) searchParams.set('send_progress_in_http_headers', '1')
  if (request.input) searchParams.set('query', request.query)
  return new Promise((resolve, reject) => {
    const call = (url.protocol === 'https:' ? https : http).request(url, {
      method: 'POST',
      headers: {
        Authorization: `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`,
        'User-Agent': 'granary-client',
        ...(request.input
          ? { 'Transfer-Encoding': 'chunked' }
          : { 'Content-Length': Buffer.byteLength(request.query) }),
      },
    })
    const cancel = () => {
      reject(new QueryError('Query was cancelled', 394))
      answered?.destroy()
      call.destroy()
    }
    let answered: http.IncomingMessage | null = null
    request.signal?.addEventListener('abort', cancel, { once: true })
    call.on('error', error => reject(new QueryError(connectionError(error, url), 210)))
    let stopWatching = () => {}
    if (request.onProgress) {
      const { onProgress } = request
      call.on('socket', socket => {
        const watch = progressWatcher(onProgress)
        socket.on('data', watch)
        stopWatching = () => socket.off('data', watch)
      })
    }
    call.on('response', answer => {
      stopWatching()
      answered = answer
      readAnswer(answer, request)
        .then(resolve, reject)
        .finally(() => request.signal?.removeEventListener('abort', cancel))
    })
    if (request.input) request.input.pipe(call)
    else call.end(request.query)
  })
}

/** Finds the progress lines among the header's bytes: node:http tells of headers only when all are there. */
function progressWatcher(onProgress: (progress: Progress) => void): (bytes: Buffer) => void {
  let rest = ''
  return bytes => {
    rest = (rest + bytes.toString('latin1')).slice(-65536)
    const end = rest.lastIndexOf('\r\n')
    if (end < 0) return
    for (const [, json] of rest.slice(0, end + 2).matchAll(/X-ClickHouse-Progress: (\{.*\})\r\n/gi))
      onProgress(parseProgress(json))
    rest = rest.slice(end + 2)
  }
}

async function readAnswer(answer: http.IncomingMessage, request: ClientRequest): Promise<ClientResult> {
  const header = (name: string): string | undefined => {
    const value = answer.headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  const code = header('x-clickhouse-exception-code')
  if (code !== undefined || (answer.statusCode ?? 500) >= 300) {
    let text = ''
    for await (const bytes of answer) text += bytes
    throw new QueryError(text.trimEnd() || `HTTP status ${answer.statusCode}`, Number(code ?? 1))
  }
  const tag = header('x-clickhouse-exception-tag') ?? ''
  let held: Uint8Array = new Uint8Array(0)
  let broken: Error | null = null
  try {
    for await (const bytes of answer) {
      const all = held.length > 0 ? Buffer.concat([held, bytes]) : (bytes as Uint8Array)
      const ready = Math.max(all.length - tailSize, 0)
      if (ready > 0) await request.onData(all.subarray(0, ready))
      held = all.subarray(ready)
    }
  } catch (error) {
    broken = error as Error
  }
  const text = Buffer.from(held).toString('latin1')
  const at = tag === '' ? -1 : text.lastIndexOf(`\r\n__exception__\r\n${tag}\r\n`)
  if (at >= 0) {
    await request.onData(held.subarray(0, at))
    const block = Buffer.from(held.subarray(at + 17 + tag.length + 2)).toString()
    const message = block.slice(0, block.lastIndexOf('\n', block.indexOf(`${tag}\r\n__exception__`))).trim()
    throw new QueryError(message, Number(/^Code: (\d+)/.exec(message)?.[1] ?? 1))
  }
  if (held.length > 0) await request.onData(held)
  if (broken) throw new QueryError(`The connection broke off: ${broken.message}`, 210)
  return {
    format: header('x-clickhouse-format') ?? null,
    progress: parseProgress(header('x-clickhouse-summary') ?? '{}'),
  }
}

function parseProgress(json: string): Progress {
  const value = JSON.parse(json) as Record<string, string>
  const number = (name: string) => Number(value[name] ?? 0)
  return {
    ...noProgress,
    readRows: number('read_rows'),
    readBytes: number('read_bytes'),
    totalRowsToRead: number('total_rows_to_read'),
    writtenRows: number('written_rows'),
    writtenBytes: number('written_bytes'),
    resultRows: number('result_rows'),
    resultBytes: number('result_bytes'),
    elapsedNs: number('elapsed_ns'),
  }
}

function connectionError(error: Error & { code?: string }, url: URL): string {
  if (error.code === 'ECONNREFUSED') return `Nothing listens on ${url.origin}: is the server running? (granary server)`
  return `Cannot ask ${url.origin}: ${error.message}`
}
