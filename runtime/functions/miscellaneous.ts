// About the query and the server, and functions that hand values through.
import { columnOf, constColumn, defaultColumn } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import { DBError } from '../core/errors.ts'
import { prettyTypeName } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { castColumn } from './castColumn.ts'
import { asFloat64 } from './castColumn.ts'
import { castTarget } from './conversion.ts'
import { newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { conditionMask, flagColumn } from './logical.ts'
import { isNumber, isNumberOrDecimal } from './numericTypes.ts'
import { textColumn } from './textColumns.ts'

const String_ = parseType('String')
const UInt8 = parseType('UInt8')
const UInt64 = parseType('UInt64')
const category = 'Other'
const own = { nulls: 'own', lowCardinality: 'own' } as const

/** A constant that the query's environment knows. */
const known = (
  name: string,
  type: DataType,
  about: string,
  value: (environment: Environment) => string | number,
  aliases: readonly string[] = [],
) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [],
    returns: () => type,
    run: (_, { rows, arena, environment }) => constColumn(type, value(environment), rows, arena),
  })

const toTypeName = defineFunction({
  name: 'toTypeName',
  about: "The name of the argument's type.",
  category,
  arguments: [{ name: 'x' }],
  ...own,
  constants: 'keep',
  returns: () => String_,
  run: (_x, { arguments: [x], rows, arena }) => constColumn(String_, prettyTypeName(x.type), rows, arena),
  examples: [['SELECT toTypeName(1)', 'UInt8']],
})

const identity = defineFunction({
  name: 'identity',
  about: 'The argument.',
  category,
  arguments: [{ name: 'x' }],
  ...own,
  constants: 'keep',
  returns: ([x]) => x.type,
  run: ([x]) => x,
  examples: [['SELECT identity(42)', '42']],
})

const materialize = defineFunction({
  name: 'materialize',
  about: 'The argument as a column that is not constant.',
  category,
  arguments: [{ name: 'x' }],
  ...own,
  foldable: false,
  returns: ([x]) => x.type,
  run: ([x]) => x,
  examples: [['SELECT materialize(1)', '1']],
})

const toLowCardinality = defineFunction({
  name: 'toLowCardinality',
  about: 'The value as LowCardinality.',
  category: 'Type Conversion',
  ...own,
  arguments: [{ name: 'x', accepts: type => type.name !== 'Nullable(Nothing)' }],
  returns: ([x]) => (x.type.kind === 'LowCardinality' ? x.type : parseType(`LowCardinality(${x.type.name})`)),
  run: ([x], { type, arena }) => castColumn(x, type, arena),
  examples: [["SELECT toTypeName(toLowCardinality('a'))", 'LowCardinality(String)']],
})

const ignore = defineFunction({
  name: 'ignore',
  about: 'Takes anything and gives 0.',
  category,
  arguments: [{ name: 'x', repeated: true }],
  ...own,
  constants: 'keep',
  returns: () => UInt8,
  run: (_, { rows, arena }) => flagColumn(false, rows, arena),
  examples: [["SELECT ignore(1, 'a', NULL)", '0']],
})

const isConstant = defineFunction({
  name: 'isConstant',
  about: 'Whether the argument is a constant.',
  category,
  arguments: [{ name: 'x' }],
  ...own,
  constants: 'keep',
  returns: () => UInt8,
  run: (_, { rows, arena, arguments: args }) => flagColumn(args[0].constant !== undefined, rows, arena),
  examples: [['SELECT isConstant(1)', '1']],
})

const throwIf = defineFunction({
  name: 'throwIf',
  about: 'An error where any row is true, with the message given; else 0.',
  category,
  arguments: [
    { name: 'x', accepts: isNumber },
    { name: 'message', constant: true, optional: true },
    { name: 'code', constant: true, optional: true },
  ],
  constants: 'keep',
  returns: () => UInt8,
  run: ([x], { rows, arena, arguments: args }) => {
    const mask = conditionMask(x, rows, arena)
    if (arena.memory.kernels.firstInMask(mask, rows) >= 0) {
      const message = args[1]?.constant
      throw new DBError(
        'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
        typeof message === 'string' ? message : "Value passed to 'throwIf' function is non-zero",
      )
    }
    return flagColumn(false, rows, arena)
  },
  examples: [['SELECT throwIf(0)', '0']],
})

/** Counters that go on from chunk to chunk, one for each place in the query where the function stands. */
const counters = new WeakMap<readonly ArgumentInfo[], { rows: number; blocks: number }>()

const counting = (
  name: string,
  about: string,
  value: (row: number, before: { rows: number; blocks: number }, rows: number) => number,
) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [],
    deterministic: false,
    returns: () => UInt64,
    run: (_, { rows, arena, arguments: args }) => {
      const before = counters.get(args) ?? { rows: 0, blocks: 0 }
      const out = newFixed(UInt64, rows, arena)
      const { u64 } = arena.memory
      for (let row = 0; row < rows; row++) u64[out.pointer / 8 + row] = BigInt(value(row, before, rows))
      counters.set(args, { rows: before.rows + rows, blocks: before.blocks + 1 })
      return out
    },
  })

