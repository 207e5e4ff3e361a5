// What a subquery on the right of IN gives: its distinct rows as the keys of a table, which is asked for whole columns.
import type { SetSource } from '../analyzer/typed.ts'
import { columnOf } from '../columns/build.ts'
import { Chunk, type Chunks } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { nullableOf, plainType } from '../functions/bind.ts'
import { tryCastColumn } from '../functions/castColumn.ts'
import { compareColumns } from '../functions/compareColumns.ts'
import { NullableType, TupleType } from '../types/compound.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import type { Value } from '../types/value.ts'
import type { QueryContext } from './context.ts'

/** Sets of more rows are no points for an index: they would rule out nothing, and take long to list. */
const pointsMax = 100_000

/** The types under which a set's rows are looked up: without dictionaries, and Nullable only where NULL may be found. */
export function setTypes(set: SetSource): DataType[] {
  return set.types.map(type => (set.matchesNull && type.isNullable ? nullableOf(plainType(type)) : plainType(type)))
}

/** Runs the subquery. types: of its columns. The rows lie in the query's arena. */
export async function collectSet(
  context: QueryContext,
  set: SetSource,
  types: readonly DataType[],
  chunks: Chunks,
): Promise<void> {
  const to = setTypes(set)
  const isTuple = types.length === 1 && to.length > 1 && plainType(types[0]) instanceof TupleType
  const given = isTuple ? (plainType(types[0]) as TupleType).elements : types
  if (given.length !== to.length)
    throw new DBError(
      'NUMBER_OF_COLUMNS_DOESNT_MATCH',
      `Number of columns in section IN doesn't match: ${to.length} on the left, ${given.length} on the right`,
    )
  const from = given.map((type, i) => (to[i] instanceof NullableType ? nullableOf(plainType(type)) : plainType(type)))
  const isSame = from.every((type, i) => type.equals(to[i]))
  const limits = new SetLimits(context)
  const arena = context.newArena()
  // Of other types first by their own: what is to be converted is then there once.
  const rawArena = context.newArena()
  const raw = new GroupTable(isSame ? context.arena : rawArena, from)
  try {
    for await (const chunk of chunks) {
      await context.breathe()
      if (chunk.rows === 0) continue
      arena.reset()
      const columns = isTuple ? (fullColumn(chunk.columns[0], arena) as TupleColumn).columns : chunk.columns
      const rows = withoutNulls(new Chunk(columns, chunk.rows), to, arena)
      if (rows.rows > 0) raw.upsert(rows.columns, rows.rows, arena)
      if (limits.isReached(raw.size)) break
    }
    arena.reset()
    const table = isSame ? raw : new GroupTable(context.arena, to)
    if (!isSame && raw.size > 0) {
      const rows = converted(raw.keyColumns(arena), raw.size, to, arena)
      if (rows.rows > 0) table.upsert(rows.columns, rows.rows, arena)
    }
    set.table = table
    set.list = () => (table.size <= pointsMax ? listRows(context, table) : null)
  } finally {
    context.release(arena)
    context.release(rawArena)
  }
}

/** max_rows_in_set and max_bytes_in_set. */
class SetLimits {
  readonly #rows: number
  readonly #bytes: number
  readonly #breaks: boolean
  readonly #start: number

  constructor(readonly context: QueryContext) {
    const { settings } = context
    this.#rows = settings.number('max_rows_in_set')
    this.#bytes = settings.number('max_bytes_in_set')
    this.#breaks = settings.text('set_overflow_mode') === 'break'
    this.#start = context.budget.used
  }

  isReached(rows: number): boolean {
    const bytes = this.context.budget.used - this.#start
    const isOver = (this.#rows > 0 && rows > this.#rows) || (this.#bytes > 0 && bytes > this.#bytes)
    if (isOver && !this.#breaks)
      throw new DBError(
        'SET_SIZE_LIMIT_EXCEEDED',
        `Limit for IN-set exceeded, max rows: ${this.#rows}, max bytes: ${this.#bytes}, current rows: ${rows}`,
      )
    return isOver
  }
}

function fullColumn(column: Column, arena: Arena): Column {
  const full = column.full(arena)
  return full instanceof LowCardinalityColumn ? full.plain(arena) : full
}

/** Plain columns of the rows that may be found: a NULL only where the set may have it. */
function withoutNulls(chunk: Chunk, to: readonly DataType[], arena: Arena): Chunk {
  const { kernels } = arena.memory
  let nulls = 0
  const columns = chunk.columns.map((column, i) => {
    const full = fullColumn(column, arena)
    if (to[i] instanceof NullableType)
      return full instanceof NullableColumn ? full : new NullableColumn(arena.allocateZeroed(chunk.rows), full)
    if (!(full instanceof NullableColumn)) return full
    if (nulls === 0) nulls = full.nulls
    else {
      const both = arena.allocate(chunk.rows)
      kernels.maskOr(nulls, full.nulls, both, chunk.rows)
      nulls = both
    }
    return full.values
  })
  const whole = new Chunk(columns, chunk.rows)
  if (nulls === 0) return whole
  const kept = arena.allocate(chunk.rows)
  kernels.maskNot(nulls, kept, chunk.rows)
  return whole.filter(kept, arena)
}

/** Rows as the operand's types have them, without those that have no equal there. */
function converted(columns: readonly Column[], rows: number, to: readonly DataType[], arena: Arena): Chunk {
  const { kernels, u8 } = arena.memory
  const kept = arena.allocate(rows)
  u8.fill(1, kept, kept + rows)
  const made = columns.map((column, i) => {
    if (column.type.equals(to[i])) return column
    const { column: result, found } = convertColumn(column, to[i], arena)
    kernels.maskAnd(kept, found, kept, rows)
    return result
  })
  return new Chunk(made, rows).filter(kept, arena)
}

const isNumber = (type: DataType) => (type instanceof IntegerType && type.bits <= 64) || type instanceof FloatType

/** found: u8[rows], 0 where the new type has no equal value. */
function convertColumn(column: Column, to: DataType, arena: Arena): { column: Column; found: number } {
  const { rows } = column
  if (isNumber(column.type) && isNumber(to)) {
    const { column: result } = tryCastColumn(column, to, arena, false)
    return { column: result, found: compareColumns('equal', column, result, rows, arena) }
  }
  const values = Array.from({ length: rows }, (_, row) => convertValue(column.valueAt(row), column.type, to))
  const found = arena.allocate(rows)
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++) u8[found + row] = values[row] === undefined ? 0 : 1
  const present = values.map(value => (value === undefined ? to.default : value))
  return { column: columnOf(to, present, arena), found }
}

function listRows(context: QueryContext, table: GroupTable): Value[][] {
  if (table.size === 0) return []
  const arena = context.newArena()
  try {
    const columns = table.keyColumns(arena)
    return Array.from({ length: table.size }, (_, row) => columns.map(column => column.valueAt(row)))
  } finally {
    context.release(arena)
  }
}
