import type { BoundAggregate, GroupedAggregate } from '../../aggregates/aggregate.ts'
import { constColumn } from '../../columns/build.ts'
import { Chunk, type Chunks } from '../../columns/chunk.ts'
import type { Column } from '../../columns/column.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import { type Arena, Budget } from '../../core/memory.ts'
import type { Typed } from '../../analyzer/typed.ts'
import type { AggregatePlan } from '../../planner/plan.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'
import { conform } from './join.ts'
import type { GroupExchange } from '../groupExchange.ts'
import { firstPartition, GroupStates, type PartitionShare, partitions, type WireGroups } from '../groupStates.ts'
import { LimitedGroups } from '../limitedGroups.ts'
import { readGroups, type SpilledGroups, writeGroups } from '../spilledGroups.ts'

/** Which groups count: a mask of the chunk's rows, or the same for all. */
type Having = (chunk: Chunk, arena: Arena) => number | boolean
/** Whether rows without a group count in totals too, by the share of groups that are let through. */
type WithRest = (share: number) => boolean

/**
 * GROUP BY of one thread: evaluates keys and arguments, and keeps the groups' states. Those that take too much memory go to disk, in
 * partitions by their keys; at the end each partition is put together by itself.
 */
export class Aggregation {
  readonly #budget: Budget
  /** Above it states go to disk; 0: never. */
  readonly #bytesMax: number
  readonly #keep: Arena
  readonly #arena: Arena
  #states: GroupStates
  readonly #spilled: SpilledGroups[] = []
  /** What other threads have put on disk. */
  readonly #received: SpilledGroups[] = []
  /** All groups are on disk, none in memory. */
  #isOnDisk = false
  #share: PartitionShare | null = null
  /** The partitions whose groups this thread finishes. */
  #own = { start: 0, end: partitions }
  readonly #limited: LimitedGroups | null = null
  readonly #evaluator: Evaluator
  readonly #keys: readonly Typed[]
  readonly #args: readonly { readonly node: Typed; readonly bound: BoundAggregate }[]

  constructor(
    readonly context: QueryContext,
    readonly plan: AggregatePlan,
    /** For ROLLUP and the like: which keys count; the others are at their default. */
    readonly set: readonly boolean[] | null = null,
    /** Which of the sets it is. */
    readonly number = 0,
  ) {
    this.#budget = new Budget(context.memory, context.budget.limit, 'query', context.budget)
    this.#keep = context.newArena(this.#budget)
    this.#arena = context.newArena()
    this.#keys = plan.keys.filter((_, i) => !set || set[i]).map(key => key.node)
    this.#args = plan.aggregates.flatMap(({ node }) => node.args.map(arg => ({ node: arg, bound: node.bound })))
    this.#evaluator = new Evaluator(context, plan.input.columns)
    const { settings } = context
    const rowsMax = settings.number('max_rows_to_group_by')
    const isLimited = rowsMax > 0 && settings.text('group_by_overflow_mode') === 'any' && this.#keys.length > 0
    this.#states = this.#empty(isLimited)
    if (isLimited) this.#limited = new LimitedGroups(rowsMax, this.#keep, this.#bounds())
    this.#bytesMax = this.#keys.length > 0 && !isLimited ? groupBytesMax(context) / (plan.sets?.length ?? 1) : 0
  }

