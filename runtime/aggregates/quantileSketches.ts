// Quantiles from sketches: of relative error (DD), and of error in rank (Greenwald and Khanna).
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { isNumeric, isTime } from './objectStates.ts'
import { isQuantified, writeTyped } from './quantile.ts'
import { defineStateQuantiles, type LevelState } from './stateQuantiles.ts'
import { float64 } from './states.ts'

export const sketchQuantiles: readonly AggregateDefinition[] = [
  ...defineStateQuantiles({
    suffix: 'DD',
    about: 'The value at a level, within a relative error that the first parameter says.',
    parameters: 1,
    accepts: isQuantified,
    result: type => (isTime(type) ? type : float64),
    create: (_types, [error]) => new RelativeSketch(relativeError(error)),
  }),
  ...defineStateQuantiles({
    suffix: 'GK',
    about: 'The value at a level, its rank within a share of all values that is one by the first parameter.',
    parameters: 1,
    accepts: type => isNumeric(type) || isTime(type),
    result: type => type,
    create: ([type], [accuracy]) => new RankSketch(type, rankError(accuracy)),
  }),
]

function relativeError(value: Value): number {
  const error = Number(value)
  if (!(error > 0 && error < 1))
    throw new DBError(
      'PARAMETER_OUT_OF_BOUND',
      `Aggregate function quantileDD requires relative accuracy parameter with value between 0 and 1 but is ${error}.`,
    )
  return error
}

function rankError(value: Value): number {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value)))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      'Aggregate function quantileGK requires accuracy parameter with integer type',
    )
  if (!(Number(value) > 0))
    throw new DBError(
      'PARAMETER_OUT_OF_BOUND',
      `Aggregate function quantileGK requires accuracy parameter with positive value but is ${value}`,
    )
  return 1 / Number(value)
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2)

const tags = { positive: 1, negative: 3, zeros: 4, sparse: 4, dense: 12 }

const version = 2

/** Counts by the logarithm of values. */
class RelativeSketch implements LevelState {
  readonly #base: number
  readonly #positive = new Map<number, number>()
  readonly #negative = new Map<number, number>()
  #zeros = 0
  #total = 0

  constructor(readonly error: number) {
    this.#base = (1 + error) / (1 - error)
  }

  add(value: number): void {
    if (Number.isNaN(value)) return
    this.#total++
    if (value === 0) this.#zeros++
    else {
      const bins = value > 0 ? this.#positive : this.#negative
      const bin = this.#bin(Math.abs(value))
      bins.set(bin, (bins.get(bin) ?? 0) + 1)
    }
  }

