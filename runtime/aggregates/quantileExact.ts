import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { noRow } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { sortRows } from '../columns/sort.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { ArrayType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { Collected } from './collected.ts'
import { isNumeric, isTime } from './objectStates.ts'
import { listForm, readList, type StateForm } from './stateForm.ts'
import { defineQuantiles, type Levels, quantileColumn } from './quantile.ts'
import { asFloats, float64, pickRows, pointerOf, uint32 } from './states.ts'

/** Which of n sorted values stands for a level. */
type Place = (level: number, n: number) => number

const exact: Place = (level, n) => (level < 1 ? Math.floor(level * n) : n - 1)
const low: Place = (level, n) => {
  if (level === 0.5) return n % 2 === 1 ? Math.floor(n / 2) : Math.floor(n / 2) - 1
  return level < 1 ? Math.floor(level * n) : n - 1
}
const high: Place = (level, n) => (level === 0.5 ? Math.floor(n / 2) : level < 1 ? Math.floor(level * n) : n - 1)

const isExact = (type: DataType): boolean => isNumeric(type) || isTime(type) || type.kind === 'Interval'
const same = (type: DataType): DataType => type

export const exactQuantiles: readonly AggregateDefinition[] = [
  ...defineQuantiles({
    suffix: 'Exact',
    about: 'The value at a level of all values sorted.',
    result: same,
    form: ([type]) => listForm(type),
    accepts: isExact,
    create: (arena, types, levels) => new PickedQuantiles(arena, types, levels, exact),
  }),
  ...defineQuantiles({
    suffix: 'ExactLow',
    about: 'As quantileExact; of two middle values the lower.',
    result: same,
    form: ([type]) => listForm(type),
    accepts: isExact,
    create: (arena, types, levels) => new PickedQuantiles(arena, types, levels, low),
  }),
  ...defineQuantiles({
    suffix: 'ExactHigh',
    about: 'As quantileExact; of two middle values the higher.',
    result: same,
    form: ([type]) => listForm(type),
    accepts: isExact,
    create: (arena, types, levels) => new PickedQuantiles(arena, types, levels, high),
  }),
  ...defineQuantiles({
    suffix: 'ExactWeighted',
    about: 'The value at a level of all values sorted, each counted as often as its weight says.',
    more: 1,
    result: same,
    form: ([type, weight]) => weightedForm(type, weight),
    accepts: isExact,
    create: (arena, types, levels) => new WeightedQuantiles(arena, types, levels),
  }),
  ...defineQuantiles({
    suffix: 'ExactInclusive',
    about: 'The value at a level, interpolated, the least being level 0 and the greatest level 1.',
    result: () => float64,
    form: ([type]) => listForm(type),
    accepts: type => (isNumeric(type) || isTime(type)) && type.width <= 8,
    create: (arena, types, levels, type) =>
      new InterpolatedQuantiles(arena, types, levels, type, (level, n) => level * (n - 1)),
  }),
  ...defineQuantiles({
    suffix: 'ExactExclusive',
    about: 'The value at a level between 0 and 1, interpolated, neither of them reached by a value.',
    result: () => float64,
    form: ([type]) => listForm(type),
    accepts: type => (isNumeric(type) || isTime(type)) && type.width <= 8,
    create: (arena, types, levels, type) => {
      if (levels.levels.some(level => level === 0 || level === 1))
        throw new DBError('BAD_ARGUMENTS', 'QuantileExactExclusive cannot interpolate for the percentiles 1 and 0')
      return new InterpolatedQuantiles(arena, types, levels, type, (level, n) => level * (n + 1) - 1)
    },
  }),
]

/** Distinct values, each with its weight. */
function weightedForm(type: DataType, weight: DataType): StateForm {
  return {
    types: [new ArrayType(type), new ArrayType(weight)],
    write([values, weights], writer) {
      const sums = new Map<Value, bigint>()
      for (const [i, value] of (values as Value[]).entries())
        sums.set(value, (sums.get(value) ?? 0n) + BigInt((weights as number[])[i]))
      writer.varint(sums.size)
      for (const [value, sum] of sums) {
        type.writeBinary(writer, value)
        writer.u64(sum)
      }
    },
    read(reader) {
      const pairs = readList(reader, (): [Value, Value] => {
        const value = type.readBinary(reader)
        const sum = reader.u64()
        return [value, typeof weight.default === 'bigint' ? sum : Number(sum)]
      })
      return [pairs.map(([value]) => value), pairs.map(([, sum]) => sum)]
    },
  }
}

/** Rows whose value is not NaN, which has no place among others: null when all are. */
function numbersOnly(column: Column, rows: number, arena: Arena): { indices: number; count: number } | null {
  const { physical } = column.type
  if (physical !== 'F64' && physical !== 'F32') return null
  const view = physical === 'F64' ? arena.memory.f64 : arena.memory.f32
  const at = pointerOf(column) / view.BYTES_PER_ELEMENT
  let count = 0
  while (count < rows && !Number.isNaN(view[at + count])) count++
  if (count === rows) return null
  const indices = arena.allocate(rows * 4)
  const { u32 } = arena.memory
  const values = physical === 'F64' ? arena.memory.f64 : arena.memory.f32
  count = 0
  for (let row = 0; row < rows; row++) if (!Number.isNaN(values[at + row])) u32[indices / 4 + count++] = row
  return { indices, count }
}

