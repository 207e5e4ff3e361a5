// Roaring bitmaps: sets of u32. A bitmap is a structure of 32 bytes at an address that the caller chooses:
//   0 u32 containers | 4 u32 entries that fit | 8 u32 entries (container.ts), ascending by key | 12 u32 arena
// All it allocates comes from its arena and ends with it.

import { arenaAllocate, arenaFree, arenaGrow } from "../memory/arena";
import {
  ARRAY, ARRAY_MAX, BITMAP, BITMAP_BYTES, ENTRY, RUN, bitOf, cardinalityOf, countBits, countRuns, dataOf, formOf, fromBits, has, keyOf,
  lowerBound16, rankIn, roomOf, selectIn, setEntry, writeBitmap, writeRuns, writeValues,
} from "./container";

const OUT_OF_MEMORY: i32 = -2;
const CORRUPT: i32 = -1;

/** Two bitmaps' working room: as much as makes it a run of its own, which arenaFree gives back. */
const ROOM_BYTES: usize = 40000;

@inline
function containers(bitmap: usize): u32 {
  return load<u32>(bitmap);
}

@inline
function entryAt(bitmap: usize, i: u32): usize {
  return <usize>load<u32>(bitmap, 8) + <usize>i * ENTRY;
}

@inline
function arenaOf(bitmap: usize): usize {
  return <usize>load<u32>(bitmap, 12);
}

/** Bytes of a bitmap's structure. */
export function roaringBytes(): i32 {
  return 32;
}

/** Makes an empty bitmap at an address. */
export function roaringInit(bitmap: usize, arena: usize): void {
  memory.fill(bitmap, 0, 32);
  store<u32>(bitmap, <u32>arena, 12);
}

