// Time zones and the calendar. A zone is a table of `count` spans of time: transitions i64[count], the UTC seconds at which each span
// starts, ascending, the first standing for all time before it as well; offsets i32[count], seconds east of UTC in each span. A
// fixed offset is a table of one.

/** The span that holds a UTC time. hint: where to look first. */
@inline
export function spanOfUtc(transitions: usize, count: i32, utc: i64, hint: i32): i32 {
  if (
    (hint == 0 || utc >= load<i64>(transitions + (<usize>hint << 3))) &&
    (hint + 1 >= count || utc < load<i64>(transitions + (<usize>(hint + 1) << 3)))
  ) return hint;
  return searchUtc(transitions, count, utc);
}

function searchUtc(transitions: usize, count: i32, utc: i64): i32 {
  let low = 0;
  let high = count;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (utc >= load<i64>(transitions + (<usize>middle << 3))) low = middle;
    else high = middle;
  }
  return low;
}

/** When a span starts, on the clock that was valid before it. */
@inline
function localStart(transitions: usize, offsets: usize, span: i32): i64 {
  return load<i64>(transitions + (<usize>span << 3)) + <i64>load<i32>(offsets + (<usize>(span - 1) << 2));
}

/**
 * The span whose offset turns a local time into UTC. Of two times with one name the earlier is meant; a time that the clock jumped
 * over is read with the offset after the jump, as ClickHouse does.
 */
@inline
export function spanOfLocal(transitions: usize, offsets: usize, count: i32, local: i64, hint: i32): i32 {
  if (
    (hint == 0 || local >= localStart(transitions, offsets, hint)) &&
    (hint + 1 >= count || local < localStart(transitions, offsets, hint + 1))
  ) return hint;
  return searchLocal(transitions, offsets, count, local);
}

function searchLocal(transitions: usize, offsets: usize, count: i32, local: i64): i32 {
  let low = 0;
  let high = count;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (local >= localStart(transitions, offsets, middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** Days since 1970-01-01 of a date; the day may exceed its month (2020-02-30 is 2020-03-01). */
@inline
export function daysOfDate(year: i32, month: i32, day: i32): i32 {
  const y = year - i32(month <= 2);
  const era = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra = y - era * 400;
  const shifted = month > 2 ? month - 3 : month + 9;
  const dayOfYear = (153 * shifted + 2) / 5 + day - 1;
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

/** 82 cycles of 400 years: makes every day that can be printed a positive number. */
const CYCLES: i32 = 82;

/**
 * The date of a day since 1970-01-01: year << 16 | month << 8 | day. Years 0 to 32767. By Neri and Schneider: no division that is not a
 * multiplication.
 */
@inline
export function dateOfDays(days: i32): i32 {
  const n1 = 4 * <u32>(days + 719468 + CYCLES * 146097) + 3;
  const century = n1 / 146097;
  const n2 = (n1 - century * 146097) | 3;
  const p2 = <u64>n2 * 2939745;
  const yearOfCentury = <u32>(p2 >> 32);
  const dayOfYear = <u32>p2 / 2939745 / 4;
  const n3 = 2141 * dayOfYear + 197913;
  // Years start in March here.
  const late = dayOfYear >= 306;
  const year = <i32>(100 * century + yearOfCentury) - 400 * CYCLES + i32(late);
  const month = <i32>(n3 >> 16) - (late ? 12 : 0);
  const day = <i32>((n3 & 65535) / 2141) + 1;
  return (year << 16) | (month << 8) | day;
}

@inline
export function daysInMonth(year: i32, month: i32): i32 {
  if (month == 2) return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}
