// JSON texts made of values or of other JSON texts.
import { defaultPrintOptions, printColumn } from '../columns/print.ts'
import { DBError } from '../core/errors.ts'
import { TimeZone } from '../types/timeZone.ts'
import { flagSetting } from './flagSetting.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { type Json, JsonObject, parseJson, printJson, quoteJson } from './jsonText.ts'
import { isPlainString, isUnsigned, mapTexts, stringType, textReader } from './stringRows.ts'

const category = 'JSON'

const toJSONString = defineFunction({
  name: 'toJSONString',
  about: 'The value as JSON.',
  category,
  arguments: [{ name: 'value' }],
  nulls: 'own',
  lowCardinality: 'own',
  returns: () => stringType,
  run: ([value], { arena, environment }) => {
    const set = (name: string, otherwise = false) => flagSetting(environment, `output_format_json_${name}`, otherwise)
    return printColumn(value, 'json', arena, {
      ...defaultPrintOptions,
      zone: TimeZone.get(environment.timeZone),
      nullText: 'null',
      quote64BitIntegers: set('quote_64bit_integers'),
      quote64BitFloats: set('quote_64bit_floats'),
      quoteDecimals: set('quote_decimals'),
      quoteDenormals: set('quote_denormals'),
      escapeSlashes: set('escape_forward_slashes', true),
      namedTuplesAsObjects: set('named_tuples_as_objects', true),
      mapAsArrayOfTuples: set('map_as_array_of_tuples'),
    })
  },
  examples: [["SELECT toJSONString(map('key1', 1, 'key2', 2))", '{"key1":1,"key2":2}']],
})

/** Members of the second put into the first; objects on both sides are merged likewise. */
function merged(left: JsonObject, right: JsonObject): JsonObject {
  const members = left.members.map(([key, value]) => [key, value] as [string, Json])
  for (const [key, value] of right.members) {
    const known = members.find(([name]) => name === key)
    if (!known) members.push([key, value])
    else known[1] = known[1] instanceof JsonObject && value instanceof JsonObject ? merged(known[1], value) : value
  }
  return new JsonObject(members)
}

const jsonMergePatch = defineFunction({
  name: 'JSONMergePatch',
  aliases: ['jsonMergePatch'],
  about: 'JSON objects merged into one: later ones win.',
  category,
  arguments: [
    { name: 'json', accepts: isPlainString },
    { name: 'more', accepts: isPlainString, repeated: true },
  ],
  returns: () => stringType,
  run: (texts, { rows, arena, nulls }) => {
    const readers = texts.map(column => textReader(column, arena))
    return mapTexts(arena, rows, row => {
      if (nulls !== 0 && arena.memory.u8[nulls + row]) return ''
      const objects = readers.map(read => {
        const value = parseJson(read(row))
        if (!(value instanceof JsonObject))
          throw new DBError('BAD_ARGUMENTS', 'Wrong JSON string to merge. Expected JSON object')
        return value
      })
      return printJson(objects.reduce(merged))
    })
  },
  examples: [[`SELECT JSONMergePatch('{"a":1}', '{"name": "joey"}')`, '{"a":1,"name":"joey"}']],
})

/** A value over several lines. */
function prettyJson(value: Json, indent: string, outer = ''): string {
  const inner = outer + indent
  const lines = (parts: readonly string[], open: string, close: string) =>
    parts.length === 0 ? open + close : `${open}\n${parts.map(part => inner + part).join(',\n')}\n${outer}${close}`
  if (value instanceof JsonObject)
    return lines(
      value.members.map(([key, part]) => `${quoteJson(key)}: ${prettyJson(part, indent, inner)}`),
      '{',
      '}',
    )
  if (Array.isArray(value))
    return lines(
      (value as readonly Json[]).map(part => prettyJson(part, indent, inner)),
      '[',
      ']',
    )
  return printJson(value)
}

const prettyPrintJSON = defineFunction({
  name: 'prettyPrintJSON',
  about: 'A JSON text over several lines, each level moved by so many spaces (4).',
  category,
  arguments: [
    { name: 'json', accepts: isPlainString },
    { name: 'indent', optional: true, constant: true, accepts: isUnsigned },
  ],
  constants: 'keep',
  returns: () => stringType,
  run: ([json], { rows, arena, nulls, arguments: args }) => {
    const read = textReader(json, arena)
    const indent = ' '.repeat(Number(args[1]?.constant ?? 4))
    return mapTexts(arena, rows, row => {
      if (nulls !== 0 && arena.memory.u8[nulls + row]) return ''
      const value = parseJson(read(row))
      if (value === undefined) throw new DBError('BAD_ARGUMENTS', 'Invalid JSON string in function prettyPrintJSON')
      return prettyJson(value, indent)
    })
  },
  examples: [[`SELECT prettyPrintJSON('{"a":1}', 2)`, '{\\n  "a": 1\\n}']],
})

export const jsonPrinting: readonly FunctionDefinition[] = [toJSONString, jsonMergePatch, prettyPrintJSON]
