// Looking for values in arrays.
import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { TupleColumn } from '../columns/tuple.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, MapType } from '../types/compound.ts'
import { parseType } from '../types/parseType.ts'
import { checkElement, isArray, keyOf } from './arrayColumns.ts'
import { castColumn } from './castColumn.ts'
import { equalMask } from './conditional.ts'
import { maskColumn, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'

const category = 'Arrays'
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')

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

export function firstEqual(
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

/** The keys where it is a map, which `has` looks at. */
const keysOfMap = (column: ArrayColumn): ArrayColumn =>
  column.type instanceof MapType
    ? new ArrayColumn(column.offsets, (column.elements as TupleColumn).columns[0], column.rows)
    : column

const search = (name: 'has' | 'indexOf' | 'countEqual', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [
      { name: 'array', accepts: type => isArray(type) || (name === 'has' && type instanceof MapType) },
      { name: 'x' },
    ],
    nulls: 'literal',
    lowCardinality: 'plain',
    returns: ([given, value]) => {
      checkElement(name, given.type instanceof MapType ? new ArrayType(given.type.key) : given.type, value.type)
      return name === 'has' ? UInt8 : UInt64
    },
    run: ([given, value], { type, rows, arena }) => {
      const column = keysOfMap(given as ArrayColumn)
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

/** u8[rows]: whether the array begins (ends) with all elements of the other. */
export function arrayAffix(a: Column, b: Column, atEnd: boolean, rows: number, arena: Arena): Column {
  const common = commonType([a.type, b.type])
  const [left, right] = [a, b].map(column => castColumn(column, common, arena) as ArrayColumn)
  const out = arena.allocate(rows)
  for (let row = 0; row < rows; row++) {
    const whole = (left.valueAt(row) as unknown[]).map(keyOf)
    const part = (right.valueAt(row) as unknown[]).map(keyOf)
    const start = atEnd ? whole.length - part.length : 0
    const fits = part.length <= whole.length && part.every((key, i) => whole[start + i] === key)
    arena.memory.u8[out + row] = Number(fits)
  }
  return maskColumn(out, rows, arena)
}

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

export const arraySearch: readonly FunctionDefinition[] = [
  hasSubstr,
  search('has', 'Whether the array has the value.', ['SELECT has([1, 2, NULL], NULL)', '1']),
  search('indexOf', 'The first place of the value, from 1; 0 where it is not.', ['SELECT indexOf([1, 2, 3], 2)', '2']),
  search('countEqual', 'How often the array has the value.', ['SELECT countEqual([1, 2, 1], 1)', '2']),
  hasMany('hasAll', 'Whether the first array has all values of the second.', ['SELECT hasAll([1, 2], [1])', '1']),
  hasMany('hasAny', 'Whether the first array has any value of the second.', ['SELECT hasAny([1], [2, 1])', '1']),
]
