// States of a few numbers: sumKahan, deltaSum, boundingRatio, exponentialMovingAverage and the like.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { IntegerType } from '../types/number.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import {
  defineNumbers,
  defineObject,
  illegalType,
  isNumeric,
  isTime,
  numberParameter,
  type ObjectState,
} from './objectStates.ts'
import { float64 } from './states.ts'

/** Some Float64 that are added up, by which they can be merged. */
abstract class Sums<Args extends number[] = number[]> implements ObjectState<number> {
  protected readonly sums: number[]

  constructor(count: number) {
    this.sums = new Array(count).fill(0)
  }

  abstract add(...values: Args): void
  abstract result(): Value

  merge(other: this): void {
    for (const [i, sum] of other.sums.entries()) this.sums[i] += sum
  }

  write(writer: ByteWriter): void {
    for (const sum of this.sums) writer.f64(sum)
  }

  read(reader: ByteReader): void {
    for (const i of this.sums.keys()) this.sums[i] = reader.f64()
  }
}

const sumKahan = defineNumbers({
  name: 'sumKahan',
  about: 'Adds numbers and keeps account of what rounding takes away.',
  takes: 1,
  bind: () => ({ type: float64, create: () => new KahanSum() }),
  examples: [['SELECT sumKahan(0.1), sumKahan(0.3) FROM numbers(10)', '1\t3']],
})

class KahanSum implements ObjectState<number> {
  #sum = 0
  #lost = 0

  add(value: number): void {
    const exact = value - this.#lost
    const sum = this.#sum + exact
    this.#lost = sum - this.#sum - exact
    this.#sum = sum
  }

  merge(other: this): void {
    const raw = this.#sum + other.#sum
    const part = raw - this.#sum
    const lost = other.#sum - part + (this.#sum - (raw - part)) + this.#lost + other.#lost
    this.#sum = raw + lost
    this.#lost = lost - (this.#sum - raw)
  }

