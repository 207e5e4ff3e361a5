import type { Setting, TableName } from './ast.ts'
import type { Insert } from './statementAst.ts'
import type { Cursor } from './cursor.ts'
import { parseCall, queryFollows } from './calls.ts'
import { parseAliased, parseExpr, parseSettings } from './expressions.ts'
import { parseOperand } from './operands.ts'
import { parseQuery, parseTableName } from './select.ts'

/** Up to where rows begin, if the statement has rows rather than a query. */
export function parseInsert(cursor: Cursor): Insert {
  const { start } = cursor
  cursor.expect('INSERT')
  if (!cursor.take('INTO')) cursor.expect('OVERWRITE')
  if (cursor.at('TABLE') && !['(', '.', 'VALUES', 'SELECT', 'FORMAT'].includes(cursor.peek(1))) cursor.skip()
  let table: TableName | undefined
  let tableFunction: Insert['tableFunction']
  if (cursor.at('FUNCTION') && cursor.peek(2) === '(') {
    cursor.skip()
    const callStart = cursor.start
    tableFunction = parseCall(cursor, cursor.name(), callStart)
  } else table = parseTableName(cursor)
  const partitionBy = tableFunction && cursor.take('PARTITION', 'BY') ? parseExpr(cursor) : undefined
  const columns = cursor.at('(') && !queryFollows(cursor, 1) ? cursor.bracketList(parseAliased) : undefined
  let settings: readonly Setting[] | undefined
  const takeSettings = () => {
    if (!settings && cursor.take('SETTINGS')) settings = parseSettings(cursor)
  }
  takeSettings()
  const insert = { kind: 'insert' as const, table, tableFunction, partitionBy, columns }
  if (cursor.take('FROM', 'INFILE')) {
    const path = parseOperand(cursor)
    const compression = cursor.take('COMPRESSION') ? parseOperand(cursor) : undefined
    takeSettings()
    const format = cursor.take('FORMAT') ? cursor.name('format name') : undefined
    takeSettings()
    return { ...insert, settings, source: { kind: 'file', path, compression, format }, start, end: cursor.end }
  }
  if (cursor.take('VALUES'))
    return { ...insert, settings, source: { kind: 'data', format: 'Values' }, start, end: cursor.end }
  if (cursor.take('FORMAT')) {
    const format = cursor.name('format name')
    // The rows that may follow are not SQL: only words that can be nothing else are looked at.
    if (!settings && cursor.at('SETTINGS') && cursor.peek(2) === '=') takeSettings()
    return { ...insert, settings, source: { kind: 'data', format }, start, end: cursor.end }
  }
  if (queryFollows(cursor, 0)) {
    const query = parseQuery(cursor)
    // Those of the query are the whole statement's.
    if (query.kind === 'select') settings ??= query.settings
    return { ...insert, settings, source: { kind: 'query', query }, start, end: cursor.end }
  }
  if (!cursor.atEnd() && !cursor.at(';')) cursor.fail('VALUES')
  return { ...insert, settings, source: { kind: 'data' }, start, end: cursor.end }
}
