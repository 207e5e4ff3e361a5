// toUInt8(x), toDate(x), ... with their -OrZero, -OrNull and -OrDefault forms, and CAST.
import type { Column } from '../columns/column.ts'
import { columnOf } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type, DateTimeType } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { IntervalType, intervalUnits } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { TimeZone } from '../types/timeZone.ts'
import { nullableOf, plainType } from './bind.ts'
import { castColumn, castInContext, tryCastColumn } from './castColumn.ts'
import {
  type ArgumentInfo,
  type ArgumentRule,
  type Call,
  defineFunction,
  type Environment,
  type FunctionDefinition,
} from './function.ts'
import { fixedOf } from './fixedColumns.ts'
import { isInteger } from './numericTypes.ts'
import { selectColumns, splitNulls } from './selectColumns.ts'
import { printColumn } from './textColumns.ts'

const category = 'Type Conversion'
const isText = (type: DataType): boolean => type.kind === 'String' || type.kind === 'FixedString'

/** What a conversion makes of its arguments: the type, from the constants behind x. */
interface Target {
  readonly name: string
  readonly rules: readonly ArgumentRule[]
  readonly about: string
  type(args: readonly ArgumentInfo[], environment: Environment): DataType
  readonly aliases?: readonly string[]
  /** The rules are for the plain form alone. */
  readonly exactOnly?: boolean
}

const simple = (name: string, aliases?: readonly string[]): Target => {
  const type = parseType(name)
  return { name, rules: [], about: `a value of type ${name}`, type: () => type, aliases }
}

const zoneRule: ArgumentRule = { name: 'timezone', constant: true, optional: true }

/** Dates: a time's day is that of a zone which may be named. */
const dated = (name: string, aliases?: readonly string[]): Target => ({
  ...simple(name, aliases),
  rules: [zoneRule],
  exactOnly: true,
})

const scaleRule: ArgumentRule = { name: 'scale', constant: true }

/** The zone that a time's type names. */
function zoneOfTime(type: DataType): string | undefined {
  const plain = plainType(type)
  if (plain instanceof DateTimeType || plain instanceof DateTime64Type) return plain.zoneName ?? undefined
  return undefined
}

/** A DateTime whose zone is the one given, or the session's. */
export function dateTimeIn(zone: unknown, environment: Environment): DateTimeType {
  if (typeof zone === 'string') return new DateTimeType(zone)
  return new DateTimeType(null, TimeZone.get(environment.timeZone))
}

export function dateTime64In(scale: number, zone: unknown, environment: Environment): DateTime64Type {
  if (!(scale >= 0 && scale <= 9))
    throw new DBError(
      'ARGUMENT_OUT_OF_BOUND',
      `Scale ${scale} is too large for DateTime64. Maximum is up to nanoseconds (9).`,
    )
  if (typeof zone === 'string') return new DateTime64Type(scale, zone)
  return new DateTime64Type(scale, null, TimeZone.get(environment.timeZone))
}

const numbers = [
  'UInt8',
  'UInt16',
  'UInt32',
  'UInt64',
  'UInt128',
  'UInt256',
  'Int8',
  'Int16',
  'Int32',
  'Int64',
  'Int128',
  'Int256',
]

/** Types that have -OrZero, -OrNull and -OrDefault forms. */
const parsedTargets: readonly Target[] = [
  ...numbers.map(name => simple(name)),
  simple('Float32'),
  simple('Float64'),
  dated('Date', ['DATE']),
  dated('Date32'),
  simple('UUID'),
  simple('IPv4'),
  simple('IPv6'),
  {
    name: 'DateTime',
    rules: [zoneRule],
    about: 'a DateTime',
    type: ([x, zone], environment) => dateTimeIn(zone?.constant ?? zoneOfTime(x.type), environment),
  },
  {
    name: 'DateTime64',
    rules: [{ ...scaleRule, optional: true }, zoneRule],
    about: 'a DateTime64 of that scale',
    type: ([x, scale, zone], environment) =>
      dateTime64In(Number(scale?.constant ?? 3), zone?.constant ?? zoneOfTime(x.type), environment),
  },
  ...[32, 64, 128, 256].map((bits): Target => {
    const precision = { 32: 9, 64: 18, 128: 38, 256: 76 }[bits]!
    return {
      name: `Decimal${bits}`,
      rules: [scaleRule],
      about: 'a decimal of that scale',
      type: ([, scale]) => new DecimalType(precision, Number(scale.constant)),
    }
  }),
]

