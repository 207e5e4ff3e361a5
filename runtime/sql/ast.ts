// The tree that the parser makes of SQL text: plain, immutable objects told apart by `kind`. Operators, CASE, BETWEEN,
// INTERVAL and the like are already the functions that they stand for (`a + 1` is plus(a, 1) with `operator: true`), so
// whoever reads the tree meets one kind of call; the flag only tells the formatter how to write it back.

/** Where the node stood in the text: UTF-16 units, half-open. */
export interface Span {
  readonly start: number
  readonly end: number
}

// ---------------------------------------------------------------------------------------------------- expressions

export type Expr = Literal | Identifier | QueryParameter | FunctionCall | Lambda | Subquery | Asterisk | ColumnsMatcher

interface ExprBase extends Span {
  /** `expr AS alias`; any expression at any depth may have one. */
  readonly alias?: string
  /** Written in brackets that say nothing else; for the formatter. */
  readonly parenthesized?: true
}

/**
 * Integers of UInt64 and Int64 are bigint, every other number is a number (Float64; larger integers too, as ClickHouse
 * has it). Strings are in the surrogate-escape form of core/text.ts.
 */
export interface Literal extends ExprBase {
  readonly kind: 'literal'
  readonly value: null | boolean | bigint | number | string
}

export interface Identifier extends ExprBase {
  readonly kind: 'identifier'
  /** `a.b.c` is three parts; a quoted name with a dot inside is one. */
  readonly parts: readonly string[]
  /** Some part is `{name:Identifier}`, verbatim, and waits for bindParameters(). */
  readonly unbound?: true
}

/** `{name:Type}` of any type but Identifier. */
export interface QueryParameter extends ExprBase {
  readonly kind: 'parameter'
  readonly name: string
  readonly type: string
}

/**
 * `count(DISTINCT x)` is countDistinct(x) and `sum(x) FILTER (WHERE c)` is sumIf(x, c); `extract(MINUTE FROM x)` is
 * toMinute(x), `x::T` and `CAST(x AS T)` are CAST(x, 'T').
 */
export interface FunctionCall extends ExprBase {
  readonly kind: 'function'
  readonly name: string
  readonly args: readonly Expr[]
  /** The first list of `quantile(0.5)(x)`. */
  readonly parameters?: readonly Expr[]
  /** Written as an operator or a special form: `a + 1`, `x[1]`, `[1, 2]`, `(a, b)`, `a IS NULL`, `x IN (1, 2)`. */
  readonly operator?: true
  readonly nulls?: 'respect' | 'ignore'
  readonly over?: WindowReference | WindowDefinition
  /** The argument list is one query without brackets of its own: `view(SELECT 1)`; then it is the only argument. */
  readonly bareQuery?: true
  /** `SETTINGS` at the end of a table function's arguments. */
  readonly settings?: readonly Setting[]
}

export interface Lambda extends ExprBase {
  readonly kind: 'lambda'
  readonly params: readonly string[]
  readonly body: Expr
}

export interface Subquery extends ExprBase {
  readonly kind: 'subquery'
  readonly query: Query
}

/** `*`, `t.*`, `db.t.* EXCEPT (a) REPLACE (b + 1 AS b) APPLY f`. */
export interface Asterisk extends ExprBase {
  readonly kind: 'asterisk'
  readonly qualifier?: readonly string[]
  readonly transformers?: readonly ColumnTransformer[]
}

/** `COLUMNS('regular expression')` or `COLUMNS(a, b)`, optionally of one table. */
export interface ColumnsMatcher extends ExprBase {
  readonly kind: 'columns'
  readonly qualifier?: readonly string[]
  readonly pattern?: string
  readonly list?: readonly Expr[]
  readonly transformers?: readonly ColumnTransformer[]
}

export type ColumnTransformer =
  | {
      readonly kind: 'except'
      readonly columns?: readonly string[]
      readonly pattern?: string
      readonly strict?: boolean
    }
  | { readonly kind: 'replace'; readonly columns: readonly ReplacedColumn[]; readonly strict?: boolean }
  | {
      readonly kind: 'apply'
      /** Either a function's name, with parameters, or a lambda. */
      readonly name?: string
      readonly parameters?: readonly Expr[]
      readonly lambda?: Lambda
      /** `APPLY(f, 'prefix_')`. */
      readonly prefix?: string
    }

export interface ReplacedColumn {
  readonly name: string
  readonly expr: Expr
}

/** `OVER w`. */
export interface WindowReference {
  readonly kind: 'windowReference'
  readonly name: string
}

export interface WindowDefinition {
  readonly kind: 'windowDefinition'
  /** The window that this one builds on. */
  readonly parent?: string
  readonly partitionBy?: readonly Expr[]
  readonly orderBy?: readonly OrderByElement[]
  readonly frame?: WindowFrame
}

export interface WindowFrame {
  readonly unit: 'ROWS' | 'RANGE' | 'GROUPS'
  readonly begin: WindowFrameBound
  /** CURRENT ROW where it was not written. */
  readonly end: WindowFrameBound
}

export type WindowFrameBound =
  | { readonly kind: 'unboundedPreceding' | 'currentRow' | 'unboundedFollowing' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expr }

// -------------------------------------------------------------------------------------------------------- queries

export type Query = Select | SetOperation

/** What may follow any statement: how, and where to, its result is written. */
export interface Output {
  readonly format?: string
  readonly intoOutfile?: {
    readonly path: Expr
    readonly append?: true
    readonly truncate?: true
    readonly andStdout?: true
    readonly compression?: Expr
    readonly level?: Expr
  }
  /** SETTINGS after the last SELECT of brackets or of another statement. */
  readonly settings?: readonly Setting[]
}

