import type { ColumnTransformer, Expr, ReplacedColumn } from './ast.ts'
import { parseCall, queryFollows } from './calls.ts'
import type { Cursor } from './cursor.ts'
import { parseExpr, parseExprs } from './expressions.ts'
import { parseIdentifierParts } from './operands.ts'

export function parseColumnsMatcher(cursor: Cursor, start: number, qualifier?: readonly string[]): Expr {
  cursor.expect('COLUMNS')
  cursor.expect('(')
  const pattern = cursor.peek(1) === ')' ? cursor.optionalString() : undefined
  const list = pattern === undefined ? parseExprs(cursor) : undefined
  cursor.expect(')')
  return { kind: 'columns', qualifier, pattern, list, transformers: parseTransformers(cursor), start, end: cursor.end }
}

export function parseTransformers(cursor: Cursor): ColumnTransformer[] | undefined {
  let transformers: ColumnTransformer[] | undefined
  for (let next = transformer(cursor); next; next = transformer(cursor)) {
    transformers ??= []
    transformers.push(next)
  }
  return transformers
}

function transformer(cursor: Cursor): ColumnTransformer | undefined {
  switch (cursor.peek()) {
    case 'EXCEPT':
      return exceptColumns(cursor)
    case 'REPLACE': {
      cursor.skip()
      const strict = cursor.take('STRICT') || undefined
      const columns = cursor.at('(') ? cursor.bracketList(replacedColumn) : [replacedColumn(cursor)]
      return { kind: 'replace', columns, strict }
    }
    case 'APPLY':
      cursor.skip()
      return applyFunction(cursor)
  }
  return undefined
}

function exceptColumns(cursor: Cursor): ColumnTransformer | undefined {
  // `SELECT * EXCEPT SELECT ...` is about queries.
  if (queryFollows(cursor, 1) || ['ALL', 'DISTINCT'].includes(cursor.peek(1))) return undefined
  cursor.skip()
  const strict = cursor.take('STRICT') || undefined
  const inBrackets = cursor.take('(')
  const pattern = cursor.optionalString()
  const column = () => parseIdentifierParts(cursor).parts.join('.')
  let columns: string[] | undefined
  if (pattern === undefined) columns = inBrackets ? cursor.list(column) : [column()]
  if (inBrackets) cursor.expect(')')
  return { kind: 'except', columns, pattern, strict }
}

function replacedColumn(cursor: Cursor): ReplacedColumn {
  const expr = parseExpr(cursor)
  cursor.expect('AS')
  return { name: cursor.name(), expr }
}

function applyFunction(cursor: Cursor): ColumnTransformer {
  const inBrackets = cursor.take('(')
  let applied: ColumnTransformer
  const { start } = cursor
  if (cursor.peek() === '(' || cursor.peek(1) === '->') {
    const expr = parseExpr(cursor)
    if (expr.kind !== 'lambda') cursor.fail('lambda expression')
    applied = { kind: 'apply', lambda: expr }
  } else {
    const name = cursor.name('function name')
    const parameters = cursor.peek() === '(' ? parseCall(cursor, name, start).args : undefined
    applied = { kind: 'apply', name, parameters }
  }
  if (!inBrackets) return applied
  const prefix = cursor.take(',') ? cursor.string() : undefined
  cursor.expect(')')
  return { ...applied, prefix }
}
