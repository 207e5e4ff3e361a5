// Keeping the rows whose mask is 1. values: width * rows bytes; mask: u8[rows], 0 or 1; out: room for the kept rows, which may be the
// values themselves. Each returns how many rows were kept. Up to 16 rows are read past the mask and values, and up to 32 bytes written
// past what is kept, into the slack.
import { bitsOf16, packed8 } from "./mask";
import { copyBytes } from "./bytes";

/** Values of 1, 2, 4, 8 or 16 bytes, as the name says. Narrow ones are moved 8 rows at a time, by a table of shuffles. */
export function filter1(values: usize, mask: usize, out: usize, rows: i32): i32 {
  const start = out;
  for (let row = 0; row < rows; row += 16) {
    const bits = bitsOf16(mask + <usize>row, rows - row);
    if (bits == 0) continue;
    const from = values + <usize>row;
    const all = v128.load(from);
    if (bits == 0xffff) {
      v128.store(out, all);
      out += 16;
      continue;
    }
    const low = bits & 255;
    const high = bits >>> 8;
    v128.store(out, i8x16.swizzle(all, v128.load64_zero(packed8 + (<usize>low << 3))));
    out += <usize>popcnt(low);
    const eights = i8x16.add(v128.load64_zero(packed8 + (<usize>high << 3)), i8x16.splat(8));
    v128.store64_lane(out, i8x16.swizzle(all, eights), 0); // No more: in place, the next round's rows follow.
    out += <usize>popcnt(high);
  }
  return <i32>(out - start);
}

export function filter2(values: usize, mask: usize, out: usize, rows: i32): i32 {
  const start = out;
  for (let row = 0; row < rows; row += 16) {
    const bits = bitsOf16(mask + <usize>row, rows - row);
    if (bits == 0) continue;
    const from = values + (<usize>row << 1);
    const first = v128.load(from);
    const second = v128.load(from, 16);
    if (bits == 0xffff) {
      v128.store(out, first);
      v128.store(out, second, 16);
      out += 32;
      continue;
    }
    out = pack2(first, bits & 255, out);
    out = pack2(second, bits >>> 8, out);
  }
  return <i32>((out - start) >>> 1);
}

/** Row numbers become pairs of byte numbers: 2 * row and 2 * row + 1. */
// @ts-ignore: decorator
@inline
function pack2(eight: v128, set: i32, out: usize): usize {
  const places = v128.load8x8_u(packed8 + (<usize>set << 3));
  const bytes = i16x8.add(i16x8.mul(places, i16x8.splat(0x0202)), i16x8.splat(0x0100));
  v128.store(out, i8x16.swizzle(eight, bytes));
  return out + (<usize>popcnt(set) << 1);
}

export function filter4(values: usize, mask: usize, out: usize, rows: i32): i32 {
  const start = out;
  for (let row = 0; row < rows; row += 16) {
    const bits = bitsOf16(mask + <usize>row, rows - row);
    if (bits == 0) continue;
    const from = values + (<usize>row << 2);
    const a = v128.load(from);
    const b = v128.load(from, 16);
    const c = v128.load(from, 32);
    const d = v128.load(from, 48);
    if (bits == 0xffff) {
      v128.store(out, a);
      v128.store(out, b, 16);
      v128.store(out, c, 32);
      v128.store(out, d, 48);
      out += 64;
      continue;
    }
    out = pack4(a, bits & 15, out);
    out = pack4(b, (bits >>> 4) & 15, out);
    out = pack4(c, (bits >>> 8) & 15, out);
    out = pack4(d, bits >>> 12, out);
  }
  return <i32>((out - start) >>> 2);
}

/** Row numbers become four byte numbers each: 4 * row + 0..3. */
// @ts-ignore: decorator
@inline
function pack4(four: v128, set: i32, out: usize): usize {
  const places = i32x4.extend_low_i16x8_u(v128.load8x8_u(packed8 + (<usize>set << 3)));
  const bytes = i32x4.add(i32x4.mul(places, i32x4.splat(0x04040404)), i32x4.splat(0x03020100));
  v128.store(out, i8x16.swizzle(four, bytes));
  return out + (<usize>popcnt(set) << 2);
}

export function filter8(values: usize, mask: usize, out: usize, rows: i32): i32 {
  return filterWide<u64>(values, mask, out, rows);
}

export function filter16(values: usize, mask: usize, out: usize, rows: i32): i32 {
  return filterWide<v128>(values, mask, out, rows);
}

