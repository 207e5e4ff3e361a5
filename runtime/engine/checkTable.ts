import type { Table } from '../catalog/table.ts'
import { toDBError } from '../core/errors.ts'
import type { Check } from '../sql/statementAst.ts'
import { checkPart } from '../storage/mergetree/checkPart.ts'
import { MergeTreeStorage, partsOf } from './mergeTreeStorage.ts'
import type { QueryRun } from './queryRun.ts'
import { type Rows, quoteSql, rowsQuery } from './rows.ts'

/** CHECK TABLE: a row for each part, or one for all of them. */
export async function checkTable(run: QueryRun, table: Table, { partition }: Check): Promise<Rows> {
  const isSingle = run.settings.bool('check_query_single_value_result')
  const rows: string[] = []
  let passed = true
  const { storage } = table
  if (storage instanceof MergeTreeStorage) {
    const matches = partition ? await partsOf(run.engine, storage, partition) : () => true
    const { disk, definition, codec } = storage.table
    const { parts, release } = storage.table.snapshot()
    try {
      for (const part of parts.filter(matches)) {
        let message = ''
        await checkPart(disk, part, definition, codec).catch(error => {
          message = toDBError(error).message
          passed = false
        })
        rows.push(`(${quoteSql(part.name)}, ${message === '' ? 1 : 0}, ${quoteSql(message)})`)
      }
    } finally {
      release()
    }
  }
  if (isSingle || !(storage instanceof MergeTreeStorage)) return rowsQuery(`SELECT ${passed ? 1 : 0} AS result`)
  return rowsQuery(
    rows.length > 0
      ? `SELECT * FROM values('part_path String, is_passed UInt8, message String', ${rows.join(', ')})`
      : `SELECT '' AS part_path, toUInt8(1) AS is_passed, '' AS message WHERE 0`,
  )
}
