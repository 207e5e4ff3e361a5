// Spans: what a field's bytes are, before they are a value. starts, ends: u32[rows], byte offsets from base. A column of strings is
// spans as well: starts = its offsets, ends = its offsets + 4, base = its bytes.

/** Sum of the spans' sizes: the bytes that copying or unescaping them takes at most. f64: it may pass 2 GiB. */
export function spansSize(starts: usize, ends: usize, rows: i32): f64 {
  let sum: u64 = 0;
  const end = starts + (<usize>rows << 2);
  while (starts < end) {
    sum += <u64>(load<u32>(ends) - load<u32>(starts));
    starts += 4;
    ends += 4;
  }
  return <f64>sum;
}

/** The first row from `from` on whose span is empty, or rows. */
export function firstEmptySpan(starts: usize, ends: usize, from: i32, rows: i32): i32 {
  for (let row = from; row < rows; row++) {
    const at = <usize>row << 2;
    if (load<u32>(starts + at) == load<u32>(ends + at)) return row;
  }
  return rows;
}

@inline
export function equalBytes(a: usize, b: usize, size: usize): bool {
  for (let i: usize = 0; i < size; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/**
 * Nulls in text: mask[row] = 1 where a span is exactly the size bytes at text (\N, NULL), else 0; such a span is made empty, so
 * that parsing gives the type's zero. Returns how many.
 */
export function takeNulls(starts: usize, ends: usize, base: usize, rows: i32, text: usize, size: i32, mask: usize): i32 {
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const start = <usize>load<u32>(starts + at);
    const isNull = load<u32>(ends + at) - <u32>start == <u32>size && equalBytes(base + start, text, <usize>size);
    store<u8>(mask + <usize>row, <u8>isNull);
    if (isNull) {
      store<u32>(ends + at, <u32>start);
      count++;
    }
  }
  return count;
}

/** Drops a carriage return at each span's end: for the last column of a file with \r\n line ends. */
export function trimReturns(starts: usize, ends: usize, base: usize, rows: i32): void {
  for (let row = 0; row < rows; row++) {
    const at = <usize>row << 2;
    const end = load<u32>(ends + at);
    if (end > load<u32>(starts + at) && load<u8>(base + <usize>end - 1) == 13) store<u32>(ends + at, end - 1);
  }
}

/** Copies size bytes in vectors; reads and writes up to 15 bytes more. */
@inline
export function copyLoose(target: usize, source: usize, size: usize): void {
  v128.store(target, v128.load(source));
  for (let i: usize = 16; i < size; i += 16) v128.store(target + i, v128.load(source + i));
}

/**
 * Spans to a column of strings. offsets: u32[rows + 1]; bytes: spansSize of them, and up to 16 bytes of slack are written.
 * Returns the bytes written.
 */
export function copySpans(starts: usize, ends: usize, base: usize, rows: i32, offsets: usize, bytes: usize): i32 {
  let out = bytes;
  store<u32>(offsets, 0);
  for (let row = 0; row < rows; row++) {
    const start = load<u32>(starts);
    const size = <usize>(load<u32>(ends) - start);
    copyLoose(out, base + <usize>start, size);
    out += size;
    offsets += 4;
    starts += 4;
    ends += 4;
    store<u32>(offsets, <u32>(out - bytes));
  }
  return <i32>(out - bytes);
}

/**
 * Spans to FixedString(width): shorter ones are padded with zero bytes. Returns rows, or -(row + 1) of the first that is longer.
 */
export function copySpansFixed(starts: usize, ends: usize, base: usize, rows: i32, width: i32, out: usize): i32 {
  for (let row = 0; row < rows; row++) {
    const start = load<u32>(starts);
    const size = load<u32>(ends) - start;
    if (size > <u32>width) return -(row + 1);
    memory.copy(out, base + <usize>start, <usize>size);
    memory.fill(out + <usize>size, 0, <usize>(<u32>width - size));
    out += <usize>width;
    starts += 4;
    ends += 4;
  }
  return rows;
}
