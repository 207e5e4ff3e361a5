// Queries without their constants, so that those that differ in nothing else read and hash alike.
import { FixedColumn } from '../columns/fixed.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { mapTexts, plainText, stringsOf, stringType, textReader, uint64 } from './stringRows.ts'

const category = 'Other'

/** Blanks and comments; literals; names; any other word; any other character. */
const tokens = new RegExp(
  [
    String.raw`(?<blank>(?:\s|--[^\n]*|#[ !][^\n]*|/\*[^]*?\*/)+)`,
    String.raw`(?<literal>'(?:[^'\\]|\\[^]|'')*'|\$(?<tag>\w*)\$[^]*?\$\k<tag>\$|0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)`,
    '(?<name>`(?:[^`\\\\]|\\\\[^])*`|"(?:[^"\\\\]|\\\\[^])*"|[A-Za-z_][\\w$]*)',
    '[^]',
  ].join('|'),
  'g',
)

/** Names with three digits or more, with blanks, and UUIDs are likely made by a machine. */
const isMade = (name: string): boolean =>
  /\s/.test(name) || name.replace(/\D/g, '').length > 2 || /^.?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}.?$/i.test(name)

function normalized(query: string, keepNames: boolean): string {
  let text = ''
  let literals = 0
  let [comma, blank] = [false, false]
  const endList = () => {
    text += `${literals > 1 ? '..' : ''}${comma ? ',' : ''}${blank ? ' ' : ''}`
    literals = 0
    comma = blank = false
  }
  for (const { 0: token, groups } of query.matchAll(tokens)) {
    if (groups?.blank !== undefined) {
      if (literals > 0) blank = true
      else text += ' '
    } else if (groups?.literal !== undefined) {
      if (literals++ === 0) text += '?'
      comma = blank = false
    } else if (token === ',' && literals > 0) comma = true
    else {
      endList()
      text += groups?.name !== undefined && !keepNames && isMade(token) ? '`?`' : token
    }
  }
  endList()
  return text
}

/** What is hashed: no blanks, one zero byte a list of literals and another where it has several, one 1 for a made name. */
function hashed(query: string, keepNames: boolean): string {
  let text = ''
  let literals = 0
  let comma = false
  const endList = () => {
    text += `${literals > 1 ? '\0' : ''}${comma ? ',' : ''}`
    literals = 0
    comma = false
  }
  for (const { 0: token, groups } of query.matchAll(tokens)) {
    if (groups?.blank !== undefined) continue
    if (groups?.literal !== undefined) {
      if (literals++ === 0) text += '\0'
      comma = false
    } else if (token === ',' && literals > 0) comma = true
    else {
      endList()
      text += groups?.name !== undefined && !keepNames && isMade(token) ? '\x01' : token
    }
  }
  endList()
  return text
}

const ofQuery = (keepNames: boolean): FunctionDefinition[] => {
  const suffix = keepNames ? 'KeepNames' : ''
  const names = keepNames ? '' : ', and ones like machines make for names'
  return [
    defineFunction({
      name: `normalizeQuery${suffix}`,
      about: `The query with placeholders for literals and their lists${names}.`,
      category,
      arguments: [plainText('query')],
      returns: () => stringType,
      run: ([query], { arena, rows }) => {
        const read = textReader(query, arena)
        return mapTexts(arena, rows, row => normalized(read(row), keepNames))
      },
      examples: [[`SELECT normalizeQuery${suffix}('SELECT 1, 2, x FROM t')`, 'SELECT ?.., x FROM t']],
    }),
    defineFunction({
      name: `normalizedQueryHash${suffix}`,
      about: `A hash of the query that is the same whatever its literals are${keepNames ? '' : ' and names that machines make'}.`,
      category,
      arguments: [plainText('query')],
      returns: () => uint64,
      run: ([query], { arena, rows, memory }) => {
        const read = textReader(query, arena)
        const { offsets, bytes } = stringsOf(
          mapTexts(arena, rows, row => hashed(read(row), keepNames)),
          arena,
        )
        const out = arena.allocate(rows * 8)
        memory.kernels.sipHash64Strings(offsets, bytes, rows, out)
        return new FixedColumn(uint64, memory, out, rows)
      },
      examples: [[`SELECT normalizedQueryHash${suffix}('SELECT 1')`, '15722048748544463130']],
    }),
  ]
}

export const normalizedQueries: readonly FunctionDefinition[] = [...ofQuery(false), ...ofQuery(true)]
