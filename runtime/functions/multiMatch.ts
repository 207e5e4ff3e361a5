// Which of several regular expressions match a text.
import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { StringColumn } from '../columns/string.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { regexFor } from './regex/regex.ts'
import { buildMask, buildNumbers, stringsOf, text, uint64, uint8 } from './stringRows.ts'
import { dotAll, matchInto } from './regexPatterns.ts'

const category = 'String Search'

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

export const multiMatch: readonly FunctionDefinition[] = [
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
