// Exact comparisons of 64-bit integers with those of the other sign, and with floats: what the numbers are, not what a common type
// would make of them. a, b: 8-byte values [rows]; out: u8[rows]. A NaN is unequal to, and neither less nor greater than, any integer.
import { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL } from "./comparison";

/** a < b */
// @ts-ignore: decorator
@inline
function mixedLess<A, B>(a: A, b: B): bool {
  if (isInteger<B>()) return a < 0 || <u64>a < <u64>b; // i64 < u64
  return floatAbove<A>(a, <f64>b);
}

/** a > b */
// @ts-ignore: decorator
@inline
function mixedGreater<A, B>(a: A, b: B): bool {
  if (isInteger<B>()) return a >= 0 && <u64>a > <u64>b;
  return floatBelow<A>(a, <f64>b);
}

// @ts-ignore: decorator
@inline
function mixedEqual<A, B>(a: A, b: B): bool {
  if (isInteger<B>()) return a >= 0 && <u64>a == <u64>b;
  const f = <f64>b;
  if (isSigned<A>()) return f >= -9223372036854775808.0 && f < 9223372036854775808.0 && <f64><i64>f == f && <i64>f == <i64>a;
  return f >= 0 && f < 18446744073709551616.0 && <f64><u64>f == f && <u64>f == <u64>a;
}

/** a < f. The float is rounded up to an integer: a < f if and only if a < ceil(f). */
// @ts-ignore: decorator
@inline
function floatAbove<A>(a: A, f: f64): bool {
  const up = Math.ceil(f);
  if (isSigned<A>()) {
    if (up >= 9223372036854775808.0) return true;
    return up > -9223372036854775808.0 && <i64>a < <i64>up;
  }
  if (up >= 18446744073709551616.0) return true;
  return up > 0 && <u64>a < <u64>up;
}

/** a > f, that is a > floor(f). */
// @ts-ignore: decorator
@inline
function floatBelow<A>(a: A, f: f64): bool {
  const down = Math.floor(f);
  if (isSigned<A>()) {
    if (down < -9223372036854775808.0) return true;
    return down < 9223372036854775808.0 && <i64>a > <i64>down;
  }
  if (down < 0) return true;
  return down < 18446744073709551616.0 && <u64>a > <u64>down;
}

// @ts-ignore: decorator
@inline
function compareMixed<A, B>(op: i32, a: usize, b: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows;
  while (out < end) {
    const x = load<A>(a);
    const y = load<B>(b);
    let found: bool;
    if (op == EQUAL) found = mixedEqual<A, B>(x, y);
    else if (op == NOT_EQUAL) found = !mixedEqual<A, B>(x, y);
    else if (op == LESS) found = mixedLess<A, B>(x, y);
    else if (op == LESS_OR_EQUAL) found = mixedLess<A, B>(x, y) || mixedEqual<A, B>(x, y);
    else if (op == GREATER) found = mixedGreater<A, B>(x, y);
    else found = mixedGreater<A, B>(x, y) || mixedEqual<A, B>(x, y);
    store<u8>(out, <u8>found);
    a += 8;
    b += 8;
    out++;
  }
}

/** out = a == b, row by row; the types of a and of b stand in the name in this order. */
export function equalI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(EQUAL, a, b, out, rows); }
export function equalI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(EQUAL, a, b, out, rows); }
export function equalU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(EQUAL, a, b, out, rows); }
/** out = a != b, row by row; the types of a and of b stand in the name in this order. */
export function notEqualI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(NOT_EQUAL, a, b, out, rows); }
export function notEqualI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(NOT_EQUAL, a, b, out, rows); }
export function notEqualU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(NOT_EQUAL, a, b, out, rows); }
/** out = a < b, row by row; the types of a and of b stand in the name in this order. */
export function lessI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(LESS, a, b, out, rows); }
export function lessI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(LESS, a, b, out, rows); }
export function lessU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(LESS, a, b, out, rows); }
/** out = a <= b, row by row; the types of a and of b stand in the name in this order. */
export function lessOrEqualI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(LESS_OR_EQUAL, a, b, out, rows); }
export function lessOrEqualI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(LESS_OR_EQUAL, a, b, out, rows); }
export function lessOrEqualU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(LESS_OR_EQUAL, a, b, out, rows); }
/** out = a > b, row by row; the types of a and of b stand in the name in this order. */
export function greaterI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(GREATER, a, b, out, rows); }
export function greaterI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(GREATER, a, b, out, rows); }
export function greaterU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(GREATER, a, b, out, rows); }
/** out = a >= b, row by row; the types of a and of b stand in the name in this order. */
export function greaterOrEqualI64U64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, u64>(GREATER_OR_EQUAL, a, b, out, rows); }
export function greaterOrEqualI64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<i64, f64>(GREATER_OR_EQUAL, a, b, out, rows); }
export function greaterOrEqualU64F64(a: usize, b: usize, out: usize, rows: i32): void { compareMixed<u64, f64>(GREATER_OR_EQUAL, a, b, out, rows); }
