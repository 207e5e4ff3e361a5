// Sums of powers, of which variance, covariance, correlation, skewness and kurtosis are made. All of f64; ids: u32[rows], or 0 for group 0.

// @ts-ignore: decorator
@inline
function group(ids: usize, row: usize): usize {
  return ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2));
}

/** states: f64[groups][3] += 1, x, x^2. */
export function moments2Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + group(ids, row) * 24;
    const x = load<f64>(values + (row << 3));
    store<f64>(state, load<f64>(state) + 1);
    store<f64>(state, load<f64>(state, 8) + x, 8);
    store<f64>(state, load<f64>(state, 16) + x * x, 16);
  }
}

/** states: f64[groups][5] += 1, x, x^2, x^3, x^4. */
export function moments4Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + group(ids, row) * 40;
    const x = load<f64>(values + (row << 3));
    store<f64>(state, load<f64>(state) + 1);
    store<f64>(state, load<f64>(state, 8) + x, 8);
    store<f64>(state, load<f64>(state, 16) + x * x, 16);
    store<f64>(state, load<f64>(state, 24) + x * x * x, 24);
    store<f64>(state, load<f64>(state, 32) + x * x * x * x, 32);
  }
}

/** states: f64[groups][6] += 1, x, y, x*y, x^2, y^2. */
export function comomentsGrouped(states: usize, ids: usize, xs: usize, ys: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + group(ids, row) * 48;
    const x = load<f64>(xs + (row << 3));
    const y = load<f64>(ys + (row << 3));
    store<f64>(state, load<f64>(state) + 1);
    store<f64>(state, load<f64>(state, 8) + x, 8);
    store<f64>(state, load<f64>(state, 16) + y, 16);
    store<f64>(state, load<f64>(state, 24) + x * y, 24);
    store<f64>(state, load<f64>(state, 32) + x * x, 32);
    store<f64>(state, load<f64>(state, 40) + y * y, 40);
  }
}

/** states: f64[groups][width] += others: f64[count][width], of group ids[i]. */
export function addVectorsF64(states: usize, ids: usize, others: usize, count: i32, width: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const state = states + ((group(ids, i) * <usize>width) << 3);
    const other = others + ((i * <usize>width) << 3);
    for (let at: usize = 0; at < <usize>width << 3; at += 8) {
      store<f64>(state + at, load<f64>(state + at) + load<f64>(other + at));
    }
  }
}

// @ts-ignore: decorator
@inline
function widen<T>(values: usize, rows: i32, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) store<f64>(target + (row << 3), <f64>load<T>(values + row * sizeof<T>()));
}

/** target: f64[rows] = i8 values. */
export function widenI8(values: usize, rows: i32, target: usize): void {
  widen<i8>(values, rows, target);
}

/** target: f64[rows] = i16 values. */
export function widenI16(values: usize, rows: i32, target: usize): void {
  widen<i16>(values, rows, target);
}

/** target: f64[rows] = i32 values. */
export function widenI32(values: usize, rows: i32, target: usize): void {
  widen<i32>(values, rows, target);
}

/** target: f64[rows] = i64 values. */
export function widenI64(values: usize, rows: i32, target: usize): void {
  widen<i64>(values, rows, target);
}

/** target: f64[rows] = u8 values. */
export function widenU8(values: usize, rows: i32, target: usize): void {
  widen<u8>(values, rows, target);
}

/** target: f64[rows] = u16 values. */
export function widenU16(values: usize, rows: i32, target: usize): void {
  widen<u16>(values, rows, target);
}

/** target: f64[rows] = u32 values. */
export function widenU32(values: usize, rows: i32, target: usize): void {
  widen<u32>(values, rows, target);
}

/** target: f64[rows] = u64 values. */
export function widenU64(values: usize, rows: i32, target: usize): void {
  widen<u64>(values, rows, target);
}

/** target: f64[rows] = f32 values. */
export function widenF32(values: usize, rows: i32, target: usize): void {
  widen<f32>(values, rows, target);
}
