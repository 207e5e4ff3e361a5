// What CREATE TABLE and ALTER TABLE have in common: columns, indices, projections, constraints, and the clauses of storage.

import type { Expr, FunctionCall, Select } from './ast.ts'
import type {
  Assignment,
  ColumnDeclaration,
  ColumnDefault,
  ConstraintDeclaration,
  IndexDeclaration,
  ProjectionDeclaration,
  Storage,
  TtlElement,
} from './statementAst.ts'
import { type Cursor, depthCost } from './cursor.ts'
import { call, parseCall } from './calls.ts'
import { parseExpr, parseExprs, parseSettings } from './expressions.ts'
import { parseIdentifierParts } from './operands.ts'
import { TokenKind } from './lexer.ts'
import { parseColumnList, parseOrderBy, parseWith } from './select.ts'
import { parseType } from './types.ts'

// ---------------------------------------------------------------------------------------------------------- columns

const notTypes = new Set([
  'DEFAULT',
  'MATERIALIZED',
  'ALIAS',
  'EPHEMERAL',
  'AUTO_INCREMENT',
  'CODEC',
  'TTL',
  'COMMENT',
  'PRIMARY',
  'NOT',
  'STATISTICS',
  'REMOVE',
  'FIRST',
  'AFTER',
  'SETTINGS',
  'COLLATE',
])

/** A column's name, its type, which MODIFY COLUMN may leave out, and the clauses in any order. */
export function parseColumnDeclaration(cursor: Cursor): ColumnDeclaration {
  const { start } = cursor
  const name = parseIdentifierParts(cursor).parts.join('.')
  const hasType = cursor.atName() && !(notTypes.has(cursor.peek()) && cursor.kind() === TokenKind.word)
  const column: Mutable<ColumnDeclaration> = { kind: 'column', name, start, end: 0 }
  if (hasType) column.type = parseType(cursor)
  for (;;) {
    if (cursor.take('NULL')) column.nullable = true
    else if (cursor.take('NOT', 'NULL')) column.nullable = false
    else if (cursor.take('COLLATE')) column.collation = cursor.name()
    else if (cursor.take('COMMENT')) column.comment = cursor.string()
    else if (cursor.at('CODEC', '(')) column.codec = parseCodec(cursor)
    else if (cursor.at('STATISTICS', '(')) column.statistics = parseStatistics(cursor)
    else if (cursor.take('TTL')) column.ttl = parseExpr(cursor)
    else if (cursor.take('PRIMARY', 'KEY')) column.primaryKey = true
    else if (cursor.at('SETTINGS', '(')) {
      cursor.skip(2)
      column.settings = parseSettings(cursor)
      cursor.expect(')')
    } else if (!column.default) {
      const value = parseDefault(cursor)
      if (!value) break
      column.default = value
    } else break
  }
  column.end = cursor.end
  return column
}

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

function parseDefault(cursor: Cursor): ColumnDefault | undefined {
  const kind = cursor.takeAny('DEFAULT', 'MATERIALIZED', 'ALIAS')
  if (kind) return { kind, expr: parseExpr(cursor) }
  if (cursor.take('EPHEMERAL')) {
    const bare = cursor.atAny(',', ')', 'CODEC', 'COMMENT', 'TTL', 'FIRST', 'AFTER', ';') || cursor.atEnd()
    return { kind: 'EPHEMERAL', expr: bare ? undefined : parseExpr(cursor) }
  }
  return cursor.take('AUTO_INCREMENT') ? { kind: 'AUTO_INCREMENT' } : undefined
}

function parseCodec(cursor: Cursor): FunctionCall {
  const { start } = cursor
  cursor.skip()
  return call('CODEC', cursor.bracketList(parseNamedCall), start, cursor.end)
}

function parseStatistics(cursor: Cursor): FunctionCall {
  return { ...parseNamedCall(cursor), name: 'STATISTICS' }
}

/** A name with or without arguments: `minmax`, `set(100)`. */
export function parseNamedCall(cursor: Cursor): FunctionCall {
  const { start } = cursor
  const name = cursor.name()
  if (cursor.at('(')) return parseCall(cursor, name, start)
  return call(name, [], start, cursor.end)
}

// ----------------------------------------------------------------------------------- indices, projections, constraints

/** From the name on. */
export function parseIndexDeclaration(cursor: Cursor): IndexDeclaration {
  const { start } = cursor
  const name = cursor.name()
  const expr = parseExpr(cursor)
  cursor.expect('TYPE')
  const type = parseNamedCall(cursor)
  const granularity = cursor.take('GRANULARITY') ? Number(cursor.integer()) : 1
  return { kind: 'index', name, expr, type, granularity, start, end: cursor.end }
}

export function parseProjectionDeclaration(cursor: Cursor): ProjectionDeclaration {
  const { start } = cursor
  const name = cursor.name()
  let query: Select | undefined
  let index: ProjectionDeclaration['index']
  if (cursor.take('INDEX')) {
    const expr = parseExpr(cursor)
    cursor.expect('TYPE')
    index = { expr, type: parseNamedCall(cursor) }
  } else {
    cursor.expect('(')
    query = cursor.nested(depthCost.query, parseProjectionQuery)
    cursor.expect(')')
  }
  let settings: ProjectionDeclaration['settings']
  if (cursor.take('WITH', 'SETTINGS')) {
    cursor.expect('(')
    settings = parseSettings(cursor)
    cursor.expect(')')
  }
  return { kind: 'projection', name, query, index, settings, start, end: cursor.end }
}

