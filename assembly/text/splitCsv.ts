// Cuts CSV into spans, laid out as those of splitTsv. A quoted field's span lies inside its quotes, so the byte before the span is the
// quote; no other field has a quote there.

const LINE_FEED: u32 = 10;
const CARRIAGE_RETURN: u32 = 13;
const TAB: u32 = 9;
const SPACE: u32 = 32;

const TOO_FEW_COLUMNS: u32 = 1;
const TOO_MANY_COLUMNS: u32 = 2;
const BAD_FIELD: u32 = 3;

const QUOTED: u8 = 1;
const DOUBLED: u8 = 2;

@inline
function findEnd(p: usize, end: usize, delimiter: v128): usize {
  const feed = i8x16.splat(<i8>LINE_FEED);
  const ret = i8x16.splat(<i8>CARRIAGE_RETURN);
  while (p < end) {
    const sixteen = v128.load(p);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(sixteen, delimiter), v128.or(i8x16.eq(sixteen, feed), i8x16.eq(sixteen, ret))));
    if (mask != 0) return min(p + <usize>ctz(mask), end);
    p += 16;
  }
  return end;
}

@inline
function findByte(p: usize, end: usize, byte: v128): usize {
  while (p < end) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(p), byte));
    if (mask != 0) return min(p + <usize>ctz(mask), end);
    p += 16;
  }
  return end;
}

@inline
function isBlank(c: u32, delimiter: u32): bool {
  return (c == SPACE || c == TAB) && c != delimiter;
}

/**
 * Cuts up to maxRows whole rows from size bytes at base. quotes: 1 accepts "fields", 2 'fields', 3 both. Blanks around fields are
 * dropped; a delimiter too many at a row's end is forgiven. flags: u8[columns]; bit 0 is set where a field was quoted, bit 1 where one
 * has doubled quotes (unescapeCsv). Other arguments, the state and the result are those of splitTsv; error 3: a quote that is not
 * closed or something behind it, or a carriage return without a line feed.
 */
export function splitCsv(
  base: usize, size: usize, last: i32, delimiter: i32, quotes: i32, columns: i32, starts: usize, ends: usize, stride: i32,
  maxRows: i32, flags: usize, state: usize,
): i32 {
  const end = base + size;
  const separator = i8x16.splat(<i8>delimiter);
  const columnStep = <usize>stride << 2;
  const lastColumn = columns - 1;
  let p = base;
  let rows = 0;
  let column = 0;
  let slot: usize = 0;
  let consumed = base;
  let error: u32 = 0;

  while (rows < maxRows && (p < end || column > 0)) {
    while (p < end && isBlank(load<u8>(p), delimiter)) p++;
    // At the end of all bytes a field is empty; at the end of these ones nobody knows.
    if (p == end && last == 0) break;
    let fieldStart = p;
    let fieldEnd: usize;
    const first = p < end ? <u32>load<u8>(p) : 0;
    if ((first == 34 && (quotes & 1) != 0) || (first == 39 && (quotes & 2) != 0)) {
      const quote = i8x16.splat(<i8>first);
      let flag = QUOTED;
      fieldStart = ++p;
      while (true) {
        p = findByte(p, end, quote);
        if (p + 1 < end && load<u8>(p, 1) == first) {
          flag |= DOUBLED;
          p += 2;
          continue;
        }
        break;
      }
      if (p >= end) {
        if (last != 0) error = BAD_FIELD;
        break;
      }
      // A quote as the very last byte may be the first half of a doubled one.
      if (p + 1 == end && last == 0) break;
      fieldEnd = p++;
      while (p < end && isBlank(load<u8>(p), delimiter)) p++;
      if (p == end && last == 0) break;
      store<u8>(flags + <usize>column, load<u8>(flags + <usize>column) | flag);
    } else {
      p = findEnd(p, end, separator);
      if (p == end && last == 0) break;
      fieldEnd = p;
      while (fieldEnd > fieldStart && isBlank(load<u8>(fieldEnd - 1), delimiter)) fieldEnd--;
    }
    store<u32>(starts + slot, <u32>(fieldStart - base));
    store<u32>(ends + slot, <u32>(fieldEnd - base));

    let c = p < end ? <u32>load<u8>(p) : LINE_FEED;
    if (c == <u32>delimiter) {
      if (column < lastColumn) {
        column++;
        slot += columnStep;
        p++;
        continue;
      }
      if (p + 1 == end && last == 0) break;
      c = p + 1 < end ? <u32>load<u8>(p, 1) : LINE_FEED;
      if (c != LINE_FEED && c != CARRIAGE_RETURN) {
        error = TOO_MANY_COLUMNS;
        break;
      }
      p++;
    }
    if (c == CARRIAGE_RETURN) {
      if (p + 1 == end && last == 0) break;
      if (p + 1 < end && load<u8>(p, 1) != LINE_FEED) {
        error = BAD_FIELD;
        break;
      }
      p++;
    } else if (c != LINE_FEED) {
      error = BAD_FIELD;
      break;
    }
    if (column != lastColumn) {
      error = TOO_FEW_COLUMNS;
      break;
    }
    p = min(p + 1, end);
    rows++;
    column = 0;
    slot = <usize>rows << 2;
    consumed = p;
  }
  store<u32>(state, rows);
  store<u32>(state, <u32>(consumed - base), 4);
  store<u32>(state, error, 8);
  store<u32>(state, error != 0 ? column + 1 : 0, 12);
  store<u32>(state, 0, 16);
  return rows;
}
