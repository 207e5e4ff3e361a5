import { DBError, toDBError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import type { TableSnapshot } from '../exec/source.ts'
import { findOutputFormat } from '../formats/registry.ts'
import type { Query } from '../sql/ast.ts'
import type { Statement } from '../sql/statementAst.ts'
import type { Progress, QueryRequest, QueryResult } from './contract.ts'
import { noProgress } from './contract.ts'
import type { GranaryEngine } from './engine.ts'
import { insertStatement } from './insert.ts'
import type { SelectTask, Task, TaskBase, WorkerProgress } from './messages.ts'
import type { TaskEvents } from './pool.ts'
import { distrustPublished } from './publishedTable.ts'
import type { RunningQuery } from './processes.ts'
import type { Session } from './session.ts'
import type { Rows } from './rows.ts'
import { noZooKeeperRows } from './systemZooKeeper.ts'

/** So much later than a query's own look at the time comes that of the control thread. */
const lateMs = 20

/** One statement from its text to its result. */
export class QueryRun implements RunningQuery {
  readonly database: string
  readonly user: string
  readonly startedMs: number
  #startedAt: number
  progress: Progress = { ...noProgress }
  /** Why it is to stop, once it is. */
  stopReason: DBError | null = null
  #cancels: (() => void)[] = []
  readonly session: Session | undefined

  constructor(
    readonly engine: GranaryEngine,
    readonly request: QueryRequest,
    readonly queryId: string,
    readonly text: string,
    readonly statement: Statement,
    readonly settings: Settings,
  ) {
    this.session = request.session
    this.database = request.database ?? (request.session?.database || 'default')
    this.user = request.user
    this.startedMs = engine.platform.clock.now()
    this.#startedAt = engine.platform.clock.monotonic()
    if (request.database !== undefined && !engine.catalog.databases.has(this.database))
      throw new DBError('UNKNOWN_DATABASE', `Database ${this.database} does not exist`)
  }

  get elapsedMs(): number {
    return this.engine.platform.clock.monotonic() - this.#startedAt
  }

  get isCancelled(): boolean {
    return this.stopReason !== null
  }

  cancel(reason = new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')): void {
    this.stopReason ??= reason
    for (const cancel of this.#cancels) cancel()
  }

  async run(data: Uint8Array | null, rest: ReadableStream<Uint8Array> | null): Promise<QueryResult> {
    const { engine, statement } = this
    engine.processes.add(this, this.settings.bool('replace_running_query'))
    engine.count('Query')
    const abort = () => this.cancel()
    this.request.signal.addEventListener('abort', abort)
    let handedOver = false
    const endTimer = this.#limitTime()
    let isFinished = false
    const finish = (error: DBError | null) => {
      if (isFinished) return
      isFinished = true
      endTimer()
      this.request.signal.removeEventListener('abort', abort)
      engine.processes.remove(this)
      if (error) engine.count('FailedQuery')
      if (this.settings.bool('log_queries'))
        engine.queryLog.add({
          queryId: this.queryId,
          text: this.text,
          user: this.user,
          error,
          elapsedMs: this.elapsedMs,
          progress: this.progress,
          startedMs: this.startedMs,
          request: { settings: this.request.settings, client: this.request.client },
          database: this.database,
          kind: queryKind(statement.kind),
          hasStarted: true,
        })
    }
    try {
      if (this.request.signal.aborted) throw new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
      if (statement.kind === 'insert') {
        engine.count('InsertQuery')
        await insertStatement(this, data, rest)
        finish(null)
        return this.#nothing()
      }
      const outcome = await engine.statements.run(this)
      if (outcome === null) {
        finish(null)
        return this.#nothing()
      }
      engine.count('SelectQuery')
      const result = await this.#select(outcome, finish)
      handedOver = true
      return result
    } catch (cause) {
      if (!handedOver) finish(this.stopReason ?? toDBError(cause))
      throw this.stopReason ?? cause
    }
  }

  /** Workers look at the time themselves, between chunks; what is deep in one call then is stopped from here. */
  #limitTime(): () => void {
    const { settings } = this
    const seconds = settings.number('max_execution_time')
    if (seconds <= 0 || settings.text('timeout_overflow_mode') === 'break') return () => {}
    return this.engine.platform.clock.after(seconds * 1000 + lateMs, () =>
      this.cancel(
        new DBError(
          'TIMEOUT_EXCEEDED',
          `Timeout exceeded: elapsed ${(this.elapsedMs / 1000).toFixed(3)} seconds, maximum: ${seconds}`,
        ),
      ),
    )
  }

  #nothing(): QueryResult {
    this.progress.elapsedNs = Math.round(this.elapsedMs * 1e6)
    return {
      queryId: this.queryId,
      format: null,
      contentType: 'text/plain; charset=UTF-8',
      timeZone: this.timeZone,
      body: null,
      summary: Promise.resolve(this.progress),
    }
  }

  get timeZone(): string {
    return this.settings.text('session_timezone') || this.engine.timeZone
  }

  /** What every task of this query carries. */
  taskBase(tables: readonly TableSnapshot[]): TaskBase {
    const { engine } = this
    const id = engine.pool.nextId()
    return {
      id,
      queryId: this.queryId,
      settings: this.settings.entries(),
      parameters: this.request.parameters,
      database: this.database,
      user: this.user,
      now: this.startedMs,
      timeZone: engine.timeZone,
      hostName: engine.platform.hostName,
      version: engine.version,
      uptimeMs: engine.platform.clock.now() - engine.startedMs,
      tables,
      functions: [...engine.functions].map(([name, { lambda }]) => ({ name, lambda })),
      cancel:
        typeof SharedArrayBuffer === 'undefined' || !engine.platform.startWorker ? null : new SharedArrayBuffer(4),
      temporary: String(id),
    }
  }

  get threads(): number {
    const wanted = this.settings.number('max_threads')
    return wanted > 0 ? Math.min(wanted, this.engine.pool.threads) : this.engine.pool.threads
  }

  noteProgress(progress: WorkerProgress): void {
    this.progress = {
      readRows: progress.readRows,
      readBytes: progress.readBytes,
      totalRowsToRead: Math.max(progress.totalRows, progress.readRows),
      writtenRows: progress.writtenRows,
      writtenBytes: progress.writtenBytes,
      resultRows: progress.resultRows,
      resultBytes: progress.resultBytes,
      elapsedNs: Math.round(this.elapsedMs * 1e6),
      memoryUsage: progress.memoryPeak,
    }
    this.request.onProgress?.(this.progress)
  }

  /** Starts a task that is cancelled with the query. */
  start(task: Task, events: TaskEvents = {}) {
    const running = this.engine.pool.run(task, { progress: progress => this.noteProgress(progress), ...events })
    this.#cancels.push(() => running.cancel())
    if (this.isCancelled) running.cancel()
    return running
  }

  /** A task that gives no output, to its end. */
  async complete(task: Task) {
    const { result, progress } = await this.start(task).done
    this.noteProgress(progress)
    return result
  }

  /** Column names and types of a query. */
  async describe(query: Query): Promise<readonly { name: string; type: string }[]> {
    const { tables, release } = await this.engine.snapshots(
      query,
      this.database,
      this.session,
      [noZooKeeperRows],
      this.request.parameters,
      this.settings,
    )
    try {
      const result = await this.complete({ ...this.taskBase(tables), kind: 'describe', query })
      return result.kind === 'columns' ? result.columns : []
    } finally {
      release()
    }
  }

  async #select(outcome: Rows, finish: (error: DBError | null) => void, attempt = 1): Promise<QueryResult> {
    const { engine } = this
    const formatName = this.statement.output?.format ?? this.request.defaultFormat ?? 'TabSeparated'
    findOutputFormat(formatName)
    const { tables, release } = await engine.snapshots(
      outcome.query,
      outcome.database ?? this.database,
      this.session,
      outcome.tables,
      this.request.parameters,
      this.settings,
    )
    const task: SelectTask = {
      ...this.taskBase(tables),
      ...(outcome.database ? { database: outcome.database } : {}),
      kind: 'select',
      query: outcome.query,
      format: formatName,
      threads: this.threads,
      share: null,
      explain: outcome.explain ?? null,
    }
    return new Promise<QueryResult>((resolve, reject) => {
      let controller!: ReadableStreamDefaultController<Uint8Array>
      const waiting: (() => void)[] = []
      // Once its reader has left, a stream takes nothing more, while the worker may still be sending.
      let isUnread = false
      const body = new ReadableStream<Uint8Array>(
        {
          start: c => {
            controller = c
          },
          pull: () => {
            for (const taken of waiting.splice(0)) taken()
          },
          cancel: () => {
            isUnread = true
            this.cancel()
          },
        },
        { highWaterMark: 8 },
      )
      let summary!: (progress: Progress) => void
      let failed!: (error: DBError) => void
      const summaryPromise = new Promise<Progress>((done, fail) => {
        summary = done
        failed = fail
      })
      // Whoever reads the body to its end meets the failure there.
      summaryPromise.catch(() => {})
      let started = false
      const running = this.start(task, {
        head: (format, contentType) => {
          started = true
          resolve({
            queryId: this.queryId,
            format,
            contentType,
            timeZone: this.timeZone,
            body,
            summary: summaryPromise,
          })
        },
        output: (bytes, taken) => {
          if (isUnread) return
          controller.enqueue(bytes)
          if ((controller.desiredSize ?? 1) > 0) taken()
          else waiting.push(taken)
        },
      })
      running.done.then(
        ({ progress }) => {
          release()
          this.noteProgress(progress)
          finish(null)
          summary(this.progress)
          if (!isUnread) controller.close()
        },
        (error: unknown) => {
          release()
          const known = this.stopReason ?? toDBError(error)
          // A published table whose files are gone has been published anew: as long as nobody saw an answer, there is another.
          if (distrustPublished(engine, tables, known) && !started && attempt === 1) {
            this.#select(outcome, finish, attempt + 1).then(resolve, reject)
            return
          }
          finish(known)
          if (known.isInResult && started) {
            // What was written is the whole answer: it is not to be lost with the stream.
            failed(known)
            if (!isUnread) controller.close()
            return
          }
          summary(this.progress)
          if (started) controller.error(known)
          else reject(known)
        },
      )
    })
  }
}

/** As system.query_log names it. */
function queryKind(kind: Statement['kind']): string {
  if (kind === 'setOperation') return 'Select'
  if (kind === 'attach' || kind.startsWith('create')) return 'Create'
  return kind[0].toUpperCase() + kind.slice(1)
}
