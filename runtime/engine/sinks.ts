import type { Chunk } from '../columns/chunk.ts'
import { packChunk } from '../columns/transfer.ts'
import { DBError } from '../core/errors.ts'
import type { QueryContext } from '../exec/context.ts'
import type { TableSnapshot } from '../exec/source.ts'
import { mergeTreeSink } from './mergeTreeSink.ts'
import type { TaskResult } from './messages.ts'

/** Where an INSERT's rows go. Nothing is seen by others before the control thread commits what finish gives. */
export interface Sink {
  /** Columns in the order in which the table stores them. The chunk is used before this resolves. */
  add(chunk: Chunk): Promise<void>
  finish(): Promise<TaskResult>
  /** Removes what was written aside. */
  abort(): Promise<void>
}

export async function openSink(context: QueryContext, table: TableSnapshot): Promise<Sink> {
  switch (table.source.kind) {
    case 'mergeTree':
      return mergeTreeSink(context, table.source)
    case 'packed':
    case 'log':
    case 'format':
      return packedSink()
    case 'keyed':
      if (table.source.spec.kind === 'join') return packedSink()
      break
    case 'null':
      return { add: async () => {}, finish: async () => ({ kind: 'none' }), abort: async () => {} }
  }
  throw new DBError('NOT_IMPLEMENTED', `Method write is not supported by storage ${table.engine}`)
}

function packedSink(): Sink {
  const chunks: { buffer: ArrayBuffer; rows: number }[] = []
  return {
    add: async chunk => {
      chunks.push({ buffer: packChunk(chunk), rows: chunk.rows })
    },
    finish: async () => ({ kind: 'chunks', chunks }),
    abort: async () => {},
  }
}
