// Functions of real numbers, in Float64 whatever the argument.
import { constColumn } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { commonType } from '../types/commonType.ts'
import { asFloat64, asInt64, castColumn } from './castColumn.ts'
import { fixedOf, maskColumn, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger, isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { selectColumns } from './selectColumns.ts'

const category = 'Mathematical'
const Float64 = parseType('Float64')
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')
const number = { name: 'x', accepts: isNumberOrDecimal }

const unary = (
  name: string,
  f: (x: number) => number,
  about: string,
  aliases: readonly string[] = [],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [number],
    returns: () => Float64,
    run: ([x], { rows, arena }) => {
      const values = asFloat64(x, arena)
      const out = newFixed(Float64, rows, arena)
      const { f64 } = arena.memory
      const [from, to] = [values / 8, out.pointer / 8]
      for (let row = 0; row < rows; row++) f64[to + row] = f(f64[from + row])
      return out
    },
  })

const binary = (name: string, f: (x: number, y: number) => number, about: string, aliases: readonly string[] = []) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [number, { ...number, name: 'y' }],
    returns: () => Float64,
    run: ([x, y], { rows, arena }) => {
      const [a, b] = [asFloat64(x, arena) / 8, asFloat64(y, arena) / 8]
      const out = newFixed(Float64, rows, arena)
      const { f64 } = arena.memory
      for (let row = 0; row < rows; row++) f64[out.pointer / 8 + row] = f(f64[a + row], f64[b + row])
      return out
    },
  })

const constant = (name: string, value: number, about: string): FunctionDefinition =>
  defineFunction({
    name,
    caseInsensitive: true,
    about,
    category,
    arguments: [],
    returns: () => Float64,
    run: (_, { rows, arena }) => constColumn(Float64, value, rows, arena),
  })

const sqrt = defineFunction({
  name: 'sqrt',
  caseInsensitive: true,
  about: 'The square root.',
  category,
  arguments: [number],
  returns: () => Float64,
  run: ([x], { rows, arena }) => {
    const out = newFixed(Float64, rows, arena)
    arena.memory.kernels.sqrtF64(asFloat64(x, arena), out.pointer, rows)
    return out
  },
  examples: [['SELECT sqrt(9)', '3']],
})

const sign = defineFunction({
  name: 'sign',
  caseInsensitive: true,
  about: '-1, 0 or 1 as the number is.',
  category,
  arguments: [number],
  returns: () => parseType('Int8'),
  run: ([x], { type, rows, arena }) => {
    const { kernels } = arena.memory
    const { pointer, type: given } = fixedOf(x)
    const [zero, above, below] = [arena.allocateZeroed(32), arena.allocate(rows), arena.allocate(rows)]
    kernelNamed(kernels, `greaterConst${given.physical}`)(pointer, zero, above, rows)
    kernelNamed(kernels, `lessConst${given.physical}`)(pointer, zero, below, rows)
    const out = newFixed(type, rows, arena)
    const { i8 } = arena.memory
    for (let row = 0; row < rows; row++) i8[out.pointer + row] = i8[above + row] - i8[below + row]
    return out
  },
  examples: [['SELECT sign(-5), sign(0), sign(1.5)', '-1\t0\t1']],
})

const isFloatOrNumber = (name: 'isNaN' | 'isFinite' | 'isInfinite', test: (x: number) => boolean, about: string) =>
  defineFunction({
    name,
    caseInsensitive: name !== 'isNaN',
    about,
    category: 'Other',
    arguments: [{ name: 'x', accepts: isNumberOrDecimal }],
    returns: () => UInt8,
    run: ([x], { rows, arena }) => {
      const out = arena.allocate(rows)
      const { type } = x
      if (!(type instanceof FloatType)) arena.memory.u8.fill(Number(name === 'isFinite'), out, out + rows)
      else {
        const values = asFloat64(x, arena) / 8
        const { f64, u8 } = arena.memory
        for (let row = 0; row < rows; row++) u8[out + row] = Number(test(f64[values + row]))
      }
      return maskColumn(out, rows, arena)
    },
  })

