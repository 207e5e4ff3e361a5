import { Catalog } from '../catalog/catalog.ts'
import { snapshotOf, type Table } from '../catalog/table.ts'
import { DBError, toDBError } from '../core/errors.ts'
import { Memory } from '../core/memory.ts'
import '../core/acceptedSettings.ts'
import { Settings } from '../core/settings.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { TableSnapshot } from '../exec/source.ts'
import { findOutputFormat } from '../formats/registry.ts'
import type { Platform } from '../platform.ts'
import type { Lambda, Query, Setting, Statement } from '../sql/ast.ts'
import { parseStatement } from '../sql/parser.ts'
import type { Disk } from '../storage/disk.ts'
import { MemoryDisk } from '../storage/disks/memory.ts'
import type {
  Credentials,
  Engine,
  EngineOptions,
  Metric,
  Progress,
  QueryRequest,
  QueryResult,
  UserOptions,
} from './contract.ts'
import { noProgress } from './contract.ts'
import type { InsertTask, SelectTask, Task, TaskBase, WorkerProgress } from './messages.ts'
import { WorkerPool } from './pool.ts'
import { readQueryHead } from './queryHead.ts'
import { tableReferences } from './references.ts'
import { Sessions, type Session } from './session.ts'
import { QueryLog, ProcessList, type RunningQuery } from './processes.ts'
import { feedViews, keptForViews } from './materializedViews.ts'
import { Statements } from './statements.ts'
import { loadCatalog } from './load.ts'
import { systemSnapshot } from './systemTables.ts'
import { temporaryDirectory } from '../exec/temporaryFiles.ts'

export const version = '26.7.1.1'

export async function createEngine(platform: Platform, options: EngineOptions = {}): Promise<GranaryEngine> {
  const disk = options.path === undefined ? null : await platform.openDisk(options.path)
  if (disk?.can.write) await disk.remove(temporaryDirectory)
  const engine = new GranaryEngine(disk ? platform : inMemory(platform), disk, options)
  await loadCatalog(engine)
  return engine
}

/** Without a data directory parts lie in memory, which only this thread sees: so it does all the work. */
function inMemory(platform: Platform): Platform {
  const memory = new MemoryDisk()
  return {
    ...platform,
    startWorker: undefined,
    openDisk: async location => (location === '' ? memory : platform.openDisk(location)),
  }
}

/** The control thread: parses, keeps the catalog, hands work to workers. Runs no kernels but for a table's metadata. */
export class GranaryEngine implements Engine {
  readonly version = version
  readonly sessions: Sessions
  readonly catalog: Catalog
  readonly pool: WorkerPool
  readonly memory: Memory
  readonly processes: ProcessList
  readonly queryLog: QueryLog
  readonly functions = new Map<string, { readonly lambda: Lambda; readonly createText: string }>()
  readonly startedMs: number
  readonly timeZone: string
  /** Tables under DETACH, by database.name: the statements that make them. */
  readonly detached = new Map<string, string>()
  readonly events = new Map<string, number>()
  readonly statements: Statements
  #closing = false

  constructor(
    readonly platform: Platform,
    readonly disk: Disk | null,
    readonly options: EngineOptions,
  ) {
    this.sessions = new Sessions(platform.clock)
    this.catalog = new Catalog(disk)
    this.memory = new Memory(platform.core)
    this.processes = new ProcessList(platform.clock)
    this.queryLog = new QueryLog(10_000)
    this.startedMs = platform.clock.now()
    this.timeZone = options.timeZone ?? 'UTC'
    const threads = Math.max(1, options.maxThreads ?? platform.threads)
    this.pool = new WorkerPool(platform, threads, {
      columnCacheBytes: options.columnCacheBytes,
      memoryLimit: options.maxServerMemoryUsage ? Math.floor(options.maxServerMemoryUsage / threads) : 0,
      warmUp: options.warmUp,
      location: options.path ?? '',
    })
    this.statements = new Statements(this)
  }

