// Databases system and information_schema: tables whose rows are made when a query names them.
import { partitionText, timesOf } from './partFacts.ts'
import { mutationRows } from './mutationRows.ts'
import { aggregates } from '../aggregates/registry.ts'
import { allSettings } from '../core/settings.ts'
import type { Source, TableSnapshot } from '../exec/source.ts'
import { formats } from '../formats/registry.ts'
import { allFunctions } from '../functions/registry.ts'
import { typeAliases, typeFamilies } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { GranaryEngine } from './engine.ts'
import { engineNames } from './engines.ts'
import { mergesOf } from './merges.ts'
import { systemClusters } from './systemClusters.ts'
import { shownStatement } from '../catalog/tableDisk.ts'
import { isUrl } from '../storage/openUrlDisk.ts'
import { systemLists } from './systemLists.ts'
import { systemDictionaries } from './systemDictionaries.ts'
import { systemZooKeeper } from './systemZooKeeper.ts'
import { systemQueryLog } from './systemQueryLog.ts'

export interface SystemTable {
  /** `name Type, ...` */
  readonly columns: readonly (readonly [name: string, type: string])[]
  rows(engine: GranaryEngine): Iterable<readonly Value[]>
}

const seconds = (ms: number) => Math.floor(ms / 1000)
const big = (value: number | null | undefined) =>
  value === null || value === undefined ? null : BigInt(Math.max(0, Math.round(value)))

export function* allTables(engine: GranaryEngine) {
  for (const database of engine.catalog.databases.values()) for (const table of database.tables.values()) yield table
}

