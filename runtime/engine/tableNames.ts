import type { Table } from '../catalog/table.ts'
import type { TableName } from '../sql/ast.ts'
import type { QueryRun } from './queryRun.ts'

/** The table of that name: the session's temporary one, else the catalog's. */
export function findTable(run: QueryRun, name: TableName): Table | undefined {
  const temporary =
    name.database === undefined ? (run.session?.temporaryTables.get(name.table) as Table | undefined) : undefined
  return temporary ?? run.engine.catalog.find(name.database ?? run.database, name.table)
}

/** The same, UNKNOWN_TABLE if there is none. */
export function tableOf(run: QueryRun, name: TableName): Table {
  const found = findTable(run, name)
  if (found) return found
  return run.engine.catalog.table(name.database ?? run.database, name.table)
}
