import type { Expr, Identifier, Lambda, Literal, QueryParameter } from './ast.ts'
import { call, literal, parseCall, parseQueryIn, queryFollows } from './calls.ts'
import { depthCost, type Cursor } from './cursor.ts'
import { negation, not, operation, parseAliased, parseBinary, parseExpr } from './expressions.ts'
import { TokenKind } from './lexer.ts'
import { formatLiteral, parseNumber } from './literals.ts'
import { parseColumnsMatcher, parseTransformers } from './matchers.ts'
import { parseType } from './types.ts'

/** Brackets, calls and names, with all that binds tighter than any operator: `.1`, `[i]`, `::T`. */
export function parseOperand(cursor: Cursor): Expr {
  const before = cursor.tallest
  cursor.tallest = 0
  const word = cursor.peek()
  if (word === '-') {
    const negated = unaryMinus(cursor)
    cursor.grow(before, cursor.tallest + 1)
    return negated
  }
  if (word === 'NOT' && (operandFollows(cursor) || cursor.peek(2) === '(')) {
    const { start } = cursor
    cursor.skip()
    const inner = cursor.nested(depthCost.call, () => parseBinary(cursor, not))
    cursor.grow(before, cursor.height + 2)
    return operation('not', [inner], start, cursor.end)
  }
  let expr = primary(cursor)
  let height = cursor.tallest + 1
  for (;;) {
    const next = cursor.peek()
    if (next === '[') expr = subscript(cursor, expr)
    else if (next === '::') expr = castTo(cursor, expr)
    else if (next === '.') {
      const element = tupleElement(cursor, expr)
      if (!element) break
      expr = element
    } else break
    height = Math.max(height, cursor.tallest) + 2
    cursor.grow(before, height)
  }
  cursor.grow(before, height)
  return expr
}

function unaryMinus(cursor: Cursor): Expr {
  const { start } = cursor
  cursor.skip()
  const { index } = cursor
  if (cursor.kind() === TokenKind.number) {
    const number = signedNumber(cursor, start, '-')
    if (cursor.peek() === '::') return castTo(cursor, number)
    if (cursor.peek() !== '.' && cursor.peek() !== '[') return number
    cursor.index = index
  }
  if (cursor.peek() === 'INF' || cursor.peek() === 'NAN') {
    const value = word(cursor)
    if (value.kind === 'literal') return literal(-(value.value as number), start, cursor.end)
    cursor.index = index
  }
  const inner = cursor.nested(depthCost.call, () => parseBinary(cursor, negation))
  cursor.tallest = cursor.height + 1
  return operation('negate', [inner], start, cursor.end)
}

function signedNumber(cursor: Cursor, start: number, sign: string): Literal {
  const value = parseNumber(sign + cursor.source())
  if (value === undefined) cursor.fail('number')
  cursor.skip()
  return literal(value, start, cursor.end)
}

function subscript(cursor: Cursor, array: Expr): Expr {
  cursor.expect('[')
  const index = cursor.nested(depthCost.call, parseAliased)
  cursor.expect(']')
  return operation('arrayElement', [array, index], array.start, cursor.end)
}

/** `x.1` and `f(x).name`; names after names are read by the identifier itself. */
function tupleElement(cursor: Cursor, tuple: Expr): Expr | undefined {
  const isNegative = cursor.peek(1) === '-' && cursor.kind(2) === TokenKind.number
  const isNumber = isNegative || cursor.kind(1) === TokenKind.number
  if (!isNumber && cursor.kind(1) !== TokenKind.word && cursor.kind(1) !== TokenKind.quotedName) return undefined
  cursor.skip()
  const { start } = cursor
  if (isNegative) cursor.skip()
  const index = isNumber ? cursor.integer() * (isNegative ? -1n : 1n) : cursor.name()
  return operation('tupleElement', [tuple, literal(index, start, cursor.end)], tuple.start, cursor.end)
}

/** `x::Type`. A literal is cast from its text, so that nothing is lost on the way through a Float64. */
function castTo(cursor: Cursor, expr: Expr): Expr {
  cursor.expect('::')
  const type = parseType(cursor)
  const text = literalText(cursor, expr)
  const value = text === undefined ? expr : literal(text, expr.start, expr.end)
  return call('CAST', [value, literal(type.text, type.start, type.end)], expr.start, cursor.end)
}

function literalText(cursor: Cursor, expr: Expr): string | undefined {
  if (expr.parenthesized || expr.alias !== undefined) return undefined
  if (expr.kind === 'literal') {
    const isNumber = typeof expr.value === 'bigint' || typeof expr.value === 'number'
    if (!isNumber) return typeof expr.value === 'string' ? expr.value : undefined
    const text = cursor.text.slice(expr.start, expr.end).replaceAll('_', '')
    return /^-?[0-9.]+(e[+-]?[0-9]+)?$/i.test(text) ? text : formatLiteral(expr.value)
  }
  return isLiteralCollection(expr) ? cursor.text.slice(expr.start, expr.end) : undefined
}

