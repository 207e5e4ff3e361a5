// Whether a text has a match, one table lookup a byte. States are made when they are first met: a state is the instructions that
// wait for a byte's end, before what they lead to without a byte is worked out, and what came before (text begin, line end, word), so
// that conditions are judged when the byte after them is known. When the cache is full it is emptied and begun anew.
//
// The cache is one block:
//   u32 transitions | u32 pool | u32 poolEnd | u32 poolTop | u32 states | u32 statesMax | u32 directory | u32 hash | u32 from[4]
//   | u32 current | u32 next | u32 stack
// A transition is 0 (not known yet), 1 (no match any more), 2 (a match), or the next state's row. A state in the pool is
// u16 count | u16 before | u16 pc[count].

import { arenaAllocate } from "../memory/arena";
import { findBytes } from "../strings/search";
import { findSet } from "../strings/scan";
import {
  ANCHORED, BEGIN_LINE, BEGIN_TEXT, BYTE, END_LINE, END_TEXT, LOOK, MATCH, Machine, SAVE, SPLIT, TABLE, USES_BEGIN, USES_LINES,
  USES_WORDS, WORD_BOUNDARY, instruction, isWord,
} from "./machine";

const UNKNOWN: u32 = 0;
const DEAD: u32 = 1;
const MATCHED: u32 = 2;

const OTHER: u32 = 0;
const TEXT_BEGIN: u32 = 1;
const NEWLINE: u32 = 2;
const WORD: u32 = 3;

const HASH_SLOTS: u32 = 8192;

@unmanaged
class Cache {
  transitions: u32;
  pool: u32;
  poolEnd: u32;
  poolTop: u32;
  states: u32;
  statesMax: u32;
  directory: u32; // u32[statesMax + 1]: where a state lies in the pool
  hash: u32; // u16[HASH_SLOTS]: state numbers, 0 for none
  from0: u32; // rows of the start states by what came before, 0 if not made
  from1: u32;
  from2: u32;
  from3: u32;
  current: u32; // sets of instructions: u32 count | u16 dense[size] | u16 sparse[size]
  next: u32;
  stack: u32; // u16[2 * size + 2]
}

/** 1 if there is a match that begins at `from` or later, 0 if not, -1 when memory ran out. */
export function hasMatch(machine: Machine, text: usize, end: usize, from: usize): i32 {
  if (machine.dfa == 0 && !makeCache(machine)) return -1;
  const cache = changetype<Cache>(<usize>machine.dfa);
  const transitions = <usize>cache.transitions;
  const classes = <usize>machine.classes;
  let state = startState(machine, cache, before(machine, text, from));
  // In the state in which nothing has begun, one may jump to where something can.
  const jumps = (machine.prefixSize > 0 || machine.firstSet != 0) && (machine.flags & (ANCHORED | USES_LINES | USES_WORDS)) == 0;
  const idle: u32 = jumps ? cache.from0 : 0;
  let position = from;
  let previous: u32 = state;
  while (position < end) {
    if (state == idle && previous == idle) {
      if (machine.prefixSize > 1) {
        position = findBytes(position, end, machine.prefix, <i32>machine.prefixSize);
        if (position == 0) return 0;
      } else if (machine.firstSet != 0) {
        position = findSet(position, end, machine.firstSet);
        if (position == end) return 0;
      }
    }
    const at = transitions + (<usize>(state + <u32>load<u8>(classes + <usize>load<u8>(position))) << 2);
    let next = load<u32>(at);
    if (next <= MATCHED) {
      if (next == UNKNOWN) next = step(machine, cache, state, <u32>load<u8>(classes + <usize>load<u8>(position)));
      if (next == DEAD) return 0;
      if (next == MATCHED) return 1;
    }
    previous = state;
    state = next;
    position++;
  }
  const last = machine.classCount - 1;
  let next = load<u32>(transitions + (<usize>(state + last) << 2));
  if (next == UNKNOWN) next = step(machine, cache, state, last);
  return next == MATCHED ? 1 : 0;
}

