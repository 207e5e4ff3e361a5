// Group tables of 4- and 8-byte keys. The key lies in the slot: { key, u32 id + 1 }, 8 or 16 bytes.

import { hashWord } from "./hash";
import {
  BATCH, KEYS, LIMIT, MASK, SCRATCH, SIZE, SLOTS, field, setField, tableCreate, tableGrow, tableGrown,
} from "./table";

// @ts-ignore: decorator
@inline
function slotBytes<K>(): usize {
  return sizeof<K>() << 1;
}

// @ts-ignore: decorator
@inline
function slotOf<K>(slots: usize, mask: u32, key: K): usize {
  return slots + <usize>(hashWord(<u64>key) & mask) * slotBytes<K>();
}

function grow<K>(table: usize): bool {
  const target = tableGrow(table, slotBytes<K>(), sizeof<K>());
  if (target == 0) return false;
  let slot = <usize>field(table, SLOTS);
  const end = slot + (<usize>field(table, MASK) + 1) * slotBytes<K>();
  const targetMask = (field(table, MASK) << 1) | 1;
  const targetEnd = target + (<usize>targetMask + 1) * slotBytes<K>();
  for (; slot < end; slot += slotBytes<K>()) {
    const id = load<u32>(slot, sizeof<K>());
    if (id == 0) continue;
    const key = load<K>(slot);
    let to = slotOf<K>(target, targetMask, key);
    while (load<u32>(to, sizeof<K>()) != 0) {
      to += slotBytes<K>();
      if (to == targetEnd) to = target;
    }
    store<K>(to, key);
    store<u32>(to, id, sizeof<K>());
  }
  tableGrown(table, target);
  return true;
}

/** Looks at every key's first slot, without a branch, and lists the rows that did not find their key there. Returns how many. */
// @ts-ignore: decorator
@inline
function look<K>(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const missed = <usize>field(table, SCRATCH);
  let misses = 0;
  for (let row = 0; row < rows; row++) {
    const key = load<K>(keys + <usize>row * sizeof<K>());
    const slot = slotOf<K>(slots, mask, key);
    const id = load<u32>(slot, sizeof<K>());
    store<u32>(ids + (<usize>row << 2), id - 1);
    store<u32>(missed + (<usize>misses << 2), row);
    misses += i32(load<K>(slot) != key) | i32(id == 0);
  }
  return misses;
}

function upsertBatch<K>(table: usize, keys: usize, rows: i32, ids: usize): bool {
  const misses = look<K>(table, keys, rows, ids);
  let slots = <usize>field(table, SLOTS);
  let mask = field(table, MASK);
  let size = field(table, SIZE);
  let limit = field(table, LIMIT);
  let list = <usize>field(table, KEYS);
  let end = slots + (<usize>mask + 1) * slotBytes<K>();
  const missed = <usize>field(table, SCRATCH);
  for (let m = 0; m < misses; m++) {
    const row = <usize>load<u32>(missed + (<usize>m << 2));
    const key = load<K>(keys + row * sizeof<K>());
    let slot = slotOf<K>(slots, mask, key);
    let id = load<u32>(slot, sizeof<K>());
    while (id != 0 && load<K>(slot) != key) {
      slot += slotBytes<K>();
      if (slot == end) slot = slots;
      id = load<u32>(slot, sizeof<K>());
    }
    if (id == 0) {
      if (size == limit) {
        setField(table, SIZE, size);
        if (!grow<K>(table)) return false;
        slots = <usize>field(table, SLOTS);
        mask = field(table, MASK);
        limit = field(table, LIMIT);
        list = <usize>field(table, KEYS);
        end = slots + (<usize>mask + 1) * slotBytes<K>();
        slot = slotOf<K>(slots, mask, key);
        while (load<u32>(slot, sizeof<K>()) != 0) {
          slot += slotBytes<K>();
          if (slot == end) slot = slots;
        }
      }
      store<K>(list + <usize>size * sizeof<K>(), key);
      id = ++size;
      store<K>(slot, key);
      store<u32>(slot, id, sizeof<K>());
    }
    store<u32>(ids + (row << 2), id - 1);
  }
  setField(table, SIZE, size);
  return true;
}

function upsert<K>(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  for (let row = 0; row < rows; row += BATCH) {
    if (!upsertBatch<K>(table, keys + <usize>row * sizeof<K>(), min(BATCH, rows - row), ids + (<usize>row << 2))) return -1;
  }
  return field(table, SIZE);
}

function find<K>(table: usize, keys: usize, rows: i32, ids: usize): void {
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const end = slots + (<usize>mask + 1) * slotBytes<K>();
  const missed = <usize>field(table, SCRATCH);
  for (let start = 0; start < rows; start += BATCH) {
    const misses = look<K>(table, keys, min(BATCH, rows - start), ids);
    for (let m = 0; m < misses; m++) {
      const row = <usize>load<u32>(missed + (<usize>m << 2));
      const key = load<K>(keys + row * sizeof<K>());
      let slot = slotOf<K>(slots, mask, key);
      let id = load<u32>(slot, sizeof<K>());
      while (id != 0 && load<K>(slot) != key) {
        slot += slotBytes<K>();
        if (slot == end) slot = slots;
        id = load<u32>(slot, sizeof<K>());
      }
      // An empty slot's 0 becomes MISSING.
      store<u32>(ids + (row << 2), id - 1);
    }
    keys += <usize>BATCH * sizeof<K>();
    ids += <usize>BATCH << 2;
  }
}

/** A table of 4-byte keys for about `expected` of them. Returns its address, 0 without memory. */
export function groupTableCreate4(arena: usize, expected: i32): usize {
  return tableCreate(arena, expected, 8, 4, 4);
}

/** A table of 8-byte keys. */
export function groupTableCreate8(arena: usize, expected: i32): usize {
  return tableCreate(arena, expected, 16, 8, 8);
}

/**
 * Gives each row's key its group id, new keys the next ones. keys: u32[rows], ids: u32[rows], not overlapping. Returns the number
 * of keys in the table afterwards, -1 without memory: then the table has some of the keys, and ids are undefined.
 */
export function groupTableUpsert4(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  return upsert<u32>(table, keys, rows, ids);
}

/** The same for keys u64[rows]. */
export function groupTableUpsert8(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  return upsert<u64>(table, keys, rows, ids);
}

/** Ids of the keys the table has, 0xffffffff for others. keys: u32[rows], ids: u32[rows]. */
export function groupTableFind4(table: usize, keys: usize, rows: i32, ids: usize): void {
  find<u32>(table, keys, rows, ids);
}

/** The same for keys u64[rows]. */
export function groupTableFind8(table: usize, keys: usize, rows: i32, ids: usize): void {
  find<u64>(table, keys, rows, ids);
}
