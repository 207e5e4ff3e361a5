// From the streams of a column to a column. A stream's bytes lie decompressed in kernel memory; fixed-width values stay where they
// were decompressed to, all else is taken apart by kernels.
import { splitStates } from '../../aggregates/stateType.ts'
import { defaultColumn, concatColumns } from '../../columns/build.ts'
import { ArrayColumn } from '../../columns/array.ts'
import type { Column } from '../../columns/column.ts'
import { FixedColumn } from '../../columns/fixed.ts'
import { LowCardinalityColumn } from '../../columns/lowCardinality.ts'
import { NullableColumn } from '../../columns/nullable.ts'
import { StringColumn } from '../../columns/string.ts'
import { TupleColumn } from '../../columns/tuple.ts'
import { DBError } from '../../core/errors.ts'
import type { Arena, Memory } from '../../core/memory.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  MapType,
  NullableType,
  TupleType,
} from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import {
  arraySizesOf,
  dictionaryOf,
  elementOf,
  nullsOf,
  pathOf,
  type StreamPath,
  sharedSizesOf,
  sparseOf,
  stringSizesOf,
  tupleElementOf,
} from './streams.ts'

/** Decompressed bytes of some granules of a stream. */
export interface StreamBytes {
  readonly pointer: number
  readonly size: number
}

/** The streams of one column over some granules. */
export interface StreamSource {
  /** Rows of each granule. */
  readonly granuleRows: readonly number[]
  readonly stringSizes: boolean
  has(stream: string): boolean
  /** The bytes, in an arena. They hold the granules' data, and perhaps more behind it where streams have no ends of their own. */
  open(stream: string, arena: Arena): StreamBytes
  /** Dictionaries that the granules use, one behind another: the first one is the first granule's. */
  openDictionaries(stream: string, arena: Arena): StreamBytes
  /** Says how much of a stream was used: for sources in which the next one starts there. */
  used(stream: string, size: number): void
}

/** No number of keys or rows is above. */
const countMax = 1 << 30

export class ColumnDecoder {
  readonly memory: Memory

  constructor(
    readonly source: StreamSource,
    /** Of the column. */
    readonly arena: Arena,
    /** Of what is needed on the way. */
    readonly scratch: Arena,
  ) {
    this.memory = arena.memory
  }

  column(name: string, type: DataType): Column {
    const rows = this.source.granuleRows.reduce((sum, rows) => sum + rows, 0)
    return this.#read(type, pathOf(name), rows)
  }

