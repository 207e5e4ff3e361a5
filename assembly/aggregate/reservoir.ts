// Reservoir samples for quantile(): up to 8,192 values a group, chosen as ClickHouse chooses them, by the same generator.
//
// State, 24 bytes: u32 samples: f64[] | u32 room | u64 values seen | u64 generator. Samples there are: min(seen, 8192).

import { poolTake } from "./values";

const SAMPLES: u64 = 8192;
const STATE: usize = 24;
const SEED: u64 = 123459;
const MULTIPLIER: u64 = 6364136223846793005;

// @ts-ignore: decorator
@inline
function next(state: usize): u32 {
  const old = load<u64>(state, 16);
  store<u64>(state, old * MULTIPLIER, 16);
  return <u32>((old ^ (old >> 22)) >> (22 + (old >> 61)));
}

// @ts-ignore: decorator
@inline
function below(state: usize, limit: u64): u64 {
  if (limit <= 0xffffffff) return <u64>next(state) % limit;
  const high = <u64>next(state) << 32;
  return (high | <u64>next(state)) % limit;
}

/** Starts states of count groups. */
export function reservoirStart(states: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const state = states + i * STATE;
    store<u64>(state, 0);
    store<u64>(state, 0, 8);
    store<u64>(state, SEED, 16);
  }
}

// @ts-ignore: decorator
@inline
function room(pool: usize, state: usize, needed: u32): bool {
  const has = load<u32>(state, 4);
  if (needed <= has) return true;
  const wanted = min(max(needed, max(has * 2, 4)), <u32>SAMPLES);
  const old = <usize>load<u32>(state);
  const samples = poolTake(pool, <usize>wanted << 3);
  if (samples == 0) return false;
  if (old != 0) memory.copy(samples, old, <usize>has << 3);
  store<u32>(state, <u32>samples);
  store<u32>(state, wanted, 4);
  return true;
}

// @ts-ignore: decorator
@inline
function insert(pool: usize, state: usize, value: f64): bool {
  const seen = load<u64>(state, 8) + 1;
  store<u64>(state, seen, 8);
  if (seen <= SAMPLES) {
    if (!room(pool, state, <u32>seen)) return false;
    store<f64>(<usize>load<u32>(state) + (<usize>(seen - 1) << 3), value);
    return true;
  }
  const at = below(state, seen);
  if (at < SAMPLES) store<f64>(<usize>load<u32>(state) + (<usize>at << 3), value);
  return true;
}

/** Puts values (f64[rows], NaN left out) into the samples of their groups. ids: u32[rows], or 0 for group 0. -1 without memory. */
export function reservoirAdd(pool: usize, states: usize, ids: usize, values: usize, rows: i32): i32 {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const value = load<f64>(values + (row << 3));
    if (value != value) continue;
    const state = states + (ids == 0 ? 0 : <usize>load<u32>(ids + (row << 2))) * STATE;
    if (!insert(pool, state, value)) return -1;
  }
  return 0;
}

/** offsets: u32[count + 1] of the states' samples, totals: u64[count], values seen. Returns how many samples there are, -1 above 2^28. */
export function reservoirOffsets(states: usize, count: i32, offsets: usize, totals: usize): i32 {
  let sum: u64 = 0;
  store<u32>(offsets, 0);
  for (let i: usize = 0; i < <usize>count; i++) {
    const seen = load<u64>(states + i * STATE, 8);
    sum += min(seen, SAMPLES);
    if (sum > 1 << 28) return -1;
    store<u32>(offsets + (i << 2), <u32>sum, 4);
    store<u64>(totals + (i << 3), seen);
  }
  return <i32>sum;
}

/** target: f64, the samples of all states back to back. */
export function reservoirSamples(states: usize, count: i32, target: usize): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const state = states + i * STATE;
    const size = <usize>min(load<u64>(state, 8), SAMPLES) << 3;
    memory.copy(target, <usize>load<u32>(state), size);
    target += size;
  }
}

