// Matches with their groups, one table lookup a byte. It is the simulation of all ways at once (pike.ts), remembered: a state is the
// list of threads, in order of preference, each an instruction that waits for its position's closure; a transition says which thread
// came from which, and which slots are set on the way. Most bytes move no thread, so most transitions have no such list. A state that
// mostly leads to itself is run through a vector at a time. States are made when they are first met; a full cache is begun anew.
//
// Cache: the struct below, then its tables. A row of transitions, u32 each:
//   loop (0 not known, 1 none, else the set of bytes at which the state is left) | times it led to itself, then the transition by
//   which it does | where it lies in the pool | a transition for each class
// A transition is the next row's index (20 bits; 0: no thread is left) and the number of its moves (12 bits; 0: none);
// 0xffffffff: not known yet.
// A state in the pool: u16 count | u16 before | u16 pc[count]. pc 0xffff is the search itself: it begins a thread at every position.
// Moves in the pool: u32 count | u32 flags (1: into the other bank; 2: a match) | u32 match source | u32 0 | u64 match slots |
//   count times (u32 target | u32 source | u64 slots). Source 0xffff is a new thread.

import { arenaAllocate } from "../memory/arena";
import { findSet } from "../strings/scan";
import {
  ANCHORED, BEGIN_LINE, BEGIN_TEXT, BYTE, END_LINE, END_TEXT, LOOK, MATCH, Machine, SAVE, SPLIT, TABLE, USES_BEGIN, USES_LINES,
  USES_WORDS, WORD_BOUNDARY, instruction, isWord,
} from "./machine";

const UNKNOWN: u32 = 0xffffffff;
const SEARCH: u32 = 0xffff;
const FRESH: u32 = 0xffff;
const ROW_HEADER: u32 = 3;
const ROW_BITS: u32 = 20;
const ROW_MASK: u32 = (1 << ROW_BITS) - 1;
const MOVES_MAX: u32 = 4000;
const HASH_SLOTS: u32 = 4096;
/** A state that led to itself so often is looked at as a loop. */
const LOOP_AFTER: u32 = 16;
const NO_LOOP: u32 = 1;

const OTHER: u32 = 0;
const TEXT_BEGIN: u32 = 1;
const NEWLINE: u32 = 2;
const WORD: u32 = 3;

const OTHER_BANK: u32 = 1;
const A_MATCH: u32 = 2;

const CACHE_BYTES: usize = 128;

@unmanaged
class Cache {
  transitions: u32;
  stride: u32;
  states: u32;
  statesMax: u32;
  pool: u32;
  poolTop: u32;
  poolEnd: u32;
  moves: u32; // made so far
  movesAt: u32; // u32[MOVES_MAX + 1]: where they lie
  hash: u32; // u16[HASH_SLOTS]: state numbers, 0 for none
  // Start rows by what came before, for searching and for matching in place.
  from0: u32;
  from1: u32;
  from2: u32;
  from3: u32;
  visited: u32; // a set of instructions: u32 count | u16 dense[size] | u16 sparse[size]
  next: u32; // the same: the next state's
  threads: u32; // for the next state's entries: u32 source | u32 0 | u64 slots
  stack: u32; // u32 pc | u32 0 | u64 slots
  bankA: u32; // i32[size + 1][slotCount]
  bankB: u32;
  generation: u32; // how often the cache was begun anew
  afterPrefix: u32; // for an ANCHORED program: the row behind its prefix, where one thread is left; 0: not known
}

/**
 * The leftmost match at `from` or later (for an ANCHORED program: at `from`). Gives 1 and sets slots, or 0, or -1 when memory ran out.
 */
