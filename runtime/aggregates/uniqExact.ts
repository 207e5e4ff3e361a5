import type { Column } from '../columns/column.ts'
import { GroupTable } from '../columns/groupTable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { defineAggregate } from './aggregate.ts'
import { DistinctValues, groupedArrays, ungroupedArrays } from './distinctValues.ts'
import { ColumnarAggregate, fullGroups, StateArray, uint64 } from './states.ts'

export const uniqExact = defineAggregate({
  name: 'uniqExact',
  about: 'The number of distinct values, or of distinct combinations of several.',
  countLike: true,
  bind: types => {
    if (types.length === 0)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Incorrect number of arguments for aggregate function uniqExact, should be at least 1',
      )
    return { type: uint64, create: arena => new UniqExact(arena, types) }
  },
  examples: [['SELECT uniqExact(number % 3) FROM numbers(10)', '3']],
})

/** One table of values as long as there is one group (argument groups = 0), else one of pairs of a group and a value. */
class UniqExact extends ColumnarAggregate {
  #single: GroupTable | null
  #pairs: DistinctValues | null = null
  readonly #empty: StateArray
  #groups = 0

  constructor(
    arena: Arena,
    readonly types: readonly DataType[],
  ) {
    super(arena)
    this.#single = new GroupTable(arena, types)
    this.#empty = new StateArray(arena, 8)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#pairs?.ensure(groups)
    this.#empty.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      if (groups === 0 && this.#single) this.#single.upsert(args, rows, scratch)
      else this.#grouped(scratch).add(fullGroups(groups, rows, scratch), args, rows, scratch)
    })
  }

  #grouped(scratch: Arena): DistinctValues {
    if (this.#pairs) return this.#pairs
    const pairs = new DistinctValues(this.arena, this.types)
    pairs.ensure(this.#groups)
    if (this.#single && this.#single.size > 0) {
      const { size } = this.#single
      pairs.add(scratch.allocateZeroed(size * 4), this.#single.keyColumns(scratch), size, scratch)
    }
    this.#single = null
    this.#pairs = pairs
    return pairs
  }

  states(count: number, arena: Arena): Column[] {
    if (this.#pairs) return this.#pairs.arrays(count, arena)
    const single = this.#single as GroupTable
    return groupedArrays(arena.allocateZeroed(single.size * 4), single.keyColumns(arena), single.size, count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const flat = ungroupedArrays(states, groups, count, scratch)
      const alone = this.#single !== null && count === 1 && this.#groups === 1
      this.add(alone ? 0 : flat.ids, flat.elements, flat.rows)
    })
  }

  result(start: number, count: number): Column {
    if (this.#pairs) return this.#pairs.counts.column(uint64, start, count)
    if (this.#single && start === 0 && count > 0) this.memory.u64[this.#empty.pointer / 8] = BigInt(this.#single.size)
    return this.#empty.column(uint64, start, count)
  }
}
