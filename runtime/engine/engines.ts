import { LogStorage, MemoryStorage, NullStorage } from '../catalog/storages.ts'
import type { Table, TableStorage } from '../catalog/table.ts'
import type { TableDefinition } from '../catalog/tableDefinition.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { CreateTable } from '../sql/ast.ts'
import type { GranaryEngine } from './engine.ts'
import { createMergeTree, mergeTreeEngines } from './mergeTreeStorage.ts'

const chunkEngines = ['Memory', 'Log', 'TinyLog', 'StripeLog', 'Null']
export const engineNames: readonly string[] = [...mergeTreeEngines, ...chunkEngines, 'View']

/** What keeps the rows of a table, and the virtual columns that it adds. */
export async function createStorage(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  statement: CreateTable,
): Promise<{ storage: TableStorage; virtualColumns: readonly SnapshotColumn[] }> {
  const { name: kind, args } = definition.engine
  if (mergeTreeEngines.includes(kind))
    return createMergeTree(engine, definition, database, name, statement.attach ?? false)
  if (!chunkEngines.includes(kind)) throw new DBError('UNKNOWN_STORAGE', `Unknown table engine ${kind}`)
  if (args.length > 0 && kind !== 'Memory')
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Engine ${kind} doesn't support any arguments (${args.length} given)`,
    )
  if (definition.orderBy.length > 0 || definition.partitionBy.length > 0)
    throw new DBError(
      'BAD_ARGUMENTS',
      `Engine ${kind} doesn't support PARTITION_BY, PRIMARY_KEY, ORDER_BY or SAMPLE_BY clauses`,
    )
  if (kind === 'Null') return { storage: new NullStorage(), virtualColumns: [] }
  const isTransient = database === '' || engine.catalog.database(database).isTransient || !engine.disk
  if (kind === 'Memory' || isTransient) return { storage: new MemoryStorage(), virtualColumns: [] }
  return {
    storage: await LogStorage.open(engine.disk!, engine.location, engine.catalog.dataPath(database, name)),
    virtualColumns: [],
  }
}

export async function dropTableStorage(table: Table): Promise<void> {
  await table.storage.drop()
}
