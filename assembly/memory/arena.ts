// Arenas: what one query, one operator or one chunk allocates, given back as a whole. Small pieces are cut from a bump block;
// pieces of 32 KiB and more are runs of their own, so that they can be given back one by one.
//
// Budget, 32 bytes:  u64 limit (0 = none) | u64 used | u64 peak | u32 parent budget or 0 | u32 0
// Arena, 64 bytes:   u32 heap | u32 budget | u32 first run | u32 bump position | u32 bump end | u32 current bump run | u32 arenas' own run
// Run header, 64 bytes at the run's start:  u32 previous | u32 next | u32 pages | u32 kind (0 bump, 1 large)

import { PAGE_BYTES, heapTake, heapGive } from "./heap";

const RUN_HEADER: usize = 64;
const LARGE: usize = 32768;
/** Behind every allocation this many bytes may be read and overwritten by vector tails. */
export const SLACK: usize = 64;

/** Writes a budget of 32 bytes at address. limit: bytes, 0 for none; f64 as JavaScript has no cheap u64. */
export function budgetInit(address: usize, limit: f64, parent: usize): void {
  store<u64>(address, <u64>limit, 0);
  store<u64>(address, 0, 8);
  store<u64>(address, 0, 16);
  store<u32>(address, <u32>parent, 24);
  store<u32>(address, 0, 28);
}

/** Bytes taken at the moment: whole pages of 64 KiB. */
export function budgetUsed(budget: usize): f64 {
  return <f64>load<u64>(budget, 8);
}

/** The most bytes that were taken at once. */
export function budgetPeak(budget: usize): f64 {
  return <f64>load<u64>(budget, 16);
}

/** Takes bytes from a budget and its parents, or from none of them. */
function charge(budget: usize, bytes: u64): bool {
  for (let b = budget; b != 0; b = <usize>load<u32>(b, 24)) {
    const limit = load<u64>(b, 0);
    if (limit != 0 && load<u64>(b, 8) + bytes > limit) return false;
  }
  for (let b = budget; b != 0; b = <usize>load<u32>(b, 24)) {
    const used = load<u64>(b, 8) + bytes;
    store<u64>(b, used, 8);
    if (used > load<u64>(b, 16)) store<u64>(b, used, 16);
  }
  return true;
}

function refund(budget: usize, bytes: u64): void {
  for (let b = budget; b != 0; b = <usize>load<u32>(b, 24)) store<u64>(b, load<u64>(b, 8) - bytes, 8);
}

/** An arena at address (64 bytes, the caller's). budget: 0 for none. */
export function arenaInit(address: usize, heap: usize, budget: usize): void {
  memory.fill(address, 0, 64);
  store<u32>(address, <u32>heap, 0);
  store<u32>(address, <u32>budget, 4);
}

function takeRun(arena: usize, pages: i32, kind: u32): usize {
  const budget = <usize>load<u32>(arena, 4);
  const bytes = <u64>pages * <u64>PAGE_BYTES;
  if (budget != 0 && !charge(budget, bytes)) return 0;
  const run = heapTake(<usize>load<u32>(arena, 0), pages);
  if (run == 0) {
    if (budget != 0) refund(budget, bytes);
    return 0;
  }
  const first = load<u32>(arena, 8);
  store<u32>(run, 0, 0);
  store<u32>(run, first, 4);
  store<u32>(run, pages, 8);
  store<u32>(run, kind, 12);
  if (first != 0) store<u32>(<usize>first, <u32>run, 0);
  store<u32>(arena, <u32>run, 8);
  return run;
}

function giveRun(arena: usize, run: usize): void {
  const previous = <usize>load<u32>(run, 0);
  const next = <usize>load<u32>(run, 4);
  const pages = <i32>load<u32>(run, 8);
  if (previous != 0) store<u32>(previous, <u32>next, 4);
  else store<u32>(arena, <u32>next, 8);
  if (next != 0) store<u32>(next, <u32>previous, 0);
  const budget = <usize>load<u32>(arena, 4);
  if (budget != 0) refund(budget, <u64>pages * <u64>PAGE_BYTES);
  heapGive(<usize>load<u32>(arena, 0), run, pages);
}

/**
 * size bytes, 16-byte aligned, with SLACK bytes behind them; not zeroed. Returns 0 when the budget or the memory has no room.
 */
export function arenaAllocate(arena: usize, size: usize): usize {
  if (size > 0x7ff00000) return 0;
  const padded = (size + SLACK + 15) & ~15;
  if (padded >= LARGE) {
    const run = takeRun(arena, <i32>((padded + RUN_HEADER + PAGE_BYTES - 1) / PAGE_BYTES), 1);
    return run == 0 ? 0 : run + RUN_HEADER;
  }
  let position = <usize>load<u32>(arena, 12);
  if (position == 0 || position + padded > <usize>load<u32>(arena, 16)) {
    const run = takeRun(arena, 1, 0);
    if (run == 0) return 0;
    position = run + RUN_HEADER;
    store<u32>(arena, <u32>(run + PAGE_BYTES), 16);
    store<u32>(arena, <u32>run, 20);
  }
  store<u32>(arena, <u32>(position + padded), 12);
  return position;
}

/** Gives back one allocation of 32 KiB or more; a smaller one waits for the arena's end. */
export function arenaFree(arena: usize, pointer: usize): void {
  if ((pointer & (PAGE_BYTES - 1)) != RUN_HEADER) return;
  const run = pointer - RUN_HEADER;
  if (load<u32>(run, 12) == 1) giveRun(arena, run);
}

/**
 * A larger block with the first `used` bytes of the old one, which is given back. Returns 0 (and keeps the old block) without room.
 */
export function arenaGrow(arena: usize, pointer: usize, used: usize, size: usize): usize {
  const target = arenaAllocate(arena, size);
  if (target == 0) return 0;
  if (pointer != 0) {
    memory.copy(target, pointer, used);
    arenaFree(arena, pointer);
  }
  return target;
}

/** Gives everything back but one bump block, which is kept for the next round. */
export function arenaReset(arena: usize): void {
  const keep = <usize>load<u32>(arena, 20);
  let run = <usize>load<u32>(arena, 8);
  while (run != 0) {
    const next = <usize>load<u32>(run, 4);
    if (run != keep) giveRun(arena, run);
    run = next;
  }
  if (keep != 0) store<u32>(arena, <u32>(keep + RUN_HEADER), 12);
}

/** Gives everything back. */
export function arenaDestroy(arena: usize): void {
  while (load<u32>(arena, 8) != 0) giveRun(arena, <usize>load<u32>(arena, 8));
  store<u32>(arena, 0, 12);
  store<u32>(arena, 0, 16);
  store<u32>(arena, 0, 20);
}
