// Background merges and OPTIMIZE: the control thread chooses, a worker merges, the control thread commits.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Optimize } from '../sql/statementAst.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import { printPartName } from '../storage/mergetree/partName.ts'
import type { MergeTask as Chosen } from '../storage/mergetree/table.ts'
import type { GranaryEngine } from './engine.ts'
import type { QueryRun } from './queryRun.ts'
import { MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'
import type { MergeTask, TaskBase, TaskResult } from './messages.ts'
import type { RunningTask } from './pool.ts'

export interface RunningMerge {
  readonly database: string
  readonly table: string
  readonly startedMs: number
  readonly parts: readonly PartInfo[]
  readonly result: string
}

/** Free places in the pool of merges that ClickHouse's selector reckons with. */
const poolSize = 16
/** How long to wait before looking again when there was nothing to merge. */
const idleMs = 5_000
const cleanUpMs = 60_000

const running = new WeakMap<GranaryEngine, Set<RunningMerge>>()

export function mergesOf(engine: GranaryEngine): readonly RunningMerge[] {
  return [...(running.get(engine) ?? [])]
}

/** Merges of one table, one at a time in the background. */
export class Merger {
  isOn = true
  /** Whether merges take away what has expired. */
  appliesTtl = true
  #stopped = false
  #busy = false
  #holds = 0
  #cancel: (() => void) | null = null
  #cleaned = 0
  /** The background's own merge in a worker. */
  #task: RunningTask | null = null

  constructor(readonly storage: MergeTreeStorage) {}

  /** Nothing is written to the table's directory when this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    this.#task?.cancel()
    while (this.#busy || this.storage.table.mergesRunning) await this.storage.engine.platform.clock.wait(2)
  }

  /** Nobody may begin a merge. */
  get isHeld(): boolean {
    return this.#holds > 0
  }

  /** No merge runs from now on, until the function that this gives is called. */
  async hold(): Promise<() => void> {
    this.#holds++
    // One that is being chosen is not running yet.
    while (this.#busy || this.storage.table.mergesRunning) await this.storage.engine.platform.clock.wait(5)
    return () => {
      this.#holds--
      this.wake()
    }
  }

  /** Something changed: looks for a merge now. */
  wake(): void {
    if (this.#stopped || this.#busy || this.#holds > 0) return
    this.#cancel?.()
    this.#cancel = this.storage.engine.platform.clock.after(10, () => void this.#run())
  }

  async #run(): Promise<void> {
    if (this.#stopped || this.#busy || this.#holds > 0) return
    this.#busy = true
    const { engine, table, database, name } = this.storage
    let found = false
    try {
      const task = this.isOn ? await table.selectMerge(poolSize - mergesOf(engine).length) : null
      if (task) {
        found = true
        await this.merge(task)
      }
      const now = engine.platform.clock.now()
      if (now - this.#cleaned > cleanUpMs) {
        this.#cleaned = now
        this.storage.forget(await table.cleanUp())
      }
    } catch (error) {
      if (!this.#stopped)
        engine.platform.log(
          'error',
          `Merge in ${database}.${name}: ${error instanceof Error ? error.message : String(error)}`,
        )
      found = false
    } finally {
      this.#busy = false
    }
    if (!this.#stopped) this.#cancel = engine.platform.clock.after(found ? 1 : idleMs, () => void this.#run())
  }

  async #inBackground(message: MergeTask): Promise<TaskResult> {
    this.#task = this.storage.engine.pool.run(message)
    try {
      return (await this.#task.done).result
    } finally {
      this.#task = null
    }
  }

  /** Does a merge that was chosen, to its commit. */
  async merge(task: Chosen, run: QueryRun | null = null): Promise<void> {
    const { storage } = this
    const { engine, table, database, name } = storage
    const entry: RunningMerge = {
      database,
      table: name,
      startedMs: engine.platform.clock.now(),
      parts: task.sources,
      result: printPartName(task.result),
    }
    let set = running.get(engine)
    if (!set) {
      set = new Set()
      running.set(engine, set)
    }
    set.add(entry)
    try {
      const snapshot: TableSnapshot = {
        database,
        name,
        engine: 'MergeTree',
        columns: storage.columns,
        source: storage.sourceOf(task.sources),
      }
      const message = {
        ...(run ? run.taskBase([]) : backgroundTask(engine, database)),
        kind: 'merge',
        table: snapshot,
        chosen: task,
        appliesTtl: this.appliesTtl,
      } as const
      const result = run ? await run.complete(message) : await this.#inBackground(message)
      if (result.kind !== 'parts' || result.parts.length !== 1)
        throw new DBError('LOGICAL_ERROR', 'A merge gives one part')
      const merged = await table.commitMerge(task, result.parts[0])
      if (merged) engine.count('MergedRows', merged.rows)
    } catch (error) {
      await table.abandonMerge(task)
      throw error
    } finally {
      set.delete(entry)
    }
  }
}

export function backgroundTask(engine: GranaryEngine, database: string): TaskBase {
  return {
    id: engine.pool.nextId(),
    temporary: '',
    queryId: '',
    settings: [],
    parameters: {},
    database,
    user: 'default',
    now: engine.platform.clock.now(),
    timeZone: engine.timeZone,
    hostName: engine.platform.hostName,
    version: engine.version,
    uptimeMs: engine.platform.clock.now() - engine.startedMs,
    tables: [],
    functions: [...engine.functions].map(([name, { lambda }]) => ({ name, lambda })),
    cancel: null,
  }
}

export function setMerges(engine: GranaryEngine, what: 'all' | 'ttl', on: boolean, table: Table | null): void {
  const tables = table
    ? [table]
    : [...engine.catalog.databases.values()].flatMap(database => [...database.tables.values()])
  for (const { storage } of tables)
    if (storage instanceof MergeTreeStorage) {
      if (what === 'ttl') storage.merger.appliesTtl = on
      else storage.merger.isOn = on
      if (on) storage.merger.wake()
    }
}

export async function optimizeTable(run: QueryRun, table: Table, statement: Optimize): Promise<void> {
  const { storage } = table
  storage.checkWritable?.()
  if (!(storage instanceof MergeTreeStorage))
    throw new DBError('NOT_IMPLEMENTED', `OPTIMIZE is not supported by storage ${table.engine}`)
  if (statement.deduplicate) throw new DBError('NOT_IMPLEMENTED', 'OPTIMIZE ... DEDUPLICATE is not supported')
  const matches = statement.partition ? await partsOf(run.engine, storage, statement.partition) : null
  // A merge that is under way keeps its parts, and an ALTER or DROP all: wait for it, then choose.
  const { clock } = run.engine.platform
  const deadline = clock.monotonic() + 600_000
  while (storage.merger.isHeld || (storage.table.mergesRunning && clock.monotonic() < deadline)) {
    if (run.stopReason) throw run.stopReason
    await clock.wait(20)
  }
  const tasks = storage.table.selectOptimize({ final: statement.final ?? false })
  const left = [...tasks]
  try {
    for (let task = left.shift(); task; task = left.shift())
      if (matches && !matches({ partitionId: task.result.partitionId, name: '' }))
        await storage.table.abandonMerge(task)
      else await storage.merger.merge(task, run)
  } finally {
    // After one that fails the others are not begun, and their parts are free again.
    for (const task of left) await storage.table.abandonMerge(task)
  }
}
