// Tables on several servers: ENGINE = Distributed, remote(), cluster(). Shards that are this server are read like any table.
import { NullStorage, type PackedRows, type Written } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn, Source, TableSnapshot } from '../exec/source.ts'
import type { Expr, FunctionCall, Query } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { type Cluster, clusterOf, isThisServer, parseAddresses, type Shard, urlOf } from './clusters.ts'
import {
  ConstantArguments,
  selectFrom,
  type SourceTable,
  sourceTable,
  unionOf,
  visibleColumns,
} from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { insertRows } from './insert.ts'
import { internalRun } from './internalRun.ts'
import type { QueryRun } from './queryRun.ts'
import { sendRows } from './remoteInsert.ts'
import { backquote, quoteSql } from './rows.ts'
import type { Names } from './snapshots.ts'

/** What is read or written on each shard. */
export type Target = { readonly database: string; readonly table: string } | { readonly call: FunctionCall }

export const shardVirtualColumns: readonly SnapshotColumn[] = [
  { name: '_shard_num', type: 'UInt32', virtual: true },
  { name: '_shard_count', type: 'UInt32', virtual: true },
]

/** The rows of all shards as one query. Columns: null asks for all that there are. */
function clusterQuery(
  engine: GranaryEngine,
  { shards }: Cluster,
  target: Target,
  columns: readonly SnapshotColumn[] | null,
): Query | null {
  return unionOf(
    shards.map((shard, i) => {
      const constants = { _shard_num: `toUInt32(${i + 1})`, _shard_count: `toUInt32(${shards.length})` }
      const virtual = Object.entries(constants).map(([name, value]) => `${value} AS ${name}`)
      const here = shard.replicas.some(replica => isThisServer(engine, replica))
      if (here && 'table' in target) return selectFrom(localTable(engine, target), columns ?? [], constants)
      if (here && 'call' in target)
        return `SELECT *, ${virtual.join(', ')} FROM ${formatAst(target.call, { oneLine: true })}`
      const items = columns ? columns.map(({ name }) => backquote(name)) : ['*']
      return `SELECT ${[...items, ...virtual].join(', ')} FROM ${remoteCall(shard, target, columns)}`
    }),
  )
}

function localTable(engine: GranaryEngine, { database, table }: { database: string; table: string }): SourceTable {
  const found = sourceTable(engine, database, table)
  if (found) return found
  engine.catalog.database(database)
  throw new DBError('UNKNOWN_TABLE', `Table ${database}.${table} does not exist`)
}

/** The table function by which a worker reads a table of another server; its replicas are tried one after another. */
function remoteCall({ replicas }: Shard, target: Target, columns: readonly SnapshotColumn[] | null): string {
  const from =
    'table' in target
      ? `${backquote(target.database)}.${backquote(target.table)}`
      : formatAst(target.call, { oneLine: true })
  const [{ user, password }] = replicas
  const structure = columns?.map(({ name, type }) => `${backquote(name)} ${type}`).join(', ') ?? ''
  return `_shard(${[replicas.map(urlOf).join(' '), from, user, password, structure].map(quoteSql).join(', ')})`
}

/** ENGINE = Distributed(cluster, database, table[, sharding key[, policy]]). */
export class DistributedStorage extends NullStorage {
  constructor(
    readonly engine: GranaryEngine,
    readonly self: { readonly database: string; readonly name: string },
    readonly columns: readonly SnapshotColumn[],
    /** Looked up when it is used: clusters come and go with the configuration. */
    readonly cluster: () => Cluster,
    readonly target: Target,
    readonly shardingKey: Expr | null,
  ) {
    super()
  }

  override snapshot(): { source: Source; release(): void } {
    // INSERT collects its rows as chunks, which commit() sends on.
    return { source: { kind: 'packed', chunks: [] }, release: () => {} }
  }

  compose() {
    const { target, self } = this
    if ('table' in target && target.database === self.database && target.table === self.name)
      throw new DBError('INFINITE_LOOP', `Distributed table ${self.name} looks at itself`)
    const columns = this.columns.filter(({ kind, virtual }) => kind !== 'EPHEMERAL' && !virtual)
    return { query: clusterQuery(this.engine, this.cluster(), target, columns), tables: [] }
  }

  async admit(): Promise<() => void> {
    if (!this.shardingKey && this.cluster().shards.length > 1)
      throw new DBError(
        'STORAGE_REQUIRES_PARAMETER',
        'Method write is not supported by storage Distributed with more than one shard and no sharding key provided',
      )
    if (!('table' in this.target))
      throw new DBError('NOT_IMPLEMENTED', 'INSERT into a table function on other servers is not supported')
    return () => {}
  }

  override async commit(result: Written): Promise<void> {
    if (result.kind !== 'chunks' || result.chunks.length === 0) return
    const { shards } = this.cluster()
    const run = internalRun(this.engine, this.self.database || 'default')
    const columns = this.columns.filter(({ kind, virtual }) => !virtual && kind !== 'ALIAS' && kind !== 'EPHEMERAL')
    if (shards.length === 1) return this.#send(run, shards[0], this.#rows(columns, result.chunks), columns, '')
    const slots = shards.reduce((sum, { weight }) => sum + weight, 0)
    const sorted = await this.#withSlots(run, columns, result.chunks, slots)
    let first = 0
    for (const shard of shards) {
      const end = first + shard.weight
      await this.#send(run, shard, sorted, columns, ` WHERE ${slotColumn} >= ${first} AND ${slotColumn} < ${end}`)
      first = end
    }
  }

