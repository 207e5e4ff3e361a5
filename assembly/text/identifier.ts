// UUIDs, IP addresses and enum names, from text and to text.

import { write8 } from "./printNumber";
import { copyLoose, equalBytes } from "./spans";

@inline
function hexValue(c: u32): u32 {
  if (c - 48 <= 9) return c - 48;
  const letter = (c | 0x20) - 97;
  return letter <= 5 ? letter + 10 : 16;
}

/** Set by hex where something is no digit. */
const badAt = memory.data(4, 4);

@inline
function hex(p: usize, count: usize): u64 {
  let value: u64 = 0;
  let bad: u32 = 0;
  for (let i: usize = 0; i < count; i++) {
    const digit = hexValue(load<u8>(p + i));
    bad |= digit;
    value = (value << 4) | <u64>(digit & 15);
  }
  if (bad & 16) store<u32>(badAt, 1);
  return value;
}

/**
 * Spans to UUID: two u64, the first half of the text as the first. 36 characters with hyphens or 32 without. Returns rows, or
 * -(row + 1) of the first bad field.
 */
export function parseUuid(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  store<u32>(badAt, 0);
  for (let row = 0; row < rows; row++) {
    const p = base + <usize>load<u32>(starts);
    const size = <usize>(load<u32>(ends) - load<u32>(starts));
    starts += 4;
    ends += 4;
    let high: u64 = 0;
    let low: u64 = 0;
    if (size == 36) {
      if (load<u8>(p, 8) != 45 || load<u8>(p, 13) != 45 || load<u8>(p, 18) != 45 || load<u8>(p, 23) != 45) return -(row + 1);
      high = (hex(p, 8) << 32) | (hex(p + 9, 4) << 16) | hex(p + 14, 4);
      low = (hex(p + 19, 4) << 48) | hex(p + 24, 12);
    } else if (size == 32) {
      high = hex(p, 16);
      low = hex(p + 16, 16);
    } else if (size != 0) {
      return -(row + 1);
    }
    if (load<u32>(badAt) != 0) return -(row + 1);
    store<u64>(out, high);
    store<u64>(out, low, 8);
    out += 16;
  }
  return rows;
}

