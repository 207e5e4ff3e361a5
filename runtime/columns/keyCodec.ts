// How the key columns of a group table lie in its keys.
//
//   fixed    one column of 1, 2, 4 or 8 bytes (or a multiple of 8), as it is
//   packed   columns of fixed width, one behind another, then a bit for each Nullable one; a width that tables take
//   string   one String, as it is
//   rows     anything else: each row as a byte string (assembly/hashtable/pack.ts)
//
// LowCardinality columns are numbered by a table of their own entries first and then are columns of 4 bytes; so are arrays, tuples and
// maps, by their byte rows.
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { LowCardinalityType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { ArrayColumn } from './array.ts'
import type { Column } from './column.ts'
import { FixedColumn } from './fixed.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'

/** A key column as the codec sees it: fixed or string values, and where they may be NULL. */
export interface KeyPart {
  readonly type: DataType
  /** Bytes of a value, 0 for strings. */
  readonly width: number
  readonly nullable: boolean
}

export type KeyKind = 'fixed' | 'packed' | 'string' | 'rows'

const packedWidthMax = 32

export class KeyCodec {
  readonly kind: KeyKind
  /** Bytes of a key; 0 for string and rows. */
  readonly width: number
  readonly #offsets: number[] = []
  readonly #nullOffset: number

  constructor(readonly parts: readonly KeyPart[]) {
    let size = 0
    for (const part of parts) {
      this.#offsets.push(size)
      size += part.width
    }
    this.#nullOffset = size
    const nullable = parts.filter(part => part.nullable).length
    size += Math.ceil(nullable / 8)
    const single = parts.length === 1 && nullable === 0
    if (parts.some(part => part.width === 0)) this.kind = single ? 'string' : 'rows'
    else if (single && tableWidth(size) === size) this.kind = 'fixed'
    else this.kind = size <= packedWidthMax ? 'packed' : 'rows'
    this.width = this.kind === 'fixed' || this.kind === 'packed' ? tableWidth(size) : 0
  }

  /** Keys of rows as the table takes them. Columns are of the parts' layouts: fixed or string, or Nullable of these. */
  encode(columns: readonly Column[], rows: number, arena: Arena): FixedKeys | StringKeys {
    const [first] = columns
    if (this.kind === 'fixed') return { pointer: (first as FixedColumn).pointer }
    if (this.kind === 'string') return first as StringColumn
    return this.kind === 'packed' ? this.#pack(columns, rows, arena) : writeRows(columns, rows, arena)
  }

  /** The columns of keys that encode made. Fixed and string columns share the keys' memory. */
  decode(keys: FixedKeys | StringKeys, rows: number, arena: Arena): Column[] {
    if (this.kind === 'fixed') {
      const { pointer } = keys as FixedKeys
      return [new FixedColumn(this.parts[0].type, arena.memory, pointer, rows)]
    }
    if (this.kind === 'string') {
      const { offsets, bytes } = keys as StringKeys
      return [new StringColumn(arena.memory, offsets, bytes, rows)]
    }
    if (this.kind === 'packed') return this.#unpack(keys as FixedKeys, rows, arena)
    return readRows(this.parts, keys as StringKeys, rows, arena)
  }

  #pack(columns: readonly Column[], rows: number, arena: Arena): FixedKeys {
    const { memory } = arena
    const { kernels } = memory
    const stride = this.width
    const pointer = arena.allocate(rows * stride)
    if (this.#nullOffset < stride) memory.u8.fill(0, pointer, pointer + rows * stride)
    let bit = 0
    for (const [i, part] of this.parts.entries()) {
      const { values, nulls } = unwrap(columns[i])
      const source = (values as FixedColumn).pointer
      const target = pointer + this.#offsets[i]
      if (part.width === 1) kernels.packKeys1(source, nulls, rows, target, stride)
      else if (part.width === 2) kernels.packKeys2(source, nulls, rows, target, stride)
      else if (part.width === 4) kernels.packKeys4(source, nulls, rows, target, stride)
      else if (part.width === 8) kernels.packKeys8(source, nulls, rows, target, stride)
      else kernels.packKeysBytes(source, nulls, rows, target, stride, part.width)
      if (!part.nullable) continue
      if (nulls !== 0)
        kernels.packKeyNulls(nulls, rows, pointer + this.#nullOffset + (bit >> 3), stride, 1 << (bit & 7))
      bit++
    }
    return { pointer }
  }

  #unpack({ pointer }: FixedKeys, rows: number, arena: Arena): Column[] {
    const { memory } = arena
    const { kernels } = memory
    const stride = this.width
    let bit = 0
    return this.parts.map(({ type, width, nullable }, i) => {
      const target = arena.allocate(rows * width)
      const source = pointer + this.#offsets[i]
      if (width === 1) kernels.unpackKeys1(source, stride, rows, target)
      else if (width === 2) kernels.unpackKeys2(source, stride, rows, target)
      else if (width === 4) kernels.unpackKeys4(source, stride, rows, target)
      else if (width === 8) kernels.unpackKeys8(source, stride, rows, target)
      else kernels.unpackKeysBytes(source, stride, rows, target, width)
      const values = new FixedColumn(type, memory, target, rows)
      if (!nullable) return values
      const nulls = arena.allocate(rows)
      kernels.unpackKeyNulls(pointer + this.#nullOffset + (bit >> 3), stride, rows, nulls, 1 << (bit & 7))
      bit++
      return new NullableColumn(nulls, values)
    })
  }
}

export interface FixedKeys {
  readonly pointer: number
}

export interface StringKeys {
  readonly offsets: number
  readonly bytes: number
}

/** The narrowest width that a table of fixed keys has. */
function tableWidth(size: number): number {
  if (size <= 2) return size
  if (size <= 4) return 4
  return Math.ceil(size / 8) * 8
}

/** A Nullable column's values and null map (0 for a column without). */
export function unwrap(column: Column): { values: Column; nulls: number } {
  return column instanceof NullableColumn
    ? { values: column.values, nulls: column.nulls }
    : { values: column, nulls: 0 }
}

/** What a type's column is for a codec; null where it must be numbered first. */
export function keyPart(type: DataType): KeyPart | null {
  if (type instanceof LowCardinalityType) return null
  const inner = type instanceof NullableType ? type.inner : type
  if (inner.width === 0 && inner.kind !== 'String') return null
  return { type: inner, width: inner.width, nullable: type instanceof NullableType }
}

/** Rows of fixed, string and Nullable columns as byte strings. */
function writeRows(columns: readonly Column[], rows: number, arena: Arena): StringKeys {
  const { kernels } = arena.memory
  const offsets = arena.allocateZeroed((rows + 1) * 4)
  for (const column of columns) {
    const { values, nulls } = unwrap(column)
    const flag = nulls === 0 ? 0 : 1
    if (values instanceof StringColumn) kernels.rowSizesAdd(offsets, rows, 4 + flag, values.offsets, nulls)
    else kernels.rowSizesAdd(offsets, rows, values.type.width + flag, 0, 0)
  }
  const { bytes, cursors } = allocateRows(offsets, rows, arena)
  for (const column of columns) {
    const { values, nulls } = unwrap(column)
    if (values instanceof StringColumn) kernels.rowsPutString(bytes, cursors, rows, values.offsets, values.bytes, nulls)
    else kernels.rowsPutFixed(bytes, cursors, rows, (values as FixedColumn).pointer, values.type.width, nulls)
  }
  return { offsets, bytes }
}

function allocateRows(offsets: number, rows: number, arena: Arena): { bytes: number; cursors: number } {
  const cursors = arena.allocate(rows * 4)
  const size = arena.memory.kernels.rowOffsets(offsets, rows, cursors)
  if (size < 0) throw new DBError('TOO_LARGE_STRING_SIZE', 'Keys of one chunk are larger than 2 GiB')
  return { bytes: arena.allocate(size), cursors }
}

function readRows(parts: readonly KeyPart[], keys: StringKeys, rows: number, arena: Arena): Column[] {
  const { memory } = arena
  const { kernels } = memory
  const cursors = arena.allocate(rows * 4)
  memory.u8.copyWithin(cursors, keys.offsets, keys.offsets + rows * 4)
  return parts.map(({ type, width, nullable }) => {
    const nulls = nullable ? arena.allocate(rows) : 0
    let values: Column
    if (width > 0) {
      const target = arena.allocate(rows * width)
      kernels.rowsTakeFixed(keys.bytes, cursors, rows, target, width, nulls)
      values = new FixedColumn(type, memory, target, rows)
    } else {
      const offsets = arena.allocate((rows + 1) * 4)
      const size = kernels.rowsTakeOffsets(keys.bytes, cursors, rows, offsets, nullable ? 1 : 0)
      if (size < 0) throw new DBError('TOO_LARGE_STRING_SIZE', 'Keys of one chunk are larger than 2 GiB')
      const text = arena.allocate(size)
      kernels.rowsTakeString(keys.bytes, cursors, rows, offsets, text, nulls)
      values = new StringColumn(memory, offsets, text, rows)
    }
    return nullable ? new NullableColumn(nulls, values) : values
  })
}

/**
 * Any column as strings that are equal where its values are: for arrays, tuples and maps as keys. Elements come as byte rows, an array as
 * those of its elements back to back behind their number.
 */
export function byteRows(column: Column, arena: Arena): StringColumn {
  const { memory, rows } = column
  const { kernels } = memory
  // States are compared by their bytes.
  if (column instanceof StringColumn && column.type.kind === 'AggregateFunction')
    return new StringColumn(memory, column.offsets, column.bytes, rows)
  if (column instanceof ArrayColumn) {
    const { offsets, elements } = column.compact(arena)
    const inner = byteRows(elements, arena)
    const sizes = arena.allocateZeroed((rows + 1) * 4)
    // An array's bytes run from where its first element's start to where those of the next array's first element do.
    const bounds = arena.allocate((rows + 1) * 4)
    kernels.gather4(inner.offsets, offsets, rows + 1, bounds)
    const counts = arena.allocate(rows * 4)
    for (let row = 0; row < rows; row++)
      memory.u32[counts / 4 + row] = memory.u32[offsets / 4 + row + 1] - memory.u32[offsets / 4 + row]
    kernels.rowSizesAdd(sizes, rows, 8, bounds, 0)
    const { bytes, cursors } = allocateRows(sizes, rows, arena)
    kernels.rowsPutFixed(bytes, cursors, rows, counts, 4, 0)
    kernels.rowsPutString(bytes, cursors, rows, bounds, inner.bytes, 0)
    return new StringColumn(memory, sizes, bytes, rows)
  }
  const plain = 'plain' in column ? (column as { plain(arena: Arena): Column }).plain(arena) : column
  const parts =
    plain instanceof TupleColumn ? plain.columns.map(element => rowPart(element, arena)) : [rowPart(plain, arena)]
  const { offsets, bytes } = writeRows(parts, rows, arena)
  return new StringColumn(memory, offsets, bytes, rows)
}

function rowPart(column: Column, arena: Arena): Column {
  // States of aggregate functions are strings too.
  if (keyPart(column.type) || column instanceof StringColumn) return column
  if (column instanceof NullableColumn) return new NullableColumn(column.nulls, byteRows(column.values, arena))
  return byteRows(column, arena)
}

/** The type of a numbered column's numbers. */
export const numberType = parseType('UInt32')
/** The type of byte rows. */
export const stringType = parseType('String')

/** Keys in memory as hashes u32[rows], for partitions. */
export function hashKeys(
  codec: KeyCodec,
  keys: FixedKeys | StringKeys,
  rows: number,
  memory: Memory,
  hashes: number,
): void {
  const { kernels } = memory
  if (codec.width === 0) {
    const { offsets, bytes } = keys as StringKeys
    kernels.hashKeysString(offsets, bytes, hashes, rows)
    return
  }
  const { pointer } = keys as FixedKeys
  if (codec.width === 1) kernels.hashKeys1(pointer, hashes, rows)
  else if (codec.width === 2) kernels.hashKeys2(pointer, hashes, rows)
  else if (codec.width === 4) kernels.hashKeys4(pointer, hashes, rows)
  else if (codec.width === 8) kernels.hashKeys8(pointer, hashes, rows)
  else kernels.hashKeysWide(pointer, hashes, rows, codec.width)
}
