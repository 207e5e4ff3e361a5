import type { Chunks } from '../../columns/chunk.ts'
import { chunkRowsMax } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { assert } from '../../core/assert.ts'
import type { Arena } from '../../core/memory.ts'
import type { LimitPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { gatherAll } from './basic.ts'
import { countRows } from './rowsBeforeLimit.ts'

/** LIMIT `limit` OFFSET `offset`. Returns as soon as it can, which stops the scan. */
export async function* limit(context: QueryContext, given: Chunks, plan: LimitPlan): Chunks {
  const input = countRows(context, given, plan)
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

/** Goes on behind the limit as long as rows equal the last one by the ORDER BY keys. */
async function* limitWithTies(context: QueryContext, input: Chunks, plan: LimitPlan): Chunks {
  const evaluator = new Evaluator(context, plan.columns)
  const arena = context.newArena()
  const keep = context.newArena()
  const keys = (plan.ties ?? []).map(key => key.expr)
  let seen = 0
  let last: EqualRows | null = null
  const end = plan.offset + plan.limit
  try {
    for await (const chunk of input) {
      arena.reset()
      const columns = evaluator.run(keys, chunk, arena)
      let take = Math.min(chunk.rows, Math.max(0, end - seen))
      if (take > 0 && seen + take === end) last = new EqualRows(columns, take - 1, keep)
      if (last && take < chunk.rows) take = last.endAfter(columns, chunk.rows, take, arena)
      const start = Math.min(take, Math.max(0, plan.offset - seen))
      if (take > start) yield chunk.cut(start, take - start)
      seen += chunk.rows
      if (take < chunk.rows) return
    }
  } finally {
    context.release(arena)
    context.release(keep)
  }
}

/** Tells which rows equal one that is known, NULLs being equal. */
class EqualRows {
  /** null: there are no keys, and all rows are equal. */
  readonly #table: GroupTable | null = null

  constructor(columns: readonly Column[], row: number, keep: Arena) {
    if (columns.length === 0) return
    this.#table = new GroupTable(
      keep,
      columns.map(column => column.type),
    )
    const one = columns.map(column => column.full(keep).slice(row, 1))
    this.#table.upsert(one, 1, keep)
  }

  /** The first row from `from` on that differs. */
  endAfter(columns: readonly Column[], rows: number, from: number, arena: Arena): number {
    if (!this.#table) return rows
    const mask = this.#differing(this.#table, columns, arena)
    const first = arena.memory.kernels.firstInMask(mask + from, rows - from)
    return first < 0 ? rows : from + first
  }

  /** The first of the equal rows that reach up to `before`. */
  startBefore(columns: readonly Column[], before: number, arena: Arena): number {
    if (!this.#table) return 0
    const mask = this.#differing(this.#table, columns, arena)
    return arena.memory.u8.subarray(mask, mask + before).lastIndexOf(1) + 1
  }

  #differing(table: GroupTable, columns: readonly Column[], arena: Arena): number {
    const { rows, memory } = columns[0]
    const ids = table.find(columns, rows, arena)
    const mask = arena.allocate(rows)
    memory.kernels.isFound(ids, rows, mask)
    memory.kernels.maskNot(mask, mask, rows)
    return mask
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
      const edge = new EqualRows(columns, plan.limit < 0 ? start : end - 1, arena)
      if (plan.limit < 0) start = edge.startBefore(columns, start, arena)
      else end = edge.endAfter(columns, all.rows, end, arena)
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
