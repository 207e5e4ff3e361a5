// Arithmetic on packed values of one type; the caller has cast both sides to the type of the result. Integers wrap.
//
// Shapes: a, b, out: T[rows] (const: b is one T). out may be a or b. Works by 16 bytes: reads and writes up to 15 bytes past the rows.

const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;
const DIVIDE = 3;
const LEAST = 4;
const GREATEST = 5;

// @ts-ignore: decorator
@inline
function lanes<T>(op: i32, a: v128, b: v128): v128 {
  if (op == ADD) return v128.add<T>(a, b);
  if (op == SUBTRACT) return v128.sub<T>(a, b);
  if (op == LEAST) return v128.bitselect(b, a, above<T>(a, b));
  if (op == GREATEST) return v128.bitselect(a, b, above<T>(a, b));
  if (sizeof<T>() > 1) {
    if (op == MULTIPLY) return v128.mul<T>(a, b);
  }
  if (isFloat<T>()) return v128.div<T>(a, b);
  return a;
}

/** Lanes where a > b. */
// @ts-ignore: decorator
@inline
function above<T>(a: v128, b: v128): v128 {
  if (isInteger<T>() && !isSigned<T>() && sizeof<T>() == 8) {
    const top = i64x2.splat(i64.MIN_VALUE);
    return i64x2.gt_s(v128.xor(a, top), v128.xor(b, top));
  } else {
    return v128.gt<T>(a, b);
  }
}

// @ts-ignore: decorator
@inline
function binary<T>(op: i32, isConst: bool, a: usize, b: usize, out: usize, rows: i32): void {
  const constant = isConst ? v128.splat<T>(load<T>(b)) : i8x16.splat(0);
  const size = <usize>rows * sizeof<T>();
  for (let at: usize = 0; at < size; at += 16) {
    v128.store(out + at, lanes<T>(op, v128.load(a + at), isConst ? constant : v128.load(b + at)));
  }
}

/** out = a + b, row by row. */
export function addI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(ADD, false, a, b, out, rows); }
export function addI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(ADD, false, a, b, out, rows); }
export function addI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(ADD, false, a, b, out, rows); }
export function addU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(ADD, false, a, b, out, rows); }
export function addU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(ADD, false, a, b, out, rows); }
export function addU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(ADD, false, a, b, out, rows); }
export function addF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(ADD, false, a, b, out, rows); }
export function addF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(ADD, false, a, b, out, rows); }
/** out = a + b, b being one value for all rows. */
export function addConstI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(ADD, true, a, b, out, rows); }
export function addConstI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(ADD, true, a, b, out, rows); }
export function addConstI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(ADD, true, a, b, out, rows); }
export function addConstU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(ADD, true, a, b, out, rows); }
export function addConstU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(ADD, true, a, b, out, rows); }
export function addConstU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(ADD, true, a, b, out, rows); }
export function addConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(ADD, true, a, b, out, rows); }
export function addConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(ADD, true, a, b, out, rows); }

/** out = a - b, row by row. */
export function subtractI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(SUBTRACT, false, a, b, out, rows); }
export function subtractI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(SUBTRACT, false, a, b, out, rows); }
export function subtractI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(SUBTRACT, false, a, b, out, rows); }
export function subtractU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(SUBTRACT, false, a, b, out, rows); }
export function subtractU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(SUBTRACT, false, a, b, out, rows); }
export function subtractU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(SUBTRACT, false, a, b, out, rows); }
export function subtractF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(SUBTRACT, false, a, b, out, rows); }
export function subtractF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(SUBTRACT, false, a, b, out, rows); }
/** out = a - b, b being one value for all rows. */
export function subtractConstI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(SUBTRACT, true, a, b, out, rows); }
export function subtractConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(SUBTRACT, true, a, b, out, rows); }

/** out = a * b, row by row. */
export function multiplyI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(MULTIPLY, false, a, b, out, rows); }
export function multiplyI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(MULTIPLY, false, a, b, out, rows); }
export function multiplyI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(MULTIPLY, false, a, b, out, rows); }
export function multiplyU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(MULTIPLY, false, a, b, out, rows); }
export function multiplyU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(MULTIPLY, false, a, b, out, rows); }
export function multiplyU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(MULTIPLY, false, a, b, out, rows); }
export function multiplyF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(MULTIPLY, false, a, b, out, rows); }
export function multiplyF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(MULTIPLY, false, a, b, out, rows); }
/** out = a * b, b being one value for all rows. */
export function multiplyConstI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(MULTIPLY, true, a, b, out, rows); }
export function multiplyConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(MULTIPLY, true, a, b, out, rows); }

/** out = a / b, row by row. */
export function divideF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(DIVIDE, false, a, b, out, rows); }
export function divideF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(DIVIDE, false, a, b, out, rows); }
/** out = a / b, b being one value for all rows. */
export function divideConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(DIVIDE, true, a, b, out, rows); }
export function divideConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(DIVIDE, true, a, b, out, rows); }

