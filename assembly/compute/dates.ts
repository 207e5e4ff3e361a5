// Dates and times. Three forms: days since 1970-01-01, i32[rows]; seconds since the epoch, i64[rows] (UTC, or local: with the zone's offset
// added, read as if it were UTC); and parts of them. A DateTime (u32) is cast to i64 first, a Date (u16) to i32.
//
// A zone is changes: i64[count], ascending seconds, and offsets: i32[count + 1], seconds east of UTC, the first one before the first change.
// Nothing is touched past the rows; out may be the input where they have one width.

const DAY: i64 = 86400;

/** Rounds down, also below zero. divisor > 0. */
// @ts-ignore: decorator
@inline
function floorDiv(value: i64, divisor: i64): i64 {
  const quotient = value / divisor;
  return quotient - i64(value % divisor < 0);
}

/** How many changes are at or before the second. */
// @ts-ignore: decorator
@inline
function changesBefore(changes: usize, count: i32, second: i64): i32 {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<i64>(changes + (<usize>middle << 3)) <= second) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** UTC to local seconds. Rows near each other in time share one search. */
export function utcToLocal(seconds: usize, changes: usize, offsets: usize, count: i32, out: usize, rows: i32): void {
  const end = out + (<usize>rows << 3);
  if (count == 0) {
    const offset = i64x2.splat(<i64>load<i32>(offsets));
    for (; out + 16 <= end; out += 16, seconds += 16) v128.store(out, i64x2.add(v128.load(seconds), offset));
    if (out < end) store<i64>(out, load<i64>(seconds) + <i64>load<i32>(offsets));
    return;
  }
  let from: i64 = 1; // The offset holds in [from, to); empty at first.
  let to: i64 = 0;
  let offset: i64 = 0;
  for (; out < end; out += 8, seconds += 8) {
    const second = load<i64>(seconds);
    if (second < from || second >= to) {
      const n = changesBefore(changes, count, second);
      offset = <i64>load<i32>(offsets + (<usize>n << 2));
      from = n == 0 ? i64.MIN_VALUE : load<i64>(changes + (<usize>(n - 1) << 3));
      to = n == count ? i64.MAX_VALUE : load<i64>(changes + (<usize>n << 3));
    }
    store<i64>(out, second + offset);
  }
}

/** Local to UTC seconds: of two possible moments the first, of none (a gap) the one that far after the gap. */
export function localToUtc(seconds: usize, changes: usize, offsets: usize, count: i32, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 3); out < end; out += 8, seconds += 8) {
    const local = load<i64>(seconds);
    const before = <i64>load<i32>(offsets + (<usize>changesBefore(changes, count, local - DAY) << 2));
    const early = local - before;
    let utc = early;
    if (<i64>load<i32>(offsets + (<usize>changesBefore(changes, count, early) << 2)) != before) {
      const after = <i64>load<i32>(offsets + (<usize>changesBefore(changes, count, local + DAY) << 2));
      const late = local - after;
      if (<i64>load<i32>(offsets + (<usize>changesBefore(changes, count, late) << 2)) == after) utc = late;
    }
    store<i64>(out, utc);
  }
}

/** Seconds to days, rounded down. */
export function secondsToDays(seconds: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, seconds += 8) {
    store<i32>(out, <i32>floorDiv(load<i64>(seconds), DAY));
  }
}

/** Days to their first second. */
export function daysToSeconds(days: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 3); out < end; out += 8, days += 4) store<i64>(out, <i64>load<i32>(days) * DAY);
}

/** (seconds mod period) / unit, as toHour is (second of the day) / 3600; u8[rows]. */
export function secondsPart(seconds: usize, period: i32, unit: i32, out: usize, rows: i32): void {
  for (const end = out + <usize>rows; out < end; out++, seconds += 8) {
    const second = load<i64>(seconds);
    store<u8>(out, <u8>(<u32>(second - floorDiv(second, period) * period) / <u32>unit));
  }
}

/** Rounded down to a multiple of the period, i64[rows]; period > 0 in the values' own unit. */
export function floorToPeriod(values: usize, period: f64, out: usize, rows: i32): void {
  const step = <i64>period;
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += 8) {
    store<i64>(out, floorDiv(load<i64>(values), step) * step);
  }
}

/** Divided by a positive number and rounded down: ticks to seconds. */
export function floorDivI64(values: usize, divisor: f64, out: usize, rows: i32): void {
  const by = <i64>divisor;
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += 8) store<i64>(out, floorDiv(load<i64>(values), by));
}

// A year that starts in March puts the leap day last. Days are counted from 0000-03-01, far enough back that all is positive: the shift is
// a whole number of 400-year eras.
const ERA_DAYS: u32 = 146097;
const SHIFT_ERAS: u32 = 400;
const EPOCH: u32 = 719468; // days from 0000-03-01 to 1970-01-01

