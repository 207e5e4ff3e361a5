// Moving rows: columns by row numbers.

// @ts-ignore: decorator
@inline
function gather<T>(values: usize, indices: usize, count: i32, out: usize): void {
  const end = indices + (<usize>count << 2);
  while (indices < end) {
    const row = load<u32>(indices);
    store<T>(out, row == 0xffffffff ? <T>0 : load<T>(values + <usize>row * sizeof<T>()));
    indices += 4;
    out += sizeof<T>();
  }
}

/** values[indices[i]] to out, one byte each. A row number of 0xffffffff gives zero. */
export function gather1(values: usize, indices: usize, count: i32, out: usize): void {
  gather<u8>(values, indices, count, out);
}

export function gather2(values: usize, indices: usize, count: i32, out: usize): void {
  gather<u16>(values, indices, count, out);
}

export function gather4(values: usize, indices: usize, count: i32, out: usize): void {
  gather<u32>(values, indices, count, out);
}

export function gather8(values: usize, indices: usize, count: i32, out: usize): void {
  gather<u64>(values, indices, count, out);
}

export function gather16(values: usize, indices: usize, count: i32, out: usize): void {
  for (const end = indices + (<usize>count << 2); indices < end; indices += 4, out += 16) {
    const row = load<u32>(indices);
    if (row == 0xffffffff) v128.store(out, i8x16.splat(0));
    else v128.store(out, v128.load(values + (<usize>row << 4)));
  }
}

/** The same for values of any width. */
export function gatherBytes(values: usize, width: i32, indices: usize, count: i32, out: usize): void {
  const end = indices + (<usize>count << 2);
  while (indices < end) {
    const row = load<u32>(indices);
    if (row == 0xffffffff) memory.fill(out, 0, width);
    else memory.copy(out, values + <usize>row * <usize>width, width);
    indices += 4;
    out += width;
  }
}

/**
 * The offsets that the gathered ranges get: outOffsets u32[count + 1] from 0. offsets: u32[rows + 1] of strings or arrays.
 * Returns the total length, -1 past 2^31 - 1.
 */
export function gatherOffsets(offsets: usize, indices: usize, count: i32, outOffsets: usize): i32 {
  let total: u64 = 0;
  store<u32>(outOffsets, 0);
  for (let i = 0; i < count; i++) {
    const row = load<u32>(indices + (<usize>i << 2));
    if (row != 0xffffffff) {
      const at = offsets + (<usize>row << 2);
      total += <u64>(load<u32>(at, 4) - load<u32>(at));
    }
    store<u32>(outOffsets + (<usize>i << 2), <u32>total, 4);
  }
  return total > 0x7fffffff ? -1 : <i32>total;
}

/** Copies the strings to outBytes (with 15 bytes of slack behind its end written) at outOffsets, as gatherOffsets made them. */
export function gatherStrings(offsets: usize, bytes: usize, indices: usize, count: i32, outOffsets: usize, outBytes: usize): void {
  for (let i = 0; i < count; i++) {
    const row = load<u32>(indices + (<usize>i << 2));
    if (row == 0xffffffff) continue;
    const at = offsets + (<usize>row << 2);
    const start = load<u32>(at);
    const length = load<u32>(at, 4) - start;
    const from = bytes + <usize>start;
    const to = outBytes + <usize>load<u32>(outOffsets + (<usize>i << 2));
    if (length <= 16) v128.store(to, v128.load(from));
    else if (length <= 256) {
      for (let done: u32 = 0; done < length; done += 16) v128.store(to + <usize>done, v128.load(from + <usize>done));
    } else memory.copy(to, from, <usize>length);
  }
}

/** The elements' numbers of gathered arrays: out u32[total], for a gather of the nested column. */
export function gatherElements(offsets: usize, indices: usize, count: i32, out: usize): void {
  for (let i = 0; i < count; i++) {
    const row = load<u32>(indices + (<usize>i << 2));
    if (row == 0xffffffff) continue;
    const at = offsets + (<usize>row << 2);
    const end = load<u32>(at, 4);
    for (let element = load<u32>(at); element < end; element++) {
      store<u32>(out, element);
      out += 4;
    }
  }
}

