// Types made of other types. Text of arrays and tuples inside text is read by columns/; parse here serves single values.
import type { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { DataType, type Physical } from './dataType.ts'
import { parseNested } from './nestedText.ts'
import type { Value } from './value.ts'

export class NullableType extends DataType {
  override readonly kind = 'Nullable'
  override readonly name: string
  override readonly default = null

  constructor(readonly inner: DataType) {
    super()
    if (['Nullable', 'Array', 'Map', 'LowCardinality', 'AggregateFunction'].includes(inner.kind))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Nested type ${inner.name} cannot be inside Nullable type`)
    this.name = `Nullable(${inner.name})`
  }

  override get isNullable(): boolean {
    return true
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.u8(value === null ? 1 : 0)
    if (value !== null) this.inner.writeBinary(writer, value)
  }

  readBinary(reader: ByteReader): Value {
    return reader.u8() ? null : this.inner.readBinary(reader)
  }

  print(value: Value): string {
    return value === null ? '\\N' : this.inner.print(value)
  }

  override printQuoted(value: Value): string {
    return value === null ? 'NULL' : this.inner.printQuoted(value)
  }

  parse(text: string): Value {
    return text === '\\N' ? null : this.inner.parse(text)
  }
}

/** The same values as T, kept as a dictionary and numbers. */
export class LowCardinalityType extends DataType {
  override readonly kind = 'LowCardinality'
  override readonly name: string
  override readonly default: Value

  constructor(readonly inner: DataType) {
    super()
    const base = inner instanceof NullableType ? inner.inner : inner
    if (base.width === 0 && base.kind !== 'String')
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `DataTypeLowCardinality is supported only for numbers, strings, Date or DateTime, but got ${inner.name}`,
      )
    this.name = `LowCardinality(${inner.name})`
    this.default = inner.default
  }

  override get isNullable(): boolean {
    return this.inner.isNullable
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    this.inner.writeBinary(writer, value)
  }

  readBinary(reader: ByteReader): Value {
    return this.inner.readBinary(reader)
  }

  print(value: Value): string {
    return this.inner.print(value)
  }

  override printQuoted(value: Value): string {
    return this.inner.printQuoted(value)
  }

  parse(text: string): Value {
    return this.inner.parse(text)
  }
}

/** A count that stands before that many elements; each takes at least one byte unless it is Nothing. */
function readCount(reader: ByteReader): number {
  const count = reader.varint()
  if (count > 1 << 30) throw new DBError('TOO_LARGE_ARRAY_SIZE', `Too large array size: ${count} (maximum: 1073741824)`)
  return count
}

export class ArrayType extends DataType {
  override readonly kind = 'Array'
  override readonly name: string
  override readonly default: Value = []

  constructor(
    readonly element: DataType,
    /** Ring, LineString, Polygon, ...: another name of the same values. */
    alias?: string,
  ) {
    super()
    this.name = alias ?? `Array(${element.name})`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.varint((value as Value[]).length)
    for (const element of value as Value[]) this.element.writeBinary(writer, element)
  }

  readBinary(reader: ByteReader): Value {
    return Array.from({ length: readCount(reader) }, () => this.element.readBinary(reader))
  }

  print(value: Value): string {
    return `[${(value as Value[]).map(element => this.element.printQuoted(element)).join(',')}]`
  }

  parse(text: string): Value {
    return parseNested(this, text)
  }
}

export class TupleType extends DataType {
  override readonly kind = 'Tuple'
  override readonly name: string
  override readonly default: Value

  constructor(
    readonly elements: readonly DataType[],
    /** null: elements are numbered from 1. */
    readonly names: readonly string[] | null = null,
    /** Point: another name of the same values. */
    alias?: string,
  ) {
    super()
    this.name =
      alias ??
      `Tuple(${elements.map((type, i) => (names ? `${backquoteIfNeeded(names[i])} ${type.name}` : type.name)).join(', ')})`
    this.default = elements.map(type => type.default)
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    for (const [i, type] of this.elements.entries()) type.writeBinary(writer, (value as Value[])[i])
  }

  readBinary(reader: ByteReader): Value {
    return this.elements.map(type => type.readBinary(reader))
  }

  print(value: Value): string {
    return `(${this.elements.map((type, i) => type.printQuoted((value as Value[])[i])).join(',')})`
  }

  parse(text: string): Value {
    return parseNested(this, text)
  }
}

/** In columns an Array(Tuple(key, value)). */
export class MapType extends DataType {
  override readonly kind = 'Map'
  override readonly name: string
  override readonly default: Value = []
  /** The same values as an array of pairs. */
  readonly pairs: ArrayType

  constructor(
    readonly key: DataType,
    readonly value: DataType,
  ) {
    super()
    this.name = `Map(${key.name}, ${value.name})`
    this.pairs = new ArrayType(new TupleType([key, value], ['keys', 'values']))
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    this.pairs.writeBinary(writer, value)
  }

  readBinary(reader: ByteReader): Value {
    return this.pairs.readBinary(reader)
  }

  print(value: Value): string {
    const entries = (value as [Value, Value][]).map(
      ([k, v]) => `${this.key.printQuoted(k)}:${this.value.printQuoted(v)}`,
    )
    return `{${entries.join(',')}}`
  }

  parse(text: string): Value {
    return parseNested(this, text)
  }
}

/** A state of an aggregate function; its bytes are the function's own. */
export class AggregateFunctionType extends DataType {
  override readonly kind = 'AggregateFunction'
  override readonly name: string
  override readonly default = ''
  override readonly physical: Physical | null = null

  constructor(
    readonly functionName: string,
    readonly parameters: readonly Value[],
    readonly parametersText: string,
    readonly argumentTypes: readonly DataType[],
    /** Of the bytes, where there has been more than one. */
    readonly version?: number,
  ) {
    super()
    const called = parameters.length ? `${functionName}(${parametersText})` : functionName
    const before = version ? [String(version)] : []
    this.name = `AggregateFunction(${[...before, called, ...argumentTypes.map(type => type.name)].join(', ')})`
  }

  writeBinary(writer: ByteWriter, value: Value): void {
    writer.text(value as string)
  }

  readBinary(reader: ByteReader): Value {
    return reader.text()
  }

  print(value: Value): string {
    return value as string
  }

  parse(text: string): Value {
    return text
  }
}

/** A type's name with the elements of tuples that have names on lines of their own. */
export function prettyTypeName(type: DataType, indent = ''): string {
  const inner = (each: DataType) => prettyTypeName(each, indent)
  // Point and its kin have names of their own.
  if (/^\w+$/.test(type.name)) return type.name
  if (type.plain) return type.name
  if (type instanceof TupleType) {
    if (type.names === null) return `Tuple(${type.elements.map(inner).join(', ')})`
    const lines = type.elements.map(
      (element, i) =>
        `${indent}    ${backquoteIfNeeded(type.names?.[i] ?? '')} ${prettyTypeName(element, `${indent}    `)}`,
    )
    return `Tuple(\n${lines.join(',\n')})`
  }
  if (type instanceof ArrayType) return `Array(${inner(type.element)})`
  if (type instanceof MapType) return `Map(${inner(type.key)}, ${inner(type.value)})`
  return type.name
}

/** SimpleAggregateFunction(f, T): values of T, of which several of one key become one by f. */
export type SimpleAggregateType = DataType & { readonly simpleFunction: string; readonly plain: DataType }

/** The type itself in all but its name. */
export function simpleAggregateType(inner: DataType, functionName: string, parametersText = ''): SimpleAggregateType {
  const called = parametersText ? `${functionName}(${parametersText})` : functionName
  return Object.create(inner, {
    name: { value: `SimpleAggregateFunction(${called}, ${inner.name})`, enumerable: true },
    simpleFunction: { value: functionName, enumerable: true },
    plain: { value: inner, enumerable: true },
  })
}

/** The function of a SimpleAggregateFunction type, else undefined. */
export function simpleFunctionOf(type: DataType): string | undefined {
  return (type as Partial<SimpleAggregateType>).simpleFunction
}

export function backquoteIfNeeded(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replace(/\\/g, '\\\\').replace(/`/g, '\\`')}\``
}
