import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import { AggregateFunctionType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntervalType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { asInt64, castColumn } from './castColumn.ts'
import { compareColumns } from './compareColumns.ts'
import { castNumbers, fixedOf, newFixed, type NumberPhysical, numberPhysical, physicalWidth } from './fixedColumns.ts'
import { addStates, multiplyStates, stateProduct, stateSum } from './stateArithmetic.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { addInterval, addIntervalResult } from './intervals.ts'
import {
  absResult,
  binaryNumericResult,
  isInteger,
  isNumber,
  type NumericOperation,
  negateResult,
  storedInteger,
} from './numericTypes.ts'
import { tenTo } from './decimalColumns.ts'
import { selectFixed } from './selectColumns.ts'
import { convertTime, isDateKind, isTime } from './timeColumns.ts'

/** A side of an operation: packed values, or one value for all rows. */
interface Operand {
  readonly pointer: number
  readonly isConst: boolean
}

function operand(column: Column, type: DataType, arena: Arena): Operand {
  const cast = castColumn(column, type, arena)
  return { pointer: fixedOf(cast).pointer, isConst: cast instanceof ConstColumn }
}

type Verb =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'intDiv'
  | 'modulo'
  | 'addChecked'
  | 'subtractChecked'
  | 'multiplyChecked'
const commutative = new Set<Verb>(['add', 'multiply', 'addChecked', 'multiplyChecked'])

/** Runs verb over two sides of one physical type; gives what the kernel returns. */
function runBinary(
  verb: Verb,
  physical: NumberPhysical,
  a: Operand,
  b: Operand,
  out: number,
  rows: number,
  arena: Arena,
): number {
  const { kernels } = arena.memory
  if (b.isConst) return kernelNamed(kernels, `${verb}Const${physical}`)(a.pointer, b.pointer, out, rows)
  if (a.isConst && commutative.has(verb)) return runBinary(verb, physical, b, a, out, rows, arena)
  let left = a.pointer
  if (a.isConst) {
    left = arena.allocate(rows * physicalWidth(physical))
    kernels.fillBytes(a.pointer, physicalWidth(physical), rows, left)
  }
  return kernelNamed(kernels, verb + physical)(left, b.pointer, out, rows)
}

const verbs = { plus: 'add', minus: 'subtract', multiply: 'multiply' } as const

/** `a operation b` for numbers and decimals whose result is `type`. */
export function numericColumns(
  operation: 'plus' | 'minus' | 'multiply' | 'divide' | 'intDiv' | 'modulo',
  a: Column,
  b: Column,
  type: DataType,
  rows: number,
  arena: Arena,
): FixedColumn {
  if (operation === 'intDiv') return intDivide(a, b, type, rows, arena)
  if (type instanceof DecimalType) return decimalColumns(operation, a, b, type, rows, arena)
  if (operation === 'modulo') return moduloColumns(a, b, type, rows, arena)
  const out = newFixed(type, rows, arena)
  const verb = operation === 'divide' ? 'divide' : verbs[operation]
  runBinary(verb, numberPhysical(type), operand(a, type, arena), operand(b, type, arena), out.pointer, rows, arena)
  return out
}

function decimalColumns(
  operation: 'plus' | 'minus' | 'multiply' | 'divide' | 'modulo',
  a: Column,
  b: Column,
  type: DecimalType,
  rows: number,
  arena: Arena,
): FixedColumn {
  const out = newFixed(type, rows, arena)
  const physical = numberPhysical(type)
  const ownScale = (column: Column): DecimalType =>
    new DecimalType(type.precision, column.type instanceof DecimalType ? column.type.scale : 0)
  switch (operation) {
    case 'plus':
    case 'minus': {
      const verb = operation === 'plus' ? 'addChecked' : 'subtractChecked'
      checkOverflow(
        runBinary(verb, physical, operand(a, type, arena), operand(b, type, arena), out.pointer, rows, arena),
      )
      return out
    }
    case 'multiply': {
      const [x, y] = [operand(a, ownScale(a), arena), operand(b, ownScale(b), arena)]
      checkOverflow(runBinary('multiplyChecked', physical, x, y, out.pointer, rows, arena))
      return out
    }
    case 'divide': {
      // a / b at the result's scale: a gets b's digits on top, which the division takes off again.
      const divisor = ownScale(b)
      const dividend = fixedOf(castColumn(a, type, arena).full(arena)).pointer
      const scaled = arena.allocate(rows * type.width)
      const factor = tenTo(divisor.scale, physical, arena)
      checkOverflow(
        kernelNamed(arena.memory.kernels, `multiplyCheckedConst${physical}`)(dividend, factor, scaled, rows),
      )
      const y = operand(b, divisor, arena)
      checkDivision(runBinary('intDiv', physical, { pointer: scaled, isConst: false }, y, out.pointer, rows, arena))
      return out
    }
    case 'modulo': {
      // Of the digits as they are stored, whatever the scales: the dividend's must be the larger one.
      if (ownScale(b).scale > ownScale(a).scale && a.type instanceof DecimalType)
        throw new DBError('ARGUMENT_OUT_OF_BOUND', "Decimal result's scale is less than argument's one")
      const [x, y] = [operand(a, ownScale(a), arena), operand(b, ownScale(b), arena)]
      checkDivision(runBinary('modulo', physical, x, y, out.pointer, rows, arena))
      return out
    }
  }
}

function checkOverflow(code: number): void {
  if (code !== 0) throw new DBError('DECIMAL_OVERFLOW', 'Decimal math overflow')
}

function checkDivision(code: number): void {
  if (code === 0) return
  const text = code === 1 ? 'Division by zero' : 'Division of minimal signed number by minus one'
  throw new DBError('ILLEGAL_DIVISION', text)
}

/** Both sides as they are divided, and the type in which: of at least 32 bits, with C's rules about signs for remainders. */
function divisionSides(verb: 'intDiv' | 'modulo', a: Column, b: Column): [Column, Column, DataType] {
  const isQuotient = verb === 'intDiv'
  const [left, right] = isQuotient ? [withSign(a, b.type, false), withSign(b, a.type, true)] : [a, b]
  const [x, y] = [storedInteger(left.type)!, storedInteger(right.type)!]
  const widest = Math.max(x.bits, y.bits, 32)
  if (x.isSigned === y.isSigned) return [left, right, parseType(`${x.isSigned ? 'Int' : 'UInt'}${widest}`)]
  const [signed, unsigned] = x.isSigned ? [x, y] : [y, x]
  if (isQuotient) return [left, right, parseType(`Int${unsigned.bits === widest ? Math.min(widest * 2, 256) : widest}`)]
  const isSigned = unsigned.bits < Math.max(signed.bits, 32)
  return [left, right, parseType(`${isSigned ? 'Int' : 'UInt'}${widest}`)]
}

function castResult(column: FixedColumn, type: DataType, arena: Arena): FixedColumn {
  const pointer = castNumbers(column.pointer, numberPhysical(column.type), numberPhysical(type), column.rows, arena)
  return new FixedColumn(type, arena.memory, pointer, column.rows)
}

function intDivide(a: Column, b: Column, type: DataType, rows: number, arena: Arena): FixedColumn {
  const { kernels } = arena.memory
  if (a.type instanceof FloatType || b.type instanceof FloatType) {
    const divisor = fixedOf(castColumn(b, float64, arena).full(arena)).pointer
    const zeros = arena.allocate(rows)
    kernels.equalConstF64(divisor, arena.allocateZeroed(16), zeros, rows)
    if (kernels.firstInMask(zeros, rows) >= 0) checkDivision(1)
    const quotient = numericColumns('divide', a, b, float64, rows, arena)
    const limit = 2 ** (type.width * 8 - 1)
    const { f64 } = arena.memory
    const quotients = f64.subarray(quotient.pointer / 8, quotient.pointer / 8 + rows)
    if (!quotients.every(value => value >= -limit && value < limit))
      throw new DBError(
        'ILLEGAL_DIVISION',
        'Cannot perform integer division, because it will produce infinite or too large number',
      )
    return castResult(quotient, type, arena)
  }
  if (a.type instanceof DecimalType || b.type instanceof DecimalType) {
    const common = binaryNumericResult('minus', a.type, b.type)!
    const out = newFixed(common, rows, arena)
    const [x, y] = [operand(a, common, arena), operand(b, common, arena)]
    checkDivision(runBinary('intDiv', numberPhysical(common), x, y, out.pointer, rows, arena))
    return castResult(out, type, arena)
  }
  return divideIntegers('intDiv', a, b, type, rows, arena)
}

/**
 * In a quotient, the side that is not signed is taken for signed where the other one is, in its own width (a divisor that is narrower
 * than the dividend keeps its value).
 */
function withSign(column: Column, other: DataType, isDivisor: boolean): Column {
  const [own, beside] = [storedInteger(column.type)!, storedInteger(other)!]
  if (own.isSigned || !beside.isSigned || (isDivisor && own.bits < beside.bits)) return column
  const type = parseType(`Int${own.bits}`)
  if (column instanceof ConstColumn) return new ConstColumn(fixedOf(column).as(type), column.rows)
  return fixedOf(column).as(type)
}

function divideIntegers(
  verb: 'intDiv' | 'modulo',
  a: Column,
  b: Column,
  type: DataType,
  rows: number,
  arena: Arena,
): FixedColumn {
  const [left, right, common] = divisionSides(verb, a, b)
  const out = newFixed(common, rows, arena)
  const [x, y] = [operand(left, common, arena), operand(right, common, arena)]
  checkDivision(runBinary(verb, numberPhysical(common), x, y, out.pointer, rows, arena))
  const own = storedInteger(left.type)!
  if (own.isSigned && own.width < common.width) checkLeastByMinusOne(left, right, own.min, rows, arena)
  return castResult(out, type, arena)
}

/** The smallest number of a narrow type divided by -1 is an error too, although the wider type has the result. */
function checkLeastByMinusOne(a: Column, b: Column, least: bigint, rows: number, arena: Arena): void {
  const { kernels } = arena.memory
  const constant = (value: bigint) => new ConstColumn(columnOf(int256Type, [value], arena), rows)
  const minusOnes = compareColumns('equal', b, constant(-1n), rows, arena)
  if (kernels.firstInMask(minusOnes, rows) < 0) return
  const leasts = compareColumns('equal', a, constant(least), rows, arena)
  kernels.maskAnd(leasts, minusOnes, leasts, rows)
  if (kernels.firstInMask(leasts, rows) >= 0) checkDivision(2)
}

function moduloColumns(a: Column, b: Column, type: DataType, rows: number, arena: Arena): FixedColumn {
  if (type instanceof FloatType) {
    const out = newFixed(type, rows, arena)
    const [x, y] = [a, b].map(column => fixedOf(castColumn(column, type, arena).full(arena)).pointer)
    arena.memory.kernels.moduloF64(x, y, out.pointer, rows)
    return out
  }
  return divideIntegers('modulo', a, b, type, rows, arena)
}

/** intDivOrZero, moduloOrZero: rows that divide by zero give 0. undefinedRows: u8[rows] that is set to 1 there, or 0. */
function divideOrZero(
  verb: 'intDivOrZero' | 'moduloOrZero',
  a: Column,
  b: Column,
  type: DataType,
  rows: number,
  undefinedRows: number,
  arena: Arena,
): FixedColumn {
  const { kernels } = arena.memory
  if (storedInteger(a.type) && storedInteger(b.type)) {
    const [left, right, common] = divisionSides(verb === 'intDivOrZero' ? 'intDiv' : 'modulo', a, b)
    const out = newFixed(common, rows, arena)
    const [x, y] = [left, right].map(column => fixedOf(castColumn(column, common, arena).full(arena)).pointer)
    kernelNamed(kernels, `${verb}${common.physical}`)(x, y, out.pointer, undefinedRows, rows)
    const result = castResult(out, type, arena)
    return verb === 'intDivOrZero' ? withoutOverflow(result, a, b, arena) : result
  }
  // Floats and decimals: divide by one where the divisor is zero, then clear those rows.
  const divisor = fixedOf(b.full(arena))
  const zeros = undefinedRows || arena.allocate(rows)
  kernelNamed(kernels, `equalConst${divisor.type.physical}`)(divisor.pointer, arena.allocateZeroed(32), zeros, rows)
  const safe = withOnes(divisor, zeros, arena)
  const operation = verb === 'intDivOrZero' ? 'intDiv' : 'modulo'
  const result = numericColumns(operation, a, safe, type, rows, arena)
  const zero = new FixedColumn(type, arena.memory, arena.allocateZeroed(rows * type.width), rows)
  return selectFixed(zeros, zero, result, arena)
}

/** The quotients, with 0 for the smallest value of a signed type by -1. */
function withoutOverflow(result: FixedColumn, a: Column, b: Column, arena: Arena): FixedColumn {
  const { kernels } = arena.memory
  const { rows, type } = result
  if (!storedInteger(a.type)!.isSigned || !storedInteger(b.type)!.isSigned || a.type.width > 8) return result
  const equalTo = (column: Column, value: bigint): number => {
    const full = fixedOf(column.full(arena))
    const wanted = columnOf(full.type, [full.type.width === 8 ? value : Number(value)], arena) as FixedColumn
    const mask = arena.allocate(rows)
    kernelNamed(kernels, `equalConst${full.type.physical}`)(full.pointer, wanted.pointer, mask, rows)
    return mask
  }
  const negated = equalTo(b, -1n)
  if (kernels.firstInMask(negated, rows) < 0) return result
  kernels.maskAnd(negated, equalTo(a, -(1n << BigInt(a.type.width * 8 - 1))), negated, rows)
  return selectFixed(
    negated,
    new FixedColumn(type, arena.memory, arena.allocateZeroed(rows * type.width), rows),
    result,
    arena,
  )
}

function oneColumn(arena: Arena): FixedColumn {
  const one = newFixed(parseType('UInt8'), 1, arena)
  arena.memory.u8[one.pointer] = 1
  return one
}

const float64 = parseType('Float64')

function illegal(name: string, a: DataType, b: DataType): DBError {
  return new DBError(
    'ILLEGAL_TYPE_OF_ARGUMENT',
    `Illegal types ${a.name} and ${b.name} of arguments of function ${name}`,
  )
}

const isTuplePair = (a: DataType, b: DataType): boolean =>
  a instanceof TupleType && b instanceof TupleType && a.elements.length === b.elements.length

/** The result of + and -, where dates, times, intervals and tuples take part. */
function sumType(name: 'plus' | 'minus', a: DataType, b: DataType): DataType {
  const number = binaryNumericResult(name, a, b)
  if (number) return number
  if (isTime(a) && b instanceof IntervalType) return addIntervalResult(a, b.unit)
  if (name === 'plus' && a instanceof IntervalType && isTime(b)) return addIntervalResult(b, a.unit)
  if (isTime(a) && isNumber(b)) return a
  if (name === 'plus' && isNumber(a) && isTime(b)) return b
  if (name === 'minus' && isTime(a) && isTime(b)) {
    if (a.kind === b.kind && !(a instanceof DateTime64Type)) return parseType('Int32')
    const scales = [a, b].map(type => (type instanceof DateTime64Type ? type.scale : 0))
    if (!isDateKind(a) && !isDateKind(b)) return new DecimalType(18, Math.max(...scales))
  }
  if (a instanceof IntervalType && a.equals(b)) return a
  if (isTuplePair(a, b)) {
    const [left, right] = [a as TupleType, b as TupleType]
    return new TupleType(left.elements.map((type, i) => sumType(name, type, right.elements[i])))
  }
  throw illegal(name, a, b)
}

function sumColumns(name: 'plus' | 'minus', a: Column, b: Column, type: DataType, rows: number, arena: Arena): Column {
  if (binaryNumericResult(name, a.type, b.type)) return numericColumns(name, a, b, type, rows, arena)
  if (isTime(b.type) && !isTime(a.type)) return sumColumns(name, b, a, type, rows, arena)
  if (isTime(a.type) && isTime(b.type)) return differenceOfTimes(a, b, type, rows, arena)
  if (isTime(a.type)) {
    const amounts = asInt64(b.full(arena), arena)
    const signed = name === 'minus' ? negated(amounts, rows, arena) : amounts
    const natural = isDateKind(a.type) ? 'Day' : 'Second'
    const unit = b.type instanceof IntervalType ? b.type.unit : natural
    return addInterval(fixedOf(a.full(arena)), signed, unit, type, arena)
  }
  if (a.type instanceof IntervalType) {
    const out = newFixed(type, rows, arena)
    const verb = name === 'plus' ? 'add' : 'subtract'
    runBinary(verb, 'I64', operand(a, type, arena), operand(b, type, arena), out.pointer, rows, arena)
    return out
  }
  const [left, right] = [a.full(arena) as TupleColumn, b.full(arena) as TupleColumn]
  const elements = left.columns.map((column, i) =>
    sumColumns(name, column, right.columns[i], (type as TupleType).elements[i], rows, arena),
  )
  return new TupleColumn(arena.memory, elements, rows, type as TupleType)
}

function negated(values: number, rows: number, arena: Arena): number {
  const out = arena.allocate(rows * 8)
  arena.memory.kernels.negateI64(values, out, rows)
  return out
}

function differenceOfTimes(a: Column, b: Column, type: DataType, rows: number, arena: Arena): FixedColumn {
  const [left, right] = [fixedOf(a.full(arena)), fixedOf(b.full(arena))]
  if (type instanceof DecimalType) {
    const ticks = new DateTime64Type(type.scale)
    const out = newFixed(type, rows, arena)
    const [x, y] = [convertTime(left, ticks, arena), convertTime(right, ticks, arena)]
    arena.memory.kernels.subtractI64(x.pointer, y.pointer, out.pointer, rows)
    return out
  }
  const [x, y] = [left, right].map(column =>
    castNumbers(column.pointer, numberPhysical(column.type), 'I32', rows, arena),
  )
  const out = newFixed(type, rows, arena)
  arena.memory.kernels.subtractI32(x, y, out.pointer, rows)
  return out
}

const pair = [{ name: 'a' }, { name: 'b' }]

const sum = (name: 'plus' | 'minus', about: string, examples: [string, string][]): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category: 'Arithmetic',
    arguments: pair,
    constants: 'keep',
    returns: ([a, b]) => (name === 'plus' ? stateSum(a.type, b.type) : null) ?? sumType(name, a.type, b.type),
    run: ([a, b], { type, rows, arena }) =>
      type instanceof AggregateFunctionType
        ? addStates(a, b, type, rows, arena)
        : sumColumns(name, a, b, type, rows, arena),
    examples,
  })

