// Functions over arrays that take a lambda: it is evaluated once over the elements of all rows.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType, MapType, type TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { arrayOf } from './arrays.ts'
import { nullableOf, plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { compareValues } from './compareColumns.ts'
import { maskColumn, newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { conditionMask } from './logical.ts'
import { isNumber, storedInteger } from './numericTypes.ts'

const category = 'Arrays'
const UInt8 = parseType('UInt8')
const UInt32 = parseType('UInt32')
const Float64 = parseType('Float64')
const isArray = (type: DataType): boolean => type instanceof ArrayType

/** The arrays of a call taken apart, and the lambda's result for each element (the elements themselves without a lambda). */
interface Elements {
  /** u32[rows + 1] from 0 on, for all arrays. */
  readonly offsets: number
  readonly starts: Uint32Array
  /** Elements of the first array. */
  readonly elements: Column
  readonly results: Column
  readonly count: number
}

const elementTypes = (args: readonly ArgumentInfo[]): DataType[] =>
  args.filter(argument => !argument.lambda).map(argument => (argument.type as ArrayType).element)

/** The type of the lambda's result, or of the first array's elements. */
function resultType(args: readonly ArgumentInfo[]): DataType {
  const types = elementTypes(args)
  const [first] = args
  return first.lambda ? first.lambda.bind(types) : types[0]
}

function takeApart(args: readonly Column[], { arguments: infos, rows, arena }: Call, name: string): Elements {
  const { lambda } = infos[0]
  const arrays = (lambda ? args.slice(1) : args).map(column => (column as ArrayColumn).compact(arena))
  const [first] = arrays
  const { u32 } = arena.memory
  for (const { offsets } of arrays)
    for (let row = 0; row <= rows; row++)
      if (u32[offsets / 4 + row] !== u32[first.offsets / 4 + row])
        throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Arrays passed to ${name} must have equal size`)
  const count = first.elements.rows
  let results = first.elements
  if (lambda) {
    const rowOf = arena.allocate(count * 4)
    arena.memory.kernels.replicateIndices(first.offsets, rowOf, rows)
    results = lambda
      .evaluate(
        arrays.map(array => array.elements),
        rowOf,
        count,
        arena,
      )
      .full(arena)
  }
  const starts = arena.memory.u32.slice(first.offsets / 4, first.offsets / 4 + rows + 1)
  return { offsets: first.offsets, starts, elements: first.elements, results, count }
}

interface Shape {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly about: string
  /** Whether there must be a lambda, may be one, and how it is checked. */
  readonly lambda: 'required' | 'optional'
  readonly isCondition?: boolean
  type(result: DataType, elements: readonly DataType[]): DataType
  run(parts: Elements, call: Call): Column
  readonly example: [string, string]
}

function higher({ name, aliases, about, lambda, isCondition, type, run, example }: Shape): FunctionDefinition {
  const isRequired = lambda === 'required'
  return defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [
      { name: 'lambda', lambda: true, accepts: isRequired ? undefined : isArray },
      { name: 'array', accepts: isArray, optional: !isRequired },
      { name: 'more', accepts: isArray, repeated: true },
    ],
    nulls: 'own',
    lowCardinality: 'own',
    // A lambda may use columns of the chunk, so constant arrays do not make the result constant.
    foldable: false,
    returns: args => {
      if (!args[0].lambda && isRequired)
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `First argument for function ${name} must be a function. Actual ${args[0].type.name}`,
        )
      if (args[0].lambda && args.length < 2)
        throw new DBError('TOO_FEW_ARGUMENTS_FOR_FUNCTION', `Function ${name} needs at least one array argument`)
      const elements = elementTypes(args)
      const result = resultType(args)
      const plain = plainType(result)
      if (isCondition && !isNumber(plain) && plain.kind !== 'Nothing')
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Unexpected type of filter column for ${name}: ${result.name}, expected UInt8`,
        )
      return type(result, elements)
    },
    run: (args, call) => run(takeApart(args, call, name), call),
    examples: [example],
  })
}

