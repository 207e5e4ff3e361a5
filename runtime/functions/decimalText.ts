// Numbers as text with so many digits behind the point, and other conversions that give text or intervals.
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntervalType, intervalUnits } from '../types/number.ts'
import { castInContext } from './castColumn.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isNumberOrDecimal } from './numericTypes.ts'
import { isPlainString, isString, mapBytes, mapTexts, numberReader, stringType } from './stringRows.ts'

const category = 'Type Conversion'

/** A whole number that counts 10^-scale, with so many digits behind the point: half is rounded away from zero. */
function scaledText(value: bigint, scale: number, digits: number): string {
  let size = value < 0n ? -value : value
  if (digits < scale) {
    const unit = 10n ** BigInt(scale - digits)
    size = (size + unit / 2n) / unit
  } else size *= 10n ** BigInt(digits - scale)
  const text = String(size).padStart(digits + 1, '0')
  const sign = value < 0n ? '-' : ''
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function floatText(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return Math.abs(value) < 1e21 ? value.toFixed(digits) : scaledText(BigInt(value), 0, digits)
}

const digitsMaxOf = (type: DataType): number => (type instanceof FloatType ? 60 : 77)

const toDecimalString = defineFunction({
  name: 'toDecimalString',
  about: 'The number as text with so many digits behind the point.',
  category,
  arguments: [
    { name: 'number', accepts: isNumberOrDecimal },
    { name: 'scale', accepts: type => /^U?Int/.test(type.name), constant: true },
  ],
  constants: 'keep',
  returns: () => stringType,
  run: ([number, scale], { rows, arena }) => {
    const full = number.full(arena)
    const { type } = full
    const digitsAt = numberReader(scale)
    const most = digitsMaxOf(type)
    return mapTexts(arena, rows, row => {
      const digits = digitsAt(row)
      if (digits < 0) throw new DBError('ILLEGAL_COLUMN', 'The scale of toDecimalString must not be negative')
      if (digits > most)
        throw new DBError(
          'CANNOT_PRINT_FLOAT_OR_DOUBLE_NUMBER',
          `Too many fractional digits requested: more than ${most}`,
        )
      const value = full.valueAt(row)
      if (type instanceof FloatType) return floatText(value as number, digits)
      return scaledText(BigInt(value as number | bigint), type instanceof DecimalType ? type.scale : 0, digits)
    })
  },
  examples: [['SELECT toDecimalString(2.1456, 2)', '2.15']],
})

const toStringCutToZero = defineFunction({
  name: 'toStringCutToZero',
  about: 'The string up to its first zero byte.',
  category,
  arguments: [{ name: 's', accepts: isString }],
  returns: () => stringType,
  run: ([s], { rows, arena }) =>
    mapBytes(s, arena, rows, (bytes, out) => {
      const end = bytes.indexOf(0)
      out.bytes(bytes, 0, end < 0 ? bytes.length : end)
    }),
  examples: [["SELECT toStringCutToZero('hello\\0world')", 'hello']],
})

function unitOf({ type, constant }: ArgumentInfo): IntervalType {
  if (!isPlainString(type) || typeof constant !== 'string')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'The unit of toInterval must be a constant string')
  const unit = intervalUnits.find(name => name.toLowerCase() === constant.toLowerCase())
  if (!unit) throw new DBError('BAD_ARGUMENTS', `${constant} doesn't look like an interval unit in toInterval`)
  return new IntervalType(unit)
}

const toInterval = defineFunction({
  name: 'toInterval',
  about: 'So many of a unit of time.',
  category,
  arguments: [{ name: 'value' }, { name: 'unit' }],
  constants: 'keep',
  returns: ([, unit]) => unitOf(unit),
  run: ([value], { type, arena, nulls }) =>
    castInContext(value.full(arena), type, { arena, nulls, failures: 0, isAccurate: false }),
  examples: [["SELECT toInterval(5, 'second')", '5']],
})

export const decimalTexts: readonly FunctionDefinition[] = [toDecimalString, toStringCutToZero, toInterval]