  #bounds(): BoundAggregate[] {
    return this.plan.aggregates.map(({ node }) => node.bound)
  }

  #empty(isWhole = false): GroupStates {
    this.#keep.reset()
    const types = this.#keys.map(key => key.type)
    const states = new GroupStates(this.#keep, types, this.#bounds(), isWhole)
    if (this.#share) states.share(this.#share)
    return states
  }

  /** Puts states on disk if they take too much memory. To be called when there are more of them. */
  async relieve(): Promise<void> {
    if (this.#bytesMax === 0) return
    // Going over to partitions takes memory too, so it has to be done in time.
    if (this.#budget.used > this.#bytesMax / 4) this.#states.spread()
    if (this.#budget.used > this.#bytesMax) await this.#spill()
  }

  async #spill(): Promise<void> {
    const { temporary } = this.context
    assert(temporary !== null, 'states are put on a disk that there is')
    const states = this.#states
    this.#spilled.push(await writeGroups(temporary, states))
    assert(this.#states === states, 'no rows come while states are written')
    this.#states = this.#empty()
  }

  /** Other threads have their partitions of the groups, from now on. */
  share(share: PartitionShare): void {
    this.#share = share
    this.#states.share(share)
  }

  /** Gives the groups in others' partitions to their threads, piece by piece; what is on disk is there for all of them. */
  async *give(): AsyncGenerator<void> {
    assert(this.#share !== null, 'partitions are given where they are shared out')
    if (this.#spilled.length > 0) await this.#spill()
    const states = this.#states
    for (const _ of states.give(this.#share)) {
      yield
      // They went to disk, all that were left.
      if (this.#states !== states) break
    }
    const { index, count } = this.#share
    this.#own = { start: firstPartition(index, count), end: firstPartition(index + 1, count) }
  }

  #setColumn(rows: number, arena: Arena): Column[] {
    const { setColumn } = this.plan
    return setColumn ? [constColumn(setColumn.type, BigInt(this.number), rows, arena)] : []
  }

  get groups(): number {
    return this.#states.groups
  }

  /** Few rows fall into one group. */
  get isManyToMany(): boolean {
    return this.#states.isManyToMany
  }

  add(chunk: Chunk): void {
    const arena = this.#arena
    arena.reset()
    const columns = this.#evaluator.run([...this.#keys, ...this.#args.map(({ node }) => node)], chunk, arena)
    const keys = columns.slice(0, this.#keys.length)
    const args = columns.slice(keys.length).map((column, i) => plain(column, this.#args[i].bound, arena))
    if (this.#limited) this.#limited.add(this.#states, keys, args, chunk.rows, arena)
    else this.#states.add(keys, args, chunk.rows)
    const { settings } = this.context
    const limit = settings.number('max_rows_to_group_by')
    if (limit > 0 && this.groups > limit && settings.text('group_by_overflow_mode') === 'throw')
      throw new DBError(
        'TOO_MANY_ROWS',
        `Limit for rows to GROUP BY exceeded: has ${this.groups} rows, maximum: ${limit}`,
      )
  }

  /** group_by_overflow_mode = break: there are more groups than are wanted. */
  get isFull(): boolean {
    const { settings } = this.context
    const limit = settings.number('max_rows_to_group_by')
    return limit > 0 && this.groups > limit && settings.text('group_by_overflow_mode') === 'break'
  }

  /** The states as they can be sent to another thread, piece by piece. */
  write(): Iterable<WireGroups> {
    return this.#states.write()
  }

  /** Leaves nothing: another thread has it. */
  clear(): void {
    this.#states = this.#empty()
    this.#spilled.length = 0
  }

  /** Takes in what another thread sent of its groups. */
  receive(groups: WireGroups): void {
    this.#states.receive(groups)
  }

  /** What this thread has put on disk, in files that all threads of the query can read. */
  get spilled(): readonly SpilledGroups[] {
    return this.#spilled
  }

  receiveSpilled(spilled: readonly SpilledGroups[]): void {
    this.#received.push(...spilled)
  }

  /** All groups: at once, or one partition after another of those that were put on disk. No rows may be added afterwards. */
  async *#all(): AsyncGenerator<GroupStates> {
    if (this.#spilled.length + this.#received.length === 0) {
      yield this.#states
      return
    }
    const { temporary } = this.context
    assert(temporary !== null, 'states are read from a disk that there is')
    if (!this.#isOnDisk) await this.#spill()
    this.#isOnDisk = true
    for (let partition = this.#own.start; partition < this.#own.end; partition++) {
      const states = this.#empty()
      for (const spilled of [...this.#spilled, ...this.#received]) {
        await this.context.breathe()
        states.read({ kind: 'states', count: 1, start: 0, parts: [await readGroups(temporary, spilled, partition)] })
      }
      if (states.groups > 0) yield states
    }
  }

  #chunk({ keys, results, rows }: { keys: Column[]; results: Column[]; rows: number }): Chunk {
    let at = 0
    const all = this.plan.keys.map((key, i) =>
      !this.set || this.set[i]
        ? conform(keys[at++], key, this.#arena)
        : constColumn(key.type, key.type.default, rows, this.#arena),
    )
    return new Chunk([...all, ...results, ...this.#setColumn(rows, this.#arena)], rows)
  }

  /** Keys and results, chunk by chunk. */
  async *finish(): AsyncGenerator<Chunk> {
    for await (const states of this.#all())
      for (const piece of states.results(this.#arena, true)) yield this.#chunk(piece)
  }

  /** States over all groups of this thread, or those that `having` lets through. */
  async #whole(having: Having | null, withRest: WithRest, arena: Arena): Promise<GroupedAggregate[]> {
    const { memory } = arena
    const whole = this.plan.aggregates.map(({ node }) => node.bound.create(arena))
    // Group 1 takes what does not count.
    for (const aggregate of whole) aggregate.ensure(2)
    const masks = this.context.newArena()
    const scratch = this.context.newArena()
    let dropped = 0
    try {
      for await (const states of this.#all()) {
        let left = 0
        if (having) {
          masks.reset()
          left = masks.allocate(states.settle())
          let at = left
          for (const piece of states.results(this.#arena)) {
            scratch.reset()
            const mask = having(this.#chunk(piece), scratch)
            if (typeof mask === 'boolean') memory.u8.fill(mask ? 0 : 1, at, at + piece.rows)
            else memory.kernels.maskNot(mask, at, piece.rows)
            dropped += memory.kernels.countMask(at, piece.rows)
            at += piece.rows
          }
        }
        states.mergeInto(whole, left)
      }
    } finally {
      this.context.release(masks)
      this.context.release(scratch)
    }
    if (this.#limited && withRest(1 - dropped / Math.max(this.groups, 1)))
      for (const [i, aggregate] of whole.entries()) aggregate.merge(this.#limited.rest[i], arena.allocateZeroed(4), 1)
    return whole
  }

  /** States for the thread that puts the totals together. */
  async writeTotals(having: Having | null, withRest: WithRest, arena: Arena): Promise<Uint8Array[]> {
    return (await this.#whole(having, withRest, arena)).map(aggregate => aggregate.write(1))
  }

  /** One row over all groups, or those that `having` lets through, with the keys at their defaults: WITH TOTALS. others: of other threads. */
  async totals(
    having: Having | null,
    withRest: WithRest,
    arena: Arena,
    others: readonly (readonly Uint8Array[])[],
  ): Promise<Chunk> {
    const whole = await this.#whole(having, withRest, arena)
    for (const states of others) for (const [i, aggregate] of whole.entries()) aggregate.read(states[i], 0, 1)
    // Also where group_by_use_nulls makes them NULL elsewhere.
    const keys = this.plan.keys.map(key => constColumn(key.type, key.node.type.default, 1, arena))
    const results = whole.map(aggregate => aggregate.result(0, 1, arena))
    return new Chunk([...keys, ...results, ...this.#setColumn(1, arena)], 1)
  }

  close(): void {
    this.context.release(this.#keep)
    this.context.release(this.#arena)
    this.#budget.release()
  }
}

/** Bytes of states that may be in memory, 0 for any. The tables of all partitions grow at nearly the same time, and to twice their size. */
export const groupBytesMax = (context: QueryContext): number =>
  context.spillBytes('max_bytes_before_external_group_by', 1 / 4)

/** Aggregates see full columns; LowCardinality only where the function took that type. */
function plain(column: Column, bound: BoundAggregate, arena: Arena): Column {
  const full = column.full(arena)
  if (full instanceof LowCardinalityColumn && !bound.argumentTypes.some(type => type.equals(full.type)))
    return full.plain(arena)
  return full
}

/** GROUP BY in one thread, or in one of several that put their groups together: then each gives a part of the groups, or the first one all. */
export async function* aggregate(
  context: QueryContext,
  input: Chunks,
  plan: AggregatePlan,
  exchange: GroupExchange | null,
): Chunks {
  const sets = plan.sets ?? [null]
  const aggregations = sets.map((set, i) => new Aggregation(context, plan, set, i))
  const [first] = aggregations
  try {
    let rows = 0
    for await (const chunk of input) {
      rows += chunk.rows
      for (const aggregation of aggregations) {
        aggregation.add(chunk)
        await aggregation.relieve()
      }
      if (aggregations.some(({ isFull }) => isFull)) break
      await exchange?.exchange(first)
      const isEnough = plan.groupsWanted > 0 && first.groups >= plan.groupsWanted && plan.aggregates.length === 0
      if (isEnough && !exchange) break
    }
    if (exchange && !(await exchange.settle(first))) return
    if (plan.totals) await totals(context, first, plan, exchange)
    const having = plan.having ? new Evaluator(context, plan.columns) : null
    const scratch = context.newArena()
    const noRow = rows === 0 && plan.hasGroupBy && !exchange
    for (const aggregation of aggregations) {
      if (noRow) continue
      if (
        rows === 0 &&
        !exchange &&
        !plan.hasGroupBy &&
        context.settings.bool('empty_result_for_aggregation_by_empty_set')
      )
        continue
      for await (const chunk of aggregation.finish()) {
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

/** What totals_mode says: over all groups, or over those that HAVING lets through; with rows that came into no group or without. The thread that leads has them. */
async function totals(
  context: QueryContext,
  aggregation: Aggregation,
  plan: AggregatePlan,
  exchange: GroupExchange | null,
): Promise<void> {
  const { having } = plan
  const { settings } = context
  const mode = settings.text('totals_mode')
  const withRest: WithRest = share =>
    mode === 'after_having_auto' ? share >= settings.number('totals_auto_threshold') : mode !== 'after_having_exclusive'
  const evaluator = new Evaluator(context, plan.columns)
  const countsAll = !having || mode === 'before_having'
  const counts: Having | null = countsAll ? null : (chunk, arena) => evaluator.mask(having, chunk, arena)
  if (exchange && !exchange.leads) {
    exchange.sendTotals(await aggregation.writeTotals(counts, withRest, context.arena))
    return
  }
  const others = exchange ? await exchange.othersTotals(aggregation) : []
  context.totals.set(plan, await aggregation.totals(counts, withRest, context.arena, others))
}
