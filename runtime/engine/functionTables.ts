// Table functions that the control thread answers, because they read or write the catalog's tables.
import { NullStorage } from '../catalog/storages.ts'
import type { Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Expr, FunctionCall, Query } from '../sql/ast.ts'
import { ConstantArguments } from './composedTables.ts'
import { parseColumnList } from './columnList.ts'
import { dictionaryFunction } from './dictionaryView.ts'
import type { GranaryEngine } from './engine.ts'
import type { QueryRun } from './queryRun.ts'
import { DistributedStorage, remoteFunction, remoteTarget, targetColumns } from './distributed.ts'
import { checkFormat, FileStorage } from './fileTable.ts'
import { formatOfFile, userFile } from './tableFunctions.ts'
import { mergeFunction } from './mergeTables.ts'
import type { Names } from './snapshots.ts'

/** The table that a call in FROM stands for; undefined for functions that workers make tables of themselves. */
export function functionTable(engine: GranaryEngine, call: FunctionCall, names: Names): TableSnapshot | undefined {
  const view = parameterizedView(engine, call, names)
  if (view) return view
  switch (call.name) {
    case 'merge':
      return mergeFunction(engine, call.args, names)
    case 'remote':
    case 'remoteSecure':
    case 'cluster':
    case 'clusterAllReplicas':
      return remoteFunction(engine, call, names)
    case 'dictionary':
      return dictionaryFunction(engine, call.args, names)
    default:
      return undefined
  }
}

/** `v(a = 1, b = 'x')`: a view with the values of its parameters. */
function parameterizedView(engine: GranaryEngine, call: FunctionCall, names: Names): TableSnapshot | undefined {
  const parts = call.name.split('.')
  const table = engine.catalog.find(parts.length > 1 ? parts[0] : names.database, parts[parts.length - 1])
  if (!table?.view) return undefined
  const values = new Map<string, Expr>()
  for (const arg of call.args) {
    const [name, value] = arg.kind === 'function' && arg.name === 'equals' ? arg.args : []
    if (name?.kind !== 'identifier' || !value)
      throw new DBError('BAD_ARGUMENTS', `View ${call.name} takes its parameters as name = value`)
    values.set(name.parts.join('.'), value)
  }
  return {
    database: table.database,
    name: table.name,
    engine: 'View',
    columns: table.columns,
    view: withValues(table.view, values) as Query,
    source: { kind: 'null' },
  }
}

/** The tree with expressions in place of its `{name:Type}`. */
function withValues(node: unknown, values: ReadonlyMap<string, Expr>): unknown {
  if (Array.isArray(node)) return node.map(item => withValues(item, values))
  if (node === null || typeof node !== 'object') return node
  const expr = node as Expr
  if (expr.kind === 'parameter') {
    const value = values.get(expr.name)
    if (!value) return expr
    const { alias, start, end, type } = expr
    const text: Expr = { kind: 'literal', value: type, start, end }
    return { kind: 'function', name: '_CAST', args: [value, text], alias, start, end } satisfies Expr
  }
  return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, withValues(item, values)]))
}

/** Where INSERT INTO FUNCTION writes to. */
export async function tableOfFunction(run: QueryRun, call: FunctionCall, query: Query | null): Promise<Table> {
  const names: Names = { database: run.database, session: run.session, parameters: run.request.parameters }
  switch (call.name) {
    case 'null': {
      const structure =
        call.args.length > 0 ? new ConstantArguments('Table function null', call.args, names).text(0) : ''
      const columns = structure ? columnsOf(structure) : await structureOf(run, query)
      return functionTarget(call.name, columns, new NullStorage())
    }
    case 'remote':
    case 'remoteSecure':
    case 'cluster':
    case 'clusterAllReplicas': {
      const { cluster, target, shardingKey } = remoteTarget(run.engine, call, names)
      const columns = targetColumns(run.engine, cluster, target) ?? (await structureOf(run, query))
      const self = { database: '', name: call.name }
      const storage = new DistributedStorage(run.engine, self, columns, () => cluster, target, shardingKey)
      return functionTarget(call.name, columns, storage)
    }
    case 'file': {
      const constants = new ConstantArguments('Table function file', call.args, names)
      constants.count(1, 4)
      const path = constants.text(0)
      const given = call.args.length > 1 ? constants.text(1) : 'auto'
      const format = given === 'auto' ? formatOfFile(path) : checkFormat(given)
      const structure = call.args.length > 2 ? constants.text(2) : 'auto'
      const columns = structure === 'auto' ? await structureOf(run, query) : columnsOf(structure)
      return functionTarget(call.name, columns, new FileStorage(run.engine, userFile(path), format, columns, null))
    }
    default:
      throw new DBError('NOT_IMPLEMENTED', `Table function ${call.name} is not supported for INSERT`)
  }
}

const columnsOf = (structure: string): Table['columns'] =>
  parseColumnList(structure).map(({ name, type }) => ({ name, type: type.name }))

async function structureOf(run: QueryRun, query: Query | null): Promise<Table['columns']> {
  if (query) return run.describe(query)
  throw new DBError(
    'CANNOT_EXTRACT_TABLE_STRUCTURE',
    'The structure of an INSERT INTO FUNCTION with data must be stated',
  )
}

function functionTarget(name: string, columns: Table['columns'], storage: Table['storage']): Table {
  return {
    database: '_table_function',
    name,
    uuid: '',
    engine: name,
    engineFull: '',
    columns,
    createText: '',
    storage,
    comment: '',
    keys: { partition: '', sorting: '', primary: '', sampling: '' },
    isTemporary: false,
    metadataModifiedMs: 0,
  }
}
