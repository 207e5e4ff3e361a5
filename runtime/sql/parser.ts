// Statements, and the way into the parser. One function reads one statement and stops behind it; what the text holds after
// that (further statements, or the rows of an INSERT) is the caller's.

import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import { accessFrom, parseAccess } from './access.ts'
import { inPartition, parseAlter, parsePartition } from './alter.ts'
import type { FunctionCall, Expr, Output, Setting, TypeNode } from './ast.ts'
import type { AlterTable, Insert, Kill, Optimize, Rename, Statement, Truncate } from './statementAst.ts'
import { databaseName, parseCreate, parseOnCluster, parseUuid } from './create.ts'
import { Cursor, type Grammar, type ParseLimits, SyntaxFailure } from './cursor.ts'
import { parseAssignments, parseNamedCall } from './definitions.ts'
import { parseColumn, parseExpr, parseSettings } from './expressions.ts'
import { parseOperand } from './operands.ts'
import { parseInsert } from './insert.ts'
import { TokenKind } from './lexer.ts'
import { parseNameOrParameter, parseQuery, parseTableName, parseWith } from './select.ts'
import { parseDescribe, parseExists, parseExplainStatement, parseLike, parseShow, restOfStatement } from './show.ts'
import { parseSpecialForm } from './specialForms.ts'
import { parseSystem } from './system.ts'
import { parseType as typeAt } from './types.ts'

export type { ParseLimits } from './cursor.ts'

export interface Parsed {
  readonly statement: Statement
  /** Offset behind the statement and its semicolon. */
  readonly end: number
  /** Of an INSERT whose rows are (or may be) in the text: where they begin. */
  readonly insertDataStart?: number
}

const grammar: Grammar = { query: parseQuery, specialForm: parseSpecialForm }
const defaults: Required<ParseLimits> = {
  depthMax: 1000,
  treeDepthMax: 1000,
  treeSizeMax: 50000,
  sizeBytesMax: 262144,
  backtracksMax: 1000000,
}

/** The one statement in `text`. A trailing semicolon and comments may follow it; after an INSERT, anything. */
export function parseStatement(text: string, limits: ParseLimits = {}): Parsed {
  return run(text, { ...defaults, ...limits }, 0, cursor => {
    const parsed = statementWithEnd(cursor)
    while (parsed.insertDataStart === undefined && cursor.take(';'));
    if (parsed.insertDataStart === undefined && !cursor.atEnd()) {
      throw new DBError('SYNTAX_ERROR', cursor.describe(' (Multi-statements are not allowed)'))
    }
    return parsed
  })
}

/** All statements of a script. The rows of INSERT ... VALUES go up to the semicolon, those of other formats to an empty line. */
export function parseStatements(text: string, limits: ParseLimits = {}): Parsed[] {
  const statements: Parsed[] = []
  let at = 0
  for (;;) {
    const parsed = run(text, { ...defaults, sizeBytesMax: 0, ...limits }, at, cursor => {
      while (cursor.take(';'));
      return cursor.atEnd() ? undefined : statementWithEnd(cursor)
    })
    if (!parsed) return statements
    const { insertDataStart } = parsed
    const end = insertDataStart === undefined ? parsed.end : insertDataEnd(text, parsed)
    statements.push({ ...parsed, end })
    at = end
  }
}

export function parseExpression(text: string, limits: ParseLimits = {}): Expr {
  return whole(text, limits, parseColumn)
}

export function parseType(text: string, limits: ParseLimits = {}): TypeNode {
  return whole(text, limits, typeAt)
}

/** Items that commas part: keys of a table, column lists. */
export function parseExpressionList(text: string, limits: ParseLimits = {}): Expr[] {
  return whole(text, limits, cursor => (cursor.atEnd() ? [] : cursor.list(parseColumn)))
}

