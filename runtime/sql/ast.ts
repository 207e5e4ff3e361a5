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

// ------------------------------------------------------------------------------------------------------- statements

export type Statement =
  | Query
  | Insert
  | CreateTable
  | CreateView
  | CreateDatabase
  | CreateDictionary
  | CreateFunction
  | Attach
  | Drop
  | Truncate
  | Undrop
  | Rename
  | AlterTable
  | Delete
  | Update
  | Optimize
  | Check
  | Use
  | SetSettings
  | Show
  | Describe
  | Exists
  | Explain
  | Kill
  | System
  | Transaction
  | Backup
  | AccessStatement
  | ParallelWith

export interface Insert extends StatementBase {
  readonly kind: 'insert'
  /** One of the two. */
  readonly table?: TableName
  readonly tableFunction?: FunctionCall
  readonly partitionBy?: Expr
  /** Identifiers, `*` and COLUMNS matchers. */
  readonly columns?: readonly Expr[]
  readonly settings?: readonly Setting[]
  readonly source:
    | { readonly kind: 'query'; readonly query: Query }
    /** Rows follow in the text, from Parsed.insertDataStart, or in the request's body. */
    | { readonly kind: 'data'; readonly format?: string }
    | { readonly kind: 'file'; readonly path: Expr; readonly compression?: Expr; readonly format?: string }
}

/** What CREATE and ATTACH statements share. */
interface CreateBase extends StatementBase {
  readonly attach?: true
  readonly orReplace?: true
  /** `REPLACE TABLE`: the table has to be there. */
  readonly replace?: true
  readonly ifNotExists?: true
  readonly onCluster?: string
  readonly uuid?: string
  readonly comment?: string
}

export interface CreateTable extends CreateBase {
  readonly kind: 'createTable'
  readonly name: TableName
  readonly temporary?: true
  readonly columns?: readonly ColumnDeclaration[]
  readonly indices?: readonly IndexDeclaration[]
  readonly projections?: readonly ProjectionDeclaration[]
  readonly constraints?: readonly ConstraintDeclaration[]
  /** Has also the PRIMARY KEY that was written within the column list, or at a column. */
  readonly storage?: Storage
  /** `AS other`, `CLONE AS other`, `AS SELECT ...`, `AS numbers(10)`. */
  readonly asTable?: TableName
  readonly clone?: true
  readonly asFunction?: FunctionCall
  readonly asQuery?: Query
  /** EMPTY AS SELECT: the structure without the rows. */
  readonly empty?: true
  /** ATTACH TABLE t FROM 'path'. */
  readonly attachFrom?: string
  /** ATTACH TABLE t AS [NOT] REPLICATED. */
  readonly attachAsReplicated?: boolean
}

/** The clauses after ENGINE. */
export interface Storage {
  readonly engine?: FunctionCall
  readonly partitionBy?: Expr
  readonly primaryKey?: Expr
  readonly orderBy?: Expr
  readonly sampleBy?: Expr
  readonly uniqueKey?: Expr
  readonly ttl?: readonly TtlElement[]
  readonly settings?: readonly Setting[]
}

export interface TtlElement {
  readonly expr: Expr
  readonly action:
    | { readonly kind: 'delete' }
    | { readonly kind: 'toDisk' | 'toVolume'; readonly name: string; readonly ifExists?: true }
    | { readonly kind: 'recompress'; readonly codec: FunctionCall }
    | { readonly kind: 'groupBy'; readonly keys: readonly Expr[]; readonly set: readonly Assignment[] }
  readonly where?: Expr
}

export interface Assignment {
  readonly column: string
  readonly expr: Expr
}

export interface ColumnDeclaration extends Span {
  readonly kind: 'column'
  readonly name: string
  readonly type?: TypeNode
  /** NULL is true and NOT NULL is false; absent where neither was written. */
  readonly nullable?: boolean
  readonly default?: ColumnDefault
  readonly codec?: FunctionCall
  readonly statistics?: FunctionCall
  readonly ttl?: Expr
  readonly comment?: string
  readonly collation?: string
  /** Only until the table's clauses are read, which hold it then. */
  readonly primaryKey?: true
  readonly settings?: readonly Setting[]
}

