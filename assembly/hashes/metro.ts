// MetroHash64 (its first variant) with seed 0. Shapes: offsets: u32[rows + 1] into bytes; out: u64[rows].

const K0: u64 = 0xc83a91e1;
const K1: u64 = 0x8648dbdb;
const K2: u64 = 0x7bdec03b;
const K3: u64 = 0x2f5870a5;

function metro64(p: usize, size: usize): u64 {
  const end = p + size;
  let h = K2 * K0 + <u64>size;
  if (size >= 32) {
    let v0 = h;
    let v1 = h;
    let v2 = h;
    let v3 = h;
    for (; p + 32 <= end; p += 32) {
      v0 = rotr<u64>(v0 + load<u64>(p) * K0, 29) + v2;
      v1 = rotr<u64>(v1 + load<u64>(p, 8) * K1, 29) + v3;
      v2 = rotr<u64>(v2 + load<u64>(p, 16) * K2, 29) + v0;
      v3 = rotr<u64>(v3 + load<u64>(p, 24) * K3, 29) + v1;
    }
    v2 ^= rotr<u64>((v0 + v3) * K0 + v1, 33) * K1;
    v3 ^= rotr<u64>((v1 + v2) * K1 + v0, 33) * K0;
    v0 ^= rotr<u64>((v0 + v2) * K0 + v3, 33) * K1;
    v1 ^= rotr<u64>((v1 + v3) * K1 + v2, 33) * K0;
    h += v0 ^ v1;
  }
  if (p + 16 <= end) {
    let v0 = rotr<u64>(h + load<u64>(p) * K0, 33) * K1;
    let v1 = rotr<u64>(h + load<u64>(p, 8) * K1, 33) * K2;
    v0 ^= rotr<u64>(v0 * K0, 35) + v1;
    v1 ^= rotr<u64>(v1 * K3, 35) + v0;
    h += v1;
    p += 16;
  }
  if (p + 8 <= end) {
    h += load<u64>(p) * K3;
    h ^= rotr<u64>(h, 33) * K1;
    p += 8;
  }
  if (p + 4 <= end) {
    h += <u64>load<u32>(p) * K3;
    h ^= rotr<u64>(h, 15) * K1;
    p += 4;
  }
  if (p + 2 <= end) {
    h += <u64>load<u16>(p) * K3;
    h ^= rotr<u64>(h, 13) * K1;
    p += 2;
  }
  if (p < end) {
    h += <u64>load<u8>(p) * K3;
    h ^= rotr<u64>(h, 25) * K1;
  }
  h ^= rotr<u64>(h, 33);
  h *= K0;
  return h ^ rotr<u64>(h, 33);
}

/** The hash of each string. */
export function metroHash64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, metro64(bytes + start, end - start));
    start = end;
    out += 8;
  }
}
