import type { Chunks } from '../../columns/chunk.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import type { Source } from '../source.ts'
import { packed } from './packed.ts'

/** Log tables: packed chunks in one file. */
export function readLog(context: QueryContext, plan: ScanPlan, source: Extract<Source, { kind: 'log' }>): Chunks {
  return packed(context, plan, buffers(context, source))
}

async function* buffers(
  context: QueryContext,
  { location, files }: Extract<Source, { kind: 'log' }>,
): AsyncGenerator<ArrayBuffer> {
  if (files.length === 0) return
  const disk = await context.platform.openDisk(location)
  for (const { path, chunks } of files)
    for (const { offset, size } of chunks) {
      const bytes = await disk.read(path, offset, offset + size)
      yield bytes.slice().buffer as ArrayBuffer
    }
}
