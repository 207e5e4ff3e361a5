// Intervals, points and shapes: maxIntersections, intervalLengthSum, histogram, sparkbar, largestTriangleThreeBuckets.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { compareKeys } from './compareKeys.ts'
import {
  defineNumbers,
  defineObject,
  illegalType,
  isNumeric,
  isTime,
  numberParameter,
  type ObjectState,
} from './objectStates.ts'
import { readList } from './stateForm.ts'
import { float64, uint64 } from './states.ts'

const isNative = (type: DataType): boolean => /^(U?Int(8|16|32|64)|Float(32|64))$/.test(type.kind)

const intersections = (name: 'maxIntersections' | 'maxIntersectionsPosition', about: string): AggregateDefinition =>
  defineObject({
    name,
    about,
    takes: 2,
    bind: types => {
      for (const type of types) if (!isNative(type) && !isTime(type)) throw illegalType(name, type)
      if (!types[0].equals(types[1])) throw illegalType(name, types[1])
      const [type] = types
      return {
        type: name === 'maxIntersections' ? uint64 : type,
        create: () => new Intersections(type, name === 'maxIntersectionsPosition'),
      }
    },
  })

/** Starts count 1, ends -1. */
class Intersections implements ObjectState {
  #ends: [point: Value, weight: number][] = []
  /** What points are written as. */
  readonly #wide: DataType

  constructor(
    readonly type: DataType,
    readonly isPosition: boolean,
  ) {
    this.#wide = type.physical?.startsWith('F') ? float64 : parseType('Int64')
  }

  add(start: Value, end: Value): void {
    this.#ends.push([start, 1])
    this.#ends.push([end, -1])
  }

  merge(other: this): void {
    this.#ends.push(...other.#ends)
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#ends.length)
    for (const [point, weight] of this.#ends) {
      this.#wide.writeBinary(writer, this.#wide === float64 ? Number(point) : BigInt(point as number))
      writer.u64(BigInt(weight))
    }
  }

  read(reader: ByteReader): void {
    this.#ends = readList(reader, () => {
      const point = this.#wide.readBinary(reader)
      const isWide = typeof point === typeof this.type.default
      return [isWide ? point : Number(point), Number(BigInt.asIntN(64, reader.u64()))]
    })
  }

  result(): Value {
    this.#ends.sort((a, b) => compareKeys(a[0], b[0]) || a[1] - b[1])
    let [count, most, position] = [0, 0, this.type.default]
    for (const [point, weight] of this.#ends) {
      count += weight
      if (count > most) {
        most = count
        position = point
      }
    }
    return this.isPosition ? position : BigInt(most)
  }
}

const intervalLengthSum = defineObject({
  name: 'intervalLengthSum',
  parametric: true,
  countLike: true,
  about: 'The length of all intervals together, of which parts that several cover count once.',
  takes: 2,
  bind: types => {
    for (const type of types) if (!isNative(type) && !isTime(type)) throw illegalType('intervalLengthSum', type)
    if (!types[0].equals(types[1])) throw illegalType('intervalLengthSum', types[1])
    const [type] = types
    const isFloat = type.physical?.startsWith('F') ?? false
    return { type: isFloat ? float64 : uint64, create: () => new Lengths(type, isFloat) }
  },
})

class Lengths implements ObjectState {
  #intervals: [start: Value, end: Value][] = []

  constructor(
    readonly type: DataType,
    readonly isFloat: boolean,
  ) {}

  add(start: Value, end: Value): void {
    if (compareKeys(start, end) < 0) this.#intervals.push([start, end])
    else if (compareKeys(start, end) > 0) this.#intervals.push([end, start])
  }

  merge(other: this): void {
    this.#intervals.push(...other.#intervals)
  }

