// distributed_group_by_no_merge: every shard of a distributed table answers the query by itself.
import type { AnalyzerContext } from '../analyzer/context.ts'
import { functionDatabase, functionKey } from '../analyzer/functionTable.ts'
import type { Query, Select, TableExpr } from '../sql/ast.ts'

/** The query as the answers of the shards one behind another; null where it is over no such table. */
export function perShard(context: AnalyzerContext, select: Select): Query | null {
  const mode = context.settings.number('distributed_group_by_no_merge')
  const { from } = select
  if (mode === 0 || !from) return null
  const shards = shardsOf(context, from)
  if (!shards) return null
  // What is for all answers together stays outside.
  const outside = mode > 1 && (select.orderBy || select.limit || select.limitBy)
  const inside: Select = outside ? { ...select, orderBy: undefined, limit: undefined, limitBy: undefined } : select
  const { start, end } = select
  const union: Query = {
    kind: 'setOperation',
    operator: 'UNION ALL',
    inputs: shards.queries.map(
      (query): Select => ({
        ...inside,
        from: { kind: 'tableSubquery', query, alias: shards.alias, start, end },
      }),
    ),
    start,
    end,
  }
  if (!outside) return union
  const { orderBy, limit, limitBy } = select
  return {
    kind: 'select',
    columns: [{ kind: 'asterisk', start, end }],
    from: { kind: 'tableSubquery', query: union, start, end },
    orderBy,
    limit,
    limitBy,
    start,
    end,
  }
}

/** The query of each shard's rows, and the name under which the table stands. */
function shardsOf(context: AnalyzerContext, from: TableExpr): { queries: readonly Query[]; alias: string } | null {
  if (from.kind !== 'table' && from.kind !== 'tableFunction') return null
  const table =
    from.kind === 'table'
      ? context.findTable(from.name.database, from.name.table)
      : context.findTable(functionDatabase, functionKey(from.call))
  if (!table?.view || !table.columns.some(({ name, virtual }) => virtual && name === '_shard_num')) return null
  const alias = from.alias ?? (from.kind === 'table' ? from.name.table : from.call.name)
  const { view } = table
  return { queries: view.kind === 'setOperation' ? view.inputs : [view], alias }
}
