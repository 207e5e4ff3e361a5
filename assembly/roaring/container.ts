// Containers: the up to 65,536 values of a bitmap that share their upper 16 bits. Three forms:
//   ARRAY   u16[cardinality], ascending; up to 4,096 values
//   BITMAP  u64[1024], one bit a value; more than 4,096 values
//   RUN     pairs of u16: first value, count - 1; ascending, apart
//
// A bitmap keeps an entry of 16 bytes for each:
//   0 u16 key (the upper bits) | 2 u16 form | 4 u32 cardinality | 8 u32 room (ARRAY: values that fit; RUN: runs) | 12 u32 data

import { arenaAllocate } from "../memory/arena";

export const ARRAY: u32 = 1;
export const BITMAP: u32 = 2;
export const RUN: u32 = 3;

export const ENTRY: usize = 16;
export const ARRAY_MAX: u32 = 4096;
export const BITMAP_BYTES: usize = 8192;

@inline
export function keyOf(entry: usize): u32 {
  return <u32>load<u16>(entry);
}

@inline
export function formOf(entry: usize): u32 {
  return <u32>load<u16>(entry, 2);
}

@inline
export function cardinalityOf(entry: usize): u32 {
  return load<u32>(entry, 4);
}

@inline
export function roomOf(entry: usize): u32 {
  return load<u32>(entry, 8);
}

@inline
export function dataOf(entry: usize): usize {
  return <usize>load<u32>(entry, 12);
}

@inline
export function setEntry(entry: usize, key: u32, form: u32, cardinality: u32, room: u32, data: usize): void {
  store<u16>(entry, <u16>key);
  store<u16>(entry, <u16>form, 2);
  store<u32>(entry, cardinality, 4);
  store<u32>(entry, room, 8);
  store<u32>(entry, <u32>data, 12);
}

/** The first position in u16[count] whose value is not less. */
export function lowerBound16(data: usize, count: u32, value: u32): u32 {
  let low: u32 = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<u32>load<u16>(data + (<usize>middle << 1)) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last run that starts at or before a value; -1 if there is none. */
@inline
function runAt(data: usize, runs: u32, value: u32): i32 {
  let low: u32 = 0;
  let high = runs;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (<u32>load<u16>(data + (<usize>middle << 2)) <= value) low = middle + 1;
    else high = middle;
  }
  return <i32>low - 1;
}

@inline
export function bitOf(bitmap: usize, value: u32): u32 {
  return (<u32>load<u8>(bitmap + <usize>(value >> 3)) >> (value & 7)) & 1;
}

/** Whether the container has the value (its lower 16 bits). */
export function has(entry: usize, value: u32): bool {
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == BITMAP) return bitOf(data, value) != 0;
  if (form == ARRAY) {
    const count = cardinalityOf(entry);
    const at = lowerBound16(data, count, value);
    return at < count && <u32>load<u16>(data + (<usize>at << 1)) == value;
  }
  const run = runAt(data, roomOf(entry), value);
  if (run < 0) return false;
  const at = data + (<usize>run << 2);
  return value - <u32>load<u16>(at) <= <u32>load<u16>(at, 2);
}

/** How many of the container's values are at most `value`. */
export function rankIn(entry: usize, value: u32): u32 {
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == ARRAY) return lowerBound16(data, cardinalityOf(entry), value + 1);
  let count: u32 = 0;
  if (form == BITMAP) {
    const word = value >> 6;
    for (let w: u32 = 0; w < word; w++) count += <u32>popcnt<u64>(load<u64>(data + (<usize>w << 3)));
    const rest = 63 - (value & 63);
    return count + <u32>popcnt<u64>(load<u64>(data + (<usize>word << 3)) << <u64>rest);
  }
  const last = runAt(data, roomOf(entry), value);
  for (let run = 0; run <= last; run++) {
    const at = data + (<usize>run << 2);
    count += min<u32>(<u32>load<u16>(at, 2), value - <u32>load<u16>(at)) + 1;
  }
  return count;
}

/** The container's value number `index` (0-based, below its cardinality). */
export function selectIn(entry: usize, index: u32): u32 {
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == ARRAY) return <u32>load<u16>(data + (<usize>index << 1));
  if (form == BITMAP) {
    let at: u32 = 0;
    while (true) {
      const word = load<u64>(data + (<usize>at << 3));
      const count = <u32>popcnt<u64>(word);
      if (index < count) {
        let bits = word;
        for (; index > 0; index--) bits &= bits - 1;
        return (at << 6) + <u32>ctz<u64>(bits);
      }
      index -= count;
      at++;
    }
  }
  let at = data;
  while (index > <u32>load<u16>(at, 2)) {
    index -= <u32>load<u16>(at, 2) + 1;
    at += 4;
  }
  return <u32>load<u16>(at) + index;
}

