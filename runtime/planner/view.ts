// Tables that are queries: views, and tables that read others (Merge, Buffer, Distributed).
import type { AnalyzedTable, AnalyzerContext } from '../analyzer/context.ts'
import type { ScopeColumn } from '../analyzer/scope.ts'
import { DBError } from '../core/errors.ts'
import type { Query, TableReference } from '../sql/ast.ts'
import { named, type Source } from './from.ts'
import type { Plan, PlanColumn } from './plan.ts'
import { SelectPlanner } from './select.ts'
import { castTo } from './setOperation.ts'

/** What may stand behind a table's name in FROM. */
export type TableModifiers = Pick<TableReference, 'final' | 'sample' | 'columnAliases'>

/** The query's rows as columns of the types that the table states, hidden where the table hides them. */
export async function planView(
  planner: SelectPlanner,
  table: AnalyzedTable & { readonly view: Query },
  qualifiers: readonly (readonly string[])[],
  { final, sample, columnAliases }: TableModifiers,
): Promise<Source> {
  if (sample && !table.isComposed)
    throw new DBError('SAMPLING_NOT_SUPPORTED', `Storage of ${table.name} doesn't support sampling`)
  // FINAL of a plain view means nothing, as its query says itself what is final.
  const query =
    table.isComposed && (final || sample) ? modified(planner.context, table.view, { final, sample }) : table.view
  const plan = await (table.isComposed ? planBelow(planner, query) : planner.nested(query, { queries: new Map() }))
  const declared = plan.columns.map(column => table.columns.find(({ name }) => name === column.name))
  const types = plan.columns.map(({ type }, i) => declared[i]?.type ?? type)
  const isCast = plan.columns.some(({ type }, i) => !type.equals(types[i]))
  const numbered = plan.columns.map(
    ({ name }, i): PlanColumn => ({ id: planner.context.nextColumnId(), name, type: types[i] }),
  )
  const source = named(isCast ? castTo(planner, plan, types, numbered) : plan, qualifiers, columnAliases)
  const columns = source.columns.map((column, i): ScopeColumn => {
    const { virtual, kind } = declared[i] ?? {}
    return virtual || kind === 'MATERIALIZED' || kind === 'ALIAS' ? { ...column, hidden: true } : column
  })
  return { ...source, columns }
}

/** How a table reads others does not count as a subquery, nor does the union of them. */
async function planBelow(planner: SelectPlanner, query: Query): Promise<Plan> {
  const below = new SelectPlanner(planner.context, planner.depth - 1)
  const plan = await below.query(query, { queries: new Map() })
  planner.subqueries.push(...below.subqueries)
  return plan
}

/** FINAL and SAMPLE go to the tables below; FINAL as far as they have it. */
function modified(context: AnalyzerContext, query: Query, modifiers: TableModifiers): Query {
  if (query.kind === 'setOperation')
    return { ...query, inputs: query.inputs.map(input => modified(context, input, modifiers)) }
  const { from } = query
  if (from?.kind !== 'table') return query
  const below = context.findTable(from.name.database, from.name.table)
  const source = below?.source as { kind?: string; definition?: { mode: { kind: string } } } | undefined
  const takes = below?.isComposed || (source?.kind === 'mergeTree' && source.definition?.mode.kind !== 'ordinary')
  const final = (modifiers.final && takes) || undefined
  return { ...query, from: { ...from, final, sample: modifiers.sample } }
}
