import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { defineAggregate } from './aggregate.ts'
import { optionalForm } from './stateForm.ts'
import { ColumnarAggregate, flaggedRows, StateArray, uint8 } from './states.ts'
import { type ValueStates, valueStates } from './valueStates.ts'

export const any = defineAggregate({
  name: 'any',
  aliases: ['any_value', 'first_value'],
  about: 'The first value that was met.',
  bind: types => bindOne('any', types, false),
  examples: [['SELECT any(number) FROM numbers(5)', '0']],
})

export const anyLast = defineAggregate({
  name: 'anyLast',
  aliases: ['last_value'],
  about: 'The last value that was met.',
  bind: types => bindOne('anyLast', types, true),
  examples: [['SELECT anyLast(number) FROM numbers(5)', '4']],
})

function bindOne(name: string, types: readonly DataType[], last: boolean) {
  if (types.length !== 1)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
  const [type] = types
  return { type, form: optionalForm(type), create: (arena: Arena) => new OneOf(arena, type, last) }
}

class OneOf extends ColumnarAggregate {
  readonly #values: ValueStates
  readonly #flags: StateArray
  #groups = 0

  constructor(
    arena: Arena,
    type: DataType,
    readonly last: boolean,
  ) {
    super(arena)
    this.#values = valueStates(type, arena)
    this.#flags = new StateArray(arena, 1)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
    this.#values.ensure(groups)
    this.#flags.ensure(groups)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    const { kernels } = this.memory
    this.withScratch(scratch => {
      const lead = { groups: scratch.allocate(rows * 4 + 4), rows: scratch.allocate(rows * 4 + 4) }
      const flags = this.#flags.pointer
      let count: number
      if (this.last) {
        const met = scratch.allocateZeroed(this.#groups)
        count = kernels.lastRows(met, groups, rows, lead.groups, lead.rows)
        kernels.markGroups(flags, lead.groups, count)
      } else count = kernels.firstRows(flags, groups, rows, lead.groups, lead.rows)
      this.#values.put(lead.groups, column, lead.rows, count)
    })
  }

  states(count: number, arena: Arena): Column[] {
    return [this.#values.column(0, count, arena), this.#flags.column(uint8, 0, count)]
  }

  absorb([values, flags]: readonly Column[], groups: number, count: number): void {
    const scratch = this.arena.child()
    const some = flaggedRows([values], flags, groups, count, scratch)
    this.add(some.groups, some.columns, some.rows)
    scratch.destroy()
  }

  result(start: number, count: number, arena: Arena): Column {
    return this.#values.column(start, count, arena)
  }
}
