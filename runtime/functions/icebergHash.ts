// The hash by which Iceberg's bucket transform places values: MurmurHash3 of 32 bits over each type's own bytes.
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { DataType } from '../types/dataType.ts'
import { DateTime64Type } from '../types/date.ts'
import { DecimalType } from '../types/decimal.ts'
import { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { bytesReader, StringsBuilder } from './stringRows.ts'

const Int32 = parseType('Int32')

function littleEndian(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true)
  return bytes
}

/** Two's complement in as few bytes as do, the highest first. */
function shortest(value: bigint): Uint8Array {
  let size = 1
  while (BigInt.asIntN(size * 8, value) !== value) size++
  return Uint8Array.from({ length: size }, (_, i) => Number((value >> BigInt((size - 1 - i) * 8)) & 255n))
}

function bytesOf(type: DataType): ((value: unknown) => Uint8Array) | null {
  if ((type instanceof IntegerType && type.bits <= 64) || ['Bool', 'Date', 'Date32'].includes(type.kind))
    return value => littleEndian(BigInt(value as number | bigint | boolean))
  if (type.kind === 'Float32' || type.kind === 'Float64')
    return value => {
      const bytes = new Uint8Array(8)
      new DataView(bytes.buffer).setFloat64(0, value === 0 ? 0 : (value as number), true)
      return bytes
    }
  if (type instanceof DecimalType) return value => shortest(BigInt(value as bigint))
  if (type.kind === 'UUID')
    return value => Uint8Array.from({ length: 16 }, (_, i) => Number(((value as bigint) >> BigInt(120 - i * 8)) & 255n))
  if (type instanceof DateTime64Type) {
    if (type.scale !== 6 && type.scale !== 9)
      throw new DBError('BAD_ARGUMENTS', 'icebergHash takes DateTime64 of microseconds and nanoseconds only')
    return value => littleEndian(value as bigint)
  }
  return null
}

export const icebergHashes: readonly FunctionDefinition[] = [
  defineFunction({
    name: 'icebergHash',
    about: "Iceberg's hash of a value.",
    category: 'Hash',
    arguments: [
      {
        name: 'value',
        accepts: type => type.kind === 'String' || type.kind === 'FixedString' || bytesOf(type) !== null,
      },
    ],
    returns: () => Int32,
    run: ([x]: readonly Column[], { rows, arena }) => {
      const strings = new StringsBuilder()
      const toBytes = bytesOf(x.type)
      const read = toBytes ? (row: number) => toBytes(x.valueAt(row)) : bytesReader(x, arena)
      for (let row = 0; row < rows; row++) {
        strings.bytes(read(row))
        strings.end()
      }
      const { offsets, bytes } = strings.finish(arena)
      const out = newFixed(Int32, rows, arena)
      arena.memory.kernels.murmurHash3U32Strings(offsets, bytes, rows, out.pointer)
      return out
    },
    examples: [["SELECT icebergHash('iceberg')", '1210000089']],
  }),
]
