// FarmHash of 64 bits: the fingerprint, which is the same everywhere, and the form that is fastest on a machine of today.
// Shapes: offsets: u32[rows + 1] into bytes; out: u64[rows].

const K0: u64 = 0xc3a5c85c97cb3127;
const K1: u64 = 0xb492b66fbe98f273;
const K2: u64 = 0x9ae16a3b2f90404f;

@inline
function shiftMix(v: u64): u64 {
  return v ^ (v >> 47);
}

@inline
function at(pointer: usize): u64 {
  return load<u64>(pointer);
}

@inline
function mix16(u: u64, v: u64, mul: u64): u64 {
  const a = shiftMix((u ^ v) * mul);
  return shiftMix((v ^ a) * mul) * mul;
}

function short16(s: usize, n: usize): u64 {
  const mul = K2 + (<u64>n << 1);
  if (n >= 8) {
    const a = at(s) + K2;
    const b = at(s + n - 8);
    return mix16(rotr<u64>(b, 37) * mul + a, (rotr<u64>(a, 25) + b) * mul, mul);
  }
  if (n >= 4) return mix16(<u64>n + (<u64>load<u32>(s) << 3), <u64>load<u32>(s + n - 4), mul);
  if (n > 0) {
    const y = <u32>load<u8>(s) + (<u32>load<u8>(s + (n >> 1)) << 8);
    const z = <u32>n + (<u32>load<u8>(s + n - 1) << 2);
    return shiftMix(<u64>y * K2 ^ <u64>z * K0) * K2;
  }
  return K2;
}

function short32(s: usize, n: usize): u64 {
  const mul = K2 + (<u64>n << 1);
  const a = at(s) * K1;
  const b = at(s + 8);
  const c = at(s + n - 8) * mul;
  const d = at(s + n - 16) * K2;
  return mix16(rotr<u64>(a + b, 43) + rotr<u64>(c, 30) + d, a + rotr<u64>(b + K2, 18) + c, mul);
}

function short64(s: usize, n: usize): u64 {
  const mul = K2 + (<u64>n << 1);
  const a = at(s) * K2;
  const b = at(s + 8);
  const c = at(s + n - 8) * mul;
  const d = at(s + n - 16) * K2;
  const y = rotr<u64>(a + b, 43) + rotr<u64>(c, 30) + d;
  const z = mix16(y, a + rotr<u64>(b + K2, 18) + c, mul);
  const e = at(s + 16) * mul;
  const f = at(s + 24);
  const g = (y + at(s + n - 32)) * mul;
  const h = (z + at(s + n - 24)) * mul;
  return mix16(rotr<u64>(e + f, 43) + rotr<u64>(g, 30) + h, e + rotr<u64>(f + a, 18) + g, mul);
}

// W(p; a, b) mixes 32 bytes into two words. Its first word is a + w + x + y + z; the second is weakSecond.
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

/** The fingerprint of more than 64 bytes. */
function long(s: usize, n: usize): u64 {
  const seed: u64 = 81;
  let x = seed * K2 + at(s);
  let y = seed * K1 + 113;
  let z = shiftMix(y * K2 + 113) * K2;
  let v1: u64 = 0;
  let v2: u64 = 0;
  let w1: u64 = 0;
  let w2: u64 = 0;
  const end = s + ((n - 1) & ~63);
  const last = s + n - 64;
  do {
    x = rotr<u64>(x + y + v1 + at(s + 8), 37) * K1;
    y = rotr<u64>(y + v2 + at(s + 48), 42) * K1;
    x ^= w2;
    y += v1 + at(s + 40);
    z = rotr<u64>(z + w1, 33) * K1;
    const a = v2 * K1;
    v2 = weakSecond(s, a, x + w1);
    v1 = weakFirst(s, a);
    const c = z + w2;
    w1 = weakFirst(s + 32, c);
    w2 = weakSecond(s + 32, c, y + at(s + 16));
    const t = z;
    z = x;
    x = t;
    s += 64;
  } while (s != end);
  const mul = K1 + ((z & 0xff) << 1);
  s = last;
  w1 += <u64>((n - 1) & 63);
  v1 += w1;
  w1 += v1;
  x = rotr<u64>(x + y + v1 + at(s + 8), 37) * mul;
  y = rotr<u64>(y + v2 + at(s + 48), 42) * mul;
  x ^= w2 * 9;
  y += v1 * 9 + at(s + 40);
  z = rotr<u64>(z + w1, 33) * mul;
  const a = v2 * mul;
  v2 = weakSecond(s, a, x + w1);
  v1 = weakFirst(s, a);
  const c = z + w2;
  w1 = weakFirst(s + 32, c);
  w2 = weakSecond(s + 32, c, y + at(s + 16));
  // z and x have changed places.
  return mix16(mix16(v1, w1, mul) + shiftMix(y) * K0 + x, mix16(v2, w2, mul) + z, mul);
}

