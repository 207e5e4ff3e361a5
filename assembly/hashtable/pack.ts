// Keys of several columns as one: packed into rows of one width when all columns are of fixed width, else written as byte rows
// (which string tables take). Both give the columns back.
//
// Packed row:  the values one behind another, then a bit for each Nullable column, then zeros up to the row's width.
// Byte row:    for each column [u8 is NULL, for a Nullable one], then the value's bytes, or u32 size and the bytes of a string.
// Under a NULL stand zeros (or an empty string), so that equal keys are equal bytes.

// @ts-ignore: decorator
@inline
function pack<T>(values: usize, nulls: usize, rows: i32, target: usize, stride: i32): void {
  if (nulls == 0) {
    for (let row = 0; row < rows; row++) {
      store<T>(target, load<T>(values));
      values += sizeof<T>();
      target += <usize>stride;
    }
    return;
  }
  for (let row = 0; row < rows; row++) {
    store<T>(target, select<T>(<T>0, load<T>(values), load<u8>(nulls + <usize>row) != 0));
    values += sizeof<T>();
    target += <usize>stride;
  }
}

// @ts-ignore: decorator
@inline
function unpack<T>(source: usize, stride: i32, rows: i32, values: usize): void {
  for (let row = 0; row < rows; row++) {
    store<T>(values, load<T>(source));
    values += sizeof<T>();
    source += <usize>stride;
  }
}

/** Writes u8 values[rows] at target, one every stride bytes; 0 where nulls (u8[rows], or address 0 for none) says NULL. */
export function packKeys1(values: usize, nulls: usize, rows: i32, target: usize, stride: i32): void {
  pack<u8>(values, nulls, rows, target, stride);
}

/** The same for 2-byte values. */
export function packKeys2(values: usize, nulls: usize, rows: i32, target: usize, stride: i32): void {
  pack<u16>(values, nulls, rows, target, stride);
}

/** The same for 4-byte values. */
export function packKeys4(values: usize, nulls: usize, rows: i32, target: usize, stride: i32): void {
  pack<u32>(values, nulls, rows, target, stride);
}

/** The same for 8-byte values. */
export function packKeys8(values: usize, nulls: usize, rows: i32, target: usize, stride: i32): void {
  pack<u64>(values, nulls, rows, target, stride);
}

/** The same for values of width bytes. */
export function packKeysBytes(values: usize, nulls: usize, rows: i32, target: usize, stride: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    if (nulls != 0 && load<u8>(nulls + <usize>row)) memory.fill(target, 0, width);
    else memory.copy(target, values, width);
    values += <usize>width;
    target += <usize>stride;
  }
}

/** Sets `bit` (a mask) in the byte at target, one every stride bytes, where nulls (u8[rows]) is not 0. */
export function packKeyNulls(nulls: usize, rows: i32, target: usize, stride: i32, bit: i32): void {
  for (let row = 0; row < rows; row++) {
    store<u8>(target, load<u8>(target) | (load<u8>(nulls) != 0 ? <u8>bit : 0));
    nulls++;
    target += <usize>stride;
  }
}

/** Reads u8 values[rows] back, one every stride bytes from source. */
export function unpackKeys1(source: usize, stride: i32, rows: i32, values: usize): void {
  unpack<u8>(source, stride, rows, values);
}

/** The same for 2-byte values. */
export function unpackKeys2(source: usize, stride: i32, rows: i32, values: usize): void {
  unpack<u16>(source, stride, rows, values);
}

/** The same for 4-byte values. */
export function unpackKeys4(source: usize, stride: i32, rows: i32, values: usize): void {
  unpack<u32>(source, stride, rows, values);
}

/** The same for 8-byte values. */
export function unpackKeys8(source: usize, stride: i32, rows: i32, values: usize): void {
  unpack<u64>(source, stride, rows, values);
}

/** The same for values of width bytes. */
export function unpackKeysBytes(source: usize, stride: i32, rows: i32, values: usize, width: i32): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(values, source, width);
    values += <usize>width;
    source += <usize>stride;
  }
}

/** nulls: u8[rows], 1 where `bit` is set in the byte at source, one every stride bytes. */
export function unpackKeyNulls(source: usize, stride: i32, rows: i32, nulls: usize, bit: i32): void {
  for (let row = 0; row < rows; row++) {
    store<u8>(nulls, (load<u8>(source) & <u8>bit) != 0 ? 1 : 0);
    nulls++;
    source += <usize>stride;
  }
}

/** Adds `fixed`, and the sizes of strings (offsets u32[rows + 1], or address 0 for none; empty under a NULL), to sizes u32[rows]. */
export function rowSizesAdd(sizes: usize, rows: i32, fixed: i32, offsets: usize, nulls: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = sizes + (row << 2);
    let size = <u32>fixed;
    if (offsets != 0 && (nulls == 0 || !load<u8>(nulls + row))) {
      size += load<u32>(offsets + (row << 2), 4) - load<u32>(offsets + (row << 2));
    }
    store<u32>(at, load<u32>(at) + size);
  }
}