export type ColumnDefault =
  | { readonly kind: 'DEFAULT' | 'MATERIALIZED' | 'ALIAS'; readonly expr: Expr }
  | { readonly kind: 'EPHEMERAL'; readonly expr?: Expr }
  | { readonly kind: 'AUTO_INCREMENT' }

export interface IndexDeclaration extends Span {
  readonly kind: 'index'
  readonly name: string
  readonly expr: Expr
  readonly type: FunctionCall
  readonly granularity: number
}

export interface ProjectionDeclaration extends Span {
  readonly kind: 'projection'
  readonly name: string
  /** Only WITH, the columns, GROUP BY and ORDER BY are there. */
  readonly query?: Select
  /** `PROJECTION p INDEX expr TYPE basic`. */
  readonly index?: { readonly expr: Expr; readonly type: FunctionCall }
  readonly settings?: readonly Setting[]
}

export interface ConstraintDeclaration extends Span {
  readonly kind: 'constraint'
  readonly name: string
  readonly type: 'CHECK' | 'ASSUME'
  readonly expr: Expr
}

export interface CreateView extends CreateBase {
  readonly kind: 'createView'
  readonly type: 'view' | 'materialized'
  readonly name: TableName
  readonly temporary?: true
  readonly columns?: readonly ColumnDeclaration[]
  readonly indices?: readonly IndexDeclaration[]
  readonly projections?: readonly ProjectionDeclaration[]
  readonly constraints?: readonly ConstraintDeclaration[]
  /** `TO table`, for a materialized view. */
  readonly to?: TableName
  readonly toUuid?: string
  readonly storage?: Storage
  readonly populate?: true
  readonly empty?: true
  readonly refresh?: Refresh
  readonly definer?: string
  readonly sqlSecurity?: 'DEFINER' | 'INVOKER' | 'NONE'
  readonly query: Query
}

export interface Refresh {
  readonly schedule: 'EVERY' | 'AFTER'
  /** Amounts and units as they were written: `1 DAY 2 HOUR`. */
  readonly period: string
  readonly offset?: string
  readonly randomizeFor?: string
  readonly dependsOn?: readonly TableName[]
  readonly settings?: readonly Setting[]
  readonly append?: true
}

export interface CreateDatabase extends CreateBase {
  readonly kind: 'createDatabase'
  readonly name: string
  readonly storage?: Storage
  readonly unbound?: true
}

export interface CreateDictionary extends CreateBase {
  readonly kind: 'createDictionary'
  readonly name: TableName
  readonly attributes?: readonly DictionaryAttribute[]
  readonly primaryKey?: readonly Expr[]
  readonly source?: DictionaryCall
  readonly layout?: DictionaryCall
  readonly range?: { readonly min: string; readonly max: string }
  readonly lifetime?: { readonly min: bigint; readonly max: bigint }
  readonly settings?: readonly Setting[]
}

export interface DictionaryAttribute extends Span {
  readonly name: string
  readonly type: TypeNode
  readonly default?: Expr
  readonly expression?: Expr
  readonly hierarchical?: true
  readonly bidirectional?: true
  readonly injective?: true
  readonly isObjectId?: true
}

/** `CLICKHOUSE(TABLE 't' DB 'd')`: a name and pairs, in upper case; the values may be such lists themselves. */
export interface DictionaryCall {
  readonly name: string
  readonly pairs: readonly DictionaryPair[]
}

export interface DictionaryPair {
  readonly key: string
  readonly value: Expr | readonly DictionaryPair[]
}

export interface CreateFunction extends CreateBase {
  readonly kind: 'createFunction'
  readonly name: string
  readonly body: Expr
}