  #bin(value: number): number {
    return Math.trunc(Math.log(value) / Math.log(this.#base))
  }

  #valueOf(bin: number): number {
    return Math.exp(bin * Math.log(this.#base)) * (1 + this.error)
  }

  merge(other: this): void {
    for (const [bin, count] of other.#positive) this.#positive.set(bin, (this.#positive.get(bin) ?? 0) + count)
    for (const [bin, count] of other.#negative) this.#negative.set(bin, (this.#negative.get(bin) ?? 0) + count)
    this.#zeros += other.#zeros
    this.#total += other.#total
  }

  write(writer: ByteWriter): void {
    writer.u8(version)
    writer.f64(this.#base)
    writer.f64(0)
    writer.u8(tags.positive)
    writeBins(this.#positive, writer)
    writer.u8(tags.negative)
    writeBins(this.#negative, writer)
    writer.u8(tags.zeros)
    writer.f64(this.#zeros)
  }

  read(reader: ByteReader): void {
    reader.u8()
    reader.f64()
    reader.f64()
    reader.u8()
    readBins(this.#positive, reader)
    reader.u8()
    readBins(this.#negative, reader)
    reader.u8()
    this.#zeros = reader.f64()
    this.#total = this.#zeros
    for (const bins of [this.#positive, this.#negative]) for (const count of bins.values()) this.#total += count
  }

  values(levels: readonly number[]): number[] {
    const positive = [...this.#positive].sort((a, b) => a[0] - b[0])
    const negative = [...this.#negative].sort((a, b) => a[0] - b[0])
    const negatives = negative.reduce((sum, [, count]) => sum + count, 0)
    return levels.map(level => {
      if (this.#total === 0) return Number.NaN
      const rank = level * (this.#total - 1)
      if (rank < negatives) return -this.#valueOf(binAt(negative, negatives - rank - 1, false))
      if (rank < negatives + this.#zeros) return 0
      return this.#valueOf(binAt(positive, rank - negatives - this.#zeros, true))
    })
  }
}

type Bins = readonly (readonly [bin: number, count: number])[]

function binAt(bins: Bins, rank: number, isLower: boolean): number {
  let seen = 0
  for (const [bin, count] of bins) {
    seen += count
    if (isLower ? seen > rank : seen >= rank + 1) return bin
  }
  return bins[bins.length - 1][0]
}

function writeBins(bins: ReadonlyMap<number, number>, writer: ByteWriter): void {
  const sorted = [...bins].sort((a, b) => a[0] - b[0])
  const [first, last] = sorted.length > 0 ? [sorted[0][0], sorted[sorted.length - 1][0]] : [0x7fffffff, 0x7ffffffe]
  const cells = last - first + 1
  if (sorted.length * 9 < cells * 8) {
    writer.u8(tags.sparse)
    writer.varint(sorted.length)
    let before = 0
    for (const [bin, count] of sorted) {
      writer.varint(zigzag(bin - before))
      writer.f64(count)
      before = bin
    }
    return
  }
  writer.u8(tags.dense)
  writer.varint(cells)
  writer.varint(zigzag(first))
  writer.varint(zigzag(1))
  for (let bin = first; bin <= last; bin++) writer.f64(bins.get(bin) ?? 0)
}

function readBins(bins: Map<number, number>, reader: ByteReader): void {
  const tag = reader.u8()
  const count = reader.varint()
  if (count * 8 > reader.left) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a sketch is cut off')
  if (tag === tags.sparse) {
    let bin = 0
    for (let i = 0; i < count; i++) {
      bin += unzigzag(reader.varint())
      bins.set(bin, reader.f64())
    }
    return
  }
  if (tag !== tags.dense) throw new DBError('INCORRECT_DATA', `Unknown encoding ${tag} of a sketch`)
  const first = unzigzag(reader.varint())
  const step = unzigzag(reader.varint())
  for (let i = 0; i < count; i++) {
    const value = reader.f64()
    if (value !== 0) bins.set(first + i * step, value)
  }
}

interface Sample {
  readonly value: number
  /** By how much the least possible rank is above that of the sample before. */
  readonly gap: number
  /** By how much the greatest possible rank is above the least. */
  readonly delta: number
}

const headMax = 50_000
const compressThreshold = 10_000

class RankSketch implements LevelState {
  #samples: Sample[] = []
  #head: number[] = []
  #count = 0

  constructor(
    readonly type: DataType,
    readonly error: number,
  ) {}

  add(value: number): void {
    if (Number.isNaN(value)) return
    this.#head.push(value)
    if (this.#head.length < headMax) return
    this.#flush()
    if (this.#samples.length >= compressThreshold) this.#compress()
  }

  #flush(): void {
    if (this.#head.length === 0) return
    const sorted = Float64Array.from(this.#head).sort()
    const old = this.#samples
    const samples: Sample[] = []
    let at = 0
    for (const [i, value] of sorted.entries()) {
      while (at < old.length && old[at].value <= value) samples.push(old[at++])
      this.#count++
      const isEnd = samples.length === 0 || (at === old.length && i === sorted.length - 1)
      samples.push({ value, gap: 1, delta: isEnd ? 0 : Math.floor(2 * this.error * this.#count) })
    }
    samples.push(...old.slice(at))
    this.#samples = samples
    this.#head = []
  }

  #compress(): void {
    this.#flush()
    const samples = this.#samples
    if (samples.length === 0) return
    const threshold = 2 * this.error * this.#count
    const kept: Sample[] = []
    let head = samples[samples.length - 1]
    for (let i = samples.length - 2; i >= 1; i--) {
      const sample = samples[i]
      if (sample.gap + head.gap + head.delta < threshold) head = { ...head, gap: head.gap + sample.gap }
      else {
        kept.push(head)
        head = sample
      }
    }
    kept.push(head)
    if (samples.length > 1 && samples[0].value <= head.value) kept.push(samples[0])
    this.#samples = kept.reverse()
  }

  merge(other: this): void {
    other.#compress()
    if (other.#count === 0) return
    this.#compress()
    if (this.#count === 0) {
      this.#samples = [...other.#samples]
      this.#count = other.#count
      return
    }
    // Of two sketches of one error, each other's samples widen where a sample may be.
    const [mine, theirs] = [this.#samples, other.#samples]
    const [mineDelta, theirDelta] = [other, this].map(({ error }) => Math.floor(2 * error * this.#countOf(other)))
    const samples: Sample[] = []
    let [i, j] = [0, 0]
    while (i < mine.length && j < theirs.length) {
      const isMine = mine[i].value < theirs[j].value
      const sample = isMine ? mine[i++] : theirs[j++]
      const isInside = isMine ? j > 0 : i > 0
      samples.push(isInside ? { ...sample, delta: sample.delta + (isMine ? mineDelta : theirDelta) } : sample)
    }
    samples.push(...mine.slice(i), ...theirs.slice(j))
    this.#samples = samples
    this.#count += other.#count
    this.#compress()
  }

  #countOf(other: this): number {
    return other.#count
  }

  write(writer: ByteWriter): void {
    this.#compress()
    writer.u64(BigInt(compressThreshold))
    writer.f64(this.error)
    writer.u64(BigInt(this.#count))
    writer.u64(BigInt(this.#samples.length))
    for (const { value, gap, delta } of this.#samples) {
      writeTyped(value, this.type, writer)
      writer.u64(BigInt(gap))
      writer.u64(BigInt(delta))
    }
  }

  read(reader: ByteReader): void {
    reader.u64()
    reader.f64()
    this.#count = Number(reader.u64())
    const size = Number(reader.u64())
    if (size * 16 > reader.left) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a sketch is cut off')
    for (let i = 0; i < size; i++)
      this.#samples.push({
        value: Number(this.type.readBinary(reader)),
        gap: Number(reader.u64()),
        delta: Number(reader.u64()),
      })
  }

  values(levels: readonly number[]): number[] {
    this.#compress()
    const samples = this.#samples
    if (samples.length === 0) return levels.map(() => Number.NaN)
    const allowed = samples.reduce((most, { gap, delta }) => Math.max(most, delta + gap), 0) / 2
    return levels.map(level => {
      if (level <= this.error) return samples[0].value
      if (level >= 1 - this.error) return samples[samples.length - 1].value
      const rank = Math.ceil(level * this.#count)
      let least = 0
      for (const { value, gap, delta } of samples) {
        least += gap
        if (least + delta - allowed <= rank && rank <= least + allowed) return value
      }
      return samples[samples.length - 1].value
    })
  }
}
