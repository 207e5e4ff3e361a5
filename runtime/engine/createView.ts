import type { Table } from '../catalog/table.ts'
import { NullStorage } from '../catalog/storages.ts'
import { DBError } from '../core/errors.ts'
import type { Query, TableName } from '../sql/ast.ts'
import type { ColumnDeclaration, CreateView } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { listParameters } from '../sql/parameters.ts'
import { parseType } from '../types/parseType.ts'
import { createTable, uuidOf } from './createTable.ts'
import { dropTable } from './dropTable.ts'
import type { QueryRun } from './queryRun.ts'
import { fill, listenedTable } from './materializedViews.ts'

export async function createView(run: QueryRun, statement: CreateView): Promise<void> {
  const { engine } = run
  const { catalog } = engine
  if (statement.refresh) throw new DBError('NOT_IMPLEMENTED', 'Refreshable materialized views are not supported')
  const database = statement.name.database ?? run.database
  const name = statement.name.table
  const existing = catalog.database(database).tables.get(name)
  if (existing && statement.ifNotExists) return
  if (existing && !statement.orReplace)
    throw new DBError('TABLE_ALREADY_EXISTS', `Table ${database}.${name} already exists`)
  const query = qualify(statement.query, run.database)
  const isMaterialized = statement.type === 'materialized'
  const columns = statement.columns?.length
    ? statement.columns.map(column => ({ name: column.name, type: parseType(column.type?.text ?? 'String').name }))
    : listParameters(query).size > 0
      ? []
      : await run.describe(query)
  if (existing) await dropTable(run, existing)
  const { start, end } = statement
  const declared = columns.map(
    (column, i): ColumnDeclaration => ({
      ...(statement.columns?.[i] ?? { kind: 'column', name: column.name, start, end }),
      type: { kind: 'type', name: column.type, text: column.type, start, end },
    }),
  )
  const target = statement.to
    ? { database: statement.to.database ?? run.database, table: statement.to.table }
    : { database, table: `.inner.${name}` }
  const source = isMaterialized ? listenedTable(query) : null
  if (isMaterialized && statement.to) {
    if (!statement.attach) await checkTarget(run, query, catalog.table(target.database, target.table))
  } else if (isMaterialized && !catalog.find(target.database, target.table))
    await createTable(run, {
      kind: 'createTable',
      name: target,
      columns: declared,
      storage: statement.storage,
      indices: statement.indices,
      projections: statement.projections,
      attach: statement.attach,
      start,
      end,
    })
  const create: CreateView = {
    ...statement,
    name: { database, table: name },
    ...(isMaterialized && statement.to ? { to: target } : {}),
    columns: declared.length > 0 ? declared : undefined,
    query,
    ...(isMaterialized && !statement.to ? { storage: storageOf(catalog.table(target.database, target.table)) } : {}),
    populate: undefined,
    attach: undefined,
    onCluster: undefined,
    ifNotExists: undefined,
    orReplace: undefined,
  }
  const view: Table = {
    database,
    name,
    uuid: uuidOf(engine.platform.randomBytes(16)),
    engine: isMaterialized ? 'MaterializedView' : 'View',
    engineFull: '',
    columns,
    createText: formatAst(create),
    ...(isMaterialized
      ? { target, materialized: query, ...(source ? { listens: { database, ...source } } : {}) }
      : { view: query }),
    storage: new NullStorage(),
    comment: statement.comment ?? '',
    keys: { partition: '', sorting: '', primary: '', sampling: '' },
    isTemporary: false,
    metadataModifiedMs: engine.platform.clock.now(),
  }
  await catalog.add(view)
  if (!isMaterialized || !statement.populate || statement.attach) return
  const { tables, release } = await engine.snapshots(query, database, run.session)
  try {
    await fill(run, view, query, tables, 0)
  } finally {
    release()
  }
}

/** The clauses of a table, as it was made with them. */
function storageOf(table: Table): CreateView['storage'] {
  const { statement } = parseStatement(table.createText)
  return statement.kind === 'createTable' ? statement.storage : undefined
}

/** Rows of the query must fit into the target; states of other functions never do. */
async function checkTarget(run: QueryRun, query: Query, target: Table): Promise<void> {
  const given = await run.describe(query)
  if (target.columns.length > 0 && !given.some(({ name }) => target.columns.some(column => column.name === name)))
    throw new DBError('THERE_IS_NO_COLUMN', `The query of the view gives no column of ${target.name}`)
  for (const { name, type } of given) {
    const column = target.columns.find(other => other.name === name)
    if (!column || column.type === type || !column.type.startsWith('AggregateFunction(')) continue
    throw new DBError(
      'CANNOT_CONVERT_TYPE',
      `Conversion from ${type} to ${column.type} is not supported: column ${name}`,
    )
  }
}

/** A view's tables keep meaning what they meant when it was made. */
export function qualify(query: Query, database: string): Query {
  const visit = (value: unknown, ctes: ReadonlySet<string>): unknown => {
    if (Array.isArray(value)) return value.map(item => visit(item, ctes))
    if (value === null || typeof value !== 'object') return value
    const node = value as { kind?: string; name?: TableName; with?: readonly { kind: string; name: string }[] }
    let inner = ctes
    if (node.with)
      inner = new Set([
        ...ctes,
        ...node.with.filter(element => element.kind === 'withQuery').map(element => element.name),
      ])
    const copy = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, visit(item, inner)]))
    if (node.kind === 'table' && node.name && node.name.database === undefined && !ctes.has(node.name.table))
      return { ...copy, name: { ...node.name, database } }
    return copy
  }
  return visit(query, new Set()) as Query
}
