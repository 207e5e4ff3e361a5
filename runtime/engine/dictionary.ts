// CREATE DICTIONARY: what it states, where its rows come from, and when they are loaded anew.
import type { PackedRows } from '../catalog/storages.ts'
import type { Table, TableStorage } from '../catalog/table.ts'
import { DBError, toDBError } from '../core/errors.ts'
import { Arena } from '../core/memory.ts'
import type { KeyedSource, SnapshotColumn, Source } from '../exec/source.ts'
import type { KeyedColumn, KeyedSpec } from '../functions/keyedTable.ts'
import type { Expr, Query } from '../sql/ast.ts'
import type { CreateDictionary, DictionaryAttribute, DictionaryPair } from '../sql/statementAst.ts'
import { formatAst } from '../sql/format.ts'
import { parseStatement } from '../sql/parser.ts'
import { convertValue } from '../types/convertValue.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { uuidOf } from './createTable.ts'
import { dropTable } from './dropTable.ts'
import type { GranaryEngine } from './engine.ts'
import { internalRun } from './internalRun.ts'
import { keyResolver } from './keyResolver.ts'
import type { QueryRun } from './queryRun.ts'
import { backquote, quoteSql } from './rows.ts'

const layouts = new Map(
  [
    'FLAT',
    'HASHED',
    'SPARSE_HASHED',
    'HASHED_ARRAY',
    'COMPLEX_KEY_HASHED',
    'COMPLEX_KEY_SPARSE_HASHED',
    'COMPLEX_KEY_HASHED_ARRAY',
    'RANGE_HASHED',
    'COMPLEX_KEY_RANGE_HASHED',
    'CACHE',
    'COMPLEX_KEY_CACHE',
    'SSD_CACHE',
    'COMPLEX_KEY_SSD_CACHE',
    'DIRECT',
    'COMPLEX_KEY_DIRECT',
    'IP_TRIE',
    'POLYGON',
    'POLYGON_SIMPLE',
    'POLYGON_INDEX_EACH',
    'POLYGON_INDEX_CELL',
  ].map(name => [name, shownLayout(name)]),
)
const absentLayouts = ['REGEXP_TREE']

/** FLAT as system.dictionaries shows it: Flat. */
function shownLayout(name: string): string {
  const words = name.split('_').map(word => word[0] + word.slice(1).toLowerCase())
  return words.join('')
}

export type DictionaryStatus = 'NOT_LOADED' | 'LOADED' | 'FAILED' | 'LOADING'

export class DictionaryStorage implements TableStorage {
  status: DictionaryStatus = 'NOT_LOADED'
  error: DBError | null = null
  errors = 0
  startedMs = 0
  loadedMs = 0
  loadMs = 0
  #chunks: readonly PackedRows[] = []
  #version = 0
  #loading: Promise<void> | null = null
  #isFresh = false

  constructor(
    readonly engine: GranaryEngine,
    readonly id: string,
    readonly self: { readonly database: string; readonly name: string },
    readonly spec: KeyedSpec,
    /** The query that gives the rows, in the order of the columns. null: there are none. */
    readonly query: Query | null,
    /** As system.dictionaries shows it. */
    readonly source: string,
    readonly lifetime: { readonly min: number; readonly max: number },
    /** What is below a key is wanted as often as what is above. */
    readonly isBidirectional: boolean,
  ) {}

  get shownType(): string {
    return layouts.get(this.spec.layout) ?? ''
  }

  snapshot(): { source: Source; release(): void } {
    const source: KeyedSource = {
      kind: 'keyed',
      id: this.id,
      version: this.#version,
      spec: this.spec,
      chunks: this.#chunks.map(({ buffer }) => buffer),
    }
    return { source, release: () => {} }
  }

  prepare(): Promise<void> | undefined {
    if (this.#loading) return this.#loading
    if (this.#isFresh || !this.#isDue) {
      this.#isFresh = false
      return undefined
    }
    return this.reload()
  }

  get #isDue(): boolean {
    if (this.status !== 'LOADED' || this.spec.layout.endsWith('DIRECT')) return true
    const { max } = this.lifetime
    return max > 0 && this.engine.platform.clock.now() - this.loadedMs > max * 1000
  }

