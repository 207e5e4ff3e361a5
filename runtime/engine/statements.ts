// What the control thread does itself: definitions of databases and tables, SET, USE, KILL; and what is a query over system tables.
import { createStorage, dropTableStorage } from './engines.ts'
import { defineTable, type TableDefinition } from '../catalog/tableDefinition.ts'
import { snapshotOf, type Table } from '../catalog/table.ts'
import { NullStorage } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import { isKnownSetting } from '../core/settings.ts'
import { Arena } from '../core/memory.ts'
import { Settings } from '../core/settings.ts'
import { Resolver, Scope } from '../analyzer/resolve.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type {
  ColumnDeclaration,
  CreateTable,
  CreateView,
  Drop,
  Expr,
  Like,
  Query,
  Rename,
  Show,
  Statement,
  TableName,
} from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { parseType } from '../types/parseType.ts'
import type { GranaryEngine, QueryRun } from './engine.ts'
import { settingValues } from './engine.ts'
import type { SelectTask } from './messages.ts'
import { fill, listenedTable } from './materializedViews.ts'
import { optimizeTable, setMerges } from './merges.ts'
import { alterTable } from './alter.ts'

/** A statement that gives rows: a query to run, in which database, with which extra tables. */
export interface Rows {
  readonly query: Query
  readonly database?: string
  readonly tables?: readonly TableSnapshot[]
  readonly explain?: SelectTask['explain']
}

