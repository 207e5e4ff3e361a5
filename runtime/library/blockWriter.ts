// JavaScript's values to Native blocks, a column at a time. What does not fit its type says which column and row.
import { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { BoolType, FloatType, IntegerType } from '../types/number.ts'
import type { Value } from '../types/value.ts'

export interface TargetColumn {
  readonly name: string
  readonly type: DataType
}

/** Rows [start, end) of each column's values. undefined stands for the column's default. */
export function writeBlock(
  columns: readonly TargetColumn[],
  values: readonly ArrayLike<unknown>[],
  start: number,
  end: number,
  firstRow: number,
): Uint8Array {
  const out = new ByteWriter((end - start) * columns.length * 8 + 64)
  out.varint(columns.length)
  out.varint(end - start)
  for (const [i, { name, type }] of columns.entries()) {
    const plain = withoutDictionary(type)
    const hasGaps = !plain.isNullable && hasUndefined(values[i], start, end)
    // NULL in a column that cannot be NULL is its default.
    const isWrapped = hasGaps && !/^(Array|Map|Tuple)$/.test(plain.kind)
    out.text(name)
    out.text(isWrapped ? `Nullable(${plain.name})` : plain.name)
    const place = { name, row: firstRow - start }
    if (!isWrapped) writeValues(plain, values[i], start, end, place, out)
    else {
      for (let row = start; row < end; row++) out.u8(values[i][row] === undefined ? 1 : 0)
      writeValues(plain, values[i], start, end, place, out)
    }
  }
  return out.bytes()
}

/** Where a value stands: its row is what is added to an index. */
interface Place {
  readonly name: string
  readonly row: number
}

function hasUndefined(values: ArrayLike<unknown>, start: number, end: number): boolean {
  if (ArrayBuffer.isView(values)) return false
  for (let row = start; row < end; row++) if (values[row] === undefined) return true
  return false
}

/** A dictionary is the engine's to make. */
function withoutDictionary(type: DataType): DataType {
  if (type.plain) return withoutDictionary(type.plain)
  if (type instanceof LowCardinalityType) return withoutDictionary(type.inner)
  if (type instanceof ArrayType) return new ArrayType(withoutDictionary(type.element))
  if (type instanceof MapType) return new MapType(withoutDictionary(type.key), withoutDictionary(type.value))
  if (type instanceof TupleType) return new TupleType(type.elements.map(withoutDictionary), type.names)
  return type
}

function writeValues(
  type: DataType,
  values: ArrayLike<unknown>,
  start: number,
  end: number,
  place: Place,
  out: ByteWriter,
): void {
  if (type instanceof NullableType) {
    for (let row = start; row < end; row++) out.u8(values[row] === null || values[row] === undefined ? 1 : 0)
    writeValues(type.inner, ArrayBuffer.isView(values) ? values : gapsFor(values, start, end), start, end, place, out)
  } else if (type instanceof ArrayType) writeArrays(type.element, values, start, end, place, out, arrayOf)
  else if (type instanceof MapType) writeArrays(type.pairs.element, values, start, end, place, out, pairsOf)
  else if (type instanceof TupleType) writeTuples(type, values, start, end, place, out)
  else if (ArrayBuffer.isView(values) && fits(type, values)) {
    const { buffer, byteOffset } = values
    out.raw(new Uint8Array(buffer, byteOffset + start * type.width, (end - start) * type.width))
  } else {
    const write = writerOf(type, out)
    for (let row = start; row < end; row++) {
      try {
        write(values[row])
      } catch (error) {
        throw located(error, type, values[row], place, row)
      }
    }
  }
}

/** NULL has a value too, which nobody reads. */
function gapsFor(values: ArrayLike<unknown>, start: number, end: number): ArrayLike<unknown> {
  const plain: unknown[] = new Array(end)
  for (let row = start; row < end; row++) plain[row] = values[row] === null ? undefined : values[row]
  return plain
}

/** Whether a typed array's bytes are what a column of this type has. */
function fits(type: DataType, values: ArrayBufferView): boolean {
  if (type.kind === 'Bool') return false // whose bytes are 0 and 1 only
  const wanted: Record<string, string> = {
    ...{ U8: 'Uint8Array', I8: 'Int8Array', U16: 'Uint16Array', I16: 'Int16Array', U32: 'Uint32Array' },
    ...{ I32: 'Int32Array', U64: 'BigUint64Array', I64: 'BigInt64Array', F32: 'Float32Array', F64: 'Float64Array' },
  }
  return /^(U?Int|Float|Date|DateTime)/.test(type.kind) && wanted[type.physical ?? ''] === values.constructor.name
}

function writeArrays(
  element: DataType,
  values: ArrayLike<unknown>,
  start: number,
  end: number,
  place: Place,
  out: ByteWriter,
  elementsOf: (value: unknown) => ArrayLike<unknown> | null,
): void {
  const all: unknown[] = []
  const rows: number[] = []
  let total = 0
  for (let row = start; row < end; row++) {
    const elements = values[row] === undefined ? [] : elementsOf(values[row])
    if (!elements)
      throw located(null, element, values[row], place, row, elementsOf === arrayOf ? 'an array' : 'a Map or an object')
    for (let i = 0; i < elements.length; i++) {
      // Of what is missing inside, nothing says what it should be.
      if (elements[i] === undefined) throw located(null, element, undefined, place, row)
      all.push(elements[i])
      rows.push(row)
    }
    total += elements.length
    out.u64(BigInt(total))
  }
  try {
    writeValues(element, all, 0, all.length, { name: '', row: 0 }, out)
  } catch (error) {
    // Its place is known among all elements: the row is that of the array.
    if (error instanceof MisfitError) throw error.moved(place.name, place.row + rows[error.index], rows[error.index])
    throw error
  }
}

const arrayOf = (value: unknown): ArrayLike<unknown> | null =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
    ? (value as unknown as ArrayLike<unknown>)
    : null

function pairsOf(value: unknown): [unknown, unknown][] | null {
  if (value instanceof Map) return [...value]
  if (Array.isArray(value)) return value as [unknown, unknown][]
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.entries(value) : null
}

function writeTuples(
  type: TupleType,
  values: ArrayLike<unknown>,
  start: number,
  end: number,
  place: Place,
  out: ByteWriter,
): void {
  const { elements, names } = type
  const columns = elements.map(() => new Array<unknown>(end))
  for (let row = start; row < end; row++) {
    const value = values[row]
    if (value === undefined) continue
    const isArray = Array.isArray(value)
    const isObject = names && typeof value === 'object' && value !== null && !isArray
    if ((!isArray && !isObject) || (isArray && value.length !== elements.length))
      throw located(null, type, value, place, row, `${elements.length} elements`)
    elements.forEach((_, i) => {
      columns[i][row] = isArray ? value[i] : (value as Record<string, unknown>)[names![i]]
    })
  }
  elements.forEach((element, i) => {
    const name = place.name === '' ? '' : `${place.name}.${names?.[i] ?? i + 1}`
    writeValues(element, columns[i], start, end, { ...place, name }, out)
  })
}

/** Writes one value; undefined is the type's default. Throws what says why a value is none of the type. */
function writerOf(type: DataType, out: ByteWriter): (value: unknown) => void {
  if (type.kind === 'String') return value => writeText(value, out)
  if (type.kind === 'FixedString') return value => writeFixedText(value, type.width, out)
  if (type instanceof BoolType) return value => out.u8(toBool(value))
  if (type instanceof FloatType) {
    const write = type.bits === 32 ? (value: number) => out.f32(value) : (value: number) => out.f64(value)
    return value => write(toFloat(value))
  }
  if (type instanceof IntegerType && type.bits <= 32) return smallIntegerWriter(type, out)
  if (type instanceof IntegerType || type.kind === 'Interval')
    return value => out.integer(toBigInt(value, type), type.width)
  return value => type.writeBinary(out, value === undefined ? type.default : toValue(value, type))
}

function writeText(value: unknown, out: ByteWriter): void {
  if (value instanceof Uint8Array) {
    out.varint(value.length)
    out.raw(value)
    return
  }
  out.text(textOf(value))
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  throw misfit('a string')
}

function writeFixedText(value: unknown, width: number, out: ByteWriter): void {
  const bytes = value instanceof Uint8Array ? value : encodeText(textOf(value))
  if (bytes.length > width) throw misfit(`at most ${width} bytes`)
  const padded = new Uint8Array(width)
  padded.set(bytes)
  out.raw(padded)
}

function toBool(value: unknown): number {
  if (value === true || value === 1 || value === 1n) return 1
  if (value === false || value === 0 || value === 0n || value === undefined) return 0
  throw misfit('true or false')
}

function toFloat(value: unknown): number {
  if (typeof value === 'number') return value
  if (value === undefined) return 0
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value)
  if (typeof value === 'string' && /^[+-]?(nan|inf(inity)?)$/i.test(value))
    return /nan/i.test(value) ? Number.NaN : value[0] === '-' ? -Infinity : Infinity
  throw misfit('a number')
}

