import { columnsOf } from '../analyzer/typed.ts'
import { checkNewKeys } from './newKeys.ts'
import type { Reading, TableStorage } from '../catalog/table.ts'
import type { DefinedColumn, TableDefinition } from '../catalog/tableDefinition.ts'
import type { Written } from '../catalog/storages.ts'
import { WriteGate } from '../catalog/writeGate.ts'
import { DBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import { temporaryDirectory } from '../exec/temporaryFiles.ts'
import type { Expr } from '../sql/ast.ts'
import type { PartitionSpec } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import type { Disk } from '../storage/disk.ts'
import { tableDirectory } from '../storage/diskDescription.ts'
import {
  type MergeMode,
  type MergeTreeDefinition,
  type MergeTreeSettings,
  type StoredColumn,
  mergeTreeSettings,
} from '../storage/mergetree/definition.ts'
import { FrameCodec } from '../storage/mergetree/frames.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import { partitionId } from '../storage/mergetree/partition.ts'
import { MergeTreeTable } from '../storage/mergetree/table.ts'
import { ArrayType, MapType, TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { convertValue } from '../types/convertValue.ts'
import type { Value } from '../types/value.ts'
import type { GranaryEngine } from './engine.ts'
import { Merger } from './merges.ts'
import { Mutator } from './mutator.ts'
import { mergeTreeSettingNames } from './mergeTreeSettingNames.ts'
import { insertTag } from './mergeTreeSink.ts'
import { keyResolver } from './keyResolver.ts'
import { checkTtl, ttlOf } from './ttl.ts'

/** The control thread's side of a MergeTree table. */
export class MergeTreeStorage implements TableStorage {
  definition: TableDefinition
  sortingKey: readonly string[] = []
  partitionKey: readonly string[] = []
  /** As queries see them. */
  columns: readonly SnapshotColumn[] = []
  readonly merger: Merger
  readonly mutator: Mutator
  readonly gate = new WriteGate()
  #refreshedMs: number
  #refreshing: Promise<void> | null = null
  /** One change of the definition after another. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    readonly engine: GranaryEngine,
    readonly table: MergeTreeTable,
    readonly location: string,
    public database: string,
    public name: string,
    definition: TableDefinition,
    /** Its parts lie where no other table looks for them, whatever it is called. */
    readonly isTransient: boolean,
    /** Lets go of a disk of its own. */
    readonly release: () => Promise<void> = async () => {},
  ) {
    this.definition = definition
    this.#refreshedMs = engine.platform.clock.monotonic()
    this.define(definition, table.definition)
    this.merger = new Merger(this)
    this.mutator = new Mutator(this)
  }

  /** The definition that the parts have from now on. */
  define(definition: TableDefinition, stored: MergeTreeDefinition): void {
    this.definition = definition
    this.sortingKey = textsOf(definition.orderBy.map(({ expr }) => expr))
    this.partitionKey = textsOf(definition.partitionBy)
    this.columns = [...definition.columns, ...virtualColumns]
    this.table.definition = stored
  }

  rename(database: string, name: string): void {
    this.database = database
    this.name = name
  }

  /** The table as a task's source, with these parts. */
  sourceOf(parts: readonly PartInfo[]) {
    const { table, location, sortingKey, partitionKey } = this
    return {
      kind: 'mergeTree',
      location,
      path: table.path,
      definition: table.definition,
      parts,
      sortingKey,
      partitionKey,
    } as const
  }

  snapshot() {
    const { parts, release } = this.table.snapshot()
    const deletes = parts.some(part => part.columns.some(({ name }) => name === '_row_exists'))
    return {
      source: this.sourceOf(parts),
      exactRows: deletes ? undefined : parts.reduce((sum, { rows }) => sum + rows, 0),
      release,
    }
  }

  checkWritable(): void {
    if (!this.table.disk.can.write)
      throw new DBError('TABLE_IS_PERMANENTLY_READ_ONLY', 'Table is in readonly mode: its disk can only be read')
  }

  /** Parts that another server wrote to a disk that is only read here are seen from a query on that begins after a while. */
  prepare({ started: { ms: startedMs } }: Reading): Promise<void> | undefined {
    if (this.table.disk.can.write || !this.table.disk.refresh) return undefined
    const stated = this.definition.settings.get('refresh_parts_interval')
    const ageMs = stated === undefined ? followMs : Number(stated) * 1000
    if (stated === '0' || startedMs - this.#refreshedMs < ageMs) return undefined
    if (this.engine.platform.isolatesRequests) return this.#refreshParts(startedMs)
    this.#refreshing ??= this.#refreshParts(startedMs).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refreshParts(startedMs: number): Promise<void> {
    this.forget(await this.table.refreshParts())
    this.#refreshedMs = startedMs
  }

  /** One ALTER after another. */
  altering<T>(work: () => Promise<T>): Promise<T> {
    this.checkWritable()
    const result = this.#last.then(work, work)
    this.#last = result.catch(() => {})
    return result
  }

  async admit(): Promise<() => void> {
    this.checkWritable()
    await this.#delay()
    return this.gate.enter()
  }

  async #delay(): Promise<void> {
    const delay = this.table.insertDelayMs()
    if (delay > 0) await this.engine.platform.clock.wait(delay)
  }

  async commit(result: Written): Promise<void> {
    if (result.kind !== 'parts' || result.parts.length === 0) return
    await this.table.commit(result.parts)
    this.merger.wake()
  }

  async discard(queryId: string): Promise<void> {
    const prefix = `tmp_insert_${insertTag(queryId)}_`
    await this.table.discard(name => name.startsWith(prefix))
  }

  async truncate(): Promise<void> {
    this.checkWritable()
    this.forget(await this.table.drop(() => true))
    await this.removeDropped()
  }

  /** Who drops wants the room: only what is being read waits for the next cleaning. */
  private async removeDropped(): Promise<void> {
    this.forget(await this.table.cleanUp())
  }

  async partition(
    action: 'drop' | 'detach' | 'attach',
    matches: (name: { partitionId: string; name: string }) => boolean,
  ): Promise<void> {
    this.checkWritable()
    if (action === 'attach') {
      const names = (await this.table.detachedParts()).filter(name =>
        matches({ name, partitionId: name.split('_')[0] }),
      )
      await this.table.attach(names)
      this.merger.wake()
      return
    }
    this.forget(await (action === 'drop' ? this.table.drop(matches) : this.table.detach(matches)))
    await this.removeDropped()
  }

  /** Workers let go of what they keep of parts that are gone. */
  forget(parts: readonly PartInfo[]): void {
    if (parts.length > 0) this.engine.pool.broadcast({ kind: 'forget', paths: parts.map(({ id }) => id) })
  }

  async drop(): Promise<void> {
    await this.#stop()
    const parts = this.table.parts()
    // What another server keeps is not ours to remove.
    if (this.table.disk.can.write) await this.table.remove(this.#aside())
    this.forget(parts)
    await this.release()
  }

  /** Half a directory of a table that is gone would be in the way of another one of its name. */
  #aside(): string | null {
    const { engine, table, location } = this
    if (location !== engine.location || !table.disk.can.rename) return null
    return `${temporaryDirectory}/dropped_${engine.pool.nextId()}`
  }

  async close(): Promise<void> {
    await this.#stop()
    await this.release()
  }

  async #stop(): Promise<void> {
    const stopped = this.mutator.stop()
    await this.merger.stop()
    await stopped
  }

  size() {
    const parts = this.table.parts()
    return {
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      bytes: parts.reduce((sum, { bytesOnDisk }) => sum + bytesOnDisk, 0),
    }
  }
}

