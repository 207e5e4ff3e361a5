// Window functions of values over time: exponentially decayed sums, and derivatives.
import { columnOf } from '../../columns/build.ts'
import type { Column } from '../../columns/column.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena } from '../../core/memory.ts'
import type { WindowNode } from '../../analyzer/typed.ts'
import { DateTime64Type } from '../../types/date.ts'
import { DecimalType } from '../../types/decimal.ts'
import { frameBounds, type Layout } from './windowFrame.ts'

export function overTime(node: WindowNode, args: readonly Column[], layout: Layout, arena: Arena): Column {
  const values = node.name.startsWith('exponentialTimeDecayed')
    ? decayed(node, args, layout)
    : node.name === 'nonNegativeDerivative'
      ? derivatives(args, layout)
      : null
  if (values === null) throw new DBError('NOT_IMPLEMENTED', `Window function ${node.name} is not supported`)
  return columnOf(node.type, [...values], arena)
}

/** Numbers and times as Float64, times in seconds; NULL is 0. */
function numbersOf(column: Column): (row: number) => number {
  if (column instanceof NullableColumn) {
    const read = numbersOf(column.values)
    return row => (column.memory.u8[column.nulls + row] ? 0 : read(row))
  }
  const { type } = column
  const unit = type instanceof DateTime64Type || type instanceof DecimalType ? 10 ** type.scale : 1
  return row => Number(column.valueAt(row)) / unit
}

/** Of each row's frame: values count less the farther their time is from that of its last row. */
function decayed({ name, parameters }: WindowNode, args: readonly Column[], layout: Layout): Float64Array {
  const half = Number(parameters?.[0])
  if (!(half > 0) || !Number.isFinite(half))
    throw new DBError('BAD_ARGUMENTS', `The decay of ${name} must be a positive number, got ${half}`)
  const time = numbersOf(args[args.length - 1])
  const value = args.length > 1 ? numbersOf(args[0]) : () => 1
  const { begins, ends } = frameBounds(layout)
  return Float64Array.from({ length: layout.rows }, (_, row) => {
    const now = ends[row] > begins[row] ? time(ends[row] - 1) : 0
    let [sum, weights, most] = [0, 0, -Infinity]
    for (let at = begins[row]; at < ends[row]; at++) {
      const weight = Math.exp((time(at) - now) / half)
      sum += value(at) * weight
      weights += weight
      most = Math.max(most, value(at) * weight)
    }
    if (name === 'exponentialTimeDecayedMax') return most
    if (name === 'exponentialTimeDecayedCount') return weights
    return name === 'exponentialTimeDecayedSum' ? sum : sum / weights
  })
}

/** How fast a value rises from the row before, for each interval of time (a second without one); 0 where it falls. */
function derivatives(args: readonly Column[], { rows, partitionStart }: Layout): Float64Array {
  const [value, time] = args.map(numbersOf)
  const units: Record<string, number> = {
    Nanosecond: 1e-9,
    Microsecond: 1e-6,
    Millisecond: 1e-3,
    Second: 1,
    Minute: 60,
    Hour: 3600,
    Day: 86400,
    Week: 604800,
  }
  const unit = args.length > 2 ? units[args[2].type.name.replace('Interval', '')] : 1
  const interval = args.length > 2 ? Number(args[2].valueAt(0)) * (unit ?? Number.NaN) : 1
  return Float64Array.from({ length: rows }, (_, row) => {
    if (row === partitionStart[row]) return 0
    const [rise, passed] = [value(row) - value(row - 1), time(row) - time(row - 1)]
    const speed = (rise / passed) * interval
    return passed > 0 && speed >= 0 ? speed : 0
  })
}