function numericType(name: string, operation: NumericOperation, [a, b]: readonly ArgumentInfo[]): DataType {
  const type = binaryNumericResult(operation, a.type, b.type)
  if (type) return type
  if (a.type instanceof DecimalType && b.type instanceof DecimalType && operation === 'multiply')
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `Decimal result's scale is bigger than its precision`)
  throw illegal(name, a.type, b.type)
}

/** A tuple times or divided by a number, element by element. */
function scaledTuple(name: string, operation: 'multiply' | 'divide', a: DataType, b: DataType): TupleType | null {
  if (!(a instanceof TupleType) || !isNumber(b)) return null
  return new TupleType(
    a.elements.map(type => {
      const result = binaryNumericResult(operation, type, b)
      if (!result) throw illegal(name, a, b)
      return result
    }),
  )
}

const numeric = (
  name: 'multiply' | 'divide' | 'intDiv' | 'modulo',
  about: string,
  aliases: readonly string[],
  examples: [string, string][],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about,
    category: 'Arithmetic',
    arguments: pair,
    constants: 'keep',
    returns: args => {
      const [a, b] = args.map(argument => argument.type)
      const state = name === 'multiply' ? stateProduct(a, b) : null
      if (state) return state
      if (name === 'multiply' && a instanceof IntervalType && isInteger(b)) return a
      if (name === 'multiply' && b instanceof IntervalType && isInteger(a)) return b
      if (name === 'multiply' || name === 'divide') {
        const tuple = scaledTuple(name, name, a, b) ?? (name === 'multiply' ? scaledTuple(name, name, b, a) : null)
        if (tuple) return tuple
      }
      return numericType(name, name, args)
    },
    run: ([a, b], { type, rows, arena, nulls }) => {
      if (type instanceof AggregateFunctionType) return multiplyStates(a, b, type, rows, arena)
      if (nulls !== 0 && name !== 'multiply' && !(type instanceof TupleType)) {
        const safe = withOnes(fixedOf(b.full(arena)), nulls, arena)
        return numericColumns(name, a.full(arena), safe, type, rows, arena)
      }
      if (type instanceof IntervalType) {
        const out = newFixed(type, rows, arena)
        const [x, y] = [operand(a, int64Type, arena), operand(b, int64Type, arena)]
        runBinary('multiply', 'I64', x, y, out.pointer, rows, arena)
        return out
      }
      if (!(type instanceof TupleType)) return numericColumns(name, a, b, type, rows, arena)
      const [tuple, factor] = a.type instanceof TupleType ? [a, b] : [b, a]
      const { columns } = tuple.full(arena) as TupleColumn
      const elements = columns.map((column, i) => numericColumns(name, column, factor, type.elements[i], rows, arena))
      return new TupleColumn(arena.memory, elements, rows, type)
    },
    examples,
  })

