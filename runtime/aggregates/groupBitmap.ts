import { Bitmap } from '../columns/bitmap.ts'
import { columnOf, place, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import type { ByteReader } from '../core/bytes.ts'
import { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { AggregateFunctionType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { illegalType, valueReader } from './objectStates.ts'
import { type StateForm, stateAt } from './stateForm.ts'
import { ColumnarAggregate } from './states.ts'

type Operation = 'and' | 'or' | 'xor'

const groupBitmap = defineAggregate({
  name: 'groupBitmap',
  about: 'The number of distinct integers, as a set whose state is a bitmap.',
  bind: types => {
    const [type] = types
    if (types.length !== 1)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', 'Aggregate function groupBitmap requires single argument')
    if (!(type instanceof IntegerType) || type.bits > 64) throw illegalType('groupBitmap', type)
    return { type, form: bitmapForm(type), create: arena => new Bitmaps(arena, type, type, 'or') }
  },
  examples: [['SELECT groupBitmap(number % 3) FROM numbers(10)', '3']],
})

const ofBitmaps = (name: string, operation: Operation, about: string): AggregateDefinition =>
  defineAggregate({
    name,
    about,
    bind: types => {
      const [type] = types
      if (types.length !== 1)
        throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
      const value = integersOf(type)
      if (!value) throw illegalType(name, type)
      return {
        type: value,
        form: bitmapForm(value),
        stateName: 'groupBitmap',
        stateArguments: [value],
        create: arena => new Bitmaps(arena, value, type, operation),
      }
    },
  })

/** The integers of a bitmap. */
function integersOf(type: DataType): IntegerType | null {
  if (!(type instanceof AggregateFunctionType) || type.functionName !== 'groupBitmap') return null
  const [value] = type.argumentTypes
  return value instanceof IntegerType ? value : null
}

function bitmapForm(type: IntegerType): StateForm {
  return {
    types: [parseType('String')],
    isBytes: true,
    write: ([bytes], writer) => writer.raw(encodeText(bytes as string)),
    read(reader: ByteReader) {
      const start = reader.position
      if (reader.u8() === 0) reader.raw(reader.u8() * type.width)
      else reader.raw(reader.varint())
      return [decodeText(reader.bytes.subarray(start, reader.position))]
    },
  }
}

class Bitmaps extends ColumnarAggregate {
  readonly #sets: (Bitmap | null)[] = []

  constructor(
    arena: Arena,
    readonly type: IntegerType,
    readonly argument: DataType,
    readonly operation: Operation,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    while (this.#sets.length < groups) this.#sets.push(null)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    if (column instanceof StringColumn) {
      this.#combine(groups, column, rows)
      return
    }
    const read = valueReader(column)
    const { u32 } = this.memory
    const ids = groups === 0 ? null : u32.slice(groups / 4, groups / 4 + rows)
    for (let row = 0; row < rows; row++) {
      const group = ids ? ids[row] : 0
      let set = this.#sets[group]
      if (!set) {
        set = new Bitmap(this.arena, this.type)
        this.#sets[group] = set
      }
      set.add(set.raw(read(row)))
    }
  }

  #combine(groups: number, states: StringColumn, rows: number): void {
    const ids = groups === 0 ? null : this.memory.u32.slice(groups / 4, groups / 4 + rows)
    for (let row = 0; row < rows; row++) {
      const group = ids ? ids[row] : 0
      const set = Bitmap.read(this.arena, this.type, stateAt(states, row))
      const mine = this.#sets[group]
      this.#sets[group] = mine ? mine[this.operation](set) : set
    }
  }

  states(count: number, arena: Arena): Column[] {
    const writer = new ByteWriter()
    const offsets = new Uint32Array(count + 1)
    for (let i = 0; i < count; i++) {
      writer.raw((this.#sets[i] ?? new Bitmap(this.arena, this.type)).write())
      offsets[i + 1] = writer.length
    }
    return [new StringColumn(arena.memory, placeU32(arena, offsets), place(arena, writer.bytes()), count)]
  }

  absorb([states]: readonly Column[], groups: number, count: number): void {
    assert(states instanceof StringColumn, 'states are bytes')
    this.withScratch(scratch => {
      let ids = groups
      if (groups === 0) {
        ids = scratch.allocate(count * 4)
        this.memory.kernels.fillRange(0, 1, count, ids)
      }
      this.#combine(ids, states, count)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const sizes = Array.from({ length: count }, (_, i) => this.type.wrap(BigInt(this.#sets[start + i]?.size ?? 0)))
    return columnOf(this.type, sizes, arena)
  }
}

export const bitmapAggregates: readonly AggregateDefinition[] = [
  groupBitmap,
  ofBitmaps('groupBitmapAnd', 'and', 'The number of integers that all bitmaps have.'),
  ofBitmaps('groupBitmapOr', 'or', 'The number of integers that any bitmap has.'),
  ofBitmaps('groupBitmapXor', 'xor', 'The number of integers that an odd number of bitmaps have.'),
]