const otherTargets: readonly Target[] = [
  {
    name: 'DateTime32',
    rules: [zoneRule],
    about: 'a DateTime',
    type: ([x, zone], environment) => dateTimeIn(zone?.constant ?? zoneOfTime(x.type), environment),
  },
  simple('Bool'),
  ...intervalUnits.map((unit): Target => {
    const type = new IntervalType(unit)
    return { name: type.name, rules: [], about: `that many ${unit.toLowerCase()}s`, type: () => type }
  }),
]

const contextOf = ({ arena, nulls }: Call, failures = 0) => ({ arena, nulls, failures, isAccurate: false })

/** A time as one of a zone; other values as they are. */
function inZone(column: Column, zone: string): Column {
  const { type } = column
  if (type instanceof DateTimeType) return fixedOf(column).as(new DateTimeType(zone))
  if (type instanceof DateTime64Type) return fixedOf(column).as(new DateTime64Type(type.scale, zone))
  return column
}

function exact({ name, rules, about, type, aliases, exactOnly }: Target): FunctionDefinition {
  return defineFunction({
    name: `to${name}`,
    aliases,
    caseInsensitive: name === 'Date' || undefined,
    about: `Converts x to ${about}. Text that is none is an error.`,
    category,
    arguments: [{ name: 'x' }, ...rules],
    returns: (args, environment) => {
      checkSource(`to${name}`, args[0].type, type(args, environment))
      return type(args, environment)
    },
    run: ([given], call) => {
      const zone = call.arguments[1]?.constant
      const x = exactOnly && typeof zone === 'string' ? inZone(given.full(call.arena), zone) : given
      if (call.nulls === 0 || !isText(x.type)) return castInContext(x, call.type, contextOf(call))
      // Text that may be NULL becomes NULL where it is no value.
      const failures = call.arena.allocateZeroed(call.rows)
      const column = castInContext(x, call.type, contextOf(call, failures)).full(call.arena)
      return new NullableColumn(failures, column)
    },
  })
}

