// Short pieces of memory, compared a vector at a time. Reads up to 15 bytes past both ends: the arena's slack is behind them.

/** 0, 1, .. 15: compared with a size it gives the mask of the bytes that count. */
// @ts-ignore: decorator
@inline
export function lanes(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** All ones in the first size bytes; size 0 to 16. */
// @ts-ignore: decorator
@inline
export function firstBytes(size: i32): v128 {
  return i8x16.lt_s(lanes(), i8x16.splat(<i8>size));
}

/** Whether size bytes at a and b are the same. */
// @ts-ignore: decorator
@inline
export function equalBytes(a: usize, b: usize, size: i32): bool {
  while (size > 16) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
    size -= 16;
  }
  return !v128.any_true(v128.and(v128.xor(v128.load(a), v128.load(b)), firstBytes(size)));
}

/** A to Z become a to z; every other byte stays. */
// @ts-ignore: decorator
@inline
export function foldVector(bytes: v128): v128 {
  const upper = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26));
  return v128.or(bytes, v128.and(upper, i8x16.splat(0x20)));
}

// @ts-ignore: decorator
@inline
export function foldByte(byte: u8): u8 {
  return <u32>byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Whether size bytes at a, with ASCII capitals made small, are the bytes at b (which has none). */
// @ts-ignore: decorator
@inline
export function equalFolded(a: usize, b: usize, size: i32): bool {
  while (size > 16) {
    if (v128.any_true(v128.xor(foldVector(v128.load(a)), v128.load(b)))) return false;
    a += 16;
    b += 16;
    size -= 16;
  }
  return !v128.any_true(v128.and(v128.xor(foldVector(v128.load(a)), v128.load(b)), firstBytes(size)));
}
