import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { decodeText, encodeText } from '../../core/text.ts'
import { type Disk, isHalfPut } from '../disk.ts'
import { linkDirectory } from '../linkDirectory.ts'
import type { MergeTreeDefinition } from './definition.ts'
import type { FrameCodec } from './frames.ts'
import { type Move, moveTogether, recordDropped, recoverJournals, removedPrefix, removePart } from './journal.ts'
import { loadPart, saysBroken } from './loadPart.ts'
import { mergeBytesMax, selectRange } from './mergeSelector.ts'
import { type MutationRecord, mutationFile, parseMutation, printMutation, versionOfFile } from './mutationRecords.ts'
import type { PartInfo } from './part.ts'
import { comparePartNames, covers, type PartName, printPartName, tryParsePartName } from './partName.ts'

export interface MergeTreeTableOptions {
  readonly disk: Disk
  /** The table's directory. */
  readonly path: string
  readonly definition: MergeTreeDefinition
  readonly codec: FrameCodec
  /** Milliseconds since the epoch. */
  now(): number
  log?(text: string): void
}

/** The parts that one reader sees, however long it reads. */
export interface PartsSnapshot {
  readonly parts: readonly PartInfo[]
  /** Once, when the reader has ended. */
  release(): void
}

/** A merge that somebody is to do: mergeParts, then commitMerge or abandonMerge. */
export interface MergeTask {
  readonly sources: readonly PartInfo[]
  readonly result: PartName
  /** Directory to write to. */
  readonly temporaryPath: string
}

export interface BrokenPart {
  readonly name: string
  readonly reason: string
}

/** Parts that are loaded at once, where that takes waiting. */
const loadsAtOnce = 12

/** What mutations a part has seen, by their versions: later ones are to be done on it. */
const dataVersion = ({ mutation, minBlock }: PartName): number => mutation || minBlock

interface OutdatedPart {
  readonly part: PartInfo
  readonly sinceMs: number
  /** The record that says so, for a part that was not replaced but dropped. */
  readonly dropped: string | null
}

/**
 * The parts of one table: which there are, who reads them, and every change of them. A change is seen whole or not at all, by
 * readers as by who opens the directory after a crash. Runs on one thread; parts are read and written elsewhere.
 */
export class MergeTreeTable {
  readonly disk: Disk
  readonly path: string
  readonly codec: FrameCodec
  definition: MergeTreeDefinition
  /** Parts that could not be loaded and lie in detached/ now. */
  readonly broken: BrokenPart[] = []
  readonly #options: MergeTreeTableOptions
  #active = new Map<string, PartInfo>()
  /** Of refreshParts: how many were begun, and the newest that has ended. */
  #refreshes = 0
  #refreshed = 0
  readonly #outdated = new Map<string, OutdatedPart>()
  readonly #readers = new Map<string, number>()
  /** Sources of merges under way. */
  readonly #merging = new Set<string>()
  readonly #mutations = new Map<number, MutationRecord>()
  readonly #tasks = new WeakSet<readonly PartInfo[]>()
  #nextBlock = 1
  #journals = 0
  #temporary = 0
  /** Moves that a disk that refused them refused to take back, too. */
  readonly #stuck: (() => Promise<void>)[] = []
  /** Changes happen one after another. */
  #last: Promise<unknown> = Promise.resolve()

  private constructor(options: MergeTreeTableOptions) {
    this.#options = options
    this.disk = options.disk
    this.path = options.path
    this.codec = options.codec
    this.definition = options.definition
  }

  /** Opens a table's directory, new or with parts; ends what a crash interrupted and removes what it left aside. */
  static async open(options: MergeTreeTableOptions): Promise<MergeTreeTable> {
    const table = new MergeTreeTable(options)
    await table.#load()
    return table
  }

