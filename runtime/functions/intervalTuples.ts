// Tuples of intervals, and dates and times plus all that is in such a tuple.
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntervalType, type IntervalUnit } from '../types/number.ts'
import { nullableOf, plainType } from './bind.ts'
import { asInt64 } from './castColumn.ts'
import { datesCategory as category } from './dateParts.ts'
import { fixedOf } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { addInterval, addIntervalResult } from './intervals.ts'
import { isNumber } from './numericTypes.ts'
import { splitNulls } from './selectColumns.ts'
import { isDateKind, isTime } from './timeColumns.ts'

/** Numbers without a unit are days of a date and seconds of a time. */
function unitOf(time: DataType, element: DataType): IntervalUnit {
  const plain = plainType(element)
  if (plain instanceof IntervalType) return plain.unit
  if (!isNumber(plain) && plain.kind !== 'Nothing')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal types ${time.name} and ${element.name} of an addition`)
  return isDateKind(time) ? 'Day' : 'Second'
}

/** i64[rows], with the other sign. */
function amountsOf(column: Column, isNegative: boolean, rows: number, arena: Arena): number {
  const amounts = asInt64(column, arena)
  const out = arena.allocate(rows * 8)
  const { i64 } = arena.memory
  for (let row = 0; row < rows; row++)
    i64[out / 8 + row] = isNegative ? -i64[amounts / 8 + row] : i64[amounts / 8 + row]
  return out
}

const addTuple = (name: string, isNegative: boolean, example: [string, string]) =>
  defineFunction({
    name,
    about: `${isNegative ? 'Subtracts from' : 'Adds to'} a date or time each interval of a tuple in turn.`,
    category,
    arguments: [
      { name: 'datetime', accepts: isTime },
      { name: 'intervals', accepts: type => type instanceof TupleType },
    ],
    returns: ([time, tuple]) => {
      const { elements } = tuple.type as TupleType
      const type = elements.reduce((sum, element) => addIntervalResult(sum, unitOf(sum, element)), time.type)
      return elements.some(element => element.isNullable) ? nullableOf(type) : type
    },
    run: ([time, tuple], { rows, arena }) => {
      const { memory } = arena
      let sum = fixedOf(time)
      let missing = 0
      for (const column of (tuple as TupleColumn).columns) {
        const { values, nulls } = splitNulls(column, arena)
        const unit = unitOf(sum.type, column.type)
        if (nulls !== 0) {
          if (missing === 0) missing = arena.allocateZeroed(rows)
          memory.kernels.maskOr(missing, nulls, missing, rows)
        }
        if (values.type.kind === 'Nothing') continue
        const amounts = amountsOf(values.full(arena), isNegative, rows, arena)
        sum = addInterval(sum, amounts, unit, addIntervalResult(sum.type, unit), arena)
      }
      const isNullable = (tuple as TupleColumn).type.elements.some(element => element.isNullable)
      return isNullable ? new NullableColumn(missing || arena.allocateZeroed(rows), sum) : sum
    },
    examples: [example],
  })

const isIntervals = (type: DataType): boolean =>
  type instanceof IntervalType ||
  (type instanceof TupleType && type.elements.every(element => element instanceof IntervalType))

/** Adds to the last interval where that is of the same unit, else puts it behind. */
const addToIntervals = (name: string, isNegative: boolean, example: [string, string]) =>
  defineFunction({
    name,
    about: `${isNegative ? 'Subtracts an interval from' : 'Adds an interval to'} an interval or a tuple of intervals.`,
    category,
    arguments: [
      { name: 'intervals', accepts: isIntervals },
      { name: 'interval', accepts: type => type instanceof IntervalType },
    ],
    returns: ([first, second]) => {
      const parts = first.type instanceof TupleType ? first.type.elements : [first.type]
      const last = parts[parts.length - 1]
      return new TupleType(last?.name === second.type.name ? parts : [...parts, second.type])
    },
    run: ([first, second], { rows, arena, type }) => {
      const { memory } = arena
      const parts = first instanceof TupleColumn ? [...first.columns] : [first]
      const more = new FixedColumn(second.type, memory, amountsOf(second, isNegative, rows, arena), rows)
      const last = parts[parts.length - 1]
      if (last?.type.name === second.type.name) {
        const out = arena.allocate(rows * 8)
        memory.kernels.addI64(fixedOf(last).pointer, more.pointer, out, rows)
        parts[parts.length - 1] = new FixedColumn(last.type, memory, out, rows)
      } else parts.push(more)
      return new TupleColumn(memory, parts, rows, type as TupleType)
    },
    examples: [example],
  })

export const intervalTuples: readonly FunctionDefinition[] = [
  addTuple('addTupleOfIntervals', false, [
    "SELECT addTupleOfIntervals(toDate('2018-01-01'), (INTERVAL 1 DAY, INTERVAL 1 MONTH))",
    '2018-02-02',
  ]),
  addTuple('subtractTupleOfIntervals', true, [
    "SELECT subtractTupleOfIntervals(toDate('2018-01-01'), (INTERVAL 1 DAY, INTERVAL 1 YEAR))",
    '2016-12-31',
  ]),
  addToIntervals('addInterval', false, ['SELECT addInterval(INTERVAL 2 DAY, INTERVAL 1 DAY)', '(3)']),
  addToIntervals('subtractInterval', true, ['SELECT subtractInterval(INTERVAL 2 DAY, INTERVAL 1 DAY)', '(1)']),
]
