// t-digest: clusters of values, small ones at both ends and large ones in the middle.
import { DBError } from '../core/errors.ts'
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { parseType } from '../types/parseType.ts'
import type { DataType } from '../types/dataType.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { isTime } from './objectStates.ts'
import { defineStateQuantiles, type LevelState } from './stateQuantiles.ts'

const float32 = parseType('Float32')
const resultOf = (type: DataType): DataType => (isTime(type) ? type : float32)

export const digestQuantiles: readonly AggregateDefinition[] = [
  ...defineStateQuantiles({
    suffix: 'TDigest',
    about: 'The approximate value at a level, interpolated between clusters of values.',
    result: resultOf,
    create: () => new Digest(),
  }),
  ...defineStateQuantiles({
    suffix: 'TDigestWeighted',
    about: 'As quantileTDigest, each value counted as often as its weight says.',
    more: 1,
    result: resultOf,
    create: () => new Digest(),
  }),
]

const epsilon = 0.01
const clustersMax = 2048
const unmergedMax = 2048

/** Means and counts are Float32, sums of them Float64. */
class Digest implements LevelState {
  #means: Float32Array = new Float32Array(64)
  #counts: Float32Array = new Float32Array(64)
  #size = 0
  #total = 0
  #unmerged = 0

  add(value: number, weight = 1): void {
    if (weight === 0 || Number.isNaN(value)) return
    this.#put(value, weight)
  }

  #put(mean: number, count: number): void {
    if (this.#size === this.#means.length) {
      this.#means = grown(this.#means)
      this.#counts = grown(this.#counts)
    }
    this.#means[this.#size] = mean
    this.#counts[this.#size++] = count
    this.#total += Math.fround(count)
    if (++this.#unmerged > unmergedMax) this.#compress()
  }

  merge(other: this): void {
    for (let i = 0; i < other.#size; i++) this.#put(other.#means[i], other.#counts[i])
  }

  #sort(): void {
    const [means, counts, size] = [this.#means, this.#counts, this.#size]
    const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => means[a] - means[b] || a - b)
    this.#means = Float32Array.from(order, i => means[i])
    this.#counts = Float32Array.from(order, i => counts[i])
  }

  #compress(): void {
    if (this.#unmerged === 0 && this.#size <= clustersMax) return
    if (this.#size === 0) return
    this.#sort()
    const [means, counts, total] = [this.#means, this.#counts, this.#total]
    const scale = total * epsilon * 4
    let left = 0
    let sum = 0
    let mean = means[0]
    let count = counts[0]
    for (let right = 1; right < this.#size; right++) {
      const before = (sum + count * 0.5) / total
      const behind = (sum + count + counts[right] * 0.5) / total
      const error = Math.min(before * (1 - before), behind * (1 - behind))
      const fits = mean === means[right] || (Number.isFinite(mean) && Number.isFinite(means[right]))
      if (count + counts[right] <= scale * error && fits) {
        count += counts[right]
        if (means[right] !== mean) mean += (counts[right] * (means[right] - mean)) / count
        means[left] = mean
        counts[left] = count
      } else {
        sum += counts[left++]
        means[left] = means[right]
        counts[left] = counts[right]
        mean = means[left]
        count = counts[left]
      }
    }
    this.#total = sum + count
    this.#size = left + 1
    this.#unmerged = 0
    if (this.#size > clustersMax) this.#halve()
  }

  /** Neighbours are put together where the clusters are still too many. */
  #halve(): void {
    const each = Math.ceil(this.#size / clustersMax)
    let size = 0
    for (let at = 0; at < this.#size; at += each) {
      let [mean, count] = [this.#means[at], this.#counts[at]]
      for (let i = at + 1; i < Math.min(at + each, this.#size); i++) {
        count += this.#counts[i]
        mean += (this.#counts[i] * (this.#means[i] - mean)) / count
      }
      this.#means[size] = mean
      this.#counts[size++] = count
    }
    this.#size = size
  }

  write(writer: ByteWriter): void {
    this.#compress()
    writer.varint(this.#size)
    for (let i = 0; i < this.#size; i++) {
      writer.f32(this.#means[i])
      writer.f32(this.#counts[i])
    }
  }

  read(reader: ByteReader): void {
    const size = reader.varint()
    if (size > 65_536) throw new DBError('CANNOT_PARSE_INPUT_ASSERTION_FAILED', 'Too large t-digest centroid size')
    for (let i = 0; i < size; i++) this.#put(reader.f32(), reader.f32())
  }

  values(levels: readonly number[]): number[] {
    if (this.#size === 0) return levels.map(() => Number.NaN)
    this.#compress()
    return levels.map(level => this.#value(Math.fround(level * this.#total)))
  }

  #value(x: number): number {
    const [means, counts, size] = [this.#means, this.#counts, this.#size]
    if (size === 1) return means[0]
    let sum = 0
    let [x1, mean, count] = [0, means[0], counts[0]]
    for (let i = 0; i < size; i++) {
      const x2 = sum + counts[i] * 0.5
      if (x2 >= x) {
        const left = count === 1 ? x1 + 0.5 : x1
        const right = counts[i] === 1 ? x2 - 0.5 : x2
        if (x <= left) return mean
        if (x >= right) return means[i]
        const part = (x - left) / (right - left)
        return Math.fround((1 - part) * mean + part * means[i])
      }
      sum += counts[i]
      mean = means[i]
      count = counts[i]
      x1 = x2
    }
    return means[size - 1]
  }
}

function grown(values: Float32Array): Float32Array {
  const larger = new Float32Array(values.length * 2)
  larger.set(values)
  return larger
}
