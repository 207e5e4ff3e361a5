// Sort keys: u64 numbers whose unsigned order is the wanted order of the values, ascending or descending. Keys of narrow types stay
// narrow, so that several fit into one and a radix sort skips the bytes that are the same in all.

// @ts-ignore: decorator
@inline
function integers<T, U>(values: usize, rows: i32, target: usize, descending: i32): void {
  const sign = isSigned<T>() ? (<u64>1 << ((sizeof<T>() << 3) - 1)) : 0;
  const flip = sign ^ (descending ? <u64>~(<U>0) : 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u64>(target + (row << 3), <u64>load<U>(values + row * sizeof<T>()) ^ flip);
  }
}

// @ts-ignore: decorator
@inline
function floats<T, U>(values: usize, rows: i32, target: usize, descending: i32, nanFirst: i32): void {
  const sign = <U>1 << <U>((sizeof<T>() << 3) - 1);
  const flip = descending ? ~(<U>0) : <U>0;
  const nan = nanFirst ? <U>0 : ~(<U>0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const value = load<T>(values + row * sizeof<T>());
    // Adding 0 makes 0 of -0, which are equal and must stay in the order they came in.
    const bits = reinterpret<U>(<T>(value + <T>0));
    const key = (bits & sign ? ~bits : bits | sign) ^ flip;
    store<u64>(target + (row << 3), <u64>select<U>(nan, key, value != value));
  }
}

/** target: u64[rows], keys of i8 values. */
export function sortKeysI8(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<i8, u8>(values, rows, target, descending);
}

/** target: u64[rows], keys of i16 values. */
export function sortKeysI16(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<i16, u16>(values, rows, target, descending);
}

/** target: u64[rows], keys of i32 values. */
export function sortKeysI32(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<i32, u32>(values, rows, target, descending);
}

/** target: u64[rows], keys of i64 values. */
export function sortKeysI64(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<i64, u64>(values, rows, target, descending);
}

/** target: u64[rows], keys of u8 values. */
export function sortKeysU8(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<u8, u8>(values, rows, target, descending);
}

/** target: u64[rows], keys of u16 values. */
export function sortKeysU16(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<u16, u16>(values, rows, target, descending);
}

/** target: u64[rows], keys of u32 values. */
export function sortKeysU32(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<u32, u32>(values, rows, target, descending);
}

/** target: u64[rows], keys of u64 values. */
export function sortKeysU64(values: usize, rows: i32, target: usize, descending: i32): void {
  integers<u64, u64>(values, rows, target, descending);
}

/** target: u64[rows], keys of f32 values. NaN comes last, or first with nanFirst, in either direction. */
export function sortKeysF32(values: usize, rows: i32, target: usize, descending: i32, nanFirst: i32): void {
  floats<f32, u32>(values, rows, target, descending, nanFirst);
}

/** target: u64[rows], keys of f64 values. NaN comes last, or first with nanFirst, in either direction. */
export function sortKeysF64(values: usize, rows: i32, target: usize, descending: i32, nanFirst: i32): void {
  floats<f64, u64>(values, rows, target, descending, nanFirst);
}

/**
 * target: u64[rows], keys of one 8-byte word of wider values, the most significant word first. word: its number in a value of `words`
 * words. order: 0 little-endian unsigned, 1 little-endian signed, 2 big-endian bytes (FixedString, IPv6; width need not be a multiple
 * of 8, zeros stand behind), 3 UUID (two little-endian halves, the high one first).
 */
export function sortKeysWord(
  values: usize, rows: i32, target: usize, descending: i32, width: i32, word: i32, order: i32,
): void {
  const words = (width + 7) >> 3;
  const from = order == 2 || order == 3 ? word : words - 1 - word;
  const flip = (order == 1 && word == 0 ? <u64>1 << 63 : 0) ^ (descending ? <u64>-1 : 0);
  const tail = width - (from << 3);
  const mask = tail >= 8 ? <u64>-1 : ~(<u64>-1 << (<u64>tail << 3));
  for (let row: usize = 0; row < <usize>rows; row++) {
    let key = load<u64>(values + row * <usize>width + (<usize>from << 3)) & mask;
    if (order == 2) key = bswap<u64>(key);
    store<u64>(target + (row << 3), key ^ flip);
  }
}

