// LIKE by the shape of its pattern. What a pattern is made of, the caller worked out once.

import { equalBytes, firstBytes } from "./compare";
import { findBytes } from "./search";
import { sequenceSize } from "./utf8";

/**
 * mask[i] = 1 where string i begins with the prefix and ends with the suffix without overlap; exact: and has nothing between.
 * Either may be empty. mask: u8[rows].
 */
export function matchAffixes(
  offsets: usize, bytes: usize, rows: i32,
  prefix: usize, prefixSize: i32, suffix: usize, suffixSize: i32, exact: i32, mask: usize,
): void {
  const both = <u32>(prefixSize + suffixSize);
  const longest: u32 = exact ? both : u32.MAX_VALUE;
  if (prefixSize > 16 || suffixSize > 16) {
    for (let row = 0; row < rows; row++) {
      const start = load<u32>(offsets + (<usize>row << 2));
      const end = load<u32>(offsets + (<usize>row << 2), 4);
      const size = end - start;
      const matches =
        size >= both && size <= longest &&
        equalBytes(bytes + <usize>start, prefix, prefixSize) &&
        equalBytes(bytes + <usize>end - <usize>suffixSize, suffix, suffixSize);
      store<u8>(mask + <usize>row, matches ? 1 : 0);
    }
    return;
  }
  const prefixLanes = firstBytes(prefixSize);
  const suffixLanes = firstBytes(suffixSize);
  const prefixBytes = v128.and(v128.load(prefix), prefixLanes);
  const suffixBytes = v128.and(v128.load(suffix), suffixLanes);
  let start = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<u32>(offsets + (<usize>row << 2), 4);
    const size = end - start;
    let matches: i32 = 0;
    if (size >= both && size <= longest) {
      const a = v128.xor(v128.and(v128.load(bytes + <usize>start), prefixLanes), prefixBytes);
      const b = v128.xor(v128.and(v128.load(bytes + <usize>end - <usize>suffixSize), suffixLanes), suffixBytes);
      matches = v128.any_true(v128.or(a, b)) ? 0 : 1;
    }
    store<u8>(mask + <usize>row, matches);
    start = end;
  }
}

/**
 * Keeps mask[i] only where string i is prefix, then the pieces in order, then suffix, with anything valid as UTF-8 between.
 * pieces: count pairs of u32 (pointer, size), sizes over 0. mask: u8[rows], in and out: rows at 0 are not looked at.
 */
export function keepSequence(
  offsets: usize, bytes: usize, rows: i32,
  prefix: usize, prefixSize: i32, suffix: usize, suffixSize: i32, pieces: usize, count: i32, mask: usize,
): void {
  for (let row = 0; row < rows; row++) {
    if (load<u8>(mask + <usize>row) == 0) continue;
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    const matches = hasSequence(start, end, prefix, prefixSize, suffix, suffixSize, pieces, count);
    store<u8>(mask + <usize>row, matches ? 1 : 0);
  }
}

function hasSequence(
  start: usize, end: usize, prefix: usize, prefixSize: i32, suffix: usize, suffixSize: i32, pieces: usize, count: i32,
): bool {
  if (<i32>(end - start) < prefixSize + suffixSize) return false;
  if (!equalBytes(start, prefix, prefixSize)) return false;
  if (!equalBytes(end - <usize>suffixSize, suffix, suffixSize)) return false;
  let position = start + <usize>prefixSize;
  const stop = end - <usize>suffixSize;
  let gap: usize = prefixSize ? position : 0;
  for (let i = 0; i < count; i++) {
    const piece = <usize>load<u32>(pieces + (<usize>i << 3));
    const size = <i32>load<u32>(pieces + (<usize>i << 3), 4);
    const found = findBytes(position, stop, piece, size);
    if (found == 0) return false;
    if (gap && !isLooseUtf8(gap, found)) return false;
    position = found + <usize>size;
    gap = position;
  }
  return suffixSize == 0 || gap == 0 || isLooseUtf8(gap, stop);
}

function isLooseUtf8(position: usize, end: usize): bool {
  while (position < end) {
    if (load<u8>(position) < 0x80) {
      position++;
      continue;
    }
    const size = sequenceSize(position, end);
    if (size == 0) return false;
    position += <usize>size;
  }
  return true;
}

const ONE: u32 = 256;
const MANY: u32 = 257;

/**
 * Keeps mask[i] only where string i matches the tokens: a byte as itself, 256 for one code point, 257 for any number of them.
 * tokens: u16[count]. mask: u8[rows], in and out. On a mismatch only the last 257 is tried again, so a row costs its size times the
 * pattern's at most.
 */
export function keepLike(offsets: usize, bytes: usize, rows: i32, tokens: usize, count: i32, mask: usize): void {
  for (let row = 0; row < rows; row++) {
    if (load<u8>(mask + <usize>row) == 0) continue;
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    store<u8>(mask + <usize>row, isLike(start, end, tokens, count) ? 1 : 0);
  }
}

function isLike(position: usize, end: usize, tokens: usize, count: i32): bool {
  let token = 0;
  let retryToken = -1;
  let retryPosition: usize = 0;
  while (true) {
    let advanced = false;
    if (token < count) {
      const what = <u32>load<u16>(tokens + (<usize>token << 1));
      if (what == MANY) {
        token++;
        if (token == count) return true;
        retryToken = token;
        retryPosition = position;
        advanced = true;
      } else if (position < end) {
        if (what == ONE) {
          const size = sequenceSize(position, end);
          if (size) {
            position += <usize>size;
            token++;
            advanced = true;
          }
        } else if (what == <u32>load<u8>(position)) {
          position++;
          token++;
          advanced = true;
        }
      }
    } else if (position == end) return true;
    if (advanced) continue;
    if (retryToken < 0 || retryPosition >= end) return false;
    const step = sequenceSize(retryPosition, end);
    // What a leading 257 passes over need not be UTF-8, as the pattern is then searched for rather than anchored.
    if (step == 0 && retryToken > 1) return false;
    retryPosition += step == 0 ? 1 : <usize>step;
    position = retryPosition;
    token = retryToken;
  }
}
