import { DBError } from '../core/errors.ts'
import type {
  ArrayJoin,
  Expr,
  FunctionCall,
  GroupBy,
  InterpolateElement,
  Join,
  Limit,
  LimitBy,
  NamedWindow,
  OrderBy,
  OrderByElement,
  Query,
  Select,
  SetOperation,
  SetOperator,
  TableExpr,
  TableFunction,
  TableName,
  TableReference,
  TableSubquery,
  WithElement,
} from './ast.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { call, literal, parseCall, parseQueryIn, queryFollows } from './calls.ts'
import { atBareAlias, parseAliased, parseColumn, parseExpr, parseExprs, parseSettings } from './expressions.ts'
import { identifierParameter, parseIdentifierParts } from './operands.ts'
import { parseOrderByElement, parseWindow } from './windows.ts'
import { parseExplainHead } from './explain.ts'
import { TokenKind } from './lexer.ts'

// ---------------------------------------------------------------------------------------------------- set operations

/** SELECTs and what joins them, from left to right; INTERSECT goes first. */
export function parseQuery(cursor: Cursor): Query {
  let left = parseIntersection(cursor)
  /** Of the tree, which a change of operators makes higher. */
  let height = 1
  let last: SetOperator | undefined
  for (;;) {
    const operator = takeSetOperator(cursor, 'UNION') ?? takeSetOperator(cursor, 'EXCEPT')
    if (!operator) return left
    left = combine(operator, left, parseIntersection(cursor))
    if (left.operator !== last) cursor.grow(cursor.tallest, ++height)
    last = left.operator
  }
}

function parseIntersection(cursor: Cursor): Query {
  let left = parseQueryOperand(cursor)
  for (;;) {
    const operator = takeSetOperator(cursor, 'INTERSECT')
    if (!operator) return left
    left = combine(operator, left, parseQueryOperand(cursor))
  }
}

function takeSetOperator(cursor: Cursor, word: 'UNION' | 'EXCEPT' | 'INTERSECT'): SetOperator | undefined {
  if (!cursor.take(word)) return undefined
  const mode = cursor.takeAny('ALL', 'DISTINCT')
  return mode ? `${word} ${mode}` : word
}

function combine(operator: SetOperator, left: Query, right: Query): SetOperation {
  const { start } = left
  const { end } = right
  const extend = left.kind === 'setOperation' && left.operator === operator && !left.parenthesized
  if (extend) {
    // The array is this chain's own until it is returned.
    ;(left.inputs as Query[]).push(right)
    return { ...left, end }
  }
  return { kind: 'setOperation', operator, inputs: [left, right], start, end }
}

function parseQueryOperand(cursor: Cursor): Query {
  if (!cursor.at('(')) return parseSelect(cursor)
  cursor.skip()
  const query = cursor.nested(depthCost.query, parseQuery)
  cursor.expect(')')
  return query.kind === 'setOperation' ? { ...query, parenthesized: true } : query
}

// ------------------------------------------------------------------------------------------------------------ SELECT

export function parseSelect(cursor: Cursor): Select {
  const { start } = cursor
  const recursive = cursor.at('WITH', 'RECURSIVE') || undefined
  const withElements = parseWith(cursor)
  const fromFirst = cursor.take('FROM') ? parseTables(cursor) : undefined
  cursor.expect('SELECT')
  const { distinct, distinctOn } = parseDistinct(cursor)
  const top = parseTop(cursor)
  const columns = parseColumnList(cursor)
  const from = fromFirst ?? (cursor.take('FROM') ? parseTables(cursor) : undefined)
  const prewhere = cursor.take('PREWHERE') ? parseAliased(cursor) : undefined
  const where = cursor.take('WHERE') ? parseAliased(cursor) : undefined
  const groupBy = parseGroupBy(cursor)
  const having = cursor.take('HAVING') ? parseAliased(cursor) : undefined
  const windows = cursor.take('WINDOW') ? cursor.list(namedWindow) : undefined
  const qualify = cursor.take('QUALIFY') ? parseAliased(cursor) : undefined
  const orderBy = parseOrderBy(cursor)
  const limits = parseLimits(cursor, orderBy !== undefined)
  if (top && limits.limit) throw new DBError('TOP_AND_LIMIT_TOGETHER', 'Can not use TOP and LIMIT together')
  if (distinctOn && limits.limitBy) throw new DBError('SYNTAX_ERROR', 'Can not use DISTINCT ON alongside LIMIT BY')
  const limit = top ?? limits.limit
  const limitBy = limits.limitBy ?? (distinctOn && { limit: literal(1n, start, start), by: distinctOn })
  if (limit?.withTies) {
    if (!orderBy) throw new DBError('WITH_TIES_WITHOUT_ORDER_BY', 'Can not use WITH TIES without ORDER BY')
    if (distinctOn) throw tiesWithLimitBy()
  }
  const settings = cursor.take('SETTINGS') ? parseSettings(cursor) : undefined
  return {
    kind: 'select',
    with: withElements,
    recursive,
    distinct,
    columns,
    from,
    prewhere,
    where,
    groupBy,
    having,
    windows,
    qualify,
    orderBy,
    limitBy,
    limit,
    settings,
    start,
    end: cursor.end,
  }
}

