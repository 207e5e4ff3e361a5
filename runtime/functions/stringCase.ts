import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Memory } from '../core/memory.ts'
import { ArrayType } from '../types/compound.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  buildMask,
  buildNumbers,
  isString,
  mapTexts,
  plainText,
  sameOffsets,
  stringsOf,
  stringType,
  text,
  textReader,
  uint64,
  uint8,
} from './stringRows.ts'

/** A function of a string's bytes that keeps its size: FixedString stays FixedString. */
function defineInPlace(
  name: string,
  alias: string,
  about: string,
  kernel: 'lowerAscii' | 'upperAscii',
  example: readonly [string, string],
): FunctionDefinition {
  return defineFunction({
    name,
    aliases: [alias],
    caseInsensitive: true,
    about,
    category: 'String',
    arguments: [text('s')],
    returns: ([s]) => s.type,
    run: ([s], { arena, memory }) => {
      if (s instanceof StringColumn) return sameOffsets(s, arena, memory.kernels[kernel])
      assert(s instanceof FixedColumn, 'a FixedString is packed')
      const out = arena.allocate(s.rows * s.type.width)
      memory.kernels[kernel](s.pointer, s.rows * s.type.width, out)
      return new FixedColumn(s.type, memory, out, s.rows)
    },
    examples: [example],
  })
}

const special = 0xffff

/** What each code point of the basic plane becomes, special where that is more than one or depends on what is around it. */
function caseTable(change: (value: string) => string, dependent: ReadonlySet<number>): Uint16Array {
  return Uint16Array.from({ length: 65536 }, (_, point) => {
    if (dependent.has(point)) return special
    const other = change(String.fromCharCode(point))
    return other.length === 1 ? other.charCodeAt(0) : special
  })
}

/** Sigma at a word's end is another letter. */
const sigma = new Set([0x3a3])
const tables = new WeakMap<Memory, Map<boolean, number>>()

function placedTable(memory: Memory, upper: boolean): number {
  const placed = tables.get(memory) ?? new Map<boolean, number>()
  tables.set(memory, placed)
  let pointer = placed.get(upper)
  if (pointer === undefined) {
    const table = upper
      ? caseTable(value => value.toUpperCase(), new Set())
      : caseTable(value => value.toLowerCase(), sigma)
    pointer = memory.root.allocate(table.byteLength)
    memory.u16.set(table, pointer / 2)
    placed.set(upper, pointer)
  }
  return pointer
}

function changeCase(s: Column, upper: boolean, { arena, rows, memory }: Call): Column {
  const { kernels } = memory
  const strings = stringsOf(s, arena)
  const size = strings.textSize
  const start = memory.u32[strings.offsets / 4]
  if (kernels.isAscii(strings.bytes + start, size))
    return sameOffsets(strings, arena, upper ? kernels.upperAscii : kernels.lowerAscii)
  const table = placedTable(memory, upper)
  const offsets = arena.allocate((rows + 1) * 4)
  const target = arena.allocate(Math.ceil(size * 1.5) + 16)
  const written = kernels.changeCaseUtf8(strings.offsets, strings.bytes, rows, table, offsets, target)
  if (written >= 0) return new StringColumn(memory, offsets, target, rows)
  const read = textReader(strings, arena)
  return mapTexts(arena, rows, row => (upper ? read(row).toUpperCase() : read(row).toLowerCase()))
}

function defineCaseUtf8(name: string, upper: boolean, example: readonly [string, string]): FunctionDefinition {
  return defineFunction({
    name,
    about: `Letters become ${upper ? 'capitals' : 'small'}, in all alphabets.`,
    category: 'String',
    arguments: [text('s')],
    returns: ([s]) => {
      if (s.type.kind === 'FixedString')
        throw new DBError('BAD_ARGUMENTS', `Function ${name} does not support FixedString`)
      return stringType
    },
    run: ([s], call) => changeCase(s, upper, call),
    examples: [example],
  })
}

/** A function of one text that is rare enough to go row by row. */
function defineText(
  name: string,
  about: string,
  change: (value: string) => string,
  example: readonly [string, string],
  aliases: readonly string[] = [],
  caseInsensitive = false,
): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive,
    about,
    category: 'String',
    arguments: [plainText('s')],
    returns: () => stringType,
    run: ([s], { arena, rows }) => {
      const read = textReader(s, arena)
      return mapTexts(arena, rows, row => change(read(row)))
    },
    examples: [example],
  })
}

