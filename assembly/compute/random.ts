// Random bytes from a seed: SplitMix64, which is fast and passes the usual tests, but is no secret.

/** Fills size bytes, rounded up to eights; seed: u64 that goes on from call to call. */
export function fillRandom(seed: usize, out: usize, size: i32): void {
  let state = load<u64>(seed);
  for (const end = out + <usize>size; out < end; out += 8) {
    state += 0x9e3779b97f4a7c15;
    let x = state;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    store<u64>(out, x ^ (x >> 31));
  }
  store<u64>(seed, state);
}
