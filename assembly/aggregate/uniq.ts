// Hashes of uniq(): the finalizer of MurmurHash3, cut to 32 bits.

import { mix64 } from "../hashes/int";

// @ts-ignore: decorator
@inline
function hashes<T>(values: usize, rows: i32, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(target + (row << 2), <u32>mix64(<u64>load<T>(values + row * sizeof<T>())));
  }
}

/** target: u32[rows] of u8 values. */
export function uniqHashU8(values: usize, rows: i32, target: usize): void {
  hashes<u8>(values, rows, target);
}

/** target: u32[rows] of u16 values. */
export function uniqHashU16(values: usize, rows: i32, target: usize): void {
  hashes<u16>(values, rows, target);
}

/** target: u32[rows] of u32 values. */
export function uniqHashU32(values: usize, rows: i32, target: usize): void {
  hashes<u32>(values, rows, target);
}

/** target: u32[rows] of u64 values. */
export function uniqHashU64(values: usize, rows: i32, target: usize): void {
  hashes<u64>(values, rows, target);
}

/** target: u32[rows] of i8 values. */
export function uniqHashI8(values: usize, rows: i32, target: usize): void {
  hashes<i8>(values, rows, target);
}

/** target: u32[rows] of i16 values. */
export function uniqHashI16(values: usize, rows: i32, target: usize): void {
  hashes<i16>(values, rows, target);
}

/** target: u32[rows] of i32 values. */
export function uniqHashI32(values: usize, rows: i32, target: usize): void {
  hashes<i32>(values, rows, target);
}

/** Lists the rows whose hash ends in as many zero bits as their group skips. hashes, ids: u32[rows]; skips: u8[groups]; target: u32[rows + 1]. */
export function uniqKept(hashes: usize, ids: usize, skips: usize, rows: i32, target: usize): i32 {
  let count: usize = 0;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const skip = <u32>load<u8>(skips + <usize>load<u32>(ids + (row << 2)));
    const hash = load<u32>(hashes + (row << 2));
    store<u32>(target + (count << 2), <u32>row);
    count += <usize>((hash & ~(0xffffffff << skip)) == 0);
  }
  return <i32>count;
}
