import type { Chunks } from '../../columns/chunk.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import type { SetOperationPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { GrowingCells } from '../growingCells.ts'

/** EXCEPT and INTERSECT: the right side's rows in a table with counts, by which the left side's rows are kept or not. */
export async function* setOperation(
  context: QueryContext,
  left: Chunks,
  right: Chunks,
  plan: SetOperationPlan,
): Chunks {
  const keep = context.newArena()
  const arena = context.newArena()
  const { kernels } = context.memory
  const table = new GroupTable(
    keep,
    plan.columns.map(column => column.type),
  )
  const counts = new GrowingCells(keep, 4)
  const seen = new GrowingCells(keep, 1)
  const inside = plan.operator === 'intersect' ? 1 : 0
  try {
    for await (const chunk of right) {
      await context.breathe()
      arena.reset()
      const ids = table.upsert(chunk.columns, chunk.rows, arena)
      if (!plan.distinct) kernels.countIds(ids, chunk.rows, counts.atLeast(table.size))
    }
    const known = table.size
    for await (const chunk of left) {
      arena.reset()
      const mask = arena.allocate(chunk.rows)
      if (plan.distinct) {
        const ids = table.upsert(chunk.columns, chunk.rows, arena)
        kernels.keepOnce(ids, chunk.rows, known, inside, seen.atLeast(table.size), mask)
      } else {
        const ids = table.find(chunk.columns, chunk.rows, arena)
        kernels.takeCounted(ids, chunk.rows, known, inside, counts.atLeast(known), mask)
      }
      const kept = chunk.filter(mask, arena)
      if (kept.rows > 0) yield kept
    }
  } finally {
    context.release(arena)
    context.release(keep)
  }
}
