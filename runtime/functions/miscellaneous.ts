// About the query and the server, and functions that hand values through.
import { columnOf, constColumn, defaultColumn } from '../columns/build.ts'
import { ConstColumn } from '../columns/const.ts'
import type { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { castColumn } from './castColumn.ts'
import { asFloat64 } from './castColumn.ts'
import { castTarget } from './conversion.ts'
import { newFixed } from './fixedColumns.ts'
import { type ArgumentInfo, type Call, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { conditionMask, flagColumn } from './logical.ts'
import { isNumber } from './numericTypes.ts'
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
  run: (_x, { arguments: [x], rows, arena }) => constColumn(String_, x.type.name, rows, arena),
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

/** Random numbers; an argument only keeps two calls apart. */
const random = (
  name: string,
  type: DataType,
  fill: (call: Call, out: FixedColumn) => void,
  aliases: readonly string[] = [],
) =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: aliases.length > 0,
    about: `Random values of type ${type.name}.`,
    category: 'Random Numbers',
    arguments: [{ name: 'x', optional: true }],
    ...own,
    constants: 'keep',
    deterministic: false,
    returns: () => type,
    run: (_, call) => {
      const out = newFixed(type, call.rows, call.arena)
      fill(call, out)
      return out
    },
  })

const fillRandom = ({ arena, environment }: Call, { pointer, rows, type }: FixedColumn): void => {
  const words = Math.ceil((rows * type.width) / 4)
  const { u32 } = arena.memory
  for (let i = 0; i < words; i++) u32[pointer / 4 + i] = Math.floor(environment.random() * 4294967296)
}

const randConstant = defineFunction({
  name: 'randConstant',
  about: 'One random UInt32 for all rows.',
  category: 'Random Numbers',
  arguments: [{ name: 'x', optional: true }],
  ...own,
  constants: 'keep',
  returns: () => parseType('UInt32'),
  run: (_, { type, rows, arena, environment }) =>
    constColumn(type, Math.floor(environment.random() * 4294967296), rows, arena),
})

const generateUUIDv4 = random('generateUUIDv4', parseType('UUID'), (call, out) => {
  fillRandom(call, out)
  const { u8 } = call.arena.memory
  // High half first, each half little-endian: version in byte 7's counterpart of the high half, variant in the low half's.
  for (let at = out.pointer; at < out.pointer + out.rows * 16; at += 16) {
    u8[at + 1] = (u8[at + 1] & 0x0f) | 0x40
    u8[at + 15] = (u8[at + 15] & 0x3f) | 0x80
  }
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

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']
const decimalUnits = ['B', 'KB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB']
const countUnits = [
  '',
  ' thousand',
  ' million',
  ' billion',
  ' trillion',
  ' quadrillion',
  ' quintillion',
  ' sextillion',
  ' septillion',
  ' octillion',
  ' nonillion',
  ' decillion',
]

function scaled(value: number, base: number, units: readonly string[], separator: string): string {
  if (Number.isNaN(value)) return `nan${separator}${units[0]}`
  let unit = 0
  let rest = value
  while (Math.abs(rest) >= base && unit < units.length - 1) {
    rest /= base
    unit++
  }
  return rest.toFixed(2) + separator + units[unit]
}

const readable = (name: string, about: string, print: (value: number) => string, example: [string, string]) =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'x', accepts: isNumber }],
    returns: () => String_,
    run: ([x], { rows, arena }) => {
      const values = asFloat64(x, arena) / 8
      return textColumn(
        Array.from({ length: rows }, (_, row) => print(arena.memory.f64[values + row])),
        arena,
      )
    },
    examples: [example],
  })

/** `█▌`: a bar of a width, in eighths of a character. */
const bar = defineFunction({
  name: 'bar',
  about: 'A bar of block characters, as wide as x lies between two limits.',
  category,
  arguments: [
    { name: 'x', accepts: isNumber },
    { name: 'min', accepts: isNumber },
    { name: 'max', accepts: isNumber },
    { name: 'width', accepts: isNumber, optional: true },
  ],
  returns: () => String_,
  run: (args, { rows, arena }) => {
    const columns = args.map(column => asFloat64(column, arena) / 8)
    const { f64 } = arena.memory
    const texts = Array.from({ length: rows }, (_, row) => {
      const [x, low, high] = columns.map(pointer => f64[pointer + row])
      const width = columns[3] === undefined ? 80 : f64[columns[3] + row]
      if (Number.isNaN(x) || Number.isNaN(low) || Number.isNaN(high) || x <= low) return ''
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
  random('rand', parseType('UInt32'), fillRandom, ['rand32']),
  random('rand64', UInt64, fillRandom),
  random('randCanonical', parseType('Float64'), ({ arena, environment }, { pointer, rows }) => {
    for (let row = 0; row < rows; row++) arena.memory.f64[pointer / 8 + row] = environment.random()
  }),
  randConstant,
  generateUUIDv4,
  counting('rowNumberInBlock', 'The number of the row in its block, from 0.', row => row),
  counting(
    'rowNumberInAllBlocks',
    'The number of the row in all blocks that came so far, from 0.',
    (row, before) => before.rows + row,
  ),
  counting('blockNumber', 'The number of the block, from 0.', (_, before) => before.blocks),
  counting('blockSize', 'The number of rows of the block.', (_row, _before, rows) => rows),
  byteSize,
  readable('formatReadableSize', 'Bytes as 1.18 MiB.', value => scaled(value, 1024, binaryUnits, ' '), [
    'SELECT formatReadableSize(1234567)',
    '1.18 MiB',
  ]),
  readable('formatReadableDecimalSize', 'Bytes as 1.23 MB.', value => scaled(value, 1000, decimalUnits, ' '), [
    'SELECT formatReadableDecimalSize(1234567)',
    '1.23 MB',
  ]),
  readable('formatReadableQuantity', 'A number as 1.23 million.', value => scaled(value, 1000, countUnits, ''), [
    'SELECT formatReadableQuantity(1234567)',
    '1.23 million',
  ]),
  bar,
  getSetting,
  defaultValueOfTypeName,
  defaultValueOfArgumentType,
]