  /** Loads the rows anew. Where that fails and there are rows already, those stay. */
  reload(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = null
    })
    return this.#loading
  }

  async #load(): Promise<void> {
    const { engine, spec, self } = this
    const { clock } = engine.platform
    const hadRows = this.status === 'LOADED'
    this.startedMs = clock.now()
    if (!hadRows) this.status = 'LOADING'
    try {
      this.#chunks = this.query ? await this.#rows(this.query) : []
      this.#version++
      this.status = 'LOADED'
      this.error = null
      this.errors = 0
    } catch (cause) {
      this.error = toDBError(cause)
      this.errors++
      if (!hadRows) {
        this.status = 'FAILED'
        throw this.error
      }
      engine.platform.log('warning', `Dictionary ${self.database}.${self.name} stays as it was: ${this.error.message}`)
    } finally {
      this.loadedMs = clock.now()
      this.loadMs = this.loadedMs - this.startedMs
      this.#isFresh = spec.layout.endsWith('DIRECT')
    }
  }

  async #rows(query: Query): Promise<readonly PackedRows[]> {
    const run = internalRun(this.engine, this.self.database)
    const { tables, release } = await this.engine.snapshots(query, this.self.database, undefined)
    try {
      const columns = this.spec.columns.map(({ name, type }) => ({ name, type }))
      const result = await run.complete({
        ...run.taskBase(tables),
        kind: 'insert',
        table: { ...this.self, engine: 'Dictionary', columns, source: { kind: 'packed', chunks: [] } },
        columns: columns.map(({ name }) => name),
        query,
        format: '',
        threads: 1,
      })
      return result.kind === 'chunks' ? result.chunks : []
    } finally {
      release()
    }
  }

  async commit(): Promise<void> {
    throw new DBError('NOT_IMPLEMENTED', 'Method write is not supported by storage Dictionary')
  }

  async truncate(): Promise<void> {
    throw new DBError('NOT_IMPLEMENTED', 'Truncate is not supported by storage Dictionary')
  }

  async drop(): Promise<void> {
    await this.close()
  }

  async close(): Promise<void> {
    this.engine.pool.broadcast({ kind: 'forget', paths: [this.id] })
  }

  /** Rows and bytes that were loaded; of rows with one key, one is kept. */
  size() {
    return {
      rows: this.#chunks.reduce((sum, { rows }) => sum + rows, 0),
      bytes: this.#chunks.reduce((sum, { buffer }) => sum + buffer.byteLength, 0),
    }
  }
}

export async function createDictionary(run: QueryRun, statement: CreateDictionary): Promise<void> {
  const { engine } = run
  const { catalog } = engine
  const database = statement.name.database ?? run.database
  const name = statement.name.table
  const existing = catalog.database(database).tables.get(name)
  if (existing && statement.ifNotExists) return
  if (existing && !statement.orReplace && !statement.replace)
    throw new DBError(
      existing.engine === 'Dictionary' ? 'DICTIONARY_ALREADY_EXISTS' : 'TABLE_ALREADY_EXISTS',
      `${existing.engine === 'Dictionary' ? 'Dictionary' : 'Table'} ${database}.${name} already exists`,
    )
  if (!existing && statement.replace)
    throw new DBError('UNKNOWN_TABLE', `Dictionary ${database}.${name} does not exist`)
  const table = await makeDictionary(engine, statement, database, name)
  if (existing) await dropTable(run, existing)
  await catalog.add(table)
}

