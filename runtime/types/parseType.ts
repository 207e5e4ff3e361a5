import { DBError } from '../core/errors.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  MapType,
  NullableType,
  simpleAggregateType,
  TupleType,
} from './compound.ts'
import type { DataType } from './dataType.ts'
import { Date32Type, DateTime64Type, DateTimeType, DateType } from './date.ts'
import { DecimalType } from './decimal.ts'
import { EnumType } from './enum.ts'
import { IPv4Type, IPv6Type } from './ip.ts'
import { BoolType, FloatType, IntegerType, IntervalType, intervalUnits, NothingType } from './number.ts'
import { FixedStringType, StringType } from './string.ts'
import { TimeZone } from './timeZone.ts'
import { UuidType } from './uuid.ts'
import type { Value } from './value.ts'

/** An argument between a type's parentheses. */
type Argument =
  | { kind: 'type'; text: string; name: string; arguments: Argument[] | null }
  | { kind: 'named'; name: string; type: Argument }
  | { kind: 'number'; value: bigint; text: string }
  | { kind: 'string'; value: string }
  | { kind: 'element'; name: string; value: number }

const depthMax = 100
const known = new Map<string, DataType>()

/**
 * The type that a name means: `Array(Nullable(UInt8))`, aliases (`INT`, `VARCHAR`, ...) too. Errors: UNKNOWN_TYPE, SYNTAX_ERROR,
 * and those of the types' arguments. The same text gives the same object.
 */
export function parseType(text: string): DataType {
  let type = known.get(text)
  if (!type) {
    const reader = new TypeReader(text)
    type = build(reader.whole())
    if (known.size > 10_000) known.clear() // type texts come from clients, so the cache is bounded
    known.set(text, type)
  }
  return type
}

class TypeReader {
  #at = 0

  constructor(readonly text: string) {}

  whole(): Argument {
    const argument = this.#argument(0)
    this.#space()
    if (this.#at < this.text.length) this.#fail()
    return argument
  }

  #fail(): never {
    throw new DBError(
      'SYNTAX_ERROR',
      `Syntax error in data type ${JSON.stringify(this.text)} at position ${this.#at + 1}`,
    )
  }

  #space(): void {
    while (/\s/.test(this.text[this.#at] ?? '')) this.#at++
  }

  #match(pattern: RegExp): string | null {
    this.#space()
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)
    if (!found) return null
    this.#at += found[0].length
    return found[0]
  }

