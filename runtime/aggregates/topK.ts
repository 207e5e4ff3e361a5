import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { hashValue } from './hashing.ts'
import { defineObject, illegalType, isInteger, isUnsigned, numberParameter, type ObjectState } from './objectStates.ts'
import { readElement, readList, writeElement } from './stateForm.ts'
import { uint64 } from './states.ts'

export const topAggregates: readonly AggregateDefinition[] = [
  define('topK', 1, 'The most frequent values (10, or as many as the parameter says), the most frequent first.'),
  define('topKWeighted', 2, 'As topK, each value counted as often as the second argument says.'),
  define('approx_top_k', 1, 'The most frequent values with their counts and how much of these may be too much.', [
    'approx_top_count',
  ]),
  define('approx_top_sum', 2, 'As approx_top_k, each value counted as often as the second argument says.'),
]

const sizeMax = 0xffffff

function define(name: string, takes: 1 | 2, about: string, aliases: readonly string[] = []): AggregateDefinition {
  const isApproximate = name.startsWith('approx')
  return defineObject({
    name,
    about,
    aliases,
    takes,
    parametric: true,
    caseInsensitive: isApproximate,
    examples: name === 'topK' ? [['SELECT topK(1)(number % 3) FROM numbers(10)', '[0]']] : undefined,
    bind: (types, parameters) => {
      if (takes === 2 && !(isApproximate ? isInteger : isUnsigned)(types[1])) throw illegalType(name, types[1])
      const { size, room, counted } = sizesOf(name, parameters, isApproximate)
      const [type] = types
      const result = counted ? new TupleType([type, uint64, uint64], ['item', 'count', 'error']) : type
      return { type: new ArrayType(result), create: () => new FrequentValues(type, size, room, counted) }
    },
  })
}

function sizesOf(name: string, parameters: readonly Value[], isApproximate: boolean) {
  if (parameters.length > 3)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Aggregate function ${name} requires three parameters or less`,
    )
  const size = numberParameter(name, parameters, 0, 10)
  let room = size * 3
  if (parameters.length > 1) {
    const second = numberParameter(name, parameters, 1)
    room = isApproximate ? second : size * second
    if (isApproximate && second < size)
      throw new DBError('ARGUMENT_OUT_OF_BOUND', `Too small parameter 'reserved' for aggregate function ${name}`)
  }
  if (parameters.length > 2 && parameters[2] !== 'counts')
    throw new DBError('BAD_ARGUMENTS', `The third parameter of aggregate function ${name} can only be 'counts'`)
  if (!Number.isInteger(size) || size <= 0 || room > sizeMax || room <= 0)
    throw new DBError(
      'ARGUMENT_OUT_OF_BOUND',
      `Too large parameter(s) for aggregate function ${name} (it is ${room}, but must be less or equal than ${sizeMax})`,
    )
  return { size, room, counted: isApproximate || parameters.length > 2 }
}

interface Counter {
  readonly key: string | number | bigint
  readonly value: Value
  readonly hash: number
  count: number
  error: number
  place: number
}

/**
 * A fixed number of counters, the greatest first (space saving, filtered): a value that has none takes that of the least, unless so few of
 * its hash were seen that it cannot matter.
 */
class FrequentValues implements ObjectState {
  readonly #counters: Counter[] = []
  readonly #byKey = new Map<string | number | bigint, Counter>()
  #seen: number[]

  constructor(
    readonly type: DataType,
    readonly size: number,
    readonly room: number,
    readonly counted: boolean,
  ) {
    this.#seen = new Array(2 ** Math.ceil(Math.log2(Math.max(2, room * 6)))).fill(0)
  }

  add(value: Value, weight: Value = 1): void {
    const key = keyOf(value)
    const amount = Number(weight)
    const known = this.#byKey.get(key)
    if (known) {
      known.count += amount
      this.#rise(known)
      return
    }
    const counter = { key, value, hash: hashValue(value, this.type), count: amount, error: 0, place: 0 }
    if (this.#counters.length < this.room) {
      this.#push(counter)
      return
    }
    const least = this.#counters[this.#counters.length - 1]
    if (amount > least.count) {
      this.#pop()
      this.#push(counter)
      return
    }
    const mask = this.#seen.length - 1
    const seen = this.#seen[counter.hash & mask]
    if (seen + amount < least.count) {
      this.#seen[counter.hash & mask] = seen + amount
      return
    }
    this.#seen[least.hash & mask] = least.count
    this.#pop()
    this.#push({ ...counter, count: seen + amount, error: seen })
  }

  #push(counter: Counter): void {
    counter.place = this.#counters.push(counter) - 1
    this.#byKey.set(counter.key, counter)
    this.#rise(counter)
  }

  #pop(): void {
    const least = this.#counters.pop()
    if (least) this.#byKey.delete(least.key)
  }

  /** Moves a counter before those that are less. */
  #rise(counter: Counter): void {
    const counters = this.#counters
    while (counter.place > 0) {
      const other = counters[counter.place - 1]
      if (order(other, counter) <= 0) return
      counters[counter.place] = other
      other.place = counter.place--
      counters[counter.place] = counter
    }
  }

  merge(other: this): void {
    if (other.#counters.length === 0) return
    const counters = this.#counters
    const least = (state: this): number =>
      state.#counters.length === state.room ? state.#counters[state.#counters.length - 1].count : 0
    const [mine, theirs] = [least(this), least(other)]
    for (const counter of counters) {
      counter.count += theirs
      counter.error += theirs
    }
    for (const { key, value, hash, count, error } of other.#counters) {
      const known = this.#byKey.get(key)
      if (known) {
        known.count += count - theirs
        known.error += error - theirs
      } else {
        const counter = { key, value, hash, count: count + mine, error: error + mine, place: 0 }
        counters.push(counter)
        this.#byKey.set(key, counter)
      }
    }
    counters.sort(order)
    while (counters.length > this.room) this.#pop()
    for (const [place, counter] of counters.entries()) counter.place = place
  }

  write(writer: ByteWriter): void {
    writer.varint(this.#counters.length)
    for (const { value, count, error } of this.#counters) {
      writeElement(this.type, value, writer)
      writer.varint(count)
      writer.varint(error)
    }
    writer.varint(this.#seen.length)
    for (const seen of this.#seen) writer.varint(seen)
  }

  read(reader: ByteReader): void {
    readList(reader, () => {
      const value = readElement(this.type, reader)
      const [count, error] = [reader.varint(), reader.varint()]
      this.#push({ key: keyOf(value), value, hash: hashValue(value, this.type), count, error, place: 0 })
    })
    this.#seen = readList(reader, () => reader.varint())
  }

  result(): Value {
    return this.#counters
      .slice(0, this.size)
      .map(({ value, count, error }) => (this.counted ? [value, BigInt(count), BigInt(error)] : value))
  }
}

const order = (a: Counter, b: Counter): number => b.count - a.count || a.error - b.error

const keyOf = (value: Value): string | number | bigint =>
  value === null || Array.isArray(value)
    ? JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each))
    : value
