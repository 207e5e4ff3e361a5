// Escaping columns of strings for output. Each form has two kernels: one that counts the bytes that escaping adds over a whole column's
// bytes (0: the column can be used as it is), and one that writes the escaped column.

const TSV: i32 = 0; // \b \t \n \f \r \0 \' \\
const QUOTED: i32 = 1; // the same inside '...'
const JSON: i32 = 2; // inside "...": \b \t \n \f \r \" \\ \u00XX, U+2028 and U+2029
const JSON_SLASH: i32 = 3; // and \/
const CSV: i32 = 4; // inside "...": quotes are doubled

/** Bytes that may need escaping among the sixteen at pointer: a superset, one bit each. */
@inline
function suspects(mode: i32, sixteen: v128): i32 {
  if (mode == CSV) return i8x16.bitmask(i8x16.eq(sixteen, i8x16.splat(34)));
  const backslash = i8x16.eq(sixteen, i8x16.splat(92));
  if (mode <= QUOTED) {
    return i8x16.bitmask(
      v128.or(backslash, v128.or(i8x16.eq(sixteen, i8x16.splat(39)), i8x16.lt_u(sixteen, i8x16.splat(14)))),
    );
  }
  let mask = v128.or(
    v128.or(backslash, i8x16.eq(sixteen, i8x16.splat(<i8>0xe2))),
    v128.or(i8x16.eq(sixteen, i8x16.splat(34)), i8x16.lt_u(sixteen, i8x16.splat(32))),
  );
  if (mode == JSON_SLASH) mask = v128.or(mask, i8x16.eq(sixteen, i8x16.splat(47)));
  return i8x16.bitmask(mask);
}

/** The letter behind the backslash, 0 if c stays as it is, 1 if it becomes \u00XX, 2 if it may begin U+2028 or U+2029. */
@inline
function letterOf(mode: i32, c: u32): u32 {
  if (mode == CSV) return 34;
  if (c == 92) return 92;
  if (c == 39) return mode <= QUOTED ? 39 : 0;
  if (c == 34) return 34;
  if (c == 47) return 47;
  if (c == 0xe2) return 2;
  if (c == 8) return 98;
  if (c == 9) return 116;
  if (c == 10) return 110;
  if (c == 12) return 102;
  if (c == 13) return 114;
  if (mode <= QUOTED) return c == 0 ? 48 : 0;
  return 1;
}

/** E2 80 A8 or E2 80 A9. */
@inline
function isLineSeparator(pointer: usize, end: usize): bool {
  return end - pointer >= 3 && load<u8>(pointer, 1) == 0x80 && (load<u8>(pointer, 2) & 0xfe) == 0xa8;
}

// @ts-ignore: decorator
@inline
function extra(mode: i32, bytes: usize, size: usize): f64 {
  const end = bytes + size;
  let count: u64 = 0;
  for (let p = bytes; p < end; p += 16) {
    let mask = suspects(mode, v128.load(p));
    if (end - p < 16) mask &= (1 << <i32>(end - p)) - 1;
    while (mask != 0) {
      const at = p + <usize>ctz(mask);
      mask &= mask - 1;
      const letter = letterOf(mode, load<u8>(at));
      // \u00XX is six bytes for one, \u2028 six for three.
      if (letter > 2) count++;
      else if (letter == 1) count += 5;
      else if (letter == 2 && isLineSeparator(at, end)) count += 3;
    }
  }
  return <f64>count;
}

@inline
function hexDigit(value: u32): u32 {
  return value < 10 ? 48 + value : 55 + value;
}

/** Writes [start, end) escaped; gives the position behind it. */
// @ts-ignore: decorator
@inline
function writeEscaped(mode: i32, out: usize, start: usize, end: usize): usize {
  while (start < end) {
    const sixteen = v128.load(start);
    v128.store(out, sixteen);
    const mask = suspects(mode, sixteen);
    const plain = mask == 0 ? <usize>16 : <usize>ctz(mask);
    if (plain >= end - start) return out + (end - start);
    start += plain;
    out += plain;
    if (mask == 0) continue;
    const c = <u32>load<u8>(start);
    const letter = letterOf(mode, c);
    if (letter > 2) {
      store<u8>(out, mode == CSV ? 34 : 92);
      store<u8>(out, letter, 1);
      out += 2;
      start++;
    } else if (letter == 1) {
      store<u32>(out, 0x3030755c); // \u00
      store<u8>(out, 48 + (c >> 4), 4);
      store<u8>(out, hexDigit(c & 15), 5);
      out += 6;
      start++;
    } else if (letter == 2 && isLineSeparator(start, end)) {
      store<u32>(out, 0x3032755c); // \u20
      store<u8>(out, 50, 4);
      store<u8>(out, 48 + (load<u8>(start, 2) & 15), 5);
      out += 6;
      start += 3;
    } else {
      store<u8>(out++, <u8>c);
      start++;
    }
  }
  return out;
}

// @ts-ignore: decorator
@inline
function escape(mode: i32, quote: u8, offsets: usize, bytes: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  let out = outBytes;
  let start = <usize>load<u32>(offsets);
  store<u32>(outOffsets, 0);
  for (let row = 0; row < rows; row++) {
    offsets += 4;
    outOffsets += 4;
    const end = <usize>load<u32>(offsets);
    if (quote != 0) store<u8>(out++, quote);
    out = writeEscaped(mode, out, bytes + start, bytes + end);
    if (quote != 0) store<u8>(out++, quote);
    store<u32>(outOffsets, <u32>(out - outBytes));
    start = end;
  }
  return <i32>(out - outBytes);
}

/** Bytes that escaping adds to size bytes (quotes around strings not counted). */
export function escapeTsvExtra(bytes: usize, size: usize): f64 { return extra(TSV, bytes, size); }
/** The same for text inside single quotes. */
export function escapeQuotedExtra(bytes: usize, size: usize): f64 { return extra(QUOTED, bytes, size); }
/** The same for JSON; slash: 1 where / is escaped as well. */
export function escapeJsonExtra(bytes: usize, size: usize, slash: i32): f64 {
  return slash != 0 ? extra(JSON_SLASH, bytes, size) : extra(JSON, bytes, size);
}
/** The same for CSV: one more for each double quote. */
export function escapeCsvExtra(bytes: usize, size: usize): f64 { return extra(CSV, bytes, size); }

/**
 * Writes a column of strings escaped: outOffsets u32[rows + 1]; outBytes: the column's size plus the extra bytes (plus two a row
 * where there are quotes), and up to 16 bytes of slack are written. Returns the bytes written.
 */
export function escapeTsv(offsets: usize, bytes: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  return escape(TSV, 0, offsets, bytes, rows, outOffsets, outBytes);
}

/** The form inside arrays and in Values: 'it\'s'. */
export function escapeQuoted(offsets: usize, bytes: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  return escape(QUOTED, 39, offsets, bytes, rows, outOffsets, outBytes);
}

/** "a JSON string"; slash: 1 writes / as \/. */
export function escapeJson(offsets: usize, bytes: usize, rows: i32, slash: i32, outOffsets: usize, outBytes: usize): i32 {
  return slash != 0
    ? escape(JSON_SLASH, 34, offsets, bytes, rows, outOffsets, outBytes)
    : escape(JSON, 34, offsets, bytes, rows, outOffsets, outBytes);
}

/** "a CSV field". */
export function escapeCsvQuoted(offsets: usize, bytes: usize, rows: i32, outOffsets: usize, outBytes: usize): i32 {
  return escape(CSV, 34, offsets, bytes, rows, outOffsets, outBytes);
}
