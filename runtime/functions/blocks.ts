// Functions that see the rows of a block beside their own: what they give depends on how rows are cut into blocks.
import { columnOf, concatColumns, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import type { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { DBError } from '../core/errors.ts'
import { commonType } from '../types/commonType.ts'
import { LowCardinalityType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { EnumType } from '../types/enum.ts'
import { parseType } from '../types/parseType.ts'
import { arithmetic } from './arithmetic.ts'
import { bindFunction, plainType } from './bind.ts'
import { castColumn } from './castColumn.ts'
import { type Call, defineFunction, type Environment, type FunctionDefinition } from './function.ts'
import { isInteger, isNumberOrDecimal } from './numericTypes.ts'

const category = 'Other'
const minus = arithmetic.find(definition => definition.name === 'minus') as FunctionDefinition

/** These are off unless a setting allows them. */
function checkAllowed(name: string, environment: Environment): void {
  const allowed = environment.setting('allow_deprecated_error_prone_window_functions')
  if (Number(allowed ?? 0) !== 1 && allowed !== 'true')
    throw new DBError(
      'DEPRECATED_FUNCTION',
      `Function ${name} is deprecated since its usage is error-prone. Please use proper window function or set \`allow_deprecated_error_prone_window_functions\` setting to enable it`,
    )
}

const wanted = (name: string, given: number, least: number, most: number): void => {
  if (given < least || given > most)
    throw new DBError(
      'NUMBER_OF_ARGUMENTS_DOESNT_MATCH',
      `Number of arguments for function ${name} doesn't match: passed ${given}, should be ${least} to ${most}`,
    )
}

const running = (name: string, startsAtZero: boolean): FunctionDefinition => {
  const differenceOf = (type: DataType, environment: Environment) => {
    const info = { type, constant: undefined }
    return bindFunction(minus, [info, info], environment)
  }
  return defineFunction({
    name,
    about: `The difference to the row before in the block; ${startsAtZero ? '0' : 'the value itself'} in the first row.`,
    category,
    arguments: [{ name: 'x', repeated: true }],
    nulls: 'own',
    lowCardinality: 'plain',
    deterministic: false,
    returns: (args, environment) => {
      checkAllowed(name, environment)
      wanted(name, args.length, 1, 1)
      const type = plainType(args[0].type)
      if (!isNumberOrDecimal(type) && !['Date', 'DateTime'].includes(type.kind))
        throw new DBError(
          'ILLEGAL_TYPE_OF_ARGUMENT',
          `Argument for function ${name} must have numeric type or Date/DateTime`,
        )
      return differenceOf(args[0].type, environment).type
    },
    run: ([x], { type, rows, arena, environment }) => {
      const before = placeU32(
        arena,
        Array.from({ length: rows }, (_, row) => Math.max(0, row - 1)),
      )
      const difference = differenceOf(x.type, environment)
        .run([x, x.gather(before, rows, arena)], rows, arena)
        .full(arena)
      if (startsAtZero || rows === 0) return difference
      const first = castColumn(x.slice(0, 1), type, arena).full(arena)
      return concatColumns([first, difference.slice(1, rows - 1)], arena)
    },
  })
}

const neighbor = defineFunction({
  name: 'neighbor',
  about: 'The value of a column so many rows further in the block, or a default.',
  category,
  arguments: [{ name: 'x', repeated: true }],
  nulls: 'own',
  lowCardinality: 'plain',
  deterministic: false,
  foldable: false,
  returns: (args, environment) => {
    checkAllowed('neighbor', environment)
    wanted('neighbor', args.length, 2, 3)
    const [x, offset, otherwise] = args
    if (!isInteger(plainType(offset.type)))
      throw new DBError(
        'ILLEGAL_TYPE_OF_ARGUMENT',
        `The offset of function neighbor must be an integer, not ${offset.type.name}`,
      )
    return otherwise ? commonType([x.type, otherwise.type]) : x.type
  },
  run: ([x, offset, otherwise], { type, rows, arena }) => {
    const values = castColumn(x, type, arena).full(arena)
    const defaults = otherwise
      ? castColumn(otherwise, type, arena).full(arena)
      : columnOf(type, Array(rows).fill(type.default), arena)
    const steps = offset.full(arena)
    const picks = Array.from({ length: rows }, (_, row) => {
      const step = steps.valueAt(row)
      const other = step === null ? -1 : row + Number(step)
      return other >= 0 && other < rows ? other : rows + row
    })
    return concatColumns([values, defaults], arena).gather(placeU32(arena, picks), rows, arena)
  },
})

const isTime = (type: DataType): boolean => ['Date', 'Date32', 'DateTime', 'DateTime64'].includes(type.kind)

const runningConcurrency = defineFunction({
  name: 'runningConcurrency',
  about: 'How many of the intervals that began in this block so far have not ended.',
  category,
  arguments: [
    { name: 'start', accepts: isTime },
    { name: 'end', accepts: isTime },
  ],
  deterministic: false,
  returns: ([start, end]) => {
    if (!start.type.equals(end.type))
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Start and end of function runningConcurrency must have one type')
    return parseType('UInt32')
  },
  run: ([start, end], { type, rows, arena }) => {
    const open: (number | bigint)[] = []
    let last: number | bigint | null = null
    const counts = Array.from({ length: rows }, (_, row) => {
      const [from, to] = [start.valueAt(row), end.valueAt(row)] as (number | bigint)[]
      if (from > to) throw new DBError('INCORRECT_DATA', 'Incorrect order of events: the end is before the start')
      if (last !== null && from < last)
        throw new DBError('INCORRECT_DATA', 'Incorrect order of events: starts must be sorted')
      last = from
      let kept = 0
      for (const other of open) if (other > from) open[kept++] = other
      open.length = kept
      open.push(to)
      return open.length
    })
    return columnOf(type, counts, arena)
  },
})

const lowCardinalityRule = [{ name: 'x', accepts: (type: DataType) => type instanceof LowCardinalityType }]
const asItIs = { nulls: 'own', lowCardinality: 'own' } as const

/** The values in the order in which they first come, the entry of the default (and NULL) before them. */
function dictionaryOf(column: LowCardinalityColumn, rows: number): { entries: number[]; places: number[] } {
  const { dictionary, indices, memory } = column
  const isNullable = dictionary instanceof NullableColumn
  const fixed = isNullable ? 2 : 1
  const known = new Map<string, number>()
  const { type } = column.type.inner.isNullable ? { type: plainType(column.type.inner) } : { type: column.type.inner }
  const keyOf = (entry: number) => String(dictionary.valueAt(entry))
  const entries: number[] = []
  const places = Array.from({ length: rows }, (_, row) => {
    const entry = memory.u32[indices / 4 + row]
    const value = dictionary.valueAt(entry)
    if (value === null) return 0
    if (value === type.default) return fixed - 1
    const key = keyOf(entry)
    let place = known.get(key)
    if (place === undefined) {
      place = fixed + entries.length
      known.set(key, place)
      entries.push(entry)
    }
    return place
  })
  return { entries, places }
}

const packedOf = (column: Column, call: Call): LowCardinalityColumn =>
  castColumn(column, column.type, call.arena).full(call.arena) as LowCardinalityColumn

const lowCardinalityIndices = defineFunction({
  name: 'lowCardinalityIndices',
  about: "The number of the value in its column's dictionary.",
  category,
  arguments: lowCardinalityRule,
  ...asItIs,
  returns: () => parseType('UInt64'),
  run: ([x], call) => {
    const { places } = dictionaryOf(packedOf(x, call), call.rows)
    return columnOf(call.type, places.map(BigInt), call.arena)
  },
  examples: [["SELECT lowCardinalityIndices(toLowCardinality('a'))", '1']],
})

const lowCardinalityKeys = defineFunction({
  name: 'lowCardinalityKeys',
  about: 'The dictionary of the column, an entry a row; defaults behind the last one.',
  category,
  arguments: lowCardinalityRule,
  ...asItIs,
  returns: ([x]) => (x.type as LowCardinalityType).inner,
  run: ([x], call) => {
    const packed = packedOf(x, call)
    const { entries } = dictionaryOf(packed, call.rows)
    const { inner } = packed.type
    const keys = [
      ...(inner.isNullable ? [null] : []),
      plainType(inner).default,
      ...entries.map(entry => packed.dictionary.valueAt(entry)),
    ]
    const values = Array.from({ length: call.rows }, (_, row) => (row < keys.length ? keys[row] : inner.default))
    return columnOf(inner, values, call.arena)
  },
})

const getSizeOfEnumType = defineFunction({
  name: 'getSizeOfEnumType',
  about: 'How many names an Enum has.',
  category,
  arguments: [{ name: 'x', accepts: type => type instanceof EnumType }],
  returns: ([{ type }]) => parseType(type.width === 1 ? 'UInt8' : 'UInt16'),
  run: ([x], { type, rows, arena }) => columnOf(type, Array(rows).fill((x.type as EnumType).numberOf.size), arena),
  examples: [["SELECT getSizeOfEnumType(CAST('a', 'Enum8(\\'a\\' = 1, \\'b\\' = 2)'))", '2']],
})

const indexHint = defineFunction({
  name: 'indexHint',
  about: 'Always 1: the condition only chooses the marks that are read.',
  category,
  arguments: [{ name: 'condition', repeated: true }],
  ...asItIs,
  returns: () => parseType('UInt8'),
  run: (_, { type, rows, arena }) => columnOf(type, Array(rows).fill(1), arena),
  examples: [['SELECT indexHint(0)', '1']],
})

export const blocks: readonly FunctionDefinition[] = [
  neighbor,
  running('runningDifference', true),
  running('runningDifferenceStartingWithFirstValue', false),
  runningConcurrency,
  lowCardinalityIndices,
  lowCardinalityKeys,
  getSizeOfEnumType,
  indexHint,
]
