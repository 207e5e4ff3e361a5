// Decimals: integers of 4, 8, 16 or 32 bytes that count 10^-scale.

import { writeUnsigned, writeWide } from "./printNumber";

/**
 * Spans to decimals of a width in bytes. Sign, digits, point, exponent; digits behind the scale are dropped, not rounded, as in
 * ClickHouse. Returns rows, or -(row + 1) of the first field that is no number or has more than `precision` digits.
 */
export function parseDecimal(
  starts: usize, ends: usize, base: usize, rows: i32, width: i32, precision: i32, scale: i32, out: usize,
): i32 {
  for (let row = 0; row < rows; row++) {
    let p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    memory.fill(out, 0, width);
    if (p < end) {
      let negative = false;
      const sign = load<u8>(p);
      if (sign == 45 || sign == 43) {
        negative = sign == 45;
        if (++p == end) return -(row + 1);
      }
      // First the shape: where digits that count begin, how many they are, and the last one's power of ten.
      let first: usize = 0;
      let digits = 0;
      let exponent = 0;
      let point = false;
      let q = p;
      for (; q < end; q++) {
        const c = <u32>load<u8>(q) - 48;
        if (c <= 9) {
          if (c != 0 || digits > 0) {
            if (digits == 0) first = q;
            digits++;
          }
          if (point) exponent--;
        } else if (c == <u32>46 - 48 && !point) {
          point = true;
        } else {
          break;
        }
      }
      if (q < end) {
        if ((load<u8>(q) | 0x20) != 101 || q == p) return -(row + 1);
        q++;
        let minus = false;
        if (q < end && (load<u8>(q) == 45 || load<u8>(q) == 43)) minus = load<u8>(q++) == 45;
        let written = 0;
        for (; q < end; q++) {
          const c = <u32>load<u8>(q) - 48;
          if (c > 9) return -(row + 1);
          if (written < 100000) written = written * 10 + <i32>c;
        }
        exponent += minus ? -written : written;
      }
      const wanted = digits == 0 ? 0 : digits + exponent + scale;
      if (wanted > precision) return -(row + 1);
      let value: u64 = 0;
      let taken = 0;
      if (width <= 8) {
        for (q = first; taken < wanted; taken++) {
          let c: u64 = 0;
          if (taken < digits) {
            if (load<u8>(q) == 46) q++;
            c = <u64>load<u8>(q++) - 48;
          }
          value = value * 10 + c;
        }
        if (negative) value = 0 - value;
        if (width == 4) store<u32>(out, <u32>value);
        else store<u64>(out, value);
      } else {
        for (q = first; taken < wanted; ) {
          let factor: u64 = 1;
          let carry: u64 = 0;
          for (let i = 0; i < 9 && taken < wanted; i++, taken++) {
            let c: u64 = 0;
            if (taken < digits) {
              if (load<u8>(q) == 46) q++;
              c = <u64>load<u8>(q++) - 48;
            }
            carry = carry * 10 + c;
            factor *= 10;
          }
          for (let limb = out; limb < out + <usize>width; limb += 4) {
            const x = <u64>load<u32>(limb) * factor + carry;
            store<u32>(limb, <u32>x);
            carry = x >> 32;
          }
        }
        if (negative) {
          let carry: u64 = 1;
          for (let limb = out; limb < out + <usize>width; limb += 4) {
            const inverted: u32 = ~load<u32>(limb);
            const x = <u64>inverted + carry;
            store<u32>(limb, <u32>x);
            carry = x >> 32;
          }
        }
      }
    }
    out += <usize>width;
  }
  return rows;
}

/** Puts the point into the digits in [start, end), scale digits before the end; gives the new end. zeros: keep trailing ones. */
function placePoint(start: usize, end: usize, scale: i32, zeros: bool): usize {
  if (scale == 0) return end;
  const digits = <i32>(end - start);
  const missing = scale + 1 - digits;
  if (missing > 0) {
    memory.copy(start + <usize>missing, start, digits);
    memory.fill(start, 48, missing);
    end += <usize>missing;
  }
  const point = end - <usize>scale;
  memory.copy(point + 1, point, scale);
  store<u8>(point, 46);
  end++;
  if (zeros) return end;
  while (load<u8>(end - 1) == 48) end--;
  return load<u8>(end - 1) == 46 ? end - 1 : end;
}

/**
 * Decimals to text. zeros: 1 writes all `scale` digits behind the point, 0 drops trailing zeros. Bytes a value: 42 up to 16 bytes
 * wide, 80 for 32.
 */
export function printDecimal(
  values: usize, width: i32, scale: i32, zeros: i32, rows: i32, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    if (width <= 8) {
      const value = width == 4 ? <i64>load<i32>(values) : load<i64>(values);
      if (value < 0) store<u8>(out++, 45);
      out = placePoint(out, writeUnsigned(out, value < 0 ? 0 - <u64>value : <u64>value), scale, zeros != 0);
    } else {
      const negative = <i64>load<u64>(values + <usize>width - 8) < 0;
      if (negative) store<u8>(out++, 45);
      out = placePoint(out, writeWide(out, values, width >> 3, negative), scale, zeros != 0);
    }
    values += <usize>width;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}
