import type { Expr, FunctionCall, TableName } from './ast.ts'
import type {
  Attach,
  CreateDatabase,
  CreateDictionary,
  CreateFunction,
  CreateTable,
  CreateView,
  DictionaryAttribute,
  DictionaryCall,
  DictionaryPair,
  Refresh,
  Statement,
  Storage,
} from './statementAst.ts'
import type { Cursor } from './cursor.ts'
import {
  type Mutable,
  parseColumnDeclaration,
  parseConstraintDeclaration,
  parseIndexDeclaration,
  parseProjectionDeclaration,
  parseStorage,
} from './definitions.ts'
import { call, parseCall, queryFollows } from './calls.ts'
import { parseAliased, parseExpr, parseSettings } from './expressions.ts'
import { identifierParameter, parseIdentifierParts, parseOperand } from './operands.ts'
import { takeIntervalUnit } from './intervals.ts'
import { parseNameOrParameter, parseQuery, parseTableName, tableName } from './select.ts'
import { parseType } from './types.ts'

/** What may stand before the name of a thing that is made. */
interface Head {
  attach?: true
  orReplace?: true
  replace?: true
}

/** CREATE, ATTACH and REPLACE of tables, views, databases, dictionaries and functions; undefined where it is another thing. */
export function parseCreate(cursor: Cursor): Statement | undefined {
  const { index, start } = cursor
  const head = parseHead(cursor)
  if (!head) return undefined
  const statement = parseObject(cursor, head, start)
  if (!statement) cursor.index = index
  return statement
}

function parseHead(cursor: Cursor): Head | undefined {
  if (cursor.take('ATTACH')) return { attach: true }
  if (cursor.take('REPLACE')) return { replace: true }
  if (!cursor.take('CREATE')) return undefined
  return cursor.take('OR', 'REPLACE') ? { orReplace: true } : {}
}

function parseObject(cursor: Cursor, head: Head, start: number): Statement | undefined {
  const temporary = cursor.takeAny('TEMPORARY', 'TEMP') ? (true as const) : undefined
  if (cursor.take('TABLE')) return createTable(cursor, head, start, temporary)
  if (cursor.take('VIEW')) return createView(cursor, head, start, 'view', temporary)
  if (cursor.take('MATERIALIZED', 'VIEW')) return createView(cursor, head, start, 'materialized')
  if (cursor.take('DATABASE')) return createDatabase(cursor, head, start)
  if (cursor.take('DICTIONARY')) return createDictionary(cursor, head, start)
  if (!head.attach && cursor.take('FUNCTION')) return createFunction(cursor, head, start)
  // ATTACH t
  if (head.attach && !cursor.atAny('USER', 'ROLE', 'QUOTA', 'ROW', 'SETTINGS', 'PROFILE', 'POLICY', 'WINDOW', 'LIVE')) {
    return createTable(cursor, head, start, temporary)
  }
  return undefined
}

/** `UUID '...'`. */
export function parseUuid(cursor: Cursor): string | undefined {
  return cursor.take('UUID') ? cursor.string() : undefined
}

export function parseOnCluster(cursor: Cursor): string | undefined {
  if (!cursor.take('ON', 'CLUSTER')) return undefined
  if (cursor.at('{')) return identifierParameter(cursor)
  return cursor.atString() ? cursor.string() : cursor.name()
}

function ifNotExists(cursor: Cursor): true | undefined {
  return cursor.take('IF', 'NOT', 'EXISTS') || undefined
}

function parseComment(cursor: Cursor): string | undefined {
  return cursor.take('COMMENT') ? cursor.string() : undefined
}

// ------------------------------------------------------------------------------------------------------------ tables

function createTable(cursor: Cursor, head: Head, start: number, temporary?: true): CreateTable | Attach {
  const exists = ifNotExists(cursor)
  const name = parseTableName(cursor)
  const uuid = parseUuid(cursor)
  const attachFrom = head.attach && cursor.take('FROM') ? cursor.string() : undefined
  const onCluster = parseOnCluster(cursor)
  const base = { ...head, name, ifNotExists: exists, onCluster, uuid, start }
  let attachAsReplicated: boolean | undefined
  if (head.attach) {
    if (cursor.take('AS', 'REPLICATED')) attachAsReplicated = true
    else if (cursor.take('AS', 'NOT', 'REPLICATED')) attachAsReplicated = false
    if (attachFrom === undefined && !cursor.atAny('(', 'ENGINE', 'AS')) {
      return { ...base, kind: 'attach', object: 'table', attachAsReplicated, end: cursor.end }
    }
  }
  const elements = cursor.at('(') && !queryFollows(cursor, 1) ? parseTableElements(cursor) : {}
  let comment = parseComment(cursor)
  const source = parseTableSource(cursor)
  const storage = mergePrimaryKey(parseStorage(cursor), elements.primaryKey)
  comment ??= parseComment(cursor)
  const after = source ?? parseTableSource(cursor)
  comment ??= parseComment(cursor)
  const { primaryKey, ...declared } = elements
  return {
    ...base,
    kind: 'createTable',
    temporary,
    ...declared,
    storage,
    ...after,
    attachFrom,
    attachAsReplicated,
    comment,
    end: cursor.end,
  }
}

