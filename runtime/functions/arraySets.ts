// Arrays as sets: each value once, numbered, shared or left out.
import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { arrayOf, checkElement, elementOf, isArray, withoutNulls } from './arrayColumns.ts'
import { castColumn } from './castColumn.ts'
import { equalMask } from './conditional.ts'
import { numberElements, type NumberedArrays, numberValues } from './elementNumbers.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { hashTableOrder } from './hashTableOrder.ts'

const category = 'Arrays'
const UInt32 = parseType('UInt32')
const arraysRule = [
  { name: 'array', accepts: isArray },
  { name: 'more', accepts: isArray, repeated: true },
]

const arrayDistinct = defineFunction({
  name: 'arrayDistinct',
  about: 'Each value once, without NULL.',
  category,
  arguments: [{ name: 'array', accepts: isArray }],
  returns: ([given]) => withoutNulls(given.type),
  run: (args, { type, rows, arena }) => {
    const { starts, numbers, count, nullNumber, elements } = numberElements(args, arena)
    const [ids] = numbers
    const seenIn = new Uint32Array(count)
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      for (let at = starts[0][row]; at < starts[0][row + 1]; at++) {
        const id = ids[at]
        if (id === nullNumber || seenIn[id] === row + 1) continue
        seenIn[id] = row + 1
        picks.push(at)
      }
      offsets.push(picks.length)
    }
    return castColumn(arrayOf(elements, picks, offsets, args[0].type, arena), type, arena)
  },
  examples: [['SELECT arrayDistinct([1, 2, 1])', '[1,2]']],
})

const arrayCompact = defineFunction({
  name: 'arrayCompact',
  about: 'Without elements that repeat the one before.',
  category,
  arguments: [{ name: 'array', accepts: isArray }],
  returns: ([given]) => given.type,
  run: (args, { type, rows, arena }) => {
    const { starts, numbers, elements } = numberElements(args, arena)
    const [ids] = numbers
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      const start = starts[0][row]
      for (let at = start; at < starts[0][row + 1]; at++) if (at === start || ids[at] !== ids[at - 1]) picks.push(at)
      offsets.push(picks.length)
    }
    return arrayOf(elements, picks, offsets, type, arena)
  },
  examples: [['SELECT arrayCompact([1, 1, 2, 1])', '[1,2,1]']],
})

/** A number for the elements at each place of arrays of equal lengths. */
function numberPlaces(name: string, args: readonly Column[], rows: number, arena: Arena) {
  const parts = (args as readonly ArrayColumn[]).map(column => column.compact(arena))
  const { u32 } = arena.memory
  const [first] = parts
  const starts = u32.slice(first.offsets / 4, first.offsets / 4 + rows + 1)
  for (const { offsets } of parts)
    for (let row = 0; row <= rows; row++)
      if (u32[offsets / 4 + row] !== starts[row])
        throw new DBError('SIZES_OF_ARRAYS_DOESNT_MATCH', `Lengths of all arrays passed to ${name} must be equal.`)
  const columns = parts.map(({ elements }) => elements)
  return { ...numberValues(columns, starts[rows], arena), offsets: first.offsets, starts, columns }
}

/** Numbers for the elements of arrays of equal lengths, by the values that stand in them. */
const enumerating = (
  name: 'arrayEnumerate' | 'arrayEnumerateUniq' | 'arrayEnumerateDense',
  about: string,
  example: [string, string],
) =>
  defineFunction({
    name,
    about,
    category,
    arguments: name === 'arrayEnumerate' ? arraysRule.slice(0, 1) : arraysRule,
    returns: () => new ArrayType(UInt32),
    run: (args, { type, rows, arena }) => {
      const { numbers, count, offsets, starts } = numberPlaces(name, args, rows, arena)
      const out = new Uint32Array(numbers.length)
      const seenIn = new Uint32Array(count)
      const value = new Uint32Array(count)
      for (let row = 0; row < rows; row++) {
        let different = 0
        for (let at = starts[row]; at < starts[row + 1]; at++) {
          const id = numbers[at]
          const isNew = seenIn[id] !== row + 1
          seenIn[id] = row + 1
          if (isNew) value[id] = name === 'arrayEnumerateDense' ? ++different : 1
          else if (name === 'arrayEnumerateUniq') value[id]++
          out[at] = name === 'arrayEnumerate' ? at - starts[row] + 1 : value[id]
        }
      }
      const elements = new FixedColumn(UInt32, arena.memory, placeU32(arena, out), out.length)
      return new ArrayColumn(offsets, elements, rows, type)
    },
    examples: [example],
  })

