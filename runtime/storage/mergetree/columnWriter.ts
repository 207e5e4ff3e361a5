// A column into its streams, granule by granule: the inverse of columnDecoder.ts in the form that every ClickHouse reads. Strings
// have their lengths among them, nothing is sparse.
import { stateBytes } from '../../aggregates/stateType.ts'
import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { StringColumn } from '../../columns/string.ts'
import { TupleColumn } from '../../columns/tuple.ts'
import { assert } from '../../core/assert.ts'
import { ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import { Arena, type Memory } from '../../core/memory.ts'
import { decodeText } from '../../core/text.ts'
import { type LowCardinalityType, NullableType, TupleType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import type { StreamWriter } from './streamWriter.ts'
import {
  arraySizesOf,
  dictionaryOf,
  elementOf,
  nullsOf,
  pathOf,
  type StreamPath,
  sharedSizesOf,
  tupleElementOf,
} from './streams.ts'

export class ColumnWriter {
  readonly #memory: Memory
  readonly #dictionaries = new Map<string, DictionaryWriter>()
  #rowInGranule = 0
  rows = 0

  constructor(
    readonly name: string,
    readonly type: DataType,
    readonly granularity: number,
    readonly dictionaryMax: number,
    /** By stream name; null for one that is written with another column (sizes of a Nested). */
    readonly streams: ReadonlyMap<string, StreamWriter | null>,
    memory: Memory,
  ) {
    this.#memory = memory
    this.#prefixes()
  }

  /** What stands before the first mark: the version of dictionaries. */
  #prefixes(): void {
    const version = new ByteWriter(8)
    version.u64(1n)
    for (const [name, stream] of this.streams)
      if (name.endsWith('.dict') && stream !== null) stream.writeBytes(version.bytes())
  }

  /** The next rows. A granule that they end in the middle of is gone on with. */
  write(column: Column): void {
    const scratch = new Arena(this.#memory)
    const whole = new Arena(this.#memory)
    try {
      const full = column.full(whole)
      assert(full.type.equals(this.type), 'a column is written as its type')
      for (let at = 0; at < full.rows; ) {
        if (this.#rowInGranule === 0) for (const stream of this.streams.values()) stream?.mark()
        const take = Math.min(this.granularity - this.#rowInGranule, full.rows - at)
        this.#serialize(full.slice(at, take), pathOf(this.name), scratch)
        scratch.reset()
        at += take
        this.#rowInGranule = (this.#rowInGranule + take) % this.granularity
        if (this.#rowInGranule === 0) for (const dictionary of this.#dictionaries.values()) dictionary.endGranule()
      }
      this.rows += full.rows
    } finally {
      scratch.destroy()
      whole.destroy()
    }
  }

  /** The last dictionaries. */
  finish(): void {
    for (const dictionary of this.#dictionaries.values()) dictionary.finish()
  }

  #stream(name: string): StreamWriter | null {
    const stream = this.streams.get(name)
    assert(stream !== undefined, 'a stream that is written is one of the column')
    return stream
  }

  #serialize(column: Column, path: StreamPath, scratch: Arena): void {
    const { kernels } = this.#memory
    if (column instanceof FixedColumn) this.#stream(path.base)?.write(column.pointer, column.rows * column.type.width)
    else if (column instanceof StringColumn && column.type.kind === 'AggregateFunction') {
      const { pointer, size } = stateBytes(column, scratch)
      this.#stream(path.base)?.write(pointer, size)
    } else if (column instanceof StringColumn) {
      const out = scratch.allocate(column.textSize + column.rows * 5)
      const size = kernels.joinStrings(column.offsets, column.bytes, column.rows, out)
      this.#stream(path.base)?.write(out, size)
    } else if (column instanceof NullableColumn) {
      this.#stream(nullsOf(path))?.write(column.nulls, column.rows)
      this.#serialize(column.values, path, scratch)
    } else if (column instanceof ArrayColumn) {
      const sizes = this.#stream(sharedSizesOf(path) ?? arraySizesOf(path))
      if (sizes) {
        const out = scratch.allocate(column.rows * 8)
        kernels.offsetsToSizes(column.offsets, column.rows, out)
        sizes.write(out, column.rows * 8)
      }
      const { u32 } = this.#memory
      const [start, end] = [u32[column.offsets / 4], u32[column.offsets / 4 + column.rows]]
      this.#serialize(column.elements.slice(start, end - start), elementOf(path), scratch)
    } else if (column instanceof TupleColumn) {
      assert(column.type instanceof TupleType, 'a tuple column is a tuple')
      for (const [i, element] of column.columns.entries())
        this.#serialize(element, tupleElementOf(path, column.type, i), scratch)
    } else if (column instanceof LowCardinalityColumn) this.#dictionary(column, path).write(column, scratch)
    else throw new DBError('NOT_IMPLEMENTED', `Columns of type ${column.type.name} cannot be written to parts`)
  }

  #dictionary(column: LowCardinalityColumn, path: StreamPath): DictionaryWriter {
    let writer = this.#dictionaries.get(path.base)
    if (!writer) {
      const [numbers, keys] = [this.#stream(path.base), this.#stream(dictionaryOf(path))]
      assert(numbers !== null && keys !== null, 'a dictionary has streams of its own')
      writer = new DictionaryWriter(column.type, numbers, keys, this.dictionaryMax)
      this.#dictionaries.set(path.base, writer)
    }
    return writer
  }
}

const needsShared = 0x100
const hasAdditional = 0x200
const isNewDictionary = 0x400

/** The dictionary of a LowCardinality over the granules of a part. A full one is written and a new one begun. */
class DictionaryWriter {
  /** Keys of the dictionary in the order they were first seen; key 0 (and 1 for Nullable) are given. */
  readonly #keys: Uint8Array[] = []
  readonly #numbers = new Map<string, number>()
  #isNew = true
  /** Numbers of the entries of the column's own dictionary, which many granules share; -1 where not known yet. */
  #source: Column | null = null
  #known = new Int32Array(0)

  constructor(
    readonly type: LowCardinalityType,
    readonly numbers: StreamWriter,
    readonly dictionary: StreamWriter,
    readonly keysMax: number,
  ) {
    this.#start()
  }

  #start(): void {
    this.#keys.length = 0
    this.#numbers.clear()
    this.#source = null
    this.#isNew = true
    const { inner } = this.type
    const plain = inner instanceof NullableType ? inner.inner : inner
    const empty = new Uint8Array(plain.width)
    // For Nullable, key 0 stands for NULL and looks like the default.
    if (inner instanceof NullableType) this.#keys.push(empty)
    this.#keys.push(empty)
    this.#numbers.set(decodeText(empty), this.#keys.length - 1)
  }

  write(column: LowCardinalityColumn, scratch: Arena): void {
    const { rows, memory } = column
    if (rows === 0) return
    if (this.#source !== column.dictionary) {
      this.#source = column.dictionary
      this.#known = new Int32Array(column.dictionary.rows).fill(-1)
    }
    const out = scratch.allocate(rows * 4)
    const additional: Uint8Array[] = []
    const overflow = new Map<number, number>()
    const { u32 } = memory
    const known = this.#known
    let largest = 0
    for (let row = 0; row < rows; row++) {
      const entry = u32[column.indices / 4 + row]
      let number = known[entry]
      if (number < 0) {
        number = this.#number(column.dictionary, entry)
        if (number >= 0) known[entry] = number
        else {
          number = overflow.get(entry) ?? -1
          if (number < 0) {
            number = this.#keys.length + additional.length
            additional.push(keyOf(column.dictionary, entry) ?? new Uint8Array(0))
            overflow.set(entry, number)
          }
        }
      }
      u32[out / 4 + row] = number
      if (number > largest) largest = number
    }
    const widthLog2 = largest < 256 ? 0 : largest < 65536 ? 1 : 2
    const head = new ByteWriter()
    head.u64(
      BigInt(widthLog2 | needsShared | (additional.length ? hasAdditional : 0) | (this.#isNew ? isNewDictionary : 0)),
    )
    this.#isNew = false
    if (additional.length > 0) this.#writeKeys(head, additional)
    head.u64(BigInt(rows))
    this.numbers.writeBytes(head.bytes())
    if (widthLog2 < 2) memory.kernels.narrowEntries(out, rows, widthLog2, out)
    this.numbers.write(out, rows << widthLog2)
  }

  /** The key's number, a new one where there is room, else -1. */
  #number(dictionary: Column, entry: number): number {
    const key = keyOf(dictionary, entry)
    if (key === null) return 0
    const text = decodeText(key)
    const number = this.#numbers.get(text)
    if (number !== undefined) return number
    if (this.#keys.length >= this.keysMax) return -1
    this.#keys.push(key)
    this.#numbers.set(text, this.#keys.length - 1)
    return this.#keys.length - 1
  }

  #writeKeys(writer: ByteWriter, keys: readonly Uint8Array[]): void {
    const { inner } = this.type
    const isString = (inner instanceof NullableType ? inner.inner : inner).kind === 'String'
    writer.u64(BigInt(keys.length))
    for (const key of keys) {
      if (isString) writer.varint(key.length)
      writer.raw(key)
    }
  }

  endGranule(): void {
    if (this.#keys.length < this.keysMax) return
    this.#flush()
    this.#start()
  }

  finish(): void {
    if (!this.#isNew) this.#flush()
  }

  #flush(): void {
    const writer = new ByteWriter()
    this.#writeKeys(writer, this.#keys)
    this.dictionary.writeBytes(writer.bytes())
  }
}

/** The bytes of a dictionary's entry, null for NULL. */
function keyOf(dictionary: Column, entry: number): Uint8Array | null {
  if (dictionary instanceof NullableColumn)
    return dictionary.memory.u8[dictionary.nulls + entry] ? null : keyOf(dictionary.values, entry)
  if (dictionary instanceof StringColumn) {
    const { u32 } = dictionary.memory
    const start = u32[dictionary.offsets / 4 + entry]
    return dictionary.memory.copyOut(dictionary.bytes + start, u32[dictionary.offsets / 4 + entry + 1] - start)
  }
  assert(dictionary instanceof FixedColumn, 'a dictionary has strings or packed values')
  const { width } = dictionary.type
  return dictionary.memory.copyOut(dictionary.pointer + entry * width, width)
}
