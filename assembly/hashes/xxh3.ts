// XXH3 of 64 and of 128 bits, with seed 0 and the usual secret.
// Shapes: offsets: u32[rows + 1] into bytes; out: u64[rows], u64[rows * 2] with the low half first; scratch: 64 bytes.

import { foldProduct, multiplyHigh } from "./wide";

const SECRET = memory.data<u64>([
  0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 0xdb979083e96dd4de, 0x1f67b3b7a4a44072,
  0x78e5c0cc4ee679cb, 0x2172ffcc7dd05a82, 0x8e2443f7744608b8, 0x4c263a81e69035e0,
  0xcb00c391bb52283c, 0xa32e531b8b65d088, 0x4ef90da297486471, 0xd8acdea946ef1938,
  0x3f349ce33f76faa8, 0x1d4f0bc7c7bbdcf9, 0x3159b4cd4be0518a, 0x647378d9c97e9fc8,
  0xc3ebd33483acc5ea, 0xeb6313faffa081c5, 0x49daf0b751dd0d17, 0x9e68d429265516d3,
  0xfca1477d58be162b, 0xce31d07ad1b8f88f, 0x280416958f3acb45, 0x7e404bbbcafbd7af,
]);
const SECRET_SIZE: usize = 192;

const P32_1: u64 = 0x9e3779b1;
const P32_2: u64 = 0x85ebca77;
const P32_3: u64 = 0xc2b2ae3d;
const P64_1: u64 = 0x9e3779b185ebca87;
const P64_2: u64 = 0xc2b2ae3d27d4eb4f;
const P64_3: u64 = 0x165667b19e3779f9;
const P64_4: u64 = 0x85ebca77c2b2ae63;
const P64_5: u64 = 0x27d4eb2f165667c5;
const MX1: u64 = 0x165667919e3779f9;
const MX2: u64 = 0x9fb21c651e98df25;

@inline
function at(pointer: usize): u64 {
  return load<u64>(pointer);
}

@inline
function secret(offset: usize): u64 {
  return load<u64>(SECRET + offset);
}

@inline
function avalanche(h: u64): u64 {
  h ^= h >> 37;
  h *= MX1;
  return h ^ (h >> 32);
}

@inline
function avalanche64(h: u64): u64 {
  h ^= h >> 33;
  h *= P64_2;
  h ^= h >> 29;
  h *= P64_3;
  return h ^ (h >> 32);
}

@inline
function mix16(p: usize, offset: usize): u64 {
  return foldProduct(at(p) ^ secret(offset), at(p + 8) ^ secret(offset + 8));
}

/** First, middle and last byte and the size of one to three bytes. */
@inline
function packed(p: usize, n: usize): u32 {
  return (<u32>load<u8>(p) << 16) | (<u32>load<u8>(p + (n >> 1)) << 24) | <u32>load<u8>(p + n - 1) | (<u32>n << 8);
}

function short64(p: usize, n: usize): u64 {
  if (n > 8) {
    const low = at(p) ^ (secret(24) ^ secret(32));
    const high = at(p + n - 8) ^ (secret(40) ^ secret(48));
    return avalanche(<u64>n + bswap<u64>(low) + high + foldProduct(low, high));
  }
  if (n >= 4) {
    const keyed = (<u64>load<u32>(p + n - 4) + (<u64>load<u32>(p) << 32)) ^ (secret(8) ^ secret(16));
    let h = keyed ^ rotl<u64>(keyed, 49) ^ rotl<u64>(keyed, 24);
    h *= MX2;
    h ^= (h >> 35) + <u64>n;
    h *= MX2;
    return h ^ (h >> 28);
  }
  if (n > 0) return avalanche64(<u64>packed(p, n) ^ <u64>(load<u32>(SECRET) ^ load<u32>(SECRET, 4)));
  return avalanche64(secret(56) ^ secret(64));
}

function addStripe(p: usize, key: usize, sums: usize): void {
  for (let i: usize = 0; i < 64; i += 8) {
    const value = at(p + i);
    const keyed = value ^ at(key + i);
    const other = sums + (i ^ 8);
    store<u64>(other, at(other) + value);
    store<u64>(sums + i, at(sums + i) + (keyed & 0xffffffff) * (keyed >> 32));
  }
}

/**
 * The eight sums take in all of more than 240 bytes. 16 stripes of 64 bytes make a block, each under a key 8 bytes further on; after a
 * block the sums are scrambled.
 */
function accumulate(p: usize, n: usize, sums: usize): void {
  store<u64>(sums, P32_3);
  store<u64>(sums, P64_1, 8);
  store<u64>(sums, P64_2, 16);
  store<u64>(sums, P64_3, 24);
  store<u64>(sums, P64_4, 32);
  store<u64>(sums, P32_2, 40);
  store<u64>(sums, P64_5, 48);
  store<u64>(sums, P32_1, 56);
  const stripes = (n - 1) >> 6;
  for (let stripe: usize = 0; stripe < stripes; stripe++) {
    addStripe(p + (stripe << 6), SECRET + ((stripe & 15) << 3), sums);
    if ((stripe & 15) != 15) continue;
    for (let i: usize = 0; i < 64; i += 8) {
      const sum = at(sums + i);
      store<u64>(sums + i, ((sum ^ (sum >> 47)) ^ secret(SECRET_SIZE - 64 + i)) * P32_1);
    }
  }
  addStripe(p + n - 64, SECRET + SECRET_SIZE - 64 - 7, sums);
}

