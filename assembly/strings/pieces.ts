// Functions whose result is a piece of their argument. The kernels take offsets and bytes of the argument and write
// targetOffsets: u32[rows + 1] and target, which has room for all of the argument's bytes.

import { findByte, findSet, inSet } from "./scan";
import { copyLoose } from "./sink";
import { claimedSize } from "./utf8";
import {
  urlAfterWww, urlFragment, urlHost, urlPath, urlPathFull, urlProtocol, urlQuery, urlQueryAndFragment, urlTopDomain, urlWww,
  urlCutQueryAndFragment, urlCutFragment,
} from "./url";

/** The piece's start above bit 32, its end below. */
type Pick = (start: usize, end: usize) => u64;

function pickEach(offsets: usize, bytes: usize, rows: i32, targetOffsets: usize, target: usize, pick: Pick): void {
  let out = target;
  store<u32>(targetOffsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    const piece = pick(start, end);
    const from = <usize>(piece >> 32);
    const size = <usize>(piece & 0xffffffff) - from;
    copyLoose(out, from, size);
    out += size;
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
}

/** What of a URL: by the numbers of runtime/functions/url.ts. Unknown numbers give the argument itself. */
export function pickUrl(offsets: usize, bytes: usize, rows: i32, what: i32, targetOffsets: usize, target: usize): void {
  let pick: Pick = whole;
  switch (what) {
    case 0: pick = (start, end) => urlHost(start, end, false); break;
    case 1: pick = (start, end) => urlHost(start, end, true); break;
    case 2: pick = (start, end) => urlAfterWww(urlHost(start, end, false)); break;
    case 3: pick = (start, end) => urlAfterWww(urlHost(start, end, true)); break;
    case 4: pick = (start, end) => urlTopDomain(urlHost(start, end, false)); break;
    case 5: pick = (start, end) => urlTopDomain(urlHost(start, end, true)); break;
    case 6: pick = urlProtocol; break;
    case 7: pick = urlPath; break;
    case 8: pick = urlPathFull; break;
    case 9: pick = urlQuery; break;
    case 10: pick = urlQueryAndFragment; break;
    case 11: pick = urlFragment; break;
    case 12: pick = urlCutFragment; break;
    case 13: pick = urlCutQueryAndFragment; break;
  }
  pickEach(offsets, bytes, rows, targetOffsets, target, pick);
}

function whole(start: usize, end: usize): u64 {
  return <u64>start << 32 | <u64>end;
}

/** A URL without a part in its middle: 0 `www.` before the host, 1 the query string. */
export function cutUrl(offsets: usize, bytes: usize, rows: i32, what: i32, targetOffsets: usize, target: usize): void {
  let out = target;
  store<u32>(targetOffsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    let from = end;
    let to = end;
    if (what == 0) {
      from = urlWww(start, end);
      if (from < end) to = from + 4;
    } else {
      from = findByte(start, end, 0x3f);
      to = findByte(from, end, 0x23);
    }
    copyLoose(out, start, from - start);
    out += from - start;
    copyLoose(out, to, end - to);
    out += end - to;
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
}

/** Without bytes of a set (strings/scan) at the begin (sides & 1) and at the end (sides & 2). */
export function trimSet(
  offsets: usize, bytes: usize, rows: i32, set: usize, outside: usize, sides: i32, targetOffsets: usize, target: usize,
): void {
  let out = target;
  store<u32>(targetOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    let end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    if (sides & 1 && start < end && inSet(set, load<u8>(start))) start = findSet(start, end, outside);
    if (sides & 2) while (end > start && inSet(set, load<u8>(end - 1))) end--;
    copyLoose(out, start, end - start);
    out += end - start;
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
}

/**
 * substring: starts and lengths are i64 at startStep and lengthStep bytes apart (0: one for all; lengths 0: to the end). A start from
 * 1 counts from the front, a negative one from the end, 0 gives nothing. A negative length leaves so much off the end. utf8: counted
 * in code points.
 */
export function substringEach(
  offsets: usize, bytes: usize, rows: i32, starts: usize, startStep: i32, lengths: usize, lengthStep: i32, utf8: i32,
  targetOffsets: usize, target: usize,
): void {
  let out = target;
  store<u32>(targetOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let from = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    let to = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    const start = load<i64>(starts);
    if (start == 0) to = from;
    else if (start > 0) from = utf8 ? skipPoints(from, to, start - 1) : start - 1 < <i64>(to - from) ? from + <usize>(start - 1) : to;
    else {
      const whole = from;
      from = utf8 ? skipPointsBack(whole, to, -start) : -start < <i64>(to - whole) ? to + <usize>start : whole;
      // A start before the string eats from the length, as the place it names is there, only empty.
      if (lengths && load<i64>(lengths) >= 0) {
        const size = utf8 ? countIn(whole, to) : <i64>(to - whole);
        const missing = start == i64.MIN_VALUE ? i64.MAX_VALUE - size : -start - size;
        if (missing > 0) {
          const left = load<i64>(lengths) - missing;
          to = left <= 0 ? from : utf8 ? skipPoints(from, to, left) : left < <i64>(to - from) ? from + <usize>left : to;
        }
      }
    }
    if (lengths) {
      const length = load<i64>(lengths);
      if (length >= 0) to = utf8 ? skipPoints(from, to, length) : length < <i64>(to - from) ? from + <usize>length : to;
      else if (utf8) to = skipPointsBack(from, to, length == i64.MIN_VALUE ? i64.MAX_VALUE : -length);
      else to = length > <i64>from - <i64>to ? to + <usize>length : from;
      lengths += <usize>lengthStep;
    }
    starts += <usize>startStep;
    copyLoose(out, from, to - from);
    out += to - from;
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
}

function countIn(position: usize, end: usize): i64 {
  let count: i64 = 0;
  while (position < end) {
    position += <usize>claimedSize(load<u8>(position));
    count++;
  }
  return count;
}

/** The position behind count code points, at most end. */
function skipPoints(position: usize, end: usize, count: i64): usize {
  while (count > 0 && position < end) {
    position += <usize>claimedSize(load<u8>(position));
    count--;
  }
  return min<usize>(position, end);
}

/** The position before the last count code points, at least start. */
function skipPointsBack(start: usize, position: usize, count: i64): usize {
  while (count > 0 && position > start) {
    position--;
    while (position > start && (load<u8>(position) & 0xc0) == 0x80) position--;
    count--;
  }
  return position;
}

/** Up to the first line's end, which is \n or \r\n. */
export function pickFirstLine(offsets: usize, bytes: usize, rows: i32, targetOffsets: usize, target: usize): void {
  pickEach(offsets, bytes, rows, targetOffsets, target, (start: usize, end: usize): u64 => {
    const newline = findByte(start, end, 0x0a);
    const carriage = newline > start && newline < end && load<u8>(newline - 1) == 0x0d;
    return <u64>start << 32 | <u64>(carriage ? newline - 1 : newline);
  });
}
