import { DBError } from '../core/errors.ts'
import { countForm, joinForms, plainForm } from './stateForm.ts'
import type { Column } from '../columns/column.ts'
import { TupleColumn } from '../columns/tuple.ts'
import type { Arena } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import { defineAggregate, type GroupedAggregate } from './aggregate.ts'
import { count } from './count.ts'
import { ColumnarAggregate } from './states.ts'
import { sum, sumType } from './sum.ts'

export const sumCount = defineAggregate({
  name: 'sumCount',
  countLike: true,
  about: 'The sum and the number of values, as a tuple.',
  bind: types => {
    if (types.length === 1 && /^Enum/.test(types[0].kind))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${types[0].name} of argument for aggregate function sumCount`,
      )
    const type = new TupleType([sumType('sumCount', types), count.bind([], []).type])
    const create = (arena: Arena) => [sum.bind(types, []).create(arena), count.bind([], []).create(arena)] as const
    return {
      type,
      form: joinForms(plainForm(type.elements[0]), countForm),
      create: arena => new SumAndCount(arena, create(arena), type),
    }
  },
  examples: [['SELECT sumCount(number) FROM numbers(4)', '(6,4)']],
})

class SumAndCount extends ColumnarAggregate {
  constructor(
    arena: Arena,
    readonly both: readonly [GroupedAggregate, GroupedAggregate],
    readonly type: TupleType,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    for (const each of this.both) each.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.both[0].add(groups, args, rows)
    this.both[1].add(groups, [], rows)
  }

  states(rows: number, arena: Arena): Column[] {
    return this.both.flatMap(each => each.states(rows, arena))
  }

  absorb([sums, counts]: readonly Column[], groups: number, rows: number): void {
    this.both[0].absorb([sums], groups, rows)
    this.both[1].absorb([counts], groups, rows)
  }

  result(start: number, rows: number, arena: Arena): Column {
    const columns = this.both.map(each => each.result(start, rows, arena))
    return new TupleColumn(this.memory, columns, rows, this.type)
  }
}