/** Divisors with 1 in the rows that are NULL, where a zero may stand. */
function withOnes(column: FixedColumn, nulls: number, arena: Arena): FixedColumn {
  const one = castColumn(oneColumn(arena), column.type, arena)
  return selectFixed(nulls, fixedOf(new ConstColumn(one, column.rows).full(arena)), column, arena)
}

const int64Type = parseType('Int64')
const int256Type = parseType('Int256')

const orZero = (name: 'intDivOrZero' | 'moduloOrZero', operation: 'intDiv' | 'modulo', example: [string, string]) =>
  defineFunction({
    name,
    about: `Like ${operation}, but gives 0 where the divisor is 0.`,
    category: 'Arithmetic',
    arguments: pair,
    constants: 'keep',
    returns: args => numericType(name, operation, args),
    run: ([a, b], { type, rows, arena }) => divideOrZero(name, a, b, type, rows, 0, arena),
    examples: [example],
  })

/** Like the plain one, but NULL where the divisor is 0. */
const orNull = (
  name: string,
  aliases: readonly string[],
  operation: 'divide' | 'intDiv' | 'modulo',
  example: [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    about: `Like ${operation}, but gives NULL where the divisor is 0.`,
    category: 'Arithmetic',
    arguments: pair,
    returns: args => new NullableType(numericType(name, operation, args)),
    run: ([a, b], { type, rows, arena }) => {
      const { inner } = type as NullableType
      const zeros = undefinedDivisions(a, b, rows, arena)
      const safe = withOnes(fixedOf(b), zeros, arena)
      return new NullableColumn(zeros, numericColumns(operation, a, safe, inner, rows, arena), type as NullableType)
    },
    examples: [example],
  })

