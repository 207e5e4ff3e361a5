import type { Source, TableSnapshot } from '../exec/source.ts'
import type { TableFunction } from '../sql/ast.ts'
import type { Task } from './messages.ts'

/** A thread takes longer to start than that many rows to read. */
const smallRowsMax = 200_000

/** Whether a task is done before a worker would have started, as far as the tables that it names tell. */
export function isSmallTask(task: Task): boolean {
  switch (task.kind) {
    case 'describe':
      return true
    case 'select':
      return isSmallQuery(task.query, task.tables)
    case 'insert':
      return task.query ? isSmallQuery(task.query, task.tables) : task.isSmall === true
    case 'merge':
    case 'mutate':
      return rowsOf(task.table.source) <= smallRowsMax
  }
}

function isSmallQuery(query: object, tables: readonly TableSnapshot[]): boolean {
  return tables.reduce((sum, { source }) => sum + rowsOf(source), rowsOfFunctions(query)) <= smallRowsMax
}

function rowsOf(source: Source): number {
  switch (source.kind) {
    case 'mergeTree':
      return source.parts.reduce((sum, { rows }) => sum + rows, 0)
    case 'packed':
      return source.chunks.reduce((sum, chunk) => sum + chunk.byteLength / 8, 0)
    case 'rows':
      return source.rows.length
    case 'log':
      return source.files.reduce((sum, { chunks }) => sum + chunks.reduce((all, { rows }) => all + rows, 0), 0)
    case 'keyed':
    case 'null':
      return 0
    default:
      return Number.POSITIVE_INFINITY
  }
}

/** Of the table functions in a tree: what a text or one number tells; of url(...) and the like nobody knows how much they give. */
function rowsOfFunctions(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0
  const { kind, call } = node as Partial<TableFunction>
  if (kind === 'tableFunction' && call) {
    const last = call.args.at(-1)
    if (['values', 'null', 'view'].includes(call.name)) return rowsOfFunctions(call.args)
    const isCounted = ['numbers', 'zeros'].includes(call.name) && last?.kind === 'literal'
    return isCounted ? Number(last.value) : Number.POSITIVE_INFINITY
  }
  return Object.values(node).reduce((sum: number, inner) => sum + rowsOfFunctions(inner), 0)
}
