// Text to tokens. A token is a row of parallel arrays rather than an object, and tokens are made only as far as the parser
// looks, so that the rows behind INSERT ... VALUES are never read here.

export const TokenKind = {
  word: 1,
  quotedName: 2,
  string: 3,
  heredoc: 4,
  number: 5,
  /** Punctuation and operators. */
  symbol: 6,
  end: 7,
  /** Something that cannot be a token; Lexer.problem says why. */
  invalid: 8,
} as const

const space = new Set([0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x85, 0xa0, 0x1680, 0x180e, 0x200b, 0x2028, 0x2029, 0x202f])
for (const code of [0x2060, 0x3000, 0xfeff]) space.add(code)
for (let code = 0x2000; code <= 0x200a; code++) space.add(code)

/** Per ASCII code: 1 letter, underscore or dollar; 2 digit. */
const classes = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  if (isDigit(code)) classes[code] = 2
  else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code === 36) classes[code] = 1
}

const sizeProblem = 'Max query size exceeded (can be increased with the `max_query_size` setting)'

const symbols3 = new Set(['<=>'])
const symbols2 = new Set(['->', '::', '||', '==', '!=', '<>', '<=', '>=', '@@'])
const symbols1 = new Set('()[]{},;.*+-/%<>=?:^@')

export class Lexer {
  /** One TokenKind a token. */
  kinds: number[] = []
  starts: number[] = []
  ends: number[] = []
  /** Upper-case text of bare words, the text of symbols, '' for all else: what the grammar compares with. */
  words: string[] = []
  /** Why the invalid token, which is always the last, is invalid. */
  problem = ''

  private position: number

  constructor(
    readonly text: string,
    start = 0,
    /** Nothing past this is seen: the limit on a query's size. */
    readonly limit = text.length,
  ) {
    this.position = start
  }

  /** Makes the next token and gives its kind. After the end it makes the end again. */
  advance(): number {
    const { text, limit } = this
    if (!this.skipBlanks()) return TokenKind.invalid
    const start = this.position
    if (start >= limit && limit < text.length) return this.invalid(limit, limit, sizeProblem)
    if (start >= limit) return this.push(TokenKind.end, start, limit, '')
    const code = text.charCodeAt(start)
    const kind = code < 128 ? classes[code] : 0
    if (kind === 1 && code !== 36) return this.word(start, start)
    if (kind === 2) return this.number(start)
    if (code === 39) return this.quoted(start, 39, TokenKind.string, 'Single quoted string is not closed')
    if (code === 96) return this.quoted(start, 96, TokenKind.quotedName, 'Back quoted string is not closed')
    if (code === 34) return this.quoted(start, 34, TokenKind.quotedName, 'Double quoted string is not closed')
    if (code === 0x2018) return this.quoted(start, 0x2019, TokenKind.string, 'Single quoted string is not closed')
    if (code === 0x201c) return this.quoted(start, 0x201d, TokenKind.quotedName, 'Double quoted string is not closed')
    if (code === 36) return this.dollar(start)
    if (code === 46 && isDigit(text.charCodeAt(start + 1)) && !this.followsOperand(start)) return this.number(start)
    const three = text.slice(start, start + 3)
    if (symbols3.has(three)) return this.push(TokenKind.symbol, start, start + 3, three)
    const two = three.slice(0, 2)
    if (symbols2.has(two)) return this.push(TokenKind.symbol, start, start + 2, two)
    const one = text[start]
    if (symbols1.has(one)) return this.push(TokenKind.symbol, start, start + 1, one)
    if (one === '!') return this.invalid(start, start + 1, 'Exclamation mark can only occur in != operator')
    if (one === '|') return this.invalid(start, start + 1, 'Single pipe symbol is not allowed')
    return this.invalid(start, start + (text.codePointAt(start)! > 0xffff ? 2 : 1), 'Unrecognized token')
  }

  private push(kind: number, start: number, end: number, word: string): number {
    this.kinds.push(kind)
    this.starts.push(start)
    this.ends.push(end)
    this.words.push(word)
    this.position = end
    return kind
  }

  private invalid(start: number, end: number, problem: string): number {
    this.problem = end >= this.limit && this.limit < this.text.length ? sizeProblem : problem
    return this.push(TokenKind.invalid, start, end, '')
  }

  /** White space and comments. False if a comment does not end, which has then become the invalid token. */
  private skipBlanks(): boolean {
    const { text, limit } = this
    let at = this.position
    while (at < limit) {
      const code = text.charCodeAt(at)
      if (code <= 0x20 || code >= 0x80) {
        if (code !== 0 && !space.has(code)) break
        at++
      } else if (code === 0x2d && text.charCodeAt(at + 1) === 0x2d) at = this.lineEnd(at)
      else if (code === 0x23 && (text[at + 1] === '!' || text[at + 1] === ' ')) at = this.lineEnd(at)
      else if (code === 0x2f && text.charCodeAt(at + 1) === 0x2a) {
        const end = commentEnd(text, at, limit)
        if (end < 0) {
          this.invalid(at, limit, 'Multiline comment is not closed')
          return false
        }
        at = end
      } else break
    }
    this.position = at
    return true
  }

