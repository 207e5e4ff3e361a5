// Expressions by precedence climbing: parseOperand() reads what stands between operators, parseBinary() joins operands.
// Special forms (CASE, CAST, INTERVAL, EXTRACT ...) are in specialForms.ts, which is reached through the cursor's grammar.
// One file, as everything in it leads to everything else.

import type {
  ColumnTransformer,
  Expr,
  FunctionCall,
  Identifier,
  Lambda,
  Literal,
  OrderByElement,
  Query,
  QueryParameter,
  ReplacedColumn,
  Select,
  Setting,
  Span,
  Subquery,
  WindowDefinition,
  WindowFrame,
  WindowFrameBound,
} from './ast.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { TokenKind } from './lexer.ts'
import { formatLiteral, parseNumber } from './literals.ts'
import { parseType } from './types.ts'

/** How tightly an operator binds; a larger number binds tighter. */
const or = 3
const and = 4
const not = 5
const is = 6
const between = 7
const comparison = 9
const concatenation = 10
const addition = 11
const timeZone = 12
const multiplication = 12
const negation = 13

interface Operator {
  readonly precedence: number
  readonly name: string
}

const operators = new Map<string, Operator>([
  ['OR', { precedence: or, name: 'or' }],
  ['AND', { precedence: and, name: 'and' }],
  ['=', { precedence: comparison, name: 'equals' }],
  ['==', { precedence: comparison, name: 'equals' }],
  ['!=', { precedence: comparison, name: 'notEquals' }],
  ['<>', { precedence: comparison, name: 'notEquals' }],
  ['<=>', { precedence: comparison, name: 'isNotDistinctFrom' }],
  ['<', { precedence: comparison, name: 'less' }],
  ['>', { precedence: comparison, name: 'greater' }],
  ['<=', { precedence: comparison, name: 'lessOrEquals' }],
  ['>=', { precedence: comparison, name: 'greaterOrEquals' }],
  ['LIKE', { precedence: comparison, name: 'like' }],
  ['ILIKE', { precedence: comparison, name: 'ilike' }],
  ['REGEXP', { precedence: comparison, name: 'match' }],
  ['IN', { precedence: comparison, name: 'in' }],
  ['||', { precedence: concatenation, name: 'concat' }],
  ['+', { precedence: addition, name: 'plus' }],
  ['-', { precedence: addition, name: 'minus' }],
  ['*', { precedence: multiplication, name: 'multiply' }],
  ['/', { precedence: multiplication, name: 'divide' }],
  ['%', { precedence: multiplication, name: 'modulo' }],
  ['MOD', { precedence: multiplication, name: 'modulo' }],
  ['DIV', { precedence: multiplication, name: 'intDiv' }],
])

/** Those that take any number of operands: `a AND b AND c` is one call. */
const flat = new Set(['or', 'and', 'concat'])
/** Those that ClickHouse prints as calls, though they can be written as operators. */
const printedAsCalls = new Set(['concat', 'match', 'intDiv'])

// ---------------------------------------------------------------------------------------------------- the way in

export function parseExpr(cursor: Cursor): Expr {
  const condition = parseBinary(cursor, 0)
  return cursor.peek() === '?' ? ternary(cursor, condition) : condition
}

/** An expression and `AS alias`. */
export function parseAliased(cursor: Cursor): Expr {
  const expr = parseExpr(cursor)
  if (!cursor.at('AS')) return expr
  cursor.skip()
  return { ...expr, alias: cursor.name('alias'), end: cursor.end }
}

/** An expression and `[AS] alias`. */
export function parseColumn(cursor: Cursor): Expr {
  const expr = parseAliased(cursor)
  if (expr.alias !== undefined || !atBareAlias(cursor)) return expr
  return { ...expr, alias: cursor.name(), end: cursor.end }
}

export function parseExprs(cursor: Cursor): Expr[] {
  return cursor.list(parseAliased)
}

/** Words that begin the next clause, or an operator, rather than name what stands before them. */
const neverAlias = new Set(
  (
    'ALL AND ANTI ANY AS ASOF BETWEEN CROSS DIV ELSE EXCEPT FETCH FINAL FORMAT FROM FULL GLOBAL GROUP HAVING ILIKE IN INNER ' +
    'INTERSECT INTO JOIN LEFT LIKE LIMIT MOD NATURAL NOT OFFSET ON ONLY OR ORDER PARALLEL PASTE PREWHERE QUALIFY REGEXP ' +
    'RIGHT SAMPLE SELECT SEMI SETTINGS STREAM UNION USING WHERE WINDOW WITH'
  ).split(' '),
)

