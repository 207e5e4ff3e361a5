// Arrays of a group's values in ways of their own: by position, sampled, sorted, summed on the way, intersected.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { compareKeys } from './compareKeys.ts'
import { defineObject, illegalType, isNumeric, isUnsigned, numberParameter, type ObjectState } from './objectStates.ts'
import { readElement, readList, writeElement } from './stateForm.ts'
import { float64 } from './states.ts'
import { sumType } from './sum.ts'

const sizeMax = 0xffffff

const badSize = (name: string, text = 'should be positive number'): DBError =>
  new DBError('BAD_ARGUMENTS', `Parameter for aggregate function ${name} ${text}`)

const groupArrayInsertAt = defineObject({
  name: 'groupArrayInsertAt',
  about: 'Values at the positions that the second argument gives; gaps have the default.',
  takes: 2,
  parametric: true,
  bind: (types, parameters) => {
    const [type, position] = types
    if (!isUnsigned(position)) throw illegalType('groupArrayInsertAt', position)
    const size = parameters.length > 1 ? numberParameter('groupArrayInsertAt', parameters, 1) : undefined
    if (size !== undefined && size > sizeMax) throw new DBError('TOO_LARGE_ARRAY_SIZE', `Too large array size`)
    const fill = parameters.length > 0 ? toType(parameters[0], type) : type.default
    return { type: new ArrayType(type), create: () => new Placed(type, fill, size) }
  },
})

function toType(value: Value, type: DataType): Value {
  if (value === null) return type.default
  if (typeof type.default === 'bigint') return BigInt(value as number)
  if (typeof type.default === 'number') return typeof value === 'string' ? type.parse(value) : Number(value)
  return value
}

class Placed implements ObjectState {
  #values: (Value | undefined)[] = []

  constructor(
    readonly type: DataType,
    readonly fill: Value,
    readonly size: number | undefined,
  ) {}

