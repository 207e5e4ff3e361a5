// wyhash, final version 3, with seed 0 and its usual secret. Shapes: offsets: u32[rows + 1] into bytes; out: u64[rows].

import { foldProduct } from "./wide";

const S0: u64 = 0xa0761d6478bd642f;
const S1: u64 = 0xe7037ed1a0b428db;
const S2: u64 = 0x8ebc6af09c88c6e3;
const S3: u64 = 0x589965cc75374cc3;

function wy64(p: usize, size: usize): u64 {
  let seed = S0;
  let a: u64 = 0;
  let b: u64 = 0;
  if (size <= 16) {
    if (size >= 4) {
      const middle = (size >> 3) << 2;
      a = (<u64>load<u32>(p) << 32) | <u64>load<u32>(p + middle);
      b = (<u64>load<u32>(p + size - 4) << 32) | <u64>load<u32>(p + size - 4 - middle);
    } else if (size > 0) {
      a = (<u64>load<u8>(p) << 16) | (<u64>load<u8>(p + (size >> 1)) << 8) | <u64>load<u8>(p + size - 1);
    }
  } else {
    let left = size;
    if (left > 48) {
      let second = seed;
      let third = seed;
      do {
        seed = foldProduct(load<u64>(p) ^ S1, load<u64>(p, 8) ^ seed);
        second = foldProduct(load<u64>(p, 16) ^ S2, load<u64>(p, 24) ^ second);
        third = foldProduct(load<u64>(p, 32) ^ S3, load<u64>(p, 40) ^ third);
        p += 48;
        left -= 48;
      } while (left > 48);
      seed ^= second ^ third;
    }
    for (; left > 16; left -= 16, p += 16) seed = foldProduct(load<u64>(p) ^ S1, load<u64>(p, 8) ^ seed);
    a = load<u64>(p + left - 16);
    b = load<u64>(p + left - 8);
  }
  return foldProduct(S1 ^ <u64>size, foldProduct(a ^ S1, b ^ seed));
}

/** The hash of each string. */
export function wyHash64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, wy64(bytes + start, end - start));
    start = end;
    out += 8;
  }
}
