// Comparisons of packed values: 1 in out where `a op b`, else 0.
//
// Shapes of all: a, b: T[rows] (const: b is one T); out: u8[rows], may not overlap the inputs. Reads up to 63 bytes past the inputs and
// writes up to 15 bytes past out, into the slack that lies behind every allocation. NaN equals nothing, itself included, and is
// neither less nor greater.

import { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL } from "./comparison";

/** All ones in the lanes where `a op b`. */
// @ts-ignore: decorator
@inline
function lanes<T>(op: i32, a: v128, b: v128): v128 {
  if (op == EQUAL) return v128.eq<T>(a, b);
  if (op == NOT_EQUAL) return v128.ne<T>(a, b);
  if (isInteger<T>() && !isSigned<T>() && sizeof<T>() == 8) {
    // There is no unsigned comparison of 64-bit lanes: turn the top bit and compare signed.
    const top = i64x2.splat(i64.MIN_VALUE);
    const x = v128.xor(a, top);
    const y = v128.xor(b, top);
    if (op == LESS) return i64x2.lt_s(x, y);
    if (op == LESS_OR_EQUAL) return i64x2.le_s(x, y);
    if (op == GREATER) return i64x2.gt_s(x, y);
    return i64x2.ge_s(x, y);
  } else {
    if (op == LESS) return v128.lt<T>(a, b);
    if (op == LESS_OR_EQUAL) return v128.le<T>(a, b);
    if (op == GREATER) return v128.gt<T>(a, b);
    return v128.ge<T>(a, b);
  }
}

/** The k-th vector of a against that of b, or against the constant. */
// @ts-ignore: decorator
@inline
function part<T>(op: i32, isConst: bool, a: usize, b: usize, constant: v128, k: usize): v128 {
  return lanes<T>(op, v128.load(a + k * 16), isConst ? constant : v128.load(b + k * 16));
}

// @ts-ignore: decorator
@inline
function low32(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** 16 rows a round: the lanes' ones are narrowed to bytes. */
// @ts-ignore: decorator
@inline
function compare<T>(op: i32, isConst: bool, a: usize, b: usize, out: usize, rows: i32): void {
  const end = out + <usize>rows;
  const constant = isConst ? v128.splat<T>(load<T>(b)) : i8x16.splat(0);
  const one = i8x16.splat(1);
  while (out < end) {
    let found: v128;
    if (sizeof<T>() == 1) {
      found = part<T>(op, isConst, a, b, constant, 0);
    } else if (sizeof<T>() == 2) {
      found = i8x16.narrow_i16x8_s(part<T>(op, isConst, a, b, constant, 0), part<T>(op, isConst, a, b, constant, 1));
    } else if (sizeof<T>() == 4) {
      found = i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(part<T>(op, isConst, a, b, constant, 0), part<T>(op, isConst, a, b, constant, 1)),
        i16x8.narrow_i32x4_s(part<T>(op, isConst, a, b, constant, 2), part<T>(op, isConst, a, b, constant, 3)),
      );
    } else {
      found = i8x16.narrow_i16x8_s(
        i16x8.narrow_i32x4_s(
          low32(part<T>(op, isConst, a, b, constant, 0), part<T>(op, isConst, a, b, constant, 1)),
          low32(part<T>(op, isConst, a, b, constant, 2), part<T>(op, isConst, a, b, constant, 3)),
        ),
        i16x8.narrow_i32x4_s(
          low32(part<T>(op, isConst, a, b, constant, 4), part<T>(op, isConst, a, b, constant, 5)),
          low32(part<T>(op, isConst, a, b, constant, 6), part<T>(op, isConst, a, b, constant, 7)),
        ),
      );
    }
    v128.store(out, v128.and(found, one));
    a += sizeof<T>() * 16;
    if (!isConst) b += sizeof<T>() * 16;
    out += 16;
  }
}

/** out = a == b, row by row. */
export function equalI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(EQUAL, false, a, b, out, rows); }
export function equalI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(EQUAL, false, a, b, out, rows); }
export function equalI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(EQUAL, false, a, b, out, rows); }
export function equalI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(EQUAL, false, a, b, out, rows); }
export function equalU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(EQUAL, false, a, b, out, rows); }
export function equalU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(EQUAL, false, a, b, out, rows); }
export function equalU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(EQUAL, false, a, b, out, rows); }
export function equalU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(EQUAL, false, a, b, out, rows); }
export function equalF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(EQUAL, false, a, b, out, rows); }
export function equalF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(EQUAL, false, a, b, out, rows); }

/** out = a == the constant at b. */
export function equalConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(EQUAL, true, a, b, out, rows); }
export function equalConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(EQUAL, true, a, b, out, rows); }
export function equalConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(EQUAL, true, a, b, out, rows); }
export function equalConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(EQUAL, true, a, b, out, rows); }
export function equalConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(EQUAL, true, a, b, out, rows); }
export function equalConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(EQUAL, true, a, b, out, rows); }
export function equalConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(EQUAL, true, a, b, out, rows); }
export function equalConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(EQUAL, true, a, b, out, rows); }
export function equalConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(EQUAL, true, a, b, out, rows); }
export function equalConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(EQUAL, true, a, b, out, rows); }

