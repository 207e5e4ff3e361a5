// Columns as Native has them: values back to back, strings with varint lengths, offsets cumulative.
import { splitStates, stateBytes } from '../aggregates/stateType.ts'
import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  MapType,
  NullableType,
  TupleType,
} from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Output } from './format.ts'

/** Bytes of kernel memory that are read from front to back. Running out: CANNOT_READ_ALL_DATA. */
export class BulkCursor {
  constructor(
    readonly memory: Memory,
    public position: number,
    readonly end: number,
  ) {}

  get left(): number {
    return this.end - this.position
  }

  take(size: number): number {
    if (size > this.left)
      throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: ${size} bytes wanted, ${this.left} left`)
    const at = this.position
    this.position += size
    return at
  }

  u64(): number {
    const at = this.take(8)
    const { data } = this.memory
    return data.getUint32(at, true) + data.getUint32(at + 4, true) * 4294967296
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.memory.u8[this.take(1)]
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw new DBError('INCORRECT_DATA', 'A variable-length number is too large')
  }

  text(): string {
    const size = this.varint()
    return this.memory.text(this.take(size), size)
  }
}

const indexWidths = [1, 2, 4, 8]
const additionalKeys = 0x200
const updateDictionary = 0x400
const sharedDictionary = 0x100

/** What stands before a column's values: a version word for each LowCardinality in it. */
export function readPrefix(type: DataType, cursor: BulkCursor): void {
  if (type instanceof LowCardinalityType) {
    const version = cursor.u64()
    if (version !== 1)
      throw new DBError('INCORRECT_DATA', `Invalid version ${version} for serialization of LowCardinality`)
  }
  for (const inside of insideTypes(type)) readPrefix(inside, cursor)
}

function insideTypes(type: DataType): readonly DataType[] {
  if (type instanceof NullableType) return [type.inner]
  if (type instanceof ArrayType) return [type.element]
  if (type instanceof MapType) return [type.key, type.value]
  return type instanceof TupleType ? type.elements : []
}

/** Reads `rows` values. Copies: the column lives in the arena. */
export function readBulk(type: DataType, rows: number, cursor: BulkCursor, arena: Arena): Column {
  const { memory } = arena
  const { kernels } = memory
  if (type instanceof NullableType) {
    const source = cursor.take(rows)
    const nulls = arena.allocate(rows)
    kernels.toMask(source, rows, nulls)
    return new NullableColumn(nulls, readBulk(type.inner, rows, cursor, arena), type)
  }
  if (type instanceof LowCardinalityType) return readLowCardinality(type, rows, cursor, arena)
  if (type instanceof ArrayType || type instanceof MapType) {
    const source = cursor.take(rows * 8)
    const offsets = arena.allocate((rows + 1) * 4)
    const total = kernels.narrowOffsets(source, rows, offsets)
    if (total < 0) throw new DBError('INCORRECT_DATA', 'Array offsets fall, or pass 2^31')
    const element = type instanceof MapType ? type.pairs.element : type.element
    return new ArrayColumn(offsets, readBulk(element, total, cursor, arena), rows, type)
  }
  if (type instanceof TupleType) {
    const columns = type.elements.map(element => readBulk(element, rows, cursor, arena))
    return new TupleColumn(memory, columns, rows, type)
  }
  if (type.kind === 'String') {
    if (rows > cursor.left) cursor.take(rows) // each takes a byte at least: no memory for rows that are not there
    const offsets = arena.allocate((rows + 1) * 4)
    const used = kernels.findVarStrings(cursor.position, cursor.left, rows, offsets)
    if (used === -2) throw new DBError('TOO_LARGE_STRING_SIZE', 'Too large string size')
    const source = cursor.take(used === -1 ? cursor.left + 1 : used)
    const bytes = arena.allocate(memory.u32[offsets / 4 + rows])
    kernels.copyVarStrings(source, rows, offsets, bytes)
    return new StringColumn(memory, offsets, bytes, rows)
  }
  if (type instanceof AggregateFunctionType) {
    const pointer = arena.allocate(cursor.left)
    memory.u8.copyWithin(pointer, cursor.position, cursor.end)
    const { column, used } = splitStates(type, pointer, cursor.left, rows, arena)
    cursor.take(used)
    return column
  }
  if (type.width === 0) throw new DBError('NOT_IMPLEMENTED', `Type ${type.name} is not supported in Native`)
  const size = rows * type.width
  const source = cursor.take(size)
  const pointer = arena.allocate(size)
  memory.u8.copyWithin(pointer, source, source + size)
  return new FixedColumn(type, memory, pointer, rows)
}

function readLowCardinality(type: LowCardinalityType, rows: number, cursor: BulkCursor, arena: Arena): Column {
  const { memory } = arena
  if (rows === 0) {
    const none = arena.allocate(0)
    const empty = readBulk(type.inner, 0, new BulkCursor(memory, none, none), arena)
    return new LowCardinalityColumn(empty, none, 0, type)
  }
  const word = cursor.u64()
  if (word % 256 > 3 || word & sharedDictionary || !(word & additionalKeys) || word > 0xffff)
    throw new DBError('INCORRECT_DATA', `Unexpected index type ${word} of LowCardinality in Native`)
  const width = indexWidths[word % 256]
  const inner = type.inner instanceof NullableType ? type.inner.inner : type.inner
  const keys = cursor.u64()
  if (keys > cursor.left) cursor.take(keys) // each takes a byte at least
  let dictionary = readBulk(inner, keys, cursor, arena)
  if (type.inner instanceof NullableType) {
    const nulls = arena.allocateZeroed(keys)
    memory.u8[nulls] = 1
    dictionary = new NullableColumn(nulls, dictionary, type.inner)
  }
  const stated = cursor.u64()
  if (stated !== rows) throw new DBError('INCORRECT_DATA', `LowCardinality has ${stated} indices for ${rows} rows`)
  const indices = arena.allocate(rows * 4)
  if (memory.kernels.widenIndices(cursor.take(rows * width), width, rows, keys, indices) < 0)
    throw new DBError('INCORRECT_DATA', 'An index of LowCardinality is outside of its dictionary')
  return new LowCardinalityColumn(dictionary, indices, rows, type)
}

export function writePrefix(type: DataType, out: Output): void {
  if (type instanceof LowCardinalityType) out.push(words(1))
  for (const inside of insideTypes(type)) writePrefix(inside, out)
}

function words(...values: number[]): Uint8Array {
  const writer = new ByteWriter(values.length * 8)
  for (const value of values) writer.u64(BigInt(value))
  return writer.bytes()
}

/** Writes a column's values. */
export function writeBulk(column: Column, arena: Arena, out: Output): void {
  const { memory, rows } = column
  const { kernels } = memory
  if (column instanceof ConstColumn) writeBulk(column.full(arena), arena, out)
  else if (column instanceof FixedColumn) {
    if (column.type.kind === 'Nothing') out.push(new Uint8Array(rows).fill(0x30))
    else out.push(memory.bytes(column.pointer, rows * column.type.width))
  } else if (column instanceof StringColumn && column.type instanceof AggregateFunctionType) {
    const { pointer, size } = stateBytes(column, arena)
    out.push(memory.bytes(pointer, size))
  } else if (column instanceof StringColumn) {
    const target = arena.allocate(column.textSize + rows * 5)
    const size = kernels.joinStrings(column.offsets, column.bytes, rows, target)
    out.push(memory.bytes(target, size))
    arena.free(target)
  } else if (column instanceof NullableColumn) {
    out.push(memory.bytes(column.nulls, rows))
    writeBulk(column.values, arena, out)
  } else if (column instanceof ArrayColumn) {
    const target = arena.allocate(rows * 8)
    kernels.widenOffsets(column.offsets, rows, target)
    out.push(memory.bytes(target, rows * 8))
    writeBulk(column.compact(arena).elements, arena, out)
  } else if (column instanceof TupleColumn) for (const element of column.columns) writeBulk(element, arena, out)
  else if (column instanceof LowCardinalityColumn) writeLowCardinality(column, arena, out)
  else throw new DBError('NOT_IMPLEMENTED', `Type ${column.type.name} is not supported in Native`)
}

/** Only the entries in use, behind the default. */
function writeLowCardinality(column: LowCardinalityColumn, arena: Arena, out: Output): void {
  const { memory, rows } = column
  const { kernels } = memory
  if (rows === 0) return
  const seen = arena.allocateZeroed(column.dictionary.rows * 4)
  const used = arena.allocate((rows + 1) * 4)
  const numbers = arena.allocate(rows * 4)
  const count = kernels.usedEntries(column.indices, rows, numbers, used, seen, 0)
  arena.free(seen)
  let entries = column.dictionary.gather(used, count, arena)
  const nulls = entries instanceof NullableColumn ? entries.nulls : arena.allocateZeroed(count)
  if (entries instanceof NullableColumn) entries = entries.values
  const indices = arena.allocate(rows * 4)
  kernels.indicesBehindNull(numbers, rows, nulls, indices)
  const level = count < 256 ? 0 : count < 65536 ? 1 : 2
  out.push(words(level | additionalKeys | updateDictionary, count + 1))
  const inner = entries.type
  out.push(new Uint8Array(inner.kind === 'String' ? 1 : inner.width))
  writeBulk(entries, arena, out)
  out.push(words(rows))
  const width = indexWidths[level]
  const target = arena.allocate(rows * width)
  kernels.narrowIndices(indices, width, rows, target)
  out.push(memory.bytes(target, rows * width))
}
