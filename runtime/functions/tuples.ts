import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, MapType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { castColumn } from './castColumn.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { equalMask } from './conditional.ts'
import { maskColumn } from './fixedColumns.ts'

const isTuple = (type: DataType): boolean => type instanceof TupleType
const isMap = (type: DataType): boolean => type instanceof MapType
const UInt8 = parseType('UInt8')

const tuple = defineFunction({
  name: 'tuple',
  about: 'A tuple of the arguments.',
  category: 'Tuples',
  arguments: [{ name: 'x', repeated: true }],
  nulls: 'own',
  lowCardinality: 'own',
  returns: args => new TupleType(args.map(argument => argument.type)),
  run: (args, { type, rows, arena }) => new TupleColumn(arena.memory, args, rows, type as TupleType),
  examples: [["SELECT tuple(1, 'a')", "(1,'a')"]],
})

/** The element that a number (from 1, or from the end where negative) or a name means; -1 where there is none and a default stands in. */
function elementIndex(type: TupleType, { constant }: ArgumentInfo, hasDefault: boolean): number {
  const { elements, names } = type
  if (typeof constant === 'string') {
    const at = names?.indexOf(constant) ?? -1
    if (at >= 0 || hasDefault) return at
    throw new DBError('NOT_FOUND_COLUMN_IN_BLOCK', `Tuple doesn't have element with name '${constant}'`)
  }
  const index = Number(constant)
  if (!Number.isInteger(index) || index === 0)
    throw new DBError(
      'ILLEGAL_INDEX',
      'Indices in tuples are 1-based, and so a number other than 0 or a name is expected',
    )
  const at = index > 0 ? index - 1 : elements.length + index
  if (at >= 0 && at < elements.length) return at
  if (hasDefault) return -1
  throw new DBError('ARGUMENT_OUT_OF_BOUND', `Tuple doesn't have element with index '${index}'`)
}

