// Group tables of strings, and of rows of any columns written as strings. A slot is { u32 hash, u32 id + 1, u32 offset, u32 size }:
// where the hash and the size agree, only the bytes remain to be compared. The keys' bytes lie back to back in the order of their ids,
// with offsets beside them: a string column as it is.

import { arenaGrow } from "../memory/arena";
import { hashBytes } from "./hash";
import {
  ARENA, BATCH, BYTES, BYTES_ROOM, BYTES_USED, KEYS, LIMIT, MASK, SCRATCH, SIZE, SLOTS,
  field, setField, tableCreate, tableGrow, tableGrown,
} from "./table";

/** May read up to 15 bytes past the ends. */
// @ts-ignore: decorator
@inline
function sameBytes(a: usize, b: usize, size: u32): bool {
  let left = <i32>size;
  while (left > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    left -= 16;
  }
  const equal = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return ((~equal & ((1 << left) - 1)) & 0xffff) == 0;
}

function grow(table: usize): bool {
  const target = tableGrow(table, 16, 4);
  if (target == 0) return false;
  let slot = <usize>field(table, SLOTS);
  const end = slot + ((<usize>field(table, MASK) + 1) << 4);
  const targetMask = (field(table, MASK) << 1) | 1;
  const targetEnd = target + ((<usize>targetMask + 1) << 4);
  for (; slot < end; slot += 16) {
    if (load<u32>(slot, 4) == 0) continue;
    let to = target + (<usize>(load<u32>(slot) & targetMask) << 4);
    while (load<u32>(to, 4) != 0) {
      to += 16;
      if (to == targetEnd) to = target;
    }
    v128.store(to, v128.load(slot));
  }
  tableGrown(table, target);
  return true;
}

/** Room for size more bytes of keys. */
// @ts-ignore: decorator
@inline
function makeRoom(table: usize, size: u32): bool {
  const used = field(table, BYTES_USED);
  if (used + size <= field(table, BYTES_ROOM)) return true;
  return growBytes(table, used, size);
}

function growBytes(table: usize, used: u32, size: u32): bool {
  const wanted = max<u64>((<u64>used + size) + (<u64>used >> 1), 65536 - 192);
  let room = min<u64>(wanted, 0x7f000000);
  if (room < <u64>used + size) return false;
  const arena = <usize>field(table, ARENA);
  let bytes = arenaGrow(arena, <usize>field(table, BYTES), used, <usize>room);
  if (bytes == 0) {
    room = <u64>used + size;
    bytes = arenaGrow(arena, <usize>field(table, BYTES), used, <usize>room);
    if (bytes == 0) return false;
  }
  setField(table, BYTES, bytes);
  setField(table, BYTES_ROOM, <usize>room);
  return true;
}

/**
 * Hashes the strings and compares each with what its first slot points at. Lists the rows that did not find their key there.
 * Scratch: u32 missed[BATCH], u32 hashes[BATCH], u32 alike[BATCH].
 */
// @ts-ignore: decorator
@inline
function look(table: usize, offsets: usize, bytes: usize, rows: i32, ids: usize): i32 {
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  const alike = hashes + (<usize>BATCH << 2);
  const keyBytes = <usize>field(table, BYTES);
  let from = load<u32>(offsets);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const to = load<u32>(offsets + (row << 2), 4);
    store<u32>(hashes + (row << 2), hashBytes(bytes + <usize>from, to - from));
    from = to;
  }
  let misses = 0;
  let candidates = 0;
  from = load<u32>(offsets);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const to = load<u32>(offsets + (row << 2), 4);
    const hash = load<u32>(hashes + (row << 2));
    const slot = slots + (<usize>(hash & mask) << 4);
    const id = load<u32>(slot, 4);
    const candidate = i32(load<u32>(slot) == hash) & i32(id != 0) & i32(load<u32>(slot, 12) == to - from);
    store<u32>(ids + (row << 2), id - 1);
    store<u32>(alike + (<usize>candidates << 2), <u32>row);
    store<u32>(missed + (<usize>misses << 2), <u32>row);
    candidates += candidate;
    misses += 1 - candidate;
    from = to;
  }
  for (let c = 0; c < candidates; c++) {
    const row = <usize>load<u32>(alike + (<usize>c << 2));
    const start = load<u32>(offsets + (row << 2));
    const slot = slots + (<usize>(load<u32>(hashes + (row << 2)) & mask) << 4);
    const equal = sameBytes(keyBytes + <usize>load<u32>(slot, 8), bytes + <usize>start, load<u32>(slot, 12));
    store<u32>(missed + (<usize>misses << 2), <u32>row);
    misses += i32(!equal);
  }
  return misses;
}

