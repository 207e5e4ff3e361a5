import type { CoordinationOptions } from '../coordination/openCoordinator.ts'
import type { Memory } from '../core/memory.ts'
import type { StoreOptions } from '../storage/storeOptions.ts'
import type { Session, Sessions } from './session.ts'

/** What stands in front of the engine (the HTTP server, the command line, a program that embeds it) sees this and nothing else. */
export interface Engine {
  /** As clients see it in error texts and in version(), such as `25.11.1.1`. */
  readonly version: string
  readonly sessions: Sessions
  /**
   * Runs one query. Rejects with a DBError as long as no byte of output exists; later errors come out of the result's body.
   * The request's body is read by the engine, to its end or until it is cancelled, and cancelled if the query fails.
   */
  execute(request: QueryRequest): Promise<QueryResult>
  /** Whether a user may come in. AUTHENTICATION_FAILED otherwise; the text never tells which half was wrong. */
  authenticate(credentials: Credentials): Promise<void>
  /** Replicated tables and how far they are behind; empty without any. */
  replicasStatus?(): Promise<ReplicaStatus[]>
  /** Numbers for GET /metrics. */
  metrics?(): Metric[] | Promise<Metric[]>
  /** No new query is taken; those that run are waited for until the time is up, then cancelled. Ends workers and closes disks. */
  close(options?: { graceMs?: number }): Promise<void>
}

/** What an engine is made with (createEngine(platform, options)). */
export interface EngineOptions {
  /** Data directory or URL, opened by the platform. Absent: everything lives in memory and ends with the engine. */
  readonly path?: string
  /** Access to object stores, for a `path` like `s3://bucket/prefix` and others. Never shown; handed to worker threads. */
  readonly stores?: StoreOptions
  /** Absent: `default` without a password. */
  readonly users?: readonly UserOptions[]
  /** Threads that one query may use; by default all that the platform has. */
  readonly maxThreads?: number
  /** Bytes that all queries may take together. */
  readonly maxServerMemoryUsage?: number
  /** Of text without a zone; UTC by default. */
  readonly timeZone?: string
  /** Workers start with the first query that is worth one; smaller ones run in the thread that asks. */
  readonly startsWorkersLate?: boolean
  /** Workers run made-up queries at their start, so that the first real ones find optimized code. */
  readonly warmUp?: boolean
  /** Decoded columns that each worker keeps. */
  readonly columnCacheBytes?: number
  /** For marks and primary indices, in each worker. */
  readonly marksCacheBytes?: number
  /** Compressed bytes that each worker keeps of each location that reads have to wait for (object stores). Default: 128 MiB. */
  readonly compressedCacheBytes?: number
  /** Compressed bytes that one query has ahead of use in each worker, where reads have to be waited for. Default: 32 MiB. */
  readonly fetchAheadBytes?: number
  /** Requests of each worker to object stores at once. Default: 6. */
  readonly fetchesMax?: number
  /** A core in use already, that the calling thread shares with this engine. */
  readonly memory?: Memory
  /** Beside those that are there anyway (`default` and the like). */
  readonly clusters?: Readonly<Record<string, ClusterOptions>>
  /** The port under which this server answers HTTP: with it, addresses of clusters mean this server itself. */
  readonly httpPort?: number
  /** Tables that are read where they are published: `database.table` and its location. */
  readonly published?: Readonly<Record<string, string>>
  /** ZooKeeper, for what servers agree on. Absent: there is none. */
  readonly coordination?: CoordinationOptions
  /** Defaults for everybody, by ClickHouse's names. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface ClusterOptions {
  readonly shards: readonly {
    readonly weight?: number
    readonly internalReplication?: boolean
    readonly replicas: readonly {
      readonly host: string
      readonly port?: number
      readonly user?: string
      readonly password?: string
      readonly isSecure?: boolean
    }[]
  }[]
}

export interface UserOptions {
  readonly name: string
  readonly password: string
  /** As QueryRequest.readonly, for all that this user asks. */
  readonly readonly?: 0 | 1 | 2
  readonly settings?: Readonly<Record<string, string>>
}

