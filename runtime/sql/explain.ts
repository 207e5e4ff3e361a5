import type { Setting } from './ast.ts'
import type { Explain } from './statementAst.ts'
import type { Cursor } from './cursor.ts'
import { parseSettings } from './expressions.ts'
import { TokenKind } from './lexer.ts'

interface ExplainHead {
  readonly type: Explain['type']
  readonly settings?: readonly Setting[]
  /** The settings as they were written. */
  readonly settingsText: string
}

const types = [
  'AST',
  'SYNTAX',
  'QUERY TREE',
  'PLAN',
  'PIPELINE',
  'ESTIMATE',
  'TABLE OVERRIDE',
  'CURRENT TRANSACTION',
] as const

/** `EXPLAIN [type] [settings]`, up to what is explained. */
export function parseExplainHead(cursor: Cursor): ExplainHead {
  cursor.expect('EXPLAIN')
  const type = types.find(words => cursor.take(...words.split(' '))) ?? 'PLAN'
  if (cursor.kind() !== TokenKind.word || cursor.peek(1) !== '=') return { type, settingsText: '' }
  const { start } = cursor
  const settings = parseSettings(cursor)
  return { type, settings, settingsText: cursor.text.slice(start, cursor.end) }
}