function fingerprint(s: usize, n: usize): u64 {
  if (n <= 16) return short16(s, n);
  if (n <= 32) return short32(s, n);
  if (n <= 64) return short64(s, n);
  return long(s, n);
}

/** 32 bytes, the second half of them the last 16 of n. */
@inline
function part32(s: usize, mul: u64, seed0: u64, seed1: u64): u64 {
  const a = at(s) * K1;
  const b = at(s + 8);
  const c = at(s + 24) * mul;
  const d = at(s + 16) * K2;
  const u = rotr<u64>(a + b, 43) + rotr<u64>(c, 30) + d + seed0;
  const v = a + rotr<u64>(b + K2, 18) + c + seed1;
  const e = shiftMix((u ^ v) * mul);
  return shiftMix((v ^ e) * mul);
}

@inline
function turn(x: u64, y: u64, mul: u64, r: u64): u64 {
  const a = shiftMix((x ^ y) * mul);
  return rotr<u64>((y ^ a) * mul, r) * mul;
}

/** More than 256 bytes. */
function longer(s: usize, n: usize): u64 {
  const seed0: u64 = 81;
  let x = seed0;
  let y: u64 = 113;
  let z = shiftMix(y * K2) * K2;
  let v1 = seed0;
  let v2: u64 = 0;
  let w1: u64 = 0;
  let w2: u64 = 0;
  let u = x - z;
  x *= K2;
  const mul = K2 + (u & 0x82);
  const end = s + ((n - 1) & ~63);
  const last = s + n - 64;
  do {
    const a0 = at(s);
    const a1 = at(s + 8);
    const a2 = at(s + 16);
    const a3 = at(s + 24);
    const a4 = at(s + 32);
    const a5 = at(s + 40);
    const a6 = at(s + 48);
    const a7 = at(s + 56);
    x += a0 + a1;
    y += a2;
    z += a3;
    v1 += a4;
    v2 += a5 + a1;
    w1 += a6;
    w2 += a7;
    x = rotr<u64>(x, 26) * 9;
    y = rotr<u64>(y, 29);
    z *= mul;
    v1 = rotr<u64>(v1, 33);
    v2 = rotr<u64>(v2, 30);
    w1 = (w1 ^ x) * 9;
    z = rotr<u64>(z, 32) + w2;
    w2 += z;
    z *= 9;
    let t = u;
    u = y;
    y = t;
    z += a0 + a6;
    v1 += a2;
    v2 += a3;
    w1 += a4;
    w2 += a5 + a6;
    x += a1;
    y += a7;
    y += v1;
    v1 += x - y;
    v2 += w1;
    w1 += v2;
    w2 += x - y;
    x += w2;
    w2 = rotr<u64>(w2, 34);
    t = u;
    u = z;
    z = t;
    s += 64;
  } while (s != end);
  s = last;
  u *= 9;
  v2 = rotr<u64>(v2, 28);
  v1 = rotr<u64>(v1, 20);
  w1 += <u64>((n - 1) & 63);
  u += y;
  y += u;
  x = rotr<u64>(y - x + v1 + at(s + 8), 37) * mul;
  y = rotr<u64>(y ^ v2 ^ at(s + 48), 42) * mul;
  x ^= w2 * 9;
  y += v1 + at(s + 40);
  z = rotr<u64>(z + w1, 33) * mul;
  const a = v2 * mul;
  v2 = weakSecond(s, a, x + w1);
  v1 = weakFirst(s, a);
  const c = z + w2;
  w1 = weakFirst(s + 32, c);
  w2 = weakSecond(s + 32, c, y + at(s + 16));
  return turn(mix16(v1 + x, w1 ^ y, mul) + z - u, turn(v2 + y, w2 + z, K2, 30) ^ x, K2, 31);
}

function farm64(s: usize, n: usize): u64 {
  if (n <= 32) return fingerprint(s, n);
  if (n <= 64) {
    const mul = K2 - 30 + (<u64>n << 1);
    return (part32(s + n - 32, mul, 0, 0) * mul + part32(s, K2 - 30, 0, 0)) * mul;
  }
  if (n <= 96) {
    const mul = K2 - 114 + (<u64>n << 1);
    const h0 = part32(s, K2 - 114, 0, 0);
    const h1 = part32(s + 32, mul, 0, 0);
    const h2 = part32(s + n - 32, mul, h0, h1);
    return (h2 * 9 + (h0 >> 17) + (h1 >> 21)) * mul;
  }
  return n <= 256 ? long(s, n) : longer(s, n);
}

/** The fingerprint of each string. */
export function farmFingerprint64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, fingerprint(bytes + start, end - start));
    start = end;
    out += 8;
  }
}

/** The hash of each string by the form for machines of today. */
export function farmHash64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, farm64(bytes + start, end - start));
    start = end;
    out += 8;
  }
}