export async function createMergeTree(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  attach: boolean,
): Promise<{ storage: TableStorage; virtualColumns: readonly SnapshotColumn[] }> {
  const isTransient = database === '' || engine.catalog.database(database).isTransient
  const own = definition.disk ? await engine.tableDisks.open(definition.disk) : null
  try {
    const location = own?.location ?? engine.location
    const disk: Disk = own?.disk ?? (await engine.dataDisk())
    const path = own
      ? tableDirectory
      : isTransient
        ? (attach && engine.detached.get(`${database}.${name}`)?.transientPath) || `temporary/${engine.pool.nextId()}`
        : engine.catalog.dataPath(database, name)
    if (own) await checkOwnDisk(disk, path, attach)
    else if (!attach && (await disk.list(path)).some(({ name: part }) => /_\d+_\d+_\d+$/.test(part)))
      throw new DBError(
        'TABLE_ALREADY_EXISTS',
        `Directory ${path} of table ${database}.${name} has parts of an earlier table`,
      )
    const stored = await storedDefinition(engine, definition)
    if (!attach) await checkTtl(engine, definition, stored)
    if (!attach) checkNewKeys(definition, stored)
    const table = await MergeTreeTable.open({
      disk,
      path,
      definition: stored,
      codec: new FrameCodec(engine.memory, engine.platform.zstd),
      now: () => engine.platform.clock.now(),
      log: text => engine.platform.log('warning', `${database}.${name}: ${text}`),
    })
    for (const { name: part, reason } of table.broken)
      engine.platform.log('error', `${database}.${name}: part ${part} is broken and was moved to detached/: ${reason}`)
    const release = own?.release
    const storage = new MergeTreeStorage(engine, table, location, database, name, definition, isTransient, release)
    if (!disk.can.write) return { storage, virtualColumns }
    // A merge of parts that a RENAME or DROP COLUMN has not come to yet would see them with the new names.
    const resumeMerges = await storage.merger.hold()
    try {
      await storage.mutator.finishDefinition()
    } finally {
      resumeMerges()
    }
    storage.mutator.wake()
    return { storage, virtualColumns }
  } catch (error) {
    await own?.release()
    throw error
  }
}

