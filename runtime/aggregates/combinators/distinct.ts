import type { Column } from '../../columns/column.ts'
import type { Arena } from '../../core/memory.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { ArrayType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import type { Value } from '../../types/value.ts'
import { mixOfWord } from '../hashing.ts'
import { setForm, readKey, readList, type StateForm, writeKey } from '../stateForm.ts'
import type { GroupedAggregate } from '../aggregate.ts'
import { DistinctValues } from '../distinctValues.ts'
import { fullGroups } from '../states.ts'
import { ColumnarAggregate } from '../states.ts'
import { type Combinator, stateOf } from './combinator.ts'

/** -Distinct: each value (of all arguments together) once. */
export const distinct: Combinator = {
  suffix: 'Distinct',
  about: 'Sees every distinct combination of arguments once.',
  bind: combined => {
    const { argumentTypes, bindInner } = combined
    const inner = bindInner(argumentTypes)
    return {
      type: inner.type,
      form: distinctForm(argumentTypes),
      state: stateOf(inner, 'Distinct', combined),
      create: arena => new OfDistinct(arena, inner, argumentTypes),
    }
  },
}

/** The distinct values: numbers as they are, anything else (and several arguments together) as keys with their sizes. */
function distinctForm(types: readonly DataType[]): StateForm {
  const [first] = types
  if (types.length === 1 && (first.width > 0 || first.kind === 'String')) return setForm(first, mixOfWord)
  return {
    types: types.map(type => new ArrayType(type)),
    write(columns, writer) {
      const count = (columns[0] as Value[]).length
      writer.varint(count)
      for (let i = 0; i < count; i++) {
        const key = new ByteWriter()
        for (const [column, type] of types.entries()) writeKey(type, (columns[column] as Value[])[i], key)
        writer.varint(key.length)
        writer.raw(key.bytes())
      }
    },
    read(reader) {
      const keys = readList(reader, () => {
        const key = new ByteReader(reader.raw(reader.varint()))
        return types.map(type => readKey(type, key))
      })
      return types.map((_, i) => keys.map(key => key[i]))
    },
  }
}

/** Keeps the distinct arguments and runs its function over them at the end, as states that share values could not be merged. */
class OfDistinct extends ColumnarAggregate {
  readonly #values: DistinctValues
  #groups = 1

  constructor(
    arena: Arena,
    readonly bound: { create(arena: Arena): GroupedAggregate },
    types: readonly DataType[],
  ) {
    super(arena)
    this.#values = new DistinctValues(arena, types)
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => this.#values.add(fullGroups(groups, rows, scratch), args, rows, scratch))
  }

  states(count: number, arena: Arena): Column[] {
    return this.#values.arrays(count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => this.#values.absorb(states, groups, count, scratch))
  }

  result(start: number, count: number, arena: Arena): Column {
    const inner = this.bound.create(arena)
    inner.ensure(this.#groups)
    const { groups, columns, rows } = this.#values.all(arena)
    if (rows > 0) inner.add(groups, columns, rows)
    return inner.result(start, count, arena)
  }
}
