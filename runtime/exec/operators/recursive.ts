import type { Chunks } from '../../columns/chunk.ts'
import { packChunk } from '../../columns/transfer.ts'
import { DBError } from '../../core/errors.ts'
import type { RecursivePlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { execute } from '../execute.ts'

/** WITH RECURSIVE: each step reads the rows of the step before. */
export async function* recursive(context: QueryContext, plan: RecursivePlan): Chunks {
  const depthMax = context.settings.number('max_recursive_cte_evaluation_depth')
  const { working } = plan
  let made: ArrayBuffer[] = []
  for (let depth = 0; depth === 0 || made.length > 0; depth++) {
    if (depth > depthMax)
      throw new DBError(
        'TOO_DEEP_RECURSION',
        `Maximum recursive CTE evaluation depth (${depthMax}) exceeded, during evaluation of ${plan.name}. Consider raising max_recursive_cte_evaluation_depth setting`,
      )
    working.splice(0, working.length, ...made)
    made = []
    for await (const chunk of execute(context, depth === 0 ? plan.left : plan.right)) {
      await context.breathe()
      if (chunk.rows === 0) continue
      made.push(packChunk(chunk))
      yield chunk
    }
  }
}
