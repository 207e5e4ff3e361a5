// ZSTD frames (RFC 8878), written; one pass, about level 1 to 3 of the reference. A frame:
//   u32 magic | header: content size, or a window | blocks of up to 128 KiB, the last one marked
// A block: literals (huffman.ts), then sequences, each of which says how many literals to take, how far back to go and how many
// bytes to copy from there. Their codes are finite state entropy (fse.ts), their low bits stand between the states' bits; all
// is written from the last sequence to the first, because readers begin at the end.
import {
  FSE_SCRATCH_SIZE, FSE_TABLE_SIZE, fseBits, fseBuild, fseNext, fseNormalize, fseStart, fseWriteShares, highBit,
} from "./fse";
import { HUFFMAN_SCRATCH_SIZE, writeLiterals } from "./huffman";
import {
  findMatches, forgetMatches, LITERALS, LITERALS_SIZE, MATCHER_SIZE, MATCHES, OFFSETS, REPEATS, RUNS, SEQUENCES, SEQUENCES_MAX,
} from "./zstdMatches";

const BLOCK_SIZE_MAX: i32 = 131072;
const MAGIC: u32 = 0xfd2fb528;
/** 1 MiB: how far back a reader of a stream must be able to look. */
const WINDOW: u8 = 10 << 3;

// The state, behind the matcher's:
const HUFFMAN: usize = (MATCHER_SIZE + 63) & ~63;
const RUN_CODES: usize = HUFFMAN + HUFFMAN_SCRATCH_SIZE;
const MATCH_CODES: usize = RUN_CODES + SEQUENCES_MAX;
const OFFSET_CODES: usize = MATCH_CODES + SEQUENCES_MAX;
const COUNTS: usize = (OFFSET_CODES + SEQUENCES_MAX + 15) & ~15; // u32[64]
const SHARES: usize = COUNTS + 256; // i16[64]
const RUN_TABLE: usize = SHARES + 128;
const OFFSET_TABLE: usize = RUN_TABLE + FSE_TABLE_SIZE;
const MATCH_TABLE: usize = OFFSET_TABLE + FSE_TABLE_SIZE;
const FSE_SCRATCH: usize = MATCH_TABLE + FSE_TABLE_SIZE;
const STATE_SIZE: usize = FSE_SCRATCH + FSE_SCRATCH_SIZE + 64;

/** The code of a run of fewer than 64 literals. */
const RUN_CODE = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 18, 19, 19, 20, 20, 20, 20, 21, 21, 21, 21,
  22, 22, 22, 22, 22, 22, 22, 22, 23, 23, 23, 23, 23, 23, 23, 23, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24, 24,
]);
/** The code of a match of length - 3 below 128. */
const MATCH_CODE = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
  32, 32, 33, 33, 34, 34, 35, 35, 36, 36, 36, 36, 37, 37, 37, 37, 38, 38, 38, 38, 38, 38, 38, 38, 39, 39, 39, 39, 39, 39, 39, 39,
  40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 40, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41, 41,
  42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42, 42,
]);
/** Bits that follow a code. */
const RUN_BITS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
const MATCH_BITS = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
]);
/** The shares that every reader knows. */
const RUN_SHARES = memory.data<i16>([
  4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
]);
const OFFSET_SHARES = memory.data<i16>([
  1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
]);
const MATCH_SHARES = memory.data<i16>([
  1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
]);

const KNOWN: u32 = 0;
const REPEATED: u32 = 1;
const COUNTED: u32 = 2;

/** Bytes of scratch that a compressor needs, 16-byte aligned. */
export function zstdStateSize(): i32 {
  return <i32>STATE_SIZE;
}

/** Bytes that a target must have for size bytes: more than a frame takes, as writing runs ahead. */
export function zstdCompressBound(size: i32): i32 {
  return size + (size >> 15) + 96;
}

/** Begins a frame of unknown size; writes its header, and gives that one's size. */
export function zstdStart(state: usize, target: usize): i32 {
  forgetRepeats(state);
  store<u32>(target, MAGIC);
  store<u8>(target, 0, 4);
  store<u8>(target, WINDOW, 5);
  return 6;
}

/** Size bytes, at most 1 MiB, as the next blocks of a frame that zstdStart began. target: zstdCompressBound(size) bytes. */
export function zstdContinue(state: usize, source: usize, size: i32, last: bool, target: usize): i32 {
  return <i32>(writeBlocks(state, source, size, last, target) - target);
}

/**
 * Compresses size bytes into one frame, with their number in its header. Gives the frame's size.
 * state: zstdStateSize() bytes; target: zstdCompressBound(size) bytes. Over-reads the source by up to 16 bytes.
 */
