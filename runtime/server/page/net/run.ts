// One statement on its way: its state, how far it is, and what it answered. Whoever shows it listens.
import { type Cell, type Column, RowStore } from './rowStore.ts'
import { newId, type Server } from './server.ts'
import { ConnectionLost, ServerError } from './serverError.ts'

export interface RunOptions {
  readonly database?: string
  readonly sessionId?: string
  readonly parameters: Readonly<Record<string, string>>
  readonly rowsMax: number
}

export interface Progress {
  readRows: number
  readBytes: number
  totalRows: number
  writtenRows: number
  memory: number
}

export type RunState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

/** An answer in a format that was asked for in the statement. */
export interface RawAnswer {
  readonly format: string
  text: string
  size: number
  isBinary: boolean
}

/** Most that one result may hold in this page, in bytes. */
const resultSizeMax = 512 << 20
const rawSizeMax = 4 << 20
const tableFormat = 'TabSeparatedWithNamesAndTypes'
const marker = '__exception__'
const tailSize = 20_000
const sessionLocked = 373

export class Run {
  state: RunState = 'waiting'
  queryId = newId()
  elapsedMs = 0
  progress: Progress = { readRows: 0, readBytes: 0, totalRows: 0, writtenRows: 0, memory: 0 }
  rows: RowStore | null = null
  raw: RawAnswer | null = null
  error: ServerError | ConnectionLost | null = null
  /** Rows were left out: the cap was reached and the query stopped. */
  cut = false
  #startedAt = 0
  #abort = new AbortController()
  #listeners = new Set<() => void>()

  constructor(
    readonly server: Server,
    readonly sql: string,
    /** Where in the editor's text it stood. */
    readonly offset: number,
    readonly options: RunOptions,
  ) {}

  get columns(): readonly Column[] {
    return this.rows?.columns ?? []
  }

  get rowCount(): number {
    return this.rows?.rows ?? 0
  }

  row(index: number): Cell[] {
    return this.rows!.row(index)
  }

