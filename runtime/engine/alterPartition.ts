// Commands of ALTER TABLE that move whole parts.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { AlterCommand } from '../sql/ast.ts'
import { MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'

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
    default:
      throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE ${command.kind} is not supported`)
  }
}
