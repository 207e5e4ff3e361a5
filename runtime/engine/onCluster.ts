// ON CLUSTER: a statement for every server of a cluster, answered by a row for each.
import { DBError } from '../core/errors.ts'
import type { Statement } from '../sql/statementAst.ts'
import { clusterOf, isThisServer } from './clusters.ts'
import type { QueryRun } from './queryRun.ts'
import { quoteSql, type Rows, rowsQuery } from './rows.ts'

const nativePort = 9000

/** The cluster that a statement is for; undefined for most. */
export function clusterNamed(statement: Statement): string | undefined {
  return 'onCluster' in statement ? statement.onCluster : undefined
}

/** The statement with all servers of the cluster being this one. */
export async function runOnCluster(run: QueryRun, name: string, execute: () => Promise<unknown>): Promise<Rows | null> {
  const { engine } = run
  const addresses = clusterOf(engine, name).shards.flatMap(({ replicas }) => replicas)
  if (!addresses.every(address => isThisServer(engine, address)))
    throw new DBError('NOT_IMPLEMENTED', `Cluster ${name} has other servers: ON CLUSTER is for this one only`)
  await execute()
  if (
    /^(none|none_only_active|null_status_on_timeout_only_active)$/.test(
      run.settings.text('distributed_ddl_output_mode'),
    )
  )
    return null
  const rows = addresses.map(
    ({ host, port }, i) => `(${quoteSql(host)}, ${port ?? nativePort}, 0, '', ${addresses.length - i - 1}, 0)`,
  )
  const columns =
    'host String, port UInt16, status Int64, error String, num_hosts_remaining UInt64, num_hosts_active UInt64'
  return rowsQuery(`SELECT * FROM values(${quoteSql(columns)}, ${rows.join(', ')})`)
}
