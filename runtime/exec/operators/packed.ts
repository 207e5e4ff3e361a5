import { columnOf } from '../../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { unpackChunk } from '../../columns/transfer.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import type { Value } from '../../types/value.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'

/** Chunks that travelled as buffers: Memory tables, temporary tables. Their columns are in the table's order. */
export async function* packed(
  context: QueryContext,
  plan: ScanPlan,
  buffers: Iterable<ArrayBuffer> | AsyncIterable<ArrayBuffer>,
): Chunks {
  const stored = plan.table.columns.filter(
    column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL' && !column.virtual,
  )
  const all = [...plan.columns, ...plan.filterColumns]
  const positions = all.map(column => stored.findIndex(({ name }) => name === column.name))
  const arena = context.newArena()
  const filtering = new TableFilter(context, plan)
  try {
    for await (const buffer of buffers) {
      await context.breathe()
      if (context.isBroken) return
      arena.reset()
      const whole = unpackChunk(buffer, arena)
      context.read(whole.rows, buffer.byteLength)
      for (let start = 0; start < whole.rows; start += chunkRowsMax) {
        const piece = whole.cut(start, Math.min(chunkRowsMax, whole.rows - start))
        const chunk = filtering.apply(
          new Chunk(
            positions.map(at => piece.columns[at]),
            piece.rows,
          ),
          arena,
        )
        if (chunk) yield chunk
      }
    }
  } finally {
    context.release(arena)
  }
}

/** Values in the table's columns' order: system tables. */
export async function* valueRows(context: QueryContext, plan: ScanPlan, rows: readonly (readonly Value[])[]): Chunks {
  const stored = plan.table.columns.filter(column => !column.virtual)
  const all = [...plan.columns, ...plan.filterColumns]
  const positions = all.map(column => stored.findIndex(({ name }) => name === column.name))
  const arena = context.newArena()
  const filtering = new TableFilter(context, plan)
  try {
    for (let start = 0; start < rows.length; start += chunkRowsMax) {
      await context.breathe()
      arena.reset()
      const slice = rows.slice(start, start + chunkRowsMax)
      const made = all.map(({ type }, i) =>
        columnOf(
          type,
          slice.map(row => row[positions[i]]),
          arena,
        ),
      )
      const whole = new Chunk(made, slice.length)
      context.read(slice.length, whole.byteSize())
      const chunk = filtering.apply(whole, arena)
      if (chunk) yield chunk
    }
  } finally {
    context.release(arena)
  }
}

/** A scan's own conditions over chunks of [columns, filterColumns]; gives the columns alone. */
export class TableFilter {
  readonly #evaluator: Evaluator

  constructor(
    context: QueryContext,
    readonly plan: ScanPlan,
  ) {
    this.#evaluator = new Evaluator(context, [...plan.columns, ...plan.filterColumns])
  }

  apply(whole: Chunk, arena: import('../../core/memory.ts').Arena): Chunk | null {
    let chunk = whole
    for (const filter of this.plan.filters) {
      const mask = this.#evaluator.mask(filter, chunk, arena)
      if (mask === false) return null
      if (mask !== true) chunk = chunk.filter(mask, arena)
      if (chunk.rows === 0) return null
    }
    return new Chunk(chunk.columns.slice(0, this.plan.columns.length), chunk.rows)
  }
}