const arrayUniq = defineFunction({
  name: 'arrayUniq',
  about: 'How many different values there are.',
  category,
  arguments: arraysRule,
  returns: () => UInt32,
  run: (args, { rows, arena }) => {
    const { numbers, count, starts } = numberPlaces('arrayUniq', args, rows, arena)
    const seenIn = new Uint32Array(count)
    const out = new Uint32Array(rows)
    for (let row = 0; row < rows; row++) {
      let different = 0
      for (let at = starts[row]; at < starts[row + 1]; at++) {
        if (seenIn[numbers[at]] === row + 1) continue
        seenIn[numbers[at]] = row + 1
        different++
      }
      out[row] = different
    }
    return new FixedColumn(UInt32, arena.memory, placeU32(arena, out), rows)
  },
  examples: [['SELECT arrayUniq([1, 2, 1])', '2']],
})

const arrayIntersect = defineFunction({
  name: 'arrayIntersect',
  about: 'Values that every array has, each once.',
  category,
  arguments: arraysRule,
  returns: args => {
    const type = commonType(args.map(argument => argument.type))
    // NULL is common only to arrays that may all have it.
    return args.every(argument => elementOf(argument.type).isNullable) ? type : withoutNulls(type)
  },
  run: (args, { type, rows, arena }) => {
    const { starts, numbers, count, elements, columns } = numberElements(args, arena)
    // How many arrays of this row had the value, counted up array by array.
    const seen = new Float64Array(count)
    const picks: number[] = []
    const offsets = [0]
    const last = numbers.length
    for (let row = 0; row < rows; row++) {
      const base = row * (last + 2)
      for (let k = 1; k < last; k++)
        for (let at = starts[k][row]; at < starts[k][row + 1]; at++) {
          const id = numbers[k][at]
          if (k === 1 || seen[id] === base + k - 1) seen[id] = base + k
        }
      for (let at = starts[0][row]; at < starts[0][row + 1]; at++) {
        const id = numbers[0][at]
        if (last > 1 ? seen[id] !== base + last - 1 : seen[id] === base + last + 1) continue
        seen[id] = base + last + 1
        picks.push(at)
      }
      offsets.push(picks.length)
    }
    return castColumn(arrayOf(elements, picks, offsets, columns[0].type, arena), type, arena)
  },
  examples: [['SELECT arrayIntersect([1, 2], [2, 3])', '[2]']],
})

/** Values of several arrays, each once, in the order of a hash table; NULL is last. */
function fromTable(
  numbered: NumberedArrays,
  chosen: (row: number, visit: (id: number, element: number) => void) => void,
  { type, rows, arena }: Call,
): ArrayColumn {
  const { elements, nullNumber, columns } = numbered
  const picks: number[] = []
  const offsets = [0]
  for (let row = 0; row < rows; row++) {
    const found: number[] = []
    let nullAt = -1
    chosen(row, (id, element) => {
      if (id === nullNumber) nullAt = element
      else found.push(element)
    })
    for (const element of hashTableOrder(elements, found)) picks.push(element)
    if (nullAt >= 0) picks.push(nullAt)
    offsets.push(picks.length)
  }
  return castColumn(arrayOf(elements, picks, offsets, columns[0].type, arena), type, arena) as ArrayColumn
}

