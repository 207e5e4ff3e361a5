// What can be told from a statement's text without its grammar.
import { Lexer, TokenKind } from '../sql/lexer.ts'

/** Names and types of the `{name:Type}` in a text, in order. */
export function placeholdersOf(sql: string): Map<string, string> {
  const found = new Map<string, string>()
  if (!sql.includes('{')) return found
  const lexer = new Lexer(sql)
  for (let at = 0; ; at++) {
    const kind = lexer.advance()
    if (kind === TokenKind.end || kind === TokenKind.invalid) return found
    // { name : Type }, seen from the colon.
    if (lexer.words[at] !== ':' || lexer.words[at - 2] !== '{' || lexer.kinds[at - 1] !== TokenKind.word) continue
    const name = sql.slice(lexer.starts[at - 1], lexer.ends[at - 1])
    const end = typeEnd(sql, lexer.ends[at])
    if (end > 0) found.set(name, sql.slice(lexer.ends[at], end).trim())
  }
}

/** Where the brace stands that ends a type; a type may have quoted texts in it. */
function typeEnd(sql: string, start: number): number {
  for (let at = start; at < sql.length; at++) {
    if (sql[at] === '}') return at
    if (sql[at] === "'") at = sql.indexOf("'", at + 1)
    if (at < 0) return -1
  }
  return -1
}

/**
 * Statements that semicolons part. What follows INSERT ... FORMAT is data up to the text's end, as nobody can say where it stops.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = []
  const lexer = new Lexer(sql)
  let start = 0
  let first = -1
  for (let at = 0; ; at++) {
    const kind = lexer.advance()
    const isLast = kind === TokenKind.end || kind === TokenKind.invalid
    const isData = !isLast && lexer.words[at] === 'FORMAT' && lexer.words[first] === 'INSERT'
    if (isLast || isData) {
      if (first >= 0 || kind === TokenKind.invalid) statements.push(sql.slice(start))
      return statements
    }
    if (lexer.words[at] === ';') {
      if (first >= 0) statements.push(sql.slice(start, lexer.starts[at]))
      start = lexer.ends[at]
      first = -1
    } else if (first < 0) first = at
  }
}
