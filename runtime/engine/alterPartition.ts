// Commands of ALTER TABLE that move whole parts.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { AlterCommand, PartitionSpec } from '../sql/statementAst.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import { MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { tableOf } from './tableNames.ts'

const partitionKinds: ReadonlySet<AlterCommand['kind']> = new Set([
  'dropPartition',
  'detachPartition',
  'attachPartition',
  'forgetPartition',
  'attachPartitionFrom',
  'replacePartition',
  'movePartition',
  'fetchPartition',
  'freezePartition',
  'freeze',
  'unfreeze',
  'unfreezePartition',
  'exportPart',
])

export const isPartitionCommand = ({ kind }: AlterCommand): boolean => partitionKinds.has(kind)

export async function alterPartition(run: QueryRun, table: Table, command: AlterCommand): Promise<void> {
  const { storage } = table
  if (!(storage instanceof MergeTreeStorage))
    throw new DBError('NOT_IMPLEMENTED', `Table engine ${table.engine} doesn't support partitioning.`)
  switch (command.kind) {
    case 'dropPartition':
    case 'detachPartition':
    case 'attachPartition': {
      const action =
        command.kind === 'dropPartition' ? 'drop' : command.kind === 'detachPartition' ? 'detach' : 'attach'
      await storage.partition(action, await partsOf(run.engine, storage, command.partition))
      return
    }
    case 'attachPartitionFrom':
    case 'replacePartition': {
      const source = tableOf(run, command.table)
      await copyParts(run, source, table, command.partition, command.kind === 'replacePartition')
      return
    }
    case 'movePartition': {
      if (command.to.kind !== 'table')
        throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE MOVE PARTITION TO ${command.to.kind} is not supported`)
      const target = tableOf(run, command.to.table)
      if (target.storage === storage) throw new DBError('BAD_ARGUMENTS', 'A partition is not moved to its own table')
      await storage.altering(() => moveParts(run, storage, table, target, command.partition))
      return
    }
    case 'freeze':
    case 'freezePartition': {
      const name = command.name ?? String(++frozen)
      const matches =
        command.kind === 'freezePartition' ? await partsOf(run.engine, storage, command.partition) : () => true
      await storage.table.freeze(matches, `shadow/${name}/${storage.table.path}`)
      return
    }
    default:
      throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE ${command.kind} is not supported`)
  }
}

/** Of FREEZE without a name. */
let frozen = 0

/** Only what was copied is dropped: an INSERT may add to the partition meanwhile. */
async function moveParts(
  run: QueryRun,
  source: MergeTreeStorage,
  from: Table,
  to: Table,
  partition: PartitionSpec,
): Promise<void> {
  await source.mutator.settled()
  const resume = await source.merger.hold()
  try {
    const copied = new Set((await copyParts(run, from, to, partition, false)).map(({ id }) => id))
    source.forget(await source.table.drop(part => copied.has(part.id)))
  } finally {
    resume()
  }
}

/** Parts of one table into another of the same structure; with `replaces` in place of what that has of the partition. */
async function copyParts(
  run: QueryRun,
  from: Table,
  to: Table,
  partition: PartitionSpec,
  replaces: boolean,
): Promise<readonly PartInfo[]> {
  const [source, target] = [from.storage, to.storage]
  if (!(source instanceof MergeTreeStorage) || !(target instanceof MergeTreeStorage))
    throw new DBError('NOT_IMPLEMENTED', 'Partitions are moved between MergeTree tables only')
  if (source.location !== target.location)
    throw new DBError(
      'NOT_IMPLEMENTED',
      'Parts are not copied between tables on different disks: use INSERT ... SELECT',
    )
  const shape = (storage: MergeTreeStorage) =>
    JSON.stringify(
      storage.definition.columns.filter(({ kind }) => kind !== 'ALIAS').map(({ name, type }) => [name, type]),
    )
  if (shape(source) !== shape(target)) throw new DBError('INCOMPATIBLE_COLUMNS', 'Tables have different structure')
  if (source.sortingKey.join() !== target.sortingKey.join())
    throw new DBError('BAD_ARGUMENTS', 'Tables have different ordering')
  if (source.partitionKey.join() !== target.partitionKey.join())
    throw new DBError('BAD_ARGUMENTS', 'Tables have different partition key')
  if (source.table.definition.settings.indexGranularity !== target.table.definition.settings.indexGranularity)
    throw new DBError('BAD_ARGUMENTS', 'Tables have different index granularity')
  if (source.table.disk !== target.table.disk) throw new DBError('BAD_ARGUMENTS', 'Tables lie on different disks')
  const matches = await partsOf(run.engine, source, partition)
  await source.mutator.settled()
  const { parts, release } = source.table.snapshot()
  const resume = await target.merger.hold()
  try {
    const wanted = parts.filter(matches)
    const gone = await target.table.adopt(
      wanted,
      replaces ? part => matches({ ...part, name: part.name }) : () => false,
    )
    target.forget(gone)
    return wanted
  } finally {
    resume()
    release()
  }
}