  async #load(): Promise<void> {
    const { disk, path } = this
    if ((await disk.size(`${path}/format_version.txt`)) === null && disk.can.write)
      await disk.put(`${path}/format_version.txt`, encodeText('1'))
    if (disk.can.write) await recoverJournals(disk, path)
    const names: PartName[] = []
    for (const { name, isDirectory, size } of await disk.list(path)) {
      if (!isDirectory) {
        const version = versionOfFile(name)
        if (version !== null) {
          this.#mutations.set(version, parseMutation(decodeText(await disk.read(`${path}/${name}`, 0, size)), version))
          this.#nextBlock = Math.max(this.#nextBlock, version + 1)
        }
        if (isHalfPut(name) && disk.can.write) await disk.remove(`${path}/${name}`)
        continue
      }
      if (name.startsWith('tmp') || name.startsWith(removedPrefix)) {
        if (disk.can.write) await disk.remove(`${path}/${name}`)
        continue
      }
      const parsed = tryParsePartName(name)
      if (parsed) names.push(parsed)
    }
    for (const name of names) this.#nextBlock = Math.max(this.#nextBlock, name.maxBlock + 1, name.mutation + 1)
    await this.#loadAll(names, this.#active)
    if (this.broken.length > this.definition.settings.maxSuspiciousBrokenParts)
      throw new DBError(
        'TOO_MANY_UNEXPECTED_DATA_PARTS',
        `Suspiciously many (${this.broken.length}) broken parts to remove in ${path}`,
      )
  }

  /** Into `active`. known: parts as they were loaded before. */
  async #loadAll(
    names: PartName[],
    active: Map<string, PartInfo>,
    known?: ReadonlyMap<string, PartInfo>,
  ): Promise<void> {
    // Larger parts first: what a good one covers need not be looked at.
    names.sort(
      (a, b) => b.maxBlock - b.minBlock - (a.maxBlock - a.minBlock) || b.level - a.level || b.mutation - a.mutation,
    )
    const load = (name: string) => loadPart(this.disk, `${this.path}/${name}`, name, this.definition, this.codec)
    const loading = new Map<string, Promise<PartInfo>>()
    // A disk that is waited for is asked for several parts at once.
    const wanted = this.disk.readSync
      ? []
      : names.filter(name => !names.some(other => other !== name && covers(other, name)))
    const ahead = () => {
      while (loading.size < loadsAtOnce && wanted.length > 0) {
        const name = printPartName(wanted.shift()!)
        if (known?.has(name)) continue
        const part = load(name)
        part.catch(() => {}) // told where it is waited for
        loading.set(name, part)
      }
    }
    for (const name of names) {
      ahead()
      const text = printPartName(name)
      await this.#loadOne(name, active, () => {
        const part = known?.get(text)
        return part ? Promise.resolve(part) : (loading.get(text) ?? load(text))
      })
      loading.delete(text)
    }
  }

  async #loadOne(parsed: PartName, active: Map<string, PartInfo>, load: () => Promise<PartInfo>): Promise<void> {
    const name = printPartName(parsed)
    for (const part of active.values()) {
      if (covers(part, parsed)) {
        if (this.disk.can.write) await removePart(this.disk, this.path, name)
        return
      }
      if (
        part.partitionId === parsed.partitionId &&
        part.minBlock <= parsed.maxBlock &&
        parsed.minBlock <= part.maxBlock
      )
        throw new DBError('CORRUPTED_DATA', `Part ${name} intersects part ${part.name} in ${this.path}`)
    }
    try {
      const part = await load()
      active.set(name, part)
    } catch (error) {
      if (!(error instanceof DBError) || !saysBroken(error) || !this.disk.can.write) throw error
      this.broken.push({ name, reason: error.message })
      this.#options.log?.(`Part ${name} is broken and is moved to detached: ${error.message}`)
      await this.disk.move(
        `${this.path}/${name}`,
        `${this.path}/${await this.#detachedName(`broken-on-start_${name}`)}`,
      )
    }
  }

  async #detachedName(name: string): Promise<string> {
    const taken = new Set((await this.disk.list(`${this.path}/detached`)).map(entry => entry.name))
    if (!taken.has(name)) return `detached/${name}`
    for (let attempt = 1; attempt <= 9; attempt++)
      if (!taken.has(`${name}_try${attempt}`)) return `detached/${name}_try${attempt}`
    throw new DBError('DIRECTORY_ALREADY_EXISTS', `Too many detached parts with the name ${name} in ${this.path}`)
  }

  /** One change after another, each after what an earlier one left to be taken back. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    const work = async () => {
      while (this.#stuck.length > 0) {
        await this.#stuck[0]()
        this.#stuck.shift()
      }
      return change()
    }
    const result = this.#last.then(work, work)
    this.#last = result.catch(() => {})
    return result
  }

  /** What changes that failed have left is taken back when this resolves; rejects where the disk refuses still. */
  takeBack(): Promise<void> {
    return this.#change(async () => {})
  }

  /** On a disk that others write: the parts that there are now, shown at once when all are known. Gives those that are gone. */
  async refreshParts(): Promise<PartInfo[]> {
    assert(!this.disk.can.write, 'only who does not write parts is shown others')
    const refresh = ++this.#refreshes
    for (let attempt = 1; ; attempt++)
      try {
        await this.disk.refresh?.()
        const names = (await this.disk.list(this.path)).flatMap(({ name, isDirectory }) => {
          const parsed = isDirectory ? tryParsePartName(name) : null
          return parsed ? [parsed] : []
        })
        const active = new Map<string, PartInfo>()
        await this.#loadAll(names, active, this.#active)
        // One that was begun later has seen what is newer.
        if (refresh < this.#refreshed) return []
        this.#refreshed = refresh
        const before = this.#active
        this.#active = active
        return [...before.values()].filter(part => active.get(part.name) !== part)
      } catch (error) {
        // A part may have been removed since it was listed.
        if (attempt === 2) throw error
      }
  }

  /** Active parts in their order. */
  parts(): PartInfo[] {
    return [...this.#active.values()].sort(comparePartNames)
  }

  part(name: string): PartInfo | undefined {
    return this.#active.get(name)
  }

  /** Parts that others replaced and that are not removed yet. */
  outdatedParts(): PartInfo[] {
    return [...this.#outdated.values()].map(({ part }) => part)
  }

  get rows(): number {
    return this.parts().reduce((sum, part) => sum + part.rows, 0)
  }

  snapshot(): PartsSnapshot {
    const parts = this.parts()
    for (const { id } of parts) this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    let held = true
    return {
      parts,
      release: () => {
        assert(held, 'a snapshot is released once')
        held = false
        for (const { id } of parts) {
          const left = (this.#readers.get(id) ?? 1) - 1
          if (left > 0) this.#readers.set(id, left)
          else this.#readers.delete(id)
        }
      },
    }
  }

  /** Before an INSERT: how long it is to wait, so that merges keep up. TOO_MANY_PARTS when they do not. */
  insertDelayMs(): number {
    const { partsToDelayInsert, partsToThrowInsert, maxDelayToInsertSeconds, maxPartsInTotal } =
      this.definition.settings
    const counts = new Map<string, number>()
    for (const { partitionId } of this.#active.values()) counts.set(partitionId, (counts.get(partitionId) ?? 0) + 1)
    const most = Math.max(0, ...counts.values())
    if (most >= partsToThrowInsert || this.#active.size >= maxPartsInTotal)
      throw new DBError(
        'TOO_MANY_PARTS',
        `Too many parts (${most}). Merges are processing significantly slower than inserts.`,
      )
    if (most < partsToDelayInsert) return 0
    const share = (most - partsToDelayInsert + 1) / Math.max(1, partsToThrowInsert - partsToDelayInsert)
    return (maxDelayToInsertSeconds * 1000) ** share
  }

  /** A name for a directory that is written aside; what a crash leaves of it is removed at start. */
  temporaryName(kind: 'insert' | 'merge' | 'mut', name = ''): string {
    return `tmp_${kind}_${name}${name === '' ? '' : '_'}${this.#options.now()}_${this.#temporary++}`
  }

  /** Makes the parts of one INSERT visible, all at once; removes them if it cannot. They were made durable by who wrote them. */
  commit(written: readonly PartInfo[]): Promise<PartInfo[]> {
    return this.#change(async () => {
      const named = written.map(part => {
        const block = this.#nextBlock++
        return this.#named(part, {
          partitionId: part.partitionId,
          minBlock: block,
          maxBlock: block,
          level: 0,
          mutation: 0,
        })
      })
      const moves = named.map((part, i) => ({ from: this.#below(written[i].path), to: part.name }))
      await this.#moveTogether(moves, { discards: true })
      for (const part of named) this.#active.set(part.name, part)
      return named
    })
  }

  /** Removes what an INSERT wrote aside and will not commit. */
  discard(test: (name: string) => boolean): Promise<void> {
    return this.#change(async () => {
      await this.disk.refresh?.()
      for (const { name } of await this.disk.list(this.path))
        if (name.startsWith('tmp_insert_') && test(name)) await this.disk.remove(`${this.path}/${name}`)
    })
  }

  #named(part: PartInfo, name: PartName): PartInfo {
    const text = printPartName(name)
    return { ...part, ...name, name: text, path: `${this.path}/${text}`, id: `${this.path}/${text}:${this.#serial()}` }
  }

  #serial(): string {
    return `${this.#options.now()}:${this.#temporary++}`
  }

  #below(path: string): string {
    assert(path.startsWith(`${this.path}/`), 'a part lies in the directory of its table')
    return path.slice(this.path.length + 1)
  }

  #moveTogether(
    moves: readonly Move[],
    options?: { discards?: boolean; drops?: readonly string[] },
  ): Promise<string | null> {
    const onStuck = (takeBack: () => Promise<void>) => this.#stuck.push(takeBack)
    return moveTogether(this.disk, this.path, this.#journals++, moves, { ...options, onStuck })
  }

  /** Runs of neighbours that may merge. */
  #runs(): PartInfo[][] {
    const runs: PartInfo[][] = []
    let last: PartInfo | null = null
    for (const part of this.parts()) {
      const busy = this.#merging.has(part.id)
      if (busy) {
        last = null
        continue
      }
      if (last && last.partitionId === part.partitionId && this.#doneOn(last) === this.#doneOn(part))
        runs[runs.length - 1].push(part)
      else runs.push([part])
      last = part
    }
    return runs
  }

  /** The merge that is most worth doing, or null. freeInPool: how many more merges could run. */
  async selectMerge(freeInPool: number): Promise<MergeTask | null> {
    const bytesMax = mergeBytesMax(this.definition.settings, freeInPool, await this.disk.freeBytes())
    const now = this.#options.now()
    const runs = this.#runs()
    const candidates = runs.map(run =>
      run.map(part => ({ bytes: part.bytesOnDisk, ageSeconds: Math.max(0, (now - part.modifiedMs) / 1000) })),
    )
    const selected = selectRange(candidates, Math.max(bytesMax, 1), this.definition.settings)
    return selected && this.#task(runs[selected.run].slice(selected.start, selected.end))
  }

  /**
   * OPTIMIZE TABLE: what to merge now. final: each partition to one part, also a single part that is not merged yet (or, with
   * force, any). A partition of very many parts takes several rounds: ask again until there is nothing.
   */
  selectOptimize(options: { partitionId?: string; final?: boolean; force?: boolean } = {}): MergeTask[] {
    const partitions = new Map<string, PartInfo[]>()
    for (const part of this.parts()) {
      if (options.partitionId !== undefined && part.partitionId !== options.partitionId) continue
      const parts = partitions.get(part.partitionId)
      if (parts) parts.push(part)
      else partitions.set(part.partitionId, [part])
    }
    const tasks: MergeTask[] = []
    for (const parts of partitions.values()) {
      const wanted =
        parts.length > 1 ||
        (options.final && (options.force || this.definition.ttl !== undefined || parts[0].level === 0))
      if (!wanted) continue
      if (parts.some(part => this.#merging.has(part.id)))
        throw new DBError(
          'CANNOT_ASSIGN_OPTIMIZE',
          'Cannot select parts for optimization: some are being merged already',
        )
      tasks.push(this.#task(parts.slice(0, this.definition.settings.maxPartsToMergeAtOnce)))
      if (!options.final) break
    }
    return tasks
  }

  #task(sources: readonly PartInfo[]): MergeTask {
    this.#tasks.add(sources)
    for (const { id } of sources) {
      this.#merging.add(id)
      this.#readers.set(id, (this.#readers.get(id) ?? 0) + 1)
    }
    const result: PartName = {
      partitionId: sources[0].partitionId,
      minBlock: sources[0].minBlock,
      maxBlock: sources[sources.length - 1].maxBlock,
      level: Math.max(...sources.map(part => part.level)) + 1,
      mutation: Math.max(...sources.map(part => part.mutation)),
    }
    return { sources, result, temporaryPath: `${this.path}/${this.temporaryName('merge', printPartName(result))}` }
  }

  /** Puts the merged part in its sources' place. A merge whose sources are gone meanwhile is dropped: null. */
  commitMerge(task: MergeTask, merged: PartInfo): Promise<PartInfo | null> {
    return this.#change(async () => {
      try {
        if (!task.sources.every(part => this.#active.get(part.name)?.id === part.id)) {
          await this.disk.remove(merged.path)
          return null
        }
        const part = this.#named(merged, task.result)
        await this.#moveTogether([{ from: this.#below(merged.path), to: part.name }])
        for (const source of task.sources) this.#outdate(source)
        this.#active.set(part.name, part)
        return part
      } finally {
        this.#endTask(task)
      }
    })
  }

  /** The merge failed or was cancelled. */
  async abandonMerge(task: MergeTask): Promise<void> {
    this.#endTask(task)
    await this.disk.remove(task.temporaryPath)
  }

  /** A merge whose commit fails is abandoned after that: only the first end counts. */
  #endTask(task: MergeTask): void {
    if (!this.#tasks.delete(task.sources)) return
    for (const { id } of task.sources) {
      this.#merging.delete(id)
      const left = (this.#readers.get(id) ?? 1) - 1
      if (left > 0) this.#readers.set(id, left)
      else this.#readers.delete(id)
    }
  }

  /** A number for a mutation: parts inserted later have greater block numbers. */
  nextVersion(): number {
    return this.#nextBlock++
  }

  /** Mutations whose files are there, done or not, oldest first. */
  mutations(): MutationRecord[] {
    return [...this.#mutations.values()].sort((a, b) => a.version - b.version)
  }

  /** Writes a mutation down. It is done when partsBefore(its version) is empty. */
  addMutation(commands: string): Promise<MutationRecord> {
    return this.#change(async () => {
      const record = { version: this.nextVersion(), createdMs: this.#options.now(), commands }
      await this.disk.put(`${this.path}/${mutationFile(record.version)}`, encodeText(printMutation(record)))
      this.#mutations.set(record.version, record)
      return record
    })
  }

  removeMutation(version: number): Promise<void> {
    return this.#change(async () => {
      // Whatever the disk says, this process does nothing for it any more.
      this.#mutations.delete(version)
      await this.disk.remove(`${this.path}/${mutationFile(version)}`, { durable: true })
    })
  }

  /** Active parts that a mutation of this version has still to change. */
  partsBefore(version: number): PartInfo[] {
    return this.parts().filter(part => dataVersion(part) < version)
  }

  /** Parts merge only with parts that the same mutations were done on. */
  #doneOn(part: PartInfo): number {
    let done = 0
    for (const version of this.#mutations.keys())
      if (version <= dataVersion(part) && version > done && this.partsBefore(version).length > 0) done = version
    return done
  }

  /**
   * Puts rewritten parts in their places, all together, with a new definition. What has to be durable first, the table's metadata,
   * is done by `before`; what has to be seen at the same time by `seen`.
   */
  commitRewrites(
    rewrites: readonly { readonly task: MergeTask; readonly part: PartInfo }[],
    before: () => Promise<void>,
    seen: () => void,
  ): Promise<void> {
    return this.#change(async () => {
      try {
        await before()
        const parts = rewrites.map(({ task, part }) => this.#named(part, task.result))
        await this.#moveTogether(rewrites.map(({ part }, i) => ({ from: this.#below(part.path), to: parts[i].name })))
        for (const { task } of rewrites) this.#outdate(task.sources[0])
        for (const part of parts) this.#active.set(part.name, part)
        seen()
      } finally {
        for (const { task } of rewrites) this.#endTask(task)
      }
    })
  }

  /** A rewrite of one part by a mutation, to be ended by commitMerge or abandonMerge. null: the part is being merged. */
  rewriteTask(part: PartInfo, version: number): MergeTask | null {
    if (this.#merging.has(part.id) || this.#active.get(part.name)?.id !== part.id) return null
    const task = this.#task([part])
    const { partitionId, minBlock, maxBlock, level } = part
    const result = { partitionId, minBlock, maxBlock, level, mutation: version }
    return { ...task, result, temporaryPath: `${this.path}/${this.temporaryName('mut', printPartName(result))}` }
  }

  get mergesRunning(): boolean {
    return this.#merging.size > 0
  }

  #outdate(part: PartInfo): void {
    this.#active.delete(part.name)
    this.#outdated.set(part.name, { part, sinceMs: this.#options.now(), dropped: null })
  }

  /** Now and then: removes parts that were replaced or dropped and that nobody reads, when their time is over. Gives those. */
  cleanUp(): Promise<PartInfo[]> {
    return this.#change(async () => {
      const removed: PartInfo[] = []
      const before = this.#options.now() - this.definition.settings.oldPartsLifetimeSeconds * 1000
      for (const [name, { part, sinceMs, dropped }] of this.#outdated) {
        if ((dropped === null && sinceMs > before) || this.#readers.has(part.id)) continue
        await removePart(this.disk, this.path, name)
        this.#outdated.delete(name)
        removed.push(part)
        if (dropped !== null && ![...this.#outdated.values()].some(other => other.dropped === dropped))
          await this.disk.remove(dropped)
      }
      // An empty part stands for what it was merged from, until that is gone.
      const covering = (part: PartInfo) => [...this.#outdated.values()].some(outdated => covers(part, outdated.part))
      await this.#drop(this.parts().filter(part => part.rows === 0 && !this.#merging.has(part.id) && !covering(part)))
      return removed
    })
  }

  /** Removes the active parts that the test names: DROP PARTITION, DROP PART, TRUNCATE. All at once; who reads them reads on. */
  drop(test: (part: PartInfo) => boolean): Promise<PartInfo[]> {
    return this.#change(() => this.#drop(this.parts().filter(test)))
  }

  async #drop(parts: PartInfo[]): Promise<PartInfo[]> {
    if (parts.length === 0) return []
    // What a part was merged from would come back without it.
    const covered = [...this.#outdated.values()].filter(
      ({ part, dropped }) => dropped === null && parts.some(one => covers(one, part)),
    )
    const names = [...covered.map(({ part }) => part), ...parts].map(part => part.name)
    const dropped = await recordDropped(this.disk, this.path, this.#journals++, names)
    const sinceMs = this.#options.now()
    for (const { part } of covered) this.#outdated.set(part.name, { part, sinceMs, dropped })
    for (const part of parts) {
      this.#active.delete(part.name)
      this.#outdated.set(part.name, { part, sinceMs, dropped })
    }
    return parts
  }

  /** Moves active parts to detached/ under their names; who reads them reads on. */
  detach(test: (part: PartInfo) => boolean): Promise<PartInfo[]> {
    return this.#change(async () => {
      const parts = this.parts().filter(test)
      const moves: Move[] = []
      for (const part of parts) {
        const from = this.temporaryName('insert', part.name)
        await linkDirectory(this.disk, part.path, `${this.path}/${from}`)
        moves.push({ from, to: await this.#detachedName(part.name) })
      }
      await this.#moveTogether(moves)
      return this.#drop(parts)
    })
  }

  /** Parts of another table of the same disk, under new names; those that the test names go at the same time. Gives these. */
  adopt(given: readonly PartInfo[], replaces: (part: PartInfo) => boolean): Promise<PartInfo[]> {
    return this.#change(async () => {
      const gone = this.parts().filter(replaces)
      if (gone.some(part => this.#merging.has(part.id)))
        throw new DBError('PART_IS_TEMPORARILY_LOCKED', 'Parts of the partition are being merged')
      const moves: Move[] = []
      const added: PartInfo[] = []
      for (const part of given) {
        const from = this.temporaryName('insert', part.name)
        await linkDirectory(this.disk, part.path, `${this.path}/${from}`)
        const block = this.#nextBlock++
        const { partitionId, level } = part
        const named = this.#named(part, { partitionId, minBlock: block, maxBlock: block, level, mutation: 0 })
        moves.push({ from, to: named.name })
        added.push(named)
      }
      const covered = [...this.#outdated.values()].filter(
        ({ part, dropped }) => dropped === null && gone.some(one => covers(one, part)),
      )
      const out = [...covered.map(({ part }) => part), ...gone]
      const dropped = await this.#moveTogether(moves, { discards: true, drops: out.map(({ name }) => name) })
      const sinceMs = this.#options.now()
      for (const part of out) {
        this.#active.delete(part.name)
        this.#outdated.set(part.name, { part, sinceMs, dropped })
      }
      for (const part of added) this.#active.set(part.name, part)
      return gone
    })
  }

  /** FREEZE: hard links of active parts in a directory of the disk. */
  freeze(test: (part: PartInfo) => boolean, target: string): Promise<PartInfo[]> {
    return this.#change(async () => {
      const parts = this.parts().filter(test)
      for (const part of parts) await linkDirectory(this.disk, part.path, `${target}/${part.name}`)
      return parts
    })
  }

  /** Names in detached/. */
  async detachedParts(): Promise<string[]> {
    return (await this.disk.list(`${this.path}/detached`)).filter(entry => entry.isDirectory).map(entry => entry.name)
  }

  /** ATTACH PART: from detached/, under a new block number; checked first. Several become visible together. */
  attach(names: readonly string[]): Promise<PartInfo[]> {
    return this.#change(async () => {
      const attached: PartInfo[] = []
      for (const name of names) {
        if (tryParsePartName(name) === null) throw new DBError('BAD_DATA_PART_NAME', `Unexpected part name: ${name}`)
        const part = await loadPart(this.disk, `${this.path}/detached/${name}`, name, this.definition, this.codec)
        const block = this.#nextBlock++
        attached.push(
          this.#named(part, { partitionId: part.partitionId, minBlock: block, maxBlock: block, level: 0, mutation: 0 }),
        )
      }
      await this.#moveTogether(attached.map((part, i) => ({ from: `detached/${names[i]}`, to: part.name })))
      for (const part of attached) this.#active.set(part.name, part)
      return attached
    })
  }

  /** DROP TABLE: nothing of the table is left. aside: where it goes as one step, before it is removed file by file. */
  remove(aside: string | null = null): Promise<void> {
    return this.#change(async () => {
      this.#active.clear()
      this.#outdated.clear()
      if (aside !== null) await this.disk.move(this.path, aside)
      await this.disk.remove(aside ?? this.path)
    })
  }
}
