import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { type SortDirection, sortOrder } from '../../columns/sort.ts'
import { DBError } from '../../core/errors.ts'
import type { SortPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { TopRows } from '../sortChunks.ts'
import { Collector } from './basic.ts'

/** ORDER BY, and the first `limit` rows of it: then most rows of a long input are left behind at once. */
export async function* sort(context: QueryContext, input: Chunks, plan: SortPlan): Chunks {
  const sorted = plan.limit > 0 && !plan.withTies ? firstRows(context, input, plan) : allRows(context, input, plan)
  for await (const chunk of sorted)
    for (let start = 0; start < chunk.rows; start += chunkRowsMax) {
      await context.breathe()
      yield chunk.cut(start, Math.min(chunkRowsMax, chunk.rows - start))
    }
}

function checkRows(context: QueryContext, rows: number): void {
  const rowsMax = context.settings.number('max_rows_to_sort')
  if (rowsMax > 0 && rows > rowsMax)
    throw new DBError(
      'TOO_MANY_ROWS_OR_BYTES',
      `Limit for rows to sort exceeded: max rows: ${rowsMax}, current rows: ${rows}`,
    )
}

const directionsOf = (plan: SortPlan): SortDirection[] =>
  plan.keys.map(({ descending, nullsFirst }) => ({ descending, nullsFirst }))

/** One chunk. */
async function* allRows(context: QueryContext, input: Chunks, plan: SortPlan): Chunks {
  const evaluator = new Evaluator(context, plan.columns)
  const arena = context.newArena()
  try {
    const kept = new Collector(context, plan.columns.length, arena)
    for await (const chunk of input) {
      kept.add(chunk)
      checkRows(context, kept.rows)
    }
    const all = kept.finish()
    if (!all) return
    const keys = evaluator.run(
      plan.keys.map(key => key.expr),
      all,
      arena,
    )
    const order = sortOrder(keys, directionsOf(plan), all.rows, arena)
    yield all.gather(order, all.rows, arena)
  } finally {
    context.release(arena)
  }
}

/** One chunk of at most plan.limit rows. */
async function* firstRows(context: QueryContext, input: Chunks, plan: SortPlan): Chunks {
  const evaluator = new Evaluator(context, plan.columns)
  const width = plan.columns.length
  const arena = context.newArena()
  const scratch = context.newArena()
  const by = directionsOf(plan).map((direction, i) => ({ column: width + i, direction }))
  const top = new TopRows(arena, plan.limit, by)
  const exprs = plan.keys.map(key => key.expr)
  try {
    let rows = 0
    for await (const chunk of input) {
      rows += chunk.rows
      checkRows(context, rows)
      const keys = evaluator.run(exprs, chunk, scratch)
      top.add(new Chunk([...chunk.columns, ...keys], chunk.rows), scratch)
      scratch.reset()
    }
    const first = top.finish()
    if (first) yield new Chunk(first.columns.slice(0, width), first.rows)
  } finally {
    top.end()
    context.release(arena)
    context.release(scratch)
  }
}
