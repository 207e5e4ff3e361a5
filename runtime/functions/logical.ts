import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { plainType } from './bind.ts'
import { fixedOf } from './fixedColumns.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isNumber } from './numericTypes.ts'

const UInt8 = parseType('UInt8')
const Bool = parseType('Bool')

const accepts = (type: DataType): boolean => {
  const plain = plainType(type)
  return isNumber(plain) || plain.kind === 'Nothing'
}

/** Bool where all are Bool, Nullable where any is. */
function resultType(args: readonly ArgumentInfo[]): DataType {
  const plain = args.map(argument => plainType(argument.type))
  const inner = plain.some(type => type.kind === 'Bool') ? Bool : UInt8
  return args.some(argument => argument.type.isNullable) ? new NullableType(inner) : inner
}

/** A mask of the rows that are not 0; 0 and 1 alike for UInt8 and Bool that hold nothing else. */
export function truthOf(column: Column, rows: number, arena: Arena): number {
  if (column.type.kind === 'Nothing') return arena.allocateZeroed(rows)
  const { type, pointer } = fixedOf(column)
  const out = arena.allocate(rows)
  kernelNamed(arena.memory.kernels, `notEqualConst${type.physical}`)(pointer, arena.allocateZeroed(32), out, rows)
  return out
}

/** nulls: 0 where there are none. */
interface Truth {
  readonly values: number
  readonly nulls: number
}

function nullableTruth(column: Column, rows: number, arena: Arena): Truth {
  const full = column.full(arena)
  if (full instanceof NullableColumn) return { values: truthOf(full.values, rows, arena), nulls: full.nulls }
  return { values: truthOf(full, rows, arena), nulls: 0 }
}

function binary(name: 'and' | 'or', about: string, examples: [string, string][]): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category: 'Logical',
    caseInsensitive: true,
    arguments: [
      { name: 'a', accepts },
      { name: 'b', accepts },
      { name: 'more', accepts, repeated: true },
    ],
    nulls: 'own',
    lowCardinality: 'plain',
    returns: resultType,
    run: (args, { type, rows, arena }) => {
      const { kernels } = arena.memory
      const [ternary, plain] =
        name === 'and' ? [kernels.ternaryAnd, kernels.maskAnd] : [kernels.ternaryOr, kernels.maskOr]
      const result = args
        .map(argument => nullableTruth(argument, rows, arena))
        .reduce((a, b) => {
          if (a.nulls === 0 && b.nulls === 0) {
            plain(a.values, b.values, a.values, rows)
            return a
          }
          const nulls = arena.allocate(rows)
          ternary(a.values, a.nulls, b.values, b.nulls, a.values, nulls, rows)
          return { values: a.values, nulls }
        })
      const inner = type instanceof NullableType ? type.inner : type
      const values = new FixedColumn(inner, arena.memory, result.values, rows)
      if (!(type instanceof NullableType)) return values
      return new NullableColumn(result.nulls || arena.allocateZeroed(rows), values, type)
    },
    examples,
  })
}

const logicalXor = defineFunction({
  name: 'xor',
  tooFew: 'TOO_FEW_ARGUMENTS_FOR_FUNCTION',
  about: 'Whether an odd number of the arguments is true.',
  category: 'Logical',
  caseInsensitive: true,
  arguments: [
    { name: 'a', accepts },
    { name: 'b', accepts },
    { name: 'more', accepts, repeated: true },
  ],
  returns: resultType,
  run: (args, { type, rows, arena }) => {
    const { kernels } = arena.memory
    const [first, ...others] = args.map(argument => truthOf(argument, rows, arena))
    for (const other of others) kernels.maskXor(first, other, first, rows)
    return new FixedColumn(type, arena.memory, first, rows)
  },
  examples: [['SELECT xor(1, 0), xor(2, 3)', '1\t0']],
})

const logicalNot = defineFunction({
  name: 'not',
  about: 'Whether the argument is false.',
  category: 'Logical',
  caseInsensitive: true,
  arguments: [{ name: 'x', accepts }],
  returns: resultType,
  run: ([x], { type, rows, arena }) => {
    const mask = truthOf(x, rows, arena)
    arena.memory.kernels.maskNot(mask, mask, rows)
    return new FixedColumn(type, arena.memory, mask, rows)
  },
  examples: [['SELECT NOT 5, NOT NULL', '0\t\\N']],
})

/**
 * A mask of the rows where a condition holds, NULL counting as false: for WHERE, if, -If. Constants and dictionaries are welcome;
 * ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER for what is no number.
 */
export function conditionMask(column: Column, rows: number, arena: Arena): number {
  if (!accepts(column.type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER',
      `Illegal type ${column.type.name} of column for filter. Must be UInt8 or Nullable(UInt8)`,
    )
  const full = column.full(arena)
  const plain =
    full.type instanceof LowCardinalityType ? (full as never as { plain(arena: Arena): Column }).plain(arena) : full
  const { values, nulls } = nullableTruth(plain, rows, arena)
  if (nulls !== 0) arena.memory.kernels.maskAndNot(values, nulls, values, rows)
  return values
}

/** true or false where a condition is the same for every row, else null. */
export function constantCondition(column: Column): boolean | null {
  if (!(column instanceof ConstColumn)) return null
  const value = column.valueAt()
  return value !== null && Number(value) !== 0
}

/** A constant of UInt8. */
export const flagColumn = (flag: boolean, rows: number, arena: Arena): ConstColumn =>
  new ConstColumn(columnOf(UInt8, [Number(flag)], arena), rows)

export const logical: readonly FunctionDefinition[] = [
  binary('and', 'Whether all arguments are true. False wins over NULL.', [
    ['SELECT 2 AND 3, NULL AND 0, NULL AND 1', '1\t0\t\\N'],
  ]),
  binary('or', 'Whether any argument is true. True wins over NULL.', [
    ['SELECT 0 OR 3, NULL OR 1, NULL OR 0', '1\t1\t\\N'],
  ]),
  logicalXor,
  logicalNot,
]
