import type { Chunks } from '../../columns/chunk.ts'
import type { Plan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'

/** The step that tells how many rows there would be without the query's LIMIT: the sort below it, else the LIMIT itself. null: no LIMIT. */
export function limitedStep(plan: Plan): Plan | null {
  let step = plan
  while (step.kind === 'project' || step.kind === 'fetch') step = step.input
  if (step.kind === 'sort' && step.limit > 0) return step
  if (step.kind !== 'limit') return null
  let below = step.input
  while (below.kind === 'project' || below.kind === 'fetch') below = below.input
  return below.kind === 'sort' && below.limit > 0 ? below : step
}

/** Counts the input of that step. */
export function countRows(context: QueryContext, input: Chunks, plan: Plan): Chunks {
  return context.limited === plan ? counted(context, input) : input
}

async function* counted(context: QueryContext, input: Chunks): Chunks {
  for await (const chunk of input) {
    context.rowsBeforeLimit += chunk.rows
    yield chunk
  }
}