const ifNotFinite = defineFunction({
  name: 'ifNotFinite',
  about: 'x where it is finite, else the other.',
  category: 'Other',
  arguments: [
    { name: 'x', accepts: type => type instanceof FloatType },
    { name: 'otherwise', accepts: isNumber },
  ],
  returns: args => commonType(args.map(argument => argument.type)),
  run: ([x, otherwise], { type, rows, arena }) => {
    const values = asFloat64(x, arena) / 8
    const mask = arena.allocate(rows)
    const { f64, u8 } = arena.memory
    for (let row = 0; row < rows; row++) u8[mask + row] = Number(Number.isFinite(f64[values + row]))
    return selectColumns(
      mask,
      castColumn(x, type, arena).full(arena),
      castColumn(otherwise, type, arena).full(arena),
      arena,
    )
  },
  examples: [['SELECT ifNotFinite(1 / 0, 5)', '5']],
})

const intPower = (name: 'intExp2' | 'intExp10', base: bigint, most: number, about: string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'x', accepts: isNumber }],
    returns: () => UInt64,
    run: ([x], { rows, arena }) => {
      const exponents = asInt64(x, arena) / 8
      const out = newFixed(UInt64, rows, arena)
      const { i64, u64 } = arena.memory
      for (let row = 0; row < rows; row++) {
        const exponent = Number(i64[exponents + row])
        u64[out.pointer / 8 + row] = exponent < 0 ? 0n : exponent > most ? 2n ** 64n - 1n : base ** BigInt(exponent)
      }
      return out
    },
    examples: [example],
  })

const factorial = defineFunction({
  name: 'factorial',
  caseInsensitive: true,
  about: 'The factorial; 1 for what is below 1; beyond 20 it is an error.',
  category,
  arguments: [{ name: 'n', accepts: isInteger }],
  returns: () => UInt64,
  run: ([n], { rows, arena }) => {
    const values = asInt64(n, arena) / 8
    const out = newFixed(UInt64, rows, arena)
    const { i64, u64 } = arena.memory
    for (let row = 0; row < rows; row++) {
      if (i64[values + row] > 20n)
        throw new DBError('BAD_ARGUMENTS', 'The maximum value for the input argument of function factorial is 20')
      let result = 1n
      for (let k = 2n; k <= i64[values + row]; k++) result *= k
      u64[out.pointer / 8 + row] = result
    }
    return out
  },
  examples: [['SELECT factorial(5)', '120']],
})

