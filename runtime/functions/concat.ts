import { ArrayColumn } from '../columns/array.ts'
import { placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { NullableColumn } from '../columns/nullable.ts'
import type { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import { castColumn } from './castColumn.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  buildStrings,
  constantText,
  fillStrings,
  isString,
  mapTexts,
  optional,
  placeText,
  plainText,
  singleText,
  stringsOf,
  stringType,
  textReader,
} from './stringRows.ts'
import type { Arena } from '../core/memory.ts'

/** Any type as text; a constant stays one string. */
function piece(column: Column, arena: Arena): { strings: StringColumn; step: 0 | 4 } {
  const isConstant = column instanceof ConstColumn
  const value = isConstant ? column.value : column
  const printed = isString(value.type) ? value : castColumn(value, stringType, arena)
  return { strings: stringsOf(printed, arena), step: isConstant ? 0 : 4 }
}

/** The columns' texts side by side. */
function concatColumnsText(columns: readonly Column[], { arena, rows, memory }: Call): StringColumn {
  const pieces = columns.map(column => piece(column, arena))
  const size = pieces.reduce((sum, { strings, step }) => sum + strings.textSize * (step === 0 ? rows : 1), 0)
  if (size > 0x7f000000) throw new DBError('TOO_LARGE_STRING_SIZE', 'Strings of one chunk are larger than 2 GiB')
  const table = placeU32(
    arena,
    pieces.flatMap(({ strings, step }) => [strings.offsets, strings.bytes, step]),
  )
  return fillStrings(arena, rows, size, (offsets, target) =>
    memory.kernels.concatStrings(table, pieces.length, rows, offsets, target),
  )
}

function defineConcat(name: string, caseInsensitive: boolean, about: string): FunctionDefinition {
  return defineFunction({
    name,
    caseInsensitive,
    about,
    category: 'String',
    arguments: [{ name: 's', repeated: true }],
    constants: 'keep',
    returns: () => stringType,
    run: (columns, call) => concatColumnsText(columns, call),
    examples: [[`SELECT ${name}('Hello, ', 'World!')`, 'Hello, World!']],
  })
}

function defineWithSeparator(name: string, aliases: string[]): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: 'Texts put together with a separator between.',
    category: 'String',
    arguments: [constantText('sep'), { name: 'exp', repeated: true }],
    constants: 'keep',
    returns: () => stringType,
    run: ([separator, ...columns], call) =>
      concatColumnsText(
        columns.flatMap((column, i) => (i === 0 ? [column] : [separator, column])),
        call,
      ),
    examples: [[`SELECT ${name}('a', '1', '2', '3')`, '1a2a3']],
  })
}

/** `{}` and `{0}` with their arguments' numbers, and the text between. */
function parseFormat(pattern: string): (number | string)[] {
  const parts: (number | string)[] = []
  const bad = (why: string): never => {
    throw new DBError('BAD_ARGUMENTS', why)
  }
  let literal = ''
  let automatic = 0
  let mode: 'none' | 'automatic' | 'manual' = 'none'
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]
    if (character === '}') {
      if (pattern[i + 1] !== '}') bad("Unmatched symbol '}' in the format string")
      literal += character
      i++
    } else if (character !== '{') literal += character
    else if (pattern[i + 1] === '{') {
      literal += character
      i++
    } else {
      const end = pattern.indexOf('}', i)
      if (end < 0) bad("Last symbol '{' of the format string has no '}'")
      const inner = pattern.slice(i + 1, end)
      if (!/^\d*$/.test(inner)) bad(`Not a number in curly braces: ${inner}`)
      const wanted = inner === '' ? 'automatic' : 'manual'
      if (mode !== 'none' && mode !== wanted) bad('Cannot switch between automatic and manual field numbering')
      mode = wanted
      if (literal !== '') parts.push(literal)
      literal = ''
      parts.push(inner === '' ? automatic++ : Number(inner))
      i = end
    }
  }
  if (literal !== '') parts.push(literal)
  return parts
}

const format = defineFunction({
  name: 'format',
  about: 'A text in which {} or {0} stand for the other arguments, in their order or by number.',
  category: 'String Replacement',
  arguments: [constantText('pattern'), { name: 's', repeated: true }],
  constants: 'keep',
  returns: () => stringType,
  run: ([pattern, ...columns], call) => {
    const { arena } = call
    const parts = parseFormat(singleText(pattern) ?? '')
    const pieces = parts.map(part => {
      if (typeof part === 'string') return textConstant(part, call)
      const column = columns[part]
      if (!column) throw new DBError('BAD_ARGUMENTS', `Argument ${part} of the format string is not there`)
      return column
    })
    if (pieces.length === 0) return mapTexts(arena, call.rows, () => '')
    return concatColumnsText(pieces, call)
  },
  examples: [["SELECT format('{1} {0} {1}', 'World', 'Hello')", 'Hello World Hello']],
})

function textConstant(value: string, { arena, rows }: Call): ConstColumn {
  return new ConstColumn(
    mapTexts(arena, 1, () => value),
    rows,
  )
}

