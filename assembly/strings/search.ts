// One needle in a whole column of strings. The bytes of all rows lie side by side, so the search runs over them as over one text,
// sixteen positions a step: two bytes of the needle, the two that are rarest by a rough table, are compared with the text at their
// distances, and only where both agree the rest is. A hit is mapped to its row and the search goes on behind it; one that crosses
// into the next row is none.

import { equalBytes, equalFolded, foldByte } from "./compare";

const MASK = 0;
const POSITION = 1;
const COUNT = 2;

/** How common a byte is in text, roughly; larger is more common. */
function commonness(byte: u8): i32 {
  if (byte == 0xd0 || byte == 0xd1 || byte == 0x20) return 9;
  if (byte >= 0x80) return 4;
  if (byte == 0x65 || byte == 0x61 || byte == 0x6f || byte == 0x69 || byte == 0x74 || byte == 0x6e) return 8;
  if (byte == 0x73 || byte == 0x72 || byte == 0x2f || byte == 0x2e || byte == 0x30 || byte == 0x31) return 7;
  if (byte >= 0x30 && byte <= 0x39) return 6;
  if (byte >= 0x61 && byte <= 0x7a) return byte == 0x6a || byte == 0x71 || byte == 0x78 || byte == 0x7a ? 2 : 5;
  if (byte >= 0x41 && byte <= 0x5a) return 3;
  return 3;
}

/** The index of the needle's rarest byte, other than at `not`. */
function rarest(needle: usize, size: i32, not: i32): i32 {
  let best = -1;
  let least = 100;
  for (let i = 0; i < size; i++) {
    if (i == not) continue;
    const value = commonness(load<u8>(needle + <usize>i));
    if (value < least) {
      least = value;
      best = i;
    }
  }
  return best < 0 ? 0 : best;
}

/** The bit that makes a capital small, where the byte is a small letter; else none. */
// @ts-ignore: decorator
@inline
function caseBit(byte: u8): i8 {
  return <u32>byte - 0x61 < 26 ? 0x20 : 0;
}

// @ts-ignore: decorator
@inline
function search(
  offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, target: usize, mode: i32, ignoreCase: bool, value: i32,
): i32 {
  if (rows == 0) return 0;
  const firstAt = rarest(needle, size, -1);
  const secondAt = size > 1 ? rarest(needle, size, firstAt) : firstAt;
  const firstByte = load<u8>(needle + <usize>firstAt);
  const secondByte = load<u8>(needle + <usize>secondAt);
  const first = i8x16.splat(<i8>firstByte);
  const second = i8x16.splat(<i8>secondByte);
  const firstFold = i8x16.splat(caseBit(firstByte));
  const secondFold = i8x16.splat(caseBit(secondByte));

  let position = bytes + <usize>load<u32>(offsets);
  const last = <isize>(bytes + <usize>load<u32>(offsets + (<usize>rows << 2))) - <isize>size;
  let row: i32 = 0;
  let rowEnd = bytes + <usize>load<u32>(offsets, 4);
  let found = 0;
  while (<isize>position <= last) {
    let a = v128.load(position + <usize>firstAt);
    let b = v128.load(position + <usize>secondAt);
    if (ignoreCase) {
      a = v128.or(a, firstFold);
      b = v128.or(b, secondFold);
    }
    let bits = i8x16.bitmask(v128.and(i8x16.eq(a, first), i8x16.eq(b, second)));
    let next = position + 16;
    while (bits != 0) {
      const candidate = position + <usize>ctz(bits);
      bits &= bits - 1;
      if (<isize>candidate > last) return found;
      const same = ignoreCase ? equalFolded(candidate, needle, size) : equalBytes(candidate, needle, size);
      if (!same) continue;
      while (rowEnd <= candidate) {
        row++;
        rowEnd = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
      }
      if (candidate + <usize>size > rowEnd) continue;
      found++;
      if (mode == MASK) {
        store<u8>(target + <usize>row, value);
        next = rowEnd;
        bits = 0;
      } else if (mode == POSITION) {
        const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
        store<u64>(target + (<usize>row << 3), <u64>(candidate - start + 1));
        next = rowEnd;
        bits = 0;
      } else {
        const counter = target + (<usize>row << 3);
        store<u64>(counter, load<u64>(counter) + 1);
        next = candidate + <usize>size;
        bits = 0;
      }
    }
    position = next;
  }
  return found;
}

/**
 * mask[i] = 1 where string i holds the needle, else 0; gives the number of ones. An empty needle is in every string.
 * offsets: u32[rows + 1] into bytes; mask: u8[rows].
 */
export function containsString(offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, mask: usize): i32 {
  memory.fill(mask, size == 0 ? 1 : 0, <usize>rows);
  return size == 0 ? rows : search(offsets, bytes, rows, needle, size, mask, MASK, false, 1);
}

/** The same, where ASCII letters are alike in either case. The needle is lower case. */
export function containsStringIgnoreCase(offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, mask: usize): i32 {
  memory.fill(mask, size == 0 ? 1 : 0, <usize>rows);
  return size == 0 ? rows : search(offsets, bytes, rows, needle, size, mask, MASK, true, 1);
}

