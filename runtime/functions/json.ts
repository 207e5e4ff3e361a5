// JSONExtract() and its kin: values of JSON texts by path.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import { convertValue } from '../types/convertValue.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType, IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { childOf, type Json, JsonObject, memberAt, parseJson, printJson } from './jsonText.ts'
import { isNativeInteger, isString, stringType, uint64, uint8 } from './stringRows.ts'

const category = 'JSON'
const int64 = parseType('Int64')
const float64 = parseType('Float64')
const strings = new ArrayType(stringType)
const pairs = new ArrayType(parseType('Tuple(String, String)'))

type Step = string | bigint

/** Row to the document, read once for rows of equal text that follow each other. */
function documentReader(column: Column): (row: number) => Json | undefined {
  let last: string | undefined
  let document: Json | undefined
  return row => {
    const text = String(column.valueAt(row))
    if (text !== last) {
      last = text
      document = parseJson(text)
    }
    return document
  }
}

const stepAt = (column: Column, row: number): Step => {
  const value = column.valueAt(row)
  return typeof value === 'string' ? value : BigInt(value as number)
}

function walk(document: Json | undefined, steps: readonly Step[], ignoreCase: boolean): Json | undefined {
  let value = document
  for (const step of steps) {
    if (value === undefined) return undefined
    value = childOf(value, step, ignoreCase)
  }
  return value
}

interface Extraction {
  readonly name: string
  readonly about: string
  /** The last argument is the result's type. */
  readonly typed?: boolean
  readonly ignoreCase?: boolean
  type(args: readonly ArgumentInfo[]): DataType
  /** The result for what stands at the path; undefined: nothing does, or the text is no JSON. */
  value(found: Json | undefined, type: DataType): Value | undefined
  /** Where the last step itself matters: what it was, and in what. */
  lastStep?(parent: Json | undefined, step: Step): Value
  readonly example: readonly [string, string]
}

/** The two spellings of a function that walks a path. */
function extraction(given: Extraction): FunctionDefinition[] {
  const define = (name: string, ignoreCase: boolean): FunctionDefinition =>
    defineFunction({
      name,
      about: given.about + (ignoreCase ? ' Keys are found in any case.' : ''),
      category,
      arguments: [
        { name: 'json', accepts: type => type.kind === 'String', optional: true },
        { name: 'path', repeated: true },
      ],
      constants: 'keep',
      returns: args => {
        if (args.length === 0)
          throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Function ${name} requires at least one argument`)
        const path = args.slice(1, given.typed ? -1 : undefined)
        if (given.typed && args.length < 2)
          throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Function ${name} requires at least two arguments`)
        if (given.lastStep && path.length === 0)
          throw new DBError('NUMBER_OF_ARGUMENTS_DOESNT_MATCH', `Function ${name} requires at least two arguments`)
        for (const { type } of path)
          if (!isString(type) && !isNativeInteger(type))
            throw new DBError(
              'ILLEGAL_TYPE_OF_ARGUMENT',
              `The arguments of function ${name} behind the first must be keys or indices, not ${type.name}`,
            )
        return given.type(args)
      },
      run: (args, { type, rows, arena }) => {
        const document = documentReader(args[0])
        const path = args.slice(1, given.typed ? -1 : undefined)
        const isFixed = path.every(column => column instanceof ConstColumn)
        let steps = isFixed && rows > 0 ? path.map(column => stepAt(column, 0)) : []
        const values: Value[] = []
        for (let row = 0; row < rows; row++) {
          if (!isFixed) steps = path.map(column => stepAt(column, row))
          let value: Value | undefined
          if (given.lastStep)
            value = given.lastStep(walk(document(row), steps.slice(0, -1), ignoreCase), steps[steps.length - 1])
          else value = given.value(walk(document(row), steps, ignoreCase), type)
          values.push(value ?? (value === null ? null : type.default))
        }
        return columnOf(type, values, arena)
      },
      examples: ignoreCase ? [] : [given.example],
    })
  if (given.ignoreCase === false) return [define(given.name, false)]
  return [define(given.name, false), define(`${given.name}CaseInsensitive`, true)]
}

/** A value of JSON as one of SQL; undefined where the type has none for it. */
function sqlValue(json: Json | undefined, type: DataType): Value | undefined {
  if (json === undefined) return undefined
  if (type instanceof NullableType) return json === null ? null : (sqlValue(json, type.inner) ?? null)
  if (type instanceof LowCardinalityType) return sqlValue(json, type.inner)
  if (json === null) return undefined
  if (type instanceof ArrayType) {
    if (!Array.isArray(json)) return undefined
    return withDefaults(
      (json as readonly Json[]).map(item => sqlValue(item, type.element)),
      type.element,
    )
  }
  if (type instanceof TupleType) return tupleOf(json, type)
  if (type instanceof MapType) {
    if (!(json instanceof JsonObject) || type.key.kind !== 'String') return undefined
    return json.members.map(([key, value]) => [key, sqlValue(value, type.value) ?? type.value.default])
  }
  if (type.kind === 'String') return typeof json === 'string' ? json : printJson(json)
  if (type.kind === 'FixedString') return parsed(typeof json === 'string' ? json : printJson(json), type)
  if (type instanceof IntegerType || type instanceof FloatType || type.kind === 'Bool') return numberOf(json, type)
  if (typeof json === 'object' || typeof json === 'boolean') return undefined
  if (type instanceof DecimalType || typeof json === 'string') return parsed(String(json), type)
  if (type.kind.startsWith('Enum') || type.kind === 'Date' || type.kind === 'DateTime')
    return convertValue(json, typeof json === 'bigint' ? int64 : float64, type)
  return undefined
}