/** Year, month (1..12), day (1..31) as year << 16 | month << 8 | day. */
// @ts-ignore: decorator
@inline
function civil(days: i32): i32 {
  const shifted = <u32>days + EPOCH + SHIFT_ERAS * ERA_DAYS;
  // 32 bits hold all of this for any date there is; divisions by constants become multiplications then.
  const quarterDays = 4 * shifted + 3;
  const century = quarterDays / ERA_DAYS;
  const dayOfCentury = (quarterDays - century * ERA_DAYS) >>> 2;
  const yearOfCentury = (4 * dayOfCentury + 3) / 1461;
  const dayOfYear = (4 * dayOfCentury + 3 - yearOfCentury * 1461) >>> 2;
  const marchMonth = (5 * dayOfYear + 2) / 153; // 0 is March
  const day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
  const isNext = marchMonth >= 10;
  const month = isNext ? marchMonth - 9 : marchMonth + 3;
  const year = <i32>(century * 100 + yearOfCentury) - <i32>(SHIFT_ERAS * 400) + i32(isNext);
  return (year << 16) | <i32>(month << 8) | <i32>day;
}

/** The inverse. month may be anything: years are carried. */
// @ts-ignore: decorator
@inline
function daysOf(year: i32, month: i32, day: i32): i32 {
  const months = year * 12 + month - 1;
  const whole = <i32>floorDiv(months, 12);
  const inYear = months - whole * 12; // 0 is January
  const y = whole - i32(inYear < 2) + <i32>SHIFT_ERAS * 400;
  const era = y / 400;
  const yearOfEra = y - era * 400;
  const marchMonth = inYear < 2 ? inYear + 10 : inYear - 2;
  const dayOfYear = (153 * marchMonth + 2) / 5 + day - 1;
  return (era - <i32>SHIFT_ERAS) * <i32>ERA_DAYS + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - <i32>EPOCH;
}

// @ts-ignore: decorator
@inline
function yearOf(days: i32): i32 {
  return civil(days) >> 16;
}

// @ts-ignore: decorator
@inline
function monthOf(days: i32): i32 {
  return (civil(days) >> 8) & 255;
}

/** 0 is Monday. 1970-01-01 was a Thursday. */
// @ts-ignore: decorator
@inline
function weekday(days: i32): i32 {
  return <i32>(<u32>(days + 3 + 7 * 100000000) % 7);
}

// @ts-ignore: decorator
@inline
function isLeap(year: i32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

// @ts-ignore: decorator
@inline
function monthLength(year: i32, month: i32): i32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** What daysPart gives of a day. */
const YEAR = 0;
const QUARTER = 1;
const MONTH = 2;
const DAY_OF_MONTH = 3;
const DAY_OF_YEAR = 4;
const DAY_OF_WEEK = 5; // 1 is Monday
const YYYYMM = 6;
const YYYYMMDD = 7;
const ISO_YEAR = 8;
const ISO_WEEK = 9;
const MONTH_NUMBER = 10; // year * 12 + month
const QUARTER_NUMBER = 11; // year * 4 + quarter - 1
const DAYS_IN_MONTH = 12;

// @ts-ignore: decorator
@inline
function part(which: i32, days: i32): i32 {
  if (which == DAY_OF_WEEK) return weekday(days) + 1;
  if (which == ISO_YEAR) return yearOf(days - weekday(days) + 3);
  if (which == ISO_WEEK) {
    const thursday = days - weekday(days) + 3;
    return (thursday - daysOf(yearOf(thursday), 1, 1)) / 7 + 1;
  }
  const date = civil(days);
  const year = date >> 16;
  const month = (date >> 8) & 255;
  if (which == YEAR) return year;
  if (which == QUARTER) return (month + 2) / 3;
  if (which == MONTH) return month;
  if (which == DAY_OF_MONTH) return date & 255;
  if (which == DAY_OF_YEAR) return days - daysOf(year, 1, 1) + 1;
  if (which == YYYYMM) return year * 100 + month;
  if (which == YYYYMMDD) return (year * 100 + month) * 100 + (date & 255);
  if (which == MONTH_NUMBER) return year * 12 + month;
  if (which == QUARTER_NUMBER) return year * 4 + (month - 1) / 3;
  return monthLength(year, month);
}

// @ts-ignore: decorator
@inline
function parts(which: i32, days: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, days += 4) store<i32>(out, part(which, load<i32>(days)));
}

