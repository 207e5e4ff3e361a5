import type { QueryContext } from '../exec/context.ts'
import { DBError } from '../core/errors.ts'
import { tableAdapter } from '../exec/tableAdapter.ts'
import { tableKeys } from '../exec/tableKeys.ts'
import { type MergeTarget, mergeParts } from '../storage/mergetree/mergeParts.ts'
import type { MergeTask, TaskResult } from './messages.ts'
import { withoutExpired } from './runMutation.ts'

/** Merges parts in a worker; the control thread commits what comes of it. */
export async function runMerge(context: QueryContext, task: MergeTask): Promise<TaskResult> {
  const { source } = task.table
  if (source.kind !== 'mergeTree') throw new DBError('LOGICAL_ERROR', 'Only MergeTree tables are merged')
  const reader = await context.resources.partReader(source.location)
  reader.checkAgain(task.chosen.sources)
  const keys = await tableKeys(context, source.definition, source.partitionKey, source.sortingKey)
  const target: MergeTarget = {
    reader,
    disk: reader.disk,
    codec: reader.codec,
    definition: source.definition,
    keys,
    adapter: tableAdapter(context, source.definition),
    cancelled: context.isCancelled,
    breathe: () => context.letOthers(),
    now: () => context.platform.clock.now(),
  }
  const part = await mergeParts(task.chosen.sources, task.chosen.temporaryPath, target)
  const isKept = !task.appliesTtl || source.definition.ttl === undefined
  return { kind: 'parts', parts: [isKept ? part : await withoutExpired(context, task, part, target)] }
}
