import { numberReader } from './objectStates.ts'
import type { StateForm } from './stateForm.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { asFloats, ColumnarAggregate, float64, pointerOf, StateArray } from './states.ts'
import { sumType } from './sum.ts'

/** The result for one group, of its sums of powers. */
type Formula = (m: Float64Array, at: number) => number

const variance = (m: Float64Array, at: number, less: number): number => {
  const count = m[at]
  if (count <= less) return Number.NaN
  return Math.max(0, (m[at + 2] - (m[at + 1] * m[at + 1]) / count) / (count - less))
}
const covariance = (m: Float64Array, at: number, less: number): number => {
  const count = m[at]
  if (count <= less) return Number.NaN
  return (m[at + 3] - (m[at + 1] * m[at + 2]) / count) / (count - less)
}
const correlation: Formula = (m, at) => {
  const [n, x, y, xy, xx, yy] = m.subarray(at, at + 6)
  return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y))
}
const third = (m: Float64Array, at: number): number => {
  const [n, x, xx, xxx] = m.subarray(at, at + 4)
  return (xxx - (3 * xx - (2 * x * x) / n) * (x / n)) / n
}
const fourth = (m: Float64Array, at: number): number => {
  const [n, x, xx, xxx, xxxx] = m.subarray(at, at + 5)
  return (xxxx - (4 * xxx - (6 * xx - (3 * x * x) / n) * (x / n)) * (x / n)) / n
}

export const momentAggregates: readonly AggregateDefinition[] = [
  ofOne('varPop', 3, 'Population variance.', (m, at) => variance(m, at, 0), ['VAR_POP']),
  ofOne('varSamp', 3, 'Sample variance.', (m, at) => variance(m, at, 1), ['VAR_SAMP']),
  ofOne('stddevPop', 3, 'Population standard deviation.', (m, at) => Math.sqrt(variance(m, at, 0)), [
    'STDDEV_POP',
    'STD',
    'STDDEV',
  ]),
  ofOne('stddevSamp', 3, 'Sample standard deviation.', (m, at) => Math.sqrt(variance(m, at, 1)), ['STDDEV_SAMP']),
  ofOne('skewPop', 5, 'Population skewness.', (m, at) => third(m, at) / variance(m, at, 0) ** 1.5),
  ofOne('skewSamp', 5, 'Sample skewness.', (m, at) => third(m, at) / variance(m, at, 1) ** 1.5),
  ofOne('kurtPop', 5, 'Population kurtosis.', (m, at) => fourth(m, at) / variance(m, at, 0) ** 2),
  ofOne('kurtSamp', 5, 'Sample kurtosis.', (m, at) => fourth(m, at) / variance(m, at, 1) ** 2),
  ofTwo('covarPop', 'Population covariance.', (m, at) => covariance(m, at, 0), ['COVAR_POP']),
  ofTwo('covarSamp', 'Sample covariance.', (m, at) => covariance(m, at, 1), ['COVAR_SAMP']),
  ofTwo('corr', "Pearson's correlation coefficient.", correlation),
]

function ofOne(
  name: string,
  width: 3 | 5,
  about: string,
  formula: Formula,
  aliases?: readonly string[],
): AggregateDefinition {
  return defineAggregate({
    name,
    aliases,
    about,
    bind: types => {
      checkNumbers(name, types, 1)
      return {
        type: float64,
        form: momentsForm(width, width, types),
        create: arena => new Moments(arena, width, formula, types),
      }
    },
  })
}

function ofTwo(name: string, about: string, formula: Formula, aliases?: readonly string[]): AggregateDefinition {
  return defineAggregate({
    name,
    aliases,
    about,
    caseInsensitive: name === 'corr',
    bind: types => {
      checkNumbers(name, types, 2)
      return {
        type: float64,
        form: momentsForm(6, name === 'corr' ? 6 : 4, types),
        create: arena => new Moments(arena, 6, formula, types),
      }
    },
  })
}

