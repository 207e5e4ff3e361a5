import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { assert } from '../core/assert.ts'
import type { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import type { Value } from '../types/value.ts'
import { type AggregateDefinition, type BoundAggregate, defineAggregate } from './aggregate.ts'
import { illegalType, isNumeric, isTime, isUnsigned, numberReader } from './objectStates.ts'
import type { StateForm } from './stateForm.ts'
import { asFloats, ColumnarAggregate, float64, StateArray, uint64 } from './states.ts'

/** How one family finds quantiles: `quantileX` of one level, `quantilesX` of several, `medianX` of 0.5. */
export interface QuantileFamily {
  /** What stands behind `quantile`: '', 'Exact', ... */
  readonly suffix: string
  readonly about: string
  /** Arguments behind the value: a weight, a determinator. */
  readonly more?: number
  readonly result: (type: DataType) => DataType
  /** Parameters that stand before the levels: of the family's own precision. */
  readonly parameters?: number
  readonly form: (types: readonly DataType[], parameters: readonly Value[]) => StateForm
  readonly accepts?: (type: DataType) => boolean
  /** Of the second argument; unsigned integers by default. */
  readonly acceptsMore?: (type: DataType) => boolean
  readonly create: (
    arena: Arena,
    types: readonly DataType[],
    levels: Levels,
    type: DataType,
    parameters: readonly Value[],
  ) => QuantileStates
}

/** Levels, and whether the result is an array of their values or the one value. */
export interface Levels {
  readonly levels: readonly number[]
  readonly several: boolean
}

export type QuantileStates = ReturnType<BoundAggregate['create']>

export function defineQuantiles(family: QuantileFamily): AggregateDefinition[] {
  const { suffix, about } = family
  const bind =
    (name: string, several: boolean, fixed?: number) => (types: readonly DataType[], parameters: readonly Value[]) => {
      const wanted = 1 + (family.more ?? 0)
      const wrongCount = () =>
        new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} takes ${wanted} arguments`)
      if (types.length === 0) throw wrongCount()
      if (!(family.accepts ?? isQuantified)(types[0])) throw illegalType(name, types[0])
      const own = family.parameters ?? 0
      if (parameters.length < own)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Aggregate function ${name} requires at least ${own} parameter${own === 1 ? '' : 's'}`,
        )
      const levels = levelsOf(name, several, parameters.slice(own), fixed)
      if (types.length !== wanted) throw wrongCount()
      if (family.more && !(family.acceptsMore ?? isUnsigned)(types[1])) throw illegalType(name, types[1])
      const one = family.result(types[0])
      return {
        type: several ? new ArrayType(one) : one,
        form: family.form(types, parameters),
        stateName: `${several ? 'quantiles' : 'quantile'}${suffix}`,
        create: (arena: Arena) => family.create(arena, types, { levels, several }, one, parameters),
      }
    }
  const one = { about, parametric: true }
  const many = { about: `${about} Several levels.`, parametric: true }
  return [
    defineAggregate({ name: `quantile${suffix}`, ...one, bind: bind(`quantile${suffix}`, false) }),
    defineAggregate({
      name: `quantiles${suffix}`,
      ...many,
      bind: bind(`quantiles${suffix}`, true),
    }),
    defineAggregate({
      name: `median${suffix}`,
      about: `${about} The level 0.5.`,
      parametric: true,
      bind: bind(`median${suffix}`, false, 0.5),
    }),
  ]
}

/** Numbers, dates and times. */
export const isQuantified = (type: DataType): boolean =>
  (isNumeric(type) || isTime(type) || type.kind === 'Interval') && type.width <= 8

function levelsOf(name: string, several: boolean, parameters: readonly Value[], fixed?: number): number[] {
  if (several && parameters.length === 0)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires at least one parameter`)
  for (const parameter of parameters)
    if (typeof parameter === 'string')
      throw new DBError('CANNOT_CONVERT_TYPE', `Cannot convert string '${parameter}' to Float64`)
  const levels = parameters.length === 0 ? [fixed ?? 0.5] : parameters.map(Number)
  for (const level of levels)
    if (!(level >= 0 && level <= 1))
      throw new DBError('PARAMETER_OUT_OF_BOUND', `Quantile level is out of range [0..1]`)
  if (!several && parameters.length > 1)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} takes one parameter`)
  return levels
}

/** count * levels values (f64) as the result's column: arrays, or one value each. */
export function quantileColumn(
  values: number,
  count: number,
  { levels, several }: Levels,
  type: DataType,
  arena: Arena,
): Column {
  const rows = count * levels.length
  const column = fromFloats(values, rows, type, arena)
  if (!several) return column
  const offsets = arena.allocate((count + 1) * 4)
  arena.memory.kernels.fillRange(0, levels.length, count + 1, offsets)
  return new ArrayColumn(offsets, column, count)
}

/** f64 as values of a type, cut to it; what is NaN is 0 in types without. Decimals are given as their unscaled numbers. */
function fromFloats(values: number, rows: number, type: DataType, arena: Arena): Column {
  const { memory } = arena
  if (type.physical === 'F64') return new FixedColumn(type, memory, values, rows)
  const { width } = type
  const out = arena.allocate(rows * width)
  const { data, f64 } = memory
  for (let i = 0; i < rows; i++) {
    const value = f64[values / 8 + i]
    const at = out + i * width
    const whole = Number.isNaN(value) ? 0 : Math.trunc(value)
    if (type.physical === 'F32') data.setFloat32(at, value, true)
    else if (width === 8) data.setBigInt64(at, BigInt(whole), true)
    else if (width === 4) data.setInt32(at, whole | 0, true)
    else if (width === 2) data.setInt16(at, whole, true)
    else data.setInt8(at, whole)
  }
  return new FixedColumn(type, memory, out, rows)
}