/** `[1, [2, 3]]`, `('a', 1)`. */
function isLiteralCollection(expr: Expr): boolean {
  if (expr.kind !== 'function' || !expr.operator || expr.alias !== undefined) return false
  if (expr.name !== 'array' && expr.name !== 'tuple') return false
  return expr.args.every(
    arg => (arg.kind === 'literal' && arg.alias === undefined && !arg.parenthesized) || isLiteralCollection(arg),
  )
}

function primary(cursor: Cursor): Expr {
  const { start } = cursor
  switch (cursor.kind()) {
    case TokenKind.number:
      return signedNumber(cursor, start, '')
    case TokenKind.string:
    case TokenKind.heredoc:
      return literal(cursor.string(), start, cursor.end)
    case TokenKind.quotedName:
      return identifier(cursor)
    case TokenKind.word:
      return word(cursor)
  }
  switch (cursor.peek()) {
    case '(':
      return cursor.nested(depthCost.brackets, brackets)
    case '[':
      return cursor.nested(depthCost.call, arrayLiteral)
    case '{':
      return cursor.kind(1) === TokenKind.word
        ? parameterOrIdentifier(cursor)
        : cursor.nested(depthCost.call, mapLiteral)
    case '*': {
      cursor.skip()
      return { kind: 'asterisk', transformers: parseTransformers(cursor), start, end: cursor.end }
    }
    case '+':
      if (cursor.kind(1) !== TokenKind.number) return cursor.fail('expression')
      cursor.skip()
      return signedNumber(cursor, start, '')
    case '@@': {
      cursor.skip()
      const name = parseIdentifierParts(cursor)
        .parts.join('.')
        .replace(/^(session|global)\./i, '')
      const variable = call('globalVariable', [literal(name, start, cursor.end)], start, cursor.end)
      return { ...variable, alias: `@@${name}` }
    }
  }
  return cursor.fail('expression')
}

/** A keyword that is an operand of its own, or else a name. */
function word(cursor: Cursor): Expr {
  const { start } = cursor
  const constant = constants.get(cursor.peek())
  if (constant !== undefined && cursor.peek(1) !== '(' && cursor.peek(1) !== '.' && cursor.peek(1) !== '->') {
    cursor.skip()
    return literal(constant, start, cursor.end)
  }
  return cursor.grammar.specialForm(cursor) ?? identifier(cursor)
}

const constants = new Map<string, Literal['value']>([
  ['NULL', null],
  ['TRUE', true],
  ['FALSE', false],
  ['INF', Number.POSITIVE_INFINITY],
  ['INFINITY', Number.POSITIVE_INFINITY],
  ['NAN', Number.NaN],
])

/** Whether the word that is next can be a prefix of what follows it, and so is not a name itself. */
export function operandFollows(cursor: Cursor): boolean {
  if (cursor.kind(1) === TokenKind.end) return false
  const next = cursor.peek(1)
  if (next === '') return true
  if (cursor.kind(1) === TokenKind.symbol) return ['(', '[', '{', '-', '+', '*', '@@'].includes(next)
  return !notOperands.has(next)
}

const notOperands = new Set(['FROM', 'AS', 'IN', 'IS', 'LIKE', 'ILIKE', 'AND', 'OR', 'BETWEEN', 'THEN', 'END', 'WHERE'])

/** A compound name, a call, a lambda, or `t.*`. */
function identifier(cursor: Cursor): Expr {
  const { start } = cursor
  const quoted = cursor.kind() === TokenKind.quotedName
  const parts = [cursor.name()]
  if (cursor.peek() === '->') return cursor.nested(depthCost.call, () => lambda(cursor, [parts[0]], start))
  let unbound: true | undefined
  while (cursor.peek() === '.') {
    const next = cursor.peek(1)
    if (next === '*') {
      cursor.skip(2)
      return { kind: 'asterisk', qualifier: parts, transformers: parseTransformers(cursor), start, end: cursor.end }
    }
    if (next === 'COLUMNS' && cursor.peek(2) === '(') {
      cursor.skip(1)
      return parseColumnsMatcher(cursor, start, parts)
    }
    if (cursor.kind(1) === TokenKind.word || cursor.kind(1) === TokenKind.quotedName) {
      cursor.skip()
      parts.push(cursor.name())
    } else if (next === '{') {
      cursor.skip()
      parts.push(identifierParameter(cursor))
      unbound = true
    } else if (next === '^') {
      cursor.skip(2)
      parts.push(`^${cursor.name()}`)
    } else if (next === ':') {
      cursor.skip(2)
      parts.push(`:\`${parseType(cursor).text}\``)
    } else break
    // a[].b, the elements of an array of JSON objects
    for (let depth = 0; cursor.peek() === '[' && cursor.peek(1) === ']'; depth++) {
      cursor.skip(2)
      const inner = `${'Array('.repeat(depth + 1)}JSON${')'.repeat(depth + 1)}`
      if (depth > 0) parts.pop()
      parts.push(`:\`${inner}\``)
    }
  }
  if (cursor.peek() === '(' && !unbound) return parseCall(cursor, functionName(parts), start, quoted)
  return { kind: 'identifier', parts, unbound, start, end: cursor.end }
}

