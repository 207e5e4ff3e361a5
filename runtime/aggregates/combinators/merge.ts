import type { Column } from '../../columns/column.ts'
import { StringColumn } from '../../columns/string.ts'
import { assert } from '../../core/assert.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import { AggregateFunctionType } from '../../types/compound.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { emptyState, type StateForm, unpackStates } from '../stateForm.ts'
import type { Combinator } from './combinator.ts'
import { Wrapped } from './wrapped.ts'

/** -Merge: puts states together and gives their result. */
export const merge: Combinator = {
  suffix: 'Merge',
  about: 'Takes states and gives the result of all of them together.',
  passesNulls: true,
  bind: ({ name, inner, argumentTypes, parameters, bindOther }) => {
    const [type] = argumentTypes
    if (argumentTypes.length !== 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Incorrect number of arguments for aggregate function with Merge suffix`,
      )
    const illegal = () =>
      new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${type.name} of argument for aggregate function ${name}, expected states of ${inner}`,
      )
    if (!(type instanceof AggregateFunctionType)) throw illegal()
    // Parameters may be others than the states': those of quantiles are for the result only.
    const given = bindOther(type.functionName, type.argumentTypes, type.parameters)
    const wanted = bindOther(inner, type.argumentTypes, parameters.length > 0 ? parameters : type.parameters)
    const base = (name: string) => name.replace(/^quantiles/, 'quantile')
    if (base(wanted.state.name) !== base(given.state.name)) throw illegal()
    return {
      type: wanted.type,
      form: wanted.form,
      state: wanted.state,
      create: arena => new OfStates(arena, wanted.create(arena), wanted.form, () => emptyState(given, arena)),
    }
  },
}

class OfStates extends Wrapped {
  constructor(
    arena: Arena,
    inner: GroupedAggregate,
    readonly form: StateForm,
    readonly empty: () => Uint8Array,
  ) {
    super(arena, inner)
  }

  add(groups: number, [states]: readonly Column[], rows: number): void {
    assert(states instanceof StringColumn, 'states are bytes')
    this.withScratch(scratch => {
      const columns = unpackStates(this.form, states, this.empty, scratch)
      this.inner.absorb(columns, groups === 0 ? scratch.allocateZeroed(rows * 4) : groups, rows)
    })
  }
}