function parseProjectionQuery(cursor: Cursor): Select {
  const { start } = cursor
  const withElements = parseWith(cursor)
  cursor.expect('SELECT')
  const columns = parseColumnList(cursor)
  const groupBy = cursor.take('GROUP', 'BY') ? { mode: 'plain' as const, keys: parseExprs(cursor) } : undefined
  const orderBy = parseOrderBy(cursor)
  return { kind: 'select', with: withElements, columns, groupBy, orderBy, start, end: cursor.end }
}

export function parseConstraintDeclaration(cursor: Cursor): ConstraintDeclaration {
  const { start } = cursor
  const name = cursor.name()
  const type = cursor.takeAny('CHECK', 'ASSUME')
  if (!type) cursor.fail('CHECK')
  return { kind: 'constraint', name, type, expr: parseExpr(cursor), start, end: cursor.end }
}

// ---------------------------------------------------------------------------------------------------------- storage

/** ENGINE and the clauses after it, in any order; undefined if there is none. */
export function parseStorage(cursor: Cursor): Storage | undefined {
  const storage: Mutable<Storage> = {}
  for (;;) {
    if (!storage.engine && cursor.take('ENGINE')) {
      cursor.take('=')
      storage.engine = parseNamedCall(cursor)
    } else if (!storage.partitionBy && cursor.take('PARTITION', 'BY')) storage.partitionBy = parseExpr(cursor)
    else if (!storage.primaryKey && cursor.take('PRIMARY', 'KEY')) storage.primaryKey = parseExpr(cursor)
    else if (!storage.orderBy && cursor.take('ORDER', 'BY')) storage.orderBy = parseSortingKey(cursor)
    else if (!storage.sampleBy && cursor.take('SAMPLE', 'BY')) storage.sampleBy = parseExpr(cursor)
    else if (!storage.uniqueKey && cursor.take('UNIQUE', 'KEY')) storage.uniqueKey = parseExpr(cursor)
    else if (!storage.ttl && cursor.take('TTL')) storage.ttl = parseTtl(cursor)
    else if (!storage.settings && cursor.take('SETTINGS')) storage.settings = parseSettings(cursor)
    else break
  }
  return Object.keys(storage).length > 0 ? storage : undefined
}

/** A key, of which the parts may have directions: `(a, b DESC)`, where `b DESC` is __descendingKey(b). */
export function parseSortingKey(cursor: Cursor): Expr {
  const { start } = cursor
  const key = cursor.attempt(c => withDirection(c, parseExpr(c)))
  if (key) return key
  cursor.take('TUPLE')
  const args = cursor.bracketList(c => withDirection(c, parseExpr(c)))
  return { kind: 'function', name: 'tuple', args, operator: true, start, end: cursor.end }
}

function withDirection(cursor: Cursor, expr: Expr): Expr {
  if (cursor.take('DESC')) return call('__descendingKey', [expr], expr.start, cursor.end)
  cursor.take('ASC')
  return expr
}

export function parseTtl(cursor: Cursor): TtlElement[] {
  return cursor.list(ttlElement)
}

function ttlElement(cursor: Cursor): TtlElement {
  const expr = parseExpr(cursor)
  const action = ttlAction(cursor)
  return { expr, action, where: cursor.take('WHERE') ? parseExpr(cursor) : undefined }
}

function ttlAction(cursor: Cursor): TtlElement['action'] {
  if (cursor.take('TO')) {
    const toDisk = cursor.take('DISK')
    if (!toDisk) cursor.expect('VOLUME')
    const ifExists = cursor.take('IF', 'EXISTS') || undefined
    return { kind: toDisk ? 'toDisk' : 'toVolume', ifExists, name: cursor.string() }
  }
  if (cursor.take('RECOMPRESS')) {
    if (!cursor.at('CODEC', '(')) cursor.fail('CODEC')
    return { kind: 'recompress', codec: parseCodec(cursor) }
  }
  if (cursor.take('GROUP', 'BY')) {
    const keys = parseExprs(cursor)
    return { kind: 'groupBy', keys, set: cursor.take('SET') ? parseAssignments(cursor) : [] }
  }
  cursor.take('DELETE')
  return { kind: 'delete' }
}

export function parseAssignments(cursor: Cursor): Assignment[] {
  // In a TTL a comma may as well begin the next element, so it is taken only before `name =`.
  const assignments = [assignment(cursor)]
  while (cursor.peek() === ',' && cursor.peek(2) === '=') {
    cursor.skip()
    assignments.push(assignment(cursor))
  }
  return assignments
}

function assignment(cursor: Cursor): Assignment {
  const column = parseIdentifierParts(cursor).parts.join('.')
  cursor.expect('=')
  return { column, expr: parseExpr(cursor) }
}
