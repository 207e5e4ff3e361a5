import type { Environment } from '../functions/function.ts'
import type { Arena } from '../core/memory.ts'
import type { Settings } from '../core/settings.ts'
import type { Expr, Query } from '../sql/ast.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'

/** A table as the analyzer needs it: what it is called, which columns it has, what stands behind it. */
export interface AnalyzedTable {
  readonly database: string
  readonly name: string
  readonly columns: readonly TableColumn[]
  /** Set for views: the query to run in its place. */
  readonly view?: Query
  /** The view is how a table reads others: FINAL is for those. */
  readonly isComposed?: boolean
  /** What the scan operator opens; the analyzer passes it on. */
  readonly source: unknown
  /** Rows, if they are known without reading, and no condition is set on them. */
  readonly exactRows?: number
  /** The text of SAMPLE BY. */
  readonly samplingKey?: string
  /** The only JOINs that the table may be the right side of. */
  readonly join?: { readonly type: string; readonly strictness: string; readonly keys: readonly string[] }
}

export interface TableColumn {
  readonly name: string
  readonly type: DataType
  /** Absent for ordinary columns. ALIAS columns are computed, MATERIALIZED and ALIAS are left out of `*`. */
  readonly kind?: 'DEFAULT' | 'MATERIALIZED' | 'ALIAS' | 'EPHEMERAL'
  /** The expression's text. */
  readonly expression?: string
  /** `_part` and the like: never part of `*`. */
  readonly virtual?: boolean
}

/** What analysis needs of the world around the query. */
export interface AnalyzerContext {
  readonly settings: Settings
  readonly environment: Environment
  readonly currentDatabase: string
  /** For folding constants. */
  readonly arena: Arena
  readonly parameters: ReadonlyMap<string, string>
  findTable(database: string | undefined, name: string): AnalyzedTable | undefined
  /** `numbers(10)` and the like; arguments are constants. */
  tableFunction(name: string, args: readonly Value[]): Promise<AnalyzedTable>
  /** Runs a query whose value the analysis needs: scalar subqueries. Rows of values, with the columns' types. */
  runSubquery(
    query: Query,
    limit: number,
    ctes: CteScope,
    /** Those in force where it stands. */
    settings: Settings,
  ): Promise<{ types: readonly DataType[]; rows: readonly (readonly Value[])[] }>
  /** A SQL function's body: `CREATE FUNCTION f AS (x) -> ...`. */
  userFunction?(name: string): import('../sql/ast.ts').Lambda | undefined
  nextColumnId(): number
}

/** Common table expressions in force, by name. */
export interface CteScope {
  /** Rows of the query around a correlated subquery, planned already. */
  readonly plans?: ReadonlyMap<string, unknown>
  readonly queries: ReadonlyMap<string, Cte>
  /** `WITH expr AS name` of the queries around: what a name means that means nothing else. */
  readonly exprs?: ReadonlyMap<string, Expr>
  /** What the step of a recursive query finds under the query's own name: the rows of the step before. */
  readonly working?: ReadonlyMap<string, AnalyzedTable>
}

export interface Cte {
  readonly query: Query
  readonly columnAliases?: readonly string[]
  /** It may name itself: WITH RECURSIVE. */
  readonly recursive?: true
  /** The scope in which the query stands. */
  readonly scope: CteScope
}

export const noCtes: CteScope = { queries: new Map() }
