// JavaScript's values as values of {name:Type}: text, as TabSeparated has it.
import { DBError } from '../core/errors.ts'
import { decodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import { type DataType, quoteText } from '../types/dataType.ts'
import { printDays } from '../types/date.ts'
import { parseType } from '../types/parseType.ts'
import { placeholdersOf } from './statementText.ts'

export type ParameterValue =
  | null
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | readonly ParameterValue[]
  | ReadonlyMap<ParameterValue, ParameterValue>
  | { readonly [name: string]: ParameterValue }

export type Parameters = Readonly<Record<string, ParameterValue>>

/** The texts of all that a statement names; one that is missing or that nothing names is an error. */
export function parameterTexts(sql: string, values: Parameters = {}): Record<string, string> {
  // No prototype: a parameter may be named __proto__.
  const texts: Record<string, string> = Object.create(null)
  const placeholders = placeholdersOf(sql)
  for (const [name, type] of placeholders) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined)
      throw new DBError(
        'UNKNOWN_QUERY_PARAMETER',
        `The statement names {${name}:${type}}, but no value of it was given`,
      )
    try {
      texts[name] = parameterText(value, type)
    } catch (error) {
      throw error instanceof DBError ? error.within(`Parameter ${name}`) : error
    }
  }
  for (const name of Object.keys(values))
    if (!placeholders.has(name))
      throw new DBError(
        'BAD_QUERY_PARAMETER',
        `A value of ${name} was given, but the statement has no {${name}:Type}${listed([...placeholders.keys()])}`,
      )
  return texts
}

const listed = (names: readonly string[]): string => (names.length ? `: it names ${names.join(', ')}` : '')

export function parameterText(value: ParameterValue, type: string): string {
  if (type === 'Identifier') {
    if (typeof value === 'string') return value
    throw new DBError('BAD_QUERY_PARAMETER', 'An Identifier is given as a string')
  }
  if (value === null) return '\\N'
  const parsed = parseType(type)
  const text = textOf(value, parsed, false)
  // Inside of arrays and the like texts are quoted, and need no more than that.
  return ['Array', 'Tuple', 'Map'].includes(parsed.kind) ? text : escapeTsv(text)
}

const escapes: Record<string, string> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't', '\0': '0', '\\': '\\' }

const escapeTsv = (text: string): string => text.replace(/[\b\f\n\r\t\0\\]/g, char => `\\${escapes[char]}`)

/** isInside: of an array or the like, where text is quoted. */
function textOf(value: ParameterValue, type: DataType, isInside: boolean): string {
  if (type instanceof LowCardinalityType) return textOf(value, type.inner, isInside)
  if (type instanceof NullableType) {
    if (value === null) return isInside ? 'NULL' : '\\N'
    return textOf(value, type.inner, isInside)
  }
  if (value === null)
    throw new DBError('BAD_QUERY_PARAMETER', `null cannot be a ${type.name}: Nullable(${type.name}) can`)
  if (type instanceof ArrayType) {
    if (!Array.isArray(value) && !isTypedArray(value)) return asGiven(value, type, 'an array')
    return `[${Array.from(value as ParameterValue[], each => textOf(each, type.element, true)).join(',')}]`
  }
  if (type instanceof TupleType) return tupleText(value, type)
  if (type instanceof MapType) {
    const entries = entriesOf(value)
    if (!entries) return asGiven(value, type, 'a Map or an object')
    return `{${entries.map(([k, v]) => `${textOf(k, type.key, true)}:${textOf(v, type.value, true)}`).join(',')}}`
  }
  const text = plainText(value, type)
  return isInside && isQuoted(type) ? quoteText(text) : text
}

function tupleText(value: ParameterValue, type: TupleType): string {
  const { names } = type
  const fields = names && entriesOf(value)
  const values = Array.isArray(value)
    ? (value as ParameterValue[])
    : fields
      ? names.map(name => fields.find(([key]) => key === name)?.[1])
      : null
  if (!values) return asGiven(value, type, names ? 'an array or an object' : 'an array')
  if (values.length !== type.elements.length || values.some(each => each === undefined))
    throw new DBError('BAD_QUERY_PARAMETER', `${type.name} has ${type.elements.length} elements`)
  return `(${type.elements.map((element, i) => textOf(values[i] as ParameterValue, element, true)).join(',')})`
}

/** Text that is written as ClickHouse writes such a value already. */
function asGiven(value: ParameterValue, type: DataType, wanted: string): string {
  if (typeof value === 'string') return value
  throw new DBError('BAD_QUERY_PARAMETER', `${type.name} is given as ${wanted}`)
}

const isTypedArray = (value: unknown): boolean => ArrayBuffer.isView(value) && !(value instanceof DataView)

function entriesOf(value: ParameterValue): [ParameterValue, ParameterValue][] | null {
  if (value instanceof Map) return [...value]
  if (typeof value !== 'object' || value === null || value instanceof Date || Array.isArray(value)) return null
  return ArrayBuffer.isView(value) ? null : Object.entries(value)
}

const isQuoted = ({ kind }: DataType): boolean => !/^(U?Int\d+|Float\d+|Bool|Decimal|Interval|Nothing)$/.test(kind)

function plainText(value: ParameterValue, type: DataType): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return decodeText(value)
  if (value instanceof Date) return dateText(value, type)
  if (typeof value === 'boolean')
    return type.kind === 'Bool' || type.kind === 'String' ? String(value) : value ? '1' : '0'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return numberText(value, type)
  throw new DBError(
    'BAD_QUERY_PARAMETER',
    `${Array.isArray(value) ? 'An array' : 'An object'} cannot be a ${type.name}`,
  )
}

function numberText(value: number, type: DataType): string {
  if (/^U?Int/.test(type.kind) && !Number.isInteger(value))
    throw new DBError('BAD_QUERY_PARAMETER', `${value} is no integer, as ${type.name} is`)
  if (/^U?Int/.test(type.kind)) return String(BigInt(value))
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return String(value)
}

function dateText(value: Date, type: DataType): string {
  const ms = value.getTime()
  if (Number.isNaN(ms)) throw new DBError('BAD_QUERY_PARAMETER', 'An invalid Date has no value')
  if (type.kind === 'Date' || type.kind === 'Date32') return printDays(Math.floor(ms / 86_400_000))
  const second = Math.floor(ms / 1000)
  if (type.kind === 'DateTime') return String(second)
  if (type.kind === 'DateTime64') return `${second}.${String(ms - second * 1000).padStart(3, '0')}`
  if (type.kind === 'String') return value.toISOString()
  throw new DBError('BAD_QUERY_PARAMETER', `A Date cannot be a ${type.name}`)
}
