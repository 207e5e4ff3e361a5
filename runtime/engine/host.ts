// The worker's side: takes tasks, runs them side by side, reports. The same code runs in the control thread where a runtime has no
// threads.
import { bindFunction } from '../functions/bind.ts'
import { findFunction } from '../functions/registry.ts'
import { assert } from '../core/assert.ts'
import { constColumn } from '../columns/build.ts'
import { Budget, Memory } from '../core/memory.ts'
import { DBError, toDBError } from '../core/errors.ts'
import { type Counters, QueryContext, type Resources } from '../exec/context.ts'
import { TemporaryFiles } from '../exec/temporaryFiles.ts'
import type { Platform } from '../platform.ts'
import { openSourceDisk } from '../storage/published/openPublished.ts'
import { type StoreOptions, withStoreOptions } from '../storage/storeOptions.ts'
import { FetchQueue } from '../storage/mergetree/fetcher.ts'
import { KeptBytes } from '../storage/mergetree/keptBytes.ts'
import { PartReader } from '../storage/mergetree/partReader.ts'
import { parseType } from '../types/parseType.ts'
import { optimize } from '../planner/optimize.ts'
import { SelectPlanner } from '../planner/select.ts'
import { analyzerContext, environmentOf, settingsOf } from './analysis.ts'
import type { FromWorker, ScalarResult, Task, TaskBase, TaskResult, ToWorker, WorkerProgress } from './messages.ts'
import { Mailbox } from './mailbox.ts'
import { ReceivedParts } from './partReferences.ts'
import { KeyedTables, keyedByName } from './keyedTables.ts'
import { Queue } from './queue.ts'
import { warmUp } from './warmUp.ts'
import { runInsert } from './runInsert.ts'
import { runMerge } from './runMerge.ts'
import { runMutation } from './runMutation.ts'
import { type QueryIo, runQuery } from './runQuery.ts'

export interface HostOptions {
  /** Bytes of decoded columns that are kept. */
  readonly columnCacheBytes?: number
  readonly marksCacheBytes?: number
  /** Compressed bytes that are kept of each location that reads have to wait for. */
  readonly compressedCacheBytes?: number
  /** Compressed bytes that one query has ahead of use there. */
  readonly fetchAheadBytes?: number
  /** Requests to such locations at once. */
  readonly fetchesMax?: number
  /** Kernel memory in all, above which decoded columns make room for queries. */
  readonly memoryBytesWanted?: number
  /** Bytes that all queries of this thread may take together; 0: what the core has. */
  readonly memoryLimit?: number
  /** Run made-up queries while there is nothing else to do, so that real ones find optimized code. */
  readonly warmUp?: boolean
  /** Of the disk that temporary files go to. Without, nothing is put there. */
  readonly location?: string
  readonly stores?: StoreOptions
}

/** Output that may wait for the client, before the query waits too. */
const outputAheadMax = 4 << 20

interface Running {
  readonly task: Task
  cancelled: boolean
  readonly flag: Int32Array | null
  readonly input: Queue<Uint8Array>
  readonly mailbox: Mailbox
  ahead: number
  room: (() => void) | null
  readonly progress: { -readonly [K in keyof WorkerProgress]: WorkerProgress[K] }
}

export class TaskHost {
  readonly memory: Memory
  readonly #budget: Budget
  readonly #running = new Map<number, Running>()
  readonly #parts = new ReceivedParts()
  /** While it warms up: aborted by the first task. */
  #idle: AbortController | null = null
  readonly #readers = new Map<string, Promise<PartReader>>()
  readonly #fetches: FetchQueue
  /** Of all disks, where requests share only what is there. */
  readonly #kept: KeptBytes | null
  readonly #resources: Resources
  readonly #keyed: KeyedTables

  readonly platform: Platform