export function zstdCompress(state: usize, source: usize, size: i32, target: usize): i32 {
  forgetRepeats(state);
  store<u32>(target, MAGIC);
  let out = target + 5;
  if (size < 256) {
    store<u8>(target, 0x20, 4);
    store<u8>(out, size);
    out += 1;
  } else if (size < 65792) {
    store<u8>(target, 0x60, 4);
    store<u16>(out, size - 256);
    out += 2;
  } else {
    store<u8>(target, 0xa0, 4);
    store<u32>(out, size);
    out += 4;
  }
  return <i32>(writeBlocks(state, source, size, true, out) - target);
}

function forgetRepeats(state: usize): void {
  store<u32>(state, 1, REPEATS);
  store<u32>(state, 4, REPEATS + 4);
  store<u32>(state, 8, REPEATS + 8);
}

function writeBlocks(state: usize, source: usize, size: i32, last: bool, out: usize): usize {
  forgetMatches(state, size);
  let from = source;
  const end = source + <usize>size;
  while (from < end || (last && size == 0)) {
    const blockSize = min<i32>(<i32>(end - from), BLOCK_SIZE_MAX);
    const final = u32(last && from + <usize>blockSize == end);
    const written: usize = blockSize < 16 ? 0 : writeBlock(state, source, from, blockSize, out + 3);
    if (written == 0) {
      if (blockSize > 0 && sameByte(from, blockSize)) {
        writeHeader(out, final | 2 | (blockSize << 3));
        store<u8>(out, load<u8>(from), 3);
        out += 4;
      } else {
        writeHeader(out, final | (blockSize << 3));
        memory.copy(out + 3, from, blockSize);
        out += 3 + <usize>blockSize;
      }
    } else {
      writeHeader(out, final | 4 | <u32>((written - out - 3) << 3));
      out = written;
    }
    from += <usize>blockSize;
    if (size == 0) break;
  }
  return out;
}

@inline
function writeHeader(out: usize, header: u32): void {
  store<u16>(out, header);
  store<u8>(out, header >> 16, 2);
}

function sameByte(from: usize, size: i32): bool {
  for (let at: usize = 1; at < <usize>size; at++) if (load<u8>(from + at) != load<u8>(from)) return false;
  return true;
}

/** One compressed block; gives the position behind it, or 0 if plain bytes are as short. */
function writeBlock(state: usize, source: usize, from: usize, size: i32, out: usize): usize {
  const limit = out + <usize>size - 1;
  const last = load<u32>(state, REPEATS);
  const before = load<u32>(state, REPEATS + 4);
  const third = load<u32>(state, REPEATS + 8);
  findMatches(state, source, from, from + <usize>size);
  out = writeLiterals(out, state + LITERALS, load<i32>(state, LITERALS_SIZE), state + HUFFMAN);
  out = out >= limit ? 0 : writeSequences(state, out, limit);
  if (out != 0 && out < limit) return out;
  // Readers of a plain block see no distances.
  store<u32>(state, last, REPEATS);
  store<u32>(state, before, REPEATS + 4);
  store<u32>(state, third, REPEATS + 8);
  return 0;
}

function writeSequences(state: usize, out: usize, limit: usize): usize {
  const sequences = load<i32>(state, SEQUENCES);
  if (sequences == 0) {
    store<u8>(out, 0);
    return out + 1;
  }
  if (sequences < 128) {
    store<u8>(out, sequences);
    out += 1;
  } else if (sequences < 0x7f00) {
    store<u8>(out, (sequences >> 8) + 128);
    store<u8>(out, sequences, 1);
    out += 2;
  } else {
    store<u8>(out, 255);
    store<u16>(out, sequences - 0x7f00, 1);
    out += 3;
  }
  findCodes(state, sequences);
  const modes = out++;
  const runMode = chooseTable(state, state + RUN_CODES, sequences, RUN_TABLE, RUN_SHARES, 36, 6, 9, out);
  out += <usize>(runMode >> 2);
  const offsetMode = chooseTable(state, state + OFFSET_CODES, sequences, OFFSET_TABLE, OFFSET_SHARES, 29, 5, 8, out);
  out += <usize>(offsetMode >> 2);
  const matchMode = chooseTable(state, state + MATCH_CODES, sequences, MATCH_TABLE, MATCH_SHARES, 53, 6, 9, out);
  out += <usize>(matchMode >> 2);
  store<u8>(modes, ((runMode & 3) << 6) | ((offsetMode & 3) << 4) | ((matchMode & 3) << 2));
  return writeBits(state, sequences, out, limit);
}

function findCodes(state: usize, sequences: i32): void {
  for (let at: usize = 0; at < <usize>sequences; at++) {
    const run = load<u32>(state + RUNS + (at << 2));
    const match = load<u32>(state + MATCHES + (at << 2));
    store<u8>(state + RUN_CODES + at, run < 64 ? load<u8>(RUN_CODE + <usize>run) : <u8>(highBit(run) + 19));
    store<u8>(state + MATCH_CODES + at, match < 128 ? load<u8>(MATCH_CODE + <usize>match) : <u8>(highBit(match) + 36));
    store<u8>(state + OFFSET_CODES + at, <u8>highBit(load<u32>(state + OFFSETS + (at << 2))));
  }
}

