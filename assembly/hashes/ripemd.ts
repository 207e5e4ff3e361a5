// MD4 (RFC 1320) and RIPEMD-160: both work as MD5 does, on little-endian words.
// Shapes: offsets: u32[rows + 1] into bytes; out: u8[rows * 16] and u8[rows * 20]; scratch: 1 KiB, 16-byte aligned.

import { padBlocks } from "./md5";

/** Shifts of MD4's rounds, four each; then the words of its second and third round. */
const MD4_SHIFTS = memory.data<u8>([3, 7, 11, 19, 3, 5, 9, 13, 3, 9, 11, 15]);
const MD4_WORDS = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,
  0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15,
]);

function blockMd4(state: usize, data: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (let i: usize = 0; i < 48; i++) {
    const round = i >> 4;
    let f: u32;
    if (round == 0) f = (b & c) | (~b & d);
    else if (round == 1) f = ((b & c) | (b & d) | (c & d)) + 0x5a827999;
    else f = (b ^ c ^ d) + 0x6ed9eba1;
    f += a + load<u32>(data + (<usize>load<u8>(MD4_WORDS + i) << 2));
    a = d;
    d = c;
    c = b;
    b = rotl<u32>(f, <u32>load<u8>(MD4_SHIFTS + (round << 2) + (i & 3)));
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
}

/** Words and shifts of the left line's 80 steps, then of the right one's. */
const WORDS = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
  3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12, 1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
  4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
  5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12, 6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
  15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13, 8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
  12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
]);
const SHIFTS = memory.data<u8>([
  11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8, 7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
  11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5, 11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
  9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
  8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6, 9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
  9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5, 15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
  8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
]);
const CONSTANTS = memory.data<u32>([
  0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e, 0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0,
]);

@inline
function mix(kind: usize, x: u32, y: u32, z: u32): u32 {
  if (kind == 0) return x ^ y ^ z;
  if (kind == 1) return (x & y) | (~x & z);
  if (kind == 2) return (x | ~y) ^ z;
  if (kind == 3) return (x & z) | (y & ~z);
  return x ^ (y | ~z);
}

/** Runs one of the two lines over a block; lines: u32[10], five words each. */
function line(state: usize, data: usize, which: usize, lines: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let i: usize = 0; i < 80; i++) {
    const round = i >> 4;
    const step = which * 80 + i;
    const f = mix(which == 0 ? round : 4 - round, b, c, d);
    const t = a + f + load<u32>(data + (<usize>load<u8>(WORDS + step) << 2)) + load<u32>(CONSTANTS + ((which * 5 + round) << 2));
    a = e;
    e = d;
    d = rotl<u32>(c, 10);
    c = b;
    b = rotl<u32>(t, <u32>load<u8>(SHIFTS + step)) + a;
  }
  const out = lines + which * 20;
  store<u32>(out, a);
  store<u32>(out, b, 4);
  store<u32>(out, c, 8);
  store<u32>(out, d, 12);
  store<u32>(out, e, 16);
}

function blockRipemd(state: usize, data: usize, lines: usize): void {
  line(state, data, 0, lines);
  line(state, data, 1, lines);
  const first = load<u32>(state);
  for (let i: usize = 0; i < 5; i++) {
    const before = i == 4 ? first : load<u32>(state + ((i + 1) << 2));
    const left = load<u32>(lines + ((i + 2) % 5 << 2));
    store<u32>(state + (i << 2), before + left + load<u32>(lines + 20 + ((i + 3) % 5 << 2)));
  }
}

@inline
function start(out: usize): void {
  store<u32>(out, 0x67452301);
  store<u32>(out, 0xefcdab89, 4);
  store<u32>(out, 0x98badcfe, 8);
  store<u32>(out, 0x10325476, 12);
}

/** The MD4 digest of each string, 16 bytes. */
export function md4Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  let from = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    start(out);
    let at = bytes + from;
    for (; at + 64 <= bytes + end; at += 64) blockMd4(out, at);
    const blocks = padBlocks(scratch, at, bytes + end - at);
    store<u64>(scratch + blocks - 8, <u64>(end - from) << 3);
    for (let i: usize = 0; i < blocks; i += 64) blockMd4(out, scratch + i);
    out += 16;
    from = end;
  }
}

/** The RIPEMD-160 digest of each string, 20 bytes. */
export function ripemd160Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  const lines = scratch + 128;
  let from = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    start(out);
    store<u32>(out, 0xc3d2e1f0, 16);
    let at = bytes + from;
    for (; at + 64 <= bytes + end; at += 64) blockRipemd(out, at, lines);
    const blocks = padBlocks(scratch, at, bytes + end - at);
    store<u64>(scratch + blocks - 8, <u64>(end - from) << 3);
    for (let i: usize = 0; i < blocks; i += 64) blockRipemd(out, scratch + i, lines);
    out += 20;
    from = end;
  }
}
