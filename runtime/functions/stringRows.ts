// What string functions are written with: arguments as columns of strings or row by row, results by kernels or row by row.
import { ArrayColumn } from '../columns/array.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { StringColumn } from '../columns/string.ts'
import { assert } from '../core/assert.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { ArrayType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { IntegerType } from '../types/number.ts'
import { parseType } from '../types/parseType.ts'
import { newFixed } from './fixedColumns.ts'
import type { ArgumentRule } from './function.ts'
import { isInteger } from './numericTypes.ts'
import { printColumn } from './textColumns.ts'

export const stringType = parseType('String')
export const stringsType = new ArrayType(stringType)
export const uint8 = parseType('UInt8')
export const uint64 = parseType('UInt64')
export const float64 = parseType('Float64')

export const isPlainString = (type: DataType): boolean => type.kind === 'String'
export const isString = (type: DataType): boolean => type.kind === 'String' || type.kind === 'FixedString'
export const isStringOrEnum = (type: DataType): boolean => isString(type) || type.kind.startsWith('Enum')
/** Up to 64 bits wide. */
export const isNativeInteger = (type: DataType): boolean => isInteger(type) && type.width <= 8
export const isUnsigned = (type: DataType): boolean => isNativeInteger(type) && !(type as IntegerType).isSigned

export const text = (name: string): ArgumentRule => ({ name, accepts: isString })
export const plainText = (name: string): ArgumentRule => ({ name, accepts: isPlainString })
export const constantText = (name: string): ArgumentRule => ({ name, accepts: isString, constant: true })
export const integer = (name: string): ArgumentRule => ({ name, accepts: isNativeInteger })
export const optional = (rule: ArgumentRule): ArgumentRule => ({ ...rule, optional: true })

/** One value for all rows: a constant, or the only row. */
export function singleText(column: Column): string | undefined {
  if (column instanceof ConstColumn) return textAt(column.value, 0)
  return column.rows === 1 ? textAt(column, 0) : undefined
}

function textAt(column: Column, row: number): string {
  return column.type.print(column.valueAt(row))
}

/** Strings, FixedString with its padding, and other types as text, as a full column of strings. */
export function stringsOf(column: Column, arena: Arena): StringColumn {
  const full = column.full(arena)
  if (full instanceof StringColumn) return full
  if (full instanceof FixedColumn && full.type.kind === 'FixedString') {
    const { memory, rows } = full
    const { width } = full.type
    const offsets = arena.allocate((rows + 1) * 4)
    memory.kernels.fillRange(0, width, rows + 1, offsets)
    return new StringColumn(memory, offsets, full.pointer, rows)
  }
  return printColumn(full, arena)
}

/** Row to text. A constant is read once. */
export function textReader(column: Column, arena: Arena): (row: number) => string {
  const single = singleText(column)
  if (single !== undefined) return () => single
  const strings = stringsOf(column, arena)
  return row => strings.valueAt(row) as string
}

/** Row to bytes, borrowed until the next allocation. */
export function bytesReader(column: Column, arena: Arena): (row: number) => Uint8Array {
  const single = singleText(column)
  if (single !== undefined) {
    const bytes = encodeText(single)
    return () => bytes
  }
  const { offsets, bytes, memory } = stringsOf(column, arena)
  return row => memory.u8.subarray(bytes + memory.u32[offsets / 4 + row], bytes + memory.u32[offsets / 4 + row + 1])
}

/** Row to an integer; 64-bit ones that JavaScript's numbers do not hold are rounded. */
export function numberReader(column: Column): (row: number) => number {
  if (column instanceof ConstColumn) {
    const value = Number(column.valueAt())
    return () => value
  }
  return row => Number(column.valueAt(row))
}

/** i64 values for a kernel, and how far apart they are: 0 for one that stands for all. Unsigned ones above i64 become its largest. */
export function wideIntegers(column: Column, arena: Arena): { pointer: number; step: number } {
  const { memory } = arena
  const single = column instanceof ConstColumn
  const values = single ? column.value : column
  const pointer = arena.allocate(values.rows * 8)
  for (let row = 0; row < values.rows; row++) {
    const value = BigInt(values.valueAt(row) as number | bigint)
    memory.i64[pointer / 8 + row] = value > largest ? largest : value
  }
  return { pointer, step: single ? 0 : 8 }
}

