// db.sql`SELECT ... ${value}`: values become parameters, never text of the statement.
import { DBError } from '../core/errors.ts'
import type { Parameters, ParameterValue } from './parameters.ts'

/** A piece of a statement with values in it: what stands between the backquotes of `sql`. */
export class SqlFragment {
  constructor(
    readonly texts: readonly string[],
    readonly values: readonly unknown[],
  ) {}
}

/** A piece of a statement, to be put into another one. */
export function sql(texts: TemplateStringsArray, ...values: unknown[]): SqlFragment {
  return new SqlFragment(texts, values)
}

/** The name of a table, column or database. */
export class Identifier {
  constructor(readonly name: string) {}
}

/** A value of a type that is said rather than found out. */
export class TypedValue {
  constructor(
    readonly value: ParameterValue,
    readonly type: string,
  ) {}
}

sql.identifier = (name: string): Identifier => new Identifier(name)
sql.typed = (value: ParameterValue, type: string): TypedValue => new TypedValue(value, type)

/** As a statement with parameters. */
export function bindFragment(fragment: SqlFragment): { sql: string; parameters: Parameters } {
  const parameters: Record<string, ParameterValue> = {}
  let count = 0
  const add = (value: ParameterValue, type: string): string => {
    const name = `p${++count}`
    parameters[name] = value
    return `{${name}:${type}}`
  }
  const write = ({ texts, values }: SqlFragment): string =>
    texts.map((text, i) => text + (i < values.length ? place(values[i]) : '')).join('')
  const place = (value: unknown): string => {
    if (value instanceof SqlFragment) return write(value)
    if (value instanceof Identifier) return add(value.name, 'Identifier')
    if (value instanceof TypedValue) return add(value.value, value.type)
    return add(value as ParameterValue, typeOfValue(value))
  }
  return { sql: write(fragment), parameters }
}

const integers = ['UInt8', 'UInt16', 'UInt32', 'UInt64', 'UInt128', 'UInt256'].map(
  (type, i) => [type, 0n, (1n << BigInt(8 << i)) - 1n] as const,
)
const signed = ['Int8', 'Int16', 'Int32', 'Int64', 'Int128', 'Int256'].map(
  (type, i) => [type, -(1n << BigInt((8 << i) - 1)), (1n << BigInt((8 << i) - 1)) - 1n] as const,
)

/** The type that a literal of this value has in SQL. */
export function typeOfValue(value: unknown): string {
  if (value === null) return 'Nullable(Nothing)'
  if (value instanceof Date) return "DateTime64(3, 'UTC')"
  if (Array.isArray(value)) return `Array(${commonTypeOf(value)})`
  if (value instanceof Uint8Array) return 'String'
  if (ArrayBuffer.isView(value)) return `Array(${commonTypeOf(Array.from(value as unknown as unknown[]))})`
  if (value instanceof Map) return `Map(${commonTypeOf([...value.keys()])}, ${commonTypeOf([...value.values()])})`
  switch (typeof value) {
    case 'string':
      return 'String'
    case 'boolean':
      return 'Bool'
    case 'bigint':
      return integerType([value])
    case 'number':
      return Number.isSafeInteger(value) ? integerType([BigInt(value)]) : 'Float64'
    case 'object':
      return `Map(String, ${commonTypeOf(Object.values(value as object))})`
    default:
      throw new DBError('BAD_QUERY_PARAMETER', `A value of a statement cannot be ${typeof value}`)
  }
}

function commonTypeOf(values: readonly unknown[]): string {
  const given = values.filter(value => value !== null)
  const wrap = (type: string) =>
    given.length < values.length && !/^(Array|Map|Nullable)/.test(type) ? `Nullable(${type})` : type
  if (given.length === 0) return values.length ? 'Nullable(Nothing)' : 'Nothing'
  if (given.every(value => typeof value === 'bigint' || Number.isSafeInteger(value)))
    return wrap(integerType(given.map(value => BigInt(value as number))))
  if (given.every(value => typeof value === 'number')) return wrap('Float64')
  // Arrays in arrays have one type, found from all of their elements.
  if (given.every(value => Array.isArray(value))) return `Array(${commonTypeOf((given as unknown[][]).flat())})`
  const types = new Set(given.map(typeOfValue))
  if (types.size > 1)
    throw new DBError('BAD_QUERY_PARAMETER', `Elements of an array have one type, not ${[...types].join(' and ')}`)
  return wrap([...types][0])
}

function integerType(values: readonly bigint[]): string {
  const min = values.reduce((a, b) => (b < a ? b : a))
  const max = values.reduce((a, b) => (b > a ? b : a))
  const fitting = (min < 0n ? signed : integers).find(([, low, high]) => min >= low && max <= high)
  if (!fitting) throw new DBError('BAD_QUERY_PARAMETER', 'An integer has at most 256 bits')
  return fitting[0]
}
