// Native blocks, taken apart without copying: a column is a view on the bytes that came, and becomes values when it is asked to.
import { concatenate } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'

/** A column's values as they lie in the block. */
export type Cells =
  | { readonly kind: 'fixed'; readonly type: DataType; readonly rows: number; readonly bytes: Uint8Array }
  | {
      readonly kind: 'strings'
      readonly type: DataType
      readonly rows: number
      readonly bytes: Uint8Array
      /** Where each string starts and ends; between them lie lengths. */
      readonly starts: Uint32Array
      readonly ends: Uint32Array
    }
  | { readonly kind: 'nullable'; readonly type: DataType; readonly rows: number; nulls: Uint8Array; values: Cells }
  | {
      readonly kind: 'arrays'
      readonly type: ArrayType | MapType
      readonly rows: number
      /** ends[i] is where the elements of row i end. */
      readonly ends: Float64Array
      readonly elements: Cells
    }
  | { readonly kind: 'tuples'; readonly type: TupleType; readonly rows: number; readonly elements: readonly Cells[] }
  | {
      readonly kind: 'dictionary'
      readonly type: DataType
      readonly rows: number
      readonly indices: Uint8Array | Uint16Array | Uint32Array
      readonly entries: Cells
      /** Entry 0 stands for NULL. */
      readonly hasNull: boolean
    }

export interface Header {
  readonly names: readonly string[]
  readonly types: readonly DataType[]
}

export interface Block extends Header {
  readonly rows: number
  readonly cells: readonly Cells[]
}

/** Cuts a stream of bytes into blocks. */
export class BlockReader {
  #bytes: Uint8Array = new Uint8Array(0)
  /** What has come since it was tried last, behind the rest of that. */
  #pieces: Uint8Array[] = []
  #size = 0
  /** With fewer bytes than that it need not be tried again. */
  #least = 0
  #header: Header | null = null

