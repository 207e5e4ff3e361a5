import type { BoundAggregate } from '../../aggregates/aggregate.ts'
import { constColumn } from '../../columns/build.ts'
import { Chunk, type Chunks } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { Typed } from '../../analyzer/typed.ts'
import type { AggregatePlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { GroupStates, type PartialGroups } from '../groupStates.ts'

/** States of one thread in a form that can travel. */
export type PartialAggregation = PartialGroups

/** GROUP BY of one thread: evaluates keys and arguments, and keeps the groups' states. */
export class Aggregation {
  readonly #keep: Arena
  readonly #arena: Arena
  readonly #states: GroupStates
  readonly #evaluator: Evaluator
  readonly #keys: readonly Typed[]
  readonly #args: readonly { readonly node: Typed; readonly bound: BoundAggregate }[]

  constructor(
    readonly context: QueryContext,
    readonly plan: AggregatePlan,
    /** For ROLLUP and the like: which keys count; the others are at their default. */
    readonly set: readonly boolean[] | null = null,
  ) {
    this.#keep = context.newArena()
    this.#arena = context.newArena()
    this.#keys = plan.keys.filter((_, i) => !set || set[i]).map(key => key.node)
    this.#args = plan.aggregates.flatMap(({ node }) => node.args.map(arg => ({ node: arg, bound: node.bound })))
    this.#evaluator = new Evaluator(context, plan.input.columns)
    this.#states = new GroupStates(
      this.#keep,
      this.#keys.map(key => key.type),
      plan.aggregates.map(({ node }) => node.bound),
    )
  }

  get groups(): number {
    return this.#states.groups
  }

  add(chunk: Chunk): void {
    const arena = this.#arena
    arena.reset()
    const columns = this.#evaluator.run([...this.#keys, ...this.#args.map(({ node }) => node)], chunk, arena)
    const keys = columns.slice(0, this.#keys.length)
    const args = columns.slice(keys.length).map((column, i) => plain(column, this.#args[i].bound, arena))
    this.#states.add(keys, args, chunk.rows)
    const { settings } = this.context
    const limit = settings.number('max_rows_to_group_by')
    if (limit > 0 && this.groups > limit && settings.text('group_by_overflow_mode') === 'throw')
      throw new DBError(
        'TOO_MANY_ROWS',
        `Limit for rows to GROUP BY exceeded: has ${this.groups} rows, maximum: ${limit}`,
      )
  }

  /** The states as they can be sent to another thread. */
  write(): PartialAggregation {
    return this.#states.write()
  }

  /** Takes in another thread's states. */
  read(partial: PartialAggregation): void {
    this.#states.read(partial)
  }

  /** Keys and results, chunk by chunk. */
  *finish(): Generator<Chunk> {
    const arena = this.#arena
    for (const { keys, results, rows } of this.#states.results(arena)) {
      let at = 0
      const all = this.plan.keys.map((key, i) =>
        !this.set || this.set[i] ? keys[at++] : constColumn(key.type, key.type.default, rows, arena),
      )
      yield new Chunk([...all, ...results], rows)
    }
  }

  /** One row over all groups (see GroupStates.totals), with the keys at their defaults: WITH TOTALS. */
  totals(left: number, arena: Arena): Chunk {
    const keys = this.plan.keys.map(key => constColumn(key.type, key.type.default, 1, arena))
    return new Chunk([...keys, ...this.#states.totals(left, arena)], 1)
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
    if (plan.totals) context.totals.set(plan, totals(context, aggregations[0], plan))
    const having = plan.having ? new Evaluator(context, plan.columns) : null
    const scratch = context.newArena()
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
        scratch.reset()
        const mask = having && plan.having ? having.mask(plan.having, chunk, scratch) : true
        if (mask === false) continue
        const kept = mask === true ? chunk : chunk.filter(mask, scratch)
        if (kept.rows > 0) yield kept
      }
    }
  } finally {
    for (const aggregation of aggregations) aggregation.close()
  }
}

/** What totals_mode says: over all groups, or over those that HAVING lets through. */
function totals(context: QueryContext, aggregation: Aggregation, plan: AggregatePlan): Chunk {
  const isBefore = context.settings.text('totals_mode') === 'before_having'
  if (!plan.having || isBefore) return aggregation.totals(0, context.arena)
  const arena = context.newArena()
  try {
    const left = arena.allocate(aggregation.groups)
    const evaluator = new Evaluator(context, plan.columns)
    let at = left
    for (const chunk of aggregation.finish()) {
      const scratch = context.newArena()
      const mask = evaluator.mask(plan.having, chunk, scratch)
      if (typeof mask === 'boolean') context.memory.u8.fill(mask ? 0 : 1, at, at + chunk.rows)
      else context.memory.kernels.maskNot(mask, at, chunk.rows)
      at += chunk.rows
      context.release(scratch)
    }
    return aggregation.totals(left, context.arena)
  } finally {
    context.release(arena)
  }
}
