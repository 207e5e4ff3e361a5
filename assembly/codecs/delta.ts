// Delta: u8 width | u8 skip (= size mod width) | skipped bytes | per value its difference to the one before (the first: itself).
// DoubleDelta: u8 width | u8 skip | skipped bytes | u32 count | first value | first difference | a bit stream of differences of
// differences: 0 = none; 10, 110, 1110, 11110, 11111 = a field of 7, 9, 12, 32, 64 bits: a sign bit, then the size less one.

import { peekBits, readBits, writeBits, writeLongBits } from "./bits";

@inline
function isWidth(width: usize): bool {
  return width == 1 || width == 2 || width == 4 || width == 8;
}

// @ts-ignore: decorator
@inline
function addUp<T>(source: usize, target: usize, end: usize): void {
  let value: T = 0;
  while (target < end) {
    value = <T>(value + load<T>(source));
    store<T>(target, value);
    source += sizeof<T>();
    target += sizeof<T>();
  }
}

/**
 * Decodes a frame's payload of size bytes. Returns decompressedSize, or -1 if the payload is corrupt or of another size. Reads up to 8
 * bytes behind the source and writes none behind the target.
 */
export function deltaDecode(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size < 2 || decompressedSize < 0) return -1;
  const width = <usize>load<u8>(source);
  const skip = <usize>load<u8>(source, 1);
  if (!isWidth(width) || skip != <usize>decompressedSize % width || size != decompressedSize + 2) return -1;
  memory.copy(target, source + 2, skip);
  const end = target + <usize>decompressedSize;
  source += 2 + skip;
  target += skip;
  if (width == 1) addUp<u8>(source, target, end);
  else if (width == 2) addUp<u16>(source, target, end);
  else if (width == 4) addUp<u32>(source, target, end);
  else addUp<u64>(source, target, end);
  return decompressedSize;
}

// @ts-ignore: decorator
@inline
function takeDifferences<T>(source: usize, end: usize, target: usize): void {
  let before: T = 0;
  while (source < end) {
    const value = load<T>(source);
    store<T>(target, <T>(value - before));
    before = value;
    source += sizeof<T>();
    target += sizeof<T>();
  }
}

/** Encodes size bytes of values of a width (1, 2, 4, 8). Returns the bytes written: size + 2. */
export function deltaEncode(source: usize, size: i32, width: i32, target: usize): i32 {
  const skip = <usize>(size % width);
  store<u8>(target, width);
  store<u8>(target, <u8>skip, 1);
  memory.copy(target + 2, source, skip);
  const end = source + <usize>size;
  const to = target + 2 + skip;
  if (width == 1) takeDifferences<u8>(source + skip, end, to);
  else if (width == 2) takeDifferences<u16>(source + skip, end, to);
  else if (width == 4) takeDifferences<u32>(source + skip, end, to);
  else takeDifferences<u64>(source + skip, end, to);
  return size + 2;
}

// @ts-ignore: decorator
@inline
function addUpTwice<T>(source: usize, sourceEnd: usize, target: usize, count: u32): bool {
  let value = load<T>(source);
  store<T>(target, value);
  if (count == 1) return true;
  let delta = load<T>(source, sizeof<T>());
  value = <T>(value + delta);
  store<T>(target, value, sizeof<T>());
  target += 2 * sizeof<T>();
  const stream = source + 2 * sizeof<T>();
  const bits = <u32>(sourceEnd - stream) << 3;
  let position: u32 = 0;
  for (let i: u32 = 2; i < count; i++) {
    if (position >= bits) return false;
    const next = peekBits(stream, position);
    if (<i64>next < 0) {
      // Ones in front say how wide the field is.
      const ones = <u32>min<u64>(clz<u64>(~next), 5);
      const prefix = ones < 4 ? ones + 1 : 5;
      const field: u32 = ones == 1 ? 7 : ones == 2 ? 9 : ones == 3 ? 12 : ones == 4 ? 32 : 64;
      if (prefix + field > bits - position) return false;
      position += prefix;
      const negative = (peekBits(stream, position) >> 63) != 0;
      const difference = readBits(stream, position + 1, field - 1) + 1;
      position += field;
      delta = <T>(<u64>delta + (negative ? 0 - difference : difference));
    } else {
      position++;
    }
    value = <T>(value + delta);
    store<T>(target, value);
    target += sizeof<T>();
  }
  return true;
}