  private lineEnd(at: number): number {
    const end = this.text.indexOf('\n', at)
    return end < 0 || end > this.limit ? this.limit : end
  }

  private word(start: number, from: number): number {
    const { text, limit } = this
    let at = from
    while (at < limit) {
      const code = text.charCodeAt(at)
      if (code >= 128 || classes[code] === 0) break
      at++
    }
    return this.push(TokenKind.word, start, at, text.slice(start, at).toUpperCase())
  }

  private number(start: number): number {
    const { text, limit } = this
    let at = start
    const digits = (test: (code: number) => boolean) => {
      while (at < limit && (test(text.charCodeAt(at)) || (text.charCodeAt(at) === 95 && test(text.charCodeAt(at + 1)))))
        at++
    }
    if (this.words[this.words.length - 1] === '.') {
      digits(isDigit) // the second element of a.1.2
    } else {
      const base = text[start] === '0' ? (text[start + 1] ?? '').toLowerCase() : ''
      const hex = base === 'x' && (isHexDigit(text.charCodeAt(start + 2)) || text[start + 2] === '.')
      const binary = base === 'b' && isBinaryDigit(text.charCodeAt(start + 2))
      if (hex || binary) at += 2
      const isOne = hex ? isHexDigit : binary ? isBinaryDigit : isDigit
      digits(isOne)
      if (text[at] === '.' && !binary) {
        at++
        digits(isOne)
      }
      const mark = (text[at] ?? '').toLowerCase()
      if (mark === (hex ? 'p' : 'e') && !binary) {
        const sign = text[at + 1] === '+' || text[at + 1] === '-' ? 1 : 0
        if (isDigit(text.charCodeAt(at + 1 + sign))) {
          at += 1 + sign
          digits(isDigit)
        }
      }
    }
    if (at < limit && text.charCodeAt(at) < 128 && classes[text.charCodeAt(at)] !== 0) {
      // A name may begin with a digit.
      for (let i = start; i < at; i++) {
        if (classes[text.charCodeAt(i)] === 0) return this.invalid(start, at + 1, 'Wrong number')
      }
      return this.word(start, at)
    }
    return this.push(TokenKind.number, start, Math.min(at, limit), '')
  }

  private quoted(start: number, quote: number, kind: number, problem: string): number {
    const { text, limit } = this
    let at = start + 1
    while (at < limit) {
      const code = text.charCodeAt(at)
      if (code === 92) at += 2
      else if (code !== quote) at++
      else if (text.charCodeAt(at + 1) === quote) at += 2
      else return this.push(kind, start, at + 1, '')
    }
    return this.invalid(start, limit, problem)
  }

  /** `$tag$ ... $tag$`, or a name that begins with a dollar sign. */
  private dollar(start: number): number {
    const { text, limit } = this
    let at = start + 1
    while (at < limit && text.charCodeAt(at) < 128 && classes[text.charCodeAt(at)] !== 0 && text[at] !== '$') at++
    if (text[at] === '$') {
      const tag = text.slice(start, at + 1)
      const end = text.indexOf(tag, at + 1)
      if (end >= 0 && end + tag.length <= limit) return this.push(TokenKind.heredoc, start, end + tag.length, '')
    }
    return this.word(start, start + 1)
  }

  /** Whether a dot here belongs to the token right before it (`a.1`) rather than to a number (`.1`). */
  private followsOperand(start: number): boolean {
    const last = this.kinds.length - 1
    if (last < 0) return false
    const kind = this.kinds[last]
    if (kind === TokenKind.symbol) return this.words[last] === ')' || this.words[last] === ']'
    if (kind === TokenKind.word || kind === TokenKind.number) return this.ends[last] === start
    return kind === TokenKind.quotedName
  }
}

/** Comments nest. The offset behind the comment at `at`, or -1. */
function commentEnd(text: string, start: number, limit: number): number {
  let depth = 1
  let at = start + 2
  while (at < limit) {
    const close = text.indexOf('*/', at)
    if (close < 0 || close + 2 > limit) return -1
    const open = text.indexOf('/*', at)
    if (open >= 0 && open < close) {
      depth++
      at = open + 2
    } else {
      at = close + 2
      if (--depth === 0) return at
    }
  }
  return -1
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isHexDigit(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102)
}

function isBinaryDigit(code: number): boolean {
  return code === 48 || code === 49
}
