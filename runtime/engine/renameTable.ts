import { MemoryStorage } from '../catalog/storages.ts'
import type { Table } from '../catalog/table.ts'
import { defineTable } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import type { Rename } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { BufferStorage } from './bufferTable.ts'
import { makeTable } from './createTable.ts'
import { makeDictionary } from './dictionary.ts'
import { JoinStorage } from './joinTable.ts'
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
      (expr, columns) => typeOf(run.engine, expr, columns),
    )
    const moved = await makeTable(run.engine, definition, database, name, { ...parsed, attach: true })
    const storage = keepsRows(table) ? table.storage : moved.storage
    await catalog.add({ ...moved, storage, uuid: table.uuid })
    return
  }
  if (parsed.kind === 'createDictionary') {
    await catalog.add({ ...(await makeDictionary(engine, parsed, database, name)), uuid: table.uuid })
    return
  }
  const createText =
    parsed.kind === 'createView' ? formatAst({ ...parsed, name: { database, table: name } }) : table.createText
  await catalog.add({ ...table, database, name, createText })
}

/** Rows that are nowhere but in the storage itself go on with it. */
const keepsRows = ({ storage }: Table): boolean =>
  storage instanceof MemoryStorage
    ? !(storage instanceof BufferStorage)
    : storage instanceof JoinStorage && !storage.log
