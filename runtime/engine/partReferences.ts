// What is known of a part is much, and the same for every query: a worker is told of each part once, and by its id from then on.
import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { Task } from './messages.ts'

/** In place of a part that the worker knows. */
interface PartReference {
  readonly reference: string
}

const mapParts = (tables: readonly TableSnapshot[], change: (part: PartInfo) => PartInfo): TableSnapshot[] =>
  tables.map(table =>
    table.source.kind === 'mergeTree'
      ? { ...table, source: { ...table.source, parts: table.source.parts.map(change) } }
      : table,
  )

function mapTask(task: Task, change: (part: PartInfo) => PartInfo): Task {
  const tables = mapParts(task.tables, change)
  if (task.kind === 'insert' || task.kind === 'merge')
    return { ...task, tables, table: mapParts([task.table], change)[0] }
  return { ...task, tables }
}

/** The control thread's side: what one worker has been told. */
export class SentParts {
  readonly #sent = new Set<string>()

  shorten(task: Task): Task {
    return mapTask(task, part => {
      if (this.#sent.has(part.id)) return { reference: part.id } as unknown as PartInfo
      this.#sent.add(part.id)
      return part
    })
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#sent.delete(id)
  }
}

/** The worker's side. */
export class ReceivedParts {
  readonly #parts = new Map<string, PartInfo>()

  expand(task: Task): Task {
    return mapTask(task, given => {
      const { reference } = given as unknown as Partial<PartReference>
      if (reference === undefined) {
        this.#parts.set(given.id, given)
        return given
      }
      const part = this.#parts.get(reference)
      if (!part) throw new DBError('LOGICAL_ERROR', `A worker does not know part ${reference}`)
      return part
    })
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#parts.delete(id)
  }
}