/** target: u64[rows], 0 or 1: where NULLs (u8[rows], not 0) stand. */
export function sortKeysNulls(nulls: usize, rows: i32, target: usize, nullsFirst: i32): void {
  const nullKey = <u64>(nullsFirst ? 0 : 1);
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u64>(target + (row << 3), load<u8>(nulls + row) != 0 ? nullKey : nullKey ^ 1);
  }
}

/** keys: u64[rows] become 0 where nulls is not 0, so that NULLs are equal. */
export function sortKeysClear(keys: usize, nulls: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = keys + (row << 3);
    store<u64>(at, select<u64>(0, load<u64>(at), load<u8>(nulls + row) != 0));
  }
}

/** keys: u64[rows] = keys << bits | more. more: u64[rows] below 2^bits; bits below 64. */
export function sortKeysAppend(keys: usize, more: usize, rows: i32, bits: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = keys + (row << 3);
    store<u64>(at, (load<u64>(at) << <u64>bits) | load<u64>(more + (row << 3)));
  }
}

/** Whether keys u64[rows] never go down. */
export function keysSorted(keys: usize, rows: i32): i32 {
  for (let row: usize = 1; row < <usize>rows; row++) {
    if (load<u64>(keys + (row << 3)) < load<u64>(keys + ((row - 1) << 3))) return 0;
  }
  return 1;
}

/** Lists the rows whose key is not above that at limit (u64). target: u32[rows] and room for one more. Returns how many. */
export function keysNotAbove(keys: usize, rows: i32, limit: usize, target: usize): i32 {
  const most = load<u64>(limit);
  let count: usize = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(target + (count << 2), <u32>row);
    count += <usize>(load<u64>(keys + (row << 3)) <= most);
  }
  return <i32>count;
}

/** target: u64[rows], the first 8 bytes of strings: equal or smaller keys where strings are smaller. For filters, not for a whole sort. */
export function sortKeysPrefix(offsets: usize, bytes: usize, rows: i32, target: usize, descending: i32): void {
  const flip = descending ? <u64>-1 : 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const start = load<u32>(offsets + (row << 2));
    const size = load<u32>(offsets + (row << 2), 4) - start;
    const word = bswap<u64>(load<u64>(bytes + <usize>start));
    const behind = size >= 8 ? 0 : <u64>-1 >> (<u64>size << 3);
    store<u64>(target + (row << 3), (word & ~behind) ^ flip);
  }
}

/** Puts NULLs (u8[rows]) before or behind all other keys, in the first bit; the keys are shifted down by `shift` bits for it. */
export function sortKeysNullBit(keys: usize, nulls: usize, rows: i32, shift: i32, nullsFirst: i32): void {
  const nullBit = nullsFirst ? <u64>0 : <u64>1 << 63;
  const otherBit = nullBit ^ (<u64>1 << 63);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = keys + (row << 3);
    const key = (load<u64>(at) >> <u64>shift) | otherBit;
    store<u64>(at, select<u64>(nullBit, key, load<u8>(nulls + row) != 0));
  }
}

/** ranks: u32 by row, 0 for the first run of an order and so on: equal rows have equal ranks. runs: u8[rows] in the order. */
export function runRanks(order: usize, runs: usize, rows: i32, ranks: usize): void {
  let rank: u32 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (i != 0) rank += u32(load<u8>(runs + i) != 0);
    store<u32>(ranks + (<usize>load<u32>(order + (i << 2)) << 2), rank);
  }
}

/** Turns u32[count] into big-endian bytes, in place, so that they compare as strings. */
export function swapBytesU32(values: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    store<u32>(values + (i << 2), bswap<u32>(load<u32>(values + (i << 2))));
  }
}

/** Copies strings to where targetOffsets u32[rows + 1] say, those that are to be empty left out. */
export function copyRows(offsets: usize, bytes: usize, rows: i32, targetOffsets: usize, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const start = load<u32>(targetOffsets + (row << 2));
    const size = load<u32>(targetOffsets + (row << 2), 4) - start;
    if (size != 0) memory.copy(target + <usize>start, bytes + <usize>load<u32>(offsets + (row << 2)), <usize>size);
  }
}
