// Sets of integers as groupBitmap's states hold them: up to 32 values as they came, more as roaring bitmaps.
//   0 | u8 count | values, each as wide as its type
//   1 | varint size | portable roaring bitmap of u32
//   1 | varint size | u64 count | (u32 high half | portable roaring bitmap of the low halves)...   for types of 64 bits
// Signed values are extended to 32 bits, or 64, and taken as unsigned.
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { IntegerType } from '../types/number.ts'
import type { Value } from '../types/value.ts'

const smallMax = 32

export class Bitmap {
  /** In the order in which they came; null where there are roaring bitmaps. */
  #small: bigint[] | null = []
  /** By the high half of the values: addresses of roaring bitmaps. */
  readonly #parts = new Map<bigint, number>()

  constructor(
    private readonly arena: Arena,
    readonly type: IntegerType,
  ) {}

  static read(arena: Arena, type: IntegerType, bytes: Uint8Array): Bitmap {
    const bitmap = new Bitmap(arena, type)
    if (bytes.length > 0) bitmap.#read(new ByteReader(bytes))
    return bitmap
  }

  /** A value of the type as the sets keep it. */
  raw(value: Value): bigint {
    return BigInt.asUintN(this.#bits, BigInt(value as number))
  }

  get #bits(): 32 | 64 {
    return this.type.bits === 64 ? 64 : 32
  }

