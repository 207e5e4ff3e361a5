import { countForm } from './stateForm.ts'
import type { Column } from '../columns/column.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { Arena } from '../core/memory.ts'
import { defineAggregate } from './aggregate.ts'
import { ColumnarAggregate, identity, pointerOf, StateArray, uint64 } from './states.ts'

export const count = defineAggregate({
  name: 'count',
  caseInsensitive: true,
  about: 'Counts rows, or with an argument the rows where it is not NULL.',
  nulls: 'own',
  countLike: true,
  bind: () => ({ type: uint64, form: countForm, create: arena => new Count(arena) }),
  examples: [
    ['SELECT count() FROM numbers(5)', '5'],
    ['SELECT count(x) FROM (SELECT arrayJoin([1, NULL, 3]) AS x)', '2'],
  ],
})

class Count extends ColumnarAggregate {
  readonly #counts: StateArray

  constructor(arena: Arena) {
    super(arena)
    this.#counts = new StateArray(arena, 8)
  }

  ensure(groups: number): void {
    this.#counts.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const { kernels } = this.memory
    const nulls = args[0] instanceof NullableColumn ? args[0].nulls : 0
    if (nulls !== 0) kernels.countFlagGrouped(this.#counts.pointer, groups, nulls, rows, 0)
    else if (groups !== 0) kernels.countGrouped(this.#counts.pointer, groups, rows)
    else this.memory.u64[this.#counts.pointer / 8] += BigInt(rows)
  }

  states(count: number): Column[] {
    return [this.#counts.column(uint64, 0, count)]
  }

  absorb([counts]: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const ids = groups === 0 ? identity(count, scratch) : groups
      this.memory.kernels.sumI64Grouped(this.#counts.pointer, ids, pointerOf(counts), count)
    })
  }

  result(start: number, count: number): Column {
    return this.#counts.column(uint64, start, count)
  }
}
