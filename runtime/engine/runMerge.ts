import { DBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import type { MergeTask, TaskResult } from './messages.ts'

export async function runMerge(_context: QueryContext, task: MergeTask): Promise<TaskResult> {
  throw new DBError('NOT_IMPLEMENTED', `Merging ${task.chosen.sources.length} parts is not supported`)
}
