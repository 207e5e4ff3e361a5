// RE2's syntax to a tree. Code points are sets of ranges; case, `.` and classes are worked out here, so that what compiles the tree
// knows sets only.
import { DBError } from '../../core/errors.ts'
import {
  type Ranges,
  anyPoint,
  foldRanges,
  invertRanges,
  mergeRanges,
  perlClass,
  posixClass,
  unicodeClass,
} from './ranges.ts'

export type Look = 'beginText' | 'endText' | 'beginLine' | 'endLine' | 'wordBoundary' | 'noWordBoundary'

export type Node =
  | { kind: 'empty' }
  | { kind: 'set'; ranges: Ranges }
  | { kind: 'anyByte' }
  | { kind: 'look'; what: Look }
  | { kind: 'group'; node: Node; index: number }
  | { kind: 'concat'; nodes: Node[] }
  | { kind: 'alternate'; nodes: Node[] }
  | { kind: 'repeat'; node: Node; min: number /** Infinity for none. */; max: number; greedy: boolean }

export interface Parsed {
  node: Node
  /** Capturing groups, without the whole match. */
  groups: number
  /** By group, from 1; undefined where it has no name. */
  names: (string | undefined)[]
}

export interface RegexFlags {
  ignoreCase?: boolean
  /** `.` matches a line's end too. */
  dotAll?: boolean
  /** `^` and `$` match at every line. */
  lines?: boolean
}

interface State {
  ignoreCase: boolean
  dotAll: boolean
  lines: boolean
  swapGreed: boolean
}

const repeatMax = 1000
const depthMax = 1000
const empty: Node = { kind: 'empty' }

/** Why a pattern does not compile, in RE2's words. */
export class RegexSyntaxError extends Error {
  override name = 'RegexSyntaxError'
}

/** As ClickHouse reports a pattern that does not compile. */
export function regexError(pattern: string, reason: string): DBError {
  return new DBError(
    'CANNOT_COMPILE_REGEXP',
    `OptimizedRegularExpression: cannot compile re2: ${pattern}, error: ${reason}. ` +
      'Look at https://github.com/google/re2/wiki/Syntax for reference. Please note that if you specify regex as an SQL ' +
      'string literal, the slashes have to be additionally escaped. For example, to match an opening brace, write ' +
      "'\\(' -- the first slash is for SQL and the second one is for regex",
  )
}

/** points: the pattern's code points, or its bytes where it is not UTF-8. */
export function parseRegex(points: readonly number[], flags: RegexFlags = {}): Parsed {
  return new Parser(points, flags).parse()
}

class Parser {
  #at = 0
  #groups = 0
  #depth = 0
  readonly #names: (string | undefined)[] = [undefined]
  #state: State

