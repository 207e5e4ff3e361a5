// Strings made of strings.

import { equalBytes } from "./compare";
import { findByte } from "./scan";
import { findBytes } from "./search";
import { Sink, append, appendU32, copyLoose, reserve } from "./sink";

/**
 * The strings of several columns of a row, one after the other. columns: count times u32 offsets | u32 bytes | u32 step (4, or 0 for
 * one string for all rows). Writes targetOffsets and target, which has room for all.
 */
export function concatStrings(columns: usize, count: i32, rows: i32, targetOffsets: usize, target: usize): void {
  let out = target;
  store<u32>(targetOffsets, 0);
  const end = columns + <usize>count * 12;
  for (let row = 0; row < rows; row++) {
    for (let column = columns; column < end; column += 12) {
      const at = <usize>load<u32>(column) + <usize>row * <usize>load<u32>(column, 8);
      const start = load<u32>(at);
      const size = <usize>(load<u32>(at, 4) - start);
      copyLoose(out, <usize>load<u32>(column, 4) + <usize>start, size);
      out += size;
    }
    store<u32>(targetOffsets + (<usize>row << 2), <u32>(out - target), 4);
  }
}

/** Each needle (size > 0), or the first of each string, becomes the replacement. Gives 0, or -1 when memory ran out. */
export function replaceString(
  offsets: usize, bytes: usize, rows: i32, needle: usize, size: i32, replacement: usize, replacementSize: i32, all: i32,
  targetOffsets: usize, target: usize,
): i32 {
  const sink = changetype<Sink>(target);
  store<u32>(targetOffsets, sink.size);
  for (let row = 0; row < rows; row++) {
    let from = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    while (true) {
      const found = findBytes(from, end, needle, size);
      if (found == 0) break;
      if (!append(sink, from, found - from) || !append(sink, replacement, replacementSize)) return -1;
      from = found + <usize>size;
      if (!all) break;
    }
    if (!append(sink, from, end - from)) return -1;
    store<u32>(targetOffsets + (<usize>row << 2), sink.size, 4);
  }
  return 0;
}

/**
 * The pieces of each string between separators (size > 0); at most `most` (0: all), the last of which is the rest when keepRest.
 * emptyFrom: what an empty string gives: 0 no piece, 1 an empty one. Outputs as extractAllRegex of regex/column.ts.
 */
export function splitString(
  offsets: usize, bytes: usize, rows: i32, separator: usize, size: i32, most: i32, keepRest: i32, emptyFrom: i32,
  listOffsets: usize, ends: usize, target: usize,
): i32 {
  const sink = changetype<Sink>(target);
  const endSink = changetype<Sink>(ends);
  let strings: u32 = 0;
  store<u32>(listOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let from = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    if (from < end || emptyFrom) {
      let pieces = 0;
      while (true) {
        let found: usize = 0;
        if (most == 0 || pieces < most - 1 || !keepRest) {
          if (size == 1) {
            found = findByte(from, end, load<u8>(separator));
            if (found == end) found = 0;
          } else found = findBytes(from, end, separator, size);
        }
        const to = found ? found : end;
        if (!append(sink, from, to - from) || !appendU32(endSink, sink.size)) return -1;
        pieces++;
        if (found == 0 || (most > 0 && pieces == most)) break;
        from = found + <usize>size;
      }
      strings += pieces;
    }
    store<u32>(listOffsets + (<usize>row << 2), strings, 4);
  }
  return 0;
}

/** Strings of an array with a separator between. listOffsets: u32[rows + 1] of strings. Gives 0, or -1 when memory ran out. */
export function joinLists(
  listOffsets: usize, rows: i32, offsets: usize, bytes: usize, separator: usize, size: i32, targetOffsets: usize, target: usize,
): i32 {
  const sink = changetype<Sink>(target);
  store<u32>(targetOffsets, sink.size);
  for (let row = 0; row < rows; row++) {
    const first = load<u32>(listOffsets + (<usize>row << 2));
    const last = load<u32>(listOffsets + (<usize>row << 2), 4);
    for (let i = first; i < last; i++) {
      if (i > first && !append(sink, separator, size)) return -1;
      const start = load<u32>(offsets + (<usize>i << 2));
      if (!append(sink, bytes + <usize>start, <usize>(load<u32>(offsets + (<usize>i << 2), 4) - start))) return -1;
    }
    store<u32>(targetOffsets + (<usize>row << 2), sink.size, 4);
  }
  return 0;
}

/** String i, counts[i] times (i64 at step bytes apart; negative counts are 0). Gives 0, or -1 when memory ran out. */
export function repeatStrings(
  offsets: usize, bytes: usize, rows: i32, counts: usize, step: i32, targetOffsets: usize, target: usize,
): i32 {
  const sink = changetype<Sink>(target);
  store<u32>(targetOffsets, sink.size);
  for (let row = 0; row < rows; row++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const size = <usize>(load<u32>(offsets + (<usize>row << 2), 4) - load<u32>(offsets + (<usize>row << 2)));
    const count = load<i64>(counts);
    if (count > 0 && size > 0) {
      if (<u64>count * <u64>size > 0x7f000000 || !reserve(sink, <usize>count * size)) return -1;
      for (let i: i64 = 0; i < count; i++) {
        copyLoose(<usize>(sink.bytes + sink.size), start, size);
        sink.size += <u32>size;
      }
    }
    counts += <usize>step;
    store<u32>(targetOffsets + (<usize>row << 2), sink.size, 4);
  }
  return 0;
}

/** mask[i] = 1 where string i begins (atEnd: ends) with piece i. */
export function affixEach(
  offsets: usize, bytes: usize, pieceOffsets: usize, pieces: usize, rows: i32, atEnd: i32, mask: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const start = bytes + <usize>load<u32>(offsets + (<usize>row << 2));
    const end = bytes + <usize>load<u32>(offsets + (<usize>row << 2), 4);
    const piece = pieces + <usize>load<u32>(pieceOffsets + (<usize>row << 2));
    const size = load<u32>(pieceOffsets + (<usize>row << 2), 4) - load<u32>(pieceOffsets + (<usize>row << 2));
    const fits = <usize>size <= end - start;
    const at = atEnd ? end - <usize>size : start;
    store<u8>(mask + <usize>row, fits && equalBytes(at, piece, <i32>size) ? 1 : 0);
  }
}
