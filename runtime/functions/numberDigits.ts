// Digits of whole numbers and decimals.
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DecimalType } from '../types/decimal.ts'
import { IntegerType } from '../types/number.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { isNativeInteger, mapNumbers, numberReader, uint64, uint8 } from './stringRows.ts'

const category = 'Other'

const isWhole = (type: DataType): boolean => type instanceof IntegerType || type instanceof DecimalType
const digitsOf = (value: unknown): string => String(BigInt(value as number | bigint)).replace('-', '')

const countDigits = defineFunction({
  name: 'countDigits',
  about: 'How many digits a number has, for decimals with those behind the point.',
  category,
  arguments: [{ name: 'x', accepts: isWhole }],
  returns: () => uint8,
  run: ([x], { rows, arena }) => {
    const counts = Array.from({ length: rows }, (_, row) => digitsOf(x.valueAt(row)).length)
    return mapNumbers(uint8, arena, rows, row => counts[row])
  },
  examples: [['SELECT countDigits(toDecimal32(1, 9))', '10']],
})

const precisions: Record<number, number> = { 4: 9, 8: 18, 16: 38, 32: 76 }

const isDecimalOverflow = defineFunction({
  name: 'isDecimalOverflow',
  about: 'Whether a decimal has more digits than its type, or a precision that is given, allows.',
  category,
  arguments: [
    { name: 'value', accepts: type => type instanceof DecimalType },
    { name: 'precision', accepts: type => type.kind === 'UInt8', optional: true },
  ],
  constants: 'keep',
  returns: () => uint8,
  run: ([value, precision], { rows, arena }) => {
    const full = value.full(arena)
    const digitsAt = precision ? numberReader(precision) : () => precisions[full.type.width]
    return mapNumbers(uint8, arena, rows, row => Number(digitsOf(full.valueAt(row)).length > digitsAt(row)))
  },
  examples: [['SELECT isDecimalOverflow(toDecimal32(1000000000, 0), 9)', '1']],
})

const digits = defineFunction({
  name: 'digits',
  about: 'A part of the digits of a number: from a place (from the end where negative), so many of them.',
  category,
  arguments: [
    { name: 'number', accepts: isNativeInteger },
    { name: 'offset', accepts: isNativeInteger },
    { name: 'length', accepts: isNativeInteger, optional: true },
  ],
  constants: 'keep',
  returns: () => uint64,
  run: ([number, offset, length], { rows, arena, nulls }) => {
    const full = number.full(arena)
    const [offsetAt, lengthAt] = [numberReader(offset), length ? numberReader(length) : null]
    return mapNumbers(uint64, arena, rows, row => {
      if (nulls !== 0 && arena.memory.u8[nulls + row]) return 0n
      const text = digitsOf(full.valueAt(row))
      const place = offsetAt(row)
      if (place === 0) throw new DBError('ZERO_ARRAY_OR_TUPLE_INDEX', 'Indices in number are 1-based')
      const start = place > 0 ? place - 1 : text.length + place
      const size = lengthAt ? lengthAt(row) : text.length
      const end = size < 0 ? text.length + size : start + size
      const part = text.slice(Math.max(start, 0), Math.max(end, 0))
      return part === '' ? 0n : BigInt.asUintN(64, BigInt(part))
    })
  },
  examples: [['SELECT digits(1234567890, 7, 2)', '78']],
})

export const numberDigits: readonly FunctionDefinition[] = [countDigits, isDecimalOverflow, digits]