type TableSource = Pick<CreateTable, 'asTable' | 'clone' | 'asFunction' | 'asQuery' | 'empty'>

/** `[EMPTY | CLONE] AS` something. */
function parseTableSource(cursor: Cursor): TableSource | undefined {
  const empty = cursor.take('EMPTY') || undefined
  if (cursor.take('CLONE', 'AS')) return { asTable: parseTableName(cursor), clone: true }
  if (!cursor.take('AS')) {
    if (empty) cursor.fail('AS')
    // `CREATE TABLE t (...) ENGINE = x SELECT ...` is MySQL's.
    return queryFollows(cursor, 0) ? { asQuery: parseQuery(cursor) } : undefined
  }
  if (queryFollows(cursor, 0)) return { asQuery: parseQuery(cursor), empty }
  const { start } = cursor
  const { parts, unbound } = parseIdentifierParts(cursor)
  if (cursor.at('(')) return { asFunction: parseCall(cursor, parts.join('.'), start) }
  return { asTable: tableName(parts, unbound) }
}

type Elements = Pick<CreateTable, 'columns' | 'indices' | 'projections' | 'constraints'> & { primaryKey?: Expr }

/** The list in brackets: columns, and what is declared among them. */
function parseTableElements(cursor: Cursor): Elements {
  const elements: Mutable<Elements> = {}
  const keys: Expr[] = []
  cursor.expect('(')
  while (!cursor.at(')')) {
    if (cursor.at('INDEX') && cursor.peek(1) !== ',' && !cursor.at('INDEX', '(')) {
      const index = cursor.attempt(c => {
        c.skip()
        return parseIndexDeclaration(c)
      })
      if (index) elements.indices = [...(elements.indices ?? []), index]
      else declareColumn(cursor, elements, keys)
    } else if (cursor.at('PROJECTION') && ['(', 'INDEX'].includes(cursor.peek(2))) {
      cursor.skip()
      elements.projections = [...(elements.projections ?? []), parseProjectionDeclaration(cursor)]
    } else if (cursor.at('CONSTRAINT') && ['CHECK', 'ASSUME'].includes(cursor.peek(2))) {
      cursor.skip()
      elements.constraints = [...(elements.constraints ?? []), parseConstraintDeclaration(cursor)]
    } else if (cursor.take('PRIMARY', 'KEY')) elements.primaryKey = parseExpr(cursor)
    else declareColumn(cursor, elements, keys)
    if (!cursor.take(',')) break
  }
  cursor.expect(')')
  if (keys.length > 0) {
    if (elements.primaryKey) cursor.fail('one PRIMARY KEY')
    elements.primaryKey = call('tuple', keys, keys[0].start, keys[keys.length - 1].end)
  }
  return elements
}

function declareColumn(cursor: Cursor, elements: Mutable<Elements>, keys: Expr[]): void {
  const { primaryKey, ...column } = parseColumnDeclaration(cursor)
  if (!column.type && !column.default) cursor.fail('data type')
  elements.columns ??= []
  ;(elements.columns as (typeof column)[]).push(column)
  const { start, end } = column
  if (primaryKey) keys.push({ kind: 'identifier', parts: [column.name], start, end })
}

function mergePrimaryKey(storage: Storage | undefined, primaryKey: Expr | undefined): Storage | undefined {
  if (!primaryKey) return storage
  return { ...storage, primaryKey: storage?.primaryKey ?? primaryKey }
}

// ------------------------------------------------------------------------------------------------------------- views