export function matchTagged(machine: Machine, text: usize, end: usize, from: usize): i32 {
  if (machine.tagged == 0 && !makeCache(machine)) return -1;
  const cache = changetype<Cache>(<usize>machine.tagged);
  const transitions = <usize>cache.transitions;
  const classes = <usize>machine.classes;
  const context = machine.flags & (USES_BEGIN | USES_LINES | USES_WORDS) ? before(machine, text, from) : OTHER;
  let state = load<u32>(<usize>machine.tagged + (<usize>context << 2), offsetof<Cache>("from0"));
  if (state == 0) state = startRow(machine, cache, context);
  let bank = <usize>cache.bankA;
  let matched = false;
  let position = from;
  if (machine.flags & ANCHORED && machine.prefixSize) {
    // The prefix has been looked at: in behind it, with the thread that it leaves.
    state = cache.afterPrefix;
    if (state == 0) {
      state = rowAfterPrefix(machine, cache);
      cache.afterPrefix = state;
    }
    const slotBytes = <usize>machine.slotCount << 2;
    for (let at: usize = 0; at < slotBytes; at += 8) store<i64>(bank + at, -1);
    store<i32>(bank, 0);
    position += <usize>machine.prefixSize;
  }
  while (position < end) {
    const byteClass = <u32>load<u8>(classes + <usize>load<u8>(position));
    let transition = load<u32>(transitions + (<usize>(state + byteClass) << 2), 12);
    if (transition == UNKNOWN) transition = step(machine, cache, state, byteClass);
    if ((transition & ROW_MASK) == state) {
      const row = transitions + (<usize>state << 2);
      let loop = load<u32>(row);
      if (loop > NO_LOOP && transition == load<u32>(row, 4)) {
        // The same threads, none of them moved, all the way to where the state is left. If a match ends at every byte, the last counts.
        position = findSet(position + 1, end, loop);
        if (transition == state) continue;
        takeMatch(machine, <usize>load<u32>(<usize>cache.movesAt + (<usize>(transition >> ROW_BITS) << 2)), bank, <i32>(position - 1 - text));
        matched = true;
        continue;
      }
      if (loop == 0) {
        const times = load<u32>(row, 4) + 1;
        store<u32>(row, times, 4);
        if (times >= LOOP_AFTER) makeLoop(machine, cache, state, transition);
      }
    }
    const moves = transition >> ROW_BITS;
    if (moves) {
      const list = <usize>load<u32>(<usize>cache.movesAt + (<usize>moves << 2));
      if (load<u32>(list, 4) & A_MATCH) {
        takeMatch(machine, list, bank, <i32>(position - text));
        matched = true;
      }
      if (load<u32>(list)) bank = move(machine, cache, list, bank, <i32>(position - text));
    }
    state = transition & ROW_MASK;
    if (state == 0) return matched ? 1 : 0;
    position++;
  }
  const last = machine.classCount - 1;
  let transition = load<u32>(transitions + (<usize>(state + last) << 2), 12);
  if (transition == UNKNOWN) transition = step(machine, cache, state, last);
  const moves = transition >> ROW_BITS;
  if (moves) {
    const list = <usize>load<u32>(<usize>cache.movesAt + (<usize>moves << 2));
    if (load<u32>(list, 4) & A_MATCH) {
      takeMatch(machine, list, bank, <i32>(position - text));
      matched = true;
    }
  }
  return matched ? 1 : 0;
}

// @ts-ignore: decorator
@inline
function takeMatch(machine: Machine, list: usize, bank: usize, position: i32): void {
  const slotBytes = <usize>machine.slotCount << 2;
  setSlots(<usize>machine.slots, bank, load<u32>(list, 8), slotBytes, load<u64>(list, 16), position);
  store<i32>(<usize>machine.slots, position, 4);
}

/** The bank in which the threads' slots are afterwards. */
function move(machine: Machine, cache: Cache, list: usize, bank: usize, position: i32): usize {
  const slotBytes = <usize>machine.slotCount << 2;
  let target = bank;
  if (load<u32>(list, 4) & OTHER_BANK) target = bank == <usize>cache.bankA ? cache.bankB : cache.bankA;
  let entry = list + 24;
  for (let count = load<u32>(list); count > 0; count--) {
    setSlots(target + <usize>load<u32>(entry) * slotBytes, bank, load<u32>(entry, 4), slotBytes, load<u64>(entry, 8), position);
    entry += 16;
  }
  return target;
}