/** The first entry whose key is not less. */
function findKey(bitmap: usize, key: u32): u32 {
  const count = containers(bitmap);
  // Ascending input: mostly the last one or behind it.
  if (count > 0) {
    const last = keyOf(entryAt(bitmap, count - 1));
    if (key == last) return count - 1;
    if (key > last) return count;
  }
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(entryAt(bitmap, middle)) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Makes room for one more entry at a place; gives its address, 0 without memory. The entry is not written. */
function insertEntry(bitmap: usize, place: u32): usize {
  const count = containers(bitmap);
  if (count == load<u32>(bitmap, 4)) {
    const capacity = count == 0 ? 4 : count * 2;
    const entries = arenaGrow(arenaOf(bitmap), <usize>load<u32>(bitmap, 8), <usize>count * ENTRY, <usize>capacity * ENTRY);
    if (entries == 0) return 0;
    store<u32>(bitmap, capacity, 4);
    store<u32>(bitmap, <u32>entries, 8);
  }
  const entry = entryAt(bitmap, place);
  memory.copy(entry + ENTRY, entry, <usize>(count - place) * ENTRY);
  store<u32>(bitmap, count + 1);
  return entry;
}

/** Turns any container into a BITMAP. */
function toBitmap(entry: usize, arena: usize): bool {
  const data = arenaAllocate(arena, BITMAP_BYTES);
  if (data == 0) return false;
  writeBitmap(entry, data);
  setEntry(entry, keyOf(entry), BITMAP, cardinalityOf(entry), 0, data);
  return true;
}

/** 1 if the value is new, 0 if not, -2 without memory. */
function addTo(entry: usize, value: u32, arena: usize): i32 {
  if (formOf(entry) == RUN) {
    if (has(entry, value)) return 0;
    // Runs are for reading; a small one becomes an array again by way of its bits.
    const cardinality = cardinalityOf(entry);
    const key = keyOf(entry);
    if (!toBitmap(entry, arena)) return OUT_OF_MEMORY;
    if (cardinality < ARRAY_MAX && !fromBits(entry, key, dataOf(entry), cardinality, arena)) return OUT_OF_MEMORY;
  }
  if (formOf(entry) == ARRAY) {
    const count = cardinalityOf(entry);
    let data = dataOf(entry);
    const at = count > 0 && <u32>load<u16>(data + (<usize>(count - 1) << 1)) < value ? count : lowerBound16(data, count, value);
    if (at < count && <u32>load<u16>(data + (<usize>at << 1)) == value) return 0;
    if (count < ARRAY_MAX) {
      if (count == roomOf(entry)) {
        const room = min<u32>(ARRAY_MAX, max<u32>(8, count * 2));
        data = arenaGrow(arena, data, <usize>count << 1, <usize>room << 1);
        if (data == 0) return OUT_OF_MEMORY;
        store<u32>(entry, room, 8);
        store<u32>(entry, <u32>data, 12);
      }
      const place = data + (<usize>at << 1);
      memory.copy(place + 2, place, <usize>(count - at) << 1);
      store<u16>(place, <u16>value);
      store<u32>(entry, count + 1, 4);
      return 1;
    }
    if (!toBitmap(entry, arena)) return OUT_OF_MEMORY;
  }
  const byte = dataOf(entry) + <usize>(value >> 3);
  const bit = <u32>1 << (value & 7);
  const bits = <u32>load<u8>(byte);
  if (bits & bit) return 0;
  store<u8>(byte, bits | bit);
  store<u32>(entry, cardinalityOf(entry) + 1, 4);
  return 1;
}

/** The entry of a key, made if it is not there; 0 without memory. */
function needEntry(bitmap: usize, key: u32): usize {
  const place = findKey(bitmap, key);
  if (place < containers(bitmap)) {
    const entry = entryAt(bitmap, place);
    if (keyOf(entry) == key) return entry;
  }
  const entry = insertEntry(bitmap, place);
  if (entry != 0) setEntry(entry, key, ARRAY, 0, 0, 0);
  return entry;
}

/** Adds a value. Returns 1 if it is new, 0 if not, -2 without memory. */
export function roaringAdd(bitmap: usize, value: u32): i32 {
  const entry = needEntry(bitmap, value >> 16);
  return entry == 0 ? OUT_OF_MEMORY : addTo(entry, value & 0xffff, arenaOf(bitmap));
}

/** Adds u32[rows], in any order. Returns 0, or -2 without memory. */
export function roaringAddMany(bitmap: usize, values: usize, rows: i32): i32 {
  const arena = arenaOf(bitmap);
  let entry: usize = 0;
  let key: u32 = 0x10000;
  for (let row = 0; row < rows; row++) {
    const value = load<u32>(values);
    values += 4;
    if (value >> 16 != key) {
      key = value >> 16;
      entry = needEntry(bitmap, key);
      if (entry == 0) return OUT_OF_MEMORY;
    }
    if (addTo(entry, value & 0xffff, arena) < 0) return OUT_OF_MEMORY;
  }
  return 0;
}

/** 1 if the value is in the set, else 0. */
export function roaringContains(bitmap: usize, value: u32): i32 {
  const place = findKey(bitmap, value >> 16);
  if (place == containers(bitmap)) return 0;
  const entry = entryAt(bitmap, place);
  return i32(keyOf(entry) == value >> 16 && has(entry, value & 0xffff));
}

/** out[row] = 1 if values[row] is in the set, else 0. values: u32[rows]; out: u8[rows]. */
export function roaringContainsMany(bitmap: usize, values: usize, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<u8>(out++, <u8>roaringContains(bitmap, load<u32>(values)));
    values += 4;
  }
}

/** How many values are in the set. */
export function roaringCardinality(bitmap: usize): f64 {
  let count: u64 = 0;
  for (let i: u32 = 0; i < containers(bitmap); i++) count += <u64>cardinalityOf(entryAt(bitmap, i));
  return <f64>count;
}

/** Writes all values, ascending. out: u32[cardinality]. Returns how many. */
export function roaringToArray(bitmap: usize, out: usize): i32 {
  let to = out;
  for (let i: u32 = 0; i < containers(bitmap); i++) to = writeValues(entryAt(bitmap, i), to);
  return <i32>((to - out) >> 2);
}

