// What looks like nothing else in the language: CASE, CAST, INTERVAL, EXTRACT ... All become plain function calls.

import type { Expr, FunctionCall } from './ast.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { call, literal, parseQueryIn, queryFollows } from './calls.ts'
import { parseAliased, parseExpr } from './expressions.ts'
import { parseColumnsMatcher } from './matchers.ts'
import { operandFollows } from './operands.ts'
import { intervalUnit, takeIntervalUnit } from './intervals.ts'
import { TokenKind } from './lexer.ts'
import { parseType } from './types.ts'

type Form = (cursor: Cursor) => Expr | undefined

/** The form that the word at the cursor begins, if it does begin one here; the cursor has moved only if so. */
export function parseSpecialForm(cursor: Cursor): Expr | undefined {
  const form = forms.get(cursor.peek())
  if (!form) return undefined
  return cursor.nested(depthCost.call, () => {
    const expr = form(cursor)
    if (expr) cursor.tallest++
    return expr
  })
}

const forms = new Map<string, Form>([
  ['CASE', parseCase],
  ['CAST', withBracket(parseCast)],
  ['INTERVAL', maybeInterval],
  ['EXISTS', parseExists],
  ['DATE', typedString('toDate')],
  ['TIMESTAMP', typedString('toDateTime')],
  ['EXTRACT', withBracket(parseExtract)],
  ['SUBSTRING', withBracket(parseSubstring)],
  ['POSITION', withBracket(parsePosition)],
  ['TRIM', withBracket(parseTrim)],
  ['LTRIM', withBracket(cursor => trimOneSide(cursor, 'trimLeft'))],
  ['RTRIM', withBracket(cursor => trimOneSide(cursor, 'trimRight'))],
  ['OVERLAY', withBracket(parseOverlay)],
  ['COLUMNS', withBracket(cursor => parseColumnsMatcher(cursor, cursor.start))],
  ...['DATE_ADD', 'DATEADD', 'TIMESTAMP_ADD', 'TIMESTAMPADD'].map(name => [name, dateArithmetic('plus')] as const),
  ...['DATE_SUB', 'DATESUB', 'TIMESTAMP_SUB', 'TIMESTAMPSUB'].map(name => [name, dateArithmetic('minus')] as const),
  ...['DATE_DIFF', 'DATEDIFF', 'TIMESTAMP_DIFF', 'TIMESTAMPDIFF'].map(
    name => [name, withBracket(parseDateDiff)] as const,
  ),
])

function withBracket(form: Form): Form {
  return cursor => (cursor.peek(1) === '(' ? form(cursor) : undefined)
}

function parseCase(cursor: Cursor): Expr | undefined {
  if (!operandFollows(cursor) || ['*', '+', '['].includes(cursor.peek(1))) return undefined // a name, after all
  const { start } = cursor
  cursor.expect('CASE')
  const args: Expr[] = []
  const subject = cursor.at('WHEN') && operandFollows(cursor) ? undefined : parseAliased(cursor)
  if (subject) args.push(subject)
  cursor.expect('WHEN')
  do {
    args.push(parseAliased(cursor))
    cursor.expect('THEN')
    args.push(parseAliased(cursor))
  } while (cursor.take('WHEN'))
  if (cursor.take('ELSE')) args.push(parseAliased(cursor))
  else args.push(literal(null, cursor.start, cursor.start))
  cursor.expect('END')
  return call(subject ? 'caseWithExpression' : 'multiIf', args, start, cursor.end)
}

/** `CAST(x AS T)`, or a call like any other. */
function parseCast(cursor: Cursor): Expr {
  const { start } = cursor
  cursor.skip(2)
  let value = parseExpr(cursor)
  if (cursor.take(',')) {
    const type = parseAliased(cursor)
    cursor.expect(')')
    return call('CAST', [value, type], start, cursor.end)
  }
  cursor.expect('AS')
  // CAST(x AS name AS Type) names the value as well.
  const alias = cursor.attempt(() => {
    const name = cursor.name()
    cursor.expect('AS')
    return name
  })
  if (alias !== undefined) value = { ...value, alias }
  else {
    const aliased = cursor.attempt(() => {
      const name = cursor.name()
      cursor.expect(',')
      return name
    })
    if (aliased !== undefined) {
      const type = parseAliased(cursor)
      cursor.expect(')')
      return call('CAST', [{ ...value, alias: aliased }, type], start, cursor.end)
    }
  }
  const type = parseType(cursor)
  cursor.expect(')')
  return call('CAST', [value, literal(type.text, type.start, type.end)], start, cursor.end)
}

