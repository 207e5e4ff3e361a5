// Choosing row by row between two columns: out = mask ? a : b. mask: u8[rows], 0 or 1; a, b, out: values of one width.
// Works by 16 bytes: up to 63 are read past the inputs, up to 15 written past out; out may be a or b.
import { copyBytes } from "./bytes";

/** Bytes of ones where the mask is 1. */
// @ts-ignore: decorator
@inline
function chosen(mask: v128): v128 {
  return i8x16.ne(mask, i8x16.splat(0));
}

// @ts-ignore: decorator
@inline
function pick(a: usize, b: usize, out: usize, at: usize, lanes: v128): void {
  v128.store(out + at, v128.bitselect(v128.load(a + at), v128.load(b + at), lanes));
}

/** out = mask ? a : b, for values of 1, 2, 4, 8 or 16 bytes as the name says. */
export function selectByMask1(mask: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) pick(a, b, out, at, chosen(v128.load(mask + at)));
}

export function selectByMask2(mask: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row += 8) {
    pick(a, b, out, row << 1, i16x8.ne(v128.load8x8_u(mask + row), i16x8.splat(0)));
  }
}

export function selectByMask4(mask: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row += 4) {
    const lanes = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(mask + row)));
    pick(a, b, out, row << 2, i32x4.ne(lanes, i32x4.splat(0)));
  }
}

export function selectByMask8(mask: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row << 3;
    store<u64>(out + at, load<u8>(mask + row) ? load<u64>(a + at) : load<u64>(b + at));
  }
}

export function selectByMask16(mask: usize, a: usize, b: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row << 4;
    v128.store(out + at, v128.load((load<u8>(mask + row) ? a : b) + at));
  }
}

/** The same for values of width bytes. */
export function selectByMaskN(mask: usize, a: usize, b: usize, width: i32, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row * <usize>width;
    memory.copy(out + at, (load<u8>(mask + row) ? a : b) + at, <usize>width);
  }
}

/** Bytes that selectStrings needs; both columns have rows + 1 offsets. */
export function selectStringsSize(mask: usize, aOffsets: usize, bOffsets: usize, rows: i32): f64 {
  let size: u64 = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = (load<u8>(mask + row) ? aOffsets : bOffsets) + (row << 2);
    size += load<u32>(at, 4) - load<u32>(at);
  }
  return <f64>size;
}

/** outOffsets: u32[rows + 1]; outBytes: selectStringsSize() bytes, and up to 15 past them are written. */
export function selectStrings(
  mask: usize, aOffsets: usize, a: usize, bOffsets: usize, b: usize, outOffsets: usize, outBytes: usize, rows: i32,
): void {
  let size: u32 = 0;
  store<u32>(outOffsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const first = load<u8>(mask + row) != 0;
    const at = (first ? aOffsets : bOffsets) + (row << 2);
    const from = load<u32>(at);
    const length = load<u32>(at, 4) - from;
    copyBytes(outBytes + size, (first ? a : b) + from, length);
    size += length;
    store<u32>(outOffsets + (row << 2), size, 4);
  }
}

/**
 * Row numbers for gathering from a and b laid end to end: row where the mask is 1, rows + row elsewhere. For columns that have no select
 * of their own (arrays, tuples).
 */
export function selectIndices(mask: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(out + (row << 2), <u32>row + (load<u8>(mask + row) ? 0 : <u32>rows));
  }
}
