// The least type that holds every value of several types: what arrays, if(), UNION and CASE give.
import { DBError } from '../core/errors.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from './compound.ts'
import type { DataType } from './dataType.ts'
import { DateTime64Type, type DateTimeType } from './date.ts'
import { DecimalType } from './decimal.ts'
import type { EnumType } from './enum.ts'
import { FloatType, IntegerType } from './number.ts'
import { parseType } from './parseType.ts'

/** NO_COMMON_TYPE where there is none. No types at all: Nothing. */
export function commonType(types: readonly DataType[]): DataType {
  const [first] = types
  if (first === undefined) return parseType('Nothing')
  if (types.every(type => type.equals(first))) return first
  const given = types.filter(type => type.kind !== 'Nothing')
  if (given.length < types.length) return commonType(given)
  if (given.every(type => type instanceof LowCardinalityType))
    return new LowCardinalityType(commonType(given.map(type => (type as LowCardinalityType).inner)))
  const isNullable = given.some(type => type.isNullable)
  if (isNullable || given.some(type => type instanceof LowCardinalityType)) {
    const common = commonType(given.map(plain).filter(type => type.kind !== 'Nothing'))
    if (!isNullable || ['Array', 'Map'].includes(common.kind)) return common
    return new NullableType(common)
  }
  return (
    commonOfCompound(given) ?? commonOfTimes(given) ?? commonOfTexts(given) ?? commonOfNumbers(given) ?? fail(given)
  )
}

/** Without LowCardinality and Nullable. */
function plain(type: DataType): DataType {
  if (type instanceof LowCardinalityType) return plain(type.inner)
  return type instanceof NullableType ? type.inner : type
}

function fail(types: readonly DataType[]): never {
  const names = [...new Set(types.map(type => type.name))].join(', ')
  throw new DBError('NO_COMMON_TYPE', `There is no supertype for types ${names}`)
}

function commonOfCompound(types: readonly DataType[]): DataType | null {
  if (types.every(type => type instanceof ArrayType)) return new ArrayType(commonType(types.map(type => type.element)))
  if (types.every(type => type instanceof MapType))
    return new MapType(commonType(types.map(type => type.key)), commonType(types.map(type => type.value)))
  if (types.every(type => type instanceof TupleType)) {
    const { elements, names } = types[0]
    if (types.some(type => type.elements.length !== elements.length)) fail(types)
    const sameNames = types.every(type => String(type.names) === String(names))
    const common = elements.map((_, i) => commonType(types.map(type => type.elements[i])))
    return new TupleType(common, sameNames ? names : null)
  }
  return null
}

const timeKinds = ['Date', 'Date32', 'DateTime', 'DateTime64']

function commonOfTimes(types: readonly DataType[]): DataType | null {
  if (!types.every(type => timeKinds.includes(type.kind))) return null
  const wide = types.filter(type => type instanceof DateTime64Type)
  if (wide.length > 0) {
    const scale = Math.max(...wide.map(type => type.scale))
    const zone = wide.every(type => type.zoneName === wide[0].zoneName) ? wide[0].zoneName : null
    return new DateTime64Type(scale, zone, wide[0].zone)
  }
  const dateTime = types.find(type => type.kind === 'DateTime') as DateTimeType | undefined
  const hasDate32 = types.some(type => type.kind === 'Date32')
  if (dateTime && hasDate32) return new DateTime64Type(0, null, dateTime.zone)
  return dateTime ?? parseType(hasDate32 ? 'Date32' : 'Date')
}

const textKinds = ['String', 'FixedString', 'Enum8', 'Enum16']

function commonOfTexts(types: readonly DataType[]): DataType | null {
  if (!types.every(type => textKinds.includes(type.kind))) return null
  if (types.every(type => type.kind.startsWith('Enum'))) return null // as numbers
  return parseType('String')
}

/** Integers (Bool, Enum and IPv4 as what they are stored in), floats, decimals, intervals. */
function commonOfNumbers(types: readonly DataType[]): DataType | null {
  const interval = types.find(type => type.kind === 'Interval')
  if (interval) {
    const others = types.filter(type => type.kind === 'Interval' && !type.equals(interval))
    return others.length === 0 && types.every(type => type === interval || integerOf(type)) ? interval : null
  }
  const decimals = types.filter(type => type instanceof DecimalType)
  const floats = types.filter(type => type instanceof FloatType)
  const integers = types.flatMap(type => integerOf(type) ?? [])
  if (decimals.length + floats.length + integers.length < types.length) return null
  if (decimals.length > 0) return floats.length > 0 ? null : commonDecimal(decimals, integers)
  if (floats.length === 0) return commonInteger(integers)
  const widest = Math.max(0, ...integers.map(type => type.bits))
  if (widest > 32) return null
  return parseType(widest > 16 || floats.some(type => type.bits === 64) ? 'Float64' : 'Float32')
}

function integerOf(type: DataType): IntegerType | null {
  if (type instanceof IntegerType) return type
  if (type.kind === 'Bool') return parseType('UInt8') as IntegerType
  if (type.kind === 'IPv4') return parseType('UInt32') as IntegerType
  if (type.kind === 'Enum8' || type.kind === 'Enum16') return parseType(`Int${(type as EnumType).bits}`) as IntegerType
  return null
}

/** null for 64-bit (or 256-bit) unsigned beside signed: no type of that size holds both. */
function commonInteger(types: readonly IntegerType[]): DataType | null {
  const widest = (isSigned: boolean) =>
    Math.max(0, ...types.filter(type => type.isSigned === isSigned).map(type => type.bits))
  const [signed, unsigned] = [widest(true), widest(false)]
  if (signed === 0) return parseType(`UInt${unsigned}`)
  if (unsigned < signed) return parseType(`Int${signed}`)
  if (unsigned === 64 || unsigned === 256) return null
  return parseType(`Int${unsigned * 2}`)
}

function commonDecimal(decimals: readonly DecimalType[], integers: readonly IntegerType[]): DataType | null {
  const scale = Math.max(...decimals.map(type => type.scale))
  const width = Math.max(
    ...decimals.map(type => type.width),
    ...integers.map(type => (type.bits <= 16 ? 4 : type.bits === 32 ? 8 : type.bits === 64 ? 16 : 32)),
  )
  return new DecimalType(decimalPrecisionMax(width), scale)
}

/** Digits that a decimal of so many bytes has. */
export function decimalPrecisionMax(width: number): number {
  return width <= 4 ? 9 : width === 8 ? 18 : width === 16 ? 38 : 76
}