/** After `interval` an operator's sign may be the number's, or one that makes a name of it. */
function maybeInterval(cursor: Cursor): Expr | undefined {
  if (!operandFollows(cursor)) return undefined
  return ['-', '+', '*', '['].includes(cursor.peek(1)) ? cursor.attempt(parseInterval) : parseInterval(cursor)
}

/** `INTERVAL 1 DAY`, `INTERVAL '1 day 2 hours'`. */
function parseInterval(cursor: Cursor): Expr {
  const { start } = cursor
  cursor.expect('INTERVAL')
  if (cursor.atString() && !intervalUnit(cursor.peek(1)) && cursor.peek(1) !== 'AS') {
    const valueStart = cursor.start
    const words = cursor.string().trim().split(/\s+/)
    const parts: FunctionCall[] = []
    for (let i = 0; i < words.length; i += 2) {
      const unit = intervalUnit((words[i + 1] ?? '').toUpperCase())
      if (!/^-?[0-9]+$/.test(words[i]) || !unit) cursor.fail('interval')
      parts.push(call(`toInterval${unit}`, [literal(BigInt(words[i]), valueStart, cursor.end)], start, cursor.end))
    }
    if (parts.length === 1) return parts[0]
    return { kind: 'function', name: 'tuple', args: parts, operator: true, start, end: cursor.end }
  }
  const amount = parseAliased(cursor)
  return call(`toInterval${takeIntervalUnit(cursor)}`, [amount], start, cursor.end)
}

/** `EXISTS (SELECT ...)`; its argument keeps its brackets, as in exists((SELECT 1)). */
function parseExists(cursor: Cursor): Expr | undefined {
  if (cursor.peek(1) !== '(' || !queryFollows(cursor, 2)) return undefined
  const { start } = cursor
  cursor.skip()
  const subqueryStart = cursor.start
  cursor.expect('(')
  const query = parseQueryIn(cursor)
  cursor.expect(')')
  return call('exists', [{ kind: 'subquery', query, start: subqueryStart, end: cursor.end }], start, cursor.end)
}

/** `DATE '2020-01-01'`. */
function typedString(name: string): Form {
  return cursor => {
    if (cursor.kind(1) !== TokenKind.string) return undefined
    const { start } = cursor
    cursor.skip()
    const valueStart = cursor.start
    return call(name, [literal(cursor.string(), valueStart, cursor.end)], start, cursor.end)
  }
}

const extracted: Record<string, string> = {
  Day: 'toDayOfMonth',
  EPOCH: 'toUnixTimestamp',
  DOW: 'toDayOfWeek',
  DOY: 'toDayOfYear',
  ISODOW: 'toDayOfWeek',
  ISOYEAR: 'toISOYear',
  WEEK: 'toISOWeek',
  CENTURY: 'toCentury',
  DECADE: 'toDecade',
  MILLENNIUM: 'toMillennium',
}

function parseExtract(cursor: Cursor): Expr | undefined {
  if (cursor.peek(3) !== 'FROM') return undefined
  const { start } = cursor
  const word = cursor.peek(2)
  const unit = word === 'WEEK' ? word : (intervalUnit(word) ?? word)
  const name = extracted[unit] ?? (intervalUnit(word) ? `to${unit}` : undefined)
  if (!name) return undefined
  cursor.skip(4)
  const value = parseExpr(cursor)
  cursor.expect(')')
  return call(name, [value], start, cursor.end)
}

/** The name and the bracket of a call, of which only the arguments can tell whether it is a special form. */
function open(cursor: Cursor): { name: string; start: number } {
  const { start } = cursor
  const name = cursor.name()
  cursor.expect('(')
  return { name, start }
}

/** The arguments that follow those in `args`, and the end of a call. */
function close(cursor: Cursor, args: Expr[]): Expr[] {
  while (cursor.take(',')) args.push(parseAliased(cursor))
  cursor.expect(')')
  return args
}

