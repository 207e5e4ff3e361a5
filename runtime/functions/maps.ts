// Maps: what they contain, made of arrays, added up and filled.
import { ArrayColumn } from '../columns/array.ts'
import { concatColumns, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, MapType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { arrayOf, elementOf, isArray, keyOf } from './arrayColumns.ts'
import { bindFunction, plainType } from './bind.ts'
import { compareValues } from './compareColumns.ts'
import { equalMask } from './conditional.ts'
import { maskColumn } from './fixedColumns.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { like } from './like.ts'
import { conditionMask } from './logical.ts'
import { isInteger, isNumber, storedInteger } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const category = 'Maps'
const UInt8 = parseType('UInt8')
const isMap = (type: DataType): boolean => type instanceof MapType
const likeFunction = like.find(definition => definition.name === 'like') as FunctionDefinition

/** A column's values repeated for each pair of their row. */
function forPairs(map: ArrayColumn, other: Column, rows: number, { arena }: Call) {
  const { offsets, elements } = map.compact(arena)
  const rowOf = arena.allocate(elements.rows * 4)
  arena.memory.kernels.replicateIndices(offsets, rowOf, rows)
  const repeated =
    other instanceof ConstColumn
      ? new ConstColumn(other.value, elements.rows)
      : other.gather(rowOf, elements.rows, arena)
  return { offsets, pairs: elements as TupleColumn, repeated }
}

/** Whether any pair of each row is marked. */
function anyPair(mask: number, offsets: number, rows: number, { arena }: Call): Column {
  const out = arena.allocateZeroed(rows)
  const { u8, u32 } = arena.memory
  for (let row = 0; row < rows; row++)
    for (let at = u32[offsets / 4 + row]; at < u32[offsets / 4 + row + 1]; at++) u8[out + row] |= u8[mask + at]
  return maskColumn(out, rows, arena)
}

/** 0 for keys, 1 for values. */
type Side = 0 | 1
const sideType = (type: DataType, side: Side): DataType =>
  side === 0 ? (type as MapType).key : (type as MapType).value

const containing = (
  name: string,
  aliases: readonly string[],
  side: Side,
  about: string,
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [{ name: 'map', accepts: isMap }, { name: 'wanted' }],
    nulls: 'literal',
    lowCardinality: 'plain',
    constants: 'keep',
    returns: () => UInt8,
    run: ([map, wanted], call) => {
      const { rows, arena } = call
      const { offsets, pairs, repeated } = forPairs(map.full(arena) as ArrayColumn, wanted, rows, call)
      if (pairs.rows === 0) return maskColumn(arena.allocateZeroed(rows), rows, arena)
      return anyPair(equalMask(pairs.columns[side], repeated, pairs.rows, arena, true), offsets, rows, call)
    },
    examples: [example],
  })

