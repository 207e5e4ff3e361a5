// Mutations of one table, one after another in the background: the control thread takes parts, workers rewrite them, the control
// thread commits each. What a restart interrupts goes on with the parts that are left.
import { DBError, toDBError } from '../core/errors.ts'
import type { SnapshotColumn, TableSnapshot } from '../exec/source.ts'
import type { AlterCommand } from '../sql/statementAst.ts'
import { parseStatement } from '../sql/parser.ts'
import type { MergeTreeDefinition } from '../storage/mergetree/definition.ts'
import type { MutationRecord } from '../storage/mergetree/mutationRecords.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { MergeTask } from '../storage/mergetree/table.ts'
import type { RunningTask } from './pool.ts'
import { backgroundTask } from './merges.ts'
import { type MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'

export interface MutationFailure {
  readonly part: string
  readonly timeMs: number
  readonly error: DBError
}

interface Waiter {
  readonly version: number
  resolve(): void
  reject(error: unknown): void
}

/** What the parts of a rewrite are to be: the table's columns and keys of then. */
export interface Rewritten {
  readonly columns: readonly SnapshotColumn[]
  readonly definition: MergeTreeDefinition
}

/** Files of mutations that are done and kept for system.mutations. */
const finishedToKeep = 100
const retryMsMax = 60_000

export class Mutator {
  readonly failures = new Map<number, MutationFailure>()
  /** The part that is being rewritten for the mutation of this version. */
  running: { readonly version: number; readonly part: PartInfo } | null = null
  /** While a definition changes, nothing is begun. */
  isHeld = false
  #task: RunningTask | null = null
  #waiters: Waiter[] = []
  #busy = false
  #stopped = false
  #retryMs = 100
  #cancel: (() => void) | null = null

  constructor(readonly storage: MergeTreeStorage) {}

  /** Not done yet, oldest first. */
  pending(): MutationRecord[] {
    const { table } = this.storage
    return table.mutations().filter(({ version }) => table.partsBefore(version).length > 0)
  }

  async add(commands: string): Promise<MutationRecord> {
    const record = await this.storage.table.addMutation(commands)
    this.wake()
    return record
  }

  /** At start: an ALTER that a crash interrupted is done as far as it was promised, or it has not been. */
  async finishDefinition(): Promise<void> {
    const names = new Set(this.storage.definition.columns.map(({ name }) => name))
    let last: number | null = null
    for (const { version, commands } of this.pending()) {
      const structural = parseCommands(commands).filter(({ kind }) => kind === 'dropColumn' || kind === 'renameColumn')
      if (structural.length === 0) continue
      const isPromised = structural.every(
        command =>
          (command.kind === 'dropColumn' && !names.has(command.name)) ||
          (command.kind === 'renameColumn' && names.has(command.to)),
      )
      if (isPromised) last = version
      else await this.storage.table.removeMutation(version)
    }
    if (last !== null) await this.wait(last)
  }

  /** Goes on with what is pending. */
  wake(): void {
    if (this.#stopped || this.#busy || this.isHeld) return
    this.#cancel?.()
    this.#cancel = null
    this.#busy = true
    void this.#run()
  }

  /** No part is being rewritten when this resolves. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel?.()
    this.#task?.cancel()
    for (const { reject } of this.#waiters.splice(0))
      reject(new DBError('ABORTED', 'The table is gone or the server stops'))
    while (this.#busy) await this.storage.engine.platform.clock.wait(2)
  }

  /** Until all mutations up to this version are done. UNFINISHED when one of them fails or is killed. */
  wait(version: number): Promise<void> {
    const pending = this.pending().filter(record => record.version <= version)
    if (pending.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ version, resolve, reject })
      this.wake()
    })
  }

  /** Before what must find no mutation under way. */
  async settled(): Promise<void> {
    const records = this.pending()
    if (records.length > 0) await this.wait(records[records.length - 1].version)
  }

  async kill(version: number): Promise<void> {
    await this.storage.table.removeMutation(version)
    this.failures.delete(version)
    if (this.running?.version === version) this.#task?.cancel()
    for (const waiter of this.#waiters.filter(waiter => waiter.version === version))
      waiter.reject(new DBError('UNFINISHED', `Mutation mutation_${version}.txt was killed`))
    this.#waiters = this.#waiters.filter(waiter => waiter.version !== version)
    this.wake()
  }

  async #run(): Promise<void> {
    const { engine, table, database, name } = this.storage
    let failed = false
    try {
      for (let [record] = this.pending(); record && !this.#stopped; [record] = this.pending()) {
        await this.#mutate(record)
        this.failures.delete(record.version)
        this.#retryMs = 100
        this.#settle()
        this.storage.merger.wake()
      }
      const finished = table.mutations().filter(({ version }) => table.partsBefore(version).length === 0)
      for (const { version } of finished.slice(0, Math.max(0, finished.length - finishedToKeep)))
        await table.removeMutation(version)
    } catch (cause) {
      failed = true
      const error = toDBError(cause)
      const { running } = this
      if (running && !this.#stopped && table.mutations().some(({ version }) => version === running.version)) {
        this.failures.set(running.version, { part: running.part.name, timeMs: engine.platform.clock.now(), error })
        const shown = new DBError(
          'UNFINISHED',
          `Exception happened during execution of mutation 'mutation_${running.version}.txt' with part '${running.part.name}' reason: 'Code: ${error.code}. DB::Exception: ${error.message}. (${error.errorName})'. This error maybe retryable or not. In case of unretryable error, mutation can be killed with KILL MUTATION query`,
        )
        for (const waiter of this.#waiters) if (waiter.version >= running.version) waiter.reject(shown)
        this.#waiters = this.#waiters.filter(({ version }) => version < running.version)
        engine.platform.log('error', `${database}.${name}: ${shown.message}`)
      }
    } finally {
      this.running = null
      this.#busy = false
    }
    if (this.#stopped) return
    this.#settle()
    if (failed) {
      this.#cancel = engine.platform.clock.after(this.#retryMs, () => this.wake())
      this.#retryMs = Math.min(this.#retryMs * 2, retryMsMax)
    } else if (this.pending().length > 0) this.wake()
  }

  #settle(): void {
    const [first] = this.pending()
    const isDone = ({ version }: Waiter) => first === undefined || version < first.version
    for (const waiter of this.#waiters.filter(isDone)) waiter.resolve()
    this.#waiters = this.#waiters.filter(waiter => !isDone(waiter))
  }

  async #mutate({ version, commands: text }: MutationRecord): Promise<void> {
    const { storage } = this
    const { engine, table } = storage
    const commands = parseCommands(text)
    const isWanted = () => table.mutations().some(record => record.version === version)
    while (!this.#stopped && isWanted()) {
      const parts = table.partsBefore(version)
      if (parts.length === 0) return
      let isHeld = true
      for (const part of parts) {
        if (this.#stopped || !isWanted()) return
        const task = table.rewriteTask(part, version)
        if (!task) continue
        isHeld = false
        this.running = { version, part }
        const { table: owner } = storage
        const rewritten = await this.rewrite(task, commands, { columns: storage.columns, definition: owner.definition })
        await table.commitMerge(task, rewritten)
      }
      // All of them are being merged.
      if (isHeld) await engine.platform.clock.wait(20)
    }
  }

  /** Writes what commands make of a part aside; the task is given up if that fails. */
  async rewrite(task: MergeTask, commands: readonly AlterCommand[], wanted: Rewritten): Promise<PartInfo> {
    const { storage } = this
    const { engine, table, database, name } = storage
    const [part] = task.sources
    let release = () => {}
    try {
      const applied: AlterCommand[] = []
      for (const command of commands) {
        const spec = 'partition' in command ? command.partition : undefined
        if (!spec || (await partsOf(engine, storage, spec))(part)) applied.push(command)
      }
      const others = await engine.snapshots(applied, database, undefined)
      release = others.release
      const snapshot: TableSnapshot = {
        database,
        name,
        engine: 'MergeTree',
        columns: wanted.columns,
        source: { ...storage.sourceOf(task.sources), definition: wanted.definition },
      }
      this.#task = engine.pool.run({
        ...backgroundTask(engine, database),
        tables: others.tables,
        kind: 'mutate',
        table: snapshot,
        chosen: task,
        commands: applied,
      })
      const { result } = await this.#task.done
      if (result.kind !== 'parts' || result.parts.length !== 1)
        throw new DBError('LOGICAL_ERROR', 'A mutation gives one part')
      return result.parts[0]
    } catch (error) {
      await table.abandonMerge(task)
      throw error
    } finally {
      this.#task = null
      release()
    }
  }
}

/** Commands as they stand in a mutation's file. */
export function parseCommands(text: string): readonly AlterCommand[] {
  const { statement } = parseStatement(`ALTER TABLE t ${text}`)
  if (statement.kind !== 'alter') throw new DBError('CORRUPTED_DATA', `A mutation has the commands ${text}`)
  return statement.commands
}
