import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Query } from '../sql/ast.ts'
import { type Address, urlOf } from './clusters.ts'
import { formatRows } from './formatRows.ts'
import type { QueryRun } from './queryRun.ts'
import { backquote } from './rows.ts'

/** The rows of a query into a table of another server, over its HTTP interface. */
export async function sendRows(
  run: QueryRun,
  address: Address,
  target: { readonly database: string; readonly table: string },
  columns: readonly string[],
  query: Query,
  tables: readonly TableSnapshot[],
): Promise<void> {
  const { platform } = run.engine
  if (!platform.fetch) throw new DBError('NOT_IMPLEMENTED', `${platform.name} has no way to other servers`)
  const body = await formatRows(run, query, tables, 'Native')
  const into = `${backquote(target.database)}.${backquote(target.table)} (${columns.map(backquote).join(', ')})`
  const url = `${urlOf(address)}/?query=${encodeURIComponent(`INSERT INTO ${into} FORMAT Native`)}`
  const headers = { 'x-clickhouse-user': address.user, 'x-clickhouse-key': address.password }
  const answer = await platform.fetch(url, { method: 'POST', headers, body }).catch(cause => {
    throw new DBError('NETWORK_ERROR', `Cannot reach ${urlOf(address)}: ${String(cause)}`, { cause })
  })
  if (answer.status !== 200)
    throw new DBError('RECEIVED_ERROR_FROM_REMOTE_IO_SERVER', `${urlOf(address)} answered: ${await answer.text()}`)
}
