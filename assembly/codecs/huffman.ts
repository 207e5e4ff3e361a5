// The literals of a ZSTD block: prefix codes of at most 11 bits, given as weights (12 - length for the longest) whose last
// follows from the others, and bytes written from the last to the first, so that a reader who begins at the end meets the first.
import { FSE_SCRATCH_SIZE, FSE_TABLE_SIZE, fseBits, fseBuild, fseNext, fseNormalize, fseStart, fseWriteShares } from "./fse";

const LENGTH_MAX: i32 = 11;
const WEIGHT_LOG: i32 = 6;

// Scratch, HUFFMAN_SCRATCH_SIZE bytes:
const COUNTS: usize = 0; //      u32[256]
const CODES: usize = 1024; //    u32[256]: code | length << 16
const ORDER: usize = 2048; //    u16[256], symbols that occur, the rarest first
const NODES: usize = 2560; //    u32[512] weights of leaves and inner nodes
const PARENTS: usize = 4608; //  u16[512]
const LENGTHS: usize = 5632; //  u8[256]
const WEIGHTS: usize = 5888; //  u8[256]
const SHARES: usize = 6144; //   i16[16], and behind them u32[16] counts
const FSE: usize = 6240;
export const HUFFMAN_SCRATCH_SIZE: usize = 6240 + FSE_TABLE_SIZE + FSE_SCRATCH_SIZE;

/**
 * Writes literals as a section of a compressed block: coded, or as they are where that is shorter, or as one byte that repeats.
 * Gives the position behind them; writes up to size + 16 bytes.
 */
export function writeLiterals(out: usize, literals: usize, size: i32, scratch: usize): usize {
  if (size >= 64) {
    const kinds = countBytes(literals, size, scratch);
    if (kinds == 1) {
      out = writePlainHeader(out, size, 1);
      store<u8>(out, load<u8>(literals));
      return out + 1;
    }
    const coded = writeCoded(out, literals, size, kinds, scratch);
    if (coded != 0) return coded;
  }
  out = writePlainHeader(out, size, 0);
  memory.copy(out, literals, size);
  return out + <usize>size;
}

function writePlainHeader(out: usize, size: i32, kind: i32): usize {
  if (size < 32) {
    store<u8>(out, kind | (size << 3));
    return out + 1;
  }
  if (size < 4096) {
    store<u16>(out, kind | 4 | (size << 4));
    return out + 2;
  }
  store<u32>(out, kind | 12 | (size << 4));
  return out + 3;
}

