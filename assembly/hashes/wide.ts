/** The high half of the product of two u64. */
// @ts-ignore: decorator
@inline
export function multiplyHigh(a: u64, b: u64): u64 {
  const low = (a & 0xffffffff) * (b & 0xffffffff);
  const left = (a >> 32) * (b & 0xffffffff);
  const right = (a & 0xffffffff) * (b >> 32);
  const middle = (low >> 32) + (left & 0xffffffff) + right;
  return (a >> 32) * (b >> 32) + (left >> 32) + (middle >> 32);
}

/** Both halves of the product, one xor the other. */
// @ts-ignore: decorator
@inline
export function foldProduct(a: u64, b: u64): u64 {
  return (a * b) ^ multiplyHigh(a, b);
}
