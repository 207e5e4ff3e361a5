// System tables that are lists of what there is, and tables of what there is nothing of.
import { partitionText } from './partFacts.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import type { Value } from '../types/value.ts'
import { mergeTreeSettingNames } from './mergeTreeSettingNames.ts'
import type { SystemTable } from './systemTables.ts'
import { allTables } from './systemTables.ts'

const tableFunctions =
  'cluster clusterAllReplicas dictionary file format generateRandom generateSeries generate_series input merge null numbers numbers_mt one remote remoteSecure url values view zeros zeros_mt'.split(
    ' ',
  )

const combinators =
  'Array ArgMax ArgMin Distinct ForEach If Map Merge MergeState Null OrDefault OrNull Resample State'.split(' ')

/** Intl knows them where the runtime does; UTC is everywhere. */
function timeZones(): readonly string[] {
  const intl = Intl as { supportedValuesOf?(key: 'timeZone'): string[] }
  return [...new Set(['UTC', ...(intl.supportedValuesOf?.('timeZone') ?? [])])].sort()
}

const empty = (columns: string): SystemTable => ({
  columns: columns.split(', ').map(column => {
    const at = column.indexOf(' ')
    return [column.slice(0, at), column.slice(at + 1)] as const
  }),
  rows: () => [],
})

const big = (value: number): bigint => BigInt(Math.max(0, Math.round(value)))

const dataSkippingIndices: SystemTable = {
  columns: [
    ['database', 'String'],
    ['table', 'String'],
    ['name', 'String'],
    ['type', 'String'],
    ['type_full', 'String'],
    ['expr', 'String'],
    ['creation', "Enum8('Explicit' = 0, 'Implicit' = 1)"],
    ['granularity', 'UInt64'],
    ['data_compressed_bytes', 'UInt64'],
    ['data_uncompressed_bytes', 'UInt64'],
    ['marks_bytes', 'UInt64'],
  ],
  *rows(engine) {
    for (const table of allTables(engine)) {
      if (!table.engine.endsWith('MergeTree')) continue
      const { statement } = parseStatement(table.createText)
      if (statement.kind !== 'createTable') continue
      for (const { name, type, expr, granularity } of statement.indices ?? []) {
        const text = (node: typeof expr) => formatAst(node, { oneLine: true })
        const sizes: Value[] = [0n, 0n, 0n]
        yield [
          table.database,
          table.name,
          name,
          type.name,
          type.args.length ? text(type) : type.name,
          text(expr),
          0,
          BigInt(granularity),
          ...sizes,
        ]
      }
    }
  },
}

const partsColumns: SystemTable = {
  columns: [
    ['partition', 'String'],
    ['name', 'String'],
    ['part_type', 'String'],
    ['active', 'UInt8'],
    ['marks', 'UInt64'],
    ['rows', 'UInt64'],
    ['bytes_on_disk', 'UInt64'],
    ['modification_time', 'DateTime'],
    ['partition_id', 'String'],
    ['min_block_number', 'Int64'],
    ['max_block_number', 'Int64'],
    ['level', 'UInt32'],
    ['database', 'String'],
    ['table', 'String'],
    ['engine', 'String'],
    ['disk_name', 'String'],
    ['path', 'String'],
    ['column', 'String'],
    ['type', 'String'],
    ['column_position', 'UInt64'],
    ['default_kind', 'String'],
    ['default_expression', 'String'],
    ['column_bytes_on_disk', 'UInt64'],
    ['column_data_compressed_bytes', 'UInt64'],
    ['column_data_uncompressed_bytes', 'UInt64'],
    ['column_marks_bytes', 'UInt64'],
  ],
  *rows(engine) {
    for (const table of allTables(engine)) {
      const { source, release } = table.storage.snapshot()
      release()
      if (source.kind !== 'mergeTree') continue
      for (const part of source.parts)
        for (const [i, column] of part.columns.entries()) {
          const stated = table.columns.find(({ name }) => name === column.name)
          const { compressedBytes, uncompressedBytes, marksBytes } = column
          yield [
            ...[partitionText(source.definition, part), part.name],
            ...[part.kind === 'wide' ? 'Wide' : 'Compact', 1, big(part.marks.count), big(part.rows)],
            ...[big(part.bytesOnDisk), Math.floor(part.modifiedMs / 1000), part.partitionId],
            ...[BigInt(part.minBlock), BigInt(part.maxBlock), part.level],
            ...[table.database, table.name, table.engine, 'default', part.path],
            ...[column.name, column.type, BigInt(i + 1), stated?.kind ?? '', stated?.expression ?? ''],
            ...[big(compressedBytes + marksBytes), big(compressedBytes), big(uncompressedBytes), big(marksBytes)],
          ]
        }
    }
  },
}

export const systemLists: Readonly<Record<string, SystemTable>> = {
  table_functions: {
    columns: [
      ['name', 'String'],
      ['description', 'String'],
      ['allow_readonly', 'UInt8'],
    ],
    rows: () => tableFunctions.map(name => [name, '', 1]),
  },
  aggregate_function_combinators: {
    columns: [
      ['name', 'String'],
      ['is_internal', 'UInt8'],
    ],
    rows: () => combinators.map(name => [name, name === 'Null' ? 1 : 0]),
  },
  time_zones: { columns: [['time_zone', 'String']], rows: () => timeZones().map(zone => [zone]) },
  merge_tree_settings: {
    columns: [
      ['name', 'String'],
      ['value', 'String'],
      ['changed', 'UInt8'],
      ['description', 'String'],
    ],
    rows: () => [...mergeTreeSettingNames].map(name => [name, '', 0, '']),
  },
  data_skipping_indices: dataSkippingIndices,
  parts_columns: partsColumns,
  collations: {
    columns: [
      ['name', 'String'],
      ['language', 'Nullable(String)'],
    ],
    rows: () => [['en', 'English']],
  },
  errors: empty(
    'name String, code Int32, value UInt64, last_error_time DateTime, last_error_message String, remote UInt8',
  ),
  warnings: empty('message String'),
  macros: empty('macro String, substitution String'),
  replication_queue: empty('database String, table String, replica_name String, position UInt32, type String'),
  distribution_queue: empty(
    'database String, table String, data_path String, is_blocked UInt8, error_count UInt64, data_files UInt64, last_exception String',
  ),
  view_refreshes: empty('database String, view String, uuid UUID, status String, exception String, retry UInt64'),
  named_collections: empty('name String, collection Map(String, String)'),
  detached_tables: {
    columns: [
      ['database', 'String'],
      ['table', 'String'],
      ['is_permanently', 'UInt8'],
    ],
    *rows(engine) {
      for (const key of engine.detached.keys()) {
        const dot = key.indexOf('.')
        yield [key.slice(0, dot), key.slice(dot + 1), 0]
      }
    },
  },
}
