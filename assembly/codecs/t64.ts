// T64: u8 type (+ 0x80: bit variant) | u64 min | u64 max | blocks of 64 values. A block has `bits` u64 words, bits being what differs
// between min and max: byte variant, for each full byte the 64 values' bytes in order; then (bit variant: for all) one word a bit, whose
// bit i is value i's. The bits above are those of min, or, where negative and positive values meet, follow from the highest kept bit.

/** A block's 64 values while they are put together. */
const room = memory.data(512, 16);

/** Width of a type id in bytes, with 0x10 added where it is signed; 0: no such type. */
function typeOf(id: u32): u32 {
  if (id >= 1 && id <= 4) return 1 << (id - 1); // UInt8 to UInt64
  if (id >= 6 && id <= 9) return 0x10 | (1 << (id - 6)); // Int8 to Int64
  if (id == 13) return 2; // Date
  if (id == 14) return 4; // DateTime
  if (id == 15) return 0x18; // DateTime64
  if (id == 17) return 1; // Enum8
  if (id == 18) return 2; // Enum16
  if (id == 19) return 0x14; // Decimal32
  if (id == 20) return 0x18; // Decimal64
  if (id == 21) return 4; // IPv4
  if (id == 22) return 0x14; // Date32
  if (id == 23) return 0x14; // Time
  if (id == 24) return 0x18; // Time64
  return 0;
}

@inline
function bitLength(value: u64): u32 {
  return 64 - <u32>clz<u64>(value);
}

/** How many bits of each value are kept. */
@inline
function keptBits(low: u64, high: u64, crossing: bool): u32 {
  if (!crossing) return bitLength(low ^ high);
  return <i64>(low + high) >= 0 ? bitLength(high) + 1 : bitLength(~low) + 1;
}

/** Swaps rows and columns of an 8 x 8 bit matrix. */
@inline
function transpose8(x: u64): u64 {
  let t = (x ^ (x >> 7)) & 0x00aa00aa00aa00aa;
  x ^= t ^ (t << 7);
  t = (x ^ (x >> 14)) & 0x0000cccc0000cccc;
  x ^= t ^ (t << 14);
  t = (x ^ (x >> 28)) & 0x00000000f0f0f0f0;
  return x ^ t ^ (t << 28);
}

/** `planes` (1 to 8) words at source to byte `byte` of the 64 values. */
function fromPlanes(source: usize, planes: u32, byte: usize): void {
  for (let group: usize = 0; group < 8; group++) {
    let matrix: u64 = 0;
    for (let plane: u32 = 0; plane < planes; plane++)
      matrix |= <u64>load<u8>(source + (<usize>plane << 3) + group) << (<u64>plane << 3);
    matrix = transpose8(matrix);
    const values = room + (group << 6) + byte;
    for (let i: usize = 0; i < 8; i++) store<u8>(values + (i << 3), <u8>(matrix >> (<u64>i << 3)));
  }
}

function toPlanes(target: usize, planes: u32, byte: usize): void {
  for (let group: usize = 0; group < 8; group++) {
    let matrix: u64 = 0;
    const values = room + (group << 6) + byte;
    for (let i: usize = 0; i < 8; i++) matrix |= <u64>load<u8>(values + (i << 3)) << (<u64>i << 3);
    matrix = transpose8(matrix);
    for (let plane: u32 = 0; plane < planes; plane++)
      store<u8>(target + (<usize>plane << 3) + group, <u8>(matrix >> (<u64>plane << 3)));
  }
}

@inline
function storeValue(target: usize, width: u32, value: u64): void {
  if (width == 8) store<u64>(target, value);
  else if (width == 4) store<u32>(target, <u32>value);
  else if (width == 2) store<u16>(target, <u16>value);
  else store<u8>(target, <u8>value);
}

@inline
function loadValue(source: usize, width: u32, signed: bool): u64 {
  if (width == 8) return load<u64>(source);
  if (width == 4) return signed ? <u64>load<i32>(source) : <u64>load<u32>(source);
  if (width == 2) return signed ? <u64>load<i16>(source) : <u64>load<u16>(source);
  return signed ? <u64>load<i8>(source) : <u64>load<u8>(source);
}

