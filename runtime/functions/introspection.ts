// About columns, types, errors and settings.
import { constColumn } from '../columns/build.ts'
import { DBError, errorCodes } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { EnumType } from '../types/enum.ts'
import { parseType } from '../types/parseType.ts'
import { plainType } from './bind.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { isInteger, isNumberOrDecimal } from './numericTypes.ts'
import { defineRowwise } from './rowwise.ts'

const category = 'Other'
const String_ = parseType('String')
const UInt64 = parseType('UInt64')
const asItIs = { nulls: 'own', lowCardinality: 'own', constants: 'keep' } as const

/** What holds a type's values in memory, by the name that ClickHouse has for it. */
function columnName(type: DataType): string {
  if (type instanceof NullableType) return `Nullable(${columnName(type.inner)})`
  if (type instanceof LowCardinalityType) return `ColumnLowCardinality(${columnName(type.inner)})`
  if (type instanceof ArrayType) return `Array(${columnName(type.element)})`
  if (type instanceof MapType) return `Map(${columnName(type.key)}, ${columnName(type.value)})`
  if (type instanceof TupleType) return `Tuple(${type.elements.map(columnName).join(', ')})`
  if (type instanceof EnumType) return type.width === 1 ? 'Int8' : 'Int16'
  if (type instanceof DecimalType) return `Decimal${type.width * 8}`
  const stored: Partial<Record<string, string>> = {
    Bool: 'UInt8',
    Date: 'UInt16',
    Date32: 'Int32',
    DateTime: 'UInt32',
    DateTime64: 'DateTime64',
    Interval: 'Int64',
  }
  return stored[type.kind] ?? type.name
}

const toColumnTypeName = defineFunction({
  name: 'toColumnTypeName',
  about: 'What holds the values of the argument in memory.',
  category,
  arguments: [{ name: 'x' }],
  ...asItIs,
  returns: () => String_,
  run: (_, { rows, arena, arguments: [{ type, constant }] }: Call) =>
    constColumn(String_, constant === undefined ? columnName(type) : `Const(${columnName(type)})`, rows, arena),
  examples: [['SELECT toColumnTypeName(toDateTime(0))', 'Const(UInt32)']],
})

/** The parts of a column with their sizes. */
function structure(type: DataType, rows: number): string {
  if (type instanceof NullableType)
    return `Nullable(size = ${rows}, ${structure(type.inner, rows)}, UInt8(size = ${rows}))`
  if (type instanceof TupleType)
    return `Tuple(size = ${[rows, ...type.elements.map(element => structure(element, rows))].join(', ')})`
  return `${columnName(type)}(size = ${rows})`
}

const dumpColumnStructure = defineFunction({
  name: 'dumpColumnStructure',
  about: 'The type of the argument and the parts of what holds its values.',
  category,
  arguments: [{ name: 'x' }],
  ...asItIs,
  returns: () => String_,
  run: (_, { rows, arena, arguments: [{ type, constant }] }: Call) => {
    const parts = constant === undefined ? structure(type, rows) : `Const(size = ${rows}, ${structure(type, 1)})`
    return constColumn(String_, `${type.name}, ${parts}`, rows, arena)
  },
})

/** Characters, without those that join others. */
const charactersOf = (text: string): number => [...text.replace(/\p{M}/gu, '')].length

const visibleWidth = defineRowwise({
  name: 'visibleWidth',
  about: 'How many characters the value takes as text.',
  category,
  arguments: [{ name: 'x' }],
  nulls: 'own',
  lowCardinality: 'plain',
  returns: UInt64,
  row: ([value], { arguments: [{ type }] }) => BigInt(value === null ? 'NULL'.length : charactersOf(type.print(value))),
  example: ["SELECT visibleWidth(NULL), visibleWidth('abc')", '4\t3'],
})

const namesByCode = new Map(Object.entries(errorCodes).map(([name, code]) => [Number(code), name]))

const errorCodeToName = defineRowwise({
  name: 'errorCodeToName',
  about: 'The name of an error by its number.',
  category,
  arguments: [{ name: 'code', accepts: type => isNumberOrDecimal(plainType(type)) }],
  nulls: 'literal',
  returns: parseType('LowCardinality(String)'),
  row: ([code], { arguments: [{ type }] }) => {
    const plain = plainType(type)
    const number = plain instanceof DecimalType ? Number(plain.print(code)) : Number(code)
    return number === 0 ? 'OK' : (namesByCode.get(number) ?? '')
  },
  example: ['SELECT errorCodeToName(252)', 'TOO_MANY_PARTS'],
})

