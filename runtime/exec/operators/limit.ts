import type { Chunks } from '../../columns/chunk.ts'
import { chunkRowsMax } from '../../columns/chunk.ts'
import { assert } from '../../core/assert.ts'
import type { LimitPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { gatherAll } from './basic.ts'

/** LIMIT `limit` OFFSET `offset`. Returns as soon as it can, which stops the scan. */
export async function* limit(context: QueryContext, input: Chunks, plan: LimitPlan): Chunks {
  let left = plan.limit
  let skip = plan.offset
  if (left < 0 || skip < 0 || isShare(left) || isShare(skip)) {
    yield* limitOfAll(context, input, plan)
    return
  }
  if (plan.ties) {
    yield* limitWithTies(context, input, plan)
    return
  }
  if (left === 0) return
  for await (const chunk of input) {
    const start = Math.min(skip, chunk.rows)
    const length = Math.min(left, chunk.rows - start)
    skip -= start
    left -= length
    assert(left >= 0, 'LIMIT never gives more than it was asked for')
    if (length > 0) yield chunk.cut(start, length)
    if (left === 0) return
  }
}

/** Goes on behind the limit as long as rows equal the last one by the ORDER BY keys. Values are compared one by one: few are. */
async function* limitWithTies(context: QueryContext, input: Chunks, plan: LimitPlan): Chunks {
  const evaluator = new Evaluator(context, plan.columns)
  const arena = context.newArena()
  const keys = (plan.ties ?? []).map(key => key.expr)
  let seen = 0
  let last: string | null = null
  const end = plan.offset + plan.limit
  try {
    for await (const chunk of input) {
      arena.reset()
      const columns = evaluator.run(keys, chunk, arena)
      const keyAt = (row: number) => columns.map(column => String(column.valueAt(row))).join('\0')
      let take = Math.min(chunk.rows, Math.max(0, end - seen))
      if (take > 0 && seen + take === end) last = keyAt(take - 1)
      while (last !== null && take < chunk.rows && keyAt(take) === last) take++
      const start = Math.min(take, Math.max(0, plan.offset - seen))
      if (take > start) yield chunk.cut(start, take - start)
      seen += chunk.rows
      if (take < chunk.rows) return
    }
  } finally {
    context.release(arena)
  }
}

const isShare = (number: number): boolean => number > 0 && number < 1

/** Limits that need to know how many rows there are: from the end, or a share of all. */
async function* limitOfAll(context: QueryContext, input: Chunks, plan: LimitPlan): Chunks {
  const arena = context.newArena()
  try {
    const all = await gatherAll(context, input, plan.columns, arena)
    if (!all) return
    const count = (number: number) => (isShare(number) ? Math.ceil(number * all.rows) : number)
    let [start, end] = limitedRange(all.rows, count(plan.limit), count(plan.offset))
    if (plan.ties && start < end) {
      const evaluator = new Evaluator(context, plan.columns)
      const columns = evaluator.run(
        plan.ties.map(key => key.expr),
        all,
        arena,
      )
      const keyAt = (row: number) => columns.map(column => String(column.valueAt(row))).join('\0')
      if (plan.limit < 0) while (start > 0 && keyAt(start - 1) === keyAt(start)) start--
      else while (end < all.rows && keyAt(end) === keyAt(end - 1)) end++
    }
    for (; start < end; start += chunkRowsMax) {
      await context.breathe()
      yield all.cut(start, Math.min(chunkRowsMax, end - start))
    }
  } finally {
    context.release(arena)
  }
}

/** Which of so many rows are left. */
export function limitedRange(rows: number, limit: number, offset: number): [start: number, end: number] {
  let start = offset < 0 ? 0 : Math.min(offset, rows)
  let end = offset < 0 ? Math.max(rows + offset, 0) : rows
  if (limit < 0) start = Math.max(start, end + limit)
  else end = Math.min(end, start + limit)
  return [start, end]
}
