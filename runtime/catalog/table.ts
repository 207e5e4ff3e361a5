import type { Moment } from '../core/moment.ts'
import type { Settings } from '../core/settings.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { Query } from '../sql/ast.ts'
import type { TableSnapshot, SnapshotColumn, Source } from '../exec/source.ts'

/** Rows and bytes of a table, where they are known. */
export interface TableSize {
  readonly rows: number | null
  readonly bytes: number | null
}

/** Who is about to read tables. */
export interface Reading {
  readonly started: Moment
  readonly settings: Settings
}

/** What keeps a table's rows, on the control thread's side. */
export interface TableStorage {
  /** The rows as they are now; release when no query reads them any more. */
  snapshot(): { readonly source: Source; readonly exactRows?: number; release(): void }
  /** The only JOINs that the table may be the right side of. */
  readonly join?: JoinShape
  /** For tables that read others: the query that gives their rows now, over the catalog's tables and these. null: there are none. */
  compose?(): { readonly query: Query | null; readonly tables: readonly TableSnapshot[] }
  /** The table with only these parts, committed or not: for storages that are made of parts. */
  sourceOf?(parts: readonly PartInfo[]): Source
  /** Before the table is read: work that must end first, such as loading a dictionary; undefined where there is none. */
  prepare?(reading: Reading): Promise<void> | undefined
  /**
   * Before an INSERT is begun: waits, or refuses it, while the table cannot keep up or is being changed. The function that it gives is
   * to be called when the INSERT has ended; until then the table's definition stays.
   */
  admit?(): Promise<() => void>
  /** Makes an INSERT's rows part of the table, all or none of them, durable when it resolves. */
  commit(result: import('./storages.ts').Written): Promise<void>
  /** An INSERT of this query has failed: removes what its worker may have left. */
  discard?(queryId: string): Promise<void>
  truncate(): Promise<void>
  /** The files go too. */
  drop(): Promise<void>
  /** Throws where nothing can be changed. */
  checkWritable?(): void
  /** Stops background work; the files stay. */
  close(): Promise<void>
  size(): TableSize
}

/** What a table of engine Join was made for. */
export interface JoinShape {
  readonly type: string
  readonly strictness: string
  readonly keys: readonly string[]
}

export interface Table {
  readonly database: string
  readonly name: string
  readonly uuid: string
  readonly engine: string
  /** As after ENGINE =, with the clauses that follow. */
  readonly engineFull: string
  readonly columns: readonly SnapshotColumn[]
  /** The statement that makes it, as SHOW CREATE prints it. */
  readonly createText: string
  readonly view?: Query
  /** For materialized views: where the rows go. */
  readonly target?: { readonly database: string; readonly table: string }
  /** For materialized views: the query, and the table whose inserts it gets. */
  readonly materialized?: Query
  readonly listens?: { readonly database: string; readonly table: string }
  /** CHECK constraints, which INSERTs have to meet. */
  readonly constraints?: readonly { readonly name: string; readonly expression: string }[]
  readonly storage: TableStorage
  readonly comment: string
  readonly keys: {
    readonly partition: string
    readonly sorting: string
    readonly primary: string
    readonly sampling: string
  }
  readonly isTemporary: boolean
  readonly metadataModifiedMs: number
}

export function snapshotOf(table: Table): { snapshot: TableSnapshot; release(): void } {
  const { source, exactRows, release } = table.storage.snapshot()
  const snapshot: TableSnapshot = {
    database: table.isTemporary ? '' : table.database,
    name: table.name,
    engine: table.engine,
    columns: table.columns,
    ...(table.constraints?.length ? { constraints: table.constraints } : {}),
    ...(table.keys.sampling ? { samplingKey: table.keys.sampling } : {}),
    ...(table.view ? { view: table.view } : {}),
    source,
    ...(table.storage.join ? { join: table.storage.join } : {}),
    ...(exactRows === undefined ? {} : { exactRows }),
  }
  return { snapshot, release }
}
