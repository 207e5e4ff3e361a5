// How states look in ClickHouse's bytes: what -State gives, what parts and Native hold of AggregateFunction columns.
import { columnOf, place, placeU32 } from '../columns/build.ts'
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import type { StringColumn } from '../columns/string.ts'
import { StringColumn as Strings } from '../columns/string.ts'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { BoundAggregate } from './aggregate.ts'
import type { Arena } from '../core/memory.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { wordOf } from './hashing.ts'
import { tableOrder } from './tableOrder.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'

const string = parseType('String')
const uint64 = parseType('UInt64')

/** Between the columns that `states` gives and bytes. */
export interface StateForm {
  /** Types of the columns. */
  readonly types: readonly DataType[]
  /** One state, a value of each column, as bytes. */
  write(values: readonly Value[], writer: ByteWriter): void
  /** The inverse, which reads no byte more. */
  read(reader: ByteReader): Value[]
  /** The one column holds the bytes themselves. */
  readonly isBytes?: boolean
  /** The one column's values are the bytes as they lie in memory. */
  readonly isPlain?: boolean
}

/** Column values one behind another, as their types write them. */
export function plainForm(...types: DataType[]): StateForm {
  return {
    types,
    isPlain: types.length === 1 && types[0].width > 0,
    write: (values, writer) => types.forEach((type, i) => type.writeBinary(writer, values[i])),
    read: reader => types.map(type => type.readBinary(reader)),
  }
}

/** A count as varint. */
export const countForm: StateForm = {
  types: [uint64],
  write: ([count], writer) => writer.varint(Number(count)),
  read: reader => [BigInt(reader.varint())],
}

/** Forms one behind another. */
export function joinForms(...forms: readonly StateForm[]): StateForm {
  return {
    types: forms.flatMap(form => form.types),
    write(values, writer) {
      let at = 0
      for (const form of forms) {
        form.write(values.slice(at, at + form.types.length), writer)
        at += form.types.length
      }
    },
    read: reader => forms.flatMap(form => form.read(reader)),
  }
}

/** A value that may not be there, as min, any and their kin keep it; the second column is UInt8, 1 where there is one. */
export function optionalForm(type: DataType): StateForm {
  const types = [type, parseType('UInt8')]
  if (type.kind !== 'String')
    return {
      types,
      write([value, has], writer) {
        writer.u8(has ? 1 : 0)
        if (has) type.writeBinary(writer, value)
      },
      read: reader => (reader.u8() ? [type.readBinary(reader), 1] : [type.default, 0]),
    }
  // Strings: a size that counts a zero byte at the end, or -1.
  return {
    types,
    write([value, has], writer) {
      if (!has) {
        writer.i32(-1)
        return
      }
      const bytes = encodeText(value as string)
      writer.i32(bytes.length + 1)
      writer.raw(bytes)
      writer.u8(0)
    },
    read(reader) {
      const size = reader.i32()
      if (size < 0) return ['', 0]
      if (size === 0) return ['', 1]
      const bytes = reader.raw(size)
      return [decodeText(bytes[size - 1] === 0 ? bytes.subarray(0, size - 1) : bytes), 1]
    },
  }
}

/** Distinct values as an array. */
export function setForm(element: DataType, hash: (word: bigint) => number): StateForm {
  const list = listForm(element)
  if (element.width === 0 || element.width > 8 || element.physical === 'Bytes') return list
  return {
    ...list,
    write([values], writer) {
      const words = (values as Value[]).map(value => wordOf(value, element))
      const order = tableOrder(words.map(hash), words.indexOf(0n))
      list.write([order.map(i => (values as Value[])[i])], writer)
    },
  }
}

/** Values as an array: their number, then each. Strings have their lengths. */
export function listForm(element: DataType): StateForm {
  const types = [new ArrayType(element)]
  return {
    types,
    write([values], writer) {
      writer.varint((values as Value[]).length)
      for (const value of values as Value[]) writeElement(element, value, writer)
    },
    read: reader => [readList(reader, () => readElement(element, reader))],
  }
}

export function readList<T>(reader: ByteReader, next: () => T): T[] {
  const count = reader.varint()
  if (count > reader.left * 8 + 64)
    throw new DBError(
      'CANNOT_READ_ALL_DATA',
      `Cannot read all data: a state of ${count} values in ${reader.left} bytes`,
    )
  const values: T[] = []
  for (let i = 0; i < count; i++) values.push(next())
  return values
}

/** States 0..rows as bytes, one a row. */
export function packStates(
  form: StateForm,
  columns: readonly Column[],
  rows: number,
  type: DataType,
  arena: Arena,
): StringColumn {
  const full = columns.map(column => column.full(arena))
  if (form.isBytes) {
    const { offsets, bytes, memory } = full[0] as StringColumn
    return new Strings(memory, offsets, bytes, rows, type)
  }
  const [first] = full
  if (form.isPlain && first instanceof FixedColumn) {
    const { width } = first.type
    const offsets = arena.allocate((rows + 1) * 4)
    arena.memory.kernels.fillRange(0, width, rows + 1, offsets)
    const bytes = arena.allocate(rows * width)
    arena.memory.u8.copyWithin(bytes, first.pointer, first.pointer + rows * width)
    return new Strings(arena.memory, offsets, bytes, rows, type)
  }
  const writer = new ByteWriter(rows * 16 + 16)
  const offsets = new Uint32Array(rows + 1)
  for (let row = 0; row < rows; row++) {
    form.write(
      full.map(column => column.valueAt(row)),
      writer,
    )
    offsets[row + 1] = writer.length
  }
  return new Strings(arena.memory, placeU32(arena, offsets), place(arena, writer.bytes()), rows, type)
}

