// States that hold one value of any type a group: fixed widths packed, and strings of their own memory. Who may replace whom is decided
// before, by lists of changes (group, row): minMax.ts, and firstRows below.
//
// Pool, 16 bytes: u32 arena | u32 position | u32 end. Small pieces that live as long as the arena.
// String state, 16 bytes: u32 address | u32 size | u32 room | u32 is set.

import { arenaAllocate } from "../memory/arena";

const POOL_BLOCK: usize = 65536 - 192;

// @ts-ignore: decorator
@inline
function group(ids: usize, row: usize): usize {
  return ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2));
}

/** A piece of a pool's memory, 8-byte aligned; 0 without memory. */
export function poolTake(pool: usize, size: usize): usize {
  const padded = (size + 7) & ~7;
  const position = <usize>load<u32>(pool, 4);
  if (position + padded <= <usize>load<u32>(pool, 8)) {
    store<u32>(pool, <u32>(position + padded), 4);
    return position;
  }
  const arena = <usize>load<u32>(pool);
  if (padded > POOL_BLOCK >> 2) return arenaAllocate(arena, padded);
  const block = arenaAllocate(arena, POOL_BLOCK);
  if (block == 0) return 0;
  store<u32>(pool, <u32>(block + padded), 4);
  store<u32>(pool, <u32>(block + POOL_BLOCK), 8);
  return block;
}

/** Lists the rows that are the first of a group without a flag, and sets the flags. As minI8Leads. */
export function firstRows(flags: usize, ids: usize, rows: i32, groups: usize, leaders: usize): i32 {
  if (ids == 0) {
    if (rows == 0 || load<u8>(flags)) return 0;
    store<u8>(flags, 1);
    store<u32>(groups, 0);
    store<u32>(leaders, 0);
    return 1;
  }
  let count = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    const flag = flags + <usize>id;
    store<u32>(groups + (<usize>count << 2), id);
    store<u32>(leaders + (<usize>count << 2), <u32>row);
    count += i32(!load<u8>(flag));
    store<u8>(flag, 1);
  }
  return count;
}

// @ts-ignore: decorator
@inline
function put<T>(states: usize, ids: usize, values: usize, indices: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const source = indices == 0 ? row : <usize>load<u32>(indices + (row << 2));
    store<T>(states + group(ids, row) * sizeof<T>(), load<T>(values + source * sizeof<T>()));
  }
}

/** states[ids[i]] = values[indices[i]], in order, so the last one stands. indices: 0 for i itself; ids: 0 for group 0. */
export function putValues1(states: usize, ids: usize, values: usize, indices: usize, rows: i32): void {
  put<u8>(states, ids, values, indices, rows);
}

/** The same for 2-byte values. */
export function putValues2(states: usize, ids: usize, values: usize, indices: usize, rows: i32): void {
  put<u16>(states, ids, values, indices, rows);
}

/** The same for 4-byte values. */
export function putValues4(states: usize, ids: usize, values: usize, indices: usize, rows: i32): void {
  put<u32>(states, ids, values, indices, rows);
}

/** The same for 8-byte values. */
export function putValues8(states: usize, ids: usize, values: usize, indices: usize, rows: i32): void {
  put<u64>(states, ids, values, indices, rows);
}

/** The same for values of width bytes. */
export function putValuesBytes(states: usize, ids: usize, values: usize, indices: usize, rows: i32, width: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const source = indices == 0 ? row : <usize>load<u32>(indices + (row << 2));
    memory.copy(states + group(ids, row) * <usize>width, values + source * <usize>width, width);
  }
}

function setString(pool: usize, state: usize, text: usize, size: u32): bool {
  if (size > load<u32>(state, 8)) {
    // Room for a little more: a minimum is often replaced by something of about the same size.
    const room = (<usize>size + (<usize>size >> 2) + 15) & ~7;
    const address = poolTake(pool, room);
    if (address == 0) return false;
    store<u32>(state, <u32>address);
    store<u32>(state, <u32>room, 8);
  }
  memory.copy(<usize>load<u32>(state), text, <usize>size);
  store<u32>(state, size, 4);
  store<u32>(state, 1, 12);
  return true;
}

