// Quantiles of timings in milliseconds, up to 30,000: exact up to 1,024, above it in steps of 16.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { parseType } from '../types/parseType.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { wangHash } from './hyperLogLog.ts'
import { defineStateQuantiles, type LevelState } from './stateQuantiles.ts'

const float32 = parseType('Float32')

export const timingQuantiles: readonly AggregateDefinition[] = [
  ...defineStateQuantiles({
    suffix: 'Timing',
    about: 'The value at a level, of values up to 30,000: for timings of web pages in milliseconds.',
    result: () => float32,
    create: () => new Timings(),
  }),
  ...defineStateQuantiles({
    suffix: 'TimingWeighted',
    about: 'As quantileTiming, each value counted as often as its weight says.',
    more: 1,
    result: () => float32,
    create: () => new Timings(),
  }),
]

const tinyMax = 31
const mediumMax = 5672
const small = 1024
const largest = 30_000
const step = 16
const bigSize = (largest - small) / step
const bigCells = Math.floor(bigSize)

/** A list of values, and when there are many, counts. */
class Timings implements LevelState {
  #list: number[] = []
  /** Of each value below 1,024, then of each step. */
  #counts: Float64Array | null = null
  #total = 0

  add(value: number, weight = 1): void {
    if (!(value >= 0 && value < 2 ** 63)) return
    const timing = Math.min(Math.floor(value), largest)
    if (this.#counts === null && (weight <= 1 || this.#list.length + weight <= tinyMax)) {
      for (let i = 0; i < weight; i++) this.#list.push(timing)
      if (this.#list.length > mediumMax) this.#toCounts()
      return
    }
    this.#toCounts()
    this.#count(timing, weight)
  }

  #toCounts(): Float64Array {
    if (this.#counts) return this.#counts
    this.#counts = new Float64Array(small + bigCells)
    for (const timing of this.#list) this.#count(timing, 1)
    this.#list = []
    return this.#counts
  }

  #count(timing: number, weight: number): void {
    this.#total += weight
    const cell = timing < small ? timing : small + Math.floor((timing - small) / step)
    if (this.#counts && cell < this.#counts.length) this.#counts[cell] += weight
  }

  merge(other: this): void {
    if (other.#counts === null) {
      for (const timing of other.#list) this.add(timing)
      return
    }
    const counts = this.#toCounts()
    for (const [cell, count] of other.#counts.entries()) counts[cell] += count
    this.#total += other.#total
  }

  write(writer: ByteWriter): void {
    if (this.#counts === null) {
      const isTiny = this.#list.length <= tinyMax
      writer.u8(isTiny ? 1 : 2)
      if (isTiny) writer.u16(this.#list.length)
      else writer.u64(BigInt(this.#list.length))
      for (const timing of this.#list) writer.u16(timing)
      return
    }
    writer.u8(3)
    writer.u64(BigInt(this.#total))
    if (this.#total * 2 > small + bigCells) {
      for (const count of this.#counts) writer.u64(BigInt(count))
      return
    }
    const part = (from: number, to: number): void => {
      for (let cell = from; cell < to; cell++) {
        const count = this.#counts?.[cell] ?? 0
        if (count === 0) continue
        writer.u16(cell - from)
        writer.u64(BigInt(count))
      }
      writer.u16(largest)
    }
    part(0, small)
    part(small, small + bigCells)
  }

  read(reader: ByteReader): void {
    const kind = reader.u8()
    if (kind < 3) {
      const count = kind === 1 ? reader.u16() : Number(reader.u64())
      for (let i = 0; i < count; i++) this.#list.push(reader.u16())
      return
    }
    const counts = this.#toCounts()
    this.#total = Number(reader.u64())
    if (this.#total * 2 > small + bigCells) {
      for (const cell of counts.keys()) counts[cell] = Number(reader.u64())
      return
    }
    for (const from of [0, small])
      for (let cell = reader.u16(); cell !== largest; cell = reader.u16()) counts[from + cell] = Number(reader.u64())
  }

  values(levels: readonly number[]): number[] {
    if (this.#counts !== null) return levels.map(level => this.#counted(level))
    const sorted = [...this.#list].sort((a, b) => a - b)
    const n = sorted.length
    return levels.map(level => (n === 0 ? Number.NaN : sorted[level < 1 ? Math.floor(n * level) : n - 1]))
  }

  #counted(level: number): number {
    const wanted = Math.ceil(this.#total * level)
    let seen = 0
    for (const [cell, count] of this.#counts?.entries() ?? []) {
      seen += count
      if (count > 0 && seen >= wanted) return cell < small ? cell : bigValue(cell - small)
    }
    return largest
  }
}

/** A value of a step; which one, looks like chance. */
function bigValue(cell: number): number {
  return cell * step + small + (wangHash(BigInt(cell)) % step) - step / 2
}
