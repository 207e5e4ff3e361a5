import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { defineFunction } from './function.ts'
import { isInteger } from './numericTypes.ts'
import { isNativeInteger, mapTexts, stringType, uint64 } from './stringRows.ts'

const category = 'Encoding'
const argument = { name: 'num', accepts: isNativeInteger }

/** Places of the bits that are set, from the lowest. */
function bitsOf(column: Column, row: number): number[] {
  const bits = column.type.width * 8
  const value = BigInt.asUintN(bits, BigInt(column.valueAt(row) as number | bigint))
  const places: number[] = []
  for (let bit = 0; bit < bits; bit++) if ((value >> BigInt(bit)) & 1n) places.push(bit)
  return places
}

/** 2 to the power of a bit's place in a type: negative for the sign. */
function power(type: DataType, bit: number): bigint {
  const value = 1n << BigInt(bit)
  return type.physical?.startsWith('I') ? BigInt.asIntN(type.width * 8, value) : value
}

/** A 64-bit value is a bigint, a narrower one a number. */
const asValue = (type: DataType, value: bigint): number | bigint => (type.width === 8 ? value : Number(value))

export const bitmask = [
  defineFunction({
    name: 'bitPositionsToArray',
    about: 'The places of the bits that are set in a number, from 0.',
    category,
    arguments: [{ name: 'num', accepts: isInteger }],
    returns: () => new ArrayType(uint64),
    run: ([x], { arena, rows, type }) => {
      const lists = Array.from({ length: rows }, (_, row) => bitsOf(x, row).map(BigInt))
      return columnOf(type, lists, arena)
    },
    examples: [['SELECT bitPositionsToArray(toInt8(5))', '[0,2]']],
  }),
  defineFunction({
    name: 'bitmaskToArray',
    about: 'The powers of two that a number is the sum of.',
    category,
    arguments: [argument],
    returns: ([x]) => new ArrayType(x.type),
    run: ([x], { arena, rows, type }) => {
      const lists = Array.from({ length: rows }, (_, row) =>
        bitsOf(x, row).map(bit => asValue(x.type, power(x.type, bit))),
      )
      return columnOf(type, lists, arena)
    },
    examples: [['SELECT bitmaskToArray(50)', '[2,16,32]']],
  }),
  defineFunction({
    name: 'bitmaskToList',
    about: 'The powers of two that a number is the sum of, with commas between.',
    category,
    arguments: [argument],
    returns: () => stringType,
    run: ([x], { arena, rows }) =>
      mapTexts(arena, rows, row =>
        bitsOf(x, row)
          .map(bit => power(x.type, bit))
          .join(','),
      ),
    examples: [['SELECT bitmaskToList(50)', '2,16,32']],
  }),
]
