import type { AnalyzerContext, CteScope } from '../analyzer/context.ts'
import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { type AggregateNode, hasAggregate, hasWindow, type SortKey, type Typed, walk } from '../analyzer/typed.ts'
import { resolveSortKey } from '../analyzer/window.ts'
import { DBError } from '../core/errors.ts'
import type { Expr, Query, Select } from '../sql/ast.ts'
import { plainType } from '../functions/bind.ts'
import { ArrayJoins, hasArrayJoin } from './arrayJoins.ts'
import { settingValues } from '../sql/settings.ts'
import { aliasesOf, expandColumns } from '../analyzer/expand.ts'
import { CorrelatedSubqueries } from './correlated.ts'
import { oneRow, planFrom } from './from.ts'
import { planFinish, planWindows } from './finish.ts'
import { groupKeys, planAggregate, positioned } from './groupBy.ts'
import { perShard } from './perShard.ts'
import { planSetOperation } from './setOperation.ts'
import type { AggregatePlan, Plan, PlannedSubquery } from './plan.ts'

/** A query's plan before optimization. Column names may repeat. */
export interface Planned {
  readonly plan: Plan
  readonly subqueries: PlannedSubquery[]
}

export class SelectPlanner {
  readonly subqueries: PlannedSubquery[] = []
  /** Expressions with names, of the SELECT that is planned. */
  readonly aliases = new Map<string, Expr>()

  constructor(
    readonly context: AnalyzerContext,
    readonly depth = 0,
  ) {
    const limit = context.settings.number('max_subquery_depth')
    if (depth > limit) throw new DBError('TOO_DEEP_SUBQUERIES', `Too deep subqueries. Maximum: ${limit}`)
  }

  async query(query: Query, ctes: CteScope, outer: Scope | null = null): Promise<Plan> {
    if (query.kind === 'setOperation') return planSetOperation(this, query, ctes, outer)
    return this.#scoped(query, ctes, outer)
  }

  /** For plans that only tell what names mean. */
  another(): SelectPlanner {
    return new SelectPlanner(this.context, this.depth + 1)
  }

  /** A nested query, planned with one more level of depth. */
  async nested(query: Query, ctes: CteScope, outer: Scope | null = null): Promise<Plan> {
    const planner = new SelectPlanner(this.context, this.depth + 1)
    const plan = await planner.query(query, ctes, outer)
    this.subqueries.push(...planner.subqueries)
    return plan
  }