function whole<T>(text: string, limits: ParseLimits, parse: (cursor: Cursor) => T): T {
  return run(text, { ...defaults, ...limits }, 0, cursor => {
    const result = parse(cursor)
    if (!cursor.atEnd()) cursor.fail('end of expression')
    return result
  })
}

function run<T>(text: string, limits: ParseLimits, start: number, parse: (cursor: Cursor) => T): T {
  const cursor = new Cursor(text, grammar, limits, start)
  let failure: SyntaxFailure
  try {
    const result = parse(cursor)
    checkSize(text, start, cursor.end, limits)
    return result
  } catch (error) {
    if (error instanceof RangeError)
      throw new DBError('TOO_DEEP_RECURSION', 'The query is nested too deeply', { cause: error })
    if (!(error instanceof SyntaxFailure)) throw error
    failure = error
  }
  const { furthest } = cursor
  if (furthest.index > failure.index) failure = furthest
  // Once more, now that it is known where to listen for what would have been right.
  const second = new Cursor(text, grammar, limits, start, failure.index)
  try {
    parse(second)
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error
  }
  throw second.error(failure)
}

/** The lexer stops at so many characters; here it is bytes. */
function checkSize(text: string, start: number, end: number, { sizeBytesMax = 0 }: ParseLimits): void {
  if (sizeBytesMax === 0 || (end - start) * 3 <= sizeBytesMax) return
  if (encodeText(text.slice(start, end)).length <= sizeBytesMax) return
  throw new DBError('SYNTAX_ERROR', 'Max query size exceeded (can be increased with the `max_query_size` setting)')
}

function statementWithEnd(cursor: Cursor): Parsed {
  const statement = parseAny(cursor)
  if (statement.kind === 'insert' && takesData(statement)) {
    return { statement, end: cursor.end, insertDataStart: insertDataStart(cursor, statement) }
  }
  if (!cursor.atEnd() && !cursor.take(';')) cursor.fail('end of query')
  return { statement, end: cursor.end }
}

/** Whether rows follow: also for a query that reads them by input(). */
function takesData({ source, output }: Insert): boolean {
  return source.kind === 'data' || (output?.format !== undefined && source.kind === 'query' && readsInput(source.query))
}

function readsInput(node: unknown): boolean {
  if (node === null || typeof node !== 'object') return false
  const { kind, call } = node as { kind?: string; call?: FunctionCall }
  if (kind === 'tableFunction' && call?.name === 'input') return true
  return Object.values(node).some(readsInput)
}

/** Behind VALUES, or behind the first line end after FORMAT x, with nothing but white space skipped. */
function insertDataStart(cursor: Cursor, { source, output }: Insert): number {
  const { text, end } = cursor
  const values = ((source.kind === 'data' ? source.format : output?.format) ?? 'Values').toLowerCase() === 'values'
  let at = end
  while (at < text.length && /\s/.test(text[at])) {
    if (!values && text[at] === '\n') return at + 1
    at++
  }
  return text[at] === ';' ? at + 1 : at
}

function insertDataEnd(text: string, { statement, insertDataStart }: Parsed): number {
  const start = insertDataStart!
  if (statement.kind !== 'insert') return start
  const { source, output } = statement
  if (((source.kind === 'data' ? source.format : output?.format) ?? 'Values').toLowerCase() !== 'values') {
    const blank = /\n[ \t]*\n/g
    blank.lastIndex = Math.max(0, start - 1)
    const match = blank.exec(text)
    return match ? match.index + match[0].length : text.length
  }
  let quote = ''
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (quote) {
      if (char === '\\') at++
      else if (char === quote) quote = ''
    } else if (char === "'" || char === '"' || char === '`') quote = char
    else if (char === ';') return at + 1
  }
  return text.length
}

// --------------------------------------------------------------------------------------------------------- statements

function parseAny(cursor: Cursor): Statement {
  const first = parseWithOutput(cursor)
  if (!cursor.at('PARALLEL', 'WITH')) return first
  const statements = [first]
  while (cursor.take('PARALLEL', 'WITH')) statements.push(parseWithOutput(cursor))
  return { kind: 'parallelWith', statements, start: first.start, end: cursor.end }
}

