import type { BoundAggregate, GroupedAggregate } from '../../aggregates/aggregate.ts'
import { constColumn } from '../../columns/build.ts'
import { Chunk, type Chunks, chunkRowsMax } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { packChunk, unpackChunk } from '../../columns/transfer.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { Typed } from '../../analyzer/typed.ts'
import type { AggregatePlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { GroupTable } from '../../columns/groupTable.ts'

/** States of one thread in a form that can travel: keys in group order, then each aggregate's states. */
export interface PartialAggregation {
  readonly groups: number
  readonly keys: readonly ArrayBuffer[]
  readonly states: readonly Uint8Array[]
}

/** The groups of one GROUP BY and their states, in one thread. */
export class Aggregation {
  readonly #keep: Arena
  readonly #arena: Arena
  readonly #table: GroupTable | null
  readonly #states: GroupedAggregate[]
  readonly #evaluator: Evaluator
  readonly #keys: readonly Typed[]
  readonly #args: readonly Typed[]
  readonly #starts: number[] = []
  #groups: number

  constructor(
    readonly context: QueryContext,
    readonly plan: AggregatePlan,
    /** For ROLLUP and the like: which keys count; the others are at their default. */
    readonly set: readonly boolean[] | null = null,
  ) {
    this.#keep = context.newArena()
    this.#arena = context.newArena()
    this.#keys = plan.keys.filter((_, i) => !set || set[i]).map(key => key.node)
    this.#table =
      this.#keys.length > 0
        ? new GroupTable(
            this.#keep,
            this.#keys.map(key => key.type),
          )
        : null
    this.#states = plan.aggregates.map(({ node }) => node.bound.create(this.#keep))
    const args: Typed[] = []
    for (const { node } of plan.aggregates) {
      this.#starts.push(args.length)
      args.push(...node.args)
    }
    this.#args = args
    this.#evaluator = new Evaluator(context, plan.input.columns)
    this.#groups = 0
    if (!this.#table) this.#ensure(1)
  }

  #ensure(groups: number): void {
    this.#groups = groups
    for (const state of this.#states) state.ensure(groups)
  }

  get groups(): number {
    return this.#groups
  }

  add(chunk: Chunk): void {
    const arena = this.#arena
    arena.reset()
    const columns = this.#evaluator.run([...this.#keys, ...this.#args], chunk, arena)
    let ids = 0
    if (this.#table) {
      ids = this.#table.upsert(columns.slice(0, this.#keys.length), chunk.rows, arena)
      this.#ensure(this.#table.size)
      const { settings } = this.context
      const limit = settings.number('max_rows_to_group_by')
      if (limit > 0 && this.#groups > limit && settings.text('group_by_overflow_mode') === 'throw')
        throw new DBError(
          'TOO_MANY_ROWS',
          `Limit for rows to GROUP BY exceeded: has ${this.#groups} rows, maximum: ${limit}`,
        )
    }
    this.#states.forEach((state, i) => {
      const { node } = this.plan.aggregates[i]
      const start = this.#keys.length + this.#starts[i]
      const args = columns.slice(start, start + node.args.length).map(column => plain(column, node.bound, arena))
      state.add(ids, args, chunk.rows)
    })
  }

  /** The states as they can be sent to another thread. */
  write(): PartialAggregation {
    const arena = this.#arena
    const keys: ArrayBuffer[] = []
    if (this.#table) {
      for (let start = 0; start < this.#groups; start += chunkRowsMax) {
        arena.reset()
        const count = Math.min(chunkRowsMax, this.#groups - start)
        keys.push(packChunk(new Chunk(this.#table.keyColumns(arena, start, count), count)))
      }
    }
    return { groups: this.#groups, keys, states: this.#states.map(state => state.write(this.#groups)) }
  }

  /** Takes in another thread's states. */
  read(partial: PartialAggregation): void {
    let ids = 0
    const arena = this.context.newArena()
    try {
      if (this.#table) {
        ids = arena.allocate(partial.groups * 4)
        let at = ids
        for (const buffer of partial.keys) {
          this.#arena.reset()
          const chunk = unpackChunk(buffer, this.#arena)
          const found = this.#table.upsert(chunk.columns, chunk.rows, this.#arena)
          this.context.memory.u8.copyWithin(at, found, found + chunk.rows * 4)
          at += chunk.rows * 4
        }
        this.#ensure(this.#table.size)
      }
      this.#states.forEach((state, i) => state.read(partial.states[i], ids, partial.groups))
    } finally {
      this.context.release(arena)
    }
  }

  /** Keys and results, chunk by chunk. */
  *finish(): Generator<Chunk> {
    const arena = this.#arena
    for (let start = 0; start < this.#groups; start += chunkRowsMax) {
      arena.reset()
      const count = Math.min(chunkRowsMax, this.#groups - start)
      const grouped = this.#table?.keyColumns(arena, start, count) ?? []
      let at = 0
      const keys = this.plan.keys.map((key, i) =>
        !this.set || this.set[i] ? grouped[at++] : constColumn(key.type, key.type.default, count, arena),
      )
      yield new Chunk([...keys, ...this.#states.map(state => state.result(start, count, arena))], count)
    }
  }

  /** One row over all groups, with the keys at their defaults: WITH TOTALS. */
  totals(arena: Arena): Chunk {
    const zeros = arena.allocateZeroed(this.#groups * 4)
    const results = this.plan.aggregates.map(({ node }, i) => {
      const whole = node.bound.create(this.#keep)
      whole.ensure(1)
      whole.merge(this.#states[i], zeros, this.#groups)
      return whole.result(0, 1, arena)
    })
    const keys = this.plan.keys.map(key => constColumn(key.type, key.type.default, 1, arena))
    return new Chunk([...keys, ...results], 1)
  }

  close(): void {
    this.context.release(this.#keep)
    this.context.release(this.#arena)
  }
}

/** Aggregates see full columns; LowCardinality only where the function took that type. */
function plain(column: Column, bound: BoundAggregate, arena: Arena): Column {
  const full = column.full(arena)
  if (full instanceof LowCardinalityColumn && !bound.argumentTypes.some(type => type.equals(full.type)))
    return full.plain(arena)
  return full
}

/** GROUP BY in one thread, with the partial states of others taken in. */
export async function* aggregate(
  context: QueryContext,
  input: Chunks,
  plan: AggregatePlan,
  partials: AsyncIterable<PartialAggregation> | null,
): Chunks {
  const sets = plan.sets ?? [null]
  const aggregations = sets.map(set => new Aggregation(context, plan, set))
  try {
    let rows = 0
    for await (const chunk of input) {
      rows += chunk.rows
      for (const aggregation of aggregations) aggregation.add(chunk)
      if (
        plan.groupsWanted > 0 &&
        !partials &&
        aggregations[0].groups >= plan.groupsWanted &&
        plan.aggregates.length === 0
      )
        break
    }
    if (partials) for await (const partial of partials) aggregations[0].read(partial)
    if (plan.totals) context.totals = aggregations[0].totals(context.arena)
    const noRow = rows === 0 && plan.hasGroupBy && !partials
    for (const aggregation of aggregations) {
      if (noRow) continue
      if (
        rows === 0 &&
        !plan.hasGroupBy &&
        context.settings.bool('empty_result_for_aggregation_by_empty_set') &&
        plan.keys.length > 0
      )
        continue
      for (const chunk of aggregation.finish()) {
        await context.breathe()
        yield chunk
      }
    }
  } finally {
    for (const aggregation of aggregations) aggregation.close()
  }
}