function makeCache(machine: Machine): bool {
  const size = <usize>machine.size;
  const stride = max<usize>(machine.classCount, 3);
  const statesMax = max<usize>(min<usize>(2000, 131072 / (stride * 4)), 32);
  const setBytes = (size * 4 + 19) & ~15;
  const poolBytes = size * 16 + 65536;
  const transitionBytes = (statesMax + 2) * stride * 4;
  const total = transitionBytes + poolBytes + (statesMax + 2) * 4 + <usize>HASH_SLOTS * 2 + setBytes * 2 + size * 4 + 128;
  const block = arenaAllocate(machine.arena, total);
  if (block == 0) return false;
  const cache = changetype<Cache>(block);
  memory.fill(block, 0, 64);
  let at = block + 64;
  cache.transitions = <u32>at;
  at += transitionBytes;
  cache.directory = <u32>at;
  at += (statesMax + 2) * 4;
  cache.current = <u32>at;
  at += setBytes;
  cache.next = <u32>at;
  at += setBytes;
  cache.pool = <u32>at;
  at += poolBytes;
  cache.poolEnd = <u32>at;
  cache.hash = <u32>at;
  at += <usize>HASH_SLOTS * 2;
  cache.stack = <u32>at;
  cache.statesMax = <u32>statesMax;
  memory.fill(<usize>cache.current, 0, setBytes * 2);
  emptyCache(cache);
  machine.dfa = <u32>block;
  return true;
}

function emptyCache(cache: Cache): void {
  cache.states = 0;
  cache.poolTop = cache.pool;
  cache.from0 = 0;
  cache.from1 = 0;
  cache.from2 = 0;
  cache.from3 = 0;
  memory.fill(<usize>cache.hash, 0, <usize>HASH_SLOTS * 2);
}

/** What is before a position, as far as the program asks. */
function before(machine: Machine, text: usize, position: usize): u32 {
  if (position == text) return machine.flags & (USES_BEGIN | USES_LINES | USES_WORDS) ? TEXT_BEGIN : OTHER;
  return afterByte(machine, load<u8>(position - 1));
}

// @ts-ignore: decorator
@inline
function afterByte(machine: Machine, byte: u8): u32 {
  if (byte == 0x0a && machine.flags & USES_LINES) return NEWLINE;
  if (machine.flags & USES_WORDS && isWord(byte)) return WORD;
  return OTHER;
}

function startState(machine: Machine, cache: Cache, context: u32): u32 {
  const at = changetype<usize>(cache) + offsetof<Cache>("from0") + (<usize>context << 2);
  let row = load<u32>(at);
  if (row == 0) {
    store<u32>(<usize>cache.next, 0);
    row = internState(machine, cache, context);
    store<u32>(at, row);
  }
  // The idle state is asked for by name, so it is always there.
  if (cache.from0 == 0) {
    store<u32>(<usize>cache.next, 0);
    const idle = internState(machine, cache, OTHER);
    if (load<u32>(at) == 0) return startState(machine, cache, context);
    cache.from0 = idle;
  }
  return row;
}

/** Where a state goes on a class (the last one: the text's end); the transition is remembered. */
function step(machine: Machine, cache: Cache, row: u32, byteClass: u32): u32 {
  const stride = max<u32>(machine.classCount, 3);
  const entry = <usize>load<u32>(<usize>cache.directory + (<usize>(row / stride) << 2));
  const count = <u32>load<u16>(entry);
  const context = <u32>load<u16>(entry, 2);
  const atEnd = byteClass == machine.classCount - 1;
  const byte = load<u8>(<usize>machine.representatives + <usize>byteClass);
  const current = <usize>cache.current;
  store<u32>(current, 0);
  let matched = false;
  for (let i: u32 = 0; i < count && !matched; i++)
    matched = follow(machine, cache, <u32>load<u16>(entry + (<usize>i << 1), 4), context, byte, atEnd);
  if (!matched && (context == TEXT_BEGIN || !(machine.flags & ANCHORED)))
    matched = follow(machine, cache, machine.start, context, byte, atEnd);
  let result: u32 = DEAD;
  if (matched) result = MATCHED;
  else if (!atEnd) {
    const next = <usize>cache.next;
    store<u32>(next, 0);
    const waiting = load<u32>(current);
    for (let i: u32 = 0; i < waiting; i++) {
      const at = instruction(machine, <u32>load<u16>(current + (<usize>i << 1), 4));
      if (load<u8>(at) == BYTE) {
        if (byte >= load<u8>(at, 1) && byte <= load<u8>(at, 2)) insert(machine, next, load<u32>(at, 4));
      } else if (load<u8>(at) == TABLE) {
        const which = <usize>load<u8>(<usize>load<u32>(at, 8) + <usize>byte);
        if (which) insert(machine, next, load<u32>(<usize>load<u32>(at, 12) + ((which - 1) << 2)));
      }
    }
    if (load<u32>(next) != 0 || !(machine.flags & ANCHORED)) {
      const states = cache.states;
      result = internState(machine, cache, afterByte(machine, byte));
      // The cache was emptied: the state we come from is gone.
      if (cache.states < states) return result;
    }
  }
  store<u32>(<usize>cache.transitions + (<usize>(row + byteClass) << 2), result);
  return result;
}

