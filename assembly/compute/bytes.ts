// Runs of bytes: comparing and copying them by 16, over the slack behind every allocation.

/** Less than, equal to or greater than 0, as memcmp and then the lengths say. Reads up to 15 bytes past either run. */
// @ts-ignore: decorator
@inline
export function compareBytes(a: usize, sizeA: i32, b: usize, sizeB: i32): i32 {
  const shared = min(sizeA, sizeB);
  for (let at = 0; at < shared; at += 16) {
    const differing = i8x16.bitmask(i8x16.ne(v128.load(a + <usize>at), v128.load(b + <usize>at)));
    if (differing == 0) continue;
    const first = at + ctz(differing);
    if (first >= shared) break;
    return <i32>load<u8>(a + <usize>first) - <i32>load<u8>(b + <usize>first);
  }
  return sizeA - sizeB;
}

/** Whether two runs of one size are the same. Reads up to 15 bytes past either. */
// @ts-ignore: decorator
@inline
export function equalBytes(a: usize, b: usize, size: i32): bool {
  let at = 0;
  for (; at + 16 <= size; at += 16) {
    if (v128.any_true(v128.xor(v128.load(a + <usize>at), v128.load(b + <usize>at)))) return false;
  }
  const left = size - at;
  if (left == 0) return true;
  const differing = i8x16.bitmask(i8x16.ne(v128.load(a + <usize>at), v128.load(b + <usize>at)));
  return (differing & ((1 << left) - 1)) == 0;
}

/** Copies size bytes, by 16: reads and writes up to 15 bytes past them. For short runs; long ones go to memory.copy. */
// @ts-ignore: decorator
@inline
export function copyBytes(to: usize, from: usize, size: usize): void {
  if (size > 256) {
    memory.copy(to, from, size);
    return;
  }
  for (let at: usize = 0; at < size; at += 16) v128.store(to + at, v128.load(from + at));
}
