// MD5 (RFC 1321) and SHA-1 (FIPS 180-4).
// Shapes: offsets: u32[rows + 1] into bytes; out: u8[rows * 16] and u8[rows * 20]. scratch: 1 KiB, 16-byte aligned.

const SINES = memory.data<u32>([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
]);
const SHIFTS = memory.data<u32>([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);

/** The state takes in one block of 64 bytes. */
function blockMd5(state: usize, data: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  for (let i: u32 = 0; i < 64; i++) {
    let f: u32;
    let word: u32;
    const round = i >> 4;
    if (round == 0) {
      f = (b & c) | (~b & d);
      word = i;
    } else if (round == 1) {
      f = (d & b) | (~d & c);
      word = 5 * i + 1;
    } else if (round == 2) {
      f = b ^ c ^ d;
      word = 3 * i + 5;
    } else {
      f = c ^ (b | ~d);
      word = 7 * i;
    }
    f += a + load<u32>(SINES + (i << 2)) + load<u32>(data + ((word & 15) << 2));
    a = d;
    d = c;
    c = b;
    b += rotl<u32>(f, load<u32>(SHIFTS + (round << 4) + ((i & 3) << 2)));
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
}

/** The state takes in one block of 64 bytes. words: u32[80]. */
function blockSha1(state: usize, data: usize, words: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(words + i, bswap<u32>(load<u32>(data + i)));
  for (let i: usize = 64; i < 320; i += 4) {
    const at = words + i;
    store<u32>(at, rotl<u32>(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let i: usize = 0; i < 80; i++) {
    let f: u32;
    let k: u32;
    if (i < 20) {
      f = (b & c) | (~b & d);
      k = 0x5a827999;
    } else if (i < 40) {
      f = b ^ c ^ d;
      k = 0x6ed9eba1;
    } else if (i < 60) {
      f = (b & c) | (b & d) | (c & d);
      k = 0x8f1bbcdc;
    } else {
      f = b ^ c ^ d;
      k = 0xca62c1d6;
    }
    const next = rotl<u32>(a, 5) + f + e + k + load<u32>(words + (i << 2));
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}

/** Puts what is left of a text into tail, with the end's mark, zeros and room for the length. Returns the size, 64 or 128. */
export function padBlocks(tail: usize, at: usize, left: usize): usize {
  const blocks: usize = left < 56 ? 64 : 128;
  memory.copy(tail, at, left);
  memory.fill(tail + left, 0, blocks - left);
  store<u8>(tail + left, 0x80);
  return blocks;
}

/** The MD5 digest of each string, 16 bytes. */
export function md5Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u32>(out, 0x67452301);
    store<u32>(out, 0xefcdab89, 4);
    store<u32>(out, 0x98badcfe, 8);
    store<u32>(out, 0x10325476, 12);
    let at = bytes + start;
    for (; at + 64 <= bytes + end; at += 64) blockMd5(out, at);
    const blocks = padBlocks(scratch, at, bytes + end - at);
    store<u64>(scratch + blocks - 8, <u64>(end - start) << 3);
    for (let i: usize = 0; i < blocks; i += 64) blockMd5(out, scratch + i);
    out += 16;
    start = end;
  }
}

/** The SHA-1 digest of each string, 20 bytes. */
export function sha1Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  const words = scratch + 128;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u32>(out, 0x67452301);
    store<u32>(out, 0xefcdab89, 4);
    store<u32>(out, 0x98badcfe, 8);
    store<u32>(out, 0x10325476, 12);
    store<u32>(out, 0xc3d2e1f0, 16);
    let at = bytes + start;
    for (; at + 64 <= bytes + end; at += 64) blockSha1(out, at, words);
    const blocks = padBlocks(scratch, at, bytes + end - at);
    store<u64>(scratch + blocks - 8, bswap<u64>(<u64>(end - start) << 3));
    for (let i: usize = 0; i < blocks; i += 64) blockSha1(out, scratch + i, words);
    for (let i: usize = 0; i < 20; i += 4) store<u32>(out + i, bswap<u32>(load<u32>(out + i)));
    out += 20;
    start = end;
  }
}
