// Floating point numbers from text, correctly rounded: exactly where significand and power of ten are small (Clinger), by a 128-bit
// product for up to 19 digits (Eisel and Lemire), and by comparing big integers for the few longer ones that this leaves open.

import { POWER_MIN, multiplyHigh, needPowers, powerHigh, powerLow } from "./powers";

const EXACT_POWERS = memory.data<f64>([
  1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]);

const SIGN: u64 = 0x8000000000000000;
const INFINITY_64: u64 = 0x7ff0000000000000;

/** Set by parseOne: whether its text was a number. */
const badAt = memory.data(4, 4);

/** The bits of significand * 10^q, rounded to T. */
// @ts-ignore: decorator
@inline
function scale<T>(significand: u64, q: i32): u64 {
  const explicit: i32 = sizeof<T>() == 8 ? 52 : 23;
  const exponentMin: i32 = sizeof<T>() == 8 ? -1023 : -127;
  const exponentInfinite: i32 = sizeof<T>() == 8 ? 0x7ff : 0xff;
  const evenMin: i32 = sizeof<T>() == 8 ? -4 : -17;
  const evenMax: i32 = sizeof<T>() == 8 ? 23 : 10;
  if (significand == 0 || q < POWER_MIN) return 0;
  if (q > 308) return <u64>exponentInfinite << <u64>explicit;
  const zeros = <i32>clz<u64>(significand);
  const w = significand << <u64>zeros;
  const first = powerHigh(q);
  let high = multiplyHigh(w, first);
  let low = w * first;
  const precision: u64 = u64.MAX_VALUE >> <u64>(explicit + 3);
  if ((high & precision) == precision) {
    const more = multiplyHigh(w, powerLow(q));
    low += more;
    if (low < more) high++;
  }
  const upper = <i32>(high >> 63);
  const shift = <u64>(upper + 64 - explicit - 3);
  let mantissa = high >> shift;
  let exponent = ((217706 * q) >> 16) + 63 + upper - zeros - exponentMin;
  if (exponent <= 0) {
    if (1 - exponent >= 64) return 0;
    mantissa >>= <u64>(1 - exponent);
    mantissa += mantissa & 1;
    mantissa >>= 1;
    // Rounding may make it normal; then its hidden bit is the exponent's lowest.
    return mantissa;
  }
  if (low <= 1 && q >= evenMin && q <= evenMax && (mantissa & 3) == 1 && mantissa << shift == high) mantissa &= ~1;
  mantissa += mantissa & 1;
  mantissa >>= 1;
  if (mantissa >= <u64>2 << <u64>explicit) {
    mantissa = <u64>1 << <u64>explicit;
    exponent++;
  }
  if (exponent >= exponentInfinite) return <u64>exponentInfinite << <u64>explicit;
  return (mantissa & ~(<u64>1 << <u64>explicit)) | (<u64>exponent << <u64>explicit);
}

function scale64(significand: u64, q: i32): u64 {
  return scale<f64>(significand, q);
}

function scale32(significand: u64, q: i32): u64 {
  return scale<f32>(significand, q);
}

// Big integers for the exact comparison: u32 limbs, low first, of one fixed size. The largest value is a halfway point's 54 bits
// times 10^1128 (784 digits behind a number as small as 10^-344), below 2^3840.
const BIG_LIMBS: i32 = 128;
const bigA = memory.data(512, 8);
const bigB = memory.data(512, 8);
/** More digits than this cannot decide a comparison; that there are any is put in as one more digit. */
const DIGITS_MAX: i32 = 780;

function bigMultiplyAdd(big: usize, factor: u32, add: u32): void {
  let carry = <u64>add;
  for (let i = big; i < big + (<usize>BIG_LIMBS << 2); i += 4) {
    const x = <u64>load<u32>(i) * <u64>factor + carry;
    store<u32>(i, <u32>x);
    carry = x >> 32;
  }
}

function bigPowerOfTen(big: usize, times: i32): void {
  for (; times >= 9; times -= 9) bigMultiplyAdd(big, 1000000000, 0);
  for (; times > 0; times--) bigMultiplyAdd(big, 10, 0);
}

function bigShift(big: usize, bits: i32): void {
  for (; bits >= 16; bits -= 16) bigMultiplyAdd(big, 65536, 0);
  if (bits > 0) bigMultiplyAdd(big, <u32>1 << bits, 0);
}

