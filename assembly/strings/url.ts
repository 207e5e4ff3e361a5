// Parts of a URL, as pieces of it: the start above bit 32, the end below. What is not there is empty.

import { findByte } from "./scan";

// @ts-ignore: decorator
@inline
function piece(start: usize, end: usize): u64 {
  return <u64>start << 32 | <u64>end;
}

function isAlphaNumeric(byte: u8): bool {
  return <u32>(byte | 0x20) - 0x61 < 26 || <u32>byte - 0x30 < 10;
}

/** `http` of `http:...` with three bytes or more behind the colon; a letter first, then letters, digits, `+`, `-` and `.`. */
export function urlProtocol(start: usize, end: usize): u64 {
  if (start == end || <u32>(load<u8>(start) | 0x20) - 0x61 >= 26) return piece(start, start);
  for (let p = start + 1; p < end; p++) {
    const byte = load<u8>(p);
    if (byte == 0x3a) return piece(start, end - p > 3 ? p : start);
    if (!isAlphaNumeric(byte) && byte != 0x2b && byte != 0x2d && byte != 0x2e) break;
  }
  return piece(start, start);
}

/** Where what follows `scheme://` or `//` begins; the start itself where there is neither. A scheme has at most 15 bytes. */
export function urlHostEnd(start: usize, end: usize): usize {
  if (end - start > 2 && load<u8>(start) == 0x2f && load<u8>(start, 1) == 0x2f) return start + 2;
  const limit = min<usize>(end, start + 16);
  let p = start;
  if (p < limit) p++;
  while (p < limit) {
    const byte = load<u8>(p);
    if (!isAlphaNumeric(byte) && byte != 0x2b && byte != 0x2d && byte != 0x2e) break;
    p++;
  }
  const hasScheme = limit - p > 2 && load<u8>(p) == 0x3a && load<u8>(p, 1) == 0x2f && load<u8>(p, 2) == 0x2f;
  return hasScheme ? p + 3 : start;
}

/** A byte that no host has: then it is no URL. */
function isForbidden(byte: u8): bool {
  switch (byte) {
    case 0x09: // tab
    case 0x20: // space
    case 0x3c: // <
    case 0x3e: // >
    case 0x25: // %
    case 0x7b: // {
    case 0x7d: // }
    case 0x7c: // |
    case 0x5c: // \
    case 0x5e: // ^
    case 0x7e: // ~
    case 0x5b: // [
    case 0x5d: // ]
    case 0x3b: // ;
    case 0x3d: // =
    case 0x26: // &
      return true;
  }
  return false;
}

/**
 * The host. Plain: user and password are not told from a port, so `user:pw@host` has none. rfc: they are, and `[...]` is an address.
 * A host without a dot is none.
 */
export function urlHost(start: usize, end: usize, rfc: bool): u64 {
  const none = piece(start, start);
  let p = urlHostEnd(start, end);
  let host = p;
  let dot: usize = 0;
  if (rfc && p < end && load<u8>(p) == 0x5b) return bracketed(p, end, none);
  let colon: usize = 0;
  let colonDot: usize = 0;
  for (; p < end; p++) {
    const byte = load<u8>(p);
    if (byte == 0x2e) dot = p;
    else if (byte == 0x2f || byte == 0x3f || byte == 0x23) break;
    else if (byte == 0x3a) {
      if (!rfc || colon) break;
      colon = p;
      colonDot = dot;
    } else if (byte == 0x40) {
      host = p + 1;
      dot = 0;
      colon = 0;
      if (rfc && host < end && load<u8>(host) == 0x5b) return bracketed(host, end, none);
    } else if (isForbidden(byte)) {
      if (!rfc || !hasAt(p, end)) return none;
    }
  }
  if (colon) {
    p = colon;
    dot = colonDot;
  }
  if (dot == 0 || host >= p || p - dot == 1) return none;
  return piece(host, p);
}

/** Whether there is an @ before the path. */
function hasAt(p: usize, end: usize): bool {
  for (; p < end; p++) {
    const byte = load<u8>(p);
    if (byte == 0x40) return true;
    if (byte == 0x2f || byte == 0x3f || byte == 0x23) return false;
  }
  return false;
}

function bracketed(p: usize, end: usize, none: u64): u64 {
  const close = findByte(p, end, 0x5d);
  return close == end ? none : piece(p + 1, close);
}

/** Without `www.` in front. */
export function urlAfterWww(host: u64): u64 {
  const start = <usize>(host >> 32);
  const end = <usize>(host & 0xffffffff);
  return end - start > 4 && load<u32>(start) == 0x2e777777 ? piece(start + 4, end) : host;
}

/** Behind the last dot; nothing for an IPv4 address. */
export function urlTopDomain(host: u64): u64 {
  const start = <usize>(host >> 32);
  const end = <usize>(host & 0xffffffff);
  let p = end;
  while (p > start && load<u8>(p - 1) != 0x2e) p--;
  if (p == start || p == end || <u32>load<u8>(p) - 0x30 < 10) return piece(start, start);
  return piece(p, end);
}

/** Where the path begins: at the first slash, or, where that is one of two, at the first one behind them; end if there is none. */
function pathStart(start: usize, end: usize): usize {
  const slash = findByte(start, end, 0x2f);
  if (slash + 1 < end && load<u8>(slash, 1) == 0x2f) return findByte(slash + 2, end, 0x2f);
  return slash;
}

export function urlPathFull(start: usize, end: usize): u64 {
  return piece(pathStart(start, end), end);
}

export function urlPath(start: usize, end: usize): u64 {
  const path = pathStart(start, end);
  return piece(path, min<usize>(findByte(path, end, 0x3f), findByte(path, end, 0x23)));
}

/** Behind the first `?`, up to a `#` behind it. */
export function urlQuery(start: usize, end: usize): u64 {
  const mark = findByte(start, end, 0x3f);
  return mark == end ? piece(end, end) : piece(mark + 1, findByte(mark, end, 0x23));
}

/** Behind the first `?`; without one, from the first `#` on. */
export function urlQueryAndFragment(start: usize, end: usize): u64 {
  const mark = findByte(start, end, 0x3f);
  return piece(mark == end ? findByte(start, end, 0x23) : mark + 1, end);
}

export function urlFragment(start: usize, end: usize): u64 {
  const hash = findByte(start, end, 0x23);
  return piece(hash == end ? end : hash + 1, end);
}

export function urlCutFragment(start: usize, end: usize): u64 {
  return piece(start, findByte(start, end, 0x23));
}

export function urlCutQueryAndFragment(start: usize, end: usize): u64 {
  const mark = findByte(start, end, 0x3f);
  return piece(start, mark == end ? findByte(start, end, 0x23) : mark);
}

/** Where `www.` before a host begins that has something behind it; end if there is none. */
export function urlWww(start: usize, end: usize): usize {
  const slash = findByte(start, end, 0x2f);
  if (slash + 2 >= end || load<u8>(slash, 1) != 0x2f) return end;
  let host = slash + 2;
  for (let p = host; p < end; p++) {
    const byte = load<u8>(p);
    if (byte == 0x40) host = p + 1;
    else if (byte == 0x2f || byte == 0x3f || byte == 0x23) break;
  }
  return end - host > 4 && load<u32>(host) == 0x2e777777 ? host : end;
}