function smallIntegerWriter({ bits, isSigned, min, max }: IntegerType, out: ByteWriter): (value: unknown) => void {
  const low = Number(min)
  const high = Number(max)
  const write =
    bits === 8
      ? (value: number) => out.u8(value)
      : bits === 16
        ? (value: number) => out.u16(value)
        : isSigned
          ? (value: number) => out.i32(value)
          : (value: number) => out.u32(value)
  return value => {
    const number = typeof value === 'number' ? value : toInteger(value)
    if (!Number.isInteger(number) || number < low || number > high) throw misfit(`an integer from ${low} to ${high}`)
    write(number)
  }
}

function toInteger(value: unknown): number {
  if (value === undefined) return 0
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) return Number(value)
  throw misfit('an integer')
}

function toBigInt(value: unknown, type: DataType): bigint {
  const bits = type.width * 8
  const isSigned = !(type instanceof IntegerType) || type.isSigned
  let number: bigint
  if (value === undefined) number = 0n
  else if (typeof value === 'bigint') number = value
  else if (typeof value === 'number' && Number.isInteger(value)) number = BigInt(value)
  else if (typeof value === 'boolean') number = value ? 1n : 0n
  else if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) number = BigInt(value.replace('+', ''))
  else throw misfit('an integer')
  if (number !== (isSigned ? BigInt.asIntN(bits, number) : BigInt.asUintN(bits, number)))
    throw misfit(`an integer of ${bits} bits`)
  return number
}