function upsertBatch(table: usize, offsets: usize, bytes: usize, rows: i32, ids: usize): bool {
  const misses = look(table, offsets, bytes, rows, ids);
  let slots = <usize>field(table, SLOTS);
  let mask = field(table, MASK);
  let size = field(table, SIZE);
  let limit = field(table, LIMIT);
  let list = <usize>field(table, KEYS);
  let keyBytes = <usize>field(table, BYTES);
  let end = slots + ((<usize>mask + 1) << 4);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  for (let m = 0; m < misses; m++) {
    const row = <usize>load<u32>(missed + (<usize>m << 2));
    const start = load<u32>(offsets + (row << 2));
    const length = load<u32>(offsets + (row << 2), 4) - start;
    const key = bytes + <usize>start;
    const hash = load<u32>(hashes + (row << 2));
    let slot = slots + (<usize>(hash & mask) << 4);
    let id = load<u32>(slot, 4);
    while (
      id != 0 &&
      !(load<u32>(slot) == hash && load<u32>(slot, 12) == length && sameBytes(keyBytes + <usize>load<u32>(slot, 8), key, length))
    ) {
      slot += 16;
      if (slot == end) slot = slots;
      id = load<u32>(slot, 4);
    }
    if (id == 0) {
      if (!makeRoom(table, length)) {
        setField(table, SIZE, size);
        return false;
      }
      keyBytes = <usize>field(table, BYTES);
      if (size == limit) {
        setField(table, SIZE, size);
        if (!grow(table)) return false;
        slots = <usize>field(table, SLOTS);
        mask = field(table, MASK);
        limit = field(table, LIMIT);
        list = <usize>field(table, KEYS);
        end = slots + ((<usize>mask + 1) << 4);
        slot = slots + (<usize>(hash & mask) << 4);
        while (load<u32>(slot, 4) != 0) {
          slot += 16;
          if (slot == end) slot = slots;
        }
      }
      const offset = field(table, BYTES_USED);
      memory.copy(keyBytes + <usize>offset, key, <usize>length);
      setField(table, BYTES_USED, <usize>(offset + length));
      id = ++size;
      store<u32>(list + (<usize>size << 2), offset + length);
      store<u32>(slot, hash);
      store<u32>(slot, id, 4);
      store<u32>(slot, offset, 8);
      store<u32>(slot, length, 12);
    }
    store<u32>(ids + (row << 2), id - 1);
  }
  setField(table, SIZE, size);
  return true;
}

/** A table of strings. Returns its address, 0 without memory. */
export function groupTableCreateString(arena: usize, expected: i32): usize {
  const table = tableCreate(arena, expected, 16, 4, 0);
  if (table == 0) return 0;
  store<u32>(<usize>field(table, KEYS), 0);
  // Never empty: the first look may read where an empty slot's offset points.
  return makeRoom(table, 16) ? table : 0;
}

/** As groupTableUpsert4, for strings: offsets u32[rows + 1] into bytes, which may be read up to 15 bytes past their end. */
export function groupTableUpsertString(table: usize, offsets: usize, bytes: usize, rows: i32, ids: usize): i32 {
  for (let row = 0; row < rows; row += BATCH) {
    if (!upsertBatch(table, offsets + (<usize>row << 2), bytes, min(BATCH, rows - row), ids + (<usize>row << 2))) return -1;
  }
  return field(table, SIZE);
}

/** As groupTableFind4, for strings. */
export function groupTableFindString(table: usize, offsets: usize, bytes: usize, rows: i32, ids: usize): void {
  const slots = <usize>field(table, SLOTS);
  const mask = field(table, MASK);
  const keyBytes = <usize>field(table, BYTES);
  const end = slots + ((<usize>mask + 1) << 4);
  const missed = <usize>field(table, SCRATCH);
  const hashes = missed + (<usize>BATCH << 2);
  for (let first = 0; first < rows; first += BATCH) {
    const misses = look(table, offsets, bytes, min(BATCH, rows - first), ids);
    for (let m = 0; m < misses; m++) {
      const row = <usize>load<u32>(missed + (<usize>m << 2));
      const start = load<u32>(offsets + (row << 2));
      const length = load<u32>(offsets + (row << 2), 4) - start;
      const hash = load<u32>(hashes + (row << 2));
      let slot = slots + (<usize>(hash & mask) << 4);
      let id = load<u32>(slot, 4);
      while (
        id != 0 &&
        !(
          load<u32>(slot) == hash &&
          load<u32>(slot, 12) == length &&
          sameBytes(keyBytes + <usize>load<u32>(slot, 8), bytes + <usize>start, length)
        )
      ) {
        slot += 16;
        if (slot == end) slot = slots;
        id = load<u32>(slot, 4);
      }
      store<u32>(ids + (row << 2), id - 1);
    }
    offsets += <usize>BATCH << 2;
    ids += <usize>BATCH << 2;
  }
}
