// Merges of sorted runs. A heap of the runs holds the one whose next row is least at its top; equal rows come in the order of their runs.
//
// Run, 16 bytes: u32 keys | u32 bytes | u32 rows | u32 position.
//   By number keys: keys is u64[rows][words], the first word counting most. By byte keys: keys is u32 offsets[rows + 1] into bytes.

import { compareBytes } from "../aggregate/values";

// @ts-ignore: decorator
@inline
function before(runs: usize, a: u32, b: u32, words: i32): bool {
  const runA = runs + (<usize>a << 4);
  const runB = runs + (<usize>b << 4);
  const positionA = <usize>load<u32>(runA, 12);
  const positionB = <usize>load<u32>(runB, 12);
  if (words > 0) {
    let keyA = <usize>load<u32>(runA) + ((positionA * <usize>words) << 3);
    let keyB = <usize>load<u32>(runB) + ((positionB * <usize>words) << 3);
    for (let w = 0; w < words; w++) {
      const left = load<u64>(keyA);
      const right = load<u64>(keyB);
      if (left != right) return left < right;
      keyA += 8;
      keyB += 8;
    }
    return a < b;
  }
  const offsetsA = <usize>load<u32>(runA) + (positionA << 2);
  const offsetsB = <usize>load<u32>(runB) + (positionB << 2);
  const startA = load<u32>(offsetsA);
  const startB = load<u32>(offsetsB);
  const order = compareBytes(
    <usize>load<u32>(runA, 4) + <usize>startA, load<u32>(offsetsA, 4) - startA,
    <usize>load<u32>(runB, 4) + <usize>startB, load<u32>(offsetsB, 4) - startB,
  );
  return order != 0 ? order < 0 : a < b;
}

// @ts-ignore: decorator
@inline
function sift(runs: usize, heap: usize, size: i32, from: i32, words: i32): void {
  const run = load<u32>(heap + (<usize>from << 2));
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (
      child + 1 < size &&
      before(runs, load<u32>(heap + (<usize>child << 2), 4), load<u32>(heap + (<usize>child << 2)), words)
    ) child++;
    const other = load<u32>(heap + (<usize>child << 2));
    if (before(runs, run, other, words)) break;
    store<u32>(heap + (<usize>at << 2), other);
    at = child;
  }
  store<u32>(heap + (<usize>at << 2), run);
}

// @ts-ignore: decorator
@inline
function merge(runs: usize, count: i32, words: i32, heap: usize, rowsMax: i32, sources: usize, rows: usize): i32 {
  let size = 0;
  for (let run = 0; run < count; run++) {
    if (load<u32>(runs + (<usize>run << 4), 12) < load<u32>(runs + (<usize>run << 4), 8)) {
      store<u32>(heap + (<usize>(size++) << 2), run);
    }
  }
  if (size == 0) return 0;
  for (let at = (size >> 1) - 1; at >= 0; at--) sift(runs, heap, size, at, words);
  let emitted = 0;
  while (emitted < rowsMax) {
    const top = load<u32>(heap);
    const run = runs + (<usize>top << 4);
    const end = load<u32>(run, 8);
    let position = load<u32>(run, 12);
    // The run goes on as long as it is before the next best: one comparison a row where runs are long.
    let second: u32 = 0;
    if (size > 1) {
      second = load<u32>(heap, 4);
      if (size > 2 && before(runs, load<u32>(heap, 8), second, words)) second = load<u32>(heap, 8);
    }
    do {
      store<u32>(sources + (<usize>emitted << 2), top);
      store<u32>(rows + (<usize>emitted << 2), position);
      emitted++;
      position++;
      store<u32>(run, position, 12);
    } while (position < end && emitted < rowsMax && (size == 1 || before(runs, top, second, words)));
    // What comes after this run's last row is not known here: the caller gives its next rows, or takes it out.
    if (position == end) break;
    sift(runs, heap, size, 0, words);
  }
  return emitted;
}

/**
 * Merges runs by u64 keys until one of them has no more rows or rowsMax are found. runs: Run[count], whose positions move on; heap:
 * u32[count]; sources and rows: u32[rowsMax], where each merged row comes from. Returns how many. A run that is empty from the start
 * counts as finished for good.
 */
export function mergeRunsKeys(
  runs: usize, count: i32, words: i32, heap: usize, rowsMax: i32, sources: usize, rows: usize,
): i32 {
  return merge(runs, count, words, heap, rowsMax, sources, rows);
}

/** The same by byte keys, compared as strings. */
export function mergeRunsBytes(runs: usize, count: i32, heap: usize, rowsMax: i32, sources: usize, rows: usize): i32 {
  return merge(runs, count, 0, heap, rowsMax, sources, rows);
}

/** keys: u64[rows], as word `word` of target: u64[rows][words]. */
export function keysInterleave(keys: usize, rows: i32, target: usize, words: i32, word: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u64>(target + ((row * <usize>words + <usize>word) << 3), load<u64>(keys + (row << 3)));
  }
}

/**
 * Byte keys put several columns into one string whose byte order is theirs: numbers big-endian, strings with a zero byte written as
 * 00 FF and ended by 00 00, all bits flipped for a descending column. Adds the sizes of strings to sizes u32[rows].
 */
export function orderBytesSizes(sizes: usize, rows: i32, offsets: usize, bytes: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    let at = bytes + <usize>load<u32>(offsets + (row << 2));
    const end = bytes + <usize>load<u32>(offsets + (row << 2), 4);
    let size = <u32>(end - at) + 2;
    for (; at < end; at++) size += u32(load<u8>(at) == 0);
    store<u32>(sizes + (row << 2), load<u32>(sizes + (row << 2)) + size);
  }
}

/** Writes the low `width` (1..8) bytes of keys u64[rows] at bytes + cursors[row], and moves the cursors on. */
export function orderBytesPutKeys(bytes: usize, cursors: usize, rows: i32, keys: usize, width: i32): void {
  const shift = <u64>(8 - width) << 3;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const cursor = cursors + (row << 2);
    const at = load<u32>(cursor);
    const word = bswap<u64>(load<u64>(keys + (row << 3)) << shift);
    const target = bytes + <usize>at;
    for (let byte: usize = 0; byte < <usize>width; byte++) store<u8>(target + byte, <u8>(word >> (<u64>byte << 3)));
    store<u32>(cursor, at + width);
  }
}

/** Writes strings, and moves the cursors on. */
export function orderBytesPutString(
  bytes: usize, cursors: usize, rows: i32, offsets: usize, text: usize, descending: i32,
): void {
  const flip: u8 = descending ? 255 : 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    let target = bytes + <usize>load<u32>(cursors + (row << 2));
    let at = text + <usize>load<u32>(offsets + (row << 2));
    const end = text + <usize>load<u32>(offsets + (row << 2), 4);
    for (; at < end; at++) {
      const byte = load<u8>(at);
      store<u8>(target++, byte ^ flip);
      if (byte == 0) store<u8>(target++, 255 ^ flip);
    }
    store<u8>(target, flip);
    store<u8>(target, flip, 1);
    store<u32>(cursors + (row << 2), <u32>(target + 2 - bytes));
  }
}
