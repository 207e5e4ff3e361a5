import { logical } from '../analyzer/logical.ts'
import type { CteScope } from '../analyzer/context.ts'
import { Resolver } from '../analyzer/resolve.ts'
import { Scope, type ScopeColumn } from '../analyzer/scope.ts'
import { columnsOf, type Typed } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import { nullableOf } from '../functions/bind.ts'
import type { Expr, Join } from '../sql/ast.ts'
import { commonType } from '../types/commonType.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Computed, JoinPlan, Plan, PlanColumn } from './plan.ts'
import { planFrom, type Source } from './from.ts'
import type { SelectPlanner } from './select.ts'

export async function planJoin(
  planner: SelectPlanner,
  join: Join,
  ctes: CteScope,
  outer: Scope | null,
): Promise<Source> {
  const { context } = planner
  const left = await planFrom(planner, join.left, ctes, outer)
  const right = await planFrom(planner, join.right, ctes, outer)
  const type = join.type === 'comma' ? 'cross' : join.type
  const strictness = join.strictness ?? (context.settings.text('join_default_strictness').toLowerCase() as 'all')
  const useNulls = context.settings.bool('join_use_nulls')
  const leftMayMiss = type === 'right' || type === 'full'
  const rightMayMiss = type === 'left' || type === 'full'

  const leftIds = new Set(left.plan.columns.map(column => column.id))
  const keys: { left: Typed; right: Typed }[] = []
  const residual: Typed[] = []
  let asof: JoinPlan['asof'] = null
  const inner = new Scope([...left.columns, ...shift(right.columns, left.tables)], ctes, outer)
  for (const [name, expr] of planner.aliases) inner.aliases.set(name, expr)
  const resolver = new Resolver(context, inner)
  resolver.allowAggregates = false
  const using = join.using?.map(expr => nameOf(expr)) ?? (join.natural ? commonNames(left, right) : null)
  const usingPairs: { name: string; left: ScopeColumn; right: ScopeColumn }[] = []
  if (using)
    for (const name of using) {
      const pair = { name, left: findByName(left, name), right: findByName(right, name) }
      usingPairs.push(pair)
      keys.push({ left: pair.left.node, right: pair.right.node })
    }
  const side = (node: Typed): 'left' | 'right' | 'both' | 'none' => {
    const ids = [...columnsOf(node).keys()]
    if (ids.length === 0) return 'none'
    if (ids.every(id => leftIds.has(id))) return 'left'
    return ids.some(id => leftIds.has(id)) ? 'both' : 'right'
  }
  const comparisons = ['greater', 'greaterOrEquals', 'less', 'lessOrEquals'] as const
  const mirrored = {
    greater: 'less',
    greaterOrEquals: 'lessOrEquals',
    less: 'greater',
    lessOrEquals: 'greaterOrEquals',
  } as const
  if (join.on)
    for (const condition of conjuncts(join.on)) {
      const node = await resolver.resolve(condition)
      if (
        node.kind === 'call' &&
        (node.name === 'equals' || node.name === 'isNotDistinctFrom') &&
        node.args.length === 2
      ) {
        const [a, b] = node.args
        if (side(a) === 'left' && side(b) === 'right') {
          keys.push({ left: a, right: b })
          continue
        }
        if (side(a) === 'right' && side(b) === 'left') {
          keys.push({ left: b, right: a })
          continue
        }
      }
      const comparison = comparisons.find(name => node.kind === 'call' && node.name === name)
      if (strictness === 'asof' && comparison && node.kind === 'call' && !asof) {
        const [a, b] = node.args
        if (side(a) === 'left' && side(b) === 'right') asof = { left: a, right: b, comparison }
        else if (side(a) === 'right' && side(b) === 'left')
          asof = { left: b, right: a, comparison: mirrored[comparison] }
        if (asof) continue
      }
      residual.push(node)
    }
  if (strictness === 'asof' && !asof && using) {
    const last = keys.pop()
    if (last) asof = { ...last, comparison: 'greaterOrEquals' }
  }
  if (strictness === 'asof' && !asof)
    throw new DBError('INVALID_JOIN_ON_EXPRESSION', 'ASOF JOIN needs an inequality in ON')
  if (
    keys.length === 0 &&
    type !== 'cross' &&
    type !== 'paste' &&
    !asof &&
    residual.length === 0 &&
    strictness !== 'all'
  )
    throw new DBError('INVALID_JOIN_ON_EXPRESSION', 'Cannot get JOIN keys: ON has no equality of columns of both sides')

  for (const key of keys) {
    const common = commonJoinType(key.left.type, key.right.type)
    const cast = (node: Typed) =>
      node.type.equals(common)
        ? node
        : resolver.call('CAST', [node, resolver.constant(common.name, parseType('String'))])
    key.left = cast(key.left)
    key.right = cast(key.right)
  }
  const outputs = (source: Source, mayMiss: boolean) =>
    source.plan.columns.map(
      (column): PlanColumn =>
        mayMiss && useNulls ? { ...column, id: context.nextColumnId(), type: nullableOf(column.type) } : column,
    )
  const leftOutputs = outputs(left, leftMayMiss)
  const rightOutputs = strictness === 'semi' && type === 'inner' ? right.plan.columns : outputs(right, rightMayMiss)
  checkShape(
    context,
    join,
    type,
    strictness,
    keys.map(key => key.right),
  )
  const plan: JoinPlan = {
    kind: 'join',
    left: left.plan,
    right: right.plan,
    type,
    strictness,
    leftKeys: keys.map(key => key.left),
    rightKeys: keys.map(key => key.right),
    residual: residual.length === 0 ? null : logical(resolver, residual),
    asof,
    useNulls,
    columns: [...leftOutputs, ...rightOutputs],
  }
  if (plan.residual && plan.residual.kind === 'constant' && type === 'inner')
    plan.residual = Number(plan.residual.value) === 0 ? plan.residual : null
  const renamed = (source: Source, made: readonly PlanColumn[]) => {
    const ids = new Map(source.plan.columns.map((column, i) => [column.id, made[i]]))
    return source.columns.map((column): ScopeColumn => {
      if (column.node.kind !== 'column') return column
      const now = ids.get(column.node.id)
      return now && now.id !== column.node.id
        ? { ...column, node: { kind: 'column', id: now.id, name: now.name, type: now.type, key: `#${now.id}` } }
        : column
    })
  }
  const columns = [...renamed(left, leftOutputs), ...shift(renamed(right, rightOutputs), left.tables)]
  const source: Source = { plan, columns, tables: left.tables + right.tables }
  return usingPairs.length === 0 ? source : withUsing(planner, source, usingPairs, type)
}