const quoteSql = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`
const uuidOf = (bytes: Uint8Array) => {
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export class Statements {
  constructor(readonly engine: GranaryEngine) {}

  /** Does what the statement says; null when it gives no rows. */
  async run(run: QueryRun, statement: Statement = run.statement): Promise<Rows | null> {
    const { engine } = this
    switch (statement.kind) {
      case 'select':
      case 'setOperation':
        return { query: statement }
      case 'explain':
        return this.#explain(statement)
      case 'set':
        this.#set(run, statement.settings)
        return null
      case 'use':
        engine.catalog.database(statement.database)
        if (run.session) run.session.database = statement.database
        return null
      case 'createDatabase':
        await this.#createDatabase(statement)
        return null
      case 'createTable':
        await this.createTable(run, statement)
        return null
      case 'createView':
        await this.#createView(run, statement)
        return null
      case 'createFunction': {
        if (statement.body.kind !== 'lambda')
          throw new DBError('BAD_ARGUMENTS', 'CREATE FUNCTION needs a lambda: (x) -> x + 1')
        if (engine.functions.has(statement.name) && !statement.orReplace) {
          if (statement.ifNotExists) return null
          throw new DBError('FUNCTION_ALREADY_EXISTS', `User-defined function '${statement.name}' already exists`)
        }
        engine.functions.set(statement.name, {
          lambda: statement.body,
          createText: formatAst(statement, { oneLine: true }),
        })
        return null
      }
      case 'drop':
      case 'detach':
        await this.#drop(run, statement)
        return null
      case 'attach':
        await this.#attach(run, statement)
        return null
      case 'truncate':
        await this.#truncate(run, statement)
        return null
      case 'rename':
        await this.#rename(run, statement)
        return null
      case 'optimize':
        await optimizeTable(run, this.#table(run, statement.name), statement)
        return null
      case 'kill':
        return this.#kill(run, statement)
      case 'show':
        return this.#show(run, statement)
      case 'describe':
        return this.#describe(run, statement)
      case 'exists': {
        const { name } = statement
        const exists =
          statement.object === 'database'
            ? engine.catalog.databases.has(name.table || name.database || '')
            : this.#find(run, name) !== undefined
        return rowsQuery(`SELECT ${exists ? 1 : 0} AS result`)
      }
      case 'system':
        return this.#system(run, statement)
      case 'alter': {
        await alterTable(run, this.#table(run, statement.name), statement)
        return null
      }
      case 'check':
        return rowsQuery('SELECT 1 AS result')
      case 'transaction':
        throw new DBError('NOT_IMPLEMENTED', 'Transactions are not supported')
      default:
        throw new DBError('NOT_IMPLEMENTED', `Statement ${statement.kind} is not supported`)
    }
  }

  #find(run: QueryRun, name: TableName): Table | undefined {
    const temporary =
      name.database === undefined ? (run.session?.temporaryTables.get(name.table) as Table | undefined) : undefined
    return temporary ?? this.engine.catalog.find(name.database ?? run.database, name.table)
  }

  #table(run: QueryRun, name: TableName): Table {
    const found = this.#find(run, name)
    if (found) return found
    return this.engine.catalog.table(name.database ?? run.database, name.table)
  }

  #set(run: QueryRun, settings: Extract<Statement, { kind: 'set' }>['settings']): void {
    const values = settingValues(settings)
    new Settings().with(values) // refuses what is unknown or does not fit
    if (!run.session) return
    for (const { name, value } of settings)
      if (value === undefined && isKnownSetting(name)) run.session.settings.delete(name)
    for (const [name, value] of values) run.session.settings.set(name, value)
  }

  #explain(statement: Extract<Statement, { kind: 'explain' }>): Rows {
    const inner = statement.statement
    if (!inner) throw new DBError('BAD_ARGUMENTS', 'EXPLAIN needs a statement')
    if (statement.type === 'AST') return lines('explain', describeTree(inner))
    if (statement.type === 'SYNTAX') return lines('explain', formatAst(inner).split('\n'))
    if (inner.kind !== 'select' && inner.kind !== 'setOperation')
      throw new DBError('INCORRECT_QUERY', `EXPLAIN ${statement.type} query is only supported for SELECT`)
    if (
      statement.type !== 'PLAN' &&
      statement.type !== 'PIPELINE' &&
      statement.type !== 'QUERY TREE' &&
      statement.type !== 'ESTIMATE'
    )
      throw new DBError('NOT_IMPLEMENTED', `EXPLAIN ${statement.type} is not supported`)
    const on = new Map(settingValues(statement.settings ?? []))
    const isOn = (name: string) => on.get(name) === '1'
    return {
      query: inner,
      explain: { kind: statement.type, indexes: isOn('indexes'), header: isOn('header'), actions: isOn('actions') },
    }
  }

  async #createDatabase(statement: Extract<Statement, { kind: 'createDatabase' }>): Promise<void> {
    const { catalog } = this.engine
    if (catalog.databases.has(statement.name)) {
      if (statement.ifNotExists) return
      throw new DBError('DATABASE_ALREADY_EXISTS', `Database ${statement.name} already exists.`)
    }
    const engine = statement.storage?.engine?.name ?? 'Atomic'
    if (!['Atomic', 'Ordinary', 'Memory', 'Lazy'].includes(engine))
      throw new DBError('UNKNOWN_DATABASE_ENGINE', `Unknown database engine: ${engine}`)
    await catalog.createDatabase(statement.name, engine, statement.comment ?? '')
  }

  /** Also for ATTACH at start: then the data is there already. */
  async createTable(run: QueryRun, statement: CreateTable): Promise<void> {
    const { engine } = this
    const { catalog } = engine
    const database = statement.name.database ?? run.database
    const name = statement.name.table
    const existing = statement.temporary
      ? (run.session?.temporaryTables.get(name) as Table | undefined)
      : catalog.database(database).tables.get(name)
    if (existing) {
      if (statement.ifNotExists) return
      if (!statement.orReplace && !statement.replace)
        throw new DBError(
          'TABLE_ALREADY_EXISTS',
          `Table ${statement.temporary ? '' : `${database}.`}${name} already exists`,
        )
      await this.#dropTable(run, existing)
    }
    if (statement.temporary && !run.session)
      throw new DBError('BAD_ARGUMENTS', 'Temporary tables need a session: pass session_id')
    let given: readonly SnapshotColumn[] | null = null
    if (statement.asTable) {
      const source = this.#table(run, statement.asTable)
      given = source.columns.filter(column => !column.virtual)
      if (!statement.storage?.engine) {
        const parsed = parseStatement(source.createText).statement
        if (parsed.kind === 'createTable')
          statement = { ...statement, storage: parsed.storage, columns: statement.columns ?? parsed.columns }
      }
    } else if (statement.asQuery && !statement.columns?.length) given = await run.describe(statement.asQuery)
    else if (statement.asFunction)
      throw new DBError('NOT_IMPLEMENTED', 'CREATE TABLE AS a table function is not supported')
    const definition = await defineTable(statement, given, run.settings.text('default_table_engine'), (expr, columns) =>
      this.#typeOf(expr, columns),
    )
    const table = await this.#makeTable(definition, statement.temporary ? '' : database, name, statement)
    if (statement.temporary) run.session?.temporaryTables.set(name, table)
    else await catalog.add(table)
    if (statement.asQuery && !statement.empty) await this.#fill(run, table, statement.asQuery)
  }

  async #fill(run: QueryRun, table: Table, query: Query): Promise<void> {
    const { engine } = this
    const target = snapshotOf(table)
    const { tables, release } = engine.snapshots(query, run.database, run.session)
    try {
      const columns = table.columns
        .filter(
          column =>
            !column.virtual && column.kind !== 'MATERIALIZED' && column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL',
        )
        .map(({ name }) => name)
      const result = await run.complete({
        ...run.taskBase(tables),
        kind: 'insert',
        table: target.snapshot,
        columns,
        query,
        format: '',
        threads: 1,
      })
      if (result.kind === 'parts' || result.kind === 'chunks') await table.storage.commit(result)
    } finally {
      release()
      target.release()
    }
  }

  async #makeTable(
    definition: TableDefinition,
    database: string,
    name: string,
    statement: CreateTable,
  ): Promise<Table> {
    const { engine } = this
    const create: CreateTable = {
      ...definition.create,
      name: { database: database || undefined, table: name },
      attach: undefined,
      uuid: undefined,
      onCluster: undefined,
    }
    const storage = await createStorage(engine, definition, database, name, statement)
    const text = (exprs: readonly Expr[]) => exprs.map(expr => formatAst(expr, { oneLine: true })).join(', ')
    const createText = formatAst(create)
    const at = createText.indexOf('\nENGINE = ')
    return {
      database,
      name,
      uuid: uuidOf(engine.platform.randomBytes(16)),
      engine: definition.engine.name,
      engineFull: at < 0 ? definition.engine.name : createText.slice(at + 10).replace(/\n/g, ' '),
      columns: [...definition.columns, ...storage.virtualColumns],
      createText,
      storage: storage.storage,
      comment: definition.comment,
      keys: {
        partition: text(definition.partitionBy),
        sorting: text(definition.orderBy.map(({ expr }) => expr)),
        primary: text(definition.primaryKey),
        sampling: definition.create.storage?.sampleBy ? text([definition.create.storage.sampleBy]) : '',
      },
      isTemporary: database === '',
      metadataModifiedMs: engine.platform.clock.now(),
    }
  }

  /** The type of an expression over columns: of defaults and keys. */
  async #typeOf(expr: Expr, columns: readonly SnapshotColumn[]): Promise<string> {
    const arena = new Arena(this.engine.memory)
    try {
      const resolver = keyResolver(this.engine, columns, arena)
      return (await resolver.resolve(expr)).type.name
    } finally {
      arena.destroy()
    }
  }

  async #createView(run: QueryRun, statement: CreateView): Promise<void> {
    const { engine } = this
    const { catalog } = engine
    if (statement.refresh) throw new DBError('NOT_IMPLEMENTED', 'Refreshable materialized views are not supported')
    const database = statement.name.database ?? run.database
    const name = statement.name.table
    const existing = catalog.database(database).tables.get(name)
    if (existing) {
      if (statement.ifNotExists) return
      if (!statement.orReplace) throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${name} already exists`)
      await this.#dropTable(run, existing)
    }
    const query = qualify(statement.query, database, run)
    const isMaterialized = statement.type === 'materialized'
    const columns = statement.columns?.length
      ? statement.columns.map(column => ({ name: column.name, type: parseType(column.type?.text ?? 'String').name }))
      : await run.describe(query)
    const { start, end } = statement
    const declared = columns.map(
      (column, i): ColumnDeclaration => ({
        ...(statement.columns?.[i] ?? { kind: 'column', name: column.name, start, end }),
        type: { kind: 'type', name: column.type, text: column.type, start, end },
      }),
    )
    const target = statement.to
      ? { database: statement.to.database ?? run.database, table: statement.to.table }
      : { database, table: `.inner.${name}` }
    const source = isMaterialized ? listenedTable(query) : null
    if (isMaterialized && statement.to) catalog.table(target.database, target.table)
    else if (isMaterialized && !catalog.find(target.database, target.table))
      await this.createTable(run, {
        kind: 'createTable',
        name: target,
        columns: declared,
        storage: statement.storage,
        indices: statement.indices,
        projections: statement.projections,
        attach: statement.attach,
        start,
        end,
      })
    const create: CreateView = {
      ...statement,
      name: { database, table: name },
      ...(isMaterialized && statement.to ? { to: target } : {}),
      columns: declared,
      query,
      populate: undefined,
      attach: undefined,
      ifNotExists: undefined,
      orReplace: undefined,
    }
    const view: Table = {
      database,
      name,
      uuid: uuidOf(engine.platform.randomBytes(16)),
      engine: isMaterialized ? 'MaterializedView' : 'View',
      engineFull: '',
      columns,
      createText: formatAst(create),
      ...(isMaterialized
        ? { target, materialized: query, ...(source ? { listens: { database, ...source } } : {}) }
        : { view: query }),
      storage: new NullStorage(),
      comment: statement.comment ?? '',
      keys: { partition: '', sorting: '', primary: '', sampling: '' },
      isTemporary: false,
      metadataModifiedMs: engine.platform.clock.now(),
    }
    await catalog.add(view)
    if (!isMaterialized || !statement.populate || statement.attach) return
    const { tables, release } = engine.snapshots(query, database, run.session)
    try {
      await fill(run, view, query, tables, 0)
    } finally {
      release()
    }
  }

  async #drop(run: QueryRun, statement: Drop): Promise<void> {
    const { engine } = this
    const { catalog } = engine
    if (statement.object === 'function') {
      for (const { table } of statement.names)
        if (!engine.functions.delete(table) && !statement.ifExists)
          throw new DBError('UNKNOWN_FUNCTION', `The function '${table}' doesn't exist`)
      return
    }
    if (statement.object === 'database') {
      for (const { database, table } of statement.names) {
        const name = database || table
        if (!catalog.databases.has(name)) {
          if (statement.ifExists) continue
          throw new DBError('UNKNOWN_DATABASE', `Database ${name} does not exist`)
        }
        const { tables } = catalog.database(name)
        if (statement.ifEmpty && tables.size > 0)
          throw new DBError('DATABASE_NOT_EMPTY', `Database ${name} is not empty`)
        for (const table of [...tables.values()]) await this.#dropTable(run, table)
        await catalog.dropDatabase(name)
      }
      return
    }
    for (const name of statement.names) {
      const table = statement.temporary
        ? (run.session?.temporaryTables.get(name.table) as Table | undefined)
        : this.#find(run, name)
      if (!table) {
        if (statement.ifExists) continue
        this.#table(run, name)
        continue
      }
      if (statement.object === 'view' && !table.view && !table.target)
        throw new DBError('INCORRECT_QUERY', `Table ${table.database}.${table.name} is not a View`)
      if (statement.kind === 'detach') {
        await table.storage.close()
        catalog.database(table.database).tables.delete(table.name)
        engine.detached.set(`${table.database}.${table.name}`, table.createText)
        if (statement.permanently) await catalog.remove(table)
      } else await this.#dropTable(run, table)
    }
  }

  /** What DETACH took away comes back. */
  async #attach(run: QueryRun, statement: Extract<Statement, { kind: 'attach' }>): Promise<void> {
    const { engine } = this
    const database = statement.name.database ?? run.database
    const { table } = statement.name
    if (engine.catalog.find(database, table)) {
      if (statement.ifNotExists) return
      throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${table} already exists`)
    }
    const text = engine.detached.get(`${database}.${table}`)
    if (text === undefined)
      throw new DBError('UNKNOWN_TABLE', `Table ${database}.${table} was not detached: ATTACH needs its definition`)
    const { statement: create } = parseStatement(text)
    if (create.kind !== 'createTable' && create.kind !== 'createView')
      throw new DBError('LOGICAL_ERROR', 'A detached table has a statement that creates it')
    await this.run(run, { ...create, name: { database, table }, attach: true })
    engine.detached.delete(`${database}.${table}`)
  }

  async #dropTable(run: QueryRun, table: Table): Promise<void> {
    const inner = table.target?.table === `.inner.${table.name}` ? table.target : null
    const kept = inner && this.engine.catalog.find(inner.database, inner.table)
    if (kept) await this.#dropTable(run, kept)
    if (table.isTemporary) run.session?.temporaryTables.delete(table.name)
    else await this.engine.catalog.remove(table)
    await dropTableStorage(table)
  }

  async #truncate(run: QueryRun, statement: Extract<Statement, { kind: 'truncate' }>): Promise<void> {
    if (statement.object !== 'table') {
      const database = this.engine.catalog.database(statement.name.database ?? (statement.name.table || run.database))
      for (const table of database.tables.values()) await table.storage.truncate()
      return
    }
    if (!this.#find(run, statement.name) && statement.ifExists) return
    const { target, storage } = this.#table(run, statement.name)
    await (target ? this.engine.catalog.table(target.database, target.table).storage : storage).truncate()
  }

  async #rename(run: QueryRun, statement: Rename): Promise<void> {
    const { catalog } = this.engine
    if (statement.object === 'database') throw new DBError('NOT_IMPLEMENTED', 'RENAME DATABASE is not supported')
    for (const { from, to } of statement.pairs) {
      const table = this.#find(run, from)
      if (!table) {
        if (statement.ifExists) continue
        this.#table(run, from)
        continue
      }
      const database = to.database ?? run.database
      const other = catalog.database(database).tables.get(to.table)
      if (statement.exchange) {
        if (!other) throw new DBError('UNKNOWN_TABLE', `Table ${database}.${to.table} does not exist`)
        const aside = `.exchange_${table.name}`
        await this.#move(table, table.database, aside)
        await this.#move(other, table.database, table.name)
        await this.#move(catalog.table(table.database, aside), database, to.table)
        continue
      }
      if (other) throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${to.table} already exists`)
      await this.#move(table, database, to.table)
    }
  }

  /** A table under another name: its data moves first, so that a crash between leaves the old metadata without data rather than two owners. */
  async #move(table: Table, database: string, name: string): Promise<void> {
    const { engine } = this
    const { catalog, disk } = engine
    const parsed = parseStatement(table.createText).statement
    await table.storage.close()
    if (disk && (await disk.list(catalog.dataPath(table.database, table.name))).length > 0)
      await disk.move(catalog.dataPath(table.database, table.name), catalog.dataPath(database, name))
    await catalog.remove(table)
    if (parsed.kind === 'createTable' && !table.view) {
      const definition = await defineTable(
        { ...parsed, name: { database, table: name } },
        null,
        'MergeTree',
        (expr, columns) => this.#typeOf(expr, columns),
      )
      const moved = await this.#makeTable(definition, database, name, { ...parsed, attach: true })
      // Memory tables keep their rows with the storage itself.
      await catalog.add(
        table.engine === 'Memory' || table.engine === 'Null'
          ? { ...moved, storage: table.storage, uuid: table.uuid }
          : { ...moved, uuid: table.uuid },
      )
      return
    }
    const createText =
      parsed.kind === 'createView' ? formatAst({ ...parsed, name: { database, table: name } }) : table.createText
    await catalog.add({ ...table, database, name, createText })
  }

  async #kill(run: QueryRun, statement: Extract<Statement, { kind: 'kill' }>): Promise<Rows> {
    const { engine } = this
    if (statement.what !== 'query') throw new DBError('NOT_IMPLEMENTED', `KILL ${statement.what} is not supported`)
    const wanted = await this.#killed(run, statement.where)
    const rows = engine.processes
      .all()
      .filter(query => wanted(query) && query.queryId !== run.queryId)
      .map(query => {
        if (statement.mode !== 'test') query.cancel()
        return `('${statement.mode === 'test' ? '' : 'waiting'}', ${quoteSql(query.queryId)}, ${quoteSql(query.user)}, ${quoteSql(query.text)})`
      })
    const columns = "'kill_status String, query_id String, user String, query String'"
    return rowsQuery(
      rows.length
        ? `SELECT * FROM values(${columns}, ${rows.join(', ')})`
        : `SELECT '' AS kill_status, '' AS query_id, '' AS user, '' AS query WHERE 0`,
    )
  }

  /** WHERE of KILL QUERY, over query_id and user. */
  async #killed(
    _run: QueryRun,
    where: Expr | undefined,
  ): Promise<(query: { queryId: string; user: string }) => boolean> {
    if (!where) throw new DBError('BAD_ARGUMENTS', 'KILL QUERY needs WHERE')
    const arena = new Arena(this.engine.memory)
    return query => {
      const value = (expr: Expr): string | null => {
        if (expr.kind === 'literal') return String(expr.value)
        if (expr.kind === 'identifier')
          return expr.parts[0] === 'query_id' ? query.queryId : expr.parts[0] === 'user' ? query.user : null
        return null
      }
      const test = (expr: Expr): boolean => {
        if (expr.kind !== 'function') return false
        if (expr.name === 'and') return expr.args.every(test)
        if (expr.name === 'or') return expr.args.some(test)
        if (expr.name === 'equals') return value(expr.args[0]) === value(expr.args[1])
        if (expr.name === 'notEquals') return value(expr.args[0]) !== value(expr.args[1])
        if (expr.name === 'like') return likeToRegExp(String(value(expr.args[1]))).test(String(value(expr.args[0])))
        if (expr.name === 'in' && expr.args[1].kind === 'function')
          return expr.args[1].args.some(item => value(item) === value(expr.args[0]))
        arena.destroy()
        throw new DBError('NOT_IMPLEMENTED', 'WHERE of KILL QUERY compares query_id and user with text')
      }
      return test(where)
    }
  }

  #show(run: QueryRun, statement: Show): Rows {
    const { engine } = this
    const like = (column: string, pattern: Like | undefined) =>
      pattern
        ? ` AND ${column} ${pattern.not ? 'NOT ' : ''}${pattern.caseInsensitive ? 'ILIKE' : 'LIKE'} ${quoteSql(pattern.pattern)}`
        : ''
    const where = statement.where ? ` AND (${formatAst(statement.where, { oneLine: true })})` : ''
    const limit = statement.limit ? ` LIMIT ${formatAst(statement.limit, { oneLine: true })}` : ''
    switch (statement.what) {
      case 'databases':
        return rowsQuery(
          `SELECT name FROM system.databases WHERE 1${like('name', statement.like)}${where} ORDER BY name${limit}`,
        )
      case 'tables': {
        const database = statement.from ?? run.database
        engine.catalog.database(database)
        const columns = statement.full ? "name, if(engine = 'View', 'VIEW', 'BASE TABLE') AS table_type" : 'name'
        return rowsQuery(
          `SELECT ${columns} FROM system.tables WHERE database = ${quoteSql(database)} AND NOT is_temporary${like('name', statement.like)}${where} ORDER BY name${limit}`,
        )
      }
      case 'create': {
        if (statement.object === 'database') {
          const database = engine.catalog.database(statement.name?.database || statement.name?.table || '')
          return lines('statement', [`CREATE DATABASE ${backquote(database.name)}\nENGINE = ${database.engine}`])
        }
        return lines('statement', [this.#table(run, statement.name ?? { table: '' }).createText])
      }
      case 'processlist':
        return rowsQuery('SELECT * FROM system.processes')
      case 'columns': {
        const table = this.#table(run, {
          database: statement.from ?? statement.name?.database,
          table: statement.name?.table ?? '',
        })
        return rowsQuery(
          `SELECT name AS field, type AS type, if(startsWith(type, 'Nullable'), 'YES', 'NO') AS null, if(is_in_primary_key, 'PRI', if(is_in_sorting_key, 'SOR', '')) AS key, if(default_kind IN ('ALIAS', 'DEFAULT', 'MATERIALIZED'), default_expression, NULL) AS default, '' AS extra FROM system.columns WHERE database = ${quoteSql(table.database)} AND table = ${quoteSql(table.name)}${like('name', statement.like)} ORDER BY name${limit}`,
        )
      }
      case 'functions':
        return rowsQuery(`SELECT * FROM system.functions WHERE 1${like('name', statement.like)}`)
      case 'settings':
        return rowsQuery(
          `SELECT name, type, value FROM system.settings WHERE ${statement.changed ? 'changed' : '1'}${like('name', statement.like)}`,
        )
      case 'engines':
        return rowsQuery('SELECT name FROM system.table_engines ORDER BY name')
      case 'merges':
        return rowsQuery('SELECT * FROM system.merges')
      case 'dictionaries':
      case 'clusters':
        return rowsQuery("SELECT '' AS name WHERE 0")
      default:
        throw new DBError('NOT_IMPLEMENTED', `SHOW ${statement.what.toUpperCase()} is not supported`)
    }
  }

  async #describe(run: QueryRun, { table }: Extract<Statement, { kind: 'describe' }>): Promise<Rows> {
    const describe = (
      columns: readonly {
        name: string
        type: string
        kind?: string
        expression?: string
        comment?: string
        codec?: string
      }[],
    ): Rows => {
      const rows = columns.map(
        ({ name, type, kind, expression, comment, codec }) =>
          `(${[name, type, kind ?? '', expression ?? '', comment ?? '', (codec ?? '').replace(/^CODEC\((.*)\)$/, '$1'), ''].map(quoteSql).join(', ')})`,
      )
      return rowsQuery(
        `SELECT * FROM values('name String, type String, default_type String, default_expression String, comment String, codec_expression String, ttl_expression String', ${rows.join(', ')})`,
      )
    }
    if (table.kind === 'table') {
      const found = this.#find(run, table.name)
      if (found) return describe(found.columns.filter(column => !column.virtual))
    }
    const { start, end } = table
    const query: Query = { kind: 'select', start, end, columns: [{ kind: 'asterisk', start, end }], from: table }
    return describe(await run.describe(query))
  }

  async #system(run: QueryRun, statement: Extract<Statement, { kind: 'system' }>): Promise<Rows | null> {
    const { command } = statement
    if (/^(FLUSH|DROP|RELOAD|SYNC|STOP|START|CLEAR|UNFREEZE|ENABLE|DISABLE|WAIT)/.test(command)) {
      if (/^(STOP|START) MERGES/.test(command)) {
        setMerges(this.engine, command.startsWith('START'), statement.name ? this.#table(run, statement.name) : null)
      }
      return null
    }
    throw new DBError('NOT_IMPLEMENTED', `SYSTEM ${command} is not supported`)
  }
}