  add(value: Value, position: Value): void {
    const at = Number(position)
    if (this.size !== undefined && at >= this.size) return
    if (at > sizeMax)
      throw new DBError(
        'TOO_LARGE_ARRAY_SIZE',
        `Too large array size: position argument (${at}) is greater or equals to limit (${sizeMax})`,
      )
    while (this.#values.length < at) this.#values.push(undefined)
    this.#values[at] ??= value
  }

  merge(other: this): void {
    for (const [at, value] of other.#values.entries()) {
      if (at >= this.#values.length) this.#values.push(value)
      else this.#values[at] ??= value
    }
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#values.length)
    for (const value of this.#values) {
      writer.u8(value === undefined ? 1 : 0)
      if (value !== undefined) this.type.writeBinary(writer, value)
    }
  }

  read(reader: ByteReader): void {
    this.#values = readList(reader, () => (reader.u8() ? undefined : this.type.readBinary(reader)))
  }

  result(): Value {
    return Array.from({ length: this.size ?? this.#values.length }, (_, at) => this.#values[at] ?? this.fill)
  }
}

const moving = (name: 'groupArrayMovingSum' | 'groupArrayMovingAvg', about: string): AggregateDefinition =>
  defineObject({
    name,
    about,
    takes: 1,
    parametric: true,
    bind: ([type], parameters) => {
      if (parameters.length > 1)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Incorrect number of parameters for aggregate function ${name}`,
        )
      const size = parameters.length === 0 ? 0 : numberParameter(name, parameters, 0)
      if (parameters.length > 0 && !(Number.isInteger(size) && size > 0)) throw badSize(name)
      if (!isNumeric(type)) throw illegalType(name, type)
      const wide = sumType(name, [type])
      const result = name === 'groupArrayMovingSum' || type instanceof DecimalType ? wide : float64
      const isAverage = name === 'groupArrayMovingAvg'
      return { type: new ArrayType(result), create: () => new Moving(wide, isAverage, size) }
    },
  })

/** Keeps the sums up to each value. */
class Moving implements ObjectState {
  #sums: (number | bigint)[] = []

  constructor(
    readonly wide: DataType,
    readonly isAverage: boolean,
    readonly size: number,
  ) {}

  add(value: Value): void {
    const last = this.#sums[this.#sums.length - 1]
    this.#sums.push(this.#plus(last, value as number | bigint))
  }

  #plus(sum: number | bigint | undefined, value: number | bigint): number | bigint {
    if (typeof this.wide.default === 'number') return (sum === undefined ? 0 : Number(sum)) + Number(value)
    return BigInt(sum ?? 0) + BigInt(value)
  }

  merge(other: this): void {
    const last = this.#sums[this.#sums.length - 1]
    for (const sum of other.#sums) this.#sums.push(last === undefined ? sum : this.#plus(last, sum))
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#sums.length)
    for (const sum of this.#sums) this.wide.writeBinary(writer, sum)
  }

  read(reader: ByteReader): void {
    this.#sums = readList(reader, () => this.wide.readBinary(reader) as number | bigint)
  }

  result(): Value {
    const size = this.size || this.#sums.length
    return this.#sums.map((sum, i) => {
      const before = i >= size ? this.#sums[i - size] : undefined
      const window = before === undefined ? sum : this.#minus(sum, before)
      if (!this.isAverage) return window
      if (typeof window === 'bigint' && this.wide instanceof DecimalType) return window / BigInt(size)
      return Number(window) / size
    })
  }

  #minus(a: number | bigint, b: number | bigint): number | bigint {
    return typeof a === 'number' ? a - Number(b) : a - BigInt(b)
  }
}

const groupArraySample = defineObject({
  name: 'groupArraySample',
  about: 'A random sample of so many values.',
  takes: 1,
  parametric: true,
  bind: ([type], parameters) => {
    if (parameters.length !== 1 && parameters.length !== 2)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Incorrect number of parameters for aggregate function groupArraySample, should be 1 or 2',
      )
    const size = numberParameter('groupArraySample', parameters, 0)
    if (!(Number.isInteger(size) && size > 0) || size > sizeMax) throw badSize('groupArraySample')
    const seed = parameters.length > 1 ? numberParameter('groupArraySample', parameters, 1) : 123456
    return { type: new ArrayType(type), create: () => new Sample(type, size, seed) }
  },
})

const multiplier = 6364136223846793005n
const mask64 = (1n << 64n) - 1n

/** A reservoir, with the random numbers of PCG32 (multiplicative, RXS-like output). */
class Sample implements ObjectState {
  #values: Value[] = []
  #total = 0
  #state: bigint

  constructor(
    readonly type: DataType,
    readonly size: number,
    seed: number,
  ) {
    this.#state = BigInt(seed) | 3n
  }

  #random32(): number {
    const state = this.#state
    this.#state = (state * multiplier) & mask64
    const shift = 22n + (state >> 61n)
    return Number(((state ^ (state >> 22n)) >> shift) & 0xffffffffn)
  }

  #random(limit: number): number {
    return this.#random32() % limit
  }

  add(value: Value): void {
    this.#total++
    if (this.#values.length < this.size) {
      this.#values.push(value)
      return
    }
    const at = this.#random(this.#total)
    if (at < this.size) this.#values[at] = value
  }

  merge(other: this): void {
    if (this.#total + other.#total <= this.size) {
      this.#values.push(...other.#values)
      this.#total += other.#total
      return
    }
    for (const value of other.#values) this.add(value)
    this.#total += Math.max(0, other.#total - other.#values.length)
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#values.length)
    for (const value of this.#values) writeElement(this.type, value, writer)
    writer.u64(BigInt(this.#total))
    writer.text(`${multiplier} 0 ${this.#state}`)
  }

  read(reader: ByteReader): void {
    this.#values = readList(reader, () => readElement(this.type, reader))
    this.#total = Number(reader.u64())
    this.#state = BigInt(/\d+$/.exec(reader.text())?.[0] ?? 0)
  }

  result(): Value {
    return this.#values
  }
}

const groupArraySorted = defineObject({
  name: 'groupArraySorted',
  about: 'The so many least values, sorted.',
  takes: 1,
  parametric: true,
  bind: ([type], parameters) => {
    const size = parameters.length === 0 ? Infinity : numberParameter('groupArraySorted', parameters, 0)
    if (parameters.length !== 1)
      throw new DBError('BAD_ARGUMENTS', 'Aggregate function groupArraySorted must have one parameter')
    if (!(Number.isInteger(size) && size > 0)) throw badSize('groupArraySorted')
    if (size > sizeMax)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Parameter for aggregate function groupArraySorted should be less than ${sizeMax}`,
      )
    return { type: new ArrayType(type), create: () => new Least(type, size) }
  },
})

class Least implements ObjectState {
  #values: Value[] = []
  #isSorted = true

  constructor(
    readonly type: DataType,
    readonly size: number,
  ) {}

  add(value: Value): void {
    this.#values.push(value)
    this.#isSorted = false
    if (this.#values.length > this.size * 2 + 1024) this.#cut()
  }

  #cut(): void {
    if (!this.#isSorted) this.#values.sort(compareKeys)
    this.#isSorted = true
    if (this.#values.length > this.size) this.#values.length = this.size
  }

  merge(other: this): void {
    for (const value of other.#values) this.add(value)
  }

  write(writer: ByteWriter): void {
    this.#cut()
    writer.varint(this.#values.length)
    for (const value of this.#values) writeElement(this.type, value, writer)
  }

  read(reader: ByteReader): void {
    this.#values = readList(reader, () => readElement(this.type, reader))
    this.#isSorted = false
  }

  result(): Value {
    this.#cut()
    return this.#values
  }
}

const groupArrayIntersect = defineObject({
  name: 'groupArrayIntersect',
  typesFirst: true,
  about: 'The elements that all arrays have.',
  takes: 1,
  bind: ([type]) => {
    if (!(type instanceof ArrayType)) throw illegalType('groupArrayIntersect', type)
    return { type, create: () => new Common(type.element) }
  },
})

const keyOf = (value: Value): Value | string =>
  Array.isArray(value) ? JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each)) : value

class Common implements ObjectState {
  #values: Map<Value, Value> | null = null

  constructor(readonly type: DataType) {}

  add(array: Value): void {
    const given = new Map((array as Value[]).map(value => [keyOf(value), value]))
    this.#take(given)
  }

  #take(given: Map<Value, Value>): void {
    if (this.#values === null) {
      this.#values = given
      return
    }
    for (const key of this.#values.keys()) if (!given.has(key)) this.#values.delete(key)
  }

  merge(other: this): void {
    if (other.#values !== null) this.#take(new Map(other.#values))
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#values === null ? 0 : 1)
    writer.varint(this.#values?.size ?? 0)
    for (const value of this.#values?.values() ?? []) writeElement(this.type, value, writer)
  }

  read(reader: ByteReader): void {
    const version = reader.varint()
    const values = readList(reader, () => readElement(this.type, reader))
    this.#values = version === 0 ? null : new Map(values.map(value => [keyOf(value), value]))
  }

  result(): Value {
    return [...(this.#values?.values() ?? [])]
  }
}

export const arrayAggregates: readonly AggregateDefinition[] = [
  groupArrayInsertAt,
  groupArrayIntersect,
  moving('groupArrayMovingAvg', 'The averages of values and those before them, with a parameter of so many.'),
  moving('groupArrayMovingSum', 'The sums of values and those before them, with a parameter of so many.'),
  groupArraySample,
  groupArraySorted,
]
