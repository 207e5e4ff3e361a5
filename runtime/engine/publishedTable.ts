// Engine Published: a table that somebody publishes, read where it lies. It is what its manifest says: columns, keys, engine and
// parts. The manifest is asked for again before queries, by its tag; a query sees one manifest from its start to its end.
import { defineTable, type TableDefinition } from '../catalog/tableDefinition.ts'
import type { Written } from '../catalog/storages.ts'
import type { Reading, Table, TableStorage } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import { isSince, never } from '../core/moment.ts'
import type { SnapshotColumn, Source, TableSnapshot } from '../exec/source.ts'
import type { FunctionCall } from '../sql/ast.ts'
import type { CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import type { MergeTreeDefinition } from '../storage/mergetree/definition.ts'
import { partitionId } from '../storage/mergetree/partition.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { ObjectStore } from '../storage/objectStore.ts'
import { openStore } from '../storage/openStore.ts'
import { type Manifest, manifestFile, readManifest } from '../storage/published/manifest.ts'
import { publishedPrefix } from '../storage/published/openPublished.ts'
import { parseType } from '../types/parseType.ts'
import { describeTable } from './createTable.ts'
import type { GranaryEngine } from './engine.ts'
import { typeOf } from './keyResolver.ts'
import { mergeTreeEngines } from './mergeTreeEngines.ts'
import { storedDefinition, virtualColumns } from './mergeTreeStorage.ts'

/** One manifest, and what follows from it. */
interface Published {
  readonly manifest: Manifest
  readonly etag: string
  readonly definition: TableDefinition
  readonly stored: MergeTreeDefinition
  readonly parts: readonly PartInfo[]
}

/** For an answer about the manifest, where the one that is known would do. */
const manifestWaitMs = 2000

export class PublishedStorage implements TableStorage {
  #now: Published | null = null
  /** When the manifest was asked for that is known to be the newest. */
  #checked = never
  /** When it could not be asked for. */
  #failed = never
  /** Answers to what was asked before are no longer believed. */
  #distrusted = never
  #check: Promise<void> | null = null
  #store: ObjectStore | null = null
  constructor(
    readonly engine: GranaryEngine,
    readonly location: string,
  ) {}

  get definition(): TableDefinition | null {
    return this.#now?.definition ?? null
  }

  /** Of the manifest that is read now; 0 before the first. */
  get generation(): number {
    return this.#now?.manifest.generation ?? 0
  }

  prepare(reading: Reading): Promise<void> | undefined {
    const refreshMs = reading.settings.number('published_refresh_ms')
    if (this.#now !== null && isSince(this.#checked, reading.started, refreshMs)) return undefined
    if (!this.#isGoodFor(reading)) return this.refresh(reading.started, refreshMs)
    return isSince(this.#failed, reading.started, refreshMs) ? undefined : this.#refreshIfPossible(reading, refreshMs)
  }

  /** Where the manifest cannot be asked for, the one that is known will do; and nothing has been found missing. */
  #isGoodFor({ started, settings }: Reading): boolean {
    return this.#now !== null && isSince(this.#checked, started, settings.number('published_stale_ms'))
  }

  /** As refresh; but where the manifest cannot be asked for, the one that is known has to do. */
  async #refreshIfPossible(reading: Reading, refreshMs: number): Promise<void> {
    const { clock, log } = this.engine.platform
    const refreshed = this.refresh(reading.started, refreshMs)
    refreshed.catch(() => {}) // it may fail when nobody waits for it any more
    let stopWaiting = () => {}
    const late = new Promise<never>((_, reject) => {
      stopWaiting = clock.after(manifestWaitMs, () =>
        reject(new DBError('SOCKET_TIMEOUT', `${this.location}/${manifestFile}: no answer for ${manifestWaitMs} ms`)),
      )
    })
    try {
      await Promise.race([refreshed, late])
    } catch (error) {
      // That there is no manifest any more is an answer.
      const isAnswer = !(error instanceof DBError) || /^(FILE_DOESNT_EXIST|LOGICAL_ERROR)$/.test(error.errorName)
      if (isAnswer || !this.#isGoodFor(reading)) throw error
      const isTold = isSince(this.#failed, reading.started)
      this.#failed = this.engine.moments.next()
      if (isTold) return
      const seconds = ((this.#failed.ms - this.#checked.ms) / 1000).toFixed(1)
      log('warning', `${error.message}; the manifest of ${seconds} seconds ago is used`)
    } finally {
      stopWaiting()
    }
  }

  /** Until the manifest was asked for after that moment, or so long before. Queries that come at the same time share one question. */
  async refresh(since = this.engine.moments.next(), ageMs = 0): Promise<void> {
    if (this.engine.platform.isolatesRequests) return this.#ask()
    while (this.#now === null || !isSince(this.#checked, since, ageMs)) {
      this.#check ??= this.#ask().finally(() => {
        this.#check = null
      })
      await this.#check
    }
  }

  /** A file was not there: what is known is old. The next query asks again. */
  distrust(): void {
    this.#checked = never
    this.#distrusted = this.engine.moments.next()
  }

  async #ask(): Promise<void> {
    const asked = this.engine.moments.next()
    const store = (this.#store ??= await openStore(this.engine.platform, this.location))
    const known = this.#now
    const answer = known?.etag ? await store.getIfChanged(manifestFile, known.etag) : await store.get(manifestFile)
    if (answer === null)
      throw new DBError(
        'FILE_DOESNT_EXIST',
        `There is no published table in ${this.location}: it has no ${manifestFile}`,
      )
    if (answer !== 'same') await this.#show(readManifest(answer.bytes, `${this.location}/${manifestFile}`), answer.etag)
    if (isSince(asked, this.#distrusted) && isSince(asked, this.#checked)) this.#checked = asked
  }

  async #show(manifest: Manifest, etag: string): Promise<void> {
    const { engine, location } = this
    const last = this.#now
    const isKnown = last?.manifest.create === manifest.create
    const definition = isKnown ? last.definition : await definitionOf(engine, manifest.create, location)
    const stored = isKnown ? last.stored : await storedDefinition(engine, definition)
    checkPartitions(engine, manifest, stored, location)
    // Others may have asked and been answered meanwhile.
    const known = this.#now
    // A cache in between may still give one that was seen to be replaced.
    if (known !== null && this.#checked !== never && manifest.publishedMs < known.manifest.publishedMs) return
    const isSame = known?.manifest.create === manifest.create
    const before = new Map(known?.parts.map(part => [part.id, part]))
    const parts = manifest.parts.map(({ part }) => before.get(part.id) ?? part)
    this.#now = { manifest, etag, definition, stored, parts }
    if (!isSame) this.#redescribe()
    for (const { id } of parts) before.delete(id)
    if (before.size > 0) engine.pool.broadcast({ kind: 'forget', paths: [...before.keys()] })
  }

  /** The catalog's table gets the columns and keys that the manifest has now. */
  #redescribe(): void {
    const { catalog } = this.engine
    for (const { tables } of catalog.databases.values())
      for (const table of tables.values())
        if (table.storage === this)
          catalog.show({ ...publishedTable(this, table.database, table.name, table.comment), uuid: table.uuid })
  }

  snapshot() {
    const release = () => {}
    if (this.#now === null) return { source: { kind: 'null' } as Source, release }
    const { definition, stored, parts } = this.#now
    const deletes = parts.some(part => part.columns.some(({ name }) => name === '_row_exists'))
    const source: Source = {
      kind: 'mergeTree',
      location: publishedPrefix + this.location,
      path: '',
      definition: stored,
      parts,
      sortingKey: definition.orderBy.map(({ expr }) => formatAst(expr, { oneLine: true })),
      partitionKey: definition.partitionBy.map(expr => formatAst(expr, { oneLine: true })),
    }
    return { source, exactRows: deletes ? undefined : parts.reduce((sum, { rows }) => sum + rows, 0), release }
  }

  /** Throws: nothing is written to a published table. */
  refuse(): never {
    throw new DBError(
      'TABLE_IS_READ_ONLY',
      `Table is read-only: it is published in ${this.location}, and changes where it is published from`,
    )
  }

  checkWritable = (): void => this.refuse()
  admit = async (): Promise<() => void> => this.refuse()
  commit = async (_written: Written): Promise<void> => this.refuse()
  truncate = async (): Promise<void> => this.refuse()

  /** What is published stays. */
  async drop(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    const ids = this.#now?.parts.map(({ id }) => id) ?? []
    this.#now = null
    if (ids.length > 0) this.engine.pool.broadcast({ kind: 'forget', paths: ids })
  }

  size() {
    if (this.#now === null) return { rows: null, bytes: null }
    const { parts } = this.#now
    return {
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      bytes: parts.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0),
    }
  }
}

/** CREATE or ATTACH of a table with engine Published. Where it is attached and cannot be reached, it is shown as it was last. */
export async function createPublished(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  isAttached: boolean,
): Promise<Table> {
  const storage = new PublishedStorage(engine, locationOf(definition.engine))
  try {
    await storage.refresh()
  } catch (error) {
    if (!isAttached) throw error
    engine.platform.log(
      'warning',
      `${database}.${name}: ${error instanceof Error ? error.message : String(error)}; it is asked for again by the next query`,
    )
  }
  const read = storage.definition
  const text = ({ columns }: TableDefinition) => columns.map(({ name, type }) => `${name} ${type}`).join(', ')
  if (read && !isAttached && text(read) !== text(definition))
    throw new DBError(
      'BAD_ARGUMENTS',
      `The table that is published in ${storage.location} has other columns: ${text(read)}. Leave the columns out to take these`,
    )
  return read
    ? publishedTable(storage, database, name, definition.comment)
    : describeTable(engine, definition, database, name, { storage, virtualColumns })
}

/** Tables that the program which embeds the engine names: they are in no metadata. */
export async function addPublished(engine: GranaryEngine, tables: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(
    Object.entries(tables).map(async ([fullName, location]) => {
      const dot = fullName.indexOf('.')
      const [database, name] = dot < 0 ? ['default', fullName] : [fullName.slice(0, dot), fullName.slice(dot + 1)]
      if (!engine.catalog.databases.has(database)) await engine.catalog.createDatabase(database, 'Memory', '')
      const literal = { kind: 'literal', value: location, start: 0, end: 0 } as const
      const call: FunctionCall = { kind: 'function', name: 'Published', args: [literal], start: 0, end: 0 }
      const column = { kind: 'column', name: '_', start: 0, end: 0 } as const
      const unknown: TableDefinition = {
        engine: call,
        columns: [],
        partitionBy: [],
        orderBy: [],
        primaryKey: [],
        settings: new Map(),
        comment: '',
        create: {
          kind: 'createTable',
          name: { database, table: name },
          columns: [column],
          storage: { engine: call },
          start: 0,
          end: 0,
        },
      }
      engine.catalog.show(await createPublished(engine, unknown, database, name, true))
    }),
  )
}

/** After an error of a query over these tables: whether it may come from what a published one among them was taken to be. */
export function distrustPublished(engine: GranaryEngine, tables: readonly TableSnapshot[], error: DBError): boolean {
  if (error.errorName !== 'FILE_DOESNT_EXIST' && error.errorName !== 'NO_FILE_IN_DATA_PART') return false
  const storages = tables.flatMap(({ database, name }) => engine.catalog.find(database, name)?.storage ?? [])
  const published = storages.filter(storage => storage instanceof PublishedStorage)
  for (const storage of published) storage.distrust()
  return published.length > 0
}

/** Columns for a CREATE TABLE that states none. */
export async function publishedColumns(engine: GranaryEngine, call: FunctionCall): Promise<readonly SnapshotColumn[]> {
  const storage = new PublishedStorage(engine, locationOf(call))
  await storage.refresh()
  return storage.definition?.columns ?? []
}

function locationOf({ args }: FunctionCall): string {
  const [location, ...more] = args
  if (location?.kind !== 'literal' || typeof location.value !== 'string' || location.value === '' || more.length > 0)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      "Engine Published takes one argument, where the table is published: Published('https://host/directory')",
    )
  return location.value.replace(/(?<=[^/:])\/+$/, '')
}

/** A table as the catalog knows it: its manifest's, under another engine. */
function publishedTable(storage: PublishedStorage, database: string, name: string, comment?: string): Table {
  const { engine, location, definition } = storage
  if (!definition) throw new DBError('LOGICAL_ERROR', 'A published table is described after its manifest is read')
  const argument = { kind: 'literal', value: location, start: 0, end: 0 } as const
  const call: FunctionCall = { kind: 'function', name: 'Published', args: [argument], start: 0, end: 0 }
  const { columns, ...create } = definition.create
  const shown: TableDefinition = {
    ...definition,
    engine: call,
    comment: comment || definition.comment,
    create: {
      ...create,
      columns: columns?.map(column => ({ ...column, ttl: undefined })),
      indices: undefined,
      projections: undefined,
      constraints: undefined,
      storage: { engine: call },
      ...(comment ? { comment } : {}),
    },
  }
  const sampleBy = definition.create.storage?.sampleBy
  const table = describeTable(engine, shown, database, name, { storage, virtualColumns })
  return { ...table, keys: { ...table.keys, sampling: sampleBy ? formatAst(sampleBy, { oneLine: true }) : '' } }
}

async function definitionOf(engine: GranaryEngine, create: string, location: string): Promise<TableDefinition> {
  const wrong = (text: string, cause?: unknown) =>
    new DBError('CORRUPTED_DATA', `Manifest ${location}/${manifestFile} is broken: create ${text}`, { cause })
  let statement: CreateTable
  try {
    statement = parseStatement(create).statement as CreateTable
  } catch (error) {
    throw wrong(`cannot be parsed: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  const kind = statement.storage?.engine?.name ?? ''
  if (statement.kind !== 'createTable' || !mergeTreeEngines.includes(kind) || statement.asQuery || statement.asTable)
    throw wrong('makes no table of the MergeTree family')
  return defineTable(statement, null, kind, (expr, columns) => typeOf(engine, expr, columns))
}

/** Parts lie in the partitions that their values say; else pruning would leave out the wrong ones. */
function checkPartitions(
  { memory }: GranaryEngine,
  { parts }: Manifest,
  { partitionTypes, minmaxColumns }: MergeTreeDefinition,
  location: string,
): void {
  const types = partitionTypes.map(parseType)
  for (const { part } of parts) {
    const isRight = () => {
      if (part.partitionValues.length !== types.length) return false
      if (part.bounds.some(({ column }) => !minmaxColumns.includes(column))) return false
      try {
        return partitionId(types, part.partitionValues, memory) === part.partitionId
      } catch {
        return false // values of other types than the key's
      }
    }
    if (!isRight())
      throw new DBError(
        'CORRUPTED_DATA',
        `Manifest ${location}/${manifestFile} is broken: part ${part.name} does not lie in the partition of its values`,
      )
  }
}
