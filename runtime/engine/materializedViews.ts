// Materialized views: rows that go into a table go through their queries too, into their targets.
import { snapshotOf, type Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { Source, TableSnapshot } from '../exec/source.ts'
import type { Query, Select, TableName } from '../sql/ast.ts'
import type { GranaryEngine } from './engine.ts'
import type { QueryRun } from './queryRun.ts'
import { insertRows } from './insert.ts'
import type { TaskResult } from './messages.ts'

/** Views that feed views that feed views ... */
const depthMax = 32

/** The table whose inserts a query listens to: the leftmost of FROM, inside subqueries too. */
export function listenedTable(query: Query): TableName | null {
  let select: Query = query
  while (select.kind === 'setOperation') [select] = select.inputs
  let from = (select as Select).from
  while (from) {
    if (from.kind === 'join') from = from.left
    else if (from.kind === 'arrayJoin') from = from.input
    else if (from.kind === 'tableSubquery') return listenedTable(from.query)
    else return from.kind === 'table' ? from.name : null
  }
  return null
}

export function viewsOf(engine: GranaryEngine, table: Table): Table[] {
  const views: Table[] = []
  for (const database of engine.catalog.databases.values())
    for (const view of database.tables.values()) {
      const { listens } = view
      if (listens && listens.database === table.database && listens.table === table.name) views.push(view)
    }
  return views
}

/** A Null table keeps nothing; its views are to see the rows nevertheless. */
export function keptForViews(engine: GranaryEngine, table: Table, snapshot: TableSnapshot): TableSnapshot {
  if (snapshot.source.kind !== 'null' || viewsOf(engine, table).length === 0) return snapshot
  return { ...snapshot, source: { kind: 'packed', chunks: [] } }
}

/** Runs the views of a table over rows that were written to it, before they are committed. */
export async function feedViews(run: QueryRun, table: Table, written: TaskResult, depth = 0): Promise<void> {
  const { engine } = run
  const views = viewsOf(engine, table)
  if (views.length === 0) return
  if (depth > depthMax) throw new DBError('TOO_DEEP_RECURSION', 'Materialized views feed each other in a circle')
  const rows = rowsOf(table, written)
  if (!rows) return
  for (const view of views) {
    if (!view.target || !view.materialized) continue
    const { snapshot, release } = snapshotOf(table)
    const block: TableSnapshot = { ...snapshot, source: rows, exactRows: undefined }
    const others = await engine.snapshots(view.materialized, view.database, run.session)
    const tables = [
      block,
      ...others.tables.filter(({ database, name }) => database !== block.database || name !== block.name),
    ]
    try {
      await fill(run, view, view.materialized, tables, depth)
    } catch (error) {
      if (!run.settings.bool('materialized_views_ignore_errors') || run.isCancelled) throw error
      engine.platform.log('warning', `View ${view.database}.${view.name} missed an INSERT: ${String(error)}`)
    } finally {
      others.release()
      release()
    }
  }
}

/** A view's query into its target: by the names of columns; what the target does not have is left out. */
export async function fill(
  run: QueryRun,
  view: Table,
  query: Query,
  tables: readonly TableSnapshot[],
  depth: number,
): Promise<void> {
  const { engine } = run
  if (!view.target) return
  const target = engine.catalog.table(view.target.database, view.target.table)
  const base = { ...run.taskBase(tables), database: view.database }
  const described = await run.complete({ ...base, kind: 'describe', query })
  const given = described.kind === 'columns' ? described.columns.map(({ name }) => name) : []
  const known = new Set(target.columns.filter(column => !column.virtual).map(({ name }) => name))
  const columns = given.filter(name => known.has(name))
  if (columns.length === 0)
    throw new DBError('THERE_IS_NO_COLUMN', `The query of ${view.name} gives no column of ${target.name}`)
  const { start, end } = query
  const picked: Query =
    columns.length === given.length
      ? query
      : {
          kind: 'select',
          columns: columns.map(name => ({ kind: 'identifier', parts: [name], start, end })),
          from: { kind: 'tableSubquery', query, start, end },
          start,
          end,
        }
  await insertRows(run, target, columns, { query: picked, tables, database: view.database, depth: depth + 1 })
}

function rowsOf(table: Table, written: TaskResult): Source | null {
  if (written.kind === 'chunks')
    return written.chunks.length > 0 ? { kind: 'packed', chunks: written.chunks.map(({ buffer }) => buffer) } : null
  if (written.kind === 'parts' && written.parts.length > 0)
    return table.storage.sourceOf?.(written.parts.map(part => ({ ...part, id: part.path }))) ?? null
  return null
}
