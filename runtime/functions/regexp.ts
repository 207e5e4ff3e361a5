import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import type { RegexFlags } from './regex/parse.ts'
import { type Regex, regexFor } from './regex/regex.ts'
import {
  buildLists,
  bytesReader,
  mapLists,
  textOf,
  buildMask,
  buildNumbers,
  buildStrings,
  constantText,
  integer,
  isStringOrEnum,
  mapTexts,
  numberReader,
  optional,
  placeText,
  plainText,
  singleText,
  stringsOf,
  stringsType,
  stringType,
  text,
  textReader,
  uint64,
  uint8,
} from './stringRows.ts'

const category = 'String Search'
/** A dot matches a line's end, too, in all of ClickHouse's functions. */
const dotAll: RegexFlags = { dotAll: true }

/** The argument must be one text for all rows. */
function constantOf(column: Column, what: string): string {
  const single = singleText(column)
  if (single === undefined) throw new DBError('ILLEGAL_COLUMN', `Argument ${what} must be constant`)
  return single
}

/**
 * A mask of the rows that hold what every match must hold, or 0 where looking for it first is not worth it: the engine itself
 * jumps to a prefix.
 */
function candidates(regex: Regex, strings: StringColumn, arena: Arena): number {
  const { prefix, required } = regex.literals
  if (regex.isAnchored || prefix.length > 1 || required.length < 2) return 0
  const mask = arena.allocate(strings.rows)
  const { kernels } = arena.memory
  kernels.containsString(strings.offsets, strings.bytes, strings.rows, regex.required, required.length, mask)
  return mask
}

function matchInto(strings: StringColumn, pattern: string, flags: RegexFlags, mask: number, arena: Arena): void {
  const { memory, offsets, bytes, rows } = strings
  const regex = regexFor(memory, pattern, flags)
  const { exact, required } = regex.literals
  if (exact || (!regex.isAnchored && required.length > 1)) {
    memory.kernels.containsString(offsets, bytes, rows, regex.required, required.length, mask)
    if (exact) return
  } else memory.u8.fill(1, mask, mask + rows)
  if (memory.kernels.keepRegex(regex.machine, offsets, bytes, rows, mask) < 0) arena.fail()
}

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

const extractAll = defineFunction({
  name: 'extractAll',
  about: 'All matches of a regular expression: their first groups, or the whole where it has none.',
  category,
  arguments: [text('haystack'), constantText('pattern')],
  constants: 'keep',
  returns: () => stringsType,
  run: ([haystack, pattern], { arena, rows, memory }) => {
    const regex = regexFor(memory, constantOf(pattern, 'pattern'), dotAll)
    const { offsets, bytes } = stringsOf(haystack, arena)
    const group = regex.groups > 0 ? 1 : 0
    return buildLists(arena, rows, (lists, ends, target) =>
      memory.kernels.extractAllRegex(regex.machine, offsets, bytes, rows, 0, group, lists, ends, target),
    )
  },
  examples: [["SELECT extractAll('hello 123 world 456', '[0-9]+')", "['123','456']"]],
})

/** All groups of all matches (once: of the first), and how many groups there are. */
function collectGroups(args: readonly Column[], { arena, rows, memory }: Call, once: boolean, name: string) {
  const source = constantOf(args[1], 'regexp')
  if (source === '')
    throw new DBError('BAD_ARGUMENTS', `Length of 'needle' argument must be greater than 0 in function ${name}`)
  const regex = regexFor(memory, source, dotAll)
  const { groups } = regex
  if (groups === 0) throw new DBError('BAD_ARGUMENTS', `There are no groups in regexp: ${source}`)
  const { offsets, bytes } = stringsOf(args[0], arena)
  const lists = buildLists(arena, rows, (listOffsets, ends, target) =>
    memory.kernels.extractGroupsRegex(
      regex.machine,
      offsets,
      bytes,
      rows,
      0,
      1,
      groups + 1,
      Number(once),
      listOffsets,
      ends,
      target,
    ),
  )
  return { lists, groups }
}

const groupListsType = new ArrayType(stringsType)

function defineGroups(
  name: string,
  aliases: string[],
  about: string,
  returns: DataType,
  run: (args: readonly Column[], call: Call) => Column,
): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: [text('s'), constantText('regexp')],
    constants: 'keep',
    returns: () => returns,
    run,
  })
}

