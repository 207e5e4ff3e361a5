// What the control thread does itself: definitions of databases and tables, SET, USE, KILL; and what is a query over system tables.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import { Settings, isKnownSetting } from '../core/settings.ts'
import type { Statement } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { alterTable } from './alter.ts'
import { BufferStorage } from './bufferTable.ts'
import { checkTable } from './checkTable.ts'
import { createDatabase, createTable } from './createTable.ts'
import { createView } from './createView.ts'
import { createDictionary, DictionaryStorage } from './dictionary.ts'
import { dropObjects, truncate } from './dropTable.ts'
import type { GranaryEngine } from './engine.ts'
import type { QueryRun } from './queryRun.ts'
import { settingValues } from '../sql/settings.ts'
import { explainTree } from './explainTree.ts'
import { kill } from './kill.ts'
import { deleteRows } from './mutateRows.ts'
import { optimizeTable, setMerges } from './merges.ts'
import { clusterNamed, runOnCluster } from './onCluster.ts'
import { renameTables } from './renameTable.ts'
import { createFunction } from './sqlFunctions.ts'
import { type Rows, lines, rowsQuery } from './rows.ts'
import { describe, show } from './show.ts'
import { allTables } from './systemTables.ts'
import { findTable, tableOf } from './tableNames.ts'

export class Statements {
  constructor(readonly engine: GranaryEngine) {}

  /** Does what the statement says; null when it gives no rows. */
  async run(run: QueryRun, statement: Statement = run.statement): Promise<Rows | null> {
    const cluster = clusterNamed(statement)
    if (cluster === undefined) return this.#run(run, statement)
    return runOnCluster(run, cluster, () => this.#run(run, statement))
  }

  async #run(run: QueryRun, statement: Statement): Promise<Rows | null> {
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
        await createDatabase(run, statement)
        return null
      case 'createTable':
        await createTable(run, statement)
        return null
      case 'createView':
        await createView(run, statement)
        return null
      case 'createDictionary':
        await createDictionary(run, statement)
        return null
      case 'createFunction':
        await createFunction(engine, statement)
        return null
      case 'drop':
      case 'detach':
        await dropObjects(run, statement)
        return null
      case 'attach':
        await this.#attach(run, statement)
        return null
      case 'truncate':
        await truncate(run, statement)
        return null
      case 'rename':
        await renameTables(run, statement)
        return null
      case 'optimize': {
        const named = tableOf(run, statement.name)
        const table = named.target ? engine.catalog.table(named.target.database, named.target.table) : named
        if (table.storage instanceof BufferStorage) await table.storage.flush()
        else await optimizeTable(run, table, statement)
        return null
      }
      case 'kill':
        return kill(run, statement)
      case 'show':
        return show(run, statement)
      case 'describe':
        return describe(run, statement)
      case 'exists': {
        const { name } = statement
        const exists =
          statement.object === 'database'
            ? engine.catalog.databases.has(name.table || name.database || '')
            : isObject(findTable(run, name), statement.object)
        return rowsQuery(`SELECT ${exists ? 1 : 0} AS result`)
      }
      case 'system':
        return this.#system(run, statement)
      case 'alter': {
        await alterTable(run, tableOf(run, statement.name), statement)
        return null
      }
      case 'delete':
        await deleteRows(run, tableOf(run, statement.name), statement)
        return null
      case 'check':
        if (!statement.name) throw new DBError('NOT_IMPLEMENTED', 'CHECK ALL TABLES is not supported')
        return checkTable(run, tableOf(run, statement.name), statement)
      case 'transaction':
        throw new DBError('NOT_IMPLEMENTED', 'Transactions are not supported')
      default:
        throw new DBError('NOT_IMPLEMENTED', `Statement ${statement.kind} is not supported`)
    }
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
    if (statement.type === 'AST') return lines('explain', explainTree(inner))
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

  /** What DETACH took away comes back. */
  async #attach(run: QueryRun, statement: Extract<Statement, { kind: 'attach' }>): Promise<void> {
    const { engine } = this
    const database = statement.name.database ?? run.database
    const { table } = statement.name
    const existing = engine.catalog.find(database, table)
    if (existing) {
      if (statement.ifNotExists) return
      if (existing.storage instanceof DictionaryStorage !== (statement.object === 'dictionary'))
        throw new DBError('INCORRECT_QUERY', `${database}.${table} is no ${statement.object}`)
      throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${table} already exists`)
    }
    const text = engine.detached.get(`${database}.${table}`)?.createText
    if (text === undefined)
      throw new DBError('UNKNOWN_TABLE', `Table ${database}.${table} was not detached: ATTACH needs its definition`)
    const { statement: create } = parseStatement(text)
    if (create.kind !== 'createTable' && create.kind !== 'createView' && create.kind !== 'createDictionary')
      throw new DBError('LOGICAL_ERROR', 'A detached table has a statement that creates it')
    if ((create.kind === 'createDictionary') !== (statement.object === 'dictionary'))
      throw new DBError(
        'INCORRECT_QUERY',
        `Incorrect ATTACH ${statement.object.toUpperCase()} query for ${database}.${table}`,
      )
    await this.run(run, { ...create, name: { database, table }, attach: true })
    engine.detached.delete(`${database}.${table}`)
  }

  async #system(run: QueryRun, statement: Extract<Statement, { kind: 'system' }>): Promise<Rows | null> {
    const { command } = statement
    if (command.startsWith('RELOAD DICTIONAR')) {
      if (command === 'RELOAD DICTIONARY' && !statement.name) throw new DBError('BAD_ARGUMENTS', 'Which dictionary?')
      const tables = statement.name ? [tableOf(run, statement.name)] : allTables(this.engine)
      for (const { storage } of tables)
        if (storage instanceof DictionaryStorage && (statement.name || storage.status !== 'NOT_LOADED'))
          await storage.reload()
      return null
    }
    if (/^(FLUSH|DROP|RELOAD|SYNC|STOP|START|CLEAR|UNFREEZE|ENABLE|DISABLE|WAIT)/.test(command)) {
      const merges = /^(STOP|START) (TTL )?MERGES/.exec(command)
      if (merges) {
        const table = statement.name ? tableOf(run, statement.name) : null
        setMerges(this.engine, merges[2] ? 'ttl' : 'all', merges[1] === 'START', table)
      }
      return null
    }
    throw new DBError('NOT_IMPLEMENTED', `SYSTEM ${command} is not supported`)
  }
}

function isObject(table: Table | undefined, object: 'table' | 'view' | 'dictionary'): boolean {
  if (!table) return false
  if (object === 'dictionary') return table.engine === 'Dictionary' && table.storage instanceof DictionaryStorage
  return object === 'table' || table.view !== undefined || table.target !== undefined
}