const capitalizeAscii = (value: string): string =>
  value.replace(/[A-Za-z0-9]+/g, word => word[0].toUpperCase() + word.slice(1).toLowerCase())

const capitalize = (value: string): string =>
  value.replace(/[\p{L}\p{N}]+/gu, word => {
    const [first, ...rest] = word
    return first.toUpperCase() + rest.join('').toLowerCase()
  })

/** Case folding in full: as capitals, then small, where the two sigmas are one. */
const foldCase = (value: string): string => value.toUpperCase().toLowerCase().replaceAll('ς', 'σ')

const withoutMarks = (value: string): string =>
  value
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .normalize('NFC')

function normal(form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): FunctionDefinition {
  const name = `normalizeUTF8${form}`
  const about = `Text in Unicode's normal form ${form}.`
  const definition = defineText(name, about, value => value.normalize(form), [`SELECT ${name}('a')`, 'a'])
  return {
    ...definition,
    arguments: [text('s')],
    returns: ([s]) => {
      if (s.type.kind === 'FixedString')
        throw new DBError('ILLEGAL_COLUMN', `Function ${name} does not take FixedString`)
      return stringType
    },
  }
}

const reverse = defineFunction({
  name: 'reverse',
  caseInsensitive: true,
  about: "A string's bytes, or an array's elements, from the last to the first.",
  category: 'String',
  arguments: [{ name: 's', accepts: type => isString(type) || type instanceof ArrayType }],
  returns: ([s]) => s.type,
  run: ([s], { arena, rows, memory }) => {
    if (s instanceof ArrayColumn) return reverseArrays(s, rows, memory, arena)
    const strings = stringsOf(s, arena)
    const reversed = sameOffsets(strings, arena, (_source, _size, target) =>
      memory.kernels.reverseBytes(strings.offsets, strings.bytes, rows, target),
    )
    return s instanceof FixedColumn ? new FixedColumn(s.type, memory, reversed.bytes, rows) : reversed
  },
  examples: [["SELECT reverse('Hello')", 'olleH']],
})

function reverseArrays(s: ArrayColumn, rows: number, memory: Memory, arena: Call['arena']): ArrayColumn {
  const { offsets, elements } = s.compact(arena)
  const order = new Uint32Array(elements.rows)
  for (let row = 0, at = 0; row < rows; row++) {
    const first = memory.u32[offsets / 4 + row]
    for (let i = memory.u32[offsets / 4 + row + 1]; i > first; i--) order[at++] = i - 1
  }
  return new ArrayColumn(offsets, elements.gather(placeU32(arena, order), order.length, arena), rows, s.type)
}

const reverseUTF8 = defineFunction({
  name: 'reverseUTF8',
  about: "A string's code points from the last to the first.",
  category: 'String',
  arguments: [plainText('s')],
  returns: () => stringType,
  run: ([s], { arena, rows, memory }) => {
    const strings = stringsOf(s, arena)
    return sameOffsets(strings, arena, (_source, _size, target) =>
      memory.kernels.reverseUtf8(strings.offsets, strings.bytes, rows, target),
    )
  },
  examples: [["SELECT reverseUTF8('Привет')", 'тевирП']],
})

const lengthUTF8 = defineFunction({
  name: 'lengthUTF8',
  aliases: ['CHAR_LENGTH', 'CHARACTER_LENGTH'],
  caseInsensitive: true,
  about: 'How many code points a string has; bytes that are no UTF-8 count in some way.',
  category: 'String',
  arguments: [text('s')],
  returns: () => uint64,
  run: ([s], { arena, rows, memory }) => {
    const { offsets, bytes } = stringsOf(s, arena)
    return buildNumbers(arena, rows, numbers => memory.kernels.lengthUtf8(offsets, bytes, rows, numbers))
  },
  examples: [["SELECT lengthUTF8('Здравствуй, мир!')", '16']],
})