  constructor(
    readonly points: readonly number[],
    flags: RegexFlags,
  ) {
    this.#state = {
      ignoreCase: flags.ignoreCase ?? false,
      dotAll: flags.dotAll ?? false,
      lines: flags.lines ?? false,
      swapGreed: false,
    }
  }

  parse(): Parsed {
    const node = this.#alternation()
    if (this.#at < this.points.length) throw new RegexSyntaxError(`unexpected ): ${this.#text(0)}`)
    checkRepeats(node)
    return { node, groups: this.#groups, names: this.#names }
  }

  #text(start: number, end = this.points.length): string {
    return String.fromCodePoint(...this.points.slice(start, Math.min(end, start + 1000)))
  }

  #peek(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.points[this.#at + i] !== text.charCodeAt(i)) return false
    return true
  }

  #take(text: string): boolean {
    if (!this.#peek(text)) return false
    this.#at += text.length
    return true
  }

  #alternation(): Node {
    if (++this.#depth > depthMax) throw new RegexSyntaxError('expression nests too deeply')
    const outer = { ...this.#state }
    const ways = [this.#sequence()]
    while (this.#take('|')) ways.push(this.#sequence())
    this.#state = outer
    this.#depth--
    return ways.length === 1 ? ways[0] : { kind: 'alternate', nodes: ways }
  }

  #sequence(): Node {
    const nodes: Node[] = []
    while (this.#at < this.points.length && !this.#peek('|') && !this.#peek(')')) {
      if (this.#take('\\Q')) {
        while (this.#at < this.points.length && !this.#take('\\E')) nodes.push(this.#literal(this.points[this.#at++]))
        const last = nodes.pop()
        if (last) nodes.push(this.#repeated(last))
        continue
      }
      const node = this.#atom()
      if (node) nodes.push(this.#repeated(node))
    }
    if (nodes.length === 0) return empty
    return nodes.length === 1 ? nodes[0] : { kind: 'concat', nodes }
  }

  /** What stands after an atom: at most one repetition. */
  #repeated(node: Node): Node {
    const operator = this.#at
    const bounds = this.#repetition()
    if (!bounds) return node
    const lazy = this.#take('?')
    if (this.#repetition()) {
      this.#take('?')
      throw new RegexSyntaxError(`bad repetition operator: ${this.#text(operator, this.#at)}`)
    }
    return { kind: 'repeat', node, ...bounds, greedy: lazy === this.#state.swapGreed }
  }

  #repetition(): { min: number; max: number } | null {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    if (!this.#peek('{')) return null
    const start = this.#at
    this.#at++
    const min = this.#number()
    let max = min
    if (min !== null && this.#take(',')) max = this.#peek('}') ? Number.POSITIVE_INFINITY : this.#number()
    if (min === null || max === null || !this.#take('}')) {
      this.#at = start
      return null // a brace like any other character
    }
    if (min > repeatMax || (max !== Number.POSITIVE_INFINITY && (max > repeatMax || max < min)))
      throw new RegexSyntaxError(`invalid repetition size: ${this.#text(start, this.#at)}`)
    return { min, max }
  }

  #number(): number | null {
    const start = this.#at
    let value = 0
    while (isDigit(this.points[this.#at])) value = Math.min(value * 10 + this.points[this.#at++] - 48, 100_000)
    return this.#at === start ? null : value
  }

  #literal(point: number): Node {
    const ranges = [point, point]
    return { kind: 'set', ranges: this.#state.ignoreCase ? foldRanges(ranges) : ranges }
  }

  #set(ranges: Ranges): Node {
    return { kind: 'set', ranges }
  }

  /** One thing that can be repeated; null for what only changes flags. */
  #atom(): Node | null {
    const start = this.#at
    const point = this.points[this.#at++]
    const { lines, dotAll } = this.#state
    switch (point) {
      case 0x28: // (
        return this.#group(start)
      case 0x5b: // [
        return this.#class(start)
      case 0x2e: // .
        return this.#set(dotAll ? anyPoint : [0, 9, 11, 0x10ffff])
      case 0x5e: // ^
        return { kind: 'look', what: lines ? 'beginLine' : 'beginText' }
      case 0x24: // $
        return { kind: 'look', what: lines ? 'endLine' : 'endText' }
      case 0x2a: // *
      case 0x2b: // +
      case 0x3f: // ?
        throw new RegexSyntaxError(`no argument for repetition operator: ${String.fromCodePoint(point)}`)
      case 0x5c: // \
        return this.#escape(start)
      default: {
        if (point === 0x7b) {
          this.#at = start
          if (this.#repetition())
            throw new RegexSyntaxError(`no argument for repetition operator: ${this.#text(start, this.#at)}`)
          this.#at = start + 1
        }
        return this.#literal(point)
      }
    }
  }

  #group(start: number): Node | null {
    if (!this.#take('?')) return this.#capture(undefined)
    if (this.#peek('P<') || this.#peek('<')) {
      const named = this.#take('P<') || this.#take('<')
      const nameStart = this.#at
      while (isWordPoint(this.points[this.#at])) this.#at++
      const name = this.#text(nameStart, this.#at)
      if (!named || name === '' || !this.#take('>')) {
        const operator = this.#text(start, start + 4)
        if (operator === '(?<=' || operator === '(?<!') throw new RegexSyntaxError(`invalid perl operator: ${operator}`)
        throw new RegexSyntaxError(`invalid named capture group: ${this.#text(start, this.#at + 1)}`)
      }
      if (this.#names.includes(name)) throw new RegexSyntaxError(`duplicate capture group name: ${name}`)
      return this.#capture(name)
    }
    return this.#flags(start)
  }

  #capture(name: string | undefined): Node {
    const index = ++this.#groups
    this.#names[index] = name
    const node = this.#alternation()
    if (!this.#take(')')) throw new RegexSyntaxError(`missing ): ${this.#text(0)}`)
    return { kind: 'group', node, index }
  }

  /** `(?flags)` to the end of the group it stands in, or `(?flags:...)`. */
  #flags(start: number): Node | null {
    const state = { ...this.#state }
    let on = true
    let seen = false
    while (true) {
      const point = this.points[this.#at++]
      const flag = point === undefined ? '' : String.fromCodePoint(point)
      if (flag === 'i') state.ignoreCase = on
      else if (flag === 'm') state.lines = on
      else if (flag === 's') state.dotAll = on
      else if (flag === 'U') state.swapGreed = on
      else if (flag === '-' && on) {
        on = false
        seen = false
        continue
      } else if (flag === ':' || flag === ')') {
        if (!on && !seen) break
        if (flag === ')') {
          this.#state = state
          return null
        }
        const outer = this.#state
        this.#state = state
        const node = this.#alternation()
        this.#state = outer
        if (!this.#take(')')) throw new RegexSyntaxError(`missing ): ${this.#text(0)}`)
        return node
      } else {
        if (flag === '') throw new RegexSyntaxError(`missing ): ${this.#text(0)}`)
        break
      }
      seen = true
    }
    throw new RegexSyntaxError(`invalid perl operator: ${this.#text(start, this.#at)}`)
  }

  /** After a backslash, outside of brackets. */
  #escape(start: number): Node {
    const point = this.points[this.#at]
    if (point === undefined) throw new RegexSyntaxError('trailing \\: \\')
    switch (String.fromCodePoint(point)) {
      case 'A':
        this.#at++
        return { kind: 'look', what: 'beginText' }
      case 'z':
        this.#at++
        return { kind: 'look', what: 'endText' }
      case 'b':
        this.#at++
        return { kind: 'look', what: 'wordBoundary' }
      case 'B':
        this.#at++
        return { kind: 'look', what: 'noWordBoundary' }
      case 'C':
        this.#at++
        return { kind: 'anyByte' }
      case 'E':
        this.#at++
        return empty
    }
    const ranges = this.#classEscape()
    if (ranges) return this.#set(this.#state.ignoreCase ? foldRanges(ranges) : ranges)
    return this.#literal(this.#character(start))
  }

  /** \d and its like, \p{...}; the backslash has been taken. */
  #classEscape(): Ranges | null {
    const letter = String.fromCodePoint(this.points[this.#at])
    const perl = perlClass(letter)
    if (perl) {
      this.#at++
      return perl
    }
    if (letter !== 'p' && letter !== 'P') return null
    const start = this.#at - 1
    this.#at++
    let name = ''
    let negated = letter === 'P'
    if (this.#take('{')) {
      if (this.#take('^')) negated = !negated
      while (this.#at < this.points.length && !this.#peek('}')) name += String.fromCodePoint(this.points[this.#at++])
      if (!this.#take('}')) throw new RegexSyntaxError(`invalid character class range: ${this.#text(start)}`)
    } else if (this.#at < this.points.length) name = String.fromCodePoint(this.points[this.#at++])
    const ranges = unicodeClass(name)
    if (!ranges) throw new RegexSyntaxError(`invalid character class range: ${this.#text(start, this.#at)}`)
    return negated ? invertRanges(ranges) : ranges
  }

  /** An escaped character; the backslash at `start` has been taken. */
  #character(start: number): number {
    const fail = (): never => {
      throw new RegexSyntaxError(`invalid escape sequence: ${this.#text(start, Math.max(this.#at, start + 2))}`)
    }
    const point = this.points[this.#at++]
    if (point === undefined) throw new RegexSyntaxError('trailing \\: \\')
    if (point >= 0x30 && point <= 0x37) {
      // A single digit that is not 0 would be a back reference.
      if (point !== 0x30 && !isOctal(this.points[this.#at])) fail()
      let value = point - 0x30
      for (let i = 0; i < 2 && isOctal(this.points[this.#at]); i++) value = value * 8 + this.points[this.#at++] - 0x30
      return value
    }
    switch (String.fromCodePoint(point)) {
      case 'a':
        return 7
      case 'f':
        return 12
      case 'n':
        return 10
      case 'r':
        return 13
      case 't':
        return 9
      case 'v':
        return 11
      case 'x': {
        const braces = this.#take('{')
        let value = 0
        let digits = 0
        while (digits < (braces ? 10 : 2)) {
          const digit = hexDigit(this.points[this.#at])
          if (digit < 0) break
          value = value * 16 + digit
          digits++
          this.#at++
        }
        if (braces ? digits === 0 || !this.#take('}') : digits < 2) fail()
        return value > 0x10ffff ? fail() : value
      }
    }
    if (point < 0x80 && (!isWordPoint(point) || point === 0x5f)) return point
    return fail()
  }

  #class(start: number): Node {
    const ranges: number[] = []
    const negated = this.#take('^')
    let first = true
    while (first || !this.#peek(']')) {
      if (this.#at >= this.points.length) throw new RegexSyntaxError(`missing ]: ${this.#text(start)}`)
      first = false
      if (this.#peek('[:')) {
        const named = this.#posix()
        if (named) {
          ranges.push(...named)
          continue
        }
      }
      const itemStart = this.#at
      if (this.#peek('\\') && this.#at + 1 < this.points.length) {
        this.#at++
        const escaped = this.#classEscape()
        if (escaped) {
          ranges.push(...escaped)
          continue
        }
        this.#at--
      }
      const low = this.#classCharacter()
      let high = low
      if (this.#peek('-') && this.points[this.#at + 1] !== 0x5d && this.#at + 1 < this.points.length) {
        this.#at++
        high = this.#classCharacter()
        if (high < low) throw new RegexSyntaxError(`invalid character class range: ${this.#text(itemStart, this.#at)}`)
      }
      ranges.push(low, high)
    }
    this.#at++
    let merged = mergeRanges(ranges)
    if (this.#state.ignoreCase) merged = foldRanges(merged)
    return this.#set(negated ? invertRanges(merged) : merged)
  }

  #classCharacter(): number {
    const start = this.#at
    if (this.#at >= this.points.length) throw new RegexSyntaxError(`missing ]: ${this.#text(0)}`)
    if (this.#take('\\')) return this.#character(start)
    return this.points[this.#at++]
  }

  #posix(): Ranges | null {
    let end = this.#at + 2
    while (end < this.points.length && this.points[end] !== 0x3a) end++
    if (this.points[end + 1] !== 0x5d) return null
    const text = this.#text(this.#at + 2, end)
    const ranges = posixClass(text.replace(/^\^/, ''))
    if (!ranges) throw new RegexSyntaxError(`invalid character class range: ${this.#text(this.#at, end + 2)}`)
    this.#at = end + 2
    return text.startsWith('^') ? invertRanges(ranges) : ranges
  }
}

const isDigit = (point: number | undefined): boolean => point !== undefined && point >= 48 && point <= 57
const isOctal = (point: number | undefined): boolean => point !== undefined && point >= 48 && point <= 55
const isWordPoint = (point: number | undefined): boolean =>
  point !== undefined &&
  (isDigit(point) || (point >= 65 && point <= 90) || (point >= 97 && point <= 122) || point === 95)

function hexDigit(point: number | undefined): number {
  if (point === undefined) return -1
  if (isDigit(point)) return point - 48
  const letter = point | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

/** Counted repetitions inside each other multiply; more than 1000 of anything are refused, as RE2 does. */
function checkRepeats(node: Node, times = 1): void {
  if (node.kind === 'repeat') {
    const count = Number.isFinite(node.max) ? node.max : node.min
    const inner = times * Math.max(count, 1)
    if (inner > repeatMax) throw new RegexSyntaxError(`invalid repetition size: {${node.min},${node.max}}`)
    checkRepeats(node.node, inner)
  } else if (node.kind === 'group') checkRepeats(node.node, times)
  else if (node.kind === 'concat' || node.kind === 'alternate')
    for (const inner of node.nodes) checkRepeats(inner, times)
}
