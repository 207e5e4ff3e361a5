// Background merges and OPTIMIZE.
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { Optimize } from '../sql/ast.ts'
import type { PartInfo } from '../storage/mergetree/part.ts'
import type { GranaryEngine, QueryRun } from './engine.ts'

export interface RunningMerge {
  readonly database: string
  readonly table: string
  readonly startedMs: number
  readonly parts: readonly PartInfo[]
  readonly result: string
}

export function mergesOf(_engine: GranaryEngine): readonly RunningMerge[] {
  return []
}

export function setMerges(_engine: GranaryEngine, _on: boolean, _table: Table | null): void {}

export async function optimizeTable(_run: QueryRun, _table: Table, _statement: Optimize): Promise<void> {
  throw new DBError('NOT_IMPLEMENTED', 'OPTIMIZE')
}
