// Counters and what every aggregate does with numbers of groups.

/** states: u64[groups] += 1 for each row. ids: u32[rows]. */
export function countGrouped(states: usize, ids: usize, rows: i32): void {
  const end = ids + (<usize>rows << 2);
  while (ids < end) {
    const state = states + (<usize>load<u32>(ids) << 3);
    store<u64>(state, load<u64>(state) + 1);
    ids += 4;
  }
}

/** states: u64[groups] += 1 for each row where flags (u8[rows]) is `counted`. ids: 0 counts all in the first state. */
export function countFlagGrouped(states: usize, ids: usize, flags: usize, rows: i32, counted: i32): void {
  if (ids == 0) {
    let count: u64 = 0;
    for (let row = 0; row < rows; row++) count += u64(<i32>load<u8>(flags + <usize>row) == counted);
    store<u64>(states, load<u64>(states) + count);
    return;
  }
  for (let row: usize = 0; row < <usize>rows; row++) {
    const state = states + (<usize>load<u32>(ids + (row << 2)) << 3);
    store<u64>(state, load<u64>(state) + u64(<i32>load<u8>(flags + row) == counted));
  }
}

/** flags: u8[groups] = 1 for each group that a row has. ids: u32[rows]. */
export function markGroups(flags: usize, ids: usize, rows: i32): void {
  const end = ids + (<usize>rows << 2);
  while (ids < end) {
    store<u8>(flags + <usize>load<u32>(ids), 1);
    ids += 4;
  }
}

/**
 * The rows in the order of their groups, in their own order inside one. ids: u32[rows] below groups; offsets: u32[groups + 1], where
 * each group starts in order: u32[rows].
 */
export function groupRows(ids: usize, rows: i32, groups: i32, offsets: usize, order: usize): void {
  memory.fill(offsets, 0, (<usize>groups + 1) << 2);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = offsets + (<usize>load<u32>(ids + (row << 2)) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let g: usize = 0; g < <usize>groups; g++) {
    store<u32>(offsets + (g << 2), load<u32>(offsets + (g << 2), 4) + load<u32>(offsets + (g << 2)), 4);
  }
  // A group's start serves as its cursor and ends as the next one's start: all move up by one afterwards.
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = offsets + (<usize>load<u32>(ids + (row << 2)) << 2);
    const to = load<u32>(at);
    store<u32>(at, to + 1);
    store<u32>(order + (<usize>to << 2), <u32>row);
  }
  memory.copy(offsets + 4, offsets, <usize>groups << 2);
  store<u32>(offsets, 0);
}

/** mask: u8[rows], 1 where values (u8[rows]) is not 0 and nulls (u8[rows], or address 0 for none) is. */
export function truthMask(values: usize, nulls: usize, rows: i32, mask: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const isNull = nulls != 0 && load<u8>(nulls + row) != 0;
    store<u8>(mask + row, u8(load<u8>(values + row) != 0 && !isNull));
  }
}

/** states: u8[groups] |= flags: u8[count]. ids: u32[count], or 0 for the same numbers. */
export function orFlags(states: usize, ids: usize, flags: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const state = states + (ids == 0 ? i : <usize>load<u32>(ids + (i << 2)));
    store<u8>(state, load<u8>(state) | load<u8>(flags + i));
  }
}

/** target: each row's id as many times as offsets u32[rows + 1] give it elements. */
export function repeatIds(ids: usize, offsets: usize, rows: i32, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    let left = load<u32>(offsets + (row << 2), 4) - load<u32>(offsets + (row << 2));
    for (; left > 0; left--) {
      store<u32>(target, id);
      target += 4;
    }
  }
}

/** target: 0, 1, ... for the elements of each row. offsets: u32[rows + 1]. */
export function positionsInRows(offsets: usize, rows: i32, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const size = load<u32>(offsets + (row << 2), 4) - load<u32>(offsets + (row << 2));
    for (let i: u32 = 0; i < size; i++) {
      store<u32>(target, i);
      target += 4;
    }
  }
}

/** 0 where two pieces of memory are equal. */
export function compareBytesOf(a: usize, b: usize, size: i32): i32 {
  return memory.compare(a, b, <usize>size);
}

/**
 * Cuts each run (offsets: u32[rows + 1]) to its first, or with last its last, `limit` elements. newOffsets: u32[rows + 1]; starts: u32[rows],
 * the first element kept of each. Returns how many are kept.
 */
export function limitRuns(offsets: usize, rows: i32, limit: i32, last: i32, newOffsets: usize, starts: usize): i32 {
  let total: u32 = 0;
  store<u32>(newOffsets, 0);
  for (let row: usize = 0; row < <usize>rows; row++) {
    const from = load<u32>(offsets + (row << 2));
    const to = load<u32>(offsets + (row << 2), 4);
    const size = min<u32>(to - from, limit);
    store<u32>(starts + (row << 2), last ? to - size : from);
    total += size;
    store<u32>(newOffsets + (row << 2), total, 4);
  }
  return total;
}

/** target: u32, for each run its elements' numbers from starts (u32[rows]) on. offsets: u32[rows + 1]. */
export function runIndices(starts: usize, offsets: usize, rows: i32, target: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const size = load<u32>(offsets + (row << 2), 4) - load<u32>(offsets + (row << 2));
    const start = load<u32>(starts + (row << 2));
    for (let i: u32 = 0; i < size; i++) {
      store<u32>(target, start + i);
      target += 4;
    }
  }
}
