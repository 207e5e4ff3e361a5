import { type Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { sortRows } from '../../columns/sort.ts'
import { DBError } from '../../core/errors.ts'
import type { SortPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { Collector } from './basic.ts'

/** ORDER BY, and the first `limit` rows of it: then no more than a few chunks are ever kept. */
export async function* sort(context: QueryContext, input: Chunks, plan: SortPlan): Chunks {
  const keys = plan.keys.map(key => key.expr)
  const directions = plan.keys.map(({ descending, nullsFirst }) => ({ descending, nullsFirst }))
  const evaluator = new Evaluator(context, plan.columns)
  let arena = context.newArena()
  let kept = new Collector(context, plan.columns.length, arena)
  const limit = plan.withTies ? 0 : plan.limit
  const rowsMax = context.settings.number('max_rows_to_sort')
  /** Sorts what is there; with a limit, only the best rows stay. */
  const settle = (): Chunk | null => {
    const all = kept.finish()
    if (!all) return null
    const columns = evaluator.run(keys, all, arena)
    const count = limit > 0 ? Math.min(limit, all.rows) : all.rows
    const { order } = sortRows(columns, directions, all.rows, arena)
    const target = context.newArena()
    const sorted = all.gather(order, count, target)
    context.release(arena)
    arena = target
    kept = new Collector(context, plan.columns.length, arena)
    kept.add(sorted)
    return sorted
  }
  try {
    const threshold = Math.max(limit * 4, chunkRowsMax * 2)
    for await (const chunk of input) {
      kept.add(chunk)
      if (rowsMax > 0 && kept.rows > rowsMax)
        throw new DBError(
          'TOO_MANY_ROWS_OR_BYTES',
          `Limit for rows to sort exceeded: max rows: ${rowsMax}, current rows: ${kept.rows}`,
        )
      if (limit > 0 && kept.rows > threshold) settle()
    }
    const sorted = settle()
    if (!sorted) return
    for (let start = 0; start < sorted.rows; start += chunkRowsMax) {
      await context.breathe()
      yield sorted.cut(start, Math.min(chunkRowsMax, sorted.rows - start))
    }
  } finally {
    context.release(arena)
  }
}