/** Writes the container's values with `high` put above them; gives the position behind them. */
export function writeValues(entry: usize, out: usize): usize {
  const high = keyOf(entry) << 16;
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == ARRAY) {
    const count = cardinalityOf(entry);
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(out, high | <u32>load<u16>(data + (<usize>i << 1)));
      out += 4;
    }
    return out;
  }
  if (form == BITMAP) {
    for (let w: u32 = 0; w < 1024; w++) {
      let bits = load<u64>(data + (<usize>w << 3));
      while (bits != 0) {
        store<u32>(out, high | (w << 6) | <u32>ctz<u64>(bits));
        bits &= bits - 1;
        out += 4;
      }
    }
    return out;
  }
  for (let run: u32 = 0; run < roomOf(entry); run++) {
    const at = data + (<usize>run << 2);
    const first = high | <u32>load<u16>(at);
    const count = <u32>load<u16>(at, 2) + 1;
    for (let i: u32 = 0; i < count; i++) {
      store<u32>(out, first + i);
      out += 4;
    }
  }
  return out;
}

/** Sets bits [first, first + count). */
function setBits(bitmap: usize, first: u32, count: u32): void {
  while (count > 0) {
    const word = bitmap + (<usize>(first >> 6) << 3);
    const shift = first & 63;
    const take = min<u32>(64 - shift, count);
    const bits = take == 64 ? u64.MAX_VALUE : (((<u64>1 << <u64>take) - 1) << <u64>shift);
    store<u64>(word, load<u64>(word) | bits);
    first += take;
    count -= take;
  }
}

/** Writes the container as 8,192 bytes of bits. */
export function writeBitmap(entry: usize, bitmap: usize): void {
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == BITMAP) {
    memory.copy(bitmap, data, BITMAP_BYTES);
    return;
  }
  memory.fill(bitmap, 0, BITMAP_BYTES);
  if (form == ARRAY) {
    const count = cardinalityOf(entry);
    for (let i: u32 = 0; i < count; i++) {
      const value = <u32>load<u16>(data + (<usize>i << 1));
      const at = bitmap + (<usize>(value >> 6) << 3);
      store<u64>(at, load<u64>(at) | (<u64>1 << <u64>(value & 63)));
    }
    return;
  }
  for (let run: u32 = 0; run < roomOf(entry); run++) {
    const at = data + (<usize>run << 2);
    setBits(bitmap, <u32>load<u16>(at), <u32>load<u16>(at, 2) + 1);
  }
}

export function countBits(bitmap: usize): u32 {
  let count: u64 = 0;
  for (let at = bitmap; at < bitmap + BITMAP_BYTES; at += 8) count += popcnt<u64>(load<u64>(at));
  return <u32>count;
}

/** Makes entry the container of a bitmap's bits (`cardinality` of them, at least 1), copied into the arena. 0 without memory. */
export function fromBits(entry: usize, key: u32, bitmap: usize, cardinality: u32, arena: usize): bool {
  if (cardinality > ARRAY_MAX) {
    const data = arenaAllocate(arena, BITMAP_BYTES);
    if (data == 0) return false;
    memory.copy(data, bitmap, BITMAP_BYTES);
    setEntry(entry, key, BITMAP, cardinality, 0, data);
    return true;
  }
  const data = arenaAllocate(arena, <usize>cardinality << 1);
  if (data == 0) return false;
  let out = data;
  for (let w: u32 = 0; w < 1024; w++) {
    let bits = load<u64>(bitmap + (<usize>w << 3));
    while (bits != 0) {
      store<u16>(out, <u16>((w << 6) | <u32>ctz<u64>(bits)));
      bits &= bits - 1;
      out += 2;
    }
  }
  setEntry(entry, key, ARRAY, cardinality, cardinality, data);
  return true;
}

/** How many runs the container's values form. */
export function countRuns(entry: usize): u32 {
  const data = dataOf(entry);
  const form = formOf(entry);
  if (form == RUN) return roomOf(entry);
  let runs: u32 = 0;
  if (form == ARRAY) {
    const count = cardinalityOf(entry);
    let before: u32 = 0x20000;
    for (let i: u32 = 0; i < count; i++) {
      const value = <u32>load<u16>(data + (<usize>i << 1));
      runs += u32(value != before + 1);
      before = value;
    }
    return runs;
  }
  let carry: u64 = 0;
  for (let w: usize = 0; w < 1024; w++) {
    const word = load<u64>(data + (w << 3));
    runs += <u32>popcnt<u64>(word & ~((word << 1) | carry));
    carry = word >> 63;
  }
  return runs;
}

/** Writes the runs of an ARRAY or BITMAP container. */
export function writeRuns(entry: usize, out: usize): void {
  const data = dataOf(entry);
  let before: u32 = 0x20000;
  let start = out;
  if (formOf(entry) == ARRAY) {
    const count = cardinalityOf(entry);
    for (let i: u32 = 0; i < count; i++) {
      const value = <u32>load<u16>(data + (<usize>i << 1));
      if (value != before + 1) {
        start = out;
        store<u16>(start, <u16>value);
        out += 4;
      }
      store<u16>(start, <u16>(value - <u32>load<u16>(start)), 2);
      before = value;
    }
    return;
  }
  for (let w: u32 = 0; w < 1024; w++) {
    let bits = load<u64>(data + (<usize>w << 3));
    while (bits != 0) {
      const value = (w << 6) | <u32>ctz<u64>(bits);
      bits &= bits - 1;
      if (value != before + 1) {
        start = out;
        store<u16>(start, <u16>value);
        out += 4;
      }
      store<u16>(start, <u16>(value - <u32>load<u16>(start)), 2);
      before = value;
    }
  }
}