const arrayStringConcat = defineFunction({
  name: 'arrayStringConcat',
  aliases: ['array_to_string'],
  about: 'The elements of an array as text, with a separator between; NULLs are left out.',
  category: 'String Splitting',
  arguments: [
    { name: 'arr', accepts: type => type instanceof ArrayType },
    optional({ name: 'separator', accepts: type => type.kind === 'String', constant: true }),
  ],
  constants: 'keep',
  returns: () => stringType,
  run: ([array, separator], { arena, rows, memory }) => {
    const full = array.full(arena)
    if (!(full instanceof ArrayColumn)) throw new DBError('ILLEGAL_COLUMN', 'arrayStringConcat takes an array')
    let { offsets, elements } = full.compact(arena)
    if (elements instanceof NullableColumn) {
      // Elements that are NULL are dropped, and the offsets count the others.
      const { nulls, values } = elements
      const kept: number[] = []
      const ends = [0]
      for (let row = 0; row < rows; row++) {
        const [start, end] = [memory.u32[offsets / 4 + row], memory.u32[offsets / 4 + row + 1]]
        for (let i = start; i < end; i++) if (memory.u8[nulls + i] === 0) kept.push(i)
        ends.push(kept.length)
      }
      offsets = placeU32(arena, ends)
      elements = values.gather(placeU32(arena, kept), kept.length, arena)
    }
    const strings = piece(elements, arena).strings
    const { pointer, size } = placeText(arena, separator ? (singleText(separator) ?? '') : '')
    return buildStrings(arena, rows, (out, sink) =>
      memory.kernels.joinLists(offsets, rows, strings.offsets, strings.bytes, pointer, size, out, sink),
    )
  },
  examples: [["SELECT arrayStringConcat(['12/05/2021', '12:50:00'], ' ')", '12/05/2021 12:50:00']],
})

const replacement = (name: string, aliases: string[], all: boolean, about: string): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: all,
    about,
    category: 'String Replacement',
    arguments: [{ name: 'haystack', accepts: isString }, plainText('pattern'), plainText('replacement')],
    constants: 'keep',
    returns: () => stringType,
    run: ([haystack, pattern, value], { arena, rows, memory }) => {
      const [needle, text] = [singleText(pattern), singleText(value)]
      const strings = stringsOf(haystack, arena)
      if (needle === '') return strings
      const replace = (part: StringColumn, from: string, to: string, offsets: number, sink: number): number => {
        const [sought, put] = [placeText(arena, from), placeText(arena, to)]
        const { kernels } = memory
        return kernels.replaceString(
          part.offsets,
          part.bytes,
          part.rows,
          sought.pointer,
          sought.size,
          put.pointer,
          put.size,
          Number(all),
          offsets,
          sink,
        )
      }
      if (needle !== undefined && text !== undefined)
        return buildStrings(arena, rows, (offsets, sink) => replace(strings, needle, text, offsets, sink))
      const [read, readNeedle, readText] = [
        textReader(strings, arena),
        textReader(pattern, arena),
        textReader(value, arena),
      ]
      return mapTexts(arena, rows, row => {
        const [whole, from] = [read(row), readNeedle(row)]
        if (from === '') return whole
        return all ? whole.replaceAll(from, () => readText(row)) : whole.replace(from, () => readText(row))
      })
    },
    examples: [[`SELECT ${name}('Hello, Hello', 'Hello', 'Bye')`, all ? 'Bye, Bye' : 'Bye, Hello']],
  })

function defineTranslate(name: string, utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    about: 'Replaces characters by those at the same places of another list; characters without one are left out.',
    category: 'String Replacement',
    arguments: [{ name: 's', accepts: isString }, constantText('from'), constantText('to')],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, from, to], { arena, rows }) => {
      const [source, target] = [Array.from(singleText(from) ?? ''), Array.from(singleText(to) ?? '')]
      if (!utf8 && [...source, ...target].some(character => character > '\x7f'))
        throw new DBError('BAD_ARGUMENTS', `Second and third arguments of function ${name} must be ASCII strings`)
      if (target.length > source.length)
        throw new DBError('BAD_ARGUMENTS', `Argument to of function ${name} must not be longer than from`)
      const map = new Map<string, string>()
      for (const [i, character] of source.entries()) map.set(character, target[i] ?? '')
      const read = textReader(s, arena)
      return mapTexts(arena, rows, row => {
        let out = ''
        for (const character of read(row)) out += map.get(character) ?? character
        return out
      })
    },
    examples: [[`SELECT ${name}('clickhouse', 'clik', 'CLIK')`, 'CLICKhouse']],
  })
}

export const concat = [
  defineConcat('concat', true, 'Texts of any types put together.'),
  defineConcat(
    'concatAssumeInjective',
    false,
    'As concat, where different arguments are known to give different results.',
  ),
  defineWithSeparator('concatWithSeparator', ['concat_ws']),
  defineWithSeparator('concatWithSeparatorAssumeInjective', []),
  format,
  arrayStringConcat,
  replacement('replaceOne', [], false, 'Replaces the first occurrence of a string in another.'),
  replacement('replaceAll', ['replace'], true, 'Replaces all occurrences of a string in another.'),
  defineTranslate('translate', false),
  defineTranslate('translateUTF8', true),
]
