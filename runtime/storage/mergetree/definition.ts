// What a MergeTree table is, as far as its storage must know: plain data, so that it can be posted to workers. Expressions stay
// with who made the definition, and come in as KeyExpressions.
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { Column } from '../../columns/column.ts'

export interface StoredColumn {
  readonly name: string
  /** The type's canonical name. */
  readonly type: string
  /** `LZ4`, `NONE`, `ZSTD` or `ZSTD(level)`; absent: the table's. */
  readonly codec?: string
  /** Of DEFAULT and MATERIALIZED, and of the computed ones: what a part without the column gives for it. */
  readonly expression?: string
}

/** What a merge does with rows of equal sorting key. */
export type MergeMode =
  | { readonly kind: 'ordinary' }
  | { readonly kind: 'replacing'; readonly version?: string; readonly isDeleted?: string }
  | { readonly kind: 'collapsing'; readonly sign: string }
  | { readonly kind: 'versionedCollapsing'; readonly sign: string; readonly version: string }
  /** columns: those named in the engine's arguments; null: all that can be summed and are in no key. */
  | { readonly kind: 'summing'; readonly columns: readonly string[] | null }
  | { readonly kind: 'aggregating' }

export interface MergeTreeSettings {
  readonly indexGranularity: number
  /** LZ4, NONE, ZSTD, ZSTD(level). */
  readonly defaultCodec: string
  readonly minCompressBlockSize: number
  readonly maxCompressBlockSize: number
  readonly partsToDelayInsert: number
  readonly partsToThrowInsert: number
  readonly maxDelayToInsertSeconds: number
  readonly maxPartsInTotal: number
  readonly oldPartsLifetimeSeconds: number
  readonly maxBytesToMergeAtMaxSpaceInPool: number
  readonly maxBytesToMergeAtMinSpaceInPool: number
  readonly maxPartsToMergeAtOnce: number
  readonly maxSuspiciousBrokenParts: number
  readonly lowCardinalityMaxDictionarySize: number
}

export const mergeTreeSettings: MergeTreeSettings = {
  indexGranularity: 8192,
  defaultCodec: 'LZ4',
  minCompressBlockSize: 65536,
  maxCompressBlockSize: 1048576,
  partsToDelayInsert: 1000,
  partsToThrowInsert: 3000,
  maxDelayToInsertSeconds: 1,
  maxPartsInTotal: 100_000,
  oldPartsLifetimeSeconds: 480,
  maxBytesToMergeAtMaxSpaceInPool: 161_061_273_600,
  maxBytesToMergeAtMinSpaceInPool: 1_048_576,
  maxPartsToMergeAtOnce: 100,
  maxSuspiciousBrokenParts: 100,
  lowCardinalityMaxDictionarySize: 8192,
}

/** When rows go and values become their defaults, as SQL over the columns: times that have come once they are in the past. */
export interface TableTtl {
  readonly rows: readonly { readonly expression: string; readonly condition?: string }[]
  readonly columns: readonly { readonly name: string; readonly expression: string }[]
}

export interface KeyElement {
  readonly type: string
  readonly descending: boolean
}

export interface MergeTreeDefinition {
  /** What parts hold, in the table's order: ordinary and MATERIALIZED columns. */
  readonly columns: readonly StoredColumn[]
  /** ALIAS and EPHEMERAL columns, which expressions of others may name. */
  readonly computed?: readonly StoredColumn[]
  /** Types of the elements of PARTITION BY; empty without one. */
  readonly partitionTypes: readonly string[]
  /** Columns that PARTITION BY reads: their bounds are kept for each part. */
  readonly minmaxColumns: readonly string[]
  /** Elements of ORDER BY. */
  readonly sortingKey: readonly KeyElement[]
  /** Columns that ORDER BY reads. */
  readonly sortingColumns: readonly string[]
  /** PRIMARY KEY is this many first elements of ORDER BY. */
  readonly primaryKeyLength: number
  readonly mode: MergeMode
  readonly ttl?: TableTtl
  readonly settings: MergeTreeSettings
}

/** The table's key expressions, evaluated where the rows are. */
export interface KeyExpressions {
  /** The elements of PARTITION BY, from the columns of definition.columns. Empty without one. */
  partition(column: (name: string) => Column, rows: number, arena: Arena): Column[]
  /** The elements of ORDER BY, from the columns of definition.sortingColumns. */
  sorting(column: (name: string) => Column, rows: number, arena: Arena): Column[]
}

/** Keys that are bare columns. */
export const keysOfColumns = (partition: readonly string[], sorting: readonly string[]): KeyExpressions => ({
  partition: column => partition.map(column),
  sorting: column => sorting.map(column),
})

export function columnOfTable(definition: MergeTreeDefinition, name: string): StoredColumn {
  const column = definition.columns.find(column => column.name === name)
  if (!column) throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `There is no column ${name} in table`)
  return column
}
