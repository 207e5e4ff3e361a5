import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { nullableOf, plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { maskColumn } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { flagColumn, truthOf } from './logical.ts'
import { isNumber } from './numericTypes.ts'
import { selectColumns, splitNulls } from './selectColumns.ts'

const UInt8 = parseType('UInt8')
const category = 'Null'
const own = { nulls: 'own', constants: 'keep', lowCardinality: 'own' } as const

const nullTest = (name: 'isNull' | 'isNotNull', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    caseInsensitive: true,
    about,
    category,
    arguments: [{ name: 'x' }],
    ...own,
    returns: () => UInt8,
    run: ([x], { rows, arena }) => {
      const wanted = name === 'isNull'
      if (!x.type.isNullable) return flagColumn(!wanted, rows, arena)
      const { nulls } = splitNulls(x, arena)
      if (wanted) return maskColumn(nulls, rows, arena)
      const mask = arena.allocate(rows)
      arena.memory.kernels.maskNot(nulls, mask, rows)
      return maskColumn(mask, rows, arena)
    },
    examples: [example],
  })

/** T of Nullable(T), inside LowCardinality too. */
function withoutNull(type: DataType): DataType {
  if (type instanceof LowCardinalityType) return new LowCardinalityType(withoutNull(type.inner))
  return type instanceof NullableType ? type.inner : type
}

const assumeNotNull = defineFunction({
  name: 'assumeNotNull',
  about: 'The value without Nullable. What comes out for NULL is the default of the type, or anything.',
  category,
  arguments: [{ name: 'x' }],
  ...own,
  constants: 'expand',
  returns: ([x]) => withoutNull(x.type),
  run: ([x], { type, rows }) => {
    if (x instanceof NullableColumn) return x.values
    if (!(x instanceof LowCardinalityColumn) || !x.type.isNullable) return x
    const { dictionary } = x
    const values = dictionary instanceof NullableColumn ? dictionary.values : dictionary
    return new LowCardinalityColumn(values, x.indices, rows, type as LowCardinalityType)
  },
  examples: [['SELECT assumeNotNull(toNullable(1)), toTypeName(assumeNotNull(toNullable(1)))', '1\tUInt8']],
})