/** Numbers give Float64; dates, times and decimals a value of their own type. */
/** Writes a Float64 as a value of a type of numbers or times. */
export function writeTyped(value: number, type: DataType, writer: ByteWriter): void {
  type.writeBinary(writer, type instanceof DecimalType ? BigInt(Math.trunc(value)) : asValue(value, type))
}

export const interpolatedType = (type: DataType): DataType =>
  /^(Date|DateTime|Date32|DateTime64)$/.test(type.kind) || type instanceof DecimalType ? type : float64

export const reservoirQuantiles: readonly AggregateDefinition[] = [
  ...defineQuantiles({
    suffix: '',
    about: 'The value at a level (0.5 without parameter) of a sample of up to 8,192 values, interpolated.',
    accepts: type => isNumeric(type) || isTime(type) || type.kind === 'Interval',
    result: interpolatedType,
    form: ([type]) => reservoirForm(type),
    create: (arena, _types, levels, type) => new Reservoir(arena, levels, type),
  }),
]

/** Size of the sample, values seen, the random generator's text, and the sample. */
function reservoirForm(type: DataType): StateForm {
  return {
    types: [new ArrayType(float64), uint64],
    write([samples, total], writer) {
      writer.u64(8192n)
      writer.u64(total as bigint)
      writer.text('6364136223846793005 0 123459')
      for (const sample of samples as number[]) type.writeBinary(writer, asValue(sample, type))
    },
    read(reader) {
      const size = Number(reader.u64())
      const total = reader.u64()
      reader.text()
      const count = Math.min(size, Number(total))
      if (count > reader.left) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a sample is cut off')
      return [Array.from({ length: count }, () => Number(type.readBinary(reader))), total]
    },
  }
}

/** A Float64 as a value of a type of numbers or times. */
export function asValue(value: number, type: DataType): Value {
  if (type.physical === 'F64') return value
  if (type.physical === 'F32') return Math.fround(value)
  return typeof type.default === 'bigint' ? BigInt(Math.trunc(value)) : Math.trunc(value)
}

function wideAsFloats(column: Column, rows: number, scratch: Arena): number {
  const read = numberReader(column, false)
  const out = scratch.allocate(rows * 8)
  for (let row = 0; row < rows; row++) scratch.memory.f64[out / 8 + row] = read(row)
  return out
}

class Reservoir extends ColumnarAggregate {
  readonly #states: StateArray
  readonly #pool: number
  #groups = 0

  constructor(
    arena: Arena,
    readonly levels: Levels,
    readonly type: DataType,
  ) {
    super(arena)
    this.#states = new StateArray(arena, 24)
    this.#pool = arena.allocateZeroed(16)
    arena.memory.u32[this.#pool / 4] = arena.address
  }

  ensure(groups: number): void {
    if (groups <= this.#groups) return
    this.#states.ensure(groups)
    this.memory.kernels.reservoirStart(this.#states.pointer + this.#groups * 24, groups - this.#groups)
    this.#groups = groups
  }

  add(groups: number, [column]: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const values = column.type.width > 8 ? wideAsFloats(column, rows, scratch) : asFloats(column, scratch)
      if (this.memory.kernels.reservoirAdd(this.#pool, this.#states.pointer, groups, values, rows) < 0)
        this.arena.fail()
    })
  }

  #samples(
    start: number,
    count: number,
    arena: Arena,
  ): { offsets: number; totals: number; samples: number; size: number } {
    const { kernels } = this.memory
    const states = this.#states.pointer + start * 24
    const offsets = arena.allocate((count + 1) * 4)
    const totals = arena.allocate(count * 8)
    const size = kernels.reservoirOffsets(states, count, offsets, totals)
    if (size < 0) arena.fail()
    const samples = arena.allocate(size * 8)
    kernels.reservoirSamples(states, count, samples)
    return { offsets, totals, samples, size }
  }

  states(count: number, arena: Arena): Column[] {
    const { offsets, totals, samples, size } = this.#samples(0, count, arena)
    const values = new FixedColumn(float64, this.memory, samples, size)
    return [new ArrayColumn(offsets, values, count), new FixedColumn(uint64, this.memory, totals, count)]
  }

  absorb([arrays, totals]: readonly Column[], groups: number, count: number): void {
    assert(arrays instanceof ArrayColumn && totals instanceof FixedColumn, 'states are samples and totals')
    const samples = (arrays.elements as FixedColumn).pointer
    const { kernels } = this.memory
    const states = this.#states.pointer
    if (kernels.reservoirMerge(this.#pool, states, groups, arrays.offsets, samples, totals.pointer, count) < 0)
      this.arena.fail()
  }

  result(start: number, count: number, arena: Arena): Column {
    const { kernels } = this.memory
    const { offsets, samples } = this.#samples(start, count, arena)
    kernels.sortFloatRuns(samples, offsets, count)
    const { levels } = this.levels
    const at = arena.allocate(levels.length * 8)
    this.memory.f64.set(levels, at / 8)
    const values = arena.allocate(count * levels.length * 8)
    kernels.interpolateRuns(samples, offsets, count, at, levels.length, values)
    return quantileColumn(values, count, this.levels, this.type, arena)
  }
}