  /** Of Platform.openDisk, for workers. */
  get location(): string {
    return this.options.path ?? ''
  }

  /** Where tables keep their files: the data directory, or memory. */
  dataDisk(): Promise<Disk> {
    return this.platform.openDisk(this.location)
  }

  count(event: string, by = 1): void {
    this.events.set(event, (this.events.get(event) ?? 0) + by)
  }

  async authenticate({ user, password }: Credentials): Promise<void> {
    const users = this.options.users ?? [{ name: 'default', password: '' }]
    const known = users.find(({ name }) => name === user)
    if (!known || known.password !== password)
      throw new DBError(
        'AUTHENTICATION_FAILED',
        `${user}: Authentication failed: password is incorrect, or there is no user with such name`,
      )
  }

  metrics(): Metric[] {
    return [
      { name: 'ClickHouseMetrics_Query', about: 'Queries that run now.', kind: 'gauge', value: this.processes.size },
      ...[...this.events].map(
        ([name, value]): Metric => ({ name: `ClickHouseProfileEvents_${name}`, about: name, kind: 'counter', value }),
      ),
    ]
  }

  async execute(request: QueryRequest): Promise<QueryResult> {
    if (this.#closing) throw new DBError('ABORTED', 'The server is stopping')
    const queryId = request.queryId || this.#makeId()
    const started = this.platform.clock.monotonic()
    let text = request.query
    const settings = this.#settings(request)
    try {
      const head = await readQueryHead(request, settings.number('max_query_size'))
      text = decodeText(head.bytes)
      if (text.trim() === '')
        throw new DBError('SYNTAX_ERROR', 'Syntax error: failed at position 1 (end of query): Empty query')
      const parsed = parseStatement(text, {
        sizeBytesMax: settings.number('max_query_size'),
        depthMax: settings.number('max_parser_depth'),
      })
      const { statement } = parsed
      if (head.rest && !(statement.kind === 'insert' && statement.source.kind === 'data'))
        throw new DBError('SYNTAX_ERROR', 'Syntax error: the query is longer than max_query_size')
      this.#checkReadonly(statement, request, settings)
      const query = new QueryRun(this, request, queryId, text, statement, settings.with(settingsOfStatement(statement)))
      const data = parsed.insertDataStart === undefined ? null : encodeText(text.slice(parsed.insertDataStart))
      return await query.run(data, head.rest)
    } catch (cause) {
      const error = toDBError(cause)
      if (!(cause instanceof DBError))
        this.platform.log('error', `Query ${queryId}: ${cause instanceof Error ? cause.stack : String(cause)}`)
      request.body?.cancel().catch(() => {}) // nobody reads it any more
      this.queryLog.add({
        queryId,
        text,
        user: request.user,
        error,
        elapsedMs: this.platform.clock.monotonic() - started,
        progress: noProgress,
        startedMs: this.platform.clock.now(),
      })
      throw error
    }
  }

  #makeId(): string {
    const bytes = this.platform.randomBytes(16)
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }

  #userOf(request: QueryRequest): UserOptions | undefined {
    return this.options.users?.find(({ name }) => name === request.user)
  }

  #settings(request: QueryRequest): Settings {
    return new Settings(Object.entries(this.options.settings ?? {}))
      .with(Object.entries(this.#userOf(request)?.settings ?? {}))
      .with(request.session?.settings ?? [])
      .with(Object.entries(request.settings))
  }

  /** The request, its user and its settings may each forbid: the strictest counts, 1 before 2 before 0. */
  #checkReadonly(statement: Statement, request: QueryRequest, settings: Settings): void {
    const user = this.#userOf(request)?.readonly ?? 0
    const [changed] = Object.keys(request.settings)
    if (user === 1 && changed !== undefined)
      throw new DBError('READONLY', `Cannot modify '${changed}' setting in readonly mode`)
    const levels = [request.readonly, user, settings.number('readonly')]
    const readonly = levels.includes(1) ? 1 : Math.max(...levels)
    if (readonly === 0) return
    const reads = ['select', 'setOperation', 'show', 'describe', 'exists', 'explain', 'use', 'check']
    if (reads.includes(statement.kind)) return
    if (statement.kind === 'set' && readonly !== 1) {
      if (!statement.settings.some(({ name }) => name === 'readonly')) return
      throw new DBError('READONLY', "Cannot modify 'readonly' setting in readonly mode")
    }
    throw new DBError(
      'READONLY',
      'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries',
    )
  }

  /** Snapshots of what a tree names, with the tables that views among them name. */
  snapshots(
    node: unknown,
    database: string,
    session: Session | undefined,
    extra: readonly TableSnapshot[] = [],
  ): { tables: TableSnapshot[]; release(): void } {
    const tables: TableSnapshot[] = [...extra]
    const releases: (() => void)[] = []
    const seen = new Set<string>()
    const visit = (tree: unknown, current: string) => {
      for (const { database: stated, table: name } of tableReferences(tree)) {
        const temporary = stated === undefined ? (session?.temporaryTables.get(name) as Table | undefined) : undefined
        const key = temporary ? `.${name}` : `${stated ?? current}.${name}`
        if (seen.has(key)) continue
        seen.add(key)
        const table = temporary ?? this.catalog.find(stated ?? current, name)
        if (!table) {
          const system = systemSnapshot(this, stated ?? current, name)
          if (system) tables.push(system)
          else if (stated !== undefined) this.catalog.database(stated)
          continue
        }
        const holder = table.target ? this.catalog.find(table.target.database, table.target.table) : table
        if (!holder) continue
        const { snapshot, release } = snapshotOf(holder)
        tables.push(holder === table ? snapshot : { ...snapshot, database: table.database, name: table.name })
        releases.push(release)
        if (table.view) visit(table.view, table.database)
      }
    }
    visit(node, database)
    return {
      tables,
      release: () => {
        for (const release of releases.splice(0)) release()
      },
    }
  }

  async close(options: { graceMs?: number } = {}): Promise<void> {
    this.#closing = true
    const deadline = this.platform.clock.monotonic() + (options.graceMs ?? 5000)
    while (this.processes.size > 0 && this.platform.clock.monotonic() < deadline)
      await new Promise<void>(resolve => {
        this.platform.clock.after(20, resolve)
      })
    for (const query of this.processes.all()) query.cancel()
    for (const database of this.catalog.databases.values())
      for (const table of database.tables.values()) await table.storage.close()
    await this.pool.close()
  }
}