export function atBareAlias(cursor: Cursor): boolean {
  const kind = cursor.kind()
  if (kind === TokenKind.quotedName) return true
  if (kind !== TokenKind.word) return false
  const word = cursor.peek()
  if (word === 'ARRAY') return cursor.peek(1) !== 'JOIN'
  if (word === 'COMMENT') return cursor.kind(1) !== TokenKind.string
  if (word === 'IS') return !['NULL', 'NOT', 'DISTINCT', 'TRUE', 'FALSE', 'UNKNOWN'].includes(cursor.peek(1))
  return !neverAlias.has(word)
}

// ------------------------------------------------------------------------------------------------------- operators

function ternary(cursor: Cursor, condition: Expr): Expr {
  const { height } = cursor
  cursor.expect('?')
  return cursor.nested(depthCost.call, () => {
    const then = parseExpr(cursor)
    const thenHeight = cursor.height
    cursor.expect(':')
    const otherwise = parseExpr(cursor)
    cursor.grow(cursor.tallest, Math.max(height, thenHeight, cursor.height) + 2)
    return call('if', [condition, then, otherwise], condition.start, cursor.end)
  })
}

export function parseBinary(cursor: Cursor, precedenceMin: number): Expr {
  const before = cursor.tallest
  let left = parseOperand(cursor)
  let { height } = cursor
  /** Whether `left` is a flat call that this loop has made, and may still add to. */
  let open = false
  for (;;) {
    const word = cursor.peek()
    if (word === '' || word === ',' || word === ')') break
    const operator = operators.get(word)
    if (!operator) {
      const next = parseKeywordOperator(cursor, word, left, precedenceMin)
      if (!next) break
      left = next
      open = false
      height = Math.max(height, cursor.height) + 2
      cursor.grow(before, height)
      continue
    }
    if (operator.precedence < precedenceMin || (word === 'IN' && partitionFollows(cursor))) break
    cursor.skip()
    const { name } = operator
    const quantified = operator.precedence === comparison ? quantifiedComparison(cursor, name, left) : undefined
    const right = quantified ? undefined : parseBinary(cursor, operator.precedence + 1)
    if (quantified) left = quantified
    else if (open && flat.has(name) && (left as FunctionCall).name === name) {
      // The array is this loop's own until it ends.
      ;((left as FunctionCall).args as Expr[]).push(right!)
      left = { ...left, end: cursor.end }
      height = Math.max(height, cursor.height + 2)
      cursor.grow(before, height)
      continue
    } else left = operation(name, [left, right!], left.start, cursor.end)
    open = true
    height = Math.max(height, cursor.height) + 2
    cursor.grow(before, height)
  }
  cursor.height = height
  return left
}

/** UPDATE a = 1 IN PARTITION 2 WHERE ... */
function partitionFollows(cursor: Cursor): boolean {
  return cursor.peek(1) === 'PARTITION' && (cursor.kind(2) < TokenKind.symbol || cursor.peek(2) === '(')
}

function operation(name: string, args: readonly Expr[], start: number, end: number): FunctionCall {
  if (printedAsCalls.has(name)) return call(name, args, start, end)
  return { kind: 'function', name, args, operator: true, start, end }
}