function functionName(parts: readonly string[]): string {
  const name = parts.join('.')
  return name.toUpperCase() === 'GROUPING' ? 'grouping' : name
}

function lambda(cursor: Cursor, params: readonly string[], start: number): Lambda {
  cursor.expect('->')
  const body = parseExpr(cursor)
  cursor.tallest = Math.max(cursor.tallest, cursor.height + 2)
  return { kind: 'lambda', params, body, start, end: cursor.end }
}

/** `(`: a query, a tuple, the parameters of a lambda, or an expression in brackets. */
function brackets(cursor: Cursor): Expr {
  const { start } = cursor
  if (queryFollows(cursor, 1)) {
    const subquery = cursor.attempt(() => {
      cursor.expect('(')
      const query = parseQueryIn(cursor)
      cursor.expect(')')
      return { kind: 'subquery' as const, query, start, end: cursor.end }
    })
    // ((SELECT 1) + 1) begins as a query does, and is none.
    if (subquery) return subquery
    if (cursor.peek(1) !== '(') {
      cursor.expect('(')
      parseQueryIn(cursor)
      cursor.fail(')')
    }
  }
  cursor.expect('(')
  const items: Expr[] = []
  let comma = false
  while (cursor.peek() !== ')') {
    items.push(listItem(cursor))
    comma = cursor.peek() === ','
    if (!comma) break
    cursor.skip()
  }
  cursor.expect(')')
  const { end } = cursor
  if (cursor.peek() === '->')
    return lambda(
      cursor,
      items.map(item => parameterName(cursor, item)),
      start,
    )
  if (items.length === 1 && !comma) return { ...items[0], parenthesized: true, start, end }
  return items.length > 1 ? operation('tuple', items, start, end) : call('tuple', items, start, end)
}

function parameterName(cursor: Cursor, item: Expr): string {
  if (item.kind !== 'identifier' || item.parts.length !== 1 || item.alias !== undefined)
    cursor.fail('lambda expression')
  return item.parts[0]
}

function arrayLiteral(cursor: Cursor): Expr {
  const { start } = cursor
  cursor.expect('[')
  const items: Expr[] = []
  while (cursor.peek() !== ']') {
    items.push(listItem(cursor))
    if (cursor.peek() !== ',') break
    cursor.skip()
  }
  cursor.expect(']')
  return operation('array', items, start, cursor.end)
}

/** `{'a': 1}`, which is map('a', 1): a value of settings. */
function mapLiteral(cursor: Cursor): Expr {
  const { start } = cursor
  const args: Expr[] = []
  cursor.expect('{')
  while (!cursor.at('}')) {
    args.push(parseExpr(cursor))
    cursor.expect(':')
    args.push(parseExpr(cursor))
    if (!cursor.take(',')) break
  }
  cursor.expect('}')
  return operation('map', args, start, cursor.end)
}

/** An element of a list. Literals, of which lists may have a hundred thousand, are read straight away. */
export function listItem(cursor: Cursor): Expr {
  const kind = cursor.kind()
  if (kind === TokenKind.number || kind === TokenKind.string) {
    const after = cursor.peek(1)
    if (after === ',' || after === ')' || after === ']') {
      const { start } = cursor
      if (cursor.tallest === 0) cursor.tallest = 1
      if (kind === TokenKind.number) return signedNumber(cursor, start, '')
      return literal(cursor.string(), start, cursor.end)
    }
  }
  return parseAliased(cursor)
}

export function parseIdentifierParts(cursor: Cursor): Identifier {
  const { start } = cursor
  let unbound: true | undefined
  const part = () => {
    if (cursor.peek() !== '{') return cursor.name()
    unbound = true
    return identifierParameter(cursor)
  }
  const parts = [part()]
  while (cursor.at('.') && (cursor.kind(1) !== TokenKind.symbol || cursor.peek(1) === '{')) {
    cursor.skip()
    parts.push(part())
  }
  return { kind: 'identifier', parts, unbound, start, end: cursor.end }
}

/** `{name:Identifier}`, as it will stand for a name until it is bound. */
export function identifierParameter(cursor: Cursor): string {
  const parameter = parseParameter(cursor)
  if (parameter.type !== 'Identifier') cursor.fail('substitution of type Identifier')
  return `{${parameter.name}:Identifier}`
}

function parameterOrIdentifier(cursor: Cursor): Expr {
  if (cursor.peek(3) === 'IDENTIFIER' && cursor.peek(4) === '}') return parseIdentifierParts(cursor)
  return parseParameter(cursor)
}

function parseParameter(cursor: Cursor): QueryParameter {
  const { start } = cursor
  cursor.expect('{')
  const name = cursor.name('substitution name (identifier)')
  cursor.expect(':')
  const type = parseType(cursor).text
  cursor.expect('}')
  return { kind: 'parameter', name, type, start, end: cursor.end }
}