/** What is there must be what the statement expects. */
async function checkOwnDisk(disk: Disk, path: string, attach: boolean): Promise<void> {
  const entries = await disk.list(path)
  if (attach && !disk.can.write && !entries.some(({ name }) => name === 'format_version.txt'))
    throw new DBError(
      'FILE_DOESNT_EXIST',
      'There is no table on its disk: no format_version.txt where its endpoint, its UUID and table_disk say',
    )
  if (attach) return
  if (!disk.can.write)
    throw new DBError(
      'TABLE_IS_PERMANENTLY_READ_ONLY',
      'A table on a disk that can only be read is made by ATTACH TABLE',
    )
  if (entries.some(({ name }) => !name.startsWith('__granary')))
    throw new DBError('INCORRECT_DATA', 'Data directory of the table already contains data: use ATTACH TABLE')
}

/** How old the parts may be that a query sees of a table that another server writes. */
const followMs = 5000

export const virtualColumns: readonly SnapshotColumn[] = [
  { name: '_part', type: 'String', virtual: true },
  { name: '_partition_id', type: 'String', virtual: true },
  { name: '_part_offset', type: 'UInt64', virtual: true },
  { name: '_part_index', type: 'UInt64', virtual: true },
  { name: '_sample_factor', type: 'Float64', virtual: true },
]

const textsOf = (exprs: readonly Expr[]): string[] => exprs.map(expr => formatAst(expr, { oneLine: true }))

