import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import type { Expr, Query } from './ast.ts'
import { Lexer, TokenKind } from './lexer.ts'
import { unquote } from './literals.ts'

export interface ParseLimits {
  /** `max_parser_depth`; 0 is without limit. */
  readonly depthMax?: number
  /** `max_ast_depth`. */
  readonly treeDepthMax?: number
  /** `max_ast_elements`, as far as it keeps BETWEEN, which uses its left side twice, from growing trees without bound. */
  readonly treeSizeMax?: number
  /** `max_query_size`, in bytes, without the data of an INSERT; 0 is without limit. */
  readonly sizeBytesMax?: number
  /** `max_parser_backtracks`: tokens that may be read again, because the first reading of them failed. */
  readonly backtracksMax?: number
}

/** The grammars that expressions lead into, and which are themselves made of expressions. */
export interface Grammar {
  readonly query: (cursor: Cursor) => Query
  readonly specialForm: (cursor: Cursor) => Expr | undefined
}

/** What `max_parser_depth` is spent on, in the proportions that ClickHouse's own parser has. */
export const depthCost = { brackets: 5, call: 2, query: 10, type: 2 } as const

/** The parser's place in the tokens of one text, with its limits and its errors. Grammar is elsewhere, as functions over it. */
export class Cursor {
  /** Of the token that is next. */
  index = 0
  /** Height of the expression that was parsed last, and of the tallest one since whoever watches last set it to 0. */
  height = 0
  tallest = 0
  private readonly treeDepthMax: number
  /** The failure at the furthest token, of those that the parser went back from. */
  furthest = new SyntaxFailure(-1, '')
  private depth = 0
  private backtracks = 0
  private readonly backtracksMax: number
  private readonly treeSizeMax: number
  private readonly depthMax: number
  private readonly lexer: Lexer
  /** Of the second pass over a text that has an error: what would have been right at the token where it is. */
  private readonly failedAt: number
  private readonly expected = new Set<string>()

  constructor(
    readonly text: string,
    readonly grammar: Grammar,
    limits: ParseLimits = {},
    start = 0,
    failedAt = -1,
  ) {
    this.depthMax = limits.depthMax || Number.MAX_SAFE_INTEGER
    this.treeDepthMax = limits.treeDepthMax || Number.MAX_SAFE_INTEGER
    this.treeSizeMax = limits.treeSizeMax || 50000
    this.backtracksMax = limits.backtracksMax || Number.MAX_SAFE_INTEGER
    this.lexer = new Lexer(
      text,
      start,
      limits.sizeBytesMax ? Math.min(text.length, start + limits.sizeBytesMax) : text.length,
    )
    this.failedAt = failedAt
  }

  // ------------------------------------------------------------------------------------------------------- looking

  /** The upper-case word or the symbol `ahead` tokens from here; '' for a literal, a quoted name and the end. */
  peek(ahead = 0): string {
    const at = this.index + ahead
    while (at >= this.lexer.words.length) this.advance()
    return this.lexer.words[at]
  }

  kind(ahead = 0): number {
    const at = this.index + ahead
    while (at >= this.lexer.kinds.length) this.advance()
    return this.lexer.kinds[at]
  }

  /** Offset where the next token starts. */
  get start(): number {
    return this.startOf(0)
  }

  startOf(ahead: number): number {
    this.kind(ahead)
    return this.lexer.starts[this.index + ahead]
  }

  /** Offset where the last token that was taken ended. */
  get end(): number {
    return this.index === 0 ? 0 : this.lexer.ends[this.index - 1]
  }

  /** Text of the next token, as it stands. */
  source(ahead = 0): string {
    this.kind(ahead)
    return this.text.slice(this.lexer.starts[this.index + ahead], this.lexer.ends[this.index + ahead])
  }

  /** Whether the next tokens are these words or symbols. */
  at(...words: string[]): boolean {
    let matched = 0
    while (matched < words.length && this.peek(matched) === words[matched]) matched++
    if (matched === words.length) return true
    const failed = this.index + matched
    if (matched > 0 && failed > this.furthest.index) this.furthest = new SyntaxFailure(failed, words[matched])
    if (failed === this.failedAt) this.expected.add(words.slice(matched).join(' '))
    return false
  }

