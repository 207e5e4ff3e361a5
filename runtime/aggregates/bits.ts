import { plainForm } from './stateForm.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { ColumnarAggregate, identity, pick, pointerOf, StateArray } from './states.ts'

export const bitAggregates: readonly AggregateDefinition[] = [
  define('groupBitAnd', 'And', 'BIT_AND', 'Bitwise AND of all values; all bits set without any.'),
  define('groupBitOr', 'Or', 'BIT_OR', 'Bitwise OR of all values.'),
  define('groupBitXor', 'Xor', 'BIT_XOR', 'Bitwise XOR of all values.'),
]

function define(name: string, operation: string, alias: string, about: string): AggregateDefinition {
  return defineAggregate({
    name,
    aliases: [alias],
    about,
    bind: types => {
      if (types.length !== 1)
        throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
      const [type] = types
      if (!/^(U?Int(8|16|32|64|128|256)|Bool)$/.test(type.kind))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `The type ${type.name} of argument for aggregate function ${name} is illegal, because it cannot be used in bitwise operations`,
        )
      return { type, form: plainForm(type), create: arena => new Bits(arena, type, operation) }
    },
  })
}

class Bits extends ColumnarAggregate {
  readonly #values: StateArray

  constructor(
    arena: Arena,
    readonly type: DataType,
    readonly operation: string,
  ) {
    super(arena)
    this.#values = new StateArray(arena, type.width, operation === 'And' ? 255 : 0)
  }

  ensure(groups: number): void {
    this.#values.ensure(groups)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    if (this.type.width > 8) {
      this.#addWide(groups, pointerOf(column), rows)
      return
    }
    const kernel = pick(this.memory, `bit${this.operation}`, `U${this.type.width * 8}`, 'Grouped')
    kernel(this.#values.pointer, groups, pointerOf(column), rows)
  }

  /** Word by word: wide integers are rare. */
  #addWide(groups: number, values: number, rows: number): void {
    const { u32 } = this.memory
    const words = this.type.width / 4
    for (let row = 0; row < rows; row++) {
      const group = groups === 0 ? 0 : u32[groups / 4 + row]
      for (let i = 0; i < words; i++) {
        const at = this.#values.pointer / 4 + group * words + i
        const value = u32[values / 4 + row * words + i]
        if (this.operation === 'And') u32[at] &= value
        else if (this.operation === 'Or') u32[at] |= value
        else u32[at] ^= value
      }
    }
  }

  states(count: number): Column[] {
    return [this.#values.column(this.type, 0, count)]
  }

  absorb([values]: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => this.add(groups === 0 ? identity(count, scratch) : groups, [values], count))
  }

  result(start: number, count: number): Column {
    return this.#values.column(this.type, start, count)
  }
}
