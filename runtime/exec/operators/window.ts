import type { Chunks } from '../../columns/chunk.ts'
import { DBError } from '../../core/errors.ts'
import type { WindowPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'

/** Window functions are analyzed, but nothing runs them yet. */
// biome-ignore lint/correctness/useYield: it only refuses
export async function* window(_context: QueryContext, _input: Chunks, plan: WindowPlan): Chunks {
  throw new DBError('NOT_IMPLEMENTED', `Window function ${plan.windows[0].node.name} is not supported`)
}