const resembling = (
  name: string,
  side: Side,
  isExtract: boolean,
  about: string,
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'map', accepts: isMap },
      { name: 'pattern', accepts: type => plainType(type).kind === 'String' || plainType(type).kind === 'Nothing' },
    ],
    nulls: isExtract ? 'own' : 'literal',
    lowCardinality: 'plain',
    constants: 'keep',
    returns: ([{ type }]) => {
      if (!['String', 'FixedString'].includes(plainType(sideType(type, side)).kind))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Function ${name} needs a map of text ${side === 0 ? 'keys' : 'values'}, got ${type.name}`,
        )
      return isExtract ? type : UInt8
    },
    run: ([map, pattern], call) => {
      const { rows, arena, type, arguments: infos, environment } = call
      const { offsets, pairs, repeated } = forPairs(map.full(arena) as ArrayColumn, pattern, rows, call)
      const texts = pairs.columns[side]
      const bound = bindFunction(likeFunction, [{ type: texts.type, constant: undefined }, infos[1]], environment)
      const result = bound.run([texts, repeated], pairs.rows, arena)
      const mask =
        plainType(bound.type).kind === 'Nothing'
          ? arena.allocateZeroed(pairs.rows)
          : conditionMask(result, pairs.rows, arena)
      if (!isExtract) return anyPair(mask, offsets, rows, call)
      const { u8, u32 } = arena.memory
      const picks: number[] = []
      const starts = [0]
      for (let row = 0; row < rows; row++) {
        for (let at = u32[offsets / 4 + row]; at < u32[offsets / 4 + row + 1]; at++) if (u8[mask + at]) picks.push(at)
        starts.push(picks.length)
      }
      return arrayOf(pairs, picks, starts, type, arena)
    },
    examples: [example],
  })

const arrayOrMap = (type: DataType): DataType | null =>
  type instanceof MapType ? type.pairs.element : type instanceof ArrayType ? type.element : null

const mapFromArrays = defineFunction({
  name: 'mapFromArrays',
  aliases: ['MAP_FROM_ARRAYS'],
  about: 'A map of an array of keys and one of values.',
  category,
  arguments: [
    { name: 'keys', accepts: type => arrayOrMap(type) !== null },
    { name: 'values', accepts: type => arrayOrMap(type) !== null },
  ],
  returns: ([keys, values]) => {
    const [key, value] = [keys, values].map(({ type }) => arrayOrMap(type) as DataType)
    if (key.isNullable) throw new DBError('BAD_ARGUMENTS', `Map keys cannot be ${key.name}`)
    return new MapType(key, value)
  },
  run: (args, { type, rows, arena }) => {
    const parts = (args as readonly ArrayColumn[]).map(column => column.compact(arena))
    const { u32 } = arena.memory
    for (let row = 0; row <= rows; row++)
      if (u32[parts[0].offsets / 4 + row] !== u32[parts[1].offsets / 4 + row])
        throw new DBError(
          'SIZES_OF_ARRAYS_DOESNT_MATCH',
          'Two arguments of function mapFromArrays must have equal sizes',
        )
    const { key, value, pairs } = type as MapType
    // Pairs of a map are plain tuples where they are keys or values themselves.
    const columns = parts.map(({ elements }, i) => {
      const wanted = i === 0 ? key : value
      return elements instanceof TupleColumn && wanted instanceof TupleType
        ? new TupleColumn(arena.memory, elements.columns, elements.rows, wanted)
        : elements
    })
    const tuples = new TupleColumn(arena.memory, columns, parts[0].elements.rows, pairs.element as TupleType)
    return new ArrayColumn(parts[0].offsets, tuples, rows, type)
  },
  examples: [["SELECT mapFromArrays(['a', 'b'], [1, 2])", "{'a':1,'b':2}"]],
})

/** Sums are of 64 bits. */
function sumType(name: string, types: readonly DataType[]): DataType {
  const promoted = types.map(type => {
    if (type instanceof FloatType) return 'Float64'
    const integer = isNumber(type) ? storedInteger(type) : null
    if (!integer)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Values of function ${name} must be numbers, got ${type.name}`)
    return `${integer.isSigned ? 'Int' : 'UInt'}${Math.max(64, integer.bits)}`
  })
  if (promoted.some(type => type !== promoted[0]))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `All value types in ${name} should be promotable to ${promoted[0]}`)
  return parseType(promoted[0])
}

/** Key and value types of a map, or of a tuple of two arrays. */
function partsOf(name: string, type: DataType): { key: DataType; value: DataType } {
  if (type instanceof MapType) return { key: type.key, value: type.value }
  if (type instanceof TupleType && type.elements.length === 2 && type.elements.every(isArray))
    return { key: elementOf(type.elements[0]), value: elementOf(type.elements[1]) }
  throw new DBError(
    'ILLEGAL_TYPE_OF_ARGUMENT',
    `Arguments of function ${name} must be maps or tuples of two arrays, got ${type.name}`,
  )
}

