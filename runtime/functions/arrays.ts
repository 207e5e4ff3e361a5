// Arrays: making them, their size, their elements, and putting them together. Higher-order functions are apart.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import { type Column, noRow } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { nullableOf, plainType } from './bind.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { areComparable } from './compareColumns.ts'
import { equalMask } from './conditional.ts'
import { maskColumn, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger, storedInteger } from './numericTypes.ts'
import { splitNulls } from './selectColumns.ts'

const category = 'Arrays'
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')
const Nothing = parseType('Nothing')
const isArray = (type: DataType): boolean => type instanceof ArrayType
const isArrayOrMap = (type: DataType): boolean => type instanceof ArrayType || type instanceof MapType
const elementOf = (type: DataType): DataType => (type as ArrayType).element

/** The first element's number and the number behind the last one, of each row. */
const bounds = (column: ArrayColumn): Uint32Array =>
  column.memory.u32.slice(column.offsets / 4, column.offsets / 4 + column.rows + 1)

/** An array column from elements taken by number, and how many each row gets. */
export function arrayOf(
  elements: Column,
  picks: readonly number[],
  offsets: readonly number[],
  type: DataType,
  arena: Arena,
): ArrayColumn {
  const numbers = placeU32(arena, picks)
  return new ArrayColumn(
    placeU32(arena, offsets),
    elements.gather(numbers, picks.length, arena),
    offsets.length - 1,
    type,
  )
}

/** Row by row: which elements, by number in the nested column, the result has. */
function rearrange(
  column: ArrayColumn,
  type: DataType,
  arena: Arena,
  pick: (start: number, end: number, row: number, push: (element: number) => void) => void,
): ArrayColumn {
  const starts = bounds(column)
  const picks: number[] = []
  const offsets = [0]
  for (let row = 0; row < column.rows; row++) {
    pick(starts[row], starts[row + 1], row, element => picks.push(element))
    offsets.push(picks.length)
  }
  return arrayOf(column.elements, picks, offsets, type, arena)
}

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