const extractGroups = defineGroups(
  'extractGroups',
  [],
  'All groups of the first match of a regular expression.',
  stringsType,
  (args, call) => collectGroups(args, call, true, 'extractGroups').lists,
)

const extractAllGroupsVertical = defineGroups(
  'extractAllGroupsVertical',
  ['extractAllGroups'],
  'For each match of a regular expression, an array of its groups.',
  groupListsType,
  (args, call) => {
    const { arena, rows, memory } = call
    const { lists, groups } = collectGroups(args, call, false, 'extractAllGroupsVertical')
    const ends = memory.u32.slice(lists.offsets / 4, lists.offsets / 4 + rows + 1).map(end => end / groups)
    const matches = ends[rows]
    const inner = arena.allocate((matches + 1) * 4)
    memory.kernels.fillRange(0, groups, matches + 1, inner)
    return new ArrayColumn(
      placeU32(arena, ends),
      new ArrayColumn(inner, lists.elements, matches, stringsType),
      rows,
      groupListsType,
    )
  },
)

const extractAllGroupsHorizontal = defineGroups(
  'extractAllGroupsHorizontal',
  [],
  'For each group of a regular expression, an array of what it took in all matches.',
  groupListsType,
  (args, call) => {
    const { arena, rows, memory } = call
    const { lists, groups } = collectGroups(args, call, false, 'extractAllGroupsHorizontal')
    const order: number[] = []
    const innerEnds = [0]
    const outerEnds = [0]
    for (let row = 0; row < rows; row++) {
      const first = memory.u32[lists.offsets / 4 + row]
      const last = memory.u32[lists.offsets / 4 + row + 1]
      for (let group = 0; group < groups; group++) {
        for (let at = first + group; at < last; at += groups) order.push(at)
        innerEnds.push(order.length)
      }
      outerEnds.push(innerEnds.length - 1)
    }
    const strings = lists.elements.gather(placeU32(arena, order), order.length, arena)
    const inner = new ArrayColumn(placeU32(arena, innerEnds), strings, innerEnds.length - 1, stringsType)
    return new ArrayColumn(placeU32(arena, outerEnds), inner, rows, groupListsType)
  },
)

const splitByRegexp = defineFunction({
  name: 'splitByRegexp',
  about: 'The pieces of a string between the matches of a regular expression.',
  category: 'String Splitting',
  arguments: [constantText('regexp'), text('s'), optional(integer('max_substrings'))],
  constants: 'keep',
  returns: () => stringsType,
  run: ([pattern, haystack, most], { arena, rows, memory, environment }) => {
    const source = constantOf(pattern, 'regexp')
    const strings = stringsOf(haystack, arena)
    const limit = most ? Math.max(numberReader(most)(0), 0) : 0
    const keepRest = Number(environment.setting('splitby_max_substrings_includes_remaining_string') ?? 0)
    if (source === '') return splitBytes(strings, limit, keepRest === 1, arena)
    const regex = regexFor(memory, source, dotAll)
    return buildLists(arena, rows, (lists, ends, target) =>
      memory.kernels.splitRegex(
        regex.machine,
        strings.offsets,
        strings.bytes,
        rows,
        limit,
        keepRest,
        lists,
        ends,
        target,
      ),
    )
  },
  examples: [["SELECT splitByRegexp('\\\\d+', 'a12bc23de')", "['a','bc','de']"]],
})