/** Counts bytes; gives how many differ. */
function countBytes(bytes: usize, size: i32, scratch: usize): i32 {
  // Two tables: runs of one byte would wait for their own last store.
  const other = scratch + NODES;
  memory.fill(scratch + COUNTS, 0, 1024);
  memory.fill(other, 0, 1024);
  const end = bytes + <usize>size;
  while (bytes + 2 <= end) {
    const first = scratch + COUNTS + (<usize>load<u8>(bytes) << 2);
    store<u32>(first, load<u32>(first) + 1);
    const second = other + (<usize>load<u8>(bytes, 1) << 2);
    store<u32>(second, load<u32>(second) + 1);
    bytes += 2;
  }
  if (bytes < end) {
    const at = other + (<usize>load<u8>(bytes) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  let kinds = 0;
  for (let at: usize = 0; at < 1024; at += 4) {
    const count = load<u32>(scratch + COUNTS + at) + load<u32>(other + at);
    store<u32>(scratch + COUNTS + at, count);
    kinds += i32(count != 0);
  }
  return kinds;
}

/** 0 where plain literals are about as short. */
function writeCoded(out: usize, literals: usize, size: i32, kinds: i32, scratch: usize): usize {
  if (!makeLengths(kinds, scratch)) return 0;
  const four = size >= 256;
  const width = size < 1024 ? 10 : size < 16384 ? 14 : 18;
  const headerSize: usize = size < 1024 ? 3 : size < 16384 ? 4 : 5;
  const limit = out + <usize>size - <usize>(size >> 5);
  const start = out;
  out += headerSize;
  const tree = out;
  out = writeWeights(out, scratch);
  if (out == 0) return 0;
  makeCodes(scratch);
  let bits: u64 = 0;
  for (let symbol: usize = 0; symbol < 256; symbol++) {
    bits += <u64>load<u32>(scratch + COUNTS + (symbol << 2)) * <u64>load<u8>(scratch + LENGTHS + symbol);
  }
  if (out + <usize>(bits >> 3) + 10 > limit) return 0;
  if (!four) {
    out = writeStream(out, literals, literals + <usize>size, scratch + CODES);
  } else {
    const jumps = out;
    out += 6;
    const share = <usize>(size + 3) >> 2;
    for (let stream: usize = 0; stream < 4; stream++) {
      const from = literals + stream * share;
      const begin = out;
      out = writeStream(out, from, stream == 3 ? literals + <usize>size : from + share, scratch + CODES);
      if (stream < 3) store<u16>(jumps + (stream << 1), <u16>(out - begin));
    }
  }
  const format: u64 = !four ? 0 : size < 1024 ? 1 : size < 16384 ? 2 : 3;
  const header = 2 | (format << 2) | (<u64>size << 4) | (<u64>(out - tree) << <u64>(4 + width));
  // Byte by byte: what follows is written already.
  for (let at: usize = 0; at < headerSize; at++) store<u8>(start + at, <u8>(header >> (<u64>at << 3)));
  return out;
}

function writeStream(out: usize, from: usize, to: usize, codes: usize): usize {
  let bits: u64 = 0;
  let count: u64 = 0;
  while (to >= from + 4) {
    to -= 4;
    const four = load<u32>(to);
    let code = load<u32>(codes + <usize>((four >> 24) << 2));
    bits |= <u64>(code & 0xffff) << count;
    count += <u64>(code >> 16);
    code = load<u32>(codes + <usize>(((four >> 16) & 255) << 2));
    bits |= <u64>(code & 0xffff) << count;
    count += <u64>(code >> 16);
    code = load<u32>(codes + <usize>(((four >> 8) & 255) << 2));
    bits |= <u64>(code & 0xffff) << count;
    count += <u64>(code >> 16);
    code = load<u32>(codes + <usize>((four & 255) << 2));
    bits |= <u64>(code & 0xffff) << count;
    count += <u64>(code >> 16);
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  while (to > from) {
    const code = load<u32>(codes + (<usize>load<u8>(--to) << 2));
    bits |= <u64>(code & 0xffff) << count;
    count += <u64>(code >> 16);
  }
  bits |= 1 << count;
  store<u64>(out, bits);
  return out + <usize>((count + 8) >> 3);
}

/** Code lengths from counts: a Huffman tree over the sorted symbols, cut at LENGTH_MAX. False if they do not work out. */
function makeLengths(kinds: i32, scratch: usize): bool {
  sortSymbols(kinds, scratch);
  const nodes = scratch + NODES;
  const parents = scratch + PARENTS;
  let leaf = 0;
  let inner = kinds;
  // Leaves and inner nodes both come in rising weight: the two lightest stand at the head of either.
  for (let made = kinds; made < 2 * kinds - 1; made++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const takeLeaf =
        leaf < kinds && (inner == made || load<u32>(nodes + (<usize>leaf << 2)) <= load<u32>(nodes + (<usize>inner << 2)));
      const taken = takeLeaf ? leaf++ : inner++;
      weight += load<u32>(nodes + (<usize>taken << 2));
      store<u16>(parents + (<usize>taken << 1), made);
    }
    store<u32>(nodes + (<usize>made << 2), weight);
  }
  // Depths, from the root down, in the place of weights.
  store<u32>(nodes + (<usize>(2 * kinds - 2) << 2), 0);
  for (let node = 2 * kinds - 3; node >= 0; node--) {
    const parent = <usize>load<u16>(parents + (<usize>node << 1));
    store<u32>(nodes + (<usize>node << 2), load<u32>(nodes + (parent << 2)) + 1);
  }
  // In units of the longest code, all codes together fill 1 << LENGTH_MAX: no more, no less.
  let filled = 0;
  for (let at = 0; at < kinds; at++) {
    const length = min<u32>(load<u32>(nodes + (<usize>at << 2)), LENGTH_MAX);
    store<u32>(nodes + (<usize>at << 2), length);
    filled += 1 << (LENGTH_MAX - length);
  }
  const full = 1 << LENGTH_MAX;
  // The rarest that is not the longest yet: it makes least room, and costs least.
  for (let at = 0; filled > full && at < kinds; ) {
    const length = load<u32>(nodes + (<usize>at << 2));
    if (length >= <u32>LENGTH_MAX) {
      at++;
      continue;
    }
    store<u32>(nodes + (<usize>at << 2), length + 1);
    filled -= 1 << (LENGTH_MAX - 1 - length);
  }
  for (let at = kinds - 1; filled < full && at >= 0; at--) {
    const length = load<u32>(nodes + (<usize>at << 2));
    if (filled + (1 << (LENGTH_MAX - length)) > full) continue;
    store<u32>(nodes + (<usize>at << 2), length - 1);
    filled += 1 << (LENGTH_MAX - length);
    at++;
  }
  if (filled != full) return false;
  memory.fill(scratch + LENGTHS, 0, 256);
  for (let at = 0; at < kinds; at++) {
    const symbol = <usize>load<u16>(scratch + ORDER + (<usize>at << 1));
    store<u8>(scratch + LENGTHS + symbol, load<u32>(nodes + (<usize>at << 2)));
  }
  return true;
}

/** ORDER and the leaves of NODES: symbols that occur, the rarest first. */
function sortSymbols(kinds: i32, scratch: usize): void {
  let sorted = 0;
  for (let symbol = 0; symbol < 256; symbol++) {
    const count = load<u32>(scratch + COUNTS + (<usize>symbol << 2));
    if (count == 0) continue;
    let at = sorted++;
    while (at > 0 && load<u32>(scratch + NODES + (<usize>(at - 1) << 2)) > count) {
      store<u32>(scratch + NODES + (<usize>at << 2), load<u32>(scratch + NODES + (<usize>(at - 1) << 2)));
      store<u16>(scratch + ORDER + (<usize>at << 1), load<u16>(scratch + ORDER + (<usize>(at - 1) << 1)));
      at--;
    }
    store<u32>(scratch + NODES + (<usize>at << 2), count);
    store<u16>(scratch + ORDER + (<usize>at << 1), symbol);
  }
  assert(sorted == kinds);
}

function longest(scratch: usize): i32 {
  let most = 0;
  for (let symbol: usize = 0; symbol < 256; symbol++) most = max<i32>(most, load<u8>(scratch + LENGTHS + symbol));
  return most;
}

/** Codes rise with length falling, and with the byte among those of one length. */
function makeCodes(scratch: usize): void {
  let code: u32 = 0;
  for (let length: u32 = longest(scratch); length > 0; length--) {
    for (let symbol: usize = 0; symbol < 256; symbol++) {
      if (load<u8>(scratch + LENGTHS + symbol) != length) continue;
      store<u32>(scratch + CODES + (symbol << 2), code++ | (length << 16));
    }
    code >>= 1;
  }
}

/** The weights of all symbols but the last; gives the position behind them, or 0 if they cannot be written. */
function writeWeights(out: usize, scratch: usize): usize {
  const most = longest(scratch);
  let last = 255;
  while (load<u8>(scratch + LENGTHS + <usize>last) == 0) last--;
  const weights = scratch + WEIGHTS;
  const counts = scratch + SHARES + 32;
  memory.fill(counts, 0, 64);
  for (let symbol = 0; symbol < last; symbol++) {
    const length = <i32>load<u8>(scratch + LENGTHS + <usize>symbol);
    const weight = length == 0 ? 0 : most + 1 - length;
    store<u8>(weights + <usize>symbol, weight);
    const count = counts + (<usize>weight << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  const packed = packWeights(out + 1, weights, last, counts, scratch);
  if (packed != 0 && packed - out - 1 < <usize>min(128, last > 128 ? 128 : (last + 1) >> 1)) {
    store<u8>(out, <u8>(packed - out - 1));
    return packed;
  }
  if (last > 128) return 0;
  store<u8>(out++, 127 + last);
  for (let symbol = 0; symbol < last; symbol += 2) {
    const second = symbol + 1 < last ? load<u8>(weights + <usize>symbol, 1) : 0;
    store<u8>(out++, (load<u8>(weights + <usize>symbol) << 4) | second);
  }
  return out;
}

/** Weights by finite state entropy, with two states that take turns; 0 where it does not apply. */
function packWeights(out: usize, weights: usize, size: i32, counts: usize, scratch: usize): usize {
  if (size < 4) return 0;
  let symbols = 0;
  for (let weight = 0; weight < 16; weight++) {
    const count = <i32>load<u32>(counts + (<usize>weight << 2));
    if (count == size) return 0;
    if (count != 0) symbols = weight + 1;
  }
  const table = scratch + FSE;
  fseNormalize(counts, symbols, size, WEIGHT_LOG, scratch + SHARES);
  out = fseWriteShares(out, scratch + SHARES, symbols, WEIGHT_LOG);
  fseBuild(table, scratch + SHARES, symbols, WEIGHT_LOG, table + FSE_TABLE_SIZE);
  // Even places have the first state, odd ones the second.
  let at = size - 1;
  let other = fseStart(table, load<u8>(weights + <usize>at));
  let own = fseStart(table, load<u8>(weights + <usize>(at - 1)));
  at -= 2;
  let bits: u64 = 0;
  let count: u64 = 0;
  while (at >= 0) {
    const weight = <u32>load<u8>(weights + <usize>(at--));
    const width = fseBits(table, other, weight);
    bits |= <u64>(other & ((1 << width) - 1)) << count;
    count += <u64>width;
    const next = fseNext(table, other, weight, width);
    other = own;
    own = next;
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  // `own` is the state of place 0, which is read first and so is written last.
  bits |= <u64>(other & 63) << count;
  count += 6;
  bits |= <u64>(own & 63) << count;
  count += 6;
  bits |= 1 << count;
  store<u64>(out, bits);
  return out + <usize>((count + 8) >> 3);
}
