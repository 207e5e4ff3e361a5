// Equal values found: what makes a dictionary of a column.

// @ts-ignore: decorator
@inline
function mix(hash: u64, value: u64): u64 {
  const x = (hash ^ value) * 0x9e3779b97f4a7c15;
  return x ^ (x >> 29);
}

function hashOf(pointer: usize, size: u32): u64 {
  let hash: u64 = 0x2d358dccaa6c78a5 ^ <u64>size;
  while (size >= 8) {
    hash = mix(hash, load<u64>(pointer));
    pointer += 8;
    size -= 8;
  }
  if (size > 0) hash = mix(hash, load<u64>(pointer) & (((<u64>1) << (<u64>size << 3)) - 1));
  return mix(hash, hash >> 32);
}

function isEqual(a: usize, b: usize, size: u32): bool {
  while (size >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    size -= 8;
  }
  return size == 0 || ((load<u64>(a) ^ load<u64>(b)) << (64 - (<u64>size << 3))) == 0;
}

/**
 * Numbers the distinct values of a column in the order in which they come. Strings: offsets u32[rows + 1] of bytes. Packed values:
 * offsets 0 and their width. Reads up to 7 bytes past a value. table: u32[capacity], zeroed, a power of two and at least 2 * rows.
 * firstRows: u32[rows] gets each distinct value's first row; out: u32[rows] each row's number. Returns how many are distinct.
 */
export function distinctValues(
  offsets: usize, bytes: usize, width: i32, rows: i32, table: usize, capacity: i32, firstRows: usize, out: usize,
): i32 {
  const mask = <u32>capacity - 1;
  let count: u32 = 0;
  for (let row: u32 = 0; row < <u32>rows; row++) {
    const start = offsets != 0 ? load<u32>(offsets + (<usize>row << 2)) : row * <u32>width;
    const size = offsets != 0 ? load<u32>(offsets + (<usize>row << 2), 4) - start : <u32>width;
    const pointer = bytes + <usize>start;
    let slot = <u32>hashOf(pointer, size) & mask;
    let number: u32;
    while (true) {
      number = load<u32>(table + (<usize>slot << 2));
      if (number == 0) {
        store<u32>(firstRows + (<usize>count << 2), row);
        number = ++count;
        store<u32>(table + (<usize>slot << 2), number);
        break;
      }
      const other = load<u32>(firstRows + (<usize>(number - 1) << 2));
      const otherStart = offsets != 0 ? load<u32>(offsets + (<usize>other << 2)) : other * <u32>width;
      const otherSize = offsets != 0 ? load<u32>(offsets + (<usize>other << 2), 4) - otherStart : <u32>width;
      if (otherSize == size && isEqual(bytes + <usize>otherStart, pointer, size)) break;
      slot = (slot + 1) & mask;
    }
    store<u32>(out + (<usize>row << 2), number - 1);
  }
  return <i32>count;
}
