// Finite state entropy, as ZSTD's frames have it: symbols become state transitions of a table with 1 << log states, in which a
// symbol has as many states as it is likely. A table to encode with, FSE_TABLE_SIZE bytes:
//   0    i32 log
//   8    symbols[64]: i32 bits (what, added to a state, has the number of bits to write in its upper half),
//                     i32 state (added to what is left of a state: where its successor stands)
//   520  u16 states[1 << log]

export const FSE_TABLE_SIZE: usize = 1552;
const SYMBOLS: usize = 8;
const STATES: usize = 520;
/** Scratch that building takes: u8[512] of spread symbols, u32[64] of places. */
export const FSE_SCRATCH_SIZE: usize = 768;

@inline
export function highBit(value: u32): i32 {
  return 31 - <i32>clz(value);
}

/**
 * Scales counts (u32[symbols], with two or more that are not 0) to shares (i16[symbols]) that sum to 1 << log, none of what
 * occurs 0. There are at most 1 << log symbols.
 */
export function fseNormalize(counts: usize, symbols: i32, total: i32, log: i32, shares: usize): void {
  const size = 1 << log;
  let rest = size;
  for (let symbol = 0; symbol < symbols; symbol++) {
    const count = load<u32>(counts + (<usize>symbol << 2));
    const share = count == 0 ? 0 : max<i32>(1, <i32>(((<u64>count << log) + (<u64>total >> 1)) / <u64>total));
    store<i16>(shares + (<usize>symbol << 1), <i16>share);
    rest -= share;
  }
  // What rounding gave too much or too little, the likeliest bear: there it costs least.
  while (rest != 0) {
    let largest = shares;
    for (let symbol = 1; symbol < symbols; symbol++) {
      const at = shares + (<usize>symbol << 1);
      if (load<i16>(at) > load<i16>(largest)) largest = at;
    }
    const share = <i32>load<i16>(largest);
    const change = rest > 0 ? rest : max(rest, -(share >> 1));
    store<i16>(largest, <i16>(share + change));
    rest -= change;
  }
}

/** Fills a table from shares (i16[symbols]; -1: less than one state, which gets one). scratch: FSE_SCRATCH_SIZE bytes. */
export function fseBuild(table: usize, shares: usize, symbols: i32, log: i32, scratch: usize): void {
  const size = 1 << log;
  const places = scratch + 512;
  let high = size - 1;
  let total = 0;
  store<i32>(table, log);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const share = <i32>load<i16>(shares + (<usize>symbol << 1));
    const entry = table + SYMBOLS + (<usize>symbol << 3);
    store<i32>(places + (<usize>symbol << 2), total);
    if (share == 0) continue;
    if (share == -1) store<u8>(scratch + <usize>(high--), symbol);
    if (share == -1 || share == 1) {
      store<i32>(entry, (log << 16) - size);
      store<i32>(entry, total - 1, 4);
      total++;
    } else {
      const bits = log - highBit(share - 1);
      store<i32>(entry, (bits << 16) - (share << bits));
      store<i32>(entry, total - share, 4);
      total += share;
    }
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let position = 0;
  for (let symbol = 0; symbol < symbols; symbol++) {
    for (let share = <i32>load<i16>(shares + (<usize>symbol << 1)); share > 0; share--) {
      store<u8>(scratch + <usize>position, symbol);
      do {
        position = (position + step) & (size - 1);
      } while (position > high);
    }
  }
  for (let state = 0; state < size; state++) {
    const place = places + (<usize>load<u8>(scratch + <usize>state) << 2);
    const at = load<u32>(place);
    store<u32>(place, at + 1);
    store<u16>(table + STATES + (<usize>at << 1), size + state);
  }
}

/** Writes the shares of a table, the last of which is not 0; gives the position behind them. Writes up to 8 bytes more. */
export function fseWriteShares(out: usize, shares: usize, symbols: i32, log: i32): usize {
  let bits: u64 = <u64>(log - 5);
  let count: u64 = 4;
  let left = (1 << log) + 1;
  let threshold = 1 << log;
  let width = log + 1;
  let symbol = 0;
  let afterZero = false;
  while (left > 1 && symbol < symbols) {
    if (afterZero) {
      let zeros = 0;
      while (load<i16>(shares + (<usize>(symbol + zeros) << 1)) == 0) zeros++;
      symbol += zeros;
      // Pairs of bits, each for up to three zeros more.
      while (zeros >= 3) {
        bits |= 3 << count;
        count += 2;
        zeros -= 3;
        if (count >= 32) {
          store<u32>(out, <u32>bits);
          out += 4;
          bits >>= 32;
          count -= 32;
        }
      }
      bits |= <u64>zeros << count;
      count += 2;
    }
    let share = <i32>load<i16>(shares + (<usize>(symbol++) << 1));
    const most = 2 * threshold - 1 - left;
    left -= share < 0 ? -share : share;
    share++;
    if (share >= threshold) share += most;
    bits |= <u64>share << count;
    count += <u64>(width - i32(share < most));
    afterZero = share == 1;
    while (left < threshold) {
      width--;
      threshold >>= 1;
    }
    if (count >= 32) {
      store<u32>(out, <u32>bits);
      out += 4;
      bits >>= 32;
      count -= 32;
    }
  }
  store<u64>(out, bits);
  return out + <usize>((count + 7) >> 3);
}

/** The state to begin with: a symbol that costs nothing. */
@inline
export function fseStart(table: usize, symbol: u32): u32 {
  const entry = table + SYMBOLS + (<usize>symbol << 3);
  const delta = load<i32>(entry);
  const bits = <u32>(delta + (1 << 15)) >> 16;
  const value = (bits << 16) - <u32>delta;
  return <u32>load<u16>(table + STATES + (<usize>(<i32>(value >> bits) + load<i32>(entry, 4)) << 1));
}

/** How many low bits of the state are to be written before a symbol. */
@inline
export function fseBits(table: usize, state: u32, symbol: u32): u32 {
  return (state + load<u32>(table + SYMBOLS + (<usize>symbol << 3))) >> 16;
}

/** The state after a symbol, its bits written. */
@inline
export function fseNext(table: usize, state: u32, symbol: u32, bits: u32): u32 {
  const step = load<i32>(table + SYMBOLS + (<usize>symbol << 3), 4);
  return <u32>load<u16>(table + STATES + (<usize>(<i32>(state >> bits) + step) << 1));
}