function parseWithOutput(cursor: Cursor): Statement {
  const statement = parseOne(cursor)
  if (statement.kind === 'insert' && statement.source.kind !== 'query') return statement
  const output = parseOutput(cursor)
  return output ? { ...statement, output, end: cursor.end } : statement
}

/** INTO OUTFILE, FORMAT and SETTINGS behind a statement. */
function parseOutput(cursor: Cursor): Output | undefined {
  if (!cursor.atAny('INTO', 'FORMAT', 'SETTINGS')) return undefined
  let intoOutfile: Output['intoOutfile']
  let format: string | undefined
  let settings: readonly Setting[] | undefined
  for (;;) {
    if (!intoOutfile && cursor.take('INTO', 'OUTFILE')) {
      const path = parseOperand(cursor)
      const append = cursor.take('APPEND') || undefined
      const truncate = (!append && cursor.take('TRUNCATE')) || undefined
      const andStdout = cursor.take('AND', 'STDOUT') || undefined
      const compression = cursor.take('COMPRESSION') ? parseOperand(cursor) : undefined
      const level = compression && cursor.take('LEVEL') ? parseOperand(cursor) : undefined
      intoOutfile = { path, append, truncate, andStdout, compression, level }
    } else if (format === undefined && cursor.take('FORMAT')) format = cursor.name('format name')
    else if (!settings && cursor.take('SETTINGS')) settings = parseSettings(cursor)
    else return { intoOutfile, format, settings }
  }
}

const statementWords = (
  'SELECT WITH FROM INSERT CREATE ATTACH REPLACE DROP DETACH UNDROP TRUNCATE RENAME EXCHANGE ALTER DELETE UPDATE OPTIMIZE ' +
  'CHECK USE SET SHOW DESCRIBE DESC EXISTS EXPLAIN KILL SYSTEM BEGIN COMMIT ROLLBACK BACKUP RESTORE GRANT REVOKE'
).split(' ')

