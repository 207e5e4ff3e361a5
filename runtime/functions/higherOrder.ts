// Mapping, filtering and folding arrays by a lambda.
import { ArrayColumn } from '../columns/array.ts'
import { concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { isArray } from './arrayColumns.ts'
import { nullableOf } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { higher, maskOf, perRow, picked } from './lambdaArrays.ts'

const category = 'Arrays'
const UInt8 = parseType('UInt8')
const UInt32 = parseType('UInt32')

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

const arrayFold = defineFunction({
  name: 'arrayFold',
  about: 'The lambda of an accumulator and each element in turn.',
  category,
  arguments: [
    { name: 'lambda', lambda: true },
    { name: 'array', accepts: isArray },
    { name: 'more', repeated: true },
  ],
  nulls: 'literal',
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
  arrayFold,
]
