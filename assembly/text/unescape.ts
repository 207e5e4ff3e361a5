// Spans with escapes to columns of strings. offsets: u32[rows + 1]; bytes: spansSize of the spans is always enough, and up to 16 bytes of
// slack are written. All return the bytes written, or -(row + 1) of the first field that is not right.

const BACKSLASH: u8 = 92;

@inline
function hexValue(c: u32): u32 {
  if (c - 48 <= 9) return c - 48;
  const letter = (c | 0x20) - 97;
  return letter <= 5 ? letter + 10 : 16;
}

/** Where `stop` is in [p, end), copying all before it to out (and up to 15 bytes more); end if it is not there. */
@inline
function copyUntil(out: usize, p: usize, end: usize, stop: v128): usize {
  while (p < end) {
    const sixteen = v128.load(p);
    v128.store(out, sixteen);
    const mask = i8x16.bitmask(i8x16.eq(sixteen, stop));
    if (mask != 0) return min(p + <usize>ctz(mask), end);
    p += 16;
    out += 16;
  }
  return end;
}

/** What a letter behind a backslash stands for; 256 + c where the backslash stays before c, 512 for nothing at all. */
@inline
function meaning(c: u32): u32 {
  if (c == 110) return 10; // n
  if (c == 116) return 9; // t
  if (c == 114) return 13; // r
  if (c == 48) return 0;
  if (c == 98) return 8; // b
  if (c == 102) return 12; // f
  if (c == 97) return 7; // a
  if (c == 101) return 27; // e
  if (c == 118) return 11; // v
  if (c == 78) return 512; // N
  // Unknown escapes keep their backslash, except before these and control characters.
  if (c == 92 || c == 39 || c == 34 || c == 96 || c == 47 || c == 61 || c < 32 || c == 127) return c;
  return 256 + c;
}

/** Unescapes [p, end); gives the position behind it. */
@inline
function writePlain(out: usize, p: usize, end: usize, stop: v128): usize {
  while (p < end) {
    const at = copyUntil(out, p, end, stop);
    out += at - p;
    p = at;
    if (p == end) break;
    if (p + 1 == end) {
      store<u8>(out++, BACKSLASH);
      break;
    }
    const c = <u32>load<u8>(p, 1);
    p += 2;
    if (c == 120 && end - p >= 2) {
      const high = hexValue(load<u8>(p));
      const low = hexValue(load<u8>(p, 1));
      if (high < 16 && low < 16) {
        store<u8>(out++, (high << 4) | low);
        p += 2;
        continue;
      }
    }
    const means = meaning(c);
    if (means == 512) continue;
    if (means >= 256) store<u8>(out++, BACKSLASH);
    store<u8>(out++, means);
  }
  return out;
}

