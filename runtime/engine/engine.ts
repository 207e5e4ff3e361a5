import { Catalog } from '../catalog/catalog.ts'
import type { Coordinator } from '../coordination/coordinator.ts'
import { DBError, toDBError } from '../core/errors.ts'
import { Memory } from '../core/memory.ts'
import { Moments } from '../core/moment.ts'
import '../core/acceptedSettings.ts'
import { Settings } from '../core/settings.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Platform } from '../platform.ts'
import type { Lambda } from '../sql/ast.ts'
import type { Statement } from '../sql/statementAst.ts'
import { bindNamesOnly } from '../sql/parameters.ts'
import { parseStatement } from '../sql/parser.ts'
import type { Disk, DiskLock } from '../storage/disk.ts'
import { MemoryDisk } from '../storage/disks/memory.ts'
import { hideSecrets } from '../catalog/tableDisk.ts'
import { TableDisks } from './tableDisks.ts'
import { withStoreOptions } from '../storage/storeOptions.ts'
import type { Credentials, Engine, EngineOptions, Metric, QueryRequest, QueryResult, UserOptions } from './contract.ts'
import { noProgress } from './contract.ts'
import { withExternalTables } from './externalTables.ts'
import { EngineCoordination } from './coordination.ts'
import { WorkerPool } from './pool.ts'
import { addPublished } from './publishedTable.ts'
import { QueryRun } from './queryRun.ts'
import { readQueryHead } from './queryHead.ts'
import { Sessions, type Session } from './session.ts'
import { QueryLog, ProcessList } from './processes.ts'
import { settingsOfStatement } from './statementSettings.ts'
import { Statements } from './statements.ts'
import { loadCatalog } from './load.ts'
import { type Snapshots, takeSnapshots, Unprepared } from './snapshots.ts'
import { noZooKeeperRows, readZooKeeper } from './systemZooKeeper.ts'
import { temporaryDirectory } from '../exec/temporaryFiles.ts'

/** How often a query's tables may have to be loaded before they are there together. */
const prepareAttemptsMax = 8

/** A view waits with that until it is read. */
function bindNamesIn(statement: Statement, text: string, parameters: QueryRequest['parameters']): Statement {
  const isBound = statement.kind !== 'createView' && /:\s*Identifier\s*}/.test(text)
  return isBound ? bindNamesOnly(statement, parameters) : statement
}

export const version = '26.7.1.1'

