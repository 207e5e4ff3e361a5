// Cutting what the text kernels have no word for: fields without escapes, and rows in brackets.

const TOO_FEW_COLUMNS: u32 = 1;
const TOO_MANY_COLUMNS: u32 = 2;

/**
 * As splitTsv, but without escapes and with any delimiter; a delimiter of -1 is none, so that a line is one field. A carriage return
 * before the line feed belongs to the last field. state: rows | bytes consumed | error | fields that the bad row has | 0.
 */
export function splitRaw(
  base: usize, size: usize, last: i32, delimiter: i32, columns: i32, starts: usize, ends: usize, stride: i32, maxRows: i32,
  state: usize,
): i32 {
  const end = base + size;
  const step = <usize>stride << 2;
  let rows = 0;
  let column = 0;
  let slot: usize = 0;
  let error: u32 = 0;
  let consumed: usize = 0;
  let field = base;
  const feeds = i8x16.splat(10);
  const marks = delimiter < 0 ? feeds : i8x16.splat(<i8>delimiter);
  let p = base;
  while (rows < maxRows && error == 0) {
    while (p < end) {
      const sixteen = v128.load(p);
      const mask = i8x16.bitmask(v128.or(i8x16.eq(sixteen, feeds), i8x16.eq(sixteen, marks)));
      if (mask != 0) {
        p += <usize>ctz(mask);
        break;
      }
      p += 16;
    }
    if (p >= end) {
      p = end;
      if (last == 0 || (field == end && column == 0)) break;
    }
    const isEnd = p == end || load<u8>(p) == 10;
    if (!isEnd && column == columns - 1) error = TOO_MANY_COLUMNS;
    else if (isEnd && column != columns - 1) error = TOO_FEW_COLUMNS;
    if (error != 0) break;
    store<u32>(starts + slot, <u32>(field - base));
    store<u32>(ends + slot, <u32>(p - base));
    p = min(p + 1, end);
    field = p;
    if (isEnd) {
      rows++;
      column = 0;
      slot = <usize>rows << 2;
      consumed = p - base;
    } else {
      column++;
      slot += step;
    }
  }
  store<u32>(state, <u32>rows);
  store<u32>(state, <u32>consumed, 4);
  store<u32>(state, error, 8);
  store<u32>(state, error != 0 ? column + 1 : 0, 12);
  store<u32>(state, 0, 16);
  return rows;
}

/** Behind the closing bracket of the one that p is at; 0 if it is not there. Quotes hide brackets. */
function bracketEnd(p: usize, end: usize, quote: u32): usize {
  let depth = 0;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == quote) {
      const marks = i8x16.splat(<i8>quote);
      const slashes = i8x16.splat(92);
      p++;
      let closed = false;
      while (p < end) {
        const sixteen = v128.load(p);
        const mask = i8x16.bitmask(v128.or(i8x16.eq(sixteen, marks), i8x16.eq(sixteen, slashes)));
        if (mask == 0) {
          p += 16;
          continue;
        }
        p += <usize>ctz(mask);
        if (p >= end) return 0;
        if (load<u8>(p) == quote) {
          closed = true;
          break;
        }
        p += 2;
      }
      if (!closed) return 0;
    } else if (c == 40 || c == 91 || c == 123) depth++;
    else if (c == 41 || c == 93 || c == 125) {
      if (--depth == 0) return p + 1;
    }
    p++;
  }
  return 0;
}

/**
 * Rows in brackets: (..),(..) or lines of [..] or {..}, with blanks, commas and semicolons between them. open: the bracket; quote: what
 * strings stand in. starts, ends: u32[maxRows], brackets included. state: rows | bytes consumed | error (1: something else stands where
 * a row should, 2: the last row has no end) | its offset.
 */
export function splitBracketed(
  base: usize, size: usize, last: i32, open: i32, quote: i32, starts: usize, ends: usize, maxRows: i32, state: usize,
): i32 {
  const end = base + size;
  let p = base;
  let rows = 0;
  let error: u32 = 0;
  let consumed: usize = 0;
  while (rows < maxRows) {
    while (p < end) {
      const c = <u32>load<u8>(p);
      if (c != 32 && c != 9 && c != 10 && c != 13 && c != 44 && c != 59) break;
      p++;
    }
    consumed = p - base;
    if (p == end) break;
    if (load<u8>(p) != <u8>open) {
      error = 1;
      break;
    }
    const stop = bracketEnd(p, end, <u32>quote);
    if (stop == 0) {
      if (last != 0) error = 2;
      break;
    }
    store<u32>(starts + (<usize>rows << 2), <u32>(p - base));
    store<u32>(ends + (<usize>rows << 2), <u32>(stop - base));
    rows++;
    p = stop;
    consumed = p - base;
  }
  store<u32>(state, <u32>rows);
  store<u32>(state, <u32>consumed, 4);
  store<u32>(state, error, 8);
  store<u32>(state, <u32>(p - base), 12);
  return rows;
}

/** mask[i] = 1 where kinds[i] (u8[rows]) is `kind`. Returns how many are. */
export function markKind(kinds: usize, rows: i32, kind: i32, mask: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const is = load<u8>(kinds + <usize>row) == <u8>kind;
    store<u8>(mask + <usize>row, u8(is));
    count += i32(is);
  }
  return count;
}

/**
 * mask[i] = 1 where the span is no literal of SQL: neither a number, nor one quoted string, nor a list in brackets, nor NULL, true,
 * false, inf, nan. Returns how many are.
 */
export function markExpressions(starts: usize, ends: usize, base: usize, rows: i32, mask: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const start = base + <usize>load<u32>(starts + at);
    const end = base + <usize>load<u32>(ends + at);
    const is = end > start && !isLiteral(start, end);
    store<u8>(mask + <usize>row, u8(is));
    count += i32(is);
  }
  return count;
}

function isLiteral(p: usize, end: usize): bool {
  const first = <u32>load<u8>(p);
  if (first == 39) {
    p++;
    while (p < end) {
      const c = load<u8>(p);
      if (c == 92) p += 2;
      else if (c == 39) {
        if (p + 1 < end && load<u8>(p, 1) == 39) p += 2;
        else return p + 1 == end;
      } else p++;
    }
    return false;
  }
  if (first == 91 || first == 40 || first == 123) return bracketEnd(p, end, 39) == end;
  const size = end - p;
  if (first - 48 <= 9 || first == 45 || first == 43 || first == 46) {
    p++;
    if (size > 1 && first == 45 && (load<u8>(p) | 32) == 105) return size == 4;
    while (p < end) {
      const c = <u32>load<u8>(p);
      if (c - 48 > 9 && c != 46 && (c | 32) != 101 && c != 45 && c != 43) return false;
      // 1-1 is an expression, 1e-1 is none.
      if ((c == 45 || c == 43) && (load<u8>(p - 1) | 32) != 101) return false;
      p++;
    }
    return true;
  }
  if (size == 4) {
    const word = load<u32>(p) | 0x20202020;
    return word == 0x6c6c756e || word == 0x65757274; // null, true
  }
  if (size == 5) return (load<u32>(p) | 0x20202020) == 0x736c6166; // false
  return size == 3 && ((load<u32>(p) & 0xffffff) == 0x666e69 || (load<u32>(p) & 0xffffff) == 0x6e616e);
}
