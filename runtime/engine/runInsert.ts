// INSERT in a worker: rows from a query or from data, brought to the table's columns, handed to the table's sink.
import { Resolver } from '../analyzer/resolve.ts'
import { Scope } from '../analyzer/scope.ts'
import { columnsOf, type Typed } from '../analyzer/typed.ts'
import { concatColumns } from '../columns/build.ts'
import { Chunk, type Chunks } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { QueryContext } from '../exec/context.ts'
import { Evaluator } from '../exec/evaluate.ts'
import { execute } from '../exec/execute.ts'
import type { SnapshotColumn } from '../exec/source.ts'
import type { Omitted, ReadResult } from '../formats/format.ts'
import { readInput } from '../formats/input.ts'
import { findInputFormat } from '../formats/registry.ts'
import { type FormatOptions, formatOptions } from '../formats/settings.ts'
import type { PlanColumn } from '../planner/plan.ts'
import { parseExpression } from '../sql/parser.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { convertValue } from '../types/convertValue.ts'
import { analyzerContext, prepare } from './analysis.ts'
import { Constraints } from './constraints.ts'
import type { InsertTask, TaskResult } from './messages.ts'
import { openSink } from './sinks.ts'
import { evaluateConstant } from './constants.ts'

export interface InsertIo {
  /** Pieces of the request's data, until its end. */
  input(): AsyncIterable<Uint8Array>
  written(rows: number, bytes: number): void
}

export async function runInsert(context: QueryContext, task: InsertTask, io: InsertIo): Promise<TaskResult> {
  if (task.query && task.format !== '') context.input = { format: task.format, pieces: () => io.input() }
  const completer = await TableColumns.open(context, task)
  const constraints = await Constraints.open(context, task.table, completer.stored)
  const sink = await openSink(context, task.table)
  const arena = context.newArena()
  try {
    for await (const { chunk, omitted } of task.query
      ? fromQuery(context, task, completer)
      : fromData(context, task, io, completer)) {
      await context.breathe()
      if (!chunk || chunk.rows === 0) continue
      arena.reset()
      const complete = completer.complete(chunk, omitted, arena)
      constraints?.check(complete, arena)
      await sink.add(complete)
      io.written(chunk.rows, complete.byteSize())
    }
    return await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  } finally {
    context.release(arena)
  }
}

async function* fromQuery(
  context: QueryContext,
  task: InsertTask,
  completer: TableColumns,
): AsyncGenerator<ReadResult> {
  const { plan } = await prepare(context, task, task.query!)
  if (plan.columns.length !== completer.given.length)
    throw new DBError(
      'NUMBER_OF_COLUMNS_DOESNT_MATCH',
      `Number of columns doesn't match (source: ${plan.columns.length} and result: ${completer.given.length})`,
    )
  completer.castFrom(plan.columns)
  const omitted = plan.columns.map((): Omitted => null)
  for await (const chunk of execute(context, plan) as Chunks) yield { consumed: 0, chunk, omitted }
}

async function* fromData(
  context: QueryContext,
  task: InsertTask,
  io: InsertIo,
  completer: TableColumns,
): AsyncGenerator<ReadResult> {
  const format = findInputFormat(task.format)
  const zone = TimeZone.get(context.environment.timeZone)
  const evaluate = (text: string, type: import('../types/dataType.ts').DataType) => {
    const { value, type: from } = evaluateConstant(context, task, text)
    const converted = convertValue(value, from, type)
    if (converted !== undefined) return converted
    if (value === null && options.settings.input_format_null_as_default) return type.default
    if (type.kind === 'Decimal' && typeof value !== 'string')
      throw new DBError('ARGUMENT_OUT_OF_BOUND', `Cannot convert ${text} of type ${from.name} to ${type.name}`)
    return evaluateConstant(context, task, `CAST((${text}) AS ${type.name})`).value
  }
  const options: FormatOptions = formatOptions(context.formatSetting, { zone, evaluate })
  const schema = completer.given.map(({ name, type }) => ({ name, type: parseType(type) }))
  const arena = context.newArena()
  const buffer = context.newArena()
  try {
    if (format.randomAccess) {
      const pieces: Uint8Array[] = []
      for await (const piece of io.input()) pieces.push(piece.slice())
      const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
      let at = 0
      for (const piece of pieces) {
        whole.set(piece, at)
        at += piece.length
      }
      const source = { size: whole.length, read: async (start: number, end: number) => whole.subarray(start, end) }
      yield* format.randomAccess.read(source, schema, options, arena)
      return
    }
    yield* readInput(format.reader!(schema, options, context.memory), io.input(), context.memory, arena, buffer)
  } finally {
    context.release(arena)
    context.release(buffer)
  }
}

/** Turns given columns into all that the table stores: casts, DEFAULT and MATERIALIZED expressions. */
class TableColumns {
  /** The given columns as the table has them, over the columns that come. */
  #casts: Typed[] = []
  /** Where a given NULL stands for the column's default. */
  #nulls: (Typed | null)[] = []
  #incoming: Evaluator
  readonly #evaluator: Evaluator

  private constructor(
    readonly context: QueryContext,
    readonly stored: readonly SnapshotColumn[],
    readonly given: readonly SnapshotColumn[],
    /** The expression of each stored column that has one, over the given columns. */
    readonly defaults: ReadonlyMap<string, Typed>,
    readonly header: readonly PlanColumn[],
    readonly resolver: Resolver,
  ) {
    this.#incoming = new Evaluator(context, header)
    this.#evaluator = new Evaluator(context, header)
    this.castFrom(header)
  }