/** IS NULL, BETWEEN, NOT LIKE, GLOBAL IN, AT TIME ZONE: all that is not one word between two operands. */
function parseKeywordOperator(cursor: Cursor, word: string, left: Expr, precedenceMin: number): Expr | undefined {
  switch (word) {
    case 'IS':
      return is < precedenceMin ? undefined : parseIs(cursor, left)
    case 'BETWEEN':
      return between < precedenceMin ? undefined : parseBetween(cursor, left, false)
    case 'GLOBAL': {
      if (comparison < precedenceMin) return undefined
      if (cursor.take('GLOBAL', 'IN')) return membership(cursor, 'globalIn', left)
      return cursor.take('GLOBAL', 'NOT', 'IN') ? membership(cursor, 'globalNotIn', left) : undefined
    }
    case 'AT': {
      if (timeZone < precedenceMin || !cursor.take('AT', 'TIME', 'ZONE')) return undefined
      return call('toTimeZone', [left, parseBinary(cursor, timeZone + 1)], left.start, cursor.end)
    }
    case 'NOT': {
      if (cursor.at('NOT', 'BETWEEN')) {
        if (between < precedenceMin) return undefined
        cursor.skip()
        return parseBetween(cursor, left, true)
      }
      if (comparison < precedenceMin) return undefined
      if (cursor.take('NOT', 'IN')) return membership(cursor, 'notIn', left)
      if (cursor.take('NOT', 'LIKE')) return membership(cursor, 'notLike', left)
      if (cursor.take('NOT', 'ILIKE')) return membership(cursor, 'notILike', left)
      if (!cursor.take('NOT', 'REGEXP')) return undefined
      const match = call('match', [left, parseBinary(cursor, comparison + 1)], left.start, cursor.end)
      return call('not', [match], left.start, cursor.end)
    }
    default:
      return undefined
  }
}

function membership(cursor: Cursor, name: string, left: Expr): Expr {
  return operation(name, [left, parseBinary(cursor, comparison + 1)], left.start, cursor.end)
}

function parseIs(cursor: Cursor, left: Expr): Expr | undefined {
  const { start } = left
  if (!['NULL', 'NOT', 'DISTINCT', 'TRUE', 'FALSE', 'UNKNOWN'].includes(cursor.peek(1))) return undefined
  cursor.skip()
  const negated = cursor.take('NOT')
  if (cursor.takeAny('NULL', 'UNKNOWN')) return operation(negated ? 'isNotNull' : 'isNull', [left], start, cursor.end)
  const truth = cursor.takeAny('TRUE', 'FALSE')
  let right: Expr
  if (truth) right = literal(truth === 'TRUE', cursor.end - truth.length, cursor.end)
  else {
    cursor.expect('DISTINCT', 'FROM')
    right = parseBinary(cursor, comparison)
  }
  const distinct = truth ? negated : !negated
  return operation(distinct ? 'isDistinctFrom' : 'isNotDistinctFrom', [left, right], start, cursor.end)
}

function parseBetween(cursor: Cursor, left: Expr, negated: boolean): Expr {
  cursor.expect('BETWEEN')
  cursor.checkSize(left)
  const low = parseBinary(cursor, between + 1)
  const lowHeight = cursor.height
  cursor.expect('AND')
  const high = parseBinary(cursor, between + 1)
  cursor.height = Math.max(lowHeight, cursor.height) + 2
  const { start } = left
  const { end } = cursor
  const lower = operation(negated ? 'less' : 'greaterOrEquals', [left, low], start, end)
  const upper = operation(negated ? 'greater' : 'lessOrEquals', [left, high], start, end)
  return operation(negated ? 'or' : 'and', [lower, upper], start, end)
}

/** `x > ANY (SELECT ...)`, by what it comes to: IN, or a comparison with the least or the greatest. */
function quantifiedComparison(cursor: Cursor, name: string, left: Expr): Expr | undefined {
  const quantifier = cursor.peek()
  if ((quantifier !== 'ANY' && quantifier !== 'ALL') || cursor.peek(1) !== '(') return undefined
  if (!queryFollows(cursor, 2)) return undefined
  cursor.skip()
  const { start } = cursor
  cursor.expect('(')
  const query = parseQueryIn(cursor)
  cursor.expect(')')
  const { end } = cursor
  const isAny = quantifier === 'ANY'
  const plain: Subquery = { kind: 'subquery', query, start, end }
  const aggregated = (aggregate: string): Subquery => ({
    kind: 'subquery',
    query: selectFrom(call(aggregate, [{ kind: 'asterisk', start, end }], start, end), query, { start, end }),
    start,
    end,
  })
  const single = 'singleValueOrNull'
  if (name === 'equals') return operation('in', [left, isAny ? plain : aggregated(single)], left.start, end)
  if (name === 'notEquals') return operation('notIn', [left, isAny ? aggregated(single) : plain], left.start, end)
  const greater = name === 'greater' || name === 'greaterOrEquals'
  if (!greater && name !== 'less' && name !== 'lessOrEquals') cursor.fail('comparison')
  return operation(name, [left, aggregated(greater === isAny ? 'min' : 'max')], left.start, end)
}

