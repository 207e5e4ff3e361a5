import { type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { noRow } from '../../columns/column.ts'
import { DBError } from '../../core/errors.ts'
import type { DistinctPlan, LimitByPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { GrowingCells } from '../growingCells.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { gatherAll } from './basic.ts'
import { limitedRange } from './limit.ts'

/** LIMIT n BY: the first n rows (behind an offset) of each group. */
export async function* limitBy(context: QueryContext, input: Chunks, plan: LimitByPlan): Chunks {
  if (plan.limit < 0 || plan.offset < 0) {
    yield* limitByEnd(context, input, plan)
    return
  }
  const keep = context.newArena()
  const arena = context.newArena()
  const evaluator = new Evaluator(context, plan.columns)
  const table = new GroupTable(
    keep,
    plan.by.map(node => node.type),
  )
  const { memory } = context
  const counts = new GrowingCells(keep, 4)
  try {
    for await (const chunk of input) {
      arena.reset()
      const ids = table.upsert(evaluator.run(plan.by, chunk, arena), chunk.rows, arena)
      const mask = arena.allocate(chunk.rows)
      memory.kernels.limitByMask(
        ids,
        chunk.rows,
        counts.atLeast(table.size),
        plan.offset,
        Math.min(plan.offset + plan.limit, noRow - 1),
        mask,
      )
      const kept = chunk.filter(mask, arena)
      if (kept.rows > 0) yield kept
    }
  } finally {
    context.release(arena)
    context.release(keep)
  }
}

/** A limit or an offset that counts from the last row of each group: all rows have to be there. */
async function* limitByEnd(context: QueryContext, input: Chunks, plan: LimitByPlan): Chunks {
  const arena = context.newArena()
  try {
    const all = await gatherAll(context, input, plan.columns, arena)
    if (!all) return
    const table = new GroupTable(
      arena,
      plan.by.map(node => node.type),
    )
    const ids = table.upsert(new Evaluator(context, plan.columns).run(plan.by, all, arena), all.rows, arena)
    const mask = arena.allocate(all.rows)
    const { u8, u32 } = context.memory
    const idOf = (row: number) => u32[ids / 4 + row]
    const sizes = new Uint32Array(table.size)
    for (let row = 0; row < all.rows; row++) sizes[idOf(row)]++
    const seen = new Uint32Array(table.size)
    for (let row = 0; row < all.rows; row++) {
      const id = idOf(row)
      const [start, end] = limitedRange(sizes[id], plan.limit, plan.offset)
      const at = seen[id]++
      u8[mask + row] = at >= start && at < end ? 1 : 0
    }
    const kept = all.filter(mask, arena)
    for (let start = 0; start < kept.rows; start += chunkRowsMax)
      yield kept.cut(start, Math.min(chunkRowsMax, kept.rows - start))
  } finally {
    context.release(arena)
  }
}

/** DISTINCT: rows whose key has not been seen. Stops when `limit` rows are out. */
export async function* distinct(context: QueryContext, input: Chunks, plan: DistinctPlan): Chunks {
  const keep = context.newArena()
  const arena = context.newArena()
  const evaluator = new Evaluator(context, plan.columns)
  const keys =
    plan.on ?? plan.columns.map(({ id, name, type }) => ({ kind: 'column' as const, id, name, type, key: `#${id}` }))
  const table = new GroupTable(
    keep,
    keys.map(node => node.type),
  )
  const rowsMax = context.settings.number('max_rows_in_distinct')
  try {
    for await (const chunk of input) {
      arena.reset()
      const before = table.size
      const ids = table.upsert(evaluator.run(keys, chunk, arena), chunk.rows, arena)
      const added = table.size - before
      if (added === 0) continue
      if (rowsMax > 0 && table.size > rowsMax)
        throw new DBError('SET_SIZE_LIMIT_EXCEEDED', `Limit for DISTINCT exceeded, max rows: ${rowsMax}`)
      const first = arena.allocate(added * 4)
      context.memory.kernels.newKeyRows(ids, chunk.rows, before, first)
      yield added === chunk.rows ? chunk : chunk.gather(first, added, arena)
      if (plan.limit > 0 && table.size >= plan.limit) return
    }
  } finally {
    context.release(arena)
    context.release(keep)
  }
}
