// Keccak-256, the digest that Ethereum uses: SHA-3's permutation with the padding from before its standard.
// Shapes: offsets: u32[rows + 1] into bytes; out: u8[rows * 32]; scratch: 1 KiB, 16-byte aligned.

const RATE: usize = 136;
const ROUNDS = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
  0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
  0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
  0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
  0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);
/** Where each lane goes in turn, starting with lane 1, and by how much it is rotated. */
const PLACES = memory.data<u8>([10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1]);
const TURNS = memory.data<u8>([1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44]);

/** state: u64[25]; sums: u64[5]. */
function permute(state: usize, sums: usize): void {
  for (let round: usize = 0; round < 192; round += 8) {
    for (let x: usize = 0; x < 40; x += 8) {
      const column = state + x;
      const rest = load<u64>(column, 80) ^ load<u64>(column, 120) ^ load<u64>(column, 160);
      store<u64>(sums + x, load<u64>(column) ^ load<u64>(column, 40) ^ rest);
    }
    for (let x: usize = 0; x < 5; x++) {
      const d = load<u64>(sums + ((x + 4) % 5 << 3)) ^ rotl<u64>(load<u64>(sums + ((x + 1) % 5 << 3)), 1);
      for (let y: usize = 0; y < 200; y += 40) {
        const lane = state + (x << 3) + y;
        store<u64>(lane, load<u64>(lane) ^ d);
      }
    }
    let moving = load<u64>(state, 8);
    for (let i: usize = 0; i < 24; i++) {
      const lane = state + (<usize>load<u8>(PLACES + i) << 3);
      const next = load<u64>(lane);
      store<u64>(lane, rotl<u64>(moving, <u64>load<u8>(TURNS + i)));
      moving = next;
    }
    for (let row = state; row < state + 200; row += 40) {
      const a = load<u64>(row);
      const b = load<u64>(row, 8);
      const c = load<u64>(row, 16);
      const d = load<u64>(row, 24);
      const e = load<u64>(row, 32);
      store<u64>(row, a ^ (~b & c));
      store<u64>(row, b ^ (~c & d), 8);
      store<u64>(row, c ^ (~d & e), 16);
      store<u64>(row, d ^ (~e & a), 24);
      store<u64>(row, e ^ (~a & b), 32);
    }
    store<u64>(state, load<u64>(state) ^ load<u64>(ROUNDS + round));
  }
}

@inline
function absorb(state: usize, block: usize, sums: usize): void {
  for (let i: usize = 0; i < RATE; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(block + i));
  permute(state, sums);
}

/** The Keccak-256 digest of each string, 32 bytes. */
export function keccak256Strings(offsets: usize, bytes: usize, rows: i32, out: usize, scratch: usize): void {
  const tail = scratch + 208;
  const sums = scratch + 352;
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    memory.fill(scratch, 0, 200);
    let at = bytes + start;
    for (; at + RATE <= bytes + end; at += RATE) absorb(scratch, at, sums);
    const left = bytes + end - at;
    memory.fill(tail, 0, RATE);
    memory.copy(tail, at, left);
    store<u8>(tail + left, 1);
    store<u8>(tail + RATE - 1, load<u8>(tail + RATE - 1) | 0x80);
    absorb(scratch, tail, sums);
    memory.copy(out, scratch, 32);
    out += 32;
    start = end;
  }
}