export function parseWith(cursor: Cursor): WithElement[] | undefined {
  if (!cursor.take('WITH')) return undefined
  cursor.take('RECURSIVE')
  const elements: WithElement[] = []
  do {
    if (elements.length > 0 && cursor.atAny('SELECT', 'FROM', 'INSERT')) break
    elements.push(withElement(cursor))
  } while (cursor.take(','))
  return elements
}

function withElement(cursor: Cursor): WithElement {
  const isName = cursor.atName() && (cursor.peek(1) === 'AS' || cursor.peek(1) === '(')
  if (isName) {
    const query = cursor.attempt(() => {
      const name = cursor.name()
      const columnAliases = cursor.at('(') ? cursor.bracketList(c => c.name()) : undefined
      cursor.expect('AS')
      let materialized: boolean | undefined
      if (cursor.take('MATERIALIZED')) materialized = true
      else if (cursor.take('NOT', 'MATERIALIZED')) materialized = false
      if (!cursor.at('(') || !queryFollows(cursor, 1)) cursor.fail('subquery')
      cursor.skip()
      const query = parseQueryIn(cursor)
      cursor.expect(')')
      return { kind: 'withQuery' as const, name, columnAliases, query, materialized }
    })
    if (query) return query
  }
  return { kind: 'withExpr', expr: parseColumn(cursor) }
}

function parseDistinct(cursor: Cursor): { distinct?: true; distinctOn?: readonly Expr[] } {
  if (cursor.at('ALL') && !startsItem(cursor, 1)) {
    cursor.skip()
    return {}
  }
  if (!cursor.take('DISTINCT')) return {}
  if (!cursor.at('ON', '(')) return { distinct: true }
  cursor.skip()
  return { distinctOn: cursor.bracketList(parseExpr) }
}

/** Whether what is `ahead` shows the word before it to be a column of its own. */
function startsItem(cursor: Cursor, ahead: number): boolean {
  const word = cursor.peek(ahead)
  return word === ',' || word === 'FROM' || word === 'AS' || word === '.' || cursor.kind(ahead) === TokenKind.end
}

function parseTop(cursor: Cursor): Limit | undefined {
  if (!cursor.at('TOP') || (cursor.kind(1) !== TokenKind.number && cursor.peek(1) !== '(')) return undefined
  cursor.skip()
  const { start } = cursor
  let limit: Expr
  if (cursor.take('(')) {
    limit = parseExpr(cursor)
    cursor.expect(')')
  } else limit = literal(cursor.integer(), start, cursor.end)
  return { limit, withTies: cursor.take('WITH', 'TIES') || undefined }
}

export function parseColumnList(cursor: Cursor): Expr[] {
  const columns = [parseColumn(cursor)]
  while (cursor.take(',')) {
    // A comma too many, as in `SELECT a, FROM t`.
    if (cursor.at('FROM') && cursor.kind(1) !== TokenKind.symbol && cursor.kind(1) !== TokenKind.end) break
    if (cursor.at('FROM', '(') || cursor.atEnd() || cursor.atAny(')', ';')) break
    columns.push(parseColumn(cursor))
  }
  return columns
}

function parseGroupBy(cursor: Cursor): GroupBy | undefined {
  if (!cursor.take('GROUP', 'BY')) {
    // WITH TOTALS and the like may stand without GROUP BY.
    if (cursor.take('WITH', 'TOTALS')) return { mode: 'plain', keys: [], totals: true }
    if (cursor.take('WITH', 'ROLLUP')) return { mode: 'rollup', keys: [] }
    return cursor.take('WITH', 'CUBE') ? { mode: 'cube', keys: [] } : undefined
  }
  const body = parseGroupKeys(cursor)
  let { mode } = body
  let totals: true | undefined
  while (cursor.at('WITH')) {
    if (cursor.take('WITH', 'TOTALS')) totals = true
    else if (cursor.take('WITH', 'ROLLUP')) mode = 'rollup'
    else if (cursor.take('WITH', 'CUBE')) mode = 'cube'
    else break
    if (body.mode === 'groupingSets' && mode !== body.mode) {
      throw new DBError('NOT_IMPLEMENTED', 'WITH ROLLUP, WITH CUBE and GROUPING SETS are not supported together')
    }
  }
  return { ...body, mode, totals }
}

