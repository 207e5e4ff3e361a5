import type { QueryContext } from '../exec/context.ts'
import type { MergeTask, TaskResult } from './messages.ts'
export async function runMerge(_c: QueryContext, _t: MergeTask): Promise<TaskResult> { return { kind: 'none' } }