/** Values of groups [start, start + count) sorted inside their group. */
abstract class SortedValues extends Collected {
  constructor(
    arena: Arena,
    types: readonly DataType[],
    readonly levels: Levels,
  ) {
    super(arena, types)
  }

  override add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const some = numbersOnly(args[0], rows, scratch)
      if (!some) {
        super.add(groups, args, rows)
        return
      }
      const picked = pickRows(args, groups, some.indices, some.count, scratch)
      super.add(picked.groups, picked.columns, some.count)
    })
  }

  protected sorted(count: number, arena: Arena): { offsets: number; columns: Column[] } {
    const { offsets, columns } = this.grouped(count, arena)
    const [{ rows }] = columns
    const { kernels } = this.memory
    const owners = arena.allocate(rows * 4)
    const numbers = arena.allocate(count * 4)
    kernels.fillRange(0, 1, count, numbers)
    // Rows of later groups than asked for stay behind them, wherever the sort puts them.
    this.memory.u32.fill(0xffffffff, owners / 4, owners / 4 + rows)
    kernels.repeatIds(numbers, offsets, count, owners)
    const owner = new FixedColumn(uint32, this.memory, owners, rows)
    const { order } = sortRows([owner, columns[0]], [{}, {}], rows, arena)
    return { offsets, columns: columns.map(column => column.gather(order, rows, arena)) }
  }
}

class PickedQuantiles extends SortedValues {
  constructor(
    arena: Arena,
    types: readonly DataType[],
    levels: Levels,
    readonly place: Place,
  ) {
    super(arena, types, levels)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { offsets, columns } = this.sorted(start + count, arena)
    return pickedColumn(columns[0], count, this.levels, arena, (group, level) => {
      const from = this.memory.u32[offsets / 4 + start + group]
      const n = this.memory.u32[offsets / 4 + start + group + 1] - from
      return n === 0 ? noRow : from + this.place(level, n)
    })
  }
}

/** Values by row numbers for each group and level. */
function pickedColumn(
  values: Column,
  count: number,
  { levels, several }: Levels,
  arena: Arena,
  rowOf: (group: number, level: number) => number,
): Column {
  const indices = arena.allocate(count * levels.length * 4)
  for (let group = 0; group < count; group++)
    for (const [i, level] of levels.entries())
      arena.memory.u32[indices / 4 + group * levels.length + i] = rowOf(group, level)
  const picked = values.gather(indices, count * levels.length, arena)
  // Of no values, floats have NaN where other types have their default.
  const floats =
    picked.type.physical === 'F64' ? arena.memory.f64 : picked.type.physical === 'F32' ? arena.memory.f32 : null
  if (floats)
    for (let i = 0; i < count * levels.length; i++)
      if (arena.memory.u32[indices / 4 + i] === noRow)
        floats[pointerOf(picked) / floats.BYTES_PER_ELEMENT + i] = Number.NaN
  if (!several) return picked
  const offsets = arena.allocate((count + 1) * 4)
  arena.memory.kernels.fillRange(0, levels.length, count + 1, offsets)
  return new ArrayColumn(offsets, picked, count)
}

class WeightedQuantiles extends SortedValues {
  result(start: number, count: number, arena: Arena): Column {
    const { offsets, columns } = this.sorted(start + count, arena)
    const weights = asFloats(columns[1], arena) / 8
    const { u32, f64 } = this.memory
    return pickedColumn(columns[0], count, this.levels, arena, (group, level) => {
      const from = u32[offsets / 4 + start + group]
      const to = u32[offsets / 4 + start + group + 1]
      if (from === to) return noRow
      let sum = 0
      for (let row = from; row < to; row++) sum += f64[weights + row]
      const threshold = Math.ceil(sum * level)
      let seen = 0
      for (let row = from; row < to; row++) {
        seen += f64[weights + row]
        if (seen >= threshold) return row
      }
      return to - 1
    })
  }
}

class InterpolatedQuantiles extends SortedValues {
  constructor(
    arena: Arena,
    types: readonly DataType[],
    levels: Levels,
    readonly type: DataType,
    /** From 0 at the first value. */
    readonly place: Place,
  ) {
    super(arena, types, levels)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { offsets, columns } = this.sorted(start + count, arena)
    const sorted = asFloats(columns[0], arena) / 8
    const { levels } = this.levels
    const values = arena.allocate(count * levels.length * 8)
    const { u32, f64 } = this.memory
    for (let group = 0; group < count; group++) {
      const from = u32[offsets / 4 + start + group]
      const n = u32[offsets / 4 + start + group + 1] - from
      for (const [i, level] of levels.entries()) {
        const place = Math.min(Math.max(this.place(level, n), 0), n - 1)
        const left = Math.floor(place)
        let value = n === 0 ? Number.NaN : f64[sorted + from + left]
        if (left + 1 < n) value += (place - left) * (f64[sorted + from + left + 1] - value)
        f64[values / 8 + group * levels.length + i] = value
      }
    }
    return quantileColumn(values, count, this.levels, this.type, arena)
  }
}
