// LIKE patterns, sorted by shape: each shape has its kernel.
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { regexFor } from './regex/regex.ts'
import { placeText, sameOffsets } from './stringRows.ts'

const one = 256
const many = 257
type Token = number // a byte, or one of the above

/** Bytes as they are, 256 for `_`, 257 for `%`. */
function parseLike(pattern: string, escapeWith: string): Token[] {
  const bytes = encodeText(pattern)
  const escapeByte = escapeWith === '' ? -1 : escapeWith.charCodeAt(0)
  const tokens: Token[] = []
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === escapeByte) {
      if (i + 1 === bytes.length)
        throw new DBError(
          'CANNOT_PARSE_ESCAPE_SEQUENCE',
          `Invalid escape sequence at the end of LIKE pattern '${pattern}'`,
        )
      const next = bytes[i + 1]
      // Before any other character the escape stands for itself.
      if (next === 0x25 || next === 0x5f || next === escapeByte) i++
      tokens.push(bytes[i])
    } else if (byte === 0x25) {
      if (tokens[tokens.length - 1] !== many) tokens.push(many)
    } else tokens.push(byte === 0x5f ? one : byte)
  }
  return tokens
}

/** Fills mask (u8[rows]) with 1 where the strings are like the pattern. */
export function matchLike(
  strings: StringColumn,
  pattern: string,
  { ignoreCase, escapeWith }: { ignoreCase: boolean; escapeWith: string },
  mask: number,
  arena: Arena,
): void {
  const tokens = parseLike(pattern, escapeWith)
  if (!ignoreCase) matchTokens(strings, tokens, mask, arena)
  else if (tokens.some(token => token >= 0x80 && token < one)) matchAnyCase(strings, tokens, mask, arena)
  else matchAsciiCase(strings, tokens, mask, arena)
}

/** Letters of ASCII in either case. */
function matchAsciiCase(strings: StringColumn, tokens: readonly Token[], mask: number, arena: Arena): void {
  const folded = tokens.map(token => (token >= 0x41 && token <= 0x5a ? token | 0x20 : token))
  const { memory, offsets, bytes, rows } = strings
  const inner = innerLiteral(folded)
  if (inner) {
    const { pointer, size } = placeText(arena, inner)
    memory.kernels.containsStringIgnoreCase(offsets, bytes, rows, pointer, size, mask)
    return
  }
  const lower = sameOffsets(strings, arena, memory.kernels.lowerAscii)
  matchTokens(lower, folded, mask, arena)
}

/** The text of `%text%`. */
function innerLiteral(tokens: readonly Token[]): string | null {
  if (tokens.length < 3 || tokens[0] !== many || tokens[tokens.length - 1] !== many) return null
  const inner = tokens.slice(1, -1)
  return inner.every(token => token < one) ? decodeText(Uint8Array.from(inner)) : null
}

function matchTokens(strings: StringColumn, tokens: readonly Token[], mask: number, arena: Arena): void {
  const { memory, offsets, bytes, rows } = strings
  const { kernels } = memory
  const place = (literal: readonly Token[]) => placeText(arena, decodeText(Uint8Array.from(literal)))
  const pieces: Token[][] = [[]]
  for (const token of tokens) {
    if (token === many) pieces.push([])
    else pieces[pieces.length - 1].push(token)
  }
  if (tokens.includes(one)) {
    const longest = literalRuns(tokens).reduce((best, run) => (run.length > best.length ? run : best), [])
    if (longest.length > 1) {
      const { pointer, size } = place(longest)
      kernels.containsString(offsets, bytes, rows, pointer, size, mask)
    } else memory.u8.fill(1, mask, mask + rows)
    const packed = arena.allocate(tokens.length * 2)
    memory.u16.set(tokens, packed / 2)
    kernels.keepLike(offsets, bytes, rows, packed, tokens.length, mask)
    return
  }
  const first = pieces[0]
  const last = pieces.length > 1 ? pieces[pieces.length - 1] : []
  const inner = pieces.slice(1, -1)
  const prefix = place(first)
  const suffix = place(last)
  if (inner.length === 0) {
    const exact = pieces.length === 1 ? 1 : 0
    kernels.matchAffixes(offsets, bytes, rows, prefix.pointer, prefix.size, suffix.pointer, suffix.size, exact, mask)
    if (prefix.size === 0 || suffix.size === 0) return
  } else {
    const longest = inner.reduce((best, piece) => (piece.length > best.length ? piece : best))
    const { pointer, size } = place(longest)
    kernels.containsString(offsets, bytes, rows, pointer, size, mask)
    if (inner.length === 1 && prefix.size === 0 && suffix.size === 0) return
  }
  const table = arena.allocate(inner.length * 8)
  for (const [i, piece] of inner.entries()) {
    const { pointer, size } = place(piece)
    memory.u32.set([pointer, size], table / 4 + i * 2)
  }
  kernels.keepSequence(
    offsets,
    bytes,
    rows,
    prefix.pointer,
    prefix.size,
    suffix.pointer,
    suffix.size,
    table,
    inner.length,
    mask,
  )
}

function literalRuns(tokens: readonly Token[]): Token[][] {
  const runs: Token[][] = [[]]
  for (const token of tokens) {
    if (token < one) runs[runs.length - 1].push(token)
    else runs.push([])
  }
  return runs
}

/** Letters beyond ASCII in either case: as a regular expression. */
function matchAnyCase(strings: StringColumn, tokens: readonly Token[], mask: number, arena: Arena): void {
  let source = tokens[0] === many ? '' : '^'
  let literal: number[] = []
  const flush = () => {
    source += quoteRegex(decodeText(Uint8Array.from(literal)))
    literal = []
  }
  for (const [i, token] of tokens.entries()) {
    if (token < one) {
      literal.push(token)
      continue
    }
    flush()
    const isOuter = token === many && (i === 0 || i === tokens.length - 1)
    if (!isOuter) source += token === one ? '.' : '.*'
  }
  flush()
  if (tokens[tokens.length - 1] !== many) source += '$'
  const { memory, offsets, bytes, rows } = strings
  const regex = regexFor(memory, source, { ignoreCase: true, dotAll: true })
  memory.u8.fill(1, mask, mask + rows)
  if (memory.kernels.keepRegex(regex.machine, offsets, bytes, rows, mask) < 0) arena.fail()
}

/** Text as a regular expression that matches it alone. */
export function quoteRegex(literal: string): string {
  return literal.replaceAll('\0', '\\x00').replace(/[\\^$.[\]|()?*+{}]/g, '\\$&')
}