/** Bytes a value: 36. */
export function printUuid(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  // "0123456789abcdef"
  const digits = v128(48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102);
  const nibble = i8x16.splat(15);
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const loaded = v128.load(values);
    const bytes = v128.shuffle<u8>(loaded, loaded, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
    const high = i8x16.shr_u(bytes, 4);
    const low = v128.and(bytes, nibble);
    const first = i8x16.swizzle(digits, v128.shuffle<u8>(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    const second = i8x16.swizzle(digits, v128.shuffle<u8>(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    store<u64>(out, i64x2.extract_lane(first, 0));
    store<u8>(out, 45, 8);
    store<u32>(out, i32x4.extract_lane(first, 2), 9);
    store<u8>(out, 45, 13);
    store<u32>(out, i32x4.extract_lane(first, 3), 14);
    store<u8>(out, 45, 18);
    store<u32>(out, i32x4.extract_lane(second, 0), 19);
    store<u8>(out, 45, 23);
    store<u64>(out, (<u64>i32x4.extract_lane(second, 1) & 0xffffffff) | (<u64>i32x4.extract_lane(second, 2) << 32), 24);
    store<u32>(out, i32x4.extract_lane(second, 3), 32);
    out += 36;
    values += 16;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** An IPv4 address that fills [p, end); -1 if it is none. */
function ipv4(p: usize, end: usize): i64 {
  let value: u32 = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (p >= end || load<u8>(p++) != 46) return -1;
    }
    let number: u32 = 0;
    const start = p;
    while (p < end) {
      const c = <u32>load<u8>(p) - 48;
      if (c > 9) break;
      number = number * 10 + c;
      if (number > 255) return -1;
      p++;
    }
    if (p == start || p - start > 8) return -1;
    value = (value << 8) | number;
  }
  return p == end ? <i64>value : -1;
}

/** Spans to IPv4 (u32). An empty span is 0.0.0.0. */
export function parseIpv4(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    const p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    const value = p == end ? 0 : ipv4(p, end);
    if (value < 0) return -(row + 1);
    store<u32>(out, <u32>value);
    out += 4;
  }
  return rows;
}

/** Writes an IPv6 address of 16 bytes, or an IPv4 one mapped into it; gives whether it is one. */
function ipv6(p: usize, end: usize, out: usize): bool {
  memory.fill(out, 0, 16);
  const whole = ipv4(p, end);
  if (whole >= 0) {
    store<u16>(out, 0xffff, 10);
    store<u32>(out, bswap<u32>(<u32>whole), 12);
    return true;
  }
  let groups: usize = 0;
  let gap: isize = -1;
  if (end - p >= 2 && load<u8>(p) == 58) {
    if (load<u8>(p, 1) != 58) return false;
    gap = 0;
    p += 2;
  }
  while (p < end) {
    if (groups == 8) return false;
    // One group of hexadecimal digits, or an IPv4 address at the end.
    let value: u32 = 0;
    const start = p;
    while (p < end && p - start < 5) {
      const digit = hexValue(load<u8>(p));
      if (digit > 15) break;
      value = (value << 4) | digit;
      p++;
    }
    if (p < end && load<u8>(p) == 46) {
      const tail = ipv4(start, end);
      if (tail < 0 || groups > 6) return false;
      store<u32>(out + (groups << 1), bswap<u32>(<u32>tail));
      groups += 2;
      p = end;
      break;
    }
    if (p == start || p - start > 4) return false;
    store<u16>(out + (groups << 1), bswap<u16>(<u16>value));
    groups++;
    if (p == end) break;
    if (load<u8>(p++) != 58) return false;
    if (p == end) return false;
    if (load<u8>(p) == 58) {
      if (gap >= 0) return false;
      gap = <isize>groups;
      p++;
    }
  }
  if (gap < 0) return groups == 8;
  // Eight groups and a gap of none: accepted, as ClickHouse does.
  const behind = groups - <usize>gap;
  memory.copy(out + ((8 - behind) << 1), out + (<usize>gap << 1), behind << 1);
  memory.fill(out + (<usize>gap << 1), 0, (8 - groups) << 1);
  return true;
}

/** Spans to IPv6 (16 bytes, as on the network). IPv4 addresses are mapped (::ffff:1.2.3.4). An empty span is ::. */
export function parseIpv6(starts: usize, ends: usize, base: usize, rows: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    const p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    if (p == end) memory.fill(out, 0, 16);
    else if (!ipv6(p, end, out)) return -(row + 1);
    out += 16;
  }
  return rows;
}

@inline
function writeIpv4(out: usize, value: u32): usize {
  out = write8(out, value >> 24);
  store<u8>(out++, 46);
  out = write8(out, (value >> 16) & 255);
  store<u8>(out++, 46);
  out = write8(out, (value >> 8) & 255);
  store<u8>(out++, 46);
  return write8(out, value & 255);
}

/** Bytes a value: 15. */
export function printIpv4(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeIpv4(out, load<u32>(values));
    values += 4;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

@inline
function group(address: usize, i: i32): u32 {
  return <u32>bswap<u16>(load<u16>(address + (<usize>i << 1)));
}

function writeIpv6(out: usize, address: usize): usize {
  // The longest run of two or more zero groups, the first of equals.
  let best = -1;
  let bestSize = 1;
  for (let i = 0; i < 8; ) {
    let size = 0;
    while (i + size < 8 && group(address, i + size) == 0) size++;
    if (size > bestSize) {
      best = i;
      bestSize = size;
    }
    i += size + 1;
  }
  for (let i = 0; i < 8; i++) {
    if (i == best) {
      store<u16>(out, 0x3a3a);
      out += 2;
      i += bestSize - 1;
      continue;
    }
    if (i == 6 && best == 0 && (bestSize == 6 || (bestSize == 5 && group(address, 5) == 0xffff))) {
      if (bestSize == 5) store<u8>(out++, 58);
      return writeIpv4(out, bswap<u32>(load<u32>(address, 12)));
    }
    if (i > 0 && i != best + bestSize) store<u8>(out++, 58);
    else if (i > 0 && best < 0) store<u8>(out++, 58);
    const value = group(address, i);
    let started = false;
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = (value >> shift) & 15;
      if (digit != 0 || started || shift == 0) {
        store<u8>(out++, digit < 10 ? 48 + digit : 87 + digit);
        started = true;
      }
    }
  }
  return out;
}

/** Bytes a value: 39. */
export function printIpv6(values: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    out = writeIpv6(out, values);
    values += 16;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/** A whole number that fills [p, end), or i32.MIN_VALUE. */
function smallNumber(p: usize, end: usize): i32 {
  if (end - p > 6 || p >= end) return i32.MIN_VALUE;
  const negative = load<u8>(p) == 45;
  if (negative && ++p == end) return i32.MIN_VALUE;
  let value = 0;
  for (; p < end; p++) {
    const c = <u32>load<u8>(p) - 48;
    if (c > 9) return i32.MIN_VALUE;
    value = value * 10 + <i32>c;
  }
  return negative ? -value : value;
}

// @ts-ignore: decorator
@inline
function parseEnum<T>(
  starts: usize, ends: usize, base: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, out: usize,
): i32 {
  let hint = 0;
  for (let row = 0; row < rows; row++) {
    const p = base + <usize>load<u32>(starts);
    const size = load<u32>(ends) - load<u32>(starts);
    starts += 4;
    ends += 4;
    // The name of the row before is the best guess; then all of them.
    let found = -1;
    let at = hint;
    for (let tries = 0; tries < count; tries++) {
      const offset = nameOffsets + (<usize>at << 2);
      const start = load<u32>(offset);
      if (load<u32>(offset, 4) - start == size && equalBytes(nameBytes + <usize>start, p, <usize>size)) {
        found = at;
        break;
      }
      if (++at == count) at = 0;
    }
    if (found < 0) {
      const number = smallNumber(p, p + <usize>size);
      for (let i = 0; i < count; i++) if (<i32>load<i16>(enumValues + (<usize>i << 1)) == number) found = i;
      if (found < 0) return -(row + 1);
    }
    hint = found;
    store<T>(out, <T>load<i16>(enumValues + (<usize>found << 1)));
    out += sizeof<T>();
  }
  return rows;
}

/**
 * Spans to enum values (i8 or i16). Names: a column of `count` strings; enumValues: i16[count] beside them. A number that is one of
 * the values does as well. Returns rows, or -(row + 1) of the first unknown name.
 */
export function parseEnum8(
  starts: usize, ends: usize, base: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, out: usize,
): i32 {
  return parseEnum<i8>(starts, ends, base, rows, nameOffsets, nameBytes, enumValues, count, out);
}

export function parseEnum16(
  starts: usize, ends: usize, base: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, out: usize,
): i32 {
  return parseEnum<i16>(starts, ends, base, rows, nameOffsets, nameBytes, enumValues, count, out);
}

// @ts-ignore: decorator
@inline
function printEnum<T>(
  values: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, outOffsets: usize, outBytes: usize,
): i32 {
  let out = outBytes;
  let hint = 0;
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    outOffsets += 4;
    const value = <i32>load<T>(values);
    values += sizeof<T>();
    if (hint >= count || <i32>load<i16>(enumValues + (<usize>hint << 1)) != value) {
      let low = 0;
      let high = count;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (<i32>load<i16>(enumValues + (<usize>middle << 1)) < value) low = middle + 1;
        else high = middle;
      }
      hint = low;
      if (hint >= count || <i32>load<i16>(enumValues + (<usize>hint << 1)) != value) return -(row + 1);
    }
    const offset = nameOffsets + (<usize>hint << 2);
    const start = load<u32>(offset);
    const size = <usize>(load<u32>(offset, 4) - start);
    copyLoose(out, nameBytes + <usize>start, size);
    out += size;
    store<u32>(outOffsets, <u32>(out - outBytes));
  }
  return <i32>(out - outBytes);
}

/**
 * Enum values to names, as for parseEnum8 but with enumValues ascending. Bytes a value: the longest name. Returns the bytes written, or
 * -(row + 1) of the first value that has no name.
 */
export function printEnum8(
  values: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, outOffsets: usize, outBytes: usize,
): i32 {
  return printEnum<i8>(values, rows, nameOffsets, nameBytes, enumValues, count, outOffsets, outBytes);
}

export function printEnum16(
  values: usize, rows: i32, nameOffsets: usize, nameBytes: usize, enumValues: usize, count: i32, outOffsets: usize, outBytes: usize,
): i32 {
  return printEnum<i16>(values, rows, nameOffsets, nameBytes, enumValues, count, outOffsets, outBytes);
}
