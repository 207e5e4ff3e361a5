// ClickHouse's HTTP interface, as far as a console needs it. Credentials go in headers, so that the browser does not ask for them
// by itself, and nothing of them is ever in an address.
import { ConnectionLost, ServerError } from './serverError.ts'

export interface Account {
  user: string
  password: string
}

export interface Request {
  readonly sql: string
  readonly queryId?: string
  readonly database?: string
  readonly defaultFormat?: string
  readonly sessionId?: string
  /** Values of {name:Type}, as they were typed. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

const sessionSeconds = 3600
const readonlyCode = 164

export class Server {
  account: Account = { user: 'default', password: '' }
  /** Off for users who may change no setting. */
  #compresses = true

  constructor(
    /** Ends in a slash. */
    public url: string,
  ) {}

  /** An answer whose status is good. Throws ServerError, ConnectionLost, or what the signal was aborted with. */
  async ask(request: Request): Promise<Response> {
    const { sql, queryId, database, defaultFormat, sessionId, parameters = {}, signal } = request
    const url = new URL(this.url)
    const set = (name: string, value: string | undefined) => value && url.searchParams.set(name, value)
    set('query_id', queryId)
    set('database', database)
    set('default_format', defaultFormat)
    if (sessionId) {
      set('session_id', sessionId)
      set('session_timeout', String(sessionSeconds))
    }
    // A distant server's rows come faster packed; a near one only loses time over it.
    const compresses = this.#compresses && !isNear(url.hostname)
    if (compresses) set('enable_http_compression', '1')
    if (url.origin !== location.origin) set('add_http_cors_header', '1')
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(`param_${name}`, escaped(value))
    let response: Response
    try {
      response = await fetch(url, {
        method: 'POST',
        body: sql,
        signal,
        credentials: 'omit',
        cache: 'no-store',
        headers: {
          'Content-Type': 'text/plain; charset=UTF-8',
          'X-ClickHouse-User': header(this.account.user),
          ...(this.account.password ? { 'X-ClickHouse-Key': header(this.account.password) } : {}),
        },
      })
    } catch (error) {
      signal?.throwIfAborted()
      throw new ConnectionLost(`The server at ${this.url} does not answer`, { cause: error })
    }
    if (response.ok) return response
    const error = ServerError.read(await response.text(), response.status)
    if (!compresses || error.code !== readonlyCode) throw error
    this.#compresses = false
    return this.ask(request)
  }

  async text(sql: string, request: Omit<Request, 'sql'> = {}): Promise<string> {
    return (await this.ask({ ...request, sql })).text()
  }

  /** Rows as arrays; integers of 64 bits may come as text. */
  async rows(sql: string, request: Omit<Request, 'sql'> = {}): Promise<unknown[][]> {
    const text = await this.text(sql, { ...request, defaultFormat: 'JSONCompactEachRow' })
    return text
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
  }

  async kill(queryId: string): Promise<void> {
    await this.text('KILL QUERY WHERE query_id = {id:String} ASYNC', { parameters: { id: queryId } })
  }
}

/** A query id that no other page has. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const isNear = (host: string): boolean => /^(localhost|127\.|\[::1\])/.test(host)

/** Parameters are read as TabSeparated; `\N` stays NULL. */
const escaped = (value: string): string =>
  value === '\\N' ? value : value.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n')

/** fetch takes bytes as characters; servers read UTF-8. */
const header = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text))
