// What is known of a part, or the rows of a dictionary, is much, and the same for every query: a worker is told of each once.
import { DBError } from '../core/errors.ts'
import type { KeyedSource, TableSnapshot } from '../exec/source.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { Task } from './messages.ts'

/** In place of a part that the worker knows. */
interface PartReference {
  readonly reference: string
}

interface Changes {
  part(part: PartInfo): PartInfo
  keyed(source: KeyedSource): KeyedSource
}

function mapSource(table: TableSnapshot, change: Changes): TableSnapshot {
  const { source } = table
  if (source.kind === 'mergeTree') return { ...table, source: { ...source, parts: source.parts.map(change.part) } }
  return source.kind === 'keyed' ? { ...table, source: change.keyed(source) } : table
}

function mapTask(task: Task, change: Changes): Task {
  const tables = task.tables.map(table => mapSource(table, change))
  if (task.kind === 'insert' || task.kind === 'merge' || task.kind === 'mutate')
    return { ...task, tables, table: mapSource(task.table, change) }
  return { ...task, tables }
}

/** The control thread's side: what one worker has been told. */
export class SentParts {
  readonly #sent = new Set<string>()
  /** The versions of keyed tables that it has. */
  readonly #versions = new Map<string, number>()

  shorten(task: Task): Task {
    return mapTask(task, {
      part: part => {
        if (this.#sent.has(part.id)) return { reference: part.id } as unknown as PartInfo
        this.#sent.add(part.id)
        return part
      },
      keyed: source => {
        if (this.#versions.get(source.id) === source.version) return { ...source, chunks: [] }
        this.#versions.set(source.id, source.version)
        return source
      },
    })
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#sent.delete(id)
      this.#versions.delete(id)
    }
  }
}

/** The worker's side. */
export class ReceivedParts {
  readonly #parts = new Map<string, PartInfo>()
  readonly #keyed = new Map<string, KeyedSource>()

  expand(task: Task): Task {
    return mapTask(task, {
      part: given => {
        const { reference } = given as unknown as Partial<PartReference>
        if (reference === undefined) {
          this.#parts.set(given.id, given)
          return given
        }
        const part = this.#parts.get(reference)
        if (!part) throw new DBError('LOGICAL_ERROR', `A worker does not know part ${reference}`)
        return part
      },
      keyed: given => {
        const known = this.#keyed.get(given.id)
        if (known?.version === given.version) return known
        this.#keyed.set(given.id, given)
        return given
      },
    })
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) {
      this.#parts.delete(id)
      this.#keyed.delete(id)
    }
  }
}
