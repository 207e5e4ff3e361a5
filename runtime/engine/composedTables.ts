// Tables that are queries over other tables: Merge, Buffer and Distributed make theirs of these pieces.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { Expr, FunctionCall, Query } from '../sql/ast.ts'
import { parseStatement } from '../sql/parser.ts'
import { commonType } from '../types/commonType.ts'
import { parseType } from '../types/parseType.ts'
import type { GranaryEngine } from './engine.ts'
import { backquote, quoteSql } from './rows.ts'
import type { Names } from './snapshots.ts'
import { systemSnapshot } from './systemTables.ts'

/** A table that rows are taken from. */
export interface SourceTable {
  readonly database: string
  readonly name: string
  readonly columns: readonly SnapshotColumn[]
}

export function sourceTable(engine: GranaryEngine, database: string, name: string): SourceTable | undefined {
  const table = engine.catalog.find(database, name)
  if (!table) return systemSnapshot(engine, database, name)
  const holder = table.target ? engine.catalog.find(table.target.database, table.target.table) : undefined
  return holder ? { database, name, columns: holder.columns } : table
}

/** SELECT of these columns, whatever of them the table has and of which types, and of constants that come as virtual columns. */
export function selectFrom(
  source: SourceTable,
  columns: readonly SnapshotColumn[],
  constants: Readonly<Record<string, string>> = {},
  final = false,
): string {
  const items = columns
    .filter(({ name }) => !Object.hasOwn(constants, name))
    .map(({ name, type, kind, expression }) => {
      const quoted = backquote(name)
      const found = source.columns.find(column => column.name === name && column.kind !== 'EPHEMERAL')
      if (found?.type === type) return quoted
      if (found) return `CAST(${quoted}, ${quoteSql(type)}) AS ${quoted}`
      if (kind === 'ALIAS' && expression !== undefined) return `CAST(${expression}, ${quoteSql(type)}) AS ${quoted}`
      return `defaultValueOfTypeName(${quoteSql(type)}) AS ${quoted}`
    })
  for (const [name, value] of Object.entries(constants)) {
    const own = source.columns.some(column => column.virtual && column.name === name)
    items.push(own ? backquote(name) : `${value} AS ${backquote(name)}`)
  }
  return `SELECT ${items.join(', ')} FROM ${backquote(source.database)}.${backquote(source.name)}${final ? ' FINAL' : ''}`
}

/** Several SELECTs of the same columns as one query; null for none. */
export function unionOf(selects: readonly string[]): Query | null {
  return selects.length === 0 ? null : (parseStatement(selects.join(' UNION ALL ')).statement as Query)
}

/** Columns that are stored or computed: what another table over this one can have. */
export const visibleColumns = (columns: readonly SnapshotColumn[]): SnapshotColumn[] =>
  columns
    .filter(({ virtual, kind }) => !virtual && kind !== 'EPHEMERAL')
    .map(({ name, type, kind }) => ({ name, type, ...(kind === 'ALIAS' || kind === 'MATERIALIZED' ? { kind } : {}) }))

/** The columns of all tables together, each of a type that holds those of all. */
export function unionColumns(sources: readonly SourceTable[]): SnapshotColumn[] {
  const columns = new Map<string, string>()
  for (const source of sources)
    for (const { name, type } of visibleColumns(source.columns).filter(({ kind }) => kind === undefined)) {
      const known = columns.get(name)
      columns.set(name, known === undefined || known === type ? type : wider(known, type))
    }
  return [...columns].map(([name, type]) => ({ name, type }))
}

function wider(a: string, b: string): string {
  return commonType([parseType(a), parseType(b)]).name
}

/** The arguments of an engine or a table function that must be known where the catalog is: names, literals and what is made of them. */
export class ConstantArguments {
  constructor(
    readonly of: string,
    readonly args: readonly Expr[],
    readonly names: Names,
  ) {}

  count(low: number, high: number): void {
    const { length } = this.args
    if (length < low || length > high)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `${this.of} takes ${low === high ? low : `${low} to ${high}`} arguments, ${length} given`,
      )
  }

  /** A name, written bare or as text, or an expression over text. */
  text(at: number): string {
    const value = this.value(this.args[at])
    if (typeof value === 'string') return value
    throw new DBError('BAD_ARGUMENTS', `Argument ${at + 1} of ${this.of} must be a string or a name`)
  }

  number(at: number): number {
    const value = this.value(this.args[at])
    if (typeof value === 'bigint' || typeof value === 'number') return Number(value)
    throw new DBError('BAD_ARGUMENTS', `Argument ${at + 1} of ${this.of} must be a number`)
  }

  value(expr: Expr | undefined): string | number | bigint | boolean | null {
    if (expr?.kind === 'literal') return expr.value
    if (expr?.kind === 'identifier') return expr.parts.join('.')
    if (expr?.kind === 'parameter') {
      const given = this.names.parameters[expr.name]
      if (given === undefined) throw new DBError('UNKNOWN_QUERY_PARAMETER', `Substitution \`${expr.name}\` is not set`)
      return given
    }
    if (expr?.kind === 'function') return this.#call(expr)
    throw new DBError('BAD_ARGUMENTS', `An argument of ${this.of} is no constant expression`)
  }

  #call({ name, args }: FunctionCall): string {
    const lower = name.toLowerCase()
    if (args.length === 0 && ['currentdatabase', 'database', 'schema'].includes(lower)) return this.names.database
    if (lower === 'concat') return args.map(arg => String(this.value(arg))).join('')
    if (lower === 'tostring' && args.length === 1) return String(this.value(args[0]))
    throw new DBError('BAD_ARGUMENTS', `Function ${name} cannot stand in an argument of ${this.of}`)
  }
}

/** Tables of the databases whose names and own names match. */
export function matchingTables(
  engine: GranaryEngine,
  database: (name: string) => boolean,
  table: (name: string) => boolean,
): Table[] {
  const found: Table[] = []
  for (const { name, tables } of engine.catalog.databases.values())
    if (database(name)) for (const other of tables.values()) if (table(other.name)) found.push(other)
  return found.sort((a, b) => (a.database + a.name < b.database + b.name ? -1 : 1))
}
