// Rows of binary values: RowBinary, with names, with names and types. The kernels walk a tree of nodes that says what a value is made
// of (assembly/formats/rowBinary.ts draws it).
import { stateAt } from '../aggregates/stateForm.ts'
import { functionOf, wholeStates } from '../aggregates/stateType.ts'
import { ArrayColumn } from '../columns/array.ts'
import { columnOf } from '../columns/build.ts'
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { ConstColumn } from '../columns/const.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { LowCardinalityColumn } from '../columns/lowCardinality.ts'
import { NullableColumn } from '../columns/nullable.ts'
import { packColumn } from '../columns/pack.ts'
import { StringColumn } from '../columns/string.ts'
import { TupleColumn } from '../columns/tuple.ts'
import { ByteReader, ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import type { Arena, Memory } from '../core/memory.ts'
import {
  AggregateFunctionType,
  ArrayType,
  LowCardinalityType,
  MapType,
  NullableType,
  TupleType,
} from '../types/compound.ts'
import type { DataType } from '../types/dataType.ts'
import { parseType } from '../types/parseType.ts'
import type { Value } from '../types/value.ts'
import { decodeText } from '../core/text.ts'
import {
  type BlockReader,
  type BlockWriter,
  defineFormat,
  type Output,
  type ReadResult,
  type Schema,
} from './format.ts'
import { assemble, checkTypes, identity, type Mapping, mapNames, nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'

const kinds = { fixed: 0, string: 1, nullable: 2, array: 3, tuple: 4, indexed: 5, constant: 6 }
const nodeBytes = 32
/** Rows are written in pieces of about this many bytes. */
const pieceRows = 4096

/** Puts one node where it belongs; its children go behind each other into the arena. */
function writeNode(
  memory: Memory,
  at: number,
  kind: keyof typeof kinds,
  { size = 0, child = 0, a = 0, b = 0 }: { size?: number; child?: number; a?: number; b?: number },
): void {
  memory.u32.set([kinds[kind], size, child, a, b, 0, 0, 0], at / 4)
}

/** A type as the reader sees it: where its node is, and what it is made of. */
interface Reading {
  readonly type: DataType
  readonly at: number
  readonly children: readonly Reading[]
}

function unsupported(type: DataType): DBError {
  return new DBError('NOT_IMPLEMENTED', `Type ${type.name} is not supported in RowBinary`)
}

function readingNodes(types: readonly DataType[], arena: Arena): Reading[] {
  const first = arena.allocate(types.length * nodeBytes)
  return types.map((type, i) => readingNode(type, first + i * nodeBytes, arena))
}

function readingNode(type: DataType, at: number, arena: Arena): Reading {
  const { memory } = arena
  if (type instanceof LowCardinalityType) return { ...readingNode(type.inner, at, arena), type }
  const inside = insideTypes(type)
  const children = readingNodes(inside, arena)
  const child = children[0]?.at ?? 0
  if (type instanceof NullableType) writeNode(memory, at, 'nullable', { child })
  else if (type instanceof ArrayType || type instanceof MapType) writeNode(memory, at, 'array', { child })
  else if (type instanceof TupleType) writeNode(memory, at, 'tuple', { child, size: inside.length })
  else if (type.kind === 'String') writeNode(memory, at, 'string', {})
  else if (type.width > 0) writeNode(memory, at, 'fixed', { size: type.width })
  else throw unsupported(type)
  return { type, at, children }
}

function insideTypes(type: DataType): readonly DataType[] {
  if (type instanceof NullableType) return [type.inner]
  if (type instanceof ArrayType) return [type.element]
  if (type instanceof MapType) return [type.pairs.element]
  return type instanceof TupleType ? type.elements : []
}

/** Gives every node memory for what was counted, and sets its counts to zero. */
function giveMemory({ type, at, children }: Reading, arena: Arena): void {
  const { memory } = arena
  const [kind, width] = memory.u32.subarray(at / 4, at / 4 + 2)
  const [count, bytes] = memory.u32.subarray(at / 4 + 5, at / 4 + 7)
  if (type instanceof LowCardinalityType && children.length === 0 && kind !== kinds.string && kind !== kinds.fixed)
    throw unsupported(type)
  let a = 0
  let b = 0
  if (kind === kinds.fixed) a = arena.allocate(count * width)
  else if (kind === kinds.nullable) a = arena.allocate(count)
  else if (kind !== kinds.tuple) {
    a = arena.allocate((count + 1) * 4)
    memory.u32[a / 4] = 0
    if (kind === kinds.string) b = arena.allocate(bytes)
  }
  memory.u32.set([a, b, 0, 0], at / 4 + 3)
  for (const child of children) giveMemory(child, arena)
}

/** The column that a node's memory has become. */
function toColumn({ type, at, children }: Reading, arena: Arena): Column {
  const { memory } = arena
  const [a, b, count] = memory.u32.subarray(at / 4 + 3, at / 4 + 6)
  if (type instanceof LowCardinalityType)
    return packColumn(toColumn({ type: type.inner, at, children }, arena), arena, type)
  if (type instanceof NullableType) return new NullableColumn(a, toColumn(children[0], arena), type)
  if (type instanceof ArrayType || type instanceof MapType)
    return new ArrayColumn(a, toColumn(children[0], arena), count, type)
  if (type instanceof TupleType)
    return new TupleColumn(
      memory,
      children.map(child => toColumn(child, arena)),
      count,
      type,
    )
  if (type.kind === 'String') return new StringColumn(memory, a, b, count)
  return new FixedColumn(type, memory, a, count)
}

type Header = 'none' | 'names' | 'types'

class RowBinaryReader implements BlockReader {
  #types: readonly DataType[]
  #mapping: Mapping

  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly memory: Memory,
    /** What stands before the rows and is not read yet. */
    private header: Header,
  ) {
    this.#types = schema.map(({ type }) => type)
    this.#mapping = identity(schema)
  }

  read(pointer: number, size: number, isLast: boolean, arena: Arena): ReadResult {
    const { kernels } = this.memory
    let skipped = 0
    if (this.header !== 'none') {
      if (size === 0) return nothingRead()
      try {
        skipped = this.#readHeader(this.memory.bytes(pointer, size))
      } catch (error) {
        if (!isLast && error instanceof DBError && error.errorName === 'CANNOT_READ_ALL_DATA') return nothingRead()
        throw error
      }
      this.header = 'none'
    }
    const start = pointer + skipped
    const left = size - skipped
    if (this.#types.some(type => type instanceof AggregateFunctionType))
      return this.#readStates(start, left, skipped, isLast, arena)
    const columns = this.#types.length
    const nodes = readingNodes(this.#types, arena)
    const state = this.memory.scratch()
    kernels.countRowBinary(nodes[0].at, columns, start, left, this.options.rowsMax, state)
    const [rows, used, error] = this.memory.u32.subarray(state / 4, state / 4 + 3)
    if (rows === 0) {
      if (error) throw new DBError('TOO_LARGE_STRING_SIZE', 'Too large string or array size in RowBinary data')
      if (isLast && left > 0)
        throw new DBError('CANNOT_READ_ALL_DATA', `Cannot read all data: a row is cut off after ${left} bytes`)
      return nothingRead(skipped)
    }
    for (const node of nodes) giveMemory(node, arena)
    kernels.readRowBinary(nodes[0].at, columns, start, left, rows)
    const given: (Column | null)[] = this.schema.map(() => null)
    for (const [i, place] of this.#mapping.entries()) if (place >= 0) given[place] = toColumn(nodes[i], arena)
    return assemble(this.schema, given, rows, skipped + used, arena)
  }

  /** Rows among which are states, value by value. */
  #readStates(start: number, size: number, skipped: number, isLast: boolean, arena: Arena): ReadResult {
    const reader = new ByteReader(this.memory.copyOut(start, size))
    const values: Value[][] = this.#types.map(() => [])
    let [rows, used] = [0, 0]
    try {
      for (; reader.left > 0 && rows < this.options.rowsMax; rows++) {
        const row = this.#types.map(type => readValue(type, reader))
        for (const [i, value] of row.entries()) values[i].push(value)
        used = reader.position
      }
    } catch (error) {
      if (isLast || !(error instanceof DBError) || error.errorName !== 'CANNOT_READ_ALL_DATA') throw error
    }
    if (rows === 0) return nothingRead(skipped)
    const given: (Column | null)[] = this.schema.map(() => null)
    for (const [i, place] of this.#mapping.entries())
      if (place >= 0) given[place] = columnOf(this.#types[i], values[i], arena)
    return assemble(this.schema, given, rows, skipped + used, arena)
  }

  #readHeader(bytes: Uint8Array): number {
    const reader = new ByteReader(bytes)
    const { settings } = this.options
    const count = reader.varint()
    const names = readTexts(reader, count)
    const types = this.header === 'types' ? readTexts(reader, count) : null
    const byName = settings.input_format_with_names_use_header
    if (!byName && count !== this.schema.length)
      throw new DBError('INCORRECT_DATA', `The input has ${count} columns, ${this.schema.length} are expected`)
    this.#mapping = byName ? mapNames(names, this.schema, this.options) : identity(this.schema)
    if (types && settings.input_format_with_types_use_header) checkTypes(types, this.#mapping, this.schema)
    this.#types = this.#mapping.map((place, i) => {
      if (place >= 0) return this.schema[place].type
      if (types) return parseType(types[i])
      throw new DBError(
        'INCORRECT_DATA',
        `Cannot skip the unknown field '${names[i]}': RowBinaryWithNames has no types`,
      )
    })
    if (count === 0) throw new DBError('INCORRECT_DATA', 'The input has no columns')
    return reader.position
  }
}

/** States stand there without their size. */
function readValue(type: DataType, reader: ByteReader): Value {
  if (!(type instanceof AggregateFunctionType)) return type.readBinary(reader)
  const start = reader.position
  functionOf(type).form.read(reader)
  return decodeText(reader.bytes.subarray(start, reader.position))
}

function rowsWithStates(chunk: Chunk, arena: Arena): Uint8Array {
  const writer = new ByteWriter()
  const columns = chunk.columns.map(column => {
    const full = column.full(arena)
    return full.type instanceof AggregateFunctionType ? wholeStates(full as StringColumn, arena) : full
  })
  for (let row = 0; row < chunk.rows; row++)
    for (const column of columns) {
      if (column.type instanceof AggregateFunctionType) writer.raw(stateAt(column as StringColumn, row))
      else column.type.writeBinary(writer, column.valueAt(row))
    }
  return writer.bytes()
}

function readTexts(reader: ByteReader, count: number): string[] {
  const texts: string[] = []
  while (texts.length < count) texts.push(reader.text()) // ends with the bytes, however large the count is
  return texts
}

/** A column as the writer's nodes. */
function writingNodes(columns: readonly Column[], arena: Arena): number {
  const first = arena.allocate(columns.length * nodeBytes)
  columns.forEach((column, i) => writingNode(column, first + i * nodeBytes, arena))
  return first
}

function writingNode(column: Column, at: number, arena: Arena): void {
  const { memory } = arena
  if (column instanceof ConstColumn) writeNode(memory, at, 'constant', { child: writingNodes([column.value], arena) })
  else if (column instanceof FixedColumn) writeNode(memory, at, 'fixed', { size: column.type.width, a: column.pointer })
  else if (column instanceof StringColumn) writeNode(memory, at, 'string', { a: column.offsets, b: column.bytes })
  else if (column instanceof NullableColumn)
    writeNode(memory, at, 'nullable', { a: column.nulls, child: writingNodes([column.values], arena) })
  else if (column instanceof ArrayColumn)
    writeNode(memory, at, 'array', { a: column.offsets, child: writingNodes([column.elements], arena) })
  else if (column instanceof TupleColumn)
    writeNode(memory, at, 'tuple', { size: column.columns.length, child: writingNodes(column.columns, arena) })
  else if (column instanceof LowCardinalityColumn)
    writeNode(memory, at, 'indexed', { a: column.indices, child: writingNodes([column.dictionary], arena) })
  else throw unsupported(column.type)
}

class RowBinaryWriter implements BlockWriter {
  constructor(
    readonly schema: Schema,
    readonly header: Header,
  ) {}

  begin(out: Output): void {
    if (this.header === 'none') return
    const writer = new ByteWriter()
    writer.varint(this.schema.length)
    for (const { name } of this.schema) writer.text(name)
    if (this.header === 'types') for (const { type } of this.schema) writer.text(type.name)
    out.push(writer.bytes())
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    if (chunk.columns.some(({ type }) => type instanceof AggregateFunctionType)) {
      out.push(rowsWithStates(chunk, arena))
      return
    }
    const { memory } = arena
    const { kernels } = memory
    const columns = chunk.columns.length
    const nodes = writingNodes(chunk.columns, arena)
    for (let start = 0; start < chunk.rows; start += pieceRows) {
      const end = Math.min(chunk.rows, start + pieceRows)
      const size = kernels.sizeRowBinary(nodes, columns, start, end)
      const target = arena.allocate(size)
      kernels.writeRowBinary(nodes, columns, start, end, target)
      out.push(memory.bytes(target, size))
      arena.free(target)
    }
  }

  end(): void {}
}

const rowBinaryFormat = (name: string, header: Header) =>
  defineFormat({
    name,
    contentType: () => 'application/octet-stream',
    isBinary: true,
    reader: (schema, options, memory) => new RowBinaryReader(schema, options, memory, header),
    writer: schema => new RowBinaryWriter(schema, header),
    ...(header === 'types' && {
      inferSchema: (bytes: Uint8Array) => {
        const reader = new ByteReader(bytes)
        const count = reader.varint()
        const names = readTexts(reader, count)
        return readTexts(reader, count).map((type, i) => ({ name: names[i], type: parseType(type) }))
      },
    }),
  })

export const rowBinaryFormats = [
  rowBinaryFormat('RowBinary', 'none'),
  rowBinaryFormat('RowBinaryWithNames', 'names'),
  rowBinaryFormat('RowBinaryWithNamesAndTypes', 'types'),
]
