// Stable sorts of row numbers by strings, in byte order: seven bytes at a time and how many bytes are left, as one number, then the next
// seven of those that were equal. (Strings that differ in zero bytes at their ends only are told apart by what is left of them.)

import { arenaAllocate, arenaFree } from "../memory/arena";
import { compareBytes } from "../aggregate/values";
import { runEnd, scratchKeys, sortPairs, sortScratch } from "./radix";

const COMPARISON_MAX: i32 = 12;

/** In the last byte of a key: more than seven bytes are left. */
const LONGER: u64 = 8;

/** Seven bytes of a string at depth, big-endian, zeros behind its end, and behind them how many of its bytes are left, 8 for more than seven. */
// @ts-ignore: decorator
@inline
function keyAt(text: usize, left: u32): u64 {
  const word = bswap<u64>(load<u64>(text));
  if (left > 7) return (word & ~255) | LONGER;
  return (word & ~(<u64>-1 >> (<u64>left << 3))) | left;
}

// @ts-ignore: decorator
@inline
function compareRows(offsets: usize, bytes: usize, a: u32, b: u32, depth: u32): i32 {
  const atA = offsets + (<usize>a << 2);
  const atB = offsets + (<usize>b << 2);
  const startA = load<u32>(atA) + depth;
  const startB = load<u32>(atB) + depth;
  return compareBytes(bytes + <usize>startA, load<u32>(atA, 4) - startA, bytes + <usize>startB, load<u32>(atB, 4) - startB);
}

/** Of rows that are equal in their first depth bytes (and at least so long). */
function insertionSort(offsets: usize, bytes: usize, order: usize, rows: i32, depth: u32, descending: bool): void {
  for (let i = 1; i < rows; i++) {
    const row = load<u32>(order + (<usize>i << 2));
    let j = i - 1;
    for (; j >= 0; j--) {
      const other = load<u32>(order + (<usize>j << 2));
      const comparison = compareRows(offsets, bytes, other, row, depth);
      if (descending ? comparison >= 0 : comparison <= 0) break;
      store<u32>(order + (<usize>j << 2), other, 4);
    }
    store<u32>(order + (<usize>(j + 1) << 2), row);
  }
}

/** Sorts rows by strings. stack: room for rows / 2 ranges of 12 bytes, u32 start | u32 rows | u32 bytes that are equal. */
function sortRange(
  scratch: usize, room: i32, stack: usize, offsets: usize, bytes: usize, order: usize, rows: i32, descending: bool,
): void {
  const keys = scratchKeys(scratch);
  const flip = descending ? <u64>-1 : 0;
  store<u32>(stack, 0);
  store<u32>(stack, rows, 4);
  store<u32>(stack, 0, 8);
  let ranges: usize = 1;
  while (ranges > 0) {
    ranges--;
    const range = stack + ranges * 12;
    const start = load<u32>(range);
    const size = <i32>load<u32>(range, 4);
    const depth = load<u32>(range, 8);
    const from = order + (<usize>start << 2);
    if (size <= COMPARISON_MAX) {
      insertionSort(offsets, bytes, from, size, depth, descending);
      continue;
    }
    for (let i: usize = 0; i < <usize>size; i++) {
      const at = offsets + (<usize>load<u32>(from + (i << 2)) << 2);
      const text = load<u32>(at) + depth;
      store<u64>(keys + (i << 3), keyAt(bytes + <usize>text, load<u32>(at, 4) - text) ^ flip);
    }
    sortPairs(scratch, room, from, size);
    for (let i = 0; i < size; ) {
      const key = load<u64>(keys + (<usize>i << 3));
      let end = i + 1;
      while (end < size && load<u64>(keys + (<usize>end << 3)) == key) end++;
      if (end - i > 1 && ((key ^ flip) & 255) == LONGER) {
        const next = stack + ranges * 12;
        store<u32>(next, start + i);
        store<u32>(next, end - i, 4);
        store<u32>(next, depth + 7, 8);
        ranges++;
      }
      i = end;
    }
  }
}

/**
 * Sorts inside each run of order by strings. offsets: u32[...] into bytes, which may be read up to 7 bytes past their end. Stable.
 * Returns -1 without memory, else 0.
 */
export function sortRefineStrings(
  arena: usize, offsets: usize, bytes: usize, order: usize, runs: usize, rows: i32, descending: i32,
): i32 {
  let longest = 0;
  for (let start = 0; start < rows; ) {
    const end = runEnd(runs, start, rows);
    longest = max(longest, end - start);
    start = end;
  }
  if (longest < 2) return 0;
  const scratch = sortScratch(arena, longest);
  if (scratch == 0) return -1;
  const stack = arenaAllocate(arena, (<usize>longest + 2) * 6);
  if (stack == 0) {
    arenaFree(arena, scratch);
    return -1;
  }
  for (let start = 0; start < rows; ) {
    const end = runEnd(runs, start, rows);
    if (end - start > 1) {
      sortRange(scratch, longest, stack, offsets, bytes, order + (<usize>start << 2), end - start, descending != 0);
    }
    start = end;
  }
  arenaFree(arena, stack);
  arenaFree(arena, scratch);
  return 0;
}

/** As markRuns, for strings. */
export function markStringRuns(offsets: usize, bytes: usize, order: usize, runs: usize, rows: i32): i32 {
  if (rows == 0) return 0;
  store<u8>(runs, 1);
  let shared = 0;
  for (let i: usize = 1; i < <usize>rows; i++) {
    if (load<u8>(runs + i)) continue;
    const row = load<u32>(order + (i << 2));
    const before = load<u32>(order + ((i - 1) << 2));
    if (compareRows(offsets, bytes, before, row, 0) != 0) store<u8>(runs + i, 1);
    else shared++;
  }
  return shared;
}

/**
 * Lists the rows whose string is not behind the limit string: not above it, or with descending not below it. target: u32[rows] and room for
 * one more. Returns how many.
 */
export function stringsNotBehind(
  offsets: usize, bytes: usize, rows: i32, limit: usize, limitSize: i32, descending: i32, target: usize,
): i32 {
  let count: usize = 0;
  let from = load<u32>(offsets);
  const sign = descending ? -1 : 1;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const to = load<u32>(offsets + (row << 2), 4);
    store<u32>(target + (count << 2), <u32>row);
    count += <usize>(compareBytes(bytes + <usize>from, to - from, limit, limitSize) * sign <= 0);
    from = to;
  }
  return <i32>count;
}
