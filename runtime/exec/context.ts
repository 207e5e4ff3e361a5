import type { AnalyzerContext } from '../analyzer/context.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { Arena, Budget, type Memory } from '../core/memory.ts'
import type { Settings } from '../core/settings.ts'
import type { KeyedTable } from '../functions/keyedTable.ts'
import type { Environment } from '../functions/function.ts'
import type { Platform } from '../platform.ts'
import type { PartReader } from '../storage/mergetree/partReader.ts'
import type { DataType } from '../types/dataType.ts'
import type { Chunk } from '../columns/chunk.ts'
import type { Plan } from '../planner/plan.ts'
import type { KeyedSource } from './source.ts'
import type { TemporaryFiles } from './temporaryFiles.ts'

/** On a clock that stands still while code runs. A chunk takes a millisecond or a few. */
const chunksPerYield = 4

/** What the queries of one thread share. */
export interface Resources {
  /** Of the disk with the data directory (of Platform.openDisk). */
  readonly location: string
  /** For the parts on a disk (of Platform.openDisk). */
  partReader(location: string): Promise<PartReader>
  /** For expressions that belong to tables: keys, defaults. They see no other tables. */
  analyzer(context: QueryContext): AnalyzerContext
  /** CAST of whole columns. */
  cast(from: DataType, to: DataType, context: QueryContext): (column: Column, rows: number, arena: Arena) => Column
}

/** What has been read so far. */
export interface Counters {
  readRows: number
  readBytes: number
  totalRows: number
}

/** One query while it runs in one thread: its memory, its limits, whether it is to stop. */
export class QueryContext {
  readonly budget: Budget
  /** Lives as long as the query. */
  readonly arena: Arena
  readonly counters: Counters
  readonly #arenas = new Set<Arena>()
  readonly #deadline: number
  readonly #started: number
  /** WITH TOTALS: the row of each aggregation of the plan, by its step. Lives as long as the query. */
  readonly totals: Map<Plan, Chunk>
  /** Which share of the shared scan this thread reads: `index` of `count`. */
  share: { index: number; count: number }
  /** The step whose input rows are those that there would be without LIMIT, and how many it has had. */
  limited: Plan | null = null
  rowsBeforeLimit = 0
  /** Set when a limit is reached under the overflow mode `break`: reading ends as if there were no more rows. */
  #isBroken = false
  /** For what is too large for memory. null: there is no disk for it. */
  temporary: TemporaryFiles | null
  /** The data of an INSERT whose query reads it by input(). */
  input: { readonly format: string; pieces(): AsyncIterable<Uint8Array> } | null = null
  /** Dictionaries and Join tables as this thread has built them. */
  keyed: ((source: KeyedSource) => KeyedTable) | null
  /** Of subqueries with settings of their own. */
  readonly #under: QueryContext[] = []
  #lastYield: number
  #sinceYield = 0

  constructor(
    readonly memory: Memory,
    readonly platform: Platform,
    readonly resources: Resources,
    readonly settings: Settings,
    readonly environment: Environment,
    /** True once the query is to stop; looked at once a chunk. */
    readonly isCancelled: () => boolean,
    parent: Budget | null = null,
    readonly onProgress: (counters: Counters) => void = () => {},
    /** Of the query around, for a subquery with settings of its own. */
    readonly around: QueryContext | null = null,
  ) {
    this.counters = around?.counters ?? { readRows: 0, readBytes: 0, totalRows: 0 }
    this.totals = around?.totals ?? new Map<Plan, Chunk>()
    this.share = around?.share ?? { index: 0, count: 1 }
    this.temporary = around?.temporary ?? null
    this.keyed = around?.keyed ?? null
    this.budget = new Budget(memory, settings.number('max_memory_usage'), 'query', parent)
    this.arena = this.newArena()
    this.#started = platform.clock.monotonic()
    this.#lastYield = this.#started
    const seconds = settings.number('max_execution_time')
    this.#deadline = seconds > 0 ? this.#started + seconds * 1000 : Number.POSITIVE_INFINITY
  }

  get isBroken(): boolean {
    return this.#isBroken || (this.around?.isBroken ?? false)
  }

  set isBroken(value: boolean) {
    this.#isBroken = value
  }

