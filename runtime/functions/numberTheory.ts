// Digits, bytes and primes of integers.
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const UInt8 = parseType('UInt8')
const isWhole = (type: DataType): boolean => type instanceof DecimalType || isInteger(type)
const isUnsigned = (type: DataType): boolean => type instanceof IntegerType && !type.isSigned
const magnitude = (value: Value): string => {
  const whole = BigInt(value as number)
  return String(whole < 0n ? -whole : whole)
}

const byteSwap = defineFunction({
  name: 'byteSwap',
  caseInsensitive: true,
  about: 'The bytes of an integer in the opposite order.',
  category: 'Arithmetic',
  arguments: [{ name: 'x', accepts: type => type instanceof IntegerType && type.bits <= 64 }],
  returns: ([x]) => x.type,
  run: ([x], { type, rows, arena }) => {
    const { pointer } = x as FixedColumn
    const { width } = type
    const out = arena.allocate(rows * width)
    const { u8 } = arena.memory
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < width; k++) u8[out + row * width + k] = u8[pointer + (row + 1) * width - 1 - k]
    return new FixedColumn(type, arena.memory, out, rows)
  },
  examples: [['SELECT byteSwap(3351772109)', '3455829959']],
})

const countDigits = defineRowwise({
  name: 'countDigits',
  about: 'How many decimal digits an integer has, or a decimal with its scale.',
  category: 'Other',
  arguments: [{ name: 'x', accepts: isWhole }],
  returns: UInt8,
  row: ([x]) => magnitude(x).length,
  example: ['SELECT countDigits(-123)', '3'],
})

const digits = defineRowwise({
  name: 'digits',
  about: 'Decimal digits of an integer, from a place (from the end where negative), so many or all.',
  category: 'Other',
  arguments: [
    { name: 'x', accepts: isInteger },
    { name: 'offset', accepts: isInteger },
    { name: 'length', accepts: isInteger, optional: true },
  ],
  returns: parseType('UInt64'),
  row: ([x, offset, length]) => {
    const text = magnitude(x)
    const place = Number(offset)
    if (place === 0) throw new DBError('ZERO_ARRAY_OR_TUPLE_INDEX', 'Places of digits are counted from 1')
    const start = place > 0 ? place - 1 : text.length + place
    const size = length === undefined ? text.length : Number(length)
    const end = size < 0 ? text.length + size : start + size
    const picked = text.slice(Math.max(0, start), Math.max(0, end))
    return BigInt.asUintN(64, BigInt(picked || 0))
  },
  example: ['SELECT digits(1234567890, 7, 2)', '78'],
})

const isDecimalOverflow = defineRowwise({
  name: 'isDecimalOverflow',
  about: 'Whether a decimal has more digits than a precision, or than its own type.',
  category: 'Other',
  arguments: [
    { name: 'x', accepts: type => type instanceof DecimalType },
    { name: 'precision', accepts: isInteger, optional: true },
  ],
  returns: UInt8,
  row: ([x, precision], { arguments: infos }) => {
    const own = (infos[0].type as DecimalType).precision
    return Number(magnitude(x).length > (precision === undefined ? own : Number(precision)))
  },
  example: ['SELECT isDecimalOverflow(toDecimal32(1000000000, 0), 9)', '1'],
})

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square, rest] = [1n, base % modulus, exponent]
  while (rest > 0n) {
    if (rest & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
    rest >>= 1n
  }
  return result
}

const smallPrimes = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n]

/** Miller and Rabin's test by some bases; by the first twelve primes it errs on no number below 2^64. */
function passesMillerRabin(n: bigint, bases: readonly bigint[]): boolean {
  if (n < 2n) return false
  for (const prime of smallPrimes) if (n % prime === 0n) return n === prime
  let odd = n - 1n
  let twos = 0
  while (!(odd & 1n)) {
    odd >>= 1n
    twos++
  }
  return bases.every(base => {
    let x = power(base, odd, n)
    if (x === 1n || x === n - 1n) return true
    for (let k = 1; k < twos; k++) {
      x = (x * x) % n
      if (x === n - 1n) return true
    }
    return false
  })
}

const isPrime = defineRowwise({
  name: 'isPrime',
  about: 'Whether an unsigned integer of up to 64 bits is a prime.',
  category: 'Mathematical',
  arguments: [{ name: 'x', accepts: type => isUnsigned(type) && type.width <= 8 }],
  returns: UInt8,
  row: ([x]) => Number(passesMillerRabin(BigInt(x as number), smallPrimes)),
  example: ['SELECT isPrime(17), isPrime(18)', '1\t0'],
})

const isProbablePrime = defineRowwise({
  name: 'isProbablePrime',
  about:
    'Whether an unsigned integer is a prime by so many rounds of a test that may take a composite one for a prime.',
  category: 'Mathematical',
  arguments: [
    { name: 'x', accepts: isUnsigned },
    { name: 'rounds', accepts: isUnsigned, constant: true, optional: true },
  ],
  returns: ([, rounds]) => {
    const count = Number(rounds?.constant ?? 25)
    if (count < 1 || count > 256)
      throw new DBError('ARGUMENT_OUT_OF_BOUND', 'Rounds of function isProbablePrime must be from 1 to 256')
    return UInt8
  },
  row: ([x, rounds]) => {
    const n = BigInt(x as number)
    const extra = Array.from({ length: Math.max(0, Number(rounds ?? 25) - smallPrimes.length) }, (_, k) =>
      BigInt(41 + 2 * k),
    )
    return Number(passesMillerRabin(n, n < 1n << 64n ? smallPrimes : [...smallPrimes, ...extra]))
  },
  example: ["SELECT isProbablePrime(toUInt128('170141183460469231731687303715884105727'))", '1'],
})

export const numberTheory: readonly FunctionDefinition[] = [
  byteSwap,
  countDigits,
  digits,
  isDecimalOverflow,
  isPrime,
  isProbablePrime,
]
