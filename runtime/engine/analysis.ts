// The analyzer's and executor's context, made from a task.
import type { AnalyzedTable, AnalyzerContext, CteScope } from '../analyzer/context.ts'
import { Settings } from '../core/settings.ts'
import type { QueryContext } from '../exec/context.ts'
import { execute } from '../exec/execute.ts'
import { collectSet } from '../exec/setRows.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Environment } from '../functions/function.ts'
import { optimize } from '../planner/optimize.ts'
import type { Plan, PlannedSubquery } from '../planner/plan.ts'
import { SelectPlanner } from '../planner/select.ts'
import type { Platform } from '../platform.ts'
import type { Query } from '../sql/ast.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { ScalarResult, TaskBase } from './messages.ts'
import { tableFunction } from './tableFunctions.ts'

export function environmentOf(
  task: TaskBase,
  platform: Platform,
  settings: Settings,
  keyed?: Environment['keyed'],
): Environment {
  return {
    now: task.now,
    random: () => platform.random(),
    timeZone: settings.text('session_timezone') || task.timeZone,
    database: task.database,
    user: task.user,
    queryId: task.queryId,
    hostName: task.hostName,
    version: task.version,
    uptimeMs: task.uptimeMs,
    setting: name => settings.text(name),
    pause: { ms: 0 },
    keyed,
  }
}

export function analyzedTable(snapshot: TableSnapshot): AnalyzedTable {
  return {
    database: snapshot.database,
    name: snapshot.name,
    columns: snapshot.columns.map(column => ({ ...column, type: parseType(column.type) })),
    view: snapshot.view,
    isComposed: snapshot.isComposed,
    source: snapshot.source,
    exactRows: snapshot.exactRows,
    samplingKey: snapshot.samplingKey,
    join: snapshot.join,
  }
}

/** A query made ready to run. */
export interface Prepared {
  readonly plan: Plan
  /** What scalar subqueries gave, in the order in which they were met: helpers use the same. */
  readonly scalars: readonly ScalarResult[]
}

/** Analyzes, plans and optimizes; runs scalar subqueries and the subqueries of IN. */
export async function prepare(
  context: QueryContext,
  task: TaskBase,
  query: Query,
  known: readonly ScalarResult[] | null = null,
): Promise<Prepared> {
  const scalars: ScalarResult[] = []
  const analyzer = analyzerContext(context, task, scalars, known)
  const planner = new SelectPlanner(analyzer)
  const plan = optimize(limited(await planner.query(query, { queries: new Map() }), context.settings))
  await fillSets(context, planner.subqueries)
  return { plan, scalars }
}

/** The settings `limit` and `offset` stand around the whole query. */
function limited(input: Plan, settings: Settings): Plan {
  const limit = settings.number('limit')
  const offset = settings.number('offset')
  if (limit === 0 && offset === 0) return input
  return { kind: 'limit', input, limit: limit || Number.POSITIVE_INFINITY, offset, ties: null, columns: input.columns }
}

export function analyzerContext(
  context: QueryContext,
  task: TaskBase,
  scalars: ScalarResult[] = [],
  known: readonly ScalarResult[] | null = null,
): AnalyzerContext {
  const tables = new Map<string, AnalyzedTable>()
  for (const snapshot of task.tables) tables.set(`${snapshot.database}.${snapshot.name}`, analyzedTable(snapshot))
  const functions = new Map(task.functions.map(({ name, lambda }) => [name, lambda]))
  let next = 0
  const findTable = (database: string | undefined, name: string) => {
    if (database === undefined) return tables.get(`.${name}`) ?? tables.get(`${task.database}.${name}`)
    return tables.get(`${database}.${name}`)
  }
  const analyzer: AnalyzerContext = {
    settings: context.settings,
    environment: context.environment,
    currentDatabase: task.database,
    arena: context.arena,
    parameters: new Map(Object.entries(task.parameters)),
    findTable,
    tableFunction: (name, args) => tableFunction(name, args, context),
    async runSubquery(subquery: Query, limit: number, ctes: CteScope, settings: Settings) {
      const done = known?.[scalars.length]
      if (done) {
        scalars.push(done)
        return { types: done.types.map(text => parseType(text)), rows: done.rows }
      }
      const planner = new SelectPlanner({ ...analyzer, settings }, 1)
      const plan = optimize(await planner.query(subquery, ctes))
      await fillSets(context, planner.subqueries)
      const rows = await collectRows(settings === context.settings ? context : context.under(settings), plan, limit)
      const types = plan.columns.map(column => column.type)
      scalars.push({ types: types.map(type => type.name), rows })
      return { types, rows }
    },
    userFunction: name => functions.get(name),
    nextColumnId: () => next++,
  }
  return analyzer
}

/** Runs the subqueries of IN, innermost first, as they were planned. */
async function fillSets(context: QueryContext, subqueries: readonly PlannedSubquery[]): Promise<void> {
  for (const { set, plan } of subqueries) {
    if (set.table) continue
    const types = plan.columns.map(column => column.type)
    await collectSet(context, set, types, execute(context, optimize(plan)))
  }
}

/** About what a value takes outside of the core's memory. */
const valueBytes = 64
/** What values may take before the query's memory is charged for them. */
const valuesBytesFree = 1 << 20

/** A small result as values. */
export async function collectRows(context: QueryContext, plan: Plan, limit: number): Promise<Value[][]> {
  const rows: Value[][] = []
  let charged = 0
  for await (const chunk of execute(context, plan)) {
    await context.breathe()
    // Values are not in the core's memory, where the budget counts by itself.
    const size = Math.min(chunk.rows, limit - rows.length) * chunk.columns.length * valueBytes
    if (charged + size > valuesBytesFree) context.arena.allocate(size)
    charged += size
    for (let row = 0; row < chunk.rows && rows.length < limit; row++)
      rows.push(chunk.columns.map(column => column.valueAt(row)))
    if (rows.length >= limit) break
  }
  return rows
}

export const settingsOf = (task: TaskBase): Settings => new Settings(task.settings)