// @ts-ignore: decorator
@inline
function setSlots(target: usize, bank: usize, source: u32, slotBytes: usize, slots: u64, position: i32): void {
  if (source == FRESH) for (let at: usize = 0; at < slotBytes; at += 8) store<i64>(target + at, -1);
  else {
    const from = bank + <usize>source * slotBytes;
    if (from != target) for (let at: usize = 0; at < slotBytes; at += 8) store<i64>(target + at, load<i64>(from + at));
  }
  while (slots) {
    store<i32>(target + (<usize>ctz(slots) << 2), position);
    slots &= slots - 1;
  }
}

function makeCache(machine: Machine): bool {
  const size = <usize>machine.size;
  const stride = <usize>(machine.classCount + ROW_HEADER);
  const statesMax = max<usize>(min<usize>(2000, 131072 / (stride * 4)), 32);
  const setBytes = (size * 4 + 19) & ~15;
  const bankBytes = ((size + 1) * (<usize>machine.slotCount << 2) + 15) & ~15;
  const poolBytes = size * 64 + 65536;
  const transitionBytes = ((statesMax + 2) * stride * 4 + 15) & ~15;
  const movesBytes = (<usize>MOVES_MAX + 4) * 4;
  const total =
    CACHE_BYTES + transitionBytes + movesBytes + <usize>HASH_SLOTS * 2 + setBytes * 2 + (size + 1) * 48 + bankBytes * 2 + poolBytes;
  let at = arenaAllocate(machine.arena, total + 64);
  if (at == 0) return false;
  const cache = changetype<Cache>(at);
  memory.fill(at, 0, total);
  machine.tagged = <u32>at;
  at += CACHE_BYTES;
  cache.transitions = <u32>at;
  cache.stride = <u32>stride;
  cache.statesMax = <u32>statesMax;
  at += transitionBytes;
  cache.threads = <u32>at;
  at += (size + 1) * 16;
  cache.stack = <u32>at;
  at += (size + 1) * 32;
  cache.bankA = <u32>at;
  at += bankBytes;
  cache.bankB = <u32>at;
  at += bankBytes;
  cache.movesAt = <u32>at;
  at += movesBytes;
  cache.visited = <u32>at;
  at += setBytes;
  cache.next = <u32>at;
  at += setBytes;
  cache.hash = <u32>at;
  at += <usize>HASH_SLOTS * 2;
  at = (at + 15) & ~15;
  cache.pool = <u32>at;
  cache.poolEnd = <u32>(at + poolBytes);
  empty(cache);
  return true;
}

function empty(cache: Cache): void {
  cache.states = 0;
  cache.moves = 0;
  cache.poolTop = cache.pool;
  cache.from0 = 0;
  cache.from1 = 0;
  cache.from2 = 0;
  cache.from3 = 0;
  cache.afterPrefix = 0;
  cache.generation++;
  memory.fill(<usize>cache.hash, 0, <usize>HASH_SLOTS * 2);
}

/** Pool bytes, aligned to 8; 0 when it is full. */
function takePool(cache: Cache, bytes: u32): u32 {
  const at = cache.poolTop;
  const size = (bytes + 7) & ~7;
  if (at + size > cache.poolEnd) return 0;
  cache.poolTop = at + size;
  return at;
}

/** What is before a position, as far as the program asks. */
function before(machine: Machine, text: usize, position: usize): u32 {
  if (position == text) return TEXT_BEGIN;
  return afterByte(machine, load<u8>(position - 1));
}

// @ts-ignore: decorator
@inline
function afterByte(machine: Machine, byte: u8): u32 {
  if (byte == 0x0a && machine.flags & USES_LINES) return NEWLINE;
  if (machine.flags & USES_WORDS && isWord(byte)) return WORD;
  return OTHER;
}

