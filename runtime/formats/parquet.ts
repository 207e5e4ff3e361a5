// Parquet, as input. The file is decoded by hyparquet; logical types are taken off the leaves before, so that values come as they are
// stored, and are given their meaning here.
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet/src/index.js'
import type { AsyncBuffer, Compressors, DecodedArray, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet'
import {
  decompressBrotli,
  decompressGzip,
  decompressLz4,
  decompressLz4Raw,
  decompressZstd,
} from 'hyparquet-compressors'
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { convertColumn } from './convert.ts'
import type { Omitted, RandomAccessReader, RandomAccessSource, ReadResult, Schema } from './format.ts'
import { assemble } from './mapping.ts'
import type { FormatOptions } from './settings.ts'

/** All but Snappy, which hyparquet has itself: the faster one compiles a module at run time, and not every runtime allows that. */
const compressors: Compressors = {
  GZIP: decompressGzip,
  BROTLI: decompressBrotli,
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
  ZSTD: input => decompressZstd(input), // far slower with a buffer of the caller's
}

/** What hyparquet makes of stored values: nothing. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (days: number) => days,
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decodeText(bytes.slice()),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && decodeText(bytes.slice()),
  geometryFromBytes: (bytes: Uint8Array) => bytes,
  geographyFromBytes: (bytes: Uint8Array) => bytes,
  uuidFromBytes: (bytes: Uint8Array) => bytes,
}

function bufferOf(source: RandomAccessSource): AsyncBuffer {
  return {
    byteLength: source.size,
    slice: async (start, end = source.size) => {
      const bytes = await source.read(start < 0 ? source.size + start : start, end)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
    },
  }
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, { geoparquet: false })
  } catch (cause) {
    throw new DBError('INCORRECT_DATA', `Cannot read Parquet metadata: ${(cause as Error).message}`, { cause })
  }
}

/** A scalar's type; nullability stands beside it. */
function leafType(element: SchemaElement): DataType {
  const { type, converted_type: converted, logical_type: logical } = element
  const { type_length: size = 0, precision = 0, scale = 0 } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return parseType(`Decimal(${precision}, ${scale})`)
  if (logical?.type === 'UUID') return parseType('UUID')
  if (logical?.type === 'INTEGER') return parseType(`${logical.isSigned ? '' : 'U'}Int${logical.bitWidth}`)
  if (logical?.type === 'TIMESTAMP') {
    const digits = { MILLIS: 3, MICROS: 6, NANOS: 9 }[logical.unit]
    return parseType(logical.isAdjustedToUTC ? `DateTime64(${digits}, 'UTC')` : `DateTime64(${digits})`)
  }
  const plain = /^(U?INT)_(8|16|32|64)$/.exec(converted ?? '')
  if (plain) return parseType(`${plain[1] === 'UINT' ? 'UInt' : 'Int'}${plain[2]}`)
  if (converted === 'DATE' || logical?.type === 'DATE') return parseType('Date32')
  if (converted === 'TIMESTAMP_MILLIS') return parseType("DateTime64(3, 'UTC')")
  if (converted === 'TIMESTAMP_MICROS') return parseType("DateTime64(6, 'UTC')")
  switch (type) {
    case 'BOOLEAN':
      return parseType('Bool')
    case 'INT32':
      return parseType('Int32')
    case 'INT64':
      return parseType('Int64')
    case 'INT96':
      return parseType("DateTime64(9, 'UTC')")
    case 'FLOAT':
      return parseType('Float32')
    case 'DOUBLE':
      return parseType('Float64')
    case 'BYTE_ARRAY':
      return parseType('String')
    case 'FIXED_LEN_BYTE_ARRAY':
      return parseType(`FixedString(${size})`)
    default:
      throw new DBError('NOT_IMPLEMENTED', `Parquet type ${type} of ${element.name} is not supported`)
  }
}

/** ClickHouse's type of a column, groups being lists, maps or structs. */
function typeOf(tree: SchemaTree): DataType {
  const { element, children } = tree
  if (children.length === 0) {
    const leaf = leafType(element)
    if (element.repetition_type === 'REPEATED') return new ArrayType(leaf)
    return element.repetition_type === 'OPTIONAL' ? new NullableType(leaf) : leaf
  }
  const kind = element.converted_type ?? element.logical_type?.type
  const [inner] = children
  if (kind === 'LIST') {
    const isWrapper = inner.children.length === 1 && inner.element.repetition_type === 'REPEATED'
    return new ArrayType(isWrapper ? typeOf(inner.children[0]) : typeOf(withoutRepetition(inner)))
  }
  if (kind === 'MAP' || kind === 'MAP_KEY_VALUE')
    return new MapType(typeOf(inner.children[0]), typeOf(inner.children[1]))
  const struct = new TupleType(
    children.map(typeOf),
    children.map(child => child.element.name),
  )
  return element.repetition_type === 'REPEATED' ? new ArrayType(struct) : struct
}

const withoutRepetition = (tree: SchemaTree): SchemaTree => ({
  ...tree,
  element: { ...tree.element, repetition_type: 'REQUIRED' },
})

/** Leaves at the top level without their logical types. */
function strippedMetadata(metadata: FileMetaData): FileMetaData {
  const { children } = parquetSchema(metadata)
  const flat = new Set(children.filter(child => child.children.length === 0).map(child => child.element))
  const schema = metadata.schema.map(element =>
    flat.has(element) && element.repetition_type !== 'REPEATED'
      ? { ...element, converted_type: undefined, logical_type: undefined }
      : element,
  )
  return { ...metadata, schema }
}

async function* readParquet(
  source: RandomAccessSource,
  schema: Schema,
  options: FormatOptions,
  arena: Arena,
): AsyncGenerator<ReadResult> {
  const file = bufferOf(source)
  const metadata = await readMetadata(file)
  const trees = new Map(parquetSchema(metadata).children.map(tree => [tree.element.name, tree]))
  const names = schema.map(({ name }) => name).filter(name => trees.has(name))
  const stripped = strippedMetadata(metadata)
  let first = 0
  for (const group of metadata.row_groups) {
    const groupRows = Number(group.num_rows)
    const last = first + groupRows
    const columns = await readGroup(file, stripped, names, first, last)
    for (let start = first; start < last; start += options.rowsMax) {
      const end = Math.min(start + options.rowsMax, last)
      const omitted: Omitted[] = []
      const given = schema.map(({ name, type }, place) => {
        const pieces = columns.get(name)
        if (!pieces) return null
        const tree = trees.get(name)!
        const stored = typeOf(tree)
        const values = slicePieces(pieces, start, end)
        const column =
          tree.children.length > 0
            ? nestedColumn(stored, values, arena)
            : flatColumn(stored, tree.element, values, arena)
        const converted = convertColumn(column, type, options, arena)
        omitted[place] = converted.omitted
        return converted.column
      })
      yield assemble(schema, given, end - start, 0, arena, omitted)
      arena.reset()
    }
    first = last
  }
}

interface Piece {
  readonly data: DecodedArray
  readonly start: number
  readonly end: number
}

/** Every column of one row group. */
async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  names: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<Map<string, Piece[]>> {
  const columns = new Map<string, Piece[]>(names.map(name => [name, []]))
  if (names.length === 0 || rowEnd === rowStart) return columns
  try {
    await parquetRead({
      file,
      metadata,
      columns: [...names],
      rowStart,
      rowEnd,
      compressors,
      parsers,
      utf8: false,
      geoparquet: false,
      onChunk: ({ columnName, columnData, rowStart: start, rowEnd: end }) => {
        columns.get(columnName)?.push({ data: columnData, start, end })
      },
    })
  } catch (cause) {
    throw new DBError('INCORRECT_DATA', `Cannot read Parquet data: ${(cause as Error).message}`, { cause })
  }
  return columns
}

/** Rows [start, end) of a column's pieces. */
function slicePieces(pieces: readonly Piece[], start: number, end: number): ArrayLike<unknown> {
  const parts = pieces
    .filter(piece => piece.end > start && piece.start < end)
    .map(({ data, start: from }) => data.slice(Math.max(start - from, 0), end - from))
  if (parts.length === 1) return parts[0]
  return parts.flatMap(part => Array.from(part as ArrayLike<unknown>))
}

const isNull = (value: unknown): value is null | undefined => value === null || value === undefined

/** A column without nesting from stored values. */
function flatColumn(type: DataType, element: SchemaElement, values: ArrayLike<unknown>, arena: Arena): Column {
  const rows = values.length
  if (type instanceof NullableType) {
    const nulls = arena.allocateZeroed(rows)
    const { u8 } = arena.memory
    for (let row = 0; row < rows; row++) if (isNull(values[row])) u8[nulls + row] = 1
    return new NullableColumn(nulls, flatColumn(type.inner, element, values, arena), type)
  }
  if (type instanceof ArrayType) return nestedColumn(type, values, arena)
  if (type.kind === 'String') return stringColumn(values, arena)
  return fixedColumn(type, element, values, arena)
}

function stringColumn(values: ArrayLike<unknown>, arena: Arena): StringColumn {
  const rows = values.length
  const offsets = arena.allocate((rows + 1) * 4)
  let size = 0
  for (let row = 0; row < rows; row++) size += (values[row] as Uint8Array | undefined)?.length ?? 0
  const bytes = arena.allocate(size)
  const { u8, u32 } = arena.memory
  let at = 0
  u32[offsets / 4] = 0
  for (let row = 0; row < rows; row++) {
    const text = values[row] as Uint8Array | undefined
    if (text) {
      u8.set(text, bytes + at)
      at += text.length
    }
    u32[offsets / 4 + row + 1] = at
  }
  return new StringColumn(arena.memory, offsets, bytes, rows)
}

function fixedColumn(type: DataType, element: SchemaElement, values: ArrayLike<unknown>, arena: Arena): FixedColumn {
  const rows = values.length
  const { width } = type
  const pointer = arena.allocate(rows * width)
  const { memory } = arena
  const { u8 } = memory
  if (ArrayBuffer.isView(values) && (values as Uint8Array).byteLength === rows * width && element.type !== 'BOOLEAN') {
    u8.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), pointer)
    return new FixedColumn(type, memory, pointer, rows)
  }
  u8.fill(0, pointer, pointer + rows * width)
  const isBigEndian = type instanceof DecimalType && element.type !== 'INT32' && element.type !== 'INT64'
  for (let row = 0; row < rows; row++) {
    const value = values[row]
    if (isNull(value)) continue
    const at = pointer + row * width
    if (value instanceof Uint8Array) {
      if (type.kind === 'UUID')
        for (let i = 0; i < 8; i++) {
          u8[at + i] = value[7 - i]
          u8[at + 8 + i] = value[15 - i]
        }
      else if (isBigEndian) writeBigEndian(value, u8, at, width)
      else u8.set(value.subarray(0, width), at)
    } else if (type.kind === 'Float64') memory.f64[at / 8] = value as number
    else if (type.kind === 'Float32') memory.f32[at / 4] = value as number
    else if (width > 8) {
      const big = BigInt.asUintN(width * 8, BigInt(value as number))
      for (let i = 0; i < width / 8; i++) memory.u64[at / 8 + i] = BigInt.asUintN(64, big >> BigInt(64 * i))
    } else if (width === 8) memory.i64[at / 8] = BigInt(value as number)
    else if (width === 4) memory.i32[at / 4] = Number(value)
    else if (width === 2) memory.i16[at / 2] = Number(value)
    else u8[at] = Number(value)
  }
  return new FixedColumn(type, memory, pointer, rows)
}

