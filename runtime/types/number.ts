import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, type Kind, type Physical } from './dataType.ts'
import type { Value } from './value.ts'

/** (U)Int8 to (U)Int256. */
export class IntegerType extends DataType {
  override readonly kind: Kind
  override readonly name: string
  override readonly width: number
  override readonly physical: Physical
  override readonly default: Value
  readonly min: bigint
  readonly max: bigint

  constructor(
    readonly bits: 8 | 16 | 32 | 64 | 128 | 256,
    readonly isSigned: boolean,
  ) {
    super()
    this.kind = `${isSigned ? 'Int' : 'UInt'}${bits}`
    this.name = this.kind
    this.width = bits / 8
    this.physical = `${isSigned ? 'I' : 'U'}${bits}`
    this.default = bits > 32 ? 0n : 0
    this.min = isSigned ? -(1n << BigInt(bits - 1)) : 0n
    this.max = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n
  }

  /** Wraps to the type's range. */
  wrap(value: bigint): Value {
    const wrapped = this.isSigned ? BigInt.asIntN(this.bits, value) : BigInt.asUintN(this.bits, value)
    return this.bits > 32 ? wrapped : Number(wrapped)
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.integer(BigInt(value as number), this.width)
  }

  readBinary(reader: ByteReader): Value {
    const value = this.isSigned ? reader.signed(this.width) : reader.unsigned(this.width)
    return this.bits > 32 ? value : Number(value)
  }

  print(value: Value): string {
    return String(value)
  }

  parse(text: string): Value {
    if (!/^[+-]?\d+$/.test(text))
      throw new DBError('CANNOT_PARSE_TEXT', `Cannot parse ${JSON.stringify(text)} as ${this.name}`)
    return this.wrap(BigInt(text.replace('+', '')))
  }
}

/** Float32, Float64. */
export class FloatType extends DataType {
  override readonly kind: Kind
  override readonly name: string
  override readonly width: number
  override readonly physical: Physical
  override readonly default = 0

  constructor(readonly bits: 32 | 64) {
    super()
    this.kind = `Float${bits}`
    this.name = this.kind
    this.width = bits / 8
    this.physical = `F${bits}`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    if (this.bits === 32) writer.f32(value as number)
    else writer.f64(value as number)
  }

  readBinary(reader: ByteReader): Value {
    return this.bits === 32 ? reader.f32() : reader.f64()
  }

  print(value: Value): string {
    return printFloat(value as number, this.bits)
  }

  parse(text: string): Value {
    const lower = text.toLowerCase().replace(/^\+/, '')
    if (/^-?inf(inity)?$/.test(lower)) return lower.startsWith('-') ? -Infinity : Infinity
    if (/^-?nan$/.test(lower)) return Number.NaN
    if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(lower))
      throw new DBError('CANNOT_PARSE_NUMBER', `Cannot parse ${JSON.stringify(text)} as ${this.name}`)
    return this.bits === 32 ? Math.fround(Number(lower)) : Number(lower)
  }
}

/** The shortest digits that read back the same; fixed notation from 1e-6 up to 1e21, as ClickHouse prints. */
export function printFloat(value: number, bits: 32 | 64 = 64): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0'
  if (bits === 64) return String(value).replace('e+', 'e')
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short).replace('e+', 'e')
  }
  return String(value).replace('e+', 'e')
}

/** 0 and 1, printed as false and true. */
export class BoolType extends DataType {
  override readonly kind = 'Bool'
  override readonly name = 'Bool'
  override readonly width = 1
  override readonly physical = 'U8'
  override readonly default = 0

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u8(value ? 1 : 0)
  }

  readBinary(reader: ByteReader): Value {
    return reader.u8() ? 1 : 0
  }

  print(value: Value): string {
    return value ? 'true' : 'false'
  }

  parse(text: string): Value {
    if (/^(1|t|true|y|yes|on|enable|enabled)$/i.test(text)) return 1
    if (/^(0|f|false|n|no|off|disable|disabled)$/i.test(text)) return 0
    throw new DBError('CANNOT_PARSE_BOOL', `Cannot parse ${JSON.stringify(text)} as Bool: true or false is expected`)
  }
}

/** The type of NULL and of the empty array's elements: no value but the default. */
export class NothingType extends DataType {
  override readonly kind = 'Nothing'
  override readonly name = 'Nothing'
  override readonly width = 1
  override readonly physical = 'U8'
  override readonly default = 0

  writeBinary(): void {}

  readBinary(): Value {
    return 0
  }

  print(): string {
    return ''
  }

  parse(text: string): Value {
    throw new DBError('CANNOT_PARSE_TEXT', `Nothing has no values, so ${JSON.stringify(text)} is none`)
  }
}

const units = [
  'Nanosecond',
  'Microsecond',
  'Millisecond',
  'Second',
  'Minute',
  'Hour',
  'Day',
  'Week',
  'Month',
  'Quarter',
  'Year',
] as const
export type IntervalUnit = (typeof units)[number]
export const intervalUnits: readonly IntervalUnit[] = units

/** IntervalDay and its kin: a signed count of the unit. */
export class IntervalType extends DataType {
  override readonly kind = 'Interval'
  override readonly name: string
  override readonly width = 8
  override readonly physical = 'I64'
  override readonly default = 0n

  constructor(readonly unit: IntervalUnit) {
    super()
    this.name = `Interval${unit}`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.integer(BigInt(value as bigint), 8)
  }

  readBinary(reader: ByteReader): Value {
    return reader.i64()
  }

  print(value: Value): string {
    return String(value)
  }

  parse(text: string): Value {
    if (!/^[+-]?\d{1,19}$/.test(text))
      throw new DBError('CANNOT_PARSE_TEXT', `Cannot parse ${this.name} from '${text}'`)
    return BigInt.asIntN(64, BigInt(text))
  }
}