/** What the storage must know of the table, with the keys' types and columns worked out. */
export async function storedDefinition(
  engine: GranaryEngine,
  definition: TableDefinition,
): Promise<MergeTreeDefinition> {
  const stored = definition.columns.filter(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL')
  const arena = new Arena(engine.memory)
  try {
    const resolver = keyResolver(engine, stored, arena)
    const resolve = async (exprs: readonly Expr[], what: string) => {
      const nodes = []
      for (const expr of exprs) {
        const node = await resolver.resolve(expr)
        if (node.kind === 'call' && !node.bound.deterministic)
          throw new DBError('BAD_ARGUMENTS', `${what} must be deterministic: ${formatAst(expr)}`)
        nodes.push(node)
      }
      return nodes
    }
    const sorting = await resolve(
      definition.orderBy.map(({ expr }) => expr),
      'ORDER BY',
    )
    const partition = await resolve(definition.partitionBy, 'PARTITION BY')
    for (const node of sorting) {
      if (node.type.isNullable && definition.settings.get('allow_nullable_key') !== '1')
        throw new DBError(
          'ILLEGAL_COLUMN',
          'Sorting key contains nullable columns, but merge tree setting `allow_nullable_key` is disabled',
        )
      if (node.type instanceof ArrayType || node.type instanceof MapType || node.type instanceof TupleType)
        if (node.type instanceof MapType)
          throw new DBError(
            'DATA_TYPE_CANNOT_BE_USED_IN_KEY',
            `Column of type ${node.type.name} cannot be in the sorting key`,
          )
    }
    const primary = await resolve(definition.primaryKey, 'PRIMARY KEY')
    if (primary.some((node, i) => node.key !== sorting[i]?.key))
      throw new DBError('BAD_ARGUMENTS', 'Primary key must be a prefix of the sorting key')
    const namesOf = (nodes: typeof sorting) => {
      const names = new Set<string>()
      for (const node of nodes) for (const { name } of columnsOf(node).values()) names.add(name)
      return [...names]
    }
    const settings = settingsOf(definition.settings)
    const ttl = ttlOf(definition)
    return {
      columns: stored.map(storedColumn),
      computed: definition.columns
        .filter(column => column.kind === 'ALIAS' || column.kind === 'EPHEMERAL')
        .map(storedColumn),
      partitionTypes: partition.map(node => node.type.name),
      minmaxColumns: namesOf(partition),
      sortingKey: sorting.map((node, i) => ({ type: node.type.name, descending: definition.orderBy[i].descending })),
      sortingColumns: namesOf(sorting),
      primaryKeyLength: primary.length,
      mode: modeOf(definition),
      ...(ttl ? { ttl } : {}),
      settings,
    }
  } finally {
    arena.destroy()
  }
}

const storedColumn = ({ name, type, codec, expression }: DefinedColumn): StoredColumn => ({
  name,
  type,
  ...(codec ? { codec } : {}),
  ...(expression === undefined ? {} : { expression }),
})

const numberSettings: Record<string, keyof MergeTreeSettings> = {
  index_granularity: 'indexGranularity',
  min_compress_block_size: 'minCompressBlockSize',
  max_compress_block_size: 'maxCompressBlockSize',
  parts_to_delay_insert: 'partsToDelayInsert',
  parts_to_throw_insert: 'partsToThrowInsert',
  max_delay_to_insert: 'maxDelayToInsertSeconds',
  max_parts_in_total: 'maxPartsInTotal',
  old_parts_lifetime: 'oldPartsLifetimeSeconds',
  max_bytes_to_merge_at_max_space_in_pool: 'maxBytesToMergeAtMaxSpaceInPool',
  max_bytes_to_merge_at_min_space_in_pool: 'maxBytesToMergeAtMinSpaceInPool',
  max_parts_to_merge_at_once: 'maxPartsToMergeAtOnce',
  max_suspicious_broken_parts: 'maxSuspiciousBrokenParts',
}

function settingsOf(given: ReadonlyMap<string, string>): MergeTreeSettings {
  const settings: Record<string, number | string> = { ...mergeTreeSettings }
  for (const [name, value] of given) {
    const key = Object.hasOwn(numberSettings, name) ? numberSettings[name] : undefined
    if (name === 'default_compression_codec') settings.defaultCodec = value
    if (!key && !mergeTreeSettingNames.has(name))
      throw new DBError('UNKNOWN_SETTING', `Unknown setting '${name}': for storage MergeTree`)
    if (!key) continue
    const number = Number(value)
    if (!Number.isFinite(number) || number < 0 || (key === 'indexGranularity' && (number < 1 || number > 1_048_576)))
      throw new DBError('BAD_ARGUMENTS', `Value ${value} of setting ${name} is out of range`)
    settings[key] = number
  }
  return settings as unknown as MergeTreeSettings
}

function modeOf({ engine, columns, orderBy }: TableDefinition): MergeMode {
  const names = engine.args.map(arg => {
    if (arg.kind === 'identifier') return arg.parts.join('.')
    if (arg.kind === 'function' && arg.name === 'tuple') return ''
    throw new DBError('BAD_ARGUMENTS', `Arguments of ${engine.name} are names of columns`)
  })
  const count = (low: number, high: number) => {
    if (names.length < low || names.length > high)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Engine ${engine.name} takes ${low === high ? low : `${low} to ${high}`} arguments, got ${names.length}`,
      )
  }
  const typed = (name: string, test: RegExp) => {
    const column = columns.find(other => other.name === name)
    if (!column) throw new DBError('NO_SUCH_COLUMN_IN_TABLE', `Column ${name} of engine ${engine.name} does not exist`)
    if (!test.test(column.type))
      throw new DBError('BAD_TYPE_OF_FIELD', `Column ${name} (${column.type}) cannot be used by engine ${engine.name}`)
    return name
  }
  switch (engine.name) {
    case 'ReplacingMergeTree': {
      count(0, 2)
      const version = names[0] === undefined ? {} : { version: typed(names[0], /Int|Date|Float|Decimal/) }
      return {
        kind: 'replacing',
        ...version,
        ...(names[1] === undefined ? {} : { isDeleted: typed(names[1], /^UInt8$/) }),
      }
    }
    case 'CollapsingMergeTree':
      count(1, 1)
      return { kind: 'collapsing', sign: typed(names[0], /^Int8$/) }
    case 'VersionedCollapsingMergeTree':
      count(2, 2)
      return { kind: 'versionedCollapsing', sign: typed(names[0], /^Int8$/), version: typed(names[1], /Int|Date/) }
    case 'SummingMergeTree': {
      count(0, 1)
      const [arg] = engine.args
      const listed =
        arg?.kind === 'function'
          ? arg.args.map(item => (item.kind === 'identifier' ? item.parts.join('.') : ''))
          : names
      const inKey = listed.filter(name => orderBy.some(({ expr }) => formatAst(expr) === name))
      if (inKey.length > 0)
        throw new DBError(
          'BAD_ARGUMENTS',
          `Columns: ${inKey.join(', ')} listed both in columns to sum and in sorting key. That is not allowed.`,
        )
      return { kind: 'summing', columns: listed.length > 0 ? listed : null }
    }
    case 'AggregatingMergeTree':
      count(0, 0)
      return { kind: 'aggregating' }
    default:
      count(0, 0)
      return { kind: 'ordinary' }
  }
}

/** Which parts a PARTITION or PART clause names. */
export async function partsOf(
  engine: GranaryEngine,
  storage: MergeTreeStorage,
  spec: PartitionSpec,
): Promise<(part: { partitionId: string; name: string }) => boolean> {
  if (spec.kind === 'all') return () => true
  const arena = new Arena(engine.memory)
  try {
    const resolver = keyResolver(engine, [], arena)
    if (spec.kind === 'part') {
      const { value } = await resolver.resolveConstant(spec.name, 'A part name')
      return part => part.name === value
    }
    if (spec.kind === 'id') {
      const { value } = await resolver.resolveConstant(spec.id, 'A partition ID')
      return part => part.partitionId === value
    }
    const { value, type } = await resolver.resolveConstant(spec.expr, 'A partition')
    const { partitionTypes } = storage.table.definition
    const wanted = partitionTypes.map(text => parseType(text))
    const given: Value[] = type instanceof TupleType ? (value as Value[]) : [value]
    if (given.length !== wanted.length)
      throw new DBError(
        'INVALID_PARTITION_VALUE',
        `Wrong number of fields in the partition expression: ${given.length}, must be: ${wanted.length}`,
      )
    const values = given.map((item, i) => {
      const from = type instanceof TupleType ? type.elements[i] : type
      const converted = convertValue(item, from, wanted[i])
      if (converted === undefined)
        throw new DBError('INVALID_PARTITION_VALUE', `Partition value ${String(item)} does not fit ${wanted[i].name}`)
      return converted
    })
    const id = partitionId(wanted, values, engine.memory)
    return part => part.partitionId === id
  } finally {
    arena.destroy()
  }
}
