// What stands in streams in place of plain values: numbers of dictionary entries, and positions of what is not the default.

@inline
function remap<T>(source: usize, rows: i32, shared: u64, sharedBase: u32, added: u64, addedBase: u32, out: usize): i32 {
  let valid = true;
  for (let i = 0; i < rows; i++) {
    const entry = <u64>load<T>(source + <usize>i * sizeof<T>());
    valid = valid && entry < shared + added;
    store<u32>(out + (<usize>i << 2), entry < shared ? sharedBase + <u32>entry : addedBase + <u32>(entry - shared));
  }
  return valid ? 1 : 0;
}

/**
 * Numbers of a granule of LowCardinality, of 1, 2, 4 or 8 bytes (widthLog2), as u32 in a joint dictionary: those below `shared` lie
 * at sharedBase in it, the `added` ones behind them at addedBase. Returns 0 if one is past both.
 */
export function remapEntries(
  source: usize, widthLog2: i32, rows: i32, shared: u32, sharedBase: u32, added: u32, addedBase: u32, out: usize,
): i32 {
  if (widthLog2 == 0) return remap<u8>(source, rows, shared, sharedBase, added, addedBase, out);
  if (widthLog2 == 1) return remap<u16>(source, rows, shared, sharedBase, added, addedBase, out);
  if (widthLog2 == 2) return remap<u32>(source, rows, shared, sharedBase, added, addedBase, out);
  return remap<u64>(source, rows, shared, sharedBase, added, addedBase, out);
}

/** u32[rows] as u8 (widthLog2 0) or u16 (1), which they fit in. out may be 4-byte unaligned. */
export function narrowEntries(entries: usize, rows: i32, widthLog2: i32, out: usize): void {
  if (widthLog2 == 0) {
    for (let i = 0; i < rows; i++) store<u8>(out + <usize>i, <u8>load<u32>(entries + (<usize>i << 2)));
  } else {
    for (let i = 0; i < rows; i++) store<u16>(out + (<usize>i << 1), <u16>load<u32>(entries + (<usize>i << 2)));
  }
}

/**
 * Sparse offsets: for each granule, varints of the defaults before each other value, closed by one with bit 62 for those behind.
 * granuleRows: u32[granules]. numbers: u32[all rows], filled with i where value i stands and 0xffffffff for a default.
 * Returns how many values there are, -1 if the bytes end too early or do not give the granules' rows.
 */
export function readSparse(source: usize, end: usize, granuleRows: usize, granules: i32, numbers: usize): i32 {
  let values: u32 = 0;
  for (let granule = 0; granule < granules; granule++) {
    const rows = <u64>load<u32>(granuleRows + (<usize>granule << 2));
    memory.fill(numbers, 0xff, <usize>rows << 2);
    let row: u64 = 0;
    while (true) {
      let number: u64 = 0;
      let shift: u64 = 0;
      let byte: u64;
      do {
        if (source >= end || shift > 63) return -1;
        byte = <u64>load<u8>(source++);
        number |= (byte & 127) << shift;
        shift += 7;
      } while (byte >= 128);
      if (number & (<u64>1 << 62)) {
        if (row + (number & ~(<u64>1 << 62)) != rows) return -1;
        break;
      }
      if (number >= rows - row) return -1;
      row += number;
      store<u32>(numbers + <usize>(row << 2), values++);
      row++;
    }
    numbers += <usize>(rows << 2);
  }
  return <i32>values;
}

/** Bytes that the sparse offsets of some granules take: up to their last closing varint, all of which readSparse has checked. */
export function sparseSize(source: usize, end: usize, granules: i32): i32 {
  const start = source;
  while (granules > 0 && source < end) {
    let number: u64 = 0;
    let shift: u64 = 0;
    let byte: u64;
    do {
      byte = <u64>load<u8>(source++);
      number |= (byte & 127) << shift;
      shift += 7;
    } while (byte >= 128 && source < end);
    if (number & (<u64>1 << 62)) granules--;
  }
  return <i32>(source - start);
}