function startRow(machine: Machine, cache: Cache, context: u32): u32 {
  const at = changetype<usize>(cache) + offsetof<Cache>("from0") + (<usize>context << 2);
  let row = load<u32>(at);
  if (row) return row;
  const next = <usize>cache.next;
  store<u32>(next, 1);
  store<u16>(next, <u16>SEARCH, 4);
  row = internState(machine, cache, context);
  store<u32>(at, row);
  return row;
}

/** Where the prefix leads from the text's begin. */
function rowAfterPrefix(machine: Machine, cache: Cache): u32 {
  let row = startRow(machine, cache, TEXT_BEGIN);
  for (let i: u32 = 0; i < machine.prefixSize; i++) {
    const byte = load<u8>(<usize>machine.prefix + <usize>i);
    row = step(machine, cache, row, <u32>load<u8>(<usize>machine.classes + <usize>byte)) & ROW_MASK;
  }
  return row;
}

/** The transition of a state on a class (the last one: the text's end); remembered unless the cache was begun anew. */
function step(machine: Machine, cache: Cache, row: u32, byteClass: u32): u32 {
  const cell = <usize>cache.transitions + (<usize>(row + byteClass) << 2) + 12;
  const entry = <usize>load<u32>(<usize>cache.transitions + (<usize>row << 2), 8);
  const count = <u32>load<u16>(entry);
  const context = <u32>load<u16>(entry, 2);
  const atEnd = byteClass == machine.classCount - 1;
  const byte = load<u8>(<usize>machine.representatives + <usize>byteClass);
  const next = <usize>cache.next;
  store<u32>(<usize>cache.visited, 0);
  store<u32>(next, 0);
  let matchSource: u32 = FRESH;
  let matchSlots: u64 = 0;
  let matched = false;
  for (let i: u32 = 0; i < count && !matched; i++) {
    const pc = <u32>load<u16>(entry + (<usize>i << 1), 4);
    const isSearch = pc == SEARCH;
    matched = follow(machine, cache, isSearch ? machine.start : pc, isSearch ? FRESH : i, isSearch ? 1 : 0, context, byte, atEnd);
    if (matched) {
      matchSource = isSearch ? FRESH : i;
      matchSlots = load<u64>(cache.stack, 8);
    } else if (isSearch && !(machine.flags & ANCHORED) && !atEnd) {
      // The search goes on, after all threads that there are.
      const at = load<u32>(next);
      store<u16>(next + (<usize>at << 1), <u16>SEARCH, 4);
      store<u32>(next, at + 1);
      store<u32>(<usize>cache.threads + (<usize>at << 4), at);
      store<u64>(<usize>cache.threads + (<usize>at << 4), 0, 8);
    }
  }
  const generation = cache.generation;
  const moves = makeMoves(cache, load<u32>(next), matched, matchSource, matchSlots);
  const target = load<u32>(next) ? internState(machine, cache, afterByte(machine, byte)) : 0;
  const transition = target | (moves << ROW_BITS);
  if (generation == cache.generation) {
    store<u32>(cell, transition);
    return transition;
  }
  // The cache was begun anew in between; the moves may have gone with it.
  if (moves == 0) return transition;
  return target | (makeMoves(cache, load<u32>(next), matched, matchSource, matchSlots) << ROW_BITS);
}