const arrayElement = defineFunction({
  name: 'arrayElement',
  about:
    'The element at a place, counted from 1, or from the end where negative; the default beyond the ends. Of a map: the value of a key.',
  category,
  arguments: [{ name: 'array', accepts: isArrayOrMap }, { name: 'index' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([given, index]) => {
    if (given.type instanceof MapType) {
      if (!areComparable(plainType(given.type.key), plainType(index.type)))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Type ${index.type.name} does not match the map's keys, ${given.type.key.name}`,
        )
      return given.type.value
    }
    const plain = plainType(index.type)
    if (!isInteger(plain) && plain.kind !== 'Nothing')
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Second argument for function arrayElement must be integral, has type ${index.type.name}`,
      )
    if (index.constant !== undefined && index.constant !== null && BigInt(index.constant as number) === 0n)
      throw new DBError('ZERO_ARRAY_OR_TUPLE_INDEX', 'Array indices are 1-based')
    const element = elementOf(given.type)
    return index.type.isNullable ? nullableOf(element) : element
  },
  run: ([given, index], { type, rows, arena }) => {
    const column = given as ArrayColumn
    if (column.type instanceof MapType) return mapElement(column, index, rows, arena)
    const { nulls, values: places } = splitNulls(index, arena)
    const positions = asInt64(places, arena)
    const starts = bounds(column)
    const numbers = arena.allocate(rows * 4)
    const { i64, u32 } = arena.memory
    for (let row = 0; row < rows; row++) {
      const size = starts[row + 1] - starts[row]
      const position = Number(i64[positions / 8 + row])
      const place = position > 0 ? position - 1 : position < 0 ? size + position : -1
      u32[numbers / 4 + row] = place >= 0 && place < size ? starts[row] + place : noRow
    }
    const result = castColumn(column.elements.gather(numbers, rows, arena), type, arena)
    if (nulls === 0 || !(result instanceof NullableColumn)) return result
    arena.memory.kernels.maskOr(result.nulls, nulls, result.nulls, rows)
    return result
  },
  examples: [["SELECT [5, 6][2], [5, 6][-2], map('a', 7)['a']", '6\t5\t7']],
})

const int64 = parseType('Int64')

/** The first pair with the key; the value's default where there is none. */
function mapElement(column: ArrayColumn, key: Column, rows: number, arena: Arena): Column {
  const pairs = column.elements as TupleColumn
  const numbers = arena.allocate(rows * 4)
  const first = firstEqual(column, pairs.columns[0], key, rows, arena)
  const starts = bounds(column)
  const { u32 } = arena.memory
  for (let row = 0; row < rows; row++) u32[numbers / 4 + row] = first[row] < 0 ? noRow : starts[row] + first[row]
  return pairs.columns[1].gather(numbers, rows, arena)
}

/** For each element, its row; for comparing elements with a value of their row. */
function repeatedFor(
  column: ArrayColumn,
  other: Column,
  arena: Arena,
): { elements: Column; others: Column; offsets: number; count: number } {
  const { offsets, elements } = column.compact(arena)
  const count = elements.rows
  const numbers = arena.allocate(count * 4)
  arena.memory.kernels.replicateIndices(offsets, numbers, column.rows)
  const others =
    other instanceof ConstColumn ? new ConstColumn(other.value, count) : other.gather(numbers, count, arena)
  return { elements, others, offsets, count }
}

/** A mask of the elements that equal their row's value, and where each row's elements start. */
function matches(
  column: ArrayColumn,
  elements: Column | null,
  value: Column,
  arena: Arena,
): { mask: number; starts: Uint32Array } {
  const side = elements ? new ArrayColumn(column.offsets, elements, column.rows) : column
  const { elements: own, others, offsets, count } = repeatedFor(side, value, arena)
  const mask = equalMask(own, others, count, arena, true)
  return { mask, starts: arena.memory.u32.slice(offsets / 4, offsets / 4 + column.rows + 1) }
}

function firstEqual(
  column: ArrayColumn,
  elements: Column | null,
  value: Column,
  rows: number,
  arena: Arena,
): Int32Array {
  const { mask, starts } = matches(column, elements, value, arena)
  const { u8 } = arena.memory
  const places = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let place = -1
    for (let at = starts[row]; at < starts[row + 1]; at++)
      if (u8[mask + at]) {
        place = at - starts[row]
        break
      }
    places[row] = place
  }
  return places
}

function checkElement(name: string, given: DataType, value: DataType): void {
  const element = elementOf(given)
  if (element.kind === 'Nothing' || plainType(element).kind === 'Nothing' || plainType(value).kind === 'Nothing') return
  if (!areComparable(plainType(element), plainType(value)))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Types of array and second argument of function ${name} must be comparable: ${given.name} and ${value.name}`,
    )
}

const search = (name: 'has' | 'indexOf' | 'countEqual', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'array', accepts: isArray }, { name: 'x' }],
    nulls: 'own',
    lowCardinality: 'plain',
    returns: ([given, value]) => {
      checkElement(name, given.type, value.type)
      return name === 'has' ? UInt8 : UInt64
    },
    run: ([given, value], { type, rows, arena }) => {
      const column = given as ArrayColumn
      const out = newFixed(type, rows, arena)
      if (name === 'countEqual') {
        const { mask, starts } = matches(column, null, value, arena)
        const { u8, u64 } = arena.memory
        for (let row = 0; row < rows; row++) {
          let count = 0
          for (let at = starts[row]; at < starts[row + 1]; at++) count += u8[mask + at]
          u64[out.pointer / 8 + row] = BigInt(count)
        }
        return out
      }
      const places = firstEqual(column, null, value, rows, arena)
      const { u8, u64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        if (name === 'has') u8[out.pointer + row] = Number(places[row] >= 0)
        else u64[out.pointer / 8 + row] = BigInt(places[row] + 1)
      }
      return out
    },
    examples: [example],
  })

/** A key that is equal for values that are. */
const keyOf = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'bigint'
      ? `${part}n`
      : Object.is(part, -0)
        ? 0
        : typeof part === 'number' && !Number.isFinite(part)
          ? String(part)
          : part,
  )

const hasMany = (name: 'hasAll' | 'hasAny', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'set', accepts: isArray },
      { name: 'subset', accepts: isArray },
    ],
    returns: ([a, b]) => {
      commonType([a.type, b.type])
      return UInt8
    },
    run: ([a, b], { rows, arena }) => {
      const common = commonType([a.type, b.type])
      const [left, right] = [a, b].map(column => castColumn(column, common, arena) as ArrayColumn)
      const out = arena.allocate(rows)
      for (let row = 0; row < rows; row++) {
        const set = new Set((left.valueAt(row) as unknown[]).map(keyOf))
        const wanted = (right.valueAt(row) as unknown[]).map(keyOf)
        arena.memory.u8[out + row] = Number(
          name === 'hasAll' ? wanted.every(key => set.has(key)) : wanted.some(key => set.has(key)),
        )
      }
      return maskColumn(out, rows, arena)
    },
    examples: [example],
  })

