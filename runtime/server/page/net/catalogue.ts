// What the server has: databases, tables, columns, functions, settings. Read when first needed, and again when a statement changed it.
import { quoteName } from '../sql/scan.ts'
import type { Server } from './server.ts'
import { ServerError } from './serverError.ts'

export interface TableInfo {
  readonly database: string
  readonly name: string
  readonly engine: string
  /** null: not known. */
  readonly rows: number | null
  readonly size: number | null
}

export interface ColumnInfo {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly comment: string
  readonly isKey: boolean
}

export interface Named {
  readonly name: string
  readonly kind: 'function' | 'aggregate' | 'table function' | 'setting' | 'format' | 'engine' | 'type'
  readonly detail: string
  readonly about: string
}

const inner = ['system', 'information_schema', 'INFORMATION_SCHEMA']
const tablesMax = 10_000

export class Catalogue {
  databases: string[] = []
  tables: TableInfo[] = []
  /** What is wrong with the list of tables, if something is. */
  trouble: unknown = null
  loading = false
  serverVersion = ''
  serverName = ''
  currentDatabase = ''
  functions: Named[] = []
  settings: Named[] = []
  formats: string[] = []
  types: string[] = []
  #columns = new Map<string, Promise<ColumnInfo[]>>()
  #words: Promise<void> | null = null
  #listeners = new Set<() => void>()

  constructor(readonly server: Server) {}

  listen(listener: () => void): void {
    this.#listeners.add(listener)
  }

  async load(): Promise<void> {
    this.loading = true
    this.#tell()
    try {
      const [[facts], databases, tables] = await Promise.all([
        this.server.rows('SELECT version(), currentDatabase(), hostName()'),
        this.server.rows('SELECT name FROM system.databases ORDER BY name'),
        this.#readTables(),
      ])
      this.serverVersion = String(facts[0])
      this.currentDatabase = String(facts[1])
      this.serverName = String(facts[2])
      this.databases = databases
        .map(([name]) => String(name))
        .sort((a, b) => Number(inner.includes(a)) - Number(inner.includes(b)) || a.localeCompare(b))
      this.tables = tables
      this.trouble = null
      this.#columns.clear()
    } catch (error) {
      this.trouble = error
    }
    this.loading = false
    this.#tell()
  }

  tablesOf(database: string): TableInfo[] {
    return this.tables.filter(table => table.database === database)
  }

  /** Of one table, or of a table function's or subquery's absence: none. */
  columnsOf(database: string, table: string): Promise<ColumnInfo[]> {
    const key = `${quoteName(database)}.${quoteName(table)}`
    let columns = this.#columns.get(key)
    if (!columns) {
      columns = this.#readColumns(database, table)
      this.#columns.set(key, columns)
      columns.catch(() => this.#columns.delete(key))
    }
    return columns
  }

  createOf(database: string, table: string): Promise<string> {
    return this.server.text(`SHOW CREATE TABLE ${quoteName(database)}.${quoteName(table)} FORMAT TSVRaw`)
  }

  /** Functions, settings, formats and types: for completion only, so not before somebody types. */
  loadWords(): Promise<void> {
    this.#words ??= this.#readWords().catch(() => {
      this.#words = null
    })
    return this.#words
  }

  forgetWords(): void {
    this.#words = null
  }

  async #readTables(): Promise<TableInfo[]> {
    const rows = await this.server.rows(
      `SELECT database, name, engine, total_rows, total_bytes FROM system.tables WHERE NOT is_temporary ORDER BY database, name LIMIT ${tablesMax}`,
    )
    const number = (value: unknown) => (value === null ? null : Number(value))
    return rows.map(([database, name, engine, total, size]) => ({
      database: String(database),
      name: String(name),
      engine: String(engine),
      rows: number(total),
      size: number(size),
    }))
  }

  async #readColumns(database: string, table: string): Promise<ColumnInfo[]> {
    const rows = await this.server.rows(
      'SELECT name, type, data_compressed_bytes, comment, is_in_sorting_key FROM system.columns WHERE database = {d:String} AND table = {t:String} ORDER BY position',
      { parameters: { d: database, t: table } },
    )
    return rows.map(([name, type, size, comment, isKey]) => ({
      name: String(name),
      type: String(type),
      size: Number(size),
      comment: String(comment),
      isKey: Number(isKey) === 1,
    }))
  }

  async #readWords(): Promise<void> {
    const { server } = this
    // Older servers have fewer columns.
    const either = (sql: string, less: string) =>
      server.rows(sql).catch(error => {
        if (error instanceof ServerError) return server.rows(less)
        throw error
      })
    const none = (error: unknown): unknown[][] => {
      if (error instanceof ServerError) return []
      throw error
    }
    const [functions, tableFunctions, engines, settings, formats, types] = await Promise.all([
      either(
        'SELECT name, is_aggregate, syntax, substring(description, 1, 400) FROM system.functions',
        "SELECT name, is_aggregate, '', '' FROM system.functions",
      ),
      server.rows('SELECT name FROM system.table_functions').catch(none),
      server.rows('SELECT name FROM system.table_engines').catch(none),
      server.rows('SELECT name, toString(value), substring(description, 1, 400) FROM system.settings').catch(none),
      server.rows('SELECT name FROM system.formats WHERE is_output ORDER BY name').catch(none),
      server.rows('SELECT name FROM system.data_type_families').catch(none),
    ])
    const plain = (kind: Named['kind']) => (row: unknown[]) => ({ name: String(row[0]), kind, detail: '', about: '' })
    this.functions = [
      ...functions.map(([name, isAggregate, syntax, about]) => ({
        name: String(name),
        kind: Number(isAggregate) === 1 ? ('aggregate' as const) : ('function' as const),
        detail: String(syntax ?? '').trim(),
        about: String(about ?? '').trim(),
      })),
      ...tableFunctions.map(plain('table function')),
      ...engines.map(plain('engine')),
    ]
    this.settings = settings.map(([name, value, about]) => ({
      name: String(name),
      kind: 'setting',
      detail: String(value),
      about: String(about ?? '').trim(),
    }))
    this.formats = formats.map(([name]) => String(name))
    this.types = types.map(([name]) => String(name)).filter(name => !/^[A-Z0-9 ]+$/.test(name) || /^(UUID)$/.test(name))
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
