import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { AlterTable } from '../sql/ast.ts'
import type { QueryRun } from './queryRun.ts'
import { MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'

/** The partition operations of ALTER TABLE. */
export async function alterTable(run: QueryRun, table: Table, statement: AlterTable): Promise<void> {
  const { storage } = table
  if (!(storage instanceof MergeTreeStorage))
    throw new DBError('NOT_IMPLEMENTED', `ALTER is not supported by storage ${table.engine}`)
  for (const command of statement.commands) {
    switch (command.kind) {
      case 'dropPartition':
      case 'detachPartition':
      case 'attachPartition': {
        const { partition } = command
        const action =
          command.kind === 'dropPartition' ? 'drop' : command.kind === 'detachPartition' ? 'detach' : 'attach'
        await storage.partition(action, await partsOf(run, storage, partition))
        break
      }
      default:
        throw new DBError('NOT_IMPLEMENTED', `ALTER TABLE ${command.kind} is not supported`)
    }
  }
}