  write(writer: ByteWriter): void {
    writer.u8(0)
    writer.u64(BigInt(this.#intervals.length))
    for (const interval of this.#intervals) for (const end of interval) this.type.writeBinary(writer, end)
  }

  read(reader: ByteReader): void {
    reader.u8()
    const count = Number(reader.u64())
    if (count > reader.left) throw new DBError('TOO_LARGE_ARRAY_SIZE', 'Too large size of the list of intervals')
    for (let i = 0; i < count; i++) this.#intervals.push([this.type.readBinary(reader), this.type.readBinary(reader)])
  }

  result(): Value {
    this.#intervals.sort((a, b) => compareKeys(a[0], b[0]) || compareKeys(a[1], b[1]))
    let sum = 0
    let [from, to]: [Value, Value] = [null, null]
    const take = (): void => {
      const length = Number(to) - Number(from)
      if (from !== null) sum += this.type.physical === 'F32' ? Math.fround(length) : length
    }
    for (const [start, end] of this.#intervals) {
      if (from !== null && compareKeys(start, to) <= 0) {
        if (compareKeys(end, to) > 0) to = end
        continue
      }
      take()
      from = start
      to = end
    }
    take()
    return this.isFloat ? sum : BigInt(sum)
  }
}

const histogram = defineNumbers({
  name: 'histogram',
  about: 'An adaptive histogram of so many bins: their bounds and heights.',
  takes: 1,
  parametric: true,
  bind: (types, parameters) => {
    if (parameters.length !== 1)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', 'Function histogram requires single parameter: bins count')
    if (!isNumeric(types[0])) throw illegalType('histogram', types[0])
    const bins = numberParameter('histogram', parameters, 0)
    if (bins === 0) throw new DBError('BAD_ARGUMENTS', 'Bin count must be greater than zero')
    if (bins > 250) throw new DBError('PARAMETER_OUT_OF_BOUND', 'Unsupported bins count: maximum is 250')
    return { type: new ArrayType(new TupleType([float64, float64, float64])), create: () => new Histogram(bins) }
  },
})

interface Cluster {
  mean: number
  weight: number
}

class Histogram implements ObjectState<number> {
  #low = Infinity
  #high = -Infinity
  #points: Cluster[] = []

  constructor(readonly bins: number) {}

  add(value: number): void {
    this.#put({ mean: value, weight: 1 }, value, value)
  }

  #put(point: Cluster, low: number, high: number): void {
    this.#low = Math.min(this.#low, low)
    this.#high = Math.max(this.#high, high)
    this.#points.push(point)
    if (this.#points.length >= this.bins * 2) this.#compress()
  }

  merge(other: this): void {
    for (const point of other.#points) this.#put({ ...point }, other.#low, other.#high)
  }

  /** Points in their order, equal ones as one. */
  #sorted(): Cluster[] {
    const points: Cluster[] = []
    for (const point of [...this.#points].sort((a, b) => a.mean - b.mean)) {
      const last = points[points.length - 1]
      if (last && last.mean === point.mean) last.weight += point.weight
      else points.push({ ...point })
    }
    return points
  }

  /** Nearest neighbours become one, until there are no more points than bins. */
  #compress(): void {
    const points = this.#sorted()
    while (points.length > this.bins) {
      let best = 0
      for (let i = 1; i + 1 < points.length; i++)
        if (points[i + 1].mean - points[i].mean < points[best + 1].mean - points[best].mean) best = i
      const [left, right] = [points[best], points[best + 1]]
      const weight = left.weight + right.weight
      points.splice(best, 2, { mean: (left.mean * left.weight + right.mean * right.weight) / weight, weight })
    }
    this.#points = points
  }

  write(writer: ByteWriter): void {
    if (this.#points.length > this.bins) this.#compress()
    writer.f64(this.#low)
    writer.f64(this.#high)
    writer.varint(this.#points.length)
    for (const { mean, weight } of this.#points) {
      writer.f64(mean)
      writer.f64(weight)
    }
  }

  read(reader: ByteReader): void {
    this.#low = reader.f64()
    this.#high = reader.f64()
    this.#points = readList(reader, () => ({ mean: reader.f64(), weight: reader.f64() }))
  }

  /** Between two points the height changes evenly; bins meet in the middle. */
  result(): Value {
    this.#compress()
    const points = this.#points
    let low = this.#low
    return points.map(({ mean, weight }, i) => {
      const [before, behind] = [points[i - 1], points[i + 1]]
      const part = (other: Cluster | undefined) => (other ? (3 * weight + other.weight) / 8 : weight / 2)
      const high = behind ? (mean + behind.mean) / 2 : this.#high
      const bin = [low, high, part(before) + part(behind)]
      low = high
      return bin
    })
  }
}

const sparkbar = defineObject({
  name: 'sparkbar',
  aliases: ['sparkBar'],
  about: 'A bar chart in text of so many characters: heights by positions.',
  takes: [1, 2],
  parametric: true,
  bind: (types, parameters) => {
    if (parameters.length !== 1 && parameters.length !== 3)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'The number of params does not match for aggregate function sparkbar, expected 1 or 3',
      )
    const isPlace = (type: DataType) => /^(UInt(8|16|32|64)|Date|DateTime)$/.test(type.kind)
    if (!isPlace(types[0])) throw illegalType('sparkbar', types[0])
    const width = numberParameter('sparkbar', parameters, 0)
    if (width < 2 || width > 1024)
      throw new DBError('BAD_ARGUMENTS', 'Parameter width must be in range [2, 1024] for aggregate function sparkbar')
    const bound = (i: number): number | null => {
      const value = parameters[i]
      if (value === undefined) return null
      return Number(typeof value === 'string' ? types[0].parse(value) : value)
    }
    return { type: parseType('String'), create: () => new Bars(types, width, bound(1), bound(2)) }
  },
})

const levels = ' ▁▂▃▄▅▆▇█'

class Bars implements ObjectState {
  readonly #points = new Map<number, number>()
  #low = Infinity
  #high = -Infinity
  #least = Infinity
  #most = -Infinity

  constructor(
    readonly types: readonly DataType[],
    readonly width: number,
    readonly from: number | null,
    readonly to: number | null,
  ) {}

  add(place: Value, height: Value = 1): void {
    const x = Number(place)
    const y = Number(height)
    if ((this.from !== null && x < this.from) || (this.to !== null && x > this.to)) return
    this.#put(x, y)
  }

  #put(x: number, y: number): void {
    const sum = (this.#points.get(x) ?? 0) + y
    this.#points.set(x, sum)
    this.#low = Math.min(this.#low, x)
    this.#high = Math.max(this.#high, x)
    this.#least = Math.min(this.#least, y)
    this.#most = Math.max(this.#most, sum)
  }

  merge(other: this): void {
    for (const [x, y] of other.#points) this.#put(x, y)
  }

  write(writer: ByteWriter): void {
    const [place, height = parseType('UInt8')] = this.types
    const value = (number: number, type: DataType): Value =>
      typeof type.default === 'bigint' ? BigInt(Math.trunc(number)) : number
    const isEmpty = this.#points.size === 0
    place.writeBinary(writer, value(isEmpty ? 0 : this.#low, place))
    place.writeBinary(writer, value(isEmpty ? 0 : this.#high, place))
    height.writeBinary(writer, value(isEmpty ? 0 : this.#least, height))
    height.writeBinary(writer, value(isEmpty ? 0 : this.#most, height))
    writer.varint(this.#points.size)
    for (const [x, y] of this.#points) {
      place.writeBinary(writer, value(x, place))
      height.writeBinary(writer, value(y, height))
    }
  }

  read(reader: ByteReader): void {
    const [place, height = parseType('UInt8')] = this.types
    for (const type of [place, place, height, height]) type.readBinary(reader)
    readList(reader, () => this.#put(Number(place.readBinary(reader)), Number(height.readBinary(reader))))
  }

  result(): Value {
    if (this.#points.size === 0) return ''
    const low = this.from ?? this.#low
    const high = this.to ?? this.#high
    if (low >= high) return levels[8]
    const heights: number[] = new Array(this.width).fill(0)
    const cell = (high - low + 1) / this.width
    if (cell <= 1) {
      const few: number[] = new Array(high - low + 1).fill(0)
      for (const [x, y] of this.#points) few[x - low] += y
      return bars(few)
    }
    for (const [x, y] of this.#points) {
      const at = Math.min(this.width - 1, Math.floor((x - low) / cell))
      heights[at] += y
    }
    return bars(heights)
  }
}

function bars(heights: readonly number[]): string {
  const most = Math.max(...heights)
  return heights
    .map(height => {
      if (!(height > 0)) return levels[0]
      return levels[Math.min(8, Math.floor((height * 7) / most) + 1)]
    })
    .join('')
}

const largestTriangle = defineNumbers({
  name: 'largestTriangleThreeBuckets',
  aliases: ['lttb'],
  about: 'So many points of a curve that keep its look.',
  takes: 2,
  numeric: 'none',
  parametric: true,
  bind: (types, parameters) => {
    if (parameters.length !== 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Aggregate function largestTriangleThreeBuckets requires one parameter: n',
      )
    for (const type of types)
      if (!isNumeric(type) && !isTime(type)) throw illegalType('largestTriangleThreeBuckets', type)
    const wanted = numberParameter('largestTriangleThreeBuckets', parameters, 0)
    if (wanted < 0 || !Number.isInteger(wanted))
      throw new DBError('BAD_ARGUMENTS', 'Parameter of aggregate function largestTriangleThreeBuckets must be positive')
    const results = types.map(type => (isTime(type) ? type : float64))
    return { type: new ArrayType(new TupleType(results)), create: () => new Curve(results, wanted) }
  },
})

class Curve implements ObjectState<number> {
  #xs: number[] = []
  #ys: number[] = []

  constructor(
    readonly types: readonly DataType[],
    readonly wanted: number,
  ) {}

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
      throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: points are cut off')
    this.#xs = Array.from({ length: sizes[0] }, () => reader.f64())
    this.#ys = Array.from({ length: sizes[1] }, () => reader.f64())
  }

  result(): Value {
    const order = this.#xs.map((_, i) => i).sort((a, b) => this.#xs[a] - this.#xs[b])
    const [xs, ys] = [order.map(i => this.#xs[i]), order.map(i => this.#ys[i])]
    return this.#chosen(xs, ys).map(i => [this.#value(xs[i], 0), this.#value(ys[i], 1)])
  }

  #value(value: number, i: number): Value {
    const type = this.types[i]
    return typeof type.default === 'bigint' && !(type instanceof DecimalType) ? BigInt(value) : value
  }

  #chosen(xs: readonly number[], ys: readonly number[]): number[] {
    const n = xs.length
    if (this.wanted >= n) return xs.map((_, i) => i)
    if (this.wanted === 0) return []
    if (this.wanted === 1) return [0]
    if (this.wanted === 2) return [0, n - 1]
    const single = (n - 2) / (this.wanted - 2)
    const chosen = [0]
    let last = 0
    for (let i = 0; i < this.wanted - 2; i++) {
      const [start, end] = [Math.floor(single * (i + 1)) + 1, Math.min(n, Math.floor(single * (i + 2)) + 1)]
      let [meanX, meanY] = [0, 0]
      for (let j = start; j < end; j++) {
        meanX += xs[j]
        meanY += ys[j]
      }
      meanX /= end - start
      meanY /= end - start
      let [best, area] = [Math.floor(single * i) + 1, -1]
      for (let j = Math.floor(single * i) + 1; j < start; j++) {
        const size = Math.abs(0.5 * ((xs[last] - meanX) * (ys[j] - ys[last]) - (xs[last] - xs[j]) * (meanY - ys[last])))
        if (size > area) {
          area = size
          best = j
        }
      }
      chosen.push(best)
      last = best
    }
    return [...chosen, n - 1]
  }
}

export const intervalAggregates: readonly AggregateDefinition[] = [
  histogram,
  intersections('maxIntersections', 'How many intervals overlap at most.'),
  intersections('maxIntersectionsPosition', 'Where the most intervals overlap.'),
  intervalLengthSum,
  largestTriangle,
  sparkbar,
]