const united = (name: 'arrayUnion' | 'arraySymmetricDifference', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: arraysRule,
    returns: args => commonType(args.map(argument => argument.type)),
    run: (args, call) => {
      const numbered = numberElements(args, call.arena)
      const { starts, numbers, count, bases } = numbered
      const arrays = new Map<number, { element: number; in: number; last: number }>()
      if (count === 0) return castColumn(numbered.columns[0], call.type, call.arena)
      return fromTable(
        numbered,
        (row, visit) => {
          arrays.clear()
          for (const [k, ids] of numbers.entries())
            for (let at = starts[k][row]; at < starts[k][row + 1]; at++) {
              const entry = arrays.get(ids[at])
              if (!entry) arrays.set(ids[at], { element: bases[k] + at, in: 1, last: k })
              else if (entry.last !== k) {
                entry.in++
                entry.last = k
              }
            }
          for (const [id, entry] of arrays)
            if (name === 'arrayUnion' || entry.in < numbers.length) visit(id, entry.element)
        },
        call,
      )
    },
    examples: [example],
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
  run: (args, { type, rows, arena }) => {
    const { starts, numbers, count } = numberElements(args, arena)
    const unwantedIn = new Uint32Array(count)
    const { elements } = (args[0] as ArrayColumn).compact(arena)
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      for (let at = starts[1][row]; at < starts[1][row + 1]; at++) unwantedIn[numbers[1][at]] = row + 1
      for (let at = starts[0][row]; at < starts[0][row + 1]; at++)
        if (unwantedIn[numbers[0][at]] !== row + 1) picks.push(at)
      offsets.push(picks.length)
    }
    return arrayOf(elements, picks, offsets, type, arena)
  },
  examples: [['SELECT arrayExcept([1, 2, 3, 2, 4], [3, 5])', '[1,2,2,4]']],
})

