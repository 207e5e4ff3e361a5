import { DBError } from '../core/errors.ts'
import type { Engine, QueryRequest, QueryResult as EngineResult } from '../engine/contract.ts'
import type { Session as EngineSession } from '../engine/session.ts'
import { backquoteIfNeeded } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import type { TargetColumn } from './blockWriter.ts'
import { granaryError, originOf, type Origin } from './errors.ts'
import {
  bodyBytes,
  columnBlocks,
  type InsertData,
  type InsertRow,
  isFormatted,
  isRows,
  peekRows,
  rowBlocks,
  streamOf,
} from './insertData.ts'
import { type QueryOptions, settingTexts, type SettingValue, type ValueOptions } from './options.ts'
import { type Parameters, parameterTexts } from './parameters.ts'
import { leaving, Result, statisticsOf } from './result.ts'
import { bindFragment, sql, SqlFragment } from './sqlTemplate.ts'
import { splitStatements } from './statementText.ts'

export interface SessionOptions extends ValueOptions {
  /** What an unqualified table is looked up in, until USE. */
  readonly database?: string
  /** Of every statement, by ClickHouse's names. */
  readonly settings?: Readonly<Record<string, SettingValue>>
}

export interface InsertOptions {
  /** The columns that are given; by default those of the first row, or all of the table's when rows are arrays. */
  readonly columns?: readonly string[]
  readonly settings?: Readonly<Record<string, SettingValue>>
  readonly signal?: AbortSignal
  readonly queryId?: string
  readonly database?: string
}

const noSignal = new AbortController().signal

/** Statements that see what SET, USE and CREATE TEMPORARY TABLE did before them. */
export class Session {
  readonly #state: EngineSession

  constructor(
    readonly engine: Engine,
    readonly options: SessionOptions,
    readonly id: string,
  ) {
    this.#state = engine.sessions.acquire('default', id)
  }

  /** A statement with rows as its result, which runs when the result is read. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: Parameters, options: QueryOptions = {}): Result<Row> {
    return this.#query<Row>(sql, parameters, options, originOf(this.query))
  }

  /** The same with values as parameters: sql`SELECT * FROM t WHERE id = ${id}`. Or a piece that `sql` of this module made. */
  sql<Row = Record<string, unknown>>(texts: TemplateStringsArray | SqlFragment, ...values: unknown[]): Result<Row> {
    const origin = originOf(this.sql)
    try {
      const bound = bindFragment(texts instanceof SqlFragment ? texts : sql(texts, ...values))
      return this.#query<Row>(bound.sql, bound.parameters, {}, origin)
    } catch (error) {
      throw granaryError(error, '', origin)
    }
  }