const tables: Record<string, SystemTable> = {
  ...systemLists,
  databases: {
    columns: [
      ['name', 'String'],
      ['engine', 'String'],
      ['data_path', 'String'],
      ['metadata_path', 'String'],
      ['uuid', 'UUID'],
      ['engine_full', 'String'],
      ['comment', 'String'],
    ],
    *rows(engine) {
      for (const { name, engine: kind, comment } of engine.catalog.databases.values())
        yield [name, kind, `data/${name}/`, `metadata/${name}/`, 0n, kind, comment]
      for (const name of ['information_schema', 'INFORMATION_SCHEMA']) yield [name, 'Memory', '', '', 0n, 'Memory', '']
    },
  },
  tables: {
    columns: [
      ['database', 'String'],
      ['name', 'String'],
      ['uuid', 'UUID'],
      ['engine', 'String'],
      ['is_temporary', 'UInt8'],
      ['data_paths', 'Array(String)'],
      ['metadata_path', 'String'],
      ['metadata_modification_time', 'DateTime'],
      ['dependencies_database', 'Array(String)'],
      ['dependencies_table', 'Array(String)'],
      ['create_table_query', 'String'],
      ['engine_full', 'String'],
      ['as_select', 'String'],
      ['partition_key', 'String'],
      ['sorting_key', 'String'],
      ['primary_key', 'String'],
      ['sampling_key', 'String'],
      ['storage_policy', 'String'],
      ['total_rows', 'Nullable(UInt64)'],
      ['total_bytes', 'Nullable(UInt64)'],
      ['comment', 'String'],
      ['has_own_data', 'UInt8'],
    ],
    *rows(engine) {
      for (const table of allTables(engine)) {
        const { rows, bytes } = table.storage.size()
        const oneLine = shownStatement(table.createText)
          .replace(/\n\s*/g, ' ')
          .replace(/\( /g, '(')
          .replace(/ \)/g, ')')
        yield [
          table.database,
          table.name,
          BigInt(`0x${table.uuid.replace(/-/g, '')}`),
          table.engine,
          table.isTemporary ? 1 : 0,
          [engine.catalog.dataPath(table.database, table.name)],
          engine.catalog.metadataPath(table.database, table.name),
          seconds(table.metadataModifiedMs),
          [],
          [],
          oneLine,
          table.engineFull,
          table.view ? (oneLine.split(' AS ').slice(1).join(' AS ') ?? '') : '',
          table.keys.partition,
          table.keys.sorting,
          table.keys.primary,
          table.keys.sampling,
          'default',
          big(rows),
          big(bytes),
          table.comment,
          table.view ? 0 : 1,
        ]
      }
      for (const [name] of tablesOf(engine))
        yield [
          'system',
          name,
          0n,
          `System${name[0].toUpperCase()}${name.slice(1)}`,
          0,
          [],
          '',
          0,
          [],
          [],
          '',
          '',
          '',
          '',
          '',
          '',
          '',
          '',
          null,
          null,
          '',
          0,
        ]
    },
  },
  columns: {
    columns: [
      ['database', 'String'],
      ['table', 'String'],
      ['name', 'String'],
      ['type', 'String'],
      ['position', 'UInt64'],
      ['default_kind', 'String'],
      ['default_expression', 'String'],
      ['data_compressed_bytes', 'UInt64'],
      ['data_uncompressed_bytes', 'UInt64'],
      ['marks_bytes', 'UInt64'],
      ['comment', 'String'],
      ['is_in_partition_key', 'UInt8'],
      ['is_in_sorting_key', 'UInt8'],
      ['is_in_primary_key', 'UInt8'],
      ['is_in_sampling_key', 'UInt8'],
      ['compression_codec', 'String'],
    ],
    *rows(engine) {
      for (const table of allTables(engine)) {
        const inKey = (key: string, name: string) =>
          new RegExp(`(^|[^\\w])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}($|[^\\w])`).test(key) ? 1 : 0
        const { source, release } = table.storage.snapshot()
        let position = 1n
        for (const column of table.columns) {
          if (column.virtual) continue
          let [compressed, uncompressed, marks] = [0, 0, 0]
          if (source.kind === 'mergeTree')
            for (const part of source.parts) {
              const stored = part.columns.find(({ name }) => name === column.name)
              compressed += stored?.compressedBytes ?? 0
              uncompressed += stored?.uncompressedBytes ?? 0
              marks += stored?.marksBytes ?? 0
            }
          const extra = column as { comment?: string; codec?: string }
          yield [
            table.database,
            table.name,
            column.name,
            column.type,
            position++,
            column.kind ?? '',
            column.expression ?? '',
            big(compressed),
            big(uncompressed),
            big(marks),
            extra.comment ?? '',
            inKey(table.keys.partition, column.name),
            inKey(table.keys.sorting, column.name),
            inKey(table.keys.primary, column.name),
            0,
            extra.codec ?? '',
          ]
        }
        release()
      }
      for (const [table, { columns }] of tablesOf(engine)) {
        let position = 1n
        for (const [name, type] of columns)
          yield ['system', table, name, type, position++, '', '', 0n, 0n, 0n, '', 0, 0, 0, 0, '']
      }
    },
  },
  parts: {
    columns: [
      ['partition', 'String'],
      ['name', 'String'],
      ['uuid', 'UUID'],
      ['part_type', 'String'],
      ['active', 'UInt8'],
      ['marks', 'UInt64'],
      ['rows', 'UInt64'],
      ['bytes_on_disk', 'UInt64'],
      ['data_compressed_bytes', 'UInt64'],
      ['data_uncompressed_bytes', 'UInt64'],
      ['marks_bytes', 'UInt64'],
      ['modification_time', 'DateTime'],
      ['refcount', 'UInt32'],
      ['min_date', 'Date'],
      ['max_date', 'Date'],
      ['min_time', 'DateTime'],
      ['max_time', 'DateTime'],
      ['partition_id', 'String'],
      ['min_block_number', 'Int64'],
      ['max_block_number', 'Int64'],
      ['level', 'UInt32'],
      ['data_version', 'UInt64'],
      ['database', 'String'],
      ['table', 'String'],
      ['engine', 'String'],
      ['disk_name', 'String'],
      ['path', 'String'],
      ['bytes', 'UInt64'],
    ],
    *rows(engine) {
      for (const table of allTables(engine)) {
        const { source, release } = table.storage.snapshot()
        if (source.kind === 'mergeTree')
          for (const part of source.parts) {
            const sum = (pick: (column: (typeof part.columns)[number]) => number) =>
              big(part.columns.reduce((total, column) => total + pick(column), 0))
            yield [
              partitionText(source.definition, part),
              part.name,
              0n,
              part.kind === 'wide' ? 'Wide' : 'Compact',
              1,
              big(part.marks.count),
              big(part.rows),
              big(part.bytesOnDisk),
              sum(c => c.compressedBytes),
              sum(c => c.uncompressedBytes),
              sum(c => c.marksBytes),
              seconds(part.modifiedMs),
              1,
              ...timesOf(source.definition, part),
              part.partitionId,
              BigInt(part.minBlock),
              BigInt(part.maxBlock),
              part.level,
              BigInt(part.mutation || part.minBlock),
              table.database,
              table.name,
              table.engine,
              'default',
              part.path,
              big(part.bytesOnDisk),
            ]
          }
        release()
      }
    },
  },
  functions: {
    columns: [
      ['name', 'String'],
      ['is_aggregate', 'UInt8'],
      ['is_deterministic', 'Nullable(UInt8)'],
      ['case_insensitive', 'UInt8'],
      ['alias_to', 'String'],
      ['create_query', 'String'],
      ['origin', "Enum8('System' = 0, 'SQLUserDefined' = 1, 'ExecutableUserDefined' = 2)"],
      ['description', 'String'],
      ['syntax', 'String'],
      ['categories', 'String'],
    ],
    *rows(engine) {
      for (const definition of allFunctions())
        for (const name of [definition.name, ...(definition.aliases ?? [])])
          yield [
            name,
            0,
            definition.deterministic === false ? 0 : 1,
            definition.caseInsensitive ? 1 : 0,
            name === definition.name ? '' : definition.name,
            '',
            0,
            definition.about,
            `${name}(${definition.arguments.map(rule => (rule.optional ? `[${rule.name}]` : rule.repeated ? `${rule.name}...` : rule.name)).join(', ')})`,
            definition.category ?? '',
          ]
      for (const { name: own, aliases, about, caseInsensitive } of aggregates)
        for (const name of [own, ...(aliases ?? [])])
          yield [name, 1, 1, caseInsensitive ? 1 : 0, name === own ? '' : own, '', 0, about, '', 'Aggregate Functions']
      for (const [name, { createText }] of engine.functions) yield [name, 0, null, 0, '', createText, 1, '', '', '']
    },
  },
  settings: {
    columns: [
      ['name', 'String'],
      ['value', 'String'],
      ['changed', 'UInt8'],
      ['description', 'String'],
      ['min', 'Nullable(String)'],
      ['max', 'Nullable(String)'],
      ['readonly', 'UInt8'],
      ['type', 'String'],
      ['default', 'String'],
      ['alias_for', 'String'],
      ['is_obsolete', 'UInt8'],
    ],
    *rows() {
      for (const { name, value, about, kind } of allSettings())
        yield [
          name,
          value,
          0,
          about,
          null,
          null,
          0,
          kind === 'bool' ? 'Bool' : kind === 'number' ? 'UInt64' : 'String',
          value,
          '',
          0,
        ]
    },
  },
  formats: {
    columns: [
      ['name', 'String'],
      ['is_input', 'UInt8'],
      ['is_output', 'UInt8'],
      ['supports_parallel_parsing', 'UInt8'],
      ['supports_parallel_formatting', 'UInt8'],
      ['is_tty_friendly', 'UInt8'],
      ['content_type', 'String'],
    ],
    *rows() {
      for (const format of formats)
        yield [
          format.name,
          format.reader || format.randomAccess ? 1 : 0,
          format.writer ? 1 : 0,
          0,
          0,
          format.isBinary ? 0 : 1,
          '',
        ]
    },
  },
  one: { columns: [['dummy', 'UInt8']], rows: () => [[0]] },
  processes: {
    columns: [
      ['is_initial_query', 'UInt8'],
      ['user', 'String'],
      ['query_id', 'String'],
      ['address', 'String'],
      ['elapsed', 'Float64'],
      ['is_cancelled', 'UInt8'],
      ['read_rows', 'UInt64'],
      ['read_bytes', 'UInt64'],
      ['total_rows_approx', 'UInt64'],
      ['written_rows', 'UInt64'],
      ['written_bytes', 'UInt64'],
      ['memory_usage', 'Int64'],
      ['peak_memory_usage', 'Int64'],
      ['query', 'String'],
      ['current_database', 'String'],
    ],
    *rows(engine) {
      for (const query of engine.processes.all()) {
        const p = query.progress
        yield [
          1,
          query.user,
          query.queryId,
          '',
          query.elapsedMs / 1000,
          query.isCancelled ? 1 : 0,
          big(p.readRows),
          big(p.readBytes),
          big(p.totalRowsToRead),
          big(p.writtenRows),
          big(p.writtenBytes),
          big(p.memoryUsage),
          big(p.memoryUsage),
          query.text,
          query.database,
        ]
      }
    },
  },
  query_log: systemQueryLog,
  merges: {
    columns: [
      ['database', 'String'],
      ['table', 'String'],
      ['elapsed', 'Float64'],
      ['progress', 'Float64'],
      ['num_parts', 'UInt64'],
      ['source_part_names', 'Array(String)'],
      ['result_part_name', 'String'],
      ['partition_id', 'String'],
      ['total_size_bytes_compressed', 'UInt64'],
      ['rows_read', 'UInt64'],
      ['rows_written', 'UInt64'],
      ['memory_usage', 'UInt64'],
      ['merge_type', 'String'],
    ],
    *rows(engine) {
      for (const merge of mergesOf(engine))
        yield [
          merge.database,
          merge.table,
          (engine.platform.clock.now() - merge.startedMs) / 1000,
          0,
          BigInt(merge.parts.length),
          merge.parts.map(part => part.name),
          merge.result,
          merge.parts[0]?.partitionId ?? '',
          big(merge.parts.reduce((sum, part) => sum + part.bytesOnDisk, 0)),
          0n,
          0n,
          0n,
          'Regular',
        ]
    },
  },
  events: {
    columns: [
      ['event', 'String'],
      ['value', 'UInt64'],
      ['description', 'String'],
      ['name', 'String'],
    ],
    *rows(engine) {
      for (const [name, value] of engine.events) yield [name, BigInt(value), '', name]
    },
  },
  metrics: {
    columns: [
      ['metric', 'String'],
      ['value', 'Int64'],
      ['description', 'String'],
      ['name', 'String'],
    ],
    *rows(engine) {
      for (const [name, value] of [
        ['Query', engine.processes.size],
        ['Merge', mergesOf(engine).length],
        ['HTTPConnection', 0],
      ] as const)
        yield [name, BigInt(value), '', name]
    },
  },
  asynchronous_metrics: {
    columns: [
      ['metric', 'String'],
      ['value', 'Float64'],
      ['description', 'String'],
    ],
    *rows(engine) {
      yield ['Uptime', (engine.platform.clock.now() - engine.startedMs) / 1000, 'Seconds that the server has been up.']
    },
  },
  build_options: {
    columns: [
      ['name', 'String'],
      ['value', 'String'],
    ],
    *rows(engine) {
      yield ['VERSION_FULL', `Granary ${engine.version}`]
      yield ['RUNTIME', engine.platform.name]
      yield ['THREADS', String(engine.pool.threads)]
    },
  },
  table_engines: {
    columns: [
      ['name', 'String'],
      ['supports_settings', 'UInt8'],
      ['supports_skipping_indices', 'UInt8'],
      ['supports_projections', 'UInt8'],
      ['supports_sort_order', 'UInt8'],
      ['supports_ttl', 'UInt8'],
      ['supports_replication', 'UInt8'],
      ['supports_deduplication', 'UInt8'],
      ['supports_parallel_insert', 'UInt8'],
    ],
    *rows() {
      for (const name of engineNames) {
        const isMergeTree = name.endsWith('MergeTree') ? 1 : 0
        yield [name, isMergeTree, isMergeTree, 0, isMergeTree, isMergeTree, 0, 0, isMergeTree]
      }
    },
  },
  data_type_families: {
    columns: [
      ['name', 'String'],
      ['case_insensitive', 'UInt8'],
      ['alias_to', 'String'],
    ],
    *rows() {
      for (const name of typeFamilies) yield [name, 0, '']
      for (const [name, target] of typeAliases) yield [name, 1, target]
    },
  },
  disks: {
    columns: [
      ['name', 'String'],
      ['path', 'String'],
      ['type', 'String'],
    ],
    *rows(engine) {
      yield ['default', engine.location, engine.disk ? (isUrl(engine.location) ? 'ObjectStorage' : 'Local') : 'Memory']
    },
  },
  clusters: systemClusters,
  mutations: {
    columns: [
      ['database', 'String'],
      ['table', 'String'],
      ['mutation_id', 'String'],
      ['command', 'String'],
      ['create_time', 'DateTime'],
      ['block_numbers.partition_id', 'Array(String)'],
      ['block_numbers.number', 'Array(Int64)'],
      ['parts_in_progress_names', 'Array(String)'],
      ['parts_to_do_names', 'Array(String)'],
      ['parts_to_do', 'Int64'],
      ['is_done', 'UInt8'],
      ['is_killed', 'UInt8'],
      ['latest_failed_part', 'String'],
      ['latest_fail_time', 'DateTime'],
      ['latest_fail_reason', 'String'],
      ['latest_fail_error_code_name', 'String'],
    ],
    *rows(engine) {
      for (const row of mutationRows(engine))
        yield [
          ...[row.database, row.table, row.mutation_id, row.command, row.create_time],
          ...[[''], [BigInt(row.version)], [...row.running], [...row.left], BigInt(row.left.length), row.is_done, 0],
          ...[row.failure?.part ?? '', Math.floor((row.failure?.timeMs ?? 0) / 1000)],
          ...[row.failure ? `Code: ${row.failure.error.code}. DB::Exception: ${row.failure.error.message}` : ''],
          row.failure?.error.errorName ?? '',
        ]
    },
  },
  replicas: {
    columns: [
      ['database', 'String'],
      ['table', 'String'],
      ['is_leader', 'UInt8'],
      ['is_readonly', 'UInt8'],
    ],
    rows: () => [],
  },
  dictionaries: systemDictionaries,
  zookeeper: systemZooKeeper,
  users: {
    columns: [
      ['name', 'String'],
      ['storage', 'String'],
    ],
    *rows(engine) {
      for (const { name } of engine.options.users ?? [{ name: 'default' }]) yield [name, 'users']
    },
  },
}