  static async open(context: QueryContext, task: InsertTask): Promise<TableColumns> {
    const { columns } = task.table
    const given = task.columns.map(name => {
      const column = columns.find(other => other.name === name && !other.virtual)
      if (!column)
        throw new DBError(
          'NO_SUCH_COLUMN_IN_TABLE',
          `No such column ${name} in table ${task.table.database}.${task.table.name}`,
        )
      if (column.kind === 'MATERIALIZED' || column.kind === 'ALIAS')
        throw new DBError('ILLEGAL_COLUMN', `Cannot insert column ${name}, because it is ${column.kind} column`)
      return column
    })
    const analyzer = analyzerContext(context, task)
    const header = given.map(
      ({ name, type }): PlanColumn => ({ id: analyzer.nextColumnId(), name, type: parseType(type) }),
    )
    const scope = new Scope(
      header.map(({ id, name, type }) => ({
        name,
        qualifiers: [],
        node: { kind: 'column', id, name, type, key: `#${id}` },
        table: 0,
      })),
      { queries: new Map() },
    )
    // Columns that are not given stand for their defaults where other defaults name them.
    for (const column of columns) {
      if (column.virtual || given.includes(column)) continue
      if (column.expression !== undefined)
        scope.aliases.set(column.name, { ...parseExpression(column.expression), alias: column.name })
    }
    const resolver = new Resolver(analyzer, scope)
    resolver.allowAggregates = false
    for (const column of columns)
      if (!column.virtual && !given.includes(column) && column.expression === undefined) {
        const type = parseType(column.type)
        scope.columns.push({ name: column.name, qualifiers: [], node: resolver.constant(type.default, type), table: 0 })
      }
    const stored = columns.filter(column => column.kind !== 'ALIAS' && column.kind !== 'EPHEMERAL' && !column.virtual)
    const defaults = new Map<string, Typed>()
    for (const column of stored) {
      if (column.expression === undefined) continue
      const node = await resolver.resolve(parseExpression(column.expression))
      defaults.set(column.name, castNode(resolver, node, column.type))
    }
    return new TableColumns(context, stored, given, defaults, header, resolver)
  }

  /** The given columns come with these types instead of the table's. */
  castFrom(columns: readonly Pick<PlanColumn, 'type'>[]): void {
    const { resolver } = this
    const header = this.header.map((column, i) => ({ ...column, type: columns[i].type }))
    this.#nulls = []
    this.#casts = header.map(({ id, name, type }, i) => {
      const column: Typed = { kind: 'column', id, name, type, key: `#${id}` }
      const target = this.header[i].type
      const isNull = type.isNullable && !target.isNullable && this.context.settings.bool('insert_null_as_default')
      this.#nulls.push(isNull && this.defaults.has(name) ? resolver.call('isNull', [column]) : null)
      const plain = isNull ? resolver.call('ifNull', [column, resolver.constant(target.default, target)]) : column
      return castNode(resolver, plain, this.given[i].type)
    })
    this.#incoming = new Evaluator(this.context, header)
  }

  complete(chunk: Chunk, omitted: readonly Omitted[], arena: Arena): Chunk {
    const { rows } = chunk
    const given = this.#incoming.run(this.#casts, chunk, arena)
    const done = new Set<number>()
    /** The given column with its defaults filled in, after those that its default is made from. */
    const fill = (at: number): void => {
      if (done.has(at)) return
      done.add(at)
      const node = this.defaults.get(this.given[at].name)
      const nulls = this.#nulls[at]
      if (!node || (omitted[at] === null && !nulls)) return
      const used = columnsOf(node)
      this.header.forEach((column, i) => used.has(column.id) && fill(i))
      const otherwise = this.#evaluator.one(node, new Chunk([...given], rows), arena).full(arena)
      if (omitted[at] === 'all') {
        given[at] = otherwise
        return
      }
      if (omitted[at] !== null) given[at] = this.#choose(omitted[at] as number, otherwise, given[at], arena)
      const mask = nulls ? this.#incoming.mask(nulls, chunk, arena) : false
      if (mask === true) given[at] = otherwise
      else if (mask !== false) given[at] = this.#choose(mask, otherwise, given[at], arena)
    }
    given.forEach((_, at) => fill(at))
    const whole = new Chunk(given, rows)
    const absent = this.stored.filter(column => !this.given.some(({ name }) => name === column.name))
    const made = this.#evaluator.run(
      absent.map(column => {
        const type = parseType(column.type)
        return this.defaults.get(column.name) ?? this.resolver.constant(type.default, type)
      }),
      whole,
      arena,
    )
    const complete = this.stored.map((column): Column => {
      const at = this.given.findIndex(({ name }) => name === column.name)
      const full = (at >= 0 ? given[at] : made[absent.indexOf(column)]).full(arena)
      const type = parseType(column.type)
      return type.kind !== 'LowCardinality' && full instanceof LowCardinalityColumn ? full.plain(arena) : full
    })
    return new Chunk(complete, rows)
  }

  /** mask ? a : b, row by row. */
  #choose(mask: number, a: Column, b: Column, arena: Arena): Column {
    const { rows } = a
    const { memory } = this.context
    const numbers = arena.allocate(rows * 4)
    memory.kernels.chooseRows(mask, rows, numbers)
    return concatColumns([a.full(arena), b.full(arena)], arena).gather(numbers, rows, arena)
  }
}

function castNode(resolver: Resolver, node: Typed, type: string): Typed {
  if (node.type.name === type) return node
  return resolver.call('CAST', [node, resolver.constant(type, parseType('String'))])
}
