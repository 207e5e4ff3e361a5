// SipHash-2-4 with key (0, 0) unless given. The 128-bit form is ClickHouse's: the 64-bit state and finalization, with
// v0 ^ v1 and v2 ^ v3 as its words. The official SipHash-128 is the reference form.

const V0: u64 = 0x736f6d6570736575;
const V1: u64 = 0x646f72616e646f6d;
const V2: u64 = 0x6c7967656e657261;
const V3: u64 = 0x7465646279746573;

/** The last 0 to 7 bytes with the length's low byte on top. */
@inline
function lastWord(pointer: usize, size: usize): u64 {
  let word = <u64>size << 56;
  const left = size & 7;
  let p = pointer + (size & ~7);
  if (left & 4) {
    word |= <u64>load<u32>(p);
    p += 4;
  }
  if (left & 2) {
    word |= <u64>load<u16>(p) << (<u64>(left & 4) << 3);
    p += 2;
  }
  if (left & 1) word |= <u64>load<u8>(p) << (<u64>(left & 6) << 3);
  return word;
}

/** What is asked for: 64 bits, ClickHouse's 128 or the reference's 128. */
const SIP_64 = 0;
const SIP_128 = 1;
const SIP_REFERENCE = 2;

/** Returns the 64-bit hash; writes the two words of a 128-bit one to target. */
// @ts-ignore: decorator
@inline
function sip(pointer: usize, size: usize, key0: u64, key1: u64, form: i32, target: usize): u64 {
  let v0 = V0 ^ key0;
  let v1 = V1 ^ key1 ^ (form == SIP_REFERENCE ? 0xee : 0);
  let v2 = V2 ^ key0;
  let v3 = V3 ^ key1;
  const wordsEnd = pointer + (size & ~7);
  const last = lastWord(pointer, size);
  // The words, then the last one. Every two rounds are written out: locals cannot leave a function together.
  for (; pointer <= wordsEnd; pointer += 8) {
    const word = pointer < wordsEnd ? load<u64>(pointer) : last;
    v3 ^= word;
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
    v0 ^= word;
  }
  v2 ^= form == SIP_REFERENCE ? 0xee : 0xff;
  for (let twice = 0; twice < (form == SIP_REFERENCE ? 4 : 2); twice++) {
    if (form == SIP_REFERENCE && twice == 2) {
      store<u64>(target, v0 ^ v1 ^ v2 ^ v3);
      v1 ^= 0xdd;
    }
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
    v0 += v1;
    v1 = rotl<u64>(v1, 13) ^ v0;
    v0 = rotl<u64>(v0, 32);
    v2 += v3;
    v3 = rotl<u64>(v3, 16) ^ v2;
    v0 += v3;
    v3 = rotl<u64>(v3, 21) ^ v0;
    v2 += v1;
    v1 = rotl<u64>(v1, 17) ^ v2;
    v2 = rotl<u64>(v2, 32);
  }
  if (form == SIP_REFERENCE) store<u64>(target, v0 ^ v1 ^ v2 ^ v3, 8);
  if (form == SIP_128) {
    store<u64>(target, v0 ^ v1);
    store<u64>(target, v2 ^ v3, 8);
  }
  return v0 ^ v1 ^ v2 ^ v3;
}

function sip64(pointer: usize, size: usize): u64 {
  return sip(pointer, size, 0, 0, SIP_64, 0);
}

/** Writes the u64 SipHash-2-4 of size bytes to target. */
export function sipHash64(pointer: usize, size: usize, target: usize): void {
  store<u64>(target, sip64(pointer, size));
}

/** Writes the 16 bytes of ClickHouse's sipHash128 to target. */
export function sipHash128(pointer: usize, size: usize, target: usize): void {
  sip(pointer, size, 0, 0, SIP_128, target);
}

/** out[i] = sipHash64 of string i. offsets: u32[rows + 1] into bytes; out: u64[rows]. */
export function sipHash64Strings(offsets: usize, bytes: usize, rows: i32, out: usize): void {
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    store<u64>(out, sip64(bytes + start, end - start));
    start = end;
    out += 8;
  }
}

/** out[i] = sipHash64 of value i of one width: numbers hash as their own bytes. */
export function sipHash64Fixed(values: usize, width: i32, rows: i32, out: usize): void {
  for (let row = 0; row < rows; row++) {
    store<u64>(out, sip64(values, <usize>width));
    values += <usize>width;
    out += 8;
  }
}

// @ts-ignore: decorator
@inline
function keyedStrings(offsets: usize, bytes: usize, rows: i32, key: usize, form: i32, out: usize): void {
  const key0 = load<u64>(key);
  const key1 = load<u64>(key, 8);
  let start = <usize>load<u32>(offsets);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    const end = <usize>load<u32>(offsets);
    const hash = sip(bytes + start, end - start, key0, key1, form, out);
    if (form == SIP_64) store<u64>(out, hash);
    start = end;
    out += form == SIP_64 ? 8 : 16;
  }
}

/** The hashes of strings under a key of two u64 at key; out: u64[rows], or 16 bytes a row for those of 128 bits. */
export function sipHash64KeyedStrings(offsets: usize, bytes: usize, rows: i32, key: usize, out: usize): void {
  keyedStrings(offsets, bytes, rows, key, SIP_64, out);
}

export function sipHash128KeyedStrings(offsets: usize, bytes: usize, rows: i32, key: usize, out: usize): void {
  keyedStrings(offsets, bytes, rows, key, SIP_128, out);
}

/** The same by the official SipHash-128. */
export function sipHash128ReferenceStrings(offsets: usize, bytes: usize, rows: i32, key: usize, out: usize): void {
  keyedStrings(offsets, bytes, rows, key, SIP_REFERENCE, out);
}

/** acc[i] = sipHash64 of the 16 bytes acc[i], next[i]: how sipHash64 of several arguments combines. Both u64[rows]. */
export function sipHashCombine64(acc: usize, next: usize, rows: i32, scratch: usize): void {
  const end = acc + (<usize>rows << 3);
  while (acc < end) {
    store<u64>(scratch, load<u64>(acc));
    store<u64>(scratch, load<u64>(next), 8);
    store<u64>(acc, sip64(scratch, 16));
    acc += 8;
    next += 8;
  }
}
