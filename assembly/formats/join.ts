// Strings put together with pieces of text of any length, and what a printer looks up.

import { copyLoose } from "../text/spans";

/**
 * Elements of row i, elementOffsets[arrayOffsets[i]] to [arrayOffsets[i + 1]], as open, elements with separator between them, close; a
 * row of none as empty. pieces: u32[5] offsets into pieceBytes of open, separator, close, empty and their end. outBytes: the elements'
 * size, a separator for each, open and close or empty for each row; up to 16 bytes of slack are written. Returns the bytes written.
 */
export function joinElements(
  elementOffsets: usize, elementBytes: usize, arrayOffsets: usize, rows: i32, pieces: usize, pieceBytes: usize,
  outOffsets: usize, outBytes: usize,
): i32 {
  const open = load<u32>(pieces);
  const separator = load<u32>(pieces, 4);
  const close = load<u32>(pieces, 8);
  const empty = load<u32>(pieces, 12);
  const end = load<u32>(pieces, 16);
  let out = outBytes;
  let element = load<u32>(arrayOffsets);
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    arrayOffsets += 4;
    outOffsets += 4;
    const last = load<u32>(arrayOffsets);
    if (element == last) {
      copyLoose(out, pieceBytes + <usize>empty, <usize>(end - empty));
      out += <usize>(end - empty);
    } else {
      copyLoose(out, pieceBytes + <usize>open, <usize>(separator - open));
      out += <usize>(separator - open);
      for (const first = element; element < last; element++) {
        if (element > first) {
          copyLoose(out, pieceBytes + <usize>separator, <usize>(close - separator));
          out += <usize>(close - separator);
        }
        const at = elementOffsets + (<usize>element << 2);
        const start = load<u32>(at);
        const size = <usize>(load<u32>(at, 4) - start);
        copyLoose(out, elementBytes + <usize>start, size);
        out += size;
      }
      copyLoose(out, pieceBytes + <usize>close, <usize>(empty - close));
      out += <usize>(empty - close);
    }
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** out[i] = table[values[i]], values of width bytes (1, 2) taken as unsigned. Returns how many rows got 0xffffffff. */
export function lookUpEntries(values: usize, width: i32, rows: i32, table: usize, out: usize): i32 {
  let unknown = 0;
  for (let row = 0; row < rows; row++) {
    const value = width == 1 ? <u32>load<u8>(values + <usize>row) : <u32>load<u16>(values + (<usize>row << 1));
    const entry = load<u32>(table + (<usize>value << 2));
    unknown += i32(entry == 0xffffffff);
    store<u32>(out + (<usize>row << 2), entry);
  }
  return unknown;
}

/** mask[i] = 1 where a float of width bytes (4, 8) is infinite or no number. Returns how many are. */
export function notFinite(values: usize, width: i32, rows: i32, mask: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const special = width == 4
      ? (load<u32>(values + (<usize>row << 2)) & 0x7f800000) == 0x7f800000
      : (load<u64>(values + (<usize>row << 3)) & 0x7ff0000000000000) == 0x7ff0000000000000;
    store<u8>(mask + <usize>row, u8(special));
    count += i32(special);
  }
  return count;
}
