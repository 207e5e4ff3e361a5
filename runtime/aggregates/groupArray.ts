import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { defineAggregate } from './aggregate.ts'
import { Collected } from './collected.ts'
import { DistinctValues } from './distinctValues.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { tableOrder } from './tableOrder.ts'
import { mixOfWord } from './hashing.ts'
import { listForm, setForm, type StateForm } from './stateForm.ts'
import { ColumnarAggregate, fullGroups, pick } from './states.ts'

export const groupArray = defineAggregate({
  name: 'groupArray',
  aliases: ['array_agg', 'ARRAY_AGG'],
  parametric: true,
  about: 'All values as an array, with a parameter only so many of them.',
  bind: (types, parameters) => {
    const type = elementOf('groupArray', types)
    const limit = limitOf('groupArray', parameters)
    return { type: new ArrayType(type), form: listForm(type), create: arena => new AsArray(arena, types, limit) }
  },
  examples: [['SELECT groupArray(2)(number) FROM numbers(5)', '[0,1]']],
})

export const groupArrayLast = defineAggregate({
  name: 'groupArrayLast',
  parametric: true,
  about: 'The last so many values as an array.',
  bind: (types, parameters) => {
    const type = elementOf('groupArrayLast', types)
    if (parameters.length === 0)
      throw new DBError('BAD_ARGUMENTS', 'Aggregate function groupArrayLast must have one parameter')
    const limit = limitOf('groupArrayLast', parameters)
    return {
      type: new ArrayType(type),
      form: lastForm(type, limit),
      create: arena => new AsArray(arena, types, limit, true),
    }
  },
})

export const groupUniqArray = defineAggregate({
  name: 'groupUniqArray',
  parametric: true,
  about: 'The distinct values as an array, with a parameter only so many of them.',
  bind: (types, parameters) => {
    const type = elementOf('groupUniqArray', types)
    const limit = limitOf('groupUniqArray', parameters)
    return {
      type: new ArrayType(type),
      form: setForm(type, mixOfWord),
      create: arena => new AsDistinctArray(arena, type, limit),
    }
  },
  examples: [['SELECT arraySort(groupUniqArray(number % 3)) FROM numbers(10)', '[0,1,2]']],
})

/** As of groupArray, with how many values were seen; the oldest one is where the next would go. */
function lastForm(type: DataType, limit: number): StateForm {
  const list = listForm(type)
  return {
    types: list.types,
    write([values], writer) {
      const all = values as Value[]
      const kept = all.slice(-limit)
      const turn = limit === Infinity || all.length <= limit ? 0 : all.length % limit
      list.write([[...kept.slice(kept.length - turn), ...kept.slice(0, kept.length - turn)]], writer)
      writer.u64(BigInt(all.length))
    },
    read(reader) {
      const [values] = list.read(reader) as [Value[]]
      const total = Number(reader.u64())
      const turn = limit === Infinity || total <= limit ? 0 : total % limit
      return [[...values.slice(turn), ...values.slice(0, turn)]]
    },
  }
}

function elementOf(name: string, types: readonly DataType[]): DataType {
  if (types.length !== 1)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires single argument`)
  return types[0]
}

function limitOf(name: string, parameters: readonly Value[]): number {
  if (parameters.length === 0) return Infinity
  const limit = Number(parameters[0])
  if (parameters.length > 1 || !Number.isInteger(limit) || limit <= 0)
    throw new DBError('BAD_ARGUMENTS', `Parameter for aggregate function ${name} should be positive number`)
  return limit
}

/** At most limit elements of each array: the first ones, or the last. */
export function limitArrays(array: ArrayColumn, limit: number, last: boolean, arena: Arena): ArrayColumn {
  if (limit === Infinity) return array
  const { memory, rows } = array
  const offsets = arena.allocate((rows + 1) * 4)
  const starts = arena.allocate(rows * 4)
  const total = memory.kernels.limitRuns(
    array.offsets,
    rows,
    Math.min(limit, 0x7fffffff),
    last ? 1 : 0,
    offsets,
    starts,
  )
  const indices = arena.allocate(total * 4)
  memory.kernels.runIndices(starts, offsets, rows, indices)
  return new ArrayColumn(offsets, array.elements.gather(indices, total, arena), rows)
}

class AsArray extends Collected {
  constructor(
    arena: Arena,
    types: readonly DataType[],
    readonly limit: number,
    readonly last = false,
  ) {
    super(arena, types)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { offsets, columns } = this.grouped(start + count, arena)
    const arrays = new ArrayColumn(offsets + start * 4, columns[0], count)
    return limitArrays(arrays, this.limit, this.last, arena)
  }
}

/** Arrays of more elements stay as they are. */
const orderedMax = 65_536

/** Distinct numbers in the order of a hash table that they were put into. */
function inTableOrder(arrays: ArrayColumn, arena: Arena): ArrayColumn {
  const { offsets, elements } = arrays.compact(arena)
  const { rows, type, memory } = elements
  const isNumber = elements instanceof FixedColumn && type.width <= 8 && type.physical !== 'Bytes'
  if (!isNumber || rows === 0) return arrays
  const hashes = arena.allocate(rows * 4)
  const physical = type.physical?.replace('F', 'U').replace('I64', 'U64') ?? null
  pick(memory, 'uniqHash', physical)(elements.pointer, rows, hashes)
  const indices = arena.allocate(rows * 4)
  const { u8, u32 } = memory
  const isZero = (row: number): boolean => {
    const at = elements.pointer + row * type.width
    for (let i = 0; i < type.width; i++) if (u8[at + i] !== 0) return false
    return true
  }
  for (let array = 0; array < arrays.rows; array++) {
    const [from, to] = [u32[offsets / 4 + array], u32[offsets / 4 + array + 1]]
    let zero = -1
    for (let row = from; row < to && zero < 0; row++) if (u32[hashes / 4 + row] === 0 && isZero(row)) zero = row - from
    const isLarge = to - from > orderedMax
    const order = isLarge ? null : tableOrder(u32.subarray(hashes / 4 + from, hashes / 4 + to), zero)
    for (let i = 0; i < to - from; i++) u32[indices / 4 + from + i] = from + (order ? order[i] : i)
  }
  return new ArrayColumn(offsets, elements.gather(indices, rows, arena), arrays.rows)
}

class AsDistinctArray extends ColumnarAggregate {
  readonly #values: DistinctValues
  #groups = 1

  constructor(
    arena: Arena,
    type: DataType,
    readonly limit: number,
  ) {
    super(arena)
    this.#values = new DistinctValues(arena, [type])
  }

  ensure(groups: number): void {
    this.#groups = Math.max(this.#groups, groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => this.#values.add(fullGroups(groups, rows, scratch), args, rows, scratch))
  }

  states(count: number, arena: Arena): Column[] {
    return this.#values
      .arrays(Math.max(count, this.#groups), arena)
      .map(array => limitArrays(array.slice(0, count), this.limit, false, arena))
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => this.#values.absorb(states, groups, count, scratch))
  }

  result(start: number, count: number, arena: Arena): Column {
    const [arrays] = this.#values.arrays(this.#groups, arena)
    return inTableOrder(limitArrays(arrays.slice(start, count), this.limit, false, arena), arena)
  }
}
