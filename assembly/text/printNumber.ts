// Numbers to text. Every printer makes a column of strings: outOffsets u32[rows + 1], and outBytes, where it may write up to 16 bytes
// more than it returns. The bytes a value can take are said at each.

import { multiplyHigh, needPowers, powerHigh, powerLow } from "./powers";

const ZEROS: u64 = 0x3030303030303030;

/** Eight digits of value < 10^8, first digit in the lowest byte, as numbers 0 to 9. */
@inline
export function digitBytes(value: u32): u64 {
  const high = value / 10000;
  const merged = <u64>high | (<u64>(value - high * 10000) << 32);
  const top = ((merged * 10486) >> 20) & 0x0000007f0000007f;
  const hundreds = ((merged - top * 100) << 16) + top;
  const tens = ((hundreds * 103) >> 10) & 0x000f000f000f000f;
  return tens + ((hundreds - tens * 10) << 8);
}

/** Writes value < 10^8 without leading zeros. Gives the position behind it. */
@inline
export function write8(out: usize, value: u32): usize {
  const digits = digitBytes(value);
  // The last digit counts even when it is 0.
  const zeros = ctz(digits | 0x0100000000000000) & 56;
  store<u64>(out, (digits | ZEROS) >> zeros);
  return out + 8 - <usize>(zeros >> 3);
}

/** Writes value < 10^8 as eight digits. */
@inline
export function writeFull8(out: usize, value: u32): usize {
  store<u64>(out, digitBytes(value) | ZEROS);
  return out + 8;
}

export function writeLong(out: usize, value: u64): usize {
  const high = value / 100000000;
  const low = <u32>(value - high * 100000000);
  if (high < 100000000) return writeFull8(write8(out, <u32>high), low);
  const top = high / 100000000;
  return writeFull8(writeFull8(write8(out, <u32>top), <u32>(high - top * 100000000)), low);
}

@inline
export function writeUnsigned(out: usize, value: u64): usize {
  return value < 100000000 ? write8(out, <u32>value) : writeLong(out, value);
}