/** ATTACH without a definition: it is read from the metadata. With one it is a `create...` with `attach: true`. */
export interface Attach extends StatementBase {
  readonly kind: 'attach'
  readonly object: 'table' | 'database' | 'dictionary' | 'view'
  readonly name: TableName
  readonly ifNotExists?: true
  readonly onCluster?: string
  readonly uuid?: string
  readonly attachAsReplicated?: boolean
}

export interface Drop extends StatementBase {
  readonly kind: 'drop' | 'detach'
  readonly object: 'table' | 'database' | 'view' | 'dictionary' | 'function'
  /** More than one only for DROP TABLE a, b. For a database, `table` is empty and `database` its name. */
  readonly names: readonly TableName[]
  readonly temporary?: true
  readonly ifExists?: true
  readonly ifEmpty?: true
  readonly onCluster?: string
  readonly permanently?: true
  readonly sync?: true
}

export interface Truncate extends StatementBase {
  readonly kind: 'truncate'
  readonly object: 'table' | 'database' | 'allTables'
  readonly name: TableName
  /** TRUNCATE TABLES FROM db LIKE ... */
  readonly like?: Like
  readonly temporary?: true
  readonly ifExists?: true
  readonly ifEmpty?: true
  readonly onCluster?: string
  readonly sync?: true
}

export interface Undrop extends StatementBase {
  readonly kind: 'undrop'
  readonly name: TableName
  readonly uuid?: string
  readonly onCluster?: string
}

export interface Rename extends StatementBase {
  readonly kind: 'rename'
  readonly object: 'table' | 'database' | 'dictionary'
  readonly exchange?: true
  readonly ifExists?: true
  readonly pairs: readonly { readonly from: TableName; readonly to: TableName }[]
  readonly onCluster?: string
}

export interface AlterTable extends StatementBase {
  readonly kind: 'alter'
  readonly object: 'table' | 'database'
  readonly name: TableName
  readonly temporary?: true
  readonly onCluster?: string
  readonly commands: readonly AlterCommand[]
}

/** A partition by value, by ID, or all of them; or one part by name. */
export type PartitionSpec =
  | { readonly kind: 'value'; readonly expr: Expr }
  | { readonly kind: 'id'; readonly id: Expr }
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly name: Expr }

/** Where a new column, index or projection goes: nothing is the end. */
export type Place = 'first' | { readonly after: string }

