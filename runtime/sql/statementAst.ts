// Statements, as the parser makes them of expressions, queries and tables (ast.ts).
import type {
  Expr,
  FunctionCall,
  Query,
  Select,
  Setting,
  Span,
  StatementBase,
  TableExpr,
  TableFunction,
  TableName,
  TableReference,
  TableSubquery,
  TypeNode,
} from './ast.ts'

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