// One part of each day, i32[rows].
/** The year. */
export function yearOfDays(days: usize, out: usize, rows: i32): void { parts(YEAR, days, out, rows); }
/** The quarter, 1 to 4. */
export function quarterOfDays(days: usize, out: usize, rows: i32): void { parts(QUARTER, days, out, rows); }
/** The month, 1 to 12. */
export function monthOfDays(days: usize, out: usize, rows: i32): void { parts(MONTH, days, out, rows); }
/** The day of the month, 1 to 31. */
export function dayOfMonthOfDays(days: usize, out: usize, rows: i32): void { parts(DAY_OF_MONTH, days, out, rows); }
/** The day of the year, 1 to 366. */
export function dayOfYearOfDays(days: usize, out: usize, rows: i32): void { parts(DAY_OF_YEAR, days, out, rows); }
/** The day of the week, 1 (Monday) to 7. */
export function dayOfWeekOfDays(days: usize, out: usize, rows: i32): void { parts(DAY_OF_WEEK, days, out, rows); }
/** year * 100 + month. */
export function yearMonthOfDays(days: usize, out: usize, rows: i32): void { parts(YYYYMM, days, out, rows); }
/** year * 10000 + month * 100 + day. */
export function yearMonthDayOfDays(days: usize, out: usize, rows: i32): void { parts(YYYYMMDD, days, out, rows); }
/** The year that the ISO week is in. */
export function isoYearOfDays(days: usize, out: usize, rows: i32): void { parts(ISO_YEAR, days, out, rows); }
/** The ISO week, 1 to 53. */
export function isoWeekOfDays(days: usize, out: usize, rows: i32): void { parts(ISO_WEEK, days, out, rows); }
/** year * 12 + month. */
export function monthNumberOfDays(days: usize, out: usize, rows: i32): void { parts(MONTH_NUMBER, days, out, rows); }
/** year * 4 + quarter - 1. */
export function quarterNumberOfDays(days: usize, out: usize, rows: i32): void { parts(QUARTER_NUMBER, days, out, rows); }
/** Days in the month, 28 to 31. */
export function daysInMonthOfDays(days: usize, out: usize, rows: i32): void { parts(DAYS_IN_MONTH, days, out, rows); }

/** The first day of the run of months (1 month, 3 a quarter, 12 a year, ...) that the day is in; runs are counted from a year's January. */
export function startOfMonths(days: usize, months: i32, fromYear: i32, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, days += 4) {
    const date = civil(load<i32>(days));
    const number = ((date >> 16) - fromYear) * 12 + ((date >> 8) & 255) - 1;
    store<i32>(out, daysOf(fromYear, <i32>(floorDiv(number, months)) * months + 1, 1));
  }
}

/** The first day of the run of weeks; firstDay: 0 weeks start on Monday, 6 on Sunday. Runs are counted from 1970-01-05 (or -04). */
export function startOfWeeks(days: usize, weeks: i32, firstDay: i32, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, days += 4) {
    const day = load<i32>(days);
    const origin = 4 + (firstDay == 0 ? 0 : firstDay - 7);
    store<i32>(out, <i32>(floorDiv(day - origin, weeks * 7)) * weeks * 7 + origin);
  }
}

/** The first day of the ISO year, a Monday. */
export function startOfIsoYear(days: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, days += 4) {
    const day = load<i32>(days);
    const year = yearOf(day - weekday(day) + 3);
    const fourth = daysOf(year, 1, 4); // always in week 1
    store<i32>(out, fourth - weekday(fourth));
  }
}

/** The last day of the month. */
export function lastDayOfMonth(days: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 2); out < end; out += 4, days += 4) {
    const day = load<i32>(days);
    const date = civil(day);
    store<i32>(out, day - (date & 255) + monthLength(date >> 16, (date >> 8) & 255));
  }
}

/** Months added; the day is cut to the month's length. days, out: i32[rows]; months: i64[rows]. */
export function addMonths(days: usize, months: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const date = civil(load<i32>(days + (row << 2)));
    const number = (<i64>(date >> 16)) * 12 + ((date >> 8) & 255) - 1 + load<i64>(months + (row << 3));
    const year = <i32>max<i64>(min<i64>(floorDiv(number, 12), 20000), -20000);
    const month = <i32>(number - floorDiv(number, 12) * 12) + 1;
    store<i32>(out + (row << 2), daysOf(year, month, min(date & 255, monthLength(year, month))));
  }
}

/** Days from year, month and day, i32[rows] each; month and day may run over. */
export function makeDays(years: usize, months: usize, daysOfMonth: usize, out: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = row << 2;
    store<i32>(out + at, daysOf(load<i32>(years + at), load<i32>(months + at), 1) + load<i32>(daysOfMonth + at) - 1);
  }
}

/** Clamped to 1970-01-01..2149-06-06 and cut to u16, as a Date is made from days. */
export function daysToDate(days: usize, out: usize, rows: i32): void {
  for (const end = out + (<usize>rows << 1); out < end; out += 2, days += 4) {
    store<u16>(out, <u16>min(max(load<i32>(days), 0), 65535));
  }
}

/** Clamped to [low, high], i64[rows]. */
export function clampI64(values: usize, low: f64, high: f64, out: usize, rows: i32): void {
  const least = <i64>low;
  const most = <i64>high;
  for (const end = out + (<usize>rows << 3); out < end; out += 8, values += 8) {
    store<i64>(out, min(max(load<i64>(values), least), most));
  }
}
