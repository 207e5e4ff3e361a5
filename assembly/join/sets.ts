// EXCEPT and INTERSECT, by the numbers of rows' keys. ids: u32[rows]; mask: u8[rows], 1 for rows that stay.

/** counts[ids[i]]++. */
export function countIds(ids: usize, rows: i32, counts: usize): void {
  for (const end = ids + (<usize>rows << 2); ids < end; ids += 4) {
    const count = counts + (<usize>load<u32>(ids) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/** Keeps each key's first row, if its number is below known (inside = 1) or not (inside = 0). seen: u8[keys]. */
export function keepOnce(ids: usize, rows: i32, known: u32, inside: u32, seen: usize, mask: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    const before = load<u8>(seen + <usize>id);
    store<u8>(seen + <usize>id, 1);
    store<u8>(mask + row, <u8>(u32(u32(id < known) == inside) & u32(before == 0)));
  }
}

/**
 * A row whose key has a count left takes one of it; such rows stay (inside = 1), or all others do. counts: u32[known]; ids from known on
 * have none.
 */
export function takeCounted(ids: usize, rows: i32, known: u32, inside: u32, counts: usize, mask: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    const id = load<u32>(ids + (row << 2));
    let left: u32 = 0;
    if (id < known) {
      const count = counts + (<usize>id << 2);
      left = load<u32>(count);
      if (left > 0) store<u32>(count, left - 1);
    }
    store<u8>(mask + row, <u8>u32(u32(left > 0) == inside));
  }
}
