import type { ArrayColumn } from '../columns/array.ts'
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { ArrayType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { nullableOf, plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { areComparable, compareColumns } from './compareColumns.ts'
import { maskColumn } from './fixedColumns.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { conditionMask, constantCondition } from './logical.ts'
import { nullColumn, nullsOrZeros, selectColumns, splitNulls } from './selectColumns.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { stringsOf } from './stringRows.ts'

const category = 'Conditional'
const isCondition = (type: DataType): boolean => {
  const { kind } = plainType(type)
  return kind === 'UInt8' || kind === 'Bool' || kind === 'Nothing' || /^U?Int|^Float/.test(kind)
}
const typeOf = (argument: ArgumentInfo): DataType => argument.type

/** Conditions before their branches, the last argument where none holds. */
function chooseBranch(args: readonly Column[], type: DataType, rows: number, arena: Arena): Column {
  let result: Column | null = null
  const branch = (column: Column): Column => asBranch(column, type, rows, arena)
  // From the last to the first, so that the first condition that holds has the last word.
  for (let i = args.length - 1; i >= 0; i -= 2) {
    if (result === null) {
      result = branch(args[i])
      i++ // the else branch stands alone
      continue
    }
    const known = constantCondition(args[i - 1])
    if (known === false) continue
    if (known === true) {
      result = branch(args[i])
      continue
    }
    const mask = conditionMask(args[i - 1], rows, arena)
    result = selectColumns(mask, branch(args[i]).full(arena), result.full(arena), arena)
  }
  return result!
}

/** As castColumn, but FixedString keeps its padding. */
function asBranch(column: Column, type: DataType, rows: number, arena: Arena): Column {
  if (plainType(type).kind !== 'String' || plainType(column.type).kind !== 'FixedString')
    return castColumn(column, type, arena)
  const { nulls, values } = splitNulls(column, arena)
  const texts = stringsOf(values, arena)
  return type instanceof NullableType ? new NullableColumn(nullsOrZeros(nulls, rows, arena), texts, type) : texts
}

const ifFunction = defineFunction({
  name: 'if',
  caseInsensitive: true,
  about: 'The second argument where the first is true, else the third. NULL is not true.',
  category,
  arguments: [{ name: 'condition', accepts: isCondition }, { name: 'then' }, { name: 'else' }],
  nulls: 'own',
  constants: 'keep',
  lowCardinality: 'plain',
  returns: args => commonType(args.slice(1).map(typeOf)),
  run: (args, { type, rows, arena }) => chooseBranch(args, type, rows, arena),
  examples: [['SELECT if(1, 2, 3), if(NULL, 2, 3)', '2\t3']],
})

const multiIf = defineFunction({
  name: 'multiIf',
  aliases: ['caseWithoutExpression', 'caseWithoutExpr'],
  caseInsensitive: true,
  about: 'The branch behind the first condition that is true, or the last argument.',
  category,
  arguments: [{ name: 'condition' }, { name: 'then' }, { name: 'more', repeated: true }],
  nulls: 'own',
  constants: 'keep',
  lowCardinality: 'plain',
  returns: args => {
    if (args.length % 2 === 0)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Invalid number of arguments for function multiIf: it must be odd',
      )
    args.forEach(({ type }, i) => {
      if (i % 2 === 0 && i < args.length - 1 && !isCondition(type))
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of a condition of function multiIf`)
    })
    return commonType(args.filter((_, i) => i % 2 === 1 || i === args.length - 1).map(typeOf))
  },
  run: (args, { type, rows, arena }) => chooseBranch(args, type, rows, arena),
  examples: [["SELECT multiIf(0, 'a', 1, 'b', 'c')", 'b']],
})

/** Rows where both are values and equal; with nullEquals also where both are NULL. */
export function equalMask(a: Column, b: Column, rows: number, arena: Arena, nullEquals = false): number {
  const { kernels } = arena.memory
  const [left, right] = [splitNulls(a, arena), splitNulls(b, arena)]
  const isNothing = left.values.type.kind === 'Nothing' || right.values.type.kind === 'Nothing'
  const mask = isNothing ? arena.allocateZeroed(rows) : compareColumns('equal', left.values, right.values, rows, arena)
  for (const { nulls } of [left, right]) if (nulls !== 0) kernels.maskAndNot(mask, nulls, mask, rows)
  if (nullEquals && left.nulls !== 0 && right.nulls !== 0) {
    const both = arena.allocate(rows)
    kernels.maskAnd(left.nulls, right.nulls, both, rows)
    kernels.maskOr(mask, both, mask, rows)
  }
  return mask
}

const caseWithExpression = defineFunction({
  name: 'caseWithExpression',
  aliases: ['caseWithExpr'],
  caseInsensitive: true,
  about: 'CASE x WHEN a THEN b ... ELSE c END: the branch behind the first value that equals x, or the last argument.',
  category,
  arguments: [{ name: 'x' }, { name: 'value' }, { name: 'then' }, { name: 'more', repeated: true }],
  nulls: 'own',
  constants: 'keep',
  lowCardinality: 'plain',
  returns: args => {
    if (args.length % 2 === 1)
      throw new DBError('BAD_ARGUMENTS', 'Invalid number of arguments for function caseWithExpression: it must be even')
    return commonType(args.filter((_, i) => i >= 2 && (i % 2 === 0 || i === args.length - 1)).map(typeOf))
  },
  run: (args, { type, rows, arena }) => {
    const [x, ...branches] = args
    let result = castColumn(branches[branches.length - 1], type, arena)
    for (let i = branches.length - 3; i >= 0; i -= 2) {
      const mask = equalMask(x, asComparable(branches[i], x.type, rows, arena), rows, arena, true)
      result = selectColumns(mask, castColumn(branches[i + 1], type, arena).full(arena), result.full(arena), arena)
    }
    return result
  },
  examples: [["SELECT CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' ELSE 'c' END", 'b']],
})

/** A constant text beside another type, read as a value of that type; else the column itself. */
function asComparable(column: Column, other: DataType, rows: number, arena: Arena): Column {
  const plain = plainType(other)
  const value = column instanceof ConstColumn || rows === 1 ? column.valueAt(0) : null
  if (typeof value !== 'string' || plain.kind === 'String' || plain.kind === 'FixedString') return column
  return new ConstColumn(columnOf(plain, [plain.parse(value)], arena), rows)
}

const clamp = defineFunction({
  name: 'clamp',
  about: 'The value, or the limit that it is beyond.',
  category,
  arguments: [{ name: 'value' }, { name: 'min' }, { name: 'max' }],
  lowCardinality: 'plain',
  returns: args => commonType(args.map(typeOf)),
  run: (args, { type, rows, arena, nulls }) => {
    const [value, min, max] = args.map(column => castColumn(column, type, arena).full(arena))
    const { kernels } = arena.memory
    const crossed = compareColumns('less', max, min, rows, arena)
    if (nulls !== 0) kernels.maskAndNot(crossed, nulls, crossed, rows)
    if (kernels.firstInMask(crossed, rows) >= 0)
      throw new DBError(
        'BAD_ARGUMENTS',
        'The minimum value cannot be greater than the maximum value for function clamp',
      )
    const raised = selectColumns(compareColumns('less', value, min, rows, arena), min, value, arena).full(arena)
    return selectColumns(compareColumns('less', max, raised, rows, arena), max, raised, arena)
  },
  examples: [['SELECT clamp(15, 0, 7)', '7']],
})

const transform = defineFunction({
  name: 'transform',
  about:
    'Replaces x by the element of the second array that stands where x stands in the first; what is in none becomes the default, or stays.',
  category,
  arguments: [
    { name: 'x' },
    { name: 'from', accepts: type => type instanceof ArrayType, constant: true },
    { name: 'to', accepts: type => type instanceof ArrayType, constant: true },
    { name: 'default', optional: true },
  ],
  nulls: 'own',
  constants: 'keep',
  lowCardinality: 'plain',
  returns: ([x, from, to, otherwise]) => {
    const element = (from.type as ArrayType).element
    if (!areComparable(plainType(x.type), plainType(element)))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `First argument of transform is ${x.type.name}, which is not comparable with ${element.name}`,
      )
    return commonType([(to.type as ArrayType).element, otherwise?.type ?? x.type])
  },
  run: ([x, from, to, otherwise], { type, rows, arena }) => {
    const arrays = [from, to].map(
      column => (column instanceof ConstColumn ? column.value : column.slice(0, 1)) as ArrayColumn,
    )
    const [keys, values] = arrays.map(array => array.compact(arena).elements)
    if (keys.rows !== values.rows)
      throw new DBError(
        'BAD_ARGUMENTS',
        'Second and third arguments of function transform must be arrays of equal sizes',
      )
    let result = castColumn(otherwise ?? x, type, arena).full(arena)
    const full = x.full(arena)
    for (let i = keys.rows - 1; i >= 0; i--) {
      const mask = equalMask(full, new ConstColumn(keys.slice(i, 1), rows), rows, arena, true)
      if (arena.memory.kernels.firstInMask(mask, rows) < 0) continue
      const value = new ConstColumn(castColumn(values.slice(i, 1), type, arena).full(arena), rows)
      result = selectColumns(mask, value.full(arena), result, arena)
    }
    return result
  },
  examples: [["SELECT transform(2, [1, 2], ['one', 'two'], 'other')", 'two']],
})

/** Of numbers without a common type, whose lesser (or greater) one has a type nevertheless; else null. */
function mixedExtreme(name: 'least' | 'greatest', a: DataType, b: DataType): DataType | null {
  const sides = [a, b]
  if (sides.some(type => type instanceof DecimalType) && sides.some(type => type instanceof FloatType))
    return parseType('Float64')
  const [x, y] = [a, b]
  if (!(x instanceof IntegerType) || !(y instanceof IntegerType) || x.isSigned === y.isSigned) return null
  const [signed, unsigned] = x.isSigned ? [x, y] : [y, x]
  if (Math.max(signed.bits, unsigned.bits) > 64)
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal types ${a.name} and ${b.name} of arguments of function ${name}`,
    )
  if (unsigned.bits < 64) return null
  return parseType(name === 'least' ? 'Int64' : 'UInt64')
}

/** least and greatest: NULLs do not take part. */
const extreme = (name: 'least' | 'greatest', about: string, example: [string, string]): FunctionDefinition =>
  defineFunction({
    name,
    caseInsensitive: true,
    about,
    category: 'Comparison',
    arguments: [{ name: 'a' }, { name: 'more', repeated: true }],
    nulls: 'own',
    lowCardinality: 'plain',
    returns: args =>
      (args.length === 2 ? mixedExtreme(name, args[0].type, args[1].type) : null) ?? commonType(args.map(typeOf)),
    run: (args, { type, rows, arena }) => {
      const { kernels } = arena.memory
      if (args.length === 2 && mixedExtreme(name, args[0].type, args[1].type)) {
        const [a, b] = args.map(column => column.full(arena))
        const kept = compareColumns(name === 'least' ? 'less' : 'greater', a, b, rows, arena)
        return selectColumns(
          kept,
          castColumn(a, type, arena).full(arena),
          castColumn(b, type, arena).full(arena),
          arena,
        )
      }
      const inner = plainType(type)
      const [first, ...others] = args.map(argument => {
        const { nulls, values } = splitNulls(argument, arena)
        return { nulls, values: castColumn(values, inner, arena).full(arena) }
      })
      let { nulls, values } = first
      for (const other of others) {
        // Where the comparison does not hold, as with NaN, the later argument wins.
        const kept = compareColumns(name === 'least' ? 'less' : 'greater', values, other.values, rows, arena)
        if (nulls !== 0) kernels.maskAndNot(kept, nulls, kept, rows)
        if (other.nulls !== 0) kernels.maskOr(kept, other.nulls, kept, rows)
        values = selectColumns(kept, values, other.values, arena)
        if (nulls !== 0) {
          const both = arena.allocate(rows)
          kernels.maskAnd(nulls, nullsOrZeros(other.nulls, rows, arena), both, rows)
          nulls = both
        }
      }
      return type instanceof NullableType ? new NullableColumn(nullsOrZeros(nulls, rows, arena), values, type) : values
    },
    examples: [example],
  })

const nullIf = defineFunction({
  name: 'nullIf',
  caseInsensitive: true,
  about: 'NULL where both arguments are equal, else the first.',
  category: 'Null',
  arguments: [{ name: 'a' }, { name: 'b' }],
  nulls: 'own',
  constants: 'keep',
  lowCardinality: 'plain',
  returns: ([a]) => nullableOf(a.type),
  run: ([a, b], { type, rows, arena }) => {
    const equal = equalMask(a, asComparable(b, a.type, rows, arena), rows, arena)
    const full = castColumn(a, type, arena).full(arena)
    if (!(type instanceof NullableType)) return full
    return selectColumns(equal, nullColumn(type, rows, arena), full, arena)
  },
  examples: [['SELECT nullIf(1, 1), nullIf(1, 2)', '\\N\t1']],
})

const isDistinctFrom = defineFunction({
  name: 'isDistinctFrom',
  about: 'Whether a and b differ, NULL being equal to NULL.',
  category: 'Comparison',
  arguments: [{ name: 'a' }, { name: 'b' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: () => parseType('UInt8'),
  run: ([a, b], { rows, arena }) => {
    const mask = equalMask(a, b, rows, arena, true)
    arena.memory.kernels.maskNot(mask, mask, rows)
    return maskColumn(mask, rows, arena)
  },
  examples: [['SELECT isDistinctFrom(NULL, NULL), isDistinctFrom(1, NULL)', '0\t1']],
})

const isNotDistinctFrom = defineFunction({
  name: 'isNotDistinctFrom',
  about: 'Whether a and b are equal, NULL being equal to NULL.',
  category: 'Comparison',
  arguments: [{ name: 'a' }, { name: 'b' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: () => parseType('UInt8'),
  run: ([a, b], { rows, arena }) => maskColumn(equalMask(a, b, rows, arena, true), rows, arena),
  examples: [['SELECT isNotDistinctFrom(NULL, NULL)', '1']],
})

export const conditional: readonly FunctionDefinition[] = [
  ifFunction,
  multiIf,
  caseWithExpression,
  transform,
  clamp,
  extreme('least', 'The smallest argument.', ['SELECT least(1, 2, -3)', '-3']),
  extreme('greatest', 'The largest argument.', ['SELECT greatest(1, 2.5)', '2.5']),
  nullIf,
  isDistinctFrom,
  isNotDistinctFrom,
]
