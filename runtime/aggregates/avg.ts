import { columnOf } from '../columns/build.ts'
import { assert } from '../core/assert.ts'
import { DateTime64Type } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import type { Bound } from './aggregate.ts'
import { illegalType, isTime } from './objectStates.ts'
import { countForm, joinForms, plainForm, type StateForm } from './stateForm.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import type { Arena } from '../core/memory.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { defineAggregate } from './aggregate.ts'
import { asFloats, ColumnarAggregate, float64, identity, pick, pointerOf, StateArray, uint64 } from './states.ts'
import { absorbMoments, momentColumns } from './moments.ts'
import { addToSums, sumType } from './sum.ts'

export const avg = defineAggregate({
  name: 'avg',
  caseInsensitive: true,
  about: 'The arithmetic mean. The sum it is made of wraps around as sum does.',
  bind: argumentTypes => {
    const [argument] = argumentTypes
    if (argumentTypes.length === 1 && isTime(argument)) return averageTime(argument)
    if (argumentTypes.length === 1 && /^Enum/.test(argument.kind)) throw illegalType('avg', argument)
    const type = sumType('avg', argumentTypes)
    return {
      type: float64,
      form: joinForms(plainForm(type), countForm),
      create: arena => new Average(arena, type),
    }
  },
  examples: [['SELECT avg(number) FROM numbers(4)', '1.5']],
})

/** The mean of days, rounded, or of seconds or ticks, cut; of ticks their sum is a Decimal. */
function averageTime(type: DataType): Bound {
  const counted = type instanceof DateTime64Type ? new DecimalType(18, type.scale) : integerOf(type)
  const sum = sumType('avg', [counted])
  return {
    type,
    form: joinForms(plainForm(sum), countForm),
    create: arena => new AverageTime(arena, sum, counted, type),
  }
}

const integerOf = (type: DataType): DataType =>
  parseType(type.kind === 'Date' ? 'UInt16' : type.kind === 'Date32' ? 'Int32' : 'UInt32')

class Average extends ColumnarAggregate {
  readonly #sums: StateArray
  readonly #counts: StateArray

  constructor(
    arena: Arena,
    readonly sumType: DataType,
  ) {
    super(arena)
    this.#sums = new StateArray(arena, sumType.width)
    this.#counts = new StateArray(arena, 8)
  }

  ensure(groups: number): void {
    this.#sums.ensure(groups)
    this.#counts.ensure(groups)
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    addToSums(this.#sums.pointer, groups, column, rows)
    if (groups === 0) this.memory.u64[this.#counts.pointer / 8] += BigInt(rows)
    else this.memory.kernels.countGrouped(this.#counts.pointer, groups, rows)
  }

  states(count: number): Column[] {
    return [this.#sums.column(this.sumType, 0, count), this.#counts.column(uint64, 0, count)]
  }

  absorb([sums, counts]: readonly Column[], groups: number, count: number): void {
    this.withScratch(scratch => {
      const ids = groups === 0 ? identity(count, scratch) : groups
      addToSums(this.#sums.pointer, ids, sums, count)
      this.memory.kernels.sumI64Grouped(this.#counts.pointer, ids, pointerOf(counts), count)
    })
  }

  result(start: number, count: number, arena: Arena): Column {
    const { memory } = this
    const out = arena.allocate(count * 8)
    const sums = this.#sums.pointer + start * this.sumType.width
    const counts = this.#counts.pointer + start * 8
    const { physical, width } = this.sumType
    const scale = this.sumType instanceof DecimalType ? 10 ** this.sumType.scale : 1
    if (width > 8)
      memory.kernels.averageWords(sums, counts, count, out, width / 8, physical?.startsWith('I') ? 1 : 0, scale)
    else pick(memory, 'average', physical)(sums, counts, count, out)
    return new FixedColumn(float64, memory, out, count)
  }
}

export const avgWeighted = defineAggregate({
  name: 'avgWeighted',
  about: 'The mean of values by weights: sum(value * weight) / sum(weight).',
  bind: argumentTypes => {
    if (argumentTypes.length !== 2)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', 'Aggregate function avgWeighted requires two arguments')
    for (const type of argumentTypes) sumType('avgWeighted', [type])
    return { type: float64, form: weightedForm(argumentTypes[1]), create: arena => new WeightedAverage(arena) }
  },
  examples: [['SELECT avgWeighted(x, w) FROM (SELECT arrayJoin([(1, 1), (4, 3)]) AS t, t.1 AS x, t.2 AS w)', '3.25']],
})

class AverageTime extends Average {
  constructor(
    arena: Arena,
    sum: DataType,
    readonly counted: DataType,
    readonly time: DataType,
  ) {
    super(arena, sum)
  }

  override add(groups: number, [column]: readonly Column[], rows: number): void {
    assert(column instanceof FixedColumn, 'times are packed')
    super.add(groups, [column.as(this.counted)], rows)
  }

  override result(start: number, count: number, arena: Arena): Column {
    const means = super.result(start, count, arena) as FixedColumn
    const unit = this.time instanceof DateTime64Type ? 10 ** this.time.scale : 1
    const values = Array.from({ length: count }, (_, i) => {
      const mean = this.memory.f64[means.pointer / 8 + i] * unit
      const round = /^Date(32)?$/.test(this.time.kind) ? Math.round : Math.trunc
      const whole = Number.isNaN(mean) ? 0 : round(mean)
      return typeof this.time.default === 'bigint' ? BigInt(whole) : whole
    })
    return columnOf(this.time, values, arena)
  }
}

/** The sum of x * y and that of y, which is a varint where weights are whole. Of the moments no others are used. */
function weightedForm(weight: DataType): StateForm {
  const whole = !/^(F|$)/.test(weight.physical ?? '') && !(weight instanceof DecimalType)
  return {
    types: [float64, float64, float64, float64, float64, float64],
    write([, , weights, products], writer) {
      writer.f64(products as number)
      if (whole) writer.varint(Math.max(0, weights as number))
      else writer.f64(weights as number)
    },
    read(reader) {
      const products = reader.f64()
      return [0, 0, whole ? reader.varint() : reader.f64(), products, 0, 0]
    },
  }
}

/** Kept as comoments of value and weight, of which the sums of x*y and of y are needed. */
class WeightedAverage extends ColumnarAggregate {
  readonly #moments: StateArray

  constructor(arena: Arena) {
    super(arena)
    this.#moments = new StateArray(arena, 48)
  }

  ensure(groups: number): void {
    this.#moments.ensure(groups)
  }

  add(groups: number, [values, weights]: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const [x, w] = [asFloats(values, scratch), asFloats(weights, scratch)]
      this.memory.kernels.comomentsGrouped(this.#moments.pointer, groups, x, w, rows)
    })
  }

  states(count: number, arena: Arena): Column[] {
    return momentColumns(this.#moments, 6, count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    absorbMoments(this, this.#moments, states, groups, count)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { memory } = this
    const out = arena.allocate(count * 8)
    const { f64 } = memory
    for (let i = 0; i < count; i++) {
      const at = this.#moments.pointer / 8 + (start + i) * 6
      f64[out / 8 + i] = f64[at + 3] / f64[at + 2]
    }
    return new FixedColumn(float64, memory, out, count)
  }
}
