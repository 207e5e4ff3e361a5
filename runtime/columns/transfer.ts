// A chunk as one ArrayBuffer: between workers, and as Memory tables keep it.
//
//   u32 magic | u32 header bytes | header | data, each piece at a multiple of 16 from the buffer's start
//   header: varint rows, varint columns, per column: u8 0 full or 1 constant, type name as text, then depth first the varints that
//   the types do not say: bytes of strings, elements of arrays, entries of dictionaries
//   data, depth first: fixed: values; String: u32 offsets from 0, bytes; Nullable: null map, values; Array, Map: u32 offsets from 0,
//   elements; Tuple: its elements; LowCardinality: dictionary, u32 indices
//
// All layouts follow from the type but the constant's. Unpacking copies the data once and then only points into it.
import { assert } from '../core/assert.ts'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { Arena, type Memory } from '../core/memory.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { ArrayColumn } from './array.ts'
import { Chunk } from './chunk.ts'
import type { Column } from './column.ts'
import { ConstColumn } from './const.ts'
import { FixedColumn } from './fixed.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'

const magic = 0x31484347
const align = (size: number): number => (size + 15) & ~15

/** Bytes that are copied from kernel memory; offsets that do not start at 0 are moved. */
interface Piece {
  readonly pointer: number
  readonly size: number
  /** What is subtracted from each u32, 0 for plain bytes. */
  readonly base: number
}

/** The chunk's rows, and no more than them, as bytes that can be posted. */
export function packChunk(chunk: Chunk): ArrayBuffer {
  const header = new ByteWriter()
  header.varint(chunk.rows)
  header.varint(chunk.columns.length)
  const packer = new Packer(header)
  try {
    for (const column of chunk.columns) packer.column(column)
    return packer.write(chunk.columns[0]?.memory)
  } finally {
    packer.end()
  }
}

class Packer {
  readonly #pieces: Piece[] = []
  #arena: Arena | null = null

  constructor(readonly header: ByteWriter) {}

  column(column: Column): void {
    const constant = column instanceof ConstColumn
    this.header.u8(constant ? 1 : 0)
    this.header.text(column.type.name)
    this.#add(constant ? column.value : column)
  }

  #bytes(pointer: number, size: number, base = 0): void {
    this.#pieces.push({ pointer, size, base })
  }

  #add(column: Column): void {
    if (column instanceof FixedColumn) this.#bytes(column.pointer, column.rows * column.type.width)
    else if (column instanceof StringColumn) {
      const start = column.memory.u32[column.offsets / 4]
      this.header.varint(column.textSize)
      this.#bytes(column.offsets, (column.rows + 1) * 4, start)
      this.#bytes(column.bytes + start, column.textSize)
    } else if (column instanceof NullableColumn) {
      this.#bytes(column.nulls, column.rows)
      this.#add(column.values)
    } else if (column instanceof ArrayColumn) {
      const { u32 } = column.memory
      const [start, end] = [u32[column.offsets / 4], u32[column.offsets / 4 + column.rows]]
      this.header.varint(end - start)
      this.#bytes(column.offsets, (column.rows + 1) * 4, start)
      this.#add(column.elements.slice(start, end - start))
    } else if (column instanceof TupleColumn) {
      for (const element of column.columns) this.#add(element)
    } else if (column instanceof LowCardinalityColumn) {
      const { dictionary, indices } = this.#usedEntries(column)
      this.header.varint(dictionary.rows)
      this.#add(dictionary)
      this.#bytes(indices, column.rows * 4)
    } else throw new DBError('NOT_IMPLEMENTED', `Columns of type ${column.type.name} cannot be packed`)
  }

  /** A dictionary much larger than what the rows use is not worth its bytes. Entry 0 stays, as it has a meaning. */
  #usedEntries(column: LowCardinalityColumn): { dictionary: Column; indices: number } {
    const { dictionary, indices, rows, memory } = column
    if (dictionary.rows <= rows + 64) return { dictionary, indices }
    this.#arena ??= new Arena(memory)
    const numbers = new Map([[0, 0]])
    const renumbered = this.#arena.allocate(rows * 4)
    const { u32 } = memory
    for (let row = 0; row < rows; row++) {
      const entry = u32[indices / 4 + row]
      let number = numbers.get(entry)
      if (number === undefined) {
        number = numbers.size
        numbers.set(entry, number)
      }
      u32[renumbered / 4 + row] = number
    }
    const used = this.#arena.allocate(numbers.size * 4)
    memory.u32.set([...numbers.keys()], used / 4)
    return { dictionary: dictionary.gather(used, numbers.size, this.#arena), indices: renumbered }
  }

  write(memory: Memory | undefined): ArrayBuffer {
    const header = this.header.bytes()
    let size = align(8 + header.length)
    for (const piece of this.#pieces) size += align(piece.size)
    const buffer = new ArrayBuffer(size)
    const u8 = new Uint8Array(buffer)
    new Uint32Array(buffer, 0, 2).set([magic, header.length])
    u8.set(header, 8)
    let at = align(8 + header.length)
    for (const piece of this.#pieces) {
      assert(memory !== undefined, 'data comes from a memory')
      if (piece.base === 0) u8.set(memory.bytes(piece.pointer, piece.size), at)
      else {
        const target = new Uint32Array(buffer, at, piece.size / 4)
        const source = memory.u32.subarray(piece.pointer / 4, (piece.pointer + piece.size) / 4)
        for (let i = 0; i < target.length; i++) target[i] = source[i] - piece.base
      }
      at += align(piece.size)
    }
    assert(at === size, 'a packed chunk is filled to its end')
    return buffer
  }

  end(): void {
    this.#arena?.destroy()
  }
}

/** The chunk that packChunk packed. What does not fit together is INCORRECT_DATA; the columns are safe to use whatever came. */
export function unpackChunk(buffer: ArrayBuffer | Uint8Array, arena: Arena): Chunk {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer)
  const reader = new ByteReader(bytes)
  if (reader.u32() !== magic) throw broken('it does not start as one')
  const header = new ByteReader(reader.raw(reader.u32()))
  const start = align(reader.position)
  if (start > bytes.length) throw broken('it ends in its header')
  const pointer = arena.allocate(bytes.length - start)
  arena.memory.copyIn(pointer, bytes.subarray(start))

  const rows = header.varint()
  const unpacker = new Unpacker(header, arena.memory, pointer, pointer + bytes.length - start)
  const columns = Array.from({ length: header.varint() }, () => unpacker.column(rows))
  if (header.left > 0 || unpacker.left > 0) throw broken('bytes are left over')
  return new Chunk(columns, rows)
}