const largest = 0x7fffffffffffffffn

/** 16 bytes that kernels append to (assembly/strings/sink.ts). */
export function newSink(arena: Arena): number {
  const sink = arena.allocateZeroed(16)
  arena.memory.u32[sink / 4] = arena.address
  return sink
}

/** Strings by a kernel that fills offsets and a sink; negative where it ran out of memory. */
export function buildStrings(arena: Arena, rows: number, run: (offsets: number, sink: number) => number): StringColumn {
  const offsets = arena.allocate((rows + 1) * 4)
  const sink = newSink(arena)
  if (run(offsets, sink) < 0) arena.fail()
  return new StringColumn(arena.memory, offsets, arena.memory.u32[sink / 4 + 1], rows)
}

/** Strings by a kernel that needs room for at most `size` bytes. */
export function fillStrings(
  arena: Arena,
  rows: number,
  size: number,
  run: (offsets: number, target: number) => void,
): StringColumn {
  const offsets = arena.allocate((rows + 1) * 4)
  const target = arena.allocate(size)
  run(offsets, target)
  return new StringColumn(arena.memory, offsets, target, rows)
}

/** Arrays of strings by a kernel that fills the lists' offsets, a sink of string ends and one of bytes. */
export function buildLists(
  arena: Arena,
  rows: number,
  run: (listOffsets: number, ends: number, target: number) => number,
): ArrayColumn {
  const { memory } = arena
  const listOffsets = arena.allocate((rows + 1) * 4)
  const ends = newSink(arena)
  const first = arena.allocate(1024)
  memory.u32[first / 4] = 0
  memory.u32.set([first, 1024, 4], ends / 4 + 1)
  const target = newSink(arena)
  if (run(listOffsets, ends, target) < 0) arena.fail()
  const { u32 } = memory
  const strings = new StringColumn(memory, u32[ends / 4 + 1], u32[target / 4 + 1], u32[listOffsets / 4 + rows])
  return new ArrayColumn(listOffsets, strings, rows, stringsType)
}

/** A mask column by a kernel. */
export function buildMask(arena: Arena, rows: number, run: (mask: number) => void): FixedColumn {
  const mask = arena.allocate(rows)
  run(mask)
  return new FixedColumn(uint8, arena.memory, mask, rows)
}

/** u64 values by a kernel. */
export function buildNumbers(arena: Arena, rows: number, run: (numbers: number) => void): FixedColumn {
  const column = newFixed(uint64, rows, arena)
  run(column.pointer)
  return column
}

/** A numeric column row by row. */
export function mapNumbers(
  type: DataType,
  arena: Arena,
  rows: number,
  value: (row: number) => number | bigint,
): FixedColumn {
  const column = newFixed(type, rows, arena)
  const { pointer } = column
  const { memory } = arena
  for (let row = 0; row < rows; row++) {
    const it = value(row)
    switch (type.physical) {
      case 'U8':
        memory.u8[pointer + row] = Number(it)
        break
      case 'I8':
        memory.i8[pointer + row] = Number(it)
        break
      case 'U16':
        memory.u16[pointer / 2 + row] = Number(it)
        break
      case 'U32':
        memory.u32[pointer / 4 + row] = Number(it)
        break
      case 'I32':
        memory.i32[pointer / 4 + row] = Number(it)
        break
      case 'F32':
        memory.f32[pointer / 4 + row] = Number(it)
        break
      case 'F64':
        memory.f64[pointer / 8 + row] = Number(it)
        break
      case 'I16':
        memory.i16[pointer / 2 + row] = Number(it)
        break
      case 'I64':
        memory.i64[pointer / 8 + row] = BigInt(it)
        break
      default:
        assert(type.physical === 'U64', 'rows are mapped to numbers of these types only')
        memory.u64[pointer / 8 + row] = BigInt(it)
    }
  }
  return column
}

