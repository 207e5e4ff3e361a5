// Regular expressions over a column of strings: offsets u32[rows + 1] into bytes. Where a kernel takes `candidates`, a mask of rows
// that may match at all (0: all may), rows outside it are taken as without a match. All give 0, or -1 when memory ran out.

import { Sink, append, appendU32 } from "../strings/sink";
import { hasMatch } from "./dfa";
import { find } from "./find";
import { ANCHORED, Machine } from "./machine";

// @ts-ignore: decorator
@inline
function textStart(offsets: usize, bytes: usize, row: i32): usize {
  return bytes + <usize>load<u32>(offsets + (<usize>row << 2));
}

// @ts-ignore: decorator
@inline
function may(candidates: usize, row: i32): bool {
  return candidates == 0 || load<u8>(candidates + <usize>row) != 0;
}

/** Keeps mask[i] only where string i has a match. mask: u8[rows], in and out. */
export function keepRegex(machine: usize, offsets: usize, bytes: usize, rows: i32, mask: usize): i32 {
  const regex = changetype<Machine>(machine);
  for (let row = 0; row < rows; row++) {
    if (load<u8>(mask + <usize>row) == 0) continue;
    const start = textStart(offsets, bytes, row);
    const end = textStart(offsets, bytes, row + 1);
    const found = hasMatch(regex, start, end, start);
    if (found < 0) return -1;
    store<u8>(mask + <usize>row, found);
  }
  return 0;
}

/**
 * positions[i] = where a group (0: the whole) of the occurrence-th match from byte `first` on (both from 1) starts, or ends, in bytes
 * from 1; 0 without one, and, unless emptyToo, where a match before or at it is empty. positions: u64[rows].
 */
export function positionRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize,
  first: i32, occurrence: i32, group: i32, atEnd: i32, emptyToo: i32, positions: usize,
): i32 {
  const regex = changetype<Machine>(machine);
  for (let row = 0; row < rows; row++) {
    let position: u64 = 0;
    if (may(candidates, row)) {
      const start = textStart(offsets, bytes, row);
      const end = textStart(offsets, bytes, row + 1);
      let from = start + <usize>(first - 1);
      for (let n = 0; n < occurrence && from <= end; n++) {
        const found = find(regex, start, end, from);
        if (found < 0) return -1;
        if (found == 0) break;
        if (!emptyToo && load<i32>(regex.slots) == load<i32>(regex.slots, 4)) break;
        if (n + 1 == occurrence) position = <u64>(load<i32>(<usize>regex.slots + (<usize>group << 3) + (atEnd ? 4 : 0)) + 1);
        const matchEnd = load<i32>(regex.slots, 4);
        from = start + <usize>matchEnd + (matchEnd == load<i32>(regex.slots) ? 1 : 0);
      }
    }
    store<u64>(positions + (<usize>row << 3), position);
  }
  return 0;
}

/** counts[i] = how many matches string i has, without overlap and without empty ones. counts: u64[rows]. */
export function countRegex(machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize, counts: usize): i32 {
  const regex = changetype<Machine>(machine);
  for (let row = 0; row < rows; row++) {
    let count: u64 = 0;
    if (may(candidates, row)) {
      const start = textStart(offsets, bytes, row);
      const end = textStart(offsets, bytes, row + 1);
      let from = start;
      while (from < end) {
        const found = find(regex, start, end, from);
        if (found < 0) return -1;
        if (found == 0) break;
        const matchEnd = load<i32>(regex.slots, 4);
        if (matchEnd > load<i32>(regex.slots)) {
          count++;
          from = start + <usize>matchEnd;
        } else from = start + <usize>matchEnd + 1;
      }
    }
    store<u64>(counts + (<usize>row << 3), count);
  }
  return 0;
}

/**
 * The group of each string's first match (0: the whole), an empty string where there is none.
 * Writes targetOffsets: u32[rows + 1], and appends to the sink.
 */
