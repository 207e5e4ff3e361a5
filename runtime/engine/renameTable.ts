import { MemoryStorage } from '../catalog/storages.ts'
import type { Table } from '../catalog/table.ts'
import { defineTable } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import type { Rename } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { BufferStorage } from './bufferTable.ts'
import { makeTable } from './createTable.ts'
import { makeDictionary } from './dictionary.ts'
import { JoinStorage } from './joinTable.ts'
import { MergeTreeStorage } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { typeOf } from './keyResolver.ts'
import { findTable, tableOf } from './tableNames.ts'

export async function renameTables(run: QueryRun, statement: Rename): Promise<void> {
  const { catalog } = run.engine
  if (statement.object === 'database') throw new DBError('NOT_IMPLEMENTED', 'RENAME DATABASE is not supported')
  for (const { from, to } of statement.pairs) {
    const table = findTable(run, from)
    if (!table) {
      if (statement.ifExists) continue
      tableOf(run, from)
      continue
    }
    const database = to.database ?? run.database
    const other = catalog.database(database).tables.get(to.table)
    if (statement.exchange) {
      if (!other) throw new DBError('UNKNOWN_TABLE', `Table ${database}.${to.table} does not exist`)
      const aside = `.exchange_${table.name}`
      await moveTable(run, table, table.database, aside)
      await moveTable(run, other, table.database, table.name)
      await moveTable(run, catalog.table(table.database, aside), database, to.table)
      continue
    }
    if (other) throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${to.table} already exists`)
    await moveTable(run, table, database, to.table)
  }
}

/** A table under another name: its data moves first, so that a crash between leaves the old metadata without data rather than two owners. */
export async function moveTable(run: QueryRun, table: Table, database: string, name: string): Promise<void> {
  const { engine } = run
  const { catalog } = engine
  const parsed = parseStatement(table.createText).statement
  const isTransient = (of: string) => catalog.database(of).isTransient
  if (isTransient(table.database) !== isTransient(database))
    throw new DBError('NOT_IMPLEMENTED', 'A table cannot move between databases that are kept and that are not')
  if (parsed.kind === 'createTable' && !table.view) {
    const named = { ...parsed, name: { database, table: name } }
    const definition = await defineTable(named, null, 'MergeTree', (expr, columns) => typeOf(engine, expr, columns))
    if (isTransient(database) && keepsRows(table)) {
      await catalog.remove(table)
      if (table.storage instanceof MergeTreeStorage) table.storage.rename(database, name)
      const createText = formatAst({ ...definition.create, name: { database, table: name } })
      await catalog.add({ ...table, database, name, createText })
      return
    }
    await table.storage.close()
    const disk = await engine.dataDisk()
    const [from, to] = [catalog.dataPath(table.database, table.name), catalog.dataPath(database, name)]
    if ((await disk.list(from)).length > 0) await disk.move(from, to)
    await catalog.remove(table)
    const moved = await makeTable(engine, definition, database, name, { ...parsed, attach: true })
    await catalog.add({ ...moved, storage: keepsRows(table) ? table.storage : moved.storage, uuid: table.uuid })
    return
  }
  await table.storage.close()
  await catalog.remove(table)
  if (parsed.kind === 'createDictionary') {
    await catalog.add({ ...(await makeDictionary(engine, parsed, database, name)), uuid: table.uuid })
    return
  }
  const createText =
    parsed.kind === 'createView' ? formatAst({ ...parsed, name: { database, table: name } }) : table.createText
  await catalog.add({ ...table, database, name, createText })
}

/** Rows that are nowhere but in the storage itself go on with it. */
function keepsRows({ storage }: Table): boolean {
  if (storage instanceof MergeTreeStorage) return storage.isTransient
  if (storage instanceof MemoryStorage) return !(storage instanceof BufferStorage)
  return storage instanceof JoinStorage && !storage.log
}