/** `SELECT column FROM (query)`. */
export function selectFrom(column: Expr, query: Query, { start, end }: Span): Select {
  return { kind: 'select', columns: [column], from: { kind: 'tableSubquery', query, start, end }, start, end }
}

// -------------------------------------------------------------------------------------------------------- operands

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
  const isNumber = cursor.kind(1) === TokenKind.number
  if (!isNumber && cursor.kind(1) !== TokenKind.word && cursor.kind(1) !== TokenKind.quotedName) return undefined
  cursor.skip()
  const { start } = cursor
  const index = isNumber ? cursor.integer() : cursor.name()
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
function listItem(cursor: Cursor): Expr {
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

// ----------------------------------------------------------------------------------------------------------- calls

export function call(name: string, args: readonly Expr[], start: number, end: number): FunctionCall {
  return { kind: 'function', name, args, start, end }
}

export function literal(value: Literal['value'], start: number, end: number): Literal {
  return { kind: 'literal', value, start, end }
}

/** From the bracket after a function's name on. */
export function parseCall(cursor: Cursor, name: string, start: number, quoted = false): FunctionCall {
  return cursor.nested(depthCost.call, () => {
    let { args, distinct, bareQuery, settings } = parseArguments(cursor)
    let parameters: readonly Expr[] | undefined
    if (cursor.peek() === '(') {
      parameters = args
      ;({ args, distinct, bareQuery, settings } = parseArguments(cursor))
    }
    if (distinct) name += 'Distinct'
    const nulls = nullsAction(cursor)
    if (cursor.peek() === 'FILTER' && cursor.peek(1) === '(') {
      cursor.skip()
      cursor.expect('(')
      cursor.expect('WHERE')
      name += 'If'
      args = [...args, parseExpr(cursor)]
      cursor.expect(')')
    }
    const action = nulls ?? nullsAction(cursor)
    let over: FunctionCall['over']
    if (!quoted && cursor.peek() === 'OVER' && (cursor.peek(1) === '(' || cursor.kind(1) !== TokenKind.symbol)) {
      cursor.skip()
      over = cursor.peek() === '(' ? parseWindow(cursor) : { kind: 'windowReference', name: cursor.name() }
    }
    cursor.tallest++
    return {
      kind: 'function',
      name,
      args,
      parameters,
      nulls: action,
      over,
      bareQuery,
      settings,
      start,
      end: cursor.end,
    }
  })
}

function nullsAction(cursor: Cursor): 'respect' | 'ignore' | undefined {
  if (cursor.peek(1) !== 'NULLS') return undefined
  if (cursor.take('RESPECT', 'NULLS')) return 'respect'
  return cursor.take('IGNORE', 'NULLS') ? 'ignore' : undefined
}

interface Arguments {
  args: readonly Expr[]
  distinct: boolean
  bareQuery?: true
  settings?: readonly Setting[]
}

function parseArguments(cursor: Cursor): Arguments {
  cursor.expect('(')
  if (cursor.peek() === ')') {
    cursor.skip()
    return { args: [], distinct: false }
  }
  if (startsQuery(cursor, 0)) {
    const { start } = cursor
    const query = parseQueryIn(cursor)
    cursor.expect(')')
    return { args: [{ kind: 'subquery', query, start, end: cursor.end - 1 }], distinct: false, bareQuery: true }
  }
  let distinct = false
  if (cursor.peek() === 'DISTINCT' && operandFollows(cursor)) {
    cursor.skip()
    distinct = true
  } else if (cursor.peek() === 'ALL' && cursor.peek(1) !== '(' && operandFollows(cursor)) cursor.skip()
  const args: Expr[] = []
  let settings: readonly Setting[] | undefined
  while (cursor.peek() !== ')') {
    if (cursor.peek() === 'SETTINGS' && cursor.kind(1) === TokenKind.word) {
      cursor.skip()
      settings = parseSettings(cursor)
      break
    }
    args.push(gatherParameters(args, listItem(cursor), cursor))
    if (!cursor.take(',')) break
  }
  cursor.expect(')')
  return { args, distinct, settings }
}

/** `f(x, y -> x + y, ...)`: all names before the arrow are parameters. Takes them out of the arguments so far. */
function gatherParameters(before: Expr[], item: Expr, cursor: Cursor): Expr {
  if (item.kind !== 'lambda' || before.length === 0 || cursor.text[item.start] === '(') return item
  if (!before.every(arg => arg.kind === 'identifier' && arg.parts.length === 1 && arg.alias === undefined)) return item
  const names = before.map(arg => (arg as Identifier).parts[0])
  const { start } = before[0]
  before.length = 0
  return { ...item, params: [...names, ...item.params], start }
}

// --------------------------------------------------------------------------------------------------------- queries

/** Whether a query begins `ahead` tokens from here, possibly in brackets of its own. */
export function queryFollows(cursor: Cursor, ahead: number): boolean {
  let at = ahead
  while (cursor.peek(at) === '(') at++
  return startsQuery(cursor, at)
}

function startsQuery(cursor: Cursor, at: number): boolean {
  const word = cursor.peek(at)
  if (word === 'SELECT' || word === 'WITH') {
    const next = cursor.peek(at + 1)
    if (next === ',' || next === ')' || next === '.') return false
    return cursor.kind(at + 1) !== TokenKind.symbol || ['(', '[', '{', '*', '-', '+', '@@', '@'].includes(next)
  }
  return word === 'FROM' && cursor.kind(at + 1) !== TokenKind.symbol && cursor.kind(at + 1) !== TokenKind.end
}

export function parseQueryIn(cursor: Cursor): Query {
  const before = cursor.tallest
  cursor.tallest = 0
  const query = cursor.nested(depthCost.query, cursor.grammar.query)
  cursor.tallest = Math.max(before, cursor.tallest + 3)
  return query
}

// -------------------------------------------------------------------------------------------------------- asterisks

export function parseColumnsMatcher(cursor: Cursor, start: number, qualifier?: readonly string[]): Expr {
  cursor.expect('COLUMNS')
  cursor.expect('(')
  const pattern = cursor.peek(1) === ')' ? cursor.optionalString() : undefined
  const list = pattern === undefined ? parseExprs(cursor) : undefined
  cursor.expect(')')
  return { kind: 'columns', qualifier, pattern, list, transformers: parseTransformers(cursor), start, end: cursor.end }
}

function parseTransformers(cursor: Cursor): ColumnTransformer[] | undefined {
  let transformers: ColumnTransformer[] | undefined
  for (let next = transformer(cursor); next; next = transformer(cursor)) {
    transformers ??= []
    transformers.push(next)
  }
  return transformers
}

function transformer(cursor: Cursor): ColumnTransformer | undefined {
  switch (cursor.peek()) {
    case 'EXCEPT':
      return exceptColumns(cursor)
    case 'REPLACE': {
      cursor.skip()
      const strict = cursor.take('STRICT') || undefined
      const columns = cursor.at('(') ? cursor.bracketList(replacedColumn) : [replacedColumn(cursor)]
      return { kind: 'replace', columns, strict }
    }
    case 'APPLY':
      cursor.skip()
      return applyFunction(cursor)
  }
  return undefined
}

function exceptColumns(cursor: Cursor): ColumnTransformer | undefined {
  // `SELECT * EXCEPT SELECT ...` is about queries.
  if (queryFollows(cursor, 1) || ['ALL', 'DISTINCT'].includes(cursor.peek(1))) return undefined
  cursor.skip()
  const strict = cursor.take('STRICT') || undefined
  const inBrackets = cursor.take('(')
  const pattern = cursor.optionalString()
  const column = () => parseIdentifierParts(cursor).parts.join('.')
  let columns: string[] | undefined
  if (pattern === undefined) columns = inBrackets ? cursor.list(column) : [column()]
  if (inBrackets) cursor.expect(')')
  return { kind: 'except', columns, pattern, strict }
}

function replacedColumn(cursor: Cursor): ReplacedColumn {
  const expr = parseExpr(cursor)
  cursor.expect('AS')
  return { name: cursor.name(), expr }
}

function applyFunction(cursor: Cursor): ColumnTransformer {
  const inBrackets = cursor.take('(')
  let applied: ColumnTransformer
  const { start } = cursor
  if (cursor.peek() === '(' || cursor.peek(1) === '->') {
    const expr = parseExpr(cursor)
    if (expr.kind !== 'lambda') cursor.fail('lambda expression')
    applied = { kind: 'apply', lambda: expr }
  } else {
    const name = cursor.name('function name')
    const parameters = cursor.peek() === '(' ? parseCall(cursor, name, start).args : undefined
    applied = { kind: 'apply', name, parameters }
  }
  if (!inBrackets) return applied
  const prefix = cursor.take(',') ? cursor.string() : undefined
  cursor.expect(')')
  return { ...applied, prefix }
}

// --------------------------------------------------------------------------------------------------------- windows

export function parseWindow(cursor: Cursor): WindowDefinition {
  cursor.expect('(')
  let parent: string | undefined
  if (cursor.atName() && !cursor.atAny('PARTITION', 'ORDER', 'ROWS', 'RANGE', 'GROUPS')) parent = cursor.name()
  const partitionBy = cursor.take('PARTITION', 'BY') ? parseExprs(cursor) : undefined
  const orderBy = cursor.take('ORDER', 'BY') ? cursor.list(parseOrderByElement) : undefined
  const frame = parseFrame(cursor)
  cursor.expect(')')
  return { kind: 'windowDefinition', parent, partitionBy, orderBy, frame }
}

function parseFrame(cursor: Cursor): WindowFrame | undefined {
  const unit = cursor.takeAny('ROWS', 'RANGE', 'GROUPS')
  if (!unit) return undefined
  if (!cursor.take('BETWEEN')) return { unit, begin: frameBound(cursor), end: { kind: 'currentRow' } }
  const begin = frameBound(cursor)
  cursor.expect('AND')
  return { unit, begin, end: frameBound(cursor) }
}

function frameBound(cursor: Cursor): WindowFrameBound {
  if (cursor.take('CURRENT', 'ROW')) return { kind: 'currentRow' }
  if (cursor.take('UNBOUNDED', 'PRECEDING')) return { kind: 'unboundedPreceding' }
  if (cursor.take('UNBOUNDED', 'FOLLOWING')) return { kind: 'unboundedFollowing' }
  const offset = parseExpr(cursor)
  if (cursor.take('PRECEDING')) return { kind: 'preceding', offset }
  cursor.expect('FOLLOWING')
  return { kind: 'following', offset }
}

export function parseOrderByElement(cursor: Cursor): OrderByElement {
  const { start } = cursor
  const expr = parseAliased(cursor)
  let direction: 'asc' | 'desc' = 'asc'
  if (cursor.takeAny('DESC', 'DESCENDING')) direction = 'desc'
  else cursor.takeAny('ASC', 'ASCENDING')
  let nulls: 'first' | 'last' | undefined
  if (cursor.take('NULLS')) {
    nulls = cursor.take('FIRST') ? 'first' : 'last'
    if (nulls === 'last') cursor.expect('LAST')
  }
  const collation = cursor.take('COLLATE') ? parsePrimaryString(cursor) : undefined
  let fill: OrderByElement['fill']
  if (cursor.take('WITH', 'FILL')) {
    const from = cursor.take('FROM') ? parseExpr(cursor) : undefined
    const to = cursor.take('TO') ? parseExpr(cursor) : undefined
    const step = cursor.take('STEP') ? parseExpr(cursor) : undefined
    const staleness = cursor.take('STALENESS') ? parseExpr(cursor) : undefined
    fill = { from, to, step, staleness }
  }
  return { expr, direction, nulls, collation, fill, start, end: cursor.end }
}

function parsePrimaryString(cursor: Cursor): Literal {
  const { start } = cursor
  return literal(cursor.string(), start, cursor.end)
}

// -------------------------------------------------------------------------------------------------------- settings

export function parseSettings(cursor: Cursor): Setting[] {
  return cursor.list(setting)
}

function setting(cursor: Cursor): Setting {
  const name = parseIdentifierParts(cursor).parts.join('.')
  const { start } = cursor
  if (!cursor.take('=')) return { name, value: literal(true, start, start) }
  if (cursor.take('DEFAULT')) return { name, value: undefined }
  return { name, value: parseOperand(cursor) }
}