/** How many values are at most this one. */
export function roaringRank(bitmap: usize, value: u32): f64 {
  let count: u64 = 0;
  for (let i: u32 = 0; i < containers(bitmap); i++) {
    const entry = entryAt(bitmap, i);
    if (keyOf(entry) > value >> 16) break;
    if (keyOf(entry) == value >> 16) {
      count += <u64>rankIn(entry, value & 0xffff);
      break;
    }
    count += <u64>cardinalityOf(entry);
  }
  return <f64>count;
}

/** The value number `index` (0-based) in ascending order, -1 if there are not so many. */
export function roaringSelect(bitmap: usize, index: u32): f64 {
  for (let i: u32 = 0; i < containers(bitmap); i++) {
    const entry = entryAt(bitmap, i);
    const count = cardinalityOf(entry);
    if (index < count) return <f64>((keyOf(entry) << 16) | selectIn(entry, index));
    index -= count;
  }
  return -1;
}

/** The least value, -1 of an empty set. */
export function roaringMin(bitmap: usize): f64 {
  return roaringSelect(bitmap, 0);
}

/** The greatest value, -1 of an empty set. */
export function roaringMax(bitmap: usize): f64 {
  const count = containers(bitmap);
  if (count == 0) return -1;
  const entry = entryAt(bitmap, count - 1);
  return <f64>((keyOf(entry) << 16) | selectIn(entry, cardinalityOf(entry) - 1));
}

// Set operations. A pair of arrays is merged; an array is filtered by the other container; all other pairs meet as bits.

const AND: i32 = 0;
const OR: i32 = 1;
const XOR: i32 = 2;
const AND_NOT: i32 = 3;

/** A copy of a container as a new entry at the end of out. */
function copyContainer(out: usize, from: usize): bool {
  const entry = insertEntry(out, containers(out));
  if (entry == 0) return false;
  const form = formOf(from);
  const cardinality = cardinalityOf(from);
  const size = form == BITMAP ? BITMAP_BYTES : form == ARRAY ? <usize>cardinality << 1 : <usize>roomOf(from) << 2;
  const data = arenaAllocate(arenaOf(out), size);
  if (data == 0) return false;
  memory.copy(data, dataOf(from), size);
  setEntry(entry, keyOf(from), form, cardinality, form == ARRAY ? cardinality : roomOf(from), data);
  return true;
}

/** Merges two arrays; gives the position behind what was written. */
function mergeArrays(operation: i32, a: usize, aEnd: usize, b: usize, bEnd: usize, out: usize): usize {
  while (a < aEnd && b < bEnd) {
    const x = <u32>load<u16>(a);
    const y = <u32>load<u16>(b);
    if (x == y) {
      if (operation <= OR) {
        store<u16>(out, <u16>x);
        out += 2;
      }
      a += 2;
      b += 2;
    } else if (x < y) {
      if (operation != AND) {
        store<u16>(out, <u16>x);
        out += 2;
      }
      a += 2;
    } else {
      if (operation == OR || operation == XOR) {
        store<u16>(out, <u16>y);
        out += 2;
      }
      b += 2;
    }
  }
  if (operation != AND) {
    memory.copy(out, a, aEnd - a);
    out += aEnd - a;
  }
  if (operation == OR || operation == XOR) {
    memory.copy(out, b, bEnd - b);
    out += bEnd - b;
  }
  return out;
}

/** Whether combinePair left an ARRAY or a BITMAP. */
const formAt = memory.data(4, 4);