function parseOne(cursor: Cursor): Statement {
  const { start } = cursor
  switch (cursor.peek()) {
    case 'SELECT':
    case '(':
    case 'FROM':
      return parseQuery(cursor)
    case 'WITH':
      return parseWithFirst(cursor)
    case 'INSERT':
      return parseInsert(cursor)
    case 'CREATE':
    case 'ATTACH':
    case 'REPLACE':
      return parseCreate(cursor) ?? createIndex(cursor) ?? parseAccess(cursor)
    case 'DROP':
    case 'DETACH':
      return parseDrop(cursor)
    case 'UNDROP': {
      cursor.skip()
      cursor.expect('TABLE')
      const name = parseTableName(cursor)
      return {
        kind: 'undrop',
        name,
        uuid: parseUuid(cursor),
        onCluster: parseOnCluster(cursor),
        start,
        end: cursor.end,
      }
    }
    case 'TRUNCATE':
      return parseTruncate(cursor)
    case 'RENAME':
    case 'EXCHANGE':
      return parseRename(cursor)
    case 'ALTER':
      return parseAlter(cursor) ?? parseAccess(cursor)
    case 'DELETE': {
      cursor.skip()
      cursor.expect('FROM')
      const name = parseTableName(cursor)
      const onCluster = parseOnCluster(cursor)
      const partition = inPartition(cursor)
      cursor.expect('WHERE')
      const where = parseExpr(cursor)
      const settings = cursor.take('SETTINGS') ? parseSettings(cursor) : undefined
      return { kind: 'delete', name, onCluster, partition, where, settings, start, end: cursor.end }
    }
    case 'UPDATE': {
      cursor.skip()
      const name = parseTableName(cursor)
      const onCluster = parseOnCluster(cursor)
      cursor.expect('SET')
      const assignments = parseAssignments(cursor)
      const partition = inPartition(cursor)
      cursor.expect('WHERE')
      const where = parseExpr(cursor)
      const settings = cursor.take('SETTINGS') ? parseSettings(cursor) : undefined
      return { kind: 'update', name, onCluster, assignments, partition, where, settings, start, end: cursor.end }
    }
    case 'OPTIMIZE':
      return parseOptimize(cursor)
    case 'CHECK': {
      cursor.skip()
      if (cursor.take('ALL', 'TABLES')) return { kind: 'check', start, end: cursor.end }
      if (!cursor.at('TABLE')) return accessFrom(cursor, start)
      cursor.skip()
      const name = parseTableName(cursor)
      const partition = cursor.atAny('PARTITION', 'PART') ? parsePartition(cursor) : undefined
      return { kind: 'check', name, partition, start, end: cursor.end }
    }
    case 'USE': {
      cursor.skip()
      if (cursor.at('DATABASE') && cursor.kind(1) !== TokenKind.end && cursor.peek(1) !== ';') cursor.skip()
      const unbound = cursor.at('{') || undefined
      return { kind: 'use', database: parseNameOrParameter(cursor), unbound, start, end: cursor.end }
    }
    case 'SET':
      return parseSet(cursor)
    case 'SHOW':
      return parseShow(cursor)
    case 'DESC':
    case 'DESCRIBE':
      return parseDescribe(cursor)
    case 'EXISTS':
      return parseExists(cursor)
    case 'EXPLAIN':
      return cursor.nested(10, () => parseExplainStatement(cursor, parseWithOutput))
    case 'KILL':
      return parseKill(cursor)
    case 'SYSTEM':
      return parseSystem(cursor)
    case 'BEGIN':
    case 'START':
    case 'COMMIT':
    case 'ROLLBACK': {
      const word = cursor.takeAny('BEGIN', 'START', 'COMMIT', 'ROLLBACK')
      if (word === 'START') cursor.expect('TRANSACTION')
      else cursor.take('TRANSACTION')
      const action = word === 'COMMIT' ? 'commit' : word === 'ROLLBACK' ? 'rollback' : 'begin'
      return { kind: 'transaction', action, start, end: cursor.end }
    }
    case 'BACKUP':
    case 'RESTORE': {
      const action = cursor.peek() === 'BACKUP' ? 'backup' : 'restore'
      return { kind: 'backup', action, text: restOfStatement(cursor), start, end: cursor.end }
    }
    case 'GRANT':
    case 'REVOKE':
    case 'MOVE':
    case 'EXECUTE':
      return parseAccess(cursor)
  }
  cursor.atAny(...statementWords)
  return cursor.fail('SELECT')
}

/** WITH ... SELECT, or WITH ... INSERT INTO ... SELECT. */
function parseWithFirst(cursor: Cursor): Statement {
  const { index, start } = cursor
  const elements = cursor.attempt(c => {
    const list = parseWith(c)
    if (!c.at('INSERT')) c.fail('SELECT')
    return list
  })
  if (!elements) {
    cursor.index = index
    return parseQuery(cursor)
  }
  const insert = parseInsert(cursor)
  if (insert.source.kind !== 'query' || insert.source.query.kind !== 'select') cursor.fail('SELECT')
  const { query } = insert.source
  const all = { ...query, with: [...elements, ...(query.with ?? [])] }
  return { ...insert, source: { kind: 'query', query: all }, start }
}

// --------------------------------------------------------------------------------------------------- DROP and the like

