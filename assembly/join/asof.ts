// ASOF JOIN: for each left row the nearest right row of its key. The right rows lie sorted by key and then by value, both as numbers:
//   starts  u32[keys + 1]  where a key's rows begin
//   values  u64[rows]      in that order, rising within a key

/** starts of sorted ids (u32[rows], those of noRow last). */
export function asofStarts(ids: usize, rows: i32, keys: i32, noRow: u32, starts: usize): void {
  let key: u32 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const id = load<u32>(ids + (<usize>row << 2));
    if (id == noRow) {
      rows = row;
      break;
    }
    while (key <= id) store<u32>(starts + (<usize>(key++) << 2), <u32>row);
  }
  while (key <= <u32>keys) store<u32>(starts + (<usize>(key++) << 2), <u32>rows);
}

/** The first place in [low, high) whose value is not less than (above: is greater than) the wanted one. */
@inline
function bound(values: usize, low: u32, high: u32, wanted: u64, above: bool): u32 {
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = load<u64>(values + (<usize>middle << 3));
    if (value < wanted || (above && value == wanted)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * found[i]: the place of the right row that is nearest to the left row's value, or noRow. ids: the left rows' keys, noRow for none.
 * below: the right value is to be less than the left one, else greater; orEqual: or equal. Of equal ones the first.
 */
export function asofRows(
  ids: usize, wanted: usize, rows: i32, starts: usize, values: usize, below: i32, orEqual: i32, noRow: u32, found: usize,
): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    let place = noRow;
    if (id != noRow) {
      const low = load<u32>(starts + (<usize>id << 2));
      const high = load<u32>(starts + (<usize>id << 2), 4);
      const value = load<u64>(wanted + (row << 3));
      if (below) {
        const behind = bound(values, low, high, value, orEqual != 0);
        if (behind > low) place = bound(values, low, behind, load<u64>(values + (<usize>(behind - 1) << 3)), false);
      } else {
        const at = bound(values, low, high, value, orEqual == 0);
        if (at < high) place = at;
      }
    }
    store<u32>(found + (row << 2), place);
  }
}
