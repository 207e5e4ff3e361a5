import { NullStorage } from '../catalog/storages.ts'
import type { Table, TableStorage } from '../catalog/table.ts'
import { defineTable, type TableDefinition } from '../catalog/tableDefinition.ts'
import { hasOwnDisk, withoutSecrets } from '../catalog/tableDisk.ts'
import { DBError } from '../core/errors.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { Expr, FunctionCall, Query, TableExpr } from '../sql/ast.ts'
import type { ColumnDeclaration, CreateTable, Statement } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseExpression, parseStatement } from '../sql/parser.ts'
import { dropTable } from './dropTable.ts'
import type { GranaryEngine } from './engine.ts'
import type { QueryRun } from './queryRun.ts'
import { createStorage, inferColumns, withDatabase } from './engines.ts'
import { givenColumns, insertRows } from './insert.ts'
import { moveTable } from './renameTable.ts'
import { createPublished } from './publishedTable.ts'
import { mayNameTables } from './references.ts'
import { typeOf } from './keyResolver.ts'
import { tableOf } from './tableNames.ts'

export async function createDatabase(
  run: QueryRun,
  statement: Extract<Statement, { kind: 'createDatabase' }>,
): Promise<void> {
  const { catalog } = run.engine
  if (catalog.databases.has(statement.name)) {
    if (statement.ifNotExists) return
    throw new DBError('DATABASE_ALREADY_EXISTS', `Database ${statement.name} already exists.`)
  }
  const engine = statement.storage?.engine?.name ?? 'Atomic'
  if (!['Atomic', 'Ordinary', 'Memory', 'Lazy'].includes(engine))
    throw new DBError('UNKNOWN_DATABASE_ENGINE', `Unknown database engine: ${engine}`)
  await catalog.createDatabase(statement.name, engine, statement.comment ?? '')
}

/** Also for ATTACH at start: then the data is there already. */
export async function createTable(run: QueryRun, statement: CreateTable): Promise<void> {
  const { engine } = run
  const { catalog } = engine
  const database = statement.name.database ?? run.database
  const name = statement.name.table
  const existing = statement.temporary
    ? (run.session?.temporaryTables.get(name) as Table | undefined)
    : catalog.database(database).tables.get(name)
  if (existing) {
    if (statement.ifNotExists) return
    if (!statement.orReplace && !statement.replace)
      throw new DBError(
        'TABLE_ALREADY_EXISTS',
        `Table ${statement.temporary ? '' : `${database}.`}${name} already exists`,
      )
    if (statement.temporary) await dropTable(run, existing)
    else return replaceTable(run, statement, existing)
  } else if (statement.replace) throw new DBError('UNKNOWN_TABLE', `Table ${database}.${name} does not exist`)
  if (statement.temporary && !run.session)
    throw new DBError('BAD_ARGUMENTS', 'Temporary tables need a session: pass session_id')
  if (statement.storage?.engine)
    statement = {
      ...statement,
      storage: { ...statement.storage, engine: withDatabase(statement.storage.engine, run.database) },
    }
  if (hasOwnDisk(statement) && !statement.uuid)
    statement = { ...statement, uuid: uuidOf(engine.platform.randomBytes(16)) }
  let given: readonly SnapshotColumn[] | null = null
  if (statement.asTable) {
    const source = tableOf(run, statement.asTable)
    given = source.columns.filter(column => !column.virtual)
    if (!statement.storage?.engine) {
      const parsed = parseStatement(source.createText).statement
      if (parsed.kind === 'createTable')
        statement = { ...statement, storage: parsed.storage, columns: statement.columns ?? parsed.columns }
    }
  } else if (statement.asQuery && !statement.columns?.length) given = await run.describe(statement.asQuery)
  else if (statement.asFunction) return createFromFunction(run, statement, statement.asFunction)
  else if (statement.storage?.engine && !statement.columns?.length)
    given = await inferColumns(engine, statement.storage.engine, database)
  const definition = await defineTable(statement, given, run.settings.text('default_table_engine'), (expr, columns) =>
    typeOf(run.engine, expr, columns),
  )
  if (!statement.attach) await checkDefaults(engine, definition.columns)
  const table = await makeTable(run.engine, definition, statement.temporary ? '' : database, name, statement)
  if (statement.temporary) run.session?.temporaryTables.set(name, table)
  else await catalog.add(table)
  if (statement.asQuery && !statement.empty) await fillTable(run, table, statement.asQuery)
}

/** The new table is made and filled aside, so that it may read the old one, which stays if it cannot be made. */
async function replaceTable(run: QueryRun, statement: CreateTable, existing: Table): Promise<void> {
  const { database, name } = existing
  const aside = `_tmp_replace_${run.engine.makeId()}`
  await createTable(run, {
    ...statement,
    name: { database, table: aside },
    orReplace: undefined,
    replace: undefined,
    ifNotExists: undefined,
  })
  const made = run.engine.catalog.table(database, aside)
  await dropTable(run, existing)
  await moveTable(run, made, database, name)
}

