// Joins: the build side's rows by key, back to back (groupRows of aggregate/count.ts gives offsets and rows), and pairs for probe rows.

/**
 * Emits pairs (probe row, build row) for probe rows from `start`. ids: u32[rows], each probe row's key number or 0xffffffff; offsets:
 * u32[keys + 1] into list: u32, build rows by key. At most pairsMax pairs, so a probe row may go on in the next call.
 * position: u32[2], in and out: the probe row to go on with and how many of its pairs are done. outer: rows without
 * a match emit a pair with build row 0xffffffff. Returns the number of pairs; when position[0] == rows, all are done.
 */
export function joinEmit(
  ids: usize, rows: i32, offsets: usize, list: usize, position: usize, pairsMax: i32, probe: usize, build: usize, outer: i32,
): i32 {
  let row = load<u32>(position);
  let done = load<u32>(position, 4);
  let count: usize = 0;
  const most = <usize>pairsMax;
  for (; row < <u32>rows; row++) {
    const id = load<u32>(ids + (<usize>row << 2));
    if (id == 0xffffffff) {
      if (!outer) continue;
      if (count == most) break;
      store<u32>(probe + (count << 2), row);
      store<u32>(build + (count << 2), 0xffffffff);
      count++;
      continue;
    }
    const end = load<u32>(offsets + (<usize>id << 2), 4);
    let at = load<u32>(offsets + (<usize>id << 2)) + done;
    while (at < end && count < most) {
      store<u32>(probe + (count << 2), row);
      store<u32>(build + (count << 2), load<u32>(list + (<usize>at << 2)));
      count++;
      at++;
    }
    if (at < end) {
      done = at - load<u32>(offsets + (<usize>id << 2));
      break;
    }
    done = 0;
  }
  store<u32>(position, row);
  store<u32>(position, done, 4);
  return <i32>count;
}

/** For joins that take one row of a key: build[i] = the key's first (or last) build row, 0xffffffff without. offsets and list as for joinEmit. */
export function joinPick(ids: usize, rows: i32, offsets: usize, list: usize, build: usize, last: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    let found: u32 = 0xffffffff;
    if (id != 0xffffffff) {
      const at = offsets + (<usize>id << 2);
      const place = last ? load<u32>(at, 4) - 1 : load<u32>(at);
      found = load<u32>(list + (<usize>place << 2));
    }
    store<u32>(build + (row << 2), found);
  }
}

/** mask: u8[rows], 1 where ids is a key's number, 0 where it is 0xffffffff. */
export function rowsFound(ids: usize, rows: i32, mask: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u8>(mask + row, u8(load<u32>(ids + (row << 2)) != 0xffffffff));
  }
}

/** ids: u32[rows] become 0xffffffff where nulls (u8[rows]) is not 0. */
export function dropIds(ids: usize, nulls: usize, rows: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const at = ids + (row << 2);
    store<u32>(at, load<u32>(at) | (0 - u32(load<u8>(nulls + row) != 0)));
  }
}

/** values: u32[rows], none above most afterwards. */
export function capU32(values: usize, rows: i32, most: i32): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    store<u32>(values + (row << 2), min<u32>(load<u32>(values + (row << 2)), most));
  }
}

/** marks: u8 by row number, 1 for each of rows: u32[count] but 0xffffffff. */
export function markJoined(marks: usize, rows: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) {
    const row = load<u32>(rows + (i << 2));
    if (row != 0xffffffff) store<u8>(marks + <usize>row, 1);
  }
}
