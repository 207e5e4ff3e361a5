import type { Chunks } from '../columns/chunk.ts'
import { DBError } from '../core/errors.ts'
import type { ScanPlan } from '../planner/plan.ts'
import type { QueryContext } from './context.ts'
import { mergeTreeScan } from './mergeTreeScan.ts'
import { numbers } from './operators/numbers.ts'
import { packed, valueRows } from './operators/packed.ts'
import { readKeyed } from './operators/readKeyed.ts'
import { readFormat } from './operators/readFormat.ts'
import { randomRows } from './operators/randomRows.ts'
import { readRemote } from './operators/readRemote.ts'
import { readLog } from './operators/readLog.ts'
import type { Source } from './source.ts'

/** Rows of a table, whatever stands behind it. */
export function openScan(context: QueryContext, plan: ScanPlan): Chunks {
  const source = plan.table.source as Source
  if (plan.final && source.kind !== 'mergeTree')
    throw new DBError('ILLEGAL_FINAL', `Storage of ${plan.table.name} doesn't support FINAL`)
  switch (source.kind) {
    case 'mergeTree':
      return mergeTreeScan(context, plan, source)
    case 'numbers':
      return numbers(context, plan, source)
    case 'rows':
      return valueRows(context, plan, source.rows)
    case 'packed':
      return packed(context, plan, source.chunks)
    case 'log':
      return readLog(context, plan, source)
    case 'format':
      return readFormat(context, plan, source)
    case 'keyed':
      return readKeyed(context, plan, source)
    case 'random':
      return randomRows(context, plan, source)
    case 'remote':
      return readRemote(context, plan, source.table)
    case 'null':
      return nothing()
  }
}

async function* nothing(): Chunks {}
