import { type Resolver, substitute } from './resolve.ts'
import type { ScopeColumn } from './scope.ts'
import type { Typed } from './typed.ts'
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { Asterisk, ColumnsMatcher, ColumnTransformer, Expr, FunctionCall } from '../sql/ast.ts'
import { columnName, formatAst } from '../sql/format.ts'

/** An expression of the SELECT list with its result's name; `node` where it is resolved already. */
export interface SelectItem {
  readonly expr: Expr
  readonly name: string
  readonly node?: Typed
}

/** Aliases anywhere inside the expression, without those of subqueries. */
export function aliasesOf(expr: Expr, into: Map<string, Expr>): void {
  if (expr.alias !== undefined && !into.has(expr.alias)) into.set(expr.alias, expr)
  if (expr.kind === 'function') for (const arg of expr.args) aliasesOf(arg, into)
  if (expr.kind === 'lambda') aliasesOf(expr.body, into)
}

/** `*`, `t.*`, COLUMNS(...) and their transformers become columns. */
export async function expandColumns(resolver: Resolver, exprs: readonly Expr[]): Promise<SelectItem[]> {
  const items: SelectItem[] = []
  for (const given of exprs) {
    const lambda = given.kind === 'function' ? resolver.lambdaNamed(given.name) : undefined
    const body = lambda ? substitute(lambda, given as FunctionCall) : given
    // Only where it is many columns: else the call keeps its name.
    const expr = lambda && isUntuple(body) ? body : given
    if (expr.kind === 'asterisk' || expr.kind === 'columns') items.push(...(await expandOne(resolver, expr)))
    else if (isUntuple(expr)) items.push(...(await untuple(resolver, expr)))
    else items.push({ expr, name: expr.alias ?? columnName(expr) })
  }
  if (items.length === 0) throw new DBError('EMPTY_LIST_OF_COLUMNS_QUERIED', 'Empty list of columns in SELECT query')
  return items
}

/** Arguments of a call, in which matchers and untuple() stand for any number of them. */
export async function resolveArguments(resolver: Resolver, exprs: readonly Expr[]): Promise<Typed[]> {
  const nodes: Typed[] = []
  for (const expr of exprs) {
    if (!standsForMany(expr)) nodes.push(await resolver.resolve(expr))
    else
      for (const item of await expandColumns(resolver, [expr]))
        nodes.push(item.node ?? (await resolver.resolve(item.expr)))
  }
  return nodes
}

/** Whether an argument is a matcher or untuple(). */
export const standsForMany = (expr: Expr): boolean =>
  expr.kind === 'asterisk' || expr.kind === 'columns' || isUntuple(expr)

const isUntuple = (expr: Expr): expr is FunctionCall => expr.kind === 'function' && expr.name === 'untuple'