function parseDrop(cursor: Cursor): Statement {
  const { index, start } = cursor
  const kind = cursor.takeAny('DROP', 'DETACH') === 'DROP' ? 'drop' : 'detach'
  if (cursor.at('INDEX')) return dropIndex(cursor)
  const temporary = cursor.takeAny('TEMPORARY', 'TEMP') ? (true as const) : undefined
  const word = cursor.takeAny('TABLE', 'DATABASE', 'VIEW', 'DICTIONARY', 'FUNCTION')
  if (!word) {
    if (kind === 'drop') {
      cursor.index = index
      return parseAccess(cursor)
    }
    cursor.fail('TABLE')
  }
  const object = word.toLowerCase() as 'table' | 'database' | 'view' | 'dictionary' | 'function'
  const ifExists = cursor.take('IF', 'EXISTS') || undefined
  const ifEmpty = cursor.take('IF', 'EMPTY') || undefined
  const unbound = cursor.at('{') || undefined
  const names =
    object === 'database' ? [databaseName(parseNameOrParameter(cursor), unbound)] : cursor.list(parseTableName)
  const onCluster = parseOnCluster(cursor)
  const permanently = (kind === 'detach' && cursor.take('PERMANENTLY')) || undefined
  const sync = takeSync(cursor)
  return { kind, object, names, temporary, ifExists, ifEmpty, onCluster, permanently, sync, start, end: cursor.end }
}

function takeSync(cursor: Cursor): true | undefined {
  return cursor.take('SYNC') || cursor.take('NO', 'DELAY') || undefined
}

/** CREATE INDEX i ON t (a) TYPE x is ALTER TABLE t ADD INDEX i (a) TYPE x. */
function createIndex(cursor: Cursor): AlterTable | undefined {
  const { index, start } = cursor
  cursor.expect('CREATE')
  cursor.take('UNIQUE')
  if (!cursor.take('INDEX')) {
    cursor.index = index
    return undefined
  }
  const ifNotExists = cursor.take('IF', 'NOT', 'EXISTS') || undefined
  const indexStart = cursor.start
  const name = cursor.name()
  cursor.expect('ON')
  const table = parseTableName(cursor)
  const onCluster = parseOnCluster(cursor)
  const expr = parseExpr(cursor)
  cursor.expect('TYPE')
  const type = parseNamedCall(cursor)
  const granularity = cursor.take('GRANULARITY') ? Number(cursor.integer()) : 1
  const { end } = cursor
  const declaration = { kind: 'index' as const, name, expr, type, granularity, start: indexStart, end }
  const commands = [{ kind: 'addIndex' as const, index: declaration, ifNotExists }]
  return { kind: 'alter', object: 'table', name: table, onCluster, commands, start, end }
}

function dropIndex(cursor: Cursor): AlterTable {
  const { start } = cursor
  cursor.expect('INDEX')
  const ifExists = cursor.take('IF', 'EXISTS') || undefined
  const index = cursor.name()
  cursor.expect('ON')
  const name = parseTableName(cursor)
  const onCluster = parseOnCluster(cursor)
  const commands = [{ kind: 'dropIndex' as const, name: index, ifExists }]
  return { kind: 'alter', object: 'table', name, onCluster, commands, start, end: cursor.end }
}

function parseTruncate(cursor: Cursor): Truncate {
  const { start } = cursor
  cursor.expect('TRUNCATE')
  if (cursor.take('ALL', 'TABLES') || cursor.take('TABLES')) {
    if (!cursor.takeAny('FROM', 'IN')) cursor.fail('FROM')
    const ifExists = cursor.take('IF', 'EXISTS') || undefined
    const name = databaseName(parseNameOrParameter(cursor))
    const like = parseLike(cursor)
    const onCluster = parseOnCluster(cursor)
    return { kind: 'truncate', object: 'allTables', name, like, ifExists, onCluster, start, end: cursor.end }
  }
  const object = cursor.take('DATABASE') ? 'database' : 'table'
  const temporary = (object === 'table' && cursor.take('TEMPORARY')) || undefined
  if (object === 'table') cursor.take('TABLE')
  const ifExists = cursor.take('IF', 'EXISTS') || undefined
  const ifEmpty = cursor.take('IF', 'EMPTY') || undefined
  const name = object === 'database' ? databaseName(parseNameOrParameter(cursor)) : parseTableName(cursor)
  const onCluster = parseOnCluster(cursor)
  const sync = takeSync(cursor)
  return { kind: 'truncate', object, name, temporary, ifExists, ifEmpty, onCluster, sync, start, end: cursor.end }
}