/** One pair of containers into u16 values (up to 8,192) or bits in room (16,384 bytes). Gives the cardinality. */
function combinePair(operation: i32, a: usize, b: usize, room: usize): u32 {
  const aForm = formOf(a);
  const bForm = formOf(b);
  const aData = dataOf(a);
  store<u32>(formAt, ARRAY);
  if (aForm == ARRAY && bForm == ARRAY) {
    const aEnd = aData + (<usize>cardinalityOf(a) << 1);
    const bData = dataOf(b);
    return <u32>((mergeArrays(operation, aData, aEnd, bData, bData + (<usize>cardinalityOf(b) << 1), room) - room) >> 1);
  }
  if ((aForm == ARRAY && (operation == AND || operation == AND_NOT)) || (bForm == ARRAY && operation == AND)) {
    const values = aForm == ARRAY ? aData : dataOf(b);
    const count = cardinalityOf(aForm == ARRAY ? a : b);
    const other = aForm == ARRAY ? b : a;
    const keep = operation == AND;
    let out = room;
    for (let i: u32 = 0; i < count; i++) {
      const value = load<u16>(values + (<usize>i << 1));
      store<u16>(out, value);
      if (has(other, <u32>value) == keep) out += 2;
    }
    return <u32>((out - room) >> 1);
  }
  store<u32>(formAt, BITMAP);
  const second = room + BITMAP_BYTES;
  writeBitmap(a, room);
  writeBitmap(b, second);
  for (let at: usize = 0; at < BITMAP_BYTES; at += 16) {
    const x = v128.load(room + at);
    const y = v128.load(second + at);
    v128.store(
      room + at,
      operation == AND ? v128.and(x, y) : operation == OR ? v128.or(x, y) : operation == XOR ? v128.xor(x, y) : v128.andnot(x, y),
    );
  }
  return countBits(room);
}

/** What combinePair left in room as a new entry at the end of out. */
function keepPair(out: usize, key: u32, room: usize, cardinality: u32): bool {
  if (cardinality == 0) return true;
  const arena = arenaOf(out);
  const entry = insertEntry(out, containers(out));
  if (entry == 0) return false;
  setEntry(entry, key, ARRAY, 0, 0, 0);
  if (load<u32>(formAt) == BITMAP) return fromBits(entry, key, room, cardinality, arena);
  if (cardinality > ARRAY_MAX) {
    const data = arenaAllocate(arena, BITMAP_BYTES);
    if (data == 0) return false;
    setEntry(entry, key, ARRAY, cardinality, 0, room);
    writeBitmap(entry, data);
    setEntry(entry, key, BITMAP, cardinality, 0, data);
    return true;
  }
  const data = arenaAllocate(arena, <usize>cardinality << 1);
  if (data == 0) return false;
  memory.copy(data, room, <usize>cardinality << 1);
  setEntry(entry, key, ARRAY, cardinality, cardinality, data);
  return true;
}

function combine(operation: i32, a: usize, b: usize, out: usize): i32 {
  const arena = arenaOf(out);
  const room = arenaAllocate(arena, ROOM_BYTES);
  if (room == 0) return OUT_OF_MEMORY;
  const aCount = containers(a);
  const bCount = containers(b);
  let i: u32 = 0;
  let j: u32 = 0;
  let good = true;
  while (good && (i < aCount || j < bCount)) {
    const aKey = i < aCount ? keyOf(entryAt(a, i)) : 0x10000;
    const bKey = j < bCount ? keyOf(entryAt(b, j)) : 0x10000;
    if (aKey == bKey) {
      const cardinality = combinePair(operation, entryAt(a, i), entryAt(b, j), room);
      good = keepPair(out, aKey, room, cardinality);
      i++;
      j++;
    } else if (aKey < bKey) {
      if (operation != AND) good = copyContainer(out, entryAt(a, i));
      i++;
    } else {
      if (operation == OR || operation == XOR) good = copyContainer(out, entryAt(b, j));
      j++;
    }
  }
  arenaFree(arena, room);
  return good ? 0 : OUT_OF_MEMORY;
}

/** a and b into out, an empty bitmap. Returns 0, or -2 without memory. */
export function roaringAnd(a: usize, b: usize, out: usize): i32 { return combine(AND, a, b, out); }
/** a or b into out, an empty bitmap. Returns 0, or -2 without memory. */
export function roaringOr(a: usize, b: usize, out: usize): i32 { return combine(OR, a, b, out); }
/** Values of exactly one of a and b into out, an empty bitmap. Returns 0, or -2 without memory. */
export function roaringXor(a: usize, b: usize, out: usize): i32 { return combine(XOR, a, b, out); }
/** a without b into out, an empty bitmap. Returns 0, or -2 without memory. */
export function roaringAndNot(a: usize, b: usize, out: usize): i32 { return combine(AND_NOT, a, b, out); }

