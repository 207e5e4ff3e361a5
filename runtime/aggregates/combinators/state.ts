import type { Column } from '../../columns/column.ts'
import type { Arena } from '../../core/memory.ts'
import { DBError } from '../../core/errors.ts'
import { AggregateFunctionType, simpleAggregateType } from '../../types/compound.ts'
import type { BoundAggregate, GroupedAggregate } from '../aggregate.ts'
import { packStates, parameterText } from '../stateForm.ts'
import type { Combinator } from './combinator.ts'
import { Wrapped } from './wrapped.ts'

/** -State: the state itself, of which -Merge or finalizeAggregation makes the result. */
export const state: Combinator = {
  suffix: 'State',
  about: 'Gives the state of the aggregation instead of its result.',
  passesNulls: true,
  bind: ({ argumentTypes, bindInner }) => {
    const inner = bindInner(argumentTypes)
    const type = stateType(inner)
    return {
      type,
      form: inner.form,
      state: { name: `${inner.state.name}State`, argumentTypes },
      create: arena => new AsState(arena, inner.create(arena), inner, type),
    }
  },
}

/** The type of a function's states. */
export function stateType({ state, parameters }: BoundAggregate): AggregateFunctionType {
  return new AggregateFunctionType(
    state.name,
    parameters,
    parameters.map(parameterText).join(', '),
    state.argumentTypes,
    state.version,
  )
}

class AsState extends Wrapped {
  constructor(
    arena: Arena,
    inner: GroupedAggregate,
    readonly bound: BoundAggregate,
    readonly type: AggregateFunctionType,
  ) {
    super(arena, inner)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.inner.add(groups, args, rows)
  }

  override result(start: number, count: number, arena: Arena): Column {
    const columns = this.inner.states(start + count, arena).map(column => column.slice(start, count))
    return packStates(this.bound.form, columns, count, this.type, arena)
  }
}

/** Functions whose results are states of themselves. */
const simple =
  /^(any|anyLast|any_respect_nulls|anyLast_respect_nulls|min|max|sum|sumWithOverflow|groupBit(And|Or|Xor)|(sum|min|max)Map|(min|max|sum)MappedArrays|sumMapWithOverflow|group(Uniq)?ArrayArray|groupUniqArrayArrayMap|groupArrayLastArray)$/

/** -SimpleState: the result, of a type that knows how results are put together. */
export const simpleState: Combinator = {
  suffix: 'SimpleState',
  about: 'Gives the result as SimpleAggregateFunction.',
  passesNulls: true,
  bind: ({ argumentTypes, bindInner }) => {
    const inner = bindInner(argumentTypes)
    checkSimple(inner.state.name)
    return {
      ...inner,
      type: simpleAggregateType(inner.type, inner.state.name, inner.parameters.map(parameterText).join(', ')),
      create: arena => new AsSimple(arena, inner.create(arena)),
    }
  },
}

export function checkSimple(name: string): void {
  if (!simple.test(name))
    throw new DBError(
      'BAD_ARGUMENTS',
      `Unsupported aggregate function ${name}, supported functions are any, anyLast, min, max, sum, and others whose results can be put together`,
    )
}

class AsSimple extends Wrapped {
  add(groups: number, args: readonly Column[], rows: number): void {
    this.inner.add(groups, args, rows)
  }
}
