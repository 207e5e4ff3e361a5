// Bit operations. and, or, xor, not do not care for widths: size is in bytes; up to 15 bytes are read and written past it.

/** out = a & b. */
export function bitAnd(a: usize, b: usize, out: usize, size: i32): void {
  for (let at: usize = 0; at < <usize>size; at += 16) v128.store(out + at, v128.and(v128.load(a + at), v128.load(b + at)));
}

/** out = a | b. */
export function bitOr(a: usize, b: usize, out: usize, size: i32): void {
  for (let at: usize = 0; at < <usize>size; at += 16) v128.store(out + at, v128.or(v128.load(a + at), v128.load(b + at)));
}

/** out = a ^ b. */
export function bitXor(a: usize, b: usize, out: usize, size: i32): void {
  for (let at: usize = 0; at < <usize>size; at += 16) v128.store(out + at, v128.xor(v128.load(a + at), v128.load(b + at)));
}

/** out = ~a. */
export function bitNot(a: usize, out: usize, size: i32): void {
  for (let at: usize = 0; at < <usize>size; at += 16) v128.store(out + at, v128.not(v128.load(a + at)));
}

// Shifts and rotations: values T[rows], amounts i64[rows]. A shift by the width gives 0 (the sign's bits for signed numbers to the
// right). Each returns 0, or 1 where an amount is negative or more than the width; then out is unfinished.

// @ts-ignore: decorator
@inline
function shift<T>(left: bool, values: usize, amounts: usize, out: usize, rows: i32): i32 {
  const bits = <i64>(sizeof<T>() * 8);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const amount = load<i64>(amounts + (row << 3));
    if (amount < 0 || amount > bits) return 1;
    const value = load<T>(values + row * sizeof<T>());
    let result: T;
    if (left) result = amount == bits ? <T>0 : <T>(value << <T>amount);
    else result = amount == bits ? <T>0 : <T>(value >> <T>amount);
    store<T>(out + row * sizeof<T>(), result);
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function rotate<T>(left: bool, values: usize, amounts: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const amount = <T>load<i64>(amounts + (row << 3));
    const value = load<T>(values + row * sizeof<T>());
    store<T>(out + row * sizeof<T>(), left ? rotl<T>(value, amount) : rotr<T>(value, amount));
  }
}

/** out = values << amounts. Returns 0, or 1 for a bad amount. */
export function shiftLeftI8(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i8>(true, values, amounts, out, rows); }
export function shiftLeftI16(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i16>(true, values, amounts, out, rows); }
export function shiftLeftI32(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i32>(true, values, amounts, out, rows); }
export function shiftLeftI64(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i64>(true, values, amounts, out, rows); }
export function shiftLeftU8(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u8>(true, values, amounts, out, rows); }
export function shiftLeftU16(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u16>(true, values, amounts, out, rows); }
export function shiftLeftU32(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u32>(true, values, amounts, out, rows); }
export function shiftLeftU64(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u64>(true, values, amounts, out, rows); }
/** out = values >> amounts, with the sign for signed types. Returns 0, or 1 for a bad amount. */
export function shiftRightI8(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i8>(false, values, amounts, out, rows); }
export function shiftRightI16(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i16>(false, values, amounts, out, rows); }
export function shiftRightI32(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i32>(false, values, amounts, out, rows); }
export function shiftRightI64(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<i64>(false, values, amounts, out, rows); }
export function shiftRightU8(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u8>(false, values, amounts, out, rows); }
export function shiftRightU16(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u16>(false, values, amounts, out, rows); }
export function shiftRightU32(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u32>(false, values, amounts, out, rows); }
export function shiftRightU64(values: usize, amounts: usize, out: usize, rows: i32): i32 { return shift<u64>(false, values, amounts, out, rows); }

/** out = values rotated left by amounts bits; an amount counts modulo the width. */
export function rotateLeftU8(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u8>(true, values, amounts, out, rows); }
export function rotateLeftU16(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u16>(true, values, amounts, out, rows); }
export function rotateLeftU32(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u32>(true, values, amounts, out, rows); }
export function rotateLeftU64(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u64>(true, values, amounts, out, rows); }
/** out = values rotated right by amounts bits; an amount counts modulo the width. */
export function rotateRightU8(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u8>(false, values, amounts, out, rows); }
export function rotateRightU16(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u16>(false, values, amounts, out, rows); }
export function rotateRightU32(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u32>(false, values, amounts, out, rows); }
export function rotateRightU64(values: usize, amounts: usize, out: usize, rows: i32): void { rotate<u64>(false, values, amounts, out, rows); }

/** How many bits are set in each value of width bytes; out: u16[rows]. */
export function bitCounts(values: usize, width: i32, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    let count: i32 = 0;
    let at = 0;
    for (; at + 8 <= width; at += 8) count += <i32>popcnt<u64>(load<u64>(values + <usize>at));
    for (; at < width; at++) count += popcnt<u32>(<u32>load<u8>(values + <usize>at));
    store<u16>(out + (row << 1), <u16>count);
    values += <usize>width;
  }
}

/** Greatest common divisors: out u64[rows], of u64 values (absolute ones of signed numbers). Returns 1 where one is 0, else 0. */
export function gcdU64(a: usize, b: usize, out: usize, rows: i32): i32 {
  for (const end = out + (<usize>rows << 3); out < end; out += 8, a += 8, b += 8) {
    let x = load<u64>(a);
    let y = load<u64>(b);
    if (x == 0 || y == 0) return 1;
    while (y != 0) {
      const rest = x % y;
      x = y;
      y = rest;
    }
    store<u64>(out, x);
  }
  return 0;
}
