import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import {
  buildStrings,
  constantText,
  fillStrings,
  integer,
  isString,
  isStringOrEnum,
  mapBytes,
  mapTexts,
  numberReader,
  optional,
  plainText,
  singleText,
  stringsOf,
  stringType,
  text,
  textReader,
  wideIntegers,
} from './stringRows.ts'
import { byteSet } from './regex/prefilter.ts'
import { encodeText } from '../core/text.ts'
import { place } from '../columns/build.ts'

const category = 'String'

/** i64 values and their distance, as substringEach takes them. */
interface Wide {
  pointer: number
  step: number
}

function cut(s: Column, starts: Wide, lengths: Wide | null, utf8: boolean, { arena, rows, memory }: Call): Column {
  const strings = stringsOf(s, arena)
  return fillStrings(arena, rows, strings.textSize, (offsets, target) =>
    memory.kernels.substringEach(
      strings.offsets,
      strings.bytes,
      rows,
      starts.pointer,
      starts.step,
      lengths?.pointer ?? 0,
      lengths?.step ?? 0,
      Number(utf8),
      offsets,
      target,
    ),
  )
}

function defineSubstring(name: string, aliases: string[], utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: !utf8,
    about: `The part of a string from an offset, which counts ${utf8 ? 'code points' : 'bytes'} from 1, or from the end if negative.`,
    category,
    arguments: [
      { name: 's', accepts: utf8 ? isString : isStringOrEnum },
      integer('offset'),
      optional(integer('length')),
    ],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, offset, length], call) =>
      cut(s, wideIntegers(offset, call.arena), length ? wideIntegers(length, call.arena) : null, utf8, call),
    examples: [[`SELECT ${name}('database', 5, 2)`, 'ba']],
  })
}

/** One value for all rows. */
function oneWide(value: bigint, { arena, memory }: Call): Wide {
  const pointer = arena.allocate(8)
  memory.i64[pointer / 8] = value
  return { pointer, step: 0 }
}

function defineLeft(name: string, utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    caseInsensitive: true,
    about: `The first ${utf8 ? 'code points' : 'bytes'} of a string; all but the last, if the number is negative.`,
    category,
    arguments: [text('s'), integer('offset')],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, offset], call) => cut(s, oneWide(1n, call), wideIntegers(offset, call.arena), utf8, call),
    examples: [[`SELECT ${name}('Hello', 3)`, 'Hel']],
  })
}

function defineRight(name: string, utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    caseInsensitive: true,
    about: `The last ${utf8 ? 'code points' : 'bytes'} of a string; all but the first, if the number is negative.`,
    category,
    arguments: [text('s'), integer('offset')],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, offset], call) => {
      const { pointer, step } = wideIntegers(offset, call.arena)
      const { i64 } = call.memory
      const count = step === 0 ? 1 : call.rows
      for (let i = pointer / 8; i < pointer / 8 + count; i++) i64[i] = i64[i] < 0n ? 1n - i64[i] : -i64[i]
      return cut(s, { pointer, step }, null, utf8, call)
    },
    examples: [[`SELECT ${name}('Hello', 3)`, 'llo']],
  })
}

/** Up to the count-th delimiter from the front, or, negative, from behind the count-th from the end. */
function upTo(value: string, delimiter: string, count: number): string {
  if (count === 0 || delimiter === '') return ''
  const pieces = value.split(delimiter)
  if (Math.abs(count) >= pieces.length) return value
  return (count > 0 ? pieces.slice(0, count) : pieces.slice(count)).join(delimiter)
}

function defineIndex(name: string, aliases: string[]): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about:
      'The part of a string before so many delimiters; behind them, counted from the end, if the number is negative.',
    category,
    arguments: [plainText('s'), constantText('delim'), integer('count')],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, delimiter, count], { arena, rows }) => {
      const single = singleText(delimiter) ?? ''
      if (aliases.length > 0 && encodeText(single).length !== 1)
        throw new DBError('BAD_ARGUMENTS', `Argument delim for function ${name} should be a single character`)
      const [read, readCount] = [textReader(s, arena), numberReader(count)]
      return mapTexts(arena, rows, row => upTo(read(row), single, readCount(row)))
    },
    examples: [[`SELECT ${name}('www.clickhouse.com', '.', 2)`, 'www.clickhouse']],
  })
}

