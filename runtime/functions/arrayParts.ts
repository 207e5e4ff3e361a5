// Arrays put together, cut, turned and filled up.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { noRow } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, MapType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { arrayOf, elementOf, forEachIn, isArray, numbersOf, rearrange } from './arrayColumns.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger } from './numericTypes.ts'

const category = 'Arrays'

const concatenating = (
  name: 'arrayConcat' | 'mapConcat',
  accepts: (type: DataType) => boolean,
  about: string,
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: name === 'arrayConcat' ? category : 'Maps',
    arguments: [
      { name: 'array', accepts },
      { name: 'more', accepts, repeated: true },
    ],
    returns: args => commonType(args.map(argument => argument.type)),
    run: (args, { type, rows, arena }) => {
      const columns = args.map(column => castColumn(column, type, arena) as ArrayColumn)
      const compact = columns.map(column => column.compact(arena))
      const joined = concatColumns(
        compact.map(({ elements }) => elements),
        arena,
      )
      const starts = compact.map(({ offsets }) => arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1))
      let total = 0
      const bases = compact.map(({ elements }) => {
        total += elements.rows
        return total - elements.rows
      })
      const picks: number[] = []
      const offsets = [0]
      for (let row = 0; row < rows; row++) {
        starts.forEach((own, k) => {
          for (let at = own[row]; at < own[row + 1]; at++) picks.push(bases[k] + at)
        })
        offsets.push(picks.length)
      }
      return arrayOf(joined, picks, offsets, type, arena)
    },
    examples: [example],
  })

/** Functions whose result has elements of the array in another order or number. */
const picking = (
  name: string,
  aliases: readonly string[],
  about: string,
  pick: (start: number, end: number, push: (element: number) => void) => void,
  example: [string, string],
) =>
  defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [{ name: 'array', accepts: isArray }],
    returns: ([given]) => given.type,
    run: ([given], { type, arena }) =>
      rearrange(given as ArrayColumn, type, arena, (start, end, _, push) => pick(start, end, push)),
    examples: [example],
  })

const pushing = (name: 'arrayPushBack' | 'arrayPushFront', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'array', accepts: isArray }, { name: 'x' }],
    nulls: 'literal',
    lowCardinality: 'plain',
    returns: ([given, value]) => new ArrayType(commonType([elementOf(given.type), value.type])),
    run: ([given, value], { type, rows, arena }) => {
      const column = castColumn(given, type, arena) as ArrayColumn
      const { offsets, elements } = column.compact(arena)
      const joined = concatColumns([elements, castColumn(value, elementOf(type), arena).full(arena)], arena)
      const starts = arena.memory.u32.slice(offsets / 4, offsets / 4 + rows + 1)
      const picks: number[] = []
      const outOffsets = [0]
      for (let row = 0; row < rows; row++) {
        if (name === 'arrayPushFront') picks.push(elements.rows + row)
        forEachIn(starts[row], starts[row + 1], at => picks.push(at))
        if (name === 'arrayPushBack') picks.push(elements.rows + row)
        outOffsets.push(picks.length)
      }
      return arrayOf(joined, picks, outOffsets, type, arena)
    },
    examples: [example],
  })

const arraySlice = defineFunction({
  name: 'arraySlice',
  about:
    'Elements from a place on (from the end where negative), so many or all; a negative length leaves out elements at the end.',
  category,
  arguments: [{ name: 'array', accepts: isArray }, { name: 'offset' }, { name: 'length', optional: true }],
  nulls: 'literal',
  lowCardinality: 'plain',
  returns: ([given]) => given.type,
  run: ([given, offset, size], { type, arena }) => {
    const at = numbersOf(offset, arena)
    const lengths = size ? numbersOf(size, arena) : null
    return rearrange(given as ArrayColumn, type, arena, (start, end, row, push) => {
      const count = end - start
      const from = at(row)
      if (from === 0) return
      // NULL starts at the first element, and a NULL length takes all.
      const begin = from === null ? 0 : from > 0 ? from - 1 : count + from
      const wanted = lengths?.(row) ?? null
      const stop = wanted === null ? count : wanted < 0 ? count + wanted : begin + wanted
      forEachIn(start + Math.max(begin, 0), start + Math.min(stop, count), push)
    })
  },
  examples: [['SELECT arraySlice([1, 2, 3, 4], 2, 2), arraySlice([1, 2, 3], -2)', '[2,3]\t[2,3]']],
})

