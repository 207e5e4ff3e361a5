import { snapshotOf, type Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { Statement } from '../sql/ast.ts'
import { feedViews, keptForViews } from './materializedViews.ts'
import type { InsertTask } from './messages.ts'
import type { QueryRun } from './queryRun.ts'

type InsertStatement = Extract<Statement, { kind: 'insert' }>

/** INSERT: from the request's data or a query, into a table. */
export async function insertRows(
  run: QueryRun,
  statement: InsertStatement,
  data: Uint8Array | null,
  rest: ReadableStream<Uint8Array> | null,
): Promise<void> {
  const { engine } = run
  if (!statement.table) throw new DBError('NOT_IMPLEMENTED', 'INSERT INTO FUNCTION is not supported')
  const name = statement.table
  const temporary =
    name.database === undefined ? (run.session?.temporaryTables.get(name.table) as Table | undefined) : undefined
  let table = temporary ?? engine.catalog.find(name.database ?? run.database, name.table)
  if (!table) {
    engine.catalog.database(name.database ?? run.database)
    throw new DBError('UNKNOWN_TABLE', `Table ${name.database ?? run.database}.${name.table} does not exist`)
  }
  if (table.view && !table.target)
    throw new DBError('NOT_IMPLEMENTED', `Method write is not supported by storage ${table.engine}`)
  if (table.target) table = engine.catalog.table(table.target.database, table.target.table)
  const columns = insertColumns(statement, table)
  await table.storage.admit?.()
  const source = snapshotOf(table)
  const query = statement.source.kind === 'query' ? statement.source.query : null
  const { tables, release } = engine.snapshots(query, run.database, run.session)
  const format =
    statement.source.kind === 'data'
      ? (statement.source.format ??
        (run.request.defaultFormat && data?.length === 0 ? run.request.defaultFormat : 'Values'))
      : ''
  if (statement.source.kind === 'file') throw new DBError('NOT_IMPLEMENTED', 'INSERT FROM INFILE is read by the client')
  const task: InsertTask = {
    ...run.taskBase(tables),
    kind: 'insert',
    table: keptForViews(engine, table, source.snapshot),
    columns,
    query,
    format,
    threads: run.threads,
  }
  const pieces = inputPieces(data, rest)
  try {
    const running = run.start(task, {
      wants: () => {
        pieces.next().then(
          ({ done, value }) => running.input(done ? null : value),
          error =>
            running.input(
              null,
              `The request's body broke off: ${error instanceof Error ? error.message : String(error)}`,
            ),
        )
      },
    })
    const { result, progress } = await running.done
    run.noteProgress(progress)
    if (run.isCancelled) throw new DBError('QUERY_WAS_CANCELLED', 'Query was cancelled')
    if (result.kind === 'parts' || result.kind === 'chunks') {
      await feedViews(run, table, result)
      await table.storage.commit(result)
      engine.count('InsertedRows', progress.writtenRows)
      engine.count('InsertedBytes', progress.writtenBytes)
    }
  } catch (error) {
    // The worker removes what it wrote, if it lives. If this fails, too, the next start does it.
    await table.storage.discard?.(run.queryId).catch(() => {})
    throw error
  } finally {
    source.release()
    release()
    await pieces.return(undefined)
  }
}

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

function insertColumns(statement: InsertStatement, table: Table): string[] {
  const usual = table.columns.filter(
    column => !column.virtual && column.kind !== 'MATERIALIZED' && column.kind !== 'ALIAS',
  )
  if (!statement.columns) return usual.filter(column => column.kind !== 'EPHEMERAL').map(({ name }) => name)
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