function defineTrim(name: string, aliases: string[], sides: number, about: string): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [text('s'), optional(constantText('trim_characters'))],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, characters], { arena, rows, memory }) => {
      const bytes = encodeText(characters ? (singleText(characters) ?? ' ') : ' ')
      const set = place(
        arena,
        byteSet(byte => bytes.includes(byte)),
      )
      const outside = place(
        arena,
        byteSet(byte => !bytes.includes(byte)),
      )
      const strings = stringsOf(s, arena)
      return fillStrings(arena, rows, strings.textSize, (offsets, target) =>
        memory.kernels.trimSet(strings.offsets, strings.bytes, rows, set, outside, sides, offsets, target),
      )
    },
    examples: [[`SELECT length(${name}('  a  '))`, sides === 3 ? '1' : '3']],
  })
}

const resultMax = 1 << 26

function checkRepeat(times: number): void {
  if (times > 1_000_000)
    throw new DBError('TOO_LARGE_STRING_SIZE', `Too many times to repeat (${times}), maximum is: 1000000`)
}

const repeat = defineFunction({
  name: 'repeat',
  caseInsensitive: true,
  about: 'A string, several times.',
  category,
  arguments: [text('s'), integer('n')],
  constants: 'keep',
  returns: () => stringType,
  run: ([s, n], { arena, rows, memory }) => {
    const strings = stringsOf(s, arena)
    const counts = wideIntegers(n, arena)
    const { i64 } = memory
    for (let i = 0; i < (counts.step === 0 ? 1 : rows); i++) checkRepeat(Number(i64[counts.pointer / 8 + i]))
    return buildStrings(arena, rows, (offsets, sink) =>
      memory.kernels.repeatStrings(strings.offsets, strings.bytes, rows, counts.pointer, counts.step, offsets, sink),
    )
  },
  examples: [["SELECT repeat('abc', 3)", 'abcabcabc']],
})

const space = defineFunction({
  name: 'space',
  caseInsensitive: true,
  about: 'So many spaces.',
  category,
  arguments: [integer('n')],
  returns: () => stringType,
  run: ([n], { arena, rows }) => {
    const read = numberReader(n)
    return mapTexts(arena, rows, row => {
      const count = read(row)
      checkRepeat(count)
      return ' '.repeat(Math.max(count, 0))
    })
  },
  examples: [['SELECT length(space(3))', '3']],
})

/** Latin-1 text with a character for each byte. */
const asBytes = (value: string): string => Array.from(encodeText(value), byte => String.fromCharCode(byte)).join('')

function definePad(name: string, aliases: string[], atEnd: boolean, utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: `A string filled up to a length, or cut to it, with another ${atEnd ? 'behind' : 'before'} it.`,
    category,
    arguments: [text('string'), integer('length'), optional(constantText('pad_string'))],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, length, pad], { arena, rows }) => {
      const filler = (pad ? singleText(pad) : ' ') || ' '
      const fill = utf8 ? Array.from(filler) : asBytes(filler).split('')
      const [read, readLength] = [textReader(s, arena), numberReader(length)]
      return mapBytes(s, arena, rows, (bytes, out, row) => {
        const wanted = readLength(row)
        if (wanted > resultMax)
          throw new DBError(
            'INDEX_OF_POSITIONAL_ARGUMENT_IS_OUT_OF_RANGE',
            `Too large padded string (${wanted}), maximum is: ${resultMax}`,
          )
        if (wanted < 0) return
        const own = utf8 ? Array.from(read(row)) : null
        const size = own ? own.length : bytes.length
        if (size >= wanted) {
          if (own) out.text(own.slice(0, wanted).join(''))
          else out.bytes(bytes, 0, wanted)
          return
        }
        if (atEnd) out.bytes(bytes)
        for (let i = 0; i < wanted - size; i++) {
          const unit = fill[i % fill.length]
          if (utf8) out.text(unit)
          else out.byte(unit.charCodeAt(0))
        }
        if (!atEnd) out.bytes(bytes)
      })
    },
    examples: [[`SELECT ${name}('abc', 5, '*')`, atEnd ? 'abc**' : '**abc']],
  })
}