/** The dictionary as a table, in no catalog yet. */
export async function makeDictionary(
  engine: GranaryEngine,
  statement: CreateDictionary,
  database: string,
  name: string,
): Promise<Table> {
  const { spec, query, source } = await readDefinition(engine, statement, database, name)
  const lifetime = { min: Number(statement.lifetime?.min ?? 0), max: Number(statement.lifetime?.max ?? 0) }
  const uuid = uuidOf(engine.platform.randomBytes(16))
  const stated: CreateDictionary = {
    ...statement,
    name: { database, table: name },
    attach: undefined,
    ifNotExists: undefined,
    orReplace: undefined,
    replace: undefined,
    uuid: undefined,
    onCluster: undefined,
    output: undefined,
  }
  return {
    database,
    name,
    uuid,
    engine: 'Dictionary',
    engineFull: '',
    columns: spec.columns.map(({ name: column, type }): SnapshotColumn => ({ name: column, type })),
    createText: formatAst(stated),
    storage: new DictionaryStorage(
      engine,
      `dictionary:${uuid}`,
      { database, name },
      spec,
      query,
      source,
      lifetime,
      statement.attributes?.some(({ bidirectional }) => bidirectional) ?? false,
    ),
    comment: statement.comment ?? '',
    keys: { partition: '', sorting: '', primary: spec.keys.join(', '), sampling: '' },
    isTemporary: false,
    metadataModifiedMs: engine.platform.clock.now(),
  }
}

const incorrect = (text: string) => new DBError('INCORRECT_DICTIONARY_DEFINITION', `Cannot create dictionary: ${text}`)

async function readDefinition(
  engine: GranaryEngine,
  statement: CreateDictionary,
  database: string,
  name: string,
): Promise<{ spec: KeyedSpec; query: Query | null; source: string }> {
  const { layout, source, primaryKey, range } = statement
  if (!primaryKey || primaryKey.length === 0) throw incorrect('it has no primary key')
  if (!source) throw incorrect('it has an empty source')
  if (!layout) throw incorrect('it has an empty layout')
  if (absentLayouts.includes(layout.name))
    throw new DBError('NOT_IMPLEMENTED', `Dictionary layout ${layout.name} is not supported`)
  if (!layouts.has(layout.name))
    throw new DBError('UNKNOWN_ELEMENT_IN_CONFIG', `Unknown dictionary layout type: ${layout.name.toLowerCase()}.`)
  if (!statement.lifetime && !layout.name.endsWith('DIRECT')) throw incorrect('it has an empty lifetime')
  const isComplex = /^(COMPLEX|IP_TRIE|POLYGON)/.test(layout.name)
  if (!isComplex && primaryKey.length !== 1)
    throw new DBError(
      'BAD_ARGUMENTS',
      `Primary key for simple dictionary must contain exactly one element, ${primaryKey.length} given`,
    )
  if (layout.name.includes('RANGE') !== (range !== undefined))
    throw incorrect(range ? 'only layouts of ranges have a RANGE' : 'a layout of ranges needs a RANGE')
  const keys = primaryKey.map(key => {
    if (key.kind === 'identifier') return key.parts.join('.')
    throw incorrect('its primary key is a list of names')
  })
  const attributes = statement.attributes ?? []
  for (const key of [...keys, ...(range ? [range.min, range.max] : [])])
    if (!attributes.some(attribute => attribute.name === key)) throw incorrect(`it has no attribute ${key}`)
  const columns: KeyedColumn[] = []
  // Keys come first, then the range, then what is looked up.
  const order = [...keys, ...(range ? [range.min, range.max] : [])]
  const sorted = [
    ...order.map(key => attributes.find(attribute => attribute.name === key)!),
    ...attributes.filter(attribute => !order.includes(attribute.name)),
  ]
  for (const attribute of sorted) columns.push(await readAttribute(engine, attribute, keys, isComplex))
  const strategy = layout.pairs.find(({ key }) => key === 'RANGE_LOOKUP_STRATEGY')
  const spec: KeyedSpec = {
    name: `${database}.${name}`,
    kind: 'dictionary',
    layout: layout.name,
    columns,
    keys,
    keeps: range ? null : layout.name === 'FLAT' ? 'last' : 'first',
    ...(range ? { range: { ...range, strategy: textOf(strategy, 'min') === 'max' ? 'max' : 'min' } } : {}),
  }
  return { spec, ...readSource(statement, sorted, database) }
}