export type AlterCommand =
  | { kind: 'addColumn'; column: ColumnDeclaration; ifNotExists?: true; place?: Place }
  | { kind: 'dropColumn'; name: string; ifExists?: true }
  | { kind: 'clearColumn'; name: string; ifExists?: true; partition?: PartitionSpec }
  | {
      kind: 'modifyColumn'
      column: ColumnDeclaration
      ifExists?: true
      place?: Place
      /** MODIFY COLUMN c REMOVE DEFAULT. */
      remove?:
        | 'DEFAULT'
        | 'MATERIALIZED'
        | 'ALIAS'
        | 'EPHEMERAL'
        | 'COMMENT'
        | 'CODEC'
        | 'TTL'
        | 'SETTINGS'
        | 'STATISTICS'
      modifySettings?: readonly Setting[]
      resetSettings?: readonly string[]
    }
  | { kind: 'renameColumn'; name: string; to: string; ifExists?: true }
  | { kind: 'commentColumn'; name: string; comment: string; ifExists?: true }
  | { kind: 'materializeColumn'; name: string; partition?: PartitionSpec }
  | { kind: 'addIndex'; index: IndexDeclaration; ifNotExists?: true; place?: Place }
  | { kind: 'dropIndex' | 'materializeIndex' | 'clearIndex'; name: string; ifExists?: true; partition?: PartitionSpec }
  | { kind: 'addProjection'; projection: ProjectionDeclaration; ifNotExists?: true; place?: Place }
  | {
      kind: 'dropProjection' | 'materializeProjection' | 'clearProjection'
      name: string
      ifExists?: true
      partition?: PartitionSpec
    }
  | { kind: 'addConstraint'; constraint: ConstraintDeclaration; ifNotExists?: true }
  | { kind: 'dropConstraint'; name: string; ifExists?: true }
  | { kind: 'addStatistics' | 'modifyStatistics'; columns: readonly string[]; types: FunctionCall; ifNotExists?: true }
  | {
      kind: 'dropStatistics' | 'clearStatistics' | 'materializeStatistics'
      /** Empty for all of them. */
      columns: readonly string[]
      ifExists?: true
      partition?: PartitionSpec
    }
  | { kind: 'modifyOrderBy' | 'modifySampleBy'; expr: Expr }
  | { kind: 'removeSampleBy' | 'removeTtl' }
  | { kind: 'modifyTtl'; ttl: readonly TtlElement[] }
  | { kind: 'materializeTtl'; partition?: PartitionSpec }
  | { kind: 'modifySettings'; settings: readonly Setting[] }
  | { kind: 'resetSettings'; names: readonly string[] }
  | { kind: 'modifyQuery'; query: Query }
  | { kind: 'modifyRefresh'; refresh: Refresh }
  | { kind: 'modifyComment'; comment: string }
  | { kind: 'modifySqlSecurity'; definer?: string; sqlSecurity?: 'DEFINER' | 'INVOKER' | 'NONE' }
  | { kind: 'update'; assignments: readonly Assignment[]; partition?: PartitionSpec; where: Expr }
  | { kind: 'delete'; partition?: PartitionSpec; where: Expr }
  | { kind: 'applyDeletedMask' | 'applyPatches' | 'rewriteParts'; partition?: PartitionSpec }
  | { kind: 'dropPartition'; partition: PartitionSpec; detached?: true }
  | { kind: 'detachPartition' | 'attachPartition' | 'forgetPartition'; partition: PartitionSpec }
  | { kind: 'attachPartitionFrom' | 'replacePartition'; partition: PartitionSpec; table: TableName }
  | {
      kind: 'movePartition'
      partition: PartitionSpec
      to: { kind: 'disk' | 'volume' | 'shard'; name: string } | { kind: 'table'; table: TableName }
    }
  | { kind: 'fetchPartition'; partition: PartitionSpec; from: string }
  | { kind: 'freezePartition'; partition: PartitionSpec; name?: string }
  | { kind: 'freeze' | 'unfreeze'; name?: string }
  | { kind: 'unfreezePartition'; partition: PartitionSpec; name?: string }
  | { kind: 'exportPart'; partition: PartitionSpec; table: TableName; settings?: readonly Setting[] }

/** Lightweight DELETE FROM t WHERE ... */
export interface Delete extends StatementBase {
  readonly kind: 'delete'
  readonly name: TableName
  readonly onCluster?: string
  readonly partition?: PartitionSpec
  readonly where: Expr
  readonly settings?: readonly Setting[]
}

/** Lightweight UPDATE t SET ... WHERE ... */
export interface Update extends StatementBase {
  readonly kind: 'update'
  readonly name: TableName
  readonly onCluster?: string
  readonly assignments: readonly Assignment[]
  readonly partition?: PartitionSpec
  readonly where: Expr
  readonly settings?: readonly Setting[]
}

export interface Optimize extends StatementBase {
  readonly kind: 'optimize'
  readonly name: TableName
  readonly temporary?: true
  readonly onCluster?: string
  readonly partition?: PartitionSpec
  readonly final?: true
  readonly dryRunParts?: readonly string[]
  readonly force?: true
  readonly deduplicate?: true
  /** DEDUPLICATE BY a, * EXCEPT b. */
  readonly deduplicateBy?: readonly Expr[]
  readonly cleanup?: true
}

export interface Check extends StatementBase {
  readonly kind: 'check'
  /** Absent for CHECK ALL TABLES. */
  readonly name?: TableName
  readonly partition?: PartitionSpec
}

export interface Use extends StatementBase {
  readonly kind: 'use'
  readonly database: string
  readonly unbound?: true
}

