import type { Expr, FunctionCall, Identifier, Literal, Query, Setting } from './ast.ts'
import { depthCost, type Cursor } from './cursor.ts'
import { parseExpr, parseSettings } from './expressions.ts'
import { TokenKind } from './lexer.ts'
import { listItem, operandFollows } from './operands.ts'
import { parseWindow } from './windows.ts'

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
