// Sorting the elements of arrays.
import { ArrayType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import { arrayOf } from './arrayColumns.ts'
import { compareValues } from './compareColumns.ts'
import type { FunctionDefinition } from './function.ts'
import { higher } from './lambdaArrays.ts'

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

export const arraySort: readonly FunctionDefinition[] = [
  sort('arraySort', false, 'The elements in ascending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arraySort(x -> -x, [1, 3, 2])',
    '[3,2,1]',
  ]),
  sort('arrayReverseSort', true, 'The elements in descending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arrayReverseSort([1, 3, 2])',
    '[3,2,1]',
  ]),
]
