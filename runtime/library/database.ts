import { DBError } from '../core/errors.ts'
import type { Engine } from '../engine/contract.ts'
import type { Platform } from '../platform.ts'
import { type ClientConnection, type ClientConnectionOptions, clientConnection } from './clientConnection.ts'
import { Session, type SessionOptions } from './session.ts'

/** Databases in one program, told apart. */
let count = 0

/**
 * A database in this process. It is a session by itself: SET, USE and temporary tables last as long as it. Closing it ends what runs.
 */
export class Database extends Session {
  #closed: Promise<void> | null = null
  #app: Promise<{ fetch(request: Request): Response | Promise<Response> }> | null = null
  #sessions = 0
  readonly #number = ++count

  constructor(
    engine: Engine,
    options: SessionOptions,
    /** Absent where the engine runs elsewhere. */
    readonly platform?: Platform,
  ) {
    super(engine, options, `granary-${count + 1}`)
    this.fetch = this.fetch.bind(this)
  }

  get version(): string {
    return this.engine.version
  }

  /** A session beside this one, with settings and temporary tables of its own. */
  session(options: SessionOptions = {}): Session {
    const settings = { ...this.options.settings, ...options.settings }
    return new Session(
      this.engine,
      { ...this.options, ...options, settings },
      `granary-${this.#number}-${++this.#sessions}`,
    )
  }

  /**
   * ClickHouse's HTTP interface without a socket, for whatever takes a `fetch`: createClient({ fetch: db.fetch }) of
   * @clickhouse/client-web. The host of the URL does not matter.
   */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const { platform } = this
    if (!platform) throw new DBError('NOT_IMPLEMENTED', 'fetch needs the database in this thread')
    this.#app ??= import('../server/app.ts').then(({ createApp }) => createApp(this.engine, { platform }))
    const app = await this.#app
    // A body that is a stream is sent while the answer comes; runtimes ask to be told that this is known.
    const body = init?.body ? ({ duplex: 'half', ...init } as RequestInit) : init
    // Deno.serve and Bun.serve hand over what they know of the connection in the second place.
    const isWhole = input instanceof Request && !init?.method && !init?.headers && !init?.body && !init?.signal
    return app.fetch(isWhole ? input : new Request(input, body))
  }

  /**
   * What createClient({ connection }) of @clickhouse/client takes. `Readable` is node:stream's, as its streams are Node's; with its
   * parseError, errors are the client's own.
   */
  connection<Stream>(options: ClientConnectionOptions<Stream>): ClientConnection<Stream> {
    return clientConnection(this.engine, this.options, options)
  }

  /** Waits for nothing: queries that run are cancelled. */
  override close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await super.close()
    await this.engine.close({ graceMs: 0 })
  }
}