/** Elements that fit nowhere are defaults; where none fits, the whole is no value. */
function withDefaults(values: (Value | undefined)[], element: DataType): Value[] | undefined {
  if (values.length > 0 && values.every(value => value === undefined)) return undefined
  return values.map(value => (value === undefined ? element.default : value))
}

/** By place from an array; by name, or else by place, from an object. */
function tupleOf(json: Json, { elements, names }: TupleType): Value[] | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  let any = false
  const values = elements.map((element, i) => {
    let inner: Json | undefined
    if (json instanceof JsonObject) inner = names ? childOf(json, names[i], false) : json.members[i]?.[1]
    else inner = (json as readonly Json[])[i]
    const value = sqlValue(inner, element)
    if (value !== undefined) any = true
    return value === undefined ? element.default : value
  })
  return any ? values : undefined
}

function numberOf(json: Json, type: DataType): Value | undefined {
  if (type.kind === 'Bool') {
    if (typeof json === 'boolean') return Number(json)
    return typeof json === 'bigint' || typeof json === 'number' ? Number(Number(json) !== 0) : undefined
  }
  if (typeof json === 'boolean') return numberOf(json ? 1n : 0n, type)
  if (typeof json === 'string') {
    const number = /^[+-]?\d+$/.test(json) ? BigInt(json.replace('+', '')) : Number(json.trim() === '' ? 'x' : json)
    return Number.isNaN(number) ? undefined : numberOf(number, type)
  }
  if (typeof json !== 'bigint' && typeof json !== 'number') return undefined
  if (type instanceof FloatType) return type.bits === 32 ? Math.fround(Number(json)) : Number(json)
  const integer = typeof json === 'bigint' ? json : BigInt(Math.trunc(json))
  const { min, max } = type as IntegerType
  return integer < min || integer > max ? undefined : (type as IntegerType).wrap(integer)
}

function parsed(text: string, type: DataType): Value | undefined {
  try {
    return type.parse(text)
  } catch (error) {
    if (error instanceof DBError) return undefined
    throw error
  }
}

function wantedType(args: readonly ArgumentInfo[], name: string): DataType {
  const given = args[args.length - 1]?.constant
  if (typeof given !== 'string')
    throw new DBError('ILLEGAL_COLUMN', `The last argument of function ${name} must be a constant: the name of a type`)
  return parseType(given)
}

const typeNames = (found: Json | undefined): string => {
  if (found === undefined || found === null) return 'Null'
  if (typeof found === 'boolean') return 'Bool'
  if (typeof found === 'bigint') return found > 9223372036854775807n ? 'UInt64' : 'Int64'
  if (typeof found === 'number') return 'Double'
  if (typeof found === 'string') return 'String'
  return found instanceof JsonObject ? 'Object' : 'Array'
}

const sizeOf = (found: Json | undefined): number =>
  found instanceof JsonObject ? found.members.length : Array.isArray(found) ? found.length : 0

const simple = (name: string, type: DataType, about: string, example: readonly [string, string]) =>
  extraction({ name, about, type: () => type, value: found => sqlValue(found, type), example })

const isValidJSON = defineFunction({
  name: 'isValidJSON',
  about: 'Whether the text is JSON.',
  category,
  arguments: [{ name: 'json', accepts: type => type.kind === 'String' }],
  returns: () => uint8,
  run: ([json], { type, rows, arena }) => {
    const document = documentReader(json)
    const values = Array.from({ length: rows }, (_, row) => Number(document(row) !== undefined))
    return columnOf(type, values, arena)
  },
  examples: [["SELECT isValidJSON('[1]'), isValidJSON('[1')", '1\t0']],
})

const JSONArrayLength = defineFunction({
  name: 'JSONArrayLength',
  aliases: ['JSON_ARRAY_LENGTH'],
  caseInsensitive: true,
  about: 'The number of elements of the outermost array; NULL for what is none.',
  category,
  arguments: [{ name: 'json', accepts: type => type.kind === 'String' }],
  returns: () => new NullableType(uint64),
  run: ([json], { type, rows, arena }) => {
    const document = documentReader(json)
    const values = Array.from({ length: rows }, (_, row) => {
      const value = document(row)
      return Array.isArray(value) ? BigInt(value.length) : null
    })
    return columnOf(type, values, arena)
  },
  examples: [["SELECT JSONArrayLength('[1, 2]')", '2']],
})

const document = `'{"a": 1, "b": [2, "x"]}'`

