// How much two categorical arguments depend on each other.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { ByteWriter as Writer } from '../core/bytes.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { defineNumbers, defineObject, illegalType, type ObjectState } from './objectStates.ts'
import { sipHash64 } from './sipHash.ts'
import { readList } from './stateForm.ts'
import { float64 } from './states.ts'

/** How often each value of a, of b, and each pair was seen. */
interface Counts {
  readonly total: number
  readonly a: ReadonlyMap<bigint, number>
  readonly b: ReadonlyMap<bigint, number>
  readonly pairs: readonly (readonly [a: bigint, b: bigint, count: number])[]
}

function phiSquared({ a, b, pairs }: Counts): number {
  let sum = 0
  for (const [x, y, count] of pairs) sum += (count * count) / ((a.get(x) ?? 1) * (b.get(y) ?? 1))
  return Math.max(0, sum - 1)
}

function cramersV(counts: Counts): number {
  return Math.sqrt(phiSquared(counts) / (Math.min(counts.a.size, counts.b.size) - 1))
}

function cramersVBiasCorrected(counts: Counts): number {
  const [n, a, b] = [counts.total, counts.a.size, counts.b.size]
  const phi = Math.max(0, phiSquared(counts) - ((a - 1) * (b - 1)) / (n - 1))
  const corrected = [a, b].map(size => size - (size - 1) ** 2 / (n - 1))
  return Math.sqrt(phi / (Math.min(...corrected) - 1))
}

function contingency(counts: Counts): number {
  const chi = phiSquared(counts) * counts.total
  return Math.sqrt(chi / (chi + counts.total))
}

function theilsU({ total, a, b, pairs }: Counts): number {
  let own = 0
  for (const count of a.values()) own += (count / total) * Math.log(count / total)
  let shared = 0
  for (const [, y, count] of pairs) shared += (count / total) * Math.log(count / (b.get(y) ?? 1))
  const coefficient = (own - shared) / own
  return Number.isNaN(coefficient) ? coefficient : Math.max(0, Math.min(1, coefficient))
}

const hashOf = (value: Value, type: DataType): bigint => {
  const writer = new Writer(16)
  if (type.kind === 'String') {
    writer.text(value as string)
    let head = 1
    while (writer.bytes()[head - 1] >= 128) head++
    return sipHash64(writer.bytes().slice(head))
  }
  type.writeBinary(writer, value)
  return sipHash64(writer.bytes())
}

class Crossed implements ObjectState {
  #total = 0
  readonly #a = new Map<bigint, number>()
  readonly #b = new Map<bigint, number>()
  readonly #pairs = new Map<string, [bigint, bigint, number]>()
  readonly #hashes = new Map<Value, bigint>()

  constructor(
    readonly types: readonly DataType[],
    readonly formula: (counts: Counts) => number,
  ) {}

  #hash(value: Value, type: DataType): bigint {
    if (this.types[0] !== this.types[1] || Array.isArray(value)) return hashOf(value, type)
    let hash = this.#hashes.get(value)
    if (hash === undefined) {
      hash = hashOf(value, type)
      if (this.#hashes.size < 100_000) this.#hashes.set(value, hash)
    }
    return hash
  }

  add(a: Value, b: Value): void {
    this.#count(this.#hash(a, this.types[0]), this.#hash(b, this.types[1]), 1)
  }

  #count(a: bigint, b: bigint, count: number): void {
    this.#total += count
    this.#a.set(a, (this.#a.get(a) ?? 0) + count)
    this.#b.set(b, (this.#b.get(b) ?? 0) + count)
    const key = `${a} ${b}`
    const pair = this.#pairs.get(key)
    if (pair) pair[2] += count
    else this.#pairs.set(key, [a, b, count])
  }

  merge(other: this): void {
    for (const [a, b, count] of other.#pairs.values()) this.#count(a, b, count)
  }

  write(writer: ByteWriter): void {
    writer.u64(BigInt(this.#total))
    for (const counts of [this.#a, this.#b]) {
      writer.varint(counts.size)
      for (const [hash, count] of counts) {
        writer.u64(hash)
        writer.u64(BigInt(count))
      }
    }
    writer.varint(this.#pairs.size)
    for (const [a, b, count] of this.#pairs.values()) {
      writer.u64(a)
      writer.u64(b)
      writer.u64(BigInt(count))
    }
  }

  read(reader: ByteReader): void {
    reader.u64()
    for (let i = 0; i < 2; i++)
      readList(reader, () => {
        reader.u64()
        reader.u64()
      })
    readList(reader, () => {
      const [a, b] = [reader.u64(), reader.u64()]
      this.#count(a, b, Number(reader.u64()))
    })
  }

  result(): Value {
    if (this.#total < 2) return Number.NaN
    return this.formula({ total: this.#total, a: this.#a, b: this.#b, pairs: [...this.#pairs.values()] })
  }
}

const define = (name: string, about: string, formula: (counts: Counts) => number): AggregateDefinition =>
  defineObject({
    name,
    about,
    takes: 2,
    typesFirst: true,
    bind: types => ({ type: float64, create: () => new Crossed(types, formula) }),
  })

const categoricalInformationValue = defineNumbers({
  name: 'categoricalInformationValue',
  about:
    'The information value of each category (all arguments but the last) for the last argument, a target of 0 or 1.',
  takes: [2, 1000],
  numeric: 'none',
  bind: types => {
    for (const type of types) if (type.physical !== 'U8') throw illegalType('categoricalInformationValue', type)
    return { type: new ArrayType(float64), create: () => new InformationValues(types.length - 1) }
  },
})

class InformationValues implements ObjectState<number> {
  /** Of each category and of all rows: how often with a target of 0, and of 1. */
  readonly #counts: number[]

  constructor(readonly categories: number) {
    this.#counts = new Array((categories + 1) * 2).fill(0)
  }

  add(...values: number[]): void {
    const target = values[this.categories] ? 1 : 0
    for (let i = 0; i < this.categories; i++) if (values[i]) this.#counts[i * 2 + target]++
    this.#counts[this.categories * 2 + target]++
  }

  merge(other: this): void {
    for (const [i, count] of other.#counts.entries()) this.#counts[i] += count
  }

  write(writer: ByteWriter): void {
    for (const count of this.#counts) writer.u64(BigInt(count))
  }

  read(reader: ByteReader): void {
    for (const i of this.#counts.keys()) this.#counts[i] = Number(reader.u64())
  }

  result(): Value {
    const [zeros, ones] = this.#counts.slice(-2)
    return Array.from({ length: this.categories }, (_, i) => {
      const [zero, one] = [this.#counts[i * 2] / zeros, this.#counts[i * 2 + 1] / ones]
      return (one - zero) * Math.log(one / zero)
    })
  }
}

export const associationAggregates: readonly AggregateDefinition[] = [
  define('cramersV', "Cramér's V: 0 for none and 1 for complete association.", cramersV),
  define('cramersVBiasCorrected', "Cramér's V with its bias corrected.", cramersVBiasCorrected),
  define('contingency', 'The contingency coefficient.', contingency),
  define('theilsU', "Theil's U: how much the second argument says of the first.", theilsU),
  categoricalInformationValue,
]