/** rows times the same value of `width` bytes. */
export function fillBytes(value: usize, width: i32, rows: i32, out: usize): void {
  if (rows <= 0) return;
  memory.copy(out, value, width);
  let done: usize = <usize>width;
  const total = <usize>width * <usize>rows;
  while (done < total) {
    const piece = min(done, total - done);
    memory.copy(out + done, out, piece);
    done += piece;
  }
}

/** out[i] = start + i * step, u32[rows]. */
export function fillRange(start: u32, step: u32, rows: i32, out: usize): void {
  for (let i = 0; i < rows; i++) {
    store<u32>(out, start);
    start += step;
    out += 4;
  }
}

/** out[i] = offsets[i] - offsets[0] + base, u32[rows + 1]: offsets of a slice put behind others. */
export function rebaseOffsets(offsets: usize, rows: i32, base: u32, out: usize): void {
  const delta = base - load<u32>(offsets);
  for (let i = 0; i <= rows; i++) store<u32>(out + (<usize>i << 2), load<u32>(offsets + (<usize>i << 2)) + delta);
}

/** nulls[i] = 1 where indices[i] is noRow; other bytes stay. */
export function markNoRow(indices: usize, count: i32, noRow: u32, nulls: usize): void {
  for (let i = 0; i < count; i++) {
    if (load<u32>(indices + (<usize>i << 2)) == noRow) store<u8>(nulls + <usize>i, 1);
  }
}

/** values u32[count] += add, in place. */
export function addToU32(values: usize, count: i32, add: u32): void {
  const end = values + (<usize>count << 2);
  for (; values < end; values += 4) store<u32>(values, load<u32>(values) + add);
}

/** out[i] = a[i] | b[i] for masks and null maps, u8[rows]. out may be a or b. */
export function orMasks(a: usize, b: usize, rows: i32, out: usize): void {
  let i: i32 = 0;
  for (; i + 16 <= rows; i += 16) v128.store(out + <usize>i, v128.or(v128.load(a + <usize>i), v128.load(b + <usize>i)));
  for (; i < rows; i++) store<u8>(out + <usize>i, load<u8>(a + <usize>i) | load<u8>(b + <usize>i));
}

/** out[i] = a[i] and not b[i], for masks of 0 and 1, u8[rows]. */
export function andNotMasks(a: usize, b: usize, rows: i32, out: usize): void {
  let i: i32 = 0;
  for (; i + 16 <= rows; i += 16) v128.store(out + <usize>i, v128.andnot(v128.load(a + <usize>i), v128.load(b + <usize>i)));
  for (; i < rows; i++) store<u8>(out + <usize>i, load<u8>(a + <usize>i) & ~load<u8>(b + <usize>i));
}

/** 1 when every byte is 0 or 1. */
export function isMask(values: usize, rows: i32): i32 {
  let i: i32 = 0;
  let all = i8x16.splat(0);
  for (; i + 16 <= rows; i += 16) all = v128.or(all, v128.load(values + <usize>i));
  if (v128.any_true(v128.and(all, i8x16.splat(<i8>0xfe)))) return 0;
  for (; i < rows; i++) if (load<u8>(values + <usize>i) > 1) return 0;
  return 1;
}

/** out[i] = 1 where the value of `width` bytes (1, 2, 4, 8, 16, 32) is not zero; for floats -0 is zero. u8[rows]. */
export function nonZero(values: usize, width: i32, isFloat: i32, rows: i32, out: usize): void {
  for (let i: i32 = 0; i < rows; i++) {
    const at = values + <usize>i * <usize>width;
    let is: bool = false;
    if (width == 1) is = load<u8>(at) != 0;
    else if (width == 2) is = load<u16>(at) != 0;
    else if (width == 4) is = (isFloat ? load<u32>(at) << 1 : load<u32>(at)) != 0;
    else if (width == 8) is = (isFloat ? load<u64>(at) << 1 : load<u64>(at)) != 0;
    else for (let k = 0; k < width; k += 8) is = is || load<u64>(at + <usize>k) != 0;
    store<u8>(out + <usize>i, is ? 1 : 0);
  }
}