function bigCompare(): i32 {
  for (let i = BIG_LIMBS - 1; i >= 0; i--) {
    const a = load<u32>(bigA + (<usize>i << 2));
    const b = load<u32>(bigB + (<usize>i << 2));
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

/**
 * Decides between the value with bits `lower` and the next one: compares the digits in [digit, end) (with a point or an exponent
 * somewhere) times 10^q with the point halfway. q is the exponent of the last digit counted. explicit: mantissa bits stored.
 */
function decide(digit: usize, end: usize, exponent: i32, lower: u64, explicit: i32, bias: i32): u64 {
  memory.fill(bigA, 0, <usize>BIG_LIMBS << 2);
  memory.fill(bigB, 0, <usize>BIG_LIMBS << 2);
  let taken = 0;
  let afterPoint = 0;
  let point = false;
  let dropped = 0;
  let rest = false;
  for (; digit < end; digit++) {
    const c = load<u8>(digit);
    if (c == 46) {
      point = true;
      continue;
    }
    const value = <u32>c - 48;
    if (value > 9) break;
    if (taken < DIGITS_MAX) {
      bigMultiplyAdd(bigA, 10, value);
      if (taken > 0 || value != 0) taken++;
      if (point) afterPoint++;
    } else {
      if (value != 0) rest = true;
      if (!point) dropped++;
    }
  }
  let q = exponent + dropped - afterPoint;
  if (rest) {
    bigMultiplyAdd(bigA, 10, 1);
    q--;
  }
  // lower = mantissa * 2^e; halfway = (2 * mantissa + 1) * 2^(e - 1).
  const field = <i32>(lower >> <u64>explicit);
  let mantissa = lower & ((<u64>1 << <u64>explicit) - 1);
  let e = 1 - bias - explicit;
  if (field != 0) {
    mantissa |= <u64>1 << <u64>explicit;
    e = field - bias - explicit;
  }
  const halfway = 2 * mantissa + 1;
  e -= 1;
  store<u64>(bigB, halfway);
  if (q >= 0) {
    if (q > 310) return lower + 1;
    bigPowerOfTen(bigA, q);
  } else {
    bigPowerOfTen(bigB, -q);
  }
  if (e >= 0) bigShift(bigB, e);
  else bigShift(bigA, -e);
  const order = bigCompare();
  if (order > 0 || (order == 0 && (lower & 1) != 0)) return lower + 1;
  return lower;
}

@inline
function lower(pointer: usize): u32 {
  return <u32>load<u8>(pointer) | 0x20;
}

/** inf, infinity or nan in any case: 1, 2; else 0. */
function special(pointer: usize, end: usize): i32 {
  const size = end - pointer;
  if (size != 3 && size != 8) return 0;
  const word = lower(pointer) | (lower(pointer + 1) << 8) | (lower(pointer + 2) << 16);
  if (word == 0x6e616e) return size == 3 ? 2 : 0;
  if (word != 0x666e69) return 0;
  if (size == 3) return 1;
  const tail = lower(pointer + 3) | (lower(pointer + 4) << 8) | (lower(pointer + 5) << 16) | (lower(pointer + 6) << 24);
  return tail == 0x74696e69 && lower(pointer + 7) == 0x79 ? 1 : 0;
}

/** The bits of the number in [pointer, end); sets *badAt to 1 if it is none. */
// @ts-ignore: decorator
@inline
function parseOne<T>(pointer: usize, end: usize): u64 {
  const signBit: u64 = sizeof<T>() == 8 ? SIGN : 0x80000000;
  let sign: u64 = 0;
  const sgn = load<u8>(pointer);
  if (sgn == 45 || sgn == 43) {
    if (sgn == 45) sign = signBit;
    pointer++;
  }
  const start = pointer;
  let significand: u64 = 0;
  let digits = 0; // significant ones in significand, at most 19
  let exponent = 0;
  let any = false;
  let cut = false;
  let pointSeen = false;
  while (pointer < end) {
    const c = <u32>load<u8>(pointer) - 48;
    if (c <= 9) {
      any = true;
      if (digits < 19) {
        significand = significand * 10 + <u64>c;
        if (significand != 0) digits++;
        if (pointSeen) exponent--;
      } else {
        cut = cut || c != 0;
        if (!pointSeen) exponent++;
      }
    } else if (c == <u32>46 - 48 && !pointSeen) {
      pointSeen = true;
    } else {
      break;
    }
    pointer++;
  }
  if (!any) {
    const which = special(start, end);
    if (which == 1) return sign | (sizeof<T>() == 8 ? INFINITY_64 : 0x7f800000);
    if (which == 2) return sizeof<T>() == 8 ? 0x7ff8000000000000 : 0x7fc00000;
    store<u32>(badAt, 1);
    return 0;
  }
  let written = 0;
  if (pointer < end) {
    if ((load<u8>(pointer) | 0x20) != 101) {
      store<u32>(badAt, 1);
      return 0;
    }
    pointer++;
    let minus = false;
    if (pointer < end && (load<u8>(pointer) == 45 || load<u8>(pointer) == 43)) {
      minus = load<u8>(pointer) == 45;
      pointer++;
    }
    if (pointer == end) {
      store<u32>(badAt, 1);
      return 0;
    }
    while (pointer < end) {
      const c = <i32>load<u8>(pointer++) - 48;
      if (<u32>c > 9) {
        store<u32>(badAt, 1);
        return 0;
      }
      if (written < 100000000) written = written * 10 + c;
    }
    if (minus) written = -written;
    exponent += written;
  }
  if (sizeof<T>() == 8 && !cut && exponent >= -22 && exponent <= 22 && significand <= 9007199254740992) {
    const value = <f64>significand;
    const power = load<f64>(EXACT_POWERS + (<usize>(exponent < 0 ? -exponent : exponent) << 3));
    return sign | reinterpret<u64>(exponent < 0 ? value / power : value * power);
  }
  let bits = sizeof<T>() == 8 ? scale64(significand, exponent) : scale32(significand, exponent);
  if (cut) {
    const next = sizeof<T>() == 8 ? scale64(significand + 1, exponent) : scale32(significand + 1, exponent);
    if (next != bits)
      bits = sizeof<T>() == 8 ? decide(start, end, written, bits, 52, 1023) : decide(start, end, written, bits, 23, 127);
  }
  return sign | bits;
}

// @ts-ignore: decorator
@inline
function parse<T>(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  needPowers();
  store<u32>(badAt, 0);
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    const bits = end > start ? parseOne<T>(start, end) : 0;
    if (sizeof<T>() == 8) store<u64>(out, bits);
    else store<u32>(out, <u32>bits);
    if (load<u32>(badAt) != 0) return -(row + 1);
    out += sizeof<T>();
  }
  return rows;
}

/**
 * Spans to f64 or f32, correctly rounded; inf, infinity and nan in any case. An empty span is 0. Returns rows, or -(row + 1) of
 * the first bad field.
 */
export function parseF64(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<f64>(starts, ends, base, rows, out); }
export function parseF32(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 { return parse<f32>(starts, ends, base, rows, out); }
