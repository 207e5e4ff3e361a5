// Cells to JavaScript's values, a column at a time.
import { decodeText } from '../core/text.ts'
import { MapType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { DateTime64Type } from '../types/date.ts'
import type { DecimalType } from '../types/decimal.ts'
import type { EnumType } from '../types/enum.ts'
import { IntegerType } from '../types/number.ts'
import { aligned, type Cells } from './blockReader.ts'
import { GranaryError } from './errors.ts'
import type { ValueOptions } from './options.ts'
import { decodeStrings } from './stringCells.ts'

/** One value a row: what `rows()` gives. */
export function cellValues(cells: Cells, options: ValueOptions): unknown[] {
  switch (cells.kind) {
    case 'fixed':
      return fixedValues(cells.type, cells.bytes, cells.rows, options)
    case 'strings':
      return options.strings === 'bytes' ? stringBytes(cells) : decodeStrings(cells, options.strings === 'lossless')
    case 'nullable': {
      const { nulls } = cells
      const values = cellValues(cells.values, options)
      for (let row = 0; row < cells.rows; row++) if (nulls[row]) values[row] = null
      return values
    }
    case 'dictionary': {
      const { indices, rows } = cells
      const entries = cellValues(cells.entries, options)
      if (cells.hasNull) entries[0] = null
      const values = new Array<unknown>(rows)
      for (let row = 0; row < rows; row++) values[row] = entries[indices[row]]
      return values
    }
    case 'arrays':
      return cells.type instanceof MapType ? mapValues(cells, options) : arrayValues(cells, options)
    case 'tuples':
      return tupleValues(cells, options)
  }
}

function stringBytes({ bytes, starts, ends, rows }: Extract<Cells, { kind: 'strings' }>): Uint8Array[] {
  return Array.from({ length: rows }, (_, row) => bytes.slice(starts[row], ends[row]))
}

function arrayValues({ ends, elements, rows }: Extract<Cells, { kind: 'arrays' }>, options: ValueOptions): unknown[][] {
  const all = cellValues(elements, options)
  const values = new Array<unknown[]>(rows)
  for (let row = 0, start = 0; row < rows; start = ends[row++]) values[row] = all.slice(start, ends[row])
  return values
}

function mapValues({ ends, elements, rows }: Extract<Cells, { kind: 'arrays' }>, options: ValueOptions): unknown[] {
  const [keys, values] = (elements as Extract<Cells, { kind: 'tuples' }>).elements.map(each =>
    cellValues(each, options),
  )
  const maps = new Array<unknown>(rows)
  for (let row = 0, at = 0; row < rows; row++) {
    const map = new Map<unknown, unknown>()
    for (; at < ends[row]; at++) map.set(keys[at], values[at])
    // fromEntries defines what it is given, so that a key may be __proto__.
    maps[row] = options.maps === 'object' ? Object.fromEntries(map as Map<PropertyKey, unknown>) : map
  }
  return maps
}

function tupleValues({ type, elements, rows }: Extract<Cells, { kind: 'tuples' }>, options: ValueOptions): unknown[] {
  const columns = elements.map(each => cellValues(each, options))
  if (type instanceof TupleType && type.names) return objectsOf(type.names, columns, rows)
  return Array.from({ length: rows }, (_, row) => columns.map(column => column[row]))
}

/** An object a row. Of columns that share a name the last one is seen. */
export function objectsOf(names: readonly string[], columns: readonly ArrayLike<unknown>[], rows: number): object[] {
  const objects = new Array<Record<string, unknown>>(rows)
  for (let row = 0; row < rows; row++) objects[row] = {}
  for (const [i, name] of names.entries()) {
    const column = columns[i]
    if (name === '__proto__')
      for (let row = 0; row < rows; row++)
        Object.defineProperty(objects[row], name, {
          ...{ value: column[row], enumerable: true, configurable: true, writable: true },
        })
    else for (let row = 0; row < rows; row++) objects[row][name] = column[row]
  }
  return objects
}

/** As Array.from does, which goes through an iterator. */
export function mapped<From, To>(values: ArrayLike<From>, make: (value: From, row: number) => To): To[] {
  const { length } = values
  const made = new Array<To>(length)
  for (let row = 0; row < length; row++) made[row] = make(values[row], row)
  return made
}

/** Pieces behind one another. */
export const joinedArrays = <Value>(pieces: readonly Value[][]): Value[] =>
  pieces.length === 1 ? pieces[0] : ([] as Value[]).concat(...pieces)

/** What one value of packed bytes is, made once a column. */
function fixedValues(type: DataType, bytes: Uint8Array, rows: number, options: ValueOptions): unknown[] {
  const { kind } = type
  switch (kind) {
    case 'Nothing':
      return new Array(rows).fill(null)
    case 'Bool':
      return mapped(bytes, byte => byte !== 0)
    case 'Float32':
    case 'Float64':
    case 'UInt8':
    case 'Int8':
    case 'UInt16':
    case 'Int16':
    case 'UInt32':
    case 'Int32':
      return mapped(typedNumbers(type, bytes) as Float64Array, value => value)
    case 'Enum8':
    case 'Enum16': {
      const { nameOf } = type as EnumType
      return mapped(typedNumbers(type, bytes) as Int16Array, value => nameOf.get(value) ?? String(value))
    }
    case 'Date':
    case 'Date32':
    case 'DateTime':
      return dateValues(type, typedNumbers(type, bytes) as Uint32Array, options)
    case 'DateTime64':
      return ticksValues(type as DateTime64Type, bytes, options)
    case 'IPv4':
      return mapped(typedNumbers(type, bytes) as Uint32Array, value => type.print(value))
    case 'FixedString':
      return fixedStrings(type.width, bytes, rows, options)
    case 'UUID':
      return uuids(bytes, rows)
    case 'IPv6':
      return wideIntegers(bytes, rows, 16, false, true).map(value => type.print(value))
    case 'Decimal':
      return decimals(type as DecimalType, bytes, rows)
    default:
      return integers(type, bytes, rows, options)
  }
}

/** Values that a typed array can hold, of at most 8 bytes. */
export function typedNumbers(type: DataType, bytes: Uint8Array) {
  const { width } = type
  const { buffer, byteOffset, byteLength } = aligned(bytes, width)
  const rows = byteLength / width
  switch (type.physical) {
    case 'U8':
      return new Uint8Array(buffer, byteOffset, rows)
    case 'I8':
      return new Int8Array(buffer, byteOffset, rows)
    case 'U16':
      return new Uint16Array(buffer, byteOffset, rows)
    case 'I16':
      return new Int16Array(buffer, byteOffset, rows)
    case 'U32':
      return new Uint32Array(buffer, byteOffset, rows)
    case 'I32':
      return new Int32Array(buffer, byteOffset, rows)
    case 'U64':
      return new BigUint64Array(buffer, byteOffset, rows)
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, rows)
    case 'F32':
      return new Float32Array(buffer, byteOffset, rows)
    default:
      return new Float64Array(buffer, byteOffset, rows)
  }
}