/** Turns sizes u32[rows] into offsets u32[rows + 1], in place (room for one more), and a copy of the starts in cursors u32[rows]. Returns the total, -1 above 2 GiB. */
export function rowOffsets(sizes: usize, rows: i32, cursors: usize): i32 {
  let total: u64 = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const size = load<u32>(sizes + (row << 2));
    store<u32>(sizes + (row << 2), <u32>total);
    store<u32>(cursors + (row << 2), <u32>total);
    total += size;
  }
  store<u32>(sizes + (<usize>rows << 2), <u32>total);
  return total > 0x7fffffff ? -1 : <i32>total;
}

// @ts-ignore: decorator
@inline
function putNull(nulls: usize, row: usize, target: usize): bool {
  const isNull = load<u8>(nulls + row) != 0;
  store<u8>(target, u8(isNull));
  return isNull;
}

/** Writes values of width bytes into byte rows at bytes + cursors[row], and moves the cursors on. nulls: u8[rows], or 0 for a column without. */
export function rowsPutFixed(bytes: usize, cursors: usize, rows: i32, values: usize, width: i32, nulls: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const cursor = load<u32>(cursors + (row << 2));
    let target = bytes + <usize>cursor;
    let isNull = false;
    if (nulls != 0) isNull = putNull(nulls, row, target++);
    const value = values + row * <usize>width;
    if (isNull) memory.fill(target, 0, width);
    else if (width == 8) store<u64>(target, load<u64>(value));
    else if (width == 4) store<u32>(target, load<u32>(value));
    else if (width == 2) store<u16>(target, load<u16>(value));
    else if (width == 1) store<u8>(target, load<u8>(value));
    else memory.copy(target, value, width);
    store<u32>(cursors + (row << 2), <u32>(target + <usize>width - bytes));
  }
}

/** Writes strings into byte rows: u32 size, bytes. */
export function rowsPutString(bytes: usize, cursors: usize, rows: i32, offsets: usize, text: usize, nulls: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const cursor = load<u32>(cursors + (row << 2));
    let target = bytes + <usize>cursor;
    let isNull = false;
    if (nulls != 0) isNull = putNull(nulls, row, target++);
    const start = load<u32>(offsets + (row << 2));
    const size = isNull ? 0 : load<u32>(offsets + (row << 2), 4) - start;
    store<u32>(target, size);
    target += 4;
    if (size != 0) memory.copy(target, text + <usize>start, <usize>size);
    store<u32>(cursors + (row << 2), <u32>(target + <usize>size - bytes));
  }
}

/** Reads values of width bytes out of byte rows, and moves the cursors on. nulls: u8[rows] is written, or 0 for a column without. */
export function rowsTakeFixed(bytes: usize, cursors: usize, rows: i32, values: usize, width: i32, nulls: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    let source = bytes + <usize>load<u32>(cursors + (row << 2));
    if (nulls != 0) store<u8>(nulls + row, load<u8>(source++));
    memory.copy(values + row * <usize>width, source, width);
    store<u32>(cursors + (row << 2), <u32>(source + <usize>width - bytes));
  }
}

/** The sizes of the strings that rowsTakeString will read, as offsets u32[rows + 1]. Returns the bytes of all together. */
export function rowsTakeOffsets(bytes: usize, cursors: usize, rows: i32, offsets: usize, nullable: i32): i32 {
  let total: u32 = 0;
  store<u32>(offsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    total += load<u32>(bytes + <usize>load<u32>(cursors + (row << 2)) + <usize>nullable);
    store<u32>(offsets + (row << 2), total, 4);
  }
  return total;
}

/** Reads strings out of byte rows into text at offsets (of rowsTakeOffsets), and moves the cursors on. */
export function rowsTakeString(bytes: usize, cursors: usize, rows: i32, offsets: usize, text: usize, nulls: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    let source = bytes + <usize>load<u32>(cursors + (row << 2));
    if (nulls != 0) store<u8>(nulls + row, load<u8>(source++));
    const size = load<u32>(source);
    source += 4;
    memory.copy(text + <usize>load<u32>(offsets + (row << 2)), source, <usize>size);
    store<u32>(cursors + (row << 2), <u32>(source + <usize>size - bytes));
  }
}

/**
 * The dictionary entries that rows use, each once, in the order of first use. indices: u32[rows] below entries; local: u32[rows],
 * each row's number among the used; used: room for min(rows, entries) + 1 numbers; seen: u32[entries]: 0, but each of
 * the `before` entries that used already has its number plus one. Returns how many are used.
 */
export function usedEntries(indices: usize, rows: i32, local: usize, used: usize, seen: usize, before: i32): i32 {
  let count: u32 = before;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const index = load<u32>(indices + (row << 2));
    const at = seen + (<usize>index << 2);
    let number = load<u32>(at);
    if (number == 0) {
      store<u32>(used + (<usize>count << 2), index);
      number = ++count;
      store<u32>(at, number);
    }
    store<u32>(local + (row << 2), number - 1);
  }
  return count;
}

/** rows: where each number from `before` on appears first. ids: u32[rows]; target: u32, one for each new number. */
export function newKeyRows(ids: usize, rows: i32, before: i32, target: usize): void {
  // Backwards, so that the first row of a number is what stays.
  for (let row = rows - 1; row >= 0; row--) {
    const id = load<u32>(ids + (<usize>row << 2));
    if (id >= <u32>before) store<u32>(target + (<usize>(id - before) << 2), row);
  }
}
