// Rounding. Floats: values, out: T[rows], out may be the values; works by 16 bytes, reads and writes up to 15 past the rows.

const FLOOR = 0;
const CEIL = 1;
const TRUNC = 2;
const NEAREST = 3;

// @ts-ignore: decorator
@inline
function lanes<T>(mode: i32, x: v128): v128 {
  if (mode == FLOOR) return v128.floor<T>(x);
  if (mode == CEIL) return v128.ceil<T>(x);
  if (mode == TRUNC) return v128.trunc<T>(x);
  return v128.nearest<T>(x); // halves to even
}

/** scale: 1 for whole numbers; 10^n for n digits behind the point; with isDivided, 10^n for n digits before it. */
// @ts-ignore: decorator
@inline
function round<T>(mode: i32, values: usize, scale: T, isDivided: i32, out: usize, rows: i32): void {
  const size = <usize>rows * sizeof<T>();
  const factor = v128.splat<T>(scale);
  if (scale == 1) {
    for (let at: usize = 0; at < size; at += 16) v128.store(out + at, lanes<T>(mode, v128.load(values + at)));
  } else if (isDivided) {
    for (let at: usize = 0; at < size; at += 16) {
      v128.store(out + at, v128.mul<T>(lanes<T>(mode, v128.div<T>(v128.load(values + at), factor)), factor));
    }
  } else {
    for (let at: usize = 0; at < size; at += 16) {
      v128.store(out + at, v128.div<T>(lanes<T>(mode, v128.mul<T>(v128.load(values + at), factor)), factor));
    }
  }
}

/** Rounded down. scale: 1 for whole numbers; 10^n for n digits behind the point; with isDivided, 10^n for n before it. */
export function floorF32(values: usize, scale: f32, isDivided: i32, out: usize, rows: i32): void { round<f32>(FLOOR, values, scale, isDivided, out, rows); }
export function floorF64(values: usize, scale: f64, isDivided: i32, out: usize, rows: i32): void { round<f64>(FLOOR, values, scale, isDivided, out, rows); }
/** Rounded up. scale: 1 for whole numbers; 10^n for n digits behind the point; with isDivided, 10^n for n before it. */
export function ceilF32(values: usize, scale: f32, isDivided: i32, out: usize, rows: i32): void { round<f32>(CEIL, values, scale, isDivided, out, rows); }
export function ceilF64(values: usize, scale: f64, isDivided: i32, out: usize, rows: i32): void { round<f64>(CEIL, values, scale, isDivided, out, rows); }
/** Rounded towards zero. scale: 1 for whole numbers; 10^n for n digits behind the point; with isDivided, 10^n for n before it. */
export function truncF32(values: usize, scale: f32, isDivided: i32, out: usize, rows: i32): void { round<f32>(TRUNC, values, scale, isDivided, out, rows); }
export function truncF64(values: usize, scale: f64, isDivided: i32, out: usize, rows: i32): void { round<f64>(TRUNC, values, scale, isDivided, out, rows); }
/** Rounded to the nearest, halves to even. scale: 1 for whole numbers; 10^n for n digits behind the point; with isDivided, 10^n for n before it. */
export function roundF32(values: usize, scale: f32, isDivided: i32, out: usize, rows: i32): void { round<f32>(NEAREST, values, scale, isDivided, out, rows); }
export function roundF64(values: usize, scale: f64, isDivided: i32, out: usize, rows: i32): void { round<f64>(NEAREST, values, scale, isDivided, out, rows); }

/** out = the square root; NaN of negative values. */
export function sqrtF64(values: usize, out: usize, rows: i32): void {
  const size = <usize>rows << 3;
  for (let at: usize = 0; at < size; at += 16) v128.store(out + at, f64x2.sqrt(v128.load(values + at)));
}

/**
 * Whole numbers to multiples of a step (a power of ten, at an address, positive). mode: 0 down, 1 up, 2 towards zero, 3 nearest with
 * halves away from zero, 4 nearest with halves to even. values, out: i64[rows] or u64[rows]; results wrap.
 */
export function roundToStepI64(mode: i32, values: usize, step: usize, out: usize, rows: i32): void {
  const unit = load<i64>(step);
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += 8) {
    const value = load<i64>(values);
    const rest = value % unit; // has the value's sign
    let result = value - rest;
    if (rest != 0) {
      const away = rest < 0 ? -unit : unit;
      const size = rest < 0 ? <u64>-rest : <u64>rest;
      const other = <u64>unit - size;
      if (mode == FLOOR) {
        if (rest < 0) result += away;
      } else if (mode == CEIL) {
        if (rest > 0) result += away;
      } else if (mode == 3) {
        if (size >= other) result += away;
      } else if (mode == 4) {
        if (size > other || (size == other && ((result / unit) & 1) != 0)) result += away;
      }
    }
    store<i64>(out, result);
  }
}

export function roundToStepU64(mode: i32, values: usize, step: usize, out: usize, rows: i32): void {
  const unit = load<u64>(step);
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += 8) {
    const value = load<u64>(values);
    const rest = value % unit;
    let result = value - rest;
    if (rest != 0) {
      const other = unit - rest;
      if (mode == CEIL) result += unit;
      else if (mode == 3) {
        if (rest >= other) result += unit;
      } else if (mode == 4) {
        if (rest > other || (rest == other && ((result / unit) & 1) != 0)) result += unit;
      }
    }
    store<u64>(out, result);
  }
}
