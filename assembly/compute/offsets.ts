// Offsets (u32[rows + 1]; row i is offsets[i]..offsets[i + 1], the first may be more than 0) and lengths, and what repeats.
import { copyBytes } from "./bytes";

/** lengths: u32[rows] to offsets from 0 on. Returns the total; out may not be the lengths. */
export function lengthsToOffsets(lengths: usize, out: usize, rows: i32): f64 {
  let total: u64 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    total += load<u32>(lengths + (row << 2));
    store<u32>(out + (row << 2), <u32>total, 4);
  }
  return <f64>total;
}

/** Offsets to lengths, u32[rows]. Reads up to 16 bytes past the offsets and writes up to 12 past out. */
export function offsetsToLengths(offsets: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 16, offsets += 16) {
    v128.store(out, i32x4.sub(v128.load(offsets, 4), v128.load(offsets)));
  }
}

/** Offsets to lengths as length() gives them, u64[rows]. Writes up to 24 bytes past out. */
export function offsetsToLengthsU64(offsets: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 3); out < end; out += 32, offsets += 16) {
    const lengths = i32x4.sub(v128.load(offsets, 4), v128.load(offsets));
    v128.store(out, i64x2.extend_low_i32x4_u(lengths));
    v128.store(out, i64x2.extend_high_i32x4_u(lengths), 16);
  }
}

/** offsets on disk are u64 totals without the leading 0: u64[rows] to u32[rows + 1]. Returns 0, or 1 where they descend or exceed u32. */
export function offsetsFromU64(values: usize, out: usize, rows: i32): i32 {
  let before: u64 = 0;
  let wrong: u32 = 0;
  store<u32>(out, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const value = load<u64>(values + (row << 3));
    wrong |= u32(value < before) | u32(value > 0x7fffffff);
    store<u32>(out + (row << 2), <u32>value, 4);
    before = value;
  }
  return <i32>wrong;
}

/** The opposite: u32[rows + 1] to u64[rows], counted from the first offset. */
export function offsetsToU64(offsets: usize, out: usize, rows: i32): void {
  const first = load<u32>(offsets);
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u64>(out + (row << 3), <u64>(load<u32>(offsets + (row << 2), 4) - first));
  }
}

/** Each row's number as often as the row has elements, u32[elements]: what ARRAY JOIN gathers the other columns by. */
export function replicateIndices(offsets: usize, out: usize, rows: i32): void {
  let from = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<u32>(offsets + (<usize>row << 2), 4);
    for (let n = to - from; n != 0; n--, out += 4) store<u32>(out, <u32>row);
    from = to;
  }
}

/** Each element's number inside its array, from 1 on, u32[elements]: arrayEnumerate. */
export function enumerateElements(offsets: usize, out: usize, rows: i32): void {
  let from = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const to = load<u32>(offsets + (<usize>row << 2), 4);
    const count = to - from;
    for (let n: u32 = 1; n <= count; n++, out += 4) store<u32>(out, n);
    from = to;
  }
}

/** One string of size bytes to rows of it. outOffsets: u32[rows + 1]; outBytes: rows * size, and up to 15 bytes past them. */
export function fillStrings(bytes: usize, size: i32, outOffsets: usize, outBytes: usize, rows: i32): void {
  let at: u32 = 0;
  store<u32>(outOffsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    copyBytes(outBytes + at, bytes, <usize>size);
    at += size;
    store<u32>(outOffsets + (row << 2), at, 4);
  }
}

/** first + i * step in 64-bit integers. first, step: addresses of an i64 each; out: i64[rows]. */
export function sequenceI64(first: usize, step: usize, out: usize, rows: i32): void {
  let value = load<i64>(first);
  const by = load<i64>(step);
  for (const end = out + (<usize>rows << 3); out < end; out += 8) {
    store<i64>(out, value);
    value += by;
  }
}
