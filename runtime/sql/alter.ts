import type { AlterCommand, AlterTable, PartitionSpec, Place } from './statementAst.ts'
import { parseOnCluster, parseRefresh, parseSecurity, databaseName } from './create.ts'
import type { Cursor } from './cursor.ts'
import {
  parseAssignments,
  parseColumnDeclaration,
  parseConstraintDeclaration,
  parseIndexDeclaration,
  parseNamedCall,
  parseProjectionDeclaration,
  parseSortingKey,
  parseTtl,
} from './definitions.ts'
import { call } from './calls.ts'
import { parseExpr, parseSettings } from './expressions.ts'
import { parseIdentifierParts, parseOperand } from './operands.ts'
import { TokenKind } from './lexer.ts'
import { parseNameOrParameter, parseQuery, parseTableName } from './select.ts'
import { parseType } from './types.ts'

/** ALTER TABLE and ALTER DATABASE; undefined for ALTER of something else. */
export function parseAlter(cursor: Cursor): AlterTable | undefined {
  const { start } = cursor
  const isDatabase = cursor.take('ALTER', 'DATABASE')
  const temporary = (!isDatabase && cursor.take('ALTER', 'TEMPORARY', 'TABLE')) || undefined
  if (!isDatabase && !temporary && !cursor.take('ALTER', 'TABLE')) return undefined
  const name = isDatabase ? databaseName(parseNameOrParameter(cursor)) : parseTableName(cursor)
  const onCluster = parseOnCluster(cursor)
  const commands = cursor.list(commandInBrackets)
  return {
    kind: 'alter',
    object: isDatabase ? 'database' : 'table',
    name,
    temporary,
    onCluster,
    commands,
    start,
    end: cursor.end,
  }
}

function commandInBrackets(cursor: Cursor): AlterCommand {
  if (!cursor.take('(')) return parseCommand(cursor)
  const command = parseCommand(cursor)
  cursor.expect(')')
  return command
}

function parseCommand(cursor: Cursor): AlterCommand {
  const verb = cursor.peek()
  switch (verb) {
    case 'ADD':
      cursor.skip()
      return add(cursor)
    case 'DROP':
      cursor.skip()
      return drop(cursor)
    case 'CLEAR':
      cursor.skip()
      return clearOrMaterialize(cursor, 'clear')
    case 'MATERIALIZE':
      cursor.skip()
      return clearOrMaterialize(cursor, 'materialize')
    case 'MODIFY':
    case 'ALTER':
      cursor.skip()
      return modify(cursor)
    case 'RESET': {
      cursor.skip()
      if (!cursor.takeAny('SETTING', 'SETTINGS')) cursor.fail('SETTING')
      return { kind: 'resetSettings', names: cursor.list(c => c.name()) }
    }
    case 'RENAME': {
      cursor.skip()
      cursor.expect('COLUMN')
      const exists = ifExists(cursor)
      const name = columnName(cursor)
      cursor.expect('TO')
      return { kind: 'renameColumn', ifExists: exists, name, to: columnName(cursor) }
    }
    case 'COMMENT': {
      cursor.skip()
      cursor.expect('COLUMN')
      const exists = ifExists(cursor)
      return { kind: 'commentColumn', ifExists: exists, name: columnName(cursor), comment: cursor.string() }
    }
    case 'REMOVE':
      cursor.skip()
      if (cursor.take('TTL')) return { kind: 'removeTtl' }
      cursor.expect('SAMPLE', 'BY')
      return { kind: 'removeSampleBy' }
    case 'UPDATE': {
      cursor.skip()
      const assignments = parseAssignments(cursor)
      const partition = inPartition(cursor)
      cursor.expect('WHERE')
      return { kind: 'update', assignments, partition, where: parseExpr(cursor) }
    }
    case 'DELETE': {
      cursor.skip()
      const partition = inPartition(cursor)
      cursor.expect('WHERE')
      return { kind: 'delete', partition, where: parseExpr(cursor) }
    }
    case 'APPLY': {
      cursor.skip()
      if (cursor.take('DELETED', 'MASK')) return { kind: 'applyDeletedMask', partition: inPartition(cursor) }
      cursor.expect('PATCHES')
      return { kind: 'applyPatches', partition: inPartition(cursor) }
    }
    case 'REWRITE':
      cursor.skip()
      cursor.expect('PARTS')
      return { kind: 'rewriteParts', partition: inPartition(cursor) }
  }
  return partitionCommand(cursor)
}

