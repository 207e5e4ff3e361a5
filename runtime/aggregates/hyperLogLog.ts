// uniqCombined, uniqCombined64 and uniqHLL12: few values exactly by their hashes, many by HyperLogLog.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { assert } from '../core/assert.ts'
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { type AggregateDefinition, defineAggregate } from './aggregate.ts'
import { objectForm, objectStatesAbsorbed, objectStatesWritten } from './objectStates.ts'
import { ColumnarAggregate, uint64 } from './states.ts'
import { tableOrder } from './tableOrder.ts'
import { hashWords } from './uniq.ts'

/** What the functions differ in. */
interface Shape {
  /** 2^precision registers. */
  readonly precision: number
  /** Bits of a hash. */
  readonly bits: 32 | 64
  /** Values of which each is known: above, there are registers. */
  readonly exactMax: number
  /** Bytes of an exact value in a state. */
  readonly width: number
  /** HyperLogLog of 12 bits with a hash of its own, its state begins with a flag; the others' with a kind. */
  readonly isPlain: boolean
}

const smallMax = 16

export const hyperLogLogs: readonly AggregateDefinition[] = [
  define('uniqCombined', 'The approximate number of distinct values, by hashes of 32 bits.', combinedShape(32)),
  define('uniqCombined64', 'The approximate number of distinct values, by hashes of 64 bits.', combinedShape(64)),
  define('uniqHLL12', 'The approximate number of distinct values, by HyperLogLog of 2^12 registers.', types => {
    const [{ width, physical }] = types
    const isNumber = types.length === 1 && width > 0 && width <= 8 && physical !== 'Bytes'
    return { precision: 12, bits: 32, exactMax: smallMax, width: isNumber ? width : 8, isPlain: true }
  }),
]

function define(
  name: string,
  about: string,
  shapeOf: (types: readonly DataType[], parameters: readonly Value[]) => Shape,
): AggregateDefinition {
  return defineAggregate({
    name,
    about,
    countLike: true,
    parametric: name !== 'uniqHLL12',
    bind: (types, parameters) => {
      if (types.length === 0)
        throw new DBError(
          'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
          `Incorrect number of arguments for aggregate function ${name}, should be at least 1`,
        )
      const shape = shapeOf(types, parameters)
      const form = objectForm(() => new Estimator(shape))
      return { type: uint64, form, create: arena => new Estimators(arena, shape) }
    },
    examples: [[`SELECT ${name}(number % 3) FROM numbers(10)`, '3']],
  })
}

function combinedShape(bits: 32 | 64) {
  return (_types: readonly DataType[], parameters: readonly Value[]): Shape => {
    if (parameters.length > 1)
      throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', 'Aggregate function uniqCombined takes one parameter')
    const precision = parameters.length === 0 ? 17 : Number(parameters[0])
    if (!Number.isInteger(precision) || precision < 12 || precision > 20)
      throw new DBError(
        'ARGUMENT_OUT_OF_BOUND',
        `Parameter for aggregate function uniqCombined is out of range: [12, 20].`,
      )
    return { precision, bits, exactMax: 2 ** (precision - (bits === 32 ? 4 : 5)), width: bits / 8, isPlain: false }
  }
}

class Estimator {
  /** Values as they are in a state, until there are too many. */
  #exact: Set<bigint> | null = new Set()
  /** The greatest rank that was seen in each bucket. */
  #registers: Uint8Array | null = null

  constructor(readonly shape: Shape) {}

  get isExact(): boolean {
    return this.#exact !== null
  }

