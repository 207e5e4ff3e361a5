import type { Column } from '../columns/column.ts'
import { columnOf } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { ArgumentInfo, Call, Environment, FunctionDefinition } from './function.ts'

/** A function with its arguments' types fixed. */
export interface BoundFunction {
  readonly definition: FunctionDefinition
  readonly type: DataType
  readonly deterministic: boolean
  /** All arguments constant gives a ConstColumn, if the function may be folded. */
  run(args: readonly Column[], rows: number, arena: Arena): Column
}

const nothing = parseType('Nothing')
export const nullType = new NullableType(nothing)

/** T of Nullable(T), LowCardinality(T), LowCardinality(Nullable(T)); other types as they are. */
export function plainType(type: DataType): DataType {
  if (type instanceof LowCardinalityType) return plainType(type.inner)
  return type instanceof NullableType ? type.inner : type
}

/** Nullable(T) where T may be inside Nullable, else T. */
export function nullableOf(type: DataType): DataType {
  if (type instanceof NullableType || type.isNullable) return type
  if (type instanceof LowCardinalityType) return new LowCardinalityType(nullableOf(type.inner))
  return ['Array', 'Map', 'AggregateFunction'].includes(type.kind) ? type : new NullableType(type)
}

/** As nullableOf; a tuple that a function gives for NULL is NULL itself. */
function nullableResult(type: DataType): DataType {
  return type.kind === 'Tuple' ? new NullableType(type) : nullableOf(type)
}

/** Checks the arguments against the definition and fixes the result's type. */
export function bindFunction(
  definition: FunctionDefinition,
  args: readonly ArgumentInfo[],
  environment: Environment,
): BoundFunction {
  checkCount(definition, args.length)
  const handling = definition.nulls ?? 'propagate'
  const propagates = handling === 'propagate'
  const dictionary = definition.lowCardinality ?? 'dictionary'
  const isNullable = propagates && args.some(argument => argument.type.isNullable)
  const alwaysNull = args.some(({ type }, i) => {
    if (handling === 'own' || !type.isNullable || plainType(type).kind !== 'Nothing') return false
    const rule = definition.arguments[Math.min(i, definition.arguments.length - 1)]
    return propagates || rule.accepts !== undefined || rule.lambda === true
  })
  const seen = args.map((argument): ArgumentInfo => {
    let { type } = argument
    if (dictionary !== 'own' && type instanceof LowCardinalityType) type = type.inner
    if (propagates && type instanceof NullableType) type = type.inner
    if (propagates && type instanceof LowCardinalityType && type.isNullable)
      type = new LowCardinalityType(plainType(type))
    return type === argument.type ? argument : { ...argument, type }
  })
  const deterministic = definition.deterministic ?? true
  if (alwaysNull)
    return {
      definition,
      type: nullType,
      deterministic,
      run: (_args, rows, arena) => new ConstColumn(columnOf(nullType, [null], arena), rows),
    }
  if (propagates && seen.some(({ type, lambda }) => type.kind === 'Nothing' && !lambda))
    return {
      definition,
      type: nothing,
      deterministic,
      run: (_args, rows, arena) => new ConstColumn(columnOf(nothing, [0], arena), rows).full(arena),
    }
  checkTypes(definition, seen)
  const plain = definition.returns(seen, environment)
  const type = isNullable ? nullableResult(plain) : plain
  const packed =
    dictionary === 'dictionary' &&
    deterministic &&
    args.filter(argument => argument.constant === undefined).length <= 1 &&
    args.every(argument => argument.constant !== undefined || argument.type instanceof LowCardinalityType) &&
    args.some(argument => argument.type instanceof LowCardinalityType) &&
    canBePacked(type)

  /** Arguments are full or constant, without NULL and LowCardinality as far as the definition wants. */
  const runPlain = (columns: readonly Column[], rows: number, arena: Arena, nulls: number): Column => {
    const given = (definition.constants ?? 'expand') === 'expand' ? columns.map(column => column.full(arena)) : columns
    const call: Call = { type: plain, rows, arena, memory: arena.memory, environment, arguments: seen, nulls }
    const result = definition.run(given, call)
    assert(result.rows === rows, 'a function gives as many rows as it got')
    return result
  }
  const runNullable = (columns: readonly Column[], rows: number, arena: Arena): Column => {
    if (!isNullable) return runPlain(columns, rows, arena, 0)
    let nulls = 0
    const { kernels } = arena.memory
    const values = columns.map((column): Column => {
      const whole = column instanceof ConstColumn ? column.value : column
      if (!(whole instanceof NullableColumn)) return column
      const map = column instanceof ConstColumn ? column.full(arena) : whole
      assert(map instanceof NullableColumn, 'a full Nullable column has a null map')
      if (nulls === 0) nulls = map.nulls
      else {
        const both = arena.allocate(rows)
        kernels.orMasks(nulls, map.nulls, rows, both)
        nulls = both
      }
      return column instanceof ConstColumn ? new ConstColumn(whole.values, rows) : whole.values
    })
    if (values.every(column => column instanceof ConstColumn)) {
      // Kept full: the null map is per row. Happens only where a constant is not folded.
      ;(values as Column[])[0] = values[0].full(arena)
    }
    const result = runPlain(values, rows, arena, nulls).full(arena)
    if (nulls === 0 || !(type instanceof NullableType)) return result
    if (!(result instanceof NullableColumn)) return new NullableColumn(nulls, result, type)
    const both = arena.allocate(rows)
    kernels.orMasks(nulls, result.nulls, rows, both)
    return new NullableColumn(both, result.values, type)
  }
  const unpack = (column: Column, arena: Arena): Column => {
    if (dictionary === 'own') return column
    if (column instanceof LowCardinalityColumn) return column.plain(arena)
    if (column instanceof ConstColumn && column.value instanceof LowCardinalityColumn)
      return new ConstColumn(column.value.plain(arena), column.rows)
    return column
  }
  const run = (columns: readonly Column[], rows: number, arena: Arena): Column => {
    const foldable = deterministic && (definition.foldable ?? true) && columns.length > 0
    if (foldable && columns.every(column => column instanceof ConstColumn)) {
      const one = columns.map(column => (column as ConstColumn).value)
      return new ConstColumn(run(one, 1, arena).full(arena), rows)
    }
    const at = packed ? columns.findIndex(column => column instanceof LowCardinalityColumn) : -1
    if (at >= 0) {
      const { dictionary: values, indices } = columns[at] as LowCardinalityColumn
      const own = columns.map((column, i) => (i === at ? values : unpack(column.slice(0, 1).full(arena), arena)))
      const entries = own.map((column, i) => (i === at ? column : new ConstColumn(column, values.rows)))
      try {
        const results = runNullable(entries, values.rows, arena).full(arena)
        return new LowCardinalityColumn(results, indices, rows)
      } catch (error) {
        // An entry that no row uses may be what fails, as the empty default does in toUInt8: then the rows themselves decide.
        if (!(error instanceof DBError) || error.name === 'MEMORY_LIMIT_EXCEEDED') throw error
      }
    }
    const result = runNullable(
      columns.map(column => unpack(column, arena)),
      rows,
      arena,
    )
    if (!packed || result instanceof LowCardinalityColumn) return result
    return packResult(result, rows, arena)
  }
  return { definition, type: packed ? new LowCardinalityType(type) : type, deterministic, run }
}

