// JSONEachRow: objects one behind the other (with blanks, commas or line feeds between them, or all in one array) to spans of their
// values, laid out as those of splitTsv. Values are not read here: a span is a string's inside, or a value's text.

import { city64 } from "../hashes/city";
import { equalBytes } from "./spans";
import { writeJson } from "./unescape";

// Kinds of values.
const MISSING: u32 = 0;
const STRING: u32 = 1;
const ESCAPED: u32 = 2; // a string with backslashes: unescapeJson
const NUMBER: u32 = 3; // or another word: nan, inf
const TRUE: u32 = 4;
const FALSE: u32 = 5;
const NULL: u32 = 6;
const ARRAY: u32 = 7;
const OBJECT: u32 = 8;

const BAD_JSON: u32 = 1;
const DUPLICATE_KEY: u32 = 2;

const DEPTH_MAX: i32 = 1000;
const KEY_MAX: usize = 1024;

/** Set by valueEnd: kind of the value, and where its span starts and ends. */
const kindAt = memory.data(4, 4);
const startAt = memory.data(4, 4);
const endAt = memory.data(4, 4);
/** Room for a key without its escapes. */
const keyRoom = memory.data(1056, 16);

/** What is not an end position. */
const INCOMPLETE: usize = 0;
const BROKEN: usize = 1;

@inline
function isBlank(c: u32): bool {
  return c == 32 || c == 10 || c == 13 || c == 9;
}

@inline
function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

/** At the closing quote of the string whose inside starts at p; end if it is not there. *kindAt says whether it has escapes. */
@inline
function stringEnd(p: usize, end: usize): usize {
  const quote = i8x16.splat(34);
  const slash = i8x16.splat(92);
  let kind = STRING;
  while (p < end) {
    const sixteen = v128.load(p);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(sixteen, quote), i8x16.eq(sixteen, slash)));
    if (mask == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(mask);
    if (p >= end) break;
    if (load<u8>(p) == 34) {
      store<u32>(kindAt, kind);
      return p;
    }
    kind = ESCAPED;
    p += 2;
  }
  return end;
}

/** Behind the array or object that starts at p, or INCOMPLETE, or BROKEN. */
function nestedEnd(p: usize, end: usize): usize {
  let depth = 0;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 34) {
      p = stringEnd(p + 1, end);
      if (p >= end) return INCOMPLETE;
    } else if (c == 91 || c == 123) {
      if (++depth > DEPTH_MAX) return BROKEN;
    } else if (c == 93 || c == 125) {
      if (--depth == 0) return p + 1;
    }
    p++;
  }
  return INCOMPLETE;
}

/** Behind the value that starts at p, or INCOMPLETE, or BROKEN. */
function valueEnd(p: usize, end: usize): usize {
  if (p >= end) return INCOMPLETE;
  const c = <u32>load<u8>(p);
  if (c == 34) {
    store<u32>(startAt, <u32>p + 1);
    p = stringEnd(p + 1, end);
    if (p >= end) return INCOMPLETE;
    store<u32>(endAt, <u32>p);
    return p + 1;
  }
  store<u32>(startAt, <u32>p);
  if (c == 91 || c == 123) {
    const stop = nestedEnd(p, end);
    store<u32>(kindAt, c == 91 ? ARRAY : OBJECT);
    store<u32>(endAt, <u32>stop);
    return stop;
  }
  const start = p;
  while (p < end) {
    const byte = <u32>load<u8>(p);
    if (byte == 44 || byte == 125 || byte == 93 || isBlank(byte)) break;
    if (byte == 34 || byte == 58 || byte == 123 || byte == 91) return BROKEN;
    p++;
  }
  if (p == end) return INCOMPLETE;
  if (p == start) return BROKEN;
  let kind = NUMBER;
  const size = p - start;
  if (size == 4) {
    const word = load<u32>(start);
    if (word == 0x65757274) kind = TRUE;
    else if (word == 0x6c6c756e) kind = NULL;
  } else if (size == 5 && load<u32>(start) == 0x736c6166 && load<u8>(start, 4) == 101) {
    kind = FALSE;
  }
  store<u32>(kindAt, kind);
  store<u32>(endAt, <u32>p);
  return p;
}