  write(writer: ByteWriter): void {
    writer.f64(this.#sum)
    writer.f64(this.#lost)
  }

  read(reader: ByteReader): void {
    this.#sum = reader.f64()
    this.#lost = reader.f64()
  }

  result(): Value {
    return this.#sum
  }
}

const simpleLinearRegression = defineNumbers({
  name: 'simpleLinearRegression',
  about: 'Slope and intercept of the line that fits best, as a tuple.',
  takes: 2,
  bind: () => ({ type: new TupleType([float64, float64], ['k', 'b']), create: () => new Line() }),
})

/** Count and the sums of x, y, x * x and x * y. */
class Line extends Sums<[number, number]> {
  #count = 0n

  constructor() {
    super(4)
  }

  add(x: number, y: number): void {
    this.#count++
    this.sums[0] += x
    this.sums[1] += y
    this.sums[2] += x * x
    this.sums[3] += x * y
  }

  override merge(other: this): void {
    super.merge(other)
    this.#count += other.#count
  }

  override write(writer: ByteWriter): void {
    writer.u64(this.#count)
    super.write(writer)
  }

  override read(reader: ByteReader): void {
    this.#count = reader.u64()
    super.read(reader)
  }

  result(): Value {
    const [x, y, xx, xy] = this.sums
    const n = Number(this.#count)
    const divisor = xx * n - x * x
    if (n === 0 || divisor === 0) return [Number.NaN, Number.NaN]
    const slope = (xy * n - x * y) / divisor
    return [slope, (y - slope * x) / n]
  }
}

const boundingRatio = defineNumbers({
  name: 'boundingRatio',
  numeric: 'times',
  about: 'The slope between the points of least and greatest x.',
  takes: 2,
  bind: () => ({ type: float64, create: () => new Bounds() }),
})

class Bounds implements ObjectState<number> {
  #left: [number, number] | null = null
  #right: [number, number] = [0, 0]

  add(x: number, y: number): void {
    if (this.#left === null) {
      this.#left = [x, y]
      this.#right = [x, y]
    } else if (x < this.#left[0]) this.#left = [x, y]
    else if (x > this.#right[0]) this.#right = [x, y]
  }

  merge(other: this): void {
    if (other.#left === null) return
    if (this.#left === null) {
      this.#left = other.#left
      this.#right = other.#right
      return
    }
    if (other.#left[0] < this.#left[0]) this.#left = other.#left
    if (other.#right[0] > this.#right[0]) this.#right = other.#right
  }

  write(writer: ByteWriter): void {
    writer.u8(this.#left === null ? 1 : 0)
    if (this.#left !== null) for (const value of [...this.#left, ...this.#right]) writer.f64(value)
  }

  read(reader: ByteReader): void {
    if (reader.u8() === 1) return
    this.#left = [reader.f64(), reader.f64()]
    this.#right = [reader.f64(), reader.f64()]
  }

  result(): Value {
    if (this.#left === null) return Number.NaN
    return (this.#right[1] - this.#left[1]) / (this.#right[0] - this.#left[0])
  }
}

const isNative = (type: DataType): boolean => /^(U?Int(8|16|32|64|128|256)|Float(32|64))$/.test(type.kind)

const deltaSum = defineObject({
  name: 'deltaSum',
  countLike: true,
  about: 'Adds up by how much values rose from one row to the next.',
  takes: 1,
  bind: ([type]) => {
    if (!isNative(type)) throw illegalType('deltaSum', type)
    return { type, create: () => new Rises(type, null) }
  },
})

const deltaSumTimestamp = defineObject({
  name: 'deltaSumTimestamp',
  countLike: true,
  about: 'As deltaSum; the second argument is a time by which states are put in order.',
  takes: 2,
  bind: ([type, time]) => {
    if (!isNative(type) && !isTime(type)) throw illegalType('deltaSumTimestamp', type)
    if (!isNative(time) && !isTime(time)) throw illegalType('deltaSumTimestamp', time)
    return { type, create: () => new Rises(type, time) }
  },
})

/** Values are all numbers or all bigint, as the type has them. */
class Rises implements ObjectState {
  #sum: Value
  #first: Value
  #last: Value
  #firstTime: Value
  #lastTime: Value
  #seen = false

  constructor(
    readonly type: DataType,
    readonly time: DataType | null,
  ) {
    this.#sum = type.default
    this.#first = type.default
    this.#last = type.default
    this.#firstTime = time?.default ?? 0
    this.#lastTime = this.#firstTime
  }

  #rise(from: Value, to: Value): void {
    if (!((to as number) > (from as number))) return
    this.#plus((to as number) - (from as number))
  }

  #plus(value: Value): void {
    const sum = (this.#sum as number) + (value as number)
    this.#sum = this.type instanceof IntegerType ? this.type.wrap(BigInt(sum)) : sum
  }

  add(value: Value, time?: Value): void {
    if (this.#seen) this.#rise(this.#last, value)
    else {
      this.#first = value
      this.#firstTime = time ?? 0
    }
    this.#seen = true
    this.#last = value
    this.#lastTime = time ?? 0
  }

  merge(other: this): void {
    if (!other.#seen) return
    if (!this.#seen) {
      this.#sum = other.#sum
      this.#first = other.#first
      this.#last = other.#last
      this.#firstTime = other.#firstTime
      this.#lastTime = other.#lastTime
      this.#seen = true
      return
    }
    this.#plus(other.#sum)
    const times = (state: this) => [state.#firstTime, state.#lastTime] as [number, number]
    const isBefore = ([aFirst, aLast]: [number, number], [bFirst, bLast]: [number, number]): boolean =>
      aLast < bFirst || (aLast === bFirst && (bFirst < bLast || aFirst < aLast))
    if (this.time === null || isBefore(times(this), times(other))) {
      this.#rise(this.#last, other.#first)
      this.#last = other.#last
      this.#lastTime = other.#lastTime
    } else if (isBefore(times(other), times(this))) {
      this.#rise(other.#last, this.#first)
      this.#first = other.#first
      this.#firstTime = other.#firstTime
    } else if ((this.#first as number) < (other.#first as number)) {
      this.#first = other.#first
      this.#last = other.#last
    }
  }

  write(writer: ByteWriter): void {
    for (const value of [this.#sum, this.#first, this.#last]) this.type.writeBinary(writer, value)
    if (this.time) for (const time of [this.#firstTime, this.#lastTime]) this.time.writeBinary(writer, time)
    writer.u8(this.#seen ? 1 : 0)
  }

  read(reader: ByteReader): void {
    this.#sum = this.type.readBinary(reader)
    this.#first = this.type.readBinary(reader)
    this.#last = this.type.readBinary(reader)
    if (this.time) {
      this.#firstTime = this.time.readBinary(reader)
      this.#lastTime = this.time.readBinary(reader)
    }
    this.#seen = reader.u8() === 1
  }

  result(): Value {
    return this.#sum
  }
}

const exponentialMovingAverage = defineNumbers({
  name: 'exponentialMovingAverage',
  about:
    'The average of values by time, of which older ones weigh half as much after each span that the parameter says.',
  takes: 2,
  numeric: 'none',
  parametric: true,
  bind: (types, parameters) => {
    if (parameters.length !== 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Aggregate function exponentialMovingAverage requires exactly one parameter: half decay time.',
      )
    if (!isNumeric(types[0])) throw illegalType('exponentialMovingAverage', types[0])
    if (!isNumeric(types[1]) && !isTime(types[1])) throw illegalType('exponentialMovingAverage', types[1])
    const half = numberParameter('exponentialMovingAverage', parameters, 0)
    return { type: float64, create: () => new MovingAverage(half) }
  },
})

class MovingAverage implements ObjectState<number> {
  #value = 0
  #time = 0

  constructor(readonly half: number) {}

  add(value: number, time: number): void {
    const faded = (span: number) => 2 ** (-span / this.half)
    if (time > this.#time) {
      this.#value = this.#value * faded(time - this.#time) + value
      this.#time = time
    } else if (time < this.#time) this.#value += value * faded(this.#time - time)
    else this.#value += value
  }

  merge(other: this): void {
    this.add(other.#value, other.#time)
  }

  write(writer: ByteWriter): void {
    writer.f64(this.#value)
    writer.f64(this.#time)
  }

  read(reader: ByteReader): void {
    this.#value = reader.f64()
    this.#time = reader.f64()
  }

  result(): Value {
    return this.#value / (1 / (1 - 2 ** (-1 / this.half)))
  }
}

/** Welford's sums: count, mean, and the squares of the differences from it. */
const stable: readonly AggregateDefinition[] = (
  [
    ['varPopStable', 'Population variance, safe against the loss of digits.', 0, false],
    ['varSampStable', 'Sample variance, safe against the loss of digits.', 1, false],
    ['stddevPopStable', 'Population standard deviation, safe against the loss of digits.', 0, true],
    ['stddevSampStable', 'Sample standard deviation, safe against the loss of digits.', 1, true],
  ] as const
).map(([name, about, less, isRoot]) =>
  defineNumbers({
    name,
    about,
    takes: 1,
    numeric: 'times',
    bind: () => ({ type: float64, create: () => new Spread(less, isRoot) }),
  }),
)

class Spread implements ObjectState<number> {
  #count = 0
  #mean = 0
  #squares = 0

  constructor(
    readonly less: number,
    readonly isRoot: boolean,
  ) {}

  add(value: number): void {
    const delta = value - this.#mean
    this.#count++
    this.#mean += delta / this.#count
    this.#squares += delta * (value - this.#mean)
  }

  merge(other: this): void {
    const count = this.#count + other.#count
    if (count === 0) return
    const delta = this.#mean - other.#mean
    const [mine, theirs] = [this.#count, other.#count]
    const isComparable = mine > 0 && theirs > 0 && Math.abs(mine - theirs) / Math.max(mine, theirs) < 0.001
    this.#mean = isComparable
      ? (theirs * other.#mean + mine * this.#mean) / count
      : other.#mean + (delta * mine) / count
    this.#squares += other.#squares + (delta * delta * mine * theirs) / count
    this.#count = count
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#count)
    writer.f64(this.#mean)
    writer.f64(this.#squares)
  }

  read(reader: ByteReader): void {
    this.#count = reader.varint()
    this.#mean = reader.f64()
    this.#squares = reader.f64()
  }

  result(): Value {
    if (this.#count <= this.less) return Infinity
    const variance = this.#squares / (this.#count - this.less)
    return this.isRoot ? Math.sqrt(variance) : variance
  }
}

const stablePairs: readonly AggregateDefinition[] = (
  [
    ['covarPopStable', 'Population covariance, safe against the loss of digits.'],
    ['covarSampStable', 'Sample covariance, safe against the loss of digits.'],
    ['corrStable', "Pearson's correlation coefficient, safe against the loss of digits."],
  ] as const
).map(([name, about]) =>
  defineNumbers({
    name,
    about,
    takes: 2,
    numeric: 'times',
    bind: () => ({ type: float64, create: () => new JointSpread(name) }),
  }),
)

class JointSpread implements ObjectState<number> {
  #count = 0
  #meanX = 0
  #meanY = 0
  #products = 0
  #squaresX = 0
  #squaresY = 0

  constructor(readonly name: 'covarPopStable' | 'covarSampStable' | 'corrStable') {}

  add(x: number, y: number): void {
    const deltaX = x - this.#meanX
    const deltaY = y - this.#meanY
    this.#count++
    this.#meanX += deltaX / this.#count
    this.#meanY += deltaY / this.#count
    this.#products += deltaX * (y - this.#meanY)
    this.#squaresX += deltaX * (x - this.#meanX)
    this.#squaresY += deltaY * (y - this.#meanY)
  }

  merge(other: this): void {
    const count = this.#count + other.#count
    if (count === 0) return
    const [mine, theirs] = [this.#count, other.#count]
    const deltaX = this.#meanX - other.#meanX
    const deltaY = this.#meanY - other.#meanY
    const weight = (mine * theirs) / count
    this.#meanX = other.#meanX + (deltaX * mine) / count
    this.#meanY = other.#meanY + (deltaY * mine) / count
    this.#products += other.#products + deltaX * deltaY * weight
    this.#squaresX += other.#squaresX + deltaX * deltaX * weight
    this.#squaresY += other.#squaresY + deltaY * deltaY * weight
    this.#count = count
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#count)
    for (const value of [this.#meanX, this.#meanY, this.#products]) writer.f64(value)
    if (this.name === 'corrStable') for (const value of [this.#squaresX, this.#squaresY]) writer.f64(value)
  }

  read(reader: ByteReader): void {
    this.#count = reader.varint()
    this.#meanX = reader.f64()
    this.#meanY = reader.f64()
    this.#products = reader.f64()
    if (this.name !== 'corrStable') return
    this.#squaresX = reader.f64()
    this.#squaresY = reader.f64()
  }

  result(): Value {
    if (this.name === 'corrStable')
      return this.#count === 0
        ? Infinity
        : this.#count < 2
          ? Number.NaN
          : this.#products / Math.sqrt(this.#squaresX) / Math.sqrt(this.#squaresY)
    const less = this.name === 'covarSampStable' ? 1 : 0
    return this.#count <= less ? Infinity : this.#products / (this.#count - less)
  }
}

export const numberAggregates: readonly AggregateDefinition[] = [
  boundingRatio,
  deltaSum,
  deltaSumTimestamp,
  exponentialMovingAverage,
  simpleLinearRegression,
  ...stable,
  ...stablePairs,
  sumKahan,
]