/** An array of each string's bytes. */
export function splitBytes(strings: StringColumn, most: number, keepRest: boolean, arena: Arena): ArrayColumn {
  const read = bytesReader(strings, arena)
  return mapLists(arena, strings.rows, row => {
    const bytes = read(row)
    const count = most > 0 ? Math.min(most, bytes.length) : bytes.length
    return Array.from({ length: count }, (_, i) =>
      textOf(bytes.subarray(i, keepRest && i === count - 1 ? bytes.length : i + 1)),
    )
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
    return mapTexts(arena, rows, row =>
      read(row)
        .replaceAll('\0', '\\0')
        .replace(/[\\()^$.[?*{:|+\-\]]/g, '\\$&'),
    )
  },
  examples: [["SELECT regexpQuoteMeta('Hello.World')", 'Hello\\.World']],
})

const isStrings = (type: DataType): boolean =>
  type instanceof ArrayType && (type.element.kind === 'String' || type.element.kind === 'Nothing')
const patternsArgument = { name: 'patterns', accepts: isStrings }
const indicesType = new ArrayType(uint64)

/** Row to its array of patterns. */
function patternsOf(column: Column): (row: number) => string[] {
  if (column instanceof ConstColumn || column.rows === 1) {
    const patterns = (column instanceof ConstColumn ? column.valueAt() : column.valueAt(0)) as string[]
    return () => patterns
  }
  return row => column.valueAt(row) as Value as string[]
}

/** Patterns that match in each row, by where their first match ends, then by number from 1. */
function matchingPatterns([haystack, patterns]: readonly Column[], { arena, rows, memory }: Call): number[][] {
  const strings = stringsOf(haystack, arena)
  const read = patternsOf(patterns)
  const same = patterns instanceof ConstColumn || rows === 1
  const found: [end: number, index: number][][] = Array.from({ length: rows }, () => [])
  const numbers = arena.allocate(rows * 8)
  const search = (part: StringColumn, sources: string[], at: number) => {
    for (const [i, source] of sources.entries()) {
      const regex = regexFor(memory, source, dotAll)
      const { offsets, bytes } = part
      const code = memory.kernels.positionRegex(regex.machine, offsets, bytes, part.rows, 0, 1, 1, 0, 1, 1, numbers)
      if (code < 0) arena.fail()
      for (let row = 0; row < part.rows; row++) {
        const end = Number(memory.u64[numbers / 8 + row])
        if (end > 0) found[at + row].push([end, i + 1])
      }
    }
  }
  if (same) search(strings, read(0), 0)
  else for (let row = 0; row < rows; row++) search(strings.slice(row, 1), read(row), row)
  return found.map(list => list.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, index]) => index))
}

const multiMatch = [
  defineFunction({
    name: 'multiMatchAny',
    about: 'Whether one of several regular expressions matches.',
    category,
    arguments: [text('haystack'), patternsArgument],
    constants: 'keep',
    returns: () => uint8,
    run: (args, call) => {
      const { arena, rows, memory } = call
      const [haystack, patterns] = args
      const strings = stringsOf(haystack, arena)
      return buildMask(arena, rows, mask => {
        memory.u8.fill(0, mask, mask + rows)
        const one = arena.allocate(rows)
        const read = patternsOf(patterns)
        if (patterns instanceof ConstColumn || rows === 1)
          for (const source of read(0)) {
            matchInto(strings, source, dotAll, one, arena)
            memory.kernels.maskOr(mask, one, mask, rows)
          }
        else
          for (let row = 0; row < rows; row++)
            for (const source of read(row)) {
              matchInto(strings.slice(row, 1), source, dotAll, one, arena)
              memory.u8[mask + row] |= memory.u8[one]
            }
      })
    },
    examples: [["SELECT multiMatchAny('Hello World', ['Hello.*', 'foo.*'])", '1']],
  }),
  defineFunction({
    name: 'multiMatchAnyIndex',
    about: 'The number, from 1, of one of several regular expressions that matches; 0 if none does.',
    category,
    arguments: [text('haystack'), patternsArgument],
    constants: 'keep',
    returns: () => uint64,
    run: (args, call) => {
      const found = matchingPatterns(args, call)
      return buildNumbers(call.arena, call.rows, numbers => {
        for (const [row, list] of found.entries()) call.memory.u64[numbers / 8 + row] = BigInt(list[0] ?? 0)
      })
    },
  }),
  defineFunction({
    name: 'multiMatchAllIndices',
    about: 'The numbers, from 1, of all of several regular expressions that match.',
    category,
    arguments: [text('haystack'), patternsArgument],
    constants: 'keep',
    returns: () => indicesType,
    run: (args, call) => {
      const found = matchingPatterns(args, call)
      const ends = [0]
      for (const list of found) ends.push(ends[ends.length - 1] + list.length)
      const indices = found.flat()
      const values = buildNumbers(call.arena, indices.length, numbers => {
        for (const [i, index] of indices.entries()) call.memory.u64[numbers / 8 + i] = BigInt(index)
      })
      return new ArrayColumn(placeU32(call.arena, ends), values, call.rows, indicesType)
    },
  }),
]

export const regexp = [
  match,
  extract,
  regexpExtract,
  regexpPosition,
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
  defineCount('countMatches', 'How many matches a regular expression has, without overlap.', false),
  defineCount('countMatchesCaseInsensitive', 'As countMatches, where letters are the same in either case.', true),
  extractAll,
  extractGroups,
  extractAllGroupsVertical,
  extractAllGroupsHorizontal,
  splitByRegexp,
  regexpQuoteMeta,
  ...multiMatch,
]
