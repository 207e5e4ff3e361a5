import type { QueryContext } from '../exec/context.ts'
import type { MergeTreeSource } from '../exec/source.ts'
import { tableKeys } from '../exec/tableKeys.ts'
import { insertBytesMax, insertRowsMax, InsertWriter } from '../storage/mergetree/insert.ts'
import type { Sink } from './sinks.ts'

/** Parts written aside, for the control thread to commit. */
export async function mergeTreeSink(context: QueryContext, source: MergeTreeSource): Promise<Sink> {
  const reader = await context.resources.partReader(source.location)
  const keys = await tableKeys(context, source.definition, source.partitionKey, source.sortingKey)
  let number = 0
  const tag = `${insertTag(context.environment.queryId)}_${Math.floor(context.environment.random() * 1e9)}`
  const writer = new InsertWriter(
    {
      disk: reader.disk,
      codec: reader.codec,
      path: source.path,
      definition: source.definition,
      keys,
      optimize: context.settings.bool('optimize_on_insert'),
      uniqueName: () => `${tag}_${++number}`,
      now: () => context.platform.clock.now(),
      breathe: () => context.breathe(),
    },
    context.budget,
    {
      rows: Math.max(1, Math.min(insertRowsMax, context.settings.number('max_insert_block_size'))),
      bytes: insertBytesMax,
      partitions: context.settings.number('max_partitions_per_insert_block') || Number.POSITIVE_INFINITY,
    },
  )
  return {
    add: chunk => writer.add(chunk),
    finish: async () => ({ kind: 'parts', parts: await writer.finish() }),
    abort: () => writer.abort(),
  }
}

/** What the directories that a query writes aside are named by. */
export const insertTag = (queryId: string): string => queryId.replace(/[^0-9a-zA-Z]/g, '').slice(0, 40)
