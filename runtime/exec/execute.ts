import type { Chunks } from '../columns/chunk.ts'
import type { Plan, ScanPlan } from '../planner/plan.ts'
import type { QueryContext } from './context.ts'
import { aggregate, type PartialAggregation } from './operators/aggregate.ts'
import { arrayJoin } from './operators/arrayJoin.ts'
import { filter, project, union, values } from './operators/basic.ts'
import { join } from './operators/join.ts'
import { limit } from './operators/limit.ts'
import { distinct, limitBy } from './operators/limitBy.ts'
import { setOperation } from './operators/setOperation.ts'
import { sort } from './operators/sort.ts'
import { window } from './operators/window.ts'
import { fetchLate } from './fetchLate.ts'
import { openScan } from './scan.ts'

/** What other threads give for the step that is shared: partial states for an aggregation, chunks for everything else. */
export interface Shared {
  readonly step: Plan
  partials?(): AsyncIterable<PartialAggregation>
  chunks?(): Chunks
}

/** The plan's rows. Nothing runs until the first chunk is asked for; closing the iterator stops everything below. */
export function execute(context: QueryContext, plan: Plan, shared: Shared | null = null): Chunks {
  const input = (below: Plan) => {
    const own = execute(context, below, shared)
    return shared?.step === below && shared.chunks ? chain(own, shared.chunks()) : own
  }
  switch (plan.kind) {
    case 'scan':
      return openScan(context, plan)
    case 'values':
      return values(context, plan)
    case 'filter':
      return filter(context, input(plan.input), plan)
    case 'project':
      return project(context, input(plan.input), plan)
    case 'aggregate':
      return aggregate(
        context,
        input(plan.input),
        plan,
        shared?.step === plan && shared.partials ? shared.partials() : null,
      )
    case 'sort':
      return sort(context, input(plan.input), plan)
    case 'limit':
      return limit(context, input(plan.input), plan)
    case 'limitBy':
      return limitBy(context, input(plan.input), plan)
    case 'distinct':
      return distinct(context, input(plan.input), plan)
    case 'union':
      return union(plan.inputs.map(input), plan)
    case 'setOperation':
      return setOperation(context, input(plan.left), input(plan.right), plan)
    case 'join':
      return join(context, input(plan.left), input(plan.right), plan)
    case 'arrayJoin':
      return arrayJoin(context, input(plan.input), plan)
    case 'window':
      return window(context, input(plan.input), plan)
    case 'fetch':
      return fetchLate(context, input(plan.input), plan)
  }
}

async function* chain(first: Chunks, second: Chunks): Chunks {
  yield* first
  yield* second
}

/**
 * The step whose work can be divided among threads, each over its share of the rows of one table: an aggregation, the first rows
 * of a sort, or the filtered scan itself. Marks its scan. null where the plan has no such step.
 */
export function findShared(plan: Plan): Plan | null {
  switch (plan.kind) {
    case 'aggregate':
      return plan.sets === null && share(plan.input) ? plan : null
    case 'sort':
      if (plan.limit > 0 && !plan.withTies && share(plan.input)) return plan
      return findShared(plan.input)
    case 'project':
    case 'filter':
    case 'limit':
    case 'limitBy':
    case 'distinct':
    case 'fetch':
    case 'window':
    case 'arrayJoin': {
      const below = findShared(plan.input)
      if (below) return below
      return plan.kind === 'filter' && share(plan.input) ? plan.input : null
    }
    case 'scan':
      return plan.filters.length > 0 && share(plan) ? plan : null
    default:
      return null
  }
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
