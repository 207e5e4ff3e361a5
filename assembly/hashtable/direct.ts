// Group tables of 1- and 2-byte keys: one u32 id + 1 for every possible key.

import { arenaAllocate } from "../memory/arena";
import { KEYS, SIZE, SLOTS, field, setField, tableCreate } from "./table";

function create<K>(arena: usize): usize {
  const possible = <usize>1 << (sizeof<K>() << 3);
  const table = tableCreate(arena, 0, 4, 4, sizeof<K>());
  if (table == 0) return 0;
  const slots = arenaAllocate(arena, possible * 4);
  const keys = arenaAllocate(arena, possible * sizeof<K>());
  if (slots == 0 || keys == 0) return 0;
  memory.fill(slots, 0, possible * 4);
  setField(table, SLOTS, slots);
  setField(table, KEYS, keys);
  return table;
}

// @ts-ignore: decorator
@inline
function upsert<K>(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  const slots = <usize>field(table, SLOTS);
  const list = <usize>field(table, KEYS);
  let size = field(table, SIZE);
  const end = ids + (<usize>rows << 2);
  while (ids < end) {
    const key = load<K>(keys);
    const slot = slots + (<usize>key << 2);
    let id = load<u32>(slot);
    if (id == 0) {
      store<K>(list + <usize>size * sizeof<K>(), key);
      id = ++size;
      store<u32>(slot, id);
    }
    store<u32>(ids, id - 1);
    keys += sizeof<K>();
    ids += 4;
  }
  setField(table, SIZE, size);
  return size;
}

// @ts-ignore: decorator
@inline
function find<K>(table: usize, keys: usize, rows: i32, ids: usize): void {
  const slots = <usize>field(table, SLOTS);
  const end = ids + (<usize>rows << 2);
  while (ids < end) {
    store<u32>(ids, load<u32>(slots + (<usize>load<K>(keys) << 2)) - 1);
    keys += sizeof<K>();
    ids += 4;
  }
}

/** A table of 1-byte keys. Returns its address, 0 without memory. */
export function groupTableCreate1(arena: usize): usize {
  return create<u8>(arena);
}

/** A table of 2-byte keys. */
export function groupTableCreate2(arena: usize): usize {
  return create<u16>(arena);
}

/** As groupTableUpsert4, for keys u8[rows]. Never out of memory. */
export function groupTableUpsert1(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  return upsert<u8>(table, keys, rows, ids);
}

/** As groupTableUpsert4, for keys u16[rows]. Never out of memory. */
export function groupTableUpsert2(table: usize, keys: usize, rows: i32, ids: usize): i32 {
  return upsert<u16>(table, keys, rows, ids);
}

/** As groupTableFind4, for keys u8[rows]. */
export function groupTableFind1(table: usize, keys: usize, rows: i32, ids: usize): void {
  find<u8>(table, keys, rows, ids);
}

/** As groupTableFind4, for keys u16[rows]. */
export function groupTableFind2(table: usize, keys: usize, rows: i32, ids: usize): void {
  find<u16>(table, keys, rows, ids);
}