const arrayRemove = defineFunction({
  name: 'arrayRemove',
  aliases: ['array_remove'],
  about: 'Without the elements that equal a value; NULL removes NULLs.',
  category,
  arguments: [{ name: 'array', accepts: isArray }, { name: 'value' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([given, value]) => {
    checkElement('arrayRemove', given.type, value.type)
    return given.type
  },
  run: ([given, value], { type, rows, arena }) => {
    const { offsets: at, elements } = (given as ArrayColumn).compact(arena)
    const rowOf = arena.allocate(elements.rows * 4)
    const { kernels } = arena.memory
    kernels.replicateIndices(at, rowOf, rows)
    const mask = equalMask(elements, value.gather(rowOf, elements.rows, arena), elements.rows, arena, true)
    const { u8, u32 } = arena.memory
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      for (let k = u32[at / 4 + row]; k < u32[at / 4 + row + 1]; k++) if (!u8[mask + k]) picks.push(k)
      offsets.push(picks.length)
    }
    return arrayOf(elements, picks, offsets, type, arena)
  },
  examples: [['SELECT arrayRemove([1, 2, 2, 3], 2)', '[1,3]']],
})

const arrayJaccardIndex = defineFunction({
  name: 'arrayJaccardIndex',
  about: 'The size of the intersection of two arrays, as sets, divided by that of their union.',
  category,
  arguments: [
    { name: 'a', accepts: isArray },
    { name: 'b', accepts: isArray },
  ],
  returns: ([a, b]) => {
    commonType([a.type, b.type])
    return parseType('Float64')
  },
  run: (args, { type, rows, arena }) => {
    const { starts, numbers, count } = numberElements(args, arena)
    const inFirst = new Uint32Array(count)
    const inSecond = new Uint32Array(count)
    const out = new FixedColumn(type, arena.memory, arena.allocate(rows * 8), rows)
    for (let row = 0; row < rows; row++) {
      const sizes = [starts[0][row + 1] - starts[0][row], starts[1][row + 1] - starts[1][row]]
      for (let at = starts[0][row]; at < starts[0][row + 1]; at++) inFirst[numbers[0][at]] = row + 1
      let both = 0
      for (let at = starts[1][row]; at < starts[1][row + 1]; at++) {
        const id = numbers[1][at]
        if (inFirst[id] === row + 1 && inSecond[id] !== row + 1) both++
        inSecond[id] = row + 1
      }
      arena.memory.f64[out.pointer / 8 + row] = both / (sizes[0] + sizes[1] - both)
    }
    return out
  },
  examples: [['SELECT arrayJaccardIndex([1, 2, 3], [2, 3, 4])', '0.5']],
})

/** The innermost arrays of nested ones, as far down as some depth. */
const ranked = (
  name: 'arrayEnumerateUniqRanked' | 'arrayEnumerateDenseRanked',
  about: string,
  example: [string, string],
) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'clearDepth' }, { name: 'array', accepts: isArray }, { name: 'depth', optional: true }],
    nulls: 'own',
    constants: 'keep',
    returns: ([clear, given, depth]) => {
      const levels = Number(depth?.constant ?? 1)
      const cleared = Number(clear.constant ?? Number.NaN)
      let type: DataType = given.type
      let result: DataType = UInt32
      for (let level = 0; level < levels; level++) {
        if (!(type instanceof ArrayType))
          throw new DBError('BAD_ARGUMENTS', `The depth ${levels} of function ${name} is more than the array has`)
        type = type.element
        result = new ArrayType(result)
      }
      if (!(cleared >= 1 && cleared <= levels))
        throw new DBError('BAD_ARGUMENTS', `The depth at which ${name} starts anew must be from 1 to ${levels}`)
      return result
    },
    run: ([, given], { rows, arena, arguments: infos }) => {
      const levels = Number(infos[2]?.constant ?? 1)
      const clear = Number(infos[0].constant)
      // Of each level, where its arrays start, and how many arrays there are.
      const offsets: number[] = []
      const counts = [rows]
      const { u32 } = arena.memory
      let column: Column = given.full(arena)
      for (let level = 0; level < levels; level++) {
        const inner = (column as ArrayColumn).compact(arena)
        offsets.push(inner.offsets)
        column = inner.elements
        counts.push(column.rows)
      }
      const { numbers, count } = numberValues([column], column.rows, arena)
      // The arrays that start anew, by where their innermost elements start.
      const inElements = Array.from({ length: counts[clear - 1] + 1 }, (_, start) =>
        offsets.slice(clear - 1).reduce((place, at) => u32[at / 4 + place], start),
      )
      const out = new Uint32Array(numbers.length)
      const seenIn = new Uint32Array(count)
      const value = new Uint32Array(count)
      for (let run = 0; run + 1 < inElements.length; run++) {
        let different = 0
        for (let at = inElements[run]; at < inElements[run + 1]; at++) {
          const id = numbers[at]
          if (seenIn[id] !== run + 1) value[id] = name === 'arrayEnumerateDenseRanked' ? ++different : 1
          else if (name === 'arrayEnumerateUniqRanked') value[id]++
          seenIn[id] = run + 1
          out[at] = value[id]
        }
      }
      let result: Column = new FixedColumn(UInt32, arena.memory, placeU32(arena, out), out.length)
      for (let level = levels - 1; level >= 0; level--) result = new ArrayColumn(offsets[level], result, counts[level])
      return result
    },
    examples: [example],
  })

export const arraySets: readonly FunctionDefinition[] = [
  arrayExcept,
  arrayRemove,
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
  ranked('arrayEnumerateUniqRanked', 'As arrayEnumerateUniq, through nested arrays down to a depth.', [
    'SELECT arrayEnumerateUniqRanked(1, [[1, 2, 3], [2, 2, 1], [3]], 2)',
    '[[1,1,1],[2,3,2],[2]]',
  ]),
  ranked('arrayEnumerateDenseRanked', 'As arrayEnumerateDense, through nested arrays down to a depth.', [
    'SELECT arrayEnumerateDenseRanked(2, [[10, 10, 30, 20], [40, 50, 10, 30]], 2)',
    '[[1,1,2,3],[1,2,3,4]]',
  ]),
  arrayUniq,
  arrayIntersect,
  united('arrayUnion', 'Values that any of the arrays has, each once.', ['SELECT arrayUnion([1], [1])', '[1]']),
  united('arraySymmetricDifference', 'Values that not all of the arrays have, each once.', [
    'SELECT arraySymmetricDifference([1, 2], [2])',
    '[1]',
  ]),
  arrayJaccardIndex,
]