  #read(type: DataType, path: StreamPath, rows: number): Column {
    if (path.arrays === 0 && this.source.has(sparseOf(path))) return this.#sparse(type, path, rows)
    return this.#dense(type, path, rows)
  }

  #dense(type: DataType, path: StreamPath, rows: number): Column {
    if (type instanceof NullableType) {
      const nulls = this.#packed(nullsOf(path), rows, 1)
      return new NullableColumn(nulls, this.#read(type.inner, path, rows), type)
    }
    if (type instanceof ArrayType || type instanceof MapType) {
      const shared = sharedSizesOf(path)
      const { offsets, total } = this.#sizes(shared && this.source.has(shared) ? shared : arraySizesOf(path), rows)
      const element = type instanceof MapType ? type.pairs.element : type.element
      return new ArrayColumn(offsets, this.#read(element, elementOf(path), total), rows, type)
    }
    if (type instanceof TupleType) {
      const columns = type.elements.map((element, i) => this.#read(element, tupleElementOf(path, type, i), rows))
      return new TupleColumn(this.memory, columns, rows, type)
    }
    if (type instanceof LowCardinalityType) return this.#lowCardinality(type, path, rows)
    if (type.kind === 'String') return this.#strings(path, rows)
    if (type instanceof AggregateFunctionType) {
      const bytes = rows === 0 ? { pointer: 0, size: 0 } : this.source.open(path.base, this.arena)
      const { column, used } = splitStates(type, bytes.pointer, bytes.size, rows, this.arena)
      this.source.used(path.base, used)
      return column
    }
    if (type.width === 0) throw new DBError('NOT_IMPLEMENTED', `Columns of type ${type.name} cannot be read from parts`)
    return new FixedColumn(type, this.memory, this.#packed(path.base, rows, type.width), rows)
  }

  /** Values of one width, where they were decompressed to. */
  #packed(stream: string, rows: number, width: number): number {
    const size = rows * width
    if (size === 0) return this.arena.allocate(0)
    const bytes = this.source.open(stream, this.arena)
    if (bytes.size < size) throw tooShort(stream)
    this.source.used(stream, size)
    const unit = width > 16 || (width & (width - 1)) !== 0 ? (width % 16 === 0 ? 16 : 1) : width
    if (bytes.pointer % unit === 0) return bytes.pointer
    const aligned = this.arena.allocate(size)
    this.memory.u8.copyWithin(aligned, bytes.pointer, bytes.pointer + size)
    return aligned
  }

  /** Sizes, eight bytes each, as offsets. */
  #sizes(stream: string, rows: number): { offsets: number; total: number } {
    const offsets = this.arena.allocate((rows + 1) * 4)
    if (rows === 0) {
      this.memory.u32[offsets / 4] = 0
      return { offsets, total: 0 }
    }
    const bytes = this.source.open(stream, this.scratch)
    if (bytes.size < rows * 8) throw tooShort(stream)
    this.source.used(stream, rows * 8)
    const total = this.memory.kernels.sizesToOffsets(bytes.pointer, rows, offsets)
    if (total < 0) throw new DBError('CORRUPTED_DATA', `Sizes in ${stream} add up to more than 2 GiB`)
    return { offsets, total }
  }

  #strings(path: StreamPath, rows: number): StringColumn {
    if (!this.source.stringSizes) {
      const bytes = rows === 0 ? { pointer: 0, size: 0 } : this.source.open(path.base, this.scratch)
      const { column, used } = this.#splitStrings(bytes, rows, path.base, this.arena)
      this.source.used(path.base, used)
      return column
    }
    const { offsets, total } = this.#sizes(stringSizesOf(path), rows)
    return new StringColumn(this.memory, offsets, this.#packed(path.base, total, 1), rows)
  }

  #splitStrings(
    bytes: StreamBytes,
    rows: number,
    stream: string,
    textArena: Arena,
  ): { column: StringColumn; used: number } {
    const offsets = this.arena.allocate((rows + 1) * 4)
    const text = textArena.allocate(bytes.size)
    const end = bytes.pointer + bytes.size
    const used = this.memory.kernels.splitStrings(bytes.pointer, end, rows, offsets, text)
    if (used < 0) throw tooShort(stream)
    return { column: new StringColumn(this.memory, offsets, text, rows), used }
  }

  #sparse(type: DataType, path: StreamPath, rows: number): Column {
    const { granuleRows } = this.source
    const stream = sparseOf(path)
    const offsets = this.source.open(stream, this.scratch)
    const numbers = this.scratch.allocate(rows * 4)
    const granules = this.scratch.allocate(granuleRows.length * 4)
    this.memory.u32.set(granuleRows, granules / 4)
    const end = offsets.pointer + offsets.size
    const count = this.memory.kernels.readSparse(offsets.pointer, end, granules, granuleRows.length, numbers)
    if (count < 0) throw new DBError('CORRUPTED_DATA', `Offsets of sparse values in ${stream} are broken`)
    this.source.used(stream, this.memory.kernels.sparseSize(offsets.pointer, end, granuleRows.length))
    if (count === 0) return defaultOf(type, rows, this.arena)
    // Where the default is NULL, there is no null map: what is there is a value.
    const inner = new ColumnDecoder(this.source, this.scratch, this.scratch)
    const values =
      type instanceof NullableType ? inner.#dense(type.inner, path, count) : inner.#dense(type, path, count)
    const present =
      type instanceof NullableType ? new NullableColumn(this.scratch.allocateZeroed(count), values, type) : values
    return present.gather(numbers, rows, this.arena)
  }

  /**
   * Blocks of numbers, each in the shared dictionary of its time and in keys of its own. They become numbers in one dictionary:
   * the shared ones and the blocks' keys one behind another.
   */
  #lowCardinality(type: LowCardinalityType, path: StreamPath, rows: number): LowCardinalityColumn {
    const stream = path.base
    const dictionaries = new DictionaryReader(this, type)
    const indices = this.arena.allocate(rows * 4)
    if (rows > 0) {
      const numbers = this.source.open(stream, this.scratch)
      let shared: StreamBytes | null = null
      let sharedAt = 0
      let current = { base: 0, count: 0, used: 0 }
      let row = 0
      let at = 0
      const word = (): number => {
        if (at + 8 > numbers.size) throw tooShort(stream)
        at += 8
        const { data } = this.memory
        const value = data.getUint32(numbers.pointer + at - 8, true)
        if (value > countMax || data.getUint32(numbers.pointer + at - 4, true) !== 0)
          throw new DBError('CORRUPTED_DATA', `A count in ${stream} is too large`)
        return value
      }
      while (row < rows) {
        const flags = word()
        const widthLog2 = flags & 255
        if (widthLog2 > 3 || flags > 0x7ff)
          throw new DBError('CORRUPTED_DATA', `Unknown kind of numbers 0x${flags.toString(16)} in ${stream}`)
        const needsShared = (flags & 0x100) !== 0
        if (needsShared && (shared === null || (flags & 0x400) !== 0)) {
          shared ??= this.source.openDictionaries(dictionaryOf(path), this.scratch)
          current = dictionaries.add({ pointer: shared.pointer + sharedAt, size: shared.size - sharedAt }, null)
          sharedAt += current.used
        }
        let own = { base: 0, count: 0 }
        if ((flags & 0x200) !== 0) {
          const count = word()
          const added = dictionaries.add({ pointer: numbers.pointer + at, size: numbers.size - at }, count)
          own = added
          at += added.used
        }
        const count = word()
        const size = count << widthLog2
        if (count > rows - row || size > numbers.size - at) throw tooShort(stream)
        const sharedCount = needsShared ? current.count : 0
        const valid = this.memory.kernels.remapEntries(
          numbers.pointer + at,
          widthLog2,
          count,
          sharedCount,
          current.base,
          own.count,
          own.base,
          indices + row * 4,
        )
        if (!valid) throw new DBError('CORRUPTED_DATA', `A number in ${stream} is outside of its dictionary`)
        at += size
        row += count
      }
      this.source.used(stream, at)
    }
    return new LowCardinalityColumn(dictionaries.joined(), indices, rows, type)
  }

  /** Keys of a dictionary: plain values of the inner type without its Nullable. */
  keys(type: DataType, bytes: StreamBytes, count: number): { column: Column; used: number } {
    if (type.kind === 'String') {
      // The bytes go on far behind the keys, and the column keeps only theirs.
      const { column, used } = this.#splitStrings(bytes, count, 'a dictionary', this.scratch)
      const text = this.arena.allocate(column.textSize)
      this.memory.u8.copyWithin(text, column.bytes, column.bytes + column.textSize)
      this.scratch.free(column.bytes)
      return { column: new StringColumn(this.memory, column.offsets, text, count), used }
    }
    const size = count * type.width
    if (size > bytes.size) throw tooShort('a dictionary')
    const pointer = this.arena.allocate(size)
    this.memory.u8.copyWithin(pointer, bytes.pointer, bytes.pointer + size)
    return { column: new FixedColumn(type, this.memory, pointer, count), used: size }
  }
}