async function readAttribute(
  engine: GranaryEngine,
  attribute: DictionaryAttribute,
  keys: readonly string[],
  isComplex: boolean,
): Promise<KeyedColumn> {
  const isKey = keys.includes(attribute.name)
  if (attribute.bidirectional && !attribute.hierarchical)
    throw new DBError('BAD_ARGUMENTS', `Bidirectional can only be applied to hierarchical attribute ${attribute.name}`)
  if (attribute.hierarchical && isComplex)
    throw new DBError('BAD_ARGUMENTS', `Hierarchical attribute ${attribute.name} is not supported for a complex key`)
  const type = parseType(attribute.type.text)
  const name = isKey && !isComplex ? 'UInt64' : type.name
  return {
    name: attribute.name,
    type: name,
    ...(attribute.default && !isKey ? { default: await defaultValue(engine, attribute.default, name) } : {}),
    ...(attribute.hierarchical ? { isHierarchical: true } : {}),
  }
}

/** A DEFAULT as a value of the attribute's type. */
async function defaultValue(engine: GranaryEngine, expr: Expr, type: string): Promise<Value> {
  const arena = new Arena(engine.memory)
  try {
    const { value, type: from } = await keyResolver(engine, [], arena).resolveConstant(expr, 'A default')
    const to = parseType(type)
    if (value === null && !to.isNullable) return to.default
    const converted = from.equals(to) ? value : convertValue(value, from, to)
    if (converted === undefined) throw incorrect(`${formatAst(expr)} is no value of ${type}`)
    return converted
  } finally {
    arena.destroy()
  }
}

/** SOURCE as a query over this server's tables and files. */
function readSource(
  { source, name }: CreateDictionary,
  attributes: readonly DictionaryAttribute[],
  database: string,
): { query: Query | null; source: string } {
  const pairs = new Map(source!.pairs.map(pair => [pair.key, pair]))
  const text = (key: string, otherwise = '') => textOf(pairs.get(key), otherwise)
  const items = attributes
    .map(({ name: column, expression }) =>
      expression ? `${formatAst(expression, { oneLine: true })} AS ${backquote(column)}` : backquote(column),
    )
    .join(', ')
  const select = (sql: string) => parseStatement(sql).statement as Query
  switch (source!.name) {
    case 'NULL':
      return { query: null, source: 'Null' }
    case 'CLICKHOUSE': {
      const given = text('QUERY')
      if (given) return { query: select(given), source: `ClickHouse: ${given}` }
      const table = text('TABLE')
      if (table === '') throw incorrect('its source names no table')
      const from = `${backquote(text('DB') || database)}.${backquote(table)}`
      const where = text('WHERE')
      const host = text('HOST', 'localhost')
      const port = text('PORT')
      const address = port && !port.startsWith('tcpPort') ? `${host}:${port}` : host
      const user = [text('USER', 'default'), text('PASSWORD')].map(quoteSql).join(', ')
      const at = pairs.has('HOST') ? `remote(${quoteSql(address)}, ${from}, ${user})` : from
      return {
        query: select(`SELECT ${items} FROM ${at}${where ? ` WHERE ${where}` : ''}`),
        source: `ClickHouse: ${text('DB') || database}.${table}`,
      }
    }
    case 'FILE': {
      const structure = attributes.map(({ name: column, type }) => `${backquote(column)} ${type.text}`).join(', ')
      const path = text('PATH')
      const file = `file(${[path, text('FORMAT', 'TabSeparated'), structure].map(quoteSql).join(', ')})`
      return { query: select(`SELECT ${items} FROM ${file}`), source: `File: ${path} ${text('FORMAT')}` }
    }
    case 'HTTP': {
      const structure = attributes.map(({ name: column, type }) => `${backquote(column)} ${type.text}`).join(', ')
      const url = text('URL')
      const at = `url(${[url, text('FORMAT', 'TabSeparated'), structure].map(quoteSql).join(', ')})`
      return { query: select(`SELECT ${items} FROM ${at}`), source: `HTTP: ${url}` }
    }
    default:
      throw new DBError(
        'NOT_IMPLEMENTED',
        `Dictionary source ${source!.name} of ${name.table} is not supported: there are CLICKHOUSE, FILE, HTTP and NULL`,
      )
  }
}

function textOf(pair: DictionaryPair | undefined, otherwise: string): string {
  const value = pair?.value
  if (value === undefined || Array.isArray(value)) return otherwise
  const expr = value as Expr
  if (expr.kind === 'literal') return String(expr.value)
  return expr.kind === 'identifier' ? expr.parts.join('.') : formatAst(expr, { oneLine: true })
}
