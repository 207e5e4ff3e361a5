// Sums, extremes and differences of an array's elements.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { compareValues } from './compareColumns.ts'
import type { FunctionDefinition } from './function.ts'
import { higher } from './lambdaArrays.ts'
import { isNumber, storedInteger } from './numericTypes.ts'

const Float64 = parseType('Float64')

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

export const arrayTotals: readonly FunctionDefinition[] = [
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
]
