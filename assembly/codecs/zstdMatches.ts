// Where bytes repeat: two hash tables of positions, one by eight bytes for long matches, one by five for short ones.

/** What a block becomes. state: see zstd.ts. */
export const LITERALS_MAX: usize = 131072;
export const SEQUENCES_MAX: usize = 32772;
const LONG_BITS_MAX: i32 = 16;

// State:
export const REPEATS: usize = 0; //        u32[3] distances used last
export const BITS: usize = 12; //          i32 of the long table's hash; the short one's has one less
export const SEQUENCES: usize = 16; //     i32 in this block
export const LITERALS_SIZE: usize = 20; // i32
export const LONG: usize = 64; //          u32[1 << 16]
export const SHORT: usize = LONG + (4 << LONG_BITS_MAX);
export const OFFSETS: usize = SHORT + (2 << LONG_BITS_MAX); // u32: 1 to 3 a distance used before, else distance + 3
export const RUNS: usize = OFFSETS + SEQUENCES_MAX * 4; //     u32: literals before the match
export const MATCHES: usize = RUNS + SEQUENCES_MAX * 4; //     u32: its length - 3
export const LITERALS: usize = MATCHES + SEQUENCES_MAX * 4;
export const MATCHER_SIZE: usize = LITERALS + LITERALS_MAX + 64;

const PRIME_5: u64 = 889523592379;
const PRIME_8: u64 = 0xcf1bbcdcb7a56463;

/** Empties the tables, which are as large as size bytes call for. */
export function forgetMatches(state: usize, size: i32): void {
  const bits = min(LONG_BITS_MAX, max(10, 32 - <i32>clz<u32>(size)));
  store<i32>(state, bits, BITS);
  memory.fill(state + LONG, 0, <usize>4 << bits);
  memory.fill(state + SHORT, 0, <usize>2 << bits);
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

@inline
function addSequence(state: usize, at: usize, anchor: usize, position: usize, offset: usize, length: usize): void {
  store<u32>(state + OFFSETS + at, <u32>offset);
  store<u32>(state + RUNS + at, <u32>(position - anchor));
  store<u32>(state + MATCHES + at, <u32>(length - 3));
  let target = state + LITERALS + <usize>load<i32>(state, LITERALS_SIZE);
  store<i32>(state, load<i32>(state, LITERALS_SIZE) + <i32>(position - anchor), LITERALS_SIZE);
  // Whole vectors: the literals have slack behind them, and so has the source.
  while (anchor < position) {
    v128.store(target, v128.load(anchor));
    target += 16;
    anchor += 16;
  }
}

/**
 * Splits from..end into literals and matches, which lie behind source. Over-reads by up to 16 bytes.
 * The sequences, the literals and the distances used last are left in the state.
 */
export function findMatches(state: usize, source: usize, from: usize, end: usize): void {
  const longShift = <u64>(64 - load<i32>(state, BITS));
  const shortShift = longShift + 1;
  const longs = state + LONG;
  const shorts = state + SHORT;
  let last = <usize>load<u32>(state, REPEATS);
  let before = <usize>load<u32>(state, REPEATS + 4);
  let third = <usize>load<u32>(state, REPEATS + 8);
  let anchor = from;
  let at: usize = 0;
  store<i32>(state, 0, LITERALS_SIZE);

  let position = from == source ? from + 1 : from;
  if (end - from > 12) {
    const findEnd = end - 12;
    while (position <= findEnd) {
      const eight = load<u64>(position);
      const longSlot = longs + (<usize>((eight * PRIME_8) >> longShift) << 2);
      const shortSlot = shorts + (<usize>(((eight << 24) * PRIME_5) >> shortShift) << 2);
      let match = source + <usize>load<u32>(longSlot);
      const shortMatch = source + <usize>load<u32>(shortSlot);
      store<u32>(longSlot, <u32>(position - source));
      store<u32>(shortSlot, <u32>(position - source));

      // The same distance again, one byte on: the cheapest match there is.
      if (last <= position + 1 - source && load<u32>(position + 1 - last) == <u32>(eight >> 8)) {
        position++;
        const length: usize = 4 + countEqual(position + 4, position + 4 - last, end);
        addSequence(state, at, anchor, position, 1, length);
        at += 4;
        position += length;
        anchor = position;
      } else {
        let length: usize = 0;
        if (load<u64>(match) == eight) {
          length = 8 + countEqual(position + 8, match + 8, end);
        } else if (load<u32>(shortMatch) == <u32>eight) {
          // A long match at the next byte is better than a short one here.
          const next = load<u64>(position + 1);
          const nextSlot = longs + (<usize>((next * PRIME_8) >> longShift) << 2);
          const nextMatch = source + <usize>load<u32>(nextSlot);
          store<u32>(nextSlot, <u32>(position + 1 - source));
          if (load<u64>(nextMatch) == next && nextMatch < position + 1) {
            position++;
            match = nextMatch;
            length = 8 + countEqual(position + 8, match + 8, end);
          } else {
            match = shortMatch;
            length = 4 + countEqual(position + 4, match + 4, end);
          }
        } else {
          // Steps grow where nothing matches: random data costs little.
          position += ((position - anchor) >> 8) + 1;
          continue;
        }
        while (position > anchor && match > source && load<u8>(position - 1) == load<u8>(match - 1)) {
          position--;
          match--;
          length++;
        }
        third = before;
        before = last;
        last = position - match;
        addSequence(state, at, anchor, position, last + 3, length);
        at += 4;
        position += length;
        anchor = position;
      }
      if (position > findEnd) break;
      // Two places within the match, so that what comes can refer to it.
      const inside = position - 2;
      const insideEight = load<u64>(inside);
      store<u32>(longs + (<usize>((insideEight * PRIME_8) >> longShift) << 2), <u32>(inside - source));
      store<u32>(shorts + (<usize>(((insideEight << 24) * PRIME_5) >> shortShift) << 2), <u32>(inside - source));
      // The distance before the last, right behind a match: without literals it is called 1.
      while (position <= findEnd && before <= position - source && load<u32>(position) == load<u32>(position - before)) {
        const length: usize = 4 + countEqual(position + 4, position + 4 - before, end);
        const swap = before;
        before = last;
        last = swap;
        const here = load<u64>(position);
        store<u32>(longs + (<usize>((here * PRIME_8) >> longShift) << 2), <u32>(position - source));
        store<u32>(shorts + (<usize>(((here << 24) * PRIME_5) >> shortShift) << 2), <u32>(position - source));
        addSequence(state, at, anchor, position, 1, length);
        at += 4;
        position += length;
        anchor = position;
      }
    }
  }
  const size = load<i32>(state, LITERALS_SIZE);
  memory.copy(state + LITERALS + <usize>size, anchor, end - anchor);
  store<i32>(state, size + <i32>(end - anchor), LITERALS_SIZE);
  store<i32>(state, <i32>(at >> 2), SEQUENCES);
  store<u32>(state, <u32>last, REPEATS);
  store<u32>(state, <u32>before, REPEATS + 4);
  store<u32>(state, <u32>third, REPEATS + 8);
}
