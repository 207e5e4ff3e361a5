// Hashes of keys for group tables and partitions: 32 bits, of which tables use the low ones and partitions the high ones, so that
// the keys of one partition still spread over its table. Not ClickHouse's hashes: nothing of these leaves the process.

const C1: u64 = 0x9e3779b97f4a7c15;
const C2: u64 = 0xd6e8feb86659fd93;
const C3: u64 = 0xa0761d6478bd642f;

// @ts-ignore: decorator
@inline
export function hashWord(key: u64): u32 {
  let h = (key ^ (key >> 32)) * C1;
  h = (h ^ (h >> 32)) * C2;
  return <u32>(h >> 32);
}

/** Of words * 8 bytes. */
// @ts-ignore: decorator
@inline
export function hashWords(key: usize, words: usize): u32 {
  let h = C3;
  for (let i: usize = 0; i < words; i++) {
    h = (h ^ load<u64>(key + (i << 3))) * C1;
    h ^= h >> 32;
  }
  return <u32>((h * C2) >> 32);
}

/** Reads up to 7 bytes past the end. */
// @ts-ignore: decorator
@inline
export function hashBytes(bytes: usize, size: u32): u32 {
  let a = <u64>size * C3;
  let b = C1;
  let left = size;
  while (left >= 16) {
    a = (a ^ load<u64>(bytes)) * C1;
    b = (b ^ load<u64>(bytes, 8)) * C2;
    a ^= a >> 32;
    b ^= b >> 32;
    bytes += 16;
    left -= 16;
  }
  if (left & 8) {
    a = (a ^ load<u64>(bytes)) * C1;
    a ^= a >> 32;
    bytes += 8;
  }
  const tail = load<u64>(bytes) & ~(<u64>-1 << (<u64>(left & 7) << 3));
  b = (b ^ tail) * C2;
  a ^= b ^ (b >> 32);
  a = (a ^ (a >> 29)) * C1;
  return <u32>(a >> 32);
}

// @ts-ignore: decorator
@inline
function hashFixed<T>(keys: usize, hashes: usize, rows: i32): void {
  const end = hashes + (<usize>rows << 2);
  while (hashes < end) {
    store<u32>(hashes, hashWord(<u64>load<T>(keys)));
    keys += sizeof<T>();
    hashes += 4;
  }
}

/** hashes: u32[rows] of keys u8[rows]. */
export function hashKeys1(keys: usize, hashes: usize, rows: i32): void {
  hashFixed<u8>(keys, hashes, rows);
}

/** hashes: u32[rows] of keys u16[rows]. */
export function hashKeys2(keys: usize, hashes: usize, rows: i32): void {
  hashFixed<u16>(keys, hashes, rows);
}

/** hashes: u32[rows] of keys u32[rows]. */
export function hashKeys4(keys: usize, hashes: usize, rows: i32): void {
  hashFixed<u32>(keys, hashes, rows);
}

/** hashes: u32[rows] of keys u64[rows]. */
export function hashKeys8(keys: usize, hashes: usize, rows: i32): void {
  hashFixed<u64>(keys, hashes, rows);
}

/** hashes: u32[rows] of keys of width bytes, a multiple of 8. */
export function hashKeysWide(keys: usize, hashes: usize, rows: i32, width: i32): void {
  const end = hashes + (<usize>rows << 2);
  const words = <usize>width >> 3;
  while (hashes < end) {
    store<u32>(hashes, hashWords(keys, words));
    keys += <usize>width;
    hashes += 4;
  }
}

/** hashes: u32[rows] of strings. offsets: u32[rows + 1] into bytes, which may be read up to 7 bytes past their end. */
export function hashKeysString(offsets: usize, bytes: usize, hashes: usize, rows: i32): void {
  const end = hashes + (<usize>rows << 2);
  let from = load<u32>(offsets);
  while (hashes < end) {
    offsets += 4;
    const to = load<u32>(offsets);
    store<u32>(hashes, hashBytes(bytes + <usize>from, to - from));
    from = to;
    hashes += 4;
  }
}
