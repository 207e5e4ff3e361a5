import { placeU32 } from '../columns/build.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { type Regex, regexFor } from './regex/regex.ts'
import {
  buildStrings,
  placeText,
  plainText,
  singleText,
  stringsOf,
  stringType,
  text,
  textReader,
} from './stringRows.ts'
import { candidates, dotAll } from './regexPatterns.ts'

const _category = 'String Search'

/** `\0` to `\9` are groups, `\\` a backslash; other characters after a backslash are themselves. */
function parseSubstitution(replacement: string, regex: Regex): (number | string)[] {
  const parts: (number | string)[] = []
  let literal = ''
  for (let i = 0; i < replacement.length; i++) {
    if (replacement[i] !== '\\' || i + 1 === replacement.length) {
      literal += replacement[i]
      continue
    }
    const next = replacement[++i]
    if (!/\d/.test(next)) {
      literal += next
      continue
    }
    const group = Number(next)
    if (group > regex.groups)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Substitution '\\${group}' in replacement argument is invalid, regexp has only ${regex.groups} capturing groups`,
      )
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(group)
  }
  if (literal !== '') parts.push(literal)
  return parts
}

/** As replaceRegex of assembly/regex/column.ts reads it. */
function laySubstitution(parts: readonly (number | string)[], arena: Arena): number {
  const words: number[] = []
  for (const part of parts) {
    if (typeof part === 'number') words.push(part, 0, 0)
    else {
      const { pointer, size } = placeText(arena, part)
      words.push(0xffffffff, pointer, size)
    }
  }
  return placeU32(arena, words)
}

function replaceInto(
  strings: StringColumn,
  pattern: string,
  replacement: string,
  all: boolean,
  offsets: number,
  sink: number,
  arena: Arena,
): number {
  const { kernels } = arena.memory
  const regex = regexFor(arena.memory, pattern, dotAll)
  const parts = parseSubstitution(replacement, regex)
  const { offsets: from, bytes, rows } = strings
  const { exact, required } = regex.literals
  if (exact && required.length > 0 && parts.every(part => typeof part === 'string')) {
    const literal = placeText(arena, parts.join(''))
    const [needle, size] = [regex.required, required.length]
    return kernels.replaceString(
      from,
      bytes,
      rows,
      needle,
      size,
      literal.pointer,
      literal.size,
      Number(all),
      offsets,
      sink,
    )
  }
  const substitution = laySubstitution(parts, arena)
  const mask = candidates(regex, strings, arena)
  return kernels.replaceRegex(
    regex.machine,
    from,
    bytes,
    rows,
    mask,
    substitution,
    parts.length,
    Number(all),
    offsets,
    sink,
  )
}

function defineReplace(name: string, aliases: string[], about: string, all: boolean): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about,
    category: 'String Replacement',
    arguments: [text('haystack'), plainText('pattern'), text('replacement')],
    constants: 'keep',
    returns: () => stringType,
    run: ([haystack, pattern, replacement], { arena, rows }) => {
      const strings = stringsOf(haystack, arena)
      const [onePattern, oneReplacement] = [singleText(pattern), singleText(replacement)]
      if (onePattern === '') return strings
      return buildStrings(arena, rows, (offsets, sink) => {
        if (onePattern !== undefined && oneReplacement !== undefined)
          return replaceInto(strings, onePattern, oneReplacement, all, offsets, sink, arena)
        const [readPattern, readReplacement] = [textReader(pattern, arena), textReader(replacement, arena)]
        for (let row = 0; row < rows; row++) {
          // An empty pattern replaces nothing: one that never matches stands for it.
          const source = readPattern(row) || '[^\\s\\S]'
          const slice = strings.slice(row, 1)
          const value = source === '[^\\s\\S]' ? '' : readReplacement(row)
          const code = replaceInto(slice, source, value, all, offsets + row * 4, sink, arena)
          if (code < 0) return code
        }
        return 0
      })
    },
    examples: [
      [`SELECT ${name}('Hello, World!', '.', '\\\\0\\\\0')`, all ? 'HHeelllloo,,  WWoorrlldd!!' : 'HHello, World!'],
    ],
  })
}

export const regexReplacing: readonly FunctionDefinition[] = [
  defineReplace(
    'replaceRegexpOne',
    [],
    'Replaces the first match of a regular expression; \\0 to \\9 stand for groups.',
    false,
  ),
  defineReplace(
    'replaceRegexpAll',
    ['REGEXP_REPLACE'],
    'Replaces all matches of a regular expression; \\0 to \\9 stand for groups.',
    true,
  ),
]
