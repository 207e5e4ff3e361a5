// Functions that are made of other functions: one description gives the result's type and, over columns, the result.
import type { Column } from '../columns/column.ts'
import { columnOf } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { assert } from '../core/assert.ts'
import type { Arena } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { bindFunction } from './bind.ts'
import { type ArgumentInfo, defineFunction, type Environment, type FunctionDefinition } from './function.ts'

/** A value in a composition: without a column while only its type is asked for. */
export interface Term {
  readonly info: ArgumentInfo
  readonly column: Column | null
}

/** What a composition is evaluated with. */
export class Composer {
  constructor(
    private readonly environment: Environment,
    private readonly rows: number,
    private readonly arena: Arena | null,
  ) {}

  apply(definition: FunctionDefinition, ...terms: readonly Term[]): Term {
    const bound = bindFunction(
      definition,
      terms.map(({ info }) => info),
      this.environment,
    )
    const info: ArgumentInfo = { type: bound.type, constant: undefined }
    if (this.arena === null) return { info, column: null }
    const columns = terms.map(({ column }) => column as Column)
    return { info, column: bound.run(columns, this.rows, this.arena) }
  }

  constant(type: DataType, value: Value): Term {
    const column = this.arena ? new ConstColumn(columnOf(type, [value], this.arena), this.rows) : null
    return { info: { type, constant: value }, column }
  }

  /** The elements of a tuple. */
  elements({ info, column }: Term): Term[] {
    const { elements } = info.type as TupleType
    const values = info.constant as readonly Value[] | undefined | null
    return elements.map((type, i) => ({
      info: { type, constant: values?.[i] },
      column: column && elementColumn(column, i),
    }))
  }

  tuple(terms: readonly Term[]): Term {
    const type = new TupleType(terms.map(({ info }) => info.type))
    const { arena, rows } = this
    if (arena === null) return { info: { type, constant: undefined }, column: null }
    const columns = terms.map(({ column }) => (column as Column).full(arena))
    return { info: { type, constant: undefined }, column: new TupleColumn(arena.memory, columns, rows, type) }
  }
}

function elementColumn(column: Column, i: number): Column {
  if (column instanceof ConstColumn) return new ConstColumn(elementColumn(column.value, i), column.rows)
  const whole = column instanceof NullableColumn ? column.values : column
  assert(whole instanceof TupleColumn, 'a tuple is taken apart')
  return whole.columns[i]
}

type Shape = Pick<
  FunctionDefinition,
  'name' | 'aliases' | 'caseInsensitive' | 'about' | 'category' | 'arguments' | 'tooFew' | 'examples'
> & { compose(terms: readonly Term[], composer: Composer): Term }

/** A function whose value is a composition. NULL as an argument gives NULL. */
export function defineComposed({ compose, ...shape }: Shape): FunctionDefinition {
  return defineFunction({
    ...shape,
    constants: 'keep',
    returns: (args, environment) =>
      compose(
        args.map(info => ({ info, column: null })),
        new Composer(environment, 0, null),
      ).info.type,
    run: (args, { rows, arena, environment, arguments: infos }) => {
      const terms = args.map((column, i) => ({ info: infos[i], column }))
      return compose(terms, new Composer(environment, rows, arena)).column as Column
    },
  })
}
