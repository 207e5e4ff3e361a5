// Dates and times from text.

import { daysInMonth, daysOfDate, spanOfLocal } from "./zone";

const DATE_MAX: i32 = 65535;
const DATE32_MIN: i32 = -25567; // 1900-01-01
const DATE32_MAX: i32 = 120529; // 2299-12-31
const DATETIME_MAX: i64 = 4294967295;

/** Not a date. */
const BAD: i32 = i32.MIN_VALUE;
const BAD_TIME: i64 = i64.MIN_VALUE;

@inline
function digit(pointer: usize): u32 {
  return <u32>load<u8>(pointer) - 48;
}

@inline
function two(pointer: usize): i32 {
  return <i32>(digit(pointer) * 10 + digit(pointer + 1));
}

@inline
function isDigit(pointer: usize): bool {
  return digit(pointer) <= 9;
}

/** All bytes of [pointer, end) are digits. */
@inline
function digitsOnly(pointer: usize, end: usize): bool {
  while (pointer < end) if (digit(pointer++) > 9) return false;
  return true;
}

/** YYYY-MM-DD at pointer, digits checked by one word each: year << 16 | month << 8 | day, or BAD. */
@inline
function plainDate(pointer: usize): i32 {
  const head = load<u64>(pointer);
  // 0123-56- : digits at bytes 0 1 2 3 5 6
  const digits = (head ^ 0x0030300030303030) & 0x00ffff00ffffffff;
  const bad = ((digits + 0x0076760076767676) | digits) & 0x0080800080808080;
  if (bad != 0 || !isDigit(pointer + 8) || !isDigit(pointer + 9) || isDigit(pointer + 4) || isDigit(pointer + 7)) return BAD;
  const year = two(pointer) * 100 + two(pointer + 2);
  return (year << 16) | (two(pointer + 5) << 8) | two(pointer + 8);
}

/** The seconds of hh:mm:ss in the last 8 of YYYY-MM-DD hh:mm:ss, -1 if it is not so written. */
@inline
function plainTime(start: usize): i32 {
  const word = load<u64>(start + 11);
  // The colons become 0, and so less than ten as well.
  const digits = word ^ 0x30303a30303a3030;
  const between = load<u8>(start + 10);
  if ((((digits + 0x76767f76767f7676) | digits) & 0x8080808080808080) != 0 || (between != 32 && between != 84)) return -1;
  return two(start + 11) * 3600 + two(start + 14) * 60 + two(start + 17);
}

/** Any form of a date that fills [pointer, end): also 2020-1-2, 20200102, other separators. */
function anyDate(pointer: usize, end: usize): i32 {
  const size = end - pointer;
  if (size == 10) {
    const date = plainDate(pointer);
    if (date != BAD) return date;
  }
  if (size == 8 && digitsOnly(pointer, end)) {
    return ((two(pointer) * 100 + two(pointer + 2)) << 16) | (two(pointer + 4) << 8) | two(pointer + 6);
  }
  if (size < 8 || size > 10 || !digitsOnly(pointer, pointer + 4)) return BAD;
  const year = two(pointer) * 100 + two(pointer + 2);
  let p = pointer + 4;
  if (isDigit(p++) || !isDigit(p)) return BAD;
  let month = <i32>digit(p++);
  if (isDigit(p)) month = month * 10 + <i32>digit(p++);
  if (p >= end || isDigit(p++)) return BAD;
  if (p >= end || !isDigit(p)) return BAD;
  let day = <i32>digit(p++);
  if (p < end && isDigit(p)) day = day * 10 + <i32>digit(p++);
  return p == end ? (year << 16) | (month << 8) | day : BAD;
}

/** Days of a date as ClickHouse takes it: an impossible month or day is 1970-01-01, February 30 is March 1. */
@inline
function daysOf(date: i32): i32 {
  const month = (date >> 8) & 255;
  const day = date & 255;
  if (month - 1 > 11 || month == 0 || day == 0 || day > 31) return 0;
  return daysOfDate(date >> 16, month, day);
}

/** Spans to Date (u16 days). Out of range: the nearest date that there is. Returns rows, or -(row + 1) of the first bad field. */
export function parseDate(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  let lastDate = 0;
  let lastDays = 0;
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    let days = 0;
    if (end > start) {
      let date = end - start == 10 ? plainDate(start) : BAD;
      if (date == BAD) date = anyDate(start, end);
      if (date == BAD) return -(row + 1);
      days = date == lastDate ? lastDays : min(max(daysOf(date), 0), DATE_MAX);
      lastDate = date;
      lastDays = days;
    }
    store<u16>(out, <u16>days);
    out += 2;
  }
  return rows;
}

/** Spans to Date32 (i32 days). */
export function parseDate32(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    let days = 0;
    if (end > start) {
      const date = anyDate(start, end);
      if (date == BAD) return -(row + 1);
      days = min(max(daysOf(date), DATE32_MIN), DATE32_MAX);
    }
    store<i32>(out, days);
    out += 4;
  }
  return rows;
}

