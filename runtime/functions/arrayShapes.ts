// Arrays in other shapes: windows, transposed, zipped, repeated, in another order.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { arrayOf, checkElement, elementOf, isArray, numbersOf, rearrange } from './arrayColumns.ts'
import { nullableOf } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { compareValues } from './compareColumns.ts'
import { newFixed } from './fixedColumns.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger } from './numericTypes.ts'

const category = 'Arrays'
const arrayRule = { name: 'array', accepts: isArray }

const arrayShingles = defineFunction({
  name: 'arrayShingles',
  about: 'The runs of so many neighbours.',
  category,
  arguments: [arrayRule, { name: 'length', accepts: isInteger }],
  returns: ([given]) => new ArrayType(given.type),
  run: ([given, length], { type, rows, arena }) => {
    const { offsets, elements } = (given as ArrayColumn).compact(arena)
    const sizes = numbersOf(length, arena)
    const { u32 } = arena.memory
    const picks: number[] = []
    const inner = [0]
    const outer = [0]
    for (let row = 0; row < rows; row++) {
      const [start, end] = [u32[offsets / 4 + row], u32[offsets / 4 + row + 1]]
      const size = sizes(row) ?? 0
      if (size < 1 || size > end - start)
        throw new DBError(
          'BAD_ARGUMENTS',
          `Shingles of function arrayShingles have from 1 to ${end - start} elements, the array's size; got ${size}`,
        )
      for (let at = start; at + size <= end; at++) {
        for (let k = 0; k < size; k++) picks.push(at + k)
        inner.push(picks.length)
      }
      outer.push(inner.length - 1)
    }
    const shingles = arrayOf(elements, picks, inner, elementOf(type), arena)
    return new ArrayColumn(placeU32(arena, outer), shingles, rows, type)
  },
  examples: [['SELECT arrayShingles([1, 2, 3, 4], 3)', '[[1,2,3],[2,3,4]]']],
})

const arrayTranspose = defineFunction({
  name: 'arrayTranspose',
  about: 'Rows and columns of a matrix exchanged.',
  category,
  arguments: [{ name: 'matrix', accepts: type => isArray(type) && isArray(elementOf(type)) }],
  returns: ([given]) => given.type,
  run: ([given], { type, rows, arena }) => {
    const outer = (given as ArrayColumn).compact(arena)
    const inner = (outer.elements as ArrayColumn).compact(arena)
    const { u32 } = arena.memory
    const picks: number[] = []
    const innerOffsets = [0]
    const outerOffsets = [0]
    for (let row = 0; row < rows; row++) {
      const [start, end] = [u32[outer.offsets / 4 + row], u32[outer.offsets / 4 + row + 1]]
      const begin = (k: number) => u32[inner.offsets / 4 + k]
      const width = end > start ? begin(start + 1) - begin(start) : 0
      for (let k = start; k < end; k++)
        if (begin(k + 1) - begin(k) !== width)
          throw new DBError('ILLEGAL_COLUMN', 'Arrays of the matrix of function arrayTranspose must have equal sizes')
      for (let column = 0; column < width; column++) {
        for (let k = start; k < end; k++) picks.push(begin(k) + column)
        innerOffsets.push(picks.length)
      }
      outerOffsets.push(innerOffsets.length - 1)
    }
    const arrays = arrayOf(inner.elements, picks, innerOffsets, elementOf(type), arena)
    return new ArrayColumn(placeU32(arena, outerOffsets), arrays, rows, type)
  },
  examples: [['SELECT arrayTranspose([[1, 2], [3, 4]])', '[[1,3],[2,4]]']],
})

const arrayZipUnaligned = defineFunction({
  name: 'arrayZipUnaligned',
  about: 'Arrays as one array of tuples, with NULL where an array has ended.',
  category,
  arguments: [arrayRule, { ...arrayRule, repeated: true }],
  returns: args => new ArrayType(new TupleType(args.map(argument => nullableOf(elementOf(argument.type))))),
  run: (args, { type, rows, arena }) => {
    const parts = (args as readonly ArrayColumn[]).map(column => column.compact(arena))
    const starts = parts.map(({ offsets }) => arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1))
    const picks: number[][] = parts.map(() => [])
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      const longest = Math.max(...starts.map(own => own[row + 1] - own[row]))
      for (const [i, own] of starts.entries())
        for (let k = 0; k < longest; k++) picks[i].push(own[row] + k < own[row + 1] ? own[row] + k : noRow)
      offsets.push(offsets[row] + longest)
    }
    const tuple = elementOf(type) as TupleType
    const count = offsets[rows]
    const columns = parts.map(({ elements }, i) =>
      castColumn(elements, tuple.elements[i], arena).full(arena).gather(placeU32(arena, picks[i]), count, arena),
    )
    const tuples = new TupleColumn(arena.memory, columns, count, tuple)
    return new ArrayColumn(placeU32(arena, offsets), tuples, rows, type)
  },
  examples: [["SELECT arrayZipUnaligned(['a'], [1, 2])", "[('a',1),(NULL,2)]"]],
})

const emptyArrayToSingle = defineFunction({
  name: 'emptyArrayToSingle',
  about: 'The array, or one of the default alone where it is empty.',
  category,
  arguments: [arrayRule],
  returns: ([given]) => given.type,
  run: ([given], { type, arena }) => {
    const column = given as ArrayColumn
    const { offsets, elements } = column.compact(arena)
    const element = elementOf(type)
    const joined = concatColumns([elements, columnOf(element, [element.default], arena)], arena)
    const whole = new ArrayColumn(offsets, joined, column.rows, type)
    return rearrange(whole, type, arena, (start, end, _, push) => {
      if (start === end) push(elements.rows)
      for (let at = start; at < end; at++) push(at)
    })
  },
  examples: [['SELECT emptyArrayToSingle(emptyArrayUInt8())', '[0]']],
})