  atAny(...words: string[]): boolean {
    return words.some(word => this.at(word))
  }

  atEnd(): boolean {
    return this.kind() === TokenKind.end
  }

  /** A word or a quoted name. */
  atName(): boolean {
    const kind = this.kind()
    return kind === TokenKind.word || kind === TokenKind.quotedName
  }

  atString(): boolean {
    const kind = this.kind()
    return kind === TokenKind.string || kind === TokenKind.heredoc
  }

  // -------------------------------------------------------------------------------------------------------- taking

  /** Takes the next tokens if they are these. */
  take(...words: string[]): boolean {
    if (!this.at(...words)) return false
    this.index += words.length
    return true
  }

  /** The one of these single words that is next, taken. */
  takeAny<Word extends string>(...words: Word[]): Word | undefined {
    for (const word of words) if (this.take(word)) return word
    return undefined
  }

  expect(...words: string[]): void {
    if (!this.take(...words)) this.fail(words.join(' '))
  }

  skip(count = 1): void {
    this.index += count
  }

  name(what = 'identifier'): string {
    const kind = this.kind()
    if (kind !== TokenKind.word && kind !== TokenKind.quotedName) this.fail(what)
    const source = this.source()
    if (kind === TokenKind.quotedName && source.length === 2) this.fail(what)
    this.index++
    return kind === TokenKind.word ? source : unquote(source)
  }

  string(what = 'string literal'): string {
    const value = this.optionalString()
    return value ?? this.fail(what)
  }

  optionalString(): string | undefined {
    const kind = this.kind()
    if (kind === TokenKind.string) {
      const source = this.source()
      this.index++
      return unquote(source)
    }
    if (kind !== TokenKind.heredoc) {
      if (this.index === this.failedAt) this.expected.add('string literal')
      return undefined
    }
    const source = this.source()
    this.index++
    const tag = source.indexOf('$', 1) + 1
    return source.slice(tag, source.length - tag)
  }

  /** Digits only. */
  integer(what = 'number'): bigint {
    const source = this.source()
    if (this.kind() !== TokenKind.number || !/^[0-9_]+$/.test(source)) this.fail(what)
    this.index++
    return BigInt(source.replaceAll('_', ''))
  }

  /** One or more of `item`, between commas. */
  list<T>(item: (cursor: Cursor) => T): T[] {
    const items = [item(this)]
    while (this.take(',')) items.push(item(this))
    return items
  }

  /** `list` between brackets, possibly empty. */
  bracketList<T>(item: (cursor: Cursor) => T): T[] {
    this.expect('(')
    if (this.take(')')) return []
    const items = this.list(item)
    this.expect(')')
    return items
  }

  /** Runs `parse`, one level deeper. Keeps what is nested too deeply from overflowing the stack. */
  nested<T>(cost: number, parse: (cursor: Cursor) => T): T {
    this.depth += cost
    if (this.depth > this.depthMax) {
      throw new DBError(
        'TOO_DEEP_RECURSION',
        `Maximum parse depth (${this.depthMax}) exceeded. Consider raising max_parser_depth parameter.`,
      )
    }
    const result = parse(this)
    this.depth -= cost
    return result
  }

  /** A tree of `height` is complete. `before` is what `tallest` was when it began. Keeps trees from growing too high to walk. */
  grow(before: number, height: number): void {
    if (height > this.treeDepthMax) throw new DBError('TOO_DEEP_AST', `AST is too deep. Maximum: ${this.treeDepthMax}`)
    this.height = height
    this.tallest = Math.max(before, height)
  }

  /** Of a tree of which another copy is about to be used: whole, it must stay small enough to walk. */
  checkSize(expr: Expr): void {
    if (countNodes(expr, this.treeSizeMax) < this.treeSizeMax) return
    throw new DBError('TOO_BIG_AST', `AST is too big. Maximum: ${this.treeSizeMax}`)
  }

