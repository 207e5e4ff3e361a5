// Stable sorts of row numbers by u64 keys: least significant byte first, leaving out the bytes that are the same in all rows.
// An order is u32[rows], row numbers; a key is that of the row: keys[order[i]]. Runs mark, in the order, where rows begin that differ
// from those before: u8[rows], 1 at a run's first row. Sorting by several columns refines the runs that the columns before left.

import { arenaAllocate, arenaFree } from "../memory/arena";

const INSERTION_MAX: i32 = 24;
/** One histogram for the bytes of the last sort, one for the first byte of a large one. */
const HISTOGRAMS: usize = 2 * 1024;
/** More rows than this do not stay in the second cache from one byte to the next. */
const CACHED_ROWS: i32 = 32768;
/** Scratch bytes for each row: two lists of keys, one of rows. */
export const SCRATCH_ROW: usize = 8 + 8 + 4;

/** Scratch for sortPairs of up to rows rows: histograms, then the lists. Returns 0 without memory. */
export function sortScratch(arena: usize, rows: i32): usize {
  return arenaAllocate(arena, HISTOGRAMS + <usize>rows * SCRATCH_ROW + 64);
}

/** Where the keys of the pairs to sort are to be put: u64[rows]. */
// @ts-ignore: decorator
@inline
export function scratchKeys(scratch: usize): usize {
  return scratch + HISTOGRAMS;
}

function insertionSort(keys: usize, order: usize, rows: i32): void {
  for (let i = 1; i < rows; i++) {
    const key = load<u64>(keys + (<usize>i << 3));
    const row = load<u32>(order + (<usize>i << 2));
    let j = i - 1;
    while (j >= 0 && load<u64>(keys + (<usize>j << 3)) > key) {
      store<u64>(keys + (<usize>j << 3), load<u64>(keys + (<usize>j << 3)), 8);
      store<u32>(order + (<usize>j << 2), load<u32>(order + (<usize>j << 2)), 4);
      j--;
    }
    store<u64>(keys + (<usize>(j + 1) << 3), key);
    store<u32>(order + (<usize>(j + 1) << 2), row);
  }
}

// @ts-ignore: decorator
@inline
function count(keys: usize, rows: i32, shift: u64, histogram: usize): void {
  memory.fill(histogram, 0, 1024);
  for (let at = keys, end = keys + (<usize>rows << 3); at < end; at += 8) {
    const bucket = histogram + (<usize>((load<u64>(at) >> shift) & 255) << 2);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
  let sum: u32 = 0;
  for (let bucket = histogram; bucket < histogram + 1024; bucket += 4) {
    const size = load<u32>(bucket);
    store<u32>(bucket, sum);
    sum += size;
  }
}

/** Moves rows to their buckets by one byte of their keys. histogram: where buckets start; afterwards, where they end. */
// @ts-ignore: decorator
@inline
function scatter(
  keys: usize, order: usize, rows: i32, shift: u64, histogram: usize, targetKeys: usize, target: usize,
): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    const key = load<u64>(keys + (i << 3));
    const bucket = histogram + (<usize>((key >> shift) & 255) << 2);
    const to = <usize>load<u32>(bucket);
    store<u32>(bucket, <u32>(to + 1));
    store<u64>(targetKeys + (to << 3), key);
    store<u32>(target + (to << 2), load<u32>(order + (i << 2)));
  }
}

/** Bits in which keys differ; 0 as well where they are in order already. */
function differencesOf(keys: usize, rows: i32): u64 {
  const first = load<u64>(keys);
  let differences: u64 = 0;
  let sorted = true;
  let previous = first;
  for (let at = keys, end = keys + (<usize>rows << 3); at < end; at += 8) {
    const key = load<u64>(at);
    differences |= key ^ first;
    sorted = sorted & (key >= previous);
    previous = key;
  }
  return sorted ? 0 : differences;
}

/** Least significant byte first; bytes without a difference need no pass. Results are where the rows came from. */
function sortSpan(keys: usize, order: usize, otherKeys: usize, other: usize, histogram: usize, rows: i32, differences: u64): void {
  const home = keys;
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    if (((differences >> shift) & 255) == 0) continue;
    count(keys, rows, shift, histogram);
    scatter(keys, order, rows, shift, histogram, otherKeys, other);
    const swapKeys = keys;
    keys = otherKeys;
    otherKeys = swapKeys;
    const swap = order;
    order = other;
    other = swap;
  }
  if (keys == home) return;
  memory.copy(otherKeys, keys, <usize>rows << 3);
  memory.copy(other, order, <usize>rows << 2);
}