/**
 * Builds the table that jsonRows finds columns by. names: a column of `columns` strings; table: u32[slots], slots a power of two of at
 * least twice the columns.
 */
export function jsonNames(nameOffsets: usize, nameBytes: usize, columns: i32, table: usize, slots: i32): void {
  memory.fill(table, 0, <usize>slots << 2);
  for (let c = 0; c < columns; c++) {
    const start = load<u32>(nameOffsets + (<usize>c << 2));
    const size = load<u32>(nameOffsets + (<usize>c << 2), 4) - start;
    let slot = <u32>city64(nameBytes + <usize>start, <usize>size) & <u32>(slots - 1);
    while (load<u32>(table + (<usize>slot << 2)) != 0) slot = (slot + 1) & <u32>(slots - 1);
    store<u32>(table + (<usize>slot << 2), c + 1);
  }
}

@inline
function isName(c: i32, key: usize, size: usize, nameOffsets: usize, nameBytes: usize): bool {
  const at = nameOffsets + (<usize>c << 2);
  const start = load<u32>(at);
  return <usize>(load<u32>(at, 4) - start) == size && equalBytes(nameBytes + <usize>start, key, size);
}

function lookUp(key: usize, size: usize, nameOffsets: usize, nameBytes: usize, table: usize, slots: i32): i32 {
  let slot = <u32>city64(key, size) & <u32>(slots - 1);
  while (true) {
    const entry = <i32>load<u32>(table + (<usize>slot << 2));
    if (entry == 0) return -1;
    if (isName(entry - 1, key, size, nameOffsets, nameBytes)) return entry - 1;
    slot = (slot + 1) & <u32>(slots - 1);
  }
}

/**
 * Cuts up to maxRows whole objects from size bytes at base. names, table, slots: see jsonNames. starts, ends: u32[columns * stride];
 * kinds: u8[columns * stride]: 0 missing (with an empty span), 1 string, 2 string with escapes, 3 number or other word, 4 true,
 * 5 false, 6 null, 7 array, 8 object. kindsSeen: u32[columns], gets bit `kind` set for each kind that a column has in these rows.
 * last: 1 if no bytes follow.
 * state, u32[7]: rows | bytes consumed | error (1 not JSON, 2 a key twice) | offset of the error | unknown keys met | start and end of
 * the first of them (inside its quotes). Rows before a bad one are good; consumed ends before it. Returns the rows.
 */
