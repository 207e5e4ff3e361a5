import type { Column } from '../../columns/column.ts'
import type { Arena } from '../../core/memory.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { ColumnarAggregate } from '../states.ts'

/** An aggregate that passes other arguments to another one, whose states and results are its own. */
export abstract class Wrapped extends ColumnarAggregate {
  constructor(
    arena: Arena,
    readonly inner: GroupedAggregate,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    this.inner.ensure(groups)
  }

  result(start: number, count: number, arena: Arena): Column {
    return this.inner.result(start, count, arena)
  }

  states(count: number, arena: Arena): Column[] {
    return this.inner.states(count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.inner.absorb(states, groups, count)
  }
}