export const json: readonly FunctionDefinition[] = [
  ...extraction({
    name: 'JSONHas',
    about: 'Whether something stands at the path.',
    ignoreCase: false,
    type: () => uint8,
    value: found => Number(found !== undefined),
    example: [`SELECT JSONHas(${document}, 'b', 2)`, '1'],
  }),
  ...extraction({
    name: 'JSONLength',
    about: 'The number of elements of an array, or of keys of an object.',
    ignoreCase: false,
    type: () => uint64,
    value: found => BigInt(sizeOf(found)),
    example: [`SELECT JSONLength(${document}, 'b')`, '2'],
  }),
  ...extraction({
    name: 'JSONType',
    about: 'The type of what stands at the path.',
    ignoreCase: false,
    type: () =>
      parseType(
        "Enum8('Null' = 0, 'String' = 34, 'Array' = 91, 'Object' = 123, 'Bool' = 98, 'Int64' = 105, 'UInt64' = 117, 'Double' = 100)",
      ),
    value: (found, type) => type.parse(typeNames(found)),
    example: [`SELECT JSONType(${document}, 'b')`, 'Array'],
  }),
  ...extraction({
    name: 'JSONKey',
    about: 'The key of the member at a place.',
    ignoreCase: false,
    type: () => stringType,
    value: () => '',
    lastStep: (parent, step) => {
      if (parent === undefined) return ''
      if (typeof step === 'bigint') return memberAt(parent, step)?.[0] ?? ''
      return childOf(parent, step, false) === undefined ? '' : step
    },
    example: [`SELECT JSONKey(${document}, 2)`, 'b'],
  }),
  ...simple('JSONExtractUInt', uint64, 'The number at the path as UInt64; 0 where there is none.', [
    `SELECT JSONExtractUInt(${document}, 'a')`,
    '1',
  ]),
  ...simple('JSONExtractInt', int64, 'The number at the path as Int64; 0 where there is none.', [
    `SELECT JSONExtractInt(${document}, 'a')`,
    '1',
  ]),
  ...simple('JSONExtractFloat', float64, 'The number at the path as Float64; 0 where there is none.', [
    `SELECT JSONExtractFloat(${document}, 'a')`,
    '1',
  ]),
  ...extraction({
    name: 'JSONExtractBool',
    about: 'The truth value at the path; 0 where there is none.',
    type: () => uint8,
    value: found => sqlValue(found, parseType('Bool')),
    example: [`SELECT JSONExtractBool('{"a": true}', 'a')`, '1'],
  }),
  ...simple('JSONExtractString', stringType, 'The string at the path; what is none is given as JSON.', [
    `SELECT JSONExtractString(${document}, 'b', 2)`,
    'x',
  ]),
  ...extraction({
    name: 'JSONExtractRaw',
    about: 'What stands at the path as JSON.',
    type: () => stringType,
    value: found => (found === undefined ? undefined : printJson(found)),
    example: [`SELECT JSONExtractRaw(${document}, 'b')`, '[2,"x"]'],
  }),
  ...extraction({
    name: 'JSONExtractArrayRaw',
    about: "An array's elements as JSON.",
    type: () => strings,
    value: found => (Array.isArray(found) ? found.map(printJson) : undefined),
    example: [`SELECT JSONExtractArrayRaw(${document}, 'b')`, `['2','"x"']`],
  }),
  ...extraction({
    name: 'JSONExtractKeys',
    about: "An object's keys.",
    type: () => strings,
    value: found => (found instanceof JsonObject ? found.members.map(([key]) => key) : undefined),
    example: [`SELECT JSONExtractKeys(${document})`, `['a','b']`],
  }),
  ...extraction({
    name: 'JSONExtractKeysAndValuesRaw',
    about: "An object's keys, and its values as JSON.",
    type: () => pairs,
    value: found =>
      found instanceof JsonObject ? found.members.map(([key, value]) => [key, printJson(value)]) : undefined,
    example: [`SELECT JSONExtractKeysAndValuesRaw(${document})`, `[('a','1'),('b','[2,"x"]')]`],
  }),
  ...extraction({
    name: 'JSONExtractKeysAndValues',
    about: "An object's keys, and its values of the given type.",
    typed: true,
    type: args => new ArrayType(new TupleType([stringType, wantedType(args, 'JSONExtractKeysAndValues')])),
    value: (found, type) => {
      if (!(found instanceof JsonObject)) return undefined
      const wanted = ((type as ArrayType).element as TupleType).elements[1]
      return found.members.flatMap(([key, inner]) => {
        const value = sqlValue(inner, wanted)
        return value === undefined ? [] : [[key, value]]
      })
    },
    example: [`SELECT JSONExtractKeysAndValues(${document}, 'Int8')`, `[('a',1)]`],
  }),
  ...extraction({
    name: 'JSONExtract',
    about: 'What stands at the path as a value of the given type.',
    typed: true,
    type: args => wantedType(args, 'JSONExtract'),
    value: sqlValue,
    example: [`SELECT JSONExtract(${document}, 'b', 'Array(String)')`, `['2','x']`],
  }),
  isValidJSON,
  JSONArrayLength,
]