/** For expressions of a table's definition over its columns. */
export function keyResolver(engine: GranaryEngine, columns: readonly SnapshotColumn[], arena: Arena): Resolver {
  let next = 0
  const scope = new Scope(
    columns.map(({ name, type }) => {
      const id = next++
      return {
        name,
        qualifiers: [],
        node: { kind: 'column' as const, id, name, type: parseType(type), key: `#${id}` },
        table: 0,
      }
    }),
    { queries: new Map() },
  )
  const resolver = new Resolver(
    {
      settings: new Settings(),
      environment: {
        now: engine.platform.clock.now(),
        random: () => engine.platform.random(),
        timeZone: engine.timeZone,
        database: '',
        user: '',
        queryId: '',
        hostName: engine.platform.hostName,
        version: engine.version,
        uptimeMs: 0,
        setting: () => null,
      },
      currentDatabase: '',
      arena,
      parameters: new Map(),
      findTable: () => undefined,
      tableFunction: async () => {
        throw new DBError('BAD_ARGUMENTS', 'A table function cannot stand in a definition')
      },
      runSubquery: async () => {
        throw new DBError('BAD_ARGUMENTS', 'A subquery cannot stand in a definition')
      },
      userFunction: name => engine.functions.get(name)?.lambda,
      nextColumnId: () => next++,
    },
    scope,
  )
  resolver.allowAggregates = false
  return resolver
}

