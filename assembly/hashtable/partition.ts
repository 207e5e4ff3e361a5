// Partitions by hash: rows whose keys' hashes start with the same bits. All rows of a key are in one partition, so partitions are
// grouped, merged and counted apart, each in tables that the caches hold.

/**
 * The rows in the order of their partitions, and in their own order inside one. hashes: u32[rows]; a partition is a hash's first
 * `bits` (1..8) bits. starts: u32[2^bits + 1], where each partition's rows start in order: u32[rows]. Row numbers are counted from `first`.
 */
export function partitionRows(hashes: usize, rows: i32, bits: i32, starts: usize, order: usize, first: i32): void {
  const partitions = <usize>1 << bits;
  const shift = <u32>(32 - bits);
  memory.fill(starts, 0, (partitions + 1) << 2);
  for (let row = 0; row < rows; row++) {
    const at = starts + (<usize>(load<u32>(hashes + (<usize>row << 2)) >> shift) << 2);
    store<u32>(at, load<u32>(at, 4) + 1, 4);
  }
  for (let p: usize = 0; p < partitions; p++) {
    store<u32>(starts + (p << 2), load<u32>(starts + (p << 2), 4) + load<u32>(starts + (p << 2)), 4);
  }
  // starts[p] serves as the partition's cursor; afterwards it is where the next one starts, so all move up by one.
  for (let row = 0; row < rows; row++) {
    const at = starts + (<usize>(load<u32>(hashes + (<usize>row << 2)) >> shift) << 2);
    const to = load<u32>(at);
    store<u32>(at, to + 1);
    store<u32>(order + (<usize>to << 2), first + row);
  }
  memory.copy(starts + 4, starts, partitions << 2);
  store<u32>(starts, 0);
}
