// INSERT on the control thread: where the rows go, the task that makes them, and who is to see them before they are committed.
import { snapshotOf, type Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Expr, Query } from '../sql/ast.ts'
import type { Insert } from '../sql/statementAst.ts'
import { parseExpression } from '../sql/parser.ts'
import type { QueryRun } from './queryRun.ts'
import { feedViews, keptForViews } from './materializedViews.ts'
import { tableOfFunction } from './functionTables.ts'
import type { InsertTask } from './messages.ts'
import type { TaskEvents } from './pool.ts'
import { mayNameTables } from './references.ts'
import { tableOf } from './tableNames.ts'

/** Where an INSERT's rows come from: a query over these tables, or data in a format that is asked for piece by piece. */
export interface Rows {
  readonly query: Query | null
  readonly tables: readonly TableSnapshot[]
  /** Of the query. Absent: the run's. */
  readonly database?: string
  readonly format?: string
  readonly threads?: number
  readonly pieces?: AsyncGenerator<Uint8Array, undefined>
  /** These are all there, and few. */
  readonly isSmall?: boolean
  /** How many views have fed each other to get here. */
  readonly depth?: number
}

/** The INSERT that a query run is about. */
export async function insertStatement(
  run: QueryRun,
  data: Uint8Array | null,
  rest: ReadableStream<Uint8Array> | null,
): Promise<void> {
  const { engine, statement, session } = run
  if (statement.kind !== 'insert') return
  if (statement.source.kind === 'file') throw new DBError('NOT_IMPLEMENTED', 'INSERT FROM INFILE is read by the client')
  const query = statement.source.kind === 'query' ? statement.source.query : null
  const table = statement.table
    ? tableOf(run, statement.table)
    : await tableOfFunction(run, statement.tableFunction!, query)
  const { tables, release } = await engine.snapshots([query, defaultsOf(table)], run.database, session)
  const format =
    statement.source.kind === 'data'
      ? (statement.source.format ??
        (run.request.defaultFormat && data?.length === 0 ? run.request.defaultFormat : 'Values'))
      : data
        ? (statement.output?.format ?? '')
        : ''
  const pieces = inputPieces(data, rest)
  try {
    const columns = insertColumns(statement, table)
    const rows = { query, tables, format, threads: run.threads, pieces, isSmall: rest === null }
    const progress = await insertRows(run, table, columns, rows)
    engine.count('InsertedRows', progress.rows)
    engine.count('InsertedBytes', progress.bytes)
  } finally {
    release()
    await pieces.return(undefined)
  }
}

/** Rows into the columns of a table, through its views, all or none of them. */
export async function insertRows(
  run: QueryRun,
  given: Table,
  columns: readonly string[],
  rows: Rows,
): Promise<{ rows: number; bytes: number }> {
  const { engine } = run
  if (given.view && !given.target)
    throw new DBError('NOT_IMPLEMENTED', `Method write is not supported by storage ${given.engine}`)
  const first = given.target ? engine.catalog.table(given.target.database, given.target.table) : given
  const admitted = await first.storage.admit?.()
  // An ALTER may have been waited for.
  const now = engine.catalog.find(first.database, first.name)
  const table = now?.storage === first.storage ? now : first
  const { snapshot, release } = snapshotOf(table)
  const task: InsertTask = {
    ...run.taskBase(rows.tables),
    ...(rows.database === undefined ? {} : { database: rows.database }),
    kind: 'insert',
    table: keptForViews(engine, table, snapshot),
    columns,
    query: rows.query,
    format: rows.format ?? '',
    threads: rows.threads ?? 1,
    isSmall: rows.isSmall,
  }
  try {
    const events: TaskEvents = {
      wants: () => {
        rows.pieces?.next().then(
          ({ done, value }) => running.input(done ? null : value),
          error =>
            running.input(
              null,
              `The request's body broke off: ${error instanceof Error ? error.message : String(error)}`,
            ),
        )
      },
    }
    const running = run.start(task, events)
    const { result, progress } = await running.done
    run.noteProgress(progress)
    if (run.stopReason) throw run.stopReason
    await feedViews(run, table, result, rows.depth)
    if (result.kind === 'parts' || result.kind === 'chunks') await table.storage.commit(result)
    return { rows: progress.writtenRows, bytes: progress.writtenBytes }
  } catch (error) {
    // The worker removes what it wrote, if it lives. If this fails, too, the next start does it.
    await table.storage.discard?.(run.queryId).catch(() => {})
    throw error
  } finally {
    release()
    admitted?.()
  }
}

/** Columns that an INSERT without a list of them gives. */
export const givenColumns = (table: Pick<Table, 'columns'>): string[] =>
  table.columns
    .filter(({ virtual, kind }) => !virtual && kind !== 'MATERIALIZED' && kind !== 'ALIAS' && kind !== 'EPHEMERAL')
    .map(({ name }) => name)

/** DEFAULT and MATERIALIZED expressions, where they may name other tables. */
const defaultsOf = ({ columns }: Table): readonly Expr[] =>
  columns.flatMap(({ expression }) =>
    expression !== undefined && mayNameTables.test(expression) ? [parseExpression(expression)] : [],
  )

/** The pieces of an INSERT's data, each in a buffer of its own that may be given away. */
async function* inputPieces(
  data: Uint8Array | null,
  rest: ReadableStream<Uint8Array> | null,
): AsyncGenerator<Uint8Array, undefined> {
  if (data && data.length > 0) yield data.slice()
  if (!rest) return undefined
  const reader = rest.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return undefined
      if (value.length > 0) yield value.byteLength === value.buffer.byteLength ? value : value.slice()
    }
  } finally {
    reader.cancel().catch(() => {}) // it ended, or nobody wants the rest
  }
}

function insertColumns(statement: Insert, table: Table): string[] {
  if (!statement.columns) return givenColumns(table)
  const usual = table.columns.filter(
    column => !column.virtual && column.kind !== 'MATERIALIZED' && column.kind !== 'ALIAS',
  )
  const names: string[] = []
  for (const column of statement.columns) {
    if (column.kind === 'identifier') names.push(column.parts.join('.'))
    else if (column.kind === 'asterisk') {
      const left = new Set(
        column.transformers?.flatMap(transformer =>
          transformer.kind === 'except' ? (transformer.columns ?? []) : [],
        ) ?? [],
      )
      names.push(...usual.map(({ name }) => name).filter(name => !left.has(name)))
    } else throw new DBError('NOT_IMPLEMENTED', 'INSERT takes the names of columns')
  }
  if (new Set(names).size < names.length) throw new DBError('DUPLICATE_COLUMN', 'A column is listed twice in INSERT')
  return names
}