/** CREATE TABLE t AS f(...): the table is the function's, asked anew by every query. */
async function createFromFunction(run: QueryRun, statement: CreateTable, call: FunctionCall): Promise<void> {
  const { engine } = run
  const database = statement.name.database ?? run.database
  const { start, end } = call
  const asFunction = withDatabase(call, run.database)
  const columns: readonly Expr[] = [{ kind: 'asterisk', start, end }]
  const from: TableExpr = { kind: 'tableFunction', call: asFunction, start, end }
  const view: Query = { kind: 'select', columns, from, start, end }
  const found = await run.describe(view)
  const declared = found.map(
    ({ name, type }): ColumnDeclaration => ({
      ...{ kind: 'column', name, start, end },
      type: { kind: 'type', name: type, text: type, start, end },
    }),
  )
  const { name, comment } = statement
  await engine.catalog.add({
    database,
    name: name.table,
    uuid: uuidOf(engine.platform.randomBytes(16)),
    engine: engineOfFunction(call.name),
    engineFull: '',
    columns: found,
    createText: formatAst({
      kind: 'createTable',
      name: { database, table: name.table },
      columns: declared,
      asFunction,
      comment,
      start,
      end,
    }),
    view,
    storage: new NullStorage(),
    comment: comment ?? '',
    keys: { partition: '', sorting: '', primary: '', sampling: '' },
    isTemporary: false,
    metadataModifiedMs: engine.platform.clock.now(),
  })
}

/** What system.tables calls the engine of such a table. */
function engineOfFunction(name: string): string {
  if (/^numbers|^generate_?series/i.test(name)) return 'SystemNumbers'
  if (/^(remote|cluster)/.test(name)) return 'Distributed'
  return name[0].toUpperCase() + name.slice(1)
}

/** DEFAULT and the like must be expressions over the other columns. Those that ask dictionaries are known where there are some. */
async function checkDefaults(engine: GranaryEngine, columns: readonly SnapshotColumn[]): Promise<void> {
  for (const { name, expression } of columns) {
    if (expression === undefined || mayNameTables.test(expression)) continue
    const others = columns.filter(column => column.name !== name)
    await typeOf(engine, parseExpression(expression), others)
  }
}

async function fillTable(run: QueryRun, table: Table, query: Query): Promise<void> {
  const { tables, release } = await run.engine.snapshots(query, run.database, run.session)
  try {
    await insertRows(run, table, givenColumns(table), { query, tables })
  } finally {
    release()
  }
}

/** The table that a definition makes, in no catalog yet. */
export async function makeTable(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  statement: CreateTable,
): Promise<Table> {
  if (definition.engine.name === 'Published')
    return createPublished(engine, definition, database, name, statement.attach ?? false)
  return describeTable(
    engine,
    definition,
    database,
    name,
    await createStorage(engine, definition, database, name, statement),
  )
}

/** A table as the catalog knows it. */
export function describeTable(
  engine: GranaryEngine,
  definition: TableDefinition,
  database: string,
  name: string,
  storage: { readonly storage: TableStorage; readonly virtualColumns: readonly SnapshotColumn[] },
): Table {
  const create: CreateTable = {
    ...definition.create,
    name: { database: database || undefined, table: name },
    attach: undefined,
    uuid: definition.disk ? definition.create.uuid : undefined,
    onCluster: undefined,
  }
  const text = (exprs: readonly Expr[]) => exprs.map(expr => formatAst(expr, { oneLine: true })).join(', ')
  const createText = formatAst(create)
  const shown = definition.disk ? formatAst(withoutSecrets(create)) : createText
  const at = shown.indexOf('\nENGINE = ')
  return {
    database,
    name,
    uuid: (definition.disk && definition.create.uuid) || uuidOf(engine.platform.randomBytes(16)),
    engine: definition.engine.name,
    engineFull: at < 0 ? definition.engine.name : shown.slice(at + 10).replace(/\n/g, ' '),
    columns: [...definition.columns, ...storage.virtualColumns],
    createText,
    constraints: (definition.create.constraints ?? [])
      .filter(({ type }) => type === 'CHECK')
      .map(({ name, expr }) => ({ name, expression: formatAst(expr, { oneLine: true }) })),
    storage: storage.storage,
    comment: definition.comment,
    keys: {
      partition: text(definition.partitionBy),
      sorting: text(definition.orderBy.map(({ expr }) => expr)),
      primary: text(definition.primaryKey),
      sampling: definition.create.storage?.sampleBy ? text([definition.create.storage.sampleBy]) : '',
    },
    isTemporary: database === '',
    metadataModifiedMs: engine.platform.clock.now(),
  }
}

export const uuidOf = (bytes: Uint8Array) => {
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