function rowsQuery(sql: string): Rows {
  const { statement } = parseStatement(sql)
  return { query: statement as Query }
}

function lines(name: string, texts: readonly string[]): Rows {
  return rowsQuery(`SELECT * FROM values('${name} String', ${texts.map(quoteSql).join(', ')})`)
}

const backquote = (name: string) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replace(/[`\\]/g, '\\$&')}\``

function likeToRegExp(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/%/g, '.*')
      .replace(/_/g, '.')}$`,
    's',
  )
}

/** A view's tables keep meaning what they meant when it was made. */
function qualify(query: Query, database: string, _run: QueryRun): Query {
  const visit = (value: unknown, ctes: ReadonlySet<string>): unknown => {
    if (Array.isArray(value)) return value.map(item => visit(item, ctes))
    if (value === null || typeof value !== 'object') return value
    const node = value as { kind?: string; name?: TableName; with?: readonly { kind: string; name: string }[] }
    let inner = ctes
    if (node.with)
      inner = new Set([
        ...ctes,
        ...node.with.filter(element => element.kind === 'withQuery').map(element => element.name),
      ])
    const copy = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item, inner)]))
    if (node.kind === 'table' && node.name && node.name.database === undefined && !ctes.has(node.name.table))
      return { ...copy, name: { ...node.name, database } }
    return copy
  }
  return visit(query, new Set()) as Query
}

/** EXPLAIN AST: kinds and names, inner nodes indented. */
function describeTree(statement: Statement): string[] {
  const out: string[] = []
  const visit = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, depth)
      return
    }
    if (value === null || typeof value !== 'object') return
    const node = value as Record<string, unknown>
    if (typeof node.kind === 'string') {
      const label =
        typeof node.name === 'string'
          ? ` ${node.name}`
          : Array.isArray(node.parts)
            ? ` ${node.parts.join('.')}`
            : 'value' in node
              ? ` ${String(node.value)}`
              : ''
      out.push(
        `${' '.repeat(depth)}${node.kind[0].toUpperCase()}${node.kind.slice(1)}${label}${typeof node.alias === 'string' ? ` (alias ${node.alias})` : ''}`,
      )
      for (const inner of Object.values(node)) visit(inner, depth + 1)
    } else for (const inner of Object.values(node)) visit(inner, depth)
  }
  visit(statement, 0)
  return out
}
