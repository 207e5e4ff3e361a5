// CityHash64 and CityHash128, version 1.0.2: what ClickHouse's cityHash64 and its frames and checksums use. Later versions of
// CityHash give other values.

import { hash16 } from "./int";

const K0: u64 = 0xc3a5c85c97cb3127;
const K1: u64 = 0xb492b66fbe98f273;
const K2: u64 = 0x9ae16a3b2f90404f;
const K3: u64 = 0xc949d7c7509e6557;

@inline
function shiftMix(v: u64): u64 {
  return v ^ (v >> 47);
}

@inline
function at(pointer: usize): u64 {
  return load<u64>(pointer);
}

@inline
function short16(s: usize, n: usize): u64 {
  if (n > 8) {
    const a = at(s);
    const b = at(s + n - 8);
    return hash16(a, rotr<u64>(b + <u64>n, <u64>n)) ^ b;
  }
  if (n >= 4) return hash16(<u64>n + (<u64>load<u32>(s) << 3), <u64>load<u32>(s + n - 4));
  if (n > 0) {
    const y = <u32>load<u8>(s) + (<u32>load<u8>(s + (n >> 1)) << 8);
    const z = <u32>n + (<u32>load<u8>(s + n - 1) << 2);
    return shiftMix(<u64>y * K2 ^ <u64>z * K3) * K2;
  }
  return K2;
}

@inline
function short32(s: usize, n: usize): u64 {
  const a = at(s) * K1;
  const b = at(s + 8);
  const c = at(s + n - 8) * K2;
  const d = at(s + n - 16) * K0;
  return hash16(rotr<u64>(a - b, 43) + rotr<u64>(c, 30) + d, a + rotr<u64>(b ^ K3, 20) - c + <u64>n);
}

function short64(s: usize, n: usize): u64 {
  let z = at(s + 24);
  let a = at(s) + (<u64>n + at(s + n - 16)) * K0;
  let b = rotr<u64>(a + z, 52);
  let c = rotr<u64>(a, 37);
  a += at(s + 8);
  c += rotr<u64>(a, 7);
  a += at(s + 16);
  const vf = a + z;
  const vs = b + rotr<u64>(a, 31) + c;
  a = at(s + 16) + at(s + n - 32);
  z = at(s + n - 8);
  b = rotr<u64>(a + z, 52);
  c = rotr<u64>(a, 37);
  a += at(s + n - 24);
  c += rotr<u64>(a, 7);
  a += at(s + n - 16);
  const wf = a + z;
  const ws = b + rotr<u64>(a, 31) + c;
  const r = shiftMix((vf + ws) * K2 + (wf + vs) * K0);
  return shiftMix(r * K0 + vs) * K2;
}

// W(p; a, b) mixes 32 bytes into two words. Its first word is a + w + x + y + z; the second is this.
@inline
function weakSecond(p: usize, a: u64, b: u64): u64 {
  a += at(p);
  b = rotr<u64>(b + a + at(p + 24), 21);
  const c = a;
  a += at(p + 8) + at(p + 16);
  return b + rotr<u64>(a, 44) + c;
}

@inline
function weakFirst(p: usize, a: u64): u64 {
  return a + at(p) + at(p + 8) + at(p + 16) + at(p + 24);
}

function long(s: usize, n: usize): u64 {
  let x = at(s);
  let y = at(s + n - 16) ^ K1;
  let z = at(s + n - 56) ^ K0;
  let v1 = weakFirst(s + n - 64, <u64>n);
  let v2 = weakSecond(s + n - 64, <u64>n, y);
  let w1 = weakFirst(s + n - 32, <u64>n * K1);
  let w2 = weakSecond(s + n - 32, <u64>n * K1, K0);
  z += shiftMix(v2) * K1;
  x = rotr<u64>(z + x, 39) * K1;
  y = rotr<u64>(y, 33) * K1;
  const end = s + ((n - 1) & ~63);
  do {
    x = rotr<u64>(x + y + v1 + at(s + 16), 37) * K1;
    y = rotr<u64>(y + v2 + at(s + 48), 42) * K1;
    x ^= w2;
    y ^= v1;
    z = rotr<u64>(z ^ w1, 33);
    const a = v2 * K1;
    const b = x + w1;
    v1 = weakFirst(s, a);
    v2 = weakSecond(s, a, b);
    const c = z + w2;
    w1 = weakFirst(s + 32, c);
    w2 = weakSecond(s + 32, c, y);
    const t = z;
    z = x;
    x = t;
    s += 64;
  } while (s < end);
  return hash16(hash16(v1, w1) + shiftMix(y) * K1 + z, hash16(v2, w2) + x);
}

/** CityHash64 of size bytes. */
export function city64(s: usize, size: usize): u64 {
  if (size <= 16) return short16(s, size);
  if (size <= 32) return short32(s, size);
  if (size <= 64) return short64(s, size);
  return long(s, size);
}

