// Sorting the elements of arrays and the pairs of maps, whole or as far as a limit.
import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { rankRows, sortOrder } from '../columns/sort.ts'
import type { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType, MapType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { arrayOf, isArray, numbersOf } from './arrayColumns.ts'
import { plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { type Elements, higher, takeApart } from './lambdaArrays.ts'
import { isInteger } from './numericTypes.ts'
import { partialSort } from './partialSort.ts'
import { splitNulls } from './selectColumns.ts'

const UInt32 = parseType('UInt32')

/** Numbers of the elements, sorted by their keys inside each row; NULL and NaN are last whichever way. */
function sortedElements({ results, offsets, count }: Elements, isReverse: boolean, rows: number, arena: Arena): number {
  const rowOf = arena.allocate(count * 4)
  arena.memory.kernels.replicateIndices(offsets, rowOf, rows)
  return sortOrder(
    [new FixedColumn(UInt32, arena.memory, rowOf, count), results],
    [{}, { descending: isReverse }],
    count,
    arena,
  )
}

const sort = (name: string, isReverse: boolean, about: string, example: [string, string]) =>
  higher({
    name,
    about,
    lambda: 'optional',
    type: (_, [type]) => new ArrayType(type),
    run: (parts, { type, rows, arena }) => {
      const order = sortedElements(parts, isReverse, rows, arena)
      return new ArrayColumn(parts.offsets, parts.elements.gather(order, parts.count, arena), rows, type)
    },
    example,
  })

/** Numbers of a row's elements, the first `limit` of them sorted and the others behind; all sorted for no limit within the array. */
function upTo(limit: number | null, start: number, end: number, ranks: Uint32Array): number[] {
  const numbers = Array.from({ length: end - start }, (_, k) => start + k)
  const byRank = (a: number, b: number) => ranks[a] - ranks[b]
  if (limit === null || limit <= 0 || limit >= numbers.length) return numbers.sort(byRank)
  partialSort(numbers, limit, byRank)
  return numbers
}

function ranksOf({ results, count }: Elements, isReverse: boolean, arena: Arena): Uint32Array {
  const ranks = rankRows([results], [{ descending: isReverse }], count, arena) / 4
  return arena.memory.u32.slice(ranks, ranks + count)
}

interface LimitedShape {
  readonly name: string
  readonly about: string
  /** Arrays are given, or one map whose keys and values are seen as two arrays. */
  readonly of: 'arrays' | 'map'
  readonly hasLimit: boolean
  type(first: DataType): DataType
  /** Which elements a row of the result has. */
  pick(parts: Elements, limit: (row: number) => number | null, call: Call): { picks: number[]; offsets: number[] }
  readonly example: [string, string]
}

/** Functions of an optional lambda, a limit, and what is sorted. */
function limited({ name, about, of, hasLimit, type, pick, example }: LimitedShape): FunctionDefinition {
  const accepts = of === 'map' ? (given: DataType) => given instanceof MapType : isArray
  const isSortable = (given: DataType): boolean => accepts(plainType(given))
  /** Where the limit and the first array stand. */
  const places = (args: readonly ArgumentInfo[]) => {
    const limit = args[0].lambda ? 1 : 0
    return { limit, first: limit + Number(hasLimit) }
  }
  const mismatch = (text: string): DBError => new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function ${name}: ${text}`)
  return defineFunction({
    name,
    about,
    category: of === 'map' ? 'Maps' : 'Arrays',
    arguments: [
      { name: 'lambda', lambda: true },
      ...(hasLimit ? [{ name: 'limit' }] : []),
      { name: of === 'map' ? 'map' : 'array', optional: true },
      ...(of === 'map' ? [] : [{ name: 'more', repeated: true }]),
    ],
    nulls: 'literal',
    lowCardinality: 'own',
    foldable: false,
    returns: args => {
      const { limit, first } = places(args)
      const sorted = args.slice(first)
      if (hasLimit && !isInteger(plainType(args[limit].type)) && args[limit].type.kind !== 'Nullable')
        throw mismatch(`the limit must be an integer, not ${args[limit].type.name}`)
      if (sorted.length === 0 || sorted.some(argument => argument.lambda || !isSortable(argument.type)))
        throw mismatch(`${of === 'map' ? 'a map' : 'arrays'} must be given to sort`)
      const given = sorted[0].type
      const types =
        given instanceof MapType
          ? [given.key, given.value]
          : sorted.map(argument => (argument.type as ArrayType).element)
      args[0].lambda?.bind(types.slice(0, given instanceof MapType ? args[0].lambda.parameters : undefined))
      return type(given)
    },
    run: (args, call) => {
      const { arguments: infos, rows, arena } = call
      const { limit, first } = places(infos)
      const given = args.slice(first)
      const pairs = of === 'map' ? pairArrays(given[0] as ArrayColumn, infos[0].lambda?.parameters ?? 1) : given
      const lambda = infos[0].lambda ? [infos[0]] : []
      const parts = takeApart(
        [...(lambda.length ? [args[0]] : []), ...pairs],
        { ...call, arguments: [...lambda, ...infos.slice(first)] },
        name,
      )
      const none = () => null
      const { picks, offsets } = pick(parts, hasLimit ? numbersOf(args[limit], arena) : none, call)
      const whole = given[0] as ArrayColumn
      const { elements } = whole.compact(arena)
      assertRows(offsets, rows)
      return arrayOf(elements, picks, offsets, call.type, arena)
    },
    examples: [example],
  })
}

function assertRows(offsets: readonly number[], rows: number): void {
  if (offsets.length !== rows + 1) throw new DBError('LOGICAL_ERROR', 'A sort gives as many arrays as it got')
}

/** The keys of a map as an array, and its values where a lambda has two parameters. */
function pairArrays(map: ArrayColumn, parameters: number): Column[] {
  const { columns } = map.elements as TupleColumn
  return columns.slice(0, parameters).map(side => new ArrayColumn(map.offsets, side, map.rows))
}

const partial = (
  name: string,
  of: 'arrays' | 'map',
  hasLimit: boolean,
  isReverse: boolean,
  about: string,
  example: [string, string],
) =>
  limited({
    name,
    about,
    of,
    hasLimit,
    type: given => given,
    pick: (parts, limit, { rows, arena }) => {
      const ranks = ranksOf(parts, isReverse, arena)
      const picks: number[] = []
      for (let row = 0; row < rows; row++)
        for (const at of upTo(limit(row), parts.starts[row], parts.starts[row + 1], ranks)) picks.push(at)
      return { picks, offsets: [...parts.starts] }
    },
    example,
  })

/** The first elements of the sorted array, without NULL. */
const top = (name: string, isReverse: boolean, about: string, example: [string, string]): FunctionDefinition => {
  const definition = limited({
    name,
    about,
    of: 'arrays',
    hasLimit: true,
    type: given => {
      const { element } = given as ArrayType
      return new ArrayType(element.isNullable ? plainType(element) : element)
    },
    pick: (parts, limit, { rows, arena }) => {
      const ranks = ranksOf(parts, isReverse, arena)
      const { nulls } = splitNulls(parts.elements, arena)
      const isNull = nulls ? arena.memory.u8.slice(nulls, nulls + parts.count) : null
      const picks: number[] = []
      const offsets = [0]
      for (let row = 0; row < rows; row++) {
        const numbers: number[] = []
        for (let at = parts.starts[row]; at < parts.starts[row + 1]; at++) if (!isNull?.[at]) numbers.push(at)
        numbers.sort((a, b) => ranks[a] - ranks[b])
        for (const at of numbers.slice(0, Math.max(0, limit(row) ?? 0))) picks.push(at)
        offsets.push(picks.length)
      }
      return { picks, offsets }
    },
    example,
  })
  // Elements are picked with their type and lose Nullable at the end.
  return {
    ...definition,
    run: (args, call) => {
      const nullable = args[call.arguments[0].lambda ? 2 : 1].type
      return castColumn(definition.run(args, { ...call, type: nullable }), call.type, call.arena)
    },
  }
}

export const arraySort: readonly FunctionDefinition[] = [
  sort('arraySort', false, 'The elements in ascending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arraySort(x -> -x, [1, 3, 2])',
    '[3,2,1]',
  ]),
  sort('arrayReverseSort', true, 'The elements in descending order, or in that of the lambda of each. NULL is last.', [
    'SELECT arrayReverseSort([1, 3, 2])',
    '[3,2,1]',
  ]),
  partial('arrayPartialSort', 'arrays', true, false, 'The elements, the first so many in ascending order.', [
    'SELECT arrayPartialSort(2, [5, 9, 1, 3])',
    '[1,3,5,9]',
  ]),
  partial('arrayPartialReverseSort', 'arrays', true, true, 'The elements, the first so many in descending order.', [
    'SELECT arrayPartialReverseSort(2, [5, 9, 1, 3])',
    '[9,5,1,3]',
  ]),
  partial('mapSort', 'map', false, false, 'The pairs in ascending order of the keys, or of the lambda of each.', [
    "SELECT mapSort((k, v) -> v, map('k1', 3, 'k2', 1, 'k3', 2))",
    "{'k2':1,'k3':2,'k1':3}",
  ]),
  partial(
    'mapReverseSort',
    'map',
    false,
    true,
    'The pairs in descending order of the keys, or of the lambda of each.',
    ["SELECT mapReverseSort((k, v) -> v, map('k1', 3, 'k2', 1, 'k3', 2))", "{'k1':3,'k3':2,'k2':1}"],
  ),
  partial('mapPartialSort', 'map', true, false, 'The pairs, the first so many in ascending order.', [
    "SELECT mapPartialSort((k, v) -> v, 2, map('k1', 3, 'k2', 1, 'k3', 2))",
    "{'k2':1,'k3':2,'k1':3}",
  ]),
  partial('mapPartialReverseSort', 'map', true, true, 'The pairs, the first so many in descending order.', [
    "SELECT mapPartialReverseSort((k, v) -> v, 2, map('k1', 3, 'k2', 1, 'k3', 2))",
    "{'k1':3,'k3':2,'k2':1}",
  ]),
  top('arrayTopK', true, 'The largest so many elements, in descending order, without NULL.', [
    'SELECT arrayTopK(3, [1, 5, 2, 7, 3])',
    '[7,5,3]',
  ]),
  top('arrayBottomK', false, 'The smallest so many elements, in ascending order, without NULL.', [
    'SELECT arrayBottomK(3, [1, 5, 2, 7, 3])',
    '[1,2,3]',
  ]),
]