const range = defineFunction({
  name: 'range',
  about: 'The numbers from start (0) up to, not including, end, by step (1).',
  category,
  arguments: [
    { name: 'start', accepts: isInteger },
    { name: 'end', accepts: isInteger, optional: true },
    { name: 'step', accepts: isInteger, optional: true },
  ],
  returns: args =>
    new ArrayType(
      args.length === 1 ? storedInteger(args[0].type)! : commonType(args.map(({ type }) => storedInteger(type)!)),
    ),
  run: (args, { type, rows, arena }) => {
    const element = elementOf(type)
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
      if (total > 500_000_000)
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

const forEachIn = (start: number, end: number, push: (element: number) => void): void => {
  for (let at = start; at < end; at++) push(at)
}

const pushing = (name: 'arrayPushBack' | 'arrayPushFront', about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'array', accepts: isArray }, { name: 'x' }],
    nulls: 'own',
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
  nulls: 'own',
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

/** Whole numbers by row; null for NULL. */
function numbersOf(column: Column, arena: Arena): (row: number) => number | null {
  const full = column.full(arena)
  return row => {
    const value = full.valueAt(row)
    return value === null ? null : Number(value)
  }
}

const arrayResize = defineFunction({
  name: 'arrayResize',
  about: 'The array at a length: cut off, or filled up with a value; at its front where the length is negative.',
  category,
  arguments: [{ name: 'array', accepts: isArray }, { name: 'size' }, { name: 'extender', optional: true }],
  nulls: 'own',
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

/** Array(T) of Array(Nullable(T)). */
function withoutNulls(type: DataType): DataType {
  const element = elementOf(type)
  return element instanceof NullableType ? new ArrayType(element.inner) : type
}

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

const arrayWithConstant = defineFunction({
  name: 'arrayWithConstant',
  about: 'The value so many times.',
  category,
  arguments: [{ name: 'count', accepts: isInteger }, { name: 'x' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([, value]) => new ArrayType(value.type),
  run: ([count, value], { type, rows, arena }) => {
    const counts = numbersOf(count, arena)
    const lengths = Array.from({ length: rows }, (_, row) => {
      const size = counts(row) ?? 0
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

const hasSubstr = defineFunction({
  name: 'hasSubstr',
  about: 'Whether the elements of the second array stand side by side in the first.',
  category,
  arguments: [
    { name: 'array', accepts: isArray },
    { name: 'part', accepts: isArray },
  ],
  returns: ([a, b]) => {
    commonType([a.type, b.type])
    return UInt8
  },
  run: ([a, b], { rows, arena }) => {
    const common = commonType([a.type, b.type])
    const [left, right] = [a, b].map(column => castColumn(column, common, arena) as ArrayColumn)
    const out = arena.allocate(rows)
    for (let row = 0; row < rows; row++) {
      const whole = (left.valueAt(row) as unknown[]).map(keyOf)
      const part = (right.valueAt(row) as unknown[]).map(keyOf)
      let isFound = part.length === 0
      for (let at = 0; !isFound && at + part.length <= whole.length; at++)
        isFound = part.every((key, i) => whole[at + i] === key)
      arena.memory.u8[out + row] = Number(isFound)
    }
    return maskColumn(out, rows, arena)
  },
  examples: [['SELECT hasSubstr([1, 2, 3], [2, 3])', '1']],
})

export const arrays: readonly FunctionDefinition[] = [
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
  arrayExcept,
  hasSubstr,
  array,
  length,
  emptiness('empty', 'Whether a string or array has nothing in it.', ["SELECT empty(''), empty([1])", '1\t0']),
  emptiness('notEmpty', 'Whether a string or array has something in it.', ["SELECT notEmpty('a')", '1']),
  arrayElement,
  search('has', 'Whether the array has the value.', ['SELECT has([1, 2, NULL], NULL)', '1']),
  search('indexOf', 'The first place of the value, from 1; 0 where it is not.', ['SELECT indexOf([1, 2, 3], 2)', '2']),
  search('countEqual', 'How often the array has the value.', ['SELECT countEqual([1, 2, 1], 1)', '2']),
  hasMany('hasAll', 'Whether the first array has all values of the second.', ['SELECT hasAll([1, 2], [1])', '1']),
  hasMany('hasAny', 'Whether the first array has any value of the second.', ['SELECT hasAny([1], [2, 1])', '1']),
  range,
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
  arrayFlatten,
  arrayIntersect,
  arrayWithConstant,
  arrayZip,
  ...emptyTypes.map(emptyArray),
]
