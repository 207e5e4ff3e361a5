// JSON_EXISTS, JSON_QUERY and JSON_VALUE: what a path as in $.a[0 to 2, 4].b[*] finds in a JSON text.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { flagSetting } from './flagSetting.ts'
import { type ArgumentInfo, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { type Json, JsonObject, parseJson, printJson } from './jsonText.ts'
import { isPlainString, stringType, textReader, uint8 } from './stringRows.ts'

const category = 'JSON'

type Step =
  | { readonly kind: 'member'; readonly key: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'places'; readonly ranges: readonly (readonly [first: number, end: number])[] }

const malformed = (): DBError => new DBError('BAD_ARGUMENTS', 'Unable to parse JSONPath')

const stepPatterns = {
  member: /\s*\.\s*(?:([A-Za-z_$\u0080-\uffff][\w$\u0080-\uffff-]*)|"((?:[^"\\]|\\.)*)"|`([^`]*)`)/y,
  quoted: /\s*\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y,
  all: /\s*\[\s*\*\s*\]/y,
  places: /\s*\[\s*(\d+(?:\s+to\s+\d+)?(?:\s*,\s*\d+(?:\s+to\s+\d+)?)*)\s*\]/iy,
}

function parsePath(path: string): Step[] {
  const start = /^\s*\$/.exec(path)
  if (!start) throw malformed()
  const steps: Step[] = []
  let at = start[0].length
  while (at < path.length && path.slice(at).trim() !== '') {
    const take = (pattern: RegExp): RegExpExecArray | null => {
      pattern.lastIndex = at
      const match = pattern.exec(path)
      if (match) at = pattern.lastIndex
      return match
    }
    const named = take(stepPatterns.member) ?? take(stepPatterns.quoted)
    if (named) steps.push({ kind: 'member', key: named.slice(1).find(part => part !== undefined) ?? '' })
    else if (take(stepPatterns.all)) steps.push({ kind: 'all' })
    else {
      const places = take(stepPatterns.places)
      if (!places) throw malformed()
      const ranges = places[1].split(',').map(range => {
        // The end of a range is not part of it.
        const [first, end = first + 1] = range.split(/\s+to\s+/i).map(Number)
        return [first, end] as const
      })
      steps.push({ kind: 'places', ranges })
    }
  }
  return steps
}

/** All that the path leads to, in order. */
function* found(value: Json, steps: readonly Step[], at = 0): Generator<Json> {
  if (at === steps.length) {
    yield value
    return
  }
  const step = steps[at]
  if (step.kind === 'member') {
    if (!(value instanceof JsonObject)) return
    const member = value.members.find(([key]) => key === step.key)
    if (member) yield* found(member[1], steps, at + 1)
    return
  }
  if (!Array.isArray(value)) return
  const items = value as readonly Json[]
  if (step.kind === 'all') for (const item of items) yield* found(item, steps, at + 1)
  else
    for (const [first, end] of step.ranges)
      for (let place = first; place < Math.min(end, items.length); place++) yield* found(items[place], steps, at + 1)
}

const isComplex = (value: Json): boolean => Array.isArray(value) || value instanceof JsonObject

function pathOf(name: string, { type, constant }: ArgumentInfo): Step[] {
  if (!isPlainString(type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Function ${name} requires a path of type String, not ${type.name}`)
  if (typeof constant !== 'string') throw new DBError('ILLEGAL_COLUMN', `The path of function ${name} must be constant`)
  return parsePath(constant)
}

const byPath = (
  name: string,
  about: string,
  returns: (environment: Environment) => DataType,
  value: (results: Iterator<Json>, environment: Environment) => Value,
  example: readonly [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'json', accepts: isPlainString }, { name: 'path' }],
    constants: 'keep',
    returns: ([, path], environment) => {
      if (path.constant !== undefined) pathOf(name, path)
      return returns(environment)
    },
    run: ([json], { rows, arena, type, environment, arguments: args }): Column => {
      const steps = pathOf(name, args[1])
      const read = textReader(json, arena)
      const empty = type instanceof NullableType ? null : type.default
      const values = Array.from({ length: rows }, (_, row): Value => {
        const document = parseJson(read(row))
        return document === undefined ? empty : value(found(document, steps), environment)
      })
      return columnOf(type, values, arena)
    },
    examples: [example],
  })

const mayBeNull = (environment: Environment): boolean =>
  flagSetting(environment, 'function_json_value_return_type_allow_nullable')
const mayBeComplex = (environment: Environment): boolean =>
  flagSetting(environment, 'function_json_value_return_type_allow_complex')

export const jsonPaths: readonly FunctionDefinition[] = [
  byPath(
    'JSON_EXISTS',
    'Whether the path leads to anything.',
    () => uint8,
    results => Number(!results.next().done),
    [`SELECT JSON_EXISTS('{"hello":{"world":1}}', '$.hello.world')`, '1'],
  ),
  byPath(
    'JSON_QUERY',
    'All that the path leads to, as an array; empty where that is nothing.',
    () => stringType,
    results => {
      const texts: string[] = []
      for (let next = results.next(); !next.done; next = results.next()) texts.push(printJson(next.value))
      return texts.length === 0 ? '' : `[${texts.join(', ')}]`
    },
    [`SELECT JSON_QUERY('{"hello":"world"}', '$.hello')`, '["world"]'],
  ),
  byPath(
    'JSON_VALUE',
    'The first plain value that the path leads to; empty where there is none.',
    environment => (mayBeNull(environment) ? new NullableType(stringType) : stringType),
    (results, environment) => {
      for (let next = results.next(); !next.done; next = results.next()) {
        if (isComplex(next.value) && !mayBeComplex(environment)) continue
        return typeof next.value === 'string' ? next.value : printJson(next.value)
      }
      return mayBeNull(environment) ? null : ''
    },
    [`SELECT JSON_VALUE('{"hello":"world"}', '$.hello')`, 'world'],
  ),
]
