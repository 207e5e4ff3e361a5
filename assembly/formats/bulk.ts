// Columns as Native and single-stream parts hold them: strings with varint lengths, cumulative 64-bit offsets, narrow indices.

/**
 * Finds `rows` strings, each a varint length and its bytes, in size bytes at source. offsets: u32[rows + 1], where each would lie if
 * they stood back to back. Returns the bytes that they take in source, -1 when there are too few, -2 when a length is no length
 * (past 2^31 - 1, alone or in sum).
 */
export function findVarStrings(source: usize, size: usize, rows: i32, offsets: usize): i32 {
  let pointer = source;
  const end = source + size;
  let total: u64 = 0;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    if (pointer >= end) return -1;
    let length = <u64>load<u8>(pointer++);
    if (length >= 128) {
      length &= 127;
      let shift: u64 = 7;
      let byte: u64 = 128;
      while (byte >= 128) {
        if (pointer >= end) return -1;
        if (shift > 28) return -2;
        byte = <u64>load<u8>(pointer++);
        length |= (byte & 127) << shift;
        shift += 7;
      }
    }
    total += length;
    if (total > 0x7fffffff) return -2;
    if (length > <u64>(end - pointer)) return -1;
    pointer += <usize>length;
    offsets += 4;
    store<u32>(offsets, <u32>total);
  }
  return <i32>(pointer - source);
}

/** Bytes that a length takes as a varint. */
// @ts-ignore: decorator
@inline
function varintSize(length: u32): usize {
  return length < 128 ? 1 : length < 16384 ? 2 : length < 2097152 ? 3 : length < 268435456 ? 4 : 5;
}

/** Copies the strings that findVarStrings found; bytes: offsets[rows] of them, with 16 bytes of slack written. */
export function copyVarStrings(source: usize, rows: i32, offsets: usize, bytes: usize): void {
  let start = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = load<u32>(offsets);
    const length = end - start;
    source += varintSize(length);
    while (load<u8>(source - 1) >= 128) source++; // longer than it must be
    const to = bytes + <usize>start;
    if (length <= 64) {
      v128.store(to, v128.load(source));
      for (let done: u32 = 16; done < length; done += 16) v128.store(to + <usize>done, v128.load(source + <usize>done));
    } else memory.copy(to, source, <usize>length);
    source += <usize>length;
    start = end;
  }
}

/** Cumulative u64[rows] (unaligned) to offsets u32[rows + 1]. Returns the last, or -1 when they fall or pass 2^31 - 1. */
export function narrowOffsets(source: usize, rows: i32, offsets: usize): i32 {
  let last: u64 = 0;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const next = load<u64>(source);
    if (next < last || next > 0x7fffffff) return -1;
    last = next;
    source += 8;
    offsets += 4;
    store<u32>(offsets, <u32>next);
  }
  return <i32>last;
}

/** The inverse: u64[rows] of offsets[i + 1] - offsets[0]. */
export function widenOffsets(offsets: usize, rows: i32, out: usize): void {
  const first = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    store<u64>(out, <u64>(load<u32>(offsets) - first));
    out += 8;
  }
}

/** Indices of `width` bytes (1, 2, 4, 8) to u32[rows]. Returns rows, or -(row + 1) of the first that is not below limit. */
export function widenIndices(source: usize, width: i32, rows: i32, limit: u32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    let index: u64;
    if (width == 1) index = <u64>load<u8>(source);
    else if (width == 2) index = <u64>load<u16>(source);
    else if (width == 4) index = <u64>load<u32>(source);
    else index = load<u64>(source);
    if (index >= <u64>limit) return -(row + 1);
    store<u32>(out, <u32>index);
    source += <usize>width;
    out += 4;
  }
  return rows;
}

/** u32[rows] to indices of `width` bytes (1, 2, 4). */
export function narrowIndices(indices: usize, width: i32, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    const index = load<u32>(indices);
    if (width == 1) store<u8>(out, <u8>index);
    else if (width == 2) store<u16>(out, <u16>index);
    else store<u32>(out, index);
    indices += 4;
    out += <usize>width;
  }
}

/** out[i] = 0 where the entry is NULL (nulls: u8[entries]) or the index noRow, else indices[i] + 1: makes room for NULL in front. */
export function indicesBehindNull(indices: usize, rows: i32, nulls: usize, out: usize): void {
  for (let row = 0; row < rows; row++) {
    const index = load<u32>(indices);
    store<u32>(out, index == 0xffffffff || load<u8>(nulls + <usize>index) != 0 ? 0 : index + 1);
    indices += 4;
    out += 4;
  }
}

/** out[i] = 0 where nulls[i] (u8[rows]), else numbers[i] + 1: NULL is a dictionary's first entry. */
export function nullsToFirst(numbers: usize, rows: i32, nulls: usize, out: usize): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    store<u32>(out + at, load<u8>(nulls + <usize>row) != 0 ? 0 : load<u32>(numbers + at) + 1);
  }
}

/** out[i] = mask[i] ? 0 : i + 1: row numbers behind a default that stands first. */
export function rowsUnless(mask: usize, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<u32>(out + (<usize>row << 2), load<u8>(mask + <usize>row) != 0 ? 0 : <u32>row + 1);
  }
}

/** Bytes to a null map: 1 where a byte is not 0. Works by 16: reads and writes up to 15 bytes more. */
export function toMask(bytes: usize, rows: i32, out: usize): void {
  const one = i8x16.splat(1);
  const zero = i8x16.splat(0);
  for (let at: usize = 0; at < <usize>rows; at += 16)
    v128.store(out + at, v128.and(i8x16.ne(v128.load(bytes + at), zero), one));
}