export interface StatementBase extends Span {
  readonly output?: Output
}

export type SetOperator = 'UNION' | 'UNION ALL' | 'UNION DISTINCT' | ExceptOperator | IntersectOperator
type ExceptOperator = 'EXCEPT' | 'EXCEPT ALL' | 'EXCEPT DISTINCT'
type IntersectOperator = 'INTERSECT' | 'INTERSECT ALL' | 'INTERSECT DISTINCT'

/** INTERSECT binds tighter; the others go from left to right. A run of the same operator is one node. */
export interface SetOperation extends StatementBase {
  readonly kind: 'setOperation'
  /** Without ALL or DISTINCT the setting `union_default_mode` and its like decide. */
  readonly operator: SetOperator
  readonly inputs: readonly Query[]
  /** Written in brackets. */
  readonly parenthesized?: true
}

export interface Select extends StatementBase {
  readonly kind: 'select'
  readonly with?: readonly WithElement[]
  readonly recursive?: true
  readonly distinct?: true
  readonly columns: readonly Expr[]
  readonly from?: TableExpr
  readonly prewhere?: Expr
  readonly where?: Expr
  readonly groupBy?: GroupBy
  readonly having?: Expr
  readonly windows?: readonly NamedWindow[]
  readonly qualify?: Expr
  readonly orderBy?: OrderBy
  readonly limitBy?: LimitBy
  readonly limit?: Limit
  readonly settings?: readonly Setting[]
}

/** `WITH expr AS name`, or a common table expression. */
export type WithElement =
  | { readonly kind: 'withExpr'; readonly expr: Expr }
  | {
      readonly kind: 'withQuery'
      readonly name: string
      readonly columnAliases?: readonly string[]
      readonly query: Query
      readonly materialized?: boolean
    }

export interface GroupBy {
  readonly mode: 'plain' | 'all' | 'rollup' | 'cube' | 'groupingSets'
  /** Empty for `all` and `groupingSets`. */
  readonly keys: readonly Expr[]
  readonly sets?: readonly (readonly Expr[])[]
  readonly totals?: true
}

export interface NamedWindow {
  readonly name: string
  readonly definition: WindowDefinition
}

export interface OrderBy {
  /** `ORDER BY ALL`: `elements` holds one, for its direction; its `expr` is the identifier `all`. */
  readonly all?: true
  readonly elements: readonly OrderByElement[]
  /** Present, possibly empty, where INTERPOLATE was written. */
  readonly interpolate?: readonly InterpolateElement[]
}

export interface OrderByElement extends Span {
  readonly expr: Expr
  readonly direction: 'asc' | 'desc'
  readonly nulls?: 'first' | 'last'
  readonly collation?: Expr
  readonly fill?: {
    readonly from?: Expr
    readonly to?: Expr
    readonly step?: Expr
    readonly staleness?: Expr
  }
}

export interface InterpolateElement {
  readonly column: string
  /** The column itself, its value in the row before, where none was written. */
  readonly expr: Expr
}

/** Also DISTINCT ON (a, b), which is LIMIT 1 BY a, b. */
export interface LimitBy {
  readonly limit: Expr
  readonly offset?: Expr
  /** Empty with `all`. */
  readonly by: readonly Expr[]
  readonly all?: true
}

/** LIMIT, OFFSET, TOP and FETCH. At least one of the two expressions is there. */
export interface Limit {
  readonly limit?: Expr
  readonly offset?: Expr
  readonly withTies?: true
}

export interface Setting {
  readonly name: string
  /** `name = DEFAULT` is `undefined`; a bare name is true. */
  readonly value: Expr | undefined
}

// ----------------------------------------------------------------------------------------------------- tables of FROM

export type TableExpr = TableReference | TableFunction | TableSubquery | Join | ArrayJoin

interface TableBase extends Span {
  readonly alias?: string
  readonly columnAliases?: readonly string[]
  readonly final?: true
  readonly sample?: { readonly ratio: Expr; readonly offset?: Expr }
}

export interface TableName {
  readonly database?: string
  readonly table: string
  /** As in Identifier. */
  readonly unbound?: true
}

export interface TableReference extends TableBase {
  readonly kind: 'table'
  readonly name: TableName
}

export interface TableFunction extends TableBase {
  readonly kind: 'tableFunction'
  readonly call: FunctionCall
}

export interface TableSubquery extends TableBase {
  readonly kind: 'tableSubquery'
  readonly query: Query
}

export interface Join extends Span {
  readonly kind: 'join'
  readonly left: TableExpr
  readonly right: TableExpr
  /** `comma` is a cross join. All kinds join from left to right. */
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'comma' | 'paste'
  readonly strictness?: 'any' | 'all' | 'asof' | 'semi' | 'anti'
  readonly locality?: 'global' | 'local'
  readonly natural?: true
  readonly on?: Expr
  readonly using?: readonly Expr[]
}

export interface ArrayJoin extends Span {
  readonly kind: 'arrayJoin'
  readonly input: TableExpr
  readonly left?: true
  readonly arrays: readonly Expr[]
}

// ------------------------------------------------------------------------------------------------------- data types

export interface TypeNode extends Span {
  readonly kind: 'type'
  readonly name: string
  readonly args?: readonly TypeArgument[]
  /** The type printed as ClickHouse prints it: what the type system reads. */
  readonly text: string
}

export type TypeArgument =
  | TypeNode
  | Literal
  | { readonly kind: 'typeField'; readonly name: string; readonly type: TypeNode }
  | { readonly kind: 'enumValue'; readonly name: string; readonly value?: bigint }
  | { readonly kind: 'typeSetting'; readonly name: string; readonly value: Literal }
  | { readonly kind: 'typeSkip'; readonly path?: string; readonly regexp?: string }
