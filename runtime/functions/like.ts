import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { matchLike } from './likePattern.ts'
import {
  buildMask,
  constantText,
  isStringOrEnum,
  optional,
  singleText,
  stringsOf,
  text,
  textReader,
  uint8,
} from './stringRows.ts'

function run(
  [haystack, pattern, escapeCharacter]: readonly Column[],
  call: Call,
  ignoreCase: boolean,
  negated: boolean,
): Column {
  const { arena, rows, memory } = call
  const escapeText = escapeCharacter ? singleText(escapeCharacter) : '\\'
  if (escapeText === undefined || escapeText.length > 1)
    throw new DBError('BAD_ARGUMENTS', 'ESCAPE must be one ASCII character or an empty string')
  const options = { ignoreCase, escapeWith: escapeText }
  const strings = stringsOf(haystack, arena)
  const single = singleText(pattern)
  return buildMask(arena, rows, mask => {
    if (single !== undefined) matchLike(strings, single, options, mask, arena)
    else {
      const read = textReader(pattern, arena)
      for (let row = 0; row < rows; row++) matchLike(strings.slice(row, 1), read(row), options, mask + row, arena)
    }
    if (negated) memory.kernels.maskNot(mask, mask, rows)
  })
}

function define(
  name: string,
  about: string,
  ignoreCase: boolean,
  negated: boolean,
  example: string,
): FunctionDefinition {
  return defineFunction({
    name,
    about,
    category: 'String Search',
    arguments: [
      { name: 'haystack', accepts: isStringOrEnum },
      text('pattern'),
      optional(constantText('escape_character')),
    ],
    constants: 'keep',
    returns: () => uint8,
    run: (args, call) => run(args, call, ignoreCase, negated),
    examples: [[`SELECT ${name}('ClickHouse', '%house')`, example]],
  })
}

export const like = [
  define('like', 'Whether a string matches a LIKE pattern: % is any text, _ one character.', false, false, '0'),
  define('notLike', 'The opposite of like.', false, true, '1'),
  define('ilike', 'As like, where letters are the same in either case.', true, false, '1'),
  define('notILike', 'The opposite of ilike.', true, true, '0'),
]
