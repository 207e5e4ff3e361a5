// The backtracker that never tries the same instruction at the same position twice: a bit for each pair says that it was tried, and
// failed. So its work is bounded by the program's size times the text's, and it finds what a plain backtracker finds first.

import { arenaAllocate, arenaFree, arenaGrow } from "../memory/arena";
import { BYTE, LOOK, Machine, SAVE, SPLIT, TABLE, holds, instruction } from "./machine";

/** Bytes of bits; a text that needs more goes to the other engine. */
const VISITED_MAX: usize = 1 << 20;
const STACK_FIRST: usize = 4096;
const RESTORE: u32 = 0x80000000;

/** Whether the bits for a text of this many bytes fit. */
export function canBacktrack(machine: Machine, size: usize): bool {
  return size < 0x100000 && <u64>(size + 1) * <u64>machine.size <= <u64>VISITED_MAX * 8;
}

/**
 * The leftmost match from `from` on, tried at `from`, then at what `candidate` gives. Gives 1, 0, or -1 when memory ran out.
 * single: only at `from`.
 */
export function backtrack(
  machine: Machine, text: usize, end: usize, from: usize, single: bool,
  candidate: (machine: Machine, position: usize, end: usize) => usize,
): i32 {
  const size = <usize>machine.size;
  const bytes = (((<usize>(end - from) + 1) * size) >> 3) + 16;
  if (<usize>machine.visitedBytes < bytes) {
    if (machine.visited) arenaFree(machine.arena, machine.visited);
    const room = max<usize>(bytes + (bytes >> 1), 4096);
    const visited = arenaAllocate(machine.arena, room);
    machine.visited = <u32>visited;
    machine.visitedBytes = visited ? <u32>room : 0;
    if (visited == 0) return -1;
    memory.fill(visited, 0, room);
  }
  if (machine.stack == 0) {
    machine.stack = <u32>arenaAllocate(machine.arena, STACK_FIRST);
    if (machine.stack == 0) return -1;
    machine.stackBytes = <u32>STACK_FIRST;
  }
  let furthest = from;
  let result: i32 = 0;
  let start = from;
  while (true) {
    if (!single) start = candidate(machine, start, end);
    if (start > end) break;
    const reached = tryAt(machine, text, end, from, start);
    const position = reached & ~(<u64>3 << 32);
    if (<usize>position > furthest) furthest = <usize>position;
    result = <i32>(reached >> 32) == 2 ? -1 : <i32>(reached >> 32);
    if (result != 0 || single) break;
    start++;
  }
  // The bits are all 0 between calls; only what was touched is cleared.
  memory.fill(machine.visited, 0, min<usize>((((<usize>(furthest - from) + 1) * size) >> 3) + 1, machine.visitedBytes));
  return result;
}

/** The furthest position that was looked at, and above bit 32: 0 no match, 1 a match, 2 no memory. */
function tryAt(machine: Machine, text: usize, end: usize, from: usize, start: usize): u64 {
  const slots = <usize>machine.slots;
  const visited = <usize>machine.visited;
  const size = <usize>machine.size;
  const slotBytes = <usize>machine.slotCount << 2;
  for (let at: usize = 0; at < slotBytes; at += 8) store<i64>(slots + at, -1);
  store<i32>(slots, <i32>(start - text));
  let furthest = start;
  let stack = <usize>machine.stack;
  let stackEnd = stack + <usize>machine.stackBytes - 32;
  let top = stack;
  store<u32>(top, machine.start);
  store<u32>(top, <u32>start, 4);
  top += 8;
  while (top > stack) {
    top -= 8;
    let pc = load<u32>(top);
    if (pc & RESTORE) {
      store<i32>(slots + (<usize>(pc & ~RESTORE) << 2), load<i32>(top, 4));
      continue;
    }
    let position = <usize>load<u32>(top, 4);
    while (true) {
      const bit = <usize>(position - from) * size + <usize>pc;
      const cell = visited + (bit >> 3);
      const flag = <u8>(<u32>1 << <u32>(bit & 7));
      const seen = load<u8>(cell);
      if (seen & flag) break;
      store<u8>(cell, seen | flag);
      if (position > furthest) furthest = position;
      const at = instruction(machine, pc);
      const op = load<u8>(at);
      if (op == BYTE) {
        if (position == end) break;
        const byte = load<u8>(position);
        if (byte < load<u8>(at, 1) || byte > load<u8>(at, 2)) break;
        position++;
        pc = load<u32>(at, 4);
      } else if (op == TABLE) {
        if (position == end) break;
        const which = <usize>load<u8>(<usize>load<u32>(at, 8) + <usize>load<u8>(position));
        if (which == 0) break;
        position++;
        pc = load<u32>(<usize>load<u32>(at, 12) + ((which - 1) << 2));
      } else if (op == SPLIT || op == SAVE) {
        if (top >= stackEnd) {
          const used = top - stack;
          const room = <usize>machine.stackBytes * 2;
          const grown = arenaGrow(machine.arena, stack, used, room);
          if (grown == 0) return <u64>furthest | (<u64>2 << 32);
          machine.stack = <u32>grown;
          machine.stackBytes = <u32>room;
          stack = grown;
          stackEnd = stack + room - 32;
          top = stack + used;
        }
        if (op == SPLIT) {
          store<u32>(top, load<u32>(at, 8));
          store<u32>(top, <u32>position, 4);
        } else {
          const slot = load<u32>(at, 8);
          const place = slots + (<usize>slot << 2);
          store<u32>(top, slot | RESTORE);
          store<u32>(top, load<u32>(place), 4);
          store<i32>(place, <i32>(position - text));
        }
        top += 8;
        pc = load<u32>(at, 4);
      } else if (op == LOOK) {
        if (!holds(load<u32>(at, 8), position, text, end)) break;
        pc = load<u32>(at, 4);
      } else {
        store<i32>(slots, <i32>(position - text), 4);
        return <u64>furthest | (<u64>1 << 32);
      }
    }
  }
  return <u64>furthest;
}
