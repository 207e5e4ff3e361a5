// Spans of JSON values and of CSV fields: what the text kernels leave to formats.

import { writeJson } from "../text/unescape";

/** For each row the value behind the key that is the size bytes at name, or an empty span and missing[row] = 1. */
export function pickPairs(
  offsets: usize, keyStarts: usize, keyEnds: usize, valueStarts: usize, valueEnds: usize, base: usize, rows: i32, name: usize,
  size: i32, outStarts: usize, outEnds: usize, missing: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const last = load<u32>(offsets + at, 4);
    let found = false;
    for (let pair = load<u32>(offsets + at); pair < last; pair++) {
      const pairAt = <usize>pair << 2;
      const start = load<u32>(keyStarts + pairAt);
      if (load<u32>(keyEnds + pairAt) - start != <u32>size) continue;
      let i: usize = 0;
      while (i < <usize>size && load<u8>(base + <usize>start + i) == load<u8>(name + i)) i++;
      if (i < <usize>size) continue;
      store<u32>(outStarts + at, load<u32>(valueStarts + pairAt));
      store<u32>(outEnds + at, load<u32>(valueEnds + pairAt));
      found = true;
      break;
    }
    if (!found) {
      store<u32>(outStarts + at, 0);
      store<u32>(outEnds + at, 0);
    }
    store<u8>(missing + <usize>row, u8(!found));
  }
}

/**
 * JSON values to strings: what is in quotes unescaped, everything else as it stands. offsets: u32[rows + 1]; bytes: the spans' size, with
 * 16 bytes of slack written. Returns the bytes written, or -(row + 1) of the first broken string.
 */
export function readJsonStrings(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    if (end > start && load<u8>(start) == 34) {
      if (end - start < 2 || load<u8>(end - 1) != 34) return -(row + 1);
      const written = writeJson(out, start + 1, end - 1);
      if (written == 0) return -(row + 1);
      out = written;
    } else {
      memory.copy(out, start, end - start);
      out += end - start;
    }
    starts += 4;
    ends += 4;
    offsets += 4;
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/**
 * Nulls among CSV fields: mask[row] = 1 and an empty span where a field without quotes is the size bytes at text, or where it is empty
 * and empties is 1. A field with quotes has one before its span. Returns how many.
 */
export function takeCsvNulls(
  starts: usize, ends: usize, base: usize, rows: i32, text: usize, size: i32, empties: i32, mask: usize,
): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const start = load<u32>(starts + at);
    const length = load<u32>(ends + at) - start;
    let isNull = false;
    if (length == 0 ? empties != 0 : length == <u32>size) {
      const before = start == 0 ? <u8>0 : load<u8>(base + <usize>start - 1);
      isNull = before != 34 && before != 39;
      for (let i: u32 = 0; isNull && i < length; i++)
        isNull = load<u8>(base + <usize>start + <usize>i) == load<u8>(text + <usize>i);
    }
    store<u8>(mask + <usize>row, u8(isNull));
    if (isNull) {
      store<u32>(ends + at, start);
      count++;
    }
  }
  return count;
}

/** Empty spans become [start, end), offsets from the base that may wrap around: a piece of text from elsewhere. */
export function fillEmptySpans(starts: usize, ends: usize, rows: i32, start: u32, end: u32): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    if (load<u32>(starts + at) != load<u32>(ends + at)) continue;
    store<u32>(starts + at, start);
    store<u32>(ends + at, end);
  }
}

/** Spans of JSON strings (kinds 1 and 2, u8[rows]), which lie inside the quotes, get them back; others stay. */
export function requoteSpans(starts: usize, ends: usize, kinds: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const kind = load<u8>(kinds + <usize>row);
    if (kind != 1 && kind != 2) continue;
    const at = <usize>row << 2;
    store<u32>(starts + at, load<u32>(starts + at) - 1);
    store<u32>(ends + at, load<u32>(ends + at) + 1);
  }
}

/** Spans of the rows where mask is 1 become [start, end), as fillEmptySpans makes them. */
export function fillSpansWhere(mask: usize, starts: usize, ends: usize, rows: i32, start: u32, end: u32): void {
  for (let row = 0; row < rows; row++) {
    if (load<u8>(mask + <usize>row) == 0) continue;
    store<u32>(starts + (<usize>row << 2), start);
    store<u32>(ends + (<usize>row << 2), end);
  }
}
