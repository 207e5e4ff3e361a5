import { DBError } from './errors.ts'

export type SettingKind = 'bool' | 'number' | 'text'

/** A setting that the engine acts upon. */
export interface SettingDefinition {
  readonly name: string
  readonly kind: SettingKind
  readonly value: string
  readonly about: string
}

const defined = new Map<string, SettingDefinition>()
const accepted = new Set<string>()

/** Adds settings to the ones that exist. Called once a module, at load. */
export function defineSettings(
  kind: SettingKind,
  settings: Record<string, readonly [value: string | number, about: string]>,
): void {
  for (const [name, [value, about]] of Object.entries(settings))
    defined.set(name, { name, kind, value: String(value), about })
}

/** Names that ClickHouse knows and that change nothing here: accepted, so that clients may send them. */
export function acceptSettings(names: Iterable<string>): void {
  for (const name of names) accepted.add(name)
}

export const allSettings = (): Iterable<SettingDefinition> => defined.values()

/** A query's settings: its own over those of its session over the defaults. Values are kept as text. */
export class Settings {
  readonly #values: Map<string, string>

  constructor(values: Iterable<readonly [string, string]> = []) {
    this.#values = new Map(values)
  }

  /** A copy with more on top. UNKNOWN_SETTING, CANNOT_PARSE_NUMBER and the like for what does not fit. */
  with(values: Iterable<readonly [string, string]>): Settings {
    const copy = new Settings(this.#values)
    for (const [name, value] of values) copy.set(name, value)
    return copy
  }

  set(name: string, value: string): void {
    const definition = defined.get(name)
    if (!definition && !accepted.has(name))
      throw new DBError(
        'UNKNOWN_SETTING',
        `Setting ${name} is neither a builtin setting nor started with the prefix 'SQL_' registered for user-defined settings`,
      )
    if (definition) check(definition, value)
    this.#values.set(name, value)
  }

  reset(name: string): void {
    this.#values.delete(name)
  }

  text(name: string): string {
    return this.#values.get(name) ?? defined.get(name)?.value ?? ''
  }

  number(name: string): number {
    const text = this.text(name)
    const value = parseSize(text)
    return value ?? (text === 'true' ? 1 : 0)
  }

  bool(name: string): boolean {
    const text = this.text(name).toLowerCase()
    return text !== '' && text !== '0' && text !== 'false' && text !== 'off'
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** What was set, by name. */
  entries(): [string, string][] {
    return [...this.#values]
  }
}

export const isKnownSetting = (name: string): boolean => defined.has(name) || accepted.has(name)

/** 10, 1e9, 10G, 1Ki, auto, 'auto(2)'. */
function parseSize(text: string): number | null {
  const match = /^([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*([KMGT]i?B?)?$/i.exec(text.trim())
  if (!match) return /^auto/i.test(text) ? 0 : null
  const unit = (match[2] ?? '').toUpperCase()
  const power = 'KMGT'.indexOf(unit[0] ?? '?') + 1
  return Number(match[1]) * (unit.includes('I') ? 1024 : 1000) ** power
}

function check({ name, kind, value: initial }: SettingDefinition, value: string): void {
  if (kind === 'number' && parseSize(value) === null && !/^(true|false)$/i.test(value))
    throw new DBError(
      'CANNOT_PARSE_NUMBER',
      `Cannot parse ${JSON.stringify(value)} as the value of setting ${name}: a number is expected (the default is ${initial})`,
    )
  if (kind === 'bool' && !/^(0|1|true|false|on|off|auto|force|\d+)$/i.test(value))
    throw new DBError(
      'CANNOT_PARSE_BOOL',
      `Cannot parse ${JSON.stringify(value)} as the value of setting ${name}: true or false is expected`,
    )
}

defineSettings('number', {
  mutations_sync: [
    0,
    'ALTER TABLE UPDATE, DELETE, MATERIALIZE and CLEAR wait until they are done: 1, 2. 0: they go on in the background',
  ],
  alter_sync: [1, 'ALTER TABLE that needs parts to be rewritten waits for that: 1, 2; 0: it does not'],
  lightweight_deletes_sync: [2, 'As mutations_sync, for DELETE FROM'],
  max_threads: [0, 'Threads for one query; 0: as many as there are workers.'],
  max_memory_usage: [0, 'Bytes that one query may take in one worker; 0: no limit of its own.'],
  max_execution_time: [0, 'Seconds that a query may run; 0: no limit.'],
  max_rows_to_read: [0, 'Rows that a query may read; 0: no limit.'],
  max_bytes_to_read: [0, 'Bytes that a query may read; 0: no limit.'],
  max_result_rows: [0, 'Rows that a result may have; 0: no limit.'],
  max_result_bytes: [0, 'Bytes that a result may have; 0: no limit.'],
  max_block_size: [65536, 'Rows of a chunk, at most.'],
  max_insert_block_size: [1048545, 'Rows that an INSERT gathers for one part, at most.'],
  max_rows_to_group_by: [0, 'Groups that GROUP BY may have; 0: no limit.'],
  max_rows_to_sort: [0, 'Rows that ORDER BY may sort; 0: no limit.'],
  max_rows_in_set: [0, 'Rows that the set of IN may have; 0: no limit.'],
  max_rows_in_join: [0, 'Rows that the right side of a JOIN may have; 0: no limit.'],
  max_rows_in_distinct: [0, 'Rows that DISTINCT may keep; 0: no limit.'],
  max_columns_to_read: [0, 'Columns that a query may read from a table; 0: no limit.'],
  max_query_size: [262144, 'Bytes of query text that are parsed, at most; the data of an INSERT does not count.'],
  max_parser_depth: [1000, 'How deep the parser may nest.'],
  max_ast_depth: [1000, 'How deep the syntax tree may nest.'],
  max_ast_elements: [50000, 'Elements of the syntax tree, at most.'],
  max_subquery_depth: [100, 'How deep subqueries may nest.'],
  max_bytes_before_external_group_by: [
    0,
    'Bytes of GROUP BY after which it spills to disk; 0: when max_memory_usage gets short.',
  ],
  merge_tree_min_rows_for_concurrent_read: [163840, 'Rows of a table from which on a query uses more than one thread.'],
  group_by_two_level_threshold: [
    100000,
    'Groups from which on threads share out the partitions of GROUP BY; 0: never.',
  ],
  max_bytes_before_external_sort: [
    0,
    'Bytes of ORDER BY after which it spills to disk; 0: when max_memory_usage gets short.',
  ],
  totals_auto_threshold: [
    0.5,
    'Share of groups that HAVING must let through for rows without a group to count in totals.',
  ],
  max_recursive_cte_evaluation_depth: [1000, 'Steps of WITH RECURSIVE, at most.'],
  distributed_group_by_no_merge: [
    0,
    '1: every shard answers the whole query; 2: all but ORDER BY and LIMIT, which are for all answers together.',
  ],
  limit: [0, 'LIMIT put around the whole query.'],
  offset: [0, 'OFFSET put around the whole query.'],
  readonly: [0, '1: only reading queries; 2: reading queries and settings.'],
  max_partitions_per_insert_block: [100, 'Partitions that one inserted block may touch; 0: no limit.'],
  published_refresh_ms: [
    1000,
    'Milliseconds for which the manifest of a published table is taken for the newest; 0: every query asks.',
  ],
  published_stale_ms: [
    60000,
    'Milliseconds for which the last manifest of a published table is used while a newer one cannot be asked for; 0: that is an error.',
  ],
  interactive_delay: [100000, 'Microseconds between progress reports.'],
})
defineSettings('bool', {
  materialized_views_ignore_errors: [0, 'An INSERT goes on where a materialized view fails.'],
  skip_unavailable_shards: [0, 'Shards that cannot be reached are left out.'],
  engine_file_truncate_on_insert: [0, 'INSERT into a file replaces what was in it.'],
  check_query_single_value_result: [0, 'CHECK TABLE gives one number and not a row for each part.'],
  allow_ddl: [1, '0 refuses statements that change databases, tables, dictionaries and functions'],
  materialize_ttl_after_modify: [1, 'A new TTL is applied to the rows that are there'],
  extremes: [0, 'Adds the minimum and maximum of each column of the result.'],
  join_use_nulls: [0, 'Missing rows of an outer JOIN are NULL and not defaults.'],
  aggregate_functions_null_for_empty: [0, 'Aggregate functions of no rows give NULL.'],
  group_by_use_nulls: [0, 'Keys that ROLLUP and CUBE leave out are NULL and not defaults.'],
  use_with_fill_by_sorting_prefix: [1, 'WITH FILL fills for each value of the sort columns before it.'],
  enable_unaligned_array_join: [0, 'ARRAY JOIN of arrays of different sizes: shorter ones go on with defaults.'],
  transform_null_in: [0, 'NULL IN (NULL) is true.'],
  prefer_column_name_to_alias: [0, 'A name means the column and not the alias of the same name.'],
  enable_positional_arguments: [1, 'Numbers in GROUP BY and ORDER BY mean expressions of the SELECT list.'],
  optimize_move_to_prewhere: [1, 'Conditions of WHERE are checked before other columns are read.'],
  data_type_default_nullable: [0, 'Columns of CREATE TABLE are Nullable unless they say otherwise.'],
  cast_keep_nullable: [0, 'CAST keeps Nullable.'],
  any_join_distinct_right_table_keys: [0, 'The old meaning of ANY JOIN.'],
  insert_null_as_default: [1, 'NULL inserted into a column that takes none becomes its default.'],
  allow_experimental_analyzer: [1, 'Accepted; there is one analyzer.'],
  enable_analyzer: [1, 'Accepted; there is one analyzer.'],
  function_sleep_max_microseconds_per_block: [
    3000000,
    'The longest that sleep and sleepEachRow may wait at one block.',
  ],
  optimize_on_insert: [1, 'Rows of equal keys within one INSERT are merged as the engine of the table merges them.'],
  optimize_aggregation_in_order: [0, 'Accepted.'],
  force_grouping_standard_compatibility: [
    1,
    'grouping() gives 1 for what is not aggregated by, as the standard has it.',
  ],
  empty_result_for_aggregation_by_constant_keys_on_empty_set: [1, 'GROUP BY constants over nothing gives no row.'],
  empty_result_for_aggregation_by_empty_set: [0, 'An aggregation without keys over nothing gives no row.'],
  replace_running_query: [0, 'A query with the id of a running one ends that one.'],
  http_write_exception_in_output_format: [
    0,
    'A result that fails ends with the error in its own format, where that has a place for it.',
  ],
  log_queries: [1, 'Queries are written to system.query_log.'],
})
defineSettings('text', {
  session_timezone: ['', "The session's time zone; empty: the server's."],
  count_distinct_implementation: ['uniqExact', 'What COUNT(DISTINCT x) runs.'],
  join_default_strictness: ['ALL', 'Strictness of a JOIN that states none.'],
  union_default_mode: ['', 'ALL or DISTINCT for a UNION that states neither.'],
  except_default_mode: ['ALL', 'ALL or DISTINCT for an EXCEPT that states neither.'],
  intersect_default_mode: ['ALL', 'ALL or DISTINCT for an INTERSECT that states neither.'],
  timeout_overflow_mode: ['throw', 'throw or break at max_execution_time.'],
  read_overflow_mode: ['throw', 'throw or break at max_rows_to_read.'],
  result_overflow_mode: ['throw', 'throw or break at max_result_rows.'],
  group_by_overflow_mode: ['throw', 'throw, break or any at max_rows_to_group_by.'],
  sort_overflow_mode: ['throw', 'throw or break at max_rows_to_sort.'],
  totals_mode: ['after_having_exclusive', 'Which rows WITH TOTALS sums up.'],
  default_table_engine: ['MergeTree', 'The engine of CREATE TABLE without ENGINE.'],
  distributed_ddl_output_mode: ['throw', 'What ON CLUSTER answers: none, or a row for each server.'],
  log_comment: ['', 'Text for system.query_log.'],
})
