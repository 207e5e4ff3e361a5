// FPC: u8 width (4, 8) | u8 level | pairs of values: a header byte (high nibble for the first value, low for the second: bit 3 which of two
// predictors was used, the others how many bytes in front are zero), then the remaining bytes of each residue. Both predictors keep a
// table of 2^level values.

const LEVEL_MAX: u32 = 20;

/** Bytes of scratch that decoding a payload takes; -1 if it is corrupt or wants tables of more than 2^20 entries. */
export function fpcScratch(source: usize, size: i32): i32 {
  if (size < 2) return -1;
  const width = <u32>load<u8>(source);
  const level = <u32>load<u8>(source, 1);
  if ((width != 4 && width != 8) || level == 0 || level > LEVEL_MAX) return -1;
  return (width * 2) << level;
}

/** The low count bytes (0 to 8) at p. Reads 8 bytes. */
@inline
function lowBytes(p: usize, count: u32): u64 {
  if (count == 0) return 0;
  return (load<u64>(p) << <u64>(64 - (count << 3))) >> <u64>(64 - (count << 3));
}

// @ts-ignore: decorator
@inline
function decode<T>(source: usize, sourceEnd: usize, target: usize, targetEnd: usize, tables: usize, level: u32): bool {
  const wide = sizeof<T>() == 8;
  const entries = <usize>1 << <usize>level;
  const mask = <T>entries - 1;
  const differences = tables + entries * sizeof<T>();
  memory.fill(tables, 0, 2 * entries * sizeof<T>());
  let valueHash: T = 0;
  let differenceHash: T = 0;
  let before: T = 0;
  while (target < targetEnd) {
    if (source >= sourceEnd) return false;
    const header = <u32>load<u8>(source++);
    for (let half = 0; half < 2; half++) {
      const nibble = half == 0 ? header >> 4 : header & 15;
      let zeros = nibble & 7;
      if (wide && zeros >= 4) zeros++;
      if (zeros > <u32>sizeof<T>()) return false;
      const count = <u32>sizeof<T>() - zeros;
      if (<usize>count > sourceEnd - source) return false;
      const residue = <T>lowBytes(source, count);
      source += <usize>count;
      const valueSlot = tables + <usize>valueHash * sizeof<T>();
      const differenceSlot = differences + <usize>differenceHash * sizeof<T>();
      const prediction = (nibble & 8) != 0 ? <T>(load<T>(differenceSlot) + before) : load<T>(valueSlot);
      const value = <T>(prediction ^ residue);
      const difference = <T>(value - before);
      store<T>(valueSlot, value);
      store<T>(differenceSlot, difference);
      if (wide) {
        valueHash = <T>((<u64>valueHash << 6) ^ (<u64>value >> 48)) & mask;
        differenceHash = <T>((<u64>differenceHash << 2) ^ (<u64>difference >> 40)) & mask;
      } else {
        valueHash = <T>((<u32>valueHash << 1) ^ (<u32>value >> 22)) & mask;
        differenceHash = <T>((<u32>differenceHash << 4) ^ (<u32>difference >> 23)) & mask;
      }
      before = value;
      // The last pair may be one value and padding.
      if (target < targetEnd) {
        store<T>(target, value);
        target += sizeof<T>();
      }
    }
  }
  return source == sourceEnd;
}

/**
 * Decodes a frame's payload of size bytes. scratch: fpcScratch(source, size) bytes, 8-byte aligned. Returns decompressedSize, or -1 if
 * the payload is corrupt or of another size. Reads up to 8 bytes behind the source.
 */
export function fpcDecode(source: usize, size: i32, target: usize, decompressedSize: i32, scratch: usize): i32 {
  if (fpcScratch(source, size) < 0 || decompressedSize < 0) return -1;
  const width = <i32>load<u8>(source);
  const level = <u32>load<u8>(source, 1);
  if (decompressedSize % width != 0) return -1;
  const sourceEnd = source + <usize>size;
  const targetEnd = target + <usize>decompressedSize;
  const good = width == 8
    ? decode<u64>(source + 2, sourceEnd, target, targetEnd, scratch, level)
    : decode<u32>(source + 2, sourceEnd, target, targetEnd, scratch, level);
  return good ? decompressedSize : -1;
}
