// Taking rows by their numbers (u32 each, in any order, repeats allowed), and putting them there.
// gather*: out[i] = values[indices[i]]. gatherOrZero*: likewise, but zeros where the number is NOWHERE (0xffffffff).
// scatter*: out[indices[i]] = values[i]. Where no width fits, N takes any.
import { copyBytes } from "./bytes";

const NOWHERE: u32 = 0xffffffff;

// @ts-ignore: decorator
@inline
function gather<T>(values: usize, indices: usize, out: usize, rows: i32): void {
  const shift: usize = alignof<T>();
  const end = indices + (<usize>rows << 2);
  const vectorEnd = indices + (<usize>(rows & ~3) << 2);
  while (indices < vectorEnd) {
    store<T>(out, load<T>(values + (<usize>load<u32>(indices) << shift)));
    store<T>(out, load<T>(values + (<usize>load<u32>(indices, 4) << shift)), sizeof<T>());
    store<T>(out, load<T>(values + (<usize>load<u32>(indices, 8) << shift)), 2 * sizeof<T>());
    store<T>(out, load<T>(values + (<usize>load<u32>(indices, 12) << shift)), 3 * sizeof<T>());
    indices += 16;
    out += 4 * sizeof<T>();
  }
  while (indices < end) {
    store<T>(out, load<T>(values + (<usize>load<u32>(indices) << shift)));
    indices += 4;
    out += sizeof<T>();
  }
}

export function gather1(values: usize, indices: usize, out: usize, rows: i32): void { gather<u8>(values, indices, out, rows); }
export function gather2(values: usize, indices: usize, out: usize, rows: i32): void { gather<u16>(values, indices, out, rows); }
export function gather4(values: usize, indices: usize, out: usize, rows: i32): void { gather<u32>(values, indices, out, rows); }
export function gather8(values: usize, indices: usize, out: usize, rows: i32): void { gather<u64>(values, indices, out, rows); }

export function gather16(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, out += 16) {
    v128.store(out, v128.load(values + (<usize>load<u32>(indices) << 4)));
  }
}

export function gatherN(values: usize, width: i32, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, out += <usize>width) {
    memory.copy(out, values + <usize>load<u32>(indices) * <usize>width, <usize>width);
  }
}

// @ts-ignore: decorator
@inline
function gatherOrZero<T>(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, out += sizeof<T>()) {
    const index = load<u32>(indices);
    store<T>(out, index == NOWHERE ? 0 : load<T>(values + (<usize>index << alignof<T>())));
  }
}

export function gatherOrZero1(values: usize, indices: usize, out: usize, rows: i32): void { gatherOrZero<u8>(values, indices, out, rows); }
export function gatherOrZero2(values: usize, indices: usize, out: usize, rows: i32): void { gatherOrZero<u16>(values, indices, out, rows); }
export function gatherOrZero4(values: usize, indices: usize, out: usize, rows: i32): void { gatherOrZero<u32>(values, indices, out, rows); }
export function gatherOrZero8(values: usize, indices: usize, out: usize, rows: i32): void { gatherOrZero<u64>(values, indices, out, rows); }

export function gatherOrZero16(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, out += 16) {
    const index = load<u32>(indices);
    v128.store(out, index == NOWHERE ? i8x16.splat(0) : v128.load(values + (<usize>index << 4)));
  }
}

export function gatherOrZeroN(values: usize, width: i32, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, out += <usize>width) {
    const index = load<u32>(indices);
    if (index == NOWHERE) memory.fill(out, 0, <usize>width);
    else memory.copy(out, values + <usize>index * <usize>width, <usize>width);
  }
}

/** A mask of the row numbers that are NOWHERE. */
export function nowhereMask(indices: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) store<u8>(out + row, <u8>(load<u32>(indices + (row << 2)) == NOWHERE));
}

/** Bytes that gatherStrings needs (elements, for arrays); a float as a join may ask for more than memory has. */
export function gatherStringsSize(offsets: usize, indices: usize, rows: i32): f64 {
  let size: u64 = 0;
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4) {
    const index = load<u32>(indices);
    if (index == NOWHERE) continue;
    const at = offsets + (<usize>index << 2);
    size += load<u32>(at, 4) - load<u32>(at);
  }
  return <f64>size;
}

/**
 * Strings; NOWHERE gives an empty one. outOffsets: u32[rows + 1], the first 0; outBytes: gatherStringsSize() bytes, and up to 15 more are
 * written past them.
 */
export function gatherStrings(offsets: usize, bytes: usize, indices: usize, outOffsets: usize, outBytes: usize, rows: i32): void {
  let size: u32 = 0;
  store<u32>(outOffsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const index = load<u32>(indices + (row << 2));
    if (index != NOWHERE) {
      const at = offsets + (<usize>index << 2);
      const from = load<u32>(at);
      const length = load<u32>(at, 4) - from;
      copyBytes(outBytes + size, bytes + from, length);
      size += length;
    }
    store<u32>(outOffsets + (row << 2), size, 4);
  }
}

/** Arrays, first step: the offsets of the gathered arrays, u32[rows + 1]. Returns the number of elements. NOWHERE gives an empty one. */
export function gatherOffsets(offsets: usize, indices: usize, outOffsets: usize, rows: i32): i32 {
  let size: u32 = 0;
  store<u32>(outOffsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const index = load<u32>(indices + (row << 2));
    if (index != NOWHERE) {
      const at = offsets + (<usize>index << 2);
      size += load<u32>(at, 4) - load<u32>(at);
    }
    store<u32>(outOffsets + (row << 2), size, 4);
  }
  return <i32>size;
}

/** Arrays, second step: the elements' numbers in the nested column, u32[elements]. Writes up to 15 bytes past them. */
export function gatherRanges(offsets: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4) {
    const index = load<u32>(indices);
    if (index == NOWHERE) continue;
    const at = offsets + (<usize>index << 2);
    const from = load<u32>(at);
    const count = load<u32>(at, 4) - from;
    iota(out, from, count);
    out += <usize>count << 2;
  }
}

/** out[i] = first + i; u32[rows]. Writes up to 12 bytes past them. */
export function iota(out: usize, first: u32, rows: i32): void {
  let next = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3));
  const four = i32x4.splat(4);
  for (const end = out + (<usize>rows << 2); out < end; out += 16) {
    v128.store(out, next);
    next = i32x4.add(next, four);
  }
}

// @ts-ignore: decorator
@inline
function scatter<T>(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += sizeof<T>()) {
    store<T>(out + (<usize>load<u32>(indices) << alignof<T>()), load<T>(values));
  }
}

export function scatter1(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u8>(values, indices, out, rows); }
export function scatter2(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u16>(values, indices, out, rows); }
export function scatter4(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u32>(values, indices, out, rows); }
export function scatter8(values: usize, indices: usize, out: usize, rows: i32): void { scatter<u64>(values, indices, out, rows); }

export function scatter16(values: usize, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += 16) {
    v128.store(out + (<usize>load<u32>(indices) << 4), v128.load(values));
  }
}

export function scatterN(values: usize, width: i32, indices: usize, out: usize, rows: i32): void {
  for (const end = indices + (<usize>rows << 2); indices < end; indices += 4, values += <usize>width) {
    memory.copy(out + <usize>load<u32>(indices) * <usize>width, values, <usize>width);
  }
}
