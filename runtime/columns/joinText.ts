// Columns of strings put together with fixed pieces of text between them.
import { DBError } from '../core/errors.ts'
import type { Arena } from '../core/memory.ts'
import { encodeText } from '../core/text.ts'
import { place, placeU32 } from './build.ts'
import { StringColumn } from './string.ts'

/** Bytes that one column of strings may have. */
const sizeMax = 0x7ff00000

export function checkTextSize(size: number): number {
  if (size > sizeMax) throw new DBError('TOO_LARGE_STRING_SIZE', 'The text of one chunk is larger than 2 GiB')
  return size
}

/** Pieces of text behind each other, and u32 offsets of each one's start and of the last one's end. */
function placePieces(pieces: readonly string[], arena: Arena): { offsets: number; bytes: number; size: number } {
  const encoded = pieces.map(encodeText)
  const offsets = [0]
  for (const piece of encoded) offsets.push(offsets[offsets.length - 1] + piece.length)
  const all = new Uint8Array(offsets[encoded.length])
  encoded.forEach((piece, i) => all.set(piece, offsets[i]))
  return { offsets: placeU32(arena, offsets), bytes: place(arena, all), size: all.length }
}

/** For each row pieces[0], columns[0], pieces[1], ..., the last piece. One piece more than columns, of which there is at least one. */
export function joinText(columns: readonly StringColumn[], pieces: readonly string[], arena: Arena): StringColumn {
  const { memory, rows } = columns[0]
  const offsets = arena.allocate((rows + 1) * 4)
  const { pointer } = joinRowsOf(columns, pieces, offsets, arena)
  return new StringColumn(memory, offsets, pointer, rows)
}

/** The same as bytes behind each other, without the rows' offsets. Free `pointer` when they are out. */
export function joinRowsText(
  columns: readonly StringColumn[],
  pieces: readonly string[],
  arena: Arena,
): { pointer: number; size: number } {
  return joinRowsOf(columns, pieces, 0, arena)
}

function joinRowsOf(columns: readonly StringColumn[], pieces: readonly string[], offsets: number, arena: Arena) {
  const { kernels } = arena.memory
  const { rows } = columns[0]
  const sources = placeU32(
    arena,
    columns.flatMap(column => [column.offsets, column.bytes]),
  )
  const placed = placePieces(pieces, arena)
  const size = checkTextSize(kernels.joinRowsSize(sources, columns.length, rows, placed.offsets))
  const pointer = arena.allocate(size)
  kernels.joinRows(sources, columns.length, rows, placed.offsets, placed.bytes, offsets, pointer)
  return { pointer, size }
}

/** For each row open, its elements with separator between them, close; `empty` for a row without elements. */
export function joinArray(
  elements: StringColumn,
  offsets: number,
  rows: number,
  { open, separator, close, empty = open + close }: { open: string; separator: string; close: string; empty?: string },
  arena: Arena,
): StringColumn {
  const { memory } = elements
  const pieces = placePieces([open, separator, close, empty], arena)
  const size = checkTextSize(elements.textSize + (elements.rows + rows) * pieces.size)
  const outOffsets = arena.allocate((rows + 1) * 4)
  const bytes = arena.allocate(size)
  memory.kernels.joinElements(
    elements.offsets,
    elements.bytes,
    offsets,
    rows,
    pieces.offsets,
    pieces.bytes,
    outOffsets,
    bytes,
  )
  return new StringColumn(memory, outOffsets, bytes, rows)
}

/** The column with `text` in the rows where mask (u8[rows]) is 1. */
export function replaceText(column: StringColumn, mask: number, text: string, arena: Arena): StringColumn {
  const { memory, rows } = column
  const encoded = encodeText(text)
  const offsets = arena.allocate((rows + 1) * 4)
  const bytes = arena.allocate(checkTextSize(column.textSize + rows * encoded.length))
  const source = place(arena, encoded)
  memory.kernels.replaceNulls(column.offsets, column.bytes, rows, mask, source, encoded.length, offsets, bytes)
  return new StringColumn(memory, offsets, bytes, rows)
}
