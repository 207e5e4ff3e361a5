// Case. ASCII by vectors over all rows at once; other letters by a table of the basic plane.

import { claimedSize, sequenceSize } from "./utf8";

// @ts-ignore: decorator
@inline
function changeCase(source: usize, size: usize, target: usize, first: i8): void {
  const end = source + size;
  const low = i8x16.splat(first);
  while (source < end) {
    const bytes = v128.load(source);
    const letters = i8x16.lt_u(i8x16.sub(bytes, low), i8x16.splat(26));
    v128.store(target, v128.xor(bytes, v128.and(letters, i8x16.splat(0x20))));
    source += 16;
    target += 16;
  }
}

/** A to Z become a to z. Writes up to 15 bytes past size. target may be source. */
export function lowerAscii(source: usize, size: usize, target: usize): void {
  changeCase(source, size, target, 0x41);
}

/** a to z become A to Z. */
export function upperAscii(source: usize, size: usize, target: usize): void {
  changeCase(source, size, target, 0x61);
}

const SPECIAL: u32 = 0xffff;

/**
 * Every code point of the basic plane by a table: u16[65536], 0xffff for what becomes more than one or depends on its neighbours.
 * Bytes that are not UTF-8 stay. Writes targetOffsets and target (at most half as much again as the source). Gives the number of
 * bytes, or -1 at the first code point that the table cannot tell, or whose plane may have cases.
 */
export function changeCaseUtf8(
  offsets: usize, bytes: usize, rows: i32, table: usize, targetOffsets: usize, target: usize,
): i32 {
  let out = target;
  store<u32>(targetOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let p = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    while (p < end) {
      const first = load<u8>(p);
      if (first < 0x80) {
        store<u8>(out++, <u8>load<u16>(table + (<usize>first << 1)));
        p++;
        continue;
      }
      const size = sequenceSize(p, end);
      if (size == 0) {
        store<u8>(out++, first);
        p++;
        continue;
      }
      if (size == 4) {
        const point = <u32>(first & 7) << 18 | <u32>(load<u8>(p, 1) & 63) << 12;
        if (point >= 0x10000 && point < 0x1f000) return -1;
        store<u32>(out, load<u32>(p));
        out += 4;
        p += 4;
        continue;
      }
      const point = size == 2
        ? <u32>(first & 31) << 6 | <u32>(load<u8>(p, 1) & 63)
        : <u32>(first & 15) << 12 | <u32>(load<u8>(p, 1) & 63) << 6 | <u32>(load<u8>(p, 2) & 63);
      const other = <u32>load<u16>(table + (<usize>point << 1));
      if (other == SPECIAL) return -1;
      p += <usize>size;
      if (other < 0x80) store<u8>(out++, <u8>other);
      else if (other < 0x800) {
        store<u8>(out, <u8>(0xc0 | other >> 6));
        store<u8>(out, <u8>(0x80 | other & 63), 1);
        out += 2;
      } else {
        store<u8>(out, <u8>(0xe0 | other >> 12));
        store<u8>(out, <u8>(0x80 | other >> 6 & 63), 1);
        store<u8>(out, <u8>(0x80 | other & 63), 2);
        out += 3;
      }
    }
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
  return <i32>(out - target);
}

/** Each string from its last byte to its first; target as large as the rows' bytes, at the same distances. */
export function reverseBytes(offsets: usize, bytes: usize, rows: i32, target: usize): void {
  const base = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    let p = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    let out = target + <usize>(load<u32>(offsets + (<usize>row << 2), 4) - base);
    while (p < end) store<u8>(--out, load<u8>(p++));
  }
}

/** Each string from its last code point to its first. */
export function reverseUtf8(offsets: usize, bytes: usize, rows: i32, target: usize): void {
  const base = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    let p = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    let out = target + <usize>(load<u32>(offsets + (<usize>row << 2), 4) - base);
    while (p < end) {
      const size = min<usize>(<usize>claimedSize(load<u8>(p)), end - p);
      out -= size;
      for (let i: usize = 0; i < size; i++) store<u8>(out + i, load<u8>(p + i));
      p += size;
    }
  }
}