/** The elements of a tuple as columns of their own. */
async function untuple(resolver: Resolver, expr: FunctionCall): Promise<SelectItem[]> {
  if (expr.args.length !== 1)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Number of arguments for function untuple doesn't match: passed ${expr.args.length}, should be 1`,
    )
  const [tuple] = expr.args
  const node = await resolver.resolve(tuple)
  const { type } = node
  if (!(type instanceof TupleType))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function untuple expects a tuple, not ${type.name}`)
  return type.elements.map((_, i): SelectItem => {
    const name = type.names?.[i]
    const { start, end } = expr
    const element = (value: string | bigint): Expr => {
      const place: Expr = { kind: 'literal', value, start, end }
      return { kind: 'function', name: 'tupleElement', args: [tuple, place], start, end }
    }
    const shown = columnName(element(name ?? String(i + 1)))
    return {
      expr: element(name ?? BigInt(i + 1)),
      name: expr.alias === undefined ? shown : `${expr.alias}.${name ?? i + 1}`,
    }
  })
}

async function expandOne(resolver: Resolver, expr: Asterisk | ColumnsMatcher): Promise<SelectItem[]> {
  let columns: ScopeColumn[] = resolver.scope.columns.filter(column => !column.hidden)
  if (expr.qualifier) {
    const wanted = expr.qualifier.join('.')
    const all = resolver.scope.columns.filter(column => !column.hidden || column.isMerged)
    columns = all.filter(column => column.qualifiers.some(qualifier => qualifier.join('.') === wanted))
    if (columns.length === 0) columns = all.filter(column => column.realNames?.some(name => name.join('.') === wanted))
    const alias = expr.qualifier.length === 1 ? resolver.scope.aliases.get(wanted) : undefined
    if (columns.length === 0 && alias) {
      // The elements of a tuple that has a name.
      const { start, end } = expr
      const items = await untuple(resolver, { kind: 'function', name: 'untuple', args: [alias], start, end })
      return (expr.transformers ?? []).reduce(transform, items)
    }
    if (columns.length === 0)
      throw new DBError('UNKNOWN_IDENTIFIER', `Unqualified matcher ${formatAst(expr)} finds no table ${wanted}`)
  }
  if (expr.kind === 'columns' && expr.pattern !== undefined) {
    const pattern = compile(expr.pattern)
    columns = columns.filter(column => pattern.test(column.name))
  }
  let items: SelectItem[] = columns.map(column => ({
    expr: identifierOf(column),
    name: column.name,
    node: column.node,
  }))
  if (expr.kind === 'columns' && expr.list) items = expr.list.map(item => ({ expr: item, name: columnName(item) }))
  for (const transformer of expr.transformers ?? []) items = transform(items, transformer)
  return items
}

const identifierOf = (column: ScopeColumn): Expr => ({ kind: 'identifier', parts: [column.name], start: 0, end: 0 })

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch {
    throw new DBError('CANNOT_COMPILE_REGEXP', `Cannot compile the regular expression ${pattern} of COLUMNS`)
  }
}

function transform(items: SelectItem[], transformer: ColumnTransformer): SelectItem[] {
  if (transformer.kind === 'except') {
    const pattern = transformer.pattern === undefined ? null : compile(transformer.pattern)
    const listed = new Set(transformer.columns ?? [])
    for (const name of listed)
      if (transformer.strict && !items.some(item => item.name === name))
        throw new DBError('BAD_ARGUMENTS', `Columns transformer EXCEPT expects following column: ${name}`)
    return items.filter(item => !listed.has(item.name) && !pattern?.test(item.name))
  }
  if (transformer.kind === 'replace') {
    const exprs = new Map(transformer.columns.map(({ name, expr }) => [name, expr]))
    for (const name of exprs.keys())
      if (transformer.strict && !items.some(item => item.name === name))
        throw new DBError('BAD_ARGUMENTS', `Columns transformer REPLACE expects following column: ${name}`)
    return items.map(item => {
      const expr = exprs.get(item.name)
      return expr ? { expr, name: item.name } : item
    })
  }
  const result: SelectItem[] = []
  for (const item of items) {
    const name = `${transformer.prefix ?? ''}${item.name}`
    if (transformer.lambda) {
      const { params, body } = transformer.lambda
      const expr = replaceIdentifier(body, params[0], item.expr)
      result.push({ expr, name: transformer.prefix ? name : columnName(expr) })
      continue
    }
    const expr: Expr = {
      kind: 'function',
      name: transformer.name ?? '',
      args: [item.expr],
      parameters: transformer.parameters,
      start: 0,
      end: 0,
    }
    result.push({ expr, name: transformer.prefix ? name : columnName(expr) })
  }
  return result
}

function replaceIdentifier(expr: Expr, name: string, by: Expr): Expr {
  if (expr.kind === 'identifier' && expr.parts.length === 1 && expr.parts[0] === name) return by
  if (expr.kind === 'function') return { ...expr, args: expr.args.map(arg => replaceIdentifier(arg, name, by)) }
  return expr
}