  #rows(columns: readonly SnapshotColumn[], chunks: readonly PackedRows[]): TableSnapshot {
    const source: Source = { kind: 'packed', chunks: chunks.map(({ buffer }) => buffer) }
    return { database: rowsDatabase, name: 'rows', engine: 'Memory', columns, source }
  }

  /** The rows with the number that the sharding key gives each: computed once, as it may be rand(). */
  async #withSlots(
    run: QueryRun,
    columns: readonly SnapshotColumn[],
    chunks: readonly PackedRows[],
    slots: number,
  ): Promise<TableSnapshot> {
    const names = columns.map(({ name }) => backquote(name)).join(', ')
    const key = formatAst(this.shardingKey!, { oneLine: true })
    const sql = `SELECT ${names}, toUInt32(toUInt64(${key}) % ${slots}) AS ${slotColumn} FROM ${rowsDatabase}.rows`
    const wider = [...columns.map(({ name, type }) => ({ name, type })), { name: slotColumn, type: 'UInt32' }]
    const made = await run.complete({
      ...run.taskBase([
        this.#rows(
          columns.map(({ name, type }) => ({ name, type })),
          chunks,
        ),
      ]),
      kind: 'insert',
      table: this.#rows(wider, []),
      columns: wider.map(({ name }) => name),
      query: parseStatement(sql).statement as Query,
      format: '',
      threads: 1,
    })
    return this.#rows(wider, made.kind === 'chunks' ? made.chunks : [])
  }

  async #send(
    run: QueryRun,
    { replicas, internalReplication }: Shard,
    rows: TableSnapshot,
    columns: readonly SnapshotColumn[],
    where: string,
  ): Promise<void> {
    if (!('table' in this.target)) return
    const { database, table } = this.target
    const names = columns.filter(({ kind }) => kind !== 'MATERIALIZED').map(({ name }) => name)
    const sql = `SELECT ${names.map(backquote).join(', ')} FROM ${rowsDatabase}.rows${where}`
    const query = parseStatement(sql).statement as Query
    const plain = { ...rows, columns: rows.columns.map(({ name, type }) => ({ name, type })) }
    const near = [...replicas].sort(
      (a, b) => Number(isThisServer(this.engine, b)) - Number(isThisServer(this.engine, a)),
    )
    for (const replica of internalReplication ? near.slice(0, 1) : near)
      if (isThisServer(this.engine, replica)) {
        const target = this.engine.catalog.table(database, table)
        await insertRows(run, target, names, { query, tables: [plain], database })
      } else await sendRows(run, replica, { database, table }, names, query, [plain])
  }
}

const rowsDatabase = '_distributed'
const slotColumn = '_slot'

/** remote(addresses, database, table) and its like, as a cluster and what is read on it. */
export function remoteTarget(
  engine: GranaryEngine,
  { name, args }: FunctionCall,
  names: Names,
): { cluster: Cluster; target: Target; shardingKey: Expr | null } {
  const constants = new ConstantArguments(`Table function ${name}`, args, names)
  const isCluster = name === 'cluster' || name === 'clusterAllReplicas'
  constants.count(1, 6)
  const where = args.length > 0 ? constants.text(0) : isCluster ? 'default' : '127.0.0.1'
  const [, second] = args
  let next = 2
  let target: Target
  if (second?.kind === 'function' && !(second.args.length === 0 && second.name.toLowerCase() === 'currentdatabase'))
    target = { call: second }
  else if (args.length === 1) target = { database: 'system', table: 'one' }
  else {
    const parts = second.kind === 'identifier' ? [...second.parts] : [constants.text(1)]
    if (parts.length === 2) target = { database: parts[0], table: parts[1] }
    else if (parts[0].includes('.') && args.length === 2 && second.kind === 'literal') {
      const dot = parts[0].indexOf('.')
      target = { database: parts[0].slice(0, dot), table: parts[0].slice(dot + 1) }
    } else if (args.length === 2) target = { database: names.database, table: parts[0] }
    else {
      target = { database: parts[0], table: constants.text(2) }
      next = 3
    }
  }
  const rest = args.slice(next)
  const texts = rest
    .filter(arg => arg.kind === 'literal' && typeof arg.value === 'string')
    .map(arg => constants.value(arg))
  const shardingKey = rest.find(arg => arg.kind !== 'literal') ?? null
  const [user = 'default', password = ''] = texts.map(String)
  const cluster = isCluster ? clusterOf(engine, where) : parseAddresses(where, user, password, name === 'remoteSecure')
  return { cluster: name === 'clusterAllReplicas' ? eachReplica(cluster) : cluster, target, shardingKey }
}

const eachReplica = ({ name, shards }: Cluster): Cluster => ({
  name,
  shards: shards.flatMap(shard => shard.replicas.map(replica => ({ ...shard, replicas: [replica] }))),
})

/** The columns that every shard has, as far as this server knows them: null where only others do. */
export function targetColumns(engine: GranaryEngine, { shards }: Cluster, target: Target): SnapshotColumn[] | null {
  const isKnown = shards.some(({ replicas }) => replicas.some(replica => isThisServer(engine, replica)))
  if (!isKnown || !('table' in target)) return null
  const { columns } = localTable(engine, target)
  return [...visibleColumns(columns), ...columns.filter(column => column.virtual)]
}

/** remote(), remoteSecure(), cluster(), clusterAllReplicas() in FROM. */
export function remoteFunction(engine: GranaryEngine, call: FunctionCall, names: Names): TableSnapshot {
  const { cluster, target } = remoteTarget(engine, call, names)
  const columns = targetColumns(engine, cluster, target)
  const query = clusterQuery(engine, cluster, target, columns)
  return {
    database: '',
    name: call.name,
    engine: 'Distributed',
    columns: [...(columns ?? []), ...shardVirtualColumns],
    ...(query ? { view: query } : {}),
    isComposed: true,
    source: { kind: 'null' },
  }
}