function createView(
  cursor: Cursor,
  head: Head,
  start: number,
  type: CreateView['type'],
  temporary?: true,
): CreateView | Attach {
  const exists = ifNotExists(cursor)
  const name = parseTableName(cursor)
  const uuid = parseUuid(cursor)
  const onCluster = parseOnCluster(cursor)
  const base = { ...head, name, ifNotExists: exists, onCluster, uuid, start }
  if (head.attach && (cursor.atEnd() || cursor.at(';'))) {
    return { ...base, kind: 'attach', object: 'view', end: cursor.end }
  }
  const toUuid = cursor.take('TO', 'INNER', 'UUID') ? cursor.string() : undefined
  const refresh = cursor.take('REFRESH') ? parseRefresh(cursor) : undefined
  let to = cursor.take('TO') ? parseTableName(cursor) : undefined
  const elements = cursor.at('(') && !queryFollows(cursor, 1) ? parseTableElements(cursor) : {}
  to ??= cursor.take('TO') ? parseTableName(cursor) : undefined
  let security = parseSecurity(cursor)
  let comment = parseComment(cursor)
  const storage = mergePrimaryKey(parseStorage(cursor), elements.primaryKey)
  const populate = cursor.take('POPULATE') || undefined
  const empty = cursor.take('EMPTY') || undefined
  security ??= parseSecurity(cursor)
  comment ??= parseComment(cursor)
  cursor.expect('AS')
  const query = parseQuery(cursor)
  comment ??= parseComment(cursor)
  const { primaryKey, ...declared } = elements
  return {
    ...base,
    kind: 'createView',
    type,
    temporary,
    ...declared,
    to,
    toUuid,
    storage,
    populate,
    empty,
    refresh,
    ...security,
    query,
    comment,
    end: cursor.end,
  }
}

/** `DEFINER = user SQL SECURITY DEFINER`. */
export function parseSecurity(cursor: Cursor): Pick<CreateView, 'definer' | 'sqlSecurity'> | undefined {
  let definer: string | undefined
  if (cursor.take('DEFINER')) {
    cursor.take('=')
    definer = cursor.at('CURRENT_USER') ? 'CURRENT_USER' : undefined
    if (definer) cursor.skip()
    else definer = cursor.atString() ? cursor.string() : cursor.name()
  }
  if (!cursor.take('SQL', 'SECURITY')) return definer === undefined ? undefined : { definer, sqlSecurity: 'DEFINER' }
  const sqlSecurity = cursor.takeAny('DEFINER', 'INVOKER', 'NONE')
  if (!sqlSecurity) cursor.fail('DEFINER')
  if (sqlSecurity === 'DEFINER') definer ??= 'CURRENT_USER'
  return { definer, sqlSecurity }
}

/** From behind REFRESH on. */
export function parseRefresh(cursor: Cursor): Refresh {
  const schedule = cursor.takeAny('EVERY', 'AFTER')
  if (!schedule) cursor.fail('EVERY')
  const period = parsePeriod(cursor)
  const offset = cursor.take('OFFSET') ? parsePeriod(cursor) : undefined
  const randomizeFor = cursor.take('RANDOMIZE', 'FOR') ? parsePeriod(cursor) : undefined
  const dependsOn = cursor.take('DEPENDS', 'ON') ? cursor.list(parseTableName) : undefined
  const settings = cursor.take('SETTINGS') ? parseSettings(cursor) : undefined
  const append = cursor.take('APPEND') || undefined
  return { schedule, period, offset, randomizeFor, dependsOn, settings, append }
}

/** `1 DAY 2 HOUR`. */
function parsePeriod(cursor: Cursor): string {
  const words: string[] = []
  do {
    words.push(String(cursor.integer()), takeIntervalUnit(cursor).toUpperCase())
  } while (/^[0-9]+$/.test(cursor.source()))
  return words.join(' ')
}

// ------------------------------------------------------------------------------------ databases, functions, dictionaries

function createDatabase(cursor: Cursor, head: Head, start: number): CreateDatabase | Attach {
  const exists = ifNotExists(cursor)
  const unbound = cursor.at('{') || undefined
  const name = parseNameOrParameter(cursor)
  const uuid = parseUuid(cursor)
  const onCluster = parseOnCluster(cursor)
  const storage = parseStorage(cursor)
  const comment = parseComment(cursor)
  const base = { ...head, ifNotExists: exists, onCluster, uuid, start, end: cursor.end }
  if (head.attach && !storage) return { ...base, kind: 'attach', object: 'database', name: databaseName(name, unbound) }
  return { ...base, kind: 'createDatabase', name, storage, comment, unbound }
}

/** A database's name where a table's name is asked for. */
export function databaseName(database: string, unbound?: true): TableName {
  return { database, table: '', unbound }
}

function createFunction(cursor: Cursor, head: Head, start: number): CreateFunction {
  const exists = ifNotExists(cursor)
  const name = cursor.name()
  const onCluster = parseOnCluster(cursor)
  cursor.expect('AS')
  return {
    ...head,
    kind: 'createFunction',
    name,
    ifNotExists: exists,
    onCluster,
    body: parseExpr(cursor),
    start,
    end: cursor.end,
  }
}

