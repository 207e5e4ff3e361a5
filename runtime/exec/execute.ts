import type { Chunks } from '../columns/chunk.ts'
import type { Plan } from '../planner/plan.ts'
import type { QueryContext } from './context.ts'
import { aggregate } from './operators/aggregate.ts'
import { arrayJoin } from './operators/arrayJoin.ts'
import { filter, project, union, values } from './operators/basic.ts'
import { fill } from './operators/fill.ts'
import { join } from './operators/join.ts'
import { limit } from './operators/limit.ts'
import { distinct, limitBy } from './operators/limitBy.ts'
import { recursive } from './operators/recursive.ts'
import { setOperation } from './operators/setOperation.ts'
import { sort } from './operators/sort.ts'
import { window } from './operators/window.ts'
import { fetchLate } from './fetchLate.ts'
import type { GroupExchange } from './groupExchange.ts'
import { openScan } from './scan.ts'

/** What a plan has to do with other threads of its query. */
export interface Shared {
  /** For aggregations whose groups they put together. */
  readonly exchanges: ReadonlyMap<Plan, GroupExchange>
  /** The step whose rows others give too. */
  readonly joined: Plan | null
  /** Their rows beside those of this thread. */
  join(own: Chunks): Chunks
}

/** The plan's rows. Nothing runs until the first chunk is asked for; closing the iterator stops everything below. */
export function execute(context: QueryContext, plan: Plan, shared: Shared | null = null): Chunks {
  const own = executeStep(context, plan, shared)
  return shared?.joined === plan ? shared.join(own) : own
}

function executeStep(context: QueryContext, plan: Plan, shared: Shared | null): Chunks {
  const input = (below: Plan) => execute(context, below, shared)
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
      return aggregate(context, input(plan.input), plan, shared?.exchanges.get(plan) ?? null)
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
    case 'recursive':
      return recursive(context, plan)
    case 'fill':
      return fill(context, input(plan.input), plan)
    case 'scoped':
      return execute(context.under(plan.settings), plan.input, shared)
    case 'fetch':
      return fetchLate(context, input(plan.input), plan)
  }
}
