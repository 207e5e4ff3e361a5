// Dates and times plus intervals.
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import type { IntervalUnit } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import {
  convertTime,
  daysOf,
  fromDays,
  fromLocal,
  fromUtcSeconds,
  isDateKind,
  localSeconds,
  power,
  zoneOf,
} from './timeColumns.ts'

/** How many of the smaller unit; months and what is made of them are counted in months, days and weeks in days. */
const months: Partial<Record<IntervalUnit, number>> = { Month: 1, Quarter: 3, Year: 12 }
const days: Partial<Record<IntervalUnit, number>> = { Day: 1, Week: 7 }
const seconds: Partial<Record<IntervalUnit, number>> = { Second: 1, Minute: 60, Hour: 3600 }
const digits: Partial<Record<IntervalUnit, number>> = { Millisecond: 3, Microsecond: 6, Nanosecond: 9 }

/** The type of `time + INTERVAL n unit`. */
export function addIntervalResult(type: DataType, unit: IntervalUnit): DataType {
  const fraction = digits[unit]
  if (fraction !== undefined) {
    if (type instanceof DateTime64Type)
      return type.scale >= fraction ? type : new DateTime64Type(fraction, type.zoneName, type.zone)
    if (type instanceof DateTimeType) return new DateTime64Type(fraction, type.zoneName, type.zone)
    if (type.kind === 'Date32') return new DateTime64Type(fraction)
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `add${unit}s cannot be used with ${type.name}`)
  }
  if (seconds[unit] === undefined || !isDateKind(type)) return type
  return type.kind === 'Date' ? parseType('DateTime') : new DateTime64Type(3)
}

/**
 * Adds amounts (i64[rows], of the unit, may be overwritten) to each row. Days and longer units keep the time of day on the zone's clock;
 * a month that is too short gets its last day.
 */
export function addInterval(
  column: FixedColumn,
  amounts: number,
  unit: IntervalUnit,
  type: DataType,
  arena: Arena,
): FixedColumn {
  const { rows } = column
  const { kernels } = arena.memory
  const scaled = (factor: number): number => {
    if (factor === 1) return amounts
    const out = arena.allocate(rows * 8)
    kernels.multiplyConstI64(amounts, int64(factor, arena), out, rows)
    return out
  }
  const fraction = digits[unit]
  if (fraction !== undefined || (seconds[unit] !== undefined && type instanceof DateTime64Type)) {
    const scale = (type as DateTime64Type).scale
    const ticks = convertTime(column, type, arena)
    const out = new FixedColumn(type, arena.memory, arena.allocate(rows * 8), rows)
    const by = fraction === undefined ? seconds[unit]! * 10 ** scale : 10 ** (scale - fraction)
    kernels.addI64(ticks.pointer, scaled(by), out.pointer, rows)
    return out
  }
  const perSecond = seconds[unit]
  if (perSecond !== undefined) {
    const whole = convertTime(column, type, arena)
    const out = arena.allocate(rows * 8)
    kernels.castU32I64(whole.pointer, out, rows)
    kernels.addI64(out, scaled(perSecond), out, rows)
    return fromUtcSeconds(wrapSeconds(out, rows, arena), type, rows, arena)
  }
  const zone = zoneOf(column.type)
  const local = isDateKind(column.type) ? 0 : localSeconds(column, zone, arena)
  let moved = daysOf(column, zone, arena)
  const perMonth = months[unit]
  const out = arena.allocate(rows * 4)
  if (perMonth !== undefined) kernels.addMonths(moved, scaled(perMonth), out, rows)
  else {
    const wide = arena.allocate(rows * 8)
    kernels.castI32I64(moved, wide, rows)
    kernels.addI64(wide, scaled(days[unit]!), wide, rows)
    kernels.castI64I32(wide, out, rows)
  }
  // Days and weeks wrap around where the type ends, months and years stop there.
  const isClamped = perMonth !== undefined
  if (local === 0) {
    if (type.kind === 'Date' && !isClamped) return wrapDays(out, type, rows, arena)
    return fromDays(out, type, rows, arena)
  }
  // The time of day, and below it the fraction of a second, stay.
  const before = arena.allocate(rows * 8)
  kernels.daysToSeconds(moved, before, rows)
  kernels.subtractI64(local, before, before, rows)
  const after = arena.allocate(rows * 8)
  kernels.daysToSeconds(out, after, rows)
  kernels.addI64(after, before, after, rows)
  moved = fromLocal(after, zone, rows, arena)
  if (!(type instanceof DateTime64Type))
    return fromUtcSeconds(isClamped ? moved : wrapSeconds(moved, rows, arena), type, rows, arena)
  const result = fromUtcSeconds(moved, type, rows, arena)
  return withFraction(column, result, type.scale, arena)
}

/** A DateTime's seconds wrap at 32 bits in arithmetic. */
export function wrapSeconds(values: number, rows: number, arena: Arena): number {
  const narrow = arena.allocate(rows * 4)
  arena.memory.kernels.castI64U32(values, narrow, rows)
  const wide = arena.allocate(rows * 8)
  arena.memory.kernels.castU32I64(narrow, wide, rows)
  return wide
}

function wrapDays(values: number, type: DataType, rows: number, arena: Arena): FixedColumn {
  const out = new FixedColumn(type, arena.memory, arena.allocate(rows * 2), rows)
  arena.memory.kernels.castI32U16(values, out.pointer, rows)
  return out
}

function withFraction(from: FixedColumn, to: FixedColumn, scale: number, arena: Arena): FixedColumn {
  if (scale === 0) return to
  const { rows } = from
  const { kernels } = arena.memory
  const whole = arena.allocate(rows * 8)
  kernels.floorDivI64(from.pointer, 10 ** scale, whole, rows)
  kernels.multiplyConstI64(whole, power(scale, arena), whole, rows)
  kernels.subtractI64(from.pointer, whole, whole, rows)
  const out = new FixedColumn(to.type, arena.memory, arena.allocate(rows * 8), rows)
  kernels.addI64(to.pointer, whole, out.pointer, rows)
  return out
}

/** The address of an i64. */
export function int64(value: number | bigint, arena: Arena): number {
  const pointer = arena.allocate(8)
  arena.memory.i64[pointer / 8] = BigInt(value)
  return pointer
}