/** mask[i] = 1 where ids[i] is a number and not noRow. */
export function isFound(ids: usize, rows: i32, mask: usize): void {
  for (let i: i32 = 0; i < rows; i++) store<u8>(mask + <usize>i, load<u32>(ids + (<usize>i << 2)) != 0xffffffff ? 1 : 0);
}

/** Counts each row's group (counts u32[groups]) and keeps those whose count so far is in [from, to). mask u8[rows]. */
export function limitByMask(ids: usize, rows: i32, counts: usize, from: u32, to: u32, mask: usize): void {
  for (let i: i32 = 0; i < rows; i++) {
    const cell = counts + (<usize>load<u32>(ids + (<usize>i << 2)) << 2);
    const seen = load<u32>(cell);
    store<u8>(mask + <usize>i, seen >= from && seen < to ? 1 : 0);
    if (seen < to) store<u32>(cell, seen + 1);
  }
}

/** 1 when both arrays' rows have the same lengths. */
export function equalSizes(a: usize, b: usize, rows: i32): i32 {
  for (let i: i32 = 0; i < rows; i++) {
    const at = <usize>i << 2;
    if (load<u32>(a + at, 4) - load<u32>(a + at) != load<u32>(b + at, 4) - load<u32>(b + at)) return 0;
  }
  return 1;
}

/** Rows that ARRAY JOIN makes of arrays with these offsets; with keepEmpty an empty one makes a row too. */
export function arrayJoinRows(offsets: usize, rows: i32, keepEmpty: i32): i32 {
  let total = load<u32>(offsets + (<usize>rows << 2)) - load<u32>(offsets);
  if (keepEmpty) {
    for (let i: i32 = 0; i < rows; i++) {
      const at = offsets + (<usize>i << 2);
      if (load<u32>(at, 4) == load<u32>(at)) total++;
    }
  }
  return <i32>total;
}

/** For each row of an ARRAY JOIN: its source row (rowOf u32[total]) and its element's number, or noRow for an empty array's row. */
export function arrayJoinNumbers(offsets: usize, rows: i32, keepEmpty: i32, noRow: u32, rowOf: usize, numbers: usize): void {
  for (let i: i32 = 0; i < rows; i++) {
    const at = offsets + (<usize>i << 2);
    const end = load<u32>(at, 4);
    let element = load<u32>(at);
    if (element == end && keepEmpty) {
      store<u32>(rowOf, <u32>i);
      store<u32>(numbers, noRow);
      rowOf += 4;
      numbers += 4;
    }
    for (; element < end; element++) {
      store<u32>(rowOf, <u32>i);
      store<u32>(numbers, element);
      rowOf += 4;
      numbers += 4;
    }
  }
}

/** out[i] = start + i * step, u64[rows]. cell: u64 start, u64 step. */
export function fillNumbers(cell: usize, rows: i32, out: usize): void {
  let value = load<u64>(cell);
  const step = load<u64>(cell, 8);
  for (let i: i32 = 0; i < rows; i++) {
    store<u64>(out + (<usize>i << 3), value);
    value += step;
  }
}

/** out[i] = i where mask is 1, else rows + i: choosing between two columns put behind each other. */
export function chooseRows(mask: usize, rows: i32, out: usize): void {
  for (let i: i32 = 0; i < rows; i++) store<u32>(out + (<usize>i << 2), <u32>(load<u8>(mask + <usize>i) ? i : rows + i));
}

/** out[i] = base + indices[i] (or i, where indices is 0), u64[rows]. base: a whole number below 2^53. */
export function fillPositions(base: f64, indices: usize, rows: i32, out: usize): void {
  const start = <u64>base;
  for (let i: i32 = 0; i < rows; i++) {
    const row = indices == 0 ? <u32>i : load<u32>(indices + (<usize>i << 2));
    store<u64>(out + (<usize>i << 3), start + <u64>row);
  }
}
