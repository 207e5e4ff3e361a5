// Dates and times as the date kernels want them: days (i32) and seconds (i64), UTC or on a zone's clock.
import { columnOf } from '../columns/build.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { zoneTable } from '../columns/zoneTable.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { castNumbers, newFixed } from './fixedColumns.ts'

export const isDateKind = (type: DataType): boolean => type.kind === 'Date' || type.kind === 'Date32'
export const isTime = (type: DataType): boolean =>
  isDateKind(type) || type instanceof DateTimeType || type instanceof DateTime64Type

/** The zone that a type's values are shown in; dates have none. */
export function zoneOf(type: DataType): TimeZone {
  return type instanceof DateTimeType || type instanceof DateTime64Type ? type.zone : TimeZone.get('UTC')
}

/** Seconds since the epoch, i64[rows], rounded down; a date's first second in the zone. */
export function utcSeconds(column: FixedColumn, zone: TimeZone, arena: Arena): number {
  const { type, rows, pointer } = column
  const { kernels } = arena.memory
  if (type instanceof DateTimeType) return castNumbers(pointer, 'U32', 'I64', rows, arena)
  if (type instanceof DateTime64Type) {
    if (type.scale === 0) return pointer
    const out = arena.allocate(rows * 8)
    kernels.floorDivI64(pointer, 10 ** type.scale, out, rows)
    return out
  }
  const out = arena.allocate(rows * 8)
  kernels.daysToSeconds(daysOf(column, zone, arena), out, rows)
  return fromLocal(out, zone, rows, arena)
}

/** Seconds on the zone's clock, i64[rows], as if it were UTC. */
export function localSeconds(column: FixedColumn, zone: TimeZone, arena: Arena): number {
  const { rows } = column
  if (isDateKind(column.type)) {
    const out = arena.allocate(rows * 8)
    arena.memory.kernels.daysToSeconds(daysOf(column, zone, arena), out, rows)
    return out
  }
  return toLocal(utcSeconds(column, zone, arena), zone, rows, arena)
}

/** Days since 1970-01-01, i32[rows], on the zone's calendar. */
export function daysOf(column: FixedColumn, zone: TimeZone, arena: Arena): number {
  const { type, rows, pointer } = column
  if (type.kind === 'Date') return castNumbers(pointer, 'U16', 'I32', rows, arena)
  if (type.kind === 'Date32') return pointer
  const out = arena.allocate(rows * 4)
  arena.memory.kernels.secondsToDays(localSeconds(column, zone, arena), out, rows)
  return out
}

export function toLocal(seconds: number, zone: TimeZone, rows: number, arena: Arena): number {
  if (zone.isUtc) return seconds
  const { transitions, offsets, count } = zoneTable(arena.memory, zone)
  const out = arena.allocate(rows * 8)
  arena.memory.kernels.utcToLocal(seconds, transitions + 8, offsets, count - 1, out, rows)
  return out
}

export function fromLocal(seconds: number, zone: TimeZone, rows: number, arena: Arena): number {
  if (zone.isUtc) return seconds
  const { transitions, offsets, count } = zoneTable(arena.memory, zone)
  const out = arena.allocate(rows * 8)
  arena.memory.kernels.localToUtc(seconds, transitions + 8, offsets, count - 1, out, rows)
  return out
}

export const dateTimeMax = 4294967295

/** A column of the type from days, i32[rows]: clamped to what the type holds; a time is the day's first second in the type's zone. */
export function fromDays(days: number, type: DataType, rows: number, arena: Arena): FixedColumn {
  const { kernels } = arena.memory
  if (type.kind === 'Date') {
    const out = newFixed(type, rows, arena)
    kernels.daysToDate(days, out.pointer, rows)
    return out
  }
  if (type.kind === 'Date32') {
    const wide = castNumbers(days, 'I32', 'I64', rows, arena)
    kernels.clampI64(wide, -719528, 2932896, wide, rows)
    return newFixedAt(type, castNumbers(wide, 'I64', 'I32', rows, arena), rows, arena)
  }
  const seconds = arena.allocate(rows * 8)
  kernels.daysToSeconds(days, seconds, rows)
  return fromUtcSeconds(fromLocal(seconds, zoneOf(type), rows, arena), type, rows, arena)
}

/** A column of the type from UTC seconds, i64[rows]; they may be overwritten. */
export function fromUtcSeconds(seconds: number, type: DataType, rows: number, arena: Arena): FixedColumn {
  const { kernels } = arena.memory
  if (type instanceof DateTimeType) {
    const clamped = arena.allocate(rows * 8)
    kernels.clampI64(seconds, 0, dateTimeMax, clamped, rows)
    return newFixedAt(type, castNumbers(clamped, 'I64', 'U32', rows, arena), rows, arena)
  }
  if (type instanceof DateTime64Type) {
    if (type.scale === 0) return newFixedAt(type, seconds, rows, arena)
    const out = newFixed(type, rows, arena)
    kernels.multiplyConstI64(seconds, power(type.scale, arena), out.pointer, rows)
    return out
  }
  if (!isDateKind(type)) throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `${type.name} is no type of dates or times`)
  const days = arena.allocate(rows * 4)
  kernels.secondsToDays(seconds, days, rows)
  return fromDays(days, type, rows, arena)
}

/** Between dates and times. zone: where a date has its first second, and a time its day. */
export function convertTime(column: FixedColumn, to: DataType, arena: Arena): FixedColumn {
  const { type: from, rows } = column
  const { kernels } = arena.memory
  if (from instanceof DateTime64Type && to instanceof DateTime64Type) {
    if (from.scale === to.scale) return column.as(to)
    const out = newFixed(to, rows, arena)
    if (from.scale > to.scale) kernels.floorDivI64(column.pointer, 10 ** (from.scale - to.scale), out.pointer, rows)
    else kernels.multiplyConstI64(column.pointer, power(to.scale - from.scale, arena), out.pointer, rows)
    return out
  }
  if (from instanceof DateTimeType && to instanceof DateTimeType) return column.as(to)
  if (isDateKind(to)) return fromDays(daysOf(column, zoneOf(from), arena), to, rows, arena)
  return fromUtcSeconds(utcSeconds(column, zoneOf(to), arena), to, rows, arena)
}

/** The address of 10^digits as i64. */
export function power(digits: number, arena: Arena): number {
  return (columnOf(parseType('Int64'), [10n ** BigInt(digits)], arena) as FixedColumn).pointer
}

function newFixedAt(type: DataType, pointer: number, rows: number, arena: Arena): FixedColumn {
  return new FixedColumn(type, arena.memory, pointer, rows)
}