  #query<Row>(sql: string, parameters: Parameters | undefined, options: QueryOptions, origin: Origin): Result<Row> {
    return new Result<Row>({
      start: async format => this.#execute(sql, parameterTexts(sql, parameters), null, format, options),
      options: { ...this.options, ...options },
      signal: options.signal,
      origin,
    })
  }

  /** Runs one statement or several, parted by semicolons, to the end. */
  async exec(sql: string, parameters?: Parameters, options: QueryOptions = {}): Promise<void> {
    const origin = originOf(this.exec)
    const statements = splitStatements(sql)
    if (statements.length > 1 && Object.keys(parameters ?? {}).length > 0)
      throw granaryError(
        new DBError('BAD_QUERY_PARAMETER', 'Several statements at once take no parameters'),
        '',
        origin,
      )
    for (const statement of statements) await this.#query(statement, parameters, options, origin).done()
  }

  /** Puts rows into a table. Those of a stream are asked for as they are written. */
  async insert(table: string, data: InsertData, options: InsertOptions = {}): Promise<{ rows: number }> {
    const origin = originOf(this.insert)
    // Why a piece of the data could not be made: the engine only hears that there is no more.
    let failure: unknown = null
    const stop = new AbortController()
    const leave = leaving(options.signal)
    const abort = () => stop.abort(options.signal?.reason)
    options.signal?.addEventListener('abort', abort)
    try {
      leave.check()
      let rows = 0
      const written = (count: number) => {
        rows += count
      }
      const source = await leave.orLeft(this.#pieces(table, data, options, written, stop.signal))
      if (source === null) return { rows: 0 }
      const body = streamOf(source.pieces, error => {
        failure ??= error
        stop.abort(error)
      })
      const columns = source.columns ? ` (${source.columns.map(backquoteIfNeeded).join(', ')})` : ''
      const statement = `INSERT INTO ${tableText(table)}${columns} FORMAT ${source.format}`
      const result = await leave.orLeft(this.#execute(statement, {}, body, 'Null', { ...options, signal: stop.signal }))
      const statistics = statisticsOf(await leave.orLeft(result.summary))
      return { rows: isFormatted(data) ? statistics.rowsWritten : rows }
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) throw error
      throw granaryError(failure ?? error, '', origin)
    } finally {
      leave.end()
      options.signal?.removeEventListener('abort', abort)
    }
  }

  async #pieces(
    table: string,
    data: InsertData,
    options: InsertOptions,
    written: (rows: number) => void,
    stopped: AbortSignal,
  ): Promise<{
    pieces: AsyncGenerator<Uint8Array> | Generator<Uint8Array>
    columns: readonly string[] | null
    format: string
  } | null> {
    if (isFormatted(data)) {
      if (!/^\w+$/.test(data.format)) throw new DBError('UNKNOWN_FORMAT', `Unknown format ${data.format}`)
      return { pieces: bodyBytes(data.body), columns: options.columns ?? null, format: data.format }
    }
    if (!isRows(data)) {
      const names = options.columns ?? Object.keys(data)
      const columns = await this.#targets(table, names, options)
      const values = names.map(name => {
        const column = data[name] as ArrayLike<unknown> | undefined
        if (typeof column?.length === 'number') return column
        throw new DBError('BAD_ARGUMENTS', `Column ${name} is given as an array or a typed array`)
      })
      return { pieces: columnBlocks(columns, values, written), columns: names, format: 'Native' }
    }
    const { names, rows, first } = await peekRows(data)
    if (first === null) return null
    const columns = await this.#targets(table, options.columns ?? names, options)
    const pieces = rowBlocks(columns, first as InsertRow, rows, written, stopped)
    return { pieces, columns: columns.map(({ name }) => name), format: 'Native' }
  }

  /** Types of a table's columns. */
  async #targets(table: string, names: readonly string[] | null, options: InsertOptions): Promise<TargetColumn[]> {
    const { database, signal } = options
    const described = await this.query<{ name: string; type: string; default_type: string }>(
      `DESCRIBE TABLE ${tableText(table)}`,
      {},
      { database, signal, strings: 'lossless' },
    )
    const found = new Map(described.map(column => [column.name, column]))
    const chosen = names ?? described.filter(column => /^(|DEFAULT)$/.test(column.default_type)).map(({ name }) => name)
    return chosen.map(name => {
      const column = found.get(name)
      if (!column)
        throw new DBError(
          'NO_SUCH_COLUMN_IN_TABLE',
          `Table ${table} has no column ${name}: it has ${[...found.keys()].join(', ')}`,
        )
      return { name, type: parseType(column.type) }
    })
  }

  async #execute(
    sql: string,
    parameters: Readonly<Record<string, string>>,
    body: ReadableStream<Uint8Array> | null,
    defaultFormat: string,
    options: Pick<QueryOptions, 'settings' | 'signal' | 'queryId' | 'database' | 'onProgress'>,
  ): Promise<EngineResult> {
    // USE is the session's: what it was made with counts until then.
    const request: QueryRequest = {
      query: sql,
      body,
      parameters,
      defaultFormat,
      settings: settingTexts({ ...this.options.settings, ...options.settings }),
      database: options.database ?? (this.#state.database === '' ? this.options.database : undefined),
      user: 'default',
      queryId: options.queryId,
      session: this.#state,
      readonly: 0,
      signal: options.signal ?? noSignal,
      client: { interface: 'local', address: '', userAgent: 'granary' },
      onProgress: options.onProgress,
    }
    return this.engine.execute(request)
  }

  /** Its temporary tables are dropped. */
  async close(): Promise<void> {
    this.engine.sessions.release(this.#state, { close: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A name as people write it: `table`, `database.table`, or already quoted. */
export function tableText(table: string): string {
  if (table.includes('`') || table.includes('"')) return table
  const dot = table.indexOf('.')
  if (dot < 0) return backquoteIfNeeded(table)
  return `${backquoteIfNeeded(table.slice(0, dot))}.${backquoteIfNeeded(table.slice(dot + 1))}`
}
