// Columns as another type: what CAST, toX(), INSERT and the harmonising of branches, elements and keys are made of.
import { ArrayColumn } from '../columns/array.ts'
import { columnOf, concatColumns, defaultColumn } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import { asStates } from '../aggregates/stateType.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  MapType,
  NullableType,
  TupleType,
} from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { EnumType } from '../types/enum.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { type CastContext, failRow, failRows, notSafe } from './castContext.ts'
import { castDecimals, isDecimalCast } from './decimalColumns.ts'
import { castNumbers, newFixed, type NumberPhysical, numberPhysical } from './fixedColumns.ts'
import { storedInteger } from './numericTypes.ts'
import { parseColumn, printColumn } from './textColumns.ts'
import { castToOrFromTime, isTimeCast } from './timeCasts.ts'

/** Throws where a value has no place in the new type; numbers wrap. Constants stay constant. */
export function castColumn(column: Column, to: DataType, arena: Arena, isAccurate = false): Column {
  return cast(column, to, { arena, nulls: 0, failures: 0, isAccurate })
}

/** Rows that cannot be cast get the type's default and are marked in the mask given back: u8[rows]. */
export function tryCastColumn(
  column: Column,
  to: DataType,
  arena: Arena,
  isAccurate: boolean,
): { column: Column; failures: number } {
  const failures = arena.allocateZeroed(column.rows)
  return { column: cast(column, to, { arena, nulls: 0, failures, isAccurate }), failures }
}

/** The same under a context of the caller's. */
export function castInContext(column: Column, to: DataType, context: CastContext): Column {
  return cast(column, to, context)
}

function cast(column: Column, to: DataType, context: CastContext): Column {
  const { arena } = context
  const from = column.type
  if (from.equals(to)) return column
  if (column instanceof ConstColumn) {
    if (context.failures === 0)
      return new ConstColumn(cast(column.value, to, { ...context, nulls: 0 }).full(arena), column.rows)
    return cast(column.full(arena), to, context)
  }
  if (column instanceof LowCardinalityColumn) return castDictionary(column, to, context)
  if (to instanceof LowCardinalityType) return withDictionary(cast(column, to.inner, context), to, arena)
  if (to instanceof NullableType) return castToNullable(column, to, context)
  if (column instanceof NullableColumn) return castFromNullable(column, to, context)
  if (from.kind === 'Nothing') return defaultColumn(to, column.rows, arena)
  return castPlain(column, to, context)
}

function castDictionary(column: LowCardinalityColumn, to: DataType, context: CastContext): Column {
  const { arena } = context
  // Failures are counted by row, and a NULL entry is none where no row uses it.
  const mayFail = context.failures !== 0 || (column.type.isNullable && !to.isNullable)
  if (mayFail) return cast(column.plain(arena), to, context)
  if (to instanceof LowCardinalityType) {
    const dictionary = cast(column.dictionary, to.inner, { ...context, nulls: 0 }).full(arena)
    return new LowCardinalityColumn(dictionary, column.indices, column.rows, to)
  }
  return cast(column.plain(arena), to, context)
}

/** A dictionary with an entry for each row, behind the default. */
function withDictionary(column: Column, type: LowCardinalityType, arena: Arena): Column {
  const { rows } = column
  const first = columnOf(type.inner, [type.inner.default], arena)
  const indices = arena.allocate(rows * 4)
  arena.memory.kernels.fillRange(1, 1, rows, indices)
  return new LowCardinalityColumn(concatColumns([first, column.full(arena)], arena), indices, rows, type)
}

function castToNullable(column: Column, to: NullableType, context: CastContext): Column {
  const { arena } = context
  if (column instanceof NullableColumn) {
    const values = cast(column.values, to.inner, { ...context, nulls: column.nulls })
    return new NullableColumn(column.nulls, values.full(arena), to)
  }
  const nulls = arena.allocateZeroed(column.rows)
  return new NullableColumn(nulls, cast(column, to.inner, context).full(arena), to)
}

