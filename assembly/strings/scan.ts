// Runs of bytes in or out of a set. A set of bytes is 32 bytes: bit h of byte l says that 16 * h + l is in it, in the first half for
// bytes below 128, in the second for 128 + (16 * h + l).

/** The first position in [position, end) whose byte is in the set, or end. Reads up to 15 bytes past the end. */
export function findSet(position: usize, end: usize, set: usize): usize {
  const low = v128.load(set);
  const high = v128.load(set, 16);
  const bits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
  while (position < end) {
    const text = v128.load(position);
    const nibbles = v128.and(text, i8x16.splat(<i8>0x8f));
    // A swizzle gives 0 for indices of 16 and more, so each half answers for its own bytes only.
    const rows = v128.or(i8x16.swizzle(low, nibbles), i8x16.swizzle(high, v128.xor(nibbles, i8x16.splat(<i8>0x80))));
    const columns = i8x16.swizzle(bits, i8x16.shr_u(text, 4));
    const found = ~i8x16.bitmask(i8x16.eq(v128.and(rows, columns), i8x16.splat(0))) & 0xffff;
    if (found) {
      const at = position + <usize>ctz(found);
      return at < end ? at : end;
    }
    position += 16;
  }
  return end;
}

/** The first position in [position, end) of a byte, or end. Reads up to 15 bytes past the end. */
export function findByte(position: usize, end: usize, byte: u8): usize {
  const wanted = i8x16.splat(<i8>byte);
  while (position < end) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(position), wanted));
    if (found) {
      const at = position + <usize>ctz(found);
      return at < end ? at : end;
    }
    position += 16;
  }
  return end;
}

/** Whether a byte is in a set. */
// @ts-ignore: decorator
@inline
export function inSet(set: usize, byte: u8): bool {
  return ((load<u8>(set + <usize>((byte & 15) | ((byte >> 7) << 4))) >> ((byte >> 4) & 7)) & 1) != 0;
}