export interface QueryRequest {
  /** Query text, or its beginning: with a body, the whole text is query + '\n' + body (readQueryHead does that). May be ''. */
  readonly query: string
  /** Uncompressed. The rest of the query, or the data of its INSERT. The engine may give its pieces' memory away to a worker. */
  readonly body: ReadableStream<Uint8Array> | null
  /** Of this query only. Unknown names are the engine's to refuse (UNKNOWN_SETTING). */
  readonly settings: Readonly<Record<string, string>>
  /** Values of {name:Type}, TabSeparated-escaped. */
  readonly parameters: Readonly<Record<string, string>>
  /** Absent: the session's, else `default`. UNKNOWN_DATABASE if there is none of that name. */
  readonly database?: string
  readonly user: string
  readonly roles?: readonly string[]
  readonly quotaKey?: string
  /** Absent: the engine makes one up. */
  readonly queryId?: string
  /** Locked for this query by who made the request, who also releases it after the result's end. */
  readonly session?: Session
  /** For output without a FORMAT clause. */
  readonly defaultFormat?: string
  /** 1: nothing that changes data or settings; 2: settings may change; 0: no bound but the user's own. */
  readonly readonly: 0 | 1 | 2
  /** Aborted when nobody wants the result any more. */
  readonly signal: AbortSignal
  /** Temporary tables of this query. */
  readonly externalTables?: readonly ExternalTable[]
  readonly client: ClientInfo
  /** Called on the thread that called execute, at most every few milliseconds. Numbers only grow. */
  onProgress?(progress: Progress): void
}

export interface QueryResult {
  readonly queryId: string
  /** Name of the output's format; null when the query has no output. */
  readonly format: string | null
  readonly contentType: string
  readonly timeZone: string
  /** Errors with a DBError if the query fails on the way. Cancelling it cancels the query. null: no output, and the query is done. */
  readonly body: ReadableStream<Uint8Array> | null
  /**
   * Settles when the query has ended: with the last numbers, also when it failed (the error comes out of body). An error that the body
   * tells of by itself (isInResult) rejects it.
   */
  readonly summary: Promise<Progress>
}

/** What a query has done so far. */
export interface Progress {
  readRows: number
  readBytes: number
  /** As far as known: grows while parts are being pruned. */
  totalRowsToRead: number
  writtenRows: number
  writtenBytes: number
  resultRows: number
  resultBytes: number
  elapsedNs: number
  /** Most that it held at one time, in bytes. */
  memoryUsage: number
}

export const noProgress: Readonly<Progress> = {
  readRows: 0,
  readBytes: 0,
  totalRowsToRead: 0,
  writtenRows: 0,
  writtenBytes: 0,
  resultRows: 0,
  resultBytes: 0,
  elapsedNs: 0,
  memoryUsage: 0,
}

export interface ExternalTable {
  readonly name: string
  /** `a String, b UInt8`. */
  readonly structure: string
  readonly format: string
  readonly data: Uint8Array
}

export interface ClientInfo {
  readonly interface: 'http' | 'local'
  /** IP address, without port; '' if not known. */
  readonly address: string
  readonly userAgent: string
  readonly httpMethod?: string
}

export interface Credentials {
  readonly user: string
  readonly password: string
  readonly address: string
}

export interface ReplicaStatus {
  readonly database: string
  readonly table: string
  readonly absoluteDelaySeconds: number
  readonly relativeDelaySeconds: number
  /** Beyond min_relative_delay_to_close: a balancer should send queries elsewhere. */
  readonly tooFarBehind: boolean
}

export interface Metric {
  /** Prometheus' spelling, such as `ClickHouseMetrics_Query`. */
  readonly name: string
  readonly about: string
  readonly kind: 'gauge' | 'counter'
  readonly value: number
}
