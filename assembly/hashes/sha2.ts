// SHA-2: the 32-bit family (SHA-224, SHA-256) and the 64-bit one (SHA-384, SHA-512, SHA-512/256), by FIPS 180-4.
// Shapes: offsets: u32[rows + 1] into bytes; out: u8[rows * size], where size is how many bytes of the state are the digest.
// scratch: 1 KiB, 16-byte aligned. Both families are one algorithm over words of another size: T is u32 or u64.

const K256 = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const K512 = memory.data<u64>([
  0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
  0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
  0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
  0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
  0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
  0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
  0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
  0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
  0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
  0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
  0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
  0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
  0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
  0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
  0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
  0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
  0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
  0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
  0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
  0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
]);
/** Initial states: SHA-256, SHA-224. */
const START_256 = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4,
]);
/** Initial states: SHA-512, SHA-384, SHA-512/256. */
const START_512 = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
  0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
  0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
  0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
  0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2,
]);

/** One of the six functions that turn and shift a word: by other counts in each family. shift: the third is no rotation. */
// @ts-ignore: decorator
@inline
function sigma<T>(word: T, a: T, b: T, c: T, shift: bool): T {
  return rotr<T>(word, a) ^ rotr<T>(word, b) ^ (shift ? word >> c : rotr<T>(word, c));
}

// @ts-ignore: decorator
@inline
function pick<T>(small: i32, large: i32): T {
  return <T>(sizeof<T>() == 4 ? small : large);
}

/** The state takes in one block of 16 words. words: T[64] or T[80]. */
function block<T>(state: usize, data: usize, words: usize): void {
  const width: usize = sizeof<T>();
  const constants = width == 4 ? K256 : K512;
  const end: usize = width * (width == 4 ? 64 : 80);
  for (let i: usize = 0; i < 16 * width; i += width) store<T>(words + i, bswap<T>(load<T>(data + i)));
  for (let i: usize = 16 * width; i < end; i += width) {
    const at = words + i;
    const s0 = sigma<T>(load<T>(at - 15 * width), pick<T>(7, 1), pick<T>(18, 8), pick<T>(3, 7), true);
    const s1 = sigma<T>(load<T>(at - 2 * width), pick<T>(17, 19), pick<T>(19, 61), pick<T>(10, 6), true);
    store<T>(at, load<T>(at - 16 * width) + s0 + load<T>(at - 7 * width) + s1);
  }
  let a = load<T>(state);
  let b = load<T>(state + width);
  let c = load<T>(state + 2 * width);
  let d = load<T>(state + 3 * width);
  let e = load<T>(state + 4 * width);
  let f = load<T>(state + 5 * width);
  let g = load<T>(state + 6 * width);
  let h = load<T>(state + 7 * width);
  for (let i: usize = 0; i < end; i += width) {
    const s1 = sigma<T>(e, pick<T>(6, 14), pick<T>(11, 18), pick<T>(25, 41), false);
    const s0 = sigma<T>(a, pick<T>(2, 28), pick<T>(13, 34), pick<T>(22, 39), false);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<T>(constants + i) + load<T>(words + i);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<T>(state, load<T>(state) + a);
  store<T>(state + width, load<T>(state + width) + b);
  store<T>(state + 2 * width, load<T>(state + 2 * width) + c);
  store<T>(state + 3 * width, load<T>(state + 3 * width) + d);
  store<T>(state + 4 * width, load<T>(state + 4 * width) + e);
  store<T>(state + 5 * width, load<T>(state + 5 * width) + f);
  store<T>(state + 6 * width, load<T>(state + 6 * width) + g);
  store<T>(state + 7 * width, load<T>(state + 7 * width) + h);
}

// @ts-ignore: decorator
@inline
function sha2<T>(offsets: usize, bytes: usize, rows: i32, initial: usize, size: i32, out: usize, scratch: usize): void {
  const width: usize = sizeof<T>();
  const blockSize: usize = 16 * width;
  const tail = scratch + 64;
  const words = scratch + 320;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    memory.copy(scratch, initial, 8 * width);
    let at = bytes + start;
    for (; at + blockSize <= bytes + end; at += blockSize) block<T>(scratch, at, words);
    const left = bytes + end - at;
    const padded: usize = left < blockSize - 2 * width ? blockSize : 2 * blockSize;
    memory.copy(tail, at, left);
    memory.fill(tail + left, 0, padded - left);
    store<u8>(tail + left, 0x80);
    store<u64>(tail + padded - 8, bswap<u64>(<u64>(end - start) << 3));
    for (let i: usize = 0; i < padded; i += blockSize) block<T>(scratch, tail + i, words);
    for (let i: usize = 0; i < 8 * width; i += width) store<T>(scratch + i, bswap<T>(load<T>(scratch + i)));
    memory.copy(out, scratch, <usize>size);
    out += <usize>size;
    start = end;
  }
}

/** variant: 0 SHA-256, 1 SHA-224. */
export function sha256Strings(offsets: usize, bytes: usize, rows: i32, variant: i32, size: i32, out: usize, scratch: usize): void {
  sha2<u32>(offsets, bytes, rows, START_256 + <usize>(variant << 5), size, out, scratch);
}

/** variant: 0 SHA-512, 1 SHA-384, 2 SHA-512/256. */
export function sha512Strings(offsets: usize, bytes: usize, rows: i32, variant: i32, size: i32, out: usize, scratch: usize): void {
  sha2<u64>(offsets, bytes, rows, START_512 + <usize>(variant << 6), size, out, scratch);
}
