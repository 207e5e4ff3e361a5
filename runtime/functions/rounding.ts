import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { castColumn } from './castColumn.ts'
import { tenTo } from './decimalColumns.ts'
import { castNumbers, fixedOf, newFixed, numberPhysical } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isNumber, isNumberOrDecimal, storedInteger } from './numericTypes.ts'

const category = 'Rounding'

/** How whole numbers are rounded by roundToStep; floats know the first three and halves to even. */
const modes = { floor: 0, ceil: 1, trunc: 2, round: 3, roundBankers: 4 } as const
type Mode = keyof typeof modes

const round = (
  name: Mode,
  aliases: readonly string[],
  about: string,
  examples: [string, string][],
): FunctionDefinition =>
  defineFunction({
    name,
    aliases,
    caseInsensitive: true,
    about,
    category,
    arguments: [
      { name: 'x', accepts: isNumberOrDecimal },
      { name: 'digits', accepts: isNumber, constant: true, optional: true },
    ],
    constants: 'keep',
    returns: ([x]) => storedInteger(x.type) ?? x.type,
    run: ([x], { type, arena, arguments: args }) => {
      const digits = Number(args[1]?.constant ?? 0)
      return roundColumn(fixedOf(x.full(arena)), type, name, Math.trunc(digits), arena)
    },
    examples,
  })

function roundColumn(column: FixedColumn, type: DataType, mode: Mode, digits: number, arena: Arena): FixedColumn {
  if (type instanceof FloatType) return roundFloats(column, type, mode, digits, arena)
  const scale = type instanceof DecimalType ? type.scale : 0
  if (digits >= scale) return column.as(type)
  return roundToStep(column, type, mode, scale - digits, arena)
}

function roundFloats(column: FixedColumn, type: FloatType, mode: Mode, digits: number, arena: Arena): FixedColumn {
  const out = newFixed(type, column.rows, arena)
  const kernel = kernelNamed(arena.memory.kernels, `${mode === 'roundBankers' ? 'round' : mode}F${type.bits}`)
  const isDivided = digits < 0 ? 1 : 0
  kernel(column.pointer, 10 ** Math.min(Math.abs(digits), 300), isDivided, out.pointer, column.rows)
  return out
}

/** Whole numbers to multiples of 10^digits. */
function roundToStep(column: FixedColumn, type: DataType, mode: Mode, digits: number, arena: Arena): FixedColumn {
  const { rows } = column
  const { kernels } = arena.memory
  if (digits > (type.width > 8 ? 76 : 18))
    return new FixedColumn(type, arena.memory, arena.allocateZeroed(rows * type.width), rows)
  if (type.width > 8) return roundWide(column, type, mode, digits, arena)
  const physical = numberPhysical(type)
  const sign = physical[0] as 'I' | 'U'
  const wide = castNumbers(column.pointer, physical, `${sign}64`, rows, arena)
  const out = arena.allocate(rows * 8)
  const step = tenTo(digits, 'I64', arena)
  kernelNamed(kernels, `roundToStep${sign}64`)(modes[mode], wide, step, out, rows)
  return new FixedColumn(type, arena.memory, castNumbers(out, `${sign}64`, physical, rows, arena), rows)
}

function roundWide(column: FixedColumn, type: DataType, mode: Mode, digits: number, arena: Arena): FixedColumn {
  const step = 10n ** BigInt(digits)
  const values = Array.from({ length: column.rows }, (_, row) => {
    const value = BigInt(column.valueAt(row) as bigint)
    const rest = value % step
    const down = value - rest
    if (rest === 0n) return value
    const away = rest < 0n ? down - step : down + step
    const twice = (rest < 0n ? -rest : rest) * 2n
    switch (mode) {
      case 'floor':
        return rest < 0n ? away : down
      case 'ceil':
        return rest > 0n ? away : down
      case 'trunc':
        return down
      case 'round':
        return twice >= step ? away : down
      case 'roundBankers':
        return twice > step || (twice === step && (down / step) % 2n !== 0n) ? away : down
    }
  })
  return columnOf(type, values, arena) as FixedColumn
}

/** Down to one of a list of limits. */
function toLimits(
  column: Column,
  limits: readonly number[],
  below: number,
  type: DataType,
  rows: number,
  arena: Arena,
): Column {
  const doubles = (castColumn(column, parseType('Float64'), arena) as FixedColumn).pointer
  const { f64 } = arena.memory
  const values = Array.from({ length: rows }, (_, row) => {
    const value = f64[doubles / 8 + row]
    let found = below
    for (const limit of limits) if (value >= limit) found = limit
    return found
  })
  return castColumn(columnOf(parseType('Float64'), values, arena), type, arena)
}

