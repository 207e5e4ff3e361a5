// Functions of states, and aggregate functions over what one row holds.
import type { BoundAggregate } from '../aggregates/aggregate.ts'
import { bindAggregate } from '../aggregates/bind.ts'
import { emptyState, unpackStates } from '../aggregates/stateForm.ts'
import { functionOf } from '../aggregates/stateType.ts'
import { ArrayColumn } from '../columns/array.ts'
import { concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import type { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { AggregateFunctionType, ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { type ArgumentInfo, type Call, defineFunction } from './function.ts'

const category = 'Other'

const aggregatesOf = new WeakMap<readonly ArgumentInfo[], BoundAggregate>()

function statesOf(name: string, type: DataType): AggregateFunctionType {
  if (type instanceof AggregateFunctionType) return type
  throw new DBError(
    'ILLEGAL_TYPE_OF_ARGUMENT',
    `Argument for function ${name} must have type AggregateFunction - state of aggregate function. Got ${type.name}.`,
  )
}

const finalizeAggregation = defineFunction({
  name: 'finalizeAggregation',
  about: 'The result of each state of an aggregate function.',
  category,
  arguments: [{ name: 'state' }],
  nulls: 'own',
  returns: ([state]) => functionOf(statesOf('finalizeAggregation', state.type)).type,
  run: ([states], call) => {
    const bound = functionOf(states.type as AggregateFunctionType)
    const aggregate = bound.create(call.arena)
    aggregate.ensure(Math.max(1, call.rows))
    aggregate.absorb(columnsOf(bound, states, call.arena), 0, call.rows)
    return aggregate.result(0, call.rows, call.arena)
  },
  examples: [['SELECT finalizeAggregation(sumState(number)) FROM numbers(4)', '6']],
})

function columnsOf(bound: BoundAggregate, states: Column, arena: Arena): Column[] {
  assert(states.layout === 'string', 'states are bytes')
  return unpackStates(bound.form, states as StringColumn, () => emptyState(bound, arena), arena)
}

const runningAccumulate = defineFunction({
  name: 'runningAccumulate',
  about:
    'The results of states put together row by row, from the first row of a chunk, or of a group of equal second arguments.',
  category,
  arguments: [{ name: 'state' }, { name: 'group', optional: true }],
  nulls: 'own',
  deterministic: false,
  returns: ([state]) => functionOf(statesOf('runningAccumulate', state.type)).type,
  run: ([states, groups], { rows, arena }) => {
    const bound = functionOf(states.type as AggregateFunctionType)
    const columns = columnsOf(bound, states, arena)
    let aggregate = bound.create(arena)
    const pieces: Column[] = []
    for (let row = 0; row < rows; row++) {
      if (row > 0 && groups && groups.valueAt(row) !== groups.valueAt(row - 1)) aggregate = bound.create(arena)
      aggregate.ensure(1)
      aggregate.absorb(
        columns.map(column => column.slice(row, 1)),
        0,
        1,
      )
      // A result may share the memory of the state.
      pieces.push(aggregate.result(0, 1, arena).full(arena).gather(arena.allocateZeroed(4), 1, arena))
    }
    return pieces.length > 0 ? concatColumns(pieces, arena) : bound.create(arena).result(0, 0, arena)
  },
})

const initializeAggregation = defineFunction({
  name: 'initializeAggregation',
  about: 'The result of an aggregate function over each row alone.',
  category,
  arguments: [{ name: 'aggregateFunction', constant: true }, { name: 'x' }, { name: 'more', repeated: true }],
  nulls: 'own',
  returns: args => bind('initializeAggregation', args, type => type),
  run: (args, call) => {
    const aggregate = boundOf(call).create(call.arena)
    aggregate.ensure(Math.max(1, call.rows))
    const ids = call.arena.allocate(call.rows * 4)
    call.memory.kernels.fillRange(0, 1, call.rows, ids)
    aggregate.add(
      ids,
      args.slice(1).map(column => plain(column, call.arena)),
      call.rows,
    )
    return aggregate.result(0, call.rows, call.arena)
  },
  examples: [["SELECT initializeAggregation('uniq', 1)", '1']],
})

const arrayReduce = defineFunction({
  name: 'arrayReduce',
  about: 'The result of an aggregate function over the elements of each row of arrays.',
  category: 'Arrays',
  arguments: [{ name: 'aggregateFunction', constant: true }, { name: 'array' }, { name: 'more', repeated: true }],
  nulls: 'own',
  returns: args => bind('arrayReduce', args, elementOf),
  run: (args, call) => {
    const { arena, rows } = call
    const aggregate = boundOf(call).create(arena)
    aggregate.ensure(Math.max(1, rows))
    const { offsets, elements } = flatten(args.slice(1), rows, arena)
    const total = elements[0].rows
    if (total > 0) {
      const numbers = arena.allocate(rows * 4)
      call.memory.kernels.fillRange(0, 1, rows, numbers)
      const ids = arena.allocate(total * 4)
      call.memory.kernels.repeatIds(numbers, offsets, rows, ids)
      aggregate.add(ids, elements, total)
    }
    return aggregate.result(0, rows, arena)
  },
  examples: [["SELECT arrayReduce('max', [1, 5, 3])", '5']],
})

const arrayReduceInRanges = defineFunction({
  name: 'arrayReduceInRanges',
  about: 'The results of an aggregate function over ranges (start from 1, length) of the elements of arrays.',
  category: 'Arrays',
  arguments: [
    { name: 'aggregateFunction', constant: true },
    { name: 'ranges' },
    { name: 'array' },
    { name: 'more', repeated: true },
  ],
  nulls: 'own',
  returns: ([name, ranges, ...arrays]) => {
    const isRanges = /^Array\(Tuple\(U?Int\d+, U?Int\d+\)\)$/.test(ranges.type.name)
    if (!isRanges)
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        'Second argument of function arrayReduceInRanges must be an array of tuples of integers',
      )
    return new ArrayType(bind('arrayReduceInRanges', [name, ...arrays], elementOf))
  },
  run: ([, ranges, ...arrays], call) => {
    const { arena, rows } = call
    const { offsets, elements } = flatten(arrays, rows, arena)
    assert(ranges instanceof ArrayColumn, 'ranges are arrays')
    const each = ranges.compact(arena)
    const count = each.elements.rows
    const indices: number[] = []
    const groups: number[] = []
    const { u32 } = call.memory
    const [ends, starts] = [each.offsets / 4, offsets / 4]
    for (let row = 0; row < rows; row++) {
      const size = u32[starts + row + 1] - u32[starts + row]
      for (let range = u32[ends + row]; range < u32[ends + row + 1]; range++) {
        const [from, length] = (each.elements.valueAt(range) as (number | bigint)[]).map(Number)
        const begin = from > 0 ? from - 1 : from < 0 ? size + from : -1
        const end = length < 0 ? size + length : begin + length
        for (let at = Math.max(0, begin); at < Math.min(end, size); at++) {
          indices.push(u32[starts + row] + at)
          groups.push(range)
        }
      }
    }
    const aggregate = boundOf(call).create(arena)
    aggregate.ensure(Math.max(1, count))
    if (indices.length > 0) {
      const [picked, ids] = [indices, groups].map(numbers => {
        const pointer = arena.allocate(numbers.length * 4)
        call.memory.u32.set(numbers, pointer / 4)
        return pointer
      })
      const columns = elements.map(column => column.gather(picked, indices.length, arena))
      aggregate.add(ids, columns, indices.length)
    }
    return new ArrayColumn(each.offsets, aggregate.result(0, count, arena).full(arena), rows)
  },
  examples: [["SELECT arrayReduceInRanges('sum', [(1, 2), (2, 3)], [1, 2, 3, 4])", '[3,9]']],
})

function elementOf(type: DataType): DataType {
  if (type instanceof ArrayType) return type.element
  throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Argument of type ${type.name} must be an array`)
}

/** Finds the function that the first argument names: `sum`, or `quantiles(0.5, 0.9)`. */
function bind(name: string, args: readonly ArgumentInfo[], typeOf: (type: DataType) => DataType): DataType {
  const [called, ...values] = args
  const text = called.constant
  if (typeof text !== 'string' || text === '')
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `First argument for function ${name} must be constant string: name of aggregate function.`,
    )
  const types = values.map(({ type }) => typeOf(type))
  const bound = boundByText(text, types)
  aggregatesOf.set(args, bound)
  return bound.type
}

function boundByText(text: string, types: readonly DataType[]): BoundAggregate {
  const { functionName, parameters } = parseType(`AggregateFunction(${text})`) as AggregateFunctionType
  return bindAggregate(functionName, types, parameters)
}

function boundOf({ arguments: args }: Call): BoundAggregate {
  const known = aggregatesOf.get(args)
  if (known) return known
  // Ranges stand between the name and the arrays.
  const [name, ...rest] = args
  const isRanges = args.length > 2 && /^Array\(Tuple\(U?Int\d+, U?Int\d+\)\)$/.test(rest[0].type.name)
  const values = isRanges ? rest.slice(1) : rest
  const bound = boundByText(
    name.constant as string,
    values.map(({ type }) => elementOf(type)),
  )
  aggregatesOf.set(args, bound)
  return bound
}

/** The elements of all arrays, which have the same sizes. */
function flatten(arrays: readonly Column[], rows: number, arena: Arena): { offsets: number; elements: Column[] } {
  const parts = arrays.map(column => {
    assert(column instanceof ArrayColumn, 'what is reduced are arrays')
    return column.compact(arena)
  })
  const [{ offsets, elements }] = parts
  const { kernels } = arena.memory
  for (const part of parts)
    if (part.elements.rows !== elements.rows || kernels.compareBytesOf(part.offsets, offsets, (rows + 1) * 4) !== 0)
      throw new DBError(
        'SIZES_OF_ARRAYS_DONT_MATCH',
        'Lengths of all arrays passed to aggregate function should be equal.',
      )
  return { offsets, elements: parts.map(part => plain(part.elements, arena)) }
}

const plain = (column: Column, arena: Arena): Column =>
  column instanceof LowCardinalityColumn ? column.plain(arena) : column

export const aggregateStates = [
  arrayReduce,
  arrayReduceInRanges,
  finalizeAggregation,
  initializeAggregation,
  runningAccumulate,
]
