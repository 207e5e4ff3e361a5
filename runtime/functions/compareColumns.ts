// Comparing two columns row by row, whatever their types: the ground of =, <, least, nullIf, CASE x WHEN, has, ...
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import { commonType } from '../types/commonType.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { castColumn } from './castColumn.ts'
import { tenTo } from './decimalColumns.ts'
import { castNumbers, fixedOf, type NumberPhysical, numberPhysical, physicalWidth } from './fixedColumns.ts'
import { isNumber, storedInteger } from './numericTypes.ts'

export type Comparison = 'equal' | 'notEqual' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual'

/** What holds for (b, a) where it holds for (a, b). */
const mirrored: Record<Comparison, Comparison> = {
  equal: 'equal',
  notEqual: 'notEqual',
  less: 'greater',
  lessOrEqual: 'greaterOrEqual',
  greater: 'less',
  greaterOrEqual: 'lessOrEqual',
}

/** Whether values of two plain types can be compared. */
export function areComparable(a: DataType, b: DataType): boolean {
  if (a.equals(b)) return a.kind !== 'AggregateFunction'
  if (a.kind === 'Nothing' || b.kind === 'Nothing') return true
  const bothNumbers = [a, b].every(type => isNumber(type) || type instanceof DecimalType)
  if (bothNumbers) return true
  const kinds = [a.kind, b.kind]
  // A DateTime counts as its seconds, an Enum and an address as their numbers.
  const countable = ['DateTime', 'Enum8', 'Enum16', 'IPv4', 'Interval']
  if ([a, b].some(type => countable.includes(type.kind)) && [a, b].some(isNumber)) return true
  if (kinds.includes('IPv4') && kinds.includes('IPv6')) return true
  if (a instanceof TupleType && b instanceof TupleType)
    return (
      a.elements.length === b.elements.length && a.elements.every((type, i) => comparableInside(type, b.elements[i]))
    )
  try {
    commonType([a, b])
    return true
  } catch {
    return false // NO_COMMON_TYPE is the answer, not a failure
  }
}

function comparableInside(a: DataType, b: DataType): boolean {
  const inner = (type: DataType): DataType =>
    type.kind === 'Nullable' || type.kind === 'LowCardinality'
      ? inner((type as never as { inner: DataType }).inner)
      : type
  return areComparable(inner(a), inner(b))
}

/**
 * A mask (u8[rows]) of the rows where `a comparison b` holds. Columns without NULLs and dictionaries, of comparable types; either or
 * both may be constant.
 */
export function compareColumns(comparison: Comparison, a: Column, b: Column, rows: number, arena: Arena): number {
  if (a instanceof ConstColumn && b instanceof ConstColumn) {
    const one = compareColumns(comparison, a.value, b.value, 1, arena)
    if (rows === 1) return one
    const out = arena.allocate(rows)
    arena.memory.kernels.fillBytes(one, 1, rows, out)
    return out
  }
  if (a instanceof ConstColumn) return compareColumns(mirrored[comparison], b, a, rows, arena)
  if (a.type.equals(b.type)) return compareSame(comparison, a, b, rows, arena)
  if (numericKind(a.type) && numericKind(b.type)) return compareNumbers(comparison, a, b, rows, arena)
  if (a.type instanceof TupleType && b.type instanceof TupleType) return compareTuples(comparison, a, b, rows, arena)
  const common = comparisonType(a.type, b.type)
  return compareSame(comparison, castColumn(a, common, arena), castColumn(b, common, arena), rows, arena)
}

function comparisonType(a: DataType, b: DataType): DataType {
  if ([a.kind, b.kind].includes('IPv6')) return parseType('IPv6')
  return commonType([a, b])
}

/** Numbers and what is stored as one, decimals and DateTime64 (with their scales). */
function numericKind(type: DataType): boolean {
  return (
    type instanceof FloatType ||
    type instanceof DecimalType ||
    type instanceof IntegerType ||
    ['Bool', 'DateTime', 'Enum8', 'Enum16', 'IPv4', 'Interval', 'DateTime64'].includes(type.kind)
  )
}

const scaleOf = (type: DataType): number =>
  type instanceof DecimalType || type instanceof DateTime64Type ? type.scale : 0