const maskOf = ({ results, count }: Elements, arena: Arena): number => conditionMask(results, count, arena)

/** Elements that a function picks by their condition, row by row. */
function picked(
  parts: Elements,
  type: DataType,
  arena: Arena,
  pick: (mask: Uint8Array, start: number, end: number, push: (at: number) => void) => void,
): ArrayColumn {
  const pointer = maskOf(parts, arena)
  const mask = arena.memory.u8.slice(pointer, pointer + parts.count)
  const picks: number[] = []
  const offsets = [0]
  for (let row = 0; row + 1 < parts.starts.length; row++) {
    pick(mask, parts.starts[row], parts.starts[row + 1], at => picks.push(at))
    offsets.push(picks.length)
  }
  return arrayOf(parts.elements, picks, offsets, type, arena)
}

/** One number for each row from the mask of its elements. */
function perRow(
  parts: Elements,
  type: DataType,
  { rows, arena }: Call,
  of: (mask: Uint8Array, start: number, end: number) => number,
): FixedColumn {
  const pointer = maskOf(parts, arena)
  const { u8, u32 } = arena.memory
  const out = newFixed(type, rows, arena)
  for (let row = 0; row < rows; row++) {
    const value = of(u8.subarray(pointer, pointer + parts.count), parts.starts[row], parts.starts[row + 1])
    if (type.width === 1) u8[out.pointer + row] = value
    else u32[out.pointer / 4 + row] = value
  }
  return out
}

const arrayMap = higher({
  name: 'arrayMap',
  about: 'The lambda of each element.',
  lambda: 'required',
  type: result => new ArrayType(result),
  run: ({ offsets, results }, { type, rows, arena }) =>
    new ArrayColumn(offsets, castColumn(results, (type as ArrayType).element, arena).full(arena), rows, type),
  example: ['SELECT arrayMap(x -> x + 1, [1, 2])', '[2,3]'],
})

const arrayFilter = higher({
  name: 'arrayFilter',
  about: 'The elements of the first array for which the lambda is true.',
  lambda: 'required',
  isCondition: true,
  type: (_, [element]) => new ArrayType(element),
  run: (parts, { type, rows, arena }) => {
    const { kernels } = arena.memory
    const mask = maskOf(parts, arena)
    const numbers = arena.allocate((parts.count + 8) * 4)
    const kept = kernels.maskToIndices(mask, parts.count, numbers)
    const lengths = Array.from({ length: rows }, (_, row) =>
      kernels.countMask(mask + parts.starts[row], parts.starts[row + 1] - parts.starts[row]),
    )
    const offsets = arena.allocate((rows + 1) * 4)
    kernels.lengthsToOffsets(placeU32(arena, lengths), offsets, rows)
    return new ArrayColumn(offsets, parts.elements.gather(numbers, kept, arena), rows, type)
  },
  example: ['SELECT arrayFilter(x -> x > 1, [1, 2, 3])', '[2,3]'],
})

const arrayCount = higher({
  name: 'arrayCount',
  about: 'How many elements are not 0, or for how many the lambda is true.',
  lambda: 'optional',
  isCondition: true,
  type: () => UInt32,
  run: (parts, call) => {
    const pointer = maskOf(parts, call.arena)
    const out = newFixed(UInt32, call.rows, call.arena)
    const { kernels, u32 } = call.arena.memory
    for (let row = 0; row < call.rows; row++) {
      const [start, end] = [parts.starts[row], parts.starts[row + 1]]
      u32[out.pointer / 4 + row] = kernels.countMask(pointer + start, end - start)
    }
    return out
  },
  example: ['SELECT arrayCount(x -> x > 1, [1, 2, 3])', '2'],
})

