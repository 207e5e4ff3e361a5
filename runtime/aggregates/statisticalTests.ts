import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { fisherTail, normalBelow, normalQuantile, studentQuantile, studentTails } from './distributions.ts'
import { defineNumbers, illegalType, isInteger, isNumeric, numberParameter, type ObjectState } from './objectStates.ts'
import { float64 } from './states.ts'

const pairType = (statistic: string): DataType => new TupleType([float64, float64], [statistic, 'p_value'])
const withInterval = (statistic: string): DataType =>
  new TupleType(
    [float64, float64, float64, float64],
    [statistic, 'p_value', 'confidence_interval_low', 'confidence_interval_high'],
  )

function checkSample(name: string, [value, index]: readonly DataType[]): void {
  if (!isNumeric(value)) throw illegalType(name, value)
  if (!isNumeric(index)) throw illegalType(name, index)
}

function levelOf(name: string, parameters: readonly Value[], i: number): number | null {
  if (parameters.length <= i) return null
  const level = numberParameter(name, parameters, i)
  if (!(level > 0 && level < 1))
    throw new DBError(
      'BAD_ARGUMENTS',
      `Confidence level parameter must be between 0 and 1 in aggregate function ${name}.`,
    )
  return level
}

/** Counts, sums and sums of squares of two samples: the second argument says which one a value is of, 0 or another number. */
abstract class TwoSamples implements ObjectState<number> {
  protected readonly counts = [0, 0]
  protected readonly sums = [0, 0]
  protected readonly squares = [0, 0]

  add(value: number, index: number): void {
    const sample = Math.trunc(index) === 0 ? 0 : 1
    this.counts[sample]++
    this.sums[sample] += value
    this.squares[sample] += value * value
  }

  merge(other: this): void {
    for (const sample of [0, 1]) {
      this.counts[sample] += other.counts[sample]
      this.sums[sample] += other.sums[sample]
      this.squares[sample] += other.squares[sample]
    }
  }

  protected get parts(): number[][] {
    return [this.counts, this.sums, this.squares]
  }

  write(writer: ByteWriter): void {
    for (const part of this.parts) for (const value of part) writer.f64(value)
  }

  read(reader: ByteReader): void {
    for (const part of this.parts) for (const sample of [0, 1]) part[sample] = reader.f64()
  }

  abstract result(): Value
}

class TTest extends TwoSamples {
  constructor(
    readonly isWelch: boolean,
    readonly level: number | null,
  ) {
    super()
  }

  /** The squared error of the difference of means, and the degrees of freedom. */
  #spread(): { error2: number; freedom: number } {
    const [nx, ny] = this.counts
    const [mx, my] = [this.sums[0] / nx, this.sums[1] / ny]
    const sx = this.squares[0] + nx * mx * mx - 2 * mx * this.sums[0]
    const sy = this.squares[1] + ny * my * my - 2 * my * this.sums[1]
    if (!this.isWelch) {
      const freedom = nx + ny - 2
      return { error2: ((sx + sy) / freedom) * (1 / nx + 1 / ny), freedom }
    }
    const [vx, vy] = [sx / (nx - 1), sy / (ny - 1)]
    const error2 = vx / nx + vy / ny
    const freedom = error2 ** 2 / (vx ** 2 / (nx * nx * (nx - 1)) + vy ** 2 / (ny * ny * (ny - 1)))
    return { error2, freedom }
  }

  result(): Value {
    const [nx, ny] = this.counts
    const none = this.level === null ? [Number.NaN, Number.NaN] : Array(4).fill(Number.NaN)
    if (nx === 0 || ny === 0 || nx + ny <= 2 || (this.isWelch && (nx < 2 || ny < 2))) return none
    const { error2, freedom } = this.#spread()
    const difference = this.sums[0] / nx - this.sums[1] / ny
    if (!(error2 > 0)) return none
    const t = difference / Math.sqrt(error2)
    const p = Math.min(1, Math.max(0, studentTails(t, freedom)))
    if (this.level === null) return [t, p]
    const reach = studentQuantile(1 - (1 - this.level) / 2, freedom) * Math.sqrt(error2)
    return [t, p, difference - reach, difference + reach]
  }
}

