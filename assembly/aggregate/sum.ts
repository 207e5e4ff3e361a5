// Sums. Integers of up to 64 bits sum into 64 bits and wrap, as sum() does; floats into f64; decimals and wider integers into 128 or
// 256 bits. Grouped kernels take ids u32[rows], each row's group, and states with one sum a group.

// @ts-ignore: decorator
@inline
function grouped<T, S>(states: usize, ids: usize, values: usize, rows: i32): void {
  const end = ids + (<usize>rows << 2);
  while (ids < end) {
    const state = states + <usize>load<u32>(ids) * sizeof<S>();
    store<S>(state, load<S>(state) + <S>load<T>(values));
    ids += 4;
    values += sizeof<T>();
  }
}

/** states: i64[groups] += i8 values. */
export function sumI8Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i8, i64>(states, ids, values, rows);
}

/** states: i64[groups] += i16 values. */
export function sumI16Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i16, i64>(states, ids, values, rows);
}

/** states: i64[groups] += i32 values. */
export function sumI32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i32, i64>(states, ids, values, rows);
}

/** states: i64[groups] += i64 (or u64) values, wrapping. */
export function sumI64Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<i64, i64>(states, ids, values, rows);
}

/** states: u64[groups] += u8 values. */
export function sumU8Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u8, u64>(states, ids, values, rows);
}

/** states: u64[groups] += u16 values. */
export function sumU16Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u16, u64>(states, ids, values, rows);
}

/** states: u64[groups] += u32 values. */
export function sumU32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<u32, u64>(states, ids, values, rows);
}

/** states: f64[groups] += f32 values. */
export function sumF32Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f32, f64>(states, ids, values, rows);
}

/** states: f64[groups] += f64 values. */
export function sumF64Grouped(states: usize, ids: usize, values: usize, rows: i32): void {
  grouped<f64, f64>(states, ids, values, rows);
}

/** state: i64 += i8 values. */
export function sumI8(state: usize, values: usize, rows: i32): void {
  let sum: i64 = 0;
  const end = values + <usize>rows;
  while (values + 16 <= end) {
    // 16-bit pair sums of at most 127 steps cannot overflow; one step is widened at once, which is fast enough.
    const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(values));
    const fours = i32x4.extadd_pairwise_i16x8_s(pairs);
    sum += <i64>(
      i32x4.extract_lane(fours, 0) + i32x4.extract_lane(fours, 1) + i32x4.extract_lane(fours, 2) + i32x4.extract_lane(fours, 3)
    );
    values += 16;
  }
  while (values < end) sum += <i64>load<i8>(values++);
  store<i64>(state, load<i64>(state) + sum);
}

/** state: u64 += u8 values. */
export function sumU8(state: usize, values: usize, rows: i32): void {
  let sum: u64 = 0;
  const end = values + <usize>rows;
  while (values + 16 <= end) {
    const fours = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v128.load(values)));
    sum += <u64>(
      i32x4.extract_lane(fours, 0) + i32x4.extract_lane(fours, 1) + i32x4.extract_lane(fours, 2) + i32x4.extract_lane(fours, 3)
    );
    values += 16;
  }
  while (values < end) sum += <u64>load<u8>(values++);
  store<u64>(state, load<u64>(state) + sum);
}

/** Adds 16-bit values: in lanes of 32 bits for up to 16,384 vectors, which cannot overflow, then wider. */
// @ts-ignore: decorator
@inline
function sum16<T>(state: usize, values: usize, rows: i32): void {
  let sum: i64 = 0;
  const end = values + (<usize>rows << 1);
  while (values + 32 <= end) {
    const stop = min(values + (16384 << 4), values + ((end - values) & ~31));
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    for (; values < stop; values += 32) {
      if (isSigned<T>()) {
        a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_s(v128.load(values)));
        b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_s(v128.load(values, 16)));
      } else {
        a = i32x4.add(a, i32x4.extadd_pairwise_i16x8_u(v128.load(values)));
        b = i32x4.add(b, i32x4.extadd_pairwise_i16x8_u(v128.load(values, 16)));
      }
    }
    let wide: v128;
    if (isSigned<T>()) {
      wide = i64x2.add(
        i64x2.add(i64x2.extend_low_i32x4_s(a), i64x2.extend_high_i32x4_s(a)),
        i64x2.add(i64x2.extend_low_i32x4_s(b), i64x2.extend_high_i32x4_s(b)),
      );
    } else {
      wide = i64x2.add(
        i64x2.add(i64x2.extend_low_i32x4_u(a), i64x2.extend_high_i32x4_u(a)),
        i64x2.add(i64x2.extend_low_i32x4_u(b), i64x2.extend_high_i32x4_u(b)),
      );
    }
    sum += i64x2.extract_lane(wide, 0) + i64x2.extract_lane(wide, 1);
  }
  for (; values < end; values += 2) sum += <i64>load<T>(values);
  store<i64>(state, load<i64>(state) + sum);
}