function defineCheck(
  name: string,
  aliases: string[],
  about: string,
  kernel: 'isValidUtf8' | 'isAsciiEach',
): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    about,
    category: 'String',
    arguments: [text('s')],
    returns: () => uint8,
    run: ([s], { arena, rows, memory }) => {
      const { offsets, bytes } = stringsOf(s, arena)
      return buildMask(arena, rows, mask => memory.kernels[kernel](offsets, bytes, rows, mask))
    },
    examples: [[`SELECT ${name}('hello')`, '1']],
  })
}

/** Bytes that are not UTF-8 are one replacement character a run. */
const toValid = (value: string): string =>
  value.replace(/[\ud800-\udbff][\udc00-\udfff]|[\udc80-\udcff]+/g, match =>
    match.length === 2 && match.charCodeAt(0) < 0xdc00 ? match : '\ufffd',
  )

const firstLine = defineFunction({
  name: 'firstLine',
  about: 'The first line of a text.',
  category: 'String',
  arguments: [plainText('s')],
  returns: () => stringType,
  run: ([s], { arena, rows, memory }) => {
    const strings = stringsOf(s, arena)
    const offsets = arena.allocate((rows + 1) * 4)
    const target = arena.allocate(strings.textSize)
    memory.kernels.pickFirstLine(strings.offsets, strings.bytes, rows, offsets, target)
    return new StringColumn(memory, offsets, target, rows)
  },
  examples: [["SELECT firstLine('foo\\nbar')", 'foo']],
})

const initcapUTF8 = defineFunction({
  name: 'initcapUTF8',
  about: 'As initcap, for all alphabets.',
  category: 'String',
  arguments: [text('s')],
  returns: ([s]) => {
    if (s.type.kind === 'FixedString')
      throw new DBError('BAD_ARGUMENTS', 'Function initcapUTF8 does not support FixedString')
    return stringType
  },
  run: ([s], { arena, rows }) => {
    const read = textReader(s, arena)
    return mapTexts(arena, rows, row => capitalize(read(row)))
  },
  examples: [["SELECT initcapUTF8('не тормозит')", 'Не Тормозит']],
})

export const stringCase = [
  defineInPlace('lower', 'lcase', 'ASCII letters become small.', 'lowerAscii', ["SELECT lower('CLICK')", 'click']),
  defineInPlace('upper', 'ucase', 'ASCII letters become capitals.', 'upperAscii', ["SELECT upper('click')", 'CLICK']),
  defineCaseUtf8('lowerUTF8', false, ["SELECT lowerUTF8('München')", 'münchen']),
  defineCaseUtf8('upperUTF8', true, ["SELECT upperUTF8('München')", 'MÜNCHEN']),
  defineText(
    'initcap',
    'The first letter of each word becomes a capital, the others small.',
    capitalizeAscii,
    ["SELECT initcap('building for fast')", 'Building For Fast'],
    [],
    true,
  ),
  initcapUTF8,
  defineText('caseFoldUTF8', 'Text without its cases, for comparing.', foldCase, [
    "SELECT caseFoldUTF8('Straße')",
    'strasse',
  ]),
  defineText(
    'removeDiacriticsUTF8',
    'Letters without their accents.',
    withoutMarks,
    ["SELECT removeDiacriticsUTF8('café')", 'cafe'],
    ['removeAccentsUTF8'],
  ),
  normal('NFC'),
  normal('NFD'),
  normal('NFKC'),
  normal('NFKD'),
  defineText(
    'normalizeUTF8NFKCCasefold',
    "Text in Unicode's form NFKC, without its cases.",
    value => foldCase(value.normalize('NFKC')).normalize('NFKC'),
    ["SELECT normalizeUTF8NFKCCasefold('Straße')", 'strasse'],
  ),
  defineText('toValidUTF8', 'Each run of bytes that are no UTF-8 becomes a replacement character.', toValid, [
    "SELECT toValidUTF8('a')",
    'a',
  ]),
  reverse,
  reverseUTF8,
  lengthUTF8,
  defineCheck('isValidUTF8', [], 'Whether a string is valid UTF-8.', 'isValidUtf8'),
  defineCheck('isValidASCII', ['isASCII'], 'Whether a string has only ASCII characters.', 'isAsciiEach'),
  firstLine,
]
