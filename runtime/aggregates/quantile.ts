import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { type AggregateDefinition, type BoundAggregate, defineAggregate } from './aggregate.ts'
import { asFloats, ColumnarAggregate, float64, StateArray, uint64 } from './states.ts'

const float32 = parseType('Float32')

/** How one family finds quantiles: `quantileX` of one level, `quantilesX` of several, `medianX` of 0.5. */
export interface QuantileFamily {
  /** What stands behind `quantile`: '', 'Exact', ... */
  readonly suffix: string
  readonly about: string
  /** Arguments behind the value: a weight, a determinator. */
  readonly more?: number
  readonly result: (type: DataType) => DataType
  readonly create: (arena: Arena, types: readonly DataType[], levels: Levels, type: DataType) => QuantileStates
}

/** Levels, and whether the result is an array of their values or the one value. */
export interface Levels {
  readonly levels: readonly number[]
  readonly several: boolean
}

export type QuantileStates = ReturnType<BoundAggregate['create']>

export function defineQuantiles(family: QuantileFamily): AggregateDefinition[] {
  const bind =
    (name: string, several: boolean, fixed?: number) => (types: readonly DataType[], parameters: readonly Value[]) => {
      const wanted = 1 + (family.more ?? 0)
      if (types.length !== wanted)
        throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} takes ${wanted} arguments`)
      checkType(name, types[0])
      const levels = levelsOf(name, several, parameters, fixed)
      const one = family.result(types[0])
      if (types[0] instanceof DecimalType && !(one instanceof DecimalType))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Illegal type ${types[0].name} of argument for aggregate function ${name}`,
        )
      return {
        type: several ? new ArrayType(one) : one,
        create: (arena: Arena) => family.create(arena, types, { levels, several }, one),
      }
    }
  const { suffix, about } = family
  return [
    defineAggregate({ name: `quantile${suffix}`, about, bind: bind(`quantile${suffix}`, false) }),
    defineAggregate({
      name: `quantiles${suffix}`,
      about: `${about} Several levels.`,
      bind: bind(`quantiles${suffix}`, true),
    }),
    defineAggregate({
      name: `median${suffix}`,
      caseInsensitive: suffix === '',
      about: `${about} The level 0.5.`,
      bind: bind(`median${suffix}`, false, 0.5),
    }),
  ]
}

function checkType(name: string, type: DataType): void {
  const fits = type.width > 0 && type.width <= 8 && type.physical !== 'Bytes' && !/^(Enum|IPv4)/.test(type.kind)
  if (!fits)
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal type ${type.name} of argument for aggregate function ${name}`,
    )
}

function levelsOf(name: string, several: boolean, parameters: readonly Value[], fixed?: number): number[] {
  if (several && parameters.length === 0)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} requires at least one parameter`)
  if (!several && parameters.length > 1)
    throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Aggregate function ${name} takes one parameter`)
  const levels = parameters.length === 0 ? [fixed ?? 0.5] : parameters.map(Number)
  for (const level of levels)
    if (!(level >= 0 && level <= 1))
      throw new DBError('PARAMETER_OUT_OF_BOUND', `Quantile level is out of range [0..1]`)
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
const interpolatedType = (type: DataType): DataType =>
  /^(Date|DateTime|Date32|DateTime64)$/.test(type.kind) || type instanceof DecimalType ? type : float64

export const reservoirQuantiles: readonly AggregateDefinition[] = [
  ...defineQuantiles({
    suffix: '',
    about: 'The value at a level (0.5 without parameter) of a sample of up to 8,192 values, interpolated.',
    result: interpolatedType,
    create: (arena, _types, levels, type) => new Reservoir(arena, levels, type),
  }),
  ...defineQuantiles({
    suffix: 'Deterministic',
    about: 'As quantile, of a sample that does not depend on chance.',
    more: 1,
    result: interpolatedType,
    create: (arena, _types, levels, type) => new Reservoir(arena, levels, type),
  }),
  ...defineQuantiles({
    suffix: 'TDigest',
    about: 'The approximate value at a level, interpolated.',
    result: () => float32,
    create: (arena, _types, levels, type) => new Reservoir(arena, levels, type),
  }),
]

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
      const values = asFloats(column, scratch)
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
