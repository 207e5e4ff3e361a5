// Which storage a table's ENGINE clause means.
import { type KeptRows, LogStorage, MemoryStorage, NullStorage } from '../catalog/storages.ts'
import type { Table, TableStorage } from '../catalog/table.ts'
import type { TableDefinition } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { FunctionCall } from '../sql/ast.ts'
import type { CreateTable } from '../sql/statementAst.ts'
import type { Value } from '../types/value.ts'
import { createBuffer } from './bufferTable.ts'
import { ConstantArguments, sourceTable, visibleColumns } from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { clusterOf } from './clusters.ts'
import { createFile } from './fileTable.ts'
import { DistributedStorage, shardVirtualColumns } from './distributed.ts'
import { RandomStorage } from './randomTable.ts'
import { DictionaryView } from './dictionaryView.ts'
import { JoinStorage } from './joinTable.ts'
import { mergeTreeEngines } from './mergeTreeEngines.ts'
import { createMergeTree } from './mergeTreeStorage.ts'
import { publishedColumns } from './publishedTable.ts'
import { findKeyed } from './snapshots.ts'
import { inferMergeColumns, MergeStorage, mergeVirtualColumns, TableMatcher } from './mergeTables.ts'

interface MadeStorage {
  readonly storage: TableStorage
  readonly virtualColumns: readonly SnapshotColumn[]
}

const chunkEngines = ['Memory', 'Log', 'TinyLog', 'StripeLog', 'Null', 'Set']
const otherEngines = [
  'Published',
  'Merge',
  'Buffer',
  'Join',
  'Dictionary',
  'Distributed',
  'File',
  'GenerateRandom',
  'View',
  'MaterializedView',
]
export const engineNames: readonly string[] = [...mergeTreeEngines, ...chunkEngines, ...otherEngines]

/** ClickHouse has them, Granary does not. */
const absentEngines =
  /^(GraphiteMergeTree|CoalescingMergeTree|Replicated.*|Shared.*|URL|S3|S3Queue|HDFS|AzureBlobStorage|AzureQueue|Kafka|RabbitMQ|NATS|FileLog|MySQL|PostgreSQL|MaterializedPostgreSQL|MongoDB|Redis|SQLite|ODBC|JDBC|EmbeddedRocksDB|KeeperMap|Executable|ExecutablePool|LiveView|WindowView|TimeSeries|DeltaLake|Hudi|Iceberg.*|Hive|Loop|Fuzz.*|Alias|ArrowFlight|YTsaurus)$/

/** What keeps the rows of a table, and the virtual columns that it adds. */
export async function createStorage(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  statement: CreateTable,
): Promise<MadeStorage> {
  const { name: kind, args } = definition.engine
  if (mergeTreeEngines.includes(kind))
    return createMergeTree(engine, definition, database, name, statement.attach ?? false)
  if (absentEngines.test(kind)) throw new DBError('NOT_IMPLEMENTED', `Table engine ${kind} is not supported`)
  if (!engineNames.includes(kind)) throw new DBError('UNKNOWN_STORAGE', `Unknown table engine ${kind}`)
  if (definition.orderBy.length > 0 || definition.partitionBy.length > 0)
    throw new DBError(
      'BAD_ARGUMENTS',
      `Engine ${kind} doesn't support PARTITION_BY, PRIMARY_KEY, ORDER_BY or SAMPLE_BY clauses`,
    )
  const { create } = definition
  if (!statement.attach && (create.storage?.ttl || create.columns?.some(({ ttl }) => ttl)))
    throw new DBError('BAD_ARGUMENTS', `Engine ${kind} doesn't support TTL clause.`)
  checkSettings(kind, definition)
  const self = { database, name }
  const names = { database, session: undefined, parameters: {} }
  const constants = new ConstantArguments(`Engine ${kind}`, args, names)
  const plain = (storage: TableStorage): MadeStorage => ({ storage, virtualColumns: [] })
  const isTransient = database === '' || engine.catalog.database(database).isTransient || !engine.disk
  switch (kind) {
    case 'Merge': {
      const matcher = new TableMatcher('Engine Merge', args, names, 2)
      const storage = new MergeStorage(engine, self, definition.columns, matcher)
      return { storage, virtualColumns: mergeVirtualColumns }
    }
    case 'Buffer':
      return plain(createBuffer(engine, constants, self, definition.columns))
    case 'Join':
      return plain(await JoinStorage.open(engine, definition, self, isTransient))
    case 'Distributed': {
      constants.count(3, 5)
      const target = { database: constants.text(1), table: constants.text(2) }
      const cluster = () => clusterOf(engine, constants.text(0))
      cluster()
      const storage = new DistributedStorage(engine, self, definition.columns, cluster, target, args[3] ?? null)
      return { storage, virtualColumns: shardVirtualColumns }
    }
    case 'File':
      return plain(createFile(engine, constants, self, definition.columns))
    case 'GenerateRandom':
      return plain(
        new RandomStorage(
          args.map(arg => constants.value(arg) as Value),
          () => engine.platform.random() * 2 ** 32,
        ),
      )
    case 'Dictionary':
      return plain(new DictionaryView(engine, database, constants.text(0), definition.columns))
  }
  constants.count(0, 0)
  if (kind === 'Null') return plain(new NullStorage())
  if (kind === 'Memory') return plain(new MemoryStorage(keptRows(definition)))
  if (isTransient) return plain(new MemoryStorage())
  return plain(await LogStorage.open(engine.disk!, engine.location, engine.catalog.dataPath(database, name)))
}

