// A one-pass expression never has a choice: at every byte at most one way goes on. So captures are set while one walks a table, and
// a state that leads back to itself is run through a vector at a time.
//
// A state is a row of u32: match | loop | action of class 0 | action of class 1 ...
//   match    0 where no match can end, else 1 + the effect of ending here
//   loop     0, or the set of bytes (strings/scan) at which the state is left
//   action   0 to fail, else the next row's index (bits 0-23), effect (24-30), and bit 31: a match here goes before
// An effect is u32 conditions (bit n: condition n must hold) | u32 slots (bit n: slot n is the position).

import { findSet } from "../strings/scan";
import { Machine, holds } from "./machine";

const ROW_HEADER: usize = 8;

/** Matches at `from` only. Sets slots if there is a match, and machine.reached to where it stopped reading. */
export function matchOnePass(machine: Machine, text: usize, end: usize, from: usize): bool {
  const table = <usize>machine.onePass;
  const classes = <usize>machine.classes;
  const effects = <usize>machine.effects;
  const work = <usize>machine.work;
  const slots = <usize>machine.slots;
  const slotBytes = <usize>machine.slotCount << 2;
  for (let at: usize = 8; at < slotBytes; at += 8) store<i64>(work + at, -1);
  let row = table + (<usize>machine.onePassStart << 2);
  let position = from;
  let matched = false;
  while (position < end) {
    const action = load<u32>(row + (<usize>load<u8>(classes + <usize>load<u8>(position)) << 2), ROW_HEADER);
    const ending = load<u32>(row);
    const effect = effects + ((<usize>(action >> 24) & 127) << 3);
    const reachable = action != 0 && (load<u32>(effect) == 0 || allHold(load<u32>(effect), position, text, end));
    if (ending) {
      if (endHere(effects + (<usize>(ending - 1) << 3), work, slots, slotBytes, position, text, end)) {
        matched = true;
        if (action >> 31) break;
      }
    }
    if (!reachable) break;
    const saved = load<u32>(effect, 4);
    if (saved) save(work, saved, <i32>(position - text));
    const next = table + (<usize>(action & 0xffffff) << 2);
    position++;
    if (next == row) {
      const loop = <usize>load<u32>(row, 4);
      if (loop) position = findSet(position, end, loop);
    }
    row = next;
  }
  machine.reached = <u32>position;
  if (position == end) {
    const ending = load<u32>(row);
    if (ending && endHere(effects + (<usize>(ending - 1) << 3), work, slots, slotBytes, position, text, end)) matched = true;
  }
  store<i32>(slots, <i32>(from - text));
  return matched;
}

/** Takes the match that ends here, if its conditions hold. */
// @ts-ignore: decorator
@inline
function endHere(effect: usize, work: usize, slots: usize, slotBytes: usize, position: usize, text: usize, end: usize): bool {
  const conditions = load<u32>(effect);
  if (conditions && !allHold(conditions, position, text, end)) return false;
  for (let at: usize = 8; at < slotBytes; at += 8) store<i64>(slots + at, load<i64>(work + at));
  const saved = load<u32>(effect, 4);
  if (saved) save(slots, saved, <i32>(position - text));
  store<i32>(slots, <i32>(position - text), 4);
  return true;
}

// @ts-ignore: decorator
@inline
function save(slots: usize, which: u32, value: i32): void {
  while (which) {
    store<i32>(slots + (<usize>ctz(which) << 2), value);
    which &= which - 1;
  }
}

function allHold(conditions: u32, position: usize, text: usize, end: usize): bool {
  while (conditions) {
    if (!holds(<u32>ctz(conditions), position, text, end)) return false;
    conditions &= conditions - 1;
  }
  return true;
}