function parseGroupKeys(cursor: Cursor): GroupBy {
  if (cursor.take('GROUPING', 'SETS')) {
    const sets = cursor.bracketList(c => (c.at('(') ? groupingSet(c) : [parseExpr(c)]))
    return { mode: 'groupingSets', keys: [], sets }
  }
  if (cursor.at('ROLLUP', '(') || cursor.at('CUBE', '(')) {
    const mode = cursor.take('ROLLUP') ? 'rollup' : 'cube'
    if (mode === 'cube') cursor.skip()
    return { mode, keys: cursor.bracketList(parseAliased) }
  }
  if (cursor.at('ALL') && cursor.peek(1) !== '(' && cursor.peek(1) !== ',') {
    cursor.skip()
    return { mode: 'all', keys: [] }
  }
  return { mode: 'plain', keys: parseExprs(cursor) }
}

/** One element of GROUPING SETS: `(a, b)`, or an expression that begins with a bracket. */
function groupingSet(cursor: Cursor): Expr[] {
  const expr = parseExpr(cursor)
  if (expr.kind === 'function' && expr.name === 'tuple' && !expr.parenthesized) return [...expr.args]
  return [{ ...expr, parenthesized: undefined }]
}

function namedWindow(cursor: Cursor): NamedWindow {
  const name = cursor.name()
  cursor.expect('AS')
  return { name, definition: parseWindow(cursor) }
}

export function parseOrderBy(cursor: Cursor): OrderBy | undefined {
  if (!cursor.take('ORDER', 'BY')) return undefined
  const all = (cursor.at('ALL') && cursor.peek(1) !== '(' && cursor.peek(1) !== ',') || undefined
  const elements = all ? [orderByAll(cursor)] : cursor.list(parseOrderByElement)
  if (!cursor.take('INTERPOLATE')) return { all, elements }
  return { all, elements, interpolate: cursor.at('(') ? cursor.bracketList(interpolated) : [] }
}

function orderByAll(cursor: Cursor): OrderByElement {
  const element = parseOrderByElement(cursor)
  const { start, end } = element.expr
  return { ...element, expr: { kind: 'identifier', parts: ['all'], start, end } }
}

function interpolated(cursor: Cursor): InterpolateElement {
  const { start } = cursor
  const column = cursor.name()
  const self: Expr = { kind: 'identifier', parts: [column], start, end: cursor.end }
  return { column, expr: cursor.take('AS') ? parseExpr(cursor) : self }
}

interface Limits {
  limitBy?: LimitBy
  limit?: Limit
}

/** LIMIT n BY, LIMIT [offset,] n, OFFSET, FETCH, in any order that makes sense. */
function parseLimits(cursor: Cursor, ordered: boolean): Limits {
  let limitBy: LimitBy | undefined
  let limit: Expr | undefined
  let offset: Expr | undefined
  let withTies: true | undefined
  while (cursor.take('LIMIT')) {
    let count = parseExpr(cursor)
    let skip: Expr | undefined
    if (cursor.take(',')) {
      skip = count
      count = parseExpr(cursor)
    } else if (cursor.take('OFFSET')) skip = parseExpr(cursor)
    const ties = cursor.take('WITH', 'TIES')
    if (cursor.take('BY')) {
      if (ties) throw tiesWithLimitBy()
      if (limitBy || limit) cursor.fail('one LIMIT BY before LIMIT')
      const all = (cursor.at('ALL') && cursor.peek(1) !== '(' && cursor.take('ALL')) || undefined
      limitBy = { limit: count, offset: skip, by: all ? [] : parseExprs(cursor), all }
      continue
    }
    if (limit) cursor.fail('one LIMIT')
    limit = count
    offset = skip
    withTies = ties || undefined
  }
  if (!offset && cursor.take('OFFSET')) {
    offset = parseExpr(cursor)
    const rows = cursor.takeAny('ROW', 'ROWS')
    if (cursor.at('FETCH') || rows) {
      const fetched = parseFetch(cursor, ordered)
      if (fetched) return { limitBy, limit: { ...fetched, offset } }
    }
  }
  const fetched = limit ? undefined : parseFetch(cursor, ordered)
  if (fetched) return { limitBy, limit: { ...fetched, offset } }
  return { limitBy, limit: limit || offset ? { limit, offset, withTies } : undefined }
}

