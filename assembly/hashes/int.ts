// Hashes of numbers, and how hashes of several arguments become one.

/** The finalizer of MurmurHash3. */
@inline
export function mix64(x: u64): u64 {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccd;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

/** CityHash's HashLen16. */
@inline
export function hash16(u: u64, v: u64): u64 {
  const k: u64 = 0x9ddfea08eb382d69;
  let a = (u ^ v) * k;
  a ^= a >> 47;
  let b = (v ^ a) * k;
  b ^= b >> 47;
  return b * k;
}

/** ClickHouse's intHash64 and intHash32 salt the number first. */
const SALT_64: u64 = 0x4cf2d2baae6da887;
const SALT_32: u64 = 0x75d9543de018bf45;

@inline
function mix32(key: u64): u32 {
  key = ~key + (key << 18);
  key ^= rotr<u64>(key, 31);
  key *= 21;
  key ^= rotr<u64>(key, 11);
  key += key << 6;
  key ^= rotr<u64>(key, 22);
  return <u32>key;
}

// @ts-ignore: decorator
@inline
function hash64Of<T>(values: usize, rows: i32, out: usize): void {
  const end = out + (<usize>rows << 3);
  while (out < end) {
    store<u64>(out, mix64(<u64>load<T>(values) ^ SALT_64));
    values += sizeof<T>();
    out += 8;
  }
}

// @ts-ignore: decorator
@inline
function hash32Of<T>(values: usize, rows: i32, out: usize): void {
  const end = out + (<usize>rows << 2);
  while (out < end) {
    store<u32>(out, mix32(<u64>load<T>(values) ^ SALT_32));
    values += sizeof<T>();
    out += 4;
  }
}

/**
 * intHash64 of each value widened to 64 bits, signed ones with their sign. values: packed; out: u64[rows].
 * (cityHash64 of a signed number widens it as an unsigned one of its width: it wants the U kernels.)
 */
export function intHash64U8(values: usize, rows: i32, out: usize): void { hash64Of<u8>(values, rows, out); }
export function intHash64U16(values: usize, rows: i32, out: usize): void { hash64Of<u16>(values, rows, out); }
export function intHash64U32(values: usize, rows: i32, out: usize): void { hash64Of<u32>(values, rows, out); }
export function intHash64U64(values: usize, rows: i32, out: usize): void { hash64Of<u64>(values, rows, out); }
export function intHash64I8(values: usize, rows: i32, out: usize): void { hash64Of<i8>(values, rows, out); }
export function intHash64I16(values: usize, rows: i32, out: usize): void { hash64Of<i16>(values, rows, out); }
export function intHash64I32(values: usize, rows: i32, out: usize): void { hash64Of<i32>(values, rows, out); }

/** intHash32 of each value widened to 64 bits. out: u32[rows]. */
export function intHash32U8(values: usize, rows: i32, out: usize): void { hash32Of<u8>(values, rows, out); }
export function intHash32U16(values: usize, rows: i32, out: usize): void { hash32Of<u16>(values, rows, out); }
export function intHash32U32(values: usize, rows: i32, out: usize): void { hash32Of<u32>(values, rows, out); }
export function intHash32U64(values: usize, rows: i32, out: usize): void { hash32Of<u64>(values, rows, out); }
export function intHash32I8(values: usize, rows: i32, out: usize): void { hash32Of<i8>(values, rows, out); }
export function intHash32I16(values: usize, rows: i32, out: usize): void { hash32Of<i16>(values, rows, out); }
export function intHash32I32(values: usize, rows: i32, out: usize): void { hash32Of<i32>(values, rows, out); }

/** acc[i] = HashLen16(acc[i], next[i]): how cityHash64 of several arguments combines. Both u64[rows]; acc is overwritten. */
export function hashCombine64(acc: usize, next: usize, rows: i32): void {
  const end = acc + (<usize>rows << 3);
  while (acc < end) {
    store<u64>(acc, hash16(load<u64>(acc), load<u64>(next)));
    acc += 8;
    next += 8;
  }
}

/** acc[i] = intHash of acc[i], xor next[i]: how most other hashes combine. Both u32[rows] or u64[rows]. */
export function hashCombineXor32(acc: usize, next: usize, rows: i32): void {
  for (const end = acc + (<usize>rows << 2); acc < end; acc += 4, next += 4)
    store<u32>(acc, mix32(<u64>load<u32>(acc) ^ SALT_32) ^ load<u32>(next));
}

export function hashCombineXor64(acc: usize, next: usize, rows: i32): void {
  for (const end = acc + (<usize>rows << 3); acc < end; acc += 8, next += 8)
    store<u64>(acc, mix64(load<u64>(acc) ^ SALT_64) ^ load<u64>(next));
}

/** The same by FarmHash's fingerprint of the 16 bytes of both. */
export function hashCombineFingerprint(acc: usize, next: usize, rows: i32): void {
  const k: u64 = 0x9ddfea08eb382d69;
  for (const end = acc + (<usize>rows << 3); acc < end; acc += 8, next += 8) {
    const high = load<u64>(next);
    let a = (load<u64>(acc) ^ high) * k;
    a ^= a >> 47;
    let b = (high ^ a) * k;
    b ^= b >> 44;
    b *= k;
    b ^= b >> 41;
    store<u64>(acc, b * k);
  }
}

/** Pairs of values: out[i] = a[i] then b[i], each of width bytes. What hashes that combine by hashing both are given. */
export function interleaveValues(a: usize, b: usize, width: i32, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(out, a, width);
    memory.copy(out + <usize>width, b, width);
    a += <usize>width;
    b += <usize>width;
    out += <usize>width << 1;
  }
}
