// EXISTS and scalar subqueries that name columns of the query around them. The distinct values of those columns are joined to the
// subquery's own rows, the subquery is grouped by them, and its results are joined back.
import type { Resolver } from '../analyzer/resolve.ts'
import { isAggregateName } from '../aggregates/bind.ts'
import { Scope } from '../analyzer/scope.ts'
import type { Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import { nullableOf } from '../functions/bind.ts'
import type { Expr, FunctionCall, Identifier, Query, Select, TableExpr } from '../sql/ast.ts'
import { aliasesOf } from '../analyzer/expand.ts'
import { oneRow, planFrom } from './from.ts'
import type { Computed, JoinPlan, Plan, PlanColumn } from './plan.ts'
import type { SelectPlanner } from './select.ts'

export interface Correlated {
  /** The rows around, with the subquery's result beside them. */
  readonly plan: Plan
  readonly node: Typed
  /** What the subquery names of the query around. */
  readonly outer: readonly Typed[]
}

const span = { start: 0, end: 0 }
const identifier = (...parts: string[]): Identifier => ({ kind: 'identifier', parts, ...span })
const resultName = '__result'

export class CorrelatedSubqueries {
  readonly #made = new Map<Query, Pick<Correlated, 'node' | 'outer'>>()

  constructor(
    readonly planner: SelectPlanner,
    readonly resolver: Resolver,
  ) {}

  async join(around: Plan, query: Query, kind: 'exists' | 'scalar'): Promise<Correlated | null> {
    const known = this.#made.get(query)
    if (known) return { plan: around, ...known }
    if (query.kind !== 'select') return null
    const { resolver, planner } = this
    const { context } = planner
    const ctes = resolver.scope.ctes
    const name = `__around${context.nextColumnId()}`
    const inner = await this.#innerScope(query)
    const outer: { text: string; expr: Identifier; node: Typed }[] = []
    for (const expr of freeNames(query, inner)) {
      const text = expr.parts.join('.')
      if (outer.some(other => other.text === text)) continue
      if (resolver.scope.find(expr.parts).length === 0 && !resolver.scope.aliases.has(expr.parts[0])) continue
      outer.push({ text, expr, node: await resolver.resolve(expr) })
    }
    if (outer.length === 0) return null
    const columns = outer.map(({ node }, i): Computed => {
      const id = context.nextColumnId()
      return { id, name: `c${i}`, type: node.type, node }
    })
    const values: Plan = {
      kind: 'distinct',
      input: { kind: 'project', input: around, columns },
      on: null,
      limit: 0,
      columns,
    }
    const names = new Map(outer.map(({ text }, i) => [text, identifier(name, `c${i}`)]))
    const rewritten = correlatedSelect(replaceNames(query, names, inner) as Select, name, columns.length, kind)
    const plan = await planner.nested(rewritten, { ...ctes, plans: new Map([...(ctes.plans ?? []), [name, values]]) })
    const joined = this.#joinBack(
      around,
      outer.map(({ node }) => node),
      plan,
    )
    const node = kind === 'exists' ? resolver.call('ifNull', [joined.result, resolver.integer(0n)]) : joined.result
    const made = { node, outer: outer.map(({ node }) => node) }
    this.#made.set(query, made)
    return { plan: joined.plan, ...made }
  }

  /** What names mean inside of the subquery, but for those of the query around. */
  async #innerScope(select: Select): Promise<Scope> {
    const { planner, resolver } = this
    const { ctes } = resolver.scope
    const trial = planner.another()
    const source = select.from ? await planFrom(trial, select.from, ctes, null) : oneRow(planner.context)
    const scope = new Scope(select.from ? source.columns : [], ctes)
    for (const column of select.columns) aliasesOf(column, scope.aliases)
    return scope
  }

  /** LEFT ANY JOIN on the values of the columns around; NULL is a value like any other. */
  #joinBack(around: Plan, outer: readonly Typed[], results: Plan): { plan: Plan; result: Typed } {
    const { resolver } = this
    const { context } = this.planner
    const ref = (column: PlanColumn): Typed => ({ kind: 'column', ...column, key: `#${column.id}` })
    const keysOf = (node: Typed): Typed[] =>
      node.type.isNullable ? [resolver.call('isNull', [node]), resolver.call('assumeNotNull', [node])] : [node]
    const outputs = results.columns.map(
      (column): PlanColumn => ({ ...column, id: context.nextColumnId(), type: nullableOf(column.type) }),
    )
    const plan: JoinPlan = {
      kind: 'join',
      left: around,
      right: results,
      type: 'left',
      strictness: 'any',
      leftKeys: outer.flatMap(keysOf),
      rightKeys: results.columns.slice(0, outer.length).map(ref).flatMap(keysOf),
      residual: null,
      asof: null,
      useNulls: true,
      columns: [...around.columns, ...outputs],
    }
    return { plan, result: ref(outputs[outputs.length - 1]) }
  }
}

