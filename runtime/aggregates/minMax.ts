import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { defineAggregate } from './aggregate.ts'
import { type Extreme, extreme } from './extreme.ts'
import { optionalForm, type StateForm } from './stateForm.ts'
import { ColumnarAggregate, flaggedRows, uint8 } from './states.ts'
import { type ValueStates, valueStates } from './valueStates.ts'

export const min = defineAggregate({
  name: 'min',
  caseInsensitive: true,
  about: 'The least value; NaN only where there is nothing else.',
  bind: ([type, ...more]) => {
    expectOne('min', type, more)
    return { type, form: optionalForm(type), create: arena => new Leader(arena, extreme('min', type, arena)) }
  },
  examples: [["SELECT min(x) FROM (SELECT arrayJoin(['b', 'a']) AS x)", 'a']],
})

export const max = defineAggregate({
  name: 'max',
  caseInsensitive: true,
  about: 'The greatest value; NaN only where there is nothing else.',
  bind: ([type, ...more]) => {
    expectOne('max', type, more)
    return { type, form: optionalForm(type), create: arena => new Leader(arena, extreme('max', type, arena)) }
  },
  examples: [['SELECT max(number) FROM numbers(5)', '4']],
})

export const argMin = defineAggregate({
  name: 'argMin',
  parametric: true,
  aliases: ['min_by', 'MIN_BY'],
  caseInsensitive: true,
  about: 'The first argument where the second is least; of several such rows the first.',
  bind: types => bindArgument('argMin', 'min', types),
  examples: [['SELECT argMin(number, -number) FROM numbers(5)', '4']],
})

export const argMax = defineAggregate({
  name: 'argMax',
  parametric: true,
  aliases: ['max_by', 'MAX_BY'],
  caseInsensitive: true,
  about: 'The first argument where the second is greatest; of several such rows the first.',
  bind: types => bindArgument('argMax', 'max', types),
  examples: [['SELECT argMax(number, -number) FROM numbers(5)', '0']],
})

function expectOne(name: string, type: DataType | undefined, more: readonly DataType[]): asserts type is DataType {
  if (type === undefined || more.length > 0)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
}

function bindArgument(name: string, verb: 'min' | 'max', types: readonly DataType[]) {
  if (types.length !== 2)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires two arguments`)
  const [argument, value] = types
  return {
    type: argument,
    form: argumentForm(argument, value),
    create: (arena: Arena) => new ArgumentOf(arena, argument, extreme(verb, value, arena)),
  }
}

/** Argument and value, each with whether it is there. */
function argumentForm(argument: DataType, value: DataType): StateForm {
  const [first, second] = [optionalForm(argument), optionalForm(value)]
  return {
    types: [argument, value, uint8],
    write([of, at, has], writer) {
      first.write([of, has], writer)
      second.write([at, has], writer)
    },
    read(reader) {
      const [of] = first.read(reader)
      return [of, ...second.read(reader)]
    },
  }
}

class Leader extends ColumnarAggregate {
  constructor(
    arena: Arena,
    readonly extreme: Extreme,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    this.extreme.ensure(groups)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    this.withScratch(scratch => this.extreme.add(groups, column, rows, scratch))
  }

  states(count: number, arena: Arena): Column[] {
    return [this.extreme.values(0, count, arena), this.extreme.flags(0, count, arena)]
  }

  absorb([values, flags]: readonly Column[], groups: number, count: number): void {
    const scratch = this.arena.child()
    const some = flaggedRows([values], flags, groups, count, scratch)
    this.add(some.groups, some.columns, some.rows)
    scratch.destroy()
  }

  result(start: number, count: number, arena: Arena): Column {
    return this.extreme.values(start, count, arena)
  }
}

class ArgumentOf extends ColumnarAggregate {
  readonly #arguments: ValueStates

  constructor(
    arena: Arena,
    type: DataType,
    readonly extreme: Extreme,
  ) {
    super(arena)
    this.#arguments = valueStates(type, arena)
  }

  ensure(groups: number): void {
    this.extreme.ensure(groups)
    this.#arguments.ensure(groups)
  }

  add(groups: number, [argument, value]: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const leads = this.extreme.leads(groups, value, rows, scratch)
      this.#arguments.put(leads.groups, argument, leads.rows, leads.count)
    })
  }

  states(count: number, arena: Arena): Column[] {
    const { extreme } = this
    return [this.#arguments.column(0, count, arena), extreme.values(0, count, arena), extreme.flags(0, count, arena)]
  }

  absorb([argument, value, flags]: readonly Column[], groups: number, count: number): void {
    const scratch = this.arena.child()
    const some = flaggedRows([argument, value], flags, groups, count, scratch)
    this.add(some.groups, some.columns, some.rows)
    scratch.destroy()
  }

  result(start: number, count: number, arena: Arena): Column {
    return this.#arguments.column(start, count, arena)
  }
}