/** Takes in samples (offsets: u32[count + 1] into samples: f64) of totals: u64[count] values, each into the state of its id. -1 without memory. */
export function reservoirMerge(
  pool: usize, states: usize, ids: usize, offsets: usize, samples: usize, totals: usize, count: i32,
): i32 {
  for (let i: usize = 0; i < <usize>count; i++) {
    const state = states + (ids == 0 ? i : <usize>load<u32>(ids + (i << 2))) * STATE;
    const from = samples + (<usize>load<u32>(offsets + (i << 2)) << 3);
    const size = load<u32>(offsets + (i << 2), 4) - load<u32>(offsets + (i << 2));
    const theirs = load<u64>(totals + (i << 3));
    const ours = load<u64>(state, 8);
    if (theirs <= SAMPLES) {
      for (let s: usize = 0; s < <usize>size; s++) if (!insert(pool, state, load<f64>(from + (s << 3)))) return -1;
      continue;
    }
    if (!room(pool, state, <u32>SAMPLES)) return -1;
    const mine = <usize>load<u32>(state);
    if (ours <= SAMPLES) {
      // Theirs become the samples, and our few are put in as new values. Their copy is taken first, as ours lie where theirs go.
      const kept = poolTake(pool, <usize>ours << 3);
      if (kept == 0) return -1;
      memory.copy(kept, mine, <usize>ours << 3);
      memory.copy(mine, from, <usize>SAMPLES << 3);
      store<u64>(state, theirs, 8);
      for (let s: usize = 0; s < <usize>ours; s++) if (!insert(pool, state, load<f64>(kept + (s << 3)))) return -1;
      continue;
    }
    // Every so many of ours is replaced, by the share that theirs have of all.
    store<u64>(state, ours + theirs, 8);
    const every = <f64>(ours + theirs) / <f64>theirs;
    if (every * 2 >= <f64>SAMPLES) {
      const at = below(state, <u64>every);
      if (at < SAMPLES) store<f64>(mine + (<usize>at << 3), load<f64>(from + (<usize>at << 3)));
      continue;
    }
    for (let s: f64 = 0; s < <f64>SAMPLES; s += every) {
      const at = <usize>s << 3;
      store<f64>(mine + at, load<f64>(from + at));
    }
  }
  return 0;
}

function sortFloats(values: usize, low: i32, high: i32): void {
  while (high - low > 16) {
    const middle = load<f64>(values + (<usize>((low + high) >> 1) << 3));
    let i = low;
    let j = high;
    while (i <= j) {
      while (load<f64>(values + (<usize>i << 3)) < middle) i++;
      while (load<f64>(values + (<usize>j << 3)) > middle) j--;
      if (i > j) break;
      const a = load<f64>(values + (<usize>i << 3));
      store<f64>(values + (<usize>i << 3), load<f64>(values + (<usize>j << 3)));
      store<f64>(values + (<usize>j << 3), a);
      i++;
      j--;
    }
    // The smaller half by recursion, the larger one in the loop: the depth stays a logarithm.
    if (j - low < high - i) {
      sortFloats(values, low, j);
      low = i;
    } else {
      sortFloats(values, i, high);
      high = j;
    }
  }
  for (let i = low + 1; i <= high; i++) {
    const value = load<f64>(values + (<usize>i << 3));
    let j = i - 1;
    while (j >= low && load<f64>(values + (<usize>j << 3)) > value) {
      store<f64>(values + (<usize>j << 3), load<f64>(values + (<usize>j << 3)), 8);
      j--;
    }
    store<f64>(values + (<usize>(j + 1) << 3), value);
  }
}

/** Sorts each run of values (f64 without NaN): offsets u32[count + 1]. */
export function sortFloatRuns(values: usize, offsets: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const from = load<u32>(offsets + (i << 2));
    const to = load<u32>(offsets + (i << 2), 4);
    if (to > from) sortFloats(values, <i32>from, <i32>to - 1);
  }
}

/**
 * target: f64[count * levels], the values at levels (f64[levels], 0 to 1) of sorted runs, interpolated between neighbours; NaN for
 * an empty run.
 */
export function interpolateRuns(
  values: usize, offsets: usize, count: i32, levelsAt: usize, levels: i32, target: usize,
): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const run = values + (<usize>load<u32>(offsets + (i << 2)) << 3);
    const size = load<u32>(offsets + (i << 2), 4) - load<u32>(offsets + (i << 2));
    for (let l: usize = 0; l < <usize>levels; l++) {
      let result: f64 = NaN;
      if (size > 0) {
        const place = max(0.0, min(<f64>(size - 1), load<f64>(levelsAt + (l << 3)) * <f64>(size - 1)));
        const left = <usize>place;
        const share = place - <f64>left;
        result = load<f64>(run + (left << 3));
        if (left + 1 < <usize>size) result = result * (1.0 - share) + load<f64>(run + ((left + 1) << 3)) * share;
      }
      store<f64>(target, result);
      target += 8;
    }
  }
}
