// Making arrays, their size and their elements.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { StringColumn } from '../columns/string.ts'
import type { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, MapType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { bounds, elementOf, numbersOf } from './arrayColumns.ts'
import { firstEqual } from './arraySearch.ts'
import { nullableOf, plainType } from './bind.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { areComparable } from './compareColumns.ts'
import { maskColumn, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger, isNumber, storedInteger } from './numericTypes.ts'
import { splitNulls } from './selectColumns.ts'

const category = 'Arrays'
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')
const int64 = parseType('Int64')

const Nothing = parseType('Nothing')

const isArrayOrMap = (type: DataType): boolean => type instanceof ArrayType || type instanceof MapType

const array = defineFunction({
  name: 'array',
  about: 'An array of the arguments.',
  category,
  arguments: [{ name: 'x', repeated: true }],
  nulls: 'own',
  constants: 'expand',
  lowCardinality: 'own',
  returns: args => new ArrayType(args.length === 0 ? Nothing : commonType(args.map(argument => argument.type))),
  run: (args, { type, rows, arena }) => {
    const element = elementOf(type)
    const count = args.length
    const offsets = arena.allocate((rows + 1) * 4)
    arena.memory.kernels.fillRange(0, count, rows + 1, offsets)
    if (count === 0) return new ArrayColumn(offsets, columnOf(Nothing, [], arena), rows, type)
    const columns = args.map(column => castColumn(column, element, arena).full(arena))
    const joined = concatColumns(columns, arena)
    if (count === 1) return new ArrayColumn(offsets, joined, rows, type)
    // Joined, they lie column by column; row by row is wanted.
    const numbers = arena.allocate(rows * count * 4)
    const { u32 } = arena.memory
    for (let row = 0, at = numbers / 4; row < rows; row++) for (let k = 0; k < count; k++) u32[at++] = k * rows + row
    return new ArrayColumn(offsets, joined.gather(numbers, rows * count, arena), rows, type)
  },
  examples: [['SELECT array(1, 2), [1, -300]', '[1,2]\t[1,-300]']],
})

const sizeOf = (column: Column, rows: number, arena: Arena): FixedColumn => {
  const out = newFixed(UInt64, rows, arena)
  if (column instanceof FixedColumn)
    arena.memory.u64.fill(BigInt(column.type.width), out.pointer / 8, out.pointer / 8 + rows)
  else arena.memory.kernels.offsetsToLengthsU64((column as ArrayColumn | StringColumn).offsets, out.pointer, rows)
  return out
}

const hasSize = (type: DataType): boolean => isArrayOrMap(type) || type.kind === 'String' || type.kind === 'FixedString'

const length = defineFunction({
  name: 'length',
  aliases: ['OCTET_LENGTH'],
  caseInsensitive: true,
  about: 'The number of bytes of a string, or of elements of an array.',
  category: 'String',
  arguments: [{ name: 'x', accepts: hasSize }],
  returns: () => UInt64,
  run: ([x], { rows, arena }) => sizeOf(x, rows, arena),
  examples: [["SELECT length('abc'), length([1, 2])", '3\t2']],
})

const emptiness = (name: 'empty' | 'notEmpty', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: 'String',
    arguments: [{ name: 'x', accepts: type => hasSize(type) || ['UUID', 'IPv4', 'IPv6'].includes(type.kind) }],
    returns: () => UInt8,
    run: ([x], { rows, arena }) => {
      const { kernels } = arena.memory
      const out = arena.allocate(rows)
      if (x instanceof FixedColumn) {
        const run = name === 'empty' ? kernels.equalConstFixed : kernels.notEqualConstFixed
        run(x.pointer, arena.allocateZeroed(x.type.width), x.type.width, out, rows)
      } else {
        const { offsets } = x as ArrayColumn | StringColumn
        if (name === 'empty') kernels.emptyOffsets(offsets, out, rows)
        else kernels.notEmptyOffsets(offsets, out, rows)
      }
      return maskColumn(out, rows, arena)
    },
    examples: [example],
  })