function tiesWithLimitBy(): DBError {
  return new DBError('LIMIT_BY_WITH_TIES_IS_NOT_SUPPORTED', 'Can not use WITH TIES alongside LIMIT BY/DISTINCT ON')
}

/** FETCH FIRST n ROWS ONLY. */
function parseFetch(cursor: Cursor, ordered: boolean): Limit | undefined {
  if (!cursor.at('FETCH', 'FIRST') && !cursor.at('FETCH', 'NEXT')) return undefined
  if (!ordered) {
    throw new DBError('OFFSET_FETCH_WITHOUT_ORDER_BY', 'Can not use OFFSET FETCH clause without ORDER BY')
  }
  cursor.skip(2)
  const { start } = cursor
  const limit = cursor.atAny('ROW', 'ROWS') ? literal(1n, start, start) : parseExpr(cursor)
  if (!cursor.takeAny('ROW', 'ROWS')) cursor.fail('ROWS')
  if (cursor.take('WITH', 'TIES')) return { limit, withTies: true }
  cursor.expect('ONLY')
  return { limit }
}

// -------------------------------------------------------------------------------------------------------------- FROM

export function parseTables(cursor: Cursor): TableExpr {
  let left: TableExpr = parseTable(cursor)
  let height = 1
  for (;;) {
    const next: TableExpr | undefined = parseArrayJoin(cursor, left) ?? parseJoin(cursor, left)
    if (!next) return left
    left = next
    cursor.grow(cursor.tallest, ++height)
  }
}

function parseArrayJoin(cursor: Cursor, input: TableExpr): ArrayJoin | undefined {
  const left = cursor.at('LEFT', 'ARRAY', 'JOIN') || undefined
  if (!left && !cursor.at('ARRAY', 'JOIN') && !cursor.at('INNER', 'ARRAY', 'JOIN')) return undefined
  cursor.takeAny('LEFT', 'INNER')
  cursor.skip(2)
  return { kind: 'arrayJoin', input, left, arrays: cursor.list(parseAliased), start: input.start, end: cursor.end }
}

function parseJoin(cursor: Cursor, left: TableExpr): Join | undefined {
  const { start } = left
  if (cursor.take(',')) {
    const right = parseTable(cursor)
    return { kind: 'join', type: 'comma', left, right, start, end: cursor.end }
  }
  const { index } = cursor
  let locality: Join['locality']
  if (cursor.take('GLOBAL')) locality = 'global'
  else if (cursor.take('LOCAL')) locality = 'local'
  const natural = cursor.take('NATURAL') || undefined
  let strictness = takeStrictness(cursor)
  let type: Join['type'] = 'inner'
  if (cursor.take('CROSS')) type = 'cross'
  else if (cursor.take('PASTE')) type = 'paste'
  else if (cursor.take('LEFT')) type = 'left'
  else if (cursor.take('RIGHT')) type = 'right'
  else if (cursor.take('FULL')) type = 'full'
  else cursor.take('INNER')
  strictness ??= takeStrictness(cursor)
  if (type !== 'inner') cursor.take('OUTER')
  if (!cursor.take('JOIN')) {
    cursor.index = index
    return undefined
  }
  const right = parseTable(cursor)
  if (type === 'cross' || type === 'paste') {
    return { kind: 'join', type, strictness, locality, left, right, start, end: cursor.end }
  }
  const on = cursor.take('ON') ? parseExpr(cursor) : undefined
  let using: readonly Expr[] | undefined
  if (!on && cursor.take('USING')) using = cursor.at('(') ? cursor.bracketList(parseAliased) : parseExprs(cursor)
  return { kind: 'join', type, strictness, locality, natural, left, right, on, using, start, end: cursor.end }
}

function takeStrictness(cursor: Cursor): Join['strictness'] {
  const word = cursor.takeAny('ANY', 'ALL', 'ASOF', 'SEMI', 'ANTI', 'ONLY')
  if (word === 'ONLY') return 'anti'
  return word?.toLowerCase() as Join['strictness']
}

