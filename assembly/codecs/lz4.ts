// LZ4 blocks (no frame around them). A block is a run of sequences:
//   token: high nibble literal length, low nibble match length - 4 (15: more length bytes follow, until one is not 255)
//   literals | u16 offset back | match
// The last sequence is literals only.

const MATCH_MIN: i32 = 4;
/** The last match starts at least this far before the end; the last five bytes are literals. */
const MATCH_FIND_LIMIT: usize = 12;
const LAST_LITERALS: usize = 5;
const OFFSET_MAX: usize = 65535;
const HASH_BITS: i32 = 14;
const PRIME_5_BYTES: u64 = 889523592379;

/** swizzle masks [offset * 16 + i] = i % offset: repeats the last `offset` bytes through a vector. Offset 0 is never used. */
const REPEAT = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1,
  0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0,
  0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0,
  0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4, 5, 6,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 1, 2, 3, 4,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 1, 2,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0, 1,
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0,
]);

/** Most bytes that size bytes can compress to; -1 if size is more than a block can hold (2,113,929,216). */
export function lz4CompressBound(size: i32): i32 {
  if (<u32>size > 0x7e000000) return -1;
  return size + size / 255 + 16;
}

@inline
function hash5(pointer: usize): usize {
  return <usize>(((load<u64>(pointer) << 24) * PRIME_5_BYTES) >> (64 - HASH_BITS));
}

/** Writes the length bytes behind a nibble of 15; gives the position behind them. */
@inline
function writeLength(target: usize, rest: i32): usize {
  while (rest >= 255) {
    store<u8>(target++, 255);
    rest -= 255;
  }
  store<u8>(target, rest);
  return target + 1;
}

@inline
function copyWild(target: usize, source: usize, end: usize): void {
  do {
    v128.store(target, v128.load(source));
    target += 16;
    source += 16;
  } while (target < end);
}

/** How many bytes at a and b agree, a going up to end. */
@inline
function countEqual(a: usize, b: usize, end: usize): usize {
  const start = a;
  while (a + 8 <= end) {
    const different = load<u64>(a) ^ load<u64>(b);
    if (different != 0) return a - start + <usize>(ctz(different) >> 3);
    a += 8;
    b += 8;
  }
  while (a < end && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return a - start;
}

/**
 * Compresses size bytes into at most capacity bytes, greedily, as LZ4's level 1 does. Returns the bytes written, -1 if they do
 * not fit; lz4CompressBound(size) always does. table: 65,536 bytes of scratch, 4-byte aligned. May write up to 32 bytes behind
 * target + capacity, and over-reads the source by up to 32 bytes.
 */
export function lz4Compress(source: usize, size: i32, target: usize, capacity: i32, table: usize): i32 {
  if (<u32>size > 0x7e000000 || capacity < 1) return -1;
  const sourceEnd = source + <usize>size;
  const targetEnd = target + <usize>capacity;
  let anchor = source;
  let out = target;

  if (<usize>size > MATCH_FIND_LIMIT) {
    memory.fill(table, 0, <usize>4 << HASH_BITS);
    const findEnd = sourceEnd - MATCH_FIND_LIMIT;
    const matchEnd = sourceEnd - LAST_LITERALS;
    let position = source + 1;
    while (true) {
      let candidate: usize = 0;
      let attempts: usize = 1 << 6;
      let found = false;
      // Steps grow where nothing matches: random data costs little.
      while (position <= findEnd) {
        const slot = table + (hash5(position) << 2);
        candidate = source + <usize>load<u32>(slot);
        store<u32>(slot, <u32>(position - source));
        if (load<u32>(candidate) == load<u32>(position) && position - candidate <= OFFSET_MAX) {
          found = true;
          break;
        }
        position += attempts++ >> 6;
      }
      if (!found) break;
      const offset = position - candidate;
      while (position > anchor && position - offset > source && load<u8>(position - 1) == load<u8>(position - 1 - offset)) position--;

      const literals = position - anchor;
      const matchStart = position + MATCH_MIN;
      const matched = countEqual(matchStart, matchStart - offset, matchEnd);
      // Token, lengths, literals, offset, and the least that a last sequence takes.
      if (out + literals + literals / 255 + matched / 255 + 8 > targetEnd) return -1;

      const token = out++;
      if (literals >= 15) out = writeLength(out, <i32>literals - 15);
      const literalsEnd = out + literals;
      copyWild(out, anchor, literalsEnd);
      out = literalsEnd;
      store<u16>(out, <u16>offset);
      out += 2;
      if (matched >= 15) out = writeLength(out, <i32>matched - 15);
      store<u8>(token, (min<u32>(<u32>literals, 15) << 4) | min<u32>(<u32>matched, 15));

      position = matchStart + matched;
      anchor = position;
      if (position > findEnd) break;
      store<u32>(table + (hash5(position - 2) << 2), <u32>(position - 2 - source));
    }
  }

  const literals = <i32>(sourceEnd - anchor);
  if (out + <usize>(literals + literals / 255 + 2) > targetEnd + 1) return -1;
  store<u8>(out++, min(literals, 15) << 4);
  if (literals >= 15) out = writeLength(out, literals - 15);
  memory.copy(out, anchor, literals);
  out += <usize>literals;
  return out > targetEnd ? -1 : <i32>(out - target);
}

/**
 * Decompresses one block. Returns decompressedSize, or -1 if the block is corrupt or has another size. Whatever the bytes are,
 * nothing is written outside target but up to 32 bytes of slack behind it, and the source is over-read by 16 bytes at most.
 */
export function lz4Decompress(source: usize, size: i32, target: usize, decompressedSize: i32): i32 {
  if (size <= 0 || decompressedSize < 0) return -1;
  const sourceEnd = source + <usize>size;
  const targetEnd = target + <usize>decompressedSize;
  let out = target;

  while (source < sourceEnd) {
    const token = <i32>load<u8>(source++);
    let length = <usize>(token >> 4);
    if (length < 15) {
      if (length > sourceEnd - source || length > targetEnd - out) return -1;
      v128.store(out, v128.load(source));
    } else {
      let more: usize;
      do {
        if (source >= sourceEnd) return -1;
        more = <usize>load<u8>(source++);
        length += more;
      } while (more == 255);
      if (length > sourceEnd - source || length > targetEnd - out) return -1;
      copyWild(out, source, out + length);
    }
    source += length;
    out += length;
    if (source == sourceEnd) return out == targetEnd ? decompressedSize : -1;

    if (sourceEnd - source < 2) return -1;
    const offset = <usize>load<u16>(source);
    source += 2;
    // Offset 0 becomes huge and is caught by the same comparison.
    if (offset - 1 >= out - target) return -1;
    const match = out - offset;
    length = <usize>(token & 15) + MATCH_MIN;
    if (length == 15 + MATCH_MIN) {
      let more: usize;
      do {
        if (source >= sourceEnd) return -1;
        more = <usize>load<u8>(source++);
        length += more;
      } while (more == 255);
    }
    if (length > targetEnd - out) return -1;
    const matchEnd = out + length;
    if (offset >= 16) {
      v128.store(out, v128.load(match));
      if (length > 16) copyWild(out + 16, match + 16, matchEnd);
    } else {
      const pattern = i8x16.swizzle(v128.load(match), v128.load(REPEAT + (offset << 4)));
      const step: usize = 16 - (<usize>16 % offset);
      let to = out;
      do {
        v128.store(to, pattern);
        to += step;
      } while (to < matchEnd);
    }
    out = matchEnd;
  }
  return -1;
}
