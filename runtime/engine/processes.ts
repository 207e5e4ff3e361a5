import { DBError } from '../core/errors.ts'
import type { Clock } from '../platform.ts'
import type { Progress, QueryRequest } from './contract.ts'

/** A query while it runs, as KILL QUERY and system.processes see it. */
export interface RunningQuery {
  readonly queryId: string
  readonly text: string
  readonly user: string
  readonly database: string
  readonly startedMs: number
  readonly elapsedMs: number
  readonly isCancelled: boolean
  readonly progress: Progress
  cancel(): void
}

export class ProcessList {
  readonly #running = new Map<string, RunningQuery>()

  constructor(readonly clock: Clock) {}

  get size(): number {
    return this.#running.size
  }

  all(): RunningQuery[] {
    return [...this.#running.values()]
  }

  find(queryId: string): RunningQuery | undefined {
    return this.#running.get(queryId)
  }

  /** QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, unless the one that runs is to be replaced. */
  add(query: RunningQuery, replaces: boolean): void {
    const same = this.#running.get(query.queryId)
    if (same) {
      if (!replaces)
        throw new DBError(
          'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING',
          `Query with id = ${query.queryId} is already running.`,
        )
      same.cancel()
    }
    this.#running.set(query.queryId, query)
  }

  remove(query: RunningQuery): void {
    if (this.#running.get(query.queryId) === query) this.#running.delete(query.queryId)
  }
}

export interface LoggedQuery {
  readonly queryId: string
  readonly text: string
  readonly user: string
  readonly startedMs: number
  readonly elapsedMs: number
  readonly error: DBError | null
  readonly progress: Progress
  readonly request: Pick<QueryRequest, 'settings' | 'client'>
  readonly database: string
  /** `Select`, `Insert`, `Create`; '' where the text was not understood. */
  readonly kind: string
  /** It failed after it had begun to run, if it failed. */
  readonly hasStarted: boolean
}

/** The last queries, for system.query_log. */
export class QueryLog {
  readonly #entries: LoggedQuery[] = []

  constructor(readonly most: number) {}

  add(entry: LoggedQuery): void {
    this.#entries.push(entry)
    if (this.#entries.length > this.most * 1.2) this.#entries.splice(0, this.#entries.length - this.most)
  }

  all(): readonly LoggedQuery[] {
    return this.#entries
  }
}