export async function createEngine(platform: Platform, options: EngineOptions = {}): Promise<GranaryEngine> {
  if (options.stores) platform = withStoreOptions(platform, options.stores)
  const disk = options.path === undefined ? null : await platform.openDisk(options.path)
  const lock = (disk?.can.write && (await disk.lock?.(platform))) || null
  let engine: GranaryEngine | null = null
  try {
    if (disk?.can.write) await disk.remove(temporaryDirectory)
    engine = new GranaryEngine(disk ? platform : inMemory(platform), disk, options, lock)
    await loadCatalog(engine)
    if (options.published) await addPublished(engine, options.published)
    return engine
  } catch (error) {
    await engine?.pool.close()
    await lock?.release()
    throw error
  }
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

/** Kernel memory of all workers, above which what they cache makes room: memory that has grown once does not shrink. */
const memoryBytesWanted = 1 << 30

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
  readonly moments: Moments
  readonly timeZone: string
  /** Tables under DETACH, by database.name: the statements that make them, and where parts lie that no path leads to. */
  readonly detached = new Map<string, { readonly createText: string; readonly transientPath: string | null }>()
  readonly events = new Map<string, number>()
  readonly statements: Statements
  readonly tableDisks: TableDisks
  readonly coordination: EngineCoordination
  #closing = false

  constructor(
    readonly platform: Platform,
    readonly disk: Disk | null,
    readonly options: EngineOptions,
    readonly lock: DiskLock | null = null,
  ) {
    this.sessions = new Sessions(platform.clock)
    this.moments = new Moments(platform.clock)
    this.catalog = new Catalog(disk)
    this.memory = options.memory ?? new Memory(platform.core)
    this.processes = new ProcessList(platform.clock)
    this.queryLog = new QueryLog(10_000)
    this.startedMs = platform.clock.now()
    this.timeZone = options.timeZone ?? 'UTC'
    const threads = Math.max(1, options.maxThreads ?? platform.threads)
    this.pool = new WorkerPool(
      platform,
      threads,
      {
        columnCacheBytes: options.columnCacheBytes,
        marksCacheBytes: options.marksCacheBytes,
        compressedCacheBytes: options.compressedCacheBytes,
        fetchAheadBytes: options.fetchAheadBytes,
        fetchesMax: options.fetchesMax,
        memoryBytesWanted: Math.min(Math.floor(memoryBytesWanted / threads), this.memory.limit / 2),
        memoryLimit: options.maxServerMemoryUsage ? Math.floor(options.maxServerMemoryUsage / threads) : 0,
        warmUp: options.warmUp,
        location: options.path ?? '',
        stores: options.stores,
      },
      this.memory,
      ({ temporary }) => {
        const gone = disk?.can.write && temporary !== '' ? disk.remove(`${temporaryDirectory}/${temporary}`) : null
        gone?.catch(() => {}) // the next start removes it
      },
      options.startsWorkersLate,
    )
    this.statements = new Statements(this)
    this.tableDisks = new TableDisks(this)
    this.coordination = new EngineCoordination(platform, options.coordination)
  }

  /** Of Platform.openDisk, for workers. */
  get location(): string {
    return this.options.path ?? ''
  }

  /** Where tables keep their files: the data directory, or memory. */
  async dataDisk(): Promise<Disk> {
    return this.disk ?? this.platform.openDisk(this.location)
  }

  /** Where servers agree; begins with the first who asks. NO_ZOOKEEPER where none is configured. */
  coordinator(): Coordinator {
    return this.coordination.coordinator()
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
    const queryId = request.queryId || this.makeId()
    const started = this.platform.clock.monotonic()
    let text = request.query
    const settings = this.settingsOf(request)
    let run: QueryRun | null = null
    try {
      const head = await readQueryHead(request, settings.number('max_query_size'))
      text = decodeText(head.bytes)
      if (text.trim() === '')
        throw new DBError('SYNTAX_ERROR', 'Syntax error: failed at position 1 (end of query): Empty query')
      const parsed = parseStatement(text, {
        sizeBytesMax: settings.number('max_query_size'),
        depthMax: settings.number('max_parser_depth'),
      })
      const statement = bindNamesIn(parsed.statement, text, request.parameters)
      if (head.rest && parsed.insertDataStart === undefined)
        throw new DBError('SYNTAX_ERROR', 'Syntax error: the query is longer than max_query_size')
      this.#checkReadonly(statement, request, settings)
      this.#checkDdl(statement, settings)
      const own = await withExternalTables(this, request)
      run = new QueryRun(
        this,
        own,
        queryId,
        hideSecrets(text),
        statement,
        settings.with(settingsOfStatement(statement)),
      )
      const data = parsed.insertDataStart === undefined ? null : encodeText(text.slice(parsed.insertDataStart))
      return await run.run(data, head.rest)
    } catch (cause) {
      const error = toDBError(cause)
      if (!(cause instanceof DBError))
        this.platform.log('error', `Query ${queryId}: ${cause instanceof Error ? cause.stack : String(cause)}`)
      request.body?.cancel().catch(() => {}) // nobody reads it any more
      // A query that has begun to run is logged by itself.
      if (run) throw error
      this.queryLog.add({
        queryId,
        text: hideSecrets(text),
        user: request.user,
        error,
        elapsedMs: this.platform.clock.monotonic() - started,
        progress: noProgress,
        startedMs: this.platform.clock.now(),
        request: { settings: request.settings, client: request.client },
        database: request.database ?? (request.session?.database || 'default'),
        kind: '',
        hasStarted: false,
      })
      throw error
    }
  }

  /** For a query that has no id of its own. */
  makeId(): string {
    const bytes = this.platform.randomBytes(16)
    const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  }

  #userOf(request: QueryRequest): UserOptions | undefined {
    return this.options.users?.find(({ name }) => name === request.user)
  }

  /** Of the server. */
  get settings(): Settings {
    return new Settings(Object.entries(this.options.settings ?? {}))
  }

  /** Of the server, the user, the session and the request: the later goes before. */
  settingsOf(request: QueryRequest): Settings {
    return this.settings
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

  #checkDdl(statement: Statement, settings: Settings): void {
    if (settings.bool('allow_ddl')) return
    if (statement.kind === 'set') {
      if (statement.settings.some(({ name }) => name === 'allow_ddl'))
        throw new DBError(
          'QUERY_IS_PROHIBITED',
          "Cannot modify 'allow_ddl' setting when DDL queries are prohibited for the user",
        )
      return
    }
    const isTemporary = 'temporary' in statement && statement.temporary
    if (
      /^(create|drop|alter|rename|exchange|attach|detach|truncate|delete|undrop)/.test(statement.kind) &&
      !isTemporary
    )
      throw new DBError('QUERY_IS_PROHIBITED', 'DDL queries are prohibited for the user')
  }

  /** Snapshots of what a tree names, with the tables that views among them name. */
  async snapshots(
    node: unknown,
    database: string,
    session: Session | undefined,
    extra: readonly TableSnapshot[] = [],
    parameters: Readonly<Record<string, string>> = {},
    settings = this.settings.with(session?.settings ?? []),
  ): Promise<Snapshots> {
    const isRead = extra.some(
      table => table.name === noZooKeeperRows.name && table.database === noZooKeeperRows.database,
    )
    const nodes = isRead ? null : await readZooKeeper(this, node, database, parameters)
    const given = nodes ? [...extra, nodes] : extra
    const reading = { started: this.moments.next(), settings }
    // Loading a dictionary may take as long as a query, in which other tables change: so all are taken anew after it.
    for (let attempt = 1; ; attempt++) {
      try {
        return takeSnapshots(this, node, { database, session, parameters }, given, reading)
      } catch (error) {
        if (!(error instanceof Unprepared) || attempt > prepareAttemptsMax) throw error
        await Promise.all(error.work)
      }
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
    try {
      for (const database of this.catalog.databases.values())
        for (const table of database.tables.values()) await table.storage.close()
      await this.pool.close()
      await this.coordination.close()
    } finally {
      await this.lock?.release()
    }
  }
}
