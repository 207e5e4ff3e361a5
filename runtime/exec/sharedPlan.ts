import { isDeterministic } from '../analyzer/typed.ts'
import type { AggregatePlan, Plan, ScanPlan } from '../planner/plan.ts'

/** How a plan is divided among threads, each of which runs it up to a step over its share of one table. */
export interface SharedPlan {
  /** What each helper runs. */
  readonly top: Plan
  /** The step whose rows the leading thread joins with the helpers' rows; null: they give none. */
  readonly joined: Plan | null
  /** Aggregations whose groups the threads put together, the innermost first. */
  readonly aggregations: readonly AggregatePlan[]
}

/**
 * The part of a plan that can be divided: up to an aggregation and what can be done on each thread's groups above it, up to the first rows
 * of a sort, or the filtered scan itself. Marks its scan. null where the plan has no such part.
 */
export function findShared(plan: Plan): SharedPlan | null {
  return find(plan, [])
}

/** above: the steps on the way to here, the nearest first. */
function find(plan: Plan, above: readonly Plan[]): SharedPlan | null {
  switch (plan.kind) {
    case 'aggregate':
      return plan.sets === null && share(plan.input) ? grouped(plan, above) : throughAggregation(plan, above)
    case 'sort':
      if (plan.limit > 0 && !plan.withTies && share(plan.input))
        return { top: plan, joined: plan.input, aggregations: [] }
      return find(plan.input, [plan, ...above])
    case 'project':
    case 'filter':
    case 'limit':
    case 'limitBy':
    case 'distinct':
    case 'fetch':
    case 'window':
    case 'arrayJoin': {
      const below = find(plan.input, [plan, ...above])
      if (below) return below
      return plan.kind === 'filter' && share(plan.input) ? rowsOf(plan.input) : null
    }
    case 'scan':
      return plan.filters.length > 0 && share(plan) ? rowsOf(plan) : null
    default:
      return null
  }
}

const rowsOf = (plan: Plan): SharedPlan => ({ top: plan, joined: plan, aggregations: [] })

/** An aggregation over one that can be shared, or over first rows. */
function throughAggregation(plan: AggregatePlan, above: readonly Plan[]): SharedPlan | null {
  const below = find(plan.input, [plan, ...above])
  return below && (below.aggregations.length > 0 || below.top.kind === 'sort') ? below : null
}

/** Above an aggregation: what can be done to each thread's groups by themselves. */
function grouped(plan: AggregatePlan, above: readonly Plan[]): SharedPlan {
  let top: Plan = plan
  for (const step of above) {
    switch (step.kind) {
      case 'project':
        if (!step.columns.every(({ node }) => isDeterministic(node))) break
        top = step
        continue
      case 'filter':
        if (!isDeterministic(step.condition)) break
        top = step
        continue
      case 'arrayJoin':
        if (!step.arrays.every(({ node }) => isDeterministic(node))) break
        top = step
        continue
      case 'sort':
        if (step.limit > 0 && !step.withTies) return { top: step, joined: top, aggregations: [plan] }
        break
      case 'limit':
        if (step.ties === null)
          return { top: { ...step, limit: step.limit + step.offset, offset: 0 }, joined: top, aggregations: [plan] }
        break
      case 'aggregate':
        if (step.sets === null && !step.totals) return { top: step, joined: null, aggregations: [plan, step] }
    }
    break
  }
  return { top, joined: top, aggregations: [plan] }
}

/** Marks the scan below as shared, if every step on the way to it works on each row by itself. */
function share(plan: Plan): boolean {
  if (plan.kind === 'scan') {
    const source = plan.table.source as { kind?: string }
    if (source.kind !== 'mergeTree' || plan.rowsWanted > 0 || plan.final) return false
    ;(plan as ScanPlan).isShared = true
    return true
  }
  if (plan.kind === 'project' || plan.kind === 'filter' || plan.kind === 'arrayJoin') return share(plan.input)
  return (
    plan.kind === 'join' && (plan.type === 'inner' || plan.type === 'left' || plan.type === 'cross') && share(plan.left)
  )
}
