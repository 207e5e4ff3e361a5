// Columns from single values, and columns put together.
import { assert } from '../core/assert.ts'
import { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { ArrayType, LowCardinalityType, MapType, NullableType, TupleType } from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'
import { ArrayColumn } from './array.ts'
import type { Column } from './column.ts'
import { ConstColumn } from './const.ts'
import { FixedColumn } from './fixed.ts'
import { LowCardinalityColumn } from './lowCardinality.ts'
import { NullableColumn } from './nullable.ts'
import { StringColumn } from './string.ts'
import { TupleColumn } from './tuple.ts'

/** Copies bytes into the arena. */
export function place(arena: Arena, bytes: Uint8Array): number {
  const pointer = arena.allocate(bytes.length)
  arena.memory.copyIn(pointer, bytes)
  return pointer
}

/** Copies numbers into the arena as u32. */
export function placeU32(arena: Arena, numbers: ArrayLike<number>): number {
  const pointer = arena.allocate(numbers.length * 4)
  arena.memory.u32.set(numbers, pointer / 4)
  return pointer
}

/** A column of these values: for literals, small tables and tests. */
export function columnOf(type: DataType, values: readonly Value[], arena: Arena): Column {
  const { memory } = arena
  if (type instanceof NullableType) {
    const nulls = place(
      arena,
      Uint8Array.from(values, value => (value === null ? 1 : 0)),
    )
    const inner = values.map(value => (value === null ? type.inner.default : value))
    return new NullableColumn(nulls, columnOf(type.inner, inner, arena), type)
  }
  if (type instanceof LowCardinalityType) {
    const dictionary: Value[] = [type.inner.default]
    const entries = new Map<Value, number>([[dictionary[0], 0]])
    const indices = values.map(value => {
      let entry = entries.get(value)
      if (entry === undefined) {
        entry = dictionary.push(value) - 1
        entries.set(value, entry)
      }
      return entry
    })
    return new LowCardinalityColumn(
      columnOf(type.inner, dictionary, arena),
      placeU32(arena, indices),
      values.length,
      type,
    )
  }
  if (type instanceof ArrayType || type instanceof MapType) {
    const arrays = values as readonly Value[][]
    const offsets = [0]
    for (const array of arrays) offsets.push(offsets[offsets.length - 1] + array.length)
    const element = type instanceof MapType ? type.pairs.element : type.element
    return new ArrayColumn(placeU32(arena, offsets), columnOf(element, arrays.flat(1), arena), values.length, type)
  }
  if (type instanceof TupleType) {
    const columns = type.elements.map((element, i) =>
      columnOf(
        element,
        values.map(value => (value as Value[])[i]),
        arena,
      ),
    )
    return new TupleColumn(memory, columns, values.length, type)
  }
  if (type.kind === 'String' || type.kind === 'AggregateFunction') {
    const texts = values.map(value => encodeText(value as string))
    const offsets = [0]
    for (const text of texts) offsets.push(offsets[offsets.length - 1] + text.length)
    const bytes = arena.allocate(offsets[texts.length])
    texts.forEach((text, i) => memory.copyIn(bytes + offsets[i], text))
    return new StringColumn(memory, placeU32(arena, offsets), bytes, values.length, type)
  }
  if (type.width === 0) throw new DBError('NOT_IMPLEMENTED', `Columns of type ${type.name} are not supported here`)
  if (type.kind === 'Nothing') return new FixedColumn(type, memory, arena.allocateZeroed(values.length), values.length)
  const writer = new ByteWriter(values.length * type.width)
  for (const value of values) type.writeBinary(writer, value)
  return new FixedColumn(type, memory, place(arena, writer.bytes()), values.length)
}

/** One value for every row. */
export function constColumn(type: DataType, value: Value, rows: number, arena: Arena): ConstColumn {
  return new ConstColumn(columnOf(type, [value], arena), rows)
}

/** A full column of the type's default. */
export function defaultColumn(type: DataType, rows: number, arena: Arena): Column {
  return constColumn(type, type.default, rows, arena).full(arena)
}

/** The rows of all, in order. At least one; all of one type. Constants of equal value stay no constant. */
export function concatColumns(columns: readonly Column[], arena: Arena): Column {
  assert(columns.length > 0, 'something is put together')
  if (columns.length === 1) return columns[0].full(arena)
  const full = columns.map(column => column.full(arena))
  const [first] = full
  const rows = full.reduce((sum, column) => sum + column.rows, 0)
  const { memory } = first
  switch (first.layout) {
    case 'fixed': {
      const { width } = first.type
      const pointer = arena.allocate(rows * width)
      let at = pointer
      for (const column of full as FixedColumn[]) {
        memory.u8.copyWithin(at, column.pointer, column.pointer + column.rows * width)
        at += column.rows * width
      }
      return new FixedColumn(first.type, memory, pointer, rows)
    }
    case 'string': {
      const strings = full as StringColumn[]
      const bytes = arena.allocate(strings.reduce((sum, column) => sum + column.textSize, 0))
      const offsets = concatOffsets(strings, rows, arena, (column, at) => {
        const start = memory.u32[column.offsets / 4]
        memory.u8.copyWithin(bytes + at, column.bytes + start, column.bytes + start + column.textSize)
      })
      return new StringColumn(memory, offsets, bytes, rows, first.type)
    }
    case 'nullable': {
      const nullables = full as NullableColumn[]
      const nulls = arena.allocate(rows)
      let at = nulls
      for (const column of nullables) {
        memory.u8.copyWithin(at, column.nulls, column.nulls + column.rows)
        at += column.rows
      }
      return new NullableColumn(
        nulls,
        concatColumns(
          nullables.map(column => column.values),
          arena,
        ),
        (first as NullableColumn).type,
      )
    }
    case 'array': {
      const arrays = full as ArrayColumn[]
      const parts: Column[] = []
      const offsets = concatOffsets(arrays, rows, arena, column => parts.push(column.compact(arena).elements))
      return new ArrayColumn(offsets, concatColumns(parts, arena), rows, first.type)
    }
    case 'tuple': {
      const tuples = full as TupleColumn[]
      const columns = tuples[0].columns.map((_, i) =>
        concatColumns(
          tuples.map(tuple => tuple.columns[i]),
          arena,
        ),
      )
      return new TupleColumn(memory, columns, rows, (first as TupleColumn).type)
    }
    case 'lowCardinality': {
      const all = full as LowCardinalityColumn[]
      const { dictionary } = all[0]
      const shared = all.every(column => column.dictionary === dictionary)
      const indices = arena.allocate(rows * 4)
      let at = indices
      let base = 0
      for (const column of all) {
        memory.u8.copyWithin(at, column.indices, column.indices + column.rows * 4)
        if (base > 0) memory.kernels.addToU32(at, column.rows, base)
        at += column.rows * 4
        if (!shared) base += column.dictionary.rows
      }
      const joined = shared
        ? dictionary
        : concatColumns(
            all.map(column => column.dictionary),
            arena,
          )
      return new LowCardinalityColumn(joined, indices, rows, all[0].type)
    }
    default:
      throw new DBError('NOT_IMPLEMENTED', `Columns of type ${first.type.name} cannot be put together`)
  }
}

/** Offsets of string or array columns put behind each other; `copy` is told where each column's content starts. */
function concatOffsets<C extends { offsets: number; rows: number; memory: Memory }>(
  columns: readonly C[],
  rows: number,
  arena: Arena,
  copy: (column: C, at: number) => void,
): number {
  const offsets = arena.allocate((rows + 1) * 4)
  const { memory } = columns[0]
  let row = 0
  let at = 0
  for (const column of columns) {
    memory.kernels.rebaseOffsets(column.offsets, column.rows, at, offsets + row * 4)
    copy(column, at)
    row += column.rows
    at = memory.u32[offsets / 4 + row]
  }
  return offsets
}