function add(cursor: Cursor): AlterCommand {
  if (cursor.take('INDEX')) {
    const exists = ifNotExists(cursor)
    const index = parseIndexDeclaration(cursor)
    return { kind: 'addIndex', ifNotExists: exists, index, place: place(cursor) }
  }
  if (cursor.take('PROJECTION')) {
    const exists = ifNotExists(cursor)
    const projection = parseProjectionDeclaration(cursor)
    return { kind: 'addProjection', ifNotExists: exists, projection, place: place(cursor) }
  }
  if (cursor.take('CONSTRAINT')) {
    return { kind: 'addConstraint', ifNotExists: ifNotExists(cursor), constraint: parseConstraintDeclaration(cursor) }
  }
  if (cursor.take('STATISTICS')) {
    const exists = ifNotExists(cursor)
    return { kind: 'addStatistics', ifNotExists: exists, columns: columnNames(cursor), types: statisticsTypes(cursor) }
  }
  cursor.expect('COLUMN')
  const exists = ifNotExists(cursor)
  const column = parseColumnDeclaration(cursor)
  return { kind: 'addColumn', ifNotExists: exists, column, place: place(cursor) }
}

function drop(cursor: Cursor): AlterCommand {
  if (cursor.take('INDEX')) return { kind: 'dropIndex', ifExists: ifExists(cursor), name: cursor.name() }
  if (cursor.take('PROJECTION')) return { kind: 'dropProjection', ifExists: ifExists(cursor), name: cursor.name() }
  if (cursor.take('CONSTRAINT')) return { kind: 'dropConstraint', ifExists: ifExists(cursor), name: cursor.name() }
  if (cursor.take('STATISTICS')) {
    return { kind: 'dropStatistics', ifExists: ifExists(cursor), columns: allOrColumnNames(cursor) }
  }
  if (cursor.take('COLUMN')) return { kind: 'dropColumn', ifExists: ifExists(cursor), name: columnName(cursor) }
  const detached = cursor.take('DETACHED') || undefined
  return { kind: 'dropPartition', detached, partition: parsePartition(cursor) }
}

function clearOrMaterialize(cursor: Cursor, verb: 'clear' | 'materialize'): AlterCommand {
  const isClear = verb === 'clear'
  if (cursor.take('INDEX')) {
    const exists = ifExists(cursor)
    const name = cursor.name()
    return { kind: isClear ? 'clearIndex' : 'materializeIndex', ifExists: exists, name, partition: inPartition(cursor) }
  }
  if (cursor.take('PROJECTION')) {
    const exists = ifExists(cursor)
    const name = cursor.name()
    const kind = isClear ? 'clearProjection' : 'materializeProjection'
    return { kind, ifExists: exists, name, partition: inPartition(cursor) }
  }
  if (cursor.take('STATISTICS')) {
    const exists = ifExists(cursor)
    const columns = allOrColumnNames(cursor)
    const kind = isClear ? 'clearStatistics' : 'materializeStatistics'
    return { kind, ifExists: exists, columns, partition: inPartition(cursor) }
  }
  if (!isClear && cursor.take('TTL')) return { kind: 'materializeTtl', partition: inPartition(cursor) }
  cursor.expect('COLUMN')
  const exists = ifExists(cursor)
  const name = columnName(cursor)
  if (!isClear) return { kind: 'materializeColumn', name, partition: inPartition(cursor) }
  return { kind: 'clearColumn', ifExists: exists, name, partition: inPartition(cursor) }
}

