// Whole-number division and remainder. Shapes: a, b, out: T[rows] (const: b is one T); out may be a or b; nothing is touched past the rows.
// Each returns 0, or 1 where a divisor was zero, or 2 where the smallest number was divided by -1; then out is unfinished.

// @ts-ignore: decorator
@inline
function intDiv<T>(isConst: bool, a: usize, b: usize, out: usize, rows: i32): i32 {
  const end = out + <usize>rows * sizeof<T>();
  while (out < end) {
    const divisor = load<T>(b);
    const value = load<T>(a);
    if (divisor == 0) return 1;
    if (isSigned<T>()) {
      if (divisor == -1 && value == <T>(<T>1 << (sizeof<T>() * 8 - 1))) return 2;
    }
    store<T>(out, value / divisor);
    a += sizeof<T>();
    if (!isConst) b += sizeof<T>();
    out += sizeof<T>();
  }
  return 0;
}

/** The remainder has the sign of a, as in C. */
// @ts-ignore: decorator
@inline
function modulo<T>(isConst: bool, a: usize, b: usize, out: usize, rows: i32): i32 {
  const end = out + <usize>rows * sizeof<T>();
  while (out < end) {
    const divisor = load<T>(b);
    const value = load<T>(a);
    if (divisor == 0) return 1;
    if (isSigned<T>()) {
      if (divisor == -1 && value == <T>(<T>1 << (sizeof<T>() * 8 - 1))) return 2;
    }
    store<T>(out, value % divisor);
    a += sizeof<T>();
    if (!isConst) b += sizeof<T>();
    out += sizeof<T>();
  }
  return 0;
}

/** out = a / b, cut off towards zero. */
export function intDivI32(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<i32>(false, a, b, out, rows); }
export function intDivI64(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<i64>(false, a, b, out, rows); }
export function intDivU32(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<u32>(false, a, b, out, rows); }
export function intDivU64(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<u64>(false, a, b, out, rows); }
/** out = a / b, cut off towards zero; b is one value for all rows. */
export function intDivConstI32(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<i32>(true, a, b, out, rows); }
export function intDivConstI64(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<i64>(true, a, b, out, rows); }
export function intDivConstU32(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<u32>(true, a, b, out, rows); }
export function intDivConstU64(a: usize, b: usize, out: usize, rows: i32): i32 { return intDiv<u64>(true, a, b, out, rows); }

/** out = the remainder of a / b, with the sign of a. */
export function moduloI32(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<i32>(false, a, b, out, rows); }
export function moduloI64(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<i64>(false, a, b, out, rows); }
export function moduloU32(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<u32>(false, a, b, out, rows); }
export function moduloU64(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<u64>(false, a, b, out, rows); }
/** out = the remainder of a / b, with the sign of a; b is one value for all rows. */
export function moduloConstI32(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<i32>(true, a, b, out, rows); }
export function moduloConstI64(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<i64>(true, a, b, out, rows); }
export function moduloConstU32(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<u32>(true, a, b, out, rows); }
export function moduloConstU64(a: usize, b: usize, out: usize, rows: i32): i32 { return modulo<u64>(true, a, b, out, rows); }

/**
 * Whole-number division where one divisor may be zero: such rows give 0 (intDivOrZero, moduloOrZero), and the smallest number by -1 gives 0.
 * undefinedRows, if not 0: u8[rows], 1 where there was no result.
 */
// @ts-ignore: decorator
@inline
function divideOrZero<T>(remainder: bool, a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row * sizeof<T>();
    const divisor = load<T>(b + at);
    const value = load<T>(a + at);
    let lost = divisor == 0;
    if (isSigned<T>()) {
      if (!remainder && divisor == -1 && value == <T>(<T>1 << (sizeof<T>() * 8 - 1))) lost = true;
    }
    const safe = lost ? <T>1 : divisor;
    store<T>(out + at, lost ? 0 : remainder ? value % safe : value / safe);
    if (undefinedRows != 0) store<u8>(undefinedRows + row, <u8>lost);
  }
}

/** out = a / b; 0 where b is zero or the result has no room, and there undefinedRows (u8[rows], or address 0 for none) gets 1. */
export function intDivOrZeroI32(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<i32>(false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroI64(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<i64>(false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroU32(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<u32>(false, a, b, out, undefinedRows, rows); }
export function intDivOrZeroU64(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<u64>(false, a, b, out, undefinedRows, rows); }

/** out = the remainder of a / b; 0 where b is zero, and there undefinedRows (u8[rows], or address 0 for none) gets 1. */
export function moduloOrZeroI32(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<i32>(true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroI64(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<i64>(true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroU32(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<u32>(true, a, b, out, undefinedRows, rows); }
export function moduloOrZeroU64(a: usize, b: usize, out: usize, undefinedRows: usize, rows: i32): void { divideOrZero<u64>(true, a, b, out, undefinedRows, rows); }

/** The remainder of floats, a - trunc(a / b) * b, as ClickHouse computes it: NaN where b is 0 or a infinite. Goes by 16 bytes. */
export function moduloF64(a: usize, b: usize, out: usize, rows: i32): void {
  const size = <usize>rows << 3;
  for (let at: usize = 0; at < size; at += 16) {
    const x = v128.load(a + at);
    const y = v128.load(b + at);
    v128.store(out + at, f64x2.sub(x, f64x2.mul(f64x2.trunc(f64x2.div(x, y)), y)));
  }
}