/** Puts dictionaries one behind another. */
class DictionaryReader {
  readonly #columns: Column[] = []
  #rows = 0

  constructor(
    readonly decoder: ColumnDecoder,
    readonly type: LowCardinalityType,
  ) {}

  /** count: null where the count stands before the keys. */
  add(bytes: StreamBytes, count: number | null): { base: number; count: number; used: number } {
    const { decoder, type } = this
    const { memory, arena } = decoder
    let { pointer, size } = bytes
    let keys = count
    let head = 0
    if (keys === null) {
      if (size < 8) throw tooShort('a dictionary')
      keys = memory.data.getUint32(pointer, true)
      head = 8
      pointer += 8
      size -= 8
    }
    if (keys > size && keys > 2) throw tooShort('a dictionary')
    const plain = type.inner instanceof NullableType ? type.inner.inner : type.inner
    const { column, used } = decoder.keys(plain, { pointer, size }, keys)
    let dictionary = column
    if (type.inner instanceof NullableType) {
      const nulls = arena.allocateZeroed(keys)
      if (keys > 0) memory.u8[nulls] = 1
      dictionary = new NullableColumn(nulls, column, type.inner)
    }
    const base = this.#rows
    this.#columns.push(dictionary)
    this.#rows += keys
    return { base, count: keys, used: used + head }
  }

  joined(): Column {
    const { decoder, type } = this
    if (this.#columns.length === 0) return defaultOf(type.inner, 1, decoder.arena)
    return concatColumns(this.#columns, decoder.arena)
  }
}

/** A full column of what a row is that was never written: zero bytes, empty, NULL. */
function defaultOf(type: DataType, rows: number, arena: Arena): Column {
  if (type.width === 0) return defaultColumn(type, rows, arena)
  return new FixedColumn(type, arena.memory, arena.allocateZeroed(rows * type.width), rows)
}

const tooShort = (stream: string): DBError =>
  new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${stream} has fewer values than its marks say`)

/** How many versions of dictionaries stand before the data of a column that has no marks for its streams. */
export function dictionaryPrefixes(type: DataType): number {
  if (type instanceof LowCardinalityType) return 1
  if (type instanceof NullableType) return dictionaryPrefixes(type.inner)
  if (type instanceof ArrayType) return dictionaryPrefixes(type.element)
  if (type instanceof MapType) return dictionaryPrefixes(type.pairs)
  if (type instanceof TupleType) return type.elements.reduce((sum, element) => sum + dictionaryPrefixes(element), 0)
  return 0
}
