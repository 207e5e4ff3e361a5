import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { encodeText } from '../core/text.ts'
import { ArrayType, NullableType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { commonType } from '../types/commonType.ts'
import { arrayAffix } from './arraySearch.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { quoteRegex } from './likePattern.ts'
import { regexFor } from './regex/regex.ts'
import {
  buildMask,
  buildNumbers,
  constantText,
  isStringOrEnum,
  isUnsigned,
  mapNumbers,
  numberReader,
  optional,
  placeText,
  plainText,
  singleText,
  stringsOf,
  text,
  textReader,
  uint64,
  uint8,
  wideIntegers,
} from './stringRows.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { Value } from '../types/value.ts'

const category = 'String Search'

interface Mode {
  ignoreCase: boolean
  utf8: boolean
}

const modes: [suffix: string, mode: Mode][] = [
  ['', { ignoreCase: false, utf8: false }],
  ['CaseInsensitive', { ignoreCase: true, utf8: false }],
  ['UTF8', { ignoreCase: false, utf8: true }],
  ['CaseInsensitiveUTF8', { ignoreCase: true, utf8: true }],
]

const isAscii = (value: string): boolean => !/[^\0-\x7f]/.test(value)
const lowerAscii = (value: string): string => value.replace(/[A-Z]/g, letter => letter.toLowerCase())

/** u64 positions from 1 of one needle, 0 where it is not; in code points for utf8. */
function positionsOf(haystack: Column, needle: string, mode: Mode, { arena, rows, memory }: Call): FixedColumn {
  const { kernels } = memory
  const { offsets, bytes } = stringsOf(haystack, arena)
  return buildNumbers(arena, rows, numbers => {
    if (mode.ignoreCase && mode.utf8 && !isAscii(needle)) {
      const regex = regexFor(memory, quoteRegex(needle), { ignoreCase: true })
      if (kernels.positionRegex(regex.machine, offsets, bytes, rows, 0, 1, 1, 0, 0, 1, numbers) < 0) arena.fail()
    } else {
      const { pointer, size } = placeText(arena, mode.ignoreCase ? lowerAscii(needle) : needle)
      kernels.positionString(offsets, bytes, rows, pointer, size, numbers, Number(mode.ignoreCase))
    }
    if (mode.utf8) kernels.positionsToUtf8(offsets, bytes, rows, numbers)
  })
}

/** Text in which a character is what positions count: a code point, or a byte. */
function units(value: string, { ignoreCase, utf8 }: Mode): string[] {
  if (!utf8) {
    const bytes = Array.from(encodeText(value), byte => String.fromCharCode(byte))
    return ignoreCase ? bytes.map(lowerAscii) : bytes
  }
  const points = Array.from(value)
  return ignoreCase ? points.map(point => point.toLowerCase()) : points
}

/** The index of the needle at `from` or later, or -1. */
function indexOfUnits(haystack: readonly string[], needle: readonly string[], from: number): number {
  for (let at = from; at + needle.length <= haystack.length; at++)
    if (needle.every((unit, i) => haystack[at + i] === unit)) return at
  return -1
}

function position(haystack: Column, needle: Column, start: Column | undefined, mode: Mode, call: Call): Column {
  const { arena, rows, memory } = call
  const single = singleText(needle)
  if (single !== undefined && !start) return positionsOf(haystack, single, mode, call)
  if (!mode.utf8) {
    const [h, n] = [stringsOf(haystack, arena), stringsOf(needle, arena)]
    const starts = start ? wideIntegers(start.full(arena), arena).pointer : 0
    return buildNumbers(arena, rows, numbers =>
      memory.kernels.positionEach(
        h.offsets,
        h.bytes,
        n.offsets,
        n.bytes,
        rows,
        starts,
        numbers,
        Number(mode.ignoreCase),
      ),
    )
  }
  const [readHaystack, readNeedle] = [textReader(haystack, arena), textReader(needle, arena)]
  const readStart = start ? numberReader(start) : () => 1
  return mapNumbers(uint64, arena, rows, row => {
    const from = Math.max(readStart(row) - 1, 0)
    const where = units(readHaystack(row), mode)
    return from > where.length ? 0 : indexOfUnits(where, units(readNeedle(row), mode), from) + 1
  })
}

const startArgument = optional({ name: 'start_pos', accepts: isUnsigned })
const haystackArgument = { name: 'haystack', accepts: isStringOrEnum }

const positions = modes.map(([suffix, mode]) =>
  defineFunction({
    name: `position${suffix}`,
    aliases: suffix === 'CaseInsensitive' ? ['instr'] : [],
    caseInsensitive: suffix === '' || suffix === 'CaseInsensitive',
    about: `Where a string first holds another, from 1; 0 if it does not.${aboutMode(mode)}`,
    category,
    arguments: [haystackArgument, text('needle'), startArgument],
    constants: 'keep',
    returns: () => uint64,
    run: ([haystack, needle, start], call) => position(haystack, needle, start, mode, call),
    examples: [[`SELECT position${suffix}('Hello, world!', 'o')`, '5']],
  }),
)

function aboutMode({ ignoreCase, utf8 }: Mode): string {
  return (ignoreCase ? ' Letters are the same in either case.' : '') + (utf8 ? ' Counted in code points.' : '')
}

const locate = defineFunction({
  name: 'locate',
  caseInsensitive: true,
  about: 'As position, with the needle first.',
  category,
  arguments: [{ name: 'needle', accepts: isStringOrEnum }, text('haystack'), startArgument],
  constants: 'keep',
  returns: () => uint64,
  run: ([needle, haystack, start], call) => position(haystack, needle, start, modes[0][1], call),
  examples: [["SELECT locate('ca', 'abcabc')", '3']],
})

function countIn(haystack: readonly string[], needle: readonly string[], from: number): number {
  if (needle.length === 0) return 0
  let count = 0
  for (let at = indexOfUnits(haystack, needle, from); at >= 0; at = indexOfUnits(haystack, needle, at + needle.length))
    count++
  return count
}

const counts = modes
  .filter(([suffix]) => suffix !== 'UTF8')
  .map(([suffix, mode]) =>
    defineFunction({
      name: `countSubstrings${suffix}`,
      about: `How often a string holds another, without overlap.${aboutMode(mode)}`,
      category,
      arguments: [haystackArgument, text('needle'), startArgument],
      constants: 'keep',
      returns: () => uint64,
      run: ([haystack, needle, start], call) => {
        const { arena, rows, memory } = call
        const single = singleText(needle)
        if (single !== undefined && !start && (!mode.utf8 || isAscii(single))) {
          const { offsets, bytes } = stringsOf(haystack, arena)
          const { pointer, size } = placeText(arena, mode.ignoreCase ? lowerAscii(single) : single)
          return buildNumbers(arena, rows, numbers =>
            memory.kernels.countString(offsets, bytes, rows, pointer, size, numbers, Number(mode.ignoreCase)),
          )
        }
        const [readHaystack, readNeedle] = [textReader(haystack, arena), textReader(needle, arena)]
        const readStart = start ? numberReader(start) : () => 1
        return mapNumbers(uint64, arena, rows, row =>
          countIn(units(readHaystack(row), mode), units(readNeedle(row), mode), Math.max(readStart(row) - 1, 0)),
        )
      },
      examples: [[`SELECT countSubstrings${suffix}('aaaa', 'aa')`, '2']],
    }),
  )

function defineAffix(name: string, atEnd: boolean, mode: Mode, about: string): FunctionDefinition {
  const affixName = atEnd ? 'suffix' : 'prefix'
  const textOrArray = (name: string) => ({
    name,
    accepts: (type: DataType) => text(name).accepts!(type) || (type instanceof ArrayType && !mode.ignoreCase),
  })
  return defineFunction({
    name,
    about,
    category: 'String',
    arguments: mode.utf8 ? [plainText('s'), plainText(affixName)] : [textOrArray('s'), textOrArray(affixName)],
    constants: 'keep',
    returns: ([s, affix]) => {
      if (s.type instanceof ArrayType || affix.type instanceof ArrayType) commonType([s.type, affix.type])
      return uint8
    },
    run: ([s, affix], { arena, rows, memory }) => {
      if (s.type instanceof ArrayType) return arrayAffix(s, affix, atEnd, rows, arena)
      const single = singleText(affix)
      if (mode.ignoreCase) {
        const [read, readAffix] = [textReader(s, arena), textReader(affix, arena)]
        const fold = mode.utf8 ? (value: string) => value.toLowerCase() : lowerAscii
        return mapNumbers(uint8, arena, rows, row => {
          const [whole, part] = [fold(read(row)), fold(readAffix(row))]
          return Number(atEnd ? whole.endsWith(part) : whole.startsWith(part))
        })
      }
      const strings = stringsOf(s, arena)
      return buildMask(arena, rows, mask => {
        if (single === undefined) {
          const pieces = stringsOf(affix, arena)
          const { offsets, bytes } = strings
          memory.kernels.affixEach(offsets, bytes, pieces.offsets, pieces.bytes, rows, Number(atEnd), mask)
          return
        }
        const { pointer, size } = placeText(arena, single)
        const [prefix, suffix] = atEnd ? [0, size] : [size, 0]
        memory.kernels.matchAffixes(strings.offsets, strings.bytes, rows, pointer, prefix, pointer, suffix, 0, mask)
      })
    },
    examples: [[`SELECT ${name}('ClickHouse', '${atEnd ? 'House' : 'Click'}')`, '1']],
  })
}

const affixes = modes.flatMap(([suffix, mode]) => [
  defineAffix(`startsWith${suffix}`, false, mode, `Whether a string begins with another.${aboutMode(mode)}`),
  defineAffix(`endsWith${suffix}`, true, mode, `Whether a string ends with another.${aboutMode(mode)}`),
])

const subsequences = modes.map(([suffix, mode]) =>
  defineFunction({
    name: `hasSubsequence${suffix}`,
    about: `Whether a string holds another's characters in their order, others between them.${aboutMode(mode)}`,
    category,
    arguments: [plainText('haystack'), plainText('needle')],
    constants: 'keep',
    returns: () => uint8,
    run: ([haystack, needle], { arena, rows }) => {
      const [readHaystack, readNeedle] = [textReader(haystack, arena), textReader(needle, arena)]
      return mapNumbers(uint8, arena, rows, row => {
        const wanted = units(readNeedle(row), mode)
        let at = 0
        if (wanted.length > 0) for (const unit of units(readHaystack(row), mode)) if (unit === wanted[at]) at++
        return Number(at >= wanted.length)
      })
    },
    examples: [[`SELECT hasSubsequence${suffix}('Hello World', 'HlWrd')`, '1']],
  }),
)

/** Letters, digits and bytes beyond ASCII are a token's. */
const isTokenUnit = (unit: string | undefined): boolean => unit !== undefined && /[A-Za-z0-9\x80-\uffff]/.test(unit)

function hasToken(haystack: string, token: string): number {
  for (let at = haystack.indexOf(token); at >= 0; at = haystack.indexOf(token, at + 1))
    if (!isTokenUnit(haystack[at - 1]) && !isTokenUnit(haystack[at + token.length])) return 1
  return 0
}

function defineToken(name: string, ignoreCase: boolean, orNull: boolean): FunctionDefinition {
  const nullable = new NullableType(uint8)
  return defineFunction({
    name,
    about: `Whether a string holds a token: text between characters that are no ASCII letters or digits.${ignoreCase ? ' Letters are the same in either case.' : ''}${orNull ? ' NULL if the token is none.' : ''}`,
    category,
    arguments: [text('haystack'), constantText('token')],
    constants: 'keep',
    returns: () => (orNull ? nullable : uint8),
    run: ([haystack, token], { arena, rows }) => {
      const single = singleText(token) ?? ''
      const isToken = single.split('').every(isTokenUnit) && single !== ''
      if (!isToken && single !== '' && !orNull)
        throw new DBError('BAD_ARGUMENTS', 'Needle must not contain whitespace or separator characters')
      const wanted = ignoreCase ? lowerAscii(single) : single
      const read = textReader(haystack, arena)
      const found = mapNumbers(uint8, arena, rows, row =>
        isToken ? hasToken(ignoreCase ? lowerAscii(read(row)) : read(row), wanted) : 0,
      )
      if (!orNull) return found
      const nulls = arena.allocate(rows)
      arena.memory.u8.fill(isToken ? 0 : 1, nulls, nulls + rows)
      return new NullableColumn(nulls, found, nullable)
    },
    examples: [[`SELECT ${name}('clickhouse test', 'test')`, '1']],
  })
}

const tokens = [
  defineToken('hasToken', false, false),
  defineToken('hasTokenOrNull', false, true),
  defineToken('hasTokenCaseInsensitive', true, false),
  defineToken('hasTokenCaseInsensitiveOrNull', true, true),
]

const isNeedles = (type: DataType): boolean =>
  type instanceof ArrayType && (type.element.kind === 'String' || type.element.kind === 'Nothing')
const needlesArgument = { name: 'needles', accepts: isNeedles }
const positionsType = new ArrayType(uint64)

/** Positions of several needles, a list a row. */
function multiPositions([haystack, needles]: readonly Column[], mode: Mode, call: Call): number[][] {
  const { arena, rows, memory } = call
  if (haystack instanceof ConstColumn && !(needles instanceof ConstColumn))
    throw new DBError('ILLEGAL_COLUMN', 'Needles that are not constant cannot be sought in a constant')
  if (needles instanceof ConstColumn || rows === 1) {
    const values = (needles instanceof ConstColumn ? needles.valueAt() : needles.valueAt(0)) as string[]
    const columns = values.map(needle => positionsOf(haystack, needle, mode, call))
    return Array.from({ length: rows }, (_, row) => columns.map(({ pointer }) => Number(memory.u64[pointer / 8 + row])))
  }
  const read = textReader(haystack, arena)
  return Array.from({ length: rows }, (_, row) => {
    const where = units(read(row), mode)
    const list = needles.valueAt(row) as Value as string[]
    return list.map(needle => indexOfUnits(where, units(needle, mode), 0) + 1)
  })
}

/** As multiPositions, except that nothing, not even an empty needle, is found in an empty string. */
function foundIn(args: readonly Column[], mode: Mode, call: Call): number[][] {
  const strings = stringsOf(args[0], call.arena)
  const found = multiPositions(args, mode, call)
  const { u32 } = call.memory
  const isEmpty = (row: number) => u32[strings.offsets / 4 + row] === u32[strings.offsets / 4 + row + 1]
  return found.map((list, row) => (isEmpty(row) ? [] : list))
}

/** Clears the mask where the strings are empty. */
function keepFilled(mask: number, haystack: Column, { arena, rows, memory }: Call): void {
  const { offsets } = stringsOf(haystack, arena)
  const { u8, u32 } = memory
  for (let row = 0; row < rows; row++) if (u32[offsets / 4 + row] === u32[offsets / 4 + row + 1]) u8[mask + row] = 0
}

/** The least position that is one, or 0. */
const firstPosition = (list: readonly number[]): number =>
  list.reduce((best, at) => (at > 0 && (best === 0 || at < best) ? at : best), 0)

const multiSearches = modes.flatMap(([suffix, mode]) => {
  const define = (
    name: string,
    about: string,
    returns: DataType,
    run: (args: readonly Column[], call: Call) => Column,
  ): FunctionDefinition =>
    defineFunction({
      name: `${name}${suffix}`,
      about: about + aboutMode(mode),
      category,
      arguments: [text('haystack'), needlesArgument],
      constants: 'keep',
      returns: () => returns,
      run,
    })
  return [
    define('multiSearchAny', 'Whether a string holds one of several.', uint8, (args, call) => {
      const { arena, rows, memory } = call
      const [haystack, needles] = args
      const simple = !mode.utf8 || !mode.ignoreCase
      if (simple && needles instanceof ConstColumn) {
        const { offsets, bytes } = stringsOf(haystack, arena)
        return buildMask(arena, rows, mask => {
          memory.u8.fill(0, mask, mask + rows)
          for (const needle of needles.valueAt() as string[]) {
            const { pointer, size } = placeText(arena, mode.ignoreCase ? lowerAscii(needle) : needle)
            memory.kernels.markString(offsets, bytes, rows, pointer, size, mask, 1, Number(mode.ignoreCase))
          }
          keepFilled(mask, haystack, call)
        })
      }
      const found = foundIn(args, mode, call)
      return mapNumbers(uint8, arena, rows, row => Number(found[row].some(at => at > 0)))
    }),
    define(
      'multiSearchFirstIndex',
      'The number, from 1, of the first of several strings that is in another; 0 for none.',
      uint64,
      (args, call) => {
        const found = foundIn(args, mode, call)
        return mapNumbers(uint64, call.arena, call.rows, row => found[row].findIndex(at => at > 0) + 1)
      },
    ),
    define(
      'multiSearchFirstPosition',
      'Where, from 1, the leftmost of several strings is in another; 0 for none.',
      uint64,
      (args, call) => {
        const found = foundIn(args, mode, call)
        return mapNumbers(uint64, call.arena, call.rows, row => firstPosition(found[row]))
      },
    ),
    define(
      'multiSearchAllPositions',
      'Where, from 1, each of several strings is in another; 0 where it is not.',
      positionsType,
      (args, call) => {
        const found = multiPositions(args, mode, call)
        const ends = [0]
        for (const list of found) ends.push(ends[ends.length - 1] + list.length)
        const all = found.flat()
        const values = mapNumbers(uint64, call.arena, all.length, i => all[i])
        return new ArrayColumn(placeU32(call.arena, ends), values, call.rows, positionsType)
      },
    ),
  ]
})

export const stringSearch = [...positions, locate, ...counts, ...affixes, ...subsequences, ...tokens, ...multiSearches]
