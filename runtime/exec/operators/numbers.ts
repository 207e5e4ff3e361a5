import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import type { Source } from '../source.ts'
import { TableFilter } from './packed.ts'

/** system.numbers, numbers(), zeros(), generate_series(). */
export async function* numbers(
  context: QueryContext,
  plan: ScanPlan,
  source: Extract<Source, { kind: 'numbers' }>,
): Chunks {
  const arena = context.newArena()
  const all = [...plan.columns, ...plan.filterColumns]
  const filtering = new TableFilter(context, plan)
  const { memory } = context
  const size = Math.min(chunkRowsMax, Math.max(1, context.settings.number('max_block_size')))
  let next = source.start
  let left = source.count
  let wanted = plan.rowsWanted > 0 ? plan.rowsWanted : Number.POSITIVE_INFINITY
  try {
    while ((left === null || left > 0n) && wanted > 0 && !context.isBroken) {
      await context.breathe()
      arena.reset()
      const rows = Math.min(size, wanted, left === null ? size : Number(left < BigInt(size) ? left : BigInt(size)))
      const columns = all.map(({ type }) => {
        if (source.zeros) return new FixedColumn(type, memory, arena.allocateZeroed(rows * type.width), rows)
        const pointer = arena.allocate(rows * 8)
        // The first value and the step go through memory: kernels take no 64-bit arguments from JavaScript.
        const cell = memory.scratch(16)
        memory.u64[cell / 8] = BigInt.asUintN(64, next)
        memory.u64[cell / 8 + 1] = BigInt.asUintN(64, source.step)
        memory.kernels.fillNumbers(cell, rows, pointer)
        return new FixedColumn(type, memory, pointer, rows)
      })
      context.read(rows, rows * 8)
      // Numbers that go over a limit under the mode `break` are left out.
      if (context.isBroken && !source.zeros) return
      next += BigInt(rows) * source.step
      if (left !== null) left -= BigInt(rows)
      wanted -= rows
      const chunk = filtering.apply(new Chunk(columns, rows), arena)
      if (chunk) yield chunk
    }
  } finally {
    context.release(arena)
  }
}
