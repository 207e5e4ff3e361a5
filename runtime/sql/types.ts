import type { Literal, TypeArgument, TypeNode } from './ast.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { TokenKind } from './lexer.ts'
import { formatLiteral, parseNumber, quoteName, quoteString } from './literals.ts'

const integers = ['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'INT1', 'INTEGER', 'BIGINT', 'BYTE']
const characters = ['CHAR', 'CHARACTER', 'NCHAR', 'BINARY', 'NATIONAL CHAR', 'NATIONAL CHARACTER']
/** Types of more than one word, by their first: the words that may follow it. */
const continuations: Record<string, readonly string[]> = {
  DOUBLE: ['PRECISION'],
  NATIONAL: ['CHAR', 'CHARACTER'],
  ...Object.fromEntries(characters.map(name => [name, ['VARYING', 'LARGE OBJECT']])),
}

/** Types whose arguments may have names. */
const withFields = new Set(['TUPLE', 'NESTED', 'JSON', 'OBJECT'])

export function parseType(cursor: Cursor): TypeNode {
  return cursor.nested(depthCost.type, typeHere)
}

function typeHere(cursor: Cursor): TypeNode {
  const { start } = cursor
  const height = cursor.tallest
  cursor.tallest = 0
  let name = cursor.name('data type')
  for (let more = continuation(cursor, name); more; more = continuation(cursor, name)) name = more
  let args: TypeArgument[] | undefined
  if (cursor.take('(')) {
    args = []
    while (!cursor.at(')')) {
      args.push(parseArgument(cursor, name))
      if (!cursor.take(',')) break
    }
    cursor.expect(')')
  }
  if (integers.includes(name.toUpperCase())) {
    args = undefined // MySQL's width of display
    const sign = cursor.takeAny('SIGNED', 'UNSIGNED')
    if (sign) name = `${name.toUpperCase()} ${sign}`
  }
  if (args?.length === 0 && !withFields.has(name.toUpperCase())) args = undefined
  cursor.grow(height, cursor.tallest + 2)
  return { kind: 'type', name, args, text: formatType(name, args), start, end: cursor.end }
}

function continuation(cursor: Cursor, name: string): string | undefined {
  const upper = name.toUpperCase()
  for (const words of continuations[upper] ?? []) {
    if (cursor.take(...words.split(' '))) return `${upper} ${words}`
  }
  return undefined
}

function parseArgument(cursor: Cursor, typeName: string): TypeArgument {
  const kind = cursor.kind()
  if (cursor.atString()) {
    const { start } = cursor
    const value = cursor.string()
    if (!cursor.take('=')) return { kind: 'literal', value, start, end: cursor.end }
    return { kind: 'enumValue', name: value, value: signedInteger(cursor) }
  }
  if (kind === TokenKind.number || cursor.at('-')) return number(cursor)
  const type = typeName.toUpperCase()
  if (type === 'JSON' && cursor.at('SKIP')) {
    cursor.skip()
    if (cursor.take('REGEXP')) return { kind: 'typeSkip', regexp: cursor.string() }
    return { kind: 'typeSkip', path: path(cursor) }
  }
  if (cursor.peek(1) === '=') {
    const name = cursor.name()
    cursor.skip()
    return { kind: 'typeSetting', name, value: number(cursor) }
  }
  if (withFields.has(type)) {
    const field = cursor.attempt(() => {
      const name = type === 'JSON' ? path(cursor) : cursor.name()
      if (!cursor.atName()) cursor.fail('data type')
      return { kind: 'typeField' as const, name, type: parseType(cursor) }
    })
    if (field) return field
  }
  return parseType(cursor)
}

function path(cursor: Cursor): string {
  let name = cursor.name()
  while (cursor.take('.')) name += `.${cursor.name()}`
  return name
}

function signedInteger(cursor: Cursor): bigint {
  const negative = cursor.take('-')
  if (!negative) cursor.take('+')
  const value = cursor.integer()
  return negative ? -value : value
}

function number(cursor: Cursor): Literal {
  const { start } = cursor
  const sign = cursor.take('-') ? '-' : ''
  const value = cursor.kind() === TokenKind.number ? parseNumber(sign + cursor.source()) : undefined
  if (value === undefined) cursor.fail('number')
  cursor.skip()
  return { kind: 'literal', value, start, end: cursor.end }
}

function formatType(name: string, args?: readonly TypeArgument[], write?: (type: TypeNode) => string): string {
  const text = /^[A-Za-z_][A-Za-z0-9_ ]*$/.test(name) ? name : quoteName(name)
  if (!args || (args.length === 0 && name !== 'Tuple' && name !== 'Nested')) return text
  return `${text}(${args.map(argument => formatArgument(argument, write)).join(', ')})`
}

/** The elements of tuples below one another, as in the columns of CREATE TABLE. */
export function formatTypeLines(type: TypeNode, indent: number): string {
  const { name, args } = type
  if (!args || !type.text.includes('Tuple(')) return type.text
  if (name !== 'Tuple' || args.length < 2) {
    return formatType(name, args, argument => formatTypeLines(argument, indent))
  }
  const line = `\n${'    '.repeat(indent + 1)}`
  const items = args.map(argument => formatArgument(argument, inner => formatTypeLines(inner, indent + 1)))
  return `Tuple(${line}${items.join(`,${line}`)})`
}

function formatArgument(argument: TypeArgument, write = (type: TypeNode) => type.text): string {
  switch (argument.kind) {
    case 'type':
      return write(argument)
    case 'literal':
      return formatLiteral(argument.value)
    case 'typeField':
      return `${quoteName(argument.name)} ${write(argument.type)}`
    case 'enumValue':
      return `${quoteString(argument.name)} = ${argument.value}`
    case 'typeSetting':
      return `${argument.name} = ${formatLiteral(argument.value.value)}`
    case 'typeSkip':
      return argument.regexp === undefined
        ? `SKIP ${quoteName(argument.path!)}`
        : `SKIP REGEXP ${quoteString(argument.regexp)}`
  }
}