export function jsonRows(
  base: usize, size: usize, last: i32, columns: i32, nameOffsets: usize, nameBytes: usize, table: usize, slots: i32, starts: usize,
  ends: usize, kinds: usize, stride: i32, maxRows: i32, kindsSeen: usize, state: usize,
): i32 {
  const end = base + size;
  const step = <usize>stride << 2;
  let p = base;
  let rows = 0;
  let error: u32 = 0;
  let unknown: u32 = 0;
  memory.fill(kinds, 0, <usize>columns * <usize>stride);
  memory.fill(starts, 0, <usize>columns * step);
  memory.fill(ends, 0, <usize>columns * step);
  memory.fill(kindsSeen, 0, <usize>columns << 2);
  memory.fill(state, 0, 28);
  let consumed = base;

  while (rows < maxRows) {
    // Between objects: blanks, commas, and the brackets of an array around them all.
    while (p < end) {
      const c = <u32>load<u8>(p);
      if (!isBlank(c) && c != 44 && c != 91 && c != 93 && c != 59) break;
      p++;
    }
    consumed = p;
    if (p == end) break;
    if (load<u8>(p) != 123) {
      error = BAD_JSON;
      break;
    }
    p = skipBlanks(p + 1, end);
    let expected = 0;
    let found = 0;
    let whole = false;
    if (p < end && load<u8>(p) == 125) {
      p++;
      whole = true;
    }
    while (!whole) {
      if (p >= end) break;
      if (load<u8>(p) != 34) {
        error = BAD_JSON;
        break;
      }
      let key = p + 1;
      p = stringEnd(key, end);
      if (p >= end) break;
      const keyStart = key;
      const keyEnd = p;
      let keySize = p - key;
      p = skipBlanks(p + 1, end);
      if (p >= end) break;
      if (load<u8>(p) != 58) {
        error = BAD_JSON;
        break;
      }
      // Keys mostly come in one order.
      let column = -1;
      if (expected < columns && isName(expected, key, keySize, nameOffsets, nameBytes)) {
        column = expected;
      } else {
        if (load<u32>(kindAt) == ESCAPED && keySize <= KEY_MAX) {
          const written = writeJson(keyRoom, key, keyEnd);
          if (written == 0) {
            error = BAD_JSON;
            break;
          }
          key = keyRoom;
          keySize = written - keyRoom;
        }
        column = lookUp(key, keySize, nameOffsets, nameBytes, table, slots);
      }
      p = skipBlanks(p + 1, end);
      const stop = valueEnd(p, end);
      if (stop == INCOMPLETE) {
        p = end;
        break;
      }
      if (stop == BROKEN) {
        error = BAD_JSON;
        break;
      }
      if (column >= 0) {
        const kindSlot = kinds + <usize>column * <usize>stride + <usize>rows;
        if (load<u8>(kindSlot) != 0) {
          error = DUPLICATE_KEY;
          p = keyStart;
          break;
        }
        const kind = load<u32>(kindAt);
        const slot = <usize>column * step + (<usize>rows << 2);
        store<u8>(kindSlot, <u8>kind);
        store<u32>(starts + slot, load<u32>(startAt) - <u32>base);
        store<u32>(ends + slot, load<u32>(endAt) - <u32>base);
        store<u32>(kindsSeen + (<usize>column << 2), load<u32>(kindsSeen + (<usize>column << 2)) | (1 << kind));
        expected = column + 1;
        found++;
      } else {
        if (unknown++ == 0) {
          store<u32>(state, <u32>(keyStart - base), 20);
          store<u32>(state, <u32>(keyEnd - base), 24);
        }
      }
      p = skipBlanks(stop, end);
      if (p >= end) break;
      const c = <u32>load<u8>(p);
      if (c == 44) {
        p = skipBlanks(p + 1, end);
      } else if (c == 125) {
        p++;
        whole = true;
      } else {
        error = BAD_JSON;
        break;
      }
    }
    if (!whole) {
      if (error == 0 && last != 0) error = BAD_JSON;
      // What the unfinished row has left behind is no row's.
      for (let c = 0; c < columns; c++) store<u8>(kinds + <usize>c * <usize>stride + <usize>rows, 0);
      break;
    }
    if (found < columns) {
      for (let c = 0; c < columns; c++) {
        if (load<u8>(kinds + <usize>c * <usize>stride + <usize>rows) == 0)
          store<u32>(kindsSeen + (<usize>c << 2), load<u32>(kindsSeen + (<usize>c << 2)) | (1 << MISSING));
      }
    }
    rows++;
    consumed = p;
  }
  store<u32>(state, rows);
  store<u32>(state, <u32>(consumed - base), 4);
  store<u32>(state, error, 8);
  store<u32>(state, error != 0 ? <u32>(min(p, end) - base) : 0, 12);
  store<u32>(state, unknown, 16);
  return rows;
}

/**
 * Nulls among JSON values: mask[row] = 1 where kind is null (6) or the value is missing (0); their spans are made empty. Returns how
 * many.
 */
export function takeJsonNulls(starts: usize, ends: usize, kinds: usize, rows: i32, mask: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const kind = <u32>load<u8>(kinds + <usize>row);
    const isNull = kind == NULL || kind == MISSING;
    store<u8>(mask + <usize>row, <u8>isNull);
    if (isNull) {
      store<u32>(ends + (<usize>row << 2), load<u32>(starts + (<usize>row << 2)));
      count++;
    }
  }
  return count;
}