/** The number of a list of moves for cache.threads; 0 if nothing moves. */
function makeMoves(cache: Cache, count: u32, matched: bool, matchSource: u32, matchSlots: u64): u32 {
  const threads = <usize>cache.threads;
  let moved: u32 = 0;
  let inPlace = true;
  for (let i: u32 = 0; i < count; i++) {
    const source = load<u32>(threads + (<usize>i << 4));
    if (source == i && load<u64>(threads + (<usize>i << 4), 8) == 0) continue;
    moved++;
    // Upwards in place, a thread's slots are read before they are overwritten only where they come from further up.
    if (source < i) inPlace = false;
  }
  if (moved == 0 && !matched) return 0;
  const entries = inPlace ? moved : count;
  const bytes = 24 + (entries << 4);
  let list = cache.moves < MOVES_MAX ? <usize>takePool(cache, bytes) : 0;
  if (list == 0) {
    empty(cache);
    list = <usize>takePool(cache, bytes);
    assert(list != 0, "an empty pool has room for one list of moves");
  }
  store<u32>(list, entries);
  store<u32>(list, (inPlace ? 0 : OTHER_BANK) | (matched ? A_MATCH : 0), 4);
  store<u32>(list, matchSource, 8);
  store<u64>(list, matchSlots, 16);
  let at = list + 24;
  for (let i: u32 = 0; i < count; i++) {
    const source = load<u32>(threads + (<usize>i << 4));
    const slots = load<u64>(threads + (<usize>i << 4), 8);
    if (inPlace && source == i && slots == 0) continue;
    store<u32>(at, i);
    store<u32>(at, source, 4);
    store<u64>(at, slots, 8);
    at += 16;
  }
  const number = ++cache.moves;
  store<u32>(<usize>cache.movesAt + (<usize>number << 2), <u32>list);
  return number;
}

/**
 * Follows a thread without a byte, then over the byte, and adds where it gets to the next state. True at a match, whose slots are
 * then the first entry of the stack.
 */