/** state: i64 += i16 values. */
export function sumI16(state: usize, values: usize, rows: i32): void {
  sum16<i16>(state, values, rows);
}

/** state: u64 += u16 values. */
export function sumU16(state: usize, values: usize, rows: i32): void {
  sum16<u16>(state, values, rows);
}

// @ts-ignore: decorator
@inline
function sum32<T>(state: usize, values: usize, rows: i32): void {
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let c = i64x2.splat(0);
  let d = i64x2.splat(0);
  const end = values + (<usize>rows << 2);
  // Several accumulators: one chain of additions is bound by its latency.
  for (; values + 32 <= end; values += 32) {
    const low = v128.load(values);
    const high = v128.load(values, 16);
    if (isSigned<T>()) {
      a = i64x2.add(a, i64x2.extend_low_i32x4_s(low));
      b = i64x2.add(b, i64x2.extend_high_i32x4_s(low));
      c = i64x2.add(c, i64x2.extend_low_i32x4_s(high));
      d = i64x2.add(d, i64x2.extend_high_i32x4_s(high));
    } else {
      a = i64x2.add(a, i64x2.extend_low_i32x4_u(low));
      b = i64x2.add(b, i64x2.extend_high_i32x4_u(low));
      c = i64x2.add(c, i64x2.extend_low_i32x4_u(high));
      d = i64x2.add(d, i64x2.extend_high_i32x4_u(high));
    }
  }
  const all = i64x2.add(i64x2.add(a, b), i64x2.add(c, d));
  let sum = i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1);
  for (; values < end; values += 4) sum += <i64>load<T>(values);
  store<i64>(state, load<i64>(state) + sum);
}

/** state: i64 += i32 values. */
export function sumI32(state: usize, values: usize, rows: i32): void {
  sum32<i32>(state, values, rows);
}

/** state: u64 += u32 values. */
export function sumU32(state: usize, values: usize, rows: i32): void {
  sum32<u32>(state, values, rows);
}

/** state: i64 += i64 (or u64) values, wrapping. */
export function sumI64(state: usize, values: usize, rows: i32): void {
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  const end = values + (<usize>rows << 3);
  for (; values + 32 <= end; values += 32) {
    a = i64x2.add(a, v128.load(values));
    b = i64x2.add(b, v128.load(values, 16));
  }
  const all = i64x2.add(a, b);
  let sum = i64x2.extract_lane(all, 0) + i64x2.extract_lane(all, 1);
  for (; values < end; values += 8) sum += load<i64>(values);
  store<i64>(state, load<i64>(state) + sum);
}

/** state: f64 += f32 values, in eight partial sums: the last digits may differ from those of adding one by one. */
export function sumF32(state: usize, values: usize, rows: i32): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  const end = values + (<usize>rows << 2);
  for (; values + 32 <= end; values += 32) {
    const low = v128.load(values);
    const high = v128.load(values, 16);
    a = f64x2.add(a, f64x2.promote_low_f32x4(low));
    b = f64x2.add(b, f64x2.promote_low_f32x4(v128.shuffle<i64>(low, low, 1, 0)));
    c = f64x2.add(c, f64x2.promote_low_f32x4(high));
    d = f64x2.add(d, f64x2.promote_low_f32x4(v128.shuffle<i64>(high, high, 1, 0)));
  }
  const all = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
  for (; values < end; values += 4) sum += <f64>load<f32>(values);
  store<f64>(state, load<f64>(state) + sum);
}