/** What parseMoment leaves besides its seconds: the fraction in nanoseconds, and 1 if the seconds are already UTC. */
const fractionAt = memory.data(4, 4);
const isUtcAt = memory.data(4, 4);

/** One or two digits; 255 if there is none. The position is kept in *cursorAt. */
const cursorAt = memory.data(4, 4);

function oneOrTwo(end: usize): i32 {
  let p = <usize>load<u32>(cursorAt);
  if (p >= end || !isDigit(p)) return -1;
  let value = <i32>digit(p++);
  if (p < end && isDigit(p)) value = value * 10 + <i32>digit(p++);
  store<u32>(cursorAt, <u32>p);
  return value;
}

/** Digits behind a point as nanoseconds; further ones are dropped. */
function readFraction(p: usize, end: usize): usize {
  let nanos: u32 = 0;
  let digits = 0;
  for (; p < end && isDigit(p); p++) {
    if (digits < 9) {
      nanos = nanos * 10 + digit(p);
      digits++;
    }
  }
  for (; digits < 9; digits++) nanos *= 10;
  store<u32>(fractionAt, nanos);
  return p;
}

/**
 * Seconds since 1970-01-01 00:00:00 on the text's own clock: a date with an optional time, fraction and offset (Z, +03:00), or a
 * Unix timestamp. BAD_TIME for anything else.
 */
function parseMoment(start: usize, end: usize): i64 {
  store<u32>(fractionAt, 0);
  store<u32>(isUtcAt, 0);
  let p = start;
  const negative = load<u8>(p) == 45;
  if (negative) p++;
  const numberStart = p;
  while (p < end && isDigit(p)) p++;
  const digits = p - numberStart;
  if (digits != 4 && (p == end || load<u8>(p) == 46)) return parseTimestamp(numberStart, p, end, negative);
  if (digits == 4 && p == end) return parseTimestamp(numberStart, p, end, negative);
  if (negative || digits != 4) return BAD_TIME;

  const year = two(start) * 100 + two(start + 2);
  store<u32>(cursorAt, <u32>p + 1);
  const month = oneOrTwo(end);
  p = <usize>load<u32>(cursorAt);
  if (p >= end || isDigit(p)) return BAD_TIME;
  store<u32>(cursorAt, <u32>p + 1);
  const day = oneOrTwo(end);
  if (month < 0 || day < 0) return BAD_TIME;
  let seconds: i64 = 0;
  p = <usize>load<u32>(cursorAt);
  if (p < end) {
    const between = load<u8>(p);
    if (between != 32 && between != 84) return BAD_TIME;
    store<u32>(cursorAt, <u32>p + 1);
    const hour = oneOrTwo(end);
    p = <usize>load<u32>(cursorAt);
    if (hour < 0 || p >= end || load<u8>(p) != 58) return BAD_TIME;
    store<u32>(cursorAt, <u32>p + 1);
    const minute = oneOrTwo(end);
    if (minute < 0) return BAD_TIME;
    seconds = <i64>(hour * 3600 + minute * 60);
    p = <usize>load<u32>(cursorAt);
    if (p < end && load<u8>(p) == 58) {
      store<u32>(cursorAt, <u32>p + 1);
      const second = oneOrTwo(end);
      if (second < 0) return BAD_TIME;
      seconds += <i64>second;
      p = <usize>load<u32>(cursorAt);
    }
    if (p < end && load<u8>(p) == 46) p = readFraction(p + 1, end);
    if (p < end) {
      const sign = load<u8>(p);
      if (sign == 90 && p + 1 == end) {
        store<u32>(isUtcAt, 1);
      } else if (sign == 43 || sign == 45) {
        store<u32>(cursorAt, <u32>p + 1);
        const hours = oneOrTwo(end);
        p = <usize>load<u32>(cursorAt);
        if (p < end && load<u8>(p) == 58) store<u32>(cursorAt, <u32>p + 1);
        const minutes = p < end ? oneOrTwo(end) : 0;
        if (hours < 0 || minutes < 0 || <usize>load<u32>(cursorAt) != end) return BAD_TIME;
        const east = <i64>(hours * 3600 + minutes * 60);
        seconds -= sign == 45 ? -east : east;
        store<u32>(isUtcAt, 1);
      } else {
        return BAD_TIME;
      }
    }
  }
  // All zeros: how MySQL spells no date.
  if (year == 0 && month == 0 && day == 0) {
    store<u32>(isUtcAt, 1);
    return 0;
  }
  if (month == 0 || month > 12 || day == 0 || day > daysInMonth(year, month)) return BAD_TIME;
  return <i64>daysOfDate(year, month, day) * 86400 + seconds;
}

