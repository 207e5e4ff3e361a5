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