/** Every value is written, and the place moves on only where the mask is 1. */
// @ts-ignore: decorator
@inline
function filterWide<T>(values: usize, mask: usize, out: usize, rows: i32): i32 {
  const start = out;
  const end = mask + <usize>rows;
  const vectorEnd = mask + <usize>(rows & ~15);
  const size: usize = isVector<T>() ? 16 : 8;
  while (mask < vectorEnd) {
    const bits = bitsOf16(mask, 16);
    if (bits == 0xffff) {
      memory.copy(out, values, size * 16);
      out += size * 16;
    } else if (bits != 0) {
      for (let row: usize = 0; row < 16; row++) {
        moveWide<T>(out, values + row * size);
        out += <usize>load<u8>(mask + row) * size;
      }
    }
    values += size * 16;
    mask += 16;
  }
  while (mask < end) {
    moveWide<T>(out, values);
    out += <usize>load<u8>(mask) * size;
    values += size;
    mask++;
  }
  return <i32>((out - start) / size);
}

// @ts-ignore: decorator
@inline
function moveWide<T>(to: usize, from: usize): void {
  if (isVector<T>()) v128.store(to, v128.load(from));
  else store<u64>(to, load<u64>(from));
}

/** Values of any width: runs of kept rows are copied as one. */
export function filterN(values: usize, width: i32, mask: usize, out: usize, rows: i32): i32 {
  const start = out;
  let row = 0;
  while (row < rows) {
    if (!load<u8>(mask + <usize>row)) {
      row++;
      continue;
    }
    const first = row;
    while (row < rows && load<u8>(mask + <usize>row)) row++;
    const size = <usize>(row - first) * <usize>width;
    memory.copy(out, values + <usize>first * <usize>width, size);
    out += size;
  }
  return width == 0 ? 0 : <i32>((out - start) / <usize>width);
}

/** Bytes of the strings (elements of the arrays) that filterStrings keeps. */
export function filterStringsSize(offsets: usize, mask: usize, rows: i32): i32 {
  let size: u32 = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = offsets + (row << 2);
    size += (load<u32>(at, 4) - load<u32>(at)) & (0 - <u32>load<u8>(mask + row));
  }
  return <i32>size;
}

/**
 * Strings. outOffsets: u32[kept + 1], the first 0; outBytes: filterStringsSize() bytes. Neighbours that are both kept are copied as one.
 */
export function filterStrings(offsets: usize, bytes: usize, mask: usize, outOffsets: usize, outBytes: usize, rows: i32): i32 {
  store<u32>(outOffsets, 0);
  let size: u32 = 0; // Bytes of the rows kept so far.
  let kept: usize = 0;
  let runStart: u32 = 0; // Source bytes that are kept but not copied yet.
  let runEnd: u32 = 0;
  for (let row = 0; row < rows; row += 16) {
    let bits = bitsOf16(mask + <usize>row, rows - row);
    while (bits != 0) {
      const at = offsets + (<usize>(row + ctz(bits)) << 2);
      bits &= bits - 1;
      const from = load<u32>(at);
      const to = load<u32>(at, 4);
      if (from != runEnd) {
        copyBytes(outBytes + (size - (runEnd - runStart)), bytes + runStart, runEnd - runStart);
        runStart = from;
      }
      runEnd = to;
      size += to - from;
      kept++;
      store<u32>(outOffsets + (kept << 2), size);
    }
  }
  // Exact: what lies behind the last byte may be the caller's.
  memory.copy(outBytes + (size - (runEnd - runStart)), bytes + runStart, runEnd - runStart);
  return <i32>kept;
}

/** The offsets alone, as for arrays, whose elements are then taken with spreadMask. Returns how many rows are kept. */
export function filterOffsets(offsets: usize, mask: usize, outOffsets: usize, rows: i32): i32 {
  store<u32>(outOffsets, 0);
  let size: u32 = 0;
  let out = outOffsets;
  for (let row: usize = 0; row < <usize>rows; row++) {
    if (!load<u8>(mask + row)) continue;
    const at = offsets + (row << 2);
    size += load<u32>(at, 4) - load<u32>(at);
    out += 4;
    store<u32>(out, size);
  }
  return <i32>((out - outOffsets) >>> 2);
}

/** A mask of the arrays' elements from a mask of the arrays: out: u8[offsets[rows] - offsets[0]]. */
export function spreadMask(offsets: usize, mask: usize, out: usize, rows: i32): void {
  const first = load<u32>(offsets);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = offsets + (row << 2);
    const from = load<u32>(at);
    memory.fill(out + (from - first), load<u8>(mask + row), load<u32>(at, 4) - from);
  }
}
