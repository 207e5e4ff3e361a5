import { columnsOf, isDeterministic, some, type Typed } from '../analyzer/typed.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import {
  type AggregatePlan,
  type Computed,
  type DynamicFilter,
  inputsOf,
  type Plan,
  type PlanColumn,
  type ScanPlan,
} from './plan.ts'
import { rewrite } from './rewriteAggregates.ts'

/** The rules, in their order. Each can be left out, for tests: results must not change. */
export interface OptimizerRules {
  readonly pushFilters: boolean
  readonly pruneColumns: boolean
  readonly countFromMetadata: boolean
  readonly limitHints: boolean
  readonly lateColumns: boolean
  readonly dynamicFilters: boolean
}

export const allRules: OptimizerRules = {
  pushFilters: true,
  pruneColumns: true,
  countFromMetadata: true,
  limitHints: true,
  lateColumns: true,
  dynamicFilters: true,
}

export function optimize(plan: Plan, rules: OptimizerRules = allRules): Plan {
  let result = plan
  if (rules.pushFilters) result = pushFilters(result)
  if (rules.countFromMetadata) result = countFromMetadata(result)
  if (rules.limitHints) limitHints(result)
  if (rules.pruneColumns) result = prune(result, new Set(result.columns.map(column => column.id)))
  if (rules.lateColumns) result = lateColumns(result, positionIdOf(result))
  if (rules.dynamicFilters) dynamicFilters(result)
  return result
}

function mapInputs(plan: Plan, change: (input: Plan) => Plan): Plan {
  if ('input' in plan) return { ...plan, input: change(plan.input) }
  if ('inputs' in plan) return { ...plan, inputs: plan.inputs.map(change) }
  if ('left' in plan) return { ...plan, left: change(plan.left), right: change(plan.right) }
  return plan
}

export function conjunctsOf(node: Typed): readonly Typed[] {
  return node.kind === 'call' && node.name === 'and' ? node.args.flatMap(conjunctsOf) : [node]
}

/** Conditions move down to where their columns come from; the scan checks them while it reads. */
function pushFilters(plan: Plan): Plan {
  if (plan.kind !== 'filter') return mapInputs(plan, pushFilters)
  return pushInto(pushFilters(plan.input), conjunctsOf(plan.condition))
}

function pushInto(plan: Plan, conditions: readonly Typed[]): Plan {
  if (conditions.length === 0) return plan
  const stay: Typed[] = []
  switch (plan.kind) {
    case 'filter':
      return pushInto(plan.input, [...conjunctsOf(plan.condition), ...conditions])
    case 'scan': {
      // What may fail in rows that other conditions leave out stays behind them.
      const isAlone = conditions.length + plan.filters.length === 1
      const down = conditions.filter(
        condition =>
          columnsOf(condition).size > 0 && isDeterministic(condition) && (isAlone || !some(condition, mayFail)),
      )
      for (const condition of conditions) if (!down.includes(condition)) stay.push(condition)
      return filtered({ ...plan, filters: [...plan.filters, ...down] }, stay)
    }
    case 'project': {
      const made = new Map(plan.columns.map(column => [`#${column.id}`, column.node]))
      const down: Typed[] = []
      for (const condition of conditions) {
        const replaced = rewrite(condition, made)
        if (isDeterministic(condition) && isDeterministic(replaced) && columnsOf(condition).size > 0)
          down.push(replaced)
        else stay.push(condition)
      }
      return filtered({ ...plan, input: pushInto(plan.input, down) }, stay)
    }
    case 'join': {
      if (plan.type === 'paste' || plan.strictness === 'asof') return filtered(plan, conditions)
      const ids = (side: Plan) => new Set(side.columns.map(column => column.id))
      const sides = { left: ids(plan.left), right: ids(plan.right) }
      const pushes = { left: [] as Typed[], right: [] as Typed[] }
      for (const condition of conditions) {
        const used = [...columnsOf(condition).keys()]
        const fits = (side: 'left' | 'right') =>
          used.length > 0 && used.every(id => sides[side].has(id)) && isDeterministic(condition)
        if (fits('left') && (plan.type === 'inner' || plan.type === 'left' || plan.type === 'cross'))
          pushes.left.push(condition)
        else if (fits('right') && (plan.type === 'inner' || plan.type === 'cross') && plan.strictness === 'all')
          pushes.right.push(condition)
        else stay.push(condition)
      }
      return filtered(
        { ...plan, left: pushInto(plan.left, pushes.left), right: pushInto(plan.right, pushes.right) },
        stay,
      )
    }
    case 'union': {
      const down = conditions.filter(isDeterministic)
      for (const condition of conditions) if (!down.includes(condition)) stay.push(condition)
      const inputs = plan.inputs.map(input => {
        const map = new Map(
          plan.columns.map((column, i): [string, Typed] => [
            `#${column.id}`,
            { kind: 'column', ...input.columns[i], key: `#${input.columns[i].id}` },
          ]),
        )
        return pushInto(
          input,
          down.map(condition => rewrite(condition, map)),
        )
      })
      return filtered({ ...plan, inputs }, stay)
    }
    case 'aggregate': {
      if (plan.sets || plan.totals) return filtered(plan, conditions)
      const keys = new Map(plan.keys.map(key => [`#${key.id}`, key.node]))
      const down: Typed[] = []
      for (const condition of conditions) {
        const used = [...columnsOf(condition).keys()]
        if (used.length > 0 && used.every(id => keys.has(`#${id}`)) && isDeterministic(condition))
          down.push(rewrite(condition, keys))
        else stay.push(condition)
      }
      return filtered({ ...plan, input: pushInto(plan.input, down) }, stay)
    }
    case 'scoped':
      return { ...plan, input: pushInto(plan.input, conditions) }
    case 'sort':
      if (plan.limit > 0) return filtered(plan, conditions)
      return { ...plan, input: pushInto(plan.input, conditions) }
    default:
      return filtered(plan, conditions)
  }
}

