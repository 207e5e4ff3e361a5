// Stable sorts of row numbers by strings, in byte order: eight bytes at a time, as a number, then the next eight of those that were equal.

import { arenaFree } from "../memory/arena";
import { compareBytes } from "../aggregate/values";
import { runEnd, scratchKeys, sortPairs, sortScratch } from "./radix";

const COMPARISON_MAX: i32 = 12;

/** The bytes of a string at [depth, depth + 8) as a big-endian number, zeros behind the end. */
// @ts-ignore: decorator
@inline
function prefix(text: usize, size: u32, depth: u32): u64 {
  if (size <= depth) return 0;
  const left = size - depth;
  const word = bswap<u64>(load<u64>(text + <usize>depth));
  return left >= 8 ? word : word & ~(<u64>-1 >> (<u64>left << 3));
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

/** Sorts rows that are equal in their first depth bytes, and at least so long. */
function sortRange(
  scratch: usize, room: i32, offsets: usize, bytes: usize, order: usize, rows: i32, depth: u32, descending: bool,
): void {
  if (rows <= COMPARISON_MAX) {
    insertionSort(offsets, bytes, order, rows, depth, descending);
    return;
  }
  const keys = scratchKeys(scratch);
  const flip = descending ? <u64>-1 : 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const at = offsets + (<usize>load<u32>(order + (i << 2)) << 2);
    const start = load<u32>(at);
    store<u64>(keys + (i << 3), prefix(bytes + <usize>start, load<u32>(at, 4) - start, depth) ^ flip);
  }
  sortPairs(scratch, room, order, rows);
  // The keys are lost in what follows, so the ends of equal ranges are found by the rows themselves.
  for (let start = 0; start < rows; ) {
    const first = prefixOf(offsets, bytes, order, start, depth);
    let end = start + 1;
    while (end < rows && prefixOf(offsets, bytes, order, end, depth) == first) end++;
    if (end - start > 1) sortEqual(scratch, room, offsets, bytes, order + (<usize>start << 2), end - start, depth, descending);
    start = end;
  }
}

// @ts-ignore: decorator
@inline
function prefixOf(offsets: usize, bytes: usize, order: usize, place: i32, depth: u32): u64 {
  const at = offsets + (<usize>load<u32>(order + (<usize>place << 2)) << 2);
  const start = load<u32>(at);
  return prefix(bytes + <usize>start, load<u32>(at, 4) - start, depth);
}

/** Sorts rows whose 8 bytes at depth are equal: those that end there first, by their ends (a string may end in zero bytes), then the longer. */
function sortEqual(
  scratch: usize, room: i32, offsets: usize, bytes: usize, order: usize, rows: i32, depth: u32, descending: bool,
): void {
  const keys = scratchKeys(scratch);
  const flip = descending ? <u64>255 : 0;
  let longer = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const at = offsets + (<usize>load<u32>(order + (i << 2)) << 2);
    const left = load<u32>(at, 4) - load<u32>(at) - depth;
    longer += i32(left > 8);
    store<u64>(keys + (i << 3), <u64>min(left, 9) ^ flip);
  }
  if (longer < rows) sortPairs(scratch, room, order, rows);
  if (longer < 2) return;
  const from = descending ? 0 : rows - longer;
  sortRange(scratch, room, offsets, bytes, order + (<usize>from << 2), longer, depth + 8, descending);
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
  for (let start = 0; start < rows; ) {
    const end = runEnd(runs, start, rows);
    if (end - start > 1) {
      sortRange(scratch, longest, offsets, bytes, order + (<usize>start << 2), end - start, 0, descending != 0);
    }
    start = end;
  }
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
