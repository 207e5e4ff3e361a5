import { Chunk, type Chunks } from '../../columns/chunk.ts'
import { DBError } from '../../core/errors.ts'
import { readInput } from '../../formats/input.ts'
import { findInputFormat } from '../../formats/registry.ts'
import { formatOptions } from '../../formats/settings.ts'
import type { ScanPlan } from '../../planner/plan.ts'
import { TimeZone } from '../../types/timeZone.ts'
import type { QueryContext } from '../context.ts'
import { askServer, bodyPieces, type RemoteTable } from '../remote.ts'
import { TableFilter } from './packed.ts'

const quoteName = (name: string) => `\`${name.replace(/[`\\]/g, '\\$&')}\``

/** Columns of a table of another server, as Native. */
export async function* readRemote(context: QueryContext, plan: ScanPlan, table: RemoteTable): Chunks {
  const schema = [...plan.columns, ...plan.filterColumns]
  const limit = plan.rowsWanted > 0 ? ` LIMIT ${plan.rowsWanted}` : ''
  const sql = `SELECT ${schema.map(({ name }) => quoteName(name)).join(', ')} FROM ${table.from}${limit} FORMAT Native`
  const options = formatOptions(context.formatSetting, { zone: TimeZone.get(context.environment.timeZone) })
  const filtering = new TableFilter(context, plan)
  const arena = context.newArena()
  const buffer = context.newArena()
  try {
    const answer = await askServer(context.platform, table, sql)
    const reader = findInputFormat('Native').reader!(schema, options, context.memory)
    for await (const { chunk } of readInput(reader, bodyPieces(answer), context.memory, arena, buffer)) {
      await context.breathe()
      if (context.isBroken) return
      if (!chunk || chunk.rows === 0) continue
      context.read(chunk.rows, chunk.byteSize())
      const kept = filtering.apply(new Chunk(chunk.columns, chunk.rows), arena)
      if (kept) yield kept
    }
  } catch (error) {
    const isAway = error instanceof DBError && error.errorName === 'ALL_CONNECTION_TRIES_FAILED'
    if (!isAway || !context.settings.bool('skip_unavailable_shards')) throw error
  } finally {
    context.release(arena)
    context.release(buffer)
  }
}