const parsing = /^(CAST|to(U?Int|Float|Date|Decimal|UUID|IPv|Time|Bool)|parseDateTime|throwIf|JSON_VALUE|reinterpret)/

/** Calls that fail for some values. */
function mayFail(node: Typed): boolean {
  if (node.kind !== 'call') return false
  if (node.name === 'throwIf') return true
  if (/^(intDiv|modulo|positiveModulo|moduloLegacy)$/.test(node.name)) return node.args[1]?.kind !== 'constant'
  return parsing.test(node.name) && node.args[0] !== undefined && /String/.test(node.args[0].type.name)
}

function filtered(input: Plan, conditions: readonly Typed[]): Plan {
  let plan = input
  for (const condition of conditions) plan = { kind: 'filter', input: plan, condition, columns: plan.columns }
  return plan
}

/** count() of a whole table is in its parts' metadata. */
function countFromMetadata(plan: Plan): Plan {
  const changed = mapInputs(plan, countFromMetadata)
  if (changed.kind !== 'aggregate' || changed.hasGroupBy || changed.totals || changed.aggregates.length === 0)
    return changed
  const scan = bareScan(changed.input)
  const rows = scan?.table.exactRows
  if (!scan || rows === undefined || scan.filters.length > 0 || scan.final || scan.sample) return changed
  const isCount = ({ node }: AggregatePlan['aggregates'][number]) =>
    node.bound.name === 'count' && node.args.every(arg => !arg.type.isNullable)
  if (!changed.aggregates.every(isCount)) return changed
  return { kind: 'values', columns: changed.columns, rows: [changed.aggregates.map(() => BigInt(rows))] }
}

/** The scan under projections that drop no rows. */
function bareScan(plan: Plan): ScanPlan | null {
  if (plan.kind === 'scan') return plan
  return plan.kind === 'project' ? bareScan(plan.input) : null
}

/** What LIMIT means for the steps below it. */
function limitHints(plan: Plan): void {
  if (
    plan.kind === 'limit' &&
    Number.isInteger(plan.limit) &&
    Number.isInteger(plan.offset) &&
    plan.limit >= 0 &&
    plan.offset >= 0 &&
    !plan.ties
  ) {
    const wanted = plan.limit + plan.offset
    let below = plan.input
    while (below.kind === 'project') below = below.input
    if (below.kind === 'scan' && below.filters.length === 0) below.rowsWanted = wanted
    if (below.kind === 'aggregate' && below.hasGroupBy && !below.totals && !below.sets) below.groupsWanted = wanted
  }
  for (const input of inputsOf(plan)) limitHints(input)
}

function need(nodes: Iterable<Typed>, into: Set<number>): Set<number> {
  for (const node of nodes) for (const id of columnsOf(node).keys()) into.add(id)
  return into
}

