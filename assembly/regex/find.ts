// Which engine finds a match.

import { equalBytes } from "../strings/compare";
import { findBytes } from "../strings/search";
import { ANCHORED, Machine, TAGGED } from "./machine";
import { simulate } from "./pike";
import { matchTagged } from "./tagged";

/**
 * The leftmost match in [text, end) that begins at `from` or later, the one that a backtracker would find. Gives 1 and sets
 * machine.slots (byte offsets from text), or 0, or -1 when memory ran out.
 */
export function find(machine: Machine, text: usize, end: usize, from: usize): i32 {
  if (machine.flags & ANCHORED) {
    if (from != text) return 0;
    const size = machine.prefixSize;
    if (size && (<usize>size > end - text || !equalBytes(text, machine.prefix, <i32>size))) return 0;
  } else if (machine.prefixSize > 1) {
    from = findBytes(from, end, machine.prefix, <i32>machine.prefixSize);
    if (from == 0) return 0;
  }
  return machine.flags & TAGGED ? matchTagged(machine, text, end, from) : simulate(machine, text, end, from);
}
