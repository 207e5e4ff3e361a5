// MurmurHash 2 and 3 of strings, and the sum of s[i] * 31^(n - i) that Java and Hive use.
// Shapes: offsets: u32[rows + 1] into bytes; out: one hash a row.

/** MurmurHash64A; the seed's halves are given apart. out: u64[rows]. */
export function murmurHash2U64Strings(offsets: usize, bytes: usize, rows: i32, seed: u32, out: usize): void {
  const m: u64 = 0xc6a4a7935bd1e995;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h = <u64>seed ^ (<u64>(end - start) * m);
    let at = bytes + start;
    for (; at + 8 <= bytes + end; at += 8) {
      let k = load<u64>(at) * m;
      k ^= k >> 47;
      h = (h ^ (k * m)) * m;
    }
    if (at < bytes + end) {
      let k: u64 = 0;
      for (let shift: u64 = 0; at < bytes + end; at++, shift += 8) k |= <u64>load<u8>(at) << shift;
      h = (h ^ k) * m;
    }
    h ^= h >> 47;
    h *= m;
    h ^= h >> 47;
    store<u64>(out, h);
    out += 8;
    start = end;
  }
}

/** MurmurHash2. out: u32[rows]. */
export function murmurHash2U32Strings(offsets: usize, bytes: usize, rows: i32, seed: u32, out: usize): void {
  const m: u32 = 0x5bd1e995;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h = seed ^ <u32>(end - start);
    let at = bytes + start;
    for (; at + 4 <= bytes + end; at += 4) {
      let k = load<u32>(at) * m;
      k ^= k >> 24;
      h = (h * m) ^ (k * m);
    }
    if (at < bytes + end) {
      for (let shift: u32 = 0; at < bytes + end; at++, shift += 8) h ^= <u32>load<u8>(at) << shift;
      h *= m;
    }
    h ^= h >> 13;
    h *= m;
    h ^= h >> 15;
    store<u32>(out, h);
    out += 4;
    start = end;
  }
}

/** MurmurHash3_x86_32 with seed 0. out: u32[rows]. */
export function murmurHash3U32Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  const c1: u32 = 0xcc9e2d51;
  const c2: u32 = 0x1b873593;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h: u32 = 0;
    let at = bytes + start;
    for (; at + 4 <= bytes + end; at += 4) {
      h ^= rotl<u32>(load<u32>(at) * c1, 15) * c2;
      h = rotl<u32>(h, 13) * 5 + 0xe6546b64;
    }
    let k: u32 = 0;
    for (let shift: u32 = 0; at < bytes + end; at++, shift += 8) k |= <u32>load<u8>(at) << shift;
    h ^= rotl<u32>(k * c1, 15) * c2;
    h ^= <u32>(end - start);
    h ^= h >> 16;
    h *= 0x85ebca6b;
    h ^= h >> 13;
    h *= 0xc2b2ae35;
    h ^= h >> 16;
    store<u32>(out, h);
    out += 4;
    start = end;
  }
}

@inline
function finish(k: u64): u64 {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccd;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53;
  return k ^ (k >> 33);
}

/** MurmurHash3_x64_128 with seed 0. out: u64[rows * 2]. */
export function murmurHash3U128Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  const c1: u64 = 0x87c37b91114253d5;
  const c2: u64 = 0x4cf5ad432745937f;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h1: u64 = 0;
    let h2: u64 = 0;
    let at = bytes + start;
    for (; at + 16 <= bytes + end; at += 16) {
      h1 ^= rotl<u64>(load<u64>(at) * c1, 31) * c2;
      h1 = (rotl<u64>(h1, 27) + h2) * 5 + 0x52dce729;
      h2 ^= rotl<u64>(load<u64>(at, 8) * c2, 33) * c1;
      h2 = (rotl<u64>(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    let k1: u64 = 0;
    let k2: u64 = 0;
    for (let i: u64 = 0; at < bytes + end; at++, i++) {
      if (i < 8) k1 |= <u64>load<u8>(at) << (i << 3);
      else k2 |= <u64>load<u8>(at) << ((i - 8) << 3);
    }
    h2 ^= rotl<u64>(k2 * c2, 33) * c1;
    h1 ^= rotl<u64>(k1 * c1, 31) * c2;
    h1 ^= <u64>(end - start);
    h2 ^= <u64>(end - start);
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    h2 += h1;
    store<u64>(out, h1);
    store<u64>(out, h2, 8);
    out += 16;
    start = end;
  }
}

/** h = 31 * h + unit over UTF-16 little-endian, whose size is even. out: i32[rows]. */
export function javaHashUtf16Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h: i32 = 0;
    for (let at = bytes + start; at < bytes + end; at += 2) h = h * 31 + <i32>load<u16>(at);
    store<i32>(out, h);
    out += 4;
    start = end;
  }
}

/** h = 31 * h + byte, bytes with their sign. out: i32[rows]. */
export function javaHashStrings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    let h: i32 = 0;
    for (let at = bytes + start; at < bytes + end; at++) h = h * 31 + <i32>load<i8>(at);
    store<i32>(out, h);
    out += 4;
    start = end;
  }
}
