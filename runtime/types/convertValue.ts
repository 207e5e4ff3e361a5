import { DBError } from '../core/errors.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from './compound.ts'
import type { DataType } from './dataType.ts'
import { DateTime64Type, DateTimeType } from './date.ts'
import { DecimalType } from './decimal.ts'
import { FloatType, IntegerType } from './number.ts'
import { parseType } from './parseType.ts'
import type { Value } from './value.ts'

/**
 * A constant of one type as a constant of another, exactly: undefined where the target has no equal value (300 as UInt8, 1.5 as
 * Int32, NULL as UInt8). Text is parsed by the target's rules, and its errors are thrown. For comparisons, IN sets and key bounds.
 */
export function convertValue(value: Value, from: DataType, to: DataType): Value | undefined {
  if (from.name === to.name) return value
  if (to instanceof LowCardinalityType) return convertValue(value, from, to.inner)
  if (from instanceof LowCardinalityType) return convertValue(value, from.inner, to)
  if (value === null) return to.isNullable ? null : undefined
  if (to instanceof NullableType) return convertValue(value, from, to.inner)
  if (from instanceof NullableType) return convertValue(value, from.inner, to)
  if (to instanceof ArrayType && from instanceof ArrayType)
    return convertAll(
      value as Value[],
      () => from.element,
      () => to.element,
    )
  if (to instanceof TupleType && from instanceof TupleType) {
    if (from.elements.length !== to.elements.length)
      throw new DBError(
        'INCORRECT_ELEMENT_OF_SET',
        `Incorrect size of tuple in set: ${from.elements.length} instead of ${to.elements.length}`,
      )
    return convertAll(
      value as Value[],
      i => from.elements[i],
      i => to.elements[i],
    )
  }
  if (to instanceof MapType && from instanceof MapType) return convertValue(value, from.pairs, to.pairs)
  if (isText(from) && isText(to)) return to.kind === 'FixedString' ? to.parse(value as string) : value
  if (isText(from)) return to.parse(value as string)
  if (isText(to)) return undefined
  return convertNumber(value as number | bigint, from, to)
}

const isText = (type: DataType) => type.kind === 'String' || type.kind === 'FixedString'

function convertAll(values: Value[], from: (i: number) => DataType, to: (i: number) => DataType): Value[] | undefined {
  const converted: Value[] = []
  for (const [i, value] of values.entries()) {
    const element = convertValue(value, from(i), to(i))
    if (element === undefined) return undefined
    converted.push(element)
  }
  return converted
}

/** Numbers, dates and the like: by their numeric value, where dates become midnight of the zone. */
function convertNumber(value: number | bigint, from: DataType, to: DataType): Value | undefined {
  if (from.kind === 'Date' && (to instanceof DateTimeType || to instanceof DateTime64Type)) {
    const second = to.zone.fromLocal(Number(value) * 86400)
    return to instanceof DateTimeType ? second : BigInt(second) * 10n ** BigInt(to.scale)
  }
  if (from instanceof DateTimeType && to instanceof DateTime64Type) return BigInt(value) * 10n ** BigInt(to.scale)
  if (from instanceof DecimalType || to instanceof DecimalType) return convertDecimal(value, from, to)
  if (to instanceof FloatType) {
    const number = Number(value)
    if (typeof value === 'bigint' && BigInt(number) !== value) return undefined
    return to.bits === 32 && Math.fround(number) !== number && !Number.isNaN(number) ? undefined : number
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return undefined
  const integer = BigInt(value)
  if (to instanceof IntegerType) return integer < to.min || integer > to.max ? undefined : to.wrap(integer)
  if (to.kind === 'Bool') return integer === 0n || integer === 1n ? Number(integer) : undefined
  if (to.kind === 'Date') return integer < 0n || integer > 65535n ? undefined : Number(integer)
  if (to.kind === 'DateTime' || to.kind === 'IPv4')
    return integer < 0n || integer > 4294967295n ? undefined : Number(integer)
  if (to.kind === 'Date32' || to.kind === 'Enum8' || to.kind === 'Enum16') return Number(integer)
  if (to instanceof DateTime64Type) return integer * 10n ** BigInt(to.scale)
  if (to.kind === 'Interval' || to.kind === 'UUID' || to.kind === 'IPv6') return integer
  return undefined
}

function convertDecimal(value: number | bigint, from: DataType, to: DataType): Value | undefined {
  if (to instanceof DecimalType) {
    if (from instanceof DecimalType) return rescale(BigInt(value), from.scale, to)
    if (typeof value === 'bigint' || Number.isInteger(value)) return rescale(BigInt(value), 0, to)
    if (!Number.isFinite(value)) return undefined
    const unscaled = to.parse(String(value)) as bigint
    return Number(to.print(unscaled)) === value ? unscaled : undefined
  }
  const { scale } = from as DecimalType
  const unit = 10n ** BigInt(scale)
  if (to instanceof FloatType) return Number(value) / Number(unit)
  if (BigInt(value) % unit !== 0n) return undefined
  return convertNumber(BigInt(value) / unit, parseType('Int256'), to)
}

function rescale(unscaled: bigint, scale: number, to: DecimalType): Value | undefined {
  let result = unscaled
  if (to.scale >= scale) result *= 10n ** BigInt(to.scale - scale)
  else {
    const unit = 10n ** BigInt(scale - to.scale)
    if (result % unit !== 0n) return undefined
    result /= unit
  }
  const limit = 10n ** BigInt(to.precision)
  return result >= limit || result <= -limit ? undefined : result
}

/** The type of a literal's value, as small as it can be: 1 is UInt8, -1 Int8, 1.5 Float64. */
export function integerTypeName(value: bigint): string {
  if (value >= 0n) {
    for (const bits of [8n, 16n, 32n, 64n, 128n, 256n]) if (value < 1n << bits) return `UInt${bits}`
  } else for (const bits of [8n, 16n, 32n, 64n, 128n, 256n]) if (value >= -(1n << (bits - 1n))) return `Int${bits}`
  throw new DBError('ARGUMENT_OUT_OF_BOUND', `Number ${value} does not fit into 256 bits`)
}
