import { constColumn } from '../columns/build.ts'
import { parseType } from '../types/parseType.ts'
import { defineFunction } from './function.ts'

const String_ = parseType('String')

export const miscellaneous = [
  defineFunction({
    name: 'version',
    aliases: ['VERSION'],
    about: "The server's version.",
    arguments: [],
    caseInsensitive: true,
    returns: () => String_,
    run: (_, { rows, arena, environment }) => constColumn(String_, environment.version, rows, arena),
  }),
  defineFunction({
    name: 'toTypeName',
    about: "The name of the argument's type.",
    arguments: [{ name: 'x' }],
    nulls: 'own',
    lowCardinality: 'own',
    constants: 'keep',
    returns: () => String_,
    run: ([x], { rows, arena }) => constColumn(String_, x.type.name, rows, arena),
    examples: [['SELECT toTypeName(1)', 'UInt8']],
  }),
]
