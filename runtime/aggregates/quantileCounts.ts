// Quantiles of values that are counted: by Float with few digits, by weight with interpolation, by a sample that chance has no part in.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { mixWord } from './hashing.ts'
import { isInteger, isNumeric, isTime } from './objectStates.ts'
import { interpolatedType, isQuantified, writeTyped } from './quantile.ts'
import { readList } from './stateForm.ts'
import { defineStateQuantiles, type LevelState } from './stateQuantiles.ts'
import { float64 } from './states.ts'

/** Values with their weights, in order. */
type Pairs = readonly (readonly [value: number, weight: number])[]

abstract class Counted implements LevelState {
  protected readonly counts = new Map<number, number>()

  constructor(readonly type: DataType) {}

  add(value: number, weight = 1): void {
    if (Number.isNaN(value) || (weight === 0 && !this.countsZeros)) return
    this.count(value, weight)
  }

  /** Values of no weight are there too. */
  protected get countsZeros(): boolean {
    return false
  }

  protected count(value: number, weight: number): void {
    this.counts.set(value, (this.counts.get(value) ?? 0) + weight)
  }

  merge(other: this): void {
    for (const [value, weight] of other.counts) this.count(value, weight)
  }

  write(writer: ByteWriter): void {
    writer.varint(this.counts.size)
    for (const [value, weight] of this.counts) {
      this.writeValue(value, writer)
      writer.u64(BigInt(weight))
    }
  }

  read(reader: ByteReader): void {
    readList(reader, () => {
      const value = this.readValue(reader)
      this.count(value, Number(reader.u64()))
    })
  }

  protected writeValue(value: number, writer: ByteWriter): void {
    writeTyped(value, this.type, writer)
  }

  protected readValue(reader: ByteReader): number {
    return Number(this.type.readBinary(reader))
  }

  values(levels: readonly number[]): number[] {
    if (this.counts.size === 0) return levels.map(() => Number.NaN)
    const pairs = [...this.counts].sort((a, b) => a[0] - b[0])
    const sum = pairs.reduce((total, [, weight]) => total + weight, 0)
    return levels.map(level => this.value(level, pairs, sum))
  }

  protected abstract value(level: number, pairs: Pairs, sum: number): number
}

const words = new DataView(new ArrayBuffer(4))

/** The upper 16 bits of Float32. */
class Coarse extends Counted {
  override add(value: number, weight = 1): void {
    super.add(this.#cut(value), weight)
  }

  #cut(value: number): number {
    words.setFloat32(0, value)
    words.setUint16(2, 0)
    return words.getFloat32(0)
  }

  protected override writeValue(value: number, writer: ByteWriter): void {
    words.setFloat32(0, value)
    writer.u16(words.getUint16(0))
  }

  protected override readValue(reader: ByteReader): number {
    words.setUint16(0, reader.u16())
    words.setUint16(2, 0)
    return words.getFloat32(0)
  }

  protected value(level: number, pairs: Pairs, sum: number): number {
    const wanted = Math.ceil(sum * level)
    let seen = 0
    for (const [value, weight] of pairs) {
      seen += weight
      if (seen >= wanted) return value
    }
    return pairs[pairs.length - 1][0]
  }
}

/** A value stands at the middle of its weight. */
class Interpolated extends Counted {
  protected override get countsZeros(): boolean {
    return true
  }

  protected value(level: number, pairs: Pairs, sum: number): number {
    let seen = 0
    let before: readonly [place: number, value: number] | null = null
    for (const [value, weight] of pairs) {
      seen += weight
      const place = (seen - weight * 0.5) / sum
      if (place >= level) {
        if (before === null) return value
        const [x, y] = before
        const dx = place - x
        return y + ((value - y) / (dx === 0 ? 1 : dx)) * (level - x)
      }
      before = [place, value]
    }
    return pairs[pairs.length - 1][0]
  }
}

/** As if each value stood there as often as its weight says. */
class Repeated extends Counted {
  protected value(level: number, pairs: Pairs, sum: number): number {
    const place = (sum - 1) * level
    const [low, high] = [Math.floor(place), Math.ceil(place)]
    const at = (index: number): number => {
      let seen = 0
      for (const [value, weight] of pairs) {
        seen += weight
        if (index < seen) return value
      }
      return pairs[pairs.length - 1][0]
    }
    const [left, right] = [at(low), at(high)]
    return low === high || left === right ? left : (high - place) * left + (place - low) * right
  }
}

/** Buckets by their upper bounds, with how many values are below each. */
class Buckets extends Counted {
  protected override writeValue(value: number, writer: ByteWriter): void {
    writeTyped(value, this.type, writer)
  }

