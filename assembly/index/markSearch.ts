// Searching the sparse index: keys of ascending marks, one value a mark.

// @ts-ignore: decorator
@inline
function lower<T>(keys: usize, start: i32, end: i32, key: T): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (load<T>(keys + <usize>middle * sizeof<T>()) < key) start = middle + 1;
    else end = middle;
  }
  return start;
}

// @ts-ignore: decorator
@inline
function upper<T>(keys: usize, start: i32, end: i32, key: T): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (load<T>(keys + <usize>middle * sizeof<T>()) <= key) start = middle + 1;
    else end = middle;
  }
  return start;
}

/**
 * The first mark of [start, end) whose key is not less than the one at `key` (lowerBound) or is greater (upperBound); end if there is
 * none. keys: packed values, ascending within [start, end). Floats: ascending with no NaN.
 */
export function lowerBoundI8(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<i8>(keys, start, end, load<i8>(key)); }
export function lowerBoundI16(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<i16>(keys, start, end, load<i16>(key)); }
export function lowerBoundI32(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<i32>(keys, start, end, load<i32>(key)); }
export function lowerBoundI64(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<i64>(keys, start, end, load<i64>(key)); }
export function lowerBoundU8(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<u8>(keys, start, end, load<u8>(key)); }
export function lowerBoundU16(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<u16>(keys, start, end, load<u16>(key)); }
export function lowerBoundU32(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<u32>(keys, start, end, load<u32>(key)); }
export function lowerBoundU64(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<u64>(keys, start, end, load<u64>(key)); }
export function lowerBoundF32(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<f32>(keys, start, end, load<f32>(key)); }
export function lowerBoundF64(keys: usize, start: i32, end: i32, key: usize): i32 { return lower<f64>(keys, start, end, load<f64>(key)); }
/** As lowerBoundI8, but the first mark whose key is greater. */
export function upperBoundI8(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<i8>(keys, start, end, load<i8>(key)); }
export function upperBoundI16(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<i16>(keys, start, end, load<i16>(key)); }
export function upperBoundI32(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<i32>(keys, start, end, load<i32>(key)); }
export function upperBoundI64(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<i64>(keys, start, end, load<i64>(key)); }
export function upperBoundU8(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<u8>(keys, start, end, load<u8>(key)); }
export function upperBoundU16(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<u16>(keys, start, end, load<u16>(key)); }
export function upperBoundU32(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<u32>(keys, start, end, load<u32>(key)); }
export function upperBoundU64(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<u64>(keys, start, end, load<u64>(key)); }
export function upperBoundF32(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<f32>(keys, start, end, load<f32>(key)); }
export function upperBoundF64(keys: usize, start: i32, end: i32, key: usize): i32 { return upper<f64>(keys, start, end, load<f64>(key)); }

/** a before b in memory: negative, 0, positive. A prefix comes before what it begins. */
function compareBytes(a: usize, aSize: usize, b: usize, bSize: usize): i32 {
  const size = min(aSize, bSize);
  let at: usize = 0;
  for (; at + 8 <= size; at += 8) {
    const x = load<u64>(a + at);
    const y = load<u64>(b + at);
    if (x != y) return bswap<u64>(x) < bswap<u64>(y) ? -1 : 1;
  }
  for (; at < size; at++) {
    const difference = <i32>load<u8>(a + at) - <i32>load<u8>(b + at);
    if (difference != 0) return difference;
  }
  return <i32>aSize - <i32>bSize;
}

@inline
function compareAt(offsets: usize, bytes: usize, mark: i32, key: usize, size: i32): i32 {
  const at = offsets + (<usize>mark << 2);
  const from = <usize>load<u32>(at);
  return compareBytes(bytes + from, <usize>load<u32>(at, 4) - from, key, <usize>size);
}

/** The same over a column of strings: offsets u32[marks + 1] into bytes; the key is size bytes at `key`. */
export function lowerBoundStrings(offsets: usize, bytes: usize, start: i32, end: i32, key: usize, size: i32): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (compareAt(offsets, bytes, middle, key, size) < 0) start = middle + 1;
    else end = middle;
  }
  return start;
}

/** As lowerBoundStrings, but the first mark whose key is greater. */
export function upperBoundStrings(offsets: usize, bytes: usize, start: i32, end: i32, key: usize, size: i32): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (compareAt(offsets, bytes, middle, key, size) <= 0) start = middle + 1;
    else end = middle;
  }
  return start;
}

/** The same over values of one width, compared as bytes: FixedString, IPv6. */
export function lowerBoundFixed(keys: usize, width: i32, start: i32, end: i32, key: usize): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (compareBytes(keys + <usize>middle * <usize>width, <usize>width, key, <usize>width) < 0) start = middle + 1;
    else end = middle;
  }
  return start;
}

/** As lowerBoundFixed, but the first mark whose key is greater. */
export function upperBoundFixed(keys: usize, width: i32, start: i32, end: i32, key: usize): i32 {
  while (start < end) {
    const middle = (start + end) >>> 1;
    if (compareBytes(keys + <usize>middle * <usize>width, <usize>width, key, <usize>width) <= 0) start = middle + 1;
    else end = middle;
  }
  return start;
}