/** The first so many of the moments; those of Float32 are Float32. */
function momentsForm(count: number, written: number, types: readonly DataType[]): StateForm {
  const isNarrow = types.every(type => type.physical === 'F32')
  return {
    types: Array.from({ length: count }, () => float64),
    write(moments, writer) {
      for (const moment of moments.slice(0, written) as number[]) {
        if (isNarrow) writer.f32(moment)
        else writer.f64(moment)
      }
    },
    read: reader =>
      Array.from({ length: count }, (_, i) => (i >= written ? 0 : isNarrow ? reader.f32() : reader.f64())),
  }
}

function checkNumbers(name: string, types: readonly DataType[], count: number): void {
  if (types.length !== count)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Aggregate function ${name} takes ${count} argument${count === 1 ? '' : 's'}, ${types.length} given`,
    )
  for (const type of types) {
    sumType(name, [type])
  }
}

class Moments extends ColumnarAggregate {
  readonly #moments: StateArray

  constructor(
    arena: Arena,
    readonly width: 3 | 5 | 6,
    readonly formula: Formula,
    readonly types: readonly DataType[],
  ) {
    super(arena)
    this.#moments = new StateArray(arena, width * 8)
  }

  ensure(groups: number): void {
    this.#moments.ensure(groups)
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    const { kernels } = this.memory
    const { pointer } = this.#moments
    this.withScratch(scratch => {
      const [x, y] = args.map((column, i) => floatsOf(column, this.types[i], rows, scratch))
      if (this.width === 3) kernels.moments2Grouped(pointer, groups, x, rows)
      else if (this.width === 5) kernels.moments4Grouped(pointer, groups, x, rows)
      else kernels.comomentsGrouped(pointer, groups, x, y, rows)
    })
  }

  states(count: number, arena: Arena): Column[] {
    return momentColumns(this.#moments, this.width, count, arena)
  }

  absorb(states: readonly Column[], groups: number, count: number): void {
    absorbMoments(this, this.#moments, states, groups, count)
  }

  result(start: number, count: number, arena: Arena): Column {
    const { memory } = this
    const out = arena.allocate(count * 8)
    const { f64 } = memory
    for (let i = 0; i < count; i++)
      f64[out / 8 + i] = this.formula(f64, this.#moments.pointer / 8 + (start + i) * this.width)
    return new FixedColumn(float64, memory, out, count)
  }
}

function floatsOf(column: Column, type: DataType, rows: number, arena: Arena): number {
  if (type.width <= 8) return scaled(asFloats(column, arena), type, rows, arena)
  const read = numberReader(column)
  const out = arena.allocate(rows * 8)
  for (let row = 0; row < rows; row++) arena.memory.f64[out / 8 + row] = read(row)
  return out
}

/** Decimals as the numbers they stand for. */
function scaled(floats: number, type: DataType, rows: number, arena: Arena): number {
  if (!(type instanceof DecimalType) || type.scale === 0) return floats
  const out = arena.allocate(rows * 8)
  const { f64 } = arena.memory
  const divisor = 10 ** type.scale
  for (let i = 0; i < rows; i++) f64[out / 8 + i] = f64[floats / 8 + i] / divisor
  return out
}

/** States of several f64 as one column for each. */
export function momentColumns(moments: StateArray, width: number, count: number, arena: Arena): Column[] {
  const { pointer } = moments
  const { memory } = arena
  return Array.from({ length: width }, (_, i) => {
    const out = arena.allocate(count * 8)
    memory.kernels.unpackKeys8(pointer + i * 8, width * 8, count, out)
    return new FixedColumn(float64, memory, out, count)
  })
}

export function absorbMoments(
  aggregate: ColumnarAggregate,
  moments: StateArray,
  states: readonly Column[],
  groups: number,
  count: number,
): void {
  const { kernels } = aggregate.memory
  aggregate.withScratch(scratch => {
    const packed = scratch.allocate(count * moments.width)
    for (const [i, column] of states.entries())
      kernels.packKeys8(pointerOf(column), 0, count, packed + i * 8, moments.width)
    if (groups === 0) {
      const ids = scratch.allocate(count * 4)
      kernels.fillRange(0, 1, count, ids)
      kernels.addVectorsF64(moments.pointer, ids, packed, count, moments.width / 8)
    } else kernels.addVectorsF64(moments.pointer, groups, packed, count, moments.width / 8)
  })
}