  /** Blocks that are complete with these bytes. The first one tells the columns and has no rows. */
  push(piece: Uint8Array): Block[] {
    const blocks: Block[] = []
    this.#pieces.push(piece)
    this.#size += piece.length
    if (this.#size < this.#least) return blocks
    this.#bytes = concatenate(this.#pieces)
    while (this.#bytes.length > 0 && this.#bytes.length >= this.#least) {
      const cursor = new Cursor(this.#bytes)
      let block: Block
      try {
        block = readBlock(cursor, this.#header)
      } catch (error) {
        if (error !== ranOut) throw error
        this.#least = this.#bytes.length * 2
        break
      }
      this.#header ??= block
      this.#bytes = this.#bytes.subarray(cursor.position)
      this.#least = 0
      blocks.push(block)
    }
    this.#pieces = this.#bytes.length > 0 ? [this.#bytes] : []
    this.#size = this.#bytes.length
    return blocks
  }

  /** The rest, when no more bytes come. */
  finish(): Block[] {
    this.#least = 0
    const blocks = this.push(new Uint8Array(0))
    if (this.#bytes.length > 0) throw new DBError('CANNOT_READ_ALL_DATA', 'The result ends inside of a block')
    return blocks
  }
}

const ranOut = Symbol('more bytes are needed')

class Cursor {
  position = 0

  constructor(readonly bytes: Uint8Array) {}

  take(size: number): Uint8Array {
    const end = this.position + size
    if (end > this.bytes.length) throw ranOut
    const taken = this.bytes.subarray(this.position, end)
    this.position = end
    return taken
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      if (this.position >= this.bytes.length) throw ranOut
      const byte = this.bytes[this.position++]
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  u64(): number {
    const word = this.take(8)
    const view = new DataView(word.buffer, word.byteOffset, 8)
    return view.getUint32(0, true) + view.getUint32(4, true) * 4294967296
  }

  text(): string {
    return decodeText(this.take(this.varint()))
  }
}

function readBlock(cursor: Cursor, header: Header | null): Block {
  const columns = cursor.varint()
  const rows = cursor.varint()
  const names: string[] = []
  const types: DataType[] = []
  const cells: Cells[] = []
  for (let i = 0; i < columns; i++) {
    names.push(cursor.text())
    const typeName = cursor.text()
    // The header knows the zone of a DateTime, which a block's own types do not tell.
    types.push(header?.types[i] ?? parseType(typeName))
    if (rows === 0) continue
    skipPrefix(types[i], cursor)
    cells.push(readCells(types[i], rows, cursor))
  }
  return { names, types, rows, cells }
}

function skipPrefix(type: DataType, cursor: Cursor): void {
  if (type instanceof LowCardinalityType) cursor.take(8)
  else if (type instanceof NullableType) skipPrefix(type.inner, cursor)
  else if (type instanceof ArrayType) skipPrefix(type.element, cursor)
  else if (type instanceof MapType) skipPrefix(type.pairs.element, cursor)
  else if (type instanceof TupleType) for (const element of type.elements) skipPrefix(element, cursor)
}

function readCells(type: DataType, rows: number, cursor: Cursor): Cells {
  if (type instanceof NullableType) {
    const nulls = cursor.take(rows)
    return { kind: 'nullable', type, rows, nulls, values: readCells(type.inner, rows, cursor) }
  }
  if (type instanceof LowCardinalityType) return readDictionary(type, rows, cursor)
  if (type instanceof ArrayType || type instanceof MapType) {
    const ends = readEnds(rows, cursor)
    const element = type instanceof MapType ? type.pairs.element : type.element
    return { kind: 'arrays', type, rows, ends, elements: readCells(element, rows ? ends[rows - 1] : 0, cursor) }
  }
  if (type instanceof TupleType)
    return { kind: 'tuples', type, rows, elements: type.elements.map(element => readCells(element, rows, cursor)) }
  if (type.kind === 'String') return readStrings(type, rows, cursor)
  if (type.kind === 'AggregateFunction')
    throw new DBError(
      'NOT_IMPLEMENTED',
      `A state of ${type.name} is no value: ask for finalizeAggregation(...), or for its bytes by .stream('RowBinary')`,
    )
  const width = type.kind === 'Nothing' ? 1 : type.width
  return { kind: 'fixed', type, rows, bytes: cursor.take(rows * width) }
}

function readEnds(rows: number, cursor: Cursor): Float64Array {
  const bytes = cursor.take(rows * 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ends = new Float64Array(rows)
  for (let row = 0; row < rows; row++)
    ends[row] = view.getUint32(row * 8, true) + view.getUint32(row * 8 + 4, true) * 4294967296
  return ends
}

function readStrings(type: DataType, rows: number, cursor: Cursor): Cells {
  const { bytes } = cursor
  if (rows > bytes.length - cursor.position) throw ranOut
  const starts = new Uint32Array(rows)
  const ends = new Uint32Array(rows)
  let at = cursor.position
  for (let row = 0; row < rows; row++) {
    if (at >= bytes.length) throw ranOut
    let length = bytes[at++]
    if (length > 127) {
      cursor.position = at - 1
      length = cursor.varint()
      at = cursor.position
    }
    starts[row] = at
    at += length
    ends[row] = at
  }
  if (at > bytes.length) throw ranOut
  cursor.position = at
  return { kind: 'strings', type, rows, bytes, starts, ends }
}

function readDictionary(type: LowCardinalityType, rows: number, cursor: Cursor): Cells {
  const hasNull = type.inner instanceof NullableType
  const inner = type.inner instanceof NullableType ? type.inner.inner : type.inner
  if (rows === 0) {
    const entries = readCells(inner, 0, cursor)
    return { kind: 'dictionary', type, rows, indices: new Uint8Array(0), entries, hasNull }
  }
  const width = 1 << (cursor.u64() % 256)
  const entries = readCells(inner, cursor.u64(), cursor)
  cursor.u64()
  const bytes = aligned(cursor.take(rows * width), width)
  const Indices = width === 1 ? Uint8Array : width === 2 ? Uint16Array : Uint32Array
  const indices = new Indices(bytes.buffer as ArrayBuffer, bytes.byteOffset, rows)
  return { kind: 'dictionary', type, rows, indices, entries, hasNull }
}

/** The same bytes where a typed array of this width may lie. */
export function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : bytes.slice()
}