const replicate = defineFunction({
  name: 'replicate',
  about: 'The value as often as an array has elements.',
  category,
  arguments: [{ name: 'x' }, { name: 'array' }, { name: 'more', repeated: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([x, ...arrays]) => {
    for (const { type } of arrays)
      if (!isArray(type))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Argument of function replicate must be an array, got ${type.name}`,
        )
    return new ArrayType(x.type)
  },
  run: ([x, array], { type, rows, arena }) => {
    const { offsets, elements } = (array as ArrayColumn).compact(arena)
    const numbers = arena.allocate(elements.rows * 4)
    arena.memory.kernels.replicateIndices(offsets, numbers, rows)
    return new ArrayColumn(offsets, x.gather(numbers, elements.rows, arena), rows, type)
  },
  examples: [["SELECT replicate(1, ['a', 'b', 'c'])", '[1,1,1]']],
})

const indexOfAssumeSorted = defineFunction({
  name: 'indexOfAssumeSorted',
  about: 'A place of the value in a sorted array, the first one, found by halving; 0 where it is not.',
  category,
  arguments: [{ name: 'array', accepts: isArray }, { name: 'x' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([given, value]) => {
    checkElement('indexOfAssumeSorted', given.type, value.type)
    commonType([elementOf(given.type), value.type])
    return parseType('UInt64')
  },
  run: ([given, value], { type, rows, arena }) => {
    const { offsets, elements } = (given as ArrayColumn).compact(arena)
    const common = commonType([elements.type, value.type])
    const [keys, wanted] = [elements, value].map(column => castColumn(column, common, arena).full(arena))
    const out = newFixed(type, rows, arena)
    const { u32, u64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const start = u32[offsets / 4 + row]
      let [low, high] = [start, u32[offsets / 4 + row + 1]]
      const end = high
      const target = wanted.valueAt(row)
      // NULL is behind all values.
      const isBefore = (at: number): boolean => {
        const key = keys.valueAt(at)
        if (target === null || key === null) return key !== null
        return compareValues(key, target) < 0
      }
      while (low < high) {
        const middle = (low + high) >> 1
        if (isBefore(middle)) low = middle + 1
        else high = middle
      }
      const found =
        low < end && (target === null ? keys.valueAt(low) === null : compareValues(keys.valueAt(low), target) === 0)
      u64[out.pointer / 8 + row] = found ? BigInt(low - start + 1) : 0n
    }
    return out
  },
  examples: [['SELECT indexOfAssumeSorted([1, 3, 3, 3, 4, 4, 5], 4)', '5']],
})

/** A generator of numbers below a bound, from a seed (SplitMix64). */
function seeded(seed: bigint): (below: number) => number {
  let state = BigInt.asUintN(64, seed)
  return below => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
    let z = state
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
    return Number((z ^ (z >> 31n)) % BigInt(below))
  }
}

/** Each row's elements in a random order, or so many of them. */
function shuffled(
  column: ArrayColumn,
  limit: (row: number) => number | null,
  isCut: boolean,
  seed: Column | undefined,
  { type, arena, environment }: Call,
): Column {
  const random = seed
    ? seeded(BigInt(Number(seed.valueAt(0) ?? 0)))
    : (below: number) => Math.floor(environment.random() * below)
  return rearrange(column, type, arena, (start, end, row, push) => {
    const numbers = Array.from({ length: end - start }, (_, k) => start + k)
    const given = limit(row)
    const count = given === null || given <= 0 ? (isCut ? 0 : numbers.length) : Math.min(given, numbers.length)
    for (let k = 0; k < Math.min(count, numbers.length - 1); k++) {
      const other = k + random(numbers.length - k)
      ;[numbers[k], numbers[other]] = [numbers[other], numbers[k]]
    }
    for (const at of isCut ? numbers.slice(0, count) : numbers) push(at)
  })
}

const shuffling = (
  name: 'arrayShuffle' | 'arrayPartialShuffle' | 'arrayRandomSample',
  about: string,
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      arrayRule,
      ...(name === 'arrayShuffle'
        ? []
        : [{ name: 'count', accepts: isInteger, optional: name === 'arrayPartialShuffle' }]),
      ...(name === 'arrayRandomSample' ? [] : [{ name: 'seed', accepts: isInteger, optional: true }]),
    ],
    deterministic: false,
    returns: ([given]) => given.type,
    run: (args, call) => {
      const [array, ...others] = args
      const count = name === 'arrayShuffle' ? undefined : others.shift()
      const limit = count ? numbersOf(count, call.arena) : () => null
      if (name === 'arrayRandomSample')
        for (let row = 0; row < call.rows; row++)
          if ((limit(row) ?? 0) < 0)
            throw new DBError('BAD_ARGUMENTS', 'A sample of function arrayRandomSample has no negative size')
      return shuffled(array as ArrayColumn, limit, name === 'arrayRandomSample', others[0], call)
    },
  })

export const arrayShapes: readonly FunctionDefinition[] = [
  arrayShingles,
  arrayTranspose,
  arrayZipUnaligned,
  emptyArrayToSingle,
  replicate,
  indexOfAssumeSorted,
  shuffling('arrayShuffle', 'The elements in a random order, one and the same for a seed.'),
  shuffling('arrayPartialShuffle', 'The elements, the first so many of them picked at random.'),
  shuffling('arrayRandomSample', 'So many of the elements, picked at random.'),
]
