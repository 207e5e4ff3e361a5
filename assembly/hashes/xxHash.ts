// xxHash32 of strings with seed 0, xxHash64 with any. Shapes: offsets: u32[rows + 1] into bytes; out: one hash a row.

const A32: u32 = 0x9e3779b1;
const B32: u32 = 0x85ebca77;
const C32: u32 = 0xc2b2ae3d;
const D32: u32 = 0x27d4eb2f;
const E32: u32 = 0x165667b1;
const A64: u64 = 0x9e3779b185ebca87;
const B64: u64 = 0xc2b2ae3d27d4eb4f;
const C64: u64 = 0x165667b19e3779f9;
const D64: u64 = 0x85ebca77c2b2ae63;
const E64: u64 = 0x27d4eb2f165667c5;

@inline
function round32(sum: u32, word: u32): u32 {
  return rotl<u32>(sum + word * B32, 13) * A32;
}

@inline
function round64(sum: u64, word: u64): u64 {
  return rotl<u64>(sum + word * B64, 31) * A64;
}

/** out: u32[rows]. */
export function xxHash32Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const last = <usize>load<u32>(offsets);
    const end = bytes + last;
    let at = bytes + start;
    let h: u32 = E32;
    if (at + 16 <= end) {
      let v1: u32 = A32 + B32;
      let v2: u32 = B32;
      let v3: u32 = 0;
      let v4: u32 = 0 - A32;
      for (; at + 16 <= end; at += 16) {
        v1 = round32(v1, load<u32>(at));
        v2 = round32(v2, load<u32>(at, 4));
        v3 = round32(v3, load<u32>(at, 8));
        v4 = round32(v4, load<u32>(at, 12));
      }
      h = rotl<u32>(v1, 1) + rotl<u32>(v2, 7) + rotl<u32>(v3, 12) + rotl<u32>(v4, 18);
    }
    h += <u32>(last - start);
    for (; at + 4 <= end; at += 4) h = rotl<u32>(h + load<u32>(at) * C32, 17) * D32;
    for (; at < end; at++) h = rotl<u32>(h + <u32>load<u8>(at) * E32, 11) * A32;
    h ^= h >> 15;
    h *= B32;
    h ^= h >> 13;
    h *= C32;
    h ^= h >> 16;
    store<u32>(out, h);
    out += 4;
    start = last;
  }
}

/** out: u64[rows]. */
export function xxHash64Strings(offsets: usize, bytes: usize, rows: i32, seed: u32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const last = <usize>load<u32>(offsets);
    const end = bytes + last;
    let at = bytes + start;
    let h: u64 = <u64>seed + E64;
    if (at + 32 <= end) {
      let v1: u64 = <u64>seed + A64 + B64;
      let v2: u64 = <u64>seed + B64;
      let v3: u64 = <u64>seed;
      let v4: u64 = <u64>seed - A64;
      for (; at + 32 <= end; at += 32) {
        v1 = round64(v1, load<u64>(at));
        v2 = round64(v2, load<u64>(at, 8));
        v3 = round64(v3, load<u64>(at, 16));
        v4 = round64(v4, load<u64>(at, 24));
      }
      h = rotl<u64>(v1, 1) + rotl<u64>(v2, 7) + rotl<u64>(v3, 12) + rotl<u64>(v4, 18);
      h = (h ^ round64(0, v1)) * A64 + D64;
      h = (h ^ round64(0, v2)) * A64 + D64;
      h = (h ^ round64(0, v3)) * A64 + D64;
      h = (h ^ round64(0, v4)) * A64 + D64;
    }
    h += <u64>(last - start);
    for (; at + 8 <= end; at += 8) h = rotl<u64>(h ^ round64(0, load<u64>(at)), 27) * A64 + D64;
    if (at + 4 <= end) {
      h = rotl<u64>(h ^ (<u64>load<u32>(at) * A64), 23) * B64 + C64;
      at += 4;
    }
    for (; at < end; at++) h = rotl<u64>(h ^ (<u64>load<u8>(at) * E64), 11) * A64;
    h ^= h >> 33;
    h *= B64;
    h ^= h >> 29;
    h *= C64;
    h ^= h >> 32;
    store<u64>(out, h);
    out += 8;
    start = last;
  }
}
