// Bitmaps: states of groupBitmap, made of arrays and combined.
import type { ArrayColumn } from '../columns/array.ts'
import { Bitmap } from '../columns/bitmap.ts'
import { columnOf, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { AggregateFunctionType, ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { type ArgumentRule, type Call, defineFunction, type FunctionDefinition } from './function.ts'

const category = 'Bitmap'
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')

const isBitmap = (type: DataType): boolean =>
  type instanceof AggregateFunctionType && type.functionName === 'groupBitmap' && valueType(type) instanceof IntegerType
const isIndex = (type: DataType): boolean => type instanceof IntegerType && !type.isSigned && type.bits <= 64
const isNumbers = (type: DataType): boolean =>
  type instanceof ArrayType && type.element instanceof IntegerType && type.element.bits <= 64
const valueType = (type: DataType): DataType => (type as AggregateFunctionType).argumentTypes[0]

/** One row's bitmap; a constant is read once. */
function bitmapsOf(column: Column, arena: Arena): (row: number) => Bitmap {
  const states = (column instanceof ConstColumn ? column.value : column) as StringColumn
  const type = valueType(states.type) as IntegerType
  const at = (row: number): Bitmap => {
    const { u32, u8 } = arena.memory
    const [start, end] = [u32[states.offsets / 4 + row], u32[states.offsets / 4 + row + 1]]
    return Bitmap.read(arena, type, u8.slice(states.bytes + start, states.bytes + end))
  }
  if (!(column instanceof ConstColumn)) return at
  const one = at(0)
  return () => one
}

/** A column of states. */
function statesOf(bitmaps: readonly Bitmap[], type: DataType, arena: Arena): StringColumn {
  const texts = bitmaps.map(bitmap => bitmap.write())
  const offsets = [0]
  for (const text of texts) offsets.push(offsets[offsets.length - 1] + text.length)
  const bytes = arena.allocate(offsets[texts.length])
  for (const [i, text] of texts.entries()) arena.memory.copyIn(bytes + offsets[i], text)
  return new StringColumn(arena.memory, placeU32(arena, offsets), bytes, bitmaps.length, type)
}

const bitmapRule: ArgumentRule = { name: 'bitmap', accepts: isBitmap }

/** A function of one row's bitmaps and other values. */
function overBitmaps(
  shape: Pick<FunctionDefinition, 'name' | 'about'> & { example: readonly [string, string] },
  rules: readonly ArgumentRule[],
  returns: (types: readonly DataType[]) => DataType,
  row: (bitmaps: Bitmap[], values: Value[]) => Value | Bitmap,
): FunctionDefinition {
  const { example, ...named } = shape
  const count = rules.filter(rule => rule.accepts === isBitmap).length
  return defineFunction({
    ...named,
    category,
    arguments: rules,
    constants: 'keep',
    lowCardinality: 'plain',
    returns: args => {
      const types = args.map(argument => argument.type)
      if (count === 2 && !valueType(types[0]).equals(valueType(types[1])))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `The bitmaps of function ${shape.name} must have one type of values, got ${types[0].name} and ${types[1].name}`,
        )
      return returns(types)
    },
    run: (args, { type, rows, arena }: Call) => {
      const bitmaps = args.slice(0, count).map(column => bitmapsOf(column, arena))
      const others = args.slice(count).map(column => column.full(arena))
      const results = Array.from({ length: rows }, (_, at) =>
        row(
          bitmaps.map(bitmap => bitmap(at)),
          others.map(column => column.valueAt(at)),
        ),
      )
      return type instanceof AggregateFunctionType
        ? statesOf(results as Bitmap[], type, arena)
        : columnOf(type, results as Value[], arena)
    },
    examples: [example],
  })
}

const bitmapBuild = defineFunction({
  name: 'bitmapBuild',
  about: 'A bitmap of the integers of an array.',
  category,
  arguments: [{ name: 'array', accepts: isNumbers }],
  returns: ([{ type }]) => new AggregateFunctionType('groupBitmap', [], '', [(type as ArrayType).element]),
  run: ([given], { type, rows, arena }) => {
    const array = given as ArrayColumn
    const bitmaps = Array.from({ length: rows }, (_, row) => {
      const bitmap = new Bitmap(arena, valueType(type) as IntegerType)
      for (const value of array.valueAt(row) as Value[]) bitmap.add(bitmap.raw(value))
      return bitmap
    })
    return statesOf(bitmaps, type, arena)
  },
  examples: [['SELECT bitmapToArray(bitmapBuild([1, 2, 3]))', '[1,2,3]']],
})

const operations = {
  And: (a: Bitmap, b: Bitmap) => a.and(b),
  Or: (a: Bitmap, b: Bitmap) => a.or(b),
  Xor: (a: Bitmap, b: Bitmap) => a.xor(b),
  Andnot: (a: Bitmap, b: Bitmap) => a.andNot(b),
}

/** The size of a combination, by what both have. */
const sizes = {
  And: (a: Bitmap, b: Bitmap) => a.andSize(b),
  Or: (a: Bitmap, b: Bitmap) => a.size + b.size - a.andSize(b),
  Xor: (a: Bitmap, b: Bitmap) => a.size + b.size - 2 * a.andSize(b),
  Andnot: (a: Bitmap, b: Bitmap) => a.size - a.andSize(b),
}

const words = { And: 'both', Or: 'either', Xor: 'exactly one', Andnot: 'the first and not the second' }
const answers = { And: '[3]', Or: '[1,2,3,4,5]', Xor: '[1,2,4,5]', Andnot: '[1,2]' }
const pair = 'bitmapBuild([1, 2, 3]), bitmapBuild([3, 4, 5])'
const both = [bitmapRule, bitmapRule]

const combinations = (['And', 'Or', 'Xor', 'Andnot'] as const).flatMap(name => [
  overBitmaps(
    {
      name: `bitmap${name}`,
      about: `The values that ${words[name]} of two bitmaps have.`,
      example: [`SELECT bitmapToArray(bitmap${name}(${pair}))`, answers[name]],
    },
    both,
    ([type]) => type,
    ([a, b]) => operations[name](a, b),
  ),
  overBitmaps(
    {
      name: `bitmap${name}Cardinality`,
      about: `How many values ${words[name]} of two bitmaps have.`,
      example: [`SELECT bitmap${name}Cardinality(${pair})`, String(answers[name].split(',').length)],
    },
    both,
    () => UInt64,
    ([a, b]) => BigInt(sizes[name](a, b)),
  ),
])

/** A value of the set as one of its type. */
const asValue = (bitmap: Bitmap, value: bigint): Value => bitmap.type.wrap(value)

/** The extreme value; the other end of the numbers where there is none. */
const extreme = (name: 'bitmapMin' | 'bitmapMax') =>
  overBitmaps(
    {
      name,
      about: `The ${name === 'bitmapMin' ? 'least' : 'greatest'} value.`,
      example: [`SELECT ${name}(bitmapBuild([3, 5, 2, 6]))`, name === 'bitmapMin' ? '2' : '6'],
    },
    [bitmapRule],
    () => UInt64,
    ([bitmap]) => {
      const values = bitmap.sorted()
      if (values.length === 0) return name === 'bitmapMax' ? 0n : (1n << (bitmap.type.bits === 64 ? 64n : 32n)) - 1n
      const value = values[name === 'bitmapMin' ? 0 : values.length - 1]
      return BigInt.asUintN(bitmap.type.bits, value)
    },
  )

const index = (name: string): ArgumentRule => ({ name, accepts: isIndex })

/** Values by their places in ascending order; in a small set they keep the order in which they came. */
function placed(bitmap: Bitmap, pick: (sorted: bigint[]) => bigint[]): Bitmap {
  const picked = new Set(pick(bitmap.sorted()))
  return bitmap.pick(bitmap.values().filter(value => picked.has(value)))
}

const numberOf = (value: Value): number => Number(value)

export const bitmaps: readonly FunctionDefinition[] = [
  bitmapBuild,
  ...combinations,
  overBitmaps(
    {
      name: 'bitmapToArray',
      about: 'The values of a bitmap as an array.',
      example: ['SELECT bitmapToArray(bitmapBuild([1, 2, 2]))', '[1,2]'],
    },
    [bitmapRule],
    ([type]) => new ArrayType(valueType(type)),
    ([bitmap]) => bitmap.values().map(value => asValue(bitmap, value)),
  ),
  overBitmaps(
    {
      name: 'bitmapCardinality',
      about: 'How many values a bitmap has.',
      example: ['SELECT bitmapCardinality(bitmapBuild([1, 3, 3]))', '2'],
    },
    [bitmapRule],
    () => UInt64,
    ([bitmap]) => BigInt(bitmap.size),
  ),
  extreme('bitmapMin'),
  extreme('bitmapMax'),
  overBitmaps(
    {
      name: 'bitmapContains',
      about: 'Whether a bitmap has a value.',
      example: ['SELECT bitmapContains(bitmapBuild([1, 2]), 2)', '1'],
    },
    [bitmapRule, index('value')],
    () => UInt8,
    ([bitmap], [value]) => Number(bitmap.has(BigInt(value as number))),
  ),
  overBitmaps(
    {
      name: 'bitmapHasAny',
      about: 'Whether two bitmaps have any value in common.',
      example: [`SELECT bitmapHasAny(${pair})`, '1'],
    },
    both,
    () => UInt8,
    ([a, b]) => Number(a.andSize(b) > 0),
  ),
  overBitmaps(
    {
      name: 'bitmapHasAll',
      about: 'Whether the first bitmap has all values of the second.',
      example: [`SELECT bitmapHasAll(${pair})`, '0'],
    },
    both,
    () => UInt8,
    ([a, b]) => Number(a.andSize(b) === b.size),
  ),
  overBitmaps(
    {
      name: 'bitmapSubsetInRange',
      about: 'The values from a start up to, not including, an end.',
      example: ['SELECT bitmapToArray(bitmapSubsetInRange(bitmapBuild([1, 2, 3, 4, 5]), 2, 5))', '[2,3,4]'],
    },
    [bitmapRule, index('start'), index('end')],
    ([type]) => type,
    ([bitmap], [start, end]) =>
      placed(bitmap, values =>
        values.filter(value => value >= BigInt(start as number) && value < BigInt(end as number)),
      ),
  ),
  overBitmaps(
    {
      name: 'bitmapSubsetLimit',
      about: 'The values from a start on, so many at most.',
      example: ['SELECT bitmapToArray(bitmapSubsetLimit(bitmapBuild([1, 5, 3, 2, 8]), 3, 2))', '[5,3]'],
    },
    [bitmapRule, index('start'), index('limit')],
    ([type]) => type,
    ([bitmap], [start, limit]) =>
      placed(bitmap, values => values.filter(value => value >= BigInt(start as number)).slice(0, numberOf(limit))),
  ),
  overBitmaps(
    {
      name: 'subBitmap',
      about: 'The values from a place in their order on, so many at most.',
      example: ['SELECT bitmapToArray(subBitmap(bitmapBuild([1, 2, 3, 4, 5]), 2, 2))', '[3,4]'],
    },
    [bitmapRule, index('offset'), index('limit')],
    ([type]) => type,
    ([bitmap], [offset, limit]) =>
      placed(bitmap, values => values.slice(numberOf(offset), numberOf(offset) + numberOf(limit))),
  ),
  overBitmaps(
    {
      name: 'bitmapTransform',
      about: 'Values of the first array replaced by those of the second.',
      example: ['SELECT bitmapToArray(bitmapTransform(bitmapBuild([1, 2, 3]), [2], [20]))', '[1,3,20]'],
    },
    [bitmapRule, { name: 'from', accepts: isNumbers }, { name: 'to', accepts: isNumbers }],
    ([type]) => type,
    ([bitmap], [from, to]) => {
      const [old, wanted] = [from as Value[], to as Value[]]
      if (old.length !== wanted.length)
        throw new DBError('TYPE_MISMATCH', 'The arrays of function bitmapTransform must have equal sizes')
      const values = new Set(bitmap.values())
      for (const [i, value] of old.entries()) {
        const key = bitmap.raw(value)
        if (!values.delete(key)) continue
        values.add(bitmap.raw(wanted[i]))
      }
      return bitmap.pick([...values])
    },
  ),
]
