// Powers of ten as 128-bit significands, for parsing and printing floating point numbers: entry q is 5^q, scaled by a power of two
// into [2^127, 2^128); rounded down where q >= 0, up where q < 0. Computed at first use (10 KiB that the module need not carry).

export const POWER_MIN: i32 = -342;
export const POWER_MAX: i32 = 324;
const LIMBS: i32 = 32;
/** The negative powers are floor(2^960 / 5^n): each is the one before it divided by 5. */
const RECIPROCAL_BITS: i32 = 960;

// memory.data's sizes must be literals: (POWER_MAX - POWER_MIN + 1) * 16, LIMBS * 4.
const table = memory.data(10672, 16);
const limbs = memory.data(128, 8);
const ready = memory.data(4, 4);

@inline
function entry(q: i32): usize {
  return table + (<usize>(q - POWER_MIN) << 4);
}

/** Must run before powerHigh and powerLow are used. */
@inline
export function needPowers(): void {
  if (load<u32>(ready) == 0) computePowers();
}

@inline
export function powerHigh(q: i32): u64 {
  return load<u64>(entry(q));
}

@inline
export function powerLow(q: i32): u64 {
  return load<u64>(entry(q), 8);
}

/** Stores the highest 128 bits of the number in limbs, plus `up`. */
function storeTop(q: i32, up: u64): void {
  let top = LIMBS - 1;
  while (load<u32>(limbs + (<usize>top << 2)) == 0) top--;
  const shift = <u64>clz<u32>(load<u32>(limbs + (<usize>top << 2)));
  // Five limbs hold the 128 bits wherever they start; those below the number are zero.
  let high: u64 = 0;
  let low: u64 = 0;
  const l0 = <u64>load<u32>(limbs + (<usize>top << 2));
  const l1 = top >= 1 ? <u64>load<u32>(limbs + (<usize>(top - 1) << 2)) : 0;
  const l2 = top >= 2 ? <u64>load<u32>(limbs + (<usize>(top - 2) << 2)) : 0;
  const l3 = top >= 3 ? <u64>load<u32>(limbs + (<usize>(top - 3) << 2)) : 0;
  const l4 = top >= 4 ? <u64>load<u32>(limbs + (<usize>(top - 4) << 2)) : 0;
  high = (l0 << 32) | l1;
  low = (l2 << 32) | l3;
  if (shift != 0) {
    high = (high << shift) | (low >> (64 - shift));
    low = (low << shift) | (l4 >> (32 - shift));
  }
  low += up;
  if (up != 0 && low == 0) high++;
  store<u64>(entry(q), high);
  store<u64>(entry(q), low, 8);
}

function computePowers(): void {
  memory.fill(limbs, 0, <usize>LIMBS << 2);
  store<u32>(limbs, 1);
  for (let q = 0; q <= POWER_MAX; q++) {
    storeTop(q, 0);
    let carry: u64 = 0;
    for (let i = 0; i < LIMBS; i++) {
      const x = <u64>load<u32>(limbs + (<usize>i << 2)) * 5 + carry;
      store<u32>(limbs + (<usize>i << 2), <u32>x);
      carry = x >> 32;
    }
  }
  memory.fill(limbs, 0, <usize>LIMBS << 2);
  store<u32>(limbs + (<usize>(RECIPROCAL_BITS >> 5) << 2), 1);
  for (let q = -1; q >= POWER_MIN; q--) {
    let rest: u64 = 0;
    for (let i = LIMBS - 1; i >= 0; i--) {
      const x = (rest << 32) | <u64>load<u32>(limbs + (<usize>i << 2));
      store<u32>(limbs + (<usize>i << 2), <u32>(x / 5));
      rest = x % 5;
    }
    storeTop(q, 1);
  }
  store<u32>(ready, 1);
}

/** The upper 64 bits of a product. */
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const low = a0 * b0;
  const middle = a1 * b0 + (low >> 32);
  const middle2 = a0 * b1 + (middle & 0xffffffff);
  return a1 * b1 + (middle >> 32) + (middle2 >> 32);
}