export function extractRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize, group: i32, targetOffsets: usize, target: usize,
): i32 {
  const regex = changetype<Machine>(machine);
  const sink = changetype<Sink>(target);
  const slot = <usize>regex.slots + (<usize>group << 3);
  store<u32>(targetOffsets, sink.size);
  for (let row = 0; row < rows; row++) {
    if (may(candidates, row)) {
      const start = textStart(offsets, bytes, row);
      const end = textStart(offsets, bytes, row + 1);
      const found = find(regex, start, end, start);
      if (found < 0) return -1;
      if (found && !appendSlot(sink, slot, start)) return -1;
    }
    store<u32>(targetOffsets + (<usize>row << 2), sink.size, 4);
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function appendSlot(sink: Sink, slot: usize, text: usize): bool {
  const start = load<i32>(slot);
  if (start < 0) return true;
  return append(sink, text + <usize>start, <usize>(load<i32>(slot, 4) - start));
}

/**
 * Replaces the first match of each string, or all. substitution: count times u32 group (or 0xffffffff for a literal) | u32 pointer |
 * u32 size. After an empty match one byte is copied and the search goes on behind it.
 * Writes targetOffsets: u32[rows + 1], and appends to the sink.
 */
export function replaceRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize,
  substitution: usize, count: i32, all: i32, targetOffsets: usize, target: usize,
): i32 {
  const regex = changetype<Machine>(machine);
  const sink = changetype<Sink>(target);
  const single = all == 0 || (regex.flags & ANCHORED) != 0;
  store<u32>(targetOffsets, sink.size);
  for (let row = 0; row < rows; row++) {
    const start = textStart(offsets, bytes, row);
    const end = textStart(offsets, bytes, row + 1);
    let from = start;
    if (may(candidates, row)) {
      while (from <= end) {
        const found = find(regex, start, end, from);
        if (found < 0) return -1;
        if (found == 0) break;
        const matchStart = start + <usize>load<i32>(regex.slots);
        const matchEnd = start + <usize>load<i32>(regex.slots, 4);
        if (!append(sink, from, matchStart - from)) return -1;
        if (!substitute(regex, sink, start, substitution, count)) return -1;
        from = matchEnd;
        if (single) break;
        if (matchEnd == matchStart) {
          if (from < end && !append(sink, from, 1)) return -1;
          from++;
        }
      }
    }
    if (from < end && !append(sink, from, end - from)) return -1;
    store<u32>(targetOffsets + (<usize>row << 2), sink.size, 4);
  }
  return 0;
}

// @ts-ignore: decorator
@inline
function substitute(regex: Machine, sink: Sink, text: usize, substitution: usize, count: i32): bool {
  for (let i = 0; i < count; i++) {
    const group = load<i32>(substitution);
    if (group < 0) {
      if (!append(sink, <usize>load<u32>(substitution, 4), <usize>load<u32>(substitution, 8))) return false;
    } else if (!appendSlot(sink, <usize>regex.slots + (<usize>group << 3), text)) return false;
    substitution += 12;
  }
  return true;
}

/**
 * The group of every match of each string, until an empty match. Writes listOffsets: u32[rows + 1] (of strings), appends the end of
 * each string to `ends` (u32) and its bytes to `target`; the caller puts the 0 before them.
 */
export function extractAllRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize, group: i32,
  listOffsets: usize, ends: usize, target: usize,
): i32 {
  return collectGroups(machine, offsets, bytes, rows, candidates, group, group + 1, false, STOP, listOffsets, ends, target);
}

/**
 * The groups firstGroup to lastGroup - 1 of every match (once: of the first) of each string, one after the other; a group that took no
 * part is empty. Outputs as extractAllRegex.
 */
export function extractGroupsRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize, firstGroup: i32, lastGroup: i32, once: i32,
  listOffsets: usize, ends: usize, target: usize,
): i32 {
  return collectGroups(machine, offsets, bytes, rows, candidates, firstGroup, lastGroup, once != 0, TAKE, listOffsets, ends, target);
}

/** What an empty match does: it ends the search, or it counts and the search goes on one byte behind it. */
const STOP = 0;
const TAKE = 1;

function collectGroups(
  machine: usize, offsets: usize, bytes: usize, rows: i32, candidates: usize, firstGroup: i32, lastGroup: i32, once: bool, empties: i32,
  listOffsets: usize, ends: usize, target: usize,
): i32 {
  const regex = changetype<Machine>(machine);
  const sink = changetype<Sink>(target);
  const endSink = changetype<Sink>(ends);
  let strings: u32 = 0;
  store<u32>(listOffsets, 0);
  for (let row = 0; row < rows; row++) {
    if (may(candidates, row)) {
      const start = textStart(offsets, bytes, row);
      const end = textStart(offsets, bytes, row + 1);
      let from = start;
      while (from < end || once) {
        const found = find(regex, start, end, from);
        if (found < 0) return -1;
        if (found == 0) break;
        const matchEnd = load<i32>(regex.slots, 4);
        const isEmpty = matchEnd == load<i32>(regex.slots);
        if (isEmpty && empties == STOP) break;
        for (let group = firstGroup; group < lastGroup; group++) {
          if (!appendSlot(sink, <usize>regex.slots + (<usize>group << 3), start)) return -1;
          if (!appendU32(endSink, sink.size)) return -1;
          strings++;
        }
        from = start + <usize>matchEnd + (isEmpty ? 1 : 0);
        if (once) break;
      }
    }
    store<u32>(listOffsets + (<usize>row << 2), strings, 4);
  }
  return 0;
}

/**
 * The pieces between matches, until an empty match; at most `most` pieces (0: all), the last of which is the rest when `keepRest`.
 * Outputs as extractAllRegex.
 */
export function splitRegex(
  machine: usize, offsets: usize, bytes: usize, rows: i32, most: i32, keepRest: i32,
  listOffsets: usize, ends: usize, target: usize,
): i32 {
  const regex = changetype<Machine>(machine);
  const sink = changetype<Sink>(target);
  const endSink = changetype<Sink>(ends);
  let strings: u32 = 0;
  store<u32>(listOffsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = textStart(offsets, bytes, row);
    const end = textStart(offsets, bytes, row + 1);
    let from = start;
    let pieces = 0;
    let rest = true;
    while (from < end) {
      if (most > 0 && (keepRest ? pieces == most - 1 : pieces == most)) {
        rest = keepRest != 0;
        break;
      }
      const found = find(regex, start, end, from);
      if (found < 0) return -1;
      if (found == 0) break;
      const matchStart = start + <usize>load<i32>(regex.slots);
      const matchEnd = start + <usize>load<i32>(regex.slots, 4);
      if (matchStart == matchEnd) break;
      if (!append(sink, from, matchStart - from) || !appendU32(endSink, sink.size)) return -1;
      pieces++;
      from = matchEnd;
    }
    if (rest && !(most > 0 && pieces == most)) {
      if (!append(sink, from, end - from) || !appendU32(endSink, sink.size)) return -1;
      pieces++;
    }
    strings += pieces;
    store<u32>(listOffsets + (<usize>row << 2), strings, 4);
  }
  return 0;
}