const positiveModulo = defineFunction({
  name: 'positiveModulo',
  aliases: ['positive_modulo', 'pmod'],
  caseInsensitive: true,
  about: 'The remainder, with |b| added where it is negative.',
  category: 'Arithmetic',
  arguments: pair,
  constants: 'keep',
  returns: args => numericType('positiveModulo', 'positiveModulo', args),
  run: ([a, given], { type, rows, arena, nulls }) => {
    const { kernels } = arena.memory
    const b = nulls === 0 ? given : withOnes(fixedOf(given.full(arena)), nulls, arena)
    const common = binaryNumericResult('modulo', a.type, b.type)!
    const wide = type instanceof FloatType ? type : common.width > 8 ? common : int64Type
    const rest = fixedOf(castColumn(numericColumns('modulo', a, b, common, rows, arena), wide, arena))
    const physical = numberPhysical(wide)
    const divisor = fixedOf(castColumn(b, wide, arena).full(arena))
    const size = newFixed(wide, rows, arena)
    if (physical[0] === 'U') return castResult(rest, type, arena)
    kernelNamed(kernels, `abs${physical}`)(divisor.pointer, size.pointer, rows)
    kernelNamed(kernels, `add${physical}`)(rest.pointer, size.pointer, size.pointer, rows)
    const negative = arena.allocate(rows)
    kernelNamed(kernels, `lessConst${physical}`)(rest.pointer, arena.allocateZeroed(32), negative, rows)
    return castResult(selectFixed(negative, size, rest, arena), type, arena)
  },
  examples: [['SELECT positiveModulo(-5, 3)', '1']],
})

