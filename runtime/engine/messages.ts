// What the control thread and its workers say to each other. Everything is plain data that can be cloned.
import type { SharedItem } from '../exec/peers.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Lambda, Query } from '../sql/ast.ts'
import type { AlterCommand } from '../sql/statementAst.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { MergeTask as Chosen } from '../storage/mergetree/table.ts'
import type { Value } from '../types/value.ts'

/** What every task carries of its query. */
export interface TaskBase {
  readonly id: number
  readonly queryId: string
  readonly settings: readonly (readonly [string, string])[]
  readonly parameters: Readonly<Record<string, string>>
  readonly database: string
  readonly user: string
  /** Milliseconds since the epoch at the query's start. */
  readonly now: number
  readonly timeZone: string
  readonly hostName: string
  readonly version: string
  readonly uptimeMs: number
  readonly tables: readonly TableSnapshot[]
  readonly functions: readonly { readonly name: string; readonly lambda: Lambda }[]
  /** i32: not 0 once the query is to stop. Absent where memory cannot be shared. */
  readonly cancel: SharedArrayBuffer | null
  /** Where the threads of the query put temporary files: a name of its own in the directory for them. */
  readonly temporary: string
}

/** Runs a query and writes its result in a format. */
export interface SelectTask extends TaskBase {
  readonly kind: 'select'
  readonly query: Query
  readonly format: string
  /** How many threads there may be, this one too. */
  readonly threads: number
  /** Set for a helper: it runs the shared step over its share, and gives what comes of it. */
  readonly share: { readonly index: number; readonly count: number; readonly scalars: readonly ScalarResult[] } | null
  /** EXPLAIN of the plan in place of running it. */
  readonly explain: {
    readonly kind: 'PLAN' | 'PIPELINE' | 'QUERY TREE' | 'ESTIMATE'
    readonly indexes: boolean
    readonly header: boolean
    readonly actions: boolean
  } | null
}

/** DESCRIBE (query), views and CREATE AS SELECT: names and types only. */
export interface DescribeTask extends TaskBase {
  readonly kind: 'describe'
  readonly query: Query
}

/** Rows into a table: from a query, or from data in a format that comes in pieces. */
export interface InsertTask extends TaskBase {
  readonly kind: 'insert'
  readonly table: TableSnapshot
  /** Columns that are given, in their order. */
  readonly columns: readonly string[]
  readonly query: Query | null
  readonly format: string
  readonly threads: number
  /** All of its data is there, and no more than the text of a query may have. */
  readonly isSmall?: boolean
}

export interface MergeTask extends TaskBase {
  readonly kind: 'merge'
  readonly table: TableSnapshot
  readonly chosen: Chosen
  /** Whether rows and values that have expired go. */
  readonly appliesTtl: boolean
}

/** A part of the table rewritten by commands of ALTER TABLE. */
export interface MutateTask extends TaskBase {
  readonly kind: 'mutate'
  /** With the definition that the part is to have. */
  readonly table: TableSnapshot
  readonly chosen: Chosen
  readonly commands: readonly AlterCommand[]
}

export type Task = SelectTask | DescribeTask | InsertTask | MergeTask | MutateTask

export interface ScalarResult {
  readonly types: readonly string[]
  readonly rows: readonly (readonly Value[])[]
}

export type ToWorker =
  | { readonly kind: 'start'; readonly task: Task }
  | { readonly kind: 'cancel'; readonly id: number }
  /** A piece of an INSERT's data; null: its end; error: the client is gone. */
  | { readonly kind: 'input'; readonly id: number; readonly bytes: Uint8Array | null; readonly error?: string }
  /** So many bytes of output have been taken by the client. */
  | { readonly kind: 'taken'; readonly id: number; readonly bytes: number }
  /** From another thread of the query, passed on; null: a helper has ended. */
  | { readonly kind: 'shared'; readonly id: number; readonly from: number; readonly item: SharedItem | null }
  /** So many bytes that were sent to another thread of the query have been taken in there. */
  | { readonly kind: 'sharedTaken'; readonly id: number; readonly from: number; readonly bytes: number }
  | { readonly kind: 'sharedError'; readonly id: number; readonly error: WireError }
  /** Parts that are gone: caches let go of them. */
  | { readonly kind: 'forget'; readonly paths: readonly string[] }
  | { readonly kind: 'stop' }

export type FromWorker =
  | { readonly kind: 'head'; readonly id: number; readonly format: string; readonly contentType: string }
  | { readonly kind: 'output'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: WorkerProgress }
  /** The INSERT wants its next piece. */
  | { readonly kind: 'wants'; readonly id: number }
  /** Asks for helpers with these scalars. */
  | { readonly kind: 'help'; readonly id: number; readonly count: number; readonly scalars: readonly ScalarResult[] }
  /** For another thread of the query. */
  | { readonly kind: 'shared'; readonly id: number; readonly to: number; readonly item: SharedItem }
  | { readonly kind: 'sharedTaken'; readonly id: number; readonly to: number; readonly bytes: number }
  | { readonly kind: 'done'; readonly id: number; readonly progress: WorkerProgress; readonly result: TaskResult }
  | { readonly kind: 'failed'; readonly id: number; readonly progress: WorkerProgress; readonly error: WireError }

export type TaskResult =
  | { readonly kind: 'none' }
  | { readonly kind: 'columns'; readonly columns: readonly { readonly name: string; readonly type: string }[] }
  /** Written aside, to be committed by the control thread. */
  | { readonly kind: 'parts'; readonly parts: readonly PartInfo[] }
  | { readonly kind: 'chunks'; readonly chunks: readonly { readonly buffer: ArrayBuffer; readonly rows: number }[] }

export interface WorkerProgress {
  readonly readRows: number
  readonly readBytes: number
  readonly totalRows: number
  readonly writtenRows: number
  readonly writtenBytes: number
  readonly resultRows: number
  readonly resultBytes: number
  readonly memoryPeak: number
  /** Kernel memory of the worker: what there is, and what is in use. */
  readonly memorySize: number
  readonly memoryTaken: number
}

export interface WireError {
  readonly name: string
  readonly code: number
  readonly message: string
  /** See DBError. */
  readonly isInResult?: boolean
}
