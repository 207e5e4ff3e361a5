// Values without a format around them: lines and whole bodies.
import type { Column } from '../columns/column.ts'
import { FixedColumn } from '../columns/fixed.ts'
import { printColumn } from '../columns/print.ts'
import { StringColumn } from '../columns/string.ts'
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { parseType } from '../types/parseType.ts'
import { PiecesWriter, tsvWriter } from './delimited.ts'
import { defineFormat, type FormatDefinition, type Schema } from './format.ts'
import { BlobReader, LineReader } from './lineReaders.ts'
import { joinedPieces, RowsWriter } from './rows.ts'

const contentType = () => 'text/plain; charset=UTF-8'

function onlyColumn(schema: Schema, format: string): Schema {
  if (schema.length !== 1)
    throw new DBError('BAD_ARGUMENTS', `${format} reads one column only, but ${schema.length} are expected`)
  return schema
}

/** A value's own bytes. */
function rawBytes(column: Column, arena: Arena): StringColumn {
  const full = column.full(arena)
  if (!(full instanceof FixedColumn)) return printColumn(full, 'raw', arena)
  const offsets = arena.allocate((full.rows + 1) * 4)
  full.memory.kernels.fillRange(0, full.type.width, full.rows + 1, offsets)
  return new StringColumn(full.memory, offsets, full.pointer, full.rows)
}

export const rawFormats: readonly FormatDefinition[] = [
  defineFormat({
    name: 'LineAsString',
    contentType: () => 'text/tab-separated-values; charset=UTF-8',
    reader: (schema, options, memory) => new LineReader(onlyColumn(schema, 'LineAsString'), options, memory),
    writer: tsvWriter('raw', 'none'),
    inferSchema: () => [{ name: 'line', type: parseType('String') }],
  }),
  defineFormat({
    name: 'RawBLOB',
    contentType,
    isBinary: true,
    reader: (schema, options, memory) => new BlobReader(onlyColumn(schema, 'RawBLOB'), options, memory),
    writer: schema =>
      new PiecesWriter(
        new RowsWriter(
          (columns, arena) => columns.map(column => rawBytes(column, arena)),
          joinedPieces(schema.length, '', '', ''),
        ),
      ),
    inferSchema: () => [{ name: 'raw_blob', type: parseType('String') }],
  }),
]
