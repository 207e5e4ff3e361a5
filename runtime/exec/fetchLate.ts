import { concatColumns, defaultColumn } from '../columns/build.ts'
import { Chunk, type Chunks } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import type { FetchPlan } from '../planner/plan.ts'
import { markOfRow, rowOfMark } from '../storage/mergetree/part.ts'
import type { QueryContext } from './context.ts'
import { ScanAhead } from './scanAhead.ts'
import type { MergeTreeSource } from './source.ts'

/** A position is the part's number in the source times this, plus the row. */
export const positionUnit = 2 ** 40

/** Granules whose bytes are asked for together, where that has to be waited for. */
const granulesAhead = 16

/** Columns of few rows, by the rows' positions in their parts: granule by granule. */
export async function* fetchLate(context: QueryContext, input: Chunks, plan: FetchPlan): Chunks {
  const source = plan.scan.table.source as MergeTreeSource
  const reader = await context.resources.partReader(source.location)
  const at = plan.input.columns.findIndex(column => column.id === plan.position.id)
  const names = plan.fetched.map(column => column.name)
  const arena = context.newArena()
  const scratch = context.newArena()
  const ahead = new ScanAhead(context, reader, names, [])
  const { lease } = ahead
  try {
    for await (const chunk of input) {
      arena.reset()
      const positions = Array.from({ length: chunk.rows }, (_, row) => Number(chunk.columns[at].valueAt(row)))
      const byGranule = new Map<string, { part: number; mark: number; rows: number[] }>()
      positions.forEach((position, row) => {
        const part = Math.floor(position / positionUnit)
        const mark = markOfRow(source.parts[part], position % positionUnit)
        const key = `${part}/${mark}`
        const entry = byGranule.get(key)
        if (entry) entry.rows.push(row)
        else byGranule.set(key, { part, mark, rows: [row] })
      })
      const reads = [...byGranule.values()].map(({ part, mark }) => ({
        part: source.parts[part],
        columns: names,
        from: mark,
        to: mark + 1,
      }))
      let step = 0
      const pieces: Column[][] = names.map(() => [])
      const order: number[] = []
      for (const { part, mark, rows } of byGranule.values()) {
        context.check()
        scratch.reset()
        lease.passed(step - 1)
        if (step % granulesAhead === 0)
          await reader.fetchAhead(reads.slice(step, step + granulesAhead), lease, step + granulesAhead - 1)
        step++
        const info = source.parts[part]
        const pin = await reader.chunk(info, names, mark, mark + 1, scratch, lease)
        const first = rowOfMark(info, mark)
        const numbers = arena.allocate(rows.length * 4)
        rows.forEach((row, i) => {
          context.memory.u32[numbers / 4 + i] = (positions[row] % positionUnit) - first
        })
        plan.fetched.forEach(({ type }, i) => {
          const column = pin.columns[i] ?? defaultColumn(type, pin.rows, scratch)
          const typed = column.type.equals(type)
            ? column
            : context.resources.cast(column.type, type, context)(column, column.rows, scratch)
          pieces[i].push(typed.gather(numbers, rows.length, arena))
        })
        pin.release()
        order.push(...rows)
      }
      // Back to the order of the rows.
      const back = arena.allocate(order.length * 4)
      order.forEach((row, i) => {
        context.memory.u32[back / 4 + row] = i
      })
      const fetched = new Map(
        plan.fetched.map(({ id }, i) => [id, concatColumns(pieces[i], arena).gather(back, order.length, arena)]),
      )
      const own = new Map(plan.input.columns.map(({ id }, i) => [id, chunk.columns[i]]))
      const columns = plan.columns.map(({ id }) => fetched.get(id) ?? own.get(id)!)
      yield new Chunk(columns, chunk.rows)
    }
  } finally {
    ahead.end()
    context.release(arena)
    context.release(scratch)
  }
}