class OneSampleTTest implements ObjectState<number> {
  #count = 0
  #sum = 0
  #squares = 0
  #mean = 0

  constructor(readonly level: number | null) {}

  add(value: number, mean: number): void {
    this.#count++
    this.#sum += value
    this.#squares += value * value
    this.#mean = mean
  }

  merge(other: this): void {
    if (other.#count > 0) this.#mean = other.#mean
    this.#count += other.#count
    this.#sum += other.#sum
    this.#squares += other.#squares
  }

  write(writer: ByteWriter): void {
    for (const value of [this.#count, this.#sum, this.#squares, this.#mean]) writer.f64(value)
  }

  read(reader: ByteReader): void {
    this.#count = reader.f64()
    this.#sum = reader.f64()
    this.#squares = reader.f64()
    this.#mean = reader.f64()
  }

  result(): Value {
    const n = this.#count
    const none = this.level === null ? [Number.NaN, Number.NaN] : Array(4).fill(Number.NaN)
    if (n < 2) return none
    const mean = this.#sum / n
    const variance = (this.#squares + n * mean * mean - 2 * mean * this.#sum) / (n - 1)
    const error = Math.sqrt(variance / n)
    if (!(error > 0)) return none
    const t = (mean - this.#mean) / error
    const p = Math.min(1, Math.max(0, studentTails(t, n - 1)))
    if (this.level === null) return [t, p]
    const reach = studentQuantile(1 - (1 - this.level) / 2, n - 1) * error
    return [t, p, mean - reach, mean + reach]
  }
}

class ZTest extends TwoSamples {
  constructor(
    readonly variances: readonly [number, number],
    readonly level: number,
  ) {
    super()
  }

  protected override get parts(): number[][] {
    return [this.counts, this.sums]
  }

  result(): Value {
    const [nx, ny] = this.counts
    const difference = this.sums[0] / nx - this.sums[1] / ny
    const error = Math.sqrt(this.variances[0] / nx + this.variances[1] / ny)
    const z = difference / error
    if (!Number.isFinite(z)) return [Number.NaN, 0, Number.NaN, Number.NaN]
    const reach = normalQuantile(1 - (1 - this.level) / 2) * error
    return [z, 2 * normalBelow(-Math.abs(z)), difference - reach, difference + reach]
  }
}

/** The values of two samples. */
abstract class TwoLists implements ObjectState<number> {
  protected lists: [number[], number[]] = [[], []]

  add(value: number, index: number): void {
    if (Number.isNaN(value)) return
    this.lists[Math.trunc(index) === 0 ? 0 : 1].push(value)
  }

  merge(other: this): void {
    for (const sample of [0, 1]) this.lists[sample].push(...other.lists[sample])
  }

  write(writer: ByteWriter): void {
    for (const list of this.lists) writer.varint(list.length)
    for (const list of this.lists) for (const value of list) writer.f64(value)
  }

  read(reader: ByteReader): void {
    const sizes = [reader.varint(), reader.varint()]
    if ((sizes[0] + sizes[1]) * 8 > reader.left)
      throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: samples are cut off')
    for (const [sample, size] of sizes.entries()) this.lists[sample] = Array.from({ length: size }, () => reader.f64())
  }

  abstract result(): Value
}

/** Ranks of values from 1, equal ones sharing their mean; and 1 less what ties take away. */
export function ranksOf(values: readonly number[]): { ranks: number[]; ties: number } {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b])
  const ranks: number[] = new Array(values.length)
  let tied = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]] === values[order[start]]) end++
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2
    const count = end - start
    tied += count ** 3 - count
    start = end
  }
  const n = values.length
  return { ranks, ties: 1 - tied / (n ** 3 - n) }
}

type Alternative = 'two-sided' | 'less' | 'greater'