/** One statement from its text to its result. */
export class QueryRun implements RunningQuery {
  readonly database: string
  readonly user: string
  readonly startedMs: number
  #startedAt: number
  progress: Progress = { ...noProgress }
  isCancelled = false
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
    if (!engine.catalog.databases.has(this.database))
      throw new DBError('UNKNOWN_DATABASE', `Database ${this.database} does not exist`)
  }

  get elapsedMs(): number {
    return this.engine.platform.clock.monotonic() - this.#startedAt
  }

  cancel(): void {
    this.isCancelled = true
    for (const cancel of this.#cancels) cancel()
  }

  async run(data: Uint8Array | null, rest: ReadableStream<Uint8Array> | null): Promise<QueryResult> {
    const { engine, statement } = this
    engine.processes.add(this, this.settings.bool('replace_running_query'))
    engine.count('Query')
    const abort = () => this.cancel()
    this.request.signal.addEventListener('abort', abort)
    let handedOver = false
    const finish = (error: DBError | null) => {
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
        })
    }
    try {
      if (this.request.signal.aborted) throw new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
      if (statement.kind === 'insert') {
        engine.count('InsertQuery')
        await this.#insert(data, rest)
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
      const error = toDBError(cause)
      if (!handedOver) finish(error)
      throw cause
    }
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

  #threads(): number {
    const wanted = this.settings.number('max_threads')
    return wanted > 0 ? Math.min(wanted, this.engine.pool.threads) : this.engine.pool.threads
  }

  #noteProgress(progress: WorkerProgress): void {
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
  start(task: Task, events: import('./pool.ts').TaskEvents = {}) {
    const running = this.engine.pool.run(task, { progress: progress => this.#noteProgress(progress), ...events })
    this.#cancels.push(() => running.cancel())
    if (this.isCancelled) running.cancel()
    return running
  }

  /** A task that gives no output, to its end. */
  async complete(task: Task) {
    const { result, progress } = await this.start(task).done
    this.#noteProgress(progress)
    return result
  }

  /** Column names and types of a query. */
  async describe(query: Query): Promise<readonly { name: string; type: string }[]> {
    const { tables, release } = this.engine.snapshots(query, this.database, this.session)
    try {
      const result = await this.complete({ ...this.taskBase(tables), kind: 'describe', query })
      return result.kind === 'columns' ? result.columns : []
    } finally {
      release()
    }
  }

  async #select(outcome: import('./rows.ts').Rows, finish: (error: DBError | null) => void): Promise<QueryResult> {
    const { engine } = this
    const formatName = this.statement.output?.format ?? this.request.defaultFormat ?? 'TabSeparated'
    findOutputFormat(formatName)
    const { tables, release } = engine.snapshots(
      outcome.query,
      outcome.database ?? this.database,
      this.session,
      outcome.tables,
    )
    const task: SelectTask = {
      ...this.taskBase(tables),
      ...(outcome.database ? { database: outcome.database } : {}),
      kind: 'select',
      query: outcome.query,
      format: formatName,
      threads: this.#threads(),
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
      const summaryPromise = new Promise<Progress>(done => {
        summary = done
      })
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
          this.#noteProgress(progress)
          finish(null)
          summary(this.progress)
          if (!isUnread) controller.close()
        },
        (error: unknown) => {
          release()
          const known = this.isCancelled ? new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled') : toDBError(error)
          finish(known)
          summary(this.progress)
          if (started) controller.error(known)
          else reject(known)
        },
      )
    })
  }

  async #insert(data: Uint8Array | null, rest: ReadableStream<Uint8Array> | null): Promise<void> {
    const { engine, statement } = this
    if (statement.kind !== 'insert') return
    if (!statement.table) throw new DBError('NOT_IMPLEMENTED', 'INSERT INTO FUNCTION is not supported')
    const name = statement.table
    const temporary =
      name.database === undefined ? (this.session?.temporaryTables.get(name.table) as Table | undefined) : undefined
    let table = temporary ?? engine.catalog.find(name.database ?? this.database, name.table)
    if (!table) {
      engine.catalog.database(name.database ?? this.database)
      throw new DBError('UNKNOWN_TABLE', `Table ${name.database ?? this.database}.${name.table} does not exist`)
    }
    if (table.view && !table.target)
      throw new DBError('NOT_IMPLEMENTED', `Method write is not supported by storage ${table.engine}`)
    if (table.target) table = engine.catalog.table(table.target.database, table.target.table)
    const columns = insertColumns(statement, table)
    await table.storage.admit?.()
    const source = snapshotOf(table)
    const query = statement.source.kind === 'query' ? statement.source.query : null
    const { tables, release } = engine.snapshots(query, this.database, this.session)
    const format =
      statement.source.kind === 'data'
        ? (statement.source.format ??
          (this.request.defaultFormat && data?.length === 0 ? this.request.defaultFormat : 'Values'))
        : ''
    if (statement.source.kind === 'file')
      throw new DBError('NOT_IMPLEMENTED', 'INSERT FROM INFILE is read by the client')
    const task: InsertTask = {
      ...this.taskBase(tables),
      kind: 'insert',
      table: keptForViews(engine, table, source.snapshot),
      columns,
      query,
      format,
      threads: this.#threads(),
    }
    const pieces = inputPieces(data, rest)
    try {
      const running = this.start(task, {
        wants: () => {
          pieces.next().then(
            ({ done, value }) => running.input(done ? null : value),
            error =>
              running.input(
                null,
                `The request's body broke off: ${error instanceof Error ? error.message : String(error)}`,
              ),
          )
        },
      })
      const { result, progress } = await running.done
      this.#noteProgress(progress)
      if (this.isCancelled) throw new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
      if (result.kind === 'parts' || result.kind === 'chunks') {
        await feedViews(this, table, result)
        await table.storage.commit(result)
        engine.count('InsertedRows', progress.writtenRows)
        engine.count('InsertedBytes', progress.writtenBytes)
      }
    } catch (error) {
      // The worker removes what it wrote, if it lives. If this fails, too, the next start does it.
      await table.storage.discard?.(this.queryId).catch(() => {})
      throw error
    } finally {
      source.release()
      release()
      await pieces.return(undefined)
    }
  }
}

