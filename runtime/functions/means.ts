// Means of arguments, and figures for tests of hypotheses.
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { nullableOf, nullType, plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { erfc } from './math.ts'
import { isInteger, isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { columnOf } from '../columns/build.ts'
import { defineRowwise } from './rowwise.ts'

const Float64 = parseType('Float64')
const isTime = (type: DataType): boolean => ['Date', 'Date32', 'DateTime', 'DateTime64'].includes(type.kind)

/** Whole numbers are cut towards zero. */
function meanOf(values: readonly Value[], type: DataType): Value {
  const given = values.filter(value => value !== null)
  if (type instanceof FloatType) return given.reduce<number>((sum, value) => sum + Number(value), 0) / given.length
  const mean = given.reduce<bigint>((sum, value) => sum + BigInt(value as number), 0n) / BigInt(given.length)
  if (type instanceof IntegerType) return type.wrap(mean)
  return typeof type.default === 'bigint' ? mean : Number(mean)
}

const midpoint = defineFunction({
  name: 'midpoint',
  aliases: ['avg2'],
  caseInsensitive: true,
  about: 'The mean of numbers, dates or times, in their common type. NULL is left out.',
  category: 'Arithmetic',
  arguments: [{ name: 'x' }, { name: 'more', repeated: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: args => {
    const types = args.map(({ type }) => plainType(type)).filter(type => type.kind !== 'Nothing')
    for (const type of types)
      if (!isNumberOrDecimal(type) && !isTime(type))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Function midpoint supports only numeric and temporal types, got ${type.name}`,
        )
    if (types.length === 0) return nullType
    const common = commonType(types)
    // NULL only where all arguments may be.
    return args.some(({ type }) => type.isNullable && plainType(type).kind !== 'Nothing') ? nullableOf(common) : common
  },
  run: (args, { type, rows, arena }) => {
    const inner = plainType(type)
    if (inner.kind === 'Nothing') return columnOf(type, Array(rows).fill(null), arena)
    const columns = args
      .filter(column => plainType(column.type).kind !== 'Nothing')
      .map(column => castColumn(column, column.type.isNullable ? new NullableType(inner) : inner, arena).full(arena))
    const means = Array.from({ length: rows }, (_, row) => {
      const values = columns.map(column => column.valueAt(row))
      return values.every(value => value === null) ? null : meanOf(values, inner)
    })
    return columnOf(type, means, arena)
  },
  examples: [['SELECT midpoint(1, 3), midpoint(1.5, NULL, 2.5)', '2\t2']],
})

const number = { accepts: isNumber }

const widthBucket = defineRowwise({
  name: 'widthBucket',
  aliases: ['WIDTH_BUCKET'],
  caseInsensitive: true,
  about: 'Which of so many equal parts between two bounds a number lies in, from 1; 0 before and one more behind them.',
  category: 'Mathematical',
  arguments: [
    { name: 'x', accepts: type => isNumber(type) && type.width <= 8 },
    { name: 'low', accepts: type => isNumber(type) && type.width <= 8 },
    { name: 'high', accepts: type => isNumber(type) && type.width <= 8 },
    { name: 'count', accepts: type => isInteger(type) && type.width <= 8 },
  ],
  floats: true,
  returns: ([, , , count]) => parseType(`UInt${Math.min(64, Math.max(16, count.type.width * 16))}`),
  row: ([x, low, high, count], { type }) => {
    const [value, from, to, parts] = [x, low, high, count] as number[]
    if (!Number.isFinite(value) && Number.isNaN(value))
      throw new DBError('BAD_ARGUMENTS', 'The operand of function widthBucket cannot be NaN')
    if (!Number.isFinite(from) || !Number.isFinite(to) || parts < 1)
      throw new DBError('BAD_ARGUMENTS', 'Function widthBucket needs finite bounds and a positive count')
    const bucket =
      from > to || value < from ? 0 : value >= to ? parts + 1 : Math.floor(((value - from) * parts) / (to - from)) + 1
    return typeof type.default === 'bigint' ? BigInt(bucket) : bucket
  },
  example: ['SELECT widthBucket(10.15, -8.6, 23, 18)', '11'],
})

/** The x of which the standard normal distribution has the share p below it (Acklam's approximation, refined by a step). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : Number.NaN
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ]
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1]
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1]
  const polynomial = (factors: number[], x: number) => factors.reduce((sum, factor) => sum * x + factor, 0)
  const tail = Math.min(p, 1 - p)
  let x: number
  if (tail < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(tail))
    x = (polynomial(c, q) / polynomial(d, q)) * (p < 0.5 ? 1 : -1)
  } else {
    const q = p - 0.5
    const r = q * q
    x = (polynomial(a, r) * q) / polynomial(b, r)
  }
  // Two of Halley's steps bring it to the last digits.
  for (let step = 0; step < 2; step++) {
    const error = 0.5 * erfc(-x / Math.SQRT2) - p
    const u = error * Math.sqrt(2 * Math.PI) * Math.exp((x * x) / 2)
    x -= u / (1 + (x * u) / 2)
  }
  return x
}

const named = (...names: string[]): TupleType =>
  new TupleType(
    names.map(() => Float64),
    names,
  )

const proportionsZTest = defineRowwise({
  name: 'proportionsZTest',
  about: 'The Z-test of two proportions: statistic, p-value and the bounds of the confidence interval.',
  category: 'Mathematical',
  arguments: [
    ...['successesX', 'successesY', 'trialsX', 'trialsY'].map(name => ({
      name,
      accepts: (type: DataType) => type instanceof IntegerType && !type.isSigned,
    })),
    { name: 'confidence', ...number },
    { name: 'usePooled', accepts: (type: DataType) => type.kind === 'String' },
  ],
  returns: named('z_statistic', 'p_value', 'confidence_interval_low', 'confidence_interval_high'),
  row: values => {
    const [x, y, trialsX, trialsY, level] = values.slice(0, 5).map(Number)
    const kind = values[5]
    if (kind !== 'pooled' && kind !== 'unpooled')
      throw new DBError(
        'BAD_ARGUMENTS',
        "The last argument of function proportionsZTest must be 'pooled' or 'unpooled'",
      )
    if (!(level > 0 && level < 1)) return [Number.NaN, Number.NaN, Number.NaN, Number.NaN]
    const [p, q] = [x / trialsX, y / trialsY]
    const pooled = (x + y) / (trialsX + trialsY)
    const apart = (p * (1 - p)) / trialsX + (q * (1 - q)) / trialsY
    const variance = kind === 'pooled' ? pooled * (1 - pooled) * (1 / trialsX + 1 / trialsY) : apart
    const statistic = (p - q) / Math.sqrt(variance)
    if (!Number.isFinite(statistic)) return [Number.NaN, Number.NaN, Number.NaN, Number.NaN]
    const margin = normalQuantile((1 + level) / 2) * Math.sqrt(apart)
    return [statistic, erfc(Math.abs(statistic) / Math.SQRT2), p - q - margin, p - q + margin]
  },
})

const sampleType = named('minimum_sample_size', 'detect_range_lower', 'detect_range_upper')

/** The sum of the quantiles that power and significance stand for, squared. */
const certainty = (power: number, alpha: number): number => (normalQuantile(1 - alpha / 2) + normalQuantile(power)) ** 2

const minSampleSizeContinuous = defineRowwise({
  name: 'minSampleSizeContinuous',
  aliases: ['minSampleSizeContinous'],
  about: 'How large a sample shows a change of a mean: size, and the bounds of what is not seen.',
  category: 'Other',
  arguments: ['baseline', 'sigma', 'mde', 'power', 'alpha'].map(name => ({ name, ...number })),
  floats: true,
  returns: sampleType,
  row: values => {
    const [baseline, sigma, mde, power, alpha] = values as number[]
    if (!(mde > 0) || !(alpha > 0 && alpha <= 1) || !(power > 0 && power < 1))
      return [Number.NaN, Number.NaN, Number.NaN]
    const delta = baseline * mde
    const size = (2 * sigma * sigma * certainty(power, alpha)) / (delta * delta)
    return [size, baseline * (1 - mde), baseline * (1 + mde)]
  },
})

const minSampleSizeConversion = defineRowwise({
  name: 'minSampleSizeConversion',
  about: 'How large a sample shows a change of a conversion rate: size, and the bounds of what is not seen.',
  category: 'Other',
  arguments: ['baseline', 'mde', 'power', 'alpha'].map(name => ({ name, ...number })),
  floats: true,
  returns: sampleType,
  row: values => {
    const [p, mde, power, alpha] = values as number[]
    if (!(mde > 0) || !(alpha > 0 && alpha <= 1) || !(power > 0 && power < 1))
      return [Number.NaN, Number.NaN, Number.NaN]
    const q = p + mde
    const left = p * (1 - p)
    const right = q * (1 - q)
    const mean = (p + q) / 2
    const size =
      (normalQuantile(1 - alpha / 2) * Math.sqrt(2 * mean * (1 - mean)) +
        normalQuantile(power) * Math.sqrt(left + right)) **
        2 /
      mde ** 2
    return [size, p - mde, p + mde]
  },
})

/** Multiplies or divides decimals with as many digits as 256 bits have; further ones are cut off. */
const decimals = (name: 'multiplyDecimal' | 'divideDecimal', about: string, example: [string, string]) =>
  defineRowwise({
    name,
    about,
    category: 'Arithmetic',
    arguments: [
      { name: 'a', accepts: type => type instanceof DecimalType },
      { name: 'b', accepts: type => type instanceof DecimalType },
      { name: 'scale', accepts: type => type instanceof IntegerType && !type.isSigned, constant: true, optional: true },
    ],
    returns: ([a, b, scale]) => {
      const [s, t] = [a, b].map(({ type }) => (type as DecimalType).scale)
      return new DecimalType(76, scale ? Number(scale.constant) : Math.max(s, t))
    },
    row: ([a, b], { type, arguments: infos }) => {
      const { scale } = type as DecimalType
      const [s, t] = infos.slice(0, 2).map(info => (info.type as DecimalType).scale)
      const [x, y] = [a as bigint, b as bigint]
      if (name === 'divideDecimal' && y === 0n) throw new DBError('ILLEGAL_DIVISION', 'Division by zero')
      const shift = BigInt(Math.max(0, scale + (name === 'divideDecimal' ? t - s : -s - t)))
      const extra = BigInt(Math.max(0, name === 'divideDecimal' ? s - t - scale : s + t - scale))
      const whole = name === 'divideDecimal' ? (x * 10n ** shift) / y : x * y * 10n ** shift
      const result = whole / 10n ** extra
      if (result >= 10n ** 76n || result <= -(10n ** 76n))
        throw new DBError('DECIMAL_OVERFLOW', `Numeric overflow: result of ${name} is larger than 256 bits`)
      return result
    },
    example,
  })

export const means: readonly FunctionDefinition[] = [
  midpoint,
  widthBucket,
  proportionsZTest,
  minSampleSizeContinuous,
  minSampleSizeConversion,
  decimals('multiplyDecimal', 'The product of decimals, cut off at a scale.', [
    'SELECT multiplyDecimal(toDecimal256(-12, 0), toDecimal32(-2.1, 1), 1)',
    '25.2',
  ]),
  decimals('divideDecimal', 'The quotient of decimals, cut off at a scale.', [
    'SELECT divideDecimal(toDecimal256(-12, 0), toDecimal32(2.1, 1), 10)',
    '-5.7142857142',
  ]),
]
