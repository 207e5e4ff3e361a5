import type { Resolver } from '../analyzer/resolve.ts'
import { type CallNode, columnsOf, hasAggregate, some, type Typed, walk } from '../analyzer/typed.ts'
import { DBError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import type { Expr, Select } from '../sql/ast.ts'
import { formatAst } from '../sql/format.ts'
import { parseType } from '../types/parseType.ts'
import type { AggregatePlan, Computed, Plan, PlanColumn } from './plan.ts'
import { rewrite, simplifyAggregates } from './rewriteAggregates.ts'

/** The keys of GROUP BY, and for each grouping set which of them are in it. */
export async function groupKeys(
  resolver: Resolver,
  select: Select,
  expressions: readonly { expr: Expr }[],
): Promise<{ keys: Typed[]; sets: boolean[][] | null }> {
  const { groupBy } = select
  if (!groupBy || groupBy.mode === 'all') return { keys: [], sets: null }
  const keys: Typed[] = []
  const resolveKey = async (expr: Expr) => {
    const node = await resolver.resolve(positioned(resolver.context.settings, expr, expressions, 'GROUP BY'))
    if (hasAggregate(node)) throw new DBError('ILLEGAL_AGGREGATION', 'Aggregate functions may not stand in GROUP BY')
    let at = keys.findIndex(key => key.key === node.key)
    if (at < 0) at = keys.push(node) - 1
    return at
  }
  if (groupBy.mode === 'groupingSets') {
    const members: number[][] = []
    for (const set of groupBy.sets ?? []) {
      const inside: number[] = []
      for (const expr of set) inside.push(await resolveKey(expr))
      members.push(inside)
    }
    return { keys, sets: members.map(inside => keys.map((_, i) => inside.includes(i))) }
  }
  for (const expr of groupBy.keys) await resolveKey(expr)
  if (groupBy.mode === 'rollup')
    return {
      keys,
      sets: Array.from({ length: keys.length + 1 }, (_, n) => keys.map((_key, i) => i < keys.length - n)),
    }
  if (groupBy.mode === 'cube') {
    if (keys.length > 12) throw new DBError('BAD_ARGUMENTS', 'CUBE of more than 12 keys')
    const count = 2 ** keys.length
    return {
      keys,
      sets: Array.from({ length: count }, (_, n) =>
        keys.map((_key, i) => ((count - 1 - n) >> (keys.length - 1 - i)) % 2 === 1),
      ),
    }
  }
  return { keys, sets: null }
}

/** `2` in GROUP BY, ORDER BY, LIMIT BY is the second expression of the SELECT list. */
export function positioned(
  settings: Settings,
  expr: Expr,
  expressions: readonly { expr: Expr }[],
  clause: string,
): Expr {
  if (expr.kind !== 'literal' || typeof expr.value !== 'bigint' || !settings.bool('enable_positional_arguments'))
    return expr
  const at = Number(expr.value < 0n ? BigInt(expressions.length) + expr.value + 1n : expr.value)
  if (at < 1 || at > expressions.length)
    throw new DBError(
      'BAD_ARGUMENTS',
      `Positional argument out of bounds: ${expr.value} (expected in range [1, ${expressions.length}]) in ${clause}`,
    )
  return expressions[at - 1].expr
}

/** The step that groups, and what expressions over it become. */
export async function planAggregate(
  resolver: Resolver,
  input: Plan,
  select: Select,
  keys: readonly Typed[],
  sets: boolean[][] | null,
  nodes: readonly Typed[],
  having: Typed | null,
) {
  const replaced = new Map<string, Typed>()
  const simplified = sets ? new Map<string, Typed>() : simplifyAggregates(resolver, nodes)
  const outputs = nodes.map(node => rewrite(node, simplified))
  // Constants and keys that follow from other keys group nothing.
  const { settings } = resolver.context
  const isConstantGrouping = keys.length > 0 && keys.every(key => key.kind === 'constant')
  const emptyGivesRow =
    isConstantGrouping && !settings.bool('empty_result_for_aggregation_by_constant_keys_on_empty_set')
  const kept = sets ? [...keys] : keys.filter(key => key.kind !== 'constant')
  const plain = new Set(kept.filter(key => key.kind === 'column').map(key => key.key))
  const grouping = sets ? kept : kept.filter(key => key.kind === 'column' || !follows(key, plain))
  const computed = grouping.map((node): Computed => {
    const nullable = resolver.nullableKey(node.key)
    const id = nullable?.id ?? resolver.context.nextColumnId()
    return { id, name: node.key, type: nullable?.type ?? node.type, node }
  })
  for (const key of computed) {
    // A constant stays what it is in every grouping set.
    if (key.node.kind === 'constant' && key.type.name === key.node.type.name) continue
    replaced.set(key.node.key, { kind: 'column', id: key.id, name: key.name, type: key.type, key: `#${key.id}` })
  }
  const setColumn: PlanColumn | null = sets
    ? { id: resolver.context.nextColumnId(), name: '__grouping_set', type: parseType('UInt64') }
    : null
  for (const output of outputs)
    walk(output, node => {
      if (node.kind === 'call' && node.name === 'grouping')
        replaced.set(node.key, groupingBits(resolver, node, keys, sets, setColumn))
      return true
    })
  const aggregates: (PlanColumn & { node: Extract<Typed, { kind: 'aggregate' }> })[] = []
  for (const output of outputs)
    walk(output, node => {
      if (node.kind !== 'aggregate') return !replaced.has(node.key)
      if (!replaced.has(node.key)) {
        const id = resolver.context.nextColumnId()
        aggregates.push({ id, name: node.key, type: node.type, node })
        replaced.set(node.key, { kind: 'column', id, name: node.key, type: node.type, key: `#${id}` })
      }
      return false
    })
  const plan: AggregatePlan = {
    kind: 'aggregate',
    input,
    keys: computed,
    aggregates,
    sets,
    setColumn,
    totals: select.groupBy?.totals ?? false,
    having: null,
    groupsWanted: 0,
    hasGroupBy: !emptyGivesRow && ((select.groupBy?.keys.length ?? 0) > 0 || sets !== null || keys.length > 0),
    columns: [...computed, ...aggregates, ...(setColumn ? [setColumn] : [])],
  }
  const available = new Set(plan.columns.map(column => column.id))
  const replace = (node: Typed): Typed => {
    const result = rewrite(rewrite(node, simplified), replaced)
    for (const [id, column] of columnsOf(result))
      if (!available.has(id))
        throw new DBError(
          'NOT_AN_AGGREGATE',
          `Column ${column.name} is not under aggregate function and not in GROUP BY keys. In query ${formatAst(select, { oneLine: true })}`,
        )
    return result
  }
  if (plan.totals && having) checkTotals(settings)
  if (plan.totals && having && sets)
    throw new DBError(
      'NOT_IMPLEMENTED',
      'WITH TOTALS and WITH ROLLUP or CUBE are not supported together in presence of HAVING',
    )
  return { plan, replace }
}

/** One bit an argument, the last one lowest: whether it is no key of the row's set (or is one, by the older convention). */
function groupingBits(
  resolver: Resolver,
  call: CallNode,
  keys: readonly Typed[],
  sets: boolean[][] | null,
  setColumn: PlanColumn | null,
): Typed {
  const at = call.args.map(arg => keys.findIndex(key => key.key === arg.key))
  if (at.includes(-1))
    throw new DBError('BAD_ARGUMENTS', 'Argument of GROUPING function is not a part of GROUP BY clause')
  const isStandard = resolver.context.settings.bool('force_grouping_standard_compatibility')
  const bits = (set: readonly boolean[]) => at.reduce((sum, key) => sum * 2n + (set[key] === isStandard ? 0n : 1n), 0n)
  if (!sets || !setColumn) return resolver.constant(bits(keys.map(() => true)), parseType('UInt64'))
  const column: Typed = { kind: 'column', ...setColumn, key: `#${setColumn.id}` }
  return resolver.call('arrayElement', [
    resolver.constant(sets.map(bits), parseType('Array(UInt64)')),
    resolver.call('plus', [column, resolver.constant(1, parseType('UInt8'))]),
  ])
}

function checkTotals(settings: Settings): void {
  const mode = settings.text('totals_mode')
  if (!['after_having_exclusive', 'before_having', 'after_having_inclusive', 'after_having_auto'].includes(mode))
    throw new DBError('BAD_ARGUMENTS', `Unknown totals_mode ${mode}`)
}

/** A key computed from other keys alone has one value for each of their groups. */
function follows(key: Typed, plain: ReadonlySet<string>): boolean {
  if (some(key, node => node.kind === 'call' && !node.bound.deterministic)) return false
  const columns = [...columnsOf(key).values()]
  return columns.length > 0 && columns.every(column => plain.has(column.key))
}
