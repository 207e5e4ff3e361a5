// What publish() is to copy: a table of this engine, or one in a data directory that another process may be serving.
import { defineTable } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'
import type { Platform } from '../platform.ts'
import type { CreateTable } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { escapeFileName } from '../storage/mergetree/fileName.ts'
import { FrameCodec } from '../storage/mergetree/frames.ts'
import { readFile } from '../storage/mergetree/loadPart.ts'
import type { ObjectStore } from '../storage/objectStore.ts'
import { isTableDirectory, partsOfDirectory } from '../storage/published/directoryParts.ts'
import { type PublishOptions, type PublishResult, type PublishSource, publish } from '../storage/published/publish.ts'
import { createEngine, type GranaryEngine } from './engine.ts'
import { typeOf } from './keyResolver.ts'
import { mergeTreeEngines } from './mergeTreeEngines.ts'
import { MergeTreeStorage, storedDefinition } from './mergeTreeStorage.ts'

export type PublishTableOptions = Omit<PublishOptions, 'codec' | 'now'>

/** Publishes a table of a running engine. Inserts and merges go on meanwhile. */
export async function publishTable(
  engine: GranaryEngine,
  { database, table: name }: { readonly database: string; readonly table: string },
  target: ObjectStore,
  options: PublishTableOptions = {},
): Promise<PublishResult> {
  const take = async (): Promise<PublishSource> => {
    const table = engine.catalog.table(database, name)
    const { storage } = table
    if (!(storage instanceof MergeTreeStorage)) throw notPublishable(`${database}.${name}`, table.engine)
    const { parts, release } = storage.table.snapshot()
    return { create: createFor(table.createText), disk: storage.table.disk, parts, release }
  }
  return publish(take, target, optionsOf(engine, options))
}

/** Publishes a table of a data directory, which a server may be using: it is not locked, and nothing in it is changed. */
export async function publishDirectory(
  platform: Platform,
  { path, database, table }: { readonly path: string; readonly database: string; readonly table: string },
  target: ObjectStore,
  options: PublishTableOptions = {},
): Promise<PublishResult> {
  const disk = await platform.openDisk(path)
  const engine = await createEngine({ ...platform, startWorker: undefined }, {})
  try {
    const take = async (): Promise<PublishSource> => {
      const file = `metadata/${escapeFileName(database)}/${escapeFileName(table)}.sql`
      if ((await disk.size(file)) === null)
        throw new DBError('UNKNOWN_TABLE', `Table ${database}.${table} does not exist in ${path}`)
      const text = decodeText(await readFile(disk, file))
      const { statement } = parseStatement(text)
      if (statement.kind !== 'createTable') throw notPublishable(`${database}.${table}`, 'View')
      const kind = statement.storage?.engine?.name ?? ''
      if (!mergeTreeEngines.includes(kind)) throw notPublishable(`${database}.${table}`, kind)
      const definition = await defineTable(statement, null, kind, (expr, columns) => typeOf(engine, expr, columns))
      const stored = await storedDefinition(engine, definition)
      const directory = `data/${escapeFileName(database)}/${escapeFileName(table)}`
      if (!(await isTableDirectory(disk, directory)))
        throw new DBError('FILE_DOESNT_EXIST', `Directory ${directory} of the table does not exist in ${path}`)
      const codec = new FrameCodec(engine.memory, platform.zstd)
      return {
        create: createFor(formatAst(definition.create)),
        disk,
        parts: await partsOfDirectory(disk, directory, stored, codec),
      }
    }
    return await publish(take, target, optionsOf(engine, options))
  } finally {
    await engine.close({ graceMs: 0 })
  }
}

const optionsOf = (engine: GranaryEngine, options: PublishTableOptions): PublishOptions => ({
  ...options,
  codec: new FrameCodec(engine.memory, engine.platform.zstd),
  now: () => engine.platform.clock.now(),
})

const notPublishable = (name: string, engine: string): DBError =>
  new DBError(
    'NOT_IMPLEMENTED',
    `Table ${name} is of engine ${engine}: only tables of the MergeTree family can be published`,
  )

/** The statement that a manifest keeps: without the table's names and the disk that it lies on. */
function createFor(text: string): string {
  const { statement } = parseStatement(text)
  const create = statement as CreateTable
  const { storage } = create
  const settings = storage?.settings?.filter(({ name }) => !/^(disk|table_disk|storage_policy)$/.test(name))
  return formatAst({
    ...create,
    name: { database: undefined, table: '_' },
    attach: undefined,
    uuid: undefined,
    onCluster: undefined,
    ifNotExists: undefined,
    storage: storage && { ...storage, ...(settings ? { settings } : {}) },
  })
}