/** Adds an instruction and all it leads to without a byte to the current set; true when a match is among them. */
function follow(machine: Machine, cache: Cache, pc: u32, context: u32, byte: u8, atEnd: bool): bool {
  const stack = <usize>cache.stack;
  const current = <usize>cache.current;
  let depth: usize = 0;
  store<u16>(stack, <u16>pc);
  depth = 1;
  while (depth > 0) {
    depth--;
    const top = <u32>load<u16>(stack + (depth << 1));
    if (!insert(machine, current, top)) continue;
    const at = instruction(machine, top);
    const op = load<u8>(at);
    if (op == MATCH) return true;
    if (op == SPLIT) {
      store<u16>(stack + (depth << 1), <u16>load<u32>(at, 8));
      store<u16>(stack + (depth << 1), <u16>load<u32>(at, 4), 2);
      depth += 2;
    } else if (op == SAVE || (op == LOOK && holdsBetween(load<u32>(at, 8), context, byte, atEnd))) {
      store<u16>(stack + (depth << 1), <u16>load<u32>(at, 4));
      depth++;
    }
  }
  return false;
}

function holdsBetween(what: u32, context: u32, byte: u8, atEnd: bool): bool {
  if (what == BEGIN_TEXT) return context == TEXT_BEGIN;
  if (what == END_TEXT) return atEnd;
  if (what == BEGIN_LINE) return context == TEXT_BEGIN || context == NEWLINE;
  if (what == END_LINE) return atEnd || byte == 0x0a;
  const isBoundary = (context == WORD) != (!atEnd && isWord(byte));
  return isBoundary == (what == WORD_BOUNDARY);
}

/** False if the set has it already. */
// @ts-ignore: decorator
@inline
function insert(machine: Machine, set: usize, pc: u32): bool {
  const count = load<u32>(set);
  const sparse = set + 4 + (<usize>machine.size << 1) + (<usize>pc << 1);
  const place = <u32>load<u16>(sparse);
  if (place < count && <u32>load<u16>(set + (<usize>place << 1), 4) == pc) return false;
  store<u16>(set + (<usize>count << 1), <u16>pc, 4);
  store<u16>(sparse, <u16>count);
  store<u32>(set, count + 1);
  return true;
}

/** The row of the state that is cache.next with what came before; made if it is new, after emptying a full cache. */
function internState(machine: Machine, cache: Cache, context: u32): u32 {
  const stride = max<u32>(machine.classCount, 3);
  const set = <usize>cache.next;
  const count = load<u32>(set);
  let hash: u32 = context * 0x9e3779b1 + count;
  for (let i: u32 = 0; i < count; i++) hash = (rotl<u32>(hash, 5) ^ <u32>load<u16>(set + (<usize>i << 1), 4)) * 0x85ebca6b;
  hash ^= hash >> 15;
  const bytes = (<usize>count << 1) + 4;
  let slot = hash & (HASH_SLOTS - 1);
  while (true) {
    const state = <u32>load<u16>(<usize>cache.hash + (<usize>slot << 1));
    if (state == 0) break;
    const entry = <usize>load<u32>(<usize>cache.directory + (<usize>state << 2));
    if (
      <u32>load<u16>(entry) == count && <u32>load<u16>(entry, 2) == context &&
      memory.compare(entry + 4, set + 4, <usize>count << 1) == 0
    ) return state * stride;
    slot = (slot + 1) & (HASH_SLOTS - 1);
  }
  if (cache.states >= cache.statesMax || <usize>cache.poolTop + bytes > <usize>cache.poolEnd) {
    emptyCache(cache);
    slot = hash & (HASH_SLOTS - 1);
  }
  const state = ++cache.states;
  const entry = <usize>cache.poolTop;
  store<u16>(entry, <u16>count);
  store<u16>(entry, <u16>context, 2);
  memory.copy(entry + 4, set + 4, <usize>count << 1);
  cache.poolTop += <u32>bytes;
  store<u32>(<usize>cache.directory + (<usize>state << 2), <u32>entry);
  store<u16>(<usize>cache.hash + (<usize>slot << 1), <u16>state);
  memory.fill(<usize>cache.transitions + (<usize>(state * stride) << 2), 0, <usize>stride << 2);
  return state * stride;
}