  /** A value as it is in a state while there are few. */
  addExact(value: bigint, hash: (value: bigint) => readonly [low: number, high: number]): void {
    if (this.#exact === null) {
      this.addHash(...hash(value))
      return
    }
    this.#exact.add(value)
    if (this.#exact.size <= this.shape.exactMax) return
    const values = this.#exact
    this.#exact = null
    for (const each of values) this.addHash(...hash(each))
  }

  addHash(low: number, high: number): void {
    const { precision, bits } = this.shape
    this.#registers ??= new Uint8Array(1 << precision)
    const bucket = low & ((1 << precision) - 1)
    let rank = trailingZeros(low >>> precision) + 1
    if (rank > 32) {
      // Nothing is left in the lower half.
      rank = 32 - precision + 1
      if (bits === 64) rank += high === 0 ? 32 : trailingZeros(high)
    }
    if (rank > this.#registers[bucket]) this.#registers[bucket] = rank
  }

  merge(other: Estimator): void {
    const hash = hashOf(this.shape)
    if (other.#exact !== null) {
      for (const value of other.#exact) this.addExact(value, hash)
      return
    }
    const values = this.#exact
    this.#exact = null
    for (const value of values ?? []) this.addHash(...hash(value))
    this.#registers ??= new Uint8Array(1 << this.shape.precision)
    for (const [bucket, rank] of other.#registers?.entries() ?? [])
      if (rank > this.#registers[bucket]) this.#registers[bucket] = rank
  }

  get #rankMax(): number {
    return this.shape.bits - this.shape.precision + 1
  }

  get #rankBits(): number {
    return 32 - Math.clz32(this.#rankMax)
  }

  #rankCounts(): Uint32Array {
    const counts = new Uint32Array(this.#rankMax + 1)
    for (const rank of this.#registers ?? []) counts[rank]++
    return counts
  }

  write(writer: ByteWriter): void {
    const { isPlain, width } = this.shape
    if (this.#exact !== null) {
      const values = [...this.#exact]
      const isSmall = values.length <= smallMax
      writer.u8(isPlain ? 0 : isSmall ? 1 : 2)
      writer.varint(values.length)
      const order = isSmall
        ? values.keys()
        : tableOrder(
            values.map(value => Number(value & 0xffffffffn)),
            values.indexOf(0n),
            8,
          )
      for (const i of order) writer.integer(values[i], width)
      return
    }
    writer.u8(isPlain ? 1 : 3)
    const registers = this.#registers ?? new Uint8Array(1 << this.shape.precision)
    const bits = this.#rankBits
    const packed = new Uint8Array((registers.length * bits) / 8)
    for (const [i, rank] of registers.entries()) {
      const at = i * bits
      packed[at >> 3] |= rank << (at & 7)
      if ((at & 7) + bits > 8) packed[(at >> 3) + 1] |= rank >> (8 - (at & 7))
    }
    writer.raw(packed)
    const counts = this.#rankCounts()
    for (const count of counts) writer.u32(count)
    if (this.shape.precision < 16) writer.u16(counts[0])
    else writer.u32(counts[0])
  }

  read(reader: ByteReader): void {
    const { isPlain, width, precision } = this.shape
    const kind = reader.u8()
    if (isPlain ? kind === 0 : kind < 3) {
      const count = reader.varint()
      if (count * width > reader.left)
        throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a state is cut off')
      this.#exact = new Set(Array.from({ length: count }, () => reader.unsigned(width)))
      return
    }
    this.#exact = null
    const registers = new Uint8Array(1 << precision)
    const bits = this.#rankBits
    const packed = reader.raw((registers.length * bits) / 8)
    for (let i = 0; i < registers.length; i++) {
      const at = i * bits
      const word = packed[at >> 3] | ((packed[(at >> 3) + 1] ?? 0) << 8)
      registers[i] = (word >> (at & 7)) & ((1 << bits) - 1)
    }
    this.#registers = registers
    reader.raw((this.#rankMax + 1) * 4 + (precision < 16 ? 2 : 4))
  }

  result(): Value {
    if (this.#exact !== null) return BigInt(this.#exact.size)
    const counts = this.#rankCounts()
    const size = 1 << this.shape.precision
    let sum = 0
    for (const [rank, count] of counts.entries()) sum += count * 2 ** -rank
    const raw = ((0.7213 / (1 + 1.079 / size)) * size * size) / sum
    const linear = counts[0] > 0 ? size * Math.log(size / counts[0]) : raw
    if (!this.shape.isPlain && this.shape.precision === 17) {
      const corrected = raw - biasOf(raw)
      return BigInt(Math.floor((linear < linearMax ? linear : corrected) + 0.5))
    }
    return BigInt(Math.floor((raw <= 2.5 * size ? linear : raw) + 0.5))
  }

  add(): void {}
}

const trailingZeros = (word: number): number => (word === 0 ? 32 : 31 - Math.clz32(word & -word))

/** Below, of 2^17 registers those that are empty tell more. */
const linearMax = 178_000

/** By how much an estimate from 2^17 registers is too great: pairs of the estimate and that. */
// biome-ignore format: a table
const biases = [
  207527, 29156, 208224, 28951, 209018, 28723, 213668, 27417, 218460, 26134, 223205, 24923, 227920, 23773, 232667, 22670, 237618, 21572, 242555, 20530, 247531, 19529, 252801, 18521, 258090, 17561, 263376, 16648, 268619, 15790, 273706, 14995, 278789, 14240, 284228, 13471, 289537, 12761, 295039, 12061, 300373, 11419, 305752, 10806, 311034, 10234, 316636, 9658, 322233, 9112, 327886, 8590, 333371, 8110, 338970, 7648, 344418, 7222, 350126, 6800, 355749, 6407, 361480, 6027, 367293, 5666, 373190, 5322, 378842, 5007, 384629, 4704, 390224, 4428, 395833, 4162, 401576, 3912, 407359, 3671, 413057, 3447, 419193, 3222, 424978, 3018, 430769, 2826, 436633, 2644, 442439, 2473, 448591, 2303, 454195, 2159, 459791, 2026, 465765, 1888, 472222, 1757, 478285, 1641, 484262, 1535, 490359, 1422, 496385, 1327, 502383, 1238, 508227, 1155, 513720, 1078, 519626, 1000, 525533, 927, 531086, 867, 536960, 810, 542590, 758, 548333, 708, 554309, 658, 560040, 612, 566258, 563, 572177, 526, 577769, 493, 584173, 455, 590277, 418, 596391, 386, 602299, 353, 607975, 320, 613868, 297, 619670, 278, 625362, 260, 631601, 238, 637699, 219, 643235, 198, 649432, 183
]

function biasOf(estimate: number): number {
  let at = 0
  while (at < biases.length && biases[at] < estimate) at += 2
  if (at === biases.length) return 0
  if (at === 0) return biases[1]
  const [x1, y1, x2, y2] = biases.slice(at - 2, at + 2)
  return y1 + ((estimate - x1) / (x2 - x1)) * (y2 - y1)
}

/** The hash of a value that a state holds. */
function hashOf({ isPlain }: Shape): (value: bigint) => readonly [low: number, high: number] {
  if (!isPlain) return value => [Number(value & 0xffffffffn), Number(value >> 32n)]
  return value => [wangHash(value), 0]
}

const mask64 = (1n << 64n) - 1n
const rotated = (x: bigint, by: bigint): bigint => ((x >> by) | (x << (64n - by))) & mask64

/** Thomas Wang's hash of 64 bits to 32. */
export function wangHash(key: bigint): number {
  let x = key
  x = ((x ^ mask64) + (x << 18n)) & mask64
  x ^= rotated(x, 31n)
  x = (x * 21n) & mask64
  x ^= rotated(x, 11n)
  x = (x + (x << 6n)) & mask64
  x ^= rotated(x, 22n)
  return Number(x & 0xffffffffn)
}

/** What SQL's intHash64 and intHash32 begin with, and the hashes here do not: their kernels take it away again. */
const salts = { mix: [0xae6da887, 0x4cf2d2ba], wang: [0xe018bf45, 0x75d9543d] } as const

function salted(memory: Memory, words: number, rows: number, [low, high]: readonly number[], scratch: Arena): number {
  const out = scratch.allocate(rows * 8)
  const { u32 } = memory
  for (let i = 0; i < rows * 2; i += 2) {
    u32[out / 4 + i] = u32[words / 4 + i] ^ low
    u32[out / 4 + i + 1] = u32[words / 4 + i + 1] ^ high
  }
  return out
}

class Estimators extends ColumnarAggregate {
  readonly #states: Estimator[] = []

  constructor(
    arena: Arena,
    readonly shape: Shape,
  ) {
    super(arena)
  }

  ensure(groups: number): void {
    while (this.#states.length < groups) this.#states.push(new Estimator(this.shape))
  }

  add(groups: number, args: readonly Column[], rows: number): void {
    this.withScratch(scratch => {
      const words = this.#words(args, rows, scratch)
      const { isPlain } = this.shape
      const hashes = isPlain ? this.#wangHashes(words, rows, scratch) : 0
      const { u32, u64 } = this.memory
      const hash = hashOf(this.shape)
      for (let row = 0; row < rows; row++) {
        const state = this.#states[groups === 0 ? 0 : u32[groups / 4 + row]]
        if (state.isExact) {
          const word = u64[words / 8 + row]
          state.addExact(this.shape.width === 8 ? word : word & ((1n << BigInt(this.shape.width * 8)) - 1n), hash)
        } else if (isPlain) state.addHash(u32[hashes / 4 + row], 0)
        else state.addHash(u32[words / 4 + row * 2], u32[words / 4 + row * 2 + 1])
      }
    })
  }

  /** u64[rows]: of uniqHLL12 the bits of numbers, of all else the hashes. */
  #words(args: readonly Column[], rows: number, scratch: Arena): number {
    const [first] = args
    assert(!(first instanceof NullableColumn), 'NULL is skipped before')
    const isNumber = first instanceof FixedColumn && first.type.width <= 8 && first.type.physical !== 'Bytes'
    if (args.length > 1 || !isNumber) return hashWords(args, rows, scratch)
    const bits = this.#bits(first, rows, scratch)
    if (this.shape.isPlain) return bits
    this.memory.kernels.intHash64U64(salted(this.memory, bits, rows, salts.mix, scratch), rows, bits)
    return bits
  }

  /** Numbers as words, filled with zero bits. */
  #bits({ pointer, type }: FixedColumn, rows: number, scratch: Arena): number {
    const out = scratch.allocateZeroed(rows * 8)
    const { u8, u16, u32 } = this.memory
    if (type.width === 8) u8.copyWithin(out, pointer, pointer + rows * 8)
    else if (type.width === 4) for (let row = 0; row < rows; row++) u32[out / 4 + row * 2] = u32[pointer / 4 + row]
    else if (type.width === 2) for (let row = 0; row < rows; row++) u32[out / 4 + row * 2] = u16[pointer / 2 + row]
    else for (let row = 0; row < rows; row++) u32[out / 4 + row * 2] = u8[pointer + row]
    return out
  }

  #wangHashes(words: number, rows: number, scratch: Arena): number {
    const out = scratch.allocate(rows * 4)
    this.memory.kernels.intHash32U64(salted(this.memory, words, rows, salts.wang, scratch), rows, out)
    return out
  }

  states(count: number, arena: Arena): Column[] {
    return [objectStatesWritten(this.#states, count, () => new Estimator(this.shape), arena)]
  }

  absorb([states]: readonly Column[], groups: number, count: number): void {
    objectStatesAbsorbed(this.#states, states, groups, count, () => new Estimator(this.shape))
  }

  result(start: number, count: number, arena: Arena): Column {
    const values = Array.from({ length: count }, (_, i) => this.#states[start + i]?.result() ?? 0n)
    return columnOf(uint64, values, arena)
  }
}