function modify(cursor: Cursor): AlterCommand {
  if (cursor.take('ORDER', 'BY')) return { kind: 'modifyOrderBy', expr: parseSortingKey(cursor) }
  if (cursor.take('SAMPLE', 'BY')) return { kind: 'modifySampleBy', expr: parseExpr(cursor) }
  if (cursor.take('TTL')) return { kind: 'modifyTtl', ttl: parseTtl(cursor) }
  if (cursor.takeAny('SETTING', 'SETTINGS')) return { kind: 'modifySettings', settings: parseSettings(cursor) }
  if (cursor.take('QUERY')) return { kind: 'modifyQuery', query: parseQuery(cursor) }
  if (cursor.take('REFRESH')) return { kind: 'modifyRefresh', refresh: parseRefresh(cursor) }
  if (cursor.take('COMMENT')) return { kind: 'modifyComment', comment: cursor.string() }
  if (cursor.take('STATISTICS')) {
    return { kind: 'modifyStatistics', columns: columnNames(cursor), types: statisticsTypes(cursor) }
  }
  const security = cursor.atAny('DEFINER', 'SQL') ? parseSecurity(cursor) : undefined
  if (security) return { kind: 'modifySqlSecurity', ...security }
  cursor.expect('COLUMN')
  return modifyColumn(cursor)
}

const removable = [
  'DEFAULT',
  'MATERIALIZED',
  'ALIAS',
  'EPHEMERAL',
  'COMMENT',
  'CODEC',
  'TTL',
  'SETTINGS',
  'STATISTICS',
] as const

/** From the name on; ALTER COLUMN has the word TYPE in it. */
function modifyColumn(cursor: Cursor): AlterCommand {
  const exists = ifExists(cursor)
  const { start, index } = cursor
  const name = columnName(cursor)
  const bare = () => ({ kind: 'column' as const, name, start, end: cursor.end })
  if (cursor.take('REMOVE')) {
    const remove = cursor.takeAny(...removable)
    if (!remove) cursor.fail('DEFAULT')
    return { kind: 'modifyColumn', ifExists: exists, column: bare(), remove }
  }
  if (cursor.take('MODIFY', 'SETTING')) {
    return { kind: 'modifyColumn', ifExists: exists, column: bare(), modifySettings: parseSettings(cursor) }
  }
  if (cursor.take('RESET', 'SETTING')) {
    return { kind: 'modifyColumn', ifExists: exists, column: bare(), resetSettings: cursor.list(c => c.name()) }
  }
  if (cursor.at('TYPE') && cursor.kind(1) === TokenKind.word) {
    cursor.skip()
    const type = parseType(cursor)
    return { kind: 'modifyColumn', ifExists: exists, column: { ...bare(), type }, place: place(cursor) }
  }
  cursor.index = index
  const column = parseColumnDeclaration(cursor)
  return { kind: 'modifyColumn', ifExists: exists, column, place: place(cursor) }
}

// -------------------------------------------------------------------------------------------------------- partitions