/** out = the lesser of a and b, row by row; a where one is NaN. */
export function leastI8(a: usize, b: usize, out: usize, rows: i32): void { binary<i8>(LEAST, false, a, b, out, rows); }
export function leastI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(LEAST, false, a, b, out, rows); }
export function leastI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(LEAST, false, a, b, out, rows); }
export function leastI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(LEAST, false, a, b, out, rows); }
export function leastU8(a: usize, b: usize, out: usize, rows: i32): void { binary<u8>(LEAST, false, a, b, out, rows); }
export function leastU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(LEAST, false, a, b, out, rows); }
export function leastU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(LEAST, false, a, b, out, rows); }
export function leastU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(LEAST, false, a, b, out, rows); }
export function leastF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(LEAST, false, a, b, out, rows); }
export function leastF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(LEAST, false, a, b, out, rows); }
/** out = the lesser of a and b (a where one is NaN), b being one value for all rows. */
export function leastConstI8(a: usize, b: usize, out: usize, rows: i32): void { binary<i8>(LEAST, true, a, b, out, rows); }
export function leastConstI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(LEAST, true, a, b, out, rows); }
export function leastConstI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(LEAST, true, a, b, out, rows); }
export function leastConstI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(LEAST, true, a, b, out, rows); }
export function leastConstU8(a: usize, b: usize, out: usize, rows: i32): void { binary<u8>(LEAST, true, a, b, out, rows); }
export function leastConstU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(LEAST, true, a, b, out, rows); }
export function leastConstU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(LEAST, true, a, b, out, rows); }
export function leastConstU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(LEAST, true, a, b, out, rows); }
export function leastConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(LEAST, true, a, b, out, rows); }
export function leastConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(LEAST, true, a, b, out, rows); }

/** out = the greater of a and b, row by row; b where one is NaN. */
export function greatestI8(a: usize, b: usize, out: usize, rows: i32): void { binary<i8>(GREATEST, false, a, b, out, rows); }
export function greatestI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(GREATEST, false, a, b, out, rows); }
export function greatestI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(GREATEST, false, a, b, out, rows); }
export function greatestI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(GREATEST, false, a, b, out, rows); }
export function greatestU8(a: usize, b: usize, out: usize, rows: i32): void { binary<u8>(GREATEST, false, a, b, out, rows); }
export function greatestU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(GREATEST, false, a, b, out, rows); }
export function greatestU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(GREATEST, false, a, b, out, rows); }
export function greatestU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(GREATEST, false, a, b, out, rows); }
export function greatestF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(GREATEST, false, a, b, out, rows); }
export function greatestF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(GREATEST, false, a, b, out, rows); }
/** out = the greater of a and b (b where one is NaN), b being one value for all rows. */
export function greatestConstI8(a: usize, b: usize, out: usize, rows: i32): void { binary<i8>(GREATEST, true, a, b, out, rows); }
export function greatestConstI16(a: usize, b: usize, out: usize, rows: i32): void { binary<i16>(GREATEST, true, a, b, out, rows); }
export function greatestConstI32(a: usize, b: usize, out: usize, rows: i32): void { binary<i32>(GREATEST, true, a, b, out, rows); }
export function greatestConstI64(a: usize, b: usize, out: usize, rows: i32): void { binary<i64>(GREATEST, true, a, b, out, rows); }
export function greatestConstU8(a: usize, b: usize, out: usize, rows: i32): void { binary<u8>(GREATEST, true, a, b, out, rows); }
export function greatestConstU16(a: usize, b: usize, out: usize, rows: i32): void { binary<u16>(GREATEST, true, a, b, out, rows); }
export function greatestConstU32(a: usize, b: usize, out: usize, rows: i32): void { binary<u32>(GREATEST, true, a, b, out, rows); }
export function greatestConstU64(a: usize, b: usize, out: usize, rows: i32): void { binary<u64>(GREATEST, true, a, b, out, rows); }
export function greatestConstF32(a: usize, b: usize, out: usize, rows: i32): void { binary<f32>(GREATEST, true, a, b, out, rows); }
export function greatestConstF64(a: usize, b: usize, out: usize, rows: i32): void { binary<f64>(GREATEST, true, a, b, out, rows); }

/** out = -a, wrapping. */
// @ts-ignore: decorator
@inline
function negate<T>(a: usize, out: usize, rows: i32): void {
  const size = <usize>rows * sizeof<T>();
  for (let at: usize = 0; at < size; at += 16) v128.store(out + at, v128.neg<T>(v128.load(a + at)));
}

/** out = -a, wrapping. */
export function negateI8(a: usize, out: usize, rows: i32): void { negate<i8>(a, out, rows); }
export function negateI16(a: usize, out: usize, rows: i32): void { negate<i16>(a, out, rows); }
export function negateI32(a: usize, out: usize, rows: i32): void { negate<i32>(a, out, rows); }
export function negateI64(a: usize, out: usize, rows: i32): void { negate<i64>(a, out, rows); }
export function negateF32(a: usize, out: usize, rows: i32): void { negate<f32>(a, out, rows); }
export function negateF64(a: usize, out: usize, rows: i32): void { negate<f64>(a, out, rows); }

/** out = |a|; of integers it is unsigned, so the smallest number has one too. */
// @ts-ignore: decorator
@inline
function absolute<T>(a: usize, out: usize, rows: i32): void {
  const size = <usize>rows * sizeof<T>();
  for (let at: usize = 0; at < size; at += 16) v128.store(out + at, v128.abs<T>(v128.load(a + at)));
}

/** out = |a|; of integers it is unsigned, so the smallest number has one too. */
export function absI8(a: usize, out: usize, rows: i32): void { absolute<i8>(a, out, rows); }
export function absI16(a: usize, out: usize, rows: i32): void { absolute<i16>(a, out, rows); }
export function absI32(a: usize, out: usize, rows: i32): void { absolute<i32>(a, out, rows); }
export function absI64(a: usize, out: usize, rows: i32): void { absolute<i64>(a, out, rows); }
export function absF32(a: usize, out: usize, rows: i32): void { absolute<f32>(a, out, rows); }
export function absF64(a: usize, out: usize, rows: i32): void { absolute<f64>(a, out, rows); }
