// Windows of time: tumbling ones lie one behind the other, hopping ones overlap. A time's window is the earliest that it is in.
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTimeType } from '../types/date.ts'
import { IntervalType, type IntervalUnit } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { zoneArgument } from './dateParts.ts'
import { startOf, startType } from './dateStarts.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { addInterval, int64 } from './intervals.ts'

const category = 'Time Window'

const secondsOf: Partial<Record<IntervalUnit, number>> = { Second: 1, Minute: 60, Hour: 3600, Day: 86400 }

/** So many units on: days and less by their seconds, whatever the clock does. */
function moved(column: FixedColumn, unit: IntervalUnit, count: number, arena: Arena): FixedColumn {
  const { type, rows } = column
  const seconds = secondsOf[unit]
  if (seconds === undefined || !(type instanceof DateTimeType)) {
    const amounts = arena.allocate(rows * 8)
    arena.memory.i64.fill(BigInt(count), amounts / 8, amounts / 8 + rows)
    return addInterval(column, amounts, unit, type, arena)
  }
  const out = newFixed(type, rows, arena)
  const by = int64(seconds * count, arena)
  arena.memory.kernels.addConstU32(column.pointer, by, out.pointer, rows)
  return out
}

interface Window {
  readonly unit: IntervalUnit
  /** From one window's start to the next. */
  readonly hop: number
  readonly size: number
  readonly type: DataType
  /** Where the zone is named. */
  readonly zoneAt: number
}

/** What the arguments say of the window; hopping ones have a hop before the size. */
function windowOf(name: string, args: readonly ArgumentInfo[], intervals: number): Window {
  const [time] = args
  if (!(time.type instanceof DateTimeType))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The first argument of ${name} must be DateTime`)
  if (args.length < 1 + intervals)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Function ${name} expects ${intervals} intervals`)
  const sizes = args.slice(1, 1 + intervals).map(({ type, constant }) => {
    if (!(type instanceof IntervalType))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of an interval of function ${name}`)
    if (constant === undefined) throw new DBError('ILLEGAL_COLUMN', `Intervals of function ${name} must be constant`)
    const count = Number(constant)
    if (count <= 0) throw new DBError('ARGUMENT_OUT_OF_BOUND', `Intervals of function ${name} must be positive`)
    return { unit: type.unit, count }
  })
  const [first] = sizes
  const last = sizes[sizes.length - 1]
  if (first.unit !== last.unit)
    throw new DBError('ILLEGAL_COLUMN', `Window and hop of function ${name} must be of the same unit`)
  if (first.count > last.count)
    throw new DBError('ARGUMENT_OUT_OF_BOUND', `The hop of function ${name} must not be larger than the window`)
  if (['Millisecond', 'Microsecond', 'Nanosecond'].includes(first.unit))
    throw new DBError('SYNTAX_ERROR', `Fractions of seconds are not supported by function ${name}`)
  const zoneAt = 1 + intervals
  const zone = args[zoneAt]
  if (zone !== undefined && typeof zone.constant !== 'string')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `The time zone of function ${name} must be a constant string`)
  const type = startType(time.type, first.unit, zoneArgument(args, zoneAt, time.type), zone !== undefined)
  return { unit: first.unit, hop: first.count, size: last.count, type, zoneAt }
}

function boundsOf(column: Column, window: Window, { arena, arguments: args }: Call): [FixedColumn, FixedColumn] {
  const time = fixedOf(column.full(arena))
  const zone = zoneArgument(args, window.zoneAt, time.type)
  const start = startOf(time, window.unit, window.hop, window.type, zone, arena)
  const end = moved(start, window.unit, window.hop, arena)
  return [window.hop === window.size ? start : moved(end, window.unit, -window.size, arena), end]
}

const rules = [{ name: 'time' }, { name: 'interval', optional: true }, { name: 'more', repeated: true }]

/** The whole window, as its start and its end. */
const whole = (name: 'tumble' | 'hop', intervals: number, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: rules,
    constants: 'keep',
    returns: args => {
      const { type } = windowOf(name, args, intervals)
      return new TupleType([type, type])
    },
    run: ([time], call) => {
      const bounds = boundsOf(time, windowOf(name, call.arguments, intervals), call)
      return new TupleColumn(call.arena.memory, bounds, call.rows, call.type as TupleType)
    },
    examples: [example],
  })

/** One end of a window: of a time's, or of a window given. */
const bound = (name: string, intervals: number, end: 0 | 1, about: string) =>
  defineFunction({
    name,
    about,
    category,
    arguments: rules,
    constants: 'keep',
    returns: args => {
      const [{ type }] = args
      if (args.length === 1 && type instanceof TupleType && type.elements.length === 2) return type.elements[end]
      if (args.length === 1)
        throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of argument of function ${name}`)
      return windowOf(name, args, intervals).type
    },
    run: ([time], call) => {
      if (call.arguments.length === 1) return (time.full(call.arena) as TupleColumn).columns[end]
      return boundsOf(time, windowOf(name, call.arguments, intervals), call)[end]
    },
  })

const idType = ({ type }: Window): DataType => parseType(type.width === 2 ? 'UInt16' : 'UInt32')

const windowID = defineFunction({
  name: 'windowID',
  about: 'A number for the window that a time is in: the end of the window.',
  category,
  arguments: rules,
  constants: 'keep',
  returns: args => idType(windowOf('windowID', args, intervalsOf(args))),
  run: ([time], call) => {
    const window = windowOf('windowID', call.arguments, intervalsOf(call.arguments))
    const [, end] = boundsOf(time, window, call)
    return new FixedColumn(idType(window), call.arena.memory, end.pointer, end.rows)
  },
  examples: [["SELECT windowID(toDateTime('2024-03-10 03:00:00'), INTERVAL 1 DAY)", '1710115200']],
})

const intervalsOf = (args: readonly ArgumentInfo[]): number => (args[2]?.type instanceof IntervalType ? 2 : 1)

export const timeWindows: readonly FunctionDefinition[] = [
  whole('tumble', 1, 'The window of a size that a time is in.', [
    "SELECT tumble(toDateTime('2024-03-10 03:00:00'), INTERVAL 1 DAY)",
    "('2024-03-10 00:00:00','2024-03-11 00:00:00')",
  ]),
  bound('tumbleStart', 1, 0, 'The start of the window that a time is in.'),
  bound('tumbleEnd', 1, 1, 'The end of the window that a time is in.'),
  whole('hop', 2, 'The earliest of the overlapping windows that a time is in.', [
    "SELECT hop(toDateTime('2024-03-10 03:00:00'), INTERVAL 7 MINUTE, INTERVAL 21 MINUTE)",
    "('2024-03-10 02:40:00','2024-03-10 03:01:00')",
  ]),
  bound('hopStart', 2, 0, 'The start of the earliest of the overlapping windows that a time is in.'),
  bound('hopEnd', 2, 1, 'The end of the earliest of the overlapping windows that a time is in.'),
  windowID,
]