/** |a and b|; the other operations' cardinalities follow from it. room: 16,384 bytes of scratch, 16-byte aligned. */
export function roaringAndCardinality(a: usize, b: usize, room: usize): f64 {
  let count: u64 = 0;
  let j: u32 = 0;
  for (let i: u32 = 0; i < containers(a); i++) {
    const entry = entryAt(a, i);
    while (j < containers(b) && keyOf(entryAt(b, j)) < keyOf(entry)) j++;
    if (j == containers(b)) break;
    if (keyOf(entryAt(b, j)) == keyOf(entry)) count += <u64>combinePair(AND, entry, entryAt(b, j), room);
  }
  return <f64>count;
}

/** Stores every container in its smallest form, runs included. Returns 0, or -2 without memory (the set is whole either way). */
export function roaringRunOptimize(bitmap: usize): i32 {
  for (let i: u32 = 0; i < containers(bitmap); i++) {
    const entry = entryAt(bitmap, i);
    if (formOf(entry) == RUN) continue;
    const runs = countRuns(entry);
    const size = formOf(entry) == BITMAP ? <u32>BITMAP_BYTES : cardinalityOf(entry) * 2;
    if (<u32>2 + runs * 4 >= size) continue;
    const data = arenaAllocate(arenaOf(bitmap), <usize>runs << 2);
    if (data == 0) return OUT_OF_MEMORY;
    writeRuns(entry, data);
    setEntry(entry, keyOf(entry), RUN, cardinalityOf(entry), runs, data);
  }
  return 0;
}

// The portable format: u32 cookie (12346, then u32 containers; with runs 12347 + (containers - 1 << 16), then one bit a container that
// says which are) | per container u16 key, u16 cardinality - 1 | per container u32 offset (not with runs and fewer than four) | data,
// runs with their u16 count in front.

const COOKIE_PLAIN: u32 = 12346;
const COOKIE_RUNS: u32 = 12347;

function hasRuns(bitmap: usize): bool {
  for (let i: u32 = 0; i < containers(bitmap); i++) if (formOf(entryAt(bitmap, i)) == RUN) return true;
  return false;
}

@inline
function dataSize(entry: usize): usize {
  const form = formOf(entry);
  if (form == BITMAP) return BITMAP_BYTES;
  return form == ARRAY ? <usize>cardinalityOf(entry) << 1 : 2 + (<usize>roomOf(entry) << 2);
}

@inline
function headSize(count: u32, runs: bool): usize {
  const head: usize = runs ? 4 + <usize>((count + 7) >> 3) : 8;
  return head + <usize>count * (!runs || count >= 4 ? 8 : 4);
}

/** The bytes that roaringSerialize writes. */
export function roaringSerializedSize(bitmap: usize): i32 {
  const count = containers(bitmap);
  let size = headSize(count, hasRuns(bitmap));
  for (let i: u32 = 0; i < count; i++) size += dataSize(entryAt(bitmap, i));
  return <i32>size;
}

/** Writes the portable form. Returns the bytes written. */
export function roaringSerialize(bitmap: usize, target: usize): i32 {
  const count = containers(bitmap);
  const runs = hasRuns(bitmap);
  let out = target;
  if (runs) {
    store<u32>(out, COOKIE_RUNS | ((count - 1) << 16));
    out += 4;
    memory.fill(out, 0, <usize>((count + 7) >> 3));
    for (let i: u32 = 0; i < count; i++) {
      const byte = out + <usize>(i >> 3);
      if (formOf(entryAt(bitmap, i)) == RUN) store<u8>(byte, <u32>load<u8>(byte) | (1 << (i & 7)));
    }
    out += <usize>((count + 7) >> 3);
  } else {
    store<u32>(out, COOKIE_PLAIN);
    store<u32>(out, count, 4);
    out += 8;
  }
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(bitmap, i);
    store<u16>(out, <u16>keyOf(entry));
    store<u16>(out, <u16>(cardinalityOf(entry) - 1), 2);
    out += 4;
  }
  if (!runs || count >= 4) {
    let offset = headSize(count, runs);
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(out, <u32>offset);
      out += 4;
      offset += dataSize(entryAt(bitmap, i));
    }
  }
  for (let i: u32 = 0; i < count; i++) {
    const entry = entryAt(bitmap, i);
    let size = dataSize(entry);
    if (formOf(entry) == RUN) {
      store<u16>(out, <u16>roomOf(entry));
      out += 2;
      size -= 2;
    }
    memory.copy(out, dataOf(entry), size);
    out += size;
  }
  return <i32>(out - target);
}

