// Arrays as sets: each value once, numbered, shared or left out.
import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { arrayOf, bounds, checkElement, elementOf, isArray, keyOf, rearrange, withoutNulls } from './arrayColumns.ts'
import { castColumn } from './castColumn.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'

const category = 'Arrays'

const arrayDistinct = defineFunction({
  name: 'arrayDistinct',
  about: 'Each value once, without NULL.',
  category,
  arguments: [{ name: 'array', accepts: isArray }],
  returns: ([given]) => withoutNulls(given.type),
  run: ([given], { type, arena }) => {
    const column = given as ArrayColumn
    const distinct = rearrange(column, given.type, arena, (start, end, _, push) => {
      const seen = new Set<string>()
      for (let at = start; at < end; at++) {
        const value = column.elements.valueAt(at)
        const key = keyOf(value)
        if (value === null || seen.has(key)) continue
        seen.add(key)
        push(at)
      }
    })
    return castColumn(distinct, type, arena)
  },
  examples: [['SELECT arrayDistinct([1, 2, 1])', '[1,2]']],
})

const arrayCompact = defineFunction({
  name: 'arrayCompact',
  about: 'Without elements that repeat the one before.',
  category,
  arguments: [{ name: 'array', accepts: isArray }],
  returns: ([given]) => given.type,
  run: ([given], { type, arena }) => {
    const column = given as ArrayColumn
    return rearrange(column, type, arena, (start, end, _, push) => {
      let last: string | null = null
      for (let at = start; at < end; at++) {
        const key = keyOf(column.elements.valueAt(at))
        if (key !== last) push(at)
        last = key
      }
    })
  },
  examples: [['SELECT arrayCompact([1, 1, 2, 1])', '[1,2,1]']],
})

/** Numbers for the elements of arrays of equal lengths, by the values that stand in them. */
const enumerating = (
  name: 'arrayEnumerate' | 'arrayEnumerateUniq' | 'arrayEnumerateDense' | 'arrayUniq',
  about: string,
  example: [string, string],
) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'array', accepts: isArray },
      { name: 'more', accepts: isArray, repeated: true },
    ],
    returns: () => (name === 'arrayUniq' ? parseType('UInt32') : new ArrayType(parseType('UInt32'))),
    run: (args, { type, rows, arena }) => {
      const columns = args as readonly ArrayColumn[]
      const starts = columns.map(bounds)
      const numbers: number[] = []
      const offsets = [0]
      for (let row = 0; row < rows; row++) {
        const size = starts[0][row + 1] - starts[0][row]
        if (starts.some(own => own[row + 1] - own[row] !== size))
          throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Lengths of all arrays passed to ${name} must be equal.`)
        const seen = new Map<string, number>()
        for (let k = 0; k < size; k++) {
          if (name === 'arrayEnumerate') {
            numbers.push(k + 1)
            continue
          }
          const values = columns.map((column, i) => column.elements.valueAt(starts[i][row] + k))
          if (name === 'arrayUniq' && values.every(value => value === null)) {
            seen.set('null', 0)
            continue
          }
          const key = keyOf(values)
          const before = seen.get(key)
          if (name === 'arrayEnumerateUniq') numbers.push((before ?? 0) + 1)
          const number = name === 'arrayEnumerateDense' ? (before ?? seen.size + 1) : (before ?? 0) + 1
          if (name === 'arrayEnumerateDense') numbers.push(number)
          seen.set(key, number)
        }
        if (name === 'arrayUniq') numbers.push(seen.size)
        offsets.push(numbers.length)
      }
      const column = new FixedColumn(parseType('UInt32'), arena.memory, placeU32(arena, numbers), numbers.length)
      return name === 'arrayUniq' ? column : new ArrayColumn(placeU32(arena, offsets), column, rows, type)
    },
    examples: [example],
  })

const arrayIntersect = defineFunction({
  name: 'arrayIntersect',
  about: 'Values that every array has, each once.',
  category,
  arguments: [
    { name: 'array', accepts: isArray },
    { name: 'more', accepts: isArray, repeated: true },
  ],
  returns: args => {
    const type = commonType(args.map(argument => argument.type))
    // NULL is common only to arrays that may all have it.
    return args.every(argument => elementOf(argument.type).isNullable) ? type : withoutNulls(type)
  },
  run: (args, { type, arena }) => {
    const common = commonType(args.map(column => column.type))
    const columns = args.map(column => castColumn(column, common, arena) as ArrayColumn)
    const [first, ...others] = columns
    const shared = rearrange(first, common, arena, (start, end, row, push) => {
      const sets = others.map(column => new Set((column.valueAt(row) as unknown[]).map(keyOf)))
      const seen = new Set<string>()
      for (let at = start; at < end; at++) {
        const key = keyOf(first.elements.valueAt(at))
        if (seen.has(key) || !sets.every(set => set.has(key))) continue
        seen.add(key)
        push(at)
      }
    })
    return castColumn(shared, type, arena)
  },
  examples: [['SELECT arrayIntersect([1, 2], [2, 3])', '[2]']],
})

const arrayExcept = defineFunction({
  name: 'arrayExcept',
  about: 'The elements of the first array that are not in the second, in their order.',
  category,
  arguments: [
    { name: 'source', accepts: isArray },
    { name: 'except', accepts: isArray },
  ],
  returns: ([a, b]) => {
    checkElement('arrayExcept', a.type, elementOf(b.type))
    return a.type
  },
  run: ([a, b], { type, rows, arena }) => {
    const common = commonType([a.type, b.type])
    const [left, right] = [a, b].map(column => castColumn(column, common, arena) as ArrayColumn)
    const starts = bounds(a as ArrayColumn)
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      const unwanted = new Set((right.valueAt(row) as unknown[]).map(keyOf))
      for (const [at, value] of (left.valueAt(row) as unknown[]).entries())
        if (!unwanted.has(keyOf(value))) picks.push(starts[row] + at)
      offsets.push(picks.length)
    }
    return arrayOf((a as ArrayColumn).elements, picks, offsets, type, arena)
  },
  examples: [['SELECT arrayExcept([1, 2, 3, 2, 4], [3, 5])', '[1,2,2,4]']],
})

export const arraySets: readonly FunctionDefinition[] = [
  arrayExcept,
  arrayDistinct,
  arrayCompact,
  enumerating('arrayEnumerate', 'The numbers of the elements, from 1.', ['SELECT arrayEnumerate([5, 6])', '[1,2]']),
  enumerating('arrayEnumerateUniq', 'For each element, the how many-th of its value it is.', [
    'SELECT arrayEnumerateUniq([1, 1, 2])',
    '[1,2,1]',
  ]),
  enumerating('arrayEnumerateDense', 'For each element, the number of its value in the order of first appearance.', [
    'SELECT arrayEnumerateDense([5, 7, 5])',
    '[1,2,1]',
  ]),
  enumerating('arrayUniq', 'How many different values there are.', ['SELECT arrayUniq([1, 2, 1])', '2']),
  arrayIntersect,
]