/** Sets mask[i] to value (1 to 255) where string i holds the needle, and leaves it where not: for several needles, one after the other. */
export function markString(
  offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, mask: usize, value: i32, ignoreCase: i32,
): i32 {
  if (size == 0) {
    memory.fill(mask, <u8>value, <usize>rows);
    return rows;
  }
  if (ignoreCase) return search(offsets, bytes, rows, needle, size, mask, MASK, true, value);
  return search(offsets, bytes, rows, needle, size, mask, MASK, false, value);
}

/** positions[i] = the first place of the needle in string i in bytes, from 1; 0 where it is not. positions: u64[rows]. */
export function positionString(
  offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, positions: usize, ignoreCase: i32,
): void {
  if (size == 0) {
    for (let row = 0; row < rows; row++) store<u64>(positions + (<usize>row << 3), 1);
    return;
  }
  memory.fill(positions, 0, <usize>rows << 3);
  if (ignoreCase) search(offsets, bytes, rows, needle, size, positions, POSITION, true, 1);
  else search(offsets, bytes, rows, needle, size, positions, POSITION, false, 1);
}

/** counts[i] = how often the needle is in string i without overlap; 0 for an empty needle. counts: u64[rows]. */
export function countString(
  offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, counts: usize, ignoreCase: i32,
): void {
  memory.fill(counts, 0, <usize>rows << 3);
  if (size == 0) return;
  if (ignoreCase) search(offsets, bytes, rows, needle, size, counts, COUNT, true, 1);
  else search(offsets, bytes, rows, needle, size, counts, COUNT, false, 1);
}

/** Byte positions from 1 (0: none) become code point positions, in place. positions: u64[rows]. */
export function positionsToUtf8(offsets: usize, bytes: usize, rows: i32, positions: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = positions + (<usize>row << 3);
    const position = load<u64>(at);
    if (position < 2) continue;
    let p = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = p + <usize>position - 1;
    let points: u64 = 1;
    while (p < end) {
      if ((load<u8>(p) & 0xc0) != 0x80) points++;
      p++;
    }
    store<u64>(at, points);
  }
}

/** Where the needle (size > 0) first is in [start, end), or 0. Reads up to 15 bytes past both. */
export function findBytes(start: usize, end: usize, needle: usize, size: i32): usize {
  const last = <isize>end - <isize>size;
  const lastAt = <usize>(size - 1);
  const first = i8x16.splat(<i8>load<u8>(needle));
  const second = i8x16.splat(<i8>load<u8>(needle + lastAt));
  let position = start;
  while (<isize>position <= last) {
    let bits = i8x16.bitmask(
      v128.and(i8x16.eq(v128.load(position), first), i8x16.eq(v128.load(position + lastAt), second)),
    );
    while (bits != 0) {
      const candidate = position + <usize>ctz(bits);
      if (<isize>candidate > last) return 0;
      if (size <= 2 || equalBytes(candidate, needle, size)) return candidate;
      bits &= bits - 1;
    }
    position += 16;
  }
  return 0;
}

/** The same, where ASCII letters are alike in either case; the needle is lower case. */
export function findBytesIgnoreCase(start: usize, end: usize, needle: usize, size: i32): usize {
  const last = <isize>end - <isize>size;
  const first = load<u8>(needle);
  const fold = i8x16.splat(caseBit(first));
  const firstVector = i8x16.splat(<i8>first);
  let position = start;
  while (<isize>position <= last) {
    let bits = i8x16.bitmask(i8x16.eq(v128.or(v128.load(position), fold), firstVector));
    while (bits != 0) {
      const candidate = position + <usize>ctz(bits);
      if (<isize>candidate > last) return 0;
      if (equalFolded(candidate, needle, size)) return candidate;
      bits &= bits - 1;
    }
    position += 16;
  }
  return 0;
}

/**
 * A needle a row: positions[i] = where needle i first is in string i at byte starts[i] (from 1; starts may be 0: all 1) or later.
 * A needle that is empty is found at its start, as long as that is not behind the string's end. positions: u64[rows].
 */
export function positionEach(
  offsets: usize, bytes: usize, needleOffsets: usize, needles: usize, rows: i32, starts: usize, positions: usize, ignoreCase: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    const needle = needles + <usize>load<u32>(needleOffsets + (<usize>row << 2));
    const size = <i32>(load<u32>(needleOffsets + (<usize>row << 2), 4) - load<u32>(needleOffsets + (<usize>row << 2)));
    let skip: u64 = starts ? load<u64>(starts + (<usize>row << 3)) : 1;
    if (skip > 0) skip--;
    let position: u64 = 0;
    if (skip <= <u64>(end - start)) {
      const from = start + <usize>skip;
      if (size == 0) position = skip + 1;
      else {
        const found = ignoreCase ? findFoldingBoth(from, end, needle, size) : findBytes(from, end, needle, size);
        if (found) position = <u64>(found - start + 1);
      }
    }
    store<u64>(positions + (<usize>row << 3), position);
  }
}

/** As findBytesIgnoreCase for a needle in any case: slow, for needles that change by row. */
function findFoldingBoth(start: usize, end: usize, needle: usize, size: i32): usize {
  const last = <isize>end - <isize>size;
  for (let p = start; <isize>p <= last; p++) {
    let at: i32 = 0;
    while (at < size && foldByte(load<u8>(p + <usize>at)) == foldByte(load<u8>(needle + <usize>at))) at++;
    if (at == size) return p;
  }
  return 0;
}