/** Like positiveModulo, but NULL where the divisor is 0. */
const positiveModuloOrNull = defineFunction({
  name: 'positiveModuloOrNull',
  aliases: ['positive_modulo_or_null', 'pmodOrNull'],
  about: 'Like positiveModulo, but gives NULL where the divisor is 0.',
  category: 'Arithmetic',
  arguments: pair,
  returns: args => new NullableType(numericType('positiveModuloOrNull', 'positiveModulo', args)),
  run: (args, call) => {
    const [a, b] = args
    const { inner } = call.type as NullableType
    const zeros = undefinedDivisions(a, b, call.rows, call.arena)
    const whole = positiveModulo.run([a, withOnes(fixedOf(b), zeros, call.arena)], { ...call, type: inner, nulls: 0 })
    return new NullableColumn(zeros, whole.full(call.arena), call.type as NullableType)
  },
  examples: [['SELECT positiveModuloOrNull(5, 0)', '\\N']],
})

/** Rows that divide by zero, or the least integer by minus one. */
function undefinedDivisions(a: Column, b: Column, rows: number, arena: Arena): number {
  const { kernels } = arena.memory
  const divisor = fixedOf(b)
  const zeros = arena.allocate(rows)
  kernelNamed(kernels, `equalConst${divisor.type.physical}`)(divisor.pointer, arena.allocateZeroed(32), zeros, rows)
  const [x, y] = [storedInteger(a.type), storedInteger(divisor.type)]
  if (!x?.isSigned || !y?.isSigned) return zeros
  const [least, minusOne] = [columnOf(a.type, [x.wrap(x.min)], arena), columnOf(divisor.type, [y.wrap(-1n)], arena)]
  const [isLeast, isMinusOne] = [arena.allocate(rows), arena.allocate(rows)]
  const dividend = fixedOf(a)
  kernelNamed(kernels, `equalConst${dividend.type.physical}`)(dividend.pointer, fixedOf(least).pointer, isLeast, rows)
  kernelNamed(kernels, `equalConst${divisor.type.physical}`)(
    divisor.pointer,
    fixedOf(minusOne).pointer,
    isMinusOne,
    rows,
  )
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++) u8[zeros + row] |= u8[isLeast + row] & u8[isMinusOne + row]
  return zeros
}