const arrayElement = (orNull: boolean): FunctionDefinition =>
  defineFunction({
    name: orNull ? 'arrayElementOrNull' : 'arrayElement',
    about: `The element at a place, counted from 1, or from the end where negative; ${orNull ? 'NULL' : 'the default'} beyond the ends. Of a map: the value of a key.`,
    category,
    arguments: [{ name: 'array', accepts: isArrayOrMap }, { name: 'index' }],
    nulls: 'literal',
    lowCardinality: 'plain',
    returns: ([given, index]) => {
      if (given.type instanceof MapType) {
        if (!areComparable(plainType(given.type.key), plainType(index.type)))
          throw new DBError(
            'ILLEGAL_TYPE_OF_ARGUMENT',
            `Type ${index.type.name} does not match the map's keys, ${given.type.key.name}`,
          )
        return orNull ? nullableOf(given.type.value) : given.type.value
      }
      const plain = plainType(index.type)
      if (!isInteger(plain) && plain.kind !== 'Nothing')
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Second argument for function arrayElement must be integral, has type ${index.type.name}`,
        )
      if (!orNull && index.constant === plain.default && plain instanceof IntegerType && !plain.isSigned)
        throw new DBError('ZERO_ARRAY_OR_TUPLE_INDEX', 'Array indices are 1-based')
      const element = elementOf(given.type)
      return orNull || index.type.isNullable ? nullableOf(element) : element
    },
    run: ([given, index], { type, rows, arena }) => {
      const column = given as ArrayColumn
      if (column.type instanceof MapType) return mapElement(column, index, type, rows, arena)
      const { nulls, values: places } = splitNulls(index, arena)
      const positions = asInt64(places, arena)
      const isUnsigned = places.type.kind === 'UInt64'
      const starts = bounds(column)
      const numbers = arena.allocate(rows * 4)
      const { i64, u32 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const size = starts[row + 1] - starts[row]
        // Unsigned places beyond 63 bits lie behind every array.
        const position = isUnsigned && i64[positions / 8 + row] < 0n ? size + 1 : Number(i64[positions / 8 + row])
        const place = position > 0 ? position - 1 : position < 0 ? size + position : -1
        u32[numbers / 4 + row] = place >= 0 && place < size ? starts[row] + place : noRow
      }
      // As Nullable, what is missing is NULL.
      const elements = orNull ? castColumn(column.elements, type, arena).full(arena) : column.elements
      const result = castColumn(elements.gather(numbers, rows, arena), type, arena)
      if (nulls === 0 || !(result instanceof NullableColumn)) return result
      arena.memory.kernels.maskOr(result.nulls, nulls, result.nulls, rows)
      return result
    },
    examples: orNull
      ? [['SELECT arrayElementOrNull([1, 2, 3], 4)', '\\N']]
      : [["SELECT [5, 6][2], [5, 6][-2], map('a', 7)['a']", '6\t5\t7']],
  })

/** The first pair with the key; the value's default where there is none. */
function mapElement(column: ArrayColumn, key: Column, type: DataType, rows: number, arena: Arena): Column {
  const pairs = column.elements as TupleColumn
  const numbers = arena.allocate(rows * 4)
  const first = firstEqual(column, pairs.columns[0], key, rows, arena)
  const starts = bounds(column)
  const { u32 } = arena.memory
  for (let row = 0; row < rows; row++) u32[numbers / 4 + row] = first[row] < 0 ? noRow : starts[row] + first[row]
  return castColumn(pairs.columns[1], type, arena).full(arena).gather(numbers, rows, arena)
}

const range = defineFunction({
  name: 'range',
  about: 'The numbers from start (0) up to, not including, end, by step (1).',
  category,
  arguments: [
    { name: 'start', accepts: isInteger },
    { name: 'end', accepts: isInteger, optional: true },
    { name: 'step', accepts: isInteger, optional: true },
  ],
  returns: args => {
    const wide = args.find(({ type }) => type.width > 8)
    if (wide)
      throw new DBError('ILLEGAL_COLUMN', `Illegal columns of type ${wide.type.name} of arguments of function range`)
    return new ArrayType(
      args.length === 1 ? storedInteger(args[0].type)! : commonType(args.map(({ type }) => storedInteger(type)!)),
    )
  },
  run: (args, { type, rows, arena, environment }) => {
    const element = elementOf(type)
    const most = Number(environment.setting('function_range_max_elements_in_block')) || 500_000_000
    const columns = args.map(column => asInt64(column, arena) / 8)
    const given = (at: number, row: number, otherwise: bigint) =>
      columns[at] === undefined ? otherwise : arena.memory.i64[columns[at] + row]
    const offsets = [0]
    const plan: [start: bigint, step: bigint, count: number][] = []
    for (let row = 0; row < rows; row++) {
      const start = args.length === 1 ? 0n : given(0, row, 0n)
      const end = args.length === 1 ? given(0, row, 0n) : given(1, row, 0n)
      const step = given(2, row, 1n)
      if (step === 0n)
        throw new DBError('ARGUMENT_OUT_OF_BOUND', 'A call to function range underflows, as the step is zero')
      const distance = step > 0n ? end - start : start - end
      const size = step > 0n ? step : -step
      const count = distance <= 0n ? 0 : Number((distance + size - 1n) / size)
      const total = offsets[row] + count
      if (total > most)
        throw new DBError('ARGUMENT_OUT_OF_BOUND', 'A call to function range would produce too many elements')
      plan.push([start, step, count])
      offsets.push(total)
    }
    const total = offsets[rows]
    const numbers = arena.allocate(total * 8)
    const cell = arena.allocate(16)
    const { kernels } = arena.memory
    for (let row = 0; row < rows; row++) {
      const [start, step, count] = plan[row]
      arena.memory.i64[cell / 8] = start
      arena.memory.i64[cell / 8 + 1] = step
      kernels.sequenceI64(cell, cell + 8, numbers + offsets[row] * 8, count)
    }
    const elements = castColumn(new FixedColumn(int64, arena.memory, numbers, total), element, arena)
    return new ArrayColumn(placeU32(arena, offsets), elements.full(arena), rows, type)
  },
  examples: [['SELECT range(3), range(1, 10, 4)', '[0,1,2]\t[1,5,9]']],
})

const arrayWithConstant = defineFunction({
  name: 'arrayWithConstant',
  about: 'The value so many times.',
  category,
  arguments: [{ name: 'count', accepts: isNumber }, { name: 'x' }],
  nulls: 'literal',
  lowCardinality: 'plain',
  returns: ([, value]) => new ArrayType(value.type),
  run: ([count, value], { type, rows, arena }) => {
    const counts = numbersOf(count, arena)
    const lengths = Array.from({ length: rows }, (_, row) => {
      const size = Math.trunc(counts(row) ?? 0)
      if (size < 0 || size > 1 << 30)
        throw new DBError('TOO_LARGE_ARRAY_SIZE', `Too large array size ${size} in function arrayWithConstant`)
      return size
    })
    const offsets = arena.allocate((rows + 1) * 4)
    const total = arena.memory.kernels.lengthsToOffsets(placeU32(arena, lengths), offsets, rows)
    const numbers = arena.allocate(total * 4)
    arena.memory.kernels.replicateIndices(offsets, numbers, rows)
    return new ArrayColumn(offsets, value.gather(numbers, total, arena), rows, type)
  },
  examples: [["SELECT arrayWithConstant(3, 'a')", "['a','a','a']"]],
})

const emptyArray = (name: string): FunctionDefinition =>
  defineFunction({
    name: `emptyArray${name}`,
    about: `An empty array of ${name}.`,
    category,
    arguments: [],
    returns: () => new ArrayType(parseType(name)),
    run: (_, { type, rows, arena }) => new ConstColumn(columnOf(type, [[]], arena), rows),
  })

const emptyTypes = [
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Float32',
  'Float64',
  'Date',
  'DateTime',
  'String',
]

export const arrays: readonly FunctionDefinition[] = [
  array,
  length,
  emptiness('empty', 'Whether a string or array has nothing in it.', ["SELECT empty(''), empty([1])", '1\t0']),
  emptiness('notEmpty', 'Whether a string or array has something in it.', ["SELECT notEmpty('a')", '1']),
  arrayElement(false),
  arrayElement(true),
  range,
  arrayWithConstant,
  ...emptyTypes.map(emptyArray),
]
