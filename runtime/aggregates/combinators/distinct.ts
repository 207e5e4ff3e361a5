import type { Column } from '../../columns/column.ts'
import type { Arena } from '../../core/memory.ts'
import type { DataType } from '../../types/dataType.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { DistinctValues } from '../distinctValues.ts'
import { fullGroups } from '../states.ts'
import { ColumnarAggregate } from '../states.ts'
import type { Combinator } from './combinator.ts'

/** -Distinct: each value (of all arguments together) once. */
export const distinct: Combinator = {
  suffix: 'Distinct',
  about: 'Sees every distinct combination of arguments once.',
  bind: ({ argumentTypes, bindInner }) => {
    const inner = bindInner(argumentTypes)
    return { type: inner.type, create: arena => new OfDistinct(arena, inner, argumentTypes) }
  },
}

/** Keeps the distinct arguments and runs its function over them at the end, as states that share values could not be merged. */
class OfDistinct extends ColumnarAggregate {
  readonly #values: DistinctValues
  #groups = 1

  constructor(
    arena: Arena,
    readonly bound: { create(arena: Arena): GroupedAggregate },
    types: readonly DataType[],
  ) {
    super(arena)
    this.#values = new DistinctValues(arena, types)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => this.#values.add(fullGroups(groups, rows, scratch), args, rows, scratch))
  }

  states(count: number, arena: Arena): Column[] {
    return this.#values.arrays(count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => this.#values.absorb(states, groups, count, scratch))
  }

  result(start: number, count: number, arena: Arena): Column {
    const inner = this.bound.create(arena)
    inner.ensure(this.#groups)
    const { groups, columns, rows } = this.#values.all(arena)
    if (rows > 0) inner.add(groups, columns, rows)
    return inner.result(start, count, arena)
  }
}
