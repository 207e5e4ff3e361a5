// Which type arithmetic gives. Sums and products of integers get the next wider type, so that they rarely wrap.
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import type { EnumType } from '../types/enum.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { decimalPrecisionMax } from '../types/commonType.ts'
import { parseType } from '../types/parseType.ts'

export type NumericOperation =
  | 'plus'
  | 'minus'
  | 'multiply'
  | 'divide'
  | 'intDiv'
  | 'modulo'
  | 'positiveModulo'
  | 'bit'
  | 'gcd'

/** An integer or a float; Bool counts as UInt8. */
export const isNumber = (type: DataType): boolean =>
  type instanceof IntegerType || type instanceof FloatType || type.kind === 'Bool'

export const isNumberOrDecimal = (type: DataType): boolean => isNumber(type) || type instanceof DecimalType

export const isInteger = (type: DataType): boolean => type instanceof IntegerType || type.kind === 'Bool'

/** The integer type behind a type that is stored as one: itself, UInt8 of Bool, Int8 of Enum8, UInt32 of IPv4, ... */
export function storedInteger(type: DataType): IntegerType | null {
  if (type instanceof IntegerType) return type
  switch (type.kind) {
    case 'Bool':
      return parseType('UInt8') as IntegerType
    case 'Enum8':
    case 'Enum16':
      return parseType(`Int${(type as EnumType).bits}`) as IntegerType
    case 'IPv4':
    case 'DateTime':
      return parseType('UInt32') as IntegerType
    case 'Date':
      return parseType('UInt16') as IntegerType
    case 'Date32':
      return parseType('Int32') as IntegerType
    case 'Interval':
    case 'DateTime64':
      return parseType('Int64') as IntegerType
    default:
      return null
  }
}

const integer = (isSigned: boolean, bits: number): DataType => parseType(`${isSigned ? 'Int' : 'UInt'}${bits}`)
const wider = (bits: number): number => (bits < 64 ? bits * 2 : bits)

/** The type of `a operation b` for numbers and decimals, or null where there is none. */
export function binaryNumericResult(operation: NumericOperation, a: DataType, b: DataType): DataType | null {
  if (a instanceof DecimalType || b instanceof DecimalType) return decimalResult(operation, a, b)
  if (!isNumber(a) || !isNumber(b)) return null
  if (operation === 'divide') return parseType('Float64')
  const [x, y] = [storedInteger(a), storedInteger(b)]
  if (operation === 'intDiv') {
    const bits = x?.bits ?? (a as FloatType).bits
    return integer(!x || !y || x.isSigned || y.isSigned, bits)
  }
  if (!x || !y) {
    if (operation === 'bit' || operation === 'gcd') return null
    const isModulo = operation === 'modulo' || operation === 'positiveModulo'
    if (!isModulo && Math.max(x?.bits ?? 0, y?.bits ?? 0) > 64) return null
    return parseType('Float64')
  }
  const bits = Math.max(x.bits, y.bits)
  const isSigned = x.isSigned || y.isSigned
  switch (operation) {
    case 'plus':
    case 'multiply':
    case 'gcd':
      return integer(isSigned, wider(bits))
    case 'minus':
      return integer(true, wider(bits))
    case 'modulo':
      return x.isSigned ? integer(true, wider(y.bits)) : integer(false, y.bits)
    case 'positiveModulo':
      return integer(false, y.bits)
    case 'bit':
      return integer(isSigned, bits)
  }
}

/** Of decimals: the wider one's size; scales grow to the larger one, add up in products, and stay the dividend's in quotients. */
function decimalResult(operation: NumericOperation, a: DataType, b: DataType): DataType | null {
  if (a instanceof FloatType || b instanceof FloatType)
    return operation === 'bit' || operation === 'gcd'
      ? null
      : operation === 'intDiv'
        ? integer(true, a.width * 8)
        : parseType('Float64')
  if (!isNumberOrDecimal(a) || !isNumberOrDecimal(b)) return null
  if (operation === 'intDiv') {
    const width = a instanceof DecimalType ? a.width : storedInteger(a)!.width
    return integer(true, width * 8)
  }
  // An integer takes the other side's size, whatever its own.
  const width = Math.max(a instanceof DecimalType ? a.width : 0, b instanceof DecimalType ? b.width : 0)
  const [s, t] = [a instanceof DecimalType ? a.scale : 0, b instanceof DecimalType ? b.scale : 0]
  const precision = decimalPrecisionMax(width)
  switch (operation) {
    case 'plus':
    case 'minus':
    case 'modulo':
    case 'positiveModulo':
      return new DecimalType(precision, Math.max(s, t))
    case 'multiply':
      return s + t <= precision ? new DecimalType(precision, s + t) : null
    case 'divide':
      return new DecimalType(precision, a instanceof DecimalType ? s : t)
    default:
      return null
  }
}

/** The type of -x, or null. */
export function negateResult(type: DataType): DataType | null {
  if (type instanceof FloatType || type instanceof DecimalType || type.kind === 'Interval') return type
  const x = storedInteger(type)
  if (!x || !isNumber(type)) return null
  return integer(true, x.isSigned ? x.bits : wider(x.bits))
}

/** The type of |x|, or null. */
export function absResult(type: DataType): DataType | null {
  if (type instanceof FloatType || type instanceof DecimalType) return type
  const x = storedInteger(type)
  return x && isNumber(type) ? integer(false, x.bits) : null
}