  #quoted(quote: string): string {
    let value = ''
    for (this.#at++; this.text[this.#at] !== quote; this.#at++) {
      if (this.#at >= this.text.length) this.#fail()
      if (this.text[this.#at] === '\\') this.#at++
      value += this.text[this.#at]
    }
    this.#at++
    return value
  }

  #argument(depth: number): Argument {
    if (depth > depthMax) throw new DBError('TOO_DEEP_RECURSION', `Data type is nested deeper than ${depthMax}`)
    this.#space()
    const char = this.text[this.#at]
    if (char === "'") {
      const name = this.#quoted("'")
      if (!this.#match(/=/y)) return { kind: 'string', value: name }
      const number = this.#match(/[+-]?\d+/y)
      if (number === null) this.#fail()
      return { kind: 'element', name, value: Number(number) }
    }
    const number = this.#match(/[+-]?\d+(\.\d+)?/y)
    if (number !== null) return { kind: 'number', value: BigInt(Math.trunc(Number(number))), text: number }
    const quoted = char === '`' || char === '"'
    const name = quoted ? this.#quoted(char) : this.#match(/[A-Za-z_][A-Za-z0-9_.]*/y)
    if (name === null) this.#fail()
    this.#space()
    const next = this.text[this.#at]
    if (quoted || (next !== undefined && /[A-Za-z_`"]/.test(next))) {
      const long = quoted ? null : longName(name, this.text.slice(this.#at - 0))
      if (long === null) return { kind: 'named', name, type: this.#argument(depth + 1) }
      this.#at += long.length
      return this.#finish(`${name} ${long}`, depth)
    }
    return this.#finish(name, depth)
  }

  #finish(name: string, depth: number): Argument {
    const start = this.#at
    if (!this.#match(/\(/y)) return { kind: 'type', name, text: name, arguments: null }
    const items: Argument[] = []
    while (!this.#match(/\)/y)) {
      if (items.length > 0 && !this.#match(/,/y)) this.#fail()
      items.push(this.#argument(depth + 1))
    }
    return { kind: 'type', name, text: name + this.text.slice(start, this.#at), arguments: items }
  }
}

/** SQL's names of several words: DOUBLE PRECISION, INT UNSIGNED. Gives the rest of the name. */
function longName(first: string, rest: string): string | null {
  const match = /^(PRECISION|UNSIGNED|SIGNED|VARYING|LARGE OBJECT)\b/i.exec(rest)
  return match && /^(DOUBLE|(TINY|SMALL|MEDIUM|BIG)?INT1?|INTEGER|CHAR|CHARACTER|BINARY|NCHAR)$/i.test(first)
    ? match[0]
    : null
}

const simple = new Map<string, DataType>([
  ...([8, 16, 32, 64, 128, 256] as const).flatMap(bits => [
    [`UInt${bits}`, new IntegerType(bits, false)] as const,
    [`Int${bits}`, new IntegerType(bits, true)] as const,
  ]),
  ['Float32', new FloatType(32)],
  ['Float64', new FloatType(64)],
  ['Bool', new BoolType()],
  ['String', new StringType()],
  ['Date', new DateType()],
  ['Date32', new Date32Type()],
  ['UUID', new UuidType()],
  ['IPv4', new IPv4Type()],
  ['IPv6', new IPv6Type()],
  ['Nothing', new NothingType()],
  ...intervalUnits.map(unit => [`Interval${unit}`, new IntervalType(unit)] as const),
])

/** Case-insensitive names of other databases. */
const aliases = new Map<string, string>(
  Object.entries({
    TINYINT: 'Int8',
    INT1: 'Int8',
    BYTE: 'Int8',
    SMALLINT: 'Int16',
    INT: 'Int32',
    INTEGER: 'Int32',
    INT4: 'Int32',
    MEDIUMINT: 'Int32',
    BIGINT: 'Int64',
    INT2: 'Int16',
    INT8: 'Int64',
    SIGNED: 'Int64',
    UNSIGNED: 'UInt64',
    'TINYINT UNSIGNED': 'UInt8',
    'SMALLINT UNSIGNED': 'UInt16',
    'INT UNSIGNED': 'UInt32',
    'INTEGER UNSIGNED': 'UInt32',
    'BIGINT UNSIGNED': 'UInt64',
    'TINYINT SIGNED': 'Int8',
    'SMALLINT SIGNED': 'Int16',
    'INT SIGNED': 'Int32',
    'INTEGER SIGNED': 'Int32',
    'BIGINT SIGNED': 'Int64',
    FLOAT: 'Float32',
    REAL: 'Float32',
    SINGLE: 'Float32',
    DOUBLE: 'Float64',
    'DOUBLE PRECISION': 'Float64',
    BOOL: 'Bool',
    BOOLEAN: 'Bool',
    TEXT: 'String',
    TINYTEXT: 'String',
    MEDIUMTEXT: 'String',
    LONGTEXT: 'String',
    BLOB: 'String',
    TINYBLOB: 'String',
    MEDIUMBLOB: 'String',
    LONGBLOB: 'String',
    CHAR: 'String',
    CHARACTER: 'String',
    VARCHAR: 'String',
    NVARCHAR: 'String',
    VARCHAR2: 'String',
    'CHAR VARYING': 'String',
    'CHARACTER VARYING': 'String',
    BYTEA: 'String',
    CLOB: 'String',
    NCHAR: 'String',
    VARBINARY: 'String',
    BINARY: 'FixedString',
    DATE: 'Date',
    TIMESTAMP: 'DateTime',
    DATETIME: 'DateTime',
    DEC: 'Decimal',
    NUMERIC: 'Decimal',
    FIXED: 'Decimal',
    DECIMAL: 'Decimal',
    INET4: 'IPv4',
    INET6: 'IPv6',
    YEAR: 'UInt16',
    BIT: 'UInt64',
    ENUM: 'Enum',
    DATE32: 'Date32',
    DATETIME64: 'DateTime64',
  }),
)

const parametric = new Set([
  'FixedString',
  'DateTime',
  'DateTime64',
  'DateTime32',
  'Decimal',
  'Decimal32',
  'Decimal64',
  'Decimal128',
  'Decimal256',
  'Enum',
  'Enum8',
  'Enum16',
  'Nullable',
  'LowCardinality',
  'Array',
  'Tuple',
  'Map',
  'Nested',
  'AggregateFunction',
  'SimpleAggregateFunction',
  'Point',
  'Ring',
  'Polygon',
  'MultiPolygon',
  'LineString',
  'MultiLineString',
])

type Geometry = 'Point' | 'Ring' | 'LineString' | 'Polygon' | 'MultiLineString' | 'MultiPolygon'

/** Names of arrays of points. */
function geometryType(name: Geometry): DataType {
  if (name === 'Point') {
    const coordinate = new FloatType(64)
    return new TupleType([coordinate, coordinate], null, name)
  }
  const elements = {
    Ring: 'Point',
    LineString: 'Point',
    Polygon: 'Ring',
    MultiLineString: 'LineString',
    MultiPolygon: 'Polygon',
  } as const
  return new ArrayType(geometryType(elements[name]), name)
}

function build(argument: Argument): DataType {
  if (argument.kind === 'named') throw new DBError('UNKNOWN_TYPE', `Unknown data type family: ${argument.name}`)
  if (argument.kind !== 'type')
    throw new DBError('UNEXPECTED_AST_STRUCTURE', 'A data type is expected where a literal stands')
  const given = argument.arguments
  let name = argument.name
  if (!simple.has(name) && !parametric.has(name)) {
    const alias = aliases.get(name.toUpperCase())
    if (alias === undefined) throw new DBError('UNKNOWN_TYPE', `Unknown data type family: ${name}`)
    name = alias
    if (name === 'String' || (simple.has(name) && /INT|FLOAT|DOUBLE|YEAR|BIT/i.test(argument.name)))
      return simple.get(name)! // VARCHAR(10), INT(11)
  }
  const plain = simple.get(name)
  if (plain) {
    if (given !== null && given.length > 0)
      throw new DBError('DATA_TYPE_CANNOT_HAVE_ARGUMENTS', `Data type ${name} cannot have arguments`)
    return plain
  }
  return buildParametric(name, given ?? [])
}

function buildParametric(name: string, given: Argument[]): DataType {
  const count = (low: number, high = low) => {
    if (given.length < low || given.length > high)
      throw new DBError(
        'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
        `${name} data type family must have ${low === high ? low : `${low} to ${high}`} arguments, got ${given.length}`,
      )
  }
  const number = (i: number): number => {
    const item = given[i]
    if (item?.kind !== 'number')
      throw new DBError('UNEXPECTED_AST_STRUCTURE', `Argument ${i + 1} of ${name} must be a number`)
    return Number(item.value)
  }
  const zone = (i: number): string | null => {
    const item = given[i]
    if (item === undefined) return null
    if (item.kind !== 'string')
      throw new DBError('UNEXPECTED_AST_STRUCTURE', `The time zone of ${name} must be a string`)
    TimeZone.get(item.value)
    return item.value
  }
  switch (name) {
    case 'FixedString': {
      count(1)
      const width = number(0)
      if (!(width > 0 && width <= 0xffffff))
        throw new DBError('ARGUMENT_OUT_OF_BOUND', `FixedString length must be between 1 and 16777215, got ${width}`)
      return new FixedStringType(width)
    }
    case 'DateTime':
    case 'DateTime32':
      if (given[0]?.kind === 'number') return new DateTime64Type(number(0), zone(1))
      count(0, 1)
      return new DateTimeType(zone(0))
    case 'DateTime64': {
      count(0, 2)
      const scale = given.length === 0 ? 3 : number(0)
      if (!(scale >= 0 && scale <= 9))
        throw new DBError(
          'ARGUMENT_OUT_OF_BOUND',
          `Scale ${scale} is too large for DateTime64. Maximum is up to nanoseconds (9).`,
        )
      return new DateTime64Type(scale, zone(1))
    }
    case 'Decimal':
      count(0, 2)
      return new DecimalType(given.length > 0 ? number(0) : 10, given.length > 1 ? number(1) : 0)
    case 'Decimal32':
    case 'Decimal64':
    case 'Decimal128':
    case 'Decimal256':
      count(1)
      return new DecimalType({ Decimal32: 9, Decimal64: 18, Decimal128: 38, Decimal256: 76 }[name], number(0))
    case 'Enum':
    case 'Enum8':
    case 'Enum16':
      return buildEnum(name, given)
    case 'Nullable':
      count(1)
      return new NullableType(build(given[0]))
    case 'LowCardinality':
      count(1)
      return new LowCardinalityType(build(given[0]))
    case 'Array':
      count(1)
      return new ArrayType(build(given[0]))
    case 'Map':
      count(2)
      return new MapType(build(given[0]), build(given[1]))
    case 'Tuple':
      return buildTuple(given)
    case 'Nested':
      return new ArrayType(buildTuple(given))
    case 'Point':
    case 'Ring':
    case 'LineString':
    case 'Polygon':
    case 'MultiLineString':
    case 'MultiPolygon':
      return geometryType(name)
    case 'SimpleAggregateFunction':
      count(2, 9)
      return simpleAggregateType(build(given[1]), ...calledFunction(given[0]))
    case 'AggregateFunction': {
      const version = given[0]?.kind === 'number' ? Number(given[0].value) : undefined
      const [called, ...types] = version === undefined ? given : given.slice(1)
      if (called?.kind !== 'type') throw new DBError('BAD_ARGUMENTS', 'AggregateFunction needs the name of a function')
      const parameters = called.arguments ?? []
      const values = parameters.map((item): Value => {
        if (item.kind === 'number') return item.text.includes('.') ? Number(item.text) : item.value
        if (item.kind === 'string') return item.value
        throw new DBError(
          'PARAMETERS_TO_AGGREGATE_FUNCTIONS_MUST_BE_LITERALS',
          'Parameters of an aggregate function must be literals',
        )
      })
      const shown = parameters
        .map(item => (item.kind === 'number' ? item.text : item.kind === 'string' ? `'${item.value}'` : ''))
        .join(', ')
      return new AggregateFunctionType(called.name, values, shown, types.map(build), version)
    }
    default:
      throw new DBError('UNKNOWN_TYPE', `Unknown data type family: ${name}`)
  }
}

/** A function's name and its parameters' text. */
function calledFunction(called: Argument): [name: string, parameters: string] {
  if (called.kind !== 'type') throw new DBError('BAD_ARGUMENTS', 'SimpleAggregateFunction needs the name of a function')
  return [called.name, called.text.slice(called.name.length).replace(/^\(|\)$/g, '')]
}

function buildTuple(given: Argument[]): DataType {
  const named = given.length > 0 && given.every(item => item.kind === 'named')
  if (!named && given.some(item => item.kind === 'named'))
    throw new DBError('BAD_ARGUMENTS', 'Names are specified not for all elements of Tuple type')
  if (!named) return new TupleType(given.map(build))
  const pairs = given as Extract<Argument, { kind: 'named' }>[]
  const names = pairs.map(pair => pair.name)
  if (new Set(names).size < names.length) throw new DBError('DUPLICATE_COLUMN', 'Tuple names must be unique')
  return new TupleType(
    pairs.map(pair => build(pair.type)),
    names,
  )
}

function buildEnum(name: string, given: Argument[]): DataType {
  let next = 1
  const elements = given.map((item): [string, number] => {
    if (item.kind === 'element') next = item.value
    else if (item.kind !== 'string')
      throw new DBError('UNEXPECTED_AST_STRUCTURE', `Elements of ${name} must be of form 'name' = number`)
    return [item.kind === 'element' ? item.name : item.value, next++]
  })
  const wide = name === 'Enum16' || (name === 'Enum' && elements.some(([, number]) => number < -128 || number > 127))
  return new EnumType(wide ? 16 : 8, elements)
}

/** Every type's name without arguments, for system.data_type_families. */
export const typeFamilies: readonly string[] = [...simple.keys(), ...parametric]
export const typeAliases: ReadonlyMap<string, string> = aliases
