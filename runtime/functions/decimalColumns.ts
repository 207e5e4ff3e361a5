// Decimals to and from numbers and decimals of other scales.
import { FixedColumn } from '../columns/fixed.ts'
import { columnOf } from '../columns/build.ts'
import { DBError } from '../core/errors.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { FloatType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { type CastContext, failRow, failRows } from './castContext.ts'
import { castNumbers, newFixed, type NumberPhysical, numberPhysical, physicalWidth } from './fixedColumns.ts'
import { isNumber, storedInteger } from './numericTypes.ts'

export const isDecimalCast = (from: DataType, to: DataType): boolean =>
  (from instanceof DecimalType && (to instanceof DecimalType || isNumber(to) || storedInteger(to) !== null)) ||
  (to instanceof DecimalType && (isNumber(from) || storedInteger(from) !== null))

const overflow = (): DBError => new DBError('DECIMAL_OVERFLOW', 'Decimal convert overflow')

export function castDecimals(column: FixedColumn, to: DataType, context: CastContext): FixedColumn {
  const { arena } = context
  const { type: from, rows } = column
  if (from instanceof FloatType && to instanceof DecimalType) return floatToDecimal(column, to, context)
  if (from instanceof DecimalType && to instanceof FloatType) return decimalToFloat(column, from, to, arena)
  if (to.kind === 'Bool') {
    const out = newFixed(to, rows, arena)
    const zero = arena.allocateZeroed(32)
    kernelNamed(arena.memory.kernels, `notEqualConst${from.physical}`)(column.pointer, zero, out.pointer, rows)
    return out
  }
  const digits = (to instanceof DecimalType ? to.scale : 0) - (from instanceof DecimalType ? from.scale : 0)
  const x = numberPhysical(from)
  const y = numberPhysical(to)
  if (digits <= 0) {
    const cut = divideByPower(column.pointer, x, -digits, rows, arena)
    return narrow(cut, x, y, to, rows, context)
  }
  const fitted = narrow(column.pointer, x, y, to, rows, context)
  const out = newFixed(to, rows, arena)
  const factor = tenTo(digits, y, arena)
  const multiply = kernelNamed(arena.memory.kernels, `multiplyCheckedConst${y}`)
  if (multiply(fitted.pointer, factor, out.pointer, rows) === 0) return out
  for (let row = 0; row < rows; row++) {
    const at = row * to.width
    if (multiply(fitted.pointer + at, factor, out.pointer + at, 1) === 0) continue
    arena.memory.u8.fill(0, out.pointer + at, out.pointer + at + to.width)
    failRow(context, row, overflow)
  }
  return out
}

/** Whole numbers to another width; what does not fit fails. */
function narrow(
  values: number,
  from: NumberPhysical,
  to: NumberPhysical,
  type: DataType,
  rows: number,
  context: CastContext,
): FixedColumn {
  const { arena } = context
  const { kernels } = arena.memory
  const result = new FixedColumn(type, arena.memory, castNumbers(values, from, to, rows, arena), rows)
  const isWider = physicalWidth(to) > physicalWidth(from)
  const sameSign = from[0] === to[0]
  if (isWider && (sameSign || from[0] === 'U')) return result
  if (sameSign && physicalWidth(to) === physicalWidth(from)) return result
  const changed = arena.allocate(rows)
  kernelNamed(kernels, `notEqual${from}`)(values, castNumbers(result.pointer, to, from, rows, arena), changed, rows)
  if (!sameSign) {
    const negative = arena.allocate(rows)
    const [pointer, physical] = from[0] === 'I' ? [values, from] : [result.pointer, to]
    kernelNamed(kernels, `lessConst${physical}`)(pointer, arena.allocateZeroed(32), negative, rows)
    kernels.maskOr(changed, negative, changed, rows)
  }
  failRows(context, changed, rows, overflow)
  return result
}

/** values / 10^digits, cut towards zero. */
export function divideByPower(
  values: number,
  physical: NumberPhysical,
  digits: number,
  rows: number,
  arena: Arena,
): number {
  if (digits === 0) return values
  const out = arena.allocate(rows * physicalWidth(physical))
  kernelNamed(arena.memory.kernels, `intDivConst${physical}`)(values, tenTo(digits, physical, arena), out, rows)
  return out
}

/** The address of 10^digits as an integer of the width. */
export function tenTo(digits: number, physical: NumberPhysical, arena: Arena): number {
  const type = parseType(`Int${physicalWidth(physical) * 8}`)
  const value = 10n ** BigInt(digits)
  return (columnOf(type, [type.width > 4 ? value : Number(value)], arena) as FixedColumn).pointer
}

function floatToDecimal(column: FixedColumn, to: DecimalType, context: CastContext): FixedColumn {
  const { arena } = context
  const { rows } = column
  const { kernels } = arena.memory
  const doubles = castNumbers(column.pointer, numberPhysical(column.type), 'F64', rows, arena)
  const scaled = arena.allocate(rows * 8)
  const factor = 10 ** to.scale
  const limit = 2 ** (to.width * 8 - 1)
  const { f64 } = arena.memory
  for (let row = 0; row < rows; row++) {
    const value = f64[doubles / 8 + row] * factor
    const fits = value > -limit && value < limit
    f64[scaled / 8 + row] = fits ? value : 0
    if (!fits)
      failRow(context, row, () =>
        Number.isFinite(value)
          ? new DBError('DECIMAL_OVERFLOW', 'Decimal convert overflow. Float is out of Decimal range')
          : new DBError('DECIMAL_OVERFLOW', 'Decimal convert overflow. Cannot convert infinity or NaN to decimal'),
      )
  }
  const out = newFixed(to, rows, arena)
  if (to.width > 8) kernels.castF64Wide(scaled, out.pointer, to.width / 8, rows)
  else kernelNamed(kernels, `castF64${to.physical}`)(scaled, out.pointer, rows)
  return out
}

function decimalToFloat(column: FixedColumn, from: DecimalType, to: FloatType, arena: Arena): FixedColumn {
  const { rows } = column
  const doubles = castNumbers(column.pointer, numberPhysical(from), 'F64', rows, arena)
  const out = arena.allocate(rows * 8)
  const divisor = columnOf(parseType('Float64'), [10 ** from.scale], arena) as FixedColumn
  arena.memory.kernels.divideConstF64(doubles, divisor.pointer, out, rows)
  return new FixedColumn(to, arena.memory, castNumbers(out, 'F64', numberPhysical(to), rows, arena), rows)
}
