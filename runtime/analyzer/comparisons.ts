import { plainType } from '../functions/bind.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import type { Resolver } from './resolve.ts'
import type { ConstantNode, Typed } from './typed.ts'

export const comparisons = new Set([
  'equals',
  'notEquals',
  'less',
  'greater',
  'lessOrEquals',
  'greaterOrEquals',
  'isNotDistinctFrom',
  'isDistinctFrom',
])

const parsedFromText = new Set([
  'Date',
  'Date32',
  'DateTime',
  'DateTime64',
  'UUID',
  'IPv4',
  'IPv6',
  'Enum8',
  'Enum16',
  'FixedString',
  'Bool',
])

const isText = (type: DataType) => type.kind === 'String' || type.kind === 'FixedString'
const isInteger = (value: Value) => typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))

/**
 * A constant compared with a column becomes one of the column's type, so that one typed kernel does it. Where no value of that
 * type is equal, = and != are decided already (for columns without NULL).
 */
export function fitConstants(resolver: Resolver, [a, b]: [Typed, Typed], name: string): readonly Typed[] {
  const at = b.kind === 'constant' ? 1 : a.kind === 'constant' ? 0 : -1
  if (at < 0 || (a.kind === 'constant' && b.kind === 'constant' && !isText(a.type) && !isText(b.type))) return [a, b]
  let constant = (at === 1 ? b : a) as ConstantNode
  let other = at === 1 ? a : b
  if (a.kind === 'constant' && b.kind === 'constant' && isText(other.type))
    [constant, other] = [other as ConstantNode, constant]
  const target = plainType(other.type)
  const isNumber = (type: DataType) => type instanceof IntegerType || type instanceof FloatType
  const fits =
    (isText(constant.type) && parsedFromText.has(target.kind)) ||
    (isText(constant.type) && target.kind === 'Decimal') ||
    (isNumber(constant.type) && target instanceof IntegerType && constant.type.name !== target.name)
  if (!fits || constant.value === null) return [a, b]
  const value = convertValue(constant.value, constant.type, target)
  if (value === undefined) {
    const decided = !other.type.isNullable && (name === 'equals' || name === 'notEquals') && isNumber(constant.type)
    return decided && isInteger(constant.value)
      ? [resolver.constant(name === 'notEquals' ? 1 : 0, parseType('UInt8'))]
      : [a, b]
  }
  const fitted = resolver.constant(value, target)
  return constant === a ? [fitted, b] : [a, fitted]
}