const renamed = new Map([
  ['RENAME TABLE', 'table' as const],
  ['RENAME DATABASE', 'database' as const],
  ['RENAME DICTIONARY', 'dictionary' as const],
  ['EXCHANGE TABLES', 'table' as const],
  ['EXCHANGE DICTIONARIES', 'dictionary' as const],
])

function parseRename(cursor: Cursor): Rename {
  const { start } = cursor
  const exchange = cursor.at('EXCHANGE') || undefined
  cursor.skip()
  const object = renamed.get(`${exchange ? 'EXCHANGE' : 'RENAME'} ${cursor.peek()}`)
  if (object) cursor.skip()
  else if (exchange) cursor.fail('TABLES')
  const ifExists = cursor.take('IF', 'EXISTS') || undefined
  const name = () => (object === 'database' ? databaseName(parseNameOrParameter(cursor)) : parseTableName(cursor))
  const pairs = cursor.list(() => {
    const from = name()
    cursor.expect(exchange ? 'AND' : 'TO')
    return { from, to: name() }
  })
  const onCluster = parseOnCluster(cursor)
  return { kind: 'rename', object: object ?? 'table', exchange, ifExists, pairs, onCluster, start, end: cursor.end }
}

function parseOptimize(cursor: Cursor): Optimize {
  const { start } = cursor
  cursor.expect('OPTIMIZE')
  const temporary = cursor.take('TEMPORARY') || undefined
  cursor.expect('TABLE')
  const name = parseTableName(cursor)
  const onCluster = parseOnCluster(cursor)
  const partition = cursor.at('PARTITION') ? parsePartition(cursor) : undefined
  const final = cursor.takeAny('FINAL', 'FORCE') ? (true as const) : undefined
  const deduplicate = cursor.take('DEDUPLICATE') || undefined
  const deduplicateBy = deduplicate && cursor.take('BY') ? cursor.list(parseExpr) : undefined
  const cleanup = cursor.take('CLEANUP') || undefined
  const base = { kind: 'optimize' as const, name, temporary, onCluster, partition, final }
  return { ...base, deduplicate, deduplicateBy, cleanup, start, end: cursor.end }
}

// ------------------------------------------------------------------------------------------------------ all the others

function parseSet(cursor: Cursor): Statement {
  const { start } = cursor
  if (cursor.at('SET', 'ROLE') || cursor.at('SET', 'DEFAULT', 'ROLE')) return parseAccess(cursor)
  cursor.expect('SET')
  if (cursor.take('TRANSACTION', 'SNAPSHOT')) {
    return { kind: 'transaction', action: 'setSnapshot', snapshot: cursor.integer(), start, end: cursor.end }
  }
  return { kind: 'set', settings: parseSettings(cursor), start, end: cursor.end }
}

function parseKill(cursor: Cursor): Kill {
  const { start } = cursor
  cursor.expect('KILL')
  const word = cursor.takeAny('QUERY', 'MUTATION', 'PART_MOVE_TO_SHARD', 'TRANSACTION')
  if (!word) cursor.fail('QUERY')
  const names = {
    QUERY: 'query',
    MUTATION: 'mutation',
    PART_MOVE_TO_SHARD: 'partMoveToShard',
    TRANSACTION: 'transaction',
  } as const
  const onCluster = parseOnCluster(cursor)
  cursor.expect('WHERE')
  const where = parseExpr(cursor)
  const mode = (cursor.takeAny('ASYNC', 'SYNC', 'TEST') ?? 'ASYNC').toLowerCase() as Kill['mode']
  return { kind: 'kill', what: names[word], onCluster, where, mode, start, end: cursor.end }
}
