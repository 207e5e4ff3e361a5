import { DBError } from '../core/errors.ts'
import type { Expr, FunctionCall } from '../sql/ast.ts'
import type { ColumnDeclaration, CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { ArrayType, NullableType, TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { DiskDescription } from '../storage/diskDescription.ts'
import { diskOf } from './tableDisk.ts'

/** A CREATE TABLE brought to its full form: what metadata keeps and the engines are made from. */
export interface TableDefinition {
  readonly engine: FunctionCall
  readonly columns: readonly DefinedColumn[]
  readonly partitionBy: readonly Expr[]
  readonly orderBy: readonly { readonly expr: Expr; readonly descending: boolean }[]
  readonly primaryKey: readonly Expr[]
  readonly settings: ReadonlyMap<string, string>
  /** Of its own; null: it lies in the data directory. */
  readonly disk?: DiskDescription | null
  readonly comment: string
  /** The statement that makes the table anew. */
  readonly create: CreateTable
}

export interface DefinedColumn extends SnapshotColumn {
  readonly codec?: string
  readonly comment?: string
}

/** Elements of `tuple(a, b)` or of a single expression. */
export function keyElements(expr: Expr | undefined): Expr[] {
  if (!expr) return []
  if (expr.kind === 'function' && expr.name === 'tuple') return [...expr.args]
  return [expr]
}

/** `typeOf` gives the type of an expression over columns with known types: for columns that state only a default. */
export async function defineTable(
  create: CreateTable,
  columns: readonly SnapshotColumn[] | null,
  defaultEngine: string,
  typeOf: (expr: Expr, columns: readonly SnapshotColumn[]) => Promise<string>,
): Promise<TableDefinition> {
  create = withGranularity(modernSyntax(create), defaultEngine)
  const { storage } = create
  const engine: FunctionCall = storage?.engine ?? {
    kind: 'function',
    name: create.temporary ? 'Memory' : defaultEngine,
    args: [],
    start: 0,
    end: 0,
  }
  const defined: DefinedColumn[] = []
  if (create.columns && create.columns.length > 0)
    for (const declaration of create.columns) defined.push(...(await defineColumn(declaration, defined, typeOf)))
  else if (columns) defined.push(...columns)
  if (defined.length === 0)
    throw new DBError('EMPTY_LIST_OF_COLUMNS_PASSED', 'Cannot create table without physical columns')
  const names = new Set<string>()
  for (const { name } of defined) {
    if (names.has(name)) throw new DBError('DUPLICATE_COLUMN', `Column ${name} already exists`)
    names.add(name)
  }
  if (!defined.some(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL'))
    throw new DBError('EMPTY_LIST_OF_COLUMNS_PASSED', 'Cannot create table without physical columns')
  const primaryKey = keyElements(storage?.primaryKey)
  const orderBy = keyElements(storage?.orderBy).map(descending)
  if (orderBy.length === 0 && primaryKey.length > 0)
    orderBy.push(...primaryKey.map(expr => ({ expr, descending: false })))
  const settings = new Map<string, string>()
  for (const { name, value } of storage?.settings ?? []) {
    if (name === 'disk' && value?.kind === 'function') continue
    if (value && value.kind !== 'literal') throw new DBError('BAD_ARGUMENTS', `Setting ${name} must be a literal`)
    if (value) settings.set(name, String(value.value))
  }
  return {
    engine,
    columns: defined,
    partitionBy: keyElements(storage?.partitionBy),
    orderBy,
    primaryKey: primaryKey.length > 0 ? primaryKey : orderBy.map(({ expr }) => expr),
    settings,
    disk: engine.name.endsWith('MergeTree') ? diskOf(create) : null,
    comment: create.comment ?? '',
    create: fullStatement(create, engine, defined),
  }
}

/** `a DESC` in ORDER BY of a table parses as a call that says so. */
function descending(expr: Expr): { expr: Expr; descending: boolean } {
  if (expr.kind === 'function' && expr.name === '__descendingKey' && expr.args.length === 1)
    return { expr: expr.args[0], descending: true }
  return { expr, descending: false }
}

async function defineColumn(
  declaration: ColumnDeclaration,
  before: readonly DefinedColumn[],
  typeOf: (expr: Expr, columns: readonly SnapshotColumn[]) => Promise<string>,
): Promise<DefinedColumn[]> {
  const { name, type, default: given } = declaration
  const expr = given && 'expr' in given ? given.expr : undefined
  if (expr && mentions(expr, name))
    throw new DBError('CYCLIC_ALIASES', `The default expression of column ${name} depends on itself`)
  let text = type?.text
  if (text === undefined) {
    if (!expr) throw new DBError('EMPTY_LIST_OF_COLUMNS_PASSED', `Column ${name} states neither a type nor a default`)
    text = await typeOf(expr, before)
  }
  let parsed = parseType(text)
  if (declaration.nullable === true && !parsed.isNullable) parsed = new NullableType(parsed)
  if (parsed.kind === 'Nothing' || (parsed instanceof NullableType && parsed.inner.kind === 'Nothing'))
    throw new DBError(
      'DATA_TYPE_CANNOT_BE_USED_IN_TABLES',
      `Column ${name} has type ${parsed.name}, which cannot be used in tables`,
    )
  // Nested is arrays side by side.
  if (
    /^Nested\s*\(/i.test(text) &&
    parsed instanceof ArrayType &&
    parsed.element instanceof TupleType &&
    parsed.element.names
  ) {
    const { names, elements } = parsed.element
    return names.map((inner, i) => ({ name: `${name}.${inner}`, type: new ArrayType(elements[i]).name }))
  }
  const kind = given && given.kind !== 'AUTO_INCREMENT' ? given.kind : undefined
  return [
    {
      name,
      type: parsed.name,
      ...(kind ? { kind } : {}),
      ...(expr ? { expression: formatAst(expr, { oneLine: true }) } : {}),
      ...(declaration.codec ? { codec: formatAst(declaration.codec, { oneLine: true }) } : {}),
      ...(declaration.comment ? { comment: declaration.comment } : {}),
    },
  ]
}

/** Whether an expression names a column, other than as a lambda's parameter. */
function mentions(expr: Expr, name: string): boolean {
  if (expr.kind === 'identifier') return expr.parts[0] === name
  if (expr.kind === 'lambda') return !expr.params.includes(name) && mentions(expr.body, name)
  return expr.kind === 'function' && expr.args.some(arg => mentions(arg, name))
}

/** The statement with its columns and engine spelled out. */
function fullStatement(create: CreateTable, engine: FunctionCall, columns: readonly DefinedColumn[]): CreateTable {
  const same = create.columns && create.columns.length === columns.length ? create.columns : null
  const declared = columns.map(
    (column, i): ColumnDeclaration => ({
      ...(same ? same[i] : { kind: 'column', name: column.name, start: 0, end: 0 }),
      name: column.name,
      nullable: undefined,
      type: { kind: 'type', name: column.type, text: column.type, start: 0, end: 0 },
    }),
  )
  return {
    ...create,
    columns: declared,
    storage: { ...create.storage, engine },
    asQuery: undefined,
    asTable: undefined,
    asFunction: undefined,
    ifNotExists: undefined,
    orReplace: undefined,
    output: undefined,
  }
}

/** Definitions of MergeTree tables always state the granularity, so that no reader has to guess it. */
function withGranularity(create: CreateTable, defaultEngine: string): CreateTable {
  const { storage } = create
  const engine = storage?.engine?.name ?? (create.temporary ? 'Memory' : defaultEngine)
  const settings = storage?.settings ?? []
  if (!engine.endsWith('MergeTree') || settings.some(({ name }) => name === 'index_granularity')) return create
  const value: Expr = { kind: 'literal', value: 8192n, start: 0, end: 0 }
  return { ...create, storage: { ...storage, settings: [...settings, { name: 'index_granularity', value }] } }
}

/** MergeTree(date, [sampling,] key, granularity[, ...]) with its clauses spelled out. */
function modernSyntax(create: CreateTable): CreateTable {
  const { storage } = create
  const engine = storage?.engine
  if (!storage || !engine || !/MergeTree$/.test(engine.name) || storage.orderBy || storage.primaryKey) return create
  const at = engine.args.findIndex(arg => arg.kind === 'literal' && typeof arg.value === 'bigint')
  const [date] = engine.args
  if (at < 2 || at > 3 || date.kind !== 'identifier') return create
  const granularity = engine.args[at]
  const { start, end } = engine
  return {
    ...create,
    storage: {
      ...storage,
      engine: { ...engine, args: engine.args.slice(at + 1) },
      partitionBy: { kind: 'function', name: 'toYYYYMM', args: [date], start, end },
      orderBy: engine.args[at - 1],
      ...(at === 3 ? { sampleBy: engine.args[1] } : {}),
      settings: [{ name: 'index_granularity', value: granularity }, ...(storage.settings ?? [])],
    },
  }
}