function castFromNullable(column: NullableColumn, to: DataType, context: CastContext): Column {
  const { kernels } = context.arena.memory
  const first = kernels.firstInMask(column.nulls, column.rows)
  if (first >= 0) {
    const mask = context.arena.allocate(column.rows)
    kernels.maskOr(column.nulls, column.nulls, mask, column.rows)
    failRows(
      context,
      mask,
      column.rows,
      () => new DBError('CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN', 'Cannot convert NULL value to non-Nullable type'),
    )
  }
  return cast(column.values, to, { ...context, nulls: column.nulls })
}

const isText = (type: DataType): boolean => type.kind === 'String' || type.kind === 'FixedString'

function castPlain(column: Column, to: DataType, context: CastContext): Column {
  const { arena } = context
  const from = column.type
  if (column instanceof StringColumn && from.kind !== 'String') {
    if (to.kind === 'String') return new StringColumn(column.memory, column.offsets, column.bytes, column.rows)
    throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${from.name} to ${to.name} is not supported`)
  }
  if (to.kind === 'String') return printColumn(column, arena)
  if (to instanceof AggregateFunctionType && isText(from)) return asStates(printColumn(column, arena), to)
  if (column instanceof StringColumn) return parseColumn(column, to, context)
  if (to.kind === 'IPv6' && from.width === 16 && column instanceof FixedColumn && from.kind === 'FixedString')
    return column.as(to)
  if (from.kind === 'FixedString') return parseColumn(printColumn(column, arena), to, context)
  if (column instanceof ArrayColumn && (to instanceof ArrayType || to instanceof MapType))
    return castArray(column, to, context)
  if (column instanceof TupleColumn && to instanceof TupleType) return castTuple(column, to, context)
  if (column instanceof FixedColumn) {
    if (isTimeCast(from, to)) return castToOrFromTime(column, to, context)
    if (isDecimalCast(from, to)) return castDecimals(column, to, context)
    if (to instanceof EnumType) return castToEnum(column, to, context)
    if (to.kind === 'IPv6' && from.kind === 'IPv4') return mapAddresses(column, to, arena)
    const result = castPacked(column, to, context)
    if (result) return result
  }
  if (['Nothing', 'UUID', 'FixedString', 'IPv4', 'IPv6'].some(kind => kind === from.kind || kind === to.kind))
    throw new DBError('NOT_IMPLEMENTED', `Conversion from ${from.name} to ${to.name} is not supported`)
  throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${from.name} to ${to.name} is not supported`)
}

/** Between integers, floats, and what is stored as integers. */
function castPacked(column: FixedColumn, to: DataType, context: CastContext): FixedColumn | null {
  const { arena, isAccurate } = context
  const { type: from, rows, pointer } = column
  const { kernels } = arena.memory
  const isNumeric = (type: DataType) => type instanceof FloatType || storedInteger(type) !== null
  if (!isNumeric(from) || !isNumeric(to)) return null
  const [x, y] = [numberPhysical(from), numberPhysical(to)]
  if (to.kind === 'Bool') {
    const out = newFixed(to, rows, arena)
    kernelNamed(kernels, `notEqualConst${x}`)(pointer, arena.allocateZeroed(32), out.pointer, rows)
    return out
  }
  if (from instanceof FloatType && !(to instanceof FloatType)) checkFinite(column, context)
  const result = new FixedColumn(to, arena.memory, castNumbers(pointer, x, y, rows, arena), rows)
  if (isAccurate && !alwaysFits(x, y)) checkKept(column, result, x, y, context)
  return result
}

function checkFinite(column: FixedColumn, context: CastContext): void {
  const { kernels, f32, f64 } = context.arena.memory
  const { type, pointer, rows } = column
  const allFinite = type.width === 4 ? kernels.finiteF32(pointer, rows) : kernels.finiteF64(pointer, rows)
  if (allFinite) return
  const values =
    type.width === 4 ? f32.subarray(pointer / 4, pointer / 4 + rows) : f64.subarray(pointer / 8, pointer / 8 + rows)
  values.forEach((value, row) => {
    if (!Number.isFinite(value))
      failRow(context, row, () => new DBError('CANNOT_CONVERT_TYPE', 'Unexpected inf or nan to integer conversion'))
  })
}

function alwaysFits(from: NumberPhysical, to: NumberPhysical): boolean {
  if (from[0] === 'F') return to === 'F64'
  const [x, y] = [Number(from.slice(1)), Number(to.slice(1))]
  if (to[0] === 'F') return x < (y === 32 ? 24 : 53)
  return from[0] === to[0] ? x <= y : from[0] === 'U' && x < y
}