/** out = a != b, row by row. */
export function notEqualI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(NOT_EQUAL, false, a, b, out, rows); }
export function notEqualF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(NOT_EQUAL, false, a, b, out, rows); }

/** out = a != the constant at b. */
export function notEqualConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(NOT_EQUAL, true, a, b, out, rows); }
export function notEqualConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(NOT_EQUAL, true, a, b, out, rows); }

/** out = a < b, row by row. */
export function lessI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(LESS, false, a, b, out, rows); }
export function lessI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(LESS, false, a, b, out, rows); }
export function lessI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(LESS, false, a, b, out, rows); }
export function lessI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(LESS, false, a, b, out, rows); }
export function lessU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(LESS, false, a, b, out, rows); }
export function lessU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(LESS, false, a, b, out, rows); }
export function lessU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(LESS, false, a, b, out, rows); }
export function lessU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(LESS, false, a, b, out, rows); }
export function lessF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(LESS, false, a, b, out, rows); }
export function lessF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(LESS, false, a, b, out, rows); }

/** out = a < the constant at b. */
export function lessConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(LESS, true, a, b, out, rows); }
export function lessConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(LESS, true, a, b, out, rows); }
export function lessConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(LESS, true, a, b, out, rows); }
export function lessConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(LESS, true, a, b, out, rows); }
export function lessConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(LESS, true, a, b, out, rows); }
export function lessConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(LESS, true, a, b, out, rows); }
export function lessConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(LESS, true, a, b, out, rows); }
export function lessConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(LESS, true, a, b, out, rows); }
export function lessConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(LESS, true, a, b, out, rows); }
export function lessConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(LESS, true, a, b, out, rows); }

/** out = a <= b, row by row. */
export function lessOrEqualI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(LESS_OR_EQUAL, false, a, b, out, rows); }
export function lessOrEqualF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(LESS_OR_EQUAL, false, a, b, out, rows); }

/** out = a <= the constant at b. */
export function lessOrEqualConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(LESS_OR_EQUAL, true, a, b, out, rows); }
export function lessOrEqualConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(LESS_OR_EQUAL, true, a, b, out, rows); }

/** out = a > b, row by row. */
export function greaterI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(GREATER, false, a, b, out, rows); }
export function greaterI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(GREATER, false, a, b, out, rows); }
export function greaterI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(GREATER, false, a, b, out, rows); }
export function greaterI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(GREATER, false, a, b, out, rows); }
export function greaterU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(GREATER, false, a, b, out, rows); }
export function greaterU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(GREATER, false, a, b, out, rows); }
export function greaterU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(GREATER, false, a, b, out, rows); }
export function greaterU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(GREATER, false, a, b, out, rows); }
export function greaterF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(GREATER, false, a, b, out, rows); }
export function greaterF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(GREATER, false, a, b, out, rows); }

/** out = a > the constant at b. */
export function greaterConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(GREATER, true, a, b, out, rows); }
export function greaterConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(GREATER, true, a, b, out, rows); }
export function greaterConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(GREATER, true, a, b, out, rows); }
export function greaterConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(GREATER, true, a, b, out, rows); }
export function greaterConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(GREATER, true, a, b, out, rows); }
export function greaterConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(GREATER, true, a, b, out, rows); }
export function greaterConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(GREATER, true, a, b, out, rows); }
export function greaterConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(GREATER, true, a, b, out, rows); }
export function greaterConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(GREATER, true, a, b, out, rows); }
export function greaterConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(GREATER, true, a, b, out, rows); }

/** out = a >= b, row by row. */
export function greaterOrEqualI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(GREATER_OR_EQUAL, false, a, b, out, rows); }
export function greaterOrEqualF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(GREATER_OR_EQUAL, false, a, b, out, rows); }

/** out = a >= the constant at b. */
export function greaterOrEqualConstI8(a: usize, b: usize, out: usize, rows: i32): void { compare<i8>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstI16(a: usize, b: usize, out: usize, rows: i32): void { compare<i16>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstI32(a: usize, b: usize, out: usize, rows: i32): void { compare<i32>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstI64(a: usize, b: usize, out: usize, rows: i32): void { compare<i64>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstU8(a: usize, b: usize, out: usize, rows: i32): void { compare<u8>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstU16(a: usize, b: usize, out: usize, rows: i32): void { compare<u16>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstU32(a: usize, b: usize, out: usize, rows: i32): void { compare<u32>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstU64(a: usize, b: usize, out: usize, rows: i32): void { compare<u64>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstF32(a: usize, b: usize, out: usize, rows: i32): void { compare<f32>(GREATER_OR_EQUAL, true, a, b, out, rows); }
export function greaterOrEqualConstF64(a: usize, b: usize, out: usize, rows: i32): void { compare<f64>(GREATER_OR_EQUAL, true, a, b, out, rows); }