/** Settings that the engines take; File takes those of its format. */
const settingsOf: Readonly<Record<string, RegExp>> = {
  Memory: /^(compress|(min|max)_(rows|bytes)_to_keep)$/,
  Join: /^(persistent|disk|join_use_nulls|join_any_take_last_row|join_overflow_mode|max_(rows|bytes)_in_join|any_join_distinct_right_table_keys)$/,
  Set: /^(persistent|disk)$/,
  Distributed:
    /^(fsync_|bytes_to_|max_delay_|background_insert_|flush_on_detach|skip_unavailable_shards|monitor_|policy)/,
  File: /./,
}

function checkSettings(kind: string, { settings }: TableDefinition): void {
  const known = settingsOf[kind] ?? /^(disk|storage_policy)$/
  for (const name of settings.keys())
    if (!known.test(name)) throw new DBError('UNKNOWN_SETTING', `Unknown setting '${name}': for storage ${kind}`)
}

function keptRows({ settings }: TableDefinition): KeptRows {
  const number = (name: string) => Number(settings.get(name) ?? 0)
  return {
    rowsMin: number('min_rows_to_keep'),
    rowsMax: number('max_rows_to_keep'),
    bytesMin: number('min_bytes_to_keep'),
    bytesMax: number('max_bytes_to_keep'),
  }
}

/** Columns of a table that states none, for engines that read other tables. */
export async function inferColumns(
  engine: GranaryEngine,
  call: FunctionCall,
  database: string,
): Promise<readonly SnapshotColumn[] | null> {
  const { name: kind, args } = call
  if (kind === 'Published') return publishedColumns(engine, call)
  const names = { database, session: undefined, parameters: {} }
  const constants = new ConstantArguments(`Engine ${kind}`, args, names)
  if (kind === 'Merge') return inferMergeColumns(new TableMatcher('Engine Merge', args, names, 2).find(engine))
  if (kind === 'Dictionary' && args.length > 0) {
    const dictionary = findKeyed(engine, constants.text(0), database)
    if (dictionary?.engine !== 'Dictionary')
      throw new DBError('BAD_ARGUMENTS', `Dictionary (${constants.text(0)}) not found`)
    return dictionary.columns
  }
  const at = kind === 'Buffer' ? 0 : kind === 'Distributed' ? 1 : -1
  if (at < 0 || args.length < at + 2) return null
  const [other, table] = [constants.text(at), constants.text(at + 1)]
  const source = sourceTable(engine, other, table)
  if (!source) throw new DBError('UNKNOWN_TABLE', `Table ${other}.${table} does not exist`)
  return visibleColumns(source.columns).map(({ name, type }) => ({ name, type }))
}

/** How many of an engine's first arguments are names, which are kept as text however they were written. */
const namesOf: Readonly<Record<string, number>> = { Buffer: 2, Distributed: 3, Dictionary: 1, File: 2, Merge: 1 }

/**
 * The call with names as text, and the current database's name in place of what asks for it: a table keeps meaning what it meant when
 * it was made.
 */
export function withDatabase(call: FunctionCall, database: string): FunctionCall {
  const { start, end } = call
  const text = (value: string) => ({ kind: 'literal', value, start, end }) as const
  const names = namesOf[call.name] ?? 0
  const args = call.args.map((arg, i) => {
    if (arg.kind === 'identifier' && i < names) return text(arg.parts.join('.'))
    if (arg.kind !== 'function') return arg
    return arg.name.toLowerCase() === 'currentdatabase' ? text(database) : withDatabase(arg, database)
  })
  return { ...call, args }
}

export async function dropTableStorage(table: Table): Promise<void> {
  await table.storage.drop()
}