function alternativeOf(name: string, parameters: readonly Value[]): Alternative {
  const [given = 'two-sided'] = parameters
  if (given === 'two-sided' || given === 'less' || given === 'greater') return given
  throw new DBError(
    'BAD_ARGUMENTS',
    `Unknown alternative in aggregate function ${name}. It must be one of: 'two-sided', 'less', 'greater'`,
  )
}

class MannWhitney extends TwoLists {
  constructor(
    readonly alternative: Alternative,
    readonly corrects: boolean,
  ) {
    super()
  }

  result(): Value {
    const [xs, ys] = this.lists
    const [nx, ny] = [xs.length, ys.length]
    if (nx === 0 || ny === 0) return [Number.NaN, Number.NaN]
    const { ranks, ties } = ranksOf([...xs, ...ys])
    const ranksOfX = ranks.slice(0, nx).reduce((sum, rank) => sum + rank, 0)
    const u1 = ranksOfX - (nx * (nx + 1)) / 2
    const u2 = nx * ny - u1
    const mean = (nx * ny) / 2 + (this.corrects ? 0.5 : 0)
    const deviation = Math.sqrt((ties * nx * ny * (nx + ny + 1)) / 12)
    const u = this.alternative === 'greater' ? u1 : this.alternative === 'less' ? u2 : Math.max(u1, u2)
    const z = (u - mean) / deviation
    const p = this.alternative === 'two-sided' ? 2 * normalBelow(-Math.abs(z)) : normalBelow(-z)
    return [u1, Math.min(1, p)]
  }
}

class KolmogorovSmirnov extends TwoLists {
  constructor(
    readonly alternative: Alternative,
    readonly method: string,
  ) {
    super()
  }

