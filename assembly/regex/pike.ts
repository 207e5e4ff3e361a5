// All ways at once, in order of preference, a byte at a time, each with its own slots. Slow, and the same for every text: for those
// that are too long for the backtracker.
//
// machine.lists: two lists of u32 count | u32 dense[size] | u32 sparse[size] | i32 slots[size][slotCount], then a stack of
// pairs (instruction, or a slot to put back) for working out what is reached without a byte.

import { arenaAllocate } from "../memory/arena";
import { ANCHORED, BYTE, LOOK, Machine, SAVE, SPLIT, TABLE, MATCH, holds, instruction } from "./machine";

const RESTORE: u32 = 0x80000000;

/** The leftmost match at `from` or later (for an ANCHORED program: at `from`). Gives 1, 0, or -1 when memory ran out. */
export function simulate(machine: Machine, text: usize, end: usize, from: usize): i32 {
  const single = (machine.flags & ANCHORED) != 0;
  const size = <usize>machine.size;
  const slotCount = <usize>machine.slotCount;
  const listBytes = (size * 8 + size * slotCount * 4 + 19) & ~15;
  if (machine.lists == 0) {
    const lists = arenaAllocate(machine.arena, listBytes * 2 + (size * 24 + 64));
    if (lists == 0) return -1;
    memory.fill(lists, 0, listBytes * 2);
    machine.lists = <u32>lists;
  }
  let current = <usize>machine.lists;
  let next = current + listBytes;
  const stack = next + listBytes;
  const work = <usize>machine.work;
  store<u32>(current, 0);
  let matched = false;
  let position = from;
  while (true) {
    if (!matched && (!single || position == from)) {
      memory.fill(work, 0xff, slotCount << 2);
      store<i32>(work, <i32>(position - text));
      reach(machine, current, machine.start, position, text, end, stack);
    }
    const count = load<u32>(current);
    if (count == 0 && (matched || single)) break;
    store<u32>(next, 0);
    for (let i: u32 = 0; i < count; i++) {
      const pc = load<u32>(current + (<usize>i << 2), 4);
      const at = instruction(machine, pc);
      const op = load<u8>(at);
      const slots = threadSlots(machine, current, pc);
      if (op == MATCH) {
        memory.copy(machine.slots, slots, slotCount << 2);
        store<i32>(<usize>machine.slots, <i32>(position - text), 4);
        matched = true;
        break;
      }
      if (position == end) continue;
      const byte = load<u8>(position);
      let target: u32 = u32.MAX_VALUE;
      if (op == BYTE) {
        if (byte >= load<u8>(at, 1) && byte <= load<u8>(at, 2)) target = load<u32>(at, 4);
      } else if (op == TABLE) {
        const which = <usize>load<u8>(<usize>load<u32>(at, 8) + <usize>byte);
        if (which) target = load<u32>(<usize>load<u32>(at, 12) + ((which - 1) << 2));
      }
      if (target == u32.MAX_VALUE) continue;
      memory.copy(work, slots, slotCount << 2);
      reach(machine, next, target, position + 1, text, end, stack);
    }
    if (position == end) break;
    position++;
    const other = current;
    current = next;
    next = other;
  }
  return matched ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function threadSlots(machine: Machine, list: usize, pc: u32): usize {
  return list + 4 + (<usize>machine.size << 3) + <usize>pc * (<usize>machine.slotCount << 2);
}

/** Adds an instruction and all it leads to without a byte, each with machine.work as its slots. */
function reach(machine: Machine, list: usize, start: u32, position: usize, text: usize, end: usize, stack: usize): void {
  const work = <usize>machine.work;
  const slotBytes = <usize>machine.slotCount << 2;
  let top = stack;
  store<u32>(top, start);
  top += 8;
  while (top > stack) {
    top -= 8;
    let pc = load<u32>(top);
    if (pc & RESTORE) {
      store<i32>(work + (<usize>(pc & ~RESTORE) << 2), load<i32>(top, 4));
      continue;
    }
    while (true) {
      const count = load<u32>(list);
      const sparse = list + 4 + (<usize>machine.size << 2) + (<usize>pc << 2);
      const place = load<u32>(sparse);
      if (place < count && load<u32>(list + (<usize>place << 2), 4) == pc) break;
      store<u32>(list + (<usize>count << 2), pc, 4);
      store<u32>(sparse, count);
      store<u32>(list, count + 1);
      const at = instruction(machine, pc);
      const op = load<u8>(at);
      if (op == SPLIT) {
        store<u32>(top, load<u32>(at, 8));
        top += 8;
      } else if (op == SAVE) {
        const slot = load<u32>(at, 8);
        store<u32>(top, slot | RESTORE);
        store<u32>(top, load<u32>(work + (<usize>slot << 2)), 4);
        top += 8;
        store<i32>(work + (<usize>slot << 2), <i32>(position - text));
      } else if (op != LOOK || !holds(load<u32>(at, 8), position, text, end)) {
        if (op != LOOK) memory.copy(threadSlots(machine, list, pc), work, slotBytes);
        break;
      }
      pc = load<u32>(at, 4);
    }
  }
}