const first = (mask: Uint8Array, start: number, end: number): number => {
  for (let at = start; at < end; at++) if (mask[at]) return at
  return -1
}
const last = (mask: Uint8Array, start: number, end: number): number => {
  for (let at = end - 1; at >= start; at--) if (mask[at]) return at
  return -1
}

const test = (name: 'arrayExists' | 'arrayAll', about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'optional',
    isCondition: true,
    type: () => UInt8,
    run: (parts, call) =>
      perRow(parts, UInt8, call, (mask, start, end) => {
        if (name === 'arrayExists') return Number(first(mask, start, end) >= 0)
        for (let at = start; at < end; at++) if (!mask[at]) return 0
        return 1
      }),
    example,
  })

const element = (
  name: string,
  find: typeof first,
  form: 'plain' | 'orNull' | 'index',
  about: string,
  example: [string, string],
) =>
  higher({
    name,
    about,
    lambda: 'required',
    isCondition: true,
    type: (_, [type]) => (form === 'index' ? UInt32 : form === 'orNull' ? nullableOf(type) : type),
    run: (parts, call) => {
      if (form === 'index')
        return perRow(parts, UInt32, call, (mask, start, end) => {
          const at = find(mask, start, end)
          return at < 0 ? 0 : at - start + 1
        })
      const { arena, rows, type } = call
      const pointer = maskOf(parts, arena)
      const mask = arena.memory.u8.slice(pointer, pointer + parts.count)
      const numbers = Array.from({ length: rows }, (_, row) => {
        const at = find(mask, parts.starts[row], parts.starts[row + 1])
        return at < 0 ? noRow : at
      })
      // As Nullable, a missing row is NULL.
      return castColumn(parts.elements, type, arena).full(arena).gather(placeU32(arena, numbers), rows, arena)
    },
    example,
  })

/** Sums grow to 64 bits, decimals to 38 digits. */
function sumType(name: string, given: DataType): DataType {
  const type = plainType(given)
  if (type instanceof FloatType) return Float64
  if (type instanceof DecimalType) return new DecimalType(Math.max(38, type.precision), type.scale)
  const integer = storedInteger(type)
  if (!integer || !isNumber(type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `${name} cannot add values of type ${given.name}`)
  return parseType(`${integer.isSigned ? 'Int' : 'UInt'}${Math.max(integer.bits, 64)}`)
}

const numbersAs = (column: Column, type: DataType, arena: Arena): Value[] => {
  const cast = castColumn(column, type, arena).full(arena)
  return Array.from({ length: cast.rows }, (_, row) => cast.valueAt(row))
}

/** Adds numbers, or big ones; wraps at 64 bits. */
function add(a: Value, b: Value, type: DataType): Value {
  if (typeof a === 'number') return a + (b as number)
  const sum = (a as bigint) + (b as bigint)
  const integer = storedInteger(type)
  return integer ? integer.wrap(sum) : sum
}

const zeroOf = (type: DataType): Value => (type instanceof FloatType ? 0 : 0n)

const total = (
  name: string,
  about: string,
  type: (result: DataType) => DataType,
  reduce: (values: Value[], type: DataType) => Value,
  example: [string, string],
) =>
  higher({
    name,
    about,
    lambda: 'optional',
    type,
    run: ({ results, starts }, { type: out, rows, arena }) => {
      const values = numbersAs(results, out, arena)
      return columnOf(
        out,
        Array.from({ length: rows }, (_, row) => reduce(values.slice(starts[row], starts[row + 1]), out)),
        arena,
      )
    },
    example,
  })

const extreme = (name: 'arrayMin' | 'arrayMax', about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'optional',
    type: result => plainType(result),
    run: ({ results, starts }, { type, rows, arena }) => {
      const numbers = Array.from({ length: rows }, (_, row) => {
        let best = -1
        let bestValue: Value = null
        for (let at = starts[row]; at < starts[row + 1]; at++) {
          const value = results.valueAt(at)
          if (value === null) continue
          const order = best < 0 ? 0 : compareValues(value, bestValue)
          if (best >= 0 && (name === 'arrayMin' ? order >= 0 : order <= 0)) continue
          best = at
          bestValue = value
        }
        return best < 0 ? noRow : best
      })
      const taken = results.gather(placeU32(arena, numbers), rows, arena)
      const values = Array.from({ length: rows }, (_, row) =>
        numbers[row] === noRow ? type.default : taken.valueAt(row),
      )
      return columnOf(type, values, arena)
    },
    example,
  })