/** The columns of states that are given as bytes. `empty`: what stands for no bytes. */
export function unpackStates(form: StateForm, states: StringColumn, empty: () => Uint8Array, arena: Arena): Column[] {
  const { rows, memory } = states
  if (form.isBytes) {
    if (!hasEmpty(states)) return [new Strings(memory, states.offsets, states.bytes, rows)]
    const texts = Array.from({ length: rows }, (_, row) => {
      const bytes = stateAt(states, row)
      return decodeText(bytes.length === 0 ? empty() : bytes)
    })
    return [columnOf(string, texts, arena)]
  }
  const [type] = form.types
  const first = memory.u32[states.offsets / 4]
  if (form.isPlain && states.textSize === rows * type.width && !hasOther(states, type.width)) {
    const pointer = arena.allocate(rows * type.width)
    memory.u8.copyWithin(pointer, states.bytes + first, states.bytes + first + rows * type.width)
    return [new FixedColumn(type, memory, pointer, rows)]
  }
  const values: Value[][] = form.types.map(() => [])
  for (let row = 0; row < rows; row++) {
    const bytes = stateAt(states, row)
    const read = form.read(new ByteReader(bytes.length === 0 ? empty() : bytes))
    for (const [i, value] of read.entries()) values[i].push(value)
  }
  return form.types.map((each, i) => columnOf(each, values[i], arena))
}

/** The bytes of a function's state of no rows. */
export function emptyState({ form, create }: BoundAggregate, arena: Arena): Uint8Array {
  const scratch = arena.child()
  try {
    const states = create(scratch)
    states.ensure(1)
    return stateAt(packStates(form, states.states(1, scratch), 1, string, scratch), 0)
  } finally {
    scratch.destroy()
  }
}

/** A copy of a row's bytes. */
export function stateAt(states: StringColumn, row: number): Uint8Array {
  const { u32 } = states.memory
  const start = u32[states.offsets / 4 + row]
  return states.memory.copyOut(states.bytes + start, u32[states.offsets / 4 + row + 1] - start)
}

function hasEmpty(states: StringColumn): boolean {
  const { u32 } = states.memory
  const at = states.offsets / 4
  for (let row = 0; row < states.rows; row++) if (u32[at + row] === u32[at + row + 1]) return true
  return false
}

function hasOther(states: StringColumn, width: number): boolean {
  const { u32 } = states.memory
  const at = states.offsets / 4
  for (let row = 0; row < states.rows; row++) if (u32[at + row + 1] - u32[at + row] !== width) return true
  return false
}

/** A literal as it stands between an aggregate function's parentheses in a type's name. */
export function parameterText(value: Value): string {
  if (typeof value === 'string') return `'${value.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(parameterText).join(', ')}]`
  if (value === null) return 'NULL'
  return Number.isNaN(value) ? 'nan' : String(value)
}

/**
 * A value of any type as bytes that say where they end: how hash tables keep keys that are no numbers. Sizes of strings and arrays are UInt64.
 */
export function writeKey(type: DataType, value: Value, writer: ByteWriter): void {
  if (type instanceof NullableType) {
    writer.u8(value === null ? 1 : 0)
    if (value !== null) writeKey(type.inner, value, writer)
  } else if (type instanceof LowCardinalityType) writeKey(type.inner, value, writer)
  else if (type instanceof ArrayType || type instanceof MapType) {
    const element = type instanceof MapType ? type.pairs.element : type.element
    writer.u64(BigInt((value as Value[]).length))
    for (const each of value as Value[]) writeKey(element, each, writer)
  } else if (type instanceof TupleType) {
    for (const [i, element] of type.elements.entries()) writeKey(element, (value as Value[])[i], writer)
  } else if (type.kind === 'String') {
    const bytes = encodeText(value as string)
    writer.u64(BigInt(bytes.length))
    writer.raw(bytes)
  } else type.writeBinary(writer, value)
}

export function readKey(type: DataType, reader: ByteReader): Value {
  const size = (): number => {
    const count = Number(reader.u64())
    if (count > reader.left * 8) throw new DBError('CANNOT_READ_ALL_DATA', 'Cannot read all data: a key is cut off')
    return count
  }
  if (type instanceof NullableType) return reader.u8() ? null : readKey(type.inner, reader)
  if (type instanceof LowCardinalityType) return readKey(type.inner, reader)
  if (type instanceof ArrayType || type instanceof MapType) {
    const element = type instanceof MapType ? type.pairs.element : type.element
    return Array.from({ length: size() }, () => readKey(element, reader))
  }
  if (type instanceof TupleType) return type.elements.map(element => readKey(element, reader))
  if (type.kind === 'String') return decodeText(reader.raw(size()))
  return type.readBinary(reader)
}

/** One element of a list of values: numbers and strings as they are, anything else as a key with its size before it. */
export function writeElement(type: DataType, value: Value, writer: ByteWriter): void {
  if (type.width > 0 || type.kind === 'String') {
    type.writeBinary(writer, value)
    return
  }
  const bytes = new ByteWriter()
  writeKey(type, value, bytes)
  writer.varint(bytes.length)
  writer.raw(bytes.bytes())
}

export function readElement(type: DataType, reader: ByteReader): Value {
  if (type.width > 0 || type.kind === 'String') return type.readBinary(reader)
  return readKey(type, new ByteReader(reader.raw(reader.varint())))
}