function checkSource(name: string, from: DataType, to: DataType): void {
  const plain = plainType(from)
  const isNested = ['Array', 'Tuple', 'Map', 'AggregateFunction'].includes(plain.kind)
  if (isNested && to.kind !== 'String')
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${from.name} of first argument of function ${name}`)
}

/** Text that is no value becomes the type's zero, NULL, or the default given. */
function lenient(target: Target, form: 'OrZero' | 'OrNull' | 'OrDefault'): FunctionDefinition {
  const { name, about, type } = target
  const rules = target.exactOnly ? [] : target.rules
  const isDefault = form === 'OrDefault'
  const gives = { OrZero: 'zero', OrNull: 'NULL', OrDefault: 'the default given (or the zero of the type)' }[form]
  const fullName = `to${name}${form}`
  return defineFunction({
    name: fullName,
    about: `Converts x to ${about}; where it is none, gives ${gives}.`,
    category,
    arguments: [{ name: 'x' }, ...rules, ...(isDefault ? [{ name: 'default', optional: true }] : [])],
    nulls: isDefault ? 'own' : 'propagate',
    lowCardinality: 'plain',
    returns: (args, environment) => {
      const source = plainType(args[0].type)
      const isCounted = form === 'OrNull' && ['Date', 'DateTime', 'DateTime64'].includes(name) && isInteger(source)
      if (!isDefault && !isText(source) && !isCounted && source.kind !== 'Nothing')
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Illegal type ${args[0].type.name} of first argument of function ${fullName}: a string is expected`,
        )
      const plain = type(args.slice(0, rules.length + 1), environment)
      const given = args[rules.length + 1]
      if (given && given.type.kind !== plain.kind)
        throw new DBError(
          'BAD_ARGUMENTS',
          `Default value type should be same as cast type. Expected ${plain.name}. Actual ${given.type.name}`,
        )
      return form === 'OrNull' ? nullableOf(plain) : plain
    },
    run: (args, call) => {
      const { arena, rows } = call
      const target = plainType(call.type)
      if (!isDefault) {
        const failures = arena.allocateZeroed(rows)
        const column = castInContext(args[0], target, contextOf(call, failures)).full(arena)
        if (!isText(args[0].type)) markBeyond(args[0], target, failures, call)
        if (form === 'OrZero') return column
        return new NullableColumn(failures, column, call.type as NullableType)
      }
      const { nulls, values } = splitNulls(args[0], arena)
      const { column, failures } = tryCastColumn(values.full(arena), target, arena, true)
      if (nulls !== 0) arena.memory.kernels.maskOr(failures, nulls, failures, rows)
      const given = args[rules.length + 1]
      const otherwise = given
        ? castColumn(given, target, arena)
        : new ConstColumn(columnOf(target, [zeroOf(target)], arena), rows)
      return selectColumns(failures, otherwise.full(arena), column.full(arena), arena)
    },
  })
}

/** Numbers that a date or time does not reach. */
function markBeyond(column: Column, target: DataType, failures: number, { rows, arena }: Call): void {
  const limits = { Date: [0, 65535], DateTime: [0, 4294967295], DateTime64: [-62167219200, 253402300799] }
  const [low, high] = limits[target.kind as keyof typeof limits] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const { u8 } = arena.memory
  for (let row = 0; row < rows; row++) {
    const number = Number(column.valueAt(row))
    if (number < low || number > high) u8[failures + row] = 1
  }
}

const zeroOf = (type: DataType) => type.default

const toStringFunction = defineFunction({
  name: 'toString',
  about: 'The value as text; a time in the zone given.',
  category,
  arguments: [{ name: 'x' }, zoneRule],
  returns: () => parseType('String'),
  run: ([x], { arguments: args, arena }) => {
    const zone = args[1]?.constant
    const { type } = x
    if (typeof zone !== 'string' || !('as' in x)) return printColumn(x, arena)
    const shown = x as Column & { as(type: DataType): Column }
    if (type instanceof DateTimeType) return printColumn(shown.as(new DateTimeType(zone)), arena)
    if (type instanceof DateTime64Type) return printColumn(shown.as(new DateTime64Type(type.scale, zone)), arena)
    return printColumn(x, arena)
  },
  examples: [['SELECT toString(1.5), toString([1, 2])', '1.5\t[1,2]']],
})

const toFixedString = defineFunction({
  name: 'toFixedString',
  about: 'Text as FixedString(N), with zero bytes behind it. Longer text is an error.',
  category,
  arguments: [
    { name: 'text', accepts: isText },
    { name: 'length', constant: true },
  ],
  lowCardinality: 'plain',
  returns: ([, length]) => parseType(`FixedString(${Number(length.constant)})`),
  run: ([text], call) => castInContext(text, call.type, contextOf(call)),
  examples: [["SELECT toFixedString('ab', 3) = 'ab', length(toFixedString('ab', 3))", '1\t3']],
})

