import type { AnalyzerContext } from '../analyzer/context.ts'
import type { Resolver } from '../analyzer/resolve.ts'
import { type SortKey, type Typed, type WindowNode, walk } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import type { Expr, Limit, Select } from '../sql/ast.ts'
import { planFill } from './fill.ts'
import type { Computed, Plan, PlanColumn } from './plan.ts'
import { rewrite } from './rewriteAggregates.ts'
import type { SelectPlanner } from './select.ts'

/** One step for all functions of a window. */
export function planWindows(
  context: AnalyzerContext,
  input: Plan,
  nodes: readonly Typed[],
): { plan: Plan; replace: (node: Typed) => Typed } {
  const groups = new Map<string, (PlanColumn & { node: WindowNode })[]>()
  const replaced = new Map<string, Typed>()
  for (const output of nodes)
    walk(output, node => {
      if (node.kind !== 'window' || replaced.has(node.key)) return true
      const id = context.nextColumnId()
      const column = { id, name: node.key, type: node.type, node }
      const group = groups.get(node.window.key)
      if (group) group.push(column)
      else groups.set(node.window.key, [column])
      replaced.set(node.key, { kind: 'column', id, name: node.key, type: node.type, key: `#${id}` })
      return false
    })
  let plan = input
  for (const windows of groups.values())
    plan = { kind: 'window', input: plan, windows, columns: [...plan.columns, ...windows] }
  return { plan, replace: node => rewrite(node, replaced) }
}

/** What follows the expressions: DISTINCT, ORDER BY, LIMIT BY, LIMIT, and the columns' names. */
export async function planFinish(
  planner: SelectPlanner,
  resolver: Resolver,
  input: Plan,
  select: Select,
  outputs: readonly { name: string; node: Typed }[],
  { orderBy, limitBy }: { orderBy: SortKey[]; limitBy: Typed[] },
): Promise<Plan> {
  const computed: Computed[] = []
  const byKey = new Map<string, Computed>()
  const compute = (node: Typed, name: string): Computed => {
    let column = byKey.get(node.key)
    if (!column) {
      const id = node.kind === 'column' ? node.id : planner.context.nextColumnId()
      column = { id, name, type: node.type, node }
      byKey.set(node.key, column)
      computed.push(column)
    }
    return column
  }
  const ref = ({ id, name, type }: PlanColumn): Typed => ({ kind: 'column', id, name, type, key: `#${id}` })
  const visible = outputs.map(({ node, name }) => ({ column: compute(node, name), name }))
  const hiddenStart = computed.length
  const sortKeys = orderBy
    .filter((key, i) => key.expr.kind !== 'constant' || select.orderBy?.elements[i]?.fill)
    .map(key => ({ ...key, expr: ref(compute(key.expr, '')) }))
  const limitKeys = limitBy.map(node => ref(compute(node, '')))
  let plan: Plan = { kind: 'project', input, columns: computed }
  const { limit, offset, limitConstant } = await readLimit(resolver, select.limit)
  // From the end, or a share of all rows: nothing below may stop early.
  const isPlain = isCount(limit ?? 0) && isCount(offset)
  if (!isPlain && ((limit ?? 0) < 0 || offset < 0) && !(Number.isInteger(limit ?? 0) && Number.isInteger(offset)))
    throw new DBError('NOT_IMPLEMENTED', 'Negative LIMIT or OFFSET is not supported with fractional ones')
  const whole = limit === null || !isPlain ? 0 : limit + offset
  const withTies = select.limit?.withTies ?? false
  if (select.distinct) {
    const on = hiddenStart < computed.length ? computed.slice(0, hiddenStart).map(ref) : null
    plan = {
      kind: 'distinct',
      input: plan,
      on,
      limit: sortKeys.length === 0 && !select.limitBy ? whole : 0,
      columns: plan.columns,
    }
  }
  if (sortKeys.length > 0)
    plan = {
      kind: 'sort',
      input: plan,
      keys: sortKeys,
      limit: select.limitBy ? 0 : whole,
      withTies,
      columns: plan.columns,
    }
  if (select.limitBy) {
    const by = await readLimit(resolver, select.limitBy)
    plan = {
      kind: 'limitBy',
      input: plan,
      limit: by.limit ?? 0,
      offset: by.offset,
      by: limitKeys,
      columns: plan.columns,
    }
  }
  plan = await planFill(
    resolver,
    plan,
    select.orderBy,
    orderBy.map(key => ({ ...key, expr: byKey.has(key.expr.key) ? ref(byKey.get(key.expr.key)!) : key.expr })),
    visible,
  )
  if (limit !== null || offset !== 0 || limitConstant)
    plan = {
      kind: 'limit',
      input: plan,
      limit: limit ?? Number.POSITIVE_INFINITY,
      offset,
      ties: withTies ? sortKeys : null,
      columns: plan.columns,
    }
  const final = visible.map(
    ({ column, name }): Computed => ({
      id: planner.context.nextColumnId(),
      name,
      type: column.type,
      node: ref(column),
    }),
  )
  for (const { query, set, ctes } of resolver.subqueries)
    planner.subqueries.push({ set, plan: await planner.nested(query, ctes, resolver.scope) })
  return { kind: 'project', input: plan, columns: final }
}

async function readLimit(
  resolver: Resolver,
  clause: Limit | { limit: Expr; offset?: Expr } | undefined,
): Promise<{ limit: number | null; offset: number; limitConstant: boolean }> {
  const read = async (expr: Expr | undefined, what: string): Promise<number | null> => {
    if (!expr) return null
    const { value } = await resolver.resolveConstant(expr, what)
    const number = Number(value)
    if (typeof value === 'string' || value === null || !(Number.isInteger(number) || (number > 0 && number < 1)))
      throw new DBError(
        'INVALID_LIMIT_EXPRESSION',
        `The value ${String(value)} of ${what} expression is not representable as UInt64 or Int64 or Float64 in the range (0, 1)`,
      )
    return number
  }
  return {
    limit: await read(clause?.limit, 'LIMIT'),
    offset: (await read(clause?.offset, 'OFFSET')) ?? 0,
    limitConstant: clause?.limit !== undefined,
  }
}

const isCount = (number: number): boolean => Number.isInteger(number) && number >= 0