function merge(sums: usize, key: usize, start: u64): u64 {
  let h = start;
  for (let i: usize = 0; i < 64; i += 16) h += foldProduct(at(sums + i) ^ at(key + i), at(sums + i + 8) ^ at(key + i + 8));
  return avalanche(h);
}

function hash64(p: usize, n: usize, sums: usize): u64 {
  if (n <= 16) return short64(p, n);
  const end = p + n;
  if (n <= 128) {
    let h = <u64>n * P64_1;
    for (let i = <i32>((n - 1) >> 5); i >= 0; i--) {
      h += mix16(p + (<usize>i << 4), <usize>i << 5);
      h += mix16(end - ((<usize>i + 1) << 4), (<usize>i << 5) + 16);
    }
    return avalanche(h);
  }
  if (n <= 240) {
    let h = <u64>n * P64_1;
    for (let i: usize = 0; i < 8; i++) h += mix16(p + (i << 4), i << 4);
    h = avalanche(h);
    for (let i: usize = 8; i < n >> 4; i++) h += mix16(p + (i << 4), ((i - 8) << 4) + 3);
    return avalanche(h + mix16(end - 16, 136 - 17));
  }
  accumulate(p, n, sums);
  return merge(sums, SECRET + 11, <u64>n * P64_1);
}

@inline
function put(out: usize, low: u64, high: u64): void {
  store<u64>(out, low);
  store<u64>(out, high, 8);
}

function short128(p: usize, n: usize, out: usize): void {
  if (n > 8) {
    let high = at(p + n - 8);
    const word = at(p) ^ high ^ (secret(32) ^ secret(40));
    let low = word * P64_1 + ((<u64>n - 1) << 54);
    high ^= secret(48) ^ secret(56);
    const carry = multiplyHigh(word, P64_1) + high + (high & 0xffffffff) * (P32_2 - 1);
    low ^= bswap<u64>(carry);
    put(out, avalanche(low * P64_2), avalanche(multiplyHigh(low, P64_2) + carry * P64_2));
    return;
  }
  if (n >= 4) {
    const keyed = (<u64>load<u32>(p) + (<u64>load<u32>(p + n - 4) << 32)) ^ (secret(16) ^ secret(24));
    const factor = P64_1 + (<u64>n << 2);
    let low = keyed * factor;
    const high = multiplyHigh(keyed, factor) + (low << 1);
    low ^= high >> 3;
    low ^= low >> 35;
    low *= MX2;
    low ^= low >> 28;
    put(out, low, avalanche(high));
    return;
  }
  if (n > 0) {
    const first = packed(p, n);
    const second = rotl<u32>(bswap<u32>(first), 13);
    const flip = load<u32>(SECRET) ^ load<u32>(SECRET, 4);
    const flipHigh = load<u32>(SECRET, 8) ^ load<u32>(SECRET, 12);
    put(out, avalanche64(<u64>(first ^ flip)), avalanche64(<u64>(second ^ flipHigh)));
    return;
  }
  put(out, avalanche64(secret(64) ^ secret(72)), avalanche64(secret(80) ^ secret(88)));
}

/** One step of the middle sizes: both halves take in 16 bytes of the front and 16 of the back. */
@inline
function mix32(out: usize, front: usize, back: usize, offset: usize): void {
  const low = at(out) + mix16(front, offset);
  const high = at(out + 8) + mix16(back, offset + 16);
  put(out, low ^ (at(back) + at(back + 8)), high ^ (at(front) + at(front + 8)));
}

function hash128(p: usize, n: usize, out: usize, sums: usize): void {
  if (n <= 16) {
    short128(p, n, out);
    return;
  }
  if (n > 240) {
    accumulate(p, n, sums);
    const high = merge(sums, SECRET + SECRET_SIZE - 64 - 11, ~(<u64>n * P64_2));
    put(out, merge(sums, SECRET + 11, <u64>n * P64_1), high);
    return;
  }
  put(out, <u64>n * P64_1, 0);
  if (n <= 128) {
    for (let i = <i32>((n - 1) >> 5); i >= 0; i--)
      mix32(out, p + (<usize>i << 4), p + n - ((<usize>i + 1) << 4), <usize>i << 5);
  } else {
    for (let i: usize = 32; i < 160; i += 32) mix32(out, p + i - 32, p + i - 16, i - 32);
    put(out, avalanche(at(out)), avalanche(at(out + 8)));
    for (let i: usize = 160; i <= n; i += 32) mix32(out, p + i - 32, p + i - 16, 3 + i - 160);
    mix32(out, p + n - 16, p + n - 32, 136 - 17 - 16);
  }
  const low = at(out);
  const high = at(out + 8);
  put(out, avalanche(low + high), 0 - avalanche(low * P64_1 + high * P64_4 + <u64>n * P64_2));
}

/** The 64-bit hash of each string. */
export function xxh3U64Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, hash64(bytes + start, end - start, scratch));
    start = end;
    out += 8;
  }
}

/** The 128-bit hash of each string. */
export function xxh3U128Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    hash128(bytes + start, end - start, out, scratch);
    start = end;
    out += 16;
  }
}