const arrayResize = defineFunction({
  name: 'arrayResize',
  about: 'The array at a length: cut off, or filled up with a value; at its front where the length is negative.',
  category,
  arguments: [{ name: 'array', accepts: isArray }, { name: 'size' }, { name: 'extender', optional: true }],
  nulls: 'literal',
  lowCardinality: 'plain',
  returns: ([given, , extender]) =>
    extender ? new ArrayType(commonType([elementOf(given.type), extender.type])) : given.type,
  run: ([given, size, extender], { type, rows, arena }) => {
    const column = castColumn(given, type, arena) as ArrayColumn
    const { offsets, elements } = column.compact(arena)
    const element = elementOf(type)
    const filler = extender
      ? castColumn(extender, element, arena).full(arena)
      : new ConstColumn(columnOf(element, [element.default], arena), rows).full(arena)
    const joined = concatColumns([elements, filler], arena)
    const sizes = numbersOf(size, arena)
    const base = elements.rows
    const compact = new ArrayColumn(offsets, joined, rows, type)
    return rearrange(compact, type, arena, (start, end, row, push) => {
      const wanted = sizes(row) ?? 0
      if (Math.abs(wanted) > 1e9) throw new DBError('TOO_LARGE_ARRAY_SIZE', 'Too large array size')
      const missing = Math.max(Math.abs(wanted) - (end - start), 0)
      if (wanted >= 0) {
        forEachIn(start, Math.min(end, start + wanted), push)
        for (let k = 0; k < missing; k++) push(base + row)
      } else {
        for (let k = 0; k < missing; k++) push(base + row)
        forEachIn(Math.max(start, end + wanted), end, push)
      }
    })
  },
  examples: [['SELECT arrayResize([1, 2], 4), arrayResize([1, 2], -3, 7)', '[1,2,0,0]\t[7,1,2]']],
})

const arrayFlatten = defineFunction({
  name: 'arrayFlatten',
  aliases: ['flatten'],
  caseInsensitive: true,
  about: 'The innermost elements of arrays of arrays as one array.',
  category,
  arguments: [{ name: 'array', accepts: isArray }],
  returns: ([given]) => {
    let { type } = given
    while (elementOf(type) instanceof ArrayType) type = elementOf(type)
    return type
  },
  run: ([given], { rows, arena }) => {
    let { offsets, elements } = (given as ArrayColumn).compact(arena)
    while (elements instanceof ArrayColumn) {
      const inner = elements.compact(arena)
      const { u32 } = arena.memory
      const [outer, below] = [offsets / 4, inner.offsets / 4]
      offsets = placeU32(
        arena,
        Array.from({ length: rows + 1 }, (_, row) => u32[below + u32[outer + row]]),
      )
      elements = inner.elements
    }
    return new ArrayColumn(offsets, elements, rows)
  },
  examples: [['SELECT arrayFlatten([[1], [2, 3]])', '[1,2,3]']],
})

const arrayZip = defineFunction({
  name: 'arrayZip',
  about: 'Arrays of equal lengths as one array of tuples.',
  category,
  arguments: [
    { name: 'array', accepts: isArray },
    { name: 'more', accepts: isArray, repeated: true },
  ],
  returns: args => new ArrayType(new TupleType(args.map(argument => elementOf(argument.type)))),
  run: (args, { type, rows, arena }) => {
    const parts = (args as readonly ArrayColumn[]).map(column => column.compact(arena))
    const { u32 } = arena.memory
    const [first] = parts
    for (const { offsets } of parts)
      for (let row = 0; row <= rows; row++)
        if (u32[offsets / 4 + row] !== u32[first.offsets / 4 + row])
          throw new DBError(
            'SIZES_OF_ARRAYS_DOESNT_MATCH',
            'The argument 1 and argument 2 of function arrayZip have different array sizes',
          )
    const tuples = new TupleColumn(
      arena.memory,
      parts.map(part => part.elements),
      first.elements.rows,
      elementOf(type) as TupleType,
    )
    return new ArrayColumn(first.offsets, tuples, rows, type)
  },
  examples: [["SELECT arrayZip([1, 2], ['a', 'b'])", "[(1,'a'),(2,'b')]"]],
})

