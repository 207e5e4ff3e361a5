import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
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

const isTuple = (type: DataType): boolean => type instanceof TupleType
const isMap = (type: DataType): boolean => type instanceof MapType

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

const flattenTuple = defineFunction({
  name: 'flattenTuple',
  about: 'A tuple of named elements with the elements of inner tuples beside the others, `a.b` for the b of a.',
  category: 'Tuples',
  arguments: [{ name: 'tuple', accepts: isTuple }],
  returns: ([given]) => {
    const { types, names } = flattened(given.type as TupleType)
    return new TupleType(types, names)
  },
  run: ([given], { type, rows, arena }) => {
    const columns: Column[] = []
    const collect = (column: Column): void => {
      if (column instanceof TupleColumn) column.columns.forEach(collect)
      else columns.push(column)
    }
    collect(given)
    return new TupleColumn(arena.memory, columns, rows, type as TupleType)
  },
  examples: [["SELECT flattenTuple(CAST((1, (2, 3)), 'Tuple(a UInt8, b Tuple(c UInt8, d UInt8))'))", '(1,2,3)']],
})

function flattened(type: TupleType): { types: DataType[]; names: string[] } {
  const types: DataType[] = []
  const names: string[] = []
  for (const [i, element] of type.elements.entries()) {
    const name = type.names?.[i] ?? String(i + 1)
    if (!(element instanceof TupleType)) {
      types.push(element)
      names.push(name)
      continue
    }
    const inner = flattened(element)
    types.push(...inner.types)
    names.push(...inner.names.map(own => `${name}.${own}`))
  }
  return { types, names }
}

const tupleToNameValuePairs = defineFunction({
  name: 'tupleToNameValuePairs',
  about: 'The elements, all of one type, as an array of their names and values.',
  category: 'Tuples',
  arguments: [{ name: 'tuple', accepts: isTuple }],
  returns: ([given]) => {
    const [first, ...others] = (given.type as TupleType).elements
    if (!first || others.some(type => !type.equals(first)))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `The argument of function tupleToNameValuePairs must be a tuple of one type of elements, got ${given.type.name}`,
      )
    return new ArrayType(new TupleType([parseType('String'), first]))
  },
  run: ([given], { type, rows, arena }) => {
    const { columns } = untupled(given)
    const { names } = given.type as TupleType
    const count = columns.length
    const texts = Array.from({ length: rows * count }, (_, i) => names?.[i % count] ?? String((i % count) + 1))
    const numbers = Array.from({ length: rows * count }, (_, i) => (i % count) * rows + Math.floor(i / count))
    const values = concatColumns(columns, arena).gather(placeU32(arena, numbers), numbers.length, arena)
    const pairs = new TupleColumn(
      arena.memory,
      [columnOf(parseType('String'), texts, arena), values],
      rows * count,
      (type as ArrayType).element as TupleType,
    )
    const offsets = Array.from({ length: rows + 1 }, (_, row) => row * count)
    return new ArrayColumn(placeU32(arena, offsets), pairs, rows, type)
  },
  examples: [['SELECT tupleToNameValuePairs((1, 2))', "[('1',1),('2',2)]"]],
})

export const tuples: readonly FunctionDefinition[] = [
  tuple,
  tupleElement,
  tupleNames,
  tupleConcat,
  map,
  mapSide('mapKeys', 'The keys of the map.', ["SELECT mapKeys(map('a', 1))", "['a']"]),
  mapSide('mapValues', 'The values of the map.', ["SELECT mapValues(map('a', 1))", '[1]']),
  flattenTuple,
  tupleToNameValuePairs,
]
