import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import type { Value } from '../types/value.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { splitBytes } from './regexLists.ts'
import {
  buildLists,
  constantText,
  integer,
  mapLists,
  mapTexts,
  numberReader,
  optional,
  placeText,
  singleText,
  stringsOf,
  stringsType,
  stringType,
  text,
  textReader,
} from './stringRows.ts'

const category = 'String Splitting'

function limits(most: Column | undefined, { environment }: Call): { most: number; keepRest: boolean } {
  const setting = environment.setting('splitby_max_substrings_includes_remaining_string')
  return { most: most ? Math.max(numberReader(most)(0), 0) : 0, keepRest: Number(setting ?? 0) === 1 }
}

function split(separator: string, haystack: Column, most: Column | undefined, call: Call): Column {
  const { arena, rows, memory } = call
  const strings = stringsOf(haystack, arena)
  const limit = limits(most, call)
  if (separator === '') return splitBytes(strings, limit.most, limit.keepRest, arena)
  const { pointer, size } = placeText(arena, separator)
  return buildLists(arena, rows, (lists, ends, target) =>
    memory.kernels.splitString(
      strings.offsets,
      strings.bytes,
      rows,
      pointer,
      size,
      limit.most,
      Number(limit.keepRest),
      1,
      lists,
      ends,
      target,
    ),
  )
}

function defineSplit(
  name: string,
  about: string,
  single: boolean,
  example: readonly [string, string],
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    arguments: [constantText('separator'), text('s'), optional(integer('max_substrings'))],
    constants: 'keep',
    returns: () => stringsType,
    run: ([separator, s, most], call) => {
      const value = singleText(separator) ?? ''
      if (single && encodeText(value).length !== 1)
        throw new DBError('BAD_ARGUMENTS', `Illegal separator for function ${name}. Must be exactly one byte.`)
      return split(value, s, most, call)
    },
    examples: [example],
  })
}

/** Runs of characters that are no separators. */
function defineTokens(
  name: string,
  aliases: string[],
  about: string,
  token: RegExp,
  answer: string,
): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [text('s'), optional(integer('max_substrings'))],
    constants: 'keep',
    returns: () => stringsType,
    run: ([s, most], call) => {
      const { arena, rows } = call
      const read = textReader(s, arena)
      const limit = limits(most, call)
      return mapLists(arena, rows, row => {
        const value = read(row)
        const found = Array.from(value.matchAll(token))
        if (limit.most === 0 || found.length <= limit.most) return found.map(([piece]) => piece)
        const kept = found.slice(0, limit.most)
        return kept.map((piece, i) => (limit.keepRest && i === limit.most - 1 ? value.slice(piece.index) : piece[0]))
      })
    },
    examples: [[`SELECT ${name}('a1 b2')`, answer]],
  })
}

/** All runs of so many code points. */
function ngramsOf(value: string, size: number): string[] {
  const points = Array.from(value)
  return Array.from({ length: Math.max(points.length - size + 1, 0) }, (_, i) => points.slice(i, i + size).join(''))
}

const ngrams = defineFunction({
  name: 'ngrams',
  about: 'All parts of a string with so many code points.',
  category,
  arguments: [text('s'), { ...integer('N'), constant: true }],
  constants: 'keep',
  returns: () => stringsType,
  run: ([s, size], { arena, rows }) => {
    const length = numberReader(size)(0)
    if (length < 1) throw new DBError('BAD_ARGUMENTS', "Ngram's size must be at least 1")
    const read = textReader(s, arena)
    return mapLists(arena, rows, row => ngramsOf(read(row), length))
  },
  examples: [["SELECT ngrams('abcd', 3)", "['abc','bcd']"]],
})

/** What a text index takes for tokens, by the tokenizer's name. */
export function tokenize(value: string, tokenizer: string, setting: Value | undefined): string[] {
  switch (tokenizer) {
    case 'splitByNonAlpha':
      // Bytes beyond ASCII are part of tokens.
      return value.match(/[^\0-\x2f:-@[-`{-\x7f]+/g) ?? []
    case 'ngrams':
    case 'ngram': {
      const size = Number(setting ?? 3)
      if (!(size >= 1 && size <= 8)) throw new DBError('BAD_ARGUMENTS', 'Ngrams of a tokenizer have 1 to 8 characters')
      return ngramsOf(value, size)
    }
    case 'splitByString': {
      const separators = (setting ?? [' ']) as string[]
      return splitAny(value, separators).filter(piece => piece !== '')
    }
    case 'array':
      return value === '' ? [] : [value]
  }
  throw new DBError('BAD_ARGUMENTS', `Unknown tokenizer: ${tokenizer}`)
}

/** Pieces between any of several separators, of which the first that fits counts. */
function splitAny(value: string, separators: readonly string[]): string[] {
  const pieces: string[] = []
  let start = 0
  for (let at = 0; at < value.length; ) {
    const separator = separators.find(candidate => candidate !== '' && value.startsWith(candidate, at))
    if (separator === undefined) at++
    else {
      pieces.push(value.slice(start, at))
      at += separator.length
      start = at
    }
  }
  return [...pieces, value.slice(start)]
}

const tokens = defineFunction({
  name: 'tokens',
  about:
    'The tokens of a text, as a text index sees them, by a tokenizer: splitByNonAlpha, ngrams, splitByString or array.',
  category,
  arguments: [text('value'), optional(constantText('tokenizer')), { name: 'setting', optional: true, constant: true }],
  constants: 'keep',
  returns: () => stringsType,
  run: ([value, tokenizer, setting], { arena, rows }) => {
    const name = tokenizer ? (singleText(tokenizer) ?? '') : 'splitByNonAlpha'
    const read = textReader(value, arena)
    const option = setting?.valueAt(0)
    return mapLists(arena, rows, row => tokenize(read(row), name, option))
  },
  examples: [["SELECT tokens('test1, test2')", "['test1','test2']"]],
})

const reverseBySeparator = defineFunction({
  name: 'reverseBySeparator',
  about: "A string's pieces between separators in opposite order.",
  category,
  arguments: [text('s'), optional(constantText('separator'))],
  constants: 'keep',
  returns: () => stringType,
  run: ([s, separator], { arena, rows }) => {
    const by = separator ? (singleText(separator) ?? '.') : '.'
    const read = textReader(s, arena)
    return mapTexts(arena, rows, row => read(row).split(by).reverse().join(by))
  },
  examples: [["SELECT reverseBySeparator('www.google.com')", 'com.google.www']],
})

export const splitting = [
  defineSplit('splitByChar', 'The pieces of a string between a separator of one byte.', true, [
    "SELECT splitByChar(',', '1,2,3')",
    "['1','2','3']",
  ]),
  defineSplit('splitByString', 'The pieces of a string between separators; its bytes for an empty separator.', false, [
    "SELECT splitByString(', ', '1, 2')",
    "['1','2']",
  ]),
  defineTokens(
    'splitByWhitespace',
    [],
    'The pieces of a string between white space.',
    /[^ \t\n\v\f\r]+/g,
    "['a1','b2']",
  ),
  defineTokens(
    'splitByNonAlpha',
    [],
    'The pieces of a string between white space and punctuation.',
    /[^\0-\x2f:-@[-`{-\x7f]+/g,
    "['a1','b2']",
  ),
  defineTokens('alphaTokens', ['splitByAlpha'], 'Runs of ASCII letters.', /[A-Za-z]+/g, "['a','b']"),
  ngrams,
  tokens,
  reverseBySeparator,
]
