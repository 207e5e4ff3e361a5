import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { Drop, Statement } from '../sql/statementAst.ts'
import { DictionaryStorage } from './dictionary.ts'
import { MergeTreeStorage } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { dropTableStorage } from './engines.ts'
import { dropFunction } from './sqlFunctions.ts'
import { findTable, tableOf } from './tableNames.ts'

/** DROP and DETACH. */
export async function dropObjects(run: QueryRun, statement: Drop): Promise<void> {
  const { engine } = run
  const { catalog } = engine
  if (statement.object === 'function') {
    for (const { table } of statement.names)
      if (!(await dropFunction(engine, table)) && !statement.ifExists)
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
      if (statement.ifEmpty && tables.size > 0) throw new DBError('DATABASE_NOT_EMPTY', `Database ${name} is not empty`)
      for (const table of [...tables.values()]) await dropTable(run, table)
      await catalog.dropDatabase(name)
    }
    return
  }
  for (const name of statement.names) {
    const table = statement.temporary
      ? (run.session?.temporaryTables.get(name.table) as Table | undefined)
      : findTable(run, name)
    if (!table) {
      if (statement.ifExists) continue
      tableOf(run, name)
      continue
    }
    if (statement.object === 'view' && !table.view && !table.target)
      throw new DBError('INCORRECT_QUERY', `Table ${table.database}.${table.name} is not a View`)
    if (table.storage instanceof DictionaryStorage && statement.object !== 'dictionary')
      throw new DBError(
        'CANNOT_DETACH_DICTIONARY_AS_TABLE',
        `Cannot drop/detach dictionary ${table.database}.${table.name} as table, use DROP DICTIONARY or DETACH DICTIONARY query instead.`,
      )
    if (statement.object === 'dictionary' && !(table.storage instanceof DictionaryStorage))
      throw new DBError('INCORRECT_QUERY', `${table.database}.${table.name} is not a Dictionary`)
    if (statement.kind === 'detach') {
      await table.storage.close()
      catalog.database(table.database).tables.delete(table.name)
      const { storage, createText } = table
      const transientPath = storage instanceof MergeTreeStorage && storage.isTransient ? storage.table.path : null
      engine.detached.set(`${table.database}.${table.name}`, { createText, transientPath })
      if (statement.permanently) await catalog.remove(table)
    } else await dropTable(run, table)
  }
}

export async function dropTable(run: QueryRun, table: Table): Promise<void> {
  const inner = table.target?.table === `.inner.${table.name}` ? table.target : null
  const kept = inner && run.engine.catalog.find(inner.database, inner.table)
  if (kept) await dropTable(run, kept)
  if (table.isTemporary) run.session?.temporaryTables.delete(table.name)
  else await run.engine.catalog.remove(table)
  await dropTableStorage(table)
}

export async function truncate(run: QueryRun, statement: Extract<Statement, { kind: 'truncate' }>): Promise<void> {
  if (statement.object !== 'table') {
    const database = run.engine.catalog.database(statement.name.database ?? (statement.name.table || run.database))
    for (const table of database.tables.values()) await table.storage.truncate()
    return
  }
  if (!findTable(run, statement.name) && statement.ifExists) return
  const { target, storage } = tableOf(run, statement.name)
  await (target ? run.engine.catalog.table(target.database, target.table).storage : storage).truncate()
}