/** NULL is last whichever way, and NaN before it. */
function orderOf(a: Value, b: Value, isReverse: boolean): number {
  const rank = (value: Value) => (value === null ? 2 : Number.isNaN(value) ? 1 : 0)
  if (rank(a) !== 0 || rank(b) !== 0) return rank(a) - rank(b)
  const order = compareValues(a, b)
  return isReverse ? -order : order
}

const sort = (name: string, isReverse: boolean, about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'optional',
    type: (_, [type]) => new ArrayType(type),
    run: ({ results, starts, elements }, { type, rows, arena }) => {
      const keys = Array.from({ length: results.rows }, (_, at) => results.valueAt(at))
      const picks: number[] = []
      const offsets = [0]
      for (let row = 0; row < rows; row++) {
        const numbers = Array.from({ length: starts[row + 1] - starts[row] }, (_, k) => starts[row] + k)
        numbers.sort((a, b) => orderOf(keys[a], keys[b], isReverse))
        for (const at of numbers) picks.push(at)
        offsets.push(picks.length)
      }
      return arrayOf(elements, picks, offsets, type, arena)
    },
    example,
  })

const arrayFill = (name: string, isReverse: boolean, about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'required',
    isCondition: true,
    type: (_, [type]) => new ArrayType(type),
    run: (parts, { type, arena }) =>
      picked(parts, type, arena, (mask, start, end, push) => {
        const chosen: number[] = []
        for (let k = 0; k < end - start; k++) {
          const at = isReverse ? end - 1 - k : start + k
          chosen.push(k === 0 || mask[at] ? at : chosen[k - 1])
        }
        for (const at of isReverse ? chosen.reverse() : chosen) push(at)
      }),
    example,
  })

const arraySplit = (name: string, isReverse: boolean, about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'required',
    isCondition: true,
    type: (_, [type]) => new ArrayType(new ArrayType(type)),
    run: (parts, { type, rows, arena }) => {
      const pointer = maskOf(parts, arena)
      const mask = arena.memory.u8.slice(pointer, pointer + parts.count)
      const inner = [0]
      const outer = [0]
      for (let row = 0; row < rows; row++) {
        const [start, end] = [parts.starts[row], parts.starts[row + 1]]
        for (let at = start; at < end; at++) {
          // A piece ends behind a marked element, or before one.
          const ends = at === end - 1 || (isReverse ? mask[at] : mask[at + 1])
          if (ends) inner.push(at + 1)
        }
        outer.push(inner.length - 1)
      }
      const pieces = new ArrayColumn(
        placeU32(arena, inner),
        parts.elements,
        inner.length - 1,
        (type as ArrayType).element,
      )
      return new ArrayColumn(placeU32(arena, outer), pieces, rows, type)
    },
    example,
  })

/** An array of numbers from the numbers of each row. */
const running = (
  name: string,
  about: string,
  type: (result: DataType) => DataType,
  step: (values: Value[], type: DataType) => Value[],
  example: [string, string],
) =>
  higher({
    name,
    about,
    lambda: 'optional',
    type: result => new ArrayType(type(result)),
    run: ({ results, starts, offsets }, { type: out, rows, arena }) => {
      const { element: inner } = out as ArrayType
      const values = numbersAs(results, inner, arena)
      const made: Value[] = []
      for (let row = 0; row < rows; row++) made.push(...step(values.slice(starts[row], starts[row + 1]), inner))
      return new ArrayColumn(offsets, columnOf(inner, made, arena), rows, out)
    },
    example,
  })