function follow(
  machine: Machine, cache: Cache, pc: u32, source: u32, slots: u64, context: u32, byte: u8, atEnd: bool,
): bool {
  const stack = <usize>cache.stack;
  const visited = <usize>cache.visited;
  const next = <usize>cache.next;
  store<u32>(stack, pc);
  store<u64>(stack, slots, 8);
  let depth: usize = 1;
  while (depth > 0) {
    depth--;
    const top = stack + (depth << 4);
    const at = load<u32>(top);
    const set = load<u64>(top, 8);
    if (!insert(machine, visited, at)) continue;
    const code = instruction(machine, at);
    const op = load<u8>(code);
    if (op == SPLIT) {
      store<u32>(top, load<u32>(code, 8));
      store<u64>(top, set, 8);
      store<u32>(top, load<u32>(code, 4), 16);
      store<u64>(top, set, 24);
      depth += 2;
    } else if (op == SAVE || op == LOOK) {
      if (op == LOOK && !holdsBetween(load<u32>(code, 8), context, byte, atEnd)) continue;
      store<u32>(top, load<u32>(code, 4));
      store<u64>(top, op == SAVE ? set | (<u64>1 << <u64>load<u32>(code, 8)) : set, 8);
      depth++;
    } else if (op == MATCH) {
      store<u64>(stack, set, 8);
      return true;
    } else if (!atEnd) {
      let target: u32 = UNKNOWN;
      if (op == BYTE) {
        if (byte >= load<u8>(code, 1) && byte <= load<u8>(code, 2)) target = load<u32>(code, 4);
      } else {
        const which = <usize>load<u8>(<usize>load<u32>(code, 8) + <usize>byte);
        if (which) target = load<u32>(<usize>load<u32>(code, 12) + ((which - 1) << 2));
      }
      if (target == UNKNOWN) continue;
      const place = <usize>load<u32>(next);
      if (!insert(machine, next, target)) continue;
      store<u32>(<usize>cache.threads + (place << 4), source);
      store<u64>(<usize>cache.threads + (place << 4), set, 8);
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
  const set = <usize>cache.next;
  const count = load<u32>(set);
  let hash: u32 = context * 0x9e3779b1 + count;
  for (let i: u32 = 0; i < count; i++) hash = (rotl<u32>(hash, 5) ^ <u32>load<u16>(set + (<usize>i << 1), 4)) * 0x85ebca6b;
  hash ^= hash >> 15;
  let slot = hash & (HASH_SLOTS - 1);
  while (true) {
    const state = <u32>load<u16>(<usize>cache.hash + (<usize>slot << 1));
    if (state == 0) break;
    const row = state * cache.stride;
    const entry = <usize>load<u32>(<usize>cache.transitions + (<usize>row << 2), 8);
    if (
      <u32>load<u16>(entry) == count && <u32>load<u16>(entry, 2) == context &&
      memory.compare(entry + 4, set + 4, <usize>count << 1) == 0
    ) return row;
    slot = (slot + 1) & (HASH_SLOTS - 1);
  }
  let entry = cache.states < cache.statesMax ? <usize>takePool(cache, 4 + (count << 1)) : 0;
  if (entry == 0) {
    empty(cache);
    slot = hash & (HASH_SLOTS - 1);
    entry = <usize>takePool(cache, 4 + (count << 1));
    assert(entry != 0, "an empty pool has room for one state");
  }
  const state = ++cache.states;
  store<u16>(entry, <u16>count);
  store<u16>(entry, <u16>context, 2);
  memory.copy(entry + 4, set + 4, <usize>count << 1);
  store<u16>(<usize>cache.hash + (<usize>slot << 1), <u16>state);
  const row = state * cache.stride;
  const address = <usize>cache.transitions + (<usize>row << 2);
  memory.fill(address, 0xff, <usize>cache.stride << 2);
  store<u32>(address, 0);
  store<u32>(address, 0, 4);
  store<u32>(address, <u32>entry, 8);
  return row;
}

/**
 * Works out all transitions of a state, and the set of bytes that do not lead back to it by `stay`; NO_LOOP where few do, where
 * threads move on the way, or where the cache has no room for all of them.
 */
function makeLoop(machine: Machine, cache: Cache, row: u32, stay: u32): void {
  const generation = cache.generation;
  const address = <usize>cache.transitions + (<usize>row << 2);
  const classCount = machine.classCount;
  const poolNeeded = (classCount + 1) * (48 + (machine.size + 1) * 18);
  const moves = stay >> ROW_BITS;
  store<u32>(address, NO_LOOP);
  if (moves && load<u32>(<usize>load<u32>(<usize>cache.movesAt + (<usize>moves << 2))) != 0) return;
  if (
    cache.states + classCount >= cache.statesMax || cache.moves + classCount >= MOVES_MAX ||
    cache.poolTop + poolNeeded > cache.poolEnd
  ) return;
  const set = <usize>takePool(cache, 32);
  memory.fill(set, 0, 32);
  let stays = 0;
  for (let byte: u32 = 0; byte < 256; byte++) {
    const byteClass = <u32>load<u8>(<usize>machine.classes + <usize>byte);
    let transition = load<u32>(address + (<usize>byteClass << 2), 12);
    if (transition == UNKNOWN) transition = step(machine, cache, row, byteClass);
    assert(generation == cache.generation, "there was room for every transition");
    if (isSame(cache, transition, stay)) {
      // One and the same for all bytes that stay, so that one comparison tells.
      store<u32>(address + (<usize>byteClass << 2), stay, 12);
      stays++;
    } else {
      const cell = set + <usize>((byte & 15) | ((byte >> 7) << 4));
      store<u8>(cell, <u32>load<u8>(cell) | (<u32>1 << ((byte >> 4) & 7)));
    }
  }
  if (stays < 8) return;
  store<u32>(address, <u32>set);
  store<u32>(address, stay, 4);
}

/** Whether two transitions of one state do the same; `stay` moves nothing, though it may be a match. */
function isSame(cache: Cache, transition: u32, stay: u32): bool {
  if (transition == stay) return true;
  if ((transition & ROW_MASK) != (stay & ROW_MASK) || transition >> ROW_BITS == 0 || stay >> ROW_BITS == 0) return false;
  const a = <usize>load<u32>(<usize>cache.movesAt + (<usize>(transition >> ROW_BITS) << 2));
  const b = <usize>load<u32>(<usize>cache.movesAt + (<usize>(stay >> ROW_BITS) << 2));
  return memory.compare(a, b, 24) == 0;
}