/** A decimal's big-endian bytes, sign-extended. */
function writeBigEndian(bytes: Uint8Array, u8: Uint8Array, at: number, width: number): void {
  const sign = bytes.length > 0 && bytes[0] >= 128 ? 255 : 0
  for (let i = 0; i < width; i++) u8[at + i] = i < bytes.length ? bytes[bytes.length - 1 - i] : sign
}

/** Lists, maps and structs, value by value. */
function nestedColumn(type: DataType, values: ArrayLike<unknown>, arena: Arena): Column {
  return columnOf(
    type,
    Array.from(values, value => toValue(value, type)),
    arena,
  )
}

function toValue(value: unknown, type: DataType): Value {
  if (type instanceof NullableType) return isNull(value) ? null : toValue(value, type.inner)
  if (type instanceof LowCardinalityType) return toValue(value, type.inner)
  if (isNull(value))
    return type instanceof TupleType ? type.elements.map(element => toValue(null, element)) : type.default
  if (type instanceof ArrayType) return Array.from(value as ArrayLike<unknown>, item => toValue(item, type.element))
  if (type instanceof TupleType) {
    const struct = value as Record<string, unknown>
    return type.elements.map((element, i) => toValue(struct[type.names![i]], element))
  }
  if (type instanceof MapType)
    return Object.entries(value as Record<string, unknown>).map(([key, item]): Value => {
      const isText = type.key.kind === 'String' || type.key.kind === 'FixedString'
      return [isText ? key : type.key.parse(key), toValue(item, type.value)]
    })
  if (type.kind === 'Bool') return value ? 1 : 0
  if (type.kind === 'String' || type.kind === 'FixedString')
    return typeof value === 'string' ? value : decodeText((value as Uint8Array).slice())
  if (type instanceof DecimalType) return type.parse(Number(value).toFixed(type.scale))
  if (type.kind === 'UUID') return (value as Uint8Array).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return typeof type.default === 'bigint' ? BigInt(value as number) : Number(value)
}

export const parquetReader: RandomAccessReader = {
  async inferSchema(source) {
    const metadata = await readMetadata(bufferOf(source))
    return parquetSchema(metadata).children.map(tree => ({ name: tree.element.name, type: typeOf(tree) }))
  },
  read: readParquet,
}
