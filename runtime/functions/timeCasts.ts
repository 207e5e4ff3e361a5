// Dates and times to and from numbers, and between each other.
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { CastContext } from './castContext.ts'
import { castDecimals, divideByPower } from './decimalColumns.ts'
import { castNumbers, newFixed, numberPhysical } from './fixedColumns.ts'
import { isNumber, storedInteger } from './numericTypes.ts'
import { convertTime, dateTimeMax, fromUtcSeconds, isDateKind, isTime, zoneOf } from './timeColumns.ts'

export const isTimeCast = (from: DataType, to: DataType): boolean => isTime(from) || isTime(to)

export function castToOrFromTime(column: FixedColumn, to: DataType, context: CastContext): FixedColumn {
  const { type: from } = column
  if (isTime(from) && isTime(to)) return convertTime(column, to, context.arena)
  if (isTime(from)) return timeToNumber(column, to, context)
  if (isNumber(from) || from instanceof DecimalType || storedInteger(from)) return numberToTime(column, to, context)
  throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${from.name} to ${to.name} is not supported`)
}

/** A date is its days, a time its seconds; floats and decimals get a DateTime64's fraction too. */
function timeToNumber(column: FixedColumn, to: DataType, context: CastContext): FixedColumn {
  const { arena } = context
  const { type: from, rows } = column
  if (from instanceof DateTime64Type) {
    if (to instanceof FloatType || to instanceof DecimalType)
      return castDecimals(column.as(new DecimalType(18, from.scale)), to, context) as FixedColumn
    const seconds = divideByPower(column.pointer, 'I64', from.scale, rows, arena) // towards zero
    return packed(castNumbers(seconds, 'I64', numberPhysical(integerBehind(to, from)), rows, arena), to, rows, context)
  }
  const stored = storedInteger(from)!
  if (to instanceof DecimalType) return castDecimals(column.as(stored), to, context) as FixedColumn
  const target = to instanceof FloatType ? to : integerBehind(to, from)
  return packed(
    castNumbers(column.pointer, stored.physical as 'U16', numberPhysical(target), rows, arena),
    to,
    rows,
    context,
  )
}

function integerBehind(to: DataType, from: DataType): DataType {
  const stored = storedInteger(to)
  if (!stored) throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${from.name} to ${to.name} is not supported`)
  return stored
}

const packed = (pointer: number, type: DataType, rows: number, { arena }: CastContext): FixedColumn =>
  new FixedColumn(type, arena.memory, pointer, rows)

/** To a date: days where the number is small enough to be days, else seconds. To a time: seconds. */
function numberToTime(column: FixedColumn, to: DataType, context: CastContext): FixedColumn {
  const { arena } = context
  const { type: from, rows } = column
  const { kernels } = arena.memory
  if (to instanceof DateTime64Type) {
    const ticks = castDecimals(column, new DecimalType(18, to.scale), context) as FixedColumn
    return ticks.as(to)
  }
  const stored = from instanceof FloatType || from instanceof DecimalType ? from : storedInteger(from)!
  const doubles =
    from instanceof DecimalType
      ? (castDecimals(column, parseType('Float64'), context) as FixedColumn).pointer
      : castNumbers(column.pointer, numberPhysical(stored), 'F64', rows, arena)
  const seconds = arena.allocate(rows * 8)
  const { f64, i64 } = arena.memory
  const daysMax = to.kind === 'Date32' ? 120529 : 65535
  const zone = zoneOf(to)
  for (let row = 0; row < rows; row++) {
    const value = Math.trunc(f64[doubles / 8 + row])
    i64[seconds / 8 + row] = BigInt(Number.isFinite(value) ? Math.min(Math.max(value, -1e15), 1e15) : 0)
  }
  if (to instanceof DateTimeType) {
    kernels.clampI64(seconds, 0, dateTimeMax, seconds, rows)
    return fromUtcSeconds(seconds, to, rows, arena)
  }
  if (!isDateKind(to))
    throw new DBError('CANNOT_CONVERT_TYPE', `Conversion from ${from.name} to ${to.name} is not supported`)
  const out = newFixed(to, rows, arena)
  const days = to.kind === 'Date' ? arena.memory.u16 : arena.memory.i32
  const start = out.pointer / to.width
  for (let row = 0; row < rows; row++) {
    const value = Number(arena.memory.i64[seconds / 8 + row])
    if (value <= daysMax) days[start + row] = Math.max(value, to.kind === 'Date' ? 0 : -25567)
    else {
      const second = Math.min(value, to.kind === 'Date' ? dateTimeMax : 10413791999)
      days[start + row] = Math.floor((second + zone.offsetAt(second)) / 86400)
    }
  }
  return out
}