/**
 * Sorts order u32[rows] by the keys at scratchKeys(scratch), u64[rows], one for each place of the order. room: the rows that scratch was
 * made for. The keys are left sorted as well. Many rows are first spread by their most significant byte, so that the passes over the other
 * bytes stay inside the caches.
 */
export function sortPairs(scratch: usize, room: i32, order: usize, rows: i32): void {
  const keys = scratch + HISTOGRAMS;
  if (rows <= INSERTION_MAX) {
    insertionSort(keys, order, rows);
    return;
  }
  const otherKeys = keys + (<usize>room << 3);
  const other = otherKeys + (<usize>room << 3);
  const differences = differencesOf(keys, rows);
  if (differences == 0) return;
  const top = (63 - clz(differences)) & ~7;
  if (rows <= CACHED_ROWS || top <= 8) {
    sortSpan(keys, order, otherKeys, other, scratch, rows, differences);
    return;
  }
  const ends = scratch + 1024;
  count(keys, rows, top, ends);
  scatter(keys, order, rows, top, ends, otherKeys, other);
  memory.copy(keys, otherKeys, <usize>rows << 3);
  memory.copy(order, other, <usize>rows << 2);
  let start: u32 = 0;
  for (let bucket: usize = 0; bucket < 256; bucket++) {
    const end = load<u32>(ends + (bucket << 2));
    const size = <i32>(end - start);
    const k = keys + (<usize>start << 3);
    const o = order + (<usize>start << 2);
    start = end;
    if (size < 2) continue;
    if (size <= INSERTION_MAX) {
      insertionSort(k, o, size);
      continue;
    }
    const inside = differencesOf(k, size);
    if (inside != 0) sortSpan(k, o, otherKeys, other, scratch, size, inside);
  }
}

// @ts-ignore: decorator
@inline
function takeKeys(keys: usize, order: usize, rows: i32, target: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    store<u64>(target + (i << 3), load<u64>(keys + (<usize>load<u32>(order + (i << 2)) << 3)));
  }
}

/** Sorts order: u32[rows], row numbers, by keys: u64 of each row. Stable. Returns -1 without memory, else 0. */
export function sortByKeys(arena: usize, keys: usize, order: usize, rows: i32): i32 {
  if (rows < 2) return 0;
  const scratch = sortScratch(arena, rows);
  if (scratch == 0) return -1;
  takeKeys(keys, order, rows, scratchKeys(scratch));
  sortPairs(scratch, rows, order, rows);
  arenaFree(arena, scratch);
  return 0;
}

/** Where the run that starts at `start` ends. */
// @ts-ignore: decorator
@inline
export function runEnd(runs: usize, start: i32, rows: i32): i32 {
  let end = start + 1;
  while (end < rows && !load<u8>(runs + <usize>end)) end++;
  return end;
}

/** Sorts inside each run of order by keys. Stable. Returns -1 without memory, else 0. */
export function sortRefine(arena: usize, keys: usize, order: usize, runs: usize, rows: i32): i32 {
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
      const from = order + (<usize>start << 2);
      takeKeys(keys, from, end - start, scratchKeys(scratch));
      sortPairs(scratch, longest, from, end - start);
    }
    start = end;
  }
  arenaFree(arena, scratch);
  return 0;
}

/** Starts a run wherever the key differs from the one before. Returns how many rows share their run with another: 0, all is decided. */
export function markRuns(keys: usize, order: usize, runs: usize, rows: i32): i32 {
  if (rows == 0) return 0;
  store<u8>(runs, 1);
  let previous = load<u64>(keys + (<usize>load<u32>(order) << 3));
  let shared = 0;
  for (let i: usize = 1; i < <usize>rows; i++) {
    const key = load<u64>(keys + (<usize>load<u32>(order + (i << 2)) << 3));
    const start = load<u8>(runs + i) | u8(key != previous);
    store<u8>(runs + i, start);
    shared += 1 - <i32>start;
    previous = key;
  }
  return shared;
}
