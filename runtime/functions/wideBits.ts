// Bits of what kernels do not shift: texts, which are one long number with its highest bit first, and integers of 128 and 256 bits.
import { columnOf } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import type { DataType } from '../types/dataType.ts'
import type { IntegerType } from '../types/number.ts'
import type { Value } from '../types/value.ts'
import type { Call } from './function.ts'

export const isText = (type: DataType): boolean => type.kind === 'String' || type.kind === 'FixedString'

const mapRows = ([a, b]: readonly Column[], { type, rows, arena }: Call, f: (x: Value, y: Value) => Value): Column =>
  columnOf(
    type,
    Array.from({ length: rows }, (_, row) => f(a.valueAt(row), b?.valueAt(row) ?? 0n)),
    arena,
  )

function checkPositions(count: bigint, bits: number): void {
  if (count < 0n || count > BigInt(bits))
    throw new DBError(
      'ARGUMENT_OUT_OF_BOUND',
      'The number of shift positions needs to be a non-negative value and less or equal to the bit width of the value to shift',
    )
}

/** The bytes moved by so many bits. A String grows to the left and shrinks on the right, a FixedString keeps its size. */
function shiftBytes(bytes: Uint8Array, count: number, isLeft: boolean, isFixed: boolean): Uint8Array {
  const [whole, part] = [count >> 3, count & 7]
  const size = isFixed ? bytes.length : isLeft ? bytes.length + whole + Number(part > 0) : bytes.length - whole
  const out = new Uint8Array(size)
  /** Eight bits from a place on, counted from the first one; zeros outside. */
  const eight = (bit: number): number => {
    const at = bit >> 3
    const both = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    return (both >> (8 - (bit & 7))) & 255
  }
  for (let k = 0; k < size; k++) {
    const source = isLeft
      ? k * 8 + count - (isFixed ? 0 : (size - bytes.length) * 8)
      : k * 8 - count + (isFixed ? 0 : whole * 8)
    out[k] = eight(source)
  }
  return out
}

export const shiftTexts = (args: readonly Column[], call: Call, isLeft: boolean): Column =>
  mapRows(args, call, (value, by) => {
    const bytes = encodeText(value as string)
    const count = BigInt(by as number)
    const isFixed = call.type.kind === 'FixedString'
    if (count < 0n) checkPositions(count, 0)
    if (count >= BigInt(bytes.length * 8)) return decodeText(new Uint8Array(isFixed ? bytes.length : 0))
    return decodeText(shiftBytes(bytes, Number(count), isLeft, isFixed))
  })

export const shiftWide = (args: readonly Column[], call: Call, isLeft: boolean): Column =>
  mapRows(args, call, (value, by) => {
    const type = call.type as IntegerType
    const count = BigInt(by as number)
    checkPositions(count, type.bits)
    return type.wrap(isLeft ? (value as bigint) << count : (value as bigint) >> count)
  })

export const rotateWide = (args: readonly Column[], call: Call, isLeft: boolean): Column =>
  mapRows(args, call, (value, by) => {
    const type = call.type as IntegerType
    const bits = BigInt(type.bits)
    const turned = ((BigInt(by as number) % bits) + bits) % bits
    const count = isLeft ? turned : bits - turned
    const whole = BigInt.asUintN(type.bits, value as bigint)
    return type.wrap((whole << count) | (whole >> (bits - count)))
  })

export const turnTexts = (args: readonly Column[], call: Call): Column =>
  mapRows(args, call, value => decodeText(encodeText(value as string).map(byte => ~byte & 255)))