/** Of an array of tuples: an array of the elements. */
const tupleElement = defineFunction({
  name: 'tupleElement',
  about: 'An element of a tuple, by number from 1 or by name; of an array of tuples, the array of these elements.',
  category: 'Tuples',
  arguments: [{ name: 'tuple' }, { name: 'index', constant: true }, { name: 'default', optional: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: args => {
    const [given, index, otherwise] = args
    const inner = given.type instanceof ArrayType ? given.type.element : given.type
    if (!(inner instanceof TupleType)) {
      if (otherwise) return otherwise.type
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `First argument for function tupleElement must be tuple or array of tuple. Actual ${given.type.name}`,
      )
    }
    const at = elementIndex(inner, index, otherwise !== undefined)
    if (at < 0) return otherwise!.type
    const element = inner.elements[at]
    return given.type instanceof ArrayType ? new ArrayType(element) : element
  },
  run: ([given, , otherwise], { type, rows, arguments: args }) => {
    const inner = given.type instanceof ArrayType ? given.type.element : given.type
    const at = inner instanceof TupleType ? elementIndex(inner, args[1], otherwise !== undefined) : -1
    if (at < 0) return otherwise
    if (given instanceof TupleColumn) return given.columns[at]
    const array = given as ArrayColumn
    return new ArrayColumn(array.offsets, (array.elements as TupleColumn).columns[at], rows, type)
  },
  examples: [["SELECT tupleElement((1, 'a'), 2), (1, 'a').1", 'a\t1']],
})

const untupled = (given: Column): TupleColumn => given as TupleColumn

const tupleNames = defineFunction({
  name: 'tupleNames',
  about: 'The names of the elements; their numbers where they have none.',
  category: 'Tuples',
  arguments: [{ name: 'tuple', accepts: isTuple }],
  returns: () => new ArrayType(parseType('String')),
  run: ([given], { type, rows, arena }) => {
    const { elements, names } = given.type as TupleType
    const texts = names ?? elements.map((_, i) => String(i + 1))
    return new ConstColumn(columnOf(type, [[...texts]], arena), rows)
  },
  examples: [['SELECT tupleNames(tuple(1, 2))', "['1','2']"]],
})

const tupleConcat = defineFunction({
  name: 'tupleConcat',
  about: 'The elements of all tuples as one tuple.',
  category: 'Tuples',
  arguments: [
    { name: 'tuple', accepts: isTuple },
    { name: 'more', accepts: isTuple, repeated: true },
  ],
  returns: args => new TupleType(args.flatMap(argument => (argument.type as TupleType).elements)),
  run: (args, { type, rows, arena }) =>
    new TupleColumn(
      arena.memory,
      args.flatMap(column => untupled(column).columns),
      rows,
      type as TupleType,
    ),
  examples: [['SELECT tupleConcat((1, 2), (3, 4))', '(1,2,3,4)']],
})

/** map(k1, v1, k2, v2, ...) */
const map = defineFunction({
  name: 'map',
  about: 'A map of keys and values in turn.',
  category: 'Maps',
  arguments: [{ name: 'x', repeated: true }],
  nulls: 'own',
  lowCardinality: 'own',
  returns: args => {
    if (args.length % 2 === 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `Function map requires even number of arguments, but ${args.length} given`,
      )
    const types = args.map(argument => argument.type)
    return new MapType(commonType(types.filter((_, i) => i % 2 === 0)), commonType(types.filter((_, i) => i % 2 === 1)))
  },
  run: (args, { type, rows, arena }) => {
    const { key, value, pairs } = type as MapType
    const count = args.length / 2
    const side = (part: 0 | 1, as: DataType): Column => {
      const columns = args.filter((_, i) => i % 2 === part).map(column => castColumn(column, as, arena).full(arena))
      if (columns.length === 0) return columnOf(as, [], arena)
      const numbers = arena.allocate(rows * count * 4)
      const { u32 } = arena.memory
      for (let row = 0, at = numbers / 4; row < rows; row++) for (let k = 0; k < count; k++) u32[at++] = k * rows + row
      return concatColumns(columns, arena).gather(numbers, rows * count, arena)
    }
    const tuples = new TupleColumn(
      arena.memory,
      [side(0, key), side(1, value)],
      rows * count,
      pairs.element as TupleType,
    )
    const offsets = arena.allocate((rows + 1) * 4)
    arena.memory.kernels.fillRange(0, count, rows + 1, offsets)
    return new ArrayColumn(offsets, tuples, rows, type)
  },
  examples: [["SELECT map('a', 1, 'b', 2)", "{'a':1,'b':2}"]],
})

const mapSide = (name: 'mapKeys' | 'mapValues', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: 'Maps',
    arguments: [{ name: 'map', accepts: isMap }],
    returns: ([given]) =>
      new ArrayType(name === 'mapKeys' ? (given.type as MapType).key : (given.type as MapType).value),
    run: ([given], { type, rows }) => {
      const { offsets, elements } = given as ArrayColumn
      return new ArrayColumn(offsets, untupled(elements).columns[name === 'mapKeys' ? 0 : 1], rows, type)
    },
    examples: [example],
  })

const mapContains = defineFunction({
  name: 'mapContains',
  aliases: ['mapContainsKey'],
  about: 'Whether the map has the key.',
  category: 'Maps',
  arguments: [{ name: 'map', accepts: isMap }, { name: 'key' }],
  lowCardinality: 'plain',
  returns: () => UInt8,
  run: ([given, key], { rows, arena }) => {
    const column = given as ArrayColumn
    const { offsets, elements } = column.compact(arena)
    const numbers = arena.allocate(elements.rows * 4)
    const { kernels } = arena.memory
    kernels.replicateIndices(offsets, numbers, rows)
    const mask = equalMask(
      untupled(elements).columns[0],
      key.gather(numbers, elements.rows, arena),
      elements.rows,
      arena,
    )
    const { u8, u32 } = arena.memory
    const out = arena.allocateZeroed(rows)
    for (let row = 0; row < rows; row++)
      for (let at = u32[offsets / 4 + row]; at < u32[offsets / 4 + row + 1]; at++) u8[out + row] |= u8[mask + at]
    return maskColumn(out, rows, arena)
  },
  examples: [["SELECT mapContains(map('a', 1), 'a')", '1']],
})

export const tuples: readonly FunctionDefinition[] = [
  tuple,
  tupleElement,
  tupleNames,
  tupleConcat,
  map,
  mapSide('mapKeys', 'The keys of the map.', ["SELECT mapKeys(map('a', 1))", "['a']"]),
  mapSide('mapValues', 'The values of the map.', ["SELECT mapValues(map('a', 1))", '[1]']),
  mapContains,
]