const toNullable = defineFunction({
  name: 'toNullable',
  about: 'The value as Nullable.',
  category,
  arguments: [{ name: 'x' }],
  ...own,
  returns: ([x]) => {
    if (x.type.kind === 'Array' || x.type.kind === 'Map')
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Nested type ${x.type.name} cannot be inside Nullable type`)
    return nullableOf(x.type)
  },
  run: ([x], { type, arena }) => castColumn(x, type, arena),
  examples: [['SELECT toTypeName(toNullable(1))', 'Nullable(UInt8)']],
})

/** The first of these that is not NULL; the last one decides where all others are. */
function coalesceColumns(args: readonly Column[], type: DataType, arena: Arena): Column {
  let result = castColumn(args[args.length - 1], type, arena)
  for (const argument of args.slice(0, -1).reverse()) {
    const { nulls, values } = splitNulls(argument, arena)
    result = selectColumns(nulls, result.full(arena), castColumn(values, type, arena).full(arena), arena)
  }
  return result
}

function coalesceType(types: readonly DataType[]): DataType {
  const given = types.filter(type => !(plainType(type).kind === 'Nothing' && type.isNullable))
  const end = given.findIndex(type => !type.isNullable)
  if (end < 0) return given.length === 0 ? types[0] : commonType(given)
  // Behind an argument that is never NULL nothing counts.
  return commonType(given.slice(0, end + 1).map(withoutNull))
}

const coalesce = defineFunction({
  name: 'coalesce',
  caseInsensitive: true,
  about: 'The first argument that is not NULL.',
  category,
  arguments: [{ name: 'x' }, { name: 'more', repeated: true }],
  ...own,
  returns: args => coalesceType(args.map(argument => argument.type)),
  run: (args, { type, arena }) => {
    const given = args.filter(argument => !(plainType(argument.type).kind === 'Nothing' && argument.type.isNullable))
    const end = given.findIndex(argument => !argument.type.isNullable)
    const counted = given.length === 0 ? args : end < 0 ? given : given.slice(0, end + 1)
    return coalesceColumns(counted, type, arena)
  },
  examples: [['SELECT coalesce(NULL, 1, 2)', '1']],
})

const ifNull = defineFunction({
  name: 'ifNull',
  caseInsensitive: true,
  about: 'The first argument, or the second where that is NULL.',
  category,
  arguments: [{ name: 'x' }, { name: 'alternative' }],
  ...own,
  returns: ([x, alternative]) => {
    if (!x.type.isNullable) return x.type
    if (plainType(x.type).kind === 'Nothing') return alternative.type
    return commonType([withoutNull(x.type), alternative.type])
  },
  run: ([x, alternative], { type, arena }) => {
    if (!x.type.isNullable) return castColumn(x, type, arena)
    if (plainType(x.type).kind === 'Nothing') return castColumn(alternative, type, arena)
    const { nulls, values } = splitNulls(x, arena)
    const [other, value] = [alternative, values].map(column => castColumn(column, type, arena).full(arena))
    return selectColumns(nulls, other, value, arena)
  },
  examples: [['SELECT ifNull(NULL, 5), ifNull(toNullable(1), 5)', '5\t1']],
})

/** The first argument that is not the default of its type; NULL is the default of types that hold it. */
const firstNonDefault = defineFunction({
  name: 'firstNonDefault',
  about: 'The first argument that is not the default of its type: not 0, not empty, not NULL.',
  category,
  arguments: [{ name: 'x' }, { name: 'more', repeated: true }],
  ...own,
  lowCardinality: 'plain',
  returns: args => commonType(args.map(argument => argument.type)),
  run: (args, { type, rows, arena }) => {
    const { kernels } = arena.memory
    let result = castColumn(args[args.length - 1], type, arena).full(arena)
    for (const argument of args.slice(0, -1).reverse()) {
      const { nulls, values } = splitNulls(argument, arena)
      if (values.type.kind === 'Nothing') continue
      const isDefault = argument.type.isNullable
        ? nulls || arena.allocateZeroed(rows)
        : defaultMask(values, rows, arena)
      const keep = arena.allocate(rows)
      kernels.maskNot(isDefault, keep, rows)
      result = selectColumns(keep, castColumn(argument, type, arena).full(arena), result, arena).full(arena)
    }
    return result
  },
  examples: [["SELECT firstNonDefault('', 'hello', 'world')", 'hello']],
})

/** u8[rows]: 1 where a value is its type's default. */
function defaultMask(column: Column, rows: number, arena: Arena): number {
  const full = column.full(arena)
  const empty = JSON.stringify(plain(full.type.default))
  const mask = arena.allocate(rows)
  for (let row = 0; row < rows; row++)
    arena.memory.u8[mask + row] = Number(JSON.stringify(plain(full.valueAt(row))) === empty)
  return mask
}

/** A value that JSON can say: 64-bit integers as text. */
const plain = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(plain) : typeof value === 'bigint' ? String(value) : value

const isZeroOrNull = defineFunction({
  name: 'isZeroOrNull',
  about: 'Whether the argument is 0 or NULL.',
  category,
  arguments: [{ name: 'x' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([{ type }]) => {
    const plain = plainType(type)
    if (!isNumber(plain) && plain.kind !== 'Nothing')
      throw new DBError(
        'BAD_ARGUMENTS',
        'The argument of function isZeroOrNull must have simple numeric type, possibly Nullable or Null',
      )
    return UInt8
  },
  run: ([x], { rows, arena }) => {
    const { nulls, values } = splitNulls(x, arena)
    const mask = truthOf(values, rows, arena)
    arena.memory.kernels.maskNot(mask, mask, rows)
    if (nulls !== 0) arena.memory.kernels.maskOr(mask, nulls, mask, rows)
    return maskColumn(mask, rows, arena)
  },
  examples: [['SELECT isZeroOrNull(0), isZeroOrNull(NULL), isZeroOrNull(3)', '1\t1\t0']],
})

const isNullable = defineFunction({
  name: 'isNullable',
  about: "Whether the argument's type is Nullable.",
  category,
  arguments: [{ name: 'x' }],
  ...own,
  returns: () => UInt8,
  run: ([x], { rows, arena }) => flagColumn(x.type.isNullable, rows, arena),
  examples: [['SELECT isNullable(toNullable(1)), isNullable(1)', '1\t0']],
})

export const nullability: readonly FunctionDefinition[] = [
  nullTest('isNull', 'Whether the argument is NULL.', ['SELECT isNull(NULL), isNull(1)', '1\t0']),
  nullTest('isNotNull', 'Whether the argument is not NULL.', ['SELECT isNotNull(NULL)', '0']),
  assumeNotNull,
  toNullable,
  coalesce,
  ifNull,
  firstNonDefault,
  isZeroOrNull,
  isNullable,
]