/** Only digits: YYYYMMDD, YYYYMMDDhhmmss, or seconds (of 13, 16 and 19 digits: milli-, micro- and nanoseconds). */
function parseTimestamp(start: usize, point: usize, end: usize, negative: bool): i64 {
  const digits = point - start;
  if (digits == 0 || (digits > 10 && digits != 13 && digits != 14 && digits != 16 && digits != 19)) return BAD_TIME;
  let value: i64 = 0;
  for (let p = start; p < point; p++) value = value * 10 + <i64>digit(p);
  if (point < end) {
    if (readFraction(point + 1, end) != end) return BAD_TIME;
  } else if (!negative && (digits == 8 || digits == 14)) {
    const date = <i32>(digits == 14 ? value / 1000000 : value);
    const month = date / 100 % 100;
    const day = date % 100;
    if (month == 0 || month > 12 || day == 0 || day > daysInMonth(date / 10000, month)) return BAD_TIME;
    const time = digits == 14 ? <i32>(value % 1000000) : 0;
    return <i64>daysOfDate(date / 10000, month, day) * 86400 + <i64>(time / 10000 * 3600 + time / 100 % 100 * 60 + time % 100);
  }
  store<u32>(isUtcAt, 1);
  if (point == end && digits > 10 && (digits - 10) % 3 == 0) {
    const unit: i64 = digits == 13 ? 1000 : digits == 16 ? 1000000 : 1000000000;
    const whole = value / unit;
    store<u32>(fractionAt, <u32>((value - whole * unit) * (1000000000 / unit)));
    value = whole;
  }
  if (!negative) return value;
  const fraction = load<u32>(fractionAt);
  if (fraction == 0) return -value;
  store<u32>(fractionAt, 1000000000 - fraction);
  return -value - 1;
}

/**
 * Spans to DateTime (u32 seconds) in a zone (see zone.ts). Reads YYYY-MM-DD hh:mm:ss and its relatives, and Unix timestamps. Out of
 * range: the nearest time that there is. Returns rows, or -(row + 1) of the first bad field.
 */
export function parseDateTime(
  starts: usize, ends: usize, base: usize, rows: i32, transitions: usize, offsets: usize, count: i32, out: usize,
): i32 {
  let hint = 0;
  let lastDate = BAD;
  let lastMidnight: i64 = 0;
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    let utc: i64 = 0;
    if (end > start) {
      let local = BAD_TIME;
      let known = false;
      if (end - start == 19) {
        const date = plainDate(start);
        const time = plainTime(start);
        if (date != BAD && time >= 0) {
          if (date != lastDate) {
            const month = (date >> 8) & 255;
            const day = date & 255;
            if (month != 0 && month <= 12 && day != 0 && day <= daysInMonth(date >> 16, month)) {
              lastDate = date;
              lastMidnight = <i64>daysOfDate(date >> 16, month, day) * 86400;
            }
          }
          if (date == lastDate) local = lastMidnight + <i64>time;
        }
      }
      if (local == BAD_TIME) {
        local = parseMoment(start, end);
        if (local == BAD_TIME) return -(row + 1);
        known = load<u32>(isUtcAt) != 0;
      }
      utc = local;
      if (!known) {
        hint = spanOfLocal(transitions, offsets, count, local, hint);
        utc = local - <i64>load<i32>(offsets + (<usize>hint << 2));
      }
      utc = min<i64>(max<i64>(utc, 0), DATETIME_MAX);
    }
    store<u32>(out, <u32>utc);
    out += 4;
  }
  return rows;
}

/** Spans to DateTime64(scale): i64 ticks of 10^-scale seconds. Digits behind the scale are dropped; a time beyond i64 is bad. */
export function parseDateTime64(
  starts: usize, ends: usize, base: usize, rows: i32, transitions: usize, offsets: usize, count: i32, scale: i32, out: usize,
): i32 {
  let hint = 0;
  let lastDate = BAD;
  let lastMidnight: i64 = 0;
  let ticks: i64 = 1;
  let nanos: u32 = 1000000000;
  for (let i = 0; i < scale; i++) {
    ticks *= 10;
    nanos /= 10;
  }
  const secondsMax = i64.MAX_VALUE / ticks;
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    let value: i64 = 0;
    if (end > start) {
      let utc = BAD_TIME;
      let known = false;
      const size = end - start;
      if (size == 19 || (size > 20 && load<u8>(start, 19) == 46)) {
        const date = plainDate(start);
        const time = plainTime(start);
        if (date != BAD && time >= 0) {
          if (date != lastDate) {
            const month = (date >> 8) & 255;
            const day = date & 255;
            if (month != 0 && month <= 12 && day != 0 && day <= daysInMonth(date >> 16, month)) {
              lastDate = date;
              lastMidnight = <i64>daysOfDate(date >> 16, month, day) * 86400;
            }
          }
          if (date == lastDate) {
            store<u32>(fractionAt, 0);
            if (size == 19 || readFraction(start + 20, end) == end) utc = lastMidnight + <i64>time;
          }
        }
      }
      if (utc == BAD_TIME) {
        utc = parseMoment(start, end);
        if (utc == BAD_TIME) return -(row + 1);
        known = load<u32>(isUtcAt) != 0;
      }
      const fraction = load<u32>(fractionAt);
      if (!known) {
        hint = spanOfLocal(transitions, offsets, count, utc, hint);
        utc -= <i64>load<i32>(offsets + (<usize>hint << 2));
      }
      if (utc >= secondsMax || utc < -secondsMax) return -(row + 1);
      value = utc * ticks + <i64>(fraction / nanos);
    }
    store<i64>(out, value);
    out += 8;
  }
  return rows;
}