/** TSV: \t \n \\ \xHH and the others that ClickHouse knows. */
export function unescapeTsv(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  const stop = i8x16.splat(BACKSLASH);
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    out = writePlain(out, base + <usize>load<u32>(starts), base + <usize>load<u32>(ends), stop);
    starts += 4;
    ends += 4;
    offsets += 4;
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/**
 * Fields in single quotes, as in arrays and Values; the span has the quotes. Backslash escapes, and '' for a quote. A field that is
 * not quoted is bad.
 */
export function unescapeQuoted(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  const stop = i8x16.splat(BACKSLASH);
  const quote = i8x16.splat(39);
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    let p = base + <usize>load<u32>(starts);
    let end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    offsets += 4;
    if (end - p < 2 || end < p || load<u8>(p) != 39 || load<u8>(end - 1) != 39) return -(row + 1);
    p++;
    end--;
    while (p < end) {
      // One piece up to a doubled quote; quotes behind a backslash belong to a piece.
      let piece = p;
      let closed = false;
      while (piece < end) {
        const c = load<u8>(piece);
        if (c == BACKSLASH) {
          piece += 2;
          continue;
        }
        if (c == 39) {
          closed = true;
          break;
        }
        piece++;
      }
      if (piece > end) return -(row + 1);
      out = writePlain(out, p, piece, stop);
      p = piece;
      if (closed) {
        if (p + 1 >= end || load<u8>(p, 1) != 39) return -(row + 1);
        store<u8>(out++, 39);
        p += 2;
      }
    }
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/** CSV: the byte before a span says whether it was quoted, and by which quote; that one is doubled inside. */
export function unescapeCsv(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = <usize>load<u32>(starts);
    let p = base + start;
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    offsets += 4;
    const before: u32 = start == 0 ? 0 : <u32>load<u8>(p - 1);
    if (before == 34 || before == 39) {
      const stop = i8x16.splat(<i8>before);
      while (p < end) {
        const at = copyUntil(out, p, end, stop);
        out += at - p;
        p = at;
        if (p == end) break;
        store<u8>(out++, before);
        p += 2;
      }
    } else {
      while (p < end) {
        v128.store(out, v128.load(p));
        const size = min<usize>(16, end - p);
        out += size;
        p += size;
      }
    }
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/** Four hexadecimal digits, or a value above 0xffff. */
function hex4(p: usize, end: usize): u32 {
  if (end - p < 4 || end < p) return 0x10000;
  let value: u32 = 0;
  let bad: u32 = 0;
  for (let i: usize = 0; i < 4; i++) {
    const digit = hexValue(load<u8>(p + i));
    bad |= digit & 16;
    value = (value << 4) | (digit & 15);
  }
  return bad != 0 ? 0x10000 : value;
}

function writeUtf8(out: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(out, code);
    return out + 1;
  }
  if (code < 0x800) {
    store<u8>(out, 0xc0 | (code >> 6));
    store<u8>(out, 0x80 | (code & 63), 1);
    return out + 2;
  }
  if (code < 0x10000) {
    store<u8>(out, 0xe0 | (code >> 12));
    store<u8>(out, 0x80 | ((code >> 6) & 63), 1);
    store<u8>(out, 0x80 | (code & 63), 2);
    return out + 3;
  }
  store<u8>(out, 0xf0 | (code >> 18));
  store<u8>(out, 0x80 | ((code >> 12) & 63), 1);
  store<u8>(out, 0x80 | ((code >> 6) & 63), 2);
  store<u8>(out, 0x80 | (code & 63), 3);
  return out + 4;
}

/** JSON strings; the span lies inside the quotes. \uXXXX becomes UTF-8, a lone surrogate U+FFFD; an unknown escape is the letter. */
export function unescapeJson(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const written = writeJson(out, base + <usize>load<u32>(starts), base + <usize>load<u32>(ends));
    if (written == 0) return -(row + 1);
    out = written;
    starts += 4;
    ends += 4;
    offsets += 4;
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/** Gives the position behind what was written, 0 if an escape is broken. */
export function writeJson(out: usize, p: usize, end: usize): usize {
  const stop = i8x16.splat(BACKSLASH);
  while (p < end) {
    const at = copyUntil(out, p, end, stop);
    out += at - p;
    p = at;
    if (p == end) break;
    if (p + 1 == end) return 0;
    const c = <u32>load<u8>(p, 1);
    p += 2;
    if (c == 117) {
      let code = hex4(p, end);
      if (code > 0xffff) return 0;
      p += 4;
      if ((code & 0xfc00) == 0xd800 && end - p >= 6 && load<u8>(p) == BACKSLASH && load<u8>(p, 1) == 117) {
        const second = hex4(p + 2, end);
        if ((second & 0xfffffc00) == 0xdc00) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (second & 0x3ff);
          p += 6;
        }
      }
      if ((code & 0xfffff800) == 0xd800) code = 0xfffd;
      out = writeUtf8(out, code);
      continue;
    }
    const means = c == 110 ? 10 : c == 116 ? 9 : c == 114 ? 13 : c == 98 ? 8 : c == 102 ? 12 : c;
    store<u8>(out++, means);
  }
  return out;
}
