import type { Chunks } from '../../columns/chunk.ts'
import type { SetOperationPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { GroupTable } from '../../columns/groupTable.ts'

/** EXCEPT and INTERSECT: the right side's rows in a table with counts, by which the left side's rows are kept or not. */
export async function* setOperation(
  context: QueryContext,
  left: Chunks,
  right: Chunks,
  plan: SetOperationPlan,
): Chunks {
  const keep = context.newArena()
  const arena = context.newArena()
  const table = new GroupTable(
    keep,
    plan.columns.map(column => column.type),
  )
  const counts: number[] = []
  try {
    for await (const chunk of right) {
      arena.reset()
      const ids = table.upsert(chunk.columns, chunk.rows, arena)
      const { u32 } = context.memory
      for (let row = 0; row < chunk.rows; row++) {
        const id = u32[ids / 4 + row]
        counts[id] = (counts[id] ?? 0) + 1
      }
    }
    const known = table.size
    const seen = new Set<number>()
    for await (const chunk of left) {
      arena.reset()
      const ids = table.upsert(chunk.columns, chunk.rows, arena)
      const mask = arena.allocate(chunk.rows)
      const { u32, u8 } = context.memory
      for (let row = 0; row < chunk.rows; row++) {
        const id = u32[ids / 4 + row]
        const isRight = id < known
        let keepRow: boolean
        if (plan.distinct) {
          keepRow = isRight === (plan.operator === 'intersect') && !seen.has(id)
          seen.add(id)
        } else {
          const left = counts[id] ?? 0
          if (left > 0) counts[id] = left - 1
          keepRow = left > 0 === (plan.operator === 'intersect')
        }
        u8[mask + row] = keepRow ? 1 : 0
      }
      const kept = chunk.filter(mask, arena)
      if (kept.rows > 0) yield kept
    }
  } finally {
    context.release(arena)
    context.release(keep)
  }
}