/** USING columns appear once: the left one's value, or the right one's where the left row is missing. */
function withUsing(
  planner: SelectPlanner,
  source: Source,
  pairs: readonly { name: string; left: ScopeColumn; right: ScopeColumn }[],
  type: JoinPlan['type'],
): Source {
  const names = new Set(pairs.map(pair => pair.name))
  const resolver = new Resolver(planner.context, new Scope([], { queries: new Map() }))
  let { plan } = source
  const columns: ScopeColumn[] = []
  for (const { name, left, right } of pairs) {
    const now = (before: ScopeColumn) =>
      source.columns.find(column => column.name === before.name && column.qualifiers === before.qualifiers)?.node ??
      before.node
    let node = now(left)
    if (type === 'right') node = now(right)
    if (type === 'full') {
      // A row of the right side alone has the default (or NULL) on the left; the smaller of both is no help, so a marker decides.
      const common = commonJoinType(now(left).type, now(right).type)
      const id = planner.context.nextColumnId()
      const chosen = now(left).type.isNullable
        ? resolver.call('ifNull', [now(left), now(right)])
        : resolver.call('if', [
            resolver.call('equals', [now(left), resolver.constant(left.node.type.default, left.node.type)]),
            now(right),
            now(left),
          ])
      const computed: Computed = { id, name, type: chosen.type.equals(common) ? common : chosen.type, node: chosen }
      const kept = plan.columns.map(
        (column): Computed => ({ ...column, node: { kind: 'column', ...column, key: `#${column.id}` } }),
      )
      plan = { kind: 'project', input: plan, columns: [...kept, computed] } satisfies Plan
      node = { kind: 'column', id, name, type: computed.type, key: `#${id}` }
    }
    columns.push({ name, qualifiers: [], node, table: 0 })
  }
  for (const column of source.columns) {
    if (!names.has(column.name)) columns.push(column)
    else columns.push({ ...column, hidden: true, isMerged: true, table: column.table + 1000 })
  }
  return { plan, columns, tables: source.tables }
}

const shift = (columns: readonly ScopeColumn[], tables: number): ScopeColumn[] =>
  columns.map(column => ({ ...column, table: column.table + tables }))

function nameOf(expr: Expr): string {
  if (expr.kind === 'identifier') return expr.parts[expr.parts.length - 1]
  throw new DBError('UNSUPPORTED_METHOD', 'USING takes the names of columns')
}

const commonNames = (left: Source, right: Source): string[] => {
  const names = new Set(right.columns.filter(column => !column.hidden).map(column => column.name))
  return left.columns.filter(column => !column.hidden && names.has(column.name)).map(column => column.name)
}

function findByName(source: Source, name: string): ScopeColumn {
  const found = source.columns.find(column => column.name === name)
  if (!found) throw new DBError('UNKNOWN_IDENTIFIER', `JOIN USING identifier '${name}' cannot be resolved`)
  return found
}

function conjuncts(expr: Expr): Expr[] {
  return expr.kind === 'function' && expr.name === 'and' ? expr.args.flatMap(conjuncts) : [expr]
}

function commonJoinType(a: DataType, b: DataType): DataType {
  if (a.equals(b)) return a
  try {
    return commonType([a, b])
  } catch (error) {
    throw new DBError('NO_COMMON_TYPE', `Can't infer common type for joined columns: ${a.name} and ${b.name}`, {
      cause: error,
    })
  }
}

/** A table of engine Join is the right side of the JOIN that it was made for, and of no other. */
function checkShape(
  context: SelectPlanner['context'],
  { right }: Join,
  type: string,
  strictness: string,
  keys: readonly Typed[],
): void {
  if (right.kind !== 'table') return
  const shape = context.findTable(right.name.database, right.name.table)?.join
  if (!shape) return
  if (shape.type !== type || shape.strictness !== strictness)
    throw new DBError('INCOMPATIBLE_TYPE_OF_JOIN', `Table ${right.name.table} has incompatible type of JOIN.`)
  const names = keys.flatMap(key => [...columnsOf(key).values()].map(({ name }) => name))
  if (names.length !== shape.keys.length || shape.keys.some(key => !names.includes(key)))
    throw new DBError(
      'INCOMPATIBLE_TYPE_OF_JOIN',
      `Table ${right.name.table} joins by ${shape.keys.join(', ')}, and not by other columns`,
    )
}