const durations = [1, 10, 30, 60, 120, 180, 240, 300, 600, 1200, 1800, 3600, 7200, 18000, 36000]

const roundToExp2 = defineFunction({
  name: 'roundToExp2',
  about: 'Down to a power of two; what is below 1 becomes 0.',
  category,
  arguments: [{ name: 'x', accepts: isNumber }],
  returns: ([x]) => storedInteger(x.type) ?? x.type,
  run: ([x], { type, rows, arena }) => {
    const doubles = (castColumn(x, parseType('Float64'), arena) as FixedColumn).pointer
    const { f64 } = arena.memory
    const values = Array.from({ length: rows }, (_, row) => {
      const value = f64[doubles / 8 + row]
      const isFloat = type instanceof FloatType
      if (!Number.isFinite(value) || value === 0) return value
      if (!isFloat) return value < 1 ? 0 : 2 ** Math.floor(Math.log2(value))
      return Math.sign(value) * 2 ** Math.floor(Math.log2(Math.abs(value)))
    })
    return castColumn(columnOf(parseType('Float64'), values, arena), type, arena)
  },
  examples: [['SELECT roundToExp2(7), roundToExp2(0)', '4\t0']],
})

const roundDuration = defineFunction({
  name: 'roundDuration',
  about: 'Seconds down to a usual duration: 1, 10, 30, 60, ... 36000.',
  category,
  arguments: [{ name: 'seconds', accepts: isNumber }],
  returns: () => parseType('UInt16'),
  run: ([x], { type, rows, arena }) => toLimits(x, durations, 0, type, rows, arena),
  examples: [['SELECT roundDuration(100)', '60']],
})

const roundAge = defineFunction({
  name: 'roundAge',
  about: 'An age to its group: 0, 17, 18, 25, 35, 45, 55.',
  category,
  arguments: [{ name: 'age', accepts: isNumber }],
  returns: () => parseType('UInt8'),
  run: ([x], { type, rows, arena }) => {
    const ages = castColumn(toLimits(x, [1, 18, 25, 35, 45, 55], 0, type, rows, arena), type, arena) as FixedColumn
    const { u8 } = arena.memory
    for (let row = 0; row < rows; row++) if (u8[ages.pointer + row] === 1) u8[ages.pointer + row] = 17
    return ages
  },
  examples: [['SELECT roundAge(20)', '18']],
})

const roundDown = defineFunction({
  name: 'roundDown',
  about: 'Down to an element of an array; what is below all becomes the smallest.',
  category,
  arguments: [
    { name: 'x', accepts: isNumberOrDecimal },
    { name: 'limits', accepts: type => type.kind === 'Array', constant: true },
  ],
  constants: 'keep',
  returns: ([x]) => storedInteger(x.type) ?? x.type,
  run: ([x], { type, rows, arena, arguments: args }) => {
    const limits = (args[1].constant as (number | bigint)[]).map(Number).sort((a, b) => a - b)
    if (limits.length === 0)
      throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', 'Array of limits of function roundDown must not be empty')
    return toLimits(x.full(arena), limits, limits[0], type, rows, arena)
  },
  examples: [['SELECT roundDown(7, [0, 5, 10])', '5']],
})

export const rounding: readonly FunctionDefinition[] = [
  round('floor', [], 'Down to a number of digits.', [['SELECT floor(-1.55, 1)', '-1.6']]),
  round('ceil', ['ceiling'], 'Up to a number of digits.', [['SELECT ceil(1.21, 1)', '1.3']]),
  round('trunc', ['truncate'], 'Towards zero to a number of digits.', [['SELECT trunc(-1.59, 1)', '-1.5']]),
  round(
    'round',
    [],
    'To the nearest number of so many digits; halves of floats go to the even one, of others away from zero.',
    [['SELECT round(2.5), round(toInt32(15), -1)', '2\t20']],
  ),
  round('roundBankers', [], 'To the nearest number of so many digits; halves go to the even one.', [
    ['SELECT roundBankers(2.5), roundBankers(25, -1)', '2\t20'],
  ]),
  roundToExp2,
  roundDuration,
  roundAge,
  roundDown,
]