  result(): Value {
    const [xs, ys] = this.lists.map(list => [...list].sort((a, b) => a - b))
    const [n, m] = [xs.length, ys.length]
    if (n === 0 || m === 0) return [Number.NaN, Number.NaN]
    let [i, j, above, below] = [0, 0, 0, 0]
    while (i < n && j < m) {
      const value = Math.min(xs[i], ys[j])
      while (i < n && xs[i] === value) i++
      while (j < m && ys[j] === value) j++
      above = Math.max(above, i / n - j / m)
      below = Math.max(below, j / m - i / n)
    }
    const d = { 'two-sided': Math.max(above, below), greater: above, less: below || -0 }[this.alternative]
    const isExact = this.method === 'exact' || (this.method === 'auto' && Math.max(n, m) <= 10_000)
    return [d, Math.min(1, Math.max(0, isExact ? this.#exact(d, n, m) : this.#limit(d, n, m)))]
  }

  /** The share of paths through the grid of both samples that stay nearer to its diagonal. */
  #exact(d: number, nx: number, ny: number): number {
    const [n, m] = nx > ny ? [ny, nx] : [nx, ny]
    const isTwoSided = this.alternative === 'two-sided'
    const q = (0.5 + Math.floor(d * n * m - 1e-7)) / (n * m)
    const isFar = (i: number, j: number): boolean => {
      const distance = i / n - j / m
      return (isTwoSided ? Math.abs(distance) : distance) > q
    }
    const paths = Float64Array.from({ length: m + 1 }, (_, j) => (isFar(0, j) ? 0 : 1))
    for (let i = 1; i <= n; i++) {
      const weight = i / (i + m)
      paths[0] = isFar(i, 0) ? 0 : weight * paths[0]
      for (let j = 1; j <= m; j++) paths[j] = isFar(i, j) ? 0 : weight * paths[j] + paths[j - 1]
    }
    return 1 - paths[m]
  }

  #limit(d: number, n: number, m: number): number {
    const x = Math.sqrt((n * m) / (n + m)) * d
    if (this.alternative !== 'two-sided') return Math.exp(-2 * x * x)
    let sum = 0
    for (let k = 1; k < 101; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
    return sum
  }
}

class RankCorrelation implements ObjectState<number> {
  #xs: number[] = []
  #ys: number[] = []

  add(x: number, y: number): void {
    this.#xs.push(x)
    this.#ys.push(y)
  }

  merge(other: this): void {
    this.#xs.push(...other.#xs)
    this.#ys.push(...other.#ys)
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#xs.length)
    writer.varint(this.#ys.length)
    for (const value of [...this.#xs, ...this.#ys]) writer.f64(value)
  }

  read(reader: ByteReader): void {
    const sizes = [reader.varint(), reader.varint()]
    if ((sizes[0] + sizes[1]) * 8 > reader.left)
      throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: samples are cut off')
    this.#xs = Array.from({ length: sizes[0] }, () => reader.f64())
    this.#ys = Array.from({ length: sizes[1] }, () => reader.f64())
  }

  result(): Value {
    const n = this.#xs.length
    const [x, y] = [this.#xs, this.#ys].map(values => ranksOf(values).ranks)
    let sum = 0
    for (let i = 0; i < n; i++) sum += (x[i] - y[i]) ** 2
    return 1 - (6 * sum) / (n * (n ** 2 - 1))
  }
}

/** Counts, sums and sums of squares of groups by number. */
class Variance implements ObjectState<number> {
  #counts: number[] = []
  #sums: number[] = []
  #squares: number[] = []

  add(value: number, group: number): void {
    if (group >= 1024 * 1024)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Too many groups for analysis of variance (should be no more than 1048576, got ${group})`,
      )
    this.#reach(group + 1)
    this.#counts[group]++
    this.#sums[group] += value
    this.#squares[group] += value * value
  }

  #reach(groups: number): void {
    while (this.#counts.length < groups) {
      this.#counts.push(0)
      this.#sums.push(0)
      this.#squares.push(0)
    }
  }

  merge(other: this): void {
    this.#reach(other.#counts.length)
    for (const [group, count] of other.#counts.entries()) {
      this.#counts[group] += count
      this.#sums[group] += other.#sums[group]
      this.#squares[group] += other.#squares[group]
    }
  }

  write(writer: ByteWriter): void {
    for (const values of [this.#sums, this.#squares]) {
      writer.varint(values.length)
      for (const value of values) writer.f64(value)
    }
    writer.varint(this.#counts.length)
    for (const count of this.#counts) writer.u64(BigInt(count))
  }

  read(reader: ByteReader): void {
    const list = <T>(next: () => T): T[] => {
      const size = reader.varint()
      if (size * 8 > reader.left) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: groups are cut off')
      return Array.from({ length: size }, next)
    }
    this.#sums = list(() => reader.f64())
    this.#squares = list(() => reader.f64())
    this.#counts = list(() => Number(reader.u64()))
  }

  result(): Value {
    const groups = this.#counts.length
    const n = this.#counts.reduce((sum, count) => sum + count, 0)
    if (groups < 2 || n <= groups) return [Number.NaN, Number.NaN]
    const total = this.#sums.reduce((sum, value) => sum + value, 0) / n
    let between = 0
    let within = 0
    for (const [i, count] of this.#counts.entries()) {
      const mean = this.#sums[i] / count
      between += (mean - total) ** 2 * count
      within += this.#squares[i] + mean * (mean * count - 2 * this.#sums[i])
    }
    const f = (between * (n - groups)) / (within * (groups - 1))
    if (Number.isNaN(f) || !Number.isFinite(f) || f < 0) return [Number.NaN, Number.NaN]
    return [f, fisherTail(f, groups - 1, n - groups)]
  }
}

const parametersMost = (name: string, parameters: readonly Value[], most: number): void => {
  if (parameters.length > most)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Aggregate function ${name} requires ${most} parameters or less.`,
    )
}

const tTest = (name: 'studentTTest' | 'welchTTest', about: string): AggregateDefinition =>
  defineNumbers({
    name,
    about,
    takes: 2,
    parametric: true,
    bind: (types, parameters) => {
      parametersMost(name, parameters, 1)
      checkSample(name, types)
      const level = levelOf(name, parameters, 0)
      return {
        type: level === null ? pairType('t_statistic') : withInterval('t_statistic'),
        create: () => new TTest(name === 'welchTTest', level),
      }
    },
  })

export const testAggregates: readonly AggregateDefinition[] = [
  tTest('studentTTest', "Student's test of whether two samples have one mean."),
  tTest('welchTTest', "Welch's test of whether two samples have one mean, their variances being any."),
  defineNumbers({
    name: 'studentTTestOneSample',
    about: "Student's test of whether a sample has the mean that the second argument says.",
    takes: 2,
    parametric: true,
    bind: (_types, parameters) => {
      parametersMost('studentTTestOneSample', parameters, 1)
      const level = levelOf('studentTTestOneSample', parameters, 0)
      return {
        type: level === null ? pairType('t_statistic') : withInterval('t_statistic'),
        create: () => new OneSampleTTest(level),
      }
    },
  }),
  defineNumbers({
    name: 'meanZTest',
    numeric: 'none',
    about: 'Test of whether two samples of known variances have one mean.',
    takes: 2,
    parametric: true,
    bind: (types, parameters) => {
      if (parameters.length !== 3)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          'Aggregate function meanZTest requires three parameters: variances of both samples and a confidence level.',
        )
      checkSample('meanZTest', types)
      const [x, y] = [0, 1].map(i => numberParameter('meanZTest', parameters, i))
      if (!(x >= 0 && y >= 0))
        throw new DBError(
          'BAD_ARGUMENTS',
          'Population variance parameters must be larger than zero in aggregate function meanZTest.',
        )
      const level = levelOf('meanZTest', parameters, 2) ?? 0.95
      return { type: withInterval('z_statistic'), create: () => new ZTest([x, y], level) }
    },
  }),
  defineNumbers({
    name: 'mannWhitneyUTest',
    about: 'The rank test of whether two samples are of one distribution.',
    takes: 2,
    parametric: true,
    bind: (types, parameters) => {
      parametersMost('mannWhitneyUTest', parameters, 2)
      checkSample('mannWhitneyUTest', types)
      const alternative = alternativeOf('mannWhitneyUTest', parameters)
      const corrects = Number(parameters[1] ?? 1) !== 0
      return { type: pairType('u_statistic'), create: () => new MannWhitney(alternative, corrects) }
    },
  }),
  defineNumbers({
    name: 'kolmogorovSmirnovTest',
    about: 'The test of whether two samples are of one distribution by the distance of their distribution functions.',
    takes: 2,
    parametric: true,
    caseInsensitive: true,
    bind: (types, parameters) => {
      parametersMost('kolmogorovSmirnovTest', parameters, 2)
      checkSample('kolmogorovSmirnovTest', types)
      const alternative = alternativeOf('kolmogorovSmirnovTest', parameters)
      const method = String(parameters[1] ?? 'auto').replace('asymptotic', 'asymp')
      if (!['auto', 'exact', 'asymp'].includes(method))
        throw new DBError(
          'BAD_ARGUMENTS',
          `Unknown method in aggregate function kolmogorovSmirnovTest. It must be one of: 'auto', 'exact', 'asymp'`,
        )
      return { type: pairType('d_statistic'), create: () => new KolmogorovSmirnov(alternative, method) }
    },
  }),
  defineNumbers({
    name: 'rankCorr',
    about: "Spearman's rank correlation.",
    takes: 2,
    bind: () => ({ type: float64, create: () => new RankCorrelation() }),
  }),
  defineNumbers({
    name: 'analysisOfVariance',
    aliases: ['anova'],
    about: 'One-way analysis of variance: whether groups have one mean.',
    takes: 2,
    caseInsensitive: true,
    bind: ([value, group]) => {
      if (!isNumeric(value)) throw illegalType('analysisOfVariance', value)
      if (!isInteger(group) || group.physical?.startsWith('I'))
        throw new DBError(
          'BAD_ARGUMENTS',
          `Aggregate function analysisOfVariance supports only unsigned integers as groups`,
        )
      return { type: pairType('f_statistic'), create: () => new Variance() }
    },
  }),
]