/** Strings put together in JavaScript's memory, byte by byte or text by text. */
export class StringsBuilder {
  #bytes = new Uint8Array(4096)
  #size = 0
  readonly #offsets: number[] = [0]

  #reserve(more: number): void {
    if (this.#size + more <= this.#bytes.length) return
    if (this.#size + more > 0x7f000000)
      throw new DBError('TOO_LARGE_STRING_SIZE', 'Strings of one chunk are larger than 2 GiB')
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + more))
    grown.set(this.#bytes.subarray(0, this.#size))
    this.#bytes = grown
  }

  byte(value: number): void {
    if (this.#size === this.#bytes.length) this.#reserve(1)
    this.#bytes[this.#size++] = value
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const size = end - start
    if (size <= 0) return
    this.#reserve(size)
    if (size < 24) for (let i = start; i < end; i++) this.#bytes[this.#size++] = source[i]
    else {
      this.#bytes.set(source.subarray(start, end), this.#size)
      this.#size += size
    }
  }

  text(value: string): void {
    this.#reserve(value.length)
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) {
        this.bytes(encodeText(value.slice(i)))
        return
      }
      this.#bytes[this.#size++] = unit
    }
  }

  /** Ends the row's string. */
  end(): void {
    this.#offsets.push(this.#size)
  }

  get rows(): number {
    return this.#offsets.length - 1
  }

  finish(arena: Arena): StringColumn {
    const { memory } = arena
    const bytes = arena.allocate(this.#size)
    memory.copyIn(bytes, this.#bytes.subarray(0, this.#size))
    const offsets = arena.allocate(this.#offsets.length * 4)
    memory.u32.set(this.#offsets, offsets / 4)
    return new StringColumn(memory, offsets, bytes, this.rows)
  }
}

/** Strings row by row. */
export function mapTexts(arena: Arena, rows: number, value: (row: number) => string): StringColumn {
  const builder = new StringsBuilder()
  for (let row = 0; row < rows; row++) {
    builder.text(value(row))
    builder.end()
  }
  return builder.finish(arena)
}

/** Strings row by row, from bytes to bytes. */
export function mapBytes(
  column: Column,
  arena: Arena,
  rows: number,
  write: (bytes: Uint8Array, out: StringsBuilder, row: number) => void,
): StringColumn {
  const read = bytesReader(column, arena)
  const builder = new StringsBuilder()
  for (let row = 0; row < rows; row++) {
    write(read(row), builder, row)
    builder.end()
  }
  return builder.finish(arena)
}

/** Arrays of strings row by row. */
export function mapLists(arena: Arena, rows: number, values: (row: number) => readonly string[]): ArrayColumn {
  const builder = new StringsBuilder()
  const offsets = arena.allocate((rows + 1) * 4)
  const ends = [0]
  for (let row = 0; row < rows; row++) {
    for (const value of values(row)) {
      builder.text(value)
      builder.end()
    }
    ends.push(builder.rows)
  }
  arena.memory.u32.set(ends, offsets / 4)
  return new ArrayColumn(offsets, builder.finish(arena), rows, stringsType)
}

/** Text as bytes in an arena. */
export function placeText(arena: Arena, value: string): { pointer: number; size: number } {
  return arena.memory.writeText(arena, value)
}

export const textOf = (bytes: Uint8Array): string => decodeText(bytes)

/** A column of strings that shares offsets with another, whose bytes a kernel writes at the same distances. */
export function sameOffsets(
  column: StringColumn,
  arena: Arena,
  run: (source: number, size: number, target: number) => void,
): StringColumn {
  const memory: Memory = arena.memory
  const start = memory.u32[column.offsets / 4]
  const size = column.textSize
  const target = arena.allocate(size)
  run(column.bytes + start, size, target)
  if (start === 0) return new StringColumn(memory, column.offsets, target, column.rows)
  const offsets = arena.allocate((column.rows + 1) * 4)
  memory.kernels.rebaseOffsets(column.offsets, column.rows, 0, offsets)
  return new StringColumn(memory, offsets, target, column.rows)
}
