import { place } from '../columns/build.ts'
import type { Chunk } from '../columns/chunk.ts'
import type { Column } from '../columns/column.ts'
import { ByteWriter } from '../core/bytes.ts'
import { DBError } from '../core/errors.ts'
import { Arena, type Memory } from '../core/memory.ts'
import { parseType } from '../types/parseType.ts'
import { BulkCursor, readBulk, readPrefix, writeBulk, writePrefix } from './bulk.ts'
import { convertColumn } from './convert.ts'
import {
  type BlockReader,
  type BlockWriter,
  defineFormat,
  type Output,
  type ReadResult,
  type Schema,
} from './format.ts'
import { assemble, mapNames, nothingRead } from './mapping.ts'
import type { FormatOptions } from './settings.ts'

const columnsMax = 100_000
const rowsMax = 0x7fffffff / 8

/** Blocks: column count, row count, then each column's name, type and values. */
class NativeReader implements BlockReader {
  constructor(
    readonly schema: Schema,
    readonly options: FormatOptions,
    readonly memory: Memory,
  ) {}

  read(pointer: number, size: number, isLast: boolean, arena: Arena): ReadResult {
    if (size === 0) return nothingRead()
    try {
      return this.#block(new BulkCursor(this.memory, pointer, pointer + size), arena)
    } catch (error) {
      if (!isLast && error instanceof DBError && error.errorName === 'CANNOT_READ_ALL_DATA') return nothingRead()
      throw error
    }
  }

  #block(cursor: BulkCursor, arena: Arena): ReadResult {
    const start = cursor.position
    const columns = cursor.varint()
    const rows = cursor.varint()
    if (columns > columnsMax || rows > rowsMax)
      throw new DBError('INCORRECT_DATA', `A Native block cannot have ${columns} columns and ${rows} rows`)
    const names: string[] = []
    const read: Column[] = []
    for (let i = 0; i < columns; i++) {
      names.push(cursor.text())
      const type = parseType(cursor.text())
      if (rows === 0) continue
      readPrefix(type, cursor)
      read.push(readBulk(type, rows, cursor, arena))
    }
    const mapping = mapNames(names, this.schema, this.options)
    const consumed = cursor.position - start
    if (rows === 0) return nothingRead(consumed)
    const given: (Column | null)[] = this.schema.map(() => null)
    const omitted: ReadResult['omitted'][number][] = []
    for (const [i, place] of mapping.entries()) {
      if (place < 0) continue
      const { type } = this.schema[place]
      const converted = convertColumn(read[i], type, this.options, arena)
      given[place] = converted.column
      omitted[place] = converted.omitted
    }
    return assemble(this.schema, given, rows, consumed, arena, omitted)
  }
}

class NativeWriter implements BlockWriter {
  constructor(
    readonly schema: Schema,
    readonly hasHeader: boolean,
  ) {}

  begin(out: Output): void {
    if (!this.hasHeader) return
    const header = new ByteWriter()
    header.varint(this.schema.length)
    header.varint(0)
    for (const { name, type } of this.schema) {
      header.text(name)
      header.text(type.name)
    }
    out.push(header.bytes())
  }

  chunk(chunk: Chunk, arena: Arena, out: Output): void {
    if (chunk.rows === 0) return
    const header = new ByteWriter()
    header.varint(this.schema.length)
    header.varint(chunk.rows)
    out.push(header.bytes())
    for (const [i, { name, type }] of this.schema.entries()) {
      const writer = new ByteWriter()
      writer.text(name)
      // Without a revision, as over HTTP, a reader may not know that DateTime can have a zone.
      writer.text(type.kind === 'DateTime' ? 'DateTime' : type.name)
      out.push(writer.bytes())
      writePrefix(type, out)
      writeBulk(chunk.columns[i], arena, out)
    }
  }

  end(): void {}
}

const nativeFormat = defineFormat({
  name: 'Native',
  contentType: () => 'application/octet-stream',
  isBinary: true,
  reader: (schema, options, memory) => new NativeReader(schema, options, memory),
  writer: schema => new NativeWriter(schema, false),
  inferSchema: (bytes, _isWhole, _options, memory) => {
    const arena = new Arena(memory)
    try {
      const pointer = place(arena, bytes)
      const cursor = new BulkCursor(memory, pointer, pointer + bytes.length)
      const columns = cursor.varint()
      const rows = cursor.varint()
      return Array.from({ length: Math.min(columns, columnsMax) }, () => {
        const name = cursor.text()
        const type = parseType(cursor.text())
        if (rows > 0) {
          readPrefix(type, cursor)
          readBulk(type, rows, cursor, arena)
        }
        return { name, type }
      })
    } finally {
      arena.destroy()
    }
  },
})

/**
 * Native with a first block that has no rows: so a reader knows the columns of a result without rows as well, and the zones that
 * Native leaves out of the names of types.
 */
const nativeWithHeaderFormat = defineFormat({
  name: 'NativeWithHeader',
  contentType: nativeFormat.contentType,
  isBinary: true,
  writer: schema => new NativeWriter(schema, true),
})

export const nativeFormats = [nativeFormat, nativeWithHeaderFormat]
