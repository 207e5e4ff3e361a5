// Lists by a regular expression: all matches, all groups, and the pieces between.
import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { regexFor } from './regex/regex.ts'
import {
  buildLists,
  bytesReader,
  mapLists,
  textOf,
  constantText,
  integer,
  numberReader,
  optional,
  stringsOf,
  stringsType,
  text,
} from './stringRows.ts'
import { constantOf, dotAll } from './regexPatterns.ts'

const category = 'String Search'

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

export const regexLists: readonly FunctionDefinition[] = [
  extractAll,
  extractGroups,
  extractAllGroupsVertical,
  extractAllGroupsHorizontal,
  splitByRegexp,
]
