// ClickHouse's tokens, as far as the page must know them: where statements end, what is a word and what is inside of quotes.
export type TokenKind = 'word' | 'string' | 'quoted' | 'number' | 'comment' | 'symbol'

export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
}

const token =
  /\s+|(?<comment>--[^\n]*|#[ !][^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|\$(\w*)\$[\s\S]*?(?:\$\3\$|$))|(?<quoted>`(?:[^`\\]|\\[\s\S]|``)*(?:`|$)|"(?:[^"\\]|\\[\s\S]|"")*(?:"|$))|(?<number>\d[\w.]*(?:[eE][+-]\d+)?)|(?<word>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(?<symbol>::|->|[\s\S])/gy

export function scan(text: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const groups = match.groups!
    const start = match.index
    const end = start + match[0].length
    const kind = (['comment', 'string', 'quoted', 'number', 'word', 'symbol'] as const).find(
      name => groups[name] !== undefined,
    )
    if (kind) tokens.push({ kind, start, end })
    if (end === text.length) break
  }
  return tokens
}

export interface Statement {
  readonly text: string
  /** Of the text, without blanks, comments before it or the semicolon. */
  readonly start: number
  readonly end: number
}

/** Statements between semicolons. The data of an INSERT … FORMAT goes on to a blank line, whatever is in it. */
export function statementsOf(text: string): Statement[] {
  const statements: Statement[] = []
  let start = -1
  let end = 0
  let skipTo = 0
  let first = ''
  let previous = ''
  const close = () => {
    if (start >= 0) statements.push({ text: text.slice(start, end), start, end })
    start = -1
    first = previous = ''
  }
  for (const { kind, start: from, end: to } of scan(text)) {
    if (from < skipTo || kind === 'comment') continue
    if (kind === 'symbol' && text[from] === ';') {
      close()
      continue
    }
    if (start < 0) start = from
    end = to
    const word = kind === 'word' ? text.slice(from, to).toUpperCase() : ''
    first ||= word
    if (first === 'INSERT' && previous === 'FORMAT' && word !== '' && word !== 'VALUES') {
      const blank = /\n[ \t]*(?=\n|$)/g
      blank.lastIndex = to
      const line = text.indexOf('\n', to)
      blank.lastIndex = line < 0 ? text.length : line + 1
      end = blank.exec(text)?.index ?? text.length
      skipTo = end
      close()
      continue
    }
    previous = word
  }
  close()
  return statements
}

/** The statement that a cursor means: the one it is in or right behind, else the next, else the last. */
export function statementAt(text: string, position: number): Statement | null {
  const statements = statementsOf(text)
  for (let i = 0; i < statements.length; i++) {
    const { start, end } = statements[i]
    if (position <= end) {
      const before = statements[i - 1]
      const onItsLine = before && !text.slice(before.end, position).includes('\n')
      return position < start && onItsLine ? before : statements[i]
    }
    if (i === statements.length - 1) return statements[i]
  }
  return null
}

export interface Placeholder {
  readonly name: string
  readonly type: string
}

/** The {name:Type} of some statements, each name once. */
export function placeholdersOf(text: string): Placeholder[] {
  const found = new Map<string, string>()
  const tokens = scan(text).filter(({ kind }) => kind !== 'comment')
  const textOf = (at: number) => (tokens[at] ? text.slice(tokens[at].start, tokens[at].end) : '')
  for (let at = 0; at < tokens.length; at++) {
    if (textOf(at) !== '{' || tokens[at + 1]?.kind !== 'word' || textOf(at + 2) !== ':') continue
    let last = at + 3
    while (last < tokens.length && textOf(last) !== '}') last++
    if (last >= tokens.length || last === at + 3) continue
    found.set(textOf(at + 1), text.slice(tokens[at + 3].start, tokens[last - 1].end))
    at = last
  }
  return Array.from(found, ([name, type]) => ({ name, type }))
}

const readers = ['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS', 'FROM', 'VALUES']

export interface StatementShape {
  /** Its first word, uppercase; `(` of a parenthesized SELECT. */
  readonly verb: string
  readonly reads: boolean
  /** It asks for a format of its own, here. */
  readonly format: { readonly name: string; readonly start: number; readonly end: number } | null
  readonly hasComments: boolean
}

export function shapeOf(text: string): StatementShape {
  const all = scan(text)
  const tokens = all.filter(({ kind }) => kind !== 'comment')
  const textOf = (at: number) => (tokens[at] ? text.slice(tokens[at].start, tokens[at].end) : '')
  const verb = textOf(0).toUpperCase()
  const reads = readers.includes(verb) || verb === '('
  let format: StatementShape['format'] = null
  let depth = 0
  for (let at = 0; reads && at < tokens.length - 1; at++) {
    const word = textOf(at)
    if (word === '(') depth++
    if (word === ')') depth--
    if (depth === 0 && tokens[at].kind === 'word' && word.toUpperCase() === 'FORMAT' && tokens[at + 1].kind === 'word')
      format = { name: textOf(at + 1), start: tokens[at].start, end: tokens[at + 1].end }
  }
  return { verb, reads, format, hasComments: all.length > tokens.length }
}

/** A name as it may stand in SQL. */
export const quoteName = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replace(/[\\`]/g, '\\$&')}\``

export const quoteText = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`

/** The name that a quoted or a plain identifier stands for. */
export function unquoteName(text: string): string {
  if (!/^[`"]/.test(text)) return text
  const mark = text[0]
  return text
    .slice(1, text.endsWith(mark) && text.length > 1 ? -1 : undefined)
    .replace(/\\(.)|``|""/g, (whole, c) => c ?? whole[0])
}
