// Matrices of covariances and correlations, and functions of few distinct values or chosen keys.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { Value } from '../types/value.ts'
import type { AggregateDefinition } from './aggregate.ts'
import { wordOf } from './hashing.ts'
import { defineNumbers, defineObject, numberParameter, type ObjectState } from './objectStates.ts'
import { sipHash64 } from './sipHash.ts'
import { float64, uint64 } from './states.ts'
import { ByteWriter as Writer } from '../core/bytes.ts'
import type { DataType } from '../types/dataType.ts'

const matrix = (name: 'corrMatrix' | 'covarPopMatrix' | 'covarSampMatrix', about: string): AggregateDefinition =>
  defineNumbers({
    name,
    about,
    takes: [1, 1000],
    bind: types => ({ type: new ArrayType(new ArrayType(float64)), create: () => new Pairwise(name, types.length) }),
  })

/** Of each pair of arguments: count, x, y, xy, and of correlations xx, yy too. */
class Pairwise implements ObjectState<number> {
  readonly #sums: Float64Array
  readonly #width: number

  constructor(
    readonly name: 'corrMatrix' | 'covarPopMatrix' | 'covarSampMatrix',
    readonly size: number,
  ) {
    this.#width = name === 'corrMatrix' ? 6 : 4
    this.#sums = new Float64Array(((size * (size + 1)) / 2) * this.#width)
  }

  add(...values: number[]): void {
    let at = 0
    for (let i = 0; i < this.size; i++)
      for (let j = 0; j <= i; j++) {
        const [x, y] = [values[i], values[j]]
        this.#sums[at]++
        this.#sums[at + 1] += x
        this.#sums[at + 2] += y
        this.#sums[at + 3] += x * y
        if (this.#width === 6) {
          this.#sums[at + 4] += x * x
          this.#sums[at + 5] += y * y
        }
        at += this.#width
      }
  }

  merge(other: this): void {
    for (const [i, sum] of other.#sums.entries()) this.#sums[i] += sum
  }

  write(writer: ByteWriter): void {
    for (const sum of this.#sums) writer.f64(sum)
  }

  read(reader: ByteReader): void {
    for (const i of this.#sums.keys()) this.#sums[i] = reader.f64()
  }

  result(): Value {
    const rows: number[][] = Array.from({ length: this.size }, () => new Array(this.size).fill(0))
    let at = 0
    for (let i = 0; i < this.size; i++)
      for (let j = 0; j <= i; j++) {
        rows[i][j] = this.#cell(this.#sums.subarray(at, at + this.#width))
        rows[j][i] = rows[i][j]
        at += this.#width
      }
    return rows
  }

  #cell([n, x, y, xy, xx, yy]: Float64Array): number {
    if (this.name === 'corrMatrix') return (n * xy - x * y) / Math.sqrt((n * xx - x * x) * (n * yy - y * y))
    const less = this.name === 'covarSampMatrix' ? 1 : 0
    return n <= less ? Number.NaN : (xy - (x * y) / n) / (n - less)
  }
}

const uniqUpTo = defineObject({
  name: 'uniqUpTo',
  about: 'The number of distinct values, and one more than the parameter if there are more.',
  takes: [1, 1000],
  parametric: true,
  countLike: true,
  bind: (types, parameters) => {
    const most = parameters.length === 0 ? 10 : numberParameter('uniqUpTo', parameters, 0)
    if (parameters.length > 1)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        'Incorrect number of parameters for aggregate function uniqUpTo, should be 1',
      )
    if (most > 2 ** 63) throw new DBError('CANNOT_CONVERT_TYPE', `Cannot convert ${most} to UInt64`)
    if (!Number.isInteger(most) || most < 0 || most > 100)
      throw new DBError(
        'ARGUMENT_OUT_OF_BOUND',
        'Too large parameter for aggregate function uniqUpTo, it is ' + most + ', but must be less or equal than 100',
      )
    return { type: uint64, create: () => new Few(types, most) }
  },
})

class Few implements ObjectState {
  readonly #values = new Set<bigint>()
  #isMore = false
  readonly #width: number

  constructor(
    readonly types: readonly DataType[],
    readonly most: number,
  ) {
    const [{ width }] = types
    this.#width = types.length === 1 && width > 0 && width <= 8 ? width : 8
  }

  add(...values: Value[]): void {
    const [type] = this.types
    if (this.types.length === 1 && type.width > 0 && type.width <= 8) this.#put(wordOf(values[0], type))
    else {
      const writer = new Writer(32)
      for (const [i, each] of this.types.entries()) each.writeBinary(writer, values[i])
      this.#put(sipHash64(writer.bytes()))
    }
  }

  #put(value: bigint): void {
    if (this.#isMore) return
    this.#values.add(value)
    if (this.#values.size > this.most) this.#isMore = true
  }

  merge(other: this): void {
    if (other.#isMore) this.#isMore = true
    for (const value of other.#values) this.#put(value)
  }

  write(writer: ByteWriter): void {
    writer.u8(this.#isMore ? this.most + 1 : this.#values.size)
    if (!this.#isMore) for (const value of this.#values) writer.integer(value, this.#width)
  }

  read(reader: ByteReader): void {
    const count = reader.u8()
    if (count > this.most) this.#isMore = true
    else for (let i = 0; i < count; i++) this.#put(reader.unsigned(this.#width))
  }

  result(): Value {
    return BigInt(this.#isMore ? this.most + 1 : this.#values.size)
  }
}

export const matrixAggregates: readonly AggregateDefinition[] = [
  matrix('corrMatrix', 'The matrix of correlations of all arguments with each other.'),
  matrix('covarPopMatrix', 'The matrix of population covariances of all arguments with each other.'),
  matrix('covarSampMatrix', 'The matrix of sample covariances of all arguments with each other.'),
  uniqUpTo,
]