const negate = defineFunction({
  name: 'negate',
  about: 'The number with the opposite sign.',
  category: 'Arithmetic',
  arguments: [{ name: 'x' }],
  returns: ([x]) => {
    if (x.type instanceof TupleType) return new TupleType(x.type.elements.map(type => negateResult(type) ?? type))
    const type = negateResult(x.type)
    if (!type)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${x.type.name} of argument of function negate`)
    return type
  },
  run: ([x], { type, rows, arena }) => negateColumn(x, type, rows, arena),
  examples: [['SELECT -toUInt8(1), toTypeName(-toUInt8(1))', '-1\tInt16']],
})

function negateColumn(x: Column, type: DataType, rows: number, arena: Arena): Column {
  if (x instanceof TupleColumn && type instanceof TupleType) {
    const elements = x.columns.map((column, i) => negateColumn(column, type.elements[i], rows, arena))
    return new TupleColumn(arena.memory, elements, rows, type)
  }
  const out = newFixed(type, rows, arena)
  const { pointer } = fixedOf(castColumn(x, type, arena))
  kernelNamed(arena.memory.kernels, `negate${type.physical}`)(pointer, out.pointer, rows)
  return out
}

const abs = defineFunction({
  name: 'abs',
  caseInsensitive: true,
  about: 'The number without its sign.',
  category: 'Arithmetic',
  arguments: [{ name: 'x' }],
  returns: ([x]) => {
    const type = absResult(x.type)
    if (!type) throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${x.type.name} of argument of function abs`)
    return type
  },
  run: ([x], { type, rows, arena }) => {
    const column = fixedOf(x)
    const physical = numberPhysical(column.type)
    if (physical[0] === 'U') return column.as(type)
    const out = newFixed(type, rows, arena)
    kernelNamed(arena.memory.kernels, `abs${physical}`)(column.pointer, out.pointer, rows)
    return out
  },
  examples: [['SELECT abs(-1), abs(toInt8(-128))', '1\t128']],
})