function cumulated(values: Value[], type: DataType, floor: boolean): Value[] {
  let sum = zeroOf(type)
  return values.map(value => {
    sum = add(sum, value, type)
    if (floor && (sum as number | bigint) < 0) sum = zeroOf(type)
    return sum
  })
}

/** Differences of integers are signed and one size wider, up to 64 bits. */
function differenceType(given: DataType): DataType {
  const type = plainType(given)
  if (type instanceof FloatType) return Float64
  if (type instanceof DecimalType) return type
  const integer = storedInteger(type)
  if (!integer)
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `arrayDifference cannot process values of type ${given.name}`)
  return parseType(`Int${Math.min(64, integer.bits * 2)}`)
}

const arrayFold = defineFunction({
  name: 'arrayFold',
  about: 'The lambda of an accumulator and each element in turn.',
  category,
  arguments: [
    { name: 'lambda', lambda: true },
    { name: 'array', accepts: isArray },
    { name: 'more', repeated: true },
  ],
  nulls: 'own',
  lowCardinality: 'own',
  foldable: false,
  returns: args => {
    const accumulator = args[args.length - 1].type
    const { lambda } = args[0]
    if (!lambda)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'First argument for function arrayFold must be a lambda function')
    const arrays = args.slice(1, -1).map(({ type }) => (type as ArrayType).element)
    const result = lambda.bind([accumulator, ...arrays])
    if (!result.equals(accumulator))
      throw new DBError(
        'TYPE_MISMATCH',
        `Return type of lambda function must be the same as the accumulator type. Inferred return type: ${result.name}, inferred accumulator type: ${accumulator.name}`,
      )
    return accumulator
  },
  run: (args, { type, rows, arena, arguments: infos }) => {
    const arrays = args.slice(1, -1) as ArrayColumn[]
    const parts = arrays.map(array => array.compact(arena))
    const starts = parts.map(({ offsets }) => arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1))
    let state = args[args.length - 1].full(arena)
    const sizes = Array.from({ length: rows }, (_, row) => starts[0][row + 1] - starts[0][row])
    // One round for each place: the rows that have an element there go on together.
    for (let place = 0; ; place++) {
      const live = sizes.flatMap((size, row) => (size > place ? [row] : []))
      if (live.length === 0) return state
      const rowOf = placeU32(arena, live)
      const elements = parts.map(({ elements: own }, i) =>
        own.gather(
          placeU32(
            arena,
            live.map(row => starts[i][row] + place),
          ),
          live.length,
          arena,
        ),
      )
      const next = infos[0].lambda!.evaluate(
        [state.gather(rowOf, live.length, arena), ...elements],
        rowOf,
        live.length,
        arena,
      )
      const values = castColumn(next, type, arena).full(arena)
      const order = Array.from({ length: rows }, (_, row) => row)
      live.forEach((row, k) => {
        order[row] = rows + k
      })
      state = appended(state, values, order, arena)
    }
  },
  examples: [['SELECT arrayFold((acc, x) -> acc + x * 2, [1, 2, 3], toInt64(0))', '12']],
})

/** Rows by number of two columns laid end to end. */
function appended(a: Column, b: Column, order: readonly number[], arena: Arena): Column {
  return concatColumns([a, b], arena).gather(placeU32(arena, order), order.length, arena)
}