// @ts-ignore: decorator
@inline
function print<T>(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    if (isSigned<T>()) {
      const value = <i64>load<T>(values);
      store<u8>(out, 45);
      const negative = value < 0;
      out = writeUnsigned(out + usize(negative), negative ? 0 - <u64>value : <u64>value);
    } else {
      out = writeUnsigned(out, <u64>load<T>(values));
    }
    values += sizeof<T>();
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** Returns the bytes written. Bytes a value: I8 4, U8 3, I16 6, U16 5, I32 11, U32 10, I64 20, U64 20. */
export function printI8(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<i8>(values, rows, outOffsets, outBytes); }
export function printI16(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<i16>(values, rows, outOffsets, outBytes); }
export function printI32(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<i32>(values, rows, outOffsets, outBytes); }
export function printI64(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<i64>(values, rows, outOffsets, outBytes); }
export function printU8(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<u8>(values, rows, outOffsets, outBytes); }
export function printU16(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<u16>(values, rows, outOffsets, outBytes); }
export function printU32(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<u32>(values, rows, outOffsets, outBytes); }
export function printU64(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 { return print<u64>(values, rows, outOffsets, outBytes); }

/** Working room of writeWide: eight limbs and ten groups of nine digits. */
const wideLimbs = memory.data(32, 8);
const wideGroups = memory.data(48, 8);

/** Writes the unsigned number of `words` u64 (2 or 4) at value, low word first; negated first if negative. */
export function writeWide(out: usize, value: usize, words: i32, negative: bool): usize {
  const limbs = words << 1;
  let carry: u64 = u64(negative);
  let top = 0;
  for (let i = 0; i < limbs; i++) {
    const at = <usize>i << 2;
    let limb = load<u32>(value + at);
    if (negative) {
      const x = <u64>~limb + carry;
      limb = <u32>x;
      carry = x >> 32;
    }
    store<u32>(wideLimbs + at, limb);
    if (limb != 0) top = i + 1;
  }
  let groups = 0;
  do {
    let rest: u64 = 0;
    for (let i = top - 1; i >= 0; i--) {
      const at = wideLimbs + (<usize>i << 2);
      const x = (rest << 32) | <u64>load<u32>(at);
      const quotient = x / 1000000000;
      store<u32>(at, <u32>quotient);
      rest = x - quotient * 1000000000;
    }
    store<u32>(wideGroups + (<usize>groups << 2), <u32>rest);
    groups++;
    while (top > 0 && load<u32>(wideLimbs + (<usize>(top - 1) << 2)) == 0) top--;
  } while (top > 0);
  out = writeUnsigned(out, <u64>load<u32>(wideGroups + (<usize>(--groups) << 2)));
  while (groups > 0) {
    const group = load<u32>(wideGroups + (<usize>(--groups) << 2));
    const first = group / 100000000;
    store<u8>(out, 48 + first);
    out = writeFull8(out + 1, group - first * 100000000);
  }
  return out;
}

/** 128- and 256-bit integers (words 2 or 4). Bytes a value: 40 or 78. */
export function printWide(values: usize, words: i32, signed: i32, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  const width = <usize>words << 3;
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const negative = signed != 0 && <i64>load<u64>(values + width - 8) < 0;
    if (negative) store<u8>(out++, 45);
    out = writeWide(out, values, words, negative);
    values += width;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

// Floating point: the shortest digits that read back as the same number, by Raffaello Giulietti's Schubfach.

/** (c * g) >> 128 for the 128-bit g, with the lowest bit set if anything was cut off. */
@inline
function roundToOdd64(high: u64, low: u64, c: u64): u64 {
  const x1 = multiplyHigh(low, c);
  let y0 = high * c;
  let y1 = multiplyHigh(high, c);
  y0 += x1;
  if (y0 < x1) y1++;
  return y1 | u64(y0 > 1);
}

@inline
function roundToOdd32(g: u64, c: u64): u64 {
  const y1 = multiplyHigh(g, c);
  const y0 = (g * c) >> 32;
  // The product has 96 bits here: its upper 32 lie in y1.
  return y1 | u64(y0 > 1);
}

/** Where shortest leaves the decimal exponent. */
const exponentAt = memory.data(4, 4);

/** The shortest decimal significand of a finite, positive number; its exponent goes to *exponentAt. */
// @ts-ignore: decorator
@inline
function shortest<T>(bits: u64): u64 {
  const explicit: i32 = sizeof<T>() == 8 ? 52 : 23;
  const bias: i32 = sizeof<T>() == 8 ? 1075 : 150;
  const fraction = bits & ((<u64>1 << <u64>explicit) - 1);
  const field = <i32>(bits >> <u64>explicit);
  let c = fraction;
  let q = 1 - bias;
  if (field != 0) {
    c |= <u64>1 << <u64>explicit;
    q = field - bias;
  }
  const odd = c & 1;
  const closer = fraction == 0 && field > 1;
  const k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
  const h = <u64>(q + ((-k * 1741647) >> 19) + 1);
  let high = powerHigh(-k);
  let low = powerLow(-k);
  // The table rounds 5^q down where q > 55; this wants it rounded up.
  if (-k > 55) {
    low++;
    if (low == 0) high++;
  }
  const cl = (4 * c - 2 + u64(closer)) << h;
  const cb = (4 * c) << h;
  const cr = (4 * c + 2) << h;
  let vl: u64;
  let vb: u64;
  let vr: u64;
  if (sizeof<T>() == 8) {
    vl = roundToOdd64(high, low, cl);
    vb = roundToOdd64(high, low, cb);
    vr = roundToOdd64(high, low, cr);
  } else {
    const g = high + u64(low != 0);
    vl = roundToOdd32(g, cl);
    vb = roundToOdd32(g, cb);
    vr = roundToOdd32(g, cr);
  }
  vl += odd;
  vr -= odd;
  const s = vb >> 2;
  if (s >= 10) {
    const shorter = s / 10;
    const down = vl <= 40 * shorter;
    const up = 40 * shorter + 40 <= vr;
    if (down != up) {
      store<i32>(exponentAt, k + 1);
      return shorter + u64(up);
    }
  }
  store<i32>(exponentAt, k);
  const down = vl <= 4 * s;
  const up = 4 * s + 4 <= vr;
  if (down != up) return s + u64(up);
  const middle = 4 * s + 2;
  return s + u64(vb > middle || (vb == middle && (s & 1) != 0));
}

function shortest64(bits: u64): u64 {
  return shortest<f64>(bits);
}

function shortest32(bits: u64): u64 {
  return shortest<f32>(bits);
}

/** Writes significand (at most 17 digits) * 10^exponent: plainly if 10^-6 <= it < 10^21, else as 1.5e-7. */
function writeDecimal(out: usize, significand: u64, exponent: i32): usize {
  // Zeros at the end: of 17 digits mostly none, or many.
  const short = significand / 100000000;
  if (short != 0 && short * 100000000 == significand) {
    significand = short;
    exponent += 8;
  }
  if (significand < 0x100000000) {
    let small = <u32>significand;
    while (small % 10 == 0) {
      small /= 10;
      exponent++;
    }
    significand = <u64>small;
  } else {
    while (significand % 10 == 0) {
      significand /= 10;
      exponent++;
    }
  }
  const end = writeUnsigned(out, significand);
  const digits = <i32>(end - out);
  const point = digits + exponent;
  if (point > 21 || point < -5) {
    let to = end;
    if (digits > 1) {
      v128.store(out + 2, v128.load(out + 1));
      store<u8>(out, 46, 1);
      to++;
    }
    store<u8>(to++, 101);
    let e = point - 1;
    if (e < 0) {
      store<u8>(to++, 45);
      e = -e;
    }
    return write8(to, <u32>e);
  }
  if (exponent >= 0) {
    const zeros = i8x16.splat(48);
    v128.store(end, zeros);
    v128.store(end + 8, zeros);
    return end + <usize>exponent;
  }
  if (point > 0) {
    v128.store(out + <usize>point + 1, v128.load(out + <usize>point));
    store<u8>(out + <usize>point, 46);
    return end + 1;
  }
  const zeros = <usize>(2 - point);
  const last = load<u8>(out + 16);
  v128.store(out + zeros, v128.load(out));
  store<u8>(out + zeros + 16, last);
  for (let i: usize = 0; i < zeros; i++) store<u8>(out + i, 48);
  store<u8>(out, 46, 1);
  return end + zeros;
}

/** Writes a number as ClickHouse does. Needs needPowers() before. */
@inline
export function writeF64(out: usize, value: f64): usize {
  const bits = reinterpret<u64>(value);
  const size = bits & 0x7fffffffffffffff;
  if (size != bits) {
    // nan has no sign in text.
    if (size <= 0x7ff0000000000000) store<u8>(out++, 45);
  }
  if (size >= 0x7ff0000000000000) return writeSpecial(out, size == 0x7ff0000000000000);
  const absolute = reinterpret<f64>(size);
  if (absolute < 9007199254740992.0) {
    const whole = i64(absolute);
    if (<f64>whole == absolute) return writeUnsigned(out, <u64>whole);
  }
  const digits = shortest64(size);
  return writeDecimal(out, digits, load<i32>(exponentAt));
}

@inline
export function writeF32(out: usize, value: f32): usize {
  const bits = reinterpret<u32>(value);
  const size = bits & 0x7fffffff;
  if (size != bits && size <= 0x7f800000) store<u8>(out++, 45);
  if (size >= 0x7f800000) return writeSpecial(out, size == 0x7f800000);
  const absolute = reinterpret<f32>(size);
  if (absolute < <f32>16777216.0) {
    const whole = i32(absolute);
    if (<f32>whole == absolute) return writeUnsigned(out, <u64>whole);
  }
  const digits = shortest32(size);
  return writeDecimal(out, digits, load<i32>(exponentAt));
}

function writeSpecial(out: usize, infinite: bool): usize {
  // "inf" or "nan"
  store<u32>(out, infinite ? 0x666e69 : 0x6e616e);
  return out + 3;
}

/** Bytes a value: 26. */
export function printF64(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  needPowers();
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeF64(out, load<f64>(values));
    values += 8;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** Bytes a value: 24. */
export function printF32(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  needPowers();
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeF32(out, load<f32>(values));
    values += 4;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** UInt8 0 or 1 to false and true. Bytes a value: 5. */
export function printBool(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const yes = load<u8>(values++) != 0;
    store<u64>(out, yes ? 0x65757274 : 0x65736c6166);
    out += yes ? 4 : 5;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}
