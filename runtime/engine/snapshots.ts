// The tables that a query may read, as they are now: taken on the control thread before a worker analyzes the query.
import { functionDatabase } from '../analyzer/functionTable.ts'
import { type Reading, snapshotOf, type Table } from '../catalog/table.ts'
import { DBError } from '../core/errors.ts'
import type { TableSnapshot } from '../exec/source.ts'
import type { Query } from '../sql/ast.ts'
import { parseExpression, parseStatement } from '../sql/parser.ts'
import { selectFrom } from './composedTables.ts'
import type { GranaryEngine } from './engine.ts'
import { functionTable } from './functionTables.ts'
import { functionReferences, keyedReferences, mayNameTables, tableReferences } from './references.ts'
import type { Session } from './session.ts'
import { systemSnapshot } from './systemTables.ts'

export interface Snapshots {
  readonly tables: TableSnapshot[]
  /** To be called when no task reads them any more. */
  release(): void
}

/** What must be loaded before the tables can be read. */
export class Unprepared extends Error {
  constructor(readonly work: readonly Promise<void>[]) {
    super('tables are to be loaded first')
  }
}

/** What names in a query mean. */
export interface Names {
  readonly database: string
  readonly session: Session | undefined
  /** Values of {name:Type}. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Snapshots of what a tree names, with the tables that views and tables over other tables read. */
export function takeSnapshots(
  engine: GranaryEngine,
  node: unknown,
  names: Names,
  extra: readonly TableSnapshot[],
  reading: Reading,
): Snapshots {
  const tables: TableSnapshot[] = [...extra]
  const releases: (() => void)[] = []
  const unprepared: Promise<void>[] = []
  const seen = new Set<string>()
  /** Tables over others whose tables are being looked at. */
  const open = new Set<string>()
  const addTable = (table: Table) => {
    if (table.target) {
      const made = materializedSnapshot(engine, table, table.target)
      tables.push(made)
      visit(made.view, table.database)
      return
    }
    const work = table.storage.prepare?.(reading)
    if (work) unprepared.push(work)
    const { snapshot, release } = snapshotOf(table)
    releases.push(release)
    for (const { expression } of table.columns)
      if (expression !== undefined && mayNameTables.test(expression)) visit(parseExpression(expression), table.database)
    const composed = table.storage.compose?.()
    tables.push(composed?.query ? { ...snapshot, view: composed.query, isComposed: true } : snapshot)
    tables.push(...(composed?.tables ?? []))
    const key = `${table.database}.${table.name}`
    open.add(key)
    if (composed?.query) visit(composed.query, table.database)
    open.delete(key)
    if (table.view) visit(table.view, table.database)
  }
  const visit = (tree: unknown, current: string) => {
    for (const { database: stated, table: name } of tableReferences(tree)) {
      const temporary =
        stated === undefined ? (names.session?.temporaryTables.get(name) as Table | undefined) : undefined
      const key = temporary ? `.${name}` : `${stated ?? current}.${name}`
      if (open.has(key)) throw new DBError('INFINITE_LOOP', `Table ${key} reads itself`)
      if (seen.has(key)) continue
      seen.add(key)
      const table = temporary ?? engine.catalog.find(stated ?? current, name)
      if (table) addTable(table)
      else if (!tables.some(other => other.database === (stated ?? current) && other.name === name)) {
        const system = systemSnapshot(engine, stated ?? current, name)
        if (system) tables.push(system)
        else if (stated !== undefined) engine.catalog.database(stated)
      }
    }
    for (const name of keyedReferences(tree)) {
      const table = findKeyed(engine, name, current)
      const key = table && `${table.database}.${table.name}`
      if (!table || !key || seen.has(key)) continue
      seen.add(key)
      addTable(table)
    }
    for (const [key, call] of functionReferences(tree)) {
      if (seen.has(`${key}()`)) continue
      seen.add(`${key}()`)
      const made = functionTable(engine, call, { ...names, database: current })
      if (!made) continue
      tables.push({ ...made, name: key, database: functionDatabase })
      if (made.view) visit(made.view, current)
    }
  }
  const release = () => {
    for (const end of releases.splice(0)) end()
  }
  try {
    visit(node, names.database)
    if (unprepared.length > 0) throw new Unprepared(unprepared)
  } catch (error) {
    for (const work of unprepared) work.catch(() => {}) // who catches Unprepared waits for it
    release()
    throw error
  }
  return { tables, release }
}

/** A materialized view shows the columns that it states, of the rows in its target. */
function materializedSnapshot(engine: GranaryEngine, view: Table, target: NonNullable<Table['target']>): TableSnapshot {
  const { database, name } = view
  const holder = engine.catalog.find(target.database, target.table)
  if (!holder)
    throw new DBError(
      'UNKNOWN_TABLE',
      `Target table ${target.database}.${target.table} of view ${database}.${name} doesn't exist`,
    )
  const columns = [...view.columns, ...holder.columns.filter(column => column.virtual)]
  const query = parseStatement(selectFrom(holder, columns)).statement as Query
  return { database, name, engine: view.engine, columns, view: query, isComposed: true, source: { kind: 'null' } }
}

/** A dictionary or Join table by the name that a function is given; databases and tables may have dots in their names. */
export function findKeyed(engine: GranaryEngine, written: string, database: string): Table | undefined {
  const name = written.replaceAll('`', '')
  const here = engine.catalog.find(database, name)
  if (here) return here
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = engine.catalog.find(name.slice(0, dot), name.slice(dot + 1))
    if (found) return found
  }
  return undefined
}