/** Steps keep the columns that something above asks for. */
function prune(plan: Plan, wanted: ReadonlySet<number>): Plan {
  const keep = <C extends PlanColumn>(columns: readonly C[]): C[] => columns.filter(column => wanted.has(column.id))
  switch (plan.kind) {
    case 'scan': {
      const filtersNeed = need(plan.filters, new Set())
      let columns = keep(plan.columns)
      const filterColumns = plan.columns.filter(column => filtersNeed.has(column.id) && !wanted.has(column.id))
      // A scan gives rows even when nothing of them is asked for: by its cheapest column.
      if (columns.length === 0 && filterColumns.length === 0) columns = [cheapest(plan.columns)]
      return { ...plan, columns, filterColumns }
    }
    case 'values':
      return plan
    case 'filter': {
      const input = prune(plan.input, need([plan.condition], new Set(wanted)))
      return { ...plan, input, columns: input.columns }
    }
    case 'project': {
      const columns = keep(plan.columns)
      const input = prune(
        plan.input,
        need(
          columns.map(column => column.node),
          new Set(),
        ),
      )
      return { ...plan, input, columns }
    }
    case 'aggregate': {
      const havingNeeds = need(plan.having ? [plan.having] : [], new Set())
      const aggregates = plan.aggregates.filter(({ id }) => wanted.has(id) || havingNeeds.has(id))
      const nodes: Typed[] = [...plan.keys.map(key => key.node), ...aggregates.flatMap(({ node }) => node.args)]
      return {
        ...plan,
        aggregates,
        columns: [...plan.keys, ...aggregates, ...(plan.setColumn ? [plan.setColumn] : [])],
        input: prune(plan.input, need(nodes, new Set())),
      }
    }
    case 'sort': {
      const input = prune(
        plan.input,
        need(
          plan.keys.map(key => key.expr),
          new Set(wanted),
        ),
      )
      return { ...plan, input, columns: input.columns }
    }
    case 'limit': {
      const input = prune(
        plan.input,
        need(
          (plan.ties ?? []).map(key => key.expr),
          new Set(wanted),
        ),
      )
      return { ...plan, input, columns: input.columns }
    }
    case 'limitBy': {
      const input = prune(plan.input, need(plan.by, new Set(wanted)))
      return { ...plan, input, columns: input.columns }
    }
    case 'distinct': {
      const all = plan.on === null ? new Set(plan.columns.map(column => column.id)) : need(plan.on, new Set(wanted))
      const input = prune(plan.input, all)
      return { ...plan, input, columns: input.columns }
    }
    case 'union': {
      const kept = keep(plan.columns)
      const columns = kept.length > 0 ? kept : plan.columns.slice(0, 1)
      const at = columns.map(column => plan.columns.indexOf(column))
      const inputs = plan.inputs.map(input =>
        project(
          prune(input, new Set(at.map(i => input.columns[i].id))),
          at.map(i => input.columns[i]),
        ),
      )
      return { ...plan, inputs, columns }
    }
    case 'recursive':
    case 'setOperation': {
      const side = (input: Plan) => prune(input, new Set(input.columns.map(column => column.id)))
      return { ...plan, left: side(plan.left), right: side(plan.right) }
    }
    case 'join': {
      const nodes = [
        ...plan.leftKeys,
        ...plan.rightKeys,
        ...(plan.residual ? [plan.residual] : []),
        ...(plan.asof ? [plan.asof.left, plan.asof.right] : []),
      ]
      const used = need(nodes, new Set())
      const side = (input: Plan, outputs: readonly PlanColumn[]) => {
        const ids = new Set(
          input.columns
            .filter((column, i) => used.has(column.id) || wanted.has(outputs[i].id))
            .map(column => column.id),
        )
        const pruned = prune(input, ids)
        const renamed = new Map(input.columns.map((column, i) => [column.id, outputs[i]]))
        return { pruned, outputs: pruned.columns.map(column => renamed.get(column.id) ?? column) }
      }
      const left = side(plan.left, plan.columns.slice(0, plan.left.columns.length))
      const right = side(plan.right, plan.columns.slice(plan.left.columns.length))
      return { ...plan, left: left.pruned, right: right.pruned, columns: [...left.outputs, ...right.outputs] }
    }
    case 'arrayJoin': {
      const below = need(
        plan.arrays.map(array => array.node),
        new Set(wanted),
      )
      const input = prune(plan.input, below)
      return { ...plan, input, columns: [...input.columns, ...plan.arrays] }
    }
    case 'window': {
      const nodes = plan.windows.flatMap(({ node }) => [
        ...node.args,
        ...node.window.partitionBy,
        ...node.window.orderBy.map(key => key.expr),
      ])
      const input = prune(plan.input, need(nodes, new Set(wanted)))
      return { ...plan, input, columns: [...input.columns, ...plan.windows] }
    }
    case 'fill': {
      const used = need(
        plan.interpolate.map(({ node }) => node),
        new Set(wanted),
      )
      for (const id of [...plan.prefix, ...plan.keys.map(key => key.column)]) used.add(id)
      for (const { column } of plan.interpolate) used.add(column)
      const input = prune(plan.input, used)
      return { ...plan, input, columns: input.columns }
    }
    case 'scoped': {
      const input = prune(plan.input, wanted)
      return { ...plan, input, columns: input.columns }
    }
    case 'fetch':
      return plan
  }
}

