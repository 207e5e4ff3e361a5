// Which engine finds a match.

import { findBytes } from "../strings/search";
import { findSet } from "../strings/scan";
import { backtrack, canBacktrack } from "./backtrack";
import { hasMatch } from "./dfa";
import { ANCHORED, Machine } from "./machine";
import { matchOnePass } from "./onePass";
import { simulate } from "./pike";

/**
 * The leftmost match in [text, end) that begins at `from` or later, the one that a backtracker would find. Gives 1 and sets
 * machine.slots (byte offsets from text), or 0, or -1 when memory ran out.
 */
export function find(machine: Machine, text: usize, end: usize, from: usize): i32 {
  if (machine.flags & ANCHORED) {
    if (from != text) return 0;
    if (machine.onePass) return matchOnePass(machine, text, end, from) ? 1 : 0;
    if (canBacktrack(machine, end - from)) return backtrack(machine, text, end, from, true, nextCandidate);
    return simulate(machine, text, end, from, true);
  }
  let start = from;
  if (machine.onePass) {
    // Each place in turn. The bound keeps a long text of false starts from costing its size squared.
    let work = <i32>(end - from) * 4 + 256;
    while (work > 0) {
      start = nextCandidate(machine, start, end);
      if (start > end) return 0;
      if (matchOnePass(machine, text, end, start)) return 1;
      work -= <i32>(<usize>machine.reached - start) + 1;
      start++;
    }
    if (start > end) return 0;
  }
  const found = hasMatch(machine, text, end, start);
  if (found != 1) return found;
  if (canBacktrack(machine, end - start)) return backtrack(machine, text, end, start, false, nextCandidate);
  return simulate(machine, text, end, start, false);
}

/** The first position from here on where a match may begin; behind the end if there is none. */
function nextCandidate(machine: Machine, position: usize, end: usize): usize {
  if (position > end) return position;
  if (machine.prefixSize > 1) {
    const found = findBytes(position, end, machine.prefix, <i32>machine.prefixSize);
    return found == 0 ? end + 1 : found;
  }
  if (machine.firstSet) {
    const found = findSet(position, end, machine.firstSet);
    return found == end ? end + 1 : found;
  }
  return position;
}