  add(value: bigint): void {
    if (this.#small) {
      if (this.#small.includes(value)) return
      if (this.#small.length < smallMax) {
        this.#small.push(value)
        return
      }
      this.#grow()
    }
    this.#checked(this.arena.memory.kernels.roaringAdd(this.#part(value >> 32n), Number(value & 0xffffffffn)))
  }

  has(value: bigint): boolean {
    if (this.#small) return this.#small.includes(value)
    const part = this.#parts.get(value >> 32n)
    return part !== undefined && this.arena.memory.kernels.roaringContains(part, Number(value & 0xffffffffn)) === 1
  }

  get size(): number {
    if (this.#small) return this.#small.length
    const { kernels } = this.arena.memory
    return [...this.#parts.values()].reduce((sum, part) => sum + kernels.roaringCardinality(part), 0)
  }

  /** Small sets in the order in which their values came, large ones ascending. */
  values(): bigint[] {
    if (this.#small) return [...this.#small]
    const { kernels } = this.arena.memory
    return [...this.#parts].sort(byHigh).flatMap(([high, part]) => {
      const count = kernels.roaringCardinality(part)
      const out = this.arena.allocate(count * 4)
      kernels.roaringToArray(part, out)
      return Array.from(this.arena.memory.u32.subarray(out / 4, out / 4 + count), low => (high << 32n) | BigInt(low))
    })
  }

  /** Ascending. */
  sorted(): bigint[] {
    return this.#small ? this.values().sort((a, b) => (a < b ? -1 : 1)) : this.values()
  }

  and(other: Bitmap): Bitmap {
    const [small, set] = this.#small ? [this, other] : [other, this]
    if (small.#small) return this.#of(small.#small.filter(value => set.has(value)))
    return this.#combined(other, 'roaringAnd')
  }

  andNot(other: Bitmap): Bitmap {
    if (this.#small) return this.#of(this.#small.filter(value => !other.has(value)))
    other.#grow()
    return this.#combined(other, 'roaringAndNot')
  }

  or(other: Bitmap): Bitmap {
    if (this.#small && other.#small) return this.#of([...this.#small, ...other.#small])
    this.#grow()
    other.#grow()
    return this.#combined(other, 'roaringOr')
  }

  xor(other: Bitmap): Bitmap {
    if (this.#small && other.#small)
      return this.#of([
        ...this.#small.filter(value => !other.has(value)),
        ...other.#small.filter(value => !this.has(value)),
      ])
    this.#grow()
    other.#grow()
    return this.#combined(other, 'roaringXor')
  }

  /** How many values both have. */
  andSize(other: Bitmap): number {
    if (this.#small || other.#small) return this.and(other).size
    const { kernels } = this.arena.memory
    const room = this.arena.allocate(16384)
    let count = 0
    for (const [high, part] of this.#parts) {
      const others = other.#parts.get(high)
      if (others !== undefined) count += kernels.roaringAndCardinality(part, others, room)
    }
    return count
  }

  /** A set of some values, small where they are few and this one is. */
  pick(values: readonly bigint[]): Bitmap {
    const picked = this.#of(values)
    if (!this.#small) picked.#grow()
    return picked
  }

  write(): Uint8Array {
    const writer = new ByteWriter()
    if (this.#small) {
      writer.u8(0)
      writer.u8(this.#small.length)
      for (const value of this.#small) writer.integer(value, this.type.width)
      return writer.bytes()
    }
    const { kernels } = this.arena.memory
    const parts = [...this.#parts].sort(byHigh).map(([high, part]): [bigint, Uint8Array] => {
      this.#checked(kernels.roaringRunOptimize(part))
      const size = kernels.roaringSerializedSize(part)
      const out = this.arena.allocate(size)
      kernels.roaringSerialize(part, out)
      return [high, this.arena.memory.copyOut(out, size)]
    })
    const body = new ByteWriter()
    if (this.#bits === 64) body.integer(BigInt(parts.length), 8)
    for (const [high, bytes] of parts) {
      if (this.#bits === 64) body.integer(high, 4)
      body.raw(bytes)
    }
    writer.u8(1)
    const bytes = body.bytes()
    writer.varint(bytes.length)
    writer.raw(bytes)
    return writer.bytes()
  }

  #read(reader: ByteReader): void {
    if (reader.u8() === 0) {
      const count = reader.u8()
      const values: bigint[] = []
      for (let k = 0; k < count; k++)
        values.push(this.raw(this.type.isSigned ? reader.signed(this.type.width) : reader.unsigned(this.type.width)))
      this.#small = values
      return
    }
    this.#small = null
    const size = reader.varint()
    let bytes = reader.raw(size)
    if (this.#bits === 32) {
      if (bytes.length > 0) this.#readPart(0n, bytes)
      return
    }
    const inner = new ByteReader(bytes)
    const count = Number(inner.unsigned(8))
    bytes = bytes.subarray(8)
    for (let k = 0; k < count; k++) {
      if (bytes.length < 4) throw corrupt()
      const high = new ByteReader(bytes).unsigned(4)
      bytes = bytes.subarray(4 + this.#readPart(high, bytes.subarray(4)))
    }
  }

  /** The bytes that were read. */
  #readPart(high: bigint, bytes: Uint8Array): number {
    const source = this.arena.allocate(bytes.length)
    this.arena.memory.copyIn(source, bytes)
    const read = this.arena.memory.kernels.roaringDeserialize(this.#part(high), source, bytes.length)
    if (read === -1) throw corrupt()
    return this.#checked(read)
  }

  #part(high: bigint): number {
    let part = this.#parts.get(high)
    if (part === undefined) {
      part = this.arena.allocate(this.arena.memory.kernels.roaringBytes())
      this.arena.memory.kernels.roaringInit(part, this.arena.address)
      this.#parts.set(high, part)
    }
    return part
  }

  #grow(): void {
    const values = this.#small
    if (!values) return
    this.#small = null
    for (const value of values) this.add(value)
    if (this.#bits === 32) this.#part(0n)
  }

  #of(values: readonly bigint[]): Bitmap {
    const bitmap = new Bitmap(this.arena, this.type)
    for (const value of values) bitmap.add(value)
    return bitmap
  }

  #combined(other: Bitmap, kernel: 'roaringAnd' | 'roaringOr' | 'roaringXor' | 'roaringAndNot'): Bitmap {
    const result = new Bitmap(this.arena, this.type)
    result.#small = null
    const { kernels } = this.arena.memory
    for (const high of new Set([...this.#parts.keys(), ...other.#parts.keys()]))
      this.#checked(kernels[kernel](this.#part(high), other.#part(high), result.#part(high)))
    for (const [high, part] of result.#parts)
      if (this.#bits === 64 && kernels.roaringCardinality(part) === 0) result.#parts.delete(high)
    return result
  }

  #checked(code: number): number {
    if (code < 0) this.arena.fail()
    return code
  }
}

const byHigh = ([a]: [bigint, unknown], [b]: [bigint, unknown]): number => (a < b ? -1 : 1)
const corrupt = (): DBError => new DBError('INCORRECT_DATA', 'Corrupt state of groupBitmap')
