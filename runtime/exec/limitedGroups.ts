import type { BoundAggregate, GroupedAggregate } from '../aggregates/aggregate.ts'
import { Chunk } from '../columns/chunk.ts'
import { type Column, noRow } from '../columns/column.ts'
import type { Arena } from '../core/memory.ts'
import type { GroupStates } from './groupStates.ts'

/**
 * group_by_overflow_mode = any: once there are more groups than the limit, rows of other keys make no new ones. They are counted by
 * states of their own, which WITH TOTALS may add.
 */
export class LimitedGroups {
  /** Of the rows that have no group. */
  readonly rest: readonly GroupedAggregate[]

  constructor(
    readonly limit: number,
    arena: Arena,
    readonly aggregates: readonly BoundAggregate[],
  ) {
    this.rest = aggregates.map(bound => bound.create(arena))
    for (const aggregate of this.rest) aggregate.ensure(1)
  }

  add(states: GroupStates, keys: readonly Column[], args: readonly Column[], rows: number, scratch: Arena): void {
    const cut = (chunk: Chunk): [Column[], Column[], number] => [
      chunk.columns.slice(0, keys.length),
      chunk.columns.slice(keys.length),
      chunk.rows,
    ]
    let left = new Chunk([...keys, ...args], rows)
    while (left.rows > 0) {
      const wanted = this.limit + 1 - states.groups
      if (left.rows <= wanted) {
        states.add(...cut(left))
        return
      }
      const ids = states.find(left.columns.slice(0, keys.length), left.rows, scratch)
      if (wanted <= 0) {
        this.#close(states, left, keys.length, ids, cut, scratch)
        return
      }
      // Up to the last row that may make a new group.
      const { u32 } = scratch.memory
      let end = 0
      for (let unknown = 0; end < left.rows && unknown < wanted; end++) if (u32[ids / 4 + end] === noRow) unknown++
      states.add(...cut(left.cut(0, end)))
      left = left.cut(end, left.rows - end)
    }
  }

  #close(
    states: GroupStates,
    chunk: Chunk,
    keys: number,
    ids: number,
    cut: (chunk: Chunk) => [Column[], Column[], number],
    scratch: Arena,
  ): void {
    const { kernels } = scratch.memory
    const mask = scratch.allocate(chunk.rows)
    kernels.isFound(ids, chunk.rows, mask)
    const known = chunk.filter(mask, scratch)
    if (known.rows > 0) states.add(...cut(known))
    kernels.maskNot(mask, mask, chunk.rows)
    const others = chunk.filter(mask, scratch)
    let at = keys
    for (const [i, aggregate] of this.rest.entries()) {
      const count = this.aggregates[i].argumentTypes.length
      const args = others.columns.slice(at, at + count).map(column => column.full(scratch))
      if (others.rows > 0) aggregate.add(0, args, others.rows)
      at += count
    }
  }
}
