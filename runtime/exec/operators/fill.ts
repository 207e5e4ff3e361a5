import { columnOf, concatColumns } from '../../columns/build.ts'
import { Chunk, type Chunks } from '../../columns/chunk.ts'
import { keepColumn } from '../../columns/keep.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import type { FillKey, FillPlan } from '../../planner/plan.ts'
import { LowCardinalityType } from '../../types/compound.ts'
import type { Value } from '../../types/value.ts'
import type { QueryContext } from '../context.ts'
import { Evaluator } from '../evaluate.ts'

/** Rows that one chunk of the result has, at most. */
const rowsMax = 65536

/** ORDER BY ... WITH FILL: adds rows between those of its sorted input. */
export async function* fill(context: QueryContext, input: Chunks, plan: FillPlan): Chunks {
  const arena = context.newArena()
  const filler = new Filler(context, plan)
  try {
    for await (const chunk of input) {
      for (let row = 0; row < chunk.rows; row++)
        for (const full of filler.row(chunk, row)) {
          await context.breathe()
          arena.reset()
          yield filler.take(full, arena)
        }
      arena.reset()
      yield filler.take(chunk, arena)
    }
    for (const full of filler.end()) {
      await context.breathe()
      arena.reset()
      yield filler.take(full, arena)
    }
    arena.reset()
    if (filler.added > 0) yield filler.take(null, arena)
  } finally {
    context.release(arena)
    filler.close()
  }
}

class Filler {
  readonly #width: number
  readonly #positions: readonly number[]
  readonly #prefix: readonly number[]
  readonly #steppers: readonly Stepper[]
  readonly #stale: readonly (Stepper | null)[]
  readonly #interpolated: readonly { readonly position: number; readonly evaluate: (row: readonly Value[]) => Value }[]
  readonly #defaults: readonly Value[]
  /** Rows of the result that are to come: numbers of the chunk's rows, or -1 - n for the n-th added one. */
  #order: number[] = []
  #added: Value[][] = []
  /** The key values of the row that was added or passed last. */
  #at: (Value | null)[]
  #lastPrefix: string | null = null
  #prefixValues: Value[] = []
  /** Where rows end that may follow the last given one, by STALENESS. */
  #borders: (Value | null)[] = []
  #last: Value[] | null = null
  #isFirst = true