  get isOver(): boolean {
    return this.state === 'done' || this.state === 'failed' || this.state === 'cancelled'
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Until it is over, one way or another; never throws. */
  async start(): Promise<void> {
    if (this.state !== 'waiting') return
    this.state = 'running'
    this.#startedAt = performance.now()
    this.#tell()
    const ticks = setInterval(() => this.#tell(), 100)
    this.#followProgress()
    try {
      await this.#execute()
      this.state = 'done'
    } catch (error) {
      if (this.#abort.signal.aborted) this.state = 'cancelled'
      else {
        this.state = 'failed'
        this.error = error instanceof ServerError ? error : lost(error)
      }
    }
    clearInterval(ticks)
    this.elapsedMs = performance.now() - this.#startedAt
    this.#tell()
  }

  /** Ends it here and on the server. */
  cancel(): void {
    if (this.state === 'waiting') {
      this.state = 'cancelled'
      this.#tell()
    }
    if (this.state !== 'running') return
    this.#abort.abort(new DOMException('Cancelled', 'AbortError'))
    this.#kill()
  }

  #kill(): void {
    // The connection's end is enough for most servers; those behind a proxy do not see it.
    this.server.kill(this.queryId).catch(() => {})
  }

  async #execute(): Promise<void> {
    const response = await this.#ask()
    const format = response.headers.get('X-ClickHouse-Format') ?? ''
    this.#readSummary(response.headers.get('X-ClickHouse-Summary'))
    if (format === tableFormat) this.rows = new RowStore(this.options.rowsMax, resultSizeMax)
    else if (response.body && format) this.raw = { format, text: '', size: 0, isBinary: false }
    if (!response.body) return
    const reader = response.body.getReader()
    const decoder = new TextDecoder()
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        if (this.rows) {
          this.rows.add(value)
          if (this.rows.full) {
            // Exactly as many rows as fit are no reason for a notice.
            this.cut = this.rows.overflowed || !(await reader.read()).done
            if (!this.cut) return
            await reader.cancel()
            this.#kill()
            return
          }
        } else if (this.raw) readRaw(this.raw, value, decoder)
      }
    } catch (error) {
      this.#abort.signal.throwIfAborted()
      throw this.#exceptionInTail(response) ?? (await this.#exceptionInLog()) ?? error
    }
    const exception = this.#exceptionInTail(response)
    if (exception) throw exception
  }

  /** A statement that was cancelled a moment ago may still hold the session. */
  async #ask(): Promise<Response> {
    const { server, sql, options } = this
    for (let attempt = 0; ; attempt++) {
      try {
        return await server.ask({
          sql,
          queryId: this.queryId,
          database: options.database,
          sessionId: options.sessionId,
          parameters: options.parameters,
          defaultFormat: tableFormat,
          signal: this.#abort.signal,
        })
      } catch (error) {
        if (!(error instanceof ServerError && error.code === sessionLocked && attempt < 8)) throw error
        await pause(150)
        this.#abort.signal.throwIfAborted()
        this.queryId = newId()
      }
    }
  }

  /** Servers tell of an error that comes late behind the data. */
  #exceptionInTail(response: Response): ServerError | null {
    const tail = this.rows ? this.rows.tail(tailSize) : (this.raw?.text.slice(-tailSize) ?? '')
    const tag = response.headers.get('X-ClickHouse-Exception-Tag')
    const at = tag ? tail.indexOf(`${marker}\r\n${tag}`) : -1
    if (at >= 0) {
      const lines = tail.slice(Math.max(0, at - 2)).split('\n').length - 1
      this.rows?.cut(this.rows.rows - lines)
      const text = tail.slice(at + marker.length + 2 + tag!.length).trim()
      return ServerError.read(text.slice(0, text.lastIndexOf('\n', text.lastIndexOf(tag!))), 200)
    }
    const old = /(?:^|\n)(Code: \d+\. DB::Exception: [\s\S]*)$/.exec(tail)
    if (!old) return null
    this.rows?.cut(this.rows.rows - (old[1].split('\n').length - 1))
    return ServerError.read(old[1], 200)
  }

  /** A browser drops what it has not handed out when the connection breaks, and with it the tail: then the log knows. */
  async #exceptionInLog(): Promise<ServerError | null> {
    const sql =
      "SELECT exception FROM system.query_log WHERE query_id = {id:String} AND exception != '' AND event_date >= today() - 1 LIMIT 1"
    for (const wait of [0, 300, 1000]) {
      await pause(wait)
      try {
        const [row] = await this.server.rows(sql, { parameters: { id: this.queryId } })
        if (row) return ServerError.read(String(row[0]), 200)
      } catch {
        return null
      }
    }
    return null
  }

  /** Header lines of progress do not reach a page before the body does, so the server's list of queries is asked. */
  async #followProgress(): Promise<void> {
    const sql = `SELECT read_rows, read_bytes, total_rows_approx, written_rows, memory_usage FROM system.processes WHERE query_id = {id:String}`
    await pause(120)
    for (let round = 0; this.state === 'running'; round++) {
      try {
        const [row] = await this.server.rows(sql, { parameters: { id: this.queryId } })
        if (this.state !== 'running') return
        if (row) {
          const [readRows, readBytes, totalRows, writtenRows, memory] = row.map(Number)
          this.#raise({ readRows, readBytes, totalRows: Math.max(totalRows, readRows), writtenRows, memory })
          this.#tell()
        }
      } catch (error) {
        // Not everybody may see the list; the time goes on without it.
        if (error instanceof ServerError) return
      }
      await pause(round < 20 ? 150 : round < 60 ? 400 : 1000)
    }
  }

  /** The summary stands in the head, so for a result that is streamed it tells of its beginning only. */
  #readSummary(text: string | null): void {
    if (!text) return
    try {
      const summary = JSON.parse(text) as Record<string, string>
      const number = (name: string) => Number(summary[name] ?? 0)
      this.#raise({
        readRows: number('read_rows'),
        readBytes: number('read_bytes'),
        totalRows: number('total_rows_to_read'),
        writtenRows: number('written_rows'),
        memory: number('memory_usage'),
      })
    } catch {
      // A proxy may have cut it.
    }
  }

  #raise(next: Progress): void {
    for (const name of Object.keys(next) as (keyof Progress)[])
      this.progress[name] = Math.max(this.progress[name], next[name] || 0)
  }

  #tell(): void {
    if (this.state === 'running') this.elapsedMs = performance.now() - this.#startedAt
    for (const listener of this.#listeners) listener()
  }
}

const binary = /^(RowBinary|Native|Parquet|Arrow|ORC|Avro|MsgPack|Npy|RawBLOB|BSON|Protobuf|Capn)/

function readRaw(raw: RawAnswer, bytes: Uint8Array, decoder: TextDecoder): void {
  raw.size += bytes.length
  raw.isBinary = binary.test(raw.format)
  if (!raw.isBinary && raw.text.length < rawSizeMax) raw.text += decoder.decode(bytes, { stream: true })
}

const lost = (error: unknown): ConnectionLost =>
  error instanceof ConnectionLost
    ? error
    : new ConnectionLost('The connection was lost before the answer was whole', { cause: error })

export const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