/** The subquery over the rows of `around` beside its own, with their columns and one result. */
function correlatedSelect(select: Select, around: string, count: number, kind: 'exists' | 'scalar'): Select {
  const keys = Array.from({ length: count }, (_, i) => identifier(around, `c${i}`))
  const table: TableExpr = { kind: 'table', name: { table: around }, ...span }
  const conditions = select.where ? conjuncts(select.where) : []
  const joins = conditions.filter(condition => mentions(condition, around))
  const rest = conditions.filter(condition => !joins.includes(condition))
  const from: TableExpr = select.from
    ? {
        kind: 'join',
        left: table,
        right: select.from,
        type: joins.length > 0 ? 'inner' : 'cross',
        strictness: 'all',
        on: joins.length > 0 ? conjunction(joins) : undefined,
        ...span,
      }
    : table
  const shared = { ...select, from, where: conjunction(select.from ? rest : conditions), limit: undefined }
  if (kind === 'exists') {
    if (select.groupBy || select.having || select.columns.some(hasAggregateCall))
      throw new DBError('NOT_IMPLEMENTED', 'Correlated EXISTS over groups is not supported')
    const one: Expr = { kind: 'literal', value: 1n, alias: resultName, ...span }
    return { ...shared, columns: [...keys, one], distinct: true, orderBy: undefined, limitBy: undefined }
  }
  if (select.columns.length !== 1 || select.limitBy || select.distinct)
    throw new DBError('NOT_IMPLEMENTED', 'This form of a correlated subquery is not supported')
  const [column] = select.columns
  const isGrouped = select.groupBy !== undefined || hasAggregateCall(column)
  const byKeys = select.limit
    ? { limit: select.limit.limit ?? one(), offset: select.limit.offset, by: keys }
    : undefined
  return {
    ...shared,
    columns: [...keys, { ...column, alias: column.alias ?? resultName }],
    groupBy: isGrouped
      ? { ...select.groupBy, mode: select.groupBy?.mode ?? 'plain', keys: [...keys, ...(select.groupBy?.keys ?? [])] }
      : undefined,
    limitBy: byKeys,
  }
}

const one = (): Expr => ({ kind: 'literal', value: 1n, ...span })
const conjuncts = (expr: Expr): Expr[] =>
  expr.kind === 'function' && expr.name === 'and' ? expr.args.flatMap(conjuncts) : [expr]

function conjunction(exprs: readonly Expr[]): Expr | undefined {
  if (exprs.length < 2) return exprs[0]
  return { kind: 'function', name: 'and', args: exprs, operator: true, ...span } satisfies FunctionCall
}

/** Calls for each part of a tree, parents first. */
function visit(value: unknown, see: (node: Expr) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, see)
  else if (value !== null && typeof value === 'object') {
    if ('kind' in value) see(value as Expr)
    for (const inner of Object.values(value)) visit(inner, see)
  }
}

function mentions(expr: Expr, table: string): boolean {
  let found = false
  visit(expr, node => {
    if (node.kind === 'identifier' && node.parts[0] === table) found = true
  })
  return found
}

function hasAggregateCall(expr: Expr): boolean {
  if (expr.kind !== 'function' || expr.over) return false
  return isAggregateName(expr.name) || expr.args.some(hasAggregateCall)
}

/** Names in the subquery's expressions that mean nothing inside of it. */
function freeNames(select: Select, inner: Scope): Identifier[] {
  const free: Identifier[] = []
  const { from, ...clauses } = select
  visit([clauses, from?.kind === 'join' ? from.on : undefined], node => {
    if (node.kind === 'identifier' && isFree(node, inner)) free.push(node)
  })
  return free
}

const isFree = ({ parts }: Identifier, inner: Scope): boolean =>
  inner.find(parts).length === 0 && !inner.aliases.has(parts[0])

/** The same tree with other names in place of free ones. */
function replaceNames(value: unknown, names: ReadonlyMap<string, Identifier>, inner: Scope): unknown {
  if (Array.isArray(value)) return value.map(item => replaceNames(item, names, inner))
  if (value === null || typeof value !== 'object') return value
  const node = value as Expr
  if (node.kind === 'identifier') {
    const other = isFree(node, inner) ? names.get(node.parts.join('.')) : undefined
    return other ? { ...other, alias: node.alias } : node
  }
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replaceNames(part, names, inner)]))
}
