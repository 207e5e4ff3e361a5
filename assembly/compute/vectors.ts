// Norms and distances of vectors: arrays of floats, one a row.

/** What is measured. */
export const L1: i32 = 0;
export const L2_SQUARED: i32 = 1;
export const L2: i32 = 2;
export const LINF: i32 = 3;
export const LP: i32 = 4;
export const COSINE: i32 = 5;
export const DOT: i32 = 6;

@inline
function power<T>(value: T, exponent: f64): T {
  if (sizeof<T>() == 4) return <T>Mathf.pow(<f32>value, <f32>exponent);
  return <T>Math.pow(<f64>value, exponent);
}

@inline
function finish<T>(sum: T, measure: i32, exponent: f64): T {
  if (measure == L2) return sqrt<T>(sum);
  if (measure == LP) return power<T>(sum, 1.0 / exponent);
  return sum;
}

@inline
function norms<T>(measure: i32, values: usize, offsets: usize, rows: i32, exponent: f64, out: usize): void {
  for (let row = 0; row < rows; row++) {
    let at = values + <usize>load<u32>(offsets + (<usize>row << 2)) * sizeof<T>();
    const end = values + <usize>load<u32>(offsets + (<usize>row << 2), 4) * sizeof<T>();
    let sum: T = 0;
    if (measure == L1) {
      for (; at < end; at += sizeof<T>()) sum += abs<T>(load<T>(at));
    } else if (measure == LINF) {
      // As fmax does, a NaN loses against a number.
      for (; at < end; at += sizeof<T>()) {
        const value = abs<T>(load<T>(at));
        if (value > sum || isNaN<T>(sum)) sum = value;
      }
    } else if (measure == LP) {
      for (; at < end; at += sizeof<T>()) sum += power<T>(abs<T>(load<T>(at)), exponent);
    } else {
      for (; at < end; at += sizeof<T>()) sum += load<T>(at) * load<T>(at);
    }
    store<T>(out + <usize>row * sizeof<T>(), finish<T>(sum, measure, exponent));
  }
}

/** The sum of lanes that were summed apart: four of them, whatever the width, in their order. */
@inline
function lanes<T>(low: v128, high: v128): T {
  if (sizeof<T>() == 4)
    return <T>(
      (f32x4.extract_lane(low, 0) + f32x4.extract_lane(low, 1) + f32x4.extract_lane(low, 2)) + f32x4.extract_lane(low, 3)
    );
  return <T>(
    (f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1) + f64x2.extract_lane(high, 0)) + f64x2.extract_lane(high, 1)
  );
}

@inline
function measured<T>(measure: i32, x: v128, y: v128): v128 {
  if (measure == DOT) return v128.mul<T>(x, y);
  const difference = v128.sub<T>(x, y);
  return measure == L1 ? v128.abs<T>(difference) : v128.mul<T>(difference, difference);
}

/** The sum of what is measured over four elements at a time, and then over the rest. */
@inline
function summed<T>(measure: i32, x: usize, y: usize, end: usize): T {
  let low = v128.splat<T>(0);
  let high = v128.splat<T>(0);
  const four = sizeof<T>() * 4;
  while (x + four < end) {
    low = v128.add<T>(low, measured<T>(measure, v128.load(x), v128.load(y)));
    if (sizeof<T>() == 8) high = v128.add<T>(high, measured<T>(measure, v128.load(x, 16), v128.load(y, 16)));
    x += four;
    y += four;
  }
  let sum = lanes<T>(low, high);
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) {
    const a = load<T>(x);
    const b = load<T>(y);
    if (measure == DOT) sum += a * b;
    else sum += measure == L1 ? abs<T>(a - b) : (a - b) * (a - b);
  }
  return sum;
}

@inline
function distances<T>(
  measure: i32, a: usize, b: usize, isFixed: i32, offsets: usize, rows: i32, exponent: f64, out: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const start = <usize>load<u32>(offsets + (<usize>row << 2)) * sizeof<T>();
    let x = a + start;
    let y = isFixed ? b : b + start;
    const end = a + <usize>load<u32>(offsets + (<usize>row << 2), 4) * sizeof<T>();
    let result: T = 0;
    if (measure == L1) result = summed<T>(L1, x, y, end);
    else if (measure == L2_SQUARED || measure == L2) result = finish<T>(summed<T>(L2_SQUARED, x, y, end), measure, 0);
    else if (measure == DOT) result = summed<T>(DOT, x, y, end);
    else if (measure == COSINE) {
      const norm = sqrt<T>(summed<T>(DOT, x, x, end) * summed<T>(DOT, y, y, y + (end - x)));
      result = 1 - summed<T>(DOT, x, y, end) / norm;
    } else {
      for (; x < end; x += sizeof<T>(), y += sizeof<T>()) {
        const value = abs<T>(load<T>(x) - load<T>(y));
        if (measure == LP) result += power<T>(value, exponent);
        else if (value > result || isNaN<T>(result)) result = value;
      }
      result = finish<T>(result, measure, exponent);
    }
    store<T>(out + <usize>row * sizeof<T>(), result);
  }
}

/**
 * The norm of each row's vector, by the measure L1, L2_SQUARED, L2, LINF or LP (with its exponent).
 * values: f32[offsets[rows]]; offsets: u32[rows + 1]; out: f32[rows]. An empty vector has 0.
 */
export function vectorNormsF32(measure: i32, values: usize, offsets: usize, rows: i32, exponent: f64, out: usize): void {
  norms<f32>(measure, values, offsets, rows, exponent, out);
}

/** The same of f64. */
export function vectorNormsF64(measure: i32, values: usize, offsets: usize, rows: i32, exponent: f64, out: usize): void {
  norms<f64>(measure, values, offsets, rows, exponent, out);
}

/**
 * The distance of two vectors a row (or their scalar product, DOT). a: f32[offsets[rows]]; b: likewise at the same offsets, or one
 * vector for all rows where isFixed; out: f32[rows].
 */
export function vectorDistancesF32(
  measure: i32, a: usize, b: usize, isFixed: i32, offsets: usize, rows: i32, exponent: f64, out: usize,
): void {
  distances<f32>(measure, a, b, isFixed, offsets, rows, exponent, out);
}

/** The same of f64. */
export function vectorDistancesF64(
  measure: i32, a: usize, b: usize, isFixed: i32, offsets: usize, rows: i32, exponent: f64, out: usize,
): void {
  distances<f64>(measure, a, b, isFixed, offsets, rows, exponent, out);
}

/** The scalar products of vectors of i64, wrapping. Shapes as above. */
export function dotProductsI64(a: usize, b: usize, isFixed: i32, offsets: usize, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    const start = <usize>load<u32>(offsets + (<usize>row << 2)) << 3;
    const end = <usize>load<u32>(offsets + (<usize>row << 2), 4) << 3;
    const other = isFixed ? b - start : b;
    let sum: i64 = 0;
    for (let at = start; at < end; at += 8) sum += load<i64>(a + at) * load<i64>(other + at);
    store<i64>(out + (<usize>row << 3), sum);
  }
}