/** String states[ids[i]] = strings[indices[i]]; -1 without memory. As putValues1. */
export function putStrings(
  pool: usize, states: usize, ids: usize, offsets: usize, bytes: usize, indices: usize, rows: i32,
): i32 {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = offsets + ((indices == 0 ? row : <usize>load<u32>(indices + (row << 2))) << 2);
    const start = load<u32>(at);
    if (!setString(pool, states + (group(ids, row) << 4), bytes + <usize>start, load<u32>(at, 4) - start)) return -1;
  }
  return 0;
}

/** Byte order, a shorter one before its continuations; below 0, 0, or above. May read up to 7 bytes past the ends. */
// @ts-ignore: decorator
@inline
export function compareBytes(a: usize, aSize: u32, b: usize, bSize: u32): i32 {
  const both = <usize>min(aSize, bSize);
  for (let at: usize = 0; at < both; at += 8) {
    const left = load<u64>(a + at);
    const right = load<u64>(b + at);
    if (left == right) continue;
    const byte = at + <usize>(ctz(left ^ right) >> 3);
    if (byte >= both) break;
    return <i32>load<u8>(a + byte) - <i32>load<u8>(b + byte);
  }
  return <i32>aSize - <i32>bSize;
}

// @ts-ignore: decorator
@inline
function stringLeads(
  pool: usize, states: usize, ids: usize, offsets: usize, bytes: usize, rows: i32, groups: usize, leaders: usize, greatest: bool,
): i32 {
  let count = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = group(ids, row);
    const state = states + (id << 4);
    const start = load<u32>(offsets + (row << 2));
    const size = load<u32>(offsets + (row << 2), 4) - start;
    const text = bytes + <usize>start;
    if (load<u32>(state, 12) != 0) {
      const order = compareBytes(text, size, <usize>load<u32>(state), load<u32>(state, 4));
      if (greatest ? order <= 0 : order >= 0) continue;
    }
    if (!setString(pool, state, text, size)) return -1;
    if (groups == 0) continue;
    store<u32>(groups + (<usize>count << 2), <u32>id);
    store<u32>(leaders + (<usize>count << 2), <u32>row);
    count++;
  }
  return count;
}

/** String states take in the least strings. As minI8Leads; groups = 0 where nobody asks who took the lead. -1 without memory. */
export function minStringLeads(
  pool: usize, states: usize, ids: usize, offsets: usize, bytes: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return stringLeads(pool, states, ids, offsets, bytes, rows, groups, leaders, false);
}

/** String states take in the greatest strings. */
export function maxStringLeads(
  pool: usize, states: usize, ids: usize, offsets: usize, bytes: usize, rows: i32, groups: usize, leaders: usize,
): i32 {
  return stringLeads(pool, states, ids, offsets, bytes, rows, groups, leaders, true);
}

/** offsets: u32[count + 1] of the states' strings. Returns their bytes together, -1 above 2 GiB. */
export function stringStateOffsets(states: usize, count: i32, offsets: usize): i32 {
  let total: u64 = 0;
  store<u32>(offsets, 0);
  for (let i: usize = 0; i < <usize>count; i++) {
    total += load<u32>(states + (i << 4), 4);
    if (total > 0x7fffffff) return -1;
    store<u32>(offsets + (i << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** flags: u8[count], 1 where a string state is set. */
export function stringStateFlags(states: usize, count: i32, flags: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) store<u8>(flags + i, <u8>load<u32>(states + (i << 4), 12));
}

/** Copies the states' strings to bytes, back to back. */
export function stringStateBytes(states: usize, count: i32, bytes: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const size = <usize>load<u32>(states + (i << 4), 4);
    memory.copy(bytes, <usize>load<u32>(states + (i << 4)), size);
    bytes += size;
  }
}

/** Lists each group's last row, the later rows first. flags: u8[groups], zeroed. As firstRows. */
export function lastRows(flags: usize, ids: usize, rows: i32, groups: usize, leaders: usize): i32 {
  let count = 0;
  for (let row = rows - 1; row >= 0; row--) {
    const id = <u32>group(ids, row);
    const flag = flags + <usize>id;
    store<u32>(groups + (<usize>count << 2), id);
    store<u32>(leaders + (<usize>count << 2), row);
    count += i32(!load<u8>(flag));
    store<u8>(flag, 1);
  }
  return count;
}