/** As types write it: see types/value.ts. */
function toValue(value: unknown, type: DataType): Value {
  if (value instanceof Date) return dateValue(value, type)
  if (value instanceof Uint8Array && type.kind === 'IPv6')
    return value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  if (type instanceof DecimalType && (typeof value === 'number' || typeof value === 'bigint'))
    return type.parse(plainNumber(value))
  if (typeof value === 'string') return type.parse(value)
  if (type.kind === 'Nothing') return null
  // Days, seconds, ticks and numbers of enums as they are.
  if (typeof value === 'number' && Number.isInteger(value)) {
    const inRange =
      type.width === 8 || (value >= (/^(Date32|Enum)/.test(type.kind) ? -2147483648 : 0) && value < 256 ** type.width)
    if (inRange && /^(Date|Enum|IPv4)/.test(type.kind)) return type.width === 8 ? BigInt(value) : value
  }
  if (typeof value === 'bigint' && type instanceof DateTime64Type) return value
  throw misfit(/^Date/.test(type.kind) ? 'a Date or a string' : 'a string')
}

/** Without an exponent. */
function plainNumber(value: number | bigint): string {
  const text = String(value)
  if (typeof value === 'bigint' || !/e/i.test(text)) return text
  return Math.abs(value) < 1 ? value.toFixed(76).replace(/0+$/, '') : String(BigInt(value))
}

function dateValue(value: Date, type: DataType): Value {
  const ms = value.getTime()
  if (Number.isNaN(ms)) throw misfit('a valid Date')
  const bound = (number: number, low: number, high: number): number => {
    if (number < low || number > high) throw misfit(`a time that ${type.name} can hold`)
    return number
  }
  switch (type.kind) {
    case 'Date':
      return bound(Math.floor(ms / 86_400_000), 0, 65535)
    case 'Date32':
      return bound(Math.floor(ms / 86_400_000), -25567, 120529)
    case 'DateTime':
      return bound(Math.floor(ms / 1000), 0, 4294967295)
    case 'DateTime64': {
      const { scale } = type as DateTime64Type
      if (scale >= 3) return BigInt(ms) * 10n ** BigInt(scale - 3)
      return BigInt(Math.floor(ms / 10 ** (3 - scale)))
    }
    default:
      throw misfit('a string')
  }
}

/** What was wanted instead, thrown where neither column nor row is known. */
const misfit = (wanted: string): Misfit => new Misfit(wanted)

class Misfit {
  constructor(readonly wanted: string) {}
}

/** A value that is none of its column's type. */
class MisfitError extends DBError {
  constructor(
    name: DBError['errorName'],
    readonly text: string,
    readonly column: string,
    row: number,
    /** In the list of values that were being written. */
    readonly index: number,
  ) {
    super(name, `Column ${column}, row ${row + 1}: ${text}`)
  }

  moved(column: string, row: number, index: number): MisfitError {
    return new MisfitError(this.errorName, this.text, column, row, index)
  }
}

function located(error: unknown, type: DataType, value: unknown, place: Place, index: number, wanted?: string): Error {
  const at = (name: DBError['errorName'], text: string) =>
    new MisfitError(name, text, place.name, place.row + index, index)
  if (error instanceof DBError) return at(error.errorName, error.message)
  if (error !== null && !(error instanceof Misfit)) return error as Error
  const instead = wanted ?? (error as Misfit | null)?.wanted
  if (value === null || value === undefined)
    return at(
      'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
      `${value} cannot be a ${type.name}: Nullable(${type.name}) can be null`,
    )
  return at('TYPE_MISMATCH', `${shown(value)} cannot be a ${type.name}: ${instead} is expected`)
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 50 ? `${value.slice(0, 50)}...` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return `an object of ${value.constructor?.name ?? 'no class'}`
  return String(value)
}
