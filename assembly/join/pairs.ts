// Rows of two sides that have the same key. The right side's rows of one key form a chain: heads u32[keys], next u32[rows].

/** Chains rows by their key's number, in row order. ids: u32[rows], noRow for rows that join nothing. */
export function chainRows(ids: usize, rows: i32, keys: i32, noRow: u32, heads: usize, next: usize): void {
  for (let key: i32 = 0; key < keys; key++) store<u32>(heads + (<usize>key << 2), noRow);
  for (let row: i32 = rows - 1; row >= 0; row--) {
    const id = load<u32>(ids + (<usize>row << 2));
    if (id == noRow) {
      store<u32>(next + (<usize>row << 2), noRow);
      continue;
    }
    const head = heads + (<usize>id << 2);
    store<u32>(next + (<usize>row << 2), load<u32>(head));
    store<u32>(head, <u32>row);
  }
}

/** ids[i] = noRow where nulls[i] is 1. */
export function clearIds(ids: usize, nulls: usize, rows: i32, noRow: u32): void {
  for (let i: i32 = 0; i < rows; i++) if (load<u8>(nulls + <usize>i)) store<u32>(ids + (<usize>i << 2), noRow);
}

/** firsts[i] = heads[ids[i]], noRow for noRow. */
export function headsOf(ids: usize, rows: i32, heads: usize, noRow: u32, firsts: usize): void {
  for (let i: i32 = 0; i < rows; i++) {
    const id = load<u32>(ids + (<usize>i << 2));
    store<u32>(firsts + (<usize>i << 2), id == noRow ? noRow : load<u32>(heads + (<usize>id << 2)));
  }
}

/**
 * Up to capacity pairs (left row, right row), going on from state (u32 left row, u32 right row + 1 or 0 for the chain's head).
 * Returns how many; 0 when all are out.
 */
export function joinPairs(firsts: usize, rows: i32, next: usize, noRow: u32, onlyFirst: i32, capacity: i32, state: usize, lefts: usize, rights: usize): i32 {
  let left = load<u32>(state);
  let pending = load<u32>(state, 4);
  let count: i32 = 0;
  while (left < <u32>rows) {
    let right = pending == 0 ? load<u32>(firsts + (<usize>left << 2)) : pending - 1;
    while (right != noRow) {
      if (count == capacity) {
        store<u32>(state, left);
        store<u32>(state, right + 1, 4);
        return count;
      }
      store<u32>(lefts + (<usize>count << 2), left);
      store<u32>(rights + (<usize>count << 2), right);
      count++;
      right = onlyFirst ? noRow : load<u32>(next + (<usize>right << 2));
    }
    pending = 0;
    left++;
  }
  store<u32>(state, left);
  store<u32>(state, 0, 4);
  return count;
}

/** The same for every pair of leftRows x rightRows. */
export function crossPairs(leftRows: i32, rightRows: i32, capacity: i32, state: usize, lefts: usize, rights: usize): i32 {
  let left = load<u32>(state);
  let right = load<u32>(state, 4);
  let count: i32 = 0;
  if (rightRows == 0) return 0;
  while (left < <u32>leftRows && count < capacity) {
    store<u32>(lefts + (<usize>count << 2), left);
    store<u32>(rights + (<usize>count << 2), right);
    count++;
    if (++right == <u32>rightRows) {
      right = 0;
      left++;
    }
  }
  store<u32>(state, left);
  store<u32>(state, right, 4);
  return count;
}

/** marks[rows[i]] = 1. */
export function markRows(rows: usize, count: i32, marks: usize): void {
  for (let i: i32 = 0; i < count; i++) store<u8>(marks + <usize>load<u32>(rows + (<usize>i << 2)), 1);
}

/** Keeps the pairs whose row is not marked yet, and marks it. rows and others: u32[count], compacted in place. Returns how many. */
export function firstPairs(rows: usize, others: usize, count: i32, marks: usize): i32 {
  let kept: i32 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2));
    if (load<u8>(marks + <usize>row)) continue;
    store<u8>(marks + <usize>row, 1);
    store<u32>(rows + (<usize>kept << 2), row);
    store<u32>(others + (<usize>kept << 2), load<u32>(others + (<usize>i << 2)));
    kept++;
  }
  return kept;
}