/** Lambdas over the keys and values of maps. */
const overMap = (name: 'mapFilter' | 'mapApply' | 'mapExists' | 'mapAll', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category: 'Maps',
    arguments: [
      { name: 'lambda', lambda: true },
      { name: 'map', accepts: type => type instanceof MapType },
    ],
    nulls: 'own',
    lowCardinality: 'own',
    foldable: false,
    returns: ([{ lambda }, { type }]) => {
      const { key, value } = type as MapType
      if (!lambda)
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `First argument for function ${name} must be a function`)
      const result = lambda.bind([key, value])
      if (name === 'mapFilter') return type
      if (name !== 'mapApply') return UInt8
      const { elements } = result as TupleType
      if (elements?.length !== 2)
        throw new DBError('BAD_ARGUMENTS', 'The lambda of mapApply must give a tuple of a key and a value')
      return new MapType(elements[0], elements[1])
    },
    run: ([, given], { type, rows, arena, arguments: infos }) => {
      const { offsets, elements } = (given as ArrayColumn).compact(arena)
      const { kernels } = arena.memory
      const count = elements.rows
      const rowOf = arena.allocate(count * 4)
      kernels.replicateIndices(offsets, rowOf, rows)
      const results = infos[0].lambda!.evaluate((elements as TupleColumn).columns, rowOf, count, arena).full(arena)
      const starts = arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1)
      if (name === 'mapApply') {
        const { element: pair } = (type as MapType).pairs
        const pairs = new TupleColumn(arena.memory, (results as TupleColumn).columns, count, pair as TupleType)
        return new ArrayColumn(offsets, pairs, rows, type)
      }
      const pointer = conditionMask(results, count, arena)
      const mask = arena.memory.u8.slice(pointer, pointer + count)
      if (name !== 'mapFilter') {
        const out = arena.allocate(rows)
        for (let row = 0; row < rows; row++) {
          const own = mask.subarray(starts[row], starts[row + 1])
          arena.memory.u8[out + row] = Number(name === 'mapExists' ? own.includes(1) : !own.includes(0))
        }
        return maskColumn(out, rows, arena)
      }
      const picks: number[] = []
      const outOffsets = [0]
      for (let row = 0; row < rows; row++) {
        for (let at = starts[row]; at < starts[row + 1]; at++) if (mask[at]) picks.push(at)
        outOffsets.push(picks.length)
      }
      return arrayOf(elements, picks, outOffsets, type, arena)
    },
    examples: [example],
  })