  #collectAliases(select: Select): void {
    for (const element of select.with ?? [])
      if (element.kind === 'withExpr' && element.expr.alias) this.aliases.set(element.expr.alias, element.expr)
    for (const column of select.columns) aliasesOf(column, this.aliases)
    for (const clause of [
      select.prewhere,
      select.where,
      select.having,
      select.qualify,
      ...(select.groupBy?.keys ?? []),
      ...(select.orderBy?.elements.map(e => e.expr) ?? []),
    ])
      if (clause) aliasesOf(clause, this.aliases)
  }

  /** A SELECT in brackets: its SETTINGS are its own. */
  async #scoped(select: Select, ctes: CteScope, outer: Scope | null): Promise<Plan> {
    const values = settingValues(select.settings ?? [])
    if (this.depth === 0 || values.length === 0) return this.select(select, ctes, outer)
    const settings = this.context.settings.with(values)
    const planner = new SelectPlanner({ ...this.context, settings }, this.depth)
    const input = await planner.select(select, ctes, outer)
    this.subqueries.push(...planner.subqueries)
    return { kind: 'scoped', input, settings, columns: input.columns }
  }

  async select(select: Select, outerCtes: CteScope, outer: Scope | null): Promise<Plan> {
    const shards = perShard(this.context, select)
    if (shards) return this.query(shards, outerCtes, outer)
    const ctes = withQueries(select, outerCtes)
    this.#collectAliases(select)
    const source = select.from ? await planFrom(this, select.from, ctes, outer) : oneRow(this.context)
    const scope = new Scope(source.columns, ctes, outer)
    for (const [name, expr] of this.aliases) scope.aliases.set(name, expr)
    for (const { name, definition } of select.windows ?? []) scope.windows.set(name, definition)
    const resolver = new Resolver(this.context, scope)
    let plan = source.plan

    let groupingKeys: readonly Typed[] = []
    const correlated = new CorrelatedSubqueries(this, resolver)
    resolver.correlate = async (query, kind) => {
      const made = await correlated.join(plan, query, kind)
      if (!made) return null
      plan = made.plan
      // In a query that groups, what depends on the keys alone is the same in all rows of a group.
      const isOfGroup = resolver.allowAggregates && groupingKeys.length > 0 && !resolver.isInsideAggregate
      const isKnown = made.outer.every(node => groupingKeys.some(key => key.key === node.key))
      return isOfGroup && isKnown ? resolver.aggregateCall('any', [made.node], []) : made.node
    }

    const scanned = source.plan.kind === 'scan' ? (source.plan.table.source as { kind?: string }).kind : 'mergeTree'
    if (select.prewhere && scanned !== 'mergeTree')
      throw new DBError('ILLEGAL_PREWHERE', 'The storage does not support PREWHERE')
    resolver.allowAggregates = false
    const joined = new ArrayJoins(this.context)
    for (const condition of [select.prewhere, select.where])
      if (condition) {
        const node = await resolver.resolve(condition)
        plan = joined.add(plan, [node])
        plan = this.#filter(plan, joined.replace(node), 'WHERE')
      }

    resolver.allowAggregates = true
    resolver.allowWindows = true
    const expressions = await expandColumns(resolver, select.columns)
    resolver.allowAggregates = false
    resolver.allowWindows = false
    const keyExprs = await groupKeys(resolver, select, expressions)
    groupingKeys = keyExprs.keys
    if (keyExprs.sets && this.context.settings.bool('group_by_use_nulls')) resolver.makeKeysNullable(keyExprs.keys)
    resolver.allowAggregates = true
    resolver.allowWindows = true
    const outputs: { name: string; node: Typed }[] = []
    for (const { expr, name, node } of expressions)
      outputs.push({ name, node: node ? resolver.groupKey(node) : await resolver.resolve(expr) })
    const having = select.having ? await resolver.resolve(select.having) : null
    const qualify = select.qualify ? await resolver.resolve(select.qualify) : null
    const orderBy = await this.#orderKeys(resolver, select, expressions, outputs)
    const limitBy = select.limitBy ? await this.#positional(resolver, select.limitBy.by, expressions, outputs) : []
    resolver.allowAggregates = false
    resolver.allowWindows = false

    const all = () => [
      ...outputs.map(output => output.node),
      ...orderBy.map(key => key.expr),
      ...limitBy,
      ...(having ? [having] : []),
      ...(qualify ? [qualify] : []),
    ]
    let replace = (node: Typed): Typed => joined.replace(node)
    const autoKeys =
      select.groupBy?.mode === 'all' ? outputs.map(output => output.node).filter(node => !hasAggregate(node)) : null
    if (select.groupBy || all().some(hasAggregate)) {
      if (
        keyExprs.keys.length === 0 &&
        !autoKeys &&
        !all().some(hasAggregate) &&
        select.groupBy?.mode !== 'groupingSets'
      )
        throw new DBError(
          'NOT_IMPLEMENTED',
          'WITH TOTALS, ROLLUP, CUBE or GROUPING SETS are not supported without aggregation',
        )
      const keys = autoKeys ?? keyExprs.keys
      // Arrays inside keys and inside aggregates' arguments are joined before; around aggregates, after.
      const inside = all().flatMap(aggregatesOf)
      plan = joined.add(plan, [...keys, ...inside.flatMap(node => node.args)])
      const grouped = await planAggregate(
        resolver,
        plan,
        select,
        keys.map(joined.replace),
        keyExprs.sets,
        all().map(joined.replace),
        having,
      )
      plan = grouped.plan
      const early = joined.replace
      replace = node => grouped.replace(early(node))
      if (having) plan = this.#having(grouped.plan, replace(having))
    } else if (having) plan = this.#filter(plan, having, 'HAVING')

    if (all().some(hasArrayJoin)) {
      const late = new ArrayJoins(this.context)
      plan = late.add(plan, all().map(replace))
      const before = replace
      replace = node => late.replace(before(node))
    }

    if (all().some(node => hasWindow(node))) {
      const windowed = planWindows(this.context, plan, all().map(replace))
      plan = windowed.plan
      const before = replace
      replace = node => windowed.replace(before(node))
      if (qualify) plan = this.#filter(plan, replace(qualify), 'QUALIFY')
    } else if (qualify) plan = this.#filter(plan, replace(qualify), 'QUALIFY')

    return planFinish(
      this,
      resolver,
      plan,
      select,
      outputs.map(({ name, node }) => ({ name, node: replace(node) })),
      {
        orderBy: orderBy.map(key => ({ ...key, expr: replace(key.expr) })),
        limitBy: limitBy.map(replace),
      },
    )
  }

  #filter(input: Plan, condition: Typed, clause: string): Plan {
    const type = plainType(condition.type)
    if (
      type.kind !== 'Nothing' &&
      (!type.physical || type.physical === 'Bytes' || type.kind === 'Decimal' || type.kind.startsWith('Date'))
    )
      throw new DBError(
        'ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER',
        `Invalid type for filter in ${clause}: ${condition.type.name}`,
      )
    return { kind: 'filter', input, condition, columns: input.columns }
  }

  #having(input: AggregatePlan, condition: Typed): Plan {
    const filtered = this.#filter(input, condition, 'HAVING')
    return input.totals ? { ...input, having: condition } : filtered
  }

  async #positional(
    resolver: Resolver,
    exprs: readonly Expr[],
    expressions: readonly { expr: Expr; node?: Typed }[],
    outputs: readonly { node: Typed }[],
  ): Promise<Typed[]> {
    const nodes: Typed[] = []
    for (const expr of exprs) {
      const meant = positioned(this.context.settings, expr, expressions, 'ORDER BY')
      const at = expressions.findIndex(item => item.expr === meant)
      nodes.push(at >= 0 && outputs[at] ? outputs[at].node : await resolver.resolve(meant))
    }
    return nodes
  }

  async #orderKeys(
    resolver: Resolver,
    select: Select,
    expressions: readonly { expr: Expr; node?: Typed }[],
    outputs: readonly { node: Typed }[],
  ): Promise<SortKey[]> {
    const { orderBy } = select
    if (!orderBy) return []
    if (orderBy.all) {
      const [{ direction, nulls }] = orderBy.elements
      return outputs.map(({ node }) => ({
        expr: node,
        descending: direction === 'desc',
        nullsFirst: nulls === 'first',
      }))
    }
    const keys: SortKey[] = []
    for (const element of orderBy.elements) {
      const [expr] = await this.#positional(resolver, [element.expr], expressions, outputs)
      if (element.collation && !/^(Array\(|Nullable\(|LowCardinality\()*(String|Nothing)\)*$/.test(expr.type.name))
        throw new DBError(
          'BAD_COLLATION',
          `Collations could be specified only for String, LowCardinality(String), Nullable(String) or for Array of them, not ${expr.type.name}`,
        )
      keys.push({
        ...(await resolveSortKey(resolver, { ...element, expr: { kind: 'literal', value: 0n, start: 0, end: 0 } })),
        expr,
      })
    }
    return keys
  }
}

function aggregatesOf(node: Typed): AggregateNode[] {
  const found: AggregateNode[] = []
  walk(node, child => {
    if (child.kind !== 'aggregate') return true
    found.push(child)
    return false
  })
  return found
}

export function withQueries(select: Select, outer: CteScope): CteScope {
  const queries = new Map(outer.queries)
  const exprs = new Map(outer.exprs)
  const scope: CteScope = { ...outer, queries, exprs }
  for (const element of select.with ?? []) {
    if (element.kind === 'withExpr' && element.expr.alias) exprs.set(element.expr.alias, element.expr)
    if (element.kind !== 'withQuery') continue
    // A CTE sees those before it.
    queries.set(element.name, {
      query: element.query,
      columnAliases: element.columnAliases,
      recursive: select.recursive,
      scope: { ...outer, queries: new Map(queries), exprs: new Map(exprs) },
    })
  }
  return scope
}