const byteSize = defineFunction({
  name: 'byteSize',
  about: 'Bytes that the values take in memory, row by row.',
  category,
  arguments: [{ name: 'x', repeated: true }],
  ...own,
  returns: () => UInt64,
  run: (args, { rows, arena }) => {
    const out = newFixed(UInt64, rows, arena)
    for (let row = 0; row < rows; row++) {
      const size = args.reduce((sum, column) => sum + valueSize(column.type, column.valueAt(row)), 0)
      arena.memory.u64[out.pointer / 8 + row] = BigInt(size)
    }
    return out
  },
  examples: [["SELECT byteSize(toUInt32(1)), byteSize('ab')", '4\t10']],
})

const utf8 = new TextEncoder()

function valueSize(type: DataType, value: unknown): number {
  const inner = (type as { inner?: DataType }).inner
  if (type.kind === 'Nullable') return 1 + (value === null ? inner!.width : valueSize(inner!, value))
  if (inner) return valueSize(inner, value)
  if (typeof value === 'string' && type.kind === 'String') return 8 + utf8.encode(value).length
  if (Array.isArray(value)) {
    const { element, elements } = type as { element?: DataType; elements?: readonly DataType[] }
    const parts = value.map((part, i) => valueSize(element ?? elements![i], part))
    return (element ? 8 : 0) + parts.reduce((a, b) => a + b, 0)
  }
  return type.width
}

/** `█▌`: a bar of a width, in eighths of a character. */
const bar = defineFunction({
  name: 'bar',
  about: 'A bar of block characters, as wide as x lies between two limits.',
  category,
  arguments: [
    { name: 'x', accepts: isNumberOrDecimal },
    { name: 'min', accepts: isNumberOrDecimal },
    { name: 'max', accepts: isNumberOrDecimal },
    { name: 'width', accepts: isNumberOrDecimal, optional: true },
  ],
  returns: () => String_,
  run: (args, { rows, arena }) => {
    const columns = args.map(column => asFloat64(column, arena) / 8)
    const { f64 } = arena.memory
    const texts = Array.from({ length: rows }, (_, row) => {
      const [x, low, high] = columns.map(pointer => f64[pointer + row])
      const width = columns[3] === undefined ? 80 : f64[columns[3] + row]
      if (Number.isNaN(x) || Number.isNaN(low) || Number.isNaN(high) || x <= low) return ''
      if (!(width >= 1 && width <= 1000))
        throw new DBError('ARGUMENT_OUT_OF_BOUND', 'The width of function bar must be from 1 to 1000')
      const filled = x >= high ? width : ((x - low) / (high - low)) * width
      const eighths = Math.floor(filled * 8)
      return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]
    })
    return textColumn(texts, arena)
  },
  examples: [['SELECT bar(5, 0, 10, 4)', '██']],
})

const getSetting = defineFunction({
  name: 'getSetting',
  about: 'The value of a setting.',
  category,
  arguments: [{ name: 'name', constant: true }],
  returns: (args, environment) => settingType(environment.setting(String(args[0].constant))),
  run: (_, { type, rows, arena, environment, arguments: args }) =>
    constColumn(type, environment.setting(String(args[0].constant)), rows, arena),
})

function settingType(value: unknown): DataType {
  if (typeof value === 'bigint') return UInt64
  if (typeof value === 'number') return Number.isInteger(value) ? parseType('UInt32') : parseType('Float64')
  return String_
}

const defaultValueOfTypeName = defineFunction({
  name: 'defaultValueOfTypeName',
  about: 'The default of the type that is named.',
  category,
  arguments: [{ name: 'type', constant: true }],
  constants: 'keep',
  returns: ([type], environment) => castTarget(type, 'defaultValueOfTypeName', environment),
  run: (_, { type, rows, arena }) => new ConstColumn(columnOf(type, [type.default], arena), rows),
  examples: [["SELECT defaultValueOfTypeName('Int8')", '0']],
})

const defaultValueOfArgumentType = defineFunction({
  name: 'defaultValueOfArgumentType',
  about: "The default of the argument's type.",
  category,
  arguments: [{ name: 'x' }],
  ...own,
  returns: ([x]) => x.type,
  run: ([x], { rows, arena }) => defaultColumn(x.type, rows, arena),
})

export const miscellaneous: readonly FunctionDefinition[] = [
  known('version', String_, "The server's version.", environment => environment.version),
  known('hostName', String_, "The server's name.", environment => environment.hostName, [
    'hostname',
    'FQDN',
    'fullHostName',
  ]),
  known('uptime', parseType('UInt32'), 'Seconds that the server has been up.', environment =>
    Math.floor(environment.uptimeMs / 1000),
  ),
  known('currentUser', String_, 'The user who asks.', environment => environment.user, ['user', 'current_user']),
  known('currentDatabase', String_, 'The database in use.', environment => environment.database, [
    'current_database',
    'DATABASE',
    'SCHEMA',
  ]),
  known('queryID', String_, "The query's id.", environment => environment.queryId, ['query_id']),
  toTypeName,
  identity,
  materialize,
  toLowCardinality,
  ignore,
  isConstant,
  throwIf,
  counting('rowNumberInBlock', 'The number of the row in its block, from 0.', row => row),
  counting(
    'rowNumberInAllBlocks',
    'The number of the row in all blocks that came so far, from 0.',
    (row, before) => before.rows + row,
  ),
  counting('blockNumber', 'The number of the block, from 0.', (_, before) => before.blocks),
  counting('blockSize', 'The number of rows of the block.', (_row, _before, rows) => rows),
  byteSize,
  bar,
  getSetting,
  defaultValueOfTypeName,
  defaultValueOfArgumentType,
]