/** The error function: its series near zero, the continued fraction of erfc far from it. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x
  if (Math.abs(x) > 2.5) return x > 0 ? 1 - erfc(x) : erfc(-x) - 1
  let term = x
  let sum = x
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n
    const part = term / (2 * n + 1)
    sum += part
    if (Math.abs(part) < 1e-17 * Math.abs(sum)) break
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

export function erfc(x: number): number {
  if (Number.isNaN(x)) return x
  if (x < 2.5) return 1 - erf(x)
  if (x > 27.3) return 0
  // Lentz's method on x + (1/2)/(x + 1/(x + (3/2)/(x + ...))).
  let [f, c, d] = [x, x, 0]
  for (let n = 1; n < 500; n++) {
    const a = n / 2
    d = 1 / (x + a * d)
    c = x + a / c
    const delta = c * d
    f *= delta
    if (Math.abs(delta - 1) < 1e-16) break
  }
  return Math.exp(-x * x) / (f * Math.sqrt(Math.PI))
}

const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

export function lgamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return x === 0 ? Number.POSITIVE_INFINITY : Number.NaN
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x)
  if (x === 1 || x === 2) return 0
  const z = x - 1
  let sum = lanczos[0]
  for (let i = 1; i < lanczos.length; i++) sum += lanczos[i] / (z + i)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

export function tgamma(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return x === 0 ? 1 / x : Number.NaN
    if (x <= 171) {
      let product = 1
      for (let k = 2; k < x; k++) product *= k
      return product
    }
    return Number.POSITIVE_INFINITY
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * tgamma(1 - x))
  return Math.exp(lgamma(x))
}

export const math: readonly FunctionDefinition[] = [
  unary('exp', Math.exp, 'e to the power of x.'),
  unary('exp2', x => 2 ** x, '2 to the power of x.'),
  unary('exp10', x => (Number.isInteger(x) ? Number(`1e${x}`) : 10 ** x), '10 to the power of x.'),
  unary('log', Math.log, 'The natural logarithm.', ['ln']),
  unary('log2', Math.log2, 'The logarithm to the base of 2.'),
  unary('log10', Math.log10, 'The logarithm to the base of 10.'),
  unary('log1p', Math.log1p, 'The natural logarithm of 1 + x.'),
  unary('expm1', Math.expm1, 'e to the power of x, less 1.'),
  sqrt,
  unary('cbrt', Math.cbrt, 'The cubic root.'),
  unary('erf', erf, 'The error function.'),
  unary('erfc', erfc, 'One less the error function.'),
  unary('lgamma', lgamma, 'The logarithm of the gamma function.'),
  unary('tgamma', tgamma, 'The gamma function.'),
  unary('sin', Math.sin, 'The sine.'),
  unary('cos', Math.cos, 'The cosine.'),
  unary('tan', Math.tan, 'The tangent.'),
  unary('asin', Math.asin, 'The arc sine.'),
  unary('acos', Math.acos, 'The arc cosine.'),
  unary('atan', Math.atan, 'The arc tangent.'),
  unary('sinh', Math.sinh, 'The hyperbolic sine.'),
  unary('cosh', Math.cosh, 'The hyperbolic cosine.'),
  unary('tanh', Math.tanh, 'The hyperbolic tangent.'),
  unary('asinh', Math.asinh, 'The inverse hyperbolic sine.'),
  unary('acosh', Math.acosh, 'The inverse hyperbolic cosine.'),
  unary('atanh', Math.atanh, 'The inverse hyperbolic tangent.'),
  unary('degrees', x => (x * 180) / Math.PI, 'Radians in degrees.'),
  unary('radians', x => (x * Math.PI) / 180, 'Degrees in radians.'),
  unary('sigmoid', x => 1 / (1 + Math.exp(-x)), '1 / (1 + e^-x).'),
  binary('pow', (x, y) => x ** y, 'x to the power of y.', ['power']),
  binary('atan2', Math.atan2, 'The angle of the point (y, x).'),
  binary('hypot', Math.hypot, 'The length of the hypotenuse.'),
  binary('max2', (x, y) => (Number.isNaN(y) ? x : Math.max(x, y)), 'The larger number.'),
  binary('min2', (x, y) => (Number.isNaN(y) ? x : Math.min(x, y)), 'The smaller number.'),
  constant('pi', Math.PI, "A circle's circumference over its diameter."),
  constant('e', Math.E, 'The base of natural logarithms.'),
  sign,
  isFloatOrNumber('isNaN', Number.isNaN, 'Whether the number is NaN.'),
  isFloatOrNumber('isFinite', Number.isFinite, 'Whether the number is neither infinite nor NaN.'),
  isFloatOrNumber('isInfinite', x => x === Infinity || x === -Infinity, 'Whether the number is infinite.'),
  ifNotFinite,
  intPower('intExp2', 2n, 63, '2 to the power of x as a whole number.', ['SELECT intExp2(3)', '8']),
  intPower('intExp10', 10n, 19, '10 to the power of x as a whole number.', ['SELECT intExp10(3)', '1000']),
  factorial,
]
