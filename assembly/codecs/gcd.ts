// GCD: u8 width | u8 skip | skipped bytes | divisor | every value divided by it.

// @ts-ignore: decorator
@inline
function multiply<T>(source: usize, target: usize, end: usize, factor: T): void {
  while (target < end) {
    store<T>(target, <T>(load<T>(source) * factor));
    source += sizeof<T>();
    target += sizeof<T>();
  }
}

/** Values of 16 and 32 bytes: product modulo their width, by 32-bit limbs. target is not source or factor. */
function multiplyWide(source: usize, factor: usize, target: usize, width: usize): void {
  memory.fill(target, 0, width);
  for (let i: usize = 0; i < width; i += 4) {
    const a = <u64>load<u32>(source + i);
    let carry: u64 = 0;
    for (let j: usize = 0; i + j < width; j += 4) {
      const x = a * <u64>load<u32>(factor + j) + <u64>load<u32>(target + i + j) + carry;
      store<u32>(target + i + j, <u32>x);
      carry = x >> 32;
    }
  }
}

/** Decodes a frame's payload of size bytes. Returns decompressedSize, or -1 if the payload is corrupt or of another size. */
export function gcdDecode(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size < 2 || decompressedSize < 0) return -1;
  const width = <usize>load<u8>(source);
  const skip = <usize>load<u8>(source, 1);
  if (width != 1 && width != 2 && width != 4 && width != 8 && width != 16 && width != 32) return -1;
  if (skip != <usize>decompressedSize % width || <usize>size != <usize>decompressedSize + 2 + width) return -1;
  memory.copy(target, source + 2, skip);
  const end = target + <usize>decompressedSize;
  target += skip;
  const factor = source + 2 + skip;
  source = factor + width;
  if (width == 1) multiply<u8>(source, target, end, load<u8>(factor));
  else if (width == 2) multiply<u16>(source, target, end, load<u16>(factor));
  else if (width == 4) multiply<u32>(source, target, end, load<u32>(factor));
  else if (width == 8) multiply<u64>(source, target, end, load<u64>(factor));
  else {
    for (; target < end; target += width, source += width) multiplyWide(source, factor, target, width);
  }
  return decompressedSize;
}
