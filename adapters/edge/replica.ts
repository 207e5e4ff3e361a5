import { Memory } from '../../runtime/core/memory.ts'
import type { UserOptions } from '../../runtime/engine/contract.ts'
import { createEngine } from '../../runtime/engine/engine.ts'
import { internalRun } from '../../runtime/engine/internalRun.ts'
import type { Clock, LogLevel } from '../../runtime/platform.ts'
import { createApp } from '../../runtime/server/app.ts'
import { parseStatement } from '../../runtime/sql/parser.ts'
import { answerFor } from './answer.ts'
import { Heartbeats } from './heartbeats.ts'
import type { StoreOptions } from '../../runtime/storage/storeOptions.ts'
import { edgePlatform } from './platform.ts'

export interface ReplicaOptions {
  /** `import core from 'granary/core.wasm'`. */
  core: WebAssembly.Module
  /** The Worker's bindings, where they are known already; else those of the first request. */
  env?: object
  /** Published tables: `{ 'default.hits': 'r2:BINDING/hits' }`, or s3://bucket/prefix, or https://host/directory. */
  tables?: Readonly<Record<string, string>>
  /** Statements that make further tables: ATTACH TABLE … SETTINGS disk = disk(type = 'web', endpoint = '…'). Nothing writes to them. */
  attach?: readonly string[]
  /** Default: `default` without a password. Whoever they are, they only read. */
  users?: readonly Omit<UserOptions, 'readonly'>[]
  /** Defaults for everybody, by ClickHouse's names. */
  settings?: Readonly<Record<string, string>>
  /** Of the core: what queries and caches take. The isolate has 128 MiB, of which JavaScript needs its part. Default: 44 MiB. */
  memoryBytes?: number
  caches?: {
    /** Decoded columns. Default: a tenth of memoryBytes. */
    readonly columnBytes?: number
    /** Bytes as they were fetched, beside memoryBytes. Default: 8 MiB. */
    readonly compressedBytes?: number
    /** Marks and primary indices. Default: 4 MiB. */
    readonly marksBytes?: number
  }
  /** Access to s3://. What is missing is taken from the Worker's variables and secrets: AWS_ACCESS_KEY_ID and the like. */
  stores?: StoreOptions
  logLevel?: LogLevel
}

/** What a Worker is given with a request. */
export interface ExecutionContext {
  waitUntil(work: Promise<unknown>): void
}

export interface Replica {
  fetch(request: Request, env?: object, context?: ExecutionContext): Promise<Response>
}

interface Running {
  readonly heartbeats: Heartbeats
  readonly fetch: (request: Request, environment: RequestEnvironment) => Response | Promise<Response>
}

interface RequestEnvironment {
  readonly address: string
  readonly context: ExecutionContext | undefined
}

const memoryBytesDefault = 44 << 20
/** Memory grows by steps of 4 MiB: what an isolate has not touched counts all the same. */
const growPages = 64
/** Runtimes give a request no more of their time, and some do not tell when a client goes away that waits for the first byte. */
const secondsMax = '30'
/** Of one query. They lie beside the core's memory. */
const fetchAheadBytes = 4 << 20
const heldBytesMax = 8 << 20
/** A request that has not finished starting the engine by then was given up. */
const startMsMax = 10_000

/** Tables that lie elsewhere, behind ClickHouse's HTTP interface, for `export default` of a Worker. */
export function createReplica(options: ReplicaOptions): Replica {
  const starter = new Starter(options, edgePlatform(options).clock)
  return {
    async fetch(request, env, context) {
      const running = await starter.running(env)
      const address = request.headers.get('cf-connecting-ip') ?? ''
      return answerFor(await running.fetch(request, { address, context }), context)
    },
  }
}

/**
 * The engine of one isolate, made by the first request: nothing may wait for the outside before. What a request waits for ends with
 * that request, so others never wait for its promise: they look from time to time, and begin anew when it was given up.
 */
class Starter {
  #running: Running | null = null
  #startedAt: number | null = null

  constructor(
    private readonly options: ReplicaOptions,
    private readonly clock: Clock,
  ) {}

  async running(env: object | undefined): Promise<Running> {
    const { clock } = this
    for (;;) {
      const running = this.#running
      if (running && !(await running.heartbeats.hasLost())) return running
      // What a lost query holds (memory, pinned columns) is given back with its engine. Others end in it undisturbed.
      if (running && this.#running === running) this.#running = null
      if (this.#startedAt !== null && clock.monotonic() - this.#startedAt < startMsMax) {
        await clock.wait(5)
        continue
      }
      this.#startedAt = clock.monotonic()
      try {
        this.#running = await start(this.options, this.options.env ?? env ?? {})
      } finally {
        this.#startedAt = null
      }
    }
  }
}

async function start(options: ReplicaOptions, env: object): Promise<Running> {
  const platform = edgePlatform({ ...options, env })
  const memoryBytes = options.memoryBytes ?? memoryBytesDefault
  const memory = new Memory(options.core, { pages: Math.ceil(memoryBytes / 65536), growPages })
  const engine = await createEngine(platform, {
    memory,
    users: (options.users ?? [{ name: 'default', password: '' }]).map(user => ({ ...user, readonly: 2 })),
    settings: { log_queries: '0', max_execution_time: secondsMax, ...options.settings },
    maxServerMemoryUsage: memoryBytes,
    published: options.tables,
    stores: { ...options.stores, readonly: true },
    compressedCacheBytes: options.caches?.compressedBytes ?? 8 << 20,
    fetchAheadBytes,
    columnCacheBytes: options.caches?.columnBytes ?? memoryBytes / 10,
    marksCacheBytes: options.caches?.marksBytes ?? 4 << 20,
  })
  for (const text of options.attach ?? [])
    await engine.statements.run(internalRun(engine, 'default'), parseStatement(text).statement)
  const heartbeats = new Heartbeats(platform.clock)
  const app = createApp(engine, {
    platform,
    memory,
    heldBytesMax,
    connection: environment => ({ address: (environment as RequestEnvironment).address, hasWireHeaders: false }),
    running(query, environment) {
      ;(environment as RequestEnvironment).context?.waitUntil(query)
      heartbeats.watch(query)
    },
  })
  return { heartbeats, fetch: (request, environment) => app.fetch(request, environment) }
}