const pairsIn = (name: string, type: DataType, value: Value): [Value, Value][] => {
  if (type instanceof MapType) return value as [Value, Value][]
  const [keys, values] = value as Value[][]
  if (keys.length !== values.length)
    throw new DBError(
      name === 'mapPopulateSeries' ? 'BAD_ARGUMENTS' : 'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      'Keys and values arrays must have the same sizes',
    )
  return keys.map((key, i) => [key, values[i]])
}

/** Pairs as the map, or the tuple of arrays, that the type is. */
const shaped = (type: DataType, pairs: [Value, Value][]): Value =>
  type instanceof MapType ? pairs : [pairs.map(([key]) => key), pairs.map(([, value]) => value)]

const adding = (name: 'mapAdd' | 'mapSubtract', example: [string, string]): FunctionDefinition =>
  defineRowwise({
    name,
    about: `The pairs of maps (or of tuples of keys and values), values of equal keys ${name === 'mapAdd' ? 'added' : 'subtracted'}, sorted by key.`,
    category,
    arguments: [{ name: 'a' }, { name: 'b' }, { name: 'more', repeated: true }],
    returns: args => {
      const parts = args.map(({ type }) => partsOf(name, type))
      const [{ key }] = parts
      if (args.some(({ type }) => isMap(type) !== isMap(args[0].type)) || parts.some(part => !part.key.equals(key)))
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Arguments of function ${name} must have keys of one type`)
      const value = sumType(
        name,
        parts.map(part => part.value),
      )
      return isMap(args[0].type) ? new MapType(key, value) : new TupleType([new ArrayType(key), new ArrayType(value)])
    },
    row: (values, { type, arguments: infos }) => {
      const { value: sum } = partsOf(name, type)
      const sums = new Map<string, { key: Value; value: number | bigint }>()
      for (const [i, given] of values.entries())
        for (const [key, value] of pairsIn(name, infos[i].type, given)) {
          const number = sum instanceof FloatType ? Number(value) : BigInt(value as number)
          const signed = i > 0 && name === 'mapSubtract' ? -number : number
          const entry = sums.get(keyOf(key))
          if (!entry) sums.set(keyOf(key), { key, value: signed })
          else entry.value = (entry.value as number) + (signed as number)
        }
      const integer = storedInteger(sum)
      const pairs = [...sums.values()]
        .sort((a, b) => compareValues(a.key, b.key))
        .map(({ key, value }): [Value, Value] => [key, integer ? integer.wrap(value as bigint) : value])
      return shaped(type, pairs)
    },
    example,
  })

const mapPopulateSeries = defineRowwise({
  name: 'mapPopulateSeries',
  about:
    'A map (or arrays of keys and values) of integers with the missing keys between the least and the greatest, at 0.',
  category,
  arguments: [{ name: 'keys' }, { name: 'values', optional: true }, { name: 'max', optional: true }],
  returns: args => {
    const given = args[0].type
    const [key, value] =
      given instanceof MapType
        ? [given.key, given.value]
        : [given, args[1]?.type].map(type => (type instanceof ArrayType ? type.element : undefined))
    if (!key || !value || !isInteger(key) || !isInteger(value))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Function mapPopulateSeries needs integer keys and values')
    return given instanceof MapType ? given : new TupleType([new ArrayType(key), new ArrayType(value)])
  },
  row: (values, { type, arguments: infos }) => {
    const isOfMap = infos[0].type instanceof MapType
    const pairs = isOfMap ? (values[0] as [Value, Value][]) : pairsIn('mapPopulateSeries', type, values.slice(0, 2))
    const limit = values[isOfMap ? 1 : 2]
    if (pairs.length === 0) return shaped(type, [])
    const { key: keyType, value: valueType } = partsOf('mapPopulateSeries', type)
    const known = new Map<bigint, Value>()
    for (const [key, value] of pairs) if (!known.has(BigInt(key as number))) known.set(BigInt(key as number), value)
    const keys = [...known.keys()].sort((a, b) => Number(a - b))
    const [first] = keys
    const last = limit === undefined ? keys[keys.length - 1] : BigInt(limit as number)
    if (last - first >= 1n << 24n)
      throw new DBError('TOO_LARGE_ARRAY_SIZE', 'Function mapPopulateSeries would give more than 2^24 pairs')
    const filled: [Value, Value][] = []
    for (let key = first; key <= last; key++)
      filled.push([typeof keyType.default === 'bigint' ? key : Number(key), known.get(key) ?? valueType.default])
    return shaped(type, filled)
  },
  example: ['SELECT mapPopulateSeries(map(1, 10, 5, 20), 6)', '{1:10,2:0,3:0,4:0,5:20,6:0}'],
})

const mapUpdate = defineFunction({
  name: 'mapUpdate',
  about: 'The pairs of the first map that the second has no keys of, and those of the second.',
  category,
  arguments: [
    { name: 'map', accepts: isMap },
    { name: 'changes', accepts: isMap },
  ],
  returns: ([a, b]) => {
    if (!a.type.equals(b.type))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Keys and values of the maps of mapUpdate must have equal types')
    return a.type
  },
  run: (args, { type, rows, arena }) => {
    const [a, b] = (args as readonly ArrayColumn[]).map(column => column.compact(arena))
    const { u32 } = arena.memory
    const keys = [a, b].map(({ elements }) => (elements as TupleColumn).columns[0])
    const joined = concatColumns([a.elements, b.elements], arena)
    const picks: number[] = []
    const offsets = [0]
    for (let row = 0; row < rows; row++) {
      const changed = new Set<string>()
      const [from, to] = [u32[b.offsets / 4 + row], u32[b.offsets / 4 + row + 1]]
      for (let at = from; at < to; at++) changed.add(keyOf(keys[1].valueAt(at)))
      for (let at = u32[a.offsets / 4 + row]; at < u32[a.offsets / 4 + row + 1]; at++)
        if (!changed.has(keyOf(keys[0].valueAt(at)))) picks.push(at)
      for (let at = from; at < to; at++) picks.push(a.elements.rows + at)
      offsets.push(picks.length)
    }
    return new ArrayColumn(
      placeU32(arena, offsets),
      joined.gather(placeU32(arena, picks), picks.length, arena),
      rows,
      type,
    )
  },
  examples: [["SELECT mapUpdate(map('a', 0, 'b', 0), map('a', 1))", "{'b':0,'a':1}"]],
})

export const maps: readonly FunctionDefinition[] = [
  containing('mapContainsKey', ['mapContains'], 0, 'Whether the map has the key.', [
    "SELECT mapContainsKey(map('a', 1), 'a')",
    '1',
  ]),
  containing('mapContainsValue', [], 1, 'Whether the map has the value.', [
    "SELECT mapContainsValue(map('a', 1), 1)",
    '1',
  ]),
  resembling('mapContainsKeyLike', 0, false, 'Whether any key matches the LIKE pattern.', [
    "SELECT mapContainsKeyLike(map('abc', 1), 'a%')",
    '1',
  ]),
  resembling('mapContainsValueLike', 1, false, 'Whether any value matches the LIKE pattern.', [
    "SELECT mapContainsValueLike(map(1, 'abc'), 'a%')",
    '1',
  ]),
  resembling('mapExtractKeyLike', 0, true, 'The pairs whose keys match the LIKE pattern.', [
    "SELECT mapExtractKeyLike(map('abc', 1, 'd', 2), 'a%')",
    "{'abc':1}",
  ]),
  resembling('mapExtractValueLike', 1, true, 'The pairs whose values match the LIKE pattern.', [
    "SELECT mapExtractValueLike(map(1, 'abc', 2, 'd'), 'a%')",
    "{1:'abc'}",
  ]),
  mapFromArrays,
  adding('mapAdd', ['SELECT mapAdd(map(1, 1), map(1, 1))', '{1:2}']),
  adding('mapSubtract', ['SELECT mapSubtract(map(1, 3), map(1, 1))', '{1:2}']),
  mapPopulateSeries,
  mapUpdate,
]