/** Writes low and high word to target. */
export function city128WithSeed(s: usize, size: usize, low: u64, high: u64, target: usize): void {
  if (size < 128) {
    murmurForm(s, size, low, high, target);
    return;
  }
  let x = low;
  let y = high;
  let z = <u64>size * K1;
  let v1 = rotr<u64>(y ^ K1, 49) * K1 + at(s);
  let v2 = rotr<u64>(v1, 42) * K1 + at(s + 8);
  let w1 = rotr<u64>(y + z, 35) * K1 + x;
  let w2 = rotr<u64>(x + at(s + 88), 53) * K1;
  const end = s + (size & ~127);
  do {
    x = rotr<u64>(x + y + v1 + at(s + 16), 37) * K1;
    y = rotr<u64>(y + v2 + at(s + 48), 42) * K1;
    x ^= w2;
    y ^= v1;
    z = rotr<u64>(z ^ w1, 33);
    const a = v2 * K1;
    const b = x + w1;
    v1 = weakFirst(s, a);
    v2 = weakSecond(s, a, b);
    const c = z + w2;
    w1 = weakFirst(s + 32, c);
    w2 = weakSecond(s + 32, c, y);
    const t = z;
    z = x;
    x = t;
    s += 64;
  } while (s < end);
  const rest = size & 127;
  y += rotr<u64>(w1, 37) * K0 + z;
  x += rotr<u64>(v1 + z, 49) * K0;
  for (let done: usize = 0; done < rest; ) {
    done += 32;
    const p = s + rest - done;
    y = rotr<u64>(y - x, 42) * K0 + v2;
    w1 += at(p + 16);
    x = rotr<u64>(x, 49) * K0 + w1;
    w1 += v1;
    const a = v1;
    v1 = weakFirst(p, a);
    v2 = weakSecond(p, a, v2);
  }
  x = hash16(x, v1);
  y = hash16(y, w1);
  store<u64>(target, hash16(x + v2, w2) + y);
  store<u64>(target, hash16(x + w2, y + v2), 8);
}

function murmurForm(s: usize, size: usize, low: u64, high: u64, target: usize): void {
  let a = low;
  let b = high;
  let c: u64;
  let d: u64;
  if (size <= 16) {
    a = shiftMix(a * K1) * K1;
    c = b * K1 + short16(s, size);
    d = shiftMix(a + (size >= 8 ? at(s) : c));
  } else {
    c = hash16(at(s + size - 8) + K1, a);
    d = hash16(b + <u64>size, c + at(s + size - 16));
    a += d;
    let left = <i32>size - 16;
    do {
      a ^= shiftMix(at(s) * K1) * K1;
      a *= K1;
      b ^= a;
      c ^= shiftMix(at(s + 8) * K1) * K1;
      c *= K1;
      d ^= c;
      s += 16;
      left -= 16;
    } while (left > 0);
  }
  a = hash16(a, c);
  b = hash16(d, b);
  store<u64>(target, a ^ b);
  store<u64>(target, hash16(b, a), 8);
}

/** Writes the u64 CityHash64 of size bytes to target. */
export function cityHash64(pointer: usize, size: usize, target: usize): void {
  store<u64>(target, city64(pointer, size));
}

/** Writes CityHash128 (u64 low, u64 high) of size bytes to target: the hash of a compressed frame. */
export function cityHash128(pointer: usize, size: usize, target: usize): void {
  if (size >= 16) city128WithSeed(pointer + 16, size - 16, at(pointer) ^ K3, at(pointer + 8), target);
  else if (size >= 8) city128WithSeed(pointer, 0, at(pointer) ^ (<u64>size * K0), at(pointer + size - 8) ^ K1, target);
  else city128WithSeed(pointer, size, K0, K1, target);
}

/** The same under a seed: u64 low, u64 high at seed. seed and target may be one address. */
export function cityHash128WithSeed(pointer: usize, size: usize, seed: usize, target: usize): void {
  city128WithSeed(pointer, size, load<u64>(seed), load<u64>(seed, 8), target);
}

/** out[i] = CityHash64 of string i. offsets: u32[rows + 1] into bytes; out: u64[rows]. */
export function cityHash64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, city64(bytes + start, end - start));
    start = end;
    out += 8;
  }
}

/** The same for values of one width (FixedString and other wide values). */
export function cityHash64Fixed(values: usize, width: i32, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<u64>(out, city64(values, <usize>width));
    values += <usize>width;
    out += 8;
  }
}

// The hash of a whole file in checksums.txt: CityHash128 of each 2,048-byte piece, seeded with the hash of the piece before.
// State, 2,080 bytes: u64 low | u64 high | u32 bytes in the piece | u32 0 | u8[2048] piece | 8 spare

const PIECE: usize = 2048;
const PIECE_AT: usize = 24;

/** Bytes that a state takes. */
export function chainedHashBytes(): i32 {
  return 2080;
}

/** Starts a state at an 8-byte aligned address. */
export function chainedHashStart(state: usize): void {
  memory.fill(state, 0, PIECE_AT);
}

/** Hashes the next size bytes of the stream. */
export function chainedHash(state: usize, pointer: usize, size: usize): void {
  const have = <usize>load<u32>(state, 16);
  if (have != 0) {
    const take = min(PIECE - have, size);
    memory.copy(state + PIECE_AT + have, pointer, take);
    pointer += take;
    size -= take;
    if (have + take < PIECE) {
      store<u32>(state, <u32>(have + take), 16);
      return;
    }
    cityHash128WithSeed(state + PIECE_AT, PIECE, state, state);
  }
  while (size >= PIECE) {
    cityHash128WithSeed(pointer, PIECE, state, state);
    pointer += PIECE;
    size -= PIECE;
  }
  memory.copy(state + PIECE_AT, pointer, size);
  store<u32>(state, <u32>size, 16);
}

/** Writes the hash of the stream so far (u64 low, u64 high) to target; the state goes on as before. */
export function chainedHashFinish(state: usize, target: usize): void {
  const have = <usize>load<u32>(state, 16);
  if (have != 0) {
    cityHash128WithSeed(state + PIECE_AT, have, state, target);
  } else {
    store<u64>(target, load<u64>(state));
    store<u64>(target, load<u64>(state, 8), 8);
  }
}
