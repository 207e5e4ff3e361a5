// A connection of the official Node client that leads to an engine in this process. Its shape is that of Connection in
// @clickhouse/client, which calls it experimental.
import { toDBError } from '../core/errors.ts'
import type { Engine, Progress, QueryResult } from '../engine/contract.ts'
import { type SettingValue, settingTexts } from './options.ts'
import { parameterTexts, type Parameters } from './parameters.ts'
import { bodyBytes, streamOf } from './insertData.ts'
import type { SessionOptions } from './session.ts'

export interface ClientConnectionOptions<Stream> {
  /** A stream of bytes as the client's streams are: (stream) => Readable.fromWeb(stream). */
  toStream(stream: ReadableStream<Uint8Array>): Stream
  /** The client's own parseError, so that errors are its ClickHouseError. */
  parseError?(error: Error): Error
}

interface ConnectionParameters {
  readonly query: string
  readonly clickhouse_settings?: Readonly<Record<string, unknown>>
  readonly query_params?: Record<string, unknown>
  readonly abort_signal?: AbortSignal
  readonly session_id?: string
  readonly query_id?: string
  readonly role?: string | string[]
  readonly auth?: object
}

interface ConnectionResult {
  readonly query_id: string
  readonly response_headers: Record<string, string>
  readonly http_status_code: number
}

interface SummaryResult extends ConnectionResult {
  readonly summary: {
    readonly [name in
      | 'read_rows'
      | 'read_bytes'
      | 'written_rows'
      | 'written_bytes'
      | 'total_rows_to_read'
      | 'result_rows'
      | 'result_bytes'
      | 'elapsed_ns']: string
  }
}

export interface ClientConnection<Stream> {
  ping(): Promise<{ success: true } | { success: false; error: Error }>
  query(parameters: ConnectionParameters): Promise<ConnectionResult & { stream: Stream }>
  insert(parameters: ConnectionParameters & { values: string | Stream }): Promise<SummaryResult>
  command(parameters: ConnectionParameters): Promise<SummaryResult>
  exec(parameters: ConnectionParameters & { values?: Stream }): Promise<SummaryResult & { stream: Stream }>
  close(): Promise<void>
}

export function clientConnection<Stream>(
  engine: Engine,
  options: SessionOptions,
  { toStream, parseError }: ClientConnectionOptions<Stream>,
): ClientConnection<Stream> {
  const asError = (cause: unknown, signal?: AbortSignal): Error => {
    if (signal?.aborted) return new Error('The user aborted a request.')
    const error = toDBError(cause)
    const told = Object.assign(new Error(`${error.describe()} `), { code: String(error.code), type: error.errorName })
    return parseError?.(told) ?? told
  }

  /** Runs a statement; `use` is done with its result when the session is free again. */
  const run = async <T>(
    parameters: ConnectionParameters,
    values: string | Stream | undefined,
    use: (result: QueryResult, release: () => void) => Promise<T>,
  ): Promise<T> => {
    const { abort_signal: signal, session_id: sessionId } = parameters
    let release = () => {}
    try {
      const body =
        values === undefined ? null : streamOf(bodyBytes(values as string | AsyncIterable<Uint8Array>), () => {})
      const session = sessionId ? engine.sessions.acquire('default', sessionId) : undefined
      release = () => session && engine.sessions.release(session)
      const { role } = parameters
      const result = await engine.execute({
        query: parameters.query,
        body,
        parameters: parameterTexts(parameters.query, namedIn(parameters)),
        settings: settingTexts({ ...options.settings, ...settingsOf(parameters) }),
        database: session?.database ? undefined : options.database,
        user: 'default',
        roles: role === undefined ? undefined : Array.isArray(role) ? role : [role],
        queryId: parameters.query_id,
        session,
        readonly: 0,
        signal: signal ?? new AbortController().signal,
        client: { interface: 'local', address: '', userAgent: 'clickhouse-js' },
      })
      return await use(result, release)
    } catch (error) {
      release()
      throw asError(error, signal)
    }
  }

  const told = ({ queryId, contentType, format, timeZone }: QueryResult): ConnectionResult => ({
    query_id: queryId,
    http_status_code: 200,
    response_headers: {
      'content-type': contentType,
      'x-clickhouse-query-id': queryId,
      'x-clickhouse-timezone': timeZone,
      ...(format === null ? {} : { 'x-clickhouse-format': format }),
    },
  })

  const streamed = (result: QueryResult, release: () => void, signal?: AbortSignal): Stream => {
    const reader = result.body?.getReader()
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      try {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (!done) {
          controller.enqueue(value)
          return
        }
        release()
        controller.close()
      } catch (error) {
        release()
        controller.error(asError(error, signal))
      }
    }
    const cancel = async (reason: unknown) => {
      release()
      await reader?.cancel(reason)
    }
    return toStream(new ReadableStream<Uint8Array>({ pull, cancel }, { highWaterMark: 0 }))
  }

  const toEnd = async (result: QueryResult, release: () => void): Promise<SummaryResult> => {
    const reader = result.body?.getReader()
    while (reader && !(await reader.read()).done);
    const summary = await result.summary
    release()
    return { ...told(result), summary: summaryOf(summary) }
  }

  return {
    ping: async () => ({ success: true }),
    query: parameters =>
      run(parameters, undefined, async (result, release) => ({
        ...told(result),
        stream: streamed(result, release, parameters.abort_signal),
      })),
    insert: parameters => run(parameters, parameters.values, toEnd),
    command: parameters => run(parameters, undefined, toEnd),
    exec: parameters =>
      run(parameters, parameters.values, async (result, release) => ({
        ...told(result),
        // Of a statement with a result it is not known before its end, which the stream's reader meets first.
        summary: summaryOf(result.body ? null : await result.summary),
        stream: streamed(result, release, parameters.abort_signal),
      })),
    close: async () => {},
  }
}

/** The client lets surplus parameters pass. */
function namedIn({ query, query_params = {} }: ConnectionParameters): Parameters {
  const named = Object.entries(query_params).filter(([name]) => query.includes(`{${name}`))
  return Object.fromEntries(named) as Parameters
}

function settingsOf({ clickhouse_settings = {} }: ConnectionParameters): Record<string, SettingValue> {
  const given = Object.entries(clickhouse_settings).filter(([, value]) => value !== undefined)
  // A map of settings prints itself.
  return Object.fromEntries(given.map(([name, value]) => [name, value as SettingValue]))
}

const summaryOf = (progress: Progress | null): SummaryResult['summary'] => ({
  read_rows: String(progress?.readRows ?? 0),
  read_bytes: String(progress?.readBytes ?? 0),
  written_rows: String(progress?.writtenRows ?? 0),
  written_bytes: String(progress?.writtenBytes ?? 0),
  total_rows_to_read: String(progress?.totalRowsToRead ?? 0),
  result_rows: String(progress?.resultRows ?? 0),
  result_bytes: String(progress?.resultBytes ?? 0),
  elapsed_ns: String(progress?.elapsedNs ?? 0),
})