/** A column as LowCardinality with a dictionary entry for each row. */
function packResult(result: Column, rows: number, arena: Arena): Column {
  const indices = arena.allocate(rows * 4)
  arena.memory.kernels.fillRange(0, 1, rows, indices)
  const packed = new LowCardinalityColumn(result.full(arena), indices, rows)
  return packed
}

function canBePacked(type: DataType): boolean {
  const inner = type instanceof NullableType ? type.inner : type
  return (
    inner.kind === 'String' ||
    (inner.width > 0 && inner.kind !== 'Nothing' && inner.kind !== 'Decimal' && !inner.kind.startsWith('Enum'))
  )
}

function checkCount({ name, arguments: rules, tooFew }: FunctionDefinition, given: number): void {
  const required = rules.filter(rule => !rule.optional && !rule.repeated).length
  const most = rules.some(rule => rule.repeated) ? Number.POSITIVE_INFINITY : rules.length
  if (given >= required && given <= most) return
  const wanted =
    required === most
      ? `${required}`
      : most === Number.POSITIVE_INFINITY
        ? `at least ${required}`
        : `${required} to ${most}`
  const text = `Number of arguments for function ${name} doesn't match: passed ${given}, should be ${wanted}`
  throw new DBError(given < required && tooFew ? tooFew : 'NUMBER_OF_ARGUMENTS_DOESNT_MATCH', text)
}

function checkTypes({ name, arguments: rules }: FunctionDefinition, args: readonly ArgumentInfo[]): void {
  for (const [i, argument] of args.entries()) {
    const rule = rules[Math.min(i, rules.length - 1)]
    if (rule.constant && argument.constant === undefined)
      throw new DBError('ILLEGAL_COLUMN', `Argument ${rule.name} (${i + 1}) of function ${name} must be constant`)
    if (argument.lambda) {
      if (!rule.lambda)
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function ${name} takes no lambda as argument ${i + 1}`)
      continue
    }
    if (rule.accepts && !rule.accepts(argument.type))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `Illegal type ${argument.type.name} of argument ${rule.name} (${i + 1}) of function ${name}`,
      )
  }
}