function arrayIsAscending(data: usize, count: u32): bool {
  for (let i: u32 = 1; i < count; i++)
    if (load<u16>(data + (<usize>i << 1)) <= load<u16>(data + (<usize>(i - 1) << 1))) return false;
  return true;
}

/** The values of a run container, 0 if its runs touch backwards or pass the end. */
function countInRuns(data: usize, runs: u32): u32 {
  let count: u32 = 0;
  let next: u32 = 0;
  for (let run: u32 = 0; run < runs; run++) {
    const at = data + (<usize>run << 2);
    const start = <u32>load<u16>(at);
    const length = <u32>load<u16>(at, 2) + 1;
    if (start < next || start + length > 65536) return 0;
    next = start + length;
    count += length;
  }
  return count;
}

/**
 * Reads the portable form from size bytes into an empty bitmap, all of it verified. Returns the bytes read, -1 if they are corrupt,
 * -2 without memory; after a negative result the bitmap must be made anew.
 */
export function roaringDeserialize(bitmap: usize, source: usize, size: i32): i32 {
  const end = source + <usize>size;
  if (size < 4) return CORRUPT;
  const cookie = load<u32>(source);
  const runs = (cookie & 0xffff) == COOKIE_RUNS;
  let count: u32;
  let flags: usize = 0;
  let p = source + 4;
  if (runs) {
    count = (cookie >> 16) + 1;
    flags = p;
    p += <usize>((count + 7) >> 3);
  } else {
    if (cookie != COOKIE_PLAIN || size < 8) return CORRUPT;
    count = load<u32>(p);
    if (count > 65536) return CORRUPT;
    p += 4;
  }
  const head = headSize(count, runs);
  if (<usize>size < head) return CORRUPT;
  const keys = p;
  const offsets = !runs || count >= 4 ? keys + (<usize>count << 2) : 0;
  p = source + head;
  const arena = arenaOf(bitmap);
  let before: i32 = -1;
  for (let i: u32 = 0; i < count; i++) {
    const key = <u32>load<u16>(keys + (<usize>i << 2));
    const cardinality = <u32>load<u16>(keys + (<usize>i << 2), 2) + 1;
    if (<i32>key <= before) return CORRUPT;
    before = <i32>key;
    if (offsets != 0 && <usize>load<u32>(offsets + (<usize>i << 2)) != p - source) return CORRUPT;
    const isRun = runs && bitOf(flags, i) != 0;
    let form = cardinality > ARRAY_MAX ? BITMAP : ARRAY;
    let room = cardinality;
    let bytes = form == BITMAP ? BITMAP_BYTES : <usize>cardinality << 1;
    if (isRun) {
      if (end - p < 2) return CORRUPT;
      form = RUN;
      room = <u32>load<u16>(p);
      bytes = <usize>room << 2;
      p += 2;
    }
    if (end - p < bytes) return CORRUPT;
    if (form == ARRAY ? !arrayIsAscending(p, cardinality) : form == BITMAP ? countBits(p) != cardinality : countInRuns(p, room) != cardinality)
      return CORRUPT;
    const data = arenaAllocate(arena, bytes);
    const entry: usize = data == 0 ? 0 : insertEntry(bitmap, i);
    if (entry == 0) return OUT_OF_MEMORY;
    memory.copy(data, p, bytes);
    setEntry(entry, key, form, cardinality, room, data);
    p += bytes;
  }
  return <i32>(p - source);
}