function compareSame(comparison: Comparison, a: Column, b: Column, rows: number, arena: Arena): number {
  const { kernels } = arena.memory
  const isConst = b instanceof ConstColumn
  const right = isConst ? b.value : b
  if (a instanceof StringColumn && right instanceof StringColumn) {
    const out = arena.allocate(rows)
    if (!isConst) {
      kernelNamed(kernels, `${comparison}Strings`)(a.offsets, a.bytes, right.offsets, right.bytes, out, rows)
      return out
    }
    const start = arena.memory.u32[right.offsets / 4]
    const size = right.textSize
    const isEquality = comparison === 'equal' || comparison === 'notEqual'
    if (size === 0 && isEquality) {
      if (comparison === 'equal') kernels.emptyOffsets(a.offsets, out, rows)
      else kernels.notEmptyOffsets(a.offsets, out, rows)
    } else kernelNamed(kernels, `${comparison}ConstStrings`)(a.offsets, a.bytes, right.bytes + start, size, out, rows)
    return out
  }
  if (a instanceof FixedColumn && right instanceof FixedColumn) {
    const out = arena.allocate(rows)
    const { physical, width } = a.type
    const name = comparison + (isConst ? 'Const' : '')
    if (physical === 'Bytes') kernelNamed(kernels, `${name}Fixed`)(a.pointer, right.pointer, width, out, rows)
    else kernelNamed(kernels, name + physical)(a.pointer, right.pointer, out, rows)
    return out
  }
  if (a instanceof TupleColumn) return compareTuples(comparison, a, b, rows, arena)
  return compareEach(comparison, a, b, rows, arena)
}

function compareNumbers(comparison: Comparison, a: Column, b: Column, rows: number, arena: Arena): number {
  const left = fixedOf(a)
  if (b instanceof ConstColumn) {
    const same = constantAs(fixedOf(b), left.type, arena)
    if (same) return compareSame(comparison, left, new ConstColumn(same, rows), rows, arena)
  }
  const right = fixedOf(b instanceof ConstColumn ? b.full(arena) : b)
  const [x, y] = [numberPhysical(left.type), numberPhysical(right.type)]
  const [scaleX, scaleY] = [scaleOf(left.type), scaleOf(right.type)]
  if (x[0] === 'F' || y[0] === 'F') return compareWithFloat(comparison, left, right, rows, arena)
  if (scaleX !== scaleY) {
    const widest = Math.max(physicalWidth(x), physicalWidth(y))
    const common: NumberPhysical = widest <= 8 ? 'I128' : 'I256'
    const scaled = (column: FixedColumn, from: NumberPhysical, scale: number) =>
      scaleUp(
        castNumbers(column.pointer, from, common, rows, arena),
        common,
        Math.max(scaleX, scaleY) - scale,
        rows,
        arena,
      )
    const out = arena.allocate(rows)
    const compare = kernelNamed(arena.memory.kernels, comparison + common)
    compare(scaled(left, x, scaleX), scaled(right, y, scaleY), out, rows)
    return out
  }
  return compareIntegers(comparison, left.pointer, x, right.pointer, y, rows, arena)
}

function compareIntegers(
  comparison: Comparison,
  a: number,
  x: NumberPhysical,
  b: number,
  y: NumberPhysical,
  rows: number,
  arena: Arena,
): number {
  const { kernels } = arena.memory
  const out = arena.allocate(rows)
  const width = Math.max(physicalWidth(x), physicalWidth(y))
  if (x === 'U64' && y[0] === 'I' && physicalWidth(y) <= 8)
    return compareIntegers(mirrored[comparison], b, y, a, x, rows, arena)
  if (y === 'U64' && x[0] === 'I' && width === 8) {
    kernelNamed(kernels, `${comparison}I64U64`)(castNumbers(a, x, 'I64', rows, arena), b, out, rows)
    return out
  }
  const unsigned = Math.max(x[0] === 'U' ? physicalWidth(x) : 0, y[0] === 'U' ? physicalWidth(y) : 0)
  const bothUnsigned = x[0] === 'U' && y[0] === 'U'
  const signedWidth = unsigned === width ? Math.min(width * 2, 32) : width
  const common = (bothUnsigned ? `U${width * 8}` : `I${signedWidth * 8}`) as NumberPhysical
  const compare = kernelNamed(kernels, comparison + common)
  compare(castNumbers(a, x, common, rows, arena), castNumbers(b, y, common, rows, arena), out, rows)
  return out
}

/** 64-bit integers against floats exactly; decimals and wide integers as floats. */
function compareWithFloat(comparison: Comparison, a: FixedColumn, b: FixedColumn, rows: number, arena: Arena): number {
  const { kernels } = arena.memory
  const [x, y] = [numberPhysical(a.type), numberPhysical(b.type)]
  if (x[0] === 'F' && y[0] !== 'F') return compareWithFloat(mirrored[comparison], b, a, rows, arena)
  const out = arena.allocate(rows)
  const right = castNumbers(b.pointer, y, 'F64', rows, arena)
  if ((x === 'I64' || x === 'U64') && scaleOf(a.type) === 0) {
    kernelNamed(kernels, `${comparison}${x}F64`)(a.pointer, right, out, rows)
    return out
  }
  const left = castColumn(a, parseType('Float64'), arena) as FixedColumn
  kernelNamed(kernels, `${comparison}F64`)(left.pointer, right, out, rows)
  return out
}

