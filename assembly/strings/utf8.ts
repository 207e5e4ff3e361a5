// UTF-8, measured and checked.

/**
 * The bytes of the code point at position, or 0 where there is none before end. Loose as RE2 is: what the first byte asks for must
 * follow, but overlong forms and surrogates pass.
 */
export function sequenceSize(position: usize, end: usize): i32 {
  const first = load<u8>(position);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (position + <usize>size > end) return 0;
  for (let i = 1; i < size; i++) if ((load<u8>(position + <usize>i) & 0xc0) != 0x80) return 0;
  return size;
}

/** The bytes that the code point's first byte asks for; 1 for a byte that begins none. */
// @ts-ignore: decorator
@inline
export function claimedSize(first: u8): i32 {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
}

/** Code points in size bytes: those that do not continue one. Reads 15 bytes past the end. */
export function countPoints(position: usize, size: i32): i32 {
  let count = 0;
  while (size >= 16) {
    // Continuation bytes are -128 to -65.
    count += popcnt(i8x16.bitmask(i8x16.gt_s(v128.load(position), i8x16.splat(-65))));
    position += 16;
    size -= 16;
  }
  if (size > 0) {
    const bits = i8x16.bitmask(i8x16.gt_s(v128.load(position), i8x16.splat(-65)));
    count += popcnt(bits & ((1 << size) - 1));
  }
  return count;
}

/** lengths[i] = code points of string i, as lengthUTF8 counts them. lengths: u64[rows]. */
export function lengthUtf8(offsets: usize, bytes: usize, rows: i32, lengths: usize): void {
  let start = load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    const end = load<u32>(offsets + (<usize>row << 2), 4);
    store<u64>(lengths + (<usize>row << 3), <u64>countPoints(bytes + <usize>start, <i32>(end - start)));
    start = end;
  }
}

/** Whether no byte of [start, start + size) is 128 or more. */
export function isAscii(start: usize, size: i32): i32 {
  let position = start;
  while (size >= 64) {
    const a = v128.or(v128.load(position), v128.load(position, 16));
    const b = v128.or(v128.load(position, 32), v128.load(position, 48));
    if (i8x16.bitmask(v128.or(a, b)) != 0) return 0;
    position += 64;
    size -= 64;
  }
  while (size >= 16) {
    if (i8x16.bitmask(v128.load(position)) != 0) return 0;
    position += 16;
    size -= 16;
  }
  if (size > 0) return (i8x16.bitmask(v128.load(position)) & ((1 << size) - 1)) == 0 ? 1 : 0;
  return 1;
}

/** mask[i] = 1 where string i has no byte of 128 or more. */
export function isAsciiEach(offsets: usize, bytes: usize, rows: i32, mask: usize): void {
  for (let row = 0; row < rows; row++) {
    const start = load<u32>(offsets + (<usize>row << 2));
    const end = load<u32>(offsets + (<usize>row << 2), 4);
    store<u8>(mask + <usize>row, <u8>isAscii(bytes + <usize>start, <i32>(end - start)));
  }
}

/** The bytes of the valid code point at position (no overlong forms, no surrogates, at most U+10FFFF), or 0. */
export function strictSize(position: usize, end: usize): i32 {
  const first = load<u8>(position);
  const size = sequenceSize(position, end);
  if (size < 3) return size;
  const second = load<u8>(position, 1);
  if (first == 0xe0 && second < 0xa0) return 0;
  if (first == 0xed && second > 0x9f) return 0;
  if (first == 0xf0 && second < 0x90) return 0;
  if (first == 0xf4 && second > 0x8f) return 0;
  return size;
}

/** Whether [position, end) is valid UTF-8. */
export function isValid(position: usize, end: usize): bool {
  while (position < end) {
    if (end - position >= 16 && i8x16.bitmask(v128.load(position)) == 0) {
      position += 16;
      continue;
    }
    const size = strictSize(position, end);
    if (size == 0) return false;
    position += <usize>size;
  }
  return true;
}

/** mask[i] = 1 where string i is valid UTF-8. */
export function isValidUtf8(offsets: usize, bytes: usize, rows: i32, mask: usize): void {
  for (let row = 0; row < rows; row++) {
    const start = load<u32>(offsets + (<usize>row << 2));
    const end = load<u32>(offsets + (<usize>row << 2), 4);
    store<u8>(mask + <usize>row, isValid(bytes + <usize>start, bytes + <usize>end) ? 1 : 0);
  }
}
