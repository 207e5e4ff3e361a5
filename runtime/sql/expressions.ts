// Expressions by precedence climbing: parseOperand() reads an operand, parseBinary() joins operands.
// operands.ts and calls.ts have what stands between operators; special forms (CASE, CAST, INTERVAL, EXTRACT ...) are in
// specialForms.ts, which is reached through the cursor's grammar.

import { call, literal, parseQueryIn, queryFollows } from './calls.ts'
import { parseIdentifierParts, parseOperand } from './operands.ts'
import type { Expr, FunctionCall, Query, Select, Setting, Span, Subquery } from './ast.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { TokenKind } from './lexer.ts'

/** How tightly an operator binds; a larger number binds tighter. */
const or = 3
const and = 4
export const not = 5
const is = 6
const between = 7
const comparison = 9
const concatenation = 10
const addition = 11
const timeZone = 12
const multiplication = 12
export const negation = 13

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
    let right = quantified ? undefined : parseBinary(cursor, operator.precedence + 1)
    if (right && (name === 'like' || name === 'ilike')) right = escapedPattern(cursor, right)
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

export function operation(name: string, args: readonly Expr[], start: number, end: number): FunctionCall {
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
  const right = parseBinary(cursor, comparison + 1)
  return operation(name, [left, name.includes('ike') ? escapedPattern(cursor, right) : right], left.start, cursor.end)
}

/** `LIKE 'a!%' ESCAPE '!'`: the pattern with the backslash in the character's place. */
function escapedPattern(cursor: Cursor, pattern: Expr): Expr {
  if (cursor.peek() !== 'ESCAPE' || cursor.kind(1) !== TokenKind.string) return pattern
  cursor.skip()
  const marker = cursor.string()
  if (marker.length !== 1) cursor.fail('a single character')
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') return cursor.fail('a constant pattern')
  if (marker === '\\') return pattern
  let text = ''
  const { value } = pattern
  for (let i = 0; i < value.length; i++) {
    if (value[i] === '\\') text += '\\\\'
    else if (value[i] !== marker) text += value[i]
    else if (++i < value.length) text += /[%_\\]/.test(value[i]) ? `\\${value[i]}` : value[i]
  }
  return literal(text, pattern.start, cursor.end)
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