/** The type that CAST's second argument names, times in the session's zone. */
export function castTarget(argument: ArgumentInfo, name: string, environment: Environment): DataType {
  if (typeof argument.constant !== 'string')
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Second argument of function ${name} must be a constant string describing type`,
    )
  const type = parseType(argument.constant)
  return environment.timeZone === 'UTC' ? type : inSessionZone(type, environment)
}

function inSessionZone(type: DataType, environment: Environment): DataType {
  if (type instanceof DateTimeType && type.zoneName === null) return dateTimeIn(null, environment)
  if (type instanceof DateTime64Type && type.zoneName === null) return dateTime64In(type.scale, null, environment)
  if (type instanceof NullableType) return new NullableType(inSessionZone(type.inner, environment))
  return type
}

const cast = (name: string, aliases: readonly string[], isAccurate: boolean, example: [string, string]) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: name === 'CAST',
    about: isAccurate
      ? 'Converts x to the type; a number that does not fit is an error.'
      : 'Converts x to the type. Numbers wrap.',
    category,
    arguments: [{ name: 'x' }, { name: 'type', constant: true }],
    nulls: 'own',
    constants: 'keep',
    lowCardinality: 'own',
    returns: ([x, type], environment) => {
      const target = castTarget(type, name, environment)
      const isNull = x.type.isNullable && plainType(x.type).kind === 'Nothing'
      if (isNull && !target.isNullable && target.kind !== 'Nothing')
        throw new DBError('CANNOT_CONVERT_TYPE', 'Cannot convert NULL to a non-nullable type')
      return target
    },
    run: ([x], { type, arena }) => castColumn(x, type, arena, isAccurate),
    examples: [example],
  })

const accurateCastOrNull = defineFunction({
  name: 'accurateCastOrNull',
  about: 'Converts x to the type; NULL where that fails or the value does not fit.',
  category,
  arguments: [{ name: 'x' }, { name: 'type', constant: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([, type], environment) => nullableOf(castTarget(type, 'accurateCastOrNull', environment)),
  run: ([x], { type, rows, arena }) => {
    const { nulls, values } = splitNulls(x, arena)
    const { column, failures } = tryCastColumn(values.full(arena), plainType(type), arena, true)
    if (nulls !== 0) arena.memory.kernels.maskOr(failures, nulls, failures, rows)
    return new NullableColumn(failures, column.full(arena), type as NullableType)
  },
  examples: [["SELECT accurateCastOrNull(300, 'UInt8')", '\\N']],
})

const accurateCastOrDefault = defineFunction({
  name: 'accurateCastOrDefault',
  about: 'Converts x to the type; the default where that fails or the value does not fit.',
  category,
  arguments: [{ name: 'x' }, { name: 'type', constant: true }, { name: 'default', optional: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: ([, type], environment) => castTarget(type, 'accurateCastOrDefault', environment),
  run: ([x, , given], { type, rows, arena }) => {
    const { nulls, values } = splitNulls(x, arena)
    const { column, failures } = tryCastColumn(values.full(arena), type, arena, true)
    if (nulls !== 0) arena.memory.kernels.maskOr(failures, nulls, failures, rows)
    const otherwise = given
      ? castColumn(given, type, arena)
      : new ConstColumn(columnOf(type, [type.default], arena), rows)
    return selectColumns(failures, otherwise.full(arena), column.full(arena), arena)
  },
  examples: [["SELECT accurateCastOrDefault(-1, 'UInt8')", '0']],
})

export const conversion: readonly FunctionDefinition[] = [
  ...[...parsedTargets, ...otherTargets].map(exact),
  ...(['OrZero', 'OrNull', 'OrDefault'] as const).flatMap(form => parsedTargets.map(target => lenient(target, form))),
  toStringFunction,
  toFixedString,
  cast('CAST', ['_CAST'], false, ["SELECT CAST('12' AS UInt8), '2020-01-01'::Date", '12\t2020-01-01']),
  cast('accurateCast', [], true, ["SELECT accurateCast(12, 'UInt8')", '12']),
  accurateCastOrNull,
  accurateCastOrDefault,
]
