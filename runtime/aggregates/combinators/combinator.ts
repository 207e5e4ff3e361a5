import type { DataType } from '../../types/dataType.ts'
import type { Value } from '../../types/value.ts'
import type { BoundAggregate } from '../aggregate.ts'
import { array } from './array.ts'
import { distinct } from './distinct.ts'
import { forEach } from './forEach.ts'
import { ifCombinator } from './if.ts'
import { orDefault, orNull } from './orNull.ts'

/** What a combinator is applied to: `sumIf` is If of sum. */
export interface Combined {
  /** The whole name, for messages. */
  readonly name: string
  readonly inner: string
  readonly argumentTypes: readonly DataType[]
  readonly parameters: readonly Value[]
  bindInner(types: readonly DataType[]): BoundAggregate
}

export interface Combinator {
  readonly suffix: string
  readonly about: string
  bind(combined: Combined): Pick<BoundAggregate, 'type' | 'create'>
}

/** One line each. A suffix that ends like another one comes before it. */
export const combinators: readonly Combinator[] = [ifCombinator, array, distinct, orNull, orDefault, forEach]
