import { reset, truncateAll } from '../../runtime/library/cleaning.ts'
import { type Database, openDatabase } from '../../runtime/library/index.ts'
import type { Platform } from '../../runtime/platform.ts'
import type { Listen } from './listen.ts'
import type { Options } from './openOptions.ts'

export type TestServerOptions = Options & {
  /** By default one that is free. */
  readonly port?: number
}

/** A server in the process of the tests that ask it. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`, for any client of ClickHouse. */
  readonly url: string
  readonly port: number
  /** The same database, without HTTP. */
  readonly db: Database
  /** Empties all tables. */
  truncateAll(): Promise<void>
  /** Drops all tables, databases and functions. */
  reset(): Promise<void>
  close(): Promise<void>
}

export async function startTestServer(
  platform: Platform,
  listen: Listen,
  { port = 0, ...options }: TestServerOptions,
): Promise<TestServer> {
  const db = await openDatabase(platform, options)
  const server = await listen(db.engine, platform, { port }).catch(async error => {
    await db.close()
    throw error
  })
  let closed: Promise<void> | null = null
  const stop = async () => {
    await Promise.all([server.stop(0), db.close()])
  }
  const close = () => {
    closed ??= stop()
    return closed
  }
  return {
    url: server.url,
    port: server.port,
    db,
    truncateAll: () => truncateAll(db),
    reset: () => reset(db),
    close,
    [Symbol.asyncDispose]: close,
  }
}
