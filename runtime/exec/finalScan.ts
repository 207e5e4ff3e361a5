import { Chunk, type Chunks } from '../columns/chunk.ts'
import { DBError } from '../core/errors.ts'
import type { ScanPlan } from '../planner/plan.ts'
import { finalChunks } from '../storage/mergetree/finalChunks.ts'
import type { MarkRange, PartInfo } from '../storage/mergetree/part.ts'
import type { PartReader } from '../storage/mergetree/partReader.ts'
import type { QueryContext } from './context.ts'
import { Evaluator } from './evaluate.ts'
import type { MergeTreeSource } from './source.ts'
import { tableAdapter } from './tableAdapter.ts'
import { tableKeys } from './tableKeys.ts'

/**
 * SELECT ... FINAL: rows as if all parts were merged, then filtered. Rows of one key can be in any part, so one thread does it; granules
 * that the primary key rules out are ruled out for all rows of a key, and are not read.
 */
export async function* finalScan(
  context: QueryContext,
  plan: ScanPlan,
  source: MergeTreeSource,
  reader: PartReader,
  selected: readonly { readonly part: PartInfo; readonly ranges: readonly MarkRange[] }[],
): Chunks {
  if (plan.isShared && context.share.index !== 0) return
  const header = [...plan.columns, ...plan.filterColumns.filter(({ id }) => !plan.columns.some(one => one.id === id))]
  const stored = new Set(source.definition.columns.map(({ name }) => name))
  for (const { name } of header)
    if (!stored.has(name)) throw new DBError('NOT_IMPLEMENTED', `Column ${name} cannot be read with FINAL`)
  const ranges = new Map(
    selected.map(({ part, ranges }) => [part.id, { from: ranges[0].from, to: ranges[ranges.length - 1].to }]),
  )
  const evaluator = new Evaluator(context, header)
  const arena = context.newArena()
  try {
    const chunks = finalChunks(
      selected.map(({ part }) => part),
      header.map(({ name }) => name),
      {
        reader,
        definition: source.definition,
        keys: await tableKeys(context, source.definition, source.partitionKey, source.sortingKey),
        adapter: tableAdapter(context, source.definition),
        budget: context.budget,
        ranges,
        cancelled: context.isCancelled,
      },
    )
    for await (const chunk of chunks) {
      await context.breathe()
      if (context.isBroken) return
      arena.reset()
      context.read(chunk.rows, chunk.byteSize())
      let left = chunk
      for (const filter of plan.filters) {
        if (left.rows === 0) break
        const mask = evaluator.mask(filter, left, arena)
        if (mask === true) continue
        left = mask === false ? left.cut(0, 0) : left.filter(mask, arena)
      }
      if (left.rows > 0) yield new Chunk(left.columns.slice(0, plan.columns.length), left.rows)
    }
  } finally {
    context.release(arena)
  }
}