const sqr = defineFunction({
  name: 'sqr',
  caseInsensitive: true,
  about: 'The square.',
  category: 'Arithmetic',
  arguments: [{ name: 'x' }],
  returns: ([x]) => numericType('sqr', 'multiply', [x, x]),
  run: ([x], { type, rows, arena }) => numericColumns('multiply', x, x, type, rows, arena),
  examples: [['SELECT sqr(5)', '25']],
})

export const arithmetic: readonly FunctionDefinition[] = [
  sum('plus', 'The sum. A date or time plus an interval, days (dates) or seconds (times) is a date or time.', [
    ['SELECT 1 + 2, toTypeName(toUInt8(1) + toUInt8(1))', '3\tUInt16'],
    ["SELECT toDate('2020-01-31') + INTERVAL 1 MONTH", '2020-02-29'],
  ]),
  sum('minus', 'The difference; of two dates in days, of two times in seconds.', [
    ["SELECT toDate('2020-03-01') - toDate('2020-02-01')", '29'],
  ]),
  numeric('multiply', 'The product.', [], [['SELECT 2 * 3', '6']]),
  numeric(
    'divide',
    'The quotient, always a float (or a decimal, for decimals).',
    [],
    [['SELECT 1 / 2, 1 / 0', '0.5\tinf']],
  ),
  numeric(
    'intDiv',
    'The quotient cut to a whole number. Dividing by zero is an error.',
    [],
    [['SELECT intDiv(7, 2)', '3']],
  ),
  numeric('modulo', 'The remainder, with the sign of a.', ['mod', 'moduloLegacy'], [['SELECT 7 % 3, -7 % 3', '1\t-1']]),
  orZero('intDivOrZero', 'intDiv', ['SELECT intDivOrZero(1, 0)', '0']),
  orZero('moduloOrZero', 'modulo', ['SELECT moduloOrZero(5, 0)', '0']),
  orNull('divideOrNull', [], 'divide', ['SELECT divideOrNull(1, 0), divideOrNull(1, 2)', '\\N\t0.5']),
  orNull('intDivOrNull', [], 'intDiv', ['SELECT intDivOrNull(1, 0)', '\\N']),
  orNull('moduloOrNull', ['modOrNull'], 'modulo', ['SELECT moduloOrNull(5, 0)', '\\N']),
  positiveModulo,
  positiveModuloOrNull,
  negate,
  abs,
  sqr,
]