/** Decodes a frame's payload of size bytes. Returns decompressedSize, or -1 if the payload is corrupt or of another size. */
export function t64Decode(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size < 17 || decompressedSize < 0) return -1;
  const cookie = <u32>load<u8>(source);
  const planesOnly = (cookie & 0x80) != 0;
  const kind = typeOf(cookie & 0x7f);
  if (kind == 0) return -1;
  const width = kind & 15;
  const signed = (kind & 0x10) != 0;
  if (<u32>decompressedSize % width != 0) return -1;
  const low = load<u64>(source, 1);
  const high = load<u64>(source, 9);
  const crossing = signed && <i64>low < 0 && <i64>high >= 0;
  const bits = keptBits(low, high, crossing);
  if (bits > width << 3) return -1;
  let left = <u32>decompressedSize / width;
  const blocks = (left + 63) >> 6;
  if (<u64>size != 17 + <u64>blocks * <u64>bits * 8) return -1;
  source += 17;
  if (bits == 0) {
    for (; left > 0; left--) {
      storeValue(target, width, low);
      target += <usize>width;
    }
    return decompressedSize;
  }
  const upperLow = bits == 64 ? 0 : (low >> <u64>bits) << <u64>bits;
  const upperHigh = bits == 64 ? 0 : (high >> <u64>bits) << <u64>bits;
  const sign = crossing ? <u64>1 << <u64>(bits - 1) : 0;
  memory.fill(room, 0, 512);
  while (left > 0) {
    let from = source;
    for (let bit: u32 = 0; bit < bits; bit += 8) {
      const planes = min<u32>(8, bits - bit);
      const byte = <usize>(bit >> 3);
      if (planes == 8 && !planesOnly) {
        for (let i: usize = 0; i < 64; i++) store<u8>(room + (i << 3) + byte, load<u8>(from + i));
      } else {
        fromPlanes(from, planes, byte);
      }
      from += <usize>planes << 3;
    }
    source = from;
    const take = min<u32>(64, left);
    for (let i: u32 = 0; i < take; i++) {
      const value = load<u64>(room + (<usize>i << 3));
      storeValue(target, width, value | (crossing && (value & sign) == 0 ? upperHigh : upperLow));
      target += <usize>width;
    }
    left -= take;
  }
  return decompressedSize;
}

/**
 * Encodes size bytes of values of a type id. planesOnly: 1 for the bit variant. Returns the bytes written, at most size + 529; -1 for an
 * unknown type or a size that is no multiple of its width.
 */
export function t64Encode(source: usize, size: i32, typeId: i32, planesOnly: i32, target: usize): i32 {
  const kind = typeOf(typeId);
  if (kind == 0) return -1;
  const width = kind & 15;
  const signed = (kind & 0x10) != 0;
  if (<u32>size % width != 0) return -1;
  let left = <u32>size / width;
  let low: u64 = 0;
  let high: u64 = 0;
  for (let i: u32 = 0; i < left; i++) {
    const value = loadValue(source + <usize>(i * width), width, signed);
    if (i == 0) {
      low = value;
      high = value;
    } else if (signed) {
      if (<i64>value < <i64>low) low = value;
      if (<i64>value > <i64>high) high = value;
    } else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  store<u8>(target, typeId | (planesOnly ? 0x80 : 0));
  store<u64>(target, low, 1);
  store<u64>(target, high, 9);
  let out = target + 17;
  const bits = keptBits(low, high, signed && <i64>low < 0 && <i64>high >= 0);
  if (bits == 0) return 17;
  const mask = bits == 64 ? u64.MAX_VALUE : ((<u64>1 << <u64>bits) - 1);
  while (left > 0) {
    const take = min<u32>(64, left);
    memory.fill(room, 0, 512);
    for (let i: u32 = 0; i < take; i++) {
      store<u64>(room + (<usize>i << 3), loadValue(source, width, signed) & mask);
      source += <usize>width;
    }
    for (let bit: u32 = 0; bit < bits; bit += 8) {
      const planes = min<u32>(8, bits - bit);
      const byte = <usize>(bit >> 3);
      if (planes == 8 && planesOnly == 0) {
        for (let i: usize = 0; i < 64; i++) store<u8>(out + i, load<u8>(room + (i << 3) + byte));
      } else {
        toPlanes(out, planes, byte);
      }
      out += <usize>planes << 3;
    }
    left -= take;
  }
  return <i32>(out - target);
}