/** The pieces of an INSERT's data, each in a buffer of its own that may be given away. */
async function* inputPieces(
  data: Uint8Array | null,
  rest: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array, undefined> {
  if (data && data.length > 0) yield data.slice()
  if (!rest) return undefined
  const reader = rest.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return undefined
      if (value.length > 0) yield value.byteLength === value.buffer.byteLength ? value : value.slice()
    }
  } finally {
    reader.cancel().catch(() => {}) // it ended, or nobody wants the rest
  }
}

function insertColumns(statement: Extract<Statement, { kind: 'insert' }>, table: Table): string[] {
  const usual = table.columns.filter(
    column => !column.virtual && column.kind !== 'MATERIALIZED' && column.kind !== 'ALIAS',
  )
  if (!statement.columns) return usual.filter(column => column.kind !== 'EPHEMERAL').map(({ name }) => name)
  const names: string[] = []
  for (const column of statement.columns) {
    if (column.kind === 'identifier') names.push(column.parts.join('.'))
    else if (column.kind === 'asterisk') {
      const left = new Set(
        column.transformers?.flatMap(transformer =>
          transformer.kind === 'except' ? (transformer.columns ?? []) : [],
        ) ?? [],
      )
      names.push(...usual.map(({ name }) => name).filter(name => !left.has(name)))
    } else throw new DBError('NOT_IMPLEMENTED', 'INSERT takes the names of columns')
  }
  if (new Set(names).size < names.length) throw new DBError('DUPLICATE_COLUMN', 'A column is listed twice in INSERT')
  return names
}

/** SETTINGS of the statement, wherever they stand at its top. */
function settingsOfStatement(statement: Statement): [string, string][] {
  const found: Setting[] = []
  if (statement.output?.settings) found.push(...statement.output.settings)
  if (
    'settings' in statement &&
    statement.kind !== 'set' &&
    Array.isArray(statement.settings) &&
    statement.kind !== 'explain'
  )
    found.push(...(statement.settings as Setting[]))
  if (statement.kind === 'explain' && statement.statement) return settingsOfStatement(statement.statement)
  if (statement.kind === 'setOperation')
    for (const input of statement.inputs) found.push(...(input.kind === 'select' ? (input.settings ?? []) : []))
  if (statement.kind === 'insert' && statement.source.kind === 'query' && statement.source.query.kind === 'select')
    found.push(...(statement.source.query.settings ?? []))
  return settingValues(found)
}

export function settingValues(settings: readonly Setting[]): [string, string][] {
  return settings.flatMap(({ name, value }): [string, string][] => {
    if (value === undefined) return []
    if (value.kind === 'literal')
      return [[name, typeof value.value === 'boolean' ? (value.value ? '1' : '0') : String(value.value)]]
    if (value.kind === 'identifier') return [[name, value.parts.join('.')]]
    if (value.kind === 'function' && value.name === 'negate' && value.args[0].kind === 'literal')
      return [[name, `-${String(value.args[0].value)}`]]
    throw new DBError('BAD_ARGUMENTS', `The value of setting ${name} must be a literal`)
  })
}