  constructor(
    platform: Platform,
    readonly post: (message: FromWorker, transfer?: ArrayBuffer[]) => void,
    readonly options: HostOptions = {},
    memory?: Memory,
  ) {
    // In the control thread it has them already.
    const { stores } = options
    this.platform = stores && platform.storeOptions !== stores ? withStoreOptions(platform, stores) : platform
    this.memory = memory ?? new Memory(platform.core)
    this.#keyed = new KeyedTables(this.memory)
    this.#fetches = new FetchQueue(options.fetchesMax)
    this.#kept = platform.isolatesRequests ? new KeptBytes(options.compressedCacheBytes ?? 0) : null
    this.#budget = new Budget(this.memory, options.memoryLimit ?? 0, 'total')
    this.#resources = {
      location: options.location ?? '',
      partReader: location => this.#reader(location),
      analyzer: context => analyzerContext(context, tasklessBase(context)),
      cast: (from, to, context) => {
        const definition = findFunction('CAST')
        assert(definition, 'CAST is a function')
        const string = parseType('String')
        const bound = bindFunction(
          definition,
          [
            { type: from, constant: undefined },
            { type: string, constant: to.name },
          ],
          context.environment,
        )
        return (column, rows, arena) =>
          bound.run([column, constColumn(string, to.name, rows, arena)], rows, arena).full(arena)
      },
    }
  }

  /** For a worker that has just started. Ends when the first task comes. */
  async warmUp(): Promise<void> {
    this.#idle = new AbortController()
    const { signal } = this.#idle
    await warmUp(this.platform, this.memory, signal).catch(error => {
      if (!signal.aborted) this.platform.log('warning', `Warming up ended early: ${toDBError(error).message}`)
    })
  }

  /** Tasks that have not ended. */
  get running(): number {
    return this.#running.size
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case 'start':
        this.#idle?.abort()
        void this.#start(this.#parts.expand(message.task))
        return
      case 'cancel': {
        const running = this.#running.get(message.id)
        if (!running) return
        running.cancelled = true
        const error = new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
        running.input.fail(error)
        running.mailbox.fail(error)
        running.room?.()
        return
      }
      case 'input': {
        const input = this.#running.get(message.id)?.input
        if (!input) return
        if (message.error !== undefined) input.fail(new DBError('CANNOT_READ_ALL_DATA', message.error))
        else if (message.bytes === null) input.end()
        else input.push(message.bytes)
        return
      }
      case 'taken': {
        const running = this.#running.get(message.id)
        if (!running) return
        running.ahead -= message.bytes
        if (running.ahead < outputAheadMax) running.room?.()
        return
      }
      case 'shared': {
        const mailbox = this.#running.get(message.id)?.mailbox
        if (message.item) mailbox?.deliver(message.from, message.item)
        else mailbox?.helperEnded()
        return
      }
      case 'sharedTaken':
        this.#running.get(message.id)?.mailbox.taken(message.from, message.bytes)
        return
      case 'sharedError':
        this.#running
          .get(message.id)
          ?.mailbox.fail(new DBError(message.error.name as 'LOGICAL_ERROR', message.error.message))
        return
      case 'forget':
        this.#parts.forget(message.paths)
        for (const path of message.paths) this.#keyed.forget(path)
        for (const reader of this.#readers.values())
          void reader.then(open => message.paths.forEach(id => open.forget(id)))
        return
      case 'stop':
        for (const reader of this.#readers.values()) void reader.then(open => open.close())
    }
  }

  #reader(location: string): Promise<PartReader> {
    let reader = this.#readers.get(location)
    if (!reader) {
      reader = openSourceDisk(this.platform, location).then(
        disk =>
          new PartReader({
            disk,
            memory: this.memory,
            zstd: this.platform.zstd,
            columnCacheBytes: this.options.columnCacheBytes,
            marksCacheBytes: this.options.marksCacheBytes,
            compressedCacheBytes: this.options.compressedCacheBytes,
            fetchAheadBytes: this.options.fetchAheadBytes,
            queue: this.#fetches,
            isolatesRequests: this.platform.isolatesRequests,
            kept: this.#kept ? { bytes: this.#kept, prefix: `${location}\n` } : undefined,
            memoryBytesWanted: this.options.memoryBytesWanted,
          }),
      )
      this.#readers.set(location, reader)
      reader.catch(() => this.#readers.delete(location)) // the next query tries again
    }
    return reader
  }

  async #start(task: Task): Promise<void> {
    const running: Running = {
      task,
      cancelled: false,
      flag: task.cancel ? new Int32Array(task.cancel) : null,
      input: new Queue<Uint8Array>(() => this.post({ kind: 'wants', id: task.id })),
      mailbox: new Mailbox(task, this.post),
      ahead: 0,
      room: null,
      progress: {
        readRows: 0,
        readBytes: 0,
        totalRows: 0,
        writtenRows: 0,
        writtenBytes: 0,
        resultRows: 0,
        resultBytes: 0,
        memoryPeak: 0,
        memorySize: 0,
        memoryTaken: 0,
      },
    }
    this.#running.set(task.id, running)
    let context: QueryContext | null = null
    const keyed = this.#keyed.open()
    const report = (counters: Counters) => {
      running.progress.readRows = counters.readRows
      running.progress.readBytes = counters.readBytes
      running.progress.totalRows = counters.totalRows
      running.progress.memorySize = this.memory.size
      running.progress.memoryTaken = this.memory.bytesTaken
      running.progress.memoryPeak = Math.max(running.progress.memoryPeak, context?.budget.peak ?? 0)
    }
    try {
      const settings = settingsOf(task)
      context = new QueryContext(
        this.memory,
        this.platform,
        this.#resources,
        settings,
        environmentOf(task, this.platform, settings, keyedByName(task.tables, task.database, keyed.table)),
        () => running.cancelled || (running.flag !== null && Atomics.load(running.flag, 0) !== 0),
        this.#budget,
        counters => {
          report(counters)
          this.post({ kind: 'progress', id: task.id, progress: { ...running.progress } })
        },
      )
      context.temporary = this.#temporary(task)
      context.keyed = keyed.table
      const result = await this.#run(context, task, running)
      await context.temporary?.end(false)
      report(context.counters)
      context.close()
      context = null
      this.post({ kind: 'done', id: task.id, progress: running.progress, result })
    } catch (cause) {
      const error = toDBError(cause)
      if (!(cause instanceof DBError))
        this.platform.log(
          'error',
          `Query ${task.queryId} failed inside: ${cause instanceof Error ? cause.stack : String(cause)}`,
        )
      if (context) report(context.counters)
      context?.close()
      await context?.temporary
        ?.end(true)
        .catch(error =>
          this.platform.log('warning', `Temporary files of ${task.queryId} stay behind: ${String(error)}`),
        )
      this.post({
        kind: 'failed',
        id: task.id,
        progress: running.progress,
        error: { name: error.errorName, code: error.code, message: error.message, isInResult: error.isInResult },
      })
    } finally {
      keyed.release()
      this.#running.delete(task.id)
    }
  }

  #temporary(task: Task): TemporaryFiles | null {
    const { location } = this.options
    if (location === undefined) return null
    const thread = task.kind === 'select' ? (task.share?.index ?? 0) : 0
    return new TemporaryFiles(this.platform, location, task.temporary, thread)
  }

  async #run(context: QueryContext, task: Task, running: Running): Promise<TaskResult> {
    switch (task.kind) {
      case 'select':
        await runQuery(context, task, this.#io(task.id, running))
        return { kind: 'none' }
      case 'describe': {
        const planner = new SelectPlanner(analyzerContext(context, task))
        const plan = optimize(await planner.query(task.query, { queries: new Map() }))
        return { kind: 'columns', columns: plan.columns.map(({ name, type }) => ({ name, type: type.name })) }
      }
      case 'insert':
        return runInsert(context, task, {
          input: () => running.input,
          written: (rows, bytes) => {
            running.progress.writtenRows += rows
            running.progress.writtenBytes += bytes
          },
        })
      case 'merge':
        return runMerge(context, task)
      case 'mutate':
        return runMutation(context, task)
    }
  }

  #io(id: number, running: Running): QueryIo {
    return {
      head: (format, contentType) => this.post({ kind: 'head', id, format, contentType }),
      output: async bytes => {
        running.ahead += bytes.length
        running.progress.resultBytes += bytes.length
        const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice()
        this.post({ kind: 'output', id, bytes: whole }, [whole.buffer as ArrayBuffer])
        while (running.ahead >= outputAheadMax && !running.cancelled)
          await new Promise<void>(resolve => {
            running.room = resolve
          })
      },
      help: (count, scalars: readonly ScalarResult[]) => {
        this.post({ kind: 'help', id, count, scalars })
        return running.mailbox
      },
      peers: running.mailbox,
      resultRows: rows => {
        running.progress.resultRows += rows
      },
    }
  }
}

/** For expressions that see nothing of the query. */
function tasklessBase({ environment, settings }: QueryContext): TaskBase {
  return {
    id: 0,
    queryId: environment.queryId,
    settings: settings.entries(),
    parameters: {},
    database: environment.database,
    user: environment.user,
    now: environment.now,
    timeZone: environment.timeZone,
    hostName: environment.hostName,
    version: environment.version,
    uptimeMs: environment.uptimeMs,
    tables: [],
    functions: [],
    cancel: null,
    temporary: '',
  }
}
