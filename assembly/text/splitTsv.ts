// Cuts TSV into spans. A span is a start and an end, u32 byte offsets from a base pointer. Spans lie column by column: field c of
// row r is at [c * stride + r], so that a column's spans are what the parse kernels take. (A stride that is a multiple of 1,024
// puts every column on the same cache lines; add 16.)

/** What a split reports, u32 each. */
const STATE_ROWS: usize = 0;
const STATE_CONSUMED: usize = 4;
const STATE_ERROR: usize = 8;
const STATE_COLUMN: usize = 12;
const STATE_RETURN: usize = 16;

const TOO_FEW_COLUMNS: u32 = 1;
const TOO_MANY_COLUMNS: u32 = 2;

const TAB: u8 = 9;
const LINE_FEED: u8 = 10;
const CARRIAGE_RETURN: u8 = 13;
const BACKSLASH: u8 = 92;

/** One bit a byte of the 64 at pointer: is it a, or b? */
@inline
function either64(pointer: usize, a: v128, b: v128): u64 {
  const x0 = v128.load(pointer);
  const x1 = v128.load(pointer, 16);
  const x2 = v128.load(pointer, 32);
  const x3 = v128.load(pointer, 48);
  const m0 = i8x16.bitmask(v128.or(i8x16.eq(x0, a), i8x16.eq(x0, b)));
  const m1 = i8x16.bitmask(v128.or(i8x16.eq(x1, a), i8x16.eq(x1, b)));
  const m2 = i8x16.bitmask(v128.or(i8x16.eq(x2, a), i8x16.eq(x2, b)));
  const m3 = i8x16.bitmask(v128.or(i8x16.eq(x3, a), i8x16.eq(x3, b)));
  return <u64>(<u32>m0 | (<u32>m1 << 16)) | (<u64>(<u32>m2 | (<u32>m3 << 16)) << 32);
}

@inline
function equal64(pointer: usize, a: v128): u64 {
  const m0 = i8x16.bitmask(i8x16.eq(v128.load(pointer), a));
  const m1 = i8x16.bitmask(i8x16.eq(v128.load(pointer, 16), a));
  const m2 = i8x16.bitmask(i8x16.eq(v128.load(pointer, 32), a));
  const m3 = i8x16.bitmask(i8x16.eq(v128.load(pointer, 48), a));
  return <u64>(<u32>m0 | (<u32>m1 << 16)) | (<u64>(<u32>m2 | (<u32>m3 << 16)) << 32);
}

/**
 * Cuts up to maxRows whole rows of `columns` fields from size bytes at base. starts, ends: u32[columns * stride], stride >=
 * maxRows. last: 1 if no bytes follow these, so that a row at the end needs no line feed. A backslash takes the next byte along,
 * whatever it is; escapes: u8[columns], set to 1 (never to 0) where a field has a backslash.
 * state, u32[5]: rows | bytes consumed | error (1: too few columns, 2: too many) | fields that the bad row has, or the column
 * count | 1 if row 0 ends with a carriage return. Rows before a bad one are good; consumed ends before it. Returns the rows.
 */
export function splitTsv(
  base: usize, size: usize, last: i32, columns: i32, starts: usize, ends: usize, stride: i32, maxRows: i32, escapes: usize,
  state: usize,
): i32 {
  const tabs = i8x16.splat(TAB);
  const feeds = i8x16.splat(LINE_FEED);
  const slashes = i8x16.splat(BACKSLASH);
  const columnStep = <usize>stride << 2;
  const lastColumn = columns - 1;
  let rows = 0;
  let column = 0;
  let slot: usize = 0; // (column * stride + row) * 4
  let fieldStart: usize = 0;
  let consumed: usize = 0;
  let error: u32 = 0;
  // The byte at this offset is taken along by the backslash before it.
  let escaped: usize = usize.MAX_VALUE;
  store<u32>(state, 0, STATE_RETURN);
  store<u32>(state, 0, STATE_COLUMN);

  // Setting stop to 0 ends the scan.
  let stop = size;
  for (let block: usize = 0; block < stop && rows < maxRows; block += 64) {
    let bits = either64(base + block, tabs, feeds);
    let slashBits = equal64(base + block, slashes);
    if (size - block < 64) {
      const valid = ((<u64>1) << <u64>(size - block)) - 1;
      bits &= valid;
      slashBits &= valid;
    }
    if (slashBits != 0 || escaped != usize.MAX_VALUE) {
      // Backslashes that escape, each clearing the bit of the byte behind it; fields that have one are flagged below.
      let active: u64 = 0;
      if (escaped == block) {
        bits &= ~1;
        slashBits &= ~1;
      }
      escaped = usize.MAX_VALUE;
      while (slashBits != 0) {
        const at = ctz(slashBits);
        active |= <u64>1 << at;
        slashBits &= slashBits - 1;
        if (at == 63) {
          escaped = block + 64;
        } else {
          const next = ~(<u64>2 << at);
          bits &= next;
          slashBits &= next;
        }
      }
      // Which column each backslash is in follows from the separators before it.
      let separators = bits;
      let c = column;
      while (active != 0) {
        const at = ctz(active);
        while (separators != 0 && ctz(separators) < at) {
          c = load<u8>(base + block + <usize>ctz(separators)) == LINE_FEED ? 0 : c + 1;
          separators &= separators - 1;
        }
        if (c < columns) store<u8>(escapes + <usize>c, 1);
        active &= active - 1;
      }
    }
    while (bits != 0) {
      const at = block + <usize>ctz(bits);
      bits &= bits - 1;
      const byte = load<u8>(base + at);
      if (byte == TAB) {
        if (column == lastColumn) {
          error = TOO_MANY_COLUMNS;
          stop = 0;
          break;
        }
        store<u32>(starts + slot, <u32>fieldStart);
        store<u32>(ends + slot, <u32>at);
        slot += columnStep;
        column++;
        fieldStart = at + 1;
      } else {
        if (column != lastColumn) {
          error = TOO_FEW_COLUMNS;
          stop = 0;
          break;
        }
        store<u32>(starts + slot, <u32>fieldStart);
        store<u32>(ends + slot, <u32>at);
        if (rows == 0 && at > 0 && load<u8>(base + at - 1) == CARRIAGE_RETURN) store<u32>(state, 1, STATE_RETURN);
        rows++;
        column = 0;
        slot = <usize>rows << 2;
        fieldStart = at + 1;
        consumed = fieldStart;
        if (rows == maxRows) break;
      }
    }
  }
  // A row without a line feed at the very end.
  if (last != 0 && error == 0 && rows < maxRows && consumed < size) {
    if (column == lastColumn) {
      store<u32>(starts + slot, <u32>fieldStart);
      store<u32>(ends + slot, <u32>size);
      rows++;
      consumed = size;
    } else {
      error = TOO_FEW_COLUMNS;
    }
  }
  if (error != 0) store<u32>(state, column + 1, STATE_COLUMN);
  store<u32>(state, rows, STATE_ROWS);
  store<u32>(state, <u32>consumed, STATE_CONSUMED);
  store<u32>(state, error, STATE_ERROR);
  return rows;
}

/** Counts a chunk's complete lines by their line feeds, without looking at escapes: an upper bound of its rows. */
export function countLineFeeds(base: usize, size: usize): i32 {
  const feeds = i8x16.splat(LINE_FEED);
  let count = 0;
  let block: usize = 0;
  for (; block + 64 <= size; block += 64) count += <i32>popcnt(equal64(base + block, feeds));
  for (; block < size; block++) count += i32(load<u8>(base + block) == LINE_FEED);
  return count;
}