export interface SetSettings extends StatementBase {
  readonly kind: 'set'
  readonly settings: readonly Setting[]
}

export interface Like {
  readonly pattern: string
  readonly not?: true
  readonly caseInsensitive?: true
}

export interface Show extends StatementBase {
  readonly kind: 'show'
  /** SHOW TABLES ..., with `from` a database; SHOW CREATE has `object` and `name`. */
  readonly what:
    | 'tables'
    | 'dictionaries'
    | 'databases'
    | 'clusters'
    | 'cluster'
    | 'columns'
    | 'indexes'
    | 'processlist'
    | 'settings'
    | 'setting'
    | 'functions'
    | 'engines'
    | 'merges'
    | 'create'
    /** GRANTS, USERS, ROLES, ACCESS, QUOTAS and the like: `text` holds the words after SHOW. */
    | 'access'
  readonly object?: 'table' | 'database' | 'view' | 'dictionary'
  readonly temporary?: true
  readonly full?: true
  readonly extended?: true
  readonly changed?: true
  readonly name?: TableName
  readonly from?: string
  readonly like?: Like
  readonly where?: Expr
  readonly limit?: Expr
  readonly text?: string
}

export interface Describe extends StatementBase {
  readonly kind: 'describe'
  readonly table: TableReference | TableFunction | TableSubquery
  readonly settings?: readonly Setting[]
}

export interface Exists extends StatementBase {
  readonly kind: 'exists'
  readonly object: 'table' | 'database' | 'view' | 'dictionary'
  readonly temporary?: true
  readonly name: TableName
}

export interface Explain extends StatementBase {
  readonly kind: 'explain'
  readonly type:
    | 'AST'
    | 'SYNTAX'
    | 'QUERY TREE'
    | 'PLAN'
    | 'PIPELINE'
    | 'ESTIMATE'
    | 'TABLE OVERRIDE'
    | 'CURRENT TRANSACTION'
  readonly settings?: readonly Setting[]
  readonly statement?: Statement
}

export interface Kill extends StatementBase {
  readonly kind: 'kill'
  readonly what: 'query' | 'mutation' | 'partMoveToShard' | 'transaction'
  readonly onCluster?: string
  readonly where?: Expr
  readonly mode: 'async' | 'sync' | 'test'
}

/** SYSTEM FLUSH LOGS, SYSTEM STOP MERGES db.t, SYSTEM SYNC REPLICA t LIGHTWEIGHT ... */
export interface System extends StatementBase {
  readonly kind: 'system'
  /** The leading keywords in upper case: `STOP MERGES`; caches are dropped by CLEAR, however it was written. */
  readonly command: string
  readonly onCluster?: string
  readonly name?: TableName
  /** What stood after that, as it was written. */
  readonly rest?: string
}

export interface Transaction extends StatementBase {
  readonly kind: 'transaction'
  readonly action: 'begin' | 'commit' | 'rollback' | 'setSnapshot'
  readonly snapshot?: bigint
}

/** BACKUP and RESTORE. */
export interface Backup extends StatementBase {
  readonly kind: 'backup'
  readonly action: 'backup' | 'restore'
  readonly text: string
}

/** CREATE/ALTER/DROP USER, ROLE, QUOTA, ROW POLICY, SETTINGS PROFILE, NAMED COLLECTION ...; GRANT, REVOKE, SET ROLE. */
export interface AccessStatement extends StatementBase {
  readonly kind: 'access'
  /** The leading keywords in upper case: `CREATE USER`, `GRANT`, `SET DEFAULT ROLE`. */
  readonly command: string
  /** The statement as it was written. */
  readonly text: string
}

/** `statement PARALLEL WITH statement`. */
export interface ParallelWith extends StatementBase {
  readonly kind: 'parallelWith'
  readonly statements: readonly Statement[]
}

export type Node = Expr | Statement | TableExpr | TypeNode | ColumnDeclaration | IndexDeclaration
