// Masks (u8 a row, 0 or 1) and null maps (u8 a row, 1 = NULL): logic, counting, and turning them into row numbers.
//
// Kernels that work by 16 read up to 15 bytes past their inputs and write up to 15 past out; out may be one of the inputs.

/** out = a AND b */
export function maskAnd(a: usize, b: usize, out: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) v128.store(out + at, v128.and(v128.load(a + at), v128.load(b + at)));
}

/** out = a OR b */
export function maskOr(a: usize, b: usize, out: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) v128.store(out + at, v128.or(v128.load(a + at), v128.load(b + at)));
}

/** out = a XOR b */
export function maskXor(a: usize, b: usize, out: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) v128.store(out + at, v128.xor(v128.load(a + at), v128.load(b + at)));
}

/** out = a AND NOT b */
export function maskAndNot(a: usize, b: usize, out: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) v128.store(out + at, v128.andnot(v128.load(a + at), v128.load(b + at)));
}

/** out = NOT a */
export function maskNot(a: usize, out: usize, rows: i32): void {
  const one = i8x16.splat(1);
  for (let at: usize = 0; at < <usize>rows; at += 16) v128.store(out + at, v128.xor(v128.load(a + at), one));
}

/**
 * SQL's AND of two nullable masks: false wins over NULL, NULL over true. A null map of 0 stands for no NULLs.
 * The value under a NULL comes out as 0.
 */
export function ternaryAnd(a: usize, aNulls: usize, b: usize, bNulls: usize, out: usize, outNulls: usize, rows: i32): void {
  const one = i8x16.splat(1);
  for (let at: usize = 0; at < <usize>rows; at += 16) {
    const x = v128.load(a + at);
    const y = v128.load(b + at);
    const xNull = nullsAt(aNulls, at);
    const yNull = nullsAt(bNulls, at);
    const aFalse = v128.andnot(v128.andnot(one, x), xNull);
    const bFalse = v128.andnot(v128.andnot(one, y), yNull);
    const unknown = v128.andnot(v128.or(xNull, yNull), v128.or(aFalse, bFalse));
    v128.store(out + at, v128.andnot(v128.and(x, y), v128.or(xNull, yNull)));
    v128.store(outNulls + at, unknown);
  }
}

/** SQL's OR of two nullable masks: true wins over NULL, NULL over false. Otherwise as ternaryAnd. */
export function ternaryOr(a: usize, aNulls: usize, b: usize, bNulls: usize, out: usize, outNulls: usize, rows: i32): void {
  for (let at: usize = 0; at < <usize>rows; at += 16) {
    const xNull = nullsAt(aNulls, at);
    const yNull = nullsAt(bNulls, at);
    const isTrue = v128.or(v128.andnot(v128.load(a + at), xNull), v128.andnot(v128.load(b + at), yNull));
    v128.store(out + at, isTrue);
    v128.store(outNulls + at, v128.andnot(v128.or(xNull, yNull), isTrue));
  }
}

// @ts-ignore: decorator
@inline
function nullsAt(nulls: usize, at: usize): v128 {
  return nulls == 0 ? i8x16.splat(0) : v128.load(nulls + at);
}

/** How many rows are 1. Reads nothing past the rows. */
export function countMask(mask: usize, rows: i32): i32 {
  let total = i64x2.splat(0);
  const end = mask + <usize>rows;
  while (mask + 16 <= end) {
    // At most 255 rounds, so that no byte of the sums overflows.
    const stop = min(end, mask + 16 * 255);
    let sums = i8x16.splat(0);
    while (mask + 16 <= stop) {
      sums = i8x16.add(sums, v128.load(mask));
      mask += 16;
    }
    const words = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(sums));
    total = i64x2.add(total, i64x2.add(i64x2.extend_low_i32x4_u(words), i64x2.extend_high_i32x4_u(words)));
  }
  let count = <i32>(i64x2.extract_lane(total, 0) + i64x2.extract_lane(total, 1));
  while (mask < end) count += load<u8>(mask++);
  return count;
}

/** The first row that is 1, or -1. */
export function firstInMask(mask: usize, rows: i32): i32 {
  for (let row = 0; row < rows; row += 16) {
    const found = bitsOf16(mask + <usize>row, rows - row);
    if (found != 0) return row + ctz(found);
  }
  return -1;
}

/** 16 rows as bits; rows past left are 0. */
// @ts-ignore: decorator
@inline
export function bitsOf16(mask: usize, left: i32): i32 {
  const bits = i8x16.bitmask(i8x16.ne(v128.load(mask), i8x16.splat(0)));
  return left >= 16 ? bits : bits & ((1 << left) - 1);
}

/**
 * For each of the 256 sets of 8 rows, the numbers of the rows in it, lowest first (then zeros): 8 bytes a set.
 * Made when the module starts.
 */
export const packed8: usize = memory.data(2048);
for (let set: u32 = 0; set < 256; set++) {
  let rows: u64 = 0;
  let shift: u64 = 0;
  for (let row: u64 = 0; row < 8; row++) {
    if ((set >> <u32>row) & 1) {
      rows |= row << shift;
      shift += 8;
    }
  }
  store<u64>(packed8 + (<usize>set << 3), rows);
}

/**
 * The numbers of the rows that are 1, ascending: u32[count] into out. Returns the count. Writes up to 32 bytes past them, so out has
 * room for rows + 8 numbers.
 */
export function maskToIndices(mask: usize, rows: i32, out: usize): i32 {
  const start = out;
  for (let row = 0; row < rows; row += 16) {
    const bits = bitsOf16(mask + <usize>row, rows - row);
    if (bits == 0) continue;
    out = writeIndices8(bits & 255, row, out);
    out = writeIndices8(bits >>> 8, row + 8, out);
  }
  return <i32>((out - start) >>> 2);
}

// @ts-ignore: decorator
@inline
function writeIndices8(set: i32, base: u32, out: usize): usize {
  const places = v128.load8x8_u(packed8 + (<usize>set << 3));
  const bases = i32x4.splat(base);
  v128.store(out, i32x4.add(bases, i32x4.extend_low_i16x8_u(places)));
  v128.store(out, i32x4.add(bases, i32x4.extend_high_i16x8_u(places)), 16);
  return out + (<usize>popcnt(set) << 2);
}

/** A mask of rows from ascending row numbers: 1 where a number names the row. */
export function indicesToMask(indices: usize, count: i32, out: usize, rows: i32): void {
  memory.fill(out, 0, <usize>rows);
  for (const end = indices + (<usize>count << 2); indices < end; indices += 4) store<u8>(out + <usize>load<u32>(indices), 1);
}
