// The id of a partition, which starts the names of its parts, from the values of the partition key.
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { DBError } from '../../core/errors.ts'
import type { Memory } from '../../core/memory.ts'
import { encodeText } from '../../core/text.ts'
import { ArrayType, LowCardinalityType, NullableType, TupleType } from '../../types/compound.ts'
import type { DataType } from '../../types/dataType.ts'
import { printDays } from '../../types/date.ts'
import { DecimalType } from '../../types/decimal.ts'
import type { Value } from '../../types/value.ts'

/** `all` without a key; integers, dates and the like joined by `-`; else a hash of all values. */
export function partitionId(types: readonly DataType[], values: readonly Value[], memory: Memory): string {
  if (types.length === 0) return 'all'
  const texts = types.map((type, i) => plainText(bare(type), values[i]))
  return texts.includes(null) ? hashOf(types, values, memory) : texts.join('-')
}

function bare(type: DataType): DataType {
  if (type instanceof LowCardinalityType || type instanceof NullableType) return bare(type.inner)
  return type
}

const unsigned = new Set(['UInt8', 'UInt16', 'UInt32', 'UInt64', 'Date', 'DateTime', 'Bool', 'IPv4'])
const signed = new Set(['Int8', 'Int16', 'Int32', 'Int64', 'Date32', 'Enum8', 'Enum16', 'Interval'])

/** null where the value is none of those that are printed. */
function plainText(type: DataType, value: Value): string | null {
  if (value === null || !(unsigned.has(type.kind) || signed.has(type.kind))) return null
  return type.kind === 'Date' ? printDays(value as number).replaceAll('-', '') : String(value)
}

function hashOf(types: readonly DataType[], values: readonly Value[], memory: Memory): string {
  const writer = new ByteWriter()
  for (const [i, type] of types.entries()) feed(writer, bare(type), values[i])
  const bytes = writer.bytes()
  const pointer = memory.scratch(bytes.length + 128)
  memory.copyIn(pointer + 16, bytes)
  memory.kernels.sipHash128(pointer + 16, bytes.length, pointer)
  return [...memory.bytes(pointer, 16)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

/** A type byte, then the value. */
function feed(writer: ByteWriter, type: DataType, value: Value): void {
  if (value === null) writer.u8(0)
  else if (unsigned.has(type.kind)) {
    writer.u8(1)
    writer.u64(BigInt(value as number))
  } else if (signed.has(type.kind)) {
    writer.u8(2)
    writer.u64(BigInt(value as number))
  } else if (type.kind === 'Float32' || type.kind === 'Float64') {
    writer.u8(3)
    writer.f64(value as number)
  } else if (type.kind === 'String' || type.kind === 'FixedString') {
    const text = encodeText(value as string)
    writer.u8(16)
    writer.u64(BigInt(Math.max(text.length, type.width)))
    writer.raw(text)
    writer.raw(new Uint8Array(Math.max(0, type.width - text.length)))
  } else if (type instanceof ArrayType || type instanceof TupleType) {
    const elements = value as Value[]
    writer.u8(type instanceof ArrayType ? 17 : 18)
    writer.u64(BigInt(elements.length))
    for (const [i, element] of elements.entries())
      feed(writer, bare(type instanceof ArrayType ? type.element : type.elements[i]), element)
  } else {
    const code = type instanceof DecimalType ? decimalCodes.get(type.width) : codes.get(type.kind)
    if (code === undefined) throw new DBError('NOT_IMPLEMENTED', `Partition by a value of type ${type.name}`)
    writer.u8(code)
    if (type.kind === 'IPv6') writer.u64(16n)
    type.writeBinary(writer, value)
  }
}

const decimalCodes = new Map([
  [4, 19],
  [8, 20],
  [16, 21],
  [32, 23],
])
const codes = new Map([
  ['UInt128', 4],
  ['UUID', 4],
  ['Int128', 5],
  ['IPv6', 16],
  ['DateTime64', 20],
  ['UInt256', 24],
  ['Int256', 25],
])

/** Values one behind another in single-value form: partition.dat, minmax_*.idx. */
export function readValues(types: readonly DataType[], bytes: Uint8Array, file: string): Value[] {
  const reader = new ByteReader(bytes)
  const values = types.map(type => type.readBinary(reader))
  if (reader.left > 0) throw new DBError('CORRUPTED_DATA', `${file} is longer than its values`)
  return values
}

export function writeValues(types: readonly DataType[], values: readonly Value[]): Uint8Array {
  const writer = new ByteWriter()
  for (const [i, type] of types.entries()) type.writeBinary(writer, values[i])
  return writer.bytes()
}