const appendTrailing = defineFunction({
  name: 'appendTrailingCharIfAbsent',
  about: 'A string with a character behind it, unless it is there already or the string is empty.',
  category,
  arguments: [text('s'), constantText('c')],
  constants: 'keep',
  returns: () => stringType,
  run: ([s, c], { arena, rows }) => {
    const ending = encodeText(singleText(c) ?? '')
    if (ending.length !== 1)
      throw new DBError(
        'BAD_ARGUMENTS',
        'Second argument of function appendTrailingCharIfAbsent must be a one-character string',
      )
    return mapBytes(s, arena, rows, (bytes, out) => {
      out.bytes(bytes)
      if (bytes.length > 0 && bytes[bytes.length - 1] !== ending[0]) out.byte(ending[0])
    })
  },
  examples: [["SELECT appendTrailingCharIfAbsent('https://example.com', '/')", 'https://example.com/']],
})

/** An offset or a length in bytes or code points, as overlay takes them. */
function overlayText(value: string[], replacement: string[], offset: number, length: number | null): string[] {
  const start = offset > 0 ? Math.min(offset - 1, value.length) : Math.max(value.length + offset, 0)
  const size = length === null || length < 0 ? replacement.length : length
  return [...value.slice(0, start), ...replacement, ...value.slice(Math.min(start + size, value.length))]
}

function defineOverlay(name: string, utf8: boolean): FunctionDefinition {
  return defineFunction({
    name,
    caseInsensitive: !utf8,
    about: 'A string in which another takes the place of a part.',
    category: 'String Replacement',
    arguments: [text('s'), text('replace'), integer('offset'), optional(integer('length'))],
    constants: 'keep',
    returns: () => stringType,
    run: ([s, replacement, offset, length], { arena, rows }) => {
      const [read, readReplacement] = [textReader(s, arena), textReader(replacement, arena)]
      const [readOffset, readLength] = [numberReader(offset), length ? numberReader(length) : () => null]
      const split = (value: string) => (utf8 ? Array.from(value) : asBytes(value).split(''))
      return mapBytes(s, arena, rows, (_bytes, out, row) => {
        const units = overlayText(split(read(row)), split(readReplacement(row)), readOffset(row), readLength(row))
        if (utf8) out.text(units.join(''))
        else for (const unit of units) out.byte(unit.charCodeAt(0))
      })
    },
    examples: [[`SELECT ${name}('My father is from Mexico.', 'mother', 4, 6)`, 'My mother is from Mexico.']],
  })
}

export const substring = [
  defineSubstring('substring', ['substr', 'mid', 'byteSlice'], false),
  defineSubstring('substringUTF8', [], true),
  defineLeft('left', false),
  defineLeft('leftUTF8', true),
  defineRight('right', false),
  defineRight('rightUTF8', true),
  defineIndex('substringIndex', ['SUBSTRING_INDEX']),
  defineIndex('substringIndexUTF8', []),
  defineTrim('trimLeft', ['ltrim'], 1, 'A string without spaces (or other characters) at its begin.'),
  defineTrim('trimRight', ['rtrim'], 2, 'A string without spaces (or other characters) at its end.'),
  defineTrim('trimBoth', ['trim'], 3, 'A string without spaces (or other characters) at both ends.'),
  repeat,
  space,
  definePad('leftPad', ['lpad'], false, false),
  definePad('leftPadUTF8', [], false, true),
  definePad('rightPad', ['rpad'], true, false),
  definePad('rightPadUTF8', [], true, true),
  appendTrailing,
  defineOverlay('overlay', false),
  defineOverlay('overlayUTF8', true),
]
