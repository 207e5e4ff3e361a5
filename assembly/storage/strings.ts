// Strings on disk are a varint length and bytes, one behind another; in memory they are offsets and bytes.

/** Copies in steps of 32 bytes: reads and writes up to 31 bytes past size. */
@inline
function copySteps(target: usize, source: usize, size: usize): void {
  v128.store(target, v128.load(source));
  v128.store(target, v128.load(source, 16), 16);
  if (size > 32) {
    if (size > 512) memory.copy(target + 32, source + 32, size - 32);
    else {
      for (let done: usize = 32; done < size; done += 32) {
        v128.store(target + done, v128.load(source + done));
        v128.store(target + done, v128.load(source + done, 16), 16);
      }
    }
  }
}

/**
 * Takes `rows` strings from [source, end). offsets: u32[rows + 1], from 0. bytes: as much room as the source has, with 32 bytes of
 * slack behind it. Returns how many bytes of the source they took, -1 if it ends too early or a length is nonsense.
 */
export function splitStrings(source: usize, end: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  const start = source;
  let target = bytes;
  store<u32>(offsets, 0);
  const offsetsEnd = offsets + (<usize>rows << 2);
  while (offsets < offsetsEnd) {
    if (source >= end) return -1;
    let length = <usize>load<u8>(source++);
    if (length >= 128) {
      length &= 127;
      let shift: usize = 7;
      let more: usize;
      do {
        if (source >= end || shift > 28) return -1;
        more = <usize>load<u8>(source++);
        length |= (more & 127) << shift;
        shift += 7;
      } while (more >= 128);
    }
    if (length > end - source) return -1;
    copySteps(target, source, length);
    source += length;
    target += length;
    store<u32>(offsets, <u32>(target - bytes), 4);
    offsets += 4;
  }
  return <i32>(source - start);
}

/** The inverse. out: room for all bytes and 5 more a row, with 32 bytes of slack. Returns the size written. */
export function joinStrings(offsets: usize, bytes: usize, rows: i32, out: usize): i32 {
  const start = out;
  let from = load<u32>(offsets);
  const offsetsEnd = offsets + (<usize>rows << 2);
  while (offsets < offsetsEnd) {
    offsets += 4;
    const to = load<u32>(offsets);
    const length = <usize>(to - from);
    let rest = length;
    while (rest >= 128) {
      store<u8>(out++, <u8>(rest | 128));
      rest >>= 7;
    }
    store<u8>(out++, <u8>rest);
    copySteps(out, bytes + <usize>from, length);
    out += length;
    from = to;
  }
  return <i32>(out - start);
}

/** Running sums of sizes, u64[rows], from 0: offsets u32[rows + 1]. Returns the total, -1 past 2^31 - 1. */
export function sizesToOffsets(sizes: usize, rows: i32, offsets: usize): i32 {
  let total: u64 = 0;
  store<u32>(offsets, 0);
  for (let i = 0; i < rows; i++) {
    const size = load<u64>(sizes + (<usize>i << 3));
    if (size > 0x7fffffff) return -1;
    total += size;
    if (total > 0x7fffffff) return -1;
    store<u32>(offsets + (<usize>i << 2), <u32>total, 4);
  }
  return <i32>total;
}

/** The inverse: out u64[rows]. The first offset need not be 0. */
export function offsetsToSizes(offsets: usize, rows: i32, out: usize): void {
  for (let i = 0; i < rows; i++) {
    const at = offsets + (<usize>i << 2);
    store<u64>(out + (<usize>i << 3), <u64>(load<u32>(at, 4) - load<u32>(at)));
  }
}