/** As deltaDecode. */
export function doubleDeltaDecode(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size < 2 || decompressedSize < 0) return -1;
  const end = source + <usize>size;
  const width = <usize>load<u8>(source);
  const skip = <usize>load<u8>(source, 1);
  if (!isWidth(width) || skip != <usize>decompressedSize % width || <usize>size < 2 + skip) return -1;
  memory.copy(target, source + 2, skip);
  source += 2 + skip;
  target += skip;
  const count = <u32>((<usize>decompressedSize - skip) / width);
  if (end - source < 4) return count == 0 && end == source ? decompressedSize : -1;
  if (load<u32>(source) != count) return -1;
  source += 4;
  if (count == 0) return decompressedSize;
  if (end - source < width * (count == 1 ? 1 : 2) || end - source > 0x10000000) return -1;
  const good = width == 1
    ? addUpTwice<u8>(source, end, target, count)
    : width == 2
      ? addUpTwice<u16>(source, end, target, count)
      : width == 4
        ? addUpTwice<u32>(source, end, target, count)
        : addUpTwice<u64>(source, end, target, count);
  return good ? decompressedSize : -1;
}

// @ts-ignore: decorator
@inline
function writeDifferences<T>(source: usize, target: usize, count: u32): usize {
  let value = load<T>(source);
  store<T>(target, value);
  if (count == 1) return target + sizeof<T>();
  let delta = <T>(load<T>(source, sizeof<T>()) - value);
  value = load<T>(source, sizeof<T>());
  store<T>(target, delta, sizeof<T>());
  const stream = target + 2 * sizeof<T>();
  source += 2 * sizeof<T>();
  let position: u32 = 0;
  for (let i: u32 = 2; i < count; i++) {
    const next = load<T>(source);
    source += sizeof<T>();
    const nextDelta = <T>(next - value);
    // As a signed number of its own width.
    const shift = <u64>(64 - (sizeof<T>() << 3));
    const difference = <i64>(<u64><T>(nextDelta - delta) << shift) >> <i64>shift;
    value = next;
    delta = nextDelta;
    if (difference == 0) {
      writeBits(stream, position, 0, 1);
      position++;
      continue;
    }
    const sign: u64 = difference < 0 ? 1 : 0;
    const size = (difference < 0 ? 0 - <u64>difference : <u64>difference) - 1;
    const width = 64 - <u32>clz<u64>(size);
    if (width <= 6) {
      writeBits(stream, position, (2 << 7) | (sign << 6) | size, 9);
      position += 9;
    } else if (width <= 8) {
      writeBits(stream, position, (6 << 9) | (sign << 8) | size, 12);
      position += 12;
    } else if (width <= 11) {
      writeBits(stream, position, (14 << 12) | (sign << 11) | size, 16);
      position += 16;
    } else if (width <= 31) {
      writeBits(stream, position, (30 << 32) | (sign << 31) | size, 37);
      position += 37;
    } else {
      writeBits(stream, position, (31 << 1) | sign, 6);
      writeLongBits(stream, position + 6, size, 63);
      position += 69;
    }
  }
  return stream + <usize>((position + 7) >> 3);
}

/** Encodes at most 16 MiB. Returns the bytes written, at most size * 9 + 24 (for narrow values); up to 8 more are overwritten. */
export function doubleDeltaEncode(source: usize, size: i32, width: i32, target: usize): i32 {
  const skip = <usize>(size % width);
  store<u8>(target, width);
  store<u8>(target, <u8>skip, 1);
  memory.copy(target + 2, source, skip);
  let out = target + 2 + skip;
  const count = <u32>size / <u32>width;
  store<u32>(out, count);
  out += 4;
  source += skip;
  if (count > 0) {
    if (width == 1) out = writeDifferences<u8>(source, out, count);
    else if (width == 2) out = writeDifferences<u16>(source, out, count);
    else if (width == 4) out = writeDifferences<u32>(source, out, count);
    else out = writeDifferences<u64>(source, out, count);
  }
  return <i32>(out - target);
}