function createDictionary(cursor: Cursor, head: Head, start: number): CreateDictionary | Attach {
  const exists = ifNotExists(cursor)
  const name = parseTableName(cursor)
  const uuid = parseUuid(cursor)
  const onCluster = parseOnCluster(cursor)
  const base = { ...head, name, ifNotExists: exists, onCluster, uuid, start }
  if (head.attach && !cursor.at('(') && !cursor.at('PRIMARY')) {
    return { ...base, kind: 'attach', object: 'dictionary', end: cursor.end }
  }
  const dictionary: Mutable<CreateDictionary> = { ...base, kind: 'createDictionary', end: 0 }
  if (cursor.at('(')) dictionary.attributes = cursor.bracketList(dictionaryAttribute)
  for (;;) {
    if (!dictionary.primaryKey && cursor.take('PRIMARY', 'KEY')) dictionary.primaryKey = dictionaryKey(cursor)
    else if (!dictionary.source && cursor.take('SOURCE')) dictionary.source = dictionaryCall(cursor)
    else if (!dictionary.layout && cursor.take('LAYOUT')) dictionary.layout = dictionaryCall(cursor)
    else if (!dictionary.lifetime && cursor.take('LIFETIME')) dictionary.lifetime = dictionaryLifetime(cursor)
    else if (!dictionary.range && cursor.take('RANGE')) dictionary.range = dictionaryRange(cursor)
    else if (!dictionary.settings && cursor.take('SETTINGS')) {
      cursor.expect('(')
      dictionary.settings = parseSettings(cursor)
      cursor.expect(')')
    } else if (dictionary.comment === undefined && cursor.take('COMMENT')) dictionary.comment = cursor.string()
    else break
  }
  dictionary.end = cursor.end
  return dictionary
}

function dictionaryAttribute(cursor: Cursor): DictionaryAttribute {
  const { start } = cursor
  const attribute: Mutable<DictionaryAttribute> = { name: cursor.name(), type: parseType(cursor), start, end: 0 }
  for (;;) {
    if (cursor.take('DEFAULT')) attribute.default = parseOperand(cursor)
    else if (cursor.take('EXPRESSION')) attribute.expression = parseExpr(cursor)
    else if (cursor.take('HIERARCHICAL')) attribute.hierarchical = true
    else if (cursor.take('BIDIRECTIONAL')) attribute.bidirectional = true
    else if (cursor.take('INJECTIVE')) attribute.injective = true
    else if (cursor.take('IS_OBJECT_ID')) attribute.isObjectId = true
    else break
  }
  attribute.end = cursor.end
  return attribute
}

function dictionaryKey(cursor: Cursor): readonly Expr[] {
  return cursor.at('(') ? cursor.bracketList(parseAliased) : cursor.list(parseAliased)
}

/** `(NAME(key value ...))`, or `(NAME)`. */
function dictionaryCall(cursor: Cursor): DictionaryCall {
  cursor.expect('(')
  const name = cursor.name().toUpperCase()
  const pairs = cursor.take('(') ? dictionaryPairs(cursor) : []
  cursor.expect(')')
  return { name, pairs }
}

/** Pairs up to the closing bracket, which is taken. */
function dictionaryPairs(cursor: Cursor): DictionaryPair[] {
  const pairs: DictionaryPair[] = []
  while (!cursor.take(')')) {
    const key = cursor.name().toUpperCase()
    if (cursor.take('(')) pairs.push({ key, value: cursor.nested(2, dictionaryPairs) })
    else pairs.push({ key, value: dictionaryValue(cursor) })
  }
  return pairs
}

/** A literal, a name or a call. */
function dictionaryValue(cursor: Cursor): Expr {
  const { start } = cursor
  if (!cursor.atName()) return parseOperand(cursor)
  const name = cursor.name()
  if (cursor.at('(')) return parseCall(cursor, name, start) as FunctionCall
  return { kind: 'identifier', parts: [name], start, end: cursor.end }
}

/** `(MIN a MAX b)`, `(b)`, or 0. */
function dictionaryLifetime(cursor: Cursor): { min: bigint; max: bigint } {
  cursor.expect('(')
  if (!cursor.atAny('MIN', 'MAX')) {
    const max = cursor.integer()
    cursor.expect(')')
    return { min: 0n, max }
  }
  let min = 0n
  let max = 0n
  for (let word = cursor.takeAny('MIN', 'MAX'); word; word = cursor.takeAny('MIN', 'MAX')) {
    if (word === 'MIN') min = cursor.integer()
    else max = cursor.integer()
  }
  cursor.expect(')')
  return { min, max }
}

function dictionaryRange(cursor: Cursor): { min: string; max: string } {
  cursor.expect('(')
  let min = ''
  let max = ''
  for (let word = cursor.takeAny('MIN', 'MAX'); word; word = cursor.takeAny('MIN', 'MAX')) {
    if (word === 'MIN') min = cursor.name()
    else max = cursor.name()
  }
  cursor.expect(')')
  return { min, max }
}