/** state: f64 += f64 values, in eight partial sums. */
export function sumF64(state: usize, values: usize, rows: i32): void {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  let c = f64x2.splat(0);
  let d = f64x2.splat(0);
  const end = values + (<usize>rows << 3);
  for (; values + 64 <= end; values += 64) {
    a = f64x2.add(a, v128.load(values));
    b = f64x2.add(b, v128.load(values, 16));
    c = f64x2.add(c, v128.load(values, 32));
    d = f64x2.add(d, v128.load(values, 48));
  }
  const all = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  let sum = f64x2.extract_lane(all, 0) + f64x2.extract_lane(all, 1);
  for (; values < end; values += 8) sum += load<f64>(values);
  store<f64>(state, load<f64>(state) + sum);
}

/** A sum of `words` 64-bit words += value of the same width, or a sign-extended narrower one. */
// @ts-ignore: decorator
@inline
function addWords(state: usize, value: usize, valueWords: i32, words: i32, extension: u64): void {
  let carry: u64 = 0;
  for (let w = 0; w < words; w++) {
    const a = load<u64>(state + (<usize>w << 3));
    const b = w < valueWords ? load<u64>(value + (<usize>w << 3)) : extension;
    const partial = a + b;
    const sum = partial + carry;
    carry = u64(partial < a) | u64(sum < partial);
    store<u64>(state + (<usize>w << 3), sum);
  }
}

/** states: i128[groups] += i32 values (Decimal32). ids: 0 adds all to the first state. */
export function sumI32Into128(states: usize, ids: usize, values: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + (ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2)) << 4);
    const value = <i64>load<i32>(values + (row << 2));
    const low = load<u64>(state) + <u64>value;
    store<u64>(state, low);
    store<u64>(state, load<u64>(state, 8) + <u64>(value >> 63) + u64(low < <u64>value), 8);
  }
}

/** states: i128[groups] += i64 values (Decimal64). ids: 0 adds all to the first state. */
export function sumI64Into128(states: usize, ids: usize, values: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + (ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2)) << 4);
    const value = load<i64>(values + (row << 3));
    const low = load<u64>(state) + <u64>value;
    store<u64>(state, low);
    store<u64>(state, load<u64>(state, 8) + <u64>(value >> 63) + u64(low < <u64>value), 8);
  }
}

/** states: integers of `words` 64-bit words, wrapping, += signed or unsigned values of the same width. ids: 0 adds all to the first. */
export function sumWordsGrouped(states: usize, ids: usize, values: usize, rows: i32, words: i32): void {
  const width = <usize>words << 3;
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + (ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2))) * width;
    addWords(state, values + row * width, words, words, 0);
  }
}

// @ts-ignore: decorator
@inline
function average<T>(sums: usize, counts: usize, count: i32, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    store<f64>(target + (i << 3), <f64>load<T>(sums + (i << 3)) / <f64>load<u64>(counts + (i << 3)));
  }
}

/** target: f64[count] = i64 sums / u64 counts. */
export function averageI64(sums: usize, counts: usize, count: i32, target: usize): void {
  average<i64>(sums, counts, count, target);
}

/** target: f64[count] = u64 sums / u64 counts. */
export function averageU64(sums: usize, counts: usize, count: i32, target: usize): void {
  average<u64>(sums, counts, count, target);
}

/** target: f64[count] = f64 sums / u64 counts. */
export function averageF64(sums: usize, counts: usize, count: i32, target: usize): void {
  average<f64>(sums, counts, count, target);
}

/** target: f64[count] = sums of `words` 64-bit words / (u64 counts * scale). */
export function averageWords(
  sums: usize, counts: usize, count: i32, target: usize, words: i32, isSigned: i32, scale: f64,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const value = sums + ((i * <usize>words) << 3);
    const top = value + (<usize>(words - 1) << 3);
    const negative = isSigned != 0 && load<i64>(top) < 0;
    // The absolute value, word by word: converting words of a negative number one by one would round too often.
    let carry: u64 = 1;
    let sum: f64 = 0;
    let weight: f64 = 1;
    for (let w = 0; w < words; w++) {
      let word = load<u64>(value + (<usize>w << 3));
      if (negative) {
        word = ~word + carry;
        carry = u64(carry != 0 && word == 0);
      }
      sum += <f64>word * weight;
      weight *= 18446744073709551616.0;
    }
    store<f64>(target + (i << 3), (negative ? -sum : sum) / scale / <f64>load<u64>(counts + (i << 3)));
  }
}