/** values * 10^digits, in place of a copy; what does not fit wraps. */
function scaleUp(values: number, physical: NumberPhysical, digits: number, rows: number, arena: Arena): number {
  if (digits === 0) return values
  const out = arena.allocate(rows * physicalWidth(physical))
  const factor = tenTo(digits, physical, arena)
  kernelNamed(arena.memory.kernels, `multiplyConst${physical}`)(values, factor, out, rows)
  return out
}

/** A constant as a value of the column's own type, where it is one exactly: then the column need not be cast. */
function constantAs(constant: FixedColumn, type: DataType, arena: Arena): FixedColumn | null {
  if (type instanceof DecimalType || type instanceof DateTime64Type) return null
  if (scaleOf(constant.type) !== 0) return null
  const value = constant.valueAt(0) as number | bigint
  if (type instanceof FloatType) {
    const number = Number(value)
    if (Number.isNaN(number)) return null
    if (typeof value === 'bigint' && BigInt(Number.isFinite(number) ? number : 0) !== value) return null
    if (type.bits === 32 && Math.fround(number) !== number) return null
    return columnOf(type, [number], arena) as FixedColumn
  }
  const integer = storedInteger(type)
  if (!integer || (typeof value === 'number' && !Number.isInteger(value))) return null
  const exact = BigInt(value)
  if (exact < integer.min || exact > integer.max) return null
  return (columnOf(integer, [integer.wrap(exact)], arena) as FixedColumn).as(type)
}

/** Element by element; what decides an order is the first that differs. */
function compareTuples(comparison: Comparison, a: Column, b: Column, rows: number, arena: Arena): number {
  const left = a as TupleColumn
  const isConst = b instanceof ConstColumn
  const right = (isConst ? b.value : b) as TupleColumn
  const simple = (column: Column) =>
    column instanceof FixedColumn || column instanceof StringColumn || column instanceof TupleColumn
  if (!left.columns.every(simple) || !right.columns.every(simple)) return compareEach(comparison, a, b, rows, arena)
  const { kernels } = arena.memory
  const element = (op: Comparison, i: number): number =>
    compareColumns(
      op,
      left.columns[i],
      isConst ? new ConstColumn(right.columns[i], rows) : right.columns[i],
      rows,
      arena,
    )
  const last = left.columns.length - 1
  if (comparison === 'equal' || comparison === 'notEqual') {
    const out = arena.allocate(rows)
    kernels.fillBytes(constantMask(comparison === 'equal' || last < 0 ? 1 : 0, arena), 1, rows, out)
    for (let i = 0; i <= last; i++) {
      if (comparison === 'equal') kernels.maskAnd(out, element('equal', i), out, rows)
      else kernels.maskOr(out, element('notEqual', i), out, rows)
    }
    return out
  }
  const strict = comparison === 'less' || comparison === 'lessOrEqual' ? 'less' : 'greater'
  let out = element(comparison, last)
  for (let i = last - 1; i >= 0; i--) {
    const equal = element('equal', i)
    kernels.maskAnd(equal, out, equal, rows)
    kernels.maskOr(equal, element(strict, i), equal, rows)
    out = equal
  }
  return out
}

function constantMask(value: 0 | 1, arena: Arena): number {
  const pointer = arena.allocate(1)
  arena.memory.u8[pointer] = value
  return pointer
}

/** Arrays, maps and tuples of them: value by value. */
function compareEach(comparison: Comparison, a: Column, b: Column, rows: number, arena: Arena): number {
  const out = arena.allocate(rows)
  const orders = new Int8Array(rows)
  for (let row = 0; row < rows; row++) orders[row] = compareValues(a.valueAt(row), b.valueAt(row))
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++) u8[out + row] = Number(holds(comparison, orders[row]))
  return out
}

function holds(comparison: Comparison, order: number): boolean {
  switch (comparison) {
    case 'equal':
      return order === 0
    case 'notEqual':
      return order !== 0
    case 'less':
      return order < 0
    case 'lessOrEqual':
      return order <= 0
    case 'greater':
      return order > 0
    case 'greaterOrEqual':
      return order >= 0
  }
}

/** The order of two values of comparable types; NULL comes last. */
export function compareValues(a: Value, b: Value): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareValues(a[i], b[i])
      if (order !== 0) return order
    }
    return a.length - b.length
  }
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (Array.isArray(a) || Array.isArray(b) || typeof a === 'string' || typeof b === 'string')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Values of these types cannot be compared')
  return a < b ? -1 : a > b ? 1 : 0
}

/** By code points, which is the order of UTF-8 bytes; UTF-16 units would put U+FFFF behind U+10000. */
export function compareTexts(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  for (let i = 0; i < end; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x === y) continue
    const [high, low] = [x >= 0xd800 && x <= 0xdbff, y >= 0xd800 && y <= 0xdbff]
    if (high !== low) return high ? 1 : -1
    return x - y
  }
  return a.length - b.length
}
