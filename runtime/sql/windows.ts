import type { Literal, OrderByElement, WindowDefinition, WindowFrame, WindowFrameBound } from './ast.ts'
import { literal } from './calls.ts'
import type { Cursor } from './cursor.ts'
import { parseAliased, parseExpr, parseExprs } from './expressions.ts'

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
