import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { keepChunk } from '../../columns/keep.ts'
import { type SortDirection, sortOrder } from '../../columns/sort.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { SortPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { collationRanks } from '../collation.ts'
import { TopRows } from '../sortChunks.ts'
import { SortedRuns } from '../sortedRuns.ts'
import { Collector } from './basic.ts'
import { countRows } from './rowsBeforeLimit.ts'

/** More first rows than these are sorted with all others where memory is short: on disk they may be as many as they like. */
const firstRowsMax = 500_000
/** So many rows are sorted at once; more become runs, which are merged: that takes longer, but rows are not copied as a whole. */
const runRowsMax = 1 << 22

/** ORDER BY, and the first `limit` rows of it: then most rows of a long input are left behind at once. */
export async function* sort(context: QueryContext, given: Chunks, plan: SortPlan): Chunks {
  const input = countRows(context, given, plan)
  const isFew = plan.limit <= firstRowsMax || runBytesMax(context) === 0
  const isCollated = plan.keys.some(key => key.locale !== undefined)
  const sorted =
    plan.limit > 0 && !plan.withTies && isFew && !isCollated
      ? firstRows(context, input, plan)
      : allRows(context, input, plan)
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

/** Few rows: one sorted chunk. Many: sorted runs, which are merged at the end; what is too much for memory goes to disk. */
async function* allRows(context: QueryContext, input: Chunks, plan: SortPlan): Chunks {
  const width = plan.columns.length
  const evaluator = new Evaluator(context, plan.columns)
  const directions = directionsOf(plan)
  const types = plan.keys.map(key => key.expr.type)
  // Keys that are no columns of the input come behind them in the runs.
  let columns = width
  const by = plan.keys.map(({ expr }, i) => {
    const known = expr.kind === 'column' ? plan.columns.findIndex(({ id }) => id === expr.id) : -1
    return { column: known >= 0 ? known : columns++, direction: directions[i] }
  })
  // Ranks among other strings say nothing beside those of another run.
  const isCollated = plan.keys.some(key => key.locale !== undefined)
  const isMergeable = SortedRuns.accepts(types) && !isCollated
  const bytesMax = isMergeable ? runBytesMax(context) : 0
  const runs = new SortedRuns(context, types, by, bytesMax)
  const arena = context.newArena()
  const rowsWanted = plan.limit > 0 && !plan.withTies ? plan.limit : Number.POSITIVE_INFINITY
  const exprs = plan.keys.map(key => key.expr)
  /** The kept rows in order, copied to another arena than theirs if `target` is one. */
  const sorted = (kept: Collector, target: Arena, withKeys: boolean): Chunk | null => {
    const all = kept.finish()
    if (!all) return null
    const keys = evaluator.run(exprs, all, arena)
    const ordered = keys.map((key, i) => {
      const { locale } = plan.keys[i]
      return locale === undefined ? key : collationRanks(key, locale, arena)
    })
    const order = sortOrder(ordered, directions, all.rows, arena)
    const added = withKeys ? keys.filter((_, i) => by[i].column >= width) : []
    const rows = Math.min(all.rows, rowsWanted)
    const whole = new Chunk([...all.columns, ...added], all.rows)
    return target === arena ? whole.gather(order, rows, arena) : keepChunk(whole, order, rows, target)
  }
  const addRun = (kept: Collector) => {
    const own = context.newArena()
    const run = sorted(kept, own, true)
    if (run) runs.add(run, own)
    arena.reset()
  }
  try {
    let kept = new Collector(context, width, arena)
    let rows = 0
    for await (const chunk of input) {
      rows += chunk.rows
      kept.add(chunk)
      checkRows(context, rows)
      const isFull = bytesMax > 0 && (kept.bytes > bytesMax / 4 || kept.bytes + runs.bytes > bytesMax)
      if (!isMergeable || (kept.rows < runRowsMax && !isFull)) continue
      addRun(kept)
      kept = new Collector(context, width, arena)
      if (bytesMax > 0 && runs.bytes > bytesMax / 2) await runs.spill()
      await context.breathe()
    }
    if (runs.count === 0) {
      const all = sorted(kept, arena, false)
      if (all) yield all
      return
    }
    addRun(kept)
    let left = rowsWanted
    for await (const chunk of runs.merge()) {
      yield new Chunk(chunk.columns.slice(0, width), chunk.rows).cut(0, Math.min(left, chunk.rows))
      left -= chunk.rows
      if (left <= 0) return
    }
  } finally {
    context.release(arena)
  }
}

/** Beside the rows of runs there are those of the next run, the same put together, and their keys: so rows alone may take a part only. */
const runBytesMax = (context: QueryContext): number => context.spillBytes('max_bytes_before_external_sort', 1 / 4)

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
      if (plan.dynamic) plan.dynamic.value = top.threshold
    }
    const first = top.finish()
    if (first) yield new Chunk(first.columns.slice(0, width), first.rows)
  } finally {
    top.end()
    context.release(arena)
    context.release(scratch)
  }
}
