import { concatColumns, constColumn, defaultColumn } from '../../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import { type Column, noRow } from '../../columns/column.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { JoinPlan, PlanColumn } from '../../planner/plan.ts'
import { LowCardinalityType, NullableType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { GroupTable } from '../../columns/groupTable.ts'
import { AsofRows } from './asofRows.ts'
import { gatherAll } from './basic.ts'

/**
 * Hash join: the right side is kept whole, its rows chained by key; the left side streams by. Pairs of rows come in batches, so
 * that a key with many rows on both sides stays bounded.
 */
export async function* join(context: QueryContext, left: Chunks, right: Chunks, plan: JoinPlan): Chunks {
  const keep = context.newArena()
  const arena = context.newArena()
  try {
    const built = await gatherAll(context, right, plan.right.columns, keep)
    const rowsMax = context.settings.number('max_rows_in_join')
    if (rowsMax > 0 && (built?.rows ?? 0) > rowsMax)
      throw new DBError('SET_SIZE_LIMIT_EXCEEDED', `Limit for JOIN exceeded, max rows: ${rowsMax}`)
    const table = new JoinTable(context, built, plan, keep)
    for await (const chunk of left) {
      arena.reset()
      for (const piece of table.probe(chunk, arena)) {
        await context.breathe()
        yield piece
      }
    }
    if (plan.type === 'right' || plan.type === 'full') yield* table.unmatched(arena)
  } finally {
    context.release(arena)
    context.release(keep)
  }
}

class JoinTable {
  readonly #table: GroupTable | null
  /** First row of each key, and for each row the next one with its key. noRow ends. */
  #heads = 0
  #next = 0
  #matched = 0
  #asofRows: AsofRows | null = null
  readonly #leftKeys: Evaluator
  readonly #residual: Evaluator
  readonly #rows: number

  constructor(
    readonly context: QueryContext,
    readonly built: Chunk | null,
    readonly plan: JoinPlan,
    readonly keep: Arena,
  ) {
    this.#rows = built?.rows ?? 0
    this.#leftKeys = new Evaluator(context, plan.left.columns)
    this.#residual = new Evaluator(context, [...plan.left.columns, ...plan.right.columns])
    this.#table =
      plan.rightKeys.length > 0
        ? new GroupTable(
            keep,
            plan.rightKeys.map(key => key.type),
          )
        : null
    const { memory } = context
    const isOnePerKey =
      plan.type === 'inner' && plan.strictness === 'any' && !context.settings.bool('any_join_distinct_right_table_keys')
    if (plan.type === 'right' || plan.type === 'full' || isOnePerKey) this.#matched = keep.allocateZeroed(this.#rows)
    if (!built) return
    if (!this.#table) {
      if (plan.asof) this.#asofRows = new AsofRows(context, built, plan, keep.allocateZeroed(this.#rows * 4), 1, keep)
      return
    }
    const evaluator = new Evaluator(context, plan.right.columns)
    this.#next = keep.allocate(this.#rows * 4)
    const ids = keep.allocate(this.#rows * 4)
    for (let start = 0; start < this.#rows; start += chunkRowsMax) {
      const scratch = context.newArena()
      const piece = built.cut(start, Math.min(chunkRowsMax, this.#rows - start))
      const keys = evaluator.run(plan.rightKeys, piece, scratch)
      const found = this.#table.upsert(fullKeys(keys, scratch), piece.rows, scratch)
      memory.u8.copyWithin(ids + start * 4, found, found + piece.rows * 4)
      this.#dropNulls(keys, ids + start * 4, piece.rows, scratch)
      context.release(scratch)
    }
    if (plan.asof) {
      this.#asofRows = new AsofRows(context, built, plan, ids, this.#table.size, keep)
      return
    }
    this.#heads = keep.allocate(this.#table.size * 4)
    memory.kernels.chainRows(ids, this.#rows, this.#table.size, noRow, this.#heads, this.#next)
  }

  /** NULL keys join nothing. */
  #dropNulls(keys: readonly Column[], ids: number, rows: number, arena: Arena): void {
    for (const key of keys) {
      const full = key.full(arena)
      if (full instanceof NullableColumn) this.context.memory.kernels.clearIds(ids, full.nulls, rows, noRow)
    }
  }

  *probe(chunk: Chunk, arena: Arena): Generator<Chunk> {
    const { plan, context } = this
    const { kernels } = context.memory
    const { strictness, type } = plan
    if (type === 'paste') {
      const count = Math.min(chunk.rows, this.#rows)
      if (count > 0 && this.built)
        yield new Chunk([...chunk.cut(0, count).columns, ...this.built.cut(0, count).columns], count)
      return
    }
    const firsts = arena.allocate(chunk.rows * 4)
    let ids = 0
    if (this.#table && this.built) {
      const keys = this.#leftKeys.run(plan.leftKeys, chunk, arena)
      ids = this.#table.find(fullKeys(keys, arena), chunk.rows, arena)
      this.#dropNulls(keys, ids, chunk.rows, arena)
      if (!plan.asof) kernels.headsOf(ids, chunk.rows, this.#heads, noRow, firsts)
    } else context.memory.u32.fill(this.#rows > 0 && !this.#table ? 0 : noRow, firsts / 4, firsts / 4 + chunk.rows)
    if (plan.asof) {
      yield* this.#nearest(chunk, ids || arena.allocateZeroed(chunk.rows * 4), plan.asof, arena)
      return
    }
    const outerLeft = type === 'left' || type === 'full'
    // RIGHT ANY and RIGHT SEMI look at each right row for itself.
    const isLeftOnce = (strictness === 'any' || strictness === 'semi') && type !== 'right'
    const onlyFirst = isLeftOnce && !plan.residual
    const seen = arena.allocateZeroed(chunk.rows)
    const capacity = chunkRowsMax
    const leftRows = arena.allocate(capacity * 4)
    const rightRows = arena.allocate(capacity * 4)
    const state = arena.allocateZeroed(16) // next left row, next right row of it + 1 (0: from the head)
    const cross = !this.#table
    const emit = strictness !== 'anti'
    for (;;) {
      const count = cross
        ? kernels.crossPairs(chunk.rows, this.#rows, capacity, state, leftRows, rightRows)
        : kernels.joinPairs(
            firsts,
            chunk.rows,
            this.#next,
            noRow,
            onlyFirst ? 1 : 0,
            capacity,
            state,
            leftRows,
            rightRows,
          )
      if (count === 0) break
      const pairs = context.newArena()
      try {
        let [lefts, rights, kept] = [leftRows, rightRows, count]
        if (plan.residual) {
          const both = new Chunk(
            [...chunk.gather(lefts, count, pairs).columns, ...this.built!.gather(rights, count, pairs).columns],
            count,
          )
          const mask = this.#residual.mask(plan.residual, both, pairs)
          if (mask === false) continue
          if (mask !== true) {
            const at = pairs.allocate(count * 4)
            kept = kernels.maskToIndices(mask, count, at)
            const [l, r] = [pairs.allocate(kept * 4), pairs.allocate(kept * 4)]
            kernels.gather4(lefts, at, kept, l)
            kernels.gather4(rights, at, kept, r)
            ;[lefts, rights] = [l, r]
          }
        }
        if (isLeftOnce && plan.residual) kept = kernels.firstPairs(lefts, rights, kept, seen)
        else kernels.markRows(lefts, kept, seen)
        if (this.#matched) {
          if (strictness === 'any' || strictness === 'semi' || strictness === 'anti')
            kept = this.#rightOnce(lefts, rights, kept)
          else kernels.markRows(rights, kept, this.#matched)
        }
        if (emit && kept > 0) yield this.#pair(chunk.gather(lefts, kept, pairs), rights, kept, pairs)
      } finally {
        context.release(pairs)
      }
    }
    const leftAlone = (outerLeft && strictness !== 'semi') || (strictness === 'anti' && type !== 'right')
    if (!leftAlone) return
    const alone = arena.allocate(chunk.rows * 4 + 64)
    kernels.maskNot(seen, seen, chunk.rows)
    const count = kernels.maskToIndices(seen, chunk.rows, alone)
    if (count === 0) return
    const none = arena.allocate(count * 4)
    context.memory.u32.fill(noRow, none / 4, none / 4 + count)
    yield this.#pair(chunk.gather(alone, count, arena), none, count, arena)
  }

  /** RIGHT ANY and RIGHT SEMI give each right row once. */
  #rightOnce(lefts: number, rights: number, count: number): number {
    return this.context.memory.kernels.firstPairs(rights, lefts, count, this.#matched)
  }

  /** The closest row of each key by the ASOF condition. ids: the left rows' keys. */
  *#nearest(chunk: Chunk, ids: number, asof: NonNullable<JoinPlan['asof']>, arena: Arena): Generator<Chunk> {
    const { plan, context } = this
    const { memory } = context
    let rights: number
    if (this.#asofRows) {
      rights = this.#asofRows.find(this.#leftKeys.one(asof.left, chunk, arena), ids, arena)
    } else {
      rights = arena.allocate(chunk.rows * 4)
      memory.u32.fill(noRow, rights / 4, rights / 4 + chunk.rows)
    }
    if (plan.type === 'left') {
      yield this.#pair(chunk, rights, chunk.rows, arena)
      return
    }
    const mask = arena.allocate(chunk.rows)
    memory.kernels.isFound(rights, chunk.rows, mask)
    const at = arena.allocate(chunk.rows * 4 + 64)
    const count = memory.kernels.maskToIndices(mask, chunk.rows, at)
    if (count === 0) return
    const kept = arena.allocate(count * 4)
    memory.kernels.gather4(rights, at, count, kept)
    yield this.#pair(chunk.gather(at, count, arena), kept, count, arena)
  }

  #pair(left: Chunk, rights: number, count: number, arena: Arena): Chunk {
    const { plan, built } = this
    const leftColumns = left.columns.map((column, i) => conform(column, plan.columns[i], arena))
    const rightColumns = plan.right.columns.map((_, i) => {
      const output = plan.columns[plan.left.columns.length + i]
      if (!built) return missing(output.type, count, arena)
      return conform(built.columns[i], output, arena).gather(rights, count, arena)
    })
    return new Chunk([...leftColumns, ...rightColumns], count)
  }

  /** Right rows that no left row joined. */
  *unmatched(arena: Arena): Generator<Chunk> {
    const { plan, built, context } = this
    if (!built || plan.strictness === 'semi') return
    const all = context.newArena()
    try {
      const mask = all.allocate(this.#rows)
      context.memory.kernels.maskNot(this.#matched, mask, this.#rows)
      const indices = all.allocate(this.#rows * 4 + 64)
      const count = context.memory.kernels.maskToIndices(mask, this.#rows, indices)
      for (let start = 0; start < count; start += chunkRowsMax) {
        arena.reset()
        const size = Math.min(chunkRowsMax, count - start)
        const lefts = plan.left.columns.map((_, i) => missing(plan.columns[i].type, size, arena))
        const rights = built.columns.map((column, i) => {
          const output = plan.columns[plan.left.columns.length + i]
          return conform(column.gather(indices + start * 4, size, arena), output, arena)
        })
        yield new Chunk([...lefts, ...rights], size)
      }
    } finally {
      context.release(all)
    }
  }
}

/** A column as the output has it: Nullable where missing values are NULL. */
export function conform(column: Column, output: PlanColumn, arena: Arena): Column {
  if (column.type.equals(output.type)) return column
  const full = column.full(arena)
  if (full instanceof LowCardinalityColumn && output.type instanceof LowCardinalityType)
    return nullableEntries(full, output.type, arena)
  if (!(output.type instanceof NullableType)) return column
  if (full instanceof NullableColumn) return full
  return new NullableColumn(arena.allocateZeroed(full.rows), full, output.type)
}

/** LowCardinality(T) as LowCardinality(Nullable(T)): entry 0 is NULL, the others move up by one. */
function nullableEntries(column: LowCardinalityColumn, type: LowCardinalityType, arena: Arena): Column {
  const { dictionary, rows, memory } = column
  const entries = new NullableColumn(arena.allocateZeroed(dictionary.rows), dictionary, type.inner as NullableType)
  const none = constColumn(type.inner, null, 1, arena).full(arena)
  const indices = arena.allocate(rows * 4)
  memory.u8.copyWithin(indices, column.indices, column.indices + rows * 4)
  memory.kernels.addToU32(indices, rows, 1)
  return new LowCardinalityColumn(concatColumns([none, entries], arena), indices, rows, type)
}

function missing(type: DataType, rows: number, arena: Arena): Column {
  return type.isNullable ? constColumn(type, null, rows, arena).full(arena) : defaultColumn(type, rows, arena)
}

/** NULL is a key like others to the table; its rows are dropped by their ids afterwards. */
function fullKeys(keys: readonly Column[], arena: Arena): Column[] {
  return keys.map(key => key.full(arena))
}
