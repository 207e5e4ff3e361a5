import { bindAggregate } from '../aggregates/bind.ts'
import type { GroupedAggregate } from '../aggregates/aggregate.ts'
import { concatColumns, defaultColumn } from '../columns/build.ts'
import { Chunk } from '../columns/chunk.ts'
import type { Arena } from '../core/memory.ts'
import type { QueryContext } from '../exec/context.ts'
import type { FormatColumn } from '../formats/format.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'

/** The smallest and the largest value of each column of a result: the setting `extremes`. */
export function extremesOf(context: QueryContext, schema: readonly FormatColumn[]) {
  const states = schema.map(({ type }) => {
    if (['Array', 'Map', 'AggregateFunction'].includes(type.kind)) return null
    return ['min', 'max'].map((name): GroupedAggregate => {
      const state = bindAggregate(name, [type], []).create(context.arena)
      state.ensure(1)
      return state
    })
  })
  let rows = 0
  return {
    add(chunk: Chunk): void {
      rows += chunk.rows
      const arena = context.newArena()
      chunk.columns.forEach((column, i) => {
        const full = column.full(arena)
        const plain = full instanceof LowCardinalityColumn ? full.plain(arena) : full
        for (const state of states[i] ?? []) state.add(0, [plain], chunk.rows)
      })
      context.release(arena)
    },
    finish(arena: Arena): Chunk | null {
      if (rows === 0) return null
      const columns = schema.map(({ type }, i) => {
        const pair = states[i]
        if (!pair) return defaultColumn(type, 2, arena)
        const both = concatColumns(
          pair.map(state => state.result(0, 1, arena)),
          arena,
        )
        return both instanceof NullableColumn && !type.isNullable ? both.values : both
      })
      return new Chunk(columns, 2)
    },
  }
}