/** `SUBSTRING(x FROM 1 FOR 2)`. */
function parseSubstring(cursor: Cursor): Expr | undefined {
  if (cursor.peek(2) === ')') return undefined
  const { name, start } = open(cursor)
  const args = [parseAliased(cursor)]
  if (!cursor.take('FROM')) return call(name, close(cursor, args), start, cursor.end)
  args.push(parseAliased(cursor))
  if (cursor.take('FOR')) args.push(parseAliased(cursor))
  cursor.expect(')')
  return call('substring', args, start, cursor.end)
}

/** `POSITION(needle IN haystack)`. */
function parsePosition(cursor: Cursor): Expr | undefined {
  if (cursor.peek(2) === ')') return undefined
  const { name, start } = open(cursor)
  const args = close(cursor, [parseAliased(cursor)])
  const [first] = args
  if (args.length > 1 || first.kind !== 'function' || first.name !== 'in' || !first.operator || first.parenthesized) {
    return call(name, args, start, cursor.end)
  }
  return call('position', [first.args[1], first.args[0]], start, cursor.end)
}

/** `TRIM(BOTH 'x' FROM y)` and `TRIM(y)`. */
function parseTrim(cursor: Cursor): Expr | undefined {
  const side = cursor.peek(2)
  if ((side !== 'BOTH' && side !== 'LEADING' && side !== 'TRAILING') || [',', ')', '.'].includes(cursor.peek(3))) {
    return trimOneSide(cursor, 'trimBoth')
  }
  const { start } = cursor
  cursor.skip(3)
  const characters = cursor.at('FROM') ? undefined : parseExpr(cursor)
  cursor.expect('FROM')
  const value = parseExpr(cursor)
  cursor.expect(')')
  const name = { BOTH: 'trimBoth', LEADING: 'trimLeft', TRAILING: 'trimRight' }[side]
  return call(name, characters ? [value, characters] : [value], start, cursor.end)
}

function trimOneSide(cursor: Cursor, name: string): Expr | undefined {
  if (cursor.peek(2) === ')') return undefined
  const { start } = open(cursor)
  const args = [parseAliased(cursor)]
  if (cursor.take('FROM')) args.unshift(parseExpr(cursor))
  return call(name, close(cursor, args), start, cursor.end)
}

/** `OVERLAY(x PLACING y FROM 1 FOR 2)`. */
function parseOverlay(cursor: Cursor): Expr | undefined {
  if (cursor.peek(2) === ')') return undefined
  const { name, start } = open(cursor)
  const args = [parseAliased(cursor)]
  if (!cursor.take('PLACING')) return call(name, close(cursor, args), start, cursor.end)
  args.push(parseExpr(cursor))
  cursor.expect('FROM')
  args.push(parseExpr(cursor))
  if (cursor.take('FOR')) args.push(parseExpr(cursor))
  cursor.expect(')')
  return call('overlay', args, start, cursor.end)
}

/** `DATE_ADD(DAY, 1, x)` and `DATE_ADD(x, INTERVAL 1 DAY)`, which are sums and differences. */
function dateArithmetic(sum: 'plus' | 'minus'): Form {
  return withBracket(cursor => {
    if (cursor.peek(2) === ')') return undefined
    const { name, start } = open(cursor)
    const unit = cursor.peek(1) === ',' ? intervalUnit(cursor.peek()) : undefined
    if (unit) cursor.skip(2)
    const args = close(cursor, [parseAliased(cursor)])
    if (args.length !== 2) return call(name, args, start, cursor.end)
    if (!unit) return call(sum, args, start, cursor.end)
    const [amount, value] = args
    return call(sum, [value, call(`toInterval${unit}`, [amount], amount.start, amount.end)], start, cursor.end)
  })
}

/** `DATE_DIFF(DAY, x, y)` and `dateDiff('day', x, y)`. */
function parseDateDiff(cursor: Cursor): Expr | undefined {
  if (cursor.peek(2) === ')') return undefined
  const { start } = open(cursor)
  const unit = cursor.peek(1) === ',' ? intervalUnit(cursor.peek()) : undefined
  const unitStart = cursor.start
  if (unit) cursor.skip()
  const first = unit ? literal(unit.toLowerCase(), unitStart, cursor.end) : parseAliased(cursor)
  return call('dateDiff', close(cursor, [first]), start, cursor.end)
}
