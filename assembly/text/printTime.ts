// Dates and times to text. Printers as in printNumber.ts; zones as in zone.ts.

import { writeFull8, writeUnsigned } from "./printNumber";
import { dateOfDays, spanOfUtc } from "./zone";

const HYPHENS: u64 = 0x2d00002d00000000;

/** Two digits of a value below 100, as text, first digit lowest. */
@inline
export function pair(value: u32): u64 {
  const tens = (value * 103) >> 10;
  return <u64>(tens | ((value - tens * 10) << 8) | 0x3030);
}

/** The first eight bytes of YYYY-MM-DD; the day's two follow. */
@inline
function dateHead(date: i32): u64 {
  const year = <u32>date >> 16;
  const century = year / 100;
  return pair(century) | (pair(year - century * 100) << 16) | HYPHENS | (pair((<u32>date >> 8) & 255) << 40);
}

@inline
function writeDate(out: usize, days: i32): usize {
  const date = dateOfDays(days);
  store<u64>(out, dateHead(date));
  store<u16>(out, <u16>pair(<u32>date & 255), 8);
  return out + 10;
}

@inline
function writeTime(out: usize, seconds: u32): void {
  const minutes = seconds / 60;
  const hours = minutes / 60;
  store<u64>(out, pair(hours) | (pair(minutes - hours * 60) << 24) | (pair(seconds - minutes * 60) << 48) | 0x00003a00003a0000);
}

/** Date (u16 days). Bytes a value: 10. */
export function printDate(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeDate(out, <i32>load<u16>(values));
    values += 2;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** Date32 (i32 days). Bytes a value: 10. */
export function printDate32(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeDate(out, min(max(load<i32>(values), -719162), 2932896));
    values += 4;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** DateTime (u32 seconds). Bytes a value: 19. */
export function printDateTime(
  values: usize, rows: i32, transitions: usize, offsets: usize, count: i32, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  let hint = 0;
  let lastDay = i32.MIN_VALUE;
  let head: u64 = 0;
  let tail: u64 = 0;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const utc = <i64>load<u32>(values);
    values += 4;
    hint = spanOfUtc(transitions, count, utc, hint);
    // 200,000 days up, so that the quotient rounds down; divided by 128 first, so that 32 bits do.
    const local = <u64>(utc + <i64>load<i32>(offsets + (<usize>hint << 2)) + 17280000000);
    const shifted = <u32>(local >> 7) / 675;
    const day = <i32>shifted - 200000;
    if (day != lastDay) {
      lastDay = day;
      const date = dateOfDays(day);
      head = dateHead(date);
      tail = pair(<u32>date & 255) | 0x200000;
    }
    store<u64>(out, head);
    store<u32>(out, <u32>tail, 8);
    writeTime(out + 11, <u32>(local - <u64>shifted * 86400));
    out += 19;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** DateTime64(scale), i64 ticks of 10^-scale seconds. Bytes a value: 20 + scale. */
export function printDateTime64(
  values: usize, rows: i32, transitions: usize, offsets: usize, count: i32, scale: i32, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  let hint = 0;
  let ticks: i64 = 1;
  for (let i = 0; i < scale; i++) ticks *= 10;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const value = load<i64>(values);
    values += 8;
    let utc = value / ticks;
    let fraction = value - utc * ticks;
    if (fraction < 0) {
      utc--;
      fraction += ticks;
    }
    hint = spanOfUtc(transitions, count, utc, hint);
    let local = utc + <i64>load<i32>(offsets + (<usize>hint << 2));
    // 0001-01-01 to 9999-12-31: four digits of a year.
    local = min<i64>(max<i64>(local, -62135596800), 253402300799);
    let day = <i32>(local / 86400);
    let second = <i32>(local - <i64>day * 86400);
    if (second < 0) {
      day--;
      second += 86400;
    }
    out = writeDate(out, day);
    store<u8>(out, 32);
    writeTime(out + 1, <u32>second);
    out += 9;
    if (scale > 0) {
      store<u8>(out++, 46);
      for (let i = scale - 1; i >= 0; i--) {
        const rest = fraction / 10;
        store<u8>(out + <usize>i, <u8>(48 + fraction - rest * 10));
        fraction = rest;
      }
      out += <usize>scale;
    }
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}
