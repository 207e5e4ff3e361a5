import type { TableSnapshot } from '../exec/source.ts'
import { joinBytes } from '../exec/remote.ts'
import type { Query } from '../sql/ast.ts'
import type { QueryRun } from './queryRun.ts'

/** The whole result of a query in a format. */
export async function formatRows(
  run: QueryRun,
  query: Query,
  tables: readonly TableSnapshot[],
  format: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  const base = run.taskBase(tables)
  const task = { ...base, kind: 'select', query, format, threads: 1, share: null, explain: null } as const
  const output = (bytes: Uint8Array, taken: () => void) => {
    pieces.push(bytes)
    taken()
  }
  await run.start(task, { output }).done
  return joinBytes(pieces)
}