function integers(type: DataType, bytes: Uint8Array, rows: number, { integers }: ValueOptions): unknown[] {
  const values =
    type.width === 8
      ? mapped(typedNumbers(type, bytes) as BigInt64Array, value => value)
      : wideIntegers(bytes, rows, type.width, !(type instanceof IntegerType) || type.isSigned, false)
  if (integers === 'string') return values.map(String)
  if (integers !== 'number') return values
  return values.map(value => {
    const number = Number(value)
    if (Number.isSafeInteger(number)) return number
    throw new GranaryError(
      'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE',
      `${value} is more than a number can hold exactly: read the result with integers: 'bigint' or 'string'`,
    )
  })
}

/** Of more than 8 bytes. isReversed: the first byte is the highest. */
export function wideIntegers(
  bytes: Uint8Array,
  rows: number,
  width: number,
  isSigned: boolean,
  isReversed: boolean,
): bigint[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = width / 8
  return Array.from({ length: rows }, (_, row) => {
    let value = 0n
    for (let i = 0; i < words; i++) {
      const word = isReversed ? i : words - 1 - i
      value = (value << 64n) | view.getBigUint64(row * width + word * 8, !isReversed)
    }
    return isSigned ? BigInt.asIntN(width * 8, value) : value
  })
}

const dayMs = 86_400_000

function dateValues(type: DataType, values: Uint32Array, { dates }: ValueOptions): unknown[] {
  if (dates === 'string') return mapped(values, value => type.print(value))
  const unit = type.kind === 'DateTime' ? 1000 : dayMs
  return mapped(values, value => new Date(value * unit))
}

function ticksValues(type: DateTime64Type, bytes: Uint8Array, { dates }: ValueOptions): unknown[] {
  const ticks = typedNumbers(type, bytes) as BigInt64Array
  if (dates === 'string') return mapped(ticks, value => type.print(value))
  if (type.scale <= 3) return mapped(ticks, value => new Date(Number(value) * 10 ** (3 - type.scale)))
  const unit = 10n ** BigInt(type.scale - 3)
  // Rounded down, also before 1970.
  return mapped(ticks, value => new Date(Number((value - (((value % unit) + unit) % unit)) / unit)))
}

const latin = new TextDecoder('utf-8', { ignoreBOM: true })

function fixedStrings(width: number, bytes: Uint8Array, rows: number, { strings }: ValueOptions): unknown[] {
  const decode = strings === 'lossless' ? decodeText : (piece: Uint8Array) => latin.decode(piece)
  return Array.from({ length: rows }, (_, row) => {
    const piece = bytes.subarray(row * width, (row + 1) * width)
    return strings === 'bytes' ? piece.slice() : decode(piece)
  })
}

const hexBytes = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Each half has its lowest byte first. */
const uuidOrder = [7, 6, 5, 4, -1, 3, 2, -1, 1, 0, -1, 15, 14, -1, 13, 12, 11, 10, 9, 8]

function uuids(bytes: Uint8Array, rows: number): string[] {
  return Array.from({ length: rows }, (_, row) => {
    let text = ''
    for (const at of uuidOrder) text += at < 0 ? '-' : hexBytes[bytes[row * 16 + at]]
    return text
  })
}

function decimals(type: DecimalType, bytes: Uint8Array, rows: number): string[] {
  if (type.width <= 8) return mapped(typedNumbers(type, bytes) as BigInt64Array, value => type.print(value))
  return wideIntegers(bytes, rows, type.width, true, false).map(value => type.print(value))
}
