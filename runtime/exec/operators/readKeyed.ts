import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { assert } from '../../core/assert.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import type { KeyedSource } from '../source.ts'
import { TableFilter } from './packed.ts'

/** All rows of a dictionary or a Join table. */
export async function* readKeyed(context: QueryContext, plan: ScanPlan, source: KeyedSource): Chunks {
  assert(context.keyed !== null, 'a query over tables knows the keyed ones')
  const table = context.keyed(source)
  const columns = [...plan.columns, ...plan.filterColumns].map(({ name }) => table.column(name))
  const filtering = new TableFilter(context, plan)
  const arena = context.newArena()
  try {
    for (let start = 0; start < table.rows; start += chunkRowsMax) {
      await context.breathe()
      if (context.isBroken) return
      arena.reset()
      const rows = Math.min(chunkRowsMax, table.rows - start)
      const whole = new Chunk(
        columns.map(column => column.slice(start, rows)),
        rows,
      )
      context.read(rows, whole.byteSize())
      const kept = filtering.apply(whole, arena)
      if (kept) yield kept
    }
  } finally {
    context.release(arena)
  }
}