/** The places of a row's elements that a rotation or a shift gives, counted in the array; -1 for those that are filled. */
const moved = (name: string, isRotation: boolean, isLeft: boolean, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'array', accepts: isArray },
      { name: 'n', accepts: type => isInteger(type) && type.width <= 8 },
      ...(isRotation ? [] : [{ name: 'default', optional: true }]),
    ],
    returns: ([given, , otherwise]) => {
      const element = elementOf(given.type)
      if (otherwise && (element.kind === 'Nothing' || commonType([element, otherwise.type]).name !== element.name))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `The default of function ${name} must fit the array: ${otherwise.type.name} is no ${element.name}`,
        )
      return given.type
    },
    run: ([given, by, otherwise], { type, rows, arena }) => {
      const { offsets, elements } = (given as ArrayColumn).compact(arena)
      const steps = asInt64(by, arena)
      const count = elements.rows
      const joined = otherwise
        ? concatColumns([elements, castColumn(otherwise, elementOf(type), arena).full(arena)], arena)
        : elements
      const numbers = arena.allocate(count * 4)
      const { u32, i64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const start = u32[offsets / 4 + row]
        const size = u32[offsets / 4 + row + 1] - start
        const step = (isLeft ? 1n : -1n) * i64[steps / 8 + row]
        const rotation = size === 0 ? 0 : Number(step % BigInt(size))
        const shift = step > size ? size : step < -size ? -size : Number(step)
        for (let at = 0; at < size; at++) {
          const from = isRotation ? (at + rotation + size) % size : at + shift
          const isInside = from >= 0 && from < size
          u32[numbers / 4 + start + at] = isInside ? start + from : otherwise ? count + row : noRow
        }
      }
      return new ArrayColumn(offsets, joined.gather(numbers, count, arena), rows, type)
    },
    examples: [example],
  })

export const arrayParts: readonly FunctionDefinition[] = [
  moved('arrayRotateLeft', true, true, 'The elements moved to the left, those that fall out coming back.', [
    'SELECT arrayRotateLeft([1, 2, 3, 4, 5, 6], 2)',
    '[3,4,5,6,1,2]',
  ]),
  moved('arrayRotateRight', true, false, 'The elements moved to the right, those that fall out coming back.', [
    'SELECT arrayRotateRight([1, 2, 3, 4, 5, 6], 2)',
    '[5,6,1,2,3,4]',
  ]),
  moved('arrayShiftLeft', false, true, 'The elements moved to the left, with defaults behind them.', [
    'SELECT arrayShiftLeft([1, 2, 3, 4, 5, 6], 2)',
    '[3,4,5,6,0,0]',
  ]),
  moved('arrayShiftRight', false, false, 'The elements moved to the right, with defaults before them.', [
    'SELECT arrayShiftRight([1, 2, 3, 4, 5, 6], 2)',
    '[0,0,1,2,3,4]',
  ]),
  concatenating('arrayConcat', isArray, 'All elements of the arrays, one array behind the other.', [
    'SELECT arrayConcat([1], [2, 300])',
    '[1,2,300]',
  ]),
  concatenating('mapConcat', type => type instanceof MapType, 'All pairs of the maps, one map behind the other.', [
    "SELECT mapConcat(map('k1', 'v1'), map('k2', 'v2'))",
    "{'k1':'v1','k2':'v2'}",
  ]),
  picking(
    'arrayReverse',
    [],
    'The elements in the opposite order.',
    (start, end, push) => {
      for (let at = end - 1; at >= start; at--) push(at)
    },
    ['SELECT arrayReverse([1, 2, 3])', '[3,2,1]'],
  ),
  picking('arrayPopBack', [], 'Without the last element.', (start, end, push) => forEachIn(start, end - 1, push), [
    'SELECT arrayPopBack([1, 2])',
    '[1]',
  ]),
  picking('arrayPopFront', [], 'Without the first element.', (start, end, push) => forEachIn(start + 1, end, push), [
    'SELECT arrayPopFront([1, 2])',
    '[2]',
  ]),
  pushing('arrayPushBack', 'With one more element at the end.', ['SELECT arrayPushBack([1], 300)', '[1,300]']),
  pushing('arrayPushFront', 'With one more element at the front.', ['SELECT arrayPushFront([1], 2)', '[2,1]']),
  arraySlice,
  arrayResize,
  arrayFlatten,
  arrayZip,
]
