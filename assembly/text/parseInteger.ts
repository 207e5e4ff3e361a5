// Integers from text, eight digits at a step. As in ClickHouse's TSV: an optional sign (a minus only where the type is signed), then
// digits and nothing else; what does not fit wraps around silently. An empty span is 0.

const ZEROS: u64 = 0x3030303030303030;

/** The value of 1 to 8 digits; anything else gives u64.MAX_VALUE. Reads 8 bytes. */
@inline
function digits8(pointer: usize, count: u64): u64 {
  const shift = 64 - (count << 3);
  // Right-aligned, with zeros in front.
  let x = (load<u64>(pointer) ^ ZEROS) << shift;
  if (((x + 0x7676767676767676) | x) & 0x8080808080808080) return u64.MAX_VALUE;
  x = x * 10 + (x >> 8);
  return (((x & 0x000000ff000000ff) * 0x000f424000000064) + (((x >> 16) & 0x000000ff000000ff) * 0x0000271000000001)) >> 32;
}

/** Digits of any count, modulo 2^64. */
function digitsLong(pointer: usize, end: usize): u64 {
  let value: u64 = 0;
  while (pointer < end) {
    value = value * 10 + <u64>(load<u8>(pointer) - 48);
    pointer++;
  }
  return value;
}

function allDigits(pointer: usize, end: usize): bool {
  while (pointer < end) if (<u32>load<u8>(pointer++) - 48 > 9) return false;
  return true;
}

// @ts-ignore: decorator
@inline
function parse<T>(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    let pointer = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    let value: u64 = 0;
    if (end > pointer) {
      let negative = false;
      const first = load<u8>(pointer);
      if (first < 48) {
        negative = first == 45;
        if ((!negative || !isSigned<T>()) && first != 43) return -(row + 1);
        if (++pointer == end) return -(row + 1);
      }
      const count = end - pointer;
      if (count <= 8) {
        value = digits8(pointer, <u64>count);
        if (value == u64.MAX_VALUE) return -(row + 1);
      } else if (sizeof<T>() >= 4 && count <= 16) {
        const high = digits8(pointer, <u64>count - 8);
        const low = digits8(end - 8, 8);
        if (high == u64.MAX_VALUE || low == u64.MAX_VALUE) return -(row + 1);
        value = high * 100000000 + low;
      } else if (sizeof<T>() == 8 && count <= 24) {
        const high = digits8(pointer, <u64>count - 16);
        const middle = digits8(end - 16, 8);
        const low = digits8(end - 8, 8);
        if (high == u64.MAX_VALUE || middle == u64.MAX_VALUE || low == u64.MAX_VALUE) return -(row + 1);
        value = (high * 100000000 + middle) * 100000000 + low;
      } else {
        if (!allDigits(pointer, end)) return -(row + 1);
        value = digitsLong(pointer, end);
      }
      if (isSigned<T>()) value = negative ? 0 - value : value;
    }
    store<T>(out, <T>value);
    out += sizeof<T>();
  }
  return rows;
}

/** Spans to integers. out: packed values. Returns rows, or -(row + 1) of the first bad field. */
export function parseI8(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<i8>(starts, ends, base, rows, out); }
export function parseI16(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<i16>(starts, ends, base, rows, out); }
export function parseI32(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<i32>(starts, ends, base, rows, out); }
export function parseI64(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<i64>(starts, ends, base, rows, out); }
export function parseU8(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<u8>(starts, ends, base, rows, out); }
export function parseU16(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<u16>(starts, ends, base, rows, out); }
export function parseU32(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<u32>(starts, ends, base, rows, out); }
export function parseU64(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<u64>(starts, ends, base, rows, out); }
/** 128- and 256-bit integers: words u64, low first. `words`: 2 or 4. signed: 1 allows a minus. */
export function parseWide(starts: usize, ends: usize, base: usize, rows: i32, words: i32, signed: i32, out: usize): i32 {
  const width = <usize>words << 3;
  for (let row = 0; row < rows; row++) {
    let pointer = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    memory.fill(out, 0, width);
    if (end > pointer) {
      const first = load<u8>(pointer);
      const negative = first == 45;
      if (negative || first == 43) {
        if ((negative && !signed) || ++pointer == end) return -(row + 1);
      }
      if (!allDigits(pointer, end)) return -(row + 1);
      while (pointer < end) {
        // Nine digits at a step, in 32-bit limbs.
        const take = min<usize>(9, end - pointer);
        let factor: u64 = 1;
        let carry: u64 = 0;
        for (let i: usize = 0; i < take; i++) {
          carry = carry * 10 + <u64>(load<u8>(pointer++) - 48);
          factor *= 10;
        }
        for (let limb = out; limb < out + width; limb += 4) {
          const x = <u64>load<u32>(limb) * factor + carry;
          store<u32>(limb, <u32>x);
          carry = x >> 32;
        }
      }
      if (negative) {
        let carry: u64 = 1;
        for (let limb = out; limb < out + width; limb += 4) {
          const inverted: u32 = ~load<u32>(limb);
          const x = <u64>inverted + carry;
          store<u32>(limb, <u32>x);
          carry = x >> 32;
        }
      }
    }
    out += width;
  }
  return rows;
}

/** true/false in the spellings that ClickHouse reads, to 1/0. */
export function parseBool(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const size = <usize>(load<u32>(ends) - load<u32>(starts));
    starts += 4;
    ends += 4;
    const value = size == 0 ? 0 : boolOf(start, size);
    if (value < 0) return -(row + 1);
    store<u8>(out++, <u8>value);
  }
  return rows;
}

function boolOf(p: usize, size: usize): i32 {
  // Lower-case letters, packed low byte first; digits keep bit 5 anyway.
  let word: u64 = 0;
  if (size > 8) return -1;
  for (let i: usize = 0; i < size; i++) word |= <u64>(load<u8>(p + i) | 0x20) << (<u64>i << 3);
  if (size == 1) {
    if (word == 0x31 || word == 0x74 || word == 0x79) return 1; // 1 t y
    if (word == 0x30 || word == 0x66 || word == 0x6e) return 0; // 0 f n
  }
  if (word == 0x65757274) return 1; // true
  if (word == 0x65736c6166) return 0; // false
  if (word == 0x736579) return 1; // yes
  if (word == 0x6f6e) return 0; // no
  if (word == 0x6e6f) return 1; // on
  if (word == 0x66666f) return 0; // off
  if (word == 0x656c62616e65) return 1; // enable
  if (word == 0x64656c62616e65) return 1; // enabled
  if (word == 0x656c6261736964) return 0; // disable
  if (word == 0x64656c6261736964) return 0; // disabled
  return -1;
}