/** Exactly these columns, in this order. */
function project(input: Plan, columns: readonly PlanColumn[]): Plan {
  const same =
    input.columns.length === columns.length && columns.every((column, i) => column.id === input.columns[i].id)
  if (same) return input
  const computed = columns.map(
    (column): Computed => ({ ...column, node: { kind: 'column', ...column, key: `#${column.id}` } }),
  )
  return { kind: 'project', input, columns: computed }
}

function cheapest(columns: readonly PlanColumn[]): PlanColumn {
  const cost = ({ type }: PlanColumn) => (type.width > 0 ? type.width : 100) + (type instanceof IntegerType ? 0 : 1)
  return columns.reduce((best, column) => (cost(column) < cost(best) ? column : best))
}

/** Rows that are fetched late, at most. */
const lateRowsMax = 1000

/** A number that no column of the plan has. */
function positionIdOf(plan: Plan): number {
  let largest = 0
  const visit = (step: Plan) => {
    for (const { id } of step.columns) largest = Math.max(largest, id)
    if (step.kind === 'scan') for (const { id } of step.filterColumns) largest = Math.max(largest, id)
    for (const input of inputsOf(step)) visit(input)
  }
  visit(plan)
  return largest + 1
}

/** ORDER BY ... LIMIT n: columns that neither filters nor keys look at are read for the n rows alone. */
function lateColumns(plan: Plan, positionId: number): Plan {
  const changed = mapInputs(plan, input => lateColumns(input, positionId))
  if (changed.kind !== 'sort' || changed.limit === 0 || changed.limit > lateRowsMax || changed.withTies) return changed
  const project = changed.input
  if (project.kind !== 'project' || project.input.kind !== 'scan') return changed
  const scan = project.input
  if ((scan.table.source as { kind?: string }).kind !== 'mergeTree' || scan.final || scan.sample) return changed
  const bare = new Set(
    project.columns.filter(({ node, id }) => node.kind === 'column' && node.id === id).map(column => column.id),
  )
  const used = need(
    [
      ...changed.keys.map(key => key.expr),
      ...scan.filters,
      ...project.columns.filter(column => !bare.has(column.id)).map(column => column.node),
    ],
    new Set(),
  )
  const late = scan.columns.filter(
    column => bare.has(column.id) && !used.has(column.id) && !column.name.startsWith('_part'),
  )
  const bytes = late.reduce((sum, { type }) => sum + (type.width > 0 ? type.width : 50), 0)
  if (bytes < 16) return changed
  const position: PlanColumn = { id: positionId, name: '_position', type: parseType('UInt64') }
  const lateIds = new Set(late.map(column => column.id))
  const early = <C extends PlanColumn>(columns: readonly C[]) => columns.filter(column => !lateIds.has(column.id))
  const scanned: ScanPlan = { ...scan, columns: [...early(scan.columns), position] }
  const passed: Computed = { ...position, node: { kind: 'column', ...position, key: `#${position.id}` } }
  const projected: Plan = { kind: 'project', input: scanned, columns: [...early(project.columns), passed] }
  const sorted: Plan = { ...changed, input: projected, columns: projected.columns }
  return { kind: 'fetch', input: sorted, scan, fetched: late, position, columns: changed.columns }
}

/** ORDER BY x LIMIT n over a scan: once n rows are at hand, the scan leaves out rows with a worse x before it reads anything else. */
function dynamicFilters(plan: Plan): void {
  for (const input of inputsOf(plan)) dynamicFilters(input)
  if (plan.kind !== 'sort' || plan.limit === 0 || plan.withTies) return
  const [{ expr, descending, locale }] = plan.keys
  if (locale !== undefined) return
  let node: Typed | undefined = expr
  let below = plan.input
  while (below.kind === 'project' && node?.kind === 'column') {
    const { id }: PlanColumn = node
    node = below.columns.find(column => column.id === id)?.node
    below = below.input
  }
  if (
    below.kind !== 'scan' ||
    node?.kind !== 'column' ||
    (below.table.source as { kind?: string }).kind !== 'mergeTree'
  )
    return
  const { type } = node
  if (
    type.isNullable ||
    type.width === 0 ||
    type.width > 8 ||
    !/^[UI](8|16|32|64)$/.test(type.physical ?? '') ||
    type.kind.startsWith('Enum')
  )
    return
  const { id } = node
  const column = [...below.columns, ...below.filterColumns].find(other => other.id === id)
  if (!column || below.final) return
  const dynamic: DynamicFilter = { column, descending, value: undefined }
  below.dynamic = dynamic
  plan.dynamic = dynamic
}
