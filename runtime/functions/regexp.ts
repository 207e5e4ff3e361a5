import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import type { RegexFlags } from './regex/parse.ts'
import { type Regex, regexFor } from './regex/regex.ts'
import {
  buildMask,
  buildNumbers,
  buildStrings,
  constantText,
  integer,
  isStringOrEnum,
  mapTexts,
  numberReader,
  optional,
  plainText,
  singleText,
  stringsOf,
  stringType,
  text,
  textReader,
  uint64,
  uint8,
} from './stringRows.ts'
import { candidates, constantOf, dotAll, matchInto } from './regexPatterns.ts'

const category = 'String Search'

const match = defineFunction({
  name: 'match',
  aliases: ['REGEXP_MATCHES'],
  about: 'Whether a regular expression (RE2 syntax) matches somewhere in a string.',
  category,
  arguments: [{ name: 'haystack', accepts: isStringOrEnum }, text('pattern')],
  constants: 'keep',
  returns: () => uint8,
  run: ([haystack, pattern], { arena, rows }) => {
    const strings = stringsOf(haystack, arena)
    const single = singleText(pattern)
    return buildMask(arena, rows, mask => {
      if (single !== undefined) matchInto(strings, single, dotAll, mask, arena)
      else {
        const read = textReader(pattern, arena)
        for (let row = 0; row < rows; row++) matchInto(strings.slice(row, 1), read(row), dotAll, mask + row, arena)
      }
    })
  },
  examples: [["SELECT match('Hello World', 'Hello.*')", '1']],
})

function extractGroup(haystack: Column, regex: Regex, group: number, { arena, rows, memory }: Call): StringColumn {
  const strings = stringsOf(haystack, arena)
  const mask = candidates(regex, strings, arena)
  return buildStrings(arena, rows, (offsets, sink) =>
    memory.kernels.extractRegex(regex.machine, strings.offsets, strings.bytes, rows, mask, group, offsets, sink),
  )
}

const extract = defineFunction({
  name: 'extract',
  about:
    'The first match of a regular expression: its first group, or the whole where it has none. Empty without a match.',
  category,
  arguments: [text('haystack'), constantText('pattern')],
  constants: 'keep',
  returns: () => stringType,
  run: ([haystack, pattern], call) => {
    const regex = regexFor(call.memory, constantOf(pattern, 'pattern'), dotAll)
    return extractGroup(haystack, regex, regex.groups > 0 ? 1 : 0, call)
  },
  examples: [["SELECT extract('test@clickhouse.com', '.*@(.*)$')", 'clickhouse.com']],
})

const regexpExtract = defineFunction({
  name: 'regexpExtract',
  aliases: ['REGEXP_EXTRACT', 'REGEXP_SUBSTR'],
  caseInsensitive: true,
  about: 'A group of the first match of a regular expression, the first by default.',
  category: 'String',
  arguments: [text('haystack'), constantText('pattern'), optional(integer('index'))],
  constants: 'keep',
  returns: () => stringType,
  run: ([haystack, pattern, index], call) => {
    const { arena, rows, memory } = call
    const source = constantOf(pattern, 'pattern')
    const regex = regexFor(memory, source, dotAll)
    const check = (group: number): number => {
      if (group >= 0 && group <= regex.groups) return group
      throw new DBError(
        'INDEX_OF_POSITIONAL_ARGUMENT_IS_OUT_OF_RANGE',
        `Index value ${group} for regexp pattern \`${source}\` in function regexpExtract is out-of-range, should be in [0, ${regex.groups + 1})`,
      )
    }
    if (!index) return extractGroup(haystack, regex, regex.groups > 0 ? 1 : 0, call)
    if (index instanceof ConstColumn || rows === 1)
      return extractGroup(haystack, regex, check(numberReader(index)(0)), call)
    const strings = stringsOf(haystack, arena)
    const read = numberReader(index)
    return buildStrings(arena, rows, (offsets, sink) => {
      for (let row = 0; row < rows; row++) {
        const [from, out] = [strings.offsets + row * 4, offsets + row * 4]
        const code = memory.kernels.extractRegex(regex.machine, from, strings.bytes, 1, 0, check(read(row)), out, sink)
        if (code < 0) return code
      }
      return 0
    })
  },
  examples: [["SELECT regexpExtract('100-200', '(\\\\d+)-(\\\\d+)', 2)", '200']],
})