  constructor(
    context: QueryContext,
    readonly plan: FillPlan,
  ) {
    const at = (id: number) => plan.columns.findIndex(column => column.id === id)
    this.#width = plan.columns.length
    this.#positions = plan.keys.map(key => at(key.column))
    this.#prefix = plan.prefix.map(at)
    this.#steppers = plan.keys.map(key => new Stepper(context, plan, key, key.column))
    this.#stale = plan.keys.map(key => (key.staleness ? new Stepper(context, plan, key.staleness, key.column) : null))
    this.#defaults = plan.columns.map(({ type }) => (type.isNullable ? null : type.default))
    this.#at = plan.keys.map(key => key.from)
    this.#interpolated = plan.interpolate.map(({ column, node }) => {
      const position = at(column)
      if (node.kind === 'column') {
        const source = at(node.id)
        return { position, evaluate: row => row[source] }
      }
      const evaluator = new Evaluator(context, plan.columns)
      const arena = context.newArena()
      return {
        position,
        evaluate: row => {
          arena.reset()
          const columns = plan.columns.map(({ type }, i) => columnOf(type, [row[i]], arena))
          return evaluator.one(node, new Chunk(columns, 1), arena).valueAt(0)
        },
      }
    })
  }

  get added(): number {
    return this.#added.length
  }

  close(): void {
    for (const stepper of [...this.#steppers, ...this.#stale]) stepper?.close()
  }

  /** Passes a row, after those that belong before it. Gives the chunk whenever there is a chunk of rows to be taken. */
  *row(chunk: Chunk, row: number): Generator<Chunk | null> {
    if (this.#prefix.length > 0) {
      const values = this.#prefix.map(position => chunk.columns[position].valueAt(row))
      const prefix = JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
      if (prefix !== this.#lastPrefix) {
        if (this.#lastPrefix !== null) yield* this.#toEnd(chunk)
        this.#lastPrefix = prefix
        this.#prefixValues = values
        this.#at = this.plan.keys.map(key => key.from)
        this.#isFirst = true
        this.#borders = []
      }
    }
    const given = this.#positions.map(position => chunk.columns[position].valueAt(row))
    if (!given.some(value => value === null || Number.isNaN(value))) {
      const target = given.map((value, i) => {
        const { to } = this.plan.keys[i]
        return to !== null && !this.#isBefore(value, to, i) ? to : value
      })
      yield* this.#fillTo(target, chunk)
      // Rows before FROM leave FROM itself to come.
      if (this.#compare(target, this.#at) >= 0) this.#isFirst = false
      // Where STALENESS ended a gap early, the next one begins at the row.
      const isPassed = (value: Value, i: number) =>
        this.#stale[i] && this.#isBefore(this.#steppers[i].next(value), target[i], i)
      this.#at = this.#at.map((value, i) => (value === null || isPassed(value, i) ? target[i] : value))
      this.#borders = this.#stale.map((stepper, i) => (stepper ? stepper.next(given[i]) : null))
    }
    this.#order.push(row)
    if (this.#interpolated.length > 0) this.#last = chunk.columns.map(column => column.valueAt(row))
    if (this.#order.length >= rowsMax) yield chunk
  }

  *end(): Generator<Chunk | null> {
    // Without any row, a prefix has no values to fill for.
    if (this.#prefix.length === 0 || this.#lastPrefix !== null) yield* this.#toEnd(null)
  }

  *#toEnd(chunk: Chunk | null): Generator<Chunk | null> {
    const target = this.plan.keys.map((key, i) => key.to ?? this.#borders[i] ?? null)
    if (target.every(value => value === null) || this.#at.some((value, i) => value === null && target[i] !== null))
      return
    yield* this.#fillTo(target, chunk)
  }

  *#fillTo(target: readonly (Value | null)[], chunk: Chunk | null): Generator<Chunk | null> {
    if (this.#isFirst && this.#at.every(value => value !== null) && this.#compare(this.#at, target) < 0) {
      this.#add()
      this.#isFirst = false
    }
    while (this.#advance(target)) {
      this.#add()
      if (this.#order.length >= rowsMax) yield chunk
    }
  }

  #add(): void {
    const row = [...this.#defaults]
    this.#prefix.forEach((position, i) => {
      row[position] = this.#prefixValues[i]
    })
    this.#positions.forEach((position, i) => {
      const value = this.#at[i]
      if (value !== null) row[position] = value
    })
    if (this.#last) for (const { position, evaluate } of this.#interpolated) row[position] = evaluate(this.#last)
    if (this.#interpolated.length > 0) this.#last = row
    this.#added.push(row)
    this.#order.push(-this.#added.length)
  }

  #isBefore(a: Value, b: Value, key: number): boolean {
    return this.plan.keys[key].descending ? (a as number) > (b as number) : (a as number) < (b as number)
  }

  #compare(a: readonly (Value | null)[], b: readonly (Value | null)[]): number {
    for (const [i, value] of a.entries()) {
      const other = b[i]
      if (value === null || other === null || value === other) continue
      return this.#isBefore(value, other, i) ? -1 : 1
    }
    return 0
  }

  #restart(from: number): void {
    for (let i = from; i < this.plan.keys.length; i++) this.#at[i] = this.plan.keys[i].from
  }

  /** Moves to the next row before the target. false: there is none. */
  #advance(target: readonly (Value | null)[]): boolean {
    const at = this.#at
    const { keys } = this.plan
    const first = at.findIndex((value, i) => value !== null && target[i] !== null && value !== target[i])
    if (first < 0 || this.#isBefore(target[first]!, at[first]!, first)) return false
    // Keys behind it go up to their own ends first.
    for (let i = keys.length - 1; i > first; i--) {
      const { to } = keys[i]
      const value = at[i]
      if (to === null || value === null) continue
      const next = this.#steppers[i].next(value)
      if (!this.#isBefore(next, to, i)) continue
      at[i] = next
      this.#restart(i + 1)
      return true
    }
    const next = this.#steppers[first].next(at[first]!)
    const end = target[first]!
    const border = this.#borders[first] ?? null
    if (this.#isBefore(end, next, first)) return false
    if (border !== null && !this.#isBefore(next, border, first)) return false
    if (next === keys[first].to) return false
    at[first] = next
    if (next !== end) {
      this.#restart(first + 1)
      return true
    }
    for (let i = first + 1; i < keys.length; i++) {
      const { from } = keys[i]
      const wanted = target[i]
      if (from !== null && wanted !== null && this.#isBefore(from, wanted, i)) {
        this.#restart(i)
        return true
      }
      at[i] = wanted
    }
    return false
  }

  /** The rows that are due, of this chunk and added ones. */
  take(chunk: Chunk | null, arena: import('../../core/memory.ts').Arena): Chunk {
    const count = this.#order.length
    const given = chunk?.rows ?? 0
    const rows = arena.allocate(Math.max(count, 1) * 4)
    const { u32 } = arena.memory
    this.#order.forEach((number, i) => {
      u32[rows / 4 + i] = number >= 0 ? number : given - 1 - number
    })
    const columns = Array.from({ length: this.#width }, (_, i) => {
      const { type } = this.plan.columns[i]
      const added = columnOf(
        type,
        this.#added.map(row => row[i]),
        arena,
      )
      if (!chunk) return added.gather(rows, count, arena)
      const full = keepColumn(chunk.columns[i].full(arena), arena)
      const whole =
        full instanceof LowCardinalityColumn && !(type instanceof LowCardinalityType) ? full.plain(arena) : full
      return concatColumns([whole, added], arena).gather(rows, count, arena)
    })
    this.#order = []
    this.#added = []
    return new Chunk(columns, count)
  }
}

/** The value that follows another. */
class Stepper {
  readonly #evaluator: Evaluator
  readonly #arena

  constructor(
    readonly context: QueryContext,
    plan: FillPlan,
    readonly key: Pick<FillKey, 'step' | 'stepNode'>,
    column: number,
  ) {
    this.#arena = context.newArena()
    this.#evaluator = new Evaluator(
      context,
      plan.columns.filter(({ id }) => id === column),
    )
  }

  next(value: Value): Value {
    const { step, stepNode } = this.key
    if (!stepNode) return typeof value === 'bigint' ? value + BigInt(step as bigint) : Number(value) + Number(step)
    this.#arena.reset()
    const column = columnOf(stepNode.type, [value], this.#arena)
    return this.#evaluator.one(stepNode, new Chunk([column], 1), this.#arena).valueAt(0)
  }

  close(): void {
    this.context.release(this.#arena)
  }
}
