import type { Chunk } from '../../columns/chunk.ts'
import { type Column, noRow } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { leadKeys, sortOrder } from '../../columns/sort.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { plainType } from '../../functions/bind.ts'
import { castColumn } from '../../functions/castColumn.ts'
import { compareColumns } from '../../functions/compareColumns.ts'
import type { JoinPlan } from '../../planner/plan.ts'
import { commonType } from '../../types/commonType.ts'
import type { DataType } from '../../types/dataType.ts'
import { DecimalType } from '../../types/decimal.ts'
import { FloatType, IntegerType } from '../../types/number.ts'
import { parseType } from '../../types/parseType.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'

const uint32 = parseType('UInt32')

/** The right side of an ASOF JOIN, sorted by key and value, to find the nearest row of a key in. */
export class AsofRows {
  readonly #type: DataType
  readonly #asof: NonNullable<JoinPlan['asof']>
  readonly #order: number
  /** i64 or f64 sort keys of the rows in order. */
  readonly #values: number = 0
  /** The values of the rows in order, where they are wider than 64 bits. */
  readonly #wide: readonly bigint[] | null = null
  readonly #starts: number

  /** ids: the rows' keys, u32[rows], changed: noRow for rows that no row finds. keys: how many there are. */
  constructor(
    readonly context: QueryContext,
    built: Chunk,
    plan: JoinPlan,
    ids: number,
    keys: number,
    keep: Arena,
  ) {
    const { kernels } = context.memory
    this.#asof = plan.asof!
    const types = [plainType(this.#asof.left.type), plainType(this.#asof.right.type)]
    this.#type = types[0].equals(types[1]) ? types[0] : commonType(types)
    const { physical, width } = this.#type
    const isWide = this.#type instanceof IntegerType || this.#type instanceof DecimalType
    if (!physical || physical === 'Bytes' || (width > 8 && !isWide))
      throw new DBError('BAD_TYPE_OF_FIELD', `ASOF join is not supported for type ${this.#type.name}`)
    const scratch = context.newArena()
    try {
      const column = new Evaluator(context, plan.right.columns).one(this.#asof.right, built, scratch)
      const values = this.#values64(column, ids, scratch)
      const { rows } = built
      const idColumn = new FixedColumn(uint32, context.memory, ids, rows)
      this.#order = sortOrder([idColumn, values], [{}, {}], rows, keep)
      const sortedIds = scratch.allocate(rows * 4)
      kernels.gather4(ids, this.#order, rows, sortedIds)
      this.#starts = keep.allocate((keys + 1) * 4)
      kernels.asofStarts(sortedIds, rows, keys, noRow, this.#starts)
      if (width > 8) {
        const { u32 } = context.memory
        this.#wide = Array.from({ length: rows }, (_, i) => values.valueAt(u32[this.#order / 4 + i]) as bigint)
        return
      }
      this.#values = keep.allocate(rows * 8)
      kernels.gather8(leadKeys(values, {}, scratch), this.#order, rows, this.#values)
    } finally {
      context.release(scratch)
    }
  }

  /** For each left row the right row that it joins, or noRow: u32[rows]. ids: the left rows' keys, changed. */
  find(column: Column, ids: number, arena: Arena): number {
    const { kernels } = this.context.memory
    const values = this.#values64(column, ids, arena)
    const { rows } = column
    const places = arena.allocate(rows * 4)
    const { comparison } = this.#asof
    if (this.#wide) {
      const { u32 } = this.context.memory
      for (let row = 0; row < rows; row++)
        u32[places / 4 + row] = this.#wideRow(this.#wide, values.valueAt(row) as bigint, u32[ids / 4 + row])
      return places
    }
    kernels.asofRows(
      ids,
      leadKeys(values, {}, arena),
      rows,
      this.#starts,
      this.#values,
      comparison.startsWith('greater') ? 1 : 0,
      comparison.endsWith('OrEquals') ? 1 : 0,
      noRow,
      places,
    )
    const found = arena.allocate(rows * 4)
    kernels.headsOf(places, rows, this.#order, noRow, found)
    return found
  }

  /** The row nearest to a wide value among those of the key, or noRow. */
  #wideRow(values: readonly bigint[], value: bigint, id: number): number {
    if (id === noRow) return noRow
    const { u32 } = this.context.memory
    const { comparison } = this.#asof
    const [start, end] = [u32[this.#starts / 4 + id], u32[this.#starts / 4 + id + 1]]
    const isGreater = comparison.startsWith('greater')
    // Rows up to an equal one stand before `low`: for >= and <, which search behind them.
    const withEqual = isGreater === comparison.endsWith('OrEquals')
    let [low, high] = [start, end]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (withEqual ? values[middle] <= value : values[middle] < value) low = middle + 1
      else high = middle
    }
    const place = isGreater ? low - 1 : low
    return place < start || place >= end ? noRow : u32[this.#order / 4 + place]
  }

  /** The values in the common type. Rows of NULL and NaN lose their key. */
  #values64(column: Column, ids: number, arena: Arena): FixedColumn {
    const { kernels } = this.context.memory
    let full = column.full(arena)
    if (full instanceof LowCardinalityColumn) full = full.plain(arena)
    if (full instanceof NullableColumn) {
      kernels.clearIds(ids, full.nulls, full.rows, noRow)
      full = full.values
    }
    const values = castColumn(full, this.#type, arena).full(arena) as FixedColumn
    if (this.#type instanceof FloatType) {
      const nan = compareColumns('notEqual', values, values, values.rows, arena)
      kernels.clearIds(ids, nan, values.rows, noRow)
    }
    return values
  }
}