export const higherOrder: readonly FunctionDefinition[] = [
  arrayMap,
  arrayFilter,
  arrayCount,
  test('arrayExists', 'Whether any element is not 0, or the lambda true for any.', [
    'SELECT arrayExists(x -> x > 1, [1, 2])',
    '1',
  ]),
  test('arrayAll', 'Whether no element is 0, or the lambda true for all.', [
    'SELECT arrayAll(x -> x > 1, [1, 2])',
    '0',
  ]),
  element('arrayFirst', first, 'plain', 'The first element for which the lambda is true, or the default.', [
    'SELECT arrayFirst(x -> x > 1, [1, 2, 3])',
    '2',
  ]),
  element('arrayFirstOrNull', first, 'orNull', 'The first element for which the lambda is true, or NULL.', [
    'SELECT arrayFirstOrNull(x -> x > 5, [1])',
    '\\N',
  ]),
  element('arrayFirstIndex', first, 'index', 'The place of the first element for which the lambda is true, or 0.', [
    'SELECT arrayFirstIndex(x -> x > 1, [1, 2])',
    '2',
  ]),
  element('arrayLast', last, 'plain', 'The last element for which the lambda is true, or the default.', [
    'SELECT arrayLast(x -> x < 3, [1, 2, 3])',
    '2',
  ]),
  element('arrayLastOrNull', last, 'orNull', 'The last element for which the lambda is true, or NULL.', [
    'SELECT arrayLastOrNull(x -> x > 5, [1])',
    '\\N',
  ]),
  element('arrayLastIndex', last, 'index', 'The place of the last element for which the lambda is true, or 0.', [
    'SELECT arrayLastIndex(x -> x < 3, [1, 2, 3])',
    '2',
  ]),
  total(
    'arraySum',
    'The sum of the elements, or of the lambda of each.',
    result => sumType('arraySum', result),
    (values, type) => values.reduce((a, b) => add(a, b, type), zeroOf(type)),
    ['SELECT arraySum(x -> x * 2, [1, 2])', '6'],
  ),
  total(
    'arrayAvg',
    'The mean of the elements, or of the lambda of each.',
    () => Float64,
    values => (values as number[]).reduce((a, b) => a + b, 0) / values.length,
    ['SELECT arrayAvg([1, 2])', '1.5'],
  ),
  total(
    'arrayProduct',
    'The product of the elements, or of the lambda of each.',
    () => Float64,
    values => (values as number[]).reduce((a, b) => a * b, 1),
    ['SELECT arrayProduct([2, 3])', '6'],
  ),
  extreme('arrayMin', 'The smallest element, or lambda of one.', ['SELECT arrayMin([3, 1, 2])', '1']),
  extreme('arrayMax', 'The largest element, or lambda of one.', ['SELECT arrayMax(x -> -x, [3, 1, 2])', '-1']),
  sort('arraySort', false, 'The elements in ascending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arraySort(x -> -x, [1, 3, 2])',
    '[3,2,1]',
  ]),
  sort('arrayReverseSort', true, 'The elements in descending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arrayReverseSort([1, 3, 2])',
    '[3,2,1]',
  ]),
  arrayFill('arrayFill', false, 'Elements for which the lambda is false replaced by the one before.', [
    'SELECT arrayFill(x -> x > 0, [1, 0, 2, 0])',
    '[1,1,2,2]',
  ]),
  arrayFill('arrayReverseFill', true, 'Elements for which the lambda is false replaced by the one behind.', [
    'SELECT arrayReverseFill(x -> x > 0, [0, 1, 0, 2])',
    '[1,1,2,2]',
  ]),
  arraySplit('arraySplit', false, 'The array cut before each element for which the lambda is true.', [
    'SELECT arraySplit(x -> x > 1, [1, 0, 2, 0])',
    '[[1,0],[2,0]]',
  ]),
  arraySplit('arrayReverseSplit', true, 'The array cut behind each element for which the lambda is true.', [
    'SELECT arrayReverseSplit(x -> x > 1, [1, 0, 2, 0])',
    '[[1,0,2],[0]]',
  ]),
  running(
    'arrayCumSum',
    'The sums of the elements so far.',
    result => sumType('arrayCumSum', result),
    (values, type) => cumulated(values, type, false),
    ['SELECT arrayCumSum([1, 2, 3])', '[1,3,6]'],
  ),
  running(
    'arrayCumSumNonNegative',
    'The sums of the elements so far, started anew from 0 where they would be negative.',
    result => sumType('arrayCumSumNonNegative', result),
    (values, type) => cumulated(values, type, true),
    ['SELECT arrayCumSumNonNegative([1, -5, 3])', '[1,0,3]'],
  ),
  running(
    'arrayDifference',
    'The differences of neighbours; the first is 0.',
    differenceType,
    (values, type) =>
      values.map((value, i) => {
        if (i === 0) return type instanceof FloatType ? 0 : typeof value === 'bigint' ? 0n : 0
        return typeof value === 'bigint'
          ? value - (values[i - 1] as bigint)
          : (value as number) - (values[i - 1] as number)
      }),
    ['SELECT arrayDifference([1, 3, 2])', '[0,2,-1]'],
  ),
  arrayFold,
  overMap('mapFilter', 'The pairs for which the lambda is true.', [
    "SELECT mapFilter((k, v) -> v > 1, map('a', 1, 'b', 2))",
    "{'b':2}",
  ]),
  overMap('mapApply', 'The lambda of each pair.', ["SELECT mapApply((k, v) -> (k, v + 1), map('a', 1))", "{'a':2}"]),
  overMap('mapExists', 'Whether the lambda is true for any pair.', [
    "SELECT mapExists((k, v) -> v = 1, map('a', 1))",
    '1',
  ]),
  overMap('mapAll', 'Whether the lambda is true for all pairs.', ["SELECT mapAll((k, v) -> v = 1, map('a', 1))", '1']),
]
