import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import type { Column } from '../columns/column.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import { FixedStringType } from '../types/string.ts'
import { castTarget } from './conversion.ts'
import { fixedOf, newFixed } from './fixedColumns.ts'
import { defineFunction, type FunctionDefinition } from './function.ts'
import { printColumn } from './textColumns.ts'

const category = 'Type Conversion'
const hasBytes = (type: DataType): boolean => type.width > 0 || type.kind === 'String'

/** The bytes of each value as a value of another packed type: cut off, or filled up with zero bytes. */
function asBytesOf(column: Column, type: DataType, rows: number, arena: Arena): Column {
  const { kernels, u8, u32 } = arena.memory
  if (column instanceof FixedColumn) {
    if (column.type.width === type.width) return column.as(type)
    const out = newFixed(type, rows, arena)
    kernels.resizeIntegers(column.pointer, column.type.width, 0, out.pointer, type.width, rows)
    return out
  }
  const { offsets, bytes } = column as StringColumn
  const out = arena.allocateZeroed(rows * type.width)
  for (let row = 0; row < rows; row++) {
    const start = u32[offsets / 4 + row]
    const size = Math.min(u32[offsets / 4 + row + 1] - start, type.width)
    u8.copyWithin(out + row * type.width, bytes + start, bytes + start + size)
  }
  return new FixedColumn(type, arena.memory, out, rows)
}

/** The bytes as a string, without the zero bytes at the end. */
function asText(column: Column, arena: Arena): Column {
  if (column instanceof StringColumn) return column
  const { type } = column
  return printColumn(fixedOf(column).as(new FixedStringType(type.width)), arena)
}

function reinterpretColumn(column: Column, type: DataType, rows: number, arena: Arena): Column {
  return type.kind === 'String' ? asText(column, arena) : asBytesOf(column, type, rows, arena)
}

const names = [
  ...[
    'UInt8',
    'UInt16',
    'UInt32',
    'UInt64',
    'UInt128',
    'UInt256',
    'Int8',
    'Int16',
    'Int32',
    'Int64',
    'Int128',
    'Int256',
  ],
  ...['Float32', 'Float64', 'Date', 'DateTime', 'UUID', 'String'],
]

const toNamed = (name: string): FunctionDefinition =>
  defineFunction({
    name: `reinterpretAs${name}`,
    about: `The bytes of x taken for a value of type ${name}.`,
    category,
    arguments: [{ name: 'x', accepts: hasBytes }],
    returns: () => parseType(name),
    run: ([x], { type, rows, arena }) => reinterpretColumn(x, type, rows, arena),
  })

export const reinterpret: readonly FunctionDefinition[] = [
  ...names.map(toNamed),
  defineFunction({
    name: 'reinterpretAsFixedString',
    about: 'The bytes of x as a FixedString.',
    category,
    arguments: [{ name: 'x', accepts: type => type.width > 0 }],
    returns: ([x]) => new FixedStringType(x.type.width),
    run: ([x], { type }) => fixedOf(x).as(type),
  }),
  defineFunction({
    name: 'reinterpret',
    about: 'The bytes of x taken for a value of the type.',
    category,
    arguments: [
      { name: 'x', accepts: hasBytes },
      { name: 'type', constant: true },
    ],
    returns: ([, type], environment) => {
      const target = castTarget(type, 'reinterpret', environment)
      if (!hasBytes(target)) throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Cannot reinterpret bytes as ${target.name}`)
      return target
    },
    run: ([x], { type, rows, arena }) => reinterpretColumn(x, type, rows, arena),
    examples: [["SELECT reinterpret(toInt8(-1), 'UInt8')", '255']],
  }),
]
