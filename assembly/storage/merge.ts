// Merged rows as a list of the sources they come from: u16 each, source | 0x8000 where the row is left out. Inside of a source rows
// come in their order, so this is all it takes to merge each column by itself.

const LEFT_OUT: u16 = 0x8000;

/** Sources of merged rows (u32[rows]) and which rows stay (u8[rows]) as such a list. */
export function packSources(sources: usize, kept: usize, rows: i32, out: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    store<u16>(out + (i << 1), <u16>load<u32>(sources + (i << 2)) | (load<u8>(kept + i) ? 0 : LEFT_OUT));
  }
}

/** counts u32[sources]: rows of each source in the list, those left out too. */
export function countSources(list: usize, rows: i32, sources: i32, counts: usize): void {
  memory.fill(counts, 0, <usize>sources << 2);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const at = counts + (<usize>(load<u16>(list + (i << 1)) & ~LEFT_OUT) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
}

/**
 * Row numbers of the list's rows in a column that has the sources' rows one source behind another. cursors: u32[sources], where each
 * source starts, moved on. Returns how many rows stay, their numbers in out u32[rows].
 */
export function sourceIndices(list: usize, rows: i32, cursors: usize, out: usize): i32 {
  let count: usize = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const source = load<u16>(list + (i << 1));
    const cursor = cursors + (<usize>(source & ~LEFT_OUT) << 2);
    const row = load<u32>(cursor);
    store<u32>(cursor, row + 1);
    store<u32>(out + (count << 2), row);
    count += source < LEFT_OUT ? 1 : 0;
  }
  return <i32>count;
}

@inline
function sumRuns<T>(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (nulls != 0 && load<u8>(nulls + i)) continue;
    const at = out + <usize>load<u32>(groups + (i << 2)) * sizeof<T>();
    store<T>(at, <T>(load<T>(at) + load<T>(values + i * sizeof<T>())));
  }
}

/** out[groups[i]] += values[i], wrapping; a row with a NULL (nulls u8[rows], or 0) adds nothing. */
export function sumRuns8(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<u8>(values, groups, rows, nulls, out); }
export function sumRuns16(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<u16>(values, groups, rows, nulls, out); }
export function sumRuns32(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<u32>(values, groups, rows, nulls, out); }
export function sumRuns64(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<u64>(values, groups, rows, nulls, out); }
export function sumRunsF32(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<f32>(values, groups, rows, nulls, out); }
export function sumRunsF64(values: usize, groups: usize, rows: i32, nulls: usize, out: usize): void { sumRuns<f64>(values, groups, rows, nulls, out); }

/** The same for integers of several 64-bit words. */
export function sumRunsWide(values: usize, words: i32, groups: usize, rows: i32, nulls: usize, out: usize): void {
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (nulls != 0 && load<u8>(nulls + i)) continue;
    let at = out + <usize>load<u32>(groups + (i << 2)) * (<usize>words << 3);
    let from = values + i * (<usize>words << 3);
    let carry: u64 = 0;
    for (let word = 0; word < words; word++) {
      const left = load<u64>(at);
      const sum = left + load<u64>(from);
      const total = sum + carry;
      carry = u64(sum < left) | u64(total < sum);
      store<u64>(at, total);
      at += 8;
      from += 8;
    }
  }
}
