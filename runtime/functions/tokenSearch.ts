// Which texts have some tokens, all of them, or a run of them: what a text index answers, here by splitting the text.
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { plainType } from './bind.ts'
import { type ArgumentInfo, type Call, defineFunction, type FunctionDefinition } from './function.ts'
import { tokenize } from './splitting.ts'
import { isPlainString, isString, mapNumbers, uint8 } from './stringRows.ts'

const category = 'String Search'

const isTexts = (type: DataType): boolean => type instanceof ArrayType && isString(plainType(type.element))
const isNothings = (type: DataType): boolean => type instanceof ArrayType && type.element.kind === 'Nothing'

/** `splitByNonAlpha`, or a name with its setting behind it: ngrams(3), splitByString([',']). */
function tokenizerOf(argument: ArgumentInfo | undefined): (text: string) => string[] {
  if (argument === undefined) return text => tokenize(text, 'splitByNonAlpha', undefined)
  const match = /^\s*(\w+)\s*(?:\((.*)\)\s*)?$/s.exec(String(argument.constant))
  if (!match) throw new DBError('BAD_ARGUMENTS', `Unknown tokenizer: ${argument.constant}`)
  const [, name, setting] = match
  let option: number | string[] | undefined
  if (setting !== undefined && setting !== '')
    option = /^\d+$/.test(setting) ? Number(setting) : [...setting.matchAll(/'((?:[^'\\]|\\.)*)'/g)].map(([, s]) => s)
  const split = (text: string) => tokenize(text, name, option)
  split('')
  return split
}

/** The tokens of each row's text, or of all texts of its array. */
function tokensReader(column: Column, split: (text: string) => string[], { arena }: Call): (row: number) => string[] {
  const full = column.full(arena)
  return row => {
    const value = full.valueAt(row)
    if (!Array.isArray(value)) return split(String(value).replace(/\0+$/, ''))
    return (value as readonly (string | null)[]).flatMap(text => (text === null ? [] : split(text)))
  }
}

const needleRules = (name: string, args: readonly ArgumentInfo[]): void => {
  const [input, needles, tokenizer] = args
  if (!isString(input.type) && !isTexts(input.type) && !isNothings(input.type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal type ${input.type.name} of argument input of function ${name}`,
    )
  if (!isPlainString(needles.type) && !isTexts(needles.type) && !isNothings(needles.type))
    throw new DBError(
      'ILLEGAL_TYPE_OF_ARGUMENT',
      `Illegal type ${needles.type.name} of the needles of function ${name}`,
    )
  if (needles.constant === undefined)
    throw new DBError('ILLEGAL_COLUMN', `The needles of function ${name} must be constant`)
  if (tokenizer && tokenizer.constant === undefined)
    throw new DBError('ILLEGAL_COLUMN', `The tokenizer of function ${name} must be constant`)
}

const rules = [{ name: 'input' }, { name: 'needles' }, { name: 'tokenizer', accepts: isString, optional: true }]

/** Needles given as one text are split; those in an array are tokens as they are. */
function needlesOf(args: readonly ArgumentInfo[]): string[] {
  const { constant } = args[1]
  if (Array.isArray(constant)) return (constant as readonly (string | null)[]).filter(token => token !== null)
  return tokenizerOf(args[2])(String(constant))
}

const search = (
  name: string,
  aliases: readonly string[],
  about: string,
  holds: (tokens: ReadonlySet<string>, needles: readonly string[]) => boolean,
  example: readonly [string, string],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    about,
    category,
    arguments: rules,
    constants: 'keep',
    returns: args => {
      needleRules(name, args)
      tokenizerOf(args[2])
      return uint8
    },
    run: ([input], call) => {
      const { rows, arena, arguments: args } = call
      const needles = [...new Set(needlesOf(args))]
      const read = tokensReader(input, tokenizerOf(args[2]), call)
      const found = Array.from({ length: rows }, (_, row) => needles.length > 0 && holds(new Set(read(row)), needles))
      return mapNumbers(uint8, arena, rows, row => Number(found[row]))
    },
    examples: [example],
  })

const hasPhrase = defineFunction({
  name: 'hasPhrase',
  aliases: ['matchPhrase'],
  about: "Whether a phrase's tokens stand one behind the other in the text.",
  category,
  arguments: [
    { name: 'input', accepts: isString },
    { name: 'phrase' },
    { name: 'tokenizer', accepts: isString, optional: true },
  ],
  constants: 'keep',
  returns: args => {
    needleRules('hasPhrase', args)
    tokenizerOf(args[2])
    return uint8
  },
  run: ([input], call) => {
    const { rows, arena, arguments: args } = call
    const phrase = needlesOf(args)
    const read = tokensReader(input, tokenizerOf(args[2]), call)
    const found = Array.from({ length: rows }, (_, row) => {
      const tokens = read(row)
      if (phrase.length === 0) return false
      return tokens.some((_token, at) => phrase.every((word, i) => tokens[at + i] === word))
    })
    return mapNumbers(uint8, arena, rows, row => Number(found[row]))
  },
  examples: [["SELECT hasPhrase('the quick brown fox', 'quick brown')", '1']],
})

export const tokenSearch: readonly FunctionDefinition[] = [
  search(
    'hasAnyTokens',
    ['hasAnyToken'],
    'Whether a text has any of some tokens.',
    (tokens, needles) => needles.some(needle => tokens.has(needle)),
    ["SELECT hasAnyTokens('abc def', 'def x')", '1'],
  ),
  search(
    'hasAllTokens',
    ['hasAllToken'],
    'Whether a text has all of some tokens.',
    (tokens, needles) => needles.every(needle => tokens.has(needle)),
    ["SELECT hasAllTokens('abc def', 'def abc')", '1'],
  ),
  hasPhrase,
]