/** Whether columns of a type can be packed. */
export function canTravel(type: DataType): boolean {
  if (type instanceof NullableType || type instanceof LowCardinalityType) return canTravel(type.inner)
  if (type instanceof ArrayType) return canTravel(type.element)
  if (type instanceof MapType) return canTravel(type.pairs.element)
  if (type instanceof TupleType) return type.elements.every(canTravel)
  return type.kind === 'String' || type.width > 0
}

/** Rows of a packed chunk. */
export function packedRows(buffer: ArrayBuffer | Uint8Array): number {
  const reader = new ByteReader(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer))
  if (reader.u32() !== magic) throw broken('it does not start as one')
  reader.u32()
  return reader.varint()
}

const broken = (what: string): DBError => new DBError('INCORRECT_DATA', `A packed chunk is broken: ${what}`)

class Unpacker {
  constructor(
    readonly header: ByteReader,
    readonly memory: Memory,
    private position: number,
    readonly end: number,
  ) {}

  get left(): number {
    return this.end - this.position
  }

  column(rows: number): Column {
    const constant = this.header.u8() === 1
    const type = parseType(this.header.text())
    const column = this.#read(type, constant ? 1 : rows)
    return constant ? new ConstColumn(column, rows) : column
  }

  #bytes(size: number): number {
    const at = this.position
    if (align(size) > this.left) throw broken('it ends too early')
    this.position += align(size)
    return at
  }

  /** u32[rows + 1] from 0 to total, never falling. */
  #offsets(rows: number, total: number): number {
    const offsets = this.#bytes((rows + 1) * 4)
    if (!this.memory.kernels.offsetsAreValid(offsets, rows, total)) throw broken('offsets are out of order')
    return offsets
  }

  #read(type: DataType, rows: number): Column {
    if (type instanceof NullableType) {
      const nulls = this.#bytes(rows)
      return new NullableColumn(nulls, this.#read(type.inner, rows), type)
    }
    if (type instanceof ArrayType || type instanceof MapType) {
      const total = this.header.varint()
      const offsets = this.#offsets(rows, total)
      const element = type instanceof MapType ? type.pairs.element : type.element
      return new ArrayColumn(offsets, this.#read(element, total), rows, type)
    }
    if (type instanceof TupleType) {
      const columns = type.elements.map(element => this.#read(element, rows))
      return new TupleColumn(this.memory, columns, rows, type)
    }
    if (type instanceof LowCardinalityType) {
      const entries = this.header.varint()
      const dictionary = this.#read(type.inner, entries)
      const indices = this.#bytes(rows * 4)
      if (!this.memory.kernels.allBelowU32(indices, rows, entries)) throw broken('a number is outside its dictionary')
      return new LowCardinalityColumn(dictionary, indices, rows, type)
    }
    if (type.kind === 'String' || type.kind === 'AggregateFunction') {
      const size = this.header.varint()
      const offsets = this.#offsets(rows, size)
      return new StringColumn(this.memory, offsets, this.#bytes(size), rows, type)
    }
    if (type.width === 0) throw new DBError('NOT_IMPLEMENTED', `Columns of type ${type.name} cannot be unpacked`)
    return new FixedColumn(type, this.memory, this.#bytes(rows * type.width), rows)
  }
}
