// SHOW, DESCRIBE, EXISTS and EXPLAIN: the statements that tell about things.

import type { TableName } from './ast.ts'
import type { Describe, Exists, Like, Show, Statement } from './statementAst.ts'
import { databaseName } from './create.ts'
import type { Cursor } from './cursor.ts'
import { parseExpr, parseSettings } from './expressions.ts'
import { parseExplainHead } from './explain.ts'
import { TokenKind } from './lexer.ts'
import { parseNameOrParameter, parseTable, parseTableName } from './select.ts'

export function parseShow(cursor: Cursor): Show {
  const { start } = cursor
  cursor.expect('SHOW')
  const rest = showBody(cursor)
  return { kind: 'show', ...rest, start, end: cursor.end }
}

type ShowBody = Omit<Show, 'kind' | 'start' | 'end'>

function showBody(cursor: Cursor): ShowBody {
  if (
    cursor.at('CREATE') &&
    !['USER', 'ROLE', 'QUOTA', 'ROW', 'POLICY', 'SETTINGS', 'PROFILE'].includes(cursor.peek(1))
  ) {
    cursor.skip()
    return showCreate(cursor)
  }
  for (const what of ['processlist', 'engines', 'merges', 'functions', 'clusters'] as const) {
    if (cursor.take(what.toUpperCase())) return { what, ...likeAndLimit(cursor) }
  }
  if (cursor.take('CLUSTER'))
    return { what: 'cluster', name: { table: cursor.atString() ? cursor.string() : cursor.name() } }
  if (cursor.take('DATABASES')) return { what: 'databases', ...likeAndLimit(cursor) }
  if (cursor.take('SETTING')) return { what: 'setting', name: { table: cursor.name() } }
  const changed = cursor.take('CHANGED') || undefined
  if (cursor.at('SETTINGS') && cursor.peek(1) !== 'PROFILES') {
    cursor.skip()
    return { what: 'settings', changed, ...likeAndLimit(cursor) }
  }
  const extended = cursor.take('EXTENDED') || undefined
  const full = cursor.take('FULL') || undefined
  if (cursor.takeAny('COLUMNS', 'FIELDS')) return { what: 'columns', extended, full, ...ofTable(cursor) }
  if (cursor.takeAny('INDEX', 'INDEXES', 'INDICES', 'KEYS')) return { what: 'indexes', extended, ...ofTable(cursor) }
  const temporary = cursor.take('TEMPORARY') || undefined
  if (cursor.take('TABLES'))
    return { what: 'tables', full, temporary, from: fromDatabase(cursor), ...likeAndLimit(cursor) }
  if (cursor.take('DICTIONARIES')) return { what: 'dictionaries', from: fromDatabase(cursor), ...likeAndLimit(cursor) }
  const access = [
    'GRANTS',
    'USERS',
    'ROLES',
    'ACCESS',
    'QUOTA',
    'QUOTAS',
    'POLICIES',
    'ROW',
    'PROFILES',
    'CURRENT',
    'ENABLED',
  ]
  if (!access.includes(cursor.peek()) && !cursor.atAny('SETTINGS', 'CREATE', 'PRIVILEGES')) cursor.fail('TABLES')
  return { what: 'access', text: restOfStatement(cursor) }
}

function showCreate(cursor: Cursor): ShowBody {
  const temporary = cursor.take('TEMPORARY') || undefined
  const what = 'create'
  const object = cursor.takeAny('DATABASE', 'VIEW', 'DICTIONARY', 'TABLE')
  if (object === 'DATABASE') return { what, object: 'database', name: databaseName(parseNameOrParameter(cursor)) }
  const kind = object ? (object.toLowerCase() as 'view' | 'dictionary' | 'table') : 'table'
  return { what, object: kind, temporary, name: parseTableName(cursor) }
}

function fromDatabase(cursor: Cursor): string | undefined {
  return cursor.takeAny('FROM', 'IN') ? parseNameOrParameter(cursor) : undefined
}

/** `FROM table [FROM database]`. */
function ofTable(cursor: Cursor) {
  if (!cursor.takeAny('FROM', 'IN')) cursor.fail('FROM')
  let name: TableName = parseTableName(cursor)
  if (cursor.takeAny('FROM', 'IN')) name = { database: parseNameOrParameter(cursor), table: name.table }
  return { name, ...likeAndLimit(cursor) }
}

function likeAndLimit(cursor: Cursor): Pick<Show, 'like' | 'where' | 'limit'> {
  const like = parseLike(cursor)
  const where = !like && cursor.take('WHERE') ? parseExpr(cursor) : undefined
  return { like, where, limit: cursor.take('LIMIT') ? parseExpr(cursor) : undefined }
}

export function parseLike(cursor: Cursor): Like | undefined {
  const not = cursor.at('NOT') || undefined
  if (!cursor.atAny('LIKE', 'ILIKE') && !cursor.at('NOT', 'LIKE') && !cursor.at('NOT', 'ILIKE')) return undefined
  if (not) cursor.skip()
  const caseInsensitive = cursor.takeAny('LIKE', 'ILIKE') === 'ILIKE' || undefined
  return { pattern: cursor.string(), not, caseInsensitive }
}

export function parseDescribe(cursor: Cursor): Describe {
  const { start } = cursor
  cursor.skip()
  if (cursor.at('TABLE') && cursor.kind(1) !== TokenKind.end && cursor.peek(1) !== ';') cursor.skip()
  const table = parseTable(cursor)
  const settings = cursor.take('SETTINGS') ? parseSettings(cursor) : undefined
  return { kind: 'describe', table, settings, start, end: cursor.end }
}

export function parseExists(cursor: Cursor): Exists {
  const { start } = cursor
  cursor.expect('EXISTS')
  const temporary = cursor.take('TEMPORARY') || undefined
  const object = cursor.takeAny('DATABASE', 'VIEW', 'DICTIONARY', 'TABLE')
  if (object === 'DATABASE') {
    return {
      kind: 'exists',
      object: 'database',
      name: databaseName(parseNameOrParameter(cursor)),
      start,
      end: cursor.end,
    }
  }
  const kind = object ? (object.toLowerCase() as 'view' | 'dictionary' | 'table') : 'table'
  return { kind: 'exists', object: kind, temporary, name: parseTableName(cursor), start, end: cursor.end }
}

export function parseExplainStatement(cursor: Cursor, parseInner: (cursor: Cursor) => Statement): Statement {
  const { start } = cursor
  const { type, settings } = parseExplainHead(cursor)
  if (type === 'CURRENT TRANSACTION') return { kind: 'explain', type, settings, start, end: cursor.end }
  if (type === 'TABLE OVERRIDE') cursor.fail('SELECT')
  const inner = parseInner(cursor)
  // FORMAT after what is explained is about the explanation.
  const { output, ...statement } = inner
  return { kind: 'explain', type, settings, statement: statement as Statement, output, start, end: cursor.end }
}

/** The text up to the end of the statement, as it was written. */
export function restOfStatement(cursor: Cursor): string {
  const { start } = cursor
  let depth = 0
  while (!cursor.atEnd() && !(cursor.peek() === ';' && depth === 0)) {
    if (cursor.kind() === TokenKind.invalid) cursor.fail('token')
    if (cursor.peek() === '(') depth++
    if (cursor.peek() === ')') depth--
    cursor.skip()
  }
  return cursor.text.slice(start, Math.max(start, cursor.end))
}
