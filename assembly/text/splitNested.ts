// Arrays, tuples and maps in text: [1,'a',[..]], (1,'a'), {'k':1}. Spans in, spans of the elements out; an element's span has no blanks
// around it and keeps its quotes. Brackets of all kinds nest, quotes (' and ") hide brackets, a backslash takes the next byte along.

@inline
function isBlank(c: u32): bool {
  return c == 32 || c == 9 || c == 10 || c == 13;
}

/** Behind the element that starts at p: at a separator or closing bracket outside all nested brackets and quotes; 0 if there is none. */
function elementEnd(p: usize, end: usize, separator: u32): usize {
  let depth = 0;
  while (p < end) {
    const c = <u32>load<u8>(p);
    if (c == 39 || c == 34) {
      p = quoteEnd(p + 1, end, c);
      if (p == 0) return 0;
      continue;
    }
    if (depth == 0 && c == separator) return p;
    if (c == 91 || c == 40 || c == 123) {
      depth++;
    } else if (c == 93 || c == 41 || c == 125) {
      if (depth == 0) return p;
      depth--;
    } else if (depth == 0 && c == 44) {
      return p;
    }
    p++;
  }
  return 0;
}

/** Behind the closing quote; 0 if there is none. */
function quoteEnd(p: usize, end: usize, quote: u32): usize {
  const mark = i8x16.splat(<i8>quote);
  const slash = i8x16.splat(92);
  while (p < end) {
    const sixteen = v128.load(p);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(sixteen, mark), i8x16.eq(sixteen, slash)));
    if (mask == 0) {
      p += 16;
      continue;
    }
    p += <usize>ctz(mask);
    if (p >= end) return 0;
    if (load<u8>(p) == quote) return p + 1;
    p += 2;
  }
  return 0;
}

@inline
function skipBlanks(p: usize, end: usize): usize {
  while (p < end && isBlank(load<u8>(p))) p++;
  return p;
}

@inline
function trimmedEnd(start: usize, end: usize): usize {
  while (end > start && isBlank(load<u8>(end - 1))) end--;
  return end;
}

/**
 * Arrays between the bytes open and close. arrayOffsets: u32[rows + 1], running element counts. elementStarts, elementEnds: room for
 * capacity elements; half of spansSize is always enough. An empty span is an empty array; a comma before the closing bracket is
 * forgiven. Returns the elements, or -(row + 1) of the first bad field (or of the one that capacity has no room for).
 */
export function splitArray(
  starts: usize, ends: usize, base: usize, rows: i32, open: i32, close: i32, arrayOffsets: usize, elementStarts: usize,
  elementEnds: usize, capacity: i32,
): i32 {
  let count = 0;
  store<u32>(arrayOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    arrayOffsets += 4;
    if (p < end) {
      if (load<u8>(p) != <u8>open) return -(row + 1);
      p = skipBlanks(p + 1, end);
      while (true) {
        if (p >= end) return -(row + 1);
        if (load<u8>(p) == <u8>close) break;
        const stop = elementEnd(p, end, 44);
        if (stop == 0) return -(row + 1);
        const trimmed = trimmedEnd(p, stop);
        if (trimmed == p || count >= capacity) return -(row + 1);
        store<u32>(elementStarts + (<usize>count << 2), <u32>(p - base));
        store<u32>(elementEnds + (<usize>count << 2), <u32>(trimmed - base));
        count++;
        p = stop;
        if (load<u8>(p) == 44) p = skipBlanks(p + 1, end);
        else if (load<u8>(p) != <u8>close) return -(row + 1);
      }
      if (p + 1 != end) return -(row + 1);
    }
    store<u32>(arrayOffsets, count);
  }
  return count;
}

/**
 * Tuples of a known number of elements between the bytes open and close. Spans come out column by column, as from splitTsv:
 * element e of row r at [e * stride + r]. An empty span gives empty elements. Returns rows, or -(row + 1) of the first bad field.
 */