  /** Runs `parse`; if it fails on the syntax, goes back to where it began and gives undefined. */
  attempt<T>(parse: (cursor: Cursor) => T): T | undefined {
    const { index, depth, height, tallest } = this
    try {
      return parse(this)
    } catch (error) {
      if (!(error instanceof SyntaxFailure)) throw error
      if (error.index > this.furthest.index) this.furthest = error
      this.backtracks += this.index - index
      if (this.backtracks > this.backtracksMax) {
        throw new DBError(
          'TOO_SLOW_PARSING',
          `Maximum amount of backtracking (${this.backtracksMax}) exceeded in the parser`,
        )
      }
      this.index = index
      this.depth = depth
      this.height = height
      this.tallest = tallest
      return undefined
    }
  }

  // -------------------------------------------------------------------------------------------------------- failing

  /** The next token is none that may stand here. */
  fail(what: string): never {
    if (this.index === this.failedAt) this.expected.add(what)
    this.kind()
    throw new SyntaxFailure(this.index, what)
  }

  /** The error for people: where it is, and what could have stood there. */
  error(failure: SyntaxFailure): DBError {
    this.index = failure.index
    if (this.kind() === TokenKind.invalid)
      return new DBError('SYNTAX_ERROR', `${this.lexer.problem}: ${this.describe()}. `)
    const unmatched = this.unmatchedBracket()
    this.index = failure.index
    if (unmatched !== undefined) {
      this.index = unmatched
      return new DBError('SYNTAX_ERROR', `${this.describe()}. Unmatched parentheses: ${this.peek()}`)
    }
    const expected = [...this.expected]
    if (expected.length === 0) expected.push(failure.what)
    const one = expected.length > 1 ? 'one of: ' : ''
    return new DBError('SYNTAX_ERROR', `${this.describe()}. Expected ${one}${expected.join(', ')}`)
  }

  /** Where the next token is, in bytes from 1 on, with what follows it. */
  describe(note = ''): string {
    const { text, start } = this
    const isEnd = this.kind() === TokenKind.end
    const line = text.includes('\n') ? ` (line ${lineOf(text, start)}, col ${columnOf(text, start)})` : ''
    const rest = isEnd ? '' : cut(text.slice(start))
    const position = byteLength(text.slice(0, start)) + 1
    return `Syntax error${note}: failed at position ${position} (${isEnd ? 'end of query' : cut(this.source())})${line}: ${rest}`
  }

  /** The first bracket that has no partner, up to the failed token or, if it is open there, the end of the statement. */
  private unmatchedBracket(): number | undefined {
    const open: number[] = []
    const failed = this.index
    for (this.index = 0; this.kind() !== TokenKind.end && this.kind() !== TokenKind.invalid; this.index++) {
      const word = this.peek()
      if (word === ';') break
      if (word === '(' || word === '[') open.push(this.index)
      if (word !== ')' && word !== ']') continue
      const partner = open.pop()
      const matches = partner !== undefined && this.lexer.words[partner] === (word === ')' ? '(' : '[')
      if (!matches) return this.index <= failed ? this.index : undefined
    }
    return open[0]
  }

  private advance(): void {
    this.lexer.advance()
  }
}

/** Thrown inside the parser only, and often: no Error, as taking a stack trace each time would be most of the work. */
export class SyntaxFailure {
  constructor(
    readonly index: number,
    readonly what: string,
  ) {}
}

/** Objects in a tree, as many times as they are reached; no further than `max`. */
function countNodes(tree: object, max: number): number {
  const left: object[] = [tree]
  let count = 0
  for (let node = left.pop(); node && count < max; node = left.pop()) {
    count++
    for (const value of Object.values(node)) if (typeof value === 'object' && value !== null) left.push(value)
  }
  return count
}

function cut(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}...` : text
}

function byteLength(text: string): number {
  return encodeText(text).length
}

function lineOf(text: string, at: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) line++
  return line
}

function columnOf(text: string, at: number): number {
  return byteLength(text.slice(at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1, at)) + 1
}
