// The structure that every group table shares. A table maps keys to dense numbers (group ids) in the order of their first
// appearance, and keeps the keys in that order, so that a result's key columns need no gathering.
//
// Table, 64 bytes:
//    0  u32 arena
//    4  u32 slots        address
//    8  u32 mask         slots - 1; a power of two of slots, at most half of them taken
//   12  u32 size         keys
//   16  u32 limit        keys before the slots must grow
//   20  u32 keys         address of the keys in id order: values, or u32 offsets[size + 1] for strings
//   24  u32 scratch      address of u32[4 * BATCH]
//   28  u32 width        bytes of a key; 0 for strings
//   32  u32 bytes        strings: address of their bytes
//   36  u32 bytesUsed
//   40  u32 bytesRoom
//
// In a slot a group's id is stored plus one; 0 is an empty slot.

import { arenaAllocate, arenaFree } from "../memory/arena";

export const ARENA: usize = 0;
export const SLOTS: usize = 4;
export const MASK: usize = 8;
export const SIZE: usize = 12;
export const LIMIT: usize = 16;
export const KEYS: usize = 20;
export const SCRATCH: usize = 24;
export const WIDTH: usize = 28;
export const BYTES: usize = 32;
export const BYTES_USED: usize = 36;
export const BYTES_ROOM: usize = 40;
const TABLE_BYTES: usize = 64;

/** Rows looked up together: their memory accesses overlap, and what one pass leaves is still in the first cache for the next. */
export const BATCH: i32 = 1024;
/** What find gives for a key that the table does not have. */
export const MISSING: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline
export function field(table: usize, offset: usize): u32 {
  return load<u32>(table + offset);
}

// @ts-ignore: decorator
@inline
export function setField(table: usize, offset: usize, value: usize): void {
  store<u32>(table + offset, <u32>value);
}

function slotsFor(expected: i32): usize {
  let slots: usize = 1024;
  while (limitOf(slots) < <usize>expected && slots < 1 << 26) slots <<= 1;
  return slots;
}

/** Keys that so many slots take. Where the first caches hold them anyway, many empty slots save the second look. */
// @ts-ignore: decorator
@inline
function limitOf(slots: usize): usize {
  return slots <= 8192 ? slots >> 3 : slots >> 1;
}

/** A table without keys. slotBytes: of one slot; keyBytes: in the list of keys. Returns 0 without memory. */
export function tableCreate(arena: usize, expected: i32, slotBytes: usize, keyBytes: usize, width: usize): usize {
  const table = arenaAllocate(arena, TABLE_BYTES);
  if (table == 0) return 0;
  memory.fill(table, 0, TABLE_BYTES);
  const slots = slotsFor(expected);
  setField(table, ARENA, arena);
  setField(table, WIDTH, width);
  setField(table, MASK, slots - 1);
  setField(table, LIMIT, limitOf(slots));
  const memoryOfSlots = arenaAllocate(arena, slots * slotBytes);
  const keys = arenaAllocate(arena, (limitOf(slots) + 1) * keyBytes);
  const scratch = arenaAllocate(arena, <usize>BATCH * 16);
  if (memoryOfSlots == 0 || keys == 0 || scratch == 0) return 0;
  memory.fill(memoryOfSlots, 0, slots * slotBytes);
  setField(table, SLOTS, memoryOfSlots);
  setField(table, KEYS, keys);
  setField(table, SCRATCH, scratch);
  return table;
}

/**
 * Doubles slots and key list. Gives the new, empty slots, for the caller to fill from the old ones, which it frees by
 * tableGrown; 0 without memory, the table being as it was.
 */
export function tableGrow(table: usize, slotBytes: usize, keyBytes: usize): usize {
  const arena = <usize>field(table, ARENA);
  const slots = (<usize>field(table, MASK) + 1) << 1;
  if (slots * slotBytes > 0x7fe00000) return 0;
  const target = arenaAllocate(arena, slots * slotBytes);
  if (target == 0) return 0;
  const keys = arenaAllocate(arena, (limitOf(slots) + 1) * keyBytes);
  if (keys == 0) {
    arenaFree(arena, target);
    return 0;
  }
  memory.fill(target, 0, slots * slotBytes);
  const old = <usize>field(table, KEYS);
  memory.copy(keys, old, (<usize>field(table, SIZE) + 1) * keyBytes);
  arenaFree(arena, old);
  setField(table, KEYS, keys);
  return target;
}

/** Puts the slots in place that tableGrow gave. */
export function tableGrown(table: usize, target: usize): void {
  const slots = (<usize>field(table, MASK) + 1) << 1;
  arenaFree(<usize>field(table, ARENA), <usize>field(table, SLOTS));
  setField(table, SLOTS, target);
  setField(table, MASK, slots - 1);
  setField(table, LIMIT, limitOf(slots));
}

/** Keys in the table. */
export function groupTableSize(table: usize): i32 {
  return field(table, SIZE);
}

/** Address of the keys in the order of their ids: values of the table's width, or for strings u32 offsets[size + 1]. Valid until the next upsert. */
export function groupTableKeys(table: usize): usize {
  return <usize>field(table, KEYS);
}

/** Strings: address of the bytes that groupTableKeys' offsets point into. Valid until the next upsert. */
export function groupTableBytes(table: usize): usize {
  return <usize>field(table, BYTES);
}