/** Rows whose value changed in the cast fail. */
function checkKept(
  column: FixedColumn,
  result: FixedColumn,
  x: NumberPhysical,
  y: NumberPhysical,
  context: CastContext,
): void {
  const { arena } = context
  const { rows } = column
  const { kernels } = arena.memory
  const changed = arena.allocate(rows)
  const integers = x[0] !== 'F' && y[0] !== 'F'
  if (integers) {
    const back = castNumbers(result.pointer, y, x, rows, arena)
    kernelNamed(kernels, `notEqual${x}`)(column.pointer, back, changed, rows)
    if (x[0] !== y[0]) {
      // The same bits under another sign are another number where the top bit is set.
      const [pointer, physical] = x[0] === 'I' ? [column.pointer, x] : [result.pointer, y]
      const negative = arena.allocate(rows)
      kernelNamed(kernels, `lessConst${physical}`)(pointer, arena.allocateZeroed(32), negative, rows)
      kernels.maskOr(changed, negative, changed, rows)
    }
  } else {
    const [left, right] = [
      castNumbers(column.pointer, x, 'F64', rows, arena),
      castNumbers(result.pointer, y, 'F64', rows, arena),
    ]
    kernels.notEqualF64(left, right, changed, rows)
    if (x[0] === 'F' && y[0] === 'F') maskNaNs(left, changed, rows, arena)
  }
  failRows(context, changed, rows, notSafe(column.type.name, result.type.name))
}

/** A NaN is unequal to itself, yet kept. */
function maskNaNs(values: number, changed: number, rows: number, arena: Arena): void {
  const isNumber = arena.allocate(rows)
  arena.memory.kernels.equalF64(values, values, isNumber, rows)
  arena.memory.kernels.maskAnd(changed, isNumber, changed, rows)
}

function castToEnum(column: FixedColumn, to: EnumType, context: CastContext): FixedColumn {
  const { arena } = context
  if (!storedInteger(column.type))
    throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${column.type.name} to ${to.name} is not supported`)
  const values: number[] = []
  for (let row = 0; row < column.rows; row++) {
    const number = Number(column.valueAt(row))
    if (!to.nameOf.has(number))
      failRow(context, row, () => new DBError('UNKNOWN_ELEMENT_OF_ENUM', `Unexpected value ${number} in enum`))
    values.push(to.nameOf.has(number) ? number : (to.default as number))
  }
  return columnOf(to, values, arena) as FixedColumn
}

function mapAddresses(column: FixedColumn, to: DataType, arena: Arena): Column {
  const values = Array.from(
    { length: column.rows },
    (_, row) => (0xffffn << 32n) | BigInt(column.valueAt(row) as number),
  )
  return columnOf(to, values, arena)
}

function castArray(column: ArrayColumn, to: ArrayType | MapType, context: CastContext): Column {
  const element = to instanceof MapType ? to.pairs.element : to.element
  const { offsets, elements } = column.compact(context.arena)
  const inner = cast(elements, element, { ...context, nulls: 0, failures: 0 })
  return new ArrayColumn(offsets, inner.full(context.arena), column.rows, to)
}

function castTuple(column: TupleColumn, to: TupleType, context: CastContext): Column {
  if (column.columns.length !== to.elements.length)
    throw new DBError('TYPE_MISMATCH', `Cannot convert ${column.type.name} to ${to.name}: their sizes differ`)
  const columns = column.columns.map((element, i) =>
    cast(element, to.elements[i], { ...context, nulls: 0, failures: 0 }).full(context.arena),
  )
  return new TupleColumn(context.arena.memory, columns, column.rows, to)
}

/** Integers of Int64, for kernels that want i64 (amounts, positions). */
export function asInt64(column: Column, arena: Arena): number {
  return (castColumn(column.full(arena), int64, arena) as FixedColumn).pointer
}

/** Numbers as F64. */
export function asFloat64(column: Column, arena: Arena): number {
  return (castColumn(column.full(arena), float64, arena) as FixedColumn).pointer
}

const int64 = parseType('Int64')
const float64 = parseType('Float64')
