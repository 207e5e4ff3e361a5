// Packed columns in functions: making them, and casting them between number types by kernels.
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { assert } from '../core/assert.ts'
import { kernelNamed } from '../core/kernels.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType, Physical } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'

/** The column behind a constant or itself; it must be packed. */
export function fixedOf(column: Column): FixedColumn {
  const whole = column instanceof ConstColumn ? column.value : column
  assert(whole instanceof FixedColumn, 'a packed column is expected')
  return whole
}

/** Room for a packed column; its values are still to be written. */
export function newFixed(type: DataType, rows: number, arena: Arena): FixedColumn {
  return new FixedColumn(type, arena.memory, arena.allocate(rows * type.width), rows)
}

/** A zeroed packed column. */
export function zeroFixed(type: DataType, rows: number, arena: Arena): FixedColumn {
  return new FixedColumn(type, arena.memory, arena.allocateZeroed(rows * type.width), rows)
}

/** A mask (u8[rows], 0 or 1) as a column of UInt8. */
export function maskColumn(mask: number, rows: number, arena: Arena): FixedColumn {
  return new FixedColumn(uint8, arena.memory, mask, rows)
}

const uint8 = parseType('UInt8')

const widths: Record<Exclude<Physical, 'Bytes'>, number> = {
  U8: 1,
  U16: 2,
  U32: 4,
  U64: 8,
  U128: 16,
  U256: 32,
  I8: 1,
  I16: 2,
  I32: 4,
  I64: 8,
  I128: 16,
  I256: 32,
  F32: 4,
  F64: 8,
}
export type NumberPhysical = keyof typeof widths

export const physicalWidth = (physical: NumberPhysical): number => widths[physical]
const isFloat = (physical: NumberPhysical): boolean => physical[0] === 'F'
const isWide = (physical: NumberPhysical): boolean => widths[physical] > 8

/** Packed numbers as another number type: integers wrap, fractions are cut off. Gives the pointer, the same one if nothing changes. */
export function castNumbers(
  values: number,
  from: NumberPhysical,
  to: NumberPhysical,
  rows: number,
  arena: Arena,
): number {
  const { kernels } = arena.memory
  if (from === to || (!isFloat(from) && !isFloat(to) && widths[from] === widths[to])) return values
  if (isWide(from) && isFloat(to)) {
    const doubles = arena.allocate(rows * 8)
    kernels.castWideF64(values, widths[from] / 8, Number(from[0] === 'I'), doubles, rows)
    return castNumbers(doubles, 'F64', to, rows, arena)
  }
  const out = arena.allocate(rows * widths[to])
  if (isFloat(from) && isWide(to)) {
    const doubles = castNumbers(values, from, 'F64', rows, arena)
    kernels.castF64Wide(doubles, out, widths[to] / 8, rows)
  } else if (isWide(from) || isWide(to))
    kernels.resizeIntegers(values, widths[from], Number(from[0] === 'I'), out, widths[to], rows)
  else kernelNamed(kernels, `cast${from}${to}`)(values, out, rows)
  return out
}

/** The kernel suffix of a type that is stored as a number. */
export function numberPhysical(type: DataType): NumberPhysical {
  const { physical } = type
  assert(physical !== null && physical !== 'Bytes', 'a type of numbers is expected')
  return physical
}