/** A table, a table function or a subquery, with its alias, FINAL and SAMPLE. */
export function parseTable(cursor: Cursor): TableSource {
  const { start } = cursor
  const source = parseTableSource(cursor)
  const names = tableAlias(cursor)
  const final = cursor.take('FINAL') || undefined
  const late = names.alias === undefined && final ? tableAlias(cursor) : names
  let sample: { ratio: Expr; offset?: Expr } | undefined
  if (cursor.take('SAMPLE')) {
    const ratio = parseExpr(cursor) // 0.1, 1 / 10, or a count of rows
    sample = { ratio, offset: cursor.take('OFFSET') ? parseExpr(cursor) : undefined }
  }
  return { ...source, ...late, final, sample, start, end: cursor.end }
}

function tableAlias(cursor: Cursor): { alias?: string; columnAliases?: readonly string[] } {
  const named = cursor.take('AS')
  if (!named && !atBareAlias(cursor)) return {}
  if (!named && cursor.atAny('FINAL', 'SAMPLE', 'USING', 'ON', 'SETTINGS', 'FORMAT')) return {}
  const alias = cursor.name()
  if (!cursor.at('(') || cursor.kind(1) === TokenKind.symbol || queryFollows(cursor, 1)) return { alias }
  const columnAliases = cursor.attempt(() => cursor.bracketList(c => c.name()))
  return { alias, columnAliases }
}

type TableSource = TableReference | TableFunction | TableSubquery

function parseTableSource(cursor: Cursor): TableSource {
  const { start } = cursor
  if (cursor.at('(')) return cursor.nested(depthCost.query, tableInBrackets)
  const path = cursor.optionalString()
  if (path !== undefined) return { kind: 'table', name: { table: path }, start, end: cursor.end }
  const { parts, unbound } = parseIdentifierParts(cursor)
  if (cursor.at('(') && !unbound) {
    const call = parseCall(cursor, parts.join('.'), start)
    if (call.parameters) cursor.fail('end of query')
    return { kind: 'tableFunction', call, start, end: cursor.end }
  }
  return { kind: 'table', name: tableName(parts, unbound), start, end: cursor.end }
}

function tableInBrackets(cursor: Cursor): TableSubquery {
  const { start } = cursor
  cursor.expect('(')
  if (cursor.at('VALUES') && cursor.peek(1) === '(') {
    cursor.skip()
    const args = cursor.list(parseAliased)
    cursor.expect(')')
    const { end } = cursor
    const values = call('SQLStandardValues', args, start, end)
    return selectAll(functionTable(values), start, end)
  }
  if (cursor.at('EXPLAIN')) {
    const explained = functionTable(explainFunction(cursor))
    cursor.expect(')')
    return selectAll(explained, start, cursor.end)
  }
  if (queryFollows(cursor, 0)) {
    const query = cursor.attempt(() => {
      const query = cursor.nested(depthCost.query, parseQuery)
      cursor.expect(')')
      return query
    })
    if (query) return { kind: 'tableSubquery', query, start, end: cursor.end }
  }
  // A join in brackets is SELECT * of it.
  const tables = parseTables(cursor)
  cursor.expect(')')
  return selectAll(tables, start, cursor.end)
}

function selectAll(from: TableExpr, start: number, end: number): TableSubquery {
  const query: Select = { kind: 'select', columns: [{ kind: 'asterisk', start, end }], from, start, end }
  return { kind: 'tableSubquery', query, start, end }
}

function functionTable(call: FunctionCall): TableFunction {
  return { kind: 'tableFunction', call, start: call.start, end: call.end }
}

/** `FROM (EXPLAIN ...)` as the table function that it stands for. */
function explainFunction(cursor: Cursor): FunctionCall {
  const { start } = cursor
  const { type, settingsText } = parseExplainHead(cursor)
  const { end } = cursor
  const args: Expr[] = [
    literal(type === 'PLAN' ? 'EXPLAIN' : `EXPLAIN ${type}`, start, end),
    literal(settingsText, start, end),
  ]
  if (type === 'CURRENT TRANSACTION') return call('viewExplain', args, start, end)
  args.push({ kind: 'subquery', query: parseQuery(cursor), start: end, end: cursor.end })
  return call('viewExplain', args, start, cursor.end)
}

// -------------------------------------------------------------------------------------------------------- table names

export function tableName(parts: readonly string[], unbound?: true): TableName {
  if (parts.length === 1) return { table: parts[0], unbound }
  return { database: parts[0], table: parts.slice(1).join('.'), unbound }
}

export function parseTableName(cursor: Cursor): TableName {
  const { parts, unbound } = parseIdentifierParts(cursor)
  return tableName(parts, unbound)
}

/** A name of one part, which may be a parameter. */
export function parseNameOrParameter(cursor: Cursor): string {
  return cursor.at('{') ? identifierParameter(cursor) : cursor.name()
}
