import type { RemoteTable } from './remote.ts'
import type { KeyedSpec } from '../functions/keyedTable.ts'
import type { Query } from '../sql/ast.ts'
import type { MergeTreeDefinition } from '../storage/mergetree/definition.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { Value } from '../types/value.ts'

/** What stands behind a table's name, as plain data that can be posted to a worker. */
export type Source =
  | MergeTreeSource
  /** Chunks as packChunk makes them: Memory tables, temporary tables, external data. */
  | { readonly kind: 'packed'; readonly chunks: readonly ArrayBuffer[] }
  /** Few rows, given as values in the columns' order: system tables. */
  | { readonly kind: 'rows'; readonly rows: readonly (readonly Value[])[] }
  /** start, start + step, ...; count null: without end. `zeros` gives the default instead. */
  | {
      readonly kind: 'numbers'
      readonly start: bigint
      readonly count: bigint | null
      readonly step: bigint
      readonly zeros?: true
    }
  /** Files of chunks, one behind another. */
  | {
      readonly kind: 'log'
      readonly location: string
      readonly files: readonly { readonly path: string; readonly chunks: readonly LogChunk[] }[]
    }
  /** Read through a format: file(), granary local. */
  | {
      readonly kind: 'format'
      readonly location: string
      readonly path: string
      readonly format: string
      readonly bytes?: Uint8Array
    }
  /** Made up without end: generateRandom(). */
  | {
      readonly kind: 'random'
      readonly seed: number
      readonly stringLengthMax: number
      readonly arrayLengthMax: number
    }
  | KeyedSource
  /** On another server. */
  | { readonly kind: 'remote'; readonly table: RemoteTable }
  | { readonly kind: 'null' }

/** Rows found by key, which every thread keeps whole from query to query: dictionaries, Join tables. */
export interface KeyedSource {
  readonly kind: 'keyed'
  /** Of the table: versions of one table replace each other. */
  readonly id: string
  readonly version: number
  readonly spec: KeyedSpec
  /** A worker that has this version already is sent none. */
  readonly chunks: readonly ArrayBuffer[]
}

export interface LogChunk {
  readonly offset: number
  readonly size: number
  readonly rows: number
}

export interface MergeTreeSource {
  readonly kind: 'mergeTree'
  /** Of Platform.openDisk. */
  readonly location: string
  /** The table's directory on that disk. */
  readonly path: string
  readonly definition: MergeTreeDefinition
  readonly parts: readonly PartInfo[]
  /** Texts of the elements of ORDER BY and PARTITION BY. */
  readonly sortingKey: readonly string[]
  readonly partitionKey: readonly string[]
}

/** A table as the control thread knows it when a query starts. */
export interface TableSnapshot {
  readonly database: string
  readonly name: string
  readonly engine: string
  readonly columns: readonly SnapshotColumn[]
  /** CHECK constraints. */
  readonly constraints?: readonly { readonly name: string; readonly expression: string }[]
  /** The text of SAMPLE BY. */
  readonly samplingKey?: string
  /** Set for views. */
  readonly view?: Query
  /** The view is how a table reads others (Merge, Buffer, Distributed). */
  readonly isComposed?: boolean
  readonly source: Source
  readonly exactRows?: number
  /** Of engine Join: the only JOINs that it may be the right side of. */
  readonly join?: { readonly type: string; readonly strictness: string; readonly keys: readonly string[] }
}

export interface SnapshotColumn {
  readonly name: string
  /** The type's text. */
  readonly type: string
  readonly kind?: 'DEFAULT' | 'MATERIALIZED' | 'ALIAS' | 'EPHEMERAL'
  readonly expression?: string
  readonly virtual?: boolean
}