  /** This query under other settings: for a subquery. It counts rows and memory together with the query. */
  under(settings: Settings): QueryContext {
    const { memory, platform, resources, environment, isCancelled, budget, onProgress } = this
    const made = new QueryContext(
      memory,
      platform,
      resources,
      settings,
      environment,
      isCancelled,
      budget,
      onProgress,
      this,
    )
    this.#under.push(made)
    return made
  }

  /** budget: the query's, or one below it. */
  newArena(budget = this.budget): Arena {
    const arena = new Arena(this.memory, budget)
    this.#arenas.add(arena)
    return arena
  }

  release(arena: Arena): void {
    if (this.#arenas.delete(arena)) arena.destroy()
  }

  /** To be called once a chunk: stops a query that is cancelled or over its time. */
  check(): void {
    if (this.isCancelled()) throw new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
    const now = this.platform.clock.monotonic()
    if (now > this.#deadline) {
      if (this.settings.text('timeout_overflow_mode') === 'break') this.isBroken = true
      else
        throw new DBError(
          'TIMEOUT_EXCEEDED',
          `Timeout exceeded: elapsed ${((now - this.#started) / 1000).toFixed(3)} seconds, maximum: ${this.settings.number('max_execution_time')}`,
        )
    }
  }

  /** Lets messages and other queries of this thread through, when it is time. */
  async breathe(): Promise<void> {
    await this.rest()
    this.check()
    await this.letOthers()
    this.check()
  }

  /** The same for work that is not a query's and is stopped in other ways. */
  async letOthers(): Promise<void> {
    const { clock } = this.platform
    const isTime = clock.standsStill ? ++this.#sinceYield >= chunksPerYield : clock.monotonic() - this.#lastYield >= 20
    if (!isTime) return
    this.onProgress(this.counters)
    await clock.yield()
    this.#sinceYield = 0
    this.#lastYield = clock.monotonic()
  }

  /** Waits for as long as functions have asked to; the query can be stopped meanwhile. */
  async rest(): Promise<void> {
    const { pause } = this.environment
    while (pause && pause.ms > 0) {
      this.check()
      if (this.isBroken) pause.ms = 0
      const step = Math.min(pause.ms, 50)
      pause.ms -= step
      await this.platform.clock.wait(step)
    }
  }

  /** Counts rows that a source gives; over a limit: TOO_MANY_ROWS, TOO_MANY_BYTES. */
  read(rows: number, bytes: number): void {
    const { counters, settings } = this
    if (this.around) this.around.read(rows, bytes)
    else {
      counters.readRows += rows
      counters.readBytes += bytes
    }
    const rowsMax = settings.number('max_rows_to_read')
    const bytesMax = settings.number('max_bytes_to_read')
    const breaks = settings.text('read_overflow_mode') === 'break'
    if (rowsMax > 0 && counters.readRows > rowsMax) {
      if (breaks) this.isBroken = true
      else
        throw new DBError(
          'TOO_MANY_ROWS',
          `Limit for rows (controlled by 'max_rows_to_read' setting) exceeded: max rows: ${rowsMax}, current rows: ${counters.readRows}`,
        )
    }
    if (bytesMax > 0 && counters.readBytes > bytesMax) {
      if (breaks) this.isBroken = true
      else
        throw new DBError(
          'TOO_MANY_BYTES',
          `Limit for bytes (controlled by 'max_bytes_to_read' setting) exceeded: max bytes: ${bytesMax}, current bytes: ${counters.readBytes}`,
        )
    }
  }

  /**
   * Bytes after which a step writes what it keeps to disk: what the setting says, but no more than the part of the query's limit that
   * leaves room for the work on them. 0: it never does.
   */
  spillBytes(setting: 'max_bytes_before_external_group_by' | 'max_bytes_before_external_sort', part: number): number {
    if (!this.temporary) return 0
    const wanted = this.settings.number(setting)
    const most = this.budget.limit * part
    return wanted > 0 && most > 0 ? Math.min(wanted, most) : wanted || most
  }

  get elapsedMs(): number {
    return this.platform.clock.monotonic() - this.#started
  }

  /** For formatOptions: undefined leaves a format's own default. */
  readonly formatSetting = (name: string): string | undefined =>
    this.settings.has(name) ? this.settings.text(name) : undefined

  /** Gives everything back. */
  close(): void {
    for (const context of this.#under) context.close()
    for (const arena of this.#arenas) arena.destroy()
    this.#arenas.clear()
    this.budget.release()
  }
}