const regexpPosition = defineFunction({
  name: 'regexpPosition',
  aliases: ['regexpInstr', 'regexp_instr'],
  caseInsensitive: true,
  about:
    'Where a match of a regular expression begins (return_option 0) or ends (1), in bytes from 1; 0 without one. The search begins at a position and takes the occurrence-th match; flags are i, c, m, n and s; a group may be asked for.',
  category: 'String',
  arguments: [
    text('haystack'),
    constantText('pattern'),
    optional(integer('position')),
    optional(integer('occurrence')),
    optional(integer('return_option')),
    optional(constantText('match_type')),
    optional(integer('group')),
  ],
  constants: 'keep',
  returns: () => uint64,
  run: ([haystack, pattern, position, occurrence, option, matchType, group], { arena, rows, memory }) => {
    const letters = matchType ? constantOf(matchType, 'match_type') : ''
    const unknown = /[^icmns]/.exec(letters)
    if (unknown)
      throw new DBError(
        'BAD_ARGUMENTS',
        `Unknown regex flag '${unknown[0]}' for function regexpPosition. Supported flags are 'i', 'c', 'm', 'n', 's'`,
      )
    const flags: RegexFlags = {
      dotAll: letters.lastIndexOf('s') > letters.lastIndexOf('n'),
      ignoreCase: letters.lastIndexOf('i') > letters.lastIndexOf('c'),
      lines: letters.includes('m'),
    }
    const source = constantOf(pattern, 'pattern')
    const strings = stringsOf(haystack, arena)
    const readers = [position, occurrence, option, group].map(column => (column ? numberReader(column) : undefined))
    const isSame = [position, occurrence, option, group].every(column => !column || column instanceof ConstColumn)
    return buildNumbers(arena, rows, numbers => {
      const step = isSame ? rows : 1
      for (let row = 0; row < rows; row += step) {
        const regex = regexFor(memory, source, flags)
        const [first, nth, atEnd, slot] = readers.map((read, i) => read?.(row) ?? (i < 2 ? 1 : 0))
        if (first < 1 || nth < 1 || slot < 0 || slot > regex.groups || (atEnd !== 0 && atEnd !== 1))
          throw new DBError(
            'BAD_ARGUMENTS',
            'position and occurrence start at 1, return_option is 0 or 1, group one that is there',
          )
        const code = memory.kernels.positionRegex(
          regex.machine,
          strings.offsets + row * 4,
          strings.bytes,
          step,
          0,
          first,
          nth,
          slot,
          atEnd,
          0,
          numbers + row * 8,
        )
        if (code < 0) arena.fail()
      }
    })
  },
  examples: [["SELECT regexpPosition('aXbXcXd', 'X', 1, 2)", '4']],
})

function defineCount(name: string, about: string, ignoreCase: boolean): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category,
    arguments: [text('haystack'), constantText('pattern')],
    constants: 'keep',
    returns: () => uint64,
    run: ([haystack, pattern], { arena, rows, memory }) => {
      const regex = regexFor(memory, constantOf(pattern, 'pattern'), { dotAll: true, ignoreCase })
      const strings = stringsOf(haystack, arena)
      const mask = candidates(regex, strings, arena)
      return buildNumbers(arena, rows, numbers => {
        const code = memory.kernels.countRegex(regex.machine, strings.offsets, strings.bytes, rows, mask, numbers)
        if (code < 0) arena.fail()
      })
    },
    examples: [[`SELECT ${name}('foobar.com', 'o+')`, '2']],
  })
}

const regexpQuoteMeta = defineFunction({
  name: 'regexpQuoteMeta',
  about: 'Puts a backslash before each character that has a meaning in regular expressions.',
  category: 'String Replacement',
  arguments: [plainText('s')],
  returns: () => stringType,
  run: ([s], { arena, rows }) => {
    const read = textReader(s, arena)
    return mapTexts(arena, rows, row => read(row).replace(/[\0\\()^$.[?*{:|+\-\]]/g, '\\$&'))
  },
  examples: [["SELECT regexpQuoteMeta('Hello.World')", 'Hello\\\\.World']],
})

export const regexp: readonly FunctionDefinition[] = [
  match,
  extract,
  regexpExtract,
  regexpPosition,
  defineCount('countMatches', 'How many matches a regular expression has, without overlap.', false),
  defineCount('countMatchesCaseInsensitive', 'As countMatches, where letters are the same in either case.', true),
  regexpQuoteMeta,
]
