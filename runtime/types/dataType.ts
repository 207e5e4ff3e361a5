import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import type { Value } from './value.ts'

/** How a packed value looks in memory; also the suffix of the kernels for it. */
export type Physical =
  | 'U8'
  | 'U16'
  | 'U32'
  | 'U64'
  | 'U128'
  | 'U256'
  | 'I8'
  | 'I16'
  | 'I32'
  | 'I64'
  | 'I128'
  | 'I256'
  | 'F32'
  | 'F64'
  | 'Bytes' // FixedString, IPv6: compared byte by byte

export type Kind =
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'UInt128'
  | 'UInt256'
  | 'Int8'
  | 'Int16'
  | 'Int32'
  | 'Int64'
  | 'Int128'
  | 'Int256'
  | 'Float32'
  | 'Float64'
  | 'Bool'
  | 'String'
  | 'FixedString'
  | 'Date'
  | 'Date32'
  | 'DateTime'
  | 'DateTime64'
  | 'Decimal'
  | 'UUID'
  | 'IPv4'
  | 'IPv6'
  | 'Enum8'
  | 'Enum16'
  | 'Interval'
  | 'Nothing'
  | 'Nullable'
  | 'LowCardinality'
  | 'Array'
  | 'Tuple'
  | 'Map'
  | 'AggregateFunction'

/**
 * A data type: its canonical name, its default, and one value's text and binary forms. What handles whole columns is in columns/;
 * two types are the same type when their names are equal.
 */
export abstract class DataType {
  abstract readonly kind: Kind
  /** As ClickHouse prints it: `Decimal(9, 2)`, `Array(Nullable(UInt8))`. */
  abstract readonly name: string
  /** Bytes of a packed value, 0 where values are not packed (String, Array, ...). */
  readonly width: number = 0
  /** null where values are not packed. */
  readonly physical: Physical | null = null

  /** What a column holds where nothing was given. */
  abstract readonly default: Value

  /** One value as bytes: RowBinary, primary.idx, partition.dat, minmax (part format, "single value"). */
  abstract writeBinary(writer: ByteWriter, value: Value): void
  abstract readBinary(reader: ByteReader): Value

  /** Text as at top level of TabSeparated, before escaping: `abc`, `2018-12-21`, `['a']`, `NULL` is \N by the format. */
  abstract print(value: Value): string
  /** Text as inside arrays and tuples: quoted where it is not a number. */
  printQuoted(value: Value): string {
    return this.print(value)
  }
  /** The inverse of print. Errors: CANNOT_PARSE_TEXT and its kin. */
  abstract parse(text: string): Value

  get isNullable(): boolean {
    return false
  }

  /** What values are, where the name says more than that: T of SimpleAggregateFunction(f, T). */
  readonly plain?: DataType

  equals(other: DataType): boolean {
    return (this.plain ?? this).name === (other.plain ?? other).name
  }

  toString(): string {
    return this.name
  }
}

/** 'it\'s' as inside arrays: single quotes, backslash escapes. */
export function quoteText(text: string): string {
  let quoted = "'"
  for (const char of text) quoted += escapes.get(char) ?? char
  return quoted + "'"
}

const escapes = new Map([
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\r', '\\r'],
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\0', '\\0'],
  ["'", "\\'"],
  ['\\', '\\\\'],
])
