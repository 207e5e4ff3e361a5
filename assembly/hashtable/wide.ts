// Group tables of keys of several 8-byte words: 16 bytes and more. A slot is { u32 hash, u32 id + 1 }; the key itself is read from
// the list of keys, once the hashes agree.

import { hashWords } from "./hash";
import {
  BATCH, KEYS, LIMIT, MASK, SCRATCH, SIZE, SLOTS, WIDTH, field, setField, tableCreate, tableGrow, tableGrown,
} from "./table";

// @ts-ignore: decorator
@inline
function same(a: usize, b: usize, words: usize): bool {
  let difference: u64 = 0;
  for (let at: usize = 0; at < words << 3; at += 8) difference |= load<u64>(a + at) ^ load<u64>(b + at);
  return difference == 0;
}

function grow(table: usize, width: usize): bool {
  const target = tableGrow(table, 8, width);
  if (target == 0) return false;
  let slot = <usize>field(table, SLOTS);
  const end = slot + ((<usize>field(table, MASK) + 1) << 3);
  const targetMask = (field(table, MASK) << 1) | 1;
  const targetEnd = target + ((<usize>targetMask + 1) << 3);
  for (; slot < end; slot += 8) {
    if (load<u32>(slot, 4) == 0) continue;
    let to = target + (<usize>(load<u32>(slot) & targetMask) << 3);
    while (load<u32>(to, 4) != 0) {
      to += 8;
      if (to == targetEnd) to = target;
    }
    store<u64>(to, load<u64>(slot));
  }
  tableGrown(table, target);
  return true;
}

/** Looks at every key's first slot, without a branch: lists the rows not found there and leaves their hashes. Scratch: u32 rows[BATCH], u32 hashes[BATCH]. */
// @ts-ignore: decorator
@inline
function look(table: usize, keys: usize, rows: i32, ids: usize, words: usize): i32 {
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const list = <usize>field(table, KEYS);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  const width = words << 3;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const hash = hashWords(keys + row * width, words);
    store<u32>(hashes + (row << 2), hash);
    const slot = slots + (<usize>(hash & mask) << 3);
    // Where the hash is another, no key is to be compared: its id then reads as empty.
    store<u32>(ids + (row << 2), load<u32>(slot) == hash ? load<u32>(slot, 4) : 0);
  }
  let misses = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    // Key 0 stands in for an absent one; it may be compared, but the row counts as missed all the same.
    const at = select<u32>(id - 1, 0, id != 0);
    const equal = same(list + <usize>at * width, keys + row * width, words);
    store<u32>(ids + (row << 2), id - 1);
    store<u32>(missed + (<usize>misses << 2), <u32>row);
    misses += i32(!equal) | i32(id == 0);
  }
  return misses;
}

// @ts-ignore: decorator
@inline
function upsertBatch(table: usize, keys: usize, rows: i32, ids: usize, words: usize): bool {
  const width = words << 3;
  const misses = look(table, keys, rows, ids, words);
  let slots = <usize>field(table, SLOTS);
  let mask = field(table, MASK);
  let size = field(table, SIZE);
  let limit = field(table, LIMIT);
  let list = <usize>field(table, KEYS);
  let end = slots + ((<usize>mask + 1) << 3);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  for (let m = 0; m < misses; m++) {
    const row = <usize>load<u32>(missed + (<usize>m << 2));
    const key = keys + row * width;
    const hash = load<u32>(hashes + (row << 2));
    let slot = slots + (<usize>(hash & mask) << 3);
    let id = load<u32>(slot, 4);
    while (id != 0 && !(load<u32>(slot) == hash && same(list + <usize>(id - 1) * width, key, words))) {
      slot += 8;
      if (slot == end) slot = slots;
      id = load<u32>(slot, 4);
    }
    if (id == 0) {
      if (size == limit) {
        setField(table, SIZE, size);
        if (!grow(table, width)) return false;
        slots = <usize>field(table, SLOTS);
        mask = field(table, MASK);
        limit = field(table, LIMIT);
        list = <usize>field(table, KEYS);
        end = slots + ((<usize>mask + 1) << 3);
        slot = slots + (<usize>(hash & mask) << 3);
        while (load<u32>(slot, 4) != 0) {
          slot += 8;
          if (slot == end) slot = slots;
        }
      }
      const target = list + <usize>size * width;
      for (let at: usize = 0; at < width; at += 8) store<u64>(target + at, load<u64>(key + at));
      id = ++size;
      store<u32>(slot, hash);
      store<u32>(slot, id, 4);
    }
    store<u32>(ids + (row << 2), id - 1);
  }
  setField(table, SIZE, size);
  return true;
}

// @ts-ignore: decorator
@inline
function upsert(table: usize, keys: usize, rows: i32, ids: usize, words: usize): i32 {
  for (let row = 0; row < rows; row += BATCH) {
    if (!upsertBatch(table, keys + <usize>row * (words << 3), min(BATCH, rows - row), ids + (<usize>row << 2), words)) return -1;
  }
  return field(table, SIZE);
}

// @ts-ignore: decorator
@inline
function find(table: usize, keys: usize, rows: i32, ids: usize, words: usize): void {
  const width = words << 3;
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const list = <usize>field(table, KEYS);
  const end = slots + ((<usize>mask + 1) << 3);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  for (let start = 0; start < rows; start += BATCH) {
    const misses = look(table, keys, min(BATCH, rows - start), ids, words);
    for (let m = 0; m < misses; m++) {
      const row = <usize>load<u32>(missed + (<usize>m << 2));
      const hash = load<u32>(hashes + (row << 2));
      let slot = slots + (<usize>(hash & mask) << 3);
      let id = load<u32>(slot, 4);
      while (id != 0 && !(load<u32>(slot) == hash && same(list + <usize>(id - 1) * width, keys + row * width, words))) {
        slot += 8;
        if (slot == end) slot = slots;
        id = load<u32>(slot, 4);
      }
      store<u32>(ids + (row << 2), id - 1);
    }
    keys += <usize>BATCH * width;
    ids += <usize>BATCH << 2;
  }
}

function upsertTwo(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  return upsert(table, keys, rows, ids, 2);
}

function findTwo(table: usize, keys: usize, rows: i32, ids: usize): void {
  find(table, keys, rows, ids, 2);
}

/** A table of keys of width bytes, a multiple of 8. Returns its address, 0 without memory. */
export function groupTableCreateWide(arena: usize, expected: i32, width: i32): usize {
  return tableCreate(arena, expected, 8, <usize>width, <usize>width);
}

/** As groupTableUpsert4, for keys u8[rows * width]. */
export function groupTableUpsertWide(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  const words = <usize>field(table, WIDTH) >> 3;
  if (words == 2) return upsertTwo(table, keys, rows, ids);
  return upsert(table, keys, rows, ids, words);
}

/** As groupTableFind4, for keys u8[rows * width]. */
export function groupTableFindWide(table: usize, keys: usize, rows: i32, ids: usize): void {
  const words = <usize>field(table, WIDTH) >> 3;
  if (words == 2) findTwo(table, keys, rows, ids);
  else find(table, keys, rows, ids, words);
}