/** As ClickHouse has it, nothing is there of what is not configured. */
function tablesOf(engine: GranaryEngine): [string, SystemTable][] {
  return Object.entries(tables).filter(([name]) => name !== 'zookeeper' || engine.coordination.isConfigured)
}

/** A table of `system`, filled now; undefined when there is none. */
export function systemSnapshot(engine: GranaryEngine, database: string, name: string): TableSnapshot | undefined {
  if (database === 'information_schema' || database === 'INFORMATION_SCHEMA')
    return informationSchema(name.toLowerCase(), database, name, engine)
  if (database !== 'system') return undefined
  const snapshot = (columns: SystemTable['columns'], source: Source): TableSnapshot => ({
    database,
    name,
    engine: 'System',
    columns: columns.map(([column, type]) => ({ name: column, type })),
    source,
  })
  if (name === 'numbers' || name === 'numbers_mt')
    return snapshot([['number', 'UInt64']], { kind: 'numbers', start: 0n, count: null, step: 1n })
  if (name === 'zeros' || name === 'zeros_mt')
    return snapshot([['zero', 'UInt8']], { kind: 'numbers', start: 0n, count: null, step: 1n, zeros: true })
  const table = new Map(tablesOf(engine)).get(name)
  return table && snapshot(table.columns, { kind: 'rows', rows: [...table.rows(engine)] })
}

function informationSchema(
  lower: string,
  database: string,
  name: string,
  engine: GranaryEngine,
): TableSnapshot | undefined {
  const make = (columns: readonly string[], rows: Value[][]): TableSnapshot => ({
    database,
    name,
    engine: 'View',
    columns: columns.map(column => ({ name: column, type: 'String' })),
    source: { kind: 'rows', rows },
  })
  if (lower === 'schemata')
    return make(
      ['catalog_name', 'schema_name', 'schema_owner'],
      [...engine.catalog.databases.keys()].map(key => [key, key, 'default']),
    )
  if (lower === 'tables')
    return make(
      ['table_catalog', 'table_schema', 'table_name', 'table_type'],
      [...allTables(engine)].map(table => [
        table.database,
        table.database,
        table.name,
        table.view ? 'VIEW' : 'BASE TABLE',
      ]),
    )
  if (lower === 'columns')
    return make(
      ['table_catalog', 'table_schema', 'table_name', 'column_name', 'data_type'],
      [...allTables(engine)].flatMap(table =>
        table.columns
          .filter(column => !column.virtual)
          .map(column => [table.database, table.database, table.name, column.name, column.type]),
      ),
    )
  return undefined
}
