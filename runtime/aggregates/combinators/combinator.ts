import type { DataType } from '../../types/dataType.ts'
import type { Value } from '../../types/value.ts'
import type { BoundAggregate } from '../aggregate.ts'
import { argMax, argMin } from './argMin.ts'
import { array } from './array.ts'
import { distinct } from './distinct.ts'
import { forEach } from './forEach.ts'
import { ifCombinator } from './if.ts'
import { map } from './map.ts'
import { merge } from './merge.ts'
import { orDefault, orNull } from './orNull.ts'
import { resample } from './resample.ts'
import { simpleState, state } from './state.ts'

/** What a combinator is applied to: `sumIf` is If of sum. */
export interface Combined {
  /** The whole name, for messages. */
  readonly name: string
  readonly inner: string
  readonly argumentTypes: readonly DataType[]
  readonly parameters: readonly Value[]
  /** parameters: where some are the combinator's own, the others. */
  bindInner(types: readonly DataType[], parameters?: readonly Value[]): BoundAggregate
  /** Another function by its name. */
  bindOther(name: string, types: readonly DataType[], parameters: readonly Value[]): BoundAggregate
}

export interface Combinator {
  readonly suffix: string
  readonly about: string
  /** NULL arguments are what it is applied to has to skip: around it, there is no Nullable. */
  readonly passesNulls?: boolean
  bind(combined: Combined): Pick<BoundAggregate, 'type' | 'form' | 'state' | 'create'>
}

/** What the states of a function with a combinator are called. */
export function stateOf(inner: BoundAggregate, suffix: string, { argumentTypes }: Combined): BoundAggregate['state'] {
  return { ...inner.state, name: `${inner.state.name}${suffix}`, argumentTypes }
}

/** One line each. A suffix that ends like another one comes before it. */
export const combinators: readonly Combinator[] = [
  ifCombinator,
  array,
  distinct,
  orNull,
  orDefault,
  forEach,
  simpleState,
  state,
  merge,
  resample,
  map,
  argMin,
  argMax,
]