/** Makes the table of one kind of codes, and writes what a reader needs for it: mode | bytes written << 2. */
function chooseTable(
  state: usize, codes: usize, sequences: i32, tableAt: usize, known: usize, knownSymbols: i32, knownLog: i32, logMax: i32, out: usize,
): u32 {
  const counts = state + COUNTS;
  const table = state + tableAt;
  const scratch = state + FSE_SCRATCH;
  const shares = state + SHARES;
  memory.fill(counts, 0, 256);
  for (let at = codes; at < codes + <usize>sequences; at++) {
    const count = counts + (<usize>load<u8>(at) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let symbols = 64;
  while (load<u32>(counts + (<usize>(symbols - 1) << 2)) == 0) symbols--;
  if (load<u32>(counts + (<usize>(symbols - 1) << 2)) == <u32>sequences && sequences > 2) {
    memory.fill(shares, 0, 128);
    store<i16>(shares + (<usize>(symbols - 1) << 1), 1);
    fseBuild(table, shares, symbols, 0, scratch);
    store<u8>(out, symbols - 1);
    return REPEATED | (1 << 2);
  }
  if (sequences < 48 && symbols <= knownSymbols) {
    fseBuild(table, known, knownSymbols, knownLog, scratch);
    return KNOWN;
  }
  const log = min(logMax, max(6, highBit(sequences) - 2));
  fseNormalize(counts, symbols, sequences, log, shares);
  fseBuild(table, shares, symbols, log, scratch);
  return COUNTED | (<u32>(fseWriteShares(out, shares, symbols, log) - out) << 2);
}

function writeBits(state: usize, sequences: i32, out: usize, limit: usize): usize {
  const runTable = state + RUN_TABLE;
  const offsetTable = state + OFFSET_TABLE;
  const matchTable = state + MATCH_TABLE;
  let at = <usize>(sequences - 1);
  let runCode = <u32>load<u8>(state + RUN_CODES + at);
  let matchCode = <u32>load<u8>(state + MATCH_CODES + at);
  let offsetCode = <u32>load<u8>(state + OFFSET_CODES + at);
  let matchState = fseStart(matchTable, matchCode);
  let offsetState = fseStart(offsetTable, offsetCode);
  let runState = fseStart(runTable, runCode);
  let bits: u64 = 0;
  let count: u64 = 0;
  while (true) {
    let width = <u32>load<u8>(RUN_BITS + <usize>runCode);
    bits |= <u64>(load<u32>(state + RUNS + (at << 2)) & ((1 << width) - 1)) << count;
    count += <u64>width;
    width = <u32>load<u8>(MATCH_BITS + <usize>matchCode);
    bits |= <u64>(load<u32>(state + MATCHES + (at << 2)) & ((1 << width) - 1)) << count;
    count += <u64>width;
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
    bits |= <u64>(load<u32>(state + OFFSETS + (at << 2)) & ((1 << offsetCode) - 1)) << count;
    count += <u64>offsetCode;
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
    if (at == 0) break;
    if (out >= limit) return 0;

    at--;
    runCode = <u32>load<u8>(state + RUN_CODES + at);
    matchCode = <u32>load<u8>(state + MATCH_CODES + at);
    offsetCode = <u32>load<u8>(state + OFFSET_CODES + at);
    width = fseBits(offsetTable, offsetState, offsetCode);
    bits |= <u64>(offsetState & ((1 << width) - 1)) << count;
    count += <u64>width;
    offsetState = fseNext(offsetTable, offsetState, offsetCode, width);
    width = fseBits(matchTable, matchState, matchCode);
    bits |= <u64>(matchState & ((1 << width) - 1)) << count;
    count += <u64>width;
    matchState = fseNext(matchTable, matchState, matchCode, width);
    width = fseBits(runTable, runState, runCode);
    bits |= <u64>(runState & ((1 << width) - 1)) << count;
    count += <u64>width;
    runState = fseNext(runTable, runState, runCode, width);
    store<u64>(out, bits);
    out += <usize>(count >> 3);
    bits >>= count & 56;
    count &= 7;
  }
  const matchLog = load<u32>(matchTable);
  const offsetLog = load<u32>(offsetTable);
  const runLog = load<u32>(runTable);
  bits |= <u64>(matchState & ((1 << matchLog) - 1)) << count;
  count += <u64>matchLog;
  bits |= <u64>(offsetState & ((1 << offsetLog) - 1)) << count;
  count += <u64>offsetLog;
  bits |= <u64>(runState & ((1 << runLog) - 1)) << count;
  count += <u64>runLog;
  bits |= 1 << count;
  store<u64>(out, bits);
  return out + <usize>((count + 8) >> 3);
}