export function splitTuple(
  starts: usize, ends: usize, base: usize, rows: i32, open: i32, close: i32, elements: i32, elementStarts: usize,
  elementEnds: usize, stride: i32,
): i32 {
  for (let row = 0; row < rows; row++) {
    let p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    const empty = p >= end;
    if (!empty) {
      if (load<u8>(p) != <u8>open) return -(row + 1);
      p = skipBlanks(p + 1, end);
    }
    for (let e = 0; e < elements; e++) {
      const slot = (<usize>e * <usize>stride + <usize>row) << 2;
      let stop = p;
      let trimmed = p;
      if (!empty) {
        stop = elementEnd(p, end, 44);
        if (stop == 0) return -(row + 1);
        trimmed = trimmedEnd(p, stop);
        if (trimmed == p) return -(row + 1);
      }
      store<u32>(elementStarts + slot, <u32>(p - base));
      store<u32>(elementEnds + slot, <u32>(trimmed - base));
      if (empty) continue;
      p = stop;
      if (load<u8>(p) == 44) p = skipBlanks(p + 1, end);
      else if (e + 1 < elements) return -(row + 1);
    }
    if (!empty && (p + 1 != end || load<u8>(p) != <u8>close)) return -(row + 1);
  }
  return rows;
}

/** Maps {key:value,...}. mapOffsets: u32[rows + 1]; the four span arrays have room for capacity pairs; a fourth of spansSize is enough. */
export function splitMap(
  starts: usize, ends: usize, base: usize, rows: i32, mapOffsets: usize, keyStarts: usize, keyEnds: usize, valueStarts: usize,
  valueEnds: usize, capacity: i32,
): i32 {
  let count = 0;
  store<u32>(mapOffsets, 0);
  for (let row = 0; row < rows; row++) {
    let p = base + <usize>load<u32>(starts);
    const end = base + <usize>load<u32>(ends);
    starts += 4;
    ends += 4;
    mapOffsets += 4;
    if (p < end) {
      if (load<u8>(p) != 123) return -(row + 1);
      p = skipBlanks(p + 1, end);
      while (true) {
        if (p >= end) return -(row + 1);
        if (load<u8>(p) == 125) break;
        let stop = elementEnd(p, end, 58);
        if (stop == 0 || load<u8>(stop) != 58) return -(row + 1);
        let trimmed = trimmedEnd(p, stop);
        if (trimmed == p || count >= capacity) return -(row + 1);
        const slot = <usize>count << 2;
        store<u32>(keyStarts + slot, <u32>(p - base));
        store<u32>(keyEnds + slot, <u32>(trimmed - base));
        p = skipBlanks(stop + 1, end);
        stop = elementEnd(p, end, 44);
        if (stop == 0) return -(row + 1);
        trimmed = trimmedEnd(p, stop);
        if (trimmed == p) return -(row + 1);
        store<u32>(valueStarts + slot, <u32>(p - base));
        store<u32>(valueEnds + slot, <u32>(trimmed - base));
        count++;
        p = stop;
        if (load<u8>(p) == 44) p = skipBlanks(p + 1, end);
        else if (load<u8>(p) != 125) return -(row + 1);
      }
      if (p + 1 != end) return -(row + 1);
    }
    store<u32>(mapOffsets, count);
  }
  return count;
}

/**
 * Takes the quotes off spans: 'x' to x. optional: 1 leaves spans without quotes as they are, 0 calls them bad (an empty span is left
 * either way). Returns rows, or -(row + 1) of the first bad field.
 */
export function trimQuotes(starts: usize, ends: usize, base: usize, rows: i32, quote: i32, optional: i32): i32 {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const start = load<u32>(starts + at);
    const end = load<u32>(ends + at);
    if (start == end) continue;
    if (load<u8>(base + <usize>start) == <u8>quote && end - start >= 2 && load<u8>(base + <usize>end - 1) == <u8>quote) {
      store<u32>(starts + at, start + 1);
      store<u32>(ends + at, end - 1);
    } else if (optional == 0) {
      return -(row + 1);
    }
  }
  return rows;
}