  protected value(level: number, pairs: Pairs): number {
    const last = pairs[pairs.length - 1]
    if (last[0] !== Infinity || pairs.length < 2) return Number.NaN
    const total = last[1]
    if (total === 0) return Number.NaN
    const rank = level * total
    const at = Math.max(
      0,
      pairs.findIndex(([, count]) => count >= rank),
    )
    if (at === pairs.length - 1) return pairs[pairs.length - 2][0]
    const [bound, count] = pairs[at]
    if (at === 0 && bound <= 0) return bound
    const [start, below] = at === 0 ? [0, 0] : pairs[at - 1]
    return start + (bound - start) * ((rank - below) / (count - below))
  }
}

const sampleMax = 8192

/** A sample of values whose second argument's hash ends in enough zero bits. */
class Determined implements LevelState {
  #samples: { value: number; hash: number }[] = []
  #total = 0
  #skip = 0

  constructor(readonly type: DataType) {}

  add(value: number, determinator: number): void {
    if (Number.isNaN(value)) return
    this.#total++
    this.#put(value, Number(mixWord(BigInt(Math.trunc(determinator))) & 0xffffffffn))
  }

  #put(value: number, hash: number): void {
    if (!this.#counts(hash)) return
    this.#samples.push({ value, hash })
    while (this.#samples.length > sampleMax) {
      this.#skip++
      this.#samples = this.#samples.filter(sample => this.#counts(sample.hash))
    }
  }

  #counts(hash: number): boolean {
    return hash % 2 ** this.#skip === 0
  }

  merge(other: this): void {
    if (other.#skip > this.#skip) {
      this.#skip = other.#skip
      this.#samples = this.#samples.filter(({ hash }) => this.#counts(hash))
    }
    for (const { value, hash } of other.#samples) this.#put(value, hash)
    this.#total += other.#total
  }

  write(writer: ByteWriter): void {
    writer.u64(BigInt(this.#samples.length))
    writer.u64(BigInt(this.#total))
    for (const { value, hash } of this.#samples) {
      writeTyped(value, this.type, writer)
      writer.u32(hash)
      for (let i = 0; i < this.#padding; i++) writer.u8(0)
    }
  }

  /** Behind a value and its hash, so that the next value is aligned. */
  get #padding(): number {
    return this.type.width === 8 ? 4 : 0
  }

  read(reader: ByteReader): void {
    const size = Number(reader.u64())
    this.#total = Number(reader.u64())
    if (size > reader.left) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a sample is cut off')
    for (let i = 0; i < size; i++) {
      const value = Number(this.type.readBinary(reader))
      this.#put(value, reader.u32())
      reader.raw(this.#padding)
    }
  }

  values(levels: readonly number[]): number[] {
    const sorted = Float64Array.from(this.#samples, ({ value }) => value).sort()
    const n = sorted.length
    return levels.map(level => {
      if (n === 0) return Number.NaN
      const place = Math.max(0, Math.min(n - 1, level * (n - 1)))
      const left = Math.floor(place)
      if (left + 1 >= n) return sorted[left]
      return sorted[left] * (left + 1 - place) + sorted[left + 1] * (place - left)
    })
  }
}

export const countedQuantiles: readonly AggregateDefinition[] = [
  ...defineStateQuantiles({
    suffix: 'Deterministic',
    about: 'As quantile, of a sample that the second argument determines instead of chance.',
    more: 1,
    acceptsMore: isInteger,
    result: interpolatedType,
    create: ([type]) => new Determined(type),
  }),
  ...defineStateQuantiles({
    suffix: 'BFloat16',
    about: 'The value at a level, of values with 8 bits of precision.',
    accepts: isQuantified,
    result: type => (isTime(type) ? type : float64),
    create: ([type]) => new Coarse(type),
  }),
  ...defineStateQuantiles({
    suffix: 'BFloat16Weighted',
    about: 'As quantileBFloat16, each value counted as often as its weight says.',
    more: 1,
    accepts: isQuantified,
    result: type => (isTime(type) ? type : float64),
    create: ([type]) => new Coarse(type),
  }),
  ...defineStateQuantiles({
    suffix: 'InterpolatedWeighted',
    about: 'The value at a level, interpolated between values that stand at the middle of their weights.',
    more: 1,
    result: type => type,
    create: ([type]) => new Interpolated(type),
  }),
  ...defineStateQuantiles({
    suffix: 'ExactWeightedInterpolated',
    about: 'The value at a level, interpolated, each value counted as often as its weight says.',
    more: 1,
    result: interpolatedType,
    create: ([type]) => new Repeated(type),
  }),
  ...defineStateQuantiles({
    suffix: 'PrometheusHistogram',
    about: 'The value at a level from the upper bounds of buckets and how many values are below each.',
    more: 1,
    accepts: type => type.physical?.startsWith('F') ?? false,
    acceptsMore: isNumeric,
    result: () => float64,
    create: ([type]) => new Buckets(type),
  }),
].filter(({ name }) => name !== 'medianPrometheusHistogram')