const getSettingOrDefault = defineFunction({
  name: 'getSettingOrDefault',
  about: 'The value of a setting of the user, or a default where there is none.',
  category,
  arguments: [
    { name: 'name', constant: true },
    { name: 'default', constant: true },
  ],
  ...asItIs,
  returns: ([name, otherwise], environment) => {
    if (typeof name.constant !== 'string')
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'The name of a setting must be a constant string')
    return knownSetting(name, environment.setting) === undefined ? otherwise.type : String_
  },
  run: ([, otherwise], { type, rows, arena, environment, arguments: [name] }) => {
    const value = knownSetting(name, environment.setting)
    return value === undefined ? otherwise : constColumn(type, value, rows, arena)
  },
})

/** undefined: no such setting. */
function knownSetting(name: ArgumentInfo, setting: (name: string) => unknown): string | undefined {
  try {
    const value = setting(String(name.constant))
    return value === null || value === undefined || value === '' ? undefined : String(value)
  } catch (error) {
    if (error instanceof DBError && error.errorName === 'UNKNOWN_SETTING') return undefined
    throw error
  }
}

/** A file name has 255 bytes, of which the database's directory and what a dropped table's metadata adds take their part. */
const nameBytesMax = 255
const droppedSuffixBytes = 42

const escapedBytes = (name: string): number =>
  encodeText(name).reduce((sum, byte) => sum + (/\w/.test(String.fromCharCode(byte)) && byte < 128 ? 1 : 3), 0)

const getMaxTableNameLengthForDatabase = defineRowwise({
  name: 'getMaxTableNameLengthForDatabase',
  about: 'How long a name of a table in a database may be.',
  category,
  arguments: [{ name: 'database', accepts: type => type.kind === 'String', constant: true }],
  returns: UInt64,
  row: ([database]) => BigInt(nameBytesMax - droppedSuffixBytes - escapedBytes(database as string)),
})

const icebergTruncate = defineRowwise({
  name: 'icebergTruncate',
  about: 'A number down to a multiple of a width, or a text down to so many characters.',
  category,
  arguments: [
    { name: 'width', accepts: isInteger },
    { name: 'x', accepts: type => type.kind === 'String' || isNumberOrDecimal(type) },
  ],
  returns: ([, { type }]) => type,
  row: ([width, value]) => {
    if (typeof value === 'string') return [...value].slice(0, Number(width)).join('')
    const [size, whole] = [BigInt(width as number), BigInt(value as number)]
    if (size <= 0n) throw new DBError('BAD_ARGUMENTS', 'The width of function icebergTruncate must be positive')
    const rest = ((whole % size) + size) % size
    return typeof value === 'bigint' ? whole - rest : Number(whole - rest)
  },
  example: ["SELECT icebergTruncate(3, 'iceberg')", 'ice'],
})

const bitSlice = defineRowwise({
  name: 'bitSlice',
  about:
    'Bits of a text from a place (from the end where negative), so many or all, filled up with zeros to whole bytes.',
  category: 'Bit',
  arguments: [
    { name: 'text', accepts: type => type.kind === 'String' || type.kind === 'FixedString' },
    { name: 'offset', accepts: type => isInteger(type) && type.width <= 8 },
    { name: 'length', accepts: type => isInteger(type) && type.width <= 8, optional: true },
  ],
  returns: String_,
  row: ([text, offset, length]) => {
    const bytes = encodeText(text as string)
    const bits = bytes.length * 8
    const place = Number(offset)
    if (place === 0) throw new DBError('ZERO_ARRAY_OR_TUPLE_INDEX', 'Places of bits are counted from 1')
    const given = length === undefined ? bits : Number(length)
    const first = place > 0 ? place - 1 : bits + place
    const end = Math.min(bits, given < 0 ? bits + given : first + given)
    // From before the start, only what lies inside is taken.
    const start = Math.max(0, first)
    const out: number[] = []
    for (let at = start; at < end; at += 8) {
      let byte = 0
      for (let k = 0; k < 8; k++) {
        const bit = at + k
        byte = byte * 2 + (bit < end ? (bytes[bit >> 3] >> (7 - (bit & 7))) & 1 : 0)
      }
      out.push(byte)
    }
    return decodeText(Uint8Array.from(out))
  },
  example: ["SELECT bin(bitSlice('Hello', 1, 8))", '01001000'],
})

export const introspection: readonly FunctionDefinition[] = [
  toColumnTypeName,
  dumpColumnStructure,
  visibleWidth,
  errorCodeToName,
  getSettingOrDefault,
  getMaxTableNameLengthForDatabase,
  icebergTruncate,
  bitSlice,
]
