// Columns of strings put together: rows of a format, arrays, tuples, nulls.

import { copyLoose } from "./spans";

/**
 * Rows: for each row the columns' strings, each with its prefix before it, and one more piece of text at the end.
 * sources: u32[columns * 2], each an offsets and a bytes pointer. pieces: u32[columns + 2] offsets into pieceBytes; piece c goes
 * before column c, piece `columns` ends the row. outOffsets: u32[rows + 1], or 0 where nobody wants them. outBytes: the sum of all
 * strings' sizes and rows times the pieces' size; up to 16 bytes of slack are written. Returns the bytes written.
 */
export function joinRows(
  sources: usize, columns: i32, rows: i32, pieces: usize, pieceBytes: usize, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  const sourcesEnd = sources + (<usize>columns << 3);
  const endPiece = pieceBytes + <usize>load<u32>(pieces + (<usize>columns << 2));
  const endSize = <usize>(load<u32>(pieces + (<usize>columns << 2), 4) - load<u32>(pieces + (<usize>columns << 2)));
  if (outOffsets != 0) store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    let piece = pieces;
    for (let source = sources; source < sourcesEnd; source += 8) {
      const pieceStart = load<u32>(piece);
      const pieceSize = <usize>(load<u32>(piece, 4) - pieceStart);
      copyLoose(out, pieceBytes + <usize>pieceStart, pieceSize);
      out += pieceSize;
      piece += 4;
      const offsets = <usize>load<u32>(source) + at;
      const start = load<u32>(offsets);
      const size = <usize>(load<u32>(offsets, 4) - start);
      copyLoose(out, <usize>load<u32>(source, 4) + <usize>start, size);
      out += size;
    }
    copyLoose(out, endPiece, endSize);
    out += endSize;
    if (outOffsets != 0) store<u32>(outOffsets + at, <u32>(out - outBytes), 4);
  }
  return <i32>(out - outBytes);
}

/** The bytes that joinRows will write. f64: it may pass 2 GiB. */
export function joinRowsSize(sources: usize, columns: i32, rows: i32, pieces: usize): f64 {
  let size = <u64>rows * <u64>(load<u32>(pieces + (<usize>(columns + 1) << 2)) - load<u32>(pieces));
  for (let c = 0; c < columns; c++) {
    const offsets = <usize>load<u32>(sources + (<usize>c << 3));
    size += <u64>(load<u32>(offsets + (<usize>rows << 2)) - load<u32>(offsets));
  }
  return <f64>size;
}

/**
 * Arrays: elements of row i are elementOffsets[arrayOffsets[i]] to [arrayOffsets[i + 1]]; written as open, elements with separator
 * bytes between them, close (each one byte; separator 0 for none). outBytes: the elements' size, one byte an element, two a row, and
 * slack. Returns the bytes written.
 */
export function joinArrays(
  elementOffsets: usize, elementBytes: usize, arrayOffsets: usize, rows: i32, open: i32, separator: i32, close: i32,
  outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  let element = load<u32>(arrayOffsets);
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    arrayOffsets += 4;
    outOffsets += 4;
    const last = load<u32>(arrayOffsets);
    store<u8>(out++, open);
    const first = element;
    for (; element < last; element++) {
      if (element > first) {
        store<u8>(out, separator);
        out += usize(separator != 0);
      }
      const at = elementOffsets + (<usize>element << 2);
      const start = load<u32>(at);
      const size = <usize>(load<u32>(at, 4) - start);
      copyLoose(out, elementBytes + <usize>start, size);
      out += size;
    }
    store<u8>(out++, close);
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/**
 * A column of strings with the size bytes at text in the rows where mask is not 0. outBytes: the column's size plus size times the
 * nulls, and slack. Returns the bytes written.
 */
export function replaceNulls(
  offsets: usize, bytes: usize, rows: i32, mask: usize, text: usize, size: i32, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = load<u32>(offsets);
    offsets += 4;
    outOffsets += 4;
    const isNull = load<u8>(mask + <usize>row) != 0;
    const from = isNull ? text : bytes + <usize>start;
    const length = isNull ? <usize>size : <usize>(load<u32>(offsets) - start);
    copyLoose(out, from, length);
    out += length;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}