function partitionCommand(cursor: Cursor): AlterCommand {
  const verb = cursor.takeAny('DETACH', 'ATTACH', 'REPLACE', 'MOVE', 'FETCH', 'FREEZE', 'UNFREEZE', 'FORGET', 'EXPORT')
  switch (verb) {
    case 'DETACH':
      return { kind: 'detachPartition', partition: parsePartition(cursor) }
    case 'FORGET':
      return { kind: 'forgetPartition', partition: parsePartition(cursor) }
    case 'ATTACH': {
      const partition = parsePartition(cursor)
      if (!cursor.take('FROM')) return { kind: 'attachPartition', partition }
      return { kind: 'attachPartitionFrom', partition, table: parseTableName(cursor) }
    }
    case 'REPLACE': {
      const partition = parsePartition(cursor)
      cursor.expect('FROM')
      return { kind: 'replacePartition', partition, table: parseTableName(cursor) }
    }
    case 'MOVE': {
      const partition = parsePartition(cursor)
      cursor.expect('TO')
      if (cursor.take('TABLE'))
        return { kind: 'movePartition', partition, to: { kind: 'table', table: parseTableName(cursor) } }
      const target = cursor.takeAny('DISK', 'VOLUME', 'SHARD')
      if (!target) cursor.fail('DISK')
      const kind = target.toLowerCase() as 'disk' | 'volume' | 'shard'
      return { kind: 'movePartition', partition, to: { kind, name: cursor.string() } }
    }
    case 'FETCH': {
      const partition = parsePartition(cursor)
      cursor.expect('FROM')
      return { kind: 'fetchPartition', partition, from: cursor.string() }
    }
    case 'FREEZE':
    case 'UNFREEZE': {
      const partition = cursor.at('PARTITION') ? parsePartition(cursor) : undefined
      const name = cursor.take('WITH', 'NAME') ? cursor.string() : undefined
      const kind = verb === 'FREEZE' ? 'freeze' : 'unfreeze'
      return partition ? { kind: `${kind}Partition`, partition, name } : { kind, name }
    }
    case 'EXPORT': {
      const partition = parsePartition(cursor)
      cursor.expect('TO', 'TABLE')
      const table = parseTableName(cursor)
      return {
        kind: 'exportPart',
        partition,
        table,
        settings: cursor.take('SETTINGS') ? parseSettings(cursor) : undefined,
      }
    }
  }
  return cursor.fail('ALTER command')
}

export function parsePartition(cursor: Cursor): PartitionSpec {
  if (cursor.take('PART')) return { kind: 'part', name: parseOperand(cursor) }
  cursor.expect('PARTITION')
  if (cursor.take('ID')) return { kind: 'id', id: parseOperand(cursor) }
  if (cursor.take('ALL')) return { kind: 'all' }
  // No further than one operand, as WHERE or TO may follow.
  return { kind: 'value', expr: parseOperand(cursor) }
}

export function inPartition(cursor: Cursor): PartitionSpec | undefined {
  return cursor.take('IN') ? parsePartition(cursor) : undefined
}

// ------------------------------------------------------------------------------------------------------------ pieces

function ifExists(cursor: Cursor): true | undefined {
  return cursor.take('IF', 'EXISTS') || undefined
}

function ifNotExists(cursor: Cursor): true | undefined {
  return cursor.take('IF', 'NOT', 'EXISTS') || undefined
}

function place(cursor: Cursor): Place | undefined {
  if (cursor.take('FIRST')) return 'first'
  return cursor.take('AFTER') ? { after: columnName(cursor) } : undefined
}

function columnName(cursor: Cursor): string {
  return parseIdentifierParts(cursor).parts.join('.')
}

/** `a, b`, where a comma may as well lead to the next command. */
function columnNames(cursor: Cursor): string[] {
  if (cursor.at('(')) return cursor.bracketList(columnName)
  const names = [columnName(cursor)]
  while (cursor.at(',') && (cursor.peek(2) === ',' || cursor.peek(2) === 'TYPE' || cursor.kind(2) === TokenKind.end)) {
    cursor.skip()
    names.push(columnName(cursor))
  }
  return names
}

function allOrColumnNames(cursor: Cursor): string[] {
  return cursor.take('ALL') ? [] : columnNames(cursor)
}

function statisticsTypes(cursor: Cursor) {
  const { start } = cursor
  cursor.expect('TYPE')
  const types = [parseNamedCall(cursor)]
  while (
    cursor.at(',') &&
    cursor.kind(1) === TokenKind.word &&
    !['ADD', 'DROP', 'MODIFY', 'CLEAR', 'MATERIALIZE'].includes(cursor.peek(1))
  ) {
    cursor.skip()
    types.push(parseNamedCall(cursor))
  }
  return call('STATISTICS', types, start, cursor.end)
}
