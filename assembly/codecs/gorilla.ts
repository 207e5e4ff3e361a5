// Gorilla: u8 width | u8 skip | skipped bytes | u32 count | first value | a bit stream of XORs with the value before: 0 = equal;
// 10 = bits in the window of the last 11; 11 = a new window: zeros in front (3, 4, 5, 6 bits for widths 1, 2, 4, 8), length
// (one bit more), bits.

import { peekBits, readBits, writeBits, writeLongBits } from "./bits";

// @ts-ignore: decorator
@inline
function unfold<T>(source: usize, sourceEnd: usize, target: usize, count: u32): bool {
  const width: u32 = sizeof<T>() << 3;
  const leadBits: u32 = sizeof<T>() == 1 ? 3 : sizeof<T>() == 2 ? 4 : sizeof<T>() == 4 ? 5 : 6;
  let value = load<T>(source);
  store<T>(target, value);
  const stream = source + sizeof<T>();
  const bits = <u32>(sourceEnd - stream) << 3;
  let position: u32 = 0;
  let length: u32 = 0;
  let shift: u32 = 0;
  for (let i: u32 = 1; i < count; i++) {
    target += sizeof<T>();
    if (position >= bits) return false;
    const next = peekBits(stream, position);
    if (<i64>next >= 0) {
      position++;
      store<T>(target, value);
      continue;
    }
    position += 2;
    if (next & 0x4000000000000000) {
      const lead = <u32>((next << 2) >> <u64>(64 - leadBits));
      length = <u32>((next << <u64>(2 + leadBits)) >> <u64>(63 - leadBits));
      position += leadBits * 2 + 1;
      if (lead + length > width) return false;
      shift = width - lead - length;
    }
    if (position > bits || length > bits - position) return false;
    const xor = readBits(stream, position, length);
    position += length;
    // A shift by all 64 bits would be one by none; then there are no bits either.
    if (length > 0) value = <T>(value ^ <T>(xor << <u64>shift));
    store<T>(target, value);
  }
  return true;
}

/**
 * Decodes a frame's payload of size bytes. Returns decompressedSize, or -1 if the payload is corrupt or of another size. Reads up to 8
 * bytes behind the source and writes none behind the target.
 */
export function gorillaDecode(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size < 2 || decompressedSize < 0) return -1;
  const end = source + <usize>size;
  const width = <usize>load<u8>(source);
  const skip = <usize>load<u8>(source, 1);
  if (width != 1 && width != 2 && width != 4 && width != 8) return -1;
  if (skip != <usize>decompressedSize % width || <usize>size < 2 + skip) return -1;
  memory.copy(target, source + 2, skip);
  source += 2 + skip;
  target += skip;
  const count = <u32>((<usize>decompressedSize - skip) / width);
  if (end - source < 4) return count == 0 && end == source ? decompressedSize : -1;
  if (load<u32>(source) != count) return -1;
  source += 4;
  if (count == 0) return decompressedSize;
  if (end - source < width || end - source > 0x10000000) return -1;
  const good = width == 1
    ? unfold<u8>(source, end, target, count)
    : width == 2
      ? unfold<u16>(source, end, target, count)
      : width == 4
        ? unfold<u32>(source, end, target, count)
        : unfold<u64>(source, end, target, count);
  return good ? decompressedSize : -1;
}

// @ts-ignore: decorator
@inline
function fold<T>(source: usize, target: usize, count: u32): usize {
  const width: u32 = sizeof<T>() << 3;
  const leadBits: u32 = sizeof<T>() == 1 ? 3 : sizeof<T>() == 2 ? 4 : sizeof<T>() == 4 ? 5 : 6;
  let value = load<T>(source);
  store<T>(target, value);
  const stream = target + sizeof<T>();
  let position: u32 = 0;
  let lead: u32 = 0;
  let length: u32 = 0;
  let trail: u32 = 0;
  for (let i: u32 = 1; i < count; i++) {
    source += sizeof<T>();
    const next = load<T>(source);
    const xor = <u64><T>(next ^ value);
    value = next;
    if (xor == 0) {
      writeBits(stream, position, 0, 1);
      position++;
      continue;
    }
    const xorLead = <u32>clz<u64>(xor) - (64 - width);
    const xorTrail = <u32>ctz<u64>(xor);
    if (length > 0 && xorLead >= lead && xorTrail >= trail) {
      writeBits(stream, position, 2, 2);
      position += 2;
    } else {
      lead = xorLead;
      trail = xorTrail;
      length = width - lead - trail;
      const head = ((<u64>3 << <u64>leadBits) | <u64>lead) << <u64>(leadBits + 1) | <u64>length;
      writeBits(stream, position, head, 3 + 2 * leadBits);
      position += 3 + 2 * leadBits;
    }
    writeLongBits(stream, position, xor >> <u64>trail, length);
    position += length;
  }
  return stream + <usize>((position + 7) >> 3);
}

/** Encodes at most 16 MiB. Returns the bytes written, at most size * 17 / 8 + 24; up to 8 more are overwritten. */
export function gorillaEncode(source: usize, size: i32, width: i32, target: usize): i32 {
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
    if (width == 1) out = fold<u8>(source, out, count);
    else if (width == 2) out = fold<u16>(source, out, count);
    else if (width == 4) out = fold<u32>(source, out, count);
    else out = fold<u64>(source, out, count);
  }
  return <i32>(out - target);
}
